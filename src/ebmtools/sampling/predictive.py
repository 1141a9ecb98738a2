"""Do samples of a model look like the data? The check that every fitted model should meet before it is believed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch

from ebmtools.checks import ArrayLike, Floats, Ints, Spins, check_fraction, check_positive, check_seed, check_whole
from ebmtools.energies.base import Energy, as_energy
from ebmtools.sampling.chains import sample
from ebmtools.sampling.draws import Draws
from ebmtools.sampling.tempering import parallel_tempering

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_CHAINS = 512
"""Chains from each of the two starts."""
_DRAWS = 40
_TRIPLES = 2000
_EXPECTED = 10
"""States that a number of up spins must be expected in, to be a statistic of its own."""
_MET = 1.1


class Row(NamedTuple):
    """One kind of statistic, compared."""

    statistic: str
    number: int
    rms: float
    """Root mean square of the differences between data and model, in standard errors of both: about 1 where all is
    well, less where the model was fitted to these very statistics."""
    largest: float
    """The largest of them in size."""
    limit: float
    """What it may be: chance exceeds it in any of the rows with probability `false_alarm`."""
    where: str
    """Which one is the largest, in the data and in the model."""


@dataclass(frozen=True, repr=False)
class PredictiveCheck:
    """Data beside samples of a model. Printed it is a table with a verdict."""

    passed: bool
    """Whether no difference is beyond its limit, and chains from different starts have met."""
    table: list[Row]
    rhat: float
    """R-hat of energy and magnetisation, the larger, over chains from random states and from the data."""
    tempered: bool
    """Whether the model's samples come from parallel tempering, as its chains had not met."""
    counts: Ints
    """(N + 1,): samples of the data by their number of up spins."""
    expected: Floats
    """(N + 1,): what the model expects of them."""
    draws: Draws
    """The model's samples."""

    def plot(self, axes: Axes) -> None:
        """Draw the number of up spins, data and model."""
        ups = np.arange(len(self.counts))
        seen = np.flatnonzero((self.counts > 0) | (self.expected > 0.5))
        axes.errorbar(
            ups,
            self.counts,
            yerr=np.sqrt(self.counts),
            color="#000000",
            linestyle="",
            marker="o",
            label="data",
            capsize=2,
        )
        axes.plot(ups, self.expected, color="#D55E00", marker="s", label="model")
        axes.set(xlabel="up spins in a sample", ylabel="samples", yscale="symlog", xlim=(seen[0] - 1, seen[-1] + 1))
        axes.legend()

    def __repr__(self) -> str:
        verdict = (
            "samples of this model look like these data"
            if self.passed
            else ("samples of this model do NOT look like these data")
        )
        lines = [f"PredictiveCheck: {verdict}", f"  {'':16}{'number':>8}{'rms z':>8}{'largest |z|':>13}{'limit':>7}"]
        for row in self.table:
            mark = "  <-- " + row.where if row.largest > row.limit else ""
            lines.append(
                f"  {row.statistic:16}{row.number:>8}{row.rms:>8.2f}{row.largest:>13.1f}{row.limit:>7.1f}{mark}"
            )
        met = (
            "have met"
            if self.rhat < _MET
            else "have NOT met" + (": compared by parallel tempering" if self.tempered else "")
        )
        lines.append(f"  chains from random states and from the data {met} (R-hat {self.rhat:.2f})")
        return "\n".join(lines)


