"""The pairwise model of largest likelihood: what its two fits share, and when its optimum lies at infinity."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from torch import Tensor

from ebmtools.checks import Floats
from ebmtools.fitting.linear import Parameters
from ebmtools.warnings import InfiniteOptimumWarning, warn

INFINITE = 30.0
"""Size of a parameter from which it is taken to grow without bound."""


class Likelihood(NamedTuple):
    """A fit of largest likelihood."""

    at: Parameters
    value: float
    """Negative log likelihood with the penalty, nats per sample."""
    gap: float
    """Estimated distance from its minimum, nats per sample."""
    converged: bool
    rhat: float
    """R-hat of energy and magnetisation, the larger, over chains from random states and from data; 1 where exact."""


def moments_of(samples: Tensor, weights: Tensor) -> tuple[Floats, Floats]:
    """Return means (N,) and second moments (N, N) of weighted samples."""
    s = samples.double()
    return (weights @ s).numpy(), ((s * weights[:, None]).T @ s).numpy()


def warn_if_infinite(samples: Tensor, weights: Tensor, at: Parameters) -> bool:
    """Return, and warn, whether the likelihood has its optimum at infinity: two spins never show one of the four pairs
    of signs, or a parameter grew without bound.
    """
    means, moments = moments_of(samples, weights)
    cause = ""
    for first, one in ((1, "up"), (-1, "down")):
        for second, other in ((1, "up"), (-1, "down")):
            chance = 1 + first * means[:, None] + second * means + first * second * moments
            np.fill_diagonal(chance, 1.0)
            if chance.min() < 1e-9:
                i, j = np.unravel_index(chance.argmin(), chance.shape)
                cause = f"spin {i} is never {one} where spin {j} is {other}"
    if not cause and np.abs(np.concatenate([at.couplings.ravel(), at.fields])).max() >= INFINITE:
        cause = "a parameter grew without bound"
    if cause:
        warn(
            f"the optimum of the likelihood lies at infinity: in these samples {cause}. The values of some parameters "
            "are arbitrary large numbers. Add l2 > 0.",
            InfiniteOptimumWarning,
        )
    return bool(cause)
