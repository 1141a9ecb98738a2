"""Fits: truth recovered at infinite data, optimality conditions with penalties, scikit-learn, and training by Adam."""

import copy
import dataclasses
import warnings

import numpy as np
import pytest
import torch
from conftest import mixed_energy, random_pairwise
from torch import nn

import ebmtools as ebm
from ebmtools import exact
from ebmtools.fitting.objectives import interaction_screening, likelihood, pseudolikelihood

OBJECTIVES = {
    "pseudolikelihood": pseudolikelihood,
    "interaction-screening": interaction_screening,
    "likelihood": likelihood,
}
SOLVERS = [
    ("pseudolikelihood", True),
    ("pseudolikelihood", False),
    ("interaction-screening", True),
    ("interaction-screening", False),
    ("likelihood", True),
]
N = 6
TRUTH = random_pairwise(N, seed=1, scale=0.3)
SPINS = exact.sample(TRUTH, 500, seed=1)


def gradient(objective, energy, spins=SPINS):
    """Of the couplings (upper triangle) and of the fields."""
    slopes = torch.autograd.grad(OBJECTIVES[objective](energy, spins), [energy.upper, energy.h])
    return [slope.numpy() for slope in slopes]


def site_gradient(objective, fit, spins=SPINS):
    """Of the couplings (N, N) and fields of the fits site by site, from the formula; the diagonal is left out."""
    s = spins.astype(float)
    local = fit.fields + s @ fit.couplings_by_site.T
    slope = s - np.tanh(local) if objective == "pseudolikelihood" else s * np.exp(-s * local)
    pair = -slope.T @ s / len(s)
    np.fill_diagonal(pair, 0)
    return pair, -slope.mean(axis=0)


@pytest.mark.parametrize(("objective", "symmetric"), SOLVERS)
def test_truth_at_infinite_data(objective, symmetric):
    weights = exact.probabilities(TRUTH)
    fit = ebm.fit_pairwise(exact.states(N), weights, objective=objective, symmetric=symmetric)
    assert fit.converged
    np.testing.assert_allclose(fit.couplings, TRUTH.couplings, atol=1e-5)
    np.testing.assert_allclose(fit.fields, TRUTH.fields, atol=1e-5)
    optimum = OBJECTIVES[objective](TRUTH, exact.states(N), weights).item()
    assert abs(fit.objective - optimum) < 1e-9
    if symmetric:
        assert fit.couplings_by_site is None
    else:
        np.testing.assert_allclose(fit.couplings_by_site, TRUTH.couplings, atol=1e-5)


@pytest.mark.parametrize(("objective", "symmetric"), SOLVERS)
def test_optimum_without_penalty(objective, symmetric):
    """The gradient vanishes, site by site where each site is fitted alone; J is then the mean of both estimates."""
    fit = ebm.fit_pairwise(SPINS, objective=objective, symmetric=symmetric)
    pair, field = gradient(objective, fit.energy) if symmetric else site_gradient(objective, fit)
    assert max(np.abs(pair).max(), np.abs(field).max()) < 1e-6
    if not symmetric:
        assert np.abs(fit.couplings_by_site - fit.couplings_by_site.T).max() > 1e-3
        np.testing.assert_allclose(fit.couplings, (fit.couplings_by_site + fit.couplings_by_site.T) / 2, atol=1e-14)
        assert not fit.couplings_by_site.diagonal().any()


def kkt_violation(couplings, slope, l1):
    """Distance from 0 in slope + l1 d|J|: the sign of J where J is not zero, anything in [-1, 1] where it is."""
    at_zero = np.maximum(np.abs(slope) - l1, 0)
    return np.where(couplings == 0, at_zero, np.abs(slope + l1 * np.sign(couplings)))


