"""The energies of physics: couplings with fields, and interactions of any order; linear in their parameters."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Sequence

import torch
from torch import Tensor, nn

from ebmtools.checks import ArrayLike, Floats, as_floats
from ebmtools.energies.base import Energy


class Pairwise(Energy):
    r"""The pairwise model, or Boltzmann machine: E(s) = -sum_i h_i s_i - sum_{i<j} J_ij s_i s_j.

    Parameters
    ----------
    couplings : array-like, shape (N, N)
        J, symmetric, with a zero diagonal. float32 is kept, all else becomes float64.
    fields : array-like, shape (N,), optional
        h; zero where it is not given.

    Attributes
    ----------
    upper : nn.Parameter, shape (N (N - 1) / 2,)
        J_ij for i < j, row by row: each pair is one parameter.
    local_fields : nn.Parameter, shape (N,)

    Raises
    ------
    ValueError
        If the matrix is not square, finite, symmetric, and zero on its diagonal, or the fields do not fit.

    References
    ----------
    Ackley, Hinton & Sejnowski 1985. Cost: O(N^2) a state, for all N flips together.

    Examples
    --------
    >>> E = Pairwise([[0, 2], [2, 0]], fields=[0.5, 0])
    >>> E([[1, 1], [1, -1]]).tolist()
    [-2.5, 1.5]
    >>> E.flip_change([1, 1]).tolist()
    [5.0, 4.0]
    """

    def __init__(self, couplings: ArrayLike, fields: ArrayLike | None = None) -> None:
        matrix = as_floats(couplings, "couplings")
        if matrix.dim() != 2 or matrix.shape[0] != matrix.shape[1]:
            raise ValueError(f"couplings: got shape {tuple(matrix.shape)}, expected a square matrix (N, N).")
        super().__init__(matrix.shape[0])
        asymmetry = (matrix - matrix.T).abs()
        if float(asymmetry.max()) > 1e-9 * float(matrix.abs().max()):
            i, j = divmod(int(asymmetry.argmax()), self.n_spins)
            raise ValueError(
                f"couplings: J[{i}, {j}] = {float(matrix[i, j]):g} but J[{j}, {i}] = {float(matrix[j, i]):g}, expected "
                "a symmetric matrix. Pairs are counted once: give J + J.T if yours is upper triangular."
            )
        if float(matrix.diagonal().abs().max()) > 1e-12 * float(matrix.abs().max()):
            i = int(matrix.diagonal().abs().argmax())
            raise ValueError(
                f"couplings: J[{i}, {i}] = {float(matrix[i, i]):g}, expected a zero diagonal: s_i s_i = 1 adds only a "
                "constant. Set it to zero with numpy.fill_diagonal(J, 0)."
            )
        vector = torch.zeros(self.n_spins, dtype=matrix.dtype) if fields is None else as_floats(fields, "fields")
        if vector.shape != (self.n_spins,):
            raise ValueError(f"fields: got shape {tuple(vector.shape)}, expected ({self.n_spins},), one for each spin.")
        rows, columns = torch.triu_indices(self.n_spins, self.n_spins, offset=1)
        self.upper = nn.Parameter(matrix[rows, columns].clone())
        self.local_fields = nn.Parameter(vector.to(matrix.dtype).clone())
        self.register_buffer("_rows", rows, persistent=False)
        self.register_buffer("_columns", columns, persistent=False)

    @property
    def couplings(self) -> Floats:
        """J, (N, N) float64: a copy, as NumPy."""
        return self.matrix().detach().cpu().double().numpy()

    @property
    def fields(self) -> Floats:
        """h, (N,) float64: a copy, as NumPy."""
        return self.local_fields.detach().cpu().double().numpy().copy()

    def matrix(self) -> Tensor:
        """Return J as a tensor (N, N) through which gradients flow."""
        square = self.upper.new_zeros(self.n_spins, self.n_spins)
        square = square.index_put((self.get_buffer("_rows"), self.get_buffer("_columns")), self.upper)
        return square + square.T

    def forward(self, spins: Tensor) -> Tensor:
        s = spins.to(self.upper.dtype)
        return -s @ self.local_fields - 0.5 * ((s @ self.matrix()) * s).sum(-1)

    def _flip_change(self, spins: Tensor) -> Tensor:
        s = spins.to(self.upper.dtype)
        return 2 * s * nn.functional.linear(s, self.matrix(), self.local_fields)


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
        self.register_buffer(
            "_members", members, persistent=False
        )  # padded with N, where a spin that is always 1 stands

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

    def _flip_change(self, spins: Tensor) -> Tensor:
        return 2 * (self.products(spins) * self.xi) @ self.get_buffer("_incidence")


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
