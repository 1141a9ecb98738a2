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
# This chapter builds it up from two spins and fits it in two ways; its second half, {doc}`03b_handwritten_digits`, takes it to real data. **Which energy made these samples?**
#
# **What you will learn**
#
# - what fields and couplings do to probabilities, and why pairwise models are the natural first choice;
# - maximum likelihood: how its gradient compares data with model, and why it needs the normaliser $Z$;
# - Hebb's rule, and how couplings make a memory;
# - pseudolikelihood: a fit that never needs $Z$, and the price it pays.
#
# **Prerequisites**: Python with NumPy, some calculus, and the basic rules of probability.
#
# **Running time**: less than a minute on one core.

# %%

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
# A **{term}`spin`** is a variable $s_i$ that is $-1$ or $+1$.
# It may stand for a neuron that is silent or fires, a pixel that is paper or ink, an atom whose moment points down or up.
# A **{term}`pairwise model`** of $N$ spins has the energy
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
# - The **{term}`field`** $h_i$ pulls spin $i$ alone: a positive field favours $s_i = +1$.
# - The **{term}`coupling`** $J_{ij}$ ties two spins: a positive one favours $s_i = s_j$, a negative one $s_i = -s_j$.
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
# We check {eq}`eq-tanh` with samples from a {term}`Markov chain`, for a range of couplings. {numref}`fig-two-spins` has the result.

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
    label="sampled (2 standard errors)",
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
# The principle of **{term}`maximum entropy`** says: the one that assumes nothing else, and so has the largest entropy $-\sum_s p(s)\log p(s)$ among all that have these moments.
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
# Whether pairs are enough is a question to the data, to which {doc}`03b_handwritten_digits` comes back.

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
top.set(ylabel="nats per sample")
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
# So {term}`pseudolikelihood` for a pairwise model is $N$ logistic regressions, with the one link that $J_{ij} = J_{ji}$.
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
# We compare three objectives on the same data. The third is **{term}`interaction screening`** {cite}`vuffray2016,lokhov2018`: it replaces the softplus by an exponential,
# $\sum_i e^{-\Delta_i(s)/2}$, and is also convex, consistent and free of $Z$.
# The error is that of the couplings relative to their size,
#
# $$
# \varepsilon = \sqrt{\frac{\sum_{i<j}(J_{ij} - \hat J_{ij})^2}{\sum_{i<j}J_{ij}^2}} .
# $$ (eq-coupling-error)
#
# All samples are exact and independent. With 10 spins a data set is a table of $2^{10}$ counts, which go in as weights.
#
# :::{admonition} Predict, then run: the price of no $Z$
# :class: predict
# No estimator does better than the likelihood when there are many samples. How much larger will the error of pseudolikelihood be on the same samples: by a few percent, by half, twofold?
# :::

# %% tags=["hide-input"]
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
# ## Cheat sheet
#
# | what | formula | code |
# |---|---|---|
# | energy | $E = -\sum_i h_i s_i - \sum_{i<j} J_{ij} s_i s_j$ | `ebm.Pairwise(couplings, fields)` |
# | local field | $f_i = h_i + \sum_j J_{ij} s_j$ | `energy.flip_change(s) == 2 * s * f` |
# | likelihood | $\partial_{J_{ij}} = \langle s_i s_j \rangle_\text{data} - \langle s_i s_j \rangle_\text{model}$ | `ebm.fit_pairwise(s, objective="likelihood")` |
# | pseudolikelihood | $\sum_i \log p(s_i \mid s_{/i})$ | `ebm.fit_pairwise(s)` |
# | Hebb | $J_{ij} = \frac1N \sum_\mu \xi_i^\mu \xi_j^\mu$ | one line of NumPy |
#
# ## Summary
#
# - A pairwise model has a field for each spin and a coupling for each pair. It is the maximum-entropy model for given first and second moments.
# - Correlation is not coupling: correlations also travel through other spins.
# - The gradient of the likelihood is a data term minus a model term. It vanishes where the moments match. The model term is the expensive part.
# - Hebb's rule is the first step of that learning. It makes an associative memory, which breaks down at a load of about $0.138$.
# - Pseudolikelihood uses conditionals, in which $Z$ cancels. It needs one energy change per site, is consistent, and on the models tried here loses only little to the likelihood.

# %% [markdown]
# ## Exercises
#
# Try each before you open its solution: `answer` says whether you are right.

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

# %% [markdown]
# ## Where next
#
# - {doc}`03b_handwritten_digits` continues the chapter: the same fit on data that nobody generated.
# - {doc}`appendix_memory` stores letters in couplings, and measures how many such a memory holds.
#
# ## Further reading
#
# - {cite}`nguyen2017` reviews the inverse Ising problem: couplings from data.
# - {cite}`hopfield1982` shows that couplings from Hebb's rule make a memory, and {cite}`amit1985` finds how much it holds.
# - {cite}`ackley1985` gives the learning rule of the Boltzmann machine.
# - {cite}`besag1975` proposes pseudolikelihood; {cite}`ravikumar2010` fits each site by itself, as a logistic regression.
# - {cite}`vuffray2016` and {cite}`lokhov2018` introduce and test interaction screening.
