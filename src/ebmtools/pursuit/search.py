"""Interaction pursuit: which interactions of higher order the data call for, and the model with them."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import torch

from ebmtools.checks import ArrayLike, Floats, Tuples, as_samples, check_flag, check_whole, names_of
from ebmtools.fitting.linear import LinearPseudolikelihood, Parameters
from ebmtools.pursuit.result import ManyBodyFit
from ebmtools.pursuit.rounds import Pursuit
from ebmtools.pursuit.score_tests import screen


def fit_many_body(
    spins: ArrayLike,
    orders: Sequence[int] = (3, 4),
    *,
    false_discovery: float = 0.01,
    weights: ArrayLike | None = None,
    l2: float = 0.0,
    threads: int = 1,
    progress: bool = False,
) -> ManyBodyFit:
    r"""Fit a pairwise model with the interactions of higher order that the data call for: interaction pursuit.

    E(s) = -sum_i h_i s_i - sum_{i<j} J_ij s_i s_j - sum_I xi_I prod_{i in I} s_i, where neither the sets I nor their
    number are known. Starting from the pairwise model, each round

    1. tests all sets of the given orders by the score of the pseudolikelihood, < prod_{i in I} s_i sum_{i in I} t_i >
       with t_i = 2 p(-s_i | the others), over its standard error: z;
    2. takes the largest, removes its part from the others, and goes on while one passes (matching pursuit);
    3. if none passed, tests the 256 largest again, now with the part that the parameters in the model can make up for
       projected out;
    4. refits all parameters, a convex problem;
    5. drops what fails by its coefficient over its sandwich error.

    It ends when nothing enters or leaves. With C = sum_k C(N, k) sets in all, the K-th interaction must reach the |z|
    whose two-sided normal tail is false_discovery K / C, on entering and at the end (Benjamini & Hochberg 1995).

    Parameters
    ----------
    spins : array-like, shape (M, N)
        Independent draws at beta = 1. Draws that follow each other in a Markov chain make the errors too small.
    orders : sequence of int
        Orders of the interactions to look for, each from 3 to N. Interactions of an order that is not among them are
        made up for by sets that correlate with them.
    false_discovery : float
        Expected share of false ones among the interactions found; where there are none to find, the chance to find
        any. Between 0 and 1.
    weights : array-like, shape (M,), optional
        Sample weights: whole numbers are counts, any others weights of independent samples.
    l2 : float
        Penalty l2 sum_{i<j} J_ij^2, >= 0, as in `fit_pairwise`.
    threads : int
        Threads of the matrix products (PyTorch's, set for the time of the call).
    progress : bool
        Show the rounds and the number of interactions.

    Returns
    -------
    ManyBodyFit

    Raises
    ------
    ValueError
        For spins that are not -1/+1, a constant spin, bad weights, orders, `false_discovery` or `l2`.

    Warns
    -----
    AmbiguityWarning, TooFewSamplesWarning
        If the data cannot tell interactions apart, or samples are too few for any to pass.
    ConvergenceWarning, InfiniteOptimumWarning
        If the optimum was not reached, or lies at infinity.

    Notes
    -----
    Cost: 4 M C operations a round in bfloat16 or single precision, and about 4 M N^2 (N + K) for a refit with its
    errors; 2 or 3 rounds are usual. Memory beside the data: about 0.2 GB at N = 64, 0.5 GB at N = 128, whatever M.
    The first test holds the other parameters fixed in its standard error, which costs nothing (phi_I^2 = 1) and makes
    |z| too small where products of spins correlate; the second, and the errors of coefficients, are the full sandwich.

    References
    ----------
    Besag 1975 (pseudolikelihood); Rao 1948 (score tests); Mallat & Zhang 1993 (matching pursuit); Godambe 1960
    (sandwich errors); Benjamini & Hochberg 1995 (false discoveries).

    Examples
    --------
    >>> from ebmtools import ManyBody, Pairwise, exact
    >>> truth = Pairwise(np.zeros((8, 8))) + ManyBody(8, [(0, 1, 2), (2, 4, 5, 7)], [0.5, -0.4])
    >>> fit = fit_many_body(exact.sample(truth, 5_000, seed=1))
    >>> fit.interactions
    [(0, 1, 2), (2, 4, 5, 7)]
    >>> [(step.round, step.interaction, step.change) for step in fit.path]
    [(1, (0, 1, 2), 'enters'), (1, (2, 4, 5, 7), 'enters')]
    """
    check_flag(progress, "progress")
    samples, normalised = as_samples(spins, weights)
    chosen = checked_orders(orders, samples.shape[1])
    n_sets = sum(math.comb(samples.shape[1], order) for order in chosen)
    pursuit = Pursuit(samples, normalised, weights, n_sets, false_discovery=false_discovery, l2=l2)

    def search(problem: LinearPseudolikelihood, at: Parameters, threshold: float, most: int) -> tuple[Tuples, Floats]:
        return screen(problem, at, pursuit.variance_weights, chosen, threshold=threshold, most=most)

    with torch_threads(threads):
        found = pursuit.run(search, lambda found: pursuit.products.same(found, chosen), progress)
    return replace(found, names=names_of(spins))


def checked_orders(orders: Sequence[int], n_spins: int) -> tuple[int, ...]:
    """Sorted orders, each an integer from 3 to the number of spins, none twice.

    >>> checked_orders([4, 3], 8)
    (3, 4)
    """
    given = tuple(orders) if isinstance(orders, (Collection, np.ndarray)) else (orders,)
    for order in given:
        if isinstance(order, bool) or not isinstance(order, (int, np.integer)) or not 3 <= order <= n_spins:
            raise ValueError(
                f"orders: got {orders!r}, expected integers from 3 to n_spins = {n_spins}, as (3, 4). Pairs and "
                "fields are always in the model."
            )
    if not given or len(set(given)) < len(given):
        raise ValueError(f"orders: got {orders!r}, expected at least one order, and none twice.")
    return tuple(sorted(int(order) for order in given))


@contextmanager
def torch_threads(threads: int) -> Iterator[None]:
    """Run PyTorch's products on this many threads, and restore what was set."""
    check_whole(threads, "threads")
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)
