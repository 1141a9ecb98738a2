r"""Score tests of every interaction of given orders, as matrix products.

Layout: an interaction a < b < c < ... is split into its left pair (a, b) and the rest (c, ...). With t_i = 2 / (1 +
exp(Delta_i)) and phi a product of spins, its score < phi_I sum_{i in I} t_i > is

    < phi_ab . phi_rest (sum_rest t) > + < phi_ab (t_a + t_b) . phi_rest >,

one matrix product of inner length 2B for a block of B samples: rows are the pairs below c, columns all the rests that
start at c. Pairs are sorted by their second member, so that the pairs below c are the leading rows. Every interaction
is computed once, 4 M C(N, k) operations for order k. The products are only a screen, so they run in bfloat16 where
the processor has instructions for it, twice as fast as in single precision; what passes is scored again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ebmtools.checks import Floats, Ints, Tuples
from ebmtools.extraction.subsets import subsets
from ebmtools.fitting.curvature import Curvature
from ebmtools.fitting.hessian import Hessian, mean_and_error, unit_vectors
from ebmtools.fitting.linear import LinearPseudolikelihood, Parameters
from ebmtools.kernels.matmul import inner

_LEFT = 2**24
"""Entries of the left factor of a block: 32 MB in bfloat16."""
SCORES = 2**25
"""Scores held at a time: 128 MB."""
COLUMNS = 4096
_NATIVE_BFLOAT16 = (
    getattr(torch.cpu, "_is_avx512_bf16_supported", bool)() or getattr(torch.cpu, "_is_amx_tile_supported", bool)()
)
SCREEN_DTYPE = torch.bfloat16 if _NATIVE_BFLOAT16 else torch.float32
"""The type of the screen's matrix products: half the width where the processor multiplies it, twice as fast there."""
_MARGIN = 0.99
"""The screen passes what comes within this factor of the threshold; bfloat16 errs by less."""


class Scores(NamedTuple):
    """Score tests of some interactions."""

    interactions: Tuples
    scores: Floats
    """(K,): < phi_I sum_{i in I} t_i >, minus the derivative of the objective by xi_I."""
    errors: Floats
    """(K,): their standard errors at xi_I = 0."""
    hessian: Floats
    """(K, K): by how much the score of I falls when xi_I' grows by one."""


def groups_of_sets(n_spins: int, orders: Sequence[int]) -> Iterator[tuple[int, Ints]]:
    """Yield all interactions in groups: how many leading pairs, and the rests (R, max(orders) - 2) that go with them.

    A rest shorter than the others is filled up with the index n_spins. Pairs are numbered b (b - 1) / 2 + a.

    >>> [(pairs, rests.tolist()) for pairs, rests in groups_of_sets(4, [3, 4])]
    [(1, [[2, 4], [2, 3]]), (3, [[3, 4]])]
    """
    width = max(orders) - 2
    for c in range(2, n_spins):
        rests = np.zeros((0, width), np.int64)
        for order in orders:
            later = subsets(n_spins - 1 - c, order - 3) + c + 1 if order > 3 else np.zeros((1, 0), np.int64)
            fill = np.full((len(later), width - order + 2), n_spins)
            rests = np.concatenate([rests, np.concatenate([np.full((len(later), 1), c), later, fill], axis=1)])
        for start in range(0, len(rests), COLUMNS):
            yield c * (c - 1) // 2, rests[start : start + COLUMNS]


def screen(
    problem: LinearPseudolikelihood,
    at: Parameters,
    variance_weights: Tensor,
    orders: Sequence[int],
    *,
    threshold: float,
    most: int,
    dtype: torch.dtype = SCREEN_DTYPE,
) -> tuple[Tuples, Floats]:
    """Return the interactions whose |z| reaches about `threshold`, at most `most`, and these |z|, largest first.

    Cost: 4 M sum_k C(N, k) operations. Memory: 128 MB for the scores, 100 MB for a block, whatever N, M and the orders.
    """
    n = problem.n_spins
    second, first = np.tril_indices(n, -1)  # pairs a < b, sorted by b
    spread = _residual_moments(problem, at, variance_weights)
    passing, strength = [], []
    for group in _groups(n, orders):
        for (count, rests), score in zip(group, _products(problem, at, (first, second), group, dtype), strict=True):
            a, b = first[:count], second[:count]
            member = np.zeros((len(rests), n + 1))
            np.put_along_axis(member, rests, 1.0, axis=1)
            member = member[:, :n]
            left = spread[a, a] + spread[b, b] + 2 * spread[a, b]
            right = ((member @ spread) * member).sum(1)
            both = (spread[a] + spread[b]) @ member.T
            ratio = score.numpy() ** 2 / (left[:, None] + right + 2 * both)
            rows, columns = np.nonzero(ratio >= (_MARGIN * threshold) ** 2)
            passing.append(np.column_stack([a[rows], b[rows], rests[columns]]))
            strength.append(ratio[rows, columns])
            keep = np.argsort(-np.concatenate(strength), kind="stable")[:most]
            passing, strength = [_stack(passing, max(orders))[keep]], [np.concatenate(strength)[keep]]
    return [tuple(i for i in row if i < n) for row in passing[0].tolist()], np.sqrt(strength[0])


