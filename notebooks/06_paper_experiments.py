# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # The paper's experiments
#
# {doc}`05_coupling_reconstruction` had 16 spins, four instances, and a hybrid that won. **Does it win at the paper's size, by how much, and where does it lose?**
# And how would you know that the answer is not an accident of one setting, or of one seed? This chapter repeats the experiments of the paper {cite}`feinauer2022` with 64 spins, on a grid of several hundred settings, and puts its claims to a test whose rules were fixed before the results were there.
#
# **What you will learn**
#
# - how a claim becomes a number with an interval, and an interval a verdict;
# - why models are compared instance by instance, and how much that saves;
# - where the hybrid beats both of its parts, and where it does not;
# - what a network costs that interactions found by pursuit do not.
#
# **Prerequisites**: {doc}`05_coupling_reconstruction`, whose models and whose error $\varepsilon$ {eq}`eq-eps` are used throughout, and {doc}`05b_few_samples` for bias and noise.
#
# **Running time**: less than a minute on one core. The experiments behind it take about nine hours of one core, and anybody can repeat them: {doc}`../book/cluster`.

# %%
import json
import sys
from pathlib import Path

import numpy as np
import yaml
from IPython.display import Markdown, display
from matplotlib import pyplot as plt
from scipy.stats import t

from ebmtools import plotting

sys.path.insert(0, "../studies")
import experiments  # the study: its settings, and how one is computed

plotting.use_style()
COLORS = plotting.COLORS | {"recipe": "#56B4E9", "distilled": "#D55E00"}
MARKERS = plotting.MARKERS | {"recipe": "P", "distilled": "X"}

# %% tags=["parameters"]
results = "../results"
seed = 0  # which records are computed again

# %% [markdown]
# ## From a claim to a number
#
# ```{figure} ../book/_static/drawings/study.svg
# :name: fig-draw-study
# :alt: Six boxes joined by arrows. A setting with gamma, M and order leads to a truth and its samples, these to seven models, these to errors in one record, records to means with intervals, and these to a verdict.
#
# The way of every number in this chapter.
# ```
#
# The paper says: *the hybrid reconstructs the couplings better than the pairwise model alone, and better than the network alone, consistently.* Better at what, for which data, by how much? A claim can be tested once each of these words has become a number.
#
# **Data.** The generator {eq}`eq-generator` of chapter 5 with $N = 64$ spins and $N$ interactions of order 3 or 4. Their strength $\gamma$ is 0, 0.25, 0.5, 1 or 2, and the number of samples $M$ is 1,000, 10,000 or 100,000, at one point a million. Both sums are multiplied by $\beta = 0.5$, so that chains mix.
#
# **Instances.** Each setting has up to ten, with other couplings, other interactions, other samples.
#
# **Models.** Seven, on the same samples:
#
# | name | what it is |
# |---|---|
# | pairwise | the pairwise model, fitted to its optimum |
# | network | one hidden layer of 128 units, alone |
# | hybrid | both added, and trained together, as in the paper |
# | recipe | the hybrid trained as this book does: the network starts silent, and the couplings are fitted once more at the end |
# | distilled | the interactions that the recipe's network has learned, named and refitted without it |
# | pursuit | interactions of three and four spins, found by their scores |
# | oracle | knows which spins interact: the best that anybody can do |
#
# The sizes of the paper's data and the details of its training are not known to us in full. So the numbers are ours, and where a choice might matter the study makes several: widths, activations, orders, sizes.
#
# **Records.** Each setting leaves one line in a file, with its errors, its seconds, the versions and the processor. This page draws them.

# %%
records = [
    json.loads(line)
    for line in (Path(results) / "experiments.jsonl").read_text().splitlines()
]
records = [record for record in records if "result" in record]
USUAL = {
    "order": 3,
    "spins": 64,
    "beta": 0.5,
    "hidden": 128,
    "activation": "relu",
}


def at(**where):
    """The results at one place of the grid, one an instance."""
    where = USUAL | where
    return [
        record["result"]
        for record in records
        if all(record["setting"][key] == value for key, value in where.items())
    ]


def eps(name, **where):
    """Errors of one model at one place, one an instance."""
    found = (result["eps"].get(name) for result in at(**where))
    return np.array([value for value in found if value is not None])


