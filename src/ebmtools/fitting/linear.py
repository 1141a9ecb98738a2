r"""The pseudolikelihood of energies linear in their parameters, in blocks of samples.

E(s) = -sum_i h_i s_i - sum_{i<j} J_ij s_i s_j - sum_I xi_I prod_{i in I} s_i + (a frozen rest). With the local fields
f_i = h_i + sum_j J_ij s_j + sum_{I with i} xi_I prod_{j in I, j != i} s_j the objective is
<sum_i softplus(-2 s_i f_i)>. Two matrix products a block do nearly all the work. Large data run in single precision
with double accumulators (a gradient good to about 1e-7), small data in double.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ebmtools import kernels
from ebmtools.checks import Floats
from ebmtools.kernels.matmul import inner

BLOCK = 1024
SMALL = 2**18
"""Entries of a data set up to which double precision is used: it costs milliseconds there."""


class Parameters(NamedTuple):
    """Couplings (N, N), fields (N,) and coefficients (K,) of the interactions; or a gradient in them."""

    couplings: Floats
    fields: Floats
    coefficients: Floats


class LinearPseudolikelihood:
    """The objective on one data set.

    Parameters
    ----------
    samples : Tensor, int8 (M, N)
    weights : Tensor, float64 (M,), summing to one
    interactions : index tuples of orders 3 and up
    rest : Tensor (M, N), optional
        Flip changes of the frozen rest of the energy.
    """

    def __init__(
        self, samples: Tensor, weights: Tensor, interactions: Sequence[tuple[int, ...]] = (), rest: Tensor | None = None
    ) -> None:
        self.single = samples.numel() > SMALL
        self.dtype = torch.float32 if self.single else torch.float64
        self.spins = samples.T.contiguous()
        self.weights = weights
        self.interactions = list(interactions)
        self.n_spins = samples.shape[1]
        self.offset = np.cumsum([0, *map(len, self.interactions)])
        self.members = np.array([i for indices in self.interactions for i in indices], np.int64)
        if rest is not None:  # as a local field: Delta = 2 s f
            rest = (rest.detach().T * self.spins / 2).to(self.dtype).contiguous()
        self.rest = rest

    def moments(self) -> tuple[Floats, Floats]:
        """Return <s_i>, (N,), and <s_i s_j>, (N, N)."""
        means = torch.zeros(self.n_spins, dtype=torch.float64)
        products = torch.zeros(self.n_spins, self.n_spins, dtype=torch.float64)
        equal = bool((self.weights == self.weights[0]).all())
        for part in self._blocks():
            if equal:  # sums of up to 1,024 signs are exact in single precision
                s = self.spins[:, part].float()
                means += s.sum(1)
                products += inner(s, s)
            else:
                signs = self.spins[:, part].double()
                weighted = signs * self.weights[part]
                means += weighted.sum(1)
                products += weighted @ signs.T
        scale = float(self.weights[0]) if equal else 1.0
        return scale * means.numpy(), scale * products.numpy()

    def value_and_gradient(self, at: Parameters) -> tuple[float, Parameters]:
        """Return the objective and its gradient; entry (i, j) of the couplings' is that of J_ij at site i alone.

        Cost: 4 M N^2 operations in matrix products and O(M N + M sum_I |I|) beside them; memory: one block.
        """
        value, slope = 0.0, Parameters(*(np.zeros(array.shape) for array in at))
        for part, s, field in self.local_fields(at):
            value += self._residuals(s, field, self.weights[part])
            slope.couplings[:] += inner(field, s).numpy()
            slope.fields[:] += field.sum(1).numpy()
            if self.interactions:
                scratch, partial = s.numpy()[0].copy(), np.empty(len(self.interactions), s.numpy().dtype)
                kernels.linear_loss.interaction_gradient(
                    s.numpy(), self.offset, self.members, field.numpy(), scratch, partial
                )
                slope.coefficients[:] += partial
        return value, slope

    def local_fields(
        self, at: Parameters, block: int = BLOCK, every: int = 1
    ) -> Iterator[tuple[slice, Tensor, Tensor]]:
        """Yield each block: which samples, all or every k-th, their spins (N, B) and their local fields (N, B)."""
        couplings, fields, coefficients = (torch.from_numpy(array).to(self.dtype) for array in at)
        for part in self._blocks(block, every):
            s = self.spins[:, part].to(self.dtype)
            field = inner(couplings, s.T).add_(fields[:, None])
            if self.rest is not None:
                field += self.rest[:, part]
            if self.interactions:
                scratch, terms = s.numpy()[0].copy(), (self.offset, self.members, coefficients.numpy())
                kernels.linear_loss.add_interactions(s.numpy(), *terms, scratch, field.numpy())
            yield part, s, field

    def _residuals(self, s: Tensor, field: Tensor, weights: Tensor) -> float:
        """Turn local fields into the objective's derivative by them, in place, and return the block's objective."""
        if self.dtype == torch.float64:
            change = 2 * s * field
            value = torch.nn.functional.softplus(-change).sum(0) @ weights
            field.copy_(-2 * weights * torch.sigmoid(-change) * s)
            return float(value)
        products = torch.empty(-(-self.n_spins // kernels.linear_loss.SITES_A_PRODUCT), s.shape[1])
        linear = torch.empty(s.shape[1])
        arrays = (s, field, weights.float(), products, linear)
        kernels.linear_loss.residuals(*(tensor.numpy() for tensor in arrays))
        return float((products.log().sum(0) + linear).double() @ weights)

    def _blocks(self, block: int = BLOCK, every: int = 1) -> list[slice]:
        length = block * every
        return [slice(k, k + length, every) for k in range(0, self.spins.shape[1], length)]
