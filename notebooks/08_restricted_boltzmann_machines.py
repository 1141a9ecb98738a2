# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Restricted Boltzmann machines
#
# The pixels of a digit are correlated because a pen drew them, and the stars of a cluster because gravity holds them. Nobody recorded the pen, or the mass. **Can a model invent what was not recorded, explain the data by it, and then draw new data?**
# A restricted Boltzmann machine does this with the simplest means there are: a second layer of spins that no data show. This page builds the machine and its learning, on systems small enough to be exact; {doc}`08b_digits_and_clusters` lets it loose on images.
#
# **What you will learn**
#
# - why a hidden spin makes interactions of all orders among the visible ones, and what its *free energy* is;
# - how two layers are sampled in turn, each at once;
# - contrastive divergence: why it is biased, how much, and the cure.
#
# **Prerequisites**: {doc}`02_metropolis_hastings` for Gibbs sampling, {doc}`03_pairwise_models` for the Boltzmann machine and its likelihood.
#
# **Running time**: less than a minute on one core.

# %%
import time

import numpy as np
from IPython.display import Markdown, display
from matplotlib import pyplot as plt

import ebmtools as ebm
from ebmtools import exact, plotting

plotting.use_style()
COLORS = plotting.COLORS

# %% tags=["parameters"]
epochs = 50  # of each training that is compared

# %% [markdown]
# ## A second layer
#
# ```{figure} ../book/_static/drawings/three-machines.svg
# :name: fig-draw-machines
# :alt: Three graphs. Left, five circles on a ring, each joined to each: Hopfield. Middle, a row of three and a row of four circles with lines between the rows and inside them: Boltzmann. Right, the same two rows with lines between the rows only: restricted.
#
# Three machines. Visible spins (blue) are in the data, hidden ones (orange) are not. The restricted machine has no lines inside a layer.
# ```
#
# A Hopfield network stores patterns as low points of a pairwise energy, and completes a pattern from its half: it is an {term}`associative memory`. The {term}`Boltzmann machine` of chapter 3 is its stochastic sister, which learns a distribution instead of a list {cite}`ackley1985`.
# Both know pairs only. Hinton and Sejnowski gave the machine spins that the data do not show, so that it can express more; but then every sample of every average needs a long chain, with the data clamped and without.
# The **restricted** machine {cite}`smolensky1986` cuts all lines inside a layer, and this makes it quick. With visible spins $s_i$ and hidden spins $t_j$, all $\pm 1$,
#
# $$
# E(s, t) = -\sum_i a_i s_i - \sum_j b_j t_j - \sum_{ij} s_i W_{ij} t_j .
# $$ (eq-rbm)
#
# Given $s$, the hidden spins do not see each other. Each sits in its own field $b_j + \sum_i s_i W_{ij}$, so
#
# $$
# \langle t_j \rangle_s = \tanh\Big(b_j + \sum_i s_i W_{ij}\Big) ,
# $$ (eq-rbm-means)
#
# and given $t$ the visible spins are just as independent.
#
# Many texts and programs have units that are 0 or 1 instead, with $E(v, h) = -\sum v_i w_{ij} h_j - b \cdot v - c \cdot h$. It is the same machine: put $v = (1+s)/2$, $h = (1+t)/2$, multiply out, and read off $W = w/4$ and new fields. `ebm.RBM.from_binary` does it.

# %%
rng = np.random.default_rng(0)
small = ebm.RBM.of(
    rng.normal(0, 0.6, (8, 4)), rng.normal(0, 0.3, 8), rng.normal(0, 0.3, 4)
)
small

