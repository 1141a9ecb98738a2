"""One engine for all studies: it computes what is missing in a table of settings, on this machine or on a cluster.

A study is a table of settings and one pure function from a setting to its results. Dask distributes the settings over
workers; this process alone writes the records, each as soon as it is there. Whatever is killed, and when: run the study
again, and it computes what is missing.
"""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import functools
import itertools
import platform
import resource
import subprocess
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import CancelledError
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dask
import numpy as np
import torch
from distributed import Client, LocalCluster, as_completed
from distributed.scheduler import KilledWorker
from records import Record, Store, key_of
from tqdm import tqdm

import ebmtools as ebm

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "results"
_DEATHS = 2
"""Workers that a setting may take with it; then it counts as failed."""


@dataclass(frozen=True)
class Study:
    """A table of settings, and the function that computes one of them.

    A setting is a frozen dataclass of numbers, strings and tuples of these, its seed among them. `compute` takes one,
    changes nothing outside itself, and returns a dict that JSON can hold. Raise `version` when `compute` or what it
    calls changes its results: all settings then count as missing.
    """

    name: str
    version: int
    settings: tuple[Any, ...]
    compute: Callable[[Any], dict[str, Any]]

    def key(self, setting: Any) -> str:
        """Return the content hash of a setting under this version."""
        return key_of(self.name, self.version, dataclasses.asdict(setting))


def sweep(
    study: Study,
    folder: Path = RESULTS,
    *,
    scheduler: str | None = None,
    workers: int = 2,
    memory: str = "auto",
    again: bool = False,
) -> int:
    """Compute the settings that have no record yet, and return how many of all settings have failed.

    `scheduler` is the address of a Dask scheduler, such as "tcp://10.0.0.1:8786"; without one, `workers` processes are
    started here, each with one thread and a `memory` limit. `again` tries once more what has failed before.
    """
    with Store(folder / f"{study.name}.jsonl", again) as store:
        missing = {study.key(s): s for s in study.settings if study.key(s) not in store.keys}
        bar = tqdm(total=len(study.settings), initial=len(study.settings) - len(missing), desc=study.name)
        bar.set_postfix(failed=store.failures)
        if not missing:
            bar.close()
            return store.failures
        with _client(scheduler, workers, memory) as client:
            bar.write(f"{study.name}: dashboard at {client.dashboard_link}", file=sys.stderr)
            for key, outcome in _computed(client, study, missing):
                store.add(_record(study, key, missing[key], outcome))
                bar.update()
                bar.set_postfix(failed=store.failures)
        bar.close()
        return store.failures


def _computed(client: Client, study: Study, missing: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each key with its outcome, as they come. What was lost with a worker that died is handed out anew."""
    task, left, round_ = functools.partial(measured, study.compute), dict(missing), itertools.count()
    while left:
        this = next(round_)
        futures = {client.submit(task, s, key=f"{study.name}-{key}-{this}"): key for key, s in left.items()}
        for future in as_completed(futures):
            try:
                outcome = future.result()
            except KilledWorker as error:
                outcome = {"error": _death(error)}
            except (CancelledError, asyncio.CancelledError) as error:
                if client.status != "running":
                    gone = f"{study.name}: the scheduler is gone. Start the study again to go on."
                    raise ConnectionError(gone) from error
                continue
            key = futures.pop(future)
            del left[key]
            yield key, outcome


def measured(compute: Callable[[Any], dict[str, Any]], setting: Any) -> dict[str, Any]:
    """Return the result of a setting, or its error, with what it cost and where it was computed. Runs on a worker."""
    torch.set_num_threads(1)
    _forget_peak()
    start, processor = time.perf_counter(), time.process_time()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # what a fit could not do shows in its results
            outcome: dict[str, Any] = {"result": compute(setting)}
    except Exception as error:
        where = traceback.extract_tb(error.__traceback__)[-1]
        outcome = {"error": f"{type(error).__name__}: {error} ({Path(where.filename).name}, line {where.lineno})"}
    return outcome | {
        "seconds": round(time.perf_counter() - start, 2),
        "processor_seconds": round(time.process_time() - processor, 2),
        "peak_gb": round(_peak_gb(), 3),
        "versions": {
            "ebmtools": ebm.__version__,
            "numpy": np.__version__,
            "torch": torch.__version__,
            "python": platform.python_version(),
        },
        "processor": _processor(),
    }


def _record(study: Study, key: str, setting: Any, outcome: Mapping[str, Any]) -> Record:
    head = {"key": key, "study": study.name, "version": study.version, "setting": dataclasses.asdict(setting)}
    return head | dict(outcome) | {"commit": _commit()}


def _death(error: KilledWorker) -> str:
    """Name the worker that a setting took with it."""
    worker, times = error.last_worker, error.allowed_failures + 1
    limit = f"{worker.memory_limit / 1e9:.1f} GB" if worker.memory_limit else "none"
    return (
        f"the worker died {times} times while it computed this, last {worker.address} (memory limit {limit}): "
        "most likely for want of memory. Give workers more, or fewer settings at a time, and run with --again."
    )


@contextmanager
def _client(scheduler: str | None, workers: int, memory: str) -> Iterator[Client]:
    blame = {"distributed.scheduler.allowed-failures": _DEATHS - 1, "distributed.scheduler.worker-saturation": 1.0}
    with dask.config.set(blame):  # a worker has one setting at a time, so that no other is blamed for its death
        if scheduler is not None:
            with Client(scheduler, timeout=30) as client:
                yield client
            return
        options = {"n_workers": workers, "threads_per_worker": 1, "memory_limit": memory, "dashboard_address": ":0"}
        with LocalCluster(**options) as cluster, Client(cluster) as client:
            yield client


def _forget_peak() -> None:
    """Let the peak of memory start anew, where the system can."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return


def _peak_gb() -> float:
    """Peak memory of this process, since the start of the setting where the system can tell."""
    try:
        line = next(x for x in Path("/proc/self/status").read_text().splitlines() if x.startswith("VmHWM"))
        return int(line.split()[1]) * 1024 / 1e9
    except (OSError, StopIteration):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e9


@functools.cache
def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


@functools.cache
def _commit() -> str:
    command = ["git", "describe", "--always", "--dirty", "--exclude=*"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return found.stdout.strip() or "unknown"


def main(study: Study, small: tuple[Any, ...]) -> None:
    """The command line of a study; `small` are the settings that prove it in seconds."""
    parser = argparse.ArgumentParser(description=f"Fill in results/{study.name}.jsonl.")
    parser.add_argument("--workers", type=int, default=2, help="processes here, one core each")
    parser.add_argument("--scheduler", help="address of a Dask scheduler instead, such as tcp://10.0.0.1:8786")
    parser.add_argument("--memory", default="auto", help="limit of each process here, such as 4GB")
    parser.add_argument("--again", action="store_true", help="try once more what has failed")
    parser.add_argument("--small", action="store_true", help="a few small settings only")
    parser.add_argument("--folder", type=Path, default=RESULTS)
    options = parser.parse_args()
    if options.small:
        study = dataclasses.replace(study, settings=small)
    given = {name: getattr(options, name) for name in ("scheduler", "workers", "memory", "again")}
    failures = sweep(study, options.folder, **given)
    if failures:
        sys.exit(f"{failures} settings have failed; their errors are in {options.folder / study.name}.jsonl")
