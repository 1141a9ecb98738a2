"""What fits minimise: against the definitions, their gradients against formulas, autograd and finite differences."""

import copy
import math

import numpy as np
import pytest
import torch
from conftest import mixed_energy, random_pairwise

import ebmtools as ebm
from ebmtools import exact
from ebmtools.checks import as_weights
from ebmtools.energies.base import Energy
from ebmtools.energies.network import ACTIVATIONS
from ebmtools.fitting import loss
from ebmtools.fitting.objectives import interaction_screening, likelihood, pseudolikelihood, pseudolikelihood_at
from ebmtools.kernels import network_loss as kernels

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
    gradients = torch.autograd.grad(objective(energy, s), [energy.h, energy.upper])
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


# The compiled kernel behind `pseudolikelihood`


def in_double(phi, slope):
    """phi and phi', computed and returned in float64 (NumPy keeps float32 + a Python number in float32)."""
    return lambda x: (np.float64(phi(x)), np.float64(slope(x)))


def by_autograd(energy, spins, weights=None):
    """Value and gradients of the definition in float64, through `forward` alone."""
    slow = copy.deepcopy(energy).double()
    s = torch.as_tensor(spins).double()
    change = Energy.forward_flips(slow, s)
    value = torch.nn.functional.softplus(-change).sum(-1) @ as_weights(weights, len(s))
    return value, torch.autograd.grad(value, list(slow.parameters()))


def check_fused(energy, spins, weights=None, tolerance=2e-6):
    """Raise AssertionError unless value and gradients are those of the definition, to float32 precision."""
    assert loss.split(energy)[0], "the kernel is not used"
    value = pseudolikelihood(energy, spins, weights)
    true_value, true_gradients = by_autograd(energy, spins, weights)
    assert math.isclose(value.item(), true_value.item(), rel_tol=tolerance)
    gradients = torch.autograd.grad(3 * value, list(energy.parameters()))
    for found, true, parameter in zip(gradients, true_gradients, energy.parameters(), strict=True):
        assert found.shape == parameter.shape
        assert found.dtype == parameter.dtype
        size = max([1.0, *true.abs().flatten().tolist()])
        np.testing.assert_allclose(found.double(), 3 * true, atol=10 * tolerance * size)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize(
    ("n", "units", "samples"), [(1, 1, 1), (1, 5, 3), (17, 1, 4), (6, 3, 1), (16, 16, 2), (35, 70, 40)]
)
def test_fused_kernel_at_all_shapes(activation, n, units, samples):
    rng = np.random.default_rng(n)
    spins = rng.choice([-1, 1], (samples, n))
    network = ebm.Network(n, (units,), activation, seed=2)
    check_fused(network, spins)
    check_fused(random_pairwise(n, 1) - 0.7 * network, spins, rng.random(samples))


def test_fused_kernel_with_several_networks():
    """Of one activation in one call; a frozen one and one of another activation go to the offset."""
    first, second, other, frozen = (
        ebm.Network(4, (units,), activation, seed=units)
        for units, activation in ((3, "gelu"), (5, "gelu"), (4, "tanh"), (6, "gelu"))
    )
    energy = first + 2.0 * (mixed_energy() - 0.5 * second) + other + first
    networks, others = loss.split(energy + frozen.requires_grad_(False))
    assert [part for _, part in networks] == [first, second, first]
    assert [factor for factor, _ in networks] == [1.0, -1.0, 1.0]
    assert [part for _, part in others][-2:] == [other, frozen]
    check_fused(energy, some_data())


@pytest.mark.parametrize(("units", "taken"), [((4096,), 1), ((4097,), 0), ((3000, 1500, 1000), 2)])
def test_fused_kernel_takes_no_more_units_than_fit_its_block(units, taken):
    energy = sum((ebm.Network(3, (one,), seed=one) for one in units[1:]), ebm.Network(3, units[:1]))
    networks, others = loss.split(energy)
    assert (len(networks), len(others)) == (taken, len(units) - taken)
    if taken:
        check_fused(energy, some_data()[:, :3])


