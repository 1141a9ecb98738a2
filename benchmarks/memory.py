"""Peak memory of a pairwise fit, each in a process of its own: before the fit (imports and data), and with it."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from record import record
from sampling import dense

import ebmtools as ebm

FIT = """
import json, resource, sys, time
import numpy as np, ebmtools as ebm
unit = 1 if sys.platform == "darwin" else 1024
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9
spins = np.load(sys.argv[1])
before, start = peak(), time.perf_counter()
fit = ebm.fit_pairwise(spins)
seconds = time.perf_counter() - start
assert fit.converged
print(json.dumps({"before_gb": before, "peak_gb": peak(), "data_gb": spins.nbytes / 1e9, "seconds": seconds}))
"""


def peak(spins: np.ndarray) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "spins.npy"
        np.save(file, spins)
        done = subprocess.run([sys.executable, "-c", FIT, str(file)], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def measure() -> dict[str, Any]:
    energy, found = ebm.Pairwise(dense(64, 0.5, 1)), {}
    for n_samples in (10_000, 100_000, 1_000_000):
        spins = ebm.sample(energy, n_samples, n_chains=1000, warmup=100, thin=5, seed=2).spins
        found[str(n_samples)] = peak(spins)
    return found


if __name__ == "__main__":
    record("memory", measure)
