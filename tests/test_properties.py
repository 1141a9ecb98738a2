"""Properties that hold for every model, on examples that hypothesis makes up (the same ones at each run)."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import ebmtools as ebm
from ebmtools import exact
from ebmtools.checks import check_spins

sizes = st.integers(2, 5)
seeds = st.integers(0, 2**32 - 1)
strengths = st.floats(-2, 2).map(lambda x: round(x, 3))


@st.composite
def models(draw):
    """N, a pairwise model, interactions of any orders with their coefficients, and a generator for more."""
    n = draw(sizes)
    upper = np.zeros((n, n))
    upper[np.triu_indices(n, 1)] = draw(hnp.arrays(float, n * (n - 1) // 2, elements=strengths))
    fields = draw(hnp.arrays(float, n, elements=strengths))
    sets = draw(
        st.lists(st.sets(st.integers(0, n - 1), min_size=1).map(lambda s: tuple(sorted(s))), unique=True, max_size=4)
    )
    xi = draw(st.lists(strengths, min_size=len(sets), max_size=len(sets)))
    return n, upper + upper.T, fields, sets, xi, np.random.default_rng(draw(seeds))


def build(n, couplings, fields, sets, xi):
    return ebm.Pairwise(couplings, fields) + ebm.ManyBody(n, sets, xi)


def close(a, b):
    np.testing.assert_allclose(np.asarray(a, dtype=float), np.asarray(b, dtype=float), rtol=1e-10, atol=1e-10)


def values(energy, spins):
    return energy(spins).detach().numpy()


@given(models())
def test_gauge_transform(model):
    """s_i -> g_i s_i with J_ij -> g_i g_j J_ij, h_i -> g_i h_i, xi_I -> xi_I prod g: nothing changes but the names."""
    n, couplings, fields, sets, xi, rng = model
    g = rng.choice([-1, 1], n)
    energy = build(n, couplings, fields, sets, xi)
    changed = [x * g[list(indices)].prod() for indices, x in zip(sets, xi, strict=True)]
    gauged = build(n, np.outer(g, g) * couplings, g * fields, sets, changed)
    s = exact.states(n)
    close(values(gauged, g * s), values(energy, s))
    close(gauged.flip_change(g * s).detach(), energy.flip_change(s).detach())
    close(ebm.couplings(gauged), np.outer(g, g) * ebm.couplings(energy).values)
    close(exact.log_partition(gauged), exact.log_partition(energy))
    before, after = exact.moments(energy), exact.moments(gauged)
    close(after.magnetisations, g * before.magnetisations)
    close(after.correlations, np.outer(g, g) * before.correlations)


@given(models())
def test_spin_flip(model):
    """All spins flipped with h -> -h, and with odd interactions -> their negative: E and p(s) stay."""
    n, couplings, fields, sets, xi, _ = model
    energy = build(n, couplings, fields, sets, xi)
    turned = build(n, couplings, -fields, sets, [x * (-1) ** len(indices) for indices, x in zip(sets, xi, strict=True)])
    s = exact.states(n)
    close(values(turned, -s), values(energy, s))
    close(exact.probabilities(turned), exact.probabilities(energy)[::-1])
    close(ebm.couplings(turned), ebm.couplings(energy).values)


@given(models())
def test_relabelling(model):
    """New names for the spins: energies, probabilities and couplings follow."""
    n, couplings, fields, sets, xi, rng = model
    new = rng.permutation(n)  # spin i is called new[i]
    old = np.argsort(new)
    energy = build(n, couplings, fields, sets, xi)
    renamed_sets = [tuple(int(new[i]) for i in indices) for indices in sets]
    renamed = build(n, couplings[np.ix_(old, old)], fields[old], renamed_sets, xi)
    s = exact.states(n)
    close(values(renamed, s[:, old]), values(energy, s))
    close(renamed.flip_change(s[:, old]).detach(), energy.flip_change(s).detach()[:, old])
    close(ebm.couplings(renamed), ebm.couplings(energy).values[np.ix_(old, old)])
    p = dict(zip(map(tuple, s[:, old]), exact.probabilities(energy), strict=True))
    close(exact.probabilities(renamed), [p[tuple(state)] for state in s])


@given(models(), strengths)
def test_energy_plus_constant(model, constant):
    """Probabilities, flip changes and couplings stay; log Z moves by -constant."""

    class Constant(ebm.Energy):
        def forward(self, spins):
            return torch.full(spins.shape[:-1], constant, dtype=torch.float64)

    n, *parts, _ = model
    energy = build(n, *parts)
    shifted = energy + Constant(n)
    close(exact.probabilities(shifted), exact.probabilities(energy))
    close(shifted.flip_change(exact.states(n)).detach(), energy.flip_change(exact.states(n)).detach())
    close(ebm.couplings(shifted), ebm.couplings(energy).values)
    close(exact.log_partition(shifted), exact.log_partition(energy) - constant)


@given(models(), st.floats(0.1, 3))
def test_beta_is_a_factor_of_the_energy(model, beta):
    n, *parts, _ = model
    energy = build(n, *parts)
    close(exact.probabilities(energy, beta), exact.probabilities(beta * energy))


@given(models())
def test_energy_is_the_sum_of_its_walsh_coefficients(model):
    """E(s) = c - sum_I xi_I prod_{i in I} s_i with the interactions of all orders, read off one order at a time."""
    n, *parts, _ = model
    energy = build(n, *parts)
    s = exact.states(n).astype(float)
    total = np.full(len(s), exact.energies(energy).mean())
    for order in range(1, n + 1):
        found = ebm.interactions(energy, order)
        for indices, xi in zip(found.indices, found.coefficients, strict=True):
            total -= xi * s[:, indices].prod(axis=1)
    close(total, values(energy, s))


@given(sizes, seeds, st.sampled_from(["tanh", "relu", "gelu", "softplus"]))
def test_networks_turn_and_rename_too(n, seed, activation):
    """The gauge and the names can be moved into the weights of the first layer."""
    rng = np.random.default_rng(seed)
    energy, moved = (ebm.Network(n, (5,), activation, seed=seed % 1000, dtype=torch.float64) for _ in range(2))
    g, old = rng.choice([-1, 1], n), rng.permutation(n)
    with torch.no_grad():
        moved.layers[0].weight.copy_((energy.layers[0].weight * torch.from_numpy(g))[:, old])
    s = exact.states(n)
    close(values(moved, (g * s)[:, old]), values(energy, s))
    atol = 2e-3 if activation == "relu" else 1e-9
    expected = (np.outer(g, g) * ebm.couplings(energy).values)[np.ix_(old, old)]
    np.testing.assert_allclose(ebm.couplings(moved).values, expected, atol=atol)


numbers = st.one_of(
    st.sampled_from([-1, 1]), st.integers(-3, 3), st.floats(allow_nan=True, allow_infinity=True, width=32)
)


@given(
    hnp.arrays(st.sampled_from([np.int8, np.int64, np.float32, np.float64]), (2, 3), elements=st.sampled_from([-1, 1]))
)
def test_spins_are_accepted_as_they_are(array):
    spins = check_spins(array, 3)
    assert np.array_equal(spins.numpy(), array)
    assert spins.numpy().dtype == array.dtype


@given(st.lists(numbers, min_size=1, max_size=6))
def test_exactly_minus_one_and_one_are_spins(entries):
    if all(x in (-1, 1) for x in entries):
        assert check_spins(entries).tolist() == entries
    else:
        with pytest.raises(ValueError, match="every entry must be -1 or \\+1"):
            check_spins(entries)
