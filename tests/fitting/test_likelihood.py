"""The likelihood of the pairwise model: exact where states can be listed, by persistent chains beyond."""

import numpy as np
import pytest
import torch
from conftest import random_pairwise

import ebmtools as ebm
from ebmtools import exact, objectives
from ebmtools.fitting import enumerated, likelihood, persistent, standard_errors

UPPER = np.triu_indices(6, 1)


def moments_of(spins):
    s = np.asarray(spins, float)
    return s.mean(axis=0), s.T @ s / len(s)


@pytest.mark.parametrize("fields", [True, False])
@pytest.mark.parametrize("l2", [0.0, 0.1])
def test_exact_optimum(fields, l2):
    """The gradient of an independent objective, by autograd in float64, vanishes to 1e-8; its value is the fit's."""
    spins = exact.sample(random_pairwise(6, 1), 800, seed=1)
    fit = ebm.fit_pairwise(spins, objective="likelihood", fields=fields, l2=l2)
    assert fit.converged
    assert fit.rhat == 1.0
    value = objectives.likelihood(fit.energy, spins) + l2 * fit.energy.upper.square().sum()
    slopes = torch.autograd.grad(value, [fit.energy.upper, fit.energy.h])
    assert slopes[0].abs().max() < 1e-8
    assert abs(fit.objective - value.item()) < 1e-12
    if fields:
        assert slopes[1].abs().max() < 1e-8
    else:
        assert np.all(fit.fields == 0)


def test_model_and_data_have_the_same_moments():
    spins = exact.sample(random_pairwise(12, 2, 0.3), 3_000, seed=1)
    fit = ebm.fit_pairwise(spins, objective="likelihood")
    for model, data in zip(exact.moments(fit.energy), moments_of(spins), strict=True):
        np.testing.assert_allclose(model, data, atol=1e-8)


def test_weights_are_counts():
    spins = exact.sample(random_pairwise(6, 3, 0.2), 400, seed=1)
    rows, counts = np.unique(spins, axis=0, return_counts=True)
    whole, counted = (ebm.fit_pairwise(*given, objective="likelihood") for given in ((spins,), (rows, counts)))
    np.testing.assert_allclose(whole.couplings, counted.couplings, atol=1e-7)
    np.testing.assert_allclose(whole.couplings_error, counted.couplings_error, rtol=1e-5)


def by_chains(spins, monkeypatch, **options):
    monkeypatch.setattr(enumerated, "ENUMERABLE", 0)
    return ebm.fit_pairwise(spins, objective="likelihood", **options)


@pytest.mark.parametrize("fields", [True, False])
@pytest.mark.parametrize("l2", [0.0, 0.05])
def test_chains_find_the_exact_optimum(fields, l2, monkeypatch):
    """Every parameter within 1.5 standard errors of the data, where the fit promises a third of one in the mean."""
    spins = exact.sample(random_pairwise(8, 4, 0.3), 2_000, seed=1)
    true = ebm.fit_pairwise(spins, objective="likelihood", fields=fields, l2=l2)
    found = by_chains(spins, monkeypatch, fields=fields, l2=l2)
    assert found.converged
    assert found.rhat < 1.1
    upper = np.triu_indices(8, 1)
    z = ((found.couplings - true.couplings) / true.couplings_error.clip(1e-3))[upper]
    assert np.sqrt((z**2).mean()) < 0.5
    assert np.abs(z).max() < 1.5
    assert abs(found.objective - true.objective) < 0.02
    halved = (0.5 * true.couplings - true.couplings)[upper] / true.couplings_error[upper]
    assert np.sqrt((halved**2).mean()) > 0.5  # the yardstick tells a wrong answer


