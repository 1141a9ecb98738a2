"""Interaction pursuit: what it finds, what it must not find, and its errors."""

import itertools
import warnings
from pathlib import Path

import conftest
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtr, ndtri

import ebmtools as ebm
from ebmtools import exact
from ebmtools.fitting.linear import LinearPseudolikelihood
from ebmtools.fitting.linear_fit import fit_linear
from ebmtools.fitting.standard_errors import interaction_errors, standard_errors
from ebmtools.pursuit import score_tests as tests
from ebmtools.pursuit.aliases import Products
from ebmtools.pursuit.distillation import proposals
from ebmtools.pursuit.result import interval
from ebmtools.pursuit.score_tests import groups_of_sets, projected_scores, score, screen

CPU = Path("/proc/cpuinfo")
PLANTED = [(0, 1, 2), (3, 5, 8), (1, 4, 6, 9), (2, 3, 7, 11)]


def planted(n_spins=12, seed=0):
    """Random couplings and fields with four planted interactions."""
    rng = np.random.default_rng(seed)
    upper = np.triu(rng.normal(0, 0.5 / n_spins**0.5, (n_spins, n_spins)), 1)
    return ebm.Pairwise(upper + upper.T, rng.normal(0, 0.1, n_spins)) + ebm.ManyBody(
        n_spins, PLANTED, [0.4, -0.3, 0.35, -0.25]
    )


@pytest.fixture(scope="module")
def spins():
    return exact.sample(planted(), 4000, seed=1)


@pytest.fixture(scope="module")
def fit(spins):
    return ebm.fit_many_body(spins)


def fitted(spins, interactions=(), weights=None):
    """The problem, its optimum, and the shares, for testing the parts."""
    samples = torch.as_tensor(np.asarray(spins))
    count = len(samples)
    probability = torch.full((count,), 1 / count, dtype=torch.float64) if weights is None else weights
    problem = LinearPseudolikelihood(samples, probability, list(interactions))
    return problem, fit_linear(problem).at, probability / count


def slack(problem, at):
    """t (M, N) = 2 p(-s_i | the others), written out."""
    s = problem.spins.double().numpy().T
    field = s @ at.couplings + at.fields
    for indices, xi in zip(problem.interactions, at.coefficients, strict=True):
        for i in indices:
            field[:, i] += xi * s[:, [j for j in indices if j != i]].prod(1)
    return s, 2 / (1 + np.exp(2 * s * field))


def dense_scores(problem, at, sets):
    """The score of every sample in the coefficients of these sets, (M, P), and the Hessian, (P, P), written out."""
    s, t = slack(problem, at)
    scores = np.array([s[:, list(one)].prod(1) * t[:, list(one)].sum(1) for one in sets]).T
    hessian = np.zeros((len(sets), len(sets)))
    for site in range(s.shape[1]):
        x = np.array([s[:, [j for j in one if j != site]].prod(1) * (site in one) for one in sets])
        hessian += (x * t[:, site] * (2 - t[:, site])) @ x.T / len(s)
    return scores, hessian


def test_finds_the_planted_interactions_and_their_sizes(fit):
    truth = planted()
    assert fit.interactions == PLANTED
    assert fit.converged
    assert fit.ambiguous == {}
    # false alarm: 4 + 66 + 12 estimates beyond 4.5 sigma, 6e-4
    assert np.abs((fit.coefficients - truth.parts[1].coefficients) / fit.coefficients_error).max() < 4.5
    upper = np.triu_indices(12, 1)
    assert np.abs((fit.couplings - truth.parts[0].couplings)[upper] / fit.couplings_error[upper]).max() < 4.5
    assert np.abs((fit.fields - truth.parts[0].fields) / fit.fields_error).max() < 4.5
    assert np.allclose(ebm.couplings(fit.energy), fit.couplings)


