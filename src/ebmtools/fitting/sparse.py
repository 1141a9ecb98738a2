r"""Fits with an l1 penalty, and by interaction screening: a proximal Newton method on all sites at once.

The objective is <sum_i phi(s_i f_i)> with the local fields f_i = h_i + sum_j J_ij s_j; phi(m) = log(1 + exp(-2 m)) is
the pseudolikelihood, phi(m) = exp(-m) interaction screening. Each step minimises the quadratic of every site, with the
penalty, by coordinate descent (`kernels.coordinate_descent`), and goes along it as far as the objective falls. The
Hessians would take M N^3 operations, the passes for values and gradients take M N^2. So Hessians are estimated from
some thousand draws from the data, and kept as long as steps make good progress: then each step costs one pass. Data are
read in blocks, so memory is that of int8 samples and of the Hessians, 4 N^3 bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ebmtools import kernels
from ebmtools.checks import Floats
from ebmtools.fitting.linear import LinearPseudolikelihood, Parameters
from ebmtools.warnings import ConvergenceWarning, warn

TOLERANCE = 1e-9
"""Largest violation of the optimum's conditions: entries of the gradient, nats per sample and unit of the parameter."""
STEPS, _SWEEPS, _BLOCK = 200, 200, 512
_SLOW = 0.5
"""Hessians are computed anew when a step leaves more than this fraction of the violation."""
_ROUGH, _STUCK = 1e-5, 0.9
"""Violation down to which single precision serves, and its fraction from which a step has made no progress."""
_ENOUGH, _EACH = 4096, 64
"""Samples, at least, from which Hessians are estimated; and for each spin, where that is more."""
_FACTORS = 512
"""Numbers up to 2 whose product double precision holds."""


class Loss(NamedTuple):
    """A function phi of the margins s_i f_i, (N, B)."""

    value_and_slope: Callable[[Tensor], tuple[Tensor, Tensor]]
    """sum_i phi, (B,), and phi', (N, B)."""
    curvature: Callable[[Tensor], Tensor]
    """phi'', (N, B)."""


def _logistic(margins: Tensor) -> tuple[Tensor, Tensor]:
    """Of log(1 + exp(-2 m)): one logarithm of a product serves many sites."""
    u = torch.exp(-2 * margins.abs())
    product = 1 + u
    value = -2 * margins.clamp(max=0).sum(0)
    for part in torch.split(product, _FACTORS):
        value += part.prod(0).log()
    return value, torch.copysign(2 / product - 1, margins) - 1


def _logistic_curvature(margins: Tensor) -> Tensor:
    doubt = torch.sigmoid(-2 * margins)
    return 4 * doubt * (1 - doubt)


def _screening(margins: Tensor) -> tuple[Tensor, Tensor]:
    value = torch.exp(-margins)
    return value.sum(0), -value


LOGISTIC = Loss(_logistic, _logistic_curvature)
SCREENING = Loss(_screening, lambda margins: torch.exp(-margins))


class SparseFit(NamedTuple):
    """The optimum that was found."""

    couplings: Floats
    """(N, N): row i is that of site i; symmetric where the sites share them."""
    fields: Floats
    value: float
    """The objective with its penalties, nats per sample."""
    violation: float
    """Of the optimum's conditions: see `TOLERANCE`."""


