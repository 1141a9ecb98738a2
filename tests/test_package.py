"""The package as a whole: importing it changes nothing, its face is as designed, and every name is documented."""

import dataclasses
import doctest
import inspect
import json
import subprocess
import sys
from importlib import metadata, resources

import pytest

import ebmtools as ebm

IMPORT = """
import json, random, sys, warnings
import matplotlib as mpl, numpy as np, torch
settings = dict(mpl.rcParams)
filters, printing = list(warnings.filters), np.get_printoptions()
python, numpy, torch_state = random.getstate(), np.random.get_state()[1].copy(), torch.get_rng_state()
dtype, threads = torch.get_default_dtype(), torch.get_num_threads()
warnings.simplefilter("error")
with warnings.catch_warnings():
    import ebmtools
warnings.filters[:] = warnings.filters[1:]
checks = {
    "rcParams": dict(mpl.rcParams) == settings,
    "warning filters": [f for f in warnings.filters if f not in filters] == [],
    "print options": np.get_printoptions() == printing,
    "random": random.getstate() == python,
    "numpy random": bool((np.random.get_state()[1] == numpy).all()),
    "torch random": torch.equal(torch.get_rng_state(), torch_state),
    "default dtype": torch.get_default_dtype() == dtype,
    "threads": torch.get_num_threads() == threads,
    "no arviz": "arviz" not in sys.modules,
    "no sklearn": "sklearn" not in sys.modules,
    "no IPython": "IPython" not in sys.modules,
    "no figure": "matplotlib.pyplot" not in sys.modules or not sys.modules["matplotlib.pyplot"].get_fignums(),
}
print(json.dumps(checks))
"""


def test_import_changes_nothing():
    """In a fresh interpreter: settings, filters and random states as before, nothing heavy loaded, nothing printed."""
    result = subprocess.run([sys.executable, "-c", IMPORT], capture_output=True, text=True, check=True)
    assert result.stderr == ""
    lines = result.stdout.splitlines()
    assert len(lines) == 1
    assert {name for name, good in json.loads(lines[0]).items() if not good} == set()


def test_types_ship():
    assert resources.files(ebm).joinpath("py.typed").is_file()


def test_version():
    assert ebm.__version__ == metadata.version("ebmtools")


FACE = {
    "Pairwise": ["couplings", "fields"],
    "ManyBody": ["n_spins", "interactions", "coefficients"],
    "Network": ["n_spins", "hidden", "activation", "seed"],
    "exact.states": ["n_spins"],
    "exact.log_partition": ["energy", "beta"],
    "exact.probabilities": ["energy", "beta"],
    "exact.moments": ["energy", "beta"],
    "exact.sample": ["energy", "n_samples", "seed", "beta"],
    "sample": ["energy", "n_samples", "n_chains", "warmup", "thin", "method", "beta", "seed"],
    "metropolis_hastings": ["log_density", "initial", "propose", "n_steps", "seed"],
    "fit_pairwise": ["spins", "weights", "objective", "symmetric", "l1", "l2", "fields"],
    "fit": ["energy", "spins", "validation", "weight_decay", "epochs", "seed", "progress"],
    "couplings": ["energy", "method"],
    "interactions": ["energy", "order", "top"],
    "reconstruction_error": ["estimate", "truth"],
    "random_hamiltonian": ["n_spins", "order", "gamma", "beta", "n_interactions", "seed"],
}
"""DESIGN.md, "The public face": names and parameters that users rely on."""


def lookup(name):
    thing = ebm
    for part in name.split("."):
        thing = getattr(thing, part)
    return thing


@pytest.mark.parametrize("name", FACE)
def test_public_face(name):
    parameters = list(inspect.signature(lookup(name)).parameters)
    assert [p for p in parameters if p in FACE[name]] == FACE[name]


@pytest.mark.parametrize(
    ("record", "names"),
    [
        ("Draws", ["spins", "acceptance", "effective_sample_size", "rhat", "to_inference_data"]),
        ("PairwiseFit", ["energy", "couplings", "fields", "couplings_by_site", "objective", "converged"]),
        ("Couplings", ["values", "errors", "method"]),
        ("Fit", ["energy", "best_epoch", "train", "held_out"]),
    ],
)
def test_records(record, names):
    cls = lookup(record)
    fields = {field.name for field in dataclasses.fields(cls)}
    assert all(name in fields or hasattr(cls, name) for name in names)
    with pytest.raises(dataclasses.FrozenInstanceError):
        object.__new__(cls).anything = 1


def test_all_is_sorted_and_complete():
    assert list(ebm.__all__) == sorted(ebm.__all__)
    assert all(hasattr(ebm, name) for name in ebm.__all__)


def has_doctest(thing, name):
    return any(test.examples for test in doctest.DocTestFinder(exclude_empty=True).find(thing, name))


PUBLIC = [name for name in ebm.__all__ if not inspect.ismodule(lookup(name))] + [
    f"{module}.{name}"
    for module in ("data", "exact", "objectives")
    for name, thing in vars(lookup(module)).items()
    if not name.startswith("_") and inspect.isfunction(thing) and thing.__module__ == lookup(module).__name__
]


@pytest.mark.parametrize("name", PUBLIC)
def test_every_name_is_documented(name):
    """A docstring for each, and for functions and energies an example that is tested; records come from functions."""
    thing = lookup(name)
    assert inspect.getdoc(thing)
    assert thing.__doc__
    assert not thing.__doc__.startswith(f"{thing.__name__}(")  # what dataclasses write where there is none
    if not dataclasses.is_dataclass(thing):
        assert has_doctest(thing, name)


def test_readme_example_of_the_package_docstring_runs_as_doctest():
    assert has_doctest(ebm, "ebmtools")
