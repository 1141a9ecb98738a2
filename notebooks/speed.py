# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # How fast, and how close to the limit
#
# This page answers four questions about the package of this book.
# How long does it take, compared with other tools for the same task?
# How much of what the processor can do does it use?
# How does its cost grow with the size of the problem?
# And where should you take another tool?
#
# Nothing is timed on this page. It draws what `make bench` has measured and written to the folder `results`.
# Run that command, then `make notebooks ONLY=speed`, and the page shows your machine.
#
# **Running time**: a few seconds.

# %%
import json
from pathlib import Path

import numpy as np
from IPython.display import Markdown, display
from matplotlib import pyplot as plt

from ebmtools import plotting

plotting.use_style()

# %% tags=["parameters"]
results = "../results"


# %%
def load(name):
    """What one script of the benchmark has written."""
    return json.loads((Path(results) / f"{name}.json").read_text())


names = ("sampling", "fits", "network", "training", "coefficients")
names += ("limits", "scaling", "memory", "startup", "losses")
names += ("sparse", "likelihood", "rbm")
files = {name: load(name) for name in names}
measured = {name: file["measured"] for name, file in files.items()}

# %% tags=["hide-input"]
machine, versions = files["sampling"]["machine"], files["sampling"]["versions"]
dates = sorted({file["date"] for file in files.values()})
commits = sorted({file["commit"] for file in files.values()})
minutes = sum(file["seconds"] for file in files.values()) / 60
listed = ", ".join(f"{name} {version}" for name, version in versions.items())
display(
    Markdown(
        f"Measured on {' and '.join(dates)} at commit {', '.join(commits)}, on one core of a processor that calls itself "
        f"{machine['cpu']} ({machine['vectors']}; {machine['cores']} cores and {machine['memory_gb']} GB in the machine), "
        f"with Python {machine['python']} on {machine['system']}. The whole benchmark took {minutes:.0f} minutes.\n\n"
        f"Versions: {listed}."
    )
)

# %% [markdown]
# ## How it was measured
#
# Timings wander, in particular on a machine that others use too. Three rules keep the comparisons fair.
#
# **Turns.** In each comparison the contenders take turns, A B C A B C and so on, in one process.
# What counts is the ratio within a round. Shown are the median of the ratios and their quartiles.
#
# **One core.** Every library is held to one thread, and the clock is the processor time of that thread.
# Other programs on the machine then disturb little. Only starting and importing, further down, is timed on the wall.
#
# **Right before fast.** A contender's first result is checked before the clock starts, and a wrong one stops the benchmark.
# Samplers must reproduce the correlations of ten spins, which enumeration gives exactly. A step of training must have the value and the gradient
# that a slow computation in double precision gives. The gap of each fit from the optimum of its own problem is measured.
#
# The peers are used as their documentation suggests. If you know a faster way, change the script in the folder `benchmarks`: there is one for each comparison.


# %%
def ratios(seconds, reference):
    """Quartiles of time / time of the reference, round by round."""
    base = np.array(seconds[reference])
    return {
        name: np.percentile(np.array(times) / base, [25, 50, 75])
        for name, times in seconds.items()
    }


def short(x):
    """Two digits, and no exponent."""
    rounded = float(f"{x:.2g}")
    return f"{rounded:,.0f}" if rounded >= 10 else f"{rounded:g}"


def power(x):
    """One digit and a power of ten, for small numbers."""
    digit, exponent = f"{x:.0e}".split("e")
    return f"${digit} \\times 10^{{{int(exponent)}}}$"


def plot_ratios(axes, found):
    """One line a contender: the median ratio, and a bar for the quartiles."""
    for row, (name, (low, middle, high)) in enumerate(found.items()):
        color = "#0072B2" if "ebmtools" in name else "#D55E00"
        bar = [[middle - low], [high - middle]]
        axes.errorbar(middle, row, xerr=bar, fmt="o", capsize=4, color=color)
    axes.axvline(1, color="black", linewidth=1)
    axes.set(xscale="log", ylim=(len(found) - 0.5, -0.5))
    axes.set_xlim(
        min(0.5, *(0.7 * r[0] for r in found.values())),
        max(20, *(1.4 * r[2] for r in found.values())),
    )
    axes.xaxis.set_major_formatter("{x:g}")
    axes.xaxis.set_minor_formatter("")
    axes.set_yticks(range(len(found)), list(found))
    axes.grid(axis="x", color="#dddddd")


