"""Contact scores: the norm in the zero-sum gauge, and the average product correction by hand."""

import numpy as np
import pytest
from conftest import random_potts

import ebmtools as ebm

MODEL = random_potts(5, 4)


def test_the_gauge_does_not_matter():
    """A number for each state of one site, moved from the fields into a coupling, is no coupling."""
    moved = MODEL.couplings
    shift = np.array([3.0, 0, -1, 2])
    moved[0, 1] += shift[:, None]
    moved[1, 0] += shift
    np.testing.assert_allclose(ebm.contact_scores(moved), ebm.contact_scores(MODEL.couplings), atol=1e-12)
    assert np.abs(np.linalg.norm(moved, axis=(2, 3)) - np.linalg.norm(MODEL.couplings, axis=(2, 3))).max() > 1


def test_scores_are_norms_without_the_gap():
    fixed = MODEL.zero_sum().couplings[..., 1:, 1:]
    norms = ebm.contact_scores(MODEL.couplings, gap=0, corrected=False)
    np.testing.assert_allclose(norms, np.sqrt((fixed**2).sum((2, 3))), atol=1e-12)
    assert np.abs(norms - ebm.contact_scores(MODEL.couplings, corrected=False)).max() > 0.1


def test_the_correction_by_hand():
    norms = ebm.contact_scores(MODEL.couplings, corrected=False)
    means = [norms[i, [j for j in range(5) if j != i]].mean() for i in range(5)]
    wanted = norms - np.outer(means, means) / norms[~np.eye(5, dtype=bool)].mean()
    np.fill_diagonal(wanted, 0)
    np.testing.assert_allclose(ebm.contact_scores(MODEL.couplings), wanted, atol=1e-12)


def test_too_few_sites_are_refused():
    with pytest.raises(ValueError, match=r"^couplings: got 2 sites, expected at least 3"):
        ebm.contact_scores(np.zeros((2, 2, 3, 3)))
