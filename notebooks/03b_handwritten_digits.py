# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Handwritten digits, in pairs
#
# {doc}`03_pairwise_models` fitted data that a pairwise model had made. This second half of chapter 3 takes the same fit to data that nobody made from a model. **How far do pairs go?**
#
# **What you will learn**
#
# - how to fit real data: which spins to keep, how strong a penalty to take;
# - what the couplings of a fit say about images of digits;
# - how to draw new digits, and whether to trust the sampler;
# - how to find out what a model gets right, and what it misses.
#
# **Prerequisites**: {doc}`03_pairwise_models`, in particular pseudolikelihood; chains from {doc}`02_metropolis_hastings`.
#
# **Running time**: less than a minute on one core.

# %%
import itertools

import matplotlib.pyplot as plt
import numpy as np
import torch
from IPython.display import Markdown, display
from scipy.special import expit

import ebmtools as ebm
from ebmtools import plotting

plotting.use_style()
COLORS = plotting.COLORS

# %% tags=["parameters"]
seed = 1
penalties = [0.001, 0.003, 0.01, 0.03, 0.1]  # l2
n_chains = 128  # chains that sample digits
n_draws = 400  # draws of each

# %% [markdown]
# ```{figure} ../book/_static/drawings/pixels.svg
# :name: fig-draw-pixels
# :alt: A grid of pixels with the stroke of a seven. A solid line joins two neighbouring dark pixels, a dashed line a dark pixel and a light one beside the stroke.
#
# An image as spins: ink is $+1$, paper is $-1$. Pixels along a stroke want to agree (solid line), pixels across its edge to differ (dashed line).
# ```

# %% [markdown]
# ## Real data: handwritten digits
#
# Now something that nobody generated from a {term}`pairwise model`.
# The set has 1797 handwritten digits on $8\times8$ pixels {cite}`alpaydin1998`. A pixel with at least half of the full grey is ink ($+1$), else paper ($-1$). {numref}`fig-digits` shows one of each.

# %%
data = ebm.data.digits()
inked = (data.spins == 1).sum(0)  # images with ink there
kept = np.minimum(inked, len(data.spins) - inked) >= 5
digits = data.spins[:, kept]
n = digits.shape[1]

# %% tags=["remove-input"]
display(
    Markdown(
        f"Of the {len(kept)} pixels {int(data.varying.sum())} vary at this threshold. The others are paper in every image: their fields would be infinite. "
        f"{int(data.varying.sum()) - n} more are ink in fewer than 5 images, too few to learn anything from. We keep **{n} pixels** as spins."
    )
)


# %%
def as_images(values, empty):
    """Kept pixels as 8 x 8 images; others get `empty`."""
    images = np.full((len(values), 64), float(empty))
    images[:, kept] = values
    return images.reshape(-1, 8, 8)


first = [(data.labels == label).argmax() for label in range(10)]

# %% tags=["hide-input"]
from scipy.ndimage import label as connected_areas


def count_holes(image):
    """Areas of paper that ink encloses."""
    return connected_areas(np.pad(image, 1, constant_values=-1) < 0)[1] - 1


def count_pieces(image):
    """Areas of ink; pixels that touch at a corner belong together."""
    return connected_areas(image > 0, np.ones((3, 3)))[1]


def stroke_width(images):
    """Mean length of a run of ink along a row."""
    ink = np.pad(images > 0, ((0, 0), (0, 0), (1, 0)))
    return ink.sum() / (ink[:, :, 1:] & ~ink[:, :, :-1]).sum()


