"""Answers to the exercises of chapter 12, one's own data. Each is computed."""

from __future__ import annotations

import numpy as np

from exercises.answers import Answer, Mistake


def correlation_of_texture_and_smoothness() -> float:
    """Of the two columns of scikit-learn's table, each split at its median."""
    from sklearn.datasets import load_breast_cancer

    table = load_breast_cancer().data[:, [1, 4]]
    up = np.where(table > np.median(table, axis=0), 1, -1)
    return float(np.corrcoef(up.T)[0, 1])


ANSWERS = {
    "12.1": Answer(
        lambda: 0.05 * 40 * 39 / 2,
        0.5,
        (
            Mistake(lambda: 0.05 * 40 * 39, "Each pair counts once."),
            Mistake(
                lambda: 0.05 * 40,
                "Couplings belong to pairs of columns. How many pairs are there?",
            ),
        ),
    ),
    "12.2": Answer(
        lambda: [-0.5, 0.3, -0.2],
        0.001,
        (
            Mistake(
                lambda: [-0.5, 0.3, 0.2],
                "The couplings are right. What does a field do to a spin that is turned?",
            ),
            Mistake(
                lambda: [-0.5, -0.3, -0.2],
                "Is column 0 in all three of them?",
            ),
        ),
    ),
    "12.3": Answer(
        lambda: np.arctanh(correlation_of_texture_and_smoothness()),
        0.005,
        (
            Mistake(
                lambda: -0.27,
                "That is their coupling beside all other columns. Fit these two alone.",
            ),
        ),
    ),
}
