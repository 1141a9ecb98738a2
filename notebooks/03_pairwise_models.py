# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Pairwise models and Boltzmann machines
#
# Many units, each with two states, that influence each other in pairs: this is the simplest model in which a whole is more than its parts.
# Physicists know it as the Ising model, machine learning as the Boltzmann machine.
# This chapter builds it up from two spins, fits it in two ways, and takes it to real data.
#
# **What you will learn**
#
# - what fields and couplings do to probabilities, and why pairwise models are the natural first choice;
# - maximum likelihood: how its gradient compares data with model, and why it needs the normaliser $Z$;
# - Hebb's rule, and how couplings make a memory;
# - pseudolikelihood: a fit that never needs $Z$, and the price it pays;
# - how to fit handwritten digits, look at the couplings, draw new digits, and find out what the model gets right and what it misses.
#
# **Prerequisites**: Python with NumPy, some calculus, and the basic rules of probability.
#
# **Running time**: less than a minute on one core.

# %%
import itertools

import matplotlib.pyplot as plt
import numpy as np
import torch
from IPython.display import Markdown, display
from scipy.special import erf, expit

import ebmtools as ebm
from ebmtools import plotting

plotting.use_style()
COLORS = plotting.COLORS

# %% [markdown]
# The next cell holds every setting of the chapter. Change one, and run the notebook again.

# %% tags=["parameters"]
seed = 1
n_spins = 10  # spins of the comparison of objectives
n_instances = 12  # random models to average over
sample_sizes = [1000, 3000, 10_000, 30_000, 100_000]
penalties = [0.001, 0.003, 0.01, 0.03, 0.1]  # l2, digits
n_chains = 128  # chains that sample digits
n_draws = 400  # draws of each

# %% [markdown]
# ```{figure} ../book/_static/drawings/three-spins.svg
# :name: fig-draw-three-spins
# :alt: Three spins. Solid lines, couplings, join the third to the first and to the second. A dotted line between the first and the second says: correlated, not coupled.
#
# Spins 1 and 2 both listen to spin 3. They are correlated, although neither acts on the other.
# ```
#
# ## The energy of two spins
#
# A **spin** is a variable $s_i$ that is $-1$ or $+1$.
# It may stand for a neuron that is silent or fires, a pixel that is paper or ink, an atom whose moment points down or up.
# A **pairwise model** of $N$ spins has the energy
#
# $$
# E(s) = -\sum_i h_i s_i - \sum_{i<j} J_{ij} s_i s_j
# $$ (eq-pairwise)
#
# and gives the state $s$ the probability
#
# $$
# p(s) = \frac{e^{-E(s)}}{Z}, \qquad Z = \sum_{s'} e^{-E(s')} .
# $$ (eq-boltzmann)
#
# Low energy means high probability. There are two kinds of parameter.
#
# - The **field** $h_i$ pulls spin $i$ alone: a positive field favours $s_i = +1$.
# - The **coupling** $J_{ij}$ ties two spins: a positive one favours $s_i = s_j$, a negative one $s_i = -s_j$.
#
# Each pair is counted once, $J_{ij} = J_{ji}$, and $J_{ii} = 0$.
#
# Two spins have four states. We list them all, with one coupling and no fields.

# %%
J = 0.8
two = ebm.Pairwise([[0, J], [J, 0]])
rows = [
    "| s0 | s1 | E(s) | exp(-E) | p(s) |",
    "|---:|---:|---:|---:|---:|",
]
p = ebm.exact.probabilities(two)
for k, (a, b) in enumerate(ebm.exact.states(2)):
    E = two([a, b]).item()
    numbers = f"{E:.2f} | {np.exp(-E):.3f} | {p[k]:.3f}"
    rows.append(f"| {a:+d} | {b:+d} | {numbers} |")
display(Markdown("\n".join(rows)))

# %% [markdown]
# The two states in which the spins agree share most of the probability.
# The **correlation** $\langle s_0 s_1\rangle$ says how much they agree on average. From the table,
#
# $$
# \langle s_0 s_1\rangle = \frac{2e^{J} - 2e^{-J}}{2e^{J} + 2e^{-J}} = \tanh J .
# $$ (eq-tanh)
#
# Here $\langle\cdot\rangle$ is the mean under $p$. A weak coupling gives a correlation nearly equal to it. A strong one saturates at $1$.
# We check {eq}`eq-tanh` with samples from a Markov chain, for a range of couplings. {numref}`fig-two-spins` has the result.

# %%
grid = np.linspace(-2, 2, 9)
sampled = []
for k, J in enumerate(grid):
    draws = ebm.sample(
        ebm.Pairwise([[0, J], [J, 0]]),
        2000,
        n_chains=100,
        warmup=50,
        thin=5,
        seed=seed + k,
    )
    s = draws.chains
    sampled.append(draws.mean_and_error(s[..., 0] * s[..., 1]))
mean, error = np.array(sampled).T
worst = np.abs((mean - np.tanh(grid)) / error).max()

# %% tags=["hide-input"]
fig, ax = plt.subplots(figsize=(5.2, 3.2))
fine = np.linspace(-2.1, 2.1, 200)
ax.plot(fine, np.tanh(fine), color=COLORS["exact"], label="exact: tanh J")
ax.errorbar(
    grid,
    mean,
    2 * error,
    color=COLORS["model"],
    marker="o",
    linestyle="",
    capsize=3,
    label="sampled (2 errors)",
)
ax.set(xlabel="coupling J", ylabel="correlation of the two spins")
ax.legend()
plotting.show(
    fig,
    name="fig-two-spins",
    caption=r"The correlation $\langle s_0 s_1\rangle$ of two spins against their coupling. Line: $\tanh J$. Points: 2000 samples each, with two standard errors.",
    alt=f"An S-shaped curve from -1 to 1 through the origin, the hyperbolic tangent; {len(grid)} sampled points lie on it, none further off than {worst:.1f} standard errors.",
)

# %% [markdown]
# ## From two spins to many
#
# With $N$ spins there are $2^N$ states. For $N = 10$ a computer lists them in a moment, and every average is a finite sum.
# That is **exact enumeration**. It is our yardstick in this chapter.


# %%
def random_model(n, seed, strength=1.0):
    """Normal J of sd strength / sqrt(N), normal h of sd 0.3."""
    rng = np.random.default_rng(seed)
    J = np.triu(rng.normal(0, strength / np.sqrt(n), (n, n)), k=1)
    return ebm.Pairwise(J + J.T, fields=rng.normal(0, 0.3, n))


model = random_model(n_spins, seed)
p = ebm.exact.probabilities(model)
magnetisations, correlations = ebm.exact.moments(model)

# %% [markdown]
# Two kinds of average will come up again and again:
#
# - the **magnetisations** $\langle s_i\rangle$, or first moments;
# - the **correlations** $\langle s_i s_j\rangle$, or second moments.
#
# In the two-spin model a correlation told us the coupling. With more spins this is no longer so: two spins without any coupling are still correlated if both are tied to a third.
# {numref}`fig-indirect` shows the effect. To recover couplings from correlations all spins must be looked at together. This is the **inverse Ising problem** {cite}`nguyen2017`.

# %% tags=["hide-input"]
upper = np.triu_indices(n_spins, 1)
without_fields = ebm.Pairwise(
    model.couplings
)  # then all magnetisations are zero
connected = ebm.exact.moments(without_fields).correlations[upper]
fig, ax = plt.subplots(figsize=(5.2, 3.6))
ax.plot(
    fine[50:-50],
    np.tanh(fine[50:-50]),
    color=COLORS["exact"],
    linewidth=1.2,
    label="two spins alone: tanh J",
)
ax.plot(
    model.couplings[upper],
    connected,
    "o",
    color=COLORS["pairwise"],
    label=f"{n_spins} spins, exact",
)
ax.axhline(0, color=COLORS["oracle"], linewidth=0.8)
ax.set(xlabel="coupling of the pair", ylabel="correlation of the pair")
ax.legend()
plotting.show(
    fig,
    name="fig-indirect",
    caption=r"Every pair of a random model without fields: correlation $\langle s_i s_j\rangle$ against coupling, both exact. Points off the curve are pairs whose correlation also comes through other spins.",
    alt=f"A cloud of {len(connected)} points that rises with the coupling but scatters widely around the tanh curve; {int((connected * model.couplings[upper] < 0).sum())} pairs have a correlation of the opposite sign to their coupling.",
)

