"""The paper's Experiments I and II at full size: who reconstructs the couplings, for which data.

python studies/experiments.py --workers 2

Data come from the paper's generator; the paper's own sizes and settings are not known to us, these are ours. All models
of a setting see the same samples, so that they can be compared instance by instance.
"""

import itertools
import time
from dataclasses import dataclass

import numpy as np
import torch
from engine import Study, main

import ebmtools as ebm

MODELS = ("pairwise", "network", "hybrid", "recipe", "distilled", "pursuit", "oracle")
QUICK = tuple(name for name in MODELS if name != "distilled")
TRAINED = ("pairwise", "network", "hybrid", "recipe")
MIXED = 1.1
"""R-hat above which samples are not used."""


@dataclass(frozen=True)
class Setting:
    """One data set; `instance` is the seed of the truth, of the samples and of the training.

    N spins with N interactions of one order and strength gamma, all multiplied by beta; M samples; networks of one
    hidden layer.
    """

    order: int
    gamma: float
    samples: int
    instance: int
    spins: int = 64
    beta: float = 0.5
    hidden: int = 128
    activation: str = "relu"
    models: tuple[str, ...] = MODELS


def settings():
    """Instance by instance, so that a study that is stopped has all points of some instances."""
    grid = list(itertools.product((3, 4), (0.0, 0.25, 0.5, 1.0, 2.0), (1000, 10_000, 100_000)))
    for instance in range(10):
        models = MODELS if instance < 3 else QUICK  # distilling takes up to a minute
        for order, gamma, samples in grid:
            yield Setting(order, gamma, samples, instance, models=models)
        for hidden, samples in itertools.product((16, 64, 256), (10_000, 100_000)):
            yield Setting(3, 1.0, samples, instance, hidden=hidden, models=TRAINED)
        for activation in ("gelu", "tanh", "cube"):
            yield Setting(3, 1.0, 10_000, instance, activation=activation, models=TRAINED)
        yield Setting(3, 1.0, 10_000, instance, spins=128, models=QUICK)
        yield Setting(3, 1.0, 10_000, instance, spins=256, models=(*TRAINED, "oracle"))
        yield Setting(3, 0.5, 10_000, instance, spins=16, beta=1.0)
    for instance in range(3):
        yield Setting(3, 1.0, 1_000_000, instance, models=QUICK)


