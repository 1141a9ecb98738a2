"""Copy the main figure, Experiment I of chapter 5, from its notebook to where the README and the book show it."""

import base64
import sys
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOK = ROOT / "notebooks" / "05_coupling_reconstruction.ipynb"
TARGET = ROOT / "book" / "_static" / "main_figure.png"


def main_figure(notebook: Path) -> bytes:
    """The PNG of the cell whose figure is called fig-experiment."""
    for cell in nbformat.read(notebook, as_version=4).cells:
        if cell.metadata.get("mystnb", {}).get("figure", {}).get("name") == "fig-experiment":
            return base64.b64decode(cell.outputs[0].data["image/png"])
    raise ValueError(f"{notebook.name} has no figure fig-experiment")


if __name__ == "__main__":
    TARGET.write_bytes(main_figure(NOTEBOOK))
    sys.exit(0)