def interval(values):
    """Mean, and half the width of its 95 % interval (Student)."""
    half = t.ppf(0.975, len(values) - 1) * np.std(values, ddof=1)
    return np.mean(values), half / np.sqrt(len(values))


# %% tags=["remove-input"]
planned = len(experiments.STUDY.settings)
hours = sum(r["processor_seconds"] for r in records) / 3600
worst = max(max(r["result"]["rhat"].values()) for r in records)
kinds = sorted({r["processor"] for r in records})
display(
    Markdown(
        f"The study has {planned} settings. {len(records)} of them are recorded here, which took {hours:.1f} hours of one core ({', '.join(kinds)}). "
        f"In all of them the chains mixed: the largest {{term}}`R-hat`, of energies and magnetisations, is {worst:.3f}. "
        + (
            "Points with fewer than three instances are left out of the figures, so some of these show a part of the grid only. "
            if len(records) < planned
            else ""
        )
    )
)

# %% [markdown]
# ## Check it yourself
#
# A table of numbers that somebody else computed deserves distrust. The function that made the records is `compute` in `studies/experiments.py`; it takes a setting, and nothing else.
# The next cell picks two records at random, from the quick ones, and computes them again, without the two slowest models.

# %%
quick = [r for r in records if r["setting"]["samples"] == 1000]
rng = np.random.default_rng(seed)
chosen = rng.choice(len(quick), size=2, replace=False)
print("gamma  order  instance  model     recorded  again")
again = []
for record in (quick[k] for k in chosen):
    models = ("pairwise", "hybrid", "oracle")
    setting = dict(record["setting"], models=models)
    result = experiments.compute(experiments.Setting(**setting))
    for name in models:
        pair = record["result"]["eps"][name], result["eps"][name]
        again.append(pair)
        where = "{gamma:5g}  {order:5}  {instance:8}".format(**setting)
        print(f"{where}  {name:8}  {pair[0]:8.4f}  {pair[1]:.4f}")

# %% tags=["hide-cell", "checks", "nbval-check-output"]
ratio = np.array([mine / recorded for recorded, mine in again])
print("all within one per cent:", bool(np.all(np.abs(ratio - 1) < 0.01)))

# %% [markdown]
# On another processor the last digits differ, since a network is trained in single precision and rounding adds up; the convex fits agree to all digits that are shown.
#
# ## Experiment I: the strength of the interactions
#
# :::{admonition} Predict, then run: four curves
# :class: predict
# Sketch $\varepsilon$ against $\gamma$ for the pairwise model, the network, the hybrid, and the oracle, with 10,000 samples. Where does each curve start at $\gamma = 0$, and which of them rises?
# :::


# %% tags=["hide-input"]
def drawn(axes, names, places, x, label=True):
    """Curves of mean errors with intervals; what is drawn, by name."""
    shown = {}
    for k, name in enumerate(names):
        curve = [
            (place_x, *interval(values))
            for place_x, place in zip(x, places, strict=True)
            if len(values := eps(name, **place)) >= 3
        ]
        if not curve:
            continue
        at_x, mean, half = np.array(curve).T
        shown[name] = curve
        nudge = (
            1.02 ** (k - len(names) / 2) if axes.get_xscale() == "log" else 1
        )
        shift = 0 if nudge != 1 else 0.012 * (k - len(names) / 2)
        axes.errorbar(
            at_x * nudge + shift,
            mean,
            half,
            color=COLORS[name],
            marker=MARKERS[name],
            linestyle="--" if name == "oracle" else "-",
            capsize=2,
            label=name if label else None,
        )
    return shown


def told(shown, what="{:g}"):
    """Curves in words."""
    return ". ".join(
        f"{name.capitalize()}: "
        + ", ".join(f"{mean:.2f} at {what.format(x)}" for x, mean, _ in curve)
        for name, curve in shown.items()
    )


gammas = [0.0, 0.25, 0.5, 1.0, 2.0]
main = ["pairwise", "network", "hybrid", "recipe", "pursuit", "oracle"]
figure, axes = plt.subplots(figsize=(5.2, 4.2))
places = [{"gamma": g, "samples": 10_000} for g in gammas]
first = drawn(axes, main, places, gammas)
axes.set(
    xlabel=r"strength of the triples $\gamma$",
    ylabel=r"error $\varepsilon$",
    ylim=(0, None),
)
figure.legend(loc="outside lower center", ncols=3)
counts = [len(at(**place)) for place in places]
plotting.show(
    figure,
    name="fig-experiment-one",
    caption=f"Experiment I at 64 spins: error of the couplings against the strength of the triples, with 10,000 samples. Means over {min(counts)} to {max(counts)} instances with 95 % intervals.",
    alt=told(first) + ".",
)


