"""What interaction pursuit returns: a pairwise model with interactions of higher order, and their standard errors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np

from ebmtools.checks import Floats, Tuples, check_fraction
from ebmtools.energies.base import Energy
from ebmtools.energies.many_body import ManyBody
from ebmtools.energies.pairwise import Pairwise
from ebmtools.fitting.results import Estimate, estimates, pairs
from ebmtools.fitting.standard_errors import Spread, student_interval, warn_if_infinite


class Step(NamedTuple):
    """An interaction that entered or left the model."""

    round: int
    interaction: tuple[int, ...]
    change: str
    """"enters" or "leaves"."""
    z: float
    """On entering its score, on leaving its coefficient, in standard errors."""


@dataclass(frozen=True, repr=False)
class ManyBodyFit:
    """A fitted pairwise model with interactions of higher order."""

    pairwise: Pairwise
    """Its couplings and fields, float64."""
    many_body: ManyBody
    """Its interactions, float64; by order, then by index."""
    objective: float
    """The minimised pseudolikelihood (with the l2 penalty), summed over sites, in nats per sample."""
    converged: bool
    """Whether the optimum was met; if not, a warning was given."""
    path: list[Step]
    """What entered and what left the model, in this order."""
    ambiguous: dict[tuple[int, ...], Tuples]
    """Interactions that the data cannot tell from others, with these others: the product of their spins is the same in
    all samples, up to one sign. () stands for a constant. One that is the same as a pair, a field or a constant was
    left out of the model; of several interactions that are the same the one with the largest score was taken."""
    _errors: Callable[[], Spread] = field(repr=False)
    _threshold: float = field(repr=False)
    """The |z| that an interaction must reach to be in a model of so many."""
    names: tuple[str, ...] | None = None
    """Names of the spins, the columns of the data if they were a frame of pandas or polars."""

    @property
    def energy(self) -> Energy:
        """The model, E(s) = -sum_i h_i s_i - sum_{i<j} J_ij s_i s_j - sum_I xi_I prod_{i in I} s_i."""
        return self.pairwise + self.many_body

    @property
    def couplings(self) -> Floats:
        """J, (N, N)."""
        return self.pairwise.couplings

    @property
    def fields(self) -> Floats:
        """h, (N,)."""
        return self.pairwise.fields

    @property
    def interactions(self) -> Tuples:
        """The index sets I that were found, ascending."""
        return self.many_body.interactions

    @property
    def coefficients(self) -> Floats:
        """xi_I, (K,), in the order of `interactions`."""
        return self.many_body.coefficients

    @property
    def couplings_error(self) -> Floats:
        """Standard errors of the couplings, (N, N), zero on the diagonal.

        From the sandwich estimator, as in `PairwiseFit.couplings_error`, for the interactions that were found: the
        spread over fresh data sets in which the same ones are found. Computed at the first call, in O(M N^3).
        """
        return self._spread.errors.couplings

    @property
    def fields_error(self) -> Floats:
        """Standard errors of the fields, (N,); see `couplings_error`."""
        return self._spread.errors.fields

    @property
    def coefficients_error(self) -> Floats:
        """Standard errors of the coefficients, (K,); see `couplings_error`.

        An interaction is in the model because its estimate is large. One whose true size is near the threshold is
        therefore overestimated when it is found. `coefficients_interval` makes up for that.
        """
        return self._spread.errors.coefficients

    def couplings_interval(self, level: float = 0.95) -> Floats:
        """Confidence intervals of the couplings, (N, N, 2), as in `PairwiseFit.couplings_interval`."""
        return student_interval(self.couplings, self.couplings_error, self._spread.samples.couplings, level)

    def coefficients_interval(self, level: float = 0.95) -> Floats:
        """Confidence intervals of the coefficients, (K, 2), that allow for the selection.

        An interval holds the coefficient with this probability, given that the interaction was found: that its estimate
        exceeded the threshold, as chance may have helped it to. Where the estimate is far above, the interval is that
        of a normal distribution; near the threshold it reaches further down, to zero and beyond.

        Parameters
        ----------
        level : float
            Between 0 and 1.

        Raises
        ------
        ValueError
            For a level that is not.

        References
        ----------
        Weinstein, Fithian & Benjamini 2013.

        Examples
        --------
        >>> from ebmtools import ManyBody, exact, fit_many_body
        >>> fit = fit_many_body(exact.sample(ManyBody(6, [(0, 1, 2), (2, 3, 4)], [0.5, 0.14]), 1_000, seed=1))
        >>> for xi, error, ends in zip(fit.coefficients, fit.coefficients_error, fit.coefficients_interval()):
        ...     print(f"{xi:.2f} +- {error:.2f}, from {ends[0]:.2f} to {ends[1]:.2f}")
        0.53 +- 0.04, from 0.46 to 0.60
        0.14 +- 0.03, from 0.01 to 0.21
        """
        check_fraction(level, "level", example=0.95)
        errors = self.coefficients_error
        rows = [
            interval(xi / error, self._threshold, level) for xi, error in zip(self.coefficients, errors, strict=True)
        ]
        return np.array(rows).reshape(-1, 2) * errors[:, None]

    @cached_property
    def _spread(self) -> Spread:
        spread = self._errors()
        if self.converged:  # else a warning was given
            warn_if_infinite(spread)
        return spread

    def __repr__(self) -> str:
        count = len(self.interactions)
        text = (
            f"ManyBodyFit: {self.pairwise.n_spins} spins, {count} interaction{'s' * (count != 1)}, "
            f"objective {self.objective:.6g} nats per sample"
        )
        if not self.converged:
            return f"{text}, NOT converged"
        table = self.table()
        found = [row for row in table if len(row.spins) > 2][:3] + [row for row in table if len(row.spins) == 2][:3]
        return "\n".join([text, "  estimates +- standard errors, largest first:", *(f"  {row}" for row in found)])

    def table(self) -> list[Estimate]:
        """Return all interactions and couplings, the largest first, with their standard errors."""
        couplings = pairs(self.couplings, self.couplings_error, self.names)
        found = estimates(self.interactions, self.coefficients, self.coefficients_error, self.names)
        return sorted(found + couplings, key=lambda row: -abs(row.value))


def interval(z: float, threshold: float, level: float) -> tuple[float, float]:
    """Return the interval of a mean mu, in standard errors, from z ~ Normal(mu, 1) given that |z| >= threshold.

    Of all mu those are in it under which z is in the central part, of probability `level`, of the normal distribution
    with its middle cut out. Far above the threshold this is z +- 1.96 (at 95 %); near it, where chance has helped z
    over it, the interval reaches further towards zero and beyond. Both numbers finite; |z| below the threshold counts
    as at it. Source: Weinstein, Fithian & Benjamini 2013.

    >>> low, high = interval(20.0, threshold=5.0, level=0.95)
    >>> round(low, 2), round(high, 2)
    (18.04, 21.96)
    >>> low, high = interval(5.1, threshold=5.0, level=0.95)
    >>> low < 0 < 5.1 < high < 5.1 + 1.96
    True
    """
    from scipy.optimize import brentq  # imported here: they take a while, and only this function needs them
    from scipy.special import ndtr

    size = abs(z)
    cut = min(threshold, size)

    def excess(mean: float, probability: float) -> float:
        """P(Z <= size | |Z| >= cut) - probability, which falls in the mean."""
        left, right = ndtr(-cut - mean), ndtr(mean - cut)
        return float((left + right - ndtr(mean - size)) / (left + right)) - probability

    low, high = (brentq(excess, -size - 10, size + 10, args=(0.5 + side * level / 2,)) for side in (1, -1))
    return (low, high) if z >= 0 else (-high, -low)
