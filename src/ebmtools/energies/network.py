"""A neural network as an energy: the learned, black-box half of the hybrid."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.utils.checkpoint import checkpoint

from ebmtools import kernels
from ebmtools.checks import check_choice, check_seed, check_whole
from ebmtools.energies.base import Energy, Term


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
    For float32 on the CPU a kernel does it without storing (samples, N, H) numbers; deeper networks, other types and
    other devices go through torch in parts of about 2^22 numbers.

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
        *,
        seed: int = 0,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        super().__init__(n_spins)
        check_choice(activation, "activation", ACTIVATIONS)
        check_seed(seed)
        if dtype not in (torch.float32, torch.float64):
            raise ValueError(f"dtype: got {dtype!r}, expected torch.float32 or torch.float64.")
        if not isinstance(hidden, Sequence):
            raise TypeError(f"hidden: got {hidden!r}, expected a sequence with the units of each layer, as in (128,).")
        self.hidden = tuple(hidden)
        if not self.hidden:
            raise ValueError("hidden: got no layers, expected at least one, as in hidden=(128,).")
        for units in self.hidden:
            check_whole(units, "hidden")
        self.activation = activation
        generator = torch.Generator().manual_seed(int(seed))
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

    @property
    def one_layer(self) -> bool:
        """Whether there is one hidden layer: then a flip costs O(H), and the couplings have a quadrature."""
        return len(self.hidden) == 1

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

    def forward_flips(self, spins: Tensor) -> Tensor:
        s = spins.to(self.output.dtype).reshape(-1, self.n_spins)
        if self.has_kernel():
            first = self.linear_layers[0]
            arguments = (self, s.contiguous(), first.weight, first.bias, self.output)
            change: Tensor = _FlipChange.apply(*arguments)  # type: ignore[no-untyped-call]
        else:
            change = self._chunked_flip_change(s)
        return change.reshape(spins.shape)

    def has_kernel(self) -> bool:
        """Whether the compiled kernels can take this network: one hidden layer, float32, on the CPU."""
        return self.one_layer and self.output.dtype == torch.float32 and self.output.device.type == "cpu"

    def _chunked_flip_change(self, s: Tensor) -> Tensor:
        """In parts that keep memory bounded; if there are several, `backward` computes each of them again."""
        parts = torch.split(s, self._chunk())
        if len(parts) == 1:
            return self._batched_flip_change(s)
        again = functools.partial(checkpoint, self._batched_flip_change, use_reentrant=False, preserve_rng_state=False)
        return torch.cat([again(part) for part in parts])

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


def one_layer_networks(terms: Sequence[Term]) -> list[tuple[float, Network]]:
    """Return those of the terms that are networks with one hidden layer, with their factors."""
    return [(factor, part) for factor, part in terms if isinstance(part, Network) and part.one_layer]


class _FlipChange(torch.autograd.Function):
    """Delta from the compiled kernel, its gradient from torch: only objectives without a fused kernel need it."""

    @staticmethod
    def forward(ctx: Any, network: Network, spins: Tensor, weight: Tensor, bias: Tensor, output: Tensor) -> Tensor:
        z = torch.addmm(bias, spins, weight.T)
        change = torch.empty(spins.shape)
        arrays = (x.detach().numpy() for x in (spins, z, weight.T.contiguous(), output))
        kind = kernels.activations.kind(network.activation)
        kernels.network_flips.flip_change(kind, kernels.network_flips.Flips(*arrays), change.numpy())
        ctx.network = network
        ctx.save_for_backward(spins, weight, bias, output)
        return change

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor | None, ...]:
        spins, *parameters = ctx.saved_tensors
        with torch.enable_grad():
            change = ctx.network._chunked_flip_change(spins)
            gradients = iter(torch.autograd.grad(change, [p for p in parameters if p.requires_grad], upstream))
        return None, None, *(next(gradients) if p.requires_grad else None for p in parameters)
