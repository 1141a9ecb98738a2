"""The three graphs of the front page are computed, and show what its text says."""

import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

import hero  # noqa: E402


def test_drawings_are_those_that_the_package_computes():
    for name, text in hero.drawings().items():
        assert (hero.FOLDER / name).read_text() == text, f"{name}: run `python tools/hero.py`"


def test_the_page_says_what_they_show():
    drawn = {name: int((np.abs(np.triu(m, 1)) >= hero.DRAWN).sum()) for name, m in hero.matrices().items()}
    page = (ROOT / "book/index.md").read_text()
    assert drawn["truth"] == len(hero.COUPLINGS) == 5
    fit = hero.drawings()["hero-fit.svg"]
    ghosts = {pair for pair in fit.split("<line")[1:] if "dasharray" in pair}
    assert "five couplings that are there, and four (dashed) that are not" in page
    assert len(ghosts) == 4
    assert "fifteen of twenty-one pairs" in page
    assert drawn["correlations"] == 15


def test_without_triples_there_are_no_ghosts(monkeypatch):
    monkeypatch.setattr(hero, "TRIPLES", {(0, 3, 5): 1e-9})
    fit = hero.matrices()["fit"]
    assert fit == pytest.approx(hero.matrices()["truth"], abs=1e-5)