class Models:
    """The ways to an energy, on the samples of one setting; the first tenth of the samples is held out."""

    def __init__(self, setting, truth, spins):
        self.setting, self.truth, self.spins = setting, truth, spins
        self.held_out, self.training = np.split(spins, [len(spins) // 10])
        self.notes = {}

    def untrained(self, activation, hidden=None):
        shape = (self.setting.spins, (hidden or self.setting.hidden,), activation)
        return ebm.Network(*shape, seed=self.setting.instance)

    def trained(self, name, energy, decays):
        """About 2,000 steps, in batches of at most 500; the held-out samples choose the epoch and the decay."""
        batch = min(500, len(self.training) // 20)
        epochs = max(4, min(100, round(2000 * batch / len(self.training))))
        given = {"batch_size": batch, "epochs": epochs, "weight_decay": decays, "validation": self.held_out}
        fit = ebm.fit(energy, self.training, seed=self.setting.instance, progress=False, **given)
        self.notes |= {f"{name} decay": fit.weight_decay, f"{name} epoch": fit.best_epoch, f"{name} epochs": epochs}
        return energy

    def decays(self):
        return (10_000 / self.setting.samples, 30_000 / self.setting.samples)

    def pairwise(self):
        return ebm.fit_pairwise(self.spins).energy

    def network(self):
        return self.trained("network", self.untrained(self.setting.activation), self.decays())

    def hybrid(self):
        """Both parts trained together, from the pairwise fit and a random network."""
        start = ebm.fit_pairwise(self.training).energy
        return self.trained("hybrid", start + self.untrained(self.setting.activation), self.decays())

    def recipe(self):
        """From the pairwise fit with a silent network; afterwards the pairwise part is fitted once more."""
        rest = self.untrained("gelu" if self.setting.activation == "relu" else self.setting.activation)
        torch.nn.init.zeros_(rest.output)
        energy = self.trained("recipe", ebm.fit_pairwise(self.training).energy + rest, self.decays())
        rest.requires_grad_(False)
        return ebm.fit_convex(energy, self.spins).energy

    def distilled(self):
        return ebm.distil(self.made["recipe"], self.spins).energy

    def pursuit(self):
        fit = ebm.fit_many_body(self.spins)
        pairs = np.triu_indices(self.setting.spins, 1)
        expected = np.sqrt((fit.couplings_error[pairs] ** 2).sum() / (self.truth.couplings[pairs] ** 2).sum())
        true = set(self.truth.interactions) if self.setting.gamma else set()
        found = set(fit.interactions)
        self.notes |= {"pursuit expected": float(expected), "found": len(found), "true among them": len(found & true)}
        return fit.energy

    def oracle(self):
        """The pairwise model, with the true interactions beside it."""
        n, sets = self.setting.spins, self.truth.interactions if self.setting.gamma else []
        blank = ebm.Pairwise(np.zeros((n, n)))
        return ebm.fit_convex(blank + ebm.ManyBody(n, sets, np.zeros(len(sets))) if sets else blank, self.spins).energy

    def all(self):
        """The energies by name, and the processor seconds of each."""
        self.made, seconds = {}, {}
        for name in self.setting.models:
            start = time.process_time()
            self.made[name] = getattr(self, name)()
            seconds[name] = round(time.process_time() - start, 2)
        return self.made, seconds


def compute(setting):
    """Errors of the couplings, held-out objectives of what was trained without these samples, and the mixing."""
    n, order, seed = setting.spins, setting.order, setting.instance
    truth = ebm.random_hamiltonian(n, order, gamma=setting.gamma, beta=setting.beta, seed=seed)
    draws = ebm.sample(truth, max(setting.samples, 40_000), n_chains=2000, warmup=1000, thin=20, seed=seed)
    rhat = {"energy": draws.rhat, "magnetisation": draws.rhat_of(draws.chains.mean(axis=2))}
    if max(rhat.values()) > MIXED:
        raise RuntimeError(f"the chains have not met: R-hat {rhat}")
    spins = np.random.default_rng(seed).permutation(draws.spins)[: setting.samples]
    models = Models(setting, truth, spins)
    made, seconds = models.all()
    with torch.no_grad():
        held_out = {
            name: float(ebm.objectives.pseudolikelihood(made[name], models.held_out))
            for name in ("network", "hybrid")
            if name in made
        }
        held_out["truth"] = float(ebm.objectives.pseudolikelihood(truth, models.held_out))
    eps = {name: float(ebm.reconstruction_error(ebm.couplings(made[name]), truth.couplings)) for name in made}
    return {
        "eps": rounded(eps),
        "held_out": rounded(held_out),
        "seconds": seconds,
        "rhat": rounded({name: float(value) for name, value in rhat.items()}),
        "notes": rounded(models.notes),
    }


def rounded(values):
    """Six digits of every number."""
    return {name: float(f"{x:.6g}") if isinstance(x, float) else x for name, x in values.items()}


def urgency(setting):
    """Three instances of all points first, of these the quick ones: stopped at any time, the study has errors."""
    usual = (setting.spins, setting.hidden, setting.activation) == (64, 128, "relu")
    slow = (setting.samples > 10_000) + (setting.samples > 100_000)
    return setting.instance // 3, slow, not usual, setting.spins > 64, slow and setting.order, setting.instance


STUDY = Study("experiments", 1, tuple(sorted(settings(), key=urgency)), compute)

if __name__ == "__main__":
    main(STUDY, small=(Setting(3, 1.0, 1000, 0, spins=12, hidden=16),))
