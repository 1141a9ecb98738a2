"""Compiled pseudolikelihood of networks with one hidden layer: value and gradient in one pass over all flips.

Layout: units come in groups of 64 or 128, the last one filled up with units of zero weight. The width of a group is the
length of a tuple, which the compiler knows, so loops over a group vectorise and have no remainder. One sample at a
time: first its pre-activations z = W s + b; then its flips, in blocks. The activations and slopes of a block are kept;
then softplus(-Delta) of the block is known; then the gradients are made from them. So no activation is computed twice.
Blocks lie on the stack, 32 KB that stay in the first-level cache, and so do all sums over a block: the compiler knows
that nothing else overlaps with them, so it checks nothing and keeps the sums in registers.

Measured on a Zen 5 core, N = 64, H = 128, a sample: 1.4 us for relu, 2.2 for tanh. Of that 37 and 59 % are the pass
forward over the flips.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba.np.numpy_support import carray

from ebmtools.kernels.activations import Kind, phi, softplus
from ebmtools.kernels.jit import Single, compiled, inlined, on_stack

Width = tuple[int, ...]
"""A group's units, in sixteens, as the length of a tuple: numba compiles a kernel for each length that is used."""
NARROW, WIDE = (16,) * 4, (16,) * 8
"""Wide groups save sums across lanes, one a flip and a group; narrow ones save small networks from padding."""
MOST_UNITS = 4096
"""Units of a network that the kernel can take, and activations of a block: with their slopes they fill 32 KB."""
_lanes_on_stack = on_stack(16 * len(WIDE))
_units_on_stack = on_stack(MOST_UNITS)


def width(units: int) -> Width:
    """Return the width that pads so many units least.

    >>> [16 * len(width(units)) for units in (60, 70, 192, 200)]
    [64, 128, 64, 128]
    """
    return WIDE if -units % 128 == -units % 64 else NARROW


