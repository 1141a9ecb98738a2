"""The numbers of the figures to touch, computed by the package: what the widgets embed, and what tests hold them to."""

import itertools
import math
import sys
from pathlib import Path

import numpy as np
from scipy.special import ellipk

import ebmtools as ebm
from ebmtools import exact

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "studies"))
import nbody

BETAS = (0.0, 0.3, 1.0, 2.5, 5.0)
STEPS = (0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 10.0, 20.0)
TEMPERATURES = (1.5, 1.8, 2.1, 2.25, 2.3, 2.5, 3.0, 3.5)
STRENGTHS = (0.0, 0.25, 0.5, 1.0, 1.5)
GAMMAS = (0.0, 0.1, 0.25, 0.5)
SIZES = (2000, 5000, 10_000, 20_000, 50_000, 100_000)
N_SPINS = 16
DATA_SETS = 4
SWEEPS = 60
ORBIT = 0
"""The simulation that is shown, of those with seed 0."""


def two_valleys() -> list[dict[str, float]]:
    """The share of exp(-beta E) at y < 0, for E(y) = 2 (y^2 - 1)^2 + 0.3 y, by the midpoint rule from -2.2 to 2.2."""
    y = (np.arange(1100) + 0.5) * 0.004 - 2.2
    energy = 2 * (y**2 - 1) ** 2 + 0.3 * y
    found = []
    for beta in BETAS:
        weight = np.exp(-beta * energy)
        found.append({"beta": beta, "left": weight[y < 0].sum() / weight.sum()})
    return found


def log_density(x: np.ndarray | float) -> np.ndarray:
    """Chapter 2's two wells, without the factor that makes them a density."""
    left = np.exp(-0.5 * ((x + 1.5) / 0.6) ** 2)
    return np.log(left + 0.5 * np.exp(-0.5 * ((x - 1.5) / 0.8) ** 2))


def step_size() -> list[dict[str, float]]:
    """The acceptance of y = x + sigma * normal: the mean of min(1, f(y) / f(x)), by quadrature."""
    x = np.linspace(-6, 7, 2601)
    p = np.exp(log_density(x))
    p /= p.sum()
    found = []
    for sigma in STEPS:
        shift = np.arange(1, round(6 * sigma / 0.005) + 1) * 0.005
        normal = np.exp(-0.5 * (shift / sigma) ** 2) * 2 * 0.005 / (sigma * math.sqrt(2 * math.pi))
        # Moves to the right and to the left are as many, by detailed balance; each is min(p(x), p(y)).
        met = [np.minimum(p[:-k], p[k:]).sum() if k < len(p) else 0.0 for k in range(1, len(shift) + 1)]
        stay = 0.005 / (sigma * math.sqrt(2 * math.pi))
        found.append({"sigma": sigma, "acceptance": float(normal @ met + stay)})
    return found


def onsager(temperature: float) -> float:
    """Energy per spin of the infinite square lattice."""
    b = 2 / temperature
    modulus = (2 * math.sinh(b) / math.cosh(b) ** 2) ** 2
    return -(1 + 2 / math.pi * (2 * math.tanh(b) ** 2 - 1) * float(ellipk(modulus))) / math.tanh(b)


def yang(temperature: float) -> float:
    """Spontaneous magnetisation of the infinite square lattice."""
    return max(1 - math.sinh(2 / temperature) ** -4, 0) ** 0.125


def ising() -> list[dict[str, float]]:
    """Onsager's and Yang's results at some temperatures."""
    return [{"T": at, "energy": onsager(at), "magnetisation": yang(at)} for at in TEMPERATURES]


def ghost() -> list[dict[str, float]]:
    """The coupling of spins 0 and 1 in the likelihood fit to exact data with a triple xi and a field h on spin 2."""
    found = []
    for xi, h in itertools.product(STRENGTHS, STRENGTHS):
        energy = ebm.ManyBody(3, [(0, 1, 2)], [xi]) + ebm.Pairwise(np.zeros((3, 3)), fields=[0, 0, h])
        fit = ebm.fit_pairwise(exact.states(3), exact.probabilities(energy), objective="likelihood")
        found.append({"xi": xi, "h": h, "coupling": float(fit.couplings[0, 1])})
    return found


def truth(gamma: float) -> ebm.Energy:
    """Chapter 5's instance: 16 spins, pairs and triples."""
    return ebm.random_hamiltonian(N_SPINS, order=3, gamma=gamma, beta=1.0, seed=1)