@pytest.mark.parametrize("kind", [np.int8, np.int64, np.float32, np.float64, "every second", "transposed", "expanded"])
def test_fused_kernel_takes_all_spins(kind):
    energy, spins = random_pairwise(4, 1) + ebm.Network(4, (6,), seed=1), torch.from_numpy(some_data())
    given = {
        "every second": torch.stack([spins, -spins], 2).flatten(1)[:, ::2],
        "transposed": spins.T.contiguous().T,
        "expanded": spins[:1].expand(3, 4),
    }
    check_fused(energy, given[kind] if kind in given else spins.numpy().astype(kind))


def test_fused_kernel_in_chunks(monkeypatch):
    monkeypatch.setattr(loss, "CHUNK", 7)
    check_fused(random_pairwise(4, 1) + ebm.Network(4, (6,), seed=1), some_data(), np.arange(30))


@pytest.mark.parametrize("mistake", [None, "factor", "offset", "weights"])
def test_check_of_the_fused_kernel_catches_mistakes(monkeypatch, mistake):
    """Negative control."""
    right = loss.of_networks

    def wrong(networks, offset, spins, weights):
        if mistake == "factor":
            networks = [(1.0, network) for _, network in networks]
        if mistake == "offset":
            offset = offset.detach() + 0 * offset
        if mistake == "weights":
            weights = torch.full_like(weights, 1 / len(weights))
        return right(networks, offset, spins, weights)

    monkeypatch.setattr(loss, "of_networks", wrong)
    energy = random_pairwise(4, 1) + 1.01 * ebm.Network(4, (6,), seed=1)
    if mistake is None:
        check_fused(energy, some_data(), np.arange(30))
    else:
        with pytest.raises(AssertionError):
            check_fused(energy, some_data(), np.arange(30))


def test_formula_of_the_fused_kernel_in_float64(monkeypatch):
    """The kernel's own code as plain Python in float64, against autograd: 1e-12, which float32 could not show."""
    logistic = in_double(lambda x: math.log1p(math.exp(x)), lambda x: 1 / (1 + math.exp(-x)))
    hyperbolic = in_double(math.tanh, lambda x: 1 / math.cosh(x) ** 2)
    monkeypatch.setattr(kernels, "phi", lambda kind, x: hyperbolic(x))
    monkeypatch.setattr(kernels, "softplus", logistic)
    for name in ("group", "block_of"):
        monkeypatch.setattr(kernels, name, lambda *shape: np.zeros(shape))
    monkeypatch.setattr(kernels, "MOST_UNITS", 256)  # blocks of four flips, or of two
    rng = np.random.default_rng(0)
    for n, units, samples in ((3, 4, 5), (19, 2, 2), (5, 70, 2), (1, 1, 1)):
        s = rng.choice([-1.0, 1.0], (samples, n))
        weight, bias, output, offset = (
            torch.from_numpy(rng.normal(size=shape)).requires_grad_()
            for shape in ((units, n), units, units, (samples, n))
        )
        share = rng.random(samples)
        z = torch.from_numpy(s) @ weight.T + bias
        flipped = z[:, None, :] - 2 * torch.from_numpy(s)[:, :, None] * weight.T
        change = offset + (torch.tanh(flipped) - torch.tanh(z)[:, None]) @ output
        truth = torch.from_numpy(share) @ torch.nn.functional.softplus(-change).sum(-1)
        truth.backward()
        network = (weight, bias, output)
        slope = kernels.Layer(*(np.empty(x.shape) for x in network))
        d_change = np.empty((samples, n))
        value = kernels.pseudolikelihood.py_func(
            (),
            kernels.width(units),
            kernels.Samples(s, offset.detach().numpy(), share),
            kernels.Layer(*(x.detach().numpy() for x in network)),
            slope,
            d_change,
            np.empty(kernels.scratch_shape(n, units)),
        )
        assert math.isclose(value, truth.item(), rel_tol=1e-12)
        for found, parameter in zip(slope, network, strict=True):
            np.testing.assert_allclose(found, parameter.grad, atol=1e-12)
        np.testing.assert_allclose(d_change, offset.grad, atol=1e-12)


