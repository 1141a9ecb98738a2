"""The package as a whole: importing it changes nothing, its face is as designed, and every name is documented."""

import dataclasses
import doctest
import inspect
import json
import subprocess
import sys
import types
from importlib import metadata, resources

import pytest
from face import CALLS, MODULES, RECORDS

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


def lookup(name):
    thing = ebm
    for part in name.split("."):
        thing = getattr(thing, part)
    return thing


def public_names(module) -> set[str]:
    """The functions and classes that a module itself defines, without those that begin with an underscore."""
    own = {name: thing for name, thing in vars(module).items() if getattr(thing, "__module__", "") == module.__name__}
    return {name for name, thing in own.items() if callable(thing) and not name.startswith("_")}


def members(record) -> set[str]:
    """Fields, properties and methods."""
    fields = record._fields if issubclass(record, tuple) else [field.name for field in dataclasses.fields(record)]
    return {name for name in [*fields, *vars(record)] if not name.startswith("_")}


def test_face_is_whole():
    assert sorted(ebm.__all__) == sorted({name for name in (*CALLS, *RECORDS) if "." not in name} | set(MODULES))


@pytest.mark.parametrize("module", ["alignments", "data", "exact", "objectives"])
def test_module_holds_its_part_of_the_face(module):
    assert {f"{module}.{name}" for name in public_names(lookup(module))} == {
        name for name in (*CALLS, *RECORDS) if name.startswith(f"{module}.")
    }


@pytest.mark.parametrize("name", CALLS)
def test_parameters(name):
    assert ", ".join(inspect.signature(lookup(name)).parameters) == CALLS[name]


@pytest.mark.parametrize("name", RECORDS)
def test_records(name):
    """Their members, and that none can be set (a named tuple cannot be otherwise)."""
    record = lookup(name)
    assert members(record) == set(RECORDS[name].split(", "))
    if dataclasses.is_dataclass(record):
        with pytest.raises(dataclasses.FrozenInstanceError):
            object.__new__(record).anything = 1


def test_a_changed_face_would_be_seen():
    """What the checks read follows the code: a new function, a new property, a hidden field."""
    module = types.ModuleType("module")
    exec("def shown(): ...\ndef _hidden(): ...\nfrom math import sqrt", vars(module))
    assert public_names(module) == {"shown"}

    @dataclasses.dataclass
    class Record:
        field: int
        _hidden: int

        @property
        def derived(self): ...

    assert members(Record) == {"field", "derived"}


def has_doctest(thing, name):
    return any(test.examples for test in doctest.DocTestFinder(exclude_empty=True).find(thing, name))


@pytest.mark.parametrize("name", [*CALLS, *RECORDS])
def test_every_name_is_documented(name):
    """A docstring for each, and for functions and energies an example that is tested; records come from functions."""
    thing = lookup(name)
    assert inspect.getdoc(thing)
    assert thing.__doc__
    assert not thing.__doc__.startswith(f"{thing.__name__}(")  # what dataclasses write where there is none
    if name in CALLS:
        assert has_doctest(thing, name)


def test_readme_example_of_the_package_docstring_runs_as_doctest():
    assert has_doctest(ebm, "ebmtools")
