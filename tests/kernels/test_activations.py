"""The activations of the kernels against their formulas in double precision."""

import math

import numpy as np
import pytest
import torch
from conftest import PHI
from scipy import special

from ebmtools.energies.network import ACTIVATIONS
from ebmtools.kernels import activations
from ebmtools.kernels.activations import phi
from ebmtools.kernels.jit import compiled

SLOPE = {
    "relu": lambda z: np.where(z > 0, 1.0, 0.0),
    "tanh": lambda z: 1 / np.cosh(z) ** 2,
    "gelu": lambda z: special.ndtr(z) + z * np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi),
    "softplus": special.expit,
    "log_cosh": np.tanh,
    "square": lambda z: 2 * z,
    "cube": lambda z: 3 * z**2,
}


def check_activation(compiled, name):
    """phi and phi' within 1e-6 of the exact ones, or 1e-6 of their size where they exceed one."""
    inputs = np.concatenate([[0.0], np.geomspace(1e-6, 87, 300)])
    for x in np.concatenate([-inputs, inputs]).astype(np.float32):
        for found, exact_function in zip(compiled(x), (PHI[name], SLOPE[name]), strict=True):
            true = float(exact_function(np.float64(x)))
            assert abs(float(found) - true) < 1e-6 * max(1.0, abs(true)), (name, x)


@pytest.mark.parametrize("name", PHI)
def test_compiled_activations(name):
    check_activation(getattr(activations, name), name)


@compiled
def taken(kind, x):
    return phi(kind, x)


@pytest.mark.parametrize("name", PHI)
def test_a_kernel_takes_the_activation_that_its_argument_tells(name):
    check_activation(lambda x: taken(activations.kind(name), x), name)


def test_plain_python_takes_it_too():
    assert phi(activations.kind("square"), np.float32(3)) == (9, 6)


def test_every_activation_is_in_both_tables():
    assert set(activations.ACTIVATIONS) == set(PHI) == set(ACTIVATIONS)


def test_check_of_activations_catches_mistakes():
    """Negative control: the common tanh approximation of gelu is 5e-4 off."""

    def approximate(x):
        true = torch.nn.functional.gelu(torch.tensor(float(x)), approximate="tanh").item()
        return true, SLOPE["gelu"](float(x))

    with pytest.raises(AssertionError):
        check_activation(approximate, "gelu")


def test_compiled_softplus_keeps_nan():
    assert all(math.isnan(activations.softplus(np.float32(x))[0]) for x in (np.nan, -np.nan))
