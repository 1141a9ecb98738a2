"""Training any energy by pseudolikelihood: Adam on mini-batches, the best epoch chosen on held-out samples."""

from __future__ import annotations

import copy
import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from ebmtools.energies import Energy
from ebmtools.hamiltonians import ManyBody, Pairwise
from ebmtools.objectives import pseudolikelihood
from ebmtools.spins import ArrayLike, Floats, as_samples, as_spins, check_positive

_WARMUP_STEPS = 20


@dataclass(frozen=True)
class Fit:
    """A trained energy and how the training went."""

    energy: Energy
    """The energy that was given, now with the parameters of the best epoch."""
    train: Floats
    """(epochs + 1,): mean training objective of each epoch, nats a sample; entry 0 is that of the start."""
    held_out: Floats
    """(epochs + 1,): held-out objective after each epoch, nats a sample; entry 0 is that of the start. NaN if none."""
    best_epoch: int
    """The epoch whose parameters were kept: lowest held-out objective, or the last epoch without held-out samples."""
    diverged: bool
    """Whether the objective became infinite or NaN, or ended worse than at the start and worse than fair coins."""

    @property
    def objective(self) -> float:
        """Held-out negative log pseudolikelihood of the kept parameters, nats a sample (else training)."""
        return float((self.train if np.isnan(self.held_out).all() else self.held_out)[self.best_epoch])


def fit(
    energy: Energy,
    spins: ArrayLike,
    validation: float | ArrayLike = 0.1,
    weight_decay: float | None = None,
    epochs: int = 100,
    batch_size: int = 500,
    learning_rate: float = 0.01,
    seed: int = 0,
    progress: bool = True,
    device: str | torch.device = "cpu",
) -> Fit:
    r"""Train any energy, in place, by stochastic pseudolikelihood, and keep the epoch that is best on held-out samples.

    Adam with 20 warm-up steps and cosine decay. Only parameters that require a gradient are trained.

    Parameters
    ----------
    energy : Energy
        Trained in place, starting from its present parameters; Network, hybrid, or an energy of your own.
    spins : array-like, shape (M, N)
        Data, drawn at beta = 1.
    validation : float or array-like, shape (M', N)
        The held-out samples, which choose the epoch: a share of `spins` in [0, 1), drawn at random, or samples of their
        own. Give your own where the start was fitted to data: it must not have seen them. 0 keeps the last epoch.
    weight_decay : float, optional
        Decoupled weight decay (Loshchilov & Hutter 2019) of the networks' parameters; couplings, fields and
        interactions never decay. Default 10^4 / M: the network's strength per sample stays alike.
    epochs, batch_size : int
        Passes over the training samples, and samples a step.
    learning_rate : float
        Largest step of Adam.
    seed : int
        Fixes the held-out split and the order of the batches.
    progress : bool
        Show a progress bar with the held-out objective.
    device : str or torch.device
        Where to train; the energy comes back to the CPU.

    Returns
    -------
    Fit

    Raises
    ------
    ValueError
        For bad spins, a constant spin, fewer than two samples to train on, or an argument out of range.

    Warns
    -----
    RuntimeWarning
        If training diverges: the objective is not finite, or ends worse than at the start and worse than fair coins
        (N log 2). The best parameters so far are kept.

    Notes
    -----
    Cost at N = 64, 128 hidden units, one core: about 5 microseconds a sample and epoch.

    References
    ----------
    Feinauer & Lucibello 2022; Kingma & Ba 2015 (Adam).

    Examples
    --------
    >>> from ebmtools import Network, exact
    >>> truth = Pairwise([[0, 1.0, 0], [1.0, 0, 0], [0, 0, 0]])
    >>> spins = exact.sample(truth, 2000, seed=1)
    >>> result = fit(Network(3, hidden=(16,)), spins, epochs=20, progress=False)
    >>> bool(result.objective < result.held_out[0])
    True
    """
    _check_arguments(weight_decay, epochs, batch_size, learning_rate)
    samples = as_samples(spins, energy.n_spins)[0]
    random = torch.Generator().manual_seed(seed)
    held_out, train = (part.to(device) for part in _split(samples, validation, energy.n_spins, random))
    n_held_out = len(held_out)
    if len(train) < 2:
        raise ValueError(f"spins: {len(train)} samples are left to train on, expected at least 2. Lower `validation`.")
    batch_size = min(batch_size, len(train))
    steps = epochs * math.ceil(len(train) / batch_size)
    energy.to(device)
    decay = 1e4 / len(samples) if weight_decay is None else weight_decay
    optimizer = torch.optim.AdamW(_groups(energy, decay), lr=learning_rate, fused=True)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, _warmup_then_cosine(steps))

    best = copy.deepcopy(energy.state_dict())
    train_history, held_history = [_evaluate(energy, train)], [_evaluate(energy, held_out)]
    best_epoch, lowest, diverged = 0, held_history[0] if n_held_out else math.inf, False
    for epoch in (bar := tqdm(range(1, epochs + 1), disable=not progress, desc="fit", unit="epoch")):
        total = 0.0
        for batch in torch.split(train[torch.randperm(len(train), generator=random)], batch_size):
            optimizer.zero_grad()
            loss = pseudolikelihood(energy, batch)
            total += float(loss.detach()) * len(batch)
            if not math.isfinite(total):
                break
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
        held = _evaluate(energy, held_out) if math.isfinite(total) else math.nan
        train_history.append(total / len(train))
        held_history.append(held)
        score = held if n_held_out else total / len(train)
        if not math.isfinite(score):
            diverged = True
            break
        if score < lowest or not n_held_out:
            best, best_epoch, lowest = copy.deepcopy(energy.state_dict()), epoch, score
        bar.set_postfix_str(f"held-out {held:.4f}, best {lowest:.4f} at {best_epoch}")
    bar.close()
    diverged = diverged or train_history[-1] > max(train_history[0], energy.n_spins * math.log(2))
    energy.load_state_dict(best)
    energy.to("cpu")
    if diverged:
        warnings.warn(
            f"training diverged: from an objective of {train_history[0]:.4g} to {train_history[-1]:.4g} nats in epoch "
            f"{len(train_history) - 1}; the parameters of epoch {best_epoch} are kept. Lower learning_rate (it is "
            f"{learning_rate:g}).",
            RuntimeWarning,
            stacklevel=2,
        )
    return Fit(energy, np.array(train_history), np.array(held_history), best_epoch, diverged)


