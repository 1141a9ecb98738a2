"""What a sampler returns: the spins, their energies, and how good the draws are."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ebmtools.checks import Floats, Spins, check_whole


@dataclass(frozen=True, repr=False)
class Draws:
    """Spins drawn by Markov chains, with what is needed to judge them. It can be given wherever spins are expected."""

    spins: Spins
    """(n_samples, N) int8: draw 0 of every chain, then draw 1 of every chain, and so on."""
    chains: Spins
    """(n_chains, n_draws, N) int8: the same draws by chain; the last round is whole here."""
    energies: Floats
    """(n_chains, n_draws): the energy of each draw."""
    acceptance: float
    """Share of the proposals that flipped a spin, after the warm-up."""
    n_sweeps: int
    """Sweeps of N proposals that each chain made, warm-up included."""

    def __array__(self, dtype: npt.DTypeLike | None = None, copy: bool | None = None) -> npt.NDArray[Any]:
        return np.array(self.spins, dtype=dtype) if copy else np.asarray(self.spins, dtype=dtype)

    def __len__(self) -> int:
        return len(self.spins)

    def to_inference_data(self) -> Any:
        """Return an `arviz.InferenceData` with `spins` and `energy` as variables over (chain, draw)."""
        arviz = _arviz()
        return arviz.from_dict({"spins": self.chains, "energy": self.energies})

    @property
    def rhat(self) -> float:
        """R-hat of the energy: see `rhat_of`. Wells of equal energy look alike to it: judge the spins there."""
        return self.rhat_of(self.energies)

    @property
    def effective_sample_size(self) -> float:
        """Independent draws that fix the mean energy as well as these do: see `effective_sample_size_of`."""
        return self.effective_sample_size_of(self.energies)

    def rhat_of(self, values: npt.ArrayLike) -> float:
        """Return R-hat of an observable (rank-normalised, split; Vehtari et al. 2021): near 1 is good, above 1.1 not.

        Parameters
        ----------
        values : array, shape (n_chains, n_draws)
            The observable on `chains`.

        Returns
        -------
        float
            NaN for a single chain or fewer than 4 draws a chain; infinite where every chain is frozen.

        Examples
        --------
        Two wells of equal energy: the energy does not tell that no chain ever leaves its own, the magnetisation does.

        >>> from ebmtools import Pairwise, sample
        >>> draws = sample(Pairwise(0.5 * (np.ones((8, 8)) - np.eye(8))), 2000, n_chains=8, seed=1)
        >>> draws.rhat < 1.1, draws.rhat_of(draws.chains.mean(axis=2)) > 1.1
        (True, True)
        """
        array = self._by_chain(values)
        if len(array) < 2 or array.shape[1] < 4:
            return float("nan")
        return float("inf") if _frozen(array) else _diagnostic("rhat", array)

    def effective_sample_size_of(self, values: npt.ArrayLike) -> float:
        """Return how many independent draws fix the mean of an observable, (n_chains, n_draws), as well as these do.

        NaN below 4 draws a chain. Chains that are all frozen count as one draw each.
        """
        array = self._by_chain(values)
        if array.shape[1] < 4:
            return float("nan")
        return float(len(array)) if _frozen(array) else _diagnostic("ess", array)

    def mean_and_error(self, values: npt.ArrayLike) -> tuple[Floats, Floats]:
        """Return the mean of an observable and its standard error, from the spread between chains.

        Parameters
        ----------
        values : array, shape (n_chains, n_draws, ...)
            The observable on `chains`. Chains are independent, so the spread of their means carries any
            autocorrelation within them; at least two chains are needed.

        Examples
        --------
        >>> from ebmtools import Pairwise, sample
        >>> draws = sample(Pairwise([[0, 0.5], [0.5, 0]]), 10_000, seed=1)
        >>> mean, error = draws.mean_and_error(draws.chains[..., 0] * draws.chains[..., 1])
        >>> bool(abs(mean - np.tanh(0.5)) < 4 * error)
        True
        """
        array = np.asarray(values, dtype=np.float64)
        if array.shape[:2] != self.energies.shape:
            raise ValueError(
                f"values: got shape {array.shape}, expected {self.energies.shape} + (...): (n_chains, n_draws, ...)."
            )
        if len(array) < 2:
            raise ValueError("values: an error needs at least two chains. Sample with n_chains=2 or more.")
        means = array.mean(axis=1)
        return means.mean(axis=0), means.std(axis=0, ddof=1) / np.sqrt(len(means))

    def _by_chain(self, values: npt.ArrayLike) -> Floats:
        array = np.asarray(values, dtype=np.float64)
        if array.shape != self.energies.shape:
            raise ValueError(f"values: got shape {array.shape}, expected {self.energies.shape}: (n_chains, n_draws).")
        return array

    def __repr__(self) -> str:
        chains, draws = self.energies.shape
        text = f"{self.energies.mean():.4g}"
        if chains > 1:
            text += f" +- {self.mean_and_error(self.energies)[1]:.1g}"
        return (
            f"Draws: {len(self)} samples of {self.spins.shape[1]} spins\n"
            f"  from {chains} chains x {draws} draws, {self.n_sweeps} sweeps each\n"
            f"  energy {text}, R-hat {self.rhat:.3f}\n"
            f"  effective sample size {self.effective_sample_size:.0f}, acceptance {self.acceptance:.2f}"
        )


@dataclass(frozen=True)
class Schedule:
    """When chains are drawn from: after `warmup` sweeps, then every `thin`, until there are `n_samples` in all."""

    n_samples: int
    n_chains: int
    warmup: int
    thin: int

    def __post_init__(self) -> None:
        check_whole(self.n_samples, "n_samples")
        check_whole(self.n_chains, "n_chains")
        check_whole(self.warmup, "warmup", least=0)
        check_whole(self.thin, "thin")

    @property
    def n_draws(self) -> int:
        """Draws of each chain."""
        return -(-self.n_samples // self.n_chains)

    def empty(self, n_spins: int) -> tuple[Spins, Floats]:
        """Return room for the draws, (n_draws, n_chains, N), and for their energies, (n_chains, n_draws)."""
        return np.empty((self.n_draws, self.n_chains, n_spins), np.int8), np.empty((self.n_chains, self.n_draws))

    def draws(self, rounds: Spins, energies: Floats, flips: int) -> Draws:
        """Return what was drawn, once the two arrays are full; `flips` counts those after the warm-up."""
        return Draws(
            spins=rounds.reshape(-1, rounds.shape[2])[: self.n_samples],
            chains=rounds.transpose(1, 0, 2),
            energies=energies,
            acceptance=flips / (rounds.size * self.thin),
            n_sweeps=self.warmup + self.n_draws * self.thin,
        )


def _frozen(values: Floats) -> bool:
    """Whether no chain ever changes its value, and chains differ."""
    return bool(np.ptp(values, axis=1).max() == 0 and np.ptp(values) > 0)


def _diagnostic(name: str, values: Floats) -> float:
    return float(getattr(_arviz(), name)(values))


def _arviz() -> Any:
    """ArviZ, imported at its first use: it takes a second, and announces its next version in a FutureWarning."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import arviz
    return arviz
