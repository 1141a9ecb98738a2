# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Autoencoders
#
# Squeeze an image through a narrow place and try to get it back. What comes through is what the network has learned to expect, so an image that comes back badly must be a strange one. The idea is used wherever examples of the unusual are few: in medicine, in machines, in the sky. **How well does it work with eighty images, and what should it be compared with?**
#
# **What you will learn**
#
# - encoder, code, decoder, and what a sparse code looks like;
# - what 6.4 million parameters do with 80 images, and what helps;
# - the reconstruction error as a detector, beside principal components and the mean image, on synthetic clusters and on faces.
#
# **Prerequisites**: a first contact with PyTorch; {doc}`04b_how_training_fails` for overfitting.
#
# **Running time**: about a minute on one core.

# %%
import itertools

import numpy as np
import torch
from IPython.display import Markdown, display
from matplotlib import pyplot as plt
from scipy.ndimage import gaussian_filter
from skimage.data import lfw_subset
from sklearn.datasets import load_digits
from sklearn.metrics import roc_auc_score
from torch import nn

from ebmtools import plotting

plotting.use_style()
COLORS = plotting.COLORS

# %% tags=["parameters"]
epochs = 250
seed = 0

# %% tags=["hide-cell", "checks"]
assert epochs >= 100, f"epochs: got {epochs}, expected at least 100"

# %% [markdown]
# ## Through a narrow place
#
# ```{figure} ../book/_static/drawings/hourglass.svg
# :name: fig-draw-hourglass
# :alt: Seven upright bars, high at the ends and low in the middle, like an hourglass on its side: 2500, 1024, 512, 256, and the same back.
#
# An autoencoder. The image goes in on the left, and should come out on the right.
# ```
#
# An **encoder** $C$ makes a code of an image, a **decoder** $D$ makes an image of a code, and both are trained together so that the image comes back:
#
# $$
# \text{loss} = \big\langle \lVert x - D(C(x)) \rVert^2 \big\rangle_{\text{data}} .
# $$ (eq-autoencoder)
#
# If the code is as large as the image, both can copy, and nothing is learned. So the code must be narrow, or *sparse*: wide, but with few units on at a time.
#
# ## One layer, sparse
#
# The smallest case has digits of 64 pixels and 64 units, and the loss has a penalty on the sum of their activities. A small code with a large decoder would dodge the penalty, so the decoder's columns are kept at length one.

# %%
pictures, labels = load_digits(return_X_y=True)
pictures = torch.tensor(pictures / 16).float()
torch.manual_seed(seed)
encoder = nn.Sequential(nn.Linear(64, 64), nn.ReLU())
decoder = nn.Linear(64, 64)
both = [*encoder.parameters(), *decoder.parameters()]
optimizer = torch.optim.Adam(both, lr=3e-3)
for _ in range(60):
    for batch in torch.split(pictures[torch.randperm(len(pictures))], 100):
        code = encoder(batch)
        miss = ((decoder(code) - batch) ** 2).sum(1).mean()
        loss = miss + 0.3 * code.sum(1).mean()  # activity costs
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            decoder.weight /= decoder.weight.norm(dim=0).clamp_min(1.0)

# %% tags=["hide-input"]
with torch.no_grad():
    code = encoder(pictures)
on = (code > 0.05).float()
by_digit = torch.stack([on[labels == d].mean(0) for d in range(10)])
busy = torch.argsort(-on.mean(0))[:12]
figure = plt.figure(figsize=(5.2, 4.6))
top, bottom = figure.subfigures(2, 1, height_ratios=[1.25, 1])
axes = plotting.plot_images(
    top,
    decoder.weight.T[busy].detach().reshape(-1, 8, 8),
    columns=6,
    limit=0.5,
)
for ax, unit in zip(axes, busy.tolist(), strict=True):
    ax.set_title(f"unit {unit}", fontsize=10)
