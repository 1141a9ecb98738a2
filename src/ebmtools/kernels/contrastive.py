"""The elementwise half of a step of contrastive divergence; the rest is matrix products.

Layout: one sample a row, first those of the chains, then those of the data. A row goes through in one pass.
"""

from __future__ import annotations

import numpy as np

from ebmtools.kernels.block_gibbs import mean
from ebmtools.kernels.jit import Single, compiled


@compiled
def sign(n_chains: int, bias: Single, memory: float, centre: Single, above: Single, sums: Single) -> None:
    """Replace fields of hidden spins, (R, H), by the terms of data minus model; add these up in `sums`, (H,).

    The means tanh(f + b) are centred by `centre`, (H,), which first moves towards their mean over the data, and
    divided by minus the number of chains or by the number of samples.
    """
    rows, units = above.shape
    kept, share = np.float32(memory), np.float32((1 - memory) / (rows - n_chains))
    for j in range(units):
        sums[j] = np.float32(0)
    for r in range(rows):
        for j in range(units):
            above[r, j] = mean(above[r, j] + bias[j])
    for r in range(n_chains, rows):
        for j in range(units):
            sums[j] += above[r, j]
    for j in range(units):
        centre[j] = kept * centre[j] + share * sums[j]
        sums[j] = np.float32(0)
    for r in range(rows):
        factor = np.float32(-1 / n_chains) if r < n_chains else np.float32(1 / (rows - n_chains))
        for j in range(units):
            above[r, j] = factor * (above[r, j] - centre[j])
            sums[j] += above[r, j]


@compiled
def difference(n_chains: int, spins: Single, sums: Single) -> None:
    """Fill `sums`, (N,), with the mean of the samples minus that of the chains; spins (R, N)."""
    rows, sites = spins.shape
    for i in range(sites):
        sums[i] = np.float32(0)
    for r in range(rows):
        factor = np.float32(-1 / n_chains) if r < n_chains else np.float32(1 / (rows - n_chains))
        for i in range(sites):
            sums[i] += factor * spins[r, i]


@compiled
def move(
    slope: Single,
    field: Single,
    hidden_field: Single,
    centre: Single,
    hidden_centre: Single,
    rate: float,
    decay: float,
    weight: Single,
    fields: Single,
    hidden_fields: Single,
) -> None:
    """Move weights (H, N) and fields along the centred gradient.

    `slope` (H, N) is the sum of signed hidden means times spins that are not centred yet; `field` (N,) and
    `hidden_field` (H,) are the sums of the signed spins and hidden means. All three are used up.
    """
    step, less = np.float32(rate), np.float32(decay)
    for j in range(weight.shape[0]):
        total = np.float32(0)
        above, at = hidden_field[j], hidden_centre[j]
        for i in range(weight.shape[1]):
            change = slope[j, i] - above * centre[i] - less * weight[j, i]
            total += change * centre[i]
            field[i] -= change * at
            weight[j, i] += step * change
        hidden_fields[j] += step * (above - total)
    for i in range(weight.shape[1]):
        fields[i] += step * field[i]
