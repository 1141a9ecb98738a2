"""Kinds of data: random pairwise couplings, as `ebm.random_hamiltonian` draws them, plus contamination of some kind."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch

import ebmtools as ebm

MIXED = 1.05
"""R-hat above which plain chains are not trusted."""


class Truth(NamedTuple):
    """What the data are drawn from."""

    energy: ebm.Energy
    couplings: np.ndarray
    """The true couplings: the pairwise Walsh coefficients of the whole energy."""
    interactions: list
    """The sets I of all terms of higher order, where they can be listed; else None."""
    contamination: ebm.Energy
    """The energy without its explicit pairwise part."""
    inside: np.ndarray
    """The pairwise Walsh coefficients of the contamination."""


class FourthPower(ebm.Energy):
    """E = -(k / N^3) (sum_i s_i)^4, a smooth function of the magnetisation."""

    def __init__(self, n_spins, k):
        super().__init__(n_spins)
        self.factor = k / n_spins**3

    def forward(self, spins):
        return -self.factor * spins.double().sum(-1) ** 4

    def forward_flips(self, spins):
        s = spins.double()
        total = s.sum(-1, keepdim=True)
        return self.factor * (total**4 - (total - 2 * s) ** 4)

    def coupling(self):
        """The one value of all its pairwise coefficients: s_i s_j comes 8 + 12 (N - 2) times in the fourth power."""
        return self.factor * (8 + 12 * (self.n_spins - 2))


def interactions_of(orders, count, gamma):
    """`count` interactions of strength gamma, shared evenly by the orders."""

    def draw(n_spins, seed):
        number = count or n_spins
        parts = [
            ebm.random_hamiltonian(n_spins, k, gamma=gamma, beta=0.5, n_interactions=number // len(orders), seed=seed)
            for k in orders
        ]
        sets = list(itertools.chain(*(part.interactions for part in parts)))
        many_body = ebm.ManyBody(n_spins, sets, np.concatenate([part.coefficients for part in parts]))
        return Truth(parts[0].parts[0] + many_body, parts[0].couplings, sets, many_body, np.zeros((n_spins, n_spins)))

    return draw


def hidden_units(units, strength):
    """Hidden units, E = -sum_a log cosh(w_a s + b_a), w ~ Normal(0, strength^2 / N), b ~ Normal(0, 1/4)."""

    def draw(n_spins, seed):
        base = ebm.random_hamiltonian(n_spins, seed=seed).parts[0]
        network = ebm.Network(n_spins, (units,), "log_cosh", dtype=torch.float64)
        random = np.random.default_rng([seed, units])
        with torch.no_grad():
            first = network.linear_layers[0]
            first.weight.copy_(torch.tensor(random.normal(0, strength / n_spins**0.5, (units, n_spins))))
            first.bias.copy_(torch.tensor(random.normal(0, 0.5, units)))
            network.output.fill_(-1.0)
        inside = ebm.couplings(network).values
        return Truth(base + network, base.couplings + inside, None, network, inside)

    return draw


def magnetisation(k):
    """A smooth function of the magnetisation, the fourth power."""

    def draw(n_spins, seed):
        base, power = ebm.random_hamiltonian(n_spins, seed=seed).parts[0], FourthPower(n_spins, k)
        inside = power.coupling() * (1 - np.eye(n_spins))
        return Truth(base + power, base.couplings + inside, None, power, inside)

    return draw


@dataclass(frozen=True)
class Scenario:
    """A kind of data, and how much of it."""

    contamination: Callable[[int, int], Truth]
    n_spins: int = 32
    n_samples: int = 10_000
    epochs: int = 40
    weight_decays: tuple[float, ...] = (0.3, 1.0)
    """Tried by the networks; the best is about 10^4 / samples, or somewhat less."""
    tempered: bool = False
    lasso: bool = False
    """Whether L1 on all triples is tried."""
    highest_order: int = 4
    """Above 4: pursuit is also tried up to this order."""

    def draw(self, instance):
        """The instance, its samples, and their worst R-hat. Plain chains that did not mix are replaced by tempering."""
        truth = self.contamination(self.n_spins, instance)
        seed = 1000 + instance
        if not self.tempered:
            chains = max(128, self.n_samples // 10)
            drawn = ebm.sample(truth.energy, self.n_samples, n_chains=chains, warmup=500, thin=20, seed=seed)
            if worst_rhat(drawn) < MIXED:
                return truth, drawn.spins, worst_rhat(drawn)
        drawn = ebm.parallel_tempering(truth.energy, self.n_samples, n_chains=128, thin=10, seed=seed).draws
        return truth, drawn.spins, worst_rhat(drawn)


def worst_rhat(drawn):
    """The largest R-hat of the energy, the magnetisation and all single spins."""
    observed = [drawn.energies, drawn.chains.mean(axis=2), *drawn.chains.transpose(2, 0, 1)]
    return max(drawn.rhat_of(values) for values in observed)


SCENARIOS = {
    "nothing to find": Scenario(interactions_of((3,), 0, 0.0), lasso=True),
    "triples": Scenario(interactions_of((3,), 0, 1.0), lasso=True),
    "quadruples": Scenario(interactions_of((4,), 0, 1.0)),
    "order 5": Scenario(interactions_of((5,), 0, 2.0), tempered=True, highest_order=5),
    "order 6": Scenario(interactions_of((6,), 0, 2.0), tempered=True, highest_order=6),
    "mixed orders": Scenario(interactions_of((3, 4, 5, 6), 0, 1.0), tempered=True, highest_order=6),
    "many weak": Scenario(interactions_of((3,), 640, 0.05), lasso=True),
    "hidden units": Scenario(hidden_units(8, 2.0)),
    "magnetisation": Scenario(magnetisation(-4.0)),
    "few samples": Scenario(
        interactions_of((3,), 0, 1.0), n_samples=1000, weight_decays=(0.3, 1.0, 3.0, 10.0), lasso=True
    ),
    "many samples": Scenario(interactions_of((3,), 0, 1.0), n_samples=100_000, epochs=15, weight_decays=(0.1, 0.3)),
    "more spins": Scenario(interactions_of((3,), 0, 1.0), n_spins=96, tempered=True),
}
"""Interactions: as many as spins unless a number is given; gamma is their strength relative to the couplings."""