shown = as_images(digits[first], -1)
lit_each = (shown > 0).sum((1, 2))
holed = [str(k) for k, image in enumerate(shown) if count_holes(image)]
whole = sum(count_pieces(image) == 1 for image in shown)
fig = plt.figure(figsize=(5.2, 2.5))
plotting.plot_images(fig, shown, columns=5)
plotting.show(
    fig,
    name="fig-digits",
    caption="The first image of each digit 0 to 9, as spins.",
    alt=f"Ten black-and-white images of 8 by 8 pixels, the digits 0 to 9 in two rows. Each has {lit_each.min()} to {lit_each.max()} black pixels; {whole} of the 10 are one connected piece of ink. Strokes are {stroke_width(shown):.1f} pixels wide on average; ink encloses paper in {', '.join(holed)}.",
)

# %% [markdown]
# ### How strong a penalty?
#
# The model has a {term}`coupling` for every pair of pixels, and some pairs are a problem.
# If one of the four joint states of a pair never occurs in the data, the fit can gain by driving that coupling and the two {term}`fields <field>` together towards infinity. A pixel that the others nearly determine does the same.
#
# :::{admonition} Predict, then run: the best penalty
# :class: predict
# Training always prefers no penalty at all. Will held-out images agree?
# :::

# %% tags=["remove-input"]
same = [
    (digits == a).T.astype(int) @ (digits == b)
    for a in (-1, 1)
    for b in (-1, 1)
]  # counts of the four joint states
never = (np.min(same, axis=0) == 0)[np.triu_indices(n, 1)]

display(
    Markdown(
        f"That happens for {int(never.sum())} of the {len(never)} pairs of pixels ({100 * never.mean():.0f} %)."
    )
)

# %% [markdown]
# The cure is a penalty $\lambda\sum_{i<j}J_{ij}^2$, which keeps couplings finite unless the data insist. How large should $\lambda$ be?
# Too small, and the model learns accidents of the sample. Too large, and it learns nothing.
# We set 450 images aside, fit to the others, and judge on those set aside, by the {term}`pseudolikelihood` {eq}`eq-pl` itself.


# %%
def nats(energy, spins):
    """Negative log-pseudolikelihood of each sample."""
    with torch.no_grad():
        return (
            torch.nn.functional.softplus(-energy.flip_change(spins))
            .sum(-1)
            .numpy()
        )


order = np.random.default_rng(seed).permutation(len(digits))
held_out, training = digits[order[:450]], digits[order[450:]]
fits = [ebm.fit_pairwise(training, l2=l2).energy for l2 in penalties]
train_nats = [nats(energy, training).mean() for energy in fits]
# one row a penalty, one column an image
test_nats = np.array([nats(energy, held_out) for energy in fits])
chosen = test_nats.mean(1).argmin()
l2 = penalties[chosen]

# %% tags=["hide-input"]
fig, ax = plt.subplots(figsize=(5.2, 3.3))
ax.semilogx(
    penalties,
    train_nats,
    marker="s",
    color=COLORS["pairwise"],
    label="training images",
)
ax.semilogx(
    penalties,
    test_nats.mean(1),
    marker="o",
    color=COLORS["model"],
    label="held-out images",
)
ax.axvline(l2, color=COLORS["oracle"], linestyle="--", linewidth=1.2)
ax.set(xlabel="penalty l2", ylabel="nats per image")
ax.legend()
plotting.show(
    fig,
    name="fig-penalty",
    caption="Negative log-pseudolikelihood against the strength of the penalty; lower is better. The dashed line marks the penalty chosen: the best on images that were not used in the fit.",
    alt=f"Training rises steadily from {train_nats[0]:.2f} to {train_nats[-1]:.2f} nats; held-out starts at {test_nats[0].mean():.2f}, has its minimum {test_nats[chosen].mean():.2f} at l2 = {l2:g}, and ends at {test_nats[-1].mean():.2f}.",
)

