"""One training run by Adam on mini-batches, on data that have been checked and split, and what comes of it."""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import softplus
from tqdm import tqdm

from ebmtools.checks import Floats
from ebmtools.energies.base import Energy
from ebmtools.fitting import loss
from ebmtools.fitting.objectives import pseudolikelihood_at

_WARMUP_STEPS = 20


@dataclass(frozen=True)
class Fit:
    """A trained energy and how the training went."""

    energy: Energy
    """The energy that was given, now with the parameters of the best epoch."""
    train: Floats
    """(epochs + 1,): mean training objective of each epoch, nats per sample; entry 0 is that of the start."""
    held_out: Floats
    """(epochs + 1,): held-out objective after each epoch, nats per sample; entry 0 as in `train`. NaN if none."""
    best_epoch: int
    """The epoch whose parameters were kept: lowest held-out objective, or the last epoch without held-out samples."""
    diverged: bool
    """Whether the training objective became infinite or NaN, or ended above its start by more than the standard error
    of its start; by likelihood without held-out samples, where pseudolikelihoods are recorded, above that of fair coins
    as well. A fit that improves on the training samples and not on the held-out ones has overfitted, not diverged: its
    `best_epoch` says so."""
    weight_decay: float
    """The weight decay it was trained with: of several the one with the lowest held-out objective."""
    rhat: float = math.nan
    """After training by likelihood: R-hat of energy and magnetisation over chains from random states and from samples;
    above 1.1 they have not met, and a warning was given."""

    def __repr__(self) -> str:
        told = "diverged" if self.diverged else f"kept epoch {self.best_epoch} of {len(self.train) - 1}"
        where = "training" if np.isnan(self.held_out).all() else "held-out"
        start = (self.train if where == "training" else self.held_out)[0]
        return (
            f"Fit: {told}, weight decay {self.weight_decay:g}; "
            f"{where} objective from {start:.4f} to {self.objective:.4f} nats per sample"
        )

    @property
    def objective(self) -> float:
        """Held-out objective of the kept parameters, nats per sample (that of training if none was held out)."""
        return float((self.train if np.isnan(self.held_out).all() else self.held_out)[self.best_epoch])


class Steps(NamedTuple):
    """How to train."""

    epochs: int
    batch_size: int
    learning_rate: float
    weight_decay: float
    sites: int | None
    progress: bool

    def rate(self, step: int, steps: int) -> float:
        """The learning rate of a step: a short warm-up, then half a cosine."""
        return self.learning_rate * min(1.0, (step + 1) / _WARMUP_STEPS) * 0.5 * (1 + math.cos(math.pi * step / steps))


@torch.enable_grad()  # whatever the caller has set
def train(
    energy: Energy, samples: Tensor, held_out: Tensor, how: Steps, random: torch.Generator
) -> tuple[Fit, dict[str, Tensor], float]:
    """Train the energy in place on samples (M, N).

    Returns the fit, the parameters that were best on `held_out` (M', N), if any, and the objective on the training
    samples after the last step.
    """
    batch_size = min(how.batch_size, len(samples))
    steps = how.epochs * math.ceil(len(samples) / batch_size)
    optimizer = torch.optim.AdamW(groups(energy, how.weight_decay), lr=how.learning_rate, fused=True)
    start, start_error = evaluate(energy, samples)
    train_history, held_history = [start], [evaluate(energy, held_out)[0]]
    best, best_epoch, lowest = copy.deepcopy(energy.state_dict()), 0, held_history[0] if len(held_out) else math.inf
    step = 0
    for epoch in (bar := tqdm(range(1, how.epochs + 1), disable=not how.progress, desc="fit", unit="epoch")):
        total = 0.0
        order = torch.randperm(len(samples), generator=random).to(samples.device)
        for batch in torch.split(samples.index_select(0, order), batch_size):  # ten times as fast as train[order]
            for group in optimizer.param_groups:
                group["lr"] = how.rate(step, steps)
            optimizer.zero_grad()
            if how.sites is None:
                equal = torch.full((len(batch),), 1 / len(batch), device=batch.device)
                value = loss.pseudolikelihood(energy, batch, equal)
            else:
                value = pseudolikelihood_at(
                    energy, batch, torch.randint(energy.n_spins, (len(batch), how.sites), generator=random)
                )
            total += value.item() * len(batch)
            if not math.isfinite(total):
                break
            value.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            step += 1
        held = evaluate(energy, held_out)[0] if math.isfinite(total) else math.nan
        train_history.append(total / len(samples))
        held_history.append(held)
        judged = held if len(held_out) else total / len(samples)
        if not math.isfinite(judged):
            break
        if judged < lowest or not len(held_out):
            best, best_epoch, lowest = copy.deepcopy(energy.state_dict()), epoch, judged
        bar.set_postfix_str(f"held-out {held:.4f}, best {lowest:.4f} at {best_epoch}")
    bar.close()
    end = evaluate(energy, samples)[0] if math.isfinite(judged) else judged
    diverged = not end <= start + start_error
    history = np.array(train_history), np.array(held_history)
    return Fit(energy, *history, best_epoch, diverged, how.weight_decay), best, end


@torch.no_grad()
def evaluate(energy: Energy, samples: Tensor) -> tuple[float, float]:
    """Mean objective and its standard error, in parts that keep memory bounded; NaN without samples."""
    if len(samples) == 0:
        return math.nan, math.nan
    parts = torch.split(samples, 10_000)
    values = torch.cat([softplus(-energy.forward_flips(part)).sum(-1, dtype=torch.float64) for part in parts])
    return values.mean().item(), values.std(correction=0).item() / math.sqrt(len(values))


def groups(energy: Energy, weight_decay: float) -> list[dict[str, object]]:
    """The trainable parameters in two groups: those of polynomials, which never decay, and all others."""
    parts = [part for part in energy.modules() if isinstance(part, Energy) and part.polynomial() is not None]
    physical = {id(p) for part in parts for p in part.parameters()}
    trainable: list[nn.Parameter] = [p for p in energy.parameters() if p.requires_grad]
    if not trainable:
        raise ValueError("energy: it has no trainable parameters. Set requires_grad_(True) on the part to be trained.")
    return [
        {"params": [p for p in trainable if id(p) in physical], "weight_decay": 0.0},
        {"params": [p for p in trainable if id(p) not in physical], "weight_decay": weight_decay},
    ]
