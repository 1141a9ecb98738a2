r"""Sandwich standard errors of a fit that is linear in its parameters (Godambe 1960; White 1982).

With the score u_b of sample b and the Hessian A of the objective, the estimate moves by m_b = A^-1 u_b / M when that
sample enters, so Var(theta_p) = sum_b m_bp^2. Fitted residuals are too small, most of all those of a sample that few
others are like: at site i by the factor 1 - h_ib, with the leverage h_ib = v_ib x^T H_i^-1 x / M, so each is divided by
sqrt(1 - h_ib) (HC2, MacKinnon & White 1985). Where few samples carry the sum, the error is itself uncertain, as if it
came from (sum_b m_bp^2)^2 / sum_b m_bp^4 samples: intervals are Student's with that many degrees of freedom.

A x = u_b is solved for blocks of samples (`hessian`), at about 22 N^3 operations a sample. So the sum is taken over no
more than about 20,000 samples, evenly spread over the data; A is always that of all. Memory: O(N^3) and one block of
features.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ebmtools.checks import ArrayLike, Floats, check_fraction
from ebmtools.energies.pairwise import Pairwise
from ebmtools.fitting import enumerated
from ebmtools.fitting.curvature import Curvature
from ebmtools.fitting.hessian import Hessian, mean_and_error, unit_vectors
from ebmtools.fitting.linear import LinearPseudolikelihood, Parameters
from ebmtools.sampling import exact
from ebmtools.sampling.chains import sample
from ebmtools.warnings import InfiniteOptimumWarning, warn

ENOUGH = 20_000
"""Samples whose spread of scores tells the variance."""
MOST_PARAMETERS = 6_000
"""Parameters up to which standard errors are computed: 109 spins with fields."""


_MOST_LEVERAGE = 0.9


class Spread(NamedTuple):
    """How uncertain parameters are."""

    errors: Parameters
    """Standard errors."""
    samples: Parameters
    """How many samples carry each of them, effectively: the degrees of freedom of an interval."""


def warn_if_infinite(spread: Spread) -> None:
    """Warn of parameters without an upper limit, where the fit itself had no reason to."""
    open_ = sum(int(np.isinf(errors).sum()) // (1 + (errors.ndim == 2)) for errors in spread.errors)
    if open_:
        warn(
            f"standard errors: {open_} are infinite, as too few samples contradict the others for these parameters to "
            "have an upper limit. Add l2 > 0, or collect more samples.",
            InfiniteOptimumWarning,
        )


def student_interval(values: Floats, errors: Floats, samples: Floats, level: float) -> Floats:
    """Return the ends of Student intervals, (..., 2), for estimates (...), their errors, and their degrees of freedom.

    >>> student_interval(np.array([1.0]), np.array([0.1]), np.array([5.0]), 0.95).round(3).tolist()
    [[0.743, 1.257]]
    """
    from scipy.special import stdtrit  # imported here: it takes a while, and only this function needs it

    check_fraction(level, "level", example=0.95)
    reach = stdtrit(np.maximum(samples, 1), 0.5 + level / 2) * errors
    return np.stack([values - reach, values + reach], axis=-1)


def standard_errors(
    problem: LinearPseudolikelihood,
    at: Parameters,
    variance_weights: Tensor,
    *,
    symmetric: bool = True,
    fields: bool = True,
    l2: float = 0.0,
    block: int = 1,
) -> Spread:
    """Return how uncertain every coupling, (N, N), field, (N,), and coefficient, (K,), is.

    `variance_weights` (M,) is what sample b contributes to the variance: weight / (number of samples) for counts.
    Parameters that the data leave open (an optimum at infinity) have infinite errors.
    If not symmetric, `at.couplings` holds each site's own row, and the errors are those of the average (J + J^T) / 2.
    `block` samples in a row count as one: their scores are summed before they are squared.
    """
    sites = Curvature(problem, at, fields, l2 if symmetric else 2 * l2)  # a shared J_ij is penalised once, seen twice
    hessian = Hessian(sites, problem.dtype)
    square, fourth = (torch.zeros(sites.n_parameters + 1, dtype=torch.float64) for _ in range(2))
    effective = float(variance_weights.sum() ** 2 / variance_weights.square().sum())
    every = max(1, int(effective / ENOUGH)) if block == 1 else 1
    each = variance_weights / problem.weights  # of a single sample, where a row stands for many
    width = max(1, sites.block // block) * block
    for part, s, field in problem.local_fields(at, width, every):
        score = sites.features(s)
        v = 4 * torch.sigmoid(2 * field) * torch.sigmoid(-2 * field) * each[part].to(s.dtype)
        leverage = ((hessian.inverse @ score) * score).sum(1) * v[sites.which]
        slope = 2 * s * torch.sigmoid(-2 * s * field) / (1 - leverage.clamp(max=_MOST_LEVERAGE)).sqrt()
        score *= slope[:, None]
        weight = variance_weights[part]
        if block > 1:
            score, weight = summed(score, block), weight[::block]
        if symmetric:
            moved = hessian.solve(hessian.scatter(score))
        else:
            moved = hessian.scatter(hessian.inverse @ score)
            moved[: sites.n_pairs] /= 2
        contributions = moved.double().square()
        square += contributions @ weight
        fourth += contributions.square() @ (weight * each[part][: len(weight)] ** 2)
    share = float(variance_weights[::every].sum() / variance_weights.sum())
    square /= share
    fourth /= share
    square[hessian.open_parameters()] = torch.inf
    return _spread(problem.n_spins, square[:-1], fourth[:-1])


def summed(score: Tensor, block: int) -> Tensor:
    """Sums over `block` entries in a row of the last axis, (..., B) to (..., B / block); the last may be of fewer.

    >>> summed(torch.tensor([1, 2, 3, 4, 5]), 2).tolist()
    [3, 7, 5]
    """
    whole = torch.nn.functional.pad(score, (0, -score.shape[-1] % block))
    return whole.reshape(*whole.shape[:-1], -1, block).sum(-1)


def _spread(n_spins: int, square: Tensor, fourth: Tensor) -> Spread:
    """From sum_b m_bp^2 and sum_b m_bp^4 for every parameter: pairs, fields, interactions."""
    samples = (square.square() / fourth.clamp_min(1e-300)).numpy()
    return Spread(_by_kind(n_spins, square.sqrt().numpy()), _by_kind(n_spins, samples))


def _by_kind(n: int, values: Floats) -> Parameters:
    upper = np.triu_indices(n, 1)
    n_pairs = len(upper[0])
    couplings, fields = np.zeros((n, n)), np.zeros(n)
    couplings[upper] = values[:n_pairs]
    found = values[n_pairs : n_pairs + n]
    fields[: len(found)] = found
    return Parameters(couplings + couplings.T, fields, values[n_pairs + n :])


def interaction_errors(
    problem: LinearPseudolikelihood, at: Parameters, variance_weights: Tensor, l2: float = 0.0
) -> Floats:
    """Return the sandwich standard errors of the K coefficients alone, (K,), for tests far out in the tails.

    Cost: O(M N^2 (N + K)) operations, against O(M N^3) with a ten times larger factor for those of all parameters.
    """
    sites = Curvature(problem, at, ridge=l2)
    hessian = Hessian(sites, problem.dtype)
    unit = unit_vectors(sites, len(problem.interactions), problem.dtype)
    return mean_and_error(problem, at, variance_weights, hessian, hessian.solve(unit))[1]


def variance_weights_of(weights: ArrayLike | None, n_samples: int) -> Tensor:
    """Return what each sample adds to the variance of a mean, (M,): 1 / M^2 for M samples of weight one.

    Whole numbers are counts of a histogram with sum(weights) samples; other weights belong to single samples. Samples
    of weight zero are left out.
    """
    if weights is None:
        return torch.full((n_samples,), 1 / n_samples**2, dtype=torch.float64)
    vector = torch.as_tensor(np.asarray(weights, np.float64))
    vector = vector[vector > 0]
    total = vector.sum()
    counts = bool((vector == vector.round()).all())
    return vector / total**2 if counts else (vector / total) ** 2


def likelihood_errors(
    samples: Tensor,
    weights: Tensor,
    variance_weights: Tensor,
    at: Parameters,
    *,
    fields: bool = True,
    l2: float = 0.0,
    seed: int = 0,
    block: int = 1,
) -> Spread:
    """Return how uncertain couplings, (N, N), and fields, (N,), of a fit by likelihood are.

    The Hessian is the covariance F of all s_i s_j and s_i under the model, from all states or from fresh draws, at
    least 10 for each parameter. Sample b moves the estimate by m_b = F^-1 (phi_b - <phi>) / M, with phi_b these
    features and <phi> their mean over the data. Cost: O(M p^2 + p^3) for p = N (N + 1) / 2 parameters; memory 8 p^2
    bytes, thrice.
    """
    n = samples.shape[1]
    upper = torch.triu_indices(n, n, 1)
    p = upper.shape[1] + n * fields
    if p > MOST_PARAMETERS:
        raise ValueError(
            f"couplings_error: the likelihood of {n} spins has {p:,} parameters, and its errors need matrices of that "
            f"size, up to {MOST_PARAMETERS:,} here. Take bootstrap samples, or objective='pseudolikelihood'."
        )
    energy = Pairwise(at.couplings, at.fields)
    if n <= enumerated.ENUMERABLE:
        states, chance, inflated = torch.from_numpy(exact.states(n)), torch.from_numpy(exact.probabilities(energy)), 1.0
    else:
        draws = max(20_000, 10 * p)
        states = torch.from_numpy(sample(energy, draws, n_chains=1024, seed=seed).spins)
        chance, inflated = torch.full((draws,), 1 / draws, dtype=torch.float64), 1 - (p + 1) / draws
    hessian = _covariance(states, chance, upper, fields)
    hessian.diagonal()[: upper.shape[1]] += 2 * l2
    inverse = torch.linalg.inv(hessian) * inflated  # the inverse of an estimated covariance is too large by this
    mean, square, fourth = (torch.zeros(p, dtype=torch.float64) for _ in range(3))
    width = max(1, 4096 // block) * block
    parts = [slice(k, k + width) for k in range(0, len(samples), width)]
    for part in parts:
        mean += weights[part] @ _features(samples[part], upper, fields)
    each = variance_weights / weights
    for part in parts:
        score, weight = _features(samples[part], upper, fields) - mean, variance_weights[part]
        if block > 1:
            score, weight = summed(score.T, block).T, weight[::block]
        contributions = (score @ inverse).square()
        square += weight @ contributions
        fourth += (weight * each[part][: len(weight)] ** 2) @ contributions.square()
    return _spread(n, square, fourth)


def _features(states: Tensor, upper: Tensor, fields: bool) -> Tensor:
    """All s_i s_j, i < j, and s_i, (B, p)."""
    x = states.double()
    products = x[:, upper[0]] * x[:, upper[1]]
    return torch.cat([products, x], 1) if fields else products


def _covariance(states: Tensor, weights: Tensor, upper: Tensor, fields: bool) -> Tensor:
    """Covariance of the features under weights that sum to one, in blocks of states."""
    p = upper.shape[1] + states.shape[1] * fields
    mean, second = torch.zeros(p, dtype=torch.float64), torch.zeros(p, p, dtype=torch.float64)
    for s, w in zip(torch.split(states, 4096), torch.split(weights, 4096), strict=True):
        features = _features(s, upper, fields)
        mean += w @ features
        second += (features * w[:, None]).T @ features
    return second - torch.outer(mean, mean)
