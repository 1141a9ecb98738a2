"""One pseudolikelihood step of a network energy, forward and backward, value and gradient checked first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from ebm.losses import PseudoLikelihood
from paired import paired, require
from record import record
from torch import Tensor, nn

import ebmtools

PHI = {"relu": nn.ReLU, "tanh": nn.Tanh}
Step = Callable[[], tuple[float, Tensor]]
"""One step: the objective, in nats a sample, and its gradient in all parameters."""


def perceptron(energy: ebmtools.Network) -> nn.Module:
    """The same energy as a plain module of PyTorch, with copies of its parameters."""
    layer, units = energy.linear_layers[0], energy.hidden[0]
    first, last = nn.Linear(energy.n_spins, units), nn.Linear(units, 1, bias=False)
    first.load_state_dict(layer.state_dict())
    with torch.no_grad():
        last.weight.copy_(energy.output[None])
    return nn.Sequential(first, PHI[energy.activation](), last, nn.Flatten(0))


def gradient(module: nn.Module) -> Tensor:
    """All gradients as one vector, and none left behind."""
    vector = torch.cat([p.grad.ravel() for p in module.parameters() if p.grad is not None])
    module.zero_grad()
    return vector


def step_of_ebmtools(energy: ebmtools.Network, spins: Tensor) -> tuple[float, Tensor]:
    value = ebmtools.objectives.pseudolikelihood(energy, spins)
    value.backward()
    order = [energy.linear_layers[0].weight, energy.linear_layers[0].bias, energy.output]
    vector = torch.cat([p.grad.ravel() for p in order])
    energy.zero_grad()
    return float(value.detach()), vector


def step_of_ebmkit(module: nn.Module, spins: Tensor) -> tuple[float, Tensor]:
    """Its spins are 0 and 1, and its loss is a mean over sites."""
    value = spins.shape[1] * PseudoLikelihood()(lambda x: module(2 * x - 1), (spins + 1) / 2).loss
    value.backward()
    return float(value.detach()), gradient(module)


def step_of_batch(module: nn.Module, spins: Tensor) -> tuple[float, Tensor]:
    """What one writes in PyTorch: all flips of all samples as one batch."""
    n = spins.shape[1]
    flipped = spins[:, None, :] * (1 - 2 * torch.eye(n))
    change = module(flipped.reshape(-1, n)).reshape(-1, n) - module(spins)[:, None]
    value = nn.functional.softplus(-change).sum(1).mean()
    value.backward()
    return float(value.detach()), gradient(module)


def exact(energy: ebmtools.Network, spins: Tensor) -> tuple[float, Tensor]:
    """The same in float64 by N + 1 forward passes."""
    return step_of_batch(perceptron(energy).double(), spins.double())


def random_spins(batch: int, n_spins: int) -> Tensor:
    return torch.from_numpy(np.random.default_rng(2).choice([-1.0, 1.0], (batch, n_spins)).astype(np.float32))


def race(n_spins: int, units: int, batch: int, activation: str) -> dict[str, Any]:
    energy = ebmtools.Network(n_spins, hidden=(units,), activation=activation, seed=1)
    module, spins = perceptron(energy), random_spins(batch, n_spins)
    value, slope = exact(energy, spins)

    def check(name: str, found: tuple[float, Tensor]) -> float:
        error = max(abs(found[0] / value - 1), float((found[1] - slope).norm() / slope.norm()))
        require(error < 1e-3, f"{name}: value or gradient {error:.0e} off")  # float32, and the kink of relu
        return error

    runs = {
        "ebmtools": lambda: step_of_ebmtools(energy, spins),
        "ebmkit": lambda: step_of_ebmkit(module, spins),
        "PyTorch, one batch": lambda: step_of_batch(module, spins),
    }
    return paired(runs, check, rounds=9)


def measure() -> dict[str, Any]:
    return {activation: race(64, 128, 256, activation) for activation in PHI}


if __name__ == "__main__":
    record("network", measure)
