"""Real data as spins."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ebmtools.checks import Ints, Spins, check_whole


class Digits(NamedTuple):
    """Handwritten digits as spins."""

    spins: Spins
    """(1797, 64) int8: +1 is ink, -1 is paper; the 8 x 8 pixels row by row."""
    labels: Ints
    """(1797,): the digit, 0 to 9."""
    varying: npt.NDArray[np.bool_]
    """(64,): pixels that are not the same in all images. Fit models to `spins[:, varying]`."""


def digits(threshold: int = 8) -> Digits:
    """Return the handwritten digits that come with scikit-learn, cut at a grey level.

    Parameters
    ----------
    threshold : int
        A pixel is ink (+1) if its grey level, 0 to 16, is at least this; 1 <= threshold <= 16.

    Returns
    -------
    Digits

    Raises
    ------
    ValueError
        For a threshold outside 1..16.

    References
    ----------
    Alpaydin & Kaynak 1998, the UCI set "Optical Recognition of Handwritten Digits", as distributed with scikit-learn.

    Examples
    --------
    >>> data = digits()
    >>> data.spins.shape, int(data.varying.sum()), data.labels[:3].tolist()
    ((1797, 64), 54, [0, 1, 2])
    """
    check_whole(threshold, "threshold", most=16)
    from sklearn.datasets import load_digits  # imported here: it takes a second, and only this function needs it

    grey, labels = load_digits(return_X_y=True)
    spins = np.where(grey >= threshold, 1, -1).astype(np.int8)
    return Digits(spins, labels.astype(np.int64), (spins != spins[0]).any(axis=0))
