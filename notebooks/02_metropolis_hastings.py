# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Metropolis-Hastings
#
# An energy says which states are probable. It does not say how to draw one.
# This chapter builds the tool that does: a random walk that visits each state as often as its probability demands.
# It needs nothing but energy differences. It is seventy years old, and it still drives most of what follows in this book.
#
# **What you will learn**
#
# - why we sample at all, and why the unknown $Z$ does no harm;
# - the algorithm in a dozen lines, and the proof that it works;
# - what the Hastings ratio is for, and how large the error is without it;
# - Gibbs sampling beside Metropolis, with the whole transition matrix of three spins in view.
#
# **Prerequisites**: Python with NumPy, probability, and the idea of an energy from {doc}`01_energy_based_models`. Symbols are in the table of {doc}`../book/notation`.
#
# **Running time**: less than a minute on one core.

# %%
import itertools
import warnings

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import Markdown, display
from scipy.special import expit
from scipy.stats import gamma, norm

import ebmtools as ebm
from ebmtools import exact, plotting

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # ArviZ announces its next version
    import arviz as az

plotting.use_style()
COLORS = plotting.COLORS

# %% [markdown]
# The next cell holds the settings. Change one, and run the notebook again.

# %% tags=["parameters"]
seed = 1
n_steps = 20_000  # of the chains on the line

# %% [markdown]
# ```{figure} ../book/_static/drawings/card-chain.svg
# :name: fig-draw-chain
# :alt: A zigzag of steps above a histogram that follows a bell curve.
#
# A chain of random steps (top) visits states as often as they deserve, so its histogram (bars) comes to follow the distribution (curve).
# ```
#
# ## Why we sample
#
# Nearly every question to a model is an average. What is the mean energy? How strongly are two spins correlated? What is the gradient of the likelihood?
# Each answer is an expectation under $p(x) = f(x)/Z$:
#
# $$
# \langle g \rangle = \sum_x g(x)\, p(x) = \frac{\sum_x g(x) f(x)}{\sum_x f(x)}, \qquad f(x) = e^{-E(x)} .
# $$ (eq-mh-expectation)
#
# At another temperature $T$ it is $f(x) = e^{-\beta E(x)}$, with the **{term}`inverse temperature`** $\beta = 1/T$.
#
# We know $f$ but not $Z = \sum_x f(x)$. Both sums have $2^N$ terms for $N$ spins. For $N = 100$ no computer will ever finish them.
#
# But most terms do not matter. Take 16 {term}`spins <spin>` with random couplings of pairs and of triples, the system whose couplings {doc}`05_coupling_reconstruction` will get back from samples.
# Sort its states by probability. How many of them carry 99 % of it?

# %%
sixteen = ebm.random_hamiltonian(16, order=3, gamma=0.5, beta=1.0, seed=1)
p = np.sort(exact.probabilities(sixteen))[::-1]
needed = int(np.searchsorted(np.cumsum(p), 0.99)) + 1

# %% tags=["remove-input"]
display(
    Markdown(
        f"Of its {len(p):,} states {needed:,} carry 99 % of the probability, {needed / len(p):.1%} of them. "
        f"The {1 + int(np.searchsorted(np.cumsum(p), 0.5))} most probable ones alone carry half of it."
    )
)

# %% [markdown]
# So do not visit all states. Visit those that matter, as often as they matter.
# If $x_1, \dots, x_n$ are draws from $p$, then
#
# $$
# \langle g \rangle \approx \bar g = \frac1n \sum_{t=1}^n g(x_t) .
# $$ (eq-mh-mean)
#
# For independent draws the standard error is $\sigma_g/\sqrt n$, where $\sigma_g$ is the standard deviation of $g$ under $p$.
# The number of states does not appear in it. This is what makes sampling work where summing does not.
# What remains is to get the draws.

