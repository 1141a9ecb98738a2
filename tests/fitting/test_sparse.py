"""Proximal Newton fits: histograms, Hessians from part of the data, the coordinate descent, a path of penalties."""

import numpy as np
import pytest
import torch
from conftest import random_pairwise

import ebmtools as ebm
from ebmtools import exact
from ebmtools.checks import as_samples
from ebmtools.fitting import linear, sparse
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


# How strong a penalty should be


def graph(seed=0, n=10):
    """A ring with couplings of either sign."""
    signs = np.random.default_rng(seed).choice([-0.5, 0.5], n)
    couplings = np.zeros((n, n))
    for i in range(n):
        couplings[i, (i + 1) % n] = couplings[(i + 1) % n, i] = signs[i]
    return ebm.Pairwise(couplings)


RING = graph()
FEW = exact.sample(RING, 400, seed=5)


def test_the_criterion_finds_the_edges():
    """All ten, with at most four of the 35 others; held-out samples let more in. Both curves turn inside."""
    spins, edges = exact.sample(RING, 4000, seed=5), RING.couplings != 0
    strict, loose = (ebm.choose_penalty(spins, by=by) for by in ("ebic", "held-out"))
    wrong = [((choice.fit.couplings != 0) & ~edges).sum() // 2 for choice in (strict, loose)]
    assert wrong[0] <= 4 < 8 < wrong[1]
    assert loose.best < strict.best
    for choice in (strict, loose):
        assert (choice.fit.couplings != 0)[edges].all()
        assert 0 < np.argmin(choice.scores) < len(choice.values) - 1
        assert choice.best == choice.values[np.argmin(choice.scores)]


@pytest.mark.parametrize("penalty", ["l1", "l2"])
@pytest.mark.parametrize("symmetric", [True, False])
def test_the_choice_is_close_to_the_best_on_fresh_samples(penalty, symmetric):
    """Of 20,000 fresh samples: at least half of what a penalty can gain over none. Negative control: the largest."""
    fresh, few = exact.sample(RING, 20_000, seed=9), FEW[:120]
    choice = ebm.choose_penalty(few, penalty=penalty, symmetric=symmetric)

    def score(value):
        fit = ebm.fit_pairwise(few, symmetric=symmetric, **{penalty: float(value)})
        return ebm.objectives.pseudolikelihood(fit.energy, fresh).item()

    best = min(score(value) for value in choice.values)
    gain = score(0.0) - best
    assert gain > 0.01
    assert score(choice.best) < best + gain / 2
    assert score(choice.values[0]) > best + gain / 2


def test_a_histogram_is_dealt_out_by_its_samples():
    """Not by its rows: every fold holds part of each frequent row."""
    rows, counts = np.unique(FEW, axis=0, return_counts=True)
    plain, histogram = ebm.choose_penalty(FEW), ebm.choose_penalty(rows, counts)
    assert 0.4 < histogram.best / plain.best < 2.5  # other folds, so not the same
    np.testing.assert_allclose(histogram.values, plain.values)
    np.testing.assert_allclose(histogram.scores, plain.scores, atol=0.05)


def test_errors_are_those_of_differences():
    """Zero at the best, and of the size that other folds and halves of the data show."""
    choice = ebm.choose_penalty(FEW)
    assert choice.errors[np.argmin(choice.scores)] == 0
    others = [ebm.choose_penalty(exact.sample(RING, 400, seed=seed), values=choice.values) for seed in range(20)]
    first = np.argmin(choice.scores)
    seen = np.std([other.scores[0] - other.scores[first] for other in others])
    assert 0.5 < choice.errors[0] / seen < 2


def test_the_curve_is_drawn():
    import matplotlib.pyplot as plt

    choice = ebm.choose_penalty(FEW, values=[0.1, 0.01, 0.03])
    assert choice.values.tolist() == [0.1, 0.03, 0.01]
    figure, axes = plt.subplots()
    choice.plot(axes)
    assert len(axes.lines) >= 2
    assert "nats per sample" in axes.get_ylabel()
    plt.close(figure)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"penalty": "l3"}, "penalty: got 'l3', expected one of l1, l2"),
        ({"by": "aic"}, "by: got 'aic', expected one of held-out, ebic"),
        ({"by": "ebic", "penalty": "l2"}, "by: 'ebic' counts"),
        ({"values": [0.1, 0.0]}, "values: got .*, expected a sequence of penalties > 0"),
        ({"values": []}, "values: got .*, expected a sequence"),
        ({"folds": 1}, "folds: got 1"),
        ({"seed": None}, "seed: got None"),
    ],
)
def test_bad_choices(options, message):
    with pytest.raises(ValueError, match=message):
        ebm.choose_penalty(FEW, **options)


def test_a_spin_that_changes_once_is_told():
    spins = FEW.copy()
    spins[:, 0] = 1
    spins[7, 0] = -1
    with pytest.raises(ValueError, match="folds: outside one of 5 parts a spin does not change"):
        ebm.choose_penalty(spins)


@pytest.mark.parametrize("shared", [True, False])
def test_single_precision_on_the_way_leads_to_the_same_optimum(shared, monkeypatch):
    """And a rough fit ends in it, within its own tolerance of the conditions."""
    exactly = problem(shared=shared).fit(0.02, 0.0)
    monkeypatch.setattr(linear, "SMALL", 0)
    found = problem(shared=shared)
    assert found.rough is not None
    assert problem(sparse.SCREENING, shared).rough is None
    assert found.fit(0.02, 0.0).violation <= sparse.TOLERANCE
    np.testing.assert_allclose(found.at[:, :-1], exactly.couplings, atol=1e-8)
    early = problem(shared=shared).fit(0.02, 0.0, tolerance=1e-3)
    assert sparse.TOLERANCE < early.violation <= 1e-3
    assert 0 <= early.value - exactly.value < 1e-4


def test_other_weights_go_to_the_folds_as_whole_samples():
    weights = np.random.default_rng(1).uniform(0.5, 1.5, len(FEW))
    choice, plain = ebm.choose_penalty(FEW, weights), ebm.choose_penalty(FEW)
    assert 0.2 < choice.best / plain.best < 5
    assert np.isfinite(choice.errors).all()
