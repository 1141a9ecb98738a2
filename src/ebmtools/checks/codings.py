"""Other codings as spins: zeros and ones, truth values, missing entries; frames keep their columns. `as_spins`."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ebmtools.checks.numbers import ArrayLike, check_choice
from ebmtools.checks.samples import names_of

MISSING = ("refuse", "drop")


def as_spins(data: ArrayLike, *, missing: str = "refuse") -> Any:
    """Return data of two values as spins -1/+1: {0, 1}, booleans, or spins already; missing entries on demand.

    Zero and False become -1, one and True become +1. What the two values are is read from the whole of the data, never
    from a single column.

    Parameters
    ----------
    data : array-like, shape (..., N)
        An array, tensor, masked array or list; or a data frame of pandas or polars, whose columns are the spins.
    missing : str
        What to do with NaN, None, pandas.NA, nulls of polars and masked entries. "refuse": an error that says where
        they are. "drop": leave out every row that has one, which takes a table, (M, N). That is right if an entry is
        missing for reasons that have nothing to do with the spins; otherwise what is left is another population.

    Returns
    -------
    ndarray, shape (..., N), int8
        Or, for a frame, a frame of the same kind, with its columns, and in pandas its index. A fit of such a frame
        calls its spins by the names of the columns.

    Raises
    ------
    TypeError
        If entries are no numbers, such as words.
    ValueError
        If there are other values than two codes, both 0 and -1 (a zero may be a spin or a gap: say which), missing
        entries that are not to be dropped, or no complete row.

    Examples
    --------
    >>> as_spins([[0, 1, 1], [1, 0, 1]])
    array([[-1,  1,  1],
           [ 1, -1,  1]], dtype=int8)
    >>> as_spins([[True, False], [True, None]], missing="drop")
    array([[ 1, -1]], dtype=int8)
    >>> try:
    ...     as_spins([[0, 1], [np.nan, 1]])
    ... except ValueError as error:
    ...     print(str(error)[:48])
    data: 1 of 4 entries are missing, in 1 of 2 rows
    """
    check_choice(missing, "missing", MISSING)
    values, gaps = _read(data)
    if values.ndim == 0 or values.shape[-1] == 0:
        raise ValueError(f"data: got shape {values.shape}, expected (..., N) with at least one spin.")
    kept = np.ones(values.shape[:1], bool)
    if gaps.any():
        if missing == "refuse" or values.ndim != 2:
            raise ValueError(_where(gaps, data))
        kept = np.logical_not(gaps.any(axis=1))
        if not kept.any():
            raise ValueError(f"data: each of the {len(kept)} rows lacks an entry. {_worst(gaps, data)}")
        values = values[kept]
    spins = _decode(values)
    if not hasattr(data, "to_numpy") or not hasattr(data, "columns"):
        return spins
    columns = {name: spins[:, k] for k, name in enumerate(data.columns)}
    return type(data)(columns, index=data.index[kept]) if hasattr(data, "index") else type(data)(columns)


def _read(data: ArrayLike) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """Return the entries as float64, and which are missing, both (..., N)."""
    if hasattr(data, "toarray"):
        raise TypeError(f"data: got a sparse {type(data).__name__}, expected a dense array. Give its .toarray().")
    mask = np.ma.getmaskarray(data) if isinstance(data, np.ma.MaskedArray) else None
    if isinstance(data, np.ma.MaskedArray):
        data = data.data
    try:
        array = data.to_numpy() if hasattr(data, "to_numpy") else np.asarray(data)
    except ValueError as error:
        raise ValueError("data: got rows of different lengths, expected a rectangular array.") from error
    gaps = np.zeros(array.shape, bool)
    if array.dtype == object:
        gaps = np.array([_absent(value) for value in array.ravel()], bool).reshape(array.shape)
        array = np.where(gaps, np.nan, array)
        words = [value for value in array.ravel() if not isinstance(value, (bool, int, float, np.number, np.bool_))]
        if words:
            raise TypeError(
                f"data: got {words[0]!r}, expected 0 and 1, booleans, or -1 and +1. Words become booleans by "
                "comparing, as in x == 'yes'."
            )
    elif array.dtype.kind not in "biuf":
        raise TypeError(f"data: got entries of type {array.dtype}, expected 0 and 1, booleans, or -1 and +1.")
    values = array.astype(np.float64)
    gaps |= np.isnan(values)
    return values, gaps if mask is None else gaps | mask


def _absent(value: object) -> bool:
    """Whether an entry is None, NaN, or NA, which is neither equal to itself nor different."""
    try:
        return value is None or bool(value != value)
    except TypeError:
        return True


def _decode(values: npt.NDArray[np.float64]) -> npt.NDArray[np.int8]:
    zero, one, down = values == 0, values == 1, values == -1
    if not (zero | one | down).all():
        first = tuple(int(k) for k in np.argwhere(~(zero | one | down))[0])
        raise ValueError(
            f"data: got {values[first]:g} at index {first}, expected two values: 0 and 1, booleans, or -1 and +1. "
            "Choose a threshold first, as in x > 0.5."
        )
    if zero.any() and down.any():
        raise ValueError(
            "data: it has both 0 and -1, so a zero may be a spin or a gap. Replace the zeros: by -1, or by NaN where "
            "nothing was seen."
        )
    return np.where(one, 1, -1).astype(np.int8)


def _where(gaps: npt.NDArray[np.bool_], data: ArrayLike) -> str:
    """Say how many entries are missing, and where most of them are."""
    count = f"data: {int(gaps.sum())} of {gaps.size} entries are missing"
    if gaps.ndim != 2:
        return f"{count}. Give a table, (M, N), to leave out rows, or leave them out yourself."
    rows = int(gaps.any(axis=1).sum())
    advice = "Leave such columns out, or leave the rows out with missing='drop'."
    return f"{count}, in {rows} of {len(gaps)} rows; {_worst(gaps, data)} {advice}"


def _worst(gaps: npt.NDArray[np.bool_], data: ArrayLike) -> str:
    column = int(gaps.sum(axis=0).argmax())
    names = names_of(data)
    name = column if names is None else repr(names[column])
    return f"most are in column {name}, which lacks {int(gaps[:, column].sum())}."