def test_a_pairwise_fit_is_returned_where_there_is_nothing():
    """False alarm: finds in 17 or more of 60 at false_discovery = 0.1, 2e-4. Without the factor C, |z| > 1.6 passes."""
    found = []
    for seed in range(60):
        spins = exact.sample(ebm.random_hamiltonian(10, gamma=0, beta=0.5, seed=seed), 500, seed=seed)
        fit = ebm.fit_many_body(spins, false_discovery=0.1)
        found.append(len(fit.interactions))
        if not found[-1] and seed < 5:
            pairwise = ebm.fit_pairwise(spins)
            assert np.allclose(fit.couplings, pairwise.couplings, atol=1e-5)
            assert np.allclose(fit.couplings_error, pairwise.couplings_error, rtol=1e-2)
    assert sum(count > 0 for count in found) < 17
    problem, at, shares = fitted(exact.sample(ebm.random_hamiltonian(10, gamma=0, beta=0.5, seed=0), 500, seed=0))
    assert len(screen(problem, at, shares, (3, 4), threshold=1.645, most=330)[0]) > 10


def test_the_path_tells_what_entered_and_left(fit):
    entered = [step.interaction for step in fit.path if step.change == "enters"]
    left = [step.interaction for step in fit.path if step.change == "leaves"]
    assert set(entered) - set(left) == set(PLANTED)
    assert [step.round for step in fit.path] == sorted(step.round for step in fit.path)
    assert all(abs(step.z) > 3 for step in fit.path if step.change == "enters")


def test_what_enters_for_its_neighbours_leaves_again():
    """Strong interactions on one chain of spins: their neighbours enter for them, and must go."""
    n = 12
    couplings = np.diag(np.full(n - 1, 0.6), 1)
    strong = [(0, 4, 8), (1, 5, 9), (2, 6, 10)]
    truth = ebm.Pairwise(couplings + couplings.T) + ebm.ManyBody(n, strong, [0.8, 0.8, 0.8])
    fit = ebm.fit_many_body(exact.sample(truth, 10_000, seed=2))
    assert fit.interactions == strong
    assert {step.change for step in fit.path} == {"enters", "leaves"}


def test_scores_are_minus_the_derivative_of_the_objective(spins):
    """Against the gradient of the objective with all sets in it; a wrong sign of one residual is off by far."""
    every = [*itertools.combinations(range(7), 3), *itertools.combinations(range(7), 4)]
    few = np.asarray(spins)[:, :7]
    _, at, shares = fitted(few)
    bare, _, _ = fitted(few)
    found = score(bare, at, shares, every)
    full = LinearPseudolikelihood(torch.as_tensor(few), shares * len(few), every)
    gradient = full.value_and_gradient(at._replace(coefficients=np.zeros(len(every))))[1].coefficients
    assert np.allclose(found.scores, -gradient, atol=1e-12)
    s, t = slack(bare, at)
    dense = [(s[:, one].prod(1) * t[:, one].sum(1)).mean() for one in map(list, every)]
    assert np.allclose(found.scores, dense)
    t[:, 0] *= -1
    wrong = [(s[:, one].prod(1) * t[:, one].sum(1)).mean() for one in map(list, every)]
    assert np.abs(found.scores - wrong).max() > 0.01
    phi = np.array([s[:, list(one)].prod(1) for one in every])
    shared = [[len({*one} & {*other}) for other in every] for one in every]
    assert np.allclose(found.hessian, phi @ phi.T / len(s) * shared)


def test_score_errors_count_the_correlated_residuals(spins):
    """The variance is that of phi_I sum_i t_i; sqrt(|one| / M), for independent t_i = 1 alone, would be too small."""
    problem, at, shares = fitted(spins)
    found = score(problem, at, shares, PLANTED)
    s, t = slack(problem, at)
    dense = [np.sqrt(((s[:, one].prod(1) * t[:, one].sum(1)) ** 2).mean() / len(s)) for one in map(list, PLANTED)]
    assert np.allclose(found.errors, dense)
    assert (np.array(dense) > 1.3 * np.array([len(one) / len(s) for one in PLANTED]) ** 0.5).all()


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("orders", [(3,), (4,), (3, 4), (3, 5), (6,)])
def test_the_screen_equals_the_direct_scores(spins, orders, dtype, monkeypatch):
    monkeypatch.setattr(tests, "COLUMNS", 5)
    monkeypatch.setattr(tests, "SCORES", 60)
    problem, at, shares = fitted(np.asarray(spins)[:, :9])
    every = [one for order in orders for one in itertools.combinations(range(9), order)]
    direct = score(problem, at, shares, every)
    z = np.abs(direct.scores / direct.errors)
    screened, sizes = screen(problem, at, shares, orders, threshold=1.0, most=10_000, dtype=dtype)
    assert {one for one, size in zip(every, z, strict=True) if size >= 1} <= set(screened)
    assert {one for one, size in zip(every, z, strict=True) if size >= 0.97} >= set(screened)
    assert np.allclose(sizes, np.sort(sizes)[::-1])
    top, _ = screen(problem, at, shares, orders, threshold=1.0, most=3, dtype=dtype)
    rank = {one: size for one, size in zip(every, z, strict=True)}
    assert np.allclose([rank[one] for one in top], np.sort(z)[::-1][:3], rtol=0.02)


