"""Preconditioned L-BFGS for smooth convex functions, with a line search that needs gradients only.

Near the optimum the value changes by less than single precision resolves, while the gradient still points the way.
Along a line a convex function's derivative only rises, so its zero can be bracketed without comparing values.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[Any]
"""(P,): parameters, in single or double precision."""
MEMORY = 20
MAX_EVALUATIONS = 2000
_FLATTER = 0.5
"""A step is taken when the derivative along it has fallen to this fraction of its start, in size."""


class Minimum(NamedTuple):
    """Where the descent stopped."""

    at: Vector
    value: float
    gap: float
    """Estimated distance of the value from the minimum, half of g H^-1 g with the L-BFGS inverse Hessian."""


def descend(
    value_and_gradient: Callable[[Vector], tuple[float, Vector]],
    precondition: Callable[[Vector], Vector],
    start: Vector,
    tolerance: float,
    first: tuple[float, Vector] | None = None,
    memory: int = MEMORY,
    scaled: bool = False,
) -> Minimum:
    """Minimise a convex function until the estimated gap is at most `tolerance`.

    `precondition` applies a positive definite approximation of the inverse Hessian. Stops early, with the gap it has,
    when no step along the search direction makes its derivative smaller (the limit of the precision). `first` is the
    value and gradient at the start, where they are known; `memory` is the number of steps that are kept. With `scaled`
    the approximation is right up to a factor, which the last step tells.

    >>> bowl = lambda x: (float(x @ x) / 2, x)
    >>> descend(bowl, lambda g: g, np.array([3.0, 4.0]), 1e-12).at
    array([0., 0.])
    """
    x = start
    value, gradient = first or value_and_gradient(x)
    evaluations = 1
    steps: list[tuple[Vector, Vector, float]] = []
    while True:
        direction = -_inverse_hessian(gradient, steps, precondition, scaled)
        slope = float(gradient @ direction)
        gap = -slope / 2
        if gap <= tolerance or evaluations >= MAX_EVALUATIONS:
            return Minimum(x, value, gap)
        low, high, step, found = 0.0, np.inf, 1.0, False
        low_slope = slope
        for _ in range(20):
            candidate = x + step * direction
            new_value, new_gradient = value_and_gradient(candidate)
            evaluations += 1
            new_slope = float(new_gradient @ direction)
            found = abs(new_slope) <= _FLATTER * abs(slope)
            if found:
                break
            if new_slope < 0:
                low, low_slope = step, new_slope
                step = 2 * step if high == np.inf else (low + high) / 2
            else:
                high = step
                fraction = low_slope / (low_slope - new_slope)  # where a straight derivative would cross zero
                step = low + (high - low) * min(max(fraction, 0.1), 0.9)
        if not found:
            return Minimum(x, value, gap)
        moved, changed = candidate - x, new_gradient - gradient
        steps = [*steps, (moved, changed, float(moved @ changed))][-memory:]
        x, value, gradient = candidate, new_value, new_gradient


def _inverse_hessian(
    gradient: Vector,
    steps: list[tuple[Vector, Vector, float]],
    precondition: Callable[[Vector], Vector],
    scaled: bool,
) -> Vector:
    """Apply the L-BFGS inverse Hessian to a gradient (two-loop recursion; Nocedal & Wright 2006, algorithm 7.4)."""
    q = gradient.copy()
    factors = []
    for moved, changed, product in reversed(steps):
        factor = (moved @ q) / product
        q -= factor * changed
        factors.append(factor)
    result = precondition(q)
    if scaled and steps:
        _, changed, product = steps[-1]
        result *= product / float(changed @ precondition(changed))
    for (moved, changed, product), factor in zip(steps, reversed(factors), strict=True):
        result += moved * (factor - (changed @ result) / product)
    return result
