"""What a sampler returns: the spins, their energies, and how good the draws are."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ebmtools.spins import Floats, Spins


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
        """R-hat of the energy (rank-normalised, split; Vehtari et al. 2021). Near 1 is good, above 1.1 is not.

        NaN for a single chain or fewer than 4 draws a chain. Infinite where every chain is frozen.
        Wells of equal energy look alike to it; `arviz.rhat(draws.to_inference_data())` judges every spin.
        """
        if len(self.energies) < 2:
            return float("nan")
        return float("inf") if self._frozen() else self._diagnostic("rhat")

    @property
    def effective_sample_size(self) -> float:
        """Independent draws that fix the mean energy as well as these do; NaN below 4 draws a chain.

        Chains that are all frozen count as one draw each.
        """
        return float(len(self.energies)) if self._frozen() else self._diagnostic("ess")

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

    def _frozen(self) -> bool:
        """Whether no chain ever changes its energy, and chains differ."""
        return bool(np.ptp(self.energies, axis=1).max() == 0 and np.ptp(self.energies) > 0)

    def _diagnostic(self, name: str) -> float:
        if self.energies.shape[1] < 4:
            return float("nan")
        return float(getattr(_arviz(), name)(self.energies))

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


def _arviz() -> Any:
    """ArviZ, imported at its first use: it takes a second, and announces its next version in a FutureWarning."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import arviz
    return arviz