@pytest.mark.parametrize("orders", [(3,), (3, 4), (4, 6)])
def test_splits_hold_every_set_once(orders):
    n = 8
    second, first = np.tril_indices(n, -1)
    sets = [
        (int(first[p]), int(second[p]), *(int(i) for i in rest if i < n))
        for count, rests in groups_of_sets(n, orders)
        for rest in rests
        for p in range(count)
    ]
    assert sorted(sets) == sorted(one for order in orders for one in itertools.combinations(range(n), order))


@pytest.mark.skipif(not CPU.is_file(), reason="the processor's list of features is read on Linux")
def test_the_screen_runs_in_bfloat16_where_the_processor_has_it():
    """Decided by the processor, not by a race against the clock: the same seed screens in the same precision."""
    flags = CPU.read_text()
    native = "avx512_bf16" in flags or "amx_tile" in flags
    assert (torch.bfloat16 if native else torch.float32) == tests.SCREEN_DTYPE


def test_errors_equal_a_dense_computation():
    """N = 6: the sandwich from the dense Hessian and scores, all 15 + 6 + 2 parameters."""
    truth = ebm.Pairwise(np.zeros((6, 6)), [0.1] * 6) + ebm.ManyBody(6, [(0, 1, 2), (2, 3, 4, 5)], [0.5, -0.5])
    spins = exact.sample(truth, 3000, seed=1)
    fit = ebm.fit_many_body(spins)
    assert fit.interactions == [(0, 1, 2), (2, 3, 4, 5)]
    problem, at, shares = fitted(spins, fit.interactions)
    sets = [*itertools.combinations(range(6), 2), *((i,) for i in range(6)), *fit.interactions]
    scores, hessian = dense_scores(problem, at, sets)
    moved = scores @ np.linalg.inv(hessian)
    dense = np.sqrt((moved**2).sum(0)) / len(spins)
    assert np.allclose(fit.couplings_error[np.triu_indices(6, 1)], dense[:15], rtol=5e-3)
    assert np.allclose(fit.fields_error, dense[15:21], rtol=5e-3)
    assert np.allclose(fit.coefficients_error, dense[21:], rtol=5e-3)
    alone = interaction_errors(problem, at, shares)
    most = 6 + 1 + 2  # what site 2 sees
    assert np.allclose(alone, dense[21:] / (1 - most / len(spins)), rtol=5e-3)
    naive = np.sqrt(np.diag(np.linalg.inv(hessian)) / len(spins))  # forgets that each pair is seen from two sites
    assert (np.abs(naive[21:] / dense[21:] - 1) > 0.1).all()
    assert np.allclose(standard_errors(problem, at, shares).errors.coefficients, dense[21:], rtol=5e-3)


