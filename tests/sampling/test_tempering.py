"""Parallel tempering: detailed balance of the exchanges, the draws at the last beta, and a case that Gibbs can't do.

Every statistical test has fixed seeds; its docstring states the rate of false alarms that fresh seeds would have.
"""

import itertools

import numpy as np
import pytest
from conftest import chi_square_p, mixed_energy, random_pairwise, state_numbers

import ebmtools as ebm
from ebmtools import exact
from ebmtools.sampling import tempering

BETAS = [0.2, 0.6, 1.3]


class Opaque(ebm.Energy):
    """Nothing but `forward`, so that it takes the general path."""

    def __init__(self, energy):
        super().__init__(energy.n_spins)
        self.inner = energy

    def forward(self, spins):
        return self.inner.forward(spins)


def wrong_sign(energies, betas):
    """Negative control: an exchange that prefers the colder copy to have the higher energy."""
    return swap_probability(-energies, betas)


swap_probability = tempering.swap_probability


def exchange_matrix(energies, betas, first, probability):
    """P of one exchange over all joint states of the copies, (S^K, S^K), from the probability of each pair's swap."""
    size, rungs = len(energies), len(betas)
    joint = list(itertools.product(range(size), repeat=rungs))
    number = {states: k for k, states in enumerate(joint)}
    total = np.eye(len(joint))
    for pair in range(first, rungs - 1, 2):
        matrix = np.zeros_like(total)
        for states, k in number.items():
            chance = probability(energies[list(states)], np.array(betas))[pair]
            swapped = list(states)
            swapped[pair], swapped[pair + 1] = states[pair + 1], states[pair]
            matrix[k, number[tuple(swapped)]] += chance
            matrix[k, k] += 1 - chance
        total = total @ matrix
    return total


@pytest.mark.parametrize("first", [0, 1])
def test_exchanges_are_in_detailed_balance(first):
    """pi(a) P(a, b) = pi(b) P(b, a) for all 64 joint states of three copies of two spins, pi the product of the three
    distributions. Negative control: with the sign wrong it does not even hold that pi P = pi.
    """
    energy = random_pairwise(2, seed=3)
    energies = exact.energies(energy)
    laws = [exact.probabilities(energy, beta) for beta in BETAS]
    pi = np.array([np.prod(p) for p in itertools.product(*laws)])
    matrix = exchange_matrix(energies, BETAS, first, swap_probability)
    np.testing.assert_allclose(matrix.sum(axis=1), 1, atol=1e-12)
    assert ((matrix >= 0) & (matrix <= 1)).all()
    assert (matrix != np.eye(64)).any()
    flow = pi[:, None] * matrix
    np.testing.assert_allclose(flow, flow.T, atol=1e-12)
    wrong = exchange_matrix(energies, BETAS, first, wrong_sign)
    assert np.abs(pi @ wrong - pi).max() > 1e-3


@pytest.mark.parametrize("first", [0, 1])
def test_exchange_does_what_its_matrix_says(first):
    """From each of the 64 joint states, 20,000 exchanges: within 6 binomial errors of the matrix (below 1e-5 false
    alarms), each copy once. Negative control: not so for the matrix of the other pairs.
    """
    energies = exact.energies(random_pairwise(2, seed=3))
    matrices = [exchange_matrix(energies, BETAS, k, swap_probability) for k in (first, 1 - first)]
    worst, rng = np.zeros(2), np.random.default_rng(1)
    for number, states in enumerate(itertools.product(range(4), repeat=3)):
        copies = np.repeat(np.arange(3)[:, None], 20_000, axis=1)
        at_rungs = np.repeat(energies[list(states)][:, None], 20_000, axis=1)
        after, accepted = tempering.exchange(copies, at_rungs, np.array(BETAS), first, rng)
        assert (np.sort(after, axis=0) == copies).all()
        assert ((after != copies).any(axis=0) == accepted.any(axis=0)).all()
        landed = np.array([16, 4, 1]) @ np.array(states)[after]
        shares = np.bincount(landed, minlength=64) / 20_000
        for k, matrix in enumerate(matrices):
            error = np.sqrt(matrix[number] * (1 - matrix[number]) / 20_000)
            worst[k] = max(worst[k], (np.abs(shares - matrix[number]) / (error + 1e-9)).max())
    assert worst[0] < 6 < worst[1]


