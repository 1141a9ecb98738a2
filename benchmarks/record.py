"""Writing a result: the measured numbers, with the machine, versions, date and commit that they belong to."""

from __future__ import annotations

import datetime
import importlib.metadata
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "results"
PACKAGES = (
    *("ebmtools", "numpy", "numba", "torch", "scipy", "scikit-learn"),
    *("dwave-samplers", "openjij", "pseudolm", "ebmkit", "adabmDCA", "rbms"),
)
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")


def record(name: str, measure: Callable[[], dict[str, Any]]) -> None:
    """Run a measurement and write it to results/NAME.json. Every library must be held to one thread."""
    if loose := [variable for variable in THREADS if os.environ.get(variable) != "1"]:
        sys.exit(f"Run it as `make bench ONLY={name}`: {', '.join(loose)} must be 1, so that one core is measured.")
    start = time.perf_counter()
    measured = measure()
    found = {
        "machine": machine(),
        "versions": {package: importlib.metadata.version(package) for package in PACKAGES},
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "commit": commit(),
        "threads": 1,
        "seconds": round(time.perf_counter() - start, 1),
        "measured": rounded(measured),
    }
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps(found, indent=1) + "\n")
    print(f"results/{name}.json  {found['seconds']:.0f} s", flush=True)


def machine() -> dict[str, Any]:
    """Processor, cores, memory and system; nothing that names the machine."""
    model = platform.processor() or platform.machine()
    flags: set[str] = set()
    info = Path("/proc/cpuinfo")
    if info.exists():
        fields = dict(line.split(":", 1) for line in info.read_text().splitlines() if ":" in line)
        fields = {key.strip(): value.strip() for key, value in fields.items()}
        model, flags = fields.get("model name", model), set(fields.get("flags", "").split())
    return {
        "cpu": model,
        "cores": os.cpu_count(),
        "vectors": next((name for name in ("avx512f", "avx2", "avx") if name in flags), "unknown"),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }


def commit() -> str:
    """The commit, with a + where the package or the benchmark differ from it."""
    git = ["git", "-C", str(ROOT)]
    head = subprocess.run([*git, "rev-parse", "--short", "HEAD"], capture_output=True, text=True)
    if head.returncode:
        return "unknown"
    changed = subprocess.run([*git, "status", "--porcelain", "src", "benchmarks"], capture_output=True, text=True)
    return head.stdout.strip() + ("+" if changed.stdout.strip() else "")


def rounded(value: Any) -> Any:
    """Four digits of every number: no timing is better than that."""
    if isinstance(value, dict):
        return {str(key): rounded(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [rounded(part) for part in value]
    if isinstance(value, float):
        return float(f"{value:.4g}")
    return value
