"""A layer of spins given the other: the elementwise half of block Gibbs sampling; the rest is a matrix product.

Layout: one chain a row. A row takes its random numbers from as many generators as it has spins, side by side, so the
loop over a row vectorises; the next row takes the next number of each.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ebmtools.kernels.activations import exp
from ebmtools.kernels.jit import Single, compiled, inlined
from ebmtools.kernels.spin_sweeps import Words, uniform


@inlined
def mean(field: np.float32) -> np.float32:
    """Return the mean of a spin in a field, tanh(f)."""
    one, two = np.float32(1), np.float32(2)
    return one - two / (one + exp(two * field))


@compiled
def draw(
    fields: Single, bias: Single, beta: Single, words: Words, spins: Single, changed: npt.NDArray[np.int64]
) -> None:
    """Fill `spins`, (C, K), with +1 with probability 1 / (1 + exp(-2 beta (f + b))).

    f (C, K), b (K,), beta (C,), words (4, >= K). Adds to `changed`, (C,), how many spins of each chain are others now.
    """
    one, two = np.float32(1), np.float32(2)
    for c in range(fields.shape[0]):
        moved = np.int32(0)
        for k in range(fields.shape[1]):
            up = uniform(words, k) * (one + exp(-two * beta[c] * (fields[c, k] + bias[k]))) < one
            spin = one if up else -one
            moved += np.int32(spin != spins[c, k])
            spins[c, k] = spin
        changed[c] += moved