# %% [markdown]
# ## What the hidden spins do to the visible ones
#
# The data show $s$ alone. Its probability is the sum over all $t$, and since the sum of a product over independent spins is a product of sums, $\sum_{t_j = \pm 1} e^{t_j x} = 2 \cosh x$, we can do it on paper:
#
# $$
# \begin{aligned}
# \sum_t e^{-E(s,t)} &= e^{\sum_i a_i s_i} \prod_j 2 \cosh\Big(b_j + \sum_i s_i W_{ij}\Big) = e^{-F(s)} , \\
# F(s) &= -\sum_i a_i s_i - \sum_j \log 2\cosh\Big(b_j + \sum_i s_i W_{ij}\Big) .
# \end{aligned}
# $$ (eq-rbm-free)
#
# This is the {term}`free energy` of chapter 1, with $t$ as the latent variable. Look at it once more: fields, and a network with one hidden layer, whose activation is $\log\cosh$ and whose output weights are all $-1$. **A restricted Boltzmann machine is an energy like those of chapter 4.** So all that the package does with energies, it does with this one.
#
# :::{admonition} Predict, then run: from one hidden spin
# :class: predict
# One hidden spin holds on to three visible ones with equal weights and no fields. Which interactions among the three can appear: pairs, triples, both?
# :::

# %%
star = ebm.RBM.of(np.ones((3, 1)), np.zeros(3), [0.0])
tilted = ebm.RBM.of(np.ones((3, 1)), np.zeros(3), [0.5])
for name, machine in {"b = 0": star, "b = 0.5": tilted}.items():
    pair = ebm.couplings(machine).values[0, 1]
    triple = ebm.interactions(machine, 3).coefficients[0]
    print(f"{name:8} coupling {pair:.4f}   triple {triple:+.4f}")

# %% [markdown]
# Without a field, $\log\cosh$ is even, and flipping all three spins changes nothing: a triple would change its sign, so there is none. With a field both appear, and in general a hidden spin makes interactions of all orders among the spins that it holds.

# %% tags=["hide-cell", "checks", "nbval-check-output"]
visible, hidden = exact.states(8).astype(float), exact.states(4).astype(float)
joint = -(visible @ small.fields)[:, None] - hidden @ small.hidden_fields
joint = joint - visible @ small.weights @ hidden.T
summed = -np.log(np.exp(-joint).sum(1))
print(
    "free energy = sum over hidden spins:",
    np.allclose(exact.energies(small), summed + 4 * np.log(2)),
)
back = ebm.RBM.from_binary(*small.to_binary())
print("to 0/1 and back:", np.allclose(back.weights, small.weights))
print(
    "no triple without a field:",
    abs(ebm.interactions(star, 3).coefficients[0]) < 1e-9,
)

# %% [markdown]
# ## Sampling, a layer at a time
#
# ```{figure} ../book/_static/drawings/up-down.svg
# :name: fig-draw-updown
# :alt: Four groups of circles in a zigzag, joined by arrows: four visible spins, the data; three hidden ones; four visible ones, one sweep on; three hidden ones.
#
# Up and down. All spins of a layer are drawn at once, given the other layer.
# ```
#
# Chains of single spins would do. But since the spins of a layer are independent, we can draw all of them at once by {eq}`eq-rbm-means`, first the hidden layer, then the visible one. This is Gibbs sampling in blocks, `ebm.sample(machine, n, method="block")`. A sweep is two matrix products, which computers are best at.

# %%
draws = ebm.sample(small, 100_000, n_chains=2000, method="block", seed=1)
means = exact.moments(small).magnetisations
print(
    "largest deviation of a mean:",
    f"{np.abs(draws.spins.mean(0) - means).max():.4f}",
)

# %% [markdown]
# ## Learning by contrast
#
# The gradient of the log likelihood is, as for every energy {eq}`eq-ebm-gradient`, an average over the data minus one over the model. Here
#
# $$
# \frac{\partial \log p}{\partial W_{ij}} = \langle s_i t_j \rangle_{\text{data}} - \langle s_i t_j \rangle_{\text{model}} ,
# $$ (eq-rbm-gradient)
#
# because $\partial F / \partial W_{ij} = -s_i \tanh(\dots) = -s_i \langle t_j \rangle_s$. The first average is exact, one matrix product. The second needs samples of the model.
# **Contrastive divergence** {cite}`hinton2002` takes a short cut. It starts chains at the data, and stops after one sweep, or $k$:
#
# $$
# \Delta W_{ij} = \eta \, \big( \langle s_i t_j \rangle^0 - \langle s_i t_j \rangle^k \big) .
# $$ (eq-cd)
#
# After infinitely many sweeps the chains would be the model's, and {eq}`eq-cd` the gradient. After one they still resemble the data, so the step is biased. How much? With 8 visible spins we can say it exactly: the sweep is a matrix of $2^8 \times 2^8$ transition probabilities, and $k$ sweeps are its $k$-th power.


