"""Columns alone, a Potts model, and a network beside it, on WW domains that are far from all training sequences.

python studies/small_family.py

The alignment comes with the package logomaker; the network is that of chapter 7b.
"""

import time
from dataclasses import dataclass

import numpy as np
import torch
from chapters import definitions
from engine import Study, main

import ebmtools as ebm
from ebmtools import alignments

PENALTIES = (0.003, 0.01, 0.03)
DECAYS = (0.3, 1.0)
IDENTITY = 0.8


@dataclass(frozen=True)
class Setting:
    """One split into training, choosing and test sequences, by its seed."""

    seed: int
    hidden: int = 64
    epochs: int = 30
    sequences: int = 1_000_000


def split(states, rng):
    """Training sequences; sequences to choose by; test sequences: both far from every training sequence."""
    order = rng.permutation(len(states))
    rest, train = np.split(states[order], [round(0.35 * len(states))])
    nearest = np.array([(train == one).mean(1).max() for one in rest])
    far = rest[nearest < IDENTITY]
    choosing, test = np.split(far, [round(0.3 * len(far))])
    return train, choosing, test


def nats(change, states):
    """Negative log pseudolikelihood of each sequence, from the energies of all substitutions (M, N, q)."""
    log_p = torch.log_softmax(-change, 2)
    return -log_p.gather(2, torch.as_tensor(states)[..., None]).sum((1, 2))


def trained(chapter, setting, potts, train, weights, choosing, decay):
    """A network beside a Potts model that stays as it is; the one of the best epoch by the choosing sequences."""
    torch.manual_seed(setting.seed)
    network = chapter.LetterNetwork(setting.hidden)
    train, weights = torch.as_tensor(train), torch.tensor(weights / weights.mean()).float()
    with torch.no_grad():
        beside, beside_choosing = (potts.substitution_change(x).float() for x in (train, choosing))
    steps = setting.epochs * -(-len(train) // 64)
    optimizer = torch.optim.AdamW(network.parameters(), lr=3e-3, weight_decay=decay)
    falling = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    best, kept = nats(beside_choosing, choosing).mean().item(), None
    for _ in range(setting.epochs):
        for batch in torch.split(torch.randperm(len(train)), 64):
            loss = nats(beside[batch] + network.substituted(train[batch]), train[batch])
            optimizer.zero_grad()
            (weights[batch] * loss).mean().backward()
            optimizer.step()
            falling.step()
        with torch.no_grad():
            now = nats(beside_choosing + network.substituted(torch.as_tensor(choosing)), choosing).mean().item()
        if now < best:
            best, kept = now, {name: value.clone() for name, value in network.state_dict().items()}
    return best, kept


def compute(setting):
    """Nats a test sequence, with standard errors over them."""
    start = time.process_time()
    chapter = definitions("07b_letters_in_threes")
    states = definitions("07c_a_small_family").packaged_family().states.astype(int)
    chapter.n_sites, chapter.n_letters = states.shape[1], 21
    rng = np.random.default_rng(setting.seed)
    train, choosing, test = split(states[rng.permutation(len(states))[: setting.sequences]], rng)
    weights = alignments.weights(train, identity=IDENTITY)
    models = {l2: ebm.fit_potts(train, 21, weights, l2=l2).energy for l2 in PENALTIES}
    with torch.no_grad():
        found = {l2: nats(m.substitution_change(choosing), choosing).mean().item() for l2, m in models.items()}
        penalty = min(found, key=found.get)
        potts = models[penalty]
        of_potts = nats(potts.substitution_change(test), test)
    one_hot = np.eye(21)[train]
    shares = ((one_hot * weights[:, None, None]).sum(0) + 1 / 21) / (weights.sum() + 1)  # one sequence of any letters
    of_columns = torch.as_tensor(-np.log(shares)[np.arange(train.shape[1]), test].sum(1))
    tried = {decay: trained(chapter, setting, potts, train, weights, choosing, decay) for decay in DECAYS}
    decay = min(tried, key=lambda d: tried[d][0])
    of_both = of_potts
    if tried[decay][1] is not None:
        network = chapter.LetterNetwork(setting.hidden)
        network.load_state_dict(tried[decay][1])
        with torch.no_grad():
            both = potts.substitution_change(test) + network.substituted(torch.as_tensor(test))
            of_both = nats(both, test)
    return {
        "training sequences": len(train),
        "choosing sequences": len(choosing),
        "test sequences": len(test),
        "penalty": penalty,
        "decay": decay,
        "columns alone": summary(of_columns),
        "Potts": summary(of_potts),
        "Potts and network": summary(of_both),
        "network minus Potts": summary(of_both - of_potts),
        "processor seconds": round(time.process_time() - start, 1),
    }


def summary(values):
    """Mean and its standard error."""
    return [round(float(values.mean()), 4), round(float(values.std() / len(values) ** 0.5), 4)]


STUDY = Study("small_family", 1, tuple(Setting(seed) for seed in range(4)), compute)

if __name__ == "__main__":
    main(STUDY, small=(Setting(0, hidden=4, epochs=1, sequences=300),))
