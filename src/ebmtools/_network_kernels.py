"""Compiled loop over the flips of networks with one hidden layer: the energy change of every one of them.

Layout: one sample at a time, and for each of its N flips one pass over the H hidden units. Units come in groups of
`LANES`, a number that the compiler knows: the pre-activations z (B, C, LANES) of the samples and the transposed weights
(N, C, LANES) are filled up with units of zero weight, so every loop over a group vectorises and has no remainder.
Nothing of size (samples, N, H) is ever stored: that array, not arithmetic, is what limits the batched torch version.
All arrays come from torch, which aligns them to 64 bytes, one cache line.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
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

LANES = 64
"""Units in a group. Loops of 32 cost nearly as much; with 128, networks of 64 units would cost double."""


class Flips(NamedTuple):
    """Samples and the network that sees them: Delta_i = sum_h v_h [phi(z_h - 2 s_i W_ih) - phi(z_h)]."""

    spins: Single
    """s, (B, N)."""
    z: Single
    """W s + b, (B, C, LANES)."""
    weights: Single
    """W transposed, (N, C, LANES)."""
    output: Single
    """v, (C, LANES)."""


def in_groups(x: Tensor) -> Tensor:
    """(..., H) as (..., C, LANES), filled up with zeros.

    >>> import torch
    >>> in_groups(torch.ones(2, 70)).shape, int(in_groups(torch.ones(2, 70)).sum())
    (torch.Size([2, 2, 64]), 140)
    """
    groups = -(-x.shape[-1] // LANES)
    return pad(x, (0, groups * LANES - x.shape[-1])).contiguous().view(*x.shape[:-1], groups, LANES)


@_inlined
def _forward(phi: Phi, flips: Flips, change: Single) -> None:
    """Fill `change` (B, N) with Delta."""
    spins, z, weights, output = flips
    for b in range(spins.shape[0]):
        base = np.float32(0)
        for c in range(output.shape[0]):
            for u in range(LANES):
                base += output[c, u] * phi(z[b, c, u])[0]
        for i in range(spins.shape[1]):
            step = np.float32(2) * spins[b, i]
            total = np.float32(0)
            for c in range(output.shape[0]):
                for u in range(LANES):
                    total += output[c, u] * phi(z[b, c, u] - step * weights[i, c, u])[0]
            change[b, i] = total - base


# One named function for each activation: numba keeps on disk what it compiled for these, and never for functions that
# a factory returns, which would be compiled anew in every process.


@_compiled
def _forward_relu(flips: Flips, change: Single) -> None:
    _forward(_relu, flips, change)


@_compiled
def _forward_tanh(flips: Flips, change: Single) -> None:
    _forward(_tanh, flips, change)


@_compiled
def _forward_gelu(flips: Flips, change: Single) -> None:
    _forward(_gelu, flips, change)


@_compiled
def _forward_softplus(flips: Flips, change: Single) -> None:
    _forward(_softplus, flips, change)


@_compiled
def _forward_log_cosh(flips: Flips, change: Single) -> None:
    _forward(_log_cosh, flips, change)


@_compiled
def _forward_square(flips: Flips, change: Single) -> None:
    _forward(_square, flips, change)


@_compiled
def _forward_cube(flips: Flips, change: Single) -> None:
    _forward(_cube, flips, change)


FORWARD = {
    "relu": _forward_relu,
    "tanh": _forward_tanh,
    "gelu": _forward_gelu,
    "softplus": _forward_softplus,
    "log_cosh": _forward_log_cosh,
    "square": _forward_square,
    "cube": _forward_cube,
}
"""The kernel of each activation."""
