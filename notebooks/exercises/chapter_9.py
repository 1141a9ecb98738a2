"""Answers to the exercises of chapter 9, autoencoders. Each is computed."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

from exercises.answers import Answer, Mistake

LAYERS = (2500, 1024, 512, 256, 512, 1024, 2500)


def parameters(biases: bool = True) -> int:
    """Weights, and biases, of the five-layer autoencoder."""
    return sum(a * b + biases * b for a, b in itertools.pairwise(LAYERS))


def shrinkage(signal: float = 2.0, noise: float = 1.0) -> float:
    """Slope of the best denoiser of a normal signal in normal noise: variances, not deviations."""
    return signal**2 / (signal**2 + noise**2)


def area(regular: Sequence[float], disturbed: Sequence[float]) -> float:
    """Share of the pairs in which the disturbed one has the larger value."""
    return sum(b > a for a in regular for b in disturbed) / (
        len(regular) * len(disturbed)
    )


def of_the_first(difference: float) -> float:
    """Probability of the lower of two states, at beta = 1."""
    return 1 / (1 + math.exp(-difference))


ANSWERS = {
    "9.1": Answer(
        lambda: float(parameters()),
        0.5,
        (
            Mistake(
                lambda: float(parameters(biases=False)),
                "Those are the weights. Each layer has biases too.",
            ),
            Mistake(
                lambda: float(
                    sum(a * b + b for a, b in itertools.pairwise(LAYERS[:4]))
                ),
                "That is the encoder. The decoder has its own weights.",
            ),
        ),
    ),
    "9.2": Answer(
        lambda: area([1, 3, 4], [2, 5]),
        0.005,
        (
            Mistake(
                lambda: 1 - area([1, 3, 4], [2, 5]),
                "That is the chance that the regular one has the larger error.",
            ),
            Mistake(
                lambda: 0.5,
                "One of two disturbed images lies above all regular ones, but the other one counts too.",
            ),
        ),
    ),
    "9.3": Answer(
        lambda: [of_the_first(3.0), of_the_first(1.0)],
        0.002,
        (
            Mistake(
                lambda: [1.0, of_the_first(1.0)],
                "A margin leaves a finite difference of energies.",
            ),
            Mistake(
                lambda: [of_the_first(3.0), 0.5],
                "The first energy still falls, to zero.",
            ),
        ),
    ),
    "9.4": Answer(
        lambda: [shrinkage(), -1 / (2.0**2 + 1.0**2)],
        1e-6,
        (
            Mistake(
                lambda: [2 / 3, -1 / 3],
                "Variances add, not standard deviations.",
            ),
            Mistake(
                lambda: [shrinkage(), 1 / 5],
                "The first is right. Which way does the score point, at x = 1?",
            ),
        ),
    ),
}