# %% [markdown]
# ## The algorithm
#
# Metropolis and others had the idea in 1953 {cite}`metropolis1953`. Hastings gave it its general form in 1970 {cite}`hastings1970`.
# Let the chain be at $x$.
#
# 1. **Propose.** Draw a candidate $y$ from a distribution $q(y|x)$ of your choice.
# 2. **Compare.** Compute the acceptance probability
#
# $$
# r = \min\left( \frac{f(y)\, q(x|y)}{f(x)\, q(y|x)},\ 1 \right) .
# $$ (eq-mh-accept)
#
# 3. **Accept or stay.** With probability $r$ move to $y$. Else stay at $x$, and *count $x$ once more*.
#
# Only the ratio $f(y)/f(x)$ enters. So $Z$ cancels, and it is never needed.
# For an energy the ratio is $e^{-\beta(E(y) - E(x))}$: a step down in energy helps, a step up hurts.
#
# A proposal is **symmetric** if $q(y|x) = q(x|y)$. A normal step of the same width everywhere is. Then $q$ drops out of {eq}`eq-mh-accept`; this is the form of 1953.
#
# Here it is in a dozen lines. We compute with logarithms, because $f$ itself soon becomes too small for floating-point numbers.


# %%
def my_chain(log_f, x, propose, n_steps, seed):
    rng = np.random.default_rng(seed)
    states = [x]
    for _ in range(n_steps):
        y, log_q_ratio = propose(x, rng)  # log q(x|y) - log q(y|x)
        log_r = log_f(y) - log_f(x) + log_q_ratio
        if np.log(rng.random()) < log_r:
            x = y
        states.append(x)  # the old state again, if y was refused
    return np.array(states)


# %% [markdown]
# The target is a mixture of two normal densities. As an energy it has two wells, $E(x) = -\log f(x)$.
# We leave out the factor $1/\sqrt{2\pi}$ on purpose: the algorithm is not to know $Z$.


# %%
def log_f(x):
    left = 0.6 / 0.6 * np.exp(-0.5 * ((x + 1.5) / 0.6) ** 2)
    right = 0.4 / 0.8 * np.exp(-0.5 * ((x - 1.5) / 0.8) ** 2)
    return np.log(left + right)


def density(x):
    return 0.6 * norm.pdf(x, -1.5, 0.6) + 0.4 * norm.pdf(x, 1.5, 0.8)


def random_step(x, rng):
    return x + 2.0 * rng.normal(), 0.0  # symmetric: log ratio zero


mine = my_chain(log_f, 0.0, random_step, n_steps, seed)
chain = ebm.metropolis_hastings(log_f, 0.0, random_step, n_steps, seed=seed)

# %% tags=["hide-cell", "checks", "nbval-check-output"]
print("same chain from the package:", np.array_equal(mine, chain.states))

# %% [markdown]
# The package's `ebm.metropolis_hastings` is the same algorithm. It draws its random numbers in the same order, so that it makes the very same chain.
# It also keeps the log densities and which steps were accepted, and it refuses a start where $f = 0$.
#
# Does the chain visit each place as often as it should? {numref}`fig-mh-trace` compares its histogram with the exact density.
# A histogram from a chain needs honest errors. Neighbours in the chain resemble each other, so $n$ states are worth fewer than $n$ independent ones.
# How many fewer is the **{term}`effective sample size`** $n_\text{eff}$, which {doc}`02b_when_chains_fail` defines; here we use it. The indicator "x lies in this bin" is a $g$ like any other, and its error is
#
# $$
# \text{error} = \sqrt{\frac{P\,(1 - P)}{n_\text{eff}}} ,
# $$ (eq-mh-bin)
#
# where $P$ is the share of the bin, and $n_\text{eff}$ belongs to this indicator. We estimate it with ArviZ {cite}`kumar2019`.


# %% tags=["hide-input"]
def histogram_with_errors(x, edges):
    """Density in each bin, and its error from the effective sample size."""
    values, errors = [], []
    for low, high in itertools.pairwise(edges):
        inside = ((x >= low) & (x < high)).astype(float)
        share = inside.mean()
        n_eff = az.ess(inside[None, :], method="mean")
        values.append(share / (high - low))
        errors.append(np.sqrt(share * (1 - share) / n_eff) / (high - low))
    return np.array(values), np.array(errors)


def bin_means(cdf, edges):
    return np.diff(cdf(edges)) / np.diff(edges)


edges = np.linspace(-3.4, 4.0, 19)
height, height_error = histogram_with_errors(chain.states, edges)
expected = bin_means(
    lambda x: 0.6 * norm.cdf(x, -1.5, 0.6) + 0.4 * norm.cdf(x, 1.5, 0.8), edges
)
z_bins = (height - expected) / height_error

