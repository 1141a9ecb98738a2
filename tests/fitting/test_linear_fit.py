"""The solver behind fit_pairwise and fit_convex: its objective against the plain one, its optimum against others'."""

import numpy as np
import pytest
import torch

import ebmtools as ebm
from ebmtools import objectives
from ebmtools.fitting import linear
from ebmtools.fitting.descent import descend
from ebmtools.fitting.linear import LinearPseudolikelihood, Parameters
from ebmtools.fitting.linear_fit import fit_linear

N, M = 70, 2500  # more than one product of 64 sites, more than two blocks
INTERACTIONS = [(0, 1, 2), (1, 2, 3, 4), (5, 20, 40, 60, 69)]


def random_problem(single, monkeypatch, scale=1.0):
    """A random data set, weights, frozen rest and parameters, with the energy they stand for."""
    rng = np.random.default_rng(3)
    monkeypatch.setattr(linear, "SMALL", 0 if single else 2**30)
    spins = torch.from_numpy(rng.choice([-1, 1], (M, N)).astype(np.int8))
    weights = torch.from_numpy(rng.dirichlet(np.ones(M)))
    rest = torch.from_numpy(rng.normal(size=(M, N)))
    upper = np.triu(rng.normal(0, scale, (N, N)), 1)
    at = Parameters(upper + upper.T, rng.normal(size=N), rng.normal(0, scale, len(INTERACTIONS)))
    return LinearPseudolikelihood(spins, weights, INTERACTIONS, rest), spins, weights, rest, at


def reference(spins, weights, rest, at):
    """Value and gradient by autograd in double precision, from the package's own energies."""
    energy = ebm.Pairwise(at.couplings, at.fields) + ebm.ManyBody(N, INTERACTIONS, at.coefficients)
    change = energy.forward_flips(spins) + rest
    value = torch.nn.functional.softplus(-change).sum(1) @ weights
    pairwise, many_body = energy.parts
    gradients = torch.autograd.grad(value, [pairwise.upper, pairwise.h, many_body.xi])
    return float(value.detach()), [gradient.numpy() for gradient in gradients]


@pytest.mark.parametrize(("single", "tolerance"), [(False, 1e-12), (True, 3e-6)])
@pytest.mark.parametrize("scale", [0.1, 3.0])  # 3.0: flip changes of hundreds, beyond the cap of the exponential
def test_objective_is_the_plain_one(single, tolerance, scale, monkeypatch):
    problem, spins, weights, rest, at = random_problem(single, monkeypatch, scale)
    value, slope = problem.value_and_gradient(at)
    expected, (couplings, fields, coefficients) = reference(spins, weights, rest, at)
    assert problem.single == single
    assert value == pytest.approx(expected, rel=tolerance)
    upper = np.triu_indices(N, 1)
    tolerance *= 10  # the entries are sums of 2,500 terms
    np.testing.assert_allclose((slope.couplings + slope.couplings.T)[upper], couplings, atol=tolerance)
    np.testing.assert_allclose(slope.fields, fields, atol=tolerance)
    np.testing.assert_allclose(slope.coefficients, coefficients, atol=tolerance)


def test_objective_by_site():
    """The gradient in J_ij at site i alone is that of the objective in which J_ij and J_ji are two numbers."""
    rng = np.random.default_rng(1)
    spins = torch.from_numpy(rng.choice([-1, 1], (50, 4)).astype(np.int8))
    at = Parameters(rng.normal(size=(4, 4)) * (1 - np.eye(4)), np.zeros(4), np.zeros(0))
    matrix = torch.tensor(at.couplings, requires_grad=True)
    s = spins.double()
    loss = torch.nn.functional.softplus(-2 * s * (s @ matrix.T)).sum(1).mean()
    expected = torch.autograd.grad(loss, matrix)[0].numpy()
    _, slope = LinearPseudolikelihood(spins, torch.full((50,), 1 / 50, dtype=torch.float64)).value_and_gradient(at)
    np.testing.assert_allclose(slope.couplings, expected, atol=1e-13)


