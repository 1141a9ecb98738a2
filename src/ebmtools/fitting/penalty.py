"""How strong a penalty should be: `choose_penalty`, by held-out samples or by an information criterion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from ebmtools.checks import (
    ArrayLike,
    Floats,
    as_floats,
    as_samples,
    check_choice,
    check_flag,
    check_seed,
    check_whole,
)
from ebmtools.fitting import sparse
from ebmtools.fitting.linear import Parameters
from ebmtools.fitting.pairwise import fit_pairwise
from ebmtools.fitting.results import PairwiseFit
from ebmtools.fitting.standard_errors import variance_weights_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_STEPS = 16
_REACH = {"l1": 1e-3, "l2": 1e-5}
"""The smallest penalty that is tried, in units of the largest."""
_GAMMA = 0.5
_ROUGH = 1e-4
"""Violation of the optimum's conditions at which a fit of the path ends: some 1e-6 nats above its minimum."""


@dataclass(frozen=True)
class PenaltyChoice:
    """The penalties that were tried, and the one to take."""

    penalty: str
    """"l1" or "l2"."""
    by: str
    """"held-out" or "ebic"."""
    values: Floats
    """The penalties, (K,), the largest first."""
    scores: Floats
    """What is to be small, (K,), nats per sample: pseudolikelihood of samples left out, or the criterion over 2 M."""
    errors: Floats
    """Standard errors of the scores' differences from the best one, (K,); zero for the criterion."""
    best: float
    """The penalty of the lowest score."""
    fit: PairwiseFit
    """The fit to all samples with this penalty."""

    def plot(self, axes: Axes) -> None:
        """Draw the scores against the penalties, less the lowest one, with the best marked."""
        axes.errorbar(self.values, self.scores - self.scores.min(), yerr=self.errors, marker="o", capsize=3)
        axes.axvline(self.best, linestyle=":", color="black")
        axes.set(xscale="log", xlabel=f"penalty {self.penalty}", ylabel="above the lowest score (nats per sample)")


def choose_penalty(
    spins: ArrayLike,
    weights: ArrayLike | None = None,
    *,
    penalty: str = "l1",
    by: str = "held-out",
    values: Sequence[float] | None = None,
    symmetric: bool = True,
    fields: bool = True,
    folds: int = 5,
    seed: int = 0,
) -> PenaltyChoice:
    r"""Choose l1 or l2 of a pairwise pseudolikelihood fit, and return its curve and the fit.

    A penalty that is not tuned makes whatever is compared with the fit look better than it is. One path through all
    penalties, each fit starting from the one before, costs less than three single fits; `folds` + 1 of them are made.

    Parameters
    ----------
    spins : array-like, shape (M, N)
    weights : array-like, shape (M,), optional
        As in `fit_pairwise`. Whole numbers are counts: then the samples of a row are dealt out to the folds one by one.
    penalty : str
        "l1" or "l2": which of the two, the other being zero.
    by : str
        "held-out": the pseudolikelihood of samples left out, each in one of the folds. The choice for prediction.
        "ebic": the extended Bayesian criterion 2 M L + K (log M + log N) of the fit to all samples, with L its
        pseudolikelihood and K the number of couplings that are not zero, each seen from both its sites; for l1 alone.
        The choice for finding edges: it is stricter.
    values : sequence of float, optional
        Penalties to try, > 0. Default: 16, evenly spaced in their logarithm; for l1 from the one above which all
        couplings vanish down to a thousandth of it, for l2 from 1 to 1e-5.
    symmetric, fields : bool
        As in `fit_pairwise`.
    folds : int
        Parts into which samples are dealt, at least 2.
    seed : int
        Fixes the parts.

    Returns
    -------
    PenaltyChoice

    Raises
    ------
    ValueError
        For bad data as in `fit_pairwise`, penalties that are not positive, and the criterion with l2. Also where a spin
        does not change outside one of the folds: then take fewer.

    References
    ----------
    Foygel & Drton 2010, Barber & Drton 2015 (the extended criterion, with gamma = 1/2).

    Examples
    --------
    >>> from ebmtools import Pairwise, exact
    >>> truth = Pairwise([[0, 0.6, 0, 0], [0.6, 0, 0, 0], [0, 0, 0, -0.4], [0, 0, -0.4, 0]])
    >>> choice = choose_penalty(exact.sample(truth, 2_000, seed=1), by="ebic")
    >>> (choice.fit.couplings != 0).astype(int).tolist()
    [[0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0]]
    """
    samples, normalised = as_samples(spins, weights)
    check_choice(penalty, "penalty", _REACH)
    check_choice(by, "by", ("held-out", "ebic"))
    check_flag(symmetric, "symmetric")
    check_flag(fields, "fields")
    check_whole(folds, "folds", least=2)
    check_seed(seed)
    if by == "ebic" and penalty == "l2":
        raise ValueError("by: 'ebic' counts the couplings that are not zero, and l2 makes none zero. Use 'held-out'.")
    tried = _values(values, penalty, samples, normalised, symmetric)
    options = {"shared": symmetric, "fields": fields}
    if by == "ebic":
        scores, errors = _criterion(samples, normalised, weights, tried, **options), np.zeros(len(tried))
    else:
        scores, errors = _held_out(samples, normalised, weights, penalty, tried, folds, seed, **options)
    best = float(tried[np.argmin(scores)])
    l1, l2 = (best, 0.0) if penalty == "l1" else (0.0, best)
    fit = fit_pairwise(spins, weights, symmetric=symmetric, l1=l1, l2=l2, fields=fields)
    return PenaltyChoice(penalty, by, tried, scores, errors, best, fit)


