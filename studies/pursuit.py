"""The study behind the figures on pursuit: how close to the oracle, how often wrong, and how honest its errors.

python studies/pursuit.py --workers 2
"""

import itertools
import math
import time
from dataclasses import dataclass

import numpy as np
from engine import Study, main

import ebmtools as ebm
from ebmtools import exact

LEVELS = (0.01, 0.1)
"""Rates of false discoveries that are asked for where there is nothing to find."""
WITHIN = 1.96
"""Standard errors on each side of a 95 % interval."""


@dataclass(frozen=True)
class Setting:
    """One data set: N spins, M samples, N interactions of one order and strength gamma (none where gamma is 0).

    `instance` is the seed of the truth and of the samples.
    """

    question: str
    spins: int
    samples: int
    order: int
    gamma: float
    instance: int


def settings():
    """All data sets, those of one question together, instance by instance."""
    strengths = [(3, 0.0), *itertools.product((3, 4), (0.5, 1.0, 2.0))]
    for instance, (order, gamma) in itertools.product(range(12), strengths):
        yield Setting("recovery", 64, 10_000, order, gamma, instance)
    for instance in range(100):
        yield Setting("nothing", 32, 2000, 3, 0.0, instance)
        yield Setting("nothing", 64, 10_000, 3, 0.0, instance)
    cases = [(16, 2000, 3, 0.0), (16, 2000, 3, 1.0), (16, 2000, 4, 1.0), (12, 2000, 3, 2.0), (12, 10_000, 3, 2.0)]
    for instance, case in itertools.product(range(200), cases):
        yield Setting("coverage", *case, instance)
    for instance, (order, gamma) in itertools.product(range(10), strengths):
        yield Setting("recovery", 64, 100_000, order, gamma, instance)


def drawn(setting):
    """The true energy and the samples; exact draws where all states can be listed."""
    truth = ebm.random_hamiltonian(setting.spins, setting.order, gamma=setting.gamma, beta=0.5, seed=setting.instance)
    if setting.spins <= 16:
        return truth, exact.sample(truth, setting.samples, seed=setting.instance)
    thin = 100 if setting.samples <= 10_000 else 40
    return truth, ebm.sample(truth, setting.samples, n_chains=512, thin=thin, seed=1000 + setting.instance).spins


def recovery(setting):
    """Pursuit against the pairwise fit, and against the oracle, which knows the interactions' places."""
    truth, spins = drawn(setting)
    true = set(truth.interactions) if setting.gamma else set()

    def error(fit_couplings):
        return ebm.reconstruction_error(fit_couplings, truth.couplings)

    processor, wall = time.process_time(), time.perf_counter()
    fit = ebm.fit_many_body(spins)
    seconds = {"seconds": time.process_time() - processor, "wall": time.perf_counter() - wall}
    oracle = ebm.Pairwise(np.zeros((setting.spins, setting.spins)))
    model = oracle + ebm.ManyBody(setting.spins, sorted(true), np.zeros(len(true))) if true else oracle
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
    }


def nothing(setting):
    """How many interactions are found where there are none, at each rate asked for."""
    spins = drawn(setting)[1]
    return {"found": [len(ebm.fit_many_body(spins, false_discovery=level).interactions) for level in LEVELS]}


def coverage(setting):
    """How many 95 % intervals hold the truth, of how many: couplings, fields and coefficients."""
    truth, spins = drawn(setting)
    fit = ebm.fit_many_body(spins) if setting.gamma else ebm.fit_pairwise(spins)
    pairs = np.triu_indices(setting.spins, 1)
    z = {
        "couplings": ((fit.couplings - truth.couplings)[pairs]) / fit.couplings_error[pairs],
        "fields": fit.fields / fit.fields_error,  # the true ones are zero
    }
    if setting.gamma:
        size = dict(zip(truth.interactions, truth.coefficients, strict=True))
        true = np.array([size.get(one, 0.0) for one in fit.interactions])
        z["coefficients"] = (fit.coefficients - true) / fit.coefficients_error
        low, high = fit.coefficients_interval().T
        selected = {"coefficients, selection": [int(((low <= true) & (true <= high)).sum()), len(true)]}
    held = {name: [int((np.abs(values) < WITHIN).sum()), len(values)] for name, values in z.items()}
    squares = {f"{name} z2": float((values**2).mean()) if len(values) else math.nan for name, values in z.items()}
    counts = {"true": len(truth.interactions), "found": len(fit.interactions)} if setting.gamma else {}
    return held | (selected if setting.gamma else {}) | squares | counts


QUESTIONS = {"recovery": recovery, "nothing": nothing, "coverage": coverage}


def rounded(value):
    """Five digits of every number."""
    if isinstance(value, list):
        return [rounded(part) for part in value]
    return float(f"{value:.5g}") if isinstance(value, float) else value


def compute(setting):
    """The answer to the question that a data set was made for."""
    return {key: rounded(value) for key, value in QUESTIONS[setting.question](setting).items()}


STUDY = Study("pursuit", 1, tuple(settings()), compute)

if __name__ == "__main__":
    main(STUDY, small=tuple(Setting(question, 8, 300, 3, 1.0, 0) for question in QUESTIONS))
