"""Small arrays on the stack of a compiled function.

The compiler knows that nothing else overlaps with them. So loops over them vectorise without a check, and what is
summed in them stays in registers.
"""

from __future__ import annotations

from typing import Any

from numba import types
from numba.core import cgutils
from numba.extending import intrinsic


def on_stack(count: int) -> Any:
    """Return a function for compiled code: of a type, it gives a pointer to `count` numbers on its caller's stack."""

    def type_and_code(typing_context: Any, kind: Any) -> Any:  # pragma: no cover (a cached kernel does not come here)
        def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            number = context.get_value_type(kind.dtype)
            room: Any = cgutils.alloca_once(builder, number, size=count)  # type: ignore[no-untyped-call]
            room.align = 64
            return room

        return types.CPointer(kind.dtype)(kind), emit  # type: ignore[no-untyped-call]

    return intrinsic(type_and_code)
