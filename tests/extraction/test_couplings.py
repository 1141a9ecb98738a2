"""Couplings read off energies: all methods agree, errors are honest; and the generator of the reconstruction task."""

import copy
import itertools
import math

import numpy as np
import pytest
import torch
from conftest import mixed_energy, random_pairwise

import ebmtools as ebm
from ebmtools import exact
from ebmtools.extraction.coefficients import subsets

SMOOTH = ["tanh", "gelu", "softplus", "log_cosh", "square", "cube"]


class Magnet(ebm.Energy):
    def forward(self, spins):
        return -(spins.double().mean(-1) ** 4)


def by_definition(energy, order):
    """xi_I = -2^-N sum_s E(s) prod_{i in I} s_i, for all sets of one order."""
    states = exact.states(energy.n_spins).astype(float)
    values = exact.energies(energy)
    sets = itertools.combinations(range(energy.n_spins), order)
    return {indices: -(values * states[:, list(indices)].prod(axis=1)).mean() for indices in sets}


def read(energy, order, method="auto", **options):
    """The interactions of one order as a dictionary, and their errors in the same order."""
    found = ebm.interactions(energy, order, method=method, **options)
    sets = [tuple(row) for row in found.indices.tolist()]
    return dict(zip(sets, found.coefficients, strict=True)), np.array(
        [error for _, error in sorted(zip(sets, found.errors, strict=True))]
    )


def values(entries):
    return np.array([entries[key] for key in sorted(entries)])


ENERGIES = {
    "pairwise": (random_pairwise(6, 1), "closed-form"),
    "many-body": (ebm.ManyBody(6, [(0,), (1, 4), (0, 2, 3), (1, 2, 3, 5)], [0.3, -0.5, 1.0, 0.7]), "closed-form"),
    "network": (ebm.Network(6, (7,), "tanh", seed=1), "quadrature"),
    "hybrid": (random_pairwise(6, 2) + 2.0 * ebm.Network(6, (7,), "gelu", seed=2), "closed-form + quadrature"),
    "deep": (ebm.Network(6, (7, 5), seed=3), "walsh"),
    "user": (Magnet(6), "walsh"),
    "everything": (
        random_pairwise(6, 3) - Magnet(6) + ebm.Network(6, (7,), "softplus"),
        "closed-form + walsh + quadrature",
    ),
}


@pytest.mark.parametrize("order", [1, 2, 3, 4])
@pytest.mark.parametrize("name", ENERGIES)
def test_methods_agree(name, order):
    """Each method against the definition: the exact ones to 1e-10, the sampled one within 6 of its standard errors (15
    degrees of freedom: 2e-5 false alarms an entry, 1.5e-2 in all 800 entries, at fixed seeds).
    """
    energy, method = ENERGIES[name]
    truth = values(by_definition(energy, order))
    found, errors = read(energy, order)
    assert ebm.interactions(energy, order).method == method
    np.testing.assert_allclose(values(found), truth, atol=1e-10)
    assert (np.abs(values(found) - truth) <= errors + 1e-13).all()
    found, errors = read(energy, order, "walsh")
    np.testing.assert_allclose(values(found), truth, atol=1e-13)
    assert not errors.any()
    found, errors = read(copy.deepcopy(energy).double(), order, "sampled", n_samples=2**9, seed=1)
    assert (np.abs(values(found) - truth) <= 6 * errors + 1e-12).all()


@pytest.mark.parametrize("name", ENERGIES)
def test_matrix_and_list_agree(name):
    """`couplings` is the same as `interactions` of order 2; symmetric, with a zero diagonal."""
    energy = ENERGIES[name][0]
    matrix = ebm.couplings(energy)
    for (i, j), xi in read(energy, 2)[0].items():
        assert matrix.values[i, j] == matrix.values[j, i] == xi
    assert not matrix.values.diagonal().any()
    assert np.array_equal(matrix.errors, matrix.errors.T)
    assert np.array_equal(np.asarray(matrix), matrix.values)
    assert np.array(matrix, dtype=np.float32).dtype == np.float32
    assert np.array(matrix, copy=True) is not matrix.values


