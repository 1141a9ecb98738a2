# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # When a good fit generates nonsense
#
# You have recorded neurons. Each is silent most of the time, so nine spins in ten are down.
# You fit a pairwise model by {term}`pseudolikelihood`, the fit converges, and its couplings look sensible. Then you draw samples from it, and they look like nothing that you have recorded.
# This appendix makes such data, shows what happens and why, and what to fit instead.
#
# **What you will learn**
#
# - why a model that predicts each spin well can be a bad model of all of them together;
# - how to see it at once, with `ebm.predictive_check`;
# - that the likelihood cures the pairs, and a hybrid by likelihood the rest.
#
# **Prerequisites**: pseudolikelihood and likelihood, from {doc}`03_pairwise_models`.
#
# **Running time**: about a minute on one core.

# %%
import matplotlib.pyplot as plt
import numpy as np
import torch
from IPython.display import Markdown, display

import ebmtools as ebm
from ebmtools import plotting

plotting.use_style()
COLORS = plotting.COLORS

# %% tags=["parameters"]
seed = 1
n_spins = 40
n_samples = 20_000
drive = 0.08  # share of the samples in which all spins are driven together
push = 0.9  # what the drive adds to every field
quiet = -1.25  # mean field of a spin
draws = 20_000  # of each fitted model
units = 24  # of the hybrid's network, at most
epochs = 24  # at each of two learning rates

# %% [markdown]
# ## Recordings with a common drive
#
# The data come from a pairwise model with strong negative fields, so that spins are mostly down, and weak couplings that are positive on average.
# In a few samples something else happens: a common input pushes all spins up at once, as when an animal moves.
# No pair of spins is the cause of that, so no pairwise model is exactly right for these data.

# %%
rng = np.random.default_rng(seed)
couplings = np.triu(rng.normal(0.01, 0.05, (n_spins, n_spins)), 1)
couplings = couplings + couplings.T
fields = rng.normal(quiet, 0.2, n_spins)


def recorded(n, extra, seed):
    """Samples of the pairwise model, with `extra` added to every field."""
    energy = ebm.Pairwise(couplings, fields + extra)
    return ebm.sample(energy, n, warmup=300, seed=seed).spins


n_driven = round(drive * n_samples)
spins = np.concatenate(
    [
        recorded(n_samples - n_driven, 0.0, seed),
        recorded(n_driven, push, seed + 1),
    ]
)
count = (spins == 1).sum(axis=1)

# %% tags=["remove-input"]
display(
    Markdown(
        f"A spin is up in {np.mean(spins == 1):.0%} of the samples. On average {count.mean():.1f} of {n_spins} spins are up; "
        f"in one sample of a hundred there are {np.quantile(count, 0.99):.0f} or more."
    )
)

# %% [markdown]
# ## Two fits of the same model
#
# The model is the same both times; only the question differs.
# Pseudolikelihood asks how well each spin is predicted by all others *in the data*. The likelihood asks how probable the samples are as a whole.
# Beyond 20 spins the likelihood needs the model's own moments, and `fit_pairwise` takes them from Markov chains that go on while the model changes.

# %%
by_pseudolikelihood = ebm.fit_pairwise(spins)
by_likelihood = ebm.fit_pairwise(spins, objective="likelihood", seed=seed)
by_pseudolikelihood.converged, by_likelihood.converged

# %% [markdown]
# :::{admonition} Predict, then run: which one looks like the data?
# :class: predict
# Both fits have converged. Draw samples from each. Which of the two has the right number of spins up, on average and in its tail?
# :::

# %%
fits = {
    "pseudolikelihood": by_pseudolikelihood,
    "likelihood": by_likelihood,
}
checks = {
    name: ebm.predictive_check(fit.energy, spins, seed=seed)
    for name, fit in fits.items()
}
checks["pseudolikelihood"]

# %%
checks["likelihood"]

# %% tags=["hide-input"]
samples = {
    name: ebm.sample(
        fit.energy, draws, n_chains=2000, warmup=2000, thin=20, seed=seed
    )
    for name, fit in fits.items()
}
ups = np.arange(n_spins + 1)


def distribution(states):
    """P(K) of the number K of spins that are up, and its standard error for independent samples."""
    k = (np.asarray(states) == 1).sum(-1)
    p = np.bincount(k, minlength=n_spins + 1) / len(k)
    return p, np.sqrt(p * (1 - p) / len(k))


