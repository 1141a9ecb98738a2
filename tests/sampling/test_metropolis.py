"""Metropolis-Hastings on other states than spins. Its Hastings ratio is needed: without it the same tests fail."""

import math

import numpy as np
import pytest
from conftest import mixed_energy, state_numbers
from scipy import stats

import ebmtools as ebm
from ebmtools import exact

WEIGHTS = np.array([1.0, 2, 4, 2, 1])
UP = 0.7


def test_normal_density():
    """Normal(1, 1/2): Kolmogorov-Smirnov on thinned draws, p > 1e-4; the proposal with twice the variance must fail."""

    def step(x, rng):
        return x + rng.normal(), 0.0

    chain = ebm.metropolis_hastings(lambda x: -2.0 * (float(x) - 1) ** 2, 0.0, step, n_steps=20_000, seed=1)
    thinned = chain.states[100::20]
    assert stats.kstest(thinned, stats.norm(1, 0.5).cdf).pvalue > 1e-4
    assert stats.kstest(thinned, stats.norm(1, 0.5 * math.sqrt(2)).cdf).pvalue < 1e-4
    np.testing.assert_allclose(chain.log_density, -2.0 * (chain.states - 1) ** 2)
    assert chain.acceptance == chain.accepted.mean()
    assert np.array_equal(chain.accepted, np.diff(chain.states) != 0)


def ring_step(hastings):
    """On a ring of five states: up with probability 0.7, down with 0.3."""
    log_odds = math.log(UP / (1 - UP))

    def step(x, rng):
        up = rng.random() < UP
        return (x + (1 if up else -1)) % 5, (-log_odds if up else log_odds) if hastings else 0.0

    return step


def ring_matrix():
    """The transition matrix from the formula min(1, f(y) q(x|y) / (f(x) q(y|x)))."""
    matrix = np.zeros((5, 5))
    for x in range(5):
        for y, forward, backward in (((x + 1) % 5, UP, 1 - UP), ((x - 1) % 5, 1 - UP, UP)):
            matrix[x, y] = forward * min(1.0, WEIGHTS[y] * backward / (WEIGHTS[x] * forward))
        matrix[x, x] = 1 - matrix[x].sum()
    return matrix


def test_ring_formula():
    pi, matrix = WEIGHTS / WEIGHTS.sum(), ring_matrix()
    np.testing.assert_allclose(pi @ matrix, pi, atol=1e-14)
    np.testing.assert_allclose(pi[:, None] * matrix, (pi[:, None] * matrix).T, atol=1e-14)


@pytest.mark.parametrize("seed", range(3))
def test_asymmetric_proposal(seed):
    """Every transition against the formula, within 5 standard errors, 15 entries, 3 seeds: 3e-5 false alarms.

    The negative control leaves the Hastings ratio out: its transitions and its visits are both off.
    """
    pi, matrix = WEIGHTS / WEIGHTS.sum(), ring_matrix()

    def deviations(hastings):
        step = ring_step(hastings)
        chain = ebm.metropolis_hastings(lambda x: math.log(WEIGHTS[x]), 0, step, n_steps=20_000, seed=seed)
        counts = np.zeros((5, 5))
        np.add.at(counts, (chain.states[:-1], chain.states[1:]), 1)
        visits = counts.sum(axis=1, keepdims=True)
        error = np.sqrt(matrix * (1 - matrix) / visits)
        z = (counts / visits - matrix)[matrix > 0] / error[matrix > 0]
        return np.abs(z).max(), np.abs(visits[:, 0] / visits.sum() - pi).max()

    z, distance = deviations(hastings=True)
    assert z < 5
    assert distance < 0.03
    z, distance = deviations(hastings=False)
    assert z > 5
    assert distance > 0.03


def test_multiplicative_proposal():
    """Gamma(3) by steps y = x e^z, with log q(x|y) - log q(y|x) = log(y / x). Kolmogorov-Smirnov on thinned draws,
    p > 1e-4 (of 60 other seeds none came below 1e-3). The negative control without the ratio draws from Gamma(2).
    """

    def p_values(hastings):
        def step(x, rng):
            y = x * math.exp(rng.normal())
            return y, math.log(y / x) if hastings else 0.0

        chain = ebm.metropolis_hastings(lambda x: 2 * math.log(x) - float(x), 1.0, step, n_steps=40_000, seed=2)
        return [stats.kstest(chain.states[100::50], stats.gamma(shape).cdf).pvalue for shape in (2, 3)]

    wrong, right = p_values(hastings=True)
    assert wrong < 1e-4 < right
    right, wrong = p_values(hastings=False)
    assert wrong < 1e-4 < right


def test_bounded_support():
    """Where the density is zero no candidate is taken."""
    chain = ebm.metropolis_hastings(
        lambda x: 0.0 if 0 <= x <= 1 else -math.inf, 0.5, lambda x, rng: (x + rng.normal(), 0.0), n_steps=2000
    )
    assert chain.states.min() >= 0
    assert chain.states.max() <= 1
    assert 0 < chain.acceptance < 1


def test_spins_and_vectors():
    """Single flips of four spins, one step after the other; magnetisations within 5 errors from 40 stretches (1e-5)."""
    energy = mixed_energy()
    table = exact.energies(energy)

    def flip(s, rng):
        return s * np.where(np.arange(4) == rng.integers(4), -1, 1), 0.0

    chain = ebm.metropolis_hastings(lambda s: -table[state_numbers(s)], np.ones(4, int), flip, n_steps=40_000, seed=3)
    assert chain.states.shape == (40_001, 4)
    stretches = chain.states[1:].reshape(40, 1000, 4).mean(axis=1)
    error = stretches.std(axis=0, ddof=1) / math.sqrt(40)
    assert (np.abs(stretches.mean(axis=0) - exact.moments(energy).magnetisations) < 5 * error).all()


def test_seeds_and_types():
    def step(x, rng):
        return x + rng.normal(size=2), 0.0

    first, again, other = (
        ebm.metropolis_hastings(lambda x: -float(x @ x), np.zeros(2, int), step, n_steps=50, seed=seed)
        for seed in (1, 1, 2)
    )
    assert first.states.dtype == np.float64  # from the candidates: the initial state is of integers
    assert np.array_equal(first.states, again.states)
    assert not np.array_equal(first.states, other.states)


def test_initial_state_is_kept():
    chain = ebm.metropolis_hastings(lambda x: 0.0, 0.5, lambda x, rng: (3, 0.0), n_steps=3)
    assert chain.states.tolist() == [0.5, 3, 3, 3]


def stay(x, rng):
    return x, 0.0


@pytest.mark.parametrize(
    ("log_density", "propose", "n_steps", "message"),
    [
        (lambda x: -math.inf, stay, 5, "initial: its log density is -inf, expected a finite number. Start inside"),
        (lambda x: math.nan, stay, 5, "initial: its log density is nan"),
        (lambda x: 0.0 if x == 0 else math.nan, lambda x, rng: (x + 1, 0.0), 5, "step 0: the log density .* is nan"),
        (lambda x: 0.0, lambda x, rng: (x, math.nan), 5, "log proposal ratio is nan"),
        (lambda x: 0.0, stay, 0, "n_steps: got 0, expected an integer >= 1"),
    ],
)
def test_errors(log_density, propose, n_steps, message):
    with pytest.raises(ValueError, match=message):
        ebm.metropolis_hastings(log_density, 0.0, propose, n_steps)
