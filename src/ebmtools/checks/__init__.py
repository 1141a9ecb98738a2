"""What comes in: data sets, numbers, and other codings of spins. Nothing is mended in silence."""

from ebmtools.checks.codings import as_spins
from ebmtools.checks.numbers import (
    ArrayLike,
    Floats,
    Ints,
    Spins,
    Tuples,
    as_floats,
    as_tensor,
    check_choice,
    check_flag,
    check_fraction,
    check_nonnegative,
    check_positive,
    check_seed,
    check_whole,
    is_real,
)
from ebmtools.checks.samples import as_samples, as_weights, check_spins, names_of

__all__ = [
    "ArrayLike",
    "Floats",
    "Ints",
    "Spins",
    "Tuples",
    "as_floats",
    "as_samples",
    "as_spins",
    "as_tensor",
    "as_weights",
    "check_choice",
    "check_flag",
    "check_fraction",
    "check_nonnegative",
    "check_positive",
    "check_seed",
    "check_spins",
    "check_whole",
    "is_real",
    "names_of",
]
