"""Proximal Newton fits: histograms, Hessians from part of the data, the coordinate descent, a path of penalties."""

import numpy as np
import pytest
import torch
from conftest import random_pairwise

import ebmtools as ebm
from ebmtools import exact
from ebmtools.checks import as_samples
from ebmtools.fitting import sparse
from ebmtools.kernels import coordinate_descent

SPINS = exact.sample(random_pairwise(6, seed=3), 2000, seed=1)


def problem(loss=sparse.LOGISTIC, shared=False, spins=SPINS):
    return sparse.SparseProblem(*as_samples(spins), loss, shared=shared, fields=True)


@pytest.mark.parametrize("loss", [sparse.LOGISTIC, sparse.SCREENING], ids=["logistic", "screening"])
def test_losses_and_their_derivatives(loss):
    """By finite differences; the logistic one by its formula too, far out where a naive exponential overflows."""
    margins = torch.linspace(-3, 3, 41, dtype=torch.float64).reshape(1, -1)
    up, here, down = (loss.value_and_slope(margins + step) for step in (1e-5, 0, -1e-5))
    torch.testing.assert_close((up[0] - down[0]) / 2e-5, here[1][0], atol=1e-8, rtol=1e-7)
    torch.testing.assert_close((up[1] - down[1]) / 2e-5, loss.curvature(margins), atol=1e-8, rtol=1e-7)
    assert not torch.allclose(here[1], loss.curvature(margins))
    if loss is sparse.LOGISTIC:
        far = torch.tensor([[-800.0, 800.0], [0.3, -0.1]], dtype=torch.float64)
        torch.testing.assert_close(loss.value_and_slope(far)[0], torch.nn.functional.softplus(-2 * far).sum(0))


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("loss", [sparse.LOGISTIC, sparse.SCREENING], ids=["logistic", "screening"])
def test_hessians_from_part_of_the_data_lead_to_the_same_optimum(loss, shared, monkeypatch):
    whole = problem(loss, shared).fit(0.02, 0.01)
    monkeypatch.setattr(sparse, "_ENOUGH", 400)
    monkeypatch.setattr(sparse, "_EACH", 1)
    part = problem(loss, shared)
    assert part.some.shape[1] == 400
    found = part.fit(0.02, 0.01)
    assert found.violation <= sparse.TOLERANCE
    np.testing.assert_allclose(found.couplings, whole.couplings, atol=1e-7)
    assert abs(found.value - whole.value) < 1e-12


@pytest.mark.parametrize("shared", [True, False])
def test_a_histogram_is_its_samples(shared):
    rows, counts = np.unique(SPINS, axis=0, return_counts=True)
    options = {"symmetric": shared, "l1": 0.01}
    plain, histogram = ebm.fit_pairwise(SPINS, **options), ebm.fit_pairwise(rows, counts, **options)
    np.testing.assert_allclose(histogram.couplings, plain.couplings, atol=1e-8)


@pytest.mark.parametrize("shared", [True, False])
def test_a_path_ends_where_single_fits_end(shared):
    path, penalties = problem(shared=shared), [0.1, 0.05, 0.02, 0.005]
    for l1 in penalties:
        along, alone = path.fit(l1, 0.0), problem(shared=shared).fit(l1, 0.0)
        np.testing.assert_allclose(along.couplings, alone.couplings, atol=1e-7)
        assert along.violation <= sparse.TOLERANCE


def quadratic(seed, count, size):
    rng = np.random.default_rng(seed)
    roots = rng.normal(size=(count, size, 3 * size))
    return (roots @ roots.transpose(0, 2, 1) / size).astype(np.float32), rng.normal(size=(count, size))


def test_coordinate_descent_finds_the_minimum():
    """The conditions of a minimum hold. Negative control: not before enough sweeps, and not for another penalty."""
    hessian, slope = quadratic(1, 3, 8)
    l1, l2 = np.full((3, 8), 0.5), np.full((3, 8), 0.2)
    for sweeps in (500, 1):
        x, gradient = np.zeros((3, 8)), slope.copy()
        coordinate_descent.single(hessian, gradient, x, l1, l2, sweeps, 1e-30)
        expected = slope + np.einsum("kij,kj->ki", hessian.astype(float), x)
        np.testing.assert_allclose(gradient, expected, atol=1e-10)  # kept up to date
        total = expected + 0.4 * x
        off = np.where(x == 0, np.maximum(np.abs(total) - 0.5, 0), np.abs(total + 0.5 * np.sign(x))).max()
        assert (off < 1e-9) == (sweeps == 500)
    assert 0 < (x == 0).sum() < x.size
    wrong = np.where(x == 0, np.maximum(np.abs(total) - 0.2, 0), np.abs(total + 0.2 * np.sign(x))).max()
    assert wrong > 0.01


def test_shared_coordinates_are_one_problem():
    """Against `single` on the assembled Hessian of all pairs and fields."""
    n = 4
    hessian, slope = quadratic(2, n, n + 1)
    x, gradient = np.zeros((n, n + 1)), slope.copy()
    coordinate_descent.shared(hessian, gradient, x, 0.3, 0.1, True, 500, 1e-30)
    pairs = [(i, j) for i in range(n) for j in range(i + 1, n)]
    big, g = np.zeros((len(pairs) + n, len(pairs) + n)), np.zeros(len(pairs) + n)
    number = {pair: k for k, pair in enumerate(pairs)}
    for i in range(n):
        seen = [(number[min(i, j), max(i, j)], j) for j in range(n) if j != i] + [(len(pairs) + i, n)]
        for a, j in seen:
            g[a] += slope[i, j]
            for b, m in seen:
                big[a, b] += hessian[i, j, m]
    y, l1 = np.zeros((1, len(g))), np.full((1, len(g)), 0.3)
    l1[:, len(pairs) :] = 0
    l2 = l1 / 3
    coordinate_descent.single(big[None].astype(np.float32), g[None].copy(), y, l1, l2, 500, 1e-30)
    np.testing.assert_allclose([x[i, j] for i, j in pairs], y[0, : len(pairs)], atol=1e-6)
    np.testing.assert_allclose(x[:, n], y[0, len(pairs) :], atol=1e-6)
    np.testing.assert_array_equal(x[:, :n], x[:, :n].T)
    held = np.zeros((n, n + 1))
    coordinate_descent.shared(hessian, slope.copy(), held, 0.3, 0.1, False, 500, 1e-30)
    assert not held[:, n].any()
