"""Compiled sweeps of single-spin dynamics for energies that contain a network with one hidden layer, or few chains.

Layout: one chain at a time, so a chain alone is not slower than one of many. Its pre-activations z (H,) and the row of
weights of the visited site, from (N, H), are contiguous, so a proposal is one vectorised pass over the hidden units:
O(H + N), where a forward pass costs O(H N). A flip moves z by a rank-one step. Rounding would build up over many flips,
so the caller computes z afresh for each call. Each chain has N xoshiro128++ generators, (4, N) words, which fill one
sweep's worth of random numbers at once.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ebmtools.checks import Floats, Ints
from ebmtools.kernels.activations import (
    Phi,
    Single,
    _cube,
    _gelu,
    _inlined,
    _log_cosh,
    _relu,
    _softplus,
    _square,
    _tanh,
)
from ebmtools.kernels.exponential import exp
from ebmtools.kernels.spin_sweeps import Words, _compiled, uniform
from ebmtools.sampling.spin_form import SpinForm


class Chains(NamedTuple):
    """What changes as chains walk."""

    spins: Single
    """(C, N)."""
    words: Words
    """(C, 4, N), the generators."""
    flips: Ints
    """(C,), counted."""
    z: Single
    """(C, H), the pre-activations."""


class Terms(NamedTuple):
    """The energy. Couplings come as a matrix beside the form, so that their sum is a pass over contiguous numbers."""

    form: SpinForm
    couplings: Single
    """(N, N)."""
    weights: Single
    """(N, H)."""
    output: Single
    """(H,)."""


@_inlined
def _sweeps(
    phi: Phi, n_sweeps: int, metropolis: bool, at_random: bool, beta: Floats, chains: Chains, terms: Terms
) -> None:
    """Run sweeps of N proposals in place; beta (C,)."""
    spins, words, flips, z = chains
    form, couplings, weights, output = terms
    n = spins.shape[1]
    one, bias = np.float32(1), np.float32(0 if metropolis else 1)
    unit, pick = np.empty(n, np.float32), np.empty(n, np.float32)
    for c in range(spins.shape[0]):
        here = np.float32(0)
        for h in range(output.size):
            here += output[h] * phi(z[c, h])[0]
        for _ in range(n_sweeps):
            for visit in range(n):
                unit[visit] = uniform(words[c], visit)
            if at_random:
                for visit in range(n):
                    pick[visit] = uniform(words[c], visit)
            for visit in range(n):
                site = min(int(np.float64(pick[visit]) * n), n - 1) if at_random else visit
                step = np.float32(2) * spins[c, site]
                field = np.float32(form.fields[site])
                for j in range(n):
                    field += couplings[site, j] * spins[c, j]
                for term in range(form.first[site], form.first[site + 1]):
                    product = np.float32(form.coefficients[term])
                    for k in range(form.offset[term], form.offset[term + 1]):
                        product *= spins[c, form.members[k]]
                    field += product
                there = np.float32(0)
                for h in range(output.size):
                    there += output[h] * phi(z[c, h] - step * weights[site, h])[0]
                ratio = exp(np.float32(beta[c]) * (step * field + there - here))  # exp(beta Delta)
                if unit[visit] * (bias + ratio) < one:
                    spins[c, site] = -spins[c, site]
                    for h in range(output.size):
                        z[c, h] -= step * weights[site, h]
                    here = there
                    flips[c] += 1


@_compiled
def _sweeps_relu(n_sweeps: int, metropolis: bool, at_random: bool, beta: Floats, chains: Chains, terms: Terms) -> None:
    _sweeps(_relu, n_sweeps, metropolis, at_random, beta, chains, terms)


@_compiled
def _sweeps_tanh(n_sweeps: int, metropolis: bool, at_random: bool, beta: Floats, chains: Chains, terms: Terms) -> None:
    _sweeps(_tanh, n_sweeps, metropolis, at_random, beta, chains, terms)


@_compiled
def _sweeps_gelu(n_sweeps: int, metropolis: bool, at_random: bool, beta: Floats, chains: Chains, terms: Terms) -> None:
    _sweeps(_gelu, n_sweeps, metropolis, at_random, beta, chains, terms)


@_compiled
def _sweeps_softplus(
    n_sweeps: int, metropolis: bool, at_random: bool, beta: Floats, chains: Chains, terms: Terms
) -> None:
    _sweeps(_softplus, n_sweeps, metropolis, at_random, beta, chains, terms)


@_compiled
def _sweeps_log_cosh(
    n_sweeps: int, metropolis: bool, at_random: bool, beta: Floats, chains: Chains, terms: Terms
) -> None:
    _sweeps(_log_cosh, n_sweeps, metropolis, at_random, beta, chains, terms)


@_compiled
def _sweeps_square(
    n_sweeps: int, metropolis: bool, at_random: bool, beta: Floats, chains: Chains, terms: Terms
) -> None:
    _sweeps(_square, n_sweeps, metropolis, at_random, beta, chains, terms)


@_compiled
def _sweeps_cube(n_sweeps: int, metropolis: bool, at_random: bool, beta: Floats, chains: Chains, terms: Terms) -> None:
    _sweeps(_cube, n_sweeps, metropolis, at_random, beta, chains, terms)


SWEEPS = {
    "relu": _sweeps_relu,
    "tanh": _sweeps_tanh,
    "gelu": _sweeps_gelu,
    "softplus": _sweeps_softplus,
    "log_cosh": _sweeps_log_cosh,
    "square": _sweeps_square,
    "cube": _sweeps_cube,
}
"""The kernel of each activation."""
