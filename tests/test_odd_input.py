"""Odd input: what would be wrong in silence, or end in a traceback without help, gets a message that helps."""

import pickle

import numpy as np
import pytest
import torch
from conftest import random_pairwise
from scipy import sparse

import ebmtools as ebm
from ebmtools import exact, objectives

E = random_pairwise(3)
GOOD = exact.states(3)
ONES = np.ones((3, 3))
MANY = exact.sample(E, 300, seed=1)
FIT = ebm.fit_pairwise(MANY)


def nan_energy():
    energy = random_pairwise(3)
    with torch.no_grad():
        energy.h[1] = np.nan
    return energy


class Wrong(ebm.Energy):
    """A user's energy whose `forward` returns what it is told."""

    def __init__(self, answer):
        super().__init__(3)
        self.answer = answer

    def forward(self, spins):
        return self.answer(spins)


ONE_NUMBER = Wrong(lambda s: s.double().sum())
COLUMN = Wrong(lambda s: s.double().sum(-1, keepdim=True))
FLOAT = Wrong(lambda s: 0.0)
UNSURE = Wrong(lambda s: torch.where(s[..., 0] > 0, torch.nan, s.double().sum(-1)))
MASKED = np.ma.masked_equal(GOOD, 1)


class Frame:
    """A data frame of objects, as pandas makes of a column with missing values."""

    def __array__(self, dtype=None, copy=None):
        return GOOD.astype(object)

    def to_numpy(self):
        return GOOD


def in_place(state, rng):
    state *= -1
    return state, 0.0


def flipped(state, rng):
    return -state, 0.0


