r"""Training any energy by its likelihood, with the model's averages from Markov chains.

The gradient of the negative log likelihood is < dE > over the data minus < dE > over the model. Persistent chains
(Younes 1989; Tieleman 2008) go on from step to step while the model changes little; contrastive divergence (Hinton
2002) starts them at the data each time, and stops after a few sweeps: cheaper, and biased. From one step to the next
log Z changes by log < exp(E_old - E_new) > over the model, so the likelihood itself is known all along: from as many
chains of their own, because those of the gradient are just the states that the step has made worse. Its start and its
check at the end need log Z by annealing, which costs more than many steps; so it is followed only where held-out
samples need it.
"""

from __future__ import annotations

import copy
import math

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from ebmtools.checks import Spins
from ebmtools.energies.base import Energy
from ebmtools.fitting.adam import Fit, Steps, evaluate, groups
from ebmtools.fitting.persistent import meeting
from ebmtools.sampling.block import quickest
from ebmtools.sampling.partition import log_partition
from ebmtools.warnings import MixingWarning, PartitionWarning, warn

N_CHAINS = 1024
_ANNEALED = 256
"""Chains that estimate log Z at the start and at the end."""
_LARGEST = 1e30
_MET = 1.1
_DRIFT = 0.05
"""Nats by which log Z, followed from step to step, may differ from its estimate at the end."""


@torch.enable_grad()  # whatever the caller has set
def train(
    energy: Energy,
    samples: Tensor,
    held_out: Tensor,
    how: Steps,
    sweeps: int,
    persistent: bool,
    random: torch.Generator,
) -> tuple[Fit, dict[str, Tensor], float]:
    """Train the energy in place on samples (M, N), as `adam.train` does; same results."""
    batch_size = min(how.batch_size, len(samples))
    steps = how.epochs * math.ceil(len(samples) / batch_size)
    optimizer = torch.optim.AdamW(groups(energy, how.weight_decay), lr=how.learning_rate)
    seeds = torch.randint(2**31, (steps + 3,), generator=random).tolist()
    score = _Score(energy, seeds[-1]) if persistent and len(held_out) else None
    states = samples[torch.randint(len(samples), (2 * N_CHAINS,), generator=random)].numpy()
    start, spread = _judged(energy, samples, score)
    train_history, held_history = [start], [_judged(energy, held_out, score)[0]]
    best, best_epoch, lowest = copy.deepcopy(energy.state_dict()), 0, held_history[0] if len(held_out) else math.inf
    step = 0
    for epoch in (bar := tqdm(range(1, how.epochs + 1), disable=not how.progress, desc="fit", unit="epoch")):
        order = torch.randperm(len(samples), generator=random)
        for batch in torch.split(samples.index_select(0, order), batch_size):
            for group in optimizer.param_groups:
                group["lr"] = how.rate(step, steps)
            states = advance(energy, states if persistent else batch.numpy(), sweeps, seeds[step])
            optimizer.zero_grad()
            model = torch.from_numpy(states[:N_CHAINS])
            before = score.energies(energy, states[N_CHAINS:]) if score else torch.zeros(0)
            value = energy.forward(batch).mean() - energy.forward(model).mean()
            value.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            step += 1
            sound = math.isfinite(value.item()) and _sound(energy)
            if not sound:
                break
            if score:
                score.follow(before, score.energies(energy, states[N_CHAINS:]))
        train_history.append(_judged(energy, samples, score)[0] if sound else math.nan)
        held_history.append(_judged(energy, held_out, score)[0] if sound else math.nan)
        judged = held_history[-1] if len(held_out) else train_history[-1]
        if not (sound and math.isfinite(judged)):
            break
        if judged < lowest or not len(held_out) or not persistent:
            best, best_epoch, lowest = copy.deepcopy(energy.state_dict()), epoch, judged
        bar.set_postfix_str(f"held-out {held_history[-1]:.4f}, best {lowest:.4f} at {best_epoch}")
    bar.close()
    end = train_history[-1]
    rhat = math.nan
    if persistent and math.isfinite(end):
        rhat = _met(energy, samples, seeds[-2])
        if score:
            score.check(energy, seeds[-1])
    bound = start + spread
    if (
        persistent and not score
    ):  # what is recorded is not what is minimised, and may rise, though not beyond fair coins
        bound = max(bound, energy.n_spins * math.log(2))
    diverged = not end <= bound
    history = np.array(train_history), np.array(held_history)
    return Fit(energy, *history, best_epoch, diverged, how.weight_decay, rhat), best, end


def _sound(energy: Energy) -> bool:
    """Whether chains can still be run: no parameter is infinite, NaN, or beyond the kernels' single precision."""
    return all(bool((parameter.abs() < _LARGEST).all()) for parameter in energy.parameters())


def advance(energy: Energy, states: Spins, sweeps: int, seed: int) -> Spins:
    """Return where Gibbs chains of the energy are, some sweeps after these states, (C, N) int8."""
    blocks = quickest(energy, len(states), seed)
    first, moved = 0, []
    for block in blocks:
        block.place(states[first : first + block.n_chains])
        block.sweep(sweeps, np.ones(block.n_chains))
        moved.append(block.spins())
        first += block.n_chains
    return np.concatenate(moved)


class _Score:
    """log Z of an energy in training, followed from step to step."""

    def __init__(self, energy: Energy, seed: int) -> None:
        self.log_z = log_partition(energy, n_chains=_ANNEALED, seed=seed).value

    def follow(self, before: Tensor, after: Tensor) -> None:
        """Take a step that changed the energies of states of the model, (C,)."""
        self.log_z += float(torch.logsumexp(before - after, 0)) - math.log(len(before))

    def check(self, energy: Energy, seed: int) -> None:
        """Warn where it was lost on the way."""
        again = log_partition(energy, n_chains=_ANNEALED, seed=seed)
        drift = self.log_z - again.value
        if abs(drift) > _DRIFT + 4 * again.error:
            warn(
                f"the likelihood was followed from step to step, and is off by {drift:+.2f} nats at the end, so "
                "`train` and `held_out` are not to be trusted. Take more sweeps, or a smaller learning_rate.",
                PartitionWarning,
            )

    @staticmethod
    @torch.no_grad()
    def energies(energy: Energy, states: Spins) -> Tensor:
        return energy.forward(torch.from_numpy(states)).double()


@torch.no_grad()
def _judged(energy: Energy, samples: Tensor, score: _Score | None) -> tuple[float, float]:
    """Mean negative log likelihood, or without a score pseudolikelihood, and its error; NaN without samples."""
    if score is None or not len(samples):
        return evaluate(energy, samples)
    values = torch.cat([energy.forward(part).double() for part in torch.split(samples, 10_000)])
    return values.mean().item() + score.log_z, values.std(correction=0).item() / math.sqrt(len(values))


def _met(energy: Energy, samples: Tensor, seed: int) -> float:
    """R-hat of the trained model's chains; warn where they have not met."""
    rhat = meeting(energy, samples[:: max(1, len(samples) // 512)][:512].numpy(), seed)
    if not rhat < _MET:
        warn(
            f"chains of the trained model that start at random and at the samples have not met (R-hat {rhat:.2f}): it "
            "has more than one valley, and its averages depend on where chains start. Take more sweeps, or start from "
            "a smoother model.",
            MixingWarning,
        )
    return rhat
