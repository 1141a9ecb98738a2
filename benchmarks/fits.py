"""Pairwise pseudolikelihood fits: seconds to within 1e-6 nats of the optimum, the gap of each fit measured first.

The objective is the negative log pseudolikelihood, summed over sites, averaged over samples. Two problems have this
objective: the symmetric one (one J_ij a pair), and the one site by site (N logistic regressions, then averaged).
Each fit is held to the optimum of the problem that it solves, found here in float64 by another minimiser.
"""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from joblib import Parallel
from paired import paired, require
from pyplm.inference import pseudolikelihoodmax
from record import record
from sampling import dense
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

import ebmtools as ebm

GAP = 1e-6
Fit = tuple[np.ndarray, np.ndarray]
"""Fields (N,) and couplings (N, N), row i used for site i: of each problem its own solution, before any averaging."""


def objective(spins: torch.Tensor, fields: torch.Tensor, couplings: torch.Tensor) -> torch.Tensor:
    """-(1/M) sum_mu sum_i log p(s_i | the others), in nats a sample; `spins` (M, N)."""
    return torch.nn.functional.softplus(-2 * spins * (spins @ couplings.T + fields)).sum(1).mean()


def value_and_gradient(spins: torch.Tensor, fit: Fit, symmetric: bool) -> tuple[float, np.ndarray, np.ndarray]:
    fields, couplings = (torch.tensor(part, dtype=torch.float64, requires_grad=True) for part in fit)
    total, d_fields, d_couplings = 0.0, np.zeros(fit[0].shape), np.zeros(fit[1].shape)
    for part in torch.split(spins, 20_000):
        value = objective(part.double(), fields, couplings) * len(part) / len(spins)
        slopes = torch.autograd.grad(value, [fields, couplings])
        total, d_fields, d_couplings = (
            total + float(value.detach()),
            d_fields + slopes[0].numpy(),
            d_couplings + slopes[1].numpy(),
        )
    if symmetric:
        d_couplings = (d_couplings + d_couplings.T) / 2
    np.fill_diagonal(d_couplings, 0)
    return total, d_fields, d_couplings


def optimum(spins: torch.Tensor, start: Fit, symmetric: bool) -> float:
    """The lowest value of a convex problem: SciPy's L-BFGS in float64 from `start`, until the gradient vanishes."""
    n = len(start[0])

    def function(x: np.ndarray) -> tuple[float, np.ndarray]:
        value, *slopes = value_and_gradient(spins, (x[:n], x[n:].reshape(n, n)), symmetric)
        return value, np.concatenate([slope.ravel() for slope in slopes])

    x = np.concatenate([np.ravel(part) for part in start])
    options = {"maxiter": 300, "ftol": 0.0, "gtol": 1e-7, "maxcor": 30}
    found = minimize(function, x, jac=True, method="L-BFGS-B", options=options)
    require(np.abs(found.jac).max() < 1e-6, f"no optimum to compare with: gradient {np.abs(found.jac).max():.0e}")
    return float(found.fun)


def ebmtools(spins: np.ndarray, symmetric: bool) -> Fit:
    fit = ebm.fit_pairwise(spins, symmetric=symmetric)
    return fit.fields, fit.couplings if fit.couplings_by_site is None else fit.couplings_by_site


def pseudolm(spins: np.ndarray) -> Fit:
    """Its own fit, which averages J_ij and J_ji at the end: what it returns cannot be told apart, so see `rows`."""
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()), Parallel(n_jobs=1) as parallel:
        warnings.simplefilter("ignore")
        found = pseudolikelihoodmax.plm(spins, parallel)
    return np.diag(found).copy(), found - np.diag(np.diag(found))


def rows(spins: np.ndarray) -> Fit:
    """The same fits of pseudolm before they are averaged."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = np.stack([pseudolikelihoodmax.logRegLoop_inner(spins, site) for site in range(spins.shape[1])])
    return np.diag(found).copy(), found - np.diag(np.diag(found))


def logistic(spins: np.ndarray, tolerance: float) -> Fit:
    """scikit-learn's Newton solver, a regression a site."""
    n = spins.shape[1]
    features, fields, couplings = spins.astype(np.float64), np.zeros(n), np.zeros((n, n))
    for site in range(n):
        others = np.arange(n) != site
        regression = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=tolerance)
        regression.fit(features[:, others], spins[:, site])
        fields[site], couplings[site, others] = regression.intercept_[0] / 2, regression.coef_[0] / 2
    return fields, couplings