class SparseProblem:
    """One data set, one loss, and whether sites share their couplings; fitted at any penalty, each from the last.

    Penalties are l1 sum |J_ij| + l2 sum J_ij^2, over pairs where shared, else over each site's own couplings.
    """

    def __init__(self, samples: Tensor, weights: Tensor, loss: Loss, *, shared: bool, fields: bool) -> None:
        self.spins, self.weights = samples.T.contiguous(), weights
        self.some, self.some_weights = _some(self.spins, weights)
        self.loss, self.shared, self.fields = loss, shared, fields
        n = samples.shape[1]
        self.at = np.zeros((n, n + 1))  # couplings, and the field in the last column
        rough = LinearPseudolikelihood(samples, weights) if loss is LOGISTIC else None
        self.rough = rough if rough is not None and rough.single else None
        self.hessians: npt.NDArray[np.float32] | None = None

    def fit(self, l1: float, l2: float, start: Parameters | None = None, tolerance: float = TOLERANCE) -> SparseFit:
        """Minimise; begin where the last fit ended, or at `start`."""
        if start is not None:
            self.at = np.column_stack([start.couplings, start.fields])
        rough = self.rough is not None
        value, gradient = self._evaluated(self.at, l1, l2, rough)
        before = np.inf
        for _ in range(STEPS):
            violation = self._violation(gradient, l1, l2)
            if rough and violation > tolerance and (violation <= _ROUGH or violation > _STUCK * before):
                rough = False
                value, gradient = self._evaluated(self.at, l1, l2, rough)
                violation = self._violation(gradient, l1, l2)
            if violation <= tolerance or not np.isfinite(value):
                break
            if self.hessians is None or violation > _SLOW * before:
                self.hessians = self._curvatures(self.at)
            before = violation
            goal = self._quadratic(self.hessians, gradient, l1, l2)
            move, share = goal - self.at, 1.0
            expected = float((gradient * move).sum()) + self._penalty(goal, l1, l2) - self._penalty(self.at, l1, l2)
            while True:
                there = self.at + share * move
                new_value, new_gradient = self._evaluated(there, l1, l2, rough)
                digits = 1e-7 if rough else 1e-13
                if new_value <= value + 0.1 * share * expected + digits * abs(value) or share < 1e-6:
                    break
                share /= 2
            if share < 1:
                self.hessians = None
            self.at, value, gradient = there, new_value, new_gradient
        return SparseFit(self.at[:, :-1].copy(), self.at[:, -1].copy(), value, violation)

    def _quadratic(self, hessians: npt.NDArray[np.float32], gradient: Floats, l1: float, l2: float) -> Floats:
        """The minimum of the quadratic at the present point, (N, N + 1)."""
        n, x, slope = len(gradient), self.at.copy(), gradient.copy()
        goal = 1e-4 * TOLERANCE**2
        if self.shared:
            kernels.coordinate_descent.shared(hessians, slope, x, l1, l2, self.fields, _SWEEPS, goal)
            return x
        first, second = np.full((n, n + 1), l1), np.full((n, n + 1), l2)
        first[:, n], second[:, n] = (0.0 if self.fields else np.inf), 0.0
        np.fill_diagonal(first, np.inf)
        kernels.coordinate_descent.single(hessians, slope, x, first, second, _SWEEPS, goal)
        return x

    def _evaluated(self, at: Floats, l1: float, l2: float, rough: bool) -> tuple[float, Floats]:
        """The objective with its penalties, and the gradient without; in single precision four times as fast."""
        if not rough or self.rough is None:
            value, gradient = self._pass(at)
        else:
            value, slope = self.rough.value_and_gradient(Parameters(at[:, :-1], at[:, -1], np.zeros(0)))
            gradient = np.column_stack([slope.couplings, slope.fields])
        return value + self._penalty(at, l1, l2), gradient

    def _penalty(self, at: Floats, l1: float, l2: float) -> float:
        couplings = at[:, :-1]
        return float(l1 * np.abs(couplings).sum() + l2 * (couplings**2).sum()) / (2 if self.shared else 1)

    def _violation(self, gradient: Floats, l1: float, l2: float) -> float:
        """How far zero is from the subgradient, the largest entry."""
        x, slope = self.at[:, :-1], gradient[:, :-1]
        slope = (slope + slope.T if self.shared else slope) + 2 * l2 * x
        off = np.where(x == 0, np.maximum(np.abs(slope) - l1, 0), np.abs(slope + l1 * np.sign(x)))
        np.fill_diagonal(off, 0.0)
        return float(max(off.max(initial=0.0), np.abs(gradient[:, -1]).max() if self.fields else 0.0))

    def _pass(self, at: Floats) -> tuple[float, Floats]:
        """The objective without penalties, and the gradient of each site's term by its own parameters, (N, N + 1)."""
        couplings, fields = torch.from_numpy(at[:, :-1]).contiguous(), torch.from_numpy(at[:, -1:])
        value, pairs, own = 0.0, torch.zeros_like(couplings), torch.zeros(len(at), dtype=torch.float64)
        for k in range(0, self.spins.shape[1], _BLOCK):
            s, w = self.spins[:, k : k + _BLOCK].double(), self.weights[k : k + _BLOCK]
            phi, slope = self.loss.value_and_slope(torch.addmm(fields, couplings, s).mul_(s))
            value += float(phi @ w)
            slope *= s.mul(w)
            pairs.addmm_(slope, s.T)
            own += slope.sum(1)
        return value, np.column_stack([pairs.numpy(), own.numpy()])

    def _curvatures(self, at: Floats) -> npt.NDArray[np.float32]:
        """H_i = < phi'' x x^T > of each site, with x = (s, 1), (N, N + 1, N + 1), over some of the samples."""
        n = len(at)
        couplings, fields = torch.from_numpy(at[:, :-1]).float(), torch.from_numpy(at[:, -1:]).float()
        total = torch.zeros(n, n + 1, n + 1)
        for k in range(0, self.some.shape[1], _BLOCK):
            s, w = self.some[:, k : k + _BLOCK].float(), self.some_weights[k : k + _BLOCK]
            curvature = self.loss.curvature(torch.addmm(fields, couplings, s).mul_(s)) * w
            x = torch.cat([s, torch.ones(1, s.shape[1])])
            for i in range(n):
                total[i].addmm_(x * curvature[i], x.T)
        return total.numpy()


def _some(spins: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
    """The data set, or as many draws from it as tell the curvature, and their weights in single precision."""
    enough = max(_ENOUGH, _EACH * spins.shape[0])
    if spins.shape[1] <= enough:
        return spins, weights.float()
    drawn = np.random.default_rng(0).choice(spins.shape[1], enough, p=weights.numpy())
    return spins[:, drawn], torch.full((enough,), 1 / enough)


def fit_sparse(
    samples: Tensor,
    weights: Tensor,
    loss: Loss,
    *,
    shared: bool,
    fields: bool,
    l1: float,
    l2: float,
) -> tuple[SparseFit, bool]:
    """Return the optimum, and whether it was met; warn where not."""
    fit = SparseProblem(samples, weights, loss, shared=shared, fields=fields).fit(l1, l2)
    if fit.violation <= TOLERANCE:
        return fit, True
    warn(
        f"the fit stopped before its optimum: largest gradient {fit.violation:.1e}, largest parameter "
        f"{max(np.abs(fit.couplings).max(), np.abs(fit.fields).max()):.1f}. If a spin is determined by others the "
        "optimum lies at infinity: add l2 > 0, or leave the spin out.",
        ConvergenceWarning,
    )
    return fit, False