# %% tags=["hide-input"]
fig, (top, bottom) = plt.subplots(
    2, 1, figsize=(5.2, 4.6), height_ratios=[2, 3]
)
shown = 300
top.plot(chain.states[:shown], color=COLORS["pairwise"], linewidth=1)
top.set(xlabel="step", ylabel="x")
grid = np.linspace(-4, 4.5, 400)
middle = (edges[:-1] + edges[1:]) / 2
bottom.plot(grid, density(grid), color=COLORS["exact"], label="exact density")
bottom.stairs(
    expected,
    edges,
    color=COLORS["oracle"],
    linewidth=1,
    label="exact, bin means",
)
bottom.errorbar(
    middle,
    height,
    2 * height_error,
    color=COLORS["model"],
    marker="o",
    linestyle="",
    capsize=3,
    label="chain (2 standard errors)",
)
bottom.set(xlabel="x", ylabel="density")
bottom.legend()
plotting.show(
    fig,
    name="fig-mh-trace",
    caption=f"A Metropolis chain on two wells. Top: the trace of its first {shown} steps. Bottom: the histogram of all {n_steps:,} steps with two standard errors, on the exact density.",
    alt=f"Top: a trace that jumps between a band near -1.5 and one near 1.5. Bottom: a density with two peaks and {len(height)} points on it; their deviations from the exact bin means have a root mean square of {np.sqrt(np.mean(z_bins**2)):.1f} standard errors.",
)

# %% tags=["remove-input"]
n_eff = az.ess(chain.states[None, :], method="mean")
chain_error = chain.states.std() / np.sqrt(n_eff)
exact_mean = 0.6 * -1.5 + 0.4 * 1.5
display(
    Markdown(
        f"The chain accepted {100 * chain.acceptance:.0f} % of its candidates. The bins deviate from the exact shares by {np.sqrt(np.mean(z_bins**2)):.2f} standard errors (root mean square over {len(height)} bins; one is expected). "
        f"The mean of the chain is {chain.states.mean():.3f} ± {chain_error:.3f}; exact is {exact_mean:.3f}, {abs(chain.states.mean() - exact_mean) / chain_error:.1f} standard errors away. For this mean the {n_steps:,} steps are worth about {n_eff:,.0f} independent draws."
    )
)

# %% tags=["hide-cell", "checks", "nbval-check-output"]
print("no bin off by more than 4.5 errors:", np.abs(z_bins).max() < 4.5)
print(
    "mean within 4 errors:              ",
    abs(chain.states.mean() - exact_mean) < 4 * chain_error,
)

# %% [markdown]
# ## Why it works
#
# Call $P(y|x)$ the probability that one step leads from $x$ to $y$. (On a line it is a density, and sums become integrals.) A distribution $p$ is **stationary** if a step leaves it as it is:
#
# $$
# \sum_x p(x)\, P(y|x) = p(y) .
# $$ (eq-mh-stationary)
#
# Think of a large crowd spread over the states as $p$ says. Everyone makes one step. The crowd as a whole looks the same.
#
# A stronger demand is easier to check. {term}`Detailed balance <detailed balance>` asks that between any two states as many walk one way as the other:
#
# $$
# p(x)\, P(y|x) = p(y)\, P(x|y) .
# $$ (eq-mh-balance)
#
# Sum it over $x$. On the right, $\sum_x P(x|y) = 1$, because from $y$ one must go somewhere. What is left is {eq}`eq-mh-stationary`. So detailed balance implies stationarity.
#
# Now the algorithm. For $y \ne x$, a step from $x$ to $y$ is proposed, then accepted: $P(y|x) = q(y|x)\, r(x \to y)$. Insert {eq}`eq-mh-accept`:
#
# $$
# \begin{aligned}
# f(x)\, P(y|x) &= f(x)\, q(y|x) \min\left(\frac{f(y)\, q(x|y)}{f(x)\, q(y|x)},\, 1\right) \\
# &= \min\big( f(y)\, q(x|y),\ f(x)\, q(y|x) \big) .
# \end{aligned}
# $$ (eq-mh-proof)
#
# The last line does not change when $x$ and $y$ swap places. So the first does not either, and that is detailed balance. The case $y = x$ is trivial.
#
# Two more conditions make the chain *converge* to $p$ from any start.
# It must be able to reach every state. And it must not be **periodic**: it must not, for instance, visit some states only at even steps and others only at odd ones. Exercise 2.1 has a chain that does.

