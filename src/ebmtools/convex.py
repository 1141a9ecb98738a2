"""Fits to the optimum, for energies that are linear in their trained parameters: `fit_pairwise` and `fit_convex`."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from ebmtools import objectives
from ebmtools._minimise import minimise
from ebmtools.energies import Energy
from ebmtools.hamiltonians import Pairwise
from ebmtools.spins import ArrayLike, Floats, as_samples

Objective = Callable[[Energy, Tensor, Tensor | None], Tensor]
OBJECTIVES: dict[str, Objective] = {
    "pseudolikelihood": objectives.pseudolikelihood,
    "interaction-screening": objectives.interaction_screening,
    "likelihood": objectives.likelihood,
}
_CERTAIN = 1e-5
"""Nats a sample below which a spin counts as determined by the others."""


@dataclass(frozen=True)
class PairwiseFit:
    """A fitted pairwise model."""

    energy: Pairwise
    """The model, float64."""
    objective: float
    """The minimised objective with its penalties, summed over sites, in nats a sample."""
    converged: bool
    """Whether the gradient vanished to 1e-6 (relative to a gradient of one); if not, a warning was given."""
    couplings_by_site: Floats | None
    """(N, N), row i from the fit of site i alone, before averaging; None where symmetric=True."""

    @property
    def couplings(self) -> Floats:
        """J, (N, N)."""
        return self.energy.couplings

    @property
    def fields(self) -> Floats:
        """h, (N,)."""
        return self.energy.fields


def fit_pairwise(
    spins: ArrayLike,
    weights: ArrayLike | None = None,
    objective: str = "pseudolikelihood",
    symmetric: bool = True,
    l1: float = 0.0,
    l2: float = 0.0,
    fields: bool = True,
) -> PairwiseFit:
    r"""Fit the pairwise model E(s) = -sum_i h_i s_i - sum_{i<j} J_ij s_i s_j, a convex problem.

    Minimises objective + l1 sum_{i<j} |J_ij| + l2 sum_{i<j} J_ij^2. The objective is summed over sites and averaged
    over samples. Fields are not penalised.

    Parameters
    ----------
    spins : array-like, shape (M, N)
        Data, drawn at beta = 1.
    weights : array-like, shape (M,), optional
        Sample weights, such as the counts of a histogram.
    objective : str
        "pseudolikelihood", "interaction-screening", or "likelihood" (exact, N <= 20).
    symmetric : bool
        True: one J_ij a pair, all sites at once. False: each site alone, as RPLE and RISE in the literature, with
        l1 sum_j |J_ij| and l2 sum_j J_ij^2 on that site's couplings; then J = (J + J^T) / 2.
    l1, l2 : float
        Penalties, >= 0.
    fields : bool
        False keeps h = 0.

    Returns
    -------
    PairwiseFit

    Raises
    ------
    ValueError
        For spins that are not -1/+1, a constant spin, bad weights, a negative penalty, an unknown objective.

    Warns
    -----
    RuntimeWarning
        If the optimum was not reached, as for data in which other spins determine a spin: then it lies at infinity.

    Notes
    -----
    L-BFGS with the gradient from autograd, float64. Cost: O(M N^2) a step, some tens of steps.

    References
    ----------
    Besag 1975 (pseudolikelihood); Ravikumar, Wainwright & Lafferty 2010 (site by site with l1); Vuffray et al. 2016
    (interaction screening); Ackley, Hinton & Sejnowski 1985 (likelihood).

    Examples
    --------
    >>> from ebmtools import exact
    >>> truth = Pairwise([[0, 0.5, 0], [0.5, 0, -0.3], [0, -0.3, 0]])
    >>> fit = fit_pairwise(exact.states(3), weights=exact.probabilities(truth))
    >>> bool(np.abs(fit.couplings - truth.couplings).max() < 1e-5), fit.converged
    (True, True)
    """
    samples, probability = as_samples(spins, weights=weights)
    for name, value in (("l1", l1), ("l2", l2)):
        if not np.isfinite(value) or value < 0:
            raise ValueError(f"{name}: got {value}, expected a finite number >= 0.")
    if objective not in OBJECTIVES:
        raise ValueError(f"objective: got {objective!r}, expected one of {', '.join(OBJECTIVES)}.")
    if objective == "likelihood" and not symmetric:
        raise ValueError("symmetric: the likelihood does not split into sites, so it needs symmetric=True.")
    n = samples.shape[1]
    if n == 1 and not fields:
        raise ValueError("fields: a single spin without a field has nothing to fit. Use fields=True.")
    model: Pairwise | _SitePairwise = Pairwise(np.zeros((n, n))) if symmetric else _SitePairwise(n)
    model.local_fields.requires_grad_(fields)
    couplings = model.upper

    def loss() -> Tensor:
        value = OBJECTIVES[objective](model, samples, probability)
        return value + l2 * couplings.square().sum() if l2 else value

    parameters = [couplings, model.local_fields] if fields else [couplings]
    value, converged = minimise(loss, parameters, l1=[l1, 0.0][: len(parameters)])
    converged = converged and not _determined(model, samples, probability)
    by_site = None
    if isinstance(model, _SitePairwise):
        by_site = model.matrix().detach().numpy()
        model = Pairwise((by_site + by_site.T) / 2, model.local_fields)
    return PairwiseFit(model.requires_grad_(True), value, converged, by_site)


def _determined(model: Energy, samples: Tensor, weights: Tensor) -> bool:
    """Whether the fit predicts some spin without fail, so that its couplings have no finite optimum; warn if so."""
    with torch.no_grad():
        change = model.flip_change(samples)
        doubt = weights @ torch.nn.functional.softplus(-change).double()
    if float(doubt.min()) > _CERTAIN:
        return False
    warnings.warn(
        f"spin {int(doubt.argmin())} is determined by the other spins in these samples (its pseudolikelihood is "
        f"{float(doubt.min()):.0e} nats): the optimum lies at infinity and the couplings are arbitrary large numbers. "
        "Add l2 > 0, or leave the spin out.",
        RuntimeWarning,
        stacklevel=3,
    )
    return True


@dataclass(frozen=True)
class ConvexFit:
    """An energy fitted to the optimum of its pseudolikelihood."""

    energy: Energy
    """The energy that was given, now trained."""
    objective: float
    """The minimised pseudolikelihood (with the l2 penalty), in nats a sample."""
    converged: bool
    """Whether the gradient vanished; if not, a warning was given."""


def fit_convex(energy: Energy, spins: ArrayLike, weights: ArrayLike | None = None, l2: float = 0.0) -> ConvexFit:
    """Fit an energy that is linear in its trained parameters to the optimum of the pseudolikelihood, in place.

    `Pairwise` and `ManyBody` energies and their sums are linear. A part all of whose parameters have
    requires_grad=False stays as it is and is evaluated once: that is how a pairwise model is refitted beside a trained
    network. Start from a float64 energy; a float32 one stops short of the optimum.

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
    parameters = [p for p in energy.parameters() if p.requires_grad]
    if not parameters:
        raise ValueError("energy: it has no trainable parameters. Set requires_grad_(True) on the part to be fitted.")
    rest = _Beside(energy, samples)

    def loss() -> Tensor:
        value = objectives.pseudolikelihood(rest, samples, probability)
        return value + l2 * torch.stack([p.square().sum() for p in parameters]).sum() if l2 else value

    value, converged = minimise(loss, parameters, l1=[0.0] * len(parameters))
    converged = converged and not _determined(rest, samples, probability)
    return ConvexFit(energy, value, converged)


