"""Compiled sweeps of single-spin dynamics for pairwise and many-body energies.

Layout: `LANES` chains side by side. Spins are float32 (N, LANES), so that the spins of one site in all chains are
contiguous and every inner loop runs over chains: one instruction serves many. The local field of a site is recomputed
at each visit, which at acceptance near one half costs less than keeping all fields up to date. Each chain has a
xoshiro128++ generator of its own (Blackman & Vigna 2021), four uint32 words stored as (4, LANES).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

LANES = 64
Single = npt.NDArray[np.float32]
Words = npt.NDArray[np.uint32]
Index = npt.NDArray[np.int64]


class SpinForm(NamedTuple):
    """Couplings, fields and interactions of order 3 and up, listed site by site, as the kernels read them."""

    couplings: Single
    """(N, N)."""
    fields: Single
    """(N,)."""
    start: Index
    """(N + 1,): the terms of site i are start[i] to start[i + 1]."""
    coefficients: Single
    """(T,): xi of each term."""
    offset: Index
    """(T + 1,): the other spins of term t are members[offset[t]] to members[offset[t + 1]]."""
    members: Index


_compiled = njit(cache=True, error_model="numpy", fastmath={"reassoc", "contract", "nsz", "arcp"})
_LOG2E = np.float32(1 / math.log(2))
_TO_UNIT = np.float32(2.0**-24)


@_compiled
def _uniform(words: Words, unit: Single) -> None:
    """Fill `unit` with numbers in (0, 1): one step of xoshiro128++ a chain."""
    for c in range(unit.size):
        a, b, d = words[0, c], words[1, c], words[3, c]
        mix = np.uint32(a + d)
        out = np.uint32(np.uint32((mix << np.uint32(7)) | (mix >> np.uint32(25))) + a)
        e = np.uint32(words[2, c] ^ a)
        d = np.uint32(d ^ b)
        words[2, c] = np.uint32(e ^ np.uint32(b << np.uint32(9)))
        words[1, c] = np.uint32(b ^ e)
        words[0, c] = np.uint32(a ^ d)
        words[3, c] = np.uint32((d << np.uint32(11)) | (d >> np.uint32(21)))
        unit[c] = (np.float32(np.int32(out >> np.uint32(8))) + np.float32(0.5)) * _TO_UNIT


@_compiled
def _local_field(site: int, spins: Single, form: SpinForm, field: Single, product: Single) -> None:
    """Fill `field` with f_i = h_i + sum_j J_ij s_j + sum_{I with i} xi_I prod_{j in I, j != i} s_j; Delta = 2 s f."""
    for c in range(field.size):
        field[c] = form.fields[site]
    for j in range(form.couplings.shape[1]):
        strength = form.couplings[site, j]
        if strength != 0:
            for c in range(field.size):
                field[c] += strength * spins[j, c]
    for term in range(form.start[site], form.start[site + 1]):
        for c in range(field.size):
            product[c] = form.coefficients[term]
        for k in range(form.offset[term], form.offset[term + 1]):
            j = form.members[k]
            for c in range(field.size):
                product[c] *= spins[j, c]
        for c in range(field.size):
            field[c] += product[c]


@_compiled
def sweeps(n_sweeps: int, metropolis: bool, beta: float, spins: Single, words: Words, form: SpinForm) -> int:
    """Run `n_sweeps` sweeps of N proposals in place and return the number of flips.

    Gibbs visits the sites in order and flips with probability 1 / (1 + exp(beta Delta)). Metropolis draws each site at
    random, the same one for all chains of the block, and flips with probability min(1, exp(-beta Delta)): in order it
    would flip every free spin at every visit and never forget its start.
    """
    n, lanes = spins.shape
    unit, field, product = np.empty(lanes, np.float32), np.empty(lanes, np.float32), np.empty(lanes, np.float32)
    one, cap = np.float32(1), np.float32(80)
    scale = np.float32(2 * beta)
    flips = 0
    for _ in range(n_sweeps):
        for visit in range(n):
            site = visit
            if metropolis:
                _uniform(words, unit)
                site = min(int(np.float64(unit[0]) * n), n - 1)
            _local_field(site, spins, form, field, product)
            _uniform(words, unit)
            count = 0
            for c in range(lanes):
                x = scale * spins[site, c] * field[c]  # beta Delta
                e = min(max(x, -cap), cap) * _LOG2E
                whole = np.floor(e)
                f = e - whole
                g = np.float32(1.8775767e-3) * f + np.float32(8.9893397e-3)  # 2^f on [0, 1)
                g = g * f + np.float32(5.5826318e-2)
                g = g * f + np.float32(2.4015361e-1)
                g = g * f + np.float32(6.9315308e-1)
                g = g * f + np.float32(9.9999994e-1)
                g *= np.int32((np.int32(whole) + np.int32(127)) << np.int32(23)).view(np.float32)
                ratio = g if metropolis else one + g
                flip = unit[c] * ratio < one
                count += int(flip)
                spins[site, c] *= np.float32(1) - np.float32(2) * np.float32(flip)
            flips += count
    return flips
