"""What `fit_pairwise` returns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from ebmtools.checks import Floats, Tuples
from ebmtools.energies.pairwise import Pairwise
from ebmtools.fitting.standard_errors import Spread, student_interval, warn_if_infinite


class Estimate(NamedTuple):
    """A coupling or an interaction in the table of a fit; `pandas.DataFrame(fit.table())` takes a list of them."""

    spins: tuple[str, ...] | tuple[int, ...]
    """Which spins: their names if the data were a frame, their numbers if not."""
    value: float
    error: float
    """Its standard error; nan where the fit has none, as with l1."""

    def __str__(self) -> str:
        symbol = "J" if len(self.spins) == 2 else "xi"
        error = "" if np.isnan(self.error) else f" +- {self.error:.1g}"
        return f"{symbol}[{', '.join(map(str, self.spins))}] = {self.value:.3g}{error}"


def estimates(sets: Tuples, values: Floats, errors: Floats, names: tuple[str, ...] | None) -> list[Estimate]:
    """Return a table of sets of spins, the largest value first.

    >>> print(*estimates([(0, 1), (0, 1, 2)], np.array([0.1, -0.4]), np.array([0.02, np.nan]), ("a", "b", "c")))
    xi[a, b, c] = -0.4 J[a, b] = 0.1 +- 0.02
    """
    order = np.argsort(-np.abs(values), kind="stable")
    return [
        Estimate(sets[k] if names is None else tuple(names[i] for i in sets[k]), float(values[k]), float(errors[k]))
        for k in order
    ]


def pairs(couplings: Floats, errors: Floats | None, names: tuple[str, ...] | None) -> list[Estimate]:
    """Return a table of couplings (N, N), each pair once, with their standard errors where there are any."""
    upper = np.triu_indices(len(couplings), 1)
    sets = list(zip(*(indices.tolist() for indices in upper), strict=True))
    missing = np.full(len(sets), np.nan)
    return estimates(sets, couplings[upper], missing if errors is None else errors[upper], names)


@dataclass(frozen=True, repr=False)
class PairwiseFit:
    """A fitted pairwise model."""

    energy: Pairwise
    """The model, float64."""
    objective: float
    """The minimised objective with its penalties, summed over sites, in nats per sample."""
    converged: bool
    """Whether the optimum was met; if not, a warning was given."""
    couplings_by_site: Floats | None
    """(N, N), row i from the fit of site i alone, before averaging; None where symmetric=True."""
    _errors: Callable[[], Spread]
    _quick: bool = False
    """Whether the standard errors take a second or two at most, so that printing the fit may compute them."""
    rhat: float = 1.0
    """R-hat over chains of the model from random states and from the samples, where the likelihood was fitted by
    chains: near 1 they have met. Above 1.1 the moments depend on where chains start, and a warning was given."""
    names: tuple[str, ...] | None = None
    """Names of the spins, the columns of the data if they were a frame of pandas or polars."""

    @property
    def couplings(self) -> Floats:
        """J, (N, N)."""
        return self.energy.couplings

    @property
    def fields(self) -> Floats:
        """h, (N,)."""
        return self.energy.fields

    @property
    def couplings_error(self) -> Floats:
        """Standard errors of the couplings, (N, N), zero on the diagonal.

        From the sandwich estimator (Godambe 1960; White 1982; MacKinnon & White 1985): the spread that the estimates
        would have over fresh data sets of this size, whether or not the model is right. Samples count as independent,
        or `block` of them in a row as one. Where `couplings_support` is small, the errors are themselves uncertain, and
        `couplings_interval` says what they are worth. Infinite for parameters without an upper limit, with a warning.
        Computed at the first call, in O(M N^3): seconds at N = 64; from some 20,000 samples where there are more. After
        a fit by likelihood the cost is O(M N^4), and beyond 20 spins the Hessian comes from fresh draws of the model.
        An l2 penalty makes them the errors of the penalised, hence biased, estimate.

        Raises
        ------
        ValueError
            After an l1 penalty or interaction screening, for which there is no such formula here, and after a fit by
            likelihood of more than 109 spins.
        """
        return self._spread.errors.couplings

    @property
    def fields_error(self) -> Floats:
        """Standard errors of the fields, (N,); see `couplings_error`."""
        return self._spread.errors.fields

    @property
    def couplings_support(self) -> Floats:
        """How many samples carry each standard error, effectively, (N, N).

        (sum_b m_b^2)^2 / sum_b m_b^4 for what sample b moves the coupling by. In strongly coupled clusters few samples
        inform: those in which a spin contradicts its cluster. Below about 30 take `couplings_interval`.
        """
        return self._spread.samples.couplings

    def couplings_interval(self, level: float = 0.95) -> Floats:
        """Confidence intervals of the couplings, (N, N, 2): Student's, with `couplings_support` degrees of freedom.

        Parameters
        ----------
        level : float
            Between 0 and 1.

        Raises
        ------
        ValueError
            For a level that is not, and as `couplings_error`.

        Examples
        --------
        >>> from ebmtools import exact, fit_pairwise
        >>> fit = fit_pairwise(exact.sample(Pairwise([[0, 0.5], [0.5, 0]]), 1_000, seed=2))
        >>> fit.couplings_interval()[0, 1].round(2).tolist()
        [0.43, 0.57]
        """
        return student_interval(self.couplings, self.couplings_error, self.couplings_support, level)

    @cached_property
    def _spread(self) -> Spread:
        spread = self._errors()
        if self.converged:  # else a warning was given
            warn_if_infinite(spread)
        return spread

    def __repr__(self) -> str:
        text = f"PairwiseFit: {self.energy.n_spins} spins, objective {self.objective:.6g} nats per sample"
        if not self.converged:
            return f"{text}, NOT converged"
        known = self._quick or "_spread" in vars(self)
        table = pairs(self.couplings, self.couplings_error if known else None, self.names)
        if not table:
            return text
        error = f" +- standard error (typically {np.median([row.error for row in table]):.2g})" if known else ""
        return "\n".join([text, f"  couplings{error}, largest first:", *(f"  {row}" for row in table[:3])])

    def table(self) -> list[Estimate]:
        """Return all couplings, each pair once, the largest first, with their standard errors.

        Computes the standard errors if they are not known yet: see `couplings_error`. With l1, and after interaction
        screening, which have none, they are nan.

        Examples
        --------
        >>> from ebmtools import exact, fit_pairwise
        >>> truth = Pairwise([[0, 0.5, 0], [0.5, 0, -0.3], [0, -0.3, 0]])
        >>> for row in fit_pairwise(exact.sample(truth, 10_000, seed=1)).table():
        ...     print(row)
        J[0, 1] = 0.498 +- 0.01
        J[1, 2] = -0.298 +- 0.01
        J[0, 2] = 0.0171 +- 0.01
        """
        try:
            errors: Floats | None = self.couplings_error
        except ValueError:  # this fit has none
            errors = None
        return pairs(self.couplings, errors, self.names)
