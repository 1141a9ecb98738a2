"""Exact answers by enumeration of all 2^N states, for N <= 24: the yardstick beside every sampled number."""

from __future__ import annotations

import copy
import functools
from collections.abc import Collection
from typing import NamedTuple

import numpy as np
import torch

from ebmtools.checks import Floats, Ints, Spins, as_floats, check_positive, check_seed, check_whole
from ebmtools.energies.base import Energy, as_energy

MAX_SPINS = 24
_CHUNK = 2**16


def states(n_spins: int) -> Spins:
    """Return all states, shape (2^N, N) int8, in lexicographic order: the first spin changes slowest, -1 before +1.

    Raises
    ------
    ValueError
        If N is above 24 (16.8 million states).

    Examples
    --------
    >>> states(2).tolist()
    [[-1, -1], [-1, 1], [1, -1], [1, 1]]
    """
    _check_size(n_spins)
    return _rows(n_spins, 0, 2**n_spins)


def energies(energy: Energy) -> Floats:
    """Return E(s) of all states, shape (2^N,) float64, in the order of `states`.

    The energy is evaluated on a float64 copy. Cost: 2^N evaluations, in blocks; memory 8 bytes a state.

    Examples
    --------
    >>> from ebmtools import Pairwise
    >>> energies(Pairwise([[0, 1], [1, 0]])).tolist()
    [-1.0, 1.0, 1.0, -1.0]
    """
    n = as_energy(energy, binary=True).n_spins
    _check_size(n)
    exact = copy.deepcopy(energy).double().cpu()
    values = np.empty(2**n)
    with torch.no_grad():
        for start in range(0, 2**n, _CHUNK):
            stop = min(start + _CHUNK, 2**n)
            values[start:stop] = exact(_rows(n, start, stop)).numpy()
    if np.isnan(values).any() or values.min() == -np.inf:
        worst = int(np.isnan(values).argmax() if np.isnan(values).any() else values.argmin())
        raise ValueError(f"energy: E is {values[worst]} at state {_rows(n, worst, worst + 1)[0].tolist()}.")
    return values


def log_partition(energy: Energy, beta: float = 1.0) -> float:
    r"""Return log Z = log sum_s exp(-beta E(s)), in nats.

    Examples
    --------
    Two coupled spins: Z = 2 e^{beta J} + 2 e^{-beta J}.

    >>> from ebmtools import Pairwise
    >>> Z = np.exp(log_partition(Pairwise([[0, 0.5], [0.5, 0]]), beta=2.0))
    >>> bool(np.isclose(Z, 2 * np.exp(1) + 2 * np.exp(-1)))
    True
    """
    check_positive(beta, "beta")
    return float(torch.logsumexp(torch.from_numpy(-beta * energies(energy)), dim=0))


def probabilities(energy: Energy, beta: float = 1.0) -> Floats:
    """Return p(s) = exp(-beta E(s)) / Z of all states, shape (2^N,), in the order of `states`; they sum to one.

    Examples
    --------
    >>> from ebmtools import Pairwise
    >>> probabilities(Pairwise([[0, 1], [1, 0]])).round(3).tolist()
    [0.44, 0.06, 0.06, 0.44]
    """
    check_positive(beta, "beta")
    exponent = -beta * energies(energy)
    weights = np.exp(exponent - exponent.max())
    return np.asarray(weights / weights.sum(), dtype=np.float64)


class Moments(NamedTuple):
    """First and second moments of the spins."""

    magnetisations: Floats
    """<s_i>, shape (N,)."""
    correlations: Floats
    """<s_i s_j>, shape (N, N), ones on the diagonal; not centred."""


def moments(energy: Energy, beta: float = 1.0) -> Moments:
    """Return the exact <s_i> and <s_i s_j> under p(s) ~ exp(-beta E(s)).

    Examples
    --------
    For two coupled spins <s_0 s_1> = tanh(beta J).

    >>> from ebmtools import Pairwise
    >>> mean, correlations = moments(Pairwise([[0, 0.3], [0.3, 0]]))
    >>> mean.round(12).tolist(), bool(np.isclose(correlations[0, 1], np.tanh(0.3)))
    ([0.0, 0.0], True)
    """
    p, n = probabilities(energy, beta), energy.n_spins
    mean, second = np.zeros(n), np.zeros((n, n))
    for start in range(0, 2**n, _CHUNK):
        s = _rows(n, start, min(start + _CHUNK, 2**n)).astype(np.float64)
        weighted = p[start : start + len(s), None] * s
        mean += weighted.sum(0)
        second += s.T @ weighted
    return Moments(mean, second)


