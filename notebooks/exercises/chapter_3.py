"""Answers to the exercises of chapter 3, pairwise models. Each is computed."""

from __future__ import annotations

from math import erfc, sqrt

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit

import ebmtools as ebm
from ebmtools import exact
from exercises.answers import Answer, Mistake


def on_a_ring(coupling: float) -> float:
    """Correlation of two neighbours of three spins in a ring, by enumeration."""
    ring = ebm.Pairwise(coupling * (1 - np.eye(3)))
    return float(exact.moments(ring).correlations[0, 1])


def hidden_triple(w: float, b: float) -> float:
    """xi of three visible spins: the mean of -E times their product, E summed over the hidden spin."""
    s = exact.states(3).astype(float)
    energy = -np.log(2 * np.cosh(b + w * s.sum(axis=1)))
    return float(-(energy * s.prod(axis=1)).mean())


def penalised_copy(penalty: float, factor: float = 2.0) -> float:
    """The coupling of a spin and its copy: where the slope of objective and penalty is zero."""
    return float(
        brentq(lambda J: 4 * expit(-2 * J) - factor * penalty * J, 0.0, 50.0)
    )


ANSWERS = {
    "3.1": Answer(
        lambda: on_a_ring(0.7),
        1e-4,
        (
            Mistake(
                lambda: float(np.tanh(0.7)),
                "That is the direct way alone. The way round the ring counts too.",
            ),
            Mistake(
                lambda: float(np.tanh(0.7) + np.tanh(0.7) ** 2),
                "The numerator is right. Which terms survive in Z?",
            ),
        ),
    ),
    "3.2": Answer(
        lambda: "no",
        0,
        (
            Mistake(
                lambda: "yes",
                "Put in the exact covariance, as if there were infinitely many samples. Does the error go away?",
            ),
        ),
    ),
    "3.3": Answer(
        lambda: hidden_triple(0.8, 0.5),
        1e-4,
        (
            Mistake(
                lambda: -hidden_triple(0.8, 0.5),
                "The sign: energies are minus the sum of interactions.",
            ),
            Mistake(
                lambda: 8 * hidden_triple(0.8, 0.5),
                "The coefficient is a mean over the eight states.",
            ),
            Mistake(
                lambda: 0.0,
                "It vanishes for b = 0. Here the hidden spin has a field.",
            ),
        ),
    ),
    "3.4": Answer(
        lambda: penalised_copy(0.01),
        1e-3,
        (
            Mistake(
                lambda: penalised_copy(0.01, 1.0),
                "The derivative of the penalty has a factor of two.",
            ),
            Mistake(
                lambda: penalised_copy(0.01, 4.0),
                "Both sites have a term in the objective, and the pair has one penalty.",
            ),
        ),
    ),
    "3.5": Answer(
        lambda: 0.5 * erfc(1 / sqrt(0.4)),
        1e-4,
        (
            Mistake(
                lambda: erfc(1 / sqrt(0.4)),
                "Only noise against the pattern makes the spin unstable: one tail of the two.",
            ),
            Mistake(
                lambda: 0.5 * erfc(1 / (0.2 * sqrt(2))),
                "The variance of the noise is alpha, so its standard deviation is the root.",
            ),
        ),
    ),
    "3.6": Answer(
        lambda: [14 / np.log(2), float(np.exp(-14 / 50))],
        0.01,
        (
            Mistake(
                lambda: [14 * np.log(2), float(np.exp(-14 / 50))],
                "A bit is the smaller unit, so there are more bits than nats.",
            ),
            Mistake(
                lambda: [14 / np.log(2), float(2 ** (-14 / 50))],
                "Nats belong to powers of e.",
            ),
        ),
    ),
}
