"""The pairwise model of a data set, fitted to the optimum, with its standard errors: `fit_pairwise`."""

from __future__ import annotations

import functools
from dataclasses import replace

import numpy as np
from torch import Tensor

from ebmtools.checks import (
    ArrayLike,
    as_samples,
    check_choice,
    check_flag,
    check_nonnegative,
    check_seed,
    check_whole,
    names_of,
)
from ebmtools.energies.pairwise import Pairwise
from ebmtools.fitting import enumerated, likelihood, persistent, sparse
from ebmtools.fitting.curvature import optimum_met, warn_if_open
from ebmtools.fitting.linear import LinearPseudolikelihood, Parameters
from ebmtools.fitting.linear_fit import fit_linear
from ebmtools.fitting.results import PairwiseFit
from ebmtools.fitting.standard_errors import Spread, likelihood_errors, standard_errors, variance_weights_of

OBJECTIVES = ("pseudolikelihood", "interaction-screening", "likelihood")
_STARTING_L2 = 1e-4
_BLOCKS = 10
QUICK = 5e9
"""M N^3 up to which standard errors are computed for a printed fit: about two seconds."""


def fit_pairwise(
    spins: ArrayLike,
    weights: ArrayLike | None = None,
    *,
    objective: str = "pseudolikelihood",
    symmetric: bool = True,
    l1: float = 0.0,
    l2: float = 0.0,
    fields: bool = True,
    block: int = 1,
    seed: int = 0,
) -> PairwiseFit:
    r"""Fit the pairwise model E(s) = -sum_i h_i s_i - sum_{i<j} J_ij s_i s_j, a convex problem.

    Minimises objective + l1 sum_{i<j} |J_ij| + l2 sum_{i<j} J_ij^2. The objective is summed over sites and averaged
    over samples. Fields are not penalised.

    Parameters
    ----------
    spins : array-like, shape (M, N)
        Data, drawn at beta = 1. Zeros and ones, booleans, and data with missing entries go through `as_spins` first. A
        frame of pandas or polars keeps the names of its columns: see `PairwiseFit.names` and `PairwiseFit.table`.
    weights : array-like, shape (M,), optional
        Sample weights, such as the counts of a histogram. Standard errors take whole numbers as counts, and any other
        weights as weights of independent samples.
    objective : str
        "pseudolikelihood": fast at any size, and the right choice for reading couplings.
        "likelihood": the model whose samples have the moments of the data; exact up to 20 spins, by persistent chains
        beyond. The right choice for sparse data, and wherever samples of the model are to look like the data.
        "interaction-screening": for comparison with RISE.
    symmetric : bool
        True: one J_ij per pair, all sites at once. False: each site alone, as RPLE and RISE in the literature, with
        l1 sum_j |J_ij| and l2 sum_j J_ij^2 on that site's couplings; then J = (J + J^T) / 2.
    l1, l2 : float
        Penalties, >= 0.
    fields : bool
        False keeps h = 0.
    block : int
        For standard errors of samples that follow one another in time, such as recordings or one long chain: samples
        further apart than this many rows count as independent. A few autocorrelation times do; at least ten blocks
        must remain. The estimates are the same.
    seed : int
        Seed of the chains, for the likelihood of more than 20 spins.

    Returns
    -------
    PairwiseFit

    Raises
    ------
    ValueError
        For spins that are not -1/+1, a constant spin, bad weights, a negative penalty, an unknown objective.

    Warns
    -----
    ConvergenceWarning
        If the optimum was not reached.
    InfiniteOptimumWarning
        If it lies at infinity, as for data in which other spins determine a spin.
    MixingWarning, PartitionWarning
        If chains of a model fitted by likelihood have not met, or its log Z, and so `objective`, is uncertain.

    Notes
    -----
    Pseudolikelihood without l1: L-BFGS preconditioned in the eigenbasis of <s s^T>, on blocks of int8 samples, in
    single precision for large data, until about 0.002 nats of the log likelihood of all samples are left to gain, far
    less than chance makes. Cost: 4 M N^2 operations a step, about 5 steps on weakly coupled data, some tens on
    frustrated ones; memory: twice the int8 data and O(N^2).
    Likelihood without l1: natural gradient from the pseudolikelihood's optimum. Up to 20 spins over all states, to
    double precision; beyond, 4,096 persistent chains give the model's moments, until what is left to gain is a tenth of
    what chance in the data makes. Its standard errors take O(p^3) for p = N (N + 1) / 2 parameters, up to 6,000.
    With l1, and by interaction screening: a proximal Newton method (Lee, Sun & Saunders 2014), until no entry of the
    gradient is off by more than 1e-9. Cost: 4 M N^2 operations a step, about 20 steps, in double precision.

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
    >>> fit_pairwise(exact.sample(truth, 10_000, seed=1))
    PairwiseFit: 3 spins, objective 1.78858 nats per sample
      couplings +- standard error (typically 0.012), largest first:
      J[0, 1] = 0.498 +- 0.01
      J[1, 2] = -0.298 +- 0.01
      J[0, 2] = 0.0171 +- 0.01
    """
    samples, normalised = as_samples(spins, weights)
    check_nonnegative(l1, "l1")
    check_nonnegative(l2, "l2")
    check_choice(objective, "objective", OBJECTIVES)
    check_flag(symmetric, "symmetric")
    check_flag(fields, "fields")
    check_seed(seed)
    _check_block(block, weights, samples.shape[0])
    if objective == "likelihood" and not symmetric:
        raise ValueError("symmetric: the likelihood does not split into sites, so it needs symmetric=True.")
    if samples.shape[1] == 1 and not fields:
        raise ValueError("fields: a single spin without a field has nothing to fit. Use fields=True.")
    if objective == "likelihood" and l1 > 0 and samples.shape[1] > enumerated.ENUMERABLE:
        raise ValueError(
            f"l1: got {l1:g}, but the likelihood of more than {enumerated.ENUMERABLE} spins has none here. Use l2."
        )
    if objective == "likelihood":
        each = variance_weights_of(weights, samples.shape[0])
        found = _by_likelihood(samples, normalised, each, fields, l1, l2, seed, block)
        return replace(found, names=names_of(spins))
    if objective != "pseudolikelihood" or l1 > 0:
        found = _by_sparse(samples, normalised, objective, symmetric, l1, l2, fields)
        return replace(found, names=names_of(spins))
    problem = LinearPseudolikelihood(samples, normalised)
    fit = fit_linear(problem, symmetric=symmetric, fields=fields, l2=l2)
    converged = optimum_met(problem, fit, fields=fields, penalised=l2 > 0)
    by_site = None if symmetric else fit.at.couplings
    couplings = fit.at.couplings if by_site is None else (by_site + by_site.T) / 2
    each = variance_weights_of(weights, samples.shape[0])
    errors = functools.partial(
        standard_errors, problem, fit.at, each, symmetric=symmetric, fields=fields, l2=l2, block=block
    )
    quick = samples.shape[0] * samples.shape[1] ** 3 < QUICK
    energy = Pairwise(couplings, fit.at.fields)
    return PairwiseFit(energy, fit.value, converged, by_site, errors, quick, names=names_of(spins))