def autograd(
    spins: np.ndarray, dtype: torch.dtype, steps: int, block: int = 0, near: Callable[[Fit], bool] = lambda _: False
) -> tuple[Fit, int]:
    """PyTorch's own L-BFGS on the symmetric problem: the fit, and the steps made.

    With `block` it looks every so many steps whether it is `near` enough; that is not for timing.
    """
    n = spins.shape[1]
    s = torch.from_numpy(spins).to(dtype)
    fields, free = (torch.zeros(*shape, dtype=dtype, requires_grad=True) for shape in ((n,), (n, n)))
    off_diagonal = 1 - torch.eye(n, dtype=dtype)
    optimizer = torch.optim.LBFGS(
        [fields, free], max_iter=block or steps, history_size=20, line_search_fn="strong_wolfe",
        tolerance_grad=0.0, tolerance_change=0.0,
    )  # fmt: skip

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        value = objective(s, fields, (free + free.T) / 2 * off_diagonal)
        value.backward()
        return value

    done = 0
    while done < steps:
        optimizer.step(closure)
        done += block or steps
        fit = fields.detach().numpy(), ((free + free.T) / 2 * off_diagonal).detach().numpy()
        if near(fit):
            break
    return fit, done


def race(spins: np.ndarray, rounds: int, slow: bool = True) -> dict[str, Any]:
    """Time the fits of one data set; without the slow ones where they would take minutes."""
    data = torch.from_numpy(spins)
    best = {symmetric: optimum(data, ebmtools(spins, symmetric), symmetric) for symmetric in (True, False)}

    def gap(fit: Fit, symmetric: bool) -> float:
        return value_and_gradient(data, fit, symmetric)[0] - best[symmetric]

    def near(fit: Fit) -> bool:
        return gap(fit, symmetric=True) < GAP

    dtype, (fit, steps) = torch.float32, autograd(spins, torch.float32, 60, block=4, near=near)
    if not near(fit):  # single precision does not come near enough
        dtype, (_, steps) = torch.float64, autograd(spins, torch.float64, 400, block=8, near=near)
    runs: dict[str, Callable[[], Fit]] = {
        "ebmtools, symmetric": lambda: ebmtools(spins, True),
        "ebmtools, site by site": lambda: ebmtools(spins, False),
        "pseudolm": lambda: pseudolm(spins),
        "PyTorch L-BFGS": lambda: autograd(spins, dtype, steps)[0],
    }
    if slow:
        tolerances = (1e-2, 1e-3, 1e-4, 1e-6)  # the loosest that comes near enough
        tolerance = next(t for t in tolerances if t == 1e-6 or gap(logistic(spins, t), symmetric=False) < GAP)
        runs["scikit-learn, Newton"] = lambda: logistic(spins, tolerance)

    def check(name: str, fit: Fit) -> float:
        fit = rows(spins) if name == "pseudolm" else fit
        found = gap(fit, symmetric="symmetric" in name or "PyTorch" in name)
        require(found > -1e-7, f"{name}: {found:.1e} nats below the optimum, so that was none")
        if "ebmtools" in name:
            require(found < GAP, f"{name}: {found:.1e} nats above the optimum")
        return found

    result = paired(runs, check, rounds, least=0.0)
    return result | {"samples": len(spins), "spins": spins.shape[1], "PyTorch": [str(dtype), steps]}


def draw(couplings: np.ndarray, n_samples: int) -> np.ndarray:
    return ebm.sample(ebm.Pairwise(couplings), n_samples, n_chains=500, warmup=1000, thin=20, seed=2).spins


def glass(side: int, strength: float) -> np.ndarray:
    """+-`strength` at random on the bonds of a square lattice with open edges: frustrated, and exactly solvable."""
    random, sites = np.random.default_rng(4), np.arange(side * side).reshape(side, side)
    couplings = np.zeros((side * side, side * side))
    for one, other in ((sites[:, :-1], sites[:, 1:]), (sites[:-1], sites[1:])):
        couplings[one.ravel(), other.ravel()] = random.choice([-strength, strength], one.size)
    return couplings + couplings.T


def measure() -> dict[str, Any]:
    return {
        "N = 64": race(draw(dense(64, 0.5, seed=1), 20_000), rounds=7),
        "spin glass": race(draw(glass(8, 0.8), 20_000), rounds=5),
        "N = 256": race(draw(dense(256, 0.5, seed=1), 20_000), rounds=3, slow=False),
    }


if __name__ == "__main__":
    record("fits", measure)