def test_projected_scores_equal_a_dense_computation():
    """N = 6: what the 21 + 1 parameters of the model explain is projected out of the scores of order 4."""
    spins = exact.sample(
        conftest.random_pairwise(6, seed=2, scale=0.4) + ebm.ManyBody(6, [(0, 1, 2)], [0.7]), 3000, seed=1
    )
    problem, at, shares = fitted(spins, [(0, 1, 2)])
    outside = list(itertools.combinations(range(6), 4))
    wider = LinearPseudolikelihood(torch.as_tensor(spins), shares * len(spins), [(0, 1, 2), *outside])
    more = at._replace(coefficients=np.concatenate([at.coefficients, np.zeros(len(outside))]))
    found = projected_scores(wider, more, shares, outside)
    sets = [*itertools.combinations(range(6), 2), *((i,) for i in range(6)), (0, 1, 2), *outside]
    scores, hessian = dense_scores(problem, at, sets)
    inner = hessian[:22, :22]
    direction = np.concatenate([-np.linalg.solve(inner, hessian[:22, 22:]), np.eye(len(outside))])
    moved = scores @ direction
    assert np.allclose(found.scores, moved.mean(0), atol=2e-4)
    largest = 1 - (6 + 1 + 10) / 3000  # 1 + 10 interactions hold one spin, at most
    errors = np.sqrt((moved**2).sum(0)) / 3000
    assert (np.abs(found.errors / errors - 1) < 0.012).all()
    assert (found.errors > errors).all()
    assert (found.errors < errors / largest * 1.006).all()
    assert np.allclose(found.hessian, direction.T @ hessian @ direction, atol=5e-3)
    held = score(problem, at, shares, outside)  # with the other parameters held fixed: too large an error
    assert (held.errors > 1.01 * errors).all()


def test_projection_tells_an_interaction_from_one_that_stands_in_for_it():
    truth = ebm.Pairwise(np.zeros((7, 7))) + ebm.ManyBody(7, [(0, 1, 2), (2, 3, 4)], [1.8, -0.5])
    data = exact.sample(truth, 3000, seed=4)  # s_0 s_1 is nearly s_2: (0, 1, 3, 4) is nearly (2, 3, 4)
    wrong = [(0, 1, 2), (0, 1, 3, 4)]
    problem, at, shares = fitted(data, wrong)
    held = score(problem, at, shares, [(2, 3, 4)])
    wider = LinearPseudolikelihood(torch.as_tensor(data), shares * len(data), [*wrong, (2, 3, 4)])
    more = at._replace(coefficients=np.append(at.coefficients, 0.0))
    projected = projected_scores(wider, more, shares, [(2, 3, 4)])
    assert abs(projected.scores / projected.errors)[0] > 1.05 * abs(held.scores / held.errors)[0]
    assert ebm.fit_many_body(data).interactions == [(0, 1, 2), (2, 3, 4)]


def test_weights_are_repetitions(fit, spins):
    states, counts = np.unique(np.asarray(spins), axis=0, return_counts=True)
    weighted = ebm.fit_many_body(states, weights=counts)
    assert weighted.interactions == fit.interactions
    assert np.allclose(weighted.couplings, fit.couplings, atol=1e-5)
    assert np.allclose(weighted.coefficients_error, fit.coefficients_error, rtol=1e-2)
    assert np.allclose([step.z for step in weighted.path], [step.z for step in fit.path], rtol=1e-4)


def held_by(intervals, mean):
    """Of z ~ Normal(mean, 1) with |z| >= 5: whether 95 % of the intervals hold the mean.

    4,000 draws; a count within 4.5 standard errors is accepted: a false alarm in 150,000.
    """
    tails = ndtr(-5 - mean), ndtr(mean - 5)  # z <= -5, z >= 5
    share = np.random.default_rng(0).random(4000) * sum(tails)
    below, above = ndtri(np.minimum(share, tails[0])), -ndtri(np.maximum(share - tails[0], 0))
    ends = np.array([intervals(z) for z in mean + np.where(share < tails[0], below, above)])
    held = np.mean((ends[:, 0] <= mean) & (mean <= ends[:, 1]))
    return abs(held - 0.95) <= 4.5 * (0.95 * 0.05 / 4000) ** 0.5


@pytest.mark.parametrize("mean", [0.0, 2.0, -4.5, 5.0, 6.0, -12.0])
def test_interval_holds_the_mean_of_what_was_selected(mean):
    assert held_by(lambda z: interval(z, 5.0, 0.95), mean)


@pytest.mark.parametrize("mean", [0.0, 2.0, -4.5, 6.0])
def test_check_of_the_intervals_catches_plain_ones(mean):
    """Negative control: z +- 1.96 holds too few means below the threshold, and too many just above it."""
    assert not held_by(lambda z: (z - 1.96, z + 1.96), mean)


