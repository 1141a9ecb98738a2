"""The activations phi(x) of a network's units for the compiled kernels, each with its slope phi'(x).

All are float32 and straight-line code without calls: inlined into a loop over units they vectorise. Where exp is needed
it is 2^n times a polynomial on [0, 1), and a slope shares its exponential and its division with the value. Values and
slopes are within 1e-6 of the exact ones, or within 1e-6 of their size where they exceed one.

numba keeps compiled callers on disk and does not see a change of this file: delete `__pycache__` after one.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numba.extending import overload

from ebmtools.kernels.jit import compiled, inlined

_LOG2E = np.float32(1 / math.log(2))
_LOG2 = np.float32(math.log(2))
_ROOT_HALF = np.float32(math.sqrt(0.5))
_DENSITY = np.float32(1 / math.sqrt(2 * math.pi))


@compiled
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


@inlined
def relu(x: np.float32) -> tuple[np.float32, np.float32]:
    """phi(x) and phi'(x)."""
    slope = np.float32(1) if x > 0 else np.float32(0)
    return x * slope, slope


@inlined
def square(x: np.float32) -> tuple[np.float32, np.float32]:
    """x^2 and its slope."""
    return x * x, np.float32(2) * x


@inlined
def cube(x: np.float32) -> tuple[np.float32, np.float32]:
    """x^3 and its slope."""
    square = x * x
    return square * x, np.float32(3) * square


@inlined
def tanh(x: np.float32) -> tuple[np.float32, np.float32]:
    """An odd rational approximation on [-7.9, 7.9], a few units in the last place off."""
    y = min(max(x, np.float32(-7.905311)), np.float32(7.905311))
    q = y * y
    p = np.float32(-2.76076847742355e-16) * q + np.float32(2.00018790482477e-13)
    p = p * q + np.float32(-8.60467152213735e-11)
    p = p * q + np.float32(5.12229709037114e-08)
    p = p * q + np.float32(1.48572235717979e-05)
    p = p * q + np.float32(6.37261928875436e-04)
    p = p * q + np.float32(4.89352455891786e-03)
    d = np.float32(1.19825839466702e-06) * q + np.float32(1.18534705686654e-04)
    d = d * q + np.float32(2.26843463243900e-03)
    d = d * q + np.float32(4.89352518554385e-03)
    t = y * p / d
    return t, np.float32(1) - t * t


@inlined
def gelu(x: np.float32) -> tuple[np.float32, np.float32]:
    """x Phi(x), Phi by Abramowitz & Stegun 7.1.26, which shares its exponential with the density."""
    one = np.float32(1)
    a = min(abs(x), np.float32(13))
    g = exp(np.float32(-0.5) * a * a)
    t = one / (one + np.float32(0.3275911) * a * _ROOT_HALF)
    tail = np.float32(1.061405429) * t - np.float32(1.453152027)
    tail = tail * t + np.float32(1.421413741)
    tail = tail * t - np.float32(0.284496736)
    tail = (tail * t + np.float32(0.254829592)) * t * g * np.float32(0.5)
    cumulative = one - tail if x > 0 else tail
    return x * cumulative, cumulative + x * g * _DENSITY


@inlined
def _log1p(u: np.float32) -> tuple[np.float32, np.float32]:
    """log(1 + u) = 2 artanh(u / (2 + u)) for 0 <= u <= 1 by its series, and 1 / (1 + u), from one division."""
    one = np.float32(1)
    inverse = one / ((one + u) * (u + np.float32(2)))
    r = u * (one + u) * inverse
    q = r * r
    p = np.float32(2 / 13) * q + np.float32(2 / 11)
    p = p * q + np.float32(2 / 9)
    p = p * q + np.float32(2 / 7)
    p = p * q + np.float32(2 / 5)
    p = p * q + np.float32(2 / 3)
    p = p * q + np.float32(2)
    return p * r, (u + np.float32(2)) * inverse


@inlined
def softplus(x: np.float32) -> tuple[np.float32, np.float32]:
    """log(1 + e^x) = max(x, 0) + log(1 + e^-|x|) and the logistic function; NaN stays NaN."""
    u = exp(-abs(x))
    log1p, chance = _log1p(u)
    return (np.float32(0) if x < 0 else x) + log1p, u * chance if x < 0 else chance


@inlined
def log_cosh(x: np.float32) -> tuple[np.float32, np.float32]:
    """log cosh x = |x| - log 2 + log(1 + e^-2|x|), and tanh x."""
    u = exp(-np.float32(2) * abs(x))
    log1p, chance = _log1p(u)
    slope = (np.float32(1) - u) * chance
    return abs(x) - _LOG2 + log1p, -slope if x < 0 else slope


ACTIVATIONS: dict[str, Callable[[np.float32], tuple[np.float32, np.float32]]] = {
    "relu": relu,
    "tanh": tanh,
    "gelu": gelu,
    "softplus": softplus,
    "log_cosh": log_cosh,
    "square": square,
    "cube": cube,
}
"""Every activation; `kind` counts them in this order."""
Kind = tuple[int, ...]
"""An activation, told by the length of a tuple: numba compiles a kernel for each length that is used, and keeps it."""


def kind(activation: str) -> Kind:
    """Return the tuple that stands for an activation in the arguments of a kernel.

    >>> kind("tanh")
    (0, 0)
    """
    return (0,) * (list(ACTIVATIONS).index(activation) + 1)


def phi(kind: Kind, x: np.float32) -> tuple[np.float32, np.float32]:
    """Return phi(x) and phi'(x) of the activation that `kind` tells."""
    return list(ACTIVATIONS.values())[len(kind) - 1](x)


@overload(phi)
def _phi(kind, x):  # type: ignore[no-untyped-def] # pragma: no cover (numba wants the names alone)
    """`phi` in compiled code, chosen when the kernel is compiled."""
    function = list(ACTIVATIONS.values())[len(kind) - 1]
    return lambda kind, x: function(x)