# %% [markdown]
# ## What the Hastings ratio is for
#
# A quantity that must stay positive, such as a rate or a mass, invites multiplicative steps: $y = x\,e^{\sigma\varepsilon}$ with $\varepsilon$ standard normal.
# This looks symmetric: to double $x$ is as likely as to halve it. It is not. The density of $y$ is log-normal,
#
# $$
# q(y|x) = \frac{1}{y\,\sigma\sqrt{2\pi}} \exp\left(-\frac{(\log y - \log x)^2}{2\sigma^2}\right) .
# $$ (eq-mh-lognormal)
#
# The exponential is symmetric in $x$ and $y$, the factor $1/y$ is not. So
#
# $$
# \frac{q(x|y)}{q(y|x)} = \frac{y}{x} .
# $$ (eq-mh-ratio)
#
# What if we forget it? Then the chain accepts with $\min(f(y)/f(x), 1)$. Write this as
#
# $$
# \frac{f(y)}{f(x)} = \frac{f(y)\,y^{-1}}{f(x)\,x^{-1}} \cdot \frac{y}{x} .
# $$
#
# That is the *correct* rule {eq}`eq-mh-accept`, ratio included, for another target: $f(x)/x$. The chain runs smoothly, and it samples the wrong density.
# We can even say which. For $f(x) = x^2 e^{-x}$, the Gamma density with mean 3, it finds $x e^{-x}$, the Gamma density with mean 2.
#
# :::{admonition} Predict, then run: the wrong chain
# :class: predict
# Somebody leaves the ratio out and runs four chains from different starts. Will they agree with each other? And will a diagnostic complain that compares chains with each other?
# :::


# %%
def log_gamma(x):
    return 2 * np.log(x) - x


def multiply(x, rng):
    y = x * np.exp(1.2 * rng.normal())
    return y, np.log(y / x)  # the Hastings ratio


def multiply_without(x, rng):
    return x * np.exp(1.2 * rng.normal()), 0.0  # forgotten


positive = {
    name: ebm.metropolis_hastings(
        log_gamma, 3.0, step, n_steps, seed=seed
    ).states
    for name, step in (("with", multiply), ("without", multiply_without))
}

# %% tags=["hide-input"]
bins = np.linspace(0, 10, 21)
heights = {name: histogram_with_errors(x, bins) for name, x in positive.items()}
fig, ax = plt.subplots(figsize=(5.2, 3.8))
fine = np.linspace(0, 10, 300)
ax.plot(fine, gamma.pdf(fine, 3), color=COLORS["exact"], label="target: mean 3")
ax.plot(
    fine,
    gamma.pdf(fine, 2),
    color=COLORS["oracle"],
    linestyle="--",
    label="target / x: mean 2",
)
for name, color, marker in (("with", "hybrid", "o"), ("without", "model", "s")):
    ax.errorbar(
        (bins[:-1] + bins[1:]) / 2,
        heights[name][0],
        2 * heights[name][1],
        color=COLORS[color],
        marker=marker,
        linestyle="",
        capsize=2,
        label=f"{name} Hastings ratio",
    )
ax.set(xlabel="x", ylabel="density")
ax.legend()
bias = {}
for name, x in positive.items():
    error = x.std() / np.sqrt(az.ess(x[None, :], method="mean"))
    bias[name] = x.mean(), error
plotting.show(
    fig,
    name="fig-mh-asymmetric",
    caption="Multiplicative steps, with the Hastings ratio and without. Points: histograms of the two chains with two standard errors. Lines: the target, and the density that the wrong chain must have by the argument above.",
    alt=f"Two humped densities. The points with the ratio lie on the target, mean {bias['with'][0]:.2f}; those without lie on the dashed curve, which peaks further left, mean {bias['without'][0]:.2f}.",
)