# %% tags=["remove-input"]
alone = ebm.Pairwise(
    np.zeros((n, n)), np.arctanh(np.clip(training.mean(0), -0.999, 0.999))
)
gains = test_nats[[0, -1]] - test_nats[chosen]
gain_error = gains.std(1, ddof=1) / np.sqrt(len(held_out))
display(
    Markdown(
        f"Held-out images choose l2 = {l2:g}: {test_nats[chosen].mean():.2f} nats per image. The weakest penalty is worse by {gains[0].mean():.2f} ± {gain_error[0]:.2f}, the strongest by "
        f"{gains[1].mean():.2f} ± {gain_error[1]:.2f} (paired differences on the same images). Pixels without any coupling would need {nats(alone, held_out).mean():.1f} nats: "
        f"knowing the other pixels takes away {100 * (1 - test_nats[chosen].mean() / nats(alone, held_out).mean()):.0f} % of the uncertainty of a pixel."
    )
)

# %% [markdown]
# The training curve in {numref}`fig-penalty` always prefers the weakest penalty. Only the held-out curve has a minimum.
# With the penalty settled, we fit once more, on all images.

# %%
fit = ebm.fit_pairwise(digits, l2=l2)

# %% tags=["hide-cell", "checks", "nbval-check-output"]
print("converged:", fit.converged)

# %% [markdown]
# ### What the model learned
#
# A coupling joins two pixels, so {numref}`fig-couplings-grid` draws the strongest as lines on the grid.

# %% tags=["hide-input"]
place = np.argwhere(kept.reshape(8, 8))  # row, column
i, j = np.triu_indices(n, 1)
strength = fit.couplings[i, j]
distance = np.linalg.norm(place[i] - place[j], axis=1)
strongest = np.argsort(-np.abs(strength))[:60]

fig, ax = plt.subplots(figsize=(5.2, 5.2))
ax.imshow(as_images(digits.mean(0)[None], -1)[0], cmap="Greys", vmin=-1, vmax=5)
for k in strongest[::-1]:
    (y0, x0), (y1, x1) = place[i[k]], place[j[k]]
    positive = strength[k] > 0
    bend = 0.12 * np.array(
        [y1 - y0, x0 - x1]
    )  # curved, so that lines over a pixel between do not hide each other
    middle = np.array([(x0 + x1) / 2, (y0 + y1) / 2]) + bend
    t = np.linspace(0, 1, 20)[:, None]
    line = (1 - t) ** 2 * [x0, y0] + 2 * t * (1 - t) * middle + t**2 * [x1, y1]
    ax.plot(
        *line.T,
        color=COLORS["model"] if positive else COLORS["pairwise"],
        linewidth=4 * abs(strength[k]),
        linestyle="-" if positive else (0, (2, 1)),
    )
ax.plot(*place[:, ::-1].T, ".", color="black", markersize=4)
ax.plot([], [], color=COLORS["model"], label="positive")
ax.plot([], [], color=COLORS["pairwise"], linestyle="--", label="negative")
ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.01), ncols=2)
ax.set(xticks=[], yticks=[])
ax.spines[:].set_visible(False)
up, reach = strength[strongest] > 0, distance[strongest]
plotting.show(
    fig,
    name="fig-couplings-grid",
    caption="The 60 strongest couplings, drawn between the pixels they join, over a pale image of the mean digit. Width is proportional to strength; positive couplings are solid, negative ones dashed.",
    alt=f"Lines on the 8 by 8 grid. {int(up.sum())} of the 60 couplings are positive, and {int((up & (reach == 1)).sum())} of these join direct neighbours; {int((up & (reach >= 7)).sum())} thick ones run from the top row to the bottom row. {int((~up).sum())} are negative and join pixels {reach[~up].mean():.1f} apart on average.",
)

# %% tags=["remove-input"]
display(
    Markdown(
        f"Of these 60 couplings {int(up.sum())} are positive. {int((up & (reach == 1)).sum())} of the positive ones join direct neighbours: a stroke goes on. "
        f"The {int((~up).sum())} negative ones join pixels {reach[~up].mean():.1f} apart on average. "
        f"And {int((up & (reach >= 7)).sum())} strong positive couplings run from the top row to the bottom row of the frame: ink at the very top goes with ink at the very bottom."
    )
)

