"""The Potts model of a data set: value and gradient by their definition, known answers, weights."""

import numpy as np
import pytest
import torch
from conftest import all_sequences, random_potts

import ebmtools as ebm
from ebmtools.fitting.potts import _Problem

RNG = np.random.default_rng(0)


def problem(n=5, q=3, samples=40, l2=0.02):
    """A small data set, its weights, the problem, and parameters at random."""
    states = RNG.integers(0, q, (samples, n))
    states[:, -1] = (states[:, 0] + (RNG.random(samples) < 0.3)) % q
    weights = RNG.random(samples)
    made = _Problem(torch.tensor(states), torch.tensor(weights / weights.sum()), q, l2, 0.03)
    return states, weights / weights.sum(), made, RNG.normal(0, 0.5, made.start().shape).astype(np.float32)


def by_definition(states, weights, at, made, sign=1.0):
    """The penalised objective in double precision, and its gradient by autograd."""
    n, q = states.shape[1], made.n_states
    vector = torch.tensor(at, dtype=torch.float64, requires_grad=True)
    rows, columns = torch.triu_indices(n, n, 1)
    upper, fields = vector[: made.pairs].reshape(-1, q, q), vector[made.pairs :].reshape(n, q)
    square = torch.zeros(n, n, q, q, dtype=torch.float64)
    square = square.index_put((rows, columns), upper).index_put((columns, rows), sign * upper.transpose(1, 2))
    s = torch.tensor(states)
    local = fields + sum(square[:, j, :, s[:, j]].permute(2, 0, 1) for j in range(n))
    log_p = torch.log_softmax(local, 2).gather(2, s[..., None]).sum((1, 2))
    value = -(torch.tensor(weights) * log_p).sum() + made.l2 * (upper**2).sum() + made.l2_fields * (fields**2).sum()
    value.backward()
    return value.item(), vector.grad.numpy()


@pytest.mark.parametrize(("n", "q"), [(5, 3), (9, 21), (8, 2), (1, 4)])
def test_value_and_gradient_are_those_of_the_definition(n, q):
    states, weights, made, at = problem(n, q)
    value, gradient = made.value_and_gradient(at)
    wanted, slope = by_definition(states, weights, at, made)
    assert value == pytest.approx(wanted, rel=1e-6)
    np.testing.assert_allclose(gradient, slope, atol=2e-6)


def test_a_wrong_gradient_is_noticed():
    states, weights, made, at = problem()
    _, gradient = made.value_and_gradient(at)
    for wrong in (
        by_definition(states, weights, at, made, sign=-1.0)[1],
        by_definition(states, np.full(len(states), 1 / len(states)), at, made)[1],
        2 * by_definition(states, weights, at, made)[1],
    ):
        assert np.abs(gradient - wrong).max() > 1e-2


def test_gradient_is_the_slope_of_the_value():
    *_, made, at = problem()
    _, gradient = made.value_and_gradient(at)
    for k in (0, made.pairs // 2, made.pairs, len(at) - 1):
        step = np.zeros_like(at)
        step[k] = 1e-2
        slope = (made.value_and_gradient(at + step)[0] - made.value_and_gradient(at - step)[0]) / 2e-2
        assert slope == pytest.approx(float(gradient[k]), abs=2e-4)


def test_threads_change_nothing():
    *_, made, at = problem(9, 4)
    value, gradient = made.value_and_gradient(at)
    torch.set_num_threads(3)
    try:
        again, others = made.value_and_gradient(at)
    finally:
        torch.set_num_threads(1)
    assert again == pytest.approx(value, rel=1e-12)
    np.testing.assert_array_equal(gradient, others)


def test_two_states_are_the_pairwise_fit():
    """An l2 of the four entries +-J of a pair is four times that of J."""
    truth = ebm.random_hamiltonian(8, order=3, gamma=0.2, beta=1.0, seed=1)
    spins = ebm.exact.sample(truth, 3000, seed=1)
    found = ebm.fit_potts((spins + 1) // 2, l2=0.01, l2_fields=1e-9, tolerance=1e-7).energy.zero_sum()
    wanted = ebm.fit_pairwise(spins, l2=0.04)
    np.testing.assert_allclose(found.couplings[:, :, 1, 1], wanted.couplings, atol=1e-3)
    np.testing.assert_allclose(found.fields[:, 1], wanted.fields, atol=1e-3)


def test_the_truth_comes_back_from_exact_probabilities():
    truth = random_potts()
    weights = torch.softmax(-truth(all_sequences()).detach(), 0)
    fit = ebm.fit_potts(all_sequences(), weights=weights, l2=1e-6, l2_fields=1e-6, tolerance=1e-8)
    np.testing.assert_allclose(fit.energy.zero_sum().couplings, truth.zero_sum().couplings, atol=5e-3)
    unweighted = ebm.fit_potts(all_sequences(), l2=1e-6, l2_fields=1e-6)  # all states alike: no couplings at all
    assert np.abs(unweighted.couplings).max() < 1e-3


def test_weights_are_repetitions():
    states = RNG.integers(0, 3, (60, 4))
    counts = RNG.integers(1, 4, 60)
    weighted = ebm.fit_potts(states, weights=counts, tolerance=1e-7)
    repeated = ebm.fit_potts(np.repeat(states, counts, axis=0), tolerance=1e-7)
    np.testing.assert_allclose(weighted.couplings, repeated.couplings, atol=2e-3)
    assert weighted.objective == pytest.approx(repeated.objective, rel=1e-4)


def test_the_penalties_choose_the_gauge():
    """What moves from h_i(a) to J_ij(a, .) leaves the likelihood alone, so l2 sum_b J_ij(a, b) = l2_fields h_i(a)."""
    fit = ebm.fit_potts(problem(4, 3)[0], l2=0.02, l2_fields=0.03, tolerance=1e-9)
    sums = fit.couplings.sum(3)
    for i in range(4):
        others = [j for j in range(4) if j != i]
        np.testing.assert_allclose(0.02 * sums[i, others], np.tile(0.03 * fit.fields[i], (3, 1)), atol=1e-4)
    assert np.abs(fit.fields).max() > 0.05


def test_an_open_fit_says_so(monkeypatch):
    monkeypatch.setattr("ebmtools.fitting.descent.MAX_EVALUATIONS", 2)
    with pytest.warns(ebm.warnings.ConvergenceWarning, match="before its optimum"):
        assert not ebm.fit_potts(problem()[0], tolerance=1e-9).converged


def test_a_constant_column_and_states_that_nobody_has_are_no_trouble():
    states = RNG.integers(0, 3, (50, 3))
    states[:, 2] = 1
    fit = ebm.fit_potts(states, n_states=5)
    assert fit.converged
    assert fit.couplings.shape == (3, 3, 5, 5)
    assert np.isfinite(fit.couplings).all()