ax = bottom.subplots()
image = ax.imshow(
    by_digit[:, busy], cmap="Blues", vmin=0, vmax=1, aspect="auto"
)
ax.set(xlabel="unit", ylabel="digit", yticks=range(0, 10, 3))
ax.set_xticks(range(12), [str(u) for u in busy.tolist()], fontsize=10)
bottom.colorbar(image, label="share of images")
selective = by_digit[:, busy].max(0).values - by_digit[:, busy].min(0).values
plotting.show(
    figure,
    name="fig-sparse-code",
    caption="A sparse code of the digits. Top: what the twelve busiest units add to an image. Bottom: for each digit, the share of its images for which a unit is on.",
    alt=f"Twelve patterns of 8 by 8 pixels, strokes and blobs in red and blue. Below, a table of ten digits by twelve units in shades of blue: between the digit that a unit likes best and the one that it likes least the share differs by {selective.mean():.0%} on average. Of all units {on.mean():.0%} are on for an image.",
)

# %% tags=["remove-input"]
display(
    Markdown(
        f"For an image {on.sum(1).mean():.0f} of the 64 units are on. None of them is a digit: the units are strokes, and a digit is a handful of them. Between the digit that turns a unit on most often and the one that does so least, the share differs by {selective.mean():.0%} on average."
    )
)

# %% [markdown]
# ## Eighty images
#
# The lecture that this chapter follows trained five layers, 2500-1024-512-256 and back, on 80 X-ray images of 50 by 50 pixels of healthy people, for 100 and for 250 epochs. We cannot give you X-ray images. Ours are **synthetic** star clusters, *regular* ones to train on, and *disturbed* ones, which have two clumps that do not belong there.


