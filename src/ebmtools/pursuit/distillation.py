"""Distillation: the interactions that a trained energy proposes, kept or dropped by the data."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch

from ebmtools.checks import ArrayLike, Floats, Tuples, as_samples, check_flag, check_whole, names_of
from ebmtools.energies.base import Energy, as_energy
from ebmtools.energies.network import Network, one_layer_networks
from ebmtools.extraction.coefficients import interactions
from ebmtools.extraction.quadrature import network_coefficients
from ebmtools.extraction.subsets import subsets
from ebmtools.fitting.linear import LinearPseudolikelihood, Parameters
from ebmtools.pursuit.result import ManyBodyFit
from ebmtools.pursuit.rounds import Pursuit
from ebmtools.pursuit.score_tests import score
from ebmtools.pursuit.search import checked_orders, torch_threads

_ENUMERABLE = 2**20
"""Sets of one order up to which all coefficients of the energy are computed."""
_INPUTS = 12
"""Strongest inputs of a hidden unit among which sets are looked for, beyond that."""
_CHUNK = 1024


def distil(
    energy: Energy,
    spins: ArrayLike,
    *,
    orders: Sequence[int] = (3, 4),
    top: int | None = None,
    false_discovery: float = 0.01,
    weights: ArrayLike | None = None,
    l2: float = 0.0,
    threads: int = 1,
    progress: bool = False,
) -> ManyBodyFit:
    r"""Fit a pairwise model with those interactions that a trained energy proposes and the data confirm.

    The `top` largest Walsh coefficients of each order, as from `interactions`, are the candidates. They enter, are
    refitted with the couplings and fields, and leave as in `fit_many_body`, by their tests on the data; the energy only
    says where to look. Its values are not used.

    Parameters
    ----------
    energy : Energy
        A trained energy, such as a pairwise model plus a network.
    spins : array-like, shape (M, N)
        Data, drawn at beta = 1; those that the energy was trained on, or others.
    orders : sequence of int
        Orders of the interactions, each from 3 to N.
    top : int, optional
        Candidates of each order; default 8 N.
    false_discovery, weights, l2, threads, progress
        As in `fit_many_body`. The thresholds count all sets of these orders as candidates, since the energy may have
        searched them all on the same data.

    Returns
    -------
    ManyBodyFit

    Raises
    ------
    ValueError
        For bad input as in `fit_many_body`, or an order with more than 2^20 sets if the energy has no network with one
        hidden layer among its parts.

    Notes
    -----
    Up to 2^20 sets of an order all coefficients are computed. Beyond, the candidates are the sets among the 12
    strongest inputs of each hidden unit of the networks with one hidden layer, ranked by the sum of the exact
    coefficients of these units. Cost: O(M K^2) operations a round for K candidates, at any N and order.

    Examples
    --------
    >>> from ebmtools import ManyBody, Pairwise, exact
    >>> truth = Pairwise(np.zeros((6, 6))) + ManyBody(6, [(0, 1, 2, 3, 4)], [0.4])
    >>> distil(truth, exact.sample(truth, 5_000, seed=1), orders=[5]).interactions
    [(0, 1, 2, 3, 4)]
    """
    check_flag(progress, "progress")
    samples, normalised = as_samples(spins, weights, as_energy(energy).check)
    n = energy.n_spins
    chosen = checked_orders(orders, n)
    count = 8 * n if top is None else top
    check_whole(count, "top")
    candidates = [indices for order in chosen for indices in proposals(energy, order, count)]
    n_sets = sum(math.comb(n, order) for order in chosen)
    pursuit = Pursuit(samples, normalised, weights, n_sets, false_discovery=false_discovery, l2=l2)

    def search(problem: LinearPseudolikelihood, at: Parameters, threshold: float, most: int) -> tuple[Tuples, Floats]:
        found = []
        for start in range(0, len(candidates), _CHUNK):
            part = score(problem, at, pursuit.variance_weights, candidates[start : start + _CHUNK])
            found += [(-abs(z), one) for one, z in zip(part.interactions, part.scores / part.errors, strict=True)]
        found = [(size, one) for size, one in sorted(found)[:most] if -size >= threshold]
        return [one for _, one in found], np.array([-size for size, _ in found])

    with torch_threads(threads):
        found = pursuit.run(search, lambda found: candidates, progress)
    return replace(found, names=names_of(spins))


def proposals(energy: Energy, order: int, top: int) -> Tuples:
    """Return up to `top` sets of one order, by the size of the energy's coefficients.

    >>> from ebmtools import ManyBody
    >>> proposals(ManyBody(5, [(0, 1, 2), (1, 2, 3)], [0.1, -0.7]), 3, top=1)
    [(1, 2, 3)]
    """
    if math.comb(energy.n_spins, order) <= _ENUMERABLE:
        return [tuple(row) for row in interactions(energy, order, top=top).indices.tolist()]
    networks = one_layer_networks(energy.terms())
    if not networks:
        raise ValueError(
            f"orders: {energy.n_spins} spins have {math.comb(energy.n_spins, order):,} sets of order {order}, too many "
            "to compute all coefficients, and the energy has no network with one hidden layer, whose units could point "
            "at some. Use lower orders."
        )
    total: defaultdict[tuple[int, ...], float] = defaultdict(float)
    for factor, network in networks:
        for unit in range(network.hidden[0]):
            alone = _unit(network, unit)
            sizes = alone.linear_layers[0].weight.detach().abs().numpy()[0]
            strongest = np.sort(np.argsort(-sizes, kind="stable")[: max(_INPUTS, order)])
            sets = strongest[subsets(len(strongest), order)]
            for indices, xi in zip(sets.tolist(), network_coefficients(alone, sets)[0], strict=True):
                total[tuple(indices)] += factor * xi
    return sorted(total, key=lambda indices: (-abs(total[indices]), indices))[:top]


def _unit(network: Network, unit: int) -> Network:
    """One hidden unit of a network as a network."""
    alone = Network(network.n_spins, hidden=(1,), activation=network.activation).double()
    layer, single = network.linear_layers[0], alone.linear_layers[0]
    with torch.no_grad():
        single.weight.copy_(layer.weight[unit : unit + 1])
        single.bias.copy_(layer.bias[unit : unit + 1])
        alone.output.copy_(network.output[unit : unit + 1])
    return alone
