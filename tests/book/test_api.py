"""The API pages: they list the whole public face, docstrings render as they are meant, names in code cells link."""

import inspect
import re
import sys
from pathlib import Path

import pytest

import ebmtools

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "book" / "_ext"))

from book_api import as_markup, is_record  # noqa: E402
from book_code_links import link_names  # noqa: E402

INDEX = (ROOT / "book/api/index.md").read_text()
PAGES = "\n".join(page.read_text() for page in (ROOT / "book/api").glob("*.md"))


def face() -> set[str]:
    """What ebmtools offers, and the functions and records of its modules."""
    names = set(ebmtools.__all__)
    for name in ebmtools.__all__:
        module = getattr(ebmtools, name)
        if inspect.ismodule(module):
            own = [thing for thing in vars(module).values() if getattr(thing, "__module__", "") == module.__name__]
            names |= {f"{name}.{thing.__name__}" for thing in own if not thing.__name__.startswith("_")}
    return names


def listed(text: str) -> list[str]:
    """The names in the tables of the overview."""
    return re.findall(r"^\| \{py:obj\}`\w+ <ebmtools\.([\w.]+)>` \| [^|]+ \|$", text, re.MULTILINE)


def documented(text: str) -> list[str]:
    """What the pages have an entry for."""
    return re.findall(r"^\.\. (?:autofunction|autoclass|py:module):: ebmtools\.([\w.]+)$", text, re.MULTILINE)


@pytest.mark.parametrize(("names", "text"), [(listed, INDEX), (documented, PAGES)])
def test_pages_have_the_whole_face_and_nothing_else(names, text):
    assert sorted(names(text)) == sorted(face())


@pytest.mark.parametrize("names", [listed, documented])
def test_a_name_that_is_left_out_is_noticed(names):
    text = INDEX + PAGES
    less = re.sub(r"(?m)^.*ebmtools\.exact\.states\b.*$", "", text)
    assert set(names(text)) - set(names(less)) == {"exact.states"}


NAMES = {name: name for name in ("ebmtools.sample", "ebmtools.Draws.rhat", "ebmtools.exact.sample", "ebmtools.Draws")}


@pytest.mark.parametrize(
    ("owner", "text", "markup"),
    [
        ("ebmtools.fit", "sum_{i<j} |J_ij| + s_i", r"sum_{i<j} \|J_ij\| + s_i"),
        ("ebmtools.fit", "a *star, 2 * s, x_ and s_{/i}", r"a \*star, 2 * s, x\_ and s_{/i}"),
        ("ebmtools.fit", "see `sample`", "see :py:obj:`sample <ebmtools.sample>`"),
        ("ebmtools.exact.states", "see `sample`", "see :py:obj:`sample <ebmtools.exact.sample>`"),
        ("ebmtools.Draws", "see `rhat`", "see :py:obj:`rhat <ebmtools.Draws.rhat>`"),
        ("ebmtools.sample", "not `sample` itself, nor `l2 * |w|`", "not ``sample`` itself, nor ``l2 * |w|``"),
        ("ebmtools.fit", "``|J|`` and :math:`|x|`", "``|J|`` and :math:`|x|`"),
        ("ebmtools.fit", "A:\n\n>>> abs(x_) | `y`\n3\n\n|z|", "A:\n\n>>> abs(x_) | `y`\n3\n\n" + r"\|z\|"),
        ("ebmtools.fit", "Returns\n-------\nDraws", "Returns\n-------\n:py:obj:`Draws <ebmtools.Draws>`"),
    ],
)
def test_docstring_as_markup(owner, text, markup):
    assert as_markup(text, owner, NAMES) == markup


def test_records_are_told_from_energies():
    assert is_record(ebmtools.Draws)
    assert is_record(ebmtools.exact.Moments)
    assert not is_record(ebmtools.Pairwise)
    assert not is_record(ebmtools.sample)


def page(*cells: str) -> str:
    """Cells as the site shows them, highlighted by Pygments."""
    from pygments import highlight
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import PythonLexer

    return "".join(highlight(cell, PythonLexer(), HtmlFormatter()) for cell in cells)


def links(*cells: str) -> list[tuple[str, str]]:
    """Text and target of each link."""
    found = re.findall(
        r'<a class="code-link" href="#([^"]+)">(.*?)</a>', link_names(page(*cells), lambda path: f"#{path}")
    )
    return [(re.sub("<[^>]*>", "", text), target) for target, text in found]


SETUP = "import ebmtools as ebm\nfrom ebmtools import exact\n"


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ([SETUP, "x = ebm.exact.states(3)"], [("ebm.exact.states", "ebmtools.exact.states")]),
        ([SETUP, "exact.states(3).sum()"], [("exact.states", "ebmtools.exact.states")]),
        (
            [SETUP + "draws = ebm.sample(E, 9)", "draws.spins.shape"],
            [("ebm.sample", "ebmtools.sample"), ("draws.spins", "ebmtools.Draws.spins")],
        ),
        (
            [SETUP + "E = ebm.Network(3)\nE.flip_change(s)"],
            [("ebm.Network", "ebmtools.Network"), ("E.flip_change", "ebmtools.Energy.flip_change")],
        ),
        ([SETUP + "draws = ebm.sample(E, 9)\n", "draws = 3\ndraws.rhat"], [("ebm.sample", "ebmtools.sample")]),
        ([">>> import ebmtools as ebm\n>>> ebm.fit(E, s)\n"], [("ebm.fit", "ebmtools.fit")]),
        ([SETUP, "other.ebm.sample(E)\nebm.gone(3)\nnp.exact.states\n%magic"], []),
        (["ebm.sample(E, 9)"], []),
    ],
)
def test_names_in_code_link(cells, expected):
    assert links(*cells) == expected


def test_links_change_no_text():
    html = page(SETUP, "draws = ebm.sample(E, 9)  # a < b\ndraws.rhat")
    linked = link_names(html, lambda path: "#")
    assert linked != html
    assert re.sub("<[^>]*>", "", linked) == re.sub("<[^>]*>", "", html)


def test_an_undocumented_name_gets_no_link():
    html = page(SETUP, "ebm.sample(E, 9)")
    assert link_names(html, lambda path: None) == html
