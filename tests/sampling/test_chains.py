"""The samplers: whole transition matrices, what one sweep really does, and the distribution of independent draws.

Every statistical test here has fixed seeds. The rate of false alarms it would have with fresh ones is in its docstring.
"""

import dataclasses
import itertools
import math

import numpy as np
import pytest
import torch
from conftest import chi_square_p, mixed_energy, random_pairwise, state_numbers
from scipy import stats

import ebmtools as ebm
from ebmtools import exact
from ebmtools.energies.polynomial import separate
from ebmtools.kernels.spin_sweeps import LANES, by_site
from ebmtools.sampling import walkers as kinds
from ebmtools.sampling.walkers import Dynamics, walkers

BETA = 0.7
DYNAMICS = [("gibbs", "sequential"), ("gibbs", "random"), ("metropolis", "random")]


class Hidden(ebm.Energy):
    """Another energy in disguise: nothing but `forward`, so that it takes the general path."""

    def __init__(self, energy):
        super().__init__(energy.n_spins)
        self.inner = energy

    def forward(self, spins):
        return self.inner.forward(spins)


def three_spins():
    """Fields, couplings, and one interaction of three spins."""
    return random_pairwise(3, seed=4) + ebm.ManyBody(3, [(0, 1, 2), (1,)], [0.6, -0.2])


def update_matrix(energies, site, method, beta=BETA):
    """P[a, b] of one proposal at one site, from the formula; states are numbered as in `exact.states`."""
    size = len(energies)
    matrix = np.zeros((size, size))
    bit = 1 << (size.bit_length() - 2 - site)
    for a in range(size):
        change = beta * (energies[a ^ bit] - energies[a])
        matrix[a, a ^ bit] = 1 / (1 + math.exp(change)) if method == "gibbs" else min(1.0, math.exp(-change))
        matrix[a, a] = 1 - matrix[a, a ^ bit]
    return matrix


def sweep_matrices(energies, method, order, beta=BETA):
    """P of a sweep for each order of the sites that it may take, all equally likely, (orders, states, states)."""
    n = len(energies).bit_length() - 1
    updates = [update_matrix(energies, site, method, beta) for site in range(n)]
    orders = [tuple(range(n))] if order == "sequential" else list(itertools.product(range(n), repeat=n))
    matrices = []
    for sites in orders:
        product = np.eye(len(energies))
        for site in sites:
            product = product @ updates[site]
        matrices.append(product)
    return np.array(matrices)


@pytest.mark.parametrize(("method", "order"), DYNAMICS)
@pytest.mark.parametrize("energy", [three_spins(), mixed_energy()], ids=["three spins", "four spins"])
def test_formulas_are_a_sampler(energy, method, order):
    """Rows sum to one; pi P = pi for the sweep; every single-site update is in detailed balance; powers go to pi."""
    energies, pi = exact.energies(energy), exact.probabilities(energy, BETA)
    sweep = sweep_matrices(energies, method, order).mean(axis=0)
    np.testing.assert_allclose(sweep.sum(axis=1), 1, atol=1e-12)
    assert (sweep >= 0).all()
    np.testing.assert_allclose(pi @ sweep, pi, atol=1e-12)
    for site in range(energy.n_spins):
        flow = pi[:, None] * update_matrix(energies, site, method)
        np.testing.assert_allclose(flow, flow.T, atol=1e-8)
    assert np.abs(np.linalg.matrix_power(sweep, 200) - pi).max() < 1e-8
    wrong = sweep_matrices(energies, method, order, BETA**2).mean(axis=0)
    assert np.abs(pi @ wrong - pi).max() > 1e-3


class SequentialMetropolis:
    """Negative control: Metropolis that visits the sites in order. At J = 0 it flips every spin at every sweep."""

    def __init__(self, energy, n_chains, seed=0):
        self.energy, self.rng = energy, np.random.default_rng(seed)
        self.state = torch.from_numpy(self.rng.choice(np.array([-1, 1], np.int8), (n_chains, energy.n_spins)))

    def place(self, spins):
        self.state = torch.from_numpy(spins.copy())

    def sweep(self, n_sweeps, beta):
        for _ in range(n_sweeps):
            for site in range(self.energy.n_spins):
                change = beta * self.energy.flip_change(self.state)[:, site].detach().numpy()
                accepted = self.rng.random(len(self.state)) < np.exp(-change)
                self.state[torch.from_numpy(accepted), site] *= -1

    def spins(self):
        return self.state.numpy().copy()