# %% [markdown]
# ### Why only pairs?
#
# Suppose that all we know are the first and second moments of the data. Which distribution should we believe in?
# The principle of **maximum entropy** says: the one that assumes nothing else, and so has the largest entropy $-\sum_s p(s)\log p(s)$ among all that have these moments.
#
# To find it, give each constraint a Lagrange multiplier: $h_i$ for $\langle s_i\rangle$, $J_{ij}$ for $\langle s_i s_j\rangle$, and $\lambda$ for $\sum_s p(s) = 1$. Then set the derivative by $p(s)$ to zero:
#
# $$
# -\log p(s) - 1 + \lambda + \sum_i h_i s_i + \sum_{i<j} J_{ij} s_i s_j = 0 .
# $$
#
# The entropy is concave in $p$, so this stationary point is its maximum.
# Solve for $p(s)$, and it is {eq}`eq-boltzmann` with the energy {eq}`eq-pairwise`. The multipliers *are* the fields and the couplings.
# So a pairwise model is what means and correlations say, and nothing more.
#
# This is why it is used on recordings of the brain. Each neuron in a short window fires ($+1$) or not ($-1$).
# In the retina such a model explains most of the joint activity of small groups of cells {cite}`schneidman2006`.
# In the cortex, sampling from fitted models and driving them with extra fields has brought out **neural assemblies**, groups of cells that activate together {cite}`tavoni2017`.
# Whether pairs are enough is a question to the data. We come back to it at the end.

# %% [markdown]
# ## Maximum likelihood
#
# Given $M$ samples $s^1,\dots,s^M$, which $h$ and $J$ make them most probable? The mean negative log-likelihood is
#
# $$
# \ell(h, J) = -\frac1M\sum_{\mu=1}^M \log p(s^\mu) = \frac1M\sum_\mu E(s^\mu) + \log Z .
# $$ (eq-likelihood)
#
# Take the derivative by $J_{ij}$. The first term gives $-s_i s_j$ averaged over the data. For the second,
#
# $$
# \frac{\partial \log Z}{\partial J_{ij}} = \frac1Z\sum_s e^{-E(s)}\, s_i s_j = \langle s_i s_j\rangle_\text{model} .
# $$
#
# Together, and in the same way for the fields,
#
# $$
# \begin{aligned}
# -\frac{\partial \ell}{\partial J_{ij}} &= \langle s_i s_j\rangle_\text{data} - \langle s_i s_j\rangle_\text{model}, \\
# -\frac{\partial \ell}{\partial h_i} &= \langle s_i\rangle_\text{data} - \langle s_i\rangle_\text{model} .
# \end{aligned}
# $$ (eq-gradient)
#
# A **data term minus a model term**. This is the learning rule of the Boltzmann machine {cite}`ackley1985`.
# Read it as advice: where two spins agree more often in the data than in the model, raise their coupling.
# It stops when the moments match. The second derivatives of $\ell$ are the covariances of the $s_i$ and $s_i s_j$ under the model. Every state has a positive probability, and no combination of these functions is constant, so $\ell$ is strictly convex:
# there is at most one place to stop. Exercise 3.4 shows data for which it lies at infinity.
#
# A derivation deserves a check. We compare {eq}`eq-gradient` with automatic differentiation, and with finite differences.

# %%
n = 6
truth = random_model(n, seed)
spins = ebm.exact.sample(truth, 2000, seed=seed)
guess = random_model(n, seed + 1)  # any point will do

data_term = (spins.T.astype(float) @ spins) / len(spins)
formula = data_term - ebm.exact.moments(guess).correlations

loss = ebm.objectives.likelihood(guess, spins)
autograd = -torch.autograd.grad(loss, guess.upper)[0].numpy()

step, shift = 1e-5, np.zeros((n, n))
shift[0, 1] = shift[1, 0] = step
moved = [
    ebm.Pairwise(guess.couplings + sign * shift, guess.fields)
    for sign in (1, -1)
]
losses = [ebm.objectives.likelihood(E, spins).item() for E in moved]
difference = -(losses[0] - losses[1]) / (2 * step)

# %% tags=["hide-cell", "checks", "nbval-check-output"]
upper = np.triu_indices(n, 1)
print(
    "formula equals autograd:          ",
    np.allclose(formula[upper], autograd, atol=1e-10),
)
print(
    "formula equals finite differences:",
    np.isclose(formula[0, 1], difference, atol=1e-8),
)

# %% [markdown]
# ### A few lines of gradient ascent
#
# With the model term by enumeration, learning is a loop of a few lines. We start from $J = 0$, $h = 0$.


# %%
def off_diagonal(matrix):
    """Zeros on the diagonal: s_i s_i = 1 tells nothing."""
    return matrix - np.diag(np.diag(matrix))


mean, second = spins.mean(0), data_term
J, h = np.zeros((n, n)), np.zeros(n)
mismatch, nats = [], []
for _ in range(200):
    machine = ebm.Pairwise(J, h)
    model_mean, model_second = ebm.exact.moments(machine)
    # data term minus model term
    gradient_J = off_diagonal(second - model_second)
    gradient_h = mean - model_mean
    gradient = np.append(gradient_J, gradient_h)
    mismatch.append(np.abs(gradient).max())
    nats.append(ebm.objectives.likelihood(machine, spins).item())
    J, h = J + 0.3 * gradient_J, h + 0.3 * gradient_h

best = ebm.fit_pairwise(spins, objective="likelihood")

# %% tags=["hide-input"]
fig, (top, bottom) = plt.subplots(2, 1, figsize=(5.2, 4.8), sharex=True)
top.plot(nats, color=COLORS["pairwise"], label="gradient ascent")
top.axhline(
    best.objective,
    color=COLORS["exact"],
    linestyle="--",
    linewidth=1.2,
    label="optimum (fit_pairwise)",
)
top.set(ylabel="nats a sample")
top.legend()
bottom.semilogy(mismatch, color=COLORS["pairwise"])
bottom.set(xlabel="step", ylabel="largest mismatch\nof a moment")
plotting.show(
    fig,
    name="fig-ascent",
    caption=r"Maximum likelihood on a system of six spins by plain gradient ascent, with exact moments. Top: the negative log-likelihood $\ell$, and its minimum as `ebm.fit_pairwise` finds it. Bottom: the largest difference between a moment of the data and the same moment of the model.",
    alt=f"Top: a curve that falls from {nats[0]:.2f} to {nats[-1]:.2f} nats and meets a dashed line at {best.objective:.2f}. Bottom: the largest mismatch falls on a log scale from {mismatch[0]:.1g} to {mismatch[-1]:.0e}.",
)

# %% [markdown]
# In {numref}`fig-ascent` the likelihood settles within a few steps; the last digits of the moments take far longer.
# The package does the same with a faster optimiser. The two must agree.

# %% tags=["hide-cell", "checks", "nbval-check-output"]
fitted = ebm.exact.moments(best.energy)
print(
    "same couplings as the loop:  ", np.allclose(best.couplings, J, atol=1e-3)
)
print(
    "first moments of data met:   ",
    np.allclose(fitted.magnetisations, mean, atol=1e-5),
)
print(
    "second moments of data met:  ",
    np.allclose(fitted.correlations, second, atol=1e-5),
)

# %% [markdown]
# The weak point is the model term. It needs $Z$, or averages under the model: $2^N$ terms at every step, or a Markov chain that has converged, at every step.
# The rest of the chapter is about ways around it. The first is the oldest.

