"""The chains behind `sample`: three ways to make sweeps, and `walkers`, which picks the fastest for an energy.

Chains come in blocks, each with its own generators, so that blocks can run in any order or on several threads.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ebmtools import kernels
from ebmtools.checks import Floats, Ints, Spins
from ebmtools.energies.base import Energy
from ebmtools.energies.network import Network, one_layer_networks
from ebmtools.energies.polynomial import Polynomial, separate

if TYPE_CHECKING:
    from ebmtools.kernels.spin_sweeps import SiteTerms

_LARGEST = 1e30
"""Coefficients whose sums single precision holds."""


class Dynamics(NamedTuple):
    """The rule by which single spins flip."""

    metropolis: bool
    at_random: bool


GIBBS = Dynamics(metropolis=False, at_random=False)


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

    def work(self, before: float, after: float) -> Floats:
        """Return what -log of the weight of each state gains, (n_chains,), as beta goes from `before` to `after`."""


def walkers(energy: Energy, n_chains: int, dynamics: Dynamics, seed: int) -> list[Walker]:
    """Return the fastest walkers for an energy: blocks of 128 chains, the last one smaller, or one block of all."""
    for name, parameter in energy.named_parameters():
        if parameter.numel() and not all(math.isfinite(end) for end in parameter.detach().aminmax()):
            raise ValueError(f"energy: its parameter {name!r} has entries that are not finite.")
    polynomial, others = separate(energy)
    terms = terms_of(polynomial)
    largest = max(np.abs(part).max(initial=0.0) for part in (terms.fields, terms.couplings, terms.coefficients))
    if largest > _LARGEST:
        raise ValueError(f"energy: it has a coefficient of size {largest:.3g}, beyond single precision. Scale it down.")
    networks = one_layer_networks(others)
    if len(networks) < len(others) or len({network.activation for _, network in networks}) > 1:
        return [ByForward(energy, n_chains, dynamics, seed)]
    lanes = kernels.spin_sweeps.LANES
    sizes = np.diff([*range(0, n_chains, lanes), n_chains]).tolist()
    seeds = np.random.SeedSequence(seed).spawn(len(sizes))
    blocks = [(size, np.random.default_rng(child)) for size, child in zip(sizes, seeds, strict=True)]
    if networks or _few(terms, n_chains):
        return [OneByOne(energy, polynomial, networks, size, dynamics, rng) for size, rng in blocks]
    return [SideBySide(terms, size, dynamics, rng) for size, rng in blocks]


def terms_of(polynomial: Polynomial) -> SiteTerms:
    """Return a polynomial as the kernels read it."""
    return kernels.spin_sweeps.by_site(polynomial.fields, polynomial.couplings, polynomial.interactions)


def _few(terms: SiteTerms, n_chains: int) -> bool:
    """Whether so few chains are faster one by one. The numbers: ns a visit of a site, measured on a Zen 5 core."""
    n, members = len(terms.fields), len(terms.members)
    alone = 25 + 0.04 * n + 1.5 * members / n
    side_by_side = 45 + 1.4 * (len(terms.couplings) + members) / n
    return bool(n_chains * alone < side_by_side)


class AtOneEnergy:
    """A walker under beta E(s), whatever beta is."""

    def energies(self) -> Floats:
        raise NotImplementedError

    def work(self, before: float, after: float) -> Floats:
        return (after - before) * self.energies()


class SideBySide(AtOneEnergy):
    """Up to 128 chains in the lanes of the kernel; lanes without a chain walk too, at beta = 0.

    `terms` may be replaced between sweeps: then the chains go on under another energy.
    """

    def __init__(self, terms: SiteTerms, n_chains: int, dynamics: Dynamics, rng: np.random.Generator) -> None:
        self.kernel, self.terms = kernels.spin_sweeps, terms
        self.dynamics, self.n_chains, lanes = dynamics, n_chains, self.kernel.LANES
        self.state = self.kernel.aligned((len(terms.fields), lanes), np.float32)
        self.state[:] = 2 * rng.integers(0, 2, self.state.shape) - 1
        self.words = self.kernel.aligned((4, lanes), np.uint32)
        self.words[:] = rng.integers(1, 2**32, self.words.shape, dtype=np.uint32)

    def place(self, spins: Spins) -> None:
        self.state[:, : self.n_chains] = spins.T

    def sweep(self, n_sweeps: int, beta: Floats) -> Ints:
        aligned, lanes = self.kernel.aligned, (self.kernel.LANES,)
        betas, flips = aligned(lanes, np.float32), aligned(lanes, np.int32)
        betas[: self.n_chains] = beta
        self.kernel.sweeps(n_sweeps, *self.dynamics, betas, self.state, self.words, flips, self.terms)
        return flips[: self.n_chains].astype(np.int64)

    def spins(self) -> Spins:
        return self.state.astype(np.int8)[:, : self.n_chains].T

    def energies(self) -> Floats:
        energies = np.empty(self.kernel.LANES)
        self.kernel.energies(self.state, energies, self.terms)
        return energies[: self.n_chains]


class OneByOne(AtOneEnergy):
    """Chains of an energy with hidden layers of one activation, or few chains of an energy without a network."""

    def __init__(
        self,
        energy: Energy,
        polynomial: Polynomial,
        networks: Sequence[tuple[float, Network]],
        n_chains: int,
        dynamics: Dynamics,
        rng: np.random.Generator,
    ) -> None:
        n = energy.n_spins
        layers = [network.linear_layers[0] for _, network in networks]
        self.weights = _stack([torch.empty(0, n), *(layer.weight for layer in layers)])  # (H, N), of all networks
        self.bias = _stack([torch.empty(0), *(layer.bias for layer in layers)])
        output = _stack([torch.empty(0), *(factor * network.output for factor, network in networks)])
        sites = terms_of(polynomial)
        couplings = polynomial.couplings.astype(np.float32)
        columns = np.ascontiguousarray(self.weights.T)
        self.terms = kernels.network_sweeps.Terms(sites, couplings, columns, output)
        self.kind = kernels.activations.kind(networks[0][1].activation if networks else "relu")
        self.energy, self.dynamics, self.n_chains = energy, dynamics, n_chains
        self.state = (2 * rng.integers(0, 2, (n_chains, n)) - 1).astype(np.float32)
        self.words = rng.integers(1, 2**32, (n_chains, 4, n), dtype=np.uint32)

    def place(self, spins: Spins) -> None:
        self.state = spins.astype(np.float32)

    def sweep(self, n_sweeps: int, beta: Floats) -> Ints:
        flips = np.zeros(len(self.state), np.int64)
        z = self.state @ self.weights.T + self.bias
        chains = kernels.network_sweeps.Chains(self.state, self.words, flips, z)
        kernels.network_sweeps.sweeps(self.kind, n_sweeps, *self.dynamics, beta, chains, self.terms)
        return flips

    def spins(self) -> Spins:
        return self.state.astype(np.int8)

    def energies(self) -> Floats:
        return _energies(self.energy, torch.from_numpy(self.state))


class ByForward(AtOneEnergy):
    """Any energy: one `forward` a proposal for all chains together."""

    def __init__(self, energy: Energy, n_chains: int, dynamics: Dynamics, seed: int) -> None:
        self.energy, self.dynamics, self.n_chains = energy, dynamics, n_chains
        self.random = torch.Generator().manual_seed(int(seed))
        start = torch.randint(0, 2, (n_chains, energy.n_spins), generator=self.random)
        self.state = (2 * start - 1).to(torch.int8)

    def place(self, spins: Spins) -> None:
        self.state = torch.from_numpy(spins.copy())

    @torch.no_grad()
    def sweep(self, n_sweeps: int, beta: Floats) -> Ints:
        state, n = self.state, self.energy.n_spins
        current = self.energy.of_shape(self.energy.forward(state), state)
        if bool(torch.isnan(current).any()):
            raise ValueError(f"energy: E is nan at state {state[int(torch.isnan(current).nonzero()[0])].tolist()}.")
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


def _stack(tensors: Sequence[Tensor]) -> npt.NDArray[np.float32]:
    return torch.cat([tensor.detach().cpu().float() for tensor in tensors]).numpy()
