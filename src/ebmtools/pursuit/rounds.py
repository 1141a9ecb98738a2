"""Rounds of interaction pursuit: search, choose, refit, prune; whatever proposes the interactions."""

from __future__ import annotations

import functools
import itertools
import math
from collections import Counter
from collections.abc import Callable

import numpy as np
from torch import Tensor
from tqdm import tqdm

from ebmtools.checks import ArrayLike, Floats, Tuples, check_fraction, check_nonnegative
from ebmtools.energies.many_body import ManyBody
from ebmtools.energies.pairwise import Pairwise
from ebmtools.fitting.curvature import optimum_met
from ebmtools.fitting.linear import LinearPseudolikelihood, Parameters
from ebmtools.fitting.linear_fit import LinearFit, fit_linear
from ebmtools.fitting.standard_errors import interaction_errors, standard_errors, variance_weights_of
from ebmtools.pursuit.aliases import Products
from ebmtools.pursuit.result import ManyBodyFit, Step
from ebmtools.pursuit.score_tests import Scores, projected_scores, score
from ebmtools.warnings import AmbiguityWarning, TooFewSamplesWarning, warn

Search = Callable[[LinearPseudolikelihood, Parameters, float, int], tuple[Tuples, Floats]]
"""At a fit: the sets whose |z| reaches a threshold, at most so many, and these |z|, largest first."""
_MOST = 1024
"""Candidates looked at closely in one round."""
_NEAR, _MOST_NEAR = 0.6, 256
"""Candidates within this factor of the threshold, and at most so many, are tested again with all else projected out."""
_GAP = 0.01
"""Log likelihood (nats, whole data set) up to which a fit within a round is from its optimum."""


