"""What two runs of one notebook print differently: numbers, verdicts, words, figures."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import SequenceMatcher

NUMBER = re.compile(r"(?<![\w.])[-+]?(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?(?:e[-+]?\d+)?")
VERDICT = "nbval-check-output"


@dataclass
class Difference:
    """One pair of numbers, as printed, and the heading above them."""

    here: str
    committed: str
    heading: str

    @property
    def relative(self) -> float:
        """Distance over the larger size, 0 for equal numbers."""
        a, b = value(self.here), value(self.committed)
        return abs(a - b) / (max(abs(a), abs(b)) or 1.0)


@dataclass
class Comparison:
    """One notebook, run here and as committed. The lists hold what differs: headings, and names of figures."""

    numbers: int = 0
    equal: int = 0
    largest: Difference | None = None
    verdicts: int = 0
    other_verdicts: list[str] = field(default_factory=list)
    figures: int = 0
    other_figures: list[str] = field(default_factory=list)
    other_words: list[str] = field(default_factory=list)
    alone: list[str] = field(default_factory=list)


def value(number: str) -> float:
    return float(number.replace(",", ""))


def printed(cell) -> str:
    """The text that a reader sees under a cell: what it printed, computed sentences, results."""
    texts = []
    for output in cell.get("outputs", []):
        data = output.get("data", {})
        picture = any(kind.startswith("image/") for kind in data)
        texts.append(output.get("text", "") if not picture else "")
        texts.append("" if picture else data.get("text/markdown", data.get("text/plain", "")))
    return "\n".join(texts)


def split(text: str) -> tuple[list[str], list[str]]:
    """The numbers of a text, and its words. Powers of ten in LaTeX count as part of their number."""
    text = re.sub(r"\s*\\times\s*10\^\{?(-?\d+)\}?", r"e\1", text)
    return NUMBER.findall(text), re.findall(r"[^\W\d]+", NUMBER.sub(" ", text))


def headings(notebook) -> list[str]:
    """For each cell the heading above it."""
    found, last = [], "the beginning"
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and (titles := re.findall(r"^#+ (.+)$", cell.source, re.M)):
            last = titles[-1]
        found.append(last)
    return found


def figure(cell) -> tuple[str, str] | None:
    """Name and bytes, in base64, of the figure of a cell."""
    images = [output.data["image/png"] for output in cell.get("outputs", []) if "image/png" in output.get("data", {})]
    return (cell.metadata.get("mystnb", {}).get("figure", {}).get("name", ""), images[0]) if images else None


def pairs(here, committed) -> Iterator[tuple]:
    """Code cells with the same source, one from each, and the heading above; None where one of them is missing."""
    titles, old_titles = headings(here), headings(committed)
    sources = [[(cell.cell_type, cell.source) for cell in notebook.cells] for notebook in (here, committed)]
    for kind, a, a_end, b, b_end in SequenceMatcher(None, *sources, autojunk=False).get_opcodes():
        new = list(zip(here.cells[a:a_end], titles[a:a_end], strict=True))
        old = list(zip(committed.cells[b:b_end], old_titles[b:b_end], strict=True))
        if kind == "equal":
            found = [(cell, other, title) for (cell, title), (other, _) in zip(new, old, strict=True)]
        else:
            found = [(cell, None, title) for cell, title in new] + [(None, cell, title) for cell, title in old]
        yield from (pair for pair in found if (pair[0] or pair[1]).cell_type == "code")


def compare(here, committed) -> Comparison:
    """Compare two notebooks cell by cell. Numbers are paired in their order where the words around them are the same;
    where they are not, all numbers of the cell count as different.
    """
    result = Comparison()
    for cell, other, heading in pairs(here, committed):
        text, old_text = (printed(side) if side else "" for side in (cell, other))
        (new, words), (old, old_words) = split(text), split(old_text)
        result.numbers += max(len(new), len(old))
        if VERDICT in (cell or other).metadata.get("tags", []):
            result.verdicts += 1
            result.other_verdicts += [heading] if not (cell and other) or text != old_text else []
        picture, old_picture = (figure(side) if side else None for side in (cell, other))
        if picture or old_picture:
            result.figures += 1
            result.other_figures += [(picture or old_picture)[0]] if picture != old_picture else []
        if not (cell and other):
            result.alone.append(heading)
        elif words != old_words or len(new) != len(old):
            result.other_words.append(heading)
        else:
            found = [Difference(a, b, heading) for a, b in zip(new, old, strict=True)]
            result.equal += sum(difference.relative == 0 for difference in found)
            result.largest = max([*filter(None, [result.largest]), *found], key=lambda d: d.relative, default=None)
    if result.largest and result.largest.relative == 0:
        result.largest = None
    return result
