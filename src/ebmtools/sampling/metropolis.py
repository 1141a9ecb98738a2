"""Metropolis-Hastings for any state and any proposal: the algorithm as it stands in the textbooks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ebmtools.checks import Floats, check_seed, check_whole

State = npt.NDArray[Any]
Propose = Callable[[State, np.random.Generator], tuple[State, float]]
"""propose(x, rng) -> (y, log q(x|y) - log q(y|x)); the second number is zero for a symmetric proposal."""


@dataclass(frozen=True)
class Chain:
    """The states a chain visited."""

    states: State
    """(n_steps + 1, ...): the initial state, then the state after each step."""
    log_density: Floats
    """(n_steps + 1,): the log density of each state."""
    accepted: npt.NDArray[np.bool_]
    """(n_steps,): whether the candidate of each step was taken."""

    @property
    def acceptance(self) -> float:
        """Share of the candidates that were taken."""
        return float(self.accepted.mean())


def metropolis_hastings(
    log_density: Callable[[State], float], initial: npt.ArrayLike, propose: Propose, n_steps: int, *, seed: int = 0
) -> Chain:
    r"""Run one Metropolis-Hastings chain whose stationary density is proportional to exp(log_density).

    From x a candidate y ~ q(y|x) is drawn and taken with probability min(1, f(y) q(x|y) / (f(x) q(y|x))),
    f = exp(log_density); else the chain stays at x, and x counts once more.

    Parameters
    ----------
    log_density : callable, state -> float
        log f, up to a constant; -inf where f is zero. For an energy: -beta E.
    initial : array-like
        The first state, of any shape and type; its density must not be zero.
    propose : callable, (state, generator) -> (candidate, log q(x|y) - log q(y|x))
        It must return a new array and leave its argument alone.
    n_steps : int
        Number of steps.
    seed : int
        Same seed, same chain.

    Returns
    -------
    Chain

    Raises
    ------
    ValueError
        If the initial state has density zero or NaN, a later log density or ratio is NaN or infinite, or `propose`
        changes its argument.

    References
    ----------
    Metropolis et al. 1953; Hastings 1970. Cost: one log density a step, plus the proposal.

    Examples
    --------
    >>> def step(x, rng):
    ...     return x + rng.normal(), 0.0
    >>> chain = metropolis_hastings(lambda x: -0.5 * float(x) ** 2, 0.0, step, n_steps=20_000, seed=1)
    >>> bool(abs(chain.states.var() - 1) < 0.1)
    True
    """
    check_whole(n_steps, "n_steps")
    check_seed(seed)
    for name, function in (("log_density", log_density), ("propose", propose)):
        if not callable(function):
            raise TypeError(f"{name}: got {function!r}, expected a function.")
    rng = np.random.default_rng(seed)
    state = np.array(initial)
    current = float(log_density(state))
    if not np.isfinite(current):
        raise ValueError(f"initial: its log density is {current}, expected a finite number. Start inside the support.")
    states, densities, accepted = [state], [current], np.zeros(n_steps, np.bool_)
    for k in range(n_steps):
        before = state.tobytes()
        candidate, log_ratio = propose(state, rng)
        if state.tobytes() != before:
            raise ValueError(f"step {k}: propose changed its argument in place. It must return a new array.")
        proposed = float(log_density(candidate))
        if np.isnan(proposed) or np.isnan(log_ratio) or proposed == np.inf:
            raise ValueError(
                f"step {k}: the log density of the candidate is {proposed} and the log proposal ratio is {log_ratio}; "
                "expected numbers, or -inf where the density is zero. Check log_density and propose."
            )
        if np.log(rng.random()) < proposed - current + log_ratio:
            state, current, accepted[k] = np.asarray(candidate), proposed, True
        states.append(state)
        densities.append(current)
    return Chain(np.array(states), np.array(densities), accepted)
