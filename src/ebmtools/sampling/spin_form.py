"""The fields, couplings and interactions of an energy as lists, site by site: what the compiled chains read."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import sparse

from ebmtools.checks import Floats
from ebmtools.energies.base import Energy
from ebmtools.energies.polynomial import ManyBody, Pairwise

Index = npt.NDArray[np.uint64]


class SpinForm(NamedTuple):
    """Fields, couplings, and interactions of order 3 and up, listed site by site, as the kernels read them.

    Indices are unsigned, as numba wraps signed ones around.
    """

    fields: Floats
    """(N,)."""
    start: Index
    """(N + 1,): the couplings of site i are start[i] to start[i + 1]."""
    neighbours: Index
    """(P,): the other site of each coupling."""
    couplings: Floats
    """(P,): J_ij, never zero."""
    first: Index
    """(N + 1,): the interactions of site i are first[i] to first[i + 1]."""
    coefficients: Floats
    """(T,): xi of each."""
    offset: Index
    """(T + 1,): the other spins of interaction t, in rising order, are members[offset[t]] to members[offset[t + 1]]."""
    members: Index


def spin_form(energy: Energy) -> tuple[SpinForm, list[tuple[float, Energy]]]:
    """Return the Pairwise and ManyBody terms of an energy as the kernels read them, and the list of all other terms."""
    n = energy.n_spins
    others: list[tuple[float, Energy]] = []
    fields = np.zeros(n)
    couplings = sparse.csr_array((n, n))
    terms: list[list[tuple[float, list[int]]]] = [[] for _ in range(n)]
    for factor, part in energy.terms():
        if isinstance(part, Pairwise):
            couplings += factor * sparse.csr_array(part.couplings)
            fields += factor * part.fields
        elif isinstance(part, ManyBody):
            pairs: list[tuple[float, int, int]] = []
            for indices, xi in zip(part.interactions, factor * part.coefficients, strict=True):
                if len(indices) == 1:
                    fields[indices[0]] += xi
                elif len(indices) == 2:
                    pairs += [(xi, *indices), (xi, *indices[::-1])]
                else:
                    for i in indices:
                        terms[i].append((xi, [j for j in indices if j != i]))
            if pairs:
                values, rows, columns = zip(*pairs, strict=True)
                couplings += sparse.csr_array((values, (rows, columns)), shape=(n, n))
        else:
            others.append((factor, part))
    couplings.eliminate_zeros()
    flat = [term for site in terms for term in site]
    form = SpinForm(
        fields,
        couplings.indptr.astype(np.uint64),
        couplings.indices.astype(np.uint64),
        couplings.data,
        np.cumsum([0, *map(len, terms)]).astype(np.uint64),
        np.array([xi for xi, _ in flat], np.float64),
        np.cumsum([0, *(len(rest) for _, rest in flat)]).astype(np.uint64),
        np.array([j for _, rest in flat for j in rest], np.uint64),
    )
    return form, others
