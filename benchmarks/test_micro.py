"""Micro-benchmarks of the kernels, for developers: `make micro`. No part of `make test`."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import ebmtools as ebm
from ebmtools.fitting.rbm import _State

N = 64


@pytest.fixture(scope="module")
def pairwise():
    upper = np.triu(np.random.default_rng(1).normal(0, 0.5 / np.sqrt(N), (N, N)), 1)
    return ebm.Pairwise(upper + upper.T)


@pytest.fixture(scope="module")
def spins(pairwise):
    return ebm.sample(pairwise, 10_000, n_chains=500, warmup=200, thin=10, seed=1).spins


@pytest.mark.parametrize("method", ["gibbs", "metropolis"])
def test_sample_pairwise(benchmark, pairwise, method):
    draws = benchmark(ebm.sample, pairwise, 512, n_chains=512, warmup=99, thin=1, method=method)
    assert len(draws) == 512


@pytest.mark.parametrize("order", [3, 4, 5])
def test_sample_many_body(benchmark, order):
    energy = ebm.random_hamiltonian(N, order=order, seed=1)
    assert len(benchmark(ebm.sample, energy, 512, n_chains=512, warmup=99, thin=1)) == 512


def test_sample_network(benchmark):
    energy = ebm.Network(N, activation="relu", seed=1)
    assert len(benchmark(ebm.sample, energy, 128, n_chains=128, warmup=1, thin=1)) == 128


@pytest.mark.parametrize("symmetric", [True, False])
def test_fit_pairwise(benchmark, spins, symmetric):
    assert benchmark(ebm.fit_pairwise, spins, symmetric=symmetric).converged


@pytest.mark.parametrize("activation", ["relu", "tanh", "gelu", "cube"])
def test_network_step(benchmark, spins, activation):
    energy, batch = ebm.Network(N, activation=activation, seed=1), torch.from_numpy(spins[:256]).float()

    def step():
        energy.zero_grad()
        value = ebm.objectives.pseudolikelihood(energy, batch)
        value.backward()
        return value

    assert torch.isfinite(benchmark(step))


def test_rbm_step(benchmark, spins):
    state = _State(ebm.RBM(N, 2 * N, seed=0), torch.from_numpy(spins), 100, 0)
    batch = state.data[:100].clone()
    benchmark(state.step, batch, 0.001, 1, True, 0.0)
    assert torch.isfinite(state.weight).all()


@pytest.mark.parametrize("method", ["quadrature", "sampled"])
def test_couplings(benchmark, method):
    assert benchmark(ebm.couplings, ebm.Network(N, seed=1), method=method).values.shape == (N, N)


def test_walsh_transform(benchmark):
    values = np.random.default_rng(1).normal(size=2**16)
    assert benchmark(ebm.exact.walsh_transform, values).shape == values.shape
