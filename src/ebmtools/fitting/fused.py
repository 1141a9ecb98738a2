"""The pseudolikelihood of networks with one hidden layer as a torch operation: value and gradient from one pass."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from ebmtools.energies.base import Energy
from ebmtools.energies.network import Network
from ebmtools.kernels.network_loss import FUSED, Layer, Samples
from ebmtools.kernels.unit_groups import MOST_UNITS, room, width

Term = tuple[float, Energy]
_CHUNK = 1024
"""Samples a call of the kernel. Each call sums in float32 on its own, and the calls add up in float64."""


def split(energy: Energy) -> tuple[list[tuple[float, Network]], list[Term]]:
    """Return the networks that one call of the kernel can take, and all other terms.

    The kernel pays where a gradient is asked for; it takes float32 networks on the CPU with one hidden layer, all of
    the activation of the first such network.
    """
    networks: list[tuple[float, Network]] = []
    others: list[Term] = []
    for factor, part in energy.terms():
        if (
            isinstance(part, Network)
            and part.has_kernel()
            and torch.is_grad_enabled()
            and any(p.requires_grad for p in part.parameters())
            and (not networks or part.activation == networks[0][1].activation)
            and sum(one.hidden[0] for _, one in networks) + part.hidden[0] <= MOST_UNITS
        ):
            networks.append((factor, part))
        else:
            others.append((factor, part))
    return networks, others


def pseudolikelihood(
    networks: Sequence[tuple[float, Network]], offset: Tensor, spins: Tensor, weights: Tensor
) -> Tensor:
    """Return sum_b weights_b sum_i softplus(-Delta_i), where `offset` (B, N) is the share of all other terms in Delta.

    Differentiable in the networks and the offset. A network is linear in its output weights, so a factor goes there,
    and several networks are one with all their units.
    """
    layers = [network.linear_layers[0] for _, network in networks]
    result: Tensor = _Pseudolikelihood.apply(  # type: ignore[no-untyped-call]
        offset,
        _together([layer.weight for layer in layers]),
        _together([layer.bias for layer in layers]),
        _together([network.output if factor == 1 else factor * network.output for factor, network in networks]),
        spins.float(),
        weights,
        networks[0][1].activation,
    )
    return result


def _together(parts: list[Tensor]) -> Tensor:
    return parts[0] if len(parts) == 1 else torch.cat(parts)


class _Pseudolikelihood(torch.autograd.Function):
    """The gradient is made in the forward pass and waits for `backward`, which only scales it."""

    @staticmethod
    def forward(
        ctx: Any, offset: Tensor, weight: Tensor, bias: Tensor, output: Tensor,
        spins: Tensor, weights: Tensor, activation: str,
    ) -> Tensor:  # fmt: skip
        layer = Layer(*(x.detach().contiguous().numpy() for x in (weight, bias, output)))
        shape = room(spins.shape[1], len(bias))
        scratch, d_change = torch.empty(shape), torch.empty(spins.shape)
        value = 0.0
        sums: list[Tensor] = []
        for first in range(0, len(spins), _CHUNK):
            part = slice(first, first + _CHUNK)
            samples = Samples(*(x[part].float().contiguous().numpy() for x in (spins, offset, weights)))
            new = [torch.empty_like(x) for x in (weight, bias, output)]
            slope = Layer(*(x.numpy() for x in new))
            value += FUSED[activation](width(len(bias)), samples, layer, slope, d_change[part].numpy(), scratch.numpy())
            sums = [total.double() + x for total, x in zip(sums, new, strict=True)] if sums else new
        gradients = [total.to(x.dtype) for total, x in zip(sums, (weight, bias, output), strict=True)]
        ctx.save_for_backward(d_change.to(offset.dtype), *gradients)
        return torch.tensor(value, dtype=torch.promote_types(offset.dtype, weight.dtype))

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor | None, ...]:
        needed = ctx.needs_input_grad[: len(ctx.saved_tensors)]
        scaled = [upstream.to(x.dtype) * x if need else None for x, need in zip(ctx.saved_tensors, needed, strict=True)]
        return (*scaled, None, None, None)
