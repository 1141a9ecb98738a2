"""Compiled pseudolikelihood of networks with one hidden layer: value and gradient in one pass over all flips.

Layout: units come in groups of `LANES`, a number that the compiler knows, filled up with units of zero weight: loops
over a group vectorise and have no remainder. One sample at a time, its flips in blocks. First the activations and
slopes of a block are kept; then softplus(-Delta) of the block is known; then the gradients are made from them. So no
activation is computed twice. Blocks lie on the stack, 32 KB that stay in the first-level cache, and so do the sums over
a block: the compiler knows that nothing else overlaps with them, so it checks nothing and keeps the sums in registers.

Measured on a Zen 5 core, N = 64, H = 128, a sample: 1.2 us for relu, 1.9 for tanh; a third and two thirds of that are
the pass forward.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba.np.numpy_support import carray
from torch import Tensor
from torch.nn.functional import pad

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
from ebmtools._network_kernels import Flips
from ebmtools._on_stack import on_stack

LANES = 64
"""Units in a group. Loops of 32 cost nearly as much; with 128, networks of 64 units would cost double."""
MOST_UNITS = 4096
"""Units of a network that the kernel can take, and activations of a block: with their slopes they fill 32 KB."""
_lanes_on_stack = on_stack(LANES)
_block_on_stack = on_stack(MOST_UNITS)


def in_groups(x: Tensor) -> Tensor:
    """(..., H) as (..., C, LANES), filled up with zeros.

    >>> import torch
    >>> in_groups(torch.ones(2, 70)).shape, int(in_groups(torch.ones(2, 70)).sum())
    (torch.Size([2, 2, 64]), 140)
    """
    groups = -(-x.shape[-1] // LANES)
    missing = groups * LANES - x.shape[-1]
    filled = pad(x, (0, missing)) if missing else x.contiguous()
    return filled.view(*x.shape[:-1], groups, LANES)


class Slopes(NamedTuple):
    """What the kernel adds to (the first three) and fills (the rest). The first two lack their factor v_h."""

    z: Single
    """d/dz, (B, C, LANES)."""
    weights: Single
    """d/dW at fixed z, (N, C, LANES)."""
    output: Single
    """d/dv, (C, LANES)."""
    change: Single
    """d/dDelta, (B, N)."""


@_inlined
def _group() -> npt.NDArray[np.float32]:
    """One number for each unit of a group."""
    return carray(_lanes_on_stack(np.float32), (LANES,))


@_inlined
def _block(flips: int, groups: int) -> npt.NDArray[np.float32]:
    """One number for each unit and each flip of a block."""
    return carray(_block_on_stack(np.float32), (flips, groups, LANES))


@_inlined
def _fused(phi: Phi, flips: Flips, offset: Single, share: Single, slopes: Slopes) -> float:
    """Return sum_b share_b sum_i softplus(-(offset_bi + Delta_bi)), and its gradient in `slopes`.

    The units of `flips` are in groups, too: its last axis, H, is (C, LANES).
    """
    spins, z, weights, output = flips
    d_z, d_weights, d_output, d_change = slopes
    n, groups = weights.shape[0], weights.shape[1]
    block = min(MOST_UNITS // (groups * LANES), n)
    heights, steepness = _block(block, groups), _block(block, groups)
    v, here, d_v, d_here = _group(), _group(), _group(), _group()
    two = np.float32(2)
    value = 0.0
    for b in range(spins.shape[0]):
        base, whole = np.float32(0), np.float32(0)
        for c in range(groups):
            for u in range(LANES):
                base += output[c, u] * phi(z[b, c, u])[0]
        for first in range(0, n, block):
            s, change = spins[b, first : first + block], d_change[b, first : first + block]
            shift = offset[b, first : first + block]
            w, d_w = weights[first : first + block], d_weights[first : first + block]
            for i in range(s.size):
                change[i] = shift[i] - base
            for c in range(groups):
                for u in range(LANES):
                    v[u] = output[c, u]
                    here[u] = z[b, c, u]
                for i in range(s.size):
                    step, total = two * s[i], np.float32(0)
                    for u in range(LANES):
                        height, slope = phi(here[u] - step * w[i, c, u])
                        total += v[u] * height
                        heights[i, c, u] = height
                        steepness[i, c, u] = slope
                    change[i] += total
            loss = np.float32(0)
            for i in range(s.size):
                height, slope = _softplus(-change[i])
                loss += height
                change[i] = -share[b] * slope
                whole += change[i]
            value += share[b] * loss
            for c in range(groups):
                d_v[:] = 0
                d_here[:] = 0
                for i in range(s.size):
                    for u in range(LANES):
                        d_v[u] += change[i] * heights[i, c, u]
                        d_here[u] += change[i] * steepness[i, c, u]
                for u in range(LANES):
                    d_output[c, u] += d_v[u]
                for u in range(LANES):
                    d_z[b, c, u] += d_here[u]
                for i in range(s.size):
                    pull = two * s[i] * change[i]
                    for u in range(LANES):
                        d_w[i, c, u] -= pull * steepness[i, c, u]
        for c in range(groups):
            for u in range(LANES):
                d_v[u], d_here[u] = phi(z[b, c, u])
            for u in range(LANES):
                d_output[c, u] -= whole * d_v[u]
            for u in range(LANES):
                d_z[b, c, u] -= whole * d_here[u]
    return value


# One named function for each activation, as in `_network_kernels`.


@_compiled
def _fused_relu(flips: Flips, offset: Single, share: Single, slopes: Slopes) -> float:
    return _fused(_relu, flips, offset, share, slopes)


@_compiled
def _fused_tanh(flips: Flips, offset: Single, share: Single, slopes: Slopes) -> float:
    return _fused(_tanh, flips, offset, share, slopes)


@_compiled
def _fused_gelu(flips: Flips, offset: Single, share: Single, slopes: Slopes) -> float:
    return _fused(_gelu, flips, offset, share, slopes)


@_compiled
def _fused_softplus(flips: Flips, offset: Single, share: Single, slopes: Slopes) -> float:
    return _fused(_softplus, flips, offset, share, slopes)


@_compiled
def _fused_log_cosh(flips: Flips, offset: Single, share: Single, slopes: Slopes) -> float:
    return _fused(_log_cosh, flips, offset, share, slopes)


@_compiled
def _fused_square(flips: Flips, offset: Single, share: Single, slopes: Slopes) -> float:
    return _fused(_square, flips, offset, share, slopes)


@_compiled
def _fused_cube(flips: Flips, offset: Single, share: Single, slopes: Slopes) -> float:
    return _fused(_cube, flips, offset, share, slopes)


FUSED = {
    "relu": _fused_relu,
    "tanh": _fused_tanh,
    "gelu": _fused_gelu,
    "softplus": _fused_softplus,
    "log_cosh": _fused_log_cosh,
    "square": _fused_square,
    "cube": _fused_cube,
}
"""The kernel of each activation."""
