"""Block Gibbs sampling of a restricted Boltzmann machine: all hidden spins at once, then all visible ones."""

from __future__ import annotations

import numpy as np
import torch

from ebmtools import kernels
from ebmtools.checks import Floats, Ints, Spins
from ebmtools.energies.base import Energy
from ebmtools.energies.network import ACTIVATIONS
from ebmtools.energies.rbm import RBM
from ebmtools.kernels.matmul import inner
from ebmtools.sampling.walkers import GIBBS, Walker, walkers

_BLOCK = 512
"""Chains a block: enough for a matrix product to be at its best."""


class ByLayers:
    """Chains of an RBM; beta multiplies the energy E(s, t) of both layers, of which beta = 1 has the RBM's own s."""

    def __init__(self, energy: RBM, n_chains: int, rng: np.random.Generator) -> None:
        weight, fields, hidden_fields = (x.detach().cpu().float().contiguous() for x in energy.arrays())
        self.weight, self.columns, self.fields, self.hidden_fields = (
            weight,
            weight.T.contiguous(),
            fields,
            hidden_fields,
        )
        self.n_chains = n_chains
        start = 2 * rng.integers(0, 2, (n_chains, len(fields))) - 1
        self.state = torch.from_numpy(start.astype(np.float32))
        self.hidden = torch.ones(n_chains, len(hidden_fields))
        self.words = rng.integers(1, 2**32, (4, max(weight.shape)), dtype=np.uint32)

    def place(self, spins: Spins) -> None:
        self.state = torch.from_numpy(spins.astype(np.float32))

    def sweep(self, n_sweeps: int, beta: Floats) -> Ints:
        """Draw the hidden layer, then the visible one; return the visible flips of each chain."""
        betas, draw = beta.astype(np.float32), kernels.block_gibbs.draw
        hidden_flips, flips = np.zeros((2, self.n_chains), np.int64)
        fields, hidden_fields = self.fields.numpy(), self.hidden_fields.numpy()
        for _ in range(n_sweeps):
            above = inner(self.state, self.weight).numpy()
            draw(above, hidden_fields, betas, self.words, self.hidden.numpy(), hidden_flips)
            below = inner(self.hidden, self.columns).numpy()
            draw(below, fields, betas, self.words, self.state.numpy(), flips)
        return flips

    def spins(self) -> Spins:
        return self.state.numpy().astype(np.int8)

    def energies(self) -> Floats:
        return self._energies(1.0)

    def work(self, before: float, after: float) -> Floats:
        return self._energies(after) - self._energies(before)

    def _energies(self, beta: float) -> Floats:
        """Of the visible spins, with the hidden ones summed over at this beta; beta E(s) where there are none."""
        above = inner(self.state, self.weight).add_(self.hidden_fields).mul_(beta)
        units = ACTIVATIONS["log_cosh"](above).sum(1, dtype=torch.float64)
        return -(beta * (self.state @ self.fields).double() + units).numpy()


def by_layers(energy: RBM, n_chains: int, seed: int) -> list[Walker]:
    """Return block Gibbs chains of an RBM, in blocks with their own random numbers."""
    sizes = np.diff([*range(0, n_chains, _BLOCK), n_chains]).tolist()
    seeds = np.random.SeedSequence(seed).spawn(len(sizes))
    return [ByLayers(energy, size, np.random.default_rng(child)) for size, child in zip(sizes, seeds, strict=True)]


def quickest(energy: Energy, n_chains: int, seed: int, beta: float = 1.0) -> list[Walker]:
    """Return the chains that forget soonest: by layers for an RBM at beta = 1, else Gibbs chains of single spins."""
    if isinstance(energy, RBM) and beta == 1:
        return by_layers(energy, n_chains, seed)
    return walkers(energy, n_chains, GIBBS, seed)
