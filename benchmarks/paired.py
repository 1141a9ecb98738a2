"""Paired timing: the contenders take turns, A B C A B C ..., so that a machine that slows down slows all of them.

Each contender runs once before the clock starts. That first run compiles what has to be compiled, and its result is
checked: nothing is timed that is wrong. The clock is the processor time of this process: all contenders are held to one
thread, and what other processes do on the machine counts as little as it can.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from typing import Any


def paired(
    contenders: Mapping[str, Callable[[], Any]],
    check: Callable[[str, Any], float],
    rounds: int = 7,
    least: float = 0.03,
) -> dict[str, Any]:
    """Time the contenders in turn: {"seconds": {name: one number a round, for one call}, "check": {name: number}}.

    `check(name, result)` gets the result of the first, untimed call; it raises where that is wrong, and returns the
    number that it judged by. A timing lasts about `least` seconds or longer: quick contenders are called repeatedly.
    """
    checks, calls = {}, {}
    for name, run in contenders.items():
        start = time.process_time()
        checks[name] = float(check(name, run()))
        slow = time.process_time() - start > 5  # compiling takes less, so the call itself is long
        calls[name] = 1 if slow else max(1, math.ceil(least / seconds(run)))
    timings: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, run in contenders.items():
            timings[name].append(seconds(run, calls[name]))
    return {"seconds": timings, "check": checks}


def seconds(run: Callable[[], Any], calls: int = 1) -> float:
    """Processor seconds of one call, averaged over `calls`."""
    start = time.process_time()
    for _ in range(calls):
        run()
    return max(time.process_time() - start, 1e-9) / calls


def require(condition: bool, message: str) -> None:
    """Stop the benchmark: a wrong result is not timed."""
    if not condition:
        raise AssertionError(message)