fig, axes = plt.subplots(figsize=(5.2, 3.6))
p_data, e_data = distribution(spins)
axes.errorbar(
    ups, p_data, e_data, fmt="o", color=COLORS["data"], label="data", zorder=3
)
found = {}
for (name, drawn), color, style in zip(
    samples.items(), ("model", "pairwise"), ("--", "-"), strict=True
):
    k = (drawn.chains == 1).sum(axis=-1)
    found[name], error = drawn.mean_and_error(k[..., None] == ups)
    axes.plot(ups, found[name], style, color=COLORS[color], label=name)
    low, high = found[name] - error, found[name] + error
    axes.fill_between(ups, low, high, color=COLORS[color], alpha=0.3)
axes.set(
    yscale="log",
    ylim=(3e-5, 1),
    xlim=(-0.5, n_spins + 0.5),
    xlabel="spins that are up, $K$",
    ylabel="probability $P(K)$",
)
axes.legend()
means = {name: float(p @ ups) for name, p in found.items()}
spreads = {
    name: float(np.sqrt(p @ (ups - means[name]) ** 2))
    for name, p in found.items()
}
off = {name: 0.5 * np.abs(p - p_data).sum() for name, p in found.items()}
plotting.show(
    fig,
    name="fig-sparse-counts",
    caption="The number of spins that are up: in the data (points, with standard errors), and in samples of the two fits (lines, with a band of one standard error). The scale is logarithmic.",
    alt=f"Distributions of the number of spins up, on a logarithmic scale. Data: mean {count.mean():.1f}, standard deviation {count.std():.1f}. "
    + " ".join(
        f"{name.capitalize()}: mean {means[name]:.1f}, standard deviation {spreads[name]:.1f}, total variation from the data {off[name]:.2f}."
        for name in found
    ),
)

# %% tags=["remove-input"]
display(
    Markdown(
        f"In the data {count.mean():.2f} spins are up, with a standard deviation of {count.std():.2f}. The pseudolikelihood fit has {means['pseudolikelihood']:.2f} and {spreads['pseudolikelihood']:.2f}, "
        f"the likelihood fit {means['likelihood']:.2f} and {spreads['likelihood']:.2f}. In total variation the distributions of the count are {off['pseudolikelihood']:.2f} and {off['likelihood']:.2f} away from that of the data, "
        "where 0 would be the same and 1 no overlap at all."
    )
)

# %% [markdown]
# ## Why pseudolikelihood does this
#
# Pseudolikelihood looks at each spin *given the others as they were recorded*. In these data the others are nearly always down, so states with many spins up hardly enter the sum, and what the model says about them is left free.
# But a model must say something about every state, and its own chains go wherever its energy lets them. Once a few spins are up, couplings that were fitted to explain the drive push up the next one, and the chain arrives where no sample has ever been.
# On data that a pairwise model did make, the same fit is right, because then the conditional probabilities of all spins belong to one joint distribution, the true one. The trouble needs both: a model that is not exactly right, and data that leave most states unseen.
#
# The likelihood is tied to the joint distribution. At its optimum the model's magnetisations and correlations are those of the data, whether the model is right or not, so a second valley full of spins that are up would be seen at once in the moments.

# %% tags=["hide-cell", "checks", "nbval-check-output"]
print(
    "both fits converged:",
    by_pseudolikelihood.converged,
    by_likelihood.converged,
)
worst = {
    name: max(
        row.largest
        for row in check.table
        if row.statistic in ("magnetisations", "correlations")
    )
    for name, check in checks.items()
}
print(
    "likelihood: first and second moments within 5 standard errors:",
    worst["likelihood"] < 5,
)
print("pseudolikelihood: off by more than 5:", worst["pseudolikelihood"] > 5)

# %% [markdown]
# ## What is left
#
# The likelihood makes one and two spins right. The distribution of the count is still not that of the data, because the drive moves many spins at once and pairs can only imitate that.

# %% tags=["remove-input"]
beyond = float(found["likelihood"][count.max() + 1 :].sum())
display(
    Markdown(
        f"The model has no hump near {count[n_samples - n_driven :].mean():.0f} spins, where the driven samples lie. Instead it puts a share of {beyond:.1%} of its samples beyond {count.max()} spins, where the data have none."
    )
)