def test_intervals_of_a_fit(fit):
    """Far above the threshold, estimate and error; a higher level, a wider interval; of nothing, none."""
    plain = fit.coefficients[:, None] + fit.coefficients_error[:, None] * [-1.96, 1.96]
    found = fit.coefficients_interval()
    assert np.allclose(found, plain, atol=0.1 * fit.coefficients_error.max())
    assert (np.ptp(fit.coefficients_interval(0.99), axis=1) > np.ptp(found, axis=1)).all()
    free = ebm.fit_many_body(np.random.default_rng(0).choice([-1, 1], (500, 4)))
    assert free.coefficients_interval().shape == (0, 2)


@pytest.mark.parametrize("level", [0, 1, -0.5, 95, True])
def test_intervals_refuse_a_level_that_is_no_probability(fit, level):
    with pytest.raises(ValueError, match=r"level: got .*, expected a number between 0 and 1"):
        fit.coefficients_interval(level)


def test_threads_give_the_same_answer(fit, spins):
    before = torch.get_num_threads()
    both = ebm.fit_many_body(spins, threads=2)
    assert torch.get_num_threads() == before
    assert both.interactions == fit.interactions
    assert np.allclose(both.couplings, fit.couplings, atol=1e-6)


@settings(max_examples=8)
@given(flipped=st.sets(st.integers(0, 11), min_size=1, max_size=11))
def test_a_gauge_flips_the_right_signs(flipped):
    """s_i -> -s_i for some i: the same interactions, their signs flipped where they hold an odd number of these."""
    spins = exact.sample(planted(), 1500, seed=3)
    sign = np.where(np.isin(np.arange(12), list(flipped)), -1, 1)
    one, other = (ebm.fit_many_body(s, orders=[3, 4]) for s in (spins, (spins * sign).astype("int8")))
    assert one.interactions == other.interactions
    assert np.allclose(
        other.coefficients,
        [x * sign[list(one)].prod() for one, x in zip(one.interactions, one.coefficients, strict=True)],
        atol=1e-5,
    )
    assert np.allclose(other.couplings, one.couplings * np.outer(sign, sign), atol=1e-5)
    assert np.allclose(other.fields, one.fields * sign, atol=1e-5)


def test_a_spin_that_copies_another_is_told(spins):
    copied = np.column_stack([spins, -np.asarray(spins)[:, 2]])
    with pytest.warns(RuntimeWarning, match=r"cannot tell some interactions from others"):
        fit = ebm.fit_many_body(copied, l2=1e-3)
    holding = [one for one in fit.interactions if {2, 12} & set(one)]
    assert holding
    for indices in holding:
        twin = tuple(sorted({2: 12, 12: 2}.get(i, i) for i in indices))
        assert twin in fit.ambiguous[indices]
        assert twin not in fit.interactions
    assert not {one for one in fit.ambiguous if not {2, 12} & set(one)}
    with pytest.warns(RuntimeWarning) as caught:
        fit = ebm.fit_many_body(copied)
    assert not fit.converged
    assert repr(fit).endswith("NOT converged")
    assert any("lies at infinity" in str(warning.message) for warning in caught)


def test_a_spin_that_is_a_product_is_told(spins):
    """s_12 = s_0 s_1: (0, 1, 12) is constant, and (0, 5, 12) is the pair (1, 5)."""
    made = np.column_stack([spins, np.asarray(spins)[:, 0] * np.asarray(spins)[:, 1]])
    with pytest.warns(RuntimeWarning, match=r"\(0, 1, 12\) is the same as a constant"):
        fit = ebm.fit_many_body(made)
    assert fit.ambiguous[(0, 1, 12)] == [()]
    assert not {(0, 1, 12)} & set(fit.interactions)
    assert "interaction" in repr(fit)


def test_a_constant_product_does_not_enter_where_nothing_else_does():
    spins = exact.sample(ebm.Pairwise(np.zeros((4, 4))), 500, seed=0)
    made = np.column_stack([spins, np.asarray(spins)[:, 0] * np.asarray(spins)[:, 1]])
    with pytest.warns(RuntimeWarning, match=r"\(0, 1, 4\) is the same as a constant"):
        fit = ebm.fit_many_body(made)
    assert fit.interactions == []
    assert fit.ambiguous == {(0, 1, 4): [()]}


