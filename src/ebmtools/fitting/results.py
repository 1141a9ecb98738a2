"""What `fit_pairwise` returns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ebmtools.checks import Floats
from ebmtools.energies.pairwise import Pairwise
from ebmtools.fitting.linear import Parameters


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
    _errors: Callable[[], Parameters]
    _quick: bool = False
    """Whether the standard errors take a second or two at most, so that printing the fit may compute them."""
    rhat: float = 1.0
    """R-hat over chains of the model from random states and from the samples, where the likelihood was fitted by
    chains: near 1 they have met. Above 1.1 the moments depend on where chains start, and a warning was given."""

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

        From the sandwich estimator (Godambe 1960; White 1982): the spread that the estimates would have
        over fresh data sets of this size, whether or not the model is right. Samples count as independent. Computed at
        the first call, in O(M N^3): seconds at N = 64. From more than about 20,000 samples they are estimated to about
        1 %. After a fit by likelihood the cost is O(M N^4), and beyond 20 spins the Hessian comes from fresh draws of
        the model. An l2 penalty makes them the errors of the penalised, hence biased, estimate.

        Raises
        ------
        ValueError
            After an l1 penalty or interaction screening, for which there is no such formula here, and after a fit by
            likelihood of more than 109 spins.
        """
        return self._standard_errors.couplings

    @property
    def fields_error(self) -> Floats:
        """Standard errors of the fields, (N,); see `couplings_error`."""
        return self._standard_errors.fields

    @cached_property
    def _standard_errors(self) -> Parameters:
        return self._errors()

    def __repr__(self) -> str:
        text = f"PairwiseFit: {self.energy.n_spins} spins, objective {self.objective:.6g} nats per sample"
        if not self.converged:
            return f"{text}, NOT converged"
        rows, columns = np.triu_indices(self.energy.n_spins, 1)
        if not len(rows):
            return text
        sizes = self.couplings[rows, columns]
        lines, errors = [text, "  couplings, largest first:"], None
        if self._quick or "_standard_errors" in vars(self):
            errors = self.couplings_error[rows, columns]
            lines[1] = f"  couplings +- standard error (typically {np.median(errors):.2g}), largest first:"
        for k in np.argsort(-np.abs(sizes), kind="stable")[:3]:
            error = "" if errors is None else f" +- {errors[k]:.1g}"
            lines.append(f"  J[{rows[k]}, {columns[k]}] = {sizes[k]:.3g}{error}")
        return "\n".join(lines)
