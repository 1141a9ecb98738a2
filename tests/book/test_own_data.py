"""Chapter 12 on tables that are not its own: how columns become spins, what is refused, and a whole run on a file."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import papermill
import pytest

import ebmtools as ebm

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "studies"))

from chapters import definitions  # noqa: E402

CHAPTER = definitions("12_your_own_data")


def test_each_kind_of_column_becomes_a_spin_by_a_rule_that_is_told():
    table = pd.DataFrame(
        {
            "word": ["no", "yes", "no", "yes", "yes"],
            "flag": [True, False, False, True, False],
            "code": [7, 3, 3, 3, 7],
            "number": [0.1, 9.0, 3.0, -2.0, 5.0],
            "mostly zero": [0, 0, 0, 2, 5],
            "mostly five": [5, 5, 5, 1, 2],
        }
    )
    spins, rules = CHAPTER.spins_of(table)
    assert spins.to_numpy().T.tolist() == [
        [-1, 1, -1, 1, 1],
        [1, -1, -1, 1, -1],
        [1, -1, -1, -1, 1],
        [-1, 1, -1, -1, 1],  # above the median, 3
        [-1, -1, -1, 1, 1],
        [1, 1, 1, -1, -1],  # nothing lies above the median: from it
    ]
    assert rules["word"] == "no is -1, yes is +1"
    assert rules["mostly five"] == "+1 from 5"


@pytest.mark.parametrize(
    ("column", "said"),
    [([1, 1, 1], "one value only"), (["a", "b", "c"], "3 different words")],
    ids=["constant", "words"],
)
def test_a_column_that_is_no_spin_is_refused_by_name(column, said):
    with pytest.raises(ValueError, match=f"'odd'.*{said}"):
        CHAPTER.spins_of(pd.DataFrame({"odd": column}))


def test_gaps_are_refused_by_name_or_their_rows_dropped():
    table = pd.DataFrame({"whole": [1.0, 2.0, 3.0], "gappy": [1.0, np.nan, 3.0]})
    CHAPTER.drop_missing = False
    with pytest.raises(ValueError, match="'gappy': 1"):
        CHAPTER.complete(table)
    CHAPTER.drop_missing = True
    assert CHAPTER.complete(table).index.tolist() == [0, 1]


def test_the_whole_chapter_runs_on_a_file_and_writes_its_couplings(tmp_path):
    truth = np.zeros((5, 5))
    truth[0, 1] = truth[1, 0] = 0.6
    truth[2, 3] = truth[3, 2] = -0.5
    spins = ebm.exact.sample(ebm.Pairwise(truth), 2000, seed=1)
    table = pd.DataFrame(spins, columns=list("abcde"))
    table["a"] = np.where(table["a"] == 1, "yes", "no")
    table["spare"] = ["a", "b", "c", "d"] * 500  # to be left out
    table.to_csv(tmp_path / "mine.csv", index=False)
    papermill.execute_notebook(
        ROOT / "notebooks/12_your_own_data.ipynb",
        tmp_path / "mine.ipynb",
        {"data": str(tmp_path / "mine.csv"), "leave_out": "spare", "output": str(tmp_path / "J.csv")},
        cwd=ROOT / "notebooks",
        progress_bar=False,
    )
    found = pd.read_csv(tmp_path / "J.csv").set_index(["first", "second"])
    fit = ebm.fit_pairwise(spins)
    assert found.loc[("a", "b"), "coupling"] == pytest.approx(fit.couplings[0, 1])
    assert found.loc[("c", "d"), "error"] == pytest.approx(fit.couplings_error[2, 3])
    assert set(found.index[found["passes"]]) == {("a", "b"), ("c", "d")}
