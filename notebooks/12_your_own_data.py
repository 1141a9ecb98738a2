# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Couplings of your own data
#
# You have a table: one row for each patient, vote, cell or day, one column for each thing that was noted. **What in it hangs together directly, how sure can one be, and do pairs tell the whole story?** This page answers for any table of yours, by one command. It does so here for a table that everybody may have.
#
# **What you will learn**
#
# - how columns become spins, and what to do with columns that say the same;
# - couplings with their errors, and how many of them chance would give;
# - how to ask the data whether pairs are enough;
# - what a coupling is not.
#
# **Prerequisites**: {doc}`03_pairwise_models` for couplings and their fit; {doc}`05_coupling_reconstruction` for pursuit and hybrids.
#
# **Running time**: half a minute on one core.

# %%
import textwrap
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from IPython.display import Markdown, display
from matplotlib import pyplot as plt
from scipy.special import stdtr
from sklearn.datasets import load_breast_cancer

import ebmtools as ebm
from ebmtools import plotting

plotting.use_style()
COLORS = plotting.COLORS

# %% tags=["parameters"]
data = ""  # a CSV file with a header; "" is the example
leave_out = ""  # columns, separated by commas
drop_missing = False  # leave out rows in which something is missing
l2 = 0.0  # penalty on the couplings
output = ""  # a CSV file for the couplings; "" writes none

# %% tags=["hide-cell", "checks"]
assert not data or Path(data).is_file(), f"data: there is no file {data!r}"
assert l2 >= 0, f"l2: got {l2}, expected 0 or more"
own = bool(data)

# %% [markdown]
# ## From a table to spins
#
# ```{figure} ../book/_static/drawings/columns-to-spins.svg
# :name: fig-draw-columns
# :alt: A table with the columns size, smooth and ill. Arrows lead from it to a table of the same shape with arrows up and down: sizes above a dashed middle line point up, smaller ones down; yes points up, no down.
#
# Each column becomes a spin: a number is above or below the middle, an answer is yes or no.
# ```
#
# The example is the breast cancer table of Wisconsin {cite}`street1993`, which scikit-learn brings. Each row is a lump, seen through a microscope: ten properties of its cell nuclei, averaged over the picture, and whether the lump was malignant. A column with two values becomes a spin at once. A column of numbers is split at its median. That throws something away, and buys something: no outlier and no odd scale can spoil a spin.


# %%
def spins_of(frame):
    """A frame of spins with the same columns, and each column's rule."""
    spins, rules = {}, {}
    for name, column in frame.items():
        values = sorted(column.unique())
        if len(values) < 2:
            raise ValueError(
                f"column {name!r} has one value only: leave it out"
            )
        if len(values) == 2:
            up, rule = column == values[1], "{} is -1, {} is +1".format(*values)
        elif pd.api.types.is_numeric_dtype(column):
            middle = column.median()
            at = "from" if middle == values[-1] else "above"
            up = column >= middle if at == "from" else column > middle
            rule = f"+1 {at} {middle:.4g}"
        else:
            raise ValueError(
                f"column {name!r} has {len(values)} different words: make it "
                "one column of two values for each word, or leave it out"
            )
        spins[name], rules[name] = np.where(up, 1, -1), rule
    return pd.DataFrame(spins), rules


def complete(frame):
    """The rows in which nothing is missing; an error where that was not asked for."""
    gaps = frame.isna().sum()
    if gaps.any() and not drop_missing:
        raise ValueError(
            f"values are missing: {gaps[gaps > 0].to_dict()}. Leave the columns "
            "out, fill them, or set drop_missing if they are missing by chance"
        )
    return frame.dropna().reset_index(drop=True)


if own:
    table = pd.read_csv(data)
else:
    nuclei = load_breast_cancer(as_frame=True)
    table = nuclei.data.iloc[:, :10].rename(
        columns=lambda name: name.removeprefix("mean ")
    )
    table["malignant"] = np.where(nuclei.target == 0, "yes", "no")
omitted = [name.strip() for name in leave_out.split(",") if name.strip()]
every, rules = spins_of(complete(table.drop(columns=omitted)))

# %% tags=["remove-input"]
rows = ["| column | rule | share of +1 |", "|---|---|---|"]
rows += [
    f"| {name} | {rules[name]} | {(every[name] == 1).mean():.0%} |"
    for name in every
]
display(
    Markdown(
        f"{len(every):,} samples of {every.shape[1]} spins:\n\n"
        + "\n".join(rows)
    )
)

