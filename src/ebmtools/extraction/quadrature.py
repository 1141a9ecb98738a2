"""Walsh coefficients of a network with one hidden layer, at any N, without sampling.

A unit contributes v phi(w.s + b). On the interval that w.s can reach, [-R, R] with R = sum |w|, write phi(b + x) =
sum_k a_k cos(k pi x / 2R) + b_k sin(k pi x / 2R): a Fourier extension, whose period 4R is twice the interval, so that
phi need not be periodic (Huybrechs 2010). For each frequency t the mean over all states is a product,

    mean cos(t w.s) prod_{i in I} s_i = (-1)^(|I|/2) prod_{i in I} sin(t w_i) prod_{j not in I} cos(t w_j),   |I| even,
    mean sin(t w.s) prod_{i in I} s_i = (-1)^((|I|-1)/2) (the same product),                                  |I| odd,

so only the even or only the odd part of phi counts.
"""

from __future__ import annotations

import functools

import numpy as np
import torch

from ebmtools.checks import Floats, Ints
from ebmtools.energies.network import ACTIVATIONS, Network
from ebmtools.extraction.subsets import sum_over_sets

FREQUENCIES = 512
_BLOCK = 2**24


def network_coefficients(network: Network, sets: Ints) -> tuple[Floats, Floats]:
    """Return xi_I for the sets (K, order) of one order, and error bounds, both (K,).

    The bound is the smaller of two: the largest residual of the Fourier fit, weighed by |v|, which holds for any set;
    and four times the largest change from half the frequencies to all, an estimate that a kink (relu) needs.
    """
    layer = network.linear_layers[0]
    weights = layer.weight.detach().cpu().double().numpy()
    bias = layer.bias.detach().cpu().double().numpy()
    output = network.output.detach().cpu().double().numpy()
    odd = sets.shape[1] % 2 == 1
    reach = np.maximum(np.abs(weights).sum(axis=1), 1e-300)
    for count in (32, 64, 128, 256, FREQUENCIES):
        amplitudes, residual = _expand(network.activation, bias, reach, odd, count)
        bound = float(np.abs(output) @ residual)
        if bound < 1e-13 * max(1.0, float(np.abs(output).sum())):
            break
    values = _contract(weights, reach, output[:, None] * amplitudes, sets, odd)
    half, _ = _expand(network.activation, bias, reach, odd, count // 2)
    change = np.abs(values - _contract(weights, reach, output[:, None] * half, sets, odd))
    rounding = 5e-15 * float(np.abs(output[:, None] * amplitudes).sum())
    return -values, np.full(len(sets), min(bound, 4 * float(change.max(initial=0.0))) + rounding)


def _expand(activation: str, bias: Floats, reach: Floats, odd: bool, count: int) -> tuple[Floats, Floats]:
    """Amplitudes (H, count + 1) of the even or odd part of x -> phi(b + R x) on [0, 1], and the residual (H,)."""
    x, basis, left_vectors, inverse_values, right_vectors = _fourier_extension(count, odd)
    arguments = np.stack([bias[:, None] + reach[:, None] * x, bias[:, None] - reach[:, None] * x])
    right, left = ACTIVATIONS[activation](torch.from_numpy(arguments)).numpy()
    part = (right - left) / 2 if odd else (right + left) / 2
    amplitudes = ((part @ left_vectors) * inverse_values) @ right_vectors  # in this order: the explicit inverse rounds
    return amplitudes, np.abs(amplitudes @ basis.T - part).max(axis=1)


@functools.cache
def _fourier_extension(count: int, odd: bool) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Nodes on [0, 1], the basis at the nodes (nodes, count + 1), and its truncated singular value decomposition."""
    n_nodes = 4 * count
    x = np.sin(np.pi * (np.arange(n_nodes) + 0.5) / (2 * n_nodes))  # denser towards the end of the interval
    angle = np.pi / 2 * np.outer(x, np.arange(count + 1))
    basis = np.sin(angle) if odd else np.cos(angle)
    left, values, right = np.linalg.svd(basis, full_matrices=False)
    keep = values > 1e-14 * values[0]
    return x, basis, left[:, keep], 1 / values[keep], right[keep]


def _contract(weights: Floats, reach: Floats, amplitudes: Floats, sets: Ints, odd: bool) -> Floats:
    """Return for every set (K,) the sum over units and frequencies of amplitude times product of sines and cosines."""
    order = sets.shape[1]
    sign = (-1) ** ((order - 1) // 2 if odd else order // 2)
    n_frequencies = amplitudes.shape[1]
    total = np.zeros(len(sets))
    block = max(1, _BLOCK // (n_frequencies * weights.shape[1]))
    for start in range(0, len(weights), block):
        part = slice(start, start + block)
        frequency = np.pi / 2 * np.arange(n_frequencies) / reach[part, None]
        angle = (frequency[:, :, None] * weights[part, None, :]).reshape(-1, weights.shape[1])
        cosine = np.cos(angle)
        cosine[cosine == 0] = 1e-300
        tangent = np.sin(angle) / cosine
        total += sign * sum_over_sets(amplitudes[part].ravel() * cosine.prod(axis=1), tangent, sets)
    return total
