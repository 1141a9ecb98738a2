r"""What each site sees of a fit that is linear in its parameters: features, curvature, and directions left open.

Site i sees J_ij for every j (feature s_j), h_i (feature 1) and xi_I for every I that holds i (feature
prod_{j in I, j != i} s_j). The Hessian of the objective is a sum over sites, each adding the curvature
H_i = < v_i x x^T > of its own term, with v_i = 4 p (1 - p) and p the chance of s_i given the others.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from ebmtools.checks import Floats
from ebmtools.fitting.linear import BLOCK, LinearPseudolikelihood, Parameters
from ebmtools.fitting.linear_fit import LinearFit
from ebmtools.warnings import ConvergenceWarning, InfiniteOptimumWarning, warn

_MOST = 2**20
"""Features held at a time: 4 MB in single precision, which the cache holds."""
_CERTAIN = 14.0
"""Flip change (nats) from which a spin counts as certain: exp(-14) is about 1e-6."""
_OF_A_SAMPLE, _LEAST = 0.1, 1e-7


class Curvature:
    """Features and curvatures of some sites, by default all.

    Parameters are numbered: pairs i < j row by row, fields, interactions. One number more, a dummy, fills up the lists
    of sites with fewer interactions and stands for J_ii.
    """

    def __init__(
        self,
        problem: LinearPseudolikelihood,
        at: Parameters,
        fields: bool = True,
        ridge: float = 0.0,
        which: Sequence[int] | None = None,
    ) -> None:
        n = problem.n_spins
        self.which = np.arange(n) if which is None else np.array(which)
        rows, columns = np.triu_indices(n, 1)
        self.n_pairs = len(rows)
        self.n_parameters = self.n_pairs + n + len(problem.interactions)
        number = np.full((n, n), self.n_parameters)
        number[rows, columns] = number[columns, rows] = np.arange(self.n_pairs)
        holding = [[k for k, indices in enumerate(problem.interactions) if i in indices] for i in self.which]
        extra = max(map(len, holding))
        others = np.full((len(holding), extra), self.n_parameters)
        self.terms = np.zeros((len(holding), extra), np.int64)
        for row, ks in enumerate(holding):
            others[row, : len(ks)] = self.n_pairs + n + np.array(ks, dtype=int)
            self.terms[row, : len(ks)] = ks
        field = self.n_pairs + self.which[:, None] if fields else np.full((len(holding), 1), self.n_parameters)
        self.numbers = torch.from_numpy(np.concatenate([number[self.which], field, others], axis=1))  # (sites, n_seen)
        self.missing = self.numbers == self.n_parameters
        self.problem, self.at = problem, at
        self.flat = max(_LEAST, _OF_A_SAMPLE * float(problem.weights.min()))
        """Curvature (nats per sample for a unit step) below which the data leave a direction open: one sample that
        contradicts a direction adds about its weight."""
        self.block = max(16, min(BLOCK, _MOST // self.numbers.numel()))
        self.curvature = self._curvature()
        self.curvature[:, range(n), range(n)] += ridge

    def features(self, s: Tensor) -> Tensor:
        """Return what each parameter of each site multiplies, (sites, n_seen, B), for spins (N, B); 0 where missing."""
        n, width = s.shape
        seen = s.new_zeros(*self.numbers.shape, width)
        seen[:, :n] = s
        seen[:, n] = 1
        if self.problem.interactions:
            products = torch.stack([s[list(indices)].prod(0) for indices in self.problem.interactions])
            seen[:, n + 1 :] = products[self.terms] * s[self.which, None]
        seen[self.missing] = 0
        return seen

    def leverage(self, variance_weights: Tensor) -> float:
        """Return p / M, at most one half, for the p parameters that a site sees and M = 1 / sum(variance_weights)."""
        return min(0.5, int((~self.missing).sum(1).max()) * float(variance_weights.sum()))

    def _curvature(self) -> Tensor:
        """H_i of every site, (sites, n_seen, n_seen)."""
        count, seen = self.numbers.shape
        total = torch.zeros(count, seen, seen, dtype=torch.float64)
        for part, s, field in self.problem.local_fields(self.at, self.block):
            x = self.features(s)
            chance = torch.sigmoid(2 * field[self.which])
            weight = 4 * chance * (1 - chance) * self.problem.weights[part].to(s.dtype)
            total += (x * weight[:, None]) @ x.transpose(1, 2)
        return total


def optimum_met(
    problem: LinearPseudolikelihood, fit: LinearFit, *, fields: bool = True, penalised: bool = False
) -> bool:
    """Return whether a fit is at its optimum, and that is finite; warn where not. A penalty makes every optimum so."""
    if not fit.converged:
        largest = max(float(np.abs(array).max(initial=0.0)) for array in fit.at)
        warn(
            f"the fit stopped before its optimum: about {fit.gap:.1e} nats per sample above it, largest parameter "
            f"{largest:.1f}. If spins determine each other the optimum lies at infinity: add l2 > 0.",
            ConvergenceWarning,
        )
        return False
    return penalised or not warn_if_open(problem, fit.at, fields)


def warn_if_open(problem: LinearPseudolikelihood, at: Parameters, fields: bool) -> bool:
    """Return, and warn, whether the optimum lies at infinity: some site's objective is flat along a direction.

    That is so when the other spins decide a spin, always or in part of the samples. Only sites with flip changes
    beyond 14 are looked at, so the check costs nothing on ordinary data.
    """
    bound = np.abs(at.couplings).sum(1) + np.abs(at.fields)
    for indices, xi in zip(problem.interactions, at.coefficients, strict=True):
        bound[list(indices)] += abs(xi)
    if 2 * bound.max() < _CERTAIN:
        return False
    largest = torch.stack([field.abs().amax(1) for _, _, field in problem.local_fields(at)]).amax(0)
    certain = np.nonzero(2 * largest.numpy() > _CERTAIN)[0]
    if not len(certain):
        return False
    sites = Curvature(problem, at, fields, which=certain.tolist())
    curvature = sites.curvature + torch.diag_embed(sites.missing.double())
    values, vectors = torch.linalg.eigh(curvature)
    open_sites = np.nonzero(values[:, 0].numpy() < sites.flat)[0]
    if not len(open_sites):
        return False
    first = open_sites[0]
    message = _message(problem, sites, int(first), vectors[first, :, 0].numpy(), len(open_sites))
    warn(message, InfiniteOptimumWarning)
    return True


def _message(problem: LinearPseudolikelihood, sites: Curvature, row: int, direction: Floats, count: int) -> str:
    site, n = int(sites.which[row]), problem.n_spins
    names = [f"J[{site}, {j}]" for j in range(n)] + [f"h[{site}]"]
    names += [f"xi{problem.interactions[k]}" for k in sites.terms[row]]
    order = np.argsort(-np.abs(direction))[:4]
    moving = ", ".join(names[k] for k in order if abs(direction[k]) > 0.1 * abs(direction[order[0]]))
    more = f" {count - 1} more spins are in the same case." if count > 1 else ""
    return (
        f"the optimum lies at infinity, as far as these samples tell: at least in part of them the others determine "
        f"spin {site}, and the objective only falls as {moving} grow in size. Their values are arbitrary large "
        f"numbers.{more} Add l2 > 0, or leave the spin out."
    )
