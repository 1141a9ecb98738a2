# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Reconstructing couplings
#
# Somebody hands you configurations of spins. You want to know which spins interact, and how strongly.
# A pairwise model answers if the world is pairwise. Here it is not: the data also contain interactions of three spins.
# This chapter adds a neural network to the pairwise model, trains both together, and reads the couplings off the sum.
# It is the experiment of Feinauer and Lucibello {cite}`feinauer2022`, in small, run live.
#
# **What you will learn**
#
# - how the test data are made, and how to check that a Markov chain drew them well;
# - what "the couplings" of *any* energy are, and several ways to compute them;
# - why a pairwise model is biased by interactions that it does not have, even with infinite data;
# - how pairwise model, network and hybrid compare, with errors, on the same instances;
# - why the coupling matrix inside a hybrid means nothing on its own;
# - how a test for each triple finds the interactions without a network, and what the errors of couplings mean.
#
# **Prerequisites**: {doc}`03_pairwise_models`, in particular pseudolikelihood, and {doc}`04_hybrid_training` for how a network is trained: Adam, epochs, held-out samples, weight decay. Symbols are in the table of {doc}`../book/notation`.
#
# **Running time**: under a minute on one core.

# %%
import itertools

import numpy as np
import torch
from IPython.display import Markdown, display
from matplotlib import pyplot as plt

import ebmtools as ebm
from ebmtools import exact, plotting

plotting.use_style()

# %% [markdown]
# The next cell holds the settings. Everything below follows from them.
# `n_spins` is the size of the experiment in {ref}`sec-experiment`; the sections before it use 16 spins, where enumeration
# gives exact answers. The settings are ours, chosen to run fast; the paper's own sizes are larger.

# %% tags=["parameters"]
n_spins = 16
order = 3
gammas = [0.0, 0.1, 0.25, 0.5]
beta = 1.0
n_samples = 10_000
n_instances = 4
hidden = 128
activation = "relu"
epochs = 25
weight_decays = [1.0, 0.3, 0.1, 0.03]

# %% [markdown]
# ```{figure} ../book/_static/drawings/card-couplings.svg
# :name: fig-draw-ghost
# :alt: A shaded triangle over three circles whose lower side is a dashed line, and a fourth circle joined by a solid line.
#
# Three spins that act together (shaded) make a pairwise fit report a coupling that is not there (dashed), beside one that is (solid).
# ```
#
# ## The hidden truth
#
# The data come from the energy
#
# $$
# \begin{aligned}
# E_G(s) = &-\sum_{i<j} J^G_{ij} s_i s_j \\
# &- \sqrt{\gamma} \sum_{I \in \mathcal I_G} \xi^G_I \prod_{i \in I} s_i .
# \end{aligned}
# $$ (eq-generator)
#
# The first sum holds the couplings we want back. The second holds $N$ interactions of a higher order, drawn at random.
# The number $\gamma$ sets how strong they are. At $\gamma = 0$ the world is pairwise.
#
# We draw $J^G_{ij}$ from a normal distribution of variance $1/N$ and $\xi^G_I$ from one of variance 1.
# An overall factor $\beta$ multiplies both sums. In general $p(s) \propto e^{-\beta E(s)}$, where $1/\beta$ is called the temperature.
# Here $\beta$ is already inside $E_G$, so $p(s) \propto e^{-E_G(s)}$.

# %%
truth = ebm.random_hamiltonian(16, order=3, gamma=0.5, beta=1.0, seed=1)
print(truth)
print("first triples:", truth.interactions[:3])

# %% tags=["hide-input"]
figure, axes = plt.subplots(figsize=(4.2, 3.4))
image = plotting.plot_couplings(axes, truth.couplings)
figure.colorbar(image, label="coupling $J_{ij}$")
axes.set(xlabel="spin $j$", ylabel="spin $i$")
plotting.show(
    figure,
    name="fig-truth",
    caption="The true couplings of one instance with 16 spins: what we want to recover. The triples are not shown.",
    alt=f"A symmetric 16 by 16 matrix with a white diagonal; red and blue cells without pattern, from "
    f"{truth.couplings.min():.2f} to {truth.couplings.max():.2f}.",
)

# %% [markdown]
# ## Data, and how good they are
#
# In practice such data come from a Markov chain. The call below runs 128 chains of Gibbs sampling.
# Each starts at random, makes 1000 sweeps that are thrown away, and then gives a sample every 50 sweeps.

# %%
draws = ebm.sample(truth, n_samples, warmup=1000, thin=50, seed=1)
draws

# %% [markdown]
# Three numbers say whether to trust the draws.
# *R-hat* compares the spread between chains with the spread within them {cite}`vehtari2021`. It is near one when all chains
# have forgotten where they began. 1.01 is a strict limit; above 1.1 do not use the draws.
# The *effective sample size* counts how many independent draws are worth as much as these.
# It is an estimate with a noise of a few percent: draws that are nearly independent can come out slightly above their number.
# The *acceptance* is the share of visits to a spin that changed it.
#
# With 16 spins we can do better than diagnostics. All $2^{16}$ states fit in memory, so the exact moments are known.

# %%
moments = exact.moments(truth)
chains = draws.chains.astype(float)
products = chains[..., :, None] * chains[..., None, :]
mean, error = draws.mean_and_error(products)
pairs = np.triu_indices(16, 1)
exact_correlations = moments.correlations[pairs]
deviations = (mean[pairs] - exact_correlations) / error[pairs]

# %% tags=["hide-input"]
figure, (axes, below) = plt.subplots(
    2, 1, figsize=(5.0, 4.8), sharex=True, height_ratios=[3, 1.4]
)
axes.axline(
    (0, 0), slope=1, color="black", linewidth=1, label="exact = sampled"
)
style = {"linestyle": "", "marker": "o", "markersize": 3}
axes.plot(exact_correlations, mean[pairs], label="pairs", **style)
axes.set_ylabel("sampled $\\langle s_i s_j \\rangle$")
axes.legend()
below.axhspan(-2, 2, color="#dddddd")
below.axhline(0, color="black", linewidth=1)
below.plot(exact_correlations, deviations, **style)
below.set(xlabel="exact $\\langle s_i s_j \\rangle$", ylim=(-4, 4))
below.set_ylabel("difference\n/ error")
plotting.show(
    figure,
    name="fig-moments",
    caption="Correlations of all pairs of spins: sampled by the Markov chains against enumeration, and the difference in standard errors (grey: two).",
    alt=f"Top: 120 points on the diagonal. Bottom: their differences, mostly within two standard errors; the root mean square is "
    f"{np.sqrt(np.mean(deviations**2)):.2f} standard errors and the largest {np.abs(deviations).max():.1f}.",
)

# %% tags=["hide-input"]
display(
    Markdown(
        f"The deviations have a root mean square of {np.sqrt(np.mean(deviations**2)):.2f} standard errors, where one is "
        f"expected. The largest of the {len(deviations)} is {np.abs(deviations).max():.1f}. The chains are sound."
    )
)

# %% tags=["nbval-check-output"]
print("R-hat below 1.01:", draws.rhat < 1.01)
print(
    "no correlation off by more than 5 standard errors:",
    np.abs(deviations).max() < 5,
)

# %% [markdown]
# Chains do not always mix. With 64 spins, strong interactions and a low temperature the landscape has many deep valleys,
# and a chain stays in the one where it began. R-hat sees it.

# %%
for cold in (0.5, 1.0):
    strong = {"order": 3, "gamma": 2.0, "beta": cold}
    glass = ebm.random_hamiltonian(64, **strong, seed=1)
    rhat = ebm.sample(glass, 5_000, seed=1).rhat
    print(f"64 spins, gamma = 2, beta = {cold}: R-hat {rhat:.2f}")

