"""Reading the couplings off a trained hybrid at N = 64: the error and the time of each way, from which
the efficiency 1 / (mean square error x time) follows.

The truth is J plus the network's Walsh coefficients in float64, by a Fourier series of the activation: with
u = w . s + b, E_uniform[cos(t u) s_i s_j] = -cos(t b) tan(t w_i) tan(t w_j) prod_k cos(t w_k), summed over the
frequencies t of the series. It shares no code with the package, and is itself checked against enumeration at N = 16.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from paired import paired, require
from record import record
from scipy.fft import dct

import ebmtools as ebm


def cosine_series(activation: str, reach: float) -> tuple[np.ndarray, np.ndarray]:
    """(frequencies, coefficients): phi(u) = sum c cos(t (u + L)) on [-L, L], up to a term linear in u.

    relu(u) = |u| / 2 + u / 2, and the triangle wave |u| has a series in closed form; its terms fall as t^-2, but the
    product of cosines makes them vanish far sooner. tanh is flat at +-L, so that its series converges exponentially.
    """
    if activation == "relu":
        length, odd = 2 * reach, np.arange(1, 20_000, 2)
        return np.pi * odd / length, -2 * length / (np.pi * odd) ** 2
    length, points = 2 * max(reach, 20.0), 4096
    grid = (np.arange(points) + 0.5) / points * length - length / 2
    coefficients = dct(np.tanh(grid), type=2) / points
    return np.pi * np.arange(1, points) / length, coefficients[1:]


def exact(network: ebm.Network) -> np.ndarray:
    """J (N, N) of a network with one hidden layer, in float64."""
    layer = network.linear_layers[0]
    weight, bias, output = (p.detach().double().numpy() for p in (layer.weight, layer.bias, network.output))
    total = np.zeros((network.n_spins, network.n_spins))
    for w, b, v in zip(weight, bias, output, strict=True):
        reach = float(np.abs(w).sum() + abs(b)) * 1.001
        t, c = cosine_series(network.activation, reach)
        shift = 0.0 if network.activation == "relu" else max(reach, 20.0)
        cosines, tangents = np.cos(np.outer(t, w)), np.tan(np.outer(t, w))
        total += (tangents.T * (v * c * np.cos(t * (b + shift)) * cosines.prod(1))) @ tangents
    np.fill_diagonal(total, 0)
    return total


def plain(energy: ebm.Energy, n_samples: int, seed: int) -> tuple[np.ndarray, float]:
    """The estimator of the paper, -mean E(s) s_i s_j over uniformly drawn states, and its standard error."""
    spins = torch.from_numpy(np.random.default_rng(seed).integers(0, 2, (n_samples, energy.n_spins), np.int8) * 2 - 1)
    with torch.no_grad():
        s, energies = spins.float(), energy(spins)
        values = -(s * energies[:, None]).T @ s / n_samples
    return values.double().numpy(), float((energies.square().mean() / n_samples).sqrt())


def trained(activation: str) -> ebm.Energy:
    """A hybrid trained on third-order data: a pairwise model plus a network."""
    truth = ebm.random_hamiltonian(64, order=3, gamma=1.0, beta=0.5, seed=1)
    spins = ebm.sample(truth, 10_000, n_chains=1000, warmup=300, thin=10, seed=1).spins
    hybrid = ebm.fit_pairwise(spins).energy.float() + ebm.Network(64, hidden=(128,), activation=activation, seed=1)
    ebm.fit(hybrid, spins, epochs=30, seed=1, progress=False)
    return hybrid.requires_grad_(False)


def race(activation: str, rounds: int = 9) -> dict[str, Any]:
    small = ebm.Network(16, hidden=(16,), activation=activation, seed=1).double()
    error = float(np.abs(exact(small) - ebm.couplings(small, method="walsh").values).max())
    require(error < 1e-8, f"{activation}: the reference is {error:.0e} from enumeration at N = 16")

    hybrid = trained(activation)
    pairwise, network = (part for _, part in hybrid.terms())
    truth = pairwise.couplings + exact(network)
    upper = np.triu_indices(64, 1)
    seeds = iter(range(10**6))
    errors: dict[str, list[float]] = {"plain": [], "sampled": [], "quadrature": []}

    def run(name: str) -> tuple[float, float]:
        """Root mean square error of one estimate with a new seed: true, and as the method states it."""
        if name == "plain":
            values, stated = plain(hybrid, 2**17, next(seeds))
        else:
            found = ebm.couplings(hybrid, method="auto" if name == "quadrature" else name, seed=next(seeds))
            values, stated = found.values, float(np.sqrt(np.mean(found.errors[upper] ** 2)))
        errors[name].append(float(np.sqrt(np.mean((values - truth)[upper] ** 2))))
        return errors[name][-1], stated

    def check(name: str, found: tuple[float, float]) -> float:
        ratio = found[0] / found[1]
        right = ratio < 1 if name == "quadrature" else 0.7 < ratio < 1.4  # a bound; standard errors
        require(right, f"{activation}, {name}: off by {found[0]:.1e}, stated {found[1]:.1e}")
        return ratio

    runs = {name: (lambda name=name: run(name)) for name in errors}
    result = paired(runs, check, rounds, least=0.0)
    timed = {name: values[-rounds:] for name, values in errors.items()}  # without those that were only checked
    scale = float(np.sqrt(np.mean(truth[upper] ** 2)))
    return result | {"error": timed, "scale": scale, "reference": error}


def measure() -> dict[str, Any]:
    return {activation: race(activation) for activation in ("relu", "tanh")}


if __name__ == "__main__":
    record("coefficients", measure)
