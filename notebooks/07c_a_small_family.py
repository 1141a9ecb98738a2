# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # A small family, and what its model draws
#
# The WW domain is one of the shortest proteins that fold by themselves: some thirty letters, two of which are nearly always W. **Does the model of a family know the family: do its draws look like members, does it know which mutations hurt, and has it anything left to learn?**
#
# **What you will learn**
#
# - to read a logo, and what a logo cannot show;
# - to test a model of sequences by what it draws;
# - to read the energy of every single mutation off a Potts model;
# - how much a network adds, on sequences far from all that were seen.
#
# **Prerequisites**: {doc}`07_proteins`.
#
# **Running time**: half a minute on one core.

# %%
import importlib.metadata
import json
from pathlib import Path

import logomaker
import numpy as np
import pandas as pd
from IPython.display import Markdown, display
from matplotlib import pyplot as plt

import ebmtools as ebm
from ebmtools import alignments, plotting

plotting.use_style()
COLORS = plotting.COLORS

# %% tags=["parameters"]
l2 = 0.01
n_drawn = 2000
seed = 0

# %% tags=["hide-cell", "checks"]
assert l2 > 0, f"l2: got {l2}, expected more than 0"
assert n_drawn >= 500, f"n_drawn: got {n_drawn}, expected at least 500"

# %% [markdown]
# ## A logo
#
# ```{figure} ../book/_static/drawings/logo-two-families.svg
# :name: fig-draw-logo
# :alt: Two stacks of sequences of two letters. Left, A A and B B in turn: the columns go together. Right, all four of A A, A B, B A and B B. Below both the same logo, in which A and B are equally tall in both columns.
#
# Two families with one logo. On the left the columns go together, on the right they do not.
# ```
#
# A **logo** draws the letters of each column on top of each other, each as tall as it is frequent, and the whole stack as tall as the column is certain. The alignment comes with the package `logomaker` {cite}`tareen2019`. We keep the thirty columns in which most sequences have a letter, and the sequences with few gaps there.


# %%
def packaged_family():
    """The WW domains that come with logomaker: letters of thirty columns."""
    files = importlib.metadata.files("logomaker")
    (path,) = (f for f in files if f.name == "ww_sequences.fa")
    family = alignments.read(str(path.locate()), unknown="gap")
    family = family.of(columns=(family.states == 0).mean(0) < 0.4)
    return family.of((family.states == 0).mean(1) < 0.2)


family = packaged_family()
states = family.states.astype(int)
n_sites = states.shape[1]
weights = alignments.weights(states, identity=0.8)
print(family)
print(f"effective number of sequences: {weights.sum():.0f}")

# %% tags=["hide-input"]
shares = np.stack(
    [weights @ (states == a) / weights.sum() for a in range(21)], axis=1
)
information = np.log2(21) + (shares * np.log2(shares + 1e-12)).sum(1)
heights = pd.DataFrame(
    shares[:, 1:] * information[:, None],
    columns=list(alignments.LETTERS[1:]),
    index=np.arange(1, n_sites + 1),
)
figure, ax = plt.subplots(figsize=(5.2, 2.4))
logomaker.Logo(heights, ax=ax, color_scheme="black", font_name="DejaVu Sans")
ax.set(
    xlabel="column",
    ylabel="bits",
    xticks=range(5, n_sites + 1, 5),
    ylim=(0, np.log2(21)),
)
top = alignments.LETTERS
likely = "".join(top[a] for a in shares.argmax(1))
surest = np.argsort(-information)[:4] + 1
plotting.show(
    figure,
    name="fig-logo",
    caption="The logo of the WW domains. The height of a stack says how certain its column is.",
    alt=f"Stacks of letters over {n_sites} columns. The tallest stand in columns {', '.join(str(k) for k in sorted(surest))}, with {', '.join(likely[k - 1] for k in sorted(surest))} on top; most others are less than half as tall. The most frequent letters spell {likely}.",
)

# %% [markdown]
# A logo shows what a model of independent columns knows, and nothing else: {numref}`fig-draw-logo` has two families that it cannot tell apart. The Potts model can.
#
# ## What the model draws
#
# :::{admonition} Predict, then run: a cheap forger
# :class: predict
# Draw sequences column by column, each letter with its frequency. Do they have the family's frequencies? Its pairs? And how would you unmask them?
# :::

# %%
fit = ebm.fit_potts(states, 21, weights, l2=l2)
drawn = ebm.sample(fit.energy, n_drawn, n_chains=500, warmup=500, seed=seed)
model = drawn.spins
rng = np.random.default_rng(seed)
forged = np.stack(
    [rng.choice(21, n_drawn, p=column) for column in shares], axis=1
)


def pair_covariances(states, weights=None):
    """f_ij(a, b) - f_i(a) f_j(b) of all pairs, one long vector."""
    w = np.ones(len(states)) if weights is None else weights
    one_hot = np.eye(21)[states].reshape(len(states), -1)
    f = one_hot.T @ (one_hot * w[:, None]) / w.sum()
    f -= np.outer(*(2 * [w @ one_hot / w.sum()]))
    i, j = np.triu_indices(n_sites, 1)
    return f.reshape(n_sites, 21, n_sites, 21)[i, :, j].ravel()


