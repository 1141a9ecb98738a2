"""Matrix products in single precision, as wide as the processor allows.

PyTorch's `@` goes to MKL, which on AMD processors takes vectors of half the width; oneDNN, which PyTorch ships too,
takes the whole. Measured on a Zen 5 core, N = 256: 210 Gflop/s instead of 95.
"""

from __future__ import annotations

import torch
from torch import Tensor

WIDE = (
    torch.backends.cpu.get_cpu_capability() == "AVX512"
    and torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
    and hasattr(torch.ops.mkldnn, "_linear_pointwise")
)


def inner(a: Tensor, b: Tensor) -> Tensor:
    """Return a @ b.T, for a (K, L) and b (K', L) on the CPU, outside of autograd; strides do not matter.

    >>> inner(torch.ones(2, 3), torch.ones(4, 3)).shape
    torch.Size([2, 4])
    """
    if WIDE and a.dtype == torch.float32:
        result: Tensor = torch.ops.mkldnn._linear_pointwise(a, b, None, "none", [], "")
        return result
    return a @ b.T
