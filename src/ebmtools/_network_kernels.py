"""Compiled flip changes of a network with one hidden layer, and their gradient.

Layout: one sample at a time, and for each of its N flips one pass over the H hidden units. The pre-activations z (H,)
of the sample and row i of the transposed weights (N, H) lie contiguous in memory, so a pass reads 2 H floats and
every loop over units vectorises. Nothing of size (samples, N, H) is ever stored: that array, not arithmetic, is what
limits the batched torch version. The backward pass computes the activations again, which is cheaper than storing
them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from numba import njit
from torch import Tensor
from torch.autograd.function import once_differentiable

Single = npt.NDArray[np.float32]
Phi = Callable[[np.float32], tuple[np.float32, np.float32]]

_FAST = {"reassoc", "contract", "nsz", "arcp"}
_compiled = njit(cache=True, error_model="numpy", fastmath=_FAST)
_inlined = njit(inline="always", error_model="numpy", fastmath=_FAST)
_HALF_LOG2E = np.float32(0.5 / math.log(2))
_ROOT_HALF = np.float32(math.sqrt(0.5))
_DENSITY = np.float32(1 / math.sqrt(2 * math.pi))


@_inlined
def _relu(x: np.float32) -> tuple[np.float32, np.float32]:
    """phi(x) and phi'(x)."""
    slope = np.float32(1) if x > 0 else np.float32(0)
    return x * slope, slope


@_inlined
def _tanh(x: np.float32) -> tuple[np.float32, np.float32]:
    """An odd rational approximation on [-7.9, 7.9], a few units in the last place off."""
    y = min(max(x, np.float32(-7.905311)), np.float32(7.905311))
    q = y * y
    p = np.float32(-2.76076847742355e-16) * q + np.float32(2.00018790482477e-13)
    p = p * q + np.float32(-8.60467152213735e-11)
    p = p * q + np.float32(5.12229709037114e-08)
    p = p * q + np.float32(1.48572235717979e-05)
    p = p * q + np.float32(6.37261928875436e-04)
    p = p * q + np.float32(4.89352455891786e-03)
    d = np.float32(1.19825839466702e-06) * q + np.float32(1.18534705686654e-04)
    d = d * q + np.float32(2.26843463243900e-03)
    d = d * q + np.float32(4.89352518554385e-03)
    t = y * p / d
    return t, np.float32(1) - t * t


@_inlined
def _gelu(x: np.float32) -> tuple[np.float32, np.float32]:
    """x Phi(x), Phi by Abramowitz & Stegun 7.1.26, which shares its exponential with the density."""
    one = np.float32(1)
    a = min(abs(x), np.float32(13))
    e = -a * a * _HALF_LOG2E  # exp(-a^2 / 2) = 2^e
    n = np.floor(e)
    f = e - n
    g = np.float32(1.8775767e-3) * f + np.float32(8.9893397e-3)
    g = g * f + np.float32(5.5826318e-2)
    g = g * f + np.float32(2.4015361e-1)
    g = g * f + np.float32(6.9315308e-1)
    g = g * f + np.float32(9.9999994e-1)
    g *= np.int32((np.int32(n) + np.int32(127)) << np.int32(23)).view(np.float32)
    t = one / (one + np.float32(0.3275911) * a * _ROOT_HALF)
    tail = np.float32(1.061405429) * t - np.float32(1.453152027)
    tail = tail * t + np.float32(1.421413741)
    tail = tail * t - np.float32(0.284496736)
    tail = (tail * t + np.float32(0.254829592)) * t * g * np.float32(0.5)
    cumulative = one - tail if x > 0 else tail
    return x * cumulative, cumulative + x * g * _DENSITY


@_inlined
def _cube(x: np.float32) -> tuple[np.float32, np.float32]:
    """x^3 and its slope."""
    square = x * x
    return square * x, np.float32(3) * square


