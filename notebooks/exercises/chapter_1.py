"""Answers to the exercises of chapter 1, energy-based models. Each is computed."""

from __future__ import annotations

import numpy as np

from exercises.answers import Answer, Mistake


def miss_of(which: str, noise: float = 0.05) -> float:
    """How far the rocket is from its height at the median or mean time, averaged over heights."""

    def height(t: np.ndarray) -> np.ndarray:
        return 27 / 4 * t * (1 - t) ** 2

    t, x = np.linspace(0, 1, 1001), np.linspace(0.1, 0.9, 81)
    p = np.exp(-((x[:, None] - height(t)) ** 2) / (2 * noise**2))
    p /= p.sum(1, keepdims=True)
    time = p @ t if which == "mean" else t[(p.cumsum(1) < 0.5).sum(1)]
    return float(np.abs(height(time) - x).mean())


def share_near_zero(energy: np.ndarray, y: np.ndarray) -> float:
    """Probability within 0.3 of zero."""
    p = np.exp(-energy)
    return float(p[np.abs(y) < 0.3].sum() / p.sum())


def and_or() -> list[float]:
    """The shares of a sum of two parabolas, and of the energy that says: one of them."""
    y = np.linspace(-2.2, 2.2, 1101)
    one, two = ((y - a) ** 2 / (2 * 0.4**2) for a in (-1, 1))
    return [
        share_near_zero(one + two, y),
        share_near_zero(-np.logaddexp(-one, -two), y),
    ]


ANSWERS = {
    "1.1a": Answer(
        lambda: "abd",
        0,
        (
            Mistake(
                lambda: "ab",
                "The exponential grows with its argument, so it keeps the order of the energies.",
            ),
            Mistake(
                lambda: "abcd",
                "A function of y changes which y is the lowest.",
            ),
            Mistake(
                lambda: "bd",
                "A function of x alone is the same number for every answer y.",
            ),
        ),
    ),
    "1.1b": Answer(
        lambda: "a",
        0,
        (
            Mistake(
                lambda: "ab",
                "Three times the energy is three times the inverse temperature.",
            ),
            Mistake(
                lambda: "abd",
                "The probability depends on the differences of energies, not on their order alone.",
            ),
        ),
    ),
    "1.2": Answer(
        lambda: miss_of("median"),
        0.002,
        (
            Mistake(
                lambda: miss_of("mean"),
                "That is the miss of the mean. The absolute error is least at another point.",
            ),
        ),
    ),
    "1.3": Answer(
        lambda: 2 * np.pi / 3,
        1e-3,
        (
            Mistake(
                lambda: 3 / (2 * np.pi),
                "The logarithm is that of beta a / 2 pi. When is it zero?",
            ),
            Mistake(
                lambda: np.pi / 3,
                "Look at the Gaussian integral again: the exponent has a / 2.",
            ),
        ),
    ),
    "1.4": Answer(
        lambda: 10.0,
        0.01,
        (
            Mistake(
                lambda: 100.0,
                "The data term is the same at each step, so W does not speed up.",
            ),
            Mistake(
                lambda: 10.0**0.5,
                "Nothing shrinks the step here: how does W depend on the number of steps?",
            ),
        ),
    ),
    "1.5": Answer(
        and_or,
        0.01,
        (
            Mistake(
                lambda: and_or()[::-1],
                "The order is the other way round: the sum of the energies puts its peak between the readings.",
            ),
        ),
    ),
}
