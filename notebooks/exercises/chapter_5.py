"""Answers to the exercises of chapter 5, reconstructing couplings. Each is computed; the seeds are the chapter's."""

from __future__ import annotations

import functools

import numpy as np

import ebmtools as ebm
from ebmtools import exact
from exercises.answers import Answer, Mistake

SAMPLES = 10_000


def ghost(field: float, triple: float = 0.5) -> float:
    """The coupling that a triple and a field fake, from the exact correlation of the pair."""
    energy = ebm.ManyBody(3, [(0, 1, 2)], [triple]) + ebm.Pairwise(
        np.zeros((3, 3)), [0.0, 0.0, field]
    )
    return float(np.arctanh(exact.moments(energy).correlations[0, 1]))


def truth_and_samples() -> tuple[ebm.Energy, np.ndarray]:
    """The instance of the chapter and its samples."""
    truth = ebm.random_hamiltonian(16, order=3, gamma=0.5, beta=1.0, seed=1)
    return truth, exact.sample(truth, SAMPLES, seed=1)


@functools.cache
def error_with(n_triples: int) -> float:
    """Error of the couplings beside the strongest of the true triples, fitted to the optimum."""
    truth, samples = truth_and_samples()
    strongest = np.argsort(-np.abs(truth.coefficients))[:n_triples]
    named = [truth.interactions[k] for k in strongest]
    model = ebm.Pairwise(np.zeros((16, 16)))
    if named:
        model = model + ebm.ManyBody(16, named, np.zeros(len(named)))
    ebm.fit_convex(model, samples)
    return ebm.reconstruction_error(ebm.couplings(model), truth.couplings)


@functools.cache
def alarms(n_sets: int = 20) -> tuple[int, ...]:
    """Data sets of a pairwise truth in which pursuit finds something, at each rate."""
    harmless = ebm.random_hamiltonian(10, gamma=0.0, beta=0.5, seed=3)
    draws = [exact.sample(harmless, 2_000, seed=k) for k in range(n_sets)]
    return tuple(
        sum(
            bool(ebm.fit_many_body(x, false_discovery=q).interactions)
            for x in draws
        )
        for q in (0.5, 0.01)
    )


ANSWERS = {
    "5.1": Answer(
        lambda: [1.0, 0.5, 2.0],
        1e-6,
        (
            Mistake(
                lambda: [1.0, 0.5, 1.0],
                "Two are right. A forgotten sign gives minus the truth: how large is each difference then?",
            ),
            Mistake(
                lambda: [1.0, 0.5, 0.0],
                "Two are right. The error compares entries, not their sizes, so the wrong sign counts.",
            ),
            Mistake(
                lambda: [1.0, 0.25, 4.0],
                "You have the squares. The error has a root over the whole ratio.",
            ),
        ),
    ),
    "5.2": Answer(
        lambda: ghost(1.0),
        1e-4,
        (
            Mistake(
                lambda: float(np.tanh(0.5) * np.tanh(1.0)),
                "That is the correlation of the pair, tanh J. Which J has it?",
            ),
            Mistake(
                lambda: 0.5,
                "With the field you would have xi itself only if the third spin were up for certain.",
            ),
            Mistake(
                lambda: 0.0,
                "The energy has no coupling, but the pair is correlated, and the fit must account for that.",
            ),
        ),
    ),
    "5.3": Answer(
        lambda: 4,
        0.1,
        (
            Mistake(
                lambda: 3,
                "A product of three spins appears when the cube is multiplied out. Which products do not?",
            ),
            Mistake(
                lambda: 2,
                "The cube contains products of two spins as soon as there is a bias. Which products does it never contain?",
            ),
        ),
    ),
    "5.4": Answer(
        lambda: error_with(16),
        0.05,
        (
            Mistake(
                lambda: error_with(0),
                "That is the error of the pairwise fit: the triples are missing.",
            ),
        ),
    ),
    "5.5": Answer(
        alarms,
        2.0,
        (
            Mistake(
                lambda: alarms()[::-1],
                "The order is the other way round: first the rate 0.5.",
            ),
        ),
    ),
}