def sample(energy: Energy, n_samples: int, *, seed: int = 0, beta: float = 1.0) -> Spins:
    """Return independent exact samples, shape (n_samples, N) int8.

    Examples
    --------
    >>> from ebmtools import Pairwise
    >>> sample(Pairwise([[0, 5], [5, 0]]), 3, seed=1).tolist()
    [[1, 1], [1, 1], [-1, -1]]
    """
    check_whole(n_samples, "n_samples")
    check_seed(seed)
    cumulative = np.cumsum(probabilities(energy, beta))
    uniform = np.random.default_rng(seed).random(n_samples) * cumulative[-1]
    return _spins_of(np.searchsorted(cumulative, uniform, side="right"), energy.n_spins)


def walsh_transform(values: Floats) -> Floats:
    """Return the Walsh coefficients c_I = 2^-N sum_s f(s) prod_{i in I} s_i of a function given on all states.

    Parameters
    ----------
    values : array, shape (2^N,)
        f in the order of `states`.

    Returns
    -------
    array, shape (2^N,)
        c_I at the number whose binary digits mark the members of I, spin 0 as the leading digit: `subset_index`.
        f(s) = sum_I c_I prod_{i in I} s_i. Cost: N 2^N additions.

    Examples
    --------
    >>> s = states(3).astype(float)
    >>> walsh_transform(1.5 * s[:, 0] * s[:, 2] - s[:, 1]).tolist()
    [0.0, 0.0, -1.0, 0.0, 0.0, 1.5, 0.0, 0.0]
    """
    c = _powers(values, "values")
    return _by_hadamard(c, transposed=False) / c.size


def walsh_sum(coefficients: Floats) -> Floats:
    """Return f(s) = sum_I c_I prod_{i in I} s_i on all states, (2^N,): what `walsh_transform` takes back.

    >>> walsh_sum(np.array([0.0, 0.0, -1.0, 0.0, 0.0, 1.5, 0.0, 0.0])).tolist()[:3]
    [2.5, -0.5, 0.5]
    """
    return _by_hadamard(_powers(coefficients, "coefficients"), transposed=True)


def _powers(values: Floats, name: str) -> Floats:
    """One finite number for each state or set, (2^N,): a copy."""
    c: Floats = as_floats(values, name).double().numpy()
    if c.ndim != 1 or c.size == 0 or c.size & (c.size - 1):
        raise ValueError(f"{name}: got shape {c.shape}, expected (2^N,), one number for each state or set of spins.")
    return c


@functools.cache
def _products(n_spins: int) -> Floats:
    return functools.reduce(np.kron, [np.array([[1.0, 1.0], [-1.0, 1.0]])] * n_spins)


def _by_hadamard(values: Floats, transposed: bool) -> Floats:
    """Multiply by the matrix of all prod_{i in I} s_i, rows I and columns s, or by its transpose.

    It is a Kronecker product of N matrices of two rows, so groups of up to five spins can be taken one after the other,
    each by a matrix product.
    """
    before, left = 1, values.size
    while left > 1:
        digits = min(5, left.bit_length() - 1)
        matrix = _products(digits)
        left >>= digits
        values = (matrix.T if transposed else matrix) @ values.reshape(before, 2**digits, left)
        before <<= digits
    return values.reshape(-1)


def subset_index(subset: tuple[int, ...], n_spins: int) -> int:
    """Return where `walsh_transform` puts the coefficient of a set of spins.

    >>> subset_index((0, 2), n_spins=3)
    5
    """
    check_whole(n_spins, "n_spins")
    if not isinstance(subset, Collection) or isinstance(subset, str) or len(set(subset)) < len(subset):
        raise ValueError(f"subset: got {subset!r}, expected different indices of spins, as (0, 2).")
    for i in subset:
        check_whole(i, "subset", least=0, most=n_spins - 1, bound="n_spins - 1")
    return sum(1 << (n_spins - 1 - i) for i in subset)


def _check_size(n_spins: int) -> None:
    check_whole(n_spins, "n_spins")
    if n_spins > MAX_SPINS:
        raise ValueError(
            f"n_spins: got {n_spins}, but enumeration stops at {MAX_SPINS} spins (2^{MAX_SPINS} states). "
            "Use ebmtools.sample for moments and ebmtools.couplings(method='sampled') for couplings."
        )


def _rows(n_spins: int, start: int, stop: int) -> Spins:
    return _spins_of(np.arange(start, stop), n_spins)


def _spins_of(numbers: Ints, n_spins: int) -> Spins:
    digits = (numbers[:, None] >> np.arange(n_spins - 1, -1, -1)) & 1
    return (2 * digits - 1).astype(np.int8)
