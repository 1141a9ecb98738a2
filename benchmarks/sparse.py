"""Fits with an l1 penalty, site by site: seconds at the same gap to the optimum, and a fit of a large histogram.

Each site is a logistic regression with an l1 penalty on its couplings, so scikit-learn can do it: minimising
C sum log(1 + exp(-y (w.x + b))) + |w|_1 with w = 2 J, b = 2 h and C = 2 / (M l1). liblinear penalises the
intercept too, which `intercept_scaling` makes small. The gap is taken to a fit of this package that is run to 1e-12.
"""

from __future__ import annotations

import resource
import time
import warnings
from typing import Any

import numpy as np
import torch
from paired import paired, require
from record import record
from sklearn.linear_model import LogisticRegression

import ebmtools as ebm
from ebmtools.checks import as_samples
from ebmtools.fitting import sparse

GAP = 1e-6
L1 = 0.01
Fit = tuple[np.ndarray, np.ndarray]


def graph(n_spins: int, degree: int, seed: int) -> ebm.Pairwise:
    """Couplings of +-0.5 on a random graph, and random fields."""
    rng = np.random.default_rng(seed)
    couplings = np.zeros((n_spins, n_spins))
    for i in range(n_spins):
        for j in rng.choice(n_spins, degree // 2, replace=False):
            if i != j:
                couplings[i, j] = couplings[j, i] = rng.choice([-0.5, 0.5])
    return ebm.Pairwise(couplings, rng.normal(0, 0.3, n_spins))


def objective(spins: np.ndarray, fit: Fit) -> float:
    """Of all sites, with the penalties, nats per sample."""
    fields, couplings = fit
    margins = spins * (spins @ couplings.T + fields)
    return float(np.logaddexp(0, -2 * margins).sum(1).mean() + L1 * np.abs(couplings).sum())


def ours(spins: np.ndarray) -> Fit:
    fit = ebm.fit_pairwise(spins, symmetric=False, l1=L1)
    return fit.fields, fit.couplings_by_site


def as_far_as_they(spins: np.ndarray) -> Fit:
    """Ended early, where the gap is about that of liblinear."""
    problem = sparse.SparseProblem(*as_samples(spins), sparse.LOGISTIC, shared=False, fields=True)
    fit = problem.fit(L1, 0.0, tolerance=1e-4)
    return fit.fields, fit.couplings


def scikit_learn(spins: np.ndarray, tolerance: float) -> Fit:
    """One logistic regression a site."""
    n = spins.shape[1]
    fields, couplings = np.zeros(n), np.zeros((n, n))
    x = spins.astype(np.float64)
    model = LogisticRegression(
        l1_ratio=1.0, solver="liblinear", C=2 / (len(x) * L1), tol=tolerance, intercept_scaling=300.0, max_iter=1000
    )
    for i in range(n):
        others = np.arange(n) != i
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.fit(x[:, others], spins[:, i])
        couplings[i, others], fields[i] = model.coef_[0] / 2, model.intercept_[0] / 2
    return fields, couplings


def race() -> dict[str, Any]:
    spins = ebm.sample(graph(64, 4, seed=0), 20_000, seed=1).spins
    exactly = sparse.SparseProblem(*as_samples(spins), sparse.LOGISTIC, shared=False, fields=True)
    best = exactly.fit(L1, 0.0, tolerance=1e-12)
    optimum = objective(spins, (best.fields, best.couplings))

    def gap(name: str, fit: Fit) -> float:
        found = objective(spins, fit) - optimum
        require(found < GAP, f"{name}: {found:.1e} nats per sample above the optimum")
        return max(found, 0.0)

    contenders = {
        "ebmtools": lambda: ours(spins),
        "ebmtools, to a gap like theirs": lambda: as_far_as_they(spins),
        "scikit-learn, liblinear": lambda: scikit_learn(spins, 1e-5),
    }
    return paired(contenders, gap, rounds=3)


def histogram() -> dict[str, Any]:
    """252,310 distinct rows with about 500,000 samples of 62 spins: seconds and memory of one fit, after another."""
    spins = ebm.sample(graph(62, 4, seed=0), 400_000, n_chains=4000, seed=1).spins
    rng = np.random.default_rng(2)
    rows = rng.permutation(np.unique(spins, axis=0))[:252_310]
    counts = rng.integers(1, 4, len(rows)).astype(float)
    ebm.fit_pairwise(rows[:5000], symmetric=False, l1=0.02)  # compiles
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    start = time.process_time()
    fit = ebm.fit_pairwise(rows, counts, symmetric=False, l1=0.02)
    seconds = time.process_time() - start
    require(fit.converged, "the fit of the histogram has not met its optimum")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    size = {"rows": len(rows), "samples": int(counts.sum())}
    return size | {"seconds_once": round(seconds, 2), "before_gb": round(before, 3), "peak_gb": round(peak, 3)}


def measure() -> dict[str, Any]:
    return {"N = 64": race(), "histogram": histogram()}


if __name__ == "__main__":
    torch.set_num_threads(1)
    record("sparse", measure)
