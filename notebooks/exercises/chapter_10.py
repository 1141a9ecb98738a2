"""Answers to the exercises of chapter 10, graphs and N-body systems. Each is computed."""

from __future__ import annotations

import numpy as np

from exercises.answers import Answer, Mistake

SLIDE = np.array([[0, 1, 0, 1], [1, 0, 1, 1], [0, 1, 0, 0], [1, 1, 0, 0]])


def roughness(h: tuple[float, ...] = (1.0, 2.0, 3.0, 4.0)) -> float:
    """Sum over edges of the squared difference."""
    i, j = np.nonzero(np.triu(SLIDE))
    return float(sum((h[a] - h[b]) ** 2 for a, b in zip(i, j, strict=True)))


def reach(order: int = 3) -> int:
    """Nodes of a ring of 100 that the answer to an impulse can touch, for a polynomial of this degree."""
    ring = np.roll(np.eye(100), 1, 0) + np.roll(np.eye(100), -1, 0)
    power = np.linalg.matrix_power(2 * np.eye(100) - ring, order)
    return int((np.abs(power[0]) > 1e-9).sum())


def kick_error(dt: float) -> float:
    """Energy error after one step from rest of two bodies of mass 1/2 at distance 1, softening 0.1."""
    return float(energy_after(dt) - energy_after(0.0))


def energy_after(dt: float) -> float:
    """One kick-drift-kick step on a line."""

    def force(r: float) -> float:  # on each body, towards the other
        return 0.25 * r / (r * r + 0.01) ** 1.5

    r, v = 1.0, 0.0
    v += dt / 2 * force(r) / 0.5
    r -= 2 * dt * v
    v += dt / 2 * force(r) / 0.5
    return 2 * 0.25 * v * v - 0.25 / np.sqrt(r * r + 0.01)


ANSWERS = {
    "10.1": Answer(
        roughness,
        1e-9,
        (
            Mistake(
                lambda: 2 * roughness(),
                "Each edge stands twice in A. In the sum over edges it counts once.",
            ),
            Mistake(
                lambda: float(
                    np.arange(1, 5)
                    @ (np.eye(4) - SLIDE / SLIDE.sum(1)[:, None])
                    @ np.arange(1, 5)
                ),
                "That is the form divided by degrees. The question is about L = D - A.",
            ),
        ),
    ),
    "10.2": Answer(
        lambda: [reach(3), reach(5)],
        1e-9,
        (
            Mistake(
                lambda: [3, 5],
                "So many hops, and to either side. How many nodes is that?",
            ),
            Mistake(
                lambda: [6, 10],
                "The node itself answers too.",
            ),
        ),
    ),
    "10.3": Answer(
        lambda: kick_error(0.2) / kick_error(0.1),
        0.5,
        (
            Mistake(
                lambda: 4.0,
                "That is the factor over a fixed time, where half the step takes twice the steps. Here it is one step each.",
            ),
        ),
    ),
}
