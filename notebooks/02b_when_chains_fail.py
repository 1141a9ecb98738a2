# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # What a chain is worth, and how it fails
#
# A chain that is run for long enough visits every state as often as it deserves. But how long is long enough, where two valleys are separated by a high wall?
# This second half of chapter 2 measures what a chain is worth, takes it to a system that is solved exactly, and then to systems in which it gets stuck. **Would you have noticed?**
#
# **What you will learn**
#
# - how much a chain is worth: acceptance, autocorrelation time, effective sample size, R-hat;
# - the two-dimensional Ising model, held against Onsager's exact solution;
# - how chains fail, and which diagnostics see it;
# - how trading temperatures frees a chain that is stuck.
#
# **Prerequisites**: {doc}`02_metropolis_hastings`.
#
# **Running time**: less than a minute on one core.

# %%
import warnings

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import Markdown, display
from scipy.special import ellipk
from scipy.stats import norm

import ebmtools as ebm
from ebmtools import exact, plotting

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # ArviZ announces its next version
    import arviz as az

plotting.use_style()
COLORS = plotting.COLORS

# %% tags=["parameters"]
seed = 1
n_walkers = 64  # chains side by side, in the study of step sizes

# %% [markdown]
# ```{figure} ../book/_static/drawings/ladder.svg
# :name: fig-draw-ladder
# :alt: Three copies of a curve with two valleys, from cold below to warm above; the wall between the valleys is high in the cold copy and nearly gone in the warm one. A ball that is stuck in the cold copy goes up to the warm one, crosses, and comes down on the other side.
#
# The trouble and its cure: a cold chain cannot climb the wall between two valleys. A ladder of copies at higher temperatures carries it across.
# ```


# %% tags=["hide-cell"]
def log_f(x):
    left = 0.6 / 0.6 * np.exp(-0.5 * ((x + 1.5) / 0.6) ** 2)
    right = 0.4 / 0.8 * np.exp(-0.5 * ((x - 1.5) / 0.8) ** 2)
    return np.log(left + right)


def density(x):
    return 0.6 * norm.pdf(x, -1.5, 0.6) + 0.4 * norm.pdf(x, 1.5, 0.8)


# %% [markdown]
# ## What a chain is worth
#
# Let $g_t = g(x_t)$ along a stationary chain. The **{term}`autocorrelation function <autocorrelation>`** says how much $g_{t+k}$ still knows of $g_t$:
#
# $$
# \rho_k = \frac{\langle g_t\, g_{t+k} \rangle - \langle g \rangle^2}{\langle g^2 \rangle - \langle g \rangle^2} .
# $$ (eq-mh-acf)
#
# The variance of the mean of $n$ of them is $\frac{1}{n^2}\sum_{t,u}\operatorname{Cov}(g_t, g_u)$. Each lag $k$ occurs about $2n$ times in the double sum, lag $0$ occurs $n$ times. So for long chains
#
# $$
# \begin{aligned}
# \operatorname{Var}(\bar g) &\approx \frac{\sigma_g^2}{n}\, \tau = \frac{\sigma_g^2}{n_\text{eff}}, \\
# \tau &= 1 + 2\sum_{k=1}^{\infty} \rho_k , \qquad n_\text{eff} = \frac{n}{\tau} .
# \end{aligned}
# $$ (eq-mh-tau)
#
# $\tau$ is the **integrated autocorrelation time**: the number of steps that one independent draw costs.
# Positive $\rho_k$ make $n_\text{eff}$ smaller than $n$. Negative ones can make it larger, but that is rare.
#
# The estimate of $\tau$ has a catch: the sum over all lags adds up noise for ever, so one stops at a lag of a few $\tau$. {doc}`appendix_chains` tries this estimator and ArviZ's on a chain whose $\tau$ is known. Its finding is worth remembering: **a chain that is too short believes that it is long enough.**


# %%
def autocorrelation(x):
    """rho_k of chains (n_chains, n), by FFT, pooled over chains."""
    n, centred = x.shape[1], x - x.mean()
    power = np.abs(np.fft.rfft(centred, 2 * n)) ** 2
    covariance = np.fft.irfft(power)[:, :n].mean(0) / np.arange(n, 0, -1)
    return covariance / covariance[0]


def integrated_time(x):
    """1 + 2 sum of rho_k, up to the first lag that is 5 times the sum."""
    tau = 2 * np.cumsum(autocorrelation(x)) - 1
    enough = np.arange(len(tau)) >= 5 * tau
    return tau[np.argmax(enough) if enough.any() else -1]


# %% [markdown]
# ### The best step size
#
# Small steps are nearly always accepted, and lead nowhere. Large ones lead far, and are nearly always refused. Somewhere between lies the best step.
# We look for it on the simplest target, the standard normal, with proposal $y = x + \sigma\varepsilon$.
#
# This case has exact answers. The acceptance is $\frac{2}{\pi}\arctan\frac{2}{\sigma}$, and $\tau$ follows from the transition matrix on a fine grid. {doc}`appendix_chains` derives both.
#
# :::{admonition} Predict, then run: how many refusals?
# :class: predict
# At the best step size, which share of the proposals is accepted: nearly all, about half, fewer than half?
# :::


