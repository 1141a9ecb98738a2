"""Every library obeys the switches for one arithmetic; where a new version has other names for them, this fails."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[2]
ASK = """
import json
import numba, scipy.linalg, threadpoolctl, torch
from numba.core.codegen import get_host_cpu_features
from numba.core.registry import cpu_target
from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__

codegen = cpu_target.target_context.codegen()
with torch.backends.mkl.verbose(1):
    torch.ones(64, 64) @ torch.ones(64, 64)
print(json.dumps({
    "numba": codegen.magic_tuple()[1:],
    "torch": torch.backends.cpu.get_cpu_capability(),
    "numpy": [name for name in __cpu_dispatch__ if __cpu_features__[name]],
    "openblas": [i["architecture"] for i in threadpoolctl.threadpool_info() if i["internal_api"] == "openblas"],
}))
"""


@pytest.fixture
def arithmetic(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    import arithmetic

    return arithmetic


def answers(*command: str) -> tuple[str, dict]:
    """What MKL said, and what the others answer, in a fresh process."""
    clean = {key: text for key, text in os.environ.items() if key != "MKL_CBWR"}
    done = subprocess.run([*command, sys.executable, "-c", ASK], capture_output=True, text=True, check=True, env=clean)
    *said, last = done.stdout.splitlines()
    return "\n".join(said), json.loads(last)


def test_every_library_obeys(arithmetic):
    if not arithmetic.switches():
        pytest.skip("not an x86-64 processor with AVX2")
    mkl, found = answers(sys.executable, str(ROOT / "tools/arithmetic.py"))
    assert "CNR:COMPATIBLE" in mkl
    assert found["numba"] == ["haswell", arithmetic.AVX2["NUMBA_CPU_FEATURES"]]
    assert found["torch"] == "AVX2"
    assert found["numpy"] == ["X86_V3"]  # of the kinds of loop that it chooses among
    assert set(found["openblas"]) == {"Haswell"}


def test_without_the_switches_they_do_as_they_like(arithmetic):
    if not arithmetic.switches():
        pytest.skip("not an x86-64 processor with AVX2")
    mkl, found = answers()
    assert "CNR:OFF" in mkl
    assert found["numba"] != ["haswell", arithmetic.AVX2["NUMBA_CPU_FEATURES"]]


def test_kernels_of_the_notebooks_have_the_switches(arithmetic, tmp_path):
    if not arithmetic.switches():
        pytest.skip("not an x86-64 processor with AVX2")
    cell = f"[os.environ.get(name) for name in {list(arithmetic.AVX2)}]"
    (tmp_path / "trial.py").write_text(f'# %% tags=["parameters"]\nimport os\n\n# %%\n{cell}\n')
    subprocess.run([sys.executable, ROOT / "tools/run_notebooks.py", "--folder", tmp_path], check=True)
    ran = nbformat.read(tmp_path / "trial.ipynb", as_version=4)
    assert ast.literal_eval(ran.cells[1].outputs[0].data["text/plain"]) == list(arithmetic.AVX2.values())


@pytest.mark.parametrize(("machine", "features"), [("arm64", {"neon": True}), ("x86_64", {"sse4.2": True})])
def test_other_processors_are_left_alone(arithmetic, monkeypatch, machine, features):
    monkeypatch.setattr(arithmetic.platform, "machine", lambda: machine)
    monkeypatch.setattr(arithmetic.binding, "get_host_cpu_features", lambda: features)
    assert arithmetic.switches() == {}
