"""Any objective of any energy by autograd and L-BFGS, to the optimum."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from ebmtools.checks import Floats
from ebmtools.warnings import ConvergenceWarning, warn

GRADIENT_TOLERANCE = 1e-6


def minimise(loss: Callable[[], Tensor], parameters: Sequence[nn.Parameter], l2: float) -> tuple[float, bool]:
    """Minimise loss() + l2 |parameters|^2 in place; return the minimum and whether it was met; warn if not."""
    from scipy.optimize import minimize  # imported here: it takes a while, and ordinary fits do without

    sizes = [parameter.numel() for parameter in parameters]

    def assign(vector: Floats) -> None:
        with torch.no_grad():
            for parameter, part in zip(parameters, torch.split(torch.from_numpy(vector), sizes), strict=True):
                parameter.copy_(part.reshape(parameter.shape))

    def value_and_gradient(x: Floats) -> tuple[float, Floats]:
        assign(x)
        value = loss()
        for parameter in parameters if l2 else ():
            value = value + l2 * parameter.square().sum()
        gradients = torch.autograd.grad(value, parameters)
        return float(value.detach()), np.concatenate([g.detach().double().numpy().ravel() for g in gradients])

    start = np.concatenate([parameter.detach().double().numpy().ravel() for parameter in parameters])
    options = {"maxiter": 5000, "maxfun": 10000, "maxcor": 20, "ftol": 0.0, "gtol": GRADIENT_TOLERANCE}
    result = minimize(value_and_gradient, start, jac=True, method="L-BFGS-B", options=options)
    assign(result.x)
    slope = float(np.abs(result.jac).max())
    converged = bool(np.isfinite(result.fun)) and slope < 2 * GRADIENT_TOLERANCE
    if not converged:
        warn(
            f"the fit stopped before its optimum: largest gradient {slope:.1e}, largest parameter "
            f"{np.abs(result.x).max():.1f} ({result.message}). If a spin is determined by others the optimum lies at "
            "infinity: add l2 > 0, or leave the spin out.",
            ConvergenceWarning,
        )
    return float(result.fun), converged
