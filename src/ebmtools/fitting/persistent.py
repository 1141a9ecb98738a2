r"""The pairwise model of largest likelihood where states cannot be listed: its moments come from persistent chains.

The gradient of the log likelihood is the data's moments minus the model's. The step is the natural one, as if spins
fluctuated independently of each other's triples: with the connected correlations C of the data, the covariance of the
centred pairs d_i d_j and d_k d_l is C_ik C_jl + C_il C_jk, so that a gradient G of the couplings becomes C^-1 G C^-1,
and one of the fields, of centred spins, C^-1 g. It costs O(N^3) at any N. Steps along the plain gradient swing instead.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from ebmtools.checks import Floats, Spins
from ebmtools.energies.base import Energy
from ebmtools.energies.pairwise import Pairwise
from ebmtools.energies.polynomial import Polynomial
from ebmtools.fitting.likelihood import INFINITE, Likelihood, moments_of
from ebmtools.fitting.linear import Parameters
from ebmtools.sampling.chains import sample
from ebmtools.sampling.partition import log_partition
from ebmtools.sampling.walkers import GIBBS, SideBySide, terms_of
from ebmtools.warnings import ConvergenceWarning, MixingWarning, warn

_CHAINS, _SWEEPS = 4096, 10
_RATE, _CALM = 0.15, 100
"""The step is _RATE / (1 + t / _CALM) of the natural one, so that the noise of the chains averages out."""
_LARGEST = 0.5
_FIRST_ROUND, _ROUNDS = 100, 7
_OF_CHANCE = 0.1
"""A fit ends when the log likelihood left to gain is this fraction of what chance in the data moves it by."""
_RIDGE = 1e-3


class _Natural:
    """The moments of a data set, and the natural step for a difference of moments."""

    def __init__(self, samples: Tensor, weights: Tensor, fields: bool, l2: float) -> None:
        self.fields, self.l2 = fields, l2
        self.means, self.moments = moments_of(samples, weights)
        self.centre = self.means if fields else np.zeros_like(self.means)
        connected = self.moments - np.outer(self.centre, self.centre)
        self.inverse = np.linalg.inv(connected + _RIDGE * np.diag(np.diag(connected)))

    def objective(self, at: Parameters, log_z: float) -> float:
        """Negative log likelihood with the penalty."""
        pairs = float((at.couplings * self.moments).sum()) / 2
        return log_z - float(at.fields @ self.means) - pairs + self.l2 * float((at.couplings**2).sum()) / 2

    def gradient(self, at: Parameters, means: Floats, moments: Floats) -> Parameters:
        """Of the objective, where the model's moments are known; entry (i, j) is that of the pair."""
        couplings = moments - self.moments + 2 * self.l2 * at.couplings
        np.fill_diagonal(couplings, 0.0)
        return Parameters(couplings, (means - self.means) * self.fields, np.zeros(0))

    def step(self, gradient: Parameters) -> Parameters:
        """The natural step against a gradient, without its sign."""
        couplings, fields, _ = gradient
        centred = couplings - np.outer(self.centre, fields) - np.outer(fields, self.centre)
        np.fill_diagonal(centred, 0.0)
        couplings = self.inverse @ centred @ self.inverse
        couplings = (couplings + couplings.T) / 2  # or rounding would build up
        np.fill_diagonal(couplings, 0.0)
        local = self.inverse @ fields - couplings @ self.centre if self.fields else fields
        return Parameters(couplings, local, np.zeros(0))