# %%
def sweep_matrix(machine):
    """Probability of each visible state after a sweep from each."""
    s, t = exact.states(machine.n_spins), exact.states(machine.n_hidden)
    above = machine.hidden_means(s).detach().numpy()
    below = machine.visible_means(t).detach().numpy()
    up = np.prod((1 + above[:, None] * t[None]) / 2, axis=2)
    down = np.prod((1 + below[:, None] * s[None]) / 2, axis=2)
    return up @ down


def step_of_cd(machine, data, sweeps):
    """The mean step of CD-k on W, exactly; k = None is the gradient."""
    s = exact.states(machine.n_spins)
    if sweeps is None:
        model = exact.probabilities(machine)
    else:
        model = data @ np.linalg.matrix_power(sweep_matrix(machine), sweeps)
    above = machine.hidden_means(s).detach().numpy()
    return s.T @ ((data - model)[:, None] * above)


truth = ebm.random_hamiltonian(8, order=3, gamma=0.5, beta=0.8, seed=2)
data = exact.probabilities(truth)
ks = [1, 2, 4, 8, 16, 32, 64]
biases = {}
for scale in (0.2, 0.6, 1.2):
    machine = ebm.RBM.of(
        scale * rng.normal(size=(8, 4)), np.zeros(8), np.zeros(4)
    )
    gradient = step_of_cd(machine, data, None)
    biases[scale] = [
        np.linalg.norm(step_of_cd(machine, data, k) - gradient)
        / np.linalg.norm(gradient)
        for k in ks
    ]

# %% tags=["hide-input"]
figure, axes = plt.subplots(figsize=(5.2, 3.6))
styles = [("pairwise", "s"), ("hybrid", "o"), ("model", "^")]
for (scale, values), (color, marker) in zip(
    biases.items(), styles, strict=True
):
    axes.loglog(
        ks,
        np.maximum(values, 1e-6),
        color=COLORS[color],
        marker=marker,
        label=f"weights of size {scale:g}",
    )
axes.set(
    xlabel="sweeps $k$",
    ylabel="bias, relative to the gradient",
    ylim=(1e-4, 2),
)
axes.set_xticks(ks, [str(k) for k in ks])
axes.minorticks_off()
axes.legend(fontsize=10)
plotting.show(
    figure,
    name="fig-cd-bias",
    caption="How far the step of CD-$k$ is from the gradient, on the weights of a machine of 8 visible and 4 hidden spins, computed exactly. The larger the weights the slower the chains, and the larger the bias.",
    alt="; ".join(
        f"weights of size {scale:g}: from {values[0]:.2f} at one sweep to {values[-1]:.1g} at {ks[-1]}"
        for scale, values in biases.items()
    )
    + ".",
)

# %% [markdown]
# With small weights, at the start of training, one sweep is plenty. With large ones, at its end, even thirty are not, since the chains no longer forget where they started. One cure costs nothing: **persistent** chains {cite}`tieleman2008` go on from step to step, instead of starting at the data each time. They have the whole training to forget, and the machine changes little meanwhile.
#
# :::{admonition} Predict, then run: which wins?
# :class: predict
# The same machine is trained on strongly coupled spins by CD-1, by CD-10, and by persistent chains of one sweep a step. Order them by likelihood at the end, and by cost.
# :::

