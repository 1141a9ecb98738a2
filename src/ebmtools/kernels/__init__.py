"""The fast paths: compiled loops, arrays in and arrays out. The only room that knows numba.

`from ebmtools import kernels`, then `kernels.spin_sweeps.sweeps(...)`: a file is loaded, and numba with it, when its
name is first used, so that importing the package takes no time for kernels that nobody calls.
"""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ebmtools.kernels import activations as activations
    from ebmtools.kernels import block_gibbs as block_gibbs
    from ebmtools.kernels import contrastive as contrastive
    from ebmtools.kernels import coordinate_descent as coordinate_descent
    from ebmtools.kernels import linear_loss as linear_loss
    from ebmtools.kernels import network_flips as network_flips
    from ebmtools.kernels import network_loss as network_loss
    from ebmtools.kernels import network_sweeps as network_sweeps
    from ebmtools.kernels import potts as potts
    from ebmtools.kernels import spin_sweeps as spin_sweeps

_FILES = (
    "activations",
    "block_gibbs",
    "contrastive",
    "coordinate_descent",
    "linear_loss",
    "network_flips",
    "network_loss",
    "network_sweeps",
    "potts",
    "spin_sweeps",
)


def __getattr__(name: str) -> ModuleType:
    if name in _FILES:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
