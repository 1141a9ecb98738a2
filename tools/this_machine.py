"""The generated part of the page "What this machine computed": its outputs beside the committed ones."""

import os
import platform
import sys
from importlib.metadata import version
from pathlib import Path

import nbformat
from differences import Comparison, compare
from llvmlite import binding

sys.path.append(str(Path(__file__).resolve().parent.parent / "benchmarks"))
from record import machine

PACKAGES = ("ebmtools", "numpy", "scipy", "numba", "torch", "scikit-learn", "matplotlib")
COMMITTED = """:::{note}
This site was built from the committed outputs, so there is nothing to compare here.
`make book` runs the notebooks on your machine, and then this page says what it computed differently.
:::
"""


def read(path: Path):
    """A notebook; an empty one where there is none yet."""
    return nbformat.read(path, as_version=4) if path.is_file() else nbformat.v4.new_notebook()


def link(name: str) -> str:
    return f"{{doc}}`../notebooks/{name}`"


def percent(share: float) -> str:
    return f"{100 * share:.3g} %"


def table(heads: list[str], rows: list[list[str]]) -> str:
    lines = [heads, ["---", *["---:"] * (len(heads) - 1)], *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def summary(found: dict[str, Comparison], committed: int) -> str:
    """The page in a few sentences."""
    numbers, equal = sum(c.numbers for c in found.values()), sum(c.equal for c in found.values())
    verdicts, other = sum(c.verdicts for c in found.values()), sum(len(c.other_verdicts) for c in found.values())
    which = "All notebooks" if committed == len(found) else f"{len(found)} of the {committed} notebooks"
    text = f"{which} ran on this machine. "
    text += f"They printed {numbers:,} numbers, and {equal:,} of them equal the committed ones. "
    if pairs := [(name, c.largest) for name, c in found.items() if c.largest]:
        name, most = max(pairs, key=lambda pair: pair[1].relative)
        text += f"The largest relative difference is {percent(most.relative)}, in {link(name)}: "
        text += f"{most.here} here, {most.committed} committed. "
    if other:
        return text + f"**{other} of the {verdicts} verdicts differ:** please report it, with this page."
    return text + f"**The {verdicts} verdicts are all the same.**"


def comparison_table(found: dict[str, Comparison], seconds: dict[str, float]) -> str:
    def row(name: str, c: Comparison) -> list[str]:
        largest = percent(c.largest.relative) if c.largest else "none"
        numbers = f"{c.equal:,} of {c.numbers:,}"
        verdicts = f"{c.verdicts - len(c.other_verdicts)} of {c.verdicts}"
        figures = f"{c.figures - len(c.other_figures)} of {c.figures}"
        took = f"{seconds[name]:.0f} s" if name in seconds else "not known"
        return [link(name), numbers, largest, verdicts, figures, took]

    heads = ["notebook", "equal numbers", "largest difference", "same verdicts", "same figures", "time"]
    return table(heads, [row(name, c) for name, c in found.items()])


def differences(name: str, c: Comparison) -> list[str]:
    """What differs in one notebook, as entries of a list."""
    entries = []
    if most := c.largest:
        entries.append(f"Largest difference, under “{most.heading}”: {most.here} here, {most.committed} committed.")
    for what, places in (
        ("Other verdicts", c.other_verdicts),
        ("Other words, or more or fewer numbers, so that none of the cell could be compared", c.other_words),
        ("Cells that only one of the two has, as after a change of the source", c.alone),
    ):
        if places:
            entries.append(f"{what}, under {', '.join(f'“{place}”' for place in dict.fromkeys(places))}.")
    if c.other_figures:
        entries.append("Other figures: " + ", ".join(f"{{numref}}`{figure}`" for figure in c.other_figures) + ".")
    return [f"{link(name)}\n", *(f"- {entry}" for entry in entries), ""] if entries else []


def machine_table() -> str:
    about = machine()
    rows = [
        ["processor", f"{about['cpu']}, to compilers {binding.get_host_cpu_name()}"],
        ["cores", str(os.cpu_count())],
        ["system", about["system"]],
        ["C library", " ".join(platform.libc_ver()).strip() or "not known"],
        ["Python", about["python"]],
        *([package, version(package)] for package in PACKAGES),
    ]
    return table(["what", "on this machine"], rows).replace("---:", "---")


def page(fresh: Path, committed: Path, seconds: dict[str, float]) -> str:
    """Compare each notebook in the folder `fresh` with its namesake in `committed`."""
    found = {file.stem: compare(read(file), read(committed / file.name)) for file in sorted(fresh.glob("*.ipynb"))}
    everything = {file.stem for folder in (fresh, committed) for file in folder.glob("*.ipynb")}
    where = [line for name, c in found.items() for line in differences(name, c)]
    parts = [
        summary(found, len(everything)),
        comparison_table(found, seconds),
        "## Where they differ",
        "\n".join(where) or "Nowhere: every number, verdict and figure is the same.",
        "## The machine",
        machine_table(),
    ]
    return "\n\n".join(parts) + "\n"
