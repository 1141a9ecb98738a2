"""Gibbs chains of a Potts model."""

from __future__ import annotations

import numpy as np

from ebmtools import kernels
from ebmtools.checks import Floats, Ints, Spins
from ebmtools.energies.potts import Potts
from ebmtools.sampling.walkers import Walker

_BLOCK = 128
"""Chains a block, as of other energies."""


class OfLetters:
    """Chains of a Potts model, one site after another."""

    def __init__(self, energy: Potts, n_chains: int, rng: np.random.Generator) -> None:
        couplings, self.fields = kernels.potts.layout(energy.couplings, energy.fields)
        self.couplings = couplings.reshape(energy.n_spins, -1)
        self.energy, self.n_chains = energy, n_chains
        self.place(rng.integers(0, energy.n_states, (n_chains, energy.n_spins), dtype=np.uint8))
        self.words = rng.integers(1, 2**32, (4, n_chains), dtype=np.uint32)

    def place(self, spins: Spins) -> None:
        self.rows = kernels.potts.row_starts(spins, self.energy.n_states)

    def sweep(self, n_sweeps: int, beta: Floats) -> Ints:
        changed, betas = np.zeros(self.n_chains, np.int64), beta.astype(np.float32)
        wide, q = kernels.potts.width(self.energy.n_states), self.energy.n_states
        for _ in range(n_sweeps):
            kernels.potts.sweep(wide, q, betas, self.words, self.couplings, self.fields, self.rows, changed)
        return changed

    def spins(self) -> Spins:
        rows = self.rows[:, : self.energy.n_spins] // self.fields.shape[1]
        states: Spins = (rows % self.energy.n_states).astype(np.int8)
        return states

    def energies(self) -> Floats:
        values: Floats = self.energy(self.spins()).detach().double().numpy()
        return values

    def work(self, before: float, after: float) -> Floats:
        return (after - before) * self.energies()


def of_letters(energy: Potts, n_chains: int, seed: int) -> list[Walker]:
    """Return Gibbs chains of a Potts model, in blocks with their own random numbers."""
    if not (np.isfinite(energy.couplings).all() and np.isfinite(energy.fields).all()):
        raise ValueError("energy: its couplings or fields have entries that are not finite.")
    sizes = np.diff([*range(0, n_chains, _BLOCK), n_chains]).tolist()
    seeds = np.random.SeedSequence(seed).spawn(len(sizes))
    return [OfLetters(energy, size, np.random.default_rng(child)) for size, child in zip(sizes, seeds, strict=True)]
