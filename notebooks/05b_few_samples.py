# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # How few samples, and how sure?
#
# {doc}`05_coupling_reconstruction` had 10,000 samples, and knew the truth. You will have fewer, and you will not know it. **Which method should you trust then, and how far?**
#
# **What you will learn**
#
# - how the models of the chapter compare from 300 samples to 10,000, when each is given the training that it needs;
# - why an error has two parts, and only one of them falls with more data;
# - what the standard errors of couplings cover, and what they do not.
#
# **Prerequisites**: {doc}`05_coupling_reconstruction`.
#
# **Running time**: less than a minute on one core.

# %%
import json
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import Markdown, display

import ebmtools as ebm
from ebmtools import exact, plotting

plotting.use_style()
COLORS = plotting.COLORS

# %% tags=["parameters"]
n_samples = 10_000  # of the section on standard errors
results = "../results"

# %% [markdown]
# ```{figure} ../book/_static/drawings/bias-noise.svg
# :name: fig-draw-bias-noise
# :alt: Two targets. On the left the shots lie close together, beside the centre; on the right they are scattered around the centre.
#
# Two ways to be wrong. Left: bias, which more shots do not cure. Right: noise, which they do. The pairwise fit is of the first kind, a model with many more parameters of the second.
# ```

# %% [markdown]
# ## Few samples
#
# How much data does each cure need? A fair answer gives every size of the data the training that it needs. In the study behind {numref}`fig-few` each network made about 3,000 steps whatever the number of samples, and held-out samples chose its epoch and its weight decay.
# The convex fits were given the same care: with few samples their optimum may lie at infinity, so an l2 penalty, chosen on the same held-out samples, keeps them in bounds.


# %% tags=["hide-input"]
def mean_and_error(values):
    """Mean and standard error over instances, the last axis."""
    error = values.std(axis=-1, ddof=1) / np.sqrt(values.shape[-1])
    return values.mean(axis=-1), error


names = ["pairwise", "network", "hybrid", "pursuit", "oracle"]
few = {}
for line in (Path(results) / "few_samples.jsonl").read_text().splitlines():
    record = json.loads(line)
    row = record["setting"] | record["result"]
    few.setdefault(row["samples"], []).append(row)
counts = sorted(few)
n_few = len(few[counts[0]])
few_curves = {
    name: mean_and_error(
        np.array([[row[name] for row in few[m]] for m in counts])
    )
    for name in names
}
figure, axes = plt.subplots(figsize=(5.2, 3.9))
for k, name in enumerate(names):
    mean, error = few_curves[name]
    axes.errorbar(
        np.array(counts) * 1.03 ** (k - 2),
        mean,
        error,
        color=COLORS[name],
        marker=plotting.MARKERS[name],
        capsize=3,
        label=name,
    )
axes.set(
    xscale="log",
    yscale="log",
    xlabel="number of samples $M$",
    ylabel=r"error $\varepsilon$",
)
axes.set_yticks([0.1, 0.2, 0.4, 0.6], ["0.1", "0.2", "0.4", "0.6"])
axes.minorticks_off()
axes.legend(fontsize=11, loc="lower left")
plotting.show(
    figure,
    name="fig-few",
    caption=f"Error of the couplings against the number of samples at $\\gamma = 0.5$: means over {n_few} instances of 16 spins, with standard errors. Every model was given its penalty or decay by held-out samples; points of one size are set slightly apart. Recorded by `studies/few_samples.py`.",
    alt=". ".join(
        f"{name.capitalize()}: "
        + ", ".join(
            f"{mean:.2f} at {m}"
            for mean, m in zip(few_curves[name][0], counts, strict=True)
        )
        for name in names
    )
    + ".",
)

# %% tags=["remove-input"]
least, most = (
    {name: few_curves[name][0][k] for name in names} for k in (0, -1)
)
gap, gap_error = mean_and_error(
    np.array([row["hybrid"] - row["pairwise"] for row in few[counts[0]]])
)
lead, lead_error = mean_and_error(
    np.array([row["hybrid"] - row["network"] for row in few[counts[0]]])
)
display(
    Markdown(
        f"With {counts[0]} samples the models lie close together, between {min(least.values()):.2f} and {max(least.values()):.2f}: noise is then the larger part of every error. The hybrid minus the pairwise fit is {gap:+.3f} ± {gap_error:.3f} there, and the hybrid minus the network {lead:+.3f} ± {lead_error:.3f}. "
        f"With {counts[-1]:,} samples they spread from {min(most.values()):.2f} to {max(most.values()):.2f}, because the pairwise model has arrived at its bias."
    )
)

