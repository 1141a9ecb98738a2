"""The Potts model of a data set by pseudolikelihood: `fit_potts`."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ebmtools import kernels
from ebmtools.checks import ArrayLike, Floats, Ints, as_weights, check_positive, check_whole
from ebmtools.checks.states import MOST_STATES, as_sequences
from ebmtools.energies.potts import Potts
from ebmtools.fitting.descent import descend
from ebmtools.warnings import ConvergenceWarning, warn

Singles = npt.NDArray[np.float32]
_MEMORY = 8
"""Steps that L-BFGS keeps: each is two vectors of all parameters."""


@dataclass(frozen=True)
class PottsFit:
    """A fitted Potts model, and how far the fit went."""

    energy: Potts
    """The model."""
    objective: float
    """Negative log pseudolikelihood, nats a sample, without the penalty."""
    gap: float
    """Estimated distance of the penalised objective from its minimum, nats a sample."""
    converged: bool
    """Whether the gap is below the tolerance."""

    @property
    def couplings(self) -> Floats:
        """J, (N, N, q, q)."""
        return self.energy.couplings

    @property
    def fields(self) -> Floats:
        """h, (N, q)."""
        return self.energy.fields

    def __repr__(self) -> str:
        e = self.energy
        return f"PottsFit: {e.n_spins} sites of {e.n_states} states, objective {self.objective:.4f} nats a sample"


def fit_potts(
    states: ArrayLike,
    n_states: int | None = None,
    weights: ArrayLike | None = None,
    *,
    l2: float = 0.01,
    l2_fields: float = 0.01,
    tolerance: float = 1e-3,
) -> PottsFit:
    r"""Fit the Potts model E(s) = -sum_i h_i(s_i) - sum_{i<j} J_ij(s_i, s_j), a convex problem.

    Minimises -sum_m w_m sum_i log p(s_i | s_{/i}) / sum_m w_m + l2 sum_{i<j} |J_ij|^2 + l2_fields sum_i |h_i|^2: the
    pseudolikelihood of all sites at once, with one J_ij for both of its sites.

    Parameters
    ----------
    states : array-like, shape (M, N)
        Whole numbers from 0 to q - 1, such as `alignments.read(path).states`.
    n_states : int, optional
        q, at least 2; default the largest number in the data plus one.
    weights : array-like, shape (M,), optional
        Sample weights, such as those of `alignments.weights`.
    l2, l2_fields : float
        Penalties, > 0: they also choose the gauge, which the likelihood leaves open.
    tolerance : float
        The fit stops when about this many nats a sample and site are left to gain, > 0.

    Returns
    -------
    PottsFit

    Raises
    ------
    ValueError
        For states that are not whole numbers from 0 to q - 1, bad weights, or penalties that are not positive.

    Warns
    -----
    ConvergenceWarning
        If the tolerance was not met.

    Notes
    -----
    L-BFGS in single precision, with the curvature of independent sites as its first guess. Cost: 2 M N^2 q additions a
    step, some tens of steps, on as many threads as PyTorch has; memory: about 20 vectors of N^2 q^2 / 2 numbers of four
    bytes. The penalties choose a gauge: l2 sum_b J_ij(a, b) = l2_fields h_i(a). `Potts.zero_sum` has the usual one.

    References
    ----------
    Ekeberg et al. 2013.

    Examples
    --------
    >>> from ebmtools import sample
    >>> J = np.zeros((3, 3, 3, 3))
    >>> J[0, 1] = J[1, 0] = np.eye(3)
    >>> draws = sample(Potts(J), 4000, n_chains=400, seed=1)
    >>> fit = fit_potts(draws.spins, l2=1e-4)
    >>> contrast = fit.couplings[0, 1].trace() / 3 - fit.couplings[0, 1].sum() / 9  # of J: 1 - 1/3
    >>> bool(abs(contrast - 2 / 3) < 0.1)
    True
    """
    if n_states is not None:
        check_whole(n_states, "n_states", least=2, most=MOST_STATES)
    checked, n_states = as_sequences(states, n_states)
    check_positive(l2, "l2")
    check_positive(l2_fields, "l2_fields")
    check_positive(tolerance, "tolerance")
    shares = as_weights(weights, len(checked))
    aim = tolerance * checked.shape[1]
    problem = _Problem(checked, shares, n_states, l2, l2_fields)
    minimum = descend(
        problem.value_and_gradient, problem.precondition, problem.start(), aim, memory=_MEMORY, scaled=True
    )
    converged = bool(np.isfinite(minimum.value)) and minimum.gap <= aim
    if not converged:
        warn(
            f"the fit stopped {minimum.gap:.1e} nats a sample before its optimum, expected {aim:.1e}. Take a larger "
            "l2, or a larger tolerance.",
            ConvergenceWarning,
        )
    energy = Potts(*problem.unpacked(minimum.at))
    return PottsFit(energy, problem.value(minimum.at), minimum.gap, converged)


class _Problem:
    """The penalised pseudolikelihood over one vector of parameters: J_ij for i < j, then h."""

    def __init__(self, states: Tensor, weights: Tensor, n_states: int, l2: float, l2_fields: float) -> None:
        self.samples, self.sites = states.shape
        self.n_states, self.l2, self.l2_fields = n_states, l2, l2_fields
        self.data = kernels.potts.lookup(states.numpy(), n_states)
        self.weights = weights.numpy().astype(np.float32)
        self.pairs = self.sites * (self.sites - 1) // 2 * n_states**2
        empty = np.zeros((self.sites, self.sites, n_states, n_states), np.float32)
        self.couplings, self.fields = kernels.potts.layout(empty, np.zeros((self.sites, n_states), np.float32))
        self.slopes, self.field_slopes = np.zeros_like(self.couplings[:, : self.sites]), np.zeros_like(self.fields)
        one_hot = torch.nn.functional.one_hot(states, n_states)
        self.shares = (one_hot.double() * weights[:, None, None]).sum(0).numpy().astype(np.float32)
        self._curvature = self._of_independent_sites()

    def start(self) -> Singles:
        """No couplings, and the fields of independent sites."""
        fields = np.log(self.shares + 1 / self.samples)
        fields -= fields.mean(1, keepdims=True)
        return np.concatenate([np.zeros(self.pairs, np.float32), fields.ravel()])

    def unpacked(self, at: Singles) -> tuple[Singles, Singles]:
        """J, (N, N, q, q), and h, (N, q)."""
        n, q = self.sites, self.n_states
        square = np.zeros((n, n, q, q), np.float32)
        for i, block in enumerate(self._rows(at)):
            square[i, i + 1 :], square[i + 1 :, i] = block, block.transpose(0, 2, 1)
        return square, at[self.pairs :].reshape(n, q)

    def value(self, at: Singles) -> float:
        """The objective without the penalty; its derivatives are in `slopes` and `field_slopes` after it."""
        n, q = self.sites, self.n_states
        for i, block in enumerate(self._rows(at)):
            self.couplings[i, i + 1 : n, :, :q], self.couplings[i + 1 :, i, :, :q] = block.transpose(0, 2, 1), block
        self.fields[:, :q] = at[self.pairs :].reshape(n, q)
        threads = torch.get_num_threads()
        with ThreadPoolExecutor(threads) as pool:
            return sum(pool.map(self._site_values, np.array_split(np.arange(n), threads)), 0.0)

    def _site_values(self, sites: Ints) -> float:
        wide = kernels.potts.width(self.n_states)
        local = np.empty((self.samples + 1, self.fields.shape[1]), np.float32)
        return sum(
            kernels.potts.site_loss(
                wide,
                i,
                self.n_states,
                self.data,
                self.weights,
                self.couplings[i].ravel(),
                self.fields[i],
                local,
                self.slopes[i].reshape(-1, local.shape[1]),
                self.field_slopes[i],
            )
            for i in sites
        )

    def value_and_gradient(self, at: Singles) -> tuple[float, Singles]:
        q = self.n_states
        value = self.value(at)
        gradient = np.empty_like(at)
        for i, block in enumerate(self._rows(gradient)):
            block[:] = self.slopes[i, i + 1 :, :, :q].transpose(0, 2, 1)
            block += self.slopes[i + 1 :, i, :, :q]
        gradient[self.pairs :] = self.field_slopes[:, :q].ravel()
        penalties = ((slice(self.pairs), self.l2), (slice(self.pairs, None), self.l2_fields))
        for part, strength in penalties:
            value += strength * float(at[part] @ at[part])
            gradient[part] += np.float32(2 * strength) * at[part]
        return value, gradient

    def precondition(self, gradient: Singles) -> Singles:
        """Divide by the curvature of independent sites."""
        return gradient / self._curvature

    def _of_independent_sites(self) -> Singles:
        spread = self.shares * (1 - self.shares)
        curvature = np.empty(self.pairs + self.shares.size, np.float32)
        for i, block in enumerate(self._rows(curvature)):
            block[:] = spread[i][:, None] * self.shares[i + 1 :, None] + self.shares[i][:, None] * spread[i + 1 :, None]
        curvature[: self.pairs] += 2 * self.l2
        curvature[self.pairs :] = spread.ravel() + 2 * self.l2_fields
        return curvature

    def _rows(self, vector: Singles) -> Iterator[Singles]:
        """Views of the couplings of each site with the later ones, (N - 1 - i, q, q)."""
        q, at = self.n_states, 0
        for later in range(self.sites - 1, -1, -1):
            yield vector[at : at + later * q * q].reshape(later, q, q)
            at += later * q * q
