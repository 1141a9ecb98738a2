"""Block Gibbs chains against enumeration, and log Z by them."""

import numpy as np
import pytest
from scipy.stats import chi2

import ebmtools as ebm
from ebmtools import exact, kernels
from ebmtools.sampling import block

N, H = 5, 3
RNG = np.random.default_rng(8)
MACHINE = ebm.RBM.of(RNG.normal(0, 0.45, (N, H)), RNG.normal(0, 0.4, N), RNG.normal(0, 0.4, H))
RATE = 1e-4
"""False alarms of a test: chi-square of the last states of independent chains."""


def off(machine, seed, energy=MACHINE, chains=20_000):
    """Chi-square probability that the ends of chains of a machine are draws of an energy."""
    spins = ebm.sample(machine, chains, n_chains=chains, warmup=20, thin=1, method="block", seed=seed).spins
    index = ((spins + 1) // 2 @ (1 << np.arange(N)[::-1])).astype(int)
    order = ((exact.states(N) + 1) // 2 @ (1 << np.arange(N)[::-1])).astype(int)
    expected = chains * exact.probabilities(energy)
    counts = np.bincount(index, minlength=2**N)[order]
    return float(chi2.sf(((counts - expected) ** 2 / expected).sum(), 2**N - 1))


@pytest.mark.parametrize("seed", range(10))
def test_chains_end_in_the_distribution(seed):
    assert off(MACHINE, seed) > RATE


def test_wrong_fields_are_noticed():
    wrong = ebm.RBM.of(MACHINE.weights, MACHINE.fields, -MACHINE.hidden_fields)
    assert off(wrong, 0) < RATE
    weaker = ebm.RBM.of(0.93 * MACHINE.weights, MACHINE.fields, MACHINE.hidden_fields)
    assert off(weaker, 0) < RATE


def test_the_kernel_draws_what_it_should_in_every_place():
    """Means of many draws within 4.5 standard errors of tanh(beta f), 40 places (3e-4 false alarms), not of another."""
    bias = np.linspace(-1, 1, 40, dtype=np.float32)
    fields = bias * np.ones((20_000, 1), np.float32)
    words = np.random.default_rng(0).integers(1, 2**32, (4, 40), dtype=np.uint32)
    spins, beta = np.ones_like(fields), np.full(20_000, 0.7, np.float32)
    changed = np.ones(20_000, np.int64)
    kernels.block_gibbs.draw(fields, bias, beta, words, spins, changed)
    np.testing.assert_array_equal(changed, 1 + (spins == -1).sum(1))
    expected = np.tanh(0.7 * 2 * bias.astype(float))
    error = np.sqrt((1 - expected**2) / len(spins))
    assert np.abs((spins.mean(0, dtype=float) - expected) / error).max() < 4.5
    assert np.abs((spins.mean(0, dtype=float) - np.tanh(2 * bias)) / error).max() > 10  # not beta = 1
    products = (spins[1:] * spins[:-1]).mean(0, dtype=float) - expected**2
    assert np.abs(products / np.sqrt((1 - expected**4) / len(spins))).max() < 4.5  # rows are independent


def test_log_z_by_layers_is_exact_within_its_error(monkeypatch):
    monkeypatch.setattr("ebmtools.sampling.partition.ENUMERABLE", 2)
    true = exact.log_partition(MACHINE)
    found = ebm.log_partition(MACHINE, n_chains=2000, n_steps=200, seed=1)
    assert 0 < found.error < 0.02
    assert abs(found.value - true) < 4 * found.error
    assert found.lower - 4 * found.error < true < found.upper + 4 * found.error
    assert isinstance(block.quickest(MACHINE, 4, 0)[0], block.ByLayers)


def test_at_another_beta_single_spins_move(monkeypatch):
    monkeypatch.setattr("ebmtools.sampling.partition.ENUMERABLE", 2)
    assert not isinstance(block.quickest(MACHINE, 4, 0, beta=0.5)[0], block.ByLayers)
    found = ebm.log_partition(MACHINE, 0.5, n_chains=2000, n_steps=200, seed=1)
    assert abs(found.value - exact.log_partition(MACHINE, 0.5)) < 4 * found.error


def test_chains_start_where_they_are_told_and_know_their_energies():
    start = np.ones((600, N), np.int8)
    draws = ebm.sample(MACHINE, 600, initial=start, warmup=0, thin=1, method="block")
    np.testing.assert_allclose(draws.energies[:, 0], MACHINE(draws.chains[:, 0]).detach().numpy(), atol=1e-5)
    strong = ebm.RBM.of(np.zeros((N, H)), np.full(N, 20.0), np.zeros(H))
    stay = ebm.sample(strong, 600, initial=start, warmup=3, thin=1, method="block")
    assert (stay.spins == 1).all()
    assert stay.acceptance == 0


@pytest.mark.parametrize(
    "arguments", [{"energy": ebm.Network(N)}, {"beta": 0.5}, {"order": "random"}], ids=["energy", "beta", "order"]
)
def test_only_a_machine_has_layers(arguments):
    given = {"energy": MACHINE} | arguments
    with pytest.raises(ValueError, match="method: got 'block' for"):
        ebm.sample(given.pop("energy"), 10, method="block", **given)
