"""How the compiled pseudolikelihood lays out the units of a network: in groups of 64 or 128.

The last group is filled up with units of zero weight. The width of a group is the length of a tuple, which the compiler
knows, so loops over a group vectorise and have no remainder.

numba keeps compiled callers on disk and does not see a change of this file: delete `__pycache__` after one.
"""

from __future__ import annotations

import numpy as np
from numba.np.numpy_support import carray

from ebmtools.kernels.activations import Single, _inlined
from ebmtools.kernels.on_stack import on_stack

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
    """Return the shape of a scratch array, (2, N + 4, C, lanes): W transposed, b, v, z, phi(z); and their slopes."""
    lanes = 16 * len(width(units))
    return 2, n_spins + 4, -(-units // lanes), lanes


@_inlined
def _group(lanes: int) -> Single:
    """One number for each unit of a group."""
    return carray(_lanes_on_stack(np.float32), (lanes,))


@_inlined
def _block(flips: int, count: int, lanes: int) -> Single:
    """One number for each unit and each flip of a block."""
    return carray(_units_on_stack(np.float32), (flips, count, lanes))
