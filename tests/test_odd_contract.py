"""Every public function against odd values of its arguments: each must be refused by a message that names the argument.

The table is the product of two: what can be odd about an argument of one kind, and which arguments a function has.
"""

import re
import tempfile
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import random_pairwise, random_potts
from face import CALLS
from scipy import sparse

import ebmtools as ebm
from ebmtools import exact, objectives

E = random_pairwise(3)
ALL = exact.states(3)
MANY = exact.sample(E, 200, seed=1)
FIT = ebm.fit_pairwise(MANY)
J = E.couplings
NUMBERS = exact.energies(E)


class Objects:
    """As a column of a data frame that has become one of objects."""

    def __array__(self, dtype=None, copy=None):
        return ALL.astype(object)


def with_entry(values, entry):
    changed = np.array(values, dtype=type(entry) if isinstance(entry, complex) else float)
    changed.flat[1] = entry
    return changed


NONE_NUMBERS = [
    None,
    "3",
    "",
    [3],
    (1, 2),
    {},
    {3},
    3 + 1j,
    np.array([3, 4]),
    np.nan,
    b"3",
    object,
    len,
    E,
    NUMBERS > 0,
]
"""What stands for no number wherever one is expected."""

ODD = {
    "energy": [
        *NONE_NUMBERS[:-2], *(np.ones(shape) for shape in ((1,), (2,), (3,), (2, 2), (3, 3), (3, 2), (1, 1, 1))),
        MANY, -1, 1.5, np.inf, True,
        b"energy", object, {E}, {"energy": E}, (E,), np.array(E, dtype=object), ebm.Network, ebm.fit, iter([E]),
        None, 3, 0.5, "energy", J, [E], (E, E), {}, FIT, ebm.Pairwise, torch.nn.Linear(3, 1), lambda s: 0.0, len, ALL,
    ],
    "spins": [
        None, "up", 1, [], [[]], {}, E, [[1, -1], [1]], np.zeros((5, 0)), np.zeros((2, 2, 3)), 0 * MANY, 2 * MANY,
        (MANY + 1) // 2,
        MANY > 0, with_entry(MANY, np.nan), with_entry(MANY, np.inf), with_entry(MANY, 1j), np.ma.masked_equal(MANY,
        1),
        sparse.csr_array(MANY), Objects(), np.full((4, 3), "up"), MANY.astype("datetime64[s]"), np.empty((0, 3)),
        torch.zeros(4, 3),
    ],
    "columns": [MANY[:, :2], np.hstack([MANY, MANY])],  # another number of spins than the energy has
    "whole": [*NONE_NUMBERS, -1, 1.5, np.inf, -np.inf, True],
    "count": [*NONE_NUMBERS, -1, 0, 1.5, np.inf, -np.inf, True, *(n + 0.5 for n in range(1, 21))],
    "threshold": [*NONE_NUMBERS, -1, 0, 1.5, np.inf, -np.inf, True, *range(256, 279)],
    "decays": [-1, np.nan, np.inf, True, "3", b"3", [], {}, [1, -1], (1, "3"), [None], 3 + 1j, len, E],
    "positive": [*NONE_NUMBERS, 0, -1, np.inf, -np.inf, True],
    "nonnegative": [*NONE_NUMBERS, -1, -1e-9, np.inf, -np.inf, True],
    "fraction": [*NONE_NUMBERS, 0, 1, 1.5, -0.1, np.inf, True],
    "seed": [*NONE_NUMBERS, -1, 1.5, np.inf, True, np.random.default_rng(0), torch.Generator()],
    "flag": [*NONE_NUMBERS, "no", "True", 0, 1, 2, 0.0, -1],
    "choice": [
        None, "", "nonsense", 3, 0.5, True, ["auto"], ("gibbs",), {}, {"auto"}, np.nan, len, b"gibbs", E,
        np.array(["auto"]),
    ],
    "weights": [
        "one", {}, 1, [
        ], -np.ones(200), np.zeros(200), np.ones(199), np.ones((200, 1)), with_entry(np.ones(200), np.nan),
        with_entry(np.ones(200), np.inf), with_entry(np.ones(200), 1j), np.full(200, "a"), [None] * 200, E, len,
    ],
    "couplings": [
        None, "J", 1, 1j, b"J", object, np.array(None), torch.eye(3, dtype=torch.complex64), {}, [], [[1, 2], [3]],
        J[:2], J[0], J[None], np.triu(J), J + np.eye(3), with_entry(J, 9.0), with_entry(J, np.nan),
        with_entry(J, np.inf), with_entry(J, 1j), np.full((3, 3), "a"), [[None] * 3] * 3, E, len,
        sparse.csr_array(J), np.empty((0, 0)),
    ],
    "data": [
        None, "up", {}, [], [[1, 2, 3]], 3 * MANY, [[1, 2], [3]], E, len, with_entry(MANY, 0.5), with_entry(MANY,
        np.inf),
        with_entry(MANY, np.nan), with_entry(MANY, 1j), np.ma.masked_equal(MANY, 1), np.full((4, 3), "up"),
        [[None] * 3],
        np.zeros((5, 0)), sparse.csr_array(MANY), MANY.astype("datetime64[s]"), np.ones(3) * 7, 5, object, {3},
        b"up", [[0, -1]],
    ],
    "fields": [
        "h", 1, {}, [
            ], [1, 2], np.ones(4), np.ones((3, 1)), [1, 2, np.nan], [1, 2, np.inf], [1, 2, 1j], ["a"] * 3, [None,
        ] * 3, E, len,
    ],
    "powers": [
        *(np.ones(n) for n in (3, 5, 6, 7, 9, 10, 11, 12)), J[:2], J, J[None], with_entry(NUMBERS, np.nan),
        with_entry(NUMBERS, 1j),
        [[1, 2], [3]], np.array(None), np.array("v"), object, {3}, b"v", 1j, True, 3.5, NUMBERS[:, None],
        NUMBERS.astype(str), np.zeros((0, 2)),
        None, "v", 1, {}, [], [1, 2, 3], np.ones((4, 2)), [1, np.nan], [1, np.inf], [1, 1j], ["a", "b"], [None] * 2,
        E, len, sparse.csr_array(J),
    ],
    "orders": [
        None, "3", 3.5, {}, [], [2], [1], [0], [-3], [4], [3, 99], [3.5], ["3"], [None], [np.nan], [[3]], [True],
        len, E,
    ],
    "betas": [
        "a", {}, [], [1], [0.5, 0.2], [0.5, 0.5], [-1, 1], [0, np.nan], [0, np.inf], [0, 1j], [[0, 1]], ["a", "b"],
        [None, 1], E, len,
    ],
    "initial": [
        "up", {}, [], [1, 1], 0 * ALL, 2 * ALL, ALL[:, :2], with_entry(ALL, np.nan), ALL[None], (ALL + 1) // 2,
        Objects(), E, len,
    ],
    "sites": [
        None, "0", {}, [], [0], [[3]] * 200, [[-1]] * 200, [[0.5]] * 200, [[np.nan]] * 200, [["a"]] * 200,
        [[0]] * 199, [0] * 200, E, len,
    ],
    "subset": [
        None, 1, "01", 1.5, b"01", [3], {0, 5}, (3,), (-1,), (0, 0), (0.5,), ("0",), (np.nan,), (0, 9), (None,), E,
        len,
    ],
    "interactions": [
        None, 1, "01", 0.5, [(3,)], [(-1,)], [(0, 0)], [(0.5, 1)], [("0", "1")], [(0, 9)], [(0, 1), (1, 0)], [None],
        [0], E, len,
    ],
    "coefficients": [None, "a", {}, [], [1, 2], [[1]], [np.nan], [np.inf], [1j], ["a"], [None], E, len],
    "hidden": [None, "8", 8, {}, (0,), (-1,), (1.5,), ("8",), (None,), (np.nan,), (True,), [[8]], E, len],
    "dtype": [None, "float64", np.float64, int, torch.int32, torch.complex64, 32, [], {}, E],
    "function": [None, 3, "f", [], {}, NUMBERS, (len,), np.nan],
}  # fmt: skip


