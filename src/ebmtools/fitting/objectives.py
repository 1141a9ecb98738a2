"""What a fit minimises: one function each, a mean over samples in nats, differentiable in the energy's parameters.

All of them take beta = 1: the data are drawn from p(s) ~ exp(-E(s)).
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import softplus

from ebmtools.checks import ArrayLike, as_tensor, as_weights
from ebmtools.energies.base import Energy, as_energy
from ebmtools.fitting import loss
from ebmtools.sampling import exact


def pseudolikelihood(energy: Energy, spins: ArrayLike, weights: ArrayLike | None = None) -> Tensor:
    r"""Return the negative log pseudolikelihood, -(1/M) sum_mu sum_i log p(s_i | s_{/i}), in nats per sample.

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
        Summed over sites, averaged over samples.

    Notes
    -----
    Cost: one `flip_change`. Where float32 networks with one hidden layer are trained on the CPU, alone or in a sum, a
    compiled kernel makes value and gradient in one pass (of the networks with the activation of the first).

    References
    ----------
    Besag 1975; Feinauer & Lucibello 2022, the training objective.

    Examples
    --------
    Spins that are free: log 2 per site.

    >>> from ebmtools import Pairwise
    >>> round(pseudolikelihood(Pairwise([[0, 0], [0, 0]]), [[1, -1]]).item(), 4)
    1.3863
    """
    return loss.pseudolikelihood(energy, *_samples(energy, spins, weights))


def pseudolikelihood_at(energy: Energy, spins: ArrayLike, sites: ArrayLike, weights: ArrayLike | None = None) -> Tensor:
    r"""Return the pseudolikelihood of K given sites i of each sample, N (1/M) sum_mu mean_k softplus(-Delta_i(s^mu)).

    Where the sites are drawn uniformly at random, its mean is `pseudolikelihood`, and so is that of its gradient. It
    costs K + 1 calls of `forward` for any energy instead of all N flips, and is noisier.

    Parameters
    ----------
    energy : Energy
    spins : array-like, shape (M, N)
    sites : array-like of int, shape (M, K)
        The K sites of each sample, in 0..N-1; they may repeat.
    weights : array-like, shape (M,), optional
        As in `pseudolikelihood`.

    Returns
    -------
    Tensor, a scalar
        Nats per sample.

    Raises
    ------
    ValueError
        For bad spins or weights, or sites of another shape or out of range.

    Examples
    --------
    >>> from ebmtools import Pairwise
    >>> round(pseudolikelihood_at(Pairwise([[0, 0], [0, 0]]), [[1, -1]], sites=[[1]]).item(), 4)
    1.3863
    """
    as_energy(energy, binary=True)
    s, normalised = _samples(energy, spins, weights)
    at = (sites if isinstance(sites, Tensor) else as_tensor(sites, "sites")).to(s.device)
    if at.dim() != 2 or len(at) != len(s) or at.shape[1] == 0 or at.is_floating_point() or at.dtype == torch.bool:
        raise ValueError(
            f"sites: got {at.dtype} of shape {tuple(at.shape)}, expected integers of shape ({len(s)}, K): "
            "K sites for each sample."
        )
    if bool(((at < 0) | (at >= energy.n_spins)).any()):
        raise ValueError(f"sites: got {int(at.min())} to {int(at.max())}, expected 0 to {energy.n_spins - 1}.")
    here = s[:, None, :].expand(-1, at.shape[1], -1)
    there = here.scatter(-1, at[:, :, None].long(), -s.gather(-1, at.long())[:, :, None])
    change = energy.of_shape(energy.forward(there), there) - energy.of_shape(energy.forward(s), s)[:, None]
    return loss.average(energy.n_spins * softplus(-change).mean(-1), normalised)


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
    s, normalised = _samples(energy, spins, weights)
    return loss.average(torch.exp(-0.5 * energy.forward_flips(s)).sum(-1), normalised)


def likelihood(energy: Energy, spins: ArrayLike, weights: ArrayLike | None = None) -> Tensor:
    r"""Return the exact negative log likelihood, (1/M) sum_mu E(s^mu) + log Z, in nats per sample, for N <= 20.

    Z is summed over all 2^N states and is part of the gradient: data term minus model term. Shapes as in
    `pseudolikelihood`; cost: 2^N energies.

    Examples
    --------
    >>> from ebmtools import Pairwise
    >>> round(likelihood(Pairwise([[0, 0], [0, 0]]), [[1, -1]]).item(), 4)
    1.3863
    """
    if as_energy(energy, binary=True).n_spins > 20:
        raise ValueError(
            f"energy: it has {energy.n_spins} spins, but the exact likelihood enumerates 2^N states and stops at 20. "
            "Use the pseudolikelihood."
        )
    every = torch.from_numpy(exact.states(energy.n_spins))
    s, normalised = _samples(energy, spins, weights)
    return loss.average(energy.forward(s), normalised) + torch.logsumexp(-energy(every), dim=0)


def _samples(energy: Energy, spins: ArrayLike, weights: ArrayLike | None) -> tuple[Tensor, Tensor]:
    """Checked spins (M, N), and weights (M,) that sum to one."""
    s = as_energy(energy).check(spins)
    if s.dim() != 2:
        raise ValueError(f"spins: got {s.dim()} axes, expected shape (n_samples, n_spins).")
    if len(s) == 0:
        raise ValueError("spins: got zero samples, expected at least one row.")
    return s, as_weights(weights, len(s))
