"""A whole training of the hybrid at N = 64: processor seconds of each stage, and the error of the couplings after each.

The stages: the convex pairwise fit, the start; the training of couplings and network together; and a convex refit of
the couplings beside the network as it then is.

No peer has a hybrid, so there is none to race; the pairwise fit alone stands beside it. And a race of the package with
itself: the held-out objective that training reaches in a given time, with all sites of each sample in every step, or
with a few that are drawn at random.
"""

from __future__ import annotations

import statistics
import time
from typing import Any

from paired import require
from record import record

import ebmtools as ebm

EPOCHS = {10_000: 100, 100_000: 30}
SITES = {"all": (10, 30, 100, 300), "8": (10, 30, 100, 300), "1": (30, 100, 300, 1000)}
"""Epochs to train with so many sites."""


def train(truth: Any, spins: Any, seed: int) -> dict[str, float]:
    held_out, rest = spins[: len(spins) // 10], spins[len(spins) // 10 :]  # the start must not have seen the former
    network = ebm.Network(64, hidden=(128,), activation="relu", seed=seed)
    found, start = {}, time.process_time()

    def stage(name: str, energy: ebm.Energy) -> None:
        nonlocal start
        found[f"{name} seconds"] = time.process_time() - start
        found[f"{name} error"] = ebm.reconstruction_error(ebm.couplings(energy), truth.couplings)
        start = time.process_time()

    pairwise = ebm.fit_pairwise(rest).energy
    stage("pairwise", pairwise)
    hybrid = pairwise.float() + network
    decay = 1e4 / len(spins)  # the more data, the less
    fit = ebm.fit(
        hybrid, rest, validation=held_out, weight_decay=decay, epochs=EPOCHS[len(spins)], seed=seed, progress=False
    )
    require(not fit.diverged, "the training diverged")
    stage("network", hybrid)
    network.requires_grad_(False)
    pairwise.double()
    refit = ebm.fit_convex(hybrid, spins)
    require(refit.converged, "the refit did not converge")
    stage("refit", hybrid)
    return found


def draw(n_samples: int, seed: int) -> tuple[Any, Any]:
    truth = ebm.random_hamiltonian(64, order=3, gamma=1.0, beta=0.5, seed=seed)
    return truth, ebm.sample(truth, n_samples, n_chains=1000, warmup=500, thin=20, seed=seed).spins


def reach(spins: Any, sites: int | None, epochs: int, seed: int) -> tuple[float, float]:
    """Processor seconds of a training of the hybrid from the pairwise fit, and the held-out objective after it."""
    held_out, rest = spins[:1000], spins[1000:]
    hybrid = ebm.fit_pairwise(rest).energy.float() + ebm.Network(64, hidden=(128,), activation="relu", seed=seed)
    start = time.process_time()
    fit = ebm.fit(hybrid, rest, validation=held_out, epochs=epochs, sites=sites, seed=seed, progress=False)
    return time.process_time() - start, fit.objective


def measure() -> dict[str, Any]:
    reach(draw(10_000, 1)[1], None, 1, 1)  # loads the kernels and the optimiser: `startup.py` times that
    stages: dict[str, Any] = {}
    for n_samples, seeds in ((10_000, (1, 2, 3)), (100_000, (1, 2))):
        runs = [train(*draw(n_samples, seed), seed) for seed in seeds]
        stages[str(n_samples)] = {key: [run[key] for run in runs] for key in runs[0]} | {"epochs": EPOCHS[n_samples]}
    for runs in stages.values():
        better = statistics.mean(runs["refit error"]) < statistics.mean(runs["pairwise error"])
        require(better, "a hybrid that reconstructs no better than the pairwise model is not worth timing")
    spins = draw(10_000, 1)[1]
    few: dict[str, Any] = {}
    for sites, epochs in SITES.items():
        found = [reach(spins, None if sites == "all" else int(sites), number, 1) for number in epochs]
        few[sites] = {"epochs": epochs, "seconds": [one[0] for one in found], "objective": [one[1] for one in found]}
    return {"stages": stages, "sites": few}


if __name__ == "__main__":
    record("training", measure)
