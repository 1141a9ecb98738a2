"""What a fit minimises: one function each, a mean over samples in nats, differentiable in the energy's parameters.

All of them take beta = 1: the data are drawn from p(s) ~ exp(-E(s)).
"""

from __future__ import annotations

import torch
from torch import Tensor

from ebmtools import exact
from ebmtools.energies import Energy
from ebmtools.spins import ArrayLike, as_weights


def pseudolikelihood(energy: Energy, spins: ArrayLike, weights: ArrayLike | None = None) -> Tensor:
    r"""Return the negative log pseudolikelihood, -(1/M) sum_mu sum_i log p(s_i | s_{/i}), in nats a sample.

    With Delta_i(s) = E(s with spin i flipped) - E(s) each term is softplus(-Delta_i(s)): the normaliser is a sum over
    two states, and Z drops out.

    Parameters
    ----------
    energy : Energy
    spins : array-like, shape (M, N)
    weights : array-like, shape (M,), optional
        Non-negative sample weights, such as the counts of a histogram; they are scaled to sum to one.

    Returns
    -------
    Tensor, a scalar
        Summed over sites, averaged over samples. Cost: one `flip_change`.

    References
    ----------
    Besag 1975; Feinauer & Lucibello 2022, the training objective.

    Examples
    --------
    Spins that are free: log 2 a site.

    >>> from ebmtools import Pairwise
    >>> round(pseudolikelihood(Pairwise([[0, 0], [0, 0]]), [[1, -1]]).item(), 4)
    1.3863
    """
    return _average(torch.nn.functional.softplus(-energy.flip_change(spins)).sum(-1), weights)


def interaction_screening(energy: Energy, spins: ArrayLike, weights: ArrayLike | None = None) -> Tensor:
    r"""Return the interaction screening objective, (1/M) sum_mu sum_i exp(-Delta_i(s) / 2), summed over sites.

    For a pairwise energy Delta_i / 2 = s_i (h_i + sum_j J_ij s_j): the estimator RISE. It is convex where E is linear
    in its parameters, and at the truth every term's gradient has mean zero. Shapes as in `pseudolikelihood`.

    References
    ----------
    Vuffray, Misra, Lokhov & Chertkov 2016; Lokhov, Vuffray, Misra & Chertkov 2018.

    Examples
    --------
    >>> from ebmtools import Pairwise
    >>> interaction_screening(Pairwise([[0, 0], [0, 0]]), [[1, -1]]).item()
    2.0
    """
    return _average(torch.exp(-0.5 * energy.flip_change(spins)).sum(-1), weights)


def likelihood(energy: Energy, spins: ArrayLike, weights: ArrayLike | None = None) -> Tensor:
    r"""Return the exact negative log likelihood, (1/M) sum_mu E(s^mu) + log Z, in nats a sample, for N <= 20.

    Z is summed over all 2^N states and is part of the gradient: data term minus model term. Shapes as in
    `pseudolikelihood`; cost: 2^N energies.

    Examples
    --------
    >>> from ebmtools import Pairwise
    >>> round(likelihood(Pairwise([[0, 0], [0, 0]]), [[1, -1]]).item(), 4)
    1.3863
    """
    if energy.n_spins > 20:
        raise ValueError(
            f"energy: it has {energy.n_spins} spins, but the exact likelihood enumerates 2^N states and stops at 20. "
            "Use the pseudolikelihood."
        )
    every = torch.from_numpy(exact.states(energy.n_spins))
    return _average(energy(spins), weights) + torch.logsumexp(-energy(every), dim=0)


def _average(values: Tensor, weights: ArrayLike | None) -> Tensor:
    if values.dim() != 1:
        raise ValueError(f"spins: got {values.dim() + 1} axes, expected shape (n_samples, n_spins).")
    if weights is None:
        if len(values) == 0:
            raise ValueError("spins: got zero samples, expected at least one row.")
        return values.mean()
    return values @ as_weights(weights, len(values)).to(values)
