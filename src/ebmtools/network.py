"""A neural network as an energy: the learned, black-box half of the hybrid."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from ebmtools import _network_kernels as kernels
from ebmtools.energies import Energy
from ebmtools.spins import check_positive


def _square(x: Tensor) -> Tensor:
    return x * x


def _cube(x: Tensor) -> Tensor:
    return x * x * x


def _log_cosh(x: Tensor) -> Tensor:
    return x.abs() + nn.functional.softplus(-2 * x.abs()) - math.log(2)


ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "tanh": torch.tanh,
    "relu": torch.relu,
    "gelu": nn.functional.gelu,
    "softplus": nn.functional.softplus,
    "log_cosh": _log_cosh,
    "square": _square,
    "cube": _cube,
}
"""phi(z), elementwise. `log_cosh` is the free energy of a hidden -1/+1 unit; `square` is a disguised pairwise model."""


class Network(Energy):
    r"""A multilayer perceptron E(s) = v . phi(... phi(W s + b) ...), without an output bias (it would not matter).

    Parameters
    ----------
    n_spins : int
        Number of spins N.
    hidden : sequence of int
        Units of each hidden layer; the paper's first experiment has one layer of 128.
    activation : str
        phi, one of "tanh", "relu", "gelu", "softplus", "log_cosh", "square", "cube".
    seed : int
        Seed of the initial weights, uniform in +-1/sqrt(inputs of the layer).
    dtype : torch.dtype
        float32 trains fastest; `.double()` makes it exact to 1e-15.

    Raises
    ------
    ValueError
        For an unknown activation or an empty or non-positive `hidden`.

    Notes
    -----
    Cost of `flip_change`: O(N H) a sample for one hidden layer, since a flip shifts the pre-activations by -2 s_i W_i.
    For float32 on the CPU with tanh, relu, gelu or cube a kernel does it without storing (samples, N, H) numbers.

    Examples
    --------
    >>> E = Network(3, hidden=(8,), seed=1)
    >>> E([[1, 1, 1], [-1, 1, 1]]).shape
    torch.Size([2])
    >>> sum(p.numel() for p in E.parameters())  # 8 * 3 weights, 8 biases, 8 output weights
    40
    """

    def __init__(
        self,
        n_spins: int,
        hidden: Sequence[int] = (128,),
        activation: str = "tanh",
        seed: int = 0,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        super().__init__(n_spins)
        if activation not in ACTIVATIONS:
            raise ValueError(f"activation: got {activation!r}, expected one of {', '.join(ACTIVATIONS)}.")
        if not isinstance(hidden, Sequence):
            raise TypeError(f"hidden: got {hidden!r}, expected a sequence with the units of each layer, as in (128,).")
        self.hidden = tuple(hidden)
        if not self.hidden:
            raise ValueError("hidden: got no layers, expected at least one, as in hidden=(128,).")
        for units in self.hidden:
            check_positive(units, "hidden", whole=True)
        self.activation = activation
        generator = torch.Generator().manual_seed(seed)
        sizes = (n_spins, *self.hidden)
        self.layers = nn.ModuleList(
            nn.Linear(before, after, dtype=dtype, device="meta").to_empty(device="cpu")
            for before, after in itertools.pairwise(sizes)
        )
        self.output = nn.Parameter(torch.empty(sizes[-1], dtype=dtype))
        with torch.no_grad():
            for layer, inputs in zip(self.linear_layers, sizes[:-1], strict=True):
                layer.weight.uniform_(-(inputs**-0.5), inputs**-0.5, generator=generator)
                layer.bias.uniform_(-(inputs**-0.5), inputs**-0.5, generator=generator)
            self.output.uniform_(-(sizes[-1] ** -0.5), sizes[-1] ** -0.5, generator=generator)

    @property
    def linear_layers(self) -> list[nn.Linear]:
        """The layers W s + b, first to last."""
        return [layer for layer in self.layers if isinstance(layer, nn.Linear)]

    def forward(self, spins: Tensor) -> Tensor:
        first = self.linear_layers[0]
        return self._above(first(spins.to(first.weight.dtype)))

    def _above(self, z: Tensor) -> Tensor:
        """E from the pre-activations of the first layer, (..., H) to (...,)."""
        phi = ACTIVATIONS[self.activation]
        x = phi(z)
        for layer in self.linear_layers[1:]:
            x = phi(layer(x))
        return x @ self.output

    def _flip_change(self, spins: Tensor) -> Tensor:
        first = self.linear_layers[0]
        s = spins.to(first.weight.dtype).reshape(-1, self.n_spins)
        if len(self.hidden) == 1 and self.activation in kernels.KERNELS and _is_single_cpu(first.weight):
            args = (s.contiguous(), first.weight, first.bias, self.output, self.activation)
            change: Tensor = kernels.FlipChange.apply(*args)  # type: ignore[no-untyped-call]
        else:
            change = torch.cat([self._batched_flip_change(part) for part in torch.split(s, self._chunk())])
        return change.reshape(spins.shape)

    def _batched_flip_change(self, s: Tensor) -> Tensor:
        """All flips of all samples as one batch: the pre-activations move by the rank-one step -2 s_i W_i."""
        first = self.linear_layers[0]
        z = first(s)
        flipped = z[:, None, :] - 2 * s[:, :, None] * first.weight.T
        return self._above(flipped) - self._above(z)[:, None]

    def _chunk(self) -> int:
        """Samples at a time, so that a chunk holds about 2^22 numbers (16 MB in float32)."""
        return max(1, 2**22 // (self.n_spins * max(self.hidden)))

    def __repr__(self) -> str:
        return f"Network(n_spins={self.n_spins}, hidden={self.hidden}, activation={self.activation!r})"


def _is_single_cpu(tensor: Tensor) -> bool:
    return tensor.dtype == torch.float32 and tensor.device.type == "cpu"
