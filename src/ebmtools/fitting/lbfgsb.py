"""Any objective of any energy by autograd and L-BFGS-B, to the optimum, with l1 penalties whose zeros are exact."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from ebmtools.checks import Floats
from ebmtools.warnings import ConvergenceWarning, warn

GRADIENT_TOLERANCE = 1e-6


class Penalised(NamedTuple):
    """A parameter with its penalty l1 |x|_1 + l2 |x|^2."""

    parameter: nn.Parameter
    l1: float = 0.0
    l2: float = 0.0


def minimise(loss: Callable[[], Tensor], parameters: Sequence[Penalised]) -> tuple[float, bool]:
    """Minimise loss() and the penalties over the parameters, in place; return the minimum and whether it was met.

    Where l1 > 0 a parameter is split into its positive and negative part, each >= 0, so that zeros are exact.
    """
    from scipy.optimize import minimize  # imported here: it takes a while, and ordinary fits do without

    tensors = [entry.parameter for entry in parameters]
    sizes = [tensor.numel() for tensor in tensors]
    penalty = np.concatenate([np.full(size, entry.l1) for size, entry in zip(sizes, parameters, strict=True)])
    split = penalty > 0

    def assign(vector: Floats) -> None:
        flat = torch.from_numpy(vector)
        with torch.no_grad():
            for tensor, part in zip(tensors, torch.split(flat, sizes), strict=True):
                tensor.copy_(part.reshape(tensor.shape))

    def value_and_gradient(x: Floats) -> tuple[float, Floats]:
        vector = x[: len(split)].copy()
        vector[split] -= x[len(split) :]
        assign(vector)
        value = loss()
        for tensor, _, l2 in parameters:
            value = value + l2 * tensor.square().sum() if l2 else value
        gradients = torch.autograd.grad(value, tensors)
        slope = np.concatenate([g.detach().double().numpy().ravel() for g in gradients])
        total = float(value.detach()) + float(penalty[split] @ (x[: len(split)][split] + x[len(split) :]))
        return total, np.concatenate([slope + penalty, penalty[split] - slope[split]])

    start = np.concatenate([tensor.detach().double().numpy().ravel() for tensor in tensors])
    x0 = np.concatenate([np.where(split, np.maximum(start, 0), start), np.maximum(-start[split], 0)])
    bounds = [(0, None) if s else (None, None) for s in split] + [(0, None)] * int(split.sum())
    options = {"maxiter": 5000, "maxfun": 10000, "maxcor": 20, "ftol": 0.0, "gtol": GRADIENT_TOLERANCE}
    result = minimize(
        value_and_gradient, x0, jac=True, method="L-BFGS-B", bounds=bounds if split.any() else None, options=options
    )
    vector = result.x[: len(split)].copy()
    vector[split] -= result.x[len(split) :]
    assign(vector)
    gradient = np.where((result.x == 0) & np.concatenate([split, np.ones(int(split.sum()), bool)]), 0, result.jac)
    converged = bool(np.isfinite(result.fun)) and float(np.abs(gradient).max()) < 2 * GRADIENT_TOLERANCE
    if not converged:
        warn(
            f"the fit stopped before its optimum: largest gradient {np.abs(gradient).max():.1e}, largest parameter "
            f"{np.abs(vector).max():.1f} ({result.message}). If a spin is determined by others the optimum lies at "
            "infinity: add l2 > 0, or leave the spin out.",
            ConvergenceWarning,
        )
    return float(result.fun), converged