# %% tags=["remove-input"]
worst = {
    (name, k): np.sqrt(
        np.mean(
            (
                (
                    heights[name][0]
                    - bin_means(lambda x, k=k: gamma.cdf(x, k), bins)
                )
                / heights[name][1]
            )
            ** 2
        )
    )
    for name in positive
    for k in (2, 3)
}
n_effs = {
    name: az.ess(x[None, :], method="mean") for name, x in positive.items()
}
display(
    Markdown(
        "| of the chain | with | without |\n|---|---:|---:|\n"
        f"| mean of the chain | {bias['with'][0]:.3f} ± {bias['with'][1]:.3f} | {bias['without'][0]:.3f} ± {bias['without'][1]:.3f} |\n"
        f"| bias of the mean | {bias['with'][0] - 3:+.3f} | {bias['without'][0] - 3:+.3f} |\n"
        f"| bias, in errors | {(bias['with'][0] - 3) / bias['with'][1]:+.1f} | {(bias['without'][0] - 3) / bias['without'][1]:+.0f} |\n"
        f"| effective sample size | {n_effs['with']:,.0f} | {n_effs['without']:,.0f} |\n"
        f"| bins against the target (rms, errors) | {worst['with', 3]:.1f} | {worst['without', 3]:.0f} |\n"
        f"| bins against target / x (rms, errors) | {worst['with', 2]:.0f} | {worst['without', 2]:.1f} |"
    )
)

# %% tags=["hide-cell", "checks", "nbval-check-output"]
print(
    "with the ratio, mean 3 within 4 errors:   ",
    abs(bias["with"][0] - 3) < 4 * bias["with"][1],
)
print(
    "without it, mean 2 within 4 errors:       ",
    abs(bias["without"][0] - 2) < 4 * bias["without"][1],
)
print(
    "without it, the target is missed by > 20: ",
    3 - bias["without"][0] > 20 * bias["without"][1],
)

# %% [markdown]
# In {numref}`fig-mh-asymmetric` the points of the wrong chain look as good as those of the right one. By the table the two are worth a similar number of independent draws.
# No diagnostic of convergence would object: it *has* converged, to something else.
# Only an exact result shows the mistake. This is why exact results accompany the samples in this book.

# %% [markdown]
# ## Three spins, and the whole matrix
#
# For a small system nothing about a chain has to be estimated. Three spins have eight states. All that a chain can do is in an $8 \times 8$ matrix $P_{ab}$, the probability of a step from state $a$ to state $b$.
#
# For spins the natural proposal is to flip one. Only the {term}`flip change` $\Delta_i(s) = E(s \text{ with } s_i \text{ flipped}) - E(s)$ is needed. There are two famous rules for the probability of a flip:
#
# $$
# \begin{aligned}
# \text{Metropolis:}\quad a(\Delta) &= \min(1, e^{-\beta\Delta}), \\
# \text{Gibbs:}\quad a(\Delta) &= \frac{1}{1 + e^{\beta\Delta}} .
# \end{aligned}
# $$ (eq-mh-rules)
#
# The first is {eq}`eq-mh-accept` with a symmetric proposal. The second *redraws* the spin from its distribution given all other spins, $p(s_i | s_{/i})$, whatever it was before {cite}`geman1984`: of the two states that differ in this spin, the flipped one has the share $e^{-\beta\Delta}/(1 + e^{-\beta\Delta})$.
# It is Metropolis-Hastings too, with $q$ this conditional distribution. Then $f(y)\,q(x|y) = f(x)\,q(y|x)$, the ratio is one, and no proposal is refused.
#
# Both satisfy $a(\Delta)/a(-\Delta) = e^{-\beta\Delta}$, and this is detailed balance.
#
# Then one must choose the site: at random, or one after the other.
# The target is now a vector of eight probabilities. We call it $\pi$, with $\pi_a = p(a)$, as is the custom.


# %%
def metropolis_rule(x):  # x = beta Delta
    return np.minimum(1, np.exp(-x))


def gibbs_rule(x):
    return expit(-x)


def site_matrix(energy, site, rule, beta=1.0):
    """Transition matrix of one proposal at a given site."""
    n = energy.n_spins
    states = exact.states(n)
    flip = rule(beta * energy.flip_change(states)[:, site].detach().numpy())
    here = np.arange(2**n)  # a state's number in binary: its spins, 1 for +
    there = here ^ (1 << (n - 1 - site))  # one bit, one spin, reversed
    P = np.diag(1 - flip)
    P[here, there] = flip
    return P


# %%
def random_site(energy, rule, beta=1.0):
    n = energy.n_spins
    return sum(site_matrix(energy, i, rule, beta) for i in range(n)) / n


def in_order(energy, rule, beta=1.0):
    n = energy.n_spins
    sites = [site_matrix(energy, i, rule, beta) for i in range(n)]
    return np.linalg.multi_dot(sites)  # site 0 first


