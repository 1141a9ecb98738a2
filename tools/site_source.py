"""Lay out the sources of the site in _build/source, so that building it changes nothing outside _build.

python tools/site_source.py                      with the committed outputs
python tools/site_source.py _build/notebooks     with the outputs in this folder, compared with the committed ones
"""

import json
import shutil
import sys
from collections import Counter
from pathlib import Path

import this_machine
import yaml
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
    (into / "book" / "_score.md").write_text(score())


def score() -> str:
    """What became of the paper's claims, for the front page."""
    verdicts = json.loads((ROOT / "results" / "verdicts.json").read_text())
    claims = yaml.safe_load((ROOT / "studies" / "claims.yml").read_text())
    found = Counter(row["verdict"] for row in verdicts.values())
    parts = [f"**{count}** {verdict}" for verdict, count in found.most_common()]
    listed = ", ".join(parts[:-1]) + " and " + parts[-1] if len(parts) > 1 else parts[0]
    formulas = sum("check" in claim for claim in claims)
    return f"""Of {len(verdicts)} statements that the paper makes, or that one would make of it, {listed}.
{formulas} formulas are checked whenever the tests run. {{doc}}`The list <../notebooks/the_claims>` has them all.
"""


if __name__ == "__main__":
    lay_out(SOURCE, Path(sys.argv[1]) if len(sys.argv) > 1 else None)
    print("What this machine computed: _build/html/book/this_machine.html")
