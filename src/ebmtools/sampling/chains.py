"""Markov chains over spins: `sample` draws from p(s) ~ exp(-beta E(s))."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from ebmtools.checks import ArrayLike, Spins, check_positive, check_seed, check_whole
from ebmtools.energies.base import Energy, as_energy
from ebmtools.energies.potts import Potts
from ebmtools.energies.rbm import RBM
from ebmtools.sampling.block import by_layers
from ebmtools.sampling.draws import Draws, Schedule
from ebmtools.sampling.letters import of_letters
from ebmtools.sampling.walkers import Dynamics, Walker, walkers


def sample(
    energy: Energy,
    n_samples: int,
    *,
    n_chains: int | None = None,
    warmup: int = 1000,
    thin: int = 10,
    method: str = "gibbs",
    beta: float = 1.0,
    seed: int = 0,
    initial: ArrayLike | None = None,
    order: str | None = None,
    threads: int = 1,
) -> Draws:
    r"""Draw spins from p(s) ~ exp(-beta E(s)) by single-spin dynamics, many chains side by side.

    Parameters
    ----------
    energy : Energy
        Pairwise and many-body energies run compiled, 128 chains at once, at a cost per proposal that grows with the
        couplings of one spin: N for dense ones, its degree for sparse ones. So do sums of them with networks of one
        hidden layer each (all of one activation), at O(N + H). Any other energy costs one `forward` a proposal, for
        all chains together. Couplings are rounded to float32 in compiled chains.
    n_samples : int
        Number of draws in all.
    n_chains : int, optional
        Independent chains from random starts; default 128, or n_samples where that is less. Each gives
        ceil(n_samples / n_chains) draws; what the last round has too many is left out of `spins` but not of `chains`.
        Compiled pairwise and many-body chains come in blocks of 128, and a block costs the same however few it holds;
        up to a few chains (5 at N = 64, dense) run one by one, where that is faster.
    warmup, thin : int
        Sweeps before the first draw, and from draw to draw. A sweep is N proposals.
    method : str
        "gibbs": flip with probability 1 / (1 + exp(beta Delta_i)) (Glauber's rate, the heat bath).
        "metropolis": flip with probability min(1, exp(-beta Delta_i)). Where the energy is flat (all Delta zero) it
        flips at every proposal, so that a chain keeps its parity: use "gibbs" there.
        "block", for an `RBM` at beta = 1: all hidden spins at once, then all visible ones. It forgets sooner than
        single spins do, and a sweep is two matrix products.
    beta : float
        Inverse temperature, > 0.
    seed : int
        Same seed, same draws.
    initial : array-like, shape (n_chains, N), optional
        Where the chains start; default at random. Then n_chains is its length.
    order : str, optional
        "sequential": the sites in turn, the default of Gibbs. "random": each site drawn at random, as Metropolis always
        does: in sequence it would flip every free spin at every visit and never forget its start.
    threads : int
        Cores to use for the blocks, so with more than 128 chains. Each block owns its random generators: the draws do
        not depend on the number of threads. An energy that is not compiled is one block; its threads are PyTorch's
        (`torch.set_num_threads`).

    A `Potts` model has states 0 to q - 1; its chains are Gibbs chains in sequence, compiled, at O(N q) a proposal.

    Returns
    -------
    Draws

    Raises
    ------
    ValueError
        For a number that is not positive, an unknown method or order, or an initial state that does not fit.

    Notes
    -----
    The first call on a machine compiles its kernels, for some seconds; later processes read them from a cache on disk,
    and spend about 1 s on loading and starting numba. On a Zen 5 core a Gibbs proposal costs 1.1 ns at N = 64 with all
    couplings, 0.4 ns on a square lattice, and 30 ns in a chain alone.
    Compiled random numbers have 24 bits: a flip less likely than 3e-8 never happens.

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
    as_energy(energy, binary=not isinstance(energy, Potts))
    check_whole(n_samples, "n_samples")
    check_seed(seed)
    start = None if initial is None else _initial(initial, energy, n_chains)
    if n_chains is None:
        n_chains = min(128, n_samples) if start is None else len(start)
    schedule = Schedule(n_samples, n_chains, warmup, thin)
    check_whole(threads, "threads")
    check_positive(beta, "beta")
    blocks = _blocks(energy, n_chains, method, order, beta, seed)
    ends = np.cumsum([block.n_chains for block in blocks]).tolist()
    rounds, energies = schedule.empty(energy.n_spins)

    def run(block: Walker, end: int) -> int:
        """Walk, write the draws, and return the number of flips."""
        chains = slice(end - block.n_chains, end)
        if start is not None:
            block.place(start[chains])
        betas = np.full(block.n_chains, float(beta))
        block.sweep(warmup, betas)
        flips = 0
        for k in range(schedule.n_draws):
            flips += int(block.sweep(thin, betas).sum())
            rounds[k, chains], energies[chains, k] = block.spins(), block.energies()
        return flips

    if threads == 1:
        flips = sum(map(run, blocks, ends))
    else:
        with ThreadPoolExecutor(threads) as pool:
            flips = sum(pool.map(run, blocks, ends))
    return schedule.draws(rounds, energies, flips)


def _blocks(energy: Energy, n_chains: int, method: str, order: str | None, beta: float, seed: int) -> list[Walker]:
    if isinstance(energy, Potts):
        if method != "gibbs" or order == "random":
            raise ValueError(
                f"method: got {method!r} and order = {order!r} for a Potts model, expected 'gibbs' in sequence."
            )
        return of_letters(energy, n_chains, seed)
    if method != "block":
        return walkers(energy, n_chains, dynamics(method, order), seed)
    if not isinstance(energy, RBM) or beta != 1 or order is not None:
        raise ValueError(
            f"method: got 'block' for {energy!r}, beta = {beta:g} and order = {order!r}, expected an RBM at beta = 1 "
            "and no order: only its spins are independent of each other, given the hidden ones. Use method='gibbs'."
        )
    return by_layers(energy, n_chains, seed)


def dynamics(method: str, order: str | None) -> Dynamics:
    """Return the rule that `method` and `order` name."""
    if method not in ("gibbs", "metropolis"):
        raise ValueError(f"method: got {method!r}, expected 'gibbs' or 'metropolis', or 'block' in `sample`.")
    if order not in (None, "sequential", "random"):
        raise ValueError(f"order: got {order!r}, expected 'sequential' or 'random'.")
    if method == "metropolis" and order == "sequential":
        raise ValueError(
            "order: got 'sequential' for method='metropolis', expected 'random': in sequence it would flip every free "
            "spin at every visit. Leave order out, or use method='gibbs'."
        )
    return Dynamics(method == "metropolis", method == "metropolis" or order == "random")


def _initial(initial: ArrayLike, energy: Energy, n_chains: int | None) -> Spins:
    start = energy.check(initial, "initial").detach().cpu().numpy().astype(np.int8)
    if start.ndim != 2 or len(start) != (len(start) if n_chains is None else n_chains):
        expected = "n_chains" if n_chains is None else n_chains
        raise ValueError(
            f"initial: got shape {start.shape}, expected ({expected}, {energy.n_spins}): one state for each chain."
        )
    return start