@pytest.mark.parametrize(("objective", "symmetric"), SOLVERS)
def test_l1(objective, symmetric):
    """Zeros are exact, the conditions of Karush, Kuhn and Tucker hold. Negative control: not for half the penalty."""
    l1 = 0.1
    fit = ebm.fit_pairwise(SPINS, objective=objective, symmetric=symmetric, l1=l1)
    upper = np.triu_indices(N, 1)
    if symmetric:
        couplings = fit.couplings[upper]
        pair, field = gradient(objective, fit.energy)
    else:
        couplings = fit.couplings_by_site
        pair, field = site_gradient(objective, fit)
    zeros = (couplings == 0).sum() - (0 if symmetric else N)
    assert 0 < zeros < (15 if symmetric else 30)
    assert kkt_violation(couplings, pair, l1).max() < 3e-9
    assert kkt_violation(couplings, pair, l1 / 2).max() > 1e-3
    assert np.abs(field).max() < 1e-6
    if symmetric:
        penalised = OBJECTIVES[objective](fit.energy, SPINS).item() + l1 * np.abs(couplings).sum()
        assert abs(fit.objective - penalised) < 1e-9


def test_strong_l1_leaves_no_coupling():
    fit = ebm.fit_pairwise(SPINS, l1=10.0)
    assert not fit.couplings.any()
    np.testing.assert_allclose(np.tanh(fit.fields), SPINS.mean(axis=0), atol=1e-6)


@pytest.mark.parametrize(("objective", "symmetric"), SOLVERS)
def test_l2(objective, symmetric):
    """Gradient + 2 l2 J = 0, the fields unpenalised. Negative control: not for half the penalty."""
    fit = ebm.fit_pairwise(SPINS, objective=objective, symmetric=symmetric, l2=0.1)
    if symmetric:
        couplings = fit.couplings[np.triu_indices(N, 1)]
        pair, field = gradient(objective, fit.energy)
    else:
        couplings = fit.couplings_by_site
        pair, field = site_gradient(objective, fit)
    assert np.abs(pair + 2 * 0.1 * couplings).max() < 1e-6
    assert np.abs(pair + 2 * 0.05 * couplings).max() > 1e-3
    assert np.abs(field).max() < 1e-6


def test_both_penalties():
    fit = ebm.fit_pairwise(SPINS, l1=0.05, l2=0.1)
    couplings = fit.couplings[np.triu_indices(N, 1)]
    slope = gradient("pseudolikelihood", fit.energy)[0] + 2 * 0.1 * couplings
    assert kkt_violation(couplings, slope, 0.05).max() < 3e-9


@pytest.mark.parametrize(("objective", "symmetric"), SOLVERS)
def test_without_fields(objective, symmetric):
    fit = ebm.fit_pairwise(SPINS, objective=objective, symmetric=symmetric, fields=False, l1=0.01)
    assert not fit.fields.any()
    assert fit.converged
    pair = gradient(objective, fit.energy)[0] if symmetric else site_gradient(objective, fit)[0]
    couplings = fit.couplings[np.triu_indices(N, 1)] if symmetric else fit.couplings_by_site
    assert kkt_violation(couplings, pair, 0.01).max() < 1e-6


@pytest.mark.parametrize(("objective", "symmetric"), SOLVERS)
def test_weights_are_counts(objective, symmetric):
    rows, counts = np.unique(SPINS, axis=0, return_counts=True)
    by_rows = ebm.fit_pairwise(SPINS, None, objective=objective, symmetric=symmetric)
    by_counts = ebm.fit_pairwise(rows, counts, objective=objective, symmetric=symmetric)
    np.testing.assert_allclose(by_rows.couplings, by_counts.couplings, atol=1e-5)
    np.testing.assert_allclose(by_rows.fields, by_counts.fields, atol=1e-5)


