"""How the kernels are compiled: the settings of numba, small arrays on the stack, and arrays on cache lines."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

Single = npt.NDArray[np.float32]

_FAST = {"reassoc", "contract", "nsz", "arcp"}  # NaN and infinity keep their meaning
compiled = njit(cache=True, nogil=True, error_model="numpy", fastmath=_FAST)
"""A function of its own, kept on disk. With Python's error model a check of each division would stop vectorisation."""
inlined = njit(inline="always", error_model="numpy", fastmath=_FAST)
"""A function that becomes part of its callers, so that the loops around it vectorise."""


def on_stack(count: int) -> Any:
    """Return a function for compiled code: of a type, it gives a pointer to `count` numbers on its caller's stack.

    The compiler knows that nothing else overlaps with them. So loops over them vectorise without a check, and what is
    summed in them stays in registers.
    """

    def type_and_code(typing_context: Any, kind: Any) -> Any:  # pragma: no cover (a cached kernel does not come here)
        def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            number = context.get_value_type(kind.dtype)
            room: Any = cgutils.alloca_once(builder, number, size=count)  # type: ignore[no-untyped-call]
            room.align = 64
            return room

        return types.CPointer(kind.dtype)(kind), emit  # type: ignore[no-untyped-call]

    return intrinsic(type_and_code)


def aligned(shape: tuple[int, ...], dtype: npt.DTypeLike) -> npt.NDArray[Any]:
    """Return zeros that start at a multiple of 64 bytes, the width of a cache line.

    >>> aligned((3, 5), np.float32).ctypes.data % 64
    0
    """
    size = math.prod(shape) * np.dtype(dtype).itemsize
    room = np.zeros(size + 64, np.uint8)
    start = -room.ctypes.data % 64
    return room[start : start + size].view(dtype).reshape(shape)