def test_keys_find_equal_products_only():
    spins = torch.as_tensor(np.random.default_rng(0).choice([-1, 1], (6, 7)).astype("int8"))
    products = Products(spins)
    every = list(itertools.combinations(range(7), 3))
    phi = {one: spins.numpy()[:, list(one)].prod(1) for one in [*products.smaller, *every]}
    expected = {
        one: [
            other for other in [*products.smaller, *every] if other != one and abs((phi[one] * phi[other]).sum()) == 6
        ]
        for one in every
    }
    assert products.rivals(every, products.same(every, [3])) == {
        one: others for one, others in expected.items() if others
    }
    assert products.rivals([], products.same([], [3])) == {}


def test_too_few_samples_are_told():
    spins = exact.sample(ebm.Pairwise(np.zeros((8, 8))), 14, seed=0)
    with pytest.warns(RuntimeWarning, match="14 samples are too few to find anything") as caught:
        fit = ebm.fit_many_body(spins, l2=0.1)
    assert fit.interactions == []
    assert caught[0].filename == __file__


def test_repr(fit):
    text = repr(fit)
    assert text.startswith("ManyBodyFit: 12 spins, 4 interactions, objective ")
    assert "  xi[0, 1, 2] = " in text
    assert " +- " in text
    assert "\n  J[" in text
    spins = exact.sample(ebm.Pairwise(np.zeros((3, 3))), 14, seed=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert "0 interactions" in repr(ebm.fit_many_body(spins, orders=[3], l2=1e-2))


def test_progress_shows_the_rounds(spins, capsys):
    ebm.fit_many_body(np.asarray(spins)[:500], orders=[3], progress=True)
    assert "interactions=" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"orders": (2, 3)}, "orders: got .*integers from 3"),
        ({"orders": (3, 13)}, "orders: .*n_spins = 12"),
        ({"orders": (3, 3)}, "none twice"),
        ({"orders": ()}, "at least one order"),
        ({"orders": (3.5,)}, "orders"),
        ({"orders": 2}, "orders"),
        ({"false_discovery": 0}, "false_discovery: got 0"),
        ({"false_discovery": 1.5}, "between 0 and 1"),
        ({"l2": -1}, "l2: got -1"),
        ({"threads": 0}, "threads"),
        ({"weights": [1, 2]}, "weights"),
    ],
)
def test_bad_input(spins, arguments, message):
    with pytest.raises(ValueError, match=message):
        ebm.fit_many_body(spins, **arguments)


def test_one_order_may_be_given_as_a_number(spins):
    """Of order 4 alone: what was planted, and what stands in for (0, 1, 2)."""
    fit = ebm.fit_many_body(spins, orders=4)
    assert {len(one) for one in fit.interactions} == {4}
    assert set(PLANTED[2:]) < set(fit.interactions)


def test_distil_keeps_what_the_data_confirm(fit, spins):
    """Candidates from an energy that holds the planted sets, and as many others just as strong."""
    others = [(0, 5, 7), (4, 10, 11), (0, 2, 5, 10), (6, 7, 8, 9)]
    teacher = ebm.ManyBody(12, PLANTED + others, [0.3] * 4 + [0.9] * 4)
    distilled = ebm.distil(teacher, spins, top=10)
    assert distilled.interactions == PLANTED
    assert np.allclose(distilled.coefficients, fit.coefficients, atol=1e-4)
    assert ebm.distil(teacher, spins, top=2).interactions == []
    with pytest.raises(ValueError, match="top"):
        ebm.distil(teacher, spins, top=0)


def test_proposals_beyond_enumeration_come_from_the_units():
    """40 spins have 3.8 million sets of order 6: a unit that sees six of them strongly proposes these."""
    network = ebm.Network(40, hidden=(3,), activation="log_cosh", seed=1).double()
    chosen = [(1, 5, 9, 20, 30, 39), (0, 2, 4, 6, 8, 10)]
    with torch.no_grad():
        network.linear_layers[0].weight *= 0.1
        network.linear_layers[0].bias.zero_()
        for unit, indices in enumerate(chosen):
            network.linear_layers[0].weight[unit, list(indices)] = 1.5
            network.output[unit] = 1.0
    assert set(proposals(0.5 * network + ebm.Pairwise(np.zeros((40, 40))), 6, top=2)) == set(chosen)
    with pytest.raises(ValueError, match="3,838,380 sets of order 6"):
        proposals(ebm.Network(40, hidden=(3, 3)), 6, top=2)