# %% tags=["hide-input"]
def mean_error(values):
    """Mean and standard error over independent repetitions, along axis 0."""
    values = np.asarray(values)
    return values.mean(0), values.std(0, ddof=1) / np.sqrt(len(values))


def exact_tau(P, p, g):
    """Integrated autocorrelation time of g from the whole transition matrix."""
    g = g - p @ g
    solved = np.linalg.solve(np.eye(len(p)) - P + p[None, :], g)
    return 2 * (p * g) @ solved / ((p * g) @ g) - 1


def walk_matrix(sigma, x):
    """Metropolis on the standard normal, on the equidistant grid x."""
    p = norm.pdf(x)
    q = norm.pdf(x[None, :], x[:, None], sigma) * (x[1] - x[0])
    P = q * np.minimum(p[None, :] / p[:, None], 1)
    np.fill_diagonal(P, 0)
    return P + np.diag(1 - P.sum(1)), p / p.sum()


# %%
def walkers(log_f, start, sigma, n_steps, rng):
    """Many chains at once: states (n_chains, n_steps), and acceptance."""
    x, states, accepted = start.copy(), [], np.zeros(len(start))
    for _ in range(n_steps):
        y = x + sigma * rng.normal(size=len(x))
        take = np.log(rng.random(len(x))) < log_f(y) - log_f(x)
        x, accepted = np.where(take, y, x), accepted + take
        states.append(x)
    return np.transpose(states), accepted / n_steps


# %%
sigmas = np.geomspace(0.25, 40, 12)
rng = np.random.default_rng(seed)
rates, taus = [], []
for sigma in sigmas:
    start = rng.normal(size=n_walkers)  # from the target: no warm-up
    x, rate = walkers(lambda x: -(x**2) / 2, start, sigma, 4000, rng)
    rates.append(mean_error(rate))
    taus.append(
        mean_error([integrated_time(part) for part in np.array_split(x, 8)])
    )
rates, taus = np.array(rates), np.array(taus)

fine_sigmas = np.geomspace(0.2, 50, 50)
line = np.linspace(-5.5, 5.5, 331)
curve = np.array([exact_tau(*walk_matrix(s, line), line) for s in fine_sigmas])
best = fine_sigmas[curve.argmin()]

# %% tags=["hide-input"]
efficiency, efficiency_error = 1 / taus[:, 0], taus[:, 1] / taus[:, 0] ** 2
fig, (top, bottom) = plt.subplots(2, 1, figsize=(5.2, 4.4), sharex=True)
exact_rate = 2 / np.pi * np.arctan(2 / fine_sigmas)
top.plot(fine_sigmas, exact_rate, color=COLORS["exact"], label="exact")
top.errorbar(
    sigmas,
    rates[:, 0],
    2 * rates[:, 1],
    color=COLORS["pairwise"],
    marker="o",
    linestyle="",
    capsize=3,
    label="chains (2 standard errors)",
)
top.set(ylabel="acceptance", ylim=(0, 1))
top.legend()
bottom.plot(fine_sigmas, 1 / curve, color=COLORS["exact"], label="exact")
bottom.errorbar(
    sigmas,
    efficiency,
    2 * efficiency_error,
    color=COLORS["model"],
    marker="o",
    linestyle="",
    capsize=3,
    label="chains (2 standard errors)",
)
for ax in (top, bottom):
    ax.axvline(best, color=COLORS["oracle"], linestyle="--", linewidth=1.2)
bottom.text(best * 1.1, 0.02, f"best: {best:.1f}")
bottom.set(
    xscale="log",
    xlabel=r"step size $\sigma$",
    ylabel=r"$n_\mathrm{eff}$ per step",
)
bottom.set_ylim(0, None)
plotting.show(
    fig,
    name="fig-mh-step",
    caption="Step size on the standard normal. Top: acceptance. Bottom: effective sample size per step. Lines are exact; the dashed line marks the optimum.",
    alt=f"Top: acceptance falls from {rates[0, 0]:.2f} at step {sigmas[0]:.2g} to {rates[-1, 0]:.2f} at step {sigmas[-1]:.0f}. Bottom: the effective sample size per step rises from {efficiency[0]:.3f} to a peak of {1 / curve.min():.2f} at step {best:.1f} and falls to {efficiency[-1]:.3f}. The points lie on the exact curves.",
)