def fit_by_chains(
    samples: Tensor, weights: Tensor, start: Parameters, *, fields: bool = True, l2: float = 0.0, seed: int = 0
) -> Likelihood:
    """Minimise the negative log likelihood + l2 sum_{i<j} J_ij^2 with the model's moments from persistent chains.

    4,096 chains start at samples and make 10 sweeps a step; each round of steps, twice as long as the one before, is
    averaged over its second half. The fit ends when the average gradient leaves less to gain than a tenth of what
    chance in the data makes, p / 2M nats for p parameters.
    """
    natural = _Natural(samples, weights, fields, l2)
    n = samples.shape[1]
    rng = np.random.default_rng(seed)
    chosen = rng.choice(len(samples), _CHAINS, p=weights.numpy())
    blocks = _blocks(samples.numpy()[chosen], start, rng)
    effective = 1 / float(weights.square().sum())
    chance = (n * (n - 1) / 2 + n * fields) / (2 * effective)
    at, gap, step = start, math.inf, 0  # the gap is unknown until a round is over
    for round_ in range(_ROUNDS):
        length = _FIRST_ROUND * 2**round_
        points, slopes = [], []
        for k in range(length):
            slope = natural.gradient(at, *_moments(blocks, at))
            move, rate = natural.step(slope), _RATE / (1 + step / _CALM)
            at = Parameters(*(a - np.clip(rate * m, -_LARGEST, _LARGEST) for a, m in zip(at, move, strict=True)))
            step += 1
            if not max(np.abs(at.couplings).max(), np.abs(at.fields).max()) < INFINITE:
                break
            if 2 * k >= length:
                points.append(at)
                slopes.append(slope)
        if len(points) < length // 2:  # it grew without bound
            at = Parameters(*(np.clip(np.nan_to_num(array), -INFINITE, INFINITE) for array in at))
            break
        at, slope = _mean(points), _mean(slopes)
        move = natural.step(slope)
        gap = 0.5 * float(slope.fields @ move.fields + (slope.couplings * move.couplings).sum() / 2)
        if gap < _OF_CHANCE * chance:
            break
    converged = gap < 3 * _OF_CHANCE * chance
    if not converged:
        warn(
            f"the fit stopped before its optimum: about {gap:.1e} nats per sample above it after {step} steps, where "
            f"chance makes {chance:.1e}. Add l2 > 0, or see whether the chains mix.",
            ConvergenceWarning,
        )
    energy = Pairwise(at.couplings, at.fields)
    rhat = meeting(energy, samples.numpy()[chosen[:512]], seed)
    if not rhat < 1.1:
        warn(
            f"chains of the fitted model that start at random and at the samples have not met (R-hat {rhat:.2f}): it "
            "has more than one valley, and its moments depend on where chains start. Draw by parallel_tempering.",
            MixingWarning,
        )
    value = natural.objective(at, log_partition(energy, seed=seed).value)
    return Likelihood(at, value, gap, converged, rhat)


def _blocks(states: Spins, start: Parameters, rng: np.random.Generator) -> list[SideBySide]:
    """Chains at these states, in blocks of the kernel's lanes."""
    terms, blocks = terms_of(Polynomial(start.fields, start.couplings, {})), []
    for part in np.split(states, range(128, len(states), 128)):
        block = SideBySide(terms, len(part), GIBBS, rng)
        block.place(part)
        blocks.append(block)
    return blocks


def _moments(blocks: list[SideBySide], at: Parameters) -> tuple[Floats, Floats]:
    """Walk all chains under these parameters, and return their means and second moments."""
    terms = terms_of(Polynomial(at.fields, at.couplings, {}))
    for block in blocks:
        block.terms = terms
        block.sweep(_SWEEPS, np.ones(block.n_chains))
    s = torch.from_numpy(np.concatenate([block.spins() for block in blocks])).float()
    return s.mean(0).double().numpy(), (s.T @ s / len(s)).double().numpy()


def _mean(points: list[Parameters]) -> Parameters:
    return Parameters(*(np.mean(arrays, axis=0) for arrays in zip(*points, strict=True)))


def meeting(energy: Energy, states: Spins, seed: int) -> float:
    """R-hat of energy and magnetisation, the larger, over as many chains from random states as from the given ones."""
    random = np.random.default_rng([seed, 2]).choice(np.array([-1, 1], np.int8), states.shape)
    draws = sample(energy, 20 * 2 * len(states), initial=np.concatenate([random, states]), thin=20, seed=seed)
    return max(draws.rhat, draws.rhat_of(draws.chains.mean(axis=2)))
