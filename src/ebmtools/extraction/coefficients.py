"""Reading interactions off any energy: its Walsh coefficients, exact where possible, with an error where not.

Every function of N spins is a unique sum E(s) = c + sum_I -xi_I prod_{i in I} s_i, so xi_I = -2^-N sum_s E(s) prod_{i
in I} s_i is *the* interaction of the set I, whatever the energy is made of. The coefficients are linear in E: a sum
of energies is read part by part, each by its best method, and the results are added.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ebmtools.checks import Floats, Ints, check_choice, check_seed, check_whole
from ebmtools.energies.base import Energy, as_energy
from ebmtools.energies.network import Network
from ebmtools.extraction.quadrature import network_coefficients
from ebmtools.extraction.sampled import sampled_coefficients
from ebmtools.extraction.subsets import subsets
from ebmtools.sampling import exact

METHODS = ("auto", "closed-form", "quadrature", "walsh", "sampled")
_MOST_SETS = 5 * 10**7
"""Sets of one order up to which their coefficients are listed: some gigabytes."""
_WALSH_LIMIT = 16
"""Spins up to which `auto` enumerates an energy that has neither a closed form nor a quadrature."""


@dataclass(frozen=True)
class Couplings:
    """The couplings of an energy. `numpy.asarray(couplings)` gives `values`."""

    values: Floats
    """J, (N, N): symmetric, zero diagonal, in the units of E."""
    errors: Floats
    """(N, N): zero where exact, a bound for the quadrature, a standard error where sampled; for a sum their root sum of
    squares."""
    method: str
    """How they were found; for a sum, the methods of its parts joined by " + "."""

    def __array__(self, dtype: npt.DTypeLike | None = None, copy: bool | None = None) -> npt.NDArray[Any]:
        return np.array(self.values, dtype=dtype) if copy else np.asarray(self.values, dtype=dtype)


@dataclass(frozen=True)
class Interactions:
    """The interactions of one order, largest first."""

    indices: Ints
    """(K, order): the sets I, each in ascending order."""
    coefficients: Floats
    """(K,): xi_I."""
    errors: Floats
    """(K,): as in `Couplings`."""
    method: str


def couplings(energy: Energy, method: str = "auto", *, n_samples: int = 2**16, seed: int = 0) -> Couplings:
    r"""Return the pairwise couplings J_ij = -2^-N sum_s E(s) s_i s_j of any energy.

    Parameters
    ----------
    energy : Energy
    method : str
        "closed-form": energies with a `polynomial`, as Pairwise and ManyBody; O(1) per coupling.
        "quadrature": networks with one hidden layer, at any N; O(H T N^2) with T <= 512 frequencies.
        "walsh": enumeration and a fast Walsh transform, N <= 24; O(2^N (N + cost of E)).
        "sampled": single flips on randomised orthogonal arrays, any energy at any N.
        "auto": the first of these that fits, part by part for a sum.
    n_samples : int
        Number of states for "sampled", rounded up to 16 arrays of a power of two.
    seed : int
        Seed for "sampled".

    Returns
    -------
    Couplings

    Raises
    ------
    ValueError
        For an unknown method, or one that the energy does not admit.

    References
    ----------
    Feinauer & Lucibello 2022 (the extraction by uniform sampling); O'Donnell 2014 (Walsh analysis).

    Examples
    --------
    >>> from ebmtools import ManyBody, Pairwise
    >>> E = Pairwise([[0, 1], [1, 0]]) + ManyBody(2, [(0, 1)], [0.5])
    >>> couplings(E).values.tolist()
    [[0.0, 1.5], [1.5, 0.0]]
    """
    n = as_energy(energy, binary=True).n_spins
    vector, error, used = _read(energy, 2, method, n_samples, seed)
    values, errors = np.zeros((n, n)), np.zeros((n, n))
    rows, columns = np.triu_indices(n, 1)
    for matrix, entries in ((values, vector), (errors, error)):
        matrix[rows, columns] = matrix[columns, rows] = entries
    return Couplings(values, errors, used)


def interactions(
    energy: Energy,
    order: int = 3,
    *,
    top: int | None = None,
    method: str = "auto",
    n_samples: int = 2**16,
    seed: int = 0,
) -> Interactions:
    r"""Return the interactions xi_I = -2^-N sum_s E(s) prod_{i in I} s_i of one order, largest first.

    Parameters
    ----------
    energy : Energy
    order : int
        |I|, 1 <= order <= N; order 1 are the fields.
    top : int, optional
        Return only the `top` largest in absolute value. All C(N, order) are computed: 41,664 for N = 64, order 3.
    method, n_samples, seed
        As in `couplings`.

    Returns
    -------
    Interactions

    Raises
    ------
    ValueError
        For an order outside 1..N, or as in `couplings`.

    Examples
    --------
    >>> from ebmtools import ManyBody
    >>> found = interactions(ManyBody(4, [(0, 1, 2), (1, 2, 3)], [0.1, -0.7]), order=3, top=2)
    >>> found.indices.tolist(), found.coefficients.tolist()
    ([[1, 2, 3], [0, 1, 2]], [-0.7, 0.1])
    """
    as_energy(energy, binary=True)
    check_whole(order, "order", most=energy.n_spins, bound="n_spins")
    if top is not None:
        check_whole(top, "top")
    vector, error, used = _read(energy, int(order), method, n_samples, seed)
    largest = np.argsort(-np.abs(vector), kind="stable")[:top]
    return Interactions(subsets(energy.n_spins, order)[largest], vector[largest], error[largest], used)


Coefficients = tuple[Floats, Floats]


def _read(energy: Energy, order: int, method: str, n_samples: int, seed: int) -> tuple[Floats, Floats, str]:
    """xi_I of one order with errors, in the order of `subsets`, and the methods used."""
    check_choice(method, "method", METHODS)
    check_seed(seed)
    check_whole(n_samples, "n_samples")
    count = math.comb(energy.n_spins, order)
    if count > _MOST_SETS:
        raise ValueError(
            f"order: {energy.n_spins} spins have {count:,} sets of {order}, more than the {_MOST_SETS:,} that fit in "
            "memory. Use a lower order, or `fit_many_body` for the interactions that data call for."
        )
    if method in ("walsh", "sampled"):
        return *_whole(energy, order, method, n_samples, seed), method
    total, variance, used = np.zeros(count), np.zeros(count), []
    for factor, part in energy.terms():
        chosen = _method_for(part) if method == "auto" else method
        values, errors = _PART[chosen](part, order) if chosen in _PART else _whole(part, order, chosen, n_samples, seed)
        total += factor * values
        variance += (factor * errors) ** 2
        if chosen not in used:
            used.append(chosen)
    return total, np.sqrt(variance), " + ".join(used)


def _method_for(part: Energy) -> str:
    if part.polynomial() is not None:
        return "closed-form"
    if isinstance(part, Network) and part.one_layer:
        return "quadrature"
    return "walsh" if part.n_spins <= _WALSH_LIMIT else "sampled"


def _whole(energy: Energy, order: int, method: str, n_samples: int, seed: int) -> Coefficients:
    sets = subsets(energy.n_spins, order)
    if method == "sampled":
        return sampled_coefficients(energy, sets, n_samples, seed)
    transform = exact.walsh_transform(exact.energies(energy))
    position = (np.int64(1) << (energy.n_spins - 1 - sets)).sum(axis=1)
    return -transform[position], np.zeros(len(sets))


def _closed_form(part: Energy, order: int) -> Coefficients:
    polynomial, sets = part.polynomial(), subsets(part.n_spins, order)
    if polynomial is None:
        raise ValueError(
            f"method: {type(part).__name__} has no closed form. Use method='auto', 'walsh' (N <= 24) or 'sampled'."
        )
    if order == 1:
        values = polynomial.fields
    elif order == 2:
        values = polynomial.couplings[sets[:, 0], sets[:, 1]]
    else:
        values = np.array([polynomial.interactions.get(tuple(indices), 0.0) for indices in sets.tolist()])
    return values, np.zeros(len(sets))


def _quadrature(part: Energy, order: int) -> Coefficients:
    if not isinstance(part, Network) or not part.one_layer:
        raise ValueError(
            f"method: the quadrature is for networks with one hidden layer, not for {part!r}. Use method='auto'."
        )
    return network_coefficients(part, subsets(part.n_spins, order))


_PART: dict[str, Callable[[Energy, int], Coefficients]] = {"closed-form": _closed_form, "quadrature": _quadrature}