class _Beside(Energy):
    """An energy on one data set, with the flip changes of its frozen parts computed once."""

    def __init__(self, energy: Energy, samples: Tensor) -> None:
        super().__init__(energy.n_spins)
        terms = energy.terms()
        self.free = [(factor, part) for factor, part in terms if any(p.requires_grad for p in part.parameters())]
        frozen = [factor * part.flip_change(samples) for factor, part in terms if not _in(part, self.free)]
        self.offset = sum(frozen, torch.zeros(samples.shape, dtype=torch.float64)).detach()

    def _flip_change(self, spins: Tensor) -> Tensor:
        change = self.offset
        for factor, part in self.free:
            change = change + factor * part._flip_change(spins)
        return change


class _SitePairwise(Energy):
    """Each site with couplings of its own: Delta_i = 2 s_i (h_i + sum_j J_ij s_j), J not symmetric. It has no E(s)."""

    def __init__(self, n_spins: int) -> None:
        super().__init__(n_spins)
        self.upper = nn.Parameter(torch.zeros(n_spins * (n_spins - 1), dtype=torch.float64))
        self.local_fields = nn.Parameter(torch.zeros(n_spins, dtype=torch.float64))
        self.off_diagonal = ~torch.eye(n_spins, dtype=torch.bool)

    def matrix(self) -> Tensor:
        return self.upper.new_zeros(self.n_spins, self.n_spins).masked_scatter(self.off_diagonal, self.upper)

    def _flip_change(self, spins: Tensor) -> Tensor:
        s = spins.to(self.upper.dtype)
        return 2 * s * (self.local_fields + s @ self.matrix().T)


def _in(part: Energy, terms: Sequence[tuple[float, Energy]]) -> bool:
    return any(part is other for _, other in terms)
