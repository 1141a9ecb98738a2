"""The pseudolikelihood of checked spins, which training evaluates at every step: in one compiled pass where a network
allows it, value and gradient together.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn.functional import softplus

from ebmtools import kernels
from ebmtools.energies.base import Energy, Term
from ebmtools.energies.network import Network

CHUNK = 1024
"""Samples per call of the kernel. Each call sums in float32 on its own, and the calls add up in float64."""


def pseudolikelihood(energy: Energy, spins: Tensor, weights: Tensor) -> Tensor:
    """Return `objectives.pseudolikelihood` of checked spins (B, N) and weights (B,) that sum to one."""
    networks, others = split(energy)
    if not networks:
        return average(softplus(-energy.forward_flips(spins)).sum(-1), weights)
    changes = [part.forward_flips(spins) for _, part in others]
    changes = [x if factor == 1 else factor * x for x, (factor, _) in zip(changes, others, strict=True)]
    offset = functools.reduce(torch.add, changes) if changes else torch.zeros(()).expand(spins.shape)
    return of_networks(networks, offset, spins, weights)


def average(values: Tensor, weights: Tensor) -> Tensor:
    """Return the weighted sum of values (B,), in their type."""
    return values @ weights.to(values)


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
            and sum(one.hidden[0] for _, one in networks) + part.hidden[0] <= kernels.network_loss.MOST_UNITS
        ):
            networks.append((factor, part))
        else:
            others.append((factor, part))
    return networks, others


def of_networks(networks: Sequence[tuple[float, Network]], offset: Tensor, spins: Tensor, weights: Tensor) -> Tensor:
    """Return sum_b weights_b sum_i softplus(-Delta_i), where `offset` (B, N) is the part of all other terms in Delta.

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
        kernel, kind = kernels.network_loss, kernels.activations.kind(activation)
        layer = kernel.Layer(*(x.detach().contiguous().numpy() for x in (weight, bias, output)))
        shape = kernel.scratch_shape(spins.shape[1], len(bias))
        scratch, d_change = torch.empty(shape), torch.empty(spins.shape)
        value = 0.0
        sums: list[Tensor] = []
        for first in range(0, len(spins), CHUNK):
            part = slice(first, first + CHUNK)
            samples = kernel.Samples(*(x[part].float().contiguous().numpy() for x in (spins, offset, weights)))
            new = [torch.empty_like(x) for x in (weight, bias, output)]
            slope = kernel.Layer(*(x.numpy() for x in new))
            made = (slope, d_change[part].numpy(), scratch.numpy())
            value += kernel.pseudolikelihood(kind, kernel.width(len(bias)), samples, layer, *made)
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
