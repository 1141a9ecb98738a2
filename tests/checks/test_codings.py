"""Data in other codings become spins, or are refused with the way out; names of columns stay with the fit."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch
from conftest import random_pairwise

import ebmtools as ebm
from ebmtools import exact

SPINS = np.array([[1, -1, 1], [-1, -1, 1], [1, 1, -1]], np.int8)
BITS = (SPINS + 1) // 2
NAMES = ["a", "b", "c"]

SAME = {
    "spins": SPINS,
    "floats": SPINS.astype(float),
    "zeros and ones": BITS,
    "bits as floats": BITS.astype(np.float32),
    "booleans": BITS == 1,
    "unsigned": BITS.astype(np.uint8),
    "a list": BITS.tolist(),
    "objects": BITS.astype(object),
    "a tensor": torch.tensor(BITS),
    "truth values in a tensor": torch.tensor(BITS == 1),
    "a masked array without masked entries": np.ma.array(BITS),
    "long doubles": BITS.astype(np.longdouble),
    "big-endian": BITS.astype(">i4"),
}


@pytest.mark.parametrize("data", SAME.values(), ids=SAME)
def test_codes_of_the_same_spins(data):
    spins = ebm.as_spins(data)
    assert spins.dtype == np.int8
    np.testing.assert_array_equal(spins, SPINS)


def with_gap(values, gap):
    table = values.astype(object)
    table[1, 2] = gap
    return table


GAP = np.arange(9).reshape(3, 3) == 5
GAPS = {
    "nan": np.where(GAP, np.nan, BITS),
    "None": with_gap(BITS, None),
    "pandas.NA": with_gap(BITS == 1, pd.NA),
    "nan among objects": with_gap(SPINS, np.nan),
    "masked": np.ma.array(BITS, mask=GAP),
    "masked with a value of its own": np.ma.array(np.where(GAP, -99, BITS), mask=GAP),
}


@pytest.mark.parametrize("data", GAPS.values(), ids=GAPS)
def test_missing_entries(data):
    with pytest.raises(ValueError, match=r"1 of 9 entries are missing, in 1 of 3 rows; .* column 2, which lacks 1"):
        ebm.as_spins(data)
    np.testing.assert_array_equal(ebm.as_spins(data, missing="drop"), SPINS[[0, 2]])


def frames(columns):
    """The same columns in both libraries, gaps as None."""
    return [
        pd.DataFrame({k: pd.array(v, "boolean") for k, v in columns.items()}, index=["x", "y", "z"]),
        pl.DataFrame(columns),
    ]


@pytest.mark.parametrize("kind", [0, 1], ids=["pandas", "polars"])
def test_frames(kind):
    whole = {name: (BITS[:, k] == 1).tolist() for k, name in enumerate(NAMES)}
    frame = frames(whole)[kind]
    spins = ebm.as_spins(frame)
    assert type(spins) is type(frame)
    assert list(spins.columns) == NAMES
    np.testing.assert_array_equal(spins.to_numpy(), SPINS)
    gap = frames(whole | {"b": [False, None, True]})[kind]
    with pytest.raises(ValueError, match="most are in column 'b', which lacks 1"):
        ebm.as_spins(gap)
    dropped = ebm.as_spins(gap, missing="drop")
    np.testing.assert_array_equal(dropped.to_numpy(), SPINS[[0, 2]])
    if kind == 0:
        assert list(dropped.index) == ["x", "z"]


@pytest.mark.parametrize(
    ("data", "missing", "kind", "message"),
    [
        ([[0, 1], [-1, 1]], "refuse", ValueError, "both 0 and -1, so a zero may be a spin or a gap"),
        ([[0, 2]], "refuse", ValueError, r"got 2 at index \(0, 1\), expected two values"),
        ([[0.5, 1]], "refuse", ValueError, r"got 0.5 at index \(0, 0\), .*Choose a threshold"),
        ([["yes", "no"]], "refuse", TypeError, "got entries of type <U3, expected 0 and 1"),
        (with_gap(BITS, "no"), "refuse", TypeError, "got 'no', .* as in x == 'yes'"),
        ([[1, 0], [1]], "refuse", ValueError, "rows of different lengths"),
        ([[1j, 0]], "refuse", TypeError, "got entries of type complex128"),
        (np.zeros((3, 0)), "refuse", ValueError, r"got shape \(3, 0\)"),
        (1, "refuse", ValueError, r"got shape \(\)"),
        ([[np.nan, 1], [1, np.nan]], "drop", ValueError, "each of the 2 rows lacks an entry"),
        ([np.nan, 1], "drop", ValueError, r"Give a table, \(M, N\)"),
        (BITS, "guess", ValueError, "missing: got 'guess', expected one of refuse, drop"),
    ],
)
def test_refused(data, missing, kind, message):
    with pytest.raises(kind, match=message):
        ebm.as_spins(data, missing=missing)


def test_fits_refuse_what_is_missing_and_name_the_way():
    for data in (GAPS["nan"] * 2 - 1, GAPS["masked"], BITS, BITS == 1):
        with pytest.raises((TypeError, ValueError), match="as_spins"):
            ebm.fit_pairwise(data)


@pytest.mark.parametrize("library", [pd.DataFrame, pl.DataFrame], ids=["pandas", "polars"])
def test_names_stay_with_the_fit(library):
    energy = random_pairwise(4, seed=1) + ebm.ManyBody(4, [(0, 1, 3)], [0.5])
    names = ["nose", "eye", "ear", "tail"]
    bits = exact.sample(energy, 3000, seed=1) == 1
    spins = ebm.as_spins(library({name: bits[:, k] for k, name in enumerate(names)}))
    for fit in (
        ebm.fit_pairwise(spins),
        ebm.fit_pairwise(spins, l1=0.01),
        ebm.fit_pairwise(spins, objective="likelihood"),
    ):
        assert fit.names == tuple(names)
        table = fit.table()
        assert [abs(row.value) for row in table] == sorted((abs(row.value) for row in table), reverse=True)
        assert len(table) == 6
        i, j = (names.index(name) for name in table[0].spins)
        assert table[0].value == fit.couplings[i, j]
        assert f"J[{table[0].spins[0]}, {table[0].spins[1]}]" in repr(fit)
    assert np.isnan(ebm.fit_pairwise(spins, l1=0.01).table()[0].error)
    many = ebm.fit_many_body(spins, orders=[3], progress=False)
    assert ("nose", "eye", "tail") in [row.spins for row in many.table()]
    assert "xi[nose, eye, tail]" in repr(many)
    assert ebm.distil(many.energy, spins, orders=[3], progress=False).names == tuple(names)
    fit = ebm.fit_pairwise(spins)
    assert list(pd.DataFrame(fit.table()).columns) == ["spins", "value", "error"]
    figure, axes = plt.subplots()
    ebm.plotting.plot_couplings(axes, fit)
    assert [label.get_text() for label in axes.get_xticklabels()] == names
    plt.close(figure)


def test_without_names_spins_have_numbers():
    fit = ebm.fit_pairwise(exact.sample(random_pairwise(3), 500, seed=1))
    assert fit.names is None
    assert set(fit.table()[0].spins) < {0, 1, 2}


def test_a_constant_column_is_called_by_its_name():
    frame = pd.DataFrame({"on": [1, 1, 1], "both": [1, -1, 1]})
    with pytest.raises(ValueError, match=r"spin 'on' is \+1 in all 3 samples"):
        ebm.fit_pairwise(frame)