# %% [markdown]
# The model was told nothing about the grid: to it a pixel is only a number. That neighbours are special, it found out. {doc}`appendix_boltzmann` looks at the couplings by distance, and at the fields beside the mean digit.

# %% [markdown]
# ## New digits, and whether to trust the sampler
#
# A generative model should generate. We run many Gibbs chains from random starts and take draws from all of them.

# %%
draws = ebm.sample(
    fit.energy,
    n_draws * n_chains,
    n_chains=n_chains,
    warmup=300,
    thin=20,
    seed=seed,
)
print(draws)

# %% [markdown]
# ```{figure} ../book/_static/touch/digit.svg
# :name: fig-touch-digit
# :figclass: touch touch-digit
# :alt: An image of 8 by 8 pixels after 42 sweeps, with strokes of ink in the shape of a nine. Below it the energy of the chain, which falls from its random start within a few sweeps into the range of the real digits.
#
# From noise to strokes: one Gibbs chain of the pairwise fit, from a random start, sweep by sweep. The chain is the first that was run, not a chosen one; the still picture stops at a sweep, the 42nd, where it looks like a nine. The energy is near that of real digits (mean and one standard deviation, dashed) after a few sweeps, and from then on the chain wanders from shape to shape. Not every shape is a digit. Pixels outside the grid are nearly always paper, and the model leaves them out.
# ```

# %% [markdown]
# {term}`R-hat` is near one, so the chains agree. Chains that start at real images and chains that start at noise agree, too, and those from images forget their digit within a few dozen {term}`sweeps <sweep>`: {doc}`appendix_boltzmann` follows them.
# That is good news for the sampler, but less so for the model, because real digits are separate shapes with little between them. A model whose chains walk easily from one shape to the next has filled the space between. {numref}`fig-new-digits` shows what stands there.


# %% tags=["hide-input"]
def mosaic(images, columns):
    """Images (K, 8, 8) as one picture, with grey gaps."""
    framed = np.pad(images, ((0, 0), (1, 1), (1, 1)), constant_values=-0.5)
    return (
        framed.reshape(-1, columns, 10, 10)
        .swapaxes(1, 2)
        .reshape(-1, columns * 10)
    )


fig, axes = plt.subplots(2, 1, figsize=(5.2, 6.6))
real = digits[
    np.random.default_rng(seed).choice(len(digits), 15, replace=False)
]
for ax, images, title in zip(
    axes,
    (real, draws.spins[:15]),
    ("handwritten", "sampled from the model"),
    strict=True,
):
    ax.imshow(
        mosaic(as_images(images, -1), columns=5), cmap="gray_r", vmin=-1, vmax=1
    )
    ax.set(title=title, xticks=[], yticks=[])
    ax.spines[:].set_visible(False)
to_data = (n - draws.spins[:2000].astype(float) @ digits.T) / 2
among = (n - digits.astype(float) @ digits.T) / 2
np.fill_diagonal(among, np.inf)
far, far_data = to_data.min(1), among.min(1)
sides = {
    "data": as_images(digits, -1),
    "draws": as_images(draws.spins[:2000], -1),
}
wide = {name: stroke_width(side) for name, side in sides.items()}
pieces = {
    name: np.array([count_pieces(image) for image in side])
    for name, side in sides.items()
}
unbroken = {name: (count == 1).mean() for name, count in pieces.items()}
unbroken_error = {
    name: np.sqrt(unbroken[name] * (1 - unbroken[name]) / len(count))
    for name, count in pieces.items()
}
typical = np.quantile(far_data, 0.9)
near = (far <= typical).mean()
top_pieces = np.array([count_pieces(image) for image in as_images(real, -1)])
plotting.show(
    fig,
    name="fig-new-digits",
    caption="Top: 15 images of the data, chosen at random. Bottom: 15 draws from the pairwise model, the first of as many chains.",
    alt=f"Two blocks of 15 images. Top: handwritten digits, {(top_pieces == 1).sum()} of 15 in one connected piece of ink. Bottom: draws from the model, {(pieces['draws'][:15] == 1).sum()} of 15 in one piece, the others broken into several. Strokes are {wide['data']:.2f} pixels wide in all the data and {wide['draws']:.2f} in 2000 draws.",
)