def test_couplings_are_linear():
    a, b = ENERGIES["network"][0], ENERGIES["user"][0]
    combined = ebm.couplings(2 * a - 3 * b)
    np.testing.assert_allclose(
        combined.values, 2 * ebm.couplings(a).values - 3 * ebm.couplings(b).values, rtol=1e-12, atol=1e-15
    )
    sampled = ebm.couplings(2 * a - 3 * b, "sampled", n_samples=2**8)
    apart = [ebm.couplings(part, "sampled", n_samples=2**8).values for part in (a, b)]
    np.testing.assert_allclose(sampled.values, 2 * apart[0] - 3 * apart[1], atol=1e-6)


def test_couplings_of_known_energies():
    """J of a pairwise model is J; of a many-body one, its pairs; (sum s)^4 by combinatorics."""
    pairwise = random_pairwise(5)
    assert np.array_equal(ebm.couplings(pairwise).values, pairwise.couplings)
    assert np.array_equal(values(read(pairwise, 1)[0]), pairwise.fields)
    found = ebm.couplings(ebm.ManyBody(3, [(2, 0), (0, 1, 2)], [0.5, 9.0]))
    assert found.values.tolist() == [[0, 0, 0.5], [0, 0, 0], [0.5, 0, 0]]
    n = 6
    reduce_to_pair = sum({k for k in t if t.count(k) % 2} == {0, 1} for t in itertools.product(range(n), repeat=4))
    np.testing.assert_allclose(ebm.couplings(Magnet(n)).values[0, 1], reduce_to_pair / n**4, rtol=1e-12)


@pytest.mark.parametrize("scale", [1.0, 4.0])
@pytest.mark.parametrize("n_spins", [5, 12])
@pytest.mark.parametrize("activation", SMOOTH)
def test_quadrature(activation, n_spins, scale):
    """Smooth activations: to 1e-10 of the enumeration, and within the stated bound."""
    network = ebm.Network(n_spins, (9,), activation, seed=1, dtype=torch.float64)
    with torch.no_grad():
        network.layers[0].weight *= scale
    size = max(1.0, np.abs(exact.energies(network)).max())
    for order in (1, 2, 3):
        found, errors = read(network, order, "quadrature")
        truth = values(read(network, order, "walsh")[0])
        assert np.abs(values(found) - truth).max() < 1e-10 * size
        assert (np.abs(values(found) - truth) <= errors + 1e-14 * size).all()
        assert errors.max() < 1e-9 * size


@pytest.mark.parametrize("n_spins", [5, 12])
@pytest.mark.parametrize("seed", range(5))
def test_quadrature_of_a_kink(seed, n_spins):
    """relu is not smooth: its error is larger, but within what is stated, which is still below 1e-3."""
    network = ebm.Network(n_spins, (9,), "relu", seed=seed)
    for order in (1, 2, 3, 4):
        found, errors = read(network, order, "quadrature")
        truth = values(read(network, order, "walsh")[0])
        assert (np.abs(values(found) - truth) <= errors).all()
        assert 0 < errors.max() < 1e-3


def test_quadrature_bound_of_a_kink_with_large_weights():
    network = ebm.Network(4, (1,), "relu", seed=31, dtype=torch.float64)
    with torch.no_grad():
        network.layers[0].weight *= 5
    found, errors = read(network, 4, "quadrature")
    assert (np.abs(values(found) - values(read(network, 4, "walsh")[0])) <= errors).all()


def test_square_network_is_a_pairwise_model():
    """v (w.s + b)^2 has J_ij = -2 v w_i w_j, h_i = -2 v b w_i, and no interaction of higher order."""
    network = ebm.Network(8, (5,), "square", dtype=torch.float64)
    weight, bias, v = (p.detach().numpy() for p in (network.layers[0].weight, network.layers[0].bias, network.output))
    expected = -2 * np.einsum("h,hi,hj->ij", v, weight, weight)
    np.fill_diagonal(expected, 0)
    np.testing.assert_allclose(ebm.couplings(network).values, expected, atol=1e-12)
    np.testing.assert_allclose(values(read(network, 1)[0]), -2 * (v * bias) @ weight, atol=1e-12)
    assert np.abs(values(read(network, 3)[0])).max() < 1e-12
    pairwise = ebm.Pairwise(expected, -2 * (v * bias) @ weight)
    changes = [energy.flip_change(exact.states(8)).detach() for energy in (network, pairwise)]
    np.testing.assert_allclose(*changes, atol=1e-12)


