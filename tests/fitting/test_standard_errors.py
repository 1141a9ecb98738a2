"""Standard errors of couplings, and the warning for an optimum at infinity."""

import warnings

import numpy as np
import pytest
import torch

import ebmtools as ebm
from ebmtools import exact
from ebmtools.fitting import linear, pairwise
from ebmtools.fitting import standard_errors as errors
from ebmtools.fitting.curvature import Curvature
from ebmtools.fitting.linear import LinearPseudolikelihood
from ebmtools.fitting.linear_fit import fit_linear
from ebmtools.fitting.standard_errors import standard_errors, variance_weights_of

N = 8
UPPER = np.triu_indices(N, 1)
TRUTH = ebm.random_hamiltonian(N, gamma=0.5, beta=1.0, seed=1)
SPINS = exact.sample(TRUTH, 3000, seed=1)
INTERACTIONS = [*TRUTH.interactions, (0, 1, 2, 3)]


def dense_errors(theta, spins, shares, interactions, l2=0.0):
    """The sandwich by brute force: full Hessian, one score for each sample and site, over sqrt(1 - leverage)."""
    s, n_pairs = torch.tensor(spins).double(), len(UPPER[0])

    def local_fields(parameters):
        couplings = torch.zeros(N, N, dtype=torch.float64)
        couplings[UPPER] = parameters[:n_pairs]
        half = s * (parameters[n_pairs : n_pairs + N] + s @ (couplings + couplings.T))
        for k, indices in enumerate(interactions):
            inside = torch.zeros(N, dtype=torch.float64)
            inside[list(indices)] = 1
            half = half + parameters[n_pairs + N + k] * s[:, list(indices)].prod(1)[:, None] * inside
        return half

    def objective(parameters):
        loss = torch.nn.functional.softplus(-2 * local_fields(parameters)).sum(1)
        return shares / shares.sum() @ loss + l2 * parameters[:n_pairs].square().sum()

    parameters = torch.tensor(theta)
    hessian = torch.autograd.functional.hessian(objective, parameters)
    features = torch.autograd.functional.jacobian(local_fields, parameters)  # (M, N, P)
    chance = torch.sigmoid(2 * local_fields(parameters))
    v, score = 4 * chance * (1 - chance), -2 * (1 - chance)[:, :, None] * features
    for i in range(N):
        own = features[:, i]
        curvature = own.T @ (own * (v[:, i] * shares / shares.sum())[:, None])
        curvature[range(n_pairs), range(n_pairs)] += l2 * (own[0, :n_pairs] != 0)
        leverage = ((own @ torch.linalg.pinv(curvature)) * own).sum(1) * v[:, i] / len(s)
        score[:, i] /= (1 - leverage).sqrt()[:, None]
    moved = torch.linalg.solve(hessian, score.sum(1).T)
    return (moved.square() @ shares).sqrt().numpy()


@pytest.mark.parametrize("interactions", [[], INTERACTIONS], ids=["pairwise", "many-body"])
@pytest.mark.parametrize("l2", [0.0, 0.05])
@pytest.mark.parametrize("single", [False, True])
def test_errors_are_the_dense_sandwich(interactions, l2, single, monkeypatch):
    monkeypatch.setattr(linear, "SMALL", 0 if single else 2**30)
    weights = torch.full((len(SPINS),), 1 / len(SPINS), dtype=torch.float64)
    problem = LinearPseudolikelihood(torch.from_numpy(SPINS), weights, interactions)
    at = fit_linear(problem, l2=l2).at
    shares = variance_weights_of(None, len(SPINS))
    theta = np.concatenate([at.couplings[UPPER], at.fields, at.coefficients])
    errors = standard_errors(problem, at, shares, l2=l2).errors
    found = np.concatenate([errors.couplings[UPPER], errors.fields, errors.coefficients])
    expected = dense_errors(theta, SPINS, shares, interactions, l2)
    np.testing.assert_allclose(found, expected, rtol=1e-3)
    np.testing.assert_array_equal(errors.couplings, errors.couplings.T)
    np.testing.assert_array_equal(np.diag(errors.couplings), 0)


def naive_errors(fit, spins):
    """Negative control: the inverse Hessian alone, as if the pseudolikelihood were a likelihood."""
    problem = LinearPseudolikelihood(torch.from_numpy(spins), torch.full((len(spins),), 1 / len(spins)).double())
    sites = Curvature(problem, fit_linear(problem).at)
    hessian = torch.zeros(sites.n_parameters + 1, sites.n_parameters + 1, dtype=torch.float64)
    for number, curvature in zip(sites.numbers, sites.curvature, strict=True):
        hessian[number[:, None], number] += curvature
    return (torch.linalg.inv(hessian[:-1, :-1]).diagonal() / len(spins)).sqrt().numpy()[: sites.n_pairs]


