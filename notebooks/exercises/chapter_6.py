"""Answers to the exercises of chapter 6, the paper's experiments, from the same records as the chapter."""

from __future__ import annotations

import functools
import json
from pathlib import Path

import numpy as np

from exercises.answers import Answer, Mistake

RECORDS = Path(__file__).resolve().parents[2] / "results" / "experiments.jsonl"
USUAL = {"order": 3, "spins": 64, "beta": 0.5, "hidden": 128} | {
    "activation": "relu"
}


@functools.cache
def errors_at(gamma: float, samples: int) -> dict[str, np.ndarray]:
    """Errors of each model, one an instance."""
    where = USUAL | {"gamma": gamma, "samples": samples}
    rows = map(json.loads, RECORDS.read_text().splitlines())
    found = [
        row["result"]["eps"]
        for row in rows
        if "result" in row
        and all(row["setting"][name] == value for name, value in where.items())
    ]
    names = ("pairwise", "network", "hybrid", "pursuit", "oracle")
    return {name: np.array([one[name] for one in found]) for name in names}


def standard_errors() -> list[float]:
    """Of the difference of hybrid and pairwise at gamma 0.5: by instance, and as if they were strangers."""
    at = errors_at(0.5, 10_000)
    count = len(at["hybrid"])
    spread = np.std(at["hybrid"] - at["pairwise"], ddof=1)
    apart = np.hypot(
        np.std(at["hybrid"], ddof=1), np.std(at["pairwise"], ddof=1)
    )
    return [float(spread / np.sqrt(count)), float(apart / np.sqrt(count))]


def bias(name: str = "pairwise", gamma: float = 1.0) -> float:
    """What is left of an error in endless data, from two sizes: eps^2 = bias^2 + noise^2 / M."""
    small, large = (errors_at(gamma, m)[name].mean() for m in (1_000, 10_000))
    return float(np.sqrt((10 * large**2 - small**2) / 9))


def chances() -> list[float]:
    """All eight intervals below zero by chance, and at least one above zero by chance."""
    return [0.025**8, 1 - 0.975**8]


ANSWERS = {
    "6.1": Answer(
        standard_errors,
        1e-4,
        (
            Mistake(
                lambda: standard_errors()[::-1],
                "The order is the other way round: first by instance.",
            ),
            Mistake(
                lambda: [
                    x * np.sqrt(len(errors_at(0.5, 10_000)["hybrid"]))
                    for x in standard_errors()
                ],
                "These are spreads over instances. The standard error of a mean is smaller by the root of their number.",
            ),
        ),
    ),
    "6.2": Answer(
        bias,
        1e-4,
        (
            Mistake(
                lambda: bias() ** 2,
                "That is the square of the bias.",
            ),
            Mistake(
                lambda: float(errors_at(1.0, 10_000)["pairwise"].mean()),
                "That is the error at 10,000 samples, noise included.",
            ),
        ),
    ),
    "6.3": Answer(
        chances,
        1e-9,
        (
            Mistake(
                lambda: [0.05**8, 1 - 0.95**8],
                "An interval of 95 % misses on either side; only one of the sides counts here.",
            ),
            Mistake(
                lambda: [0.025**8, 8 * 0.025],
                "Eight times the chance of one counts the cases twice in which two of them happen. Ask for the chance that none does.",
            ),
        ),
    ),
}
