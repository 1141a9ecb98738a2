"""Pairwise models by likelihood: seconds until the model's moments are those of the data, beside adabmDCA.

adabmDCA learns the same model, with two states a site, by persistent chains and plain gradients from independent spins.
It gets its own defaults for sweeps, five times its learning rate, and 4,096 chains, as many as this package uses.
The judge is the same for both: fresh samples of the fitted model, by this package's sampler, against the data, in
standard errors of a difference of the two. One means as good as exact.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import torch
from adabmDCA.sampling import gibbs_sampling
from adabmDCA.stats import get_freq_single_point, get_freq_two_points
from adabmDCA.training import train_graph
from adabmDCA.utils import init_chains, init_parameters
from paired import require
from record import record

import ebmtools as ebm

N, M, CHAINS = 64, 20_000, 4096
PATIENCE = 25
"""How many times our seconds adabmDCA gets."""


def misfit(energy: ebm.Energy, spins: np.ndarray) -> float:
    """Root mean square, over magnetisations and correlations, of model minus data in standard errors."""
    fresh = ebm.sample(energy, 40_000, n_chains=4000, warmup=1000, thin=20, seed=3).spins
    upper = np.triu_indices(N, 1)
    moments = [
        np.concatenate([s.mean(0), (s.T @ s / len(s))[upper]]) for s in (spins.astype(float), fresh.astype(float))
    ]
    error = np.sqrt((1 - moments[0] ** 2) * (1 / len(spins) + 1 / len(fresh)))
    return float(np.sqrt(np.mean(((moments[1] - moments[0]) / error) ** 2)))


def one_hot(spins: np.ndarray) -> torch.Tensor:
    return torch.nn.functional.one_hot(torch.from_numpy((spins + 1) // 2).long(), 2).float()


def as_pairwise(params: dict[str, torch.Tensor]) -> ebm.Pairwise:
    """The model of two states a site in spins: J = (J++ - J+- - J-+ + J--) / 4, and fields with what pairs add."""
    sign = torch.tensor([-1.0, 1.0]).double()
    pairs, bias = params["coupling_matrix"].double(), params["bias"].double()
    pairs = (pairs + pairs.permute(2, 3, 0, 1)) / 2
    couplings = torch.einsum("iajb,a,b->ij", pairs, sign, sign) / 4
    fields = (bias @ sign) / 2 + torch.einsum("iajb,a->i", pairs, sign) / 4
    couplings.fill_diagonal_(0)
    return ebm.Pairwise(couplings.numpy(), fields.numpy())


def theirs(spins: np.ndarray, seconds: float) -> dict[str, list[float]]:
    """adabmDCA in stages, until it has had these seconds: processor time and misfit after each."""
    torch.manual_seed(0)
    data = one_hot(spins)
    f1, f2 = get_freq_single_point(data), get_freq_two_points(data)
    params, mask = init_parameters(f1), torch.ones(N, 2, N, 2)
    for i in range(N):
        mask[i, :, i, :] = 0
    chains = init_chains(num_chains=CHAINS, L=N, q=2, fi=f1, device=torch.device("cpu"))
    found: dict[str, list[float]] = {"seconds_so_far": [], "misfit": []}
    spent = 0.0
    while spent < seconds:
        start = time.process_time()
        chains, params, _, _ = train_graph(
            sampler=gibbs_sampling, chains=chains, mask=mask, fi_target=f1, fij_target=f2, params=params,
            nsweeps=10, lr=0.05, max_epochs=25, target_pearson=2.0,
        )  # fmt: skip
        spent += time.process_time() - start
        found["seconds_so_far"].append(round(spent, 2))
        found["misfit"].append(misfit(as_pairwise(params), spins))
        print(f"adabmDCA {spent:.0f} s, misfit {found['misfit'][-1]:.2f}", flush=True)
    return found


def measure() -> dict[str, Any]:
    truth = ebm.random_hamiltonian(N, gamma=0.0, beta=0.5, seed=1)
    spins = ebm.sample(truth, M, n_chains=2000, warmup=1000, thin=20, seed=2).spins
    ebm.fit_pairwise(spins[:2000], objective="likelihood")  # compiles
    start = time.process_time()
    fit = ebm.fit_pairwise(spins, objective="likelihood", seed=1)
    seconds = time.process_time() - start
    ours = misfit(fit.energy, spins)
    require(fit.converged and ours < 1.1, f"our own misfit is {ours:.2f}")
    print(f"ebmtools {seconds:.1f} s, misfit {ours:.2f}", flush=True)
    by_pseudolikelihood = misfit(ebm.fit_pairwise(spins).energy, spins)
    return {
        "ebmtools": {"seconds_once": round(seconds, 2), "misfit": ours},
        "pseudolikelihood": {"misfit": by_pseudolikelihood},
        "adabmDCA": theirs(spins, PATIENCE * seconds),
    }


if __name__ == "__main__":
    torch.set_num_threads(1)
    record("likelihood", measure)
