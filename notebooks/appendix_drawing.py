# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Drawing digits
#
# In {doc}`04_hybrid_training` the hybrid predicts pixels far better than a pairwise model can, and draws no better digits. Is it the model, or the way it was trained?
# This appendix trains the same models by the other objective, the likelihood, and lets them draw again.
#
# **What you will learn**
#
# - how to train a hybrid by its likelihood, starting where pseudolikelihood has ended;
# - which faults of the drawings belong to the objective, and which to the model.
#
# **Prerequisites**: {doc}`04_hybrid_training`, and the likelihood from {doc}`03_pairwise_models`.
#
# **Running time**: about a minute on one core.

# %%
import copy

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
hidden = 128
epochs = 30  # by likelihood
learning_rate = 0.005
sweeps = 5  # of the chains, at each step

# %% [markdown]
# ## The images and two models
#
# The images are those of the chapter: MNIST at 8 × 8, the pixels that change, a quarter of the images for the test. So are the two models, fitted by pseudolikelihood.

# %%
every = ebm.data.mnist().spins
inked = (every == 1).sum(0)
shown = np.minimum(inked, len(every) - inked) >= 250
pixels = every[:, shown]
order = np.random.default_rng(seed).permutation(len(pixels))
test, held_out, data = np.split(pixels[order], [1250, 1800])

pairwise = ebm.fit_pairwise(data, l2=0.01).energy
network = ebm.Network(pixels.shape[1], (hidden,), "gelu", seed=seed)
torch.nn.init.zeros_(network.output)
hybrid = ebm.Pairwise(pairwise.couplings, pairwise.fields) + network
fit = ebm.fit(
    hybrid,
    data,
    validation=held_out,
    epochs=30,
    batch_size=125,
    learning_rate=0.01,
    weight_decay=[0.3, 1.0],
    progress=False,
)

# %% [markdown]
# ## The other objective
#
# The gradient of the likelihood is the energy's gradient over the data, minus that over samples of the model itself. So it needs chains: 1,024 persistent ones, which go on while the model changes. The pairwise model has a fit of its own for this. The hybrid starts where pseudolikelihood has left it, because near a good model few epochs are enough.
#
# :::{admonition} Predict, then run: whose digits?
# :class: predict
# Which of the four models will have the right means and correlations, and which the right third moments?
# :::

# %%
continued = copy.deepcopy(hybrid)
ebm.fit(
    continued,
    data,
    objective="likelihood",
    validation=0,  # keep the last epoch, when steps are small
    epochs=epochs,
    sweeps=sweeps,
    learning_rate=learning_rate,
    weight_decay=0.3,
    seed=seed,
    progress=False,
)
drawing = {
    "pairwise": pairwise,
    "pairwise, by likelihood": ebm.fit_pairwise(
        data, objective="likelihood", l2=0.001, seed=seed
    ).energy,
    "hybrid": hybrid,
    "hybrid, by likelihood": continued,
}
checks = {
    name: ebm.predictive_check(model, test, seed=seed)
    for name, model in drawing.items()
}

# %% [markdown]
# `ebm.predictive_check` compares samples of a model with the test images. Here is the root mean square of all differences of a kind, in standard errors. A perfect model would have about 1, and one with exactly the moments of the training images a little more, because the test images differ from these.

# %% tags=["remove-input"]
statistics = [row.statistic for row in checks["pairwise"].table]
rows = [
    "| model | " + " | ".join(statistics) + " |",
    "|---|" + "---:|" * len(statistics),
]
off = {}
for name, check in checks.items():
    off[name] = {row.statistic: row.rms for row in check.table}
    rows.append(
        f"| {name} | "
        + " | ".join(f"{value:.1f}" for value in off[name].values())
        + " |"
    )
display(Markdown("\n".join(rows)))

# %% tags=["hide-input"]
rest = np.where(inked > len(every) / 2, 1, -1).astype(np.int8)


def pictures(spins):
    """8 x 8 images; the pixels that were left out have their usual value."""
    full = np.tile(rest, (len(spins), 1))
    full[:, shown] = spins
    return full.reshape(-1, 8, 8)


