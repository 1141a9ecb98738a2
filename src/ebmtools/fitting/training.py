"""One training run by Adam on mini-batches: the loop behind `fit`, on data that have been checked and split."""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus
from tqdm import tqdm

from ebmtools.energies.base import Energy
from ebmtools.energies.polynomial import ManyBody, Pairwise
from ebmtools.fitting.objectives import _pseudolikelihood, pseudolikelihood_at

_WARMUP_STEPS = 20


@dataclass(frozen=True)
class Plan:
    """How to train."""

    epochs: int
    batch_size: int
    learning_rate: float
    weight_decay: float
    sites: int | None
    progress: bool


@dataclass(frozen=True)
class Run:
    """What came of it."""

    weight_decay: float
    state: dict[str, Tensor]
    """The parameters of the best epoch."""
    best_epoch: int
    score: float
    """The objective that chose it: held-out, or of the last epoch where nothing is held out."""
    end: float
    """The objective on the training samples after the last step."""
    train: list[float]
    held_out: list[float]
    diverged: bool


def run(energy: Energy, train: Tensor, held_out: Tensor, plan: Plan, random: torch.Generator) -> Run:
    """Train the energy in place on `train` (M, N) and keep the state that is best on `held_out` (M', N), if any."""
    batch_size = min(plan.batch_size, len(train))
    steps = plan.epochs * math.ceil(len(train) / batch_size)
    optimizer = torch.optim.AdamW(_groups(energy, plan.weight_decay), lr=plan.learning_rate, fused=True)
    start, start_error = evaluate(energy, train)
    train_history, held_history = [start], [evaluate(energy, held_out)[0]]
    best, best_epoch, lowest = copy.deepcopy(energy.state_dict()), 0, held_history[0] if len(held_out) else math.inf
    step = 0
    for epoch in (bar := tqdm(range(1, plan.epochs + 1), disable=not plan.progress, desc="fit", unit="epoch")):
        total = 0.0
        order = torch.randperm(len(train), generator=random).to(train.device)
        for batch in torch.split(train.index_select(0, order), batch_size):  # ten times as fast as train[order]
            for group in optimizer.param_groups:
                group["lr"] = plan.learning_rate * _warmup_then_cosine(step, steps)
            optimizer.zero_grad()
            if plan.sites is None:
                loss = _pseudolikelihood(energy, batch, torch.full((len(batch),), 1 / len(batch), device=batch.device))
            else:
                sites = torch.randint(energy.n_spins, (len(batch), plan.sites), generator=random)
                loss = pseudolikelihood_at(energy, batch, sites)
            total += loss.item() * len(batch)
            if not math.isfinite(total):
                break
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            step += 1
        held = evaluate(energy, held_out)[0] if math.isfinite(total) else math.nan
        train_history.append(total / len(train))
        held_history.append(held)
        score = held if len(held_out) else total / len(train)
        if not math.isfinite(score):
            break
        if score < lowest or not len(held_out):
            best, best_epoch, lowest = copy.deepcopy(energy.state_dict()), epoch, score
        bar.set_postfix_str(f"held-out {held:.4f}, best {lowest:.4f} at {best_epoch}")
    bar.close()
    end = evaluate(energy, train)[0] if math.isfinite(score) else score
    diverged = not end <= start + start_error
    return Run(plan.weight_decay, best, best_epoch, lowest, end, train_history, held_history, diverged)


@torch.no_grad()
def evaluate(energy: Energy, samples: Tensor) -> tuple[float, float]:
    """Mean objective and its standard error, in parts that keep memory bounded; NaN without samples."""
    if len(samples) == 0:
        return math.nan, math.nan
    parts = torch.split(samples, 10_000)
    values = torch.cat([softplus(-energy._flip_change(part)).sum(-1, dtype=torch.float64) for part in parts])
    return values.mean().item(), values.std(correction=0).item() / math.sqrt(len(values))


def _groups(energy: Energy, weight_decay: float) -> list[dict[str, object]]:
    """The trainable parameters in two groups: those of physical terms, which never decay, and all others."""
    physical = {id(p) for m in energy.modules() if isinstance(m, (Pairwise, ManyBody)) for p in m.parameters()}
    trainable: list[nn.Parameter] = [p for p in energy.parameters() if p.requires_grad]
    if not trainable:
        raise ValueError("energy: it has no trainable parameters. Set requires_grad_(True) on the part to be trained.")
    return [
        {"params": [p for p in trainable if id(p) in physical], "weight_decay": 0.0},
        {"params": [p for p in trainable if id(p) not in physical], "weight_decay": weight_decay},
    ]


def _warmup_then_cosine(step: int, steps: int) -> float:
    return min(1.0, (step + 1) / _WARMUP_STEPS) * 0.5 * (1 + math.cos(math.pi * step / steps))
