"""Answers to the exercises of chapter 11, pi-DOC. Each is computed."""

from __future__ import annotations

from exercises.answers import Answer, Mistake


def age_of_the_far_one(
    ratio: float, age: float = 12.0, slope: float = 0.8
) -> float:
    """Age at which a cluster is `ratio` times as luminous as at `age`, if its light falls as a power of age."""
    return age * ratio ** (-1 / slope)


def block(before: int, after: int, norm: int = 2) -> float:
    """Parameters of a convolution of 3 x 3 with biases and a normalisation."""
    return float(9 * before * after + after + norm * after)


ANSWERS = {
    "11.1": Answer(
        lambda: [4.0, age_of_the_far_one(4)],
        0.03,
        (
            Mistake(
                lambda: [2.0, age_of_the_far_one(2)],
                "Flux falls with the square of the distance.",
            ),
            Mistake(
                lambda: [4.0, 12 / 4**0.8],
                "The first is right. Solve (t / 12)^(-0.8) = 4 for t.",
            ),
        ),
    ),
    "11.2": Answer(
        lambda: block(64, 128),
        0.5,
        (
            Mistake(
                lambda: block(64, 128, norm=0),
                "That is the convolution. The normalisation has parameters too.",
            ),
            Mistake(
                lambda: block(64, 128) - 128,
                "Biases are missing, or half of the normalisation.",
            ),
        ),
    ),
}
