"""The restricted Boltzmann machine: its sum over hidden spins by enumeration, both codings, and what it is a sum of."""

import numpy as np
import pytest
import torch

import ebmtools as ebm
from ebmtools import exact

N, H = 5, 4
RNG = np.random.default_rng(5)
W, A, B = RNG.normal(0, 0.7, (N, H)), RNG.normal(0, 0.4, N), RNG.normal(0, 0.4, H)
MACHINE = ebm.RBM.of(W, A, B)
VISIBLE, HIDDEN = exact.states(N).astype(float), exact.states(H).astype(float)


def joint(hidden_sign=1.0):
    """E(s, t) of all states, (2^N, 2^H)."""
    return -(VISIBLE @ A)[:, None] - hidden_sign * (HIDDEN @ B)[None] - VISIBLE @ W @ HIDDEN.T


def summed(energies):
    return -np.log(np.exp(-energies).sum(1))


def test_it_is_the_joint_energy_with_the_hidden_spins_summed_over():
    np.testing.assert_allclose(exact.energies(MACHINE), summed(joint()) + H * np.log(2), atol=1e-12)


def test_a_wrong_sign_of_the_hidden_fields_is_noticed():
    assert np.abs(exact.energies(MACHINE) - summed(joint(-1.0)) - H * np.log(2)).max() > 0.1


def test_means_of_a_layer_given_the_other():
    weights = np.exp(-joint())
    hidden = (weights @ HIDDEN) / weights.sum(1, keepdims=True)
    visible = (weights.T @ VISIBLE) / weights.sum(0)[:, None]
    np.testing.assert_allclose(MACHINE.hidden_means(exact.states(N)).detach(), hidden, atol=1e-12)
    np.testing.assert_allclose(MACHINE.visible_means(exact.states(H)).detach(), visible, atol=1e-12)


def test_units_of_zero_and_one_have_the_same_probabilities():
    w, b, c = RNG.normal(0, 1, (N, H)), RNG.normal(0, 1, N), RNG.normal(0, 1, H)
    v, h = (VISIBLE + 1) / 2, (HIDDEN + 1) / 2
    free = summed(-(v @ b)[:, None] - (h @ c)[None] - v @ w @ h.T)
    made = ebm.RBM.from_binary(w, b, c)
    difference = exact.energies(made) - free
    np.testing.assert_allclose(difference, difference[0], atol=1e-12)
    for back, given in zip(made.to_binary(), (w, b, c), strict=True):
        np.testing.assert_allclose(back, given, atol=1e-12)


def test_flips_gradient_and_couplings_are_those_of_its_definition():
    spins = exact.states(N)
    slow = ebm.Energy.forward_flips(MACHINE, torch.from_numpy(spins))
    np.testing.assert_allclose(MACHINE.flip_change(spins).detach(), slow.detach(), atol=1e-12)
    found = ebm.couplings(MACHINE)
    walsh = -(exact.energies(MACHINE)[:, None, None] * VISIBLE[:, :, None] * VISIBLE[:, None, :]).mean(0)
    np.testing.assert_allclose(found.values, walsh - np.diag(np.diag(walsh)), atol=1e-10)
    assert "quadrature" in found.method


def test_it_adds_up_with_others():
    pairwise = ebm.Pairwise(np.ones((N, N)) - np.eye(N))
    both = MACHINE + pairwise
    np.testing.assert_allclose(exact.energies(both), exact.energies(MACHINE) + exact.energies(pairwise), atol=1e-12)


def test_the_outputs_are_never_trained():
    machine = ebm.RBM(N, H)
    ebm.fit(machine, exact.sample(MACHINE, 300, seed=0), epochs=2, progress=False)
    assert bool((machine.parts[1].output == -1).all())
    assert np.abs(machine.fields).max() > 0


def test_seeds():
    one, same, other = (ebm.RBM(N, H, seed=s).weights for s in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert np.abs(one - other).max() > 0
    assert repr(MACHINE) == "RBM(n_visible=5, n_hidden=4)"
    assert MACHINE.n_hidden == H


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1.0], [0.0], [0.0]), "weights: got shape"),
        (([[1.0]], [0.0, 0.0], [0.0]), "fields: got shape"),
        (([[1.0]], [0.0], [0.0, 0.0]), "hidden_fields: got shape"),
    ],
)
def test_shapes_must_fit(arguments, message):
    with pytest.raises(ValueError, match=message):
        ebm.RBM.of(*arguments)
    with pytest.raises(ValueError, match="weights, visible_biases, hidden_biases: got shapes"):
        ebm.RBM.from_binary(*arguments)


def test_hidden_states_must_fit():
    with pytest.raises(ValueError, match=r"hidden: got shape \(3,\)"):
        MACHINE.visible_means([1, 1, 1])
