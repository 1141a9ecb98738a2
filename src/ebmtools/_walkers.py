"""The chains behind `sample`: three ways to make sweeps, and `walker`, which picks the fastest for an energy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from ebmtools import _network_walk as network_walk
from ebmtools import _spin_kernels as kernels
from ebmtools._spin_kernels import Single, SpinForm
from ebmtools.energies import Energy
from ebmtools.hamiltonians import ManyBody, Pairwise
from ebmtools.network import Network
from ebmtools.spins import Spins


class Walker(Protocol):
    """Chains from random starts."""

    def place(self, spins: Spins) -> None:
        """Put the chains at these states, (n_chains, N)."""

    def sweep(self, n_sweeps: int) -> int:
        """Make sweeps of N proposals on every chain and return the number of flips."""

    def spins(self) -> Spins:
        """Return where the chains are, (n_chains, N) int8."""


def walker(energy: Energy, n_chains: int, method: str, beta: float, seed: int) -> Walker:
    """Return the fastest walker for an energy."""
    form, others = spin_form(energy)
    if not others:
        return Lanes(form, n_chains, method, beta, seed)
    networks = [(factor, part) for factor, part in others if isinstance(part, Network) and len(part.hidden) == 1]
    activations = {part.activation for _, part in networks}
    if len(networks) == len(others) and len(activations) == 1 and activations <= set(network_walk.SWEEPS):
        return Hidden(form, networks, n_chains, method, beta, seed)
    return General(energy, n_chains, method, beta, seed)


def spin_form(energy: Energy) -> tuple[SpinForm, list[tuple[float, Energy]]]:
    """Return the Pairwise and ManyBody terms of an energy as the kernels read them, and the list of all other terms."""
    n = energy.n_spins
    others: list[tuple[float, Energy]] = []
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
            others.append((factor, part))
    flat = [term for site in terms for term in site]
    form = SpinForm(
        couplings.astype(np.float32),
        fields.astype(np.float32),
        np.cumsum([0, *map(len, terms)]),
        np.array([xi for xi, _ in flat], np.float32),
        np.cumsum([0, *(len(rest) for _, rest in flat)]),
        np.array([j for _, rest in flat for j in rest], np.int64),
    )
    return form, others


class Lanes:
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
        return sum(
            int(kernels.sweeps(n_sweeps, self.metropolis, self.beta, spins, words, self.form))
            for spins, words in zip(self.blocks, self.words, strict=True)
        )

    def spins(self) -> Spins:
        return np.concatenate(self.blocks, axis=1).T.astype(np.int8)


class Hidden:
    """Chains of an energy with a hidden layer, run by the kernel of its activation."""

    def __init__(
        self,
        form: SpinForm,
        networks: Sequence[tuple[float, Network]],
        n_chains: int,
        method: str,
        beta: float,
        seed: int,
    ) -> None:
        rng = np.random.default_rng(seed)
        n = len(form.fields)
        layers = [network.linear_layers[0] for _, network in networks]
        self.weights = _stack([layer.weight for layer in layers])  # (H, N), the units of all networks together
        self.bias = _stack([layer.bias for layer in layers])
        self.output = _stack([factor * network.output for factor, network in networks])
        self.kernel = network_walk.SWEEPS[networks[0][1].activation]
        self.form, self.metropolis, self.beta = form, method == "metropolis", float(beta)
        self.state = (2 * rng.integers(0, 2, (n_chains, n)) - 1).astype(np.float32)
        self.words = rng.integers(1, 2**32, (n_chains, 4, n), dtype=np.uint32)

    def place(self, spins: Spins) -> None:
        self.state = spins.astype(np.float32)

    def sweep(self, n_sweeps: int) -> int:
        z = self.state @ self.weights.T + self.bias
        columns = np.ascontiguousarray(self.weights.T)
        arrays = (self.state, self.words, self.form, columns, z, self.output)
        return int(self.kernel(n_sweeps, self.metropolis, self.beta, *arrays))

    def spins(self) -> Spins:
        return self.state.astype(np.int8)


class General:
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


def _stack(tensors: Sequence[Tensor]) -> Single:
    return torch.cat([tensor.detach().cpu().float() for tensor in tensors]).numpy()