def describe(found, reference):
    """The medians in words, for the alt texts."""
    others = {name: r for name, r in found.items() if name != reference}
    return "; ".join(f"{name} {short(r[1])}" for name, r in others.items())


# %% [markdown]
# ## Sampling
#
# The task: {term}`Gibbs sampling` or Metropolis dynamics of single spins at constant temperature, for given couplings.
# The unit is one proposal, that is, one spin that may or may not flip. Preparing the call and handing over the spins are included.
#
# The dense model has 64 spins that all act on each other. The lattice is a ferromagnet of $24 \times 24$ spins with four neighbours each.

# %% tags=["hide-input"]
dense, lattice = measured["sampling"]["dense"], measured["sampling"]["lattice"]
gibbs = "ebmtools, Gibbs"
dense_ratios = ratios(dense["seconds"], gibbs)
lattice_ratios = ratios(lattice["seconds"], gibbs)
figure, panels = plt.subplots(2, 1, figsize=(5.2, 5.0), height_ratios=[7, 5])
for axes, found, title in (
    (panels[0], dense_ratios, "dense, 64 spins"),
    (panels[1], lattice_ratios, "square lattice, 576 spins"),
):
    plot_ratios(axes, found)
    axes.set_title(title)
panels[1].set_xlabel("time / time of ebmtools, Gibbs")
plotting.show(
    figure,
    name="fig-speed-sampling",
    caption="Time for one proposal, as a multiple of that of Gibbs sampling in `ebmtools` (black line). Medians of the rounds, bars for the quartiles. Further right is slower.",
    alt=f"Multiples of the time of ebmtools Gibbs. Dense: {describe(dense_ratios, gibbs)}. Lattice: {describe(lattice_ratios, gibbs)}.",
)

# %% tags=["hide-input"]
nanoseconds = {name: 1e9 * np.median(t) for name, t in dense["seconds"].items()}
peers = {name: t for name, t in nanoseconds.items() if "ebmtools" not in name}
packages = {name: t for name, t in peers.items() if "PyTorch" not in name}
quickest = min(packages, key=packages.get)
worst = max(measured["sampling"]["enumeration"].values())
display(
    Markdown(
        f"On the dense model a Gibbs proposal takes {nanoseconds[gibbs]:.2g} ns and a Metropolis proposal "
        f"{nanoseconds['ebmtools, Metropolis']:.2g} ns. The quickest other package is {quickest} with {packages[quickest]:.2g} ns, "
        f"{short(dense_ratios[quickest][1])} times as long (quartiles {dense_ratios[quickest][0]:.2g} and {dense_ratios[quickest][2]:.2g}). "
        f"The loop over sites in PyTorch, with 2048 chains at a time, takes {peers['PyTorch loop, Gibbs']:.2g} ns.\n\n"
        f"Before that, each sampler drew 4000 independent states of 10 spins. Of all their correlations the worst was {worst:.1f} standard errors "
        f"from the exact one; with {45 * len(measured['sampling']['enumeration'])} correlations this is as it should be."
    )
)

# %% [markdown]
# Two things make the difference. Many chains run side by side, so that one instruction of the processor serves many of them.
# And the {term}`field` of a spin is computed anew for each proposal: while about every second proposal is accepted, this costs less than keeping all fields up to date.
#
# openjij runs here without a seed. With one, all draws of a call come out the same, and the check above stopped the benchmark.

# %% [markdown]
# ## Pairwise fits
#
# The task: maximum {term}`pseudolikelihood` for 20,000 samples. Three data sets: weak random couplings among 64 spins and among 256,
# and an $8 \times 8$ lattice with couplings $\pm 0.8$ at random, so that its bonds contradict each other ({term}`frustration`).
#
# Two problems go by this name. The symmetric one has one coupling for each pair. The other fits each site alone, which gives two
# values for each pair, and averages them. pseudolm and scikit-learn solve the second, PyTorch here the first, `ebmtools` either.

# %% tags=["hide-input"]
fits = measured["fits"]
whole = "ebmtools, symmetric"
fit_ratios = {
    name: ratios(race["seconds"], whole) for name, race in fits.items()
}
figure, panels = plt.subplots(3, 1, figsize=(5.2, 6.2), height_ratios=[5, 5, 4])
for axes, (name, found) in zip(panels, fit_ratios.items(), strict=True):
    plot_ratios(axes, found)
    axes.set_title(name)
