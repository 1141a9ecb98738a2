"""The chains behind `sample`: three ways to make sweeps, and `walkers`, which picks the fastest for an energy.

Chains come in blocks, each with its own generators, so that blocks can run in any order or on several threads.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
import torch
from scipy import sparse
from torch import Tensor

from ebmtools.checks import Floats, Ints, Spins
from ebmtools.energies.base import Energy
from ebmtools.energies.network import Network
from ebmtools.kernels import network_sweeps as network_walk
from ebmtools.kernels import spin_sweeps as kernels
from ebmtools.kernels.spin_sweeps import LANES, Single
from ebmtools.sampling.spin_form import SpinForm, spin_form


class Dynamics(NamedTuple):
    """The rule by which single spins flip."""

    metropolis: bool
    at_random: bool


class Walker(Protocol):
    """A block of chains from random starts."""

    n_chains: int

    def place(self, spins: Spins) -> None:
        """Put the chains at these states, (n_chains, N)."""

    def sweep(self, n_sweeps: int, beta: Floats) -> Ints:
        """Make sweeps of N proposals, chain c at beta[c], and return the number of flips of each chain."""

    def spins(self) -> Spins:
        """Return where the chains are, (n_chains, N) int8."""

    def energies(self) -> Floats:
        """Return the energies of these states, (n_chains,), in the precision of the energy or better."""


def walkers(energy: Energy, n_chains: int, dynamics: Dynamics, seed: int) -> list[Walker]:
    """Return the fastest walkers for an energy: blocks of `LANES` chains, the last one smaller, or one block of all."""
    form, others = spin_form(energy)
    widths = np.diff([*range(0, n_chains, LANES), n_chains]).tolist()
    seeds = np.random.SeedSequence(seed).spawn(len(widths))
    blocks = [(width, np.random.default_rng(child)) for width, child in zip(widths, seeds, strict=True)]
    if not others and not _few(form, n_chains):
        return [Lanes(form, width, dynamics, rng) for width, rng in blocks]
    networks = [(factor, part) for factor, part in others if isinstance(part, Network) and len(part.hidden) == 1]
    activations = {part.activation for _, part in networks}
    if len(networks) == len(others) and len(activations) <= 1:
        return [OneByOne(energy, form, networks, width, dynamics, rng) for width, rng in blocks]
    return [General(energy, n_chains, dynamics, seed)]


def _few(form: SpinForm, n_chains: int) -> bool:
    """Whether so few chains are faster one by one. The numbers: ns a visit of a site, measured on a Zen 5 core."""
    n, members = len(form.fields), len(form.members)
    alone = 25 + 0.04 * n + 1.5 * members / n
    side_by_side = 45 + 1.4 * (len(form.couplings) + members) / n
    return n_chains * alone < side_by_side


class Lanes:
    """Up to `LANES` chains in the lanes of the kernel; lanes without a chain walk too, at beta = 0."""

    def __init__(self, form: SpinForm, n_chains: int, dynamics: Dynamics, rng: np.random.Generator) -> None:
        self.form, self.dynamics, self.n_chains = form, dynamics, n_chains
        self.state = kernels.aligned((len(form.fields), LANES), np.float32)
        self.state[:] = 2 * rng.integers(0, 2, self.state.shape) - 1
        self.words = kernels.aligned((4, LANES), np.uint32)
        self.words[:] = rng.integers(1, 2**32, self.words.shape, dtype=np.uint32)

    def place(self, spins: Spins) -> None:
        self.state[:, : self.n_chains] = spins.T

    def sweep(self, n_sweeps: int, beta: Floats) -> Ints:
        lanes, flips = kernels.aligned((LANES,), np.float32), kernels.aligned((LANES,), np.int32)
        lanes[: self.n_chains] = beta
        kernels.sweeps(n_sweeps, *self.dynamics, lanes, self.state, self.words, flips, self.form)
        return flips[: self.n_chains].astype(np.int64)

    def spins(self) -> Spins:
        return self.state.astype(np.int8)[:, : self.n_chains].T

    def energies(self) -> Floats:
        energies = np.empty(LANES)
        kernels.energies(self.state, energies, self.form)
        return energies[: self.n_chains]


class OneByOne:
    """Chains of an energy with a hidden layer, run by the kernel of its activation; or with no network, if few."""

    def __init__(
        self,
        energy: Energy,
        form: SpinForm,
        networks: Sequence[tuple[float, Network]],
        n_chains: int,
        dynamics: Dynamics,
        rng: np.random.Generator,
    ) -> None:
        n = len(form.fields)
        layers = [network.linear_layers[0] for _, network in networks]
        self.weights = _stack([torch.empty(0, n), *(layer.weight for layer in layers)])  # (H, N), of all networks
        self.bias = _stack([torch.empty(0), *(layer.bias for layer in layers)])
        self.output = _stack([torch.empty(0), *(factor * network.output for factor, network in networks)])
        listed = (form.couplings.astype(np.float32), form.neighbours.astype(np.int64), form.start.astype(np.int64))
        self.couplings = sparse.csr_array(listed, shape=(n, n)).toarray()
        self.kernel = network_walk.SWEEPS[networks[0][1].activation if networks else "relu"]
        self.energy, self.form, self.dynamics = energy, form, dynamics
        self.n_chains = n_chains
        self.state = (2 * rng.integers(0, 2, (n_chains, n)) - 1).astype(np.float32)
        self.words = rng.integers(1, 2**32, (n_chains, 4, n), dtype=np.uint32)

    def place(self, spins: Spins) -> None:
        self.state = spins.astype(np.float32)

    def sweep(self, n_sweeps: int, beta: Floats) -> Ints:
        z = self.state @ self.weights.T + self.bias
        columns = np.ascontiguousarray(self.weights.T)
        flips = np.zeros(len(self.state), np.int64)
        chains = network_walk.Chains(self.state, self.words, flips, z)
        terms = network_walk.Terms(self.form, self.couplings, columns, self.output)
        self.kernel(n_sweeps, *self.dynamics, beta, chains, terms)
        return flips

    def spins(self) -> Spins:
        return self.state.astype(np.int8)

    def energies(self) -> Floats:
        return _energies(self.energy, torch.from_numpy(self.state))


class General:
    """Any energy: one `forward` a proposal for all chains together."""

    def __init__(self, energy: Energy, n_chains: int, dynamics: Dynamics, seed: int) -> None:
        self.energy, self.dynamics, self.n_chains = energy, dynamics, n_chains
        self.random = torch.Generator().manual_seed(seed)
        start = torch.randint(0, 2, (n_chains, energy.n_spins), generator=self.random)
        self.state = (2 * start - 1).to(torch.int8)

    def place(self, spins: Spins) -> None:
        self.state = torch.from_numpy(spins.copy())

    @torch.no_grad()
    def sweep(self, n_sweeps: int, beta: Floats) -> Ints:
        state, n = self.state, self.energy.n_spins
        current = self.energy.forward(state)
        inverse = torch.from_numpy(beta).to(current)
        flips = torch.zeros(len(state), dtype=torch.int64)
        for _ in range(n_sweeps):
            at_random = self.dynamics.at_random
            order = torch.randint(0, n, (n,), generator=self.random) if at_random else torch.arange(n)
            for site in order.tolist():
                state[:, site] *= -1
                proposed = self.energy.forward(state)
                change = inverse * (proposed - current)
                chance = torch.exp(-change) if self.dynamics.metropolis else torch.sigmoid(-change)
                accepted = torch.rand(len(state), generator=self.random, dtype=chance.dtype) < chance
                state[:, site] *= torch.where(accepted, 1, -1).to(torch.int8)
                current = torch.where(accepted, proposed, current)
                flips += accepted
        return flips.numpy()

    def spins(self) -> Spins:
        return self.state.numpy().copy()

    def energies(self) -> Floats:
        return _energies(self.energy, self.state)


@torch.no_grad()
def _energies(energy: Energy, state: Tensor) -> Floats:
    return energy.forward(state).double().cpu().numpy()


def _stack(tensors: Sequence[Tensor]) -> Single:
    return torch.cat([tensor.detach().cpu().float() for tensor in tensors]).numpy()