# %% tags=["remove-input"]
display(
    Markdown(
        f"The strokes have the right width: a run of ink along a row is {wide['draws']:.2f} pixels long in the draws and {wide['data']:.2f} in the data. But they do not always join to a digit. Ink is one connected piece in {100 * unbroken['data']:.1f} ± {100 * unbroken_error['data']:.1f} % of the images and in {100 * unbroken['draws']:.0f} ± {100 * unbroken_error['draws']:.0f} % of the draws. "
        f"And draws keep away from real digits. An image differs from the nearest *other* image in {far_data.mean():.2f} ± {far_data.std() / np.sqrt(len(far_data)):.2f} pixels on average, and nine in ten images in at most {typical:.0f}. A draw differs from the nearest image in {far.mean():.2f} ± {far.std() / np.sqrt(len(far)):.2f}; {100 * near:.0f} % of the draws come within {typical:.0f}."
    )
)

# %% [markdown]
# ## Does it look like its data?
#
# By {term}`maximum entropy` a pairwise model has one duty: the first and second moments. Whether samples of the fit look like the data is a question that should be asked of every fit, so the package has one call for it. `predictive_check` draws from the model by chains that start at random *and* at the data, says whether they have met, and compares draws and data in standard errors.
#
# :::{admonition} Predict, then run: which moments?
# :class: predict
# The fit is a pairwise one, by pseudolikelihood, to data that no pairwise model made. Which will be off: first moments, second, third, or the number of lit pixels?
# :::

# %%
check = ebm.predictive_check(fit.energy, digits, seed=seed)
check

# %% [markdown]
# First and second moments pass, if not by much; third moments, the number of lit pixels and the energies do not. Pseudolikelihood matches *conditionals*. If the data came from a pairwise model it would get the moments right as well, but where no pairwise model is right, likelihood and pseudolikelihood settle on different wrong ones.
# So before we blame the pairwise form for anything, we should give it its best chance: the likelihood. Its gradient {eq}`eq-gradient` needs moments of the model, which for so many {term}`spins <spin>` only chains can supply. This is learning as a **{term}`Boltzmann machine`**, and in the package one argument.
# (A cheaper variant starts its chains at the data and runs them for a step or two only: {term}`contrastive divergence` {cite}`hinton2002`.)

# %%
machine = ebm.fit_pairwise(digits, objective="likelihood", l2=1e-3, seed=seed)
machine_check = ebm.predictive_check(machine.energy, digits, seed=seed)
machine_check

# %% [markdown]
# The machine has the first and second moments: it was fitted to exactly these numbers. With them it has the mean and the width of the number of lit pixels, because these are sums of first and second moments. The energies still fail: they are a weighted sum of moments, and their spread contains products of four spins.
# But a pairwise model has no freedom left once pairs are matched. Its third moments follow, right or wrong, and here they are wrong. {numref}`fig-third` shows how, triple by triple.

# %% tags=["hide-input"]
triples = np.array(list(itertools.combinations(range(n), 3))).T


def third_moments(spins):
    """Centred third moments of all triples, and their standard errors."""
    x = np.asarray(spins, np.float32)
    x = x - x.mean(0)
    i, j, k = triples
    products = np.stack(
        [x[:, a] * x[:, b] * x[:, c] for a, b, c in zip(i, j, k, strict=True)]
    )
    return products.mean(1), products.std(1) / np.sqrt(len(x))