ENGINES = {
    "compiled": mixed_energy,
    "network": lambda seed: random_pairwise(4, seed) + 3.0 * ebm.Network(4, (5,), seed=seed),
    "general": lambda seed: Opaque(mixed_energy(seed)),
}


@pytest.mark.parametrize(("method", "order"), [("gibbs", None), ("gibbs", "random"), ("metropolis", None)])
@pytest.mark.parametrize("engine", ENGINES)
def test_draws_follow_the_probabilities(engine, method, order, monkeypatch):
    """Chi-square of 1000 independent ladders, one draw each, for 10 energies and seeds, p > 1e-5: 90 tests, 0.1 % false
    alarms in all. Negative control: exchanges of the wrong sign are caught for three of the energies.
    """

    def p_value(seed):
        energy = ENGINES[engine](seed)
        tempered = ebm.parallel_tempering(
            energy, 1000, betas=BETAS, n_chains=1000, warmup=40, thin=1, method=method, order=order, seed=seed
        )
        return chi_square_p(state_numbers(tempered.draws), exact.probabilities(energy, BETAS[-1]))

    assert min(p_value(seed) for seed in range(10)) > 1e-5
    monkeypatch.setattr(tempering, "swap_probability", wrong_sign)
    assert max(p_value(seed) for seed in (2, 3, 4)) < 1e-5


def glass(seed, n_spins=10):
    """Couplings +-1 between all pairs: at beta = 1.5 wells that single flips do not leave."""
    upper = np.triu(np.random.default_rng(seed).choice([-1.0, 1.0], (n_spins, n_spins)), 1)
    return ebm.Pairwise(upper + upper.T, np.full(n_spins, 0.1))


@pytest.mark.parametrize("seed", range(5))
def test_glass(seed, monkeypatch):
    """Chi-square of 1000 independent chains after 300 sweeps, on the states of a glass: tempering passes, p > 1e-5
    (5e-5 false alarms); Gibbs, and tempering whose exchanges have the wrong sign, fail (negative controls).
    """
    energy, betas = 1.5 * glass(seed), np.geomspace(0.1, 1.0, 7)
    p = exact.probabilities(energy)

    def tempered():
        return ebm.parallel_tempering(energy, 1000, betas=betas, n_chains=1000, warmup=0, thin=300, seed=seed)

    result = tempered()
    assert chi_square_p(state_numbers(result.draws), p) > 1e-5
    assert result.round_trips > 0
    plain = ebm.sample(energy, 1000, n_chains=1000, warmup=0, thin=300, seed=seed)
    assert chi_square_p(state_numbers(plain), p) < 1e-5
    monkeypatch.setattr(tempering, "swap_probability", wrong_sign)
    assert chi_square_p(state_numbers(tempered().draws), p) < 1e-5


def test_a_few_long_ladders():
    """Two wells, one deeper: 8 plain chains disagree for ever (R-hat), 8 ladders agree with each other and, within 5
    standard errors (1e-3 false alarms with Student's 7 degrees), with enumeration.
    """
    energy = ebm.Pairwise(0.5 * (np.ones((8, 8)) - np.eye(8)), np.full(8, 0.05))
    plain = ebm.sample(energy, 8000, n_chains=8, seed=1)
    assert plain.rhat_of(plain.chains.mean(axis=2)) > 1.1
    draws = ebm.parallel_tempering(energy, 8000, n_chains=8, seed=1).draws
    magnetisation = draws.chains.mean(axis=2)
    assert draws.rhat_of(magnetisation) < 1.02
    mean, error = draws.mean_and_error(magnetisation)
    assert abs(mean - exact.moments(energy).magnetisations.mean()) < 5 * error