# %%
three = ebm.Pairwise(
    [[0, 0.8, -0.3], [0.8, 0, 0.5], [-0.3, 0.5, 0]], fields=[0.2, 0.0, -0.1]
)
pi = exact.probabilities(three)
kernels = {
    "Metropolis": random_site(three, metropolis_rule),
    "Gibbs": random_site(three, gibbs_rule),
    "Gibbs in order": in_order(three, gibbs_rule),
}

# %% tags=["hide-input"]
names = [
    "".join("+" if s > 0 else "−" for s in state) for state in exact.states(3)
]
matrix = kernels["Metropolis"]
fig, ax = plt.subplots(figsize=(5.2, 4.8))
ax.imshow(matrix, cmap="Blues", vmin=0, vmax=0.8)
for (a, b), value in np.ndenumerate(matrix):
    if value > 0:
        ax.text(
            b,
            a,
            f"{value:.2f}".removeprefix("0"),
            ha="center",
            va="center",
            fontsize=11,
            color="white" if value > 0.45 else "black",
        )
ax.set_xticks(range(8), names, family="monospace")
ax.set_yticks(range(8), names, family="monospace")
ax.set(xlabel="to", ylabel="from")
ax.spines[:].set_visible(True)
off_diagonal = ~np.eye(8, dtype=bool)
plotting.show(
    fig,
    name="fig-mh-matrix",
    caption="All that a Metropolis chain of three spins can do: the probability of a step from each state (row) to each state (column), the site drawn at random. Empty cells are zero: off the diagonal because they would need two flips, on it because from there every flip is accepted.",
    alt=f"An 8 by 8 table with three entries off the diagonal and the diagonal in each row. Off the diagonal the entries are at most {matrix[off_diagonal].max():.2f}, which is one third; on the diagonal {np.diag(matrix).mean():.2f} on average.",
)

# %% [markdown]
# {numref}`fig-mh-matrix` shows one of the three matrices. Now all statements of the proof are finite sums, which a computer checks to rounding.

# %% tags=["nbval-check-output"]
for name, P in kernels.items():
    flow = pi[:, None] * P  # probability that goes from a to b
    print(name)
    print("  rows sum to 1:   ", np.abs(P.sum(1) - 1).max() < 1e-12)
    print("  pi P = pi:       ", np.abs(pi @ P - pi).max() < 1e-12)
    print("  detailed balance:", np.abs(flow - flow.T).max() < 1e-12)

# %% [markdown]
# The last line is no accident. Each single-site matrix obeys detailed balance, and so does their average. Their *product* does not: read backwards, it visits the sites in reverse.
# But each factor leaves $\pi$ as it is, so the product does too. Stationarity is what one needs; detailed balance is only the convenient way to get it.
# This matters, because `ebm.sample(method="gibbs")` goes through the sites in order.
# That function is the package's sampler for spins. It runs many chains side by side. `warmup` and `thin` are counted in **{term}`sweeps <sweep>`** of $N$ proposals: `thin=10` keeps every tenth. `initial` has a row for each chain, its start, and `beta` is the inverse temperature.
# It returns `Draws`. Its `chains` are the spins by chain, draw and site, `spins` are the same without the division into chains, and `energies` go with `chains`. The rest are diagnostics.
#
# {doc}`appendix_chains` measures its matrix: from each of the eight states many chains make one sweep, and the 64 shares are those of the product.

# %% [markdown]
# ## Cheat sheet
#
# | what | formula | code |
# |---|---|---|
# | acceptance | $r = \min\big(1, \frac{f(y)\,q(x \mid y)}{f(x)\,q(y \mid x)}\big)$ | `ebm.metropolis_hastings(...)` |
# | one spin, Gibbs | $p(s_i = +1 \mid s_{/i}) = 1/(1 + e^{-2\beta f_i})$ | `ebm.sample(energy, n)` |
# | one spin, Metropolis | $r = \min(1, e^{-\beta \Delta_i})$ | `ebm.sample(energy, n, method="metropolis")` |
#
# :::{admonition} History: from a bomb to a lattice
# :class: note
# The algorithm was published in 1953 by Nicholas Metropolis, Arianna and Marshall Rosenbluth, and Augusta and Edward Teller, who computed the equation of state of hard disks {cite}`metropolis1953`; W. Keith Hastings freed it from symmetric proposals in 1970 {cite}`hastings1970`.
# :::
#
# ## Summary
#
# - Averages under $p = f/Z$ can be estimated from draws. The error falls as one over the root of the *effective* number of draws, whatever the number of states.
# - Metropolis-Hastings proposes, compares $f(y)q(x|y)$ with $f(x)q(y|x)$, and accepts or stays. A stay counts.
# - Detailed balance makes $p$ stationary. For a small system the whole transition matrix can be written down, and each step of the proof checked.
# - An asymmetric proposal needs the Hastings ratio. Without it the chain converges well, to another density.
# - For spins the natural step is a flip. Metropolis flips more readily than Gibbs, which redraws a spin whatever it was.
#
# What is such a chain worth, and how would one notice that it is stuck? {doc}`02b_when_chains_fail` continues.