# %% [markdown]
# ## From Hebb's rule to the Boltzmann machine
#
# Take the gradient {eq}`eq-gradient` at $J = 0$, $h = 0$. There all states are equally likely, so the model term is zero, and one step of learning gives
#
# $$
# J_{ij} \propto \langle s_i s_j\rangle_\text{data} .
# $$
#
# Couple what is active together: this is **Hebb's rule**. A network with such couplings is a memory. Let each spin follow its neighbours, $s_i \leftarrow \operatorname{sign}\sum_j J_{ij} s_j$, one spin after the other. A flip of spin $i$ changes the energy by
#
# $$
# \begin{aligned}
# \Delta_i(s) &= E(s \text{ with spin } i \text{ flipped}) - E(s) \\
# &= 2 s_i \Big(h_i + \sum_j J_{ij} s_j\Big),
# \end{aligned}
# $$ (eq-delta)
#
# so this rule flips exactly those spins whose flip lowers the energy, until the state has reached a local minimum. If stored patterns are such minima, a damaged copy of a pattern settles back into it: a memory that is addressed by content, which Hopfield described in 1982 {cite}`hopfield1982`. {doc}`appendix_memory` stores three letters, repairs them, and measures how much such a memory holds.
#
# Now let the dynamics make mistakes. Instead of obeying its local field, a spin follows it with probability
#
# $$
# p(s_i = +1 \mid s_{/i}) = \frac{1}{1 + e^{-2\left(h_i + \sum_j J_{ij}s_j\right)}} ,
# $$ (eq-conditional)
#
# where $s_{/i}$ are all spins but $i$. This is {term}`Gibbs sampling` {cite}`geman1984`, and run for long enough it visits states with the probabilities {eq}`eq-boltzmann`.
# The network no longer falls into one minimum: it *generates* states. This is the stochastic counterpart of Hopfield's network, the {term}`Boltzmann machine` {cite}`ackley1985`.
# The step from Hebb to Boltzmann is the model term. Hebb's rule only adds what the data show, whereas the Boltzmann machine also takes away what the model already produces by itself.
# The original machine had *hidden* units too, spins that are not in the data. Here all spins are visible; exercise 3.3 shows what a hidden one adds.
#
# :::{admonition} History: a prize for this section
# :class: note
# John Hopfield described his memory in 1982 {cite}`hopfield1982`. Geoffrey Hinton and Terrence Sejnowski, with David Ackley, let its spins make mistakes, and gave it a rule by which it learns from data {cite}`ackley1985`. In 2024 Hopfield and Hinton received the Nobel prize in physics "for foundational discoveries and inventions that enable machine learning with artificial neural networks" {cite}`nobel2024`.
# :::

# %% [markdown]
# ## Pseudolikelihood
#
# ```{figure} ../book/_static/drawings/asked.svg
# :name: fig-draw-asked
# :alt: Four spins. Three have known values and are joined to the fourth by solid lines; the fourth carries a question mark.
#
# Pseudolikelihood asks one spin at a time, given all others. Two energies decide, and no $Z$ is needed.
# ```
#
# Equation {eq}`eq-conditional` holds another idea. The probability of one spin *given the others* needs no $Z$. With $s'$ for the state $s$ with spin $i$ flipped,
#
# $$
# \begin{aligned}
# p(s_i \mid s_{/i}) &= \frac{e^{-E(s)}/Z}{e^{-E(s)}/Z + e^{-E(s')}/Z} \\
# &= \frac{1}{1 + e^{-\Delta_i(s)}} .
# \end{aligned}
# $$ (eq-cancel)
#
# $Z$ stands in every term, and cancels. Two energies for each site are enough, or one energy change $\Delta_i$.
# Besag proposed in 1975 to maximise the product of these conditionals in place of the likelihood {cite}`besag1975`. With $\operatorname{softplus}(x) = \log(1+e^x)$ the **negative log-pseudolikelihood** is
#
# $$
# \begin{aligned}
# -\mathcal L(\theta) &= -\frac1M\sum_{\mu,i} \log p_\theta(s_i^\mu \mid s_{/i}^\mu) \\
# &= \frac1M\sum_{\mu,i} \operatorname{softplus}\big(-\Delta_i(s^\mu)\big) .
# \end{aligned}
# $$ (eq-pl)
#
# This formula asks nothing of the energy but its changes under one flip. It holds for pairwise models, for neural networks, and for sums of the two {cite}`feinauer2022`.
# We check {eq}`eq-cancel` against the definition: divide probabilities from the full enumeration.

# %%
n = 5
model = random_model(n, seed)
states, p = ebm.exact.states(n), ebm.exact.probabilities(model)
delta = model.flip_change(states).detach().numpy()
by_flip = expit(delta)  # 1 / (1 + exp(-Delta))

by_definition = np.empty_like(by_flip)
for i in range(n):
    # the row of the same state with spin i flipped
    partner = np.arange(2**n) ^ (1 << (n - 1 - i))
    by_definition[:, i] = p / (p + p[partner])

# %% tags=["hide-cell", "checks", "nbval-check-output"]
agree = np.allclose(by_flip, by_definition, atol=1e-12)
print("conditionals agree:", agree)

# %% [markdown]
# ### A set of logistic regressions
#
# Look at {eq}`eq-conditional` once more. It is a **logistic regression** of spin $i$ on all other spins, with coefficients $2J_{ij}$ and intercept $2h_i$.
# So pseudolikelihood for a pairwise model is $N$ logistic regressions, with the one link that $J_{ij} = J_{ji}$.
# If we drop this link, each site is a problem of its own {cite}`ravikumar2010`, which any statistics package solves.

# %% tags=["hide-cell", "checks", "nbval-check-output"]
from sklearn.linear_model import LogisticRegression

spins = ebm.exact.sample(model, 2000, seed=seed)
by_site = ebm.fit_pairwise(spins, symmetric=False).couplings_by_site
regression = LogisticRegression(C=1e9, tol=1e-9, max_iter=1000).fit(
    spins[:, 1:], spins[:, 0]
)
print(
    "row 0 of the couplings is half the regression:",
    np.allclose(by_site[0, 1:], regression.coef_ / 2, atol=1e-3),
)

# %% [markdown]
# ### Does it find the truth?
#
# The product of all conditionals is not the probability of the state, and pseudolikelihood is not the likelihood. Yet with enough data its optimum is right.
# For endless data the mean of $-\log p_\theta(s_i\mid s_{/i})$ is a cross-entropy, and a cross-entropy is smallest where $p_\theta(s_i\mid s_{/i})$ is the true conditional.
# The true parameters give all true conditionals at once, so they minimise every term. No other parameters do: the log-odds
# $2(h_i + \sum_j J_{ij} s_j)$ for all states fix $h$ and $J$. The estimator is **consistent**.
# Endless data can be had here: all states, weighted by their exact probabilities.

# %% tags=["hide-cell", "checks", "nbval-check-output"]
endless = ebm.fit_pairwise(states, weights=p)
print(
    "couplings found:",
    np.allclose(endless.couplings, model.couplings, atol=1e-5),
)
found = np.allclose(endless.fields, model.fields, atol=1e-5)
print("fields found:   ", found)

# %% [markdown]
# ### What does it cost?
#
# Consistency is a promise about $M\to\infty$. For finite $M$ estimators differ in their scatter. Maximum likelihood is the best that one can do for large $M$. How far behind is pseudolikelihood?
#
# We compare three objectives on the same data. The third is **interaction screening** {cite}`vuffray2016,lokhov2018`: it replaces the softplus by an exponential,
# $\sum_i e^{-\Delta_i(s)/2}$, and is also convex, consistent and free of $Z$.
# The error is that of the couplings relative to their size,
#
# $$
# \varepsilon = \sqrt{\frac{\sum_{i<j}(J_{ij} - \hat J_{ij})^2}{\sum_{i<j}J_{ij}^2}} .
# $$ (eq-coupling-error)
#
# All samples are exact and independent. With 10 spins a data set is a table of $2^{10}$ counts, which go in as weights.

# %%
OBJECTIVES = {
    "likelihood": "likelihood",
    "pseudolikelihood": "pseudolikelihood",
    "screening": "interaction-screening",
}
states = ebm.exact.states(n_spins)
powers = 2 ** np.arange(n_spins - 1, -1, -1)

