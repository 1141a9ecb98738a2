"""Walsh coefficients of any energy from sampled states, with little noise and an honest error.

Two ideas beat plain uniform sampling. First, a flip: J_ij = (1/2) mean[ Delta_i s_i s_j ] keeps only the terms of E
that contain spin i. Second, a design: the states are those of a linear orthogonal array, s_i(u) = (-1)^(g_i.u +
shift_i) for all binary words u, with distinct words g_i that share a leading one. There the products of 1, 2, 3 or
any odd number of spins average to zero exactly, as over all 2^N states, so that with the flip only terms of order 4
and more leave noise (an even number beyond the wanted ones). The shifts are random, which makes each array unbiased,
and the spread over independent arrays is the error.
"""

from __future__ import annotations

import numpy as np
import torch

from ebmtools.checks import Floats, Ints, Spins, check_whole
from ebmtools.energies.base import Energy
from ebmtools.extraction.subsets import by_first, sum_over_sets

ARRAYS = 16
_CHUNK = 4096


def sampled_coefficients(energy: Energy, sets: Ints, n_samples: int, seed: int) -> tuple[Floats, Floats]:
    """Return estimates of xi_I for the sets (K, order) of one order, and their standard errors, both (K,)."""
    check_whole(n_samples, "n_samples")
    n, order = energy.n_spins, sets.shape[1]
    bits = max((n - 1).bit_length() + 1, (-(-int(n_samples) // ARRAYS) - 1).bit_length())
    rng = np.random.default_rng(seed)
    estimates = np.empty((ARRAYS, len(sets)))
    for k in range(ARRAYS):
        spins = orthogonal_array(n, bits, rng)
        total = np.zeros(len(sets))
        for part in np.array_split(spins, -(-len(spins) // _CHUNK)):
            with torch.no_grad():
                states = part.astype(np.float64)
                change = energy.flip_change(part).double().cpu().numpy() * states  # Delta_i s_i
            total += _correlate(change, states, sets) / (2 * order)
        estimates[k] = total / len(spins)
    return estimates.mean(axis=0), estimates.std(axis=0, ddof=1) / np.sqrt(ARRAYS)


def orthogonal_array(n_spins: int, bits: int, rng: np.random.Generator) -> Spins:
    """Return the 2^bits states of a random linear orthogonal array of strength 3, (2^bits, N); 2^(bits - 1) >= N."""
    words = rng.choice(2 ** (bits - 1), n_spins, replace=False) + 2 ** (bits - 1)
    parity = np.arange(2**bits)[:, None] & words
    for shift in (16, 8, 4, 2, 1):
        parity ^= parity >> shift
    flips = rng.integers(0, 2, n_spins)
    spins: Spins = (1 - 2 * ((parity & 1) ^ flips)).astype(np.int8)
    return spins


def _correlate(change: Floats, spins: Floats, sets: Ints) -> Floats:
    """Return sum over states and members i of I of change_i prod_{j in I, j != i} s_j, for every set (K,)."""
    order = sets.shape[1]
    if order == 1:
        return np.asarray(change.sum(axis=0))[sets[:, 0]]
    if order == 2:
        product = change.T @ spins
        return np.asarray(product + product.T)[sets[:, 0], sets[:, 1]]
    result = np.empty(len(sets))
    for same in by_first(sets):
        first, others = sets[same.start, 0], sets[same, 1:]
        with_first = _correlate(change * spins[:, [first]], spins, others)
        result[same] = with_first + sum_over_sets(change[:, first], spins, others)
    return result