# %%
strong_truth = ebm.random_hamiltonian(8, order=3, gamma=0.5, beta=1.5, seed=2)
samples = exact.sample(strong_truth, 3000, seed=1)
ways = {
    "CD-1": {"persistent": False},
    "CD-10": {"persistent": False, "sweeps": 10},
    "persistent": {},
    "persistent, 10 sweeps": {"sweeps": 10},
    "persistent, five times the step": {"learning_rate": 0.15},
}
loglik, spent, seeds = {}, {}, range(3)
given = {"learning_rate": 0.03, "batch_size": 100, "l2": 0.0}
for name, how in ways.items():
    ends, start = [], time.perf_counter()
    for seed in seeds:
        run = ebm.fit_rbm(
            samples, 8, epochs=epochs, seed=seed, progress=False, **given | how
        )
        ends.append(-ebm.objectives.likelihood(run.energy, samples).item())
    loglik[name] = np.mean(ends), np.std(ends, ddof=1) / np.sqrt(len(seeds))
    spent[name] = time.perf_counter() - start

# %% tags=["remove-input"]
best = -ebm.objectives.likelihood(strong_truth, samples).item()
rows = ["| training | log likelihood, nats a sample |", "|---|---|"]
rows += [
    f"| {name} | {mean:.2f} ± {error:.2f} |"
    for name, (mean, error) in loglik.items()
]
rows += [f"| the truth itself | {best:.2f} |"]
display(
    Markdown(
        "\n".join(rows)
        + "\n\nOn 3,000 samples of 8 strongly coupled spins, computed exactly; means over 3 seeds with standard errors. "
        f"CD-10 took {spent['CD-10'] / spent['CD-1']:.1f} times as long as CD-1, and persistent chains {spent['persistent'] / spent['CD-1']:.1f} times."
    )
)

# %% tags=["hide-cell", "checks", "nbval-check-output"]
print("CD-1 is far from the truth:", best - loglik["CD-1"][0] > 0.5)
print("CD-10 is close:", best - loglik["CD-10"][0] < 0.2)
print(
    "persistent chains beat CD-1:",
    loglik["persistent"][0] > loglik["CD-1"][0] + 0.2,
)

# %% [markdown]
# CD-1 fails by more than a nat: where valleys are deep, a chain that starts in the data and makes one sweep never sees the valleys that the machine has dug elsewhere, and nobody fills them in. Persistent chains find them, at the price of CD-1; ten sweeps a step do it more surely, and one pays for them. The last line is a warning: with a step that is too large the valleys move faster than the chains, and now and then a training is lost. A smaller step, or more sweeps, is the cure.

# %% [markdown]
# :::{admonition} History: harmony, experts, and a prize
# :class: note
# Paul Smolensky called the restricted machine the *harmonium* in 1986 {cite}`smolensky1986`; it was the year of backpropagation, and nobody could train it well. Contrastive divergence came in 2002 {cite}`hinton2002`. Stacks of such machines opened the way to deep networks in 2006, and Hinton's share of the Nobel Prize in Physics of 2024 names the Boltzmann machine {cite}`nobel2024`.
# :::
#
# ## Cheat sheet
#
# | what | formula | code |
# |---|---|---|
# | machine | $E(s,t) = -a \cdot s - b \cdot t - s W t$ | `ebm.RBM(n_visible, n_hidden)` |
# | free energy | fields and $-\sum_j \log\cosh(b_j + s W_j)$ | `machine(spins)` |
# | a layer given the other | $\tanh(b + s W)$, $\tanh(a + W t)$ | `machine.hidden_means(spins)` |
# | chains | up and down | `ebm.sample(machine, n, method="block")` |
# | training | data minus persistent chains | `ebm.fit_rbm(spins, n_hidden)` |
# | units 0 and 1 | $W = w/4$ | `ebm.RBM.from_binary(w, b, c)` |
#
# ## Summary
#
# - Hidden spins make interactions of all orders. Summed over they leave fields and a log-cosh network.
# - Without lines inside a layer, a layer is drawn at once.
# - Contrastive divergence is biased once weights are large; persistent chains cure it at no cost, if the steps are small.
#
# ## Exercises