panels[-1].set_xlabel("time / time of ebmtools, symmetric")
plotting.show(
    figure,
    name="fig-speed-fits",
    caption="Time of a pairwise fit as a multiple of that of `fit_pairwise` with its defaults (black line), for three data sets. Medians and quartiles. Further right is slower.",
    alt=" ".join(
        f"{name}, multiples of the time of ebmtools symmetric: {describe(found, whole)}."
        for name, found in fit_ratios.items()
    ),
)

# %% [markdown]
# A fit that stops early is quick. So here is how far from the optimum each one stopped, in nats a sample.
# Where a tolerance can be chosen it is the loosest that comes within $10^{-6}$.

# %% tags=["hide-input"]
columns = list(fits)
rows = list(fits[columns[0]]["check"])
lines = [
    f"| gap from the optimum | {' | '.join(columns)} |",
    "|---|" + "---|" * len(columns),
]
for name in rows:
    gaps = [fits[c]["check"].get(name) for c in columns]
    cells = [
        "not run" if gap is None else power(max(gap, 1e-13)) for gap in gaps
    ]
    lines.append(f"| {name} | {' | '.join(cells)} |")
display(Markdown("\n".join(lines)))

# %% tags=["hide-input"]
seconds = {
    name: {k: np.median(t) for k, t in race["seconds"].items()}
    for name, race in fits.items()
}
display(
    Markdown(
        f"The fit of 64 spins takes {seconds['N = 64'][whole]:.2g} s, that of 256 spins {seconds['N = 256'][whole]:.2g} s. pseudolm takes "
        f"{short(fit_ratios['N = 64']['pseudolm'][1])} and {short(fit_ratios['N = 256']['pseudolm'][1])} times as long, and stops further from the optimum."
    )
)

# %% [markdown]
# ### With an l1 penalty, and by likelihood
#
# With an l1 penalty each site is a logistic regression that scikit-learn can fit too.
# For the likelihood there is adabmDCA, which learns the same model by persistent chains and plain gradients; it is built for proteins and for graphics cards, and here both run on one core.
# Its result is judged like ours: fresh samples of the fitted model against the data, in standard errors, where one is as good as exact.

# %% tags=["remove-input"]
l1_race, histogram = (
    measured["sparse"]["N = 64"],
    measured["sparse"]["histogram"],
)
lines = [
    "| l1, 64 spins, 20,000 samples | seconds | nats above the optimum |",
    "|---|---|---|",
]
for name, times in l1_race["seconds"].items():
    gap = power(max(l1_race["check"][name], 1e-13))
    lines.append(f"| {name} | {np.median(times):.2g} | {gap} |")
found, by_sampling = measured["likelihood"], measured["likelihood"]["adabmDCA"]
ours = found["ebmtools"]
there = [k for k, m in enumerate(by_sampling["misfit"]) if m <= ours["misfit"]]
reached = (
    f"reaches it after {by_sampling['seconds_so_far'][there[0]]:.0f} s"
    if there
    else f"is at {by_sampling['misfit'][-1]:.1f} after {by_sampling['seconds_so_far'][-1]:.0f} s, {by_sampling['seconds_so_far'][-1] / ours['seconds_once']:.0f} times as long"
)
where = files["sparse"]["machine"]
display(
    Markdown(
        "\n".join(lines)
        + f"\n\nA histogram of {histogram['rows']:,} rows with {histogram['samples']:,} samples of 62 spins takes {histogram['seconds_once']:.1f} s and, beside what was in memory before, {histogram['peak_gb'] - histogram['before_gb']:.2f} GB.\n\n"
        f"By likelihood, 64 spins and 20,000 samples take {ours['seconds_once']:.1f} s, and the moments are then {ours['misfit']:.2f} standard errors off (root mean square; the pseudolikelihood fit: {found['pseudolikelihood']['misfit']:.2f}). adabmDCA {reached}.\n\n"
        f"These two were measured on another processor: {where['cpu']} ({where['vectors']})."
    )
)

# %% [markdown]
# ## Training a network
#
# The task: one step of training, the {term}`pseudolikelihood` of 256 samples of 64 spins under a network of 128 hidden units, and its gradient.
# Every sample asks for 64 flips. ebmkit evaluates the energy for each of them. The plain way in PyTorch puts all flips of all samples in one batch.

# %% tags=["hide-input"]
steps = {
    phi: ratios(race["seconds"], "ebmtools")
    for phi, race in measured["network"].items()
}
figure, panels = plt.subplots(2, 1, figsize=(5.2, 3.8))
for axes, (phi, found) in zip(panels, steps.items(), strict=True):
    plot_ratios(axes, found)
    axes.set_title(phi)