# %% [markdown]
# ## Columns that say the same
#
# Before anything is believed, one fits once and listens. The package warns where data cannot fix a coupling.

# %%
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    first = ebm.fit_pairwise(every, l2=l2)
    first.couplings_error  # also looked at by the warnings
for warning in said:
    print(textwrap.fill(str(warning.message), 70))
if not said:
    print("no warning")

# %% tags=["remove-input"]
once = np.triu(np.ones((every.shape[1],) * 2, dtype=bool), 1)
twins = (
    every.corr().where(once).stack().dropna().sort_values(key=np.abs)[::-1][:3]
)
listed = "; ".join(f"{a} and {b}, {c:.2f}" for (a, b), c in twins.items())
if own:
    text = "Where there is a warning, a spin is determined by others, as far as these samples tell: leave one of them out (`-p leave_out`), or take a small penalty (`-p l2 0.01`), which keeps all couplings finite and biases them a little."
else:
    text = "Radius, perimeter and area of a nucleus are one quantity, measured three times. Where two of them agree the third is certain, so its couplings could be infinite, and no error bar is worth anything. A penalty would keep them finite; but a column that says what another says is best left out, and so we drop perimeter and area."
display(Markdown(f"The strongest correlations are {listed}. {text}"))

# %%
spins = every if own else every.drop(columns=["perimeter", "area"])
names = list(spins.columns)
n = len(names)

# %% [markdown]
# ## Couplings, with errors
#
# :::{admonition} Predict, then run: correlated and coupled
# :class: predict
# A malignant lump has larger, rougher, more uneven nuclei: most properties are correlated with malignancy. Will most of them be *coupled* to it too? And can two columns be coupled that are not correlated at all?
# :::

# %%
fit = ebm.fit_pairwise(spins, l2=l2)
J, error = fit.couplings, fit.couplings_error
interval, support = fit.couplings_interval(), fit.couplings_support
correlation = np.corrcoef(spins.T)
i, j = np.triu_indices(n, 1)
z = np.abs(J[i, j] / error[i, j])
by_chance = 2 * stdtr(support[i, j], -z)  # two-sided, Student's
order = np.argsort(by_chance)
passing = by_chance[order] <= 0.01 * np.arange(1, len(order) + 1) / len(order)
n_found = int(np.flatnonzero(passing).max(initial=-1)) + 1
found = order[:n_found]  # Benjamini and Hochberg

# %% tags=["remove-input"]
rows = [
    "| pair | correlation | coupling | 95 % interval |",
    "|---|---|---|---|",
]
for k in order[:12]:
    a, b = i[k], j[k]
    low, high = interval[a, b]
    rows.append(
        f"| {names[a]}, {names[b]} | {correlation[a, b]:.2f} | {J[a, b]:.2f} | {low:.2f} to {high:.2f} |"
    )
display(
    Markdown(
        "\n".join(rows)
        + f"\n\nThe {min(12, len(order))} couplings that are surest not to be zero, of {len(order)}. If all were zero, about {0.05 * len(order):.0f} of the {len(order)} intervals would still leave zero out, by chance. The rule of Benjamini and Hochberg {{cite}}`benjamini1995` asks for more where many are tested: {n_found} pass it, of which one in a hundred may be false."
    )
)

# %% tags=["hide-input"]
both = np.triu(J, 1) + np.tril(correlation, -1)
largest = max(np.abs(J).max(), 1.0)
figure, ax = plt.subplots(figsize=(5.2, 4.8))
ax.imshow(both, cmap="RdBu_r", vmin=-largest, vmax=largest)
for a in range(n):
    for b in range(n):
        if a != b and n <= 12:
            ax.text(
                b,
                a,
                f"{both[a, b]:.1f}".replace("-0.0", "0.0"),
                ha="center",
                va="center",
                fontsize=8,
                color="white" if abs(both[a, b]) > 0.6 * largest else "black",
            )
size = 9 if n <= 16 else 6
ax.set_xticks(range(n), names, rotation=60, ha="right", fontsize=size)
ax.set_yticks(range(n), names, fontsize=size)
plotting.show(
    figure,
    name="fig-couplings-and-correlations",
    caption="Couplings above the diagonal, correlations below it; red is positive, blue negative.",
    alt=f"A square of {n} by {n} cells. Below the diagonal {np.mean(np.abs(correlation[i, j]) > 0.2):.0%} of the cells, the correlations, are larger than 0.2 in size; above it many couplings are pale, and some are blue where the correlation is pale.",
)