def test_against_logistic_regression():
    """Site by site the pseudolikelihood is a logistic regression of s_i on the others: p(s_i = 1) = sigmoid(2 f_i), so
    its coefficients are 2 J_ij and its intercept is 2 h_i.
    """
    from sklearn.linear_model import LogisticRegression

    fit = ebm.fit_pairwise(SPINS, symmetric=False)
    for i in range(N):
        others = np.arange(N) != i
        model = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(SPINS[:, others], SPINS[:, i])
        np.testing.assert_allclose(fit.couplings_by_site[i, others], model.coef_[0] / 2, atol=1e-5)
        np.testing.assert_allclose(fit.fields[i], model.intercept_[0] / 2, atol=1e-5)


@pytest.mark.parametrize(("objective", "symmetric"), SOLVERS)
def test_error_shrinks_like_one_over_root_m(objective, symmetric):
    """16 times the data, a quarter of the error. Over other blocks of ten seeds the ratio scatters by 10 %; within 4 of
    these (1e-4 false alarms), which still tells it from M^(-1/4).
    """
    squares = []
    for n_samples in (1000, 16_000):
        fits = [
            ebm.fit_pairwise(exact.sample(TRUTH, n_samples, seed=seed), None, objective=objective, symmetric=symmetric)
            for seed in range(10)
        ]
        squares.append(np.mean([(fit.couplings - TRUTH.couplings) ** 2 for fit in fits]))
    assert abs(np.sqrt(squares[0] / squares[1]) / 4 - 1) < 4 * 0.10


@pytest.mark.parametrize("symmetric", [True, False])
def test_determined_spin_is_told(symmetric):
    """Spin 1 copies spin 0: the optimum is at infinity. A penalty helps."""
    spins = SPINS.copy()
    spins[:, 1] = spins[:, 0]
    with pytest.warns(RuntimeWarning, match="add l2 > 0|Add l2 > 0"):
        fit = ebm.fit_pairwise(spins, symmetric=symmetric)
    assert not fit.converged
    assert ebm.fit_pairwise(spins, symmetric=symmetric, l2=0.01).converged


@pytest.mark.parametrize(
    "solve",
    [
        lambda spins: ebm.fit_pairwise(spins, objective="likelihood"),
        lambda spins: ebm.fit_convex(ebm.Pairwise(np.zeros((N, N))), spins),
        lambda spins: ebm.fit_convex(2.0 * ebm.Pairwise(np.zeros((N, N))), spins),  # by autograd
    ],
    ids=["likelihood", "fit_convex", "fit_convex by autograd"],
)
def test_determined_spin_is_told_by_the_others_too(solve):
    spins = SPINS.copy()
    spins[:, 1] = spins[:, 0]
    with pytest.warns(RuntimeWarning, match="l2 > 0"):
        solve(spins)


@pytest.mark.parametrize(
    ("limit", "value", "objective"),
    [
        ("fitting.sparse.STEPS", 2, "interaction-screening"),
        ("fitting.enumerated.NEWTON_STEPS", 1, "likelihood"),
        ("fitting.descent.MAX_EVALUATIONS", 2, "pseudolikelihood"),
    ],
)
def test_a_fit_short_of_its_optimum_is_told(monkeypatch, limit, value, objective):
    monkeypatch.setattr(f"ebmtools.{limit}", value)
    with pytest.warns(RuntimeWarning, match="the fit stopped before its optimum: .* add l2 > 0"):
        fit = ebm.fit_pairwise(SPINS, objective=objective)
    assert not fit.converged
    assert "NOT converged" in repr(fit)


def test_one_spin():
    """Its field is atanh of its mean."""
    np.testing.assert_allclose(ebm.fit_pairwise([[1], [1], [-1]]).fields, [np.arctanh(1 / 3)], atol=1e-6)


def test_one_spin_without_field():
    with pytest.raises(ValueError, match="fields: a single spin"):
        ebm.fit_pairwise([[1], [1], [-1]], fields=False)