def scratch_shape(n_spins: int, units: int) -> tuple[int, int, int, int]:
    """Return the shape of a scratch array, (2, N + 4, C, lanes): W transposed, b, v, z, phi(z); and their slopes."""
    lanes = 16 * len(width(units))
    return 2, n_spins + 4, -(-units // lanes), lanes


@inlined
def group(lanes: int) -> Single:
    """One number for each unit of a group."""
    return carray(_lanes_on_stack(np.float32), (lanes,))


@inlined
def block_of(flips: int, count: int, lanes: int) -> Single:
    """One number for each unit and each flip of a block."""
    return carray(_units_on_stack(np.float32), (flips, count, lanes))


class Samples(NamedTuple):
    """A chunk of data."""

    spins: Single
    """(B, N)."""
    offset: Single
    """What the rest of the energy adds to Delta, (B, N)."""
    weights: Single
    """Weights, (B,)."""


class Layer(NamedTuple):
    """A network with one hidden layer, or the gradient in it."""

    weight: Single
    """W, (H, N)."""
    bias: Single
    """b, (H,)."""
    output: Single
    """v, (H,)."""


@compiled
def _pack(layer: Layer, weight: Single, bias: Single, output: Single) -> None:
    """Put the units into groups, (N, C, lanes) and twice (C, lanes), and zero into those without a unit."""
    units, lanes = layer.bias.size, bias.shape[1]
    weight[:, -1], bias[-1], output[-1] = 0, 0, 0
    for c in range(len(bias)):
        for u in range(min(lanes, units - c * lanes)):
            h = c * lanes + u
            bias[c, u], output[c, u] = layer.bias[h], layer.output[h]
            for i in range(len(weight)):
                weight[i, c, u] = layer.weight[h, i]


@compiled
def _unpack(layer: Layer, d_weight: Single, d_bias: Single, d_output: Single, slope: Layer) -> None:
    """The way back, with the factor v_h that d/dW and d/db still lack."""
    units, lanes = layer.bias.size, d_bias.shape[1]
    for c in range(len(d_bias)):
        for u in range(min(lanes, units - c * lanes)):
            h = c * lanes + u
            slope.bias[h], slope.output[h] = layer.output[h] * d_bias[c, u], d_output[c, u]
            for i in range(len(d_weight)):
                slope.weight[h, i] = layer.output[h] * d_weight[i, c, u]


@compiled
def pseudolikelihood(
    kind: Kind, width: Width, samples: Samples, layer: Layer, slope: Layer, d_change: Single, scratch: Single
) -> float:
    """Return sum_b weights_b sum_i softplus(-(offset_bi + Delta_bi)); the gradient fills `slope` and `d_change`."""
    spins, offset, weights = samples
    n, count, lanes = spins.shape[1], scratch.shape[2], 16 * len(width)
    rows, d_rows = scratch[0], scratch[1]
    weight, bias, output, z, rest = rows[:n], rows[n], rows[n + 1], rows[n + 2], rows[n + 3]
    d_weight, d_bias, d_output, d_z, d_rest = d_rows[:n], d_rows[n], d_rows[n + 1], d_rows[n + 2], d_rows[n + 3]
    _pack(layer, weight, bias, output)
    d_rows[:] = 0
    block = min(MOST_UNITS // (count * lanes), n)
    heights, steepness = block_of(block, count, lanes), block_of(block, count, lanes)
    v, here, d_v, d_here = group(lanes), group(lanes), group(lanes), group(lanes)
    two = np.float32(2)
    value = 0.0
    for b in range(spins.shape[0]):
        base, whole = np.float32(0), np.float32(0)
        for c in range(count):
            for u in range(lanes):
                here[u] = bias[c, u]
            for i in range(n):
                for u in range(lanes):
                    here[u] += spins[b, i] * weight[i, c, u]
            for u in range(lanes):
                height, steep = phi(kind, here[u])
                base += output[c, u] * height
                z[c, u], rest[c, u], d_rest[c, u] = here[u], height, steep
        d_z[:] = 0
        for first in range(0, n, block):
            s, change = spins[b, first : first + block], d_change[b, first : first + block]
            shift = offset[b, first : first + block]
            w, d_w = weight[first : first + block], d_weight[first : first + block]
            for i in range(s.size):
                change[i] = shift[i] - base
            for c in range(count):
                for u in range(lanes):
                    v[u] = output[c, u]
                    here[u] = z[c, u]
                for i in range(s.size):
                    step, total = two * s[i], np.float32(0)
                    for u in range(lanes):
                        height, steep = phi(kind, here[u] - step * w[i, c, u])
                        total += v[u] * height
                        heights[i, c, u] = height
                        steepness[i, c, u] = steep
                    change[i] += total
            loss = np.float32(0)
            for i in range(s.size):
                height, steep = softplus(-change[i])
                loss += height
                change[i] = -weights[b] * steep
                whole += change[i]
            value += weights[b] * loss
            for c in range(count):
                d_v[:] = 0
                d_here[:] = 0
                for i in range(s.size):
                    for u in range(lanes):
                        d_v[u] += change[i] * heights[i, c, u]
                        d_here[u] += change[i] * steepness[i, c, u]
                for u in range(lanes):
                    d_output[c, u] += d_v[u]
                for u in range(lanes):
                    d_z[c, u] += d_here[u]
                for i in range(s.size):
                    pull = two * s[i] * change[i]
                    for u in range(lanes):
                        d_w[i, c, u] -= pull * steepness[i, c, u]
        for c in range(count):
            for u in range(lanes):
                d_output[c, u] -= whole * rest[c, u]
            for u in range(lanes):
                d_here[u] = d_z[c, u] - whole * d_rest[c, u]
            for u in range(lanes):
                d_bias[c, u] += d_here[u]
            for i in range(n):
                for u in range(lanes):
                    d_weight[i, c, u] += spins[b, i] * d_here[u]
    _unpack(layer, d_weight, d_bias, d_output, slope)
    return value