# %% tags=["hide-input"]
angle = 2 * np.pi * np.arange(n) / n + np.pi / 2
x, y = np.cos(angle), np.sin(angle)
figure, ax = plt.subplots(figsize=(5.2, 4.4))
for k in found:
    a, b = i[k], j[k]
    positive = J[a, b] > 0
    ax.plot(
        x[[a, b]],
        y[[a, b]],
        color=COLORS["model"] if positive else COLORS["pairwise"],
        linestyle="-" if positive else "--",
        linewidth=1 + 5 * abs(J[a, b]) / np.abs(J).max(),
        solid_capstyle="round",
    )
ax.plot(x, y, "o", color="black", markersize=7)
for a in range(n):
    side = "left" if x[a] > 0.1 else "right" if x[a] < -0.1 else "center"
    ax.text(
        1.1 * x[a],
        1.12 * y[a],
        names[a],
        ha=side,
        va="center",
        fontsize=size + 1,
    )
ax.set(xlim=(-1.9, 1.9), ylim=(-1.3, 1.3), aspect="equal")
ax.axis("off")
plotting.show(
    figure,
    name="fig-coupling-graph",
    caption="The couplings that pass the test for many. Orange, full: positive; blue, dashed: negative. The thicker, the stronger.",
    alt=f"{n} named points on a circle, joined by {n_found} lines, {int((J[i[found], j[found]] < 0).sum())} of them dashed.",
)

# %% tags=["remove-input"]
if own:
    text = "Compare the two halves of {numref}`fig-couplings-and-correlations`: a pair that is red below and pale above is correlated through others; a pair that is pale below and coloured above is coupled, and others hide it."
else:
    place = {name: k for k, name in enumerate(names)}

    def said_of(a, b):
        a, b = place[a], place[b]
        return f"{correlation[a, b]:.2f} and {J[a, b]:.2f} ± {error[a, b]:.2f}"

    text = (
        f"Compactness and malignancy have correlation and coupling {said_of('compactness', 'malignant')}: compact nuclei are malignant as long as one does not know their radius and concavity, and say nothing new to who does. "
        f"The other way round, texture and smoothness have {said_of('texture', 'smoothness')}: both go with malignancy, which pulls them together, and among lumps of one kind they pull apart. "
        f"Radius and fractal dimension have {said_of('radius', 'fractal dimension')}, where two columns alone with that correlation would have a coupling of {np.arctanh(correlation[place['radius'], place['fractal dimension']]):.2f}: two thirds of it are hidden. A table of correlations shows none of that."
    )
display(Markdown(text))

# %% tags=["hide-cell", "checks", "nbval-check-output"]
rng = np.random.default_rng(0)
shuffled = spins.apply(rng.permutation)
null = ebm.fit_pairwise(shuffled)
null_z = np.abs(null.couplings[i, j] / null.couplings_error[i, j])
print("shuffled columns, couplings beyond five errors:", (null_z > 5).sum())
print("correlation and coupling differ:", bool(n_found > 0))

# %% [markdown]
# ## Are pairs enough?
#
# Four models are asked for samples that they have not seen: spins without couplings; pairs; pairs with the interactions that {term}`interaction pursuit` finds; and pairs with a network beside them, chapter 4's hybrid. Each quarter of the samples is left out once. The pairwise model gets its penalty by held-out samples too, since an opponent that was not tuned proves nothing.
#
# :::{admonition} Predict, then run: more than pairs?
# :class: predict
# A network can hold any interaction, and pursuit looks for the strongest ones. Both contain the pairwise model. So can they be worse than it on samples left out? And would you trust a gain of a hundredth of a nat?
# :::


