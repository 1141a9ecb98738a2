"""Write what the figures to touch need: their numbers, and a still picture of each for pages without scripts.

python tools/touch.py            numbers (a quarter of an hour) and pictures
python tools/touch.py --stills   pictures alone, from the numbers that are there

The numbers go to book/_static/touch/fixture.js. A picture is the figure itself as Chromium draws it, after some presses
of its button Step. Both have the same bytes on every run.
"""

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright
from touch_fixture import fixture

FOLDER = Path(__file__).resolve().parent.parent / "book" / "_static" / "touch"
STEPS = {"two-valleys": 0, "step-size": 400, "ising": 100, "ghost": 0, "few-samples": 0, "digit": 42, "orbits": 30}
"""The figures, and how often Step is pressed before the picture is taken."""
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
START = "touch.fixture = "
WIDTH = 360

PICTURES = """() => [...document.querySelectorAll('.touch-panel > :is(svg, canvas)')].map((shown) => {
  if (shown.tagName === 'svg') {
    const { x, y, width, height } = shown.viewBox.baseVal;
    return { x, y, width, height, inside: shown.innerHTML };
  }
  const { width, height } = shown;
  const { data } = shown.getContext('2d').getImageData(0, 0, width, height);
  let path = '';
  for (let i = 0; i < width * height; i++)
    if (data[4 * i + 3]) path += `M${i % width} ${Math.floor(i / width)}h1v1h-1z`;
  const frame = `<rect width="${width}" height="${height}" fill="none" stroke="#767676" stroke-width="0.2"/>`;
  return { x: 0, y: 0, width, height, inside: `<path d="${path}" fill="#0072b2"/>${frame}` };
})"""


def page_of(name: str, folder: Path = FOLDER) -> str:
    """A page with one figure, as the book embeds it."""
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{name}</title>'
        '<meta name="viewport" content="width=device-width">'
        f'<link rel="stylesheet" href="{(FOLDER.parent / "book.css").as_uri()}">'
        f'<script defer src="{(folder / "touch.js").as_uri()}"></script></head><body><main class="bd-article">'
        f'<h1>{name}</h1><figure class="align-default touch touch-{name}"><img src="{(folder / name).as_uri()}.svg" '
        f'alt="The still picture of {name}."><figcaption>Caption</figcaption></figure></main></body></html>'
    )


def numbers(folder: Path = FOLDER) -> dict:
    """The fixture as it is on disk."""
    return json.loads((folder / "fixture.js").read_text().removeprefix(START).removesuffix(";\n"))


def press_step(page: Page, times: int) -> None:
    """Press the button Step."""
    button = page.get_by_role("button", name="Step")
    button.evaluate("(button, times) => { for (let k = 0; k < times; k++) button.click(); }", times)


def still(browser: Browser, name: str) -> str:
    """The figure as one SVG: its pictures below each other, in the colours of a white page."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "page.html"
        file.write_text(page_of(name))
        page = browser.new_page()
        page.goto(file.as_uri())
        page.wait_for_selector(".touch-words b")
        if STEPS[name]:
            press_step(page, STEPS[name])
        pictures = page.evaluate(PICTURES)
        page.close()
    parts, top = [], 0.0
    for picture in pictures:
        x, y, width, height = (picture[key] for key in ("x", "y", "width", "height"))
        small = name in ("ising", "digit") and width < WIDTH
        shown = 0.6 * WIDTH if small else WIDTH
        tall = round(shown * height / width, 1)
        parts.append(
            f'<svg x="{(WIDTH - shown) / 2:g}" y="{top + 8 * small:g}" width="{shown:g}" height="{tall:g}" '
            f'viewBox="{x:g} {y:g} {width:g} {height:g}">{picture["inside"]}</svg>'
        )
        top += tall + 16 * small
    size = f'viewBox="0 0 {WIDTH} {top:g}" width="{WIDTH}" height="{top:g}" style="background: #fff"'
    font = 'font-family="DejaVu Sans, Verdana, sans-serif" font-size="14"'
    return "\n".join([f'<svg xmlns="http://www.w3.org/2000/svg" {size} {font}>', *parts, "</svg>\n"])


def main() -> None:
    if "--stills" not in sys.argv:
        (FOLDER / "fixture.js").write_text(f"{START}{json.dumps(fixture(), separators=(',', ':'))};\n")
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        for name in STEPS:
            (FOLDER / f"{name}.svg").write_text(still(browser, name))
            print(f"book/_static/touch/{name}.svg")
        browser.close()


if __name__ == "__main__":
    main()
