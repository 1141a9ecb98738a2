r"""The Hessian of a pseudolikelihood in all parameters, never formed, and combinations of scores with it.

A = sum_i S_i^T H_i S_i with one block H_i for what site i sees. A x = b is solved by conjugate gradients for many b at
once, preconditioned by the inverse blocks. With u_b the score of sample b in all
parameters, a combination d . u_b has the variance sum_b w_b (d . u_b)^2. The coefficient of an interaction k in the
model moves with d = A^-1 e_k; the score of one outside, with the others' part projected out, has d = e_k - A_oo^-1 A_ok
for the others o. Either takes one solve an interaction.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import torch
from torch import Tensor

from ebmtools.checks import Floats
from ebmtools.fitting.curvature import Curvature
from ebmtools.fitting.linear import LinearPseudolikelihood, Parameters

Operator = Callable[[Tensor], Tensor]
_TOLERANCE = 1e-3
"""Relative residual of the solves: each standard error is good to about this fraction."""
_MAX_STEPS = 50


class Hessian:
    """A and its preconditioner for right-hand sides (P + 1, B); the last row is a dummy that stays zero.

    Parameters numbered `end` and up are held fixed.
    """

    def __init__(self, sites: Curvature, dtype: torch.dtype, end: int | None = None) -> None:
        self.sites, self.numbers = sites, sites.numbers
        fixed = sites.missing if end is None else self.numbers >= end
        free = (~fixed).double()
        self.blocks = sites.curvature * free[:, :, None] * free[:, None] + torch.diag_embed(fixed.double())
        self.curvature = self.blocks.to(dtype)

    def scatter(self, local: Tensor) -> Tensor:
        """Add up (N, n_seen, B) into the parameters."""
        width = local.shape[2]
        total = local.new_zeros(self.sites.n_parameters + 1, width)
        total.index_add_(0, self.numbers.reshape(-1), local.reshape(-1, width))
        total[-1] = 0
        return total

    def apply(self, x: Tensor) -> Tensor:
        """A x."""
        return self.scatter(self.curvature @ x[self.numbers])

    @cached_property
    def inverse(self) -> Tensor:
        """The inverse of every block, without the directions that the data leave open (spins that copy others)."""
        flat = self.spectrum[0] < self.sites.flat
        values, vectors = torch.where(flat, torch.inf, self.spectrum[0]), self.spectrum[1]
        inverse: Tensor = ((vectors / values[:, None]) @ vectors.transpose(1, 2)).to(self.curvature.dtype)
        return inverse

    @cached_property
    def spectrum(self) -> tuple[Tensor, Tensor]:
        """Eigenvalues, rising, and eigenvectors of every block."""
        values, vectors = torch.linalg.eigh(self.blocks)
        return values, vectors

    def open_parameters(self) -> Tensor:
        """Return the numbers of the parameters with a part in a direction along which a site's objective is flat."""
        flat = (self.spectrum[0] < self.sites.flat).double()
        part = (self.spectrum[1].square() * flat[:, None]).sum(2)
        return self.numbers[part > 0.01]

    @cached_property
    def averaging(self) -> Tensor:
        """Weighted additive Schwarz: every site solves for itself, and counts by its curvature."""
        own = self.curvature.diagonal(dim1=1, dim2=2)
        weight = own / self.scatter(own[:, :, None])[self.numbers][:, :, 0].clamp_min(1e-30)
        averaging: Tensor = weight[:, :, None] * self.inverse * weight[:, None]
        return averaging

    def solve(self, right: Tensor) -> Tensor:
        """A^-1 x."""
        solution: Tensor = _conjugate_gradients(
            self.apply, lambda x: self.scatter(self.averaging @ x[self.numbers]), right
        )
        return solution


def unit_vectors(sites: Curvature, count: int, dtype: torch.dtype) -> Tensor:
    """Unit vectors of the last `count` interactions, (P + 1, count)."""
    unit = torch.zeros(sites.n_parameters + 1, count, dtype=dtype)
    unit[sites.n_parameters - count : -1] = torch.eye(count, dtype=dtype)
    return unit


def mean_and_error(
    problem: LinearPseudolikelihood, at: Parameters, variance_weights: Tensor, hessian: Hessian, direction: Tensor
) -> tuple[Floats, Floats]:
    """Mean and standard error of d . u_b for every column d, both (K,).

    An error 1 % too small makes a false |z| > 5 more likely by 28 %, hence the leverage.
    """
    sites = hessian.sites
    mean, square = (torch.zeros(direction.shape[1], dtype=torch.float64) for _ in range(2))
    for part, s, field in problem.local_fields(at, sites.block):
        slope = 2 * s * torch.sigmoid(-2 * s * field)
        moved = (direction.T @ hessian.scatter(sites.features(s) * slope[:, None])).double()
        mean += moved @ problem.weights[part]
        square += moved.square() @ variance_weights[part]
    return mean.numpy(), square.sqrt().numpy() / (1 - sites.leverage(variance_weights))


def _conjugate_gradients(apply: Operator, precondition: Operator, right: Tensor) -> Tensor:
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
