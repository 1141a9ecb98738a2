"""How the compiled pseudolikelihood lays out the units of a network: in groups of 64 or 128.

The last group is filled up with units of zero weight. The width of a group is the length of a tuple, which the compiler
knows, so loops over a group vectorise and have no remainder. What is kept for each unit lies on the stack.
"""

from __future__ import annotations

import numpy as np
from numba.np.numpy_support import carray

from ebmtools._activations import Single, _inlined
from ebmtools._on_stack import on_stack

Width = tuple[int, ...]
"""A group's units, in sixteens, as the length of a tuple: numba compiles a kernel for each length that is used."""
NARROW, WIDE = (16,) * 4, (16,) * 8
"""Wide groups save sums across lanes, one a flip and a group; narrow ones save small networks from padding."""
MOST_UNITS = 4096
"""Units of a network that the kernel can take, and activations of a block: with their slopes they fill 32 KB."""
_lanes_on_stack = on_stack(16 * len(WIDE))
_units_on_stack = on_stack(MOST_UNITS)


def width(units: int) -> Width:
    """Return the width that pads so many units least.

    >>> [16 * len(width(units)) for units in (60, 70, 192, 200)]
    [64, 128, 64, 128]
    """
    return WIDE if -units % 128 == -units % 64 else NARROW


def room(n_spins: int, units: int) -> tuple[int, int, int, int]:
    """Return the shape of the scratch array that a call needs: W and its gradient in groups, (2, N, C, lanes)."""
    lanes = 16 * len(width(units))
    return 2, n_spins, -(-units // lanes), lanes


@_inlined
def _group(lanes: int) -> Single:
    """One number for each unit of a group."""
    return carray(_lanes_on_stack(np.float32), (lanes,))


@_inlined
def _groups(count: int, lanes: int) -> Single:
    """One number for each unit."""
    return carray(_units_on_stack(np.float32), (count, lanes))


@_inlined
def _block(flips: int, count: int, lanes: int) -> Single:
    """One number for each unit and each flip of a block."""
    return carray(_units_on_stack(np.float32), (flips, count, lanes))


@_inlined
def _pack(x: Single, groups: Single) -> None:
    """Put x (H,) into groups (C, lanes), the rest zero."""
    for c in range(groups.shape[0]):
        for u in range(groups.shape[1]):
            h = c * groups.shape[1] + u
            groups[c, u] = x[h] if h < x.size else np.float32(0)
