"""Contrastive divergence on machines that can be enumerated: its gradient, its bias, and what it learns."""

import numpy as np
import pytest
import torch

import ebmtools as ebm
from ebmtools import exact
from ebmtools.fitting.rbm import _State
from ebmtools.warnings import DivergenceWarning

N, H = 4, 3
RNG = np.random.default_rng(2)
MACHINE = ebm.RBM.of(RNG.normal(0, 0.45, (N, H)), RNG.normal(0, 0.3, N), RNG.normal(0, 0.3, H))
TRUTH = ebm.ManyBody(N, [(0, 1), (1, 2, 3), (0,)], [0.8, 0.6, 0.3])


def direction(machine, data, sweeps, chains=200_000):
    """The mean step of fit_rbm on all data together: slopes of W (H, N), a and b, with many chains from the data."""
    samples = torch.from_numpy(data)
    state = _State(ebm.RBM.of(machine.weights, machine.fields, machine.hidden_fields).float(), samples, 10, 0)
    before = [x.clone() for x in (state.weight, state.fields, state.hidden_fields)]
    index = torch.from_numpy(np.random.default_rng(1).choice(len(data), chains))
    state.step(samples[index].float(), 1.0, sweeps, False, 0.0)
    after = (state.weight, state.fields, state.hidden_fields)
    moved = [(x - y).double().numpy() for x, y in zip(after, before, strict=True)]
    centre, hidden_centre = state.centre.double().numpy(), state.hidden_centre.double().numpy()
    moved[1] = moved[1] + moved[0].T @ hidden_centre  # back from the centred slope
    moved[2] = moved[2] + moved[0] @ centre
    moved[0] = moved[0] + np.outer(moved[2], centre) + np.outer(hidden_centre, moved[1])
    return moved


def exact_direction(machine, data):
    """Differences < t s >, < s >, < t > of data and model, by enumeration."""
    states, p = exact.states(N).astype(float), exact.probabilities(machine)
    above = machine.hidden_means(exact.states(N)).detach().numpy()
    data_above = machine.hidden_means(data).detach().numpy()
    return (
        data_above.T @ data / len(data) - above.T @ (p[:, None] * states),
        data.mean(0) - p @ states,
        data_above.mean(0) - p @ above,
    )


def test_the_step_is_the_gradient_once_chains_are_long():
    """Within 5 standard errors of 1 / sqrt(chains) (19 numbers: 1e-5 false alarms); CD-1 is biased, and seen to be."""
    data = exact.sample(TRUTH, 400, seed=1)
    bound = 5 * np.sqrt(2 / 200_000)
    wanted = exact_direction(MACHINE, data)
    long, short = direction(MACHINE, data, 40), direction(MACHINE, data, 1)
    assert max(np.abs(a - b).max() for a, b in zip(long[1:], wanted[1:], strict=True)) < bound
    assert np.abs(long[0] - wanted[0]).max() < bound
    assert max(np.abs(a - b).max() for a, b in zip(short, wanted, strict=True)) > 4 * bound


def kl(machine):
    p = exact.probabilities(TRUTH)
    return float((p * np.log(p / exact.probabilities(machine))).sum())


def test_persistent_chains_learn_pairs_and_triples():
    data = exact.sample(TRUTH, 20_000, seed=3)
    fit = ebm.fit_rbm(data, 12, epochs=60, batch_size=100, learning_rate=0.05, l2=0.0, seed=1, progress=False)
    independent = ebm.fit_pairwise(data, l2=1e6).energy
    assert kl(fit.energy) < 0.01 < 0.1 < kl(independent)
    triple = ebm.interactions(fit.energy, 3, top=1)
    assert triple.indices.tolist() == [[1, 2, 3]]
    assert len(fit.pseudolikelihood) == 61
    assert fit.pseudolikelihood[-1] < fit.pseudolikelihood[0]
    assert "RBM(n_visible=4, n_hidden=12)" in repr(fit)


def test_seeds_and_going_on():
    data = exact.sample(TRUTH, 500, seed=3)
    given = {"epochs": 3, "progress": False}
    one, same, other = (ebm.fit_rbm(data, H, seed=s, **given).energy.weights for s in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert np.abs(one - other).max() > 0
    start = ebm.RBM.of(MACHINE.weights, MACHINE.fields, MACHINE.hidden_fields)
    on = ebm.fit_rbm(data, H, initial=start, epochs=1, learning_rate=1e-9, progress=False)
    np.testing.assert_allclose(on.energy.weights, MACHINE.weights, atol=1e-6)
    np.testing.assert_array_equal(start.weights, MACHINE.weights)


def test_a_start_of_another_size_is_refused():
    with pytest.raises(ValueError, match=r"initial: got RBM\(n_visible=4, n_hidden=3\), expected an RBM\(4, 2\)"):
        ebm.fit_rbm(exact.sample(TRUTH, 50, seed=0), 2, initial=MACHINE)


def test_large_steps_are_said_to_diverge():
    with pytest.warns(DivergenceWarning, match="the training diverged"):
        ebm.fit_rbm(exact.sample(TRUTH, 200, seed=0), H, learning_rate=200.0, epochs=3, progress=False)


def test_a_penalty_shrinks():
    data = exact.sample(TRUTH, 500, seed=3)
    free, bound = (ebm.fit_rbm(data, H, l2=l2, epochs=40, progress=False).energy.weights for l2 in (0.0, 0.3))
    assert np.abs(bound).max() < 0.5 * np.abs(free).max()