def make_walk(engine, energy, method="gibbs", order="sequential", seed=0):
    """A walker of each kind for the same law: `network` adds two networks of which the second takes back the first."""
    network = ebm.Network(energy.n_spins, (7,), "tanh", seed=4)
    disguise = {"compiled": energy, "general": Hidden(energy), "network": energy + 2.0 * network - 2.0 * network}
    rule = Dynamics(method == "metropolis", order == "random")
    if engine == "one by one":
        return kinds.OneByOne(energy, separate(energy)[0], [], LANES, rule, np.random.default_rng(seed))
    (walk,) = walkers(disguise[engine], LANES, rule, seed)
    expected = {
        "compiled": kinds.SideBySide,
        "general": kinds.ByForward,
        "network": kinds.OneByOne,
    }
    assert isinstance(walk, expected[engine])
    return walk


def check_sweep(walk, energy, method, order, beta=BETA, repeats=250):
    """Raise AssertionError unless one sweep from each state lands as the formula says, within 7 standard errors.

    Chains of a block share the sites drawn at random, so the variance of their mean is that within an order of sites,
    over the number of chains, plus that between orders. `beta` is what the walker is given, BETA what is expected.
    """
    matrices = sweep_matrices(exact.energies(energy), method, order)
    variance = (matrices * (1 - matrices)).mean(axis=0) / LANES + matrices.var(axis=0)
    error = np.sqrt(variance / repeats)
    for number, start in enumerate(exact.states(energy.n_spins)):
        counts = np.zeros(len(matrices[0]))
        for _ in range(repeats):
            walk.place(np.tile(start, (LANES, 1)))
            walk.sweep(1, np.full(LANES, beta))
            counts += np.bincount(state_numbers(walk.spins()), minlength=len(counts))
        deviation = np.abs(counts / counts.sum() - matrices.mean(axis=0)[number])
        assert (deviation <= 7 * error[number] + 1e-12).all(), (
            f"from {start}: off by {deviation}, errors {error[number]}"
        )


@pytest.mark.parametrize(("method", "order"), DYNAMICS)
@pytest.mark.parametrize("engine", ["compiled", "one by one", "network", "general"])
def test_one_sweep(engine, method, order):
    """What one sweep does, entry by entry. 64 entries at 7 standard errors: below 1e-6 false alarms."""
    check_sweep(make_walk(engine, three_spins(), method, order), three_spins(), method, order)


@pytest.mark.parametrize("engine", ["compiled", "one by one", "network", "general"])
@pytest.mark.parametrize(("method", "order"), DYNAMICS)
@pytest.mark.parametrize("mistake", ["beta twice", "wrong sign", "the other rule", "a stuck generator"])
def test_one_sweep_catches_mistakes(engine, method, order, mistake):
    """Negative controls: each is beyond 7 standard errors."""
    energy = -three_spins() if mistake == "wrong sign" else three_spins()
    rule = (method, order)
    if mistake == "the other rule":
        rule = {"sequential": ("gibbs", "random"), "random": ("gibbs", "sequential")}[order]
    walk = make_walk(engine, energy, *rule)
    if mistake == "a stuck generator":
        stuck(walk)
    with pytest.raises(AssertionError):
        check_sweep(walk, three_spins(), method, order, beta=BETA**2 if mistake == "beta twice" else BETA)


def stuck(walk):
    """Make a walker use the same random numbers at every sweep."""
    sweep = walk.sweep
    if isinstance(walk, kinds.ByForward):
        state = walk.random.get_state()
        walk.sweep = lambda n, beta: (walk.random.set_state(state), sweep(n, beta))
    else:
        words = walk.words.copy()
        walk.sweep = lambda n, beta: (np.copyto(walk.words, words), sweep(n, beta))