def _split(
    samples: Tensor, validation: float | ArrayLike, n_spins: int, random: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Held-out and training samples."""
    if not isinstance(validation, (int, float, np.number)):
        held_out = as_spins(validation, n_spins, "validation")
        if held_out.dim() != 2 or len(held_out) == 0:
            raise ValueError(
                f"validation: got shape {tuple(held_out.shape)}, expected (n_samples, {n_spins}) or a share."
            )
        return held_out.detach().to("cpu", torch.int8), samples
    if not 0 <= validation < 1:
        raise ValueError(f"validation: got {validation!r}, expected a share in [0, 1), such as 0.1, or samples.")
    order = torch.randperm(len(samples), generator=random)
    n_held_out = round(float(validation) * len(samples))
    return samples[order[:n_held_out]], samples[order[n_held_out:]]


def _check_arguments(weight_decay: float | None, epochs: int, batch_size: int, learning_rate: float) -> None:
    if weight_decay is not None and (not math.isfinite(weight_decay) or weight_decay < 0):
        raise ValueError(f"weight_decay: got {weight_decay!r}, expected a finite number >= 0, or None.")
    check_positive(epochs, "epochs", whole=True)
    check_positive(batch_size, "batch_size", whole=True)
    check_positive(learning_rate, "learning_rate")


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


def _warmup_then_cosine(steps: int) -> Callable[[int], float]:
    def factor(step: int) -> float:
        return min(1.0, (step + 1) / _WARMUP_STEPS) * 0.5 * (1 + math.cos(math.pi * step / steps))

    return factor


@torch.no_grad()
def _evaluate(energy: Energy, samples: Tensor) -> float:
    """Mean objective, in parts that keep memory bounded; NaN without samples."""
    if len(samples) == 0:
        return math.nan
    total = 0.0
    for part in torch.split(samples, 10_000):
        total += float(pseudolikelihood(energy, part)) * len(part)
    return total / len(samples)
