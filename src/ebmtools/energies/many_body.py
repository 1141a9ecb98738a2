"""Interactions of any orders, as a sum of products of spins."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from ebmtools.checks import ArrayLike, Floats, as_floats
from ebmtools.energies.base import Energy
from ebmtools.energies.polynomial import Polynomial


class ManyBody(Energy):
    r"""Interactions of any orders: E(s) = -sum_I xi_I prod_{i in I} s_i.

    Parameters
    ----------
    n_spins : int
        Number of spins N.
    interactions : sequence of tuples of int
        The sets I. Orders may differ; within a tuple no index repeats, and no set stands twice.
    coefficients : array-like, shape (n_interactions,)
        xi_I, in the same order. float32 is kept, all else becomes float64.

    Raises
    ------
    ValueError
        If an index is out of range or repeated, a set is empty or given twice, or the lengths differ.

    Notes
    -----
    Cost: O(sum of the orders) a state; all flips cost one (samples x interactions) x (interactions x N) product.
    Source: the second term of the generator of Feinauer & Lucibello 2022.

    Examples
    --------
    >>> E = ManyBody(4, [(0, 1, 2), (1, 2, 3)], [1.0, 0.5])
    >>> E([1, 1, 1, -1]).tolist()
    -0.5
    >>> E.flip_change([1, 1, 1, -1]).tolist()
    [2.0, 1.0, 1.0, -1.0]
    """

    def __init__(self, n_spins: int, interactions: Iterable[Sequence[int]], coefficients: ArrayLike) -> None:
        super().__init__(n_spins)
        if not isinstance(interactions, Iterable):
            raise TypeError(f"interactions: got {interactions!r}, expected a list of tuples, as [(0, 1, 2)].")
        self.interactions = [_index_set(indices, n_spins) for indices in interactions]
        seen: set[tuple[int, ...]] = set()
        for indices in self.interactions:
            if indices in seen:
                raise ValueError(f"interactions: {indices} stands twice. Give it once, with the coefficients added.")
            seen.add(indices)
        vector = as_floats(coefficients, "coefficients")
        if vector.shape != (len(self.interactions),):
            raise ValueError(
                f"coefficients: got shape {tuple(vector.shape)}, expected ({len(self.interactions)},): "
                "one for each interaction."
            )
        self.xi = nn.Parameter(vector.clone())
        incidence = torch.zeros(len(self.interactions), n_spins, dtype=vector.dtype)
        members = torch.full((len(self.interactions), max(map(len, self.interactions), default=1)), n_spins)
        for k, indices in enumerate(self.interactions):
            incidence[k, list(indices)] = 1
            members[k, : len(indices)] = torch.tensor(indices)
        self.register_buffer("_incidence", incidence, persistent=False)
        # Padded with N, where a spin that is always 1 stands.
        self.register_buffer("_members", members, persistent=False)

    @property
    def coefficients(self) -> Floats:
        """xi_I, (n_interactions,) float64: a copy, as NumPy."""
        return self.xi.detach().cpu().double().numpy().copy()

    def products(self, spins: Tensor) -> Tensor:
        """Return prod_{i in I} s_i for every interaction, shape (..., n_interactions)."""
        s = spins.to(self.xi.dtype)
        padded = torch.cat([s, s.new_ones((*s.shape[:-1], 1))], dim=-1)
        product = padded.new_ones((*s.shape[:-1], len(self.interactions)))
        for indices in self.get_buffer("_members").T:
            product = product * padded.index_select(-1, indices)
        return product

    def forward(self, spins: Tensor) -> Tensor:
        return -self.products(spins) @ self.xi

    def forward_flips(self, spins: Tensor) -> Tensor:
        return 2 * (self.products(spins) * self.xi) @ self.get_buffer("_incidence")

    def polynomial(self) -> Polynomial:
        fields, couplings = np.zeros(self.n_spins), np.zeros((self.n_spins, self.n_spins))
        interactions: dict[tuple[int, ...], float] = {}
        for indices, xi in zip(self.interactions, self.coefficients.tolist(), strict=True):
            if len(indices) == 1:
                fields[indices[0]] += xi
            elif len(indices) == 2:
                couplings[indices] = couplings[indices[::-1]] = xi
            else:
                interactions[indices] = xi
        return Polynomial(fields, couplings, interactions)


def _index_set(indices: Sequence[int], n_spins: int) -> tuple[int, ...]:
    """A checked, sorted index tuple."""
    try:
        members = tuple(sorted(operator.index(i) for i in indices))
    except TypeError as error:
        raise TypeError(f"interactions: got {indices!r}, expected a tuple of integers.") from error
    if not members:
        raise ValueError("interactions: got an empty tuple, expected at least one index.")
    if members[0] < 0 or members[-1] >= n_spins:
        raise ValueError(f"interactions: {tuple(indices)} has an index outside 0..{n_spins - 1}.")
    if len(set(members)) < len(members):
        raise ValueError(
            f"interactions: {tuple(indices)} repeats an index; s_i s_i = 1, so the repeated spin drops out. "
            "Give the set without it."
        )
    return members