panels[-1].set_xlabel("time of a step / time of ebmtools")
plotting.show(
    figure,
    name="fig-speed-network",
    caption="Time of one step of pseudolikelihood training, forward and backward, as a multiple of that of `ebmtools` (black line), for two activations. Medians and quartiles.",
    alt=" ".join(
        f"{phi}: {describe(found, 'ebmtools')} times the time of ebmtools."
        for phi, found in steps.items()
    ),
)

# %% tags=["hide-input"]
step = {
    phi: 1e3 * np.median(race["seconds"]["ebmtools"])
    for phi, race in measured["network"].items()
}
training = measured["training"]["stages"]
stages = ("pairwise", "network", "refit")
lines = [
    "| samples | epochs | pairwise fit | network | refit |",
    "|---|---|---|---|---|",
]
for size, runs in training.items():
    times = [f"{np.median(runs[f'{stage} seconds']):.2g} s" for stage in stages]
    errors = [f"{np.mean(runs[f'{stage} error']):.3f}" for stage in stages]
    cells = [f"{t}, ε = {e}" for t, e in zip(times, errors, strict=True)]
    lines.append(f"| {int(size):,} | {runs['epochs']} | {' | '.join(cells)} |")
display(
    Markdown(
        f"A step takes {step['relu']:.2g} ms with relu and {step['tanh']:.2g} ms with tanh.\n\n"
        "A whole training has three stages, and no other package has them to compare with: a pairwise fit, the training of "
        "couplings and network together, and a refit of the couplings with the network held fixed. The table gives the time of each and the "
        "{term}`reconstruction error` $\\varepsilon$ after it, for 64 spins with third-order {term}`interactions <interaction>`, $\\gamma = 1$. "
        "Times are medians and errors are means over instances.\n\n"
        + "\n".join(lines)
    )
)

# %% [markdown]
# A step may also take a few random sites of each sample instead of all: `fit(sites=1)`. Its gradient is unbiased and needs only two evaluations of the energy,
# which is all that an energy without kernels can afford. Is it the better deal where there is a kernel? The held-out objective after a training of the same hybrid, against the time that it took:

# %% tags=["hide-input"]
few = measured["training"]["sites"]
figure, axes = plt.subplots(figsize=(5.2, 3.4))
for (sites, run), marker in zip(few.items(), "osD", strict=True):
    label = "all sites" if sites == "all" else f"{sites} random"
    axes.plot(run["seconds"], run["objective"], marker=marker, label=label)
axes.set(xscale="log", xlabel="seconds", ylabel="held-out, nats a sample")
axes.xaxis.set_major_formatter("{x:g}")
axes.xaxis.set_minor_formatter("")
axes.grid(color="#dddddd")
axes.legend()
plotting.show(
    figure,
    name="fig-speed-sites",
    caption="Held-out objective of a hybrid (64 spins, 128 units, 10,000 samples) after trainings of different length, against their processor time. Lower left is better.",
    alt="Held-out objective in nats. "
    + " ".join(
        f"{'All sites' if sites == 'all' else sites + ' random'}: "
        + ", ".join(
            f"{value:.2f} in {second:.2g} seconds"
            for value, second in zip(
                run["objective"], run["seconds"], strict=True
            )
        )
        + "."
        for sites, run in few.items()
    ),
)

# %% [markdown]
# ## Restricted Boltzmann machines
#
# The task: a step of persistent contrastive divergence, with 64 visible and 128 hidden units and as many chains as the batch has samples.
# And a race on handwritten digits: every package trains for several lengths with two step sizes, and the likelihood of images that were left out is measured by annealing, the same way for all.

# %% tags=["hide-input"]
rbm = measured["rbm"]
found = ratios(rbm["step"]["seconds"], "ebmtools")
figure, (top, bottom) = plt.subplots(
    2, 1, figsize=(5.2, 5.2), height_ratios=[1, 1.7]
)
plot_ratios(top, found)
top.set_xlabel("time of a step / time of ebmtools")
looks = {
    "ebmtools": ("#0072B2", "o"),
    "scikit-learn": ("#D55E00", "s"),
    "rbms": ("#009E73", "^"),
}
for name, runs in rbm["race"].items():
    bottom.scatter(
        [run["seconds"] for run in runs],
        [-run["likelihood"] for run in runs],
        color=looks[name][0],
        marker=looks[name][1],
        label=name,
    )
