"""The step of contrastive divergence by compiled loops, against the formula in double precision."""

import numpy as np
import pytest

from ebmtools import kernels

CHAINS, SAMPLES, N, H = 7, 5, 11, 6
RATE, DECAY, MEMORY = 0.3, 0.05, 0.9


def arrays():
    """Spins (R, N), fields of hidden spins without their own (R, H), and a machine with its centres."""
    rng = np.random.default_rng(4)
    shapes = {"above": (CHAINS + SAMPLES, H), "weight": (H, N), "fields": (N,), "hidden_fields": (H,)}
    made = {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
    made["spins"] = rng.choice(np.array([-1, 1], np.float32), (CHAINS + SAMPLES, N))
    made |= {"centre": rng.uniform(-1, 1, N).astype(np.float32), "hidden_centre": np.zeros(H, np.float32)}
    return made


def by_loops(made):
    """Weights, fields, hidden fields and hidden centre after a step."""
    a = {name: array.copy() for name, array in made.items()}
    field, hidden_field = np.empty(N, np.float32), np.empty(H, np.float32)
    kernels.contrastive.sign(CHAINS, a["hidden_fields"], MEMORY, a["hidden_centre"], a["above"], hidden_field)
    kernels.contrastive.difference(CHAINS, a["spins"], field)
    slope = a["above"].T @ a["spins"]
    sums, machine = (field, hidden_field), (a["weight"], a["fields"], a["hidden_fields"])
    kernels.contrastive.move(slope, *sums, a["centre"], a["hidden_centre"], RATE, DECAY, *machine)
    return [a[name].astype(float) for name in ("weight", "fields", "hidden_fields", "hidden_centre")]


def by_formula(made, sign=1.0, centred=True):
    """The same by means over data and chains: dW = cov, da = <s> - dW^T c_h, db = <t> - dW c_s."""
    a = {name: array.astype(float) for name, array in made.items()}
    means = np.tanh(a["above"] + a["hidden_fields"])
    hidden_centre = MEMORY * a["hidden_centre"] + (1 - MEMORY) * means[CHAINS:].mean(0)
    share = np.r_[np.full(CHAINS, -sign / CHAINS), np.full(SAMPLES, 1 / SAMPLES)]
    centre = a["centre"] if centred else 0 * a["centre"]
    slope = (means - hidden_centre).T @ (share[:, None] * (a["spins"] - centre)) - DECAY * a["weight"]
    field = share @ a["spins"] - slope.T @ hidden_centre
    hidden_field = share @ means - slope @ centre
    machine = (a["weight"], a["fields"], a["hidden_fields"])
    return [x + RATE * d for x, d in zip(machine, (slope, field, hidden_field), strict=True)] + [hidden_centre]


def test_the_loops_are_the_formula():
    made = arrays()
    for found, wanted in zip(by_loops(made), by_formula(made), strict=True):
        np.testing.assert_allclose(found, wanted, atol=3e-6)


@pytest.mark.parametrize("wrong", [{"sign": -1.0}, {"centred": False}])
def test_a_wrong_formula_is_noticed(wrong):
    made = arrays()
    assert np.abs(by_loops(made)[0] - by_formula(made, **wrong)[0]).max() > 0.01


def test_large_fields_saturate():
    """tanh to 3e-7 from -200 to 200: one chain and one sample with the same fields cancel, but for the centre."""
    fields = np.linspace(-200, 200, 4001, dtype=np.float32)
    above, sums, centre = np.stack([fields, fields]), np.empty(4001, np.float32), np.zeros(4001, np.float32)
    kernels.contrastive.sign(1, np.zeros(4001, np.float32), 0.0, centre, above, sums)
    np.testing.assert_allclose(centre, np.tanh(fields.astype(float)), atol=3e-7)
    np.testing.assert_allclose(sums, 0, atol=1e-7)