def call(function, **good):
    """A function with good arguments, to be called with one of them replaced."""
    return lambda **odd: function(**(good | odd))


ODD["matrix"] = [
    value for value in ODD["couplings"] if not np.array_equal(value, J + np.eye(3))
]  # diagonals are ignored
BLOCKS = random_potts(3, 2).couplings
LETTERS = np.random.default_rng(0).integers(0, 3, (200, 3))
ODD["states"] = [
    None, "up", 1, [], [[]], {}, E, [[1, 0], [1]], np.zeros((5, 0)), np.zeros((2, 2, 3)), -1 * (LETTERS + 1),
    LETTERS + 0.5, LETTERS > 0, with_entry(LETTERS, np.nan), with_entry(LETTERS, np.inf), with_entry(LETTERS, 1j),
    with_entry(LETTERS, -1.0), with_entry(LETTERS, 1e9), np.ma.masked_equal(LETTERS, 1), sparse.csr_array(LETTERS),
    Objects(), np.full((4, 3), "up"), LETTERS.astype("datetime64[s]"), np.empty((0, 3)), MANY, LETTERS[0], len, object,
    b"ACD", {3},
]  # fmt: skip
ODD["blocks"] = [
    None, "J", 1, 1j, b"J", object, {}, [], [[1, 2], [3]], np.array(None), J, BLOCKS[0], BLOCKS[None], BLOCKS[:2],
    BLOCKS[..., :1], BLOCKS.transpose(0, 1, 3, 2) + np.arange(2), with_entry(BLOCKS, 9.0), with_entry(BLOCKS, np.nan),
    with_entry(BLOCKS, np.inf), with_entry(BLOCKS, 1j), np.full((3, 3, 2, 2), "a"), E, len, {3},
    np.empty((0, 0, 2, 2)), np.empty((3, 3, 0, 0)), BLOCKS + 1, np.triu(BLOCKS.sum((2, 3)))[..., None, None],
]  # fmt: skip
ODD["path"] = [
    None, 3, 3.5, 1j, True, [], {}, (1, 2), {3}, np.nan, object, len, E, NUMBERS,
    b"name", ["name"], range(3), ..., MANY,
    np.float64(3), torch.zeros(1), frozenset(), slice(1), ("family.fasta",), {"path": 1}, iter(["x"]),
]  # fmt: skip
FASTA = str(Path(tempfile.mkdtemp()) / "family.fasta")
Path(FASTA).write_text(">one\nAC\n>two\nAD\n")
METROPOLIS = {
    "log_density": lambda x: -0.5 * float(x) ** 2,
    "initial": 0.0,
    "propose": lambda x, rng: (x, 0.0),
    "n_steps": 3,
}
EXACT = {"energy": E}
TRAINING = {"energy": E, "spins": MANY}
GOOD = {
    "ManyBody": (ebm.ManyBody, {"n_spins": 3, "interactions": [(0, 1)], "coefficients": [1.0]}),
    "Network": (ebm.Network, {"n_spins": 3}),
    "Pairwise": (ebm.Pairwise, {"couplings": J}),
    "Potts": (ebm.Potts, {"couplings": BLOCKS}),
    "RBM": (ebm.RBM, {"n_visible": 3, "n_hidden": 2}),
    "alignments.read": (ebm.alignments.read, {"path": FASTA}),
    "alignments.weights": (ebm.alignments.weights, {"states": LETTERS}),
    "as_spins": (ebm.as_spins, {"data": MANY}),
    "choose_penalty": (ebm.choose_penalty, {"spins": MANY}),
    "contact_scores": (ebm.contact_scores, {"couplings": BLOCKS}),
    "couplings": (ebm.couplings, EXACT),
    "data.digits": (ebm.data.digits, {}),
    "data.mnist": (ebm.data.mnist, {}),
    "distil": (ebm.distil, TRAINING | {"orders": [3]}),
    "exact.energies": (exact.energies, EXACT),
    "exact.frequencies": (exact.frequencies, {"energy": ebm.Potts(BLOCKS)}),
    "exact.log_partition": (exact.log_partition, EXACT),
    "exact.moments": (exact.moments, EXACT),
    "exact.probabilities": (exact.probabilities, EXACT),
    "exact.sample": (exact.sample, EXACT | {"n_samples": 5}),
    "exact.states": (exact.states, {"n_spins": 3}),
    "exact.subset_index": (exact.subset_index, {"subset": (0,), "n_spins": 3}),
    "exact.walsh_sum": (exact.walsh_sum, {"coefficients": NUMBERS}),
    "exact.walsh_transform": (exact.walsh_transform, {"values": NUMBERS}),
    "fit": (ebm.fit, TRAINING | {"epochs": 1, "progress": False}),
    "fit_convex": (ebm.fit_convex, TRAINING),
    "fit_many_body": (ebm.fit_many_body, {"spins": MANY, "orders": [3]}),
    "fit_pairwise": (ebm.fit_pairwise, {"spins": MANY}),
    "fit_potts": (ebm.fit_potts, {"states": LETTERS}),
    "fit_rbm": (ebm.fit_rbm, {"spins": MANY, "n_hidden": 2, "epochs": 1, "progress": False}),
    "log_partition": (ebm.log_partition, EXACT),
    "interactions": (ebm.interactions, EXACT),
    "metropolis_hastings": (ebm.metropolis_hastings, METROPOLIS),
    "objectives.interaction_screening": (objectives.interaction_screening, TRAINING),
    "objectives.likelihood": (objectives.likelihood, TRAINING),
    "objectives.pseudolikelihood": (objectives.pseudolikelihood, TRAINING),
    "objectives.pseudolikelihood_at": (objectives.pseudolikelihood_at, TRAINING | {"sites": [[0]] * 200}),
    "parallel_tempering": (ebm.parallel_tempering, EXACT | {"n_samples": 5}),
    "predictive_check": (ebm.predictive_check, {"model": E, "spins": MANY}),
    "random_hamiltonian": (ebm.random_hamiltonian, {"n_spins": 6}),
    "reconstruction_error": (ebm.reconstruction_error, {"estimate": J, "truth": J}),
    "sample": (ebm.sample, EXACT | {"n_samples": 5}),
}
"""Every public function with arguments that it accepts."""
KINDS = {
    "energy": ["model"],
    "powers": ["values"],
    "matrix": ["estimate", "truth"],
    "decays": ["weight_decay"],
    "count": [
        "n_spins",
        "n_visible",
        "n_hidden",
        "n_samples",
        "n_chains",
        "n_steps",
        "thin",
        "threads",
        "top",
        "epochs",
        "batch_size",
        "sweeps",
        "block",
        "folds",
        "order",
    ],
    "whole": ["warmup", "n_interactions", "gap"],
    "positive": ["beta", "learning_rate", "effective", "l2_fields", "tolerance"],
    "nonnegative": ["gamma", "l1", "l2"],
    "fraction": ["false_discovery", "false_alarm", "identity"],
    "flag": ["progress", "symmetric", "persistent", "corrected"],
    "choice": ["method", "objective", "activation", "penalty", "by", "missing", "unknown"],
    "function": ["log_density", "propose"],
}
KIND_OF = {name: kind for kind, names in KINDS.items() for name in names}
"""What kind an argument is; those of other names have a kind of that name."""
EXCEPTIONS = {
    ("metropolis_hastings", "initial"): [np.nan, np.inf, -np.inf],  # a state may be anything else
    ("exact.walsh_sum", "coefficients"): ODD["powers"],
    ("sample", "order"): ODD["choice"],
    ("parallel_tempering", "order"): ODD["choice"],
    ("choose_penalty", "fields"): ODD["flag"],
    ("fit_pairwise", "fields"): ODD["flag"],
    ("choose_penalty", "values"): [],
    ("data.digits", "threshold"): [-1, 0, 1.5, "8", None, np.nan, *range(17, 52)],
    ("fit_rbm", "initial"): ODD["matrix"],
    ("fit", "validation"): [],  # a share or samples: see test_bad_input.py
    ("fit", "device"): [],
    ("Potts", "couplings"): ODD["blocks"],
    ("Potts", "fields"): [*ODD["fields"], np.ones(3), np.ones((2, 3))],
    ("contact_scores", "couplings"): ODD["blocks"],
    ("fit_potts", "l2"): ODD["positive"],
    ("fit_potts", "n_states"): [*ODD["count"], 1, 129],
    ("exact.states", "n_states"): [*ODD["count"], 1, 129],
    ("fit", "sites"): ODD["count"][1:],
}
"""Where a name means something else."""
OPTIONAL = {
    "gap",
    "n_states",
    "fields",
    "weights",
    "top",
    "n_chains",
    "n_interactions",
    "betas",
    "initial",
    "order",
    "effective",
}