sources = {"images": test[:8]}
for name in drawing:
    sources[name.replace(", ", ",\n")] = checks[name].draws.spins[-8:]
figure, panels = plt.subplots(5, 8, figsize=(6.4, 4.1))
for line, (name, some) in zip(panels, sources.items(), strict=True):
    for axes, picture in zip(line, pictures(some), strict=True):
        axes.imshow(picture, cmap="binary", vmin=-1, vmax=1)
        axes.set(xticks=[], yticks=[])
        axes.grid(False)
    line[0].set_ylabel(
        name, fontsize=10, rotation=0, ha="right", va="center", labelpad=8
    )
plotting.show(
    figure,
    name="fig-drawing",
    caption="MNIST at 8 × 8: test images, and images that chains of the four models have drawn, not selected.",
    alt="Five rows of eight small black and white images. The test images are digits. In the rows of drawn images there are strokes and loops, many of them like digits; in the row of the hybrid by likelihood most are.",
)

# %% tags=["remove-input"]
width, spread = {"images": (test == 1).sum(-1).std()}, {}
for name, check in checks.items():
    each = (check.draws.chains == 1).sum(-1)[..., None].astype(float)
    m, _ = check.draws.mean_and_error(each)
    square, error = check.draws.mean_and_error((each - m) ** 2)
    width[name] = float(np.sqrt(square[0]))
    spread[name] = float(error[0]) / (2 * width[name])
display(
    Markdown(
        f"By pseudolikelihood the hybrid draws hardly better than the pairwise fit: its third moments are off by {off['hybrid']['third moments']:.1f} standard errors, those of the pairwise fit by {off['pairwise']['third moments']:.1f}. "
        f"By likelihood both have the right means and correlations, as they must, and so the pairwise model has done what it can; its third moments are off by {off['pairwise, by likelihood']['third moments']:.1f}. The hybrid mends these, too: {off['hybrid, by likelihood']['third moments']:.1f}."
    )
)
display(
    Markdown(
        f"The number of lit pixels, which no single pixel knows, has a standard deviation of {width['images']:.2f} ± {width['images'] / np.sqrt(2 * len(test)):.2f} in the images, and of "
        + ", ".join(
            f"{width[name]:.2f} ± {spread[name]:.2f} ({name})"
            for name in drawing
        )
        + " in the models. What still differs is the energies: the hybrid's samples are a little less varied than the images."
    )
)

# %% tags=["hide-cell", "checks", "nbval-check-output"]
third = {name: row["third moments"] for name, row in off.items()}
means = {name: row["magnetisations"] for name, row in off.items()}
print(
    "the likelihood mends the means of both:  ",
    means["pairwise, by likelihood"] < 0.7 * means["pairwise"]
    and means["hybrid, by likelihood"] < 0.7 * means["hybrid"],
)
print(
    "by likelihood the hybrid has the nearest third moments:",
    min(third, key=third.get) == "hybrid, by likelihood",
)
score = {}
for name, model in drawing.items():
    with torch.no_grad():
        score[name] = ebm.objectives.pseudolikelihood(model, test).item()
print(
    "its pseudolikelihood on test images stays within half a nat:",
    score["hybrid, by likelihood"] < score["hybrid"] + 0.5,
)

# %% tags=["remove-input"]
display(
    Markdown(
        f"And the score that pseudolikelihood is after? On the test images the hybrid goes from {score['hybrid']:.2f} to {score['hybrid, by likelihood']:.2f} nats per image, the pairwise model from {score['pairwise']:.2f} to {score['pairwise, by likelihood']:.2f}."
    )
)

# %% [markdown]
# ## Summary
#
# - Means and correlations of a model's samples are the objective's business: the likelihood makes them right, for any model that can have them; pseudolikelihood does not, where the model is not exactly right.
# - Third moments are the model's business: no pairwise model has them, whatever it is trained by, whereas a hybrid that is trained by its likelihood does.
# - Start from pseudolikelihood, go on by likelihood, and look at samples before you believe either.
#
# ## References
#
# The images: {cite}`lecun1998`. Training with chains: {cite}`ackley1985`. Pseudolikelihood: {cite}`besag1975`. Hybrids: {cite}`feinauer2022`.