bottom.set(
    xscale="log",
    xlabel="processor seconds of the training",
    ylabel="nats an image, left out",
)
bottom.legend(fontsize=10)
best = {
    name: min(runs, key=lambda run: -run["likelihood"])
    for name, runs in rbm["race"].items()
}
plotting.show(
    figure,
    name="fig-speed-rbm",
    caption="Top: time of one step as a multiple of that of `ebmtools` (black line), medians and quartiles. Bottom: negative log likelihood of digits that were left out, against the time of the training; lower left is better.",
    alt=f"Top: {describe(found, 'ebmtools')} times the time of ebmtools. Bottom: three clouds of points that fall from upper left to lower right; the best of each: "
    + ", ".join(
        f"{name} {-run['likelihood']:.2f} nats after {run['seconds']:.2g} s"
        for name, run in best.items()
    )
    + ".",
)

# %% tags=["remove-input"]
sizes = rbm["step"]["steps"]
said = ", ".join(
    f"{1e3 * np.median(times) / sizes:.2g} ms ({name})"
    for name, times in rbm["step"]["seconds"].items()
)
reached = {}
for name, run in best.items():
    if name != "ebmtools":
        soon = [
            one["seconds"]
            for one in rbm["race"]["ebmtools"]
            if one["likelihood"] >= run["likelihood"] - 2 * run["error"]
        ]
        reached[name] = run["seconds"] / min(soon)
where = files["rbm"]["machine"]
display(
    Markdown(
        f"A step takes {said}. The best likelihood that the others reach comes "
        + " and ".join(f"{short(r)} times ({n})" for n, r in reached.items())
        + f" as soon with `ebmtools`. Measured on {where['cpu']} ({where['vectors']})."
    )
)

# %% [markdown]
# ## Reading off couplings
#
# The task: the couplings of a trained hybrid of 64 spins, as in {doc}`05_coupling_reconstruction`.
# The plain estimator averages $-E(s) s_i s_j$ over uniformly drawn states.
# `couplings` with `method="sampled"` averages the changes of energy under single flips, over states that are spread evenly on purpose.
# The quadrature does not sample at all. The truth is computed by a fourth way in double precision.

# %% tags=["hide-input"]
readings = measured["coefficients"]
labels = {
    "plain": "plain sampling",
    "sampled": "single flips, spread evenly",
    "quadrature": "quadrature",
}
styles = {"plain": "s", "sampled": "o", "quadrature": "D"}
figure, panels = plt.subplots(1, 2, figsize=(5.4, 3.4), sharey=True)
for axes, (phi, race) in zip(panels, readings.items(), strict=True):
    for name, label in labels.items():
        relative = np.array(race["error"][name]) / race["scale"]
        axes.plot(race["seconds"][name], relative, styles[name], label=label)
    every = np.concatenate(list(race["seconds"].values()))
    axes.set(xscale="log", yscale="log", xlabel="seconds", title=phi)
    axes.set_xlim(0.5 * every.min(), 2 * max(1, every.max()))
    axes.xaxis.set_major_formatter("{x:g}")
    axes.xaxis.set_minor_formatter("")
    axes.grid(color="#dddddd")
panels[0].set_ylabel("error / typical coupling")
figure.legend(
    *panels[0].get_legend_handles_labels(), loc="outside lower center"
)
plotting.show(
    figure,
    name="fig-speed-couplings",
    caption="Error of the couplings, root mean square over all pairs and divided by that of the couplings themselves, against the time that they took. One point a run. Lower left is better.",
    alt=" ".join(
        f"{phi}: "
        + "; ".join(
            f"{label} {np.median(race['error'][name]) / race['scale']:.1e} in {np.median(race['seconds'][name]):.2g} seconds"
            for name, label in labels.items()
        )
        + "."
        for phi, race in readings.items()
    ),
)


# %%
def efficiency(race, name):
    """1 / (mean square error x time), as a multiple of plain sampling."""
    cost = {
        method: np.square(race["error"][method]) * race["seconds"][method]
        for method in ("plain", name)
    }
    return np.percentile(cost["plain"] / cost[name], [25, 50, 75])


# %% tags=["hide-input"]
gain = {phi: efficiency(race, "sampled") for phi, race in readings.items()}
sentences = []
for phi, race in readings.items():
    need = (
        np.median(race["seconds"]["plain"])
        * (
            np.median(race["error"]["plain"])
            / np.median(race["error"]["quadrature"])
        )
        ** 2
    )
    years = need / (365.25 * 24 * 3600)
    sentences.append(
        f"With {phi} the evenly spread flips are {short(gain[phi][1])} times as efficient as plain sampling (quartiles {short(gain[phi][0])} and "
        f"{short(gain[phi][2])}): they need that much less time for the same error. The quadrature is "
        f"{power(np.median(race['error']['quadrature']) / race['scale'])} off, relative to a typical coupling, after {np.median(race['seconds']['quadrature']):.2g} s; "
        f"plain sampling would need {power(years)} years for that."
    )