# %% tags=["remove-input"]
z_rate = (rates[:, 0] - 2 / np.pi * np.arctan(2 / sigmas)) / rates[:, 1]
at_points = np.array([exact_tau(*walk_matrix(s, line), line) for s in sigmas])
z_tau = (taus[:, 0] - at_points) / taus[:, 1]
display(
    Markdown(
        f"The optimum is at $\\sigma = {best:.1f}$, with an acceptance of {2 / np.pi * np.arctan(2 / best):.2f} and one independent draw for every {curve.min():.1f} steps. "
        f"The hill in {{numref}}`fig-mh-step` is broad: between $\\sigma = {fine_sigmas[1 / curve > 0.5 / curve.min()][0]:.1f}$ and ${fine_sigmas[1 / curve > 0.5 / curve.min()][-1]:.1f}$ a chain is worth at least half of the best. "
        f"The sampled acceptances deviate from the formula by {np.sqrt(np.mean(z_rate**2)):.1f} standard errors (rms), the sampled $\\tau$ from the exact one by {np.sqrt(np.mean(z_tau**2)):.1f}."
    )
)

# %% tags=["hide-cell", "checks", "nbval-check-output"]
print("best step between 2 and 3:", 2 < best < 3)
print("acceptance there, one digit:", round(2 / np.pi * np.arctan(2 / best), 1))

# %% [markdown]
# A high acceptance is not a sign of a good chain. The best one refuses more than half of its candidates.
#
# ```{figure} ../book/_static/touch/step-size.svg
# :name: fig-touch-step-size
# :figclass: touch touch-step-size
# :alt: Top, the last 200 steps of a chain of step size 2, which jumps between a band near -1.5 and one near 1.5. Bottom, the histogram of its 8,000 steps, close to the density with two peaks.
#
# A Metropolis chain fills its histogram (blue) towards the target (black). A small step is nearly always accepted but seldom crosses to the other peak, and a large step is nearly always refused; between them lies a step that does both jobs. Compare the share of states at $x < 0$ with the target's after 1,000 steps and after 20,000.
# ```
#
# ### Several chains and R-hat
#
# One chain cannot tell you what it has not seen. So run several, *from starts that are further apart than the target is wide*, and ask whether they agree.
#
# Let each chain have $n$ steps. Let $W$ be the mean of the variances within the chains, and $B/n$ the variance of their means. If all chains sample the same distribution, then
#
# $$
# \hat R = \sqrt{\frac{\frac{n-1}{n} W + \frac1n B}{W}}
# $$ (eq-mh-rhat)
#
# is close to one. If they sit in different places, $B/n$ is not small against $W$, and $\hat R$ is large.
# The modern form, which ArviZ and this book use, cuts each chain in two and works with ranks, so that drifts and heavy tails are seen as well {cite}`vehtari2021`. Its authors ask for $\hat R < 1.01$.
#
# {numref}`fig-mh-rhat` shows four chains on the two wells of {numref}`fig-mh-trace`, with a small and with a good step.

# %%
starts = np.array([-6.0, -2.0, 2.0, 6.0])
runs = {
    sigma: walkers(log_f, starts, sigma, 1000, np.random.default_rng(seed))[0]
    for sigma in (0.15, 2.0)
}
first_rhat = {s: az.rhat(x[:, 500:]) for s, x in runs.items()}

# %% tags=["hide-input"]
fig, axes = plt.subplots(2, 1, figsize=(5.2, 4.2))
for ax, (sigma, last, every) in zip(
    axes, ((0.15, 1000, 10), (2.0, 100, 1)), strict=True
):
    for line, style in zip(runs[sigma], ("-", "--", "-.", ":"), strict=True):
        ax.plot(
            np.arange(1, last + 1)[::every],
            line[:last:every],
            linewidth=1.1,
            linestyle=style,
        )
    ax.set(
        ylabel="x",
        title=f"step {sigma}: R-hat {first_rhat[sigma]:.2f}",
        ylim=(-7, 7),
    )
axes[1].set_xlabel("step")
sides = np.sign(runs[2.0][:, :100])
changes = (np.diff(sides, axis=1) != 0).sum(1)
slow_ends = runs[0.15][:, 999]
plotting.show(
    fig,
    name="fig-mh-rhat",
    caption="Four chains from spread starts on the two wells. Top: with a step that is too small, every tenth of 1000 steps. Bottom: with a good step, the first 100 steps. R-hat is for steps 500 to 1000 of each.",
    alt=f"Top: four slowly wandering lines that start at {', '.join(f'{x:g}' for x in starts)} and after 1000 steps are at {', '.join(f'{x:.1f}' for x in slow_ends)}, in this order, R-hat {first_rhat[0.15]:.2f}. Bottom: four jagged lines over each other; within 100 steps they change from one side of zero to the other {', '.join(map(str, changes))} times, R-hat {first_rhat[2.0]:.2f}.",
)

# %% [markdown]
# The first half of each chain is thrown away as {term}`warm-up`, because it still knows the start. {doc}`appendix_chains` repeats this experiment a hundred times: {term}`R-hat` warns reliably, but it is no steady measure of progress.
#
# And it compares the chains with each other, not with the target. What if no start is near one of the wells? Take two equal wells far apart, at $-5$ and $5$, and start all four chains on the left.


