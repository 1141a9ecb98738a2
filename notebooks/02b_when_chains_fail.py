# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # When chains fail
#
# A chain that is run for long enough visits every state as often as it deserves. But how long is long enough, where two valleys are separated by a high wall?
# This second half of chapter 2 takes the chains of {doc}`02_metropolis_hastings` to a system that is solved exactly, and then to systems in which they get stuck. **Would you have noticed?**
#
# **What you will learn**
#
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

import ebmtools as ebm
from ebmtools import exact, plotting

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # ArviZ announces its next version
    import arviz as az

plotting.use_style()
COLORS = plotting.COLORS

# %% tags=["parameters"]
seed = 1

# %% [markdown]
# ```{figure} ../book/_static/drawings/ladder.svg
# :name: fig-draw-ladder
# :alt: Three copies of a curve with two valleys, from cold below to warm above; the wall between the valleys is high in the cold copy and nearly gone in the warm one. A ball that is stuck in the cold copy goes up to the warm one, crosses, and comes down on the other side.
#
# The trouble and its cure: a cold chain cannot climb the wall between two valleys. A ladder of copies at higher temperatures carries it across.
# ```

# %% [markdown]
# ## The Ising model in two dimensions
#
# Put spins on an $L \times L$ square lattice, joined at opposite edges. Each is coupled with strength 1 to its four neighbours:
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


# %%
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
# Below $T_c$ the Ising model has two wells, all up and all down. They have the same energy, and between them lies a barrier: a wall of broken bonds, twice across the lattice.
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
# Give the couplings random signs, and in general no state satisfies them all: the spins are **frustrated**. Now there can be many wells, of *different* energies and far apart. No symmetry helps, and nobody knows a good start.
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
        f"Averaging more such chains does not remove the bias. It only makes the error bar smaller: 256 chains give {more_mean:.2f} ± {more_error:.2f}, {(more_mean - glassy[6.0][3]) / more_error:.0f} errors from the truth."
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
# 4. Give each number its error, from the spread between the chains or from the effective sample size.
# 5. Where chains disagree, temper them; do not average them.
# 6. Compare with an exact result wherever there is one: a small system, a limit, a symmetry. A wrong acceptance rule shows up nowhere else.

# %% [markdown]
# ## Cheat sheet
#
# | what | formula | code |
# |---|---|---|
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
# - The Ising model is solved exactly, so it tells a good sampler from a bad one.
# - R-hat sees only what its observable sees, and only where some chain has been. The energy is blind to wells of equal energy.
# - In a glass, averages of stuck chains are biased, and more such chains only make the error bar smaller.
# - Copies at several temperatures that trade places leave wells that a cold chain cannot.
#
# With a sampler in hand, and knowing when not to believe it, we can turn the question around, and ask which energy made the data: {doc}`03_pairwise_models`.

# %% [markdown]
# ## Exercises

# %% [markdown]
# :::{admonition} Exercise 2.6: a trade
# :class: exercise
# *calculation; easy, 5 minutes*
#
# A warm copy at $\beta_1 = 0.5$ sits at the energy $E_1 = -10$, a cold one at $\beta_2 = 1$ at the energy $E_2 = -12$. With which probability do they trade? And with which if the energies were the other way round?
#
# Give both probabilities.
# :::

# %%
from exercises import answer

probabilities = [..., ...]
answer("2.6", probabilities)

# %% [markdown]
# :::{admonition} Solution to exercise 2.6
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
assert answer("2.6", trade)

# %% [markdown]
# :::{admonition} Exercise 2.7: what sixteen chains are worth
# :class: exercise
# *thinking, then a check; medium, 10 minutes*
#
# Sixteen chains on the cold lattice start at random. Each falls into one of the two wells, up or down with equal chance, and never leaves it. The magnetisation is $\pm m$ there. What is the standard deviation of the mean magnetisation over the sixteen chains, however long they run? Check it by simulation of the sixteen signs.
#
# Give it for $m = 0.94$.
# :::

# %%
deviation = ...
answer("2.7", deviation)

# %% [markdown]
# :::{admonition} Solution to exercise 2.7
# :class: dropdown solution
# Each chain contributes a fair sign times $m$, whose standard deviation is $m$. The mean of sixteen has $m/\sqrt{16} = m/4 = 0.235$. Longer chains do not change this: within a well all steps say the same. Only more chains help, or chains that cross.
# :::

# %% tags=["hide-cell", "solution"]
signs = np.random.default_rng(seed).choice([-1, 1], (20_000, 16))
simulated = (0.94 * signs).mean(1).std(ddof=1)
assert abs(simulated / 0.235 - 1) < 4 / np.sqrt(2 * 20_000)
print(f"simulated: {simulated:.3f}")
assert answer("2.7", 0.94 / 4)

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
# - {cite}`vehtari2021` has R-hat in its modern form.