# %% [markdown]
# ## Exercises
#
# Try each before you open its solution: `answer` says whether you are right.

# %% [markdown]
# :::{admonition} Exercise 2.1: the chain that keeps its parity
# :class: exercise
# *derivation with a check; medium, 20 minutes*
#
# Let the energy be flat, $E = 0$, on $N$ spins. Run Metropolis with sites at random.
# (a) What happens at each proposal? (b) How many spins are up after $t$ proposals: even or odd? (c) Find all eigenvalues of $P$. *Hint:* try the products $\prod_{i \in I} s_i$ as eigenvectors. (d) Is $p$ stationary? Does the chain converge to it? And with Gibbs?
#
# Give the smallest eigenvalue for $N = 4$, first of Metropolis, then of Gibbs.
# :::

# %%
from exercises import answer

smallest = [..., ...]
answer("2.1", smallest)

# %% [markdown]
# :::{admonition} Solution to exercise 2.1
# :class: dropdown solution
# (a) $\Delta = 0$, so every proposal is accepted: each step flips exactly one spin. (b) The parity of the number of up spins changes at each step. After an even number of steps it is that of the start.
#
# (c) A flip of spin $i$ changes the sign of $\prod_{i\in I}s_i$ if $i \in I$. With $|I| = k$ this happens with probability $k/N$, so the product is multiplied on average by $1 - 2k/N$. There are $\binom Nk$ such products, $2^N$ in all, so these are all eigenvalues. $k = N$ gives $-1$.
#
# (d) $p$ is stationary; the rows of $P^n$ never converge to it, as the part with $\lambda = -1$ does not die out. The chain is periodic. Gibbs flips with probability one half: the eigenvalues are $1 - k/N \ge 0$, and it converges. Time averages of Metropolis are right all the same.
# :::


# %% tags=["hide-cell", "solution"]
def distance(P, p, steps):
    powers = (np.linalg.matrix_power(P, n) for n in steps)
    return np.array([0.5 * np.abs(Pn - p).sum(1).max() for Pn in powers])


flat = ebm.Pairwise(np.zeros((4, 4)))
P = random_site(flat, metropolis_rule)
found = np.sort(np.linalg.eigvals(P).real)
predicted = np.sort((1 - exact.states(4).clip(0).sum(1) / 2).astype(float))
assert np.allclose(found, predicted)
assert np.isclose(found[0], -1)
uniform = np.full(16, 1 / 16)
assert np.allclose(uniform @ P, uniform)
assert distance(P, uniform, [1000])[0] > 0.49
assert distance(random_site(flat, gibbs_rule), uniform, [100])[0] < 1e-9
kept = ebm.sample(
    flat,
    64 * 50,
    n_chains=64,
    warmup=0,
    thin=1,
    method="metropolis",
    initial=np.ones((64, 4)),
)
assert (kept.spins.prod(1) == 1).all()  # a sweep is 4 flips: parity is kept
print("eigenvalues:", *np.unique(found.round(6)))
gibbs = np.linalg.eigvals(random_site(flat, gibbs_rule)).real.min()
assert answer("2.1", [found[0], gibbs])

# %% [markdown]
# :::{admonition} Exercise 2.2: why a refusal counts
# :class: exercise
# *derivation and coding; hard, 25 minutes*
#
# Someone keeps a state only when the chain moves to it, and so counts no state twice. Let $A(x) = \sum_{y\ne x} P(y|x)$ be the probability to leave $x$.
# Show that the kept states follow $p(x)A(x)$, normalised. Check it on the three spins of this chapter, for Metropolis with sites at random. How wrong is the mean energy?
#
# Give the mean energy that the kept states report.
# :::