# %% [markdown]
# ```{figure} ../book/_static/touch/few-samples.svg
# :name: fig-touch-few-samples
# :figclass: touch touch-few-samples
# :alt: Error of the couplings against the number of samples, at triples of strength 0.5. The pairwise fit levels off at its bias; the fit with all triples starts above it and falls below it.
#
# Bias against noise, for the instance of 16 spins. The error of the pairwise fit (blue) has two parts that add in squares: a bias (dashed), which no amount of data removes, and noise (dotted), which falls as $1/\sqrt M$. A fit with all 560 triples (orange), with a penalty that vanishes as data grow, has no bias in the end but more parameters and so more noise. All numbers are means over 4 data sets of each size, with standard errors; no network takes part.
# ```

# %% [markdown]
# ## Errors that one can trust
#
# A fit also knows how much its couplings would scatter over fresh data. Because the pseudolikelihood is not a likelihood, the textbook formula, the inverse of the Hessian, is wrong for it, and the {term}`sandwich <sandwich estimator>` takes its place {cite}`godambe1960`. Every fit of the package prints these standard errors. Are they right?

# %%
truth = ebm.random_hamiltonian(16, order=3, gamma=0.5, beta=1.0, seed=1)
samples = exact.sample(truth, n_samples, seed=1)
pursuit = ebm.fit_many_body(samples, orders=(3, 4), false_discovery=0.01)
pairs = np.triu_indices(16, 1)

# %% tags=["remove-input"]
inside_bars = {}
for name, fit in {
    "pairwise": ebm.fit_pairwise(samples),
    "pursuit": pursuit,
}.items():
    off = np.abs(fit.couplings - truth.couplings)[pairs]
    inside_bars[name] = int((off < 1.96 * fit.couplings_error[pairs]).sum())
display(
    Markdown(
        f"Of 120 intervals of 95 %, {inside_bars['pursuit']} of pursuit's hold the true coupling; 114 are expected, give or take 2 to 3. "
        f"Of the pairwise fit's only {inside_bars['pairwise']} do. Its standard errors are right about chance, and know nothing of bias: they tell how far the fit is from what it "
        "would find in endless data, and that is not the truth here. {doc}`appendix_one_reconstruction` draws them, and looks at this one reconstruction from other sides."
    )
)

# %% tags=["hide-cell", "checks", "nbval-check-output"]
print(
    "pursuit's intervals hold at least 105 of 120:",
    inside_bars["pursuit"] >= 105,
)

# %% [markdown]
# ## Cheat sheet
#
# | what | how | code |
# |---|---|---|
# | penalty of a convex fit | held-out samples | `ebm.choose_penalty(spins)` |
# | decay of a network | held-out samples | `ebm.fit(..., weight_decay=[1, 0.3, 0.1])` |
# | standard errors | sandwich | `fit.couplings_error` |
# | intervals where few samples inform | profile or bootstrap | `fit.couplings_interval()` |
#
# ## Summary
#
# - Compare models that were all tuned with the same care, with little data above all: a penalty or a decay, chosen by held-out samples, decides more there than the kind of model.
# - Bias and noise add in squares. Data remove the second only.
# - The sandwich gives every coupling a standard error. It covers chance, not bias.

# %% [markdown]
# ## Exercises

# %% [markdown]
# :::{admonition} Exercise 5.5: nothing to find
# :class: exercise
# *coding, medium, 15 minutes*
#
# Draw 20 data sets of 2,000 samples from the *pairwise* truth `ebm.random_hamiltonian(10, gamma=0.0, beta=0.5, seed=3)`, with `exact.sample` and the seeds 0 to 19. Run pursuit on each, with `false_discovery=0.5` and with 0.01. In how many does it find something that is not there? And in how many may it, by what you asked for?
# :::

# %%
from exercises import answer

alarms = [..., ...]  # data sets with a finding, at 0.5 and at 0.01
answer("5.5", alarms)

# %% [markdown]
# :::{admonition} Solution to exercise 5.5
# :class: dropdown solution
# Where nothing is to be found, every finding is false, and the share of false ones is 1 or 0. Its mean is the chance to find anything: that is what `false_discovery` bounds. So at most about half of the data sets, and at most about one in a hundred.
# :::

# %% tags=["hide-cell", "solution"]
harmless = ebm.random_hamiltonian(10, gamma=0.0, beta=0.5, seed=3)
draws = [exact.sample(harmless, 2_000, seed=seed) for seed in range(20)]
alarms = [
    sum(
        bool(ebm.fit_many_body(spins, false_discovery=rate).interactions)
        for spins in draws
    )
    for rate in (0.5, 0.01)
]
assert alarms[0] <= 17  # 10 expected at most, 3 standard errors above
assert alarms[1] <= 2
assert answer("5.5", alarms)

# %% [markdown]
# ## Where next
#
# - {doc}`pursuit`: how close to the oracle over many instances, how many false interactions, how honest the standard errors, at what cost.
# - {doc}`when_to_use_what`: which method for which data, with your own data in mind.
#
# ## Further reading
#
# - {cite}`godambe1960` has the sandwich.
# - {cite}`benjamini1995` says how many findings may be false.
