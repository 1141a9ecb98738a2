"""Compiled passes over a block of samples for pseudolikelihoods that are linear in their parameters.

Layout: site by sample, (N, B), so that the values of one site in all samples of the block are contiguous, and every
inner loop runs over samples. A block of 1,024 samples stays in the cache between the matrix products and these passes.
The sum over sites of log(1 + exp(-2 a)) is kept as a product of (1 + exp(-2 |a|)), 64 sites to a product (at most 2^64,
which single precision holds), so that one logarithm serves 64 sites.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ebmtools.kernels.activations import exp
from ebmtools.kernels.jit import Single, compiled

Index = npt.NDArray[np.int64]

SITES_A_PRODUCT = 64


@compiled
def residuals(spins: Single, field: Single, weights: Single, product: Single, linear: Single) -> None:
    """Turn local fields f (N, B) into d/df of sum_ib w_b softplus(-2 s_ib f_ib), in place.

    Also fill `product` (ceil(N / 64), B) and `linear` (B,): log(product).sum(0) + linear is each sample's value.
    """
    one, two = np.float32(1), np.float32(2)
    product[:] = one
    linear[:] = np.float32(0)
    for i in range(spins.shape[0]):
        group = i // SITES_A_PRODUCT
        for b in range(spins.shape[1]):
            x = two * spins[i, b] * field[i, b]  # Delta_i
            u = exp(-abs(x))
            inverse = one / (one + u)
            product[group, b] *= one + u
            linear[b] += max(-x, np.float32(0))
            doubt = u * inverse if x > 0 else inverse  # 1 / (1 + exp(x))
            field[i, b] = -two * weights[b] * doubt * spins[i, b]


@compiled
def add_interactions(
    spins: Single, offset: Index, members: Index, coefficients: Single, value: Single, field: Single
) -> None:
    """Add xi_I prod_{j in I, j != i} s_j to the local field of each i in I; `value` (B,) is scratch."""
    for k in range(coefficients.size):
        value[:] = coefficients[k]
        for m in range(offset[k], offset[k + 1]):
            for b in range(value.size):
                value[b] *= spins[members[m], b]
        for m in range(offset[k], offset[k + 1]):
            for b in range(value.size):
                field[members[m], b] += value[b] * spins[members[m], b]


@compiled
def interaction_gradient(
    spins: Single, offset: Index, members: Index, residual: Single, value: Single, gradient: Single
) -> None:
    """Fill `gradient` (K,) from residuals d/df (N, B): sum_b prod_{j in I} s_jb sum_{i in I} s_ib residual_ib."""
    for k in range(gradient.size):
        value[:] = np.float32(1)
        for m in range(offset[k], offset[k + 1]):
            for b in range(value.size):
                value[b] *= spins[members[m], b]
        total = np.float32(0)
        for m in range(offset[k], offset[k + 1]):
            for b in range(value.size):
                total += value[b] * spins[members[m], b] * residual[members[m], b]
        gradient[k] = total