# %%
def hybrid(train, penalty):
    """A pairwise start and a small network; a sixth of the samples decides."""
    held_out, kept = np.split(train, [len(train) // 6])
    start = ebm.fit_pairwise(kept, l2=penalty).energy
    network = ebm.Network(n, (16,), "gelu", seed=0)
    given = {"validation": held_out, "weight_decay": (1.0, 10.0)}
    return ebm.fit(
        start + network, kept, epochs=30, seed=0, progress=False, **given
    ).energy


columns = ("independent", "pairwise", "pursuit", "hybrid")
values = spins.to_numpy()
part = np.random.default_rng(0).permutation(len(values)) % 4
scores = {name: np.zeros(len(values)) for name in columns}
n_interactions = 0  # that pursuit found in all four trainings
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of folds; the whole has spoken above
    for fold in range(4):
        train, test = values[part != fold], values[part == fold]
        penalty = ebm.choose_penalty(train, penalty="l2").best
        models = {
            "independent": ebm.fit_pairwise(train, l2=1e6).energy,
            "pairwise": ebm.fit_pairwise(train, l2=penalty).energy,
            "pursuit": ebm.fit_many_body(train, l2=penalty),
            "hybrid": hybrid(train, penalty),
        }
        n_interactions += len(models["pursuit"].interactions)
        models["pursuit"] = models["pursuit"].energy
        for name, energy in models.items():
            change = energy.flip_change(test).detach().double().numpy()
            scores[name][part == fold] = np.logaddexp(0, -change).sum(1)

# %% tags=["remove-input"]
pursuit = ebm.fit_many_body(spins, l2=l2)
gain = {
    name: (
        (scores["pairwise"] - score).mean(),
        (scores["pairwise"] - score).std() / np.sqrt(len(score)),
    )
    for name, score in scores.items()
}
rows = [
    "| model | nats a sample | better than pairs by |",
    "|---|---|---|",
]
rows += [
    f"| {name} | {scores[name].mean():.3f} | {gain[name][0]:.3f} ± {gain[name][1]:.3f} |"
    for name in columns
]
beyond = max(("pursuit", "hybrid"), key=lambda name: gain[name][0])
sure = gain[beyond][0] > 2 * gain[beyond][1]
listed = "; ".join(
    " × ".join(str(name) for name in row.spins)
    + f" ({row.value:.2f} ± {row.error:.2f})"
    for row in pursuit.table()
    if len(row.spins) > 2
)
display(
    Markdown(
        "\n".join(rows)
        + "\n\nNegative log pseudolikelihood of samples left out: the smaller the better. Differences are paired, with standard errors over samples. "
        + f"Pursuit found {n_interactions or 'no'} interactions in the four trainings together. "
        + (
            f"The {beyond} model is better than pairs beyond its error: these data have more than pairs. "
            if sure
            else "Neither pursuit nor a network is better than pairs beyond its error: as far as these samples can tell, pairs are enough. With more samples more might be seen. "
        )
        + (
            f"On all samples pursuit finds {listed}."
            if listed
            else "On all samples pursuit finds no interaction of three or four."
        )
    )
)

# %% [markdown]
# ## Does the model look like the data?
#
# Pseudolikelihood only asks for each spin given the others. So one draws from the model and compares what was not fitted: three spins at a time, and how many are up.

# %%
check = ebm.predictive_check(fit.energy, spins)
print(check)

# %% tags=["hide-input"]
figure, ax = plt.subplots(figsize=(5.2, 3.2))
check.plot(ax)
ax.set_yscale("linear")
ax.set_ylim(0, None)
ups = np.abs(check.counts - check.expected) / np.sqrt(
    np.maximum(check.expected, 1)
)
plotting.show(
    figure,
    name="fig-up-spins",
    caption="How many spins of a sample are up, in the data and in samples of the fitted model.",
    alt=f"Counts of samples against the number of up spins, from 0 to {n}, data beside model. They differ most where {int(np.argmax(ups))} spins are up: {check.counts[int(np.argmax(ups))]} samples, {check.expected[int(np.argmax(ups))]:.0f} expected.",
)

# %% [markdown]
# ## What a coupling is not
#
# ```{figure} ../book/_static/drawings/hidden-cause.svg
# :name: fig-draw-hidden-cause
# :alt: Two blue circles, both joined to a grey circle with a question mark above them. Between the two blue ones runs a dashed orange line.
#
# A cause that is in no column joins whatever it drives. The dashed coupling is in the data, and in no mechanism.
# ```
#
# - *It is not a cause.* It says that two columns go together, all other columns being equal; it does not say which moves which.
# - *It is only as direct as the table is complete.* A cause without a column of its own couples all that it drives, as a hidden spin does in {doc}`08_restricted_boltzmann_machines`.
# - *It belongs to the population.* Chosen samples (only those sent to a hospital) and rows dropped for gaps make couplings of their own.
# - *Its error counts samples as independent.* For recordings in time, give `fit_pairwise` a `block` of a few correlation times.
# - *It belongs to the split.* A median hides what happens in the tails. Try another threshold before you publish.
#
# ## Your own table
#
# In the folder `notebooks`,
#
#     papermill 12_your_own_data.ipynb mine.ipynb \
#         -p data my.csv -p output couplings.csv
#
# makes this page of your table ({doc}`../book/running` says how to get there). A column with words of more than two kinds, a constant column, or a gap is refused with its name, and with what to do about it. `-p leave_out "age, weight"` leaves columns out. The couplings go to `couplings.csv`, one row for each pair.

# %%
result = pd.DataFrame(
    {
        "first": np.array(names)[i],
        "second": np.array(names)[j],
        "correlation": correlation[i, j],
        "coupling": J[i, j],
        "error": error[i, j],
        "low": interval[i, j, 0],
        "high": interval[i, j, 1],
        "passes": np.isin(np.arange(len(i)), found),
    }
).sort_values("coupling", key=np.abs, ascending=False)
if output:
    result.to_csv(output, index=False)
print(result.head(4).round(3).to_string(index=False))

# %% [markdown]
# ## Cheat sheet
#
# | question | answer |
# |---|---|
# | two codes to spins | `ebm.as_spins(frame)` |
# | couplings with names | `ebm.fit_pairwise(frame).table()` |
# | errors and intervals | `fit.couplings_error`, `fit.couplings_interval()` |
# | penalty | `ebm.choose_penalty(frame, penalty="l2")` |
# | more than pairs? | `ebm.fit_many_body(frame)`, samples left out |
# | does it look like the data? | `ebm.predictive_check(fit.energy, frame)` |
#
# ## Summary
#
# - Columns become spins by a rule that is written down; columns that say the same are left out.
# - A coupling is what is left of a correlation when all other columns are known. It comes with an error, and many couplings come with a stricter test.
# - Whether pairs are enough is decided by samples that no model has seen.
#
# ## Exercises

# %% [markdown]
# (ex-12-1)=

# %% [markdown]
# :::{admonition} Exercise 12.1: by chance
# :class: exercise
# *thinking, easy, 5 minutes*
#
# A table of 40 columns holds nothing but coin flips. How many of its couplings have a 95 % interval that leaves zero out, on average?
# :::

# %%
from exercises import answer

number = ...
answer("12.1", number)

# %% [markdown]
# :::{admonition} Solution to exercise 12.1
# :class: dropdown solution
# There are $40 \cdot 39 / 2 = 780$ couplings, and one in twenty of the intervals misses: 39.
# :::

# %% tags=["hide-cell", "solution"]
assert answer("12.1", 0.05 * 40 * 39 / 2)

# %% [markdown]
# (ex-12-2)=

# %% [markdown]
# :::{admonition} Exercise 12.2: the other way up
# :class: exercise
# *thinking, easy, 5 minutes*
#
# A fit of three columns gave $J_{01} = 0.5$, $J_{12} = 0.3$ and the field $h_0 = 0.2$. Somebody has coded column 0 the other way up. What would the three have been otherwise?
# :::

# %%
turned = [..., ..., ...]  # J_01, J_12, h_0
answer("12.2", turned)

# %% [markdown]
# :::{admonition} Solution to exercise 12.2
# :class: dropdown solution
# The energy must stay what it is when $s_0$ changes its sign, so whatever holds $s_0$ once changes its sign too: $-0.5$, $0.3$ and $-0.2$.
# :::

# %% tags=["hide-cell", "solution"]
assert answer("12.2", [-0.5, 0.3, -0.2])

# %% [markdown]
# (ex-12-3)=

# %% [markdown]
# :::{admonition} Exercise 12.3: a column left out
# :class: exercise
# *coding, medium, 10 minutes*
#
# Take the columns texture and smoothness of the example alone, without all others. Which coupling do they have then?
# :::

# %%
alone = ...
answer("12.3", alone)

# %% [markdown]
# :::{admonition} Solution to exercise 12.3
# :class: dropdown solution
# Two spins have the coupling $\operatorname{artanh}$ of their correlation if their means are zero: nearly nothing. Malignancy goes with both, and hides that they pull apart. With its column gone, what it did goes to them: a coupling depends on which other columns there are.
# :::

# %% tags=["hide-cell", "solution"]
if not own:
    two = ebm.fit_pairwise(spins[["texture", "smoothness"]])
    assert answer("12.3", two.couplings[0, 1])

# %% [markdown]
# ## Where next
#
# - {doc}`when_to_use_what`: which method for which data.
# - {doc}`pursuit`: how far to trust interactions that were found.
#
# ## Further reading
#
# - {cite}`benjamini1995` has the test for many; {cite}`street1993` the table.