SHAPE = r"\.forward: for spins of shape .* it returned {}, expected a tensor of shape .*: one energy for each state"
ODD = [
    # energies that are none, or that go wrong
    (lambda: ebm.sample(FIT, 10), TypeError, "energy: got a PairwiseFit, expected an Energy. Give its `.energy`"),
    (lambda: ebm.couplings(FIT), TypeError, "energy: got a PairwiseFit"),
    (lambda: ebm.interactions(FIT), TypeError, "energy: got a PairwiseFit"),
    (lambda: ebm.fit(FIT, MANY), TypeError, "energy: got a PairwiseFit"),
    (lambda: ebm.fit_convex(FIT, MANY), TypeError, "energy: got a PairwiseFit"),
    (lambda: ebm.distil(FIT, MANY), TypeError, "energy: got a PairwiseFit"),
    (lambda: ebm.parallel_tempering(FIT, 10), TypeError, "energy: got a PairwiseFit"),
    (lambda: exact.probabilities(FIT), TypeError, "energy: got a PairwiseFit"),
    (lambda: objectives.pseudolikelihood(FIT, MANY), TypeError, "energy: got a PairwiseFit"),
    (lambda: objectives.likelihood(FIT, MANY), TypeError, "energy: got a PairwiseFit"),
    (lambda: ebm.sample(np.eye(3), 10), TypeError, "energy: got a ndarray, expected an Energy, such as Pairwise"),
    (lambda: ONE_NUMBER(GOOD), ValueError, SHAPE.format(r"shape \(\)")),
    (lambda: COLUMN(GOOD), ValueError, SHAPE.format(r"shape \(8, 1\)")),
    (lambda: FLOAT(GOOD), ValueError, SHAPE.format("float")),
    (lambda: COLUMN.flip_change(GOOD), ValueError, SHAPE.format(r"shape \(8, 1\)")),
    (lambda: ebm.sample(COLUMN, 10), ValueError, SHAPE.format(r"shape \(10, 1\)")),
    (lambda: ebm.fit(ONE_NUMBER + E, MANY, progress=False), ValueError, SHAPE.format(r"shape \(\)")),
    (lambda: exact.energies(ONE_NUMBER), ValueError, SHAPE.format(r"shape \(\)")),
    (lambda: objectives.pseudolikelihood_at(COLUMN, GOOD, [[0]] * 8), ValueError, SHAPE.format(r"shape \(8, 1, 1\)")),
    (lambda: exact.probabilities(UNSURE), ValueError, r"energy: E is nan at state \[1, -1, -1\]"),
    (lambda: ebm.sample(UNSURE, 10, warmup=1), ValueError, r"energy: E is nan at state \[1, "),
    (lambda: exact.log_partition(nan_energy()), ValueError, "energy: E is nan at state"),
    (lambda: ebm.sample(nan_energy(), 10), ValueError, "energy: its parameter 'h' has entries that are not"),
    (lambda: ebm.sample(ebm.Pairwise([[0, 1e39], [1e39, 0]]), 10), ValueError, "energy: .* beyond single precision"),
    # spins that are none
    (lambda: ebm.fit_pairwise(MASKED), ValueError, "spins: got a masked array with 12 entries masked"),
    (lambda: E(np.zeros((5, 0))), ValueError, r"spins: got shape \(5, 0\), expected at least one spin"),
    (lambda: ebm.fit_pairwise(np.zeros((5, 0))), ValueError, r"spins: got shape \(5, 0\), expected at least one spin"),
    (lambda: E(sparse.csr_array(GOOD)), TypeError, r"spins: got a sparse csr_array, .*Give its .toarray\(\)"),
    (lambda: E(Frame()), TypeError, r"spins: got entries of type object, .*Convert a data frame with .to_numpy"),
    # numbers that are none
    (lambda: ebm.fit_pairwise(MANY, l2="a"), ValueError, "l2: got 'a', expected a finite number >= 0"),
    (lambda: ebm.fit_pairwise(MANY, l2=True), ValueError, "l2: got True, expected a finite number >= 0"),
    (lambda: ebm.fit_pairwise(MANY, l1=None), ValueError, "l1: got None, expected a finite number >= 0"),
    (lambda: ebm.fit_pairwise(MANY, l1=np.ones(3)), ValueError, r"l1: got array\(\[1., 1., 1.\]\), expected a finite"),
    (lambda: ebm.fit_convex(E, MANY, l2="a"), ValueError, "l2: got 'a', expected a finite number >= 0"),
    (lambda: ebm.fit_many_body(MANY, orders=[3], l2="a"), ValueError, "l2: got 'a', expected a finite number >= 0"),
    (lambda: ebm.fit_many_body(MANY, orders=[3], false_discovery="a"), ValueError, "false_discovery: got 'a'"),
    (lambda: ebm.fit_pairwise(MANY, symmetric="no"), ValueError, "symmetric: got 'no', expected True or False"),
    (lambda: ebm.fit_pairwise(MANY, fields=None), ValueError, "fields: got None, expected True or False"),
    (lambda: ebm.fit_pairwise(MANY, objective=["likelihood"]), ValueError, r"objective: got \['likelihood'\], exp"),
    (lambda: ebm.Network(3, activation=["relu"]), ValueError, r"activation: got \['relu'\], expected one of tanh"),
    *(
        (lambda call=call, seed=seed: call(seed), ValueError, f"seed: got {seed}, expected an integer >= 0")
        for seed in (None, -1, 1.5)
        for call in (
            lambda seed: ebm.sample(E, 10, seed=seed),
            lambda seed: ebm.parallel_tempering(E, 10, seed=seed),
            lambda seed: exact.sample(E, 10, seed=seed),
            lambda seed: ebm.Network(3, seed=seed),
            lambda seed: ebm.random_hamiltonian(4, seed=seed),
            lambda seed: ebm.fit(E, MANY, seed=seed),
            lambda seed: ebm.couplings(E, seed=seed),
            lambda seed: ebm.metropolis_hastings(lambda x: 0.0, 0.0, flipped, 3, seed=seed),
        )
    ),
    (lambda: ebm.interactions(ebm.Pairwise(np.zeros((64, 64))), 32), ValueError, "order: 64 spins have 1,832,624,140"),
    (lambda: ebm.fit_many_body(MANY, orders={2, 3}), ValueError, "orders: got {2, 3}, expected integers from 3 to"),
    (lambda: ebm.fit(E, MANY, weight_decay="a"), ValueError, "weight_decay: got 'a', expected a finite number >= 0"),
    # the rest
    (
        lambda: ebm.reconstruction_error(np.triu(np.ones((3, 3))), np.ones((3, 3))),
        ValueError,
        "estimate: .* triangular",
    ),
    (lambda: ebm.reconstruction_error(np.ones((3, 3)), np.triu(np.ones((3, 3)))), ValueError, "truth: .* triangular"),
    (
        lambda: ebm.metropolis_hastings(lambda s: 0.0, np.ones(3), in_place, 5),
        ValueError,
        "step 0: propose changed its argument in place. It must return a new array",
    ),
    (
        lambda: ebm.metropolis_hastings(lambda s: np.inf if s[0] < 0 else 0.0, np.ones(3), flipped, 5),
        ValueError,
        "step 0: the log density of the candidate is inf",
    ),
]


