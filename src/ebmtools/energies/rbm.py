"""The restricted Boltzmann machine: hidden spins between visible ones, summed over."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ebmtools.checks import ArrayLike, Floats, as_floats, check_seed, check_whole
from ebmtools.energies.base import Sum
from ebmtools.energies.many_body import ManyBody
from ebmtools.energies.network import Network

_SPREAD = 0.01
"""Standard deviation of the first weights: small, and not zero, or all hidden units would learn the same."""


class BinaryRBM(NamedTuple):
    """Parameters of the same machine with units that are 0 or 1: E(v, h) = -sum v_i w_ij h_j - b.v - c.h."""

    weights: Floats
    """(N, H)."""
    visible_biases: Floats
    """(N,)."""
    hidden_biases: Floats
    """(H,)."""


class RBM(Sum):
    r"""A restricted Boltzmann machine: the free energy of N visible spins, its H hidden ones summed over.

    E(s, t) = -sum_i a_i s_i - sum_j b_j t_j - sum_ij s_i W_ij t_j, both kinds of spins -1/+1. Given one layer, the
    spins of the other are independent. Summed over t, with the constant H log 2 left out,

    E(s) = -sum_i a_i s_i - sum_j log cosh(b_j + sum_i s_i W_ij):

    fields, and a network of one hidden layer with the activation log cosh and all outputs -1. It is the sum of these
    two, and all that takes a sum takes it: its couplings are exact at any N.

    Parameters
    ----------
    n_visible, n_hidden : int
        N and H, at least 1.
    seed : int
        Seed of the first weights, normal with standard deviation 0.01; fields start at zero.

    Raises
    ------
    TypeError, ValueError
        For sizes that are not whole numbers above zero.

    Notes
    -----
    Cost: O(N H) a state, and for all N flips together. Single precision; `.double()` makes it exact to 1e-15.

    References
    ----------
    Smolensky 1986; Hinton 2002.

    Examples
    --------
    >>> E = RBM(3, 2, seed=1)
    >>> E([[1, 1, -1], [1, -1, -1]]).shape
    torch.Size([2])
    >>> E.weights.shape, E.fields.shape, E.hidden_fields.shape
    ((3, 2), (3,), (2,))
    """

    def __init__(self, n_visible: int, n_hidden: int, *, seed: int = 0) -> None:
        check_whole(n_visible, "n_visible")
        check_whole(n_hidden, "n_hidden")
        check_seed(seed)
        fields = ManyBody(n_visible, [(i,) for i in range(n_visible)], torch.zeros(n_visible))
        units = Network(n_visible, (n_hidden,), "log_cosh", seed=seed)
        generator = torch.Generator().manual_seed(int(seed))
        with torch.no_grad():
            units.linear_layers[0].weight.normal_(0.0, _SPREAD, generator=generator)
            units.linear_layers[0].bias.zero_()
            units.output.fill_(-1.0)
        units.output.requires_grad_(False)
        super().__init__([fields, units])

    @classmethod
    def of(cls, weights: ArrayLike, fields: ArrayLike, hidden_fields: ArrayLike) -> RBM:
        """Return the machine with these W (N, H), a (N,), b (H,), in float64.

        >>> RBM.of([[0.5], [0.5]], [0, 0], [0]).weights.ravel().tolist()
        [0.5, 0.5]
        """
        arrays = [as_floats(x, name).double() for x, name in ((weights, "weights"), (fields, "fields"))]
        arrays.append(as_floats(hidden_fields, "hidden_fields").double())
        if arrays[0].ndim != 2:
            raise ValueError(f"weights: got shape {tuple(arrays[0].shape)}, expected (N, H): a row a visible spin.")
        for array, name, n in zip(arrays[1:], ("fields", "hidden_fields"), arrays[0].shape, strict=True):
            if array.shape != (n,):
                raise ValueError(f"{name}: got shape {tuple(array.shape)}, expected ({n},), as `weights` has it.")
        made = cls(*arrays[0].shape)
        made.double()
        with torch.no_grad():
            for parameter, array in zip(made.arrays(), (arrays[0].T, *arrays[1:]), strict=True):
                parameter.copy_(array)
        return made

    @classmethod
    def from_binary(cls, weights: ArrayLike, visible_biases: ArrayLike, hidden_biases: ArrayLike) -> RBM:
        """Return the same machine of spins, s = 2 v - 1 and t = 2 h - 1, for one whose units are 0 and 1.

        The probabilities are the same, the energies differ by a constant. With w, b, c of `BinaryRBM`:
        W = w / 4, a = b / 2 + sum_j w_ij / 4, b = c / 2 + sum_i w_ij / 4.

        >>> machine = RBM.from_binary([[4.0]], [0.0], [0.0])
        >>> float(machine.weights[0, 0]), float(machine.fields[0])
        (1.0, 1.0)
        """
        w, b, c = (
            np.asarray(as_floats(x, name).double())
            for x, name in (
                (weights, "weights"),
                (visible_biases, "visible_biases"),
                (hidden_biases, "hidden_biases"),
            )
        )
        if w.ndim != 2 or b.shape != (len(w),) or c.shape != (w.shape[1],):
            raise ValueError(
                f"weights, visible_biases, hidden_biases: got shapes {w.shape}, {b.shape}, {c.shape}, expected (N, H), "
                "(N,), (H,)."
            )
        return cls.of(w / 4, b / 2 + w.sum(1) / 4, c / 2 + w.sum(0) / 4)

    def to_binary(self) -> BinaryRBM:
        """Return w (N, H), b (N,), c (H,) of the same machine with units 0 and 1, as other libraries have them."""
        w = 4 * self.weights
        return BinaryRBM(w, 2 * self.fields - w.sum(1) / 2, 2 * self.hidden_fields - w.sum(0) / 2)

    @property
    def n_hidden(self) -> int:
        """The number of hidden spins H."""
        return len(self.arrays()[2])

    @property
    def weights(self) -> Floats:
        """W, (N, H) float64: a copy, as NumPy."""
        return _copy(self.arrays()[0]).T

    @property
    def fields(self) -> Floats:
        """Fields a of the visible spins, (N,) float64: a copy, as NumPy."""
        return _copy(self.arrays()[1])

    @property
    def hidden_fields(self) -> Floats:
        """Fields b of the hidden spins, (H,) float64: a copy, as NumPy."""
        return _copy(self.arrays()[2])

    def arrays(self) -> tuple[Tensor, Tensor, Tensor]:
        """Return the parameters themselves: W transposed (H, N), a (N,), b (H,)."""
        fields, units = self.parts
        assert isinstance(fields, ManyBody)
        assert isinstance(units, Network)
        layer = units.linear_layers[0]
        return layer.weight, fields.xi, layer.bias

    def hidden_means(self, spins: ArrayLike) -> Tensor:
        """Return the means of the hidden spins given visible ones (..., N): tanh(b + s W), (..., H)."""
        weight, _, hidden_fields = self.arrays()
        return torch.tanh(self.check(spins).to(weight.dtype) @ weight.T + hidden_fields)

    def visible_means(self, hidden: ArrayLike) -> Tensor:
        """Return the means of the visible spins given hidden ones or their means, (..., H): tanh(a + W t), (..., N)."""
        weight, fields, _ = self.arrays()
        t = torch.as_tensor(np.asarray(hidden) if not isinstance(hidden, Tensor) else hidden).to(weight.dtype)
        if t.shape[-1:] != (self.n_hidden,):
            raise ValueError(f"hidden: got shape {tuple(t.shape)}, expected (..., {self.n_hidden}).")
        return torch.tanh(t @ weight + fields)

    def __repr__(self) -> str:
        return f"RBM(n_visible={self.n_spins}, n_hidden={self.n_hidden})"


def _copy(tensor: Tensor) -> Floats:
    return tensor.detach().cpu().double().numpy().copy()