def _check_block(block: int, weights: ArrayLike | None, n_samples: int) -> None:
    check_whole(block, "block")
    if block > 1 and weights is not None:
        raise ValueError("block: samples with weights have no order in time. Give every sample a row of its own.")
    if block > 1 and n_samples < _BLOCKS * block:
        raise ValueError(
            f"block: got {block} for {n_samples} samples, expected at most {n_samples // _BLOCKS}: errors need at "
            f"least {_BLOCKS} blocks that count as independent."
        )


def _by_likelihood(
    samples: Tensor,
    weights: Tensor,
    variance_weights: Tensor,
    fields: bool,
    l1: float,
    l2: float,
    seed: int,
    block: int,
) -> PairwiseFit:
    """From the optimum of the pseudolikelihood, listing all states or by chains."""
    near = fit_linear(LinearPseudolikelihood(samples, weights), fields=fields, l2=max(l2, _STARTING_L2)).at
    if samples.shape[1] <= enumerated.ENUMERABLE:
        fit = enumerated.fit_exactly(samples, weights, near, fields=fields, l1=l1, l2=l2)
    else:
        fit = persistent.fit_by_chains(samples, weights, near, fields=fields, l2=l2, seed=seed)
    converged = fit.converged
    if l1 == l2 == 0 and likelihood.warn_if_infinite(samples, weights, fit.at):
        converged = False
    given = (samples, weights, variance_weights, fit.at)
    errors = functools.partial(likelihood_errors, *given, fields=fields, l2=l2, seed=seed, block=block)
    if l1 > 0:
        errors = functools.partial(_no_errors, "likelihood", l1)
    return PairwiseFit(Pairwise(fit.at.couplings, fit.at.fields), fit.value, converged, None, errors, rhat=fit.rhat)


def _by_sparse(
    samples: Tensor, weights: Tensor, objective: str, symmetric: bool, l1: float, l2: float, fields: bool
) -> PairwiseFit:
    """Pseudolikelihood with l1, and interaction screening."""
    loss = sparse.LOGISTIC if objective == "pseudolikelihood" else sparse.SCREENING
    fit, converged = sparse.fit_sparse(samples, weights, loss, shared=symmetric, fields=fields, l1=l1, l2=l2)
    at = Parameters(fit.couplings, fit.fields, np.zeros(0))
    if l1 == l2 == 0:
        converged = converged and not warn_if_open(LinearPseudolikelihood(samples, weights), at, fields)
    couplings = fit.couplings if symmetric else (fit.couplings + fit.couplings.T) / 2
    errors = functools.partial(_no_errors, objective, l1)
    by_site = None if symmetric else fit.couplings
    return PairwiseFit(Pairwise(couplings, fit.fields), fit.value, converged, by_site, errors)


def _no_errors(objective: str, l1: float) -> Spread:
    raise ValueError(
        f"couplings_error: there are standard errors for the (pseudo)likelihood with l1=0, not for "
        f"objective={objective!r} with l1={l1:g}. Fit again without l1 to have them."
    )
