"""Markov chains over spins: `sample` draws from p(s) ~ exp(-beta E(s))."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from ebmtools import _spin_kernels as kernels
from ebmtools.draws import Draws
from ebmtools.energies import Energy
from ebmtools.hamiltonians import ManyBody, Pairwise
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
        Pairwise and many-body energies and their sums run compiled, about 2 ns a proposal at N = 64; any other energy
        costs one `forward` a proposal, for all chains together.
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
    form = spin_form(energy)
    walk = _Compiled(form, n_chains, method, beta, seed) if form else _General(energy, n_chains, method, beta, seed)
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


@dataclass(frozen=True)
class SpinForm:
    """Couplings, fields and interactions of order 3 and up, listed site by site, as the compiled kernel reads them."""

    couplings: kernels.Single
    fields: kernels.Single
    start: kernels.Index
    coefficients: kernels.Single
    offset: kernels.Index
    members: kernels.Index


def spin_form(energy: Energy) -> SpinForm | None:
    """Return the compiled form of an energy made of Pairwise and ManyBody parts, and None for any other."""
    n = energy.n_spins
    couplings, fields = np.zeros((n, n)), np.zeros(n)
    terms: list[list[tuple[float, list[int]]]] = [[] for _ in range(n)]
    for factor, part in energy.terms():
        if isinstance(part, Pairwise):
            couplings += factor * part.couplings
            fields += factor * part.fields
        elif isinstance(part, ManyBody):
            for indices, xi in zip(part.interactions, factor * part.coefficients, strict=True):
                if len(indices) == 1:
                    fields[indices[0]] += xi
                elif len(indices) == 2:
                    couplings[indices, indices[::-1]] += xi
                else:
                    for i in indices:
                        terms[i].append((xi, [j for j in indices if j != i]))
        else:
            return None
    flat = [term for site in terms for term in site]
    return SpinForm(
        couplings.astype(np.float32),
        fields.astype(np.float32),
        np.cumsum([0, *map(len, terms)]),
        np.array([xi for xi, _ in flat], np.float32),
        np.cumsum([0, *(len(others) for _, others in flat)]),
        np.array([j for _, others in flat for j in others], np.int64),
    )


class _Compiled:
    """Chains in blocks of `LANES`, each block run by the kernel."""

    def __init__(self, form: SpinForm, n_chains: int, method: str, beta: float, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self.form, self.metropolis, self.beta, self.n_chains = form, method == "metropolis", float(beta), n_chains
        widths = np.diff([*range(0, n_chains, kernels.LANES), n_chains])
        n = len(form.fields)
        self.blocks = [(2 * rng.integers(0, 2, (n, width)) - 1).astype(np.float32) for width in widths]
        self.words = [rng.integers(1, 2**32, (4, width), dtype=np.uint32) for width in widths]

    def place(self, spins: Spins) -> None:
        ends = np.cumsum([block.shape[1] for block in self.blocks])
        self.blocks = [part.T.astype(np.float32, order="C") for part in np.split(spins, ends[:-1])]

    def sweep(self, n_sweeps: int) -> int:
        form = self.form
        arrays = (form.couplings, form.fields, form.start, form.coefficients, form.offset, form.members)
        return sum(
            int(kernels.sweeps(n_sweeps, self.metropolis, self.beta, spins, words, *arrays))
            for spins, words in zip(self.blocks, self.words, strict=True)
        )

    def spins(self) -> Spins:
        return np.concatenate(self.blocks, axis=1).T.astype(np.int8)


class _General:
    """Any energy: one `forward` a proposal for all chains together."""

    def __init__(self, energy: Energy, n_chains: int, method: str, beta: float, seed: int) -> None:
        self.energy, self.metropolis, self.beta = energy, method == "metropolis", beta
        self.random = torch.Generator().manual_seed(seed)
        start = torch.randint(0, 2, (n_chains, energy.n_spins), generator=self.random)
        self.state = (2 * start - 1).to(torch.int8)

    def place(self, spins: Spins) -> None:
        self.state = torch.from_numpy(spins.copy())

    @torch.no_grad()
    def sweep(self, n_sweeps: int) -> int:
        state, n = self.state, self.energy.n_spins
        current = self.energy.forward(state)
        flips = 0
        for _ in range(n_sweeps):
            order = torch.randint(0, n, (n,), generator=self.random) if self.metropolis else torch.arange(n)
            for site in order.tolist():
                state[:, site] *= -1
                proposed = self.energy.forward(state)
                change = self.beta * (proposed - current)
                chance = torch.exp(-change) if self.metropolis else torch.sigmoid(-change)
                accepted = torch.rand(len(state), generator=self.random, dtype=chance.dtype) < chance
                state[:, site] *= torch.where(accepted, 1, -1).to(torch.int8)
                current = torch.where(accepted, proposed, current)
                flips += int(accepted.sum())
        return flips

    def spins(self) -> Spins:
        return self.state.numpy().copy()
