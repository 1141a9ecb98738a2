"""What the package warns of: one class for each cause, so that a user can filter them, raised at the user's own line.

>>> import warnings, ebmtools as ebm
>>> warnings.simplefilter("error", ebm.warnings.ConvergenceWarning)  # a fit short of its optimum is an error
>>> warnings.simplefilter("ignore", ebm.warnings.EbmWarning)  # or nothing is said at all
"""

from __future__ import annotations

import sys
import warnings

__all__ = [
    "AmbiguityWarning",
    "ConvergenceWarning",
    "DivergenceWarning",
    "EbmWarning",
    "InfiniteOptimumWarning",
    "MixingWarning",
    "PartitionWarning",
    "StartKeptWarning",
    "TooFewSamplesWarning",
]

_PASSED_OVER = ("ebmtools", "torch", "contextlib")
"""Packages whose frames are not the user's: ours, and PyTorch's where it wraps our functions."""


class EbmWarning(RuntimeWarning):
    """Any warning of this package."""


class ConvergenceWarning(EbmWarning):
    """A convex fit stopped before its optimum."""


class InfiniteOptimumWarning(EbmWarning):
    """The optimum of a fit lies at infinity, as where some spins determine another."""


class DivergenceWarning(EbmWarning):
    """Training ended above its start."""


class MixingWarning(EbmWarning):
    """Chains from different starts have not met."""


class PartitionWarning(EbmWarning):
    """An estimate of log Z cannot be trusted."""


class StartKeptWarning(EbmWarning):
    """No epoch of a training beat its start on held-out samples, which the start may have seen."""


class TooFewSamplesWarning(EbmWarning):
    """With so few samples no interaction could pass its test."""


class AmbiguityWarning(EbmWarning):
    """The data cannot tell some interactions from others."""


def warn(message: str, category: type[EbmWarning]) -> None:
    """Warn at the first line outside this package: the user's call, however deep we are."""
    level, frame = 2, sys._getframe(1)
    while frame.f_back and str(frame.f_globals.get("__name__")).split(".")[0] in _PASSED_OVER:
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level)
