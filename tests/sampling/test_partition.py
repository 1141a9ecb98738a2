"""log Z by annealing: against enumeration and closed forms, with bounds on the right sides."""

import math

import numpy as np
import pytest
from conftest import random_pairwise
from scipy.special import gammaln, logsumexp

import ebmtools as ebm
from ebmtools import exact
from ebmtools.sampling import partition

ENERGIES = {
    "pairwise": random_pairwise(9, 1),
    "many-body": ebm.random_hamiltonian(9, order=3, gamma=1.0, beta=0.8, seed=1),
    "hybrid": random_pairwise(9, 2) + ebm.Network(9, (5,), seed=1),
    "by forward": random_pairwise(5, 3) + ebm.Network(5, (3, 3), seed=1),
}


def magnet(n, strength):
    """A complete graph and its log Z, a sum over the number of up spins."""
    up = np.arange(n + 1)
    levels = gammaln(n + 1) - gammaln(up + 1) - gammaln(n - up + 1) + strength * ((2 * up - n) ** 2 - n) / 2
    return ebm.Pairwise(strength * (np.ones((n, n)) - np.eye(n))), float(logsumexp(levels))


def annealed(energy, seed, monkeypatch, **options):
    monkeypatch.setattr(partition, "ENUMERABLE", 0)
    return ebm.log_partition(energy, seed=seed, **options)


@pytest.mark.parametrize("name", ENERGIES)
@pytest.mark.parametrize("beta", [1.0, 0.5])
def test_against_enumeration(name, beta, monkeypatch):
    """Within 5 standard errors (false alarm 6e-7 each); a beta that is 10 % off is caught."""
    energy = ENERGIES[name]
    found = annealed(energy, 1, monkeypatch, beta=beta, n_chains=256, n_steps=100 if name == "by forward" else 300)
    z = (found.value - exact.log_partition(energy, beta)) / found.error
    assert abs(z) < 5
    assert abs(found.value - exact.log_partition(energy, 1.1 * beta)) > 5 * found.error
    assert found.lower < found.upper


def test_errors_are_what_they_say(monkeypatch):
    """40 seeds: z has mean 0 and spread 1, each to 5 of its own standard errors; the bounds hold on average."""
    energy = random_pairwise(8, 4)
    true = exact.log_partition(energy)
    runs = [annealed(energy, seed, monkeypatch, n_chains=128, n_steps=100) for seed in range(40)]
    z = np.array([(run.value - true) / run.error for run in runs])
    assert abs(z.mean()) < 5 / math.sqrt(40)
    assert abs(z.std() - 1) < 5 / math.sqrt(80)
    for bound, sign in (("lower", 1), ("upper", -1)):
        gaps = sign * (true - np.array([getattr(run, bound) for run in runs]))
        assert gaps.mean() > -5 * gaps.std() / math.sqrt(40)


def test_a_large_magnet():
    """Sixty spins on a complete graph, above the temperature of its transition."""
    energy, true = magnet(60, 0.8 / 60)
    found = ebm.log_partition(energy, n_chains=256, n_steps=500)
    assert abs(found.value - true) < 5 * found.error
    assert found.lower - 5 * found.error < true < found.upper + 5 * found.error
    assert found.effective_sample_size > 100
    assert float(found) == found.value


def test_few_steps_are_told():
    energy, _ = magnet(60, 4.0 / 60)
    with pytest.warns(ebm.warnings.PartitionWarning, match=r"log Z is uncertain: .* Raise n_steps \(it is 2\)"):
        ebm.log_partition(energy, n_chains=64, n_steps=2)


def test_small_ones_are_exact():
    energy = random_pairwise(6)
    found = ebm.log_partition(energy, beta=0.7)
    assert (found.value, found.error) == (exact.log_partition(energy, 0.7), 0.0)
    assert "exact" in repr(found)
    assert "+-" in repr(ebm.log_partition(ebm.Pairwise(np.zeros((21, 21))), n_chains=4, n_steps=2))


def test_same_seed_same_result(monkeypatch):
    runs = [annealed(ENERGIES["pairwise"], seed, monkeypatch, n_chains=64, n_steps=20) for seed in (1, 1, 2)]
    assert runs[0] == runs[1] != runs[2]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_chains": 1}, "n_chains: got 1, expected an integer >= 2"),
        ({"n_steps": 0}, "n_steps: got 0"),
        ({"beta": 0}, "beta: got 0"),
        ({"seed": None}, "seed: got None"),
    ],
)
def test_bad_input(options, message):
    with pytest.raises(ValueError, match=message):
        ebm.log_partition(random_pairwise(3), **options)
