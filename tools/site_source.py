"""Lay out the sources of the site in _build/source, so that building it changes nothing outside _build.

python tools/site_source.py                      with the committed outputs
python tools/site_source.py _build/notebooks     with the outputs in this folder, compared with the committed ones
"""

import json
import shutil
import sys
from pathlib import Path

import this_machine
from main_figure import main_figure

ROOT = Path(__file__).resolve().parent.parent
COMMITTED = ROOT / "notebooks"
SOURCE = ROOT / "_build" / "source"


def lay_out(into: Path, fresh: Path | None) -> None:
    """Settings, pages, and notebooks: all that the site is built from."""
    shutil.rmtree(into, ignore_errors=True)
    shutil.copytree(ROOT / "book", into / "book", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("_config.yml", "_toc.yml"):
        shutil.copy(ROOT / name, into)
    (into / "notebooks").mkdir()
    for folder in (COMMITTED, fresh):
        for notebook in folder.glob("*.ipynb") if folder else ():
            shutil.copy(notebook, into / "notebooks")
    figure = main_figure(into / "notebooks" / "05_coupling_reconstruction.ipynb")
    (into / "book" / "_static" / "main_figure.png").write_bytes(figure)
    text = this_machine.COMMITTED
    if fresh:
        text = this_machine.page(fresh, COMMITTED, json.loads((fresh / "seconds.json").read_text()))
    (into / "book" / "_this_machine.md").write_text(text)


if __name__ == "__main__":
    lay_out(SOURCE, Path(sys.argv[1]) if len(sys.argv) > 1 else None)
    print("What this machine computed: _build/html/book/this_machine.html")