seen = pair_covariances(states, weights)
of_draws = {
    "Potts": pair_covariances(model),
    "column by column": pair_covariances(forged),
}
agreement = {
    name: np.corrcoef(seen, found)[0, 1] for name, found in of_draws.items()
}

# %% tags=["hide-input"]
figure, axes = plt.subplots(1, 2, figsize=(5.2, 2.9), sharey=True)
edge = 1.05 * np.abs(seen).max()
for ax, (name, found), color in zip(
    axes, of_draws.items(), ("hybrid", "network"), strict=True
):
    ax.plot(
        seen, found, ".", color=COLORS[color], markersize=2, rasterized=True
    )
    ax.plot([-edge, edge], [-edge, edge], color="black", linewidth=1)
    ax.set(xlabel="in the family", title=name, xlim=(-edge, edge))
axes[0].set_ylabel("in the draws")
plotting.show(
    figure,
    name="fig-pairs-drawn",
    caption="Covariances of pairs of letters, in the family and among drawn sequences: those of the Potts model, and those drawn column by column.",
    alt=f"Two clouds of points. Left, for the Potts model, the points lie along the diagonal, with correlation {agreement['Potts']:.2f}; right, column by column, they lie flat at zero, with correlation {agreement['column by column']:.2f}.",
)

# %% tags=["remove-input"]
nearest = np.array(
    [(states == one).mean(1).max() for one in np.concatenate([model[:300]])]
)
forged_nearest = np.array(
    [(states == one).mean(1).max() for one in forged[:300]]
)
slope = seen @ of_draws["Potts"] / (seen @ seen)
E_family = fit.energy(states).detach().numpy()
E_model = fit.energy(model).detach().numpy()
E_forged = fit.energy(forged).detach().numpy()
display(
    Markdown(
        f"The covariances of the family and of the model's draws correlate with {agreement['Potts']:.2f}, and are {1 - slope:.0%} smaller, for the penalty shrinks what joins letters; those of the forger's correlate with {agreement['column by column']:.2f}. "
        f"The model unmasks the forger too: its own draws have an average energy of {E_model.mean():.1f}, the family's members (by weight) {weights @ E_family / weights.sum():.1f}, and the forger's {E_forged.mean():.1f}. (That members lie lower than draws was so in chapter 7 too: the fit has seen these very sequences.) "
        f"And it does not copy: a drawn sequence shares {nearest.mean():.0%} of its letters with its nearest member of the family, one of the forger's {forged_nearest.mean():.0%}. (R-hat of the chains: {drawn.rhat:.2f}.)"
    )
)

# %% [markdown]
# ## Every single mutation
#
# A laboratory can change one letter at a time and measure what it does. The model predicts it: $\Delta_i(a)$, the change of energy if column $i$ gets the letter $a$, for all $i$ and $a$ at once. Where it is large, the mutant leaves the family.

# %% tags=["hide-input"]
gapless = states[(states > 0).all(1)]
wild = gapless[np.argmin(fit.energy(gapless).detach().numpy())]
change = fit.energy.substitution_change(wild[None])[0].detach().numpy()
order = np.argsort(-shares[:, 1:].mean(0)) + 1
figure, ax = plt.subplots(figsize=(5.2, 4.2))
largest = np.abs(change).max()
picture = ax.imshow(
    change[:, order].T,
    aspect="auto",
    cmap="RdBu_r",
    vmin=-largest,
    vmax=largest,
)
ax.plot(
    np.flatnonzero(wild > 0),
    [int(np.flatnonzero(order == a)[0]) for a in wild[wild > 0]],
    "o",
    color="black",
    markersize=3,
)
ax.set_yticks(range(20), [alignments.LETTERS[a] for a in order], fontsize=8)
ax.set_xticks(range(n_sites), [alignments.LETTERS[a] for a in wild], fontsize=8)
ax.set(xlabel="the sequence", ylabel="mutated to")
figure.colorbar(picture, label="change of energy")
others = np.arange(1, 21) != wild[:, None]
cost = (change[:, 1:] * others).sum(1) / others.sum(1)
dear = np.argsort(-cost)[:3]
plotting.show(
    figure,
    name="fig-family-mutations",
    caption="What each mutation does to the energy of the member that has the lowest one, of those without a gap: red hurts. Dots are the letters that are there.",
    alt=f"A grid of 20 letters by {n_sites} columns, mostly red. The reddest columns are {', '.join(f'{alignments.LETTERS[wild[k]]} in column {k + 1}' for k in sorted(dear))}; few cells are blue, and palely.",
)