def test_fit_takes_draws_and_tensors():
    draws = ebm.sample(TRUTH, 300, seed=1)
    fits = [ebm.fit_pairwise(data) for data in (draws, draws.spins, torch.tensor(draws.spins), draws.spins.tolist())]
    for fit in fits[1:]:
        np.testing.assert_array_equal(fit.couplings, fits[0].couplings)


# fit_convex


@pytest.mark.parametrize("extra", ["many-body", "network"])
def test_convex_fit_beside_a_frozen_part(extra):
    """At infinite data the free part goes to its truth, and the frozen one does not move."""
    fixed = {
        "many-body": ebm.ManyBody(4, [(0, 1, 2), (1, 2, 3)], [0.5, -0.5]),
        "network": ebm.Network(4, (6,), seed=3, dtype=torch.float64),
    }[extra].requires_grad_(False)
    free = random_pairwise(4, seed=2)
    truth = copy.deepcopy(free) + fixed
    before = copy.deepcopy(fixed.state_dict())
    start = ebm.Pairwise(np.zeros((4, 4)))
    fit = ebm.fit_convex(start + 1.0 * fixed, exact.states(4), exact.probabilities(truth))
    assert fit.converged
    assert fit.energy.parts[0] is start
    np.testing.assert_allclose(start.couplings, free.couplings, atol=1e-5)
    np.testing.assert_allclose(start.fields, free.fields, atol=1e-5)
    assert all(torch.equal(before[name], value) for name, value in fixed.state_dict().items())
    assert abs(fit.objective - pseudolikelihood(truth, exact.states(4), exact.probabilities(truth)).item()) < 1e-9


def test_convex_fit_of_all_orders():
    truth = mixed_energy()
    model = ebm.ManyBody(4, ebm.interactions(truth, 1).indices.tolist(), np.zeros(4))
    for order in (2, 3, 4):
        sets = ebm.interactions(truth, order).indices.tolist()
        model = model + ebm.ManyBody(4, sets, np.zeros(len(sets)))
    ebm.fit_convex(model, exact.states(4), exact.probabilities(truth))
    for order in (1, 2, 3, 4):
        expected = ebm.interactions(truth, order)
        found = {tuple(i): x for i, x in zip(*_entries(ebm.interactions(model, order)), strict=True)}
        for indices, xi in zip(*_entries(expected), strict=True):
            assert abs(found[tuple(indices)] - xi) < 1e-5


def _entries(interactions):
    return interactions.indices.tolist(), interactions.coefficients.tolist()


def test_convex_fit_of_part_of_the_parameters():
    """Fields frozen at the truth, couplings free."""
    start = ebm.Pairwise(np.zeros((N, N)), TRUTH.fields)
    start.h.requires_grad_(False)
    ebm.fit_convex(start, exact.states(N), exact.probabilities(TRUTH))
    np.testing.assert_allclose(start.couplings, TRUTH.couplings, atol=1e-5)
    np.testing.assert_array_equal(start.fields, TRUTH.fields)


def test_convex_fit_with_l2():
    """Gradient + 2 l2 theta = 0 for all trained parameters."""
    model = ebm.Pairwise(np.zeros((N, N)))
    fit = ebm.fit_convex(model, SPINS, l2=0.1)
    pair, field = gradient("pseudolikelihood", model)
    assert np.abs(pair + 0.2 * model.upper.detach().numpy()).max() < 1e-6
    assert np.abs(field + 0.2 * model.fields).max() < 1e-6
    norm = sum(p.square().sum().item() for p in model.parameters())
    assert abs(fit.objective - pseudolikelihood(model, SPINS).item() - 0.1 * norm) < 1e-9


def test_convex_fit_agrees_with_fit_pairwise():
    fit = ebm.fit_convex(ebm.Pairwise(np.zeros((N, N))), SPINS)
    np.testing.assert_allclose(fit.energy.couplings, ebm.fit_pairwise(SPINS).couplings, atol=1e-5)


# fit


