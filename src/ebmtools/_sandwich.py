r"""Sandwich standard errors of a fit that is linear in its parameters (Godambe 1960; White 1982).

With the score u_b of sample b and the Hessian A of the objective, the estimate moves by A^-1 u_b / M when that sample
enters, so Var(theta_p) = (1/M) < (A^-1 u_b)_p^2 >. A is never formed: it is a sum over sites of one block H_i for the
parameters that site i sees, A = sum_i S_i^T H_i S_i, and A x = u_b is solved for a thousand samples at a time by
conjugate gradients, preconditioned by the inverse blocks. Cost: about 5 x 4 M N^3 operations, O(N) times a fit; memory
O(N^3 + N^2 BATCH).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from ebmtools._linear_objective import LinearPseudolikelihood, Parameters
from ebmtools._sites import Sites
from ebmtools.spins import ArrayLike

Operator = Callable[[Tensor], Tensor]
_TOLERANCE = 1e-3
"""Relative residual of the solves: each standard error is good to about this share."""
_MAX_STEPS = 50


def standard_errors(
    problem: LinearPseudolikelihood,
    at: Parameters,
    shares: Tensor,
    symmetric: bool = True,
    fields: bool = True,
    l2: float = 0.0,
) -> Parameters:
    """Return the standard error of every coupling, (N, N), field, (N,), and coefficient, (K,).

    `shares` (M,) is what sample b contributes to the variance: weight / (number of samples) for counts.
    If not symmetric, `at.couplings` holds each site's own row, and the errors are those of the average (J + J^T) / 2.
    """
    sites = Sites(problem, at, fields, l2 if symmetric else 2 * l2)  # a shared J_ij is penalised once, seen twice
    numbers, dtype = sites.numbers, problem.dtype
    n = len(numbers)
    curvature = (sites.curvature + torch.diag_embed(sites.missing.double())).to(dtype)
    inverse = torch.linalg.inv(curvature.double()).to(dtype)
    flat = numbers.reshape(-1)
    variance = torch.zeros(sites.n_parameters + 1, dtype=torch.float64)

    def scatter(local: Tensor) -> Tensor:
        """Add up (N, n_seen, B) into the parameters, (P + 1, B), the dummy staying zero."""
        width = local.shape[2]
        total = local.new_zeros(sites.n_parameters + 1, width).index_add_(0, flat, local.reshape(-1, width))
        total[-1] = 0
        return total

    def hessian(x: Tensor) -> Tensor:
        return scatter(curvature @ x[numbers])

    # Solve every site for itself and average, each site with the weight of its curvature (weighted additive Schwarz).
    own = curvature.diagonal(dim1=1, dim2=2)
    share = own / scatter(own[:, :, None])[numbers][:, :, 0].clamp_min(1e-30)
    averaging = share[:, :, None] * inverse * share[:, None]

    def schwarz(gradient: Tensor) -> Tensor:
        return scatter(averaging @ gradient[numbers])

    for part, s, field in problem.local_fields(at, sites.block):
        slope = 2 * s * torch.sigmoid(-2 * s * field)
        score = sites.features(s) * slope[:, None]
        if symmetric:
            moved = _solve(hessian, schwarz, scatter(score))
        else:
            moved = scatter(inverse @ score)
            moved[: sites.n_pairs] /= 2
        variance += moved.double().square() @ shares[part]
    errors = variance.sqrt().numpy()
    couplings = np.zeros((n, n))
    couplings[np.triu_indices(n, 1)] = errors[: sites.n_pairs]
    fields_error = errors[sites.n_pairs : sites.n_pairs + n]
    return Parameters(couplings + couplings.T, fields_error, errors[sites.n_pairs + n : -1])


def _solve(apply: Operator, precondition: Operator, right: Tensor) -> Tensor:
    """Solve A x = b for every column of `right` by preconditioned conjugate gradients."""
    x, residual = torch.zeros_like(right), right.clone()
    direction = precondition(residual)
    size = (residual * direction).sum(0)
    goal = _TOLERANCE**2 * size.mean()  # of the average sample: errors are averages over samples
    for _ in range(_MAX_STEPS):
        applied = apply(direction)
        step = size / (direction * applied).sum(0).clamp_min(1e-30)
        x += step * direction
        residual -= step * applied
        preconditioned = precondition(residual)
        new_size = (residual * preconditioned).sum(0)
        if float(new_size.mean()) <= float(goal):
            break
        direction = preconditioned + (new_size / size.clamp_min(1e-30)) * direction
        size = new_size
    return x


def variance_shares(weights: ArrayLike | None, n_samples: int) -> Tensor:
    """Return what each sample adds to the variance of a mean, (M,): 1 / M^2 for M samples of weight one.

    Whole numbers are counts of a histogram with sum(weights) samples; other weights belong to single samples. Samples
    of weight zero are left out.
    """
    if weights is None:
        return torch.full((n_samples,), 1 / n_samples**2, dtype=torch.float64)
    vector = torch.as_tensor(np.asarray(weights, np.float64))
    vector = vector[vector > 0]
    total = vector.sum()
    counts = bool((vector == vector.round()).all())
    return vector / total**2 if counts else (vector / total) ** 2