@_inlined
def _forward(phi: Phi, spins: Single, z: Single, weights: Single, output: Single, change: Single) -> None:
    """Fill `change` (B, N): sum_h v_h [phi(z_h - 2 s_i W_ih) - phi(z_h)]; `weights` (N, H), z (B, H), v (H,)."""
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
def _backward(
    phi: Phi, spins: Single, z: Single, weights: Single, output: Single, upstream: Single,
    d_z: Single, d_weights: Single, d_output: Single,
) -> None:  # fmt: skip
    """Add the gradient of sum(upstream * change) to d_z (B, H), d_weights (N, H) at fixed z, and d_output (H,)."""
    for b in range(spins.shape[0]):
        whole = np.float32(0)
        for i in range(spins.shape[1]):
            g = upstream[b, i]
            whole += g
            step = np.float32(2) * spins[b, i]
            for h in range(output.size):
                value, slope = phi(z[b, h] - step * weights[i, h])
                t = g * output[h] * slope
                d_output[h] += g * value
                d_z[b, h] += t
                d_weights[i, h] -= step * t
        for h in range(output.size):
            value, slope = phi(z[b, h])
            d_output[h] -= whole * value
            d_z[b, h] -= whole * output[h] * slope


# One named function for each activation: numba keeps on disk what it compiled for these, and never for functions that
# a factory returns, which would be compiled anew in every process.


@_compiled
def _forward_relu(spins: Single, z: Single, weights: Single, output: Single, change: Single) -> None:
    _forward(_relu, spins, z, weights, output, change)


@_compiled
def _backward_relu(
    spins: Single, z: Single, weights: Single, output: Single, upstream: Single,
    d_z: Single, d_weights: Single, d_output: Single,
) -> None:  # fmt: skip
    _backward(_relu, spins, z, weights, output, upstream, d_z, d_weights, d_output)


@_compiled
def _forward_tanh(spins: Single, z: Single, weights: Single, output: Single, change: Single) -> None:
    _forward(_tanh, spins, z, weights, output, change)


@_compiled
def _backward_tanh(
    spins: Single, z: Single, weights: Single, output: Single, upstream: Single,
    d_z: Single, d_weights: Single, d_output: Single,
) -> None:  # fmt: skip
    _backward(_tanh, spins, z, weights, output, upstream, d_z, d_weights, d_output)


@_compiled
def _forward_gelu(spins: Single, z: Single, weights: Single, output: Single, change: Single) -> None:
    _forward(_gelu, spins, z, weights, output, change)


@_compiled
def _backward_gelu(
    spins: Single, z: Single, weights: Single, output: Single, upstream: Single,
    d_z: Single, d_weights: Single, d_output: Single,
) -> None:  # fmt: skip
    _backward(_gelu, spins, z, weights, output, upstream, d_z, d_weights, d_output)


@_compiled
def _forward_cube(spins: Single, z: Single, weights: Single, output: Single, change: Single) -> None:
    _forward(_cube, spins, z, weights, output, change)


@_compiled
def _backward_cube(
    spins: Single, z: Single, weights: Single, output: Single, upstream: Single,
    d_z: Single, d_weights: Single, d_output: Single,
) -> None:  # fmt: skip
    _backward(_cube, spins, z, weights, output, upstream, d_z, d_weights, d_output)


KERNELS = {
    "relu": (_forward_relu, _backward_relu),
    "tanh": (_forward_tanh, _backward_tanh),
    "gelu": (_forward_gelu, _backward_gelu),
    "cube": (_forward_cube, _backward_cube),
}
"""Forward and backward kernel of each activation that has them; the others take the torch path."""


class FlipChange(torch.autograd.Function):
    """Delta (B, N) as a torch operation, from spins (B, N), weights (H, N), bias (H,) and output weights (H,)."""

    @staticmethod
    def forward(ctx: Any, spins: Tensor, weight: Tensor, bias: Tensor, output: Tensor, activation: str) -> Tensor:
        z = torch.addmm(bias, spins, weight.T)
        transposed = weight.T.contiguous()
        change = torch.empty_like(spins)
        KERNELS[activation][0](spins.numpy(), z.numpy(), transposed.numpy(), output.numpy(), change.numpy())
        ctx.save_for_backward(spins, z, transposed, output)
        ctx.activation = activation
        return change

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor | None, ...]:
        spins, z, transposed, output = ctx.saved_tensors
        d_z, d_weights, d_output = torch.zeros_like(z), torch.zeros_like(transposed), torch.zeros_like(output)
        KERNELS[ctx.activation][1](
            spins.numpy(), z.numpy(), transposed.numpy(), output.numpy(), upstream.contiguous().numpy(),
            d_z.numpy(), d_weights.numpy(), d_output.numpy(),
        )  # fmt: skip
        return None, d_weights.T + d_z.T @ spins, d_z.sum(0), d_output, None
