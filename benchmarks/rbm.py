"""Restricted Boltzmann machines: a step of persistent contrastive divergence, and the way to a held-out likelihood.

The step: 64 visible and 128 hidden units, batches of 100, as many chains. The race: handwritten digits, 64 hidden
units; every package trains for several lengths and with several learning rates, and the log likelihood of images that
were left out is measured by annealing, the same way for all of them.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from paired import paired, require
from rbms.bernoulli_bernoulli.classes import BBRBM
from rbms.training.pcd import fit_batch_pcd
from record import record
from sklearn.neural_network import BernoulliRBM

import ebmtools as ebm
from ebmtools.fitting.rbm import _State

VISIBLE, HIDDEN, BATCH, STEPS = 64, 128, 100, 50
EPOCHS = (10, 30, 100, 300)
RATES = {"ebmtools": (0.01, 0.03), "scikit-learn": (0.03, 0.1), "rbms": (0.1, 0.3)}
"""A unit of 0 and 1 needs four times the step of a spin for the same move; the gradient of rbms has length one."""


def stepping(spins: Any) -> dict[str, Callable[[], np.ndarray]]:
    """For each package STEPS steps on the same batch; they return the weights, as of spins."""
    batch = torch.from_numpy(spins[:BATCH]).float()
    ours = _State(ebm.RBM(VISIBLE, HIDDEN, seed=0), torch.from_numpy(spins), BATCH, 0)
    zeros_and_ones = (spins[:BATCH] == 1).astype(float)
    sklearn = BernoulliRBM(n_components=HIDDEN, batch_size=BATCH, n_iter=1, random_state=0).fit(zeros_and_ones)
    random = np.random.RandomState(0)
    theirs = Rbms(torch.from_numpy(zeros_and_ones).float(), HIDDEN, 0.01)

    def by_ebmtools() -> np.ndarray:
        for _ in range(STEPS):
            ours.step(batch, 0.0025, 1, True, 0.0)
        return ours.weight.T.numpy()

    def by_sklearn() -> np.ndarray:
        for _ in range(STEPS):
            sklearn._fit(zeros_and_ones, random)
        return sklearn.components_.T / 4

    def by_rbms() -> np.ndarray:
        for _ in range(STEPS):
            theirs.step(theirs.images[:BATCH])
        return theirs.machine.weight_matrix.numpy() / 4

    return {"ebmtools": by_ebmtools, "scikit-learn": by_sklearn, "rbms": by_rbms}


class Rbms:
    """A training with rbms: its machine, its chains, its step with plain descent, as in its own loop."""

    def __init__(self, images: torch.Tensor, hidden: int, rate: float) -> None:
        self.images = images
        torch.manual_seed(0)
        mean = images.mean(0).clamp(1 / len(images), 1 - 1 / len(images))
        weights = 0.01 * torch.randn(images.shape[1], hidden)
        self.machine = BBRBM(weights, torch.log(mean / (1 - mean)), torch.zeros(hidden))
        self.machine.init_grad()
        self.chains = self.machine.init_chains(BATCH)
        self.optimizer = torch.optim.SGD(self.machine.parameters(), lr=rate, maximize=True)

    def step(self, batch: torch.Tensor) -> None:
        with torch.no_grad():
            self.optimizer.zero_grad(set_to_none=False)
            weighted = (batch, torch.ones(len(batch), 1))
            self.chains, _ = fit_batch_pcd(weighted, self.chains, self.machine, 1, 1.0)
            self.optimizer.step()


def moved(name: str, weights: np.ndarray) -> float:
    """The size of the weights after the first steps: finite, and larger than they started."""
    require(bool(np.isfinite(weights).all()), f"{name}: weights that are not finite")
    size = float(np.abs(weights).max())
    require(size > 0.01, f"{name}: weights that have not moved")
    return size


def trained(name: str, spins: Any, hidden: int, epochs: int, rate: float) -> tuple[ebm.RBM, float]:
    """A machine and the processor seconds of its training."""
    images, start = (spins == 1).astype(float), time.process_time()
    if name == "ebmtools":
        given = {"batch_size": BATCH, "epochs": epochs, "learning_rate": rate, "progress": False}
        machine = ebm.fit_rbm(spins, hidden, **given).energy
    elif name == "scikit-learn":
        model = BernoulliRBM(hidden, learning_rate=rate, batch_size=BATCH, n_iter=epochs, random_state=0).fit(images)
        arrays = (model.components_.T, model.intercept_visible_, model.intercept_hidden_)
        machine = ebm.RBM.from_binary(*arrays)
    else:
        training = Rbms(torch.from_numpy(images).float(), hidden, rate)
        for _ in range(epochs):
            for batch in torch.split(training.images[torch.randperm(len(images))], BATCH):
                training.step(batch)
        model = training.machine
        machine = ebm.RBM.from_binary(*(x.detach() for x in (model.weight_matrix, model.vbias, model.hbias)))
    return machine, time.process_time() - start


def likelihood(machine: ebm.RBM, spins: Any) -> tuple[float, float]:
    """Log likelihood of each sample, and the error of log Z."""
    found = ebm.log_partition(machine, n_chains=500, n_steps=1000, seed=0)
    with torch.no_grad():
        return float(-machine(spins).double().mean()) - found.value, found.error


def race() -> dict[str, Any]:
    spins = ebm.data.digits().spins
    share = (spins == 1).mean(0)
    spins = np.random.default_rng(0).permutation(spins[:, (share > 0.05) & (share < 0.95)])
    held_out, training = spins[:450], spins[450:]
    trained("ebmtools", training, 64, 1, 0.01)  # loads the kernels
    found: dict[str, Any] = {}
    for name, rates in RATES.items():
        runs = []
        for epochs in EPOCHS:
            for rate in rates:
                machine, seconds = trained(name, training, 64, epochs, rate)
                value, error = likelihood(machine, held_out)
                runs.append({"epochs": epochs, "rate": rate, "seconds": seconds, "likelihood": value, "error": error})
        found[name] = runs
    return found


def measure() -> dict[str, Any]:
    truth = ebm.random_hamiltonian(VISIBLE, order=3, gamma=0.5, beta=0.5, seed=1)
    spins = ebm.sample(truth, 1000, seed=1).spins
    return {"step": paired(stepping(spins), moved) | {"steps": STEPS}, "race": race()}


if __name__ == "__main__":
    record("rbm", measure)