# %% tags=["hide-cell"]
def log_far(x):
    return np.logaddexp(-((x + 5) ** 2) / 0.72, -((x - 5) ** 2) / 0.72)


blind = walkers(
    log_far,
    np.array([-7.0, -6.0, -4.0, -3.0]),
    1.0,
    5000,
    np.random.default_rng(seed),
)[0][:, 2500:]
blind_rhat = az.rhat(blind)

# %% tags=["remove-input"]
display(
    Markdown(
        f"R-hat is {blind_rhat:.3f}, and the chains spend {100 * (blind > 0).mean():.0f} % of their time in the right well, where it should be 50 %. So **a small R-hat is necessary, not sufficient**: it cannot see a well in which no chain has been."
    )
)

# %% tags=["hide-cell", "checks", "nbval-check-output"]
print("R-hat below 1.02:          ", blind_rhat < 1.02)
print("never in the right well:   ", (blind < 0).all())

# %% [markdown]
# ## Gibbs beside Metropolis
#
# For every $\Delta$ Metropolis flips more readily than Gibbs: at $\Delta = 0$ it always flips, where Gibbs tosses a coin. With sites at random Metropolis therefore has the smaller $\tau$, or the same, for every observable, as Peskun proved in 1973 {cite}`peskun1973`.
# But which chain forgets its start sooner depends on the temperature, and going through the sites *in order*, as the package's Gibbs sampler does, often gains more than the rule does. {doc}`appendix_chains` follows whole matrices to see how fast a chain forgets, and measures both rules on a lattice.
#
# So there are two questions, the rule and the order, and a third: what is being averaged. On a new system, measure $\tau$ of what you want to know.

# %% [markdown]
# ## The Ising model in two dimensions
#
# Put {term}`spins <spin>` on an $L \times L$ square lattice, joined at opposite edges. Each is coupled with strength 1 to its four neighbours:
#
# $$
# E(s) = -\sum_{\text{neighbours } i<j} s_i s_j , \qquad p(s) \propto e^{-E(s)/T} .
# $$ (eq-ising)
#
# At low temperature $T = 1/\beta$ the spins agree over the whole lattice. At high temperature they do not. Between lies a sharp transition.
# In 1944 Onsager solved the infinite lattice {cite}`onsager1944`. It is one of the few large systems of which so much is known exactly, and so a very good test of a sampler.
#
# The transition is at $\sinh(2/T_c) = 1$, that is
#
# $$
# T_c = \frac{2}{\ln(1 + \sqrt 2)} \approx 2.269 .
# $$ (eq-ising-tc)
#
# With $\beta = 1/T$ the energy per site is
#
# $$
# \begin{aligned}
# u &= -\coth(2\beta)\Big[ 1 + \tfrac{2}{\pi}\big(2\tanh^2(2\beta) - 1\big) K(\kappa) \Big], \\
# \kappa &= \frac{2\sinh(2\beta)}{\cosh^2(2\beta)},
# \end{aligned}
# $$ (eq-onsager)
#
# where $K(\kappa) = \int_0^{\pi/2} d\theta / \sqrt{1 - \kappa^2 \sin^2\theta}$ is the complete elliptic integral.
# The **spontaneous magnetisation**, which C. N. Yang derived in 1952 {cite}`yang1952`, is
#
# $$
# m = \big(1 - \sinh^{-4}(2\beta)\big)^{1/8} \quad \text{for } T < T_c ,
# $$ (eq-yang)
#
# and zero above.


# %% tags=["hide-cell"]
def square_lattice(side):
    """Ising model, coupling 1 between neighbours, on a periodic lattice."""
    sites = np.arange(side**2).reshape(side, side)
    couplings = np.zeros((side**2, side**2))
    for axis in (0, 1):
        neighbours = np.roll(sites, -1, axis)
        couplings[sites.ravel(), neighbours.ravel()] += 1
    return ebm.Pairwise(couplings + couplings.T)


T_C = 2 / np.log(1 + np.sqrt(2))


def onsager(T):
    """Energy per site of the infinite lattice."""
    b = 2 / np.asarray(T)
    kappa2 = (2 * np.sinh(b) / np.cosh(b) ** 2) ** 2
    kappa2 = np.minimum(kappa2, 1 - 1e-15)  # at T_c rounding may exceed 1
    bracket = 1 + 2 / np.pi * (2 * np.tanh(b) ** 2 - 1) * ellipk(kappa2)
    return -bracket / np.tanh(b)


def yang(T):
    """Spontaneous magnetisation of the infinite lattice."""
    return np.maximum(1 - np.sinh(2 / np.asarray(T)) ** -4.0, 0) ** 0.125