eps = np.empty((len(sample_sizes), n_instances, len(OBJECTIVES)))
for k in range(n_instances):
    truth = random_model(n_spins, seed + k)
    for m, size in enumerate(sample_sizes):
        spins = ebm.exact.sample(truth, size, seed=seed + 1000 * k + m)
        rows = (spins > 0) @ powers
        counts = np.bincount(rows, minlength=len(states))
        seen = counts > 0
        for o, objective in enumerate(OBJECTIVES.values()):
            fit = ebm.fit_pairwise(
                states[seen], weights=counts[seen], objective=objective
            )
            eps[m, k, o] = ebm.reconstruction_error(
                fit.couplings, truth.couplings
            )

mean = eps.mean(1)
error = eps.std(1, ddof=1) / np.sqrt(n_instances)
# A slope for each instance, so that slopes have an error.
slopes = np.array(
    [
        [plotting.fit_slope(sample_sizes, eps[:, k, o]) for o in range(3)]
        for k in range(n_instances)
    ]
)

# %% tags=["hide-input"]
fig, ax = plt.subplots(figsize=(5.2, 4.0))
sizes = np.array(sample_sizes)
level = np.exp(np.log(mean[:, 0] * np.sqrt(sizes)).mean())
ax.loglog(
    sizes,
    level / np.sqrt(sizes),
    color=COLORS["exact"],
    linewidth=1.2,
    label=r"$1/\sqrt{M}$",
)
for o, (name, color, marker) in enumerate(
    zip(OBJECTIVES, ["network", "pairwise", "other"], "^so", strict=True)
):
    ax.errorbar(
        sizes * 1.13 ** (o - 1),
        mean[:, o],
        error[:, o],
        color=COLORS[color],
        marker=marker,
        linestyle="",
        capsize=3,
        label=name,
    )
ax.set(xlabel="number of samples M", ylabel="error of the couplings, eps")
ax.set_yticks([0.02, 0.05, 0.1, 0.2], ["0.02", "0.05", "0.1", "0.2"])
ax.yaxis.set_minor_formatter("")
ax.legend()
plotting.show(
    fig,
    name="fig-efficiency",
    caption=rf"The error {{eq}}`eq-coupling-error` against the number of samples, for three objectives on the same data: mean and standard error over random models of {n_spins} spins. Points of one $M$ are set slightly apart. Line: the power law $1/\sqrt M$, set to the height of the likelihood.",
    alt=plotting.describe_curves(
        sizes,
        {name: (mean[:, o], error[:, o]) for o, name in enumerate(OBJECTIVES)},
        "M",
    )
    + ". All run along the line 1/sqrt(M); likelihood and pseudolikelihood are hard to tell apart.",
)

# %% tags=["remove-input"]
ratio = eps[..., 1:] / eps[..., :1]
r, r_error = (
    ratio.mean((0, 1)),
    ratio.mean(0).std(0, ddof=1) / np.sqrt(n_instances),
)
s, s_error = slopes.mean(0), slopes.std(0, ddof=1) / np.sqrt(n_instances)
display(
    Markdown(
        f"All three errors fall as one over the square root of M: on log-log axes the slopes are {s[0]:.3f} ± {s_error[0]:.3f} (likelihood), "
        f"{s[1]:.3f} ± {s_error[1]:.3f} (pseudolikelihood) and {s[2]:.3f} ± {s_error[2]:.3f} (screening). "
        f"Compared on the same data, the error of pseudolikelihood is {r[0]:.3f} ± {r_error[0]:.3f} times that of the likelihood, "
        f"and that of screening {r[1]:.3f} ± {r_error[1]:.3f} times."
    )
)

# %% [markdown]
# So for these models pseudolikelihood gives away very little ({numref}`fig-efficiency`), and its cost grows as $MN^2$ where the likelihood's grows as $2^N$.
# The gap grows with the strength of the couplings. Try it: give `random_model` a third argument, `strength=1.5`.

# %% [markdown]
# ## Real data: handwritten digits
#
# Now something that nobody generated from a pairwise model.
# The set has 1797 handwritten digits on $8\times8$ pixels {cite}`alpaydin1998`. A pixel with at least half of the full grey is ink ($+1$), else paper ($-1$). {numref}`fig-digits` shows one of each.

# %%
data = ebm.data.digits()
inked = (data.spins == 1).sum(0)  # images with ink there
kept = np.minimum(inked, len(data.spins) - inked) >= 5
digits = data.spins[:, kept]
n = digits.shape[1]

# %% tags=["remove-input"]
display(
    Markdown(
        f"Of the {len(kept)} pixels {int(data.varying.sum())} vary at this threshold. The others are paper in every image: their fields would be infinite. "
        f"{int(data.varying.sum()) - n} more are ink in fewer than 5 images, too few to learn anything from. We keep **{n} pixels** as spins."
    )
)


# %%
def as_images(values, empty):
    """Kept pixels as 8 x 8 images; others get `empty`."""
    images = np.full((len(values), 64), float(empty))
    images[:, kept] = values
    return images.reshape(-1, 8, 8)


first = [(data.labels == label).argmax() for label in range(10)]

# %% tags=["hide-input"]
from scipy.ndimage import label as connected_areas


def count_holes(image):
    """Areas of paper that ink encloses."""
    return connected_areas(np.pad(image, 1, constant_values=-1) < 0)[1] - 1


def count_pieces(image):
    """Areas of ink; pixels that touch at a corner belong together."""
    return connected_areas(image > 0, np.ones((3, 3)))[1]


def stroke_width(images):
    """Mean length of a run of ink along a row."""
    ink = np.pad(images > 0, ((0, 0), (0, 0), (1, 0)))
    return ink.sum() / (ink[:, :, 1:] & ~ink[:, :, :-1]).sum()


shown = as_images(digits[first], -1)
lit_each = (shown > 0).sum((1, 2))
holed = [str(k) for k, image in enumerate(shown) if count_holes(image)]
whole = sum(count_pieces(image) == 1 for image in shown)
fig = plt.figure(figsize=(5.2, 2.5))
plotting.plot_images(fig, shown, columns=5)
plotting.show(
    fig,
    name="fig-digits",
    caption="The first image of each digit 0 to 9, as spins.",
    alt=f"Ten black-and-white images of 8 by 8 pixels, the digits 0 to 9 in two rows. Each has {lit_each.min()} to {lit_each.max()} black pixels; {whole} of the 10 are one connected piece of ink. Strokes are {stroke_width(shown):.1f} pixels wide on average; ink encloses paper in {', '.join(holed)}.",
)

# %% [markdown]
# ### How strong a penalty?
#
# The model has a coupling for every pair of pixels, and some pairs are a problem.
# If one of the four joint states of a pair never occurs in the data, the fit can gain by driving that coupling and the two fields together towards infinity. A pixel that the others nearly determine does the same.
#
# :::{admonition} Predict, then run: the best penalty
# :class: predict
# Training always prefers no penalty at all. Will held-out images agree?
# :::

# %% tags=["remove-input"]
same = [
    (digits == a).T.astype(int) @ (digits == b)
    for a in (-1, 1)
    for b in (-1, 1)
]  # counts of the four joint states
never = (np.min(same, axis=0) == 0)[np.triu_indices(n, 1)]

display(
    Markdown(
        f"That happens for {int(never.sum())} of the {len(never)} pairs of pixels ({100 * never.mean():.0f} %)."
    )
)

# %% [markdown]
# The cure is a penalty $\lambda\sum_{i<j}J_{ij}^2$, which keeps couplings finite unless the data insist. How large should $\lambda$ be?
# Too small, and the model learns accidents of the sample. Too large, and it learns nothing.
# We set 450 images aside, fit to the others, and judge on those set aside, by the pseudolikelihood {eq}`eq-pl` itself.


# %%
def nats(energy, spins):
    """Negative log-pseudolikelihood of each sample."""
    with torch.no_grad():
        return (
            torch.nn.functional.softplus(-energy.flip_change(spins))
            .sum(-1)
            .numpy()
        )