def hybrid(seed=0):
    return ebm.Pairwise(np.zeros((N, N))) + ebm.Network(N, (16,), seed=seed)


def train(energy, spins=SPINS, **options):
    return ebm.fit(energy, spins, **{"epochs": 15, "batch_size": 50, "progress": False, **options})


def held_out_samples(spins, validation, seed):
    order = torch.randperm(len(spins), generator=torch.Generator().manual_seed(seed))
    return spins[order[: round(validation * len(spins))].numpy()]


def test_fit_lowers_the_held_out_objective_and_keeps_the_best_epoch():
    model = hybrid()
    result = train(model, validation=0.2, learning_rate=0.05, weight_decay=0.0, epochs=40, seed=3)
    assert result.energy is model
    assert len(result.train) == len(result.held_out) == 41
    assert result.train[-1] < result.train[0]
    assert not result.diverged
    assert result.best_epoch == result.held_out.argmin()
    assert 0 < result.best_epoch < 40  # it overfits, so the last epoch is not the best
    assert result.objective == result.held_out[result.best_epoch] < result.held_out[0] - 0.1
    again = pseudolikelihood(model, held_out_samples(SPINS, 0.2, seed=3)).item()
    assert abs(again - result.objective) < 1e-5


def test_fit_finds_the_pairwise_optimum():
    """Adam comes to where L-BFGS ends, if it trains on all samples."""
    model = ebm.Pairwise(np.zeros((N, N)))
    result = train(model, validation=0, epochs=100)
    assert abs(result.objective - ebm.fit_pairwise(SPINS).objective) < 1e-3
    np.testing.assert_allclose(model.couplings, ebm.fit_pairwise(SPINS).couplings, atol=0.01)


def test_without_validation_the_last_epoch_is_kept():
    result = train(hybrid(), validation=0, epochs=5)
    assert np.isnan(result.held_out).all()
    assert result.best_epoch == 5
    assert result.objective == result.train[5]


def test_a_fit_tells_what_became_of_it():
    spins = exact.sample(ebm.ManyBody(4, [(0, 1, 2)], [1.0]), 400, seed=1)
    energy = ebm.Network(4, (8,), seed=1)
    fit = ebm.fit(energy, spins, epochs=5, weight_decay=0.5, progress=False)
    held_out = f"held-out objective from {fit.held_out[0]:.4f} to {fit.objective:.4f} nats per sample"
    assert repr(fit) == f"Fit: kept epoch {fit.best_epoch} of 5, weight decay 0.5; {held_out}"
    assert "training objective" in repr(ebm.fit(energy, spins, epochs=1, validation=0, progress=False))
    assert "diverged" in repr(dataclasses.replace(fit, diverged=True))


def test_same_seed_same_fit():
    """Bit for bit; another seed splits and shuffles otherwise. The global generator stays untouched."""
    first, again, other = hybrid(), hybrid(), hybrid()
    state = torch.get_rng_state()
    results = [train(model, seed=seed) for model, seed in ((first, 1), (again, 1), (other, 2))]
    assert torch.equal(state, torch.get_rng_state())
    for name, value in first.state_dict().items():
        assert torch.equal(value, again.state_dict()[name])
        assert not torch.equal(value, other.state_dict()[name])
    np.testing.assert_array_equal(results[0].held_out, results[1].held_out)


def test_only_the_network_decays():
    """Couplings, fields and interactions end where they end without decay, bit for bit; a network shrinks."""
    for make in (lambda: ebm.Pairwise(np.zeros((N, N))), lambda: ebm.ManyBody(N, [(0, 1, 2), (3,)], [0.0, 0.0])):
        free, decayed = make(), make()
        train(free, weight_decay=0.0)
        train(decayed, weight_decay=10.0)
        for a, b in zip(free.parameters(), decayed.parameters(), strict=True):
            assert torch.equal(a, b)
    norms = []
    for options in ({"weight_decay": 0.0}, {}, {"weight_decay": 100.0}):
        model = ebm.Network(N, (16,))
        train(model, validation=0, **options)
        norms.append(model.output.norm().item())
    assert norms[0] > norms[1] > norms[2]


