"""What the tests of the package share: one thread, no display, small random energies, and the chi-square test."""

import itertools

import hypothesis
import matplotlib as mpl
import numpy as np
import pytest
import torch
from scipy import special, stats

import ebmtools as ebm

mpl.use("Agg")
torch.set_num_threads(1)
hypothesis.settings.register_profile("ebmtools", derandomize=True, deadline=None, database=None, max_examples=50)
hypothesis.settings.load_profile("ebmtools")

PHI = {
    "relu": lambda z: np.maximum(z, 0),
    "tanh": np.tanh,
    "gelu": lambda z: z * special.ndtr(z),
    "softplus": lambda z: np.log1p(np.exp(z)),
    "log_cosh": lambda z: np.log(np.cosh(z)),
    "square": lambda z: z**2,
    "cube": lambda z: z**3,
}
"""Every activation, in double precision."""


@pytest.fixture(autouse=True)
def no_open_figures():
    """Close what a test drew."""
    yield
    import matplotlib.pyplot as plt

    plt.close("all")


def random_pairwise(n_spins: int, seed: int = 0, scale: float = 0.5) -> ebm.Pairwise:
    """A pairwise model with couplings and fields of standard deviation `scale`."""
    rng = np.random.default_rng(seed)
    upper = np.triu(rng.normal(0, scale, (n_spins, n_spins)), 1)
    return ebm.Pairwise(upper + upper.T, rng.normal(0, scale, n_spins))


def random_potts(n_sites: int = 4, n_states: int = 3, seed: int = 0, scale: float = 0.6) -> ebm.Potts:
    """A Potts model with couplings and fields of standard deviation `scale`."""
    rng = np.random.default_rng(seed)
    couplings = np.zeros((n_sites, n_sites, n_states, n_states))
    for i, j in itertools.combinations(range(n_sites), 2):
        couplings[i, j] = rng.normal(0, scale, (n_states, n_states))
        couplings[j, i] = couplings[i, j].T
    return ebm.Potts(couplings, rng.normal(0, scale, (n_sites, n_states)))


def all_sequences(n_sites: int = 4, n_states: int = 3) -> np.ndarray:
    """All states of a Potts model, (q^N, N): the first site changes slowest."""
    return np.array(list(itertools.product(range(n_states), repeat=n_sites)))


def mixed_energy(seed: int = 0) -> ebm.Energy:
    """Four spins with fields, couplings, and interactions of orders 1 to 4."""
    xi = np.random.default_rng(100 + seed).normal(0, 0.5, 4)
    return random_pairwise(4, seed) + ebm.ManyBody(4, [(2,), (0, 3), (0, 1, 2), (0, 1, 2, 3)], xi)


def state_numbers(spins) -> np.ndarray:
    """The row of `exact.states` at which each state stands, spins (..., N)."""
    digits = (np.asarray(spins, dtype=np.int64) + 1) // 2
    return digits @ (1 << np.arange(digits.shape[-1] - 1, -1, -1))


def chi_square_p(numbers, probabilities) -> float:
    """p-value of Pearson's test of independent draws against probabilities; cells that expect < 5 are pooled."""
    observed = np.bincount(np.ravel(numbers), minlength=len(probabilities))
    expected = np.asarray(probabilities) * observed.sum()
    small = expected < 5
    if small.any():
        observed = np.append(observed[~small], observed[small].sum())
        expected = np.append(expected[~small], expected[small].sum())
    statistic = ((observed - expected) ** 2 / np.maximum(expected, 1e-9)).sum()
    return float(stats.chi2.sf(statistic, len(expected) - 1))
