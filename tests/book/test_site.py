"""The built pages in _build/html: whole, readable offline, on a phone, in the dark, and with a screen reader."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

pytestmark = pytest.mark.site

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "_build" / "html"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
VIEWS = {(1280, "light"): True, (1280, "dark"): False, (360, "dark"): True, (360, "light"): False}
"""Width and scheme of each view, and whether axe reads it: every width and scheme once, for it takes seconds."""
CHECKS = ("requests", "console", "equations", "alt text", "overflow", "accessibility")


def pages_in_toc() -> list[str]:
    """Every page of _toc.yml, without its suffix."""

    def files(entry):
        yield from (value for key, value in entry.items() if key in ("file", "root"))
        for part in (*entry.get("parts", []), *entry.get("chapters", []), *entry.get("sections", [])):
            yield from files(part)

    return list(files(yaml.safe_load((ROOT / "_toc.yml").read_text())))


def text_problems(html: str) -> list[str]:
    """Marks of a failed cell or of a reference that was not found."""
    marks = ("Traceback (most recent call last)", "ModuleNotFoundError", "problematic", "system-message", "[?]")
    return [mark for mark in marks if mark in html]


def missing_images(html: str, folder: Path) -> list[str]:
    sources = re.findall(r'<img[^>]*\bsrc="([^"]+)"', html)
    return [source for source in sources if "://" not in source and not (folder / source).is_file()]


def missing_figures(html: str, names: list[str]) -> list[str]:
    return [name for name in names if not re.search(rf'<figure[^>]*\bid="{re.escape(name)}"', html)]


def figure_names(notebook: Path) -> list[str]:
    cells = json.loads(notebook.read_text())["cells"]
    return [
        cell["metadata"]["mystnb"]["figure"]["name"] for cell in cells if "figure" in cell["metadata"].get("mystnb", {})
    ]


@pytest.mark.parametrize("page", pages_in_toc())
def test_page_is_whole(page):
    file = SITE / f"{page}.html"
    assert file.is_file(), f"{page} is in _toc.yml but was not built; run `make html`"
    html = file.read_text()
    assert text_problems(html) == []
    assert missing_images(html, file.parent) == []
    assert "CC BY 4.0" in html
    assert "BSD-3-Clause" in html
    notebook = ROOT / f"{page}.ipynb"
    if notebook.is_file():
        assert missing_figures(html, figure_names(notebook)) == []


@pytest.fixture(scope="module")
def browser():
    """Chromium. Where there is none the checks are skipped, but under CI they fail, because CI publishes the site."""
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if not path:
        advice = "Install the package chromium, or set CHROMIUM to the path of a browser."
        if os.environ.get("CI", "").lower() in ("", "0", "false"):
            pytest.skip(f"NO CHROMIUM: THE BROWSER CHECKS WERE SKIPPED. {advice}")
        pytest.fail(f"NO CHROMIUM, and CI is set, so the pages may not pass unseen. {advice}", pytrace=False)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=path, args=list(QUIET))
        yield chromium
        chromium.close()


EQUATIONS = """() => [
  ...[...document.querySelectorAll('.math')].filter(m => !m.querySelector('mjx-container')),
  ...document.querySelectorAll('mjx-merror, mjx-container [style*="color: red"]'),
].map(m => m.textContent.slice(0, 80))"""
NO_ALT = "() => [...document.images].filter(i => !(i.alt || '').trim()).map(i => i.src.split('/').pop())"
OVERFLOW = """() => {
  const scrolls = e => e && (/auto|scroll/.test(getComputedStyle(e).overflowX) || scrolls(e.parentElement));
  const wide = [...document.querySelectorAll('body *')].filter(e => e.checkVisibility({visibilityProperty: true})
    && e.getBoundingClientRect().right > window.innerWidth + 1 && !scrolls(e.parentElement));
  return wide.slice(0, 5).map(e => `${e.tagName}.${e.className}`);
}"""


def look(browser, uri: str) -> dict[str, list[str]]:
    """What is wrong with one page in all views: a list for each of CHECKS, empty where all is well.

    The page is loaded once, as on a window that is made narrower and a desk lamp that is put out.
    """
    from axe_playwright_python.sync_playwright import Axe

    context = browser.new_context(viewport={"width": 1280, "height": 800}, color_scheme="light", offline=True)
    page = context.new_page()
    found: dict[str, list[str]] = {check: [] for check in CHECKS}
    remote, console = found["requests"], []
    page.on(
        "request", lambda request: None if request.url.startswith(("file:", "data:")) else remote.append(request.url)
    )
    page.on("console", lambda message: console.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: console.append(str(error)))
    page.goto(uri)
    page.evaluate("() => window.MathJax?.startup?.promise")
    page.wait_for_timeout(200)
    found["console"] = list(console)  # axe's own reading of files would add to it
    found["equations"] = page.evaluate(EQUATIONS)
    found["alt text"] = page.evaluate(NO_ALT)
    for (width, scheme), read in VIEWS.items():
        narrower = page.viewport_size["width"] != width
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme)
        page.wait_for_timeout(1000 if narrower else 200)  # the theme looks what scrolls when resizing has ended
        seen = {"overflow": page.evaluate(OVERFLOW), "accessibility": []}
        if read:
            violations = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
            said = [f"{v['id']}: {v['nodes'][0]['html'][:120]} ({len(v['nodes'])})" for v in violations]
            seen["accessibility"] = said
        for check, problems in seen.items():
            found[check] += [f"{width} {scheme}: {problem}" for problem in problems]
    context.close()
    return found


@pytest.mark.parametrize("page", [*pages_in_toc(), "search"])
def test_page_in_browser(browser, page):
    problems = look(browser, (SITE / f"{page}.html").as_uri())
    assert {check: found for check, found in problems.items() if found} == {}


def test_pages_follow_the_scheme_and_the_width(browser):
    """Without this the views of one loaded page could all be the same one."""
    page = browser.new_page(viewport={"width": 1280, "height": 800}, color_scheme="light")
    page.goto((SITE / "book/index.html").as_uri())
    seen = []
    for width, scheme in VIEWS:
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme)
        page.wait_for_timeout(200)
        seen.append(tuple(page.evaluate("() => [window.innerWidth, document.documentElement.dataset.theme]")))
    page.close()
    assert seen == list(VIEWS)


# Each check must be able to fail: a page with one fault of each kind.

BAD_PAGE = """<!doctype html><html lang="en"><head><title>Bad</title>
<script src="https://example.org/remote.js"></script><script>null.fault</script></head>
<body><main><h1>Bad</h1><img src="missing.png"><div style="width: 2000px">wide</div>
<span class="math">\\(x\\)</span><button></button>
<p>Traceback (most recent call last)</p></main></body></html>"""
GOOD_PAGE = """<!doctype html><html lang="en"><head><title>Good</title></head>
<body><main><h1>Good</h1><p>Text.</p></main></body></html>"""


@pytest.fixture(scope="module")
def seen_in_bad_page(browser, tmp_path_factory):
    file = tmp_path_factory.mktemp("site") / "bad.html"
    file.write_text(BAD_PAGE)
    return look(browser, file.as_uri())


@pytest.mark.parametrize("check", CHECKS)
def test_check_catches_its_fault(seen_in_bad_page, check):
    assert seen_in_bad_page[check]


def test_checks_pass_a_good_page(browser, tmp_path):
    file = tmp_path / "good.html"
    file.write_text(GOOD_PAGE)
    assert look(browser, file.as_uri()) == {check: [] for check in CHECKS}


@pytest.mark.parametrize("formula", [r"\undefinedmacro", r"\frac{1}", r"x}"])
def test_broken_latex_is_caught(browser, tmp_path, formula):
    script = (SITE / "_static/mathjax/tex-chtml-full.js").as_uri()
    body = f'<main><h1>Bad</h1><span class="math">\\({formula}\\)</span><script src="{script}"></script></main></body>'
    file = tmp_path / "latex.html"
    file.write_text(GOOD_PAGE.replace("</body>", body))
    assert look(browser, file.as_uri())["equations"]


@pytest.mark.parametrize(
    ("ci", "code", "said"),
    [
        ("true", 1, "NO CHROMIUM, and CI is set"),
        ("1", 1, "NO CHROMIUM, and CI is set"),
        ("", 0, "THE BROWSER CHECKS WERE SKIPPED"),
        ("false", 0, "THE BROWSER CHECKS WERE SKIPPED"),
    ],
)
def test_missing_browser_fails_under_ci_alone(ci, code, said):
    """One browser check in a process of its own, where no browser can be found."""
    command = [sys.executable, "-m", "pytest", "--noconftest", "-o", "addopts=", "-rsE"]
    command.append(f"{__file__}::test_checks_pass_a_good_page")
    environment = {name: value for name, value in os.environ.items() if name != "CHROMIUM"}
    environment |= {"CI": ci, "PATH": "", "COLUMNS": "200", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert result.returncode == code, result.stdout
    assert said in result.stdout
    assert "Install the package chromium" in result.stdout


def test_text_checks_catch_their_faults(tmp_path):
    assert text_problems(BAD_PAGE) == ["Traceback (most recent call last)"]
    assert missing_images(BAD_PAGE, tmp_path) == ["missing.png"]
    assert missing_figures('<figure class="a" id="here">', ["here", "gone"]) == ["gone"]


CHAPTERS = [page for page in pages_in_toc() if re.match(r"notebooks/\d\d_", page)]


@pytest.mark.parametrize("page", CHAPTERS)
def test_a_chapter_has_the_number_of_its_file(page):
    """In the list of chapters, and in the numbers of its figures."""
    number = int(page.split("/")[1][:2])
    html = (SITE / f"{page}.html").read_text()
    figures = re.findall(r'caption-number">Fig\. (\d+)\.', html)
    assert figures
    assert set(figures) == {str(number)}
    name = page.split("/")[1]
    assert f'{name}.html">{number}. ' in (SITE / "book/index.html").read_text()