def test_only_free_parameters_move():
    model = hybrid()
    model.parts[0].requires_grad_(False)
    model.parts[1].output.requires_grad_(False)
    before = copy.deepcopy(model.state_dict())
    train(model, validation=0, epochs=2)
    moved = {name for name, value in model.state_dict().items() if not torch.equal(value, before[name])}
    assert moved == {"parts.1.layers.0.weight", "parts.1.layers.0.bias"}


def test_user_energy_is_trained():
    class Field(ebm.Energy):
        def __init__(self, n_spins):
            super().__init__(n_spins)
            self.strength = nn.Parameter(torch.zeros(n_spins, dtype=torch.float64))

        def forward(self, spins):
            return -spins.double() @ self.strength

    model = Field(N)
    train(model, validation=0, weight_decay=0.0, epochs=100, batch_size=100, learning_rate=0.05)
    np.testing.assert_allclose(torch.tanh(model.strength.detach()), SPINS.mean(axis=0), atol=0.01)


@pytest.mark.parametrize("validation", [0.0, 0.1])
def test_divergence_is_told_and_the_best_state_kept(validation):
    model = ebm.Network(N, (16,), "cube")
    with pytest.warns(RuntimeWarning, match="training diverged: .* Lower learning_rate"):
        result = train(model, learning_rate=1e6, validation=validation)
    assert result.diverged
    assert len(result.train) == len(result.held_out) < 16
    assert all(torch.isfinite(p).all() for p in model.parameters())
    if validation:
        assert result.objective == np.nanmin(result.held_out)


def test_a_fit_that_only_gets_worse_is_told():
    with pytest.warns(RuntimeWarning):
        train(ebm.Pairwise(np.zeros((N, N))), learning_rate=1e6)


def standard_error(energy):
    """Of the objective on SPINS."""
    values = torch.nn.functional.softplus(-energy.flip_change(SPINS)).sum(-1)
    return values.std(correction=0).item() / len(SPINS) ** 0.5


@pytest.mark.parametrize(("strength", "worse"), [(1.0, False), (1.2, False), (1.4, True)])
def test_a_fit_that_ends_worse_than_its_start_is_told(monkeypatch, strength, worse):
    """Adam is replaced by one that walks from the optimum to `strength` times it: by the definition that is divergence
    if the objective rises by more than its error, also far below the N log 2 of fair coins.
    """
    model = ebm.fit_pairwise(SPINS).energy
    end = {p: strength * p.detach().clone() for p in model.parameters()}
    start, error = pseudolikelihood(model, SPINS).item(), standard_error(model)

    class Walk(torch.optim.Optimizer):
        def __init__(self, groups, lr, fused):
            super().__init__(groups, {"lr": lr})

        @torch.no_grad()
        def step(self):
            for group in self.param_groups:
                for p in group["params"]:
                    p.copy_(end[p])

    monkeypatch.setattr(torch.optim, "AdamW", Walk)
    if worse:
        with pytest.warns(RuntimeWarning, match="training diverged"):
            result = train(model, validation=0, epochs=2)
    else:
        result = train(model, validation=0, epochs=2)
    final = pseudolikelihood(model, SPINS).item()
    assert start <= final < N * np.log(2)
    assert result.diverged == worse == (final > start + error)


def test_overfitting_is_not_divergence():
    """From the optimum of all samples a network can only lose on those held out, while it gains on the others."""
    data = exact.sample(TRUTH, 100, seed=3)
    model = ebm.fit_pairwise(data).energy + ebm.Network(N, (64,))
    result = train(model, spins=data, validation=SPINS, weight_decay=0.0, epochs=60, learning_rate=0.05)
    assert result.train[-1] < result.train[0]
    assert result.held_out[-1] > result.held_out[0] + 0.1
    assert not result.diverged


