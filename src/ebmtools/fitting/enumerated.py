"""The pairwise model of largest likelihood over all 2^N states, by Newton's method."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from torch import Tensor

from ebmtools import kernels
from ebmtools.checks import Floats
from ebmtools.fitting.likelihood import INFINITE, Likelihood, moments_of
from ebmtools.fitting.linear import Parameters
from ebmtools.sampling import exact
from ebmtools.warnings import ConvergenceWarning, warn

ENUMERABLE = 20
"""Spins up to which all states are listed."""
NEWTON_STEPS, _DAMPING = 100, 1e-12


def fit_exactly(
    samples: Tensor, weights: Tensor, start: Parameters, *, fields: bool = True, l1: float = 0.0, l2: float = 0.0
) -> Likelihood:
    """Minimise the negative log likelihood + l1 sum_{i<j} |J_ij| + l2 sum_{i<j} J_ij^2 over all 2^N states, by Newton.

    One fast Walsh transform of p gives the model's moments of all orders: the gradient has those of one and two spins,
    the Hessian, the covariance of these, those of four. So a step costs two transforms, O(N 2^N), and O(p^3) for
    p = N (N + 1) / 2 parameters; about ten steps; memory a few times 8 * 2^N bytes.
    """
    means, pairs = moments_of(samples, weights)
    n = samples.shape[1]
    upper = np.triu_indices(n, 1)
    bit = 1 << np.arange(n - 1, -1, -1)
    sets = np.concatenate([bit[upper[0]] | bit[upper[1]], bit[: n * fields]])  # each as `exact.subset_index`
    first, second = np.zeros(len(sets)), np.zeros(len(sets))
    first[: len(upper[0])], second[: len(upper[0])] = l1, l2
    target = np.concatenate([pairs[upper], means[: n * fields]])

    def penalty(x: Floats) -> float:
        return float(first @ np.abs(x) + second @ x**2)

    def objective(x: Floats) -> tuple[float, Floats]:
        """Its value, and the probabilities of all states."""
        coefficients = np.zeros(2**n)
        coefficients[sets] = x
        exponent = exact.walsh_sum(coefficients)
        largest = exponent.max()
        p = np.exp(exponent - largest)
        total = p.sum()
        return float(largest + math.log(total) - x @ target) + penalty(x), p / total

    x = np.concatenate([start.couplings[upper], start.fields[: n * fields]])
    value, p = objective(x)
    gap, reach, size = math.inf, 1e-19 * len(x), 0.0
    for _ in range(NEWTON_STEPS):
        moments = 2.0**n * exact.walsh_transform(p)
        slope = moments[sets] - target
        hessian: Floats = moments[sets[:, None] ^ sets] - np.outer(moments[sets], moments[sets])
        hessian += _DAMPING * np.diag(hessian.diagonal() + _DAMPING)
        goal = _quadratic(hessian, slope, x, first, second)
        move = goal - x
        gap = -float(slope @ move + move @ hessian @ move / 2) - penalty(goal) + penalty(x)
        size = np.abs(x).max(initial=0.0)
        if gap <= reach or not size < INFINITE:
            break
        x, value, p = _searched(objective, x, value, gap, move)
    converged = gap <= 1e5 * reach
    if not converged and size < INFINITE:
        warn(
            f"the fit stopped before its optimum: about {gap:.1e} nats per sample above it, largest parameter "
            f"{size:.1f}. If spins determine each other the optimum lies at infinity: add l2 > 0.",
            ConvergenceWarning,
        )
    couplings, local = np.zeros((n, n)), np.zeros(n)
    couplings[upper], local[: n * fields] = x[: len(upper[0])], x[len(upper[0]) :]
    return Likelihood(Parameters(couplings + couplings.T, local, np.zeros(0)), value, gap, converged, 1.0)


def _quadratic(hessian: Floats, slope: Floats, x: Floats, first: Floats, second: Floats) -> Floats:
    """Where slope d + d H d / 2 with the penalties at x + d is least."""
    if not first.any():
        return x - np.linalg.solve(hessian + np.diag(2 * second), slope + 2 * second * x).astype(np.float64)
    there, gradient = x.copy(), slope.copy()
    matrix = hessian.astype(np.float32)
    penalties = first[None], second[None]
    kernels.coordinate_descent.single(matrix[None], gradient[None], there[None], *penalties, 1000, 1e-22)
    return there


def _searched(
    objective: Callable[[Floats], tuple[float, Floats]], x: Floats, value: float, gap: float, move: Floats
) -> tuple[Floats, float, Floats]:
    """Go along a Newton step, halved until the objective falls by a tenth of what is expected."""
    share = 1.0
    while True:
        there = x + share * move
        found, p = objective(there)
        if found <= value - 0.2 * share * gap + 1e-14 * abs(value) or share < 1e-9:
            return there, found, p
        share /= 2
