"""The study behind the figures on pursuit: how close to the oracle, how often wrong, and how honest its errors.

python studies/pursuit.py --workers 2

One row (a line of JSON) for each data set goes to results/pursuit.jsonl. Rows that are there already are not computed
again: remove a row, or the file, to have it made anew.
"""

import argparse
import itertools
import json
import math
import multiprocessing
import resource
import sys
import time
import warnings
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

import ebmtools as ebm
from ebmtools import exact

ROWS = Path(__file__).resolve().parent.parent / "results" / "pursuit.jsonl"
LEVELS = (0.01, 0.1)
"""Rates of false discoveries that are asked for where there is nothing to find."""
WITHIN = 1.96
"""Standard errors on each side of a 95 % interval."""


class Job(NamedTuple):
    """One data set: N spins, M samples, N interactions of one order and strength gamma (none where gamma is 0)."""

    question: str
    spins: int
    samples: int
    order: int
    gamma: float
    instance: int


def jobs():
    """All data sets, those of one question together, instance by instance."""
    strengths = [(3, 0.0), *itertools.product((3, 4), (0.5, 1.0, 2.0))]
    for instance, (order, gamma) in itertools.product(range(12), strengths):
        yield Job("recovery", 64, 10_000, order, gamma, instance)
    for instance in range(100):
        yield Job("nothing", 32, 2000, 3, 0.0, instance)
        yield Job("nothing", 64, 10_000, 3, 0.0, instance)
    cases = [(16, 2000, 3, 0.0), (16, 2000, 3, 1.0), (16, 2000, 4, 1.0), (12, 2000, 3, 2.0), (12, 10_000, 3, 2.0)]
    for instance, case in itertools.product(range(200), cases):
        yield Job("coverage", *case, instance)
    for instance, (order, gamma) in itertools.product(range(10), strengths):
        yield Job("recovery", 64, 100_000, order, gamma, instance)


def drawn(job):
    """The true energy and the samples; exact draws where all states can be listed."""
    truth = ebm.random_hamiltonian(job.spins, job.order, gamma=job.gamma, beta=0.5, seed=job.instance)
    if job.spins <= 16:
        return truth, exact.sample(truth, job.samples, seed=job.instance)
    thin = 100 if job.samples <= 10_000 else 40
    return truth, ebm.sample(truth, job.samples, n_chains=512, thin=thin, seed=1000 + job.instance).spins


def recovery(job):
    """Pursuit against the pairwise fit, and against the oracle, which knows the interactions' places."""
    truth, spins = drawn(job)
    true = set(truth.interactions) if job.gamma else set()

    def error(fit_couplings):
        return ebm.reconstruction_error(fit_couplings, truth.couplings)

    processor, wall = time.process_time(), time.perf_counter()
    fit = ebm.fit_many_body(spins)
    seconds = {"seconds": time.process_time() - processor, "wall": time.perf_counter() - wall}
    oracle = ebm.Pairwise(np.zeros((job.spins, job.spins)))
    model = oracle + ebm.ManyBody(job.spins, sorted(true), np.zeros(len(true))) if true else oracle
    ebm.fit_convex(model, spins)
    missed = [
        abs(xi)
        for one, xi in zip(truth.interactions, truth.coefficients, strict=True)
        if one in true - {*fit.interactions}
    ]
    return seconds | {
        "pairwise": error(ebm.fit_pairwise(spins).couplings),
        "pursuit": error(fit.couplings),
        "oracle": error(oracle.couplings),
        "true": len(true),
        "found": len(fit.interactions),
        "false": len({*fit.interactions} - true),
        "missed": sorted(missed),
        "converged": fit.converged,
        "peak_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e9,
    }


def nothing(job):
    """How many interactions are found where there are none, at each rate asked for."""
    spins = drawn(job)[1]
    return {"found": [len(ebm.fit_many_body(spins, false_discovery=level).interactions) for level in LEVELS]}


def coverage(job):
    """How many 95 % intervals hold the truth, of how many: couplings, fields and coefficients."""
    truth, spins = drawn(job)
    fit = ebm.fit_many_body(spins) if job.gamma else ebm.fit_pairwise(spins)
    pairs = np.triu_indices(job.spins, 1)
    z = {
        "couplings": ((fit.couplings - truth.couplings)[pairs]) / fit.couplings_error[pairs],
        "fields": fit.fields / fit.fields_error,  # the true ones are zero
    }
    if job.gamma:
        size = dict(zip(truth.interactions, truth.coefficients, strict=True))
        true = np.array([size.get(one, 0.0) for one in fit.interactions])
        z["coefficients"] = (fit.coefficients - true) / fit.coefficients_error
        low, high = fit.coefficients_interval().T
        selected = {"coefficients, selection": [int(((low <= true) & (true <= high)).sum()), len(true)]}
    held = {name: [int((np.abs(values) < WITHIN).sum()), len(values)] for name, values in z.items()}
    squares = {f"{name} z2": float((values**2).mean()) if len(values) else math.nan for name, values in z.items()}
    counts = {"true": len(truth.interactions), "found": len(fit.interactions)} if job.gamma else {}
    return held | (selected if job.gamma else {}) | squares | counts


QUESTIONS = {"recovery": recovery, "nothing": nothing, "coverage": coverage}


def rounded(value):
    """Five digits of every number."""
    if isinstance(value, list):
        return [rounded(part) for part in value]
    return float(f"{value:.5g}") if isinstance(value, float) else value


def run(job):
    """Compute the row of one data set, and append it."""
    torch.set_num_threads(1)
    warnings.simplefilter("ignore", RuntimeWarning)  # what the data cannot tell apart: the counts show it
    answer = {key: rounded(value) for key, value in QUESTIONS[job.question](job).items()}
    row = job._asdict() | answer | {"version": ebm.__version__}
    with open(ROWS, "a") as file:
        file.write(json.dumps(row) + "\n")
    return row


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workers", type=int, default=2, help="processes side by side, one core each")
    parser.add_argument("--only", choices=QUESTIONS, help="one question")
    options = parser.parse_args()
    ROWS.parent.mkdir(exist_ok=True)
    lines = ROWS.read_text().splitlines() if ROWS.exists() else []
    done = {tuple(json.loads(line)[name] for name in Job._fields) for line in lines}
    todo = [job for job in jobs() if job not in done and options.only in (None, job.question)]
    with multiprocessing.get_context("spawn").Pool(options.workers) as pool:
        for row in pool.imap_unordered(run, todo, chunksize=1):
            print({key: row[key] for key in row if key != "version"}, flush=True)


if __name__ == "__main__":
    main()
