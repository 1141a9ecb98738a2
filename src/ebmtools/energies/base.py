"""Energies of binary spins: what a state costs (`forward`), and what one flip changes (`flip_change`).

Conventions: an energy returns E, never -E and never beta E; low energy means high probability, p(s) ~ exp(-beta E(s)),
and beta belongs to the sampler. Spins are -1/+1, pairs are counted once.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from ebmtools.checks import ArrayLike, check_spins, check_whole

if TYPE_CHECKING:
    from ebmtools.energies.polynomial import Polynomial

Term = tuple[float, "Energy"]
"""A factor and an energy that is neither a sum nor a multiple."""


class Energy(nn.Module):
    """An energy E(s) of `n_spins` spins. Subclass it, write `forward`, and everything in the package works.

    `E(spins)` checks the spins, then calls `forward`. Energies form a vector space: `E1 + E2`, `E1 - E2`, `2.0 * E`.
    The sum is the conjunction of two models: exp(-(E1 + E2)) is proportional to the product of their probabilities.

    Three more methods may be overridden, each where it helps: `forward_flips` where flips have a closed form,
    `polynomial` where the energy is one, `check` where the states are others than -1/+1.

    Parameters
    ----------
    n_spins : int
        Number of spins N, at least 1.

    Examples
    --------
    A user's own energy: the squared magnetisation.

    >>> class Magnet(Energy):
    ...     def forward(self, spins):
    ...         return -spins.double().mean(-1) ** 2
    >>> E = Magnet(n_spins=4)
    >>> E([1, 1, 1, -1])
    tensor(-0.2500, dtype=torch.float64)
    >>> E.flip_change([1, 1, 1, -1])
    tensor([ 0.2500,  0.2500,  0.2500, -0.7500], dtype=torch.float64)
    """

    n_spins: int

    def __init__(self, n_spins: int) -> None:
        super().__init__()
        check_whole(n_spins, "n_spins")
        self.n_spins = int(n_spins)

    def __call__(self, spins: ArrayLike) -> Tensor:
        """Return E(s), shape (...,), for spins of shape (..., N)."""
        states = self.check(spins)
        energy: Tensor = super().__call__(states)
        return self.of_shape(energy, states)

    def check(self, spins: ArrayLike, name: str = "spins") -> Tensor:
        """Return states as a tensor (..., N) after checking them; the gate through which all data come in.

        Here every entry must be -1 or +1. An energy of other states overrides it, and says in its errors what it
        expects; `name` is what the caller calls the states.
        """
        return check_spins(spins, self.n_spins, name)

    @property
    def binary(self) -> bool:
        """Whether the states are -1/+1: it is so unless `check` was overridden."""
        return type(self).check is Energy.check

    def of_shape(self, energy: Tensor, spins: Tensor) -> Tensor:
        """Return what `forward` gave, after checking that it is one number for each state."""
        if not isinstance(energy, Tensor) or energy.shape != spins.shape[:-1]:
            came = f"shape {tuple(energy.shape)}" if isinstance(energy, Tensor) else type(energy).__name__
            raise ValueError(
                f"{type(self).__name__}.forward: for spins of shape {tuple(spins.shape)} it returned {came}, expected "
                f"a tensor of shape {tuple(spins.shape[:-1])}: one energy for each state. Sum over the last axis alone."
            )
        return energy

    def forward(self, spins: Tensor) -> Tensor:
        """Return E(s), shape (...,), for a checked tensor of spins, shape (..., N), of any type: cast it."""
        raise NotImplementedError(f"{type(self).__name__} must define forward(spins) -> E of shape (...,).")

    def flip_change(self, spins: ArrayLike) -> Tensor:
        r"""Return what each single flip would change: Delta_i(s) = E(s with spin i flipped) - E(s).

        Parameters
        ----------
        spins : array-like, shape (..., N)

        Returns
        -------
        Tensor, shape (..., N)
            Delta_i for every site i, in the units of E. With it p(s_i | s_{/i}) = 1 / (1 + exp(-beta Delta_i)).

        Notes
        -----
        Cost: N + 1 calls of `forward` here; the closed forms of the subclasses cost about one.
        """
        return self.forward_flips(self.check(spins))

    def forward_flips(self, spins: Tensor) -> Tensor:
        """Return Delta, (..., N), for a checked tensor: what `forward` is to `E(spins)`. Here by N + 1 calls of it.

        Subclasses replace this with a closed form, tested equal to this one.
        """
        as_energy(self, binary=True)
        flips = 1 - 2 * torch.eye(self.n_spins, dtype=spins.dtype, device=spins.device)
        energy = self.of_shape(self.forward(spins), spins)
        return torch.stack([self.forward(spins * flip) - energy for flip in flips], dim=-1)

    def polynomial(self) -> Polynomial | None:
        """Return fields, couplings and interactions where the energy is made of these, else None.

        Who has one is sampled by compiled chains, its couplings are read off it, and it never decays in training.
        """
        return None

    def terms(self) -> list[Term]:
        """Return the energy as a list of (factor, part): E = sum of factor * part, where no part is a sum or multiple.

        >>> from ebmtools import ManyBody, Pairwise
        >>> (2.0 * (Pairwise([[0, 1], [1, 0]]) + ManyBody(2, [(0, 1)], [1]))).terms()
        [(2.0, Pairwise(n_spins=2)), (2.0, ManyBody(n_spins=2))]
        """
        return [(1.0, self)]

    def __add__(self, other: Energy) -> Energy:
        return Sum([self, other]) if isinstance(other, Energy) else NotImplemented

    def __sub__(self, other: Energy) -> Energy:
        return Sum([self, Scaled(-1.0, other)]) if isinstance(other, Energy) else NotImplemented

    def __mul__(self, factor: float) -> Energy:
        return Scaled(factor, self) if isinstance(factor, (int, float, np.number)) else NotImplemented

    __rmul__ = __mul__

    def __radd__(self, other: object) -> Energy:
        """Let `sum([E1, E2])` start from 0."""
        return self if other == 0 else NotImplemented

    def __neg__(self) -> Energy:
        return Scaled(-1.0, self)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(n_spins={self.n_spins})"


def as_energy(value: object, name: str = "energy", *, binary: bool = False) -> Energy:
    """Return the value where it is an energy, with `binary` one of states -1/+1; else say what to give.

    >>> as_energy("ising")
    Traceback (most recent call last):
        ...
    TypeError: energy: got a str, expected an Energy, such as Pairwise, ManyBody, Network, a sum, or your own subclass.
    """
    if isinstance(value, Energy):
        if binary and not value.binary:
            raise ValueError(
                f"{name}: the states of {type(value).__name__} are not -1/+1, as it has a `check` of its own, so they "
                "cannot be listed, sampled or changed by flipping signs."
            )
        return value
    if isinstance(getattr(value, "energy", None), Energy):
        raise TypeError(f"{name}: got a {type(value).__name__}, expected an Energy. Give its `.energy`.")
    raise TypeError(
        f"{name}: got a {type(value).__name__}, expected an Energy, such as Pairwise, ManyBody, Network, a sum, or "
        "your own subclass."
    )


class Sum(Energy):
    """E = E_1 + E_2 + ...; write it as `E1 + E2`. Sums of sums are kept flat."""

    def __init__(self, parts: Iterable[Energy]) -> None:
        flat = [piece for part in parts for piece in (part._energies() if isinstance(part, Sum) else [part])]
        sizes = {part.n_spins for part in flat}
        if len(sizes) != 1:
            raise ValueError(f"sum of energies: the parts have n_spins = {sorted(sizes)}, expected one and the same.")
        super().__init__(sizes.pop())
        self.parts = nn.ModuleList(flat)

    def forward(self, spins: Tensor) -> Tensor:
        return self._total([part.forward(spins) for part in self._energies()])

    def forward_flips(self, spins: Tensor) -> Tensor:
        return self._total([part.forward_flips(spins) for part in self._energies()])

    def check(self, spins: ArrayLike, name: str = "spins") -> Tensor:
        first, *others = self._energies()
        checked = first.check(spins, name)
        for part in others:
            checked = part.check(checked, name)
        return checked

    @property
    def binary(self) -> bool:
        return all(part.binary for part in self._energies())

    def polynomial(self) -> Polynomial | None:
        parts = [part.polynomial() for part in self._energies()]
        found = [part for part in parts if part is not None]
        return sum(found[1:], found[0]) if len(found) == len(parts) else None

    def terms(self) -> list[Term]:
        return [term for part in self._energies() for term in part.terms()]

    def _energies(self) -> list[Energy]:
        return [part for part in self.parts if isinstance(part, Energy)]

    @staticmethod
    def _total(values: Sequence[Tensor]) -> Tensor:
        total = values[0]
        for value in values[1:]:
            total = total + value
        return total

    def __repr__(self) -> str:
        return " + ".join(repr(part) for part in self.parts)


class Scaled(Energy):
    """E = factor * E_1; write it as `2.0 * E1`. The factor is fixed, it is not trained."""

    def __init__(self, factor: float, part: Energy) -> None:
        if not math.isfinite(factor):
            raise ValueError(f"factor: got {factor}, expected a finite number.")
        super().__init__(part.n_spins)
        self.factor = float(factor)
        self.part = part

    def forward(self, spins: Tensor) -> Tensor:
        return self.factor * self.part.forward(spins)

    def forward_flips(self, spins: Tensor) -> Tensor:
        return self.factor * self.part.forward_flips(spins)

    def check(self, spins: ArrayLike, name: str = "spins") -> Tensor:
        return self.part.check(spins, name)

    @property
    def binary(self) -> bool:
        return self.part.binary

    def polynomial(self) -> Polynomial | None:
        polynomial = self.part.polynomial()
        return None if polynomial is None else self.factor * polynomial

    def terms(self) -> list[Term]:
        return [(self.factor * factor, part) for factor, part in self.part.terms()]

    def __repr__(self) -> str:
        return f"{self.factor:g} * ({self.part!r})"
