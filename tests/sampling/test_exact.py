"""Enumeration: against closed forms, against brute force, and its independent samples against its probabilities."""

import itertools
import math

import numpy as np
import pytest
import torch
from conftest import chi_square_p, mixed_energy, random_pairwise, state_numbers

import ebmtools as ebm
from ebmtools import exact

BETAS = [0.3, 1.0, 2.5]


def test_states_are_in_lexicographic_order():
    states = exact.states(5)
    assert states.dtype == np.int8
    assert [tuple(s) for s in states] == list(itertools.product([-1, 1], repeat=5))
    assert state_numbers(states).tolist() == list(range(32))


def test_energies_leave_the_model_alone():
    """They are computed in float64; the model stays float32."""
    network = ebm.Network(4, (5,))
    values = exact.energies(network)
    assert values.dtype == np.float64
    assert network.output.dtype == torch.float32
    np.testing.assert_array_equal(values, network.double()(exact.states(4)).detach())


@pytest.mark.parametrize("beta", BETAS)
def test_independent_spins(beta):
    """log Z = sum_i log 2 cosh(beta h_i), <s_i> = tanh(beta h_i); 17 spins, so that the states come in two blocks."""
    h = np.random.default_rng(0).normal(size=17)
    energy = ebm.Pairwise(np.zeros((17, 17)), h)
    assert math.isclose(exact.log_partition(energy, beta), np.log(2 * np.cosh(beta * h)).sum(), rel_tol=1e-11)
    mean, correlations = exact.moments(energy, beta)
    m = np.tanh(beta * h)
    np.testing.assert_allclose(mean, m, atol=1e-12)
    np.testing.assert_allclose(correlations, np.outer(m, m) + np.diag(1 - m**2), atol=1e-12)


@pytest.mark.parametrize("beta", BETAS)
def test_two_spins(beta):
    energy = ebm.Pairwise([[0, 0.8], [0.8, 0]])
    assert math.isclose(exact.log_partition(energy, beta), math.log(4 * math.cosh(0.8 * beta)), rel_tol=1e-13)
    assert math.isclose(exact.moments(energy, beta).correlations[0, 1], math.tanh(0.8 * beta), rel_tol=1e-13)


@pytest.mark.parametrize("beta", BETAS)
def test_probabilities_and_moments_by_brute_force(beta):
    energy = mixed_energy()
    weights = {s: math.exp(-beta * energy(s).item()) for s in itertools.product([-1, 1], repeat=4)}
    z = sum(weights.values())
    np.testing.assert_allclose(exact.probabilities(energy, beta), [w / z for w in weights.values()], rtol=1e-12)
    assert math.isclose(exact.log_partition(energy, beta), math.log(z), rel_tol=1e-12)
    mean, correlations = exact.moments(energy, beta)
    for i, j in itertools.product(range(4), repeat=2):
        assert math.isclose(correlations[i, j], sum(w * s[i] * s[j] for s, w in weights.items()) / z, abs_tol=1e-12)
    np.testing.assert_allclose(mean, [sum(w * s[i] for s, w in weights.items()) / z for i in range(4)], atol=1e-12)


def test_huge_energies_do_not_overflow():
    energy = ebm.Pairwise([[0, 5000.0], [5000.0, 0]])
    assert exact.probabilities(energy).tolist() == [0.5, 0, 0, 0.5]
    assert math.isclose(exact.log_partition(energy), 5000 + math.log(2))


def test_walsh_transform():
    """Against its definition; it inverts to f, is linear, and keeps the norm (Parseval)."""
    rng = np.random.default_rng(0)
    f, g = rng.normal(size=(2, 32))
    states = exact.states(5).astype(float)
    sets = [subset for order in range(6) for subset in itertools.combinations(range(5), order)]
    products = {subset: states[:, list(subset)].prod(axis=1) for subset in sets}
    c = exact.walsh_transform(f)
    for subset in sets:
        assert math.isclose(c[exact.subset_index(subset, 5)], (f * products[subset]).mean(), abs_tol=1e-14)
    back = sum(c[exact.subset_index(subset, 5)] * products[subset] for subset in sets)
    np.testing.assert_allclose(back, f, atol=1e-14)
    combined = exact.walsh_transform(2 * f - 3 * g)
    np.testing.assert_allclose(combined, 2 * c - 3 * exact.walsh_transform(g), atol=1e-14)
    assert math.isclose((f**2).mean(), (c**2).sum(), rel_tol=1e-13)
    np.testing.assert_array_equal(exact.walsh_transform(list(range(1))), [0])


def test_walsh_transform_leaves_its_argument_alone():
    f = np.arange(8.0)
    exact.walsh_transform(f)
    assert f.tolist() == list(range(8))


@pytest.mark.parametrize("shape", [(3,), (2, 4), (0,)])
def test_walsh_transform_needs_a_power_of_two(shape):
    with pytest.raises(ValueError, match=r"values: got shape .* expected \(2\^N,\)"):
        exact.walsh_transform(np.zeros(shape))


@pytest.mark.parametrize("seed", range(5))
def test_samples_follow_the_probabilities(seed):
    """Chi-square on 20,000 independent draws, p > 1e-4: 5 tests, 0.05 % false alarms in all. Negative control: beta
    applied twice (0.49 for 0.7) must give p < 1e-4 at every seed.
    """
    energy = mixed_energy(seed)
    p = exact.probabilities(energy, beta=0.7)
    assert chi_square_p(state_numbers(exact.sample(energy, 20_000, seed=seed, beta=0.7)), p) > 1e-4
    assert chi_square_p(state_numbers(exact.sample(energy, 20_000, seed=seed, beta=0.49)), p) < 1e-4


def test_same_seed_same_samples():
    energy = random_pairwise(6)
    first, again, other = (exact.sample(energy, 50, seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize(
    "call",
    [
        exact.states,
        *(
            lambda n, f=function: f(ebm.Pairwise(np.zeros((n, n))))
            for function in (exact.energies, exact.probabilities, exact.log_partition, exact.moments)
        ),
        lambda n: exact.sample(ebm.Pairwise(np.zeros((n, n))), 1),
    ],
)
def test_enumeration_stops_at_24_spins(call):
    with pytest.raises(ValueError, match=r"n_spins: got 25, but enumeration stops at 24 .* Use ebmtools.sample"):
        call(25)
