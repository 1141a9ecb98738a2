"""Potts models, site by site: sweeps of Gibbs chains, and the pseudolikelihood with its gradient.

Layout: couplings W (N, S, q, Q) with W[i, j, b, a] = J_ij(a, b). S is N, and Q is q, each rounded up to a multiple of
eight and zero there, so that a row W[i, j, b] is a whole number of vectors: it is what site j in state b adds to the
local fields of site i. Nothing is multiplied: rows are looked up and added, eight sites at a time.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ebmtools.kernels.activations import exp
from ebmtools.kernels.jit import Single, aligned, compiled, inlined
from ebmtools.kernels.spin_sweeps import Words, uniform

LANE = 8
"""Sites and states are padded to a multiple of it."""
Bytes = npt.NDArray[np.uint8]


def padded(count: int) -> int:
    """Return the next multiple of eight.

    >>> padded(21)
    24
    """
    return -(-count // LANE) * LANE


@inlined
def _add_eight(rows: Any, first: int, s: Any, out: Any) -> None:
    """Add the rows of eight sites in their states to `out`."""
    w0, w1 = rows[first, s[first]], rows[first + 1, s[first + 1]]
    w2, w3 = rows[first + 2, s[first + 2]], rows[first + 3, s[first + 3]]
    w4, w5 = rows[first + 4, s[first + 4]], rows[first + 5, s[first + 5]]
    w6, w7 = rows[first + 6, s[first + 6]], rows[first + 7, s[first + 7]]
    for a in range(out.size):
        out[a] += ((w0[a] + w1[a]) + (w2[a] + w3[a])) + ((w4[a] + w5[a]) + (w6[a] + w7[a]))


@inlined
def _add_to_four(rows: Any, first: int, s: Any, row: Any) -> None:
    """Add `row` to the rows of four sites in their states."""
    g0, g1 = rows[first, s[first]], rows[first + 1, s[first + 1]]
    g2, g3 = rows[first + 2, s[first + 2]], rows[first + 3, s[first + 3]]
    for a in range(row.size):
        g0[a] += row[a]
        g1[a] += row[a]
        g2[a] += row[a]
        g3[a] += row[a]


@compiled
def site_loss(
    site: int,
    n_states: int,
    states: Bytes,
    weights: Single,
    couplings: Single,
    fields: Single,
    local: Single,
    gradient: Single,
    slope: Single,
) -> float:
    """Return -sum_m w_m log p(s_i | rest) of one site; fill `gradient` (S, q, Q) of W[i] and `slope` (Q,) of h_i.

    states (M, S), weights (M,), couplings W[i] (S, q, Q), fields h_i (Q,), local (M, Q) is scratch.
    """
    for m in range(states.shape[0]):
        local[m] = fields
    for first in range(0, states.shape[1], 8):
        for m in range(states.shape[0]):
            _add_eight(couplings, first, states[m], local[m])
    value = 0.0
    slope[:] = np.float32(0)
    for m in range(states.shape[0]):
        row, at = local[m], states[m, site]
        highest = row[0]
        for a in range(1, n_states):
            highest = max(highest, row[a])
        value -= weights[m] * (row[at] - highest)
        z = np.float32(0)
        for a in range(row.size):
            row[a] = exp(row[a] - highest)
        for a in range(n_states):
            z += row[a]
        value += weights[m] * np.log(z)
        share = weights[m] / z
        for a in range(row.size):
            row[a] *= share
        row[at] -= weights[m]
        for a in range(row.size):
            slope[a] += row[a]
    gradient[:] = np.float32(0)
    for first in range(0, states.shape[1], 4):
        for m in range(states.shape[0]):
            _add_to_four(gradient, first, states[m], local[m])
    return value


@compiled
def sweep(
    n_states: int,
    beta: Single,
    words: Words,
    couplings: Single,
    fields: Single,
    states: Bytes,
    changed: npt.NDArray[np.int64],
) -> None:
    """Draw every site of every chain in turn from its conditional distribution; count the changes of each chain.

    couplings (N, S, q, Q), fields (N, Q), states (C, S), beta and changed (C,), words (4, C).
    """
    local = np.empty(fields.shape[1], np.float32)
    for i in range(fields.shape[0]):  # all chains at one site, whose couplings stay in the cache
        for c in range(states.shape[0]):
            local[:] = fields[i]
            for first in range(0, states.shape[1], 8):
                _add_eight(couplings[i], first, states[c], local)
            highest = local[0]
            for a in range(1, n_states):
                highest = max(highest, local[a])
            z = np.float32(0)
            for a in range(n_states):
                local[a] = exp(beta[c] * (local[a] - highest))
                z += local[a]
            left, drawn = uniform(words, c) * z, n_states - 1
            for a in range(n_states):
                left -= local[a]
                if left <= 0:
                    drawn = a
                    break
            changed[c] += drawn != states[c, i]
            states[c, i] = drawn


def layout(couplings: npt.NDArray[Any], fields: npt.NDArray[Any]) -> tuple[Single, Single]:
    """Return J (N, N, q, q) and h (N, q) as these kernels read them."""
    n, q = fields.shape
    wide, local = aligned((n, padded(n), q, padded(q)), np.float32), aligned((n, padded(q)), np.float32)
    wide[:, :n, :, :q] = couplings.transpose(0, 1, 3, 2)
    local[:, :q] = fields
    return wide, local


def padded_states(states: npt.NDArray[Any]) -> Bytes:
    """Return states (M, N) as (M, S) bytes: the sites that are not there are in state 0, where their rows are zero."""
    wide = np.zeros((len(states), padded(states.shape[1])), np.uint8)
    wide[:, : states.shape[1]] = states
    return wide