def test_swap_acceptance_and_round_trips():
    """The share of swaps equals the sum over pairs of states, within 5 standard errors from 200 ladders taken alone
    (1e-5 false alarms); with two rungs every second round is an attempt.
    """
    energy = mixed_energy()
    energies = exact.energies(energy)
    low, high = (exact.probabilities(energy, beta) for beta in (0.3, 1.2))
    pairs = np.minimum(1, np.exp(0.9 * (energies[None, :] - energies[:, None])))
    found = [
        ebm.parallel_tempering(energy, 20, betas=[0.3, 1.2], n_chains=1, warmup=20, thin=10, seed=seed).swap_acceptance[
            0
        ]
        for seed in range(200)
    ]
    assert abs(np.mean(found) - low @ pairs @ high) < 5 * np.std(found, ddof=1) / np.sqrt(200)
    frozen = ebm.parallel_tempering(100 * energy, 20, betas=[0.001, 1.0], n_chains=1, warmup=100, thin=2, seed=1)
    assert frozen.swap_acceptance[0] < 0.2
    shared = ebm.parallel_tempering(0.0 * energy, 10, betas=[0.5, 1.0], n_chains=1, warmup=0, thin=4, seed=1)
    assert shared.swap_acceptance.tolist() == [1.0]
    # 40 rounds, an exchange in every second: both copies go up and down in turn, one arrives every second time.
    assert shared.round_trips == 19


def test_shapes_and_seeds():
    energy = mixed_energy()
    first, again, other = (
        ebm.parallel_tempering(energy, 10, n_chains=4, warmup=5, thin=2, seed=seed) for seed in (1, 1, 2)
    )
    assert np.array_equal(first.draws.chains, again.draws.chains)
    assert first.round_trips == again.round_trips
    assert not np.array_equal(first.draws.chains, other.draws.chains)
    draws = first.draws
    assert (draws.spins.shape, draws.chains.shape, draws.energies.shape) == ((10, 4), (4, 3, 4), (4, 3))
    assert draws.n_sweeps == 5 + 3 * 2
    assert 0 < draws.acceptance < 1
    np.testing.assert_allclose(draws.energies, energy(draws.chains).detach(), atol=1e-12)
    np.testing.assert_allclose(first.betas, np.geomspace(0.1, 1, 5))  # 2 + 1.25 sqrt(4) rounded up
    assert "5 betas from 0.1 to 1, swaps taken" in repr(first)
    assert ebm.parallel_tempering(energy, 3, warmup=0, thin=1).draws.chains.shape == (3, 1, 4)


def test_acceptance_is_that_of_the_last_beta():
    """A field at the target that no spin goes against."""
    frozen = ebm.parallel_tempering(ebm.Pairwise(np.zeros((3, 3)), np.full(3, 40.0)), 40, betas=[0.0, 1.0], warmup=20)
    assert frozen.draws.acceptance < 0.05
    assert (frozen.draws.spins == 1).mean() > 0.95


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"betas": [1.0]}, r"betas: got shape \(1,\), expected \(K,\) with K >= 2"),
        ({"betas": [1.0, 0.5]}, r"betas: got \[1.0, 0.5\], expected numbers >= 0, strictly rising"),
        ({"betas": [-1.0, 0.5]}, "betas: got"),
        ({"betas": [0.5, np.inf]}, r"betas: entry \(1,\) is inf"),
        ({"n_chains": 0}, "n_chains: got 0"),
        ({"thin": 0}, "thin: got 0"),
        ({"warmup": -1}, "warmup: got -1"),
        ({"method": "heat bath"}, "method: got 'heat bath'"),
    ],
)
def test_bad_input(arguments, message):
    with pytest.raises(ValueError, match=message):
        ebm.parallel_tempering(mixed_energy(), 10, **arguments)
