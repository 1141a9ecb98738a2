"""Compiled loop over the flips of networks with one hidden layer: the energy change of every one of them.

Layout: one sample at a time, and for each of its N flips one pass over the H hidden units. The pre-activations z (H,)
of the sample and row i of the transposed weights (N, H) lie contiguous in memory, so the loop over units vectorises.
Nothing of size (samples, N, H) is ever stored: that array, not arithmetic, is what limits the batched torch version.
All arrays come from torch, which aligns them to 64 bytes; on NumPy's 16 the kernel is 1.4 times slower.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ebmtools.kernels.activations import Kind, phi
from ebmtools.kernels.jit import Single, compiled


class Flips(NamedTuple):
    """Samples and the network that sees them: Delta_i = sum_h v_h [phi(z_h - 2 s_i W_ih) - phi(z_h)]."""

    spins: Single
    """s, (B, N)."""
    z: Single
    """W s + b, (B, H)."""
    weights: Single
    """W transposed, (N, H)."""
    output: Single
    """v, (H,)."""


@compiled
def flip_change(kind: Kind, flips: Flips, change: Single) -> None:
    """Fill `change` (B, N) with Delta."""
    spins, z, weights, output = flips
    for b in range(spins.shape[0]):
        base = np.float32(0)
        for h in range(output.size):
            base += output[h] * phi(kind, z[b, h])[0]
        for i in range(spins.shape[1]):
            step = np.float32(2) * spins[b, i]
            total = np.float32(0)
            for h in range(output.size):
                total += output[h] * phi(kind, z[b, h] - step * weights[i, h])[0]
            change[b, i] = total - base
