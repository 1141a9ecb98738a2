"""Training any energy by pseudolikelihood: Adam on mini-batches, the best epoch chosen on held-out samples."""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence

import torch
from torch import Tensor

from ebmtools.checks import (
    ArrayLike,
    as_samples,
    check_choice,
    check_flag,
    check_positive,
    check_seed,
    check_whole,
    is_real,
)
from ebmtools.energies.base import Energy, as_energy
from ebmtools.fitting import by_chains
from ebmtools.fitting.adam import Fit, Steps, train
from ebmtools.warnings import DivergenceWarning, StartKeptWarning, warn

OBJECTIVES = ("pseudolikelihood", "likelihood", "contrastive-divergence")


def fit(
    energy: Energy,
    spins: ArrayLike,
    *,
    objective: str = "pseudolikelihood",
    validation: float | ArrayLike = 0.1,
    weight_decay: float | Sequence[float] | None = None,
    epochs: int = 100,
    batch_size: int = 500,
    learning_rate: float = 0.01,
    sites: int | None = None,
    sweeps: int = 10,
    seed: int = 0,
    progress: bool = True,
    device: str | torch.device = "cpu",
) -> Fit:
    r"""Train any energy, in place, by stochastic gradients, and keep the epoch that is best on held-out samples.

    Adam with 20 warm-up steps and cosine decay. Only parameters that require a gradient are trained.

    Parameters
    ----------
    energy : Energy
        Trained in place, starting from its present parameters; Network, hybrid, or an energy of your own.
    spins : array-like, shape (M, N)
        Data, drawn at beta = 1.
    objective : str
        "pseudolikelihood": the usual choice, and the right one for reading couplings.
        "likelihood": for a model whose samples are to look like the data, as of sparse recordings. The model's averages
        come from 1,024 persistent chains, and `rhat` tells whether they have met. `train` and `held_out` are then
        negative log likelihoods, for which log Z is annealed at the start and at the end; with validation=0 nothing
        needs them, and pseudolikelihoods stand there. Start from an energy trained by pseudolikelihood, which takes
        fewer epochs, or, for sparse data, from independent spins.
        "contrastive-divergence": chains start at each batch and make `sweeps` sweeps, CD-k. It follows no objective, so
        the last epoch is kept, and `train` and `held_out` are pseudolikelihoods.
    validation : float or array-like, shape (M', N)
        The held-out samples, which choose the epoch: a share of `spins` in [0, 1), drawn at random, or samples of their
        own. Give your own where the start was fitted to data: it must not have seen them. 0 keeps the last epoch.
    weight_decay : float or sequence of float, optional
        Decoupled weight decay (Loshchilov & Hutter 2019) of the networks' parameters; couplings, fields and
        interactions never decay. Of several values, each trained from the same start with the same batches, the one
        with the lowest held-out objective is kept. Default: 10^4 / M for M training samples, at most 3, which was the
        best or near it for hybrids of 64 spins with 10^3 to 10^5 samples (128 units, the other arguments at their
        defaults). Where it matters, try several around it.
    epochs, batch_size : int
        Passes over the training samples, and samples a step.
    learning_rate : float
        Largest step of Adam.
    sites : int, optional
        Train on the terms of that many random sites of each sample, drawn anew at every step: an unbiased estimate of
        the same gradient from `sites` + 1 calls of `forward` (see `objectives.pseudolikelihood_at`). Default: all N.
    sweeps : int
        Gibbs sweeps of the chains at each step; for the pseudolikelihood, which needs no chains, without a meaning.
    seed : int
        Fixes the held-out split, the order of the batches, and the chains.
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
        For bad spins, a constant spin, fewer than two samples to train on, an argument out of range, or several values
        of `weight_decay` without held-out samples.

    Warns
    -----
    DivergenceWarning
        If training diverged, as `Fit.diverged` defines it. The best parameters so far are kept.
    StartKeptWarning
        If no epoch was better than the start on held-out samples drawn from `spins`, which it may have been fitted to.
    MixingWarning, PartitionWarning
        If chains of a model trained by likelihood have not met, or its log Z was lost on the way.

    Notes
    -----
    Cost at N = 64, 128 hidden units, one core: about 3 microseconds a sample and epoch, by pseudolikelihood. By
    likelihood a step costs `sweeps` sweeps of 1,024 chains more; see `sample`.

    References
    ----------
    Feinauer & Lucibello 2022; Kingma & Ba 2015 (Adam); Younes 1989, Tieleman 2008 (persistent chains); Hinton 2002
    (contrastive divergence).

    Examples
    --------
    >>> from ebmtools import Network, Pairwise, exact
    >>> truth = Pairwise([[0, 1.0, 0], [1.0, 0, 0], [0, 0, 0]])
    >>> spins = exact.sample(truth, 2000, seed=1)
    >>> result = fit(Network(3, hidden=(16,)), spins, epochs=20, progress=False)
    >>> bool(result.objective < result.held_out[0])
    True
    """
    as_energy(energy)
    check_whole(epochs, "epochs")
    check_seed(seed)
    check_whole(batch_size, "batch_size")
    check_positive(learning_rate, "learning_rate")
    check_choice(objective, "objective", OBJECTIVES)
    check_whole(sweeps, "sweeps")
    check_flag(progress, "progress")
    chains = objective != "pseudolikelihood"
    if chains and (sites is not None or torch.device(device).type != "cpu"):
        raise ValueError(
            f"objective: {objective!r} runs on the CPU and takes no `sites`. Leave both at their defaults."
        )
    if sites is not None:
        check_whole(sites, "sites")
    if torch.device(device).type == "cuda" and not torch.cuda.is_available():
        raise ValueError(f"device: got {str(device)!r}, but this PyTorch sees no CUDA device. Use device='cpu'.")
    samples = as_samples(spins, check=energy.check)[0]
    random = torch.Generator().manual_seed(int(seed))
    held_out, kept = (part.to(device) for part in _split(samples, validation, energy, random))
    if len(kept) < 2:
        raise ValueError(f"spins: {len(kept)} samples are left to train on, expected at least 2. Lower `validation`.")
    decays = _decays(weight_decay, validation, len(kept))
    energy.to(device)
    start, order = copy.deepcopy(energy.state_dict()), random.get_state()
    runs = []
    for decay in decays:
        energy.load_state_dict(start)
        steps = Steps(int(epochs), int(batch_size), float(learning_rate), float(decay), sites, progress)
        random.set_state(order)
        if objective == "pseudolikelihood":
            runs.append(train(energy, kept, held_out, steps, random))
        else:
            persistent = objective == "likelihood"
            runs.append(by_chains.train(energy, kept, held_out, steps, int(sweeps), persistent, random))
    best, state, end = min(runs, key=lambda run: run[0].objective)
    energy.load_state_dict(state)
    energy.to("cpu")
    if best.diverged:
        warn(
            f"training diverged: from an objective of {best.train[0]:.4g} to {end:.4g} nats in epoch "
            f"{len(best.train) - 1}; the parameters of epoch {best.best_epoch} are kept. Lower learning_rate (it is "
            f"{learning_rate:g}) or weight_decay (it is {best.weight_decay:g}).",
            DivergenceWarning,
        )
    elif best.best_epoch == 0 and is_real(validation):
        warn(
            f"no epoch beat the start, {best.held_out[0]:.4g} nats on {len(held_out)} held-out samples drawn from "
            "`spins`, so the start is kept as it was. If it was fitted to these samples, it has seen the held-out "
            "ones, and no training can win. Split the data first, fit the start to one part, and give the other as "
            "`validation`.",
            StartKeptWarning,
        )
    return best


