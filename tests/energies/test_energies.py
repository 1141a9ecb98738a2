"""One contract for all energies: each must agree with its formula, written again here in plain Python."""

import copy
import itertools
import math
import re

import numpy as np
import pytest
import torch
from conftest import PHI, random_pairwise
from torch import nn

import ebmtools as ebm
from ebmtools import exact
from ebmtools.energies.base import Energy

N = 4
STATES = list(itertools.product([-1, 1], repeat=N))


class Magnet(Energy):
    """A user's energy: a parameter of its own, `forward` and nothing else."""

    def __init__(self, n_spins=N):
        super().__init__(n_spins)
        self.strength = nn.Parameter(torch.tensor(0.7, dtype=torch.float64))

    def forward(self, spins):
        return -self.strength * spins.to(self.strength.dtype).mean(-1) ** 2


PAIRWISE = random_pairwise(N, seed=1)
J, H = PAIRWISE.couplings, PAIRWISE.fields
SETS, XI = [(3,), (1, 2), (0, 1, 3), (3, 2, 1), (0, 1, 2, 3)], [0.3, -0.8, 1.1, 0.4, -0.6]


def pairwise_formula(s, couplings=J, fields=H):
    pairs = itertools.combinations(range(N), 2)
    return -sum(fields[i] * s[i] for i in range(N)) - sum(couplings[i, j] * s[i] * s[j] for i, j in pairs)


def many_body_formula(s):
    return -sum(xi * math.prod(s[i] for i in indices) for indices, xi in zip(SETS, XI, strict=True))


def magnet_formula(s):
    return -0.7 * (sum(s) / N) ** 2


def network_formula(network):
    def formula(s):
        x = np.array(s, dtype=float)
        for layer in network.linear_layers:
            weight, bias = layer.weight.detach().double().numpy(), layer.bias.detach().double().numpy()
            x = PHI[network.activation](weight @ x + bias)
        return float(x @ network.output.detach().double().numpy())

    return formula


def network(hidden, activation, dtype):
    made = ebm.Network(N, hidden, activation, seed=3, dtype=dtype)
    return made, network_formula(made)


MANY_BODY = ebm.ManyBody(N, SETS, XI)
NETWORK, NETWORK_FORMULA = network((6,), "tanh", torch.float64)
CASES = {
    "pairwise": (PAIRWISE, pairwise_formula),
    "pairwise-float32": (
        ebm.Pairwise(J.astype(np.float32), H),
        lambda s: pairwise_formula(s, J.astype(np.float32).astype(float), H.astype(np.float32).astype(float)),
    ),
    "pairwise-no-fields": (ebm.Pairwise(J), lambda s: pairwise_formula(s, fields=[0] * N)),
    "many-body": (MANY_BODY, many_body_formula),
    "many-body-empty": (ebm.ManyBody(N, [], []), lambda s: 0.0),
    "user": (Magnet(), magnet_formula),
    "sum": (
        PAIRWISE + MANY_BODY + NETWORK + Magnet(),
        lambda s: pairwise_formula(s) + many_body_formula(s) + NETWORK_FORMULA(s) + magnet_formula(s),
    ),
    "multiple": (-1.5 * PAIRWISE, lambda s: -1.5 * pairwise_formula(s)),
    "multiple-of-sum": (
        2 * (PAIRWISE - 0.5 * MANY_BODY) * 3,
        lambda s: 6 * pairwise_formula(s) - 3 * many_body_formula(s),
    ),
    "hybrid": (
        PAIRWISE + ebm.Network(N, (6,), seed=3),
        lambda s: pairwise_formula(s) + network_formula(ebm.Network(N, (6,), seed=3))(s),
    ),
    **{
        f"network-{activation}-{str(dtype)[6:]}": network((6,), activation, dtype)
        for activation in PHI
        for dtype in (torch.float32, torch.float64)
    },
    "network-deep": network((6, 5), "tanh", torch.float64),
    "network-deep-float32": network((6, 5), "gelu", torch.float32),
}