data_third, data_error = third_moments(digits)
model_third, _ = third_moments(machine_check.draws.spins[:20_000])
fig, ax = plt.subplots(figsize=(5.0, 4.2))
reach = np.array([-1, 1]) * np.quantile(np.abs(data_third), 0.9995)
band = 2 * float(np.median(data_error))
ax.fill_between(
    reach,
    reach - band,
    reach + band,
    color="#cccccc",
    label="two typical standard errors",
    zorder=0,
)
ax.plot(reach, reach, color=COLORS["exact"], linewidth=1, label="perfect model")
ax.plot(
    data_third,
    model_third,
    ".",
    markersize=2,
    alpha=0.25,
    color=COLORS["model"],
    rasterized=True,
)
ax.set(
    xlabel="third moment in the data",
    ylabel="in the Boltzmann machine",
    xlim=reach,
    ylim=reach,
)
ax.set(xticks=[-0.2, -0.1, 0, 0.1, 0.2], yticks=[-0.2, -0.1, 0, 0.1, 0.2])
ax.legend(loc="upper left")
flat = np.polyfit(data_third, model_third, 1)[0]
(third,) = (
    row for row in machine_check.table if row.statistic == "third moments"
)
plotting.show(
    fig,
    name="fig-third",
    caption="Third centred moments of all triples of pixels: Boltzmann machine against data. A model with the right third moments would fill the grey band along the diagonal. The cloud is flatter: the model has too little of them. A few extreme triples lie outside the frame.",
    alt=f"A flat cloud of {len(data_third)} points around zero, inclined far less than the diagonal: slope {flat:.2f}. Many points lie outside the grey band along the diagonal.",
)

# %% tags=["remove-input"]
display(
    Markdown(
        f"The check looked at {third.number:,} third moments. In root mean square they are {third.rms:.1f} standard errors off, where a perfect model has about 1, and the worst is {third.largest:.0f} off ({third.where}). The slope of the cloud is {flat:.2f}: the machine has the right tendency, and is far from enough."
    )
)

# %% tags=["hide-cell", "checks", "nbval-check-output"]
worst = {
    name: {row.statistic: row.largest for row in one.table}
    for name, one in (("PL", check), ("machine", machine_check))
}
print(
    "machine: first and second moments within 3 standard errors:",
    max(worst["machine"][k] for k in ("magnetisations", "correlations")) < 3,
)
print(
    "machine: a third moment is off by more than 5:",
    worst["machine"]["third moments"] > 5,
)
print(
    "PL fit: the number of lit pixels is off by more than 5:",
    worst["PL"]["up spins"] > 5,
)

# %% [markdown]
# ### What to take from this
#
# The pairwise model of the digits is not a bad model. It knows the strokes, it can be fitted in seconds, and its parameters mean something: a field for a pixel, a coupling for a pair.
# But the digits contain structure among three pixels and more, and no choice of $h$ and $J$ can express that.
#
# One way out is to give up the pairwise form, and use a neural network as energy. Then the couplings are gone, and with them what one could read from the model.
# The other way is to keep the pairwise part and to *add* a network for the rest. {doc}`04_hybrid_training` does that. Whether the couplings can then still be trusted is the subject of {doc}`05_coupling_reconstruction`.

# %% [markdown]
# ## Cheat sheet
#
# | what | how | code |
# |---|---|---|
# | which spins | those that take both values, often enough | `(spins == 1).sum(0)` |
# | penalty | held-out pseudolikelihood | `ebm.choose_penalty(spins)` |
# | new samples | Gibbs chains from random starts | `ebm.sample(energy, n)` |
# | does it look like the data? | draws against data, in standard errors | `ebm.predictive_check(energy, s)` |
# | moments that must be right | the likelihood, by chains | `ebm.fit_pairwise(s, objective="likelihood")` |
#
# ## Summary
#
# - Real data need a penalty, chosen on held-out data, and a sampler that has been tested from more than one kind of start.
# - On digits a Boltzmann machine matches the first two moments and misses the third. Model and data must be compared on statistics that were *not* fitted.
# - Where spins are seldom up, pseudolikelihood can fit well and generate nonsense: {doc}`appendix_sparse_data` shows it, and what to do.