# %% tags=["remove-input"]
def spoken(pair):
    mean, half = pair
    return f"{mean:+.3f} ± {half:.3f}" if np.isfinite(half) else "still open"


def gain(first, second, **where):
    """Of one model over another, with its interval, from three instances on."""
    difference = eps(first, **where) - eps(second, **where)
    return interval(difference) if len(difference) > 2 else (np.nan, np.nan)


mid = {"gamma": 0.5, "samples": 10_000}
strong = {"gamma": 2.0, "samples": 10_000}
weak = {"gamma": 0.0, "samples": 10_000}
display(
    Markdown(
        f"At $\\gamma = 0.5$ the pairwise fit has an error of {eps('pairwise', **mid).mean():.3f}, the network {eps('network', **mid).mean():.3f}, the hybrid {eps('hybrid', **mid).mean():.3f}, the recipe {eps('recipe', **mid).mean():.3f}, and the oracle {eps('oracle', **mid).mean():.3f}. "
        f"Hybrid minus pairwise is {spoken(gain('hybrid', 'pairwise', **mid))} there, and {spoken(gain('hybrid', 'pairwise', **strong))} at $\\gamma = 2$, where ± is half of the 95 % interval. "
        f"At $\\gamma = 0$ it is {spoken(gain('hybrid', 'pairwise', **weak))}: the network has nothing to learn there, and what it learns all the same is noise. "
        f"The recipe pays {spoken(gain('recipe', 'pairwise', **weak))}, since its network starts silent and the held-out samples keep it so. "
        f"Where the triples are strong it gains: recipe minus pairwise is {spoken(gain('recipe', 'pairwise', **mid))} at $\\gamma = 0.5$ and {spoken(gain('recipe', 'pairwise', **strong))} at $\\gamma = 2$."
    )
)

# %% [markdown]
# The network alone starts high and stays there. It has to learn two thousand couplings with tools that are not made for them, and at this size 10,000 samples are few for that. What the hybrid adds is division of labour: the pairwise part takes what is pairwise, and the network sees only the rest.
#
# ## Why instance by instance
#
# Instances differ. One truth has strong couplings by chance, and every model does well on it; the next is hard for all. If you compare the mean of one model with the mean of another, this spread hides the difference.
#
# ```{figure} ../book/_static/drawings/paired.svg
# :name: fig-draw-paired
# :alt: On the left two columns of five marks, model A and model B, joined in pairs by lines that all slope the same way. On the right the five differences, close to each other and all off the zero line.
#
# Errors of two models on the same five instances. The columns overlap, yet every pair says the same.
# ```
#
# Here all models see the same samples of the same truth, so we may take the difference first, and the mean afterwards. What the instances have in common drops out.
#
# :::{admonition} Predict, then run: how much does pairing save?
# :class: predict
# If the errors of two models on the same instances have correlation $\rho$ and the same spread, the variance of their difference is smaller by the factor $1 - \rho$ than for strangers. Guess $\rho$ for hybrid and pairwise fit at $\gamma = 0.5$.
# :::

# %% tags=["remove-input"]
a, b = eps("hybrid", **mid), eps("pairwise", **mid)
rho = np.corrcoef(a, b)[0, 1]
apart = np.hypot(a.std(ddof=1), b.std(ddof=1)) / np.sqrt(len(a))
paired = (a - b).std(ddof=1) / np.sqrt(len(a))
display(
    Markdown(
        f"It is {rho:.2f} over {len(a)} instances. The standard error of the difference is {paired:.4f} by instance, and {apart:.4f} as if the two had seen different data: to see as much without pairing one would need {(apart / paired) ** 2:.0f} times as many instances."
    )
)

# %% [markdown]
# ## Experiment II: order, samples, width
#
# A claim that holds for one setting may be an accident of it. So the paper varied three things, and so do we.

