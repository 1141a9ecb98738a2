"""Pairwise fit, network, hybrid and pursuit on few samples, each with the training it needs: results/few_samples.jsonl.

python studies/few_samples.py --workers 2

Every number of samples gets the same number of training steps, in batches of a quarter of the samples at most. Held-out
samples choose the epoch, the weight decay of networks and the l2 penalty of convex fits, model by model and data set by
data set.
"""

from dataclasses import dataclass

import numpy as np
import torch
from engine import Study, main

import ebmtools as ebm
from ebmtools import exact

HIDDEN, ACTIVATION = 64, "gelu"
DECAYS = (10.0, 3.0, 1.0, 0.3, 0.1)
PENALTIES = (0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
"""Values of l2 times the number of samples, for the convex fits."""
HELD_OUT = 5  # one sample in five
GAMMA = 0.5


@dataclass(frozen=True)
class Setting:
    """One data set of 16 spins and 16 triples, and the steps of each training; `instance` is the seed of all."""

    samples: int
    instance: int
    steps: int = 3000


def trained(energy, kept, held_out, setting):
    """The energy after `setting.steps` steps, or as many of them as the held-out samples ask for."""
    batch = min(500, len(kept) // 4)
    given = {"batch_size": batch, "epochs": round(setting.steps * batch / len(kept)), "weight_decay": DECAYS}
    return ebm.fit(energy, kept, validation=held_out, seed=setting.instance, progress=False, **given)


def penalised(fit, kept, held_out, spins):
    """The convex fit to all spins, with the l2 penalty under which a fit to `kept` predicts `held_out` best."""

    def held(penalty):
        with torch.no_grad():
            return ebm.objectives.pseudolikelihood(fit(kept, penalty / len(kept)), held_out).item()

    penalty = min(PENALTIES, key=held)
    return fit(spins, penalty / len(spins)), penalty


def compute(setting):
    """Errors of the couplings, and what the held-out samples chose."""
    truth = ebm.random_hamiltonian(16, order=3, gamma=GAMMA, beta=1.0, seed=setting.instance)
    spins = exact.sample(truth, setting.samples, seed=setting.instance)
    held_out, kept = np.split(spins, [setting.samples // HELD_OUT])

    def pairwise(x, l2):
        return ebm.fit_pairwise(x, l2=l2).energy

    def pursuit(x, l2):
        return ebm.fit_many_body(x, l2=l2).energy

    def oracle(x, l2):
        blank = ebm.Pairwise(np.zeros((16, 16))) + ebm.ManyBody(16, truth.interactions, np.zeros(16))
        return ebm.fit_convex(blank, x, l2=l2).energy

    convex = {fit.__name__: penalised(fit, kept, held_out, spins) for fit in (pairwise, pursuit, oracle)}
    models, chosen = ({name: pair[which] for name, pair in convex.items()} for which in (0, 1))

    network, rest = (ebm.Network(16, (HIDDEN,), ACTIVATION, seed=setting.instance) for _ in range(2))
    alone = trained(network, kept, held_out, setting)
    torch.nn.init.zeros_(rest.output)
    hybrid = pairwise(kept, chosen["pairwise"] / len(kept)) + rest
    together = trained(hybrid, kept, held_out, setting)
    rest.requires_grad_(False)
    ebm.fit_convex(hybrid, spins, l2=chosen["pairwise"] / len(spins))
    models |= {"network": network, "hybrid": hybrid}
    errors = {
        name: float(f"{ebm.reconstruction_error(ebm.couplings(model), truth.couplings):.5g}")
        for name, model in models.items()
    }
    penalties = {f"{name} penalty": penalty for name, penalty in chosen.items()}
    training = {
        f"{name} {what}": value
        for name, fit in {"network": alone, "hybrid": together}.items()
        for what, value in {
            "decay": fit.weight_decay,
            "epoch": fit.best_epoch,
            "epochs": len(fit.train) - 1,
        }.items()
    }
    return errors | penalties | training


STUDY = Study(
    "few_samples",
    1,
    tuple(Setting(samples, instance) for instance in range(10) for samples in (300, 1000, 3000, 10_000)),
    compute,
)

if __name__ == "__main__":
    main(STUDY, small=(Setting(300, 0, steps=60),))
