"""log Z at any size: annealed importance sampling, from free spins to the energy and back."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np

from ebmtools.checks import Floats, check_positive, check_seed, check_whole
from ebmtools.energies.base import Energy, as_energy
from ebmtools.sampling import exact
from ebmtools.sampling.block import quickest
from ebmtools.sampling.walkers import Walker
from ebmtools.warnings import PartitionWarning, warn

ENUMERABLE = 20
"""Spins up to which all states are summed instead."""


@dataclass(frozen=True)
class LogPartition:
    """log Z of an energy, with what is needed to judge it. All in nats."""

    value: float
    """log Z."""
    error: float
    """Its standard error; zero where all states were summed."""
    lower: float
    """Mean log weight of the way there: below log Z but for chance, however badly the chains mix."""
    upper: float
    """The same of the way back: above log Z but for chance, where the chains that start it are in equilibrium."""
    effective_sample_size: float
    """(sum w)^2 / sum w^2 of the weights of the way there: how many of the chains count. Infinite where exact."""

    def __float__(self) -> float:
        return self.value

    def __repr__(self) -> str:
        if math.isinf(self.effective_sample_size):
            return f"LogPartition: {self.value:.6g} nats, exact"
        return (
            f"LogPartition: {self.value:.6g} +- {self.error:.1g} nats, between {self.lower:.6g} and {self.upper:.6g}, "
            f"effective sample size {self.effective_sample_size:.0f}"
        )


def log_partition(
    energy: Energy, beta: float = 1.0, *, n_chains: int = 1024, n_steps: int = 2000, seed: int = 0
) -> LogPartition:
    r"""Return log Z = log sum_s exp(-beta E(s)) of any energy at any size, with its error and bounds.

    Up to 20 spins all states are summed. Beyond, chains start as free spins, whose Z is 2^N, and are cooled to beta in
    `n_steps` steps; the weight exp(-sum_k (b_{k+1} - b_k) E(s_k)) that a chain gathers has the mean Z / 2^N whether the
    chains keep up or not. The same way back, from the end, bounds log Z from above.

    Parameters
    ----------
    energy : Energy
        Any energy that `sample` takes, at the same cost per sweep.
    beta : float
        Inverse temperature, > 0.
    n_chains : int
        Independent chains, at least 2.
    n_steps : int
        Temperatures between free spins and beta, a sweep at each; more of them bring the two bounds together.
    seed : int
        Same seed, same result.

    Returns
    -------
    LogPartition

    Raises
    ------
    TypeError, ValueError
        For what is no energy, and for numbers out of range.

    Warns
    -----
    PartitionWarning
        Where a few chains carry all the weight, or the two bounds are more than 2 nats apart.

    Notes
    -----
    Cost: 3 `n_steps` sweeps of all chains; about 1 s at N = 64 for a pairwise energy. The layers of an `RBM` are drawn
    in turn, and beta multiplies its energy with the hidden spins on the way, so that they stay independent.

    References
    ----------
    Neal 2001 (annealed importance sampling); Grosse, Ghahramani & Adams 2015 (bounds both ways).

    Examples
    --------
    Thirty free spins in fields: Z is a product of 2 cosh(h).

    >>> from ebmtools import Pairwise
    >>> fields = np.linspace(-1, 1, 30)
    >>> found = log_partition(Pairwise(np.zeros((30, 30)), fields), n_steps=200)
    >>> bool(abs(found.value - np.log(2 * np.cosh(fields)).sum()) < 5 * found.error)
    True
    """
    check_positive(beta, "beta")
    check_whole(n_chains, "n_chains", least=2)
    check_whole(n_steps, "n_steps")
    check_seed(seed)
    n = as_energy(energy, binary=True).n_spins
    if n <= ENUMERABLE:
        value = exact.log_partition(energy, beta)
        return LogPartition(value, 0.0, value, value, math.inf)
    blocks = quickest(energy, n_chains, seed, beta)
    betas = beta * np.linspace(0, 1, n_steps + 1) ** 2  # small steps where the spins are free and the energy is wide
    there = _anneal(blocks, betas)
    rng = np.random.default_rng([seed, 1])
    _resample(blocks, there, rng)
    for block in blocks:
        block.sweep(n_steps, np.full(block.n_chains, beta))
    back = -_anneal(blocks, betas[::-1])
    start = n * math.log(2)
    largest = float(there.max())
    weights = np.exp(there - largest)
    size = float(weights.sum() ** 2 / (weights**2).sum())
    value = start + largest + math.log(float(weights.mean()))
    error = float(weights.std(ddof=1) / weights.mean() / math.sqrt(n_chains))
    found = LogPartition(value, error, start + float(there.mean()), start + float(back.mean()), size)
    if size < 0.02 * n_chains or abs(found.upper - found.lower) > 2:
        warn(
            f"log Z is uncertain: it is bounded by {found.lower:.4g} and {found.upper:.4g}, and {size:.0f} of "
            f"{n_chains} chains carry the weight. Raise n_steps (it is {n_steps}).",
            PartitionWarning,
        )
    return found


def _anneal(blocks: list[Walker], betas: Floats) -> Floats:
    """Take the chains from the first beta to the last, and return the log weight that each of them gathers."""
    gathered = np.concatenate([np.zeros(block.n_chains) for block in blocks])
    for before, after in itertools.pairwise(betas):
        gathered -= np.concatenate([block.work(before, after) for block in blocks])
        for block in blocks:
            block.sweep(1, np.full(block.n_chains, after))
    return gathered


def _resample(blocks: list[Walker], log_weights: Floats, rng: np.random.Generator) -> None:
    """Draw the states of the chains anew from these states, by their weights."""
    states = np.concatenate([block.spins() for block in blocks])
    weights = np.exp(log_weights - log_weights.max())
    chosen = rng.choice(len(states), len(states), p=weights / weights.sum())
    ends = np.cumsum([block.n_chains for block in blocks])[:-1]
    for block, part in zip(blocks, np.split(states[chosen], ends), strict=True):
        block.place(part)
