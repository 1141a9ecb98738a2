"""The book's own Sphinx extensions for drawings and for the words of the glossary, on a book of two pages."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXTENSIONS = ROOT / "book" / "_ext"
sys.path.insert(0, str(EXTENSIONS))

from book_drawings import inline  # noqa: E402
from book_glossary import plain  # noqa: E402

SVG = """<?xml version="1.0"?>
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><title>File</title><defs><path id="tip"/></defs>
<use href="#tip"/><path marker-end="url(#tip)" stroke="var(--drawing-ink, #222)"/></svg>"""
PAGE = """# Page

Turn the {term}`inverse temperature` of the [page](glossary.md).

```{figure} _static/drawings/arrow.svg
:name: fig-arrow
:alt: An arrow "up" & on
The caption.
```

```{image} _static/plain.svg
:alt: A file that is no drawing
```
"""
GLOSSARY = r"""# Glossary

```{glossary}
inverse temperature
  The number $\beta$ in $p(s) \propto e^{-\beta E(s)}$.

  A second paragraph.
```
"""


def build(folder: Path, extensions: list[str]) -> str:
    """The HTML of the page, built with these extensions of the book."""
    source = folder / "source"
    (source / "_static" / "drawings").mkdir(parents=True)
    (source / "_static" / "drawings" / "arrow.svg").write_text(SVG)
    (source / "_static" / "plain.svg").write_text(SVG)
    (source / "index.md").write_text(f"{PAGE}\n```{{toctree}}\nglossary\n```\n")
    (source / "glossary.md").write_text(GLOSSARY)
    (source / "conf.py").write_text(
        f"import sys\nsys.path.insert(0, {str(EXTENSIONS)!r})\n"
        f"extensions = ['myst_parser', *{extensions!r}]\nmyst_enable_extensions = ['dollarmath']\n"
    )
    command = [sys.executable, "-m", "sphinx", "-b", "html", "-q", "-W", source, folder / "html"]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return (folder / "html" / "index.html").read_text()


@pytest.fixture(scope="module")
def with_extensions(tmp_path_factory):
    return build(tmp_path_factory.mktemp("with"), ["book_drawings", "book_glossary"])


@pytest.fixture(scope="module")
def without(tmp_path_factory):
    return build(tmp_path_factory.mktemp("without"), [])


def inlined(html: str) -> list[str]:
    return re.findall(r'<svg class="drawing"[^>]*>', html)


def explained(html: str) -> list[str]:
    return re.findall(r'<a class="[^"]*explained[^"]*"[^>]*>', html)


def test_drawing_stands_in_the_page(with_extensions):
    assert len(inlined(with_extensions)) == 1
    assert "arrow.svg" not in with_extensions
    figure = with_extensions.partition('id="fig-arrow"')[2].partition("</figure>")[0]
    assert "<svg" in figure
    assert "The caption." in figure


def test_other_pictures_stay_files(with_extensions):
    assert re.search(r'<img alt="A file that is no drawing" src="_images/plain.svg"', with_extensions)


def test_word_of_the_glossary_is_explained(with_extensions):
    (link,) = explained(with_extensions)
    assert 'title="The number β in p(s) ∝e^-βE(s)."' in link
    assert "second paragraph" not in with_extensions


def test_without_the_extensions_neither_is_there(without):
    assert inlined(without) == explained(without) == []
    assert "_images/arrow.svg" in without


def test_inline_names_the_drawing_and_its_ids():
    drawn = inline(SVG, "arrow", 'An arrow "up" & on')
    assert drawn.startswith("<svg ")
    assert 'role="img" aria-label="An arrow &quot;up&quot; &amp; on"' in drawn
    assert "<title" not in drawn
    assert set(re.findall(r'(?:id="|url\(#|href="#)([\w-]+)', drawn)) == {"arrow-tip"}


def test_ids_of_two_drawings_differ():
    ids = [set(re.findall(r'\bid="([^"]+)"', inline(SVG, name, ""))) for name in ("one", "two")]
    assert ids[0].isdisjoint(ids[1])


@pytest.mark.parametrize(
    ("formula", "words"),
    [
        (r"\beta", "β"),
        (r"s_i = \pm 1", "s_i = ±1"),
        (r"\log Z", "log Z"),
        (r"\langle s_i s_j \rangle", "⟨s_i s_j ⟩"),
        (r"\Delta_i(s)", "Δ_i(s)"),
        (r"e^{-E}\,x", "e^-Ex"),
        (r"\betas", "betas"),  # another command that only begins alike
    ],
)
def test_formulas_in_a_tooltip(formula, words):
    assert plain(formula) == words
