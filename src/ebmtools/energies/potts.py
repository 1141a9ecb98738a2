"""The Potts model: couplings and fields of sites with q states each, such as the letters of a protein."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ebmtools.checks import ArrayLike, Floats, as_floats
from ebmtools.checks.states import check_states
from ebmtools.energies.base import Energy


class Potts(Energy):
    r"""The Potts model: E(s) = -sum_i h_i(s_i) - sum_{i<j} J_ij(s_i, s_j), with s_i = 0, ..., q - 1.

    Parameters
    ----------
    couplings : array-like, shape (N, N, q, q)
        J_ij(a, b), with J_ji(b, a) = J_ij(a, b) and J_ii = 0. float32 is kept, all else becomes float64.
    fields : array-like, shape (N, q), optional
        h_i(a); zero where it is not given.

    Attributes
    ----------
    upper : nn.Parameter, shape (N (N - 1) / 2, q, q)
        J_ij for i < j, pair by pair.
    h : nn.Parameter, shape (N, q)
    n_states : int
        q.

    Raises
    ------
    ValueError
        If the couplings are not square, finite, symmetric, and zero for i = j, or the fields do not fit.

    Notes
    -----
    With q = 2 and s = 2 a - 1 it is `Pairwise` with J = (J(0,0) + J(1,1) - J(0,1) - J(1,0)) / 4, up to a constant.
    Cost: O(N^2 q^2) a state by one matrix product, for the changes of all substitutions together.

    References
    ----------
    Potts 1952; Ekeberg et al. 2013.

    Examples
    --------
    Two sites of three states that like to agree:

    >>> import numpy as np
    >>> J = np.zeros((2, 2, 3, 3))
    >>> J[0, 1] = J[1, 0] = np.eye(3)
    >>> E = Potts(J)
    >>> E([[0, 0], [0, 1]]).tolist()
    [-1.0, -0.0]
    >>> E.substitution_change([0, 0])[1].tolist()
    [0.0, 1.0, 1.0]
    """

    def __init__(self, couplings: ArrayLike, fields: ArrayLike | None = None) -> None:
        tensor = as_floats(couplings, "couplings")
        if tensor.dim() != 4 or tensor.shape[0] != tensor.shape[1] or tensor.shape[2] != tensor.shape[3]:
            raise ValueError(f"couplings: got shape {tuple(tensor.shape)}, expected (N, N, q, q).")
        if min(tensor.shape) == 0:
            raise ValueError(f"couplings: got shape {tuple(tensor.shape)}, expected at least one site and one state.")
        super().__init__(tensor.shape[0])
        self.n_states = int(tensor.shape[2])
        largest = float(tensor.abs().max())
        if float((tensor - tensor.permute(1, 0, 3, 2)).abs().max()) > 1e-6 * largest:
            raise ValueError("couplings: expected J[j, i, b, a] = J[i, j, a, b]: pairs are counted once.")
        diagonal = tensor[range(self.n_spins), range(self.n_spins)]
        if float(diagonal.abs().max()) > 1e-12 * largest:
            raise ValueError("couplings: expected J[i, i] = 0: a site's own terms are its fields.")
        local = tensor.new_zeros(self.n_spins, self.n_states) if fields is None else as_floats(fields, "fields")
        if local.shape != (self.n_spins, self.n_states):
            raise ValueError(
                f"fields: got shape {tuple(local.shape)}, expected ({self.n_spins}, {self.n_states}): one for each "
                "site and state."
            )
        rows, columns = torch.triu_indices(self.n_spins, self.n_spins, offset=1)
        self.upper = nn.Parameter(tensor[rows, columns].clone())
        self.h = nn.Parameter(local.to(tensor.dtype).clone())
        self.register_buffer("_rows", rows, persistent=False)
        self.register_buffer("_columns", columns, persistent=False)

    def check(self, spins: ArrayLike, name: str = "states") -> Tensor:
        """Return states as a tensor (..., N) of 0, ..., q - 1 after checking them."""
        return check_states(spins, self.n_spins, self.n_states, name)

    def zero_sum(self) -> Potts:
        r"""Return the same model with sum_a J_ij(a, b) = sum_b J_ij(a, b) = sum_a h_i(a) = 0: the zero-sum gauge.

        All energies change by one and the same number, so no probability changes. In this gauge
        -J_ij(a, b) = <E | a, b> - <E | a> - <E | b> + <E> over uniform states: what a pair has beyond its sites, as the
        couplings of binary spins.

        Examples
        --------
        >>> import numpy as np
        >>> J = np.zeros((2, 2, 2, 2))
        >>> J[0, 1] = [[1, 0], [0, 0]]
        >>> J[1, 0] = J[0, 1].T
        >>> E = Potts(J).zero_sum()
        >>> E.couplings[0, 1].tolist(), E.fields[0].tolist()
        ([[0.25, -0.25], [-0.25, 0.25]], [0.25, -0.25])
        """
        couplings, fields = self.couplings, self.fields
        mean_b = couplings.mean(3, keepdims=True)
        mean = mean_b.mean(2, keepdims=True)
        local = fields + (mean_b - mean)[..., 0].sum(1)
        fixed = couplings - mean_b - couplings.mean(2, keepdims=True) + mean
        return Potts(fixed, local - local.mean(1, keepdims=True))

    @property
    def couplings(self) -> Floats:
        """J, (N, N, q, q) float64: a copy, as NumPy."""
        with torch.no_grad():
            return self.tensor().permute(0, 2, 1, 3).double().numpy().copy()

    @property
    def fields(self) -> Floats:
        """h, (N, q) float64: a copy, as NumPy."""
        return self.h.detach().cpu().double().numpy().copy()

    def tensor(self) -> Tensor:
        """Return J as a tensor (N, q, N, q), through which gradients flow."""
        n, q = self.n_spins, self.n_states
        rows, columns = self.get_buffer("_rows"), self.get_buffer("_columns")
        square = self.upper.new_zeros(n, n, q, q)
        square = square.index_put((rows, columns), self.upper)
        square = square.index_put((columns, rows), self.upper.transpose(1, 2))
        return square.permute(0, 2, 1, 3)

    def _local(self, states: Tensor) -> Tensor:
        """f_i(a) = h_i(a) + sum_j J_ij(a, s_j), (..., N, q)."""
        n, q = self.n_spins, self.n_states
        one_hot = nn.functional.one_hot(states.long(), q).to(self.upper.dtype).flatten(-2)
        return (one_hot @ self.tensor().reshape(n * q, n * q)).reshape(*states.shape, q) + self.h

    def forward(self, spins: Tensor) -> Tensor:
        at = spins.long()[..., None]
        local, fields = self._local(spins), self.h.expand(*spins.shape, self.n_states)
        return -0.5 * (local + fields).gather(-1, at)[..., 0].sum(-1)

    def substitution_change(self, states: ArrayLike) -> Tensor:
        r"""Return what each single substitution would change: E(s with s_i = a) - E(s), for every site i and state a.

        Parameters
        ----------
        states : array-like, shape (..., N)

        Returns
        -------
        Tensor, shape (..., N, q)
            Zero where a is the state that is there. p(s_i = a | s_{/i}) ~ exp(-beta times it).
        """
        checked = self.check(states)
        local = self._local(checked)
        return local.gather(-1, checked[..., None]) - local

    def __repr__(self) -> str:
        return f"Potts(n_spins={self.n_spins}, n_states={self.n_states})"