display(
    Markdown(
        "Errors of sampling fall with the square root of the time. "
        + " ".join(sentences)
    )
)

# %% [markdown]
# ## How close to the limit
#
# A ratio to another tool says nothing about what is possible. Two yardsticks do, measured in turns with the package's own tasks.
# The product of two large matrices in single precision shows how much arithmetic a core can do. It is the product of oneDNN, which comes with PyTorch.
# The package uses it too, as PyTorch's own product takes only half the width of the vectors on processors by AMD.
# The sum of two vectors that are far too long for the caches shows how fast it can read and write memory.
# Both are yardsticks, not laws: a loop that keeps its numbers in registers may pass a product of matrices.
#
# For each task we count the arithmetic that its formula needs, a multiplication with an addition as two operations.
# A Gibbs proposal needs the local field, $N$ multiply-adds. A step of a network needs six multiply-adds for each sample, flip and unit, and four more where
# the activation is tanh, by its addition theorem. A pairwise fit needs several evaluations of its objective and gradient; one of them is counted.
# Random numbers, exponentials, copies and the interpreter come on top, uncounted.

# %% tags=["hide-input"]
limits = measured["limits"]
rates = {
    name: limits["operations"][name] / np.array(times) / 1e9
    for name, times in limits["seconds"].items()
    if name != "memory triad"
}
ceiling = np.median(rates["matrix product"])
bandwidth = (
    limits["bytes"]["memory triad"]
    / np.median(limits["seconds"]["memory triad"])
    / 1e9
)
share = {
    name: np.percentile(r / rates["matrix product"], [25, 50, 75])
    for name, r in rates.items()
}
figure, axes = plt.subplots(figsize=(5.2, 3.0))
for row, rate in enumerate(rates.values()):
    low, middle, high = np.percentile(rate, [25, 50, 75])
    axes.errorbar(
        middle, row, xerr=[[middle - low], [high - middle]], fmt="o", capsize=4
    )
axes.axvline(ceiling, color="black", linewidth=1)
axes.set(xlabel="necessary arithmetic, Gflop/s", xlim=(0, None))
axes.set_ylim(len(rates) - 0.5, -0.5)
axes.set_yticks(range(len(rates)), list(rates))
axes.grid(axis="x", color="#dddddd")
plotting.show(
    figure,
    name="fig-speed-limits",
    caption="Necessary arithmetic over time, for the tasks of the package, and for a product of matrices (black line). Medians and quartiles. For the pairwise fit one evaluation is counted.",
    alt="Rates in Gflop/s: "
    + "; ".join(
        f"{name} {short(np.median(rate))}" for name, rate in rates.items()
    )
    + ".",
)

# %% tags=["hide-input"]
evaluations = 1 / share["pairwise fit"][1]
display(
    Markdown(
        f"The core does {ceiling:.0f} Gflop/s in the product of matrices and moves {bandwidth:.0f} GB/s. Gibbs sampling reaches "
        f"{share['Gibbs sampling'][1]:.0%} of the first, the step of a relu network {share['step of a relu network'][1]:.0%}, and that of a tanh network "
        f"{share['step of a tanh network'][1]:.0%}. A whole pairwise fit takes as long as the matrix products of {evaluations:.2g} evaluations of its "
        f"objective and gradient. Its data are {limits['bytes']['pairwise fit'] / 1e6:.2g} MB, read in {limits['bytes']['pairwise fit'] / bandwidth / 1e6:.1g} ms: "
        "memory does not limit it."
    )
)

# %% [markdown]
# ## How the cost grows
#
# Each curve is drawn on logarithmic axes, where a power law is a straight line. The slope, in the legend, is its exponent;
# it is fitted to the upper half of the sizes, where fixed costs no longer count.

# %% tags=["hide-input"]
scaling = measured["scaling"]


def points(name):
    """Sizes, and the least time at each."""
    seconds = scaling[name]["seconds"]
    return np.array([int(size) for size in seconds]), np.array(
        [min(t) for t in seconds.values()]
    )


def slope(name):
    size, cost = points(name)
    upper = size >= np.median(size)
    return plotting.fit_slope(size[upper], cost[upper])


