"""The minimum of a pseudolikelihood that is linear in its parameters, found by preconditioned descent.

The preconditioner is the Hessian at zero couplings, where every site sees the moments C = <s s^T>: a change D of the
couplings costs D C + C D for shared J_ij, and D C where each site has its own. In the eigenbasis of C both are
divisions. The start is minus the inverse of the connected correlations (mean-field inversion; Kappen & Rodriguez 1998),
unless independent spins are better.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ebmtools.checks import Floats
from ebmtools.fitting.descent import descend
from ebmtools.fitting.linear import LinearPseudolikelihood, Parameters

_RIDGE = 1e-3
_STRONGEST = 3.0
_GAP_SINGLE, _GAP_DOUBLE = 3e-12, 1e-17
"""The gap that each precision reaches, in nats per sample and parameter."""
_NEGLIGIBLE = 0.002
"""Log likelihood, in nats for all samples together, up to which a fit of large data is from its optimum."""


@dataclass(frozen=True)
class LinearFit:
    """Where the descent ended; `curvature.optimum_met` judges it."""

    at: Parameters
    value: float
    """The objective with its penalty, nats per sample."""
    gap: float
    """Estimated distance from its minimum, nats per sample."""
    converged: bool


def fit_linear(
    problem: LinearPseudolikelihood,
    *,
    symmetric: bool = True,
    fields: bool = True,
    l2: float = 0.0,
    l2_others: float = 0.0,
    start: Parameters | None = None,
    tolerance: float | None = None,
) -> LinearFit:
    """Minimise the objective + l2 sum J^2 + l2_others (sum h^2 + sum xi^2).

    `tolerance` is the estimated gap, in nats per sample, at which the descent stops; default: far below chance.
    The sum over J runs over pairs, or over all (i, j) if not symmetric.
    """
    n = problem.n_spins
    means, moments = problem.moments()
    layout = _Layout(n, len(problem.interactions), symmetric, fields)
    reach = (_GAP_SINGLE if problem.single else _GAP_DOUBLE) * len(layout)
    if tolerance is None:  # in small data precision is cheap
        tolerance = max(reach, _NEGLIGIBLE * float(problem.weights.min())) if problem.single else reach
    scale, basis = np.linalg.eigh(moments)
    scale = np.maximum(scale, _RIDGE)
    orders = np.array([len(indices) for indices in problem.interactions], np.float64)
    penalty = layout.pack(Parameters(np.full((n, n), l2), np.full(n, l2_others), np.full(len(orders), l2_others)))

    def objective(x: Floats) -> tuple[float, Floats]:
        value, slope = problem.value_and_gradient(layout.unpack(x))
        if symmetric:
            slope = slope._replace(couplings=slope.couplings + slope.couplings.T)
        return value + float(penalty @ x**2), layout.pack(slope) + 2 * penalty * x

    def precondition(gradient: Floats) -> Floats:
        couplings, local, others = layout.unpack(gradient)
        if symmetric:
            rotated = (basis.T @ couplings @ basis) / (scale[:, None] + scale + 2 * l2)
            couplings = basis @ rotated @ basis.T
        else:
            couplings = (couplings @ basis / (scale + 2 * l2)) @ basis.T
        return layout.pack(Parameters(couplings, local / (1 + 2 * l2_others), others / (orders + 2 * l2_others)))

    x = layout.pack(start or _mean_field(means, moments, fields, len(orders)))
    first = objective(x)
    if start is None and first[0] > _independent_value(problem, means, fields):
        x = layout.pack(_independent(means, fields, len(orders)))
        first = objective(x)
    minimum = descend(objective, precondition, x, tolerance, first)
    converged = bool(np.isfinite(minimum.value)) and minimum.gap <= max(tolerance, 100 * reach)
    return LinearFit(layout.unpack(minimum.at), minimum.value, minimum.gap, converged)


def _mean_field(means: Floats, moments: Floats, fields: bool, n_interactions: int) -> Parameters:
    """J = minus the inverse of the connected correlations, off the diagonal; h from the means.

    Where spins are nearly determined this J explodes, and at local fields far above 1 the objective is flat: J is
    scaled down until no site's root-mean-square local field exceeds `_STRONGEST`.
    """
    centre = means if fields else np.zeros_like(means)
    inverse = np.linalg.inv(moments - np.outer(centre, centre) + _RIDGE * np.eye(len(means)))
    couplings = np.diag(np.diag(inverse)) - inverse
    strength = np.sqrt(((couplings @ moments) * couplings).sum(1).max())
    couplings *= min(1.0, _STRONGEST / max(strength, _RIDGE))
    alone = _independent(means, fields, n_interactions)
    return alone._replace(couplings=couplings, fields=alone.fields - couplings @ centre)


def _independent(means: Floats, fields: bool, n_interactions: int) -> Parameters:
    """J = 0 and h = artanh <s>."""
    local = np.arctanh(np.clip(means, -1 + 1e-9, 1 - 1e-9)) if fields else np.zeros_like(means)
    return Parameters(np.zeros((len(means), len(means))), local, np.zeros(n_interactions))


def _independent_value(problem: LinearPseudolikelihood, means: Floats, fields: bool) -> float:
    """The objective of independent spins: their entropy. Beside a frozen rest it takes one evaluation."""
    alone = _independent(means, fields, len(problem.interactions))
    if problem.rest is not None:
        return problem.value_and_gradient(alone)[0]
    up = (1 + np.tanh(alone.fields)) / 2
    return float(-(up * np.log(up) + (1 - up) * np.log(1 - up)).sum())


class _Layout:
    """Parameters as one vector: the couplings above the diagonal (or all off it), the fields, the coefficients."""

    def __init__(self, n_spins: int, n_interactions: int, symmetric: bool, fields: bool) -> None:
        self.n_spins, self.n_interactions, self.symmetric, self.fields = n_spins, n_interactions, symmetric, fields
        self.where = np.triu_indices(n_spins, 1) if symmetric else np.nonzero(~np.eye(n_spins, dtype=bool))

    def __len__(self) -> int:
        return len(self.where[0]) + self.fields * self.n_spins + self.n_interactions

    def pack(self, at: Parameters) -> Floats:
        local = at.fields if self.fields else at.fields[:0]
        return np.concatenate([at.couplings[self.where], local, at.coefficients])

    def unpack(self, x: Floats) -> Parameters:
        n_pairs = len(self.where[0])
        couplings = np.zeros((self.n_spins, self.n_spins))
        couplings[self.where] = x[:n_pairs]
        if self.symmetric:
            couplings += couplings.T
        others = x[len(x) - self.n_interactions :]
        local = x[n_pairs : len(x) - self.n_interactions] if self.fields else np.zeros(self.n_spins)
        return Parameters(couplings, local, others)