class Pursuit:
    """Rounds of search, fit and pruning on one data set."""

    def __init__(
        self,
        samples: Tensor,
        weights: Tensor,
        given: ArrayLike | None,
        n_sets: int,
        *,
        false_discovery: float,
        l2: float,
    ) -> None:
        check_fraction(false_discovery, "false_discovery", example=0.01)
        check_nonnegative(l2, "l2")
        self.samples, self.weights, self.l2 = samples, weights, l2
        self.variance_weights = variance_weights_of(given, len(samples))
        self.level, self.n_sets = false_discovery / n_sets, n_sets
        self.products = Products(samples)
        self.path: list[Step] = []
        self.left_out: Tuples = []

    def threshold(self, rank: int) -> float:
        """The |z| that the interaction of this rank must reach (Benjamini & Hochberg 1995); above zero at any rank."""
        from scipy.special import ndtri  # imported here: it takes a while, and only this function needs it

        return float(-ndtri(self.level * min(rank, self.n_sets) / 2))

    def run(self, search: Search, compared: Callable[[Tuples], Tuples], progress: bool) -> ManyBodyFit:
        """Run to the end. `compared` lists the sets among which those with the same products are looked for."""
        reach = 1 / math.sqrt(float(self.variance_weights.sum()))
        if reach <= self.threshold(1):
            warn(
                f"{len(self.samples)} samples are too few to find anything: with them no |z| exceeds {reach:.1f}, and "
                f"the first interaction needs {self.threshold(1):.1f}. Collect more, or ask for fewer orders.",
                TooFewSamplesWarning,
            )
        problem, fit = self._fit([], None)
        dropped: Counter[tuple[int, ...]] = Counter()
        settled = True
        for number in (bar := tqdm(itertools.count(1), disable=not progress, desc="pursuit", unit=" rounds")):
            closed = {*problem.interactions, *self.left_out, *(one for one, times in dropped.items() if times > 1)}
            threshold = self.threshold(len(problem.interactions) + 1)
            found, sizes = search(problem, fit.at, _NEAR * threshold, _MOST + len(closed))
            near = [one for one in found if one not in closed][:_MOST_NEAR]
            far = [one for one, z in zip(found, sizes, strict=True) if z > 0.99 * threshold and one not in closed]
            scores = score(problem, fit.at, self.variance_weights, far[:_MOST])
            entering, start = self._choose(number, scores, problem, fit)
            if not entering and near:
                scores = self._projected(near, problem, fit)
                entering, start = self._choose(number, scores, problem, fit)
            if entering:
                problem, fit = self._fit(problem.interactions + entering, start)
            elif settled and closed.issuperset(self.left_out):
                break
            leaving = self._weak(number, problem, fit)
            dropped.update(leaving)
            if leaving:
                kept = [k for k, indices in enumerate(problem.interactions) if indices not in leaving]
                start = fit.at._replace(coefficients=fit.at.coefficients[kept])
                problem, fit = self._fit([problem.interactions[k] for k in kept], start)
            settled = not leaving
            bar.set_postfix(interactions=len(problem.interactions))
        return self._result(problem, fit, compared)

    def _fit(self, interactions: Tuples, start: Parameters | None) -> tuple[LinearPseudolikelihood, LinearFit]:
        problem = LinearPseudolikelihood(self.samples, self.weights, interactions)
        tolerance = _GAP * float(self.variance_weights.sum())
        return problem, fit_linear(problem, l2=self.l2, start=start, tolerance=tolerance)

    def _choose(
        self, number: int, found: Scores, problem: LinearPseudolikelihood, fit: LinearFit
    ) -> tuple[Tuples, Parameters]:
        """Take the largest score, remove its part from the others, and go on while one passes (matching pursuit)."""
        keys = self.products.keys(found.interactions)
        open_ = ~np.isin(keys, self.products.keys(problem.interactions))
        simple = np.isin(keys, self.products.simple)  # no better than a constant, a field or a pair
        open_ &= ~simple
        passing = np.abs(found.scores / found.errors) >= self.threshold(1)
        self.left_out += [found.interactions[k] for k in np.flatnonzero(simple & passing).tolist()]
        left = found.scores.copy()
        steps: list[float] = []
        entering: Tuples = []
        while True:
            z = np.where(open_, left / found.errors, 0.0)
            best = int(np.argmax(np.abs(z))) if len(z) else 0
            if not len(z) or abs(z[best]) < self.threshold(len(problem.interactions) + len(entering) + 1):
                break
            entering.append(found.interactions[best])
            steps.append(left[best] / found.hessian[best, best])
            self.path.append(Step(number, entering[-1], "enters", float(found.scores[best] / found.errors[best])))
            open_ &= keys != keys[best]
            left -= found.hessian[:, best] * steps[-1]
        start = fit.at._replace(coefficients=np.concatenate([fit.at.coefficients, steps]))
        return entering, start

    def _projected(self, candidates: Tuples, problem: LinearPseudolikelihood, fit: LinearFit) -> Scores:
        wider = LinearPseudolikelihood(self.samples, self.weights, problem.interactions + candidates)
        zeros = np.zeros(len(candidates))
        at = fit.at._replace(coefficients=np.concatenate([fit.at.coefficients, zeros]))
        return projected_scores(wider, at, self.variance_weights, candidates, self.l2)

    def _weak(self, number: int, problem: LinearPseudolikelihood, fit: LinearFit) -> set[tuple[int, ...]]:
        """Return the interactions whose coefficients fail the step-up test by their sandwich errors."""
        if not problem.interactions:
            return set()
        z = fit.at.coefficients / interaction_errors(problem, fit.at, self.variance_weights, self.l2)
        order = np.argsort(-np.abs(z), kind="stable")
        passes = np.abs(z[order]) >= [self.threshold(rank) for rank in range(1, len(z) + 1)]
        kept = int(np.flatnonzero(passes).max(initial=-1)) + 1
        self.path += [Step(number, problem.interactions[k], "leaves", float(z[k])) for k in order[kept:]]
        return {problem.interactions[k] for k in order[kept:]}

    def _result(
        self, problem: LinearPseudolikelihood, fit: LinearFit, compared: Callable[[Tuples], Tuples]
    ) -> ManyBodyFit:
        found = problem.interactions
        order = sorted(range(len(found)), key=lambda k: (len(found[k]), found[k]))
        interactions = [found[k] for k in order]
        start = fit.at._replace(coefficients=fit.at.coefficients[order])
        problem = LinearPseudolikelihood(self.samples, self.weights, interactions)
        final = fit_linear(problem, l2=self.l2, start=start)
        converged = optimum_met(problem, final, penalised=self.l2 > 0)
        looked_at = interactions + self.left_out
        ambiguous = self.products.rivals(looked_at, compared(looked_at))
        _warn_of(ambiguous)
        errors = functools.partial(standard_errors, problem, final.at, self.variance_weights, l2=self.l2)
        n = problem.n_spins
        return ManyBodyFit(
            Pairwise(final.at.couplings, final.at.fields),
            ManyBody(n, interactions, final.at.coefficients),
            final.value,
            converged,
            self.path,
            ambiguous,
            errors,
            self.threshold(max(1, len(interactions))),
        )


def _warn_of(ambiguous: dict[tuple[int, ...], Tuples]) -> None:
    if not ambiguous:
        return
    some = "; ".join(
        f"{one} is the same as {', '.join('a constant' if not other else str(other) for other in others[:3])}"
        + (f" and {len(others) - 3} more" if len(others) > 3 else "")
        for one, others in list(ambiguous.items())[:3]
    )
    more = f" ({len(ambiguous) - 3} more in `ambiguous`)" if len(ambiguous) > 3 else ""
    warn(
        f"the data cannot tell some interactions from others, as the products of their spins agree in all samples up "
        f"to one sign: {some}{more}. Of such a set at most one is in the model. Look for spins that copy others, or "
        "collect more samples.",
        AmbiguityWarning,
    )