def test_beyond_enumeration_every_moment_is_met():
    truth = random_pairwise(30, 5, 0.1)
    spins = ebm.sample(truth, 5_000, n_chains=500, seed=1).spins
    fit = ebm.fit_pairwise(spins, objective="likelihood", seed=1)
    assert fit.converged
    fresh = ebm.sample(fit.energy, 40_000, n_chains=1_000, warmup=500, seed=2)
    for model, data in zip(moments_of(fresh.spins), moments_of(spins), strict=True):
        z = (model - data) / np.sqrt((1 - np.minimum(data**2, 0.99)) * (1 / 5_000 + 1 / 40_000))
        assert np.abs(z).max() < 3.5
    assert ebm.reconstruction_error(fit.couplings, truth.couplings) < 0.3
    again = ebm.fit_pairwise(spins, objective="likelihood", seed=1)
    assert np.array_equal(fit.couplings, again.couplings)


def z_scores(n_spins, n_samples, repeats, monkeypatch, listed):
    if not listed:
        monkeypatch.setattr(enumerated, "ENUMERABLE", 0)
    truth = random_pairwise(n_spins, 3, 0.25)
    upper = np.triu_indices(n_spins, 1)
    z = []
    for seed in range(repeats):
        fit = ebm.fit_pairwise(exact.sample(truth, n_samples, seed=seed), objective="likelihood", seed=seed)
        z += [*((fit.couplings - truth.couplings)[upper] / fit.couplings_error[upper])]
        z += [*((fit.fields - truth.fields) / fit.fields_error)]
    return np.array(z)


@pytest.mark.parametrize(("listed", "repeats"), [(True, 60), (False, 8)])
def test_errors_cover(listed, repeats, monkeypatch):
    """z has a spread of 1 within 5 of its standard errors, were all independent; errors twice too small are caught."""
    z = z_scores(6, 1_000, repeats, monkeypatch, listed)
    tolerance = 5 / np.sqrt(2 * len(z))
    assert abs(z.std() - 1) < tolerance
    assert abs(2 * z.std() - 1) > tolerance


def test_what_lies_at_infinity_is_told():
    spins = exact.sample(random_pairwise(6, 1), 500, seed=1)
    never = spins[~((spins[:, 0] > 0) & (spins[:, 4] > 0))]
    with pytest.warns(ebm.warnings.InfiniteOptimumWarning, match="spin [04] is never up where spin [04] is up"):
        fit = ebm.fit_pairwise(never, objective="likelihood")
    assert not fit.converged
    assert ebm.fit_pairwise(never, objective="likelihood", l2=0.01).converged


def test_chains_whose_parameters_grow_without_bound_are_told(monkeypatch):
    for module in (likelihood, persistent):
        monkeypatch.setattr(module, "INFINITE", 0.05)
    spins = exact.sample(random_pairwise(8, 4, 0.3), 2_000, seed=1)
    with pytest.warns(ebm.warnings.EbmWarning) as caught:
        fit = by_chains(spins, monkeypatch)
    kinds = {one.category for one in caught}
    assert {ebm.warnings.ConvergenceWarning, ebm.warnings.InfiniteOptimumWarning} <= kinds
    assert not fit.converged
    assert np.abs(fit.couplings).max() <= 0.05


def test_valleys_that_do_not_meet_are_told(monkeypatch):
    """Data of a cold magnet, mostly up or mostly down: the chains of the fit keep to the valley in which they start."""
    magnet = ebm.Pairwise(0.12 * (np.ones((16, 16)) - np.eye(16)))
    with pytest.warns(ebm.warnings.MixingWarning, match="have not met"):
        by_chains(exact.sample(magnet, 4_000, seed=1), monkeypatch, l2=1e-3)


def test_too_many_parameters_have_no_errors(monkeypatch):
    monkeypatch.setattr(standard_errors, "MOST_PARAMETERS", 20)
    fit = ebm.fit_pairwise(exact.sample(random_pairwise(6), 300, seed=1), objective="likelihood")
    with pytest.raises(ValueError, match="couplings_error: the likelihood of 6 spins has 21 parameters"):
        _ = fit.couplings_error


def test_l1_beyond_enumeration_is_refused():
    spins = ebm.sample(ebm.Pairwise(np.zeros((21, 21))), 500, seed=1).spins
    with pytest.raises(ValueError, match=r"l1: got 0.1, but the likelihood of more than 20 spins has none here"):
        ebm.fit_pairwise(spins, objective="likelihood", l1=0.1)
