"""Confidence intervals of estimates that are reported only because they are large."""

from __future__ import annotations

from scipy.optimize import brentq
from scipy.special import ndtr


def interval(z: float, threshold: float, level: float) -> tuple[float, float]:
    """Return the interval of a mean mu, in standard errors, from z ~ Normal(mu, 1) given that |z| >= threshold.

    Of all mu those are in it under which z is in the central part, of probability `level`, of the normal distribution
    with its middle cut out. Far above the threshold this is z +- 1.96 (at 95 %); near it, where chance has helped z
    over it, the interval reaches further towards zero and beyond. Both numbers finite; |z| below the threshold counts
    as at it. Source: Weinstein, Fithian & Benjamini 2013.

    >>> low, high = interval(20.0, threshold=5.0, level=0.95)
    >>> round(low, 2), round(high, 2)
    (18.04, 21.96)
    >>> low, high = interval(5.1, threshold=5.0, level=0.95)
    >>> low < 0 < 5.1 < high < 5.1 + 1.96
    True
    """
    size = abs(z)
    cut = min(threshold, size)

    def excess(mean: float, share: float) -> float:
        """P(Z <= size | |Z| >= cut) - share, which falls in the mean."""
        left, right = ndtr(-cut - mean), ndtr(mean - cut)
        return float((left + right - ndtr(mean - size)) / (left + right)) - share

    low, high = (brentq(excess, -size - 10, size + 10, args=(0.5 + side * level / 2,)) for side in (1, -1))
    return (low, high) if z >= 0 else (-high, -low)
