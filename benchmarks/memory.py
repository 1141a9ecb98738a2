"""Peak memory of fits, each in a process of its own: before the fit (imports and data), and with it."""

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
spins, fitting = np.load(sys.argv[1]), getattr(ebm, sys.argv[2])
before, start = peak(), time.perf_counter()
fit = fitting(spins)
seconds = time.perf_counter() - start
assert fit.converged
print(json.dumps({"before_gb": before, "peak_gb": peak(), "data_gb": spins.nbytes / 1e9, "seconds": seconds}))
"""


def peak(spins: np.ndarray, fitting: str) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "spins.npy"
        np.save(file, spins)
        command = [sys.executable, "-c", FIT, str(file), fitting]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def measure() -> dict[str, Any]:
    energy, pairwise = ebm.Pairwise(dense(64, 0.5, 1)), {}
    for n_samples in (10_000, 100_000, 1_000_000):
        spins = ebm.sample(energy, n_samples, n_chains=1000, warmup=100, thin=5, seed=2).spins
        pairwise[str(n_samples)] = peak(spins, "fit_pairwise")
    pursuit = {}
    for n_spins, n_samples in ((64, 10_000), (128, 10_000), (64, 100_000)):
        truth = ebm.random_hamiltonian(n_spins, order=3, gamma=1.0, beta=0.5, seed=1)
        spins = ebm.sample(truth, n_samples, n_chains=500, warmup=500, thin=20, seed=2).spins
        pursuit[f"{n_spins} spins, {n_samples:,} samples"] = peak(spins, "fit_many_body")
    return {"pairwise": pairwise, "pursuit": pursuit}


if __name__ == "__main__":
    record("memory", measure)