@pytest.mark.parametrize(("symmetric", "fields"), [(True, True), (False, True), (True, False)])
def test_errors_are_the_spread_over_data_sets(symmetric, fields):
    """150 data sets: the spread of the estimates against the mean error.

    The ratio of root-mean-square values over 28 couplings scatters by 1.1 %: within 5 % (false alarms below 1e-4).
    """
    data = [exact.sample(TRUTH, 1500, seed=seed) for seed in range(150)]
    fits = [ebm.fit_pairwise(spins, symmetric=symmetric, fields=fields) for spins in data]
    spread = np.std([fit.couplings[UPPER] for fit in fits], axis=0)
    errors = np.sqrt(np.mean([fit.couplings_error[UPPER] ** 2 for fit in fits], axis=0))
    assert abs(rms(spread) / rms(errors) - 1) < 0.05
    if fields:
        errors = np.sqrt(np.mean([fit.fields_error**2 for fit in fits], axis=0))
        assert abs(rms(np.std([fit.fields for fit in fits], axis=0)) / rms(errors) - 1) < 0.10
    else:
        assert not fits[0].fields_error.any()
    if symmetric and fields:
        assert abs(rms(spread) / rms(naive_errors(fits[0], data[0])) - 1) > 0.2


def rms(values):
    return np.sqrt(np.mean(np.square(values)))


def test_counts_are_repetitions():
    spins = SPINS[:500]
    counts = np.random.default_rng(1).integers(0, 4, len(spins))
    counted = ebm.fit_pairwise(spins, weights=counts)
    repeated = ebm.fit_pairwise(np.repeat(spins, counts, axis=0))
    np.testing.assert_allclose(counted.couplings_error, repeated.couplings_error, rtol=1e-3)


def test_other_weights_belong_to_single_samples():
    """Scaling them changes nothing; equal ones are as none."""
    rng = np.random.default_rng(1)
    weights = rng.uniform(0.5, 1.5, 500)
    one, two = (ebm.fit_pairwise(SPINS[:500], weights=factor * weights) for factor in (1.0, 7.3))
    np.testing.assert_allclose(one.couplings_error, two.couplings_error, rtol=1e-6)
    half = ebm.fit_pairwise(SPINS[:500], weights=np.full(500, 0.5))
    np.testing.assert_allclose(half.couplings_error, ebm.fit_pairwise(SPINS[:500]).couplings_error, rtol=1e-6)


@pytest.mark.parametrize(
    "options", [{"l1": 0.01}, {"objective": "interaction-screening"}, {"objective": "likelihood", "l1": 0.1}]
)
def test_no_errors_where_there_is_no_formula(options):
    fit = ebm.fit_pairwise(SPINS[:500], **options)
    with pytest.raises(ValueError, match=r"couplings_error: there are standard errors for the \(pseudo\)likelihood"):
        _ = fit.couplings_error
    assert "+-" not in repr(fit)


def test_one_spin_has_an_error():
    """h = artanh m has the error 1 / sqrt((M - 1) (1 - m^2))."""
    fit = ebm.fit_pairwise([[1]] * 30 + [[-1]] * 10)
    assert fit.fields_error == pytest.approx([1 / np.sqrt(39 * (1 - 0.25))], rel=1e-3)
    assert repr(fit).startswith("PairwiseFit: 1 spins")


@pytest.mark.parametrize("symmetric", [True, False])
@pytest.mark.parametrize("weighted", [False, True])
def test_errors_from_part_of_the_samples(symmetric, weighted, monkeypatch):
    """From every 6th of 3,000 samples (every 4th, by their weights) errors are within 10 % (root mean square; 5 % are
    seen), and 5 % on average. Negative control: the errors for so few samples, with no scale, are 2 times larger.
    """
    weights = np.random.default_rng(2).uniform(0.5, 1.5, len(SPINS)) if weighted else None
    fits = [ebm.fit_pairwise(SPINS, weights=weights, symmetric=symmetric) for _ in range(2)]
    every = fits[0].couplings_error[UPPER]
    monkeypatch.setattr(errors, "ENOUGH", 500)
    ratio = fits[1].couplings_error[UPPER] / every
    assert rms(ratio - 1) < 0.10
    assert abs(ratio.mean() - 1) < 0.05
    assert (ratio != 1).all()
    few = ebm.fit_pairwise(SPINS[::6], symmetric=symmetric).couplings_error[UPPER]
    assert rms(few / every - 1) > 0.5


