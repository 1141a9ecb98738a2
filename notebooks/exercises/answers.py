"""Checking an answer to an exercise. The answers themselves stand in chapter_N.py, computed, never typed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Mistake:
    """A wrong value that readers often arrive at, and the hint that it deserves."""

    value: Callable[[], Any]
    hint: str


@dataclass(frozen=True)
class Answer:
    """What is right. `probe` turns what the reader gives, such as a function, into numbers that can be compared."""

    value: Callable[[], Any]
    within: float = 1e-6
    mistakes: tuple[Mistake, ...] = ()
    probe: Callable[[Any], Any] = lambda given: given


@dataclass(frozen=True)
class Verdict:
    """True where the answer is right. Shown in a notebook as one sentence."""

    right: bool
    text: str

    def __bool__(self) -> bool:
        return self.right

    def __repr__(self) -> str:
        return self.text

    def _repr_markdown_(self) -> str:
        start, _, rest = self.text.partition(". ")
        return f"**{start}.** {rest}"


def answer(number: str, given: Any) -> Verdict:
    """Compare an answer to exercise `number`, such as "3.1" or "3.1b", with the right one."""
    expected = answers_of(number.split(".")[0]).get(number)
    if expected is None:
        known = ", ".join(sorted(answers_of(number.split(".")[0])))
        raise ValueError(
            f"number: got {number!r}, and there is no such exercise. This chapter has {known}."
        )
    untouched = Verdict(
        False,
        f"Exercise {number}. Put your answer in place of the dots, and run this cell again.",
    )
    if given is ... or (
        isinstance(given, (list, tuple)) and any(part is ... for part in given)
    ):
        return untouched
    try:
        found = expected.probe(given)
    except (
        Exception
    ) as error:  # whatever the reader's function raises is the reader's to see
        if "ellipsis" in str(error):  # it still returns the dots
            return untouched
        return Verdict(
            False,
            f"Not yet. Your answer could not be tried: {type(error).__name__}: {error}",
        )
    if problem := misfit(found, expected.value()):
        return Verdict(False, f"Not yet. {problem}")
    if agree(found, expected.value(), expected.within):
        return Verdict(True, f"Right. Exercise {number} is solved.")
    for mistake in expected.mistakes:
        if agree(found, mistake.value(), expected.within):
            return Verdict(False, f"Not yet. {mistake.hint}")
    return Verdict(
        False,
        "Not yet. This is not the value; the usual mistakes do not give it either.",
    )


def answers_of(chapter: str) -> dict[str, Answer]:
    """The answers of one chapter, by number of the exercise."""
    found: dict[str, Answer] = import_module(
        f"exercises.chapter_{chapter}"
    ).ANSWERS
    return found


def misfit(given: Any, expected: Any) -> str:
    """What makes the two impossible to compare; empty where nothing does."""
    if isinstance(expected, str):
        return (
            ""
            if isinstance(given, str)
            else f"The answer is a word in quotes, and you gave {given!r}."
        )
    try:
        numbers = np.asarray(given, dtype=float)
    except (TypeError, ValueError):
        return f"The answer is a number or an array, and you gave {type(given).__name__}."
    if numbers.shape != np.shape(expected):
        return f"The answer has shape {np.shape(expected)}, and yours has {numbers.shape}."
    return (
        ""
        if np.isfinite(numbers).all()
        else "Your answer contains a number that is not finite."
    )


def agree(given: Any, expected: Any, within: float) -> bool:
    """Equal words, or numbers that differ nowhere by more than `within`."""
    if isinstance(expected, str):
        return str(given).strip().lower() == expected.lower()
    if np.shape(given) != np.shape(expected):
        return False
    return bool(
        np.all(
            np.abs(
                np.asarray(given, dtype=float)
                - np.asarray(expected, dtype=float)
            )
            <= within
        )
    )
