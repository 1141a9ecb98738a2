"""Answers to the exercises of chapter 8, restricted Boltzmann machines. Each is computed."""

from __future__ import annotations

import numpy as np

import ebmtools as ebm
from ebmtools import exact
from exercises.answers import Answer, Mistake


def coupling_of_one_unit() -> float:
    """Two visible spins and one hidden one, with weights 1 and 1 and no fields."""
    machine = ebm.RBM.of([[1.0], [1.0]], [0.0, 0.0], [0.0])
    return float(ebm.couplings(machine).values[0, 1])


def triple_of_one_unit(field: float) -> float:
    """Three visible spins and one hidden one in a field, with weights 1."""
    machine = ebm.RBM.of([[1.0], [1.0], [1.0]], [0.0, 0.0, 0.0], [field])
    return float(ebm.interactions(machine, 3).coefficients[0])


def memory_after(sweeps: int) -> float:
    """< s_0 > after some sweeps from data in which both spins are always +1; the model's own is zero."""
    machine = ebm.RBM.of([[1.0], [1.0]], [0.0, 0.0], [0.0])
    states = exact.states(2)
    start = (states == 1).all(axis=1).astype(float)
    walk = np.linalg.matrix_power(transition(machine), sweeps)
    return float(start @ walk @ states[:, 0])


def transition(machine: ebm.RBM) -> np.ndarray:
    """Probabilities of a sweep of both layers from each visible state to each, (2^N, 2^N)."""
    visible = exact.states(machine.n_spins)
    hidden = exact.states(machine.n_hidden)
    above = machine.hidden_means(visible).detach().numpy()
    below = machine.visible_means(hidden).detach().numpy()
    up = np.prod((1 + above[:, None] * hidden[None]) / 2, axis=2)
    down = np.prod((1 + below[:, None] * visible[None]) / 2, axis=2)
    return up @ down


ANSWERS = {
    "8.1": Answer(
        coupling_of_one_unit,
        1e-4,
        (
            Mistake(
                lambda: float(np.log(np.cosh(2.0))),
                "That is the energy that equal spins gain over unequal ones. A coupling moves it by twice its size.",
            ),
            Mistake(
                lambda: 1.0,
                "That is the weight. The hidden spin is summed over: which energies do the four states have?",
            ),
        ),
    ),
    "8.2": Answer(
        lambda: [memory_after(1), memory_after(5)],
        1e-4,
        (
            Mistake(
                lambda: [memory_after(2), memory_after(6)],
                "One sweep draws the hidden spins once and the visible ones once.",
            ),
            Mistake(
                lambda: [float(np.tanh(1.0)), float(np.tanh(1.0) ** 5)],
                "The hidden spin is drawn too, and it follows two visible ones.",
            ),
        ),
    ),
    "8.3": Answer(
        lambda: [1 / 4, 0.0],
        1e-9,
        (
            Mistake(
                lambda: [1 / 2, 0.0],
                "v = (1 + s) / 2, and h likewise: two factors of a half.",
            ),
        ),
    ),
    "8.4": Answer(
        lambda: triple_of_one_unit(0.5),
        0.005,
        (
            Mistake(
                lambda: triple_of_one_unit(-0.5),
                "The size is right. The energy holds -J s0 s1 s2 and -b h: check both signs.",
            ),
            Mistake(
                lambda: 0.0,
                "That is so without a field, where s and -s are alike.",
            ),
        ),
    ),
}
