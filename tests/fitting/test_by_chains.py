"""Training by likelihood and by contrastive divergence, against enumeration."""

import warnings

import numpy as np
import pytest
import torch
from conftest import chi_square_p, mixed_energy, random_pairwise, state_numbers

import ebmtools as ebm
from ebmtools import exact
from ebmtools.fitting import by_chains

N = 6
TRUTH = random_pairwise(N, seed=2, scale=0.4) + ebm.ManyBody(N, [(0, 1, 2), (2, 3, 4), (1, 4, 5)], [0.6, -0.6, 0.5])
SPINS = exact.sample(TRUTH, 4000, seed=1)


def pairwise():
    return ebm.Pairwise(np.zeros((N, N)))


def off(energy, spins=SPINS):
    """The largest difference of magnetisations and correlations from those of the data, in standard errors."""
    found, s = exact.moments(energy), spins.astype(float)
    upper = np.triu_indices(N, 1)
    data = np.concatenate([s.mean(0), (s.T @ s / len(s))[upper]])
    model = np.concatenate([found.magnetisations, found.correlations[upper]])
    return np.abs((model - data) / np.sqrt((1 - data**2) / len(s))).max()


def nats(energy, spins):
    """The exact negative log likelihood."""
    with torch.no_grad():
        return float(energy(spins).double().mean()) + exact.log_partition(energy)


def test_the_likelihood_meets_the_moments():
    """Of a pairwise model, on data that it cannot describe: within one standard error of the data, from chains that
    make the average of 1,024 states at each step. Negative controls: by pseudolikelihood beyond two, and by contrastive
    divergence of one sweep, which stays near its start, further than the likelihood.
    """
    settings = {"validation": 0, "epochs": 60, "learning_rate": 0.03, "seed": 1, "progress": False}
    fits = {}
    for objective in ("likelihood", "pseudolikelihood", "contrastive-divergence"):
        fits[objective] = energy = pairwise()
        ebm.fit(energy, SPINS, objective=objective, sweeps=1 if objective.startswith("con") else 10, **settings)
    assert off(fits["likelihood"]) < 1
    assert off(fits["pseudolikelihood"]) > 2
    assert off(fits["contrastive-divergence"]) > off(fits["likelihood"])


def test_the_recorded_likelihood_is_the_exact_one():
    """Of a hybrid, at its start and at every epoch's end, followed by the chains alone: within 0.03 nats. Negative
    control: the likelihood of another epoch is further away.
    """
    energy, held_out = pairwise() + ebm.Network(N, (16,), seed=3), exact.sample(TRUTH, 2000, seed=2)
    settings = {"validation": held_out, "epochs": 60, "learning_rate": 0.03, "seed": 1, "progress": False}
    fit = ebm.fit(energy, SPINS, objective="likelihood", **settings)
    assert abs(fit.objective - nats(energy, held_out)) < 0.03
    assert abs(fit.held_out[0] - nats(energy, held_out)) > 0.1
    assert fit.held_out[fit.best_epoch] == fit.held_out.min()
    assert fit.rhat < 1.1
    assert not fit.diverged
    better = ebm.fit_pairwise(SPINS, objective="likelihood").energy
    assert nats(energy, held_out) < nats(better, held_out)  # the network has learned what pairs cannot express


def test_without_held_out_samples_no_log_z_is_needed(monkeypatch):
    """The last epoch is kept, R-hat is told, and pseudolikelihoods are recorded. From their own optimum they rise, and
    that is no divergence; a rate that is far too large is one.
    """
    monkeypatch.setattr(by_chains, "log_partition", lambda *_, **__: pytest.fail("log Z was asked for"))
    energy = ebm.fit_pairwise(SPINS).energy
    start = ebm.objectives.pseudolikelihood(energy, SPINS).item()
    how = {"objective": "likelihood", "validation": 0, "progress": False}
    fit = ebm.fit(energy, SPINS, epochs=20, learning_rate=0.01, **how)
    assert fit.best_epoch == 20
    assert fit.rhat < 1.1
    assert fit.train[0] == pytest.approx(start)
    assert fit.train[-1] == pytest.approx(ebm.objectives.pseudolikelihood(energy, SPINS).item(), abs=1e-6)
    assert np.isnan(fit.held_out).all()
    assert start < fit.train[-1]
    assert not fit.diverged
    assert off(energy) < 1
    for rate, network in ((1e30, "tanh"), (1e3, "tanh"), (1e3, "square")):
        energy = pairwise() + ebm.Network(N, (4,), network, seed=1)
        with pytest.warns(ebm.warnings.DivergenceWarning):
            assert ebm.fit(energy, SPINS, epochs=5, learning_rate=rate, **how).diverged
        assert np.isfinite(exact.energies(energy)).all()  # those of the start