def test_network_of_many_spins():
    """Quadrature and sampling agree at 40 spins, where nothing can be enumerated: within 6 standard errors
    (780 entries: 2 % false alarms with a fresh seed).
    """
    network = ebm.Network(40, (20,), seed=1)
    by_quadrature = ebm.couplings(network)
    sampled = ebm.couplings(network, "sampled", n_samples=2**13)
    assert by_quadrature.errors.max() < 1e-9
    off = ~np.eye(40, dtype=bool)
    assert (np.abs(sampled.values - by_quadrature.values)[off] / sampled.errors[off]).max() < 6
    assert ebm.couplings(ebm.Network(20, (6, 5)), n_samples=2**8).method == "sampled"
    assert ebm.couplings(Magnet(16)).method == "walsh"


@pytest.mark.parametrize("order", [2, 3])
def test_sampled_errors_are_honest(order):
    """z = (estimate - truth) / error over 20 seeds is Student's with 15 degrees: r.m.s. sqrt(15 / 13) = 1.07. Over 20
    other blocks of seeds it was 1.08 with a scatter of 0.04, so the bounds 0.9 and 1.25 are 4 of them away (1e-4 false
    alarms). Negative control: errors of half the size are caught.
    """
    network = ebm.Network(8, (7, 5), seed=1, dtype=torch.float64)
    truth = values(read(network, order, "walsh")[0])
    z = []
    for seed in range(20):
        found, errors = read(network, order, "sampled", n_samples=2**8, seed=seed)
        z.append((values(found) - truth) / errors)
    rms = math.sqrt(np.mean(np.square(z)))
    assert 0.9 < rms < 1.25
    assert not 0.9 < 2 * rms < 1.25


def test_sampled_couplings_have_little_noise():
    """Pairs and triples leave no noise at all: the arrays are orthogonal to them. Seeds matter where there is noise."""
    energy = random_pairwise(10) + ebm.ManyBody(10, [(0, 1, 2), (4, 7, 9)], [1.0, 1.0])
    found = ebm.couplings(energy, "sampled", n_samples=256)
    np.testing.assert_allclose(found.values, energy.parts[0].couplings, atol=1e-13)
    assert found.errors.max() < 1e-13
    noisy = [ebm.couplings(Magnet(10), "sampled", n_samples=256, seed=seed).values for seed in (1, 1, 2)]
    assert np.array_equal(noisy[0], noisy[1])
    assert not np.array_equal(noisy[0], noisy[2])


def test_interactions_are_sorted():
    energy = mixed_energy()
    everything = ebm.interactions(energy, order=2)
    size = np.abs(everything.coefficients)
    assert (np.diff(size) <= 0).all()
    assert everything.indices.shape == (6, 2)
    assert (everything.indices[:, 0] < everything.indices[:, 1]).all()
    top = ebm.interactions(energy, order=2, top=2)
    assert np.array_equal(top.indices, everything.indices[:2])
    assert np.array_equal(top.coefficients, everything.coefficients[:2])
    assert len(ebm.interactions(energy, order=4, top=9).coefficients) == 1
    assert ebm.interactions(energy).indices.shape == (4, 3)


@pytest.mark.parametrize(("n_spins", "order"), [(1, 1), (5, 1), (5, 2), (7, 3), (7, 5), (4, 4), (3, 4)])
def test_subsets(n_spins, order):
    expected = list(itertools.combinations(range(n_spins), order))
    assert [tuple(row) for row in subsets(n_spins, order)] == expected