def plot_growth(axes, curves, factor):
    """Curves by their label; returns the alt text."""
    words = []
    for (label, name), marker in zip(curves.items(), "os^D", strict=False):
        size, cost = points(name)
        axes.loglog(
            size,
            factor * cost,
            marker=marker,
            label=f"{label}: slope {slope(name):.2f}",
        )
        words.append(
            f"{label} from {short(factor * cost[0])} at {size[0]:,} to {short(factor * cost[-1])} at {size[-1]:,}, slope {slope(name):.2f}"
        )
    axes.grid(color="#dddddd")
    axes.legend(fontsize=10)
    return "; ".join(words)


# %% tags=["hide-input"]
figure, panels = plt.subplots(2, 1, figsize=(5.2, 5.6))
spins_alt = plot_growth(
    panels[0], {"dense": "sampling, dense", "lattice": "sampling, lattice"}, 1e9
)
chains_alt = plot_growth(
    panels[1], {"dense, 64 spins": "sampling, chains"}, 1e9
)
panels[0].set(xlabel="spins", ylabel="ns a proposal")
panels[1].set(xlabel="chains side by side", ylabel="ns a proposal")
plotting.show(
    figure,
    name="fig-growth-sampling",
    caption="Gibbs sampling: time of a proposal against the number of spins, 256 chains (above), and against the number of chains (below).",
    alt=f"Nanoseconds a proposal against spins: {spins_alt}. Against chains: {chains_alt}.",
)

# %% tags=["hide-input"]
orders = dict(zip(*points("sampling, many-body"), strict=True))
chain_counts, chain_cost = points("sampling, chains")
display(
    Markdown(
        f"With a single chain a proposal takes {short(chain_cost[0] / chain_cost.min())} times as long as with {chain_counts[chain_cost.argmin()]}: "
        "a few chains run one by one, and each proposal has to wait for the one before it. With 64 interactions of one order among 64 spins a proposal takes "
        + ", ".join(
            f"{1e9 * cost:.2g} ns at order {order}"
            for order, cost in orders.items()
        )
        + "."
    )
)

# %% tags=["hide-input"]
figure, panels = plt.subplots(2, 1, figsize=(5.2, 5.6))
fit_spins_alt = plot_growth(
    panels[0], {"10,000 samples": "pairwise fit, spins"}, 1
)
fit_samples_alt = plot_growth(
    panels[1], {"64 spins": "pairwise fit, samples"}, 1
)
panels[0].set(xlabel="spins", ylabel="seconds")
panels[1].set(xlabel="samples", ylabel="seconds")
plotting.show(
    figure,
    name="fig-growth-fits",
    caption="Pairwise fit: time against the number of spins (above) and the number of samples (below).",
    alt=f"Seconds of a fit against spins: {fit_spins_alt}. Against samples: {fit_samples_alt}.",
)

# %% tags=["hide-input"]
figure, panels = plt.subplots(2, 1, figsize=(5.2, 5.6))
step_spins_alt = plot_growth(
    panels[0], {"step, 128 units": "network step, spins"}, 1e3
)
units = {
    "step, 64 spins": "network step, units",
    "couplings, 64 spins": "couplings, units",
}
step_units_alt = plot_growth(panels[1], units, 1e3)
panels[0].set(xlabel="spins", ylabel="ms")
panels[1].set(xlabel="hidden units", ylabel="ms")
plotting.show(
    figure,
    name="fig-growth-network",
    caption="Networks: time of a training step with 256 samples against the number of spins (above), and of a step and of the quadrature of the couplings against the hidden units (below).",
    alt=f"Milliseconds against spins: {step_spins_alt}. Against hidden units: {step_units_alt}.",
)

# %% [markdown]
# ## Memory
#
# Each fit below ran in a process of its own, so that its peak can be told. Imports alone take most of what is there before.

# %% tags=["hide-input"]
memory = measured["memory"]
lines = [
    "| samples of 64 spins | data | before the fit | peak | time |",
    "|---|---|---|---|---|",
]
for size, row in memory["pairwise"].items():
    lines.append(
        f"| {int(size):,} | {1e3 * row['data_gb']:.2g} MB | {row['before_gb']:.2g} GB | {row['peak_gb']:.2g} GB | {row['seconds']:.2g} s |"
    )
display(Markdown("\n".join(lines)))

# %% [markdown]
# ## Before it runs
#
# A fresh process first imports. PyTorch takes most of that time, and who does not need it starts sooner.