def test_one_sweep_catches_sequential_metropolis():
    free = ebm.Pairwise(np.zeros((3, 3)))
    check_sweep(make_walk("compiled", free, "metropolis", "random"), free, "metropolis", "random", repeats=50)
    with pytest.raises(AssertionError):
        check_sweep(SequentialMetropolis(free, LANES), free, "metropolis", "random", repeats=50)


def lattice(seed):
    """A 3 x 3 lattice with open ends: 12 couplings where a dense model has 36."""
    rng = np.random.default_rng(seed)
    near = [(i, j) for i, j in itertools.combinations(range(9), 2) if j - i == 3 or (j - i == 1 and j % 3)]
    return ebm.ManyBody(9, near, rng.normal(0, 0.7, 12)) + ebm.Pairwise(np.zeros((9, 9)), rng.normal(0, 0.5, 9))


def high_orders(seed):
    """Interactions of orders 1 to 6 among six spins."""
    sets = [(0,), (1, 2), (0, 3, 4), (1, 2, 5), (0, 1, 2, 3), (0, 1, 3, 4, 5), (0, 1, 2, 3, 4, 5)]
    return ebm.ManyBody(6, sets, np.random.default_rng(seed).normal(0, 0.7, len(sets)))


ENGINES = {
    "pairs": lambda seed: random_pairwise(5, seed),
    "lattice": lattice,
    "high orders": high_orders,
    "sum": lambda seed: 0.5 * mixed_energy(seed) - random_pairwise(4, seed + 50),
    "tanh": lambda seed: random_pairwise(4, seed) + 3.0 * ebm.Network(4, (5,), "tanh", seed=seed),
    "relu": lambda seed: mixed_energy(seed) + 3.0 * ebm.Network(4, (5,), "relu", seed=seed),
    "gelu": lambda seed: random_pairwise(4, seed) + 3.0 * ebm.Network(4, (5,), "gelu", seed=seed, dtype=torch.float64),
    "cube": lambda seed: random_pairwise(4, seed) + 3.0 * ebm.Network(4, (5,), "cube", seed=seed),
    "softplus": lambda seed: random_pairwise(4, seed) + 3.0 * ebm.Network(4, (5,), "softplus", seed=seed),
    "log_cosh": lambda seed: random_pairwise(4, seed) - 3.0 * ebm.Network(4, (5,), "log_cosh", seed=seed),
    "square": lambda seed: random_pairwise(4, seed) + 3.0 * ebm.Network(4, (5,), "square", seed=seed),
    "deep": lambda seed: random_pairwise(4, seed) + 3.0 * ebm.Network(4, (5, 5), seed=seed),
}


@pytest.mark.parametrize(("method", "order"), DYNAMICS)
@pytest.mark.parametrize("engine", ENGINES)
def test_draws_follow_the_probabilities(engine, method, order):
    """Chi-square against enumeration: 2000 independent chains, one draw each, for 10 energies and seeds, p > 1e-5. In
    all 360 tests: 0.4 % false alarms. The warm-up matters: of 80 other models one needs more than 24 sweeps, none more
    than 100. Negative controls, on three of the energies: beta applied twice, and the wrong sign, give p < 1e-5.
    """
    for seed in range(10):
        energy = ENGINES[engine](seed)
        p = exact.probabilities(energy, BETA)

        def p_value(energy, beta=BETA, seed=seed, p=p):
            rule = {"method": method, "order": order}
            draws = ebm.sample(energy, 2000, n_chains=2000, warmup=100, thin=1, beta=beta, seed=seed, **rule)
            return chi_square_p(state_numbers(draws), p)

        assert p_value(energy) > 1e-5
        if seed < 3:
            assert p_value(energy, beta=BETA**2) < 1e-5
            assert p_value(-energy) < 1e-5


