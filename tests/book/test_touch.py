"""The figures to touch, in a browser: by mouse, finger and keyboard, and their numbers against the package's."""

import copy
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import test_site

import ebmtools as ebm

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

import touch  # noqa: E402
import touch_fixture  # noqa: E402

pytestmark = pytest.mark.site
browser = test_site.browser
NUMBERS = touch.numbers()
DARK = (
    "<style>html { --pst-color-text-base: #ced6dd; --pst-color-background: #14181e }"
    "body { background: #14181e; color: #ced6dd }</style>"
)


@pytest.fixture(scope="module", params=list(touch.STEPS))
def name(request):
    return request.param


@pytest.fixture
def opened(browser, tmp_path):
    """A function that opens a page with one figure. Nothing may go wrong in its console."""
    contexts, faults = [], []

    def open_page(name, folder=touch.FOLDER, **options):
        file = tmp_path / f"{name}.html"
        file.write_text(touch.page_of(name, folder))
        options = {"viewport": {"width": 800, "height": 1400}, "reduced_motion": "reduce", "offline": True} | options
        contexts.append(browser.new_context(**options))
        page = contexts[-1].new_page()
        page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(file.as_uri())
        if options.get("java_script_enabled", True):
            page.wait_for_selector(".touch-words b")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert faults == []


def choose(page, slider: str, words: str) -> None:
    """Move a slider to the value that reads `words`."""
    page.locator(f"input[name={slider}]").evaluate(
        """(input, words) => {
          for (let k = 0; k <= Number(input.max); k++) {
            input.value = k;
            input.dispatchEvent(new Event('input'));
            if (input.getAttribute('aria-valuetext') === words) return;
          }
          throw new Error(`no value reads ${words}`);
        }""",
        words,
    )


def shown(page, value: str) -> str:
    return page.locator(f"[data-value={value}]").inner_text().replace("−", "-").replace(",", "")


def wrong(page, expected: dict[str, float]) -> list[str]:
    """The numbers shown that are not the expected ones, to the digits shown."""
    found = {value: shown(page, value) for value in expected}
    digits = {value: len(text.partition(".")[2]) for value, text in found.items()}
    return [
        f"{value}: {found[value]}, expected {number}"
        for value, number in expected.items()
        if abs(float(found[value]) - number) > 0.5 * 10 ** -digits[value] + 1e-4 * abs(number)
    ]


# Numbers. Each function goes through a figure and lists what differs from `numbers`.


def two_valleys(page, numbers) -> list[str]:
    problems = []
    for entry in numbers:
        choose(page, "beta", f"β = {entry['beta']:.1f}")
        problems += wrong(page, {"left": 100 * entry["left"], "ratio": np.exp(0.6 * entry["beta"])})
    return problems


def step_size(page, numbers) -> list[str]:
    """At two step sizes of thirteen; four standard errors, so a false alarm in 8,000 if the seed were new."""
    problems = []
    for entry in numbers[3:8:4]:
        choose(page, "sigma", f"σ = {entry['sigma']:g}")
        touch.press_step(page, 1000)
        assert shown(page, "steps") == "20000"
        scatter = np.std([acceptance(entry["sigma"], seed) for seed in range(8)], ddof=1)
        if abs(float(shown(page, "acceptance")) / 100 - entry["acceptance"]) > 4 * scatter:
            problems.append(f"acceptance at {entry['sigma']}: {shown(page, 'acceptance')} %")
    return problems


def acceptance(sigma: float, seed: int) -> float:
    """Of the package's own chain, as long as the figure's."""

    def propose(x, rng):
        return x + sigma * rng.normal(), 0.0

    return ebm.metropolis_hastings(touch_fixture.log_density, -1.5, propose, 20_000, seed=seed).acceptance


def ising(page, numbers) -> list[str]:
    problems = []
    for entry in numbers:
        choose(page, "temperature", f"T = {entry['T']:.2f}")
        problems += wrong(page, {"onsager": entry["energy"], "yang": entry["magnetisation"]})
    return problems


def ghost(page, numbers) -> list[str]:
    problems = []
    for entry in numbers:
        choose(page, "xi", f"ξ = {entry['xi']:.2f}")
        choose(page, "h", f"h = {entry['h']:.2f}")
        problems += wrong(page, {"coupling": entry["coupling"], "correlation": np.tanh(entry["coupling"])})
    return problems


def few_samples(page, numbers) -> list[str]:
    problems = []
    for curve in numbers:
        choose(page, "gamma", f"γ = {curve['gamma']:g}")
        for entry in curve["sizes"]:
            choose(page, "M", f"M = {entry['M']:,}")
            problems += wrong(page, {key: entry[key] for key in entry if key != "M"} | {"bias": curve["bias"]})
    return problems


