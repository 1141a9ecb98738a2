"""Answers to the exercises of chapter 7, proteins. Each is computed."""

from __future__ import annotations

import math

import numpy as np

from exercises.answers import Answer, Mistake


def numbers(sites: int, states: int) -> float:
    """Couplings and fields, each pair counted once."""
    return float(sites * (sites - 1) / 2 * states**2 + sites * states)


def effective(
    sequences: tuple[str, ...], identity: float, itself: bool = True
) -> float:
    """Sum over sequences of one over the number of those that are near."""
    letters = np.array([list(sequence) for sequence in sequences])
    near = (letters[:, None] == letters[None]).mean(2) >= identity - 1e-9
    counts = near.sum(1) if itself else np.maximum(near.sum(1) - 1, 1)
    return float((1 / counts).sum())


def equal_pair(states: int = 3, sign: float = 1.0) -> list[float]:
    """Entries (0, 0) and (0, 1) of the unit table, less the means of rows and columns, plus the mean of all."""
    table = np.eye(states)
    fixed = table - table.mean(0) - table.mean(1)[:, None]
    return [float(x) for x in (fixed + sign * table.mean())[0, :2]]


def ghost(p: float, x: float = 1.0) -> float:
    """Entry (0, 0) of the table that is left of a cube x (-1)^(a + b + c), with c = 0 of probability p."""
    return x * (p - (1 - p))


def substitutions(sites: int, states: int) -> float:
    """Energies of a sequence and of all its single substitutions."""
    return float(sites * (states - 1) + 1)


SEQUENCES = ("ACDEF", "ACDEG", "ACDGG", "WYVKL")


def stack(share: float, n_states: int) -> float:
    """Bits of a column that has two letters, with `share` and the rest, of `n_states` that may be there."""
    rest = 1 - share
    entropy = -share * math.log2(share) - rest * math.log2(rest)
    return math.log2(n_states) - entropy


ANSWERS = {
    "7.1": Answer(
        lambda: [numbers(10, 21), numbers(10, 20)],
        0.5,
        (
            Mistake(
                lambda: [numbers(10, 21) + 45 * 441, numbers(10, 20)],
                "Count each pair once.",
            ),
            Mistake(
                lambda: [45 * 441.0, 45 * 400.0],
                "Those are the couplings. There are fields too.",
            ),
        ),
    ),
    "7.2": Answer(
        lambda: effective(SEQUENCES, 0.8),
        0.01,
        (
            Mistake(
                lambda: effective(SEQUENCES, 0.8, itself=False),
                "Each sequence counts itself among those that are near.",
            ),
            Mistake(
                lambda: 2.0,
                "That is the number of clusters. Near is not transitive: the first and the third are not near.",
            ),
        ),
    ),
    "7.3": Answer(
        equal_pair,
        0.01,
        (
            Mistake(
                lambda: equal_pair(sign=0.0),
                "The mean of the table was taken off twice, so add it once.",
            ),
            Mistake(
                lambda: [1.0, 0.0],
                "That is the table as given. Its rows do not sum to zero.",
            ),
        ),
    ),
    "7.4": Answer(
        lambda: ghost(0.9),
        0.005,
        (
            Mistake(
                lambda: 0.9,
                "The other letter of the third site counts too, with a minus.",
            ),
            Mistake(
                lambda: -ghost(0.9),
                "The size is right. Letter 0 has the sign (-1)^0.",
            ),
        ),
    ),
    "7.5": Answer(
        lambda: substitutions(135, 21),
        0.5,
        (
            Mistake(
                lambda: 135.0 * 21,
                "At each site one of the letters is the one that is there.",
            ),
            Mistake(
                lambda: substitutions(135, 21) - 1,
                "The sequence itself is missing.",
            ),
        ),
    ),
    "7.6": Answer(
        lambda: stack(0.9, 21),
        0.02,
        (
            Mistake(
                lambda: stack(0.9, 2) - 1.0 + math.log2(20),
                "The gap is a state too: there are 21.",
            ),
            Mistake(
                lambda: 1.0 - stack(0.9, 2),
                "That is the entropy. The stack is what is missing to the largest one.",
            ),
            Mistake(
                lambda: stack(0.9, 21) * math.log(2),
                "These are nats. Bits have logarithms to base two.",
            ),
        ),
    ),
}
