"""Ways to read off the couplings: one function each, from the samples of one instance to couplings."""

import copy
import time
from functools import cached_property, partial

import lasso_triples
import numpy as np
import torch
from scenarios import SCENARIOS

import ebmtools as ebm

HIDDEN, ACTIVATION = 128, "gelu"
PENALTIES = (0.0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3)
SETTINGS = {"hidden": HIDDEN, "activation": ACTIVATION, "l2": PENALTIES}


class Data:
    """One instance of a scenario: samples, the first tenth of them held out, and the fits that methods share."""

    def __init__(self, name, instance):
        self.scenario, self.instance = SCENARIOS[name], instance
        self.truth, self.spins, self.rhat = self.scenario.draw(instance)
        self.held_out, self.training = np.split(self.spins, [len(self.spins) // 10])
        self.n_spins = self.spins.shape[1]

    def score(self, energy):
        """Held-out pseudolikelihood, nats a sample."""
        with torch.no_grad():
            return float(ebm.objectives.pseudolikelihood(energy, self.held_out))

    def train(self, energy):
        """Train in place: the held-out samples choose weight decay and epoch."""
        return ebm.fit(
            energy,
            self.training,
            validation=self.held_out,
            weight_decay=self.scenario.weight_decays,
            epochs=self.scenario.epochs,
            batch_size=min(500, len(self.spins) // 20),
            seed=self.instance,
            progress=False,
        )

    def add_network(self, start):
        """Train a network on top of `start`, which has not seen the held-out samples; then refit `start` to all."""
        network = ebm.Network(self.n_spins, (HIDDEN,), ACTIVATION, seed=self.instance)
        torch.nn.init.zeros_(network.output)
        energy = start + network
        run = self.train(energy)
        network.requires_grad_(False)
        ebm.fit_convex(energy, self.spins)
        return energy, run

    @cached_property
    def hybrid(self):
        """(energy, run), and the seconds."""
        return timed(lambda: self.add_network(ebm.fit_pairwise(self.training).energy))

    @cached_property
    def pursued(self):
        """Pursuit without the held-out samples, and the seconds."""
        return timed(lambda: ebm.fit_many_body(self.training))

    def found(self, sets):
        """How many sets are in the model, and how many of them are true."""
        true = set(self.truth.interactions or ())
        return {"found": len(sets), "true": len(true & set(sets)) if true else None}


def timed(compute):
    """The result, and the seconds of processor time that it took: the waiting time on a free core."""
    start = time.process_time()
    return compute(), time.process_time() - start


# A method returns its couplings, the held-out objective (nats a sample) of the same model fitted without the held-out
# samples, the seconds that a user would wait on one core, and notes.


def pairwise(data):
    fit, seconds = timed(lambda: ebm.fit_pairwise(data.spins))
    return fit.couplings, data.score(ebm.fit_pairwise(data.training).energy), seconds, {}


def pairwise_l2(data):
    """The penalty is chosen by the held-out samples."""

    def fit():
        scores = {l2: data.score(ebm.fit_pairwise(data.training, l2=l2).energy) for l2 in PENALTIES}
        best = min(scores, key=scores.get)
        return ebm.fit_pairwise(data.spins, l2=best).couplings, scores[best], best

    (couplings, score, best), seconds = timed(fit)
    return couplings, score, seconds, {"l2": best}


def screening(data):
    def fit(spins):
        return ebm.fit_pairwise(spins, objective="interaction-screening").energy

    energy, seconds = timed(lambda: fit(data.spins))
    return energy.couplings, data.score(fit(data.training)), seconds, {}


def lasso(data):
    def fit():
        sets, score = lasso_triples.fit(data.training, data.held_out)
        energy = ebm.Pairwise(np.zeros((data.n_spins,) * 2)) + ebm.ManyBody(data.n_spins, sets, np.zeros(len(sets)))
        ebm.fit_convex(energy, data.spins)
        return sets, score, energy

    (sets, score, energy), seconds = timed(fit)
    return ebm.couplings(energy).values, score, seconds, data.found(sets)


def network(data):
    energy = ebm.Network(data.n_spins, (HIDDEN,), ACTIVATION, seed=data.instance)
    run, seconds = timed(lambda: data.train(energy))
    return ebm.couplings(energy).values, run.objective, seconds, trained(run)


def hybrid(data):
    (energy, run), seconds = data.hybrid
    return ebm.couplings(energy).values, run.objective, seconds, trained(run)


def trained(run):
    return {"weight_decay": run.weight_decay, "epoch": run.best_epoch}


def pursuit(data, orders=(3, 4)):
    fit, seconds = timed(lambda: ebm.fit_many_body(data.spins, orders))
    start = data.pursued[0] if orders == (3, 4) else ebm.fit_many_body(data.training, orders)
    return fit.couplings, data.score(start.energy), seconds, data.found(fit.interactions)


def pursuit_l2(data):
    """The penalty, on the couplings only, is chosen by the held-out samples."""

    def fit():
        scores = {l2: data.score(ebm.fit_many_body(data.training, l2=l2).energy) for l2 in PENALTIES}
        best = min(scores, key=scores.get)
        return ebm.fit_many_body(data.spins, l2=best), scores[best], best

    (fitted, score, best), seconds = timed(fit)
    return fitted.couplings, score, seconds, {"l2": best} | data.found(fitted.interactions)


def pursuit_then_network(data):
    start, before = data.pursued
    parts = [start.pairwise] + ([start.many_body] if start.interactions else [])
    (energy, run), seconds = timed(lambda: data.add_network(sum(copy.deepcopy(parts))))
    return ebm.couplings(energy).values, run.objective, before + seconds, trained(run)


def distilled(data):
    (energy, _), before = data.hybrid
    fit, seconds = timed(lambda: ebm.distil(energy, data.spins))
    start = ebm.Pairwise(np.zeros((data.n_spins,) * 2))
    start = start + ebm.ManyBody(data.n_spins, fit.interactions, np.zeros(len(fit.interactions)))
    ebm.fit_convex(start, data.training)  # the sets were chosen with all samples
    return fit.couplings, data.score(start), before + seconds, data.found(fit.interactions)


def oracle(data):
    """Told which sets interact; where there is no list of sets, told the whole contamination."""
    sets, n = data.truth.interactions, data.n_spins
    beside = (
        data.truth.contamination.requires_grad_(False) if sets is None else ebm.ManyBody(n, sets, np.zeros(len(sets)))
    )
    free = ebm.Pairwise(np.zeros((n, n)))
    _, seconds = timed(lambda: ebm.fit_convex(free + beside, data.spins))
    return free.couplings + data.truth.inside, None, seconds, {}


METHODS = {
    "oracle": oracle,
    "pairwise": pairwise,
    "pairwise, l2": pairwise_l2,
    "screening": screening,
    "L1 on triples": lasso,
    "pursuit": pursuit,
    "pursuit, l2": pursuit_l2,
    "pursuit to order 5": partial(pursuit, orders=(3, 4, 5)),
    "pursuit to order 6": partial(pursuit, orders=(3, 4, 5, 6)),
    "network": network,
    "hybrid": hybrid,
    "pursuit, then network": pursuit_then_network,
    "distilled": distilled,
}
