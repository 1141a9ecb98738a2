"""Products of spins that are identical in all samples of a data set, up to one sign.

Products of signs are sums of bits: a linear hash of every spin's column (relative to the first sample, so that a column
and its negative agree) gives the hash of any product as the exclusive or of its members' hashes. 64 random bits a
sample make a chance collision among 10^7 products less likely than 10^-5; a constant has hash zero.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from torch import Tensor

from ebmtools.checks import Ints, Tuples
from ebmtools.extraction.subsets import subsets
from ebmtools.pursuit.score_tests import groups_of_sets


class Products:
    """Hashes of the products of the spins of one data set, int8 (M, N). Cost: O(M N)."""

    def __init__(self, samples: Tensor) -> None:
        spins = samples.numpy()
        words = np.random.default_rng(0).integers(-(2**63), 2**63 - 1, len(spins))
        differs = (spins != spins[0]).T
        self.spin_keys = np.array([np.bitwise_xor.reduce(words[row]) for row in differs] + [0], np.int64)
        n = spins.shape[1]
        self.smaller: Tuples = [(), *((i,) for i in range(n)), *map(tuple, subsets(n, 2).tolist())]
        self.simple = self.keys(self.smaller)
        """The hashes of a constant, the spins and the pairs, which are always in the model."""

    def keys(self, interactions: Tuples) -> Ints:
        """Return the hash of each product, int64."""
        members = [list(indices) for indices in interactions]
        return np.array([np.bitwise_xor.reduce(self.spin_keys[row], initial=0) for row in members], np.int64)

    def same(self, interactions: Tuples, orders: Sequence[int]) -> Tuples:
        """Return all sets of these orders whose product is that of one of the interactions. One pass over the sets."""
        wanted = np.unique(self.keys(interactions))
        second, first = np.tril_indices(len(self.spin_keys) - 1, -1)
        pairs = self.spin_keys[first] ^ self.spin_keys[second]
        found = []
        for count, rests in groups_of_sets(len(self.spin_keys) - 1, orders) if len(wanted) else ():
            keys = pairs[:count, None] ^ np.bitwise_xor.reduce(self.spin_keys[rests], axis=1)
            place = np.searchsorted(wanted, keys).clip(max=len(wanted) - 1)
            for row, column in zip(*np.nonzero(wanted[place] == keys), strict=True):
                rest = [int(i) for i in rests[column] if i < len(self.spin_keys) - 1]
                found.append((int(first[row]), int(second[row]), *rest))
        return found

    def rivals(self, interactions: Tuples, others: Tuples) -> dict[tuple[int, ...], Tuples]:
        """Return, for those of the interactions that have any, the others (and smaller sets) with the same product."""
        equal: dict[int, Tuples] = {key: [] for key in self.keys(interactions).tolist()}
        others = self.smaller + others
        for key, other in zip(self.keys(others).tolist(), others, strict=True):
            if key in equal:
                equal[key].append(other)
        found = {}
        for key, one in zip(self.keys(interactions).tolist(), interactions, strict=True):
            if rest := [other for other in equal[key] if other != one]:
                found[one] = rest
        return found