def _split(
    samples: Tensor, validation: float | ArrayLike, energy: Energy, random: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Held-out and training samples."""
    if not is_real(validation):
        held_out = energy.check(validation, "validation")
        if held_out.dim() != 2 or len(held_out) == 0:
            raise ValueError(
                f"validation: got shape {tuple(held_out.shape)}, expected (n_samples, {energy.n_spins}) or a share."
            )
        return held_out.detach().to("cpu", torch.int8), samples
    if not 0 <= validation < 1:
        raise ValueError(f"validation: got {validation!r}, expected a share in [0, 1), such as 0.1, or samples.")
    order = torch.randperm(len(samples), generator=random)
    n_held_out = round(float(validation) * len(samples))
    return samples[order[:n_held_out]], samples[order[n_held_out:]]


def _decays(weight_decay: float | Sequence[float] | None, validation: float | ArrayLike, n_samples: int) -> list[float]:
    """The values to try."""
    if weight_decay is None:
        return [min(3.0, 1e4 / n_samples)]
    several = isinstance(weight_decay, Sequence) and not isinstance(weight_decay, (str, bytes))
    decays: list[float] = list(weight_decay) if several else [weight_decay]  # type: ignore[arg-type,list-item]
    if not decays or not all(is_real(x) and math.isfinite(x) and x >= 0 for x in decays):
        raise ValueError(f"weight_decay: got {weight_decay!r}, expected a finite number >= 0, or a sequence of them.")
    if len(decays) > 1 and is_real(validation) and validation == 0:
        raise ValueError("weight_decay: held-out samples choose among several values, but validation is 0. Give one.")
    return decays
