"""What has to be waited for before anything runs: imports, and the compilation of each kernel.

Every number is from a fresh process. The kernels compile into an empty folder the first time; the second process finds
them there. From each first call the duration of the next call in the same process is subtracted.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from typing import Any

from record import record

IMPORTS = {
    "Python alone": "pass",
    "NumPy": "import numpy",
    "PyTorch": "import torch",
    "ebmtools": "import ebmtools",
    "dwave-samplers": "import dwave.samplers",
    "openjij": "import openjij",
    "pseudolm": "import pyplm.inference, pyplm.simulate",
    "scikit-learn": "import sklearn.linear_model",
    "ebmkit": "import ebm",
}

PREPARE = """
import json, time
import numpy as np, torch, ebmtools as ebm
J = np.diag(np.full(7, 0.1), 1); J = J + J.T
pairwise, many_body = ebm.Pairwise(J), ebm.ManyBody(8, [(0, 1, 2), (3, 4, 5)], [0.1, 0.2])
spins = np.random.default_rng(1).choice(np.array([-1, 1], np.int8), (500, 8))
network = lambda phi: ebm.Network(8, hidden=(8,), activation=phi)
step = lambda phi: ebm.objectives.pseudolikelihood(network(phi), spins.astype(np.float32)).backward()
def seconds(run):
    start = time.perf_counter()
    run()
    return time.perf_counter() - start
"""

KERNELS = {
    "pairwise, Gibbs": "ebm.sample(pairwise, 128)",
    "pairwise, Metropolis": "ebm.sample(pairwise, 128, method='metropolis')",
    "many-body, Gibbs": "ebm.sample(many_body, 128)",
    "network, Gibbs": "ebm.sample(network('relu'), 128, warmup=2)",
    "network step, relu": "step('relu')",
    "network step, tanh": "step('tanh')",
    "network step, gelu": "step('gelu')",
    "network step, cube": "step('cube')",
    "pairwise fit": "ebm.fit_pairwise(spins)",
}


def run(code: str, cache: str) -> str:
    environment = os.environ | {"NUMBA_CACHE_DIR": cache}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    return done.stdout


def importing(code: str, cache: str) -> float:
    """Seconds of a whole process that does nothing else."""
    start = time.perf_counter()
    run(code, cache)
    return time.perf_counter() - start


def first_call(code: str, cache: str) -> float:
    timed = f"{PREPARE}\nfirst = seconds(lambda: {code}); print(json.dumps(first - seconds(lambda: {code})))"
    return max(0.0, json.loads(run(timed, cache)))


def measure() -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as cache:
        imports: dict[str, list[float]] = {name: [] for name in IMPORTS}
        for _ in range(4):
            for name, code in IMPORTS.items():
                imports[name].append(importing(code, cache))
    compiled: dict[str, list[float]] = {}
    for name, code in KERNELS.items():
        with tempfile.TemporaryDirectory() as cache:
            compiled[name] = [first_call(code, cache), first_call(code, cache)]
    # The first round fills the caches of the disk, and of numba for those who have one.
    return {"imports": {name: times[1:] for name, times in imports.items()}, "compile": compiled}


if __name__ == "__main__":
    record("startup", measure)
