"""Answers to the exercises of chapter 2, Metropolis-Hastings. Each is computed."""

from __future__ import annotations

import numpy as np

import ebmtools as ebm
from ebmtools import exact
from exercises.answers import Answer, Mistake


def eigenvalues(n: int, flips: float) -> np.ndarray:
    """Of a flat chain whose proposals are taken with the probability `flips`: the products of k spins."""
    return 1 - 2 * flips * np.arange(n + 1) / n


def mean_energy(count_refusals: bool) -> float:
    """Of the chapter's three spins by Metropolis with sites at random."""
    three = ebm.Pairwise(
        [[0, 0.8, -0.3], [0.8, 0, 0.5], [-0.3, 0.5, 0]],
        fields=[0.2, 0.0, -0.1],
    )
    energies = exact.energies(three)
    p = np.exp(-energies)
    if not count_refusals:
        change = three.flip_change(exact.states(3)).detach().numpy()
        p = p * np.minimum(1, np.exp(-change)).mean(axis=1)
    return float(p @ energies / p.sum())


def share_of_an_end(with_ratio: bool, n: int = 10) -> float:
    """Stationary weight of state 0: flat, or by the number of neighbours."""
    neighbours = np.array([1.0, *[2.0] * (n - 2), 1.0])
    weight = np.ones(n) if with_ratio else neighbours
    return float(weight[0] / weight.sum())


def thinned(every: int, phi: float = 0.9) -> float:
    """Variance of the mean of every so-manieth step, over that of all steps."""
    all_steps = (1 + phi) / (1 - phi)
    kept = (1 + phi**every) / (1 - phi**every)
    return float(every * kept / all_steps)


ANSWERS = {
    "2.1": Answer(
        lambda: [eigenvalues(4, 1.0).min(), eigenvalues(4, 0.5).min()],
        1e-6,
        (
            Mistake(
                lambda: [-1.0, -1.0],
                "Gibbs flips with the probability one half when the energy is flat. What does that do to each product?",
            ),
            Mistake(
                lambda: [0.0, 0.0],
                "Metropolis takes every proposal here, so some product changes its sign at every step.",
            ),
            Mistake(
                lambda: [0.0, -1.0],
                "The order is the other way round: first Metropolis.",
            ),
        ),
    ),
    "2.2": Answer(
        lambda: mean_energy(False),
        0.005,
        (
            Mistake(
                lambda: mean_energy(True),
                "That is the right mean energy. The kept states follow another distribution.",
            ),
        ),
    ),
    "2.3": Answer(
        lambda: share_of_an_end(False),
        1e-4,
        (
            Mistake(
                lambda: share_of_an_end(True),
                "That is the share with the ratio. Without it the ends are visited less.",
            ),
            Mistake(
                lambda: 2 * share_of_an_end(False),
                "That is a state in the middle. Which states lead to an end?",
            ),
        ),
    ),
    "2.4a": Answer(
        lambda: 19 / 0.02**2,
        100.0,
        (
            Mistake(
                lambda: 1 / 0.02**2,
                "That would do for independent steps. Each of these is worth less.",
            ),
            Mistake(
                lambda: 19 / 0.02,
                "The standard error falls with the root of the number of steps.",
            ),
        ),
    ),
    "2.4b": Answer(
        lambda: np.sqrt(thinned(19)),
        0.01,
        (
            Mistake(
                lambda: thinned(19),
                "That is the factor on the variance.",
            ),
            Mistake(
                lambda: 1.0,
                "Steps that are 19 apart are not independent yet, and those between are thrown away.",
            ),
            Mistake(
                lambda: np.sqrt(19.0),
                "The steps that are thrown away were correlated with those that are kept, so less is lost.",
            ),
        ),
    ),
    "2.5": Answer(
        lambda: [float(np.exp(-1)), 1.0],
        1e-3,
        (
            Mistake(
                lambda: [1.0, float(np.exp(-1))],
                "Who gets the lower energy? The cold copy should.",
            ),
            Mistake(
                lambda: [float(np.exp(-1)), float(np.e)],
                "A probability is at most 1.",
            ),
        ),
    ),
    "2.6": Answer(
        lambda: 0.94 / 4,
        1e-3,
        (
            Mistake(
                lambda: 0.94 / 16,
                "A mean of 16 independent numbers has a fourth of their standard deviation, not a sixteenth.",
            ),
            Mistake(
                lambda: 0.94,
                "That is the standard deviation of one chain.",
            ),
        ),
    ),
}