def fits(gamma: float, n_samples: int, seed: int) -> dict[str, np.ndarray]:
    """Couplings of the pairwise fit, and of the fit with all 560 triples, on one data set.

    The triples have a penalty that vanishes as data grow: without it, 2,000 samples can put the optimum at infinity.
    """
    rows, counts = np.unique(exact.sample(truth(gamma), n_samples, seed=seed), axis=0, return_counts=True)
    triples = list(itertools.combinations(range(N_SPINS), 3))
    larger = ebm.Pairwise(np.zeros((N_SPINS, N_SPINS))) + ebm.ManyBody(N_SPINS, triples, np.zeros(len(triples)))
    ebm.fit_convex(larger, rows, weights=counts / n_samples, l2=0.2 / n_samples)
    return {
        "pairwise": ebm.fit_pairwise(rows, weights=counts / n_samples).couplings,
        "larger": ebm.couplings(larger).values,
    }


def bias(gamma: float) -> np.ndarray:
    """The couplings that the pairwise fit finds in endless data."""
    energy = truth(gamma)
    return ebm.fit_pairwise(exact.states(N_SPINS), weights=exact.probabilities(energy)).couplings


def few_samples() -> list[dict]:
    """The error of both fits against M: mean over data sets, its standard error, and its parts, bias and noise."""
    found = []
    for gamma in GAMMAS:
        true, endless = ebm.couplings(truth(gamma)).values, bias(gamma)
        scale = np.linalg.norm(true)
        curve = {"gamma": gamma, "bias": ebm.reconstruction_error(endless, true), "sizes": []}
        for n_samples in SIZES:
            drawn = [fits(gamma, n_samples, seed) for seed in range(DATA_SETS)]
            entry = {"M": n_samples}
            for name in ("pairwise", "larger"):
                errors = [ebm.reconstruction_error(fit[name], true) for fit in drawn]
                entry[name] = float(np.mean(errors))
                entry[f"{name}_error"] = float(np.std(errors, ddof=1) / math.sqrt(DATA_SETS))
            scatter = [np.linalg.norm(fit["pairwise"] - endless) / scale for fit in drawn]
            entry["noise"] = float(np.sqrt(np.mean(np.square(scatter))))
            curve["sizes"].append(entry)
            print(f"gamma = {gamma}, M = {n_samples}: {entry}", flush=True)
        found.append(curve)
    return found


def digit() -> dict:
    """One Gibbs chain of the pairwise fit to handwritten digits, from noise: a frame and its energy for each sweep.

    A frame is 64 bits, 16 hexadecimal digits, the pixels row by row; `kept` says which of them the model has.
    """
    images = ebm.data.digits().spins
    inked = (images == 1).sum(0)
    kept = np.minimum(inked, len(images) - inked) >= 5
    energy = ebm.fit_pairwise(images[:, kept], l2=0.01).energy
    start = np.random.default_rng(1).choice(np.array([-1, 1], np.int8), (1, int(kept.sum())))
    draws = ebm.sample(energy, SWEEPS, initial=start, warmup=0, thin=1, seed=1)
    frames = np.concatenate([start, draws.chains.reshape(-1, start.shape[1])])
    pixels = np.zeros((len(frames), 64), bool)
    pixels[:, kept] = frames > 0
    data = energy(images[:, kept].astype(float)).detach().numpy()
    return {
        "kept": np.packbits(kept).tobytes().hex(),
        "frames": [np.packbits(row).tobytes().hex() for row in pixels],
        "energies": energy(frames.astype(float)).detach().numpy().tolist(),
        "data_energy": float(data.mean()),
        "data_spread": float(data.std()),
    }


def orbits() -> dict:
    """Five bodies, and by how much the energy changes in unit time, for each total mass and step."""
    x, v = (np.round(start[ORBIT], 4) for start in nbody.starts(ORBIT + 1, 5, 0))
    changes = []
    for mass, dt in itertools.product((1.0, 5.0, 20.0), (0.1, 0.025)):
        given = (np.full(5, mass / 5), 0.1)
        xs, vs = nbody.simulate(x, v, *given, dt, round(1 / dt))
        before, after = (float(nbody.energy(xs[k], vs[k], *given)) for k in (0, -1))
        changes.append({"mass": mass, "dt": dt, "change": abs(after / before - 1)})
    return {"positions": x.tolist(), "velocities": v.tolist(), "softening": 0.1, "changes": changes}


def rounded(value: object) -> object:
    """Six digits: the same bytes whatever the last bits of a fit."""
    if isinstance(value, dict):
        return {key: rounded(each) for key, each in value.items()}
    if isinstance(value, list):
        return [rounded(each) for each in value]
    return float(f"{value:.6g}") if isinstance(value, float) else value


def fixture() -> dict:
    """All numbers, by the name of the widget."""
    numbers = {
        "two-valleys": two_valleys(),
        "step-size": step_size(),
        "ising": ising(),
        "ghost": ghost(),
        "few-samples": few_samples(),
        "digit": digit(),
        "orbits": orbits(),
    }
    return rounded(numbers)  # type: ignore[return-value]
