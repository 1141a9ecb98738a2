"""Fits to the optimum for energies that are linear in their trained parameters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from ebmtools.checks import ArrayLike, as_samples, check_nonnegative
from ebmtools.energies.base import Energy, Term, as_energy
from ebmtools.energies.many_body import ManyBody
from ebmtools.energies.pairwise import Pairwise
from ebmtools.fitting import loss
from ebmtools.fitting.curvature import optimum_met
from ebmtools.fitting.lbfgs import minimise
from ebmtools.fitting.linear import LinearPseudolikelihood, Parameters
from ebmtools.fitting.linear_fit import fit_linear
from ebmtools.warnings import InfiniteOptimumWarning, warn

_CERTAIN = 1e-5
"""Nats a sample below which a spin counts as determined by the others."""


@dataclass(frozen=True)
class ConvexFit:
    """An energy fitted to the optimum of its pseudolikelihood."""

    energy: Energy
    """The energy that was given, now trained."""
    objective: float
    """The minimised pseudolikelihood (with the l2 penalty), in nats per sample."""
    converged: bool
    """Whether the optimum was met; if not, a warning was given."""


def fit_convex(energy: Energy, spins: ArrayLike, weights: ArrayLike | None = None, *, l2: float = 0.0) -> ConvexFit:
    """Fit an energy that is linear in its trained parameters to the optimum of the pseudolikelihood, in place.

    `Pairwise` and `ManyBody` energies and their sums are linear. A part all of whose parameters have
    requires_grad=False stays as it is and is evaluated once: that is how a pairwise model is refitted beside a trained
    network. Start from a float64 energy; a float32 one keeps 7 digits of the optimum.

    Parameters
    ----------
    energy : Energy
        Trained in place, starting from its present parameters.
    spins : array-like, shape (M, N)
    weights : array-like, shape (M,), optional
    l2 : float
        Penalty l2 * (sum of the squared trained parameters, fields included), >= 0.

    Returns
    -------
    ConvexFit

    Raises
    ------
    ValueError
        For bad spins or weights, and for an energy without trainable parameters or not linear in them, as a `Network`
        is: it has many optima, and no fit to one of them would be the fit.

    Warns
    -----
    ConvergenceWarning
        If the optimum was not reached.
    InfiniteOptimumWarning
        If it lies at infinity.

    Notes
    -----
    Where the trained parts are one `Pairwise` and at most one `ManyBody`, the preconditioned solver of `fit_pairwise`
    does it, O(M N^2) a step; anything else runs through autograd. Whether an energy is linear is tried, on a few
    samples, along two random directions in its parameters.

    Examples
    --------
    >>> from ebmtools import ManyBody, exact
    >>> truth = ManyBody(3, [(0, 1, 2)], [0.4])
    >>> E = Pairwise(np.zeros((3, 3))) + ManyBody(3, [(0, 1, 2)], [0.0])
    >>> fit = fit_convex(E, exact.states(3), weights=exact.probabilities(truth))
    >>> bool(abs(E.parts[1].coefficients[0] - 0.4) < 1e-5)
    True
    """
    samples, normalised = as_samples(spins, weights, as_energy(energy).check)
    check_nonnegative(l2, "l2")
    terms = energy.terms()
    free = [(factor, part) for factor, part in terms if any(p.requires_grad for p in part.parameters())]
    if not free:
        raise ValueError("energy: it has no trainable parameters. Set requires_grad_(True) on the part to be fitted.")
    _check_linear(free, samples)
    rest = torch.zeros(samples.shape, dtype=torch.float64)
    with torch.no_grad():
        for factor, part in terms:
            if not any(p.requires_grad for p in part.parameters()):
                rest += factor * part.forward_flips(samples)
    with torch.enable_grad():  # whatever the caller has set
        solve = _by_descent if _is_physical(free) else _by_autograd
        value, converged = solve(free, samples, normalised, rest, l2)
    return ConvexFit(energy, value, converged)


def _trained(free: Sequence[Term]) -> list[nn.Parameter]:
    return list({id(p): p for _, part in free for p in part.parameters() if p.requires_grad}.values())


@torch.no_grad()
def _check_linear(free: Sequence[Term], samples: Tensor) -> None:
    """Refuse an energy whose flip changes have a second difference along a direction in its trained parameters."""
    few, parameters = samples[:: max(1, len(samples) // 16)][:16], _trained(free)
    random = torch.Generator().manual_seed(0)
    start = [p.clone() for p in parameters]

    def change(step: float, direction: Sequence[Tensor]) -> Tensor:
        for p, at, d in zip(parameters, start, direction, strict=True):
            p.copy_(at + step * d)
        return torch.stack([factor * part.forward_flips(few).double() for factor, part in free]).sum(0)

    for _ in range(2):
        direction = [torch.randn(p.shape, generator=random).to(p) for p in parameters]
        here, there, back = change(0, direction), change(1, direction), change(-1, direction)
        bend = float((there + back - 2 * here).abs().max())
        change(0, direction)
        if bend > 1e-3 * float((there - back).abs().max() + here.abs().max()):
            names = ", ".join(sorted({type(part).__name__ for _, part in free}))
            raise ValueError(
                f"energy: it is not linear in its trained parameters (those of {names}), so it has no single optimum "
                "to fit. Use `fit`, or set requires_grad_(False) on what is not linear."
            )


def _is_physical(free: Sequence[Term]) -> bool:
    """Whether the trained parts are one whole Pairwise and at most one ManyBody, as they stand."""
    kinds = [type(part) for _, part in free]
    whole = all(factor == 1 and all(p.requires_grad for p in part.parameters()) for factor, part in free)
    return whole and kinds.count(Pairwise) == 1 and kinds.count(ManyBody) == len(kinds) - 1 <= 1


def _by_descent(free: Sequence[Term], samples: Tensor, weights: Tensor, rest: Tensor, l2: float) -> tuple[float, bool]:
    pairwise = next(part for _, part in free if isinstance(part, Pairwise))
    many_body = next((part for _, part in free if isinstance(part, ManyBody)), ManyBody(pairwise.n_spins, [], []))
    problem = LinearPseudolikelihood(samples, weights, many_body.interactions, rest if bool(rest.any()) else None)
    start = Parameters(pairwise.couplings, pairwise.fields, many_body.coefficients)
    fit = fit_linear(problem, l2=l2, l2_others=l2, start=start if any(array.any() for array in start) else None)
    with torch.no_grad():
        pairwise.upper.copy_(torch.from_numpy(fit.at.couplings[np.triu_indices(samples.shape[1], 1)]))
        pairwise.h.copy_(torch.from_numpy(fit.at.fields))
        many_body.xi.copy_(torch.from_numpy(fit.at.coefficients))
    return fit.value, optimum_met(problem, fit, penalised=l2 > 0)


def _by_autograd(free: Sequence[Term], samples: Tensor, weights: Tensor, rest: Tensor, l2: float) -> tuple[float, bool]:
    model = _Beside(free, rest)
    value, converged = minimise(lambda: loss.pseudolikelihood(model, samples, weights), _trained(free), l2)
    with torch.no_grad():
        doubt = weights @ torch.nn.functional.softplus(-model.forward_flips(samples)).double()
    if float(doubt.min()) > _CERTAIN:
        return value, converged
    warn(
        f"the optimum lies at infinity: spin {int(doubt.argmin())} is determined by the other spins in these samples, "
        "and the trained parameters are arbitrary large numbers. Add l2 > 0, or leave the spin out.",
        InfiniteOptimumWarning,
    )
    return value, False


class _Beside(Energy):
    """The trained parts of an energy on one data set, with the flip changes of the others, (M, N), given."""

    def __init__(self, free: Sequence[Term], rest: Tensor) -> None:
        super().__init__(rest.shape[1])
        self.free, self.rest = free, rest

    def forward_flips(self, spins: Tensor) -> Tensor:
        change = self.rest
        for factor, part in self.free:
            change = change + factor * part.forward_flips(spins)
        return change
