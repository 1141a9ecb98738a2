"""Training restricted Boltzmann machines by contrastive divergence, from the data or from persistent chains."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from ebmtools import kernels
from ebmtools.checks import (
    ArrayLike,
    Floats,
    as_samples,
    check_flag,
    check_nonnegative,
    check_positive,
    check_seed,
    check_whole,
)
from ebmtools.energies.rbm import RBM
from ebmtools.fitting import loss
from ebmtools.kernels.matmul import inner
from ebmtools.warnings import DivergenceWarning, warn

_JUDGED = 200
"""Samples on which the pseudolikelihood is followed."""
_MEMORY = 0.99
"""Of the running mean of the hidden spins over the data."""
_WORSE = 0.1
"""Nats a spin by which the pseudolikelihood may rise: that of a machine that has not begun to learn jitters."""
_FALL = 0.1
"""The last step relative to the first."""


@dataclass(frozen=True)
class RBMFit:
    """A trained machine, and how the training went."""

    energy: RBM
    """The machine."""
    pseudolikelihood: Floats
    """(epochs + 1,): the objective on up to 200 samples, nats a sample, before training and after each epoch."""
    chains: Floats
    """(n_chains, N): where the chains of the model are at the end."""

    def __repr__(self) -> str:
        return (
            f"RBMFit: {self.energy!r}, pseudolikelihood {self.pseudolikelihood[0]:.4f} -> "
            f"{self.pseudolikelihood[-1]:.4f} nats a sample"
        )


def fit_rbm(
    spins: ArrayLike,
    n_hidden: int,
    *,
    epochs: int = 100,
    batch_size: int = 50,
    learning_rate: float = 0.01,
    sweeps: int = 1,
    persistent: bool = True,
    l2: float = 0.001,
    initial: RBM | None = None,
    seed: int = 0,
    progress: bool = True,
) -> RBMFit:
    r"""Train a restricted Boltzmann machine by contrastive divergence.

    The gradient of the log likelihood is < s_i t_j > over the data minus the same over the model, and likewise for the
    fields. The data's part is exact; the model's comes from as many chains as a batch has samples, after `sweeps`
    sweeps of both layers. Spins are centred by their means over the data (Montavon & Mueller 2012), so that learning
    does not depend on which of the two states is common; the step falls in a straight line to a tenth.

    Parameters
    ----------
    spins : array-like, shape (M, N)
        Data, drawn at beta = 1.
    n_hidden : int
        Hidden spins H.
    epochs, batch_size : int
        Passes over the data, and samples a step.
    learning_rate : float
        The first step along the gradient, > 0.
    sweeps : int
        k of CD-k: sweeps of the chains a step.
    persistent : bool
        True: the chains go on from step to step, and are the model's if it changes slowly. False: they start at the
        batch each time, which is the textbook's contrastive divergence: the sooner they stop the larger its bias.
    l2 : float
        Penalty l2 sum_ij W_ij^2, >= 0.
    initial : RBM, optional
        Where the training starts; it is not changed. Default: independent spins with the means of the data, and small
        random weights.
    seed : int
        Same seed, same result.
    progress : bool
        Show the epochs.

    Returns
    -------
    RBMFit

    Raises
    ------
    ValueError
        For bad spins or numbers out of range, or a start of another size.

    Warns
    -----
    DivergenceWarning
        If parameters are not finite at the end, or the pseudolikelihood is much worse than at the start.

    Notes
    -----
    Cost: 1 + 2 `sweeps` matrix products of batch x N x H for the chains and 2 for the data a step, without autograd;
    about a third of scikit-learn's time at 64 x 128, batch 100.
    No likelihood is followed: `log_partition` has it at the end.

    References
    ----------
    Hinton 2002; Tieleman 2008; Montavon & Mueller 2012.

    Examples
    --------
    >>> from ebmtools import Pairwise, exact
    >>> data = exact.sample(Pairwise([[0, 1], [1, 0]]), 2000, seed=1)
    >>> fit = fit_rbm(data, 4, epochs=60, l2=0.0, progress=False)
    >>> bool(abs(exact.moments(fit.energy).correlations[0, 1] - np.tanh(1)) < 0.05)
    True
    """
    samples, _ = as_samples(spins)
    for value, name in ((n_hidden, "n_hidden"), (epochs, "epochs"), (batch_size, "batch_size"), (sweeps, "sweeps")):
        check_whole(value, name)
    check_positive(learning_rate, "learning_rate")
    check_flag(persistent, "persistent")
    check_flag(progress, "progress")
    check_nonnegative(l2, "l2")
    check_seed(seed)
    energy = _start(samples, n_hidden, initial, seed)
    random = torch.Generator().manual_seed(int(seed))
    state = _State(energy, samples, min(batch_size, len(samples)), seed)
    judged = samples[torch.randperm(len(samples), generator=random)[:_JUDGED]]
    history = [_objective(energy, judged)]
    steps, step = epochs * math.ceil(len(samples) / batch_size), 0
    for _ in (bar := tqdm(range(epochs), disable=not progress, desc="fit_rbm", unit="epoch")):
        order = torch.randperm(len(samples), generator=random)
        for batch in torch.split(state.data.index_select(0, order), batch_size):
            rate = learning_rate * (1 - (1 - _FALL) * step / steps)
            state.step(batch, rate, sweeps, persistent, l2)
            step += 1
        history.append(_objective(energy, judged))
        if not math.isfinite(history[-1]):
            break
        bar.set_postfix_str(f"pseudolikelihood {history[-1]:.4f}")
    if not history[-1] <= history[0] + _WORSE * samples.shape[1]:
        warn(
            f"the training diverged: the pseudolikelihood went from {history[0]:.4g} to {history[-1]:.4g} nats a "
            "sample. Take a smaller learning_rate, or more sweeps.",
            DivergenceWarning,
        )
    return RBMFit(energy, np.array(history), state.chains.double().numpy())


def _start(samples: Tensor, n_hidden: int, initial: RBM | None, seed: int) -> RBM:
    """A machine in single precision, to be trained in place."""
    n = samples.shape[1]
    made = RBM(n, n_hidden, seed=seed)
    if initial is not None and (not isinstance(initial, RBM) or (initial.n_spins, initial.n_hidden) != (n, n_hidden)):
        raise ValueError(f"initial: got {initial!r}, expected an RBM({n}, {n_hidden}).")
    with torch.no_grad():
        if initial is None:
            bound = 1 - 1 / len(samples)
            made.arrays()[1].copy_(torch.atanh(samples.double().mean(0).clamp(-bound, bound)))
        else:
            for array, given in zip(made.arrays(), initial.arrays(), strict=True):
                array.copy_(given)
    return made


def _objective(energy: RBM, samples: Tensor) -> float:
    with torch.no_grad():
        weights = torch.full((len(samples),), 1 / len(samples), dtype=torch.float64)
        return float(loss.pseudolikelihood(energy, samples, weights))


class _State:
    """The parameters in training, as plain tensors, with the chains of the model."""

    def __init__(self, energy: RBM, samples: Tensor, n_chains: int, seed: int) -> None:
        self.weight, self.fields, self.hidden_fields = (array.detach() for array in energy.arrays())
        self.data = samples.float()
        self.centre = self.data.mean(0)
        self.hidden_centre = torch.tanh(self.data[:_JUDGED] @ self.weight.T + self.hidden_fields).mean(0)
        rng = np.random.default_rng(seed)
        self.chains = self.data[torch.from_numpy(rng.choice(len(samples), n_chains))].clone()
        self.words = rng.integers(1, 2**32, (4, max(self.weight.shape)), dtype=np.uint32)
        self.ones, self.flips = np.ones(n_chains, np.float32), np.zeros(n_chains, np.int64)
        self.hidden = self.above(self.chains)

    def above(self, spins: Tensor, fields: Tensor | None = None) -> Tensor:
        """Draw the hidden spins over these, (C, H); `fields` are theirs, where they are known."""
        hidden = torch.ones(len(spins), len(self.weight))
        self.draw(inner(spins, self.weight) if fields is None else fields, self.hidden_fields, hidden)
        return hidden

    def draw(self, fields: Tensor, bias: Tensor, spins: Tensor) -> None:
        """Draw a layer in place."""
        if len(spins) != len(self.ones):
            self.ones, self.flips = np.ones(len(spins), np.float32), np.zeros(len(spins), np.int64)
        given = (fields.numpy(), bias.numpy(), self.ones, self.words, spins.numpy(), self.flips)
        kernels.block_gibbs.draw(*given)

    def step(self, batch: Tensor, rate: float, sweeps: int, persistent: bool, l2: float) -> None:
        """Move the parameters along the centred gradient of a batch.

        The hidden spins of a chain are drawn at the end of a step, where their fields are known, for the next one.
        """
        count = len(self.chains) if persistent else len(batch)
        both = torch.cat([self.chains if persistent else batch, batch])
        chains, hidden = both[:count], self.hidden if persistent else self.above(batch)
        for sweep in range(sweeps):
            hidden = self.above(chains) if sweep else hidden
            self.draw(inner(hidden, self.weight.T), self.fields, chains)
        fields = inner(both, self.weight)
        if persistent:
            self.chains, self.hidden = chains, self.above(chains, fields[:count])
        centre, hidden_centre = self.centre.numpy(), self.hidden_centre.numpy()
        machine = tuple(x.numpy() for x in (self.weight, self.fields, self.hidden_fields))
        field, hidden_field = (np.empty_like(x) for x in machine[1:])
        kernels.contrastive.sign(count, machine[2], _MEMORY, hidden_centre, fields.numpy(), hidden_field)
        kernels.contrastive.difference(count, both.numpy(), field)
        slope = inner(fields.T, both.T).numpy()
        kernels.contrastive.move(slope, field, hidden_field, centre, hidden_centre, rate, 2 * l2, *machine)
