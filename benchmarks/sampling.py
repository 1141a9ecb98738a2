"""Single-spin sampling: nanoseconds a proposal, each sampler's moments checked against enumeration first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import dimod
import numpy as np
import openjij
import torch
from dwave.samplers import SimulatedAnnealingSampler
from paired import paired, require
from pyplm.simulate.basemc import initialise_ising_config, simulate
from record import record

import ebmtools as ebm

Couplings = np.ndarray
Sampler = Callable[[Couplings, int, int, int], np.ndarray]
"""(couplings, chains, sweeps, seed) -> final spins of each chain, (chains, N); zero fields, beta = 1."""


def ebmtools(method: str) -> Sampler:
    def run(couplings: Couplings, chains: int, sweeps: int, seed: int) -> np.ndarray:
        energy = ebm.Pairwise(couplings)
        return ebm.sample(energy, chains, n_chains=chains, warmup=sweeps - 1, thin=1, method=method, seed=seed).spins

    return run


def quadratic_model(couplings: Couplings) -> dimod.BinaryQuadraticModel:
    rows, columns = np.nonzero(np.triu(couplings, 1))
    pairs = zip(rows.tolist(), columns.tolist(), strict=True)
    terms = dict(zip(pairs, -couplings[rows, columns], strict=True))
    return dimod.BinaryQuadraticModel.from_ising(dict.fromkeys(range(len(couplings)), 0.0), terms)


def dwave(criteria: str) -> Sampler:
    def run(couplings: Couplings, chains: int, sweeps: int, seed: int) -> np.ndarray:
        found = SimulatedAnnealingSampler().sample(
            quadratic_model(couplings),
            num_reads=chains,
            beta_schedule_type="custom",
            beta_schedule=[1.0],
            num_sweeps_per_beta=sweeps,
            proposal_acceptance_criteria=criteria,
            seed=seed,
        )
        return found.record.sample[:, np.argsort(found.variables)]

    return run


def jij(couplings: Couplings, chains: int, sweeps: int, seed: int) -> np.ndarray:
    """Without a seed: with one, all its reads are the same."""
    found = openjij.SASampler().sample(quadratic_model(couplings), num_reads=chains, schedule=[(1.0, sweeps)])
    return found.record.sample[:, np.argsort(found.variables)]


def pseudolm(couplings: Couplings, chains: int, sweeps: int, seed: int) -> np.ndarray:
    """It has no seed of its own, and one chain at a time."""
    np.random.seed(seed)  # noqa: NPY002
    starts = [initialise_ising_config(len(couplings), 0) for _ in range(chains)]
    return np.stack([simulate(couplings, start, sweeps, sweeps)[0][-1] for start in starts])


def torch_loop(couplings: Couplings, chains: int, sweeps: int, seed: int) -> np.ndarray:
    """What one writes in PyTorch: all chains at once, site after site."""
    generator = torch.Generator().manual_seed(seed)
    matrix = torch.from_numpy(couplings).float()
    spins = torch.randint(0, 2, (len(couplings), chains), generator=generator).float() * 2 - 1
    for _ in range(sweeps):
        for site, row in enumerate(matrix):
            up = torch.sigmoid(2 * (row @ spins))
            spins[site] = (torch.rand(chains, generator=generator) < up).float() * 2 - 1
    return spins.T.to(torch.int8).numpy()


SAMPLERS: dict[str, Sampler] = {
    "ebmtools, Gibbs": ebmtools("gibbs"),
    "ebmtools, Metropolis": ebmtools("metropolis"),
    "dwave-samplers, Gibbs": dwave("Gibbs"),
    "dwave-samplers, Metropolis": dwave("Metropolis"),
    "openjij, Metropolis": jij,
    "pseudolm, Metropolis": pseudolm,
    "PyTorch loop, Gibbs": torch_loop,
}


def dense(n_spins: int, scale: float, seed: int) -> Couplings:
    """J_ij ~ scale Normal(0, 1/N)."""
    upper = np.triu(np.random.default_rng(seed).normal(0, scale / np.sqrt(n_spins), (n_spins, n_spins)), 1)
    return upper + upper.T


def lattice(side: int, coupling: float) -> Couplings:
    """A ferromagnet on the square lattice with periodic edges, N = side^2."""
    sites = np.arange(side * side).reshape(side, side)
    couplings = np.zeros((side * side, side * side))
    for axis in (0, 1):
        couplings[sites.ravel(), np.roll(sites, -1, axis).ravel()] = coupling
    return couplings + couplings.T


def correlations(spins: np.ndarray) -> np.ndarray:
    s = spins.astype(np.float64)
    return (s.T @ s / len(s))[np.triu_indices(s.shape[1], 1)]


def worst_deviation(spins: np.ndarray, expected: np.ndarray) -> float:
    """The largest |z| of the pair correlations of independent draws."""
    error = np.sqrt((1 - expected**2) / len(spins))
    return float(np.abs((correlations(spins) - expected) / error).max())


def against_enumeration() -> dict[str, float]:
    """Every sampler at N = 10, 4,000 independent chains: 45 correlations; |z| > 5 has a false alarm of 3e-5."""
    couplings = dense(10, 1.0, seed=3)
    expected = ebm.exact.moments(ebm.Pairwise(couplings)).correlations[np.triu_indices(10, 1)]
    found = {name: worst_deviation(run(couplings, 4000, 60, 5), expected) for name, run in SAMPLERS.items()}
    for name, deviation in found.items():
        require(deviation < 5, f"{name}: correlations are {deviation:.1f} standard errors off at N = 10")
    return found


def race(couplings: Couplings, sizes: dict[str, tuple[int, int]], rounds: int) -> dict[str, Any]:
    """Time samplers, `sizes` giving (chains, sweeps); seconds become seconds a proposal."""
    energy = ebm.Pairwise(couplings)
    expected = correlations(ebm.sample(energy, 40_000, n_chains=1000, warmup=500, thin=25, seed=77).spins)

    def check(name: str, spins: np.ndarray) -> float:
        error = np.sqrt((1 - expected**2) / len(spins))
        deviation = float(np.sqrt(np.mean(((correlations(spins) - expected) / error) ** 2)))
        require(deviation < 1.5, f"{name}: correlations differ from those of the others, {deviation:.2f} (1 is right)")
        return deviation

    runs = {name: (lambda run=SAMPLERS[name], size=size: run(couplings, *size, 11)) for name, size in sizes.items()}
    result = paired(runs, check, rounds)
    for name, (chains, sweeps) in sizes.items():
        proposals = chains * sweeps * len(couplings)
        result["seconds"][name] = [value / proposals for value in result["seconds"][name]]
    return result


def measure() -> dict[str, Any]:
    several = {name: (512, 200) for name in SAMPLERS} | {
        "ebmtools, Gibbs": (1024, 1000),
        "ebmtools, Metropolis": (1024, 1000),
        "pseudolm, Metropolis": (16, 4000),
        "PyTorch loop, Gibbs": (2048, 20),
    }
    sparse = {
        "ebmtools, Gibbs": (256, 200),
        "ebmtools, Metropolis": (256, 200),
        "dwave-samplers, Gibbs": (64, 100),
        "dwave-samplers, Metropolis": (64, 100),
        "openjij, Metropolis": (64, 100),
    }
    return {
        "enumeration": against_enumeration(),
        "dense": race(dense(64, 0.5, seed=1), several, rounds=9),
        "lattice": race(lattice(24, 0.2), sparse, rounds=7),
    }


if __name__ == "__main__":
    record("sampling", measure)
