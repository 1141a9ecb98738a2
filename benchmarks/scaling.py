"""How the cost of each task grows: with the spins, the samples, the order, the units, and the chains.

Each curve is {"x": what grows, "seconds": {size: timings}, "unit": what one timing is divided by}.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from network import random_spins, step_of_ebmtools
from paired import paired, require
from record import record
from sampling import dense, lattice

import ebmtools as ebm


def curve(
    x: str, runs: dict[int, Callable[[], float]], work: Callable[[int], float], rounds: int = 3
) -> dict[str, Any]:
    """Timings over the sizes of `runs`, each divided by its `work`."""

    def check(size: str, result: float) -> float:
        require(np.isfinite(result), f"{x} = {size}: the result is not finite")
        return result

    found = paired({str(size): run for size, run in runs.items()}, check, rounds)["seconds"]
    return {"x": x, "seconds": {size: [value / work(int(size)) for value in times] for size, times in found.items()}}


def drawing(energy: ebm.Energy, chains: int, sweeps: int) -> Callable[[], float]:
    return lambda: ebm.sample(energy, chains, n_chains=chains, warmup=sweeps - 1, thin=1, seed=1).acceptance


def many_body(order: int) -> ebm.ManyBody:
    """N interactions of one order among N = 64 spins."""
    truth = ebm.random_hamiltonian(64, order=order, gamma=1.0, beta=0.5, seed=1)
    return truth.many_body


def sampling() -> dict[str, Any]:
    proposals = 2**21
    spins = (8, 16, 32, 64, 128, 256, 512, 1024)
    sides = (4, 8, 16, 32)
    chains = (1, 4, 16, 64, 256, 1024, 4096)

    def sweeps(n: int, k: int = 256) -> int:
        return max(50, proposals // (n * k))  # so many that the preparation of a call hardly counts

    return {
        "sampling, dense": curve(
            "spins",
            {n: drawing(ebm.Pairwise(dense(n, 0.5, 1)), 256, sweeps(n)) for n in spins},
            lambda n: 256 * n * sweeps(n),
        ),
        "sampling, lattice": curve(
            "spins",
            {n * n: drawing(ebm.Pairwise(lattice(n, 0.2)), 256, sweeps(n * n)) for n in sides},
            lambda n: 256 * n * sweeps(n),
        ),
        "sampling, many-body": curve(
            "order",
            {order: drawing(many_body(order), 256, sweeps(64)) for order in (3, 4, 5)},
            lambda _: 256 * 64 * sweeps(64),
        ),
        "sampling, chains": curve(
            "chains",
            {k: drawing(ebm.Pairwise(dense(64, 0.5, 1)), k, sweeps(64, max(k, 16))) for k in chains},
            lambda k: k * 64 * sweeps(64, max(k, 16)),
        ),
    }


def fits() -> dict[str, Any]:
    spins, samples = (8, 16, 32, 64, 128, 256, 512, 1024), (1000, 10_000, 100_000, 1_000_000)

    def data(n: int, m: int) -> np.ndarray:
        energy = ebm.Pairwise(dense(n, 0.5, 1))
        return ebm.sample(energy, m, n_chains=min(m, 1000), warmup=100, thin=5, seed=2).spins

    def fitting(n: int, m: int) -> Callable[[], float]:
        drawn = data(n, m)
        return lambda: ebm.fit_pairwise(drawn).objective

    return {
        "pairwise fit, spins": curve("spins", {n: fitting(n, 10_000) for n in spins}, lambda _: 1, rounds=1),
        "pairwise fit, samples": curve("samples", {m: fitting(64, m) for m in samples}, lambda _: 1, rounds=1),
    }


def networks() -> dict[str, Any]:
    sizes = (8, 16, 32, 64, 128, 256, 512, 1024)

    def stepping(n: int, units: int) -> Callable[[], float]:
        energy, spins = ebm.Network(n, hidden=(units,), activation="relu", seed=1), random_spins(256, n)
        return lambda: step_of_ebmtools(energy, spins)[0]

    def reading(units: int) -> Callable[[], float]:
        energy = ebm.Network(64, hidden=(units,), activation="tanh", seed=1)
        return lambda: float(ebm.couplings(energy).values.max())

    return {
        "network step, spins": curve("spins", {n: stepping(n, 128) for n in sizes}, lambda _: 1),
        "network step, units": curve("units", {h: stepping(64, h) for h in sizes}, lambda _: 1),
        "couplings, units": curve("units", {h: reading(h) for h in (8, 32, 128, 512)}, lambda _: 1),
    }


def pursuits() -> dict[str, Any]:
    """As many triples as spins, as strong as the couplings; a search goes through all triples and quadruples."""

    def searching(n: int, m: int) -> Callable[[], float]:
        truth = ebm.random_hamiltonian(n, order=3, gamma=1.0, beta=0.5, seed=1)
        drawn = ebm.sample(truth, m, n_chains=500, warmup=500, thin=20, seed=2).spins
        return lambda: ebm.fit_many_body(drawn).objective

    spins, samples = (16, 32, 64, 96, 128), (1000, 3000, 10_000, 30_000, 100_000)
    return {
        "pursuit, spins": curve("spins", {n: searching(n, 10_000) for n in spins}, lambda _: 1, rounds=1),
        "pursuit, samples": curve("samples", {m: searching(64, m) for m in samples}, lambda _: 1, rounds=1),
    }


def measure() -> dict[str, Any]:
    return sampling() | fits() | networks() | pursuits()


if __name__ == "__main__":
    record("scaling", measure)
