"""What fits minimise: against the definitions, their gradients against formulas, autograd and finite differences."""

import math

import numpy as np
import pytest
import torch
from conftest import mixed_energy, random_pairwise

import ebmtools as ebm
from ebmtools import exact
from ebmtools.objectives import interaction_screening, likelihood, pseudolikelihood

OBJECTIVES = [pseudolikelihood, interaction_screening, likelihood]
STATES = exact.states(4)


def some_data(seed=0, n_samples=30):
    return np.random.default_rng(seed).choice(STATES, n_samples)


def network():
    return ebm.Network(4, (6,), "tanh", seed=1, dtype=torch.float64)


ENERGIES = {"pairwise": random_pairwise(4, 1), "many-body": mixed_energy(), "hybrid": random_pairwise(4, 2) + network()}


@pytest.mark.parametrize("name", ENERGIES)
def test_pseudolikelihood_is_the_sum_of_conditionals(name):
    """-(1/M) sum log p(s_i | s_{/i}), the conditionals from the table of p(s)."""
    energy = ENERGIES[name]
    p = dict(zip(map(tuple, STATES), exact.probabilities(energy), strict=True))
    data = [tuple(row) for row in some_data()]
    total = 0.0
    for s in data:
        for i in range(4):
            other = (*s[:i], -s[i], *s[i + 1 :])
            total -= math.log(p[s] / (p[s] + p[other]))
    assert math.isclose(pseudolikelihood(energy, data).item(), total / len(data), rel_tol=1e-12)


def test_interaction_screening_by_its_definition():
    energy = ENERGIES["pairwise"]
    data = some_data().astype(float)
    local = energy.fields + data @ energy.couplings
    expected = np.exp(-data * local).sum(axis=1).mean()
    assert math.isclose(interaction_screening(energy, data).item(), expected, rel_tol=1e-12)


@pytest.mark.parametrize("name", ENERGIES)
def test_likelihood_by_its_definition(name):
    energy = ENERGIES[name]
    p = dict(zip(map(tuple, STATES), exact.probabilities(energy), strict=True))
    expected = -np.mean([math.log(p[tuple(s)]) for s in some_data()])
    assert math.isclose(likelihood(energy, some_data()).item(), expected, rel_tol=1e-12)


def gradient_by_formula(objective, energy, s):
    """Of the fields and of the couplings i < j of a pairwise model, from averages over the samples s (M, 4)."""
    local = energy.fields + s @ energy.couplings
    if objective is likelihood:
        mean, second = exact.moments(energy)
        field, pair = mean - s.mean(axis=0), second - s.T @ s / len(s)
    else:
        slope = s - np.tanh(local) if objective is pseudolikelihood else s * np.exp(-s * local)
        field, pair = -slope.mean(axis=0), -(s.T @ slope + slope.T @ s) / len(s)
    return field, pair[np.triu_indices(4, 1)]


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_gradients_of_a_pairwise_model(objective):
    """Formula = autograd."""
    energy, s = random_pairwise(4, 3), some_data().astype(float)
    gradients = torch.autograd.grad(objective(energy, s), [energy.local_fields, energy.upper])
    for found, expected in zip(gradients, gradient_by_formula(objective, energy, s), strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-12)


@pytest.mark.parametrize("name", ENERGIES)
@pytest.mark.parametrize("objective", OBJECTIVES)
def test_gradients_by_finite_differences(objective, name):
    """Autograd = central differences, in every parameter."""
    energy, s = ENERGIES[name], some_data()
    parameters = list(energy.parameters())
    gradients = torch.autograd.grad(objective(energy, s), parameters)
    with torch.no_grad():
        for parameter, gradient in zip(parameters, gradients, strict=True):
            for entry, slope in zip(parameter.view(-1).split(1), gradient.reshape(-1), strict=True):
                entry += 1e-5
                up = objective(energy, s)
                entry -= 2e-5
                down = objective(energy, s)
                entry += 1e-5
                assert math.isclose((up - down) / 2e-5, slope, rel_tol=1e-6, abs_tol=1e-8)


@pytest.mark.parametrize("name", ENERGIES)
@pytest.mark.parametrize("objective", OBJECTIVES)
def test_gradients_vanish_at_the_truth(objective, name):
    """With infinite data, that is, weights p(s). Negative control: at the truth times 1.1 they do not."""
    energy = ENERGIES[name]
    for factor, vanishes in ((1.0, True), (1.1, False)):
        p = exact.probabilities(energy, beta=factor)
        gradients = torch.autograd.grad(objective(energy, STATES, p), list(energy.parameters()))
        assert (max(g.abs().max().item() for g in gradients) < 1e-13) == vanishes


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_weights_are_counts(objective):
    energy, counts = mixed_energy(), np.arange(16)
    repeated = objective(energy, np.repeat(STATES, counts, axis=0)).item()
    assert math.isclose(objective(energy, STATES, counts).item(), repeated, rel_tol=1e-12)
    assert math.isclose(objective(energy, STATES, 0.01 * counts).item(), repeated, rel_tol=1e-12)
    assert math.isclose(objective(energy, STATES, np.full(16, 3.0)).item(), objective(energy, STATES).item())


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_energy_plus_constant_changes_nothing(objective):
    class Constant(ebm.Energy):
        def forward(self, spins):
            return torch.full(spins.shape[:-1], 3.0, dtype=torch.float64)

    energy, s = mixed_energy(), some_data()
    assert math.isclose(objective(energy + Constant(4), s).item(), objective(energy, s).item(), rel_tol=1e-12)


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize(
    ("spins", "weights", "message"),
    [
        (STATES[:0], None, "spins: got zero samples"),
        (STATES[0], None, r"spins: got 1 axes, expected shape \(n_samples, n_spins\)"),
        (STATES[None], None, "spins: got 3 axes"),
        (STATES, np.ones(3), r"weights: got shape \(3,\), expected \(16,\)"),
    ],
)
def test_errors(objective, spins, weights, message):
    with pytest.raises(ValueError, match=message):
        objective(mixed_energy(), spins, weights)


def test_exact_likelihood_stops_at_20_spins():
    with pytest.raises(ValueError, match=r"energy: it has 21 spins, but the exact likelihood .* Use the pseudolikeli"):
        likelihood(ebm.Pairwise(np.zeros((21, 21))), np.ones((2, 21)))
