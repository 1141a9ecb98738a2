"""Compiled loops over the flips of networks with one hidden layer: all flip changes, and the pseudolikelihood with its
gradient in one pass.

Layout: one sample at a time, and for each of its N flips one pass over the H hidden units. The pre-activations z (H,)
of the sample and row i of the transposed weights (N, H) lie contiguous in memory, so every loop over units vectorises.
Nothing of size (samples, N, H) is ever stored: that array, not arithmetic, is what limits the batched torch version.
The fused kernel takes 16 flips at a time: their activations and slopes go to two (16, H) arrays, which stay in the
first-level cache, until softplus(-Delta) of the 16 is known; then the gradients are made from them. So no activation is
computed twice. All arrays come from torch, which aligns them to 64 bytes; on NumPy's 16 the kernel is 1.4 times slower.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ebmtools._activations import (
    Phi,
    Single,
    _compiled,
    _cube,
    _gelu,
    _inlined,
    _log_cosh,
    _relu,
    _softplus,
    _square,
    _tanh,
)

BLOCK = 16
"""Flips whose activations the fused kernel holds at a time."""


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


class Slopes(NamedTuple):
    """What the fused kernel adds to (the first three) and fills (the rest). The first two lack their factor v_h."""

    z: Single
    """d/dz, (B, H)."""
    weights: Single
    """d/dW at fixed z, (N, H)."""
    output: Single
    """d/dv, (H,)."""
    change: Single
    """d/dDelta, (B, N)."""
    values_of_block: Single
    """phi of the flips at hand, (BLOCK, H)."""
    slopes_of_block: Single
    """phi' of the flips at hand, (BLOCK, H)."""


@_inlined
def _forward(phi: Phi, flips: Flips, change: Single) -> None:
    """Fill `change` (B, N) with Delta."""
    spins, z, weights, output = flips
    for b in range(spins.shape[0]):
        base = np.float32(0)
        for h in range(output.size):
            base += output[h] * phi(z[b, h])[0]
        for i in range(spins.shape[1]):
            step = np.float32(2) * spins[b, i]
            total = np.float32(0)
            for h in range(output.size):
                total += output[h] * phi(z[b, h] - step * weights[i, h])[0]
            change[b, i] = total - base


@_inlined
def _fused(phi: Phi, flips: Flips, offset: Single, share: Single, slopes: Slopes) -> float:
    """Return sum_b share_b sum_i softplus(-(offset_bi + Delta_bi)), and its gradient in `slopes`."""
    spins, z, weights, output = flips
    d_z, d_weights, d_output, d_change, values, steepness = slopes
    n, hidden = weights.shape
    value = 0.0
    for b in range(spins.shape[0]):
        base = np.float32(0)
        for h in range(hidden):
            base += output[h] * phi(z[b, h])[0]
        loss, whole = np.float32(0), np.float32(0)
        for first in range(0, n, BLOCK):
            last = min(first + BLOCK, n)
            for i in range(first, last):
                step = np.float32(2) * spins[b, i]
                total = np.float32(0)
                for h in range(hidden):
                    height, slope = phi(z[b, h] - step * weights[i, h])
                    total += output[h] * height
                    values[i - first, h] = height
                    steepness[i - first, h] = slope
                d_change[b, i] = total - base + offset[b, i]
            for i in range(first, last):
                height, slope = _softplus(-d_change[b, i])
                loss += height
                d_change[b, i] = -share[b] * slope
                whole -= share[b] * slope
            for i in range(first, last):
                pull = d_change[b, i]
                step = np.float32(2) * spins[b, i]
                for h in range(hidden):
                    through = pull * steepness[i - first, h]
                    d_output[h] += pull * values[i - first, h]
                    d_z[b, h] += through
                    d_weights[i, h] -= step * through
        for h in range(hidden):
            height, slope = phi(z[b, h])
            d_output[h] -= whole * height
            d_z[b, h] -= whole * slope
        value += share[b] * loss
    return value


# One named function for each activation: numba keeps on disk what it compiled for these, and never for functions that
# a factory returns, which would be compiled anew in every process.


@_compiled
def _forward_relu(flips: Flips, change: Single) -> None:
    _forward(_relu, flips, change)


@_compiled
def _fused_relu(flips: Flips, offset: Single, share: Single, slopes: Slopes) -> float:
    return _fused(_relu, flips, offset, share, slopes)


@_compiled
def _forward_tanh(flips: Flips, change: Single) -> None:
    _forward(_tanh, flips, change)


@_compiled
def _fused_tanh(flips: Flips, offset: Single, share: Single, slopes: Slopes) -> float:
    return _fused(_tanh, flips, offset, share, slopes)


@_compiled
def _forward_gelu(flips: Flips, change: Single) -> None:
    _forward(_gelu, flips, change)


@_compiled
def _fused_gelu(flips: Flips, offset: Single, share: Single, slopes: Slopes) -> float:
    return _fused(_gelu, flips, offset, share, slopes)


@_compiled
def _forward_softplus(flips: Flips, change: Single) -> None:
    _forward(_softplus, flips, change)


@_compiled
def _fused_softplus(flips: Flips, offset: Single, share: Single, slopes: Slopes) -> float:
    return _fused(_softplus, flips, offset, share, slopes)


@_compiled
def _forward_log_cosh(flips: Flips, change: Single) -> None:
    _forward(_log_cosh, flips, change)


@_compiled
def _fused_log_cosh(flips: Flips, offset: Single, share: Single, slopes: Slopes) -> float:
    return _fused(_log_cosh, flips, offset, share, slopes)


@_compiled
def _forward_square(flips: Flips, change: Single) -> None:
    _forward(_square, flips, change)


@_compiled
def _fused_square(flips: Flips, offset: Single, share: Single, slopes: Slopes) -> float:
    return _fused(_square, flips, offset, share, slopes)


@_compiled
def _forward_cube(flips: Flips, change: Single) -> None:
    _forward(_cube, flips, change)


@_compiled
def _fused_cube(flips: Flips, offset: Single, share: Single, slopes: Slopes) -> float:
    return _fused(_cube, flips, offset, share, slopes)


FORWARD = {
    "relu": _forward_relu,
    "tanh": _forward_tanh,
    "gelu": _forward_gelu,
    "softplus": _forward_softplus,
    "log_cosh": _forward_log_cosh,
    "square": _forward_square,
    "cube": _forward_cube,
}
FUSED = {
    "relu": _fused_relu,
    "tanh": _fused_tanh,
    "gelu": _fused_gelu,
    "softplus": _fused_softplus,
    "log_cosh": _fused_log_cosh,
    "square": _fused_square,
    "cube": _fused_cube,
}
"""The two kernels of each activation."""