# %% [markdown]
# ```{figure} ../book/_static/touch/ising.svg
# :name: fig-touch-ising
# :figclass: touch touch-ising
# :alt: A lattice of 48 by 48 spins at temperature 2, nearly all up, with small islands of spins down. Below it Onsager's curve of the energy and Yang's curve of the magnetisation against temperature; the lattice's point lies on both.
#
# The Ising model with a temperature to turn. The dot is the lattice, sweep by sweep, the grey trail its last 40 sweeps, and the curves are Onsager's energy and Yang's magnetisation of the infinite lattice. Heat it slowly through $T_c \approx 2.269$; then press "Random start" at $T = 1.5$ and see how long walls stay.
# ```
#
# A finite lattice is not the infinite one, so a chain that runs well does not follow these curves to the letter near $T_c$. {doc}`appendix_ising` holds chains against the exact results of their own finite lattices, which B. Kaufman found in 1949 {cite}`kaufman1949`, and looks at states below, at and above the transition.

# %% [markdown]
# ## When chains fail
#
# Whether draws are sound one knows from exact results, where there are any. In general there are none, and one must look at the chains.
#
# ### Wells that look alike
#
# Below $T_c$ the {term}`Ising model` has two wells, all up and all down. They have the same energy, and between them lies a barrier: a wall of broken bonds, twice across the lattice.
# We start 16 chains at random at $T = 1.8$ and look at two observables. {numref}`fig-mh-wells` shows eight of the chains.
#
# :::{admonition} Predict, then run: two observables
# :class: predict
# R-hat is computed for the energy and for the magnetisation. One of the two will look perfect. Which?
# :::

# %%
twelve = square_lattice(12)
cold = ebm.sample(
    twelve, 16 * 600, n_chains=16, warmup=0, thin=2, beta=1 / 1.8, seed=seed
)
m = cold.chains.mean(-1, dtype=np.float64)
settled = slice(300, None)  # the second half
rhat = {
    "energy": az.rhat(cold.energies[:, settled]),
    "magnetisation": az.rhat(m[:, settled]),
}

