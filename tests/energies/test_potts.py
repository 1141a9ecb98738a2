"""The Potts model: its energy by its definition, its gauge, and the pairwise model as its case of two states."""

import itertools

import numpy as np
import pytest
import torch
from conftest import all_sequences, random_potts

import ebmtools as ebm
from ebmtools import exact

N, Q = 4, 3


def by_definition(model, states, count=1.0):
    """-sum_i h_i(s_i) - count sum_{i<j} J_ij(s_i, s_j), in loops."""
    couplings, fields = model.couplings, model.fields
    n = fields.shape[0]
    values = []
    for s in states:
        local = sum(fields[i, s[i]] for i in range(n))
        pairs = sum(couplings[i, j, s[i], s[j]] for i, j in itertools.combinations(range(n), 2))
        values.append(-local - count * pairs)
    return np.array(values)


def test_energy_is_its_definition():
    model = random_potts()
    np.testing.assert_allclose(model(all_sequences()).detach(), by_definition(model, all_sequences()), atol=1e-12)


def test_pairs_that_are_counted_twice_would_be_noticed():
    model = random_potts()
    wrong = by_definition(model, all_sequences(), count=2.0)
    assert np.abs(model(all_sequences()).detach().numpy() - wrong).max() > 0.5


def test_substitutions_are_differences_of_energies():
    model, states = random_potts(), all_sequences()
    change = model.substitution_change(states).detach().numpy()
    assert change.shape == (len(states), N, Q)
    for i, a in itertools.product(range(N), range(Q)):
        put = states.copy()
        put[:, i] = a
        np.testing.assert_allclose(change[:, i, a], (model(put) - model(states)).detach(), atol=1e-12)


def test_two_states_are_a_pairwise_model():
    """s = 2 a - 1: the energies differ by one number, the couplings and fields are those of the zero-sum gauge."""
    model = random_potts(5, 2)
    fixed = model.zero_sum()
    spins = ebm.Pairwise(fixed.couplings[:, :, 1, 1], fixed.fields[:, 1])
    states = all_sequences(5, 2)
    difference = (spins(2 * states - 1) - model(states)).detach().numpy()
    np.testing.assert_allclose(difference, difference[0], atol=1e-12)
    assert np.ptp((spins(1 - 2 * states) - model(states)).detach().numpy()) > 0.5  # the other coding is another model


def test_the_gauge_changes_no_probability_and_sums_to_zero():
    model = random_potts()
    fixed = model.zero_sum()
    difference = (fixed(all_sequences()) - model(all_sequences())).detach().numpy()
    np.testing.assert_allclose(difference, difference[0], atol=1e-12)
    for sums in (fixed.couplings.sum(2), fixed.couplings.sum(3), fixed.fields.sum(1)):
        np.testing.assert_allclose(sums, 0, atol=1e-12)
    without_fields = ebm.Potts(fixed.couplings, model.fields)  # what the couplings lose, the fields must gain
    assert np.ptp((without_fields(all_sequences()) - model(all_sequences())).detach().numpy()) > 0.1


def test_couplings_of_the_gauge_are_conditional_means_of_the_energy():
    """-J_ij(a, b) = <E | a, b> - <E | a> - <E | b> + <E>, over uniform states."""
    model, states = random_potts(), all_sequences()
    energy, fixed = model(states).detach().numpy(), model.zero_sum().couplings
    i, j = 1, 3
    for a, b in itertools.product(range(Q), repeat=2):
        at_a, at_b = states[:, i] == a, states[:, j] == b
        both = energy[at_a & at_b].mean() - energy[at_a].mean() - energy[at_b].mean() + energy.mean()
        np.testing.assert_allclose(fixed[i, j, a, b], -both, atol=1e-12)


def test_it_adds_up_with_itself_and_has_gradients():
    model = random_potts()
    states = all_sequences()
    np.testing.assert_allclose((2.0 * model + model)(states).detach(), 3 * model(states).detach(), atol=1e-12)
    model(states).sum().backward()
    assert torch.allclose(model.h.grad, torch.full((N, Q), -float(Q ** (N - 1)), dtype=torch.float64))


def test_single_precision_is_kept():
    assert ebm.Potts(np.zeros((2, 2, 3, 3), np.float32))([[0, 1]]).dtype == torch.float32


@pytest.mark.parametrize(
    "states", [[[0, 1, 2]], [[0, 1, 2, 3]], [[0, 1, 2, -1]], [[0, 1, 2, 0.5]], [[0, 1, 2, np.nan]]]
)
def test_other_states_are_refused(states):
    with pytest.raises(ValueError, match=r"^states: got .*expected"):
        random_potts()(states)


@pytest.mark.parametrize("call", [exact.moments, ebm.couplings, lambda model: model.flip_change([[0, 1, 2, 0]])])
def test_what_is_for_spins_says_so(call):
    with pytest.raises(ValueError, match="not -1/\\+1"):
        call(random_potts())
