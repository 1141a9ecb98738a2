"""The matrix product of the fits."""

import numpy as np
import pytest
import torch

from ebmtools.kernels import matmul


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_matrix_products_whatever_the_strides(wide, dtype, monkeypatch):
    """The wide product is used where the processor has it; it must be the plain one to the last bits."""
    if wide and not hasattr(torch.ops.mkldnn, "_linear_pointwise"):
        pytest.skip("this PyTorch comes without oneDNN")
    monkeypatch.setattr(matmul, "WIDE", wide)
    rng = np.random.default_rng(0)
    for rows, columns, terms in ((1, 1, 1), (3, 5, 2), (70, 33, 1000)):
        a, b = (torch.from_numpy(rng.normal(size=(terms, k))).to(dtype) for k in (rows, columns))
        exact = a.T.double() @ b.double()
        size = a.T.abs().double() @ b.abs().double()
        for left, right in ((a.T, b.T), (a.T.contiguous(), b.T), (a.T, b.T.contiguous())):
            result = matmul.inner(left, right)
            assert result.dtype == dtype
            assert ((result.double() - exact).abs() <= 2 * torch.finfo(dtype).eps * size).all()
    a, b = (torch.from_numpy(rng.normal(size=(k, 1000))).float() for k in (50, 40))
    coarse = matmul.inner(a.bfloat16(), b.bfloat16()).double()  # negative control: a narrower type must be caught
    size = a.abs().double() @ b.abs().double().T
    assert ((coarse - a.double() @ b.double().T).abs() > 2 * torch.finfo(torch.float32).eps * size).any()