def test_moments(monkeypatch):
    problem, spins, weights, _, _ = random_problem(True, monkeypatch)
    s = spins.double()
    means, products = problem.moments()
    np.testing.assert_allclose(means, weights @ s, atol=1e-14)
    np.testing.assert_allclose(products, s.T @ (weights[:, None] * s), atol=1e-14)
    equal = LinearPseudolikelihood(spins, torch.full((M,), 1 / M, dtype=torch.float64))
    np.testing.assert_allclose(equal.moments()[1], s.T @ s / M, atol=1e-15)


def lattice(seed, strength):
    """An 8 x 8 spin glass with periodic borders and couplings +-strength."""
    rng = np.random.default_rng(seed)
    couplings = np.zeros((64, 64))
    for i in range(64):
        for j in (8 * (i // 8) + (i + 1) % 8, (i + 8) % 64):
            couplings[i, j] = couplings[j, i] = strength * rng.choice([-1, 1])
    return ebm.Pairwise(couplings)


@pytest.mark.parametrize("symmetric", [True, False])
@pytest.mark.parametrize("seed", [1, 2])
def test_frustrated_spin_glass(symmetric, seed):
    """Strong frustrated couplings, where a fixed Hessian diverges: the gradient vanishes in double precision."""
    spins = ebm.sample(lattice(seed, 0.8), 4000, warmup=500, thin=5, seed=seed).spins
    fit = ebm.fit_pairwise(spins, symmetric=symmetric)
    assert fit.converged
    s, matrix = torch.from_numpy(spins).double(), torch.tensor(fit.couplings)
    if not symmetric:
        matrix = torch.tensor(fit.couplings_by_site)
    matrix.requires_grad_()
    fields = torch.tensor(fit.fields, requires_grad=True)
    loss = torch.nn.functional.softplus(-2 * s * (fields + s @ matrix.T)).sum(1).mean()
    by_site, by_field = torch.autograd.grad(loss, [matrix, fields])
    gradient = by_site + by_site.T if symmetric else by_site
    assert float(gradient.fill_diagonal_(0).abs().max()) < 1e-5
    assert float(by_field.abs().max()) < 1e-5
    assert fit.objective == pytest.approx(float(loss.detach()), abs=1e-6)


def test_start_does_not_matter():
    """From far off, the same optimum: the problem is convex."""
    rng = np.random.default_rng(5)
    truth = ebm.random_hamiltonian(10, gamma=0.5, beta=1.0, seed=2)
    spins = torch.from_numpy(ebm.exact.sample(truth, 2000, seed=1))
    problem = LinearPseudolikelihood(spins, torch.full((2000,), 1 / 2000, dtype=torch.float64), truth.interactions)
    upper = np.triu(rng.normal(size=(10, 10)), 1)
    far = Parameters(upper + upper.T, rng.normal(size=10), rng.normal(size=len(truth.interactions)))
    near, other = fit_linear(problem), fit_linear(problem, start=far)
    for one, two in zip(near.at, other.at, strict=True):
        np.testing.assert_allclose(one, two, atol=1e-5)


def test_independent_start_beside_a_frozen_rest():
    """The rest is the truth: nothing is left to fit, though the data alone look strongly coupled."""
    truth = lattice(1, 0.8)
    spins = torch.from_numpy(ebm.sample(truth, 2000, warmup=300, thin=5, seed=3).spins)
    problem = LinearPseudolikelihood(
        spins, torch.full((2000,), 1 / 2000, dtype=torch.float64), rest=truth.flip_change(spins)
    )
    fit = fit_linear(problem, l2=1.0)
    assert fit.converged
    assert np.abs(fit.at.couplings).max() < 0.05
    assert fit.value <= float(objectives.pseudolikelihood(truth, spins).detach())


def test_descent_stops_where_no_step_helps():
    """A gradient that lies (it never falls) ends the search instead of looping."""
    minimum = descend(lambda x: (0.0, np.ones_like(x)), lambda g: g, np.zeros(3), 1e-12)
    assert minimum.gap == pytest.approx(1.5)


def test_descent_finds_a_steep_valley():
    """A convex function whose curvature changes by e^8 along the way: sum exp(x) - 10 x, minimum at log 10."""

    def valley(x):
        return float((np.exp(x) - 10 * x).sum()), np.exp(x) - 10

    minimum = descend(valley, lambda gradient: gradient / 100, np.array([6.0, -6.0]), 1e-14)
    np.testing.assert_allclose(minimum.at, np.log(10), atol=1e-6)