# %% [markdown]
# What the check lists under third moments and counts is therefore an honest misfit of the *model*, and the remedy is another model: a {term}`hybrid <hybrid model>`, with the pairwise part for the pairs and a network for the rest.
# What is missing is known here, a function of the number of spins that are up. So the network starts from units that see just that number: every weight is the same, and the biases put the steps of the units at different counts, densely where most samples are. Its output weights start at zero.
# The pairwise part starts from independent spins rather than from a fit, because there is no second valley in which chains could be lost. The hybrid is trained by its likelihood, first with long steps and then with short ones. The gradient comes from chains and is noisy, so we keep the last epoch, when the steps have become small and their noise with them.

# %%
network = ebm.Network(n_spins, hidden=(units,), seed=seed)
counts = np.geomspace(1, n_spins, units).round() - 0.5
with torch.no_grad():
    network.output.zero_()
    network.layers[0].weight.fill_(0.5)
    steps = torch.tensor(2 * counts - n_spins)  # of the sum of all spins
    network.layers[0].bias.copy_(-0.5 * steps)
alone = np.arctanh(spins.mean(axis=0))
hybrid = ebm.Pairwise(np.zeros((n_spins, n_spins)), alone) + network
for learning_rate in (0.02, 0.005):
    ebm.fit(
        hybrid,
        spins,
        objective="likelihood",
        epochs=epochs,
        batch_size=2000,
        sweeps=5,
        validation=0,  # keep the last epoch
        learning_rate=learning_rate,
        weight_decay=0.0,
        seed=seed,
        progress=False,
    )
ebm.predictive_check(hybrid, spins, seed=seed)

# %% tags=["hide-input"]
drawn = ebm.sample(hybrid, draws, n_chains=2000, warmup=500, thin=20, seed=seed)
k = (drawn.chains == 1).sum(axis=-1)
by_hybrid, error = drawn.mean_and_error(k[..., None] == ups)
fig, axes = plt.subplots(figsize=(5.2, 3.6))
axes.errorbar(
    ups, p_data, e_data, fmt="o", color=COLORS["data"], label="data", zorder=3
)
for name, p, color, style in (
    ("pairwise, by likelihood", found["likelihood"], "pairwise", "--"),
    ("hybrid, by likelihood", by_hybrid, "hybrid", "-"),
):
    axes.plot(ups, p, style, color=COLORS[color], label=name)
axes.fill_between(
    ups,
    by_hybrid - error,
    by_hybrid + error,
    color=COLORS["hybrid"],
    alpha=0.3,
)
axes.set(
    yscale="log",
    ylim=(3e-5, 1),
    xlim=(-0.5, n_spins + 0.5),
    xlabel="spins that are up, $K$",
    ylabel="probability $P(K)$",
)
axes.legend()
off["hybrid"] = 0.5 * np.abs(by_hybrid - p_data).sum()
again = np.random.default_rng(seed).multinomial(n_samples, p_data, 200)
noise = 0.5 * np.abs(again / n_samples - p_data).sum(axis=1).mean()
plotting.show(
    fig,
    name="fig-sparse-hybrid",
    caption="The number of spins that are up: data (points, with standard errors), the pairwise fit, and the hybrid (with a band of one standard error), both by likelihood.",
    alt=f"Distributions of the number of spins up, on a logarithmic scale. The hybrid follows the data over the whole range, also over the hump of the driven samples; its total variation from the data is {off['hybrid']:.3f}, that of the pairwise fit {off['likelihood']:.3f}.",
)

# %% tags=["remove-input"]
display(
    Markdown(
        f"In total variation the hybrid's distribution of the count is {off['hybrid']:.3f} away from that of the data, where the pairwise fit is {off['likelihood']:.3f} away. Two data sets of this size from the same source would be about {noise * 2**0.5:.3f} apart by chance alone."
    )
)

# %% tags=["hide-cell", "checks", "nbval-check-output"]
print(
    "hybrid: count at least three times nearer:",
    3 * off["hybrid"] < off["likelihood"],
)

# %% [markdown]
# ## Summary
#
# - A fit that has converged may generate data that look like nothing you have seen. Pseudolikelihood on sparse data is the usual case.
# - `predictive_check` shows it: it draws from the model, from random states and from the data, and compares.
# - For models that should generate, fit the likelihood: `fit_pairwise(spins, objective="likelihood")`.
# - What no pairwise model can have, here the distribution of the count, a hybrid can, if it too is trained by its likelihood.
# - For reading couplings, pseudolikelihood remains the first choice, if the check is passed.
#
# ## References
#
# Pairwise models of neurons: {cite}`schneidman2006`. Pseudolikelihood: {cite}`besag1975`. The likelihood by sampling: {cite}`ackley1985`.