# %% [markdown]
# ## Exercises

# %% [markdown]
# :::{admonition} Exercise 3.4: when the optimum lies at infinity
# :class: exercise
# *thinking and coding; medium, 15 minutes*
#
# In a data set, spin 1 is always a copy of spin 0, and both are $+1$ half of the time. What does the pseudolikelihood {eq}`eq-pl` do as $J_{01}\to\infty$? What does `ebm.fit_pairwise` say? Add a penalty $\lambda J^2$, and find the equation that $J$ then solves.
#
# Give $J$ for $\lambda = 0.01$.
# :::

# %%
from exercises import answer

coupling = ...
answer("3.4", coupling)

# %% [markdown]
# :::{admonition} Solution to exercise 3.4
# :class: dropdown solution
# Each site contributes $\operatorname{softplus}(-2J)$, so $-\mathcal L = 2\log(1 + e^{-2J})$ falls for ever: no finite optimum. The package warns, and reports `converged=False`.
# With the penalty the derivative is $-4/(1 + e^{2J}) + 2\lambda J = 0$, which has one solution. It grows only like $\frac12\log(1/\lambda)$.
# :::

# %% tags=["hide-cell", "solution"]
import warnings

copies = np.array([[1, 1], [-1, -1]] * 50)
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    without = ebm.fit_pairwise(copies)
assert not without.converged
assert any(
    "determined by the other spins" in str(w.message)
    or "infinity" in str(w.message)
    for w in caught
)

for penalty in (0.1, 0.01, 0.001):
    J = ebm.fit_pairwise(copies, l2=penalty).couplings[0, 1]
    assert np.isclose(4 * expit(-2 * J), 2 * penalty * J, atol=1e-5)
    print(f"l2 = {penalty}: J = {J:.2f}")
assert answer("3.4", ebm.fit_pairwise(copies, l2=0.01).couplings[0, 1])

# %% [markdown]
# :::{admonition} Exercise 3.6: a unit of surprise
# :class: exercise
# *calculation; easy, 5 minutes*
#
# A model needs 14 nats for an image of 50 pixels. How many bits is that, and what is the geometric mean of the probability that it gives to the right value of a pixel, given the others?
#
# Give the bits per image, and this probability.
# :::

# %%
bits, probability = ..., ...
answer("3.6", [bits, probability])

# %% [markdown]
# :::{admonition} Solution to exercise 3.6
# :class: dropdown solution
# A nat is $1/\ln 2 \approx 1.44$ bits, so 14 nats are 20.2 bits. Per pixel it is $14/50 = 0.28$ nats, and the geometric mean of the probabilities is $e^{-0.28} \approx 0.76$. A fair coin would need $50 \ln 2 \approx 34.7$ nats.
# :::

# %% tags=["hide-cell", "solution"]
bits, probability = 14 / np.log(2), np.exp(-14 / 50)
assert np.isclose(probability**50, np.exp(-14))
print(f"{bits:.1f} bits, probability {probability:.3f}")
assert answer("3.6", [bits, probability])

# %% [markdown]
# ## Where next
#
# - {doc}`04_hybrid_training` adds a neural network to the pairwise energy, because pairs alone miss the third moments.
# - {doc}`05_coupling_reconstruction` asks whether the couplings can still be trusted after that.
# - {doc}`appendix_boltzmann` looks at the couplings by distance, at the fields, and at the sampler; {doc}`appendix_sparse_data` shows what to do where spins are seldom up.
#
# ## Further reading
#
# - {cite}`alpaydin1998` are the digits.
# - {cite}`schneidman2006` fits pairwise models to cells of the retina.
# - {cite}`ackley1985` gives the learning rule of the Boltzmann machine.