def digit(page, numbers) -> list[str]:
    """Its energies and its pixels, at three sweeps."""
    problems = []
    for sweep in (0, 1, 60):
        choose(page, "sweep", str(sweep))
        problems += wrong(page, {"energy": numbers["energies"][sweep], "data": numbers["data_energy"]})
        ink = page.locator("[data-ink]").evaluate_all("cells => cells.map(cell => cell.dataset.ink).join('')")
        if f"{int(ink, 2):016x}" != numbers["frames"][sweep]:
            problems.append(f"pixels of sweep {sweep}")
    return problems


def orbits(page, numbers) -> list[str]:
    """The change of the energy at time 1, for light and heavy bodies, long steps and short ones."""
    problems = []
    for entry in numbers["changes"]:
        choose(page, "mass", f"M = {entry['mass']:g}")
        choose(page, "dt", f"dt = {entry['dt']:g}")
        touch.press_step(page, 10)
        assert shown(page, "time") == "1.0"
        problems += wrong(page, {"change": 100 * entry["change"]})
    return problems


DRIVERS = {function.__name__.replace("_", "-"): function for function in (two_valleys, step_size, ising, ghost)}
DRIVERS |= {"few-samples": few_samples, "digit": digit, "orbits": orbits}


def test_numbers_are_the_packages(opened, name):
    assert DRIVERS[name](opened(name), NUMBERS[name]) == []


def off(value):
    """The same numbers, each 3 % and a little more too large."""
    if isinstance(value, dict):
        return {key: each if key in SETTINGS else off(each) for key, each in value.items()}
    if isinstance(value, list):
        return [off(each) for each in value]
    return value + 0.03 * abs(value) + 0.03 if isinstance(value, float) else value


SETTINGS = {"beta", "sigma", "T", "xi", "h", "gamma", "M", "mass", "dt"}


def test_wrong_numbers_are_caught(opened, name):
    problems = DRIVERS[name](opened(name), off(copy.deepcopy(NUMBERS[name])))
    assert len(problems) >= 2


def test_a_wrong_file_is_caught(opened, tmp_path):
    """A figure that reads its numbers from a file shows what is in the file, and the comparison says so."""
    folder = tmp_path / "touch"
    shutil.copytree(touch.FOLDER, folder)
    text = (folder / "fixture.js").read_text()
    frame = NUMBERS["digit"]["frames"][60]
    (folder / "fixture.js").write_text(text.replace(frame, "f" * 16))
    assert digit(opened("digit", folder), NUMBERS["digit"]) == ["pixels of sweep 60"]


LATTICE = """canvas => {
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  return Array.from({ length: canvas.width * canvas.height }, (_, i) => data[4 * i + 3] ? 1 : -1);
}"""


def test_energy_of_the_lattice_is_the_packages(opened):
    page = opened("ising")
    choose(page, "temperature", "T = 2.50")
    touch.press_step(page, 30)
    spins = np.array(page.locator("canvas").evaluate(LATTICE))
    sites = np.arange(len(spins)).reshape(48, 48)
    couplings = np.zeros((len(spins), len(spins)))
    for axis in (0, 1):
        couplings[sites.ravel(), np.roll(sites, -1, axis).ravel()] += 1
    energy = ebm.Pairwise(couplings + couplings.T)(spins.astype(float)).item() / len(spins)
    assert wrong(page, {"energy": energy, "m": abs(spins.mean())}) == []


def test_lattice_has_the_energy_of_its_temperature(opened):
    """Means of 20 blocks, four standard errors: a false alarm in 1,000. At a temperature 0.1 off it must be caught."""
    page = opened("ising")
    choose(page, "temperature", "T = 3.00")
    touch.press_step(page, 50)
    energies = page.get_by_role("button", name="Step").evaluate(
        """button => Array.from({ length: 400 }, () => {
          button.click();
          return Number(document.querySelector('[data-value=energy]').textContent.replace('−', '-'));
        })"""
    )
    blocks = np.mean(np.reshape(energies, (20, 20)), axis=1)
    error = blocks.std(ddof=1) / np.sqrt(20)
    assert abs(blocks.mean() - touch_fixture.onsager(3.0)) < 4 * error
    assert abs(blocks.mean() - touch_fixture.onsager(2.9)) > 4 * error


# Hands.


def test_by_keyboard(opened):
    page = opened("two-valleys")
    before = shown(page, "left")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    slider = page.get_by_role("slider", name="Inverse temperature")
    assert slider.get_attribute("aria-valuetext") == "β = 1.1"
    assert shown(page, "left") > before
    assert slider.evaluate("input => parseFloat(getComputedStyle(input).outlineWidth)") >= 3
    page.keyboard.press("End")
    assert slider.get_attribute("aria-valuetext") == "β = 5.0"

    page = opened("ising")
    for _ in range(3):
        page.keyboard.press("Tab")  # slider, Run, Step
    page.keyboard.press("Enter")
    page.keyboard.press("Space")
    assert shown(page, "sweeps") == "2"


