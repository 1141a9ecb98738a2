"""How far reconstructed couplings are from the true ones."""

from __future__ import annotations

import numpy as np

from ebmtools.checks import ArrayLike, Floats, as_floats


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
    guess, true = _matrix(estimate, "estimate"), _matrix(truth, "truth")
    if guess.shape != true.shape:
        raise ValueError(f"estimate: got shape {guess.shape}, expected {true.shape} as the truth has.")
    upper = np.triu_indices(len(true), 1)
    norm = float(np.linalg.norm(true[upper]))
    if norm == 0:
        raise ValueError("truth: all true couplings are zero, so a relative error has no meaning.")
    return float(np.linalg.norm(guess[upper] - true[upper])) / norm


def _matrix(values: ArrayLike, name: str) -> Floats:
    """A symmetric (N, N), its diagonal as it is."""
    matrix: Floats = as_floats(values, name).double().numpy()
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or len(matrix) == 0:
        raise ValueError(f"{name}: got shape {matrix.shape}, expected (N, N).")
    if np.abs(matrix - matrix.T).max() > 1e-6 * np.abs(matrix).max():
        raise ValueError(f"{name}: it is not symmetric. Give J + J.T if yours is triangular.")
    return matrix
