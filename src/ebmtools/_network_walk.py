"""Compiled sweeps of single-spin dynamics for energies that contain a network with one hidden layer.

Layout: one chain at a time. Its pre-activations z (H,) and the row of weights of the visited site, from (N, H), are
contiguous, so a proposal is one vectorised pass over the hidden units: O(H + N), where a forward pass costs O(H N).
A flip moves z by a rank-one step. Rounding would build up over many flips, so the caller computes z afresh for each
call. Each chain has N xoshiro128++ generators, (4, N) words, which fill one sweep's worth of random numbers at once.
"""

from __future__ import annotations

import math

import numpy as np

from ebmtools._network_kernels import Phi, Single, _compiled, _cube, _gelu, _inlined, _relu, _tanh
from ebmtools._spin_kernels import SpinForm, Words, _uniform


@_inlined
def _sweeps(
    phi: Phi, n_sweeps: int, metropolis: bool, beta: float, spins: Single, words: Words,
    form: SpinForm, weights: Single, z: Single, output: Single,
) -> int:  # fmt: skip
    """Run sweeps of N proposals in place on spins (C, N) and z (C, H), words (C, 4, N); return the number of flips."""
    n = spins.shape[1]
    unit, pick = np.empty(n, np.float32), np.empty(n, np.float32)
    flips = 0
    for c in range(spins.shape[0]):
        here = np.float32(0)
        for h in range(output.size):
            here += output[h] * phi(z[c, h])[0]
        for _ in range(n_sweeps):
            _uniform(words[c], unit)
            if metropolis:
                _uniform(words[c], pick)
            for visit in range(n):
                site = min(int(np.float64(pick[visit]) * n), n - 1) if metropolis else visit
                step = np.float32(2) * spins[c, site]
                field = form.fields[site]
                for j in range(n):
                    field += form.couplings[site, j] * spins[c, j]
                for term in range(form.start[site], form.start[site + 1]):
                    product = form.coefficients[term]
                    for k in range(form.offset[term], form.offset[term + 1]):
                        product *= spins[c, form.members[k]]
                    field += product
                there = np.float32(0)
                for h in range(output.size):
                    there += output[h] * phi(z[c, h] - step * weights[site, h])[0]
                ratio = math.exp(min(beta * (step * field + there - here), 80.0))  # exp(beta Delta)
                if unit[visit] * (ratio if metropolis else 1.0 + ratio) < 1.0:
                    spins[c, site] = -spins[c, site]
                    for h in range(output.size):
                        z[c, h] -= step * weights[site, h]
                    here = there
                    flips += 1
    return flips


@_compiled
def _sweeps_relu(
    n_sweeps: int, metropolis: bool, beta: float, spins: Single, words: Words,
    form: SpinForm, weights: Single, z: Single, output: Single,
) -> int:  # fmt: skip
    return _sweeps(_relu, n_sweeps, metropolis, beta, spins, words, form, weights, z, output)


@_compiled
def _sweeps_tanh(
    n_sweeps: int, metropolis: bool, beta: float, spins: Single, words: Words,
    form: SpinForm, weights: Single, z: Single, output: Single,
) -> int:  # fmt: skip
    return _sweeps(_tanh, n_sweeps, metropolis, beta, spins, words, form, weights, z, output)


@_compiled
def _sweeps_gelu(
    n_sweeps: int, metropolis: bool, beta: float, spins: Single, words: Words,
    form: SpinForm, weights: Single, z: Single, output: Single,
) -> int:  # fmt: skip
    return _sweeps(_gelu, n_sweeps, metropolis, beta, spins, words, form, weights, z, output)


@_compiled
def _sweeps_cube(
    n_sweeps: int, metropolis: bool, beta: float, spins: Single, words: Words,
    form: SpinForm, weights: Single, z: Single, output: Single,
) -> int:  # fmt: skip
    return _sweeps(_cube, n_sweeps, metropolis, beta, spins, words, form, weights, z, output)


SWEEPS = {"relu": _sweeps_relu, "tanh": _sweeps_tanh, "gelu": _sweeps_gelu, "cube": _sweeps_cube}
"""The kernel of each activation that has one."""