def test_contrastive_divergence_improves_with_its_sweeps():
    """More sweeps from each sample, less bias: its moments come closer to the data's. The last epoch is kept."""
    misfits = []
    for sweeps in (1, 20):
        energy = pairwise()
        settings = {"epochs": 60, "learning_rate": 0.03, "validation": 0.0, "seed": 2, "progress": False}
        fit = ebm.fit(energy, SPINS, objective="contrastive-divergence", sweeps=sweeps, **settings)
        misfits.append(off(energy))
        assert np.isnan(fit.rhat)
        assert fit.best_epoch == 60
    assert misfits[1] < 1.2 < misfits[0]


def test_any_energy_can_be_trained():
    """One of someone else's, which has a `forward` alone."""

    class Field(ebm.Energy):
        def __init__(self):
            super().__init__(N)
            self.h = torch.nn.Parameter(torch.zeros(N, dtype=torch.float64))

        def forward(self, spins):
            return -spins.double() @ self.h

    energy = Field()
    settings = {"epochs": 20, "learning_rate": 0.03, "weight_decay": 0, "validation": 0, "sweeps": 1}
    ebm.fit(energy, SPINS, objective="likelihood", progress=False, **settings)
    np.testing.assert_allclose(np.tanh(energy.h.detach().numpy()), SPINS.mean(0), atol=0.03)


def test_chains_advance_under_the_energy():
    """Independent chains after 100 sweeps: chi-square p > 1e-5; not after none (p < 1e-5)."""
    energy, start = mixed_energy(), np.ones((3000, 4), np.int8)
    expected = exact.probabilities(energy)
    assert chi_square_p(state_numbers(by_chains.advance(energy, start, 100, 5)), expected) > 1e-5
    assert chi_square_p(state_numbers(start), expected) < 1e-5


def test_the_same_seed_gives_the_same_fit():
    fits = []
    for seed in (1, 1, 2):
        energy = pairwise()
        ebm.fit(energy, SPINS, objective="likelihood", epochs=2, sweeps=2, seed=seed, progress=False)
        fits.append(energy.couplings)
    np.testing.assert_array_equal(fits[0], fits[1])
    assert (fits[0] != fits[2]).any()


def test_valleys_that_do_not_meet_are_told():
    """All data in one of two deep valleys: the chains stay there, and the fit says so."""
    wells = ebm.Pairwise(1.5 * (1 - np.eye(8)))
    spins = exact.sample(ebm.Pairwise(0.45 * (1 - np.eye(8)), np.full(8, 0.3)), 2000, seed=1)
    with pytest.warns(ebm.warnings.MixingWarning, match="have not met"):
        fit = ebm.fit(wells, spins, objective="likelihood", epochs=1, learning_rate=1e-4, progress=False)
    assert fit.rhat > 1.1


def test_a_likelihood_lost_on_the_way_is_told(monkeypatch):
    monkeypatch.setattr(by_chains._Score, "follow", lambda self, *_: None)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        ebm.fit(pairwise(), SPINS, objective="likelihood", epochs=10, progress=False)
    assert [one.category for one in caught] == [ebm.warnings.PartitionWarning]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"objective": "em"}, "objective: got 'em', expected one of pseudolikelihood, likelihood, contrastive-div"),
        ({"objective": "likelihood", "sites": 2}, "objective: 'likelihood' runs on the CPU and takes no `sites`"),
        ({"objective": "likelihood", "sweeps": 0}, "sweeps: got 0, expected an integer >= 1"),
    ],
)
def test_bad_options(options, message):
    with pytest.raises(ValueError, match=message):
        ebm.fit(pairwise(), SPINS, progress=False, **options)