order = np.random.default_rng(seed).permutation(len(digits))
held_out, training = digits[order[:450]], digits[order[450:]]
fits = [ebm.fit_pairwise(training, l2=l2).energy for l2 in penalties]
train_nats = [nats(energy, training).mean() for energy in fits]
# one row a penalty, one column an image
test_nats = np.array([nats(energy, held_out) for energy in fits])
chosen = test_nats.mean(1).argmin()
l2 = penalties[chosen]

# %% tags=["hide-input"]
fig, ax = plt.subplots(figsize=(5.2, 3.3))
ax.semilogx(
    penalties,
    train_nats,
    marker="s",
    color=COLORS["pairwise"],
    label="training images",
)
ax.semilogx(
    penalties,
    test_nats.mean(1),
    marker="o",
    color=COLORS["model"],
    label="held-out images",
)
ax.axvline(l2, color=COLORS["oracle"], linestyle="--", linewidth=1.2)
ax.set(xlabel="penalty l2", ylabel="nats per image")
ax.legend()
plotting.show(
    fig,
    name="fig-penalty",
    caption="Negative log-pseudolikelihood against the strength of the penalty; lower is better. The dashed line marks the penalty chosen: the best on images that were not used in the fit.",
    alt=f"Training rises steadily from {train_nats[0]:.2f} to {train_nats[-1]:.2f} nats; held-out starts at {test_nats[0].mean():.2f}, has its minimum {test_nats[chosen].mean():.2f} at l2 = {l2:g}, and ends at {test_nats[-1].mean():.2f}.",
)

# %% tags=["remove-input"]
alone = ebm.Pairwise(
    np.zeros((n, n)), np.arctanh(np.clip(training.mean(0), -0.999, 0.999))
)
gains = test_nats[[0, -1]] - test_nats[chosen]
gain_error = gains.std(1, ddof=1) / np.sqrt(len(held_out))
display(
    Markdown(
        f"Held-out images choose l2 = {l2:g}: {test_nats[chosen].mean():.2f} nats per image. The weakest penalty is worse by {gains[0].mean():.2f} ± {gain_error[0]:.2f}, the strongest by "
        f"{gains[1].mean():.2f} ± {gain_error[1]:.2f} (paired differences on the same images). Pixels without any coupling would need {nats(alone, held_out).mean():.1f} nats: "
        f"knowing the other pixels takes away {100 * (1 - test_nats[chosen].mean() / nats(alone, held_out).mean()):.0f} % of the uncertainty of a pixel."
    )
)

# %% [markdown]
# The training curve in {numref}`fig-penalty` always prefers the weakest penalty. Only the held-out curve has a minimum.
# With the penalty settled, we fit once more, on all images.

# %%
fit = ebm.fit_pairwise(digits, l2=l2)

# %% tags=["hide-cell", "checks", "nbval-check-output"]
print("converged:", fit.converged)

# %% [markdown]
# ### What the model learned
#
# A coupling joins two pixels, so {numref}`fig-couplings-grid` draws the strongest as lines on the grid.

# %% tags=["hide-input"]
place = np.argwhere(kept.reshape(8, 8))  # row, column
i, j = np.triu_indices(n, 1)
strength = fit.couplings[i, j]
distance = np.linalg.norm(place[i] - place[j], axis=1)
strongest = np.argsort(-np.abs(strength))[:60]

fig, ax = plt.subplots(figsize=(5.2, 5.2))
ax.imshow(as_images(digits.mean(0)[None], -1)[0], cmap="Greys", vmin=-1, vmax=5)
for k in strongest[::-1]:
    (y0, x0), (y1, x1) = place[i[k]], place[j[k]]
    positive = strength[k] > 0
    bend = 0.12 * np.array(
        [y1 - y0, x0 - x1]
    )  # curved, so that lines over a pixel between do not hide each other
    middle = np.array([(x0 + x1) / 2, (y0 + y1) / 2]) + bend
    t = np.linspace(0, 1, 20)[:, None]
    line = (1 - t) ** 2 * [x0, y0] + 2 * t * (1 - t) * middle + t**2 * [x1, y1]
    ax.plot(
        *line.T,
        color=COLORS["model"] if positive else COLORS["pairwise"],
        linewidth=4 * abs(strength[k]),
        linestyle="-" if positive else (0, (2, 1)),
    )
ax.plot(*place[:, ::-1].T, ".", color="black", markersize=4)
ax.plot([], [], color=COLORS["model"], label="positive")
ax.plot([], [], color=COLORS["pairwise"], linestyle="--", label="negative")
ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.01), ncols=2)
ax.set(xticks=[], yticks=[])
ax.spines[:].set_visible(False)
up, reach = strength[strongest] > 0, distance[strongest]
plotting.show(
    fig,
    name="fig-couplings-grid",
    caption="The 60 strongest couplings, drawn between the pixels they join, over a pale image of the mean digit. Width is proportional to strength; positive couplings are solid, negative ones dashed.",
    alt=f"Lines on the 8 by 8 grid. {int(up.sum())} of the 60 couplings are positive, and {int((up & (reach == 1)).sum())} of these join direct neighbours; {int((up & (reach >= 7)).sum())} thick ones run from the top row to the bottom row. {int((~up).sum())} are negative and join pixels {reach[~up].mean():.1f} apart on average.",
)

# %% tags=["remove-input"]
display(
    Markdown(
        f"Of these 60 couplings {int(up.sum())} are positive. {int((up & (reach == 1)).sum())} of the positive ones join direct neighbours: a stroke goes on. "
        f"The {int((~up).sum())} negative ones join pixels {reach[~up].mean():.1f} apart on average. "
        f"And {int((up & (reach >= 7)).sum())} strong positive couplings run from the top row to the bottom row of the frame: ink at the very top goes with ink at the very bottom."
    )
)

# %% [markdown]
# The model was told nothing about the grid: to it a pixel is only a number. That neighbours are special, it found out. {doc}`appendix_boltzmann` looks at the couplings by distance, and at the fields beside the mean digit.

# %% [markdown]
# ## New digits, and whether to trust the sampler
#
# A generative model should generate. We run many Gibbs chains from random starts and take draws from all of them.

# %%
draws = ebm.sample(
    fit.energy,
    n_draws * n_chains,
    n_chains=n_chains,
    warmup=300,
    thin=20,
    seed=seed,
)
print(draws)

# %% [markdown]
# ```{figure} ../book/_static/touch/digit.svg
# :name: fig-touch-digit
# :figclass: touch touch-digit
# :alt: An image of 8 by 8 pixels after 42 sweeps, with strokes of ink in the shape of a nine. Below it the energy of the chain, which falls from its random start within a few sweeps into the range of the real digits.
#
# From noise to strokes: one Gibbs chain of the pairwise fit, from a random start, sweep by sweep. The chain is the first that was run, not a chosen one; the still picture stops at a sweep, the 42nd, where it looks like a nine. The energy is near that of real digits (mean and one standard deviation, dashed) after a few sweeps, and from then on the chain wanders from shape to shape. Not every shape is a digit. Pixels outside the grid are nearly always paper, and the model leaves them out.
# ```

# %% [markdown]
# R-hat is near one, so the chains agree. Chains that start at real images and chains that start at noise agree, too, and those from images forget their digit within a few dozen sweeps: {doc}`appendix_boltzmann` follows them.
# That is good news for the sampler, but less so for the model, because real digits are separate shapes with little between them. A model whose chains walk easily from one shape to the next has filled the space between. {numref}`fig-new-digits` shows what stands there.


# %% tags=["hide-input"]
def mosaic(images, columns):
    """Images (K, 8, 8) as one picture, with grey gaps."""
    framed = np.pad(images, ((0, 0), (1, 1), (1, 1)), constant_values=-0.5)
    return (
        framed.reshape(-1, columns, 10, 10)
        .swapaxes(1, 2)
        .reshape(-1, columns * 10)
    )


