"""Drawings, the SVG files of _static/drawings, stand in the page itself: they follow its colours, in the dark too.

A drawing is written `{figure} ../book/_static/drawings/NAME.svg` like any figure, so that JupyterLab shows the file.
Inside, colours are CSS variables of the theme with a fallback: `stroke="var(--pst-color-text-base, #222)"`.
"""

import html
import re
from pathlib import Path

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

FOLDER = "_static/drawings/"


class InlineDrawings(SphinxPostTransform):
    """Replace the image of a drawing by its SVG, with the alt text as its name and ids of its own."""

    default_priority = 5  # before images are collected and copied
    formats = ("html",)

    def run(self, **_) -> None:
        for image in list(self.document.findall(nodes.image)):
            if FOLDER in image["uri"]:
                file = Path(self.app.srcdir) / image["uri"]
                drawn = inline(file.read_text(), file.stem, image.get("alt", ""))
                image.replace_self(nodes.raw("", drawn, format="html"))


def inline(svg: str, name: str, alt: str) -> str:
    """The drawing as part of a page: `alt` names it, and its ids are those of no other drawing."""
    svg = re.sub(r"^.*?(?=<svg)", "", svg, flags=re.S)
    svg = re.sub(r"<title.*?</title>", "", svg, flags=re.S)
    svg = re.sub(r'\bid="', f'id="{name}-', svg)
    svg = re.sub(r"url\(#", f"url(#{name}-", svg)
    svg = re.sub(r'href="#', f'href="#{name}-', svg)
    return svg.replace("<svg", f'<svg class="drawing" role="img" aria-label="{html.escape(alt, quote=True)}"', 1)


def setup(app) -> dict:
    app.add_post_transform(InlineDrawings)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