def predictive_check(
    model: Energy,
    spins: ArrayLike,
    *,
    effective: float | None = None,
    warmup: int = 1000,
    false_alarm: float = 0.01,
    seed: int = 0,
) -> PredictiveCheck:
    r"""Compare samples of a model with data: magnetisations, correlations, third moments, up spins, energies.

    A fit can converge to a model that says nothing of the kind that was seen: pseudolikelihood asks for each spin given
    the others, and on sparse data its model may have a valley of its own, far from every sample. So 512 chains start at
    random and 512 at samples of the data; where they do not meet, parallel tempering draws from all valleys by their
    weight. Each difference between data and model is taken in its standard error, from the number of samples on the one
    side and from the spread between chains on the other.

    Parameters
    ----------
    model : Energy
        Any energy; for a fit, its `.energy`.
    spins : array-like, shape (M, N)
        The data; better samples that the model was not fitted to.
    effective : float, optional
        Independent samples that the data are worth, where they follow each other in time; default M.
    warmup : int
        Sweeps before the first draw.
    false_alarm : float
        Probability with which a model that is right fails, between 0 and 1.
    seed : int
        Same seed, same result.

    Returns
    -------
    PredictiveCheck

    Raises
    ------
    TypeError, ValueError
        For a model that is no energy, bad spins, and numbers out of range.

    Notes
    -----
    Cost: 1,024 chains of `warmup` + 400 sweeps; tempering, where it is needed, some ten times that.

    Examples
    --------
    >>> from ebmtools import Pairwise, exact, fit_pairwise
    >>> E = Pairwise([[0, 1, 0], [1, 0, 0.5], [0, 0.5, 0]])
    >>> spins = exact.sample(E, 2_000, seed=1)
    >>> predictive_check(fit_pairwise(spins).energy, spins).passed
    True
    >>> predictive_check(Pairwise([[0, 0.7, 0], [0.7, 0, 0.5], [0, 0.5, 0]]), spins).passed
    False
    """
    as_energy(model, "model")
    data = model.check(spins).detach().cpu().numpy().astype(np.int8)
    if data.ndim != 2 or len(data) < 2:
        raise ValueError(f"spins: got shape {data.shape}, expected (n_samples, n_spins) with two samples at least.")
    size = float(len(data)) if effective is None else effective
    check_positive(size, "effective")
    check_whole(warmup, "warmup", least=0)
    check_fraction(false_alarm, "false_alarm", example=0.01)
    check_seed(seed)
    rng = np.random.default_rng([seed, 1])
    starts = np.concatenate(
        [rng.choice(np.array([-1, 1], np.int8), (_CHAINS, data.shape[1])), data[rng.integers(0, len(data), _CHAINS)]]
    )
    draws = sample(model, 2 * _CHAINS * _DRAWS, initial=starts, warmup=warmup, seed=seed)
    rhat = max(draws.rhat, draws.rhat_of(draws.chains.mean(axis=2)))
    tempered = not rhat < _MET
    if tempered:
        draws = parallel_tempering(model, 64 * _DRAWS, n_chains=64, warmup=warmup, seed=seed).draws
    table, counts, expected = _compared(model, data, draws, size, false_alarm, rng)
    passed = not tempered and all(row.largest <= row.limit for row in table)
    return PredictiveCheck(passed, table, rhat, tempered, counts, expected, draws)


def _compared(
    model: Energy, data: Spins, draws: Draws, size: float, false_alarm: float, rng: np.random.Generator
) -> tuple[list[Row], Ints, Floats]:
    """Compare all statistics of data and draws."""
    from scipy.special import ndtri  # imported here: it takes a while, and only this function needs it

    n = data.shape[1]
    pairs = np.column_stack(np.triu_indices(n, 1))
    triples = np.array([rng.choice(n, 3, replace=False) for _ in range(_TRIPLES if n > 3 else n == 3)]).reshape(-1, 3)
    triples = np.unique(np.sort(triples, axis=1), axis=0)
    ups = np.bincount((data > 0).sum(axis=1), minlength=n + 1)
    chance = np.bincount((draws.chains > 0).sum(axis=2).ravel(), minlength=n + 1) / draws.energies.size
    frequent = np.flatnonzero(len(data) * np.maximum(chance, ups / len(data)) >= _EXPECTED)
    with torch.no_grad():
        energies = model(data).double().cpu().numpy()
    spread = max(float(energies.std()), float(draws.energies.std()), 1e-12)
    middle = float(energies.mean())

    def products(sets: Ints) -> Callable[[Spins], Floats]:
        return lambda s: s[:, sets].prod(axis=2, dtype=np.int8).astype(np.float64)

    kinds: list[tuple[str, list[str], Callable[[Spins], Floats]]] = [
        ("magnetisations", [f"spin {i}" for i in range(n)], lambda s: s.astype(np.float64)),
        ("correlations", [f"spins {i}, {j}" for i, j in pairs], products(pairs)),
        ("third moments", [f"spins {i}, {j}, {k}" for i, j, k in triples], products(triples)),
        ("up spins", [f"{k} up" for k in frequent], lambda s: ((s > 0).sum(1)[:, None] == frequent).astype(np.float64)),
    ]
    kinds = [kind for kind in kinds if kind[1]]
    limit = float(-ndtri(false_alarm / (2 * sum(len(names) for _, names, _ in kinds) + 4)))
    table = []
    for statistic, names, values in kinds:
        chains = np.stack([values(chain).mean(axis=0) for chain in draws.chains])
        table.append(_row(statistic, names, values(data), chains, size, limit))
    scaled = (energies - middle) / spread
    both, model_side = np.column_stack([scaled, scaled**2]), (draws.energies - middle) / spread
    chains = np.column_stack([model_side.mean(axis=1), (model_side**2).mean(axis=1)])
    table.append(_row("energies", ["mean (scaled)", "mean square (scaled)"], both, chains, size, limit))
    return table, ups, chance * len(data)


def _row(statistic: str, names: list[str], data: Floats, chains: Floats, size: float, limit: float) -> Row:
    """Compare the means of data (M, K) with the means of chains (C, K)."""
    here, there = data.mean(axis=0), chains.mean(axis=0)
    variance = np.maximum(data.var(axis=0), 1 / size) / size + chains.var(axis=0, ddof=1) / len(chains)
    z = (here - there) / np.sqrt(variance)
    worst = int(np.abs(z).argmax())
    where = f"{names[worst]}: data {here[worst]:.3g}, model {there[worst]:.3g}"
    return Row(statistic, len(z), float(np.sqrt((z**2).mean())), float(abs(z[worst])), limit, where)
