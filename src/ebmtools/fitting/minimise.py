"""L-BFGS over the parameters of a torch objective, with l1 penalties whose zeros are exact."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence

import numpy as np
import torch
from scipy.optimize import minimize
from torch import Tensor, nn

from ebmtools.checks import Floats

GRADIENT_TOLERANCE = 1e-6


def minimise(loss: Callable[[], Tensor], parameters: Sequence[nn.Parameter], l1: Sequence[float]) -> tuple[float, bool]:
    """Minimise loss() + sum_k l1_k |parameters_k|_1 in place by L-BFGS-B; return the minimum and whether it was met.

    Where l1 > 0 a parameter is split into its positive and negative part, each >= 0, so that zeros are exact.
    """
    sizes = [p.numel() for p in parameters]
    penalty = np.concatenate([np.full(size, weight) for size, weight in zip(sizes, l1, strict=True)])
    split = penalty > 0

    def assign(vector: Floats) -> None:
        flat = torch.from_numpy(vector)
        with torch.no_grad():
            for parameter, part in zip(parameters, torch.split(flat, sizes), strict=True):
                parameter.copy_(part.reshape(parameter.shape))

    def value_and_gradient(x: Floats) -> tuple[float, Floats]:
        vector = x[: len(split)].copy()
        vector[split] -= x[len(split) :]
        assign(vector)
        value = loss()
        gradients = torch.autograd.grad(value, list(parameters))
        slope = np.concatenate([g.detach().double().numpy().ravel() for g in gradients])
        total = float(value.detach()) + float(penalty[split] @ (x[: len(split)][split] + x[len(split) :]))
        return total, np.concatenate([slope + penalty, penalty[split] - slope[split]])

    start = np.concatenate([p.detach().double().numpy().ravel() for p in parameters])
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
        warnings.warn(
            f"the fit stopped before its optimum: largest gradient {np.abs(gradient).max():.1e}, largest parameter "
            f"{np.abs(vector).max():.1f} ({result.message}). If a spin is determined by others the optimum lies at "
            "infinity: add l2 > 0, or leave the spin out.",
            RuntimeWarning,
            stacklevel=4,
        )
    return float(result.fun), converged