fig, axes = plt.subplots(2, 1, figsize=(5.2, 6.6))
real = digits[
    np.random.default_rng(seed).choice(len(digits), 15, replace=False)
]
for ax, images, title in zip(
    axes,
    (real, draws.spins[:15]),
    ("handwritten", "sampled from the model"),
    strict=True,
):
    ax.imshow(
        mosaic(as_images(images, -1), columns=5), cmap="gray_r", vmin=-1, vmax=1
    )
    ax.set(title=title, xticks=[], yticks=[])
    ax.spines[:].set_visible(False)
to_data = (n - draws.spins[:2000].astype(float) @ digits.T) / 2
among = (n - digits.astype(float) @ digits.T) / 2
np.fill_diagonal(among, np.inf)
far, far_data = to_data.min(1), among.min(1)
sides = {
    "data": as_images(digits, -1),
    "draws": as_images(draws.spins[:2000], -1),
}
wide = {name: stroke_width(side) for name, side in sides.items()}
pieces = {
    name: np.array([count_pieces(image) for image in side])
    for name, side in sides.items()
}
unbroken = {name: (count == 1).mean() for name, count in pieces.items()}
unbroken_error = {
    name: np.sqrt(unbroken[name] * (1 - unbroken[name]) / len(count))
    for name, count in pieces.items()
}
typical = np.quantile(far_data, 0.9)
near = (far <= typical).mean()
top_pieces = np.array([count_pieces(image) for image in as_images(real, -1)])
plotting.show(
    fig,
    name="fig-new-digits",
    caption="Top: 15 images of the data, chosen at random. Bottom: 15 draws from the pairwise model, the first of as many chains.",
    alt=f"Two blocks of 15 images. Top: handwritten digits, {(top_pieces == 1).sum()} of 15 in one connected piece of ink. Bottom: draws from the model, {(pieces['draws'][:15] == 1).sum()} of 15 in one piece, the others broken into several. Strokes are {wide['data']:.2f} pixels wide in all the data and {wide['draws']:.2f} in 2000 draws.",
)

# %% tags=["remove-input"]
display(
    Markdown(
        f"The strokes have the right width: a run of ink along a row is {wide['draws']:.2f} pixels long in the draws and {wide['data']:.2f} in the data. But they do not always join to a digit. Ink is one connected piece in {100 * unbroken['data']:.1f} ± {100 * unbroken_error['data']:.1f} % of the images and in {100 * unbroken['draws']:.0f} ± {100 * unbroken_error['draws']:.0f} % of the draws. "
        f"And draws keep away from real digits. An image differs from the nearest *other* image in {far_data.mean():.2f} ± {far_data.std() / np.sqrt(len(far_data)):.2f} pixels on average, and nine in ten images in at most {typical:.0f}. A draw differs from the nearest image in {far.mean():.2f} ± {far.std() / np.sqrt(len(far)):.2f}; {100 * near:.0f} % of the draws come within {typical:.0f}."
    )
)

# %% [markdown]
# ## Does it look like its data?
#
# By maximum entropy a pairwise model has one duty: the first and second moments. Whether samples of the fit look like the data is a question that should be asked of every fit, so the package has one call for it. `predictive_check` draws from the model by chains that start at random *and* at the data, says whether they have met, and compares draws and data in standard errors.
#
# :::{admonition} Predict, then run: which moments?
# :class: predict
# The fit is a pairwise one, by pseudolikelihood, to data that no pairwise model made. Which will be off: first moments, second, third, or the number of lit pixels?
# :::

# %%
check = ebm.predictive_check(fit.energy, digits, seed=seed)
check

# %% [markdown]
# First and second moments pass, if not by much; third moments, the number of lit pixels and the energies do not. Pseudolikelihood matches *conditionals*. If the data came from a pairwise model it would get the moments right as well, but where no pairwise model is right, likelihood and pseudolikelihood settle on different wrong ones.
# So before we blame the pairwise form for anything, we should give it its best chance: the likelihood. Its gradient {eq}`eq-gradient` needs moments of the model, which for so many spins only chains can supply. This is learning as a **Boltzmann machine**, and in the package one argument.
# (A cheaper variant starts its chains at the data and runs them for a step or two only: {term}`contrastive divergence` {cite}`hinton2002`.)

# %%
machine = ebm.fit_pairwise(digits, objective="likelihood", l2=1e-3, seed=seed)
machine_check = ebm.predictive_check(machine.energy, digits, seed=seed)
machine_check

# %% [markdown]
# The machine has the first and second moments: it was fitted to exactly these numbers. With them it has the mean and the width of the number of lit pixels, because these are sums of first and second moments. The energies still fail: they are a weighted sum of moments, and their spread contains products of four spins.
# But a pairwise model has no freedom left once pairs are matched. Its third moments follow, right or wrong, and here they are wrong. {numref}`fig-third` shows how, triple by triple.

# %% tags=["hide-input"]
triples = np.array(list(itertools.combinations(range(n), 3))).T


def third_moments(spins):
    """Centred third moments of all triples, and their standard errors."""
    x = np.asarray(spins, np.float32)
    x = x - x.mean(0)
    i, j, k = triples
    products = np.stack(
        [x[:, a] * x[:, b] * x[:, c] for a, b, c in zip(i, j, k, strict=True)]
    )
    return products.mean(1), products.std(1) / np.sqrt(len(x))


data_third, data_error = third_moments(digits)
model_third, _ = third_moments(machine_check.draws.spins[:20_000])
fig, ax = plt.subplots(figsize=(5.0, 4.2))
reach = np.array([-1, 1]) * np.quantile(np.abs(data_third), 0.9995)
band = 2 * float(np.median(data_error))
ax.fill_between(
    reach,
    reach - band,
    reach + band,
    color="#cccccc",
    label="two typical standard errors",
    zorder=0,
)
ax.plot(reach, reach, color=COLORS["exact"], linewidth=1, label="perfect model")
ax.plot(
    data_third,
    model_third,
    ".",
    markersize=2,
    alpha=0.25,
    color=COLORS["model"],
    rasterized=True,
)
ax.set(
    xlabel="third moment in the data",
    ylabel="in the Boltzmann machine",
    xlim=reach,
    ylim=reach,
)
ax.set(xticks=[-0.2, -0.1, 0, 0.1, 0.2], yticks=[-0.2, -0.1, 0, 0.1, 0.2])
ax.legend(loc="upper left")
flat = np.polyfit(data_third, model_third, 1)[0]
off = np.mean(np.abs(model_third - data_third) > 2 * data_error)
plotting.show(
    fig,
    name="fig-third",
    caption="Third centred moments of all triples of pixels: Boltzmann machine against data. A model with the right third moments would fill the grey band along the diagonal. The cloud is flatter: the model has too little of them. A few extreme triples lie outside the frame.",
    alt=f"A flat cloud of {len(data_third)} points around zero, inclined far less than the diagonal: slope {flat:.2f}. {100 * off:.0f} percent of the points differ from the diagonal by more than two standard errors.",
)

# %% tags=["remove-input"]
display(
    Markdown(
        f"Of the {len(data_third):,} third moments {100 * off:.0f} % are off by more than two standard errors of the data, where chance would leave a little over 5 %, because the standard errors are themselves estimates. The slope of the cloud is {flat:.2f}: the machine has the right tendency, and is far from enough."
    )
)

# %% tags=["hide-cell", "checks", "nbval-check-output"]
worst = {
    name: {row.statistic: row.largest for row in one.table}
    for name, one in (("PL", check), ("machine", machine_check))
}
print(
    "machine: first and second moments within 3 standard errors:",
    max(worst["machine"][k] for k in ("magnetisations", "correlations")) < 3,
)
print(
    "machine: a third moment is off by more than 5:",
    worst["machine"]["third moments"] > 5,
)
print(
    "PL fit: the number of lit pixels is off by more than 5:",
    worst["PL"]["up spins"] > 5,
)