# %% tags=["hide-input"]
figure, axes = plt.subplots(figsize=(5.2, 4.0))
places = [{"order": 4, "gamma": g, "samples": 10_000} for g in gammas]
fourth = drawn(axes, main, places, gammas)
axes.set(
    xlabel=r"strength of the quadruples $\gamma$",
    ylabel=r"error $\varepsilon$",
    ylim=(0, None),
)
figure.legend(loc="outside lower center", ncols=3)
counts = [len(at(**place)) for place in places]
plotting.show(
    figure,
    name="fig-order-four",
    caption=f"The same with interactions of four spins. Means over {min(counts)} to {max(counts)} instances with 95 % intervals.",
    alt=told(fourth) + ".",
)

# %% tags=["remove-input"]
four = {"order": 4, "gamma": 1.0, "samples": 10_000}
three = {"order": 3, "gamma": 1.0, "samples": 10_000}
display(
    Markdown(
        f"**Order.** With quadruples of strength $\\gamma = 1$ hybrid minus pairwise is {spoken(gain('hybrid', 'pairwise', **four))}, where it was {spoken(gain('hybrid', 'pairwise', **three))} with triples, "
        f"and hybrid minus network is {spoken(gain('hybrid', 'network', **four))} (triples: {spoken(gain('hybrid', 'network', **three))}). "
        f"Pursuit minus oracle is {spoken(gain('pursuit', 'oracle', **four))} (triples: {spoken(gain('pursuit', 'oracle', **three))})."
    )
)

# %% tags=["hide-input"]
sizes = [1_000, 10_000, 100_000, 1_000_000]
figure, axes = plt.subplots(figsize=(5.2, 4.4))
axes.set(xscale="log", yscale="log")
places = [{"gamma": 1.0, "samples": m} for m in sizes]
by_size = drawn(axes, main, places, sizes)
expected = [
    (
        m,
        np.mean([r["notes"]["pursuit expected"] for r in at(**place)]),
    )
    for m, place in zip(sizes, places, strict=True)
    if len(at(**place)) >= 3
]
axes.plot(
    *zip(*expected, strict=True),
    color="black",
    linewidth=1,
    linestyle=":",
    label="noise (sandwich)",
)
axes.set(
    xlabel="number of samples $M$",
    ylabel=r"error $\varepsilon$",
)
axes.set_yticks([0.1, 0.2, 0.4, 0.8], ["0.1", "0.2", "0.4", "0.8"])
axes.minorticks_off()
figure.legend(loc="outside lower center", ncols=3)
counts = [len(at(**place)) for place in places]
plotting.show(
    figure,
    name="fig-samples",
    caption=r"Error against the number of samples at $\gamma = 1$. "
    f"Means over instances ({', '.join(f'{c} at {m:,}' for m, c in zip(sizes, counts, strict=True) if c >= 3)}) with 95 % intervals. Dotted: the noise that the sandwich formula expects of the model that pursuit has found.",
    alt=told(by_size, "{:,.0f}") + ".",
)

# %% tags=["remove-input"]
known = [m for m, c in zip(sizes, counts, strict=True) if c >= 3]
little = {"gamma": 1.0, "samples": 1000}
power = {
    name: plotting.fit_slope(
        known, [eps(name, gamma=1.0, samples=m).mean() for m in known]
    )
    for name in main
}
display(
    Markdown(
        f"**Samples.** From {known[0]:,} to {known[-1]:,} samples the oracle's error falls with the power {power['oracle']:.2f} of $M$, the pairwise fit's with {power['pairwise']:.2f}, the hybrid's with {power['hybrid']:.2f}. "
        f"With 1,000 samples hybrid minus pairwise is {spoken(gain('hybrid', 'pairwise', **little))}, recipe minus pairwise {spoken(gain('recipe', 'pairwise', **little))}, and even the oracle, which has {64 * 63 // 2 + 128:,} parameters to fit, has an error of {eps('oracle', **little).mean():.2f}. "
        f"All of the models overfit there, since none of the convex fits of this study has a penalty; {{doc}}`05b_few_samples` gives them one."
    )
)

# %% [markdown]
# The dotted line is the least that one may hope for: the noise of a pseudolikelihood fit in which nothing is missing, by the {term}`sandwich <sandwich estimator>` formula {cite}`godambe1960`. The oracle lies on it. Pursuit joins it once the data suffice to find most of the interactions.

