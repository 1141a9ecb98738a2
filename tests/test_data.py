"""Data as spins."""

import numpy as np
import pytest
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
