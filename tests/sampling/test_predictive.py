"""The check of a model against data: it passes right models at its rate, and catches wrong ones."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from conftest import random_pairwise

import ebmtools as ebm
from ebmtools import exact

TRUTH = random_pairwise(8, 1, 0.3)


def data(seed, n_samples=2_000, energy=TRUTH):
    return exact.sample(energy, n_samples, seed=seed)


def test_right_models_pass():
    """25 data sets at false_alarm = 0.05: 8 or more failures have a probability of 3e-5."""
    passed = [ebm.predictive_check(TRUTH, data(k), warmup=50, false_alarm=0.05, seed=k).passed for k in range(25)]
    assert sum(passed) > 25 - 8


@pytest.mark.parametrize(
    ("wrong", "statistic"),
    [
        (ebm.Pairwise(TRUTH.couplings, TRUTH.fields + np.eye(8)[2] * 0.3), "magnetisations"),
        (ebm.Pairwise(TRUTH.couplings), "magnetisations"),
        (TRUTH + 0.3 * ebm.ManyBody(8, [(1, 4)], [1.0]), "correlations"),
        (TRUTH + 0.4 * ebm.ManyBody(8, [(0, 3, 5)], [1.0]), "third moments"),
        (1.3 * TRUTH, "energies"),
    ],
    ids=["a field", "no fields", "a coupling", "a triple", "colder"],
)
def test_wrong_models_fail(wrong, statistic):
    check = ebm.predictive_check(wrong, data(1, 5_000), warmup=50)
    assert not check.passed
    row = next(row for row in check.table if row.statistic == statistic)
    assert row.largest > row.limit
    assert "samples of this model do NOT look like these data" in repr(check)
    assert row.where in repr(check)


def sparse_population(n_spins=40, n_samples=20_000, seed=0):
    """Recordings of cells that are mostly silent, with a common drive in 8 % of the samples."""
    rng = np.random.default_rng(seed)
    upper = np.triu(rng.normal(0.06, 0.05, (n_spins, n_spins)) * (rng.random((n_spins, n_spins)) < 0.3), 1)
    couplings, fields = upper + upper.T, rng.normal(-1.1, 0.15, n_spins)
    silent = ebm.sample(ebm.Pairwise(couplings, fields), n_samples, seed=seed).spins
    driven = ebm.sample(ebm.Pairwise(couplings, fields + 0.5), n_samples, seed=seed + 1).spins
    return np.where(rng.random((n_samples, 1)) < 0.08, driven, silent)


def test_sparse_data_need_the_likelihood():
    """On sparse data the pseudolikelihood's model has a valley where no sample is; the likelihood's does not."""
    spins = sparse_population()
    near = ebm.fit_pairwise(spins)
    right = ebm.fit_pairwise(spins, objective="likelihood")
    assert near.converged
    assert right.converged
    failed, passed = (ebm.predictive_check(fit.energy, spins) for fit in (near, right))
    assert not failed.passed
    for row in passed.table[:2]:  # what the likelihood makes equal
        assert row.rms < 1
        assert row.largest < 3
    assert passed.rhat < 1.1


def test_chains_that_do_not_meet_are_told():
    """A magnet whose valleys hold 512 of the chains each, and data from one of them."""
    magnet = ebm.Pairwise(0.12 * (np.ones((30, 30)) - np.eye(30)))
    check = ebm.predictive_check(magnet, np.where(np.arange(30) > 0, 1, np.array([[1], [-1]])), warmup=50)
    assert check.tempered
    assert not check.passed
    assert "have NOT met: compared by parallel tempering" in repr(check)


def test_fewer_effective_samples_excuse_more():
    near = ebm.Pairwise(TRUTH.couplings, TRUTH.fields + 0.15)
    spins = data(2, 5_000)
    z = [ebm.predictive_check(near, spins, effective=size, warmup=50).table[0].rms for size in (None, 500)]
    assert z[0] > 2 * z[1]


def test_figure():
    check = ebm.predictive_check(TRUTH, data(3), warmup=20)
    _, axes = plt.subplots()
    check.plot(axes)
    assert axes.get_legend_handles_labels()[1] == ["model", "data"]
    assert check.counts.sum() == 2_000
    np.testing.assert_allclose(check.expected.sum(), 2_000)


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: ebm.predictive_check(ebm.fit_pairwise(data(1)), data(1)), TypeError, "model: got a PairwiseFit"),
        (lambda: ebm.predictive_check(TRUTH, data(1)[0]), ValueError, r"spins: got shape \(8,\), expected"),
        (lambda: ebm.predictive_check(TRUTH, data(1), effective=0), ValueError, "effective: got 0"),
        (lambda: ebm.predictive_check(TRUTH, data(1), false_alarm=1), ValueError, "false_alarm: got 1"),
    ],
)
def test_bad_input(call, kind, message):
    with pytest.raises(kind, match=message):
        call()