def arguments_of(name):
    """Argument -> odd values, for one function."""
    needed = GOOD[name][1]
    odd = {}
    for argument in CALLS[name].split(", "):
        values = EXCEPTIONS.get((name, argument))
        if values is None:
            kind = KIND_OF.get(argument, argument)
            values = [*ODD[kind], *(ODD["columns"] if kind == "spins" and {"energy", "model"} & {*needed} else [])]
        if argument in OPTIONAL and argument not in needed:
            values = [value for value in values if value is not None]
        odd[argument] = values
    return {argument: values for argument, values in odd.items() if values}


FUNCTIONS = {name: (call(function, **good), arguments_of(name)) for name, (function, good) in GOOD.items()}
CASES = [(name, argument) for name, (_, arguments) in FUNCTIONS.items() for argument in arguments]


@pytest.mark.parametrize(("name", "argument"), CASES, ids=[f"{name}-{argument}" for name, argument in CASES])
def test_odd_values_are_refused_by_name(name, argument):
    function, arguments = FUNCTIONS[name]
    wrong = []
    for value in arguments[argument]:
        shown = f"{value!r:.60}"
        try:
            function(**{argument: value})
        except (TypeError, ValueError) as error:
            if not re.match(rf"{argument}\b.*(expected|must|give|got|has|have|leave)", str(error), re.S | re.I):
                wrong.append(f"{shown}: {type(error).__name__}: {str(error)[:200]}")
        except Exception as error:
            wrong.append(f"{shown}: {type(error).__name__}: {str(error)[:200]}")
        else:
            wrong.append(f"{shown}: accepted")
    assert not wrong, "\n" + "\n".join(wrong)


def test_every_public_function_meets_at_least_forty():
    assert set(FUNCTIONS) == set(CALLS) - {"Energy"}
    counts = {name: sum(map(len, arguments.values())) for name, (_, arguments) in FUNCTIONS.items()}
    assert min(counts.values()) >= 40, counts


def test_good_arguments_are_accepted():
    """Else the table would prove nothing."""
    for name, (function, _) in FUNCTIONS.items():
        assert function() is not None, name
