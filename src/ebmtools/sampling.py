"""Markov chains over spins: `sample` draws from p(s) ~ exp(-beta E(s))."""

from __future__ import annotations

import numpy as np
import torch

from ebmtools._walkers import walker
from ebmtools.draws import Draws
from ebmtools.energies import Energy
from ebmtools.spins import ArrayLike, Spins, as_spins, check_positive


def sample(
    energy: Energy,
    n_samples: int,
    n_chains: int | None = None,
    warmup: int = 1000,
    thin: int = 10,
    method: str = "gibbs",
    beta: float = 1.0,
    seed: int = 0,
    initial: ArrayLike | None = None,
) -> Draws:
    r"""Draw spins from p(s) ~ exp(-beta E(s)) by single-spin dynamics, many chains side by side.

    Parameters
    ----------
    energy : Energy
        Pairwise and many-body energies run compiled; so do sums of them with networks of one hidden layer (tanh, relu,
        gelu or cube), at O(N + H) a proposal. Any other energy costs one `forward` a proposal, for all chains together.
    n_samples : int
        Number of draws in all.
    n_chains : int, optional
        Independent chains from random starts; default 128, or n_samples where that is less. Each gives
        ceil(n_samples / n_chains) draws; what the last round has too many is left out of `spins` but not of `chains`.
    warmup, thin : int
        Sweeps before the first draw, and from draw to draw. A sweep is N proposals.
    method : str
        "gibbs": flip with probability 1 / (1 + exp(beta Delta_i)), sites in order (Glauber's rate, the heat bath).
        "metropolis": flip with probability min(1, exp(-beta Delta_i)), sites at random. Where the energy is flat (all
        Delta zero) it flips at every proposal, so that a chain keeps its parity: use "gibbs" there.
    beta : float
        Inverse temperature, > 0.
    seed : int
        Same seed, same draws.
    initial : array-like, shape (n_chains, N), optional
        Where the chains start; default at random. Then n_chains is its length.

    Returns
    -------
    Draws

    Raises
    ------
    ValueError
        For a number that is not positive, an unknown method, or an initial state that does not fit.

    References
    ----------
    Metropolis et al. 1953; Geman & Geman 1984.

    Examples
    --------
    >>> from ebmtools import Pairwise, exact
    >>> E = Pairwise([[0, 1], [1, 0]], fields=[0.2, 0])
    >>> draws = sample(E, 20_000, seed=3)
    >>> draws.spins.shape, draws.spins.dtype.name
    ((20000, 2), 'int8')
    >>> bool(np.abs(draws.spins.mean(0) - exact.moments(E).magnetisations).max() < 0.03)
    True
    """
    check_positive(n_samples, "n_samples", whole=True)
    start = None if initial is None else _initial(initial, energy.n_spins, n_chains)
    if n_chains is None:
        n_chains = min(128, n_samples) if start is None else len(start)
    check_positive(n_chains, "n_chains", whole=True)
    check_positive(thin, "thin", whole=True)
    check_positive(beta, "beta")
    if isinstance(warmup, bool) or not isinstance(warmup, (int, np.integer)) or warmup < 0:
        raise ValueError(f"warmup: got {warmup!r}, expected an integer >= 0.")
    if method not in ("gibbs", "metropolis"):
        raise ValueError(f"method: got {method!r}, expected 'gibbs' or 'metropolis'.")
    walk = walker(energy, n_chains, method, beta, seed)
    if start is not None:
        walk.place(start)
    n_draws = -(-n_samples // n_chains)
    rounds = np.empty((n_draws, n_chains, energy.n_spins), np.int8)
    walk.sweep(warmup)
    flips = 0
    for k in range(n_draws):
        flips += walk.sweep(thin)
        rounds[k] = walk.spins()
    flat = rounds.reshape(-1, energy.n_spins)
    with torch.no_grad():
        energies = np.concatenate(
            [energy(part).double().cpu().numpy() for part in torch.split(torch.from_numpy(flat), 2**15)]
        )
    return Draws(
        spins=flat[:n_samples],
        chains=rounds.transpose(1, 0, 2),
        energies=energies.reshape(n_draws, n_chains).T,
        acceptance=flips / (n_draws * thin * n_chains * energy.n_spins),
        n_sweeps=warmup + n_draws * thin,
    )


def _initial(initial: ArrayLike, n_spins: int, n_chains: int | None) -> Spins:
    start = as_spins(initial, n_spins, "initial").detach().to("cpu", torch.int8).numpy()
    if start.ndim != 2 or len(start) != (len(start) if n_chains is None else n_chains):
        expected = "n_chains" if n_chains is None else n_chains
        raise ValueError(f"initial: got shape {start.shape}, expected ({expected}, {n_spins}): one state a chain.")
    return start
