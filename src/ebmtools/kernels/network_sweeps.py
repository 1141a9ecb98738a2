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
import numpy.typing as npt

from ebmtools.kernels.activations import Kind, exp, phi
from ebmtools.kernels.jit import Single, compiled
from ebmtools.kernels.spin_sweeps import Floats, SiteTerms, Words, uniform


class Chains(NamedTuple):
    """What changes as chains walk."""

    spins: Single
    """(C, N)."""
    words: Words
    """(C, 4, N), the generators."""
    flips: npt.NDArray[np.int64]
    """(C,), counted."""
    z: Single
    """(C, H), the pre-activations."""


class Terms(NamedTuple):
    """The energy: its polynomial, of which the couplings come as a matrix too, and all units of its networks."""

    sites: SiteTerms
    couplings: Single
    """(N, N): their sum is a pass over contiguous numbers."""
    weights: Single
    """(N, H)."""
    output: Single
    """(H,)."""


@compiled
def sweeps(
    kind: Kind, n_sweeps: int, metropolis: bool, at_random: bool, beta: Floats, chains: Chains, terms: Terms
) -> None:
    """Run sweeps of N proposals in place; beta (C,)."""
    spins, words, flips, z = chains
    sites, couplings, weights, output = terms
    n = spins.shape[1]
    one, bias = np.float32(1), np.float32(0 if metropolis else 1)
    unit, pick = np.empty(n, np.float32), np.empty(n, np.float32)
    for c in range(spins.shape[0]):
        here = np.float32(0)
        for h in range(output.size):
            here += output[h] * phi(kind, z[c, h])[0]
        for _ in range(n_sweeps):
            for visit in range(n):
                unit[visit] = uniform(words[c], visit)
            if at_random:
                for visit in range(n):
                    pick[visit] = uniform(words[c], visit)
            for visit in range(n):
                site = min(int(np.float64(pick[visit]) * n), n - 1) if at_random else visit
                step = np.float32(2) * spins[c, site]
                field = np.float32(sites.fields[site])
                for j in range(n):
                    field += couplings[site, j] * spins[c, j]
                for term in range(sites.first[site], sites.first[site + 1]):
                    product = np.float32(sites.coefficients[term])
                    for k in range(sites.offset[term], sites.offset[term + 1]):
                        product *= spins[c, sites.members[k]]
                    field += product
                there = np.float32(0)
                for h in range(output.size):
                    there += output[h] * phi(kind, z[c, h] - step * weights[site, h])[0]
                ratio = exp(np.float32(beta[c]) * (step * field + there - here))  # exp(beta Delta)
                if unit[visit] * (bias + ratio) < one:
                    spins[c, site] = -spins[c, site]
                    for h in range(output.size):
                        z[c, h] -= step * weights[site, h]
                    here = there
                    flips[c] += 1