def check_contract(energy, formula):
    """Raise AssertionError unless `energy` is `formula` for every state of four spins, however it is asked."""
    single = any(p.dtype == torch.float32 for p in energy.parameters())
    tolerance = 2e-6 if single else 1e-12
    before = copy.deepcopy(energy.state_dict())
    s = torch.tensor(STATES)
    original = s.clone()

    def close(found, wanted, message):
        found = torch.as_tensor(found).detach().double().numpy()
        np.testing.assert_allclose(found, wanted, rtol=10 * tolerance, atol=10 * tolerance, err_msg=message)

    truth = np.array([formula(state) for state in STATES])
    flipped = np.array(
        [[formula([-x if i == k else x for k, x in enumerate(state)]) for i in range(N)] for state in STATES]
    )
    values, changes = energy(s), energy.flip_change(s)
    assert values.shape == (16,)
    assert changes.shape == (16, N)
    close(values, truth, "E(s)")
    close(changes, flipped - truth[:, None], "flip change")
    close(Energy.forward_flips(energy, s), flipped - truth[:, None], "flip change of the base class")

    close(np.array([energy(state).item() for state in STATES]), truth, "one state at a time")
    assert energy(STATES[0]).shape == ()
    assert energy.flip_change(STATES[0]).shape == (N,)
    folded = s.reshape(2, 4, 2, N)
    close(energy(folded), truth.reshape(2, 4, 2), "leading axes")
    close(energy.flip_change(folded), (flipped - truth[:, None]).reshape(2, 4, 2, N), "leading axes of the flips")
    assert energy(s[:0]).shape == (0,)
    assert energy.flip_change(s[:0]).shape == (0, N)
    for same in (STATES, s.numpy(), s.numpy().astype(np.int8), s.to(torch.int8), s.float(), s.double().numpy()):
        close(energy(same), truth, f"input of type {type(same)}")
        close(energy.flip_change(same), flipped - truth[:, None], f"flips, input of type {type(same)}")

    assert torch.equal(s, original), "the spins were changed"
    assert all(torch.equal(before[name], value) for name, value in energy.state_dict().items()), "parameters changed"
    close(sum(factor * part(s) for factor, part in energy.terms()), truth, "terms")
    boltzmann = np.exp(-0.7 * truth)
    close(exact.probabilities(energy, beta=0.7), boltzmann / boltzmann.sum(), "p(s) ~ exp(-beta E)")
    check_gradients(energy, 1e-4 if single else 1e-10)


