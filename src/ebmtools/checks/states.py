"""The gate of states 0, 1, ..., q - 1, such as the letters of sequences."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ebmtools.checks.numbers import ArrayLike, as_tensor

States = npt.NDArray[np.uint8]
"""(M, N): states of M samples, 0 to q - 1."""
MOST_STATES = 128
"""Samplers keep states as int8."""


def check_states(states: ArrayLike, n_sites: int, n_states: int, name: str = "states") -> Tensor:
    """Return states as a tensor (..., N) of whole numbers from 0 to q - 1, or say which entry is none.

    >>> check_states([[0, 2, 1]], 3, 3).dtype
    torch.int64
    >>> check_states([[0, 3, 1]], 3, 3)
    Traceback (most recent call last):
        ...
    ValueError: states: got 3 at index (0, 1), expected whole numbers from 0 to 2.
    """
    tensor = (states if isinstance(states, Tensor) else as_tensor(states, name)).detach().cpu()
    if tensor.is_complex() or tensor.dtype == torch.bool:
        raise TypeError(f"{name}: got entries of type {tensor.dtype}, expected whole numbers from 0 to {n_states - 1}.")
    if tensor.dim() == 0 or tensor.shape[-1] != n_sites:
        raise ValueError(f"{name}: got shape {tuple(tensor.shape)}, expected (..., {n_sites}): a state of each site.")
    wrong = ~((tensor >= 0) & (tensor < n_states))
    if tensor.is_floating_point():
        wrong |= tensor != tensor.floor()
    if bool(wrong.any()):
        index = tuple(int(k) for k in wrong.nonzero()[0])
        raise ValueError(
            f"{name}: got {tensor[index].item()} at index {index}, expected whole numbers from 0 to {n_states - 1}."
        )
    return tensor.long()


def as_sequences(states: ArrayLike, n_states: int | None = None) -> tuple[Tensor, int]:
    """Return states (M, N) after checking them, and q: the largest state plus one where it is not given.

    >>> as_sequences([[0, 2, 1]])[1]
    3
    """
    tensor = states if isinstance(states, Tensor) else as_tensor(states, "states")
    if tensor.dim() != 2 or tensor.numel() == 0:
        raise ValueError(f"states: got shape {tuple(tensor.shape)}, expected (M, N), with at least one entry.")
    if n_states is None:
        known = tensor[torch.isfinite(tensor)] if tensor.is_floating_point() else tensor
        ordered = not tensor.is_complex() and tensor.dtype != torch.bool and known.numel() > 0
        largest = known.max().item() if ordered else 0
        if largest >= MOST_STATES:
            raise ValueError(f"states: got {largest:g}, expected whole numbers from 0 to at most {MOST_STATES - 1}.")
        n_states = max(2, int(largest) + 1)
    return check_states(tensor, tensor.shape[1], n_states), n_states