# %% tags=["hide-input"]
imports = {
    name: np.median(t) for name, t in measured["startup"]["imports"].items()
}
imports = dict(sorted(imports.items(), key=lambda item: item[1]))
figure, axes = plt.subplots(figsize=(5.2, 3.2))
colors = ["#0072B2" if name == "ebmtools" else "#999999" for name in imports]
axes.barh(list(imports), list(imports.values()), color=colors)
axes.set(xlabel="seconds to start and import", ylim=(len(imports) - 0.5, -0.5))
plotting.show(
    figure,
    name="fig-speed-imports",
    caption="Time of a process that starts, imports one package, and ends (median of three).",
    alt="Seconds to start and import: "
    + "; ".join(f"{name} {t:.2g}" for name, t in imports.items())
    + ".",
)

# %% [markdown]
# Then the kernels are compiled, once for all: numba keeps on disk what it has compiled.
# The table says how much longer the first call in a process takes than the second, the first time ever and every time after.

# %% tags=["hide-input"]
lines = ["| kernel | first time | later |", "|---|---|---|"]
for name, (first, later) in measured["startup"]["compile"].items():
    lines.append(f"| {name} | {first:.1f} s | {later:.2f} s |")
display(Markdown("\n".join(lines)))

# %% [markdown]
# ## Where another tool is the better choice
#
# We looked for tasks at which `ebmtools` is slow, and measured them too.
#
# - **Narrow graphs.** On a lattice of width 8, tree decomposition draws exact and independent samples. A Markov chain at low temperature does not leave its valley. The task below is 10,000 draws of an $8 \times 8$ lattice with couplings $\pm 1.5$.
# - **One short chain.** 2000 sweeps of 8 spins, one chain: nothing runs side by side, and each proposal waits for the one before it.
# - **Tiny fits.** 5 spins and 200 samples.
# - **A short script.** It may take longer to import `ebmtools` than to run.

# %% tags=["hide-input"]
losses = measured["losses"]
tasks = {
    "spin glass": "narrow graph",
    "single chain": "one short chain",
    "small fit": "tiny fit",
}
lines = ["| task | peer | cost / ours | better |", "|---|---|---|---|"]
for key, task in tasks.items():
    cost = {name: np.array(t) for name, t in losses[key]["seconds"].items()}
    for name, squares in losses[key].get("square", {}).items():
        cost[name] = cost[name] * squares
    reference = next(iter(cost))
    for name, (low, middle, high) in ratios(cost, reference).items():
        if name != reference:
            verdict = (
                "peer" if high < 1 else "ebmtools" if low > 1 else "neither"
            )
            lines.append(
                f"| {task} | {name} | {short(middle)} ({short(low)} to {short(high)}) | {verdict} |"
            )
for name in ("dwave-samplers", "openjij", "pseudolm", "scikit-learn"):
    ratio = imports[name] / imports["ebmtools"]
    lines.append(
        f"| import | {name} | {ratio:.2g} | {'peer' if ratio < 1 else 'ebmtools'} |"
    )
square = {
    name: np.median(values)
    for name, values in losses["spin glass"]["square"].items()
}
chain, tree = square.values()
display(
    Markdown(
        "\n".join(lines)
        + f"\n\nThe cost is the time, and on the narrow graph the time multiplied by the mean square error. There the mean square error of the correlations is {power(tree)} for tree decomposition and {power(chain)} for our chains, "
        f"{short(chain / tree)} times as much: take the exact sampler there."
    )
)

# %% tags=["hide-input"]
slower = []
for race, reference in (
    *((measured["sampling"][key], gibbs) for key in ("dense", "lattice")),
    *((race, whole) for race in fits.values()),
    *((race, "ebmtools") for race in measured["network"].values()),
):
    found = ratios(race["seconds"], reference)
    slower += [
        name for name, r in found.items() if r[1] < 1 and "ebmtools" not in name
    ]
text = "In the comparisons further up no peer was faster in the median."
if slower:
    text = f"In the comparisons further up these were faster than `ebmtools` at least once: {', '.join(sorted(set(slower)))}."
display(Markdown(text))

# %% [markdown]
# ## On your machine
#
# ```bash
# make bench                     # everything
# make bench ONLY=sampling       # one comparison
# make notebooks ONLY=speed      # this page from the new numbers
# make micro                     # the kernels alone
# ```
#
# `make bench` installs the peers into an environment of their own, `.venv-bench`, at the versions pinned in `benchmarks/requirements.txt`.
# Keep the machine quiet while it runs.