# %% [markdown]
# ### What to take from this
#
# The pairwise model of the digits is not a bad model. It knows the strokes, it can be fitted in seconds, and its parameters mean something: a field for a pixel, a coupling for a pair.
# But the digits contain structure among three pixels and more, and no choice of $h$ and $J$ can express that.
#
# One way out is to give up the pairwise form, and use a neural network as energy. Then the couplings are gone, and with them what one could read from the model.
# The other way is to keep the pairwise part and to *add* a network for the rest. {doc}`04_hybrid_training` does that. Whether the couplings can then still be trusted is the subject of {doc}`05_coupling_reconstruction`.

# %% [markdown]
# ## Cheat sheet
#
# | what | formula | code |
# |---|---|---|
# | energy | $E = -\sum_i h_i s_i - \sum_{i<j} J_{ij} s_i s_j$ | `ebm.Pairwise(couplings, fields)` |
# | local field | $f_i = h_i + \sum_j J_{ij} s_j$ | `energy.flip_change(s) == 2 * s * f` |
# | likelihood | $\partial_{J_{ij}} = \langle s_i s_j \rangle_\text{data} - \langle s_i s_j \rangle_\text{model}$ | `ebm.fit_pairwise(s, objective="likelihood")` |
# | pseudolikelihood | $\sum_i \log p(s_i \mid s_{/i})$ | `ebm.fit_pairwise(s)` |
# | Hebb | $J_{ij} = \frac1N \sum_\mu \xi_i^\mu \xi_j^\mu$ | one line of NumPy |
# | does it look like the data? | draws against data, in standard errors | `ebm.predictive_check(energy, s)` |
#
# ## Summary
#
# - A pairwise model has a field for each spin and a coupling for each pair. It is the maximum-entropy model for given first and second moments.
# - Correlation is not coupling: correlations also travel through other spins.
# - The gradient of the likelihood is a data term minus a model term. It vanishes where the moments match. The model term is the expensive part.
# - Hebb's rule is the first step of that learning. It makes an associative memory, which breaks down at a load of about $0.138$.
# - Pseudolikelihood uses conditionals, in which $Z$ cancels. It needs one energy change a site, is consistent, and on the models tried here loses only little to the likelihood.
# - Real data need a penalty, chosen on held-out data, and a sampler that has been tested from more than one kind of start.
# - On digits a Boltzmann machine matches the first two moments and misses the third. Model and data must be compared on statistics that were *not* fitted.
# - Where spins are seldom up, pseudolikelihood can fit well and generate nonsense: {doc}`appendix_sparse_data` shows it, and what to do.

# %% [markdown]
# ## Where next
#
# - {doc}`04_hybrid_training` adds a neural network to the pairwise energy, because pairs alone miss the third moments.
# - {doc}`05_coupling_reconstruction` asks whether the couplings can still be trusted after that.
# - {doc}`appendix_memory` and {doc}`appendix_boltzmann` go deeper into two places of this chapter; {doc}`appendix_sparse_data` shows what to do where spins are seldom up.
#
# ## Further reading
#
# - {cite}`nguyen2017` reviews the inverse Ising problem: couplings from data.
# - {cite}`hopfield1982` shows that couplings from Hebb's rule make a memory, and {cite}`amit1985` finds how much it holds.
# - {cite}`ackley1985` gives the learning rule of the Boltzmann machine.
# - {cite}`besag1975` proposes pseudolikelihood; {cite}`ravikumar2010` fits each site by itself, as a logistic regression.
# - {cite}`vuffray2016` and {cite}`lokhov2018` introduce and test interaction screening.
# - {cite}`schneidman2006` fits pairwise models to cells of the retina.
#
# ## Exercises
#
# Try each before you open its solution. The solutions end with checks that you can apply to your own answer.

# %% [markdown]
# :::{admonition} Exercise 3.1: a chain and a ring
# :class: exercise
# *derivation with a check; medium, 20 minutes*
#
# Three spins, no fields.
# (a) Couple 0 with 1 and 1 with 2, both with strength $J$. Show that $\langle s_0 s_2\rangle = \tanh^2 J$.
# (b) Close the ring with a third coupling $J$. Show that with $t = \tanh J$ every correlation is $(t + t^2)/(1 + t^3)$.
# *Hint:* $e^{J s_i s_j} = \cosh J\,(1 + t\, s_i s_j)$. Multiply out. What survives the sum over all states?
#
# Give the correlation of (b) for $J = 0.7$.
# :::

# %%
from exercises import answer

on_the_ring = ...
answer("3.1", on_the_ring)

# %% [markdown]
# :::{admonition} Solution to exercise 3.1
# :class: dropdown solution
# The weight of a state is a product of factors $(1 + t\,s_i s_j)$, up to a constant. A product of spins summed over all states gives $2^N$ if every spin stands in it an even number of times, else $0$.
#
# (a) $(1 + t s_0 s_1)(1 + t s_1 s_2)$: for $Z$ only the $1$ survives. Times $s_0 s_2$, only $t^2 s_0 s_1 s_1 s_2$ does. The ratio is $t^2$.
#
# (b) For the ring, $Z$ has the terms $1$ and $t^3$. Times $s_0 s_1$ two terms survive: the direct one, $t$, and the way around, $t^2$.
# :::

# %% tags=["hide-cell", "solution"]
J = 0.7
t = np.tanh(J)
chain = np.array([[0, J, 0], [J, 0, J], [0, J, 0]])
ring = J * (1 - np.eye(3))
assert np.isclose(
    ebm.exact.moments(ebm.Pairwise(chain)).correlations[0, 2], t**2
)
assert np.isclose(
    ebm.exact.moments(ebm.Pairwise(ring)).correlations[0, 1],
    (t + t**2) / (1 + t**3),
)
print("both formulas agree with enumeration")
assert answer("3.1", (t + t**2) / (1 + t**3))

# %% [markdown]
# :::{admonition} Exercise 3.2: couplings by matrix inversion
# :class: exercise
# *derivation and coding; hard, 30 minutes*
#
# **Mean field** replaces what a spin feels by its average: $m_i = \tanh\big(h_i + \sum_j J_{ij} m_j\big)$ for the magnetisations $m_i$.
# Show that couplings then follow from the covariance matrix $C$ in one line: $J_{ij} \approx -(C^{-1})_{ij}$ for $i\ne j$.
# *Hint:* solve for $h_i$. The covariance is a response, $C_{ij} = \partial m_i/\partial h_j$, so $(C^{-1})_{ij} = \partial h_i/\partial m_j$.
#
# Then code it. Compare its error $\varepsilon$ with that of pseudolikelihood on 50,000 exact samples, once for weak couplings (`strength=0.3`) and once for `strength=1`. Would more samples help?
#
# Answer "yes" or "no".
# :::

# %%
more_samples_help = ...
answer("3.2", more_samples_help)

# %% [markdown]
# :::{admonition} Solution to exercise 3.2
# :class: dropdown solution
# From mean field, $h_i = \operatorname{artanh} m_i - \sum_j J_{ij} m_j$. Its derivative by $m_j$ with $j\ne i$ is $-J_{ij}$. That is $(C^{-1})_{ij}$, whence the formula.
# That $C_{ij} = \partial m_i/\partial h_j$ is exact: differentiate $\langle s_i\rangle = \partial\log Z/\partial h_i$ once more. The approximation is in the first step.
#
# For weak couplings the two are close. For strong ones mean field is off by an amount that does not go away: give it the exact covariance, as if $M$ were infinite, and the error stays. It is a bias, not noise.
# :::


# %% tags=["hide-cell", "solution"]
def mean_field(covariance):
    return off_diagonal(-np.linalg.inv(covariance))


for strength in (0.3, 1.0):
    truth = random_model(n_spins, seed, strength)
    spins = ebm.exact.sample(truth, 50_000, seed=seed)
    m, c = ebm.exact.moments(truth)
    by_mean_field = ebm.reconstruction_error(
        mean_field(np.cov(spins.T)), truth.couplings
    )
    without_noise = ebm.reconstruction_error(
        mean_field(c - np.outer(m, m)), truth.couplings
    )
    by_pl = ebm.reconstruction_error(
        ebm.fit_pairwise(spins).couplings, truth.couplings
    )
    print(
        f"strength {strength}: mean field {by_mean_field:.3f}, from exact moments {without_noise:.3f}, pseudolikelihood {by_pl:.3f}"
    )

