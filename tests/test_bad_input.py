"""Bad input is refused with a message that names the parameter, what came, and what was expected."""

import numpy as np
import pytest
import torch
from conftest import random_pairwise

import ebmtools as ebm
from ebmtools import exact
from ebmtools.checks import check_spins

E = random_pairwise(3)
NET = ebm.Network(3, (4,))
DEEP = ebm.Network(3, (4, 4))
GOOD = exact.states(3)
FREE = ebm.Pairwise(np.zeros((25, 25)))


def matrix(*entries):
    """A good (3, 3) coupling matrix, but for the entries (i, j, value)."""
    couplings = np.zeros((3, 3))
    for i, j, value in entries:
        couplings[i, j] = value
    return couplings


def with_entry(value, dtype=float):
    spins = GOOD.astype(dtype)
    spins[1, 2] = value
    return spins


def constant():
    spins = GOOD.copy()
    spins[:, 1] = -1
    return spins


SPINS = {
    "zero-one": ((GOOD + 1) // 2, r"spins: every entry must be -1 or \+1, but 12 of 24 are not; the first is 0 at "
                 r"index \(0, 0\)\. These look like \{0, 1\} variables: convert them with 2 \* spins - 1"),
    "floats": (with_entry(0.5), r"the first is 0.5 at index \(1, 2\)\. These look like continuous values: choose a t"),
    "NaN": (with_entry(np.nan), r"the first is nan at index \(1, 2\)\. There are NaN values: drop or impute"),
    "infinite": (with_entry(np.inf), r"1 of 24 are not; the first is inf at index \(1, 2\)"),
    "integers": (with_entry(3, int), r"the first is 3 at index \(1, 2\)\. Give an array of -1 and \+1"),
    "unsigned": (with_entry(1).astype(np.uint8), r"the first is 255 at index"),
    "torch": (torch.zeros(2, 3), r"6 of 6 are not; the first is 0.0 at index \(0, 0\)\. These look like \{0, 1\}"),
    "short": (GOOD[:, :2], r"spins: the last axis has length 2 \(shape \(8, 2\)\), expected 3, the number of spins"),
    "number": (1, r"spins: got a single number, expected an array of shape \(\.\.\., n_spins\)"),
}  # fmt: skip
TYPES = {
    "booleans": (
        GOOD > 0,
        r"spins: got booleans, expected -1 or \+1. Convert them with 2 \* spins.astype\('int8'\) - 1",
    ),
    "complex": (GOOD.astype(complex), r"spins: got complex numbers \(torch.complex128\), expected -1 or \+1"),
    "text": (np.full((8, 3), "up"), "spins: got entries of type <U2, expected numbers"),
    "none": (None, "spins: got entries of type object, expected numbers"),
}
CALLS = {
    "energy": E,
    "flip_change": E.flip_change,
    "network": NET,
    "pseudolikelihood": lambda s: ebm.objectives.pseudolikelihood(E, s),
    "likelihood": lambda s: ebm.objectives.likelihood(E, s),
    "fit": lambda s: ebm.fit(NET, s, progress=False),
    "fit_convex": lambda s: ebm.fit_convex(E, s),
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("what", SPINS)
def test_spins(call, what):
    spins, message = SPINS[what]
    with pytest.raises(ValueError, match=message):
        CALLS[call](spins)


@pytest.mark.parametrize("call", [*CALLS, "fit_pairwise"])
@pytest.mark.parametrize("what", TYPES)
def test_types_of_spins(call, what):
    spins, message = TYPES[what]
    with pytest.raises(TypeError, match=message):
        {**CALLS, "fit_pairwise": ebm.fit_pairwise}[call](spins)


DATA = {
    "no samples": (GOOD[:0], r"spins: got zero samples \(shape \(0, 3\)\), expected at least one row"),
    "one axis": (GOOD[0], r"spins: got shape \(3,\), expected \(n_samples, n_spins\)"),
    "three axes": (GOOD[None], r"spins: got shape \(1, 8, 3\), expected \(n_samples, n_spins\)"),
    "constant": (constant(), "spins: spin 1 is -1 in all 8 samples, so its field has no finite estimate"),
    "one sample": (GOOD[-1:], r"spin 0 is \+1 in all 1 samples \(and so are 2 more: \[1, 2\]\)"),
    "zero-one": SPINS["zero-one"],
    "NaN": SPINS["NaN"],
}  # fmt: skip


@pytest.mark.parametrize("call", [ebm.fit_pairwise, CALLS["fit"], CALLS["fit_convex"]])
@pytest.mark.parametrize("what", DATA)
def test_data(call, what):
    spins, message = DATA[what]
    with pytest.raises(ValueError, match=message):
        call(spins)


WEIGHTS = {
    "negative": ([1] * 7 + [-1], r"weights: entry 7 is -1.0, expected finite numbers >= 0"),
    "NaN": ([np.nan] + [1] * 7, "weights: entry 0 is nan, expected finite numbers >= 0"),
    "infinite": ([1, np.inf] + [1] * 6, "weights: entry 1 is inf"),
    "zero": ([0] * 8, "weights: all weights are zero, expected at least one positive weight"),
    "too few": ([1] * 7, r"weights: got shape \(7,\), expected \(8,\): one weight for each sample"),
    "matrix": (np.ones((8, 1)), r"weights: got shape \(8, 1\), expected \(8,\)"),
}


@pytest.mark.parametrize(
    "call",
    [
        lambda w: ebm.fit_pairwise(GOOD, w),
        lambda w: ebm.fit_convex(E, GOOD, w),
        lambda w: ebm.objectives.pseudolikelihood(E, GOOD, w),
        lambda w: ebm.objectives.interaction_screening(E, GOOD, torch.tensor(w)),
    ],
)
@pytest.mark.parametrize("what", WEIGHTS)
def test_weights(call, what):
    weights, message = WEIGHTS[what]
    with pytest.raises(ValueError, match=message):
        call(weights)


POSITIVE = r"expected a finite number > 0"
WHOLE = r"expected an integer >= 1"
ARGUMENTS = [
    # energies
    (lambda: ebm.Pairwise(matrix((0, 1, 1.0))), r"couplings: J\[0, 1\] = 1 but J\[1, 0\] = 0, .*J \+ J.T"),
    (lambda: ebm.Pairwise(matrix((0, 1, np.nan))), r"couplings: entry \(0, 1\) is nan, expected finite numbers"),
    (lambda: ebm.Pairwise(matrix((2, 2, 0.5))), r"couplings: J\[2, 2\] = 0.5, expected a zero diagonal.*fill_diagonal"),
    (lambda: ebm.Pairwise(np.zeros((2, 3))), r"couplings: got shape \(2, 3\), expected a square matrix \(N, N\)"),
    (lambda: ebm.Pairwise([1.0, 2.0]), r"couplings: got shape \(2,\), expected a square matrix"),
    (lambda: ebm.Pairwise(np.zeros((0, 0))), r"couplings: got shape \(0, 0\), expected at least one spin"),
    (lambda: ebm.Pairwise(matrix(), [1, 2]), r"fields: got shape \(2,\), expected \(3,\), one for each spin"),
    (lambda: ebm.Pairwise(matrix(), [1, 2, np.inf]), r"fields: entry \(2,\) is inf, expected finite numbers"),
    (lambda: ebm.ManyBody(3, [(0, 1, 1)], [1]), r"interactions: \(0, 1, 1\) repeats an index.*Give the set without it"),
    (lambda: ebm.ManyBody(3, [(0, 1), (1, 0)], [1, 1]), r"interactions: \(0, 1\) stands twice. Give it once"),
    (lambda: ebm.ManyBody(3, [(0, 3)], [1]), r"interactions: \(0, 3\) has an index outside 0..2"),
    (lambda: ebm.ManyBody(3, [(-1, 2)], [1]), r"interactions: \(-1, 2\) has an index outside 0..2"),
    (lambda: ebm.ManyBody(3, [()], [1]), "interactions: got an empty tuple, expected at least one index"),
    (lambda: ebm.ManyBody(3, [(0, 1)], [1, 2]), r"coefficients: got shape \(2,\), expected \(1,\): one for each"),
    (lambda: ebm.ManyBody(3, [(0, 1)], [np.nan]), r"coefficients: entry \(0,\) is nan"),
    (lambda: ebm.ManyBody(0, [], []), f"n_spins: got 0, {WHOLE}"),
    (lambda: ebm.Network(2.0), f"n_spins: got 2.0, {WHOLE}"),
    (lambda: ebm.Network(True), f"n_spins: got True, {WHOLE}"),
    (lambda: ebm.Network(3, activation="sigmoid"), "activation: got 'sigmoid', expected one of tanh, relu, gelu"),
    (lambda: ebm.Network(3, hidden=()), r"hidden: got no layers, expected at least one, as in hidden=\(128,\)"),
    (lambda: ebm.Network(3, hidden=(4, 0)), f"hidden: got 0, {WHOLE}"),
    (lambda: float("nan") * E, "factor: got nan, expected a finite number"),
    # exact
    (lambda: exact.states(25), "n_spins: got 25, but enumeration stops at 24 spins"),
    (lambda: exact.states(0), f"n_spins: got 0, {WHOLE}"),
    (lambda: exact.probabilities(FREE), "n_spins: got 25, but enumeration stops at 24 spins"),
    *((lambda f=f, b=b: f(E, beta=b), f"beta: got {b}, {POSITIVE}")
      for f in (exact.log_partition, exact.probabilities, exact.moments) for b in (0.0, -1.0, np.nan, np.inf, True)),
    (lambda: exact.sample(E, 0), f"n_samples: got 0, {WHOLE}"),
    (lambda: exact.sample(E, 10, beta=0), f"beta: got 0, {POSITIVE}"),
    # sampling
    (lambda: ebm.sample(E, 0), f"n_samples: got 0, {WHOLE}"),
    (lambda: ebm.sample(E, 10.0), f"n_samples: got 10.0, {WHOLE}"),
    (lambda: ebm.sample(E, 10, n_chains=0), f"n_chains: got 0, {WHOLE}"),
    (lambda: ebm.sample(E, 10, thin=0), f"thin: got 0, {WHOLE}"),
    (lambda: ebm.sample(E, 10, warmup=-1), "warmup: got -1, expected an integer >= 0"),
    (lambda: ebm.sample(E, 10, warmup=True), "warmup: got True, expected an integer >= 0"),
    (lambda: ebm.sample(E, 10, beta=-0.5), f"beta: got -0.5, {POSITIVE}"),
    (lambda: ebm.sample(E, 10, method="langevin"), "method: got 'langevin', expected 'gibbs' or 'metropolis'"),
    # fits
    (lambda: ebm.fit_pairwise(GOOD, objective="moments"), "objective: got 'moments', expected one of pseudolikelihood"),
    (lambda: ebm.fit_pairwise(GOOD, l1=-1), "l1: got -1, expected a finite number >= 0"),
    (lambda: ebm.fit_pairwise(GOOD, l2=-0.1), "l2: got -0.1, expected a finite number >= 0"),
    (lambda: ebm.fit_pairwise(GOOD, l1=np.inf), "l1: got inf, expected a finite number >= 0"),
    (lambda: ebm.fit_pairwise(GOOD, objective="likelihood", symmetric=False), "symmetric: .* needs symmetric=True"),
    (lambda: ebm.objectives.likelihood(ebm.Pairwise(np.zeros((21, 21))), np.ones((2, 21))), "energy: it has 21"),
    (lambda: ebm.fit_convex(E, GOOD, l2=-1), "l2: got -1, expected a finite number >= 0"),
    *((lambda name=name, value=value: ebm.fit(NET, GOOD, progress=False, **{name: value}), message)
      for name, value, message in [
          ("validation", 1.0, r"validation: got 1.0, expected a share in \[0, 1\), such as 0.1"),
          ("validation", -0.1, "validation: got -0.1, expected a share"),
          ("validation", np.nan, "validation: got nan, expected a share"),
          ("validation", 0.9, "spins: 1 samples are left to train on, expected at least 2. Lower `validation`"),
          ("weight_decay", -1.0, "weight_decay: got -1.0, expected a finite number >= 0, or a sequence"),
          ("weight_decay", np.inf, "weight_decay: got inf"),
          ("epochs", 0, f"epochs: got 0, {WHOLE}"),
          ("batch_size", 2.5, f"batch_size: got 2.5, {WHOLE}"),
          ("learning_rate", 0.0, f"learning_rate: got 0.0, {POSITIVE}"),
      ]),
    # couplings
    (lambda: ebm.couplings(E, method="exact"), "method: got 'exact', expected one of auto, closed-form, quadrature"),
    (lambda: ebm.couplings(NET, method="closed-form"), "method: Network has no closed form. Use method='auto'"),
    (lambda: ebm.couplings(DEEP, method="quadrature"), "method: the quadrature is for networks with one hidden"),
    (lambda: ebm.couplings(E, method="quadrature"), "method: the quadrature is for networks with one hidden layer"),
    (lambda: ebm.couplings(FREE, method="walsh"), "n_spins: got 25, but enumeration stops at 24"),
    (lambda: ebm.couplings(E, method="sampled", n_samples=0), f"n_samples: got 0, {WHOLE}"),
    (lambda: ebm.interactions(E, order=0), "order: got 0, expected an integer from 1 to n_spins = 3"),
    (lambda: ebm.interactions(E, order=4), "order: got 4, expected an integer from 1 to n_spins = 3"),
    (lambda: ebm.interactions(E, order=True), "order: got True"),
    (lambda: ebm.interactions(E, top=0), "top: got 0, expected an integer >= 1"),
    (lambda: ebm.reconstruction_error(np.eye(2), np.eye(3)), r"estimate: got shape \(2, 2\), expected \(3, 3\)"),
    (lambda: ebm.reconstruction_error([1.0], [1.0]), r"estimate: got shape \(1,\), exp"),
    (lambda: ebm.reconstruction_error(matrix((0, 1, np.nan)), np.ones((3, 3))), "estimate: entry .* is nan"),
    (lambda: ebm.reconstruction_error(np.ones((3, 3)), np.eye(3)), "truth: all true couplings are zero"),
    # the generator, the data
    (lambda: ebm.random_hamiltonian(8, order=2), "order: got 2, expected an integer from 3 to n_spins = 8"),
    (lambda: ebm.random_hamiltonian(8, order=9), "order: got 9, expected an integer from 3 to n_spins = 8"),
    (lambda: ebm.random_hamiltonian(8, gamma=-1), "gamma: got -1, expected a finite number >= 0"),
    (lambda: ebm.random_hamiltonian(8, beta=0), f"beta: got 0, {POSITIVE}"),
    (lambda: ebm.random_hamiltonian(4, n_interactions=5), "n_interactions: got 5, expected an integer from 0 to 4"),
    (lambda: ebm.random_hamiltonian(4.5), f"n_spins: got 4.5, {WHOLE}"),
    (lambda: ebm.data.digits(threshold=0), "threshold: got 0, expected an integer from 1 to 16"),
    (lambda: ebm.data.digits(threshold=8.0), "threshold: got 8.0, expected an integer from 1 to 16"),
    (lambda: ebm.data.mnist(threshold=256), "threshold: got 256, expected an integer from 1 to 255"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "message"), ARGUMENTS, ids=[message[:40] for _, message in ARGUMENTS])
def test_arguments(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_indices_must_be_integers():
    with pytest.raises((TypeError, ValueError), match="interactions"):
        ebm.ManyBody(3, [(0.5, 1.9)], [1])


@pytest.mark.parametrize("couplings", [np.full((2, 2), 1j), [["a", "b"], ["c", "d"]], [[0, 1], [1]]])
def test_couplings_must_be_real_numbers(couplings):
    with pytest.raises((TypeError, ValueError), match="couplings"):
        ebm.Pairwise(couplings)


def test_hidden_must_be_a_sequence():
    with pytest.raises((TypeError, ValueError), match="hidden"):
        ebm.Network(3, hidden=128)


def test_spin_that_is_constant_where_weights_are_positive():
    with pytest.raises(ValueError, match="spin 0 is -1"):
        ebm.fit_pairwise(GOOD, weights=[1, 1, 1, 1, 0, 0, 0, 0])


def test_a_bad_fit_leaves_the_energy_as_it_was():
    """Arguments are checked before anything is trained."""
    before = NET.output.detach().clone()
    with pytest.raises(ValueError, match="epochs"):
        ebm.fit(NET, GOOD, epochs=-1, progress=False)
    assert torch.equal(before, NET.output)


@pytest.mark.parametrize(
    "spins",
    [
        GOOD[::-1],
        GOOD[:, ::-1],
        np.broadcast_to(GOOD[1], (4, 3)),
        np.asfortranarray(GOOD),
        GOOD.tolist(),
        GOOD.astype("f2"),
    ],
)
def test_odd_but_good_spins(spins):
    """Views, read-only arrays and other memory orders are no error."""
    assert np.array_equal(check_spins(spins).numpy(), np.asarray(spins))