# %% [markdown]
# The warmer system is fine. The colder one is a *glass*: it has many deep minima, from which single flips hardly escape. Its draws would not follow the distribution we claim, and any
# couplings fitted to them would inherit the error. From here on the small systems use *exact* samples, drawn from the
# enumerated probabilities, so that no doubt of this kind remains.

# %% [markdown]
# (sec-walsh)=
# ## The couplings of any energy
#
# Ask a neural network for its coupling between spins 3 and 7. It has none: only weights.
# Yet every function of $N$ spins can be written in one way, and only one, as a sum over all sets $I$ of spins,
#
# $$
# E(s) = c - \sum_{I \neq \emptyset} \xi_I \prod_{i \in I} s_i .
# $$ (eq-walsh)
#
# There are $2^N$ sets and $2^N$ states, as many unknowns as equations.
# The products $\chi_I(s) = \prod_{i \in I} s_i$ are orthogonal: averaged over all states, $\chi_I \chi_{I'}$ is one if
# $I = I'$ and zero otherwise, because any spin that stands alone averages to zero.
# So multiply {eq}`eq-walsh` by $\chi_I$ and average. One term survives:
#
# $$
# \begin{aligned}
# \xi_I &= -\frac{1}{2^N} \sum_s E(s) \prod_{i \in I} s_i, \\
# J_{ij} &= -\frac{1}{2^N} \sum_s E(s)\, s_i s_j .
# \end{aligned}
# $$ (eq-coupling)
#
# These are the *Walsh coefficients* of the energy {cite}`odonnell2014`. They do not ask what the energy is made of.
# For a pairwise model they return its couplings. For a network they return the only couplings that deserve the name.
#
# The average runs over *all* states, each with the same weight. It is not an average over data.

# %%
network = ebm.Network(16, activation="tanh", seed=2)
with torch.no_grad():
    for parameter in network.parameters():
        parameter.mul_(3.0)  # large weights: a harder task

every_state = exact.states(16)
by_hand = -(
    exact.energies(network)[:, None, None]
    * every_state[:, :, None]
    * every_state[:, None, :]
).mean(axis=0)
np.fill_diagonal(by_hand, 0)
print("coupling of spins 3 and 7:", f"{by_hand[3, 7]:.6f}")

# %% [markdown]
# Enumeration stops near 24 spins. Four other ways go on.
#
# **Plain sampling** is what the paper does. Draw $K$ states uniformly and average $-E(s) s_i s_j$.
# Its noise comes from *all other* terms of the energy, fields and three-spin terms included, so it is large.
#
# **Single flips.** Let $\Delta_i(s)$ be the change of energy when spin $i$ flips. Then
#
# $$
# J_{ij} = \tfrac12 \, \big\langle \Delta_i(s)\, s_i s_j \big\rangle_{\text{uniform}} .
# $$ (eq-flip)
#
# Terms without spin $i$ drop out of $\Delta_i$, and their noise with them.
#
# **Single flips on a design.** Random states are unbalanced by chance. An *orthogonal array* is a set of states in which every
# product of up to three spins averages to exactly zero. Its remaining noise comes from terms of order four and more.
# This is `ebm.couplings(E, method="sampled")`.
#
# **Quadrature.** A network with one hidden layer is a sum of units $v\,\phi(w \cdot s + b)$. Write $\phi$ as a sum of waves
# $e^{itx}$. The average of a wave over all states factorises into one cosine or sine a spin. No sampling is left.
# This is `method="quadrature"`, and `method="auto"` takes it where it can.


# %%
def plain(energy, n_states, seed):
    """As in the paper: the mean of -E(s) s_i s_j."""
    s = np.random.default_rng(seed).choice(
        [-1.0, 1.0], (n_states, energy.n_spins)
    )
    with torch.no_grad():
        e = energy(s).double().numpy()
    return -(s * e[:, None]).T @ s / n_states


def single_flip(energy, n_states, seed):
    """The same by flip changes of either spin of a pair."""
    s = np.random.default_rng(seed).choice(
        [-1.0, 1.0], (n_states, energy.n_spins)
    )
    with torch.no_grad():
        change = energy.flip_change(s).double().numpy()
    product = (change * s).T @ s / n_states
    return (product + product.T) / 4


def designed(energy, n_states, seed):
    return ebm.couplings(
        energy, method="sampled", n_samples=n_states, seed=seed
    ).values


def root_mean_square(method, n_states):
    found = [method(network, n_states, seed) for seed in range(8)]
    errors = [(each - by_hand)[pairs] for each in found]
    return np.sqrt(np.mean(np.square(errors)))


sizes = 2 ** np.array([10, 12, 14, 16])
ways = {
    "plain": plain,
    "single flip": single_flip,
    "single flip, design": designed,
}
noise = {
    name: [root_mean_square(way, size) for size in sizes]
    for name, way in ways.items()
}
quadrature = ebm.couplings(network, method="quadrature")

# %% tags=["hide-input"]
figure, axes = plt.subplots()
for name, color, marker in zip(
    noise, ("#D55E00", "#0072B2", "#009E73"), "osD", strict=True
):
    axes.loglog(sizes, noise[name], marker=marker, color=color, label=name)
axes.loglog(
    sizes,
    noise["plain"][0] * np.sqrt(sizes[0] / sizes),
    color="black",
    linewidth=1,
    label=r"$1/\sqrt{K}$",
)
axes.set(xlabel="number of states $K$", ylabel="error of a coupling (rms)")
axes.set_ylim(top=8 * max(noise["plain"]))
axes.legend(ncols=2, fontsize=10)
gain = (noise["plain"][-1] / noise["single flip, design"][-1]) ** 2
plotting.show(
    figure,
    name="fig-estimators",
    caption="Error of a coupling read off a network of 16 spins, against enumeration, for three ways to choose the states. "
    "The quadrature needs no states; its error lies far below the frame.",
    alt=f"Three falling lines on logarithmic axes. At {sizes[-1]} states the error is {noise['plain'][-1]:.1e} for plain "
    f"sampling, {noise['single flip'][-1]:.1e} for single flips and {noise['single flip, design'][-1]:.1e} for single "
    "flips on a design. Plain sampling follows the line one over root K.",
)

# %% tags=["hide-input"]
display(
    Markdown(
        f"At the same number of states the design has an error {np.sqrt(gain):.0f} times smaller than plain sampling. To get "
        f"there plain sampling would need about {gain:,.0f} times as many states. The quadrature is off by "
        f"{np.abs(quadrature.values - by_hand).max():.0e}, which is rounding."
    )
)

# %% tags=["nbval-check-output"]
agreement = np.abs(quadrature.values - by_hand).max()
print(
    "quadrature equals enumeration to 1e-10:",
    agreement < 1e-10 and agreement <= quadrature.errors.max(),
)
sampled = ebm.couplings(network, method="sampled", seed=1)
print(
    "sampling within 5 of its standard errors:",
    np.all(np.abs(sampled.values - by_hand) <= 5 * sampled.errors),
)
print("design beats plain sampling tenfold:", np.sqrt(gain) > 10)

# %% [markdown]
# What do these cost? A state costs one energy, $O(NH)$ operations, and all its $N$ flips cost about as much again.
# The quadrature with $T$ waves costs $O(T N^2 H)$ for all pairs together, as much as about $TN$ states.

# %% tags=["hide-input"]
needed = sizes[-1] * (noise["plain"][-1] / 1e-6) ** 2
display(
    Markdown(
        f"With at most 512 waves that is the work of at most {512 * 16:,} states, for an error of rounding size. Enumeration takes "
        f"{2**16:,} states. Plain sampling would take {needed:.0e} states for an error of a millionth."
    )
)