def test_a_large_fit_prints_without_errors_until_they_are_known(monkeypatch):
    monkeypatch.setattr(pairwise, "QUICK", 0)
    fit = ebm.fit_pairwise(SPINS)
    assert "+-" not in repr(fit)
    assert "J[" in repr(fit)
    assert fit.couplings_error.any()
    assert "+-" in repr(fit)


def test_errors_print_with_the_estimates():
    fit = ebm.fit_pairwise(SPINS)
    i, j = np.unravel_index(np.abs(fit.couplings).argmax(), (N, N))
    assert f"J[{min(i, j)}, {max(i, j)}] = {fit.couplings[i, j]:.3g} +- {fit.couplings_error[i, j]:.1g}" in repr(fit)


# An optimum at infinity


def never_together(spins):
    """Spin 0 up and spin 1 down never occur together: neither is determined, yet J_01 has no finite optimum."""
    return spins[~((spins[:, 0] == 1) & (spins[:, 1] == -1))]


def majority(spins):
    """Spin 0 is the majority of spins 1, 2 and 3."""
    return np.column_stack([np.sign(spins[:, 1:4].sum(1)), spins[:, 1:]]).astype(np.int8)


@pytest.mark.parametrize("contradictions", [0, 1])
def test_open_directions_among_many_spins(contradictions):
    """In single precision, where the fit stops as soon as chance outweighs its gap. One contradicting sample closes."""
    spins = np.random.default_rng(0).choice(np.array([-1, 1], np.int8), (10_000, 64))
    together = np.flatnonzero((spins[:, 0] == 1) & (spins[:, 1] == -1))
    spins = np.delete(spins, together[contradictions:], axis=0)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fit = ebm.fit_pairwise(spins)
    assert fit.converged == (contradictions == 1)
    assert ["lies at infinity" in str(one.message) for one in caught] == [True] * (1 - contradictions)


@pytest.mark.parametrize("change", [never_together, majority])
@pytest.mark.parametrize("symmetric", [True, False])
@pytest.mark.parametrize("single", [False, True])
def test_open_directions_are_told(change, symmetric, single, monkeypatch):
    monkeypatch.setattr(linear, "SMALL", 0 if single else 2**30)
    spins = change(SPINS)
    with pytest.warns(RuntimeWarning, match=r"the optimum lies at infinity.* J\[[01], [0-3]\]"):
        fit = ebm.fit_pairwise(spins, symmetric=symmetric)
    assert not fit.converged
    assert np.isinf(fit.couplings_error[0, 1])
    assert np.isfinite(fit.couplings_error[4:, 4:]).all()
    helped = ebm.fit_pairwise(spins, symmetric=symmetric, l2=1e-3)
    assert helped.converged
    assert np.isfinite(helped.couplings_error).all()


def test_open_direction_of_an_interaction_is_told():
    """The product of three spins is always +1: its coefficient has no finite optimum."""
    spins = SPINS[SPINS[:, :3].prod(1) == 1]
    energy = ebm.Pairwise(np.zeros((N, N))) + ebm.ManyBody(N, [(0, 1, 2)], [0.0])
    with pytest.warns(RuntimeWarning, match=r"xi\(0, 1, 2\)"):
        assert not ebm.fit_convex(energy, spins).converged


