"""What an energy of physics is made of, as numbers: fields, couplings, and interactions of higher order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ebmtools.checks import Floats
from ebmtools.energies.base import Energy, Term


@dataclass(frozen=True)
class Polynomial:
    """E(s) = -sum_i h_i s_i - sum_{i<j} J_ij s_i s_j - sum_I xi_I prod_{i in I} s_i. Polynomials add, and scale."""

    fields: Floats
    """h, (N,)."""
    couplings: Floats
    """J, (N, N): symmetric, zero diagonal."""
    interactions: dict[tuple[int, ...], float]
    """xi_I of each set of three spins or more."""

    def __add__(self, other: Polynomial) -> Polynomial:
        interactions = dict(self.interactions)
        for indices, xi in other.interactions.items():
            interactions[indices] = interactions.get(indices, 0.0) + xi
        return Polynomial(self.fields + other.fields, self.couplings + other.couplings, interactions)

    def __rmul__(self, factor: float) -> Polynomial:
        interactions = {indices: factor * xi for indices, xi in self.interactions.items()}
        return Polynomial(factor * self.fields, factor * self.couplings, interactions)


def separate(energy: Energy) -> tuple[Polynomial, list[Term]]:
    """Return the terms of an energy that have a polynomial, as one, and the list of all others.

    >>> from ebmtools import ManyBody, Network, Pairwise
    >>> polynomial, others = separate(Pairwise([[0, 1], [1, 0]]) + 0.5 * ManyBody(2, [(0, 1)], [1]) + Network(2, (3,)))
    >>> polynomial.couplings.tolist(), len(others)
    ([[0.0, 1.5], [1.5, 0.0]], 1)
    """
    found: list[Polynomial] = []
    others: list[Term] = []
    for factor, part in energy.terms():
        polynomial = part.polynomial()
        if polynomial is None:
            others.append((factor, part))
        else:
            found.append(polynomial if factor == 1 else factor * polynomial)
    n = energy.n_spins
    return sum(found[1:], found[0]) if found else Polynomial(np.zeros(n), np.zeros((n, n)), {}), others