@pytest.mark.parametrize(("call", "kind", "message"), ODD, ids=[f"{n} {m[:30]}" for n, (_, _, m) in enumerate(ODD)])
def test_odd_input(call, kind, message):
    with pytest.raises(kind, match=message):
        call()


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has CUDA")
def test_cuda_where_there_is_none():
    with pytest.raises(ValueError, match="device: got 'cuda', but this PyTorch sees no CUDA device"):
        ebm.fit(E, MANY, device="cuda", progress=False)


@pytest.mark.parametrize(
    "spins",
    [
        MANY.astype(">i4"),
        MANY.astype(np.longdouble),
        np.ma.masked_array(MANY),
        MANY.astype("f2"),
    ],
    ids=["big-endian", "longdouble", "nothing masked", "half"],
)
def test_odd_but_good(spins):
    assert np.array_equal(ebm.fit_pairwise(spins).couplings, FIT.couplings)


def test_numpy_scalars_are_numbers():
    kept = ebm.fit(
        ebm.Network(3, (4,)), MANY, validation=np.float32(0.25), weight_decay=np.float32(0.5), epochs=np.int64(2),
        learning_rate=np.float32(0.01), batch_size=np.int32(100), seed=np.int64(1), progress=False,
    )  # fmt: skip
    assert kept.weight_decay == 0.5
    assert ebm.fit_pairwise(MANY, l2=np.float32(0.1), fields=np.bool_(True)).converged
    assert ebm.fit_many_body(MANY, orders={3}).interactions == []


def test_fits_under_no_grad():
    with torch.no_grad():
        fit = ebm.fit(ebm.Network(3, (4,)), MANY, epochs=2, progress=False)
        assert ebm.fit_pairwise(MANY, objective="likelihood").converged
        assert ebm.fit_convex(2.0 * random_pairwise(3), MANY).converged
    assert not fit.diverged


def test_one_draw_of_each_chain_has_no_diagnostics():
    draws = ebm.sample(E, 10, n_chains=10, warmup=5)
    assert np.isnan(draws.rhat)
    assert np.isnan(draws.effective_sample_size)


def test_a_search_ends_where_every_set_has_entered():
    """Three spins have one set of three; a level above 1/2 once found it again and again."""
    triple = exact.sample(ebm.ManyBody(3, [(0, 1, 2)], [0.8]), 500, seed=1)
    assert ebm.fit_many_body(triple, orders=[3], false_discovery=0.9).interactions == [(0, 1, 2)]
    everything = ebm.fit_many_body(exact.sample(random_pairwise(4), 200, seed=1), orders=[3, 4], false_discovery=0.999)
    assert len(everything.interactions) <= 5


FITS = {
    "PairwiseFit": lambda: ebm.fit_pairwise(MANY),
    "PairwiseFit by site": lambda: ebm.fit_pairwise(MANY, symmetric=False),
    "ManyBodyFit": lambda: ebm.fit_many_body(MANY, orders=[3]),
    "distil": lambda: ebm.distil(ebm.ManyBody(3, [(0, 1, 2)], [1.0]), MANY, orders=[3]),
    "ConvexFit": lambda: ebm.fit_convex(random_pairwise(3), MANY),
    "Fit": lambda: ebm.fit(ebm.Network(3, (4,)), MANY, epochs=2, progress=False),
    "Draws": lambda: ebm.sample(E, 10),
}


@pytest.mark.parametrize("name", FITS)
def test_results_can_be_pickled(name):
    result = FITS[name]()
    again = pickle.loads(pickle.dumps(result))
    assert repr(again) == repr(result)
    if hasattr(result, "couplings_error"):
        assert np.array_equal(again.couplings_error, result.couplings_error)


def test_weights_and_spins_are_not_kept_by_reference():
    spins, weights = MANY.copy(), np.full(300, 2.0)
    fits = [
        fit(spins, weights=weights)
        for fit in (ebm.fit_pairwise, lambda s, weights: ebm.fit_many_body(s, [3], weights=weights))
    ]
    spins *= -1
    weights[:] = 50.0
    expected = ebm.fit_pairwise(MANY, weights=np.full(300, 2.0)).couplings_error
    for fit in fits:
        np.testing.assert_allclose(fit.couplings_error, expected, rtol=1e-6)
