"""Answers to the exercises of chapter 4, hybrid training. Each is computed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

import ebmtools as ebm
from ebmtools import exact
from exercises.answers import Answer, Mistake

POINTS = [
    (z, w, s) for z in (-1.3, 0.2, 0.9) for w in (-0.6, 0.4) for s in (-1, 1)
]
"""Pre-activations, weights and spins at which the formula is tried."""


def product_weights() -> list[float]:
    """Output weights of three units of the sum of spins that make their product plus one."""
    m = np.array([-3.0, -1.0, 1.0, 3.0])
    units = np.maximum(m[:, None] + np.array([3.0, 1.0, -1.0]), 0)
    wanted = np.array([-1.0, 1.0, -1.0, 1.0]) + 1
    weights: list[float] = np.linalg.lstsq(units, wanted)[0].tolist()
    return weights


def highest_order() -> int:
    """Of the interactions in a network of squares."""
    square = ebm.Network(6, (50,), "square", seed=1).double()
    orders = np.array([bin(k).count("1") for k in range(2**6)])
    coefficients = exact.walsh_transform(exact.energies(square))
    return int(orders[np.abs(coefficients) > 1e-12].max())


def shifted() -> list[float]:
    """Hyperbolic tangents of the pre-activations after a flip."""
    return [float(np.tanh(z - 2 * s * w)) for z, w, s in POINTS]


def tried(formula: Callable[[float, float, int], float]) -> list[float]:
    """What a reader's formula gives at the same points."""
    return [float(formula(np.tanh(z), np.tanh(2 * w), s)) for z, w, s in POINTS]


def wrong_sign() -> list[float]:
    """The shift in the other direction."""
    return [float(np.tanh(z + 2 * s * w)) for z, w, s in POINTS]


def first_to_move() -> str:
    """The parameter with a slope where the output weights are zero."""
    network = ebm.Network(4, (3,), "gelu", seed=0)
    torch.nn.init.zeros_(network.output)
    spins = exact.sample(ebm.random_hamiltonian(4, seed=1), 50, seed=1)
    ebm.objectives.pseudolikelihood(network, spins).backward()
    named = {"layers.0.weight": "W", "layers.0.bias": "b", "output": "v"}
    (moving,) = (
        short
        for name, short in named.items()
        if network.get_parameter(name).grad.abs().max() > 0
    )
    return moving


ANSWERS = {
    "4.1": Answer(
        product_weights,
        1e-4,
        (
            Mistake(
                lambda: [1.0, -1.0, 1.0],
                "The product goes up, down and up again. By how much must the slope change at each kink?",
            ),
            Mistake(
                lambda: [-1.0, 2.0, -2.0],
                "That is minus the product, plus a constant.",
            ),
        ),
    ),
    "4.2": Answer(
        highest_order,
        0.1,
        (
            Mistake(
                lambda: 6,
                "However many units there are: multiply out one of them, and count the spins in each term.",
            ),
            Mistake(
                lambda: 1,
                "Multiply the square out. Which products of spins appear?",
            ),
        ),
    ),
    "4.3": Answer(
        shifted,
        1e-9,
        (
            Mistake(
                wrong_sign,
                "A flip subtracts 2 s W: check the sign of the addition theorem.",
            ),
        ),
        probe=tried,
    ),
    "4.4": Answer(
        first_to_move,
        0,
        (
            Mistake(
                lambda: "W",
                "Its derivative carries a factor v, and v is zero.",
            ),
            Mistake(
                lambda: "b",
                "Its derivative carries a factor v, and v is zero.",
            ),
        ),
    ),
    "4.5": Answer(
        lambda: "smaller",
        0,
        (
            Mistake(
                lambda: "larger",
                "The leaking start scores too well on the held-out samples. From where does training begin, then?",
            ),
        ),
    ),
}