# %% tags=["hide-input"]
fig, (top, bottom) = plt.subplots(2, 1, figsize=(5.2, 4.4), sharex=True)
stays = np.ptp(np.sign(m[:, settled]), axis=1) == 0
block = 10  # draws, 20 sweeps
sweeps = 2 * block * (np.arange(m.shape[1] // block) + 0.5)


def blocks(x, size):
    """Means over blocks of successive draws: x (n_chains, n_draws)."""
    return x.reshape(len(x), -1, size).mean(2)


for k in range(8):
    style = ("-", "--")[k % 2]
    for ax, x in ((top, cold.energies / 144), (bottom, m)):
        ax.plot(sweeps, blocks(x, block)[k], linewidth=0.9, linestyle=style)
top.axhline(onsager(1.8), color=COLORS["exact"], linewidth=1.5)
for sign in (-1, 1):
    bottom.axhline(sign * yang(1.8), color=COLORS["exact"], linewidth=1.5)
top.set(
    ylabel="energy per site", title=f"R-hat of the energy: {rhat['energy']:.3f}"
)
bottom.set(
    xlabel="sweep",
    ylabel="magnetisation",
    title=f"R-hat of the magnetisation: {rhat['magnetisation']:.2f}",
)
plotting.show(
    fig,
    name="fig-mh-wells",
    caption="Eight chains from random starts on a 12 by 12 lattice at $T = 1.8$, as means over 20 sweeps. Top: energy, with Onsager's value for the infinite lattice in black. Bottom: magnetisation, with plus and minus Yang's value in black. R-hat is of all 16 chains, second half, every draw.",
    alt=f"Top: eight traces that fall on the same line near {onsager(1.8):.2f}; R-hat {rhat['energy']:.3f}. Bottom: traces near {yang(1.8):.2f} and near {-yang(1.8):.2f}; {stays[:8].sum()} of the eight keep their sign over the second half, and of all 16 chains {int((m[:, -1] > 0).sum())} are up at the end; R-hat {rhat['magnetisation']:.2f}.",
)

# %% tags=["remove-input"]
mean_m, error_m = cold.mean_and_error(m)
display(
    Markdown(
        f"By the energy all is well: R-hat is {rhat['energy']:.3f}. By the magnetisation nothing is: R-hat is {rhat['magnetisation']:.2f}. "
        f"**The energy cannot tell the wells apart, so its R-hat is blind to them.** In the second half {stays.sum()} of 16 chains never changed the sign of $m$. "
        f"The mean magnetisation, exactly zero by symmetry, comes out as {mean_m:+.2f} ± {error_m:.2f}: sixteen chains are here worth about sixteen draws of a sign."
    )
)

# %% tags=["hide-cell", "checks", "nbval-check-output"]
print("R-hat of the energy below 1.05:      ", rhat["energy"] < 1.05)
print("R-hat of the magnetisation above 1.3:", rhat["magnetisation"] > 1.3)

# %% [markdown]
# `Draws.rhat` is that of the energy. Judge every observable that you are going to report; `arviz.rhat(draws.to_inference_data())` does it for every spin.
#
# If only energies and correlations are wanted, the failure is harmless: both wells give the same. But it takes an *argument* to know that, here the symmetry $s \to -s$. The chains do not know it.
#
# On a larger lattice two domains may meet in straight walls around the whole lattice, which no single flip can remove: {doc}`appendix_ising` shows chains that are stuck so. There the energy does tell.

# %% [markdown]
# ### A glass
#
# Give the {term}`couplings <coupling>` random signs, and in general no state satisfies them all: the spins are **frustrated**. Now there can be many wells, of *different* energies and far apart. No symmetry helps, and nobody knows a good start.
# Sixteen spins with strong random couplings are enough, and with 16 we can still compute the exact mean.

# %%
rng = np.random.default_rng(3)
J = np.triu(rng.normal(0, 1 / 4, (16, 16)), k=1)
glass = ebm.Pairwise(J + J.T, fields=rng.normal(0, 0.2, 16))
glassy = {}
for b in (1.0, 6.0):
    draws = ebm.sample(
        glass, 16 * 500, n_chains=16, warmup=100, thin=2, beta=b, seed=seed
    )
    mean_e, error_e = draws.mean_and_error(draws.energies)
    exact_e = exact.probabilities(glass, b) @ exact.energies(glass)
    glassy[b] = draws, float(mean_e), float(error_e), float(exact_e)

more = ebm.sample(
    glass, 256 * 100, n_chains=256, warmup=100, thin=2, beta=6.0, seed=seed
)
more_mean, more_error = more.mean_and_error(more.energies)

# %% tags=["hide-input"]
fig, axes = plt.subplots(2, 1, figsize=(5.2, 4.4), sharex=True)
for ax, (b, (draws, _, _, exact_e)) in zip(axes, glassy.items(), strict=True):
    for line, style in zip(
        blocks(draws.energies[:6], 20), ("-", "--", ":") * 2, strict=True
    ):
        ax.plot(
            40 * (np.arange(len(line)) + 0.5),
            line,
            linewidth=1.1,
            linestyle=style,
        )
    ax.axhline(exact_e, color=COLORS["exact"], linewidth=1.8)
    ax.set(ylabel="energy", title=rf"$\beta = {b:g}$: R-hat {draws.rhat:.2f}")
axes[1].set_xlabel("sweep")
cold_six = glassy[6.0][0].energies[:6].mean(1)
above = cold_six > glassy[6.0][3] + 0.3
plotting.show(
    fig,
    name="fig-mh-glass",
    caption="Six chains on a frustrated system of 16 spins, as means over 40 sweeps. Black: the exact mean energy. Warm, the chains overlap; cold, chains in different wells do not.",
    alt=f"Top: six noisy traces around the black line, R-hat {glassy[1.0][0].rhat:.2f}. Bottom: six traces with mean energies {', '.join(f'{e:.2f}' for e in np.sort(cold_six))}; {above.sum()} of them lie more than 0.3 above the black line at {glassy[6.0][3]:.2f}. R-hat {glassy[6.0][0].rhat:.2f}.",
)

# %% tags=["remove-input"]
display(
    Markdown(
        "| beta | exact energy | sampled | R-hat |\n|---:|---:|---:|---:|\n"
        + "\n".join(
            f"| {b:g} | {exact_e:.2f} | {mean_e:.2f} ± {error_e:.2f} | {draws.rhat:.2f} |"
            for b, (draws, mean_e, error_e, exact_e) in glassy.items()
        )
        + f"\n\nIn the cold the mean is {glassy[6.0][1] - glassy[6.0][3]:+.2f} off, {(glassy[6.0][1] - glassy[6.0][3]) / glassy[6.0][2]:.1f} of its own standard errors. "
        "The random starts decide how often a well is counted, not its probability. "
        f"Averaging more such chains does not remove the bias. It only makes the error bar smaller: 256 chains give {more_mean:.2f} ± {more_error:.2f}, {(more_mean - glassy[6.0][3]) / more_error:.0f} standard errors from the truth."
    )
)

# %% tags=["hide-cell", "checks", "nbval-check-output"]
print("warm: R-hat below 1.02:", glassy[1.0][0].rhat < 1.02)
print("cold: R-hat above 1.2: ", glassy[6.0][0].rhat > 1.2)

# %% [markdown]
# ### Trading temperatures
#
# A warm chain crosses walls that stop a cold one. {term}`Parallel tempering <parallel tempering>` {cite}`hukushima1996` lets a cold chain profit: it runs copies of the system at
# $\beta_1 < \beta_2 < \dots < \beta_K$ side by side, and now and then two neighbours offer to trade their states.
# The pair has the probability $\propto e^{-\beta_k E_k - \beta_{k+1} E_{k+1}}$ before the trade, and with $E_k$ and $E_{k+1}$ swapped after it. So Metropolis' rule takes it with the probability
#
# $$
# \min\big(1,\; e^{(\beta_{k+1} - \beta_k)(E_{k+1} - E_k)}\big) ,
# $$
#
# and each copy keeps its own distribution. A state leaves a well by walking up the ladder to the warm end, and another comes down.

# %%
tempered = ebm.parallel_tempering(
    glass,
    16 * 500,
    betas=np.geomspace(0.5, 6.0, 10),
    n_chains=16,
    warmup=100,
    thin=2,
    seed=seed,
)
mean_t, error_t = tempered.draws.mean_and_error(tempered.draws.energies)

# %% tags=["remove-input"]
display(
    Markdown(
        f"The same glass, as cold, as many draws: {mean_t:.3f} ± {error_t:.3f}, where the exact mean is {glassy[6.0][3]:.3f}; R-hat {tempered.draws.rhat:.2f}. "
        f"Between {tempered.swap_acceptance.min():.0%} and {tempered.swap_acceptance.max():.0%} of the trades were taken, and states made {tempered.round_trips} round trips "
        f"from the warm end to the cold one. The price: {len(tempered.betas)} copies for each chain."
    )
)

# %% tags=["hide-cell", "checks", "nbval-check-output"]
print("tempered: R-hat below 1.05:", tempered.draws.rhat < 1.05)
print(
    "within four errors of the exact mean:",
    bool(abs(mean_t - glassy[6.0][3]) < 4 * error_t),
)

# %% [markdown]
# ### A checklist
#
# 1. Run several chains, from starts that are spread out.
# 2. Look at the traces, of every observable that you report.
# 3. Ask for R-hat below 1.01, and for a run of at least 50 times $\tau$.
# 4. Give each number its error, from the spread between the chains or from the {term}`effective sample size`.
# 5. Where chains disagree, temper them; do not average them.
# 6. Compare with an exact result wherever there is one: a small system, a limit, a symmetry. A wrong acceptance rule shows up nowhere else.

# %% [markdown]
# ## Cheat sheet
#
# | what | formula | code |
# |---|---|---|
# | standard error of a chain's mean | $\sigma \sqrt{\tau / n}$ | `draws.mean_and_error(values)` |
# | Ising model | $E = -\sum_{\text{neighbours}} s_i s_j$ | `ebm.Pairwise(J)` |
# | transition | $T_c = 2/\ln(1 + \sqrt2)$ | |
# | have the chains met? | R-hat below 1.01, for *every* observable | `draws.rhat_of(values)` |
# | wells that do not mix | copies at several temperatures | `ebm.parallel_tempering(energy, n)` |
# | a trade | $\min\big(1, e^{(\beta' - \beta)(E' - E)}\big)$ | `result.swap_acceptance` |
#
# :::{admonition} History: a thesis in one dimension
# :class: note
# The lattice model is named after Ernst Ising, whose thesis of 1924 solved it in one dimension, where nothing happens. In two dimensions something does: Lars Onsager solved it exactly in 1944 {cite}`onsager1944`.
# :::
#
# ## Summary
#
# - The integrated autocorrelation time $\tau$ is the price of one independent draw. The best step size is a compromise; on the normal it accepts fewer than half of the candidates.
# - Metropolis flips more readily than Gibbs. Which mixes faster depends on the system, the temperature and the order of the sites.
# - The Ising model is solved exactly, so it tells a good sampler from a bad one.
# - R-hat sees only what its observable sees, and only where some chain has been. The energy is blind to wells of equal energy.
# - In a glass, averages of stuck chains are biased, and more such chains only make the error bar smaller.
# - Copies at several temperatures that trade places leave wells that a cold chain cannot.
#
# With a sampler in hand, and knowing when not to believe it, we can turn the question around, and ask which energy made the data: {doc}`03_pairwise_models`.

# %% [markdown]
# ## Exercises

# %% [markdown]
# :::{admonition} Exercise 2.4: how long must it run?
# :class: exercise
# *thinking, then a check; easy, 10 minutes*
#
# The chain $x_{t+1} = 0.9\, x_t + \sqrt{0.19}\,\varepsilon_t$, with standard normal $\varepsilon_t$, has $\rho_k = 0.9^k$, so $\tau = 19$, and $\sigma_g = 1$. You want $\langle g\rangle$ with a standard error of $0.02$. (a) How many steps? (b) You keep only every 19th step. What does this do to the error? (c) Check both by the spread of the means of many chains. *Hint:* shorter chains will do.
#
# Give the number of steps of (a), and the factor on the standard error of (b).
# :::

# %%
from exercises import answer

steps = ...
error_factor = ...
display(answer("2.4a", steps), answer("2.4b", error_factor))

# %% [markdown]
# :::{admonition} Solution to exercise 2.4
# :class: dropdown solution
# (a) $\sigma_g^2\tau/n = 0.02^2$ gives $n = 19/0.0004 = 47{,}500$. (b) It saves memory and makes the error 15 % larger: the thinned chain has $\rho = 0.9^{19} = 0.135$ between neighbours, so $\tau' = 1.31$ for $n/19$ draws. The variance is 1.31 times as large, and $\sqrt{1.31} = 1.15$. Thinning never adds information.
# (c) With chains of 4750 steps, a tenth, the variance should be ten times $0.0004$.
# :::

# %% tags=["hide-cell", "solution"]
rng = np.random.default_rng(seed)
many = np.empty((1000, 4750))
many[:, 0] = rng.normal(size=1000)
for t in range(1, 4750):
    noise = np.sqrt(1 - 0.9**2) * rng.normal(size=1000)
    many[:, t] = 0.9 * many[:, t - 1] + noise
variance = many.mean(1).var(ddof=1)
thinned = many[:, ::19].mean(1).var(ddof=1)
relative_error = np.sqrt(2 / 999)  # of a variance from 1000 values
assert abs(variance / (19 / 4750) - 1) < 4 * relative_error
factor = (1 + 0.9**19) / (1 - 0.9**19)
assert abs(thinned / (factor / 250) - 1) < 4 * relative_error
assert thinned > variance
print(f"variance: all steps {variance:.5f}, every 19th {thinned:.5f}")
assert answer("2.4a", 19 / 0.02**2)
assert answer("2.4b", np.sqrt(factor))

# %% [markdown]
# :::{admonition} Exercise 2.5: a trade
# :class: exercise
# *calculation; easy, 5 minutes*
#
# A warm copy at $\beta_1 = 0.5$ sits at the energy $E_1 = -10$, a cold one at $\beta_2 = 1$ at the energy $E_2 = -12$. With which probability do they trade? And with which if the energies were the other way round?
#
# Give both probabilities.
# :::

# %%
probabilities = [..., ...]
answer("2.5", probabilities)

# %% [markdown]
# :::{admonition} Solution to exercise 2.5
# :class: dropdown solution
# The exponent is $(\beta_2 - \beta_1)(E_2 - E_1) = 0.5 \cdot (-2) = -1$, so the trade is taken with probability $e^{-1} \approx 0.37$: it would give the cold copy the *higher* energy. The other way round the exponent is $+1$, and the trade is always taken, because the cold copy gets the lower energy.
# :::

# %% tags=["hide-cell", "solution"]
trade = [
    float(min(1, np.exp((1 - 0.5) * difference))) for difference in (-2, 2)
]
before = -0.5 * -10 - 1 * -12  # log of the pair's probability, up to a constant
after = -0.5 * -12 - 1 * -10
assert np.isclose(trade[0], np.exp(after - before))
print(f"trades with {trade[0]:.3f} and {trade[1]:.0f}")
assert answer("2.5", trade)

# %% [markdown]
# :::{admonition} Exercise 2.6: what sixteen chains are worth
# :class: exercise
# *thinking, then a check; medium, 10 minutes*
#
# Sixteen chains on the cold lattice start at random. Each falls into one of the two wells, up or down with equal chance, and never leaves it. The magnetisation is $\pm m$ there. What is the standard deviation of the mean magnetisation over the sixteen chains, however long they run? Check it by simulation of the sixteen signs.
#
# Give it for $m = 0.94$.
# :::

# %%
deviation = ...
answer("2.6", deviation)

# %% [markdown]
# :::{admonition} Solution to exercise 2.6
# :class: dropdown solution
# Each chain contributes a fair sign times $m$, whose standard deviation is $m$. The mean of sixteen has $m/\sqrt{16} = m/4 = 0.235$. Longer chains do not change this: within a well all steps say the same. Only more chains help, or chains that cross.
# :::

# %% tags=["hide-cell", "solution"]
signs = np.random.default_rng(seed).choice([-1, 1], (20_000, 16))
simulated = (0.94 * signs).mean(1).std(ddof=1)
assert abs(simulated / 0.235 - 1) < 4 / np.sqrt(2 * 20_000)
print(f"simulated: {simulated:.3f}")
assert answer("2.6", 0.94 / 4)

# %% [markdown]
# ## Where next
#
# - {doc}`03_pairwise_models` turns the question around: which energy made the data?
# - {doc}`appendix_ising` goes through the phase transition with chains and exact results side by side.
# - {doc}`appendix_sparse_data` has a model whose chains disagree, and what that says about the fit.
#
# ## Further reading
#
# - {cite}`onsager1944`, {cite}`kaufman1949` and {cite}`yang1952` are the exact results on the square lattice: energy, finite lattices, magnetisation.
# - {cite}`hukushima1996` introduced the exchange of temperatures for glasses.
# - {cite}`peskun1973` orders samplers by their rates of acceptance.
# - {cite}`vehtari2021` has R-hat and the effective sample size in their modern form; {cite}`kumar2019` the software that computes them.