# %% [markdown]
# The coefficients are linear in the energy. A sum of energies is therefore read part by part: the pairwise part in closed form,
# the network by quadrature. For the true energy of {numref}`fig-truth` nothing is left to chance at all.

# %% tags=["nbval-check-output"]
for energy in (truth, truth + network):
    print(ebm.couplings(energy).method)
print(
    "truth returned exactly:",
    np.array_equal(ebm.couplings(truth).values, truth.couplings),
)

# %% [markdown]
# ## One number for the error
#
# A reconstruction $\hat J$ is judged by the relative error over all pairs,
#
# $$
# \varepsilon = \sqrt{ \frac{\sum_{i<j} (J^G_{ij} - \hat J_{ij})^2}{\sum_{i<j} (J^G_{ij})^2} } .
# $$ (eq-eps)
#
# Zero is perfect. One is what you get for answering "no couplings" ({ref}`exercise 5.1 <ex-5-1>`).
#
# ## Why the pairwise model fails
#
# Fit the pairwise model to ever more data. Two things can happen to $\varepsilon$: it falls like $1/\sqrt{M}$, or it stops
# falling. The first is noise, the second is *bias*.
# With 16 spins we can even fit to infinitely many samples: give every state the weight that the truth gives it.
#
# Beside it stands the *oracle*, which knows which triples interact and only fits their strengths.
# It has no bias, so it serves as our yardstick.


# %%
def oracle(spins, hamiltonian, weights=None):
    """Couplings and the true triples, fitted to the optimum."""
    n, triples = hamiltonian.n_spins, hamiltonian.interactions
    blank = ebm.Pairwise(np.zeros((n, n)))
    blank = blank + ebm.ManyBody(n, triples, np.zeros(len(triples)))
    return ebm.fit_convex(blank, spins, weights).energy


def eps(energy, hamiltonian):
    return ebm.reconstruction_error(
        ebm.couplings(energy), hamiltonian.couplings
    )


sample_sizes = [1_000, 3_000, 10_000, 30_000]
pool = exact.sample(truth, max(sample_sizes), seed=3)
errors = {"pairwise": [], "oracle": []}
for m in sample_sizes:
    pairwise = ebm.fit_pairwise(pool[:m]).energy
    errors["pairwise"].append(eps(pairwise, truth))
    errors["oracle"].append(eps(oracle(pool[:m], truth), truth))
p = exact.probabilities(truth)
infinite = ebm.fit_pairwise(every_state, weights=p)
bias = eps(infinite.energy, truth)

# %% tags=["hide-input"]
figure, axes = plt.subplots()
for name, values in errors.items():
    style = {"color": plotting.COLORS[name], "marker": plotting.MARKERS[name]}
    axes.loglog(sample_sizes, values, label=name, **style)
axes.axhline(
    bias,
    color=plotting.COLORS["pairwise"],
    linestyle="--",
    label="pairwise, infinite data (exact)",
)
guide = errors["oracle"][0] * np.sqrt(sample_sizes[0] / np.array(sample_sizes))
axes.loglog(
    sample_sizes, guide, color="black", linewidth=1, label=r"$1/\sqrt{M}$"
)
axes.set(xlabel="number of samples $M$", ylabel=r"error $\varepsilon$")
axes.set_ylim(top=2.2)
axes.legend(fontsize=10)
slope = plotting.fit_slope(sample_sizes, errors["oracle"])
plotting.show(
    figure,
    name="fig-bias",
    caption="Error of the couplings against the number of samples, one instance with 16 spins and $\\gamma = 0.5$. The dashed "
    "line is the pairwise fit to the exact distribution: its bias.",
    alt=f"The pairwise error falls from {errors['pairwise'][0]:.2f} to {errors['pairwise'][-1]:.2f} and levels off on a dashed line at {bias:.2f}. The "
    f"oracle falls from {errors['oracle'][0]:.2f} to {errors['oracle'][-1]:.3f}, parallel to one over root M.",
)

# %% tags=["hide-input"]
display(
    Markdown(
        f"The oracle's error falls with the power {slope:.2f} of $M$; pure noise gives -0.5. The pairwise fit ends at "
        f"{errors['pairwise'][-1]:.3f}, and its limit is {bias:.3f}. More data will not help it."
    )
)

# %% [markdown]
# Where does the bias come from? Take three spins with the interaction $-\xi\, s_1 s_2 s_3$, and let $s_3$ be up more often than down.
# Then $s_1 s_2$ is more often $+1$ than $-1$. To a pairwise model this looks like a coupling between spins 1 and 2.
# It reports one, though there is none. {ref}`Exercise 5.2 <ex-5-2>` computes it.
#
# Our generator has no fields. It needs none: where spins 1 and 2 are coupled, a weak triple acts on $s_3$ like a field $\xi \tanh J_{12}$.
# And two triples that share two spins correlate the two others directly.
#
# ```{figure} ../book/_static/touch/ghost.svg
# :name: fig-touch-ghost
# :figclass: touch touch-ghost
# :alt: Three spins. A shaded triangle, the triple, joins all three; an arrow, the field, acts on spin 2; a dashed line, the ghost coupling, joins spins 0 and 1.
#
# Three spins with one triple $\xi$, a field $h$ on spin 2, and no coupling at all. The dashed line is the coupling that a pairwise fit reports all the same. With either slider at zero it disappears.
# ```
#
# ## Three models
#
# The cure has two parts. Add a term that can express what the pairwise model cannot, here a network with one hidden layer:
#
# $$
# E_{\text{hybrid}}(s) = E_{\text{pw}}(s) + E_{\text{nn}}(s) .
# $$ (eq-hybrid)
#
# Then read the couplings of the *sum* by {eq}`eq-coupling`.
# All three models are trained by pseudolikelihood on the same samples:
#
# - **pairwise**: convex, fitted to the optimum;
# - **network**: the network alone;
# - **hybrid**: starts from a fitted pairwise model and a network whose output weights are zero, then both train together.
#   So at epoch zero the hybrid *is* a pairwise fit.
#
# Networks are trained by Adam, in batches of 500, with a learning rate of 0.01.
# One sample in ten is held out, and the epoch with the best held-out pseudolikelihood is kept.
# The pairwise model from which the hybrid starts must not have seen the held-out samples either, or epoch zero would be favoured.
# Weight decay acts on networks only, so that the physical part is free.
# At the end the hybrid's fields and couplings are fitted once more, to all samples, with the network held fixed: a convex problem.


