"""Where a peer may be the better choice: exact draws where the graph is narrow, small problems, single chains."""

from __future__ import annotations

from typing import Any

import numpy as np
from dwave.samplers import TreeDecompositionSampler
from fits import ebmtools as fit_ebmtools
from fits import glass, logistic, pseudolm
from paired import paired, require
from record import record
from sampling import SAMPLERS, correlations, dense, quadratic_model

import ebmtools as ebm


def exact_draws(couplings: np.ndarray, chains: int, seed: int) -> np.ndarray:
    """Independent exact draws by tree decomposition: cost exponential in the width of the graph, here 8."""
    found = TreeDecompositionSampler().sample(quadratic_model(couplings), num_reads=chains, beta=1.0, seed=seed)
    return found.record.sample[:, np.argsort(found.variables)]


def spin_glass(rounds: int = 5) -> dict[str, Any]:
    """10,000 draws of a frustrated 8 x 8 lattice, so cold that single flips hardly leave a valley."""
    couplings = glass(8, 1.5)
    truth = correlations(exact_draws(couplings, 100_000, seed=1))
    seeds = iter(range(10, 10**6))
    errors: dict[str, list[float]] = {"ebmtools, Gibbs": [], "dwave-samplers, tree decomposition": []}

    def run(name: str) -> float:
        if name == "ebmtools, Gibbs":
            energy = ebm.Pairwise(couplings)
            spins = ebm.sample(energy, 10_000, n_chains=1000, warmup=1000, thin=100, seed=next(seeds)).spins
        else:
            spins = exact_draws(couplings, 10_000, next(seeds))
        errors[name].append(float(np.mean((correlations(spins) - truth) ** 2)))
        return errors[name][-1]

    def check(name: str, square: float) -> float:
        limit = 1e-4 if "tree" in name else 1e-1  # exact draws; a chain that does not mix is the point here
        require(square < limit, f"{name}: mean square error {square:.1e}")
        return square

    result = paired({name: (lambda name=name: run(name)) for name in errors}, check, rounds, least=0.0)
    return result | {"square": {name: squares[-rounds:] for name, squares in errors.items()}}


def alike(reference: np.ndarray, found: np.ndarray) -> float:
    difference = float(np.abs(reference - found).max())
    require(difference < 0.05, f"results differ by {difference:.2f}")
    return difference


def small_fit() -> dict[str, Any]:
    """N = 5, M = 200."""
    spins = ebm.sample(ebm.Pairwise(dense(5, 0.5, 1)), 200, seed=1).spins
    reference = fit_ebmtools(spins, False)[1]
    runs = {
        "ebmtools": lambda: fit_ebmtools(spins, False),
        "pseudolm": lambda: pseudolm(spins),
        "scikit-learn, Newton": lambda: logistic(spins, 1e-4),
    }
    symmetric = (reference + reference.T) / 2
    return paired(runs, lambda _, fit: alike(symmetric, (fit[1] + fit[1].T) / 2), rounds=9)


def single_chain() -> dict[str, Any]:
    """One chain of 2,000 sweeps at N = 8: its last state."""
    couplings = dense(8, 0.5, 1)
    names = ("ebmtools, Gibbs", "dwave-samplers, Gibbs", "pseudolm, Metropolis")
    runs = {name: (lambda run=SAMPLERS[name]: run(couplings, 1, 2000, 3)) for name in names}

    def check(name: str, spins: np.ndarray) -> float:
        require(spins.shape == (1, 8) and bool((np.abs(spins) == 1).all()), f"{name}: no spins")
        return 1.0

    return paired(runs, check, rounds=9)


def measure() -> dict[str, Any]:
    return {"spin glass": spin_glass(), "small fit": small_fit(), "single chain": single_chain()}


if __name__ == "__main__":
    record("losses", measure)
