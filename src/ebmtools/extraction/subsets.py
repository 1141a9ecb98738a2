"""All sets of so many spins, and sums of products over them."""

from __future__ import annotations

import numpy as np

from ebmtools.checks import Floats, Ints


def subsets(n_spins: int, order: int) -> Ints:
    """Return all sets of `order` spins, (C(N, order), order), in lexicographic order.

    >>> subsets(3, 2).tolist()
    [[0, 1], [0, 2], [1, 2]]
    """
    rows = np.arange(n_spins, dtype=np.int64)[:, None]
    for _ in range(order - 1):
        room = n_spins - 1 - rows[:, -1]
        last = np.repeat(rows[:, -1], room) + 1 + np.arange(room.sum()) - np.repeat(np.cumsum(room) - room, room)
        rows = np.column_stack([np.repeat(rows, room, axis=0), last])
    return rows


def sum_over_sets(weight: Floats, values: Floats, sets: Ints) -> Floats:
    """Return sum_r weight_r prod_{i in I} values_ri, (K,), for sets (K, order) in lexicographic order.

    One matrix product for each choice of all but two members.

    >>> sum_over_sets(np.array([1.0, 2.0]), np.array([[1.0, 2.0, 3.0], [1.0, 1.0, 1.0]]), subsets(3, 2)).tolist()
    [4.0, 5.0, 8.0]
    """
    order = sets.shape[1]
    if order == 1:
        return np.asarray(weight @ values)[sets[:, 0]]
    if order == 2:
        return np.asarray(values.T @ (weight[:, None] * values))[sets[:, 0], sets[:, 1]]
    result = np.empty(len(sets))
    for same in by_first(sets):
        first, others = sets[same.start, 0], sets[same, 1:]
        result[same] = sum_over_sets(weight * values[:, first], values, others)
    return result


def by_first(sets: Ints) -> list[slice]:
    """Return where the sets stand that share their first member.

    >>> by_first(subsets(4, 2))
    [slice(0, 3, None), slice(3, 5, None), slice(5, 6, None)]
    """
    starts = np.flatnonzero(np.diff(sets[:, 0], prepend=-1)).tolist()
    return [slice(start, stop) for start, stop in zip(starts, [*starts[1:], len(sets)], strict=True)]