# %% [markdown]
# (ex-8-1)=

# %% [markdown]
# :::{admonition} Exercise 8.1: a coupling from a hidden spin
# :class: exercise
# *derivation, easy, 10 minutes*
#
# Two visible spins hang on one hidden spin, with $W_{00} = W_{10} = 1$ and no fields. Which coupling $J_{01}$ do they have?
# :::

# %%
from exercises import answer

coupling = ...
answer("8.1", coupling)

# %% [markdown]
# :::{admonition} Solution to exercise 8.1
# :class: dropdown solution
# Equal spins have $F = -\log\cosh 2$, unequal ones $F = -\log\cosh 0 = 0$ (up to the same constant). A coupling gives $-J$ and $+J$, so $J = \frac12 \log\cosh 2 \approx 0.66$.
# :::

# %% tags=["hide-cell", "solution"]
assert answer("8.1", 0.5 * np.log(np.cosh(2)))

# %% [markdown]
# (ex-8-2)=

# %% [markdown]
# :::{admonition} Exercise 8.2: a memory of the data
# :class: exercise
# *coding, medium, 15 minutes*
#
# Take the machine of exercise 8.1, and data in which both spins are always $+1$. The model's own $\langle s_0 \rangle$ is zero. What is $\langle s_0 \rangle$ after one sweep from the data, and what after five? (`sweep_matrix` helps.)
# :::

# %%
memories = [..., ...]  # after one sweep, after five
answer("8.2", memories)

# %% [markdown]
# :::{admonition} Solution to exercise 8.2
# :class: dropdown solution
# Given two spins up, the hidden one has the mean $\tanh 2$; given it, each visible one has $\tanh 1$ times it. So $\langle s_0 \rangle = \tanh 1 \tanh 2 \approx 0.73$ after a sweep, and every further sweep multiplies by the same factor: $0.21$ after five. CD-1 would take three quarters of this memory for the model's own opinion.
# :::

# %% tags=["hide-cell", "solution"]
two = ebm.RBM.of([[1.0], [1.0]], [0.0, 0.0], [0.0])
both_up = (exact.states(2) == 1).all(1).astype(float)
first = exact.states(2)[:, 0]
found = [
    both_up @ np.linalg.matrix_power(sweep_matrix(two), k) @ first
    for k in (1, 5)
]
assert np.isclose(found[1], (np.tanh(1) * np.tanh(2)) ** 5)
assert answer("8.2", found)

# %% [markdown]
# (ex-8-3)=

# %% [markdown]
# :::{admonition} Exercise 8.3: zeros and ones
# :class: exercise
# *derivation, medium, 15 minutes*
#
# A machine with units 0 and 1 has one visible and one hidden unit, $w = 1$, $b = c = -\frac12$. What are $W_{00}$ and the visible field $a_0$ of the same machine with spins?
# :::

# %%
weight_and_field = [..., ...]
answer("8.3", weight_and_field)

# %% [markdown]
# :::{admonition} Solution to exercise 8.3
# :class: dropdown solution
# $-w v h = -\frac{w}{4}(1 + s)(1 + t)$ gives $W = w/4$ and adds $w/4$ to both fields; $-b v$ gives $b/2$. So $W = \frac14$ and $a = -\frac14 + \frac14 = 0$: these biases just undo the shift of the coding.
# :::

# %% tags=["hide-cell", "solution"]
made = ebm.RBM.from_binary([[1.0]], [-0.5], [-0.5])
assert answer("8.3", [made.weights[0, 0], made.fields[0]])

# %% [markdown]
# ## Where next
#
# - {doc}`08b_digits_and_clusters`: what machines draw, how good they are, and what couplings they have.
# - {doc}`appendix_memory`: Hopfield's memory and its capacity.
# - {doc}`appendix_boltzmann`: the Boltzmann machine without restriction.
#
# ## Further reading
#
# - {cite}`hinton2002` has contrastive divergence; {cite}`tieleman2008` the persistent chains.