def test_by_mouse(opened, name):
    page = opened(name)
    slider = page.get_by_role("slider").first
    words = slider.get_attribute("aria-valuetext")
    said = page.locator(".touch-words").inner_text()
    box = slider.bounding_box()
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] / 2, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.97 * box["width"], middle, steps=5)
    page.mouse.up()
    assert slider.get_attribute("aria-valuetext") != words
    if name not in ("step-size", "orbits"):  # these start anew, with the same words
        assert page.locator(".touch-words").inner_text() != said


def test_by_finger(opened, name):
    page = opened(name, has_touch=True, viewport={"width": 340, "height": 800})
    slider = page.get_by_role("slider").first
    words = slider.get_attribute("aria-valuetext")
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    assert box["height"] >= 24
    page.touchscreen.tap(box["x"] + 0.9 * box["width"], box["y"] + box["height"] / 2)
    assert slider.get_attribute("aria-valuetext") != words
    if touch.STEPS[name]:
        said = page.locator(".touch-words").inner_text()
        page.get_by_role("button", name="Step").tap()
        assert page.locator(".touch-words").inner_text() != said


def test_run_and_pause(opened):
    page = opened("step-size", reduced_motion="no-preference")
    page.get_by_role("button", name="Run").click()
    page.wait_for_function("() => document.querySelector('[data-value=steps]').textContent.length > 2")
    page.get_by_role("button", name="Pause").click()
    steps = shown(page, "steps")
    page.wait_for_timeout(300)
    assert shown(page, "steps") == steps
    assert page.locator(".touch-words").get_attribute("aria-live") == "polite"


@pytest.mark.parametrize(("preference", "moves"), [("reduce", False), ("no-preference", True)])
def test_a_slider_starts_motion_only_where_it_is_welcome(opened, preference, moves):
    page = opened("ising", reduced_motion=preference)
    page.wait_for_timeout(300)
    assert shown(page, "sweeps") == "0"  # never by itself
    page.get_by_role("slider").press("ArrowRight")
    page.wait_for_timeout(500)
    assert (shown(page, "sweeps") != "0") == moves


# Pages.


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page_with_a_figure(browser, tmp_path, name, scheme):
    text = touch.page_of(name)
    if scheme == "dark":
        text = text.replace("<html", '<html data-theme="dark"').replace("</head>", f"{DARK}</head>")
    file = tmp_path / "page.html"
    file.write_text(text)
    assert test_site.look(browser, file.as_uri()) == {check: [] for check in test_site.CHECKS}


def test_without_scripts_the_still_is_seen(opened, name):
    page = opened(name, java_script_enabled=False)
    assert page.locator("figure img").bounding_box()["height"] > 100
    assert page.locator(".touch-panel").count() == 0


def test_in_print_the_still_is_seen(opened, name):
    page = opened(name)
    assert not page.locator("figure img").is_visible()
    page.emulate_media(media="print")
    assert page.locator("figure img").is_visible()
    assert not page.locator(".touch-panel").is_visible()


def test_stills_are_what_the_figures_show(browser, name):
    assert (touch.FOLDER / f"{name}.svg").read_text() == touch.still(browser, name), (
        "run `python tools/touch.py --stills`"
    )


def test_the_lattice_follows_the_theme(opened):
    page = opened("ising")
    color = "() => document.querySelector('canvas').getContext('2d').getImageData(0, 0, 1, 1).data.join()"
    light = page.evaluate(color)
    page.evaluate("() => { document.documentElement.dataset.theme = 'dark'; }")
    page.wait_for_timeout(100)
    assert page.evaluate(color) != light


def test_every_figure_in_the_book_comes_alive(browser):
    for page_name in test_site.pages_in_toc():
        file = test_site.SITE / f"{page_name}.html"
        figures = re.findall(r'<figure[^>]*class="[^"]*\btouch (touch-[a-z-]+)', file.read_text())
        if not figures:
            continue
        page = browser.new_page()
        page.goto(file.as_uri())
        page.wait_for_function("n => document.querySelectorAll('.touch-words b').length >= n", arg=len(figures))
        assert page.locator(".touch-panel").count() == len(figures)
        page.close()


@pytest.mark.parametrize("file", sorted(touch.FOLDER.glob("*.js")), ids=lambda file: file.name)
def test_script_can_be_parsed(file):
    if not shutil.which("node"):
        pytest.skip("no node")
    assert subprocess.run(["node", "--check", file], capture_output=True).returncode == 0
