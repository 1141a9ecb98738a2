"""Parallel tempering: copies at several temperatures that trade places, for energies with deep wells."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ebmtools.checks import ArrayLike, Floats, Ints, as_floats, check_seed, check_whole
from ebmtools.energies.base import Energy, as_energy
from ebmtools.sampling.chains import dynamics
from ebmtools.sampling.draws import Draws, Schedule
from ebmtools.sampling.walkers import walkers


@dataclass(frozen=True, repr=False)
class Tempering:
    """What parallel tempering drew, and how well its ladder of temperatures worked."""

    draws: Draws
    """The draws at the last beta; chain c is what stood there in ladder c. Its acceptance is that of single flips."""
    betas: Floats
    """(K,): the ladder, rising."""
    swap_acceptance: Floats
    """(K - 1,): share of the attempts, after the warm-up, in which rungs k and k + 1 traded. 0.2 to 0.6 is good; where
    it is near zero, put a beta between the two."""
    round_trips: int
    """How often, after the warm-up and in all ladders together, a copy came to the last beta all the way from the
    first. Each brings a state that the wells had no hold on: with few of them, trust the draws no more than `sample`'s.
    """

    def __repr__(self) -> str:
        return (
            f"{self.draws!r}\n  {len(self.betas)} betas from {self.betas[0]:.3g} to {self.betas[-1]:.3g}, swaps taken "
            f"{self.swap_acceptance.min():.2f} to {self.swap_acceptance.max():.2f}, {self.round_trips} round trips"
        )


def parallel_tempering(
    energy: Energy,
    n_samples: int,
    *,
    betas: ArrayLike | None = None,
    n_chains: int | None = None,
    warmup: int = 1000,
    thin: int = 10,
    method: str = "gibbs",
    seed: int = 0,
    order: str | None = None,
) -> Tempering:
    r"""Draw spins from p(s) ~ exp(-beta E(s)) where single flips alone do not cross between the wells of E.

    Each of `n_chains` ladders holds K copies of the spins, one for each beta. A round is a sweep of every copy at its
    own beta, then an attempt to exchange neighbours, the pairs (0, 1), (2, 3), ... and (1, 2), (3, 4), ... by turns:
    copies at beta_k and beta_{k+1} trade with probability min(1, exp((beta_{k+1} - beta_k) (E_{k+1} - E_k))). Sweeps
    and exchanges both leave the product of the K distributions as it is; the draws are the copies at the last beta.

    Parameters
    ----------
    energy : Energy
        Any energy that `sample` takes, at the same cost a sweep, times K.
    n_samples : int
        Number of draws in all.
    betas : array-like, shape (K,), optional
        Inverse temperatures >= 0, strictly rising, the target last. Default: geometric from 0.1 to 1, with
        K = 2 + ceil(1.25 sqrt(N)), so that neighbours overlap at any N where E is extensive and of order N.
    n_chains : int, optional
        Independent ladders; default 16, or n_samples where that is less.
    warmup, thin : int
        Rounds before the first draw, and from draw to draw.
    method, order : str
        As in `sample`.
    seed : int
        Same seed, same draws.

    Returns
    -------
    Tempering

    Raises
    ------
    ValueError
        For a ladder that does not rise or has a single beta, and for what `sample` refuses.

    Notes
    -----
    The energies of the exchanges are computed afresh each round, in the precision of the energy or better.

    References
    ----------
    Swendsen & Wang 1986; Geyer 1991; Hukushima & Nemoto 1996. Pairs by turns: Okabe et al. 2001; Syed et al. 2022.

    Examples
    --------
    A magnet whose chains never turn over, as the magnetisation shows; true mean 0.

    >>> from ebmtools import Pairwise
    >>> E = Pairwise(0.1 * (np.ones((30, 30)) - np.eye(30)))
    >>> tempered = parallel_tempering(E, 4000, seed=1)
    >>> bool(abs(tempered.draws.spins.mean()) < 0.1)
    True
    >>> tempered.betas.shape, tempered.swap_acceptance.shape, tempered.round_trips > 100
    ((9,), (8,), True)
    """
    as_energy(energy, binary=True)
    check_whole(n_samples, "n_samples")
    check_seed(seed)
    schedule = Schedule(n_samples, min(16, n_samples) if n_chains is None else n_chains, warmup, thin)
    ladder, n_chains = _ladder(betas, energy.n_spins), schedule.n_chains
    rungs, n_rounds = len(ladder), schedule.n_draws * thin
    blocks = walkers(energy, rungs * n_chains, dynamics(method, order), seed)
    ends = np.cumsum([block.n_chains for block in blocks])[:-1]
    rng = np.random.default_rng([seed, 1])
    copies = np.arange(rungs * n_chains).reshape(rungs, n_chains)  # the chain that stands at each rung of each ladder
    from_the_top = np.zeros(rungs * n_chains, bool)  # whether a chain was at the first beta since it was at the last
    rounds, energies = schedule.empty(energy.n_spins)
    flips, trips, taken, tried = 0, 0, np.zeros(rungs - 1), np.zeros(rungs - 1)
    for step in range(-warmup, n_rounds):
        beta = np.empty(rungs * n_chains)
        beta[copies] = ladder[:, None]
        flipped = [block.sweep(1, part) for block, part in zip(blocks, np.split(beta, ends), strict=True)]
        current = np.concatenate([block.energies() for block in blocks])[copies]
        if step >= 0:
            flips += int(np.concatenate(flipped)[copies[-1]].sum())
        if step >= 0 and (step + 1) % thin == 0:
            draw = step // thin
            rounds[draw] = np.concatenate([block.spins() for block in blocks])[copies[-1]]
            energies[:, draw] = current[-1]
        copies, accepted = exchange(copies, current, ladder, step % 2, rng)
        if step >= 0:
            taken[step % 2 :: 2] += accepted.sum(axis=1)
            tried[step % 2 :: 2] += n_chains
            trips += int(from_the_top[copies[-1]].sum())
        from_the_top[copies[0]], from_the_top[copies[-1]] = True, False
    draws = schedule.draws(rounds, energies, flips)
    return Tempering(draws, ladder, taken / np.maximum(tried, 1), trips)


def swap_probability(energies: Floats, betas: Floats) -> Floats:
    """Return min(1, exp((beta_{k+1} - beta_k) (E_{k+1} - E_k))), (K - 1, ...), for energies (K, ...) of the rungs."""
    steps = np.diff(betas).reshape(-1, *[1] * (energies.ndim - 1))
    return np.exp(np.minimum(0.0, steps * np.diff(energies, axis=0)))


def exchange(
    copies: Ints, energies: Floats, betas: Floats, first: int, rng: np.random.Generator
) -> tuple[Ints, npt.NDArray[np.bool_]]:
    """Try to exchange rungs (first, first + 1), (first + 2, first + 3), ... in every ladder.

    Takes the copy that stands at each rung and its energy, (K, n_chains) both; returns the copies after the exchange,
    and which pairs traded, (number of pairs, n_chains).
    """
    chance = swap_probability(energies, betas)[first::2]
    accepted = rng.random(chance.shape) < chance
    pairs = copies.copy()
    lower, upper = copies[first:-1:2], copies[first + 1 :: 2]
    pairs[first:-1:2], pairs[first + 1 :: 2] = np.where(accepted, (upper, lower), (lower, upper))
    return pairs, accepted


def _ladder(betas: ArrayLike | None, n_spins: int) -> Floats:
    if betas is None:
        return np.geomspace(0.1, 1.0, 2 + math.ceil(1.25 * math.sqrt(n_spins)))
    ladder = as_floats(betas, "betas").double().numpy()
    if ladder.ndim != 1 or len(ladder) < 2:
        raise ValueError(f"betas: got shape {ladder.shape}, expected (K,) with K >= 2: use `sample` for one beta.")
    if ladder[0] < 0 or (np.diff(ladder) <= 0).any():
        raise ValueError(f"betas: got {ladder.tolist()}, expected numbers >= 0, strictly rising: the target is last.")
    return np.asarray(ladder)