# %% tags=["hide-input"]
def clusters(count, generator, disturbed=False, size=50):
    """Synthetic clusters: grey images from 0 to 1."""
    images = np.empty((count, size * size), np.float32)
    for image in images:
        n_stars = int(10 ** generator.uniform(2.7, 3.7))
        core = generator.uniform(0.08, 0.22)
        radius = core / np.sqrt(generator.random(n_stars) ** (-2 / 3) - 1)
        direction = generator.normal(size=(n_stars, 3))
        direction /= np.linalg.norm(direction, axis=1)[:, None]
        places = [radius[:, None] * direction[:, :2]]
        if disturbed:
            for _ in range(2):
                where = generator.uniform(-0.6, 0.6, 2)
                spread = generator.normal(size=(n_stars // 6, 2))
                places.append(where + 0.06 * spread)
        places.append(generator.uniform(-1, 1, (20, 2)))
        place = np.concatenate(places)
        light = generator.pareto(1.5, len(place)) + 1
        edges = np.linspace(-1, 1, size + 1)
        sky, *_ = np.histogram2d(*place.T, bins=edges, weights=light)
        level = np.log10(gaussian_filter(sky, 1.0) + 0.3)
        level = (level - level.min()) / (level.max() - level.min())
        image[:] = level.ravel()
    return torch.tensor(images)


generator = np.random.default_rng(seed)
train, held_out = clusters(80, generator), clusters(200, generator)
disturbed = clusters(200, generator, disturbed=True)
figure, axes = plt.subplots(2, 5, figsize=(5.2, 2.3))
for row, images, name in zip(
    axes, (held_out, disturbed), ("regular", "disturbed"), strict=True
):
    for ax, picture in zip(row, images, strict=False):
        ax.imshow(picture.reshape(50, 50), cmap="gray", vmin=0, vmax=1)
        ax.set(xticks=[], yticks=[])
    row[0].set_ylabel(name)
plotting.show(
    figure,
    name="fig-regular-disturbed",
    caption="Synthetic clusters. A disturbed one has two clumps more.",
    alt="Two rows of five grey images. Top: round bright spots of several sizes on a grainy sky. Bottom: such spots with one or two smaller bright clumps beside them.",
)

# %% [markdown]
# :::{admonition} Predict, then run: 80 images, 6.4 million parameters
# :class: predict
# The training error falls all the time. What does the error of the images left out do between epoch 1 and 250?
# :::


# %%
def autoencoder(sizes, images):
    """ReLU between layers, a linear code, a sigmoid at the end.

    With all weights zero it would answer the mean of the images.
    """
    layers = []
    for place, (before, after) in enumerate(itertools.pairwise(sizes)):
        layers.append(nn.Linear(before, after))
        if place != len(sizes) // 2 - 1:
            layers.append(nn.ReLU())
    average = images.mean(0).clamp(0.01, 0.99)
    layers[-2].bias.data = torch.logit(average)
    layers[-1] = nn.Sigmoid()
    return nn.Sequential(*layers)


def errors(model, images):
    """Mean squared error of each image that went through, (M,)."""
    with torch.no_grad():
        return ((model(images) - images) ** 2).mean(1).numpy()


def auc(values, others):
    """Chance that a strange image has the larger value."""
    truth = np.r_[np.zeros(len(values)), np.ones(len(others))]
    return roc_auc_score(truth, np.r_[values, others])


torch.manual_seed(seed)
deep = autoencoder([2500, 1024, 512, 256, 512, 1024, 2500], train)
optimizer = torch.optim.Adam(deep.parameters(), lr=1e-3, fused=True)
history, snapshots = [], {}
looks = {*np.geomspace(1, epochs, 7).astype(int).tolist(), 10, 100}
for epoch in range(1, epochs + 1):
    for batch in torch.split(train[torch.randperm(80)], 80):
        loss = ((deep(batch) - batch) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    if epoch in looks:
        groups = [errors(deep, x) for x in (train, held_out, disturbed)]
        history.append((epoch, *(g.mean() for g in groups), auc(*groups[1:])))
    if epoch in (10, 100, epochs):
        with torch.no_grad():
            snapshots[epoch] = deep(held_out[:5])
history = np.array(history)

# %% [markdown]
# **What must it beat?** Two things that cost nothing. The *mean image*, as the answer to every image, is where the network starts. *Principal components* are the best linear autoencoder: the code is the projection on the $k$ directions in which the training images vary most.


# %%
def linear_errors(images, count, train=train):
    """Mean squared error with `count` principal components, (M,)."""
    average = train.mean(0)
    components = torch.linalg.svd(train - average, full_matrices=False).Vh
    rest = images - average
    kept = rest @ components[:count].T @ components[:count]
    return ((rest - kept) ** 2).mean(1).numpy()


baselines = {"mean image": 0, "5 components": 5, "79 components": 79}
baseline = {
    name: (linear_errors(held_out, k), linear_errors(disturbed, k))
    for name, k in baselines.items()
}

# %% tags=["hide-input"]
figure, (top, bottom) = plt.subplots(2, 1, figsize=(5.2, 5.8), sharex=True)
names = ["80 training images", "200 left out", "200 disturbed"]
lines = zip(("pairwise", "hybrid", "network"), ("-", "--", ":"), strict=True)
for column, (name, (color, style)) in enumerate(
    zip(names, lines, strict=True), 1
):
    top.loglog(
        history[:, 0],
        history[:, column],
        color=COLORS[color],
        linestyle=style,
        label=name,
    )
level, linear = (
    float(baseline[name][0].mean()) for name in ("mean image", "5 components")
)
top.axhline(level, color="black", linewidth=1, label="mean image, left out")
top.axhline(
    linear, color="black", linewidth=1, ls="--", label="5 components, left out"
)
top.set(ylabel="mean squared error")
top.legend(fontsize=10, ncols=2, loc="lower center", bbox_to_anchor=(0.45, 1))
bottom.semilogx(
    history[:, 0], history[:, 4], color=COLORS["pursuit"], label="autoencoder"
)
for name, style in (("mean image", "-"), ("5 components", "--")):
    bottom.axhline(
        auc(*baseline[name]), color="black", lw=1, ls=style, label=name
    )
bottom.set(xlabel="epoch", ylabel="AUC: disturbed or not", ylim=(0.8, 1.0))
bottom.legend(fontsize=10, loc="lower right")
best = history[np.argmin(history[:, 2])]
plotting.show(
    figure,
    name="fig-autoencoder-curves",
    caption="Training the five layers. Top: error of what comes back. Bottom: how well this error tells disturbed clusters from regular ones that were left out (1: always right, 0.5: a coin).",
    alt=f"Top: the training error falls from {history[0, 1]:.3f} to {history[-1, 1]:.4f}; that of images left out falls to {best[2]:.4f} at epoch {best[0]:.0f} and is {history[-1, 2]:.4f} at the end. The mean image has {level:.4f}, five components have {linear:.4f}. Bottom: the AUC is {history[:, 4].max():.3f} at its best and {history[-1, 4]:.3f} at the end.",
)

# %% tags=["remove-input"]
at = {int(row[0]): row for row in history}
rows = ["| model | error, left out | AUC |", "|---|---|---|"]
for epoch in (10, 100, epochs):
    rows.append(
        f"| autoencoder, epoch {epoch} | {at[epoch][2]:.4f} | {at[epoch][4]:.3f} |"
    )
rows += [
    f"| {name} | {pair[0].mean():.4f} | {auc(*pair):.3f} |"
    for name, pair in baseline.items()
]
brightness = auc(held_out.mean(1), disturbed.mean(1))
shuffle = np.random.default_rng(seed)
again = []
for _ in range(200):
    a, b = (x[shuffle.integers(0, 200, 200)] for x in baseline["5 components"])
    again.append(auc(a, b))
display(
    Markdown(
        "\n".join(rows)
        + f"\n\nAn AUC of about .95 from 200 images of each kind has a standard error of {np.std(again):.3f} (bootstrap). Total brightness alone has {max(brightness, 1 - brightness):.2f}, so the task is not trivial. "
        f"After epoch {best[0]:.0f} the images left out come back worse and worse, by {history[-1, 2] / best[2] - 1:.0%} in the end, while the training error still falls: the network learns the eighty images by heart, grain by grain. "
        f"At its best it has {best[2]:.4f}, and five principal components, which take milliseconds, have {linear:.4f}."
    )
)

# %% tags=["hide-input"]
shown = [held_out[:5], *(snapshots[e] for e in (10, 100, epochs))]
figure, axes = plt.subplots(4, 5, figsize=(5.2, 4.4))
for row, images, name in zip(
    axes,
    shown,
    ["original", "epoch 10", "epoch 100", f"epoch {epochs}"],
    strict=True,
):
    for ax, picture in zip(row, images, strict=True):
        ax.imshow(picture.reshape(50, 50), cmap="gray", vmin=0, vmax=1)
        ax.set(xticks=[], yticks=[])
    row[0].set_ylabel(name, fontsize=10)
plotting.show(
    figure,
    name="fig-reconstructions",
    caption=f"Five images left out, and what comes back after 10, 100 and {epochs} epochs.",
    alt="A grid of four rows and five columns. Top: bright spots with grain. After 10 epochs all five come back as one and the same disc; after 100 as smooth discs of the right size; at the end as discs with some grain that is not that of the original.",
)

# %% [markdown]
# ## Cures
#
# What helps when images are few? We try three things on images of half the size and a smaller network, 625-128-625, with three seeds each: to stop where twenty of the eighty images, set aside, say so; noise on what goes in; weight decay.


# %%
def halved(images):
    """Means over 2 by 2 pixels."""
    return images.reshape(-1, 25, 2, 25, 2).mean((2, 4)).reshape(-1, 625)


small_train, small_held_out = halved(train), halved(held_out)


def left_out_error(cure, seed):
    """Error of the images left out, after a training with a cure."""
    torch.manual_seed(seed)
    model = autoencoder([625, 128, 625], small_train)
    decay = 1.0 if cure == "weight decay" else 0.0
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=3e-3, weight_decay=decay, fused=True
    )
    images = small_train[:60] if cure == "stopping" else small_train
    curve = []  # error of the last twenty, error of the images left out
    for epoch in range(80):
        for batch in torch.split(images[torch.randperm(len(images))], 40):
            noise = 0.1 * torch.randn_like(batch) if cure == "noise" else 0.0
            loss = ((model(batch + noise) - batch) ** 2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        if epoch % 10 == 9:
            judge = errors(model, small_train[60:]).mean()
            curve.append((judge, errors(model, small_held_out).mean()))
    return min(curve)[1] if cure == "stopping" else curve[-1][1]


cures = {
    cure: [left_out_error(cure, s) for s in range(3)]
    for cure in ("nothing", "stopping", "noise", "weight decay")
}

# %% tags=["remove-input"]
rows = ["| cure | error of the images left out |", "|---|---|"]
rows += [
    f"| {cure} | {np.mean(v):.5f} ± {np.std(v, ddof=1) / np.sqrt(3):.5f} |"
    for cure, v in cures.items()
]
order = sorted(cures, key=lambda cure: np.mean(cures[cure]))
small_linear = linear_errors(small_held_out, 5, small_train).mean()
display(
    Markdown(
        "\n".join(rows)
        + f"\n\nErrors are standard errors over seeds. Best here: {order[0]}, then {order[1]}. Five principal components of these images have {small_linear:.5f}. "
        "To stop early costs a quarter of the images, which weighs more here than what it saves. "
        "With noise the network sees new images in every epoch, and has to find the way back from all of them."
    )
)

# %% [markdown]
# ## Faces
#
# Real images, for once: scikit-image brings 100 faces of 25 by 25 pixels, from Labeled Faces in the Wild {cite}`huang2007`, and 100 cut-outs that are no faces. We train on 80 faces, and ask whether the error tells the other 20 from the 100.
#
# :::{admonition} Predict, then run: which is worst?
# :class: predict
# Four detectors stand beside each other again: the network, the mean image, five components and 79 of them. One of them will do worse than a coin. Which, and why?
# :::

# %%
cutouts = torch.tensor(lfw_subset()).float().reshape(200, 625)
faces, other_faces, no_faces = cutouts[:80], cutouts[80:100], cutouts[100:]
torch.manual_seed(seed)
face_model = autoencoder([625, 256, 64, 256, 625], faces)
optimizer = torch.optim.Adam(face_model.parameters(), lr=1e-3)
for _ in range(100):
    for batch in torch.split(faces[torch.randperm(80)], 20):
        loss = ((face_model(batch) - batch) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
detectors = {
    "autoencoder": (
        errors(face_model, other_faces),
        errors(face_model, no_faces),
    )
}
for name, k in baselines.items():
    detectors[name] = (
        linear_errors(other_faces, k, faces),
        linear_errors(no_faces, k, faces),
    )

# %% tags=["hide-input"]
chosen = torch.cat([other_faces[:4], no_faces[[0, 20, 40, 60]]])
with torch.no_grad():
    back = face_model(chosen)
figure, axes = plt.subplots(2, 8, figsize=(5.2, 1.7))
for row, images, name in zip(axes, (chosen, back), ("in", "out"), strict=True):
    for ax, picture in zip(row, images, strict=True):
        ax.imshow(picture.reshape(25, 25), cmap="gray", vmin=0, vmax=1)
        ax.set(xticks=[], yticks=[])
    row[0].set_ylabel(name)
plotting.show(
    figure,
    name="fig-faces",
    caption="Four faces left out, and four cut-outs without a face: what goes in, and what comes out.",
    alt="Two rows of eight grey images. Faces come back as blurred faces. What has no face comes back as something with eyes and a mouth, or as a blur.",
)

# %% tags=["remove-input"]
rows = [
    "| detector | error, faces left out | error, no faces | AUC |",
    "|---|---|---|---|",
]
rows += [
    f"| {name} | {a.mean():.4f} | {b.mean():.4f} | {auc(a, b):.2f} |"
    for name, (a, b) in detectors.items()
]
face_auc = {name: auc(*pair) for name, pair in detectors.items()}
display(
    Markdown(
        "\n".join(rows)
        + f"\n\nWith twenty faces, differences of a few hundredths mean nothing. But the last line means something: with 79 components the AUC is {face_auc['79 components']:.2f}"
        + (
            ", below a half. Most cut-outs *without* a face come back better than a face does"
            if face_auc["79 components"] < 0.5
            else ""
        )
        + ", though the map has seen nothing but faces."
    )
)

# %% [markdown]
# Why should smooth sky come back better than a face? Because it is easy. Five levels of grey explain it, and a map that is good at faces has them too. The loss {eq}`eq-autoencoder` asked for a small error on faces, and it never asked for a large one anywhere else. {doc}`09b_energies_of_autoencoders` takes this up.

# %% tags=["hide-cell", "checks", "nbval-check-output"]
print(
    "parameters of the five layers:", sum(p.numel() for p in deep.parameters())
)
print("left out rises again:", bool(history[-1, 2] > 1.02 * best[2]))
print("five components beat it:", linear < best[2])
print("79 components, faces, below a half:", face_auc["79 components"] < 0.5)

# %% [markdown]
# ## Cheat sheet
#
# | what | formula |
# |---|---|
# | autoencoder | $x \to C(x) \to D(C(x))$ |
# | loss | $\langle \lVert x - D(C(x)) \rVert^2 \rangle$ |
# | sparse code | loss $+ \lambda \langle \sum_j c_j \rangle$ |
# | linear, $k$ units | principal components |
# | AUC | chance that a strange image has the larger error |
#
# ## Summary
#
# - A narrow or sparse code makes a network keep what images have in common.
# - With few images it keeps the images. Judge it by images left out, and beside the mean image and principal components.
# - A detector by reconstruction error finds what is hard to reconstruct, which is not always what is strange.
#
# ## Exercises

# %% [markdown]
# (ex-9-1)=

# %% [markdown]
# :::{admonition} Exercise 9.1: count
# :class: exercise
# *thinking, easy, 5 minutes*
#
# How many parameters has the network 2500-1024-512-256-512-1024-2500, with biases?
# :::

# %%
from exercises import answer

parameters = ...
answer("9.1", parameters)

# %% [markdown]
# :::{admonition} Solution to exercise 9.1
# :class: dropdown solution
# A layer from $a$ to $b$ units has $a b$ weights and $b$ biases. The sum is 6,436,548, for 80 images of 2,500 numbers: 32 parameters for each number that it is shown.
# :::

# %% tags=["hide-cell", "solution"]
assert answer("9.1", sum(p.numel() for p in deep.parameters()))

# %% [markdown]
# (ex-9-2)=

# %% [markdown]
# :::{admonition} Exercise 9.2: the AUC by hand
# :class: exercise
# *thinking, easy, 5 minutes*
#
# Three regular images have errors 1, 3 and 4, two disturbed ones have 2 and 5. What is the AUC?
# :::

# %%
area = ...
answer("9.2", area)

# %% [markdown]
# :::{admonition} Solution to exercise 9.2
# :class: dropdown solution
# Of the six pairs of a regular and a disturbed image, four have the larger error on the disturbed one: (1, 2), (1, 5), (3, 5), (4, 5). So it is 4/6.
# :::

# %% tags=["hide-cell", "solution"]
assert answer("9.2", auc([1, 3, 4], [2, 5]))

# %% [markdown]
# ## Where next
#
# - {doc}`09b_energies_of_autoencoders`: the error as an energy, samples of it, and what pushes it up.
# - {doc}`08_restricted_boltzmann_machines`: a model of images that has a likelihood.
#
# ## Further reading
#
# - {cite}`hinton2006science` trained deep autoencoders first.
# - {cite}`olshausen1996` found that sparse codes of photographs look like what nerve cells of the eye's pathway respond to.