def score(problem: LinearPseudolikelihood, at: Parameters, variance_weights: Tensor, interactions: Tuples) -> Scores:
    """Score the given interactions, with the errors that hold the other parameters fixed.

    The Hessian < phi_I phi_I' > |I and I'| leaves out the mean slack. Cost: O(M K^2 + M N K) operations.
    """
    n, count = problem.n_spins, len(interactions)
    members = np.full((count, max(map(len, interactions), default=1)), n)
    for k, indices in enumerate(interactions):
        members[k, : len(indices)] = indices
    member = torch.zeros(count, n + 1).scatter_(1, torch.from_numpy(members), 1.0)[:, :n]
    scores, variances = (torch.zeros(count, dtype=torch.float64) for _ in range(2))
    products = torch.zeros(count, count, dtype=torch.float64)
    for part, s, t in _residuals(problem, at, 1024):
        padded = torch.cat([s, torch.ones_like(s[:1])])
        phi = padded[members[:, 0]]
        for column in members.T[1:]:
            phi *= padded[column]
        total = member.to(t.dtype) @ t
        weight = problem.weights[part]
        scores += (phi * total).double() @ weight
        variances += total.square().double() @ variance_weights[part]
        products += inner(phi * weight.to(phi.dtype), phi).double()
    shared = (member @ member.T).double()
    return Scores(interactions, scores.numpy(), variances.sqrt().numpy(), (shared * products).numpy())


def projected_scores(
    problem: LinearPseudolikelihood, at: Parameters, variance_weights: Tensor, interactions: Tuples, l2: float = 0.0
) -> Scores:
    """Score interactions outside the model with the part of all its parameters projected out.

    `problem` holds these interactions last, with coefficients zero. Cost: as of `interaction_errors`.
    """
    sites = Curvature(problem, at, ridge=l2)
    end = sites.n_parameters - len(interactions)
    whole, model = Hessian(sites, problem.dtype), Hessian(sites, problem.dtype, end)
    unit = unit_vectors(sites, len(interactions), problem.dtype)
    right = whole.apply(unit)
    right[end:] = 0
    direction = unit - model.solve(right)
    mean, error = mean_and_error(problem, at, variance_weights, whole, direction)
    return Scores(interactions, mean, error, (direction.T @ whole.apply(direction)).double().numpy())


def _residuals(problem: LinearPseudolikelihood, at: Parameters, block: int) -> Iterator[tuple[slice, Tensor, Tensor]]:
    """Yield which samples, their spins (N, B), and t (N, B): one for a spin left free, zero for one that is certain."""
    for part, s, field in problem.local_fields(at, block):
        yield part, s, 2 * torch.sigmoid(-2 * s * field)


def _residual_moments(problem: LinearPseudolikelihood, at: Parameters, variance_weights: Tensor) -> Floats:
    """Return sum_b w_b t_i t_j, (N, N): the variance of a score is its sum over i, j in I, as phi_I^2 = 1."""
    total = torch.zeros(problem.n_spins, problem.n_spins, dtype=torch.float64)
    for part, _, t in _residuals(problem, at, 1024):
        total += (t.double() * variance_weights[part]) @ t.T.double()
    return total.numpy()


def _groups(n_spins: int, orders: Sequence[int]) -> Iterator[list[tuple[int, Ints]]]:
    """Yield the splits in lists of at most SCORES scores (or a single split)."""
    group: list[tuple[int, Ints]] = []
    size = 0
    for count, rests in groups_of_sets(n_spins, orders):
        if group and size + count * len(rests) > SCORES:
            yield group
            group, size = [], 0
        group.append((count, rests))
        size += count * len(rests)
    yield group


def _products(
    problem: LinearPseudolikelihood,
    at: Parameters,
    pairs: tuple[Ints, Ints],
    group: list[tuple[int, Ints]],
    dtype: torch.dtype,
) -> list[Tensor]:
    """The scores of each split, (pairs, rests)."""
    n_pairs = len(pairs[0])
    first, second = (torch.from_numpy(side) for side in pairs)
    result = [torch.zeros(count, len(rests)) for count, rests in group]
    block = min(4096, max(256, _LEFT // (2 * n_pairs) // 256 * 256))
    mean = float(problem.weights.mean())
    for part, s, t in _residuals(problem, at, block):
        s, t = s.to(dtype), t.to(dtype)
        width = s.shape[1]
        left = torch.empty(n_pairs, 2, width, dtype=dtype)
        torch.mul(s[first], s[second], out=left[:, 0])
        torch.mul(left[:, 0], t[first] + t[second], out=left[:, 1])
        left = left.view(n_pairs, 2 * width)
        weight = (problem.weights[part] / mean).to(dtype)
        s, t = torch.cat([s, torch.ones_like(s[:1])]), torch.cat([t, torch.zeros_like(t[:1])])
        for total, (count, rests) in zip(result, group, strict=True):
            phi, slack = s[rests[:, 0]] * weight, t[rests[:, 0]]
            for column in rests.T[1:]:
                phi, slack = phi * s[column], slack + t[column]
            right = torch.stack([phi * slack, phi], dim=1).view(len(rests), 2 * width)
            total += inner(left[:count], right)
    return [total.mul_(mean) for total in result]


def _stack(rows: list[Ints], width: int) -> Ints:
    return np.concatenate([np.zeros((0, width), np.int64), *rows])