# %%
def three_models(spins, seed, decays):
    """Train all three on the same samples."""
    held_out, training = np.split(spins, [len(spins) // 10])
    size = (spins.shape[1], (hidden,), activation)
    network, rest = (ebm.Network(*size, seed=seed) for _ in range(2))
    torch.nn.init.zeros_(rest.output)
    hybrid = ebm.fit_pairwise(training).energy + rest
    trained, runs = {"network": network, "hybrid": hybrid}, {}
    for name, energy in trained.items():
        runs[name] = ebm.fit(
            energy,
            training,
            validation=held_out,
            epochs=epochs,
            weight_decay=decays[name],
            seed=seed,
            progress=False,
        )
    rest.requires_grad_(False)
    ebm.fit_convex(hybrid, spins)
    trained["pairwise"] = ebm.fit_pairwise(spins).energy
    return trained, runs


# %% [markdown]
# How strong should the decay be? It decides much, in particular for the network alone. So we try several on one instance, and each model
# gets the decay that its own held-out samples prefer. The truth has no say in this.

# %%
samples = exact.sample(truth, n_samples, seed=1)
trials = {}
for decay in weight_decays:
    same = {"network": decay, "hybrid": decay}
    trials[decay] = three_models(samples, 1, same)
# the pairwise model has no decay: it is the same in all trials
models = {"pairwise": trials[weight_decays[0]][0]["pairwise"]}
decays, runs = {}, {}
for name in ("network", "hybrid"):
    held = {w: run[name].objective for w, (_, run) in trials.items()}
    decays[name] = min(held, key=held.get)
    trained, run = trials[decays[name]]
    models[name], runs[name] = trained[name], run[name]
models["oracle"] = oracle(samples, truth)

# %% tags=["hide-input"]
lines = [
    "| decay | network, nats | network, ε | hybrid, nats | hybrid, ε |",
    "|---|---|---|---|---|",
]
for decay, (trial, trial_runs) in trials.items():
    cells = [
        f"{trial_runs[name].objective:.3f} | {eps(trial[name], truth):.3f}"
        for name in ("network", "hybrid")
    ]
    lines.append(f"| {decay:g} | " + " | ".join(cells) + " |")
display(
    Markdown(
        "**Held-out objective and error of the couplings**\n\n"
        + "\n".join(lines)
    )
)
display(
    Markdown(
        f"The network prefers a decay of **{decays['network']:g}**, the hybrid one of **{decays['hybrid']:g}**."
    )
)

# %% [markdown]
# Now the training itself, epoch by epoch.

# %% tags=["hide-input"]
held_out, training = np.split(samples, [len(samples) // 10])
optimum = ebm.objectives.pseudolikelihood(truth, held_out).item()
start = runs["hybrid"].held_out[0]
figure, axes = plt.subplots()
for name, run in runs.items():
    color = plotting.COLORS[name]
    axes.plot(run.held_out, color=color, label=f"{name}, held out")
    axes.plot(run.train, color=color, linestyle=":", label=f"{name}, training")
    axes.plot(
        run.best_epoch, run.objective, marker="o", markersize=8, color=color
    )
axes.axhline(
    start,
    color=plotting.COLORS["pairwise"],
    linestyle="--",
    label="pairwise fit",
)
axes.axhline(optimum, color="black", linewidth=1, label="the truth")
axes.set(
    xlabel="epoch",
    ylabel="$-\\log$ pseudolikelihood (nats)",
    ylim=(optimum - 0.4, start + 1.2),
)
axes.legend(ncols=2, fontsize=10, loc="upper right")
plotting.show(
    figure,
    name="fig-learning",
    caption="Learning curves at $\\gamma = 0.5$. Dots mark the epochs that are kept. The horizontal lines are the pairwise fit and "
    "the true energy, on the same held-out samples. Training values are means *during* an epoch, so early ones lag behind.",
    alt=f"The hybrid starts on the dashed line of the pairwise fit, {start:.2f} nats, and its held-out curve reaches "
    f"{runs['hybrid'].objective:.2f} at epoch {runs['hybrid'].best_epoch}; the network starts far above and reaches "
    f"{runs['network'].objective:.2f}. The truth is at {optimum:.2f}. Training curves end below the held-out ones.",
)

# %% [markdown]
# Held-out numbers carry noise. With 16 spins there is an exact answer beside them: the pseudolikelihood under the true
# distribution. No model can be better there than the truth, so the *excess* over it is a fair score.


# %%
def expected(energy):
    """Negative log pseudolikelihood over all states, by p."""
    objective = ebm.objectives.pseudolikelihood
    with torch.no_grad():
        return objective(energy, every_state, p).item()


def excess(energy):
    """How far that lies above the truth, in nats a sample."""
    return expected(energy) - expected(truth)


scores = {name: eps(models[name], truth) for name in models}
rows = [
    f"| {name} | {excess(model):.3f} | {scores[name]:.3f} |"
    for name, model in models.items()
]
head = ["| model | excess (nats) | error ε |", "|---|---|---|"]
display(Markdown("\n".join(head + rows)))

# %% [markdown]
# The hybrid predicts far better than the pairwise model, and its couplings are better too.
# Predicting well and being right about pairs are two things, though. Compare the columns: a gain in one is not the same gain in the other.

# %% tags=["hide-input"]
figure, panels = plt.subplots(
    3, 1, figsize=(4.2, 8.4), sharex=True, sharey=True
)
shown = ("pairwise", "network", "hybrid")
for axes, name in zip(panels, shown, strict=True):
    plotting.plot_reconstruction(
        axes, truth.couplings, {name: ebm.couplings(models[name])}
    )
    axes.legend(loc="upper left")
    axes.set(xlabel="", ylabel="reconstructed")
panels[-1].set_xlabel("true coupling")
plotting.show(
    figure,
    name="fig-scatter",
    caption="Reconstructed against true couplings, one point a pair, for one instance with $\\gamma = 0.5$. The lines are a perfect "
    "reconstruction.",
    alt="Three panels with 120 points each around the diagonal. The scatter is widest for the pairwise model and narrowest for the "
    "hybrid; the errors are "
    + ", ".join(f"{scores[name]:.2f} for the {name}" for name in shown)
    + ".",
)

# %% [markdown]
# (sec-experiment)=
# ## Experiment I, in small
#
# One instance proves little: instances differ. So each is given to all models, for each $\gamma$, and models are compared *pair by pair*.
# The same seed gives the same couplings and triples at every $\gamma$; only the strength changes.


# %%
def draw(hamiltonian, seed):
    """Exact samples if N <= 20, else chains that have mixed."""
    if hamiltonian.n_spins <= 20:
        return exact.sample(hamiltonian, n_samples, seed=seed)
    settings = {"n_chains": 500, "thin": 20, "seed": seed}
    chain = ebm.sample(hamiltonian, n_samples, **settings)
    assert chain.rhat < 1.1, f"not mixed: R-hat {chain.rhat:.2f}"
    return np.random.default_rng(seed).permutation(chain.spins)


names = ["pairwise", "network", "hybrid", "oracle"]
result = np.empty((len(names), len(gammas), n_instances))
kept_epochs = np.empty((len(gammas), n_instances))
for column, gamma in enumerate(gammas):
    for instance in range(n_instances):
        hamiltonian = ebm.random_hamiltonian(
            n_spins, order, gamma=gamma, beta=beta, seed=instance
        )
        spins = draw(hamiltonian, seed=instance)
        trained, run = three_models(spins, instance, decays)
        trained["oracle"] = oracle(spins, hamiltonian)
        result[:, column, instance] = [
            eps(trained[name], hamiltonian) for name in names
        ]
        kept_epochs[column, instance] = run["hybrid"].best_epoch


def mean_and_error(values):
    """Mean and standard error over instances, the last axis."""
    error = values.std(axis=-1, ddof=1) / np.sqrt(values.shape[-1])
    return values.mean(axis=-1), error


# %% tags=["hide-input"]
curves = {name: mean_and_error(result[row]) for row, name in enumerate(names)}
interacting = np.array(gammas) > 0
ahead = {
    name: bool(
        np.all(curves["hybrid"][0][interacting] < curves[name][0][interacting])
    )
    for name in ("pairwise", "network")
}
figure, axes = plt.subplots()
plotting.plot_curves(axes, gammas, curves)
axes.set(
    xlabel=r"strength of the higher-order interactions $\gamma$",
    ylabel=r"error $\varepsilon$",
    ylim=(0, None),
)
axes.legend()
plotting.show(
    figure,
    name="fig-experiment",
    caption="Error of the reconstructed couplings against the strength of the three-spin interactions: mean and standard error over "
    "instances. The oracle knows which triples interact.",
    alt="Four curves with error bars: "
    + plotting.describe_curves(gammas, curves, "gamma")
    + ". For every gamma above zero the hybrid lies "
    + " and ".join(
        f"{'below' if yes else 'not below'} the {name}"
        for name, yes in ahead.items()
    )
    + ".",
)

# %% [markdown]
# Pairing takes out what instances share. That helps against the pairwise model, whose bias makes up most of the spread.
# With few instances, two standard errors are not yet 95 %: with four, Student's distribution asks for 3.2.

# %% tags=["hide-input"]
against = {
    name: mean_and_error(result[2] - result[names.index(name)])
    for name in ("pairwise", "network", "oracle")
}
lines = [
    "| γ | pairwise | network | hybrid | oracle |",
    "|---|---|---|---|---|",
]
for column, gamma in enumerate(gammas):
    cells = [
        f"{curves[name][0][column]:.3f} ± {curves[name][1][column]:.3f}"
        for name in names
    ]
    lines.append(f"| {gamma:g} | " + " | ".join(cells) + " |")
display(Markdown("**Mean error ε over instances**\n\n" + "\n".join(lines)))
lines = [
    "| γ | hybrid - pairwise | hybrid - network | hybrid - oracle |",
    "|---|---|---|---|",
]
for column, gamma in enumerate(gammas):
    cells = [f"{m[column]:+.3f} ± {e[column]:.3f}" for m, e in against.values()]
    lines.append(f"| {gamma:g} | " + " | ".join(cells) + " |")
display(
    Markdown(
        "**Paired differences** (negative: the hybrid is better)\n\n"
        + "\n".join(lines)
    )
)

# %% tags=["nbval-check-output"]
print("at every gamma > 0 the hybrid's error is")
print("below that of the pairwise model:", ahead["pairwise"])
print("below that of the network:       ", ahead["network"])

# %% [markdown]
# ### The truth at zero
#
# At $\gamma = 0$ the pairwise model is right. The hybrid has nothing to gain there, it can only lose.
# What guards it is the choice of the epoch. The next cell keeps the last epoch instead.

# %%
last_epoch = []
for instance in range(n_instances):
    hamiltonian = ebm.random_hamiltonian(
        n_spins, order, gamma=0.0, beta=beta, seed=instance
    )
    spins = draw(hamiltonian, seed=instance)
    pairwise = ebm.fit_pairwise(spins).energy
    before = eps(pairwise, hamiltonian)
    rest = ebm.Network(n_spins, (hidden,), activation, seed=instance)
    torch.nn.init.zeros_(rest.output)
    options = {
        "weight_decay": decays["hybrid"],
        "epochs": epochs,
        "seed": instance,
    }
    hybrid = pairwise + rest
    ebm.fit(hybrid, spins, validation=0, progress=False, **options)
    last_epoch.append(eps(hybrid, hamiltonian) - before)

# %% tags=["hide-input"]
text = "Hybrid minus pairwise fit at $\\gamma = 0$, last epoch kept: {:+.3f} ± {:.3f}."
display(Markdown(text.format(*mean_and_error(np.array(last_epoch)))))
if 0.0 in gammas:
    zero = gammas.index(0.0)
    text = "With the epoch that held-out samples choose: {:+.3f} ± {:.3f}. It is epoch "
    chosen = ", ".join(f"{epoch:.0f}" for epoch in kept_epochs[zero])
    display(
        Markdown(
            text.format(*(v[zero] for v in against["pairwise"])) + chosen + "."
        )
    )

# %% [markdown]
# ### Few samples
#
# The network must learn which triples interact, and that takes data. The next cell goes down with $M$ at $\gamma = 0.5$.

# %%
few = {}
for size in (300, 1000, 3000):
    few[size] = {"pairwise": [], "network": [], "hybrid": []}
    for k in range(n_instances):
        spins = exact.sample(truth, size, seed=10 + k)
        trained, _ = three_models(spins, k, decays)
        for name, errors_of in few[size].items():
            errors_of.append(eps(trained[name], truth))

# %% tags=["hide-input"]
lines = ["| M | pairwise | network | hybrid |", "|---|---|---|---|"]
for size, values in few.items():
    means, spreads = mean_and_error(np.array(list(values.values())))
    cells = [f"{m:.3f} ± {e:.3f}" for m, e in zip(means, spreads, strict=True)]
    lines.append(f"| {size} | " + " | ".join(cells) + " |")
display(
    Markdown(
        "**Error ε with few samples**, one instance\n\n" + "\n".join(lines)
    )
)

# %% [markdown]
# So the paper's claim holds in this small setting: with higher-order interactions present and enough data, the hybrid reconstructs the
# couplings better than the pairwise model and better than the network. It does not reach the oracle. It has to learn *which* triples
# interact, and part of what it learns is noise.
#
# By how much it wins depends on the settings. The network alone gains most from a weaker decay, as the first table shows: with the strong
# decay it would have looked much worse than it is.
# It also depends on the activation: a cube makes triples directly. {ref}`Exercise 5.4 <ex-5-4>` tries it.
#
# ```{figure} ../book/_static/touch/few-samples.svg
# :name: fig-touch-few-samples
# :figclass: touch touch-few-samples
# :alt: Error of the couplings against the number of samples, at triples of strength 0.5. The pairwise fit levels off at its bias; the fit with all triples starts above it and falls below it.
#
# Bias against noise, for the instance of 16 spins. The error of the pairwise fit (blue) has two parts that add in squares: a bias (dashed), which no amount of data removes, and noise (dotted), which falls as $1/\sqrt M$. A fit with all 560 triples (orange), with a penalty that vanishes as data grow, has no bias in the end but more parameters and so more noise. All numbers are means over 4 data sets of each size, with standard errors; no network takes part.
# ```
#
# ## The matrix inside the hybrid
#
# The hybrid contains a matrix $J$, with the right shape and the right name. It is tempting to report it.
# Do not. The network can express couplings too, so any matrix $A$ can be moved from one part to the other,
#
# $$
# \begin{aligned}
# E_{\text{pw}} + E_{\text{nn}} = &\Big(E_{\text{pw}} - \sum_{i<j} A_{ij} s_i s_j\Big) \\
# {}+{} &\Big(E_{\text{nn}} + \sum_{i<j} A_{ij} s_i s_j\Big) ,
# \end{aligned}
# $$
#
# without changing the energy of any state. The data cannot tell the splits apart. Where training ends depends on the start, the weight
# decay and the moment of stopping. Only the sum means something.

# %%
explicit, inside = map(ebm.couplings, models["hybrid"].parts)
split = {
    "explicit matrix J alone": explicit.values,
    "the network's own couplings": inside.values,
    "both together": explicit.values + inside.values,
}
rows = ["| couplings read from | error ε |", "|---|---|"]
for name, matrix in split.items():
    error = ebm.reconstruction_error(matrix, truth.couplings)
    rows.append(f"| {name} | {error:.3f} |")
display(Markdown("\n".join(rows)))

# %% tags=["hide-input"]
deviation = (explicit.values - truth.couplings)[pairs]
slope = np.polyfit(deviation, inside.values[pairs], 1)[0]
correlation = np.corrcoef(deviation, inside.values[pairs])[0, 1]
figure, axes = plt.subplots(figsize=(4.6, 4.0))
axes.axline((0, 0), slope=-1, color="black", linewidth=1, label="they cancel")
axes.plot(
    deviation,
    inside.values[pairs],
    linestyle="",
    marker="o",
    markersize=3.5,
    color=plotting.COLORS["hybrid"],
)
axes.set(
    xlabel="explicit $J_{ij}$ minus true coupling",
    ylabel="coupling inside the network",
)
axes.legend()
plotting.show(
    figure,
    name="fig-gauge",
    caption="What the explicit matrix gets wrong, the network partly makes up for: the two parts of a trained hybrid, one point a pair.",
    alt=f"120 points around a falling line: the larger the explicit coupling is than the truth, the more negative is the coupling inside "
    f"the network. The fitted slope is {slope:.2f}, where -1 would cancel, and the correlation {correlation:.2f}.",
)

# %% tags=["nbval-check-output"]
alone = ebm.reconstruction_error(explicit, truth.couplings)
print("the sum beats the explicit matrix:", scores["hybrid"] < alone)

# %% [markdown]
# ## What else the hybrid learned
#
# Equation {eq}`eq-coupling` reads any order. Ask the hybrid for its three-spin interactions.

# %%
found = ebm.interactions(models["hybrid"], order=3)
real_ones = zip(truth.interactions, truth.coefficients, strict=True)
true_strength = dict(real_ones)
triples = [tuple(triple) for triple in found.indices.tolist()]
strength = np.array([true_strength.get(t, 0.0) for t in triples])
real = strength != 0
n_real = int(real.sum())
hits = int(real[:n_real].sum())
ratio = np.polyfit(strength[real], found.coefficients[real], 1)[0]

# %% tags=["hide-input"]
figure, axes = plt.subplots(figsize=(4.6, 4.0))
axes.axline((0, 0), slope=1, color="black", linewidth=1, label="perfect")
learned = found.coefficients
axes.plot(
    strength[real],
    learned[real],
    linestyle="",
    marker="D",
    color=plotting.COLORS["hybrid"],
    label="real triples",
)
axes.plot(
    strength[~real],
    learned[~real],
    linestyle="",
    marker="_",
    color="black",
    label="absent triples",
)
axes.set(xlabel=r"true $\xi_I$", ylabel=r"learned $\xi_I$")
axes.legend()
plotting.show(
    figure,
    name="fig-triples",
    caption="Three-spin interactions in the trained hybrid against the true ones: real triples and absent ones.",
    alt=f"{n_real} real triples follow a line of slope {ratio:.2f}, flatter than the diagonal; the weakest are near zero. "
    f"{int((~real).sum())} absent triples pile up at true strength zero within {np.abs(learned[~real]).max():.2f} of zero.",
)

# %% tags=["hide-input"]
chance = n_real**2 / len(strength)
display(
    Markdown(
        f"Nobody told the network about triples. There are {len(strength)}, of which {n_real} are real. Of the {n_real} strongest "
        f"that it learned, {hits} are real; chance would hit {chance:.1f}. Strong triples come out at about {ratio:.2f} times "
        "their strength, weak ones not at all. So the network is not only a filter that cleans the couplings. "
        "It names the strong triples, and one can refit with those: {ref}`exercise 5.5 <ex-5-5>`."
    )
)

# %% [markdown]
# (sec-pursuit)=
# ## Asking the data: interaction pursuit
#
# The network named triples that nobody asked for. One can also ask: is there anything left that *this* triple would explain?
#
# Add one interaction $\xi_I \prod_{j \in I} s_j$ to the fitted pairwise model, with $\xi_I$ near zero.
# It adds $\xi_I \prod_{j \in I, j \neq i} s_j$ to the local field $f_i$ of each of its spins $i$.
# The objective is $\langle \sum_i \mathrm{softplus}(-2 s_i f_i) \rangle$, and the derivative of one term by $f_i$ is $-s_i\, t_i$ with
#
# $$
# t_i = \frac{2}{1 + e^{2 s_i f_i}} = 1 - s_i \tanh f_i .
# $$ (eq-slack)
#
# So at $\xi_I = 0$ the objective falls with the slope
#
# $$
# U_I = \Big\langle \prod_{j \in I} s_j \sum_{i \in I} t_i \Big\rangle ,
# $$ (eq-score)
#
# the **score** of $I$ {cite}`rao1948`. Why does it test the model? Given the other spins, $s_i$ has the mean $\tanh f_i$ if the model is right. Then
# $s_i t_i = s_i - \tanh f_i$ has mean zero, whatever the other spins are, and so has $U_I$.
# It is an average over samples, so its standard error is the spread of its terms over $\sqrt M$.
# In units of that error it is a number $z_I$ that follows a standard normal, roughly and for many samples, if there is nothing to find.
#
# A handful of lines compute it for all triples at once.

# %%
pairwise = ebm.fit_pairwise(samples)
every_triple = list(itertools.combinations(range(16), 3))


def test_triples(energy):
    """Scores of all triples beside an energy, and their z."""
    with torch.no_grad():
        flips = energy.flip_change(samples).numpy()  # 2 s_i f_i
    slack, s = 1 - np.tanh(flips / 2), np.asarray(samples, float)
    score, error = np.empty((2, len(every_triple)))
    for k, triple in enumerate(every_triple):
        term = s[:, triple].prod(1) * slack[:, triple].sum(1)
        score[k] = term.mean()
        error[k] = term.std() / np.sqrt(len(term))
    return score, score / error


score, z = test_triples(pairwise.energy)

# %% [markdown]
# Is the score the slope? Autograd says so, for a triple that is put in with the coefficient zero.

# %% tags=["nbval-check-output"]
one_more = ebm.ManyBody(16, [every_triple[0]], [0.0])
objective = ebm.objectives.pseudolikelihood(pairwise.energy + one_more, samples)
slope = torch.autograd.grad(objective, one_more.xi)[0].item()
print("score = minus the slope:", bool(np.isclose(score[0], -slope)))

# %% tags=["hide-input"]
is_real = np.array([triple in true_strength for triple in every_triple])
far = {
    name: int((np.abs(z[which]) > 4).sum())
    for name, which in (("real", is_real), ("absent", ~is_real))
}
loud = [every_triple[k] for k in np.flatnonzero(~is_real & (np.abs(z) > 4))]
echoes = np.mean(
    [any(len(set(a) & set(b)) == 2 for b in true_strength) for a in loud]
)
display(
    Markdown(
        f"Of {int(is_real.sum())} real triples {far['real']} score beyond four standard errors. So do {far['absent']} absent ones, where chance "
        f"alone would put {6.3e-5 * (~is_real).sum():.2f}. They are echoes: {echoes:.0%} of them share two spins with a real triple, so they explain a part of what it "
        "would explain. Taking all high scores at once would take the echoes too."
    )
)

# %% [markdown]
# **Interaction pursuit** takes the highest score, removes its share from the others, and goes on while a score passes.
# Then it refits everything, which is convex and fast. It drops each interaction whose *coefficient* is now too few standard errors from zero, tests again, and stops when nothing changes.
#
# How high must a score be? There are many sets, and chance makes some of them high. The threshold for the $K$-th one is the $|z|$ that chance passes with the probability
# $q K / C$, for $C$ sets tested {cite}`benjamini1995`: then on average a share of at most about $q$ of the findings is false. Here $q = 0.01$, and all sets of three *and* four spins are tested.
# The method is told neither the order nor the number of interactions.

# %%
pursuit = ebm.fit_many_body(samples, orders=(3, 4), false_discovery=0.01)
print(pursuit)

# %% tags=["hide-input"]
picked = set(pursuit.interactions)
right = picked & set(true_strength)
missed = [abs(true_strength[t]) for t in set(true_strength) - picked]
scores["pursuit"] = eps(pursuit.energy, truth)
scores["oracle"] = eps(models["oracle"], truth)
rows = [
    f"| {name} | {scores[name]:.4f} |"
    for name in ("pairwise", "network", "hybrid", "pursuit", "oracle")
]
missing = (
    f"It misses {len(missed)}, the weak ones: the strongest of them has |ξ| = {max(missed):.3f}. "
    if missed
    else "It misses none. "
)
display(
    Markdown(
        f"It finds {len(picked)} interactions; {len(right)} of them are among the {len(true_strength)} real ones. "
        + missing
        + (
            f"False: {', '.join(map(str, sorted(picked - right)))}. "
            if picked - right
            else ""
        )
        + f"It took {max(step.round for step in pursuit.path)} rounds. The error of the couplings:\n\n| model | ε |\n|---|---|\n"
        + "\n".join(rows)
    )
)

# %% tags=["hide-input"]
_, z_after = test_triples(pursuit.energy)
figure, panels = plt.subplots(
    2, 1, figsize=(5.0, 5.4), sharex=True, sharey=True
)
edges = np.arange(-10, 10.01, 0.5)
middle = (edges[1:] + edges[:-1]) / 2
chance = 0.5 * (~is_real).sum() * np.exp(-(middle**2) / 2) / np.sqrt(2 * np.pi)
beside = {"the pairwise fit": z, "pursuit's fit": z_after}
for axes, (name, values) in zip(panels, beside.items(), strict=True):
    axes.hist(
        np.clip(values[~is_real], -9.9, 9.9),
        edges,
        color="#AAAAAA",
        label="absent triples",
    )
    axes.plot(
        middle, chance, color="black", linewidth=1.5, label="chance alone"
    )
    shown = np.clip(values[is_real], -9.9, 9.9)
    axes.plot(
        shown,
        np.full(len(shown), 4.0),
        linestyle="",
        marker=plotting.MARKERS["pursuit"],
        color=plotting.COLORS["pursuit"],
        label="real triples",
    )
    axes.set(ylabel="triples", title=f"beside {name}")
panels[0].legend(fontsize=10, loc="upper left")
panels[1].set_xlabel("score $z_I$ (beyond 10: in the last bar)")
plotting.show(
    figure,
    name="fig-scores",
    caption="Scores of all triples in standard errors, beside the pairwise fit and beside pursuit's. The line is what chance alone would give "
    "for the absent triples.",
    alt=f"Two histograms. Beside the pairwise fit the scores of the absent triples spread far wider than the line of chance, with a standard "
    f"deviation of {z[~is_real].std():.1f}, and most of the {int(is_real.sum())} real triples lie in the outermost bars. Beside pursuit's fit the "
    f"absent ones follow the line, with a standard deviation of {z_after[~is_real].std():.2f}, and the real ones are near zero.",
)

# %% [markdown]
# Beside pursuit's fit the echoes are gone. What is left looks like chance, even a little narrower: the couplings were fitted to
# the same samples, and have taken up a part of each score.
#
# The refit with the right names *is* the oracle's fit. So the error is the oracle's, but for weak interactions that are missing and false ones that are not, which do little harm.
# No network was trained, and the fit took a fraction of a second.
#
# ### Errors that one can trust
#
# A fit also knows how much its couplings would scatter over fresh data. The pseudolikelihood is not a likelihood, so the textbook formula, the inverse of the Hessian, is wrong for it.
# The **sandwich** holds {cite}`godambe1960`: with the score vector $u_b$ of sample $b$ and the Hessian $A$ of the objective,
#
# $$
# \mathrm{Var}(\hat\theta) \approx \frac 1 M\, A^{-1}\, \langle u_b u_b^\top \rangle\, A^{-1} .
# $$ (eq-sandwich)
#
# Every fit of the package prints these errors. Are they right? Compare them with the truth.

# %% tags=["hide-input"]
upper = np.triu_indices(16, 1)
figure, panels = plt.subplots(
    2, 1, figsize=(4.8, 6.0), sharex=True, sharey=True
)
inside = {}
for axes, (name, fit) in zip(
    panels, {"pairwise": pairwise, "pursuit": pursuit}.items(), strict=True
):
    estimate, bar = fit.couplings[upper], fit.couplings_error[upper]
    true = truth.couplings[upper]
    inside[name] = int((np.abs(estimate - true) < 1.96 * bar).sum())
    axes.axhline(0, color="black", linewidth=1)
    axes.errorbar(
        true,
        estimate - true,
        yerr=1.96 * bar,
        linestyle="",
        marker=plotting.MARKERS[name],
        markersize=3.5,
        elinewidth=1,
        color=plotting.COLORS[name],
        label=name,
    )
    axes.set(ylabel="estimate - truth")
    axes.legend(loc="upper left")
panels[-1].set_xlabel("true coupling")
plotting.show(
    figure,
    name="fig-intervals",
    caption="Estimated minus true coupling for every pair, with 95 % intervals. Above the pairwise fit, below pursuit.",
    alt=f"Two panels of 120 points with error bars around a line at zero. In the upper one, the pairwise fit, the points scatter far wider than their bars: "
    f"{inside['pairwise']} of 120 bars reach the line. In the lower one, pursuit, {inside['pursuit']} of 120 do.",
)

# %% tags=["hide-input"]
display(
    Markdown(
        f"Of 120 intervals of 95 %, {inside['pursuit']} of the pursuit's hold the true coupling; 114 are expected, give or take 2 to 3. "
        f"Of the pairwise fit's only {inside['pairwise']} do. Its errors are right about chance. They know nothing of bias: they tell how far the fit is from what it "
        "would find in endless data, and that is not the truth here."
    )
)

# %% tags=["nbval-check-output"]
print(
    "pursuit's error is within 15 % of the oracle's:",
    scores["pursuit"] < 1.15 * scores["oracle"],
)
print("and below the hybrid's:", scores["pursuit"] < scores["hybrid"])
print("its intervals hold at least 105 of 120:", inside["pursuit"] >= 105)

# %% [markdown]
# The coefficients of the interactions have errors, too, and one trap more. An interaction is in the model because its estimate is large,
# and chance helps some estimates to be large. So those just above the threshold are too large on average. The intervals of `coefficients_interval` allow for this.
#
# All this was one instance. {doc}`pursuit` asks many: how close to the oracle, how many false interactions, how honest the errors, at what cost.
#
# Is the network useless then? No. Pursuit tests the sets that one lists. Interactions of high order are too many to list, and some things are no sum of a few sets at all:
# a hidden unit, or a smooth function of the magnetisation. There a network takes what no list has. {doc}`when_to_use_what` maps out which tool is best for which data.

# %% [markdown]
# ## Summary
#
# - Any energy has couplings: its Walsh coefficients. For a pairwise model they are its $J$.
# - Read them exactly where you can, by closed form, enumeration or quadrature. Where you must sample, sample flips on a balanced design.
# - A pairwise model fitted to data with higher-order interactions is biased, however many data there are.
# - Adding a network removes much of the bias, given enough data. At $\gamma = 0$ it has nothing to remove; the choice of the epoch by
#   held-out samples keeps it quiet.
# - Compare models that were all tuned with the same care. A poor choice of the weight decay makes the network alone look bad.
# - In a hybrid only the sum has couplings. The matrix inside it is arbitrary.
# - Where the interactions are of few spins, testing every set by its score finds them, and a convex refit is then nearly the oracle's.
# - The sandwich gives every coupling a standard error. It covers chance, not bias.
#
# The paper goes on to other orders, sample sizes and network sizes. The parameters at the top let you do the same.
#
# ## Exercises
#
# (ex-5-1)=
# **Exercise 5.1: wrong answers and their errors** (thinking). What is $\varepsilon$ for $\hat J = 0$? For $\hat J = c\,J^G$? And what would you see if you forgot the minus sign in
# {eq}`eq-coupling`? Work it out, then check.

# %% [markdown]
# ### Solution to exercise 5.1
#
# :::{admonition} The argument
# :class: dropdown
#
# For $\hat J = c J^G$ every difference is $(1-c) J^G_{ij}$, so $\varepsilon = |1 - c|$. That is 1 for $c = 0$ and 2 for $c = -1$, the
# forgotten sign. An error near two is a sign error until proved otherwise.
# :::

# %% tags=["hide-cell", "nbval-check-output"]
for c in (0.0, 0.5, -1.0):
    print(
        f"c = {c:+.1f}: error {ebm.reconstruction_error(c * truth.couplings, truth.couplings):.3f}"
    )

# %% [markdown]
# (ex-5-2)=
# **Exercise 5.2: a ghost coupling** (derivation with a check). Three spins have $E(s) = -\xi\, s_0 s_1 s_2 - h\, s_2$: one triple and one field, no couplings.
# Fit a pairwise model to the *exact* distribution by likelihood, for $\xi = 0.5$ and $h$ from 0 to 1.
# Which coupling appears, and what does $\tanh J_{01}$ equal? Start from $\langle s_0 s_1 \rangle$.

# %% [markdown]
# ### Solution to exercise 5.2
#
# :::{admonition} The argument
# :class: dropdown
#
# Given $s_2$ the pair has $\langle s_0 s_1 \rangle = \tanh(\xi s_2) = s_2 \tanh \xi$, and summing over the pair leaves $s_2$ with
# $\langle s_2 \rangle = \tanh h$. So $\langle s_0 s_1 \rangle = \tanh\xi \tanh h$.
# The pairs $(0,2)$ and $(1,2)$ are uncorrelated, so the likelihood fit puts all into one coupling with $\tanh J_{01} = \tanh\xi \tanh h$.
# A ghost: no such coupling exists in the energy.
# :::

# %% tags=["hide-cell", "nbval-check-output"]
no_couplings = ebm.Pairwise(np.zeros((3, 3)), fields=[0, 0, 1])
for h in (0.0, 0.5, 1.0):
    three = ebm.ManyBody(3, [(0, 1, 2)], [0.5]) + h * no_couplings
    ghost = ebm.fit_pairwise(
        exact.states(3), exact.probabilities(three), objective="likelihood"
    ).couplings[0, 1]
    print(
        f"h = {h:.1f}: tanh J = {np.tanh(ghost):.4f}, tanh(xi) tanh(h) = {np.tanh(0.5) * np.tanh(h):.4f}"
    )
    assert abs(np.tanh(ghost) - np.tanh(0.5) * np.tanh(h)) < 1e-5

# %% [markdown]
# **Exercise 5.3: the noise of the plain estimator** (derivation with a check). Show that the plain estimator with $K$ states has the variance $\frac1K \big(\langle E^2 \rangle - J_{ij}^2\big)$, where the average is uniform.
# So subtracting the mean energy first helps. By how much for the network above? Check both numbers against repeated estimates.

# %% [markdown]
# ### Solution to exercise 5.3
#
# :::{admonition} The argument
# :class: dropdown
#
# One state gives $x = -E s_i s_j$ with $\langle x \rangle = J_{ij}$ and $x^2 = E^2$, because $(s_i s_j)^2 = 1$. The variance of a mean of $K$
# independent states is $(\langle x^2 \rangle - \langle x \rangle^2)/K$. With the mean energy removed $\langle E^2 \rangle$ becomes the variance of $E$.
# For this network that hardly helps, because its mean energy is small.
# :::

# %% tags=["hide-cell"]
energies, n_states, repeats = exact.energies(network), 1000, 400
estimates = np.array(
    [plain(network, n_states, seed)[3, 7] for seed in range(repeats)]
)
predicted = (np.mean(energies**2) - by_hand[3, 7] ** 2) / n_states
measured = estimates.var(ddof=1)
print(
    f"variance: predicted {predicted:.2e}, measured {measured:.2e} +- {measured * np.sqrt(2 / repeats):.0e}"
)
print(
    f"centring the energy divides it by {np.mean(energies**2) / energies.var():.2f}"
)
assert abs(measured - predicted) < 5 * measured * np.sqrt(2 / repeats)

# %% [markdown]
# (ex-5-4)=
# **Exercise 5.4: a network made for triples** (thinking and coding). Train the network *alone* with the activation `"cube"` on `samples`, with `weight_decay=0.1`. Why should it do well here?
# What would you expect for interactions of order four? And why is `"tanh"` a lucky choice for order three?

# %% [markdown]
# ### Solution to exercise 5.4
#
# :::{admonition} The argument
# :class: dropdown
#
# $(w \cdot s + b)^3$ expands into products of up to three spins. A sum of such units is a model of exactly the right order, with few parameters
# wasted. For order four it cannot express the interactions at all, and would be biased like the pairwise model.
# The hyperbolic tangent is odd, so a network of such units without biases has interactions of odd orders only. For triples that fits. For
# quadruples the biases must do the work, and so they must for the couplings themselves, which are of order two. Whoever reports "network only" should say which network.
# :::

# %% tags=["hide-cell"]
cube = ebm.Network(16, hidden=(hidden,), activation="cube", seed=1)
ebm.fit(cube, samples, epochs=30, weight_decay=0.1, progress=False)
print(
    f"cube network alone: {eps(cube, truth):.3f}, {activation} network alone: {scores['network']:.3f}, hybrid: {scores['hybrid']:.3f}"
)
assert eps(cube, truth) < 0.6 * scores["pairwise"]

# %% [markdown]
# (ex-5-5)=
# **Exercise 5.5: refit with the names** (coding). Refit with the triples that the hybrid names: take its 16 strongest triples, and fit the pairwise model plus these triples to the optimum.
# How close do you come to the oracle?

# %% [markdown]
# ### Solution to exercise 5.5
#
# :::{admonition} The argument
# :class: dropdown
#
# The refit is convex and has no weight decay, so it does not shrink. Where the names are right it *is* the oracle.
# :::

# %% tags=["hide-cell"]
named = [tuple(triple) for triple in found.indices[:n_real].tolist()]
refit = ebm.Pairwise(np.zeros((16, 16))) + ebm.ManyBody(
    16, named, np.zeros(n_real)
)
ebm.fit_convex(refit, samples)
print(
    f"hybrid {scores['hybrid']:.3f}, refit {eps(refit, truth):.3f}, oracle {eps(models['oracle'], truth):.3f}"
)
assert eps(refit, truth) < scores["hybrid"]

# %% [markdown]
# (ex-5-6)=
# **Exercise 5.6: nothing to find** (coding). Draw 40 data sets of 2,000 samples from a *pairwise* truth of 10 spins. Run pursuit on each, with `false_discovery=0.5` and with 0.01.
# In how many does it find something that is not there? What did you ask for?

# %% [markdown]
# ### Solution to exercise 5.6
#
# :::{admonition} The argument
# :class: dropdown
#
# Where nothing is to be found, every finding is false, and the share of false ones is 1 or 0. Its mean is the chance to find anything: that is what
# `false_discovery` bounds. So at most about half of the data sets, and at most about one in a hundred.
# :::

# %% tags=["hide-cell"]
harmless = ebm.random_hamiltonian(10, order=3, gamma=0.0, beta=0.5, seed=3)
alarms = {}
for rate in (0.5, 0.01):
    fits = [
        ebm.fit_many_body(
            exact.sample(harmless, 2_000, seed=seed), false_discovery=rate
        )
        for seed in range(40)
    ]
    alarms[rate] = sum(bool(fit.interactions) for fit in fits)
    print(f"asked for {rate}: found something in {alarms[rate]} of 40")
assert alarms[0.5] <= 30  # 20 expected at most, 3 standard errors above
assert alarms[0.01] <= 3

# %% [markdown]
# ## References
#
# The experiment and the extraction of couplings by uniform sampling: {cite}`feinauer2022`. Pseudolikelihood: {cite}`besag1975`.
# Inverse problems of this kind are reviewed in {cite}`nguyen2017`. Walsh coefficients: {cite}`odonnell2014`. Fourier extensions, on which the
# quadrature rests: {cite}`huybrechs2010`. Score tests: {cite}`rao1948`; the sandwich: {cite}`godambe1960`; false discoveries: {cite}`benjamini1995`. R-hat: {cite}`vehtari2021`.