@pytest.mark.parametrize(("method", "order"), DYNAMICS)
@pytest.mark.parametrize("engine", ["pairs", "lattice", "high orders", "sum"])
def test_a_single_chain_follows_the_probabilities(engine, method, order):
    """The same for a single chain, which has a kernel of its own: 2000 draws 100 sweeps apart, for 10 energies and
    seeds, p > 1e-5 (0.1 % false alarms in all 120 tests). Negative control, on three of them: beta applied twice.
    """
    for seed in range(10):
        energy = ENGINES[engine](seed)
        p = exact.probabilities(energy, BETA)
        assert isinstance(walkers(energy, 1, Dynamics(False, False), seed)[0], kinds.OneByOne)
        for beta in (BETA, BETA**2)[: 2 if seed < 3 else 1]:
            rule = {"method": method, "order": order, "beta": beta, "seed": seed}
            draws = ebm.sample(energy, 2000, n_chains=1, warmup=100, thin=100, **rule)
            assert (chi_square_p(state_numbers(draws), p) > 1e-5) == (beta == BETA)


@pytest.mark.parametrize(("method", "order"), DYNAMICS)
def test_a_million_draws(method, order):
    """Chi-square at a power that sees the flaws of a weak generator: xoshiro128+ fails a test of this size. Draws 20
    sweeps apart, p > 1e-4 (3e-4 false alarms). Negative control: beta off by 1 % is seen.
    """
    energy = three_spins()
    draws = ebm.sample(energy, 2**20, n_chains=2**14, warmup=50, thin=20, beta=BETA, method=method, order=order, seed=5)
    numbers = state_numbers(draws)
    assert chi_square_p(numbers, exact.probabilities(energy, BETA)) > 1e-4
    assert chi_square_p(numbers, exact.probabilities(energy, 1.01 * BETA)) < 1e-4


@pytest.mark.parametrize(("method", "order"), DYNAMICS)
def test_more_sites_than_lanes(method, order):
    """300 free spins in fields: every magnetisation is tanh(beta h), by a chi-square of 300 sites, p > 1e-4 (3e-4 false
    alarms). Negative control: 1 % more beta is seen.
    """
    fields = np.random.default_rng(1).normal(size=300)
    energy = ebm.Pairwise(np.zeros((300, 300)), fields)
    draws = ebm.sample(energy, 256 * 64, n_chains=256, warmup=20, thin=20, method=method, order=order, seed=2)
    for beta, expected in ((1.0, True), (1.05, False)):
        mean = np.tanh(beta * fields)
        z = (draws.spins.mean(axis=0) - mean) / np.sqrt((1 - mean**2) / len(draws))
        assert (stats.chi2.sf((z**2).sum(), 300) > 1e-4) == expected


@pytest.mark.parametrize("engine", ["compiled", "network"])
@pytest.mark.parametrize("method", ["gibbs", "metropolis"])
def test_threads_do_not_change_the_draws(engine, method):
    """300 chains, three blocks, on one, two and five threads."""
    energy = high_orders(1) + (2.0 * ebm.Network(6, (5,)) if engine == "network" else random_pairwise(6))
    runs = [ebm.sample(energy, 900, n_chains=300, warmup=3, thin=2, method=method, threads=k) for k in (1, 2, 5)]
    for other in runs[1:]:
        np.testing.assert_array_equal(runs[0].chains, other.chains)
        np.testing.assert_array_equal(runs[0].energies, other.energies)
        assert runs[0].acceptance == other.acceptance


@pytest.mark.parametrize("engine", ENGINES)
def test_energies_of_draws(engine):
    """Those of the compiled chains are summed in double precision, and equal the energy's own."""
    energy = ENGINES[engine](7)
    draws = ebm.sample(energy, 400, n_chains=150, warmup=3, thin=1)
    exactly = engine in ("pairs", "lattice", "high orders", "sum", "gelu")  # the other networks are float32
    expected = energy(draws.chains).double().detach().numpy()
    np.testing.assert_allclose(draws.energies, expected, atol=1e-12 if exactly else 1e-5)


