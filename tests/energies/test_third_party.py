"""Energies that are not ours: whoever writes `forward` gets the whole package, and may tell it more."""

import numpy as np
import pytest
import torch
from conftest import random_pairwise

import ebmtools as ebm
from ebmtools import exact, objectives
from ebmtools.checks import as_samples
from ebmtools.energies import Polynomial


class Chain(ebm.Energy):
    """E = -K sum_i s_i s_{i+1}: a chain with one trained number, from `forward` alone."""

    def __init__(self, n_spins, strength):
        super().__init__(n_spins)
        self.strength = torch.nn.Parameter(torch.tensor(float(strength), dtype=torch.float64))

    def forward(self, spins):
        s = spins.to(self.strength.dtype)
        return -self.strength * (s[..., 1:] * s[..., :-1]).sum(-1)


class KnownChain(Chain):
    """The same, which tells what it is made of."""

    def polynomial(self):
        couplings = self.strength.item() * (np.eye(self.n_spins, k=1) + np.eye(self.n_spins, k=-1))
        return Polynomial(np.zeros(self.n_spins), couplings, {})


E = Chain(5, 0.4)
SPINS = exact.sample(E, 2_000, seed=1)
PUBLIC = {
    "call": lambda: E(SPINS),
    "flip_change": lambda: E.flip_change(SPINS),
    "sum": lambda: (2.0 * E - random_pairwise(5) + ebm.Network(5, (4,)))(SPINS),
    "exact": lambda: (exact.energies(E), exact.log_partition(E), exact.moments(E), exact.sample(E, 3)),
    "sample": lambda: ebm.sample(E, 20, warmup=2, thin=1),
    "tempering": lambda: ebm.parallel_tempering(E, 20, warmup=2, thin=1),
    "metropolis_hastings": lambda: ebm.metropolis_hastings(
        lambda s: -E(s).item(), SPINS[0], lambda s, rng: (s * rng.choice([-1, 1], 5), 0.0), 10
    ),
    "objectives": lambda: [
        objective(E, SPINS)
        for objective in (objectives.pseudolikelihood, objectives.interaction_screening, objectives.likelihood)
    ],
    "pseudolikelihood_at": lambda: objectives.pseudolikelihood_at(E, SPINS, np.zeros((2_000, 1), int)),
    "fit": lambda: ebm.fit(Chain(5, 0.0), SPINS, epochs=2, progress=False),
    "couplings": lambda: [ebm.couplings(E, method) for method in ("auto", "walsh", "sampled")],
    "interactions": lambda: ebm.interactions(E, order=3, top=2),
    "distil": lambda: ebm.distil(E, SPINS, orders=[3]),
}


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_function_takes_it(name):
    assert PUBLIC[name]() is not None


def test_it_is_fitted_to_its_optimum_as_it_is_linear():
    fit = ebm.fit_convex(Chain(5, 0.0), exact.states(5), exact.probabilities(E))
    assert fit.converged
    assert abs(fit.energy.strength.item() - 0.4) < 1e-5


@pytest.mark.parametrize(
    "energy",
    [
        ebm.Network(5, (4,), seed=1),
        ebm.Network(5, (4,), "relu", seed=2),
        random_pairwise(5) + ebm.Network(5, (4,), "square", seed=3),
        ebm.Network(5, (3, 3), seed=4),
    ],
    ids=repr,
)
def test_what_is_not_linear_is_refused(energy):
    before = [p.detach().clone() for p in energy.parameters()]
    with pytest.raises(ValueError, match=r"energy: it is not linear in its trained parameters \(those of .*Network"):
        ebm.fit_convex(energy, SPINS)
    assert all(torch.equal(old, new) for old, new in zip(before, energy.parameters(), strict=True))


def test_output_weights_alone_are_linear():
    network = ebm.Network(5, (4,), seed=1, dtype=torch.float64)
    for layer in network.linear_layers:
        layer.requires_grad_(False)
    assert ebm.fit_convex(network, SPINS, l2=0.01).converged


def test_a_polynomial_brings_closed_form_and_compiled_chains():
    known = KnownChain(5, 0.4)
    assert ebm.couplings(known).method == "closed-form"
    assert ebm.couplings(E).method == "walsh"
    np.testing.assert_allclose(ebm.couplings(known).values, ebm.couplings(E).values, atol=1e-12)
    draws = ebm.sample(known, 20_000, seed=1)
    means, errors = draws.mean_and_error(draws.chains[..., 0] * draws.chains[..., 1])
    assert abs(means - np.tanh(0.4)) < 5 * errors  # false alarms: 6e-7
    np.testing.assert_allclose((2.0 * known).polynomial().couplings, 2 * known.polynomial().couplings)
    assert (2.0 * ebm.Network(5)).polynomial() is None
    same = ebm.sample(ebm.Pairwise(known.polynomial().couplings), 20_000, seed=1)
    assert np.array_equal(draws.spins, same.spins)


class Clock(ebm.Energy):
    """States 0, 1, 2 in a row of sites: a gate of its own."""

    def check(self, spins, name="spins"):
        states = torch.as_tensor(np.asarray(spins))
        if not bool(((states >= 0) & (states <= 2)).all()):
            raise ValueError(f"{name}: every entry must be 0, 1 or 2.")
        return states

    def forward(self, spins):
        return -(spins[..., 1:] == spins[..., :-1]).double().sum(-1)


class Trained(Clock):
    def __init__(self, n_spins):
        super().__init__(n_spins)
        self.strength = torch.nn.Parameter(torch.tensor(1.0))


def test_an_energy_of_other_states_brings_its_own_gate():
    clock = Clock(3)
    states = [[0, 0, 2], [1, 2, 2]]
    assert clock(states).tolist() == [-1.0, -1.0]
    assert (2.0 * clock + Clock(3))(states).tolist() == [-3.0, -3.0]
    assert as_samples([[0, 0, 2], [1, 2, 0]], check=clock.check)[0].dtype == torch.int8
    with pytest.raises(ValueError, match="every entry must be 0, 1 or 2"):
        clock([[0, 0, 3]])
    for call in (
        lambda: ebm.sample(clock, 2),
        lambda: ebm.parallel_tempering(2.0 * clock, 2),
        lambda: clock.flip_change(states),
        lambda: objectives.pseudolikelihood(clock, states),
        lambda: objectives.pseudolikelihood_at(clock, states, [[0], [0]]),
        lambda: ebm.fit(clock + Trained(3), [[0, 0, 2], [1, 2, 0], [2, 1, 1]], progress=False),
        lambda: exact.probabilities(clock),
        lambda: ebm.couplings(clock),
    ):
        with pytest.raises(ValueError, match=r"the states of \w+ are not -1/\+1, as it has a `check` of its own"):
            call()
    with pytest.raises(ValueError, match=r"spins: every entry must be -1 or \+1"):
        (clock + random_pairwise(3))(states)