def test_one_short_epoch_at_the_optimum_is_not_divergence():
    """The mean over the epoch, at full learning rate, may lie above the start; what counts is the end."""
    assert not train(ebm.fit_pairwise(SPINS).energy, epochs=1, validation=0).diverged


# weight decay of several values, and random sites


def test_weight_decay_is_chosen_by_held_out_samples():
    """The winner is the fit that this value gives alone, bit for bit, and the best of all."""
    decays = [0.0, 3.0, 300.0]
    alone = [train(hybrid(), weight_decay=decay, validation=0.2) for decay in decays]
    chosen = train(hybrid(), weight_decay=decays, validation=0.2)
    best = int(np.argmin([one.objective for one in alone]))
    assert len({one.objective for one in alone}) == 3
    assert chosen.weight_decay == decays[best]
    assert [one.weight_decay for one in alone] == decays
    np.testing.assert_array_equal(chosen.held_out, alone[best].held_out)
    for name, value in alone[best].energy.state_dict().items():
        assert torch.equal(value, chosen.energy.state_dict()[name])


def test_several_weight_decays_need_held_out_samples():
    with pytest.raises(ValueError, match="weight_decay: held-out samples choose among several values, but validation"):
        train(hybrid(), weight_decay=[1.0, 2.0], validation=0)


@pytest.mark.parametrize("bad", [[], [1.0, -1.0], [np.nan], "strong"])
def test_bad_weight_decays(bad):
    with pytest.raises(ValueError, match=r"weight_decay: got .*, expected a finite number >= 0, or a sequence of them"):
        train(hybrid(), weight_decay=bad)


@pytest.mark.parametrize("sites", [1, 3])
def test_fit_on_random_sites(sites):
    """It goes to the same optimum, the same way for the same seed, and not the way of all sites."""
    runs = [train(ebm.Pairwise(np.zeros((N, N))), validation=0, epochs=40, sites=s) for s in (sites, sites, None)]
    optimum = ebm.fit_pairwise(SPINS).energy
    np.testing.assert_allclose(runs[0].energy.couplings, optimum.couplings, atol=0.05)
    np.testing.assert_array_equal(runs[0].train, runs[1].train)
    assert not np.allclose(runs[0].train, runs[2].train, rtol=1e-4)


def test_bad_number_of_sites():
    with pytest.raises(ValueError, match="sites: got 0, expected an integer >= 1"):
        train(hybrid(), sites=0)


def test_progress_bar(capsys):
    train(hybrid(), epochs=2, progress=True)
    assert "held-out" in capsys.readouterr().err
    train(hybrid(), epochs=2)
    assert capsys.readouterr() == ("", "")


def test_fits_do_not_warn_in_good_health():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        train(hybrid(), epochs=2)
        ebm.fit_pairwise(SPINS)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda e: ebm.fit(e, SPINS, progress=False), "energy: it has no trainable parameters. Set requires_grad_"),
        (lambda e: ebm.fit_convex(e, SPINS), "energy: it has no trainable parameters. Set requires_grad_"),
    ],
)
def test_nothing_to_train(call, message):
    with pytest.raises(ValueError, match=message):
        call(random_pairwise(N).requires_grad_(False))


def test_held_out_samples_of_ones_own():
    """They choose the epoch, no sample is taken from the training data, and they are checked."""
    own, rest = SPINS[:100], SPINS[100:]
    result = train(hybrid(), spins=rest, validation=own, epochs=10)
    assert result.objective == pytest.approx(pseudolikelihood(result.energy, own).item(), rel=1e-6)
    for bad in (own[0], own[:, :-1], np.zeros_like(own), own[:0]):
        with pytest.raises(ValueError, match="validation: "):
            train(hybrid(), spins=rest, validation=bad)
