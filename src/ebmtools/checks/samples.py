"""Data sets that come in: spins and their weights, checked. Nothing is mended in silence."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from ebmtools.checks.numbers import ArrayLike, as_tensor


def check_spins(spins: ArrayLike, n_spins: int | None = None, name: str = "spins") -> Tensor:
    """Return `spins` as a tensor after checking that every entry is -1 or +1.

    Parameters
    ----------
    spins : array-like, shape (..., n_spins)
        NumPy array, torch tensor, list or `Draws`; any integer or floating type. The type is kept.
    n_spins : int, optional
        The length that the last axis must have.
    name : str
        The parameter's name in error messages.

    Returns
    -------
    Tensor, shape (..., n_spins)
        The same numbers. Memory is shared with the input where torch can share it. Cost: one pass over the data.

    Raises
    ------
    TypeError
        If the input is not numeric.
    ValueError
        If an entry is not -1 or +1 (it says which, and how to convert {0, 1}), or the shape is wrong.

    Examples
    --------
    >>> check_spins([[1, -1, 1]], n_spins=3)
    tensor([[ 1, -1,  1]])
    >>> check_spins([0, 1, 1])
    Traceback (most recent call last):
        ...
    ValueError: spins: every entry must be -1 or +1, but 1 of 3 are not; the first is 0 at index (0,). \
These look like {0, 1} variables: convert them with 2 * spins - 1, or with ebm.as_spins(spins).
    """
    tensor = spins if isinstance(spins, Tensor) else as_tensor(spins, name)
    if tensor.dtype == torch.bool:
        raise TypeError(
            f"{name}: got booleans, expected -1 or +1. Convert them with "
            f"2 * {name}.astype('int8') - 1, or with ebm.as_spins({name})."
        )
    if tensor.is_complex():
        raise TypeError(f"{name}: got complex numbers ({tensor.dtype}), expected -1 or +1.")
    if tensor.dim() == 0:
        raise ValueError(f"{name}: got a single number, expected an array of shape (..., n_spins).")
    if tensor.shape[-1] == 0:
        raise ValueError(f"{name}: got shape {tuple(tensor.shape)}, expected at least one spin on the last axis.")
    if n_spins is not None and tensor.shape[-1] != n_spins:
        raise ValueError(
            f"{name}: the last axis has length {tensor.shape[-1]} (shape {tuple(tensor.shape)}), "
            f"expected {n_spins}, the number of spins. Give an array of shape (..., {n_spins})."
        )
    sizes = tensor.abs()
    if sizes.numel() and any(size.item() != 1 for size in sizes.aminmax()):  # three times as fast as to compare all
        _refuse(tensor, sizes != 1, name)
    return tensor


def as_samples(
    spins: ArrayLike, weights: ArrayLike | None = None, check: Callable[[ArrayLike], Tensor] = check_spins
) -> tuple[Tensor, Tensor]:
    """Return a data set as int8 (M, N) and its weights (M,), which sum to one, refusing what no model can be fitted to.

    Beside the checks of `as_weights` and of `check`, such as `energy.check`: two axes, at least one sample, and no spin
    that takes one value only (its field would be infinite). Samples of weight zero are left out: they count for
    nothing.

    Examples
    --------
    >>> as_samples([[1, 1], [1, -1]])
    Traceback (most recent call last):
        ...
    ValueError: spins: spin 0 is +1 in all 2 samples, so its field has no finite estimate. Leave this spin out, \
or collect samples in which it changes.
    """
    tensor = check(spins)
    if tensor.dim() != 2:
        raise ValueError(f"spins: got shape {tuple(tensor.shape)}, expected (n_samples, n_spins).")
    if tensor.shape[0] == 0:
        raise ValueError(f"spins: got zero samples (shape {tuple(tensor.shape)}), expected at least one row.")
    samples, normalised = tensor.detach().to("cpu", torch.int8), as_weights(weights, tensor.shape[0])
    if weights is not None:
        samples, normalised = samples[normalised > 0], normalised[normalised > 0]
    lowest, highest = samples.aminmax(dim=0)
    constant = (lowest == highest).nonzero()[:, 0].tolist()
    if constant:
        first, names = constant[0], names_of(spins)
        name = first if names is None else repr(names[first])
        more = f" (and so are {len(constant) - 1} more: {constant[1:6]})" if len(constant) > 1 else ""
        raise ValueError(
            f"spins: spin {name} is {int(samples[0, first]):+d} in all {len(samples)} samples{more}, so its field "
            "has no finite estimate. Leave this spin out, or collect samples in which it changes."
        )
    return samples, normalised


def as_weights(weights: ArrayLike | None, n_samples: int) -> Tensor:
    """Return sample weights as float64 that sum to one; `None` gives every sample the weight 1/M.

    Examples
    --------
    >>> as_weights([1, 3], 2)
    tensor([0.2500, 0.7500], dtype=torch.float64)
    """
    if weights is None:
        return torch.full((n_samples,), 1.0 / n_samples, dtype=torch.float64)
    tensor = (weights if isinstance(weights, Tensor) else as_tensor(weights, "weights")).detach().cpu()
    if tensor.is_complex():
        raise TypeError(f"weights: got complex numbers ({tensor.dtype}), expected real ones.")
    tensor = tensor.double()
    if tensor.shape != (n_samples,):
        raise ValueError(
            f"weights: got shape {tuple(tensor.shape)}, expected ({n_samples},): one weight for each sample."
        )
    if not bool(torch.isfinite(tensor).all()) or bool((tensor < 0).any()):
        worst = int((~torch.isfinite(tensor) | (tensor < 0)).nonzero()[0, 0])
        raise ValueError(f"weights: entry {worst} is {float(tensor[worst])}, expected finite numbers >= 0.")
    if float(tensor.sum()) == 0.0:
        raise ValueError("weights: all weights are zero, expected at least one positive weight.")
    return tensor / tensor.sum()


def names_of(data: ArrayLike) -> tuple[str, ...] | None:
    """Return the names of the columns of a frame; None where there are none.

    >>> names_of([[1, -1]]) is None
    True
    """
    return tuple(map(str, data.columns)) if hasattr(data, "to_numpy") and hasattr(data, "columns") else None


def _refuse(tensor: Tensor, wrong: Tensor, name: str) -> None:
    index = tuple(int(k) for k in wrong.nonzero()[0])
    value = tensor[index].item()
    hint = "Give an array of -1 and +1."
    if bool(torch.isnan(tensor.double()).any()):
        hint = "There are NaN values: drop or impute the missing entries first, as in as_spins(spins, missing='drop')."
    elif bool(((tensor == 0) | (tensor == 1)).all()):
        hint = "These look like {0, 1} variables: convert them with 2 * spins - 1, or with ebm.as_spins(spins)."
    elif bool((tensor == tensor.round()).logical_not().any()):
        hint = "These look like continuous values: choose a threshold, as in numpy.where(x > 0, 1, -1)."
    raise ValueError(
        f"{name}: every entry must be -1 or +1, but {int(wrong.sum())} of {wrong.numel()} are not; "
        f"the first is {value} at index {index}. {hint}"
    )