def test_rules_that_do_not_exist():
    energy = three_spins()
    with pytest.raises(ValueError, match="order: got 'sequential' for method='metropolis', expected 'random'"):
        ebm.sample(energy, 10, method="metropolis", order="sequential")
    with pytest.raises(ValueError, match="order: got 'up', expected 'sequential' or 'random'"):
        ebm.sample(energy, 10, order="up")
    with pytest.raises(ValueError, match="threads: got 0, expected an integer >= 1"):
        ebm.sample(energy, 10, threads=0)


def test_one_chain_visits_all_states():
    """At J = 0 each Gibbs sweep is an independent draw, so one chain passes the chi-square test (p > 1e-4);
    Metropolis in order, the negative control, goes to and fro between two states.
    """
    free = ebm.Pairwise(np.zeros((3, 3)))
    draws = ebm.sample(free, 2000, n_chains=1, warmup=0, thin=1, seed=1)
    assert chi_square_p(state_numbers(draws), np.full(8, 1 / 8)) > 1e-4
    walk, visited = SequentialMetropolis(free, 1), []
    for _ in range(2000):
        walk.sweep(1, BETA)
        visited.append(state_numbers(walk.spins()))
    assert chi_square_p(visited, np.full(8, 1 / 8)) < 1e-4


def test_one_chain_on_a_flat_energy():
    """Metropolis flips a free spin at every proposal, so N * thin even keeps the parity, as its docstring says."""
    free = ebm.Pairwise(np.zeros((3, 3)))
    visited = {
        method: len(np.unique(state_numbers(ebm.sample(free, 2000, n_chains=1, thin=10, method=method, seed=1))))
        for method in ("gibbs", "metropolis")
    }
    assert visited == {"gibbs": 8, "metropolis": 4}


@pytest.mark.parametrize("method", ["gibbs", "metropolis"])
@pytest.mark.parametrize("engine", ["compiled", "network", "general"])
def test_seeds(engine, method):
    """Same seed, same draws; another seed, other draws; no two chains alike; the global generators stay untouched."""
    weak = random_pairwise(24, scale=0.05)
    energy = {"compiled": weak, "general": Hidden(weak), "network": ebm.Network(24, (5,))}
    torch_state, numpy_state = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    first, again, other = (
        ebm.sample(energy[engine], 160, n_chains=80, warmup=2, thin=1, method=method, seed=seed) for seed in (1, 1, 2)
    )
    assert np.array_equal(first.chains, again.chains)
    assert first.acceptance == again.acceptance
    assert not np.array_equal(first.chains, other.chains)
    assert len(np.unique(np.concatenate([first.chains, other.chains]).reshape(160, -1), axis=0)) == 160
    assert torch.equal(torch_state, torch.get_rng_state())
    assert np.array_equal(numpy_state, np.random.get_state()[1])  # noqa: NPY002


