"""Enumeration of states of letters: against sums by hand, spins in other clothes, and exact samples."""

import itertools

import numpy as np
import pytest
import torch

import ebmtools as ebm
from ebmtools import exact

N, Q = 4, 3


def random_potts(seed=0, factor=1.0):
    rng = np.random.default_rng(seed)
    J = np.zeros((N, N, Q, Q))
    for i, j in itertools.combinations(range(N), 2):
        J[i, j] = factor * rng.normal(size=(Q, Q))
        J[j, i] = J[i, j].T
    return ebm.Potts(J, rng.normal(size=(N, Q)))


def by_hand(energy, beta):
    """One and two-site frequencies, by a loop over all states."""
    weights, sites, pairs = 0.0, np.zeros((N, Q)), np.zeros((N, N, Q, Q))
    for s in itertools.product(range(Q), repeat=N):
        w = np.exp(-beta * energy([s]).item())
        weights += w
        for i in range(N):
            sites[i, s[i]] += w
            for j in range(N):
                pairs[i, j, s[i], s[j]] += w
    return np.log(weights), sites / weights, pairs / weights


@pytest.mark.parametrize("beta", [0.4, 1.0])
def test_frequencies_and_log_z_are_those_of_a_loop(beta):
    energy = random_potts()
    log_z, sites, pairs = by_hand(energy, beta)
    found = exact.frequencies(energy, beta)
    assert exact.log_partition(energy, beta) == pytest.approx(log_z, abs=1e-12)
    np.testing.assert_allclose(found.sites, sites, atol=1e-12)
    np.testing.assert_allclose(found.pairs, pairs, atol=1e-12)
    twice = exact.frequencies(random_potts(factor=2.0), beta)  # the negative control: pairs counted twice
    assert np.abs(twice.pairs - pairs).max() > 1e-2


def test_states_of_letters_are_in_the_order_of_their_energies():
    listed = exact.states(N, n_states=Q)
    assert listed.tolist() == [list(s) for s in itertools.product(range(Q), repeat=N)]
    energy = random_potts()
    np.testing.assert_allclose(exact.energies(energy), energy(listed).detach().numpy(), atol=1e-12)


def test_two_letters_are_spins():
    rng = np.random.default_rng(3)
    J = np.triu(rng.normal(size=(N, N)), 1)
    J, h = J + J.T, rng.normal(size=N)
    sign = np.array([-1.0, 1.0])
    letters = ebm.Potts(J[:, :, None, None] * np.outer(sign, sign), h[:, None] * sign)
    spins = ebm.Pairwise(J, h)
    assert exact.log_partition(letters) == pytest.approx(exact.log_partition(spins), abs=1e-12)
    sites = exact.frequencies(letters).sites
    np.testing.assert_allclose(sites @ sign, exact.moments(spins).magnetisations, atol=1e-12)


def test_sums_and_multiples_of_letters_are_listed():
    one, other = random_potts(1), random_potts(2)
    total = exact.energies(one + 0.5 * other)
    np.testing.assert_allclose(total, exact.energies(one) + 0.5 * exact.energies(other), atol=1e-12)


def test_exact_samples_have_the_exact_frequencies():
    """Chi-square of all 81 states from 20,000 samples at a fixed seed: beyond 130 one time in two thousand."""
    energy, count = random_potts(), 20_000
    drawn = exact.sample(energy, count, seed=1)
    seen = np.bincount(drawn @ Q ** np.arange(N - 1, -1, -1), minlength=Q**N)
    expected = count * exact.probabilities(energy)
    assert ((seen - expected) ** 2 / expected).sum() < 130
    wrong = count * exact.probabilities(random_potts(factor=2.0))  # the negative control
    assert ((seen - wrong) ** 2 / wrong).sum() > 1000


class Letters(ebm.Energy):
    """An energy of letters that does not say how many there are."""

    def check(self, spins, name="states"):
        return torch.as_tensor(spins)

    def forward(self, spins):
        return spins.sum(-1)


def test_what_cannot_be_listed_is_refused():
    with pytest.raises(ValueError, match=r"at 15 sites of 3 letters"):
        exact.states(16, n_states=3)
    with pytest.raises(ValueError, match=r"not letters. Use exact.moments"):
        exact.frequencies(ebm.Pairwise(np.zeros((2, 2))))
    with pytest.raises(ValueError, match="Letters are not -1/"):
        exact.energies(Letters(3))
    with pytest.raises(ValueError, match="Potts are not -1/"):
        exact.moments(random_potts())
    own = Letters(3)
    own.n_states = 4
    assert len(exact.energies(own)) == 64
