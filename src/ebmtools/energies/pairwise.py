"""The pairwise model, or Boltzmann machine: couplings and fields."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from ebmtools.checks import ArrayLike, Floats, as_floats
from ebmtools.energies.base import Energy
from ebmtools.energies.polynomial import Polynomial


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
    h : nn.Parameter, shape (N,)

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
        if matrix.shape[0] == 0:
            raise ValueError("couplings: got shape (0, 0), expected at least one spin.")
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
        self.h = nn.Parameter(vector.to(matrix.dtype).clone())
        self.register_buffer("_rows", rows, persistent=False)
        self.register_buffer("_columns", columns, persistent=False)

    @property
    def couplings(self) -> Floats:
        """J, (N, N) float64: a copy, as NumPy."""
        square: Floats = np.zeros((self.n_spins, self.n_spins))
        square[~np.tri(self.n_spins, dtype=bool)] = self.upper.detach().cpu().double().numpy()  # row by row, as `upper`
        square += square.T.copy()
        return square

    @property
    def fields(self) -> Floats:
        """h, (N,) float64: a copy, as NumPy."""
        return self.h.detach().cpu().double().numpy().copy()

    def matrix(self) -> Tensor:
        """Return J as a tensor (N, N) through which gradients flow."""
        square = self.upper.new_zeros(self.n_spins, self.n_spins)
        square = square.index_put((self.get_buffer("_rows"), self.get_buffer("_columns")), self.upper)
        return square + square.T

    def forward(self, spins: Tensor) -> Tensor:
        s = spins.to(self.upper.dtype)
        return -s @ self.h - 0.5 * ((s @ self.matrix()) * s).sum(-1)

    def forward_flips(self, spins: Tensor) -> Tensor:
        s = spins.to(self.upper.dtype)
        return 2 * s * nn.functional.linear(s, self.matrix(), self.h)

    def polynomial(self) -> Polynomial:
        return Polynomial(self.fields, self.couplings, {})
