"""The exponential of the compiled kernels: straight-line single precision, so that the loops that call it vectorise.

2^y is 2^n, made in the bits of the exponent, times a polynomial on [0, 1).
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

_compiled = njit(cache=True, nogil=True, error_model="numpy", fastmath={"reassoc", "contract", "nsz", "arcp"})
_LOG2E = np.float32(1 / math.log(2))


@_compiled
def exp(x: np.float32) -> np.float32:
    """Return exp(x), x within +-80, to 3 units in the last place."""
    y = min(max(x, np.float32(-80)), np.float32(80)) * _LOG2E
    whole: np.float32 = np.floor(y)
    f = y - whole
    g = np.float32(1.8775767e-3) * f + np.float32(8.9893397e-3)  # 2^f on [0, 1)
    g = g * f + np.float32(5.5826318e-2)
    g = g * f + np.float32(2.4015361e-1)
    g = g * f + np.float32(6.9315308e-1)
    g = g * f + np.float32(9.9999994e-1)
    return g * np.int32((np.int32(whole) + np.int32(127)) << np.int32(23)).view(np.float32)
