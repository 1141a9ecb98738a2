"""Pairs, pursuit and hybrids on real data, by samples that are left out: results/real_data.jsonl.

python studies/real_data.py --workers 2

Nobody knows the true couplings here. What can be had is the pseudolikelihood and the likelihood of samples that no fit
has seen. The sources need what the extra "real-data" names, and apt for those from R.
"""

import time
from dataclasses import dataclass

import numpy as np
import torch
from engine import Study, main
from sources import SOURCES, spins

import ebmtools as ebm

FOLDS = 4
HELD_OUT = 0.15  # of the samples that are trained on; they choose penalty, weight decay and epoch
PENALTIES = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
DECAYS = (0.1, 0.3, 1.0, 3.0, 10.0)
HIDDEN, ACTIVATION = 128, "gelu"


@dataclass(frozen=True)
class Setting:
    """One source with one of its four parts left out; `fold` is the seed of the training too."""

    source: str
    fold: int
    epochs: int = 60


class Models:
    """The models of one part of the data; `kept` are the samples to train on that choose nothing."""

    def __init__(self, setting, train):
        self.setting, self.train, self.seconds, self.notes = setting, train, {}, {}
        order = np.random.default_rng(setting.fold).permutation(len(train))
        self.held_out, self.kept = np.split(train[order], [round(HELD_OUT * len(train))])
        self.penalty = min(PENALTIES, key=lambda l2: self.score(ebm.fit_pairwise(self.kept, l2=l2).energy))
        self.notes["penalty"] = self.penalty

    def score(self, energy):
        with torch.no_grad():
            return float(ebm.objectives.pseudolikelihood(energy, self.held_out))

    def independent(self):
        return ebm.fit_pairwise(self.train, l2=1e6).energy

    def pairwise(self):
        return ebm.fit_pairwise(self.train, l2=self.penalty).energy

    def pursuit(self):
        fit = ebm.fit_many_body(self.train, l2=self.penalty)
        self.notes["interactions"] = [list(map(int, i)) for i in fit.interactions]
        self.notes["coefficients"] = [float(f"{x:.4g}") for x in fit.coefficients]
        self.notes["errors"] = [float(f"{x:.4g}") for x in fit.coefficients_error]
        return fit.energy

    def hybrid(self):
        return self.with_network("hybrid", ebm.fit_pairwise(self.kept, l2=self.penalty).energy)

    def after_pursuit(self):
        return self.with_network("hybrid after pursuit", ebm.fit_many_body(self.kept, l2=self.penalty).energy)

    def with_network(self, name, start):
        """A network beside a start that has not seen the held-out samples; then the start is fitted to all, beside it.

        The start stays as it is while the network learns: it has its optimum already, under its penalty.
        """
        seed = self.setting.fold
        start.requires_grad_(False)
        network = ebm.Network(self.train.shape[1], (HIDDEN,), ACTIVATION, seed=seed)
        torch.nn.init.zeros_(network.output)
        given = {"batch_size": 50, "epochs": self.setting.epochs, "weight_decay": DECAYS, "validation": self.held_out}
        fit = ebm.fit(start + network, self.kept, seed=seed, progress=False, **given)
        self.notes |= {f"{name} decay": fit.weight_decay, f"{name} epoch": fit.best_epoch}
        start.requires_grad_(True)
        network.requires_grad_(False)
        return ebm.fit_convex(start + network, self.train, l2=self.penalty).energy

    def all(self):
        made = {}
        ways = (self.independent, self.pairwise, self.pursuit, self.hybrid, self.after_pursuit)
        for name, way in zip(
            ("independent", "pairwise", "pursuit", "hybrid", "hybrid after pursuit"), ways, strict=True
        ):
            start = time.process_time()
            made[name] = way()
            self.seconds[name] = round(time.process_time() - start, 2)
        return made


def nats(energy, samples, n_steps):
    """Negative log pseudolikelihood and negative log likelihood of each sample, (M,), and log Z."""
    with torch.no_grad():
        flips = energy.flip_change(samples)
        energies = energy(samples).double().numpy()
    z = ebm.log_partition(energy, n_chains=500, n_steps=n_steps, seed=0)
    return torch.nn.functional.softplus(-flips).sum(1).double().numpy(), energies + z.value, z


def difference(values, error=0.0):
    """Mean over samples with its standard error, and an error that is common to all."""
    return [round(float(values.mean()), 5), round(float(np.hypot(values.std(ddof=1) / len(values) ** 0.5, error)), 5)]


def compute(setting):
    """Means over the samples left out, and paired differences to the pairwise model and to the hybrid."""
    every = spins(setting.source)
    fold = np.random.default_rng(0).permutation(len(every)) % FOLDS
    models = Models(setting, every[fold != setting.fold])
    made = models.all()
    test = every[fold == setting.fold]
    steps = min(1000, 20 * setting.epochs)  # of annealing; a trial of few epochs anneals briefly
    scores = {name: nats(energy, test, steps) for name, energy in made.items()}
    result = {"samples": len(test), "spins": every.shape[1], "seconds": models.seconds, "notes": models.notes}
    for what, column in (("pseudolikelihood", 0), ("likelihood", 1)):
        result[what] = {name: difference(score[column]) for name, score in scores.items()}
        for base in ("pairwise", "hybrid"):
            result[f"{what} minus {base}"] = {
                name: difference(
                    score[column] - scores[base][column],
                    np.hypot(score[2].error, scores[base][2].error) if column else 0.0,
                )
                for name, score in scores.items()
                if name != base
            }
    result["log Z bounds"] = {name: [round(s[2].lower, 3), round(s[2].upper, 3)] for name, s in scores.items()}
    return result


STUDY = Study("real_data", 1, tuple(Setting(source, fold) for fold in range(FOLDS) for source in SOURCES), compute)

if __name__ == "__main__":
    main(STUDY, small=(Setting("digits_middle", 0, epochs=1),))