assert by_pl < 0.05 < without_noise
assert abs(by_mean_field - without_noise) < 0.3 * without_noise
noise_part = abs(by_mean_field - without_noise) / without_noise
assert answer("3.2", "no" if noise_part < 0.5 else "yes")

# %% [markdown]
# :::{admonition} Exercise 3.3: the spin that nobody recorded
# :class: exercise
# *thinking, then a check; hard, 30 minutes*
#
# Three visible spins, without fields of their own, are each coupled with strength $w$ to a fourth spin, which has a field $b$. There are no other couplings.
# The fourth spin is not recorded. Sum it out, and write the energy of the three that remain. Is it pairwise? For which $b$ is there a three-spin interaction? And what changes with four visible spins? What does this say about the third moments of the digits?
# *Hint:* the weight of what remains is $\sum_{\sigma=\pm1} e^{-E(s,\sigma)}$. What does flipping all visible spins do to it? To read an interaction off a list of all energies, `ebm.exact.walsh_transform` helps.
#
# Give the coefficient $\xi_{012}$ for three visible spins, $w = 0.8$ and $b = 0.5$, in the convention $E = -\sum_I \xi_I \prod_{i \in I} s_i$.
# :::

# %%
triple = ...
answer("3.3", triple)

# %% [markdown]
# :::{admonition} Solution to exercise 3.3
# :class: dropdown solution
# $E(s) = -\log \sum_{\sigma=\pm1} e^{\sigma(b + w\sum_i s_i)} = -\log 2\cosh\big(b + w\sum_i s_i\big)$.
# For $b = 0$ this is even in $s$: flipping all spins changes nothing, so products of an odd number of spins cannot occur, and with three spins it is exactly pairwise.
# For $b\ne0$ there is always a three-spin interaction. By {eq}`eq-coupling` of {doc}`05_coupling_reconstruction` its coefficient is $\frac18\big(g(3w) - 3g(w)\big)$ with $g(x) = \log\cosh(b+x) - \log\cosh(b-x)$. For $b, x > 0$ this $g$ is curved downwards and starts at $g(0) = 0$, so $g(3w) < 3g(w)$.
#
# With four visible spins or more, $b = 0$ does not save the pairwise form. Odd products are still absent, but products of four spins are even too, and they do occur: enumeration finds them below.
#
# Unrecorded causes create interactions of high order among what is recorded. What the pen wanted to write is such a cause for the digits.
# :::


# %% tags=["hide-cell", "solution"]
def visible_interaction(order, n_visible, w, b):
    """The coefficient of the product of the first `order` spins."""
    s = ebm.exact.states(n_visible).astype(float)
    visible = -np.log(2 * np.cosh(b + w * s.sum(1)))
    index = ebm.exact.subset_index(tuple(range(order)), n_visible)
    return -ebm.exact.walsh_transform(visible)[index]


w = 0.8
for n_visible in (3, 4, 5, 6):
    for b in (0.0, 0.5):
        found = {
            order: visible_interaction(order, n_visible, w, b)
            for order in range(2, min(n_visible, 4) + 1)
        }
        listed = ", ".join(
            f"{k}: {round(v, 3) + 0.0:+.3f}" for k, v in found.items()
        )
        print(f"{n_visible} visible spins, b = {b}, by order {listed}")
        assert (abs(found[3]) < 1e-12) == (b == 0)
        assert n_visible == 3 or abs(found[4]) > 0.01


def g(x, b):
    return np.log(np.cosh(b + x) / np.cosh(b - x))


assert np.isclose(
    visible_interaction(3, 3, w, 0.5), (g(3 * w, 0.5) - 3 * g(w, 0.5)) / 8
)
assert answer("3.3", visible_interaction(3, 3, 0.8, 0.5))

# %% [markdown]
# :::{admonition} Exercise 3.4: when the optimum lies at infinity
# :class: exercise
# *thinking and coding; medium, 15 minutes*
#
# In a data set, spin 1 is always a copy of spin 0, and both are $+1$ half of the time. What does the pseudolikelihood {eq}`eq-pl` do as $J_{01}\to\infty$? What does `ebm.fit_pairwise` say? Add a penalty $\lambda J^2$, and find the equation that $J$ then solves.
#
# Give $J$ for $\lambda = 0.01$.
# :::

# %%
coupling = ...
answer("3.4", coupling)

# %% [markdown]
# :::{admonition} Solution to exercise 3.4
# :class: dropdown solution
# Each site contributes $\operatorname{softplus}(-2J)$, so $-\mathcal L = 2\log(1 + e^{-2J})$ falls for ever: no finite optimum. The package warns, and reports `converged=False`.
# With the penalty the derivative is $-4/(1 + e^{2J}) + 2\lambda J = 0$, which has one solution. It grows only like $\frac12\log(1/\lambda)$.
# :::

# %% tags=["hide-cell", "solution"]
import warnings

copies = np.array([[1, 1], [-1, -1]] * 50)
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    without = ebm.fit_pairwise(copies)
assert not without.converged
assert any(
    "determined by the other spins" in str(w.message)
    or "infinity" in str(w.message)
    for w in caught
)

for penalty in (0.1, 0.01, 0.001):
    J = ebm.fit_pairwise(copies, l2=penalty).couplings[0, 1]
    assert np.isclose(4 * expit(-2 * J), 2 * penalty * J, atol=1e-5)
    print(f"l2 = {penalty}: J = {J:.2f}")
assert answer("3.4", ebm.fit_pairwise(copies, l2=0.01).couplings[0, 1])

# %% [markdown]
# :::{admonition} Exercise 3.5: the first wrong bit
# :class: exercise
# *derivation and simulation; medium, 20 minutes*
#
# Hebb's rule stores $P$ random patterns by $J_{ij} = \frac1N\sum_\mu \xi_i^\mu \xi_j^\mu$. Write the field of a stored pattern on its own spin $i$ as $1$ plus the crosstalk of the other patterns, a sum of about $NP$ random signs over $N$. Take it for Gaussian noise of variance $\alpha = P/N$, and find the probability that a spin of a stored pattern is unstable in the very first step. Test your formula at $N = 1000$ and loads $0.1$, $0.2$ and $0.4$, with errors.
# At $\alpha = 0.2$ very few spins are wrong at first. Why does the memory fail there all the same?
#
# Give the probability at $\alpha = 0.2$.
# :::

# %%
probability = ...
answer("3.5", probability)

# %% [markdown]
# :::{admonition} Solution to exercise 3.5
# :class: dropdown solution
# The local field along the pattern is $1 + \sqrt\alpha\,x$ with $x$ a standard normal. It is negative with probability $\frac12\operatorname{erfc}\big(1/\sqrt{2\alpha}\big)$.
# Wrong spins add to the noise of all others, which makes more of them wrong. Below the critical load this avalanche stops, beyond it, it does not: see {numref}`fig-capacity` in {doc}`appendix_memory`.
# :::


# %% tags=["hide-cell", "solution"]
def first_errors(load, seed, n=1000):
    patterns = np.random.default_rng(seed).choice(
        np.float32([-1, 1]), size=(round(load * n), n)
    )
    couplings = off_diagonal(patterns.T @ patterns / n)
    return ((patterns @ couplings) * patterns < 0).mean()


for load in (0.1, 0.2, 0.4):
    shares_wrong = [first_errors(load, seed + k) for k in range(8)]
    wrong, wrong_error = (
        np.mean(shares_wrong),
        np.std(shares_wrong, ddof=1) / np.sqrt(8),
    )
    theory = 0.5 * (1 - erf(1 / np.sqrt(2 * load)))
    print(
        f"load {load}: theory {theory:.4f}, simulation {wrong:.4f} ± {wrong_error:.4f}"
    )
    assert abs(wrong - theory) < 5 * wrong_error + 0.02 * theory
assert answer("3.5", 0.5 * (1 - erf(1 / np.sqrt(0.4))))