# %% tags=["hide-input"]
widths = [16, 64, 128, 256]
figure, axes = plt.subplots(figsize=(5.2, 3.8))
axes.set(xscale="log")
places = [{"gamma": 1.0, "samples": 10_000, "hidden": h} for h in widths]
by_width = drawn(axes, ["network", "hybrid", "recipe"], places, widths)
level = eps("pairwise", gamma=1.0, samples=10_000).mean()
axes.axhline(level, color=COLORS["pairwise"], linestyle="--", label="pairwise")
axes.set(xlabel="hidden units", ylabel=r"error $\varepsilon$", ylim=(0, None))
axes.set_xticks(widths, [str(h) for h in widths])
axes.minorticks_off()
figure.legend(loc="outside lower center", ncols=4)
counts = [len(at(**place)) for place in places]
plotting.show(
    figure,
    name="fig-widths",
    caption=rf"Error against the width of the network, at $\gamma = 1$ with 10,000 samples. Means over {min(counts)} to {max(counts)} instances with 95 % intervals; the pairwise fit has no width.",
    alt=told(by_width) + f". The pairwise fit lies at {level:.2f}.",
)

# %% [markdown]
# **Activation.** Which function of its input a hidden unit computes is the choice that a reader is least likely to question.

# %% tags=["remove-input"]
rows = [
    "| activation | network | hybrid | recipe | hybrid − pairwise | hybrid − network |",
    "|---|---|---|---|---|---|",
]
for name in ("relu", "gelu", "tanh", "cube"):
    here = {"gamma": 1.0, "samples": 10_000, "activation": name}
    means = " | ".join(
        f"{eps(m, **here).mean():.3f}" for m in ("network", "hybrid", "recipe")
    )
    rows.append(
        f"| {name} | {means} | {spoken(gain('hybrid', 'pairwise', **here))} | {spoken(gain('hybrid', 'network', **here))} |"
    )
display(Markdown("\n".join(rows)))

# %% [markdown]
# A unit that computes a cube is a sum of triples and of nothing higher, so it is made for these data: {ref}`exercise 5.3 <ex-5-3>` met it. No such luck can be counted on with data of one's own. The *recipe* trains a smooth unit (gelu) where the setting says relu.
#
# ## What it costs

# %% tags=["remove-input"]
names = [*main[:4], "distilled", *main[4:]]
here = at(gamma=1.0, samples=10_000)
costs = {
    name: np.median([r["seconds"][name] for r in here if name in r["seconds"]])
    for name in names
}
rows = ["| model | error ε | seconds of one core |", "|---|---|---|"]
rows += [
    f"| {name} | {eps(name, gamma=1.0, samples=10_000).mean():.3f} | {costs[name]:.2g} |"
    for name in names
]
display(
    Markdown(
        "\n".join(rows)
        + "\n\n$\\gamma = 1$, order 3, 10,000 samples; medians over instances, measured while other work ran on the machine. "
        f"The hybrid costs {costs['hybrid'] / costs['pairwise']:.0f} times the pairwise fit. Distilling starts from the recipe's hybrid, whose seconds come on top."
    )
)

# %% [markdown]
# *Training is expensive*, says the paper, and it is. Pursuit, which trains nothing, is quicker than the hybrid and nearer to the oracle, as long as the interactions are of orders that it can list.
#
# ## The verdicts

# %% tags=["remove-input"]
claims = yaml.safe_load(Path("../studies/claims.yml").read_text())
verdicts = json.loads((Path(results) / "verdicts.json").read_text())
rows = ["| statement | verdict |", "|---|---|"]
rows += [
    f"| {claim['statement']} | {verdicts[claim['claim']]['verdict']} |"
    for claim in claims
    if claim["claim"] in verdicts
]
display(Markdown("\n".join(rows)))

# %% [markdown]
# {doc}`the_claims` has the rule and the points behind each verdict. A statement is *not decided yet* where one of its points has fewer than three instances.
#
# ## Cheat sheet
#
# | what | how | code |
# |---|---|---|
# | the study, all of it | computes what is missing | `python studies/experiments.py --workers 2` |
# | on a cluster | the same, by an address | `python studies/experiments.py --scheduler tcp://...` |
# | one setting | a pure function | `experiments.compute(experiments.Setting(3, 1.0, 1000, 0))` |
# | the verdicts | from the records | `python studies/claims.py` |
#
# ## Summary
#
# - A claim can be tested once it says what is measured, where, and from when on it holds; the rule comes before the result.
# - Compare models on the same instances, and take the difference first.
# - A network beside the couplings helps where interactions of higher order are strong, more if it starts silent than if it starts at random; where there are none, the one that starts at random costs.
# - The oracle shows what is possible. Pursuit comes nearer to it than any network here, and in less time.
#
# ## Exercises