def _values(values: Sequence[float] | None, penalty: str, samples: Tensor, weights: Tensor, symmetric: bool) -> Floats:
    """The penalties to try, largest first."""
    if values is not None:
        given = as_floats(values, "values").double().numpy()
        if given.ndim != 1 or not len(given) or (given <= 0).any():
            raise ValueError(f"values: got {values!r}, expected a sequence of penalties > 0.")
        return -np.sort(-given)
    largest = 1.0
    if penalty == "l1":  # the slope of each pair where all couplings are zero and fields fit the means
        s = samples.double()
        slope = (s * weights[:, None]).T @ s - torch.outer(weights @ s, weights @ s)
        largest = float(slope.fill_diagonal_(0).abs().max()) * (2 if symmetric else 1)
    return largest * np.geomspace(1, _REACH[penalty], _STEPS)


def _path(problem: sparse.SparseProblem, penalty: str, values: Floats, start: Parameters) -> list[sparse.SparseFit]:
    """Fits at all penalties, each from the one before."""
    fits: list[sparse.SparseFit] = []
    for value in values.tolist():
        l1, l2 = (value, 0.0) if penalty == "l1" else (0.0, value)
        fits.append(problem.fit(l1, l2, None if fits else start, _ROUGH))
    return fits


def _start(samples: Tensor, weights: Tensor, fields: bool) -> Parameters:
    """No couplings, and the fields that the means call for."""
    n = samples.shape[1]
    means = (weights @ samples.double()).clamp(-1 + 1e-6, 1 - 1e-6).numpy()
    return Parameters(np.zeros((n, n)), np.arctanh(means) * fields, np.zeros(0))


def _by_sample(samples: Tensor, fit: sparse.SparseFit) -> Floats:
    """The pseudolikelihood of each sample, site by site where sites have couplings of their own, nats (M,)."""
    couplings, fields = torch.from_numpy(fit.couplings), torch.from_numpy(fit.fields)
    parts = []
    for s in torch.split(samples, 4096):
        x = s.double().T
        parts.append(sparse.LOGISTIC.value_and_slope(x * (couplings @ x + fields[:, None]))[0])
    return torch.cat(parts).numpy()


def _held_out(
    samples: Tensor,
    weights: Tensor,
    given: ArrayLike | None,
    penalty: str,
    values: Floats,
    folds: int,
    seed: int,
    *,
    shared: bool,
    fields: bool,
) -> tuple[Floats, Floats]:
    shares = _dealt(weights, given, folds, seed)  # (folds, M), which sum to the weights
    scores = np.zeros((len(values), len(samples)))
    for left_out in shares:
        kept = weights - left_out
        kept = kept.clamp_min(0) * (kept > 1e-12 * weights)
        train, train_weights = _trainable(samples, kept, folds)
        problem = sparse.SparseProblem(train, train_weights, sparse.LOGISTIC, shared=shared, fields=fields)
        rows = left_out > 0
        for k, fit in enumerate(_path(problem, penalty, values, _start(train, train_weights, fields))):
            scores[k, rows.numpy()] += _by_sample(samples[rows], fit) * left_out[rows].numpy()
    total = scores.sum(1)
    single = scores / weights.numpy()  # of one sample of each row, averaged over folds
    difference = single - single[np.argmin(total)]
    each = variance_weights_of(given, len(samples)).numpy()
    centred = difference - (difference @ weights.numpy())[:, None]
    return total, np.sqrt(centred**2 @ each)


def _trainable(samples: Tensor, kept: Tensor, folds: int) -> tuple[Tensor, Tensor]:
    try:
        return as_samples(samples, kept)
    except ValueError as error:
        raise ValueError(f"folds: outside one of {folds} parts a spin does not change. Use fewer. ({error})") from error


def _dealt(weights: Tensor, given: ArrayLike | None, folds: int, seed: int) -> Tensor:
    """Shares of the weights in each fold, (folds, M): samples of a histogram one by one, others as a whole."""
    rng = np.random.default_rng(seed)
    vector = np.ones(len(weights)) if given is None else np.asarray(given, np.float64)
    vector = vector[vector > 0]
    if (vector == np.round(vector)).all():
        counts = rng.multinomial(vector.astype(np.int64), np.full(folds, 1 / folds)).T
        return torch.from_numpy(counts / vector.sum())
    part = torch.from_numpy(rng.permutation(len(weights)) % folds)
    return (part == torch.arange(folds)[:, None]) * weights


def _criterion(
    samples: Tensor, weights: Tensor, given: ArrayLike | None, values: Floats, *, shared: bool, fields: bool
) -> Floats:
    """(2 M L + K (log M + 2 gamma log N)) / 2 M, with M the number of samples behind the weights."""
    m = 1 / float(variance_weights_of(given, len(samples)).sum())
    problem = sparse.SparseProblem(samples, weights, sparse.LOGISTIC, shared=shared, fields=fields)
    scores = []
    for fit in _path(problem, "l1", values, _start(samples, weights, fields)):
        price = np.count_nonzero(fit.couplings) * (np.log(m) + 2 * _GAMMA * np.log(samples.shape[1]))
        scores.append(float(_by_sample(samples, fit) @ weights.numpy()) + price / (2 * m))
    return np.array(scores)