def test_shapes_and_order_of_draws():
    """Ten draws from four chains: three rounds, the last two draws left out of `spins` but not of `chains`."""
    energy = mixed_energy()
    draws = ebm.sample(energy, 10, n_chains=4, warmup=5, thin=2)
    assert (draws.spins.shape, draws.chains.shape, draws.energies.shape) == ((10, 4), (4, 3, 4), (4, 3))
    assert draws.spins.dtype == draws.chains.dtype == np.int8
    assert (len(draws), draws.n_sweeps) == (10, 5 + 3 * 2)
    for k in range(10):
        assert np.array_equal(draws.spins[k], draws.chains[k % 4, k // 4])
    np.testing.assert_allclose(draws.energies, energy(draws.chains).detach(), atol=1e-12)
    assert np.array_equal(np.asarray(draws), draws.spins)
    assert np.array(draws, dtype=float).dtype == np.float64
    assert np.array(draws, copy=True) is not draws.spins
    assert energy(draws).shape == (10,)
    assert ebm.sample(energy, 3, thin=1, warmup=0).chains.shape == (3, 1, 4)
    assert ebm.sample(energy, 300, thin=1, warmup=0).chains.shape == (128, 3, 4)


@pytest.mark.parametrize("engine", ["compiled", "general"])
def test_acceptance(engine):
    """Exact rates of the flips in equilibrium, within 5 standard errors from 40 seeds (below 1e-4 false alarms); free
    spins always flip under Metropolis.
    """
    free = ebm.Pairwise(np.zeros((3, 3)))
    energy = three_spins()
    if engine == "general":
        free, energy = Hidden(free), Hidden(energy)
    assert ebm.sample(free, 50, method="metropolis").acceptance == 1.0
    pi = exact.probabilities(energy, BETA)
    for method in ("gibbs", "metropolis"):
        updates = [update_matrix(exact.energies(energy), site, method) for site in range(3)]
        rate = np.mean([pi @ (1 - np.diag(update)) for update in updates])
        found = [
            ebm.sample(energy, 64, warmup=20, thin=5, n_chains=64, method=method, beta=BETA, seed=seed).acceptance
            for seed in range(40)
        ]
        assert abs(np.mean(found) - rate) < 5 * np.std(found, ddof=1) / math.sqrt(40)


def test_good_draws_have_good_diagnostics():
    """Gibbs at J = 0 gives independent draws: R-hat near 1, and as many effective samples as there are."""
    energy = ebm.Pairwise(np.zeros((8, 8)), np.full(8, 0.5))
    draws = ebm.sample(energy, 4000, n_chains=8, warmup=1, thin=1, seed=1)
    assert abs(draws.rhat - 1) < 0.01
    assert 0.85 < draws.effective_sample_size / 4000 < 1.15
    assert "4000 samples of 8 spins\n  from 8 chains x 500 draws, 501 sweeps each" in repr(draws)
    assert f"R-hat {draws.rhat:.3f}" in repr(draws)


def wells(field, coupling=0.5):
    """Eight spins in two wells, all up and all down; with field the first is deeper."""
    return ebm.Pairwise(coupling * (np.ones((8, 8)) - np.eye(8)), np.full(8, field))


def test_stuck_chains_are_seen():
    """Two wells of different depth: no chain changes its well, and R-hat of the energy says so."""
    draws = ebm.sample(wells(0.3), 2000, n_chains=8, warmup=100, seed=0)
    down = (draws.chains.mean(axis=(1, 2)) < 0).sum()
    assert 0 < down < 8  # so the chains do disagree
    assert draws.rhat > 1.1
    assert draws.effective_sample_size < 100


def test_frozen_chains_are_seen():
    draws = ebm.sample(wells(0.3, coupling=5.0), 2000, n_chains=8, warmup=100, seed=0)
    assert draws.rhat > 1.1
    assert repr(draws)


def test_chains_stuck_in_symmetric_wells_are_seen_in_the_spins():
    """At h = 0 both wells have the same energy, so only the spins can tell. ArviZ takes the draws as they are."""
    import arviz

    data = ebm.sample(wells(0.0, coupling=0.4), 2000, n_chains=8, warmup=100, seed=1).to_inference_data()
    assert data.posterior["spins"].shape == (8, 250, 8)
    assert data.posterior["energy"].dims == ("chain", "draw")
    assert float(arviz.rhat(data)["spins"].min()) > 1.1


def test_diagnostics_of_other_observables():
    """Any (n_chains, n_draws) array; the energy's are the default."""
    draws = ebm.sample(wells(0.0), 2000, n_chains=8, warmup=100, seed=0)
    magnetisation = draws.chains.mean(axis=2)
    assert draws.rhat < 1.1 < draws.rhat_of(magnetisation)
    assert draws.effective_sample_size_of(magnetisation) < 30 < draws.effective_sample_size
    assert draws.rhat == draws.rhat_of(draws.energies)
    with pytest.raises(ValueError, match=r"values: got shape \(2000, 8\), expected \(8, 250\): \(n_chains, n_draws\)"):
        draws.rhat_of(draws.spins)


def test_few_draws_have_no_diagnostics():
    draws = ebm.sample(mixed_energy(), 300)
    assert math.isnan(draws.rhat)
    assert math.isnan(draws.effective_sample_size)
    assert "from 1 chains x 300 draws" in repr(ebm.sample(mixed_energy(), 300, n_chains=1))


def autoregressive(chains=64, length=2000, rho=0.9, seed=0):
    """Draws whose energies are AR(1) with variance 1 and autocorrelation time (1 + rho) / (1 - rho) = 19."""
    rng = np.random.default_rng(seed)
    x = np.empty((chains, length))
    x[:, 0] = rng.normal(size=chains)
    for t in range(1, length):
        x[:, t] = rho * x[:, t - 1] + math.sqrt(1 - rho**2) * rng.normal(size=chains)
    spins = np.ones((chains, length, 1), np.int8)
    return ebm.Draws(spins.reshape(-1, 1), spins, x, acceptance=0.5, n_sweeps=length)


def test_known_autocorrelation_time():
    """ESS = n / 19 within 12 %, four times its scatter over 20 other seeds. The error of the mean is sqrt(19 / n),
    known to 9 % from 64 chains: within 4 of these (1e-4 false alarms). Negative control: the naive 1 / sqrt(n) is not.
    """
    draws = autoregressive()
    n = draws.energies.size
    assert abs(draws.effective_sample_size / (n / 19) - 1) < 0.12
    mean, error = draws.mean_and_error(draws.energies)
    expected = math.sqrt(19 / n)
    assert abs(error / expected - 1) < 4 * 0.09
    assert abs(mean) < 4 * expected
    naive = draws.energies.std() / math.sqrt(n)
    assert abs(naive / expected - 1) > 4 * 0.09


def test_error_bars_cover_the_truth():
    """Of 400 experiments with 20 correlated chains the 95 % interval (Student, 19 degrees) holds the exact value in
    95 %, within 4 binomial errors of 1.1 % (1e-4 false alarms). Negative control: the naive error covers less, 89 %.
    """
    energy = random_pairwise(6, seed=2, scale=0.4)
    truth = exact.moments(energy).correlations[0, 1]
    draws = ebm.sample(energy, 200_000, n_chains=8000, warmup=100, thin=1, method="metropolis", seed=5)
    covered = covered_naively = 0
    for k in range(400):
        part = slice(20 * k, 20 * (k + 1))
        experiment = dataclasses.replace(draws, chains=draws.chains[part], energies=draws.energies[part])
        values = experiment.chains[..., 0] * experiment.chains[..., 1]
        mean, error = experiment.mean_and_error(values)
        covered += abs(mean - truth) < 2.093 * error
        covered_naively += abs(mean - truth) < 1.96 * values.std() / math.sqrt(values.size)
    assert abs(covered / 400 - 0.95) < 4 * 0.011
    assert covered_naively / 400 < 0.95 - 4 * 0.011


def test_errors_of_many_observables_at_once():
    draws = ebm.sample(mixed_energy(), 400, n_chains=4)
    mean, error = draws.mean_and_error(draws.chains)
    assert mean.shape == error.shape == (4,)
    np.testing.assert_allclose(mean, draws.spins.mean(axis=0))
    with pytest.raises(ValueError, match=r"values: got shape \(400, 4\), expected \(4, 100\)"):
        draws.mean_and_error(draws.spins)
    alone = ebm.sample(mixed_energy(), 10, n_chains=1)
    with pytest.raises(ValueError, match="at least two chains"):
        alone.mean_and_error(alone.energies)


def test_terms_by_site():
    """Orders 1 and 2 become fields and couplings, factors are multiplied out; a network has no polynomial."""
    energy = 2 * ebm.ManyBody(3, [(1,), (2, 0), (0, 1, 2)], [1, 2, 3]) - ebm.Pairwise(np.zeros((3, 3)), [1, 0, 0])
    polynomial, _ = separate(energy)
    form = by_site(polynomial.fields, polynomial.couplings, polynomial.interactions)
    assert form.fields.tolist() == [-1, 2, 0]
    assert (form.start.tolist(), form.neighbours.tolist(), form.couplings.tolist()) == ([0, 1, 1, 2], [2, 0], [4, 4])
    assert (form.first.tolist(), form.coefficients.tolist()) == ([0, 1, 2, 3], [6, 6, 6])
    assert form.members.tolist() == [1, 2, 0, 2, 0, 1]
    network = ebm.Network(3)
    assert separate(random_pairwise(3) - network)[1] == [(-1.0, network)]
    nothing = separate(random_pairwise(3) - random_pairwise(3))[0]
    assert by_site(nothing.fields, nothing.couplings, nothing.interactions).couplings.size == 0  # zeros are not listed


@pytest.mark.parametrize(
    ("energy", "n_chains", "kind"),
    [
        (random_pairwise(3) + ebm.ManyBody(3, [(0, 1, 2)], [1.0]), 1, kinds.OneByOne),
        (random_pairwise(3) + ebm.ManyBody(3, [(0, 1, 2)], [1.0]), 3, kinds.SideBySide),
        (random_pairwise(64), 4, kinds.OneByOne),
        (random_pairwise(64), 6, kinds.SideBySide),
        (ebm.Pairwise(np.zeros((2000, 2000))), 1, kinds.SideBySide),
        (random_pairwise(3) + 0.5 * ebm.Network(3, activation="relu"), 100, kinds.OneByOne),
        (ebm.Network(3, activation="relu") + ebm.Network(3, activation="tanh"), 2, kinds.ByForward),
        (ebm.Network(3, (4, 4)), 2, kinds.ByForward),
    ],
)
def test_the_fastest_walker_is_taken(energy, n_chains, kind):
    (walk,) = walkers(energy, n_chains, Dynamics(False, False), 0)
    assert type(walk) is kind


def test_pre_activations_do_not_drift():
    """After 3000 sweeps in one call the flips still follow the energy: chi-square as above, p > 1e-4."""
    energy = 2.0 * ebm.Network(4, (32,), "relu", seed=1)
    draws = ebm.sample(energy, 4000, n_chains=4000, warmup=3000, thin=1, seed=2)
    numbers = state_numbers(draws)
    assert chi_square_p(numbers, exact.probabilities(energy)) > 1e-4


@pytest.mark.parametrize("engine", ["compiled", "network", "general"])
def test_chains_start_where_they_are_told(engine):
    """A strong field holds a start at +1; free spins under Metropolis flip the parity of their start."""
    free = ebm.Pairwise(np.zeros((5, 5)))
    nothing = 0.0 * ebm.Network(5, (3,))
    wrap = {"compiled": lambda e: e, "network": lambda e: e + nothing, "general": Hidden}[engine]
    start = np.random.default_rng(3).choice([-1, 1], (150, 5))
    frozen = ebm.Pairwise(np.zeros((5, 5)), np.full(5, 40.0))  # no flip away from +1 ever happens
    held = ebm.sample(wrap(frozen), 150, warmup=0, thin=1, initial=np.ones((150, 5)))
    assert (held.spins == 1).all()
    walked = ebm.sample(wrap(free), 150, warmup=0, thin=1, method="metropolis", initial=start, seed=1)
    again = ebm.sample(wrap(free), 150, n_chains=150, warmup=0, thin=1, method="metropolis", initial=start, seed=1)
    np.testing.assert_array_equal(walked.spins, again.spins)
    # Free spins flip at every proposal: five proposals change the parity of each chain, whatever sites were drawn.
    np.testing.assert_array_equal(walked.spins.prod(axis=1), -start.prod(axis=1))


@pytest.mark.parametrize(("initial", "n_chains"), [(np.ones(5), None), (np.ones((3, 5)), 4), (np.ones((3, 4)), None)])
def test_initial_states_must_fit(initial, n_chains):
    with pytest.raises(ValueError, match="initial: "):
        ebm.sample(ebm.Pairwise(np.zeros((5, 5))), 10, n_chains=n_chains, initial=initial)


def test_no_interactions_are_no_obstacle():
    """As pursuit returns them where it finds nothing."""
    pairwise = random_pairwise(22)
    with_none = pairwise + ebm.ManyBody(22, [], [])
    np.testing.assert_array_equal(ebm.sample(with_none, 50, seed=1).spins, ebm.sample(pairwise, 50, seed=1).spins)
    found, alone = (ebm.log_partition(energy, n_chains=50, n_steps=50) for energy in (with_none, pairwise))
    assert found.value == pytest.approx(alone.value, abs=1e-3)
