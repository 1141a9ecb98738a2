"""The rooms of the package: a room imports only rooms that stand above it, and only the kernels know numba."""

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import ebmtools

ROOT = Path(ebmtools.__file__).parent
ROOMS = [
    "warnings",
    "checks",
    "kernels",
    "energies",
    "sampling",
    "fitting",
    "extraction",
    "pursuit",
    "alignments",
    "data",
    "plotting",
]
"""From top to bottom."""
FILES = sorted(ROOT.rglob("*.py"))


def imported(source: str) -> set[str]:
    """Every module that a source imports, at its top or inside a function, with dots."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def problems(room: str, source: str) -> list[str]:
    """Imports of a room that stands below, and of numba outside the kernels."""
    found = []
    for name in imported(source):
        package, *path = name.split(".")
        if package == "ebmtools" and (not path or path[0] not in ROOMS[: ROOMS.index(room) + 1]):
            found.append(f"{room} imports {name}")
        if package in ("numba", "llvmlite") and room != "kernels":
            found.append(f"{room} imports {name}")
    return sorted(found)


@pytest.mark.parametrize("file", [file for file in FILES if file.parent != ROOT or file.stem != "__init__"], ids=str)
def test_a_room_imports_only_what_stands_above(file):
    room = file.relative_to(ROOT).parts[0].removesuffix(".py")
    assert problems(room, file.read_text()) == []


def test_the_rule_catches_mistakes():
    assert problems("energies", "from ebmtools.sampling import exact") == ["energies imports ebmtools.sampling.exact"]
    assert problems("energies", "def f():\n    import ebmtools.pursuit") == ["energies imports ebmtools.pursuit"]
    assert problems("sampling", "import numba") == ["sampling imports numba"]
    assert problems("checks", "import ebmtools") == ["checks imports ebmtools"]
    assert problems("fitting", "from ebmtools import kernels\nfrom ebmtools.sampling import exact") == []


def test_rooms_are_the_folders_and_files():
    here = {path.stem for path in ROOT.iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()}
    assert here == {*ROOMS, "__init__"}


HEAVY = ("numba", "scipy", "matplotlib.pyplot", "PIL", "arviz", "sklearn", "IPython", "pandas")


def loaded_after(code: str) -> list[str]:
    script = f"import sys\n{code}\nprint([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return ast.literal_eval(done.stdout)


def test_import_is_light():
    """What is heavy is loaded when it is first used, so that `import ebmtools` takes what `import torch` takes."""
    assert loaded_after("import ebmtools") == []
    assert "numba" in loaded_after("import ebmtools as ebm; ebm.sample(ebm.Pairwise([[0, 1], [1, 0]]), 2, warmup=1)")
    assert "matplotlib.pyplot" in loaded_after("import ebmtools as ebm; ebm.plotting.use_style")


def test_a_name_that_is_not_there():
    for module in (ebmtools, ebmtools.kernels):
        with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
            _ = module.nothing


def test_doors_open_what_they_name():
    from ebmtools import kernels, plotting

    assert ebmtools.__getattr__("plotting") is plotting
    assert kernels.__getattr__("activations").kind("relu") == (0,)


def test_no_public_function_hides_a_module():
    """A function `couplings` in a file `couplings.py` once hid the file from `import ebmtools.couplings`."""
    functions = [name for name in ebmtools.__all__ if inspect.isfunction(getattr(ebmtools, name))]
    assert "couplings" in functions
    assert [name for name in functions if (ROOT / f"{name}.py").exists() or (ROOT / name).is_dir()] == []
