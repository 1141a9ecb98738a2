"""The numbers of the figures to touch are those that the package computes."""

import math
import sys
from pathlib import Path

import numpy as np
import pytest

import ebmtools as ebm

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

import touch  # noqa: E402
import touch_fixture  # noqa: E402

NUMBERS = touch.numbers()


@pytest.mark.parametrize("compute", [touch_fixture.two_valleys, touch_fixture.step_size, touch_fixture.ising])
def test_numbers_of_formulas(compute):
    name = compute.__name__.replace("_", "-")
    for there, again in zip(NUMBERS[name], compute(), strict=True):
        assert there == pytest.approx(again, rel=1e-5)


def test_ghosts_are_those_of_the_fit_and_of_the_formula():
    for there, again in zip(NUMBERS["ghost"], touch_fixture.ghost(), strict=True):
        assert there == pytest.approx(again, abs=1e-5)
        by_formula = math.atanh(math.tanh(there["xi"]) * math.tanh(there["h"]))
        assert there["coupling"] == pytest.approx(by_formula, abs=1e-5)


def test_acceptance_is_that_of_the_packages_chain():
    """Eight chains, four standard errors: a false alarm in 200 (t with 7 degrees). Another step size must be caught."""

    def propose(x, rng):
        return x + 2.0 * rng.normal(), 0.0

    rates = [
        ebm.metropolis_hastings(touch_fixture.log_density, 0.0, propose, 5000, seed=seed).acceptance
        for seed in range(8)
    ]
    error = np.std(rates, ddof=1) / math.sqrt(8)
    exact = {entry["sigma"]: entry["acceptance"] for entry in NUMBERS["step-size"]}
    assert abs(np.mean(rates) - exact[2.0]) < 4 * error
    assert abs(np.mean(rates) - exact[1.5]) > 4 * error


def test_bias_is_that_of_the_fit_to_endless_data():
    for curve in NUMBERS["few-samples"]:
        true = ebm.couplings(touch_fixture.truth(curve["gamma"])).values
        error = ebm.reconstruction_error(touch_fixture.bias(curve["gamma"]), true)
        assert curve["bias"] == pytest.approx(error, abs=1e-5)


def test_errors_of_one_size_are_those_of_its_fits():
    """The cheapest of the sizes; the others come from the same lines."""
    curve = NUMBERS["few-samples"][0]
    true = ebm.couplings(touch_fixture.truth(curve["gamma"])).values
    size = curve["sizes"][0]["M"]
    drawn = [touch_fixture.fits(curve["gamma"], size, seed) for seed in range(touch_fixture.DATA_SETS)]
    for name in ("pairwise", "larger"):
        mean = np.mean([ebm.reconstruction_error(fit[name], true) for fit in drawn])
        assert curve["sizes"][0][name] == pytest.approx(mean, rel=1e-3)


def test_noise_falls_as_one_over_the_root_and_bias_stays():
    for curve in NUMBERS["few-samples"]:
        sizes = curve["sizes"]
        slope = np.polyfit(np.log([s["M"] for s in sizes]), np.log([s["noise"] for s in sizes]), 1)[0]
        assert slope == pytest.approx(-0.5, abs=0.08)
        for entry in sizes:
            parts = math.hypot(curve["bias"], entry["noise"])
            assert entry["pairwise"] == pytest.approx(parts, rel=0.1)


def test_chain_of_the_digit():
    there, again = NUMBERS["digit"], touch_fixture.digit()
    assert there["kept"] == again["kept"]
    assert there["frames"] == again["frames"]
    for key in ("energies", "data_energy", "data_spread"):
        assert there[key] == pytest.approx(again[key], rel=1e-4)


def test_orbits_are_those_of_the_command():
    there, again = NUMBERS["orbits"], touch_fixture.orbits()
    assert there["positions"] == again["positions"]
    for one, other in zip(there["changes"], again["changes"], strict=True):
        assert one == pytest.approx(other, rel=1e-4)
    errors = {(one["mass"], one["dt"]): one["change"] for one in there["changes"]}
    assert errors[1.0, 0.1] > 4 * errors[1.0, 0.025]
