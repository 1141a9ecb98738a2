"""Compiled coordinate descent on a quadratic with an l1 penalty: one step of a proximal Newton method.

Layout: a quadratic g.d + d.H d / 2 around x is given by its Hessian H, rows contiguous, and its gradient g at x. When
x_j moves by d, row j of H, times d, is added to g, so a coordinate costs one pass over a row, and nothing where it
stays at zero.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ebmtools.kernels.jit import compiled

Floats = npt.NDArray[np.float64]
Curvatures = npt.NDArray[np.float32]

_FLAT = 1e-12


@compiled
def _minimiser(x: float, slope: float, curvature: float, l1: float, l2: float) -> float:
    """Where x goes to minimise slope d + curvature d^2 / 2 + l1 |x + d| + l2 (x + d)^2."""
    total = curvature + 2 * l2
    if total < _FLAT:
        total = _FLAT
    pulled = total * x - slope - 2 * l2 * x
    if pulled > l1:
        return (pulled - l1) / total
    if pulled < -l1:
        return (pulled + l1) / total
    return 0.0


@compiled
def single(hessian: Curvatures, gradient: Floats, x: Floats, l1: Floats, l2: Floats, sweeps: int, goal: float) -> None:
    """Minimise K quadratics, each alone: hessian (K, p, p), gradient and x (K, p), in place; penalties (K, p).

    Stops after a sweep in which no coordinate lowered its function by more than `goal`, or after `sweeps`.
    """
    count, size = x.shape
    for k in range(count):
        for _ in range(sweeps):
            largest = 0.0
            for j in range(size):
                a = hessian[k, j, j]
                there = _minimiser(x[k, j], gradient[k, j], a, l1[k, j], l2[k, j])
                d = there - x[k, j]
                if d != 0.0:
                    x[k, j] = there
                    for m in range(size):
                        gradient[k, m] += d * hessian[k, j, m]
                    largest = max(largest, (a + 2 * l2[k, j]) * d * d)
            if largest <= goal:
                break


@compiled
def shared(
    hessian: Curvatures, gradient: Floats, x: Floats, l1: float, l2: float, free: bool, sweeps: int, goal: float
) -> None:
    """Minimise the sum of N quadratics that share x_ij = x_ji: hessian (N, N + 1, N + 1), gradient and x (N, N + 1).

    Column N holds what each has of its own, without a penalty; it stays where it is unless `free`.
    """
    n = x.shape[0]
    for _ in range(sweeps):
        largest = 0.0
        for i in range(n):
            for j in range(i + 1, n):
                a = np.float64(hessian[i, j, j]) + hessian[j, i, i]
                there = _minimiser(x[i, j], gradient[i, j] + gradient[j, i], a, l1, l2)
                d = there - x[i, j]
                if d != 0.0:
                    x[i, j] = x[j, i] = there
                    for m in range(n + 1):
                        gradient[i, m] += d * hessian[i, j, m]
                        gradient[j, m] += d * hessian[j, i, m]
                    largest = max(largest, (a + 2 * l2) * d * d)
            if free:
                d = _minimiser(x[i, n], gradient[i, n], np.float64(hessian[i, n, n]), 0.0, 0.0) - x[i, n]
                x[i, n] += d
                for m in range(n + 1):
                    gradient[i, m] += d * hessian[i, n, m]
                largest = max(largest, hessian[i, n, n] * d * d)
        if largest <= goal:
            break