# %% [markdown]
# (ex-6-1)=

# %% [markdown]
# :::{admonition} Exercise 6.1: pairs and strangers
# :class: exercise
# *coding, easy, 10 minutes*
#
# `eps("hybrid", **mid)` and `eps("pairwise", **mid)` hold the errors at $\gamma = 0.5$ with 10,000 samples, in the same order of instances. What is the standard error of the mean difference, once by instance, and once as if the two models had been given different instances?
# :::

# %%
from exercises import answer

standard_errors = [..., ...]  # by instance; as strangers
answer("6.1", standard_errors)

# %% [markdown]
# :::{admonition} Solution to exercise 6.1
# :class: dropdown solution
# By instance: the standard deviation of the differences over the root of their number. As strangers: the variances of the two add. The common part of the errors, good and bad luck with the instance, counts twice there, and not at all in the differences.
# :::

# %% tags=["hide-cell", "solution"]
hybrid_errors, pairwise_errors = eps("hybrid", **mid), eps("pairwise", **mid)
root = np.sqrt(len(hybrid_errors))
by_instance = (hybrid_errors - pairwise_errors).std(ddof=1) / root
variances = hybrid_errors.var(ddof=1) + pairwise_errors.var(ddof=1)
assert answer("6.1", [by_instance, np.sqrt(variances) / root])

# %% [markdown]
# (ex-6-2)=

# %% [markdown]
# :::{admonition} Exercise 6.2: endless data
# :class: exercise
# *derivation, then code; medium, 15 minutes*
#
# Bias and noise add in squares, $\varepsilon^2 = b^2 + v/M$. Take the mean errors of the pairwise fit at $\gamma = 1$ with 1,000 and with 10,000 samples. Which $b$ is left in endless data?
# :::

# %%
bias = ...
answer("6.2", bias)

# %% [markdown]
# :::{admonition} Solution to exercise 6.2
# :class: dropdown solution
# Two equations, two unknowns: $10\,\varepsilon_{10{,}000}^2 - \varepsilon_{1000}^2 = 9 b^2$, since the noise drops out. With 1,000 samples the noise is not yet the noise of large $M$, so this $b$ is a little off; {numref}`fig-samples` has larger sizes to compare.
# :::

# %% tags=["hide-cell", "solution"]
small, large = (
    eps("pairwise", gamma=1.0, samples=m).mean() for m in (1_000, 10_000)
)
assert answer("6.2", np.sqrt((10 * large**2 - small**2) / 9))

# %% [markdown]
# (ex-6-3)=

# %% [markdown]
# :::{admonition} Exercise 6.3: eight intervals
# :class: exercise
# *thinking, medium, 10 minutes*
#
# Suppose hybrid and pairwise model were equally good everywhere, and the eight points of a claim independent. Each has an interval of 95 %. What is the chance that all eight lie below zero, and what is the chance that at least one lies above?
# :::

# %%
chances = [..., ...]  # all below; at least one above
answer("6.3", chances)

# %% [markdown]
# :::{admonition} Solution to exercise 6.3
# :class: dropdown solution
# An interval misses on each side with 2.5 %. All eight below: $0.025^8 \approx 10^{-13}$. At least one above: $1 - 0.975^8 \approx 18\,\%$.
# So "reproduced" cannot be an accident, whereas a single point on the wrong side can. That is why the rule for *partly* is strict about points above zero, and why one such point is no proof against the paper.
# :::

# %% tags=["hide-cell", "solution"]
assert answer("6.3", [0.025**8, 1 - 0.975**8])

# %% [markdown]
# ## Where next
#
# - {doc}`the_claims`: statement by statement, with all points.
# - {doc}`when_to_use_what`: other kinds of data, more methods, and real data.
# - {doc}`../book/cluster`: the same study on more than one machine.
#
# ## Further reading
#
# - {cite}`feinauer2022` is the paper.
# - {cite}`godambe1960` has the bound that the dotted line of {numref}`fig-samples` draws.