# %%
reported_energy = ...
answer("2.2", reported_energy)

# %% [markdown]
# :::{admonition} Solution to exercise 2.2
# :class: dropdown solution
# The kept states are a chain with the transitions $\tilde P(y|x) = P(y|x)/A(x)$ for $y \ne x$. Then $p(x)A(x)\tilde P(y|x) = p(x)P(y|x)$, which is symmetric in $x$ and $y$ by detailed balance. So $pA$ obeys detailed balance with $\tilde P$, and is stationary.
#
# States of low energy are those that the chain rarely leaves. They lose most when refusals are not counted, so the mean energy comes out too high.
# :::

# %% tags=["hide-cell", "solution"]
P = kernels["Metropolis"]
leave = 1 - np.diag(P)
jumps = (P - np.diag(np.diag(P))) / leave[:, None]
kept = pi * leave / (pi @ leave)
assert np.allclose(kept @ jumps, kept)
levels = exact.energies(three)
print(f"energy: right {pi @ levels:.3f}, refusals dropped {kept @ levels:.3f}")
assert kept @ levels > pi @ levels + 0.1

rng = np.random.default_rng(seed)
state, visited = 0, []
for _ in range(20_000):
    new = rng.choice(8, p=P[state])
    if new != state:
        visited.append(new)
    state = new
batches = np.array_split(levels[visited], 50)
means = [batch.mean() for batch in batches]
mean, error = np.mean(means), np.std(means, ddof=1) / np.sqrt(50)
assert abs(mean - kept @ levels) < 5 * error
assert answer("2.2", kept @ levels)

# %% [markdown]
# :::{admonition} Exercise 2.3: the edge of the world
# :class: exercise
# *coding; medium, 20 minutes*
#
# The states are $0, 1, \dots, 9$ with $f(x) = 1$. The proposal is a neighbour, drawn evenly among those that exist: two in the middle, one at either end.
# Write $q(x|y)/q(y|x)$ for all moves. Build the $10\times10$ matrix with the ratio and without. Which distribution is stationary without it? Find it first by thought. Does the chain converge to it?
#
# Give the share of the time that the chain without the ratio spends in state 0.
# :::

# %%
share_of_an_end = ...
answer("2.3", share_of_an_end)

# %% [markdown]
# :::{admonition} Solution to exercise 2.3
# :class: dropdown solution
# From an end, $q = 1$; from the middle, $q = \frac12$. So the ratio is $\frac12$ for a move from an end inwards, $2$ for a move to an end, and $1$ otherwise.
#
# Without the ratio every proposal is accepted, since $f$ is flat. The chain is a plain walk on a path. There the stationary weight is the number of neighbours: the ends are visited half as often as the rest, $1/18$ against $1/9$. This is the same mistake as with multiplicative steps, in integers.
#
# It does not converge: each step leads from an even number to an odd one or back, so the chain is periodic, and $-1$ is an eigenvalue. With the ratio it stays at an end with probability one half, and this breaks the period.
# :::


# %% tags=["hide-cell", "solution"]
def path_matrix(with_ratio, n=10):
    P = np.zeros((n, n))
    for x in range(n):
        near = [y for y in (x - 1, x + 1) if 0 <= y < n]
        for y in near:
            q_there, q_back = 1 / len(near), 1 / (1 if y in (0, n - 1) else 2)
            P[x, y] = q_there * min(1, q_back / q_there if with_ratio else 1)
        P[x, x] = 1 - P[x].sum()
    return P


even = np.full(10, 0.1)
degree = np.array([1] + [2] * 8 + [1]) / 18
assert np.allclose(even @ path_matrix(True), even)
assert np.allclose(degree @ path_matrix(False), degree)
assert not np.allclose(even @ path_matrix(False), even)
print("without the ratio the ends get", degree[0].round(4), "instead of 0.1")
assert answer("2.3", degree[0])

# %% [markdown]
# ## Where next
#
# - {doc}`02b_when_chains_fail` continues the chapter: what a chain is worth, the Ising model, and chains that get stuck.
# - {doc}`03_pairwise_models` turns the question around: which energy made the data?
# - {doc}`appendix_chains` tries the estimators of this chapter where the answer is known.
#
# ## Further reading
#
# - {cite}`metropolis1953` and {cite}`hastings1970` are the algorithm; {cite}`geman1984` is the Gibbs sampler.
