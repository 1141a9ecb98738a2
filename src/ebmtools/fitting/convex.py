"""Fits to the optimum for energies that are linear in their trained parameters."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ebmtools.checks import ArrayLike, as_samples
from ebmtools.energies.base import Energy
from ebmtools.energies.polynomial import ManyBody, Pairwise
from ebmtools.fitting import objectives
from ebmtools.fitting.minimise import minimise
from ebmtools.fitting.newton import fit_linear
from ebmtools.fitting.pseudolikelihood import LinearPseudolikelihood, Parameters
from ebmtools.fitting.sites import warn_if_open

_CERTAIN = 1e-5
"""Nats a sample below which a spin counts as determined by the others."""


@dataclass(frozen=True)
class ConvexFit:
    """An energy fitted to the optimum of its pseudolikelihood."""

    energy: Energy
    """The energy that was given, now trained."""
    objective: float
    """The minimised pseudolikelihood (with the l2 penalty), in nats a sample."""
    converged: bool
    """Whether the optimum was met; if not, a warning was given."""


def fit_convex(energy: Energy, spins: ArrayLike, weights: ArrayLike | None = None, l2: float = 0.0) -> ConvexFit:
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
        For bad spins or weights, or an energy without trainable parameters.

    Warns
    -----
    RuntimeWarning
        If the optimum was not reached or lies at infinity.

    Notes
    -----
    Where the trained parts are one `Pairwise` and at most one `ManyBody`, the preconditioned solver of `fit_pairwise`
    does it, O(M N^2) a step; anything else runs through autograd.

    Examples
    --------
    >>> from ebmtools import ManyBody, exact
    >>> truth = ManyBody(3, [(0, 1, 2)], [0.4])
    >>> E = Pairwise(np.zeros((3, 3))) + ManyBody(3, [(0, 1, 2)], [0.0])
    >>> fit = fit_convex(E, exact.states(3), weights=exact.probabilities(truth))
    >>> bool(abs(E.parts[1].coefficients[0] - 0.4) < 1e-5)
    True
    """
    samples, probability = as_samples(spins, energy.n_spins, weights)
    if not np.isfinite(l2) or l2 < 0:
        raise ValueError(f"l2: got {l2}, expected a finite number >= 0.")
    terms = energy.terms()
    free = [(factor, part) for factor, part in terms if any(p.requires_grad for p in part.parameters())]
    if not free:
        raise ValueError("energy: it has no trainable parameters. Set requires_grad_(True) on the part to be fitted.")
    rest = torch.zeros(samples.shape, dtype=torch.float64)
    with torch.no_grad():
        for factor, part in terms:
            if not any(p.requires_grad for p in part.parameters()):
                rest += factor * part.flip_change(samples)
    if _is_linear(free):
        value, converged = _solve(free, samples, probability, rest, l2)
    else:
        value, converged = _descend(free, samples, probability, rest, l2)
    return ConvexFit(energy, value, converged)


def _is_linear(free: list[tuple[float, Energy]]) -> bool:
    """Whether the trained parts are one whole Pairwise and at most one ManyBody, as they stand."""
    kinds = [type(part) for _, part in free]
    whole = all(factor == 1 and all(p.requires_grad for p in part.parameters()) for factor, part in free)
    return whole and kinds.count(Pairwise) == 1 and kinds.count(ManyBody) == len(kinds) - 1 <= 1


def _solve(
    free: list[tuple[float, Energy]], samples: Tensor, weights: Tensor, rest: Tensor, l2: float
) -> tuple[float, bool]:
    pairwise = next(part for _, part in free if isinstance(part, Pairwise))
    many_body = next((part for _, part in free if isinstance(part, ManyBody)), ManyBody(len(pairwise.fields), [], []))
    problem = LinearPseudolikelihood(samples, weights, many_body.interactions, rest if bool(rest.any()) else None)
    start = Parameters(pairwise.couplings, pairwise.fields, many_body.coefficients)
    fit = fit_linear(problem, l2=l2, l2_others=l2, start=start if any(array.any() for array in start) else None)
    with torch.no_grad():
        pairwise.upper.copy_(torch.from_numpy(fit.at.couplings[np.triu_indices(samples.shape[1], 1)]))
        pairwise.local_fields.copy_(torch.from_numpy(fit.at.fields))
        many_body.xi.copy_(torch.from_numpy(fit.at.coefficients))
    return fit.value, fit.converged and not (l2 == 0 and warn_if_open(problem, fit.at, fields=True))


def _descend(
    free: list[tuple[float, Energy]], samples: Tensor, weights: Tensor, rest: Tensor, l2: float
) -> tuple[float, bool]:
    parameters = [p for _, part in free for p in part.parameters() if p.requires_grad]
    model = _Beside(free, rest)

    def loss() -> Tensor:
        value = objectives.pseudolikelihood(model, samples, weights)
        return value + l2 * torch.stack([p.square().sum() for p in parameters]).sum() if l2 else value

    value, converged = minimise(loss, parameters, l1=[0.0] * len(parameters))
    with torch.no_grad():
        doubt = weights @ torch.nn.functional.softplus(-model.flip_change(samples)).double()
    if float(doubt.min()) > _CERTAIN:
        return value, converged
    warnings.warn(
        f"the optimum lies at infinity: spin {int(doubt.argmin())} is determined by the other spins in these samples, "
        "and the trained parameters are arbitrary large numbers. Add l2 > 0, or leave the spin out.",
        RuntimeWarning,
        stacklevel=3,
    )
    return value, False


class _Beside(Energy):
    """The trained parts of an energy on one data set, with the flip changes of the others, (M, N), given."""

    def __init__(self, free: list[tuple[float, Energy]], rest: Tensor) -> None:
        super().__init__(rest.shape[1])
        self.free, self.rest = free, rest

    def _flip_change(self, spins: Tensor) -> Tensor:
        change = self.rest
        for factor, part in self.free:
            change = change + factor * part._flip_change(spins)
        return change
