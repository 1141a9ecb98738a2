"""What the processor can do, one core, and how much of it each kernel uses, in one run.

The yardsticks: a large product of float32 matrices (arithmetic), and a triad a = b + x c on arrays far larger than the
caches (memory). Beside each kernel stands the arithmetic that the formula needs, a multiply-add counted as two.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from network import random_spins, step_of_ebmtools
from paired import paired, require
from record import record
from sampling import dense

import ebmtools as ebm
from ebmtools.kernels.matmul import inner

SIZE, LENGTH = 1024, 2**25
N, UNITS, BATCH, SAMPLES, CHAINS, SWEEPS = 64, 128, 256, 20_000, 1024, 200

OPERATIONS = {
    "matrix product": 2 * SIZE**3,
    "memory triad": 2 * LENGTH,
    # The local field of the proposed spin: N multiply-adds.
    "Gibbs sampling": 2 * N * N * CHAINS * SWEEPS,
    # Each sample, flip and unit: forward the shifted pre-activation and its sum; backward the shift again, and the
    # gradients of output, pre-activation and weight: six multiply-adds. tanh needs four more, by its addition theorem.
    "step of a relu network": 2 * 6 * BATCH * N * UNITS,
    "step of a tanh network": 2 * (6 + 4) * BATCH * N * UNITS,
    # One value and gradient: the fields of all samples and the products with the residuals. A fit takes several.
    "pairwise fit": 2 * 2 * SAMPLES * N * N,
}
BYTES = {"memory triad": 3 * 4 * LENGTH, "pairwise fit": SAMPLES * N}


def measure() -> dict[str, Any]:
    left, right = torch.from_numpy(np.random.default_rng(1).normal(size=(2, SIZE, SIZE)).astype(np.float32))
    b, c, a = torch.ones(LENGTH), torch.ones(LENGTH), torch.empty(LENGTH)
    couplings = dense(N, 0.5, seed=1)
    energy = ebm.Pairwise(couplings)
    data = ebm.sample(energy, SAMPLES, n_chains=500, warmup=300, thin=20, seed=2).spins
    networks = {phi: ebm.Network(N, hidden=(UNITS,), activation=phi, seed=1) for phi in ("relu", "tanh")}
    batch = random_spins(BATCH, N)

    def draw() -> np.ndarray:
        return ebm.sample(energy, CHAINS, n_chains=CHAINS, warmup=SWEEPS - 1, thin=1, seed=3).spins

    runs = {
        "matrix product": lambda: inner(left, right),  # up to twice as quick as NumPy's and PyTorch's own
        "memory triad": lambda: torch.add(b, c, alpha=0.5, out=a),
        "Gibbs sampling": draw,
        "step of a relu network": lambda: step_of_ebmtools(networks["relu"], batch)[0],
        "step of a tanh network": lambda: step_of_ebmtools(networks["tanh"], batch)[0],
        "pairwise fit": lambda: ebm.fit_pairwise(data).objective,
    }

    def check(name: str, result: Any) -> float:
        """Their results are checked where they race; here only that there is one."""
        value = float(np.abs(np.asarray(result, dtype=np.float64)).max())
        require(np.isfinite(value) and value > 0, f"{name}: no result")
        return value

    return paired(runs, check, rounds=9) | {"operations": OPERATIONS, "bytes": BYTES}


if __name__ == "__main__":
    record("limits", measure)
