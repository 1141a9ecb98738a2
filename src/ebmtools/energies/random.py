"""The generator of the reconstruction task: random couplings, and random interactions of higher order on top."""

from __future__ import annotations

import math

import numpy as np

from ebmtools.checks import Floats, Tuples, check_nonnegative, check_positive, check_seed, check_whole
from ebmtools.energies.base import Sum
from ebmtools.energies.many_body import ManyBody
from ebmtools.energies.pairwise import Pairwise


class RandomHamiltonian(Sum):
    """A pairwise energy plus a many-body one, with the true values at hand. Made by `random_hamiltonian`."""

    def __init__(self, pairwise: Pairwise, many_body: ManyBody) -> None:
        super().__init__([pairwise, many_body])

    @property
    def couplings(self) -> Floats:
        """The true couplings, (N, N)."""
        return np.asarray(getattr(self.parts[0], "couplings"))  # noqa: B009 (ModuleList hides the type)

    @property
    def many_body(self) -> ManyBody:
        """The interactions of higher order."""
        part = self.parts[1]
        assert isinstance(part, ManyBody)
        return part

    @property
    def interactions(self) -> Tuples:
        """The index tuples of the higher-order interactions."""
        return self.many_body.interactions

    @property
    def coefficients(self) -> Floats:
        """Their coefficients beta sqrt(gamma) xi_I."""
        return self.many_body.coefficients


def random_hamiltonian(
    n_spins: int,
    order: int = 3,
    *,
    gamma: float = 1.0,
    beta: float = 0.5,
    n_interactions: int | None = None,
    seed: int = 0,
) -> RandomHamiltonian:
    r"""Draw E_G(s) = beta [ -sum_{i<j} J_ij s_i s_j - sqrt(gamma) sum_I xi_I prod_{i in I} s_i ].

    J_ij ~ Normal(0, 1/N), xi_I ~ Normal(0, 1), and the sets I of the given order are drawn without repetition. The
    same seed gives the same J, I and xi for every gamma and beta, so that settings can be compared on one instance.

    Parameters
    ----------
    n_spins : int
        N.
    order : int
        Number of spins in each interaction, 3 <= order <= N.
    gamma : float
        Strength of the interactions relative to the couplings, >= 0.
    beta : float
        Overall factor on both terms, > 0: it is part of this energy, so sample it at beta = 1.
    n_interactions : int, optional
        |I|; default N, as in the paper.
    seed : int

    Returns
    -------
    RandomHamiltonian
        An energy with `.couplings` (beta J), `.interactions` and `.coefficients` (beta sqrt(gamma) xi).

    Raises
    ------
    ValueError
        For an order outside 3..N, negative gamma, beta <= 0, or more interactions than there are sets.

    References
    ----------
    Feinauer & Lucibello 2022. The distributions of J and xi are choices of this book.

    Examples
    --------
    >>> E = random_hamiltonian(8, order=3, gamma=0.5, seed=1)
    >>> E.couplings.shape, len(E.interactions), E([1] * 8).shape
    ((8, 8), 8, torch.Size([]))
    """
    check_whole(n_spins, "n_spins")
    check_positive(beta, "beta")
    check_seed(seed)
    check_nonnegative(gamma, "gamma")
    check_whole(order, "order", least=3, most=n_spins, bound="n_spins")
    count = n_spins if n_interactions is None else n_interactions
    check_whole(count, "n_interactions", least=0, most=math.comb(n_spins, order))
    rng = np.random.default_rng(seed)
    upper = np.triu(rng.normal(0, n_spins**-0.5, (n_spins, n_spins)), 1)
    interactions: dict[tuple[int, ...], None] = {}  # a set that keeps its order
    while len(interactions) < count:
        interactions[tuple(sorted(int(i) for i in rng.choice(n_spins, order, replace=False)))] = None
    xi = rng.normal(size=count)
    return RandomHamiltonian(
        Pairwise(beta * (upper + upper.T)), ManyBody(n_spins, interactions, beta * math.sqrt(gamma) * xi)
    )
