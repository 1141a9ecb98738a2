"""How far reconstructed couplings are from the true ones."""

from __future__ import annotations

import numpy as np

from ebmtools.checks import ArrayLike


def reconstruction_error(estimate: ArrayLike, truth: ArrayLike) -> float:
    r"""Return eps = sqrt( sum_{i<j} (J_ij - J'_ij)^2 / sum_{i<j} J_ij^2 ), J the truth and J' the estimate.

    Zero is perfect; one is what J' = 0 achieves. Shapes (N, N), or `Couplings`; diagonals are ignored.

    Raises
    ------
    ValueError
        If the shapes differ or are not square, an entry is not finite, or the true couplings are all zero.

    References
    ----------
    Feinauer & Lucibello 2022, the reconstruction error.

    Examples
    --------
    >>> reconstruction_error([[0, 1.5], [1.5, 0]], [[0, 1], [1, 0]])
    0.5
    """
    guess, true = np.asarray(estimate, dtype=np.float64), np.asarray(truth, dtype=np.float64)
    if true.ndim != 2 or true.shape[0] != true.shape[1] or guess.shape != true.shape:
        raise ValueError(f"estimate, truth: got shapes {guess.shape} and {true.shape}, expected (N, N) both.")
    upper = np.triu_indices(len(true), 1)
    if not (np.isfinite(guess[upper]).all() and np.isfinite(true[upper]).all()):
        raise ValueError("estimate, truth: there are entries that are not finite.")
    for name, matrix in (("estimate", guess), ("truth", true)):
        if np.abs(matrix - matrix.T).max() > 1e-6 * np.abs(matrix).max():
            raise ValueError(f"{name}: it is not symmetric. Give J + J.T if yours is triangular.")
    norm = float(np.linalg.norm(true[upper]))
    if norm == 0:
        raise ValueError("truth: all true couplings are zero, so a relative error has no meaning.")
    return float(np.linalg.norm(guess[upper] - true[upper])) / norm
