r"""Sandwich standard errors of a fit that is linear in its parameters (Godambe 1960; White 1982).

With the score u_b of sample b and the Hessian A of the objective, the estimate moves by A^-1 u_b / M when that sample
enters, so Var(theta_p) = (1/M) < (A^-1 u_b)_p^2 >. A x = u_b is solved for blocks of samples (`hessian`), at
about 20 N^3 operations a sample. So the mean is taken over no more than about 20,000 samples, evenly spread over the
data, which gives each standard error to about 1 %; A is always that of all. Memory: O(N^3) and one block of features.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ebmtools.checks import ArrayLike, Floats
from ebmtools.energies.pairwise import Pairwise
from ebmtools.fitting import likelihood
from ebmtools.fitting.curvature import Curvature
from ebmtools.fitting.hessian import Hessian, mean_and_error, unit_vectors
from ebmtools.fitting.linear import LinearPseudolikelihood, Parameters
from ebmtools.sampling import exact
from ebmtools.sampling.chains import sample

ENOUGH = 20_000
"""Samples whose spread of scores tells the variance."""
MOST_PARAMETERS = 6_000
"""Parameters up to which standard errors are computed: 109 spins with fields."""


def standard_errors(
    problem: LinearPseudolikelihood,
    at: Parameters,
    variance_weights: Tensor,
    *,
    symmetric: bool = True,
    fields: bool = True,
    l2: float = 0.0,
) -> Parameters:
    """Return the standard error of every coupling, (N, N), field, (N,), and coefficient, (K,).

    `variance_weights` (M,) is what sample b contributes to the variance: weight / (number of samples) for counts.
    Errors are larger by 1 / (1 - p / M) than the formula, for the p parameters that a site sees: fitted residuals are
    too small by about that fraction. Parameters that the data leave open (an optimum at infinity) have infinite errors.
    If not symmetric, `at.couplings` holds each site's own row, and the errors are those of the average (J + J^T) / 2.
    """
    sites = Curvature(problem, at, fields, l2 if symmetric else 2 * l2)  # a shared J_ij is penalised once, seen twice
    hessian = Hessian(sites, problem.dtype)
    variance = torch.zeros(sites.n_parameters + 1, dtype=torch.float64)
    effective = float(variance_weights.sum() ** 2 / variance_weights.square().sum())
    every = max(1, int(effective / ENOUGH))
    for part, s, field in problem.local_fields(at, sites.block, every):
        slope = 2 * s * torch.sigmoid(-2 * s * field)
        score = sites.features(s) * slope[:, None]
        if symmetric:
            moved = hessian.solve(hessian.scatter(score))
        else:
            moved = hessian.scatter(hessian.inverse @ score)
            moved[: sites.n_pairs] /= 2
        variance += moved.double().square() @ variance_weights[part]
    variance *= variance_weights.sum() / variance_weights[::every].sum()
    variance[hessian.open_parameters()] = torch.inf
    errors = variance.sqrt().numpy() / (1 - sites.leverage(variance_weights))
    n = problem.n_spins
    couplings = np.zeros((n, n))
    couplings[np.triu_indices(n, 1)] = errors[: sites.n_pairs]
    fields_error = errors[sites.n_pairs : sites.n_pairs + n]
    return Parameters(couplings + couplings.T, fields_error, errors[sites.n_pairs + n : -1])


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
    samples: Tensor, variance_weights: Tensor, at: Parameters, *, fields: bool = True, l2: float = 0.0, seed: int = 0
) -> Parameters:
    """Return the sandwich standard errors of couplings, (N, N), and fields, (N,), of a fit by likelihood.

    The Hessian is the covariance F of all s_i s_j and s_i under the model, from all states or from fresh draws, at
    least 10 for each parameter; the scores spread as these features do in the data, V: errors are the roots of the
    diagonal of F^-1 V F^-1. Cost: O(M p^2 + p^3) for p = N (N + 1) / 2 parameters; memory 8 p^2 bytes, thrice.
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
    if n <= likelihood.ENUMERABLE:
        states, chance, inflated = torch.from_numpy(exact.states(n)), torch.from_numpy(exact.probabilities(energy)), 1.0
    else:
        draws = max(20_000, 10 * p)
        states = torch.from_numpy(sample(energy, draws, n_chains=1024, seed=seed).spins)
        chance, inflated = torch.full((draws,), 1 / draws, dtype=torch.float64), 1 - (p + 1) / draws
    hessian = _covariance(states, chance, upper, fields)
    hessian.diagonal()[: upper.shape[1]] += 2 * l2
    total = variance_weights.sum()
    spread = total * _covariance(samples, variance_weights / total, upper, fields)
    inverse = torch.linalg.inv(hessian) * inflated  # the inverse of an estimated covariance is too large by this
    errors = (inverse @ spread @ inverse).diagonal().clamp_min(0).sqrt().numpy()
    couplings = np.zeros((n, n))
    couplings[tuple(upper.numpy())] = errors[: upper.shape[1]]
    return Parameters(couplings + couplings.T, errors[upper.shape[1] :] if fields else np.zeros(n), np.zeros(0))


def _covariance(states: Tensor, weights: Tensor, upper: Tensor, fields: bool) -> Tensor:
    """Covariance of all s_i s_j, i < j, and s_i, under weights that sum to one, in blocks of states."""
    p = upper.shape[1] + states.shape[1] * fields
    mean, second = torch.zeros(p, dtype=torch.float64), torch.zeros(p, p, dtype=torch.float64)
    for s, w in zip(torch.split(states, 4096), torch.split(weights, 4096), strict=True):
        x = s.double()
        features = torch.cat([x[:, upper[0]] * x[:, upper[1]], x] if fields else [x[:, upper[0]] * x[:, upper[1]]], 1)
        mean += w @ features
        second += (features * w[:, None]).T @ features
    return second - torch.outer(mean, mean)