def test_interaction_of_all_spins():
    """Orders above 4, where the sampled products nest deeper."""
    energy = ebm.ManyBody(5, [(0, 1, 2, 3, 4)], [0.7])
    for method in ("closed-form", "walsh", "sampled"):
        np.testing.assert_allclose(ebm.interactions(energy, 5, method=method).coefficients, [0.7], atol=1e-12)
    network = ebm.Network(6, (4,), "softplus", dtype=torch.float64)
    truth = values(read(network, 5, "walsh")[0])
    np.testing.assert_allclose(values(read(network, 5, "quadrature")[0]), truth, atol=1e-10)


def test_reconstruction_error():
    """eps^2 = sum (J - J')^2 / sum J^2 over pairs; one for J' = 0, and diagonals do not count."""
    truth = random_pairwise(5).couplings
    assert ebm.reconstruction_error(truth, truth) == 0
    assert ebm.reconstruction_error(np.zeros((5, 5)), truth) == 1
    assert math.isclose(ebm.reconstruction_error(1.5 * truth + np.eye(5), truth), 0.5)
    assert math.isclose(ebm.reconstruction_error(-truth, truth), 2)
    guess = random_pairwise(5, seed=2).couplings
    pairs = list(itertools.combinations(range(5), 2))
    expected = math.sqrt(
        sum((truth[i, j] - guess[i, j]) ** 2 for i, j in pairs) / sum(truth[i, j] ** 2 for i, j in pairs)
    )
    assert math.isclose(ebm.reconstruction_error(guess, truth), expected)
    assert ebm.reconstruction_error(ebm.couplings(ebm.Pairwise(truth)), truth) == 0


# The generator


def test_random_hamiltonian():
    """E = beta [ -sum J s s - sqrt(gamma) sum xi s s s ]: the values it reports are those it has."""
    energy = ebm.random_hamiltonian(8, order=3, gamma=0.25, beta=0.5, seed=1)
    np.testing.assert_allclose(ebm.couplings(energy, "walsh").values, energy.couplings, atol=1e-14)
    found = read(energy, 3, "walsh")[0]
    listed = dict(zip(energy.interactions, energy.coefficients, strict=True))
    for indices, xi in found.items():
        assert math.isclose(xi, listed.get(indices, 0.0), abs_tol=1e-14)
    assert np.abs(values(read(energy, 1, "walsh")[0])).max() < 1e-14
    assert np.abs(values(read(energy, 4, "walsh")[0])).max() < 1e-14


def test_same_instance_for_all_strengths():
    """One seed, one J, one list of sets, one xi: couplings scale with beta, interactions with beta sqrt(gamma)."""
    unit = ebm.random_hamiltonian(8, gamma=1.0, beta=1.0, seed=1)
    for gamma, beta in ((0.0, 0.5), (0.25, 0.5), (4.0, 2.0)):
        energy = ebm.random_hamiltonian(8, gamma=gamma, beta=beta, seed=1)
        assert energy.interactions == unit.interactions
        np.testing.assert_allclose(energy.couplings, beta * unit.couplings, rtol=1e-14)
        np.testing.assert_allclose(energy.coefficients, beta * math.sqrt(gamma) * unit.coefficients, rtol=1e-14)
    assert not np.array_equal(ebm.random_hamiltonian(8, seed=2).couplings, ebm.random_hamiltonian(8, seed=1).couplings)


@pytest.mark.parametrize(("order", "count"), [(3, None), (4, 20), (3, 56), (8, 1), (3, 0)])
def test_interactions_are_distinct(order, count):
    energy = ebm.random_hamiltonian(8, order=order, n_interactions=count)
    assert len(energy.interactions) == len(set(energy.interactions)) == (8 if count is None else count)
    assert all(len(set(indices)) == order and max(indices) < 8 for indices in energy.interactions)


def test_distributions_of_the_generator():
    """J ~ Normal(0, 1/N), xi ~ Normal(0, 1): r.m.s. within 4 standard errors, 1 / sqrt(2 n) (1e-4 false alarms)."""
    energy = ebm.random_hamiltonian(100, beta=1.0, n_interactions=4000)
    pairs = energy.couplings[np.triu_indices(100, 1)]
    assert abs(pairs.std() * 10 - 1) < 4 / math.sqrt(2 * pairs.size)
    assert abs(energy.coefficients.std() - 1) < 4 / math.sqrt(2 * 4000)