def check_gradients(energy, tolerance):
    """Autograd of E and flip change = autograd of a float64 copy that takes the slow path = central differences."""
    parameters = list(energy.parameters())
    if not sum(p.numel() for p in parameters):
        return
    s = torch.tensor(STATES)
    rng = np.random.default_rng(0)
    weigh, weigh_flips = torch.from_numpy(rng.normal(size=16)), torch.from_numpy(rng.normal(size=(16, N)))

    def value(model, flips):
        return (weigh * model(s)).sum() + (weigh_flips * flips(model)).sum()

    slow = copy.deepcopy(energy).double()
    fast_gradient = torch.autograd.grad(value(energy, lambda m: m.flip_change(s)), parameters)
    slow_gradient = torch.autograd.grad(value(slow, lambda m: Energy.forward_flips(m, s)), list(slow.parameters()))
    for fast, true in zip(fast_gradient, slow_gradient, strict=True):
        np.testing.assert_allclose(fast.double(), true, rtol=tolerance, atol=tolerance)
    with torch.no_grad():
        for parameter, gradient in zip(slow.parameters(), slow_gradient, strict=True):
            for entry, slope in zip(parameter.view(-1).split(1), gradient.reshape(-1), strict=True):
                entry += 1e-5
                up = value(slow, lambda m: m.flip_change(s))
                entry -= 2e-5
                down = value(slow, lambda m: m.flip_change(s))
                entry += 1e-5
                np.testing.assert_allclose((up - down) / 2e-5, slope, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("name", CASES)
def test_contract(name):
    check_contract(*CASES[name])


class HalfFlip(ebm.Pairwise):
    """Delta_i = s_i f_i: the factor 2 is missing."""

    def forward_flips(self, spins):
        return super().forward_flips(spins) / 2


class Forgetful(Magnet):
    """Works on the caller's spins."""

    def forward(self, spins):
        energy = super().forward(spins)
        spins *= -1
        return energy


@pytest.mark.parametrize(
    ("wrong", "formula"),
    [
        pytest.param(-PAIRWISE, pairwise_formula, id="wrong sign"),
        pytest.param(ebm.Pairwise(2 * J, H), pairwise_formula, id="pairs counted twice"),
        pytest.param(ebm.Pairwise(J / 2, H), pairwise_formula, id="pairs counted half"),
        pytest.param(HalfFlip(J, H), pairwise_formula, id="missing factor 2 in the flip change"),
        pytest.param(0.7 * PAIRWISE, pairwise_formula, id="beta inside the energy and in the sampler"),
        pytest.param(-NETWORK, NETWORK_FORMULA, id="network returns -E"),
        pytest.param(Forgetful(), magnet_formula, id="spins changed in place"),
    ],
)
def test_contract_catches_mistakes(wrong, formula):
    """Negative controls: what is wrong must fail."""
    with pytest.raises(AssertionError):
        check_contract(wrong, formula)


def test_two_spins_by_hand():
    """E = -J s0 s1 - h.s with the pair counted once, and p ~ exp(-E)."""
    energy = ebm.Pairwise([[0, 2.0], [2.0, 0]], fields=[0.5, -0.25])
    assert energy([1, 1]).item() == -2.0 - 0.5 + 0.25
    assert energy([1, -1]).item() == 2.0 - 0.5 - 0.25
    assert energy([-1, 1]).item() == 2.0 + 0.5 + 0.25
    assert energy.flip_change([1, 1]).tolist() == [2 * (2.0 + 0.5), 2 * (2.0 - 0.25)]
    p = exact.probabilities(energy)  # order: --, -+, +-, ++
    assert math.isclose(p[3] / p[2], math.exp(-(energy([1, 1]) - energy([1, -1])).item()), rel_tol=1e-12)
    assert p.argmax() == 3


@pytest.mark.parametrize("activation", PHI)
@pytest.mark.parametrize("scale", [0.1, 1.0, 20.0])
def test_compiled_network_against_float64(activation, scale):
    """The float32 kernel against torch in float64: values, and gradients of all parameters, from flat to saturated."""
    fast = ebm.Network(19, (37,), activation, seed=2)
    with torch.no_grad():
        for layer in fast.linear_layers:
            layer.weight *= scale
            layer.bias *= scale
    slow = copy.deepcopy(fast).double()
    rng = np.random.default_rng(1)
    s = rng.choice([-1, 1], (50, 19))
    upstream = torch.from_numpy(rng.normal(size=(50, 19)))
    changes = fast.flip_change(s), slow.flip_change(s)
    size = changes[1].abs().max().item()
    np.testing.assert_allclose(changes[0].detach(), changes[1].detach(), atol=3e-6 * max(size, 1))
    gradients = [
        torch.autograd.grad((upstream * change).sum(), list(m.parameters()))
        for change, m in zip(changes, (fast, slow), strict=True)
    ]
    rounding = 1e-7 * upstream.abs().sum().item()  # of a float32 sum of 950 terms, most of which cancels
    for single, double in zip(*gradients, strict=True):
        np.testing.assert_allclose(single, double, atol=max(rounding, 1e-5 * double.abs().max().item()))


@pytest.mark.parametrize("hidden", [(6,), (6, 5)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_network_in_chunks(monkeypatch, hidden, dtype):
    """The flip change and its gradient do not depend on how many samples torch takes at a time."""
    model, tolerance = ebm.Network(N, hidden, dtype=dtype), 1e-5 if dtype == torch.float32 else 1e-13
    upstream = torch.from_numpy(np.random.default_rng(0).normal(size=(16, N))).to(dtype)
    whole = model.flip_change(STATES)
    gradients = torch.autograd.grad(whole, list(model.parameters()), upstream)
    monkeypatch.setattr(ebm.Network, "_chunk", lambda self: 3)
    parts = model.flip_change(STATES)
    np.testing.assert_allclose(parts.detach(), whole.detach(), atol=tolerance)
    for found, true in zip(torch.autograd.grad(parts, list(model.parameters()), upstream), gradients, strict=True):
        np.testing.assert_allclose(found, true, atol=tolerance)


@pytest.mark.parametrize("hidden", [(6,), (6, 5)])
def test_network_on_another_device(monkeypatch, hidden):
    """The "meta" device computes shapes only, so nothing may leave for the CPU on the way, forward or backward."""
    model = ebm.Network(N, hidden).to("meta")
    for chunk in (100, 3):
        monkeypatch.setattr(ebm.Network, "_chunk", lambda self, chunk=chunk: chunk)
        change = model.forward_flips(torch.empty(16, N, dtype=torch.int8, device="meta"))
        assert change.shape == (16, N)
        assert change.device.type == "meta"
        change.sum().backward()
        assert all(p.grad.device.type == "meta" for p in model.parameters())


def test_same_seed_same_network():
    first, again, other = (ebm.Network(N, (6, 5), seed=seed) for seed in (1, 1, 2))
    for name, value in first.state_dict().items():
        assert torch.equal(value, again.state_dict()[name])
        assert not torch.equal(value, other.state_dict()[name])
        assert value.abs().max() <= 0.5  # 1 / sqrt(inputs), at least 4 of them


def test_networks_leave_the_global_random_state_alone():
    before = torch.get_rng_state()
    ebm.Network(N)
    assert torch.equal(before, torch.get_rng_state())


def test_sums():
    """Sums stay flat, their order does not matter, and parts are shared, not copied."""
    a, b, c = PAIRWISE, MANY_BODY, Magnet()
    np.testing.assert_allclose((a + b + c)(STATES).detach(), (c + (b + a))(STATES).detach(), atol=1e-14)
    assert [part for _, part in (a + (b + c)).terms()] == [a, b, c]
    assert [factor for factor, _ in (2 * (a - 3 * b)).terms()] == [2, -6]
    assert (a + b).parts[0] is a
    np.testing.assert_allclose((-a)(STATES).detach(), -a(STATES).detach())
    np.testing.assert_allclose((np.float64(2) * a)(STATES).detach(), 2 * a(STATES).detach())
    assert repr(-a + b) == "-1 * (Pairwise(n_spins=4)) + ManyBody(n_spins=4)"
    assert repr(NETWORK) == "Network(n_spins=4, hidden=(6,), activation='tanh')"


@pytest.mark.parametrize(
    "wrong", [lambda: PAIRWISE + 1, lambda: PAIRWISE - 1, lambda: PAIRWISE * PAIRWISE, lambda: "2" * PAIRWISE]
)
def test_only_energies_add_and_only_numbers_multiply(wrong):
    with pytest.raises(TypeError):
        wrong()


def test_energies_of_different_size_do_not_add():
    with pytest.raises(ValueError, match=re.escape("the parts have n_spins = [3, 4], expected one and the same")):
        PAIRWISE + random_pairwise(3)


def test_couplings_and_fields_are_copies():
    energy = random_pairwise(3)
    energy.couplings[0, 1] = energy.fields[0] = 99
    assert abs(energy.couplings).max() < 9
    assert abs(energy.fields).max() < 9
    given = np.array([[0, 1.0], [1.0, 0]])
    energy = ebm.Pairwise(given)
    given[:] = 7
    assert energy.couplings.tolist() == [[0, 1], [1, 0]]


def test_energy_without_forward():
    with pytest.raises(NotImplementedError, match="Energy must define forward"):
        Energy(2)([1, 1])


def test_python_sum_adds_energies():
    assert [part for _, part in sum([PAIRWISE, MANY_BODY]).terms()] == [PAIRWISE, MANY_BODY]
    with pytest.raises(TypeError):
        1 + PAIRWISE
