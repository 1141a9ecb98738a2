"""Gibbs chains of a Potts model against enumeration. Seeds are fixed; rates of false alarms are in the docstrings."""

import numpy as np
import pytest
from conftest import all_sequences, chi_square_p, random_potts

import ebmtools as ebm

N, Q = 4, 3
MODEL = random_potts(N, Q)


def numbers(states):
    return states.astype(int) @ Q ** np.arange(N - 1, -1, -1)


def probabilities(model, beta=1.0):
    weights = np.exp(-beta * model(all_sequences()).detach().numpy())
    return weights / weights.sum()


def last_states(seed, beta=1.0):
    """One state of each of 20,000 chains."""
    return ebm.sample(MODEL, 20_000, n_chains=20_000, warmup=30, thin=1, beta=beta, seed=seed).spins


@pytest.mark.parametrize("beta", [1.0, 0.5])
def test_chains_have_the_right_distribution(beta):
    """Chi-square over 81 states; ten seeds and two temperatures: a false alarm in 1e-4 of such runs."""
    worst = min(chi_square_p(numbers(last_states(seed, beta)), probabilities(MODEL, beta)) for seed in range(10))
    assert worst > 1e-4 / 20


def test_a_wrong_distribution_is_noticed():
    """Pairs counted twice, another temperature, and another gauge of the couplings alone."""
    doubled = ebm.Potts(2 * MODEL.couplings, MODEL.fields)
    half_fixed = ebm.Potts(MODEL.zero_sum().couplings, MODEL.fields)
    drawn = numbers(last_states(0))
    for wrong in (probabilities(doubled), probabilities(MODEL, 0.9), probabilities(half_fixed)):
        assert chi_square_p(drawn, wrong) < 1e-9


def test_draws_are_as_of_any_energy():
    draws = ebm.sample(MODEL, 600, n_chains=300, seed=1)
    again = ebm.sample(MODEL, 600, n_chains=300, seed=1, threads=2)
    assert draws.spins.dtype == np.int8
    assert set(draws.spins.ravel().tolist()) == set(range(Q))
    np.testing.assert_array_equal(draws.spins, again.spins)
    np.testing.assert_allclose(draws.energies.T.ravel(), MODEL(draws.spins).detach(), atol=1e-6)


def test_many_sites_and_states_reach_the_right_means():
    """11 sites of 17 states, not a multiple of eight: means of independent sites, within 5 standard errors of each."""
    rng = np.random.default_rng(3)
    fields = rng.normal(size=(11, 17))
    model = ebm.Potts(np.zeros((11, 11, 17, 17)), fields)
    drawn = ebm.sample(model, 20_000, n_chains=20_000, warmup=1, thin=1, seed=2).spins
    p = np.exp(fields) / np.exp(fields).sum(1, keepdims=True)
    share = (drawn[..., None] == np.arange(17)).mean(0)
    assert (np.abs(share - p) < 5 * np.sqrt(p * (1 - p) / 20_000) + 1e-9).all()


def test_chains_start_where_they_are_told():
    start = np.full((50, N), 2)
    stuck = ebm.Potts(MODEL.couplings * 0, np.tile([0.0, 0.0, 60.0], (N, 1)))
    assert (ebm.sample(stuck, 50, initial=start, warmup=0, thin=1, seed=0).spins == 2).all()


@pytest.mark.parametrize("how", [{"method": "metropolis"}, {"method": "block"}, {"order": "random"}])
def test_other_methods_are_refused(how):
    with pytest.raises(ValueError, match=r"^method: got .*expected 'gibbs'"):
        ebm.sample(MODEL, 10, **how)


def test_entries_that_are_not_finite_are_refused():
    broken = random_potts()
    broken.h.data[0, 0] = np.inf
    with pytest.raises(ValueError, match=r"^energy: .*not finite"):
        ebm.sample(broken, 10)
