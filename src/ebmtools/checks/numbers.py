"""Numbers and arrays that come in. What does not fit is refused with a reason, nothing is mended in silence."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

ArrayLike = Any
"""Anything `numpy.asarray` or `torch.as_tensor` understands: lists, arrays, tensors, `Draws`."""

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Spins = npt.NDArray[np.int8]
Tuples = list[tuple[int, ...]]
"""Sets of spins, each as its indices in rising order."""


def check_whole(value: int, name: str, least: int = 1, most: int | None = None, bound: str = "") -> None:
    """Refuse what is not an integer of at least `least`, and at most `most`; `bound` is what `most` is called.

    Examples
    --------
    >>> check_whole(2.0, "n_chains")
    Traceback (most recent call last):
        ...
    ValueError: n_chains: got 2.0, expected an integer >= 1.
    >>> check_whole(9, "order", least=3, most=8, bound="n_spins")
    Traceback (most recent call last):
        ...
    ValueError: order: got 9, expected an integer from 3 to n_spins = 8.
    """
    whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    if not whole or value < least or (most is not None and value > most):
        top = f"{bound} = {most}" if bound else str(most)
        expected = f">= {least}" if most is None else f"from {least} to {top}"
        raise ValueError(f"{name}: got {value!r}, expected an integer {expected}.")


def check_positive(value: float, name: str) -> None:
    """Refuse what is not a finite number above zero.

    >>> check_positive(0.0, "beta")
    Traceback (most recent call last):
        ...
    ValueError: beta: got 0.0, expected a finite number > 0.
    """
    if not is_real(value) or not 0 < value < np.inf:
        raise ValueError(f"{name}: got {value!r}, expected a finite number > 0.")


def check_nonnegative(value: float, name: str) -> None:
    """Refuse what is not a finite number of at least zero.

    >>> check_nonnegative("a", "l2")
    Traceback (most recent call last):
        ...
    ValueError: l2: got 'a', expected a finite number >= 0.
    """
    if not is_real(value) or not 0 <= value < np.inf:
        raise ValueError(f"{name}: got {value!r}, expected a finite number >= 0.")


def check_fraction(value: float, name: str, example: float) -> None:
    """Refuse what is not a number between 0 and 1, both excluded.

    >>> check_fraction(5, "level", example=0.95)
    Traceback (most recent call last):
        ...
    ValueError: level: got 5, expected a number between 0 and 1, as 0.95.
    """
    if not is_real(value) or not 0 < value < 1:
        raise ValueError(f"{name}: got {value!r}, expected a number between 0 and 1, as {example}.")


def check_flag(value: bool, name: str) -> None:
    """Refuse what is neither True nor False.

    >>> check_flag("no", "symmetric")
    Traceback (most recent call last):
        ...
    ValueError: symmetric: got 'no', expected True or False.
    """
    if not isinstance(value, (bool, np.bool_)):
        raise ValueError(f"{name}: got {value!r}, expected True or False.")


def check_seed(seed: int) -> None:
    """Refuse what is not an integer of at least zero: one rule for all seeds.

    >>> check_seed(None)
    Traceback (most recent call last):
        ...
    ValueError: seed: got None, expected an integer >= 0.
    """
    check_whole(seed, "seed", least=0)


def check_choice(value: str, name: str, choices: Iterable[str]) -> None:
    """Refuse what is none of the choices.

    >>> check_choice("em", "objective", ["pseudolikelihood", "likelihood"])
    Traceback (most recent call last):
        ...
    ValueError: objective: got 'em', expected one of pseudolikelihood, likelihood.
    """
    if not isinstance(value, str) or value not in choices:
        raise ValueError(f"{name}: got {value!r}, expected one of {', '.join(choices)}.")


def is_real(value: object) -> bool:
    """Return whether a value is a real number of Python or NumPy; truth values are not."""
    return isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)


def as_floats(values: ArrayLike, name: str) -> Tensor:
    """Return finite real numbers as a tensor of its own memory; float32 is kept, all else becomes float64.

    >>> as_floats([1, 2], "fields")
    tensor([1., 2.], dtype=torch.float64)
    """
    tensor = values.detach() if isinstance(values, Tensor) else as_tensor(values, name)
    if tensor.is_complex():
        raise TypeError(f"{name}: got complex numbers ({tensor.dtype}), expected real ones.")
    tensor = tensor.clone() if tensor.dtype == torch.float32 else tensor.to(torch.float64, copy=True)
    if not bool(torch.isfinite(tensor).all()):
        index = tuple(int(k) for k in (~torch.isfinite(tensor)).nonzero()[0])
        raise ValueError(f"{name}: entry {index} is {float(tensor[index])}, expected finite numbers.")
    return tensor


def as_tensor(values: ArrayLike, name: str) -> Tensor:
    """Return real or complex numbers, or truth values, as a tensor that shares memory where it can.

    >>> as_tensor("abc", "fields")
    Traceback (most recent call last):
        ...
    TypeError: fields: got entries of type <U3, expected numbers.
    """
    if np.ma.is_masked(values):
        count = int(np.ma.getmaskarray(values).sum())
        raise ValueError(
            f"{name}: got a masked array with {count} entries masked, expected none missing. Leave out the "
            "rows that have them, with ebm.as_spins(x, missing='drop')."
        )
    if hasattr(values, "toarray"):
        raise TypeError(f"{name}: got a sparse {type(values).__name__}, expected a dense array. Give its .toarray().")
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise ValueError(f"{name}: got rows of different lengths, expected a rectangular array.") from error
    if array.dtype.kind not in "biufc":
        hint = (
            " Convert a data frame with .to_numpy(dtype='float64') or ebm.as_spins."
            if hasattr(values, "to_numpy")
            else ""
        )
        raise TypeError(f"{name}: got entries of type {array.dtype}, expected numbers.{hint}")
    if array.dtype.kind == "f" and array.dtype.itemsize > 8:
        array = array.astype(np.float64)
    if not array.dtype.isnative or not array.flags.writeable or any(stride < 0 for stride in array.strides):
        array = array.astype(array.dtype.newbyteorder("="))
    return torch.as_tensor(array)