def test_strong_couplings_are_not_taken_for_infinite():
    """One sample against the rule is enough for a finite optimum, and no warning."""
    spins = np.concatenate([never_together(SPINS), SPINS[(SPINS[:, 0] == 1) & (SPINS[:, 1] == -1)][:1]])
    strong = ebm.Pairwise(1.5 * (1 - np.eye(4)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert ebm.fit_pairwise(spins).converged
        fit = ebm.fit_pairwise(exact.states(4), weights=exact.probabilities(strong))
    np.testing.assert_allclose(fit.couplings, strong.couplings, atol=1e-4)


def clusters(seed=0):
    """Three clusters of five spins, strongly coupled inside, weakly between them."""
    rng = np.random.default_rng(seed)
    couplings = rng.normal(0, 0.05, (15, 15))
    for first in (0, 5, 10):
        couplings[first : first + 5, first : first + 5] = 0.6
    upper = np.triu(couplings, 1)
    return ebm.Pairwise(upper + upper.T, rng.normal(0, 0.1, 15))


def coverage(found, truth, intervals):
    """Share of the couplings whose interval holds the truth, for each fit."""
    upper = np.triu_indices(len(truth), 1)
    low, high = np.moveaxis(np.array(intervals)[:, *upper], -1, 0)
    return ((low <= truth[upper]) & (truth[upper] <= high)).mean(axis=1)


@pytest.mark.filterwarnings("ignore::ebmtools.warnings.InfiniteOptimumWarning")
def test_intervals_cover_in_clusters():
    """Few samples inform there: 40 data sets of 1,000. Coverage of the 95 % intervals is 0.94 over 200 data sets, and
    scatters by 0.03 from one to the next: within 4 x 0.03 / sqrt(40) (1e-4 false alarms). Negative control: 1.96 times
    the same errors cover less than 0.88.
    """
    truth = clusters()
    fits = [ebm.fit_pairwise(exact.sample(truth, 1000, seed=seed)) for seed in range(40)]
    found, error = np.array([f.couplings for f in fits]), np.array([f.couplings_error for f in fits])
    low, high = np.moveaxis(np.array([fit.couplings_interval() for fit in fits]), -1, 0)
    upper = (slice(None), *np.triu_indices(15, 1))
    assert abs(((low <= truth.couplings) & (truth.couplings <= high))[upper].mean() - 0.94) < 0.02
    assert (np.abs(found - truth.couplings) < 1.96 * error)[upper].mean() < 0.88
    support = np.median([fit.couplings_support for fit in fits], axis=0)
    assert support[0, 5] < 30 < ebm.fit_pairwise(SPINS).couplings_support[UPPER].min()


def test_infinite_errors_are_told():
    """Where the fit itself found its optimum; printing the fit tells it too."""
    fit = ebm.fit_pairwise(exact.sample(clusters(), 1000, seed=7))
    assert fit.converged
    with pytest.warns(ebm.warnings.InfiniteOptimumWarning, match=r"standard errors: \d+ are infinite"):
        assert np.isinf(fit.couplings_error).any()


def recordings(n_chains, n_steps):
    """Couplings, and chains in which one random spin is drawn anew from one row to the next, (n_chains, n_steps, 6)."""
    truth, rng = ebm.random_hamiltonian(6, gamma=0.0, beta=1.0, seed=3).couplings, np.random.default_rng(0)
    state, rows = rng.choice([-1, 1], (n_chains, 6)), np.empty((n_chains, n_steps, 6), np.int8)
    for step in range(-200, n_steps):
        site = rng.integers(6)
        up = 1 / (1 + np.exp(-2 * state @ truth[site]))
        state[:, site] = np.where(rng.random(n_chains) < up, 1, -1)
        rows[:, step] = state
    return truth, rows


def test_blocks_cover_for_recordings():
    """60 recordings of 6,000 rows. With blocks of 100 the 95 % intervals hold the truth in 93 to 98 % of 900 couplings.
    Negative control: without blocks in less than 70 %.
    """
    truth, rows = recordings(60, 6000)
    held = {1: [], 100: []}
    for spins in rows:
        for block in held:
            low, high = np.moveaxis(ebm.fit_pairwise(spins, block=block).couplings_interval(), -1, 0)
            held[block].append(((low <= truth) & (truth <= high))[np.triu_indices(6, 1)].mean())
    assert 0.93 < np.mean(held[100]) < 0.98, held
    assert np.mean(held[1]) < 0.70, held


def test_blocks_change_the_errors_alone():
    plain, blocks = (ebm.fit_pairwise(SPINS, block=block) for block in (1, 7))  # 3,000 is no multiple of 7
    np.testing.assert_array_equal(plain.couplings, blocks.couplings)
    assert 0.8 < (blocks.couplings_error[UPPER] / plain.couplings_error[UPPER]).mean() < 1.2  # these are independent
    assert (blocks.couplings_error != plain.couplings_error)[UPPER].all()
    likely = [ebm.fit_pairwise(SPINS, objective="likelihood", block=block).couplings_error[UPPER] for block in (1, 7)]
    assert 0.8 < (likely[1] / likely[0]).mean() < 1.2


@pytest.mark.parametrize(
    ("block", "weights", "message"),
    [
        (0, None, "block: got 0"),
        (301, None, "block: got 301 for 3000 samples, expected at most 300"),
        (2, np.ones(3000), "block: .*weights"),
    ],
)
def test_bad_blocks(block, weights, message):
    with pytest.raises(ValueError, match=message):
        ebm.fit_pairwise(SPINS, weights, block=block)


def test_intervals_of_a_fit_with_interactions():
    fit = ebm.fit_many_body(SPINS, orders=[3], progress=False)
    low, high = np.moveaxis(fit.couplings_interval(), -1, 0)
    middle = (low + high) / 2
    np.testing.assert_allclose(middle, fit.couplings, atol=1e-12)
    assert (((high - low) / 2)[UPPER] > 1.96 * fit.couplings_error[UPPER]).all()  # Student's are wider
