"""A layer of spins given the other: the elementwise half of block Gibbs sampling; the rest is a matrix product.

Layout: one chain a row. A row takes its random numbers from as many generators as it has spins, side by side, so the
loop over a row vectorises; the next row takes the next number of each.
"""

from __future__ import annotations

import numpy as np

from ebmtools.kernels.activations import exp
from ebmtools.kernels.jit import Single, compiled
from ebmtools.kernels.spin_sweeps import Words, uniform


@compiled
def draw(fields: Single, beta: Single, words: Words, spins: Single) -> int:
    """Fill `spins`, (C, K), with +1 with probability 1 / (1 + exp(-2 beta f)); f (C, K), beta (C,), words (4, >= K).

    Returns how many of them have changed.
    """
    one, two = np.float32(1), np.float32(2)
    changed = 0
    for c in range(fields.shape[0]):
        for k in range(fields.shape[1]):
            up = uniform(words, k) * (one + exp(-two * beta[c] * fields[c, k])) < one
            spin = one if up else -one
            changed += spin != spins[c, k]
            spins[c, k] = spin
    return changed


@compiled
def means(fields: Single) -> None:
    """Replace fields f (C, K) by the means of their spins, tanh(f)."""
    one, two = np.float32(1), np.float32(2)
    for c in range(fields.shape[0]):
        for k in range(fields.shape[1]):
            fields[c, k] = one - two / (one + exp(two * fields[c, k]))
