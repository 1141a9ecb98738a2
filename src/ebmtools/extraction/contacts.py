"""Contacts from the couplings of a Potts model: their norm, and its correction for background."""

from __future__ import annotations

import numpy as np

from ebmtools.checks import ArrayLike, Floats, check_flag, check_whole
from ebmtools.energies.potts import Potts


def contact_scores(couplings: ArrayLike, gap: int | None = None, *, corrected: bool = True) -> Floats:
    r"""Return a score for each pair of sites, (N, N), high where they touch.

    The Frobenius norm of the couplings in the zero-sum gauge, F_ij, and from it the average product correction
    F_ij - F_i. F_.j / F_.., with means over the other sites: what a site has with all others is not a contact.

    Parameters
    ----------
    couplings : array-like, shape (N, N, q, q)
    gap : int, optional
        A state that is left out of the norm, after the gauge is fixed: gaps come in runs, which are no contacts.
    corrected : bool
        Whether to apply the average product correction.

    Returns
    -------
    array, shape (N, N)
        Symmetric, zero on the diagonal.

    References
    ----------
    Ekeberg et al. 2013; Dunn, Wahl & Gloor 2008 (the correction).

    Examples
    --------
    >>> J = np.zeros((3, 3, 2, 2))
    >>> J[0, 1] = J[1, 0] = [[1, -1], [-1, 1]]
    >>> contact_scores(J, corrected=False)[0].tolist()
    [0.0, 2.0, 0.0]
    """
    check_flag(corrected, "corrected")
    fixed = Potts(couplings).zero_sum().couplings
    if gap is not None:
        check_whole(gap, "gap", least=0, most=fixed.shape[2] - 1)
        kept = np.delete(np.arange(fixed.shape[2]), gap)
        fixed = fixed[:, :, kept[:, None], kept]
    scores: Floats = np.sqrt((fixed**2).sum((2, 3)))
    np.fill_diagonal(scores, 0)
    return average_product_corrected(scores) if corrected else scores


def average_product_corrected(scores: Floats) -> Floats:
    """Return S_ij - S_i. S_.j / S_.. for a symmetric matrix with a zero diagonal, with means over the other sites."""
    n = len(scores)
    if n < 3:
        raise ValueError(f"couplings: got {n} sites, expected at least 3, or corrected=False: they have no background.")
    means = scores.sum(1) / (n - 1)
    result: Floats = scores - np.outer(means, means) / max(means.mean(), np.finfo(float).tiny)
    np.fill_diagonal(result, 0)
    return result