# %% tags=["remove-input"]
better = [
    (change[k, a], k, a)
    for k in range(n_sites)
    for a in range(1, 21)
    if change[k, a] < 0
]
display(
    Markdown(
        f"On average a mutation costs {cost.mean():.1f}, in column {dear[0] + 1} ({alignments.LETTERS[wild[dear[0]]]}) {cost[dear[0]]:.1f}. "
        + (
            f"Only {len(better)} of {20 * n_sites - (wild > 0).sum()} lower the energy: a sequence of low energy is near the bottom of its valley. "
            if better
            else "None lowers the energy: the sequence lies at the bottom of its valley. "
        )
        + "Such maps are what laboratories compare with their measurements {cite}`hopf2017`; whether these are right for function, as opposed to membership in the family, our data cannot say."
    )
)

# %% [markdown]
# ## Is there more than pairs?
#
# The test must be fair: sequences of one family are cousins, and a test sequence with a near copy among the training sequences is no test. So `studies/small_family.py` leaves out a third of the sequences and keeps of them those with less than 80 % of letters in common with *every* training sequence. On most of these it asks three models for their pseudolikelihood: columns alone, Potts, and Potts with a network of chapter 7b beside it, whose penalties and epochs are chosen by the rest of them.

# %% tags=["remove-input"]
record = Path("../results/small_family.jsonl").read_text(encoding="utf-8")
splits = [json.loads(line)["result"] for line in record.splitlines()]


def over_splits(name):
    values = np.array([split[name][0] for split in splits])
    return (
        f"{values.mean():.2f} ± {values.std(ddof=1) / np.sqrt(len(values)):.2f}"
    )


gains = np.array([split["network minus Potts"] for split in splits])
mean_gain = gains[:, 0].mean()
gain_error = np.sqrt((gains[:, 1] ** 2).mean() / len(gains))
potts_mean = np.mean([split["Potts"][0] for split in splits])
display(
    Markdown(
        "| model | nats a sequence |\n|---|---|\n"
        + f"| columns alone | {over_splits('columns alone')} |\n"
        + f"| Potts | {over_splits('Potts')} |\n"
        + f"| Potts and a network | {over_splits('Potts and network')} |\n\n"
        + f"Means over {len(splits)} splits, with errors over splits; {splits[0]['test sequences']} test sequences in the first. "
        + f"The network changes the Potts model's figure by {mean_gain:+.3f} ± {gain_error:.3f} (paired, error over sequences): {'a gain that is real, and tiny, ' if mean_gain < -2 * gain_error else 'not more than its error, '}{abs(mean_gain) / potts_mean:.1%} of it. "
        + "The outlook of the paper is of this kind: the network helps where there is more than pairs, and a family of thirty columns and four thousand sequences shows little more."
    )
)

# %% tags=["hide-cell", "checks", "nbval-check-output"]
print("columns:", n_sites)
print("the model's pairs are the family's:", agreement["Potts"] > 0.8)
print("the forger's are not:", abs(agreement["column by column"]) < 0.2)
print("chains agree:", drawn.rhat < 1.05)
one = fit.energy(np.where(np.arange(n_sites) == 3, 5, wild)[None]).item()
print(
    "a mutation's cost is a difference of energies:",
    np.isclose(one - fit.energy(wild[None]).item(), change[3, 5], atol=1e-4),
)

# %% [markdown]
# ## Cheat sheet
#
# | what | how |
# |---|---|
# | logo | `logomaker.Logo(shares * information)` |
# | does it draw the family? | covariances of pairs, energies, nearest member |
# | all single mutations | `fit.energy.substitution_change(sequence)` |
# | a fair test | far from every training sequence |
#
# ## Summary
#
# - A logo shows columns, not what joins them. A model is tested by what it draws, against a forger who knows the columns.
# - The change of energy of all single mutations comes in closed form.
# - Beyond pairs there is a little to gain in this family, and one needs a careful test to see it.
#
# ## Exercises

# %% [markdown]
# (ex-7-6)=

# %% [markdown]
# :::{admonition} Exercise 7.6: how certain is a column?
# :class: exercise
# *thinking, easy, 5 minutes*
#
# A column of 21 possible states has W in 90 % of all sequences, and F in the others. How tall is its stack, in bits?
# :::

# %%
from exercises import answer

bits = ...
answer("7.6", bits)

# %% [markdown]
# :::{admonition} Solution to exercise 7.6
# :class: dropdown solution
# $\log_2 21$ minus the entropy, $-0.9 \log_2 0.9 - 0.1 \log_2 0.1 = 0.469$: 3.92 bits.
# :::

# %% tags=["hide-cell", "solution"]
p = np.array([0.9, 0.1])
assert answer("7.6", np.log2(21) + (p * np.log2(p)).sum())

# %% [markdown]
# ## Where next
#
# - {doc}`07b_letters_in_threes`: what a network is good for where letters act in threes.
# - {doc}`08_restricted_boltzmann_machines`: hidden spins.
#
# ## Further reading
#
# - {cite}`tareen2019` draws logos; {cite}`hopf2017` predicts the effects of mutations by Potts models.