@pytest.mark.parametrize(
    "energy",
    [
        ebm.Network(4, (6,), dtype=torch.float64),
        ebm.Network(4, (6, 5)),
        ebm.Network(4, (6,)).requires_grad_(False),
        random_pairwise(4),
    ],
    ids=["float64", "deep", "frozen", "pairwise"],
)
def test_where_the_fused_kernel_does_not_apply(energy):
    assert loss.split(energy) == ([], energy.terms())
    torch.testing.assert_close(pseudolikelihood(energy, STATES), by_definition(energy), check_dtype=False)


def by_definition(energy):
    return torch.nn.functional.softplus(-energy.flip_change(STATES)).sum(-1).mean()


def test_no_gradient_no_fused_kernel():
    network = ebm.Network(4, (6,))
    with torch.no_grad():
        assert loss.split(network)[0] == []
        value = pseudolikelihood(network, STATES)
    assert not value.requires_grad
    assert math.isclose(value.item(), pseudolikelihood(network, STATES).item(), rel_tol=1e-6)


def test_fused_kernel_leaves_frozen_parameters_alone():
    """A layer frozen beside a free output, and a frozen pairwise part."""
    energy = random_pairwise(4, 1) + ebm.Network(4, (6,), seed=1)
    everything = torch.autograd.grad(pseudolikelihood(energy, STATES), list(energy.parameters()))
    energy.parts[0].requires_grad_(False)
    energy.parts[1].linear_layers[0].weight.requires_grad_(False)
    pseudolikelihood(energy, STATES).backward()
    for parameter, gradient in zip(energy.parameters(), everything, strict=True):
        if parameter.requires_grad:
            torch.testing.assert_close(parameter.grad, gradient)
        else:
            assert parameter.grad is None


# One random site


@pytest.mark.parametrize("name", ENERGIES)
@pytest.mark.parametrize("weights", [None, np.arange(30)])
def test_random_site_is_unbiased(name, weights):
    """Exactly: its mean over all sites is the pseudolikelihood, and so for the gradient. Also with N sites at once."""
    energy, s = ENERGIES[name], some_data()
    parameters = list(energy.parameters())
    full = pseudolikelihood(energy, s, weights)
    slopes = torch.autograd.grad(full, parameters)
    single = [pseudolikelihood_at(energy, s, np.full((30, 1), site), weights) for site in range(4)]
    together = pseudolikelihood_at(energy, s, np.tile(np.arange(4), (30, 1)), weights)
    for value in (sum(single) / 4, together):
        assert math.isclose(value.item(), full.item(), rel_tol=1e-12)
        for found, true in zip(torch.autograd.grad(value, parameters), slopes, strict=True):
            np.testing.assert_allclose(found, true, atol=1e-12)
    assert max(abs(value.item() - full.item()) for value in single) > 1e-3  # negative control: one site alone is not it


def test_each_sample_has_its_own_sites():
    energy, s, sites = ENERGIES["hybrid"], some_data(), np.random.default_rng(0).integers(0, 4, (30, 2))
    change = energy.flip_change(s).detach().numpy()
    expected = 4 * np.log1p(np.exp(-np.take_along_axis(change, sites, 1))).mean()
    assert math.isclose(pseudolikelihood_at(energy, s, sites).item(), expected, rel_tol=1e-12)
    assert math.isclose(pseudolikelihood_at(energy, s.astype(np.int8), sites.astype(np.int8)).item(), expected)


@pytest.mark.parametrize(
    ("sites", "message"),
    [
        (np.zeros(30, int), r"sites: got torch.int64 of shape \(30,\), expected integers of shape \(30, K\)"),
        (np.zeros((29, 1), int), r"sites: got torch.int64 of shape \(29, 1\)"),
        (np.zeros((30, 0), int), r"sites: got torch.int64 of shape \(30, 0\)"),
        (np.zeros((30, 1)), r"sites: got torch.float64 of shape \(30, 1\)"),
        (np.zeros((30, 1), bool), r"sites: got torch.bool of shape \(30, 1\)"),
        (np.full((30, 1), 4), "sites: got 4 to 4, expected 0 to 3"),
        (np.full((30, 1), -1), "sites: got -1 to -1, expected 0 to 3"),
    ],
)
def test_bad_sites(sites, message):
    with pytest.raises(ValueError, match=message):
        pseudolikelihood_at(mixed_energy(), some_data(), sites)
