"""Potts models, site by site: sweeps of Gibbs chains, and the pseudolikelihood with its gradient.

Layout: couplings W (N, S, q, Q) with W[i, j, b, a] = J_ij(a, b). S is N, and Q is q, each rounded up to a multiple of
eight and zero there, so that a row W[i, j, b] is a whole number of vectors: it is what site j in state b adds to the
local fields of site i. Nothing is multiplied: rows are looked up by where they begin, and added, eight at a time.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba.np.numpy_support import carray

from ebmtools.checks.states import MOST_STATES
from ebmtools.kernels.activations import exp
from ebmtools.kernels.jit import Single, aligned, compiled, inlined, on_stack
from ebmtools.kernels.spin_sweeps import Words, uniform

LANE = 8
"""Sites, states and groups are padded to a multiple of it."""
Bytes = npt.NDArray[np.uint8]
Places = npt.NDArray[np.uint32]
Width = tuple[int, ...]
"""Q, in eights, as the length of a tuple: numba compiles a kernel for each length that is used."""
_row_on_stack = on_stack(MOST_STATES)


class Lookup(NamedTuple):
    """What a data set of states (M, N) looks up; `order` and `starts` list the samples of each site and state."""

    states: Bytes
    """(M, N)."""
    rows: Places
    """(M, S): where the row of each site in its state begins in W[i]."""
    order: Places
    """Where the rows of the samples of one group begin in an array (M + 1, Q) whose last row is zero."""
    starts: npt.NDArray[np.int64]
    """(N q + 1,): where each group begins in `order`, at multiples of eight."""


def padded(count: int) -> int:
    """Return the next multiple of eight.

    >>> padded(21)
    24
    """
    return -(-count // LANE) * LANE


def row_starts(states: npt.NDArray[Any], n_states: int) -> Places:
    """Return where the rows of states (M, N) begin, (M, S). Sites that are not there are in state 0: zeros."""
    wide = np.zeros((len(states), padded(states.shape[1])), np.uint32)
    wide[:, : states.shape[1]] = states
    return (np.arange(wide.shape[1], dtype=np.uint32) * n_states + wide) * np.uint32(padded(n_states))


def lookup(states: npt.NDArray[Any], n_states: int) -> Lookup:
    """Return the tables of states (M, N).

    >>> lookup(np.array([[1], [0], [1]]), 2).order[:9] // 8  # sample 1, seven times nothing, samples 0 and 2
    array([1, 3, 3, 3, 3, 3, 3, 3, 0], dtype=uint32)
    """
    samples, sites = states.shape
    group = (np.arange(sites)[:, None] * n_states + states.T).ravel()
    counts = np.bincount(group, minlength=sites * n_states)
    starts = np.concatenate([[0], np.cumsum(-(-counts // LANE) * LANE)])
    by_group = np.argsort(group, kind="stable")
    rank = np.arange(group.size) - (np.cumsum(counts) - counts)[group[by_group]]
    order = np.full(starts[-1], samples, np.uint32)
    order[starts[group[by_group]] + rank] = by_group % samples
    rows = row_starts(states, n_states)
    return Lookup(states.astype(np.uint8), rows, order * np.uint32(padded(n_states)), starts)


def width(n_states: int) -> Width:
    """Return Q of q states as kernels take it.

    >>> width(21)
    (8, 8, 8)
    """
    return (LANE,) * (padded(n_states) // LANE)


@inlined
def _row(wide: Width) -> Any:
    """Return Q numbers on the stack: sums in them stay in registers."""
    return carray(_row_on_stack(np.float32), (8 * len(wide),))


@inlined
def _add_eight(wide: Width, table: Any, at: Any, first: int, out: Any) -> None:
    """Add to `out` (Q,) the eight rows of a flat table that begin at at[first], at[first + 1], and so on."""
    r0, r1, r2, r3 = at[first], at[first + 1], at[first + 2], at[first + 3]
    r4, r5, r6, r7 = at[first + 4], at[first + 5], at[first + 6], at[first + 7]
    for a in range(8 * len(wide)):
        out[a] += ((table[r0 + a] + table[r1 + a]) + (table[r2 + a] + table[r3 + a])) + (
            (table[r4 + a] + table[r5 + a]) + (table[r6 + a] + table[r7 + a])
        )


@compiled
def site_loss(
    wide: Width,
    site: int,
    n_states: int,
    data: Lookup,
    weights: Single,
    couplings: Single,
    fields: Single,
    local: Single,
    gradient: Single,
    slope: Single,
) -> float:
    """Return -sum_m w_m log p(s_i | rest) of one site; fill `gradient` (N q, Q) of W[i] and `slope` (Q,) of h_i.

    weights (M,), couplings W[i] flat, fields h_i (Q,), local (M + 1, Q) is scratch.
    """
    row, total = _row(wide), _row(wide)
    value = 0.0
    total[:] = np.float32(0)
    for m in range(weights.size):
        row[:] = fields
        for first in range(0, data.rows.shape[1], 8):
            _add_eight(wide, couplings, data.rows[m], first, row)
        at = data.states[m, site]
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
            total[a] += row[a]
            local[m, a] = row[a]
    local[weights.size] = np.float32(0)
    for a in range(row.size):
        slope[a] = total[a]
    flat = local.ravel()
    for group in range(data.starts.size - 1):
        total[:] = np.float32(0)
        for first in range(data.starts[group], data.starts[group + 1], 8):
            _add_eight(wide, flat, data.order, first, total)
        for a in range(row.size):
            gradient[group, a] = total[a]
    return value


@compiled
def sweep(
    wide: Width,
    n_states: int,
    beta: Single,
    words: Words,
    couplings: Single,
    fields: Single,
    rows: Places,
    changed: npt.NDArray[np.int64],
) -> None:
    """Draw every site of every chain in turn from its conditional distribution; count the changes of each chain.

    couplings (N, S q Q), fields (N, Q), rows (C, S) as of `row_starts`, beta and changed (C,), words (4, C).
    """
    local = _row(wide)
    for i in range(fields.shape[0]):  # all chains at one site, whose couplings stay in the cache
        for c in range(rows.shape[0]):
            local[:] = fields[i]
            for first in range(0, rows.shape[1], 8):
                _add_eight(wide, couplings[i], rows[c], first, local)
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
            row = np.uint32((i * n_states + drawn) * local.size)
            changed[c] += row != rows[c, i]
            rows[c, i] = row


def layout(couplings: npt.NDArray[Any], fields: npt.NDArray[Any]) -> tuple[Single, Single]:
    """Return J (N, N, q, q) and h (N, q) as these kernels read them."""
    n, q = fields.shape
    wide, local = aligned((n, padded(n), q, padded(q)), np.float32), aligned((n, padded(q)), np.float32)
    wide[:, :n, :, :q] = couplings.transpose(0, 1, 3, 2)
    local[:, :q] = fields
    return wide, local
