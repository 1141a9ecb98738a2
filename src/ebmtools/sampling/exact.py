"""Exact answers by enumeration of all states, up to 2^24 of them: the yardstick beside every sampled number."""

from __future__ import annotations

import copy
import functools
from collections.abc import Collection
from typing import NamedTuple

import numpy as np
import torch

from ebmtools.checks import Floats, Ints, Spins, as_floats, check_positive, check_seed, check_whole
from ebmtools.checks.states import MOST_STATES
from ebmtools.energies.base import Energy, as_energy

MAX_SPINS = 24
_CHUNK = 2**16


def states(n_spins: int, n_states: int | None = None) -> Spins:
    """Return all states, shape (2^N, N) int8, in lexicographic order: the first spin changes slowest, -1 before +1.

    With n_states = q the states of N sites with q letters each, (q^N, N), from 0 to q - 1.

    Raises
    ------
    ValueError
        If there are more than 2^24 (16.8 million), as for N above 24.

    Examples
    --------
    >>> states(2).tolist()
    [[-1, -1], [-1, 1], [1, -1], [1, 1]]
    >>> states(2, n_states=3)[:4].tolist()
    [[0, 0], [0, 1], [0, 2], [1, 0]]
    """
    if n_states is not None:
        check_whole(n_states, "n_states", least=2, most=MOST_STATES)
    return _rows(n_spins, n_states, 0, _number(n_spins, n_states))


def energies(energy: Energy) -> Floats:
    """Return E(s) of all states, shape (2^N,) or (q^N,) float64, in the order of `states`.

    The energy is evaluated on a float64 copy. Cost: 2^N evaluations, in blocks; memory 8 bytes a state. An energy of
    letters, `Potts` or one's own, has q in its attribute `n_states`.

    Examples
    --------
    >>> from ebmtools import Pairwise
    >>> energies(Pairwise([[0, 1], [1, 0]])).tolist()
    [-1.0, 1.0, 1.0, -1.0]
    """
    n, q = _sites_and_letters(energy)
    total = _number(n, q)
    exact = copy.deepcopy(energy).double().cpu()
    values = np.empty(total)
    with torch.no_grad():
        for start in range(0, total, _CHUNK):
            stop = min(start + _CHUNK, total)
            values[start:stop] = exact(_rows(n, q, start, stop)).numpy()
    if np.isnan(values).any() or values.min() == -np.inf:
        worst = int(np.isnan(values).argmax() if np.isnan(values).any() else values.argmin())
        raise ValueError(f"energy: E is {values[worst]} at state {_rows(n, q, worst, worst + 1)[0].tolist()}.")
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
    """Return p(s) = exp(-beta E(s)) / Z of all states, as `energies` in the order of `states`; they sum to one.

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
    p, n = probabilities(as_energy(energy, binary=True), beta), energy.n_spins
    mean, second = np.zeros(n), np.zeros((n, n))
    for start in range(0, 2**n, _CHUNK):
        s = _rows(n, None, start, min(start + _CHUNK, 2**n)).astype(np.float64)
        weighted = p[start : start + len(s), None] * s
        mean += weighted.sum(0)
        second += s.T @ weighted
    return Moments(mean, second)


class Frequencies(NamedTuple):
    """How often letters stand at one site, and at two."""

    sites: Floats
    """p(s_i = a), shape (N, q)."""
    pairs: Floats
    """p(s_i = a, s_j = b), shape (N, N, q, q), p(s_i = a) on the diagonal of (i, i); not centred."""


def frequencies(energy: Energy, beta: float = 1.0) -> Frequencies:
    """Return the exact frequencies of letters and of pairs of letters, for an energy of letters.

    Examples
    --------
    Two sites of three letters that like to agree: e / (e + 2) of the time they do.

    >>> from ebmtools import Potts
    >>> J = np.zeros((2, 2, 3, 3))
    >>> J[0, 1] = J[1, 0] = np.eye(3)
    >>> sites, pairs = frequencies(Potts(J))
    >>> sites[0].round(3).tolist(), bool(np.isclose(np.trace(pairs[0, 1]), np.e / (np.e + 2)))
    ([0.333, 0.333, 0.333], True)
    """
    n, q = _sites_and_letters(energy)
    if q is None:
        raise ValueError("energy: its states are -1/+1, not letters. Use exact.moments.")
    p, two = probabilities(energy, beta), np.zeros((n * q, n * q))
    for start in range(0, p.size, _CHUNK):
        rows = _rows(n, q, start, min(start + _CHUNK, p.size))
        one_hot = np.eye(q)[rows].reshape(len(rows), n * q)
        two += one_hot.T @ (p[start : start + len(rows), None] * one_hot)
    return Frequencies(np.diag(two).reshape(n, q).copy(), two.reshape(n, q, n, q).transpose(0, 2, 1, 3).copy())


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
    return _states_of(np.searchsorted(cumulative, uniform, side="right"), *_sites_and_letters(energy))


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


def _sites_and_letters(energy: Energy) -> tuple[int, int | None]:
    """N, and q where the states are letters, None where they are spins."""
    if as_energy(energy).binary:
        return energy.n_spins, None
    for _, part in energy.terms():
        if isinstance(part, Energy) and (q := getattr(part, "n_states", None)) is not None:
            return energy.n_spins, int(q)
    as_energy(energy, binary=True)  # its error
    raise AssertionError("an energy that is not binary was taken as such")


def _number(n_spins: int, n_states: int | None) -> int:
    """How many states there are, if they can be listed."""
    check_whole(n_spins, "n_spins")
    q = n_states or 2
    if n_spins * np.log2(q) > MAX_SPINS:
        raise ValueError(
            f"n_spins: got {n_spins}, but enumeration stops at {int(MAX_SPINS / np.log2(q))} "
            + (f"spins (2^{MAX_SPINS} states). " if n_states is None else f"sites of {q} letters. ")
            + "Use ebmtools.sample for moments"
            + (" and ebmtools.couplings(method='sampled') for couplings." if n_states is None else ".")
        )
    return int(q**n_spins)


def _rows(n_spins: int, n_states: int | None, start: int, stop: int) -> Spins:
    return _states_of(np.arange(start, stop), n_spins, n_states)


def _states_of(numbers: Ints, n_spins: int, n_states: int | None) -> Spins:
    places = np.arange(n_spins - 1, -1, -1)
    if n_states is not None:
        return (numbers[:, None] // n_states**places % n_states).astype(np.int8)
    return (2 * ((numbers[:, None] >> places) & 1) - 1).astype(np.int8)
