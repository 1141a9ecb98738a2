# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Energies of autoencoders
#
# The error of what comes back, $E(x) = \lVert x - D(C(x)) \rVert^2$, is low for what the network expects and high for what it does not. That makes it an energy. But {doc}`01b_learning_energies` found that a loss which only pulls energies down is not enough. **What else has a low energy here, besides the data?**
#
# **What you will learn**
#
# - how to draw images from the energy of an autoencoder, and what they look like;
# - what a contrastive term changes, and what it costs;
# - why a denoiser knows the slope of the log density.
#
# **Prerequisites**: {doc}`09_autoencoders`; {doc}`01b_learning_energies` for the two terms of a loss, {doc}`02_metropolis_hastings` for chains.
#
# **Running time**: about a minute on one core.

# %%
import itertools

import numpy as np
import torch
from IPython.display import Markdown, display
from matplotlib import pyplot as plt
from scipy.ndimage import gaussian_filter
from sklearn.metrics import roc_auc_score
from torch import nn

import ebmtools as ebm
from ebmtools import plotting

plotting.use_style()
COLORS = plotting.COLORS

# %% tags=["parameters"]
seeds = 3
n_steps = 10_000  # of each Metropolis-Hastings chain

# %% tags=["hide-cell", "checks"]
assert seeds >= 2, f"seeds: got {seeds}, expected at least 2 for an error"

# %% [markdown]
# ## What nobody pushed up
#
# ```{figure} ../book/_static/drawings/pushed-up.svg
# :name: fig-draw-pushed-up
# :alt: Two curves of an energy with the data in one valley. In the left one there is a second valley where no data are; in the right one an arrow pushes it up.
#
# Training pulls the energy down where data are. Elsewhere it may be low by accident.
# ```
#
# Compare the loss of an autoencoder {eq}`eq-autoencoder` with that of chapter 1, {eq}`eq-ebm-loss`. It has the first term, which pulls the energy of the data down. It lacks the second, which pushes up whatever the model believes. The narrow code has to do that by itself: what cannot be coded comes back badly.
#
# So let us ask the energy what *it* likes, and not only whether it dislikes what we show it. We draw from $e^{-\beta E}$ with the chains of chapter 2. In 2,500 dimensions that takes all day, so the clusters here have 10 by 10 pixels, and the network is 100-48-8-48-100.


# %% tags=["hide-cell"]
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


def autoencoder(sizes):
    """ReLU between layers, a linear code, a sigmoid at the end."""
    layers = []
    for place, (before, after) in enumerate(itertools.pairwise(sizes)):
        layers.append(nn.Linear(before, after))
        last, middle = len(sizes) - 2, len(sizes) // 2 - 1
        if place == last:
            layers.append(nn.Sigmoid())
        elif place != middle:
            layers.append(nn.ReLU())
    return nn.Sequential(*layers)


def auc(values, others):
    """Chance that a strange image has the larger value."""
    truth = np.r_[np.zeros(len(values)), np.ones(len(others))]
    return roc_auc_score(truth, np.r_[values, others])


# %%
SIDE = 10


def shrunk(images):
    """Means over 5 by 5 pixels."""
    blocks = images.reshape(-1, SIDE, 5, SIDE, 5)
    return blocks.mean((2, 4)).reshape(-1, SIDE * SIDE)


generator = np.random.default_rng(0)
train, held_out = (shrunk(clusters(m, generator)) for m in (600, 300))
disturbed = shrunk(clusters(300, generator, disturbed=True))


def energy(model, x):
    """E(x) = |x - D(C(x))|^2, (M,)."""
    return ((model(x) - x) ** 2).sum(-1)


# %% [markdown]
# :::{admonition} Predict, then run: what does the energy like?
# :class: predict
# Four chains start at grey noise and walk until they have energies like those of real clusters. Will they have arrived at images that look like clusters?
# :::

# %% [markdown]
# ## A contrastive term
#
# Beside the usual training we run a second one. It takes short noisy walks down the energy during training, from where the last ones ended, and pushes up where they arrive: the second term of chapter 1, by persistent chains as in {doc}`08_restricted_boltzmann_machines`, cut off at a margin $m$,
#
# $$
# \text{loss} = \langle E(x) \rangle_{\text{data}} + w\, \langle \max(0, m - E(\tilde x)) \rangle_{\text{walks}} .
# $$ (eq-margin)
#
# Without the margin the loss could fall for ever, because $E$ has no upper end that matters: a network that fails everywhere but at the data would win.


# %%
def walk_down(model, x, steps=8, size=0.05):
    """Noisy steps down the energy, inside [0, 1]."""
    for _ in range(steps):
        x.requires_grad_(True)
        (slope,) = torch.autograd.grad(energy(model, x).sum(), x)
        x = x - size * slope + 0.02 * torch.randn_like(x)
        x = x.clamp(0, 1).detach()
    return x


def trained(contrastive, seed, steps=2000, margin=1.0, weight=0.6):
    """An autoencoder, with or without the second term."""
    torch.manual_seed(seed)
    model = autoencoder([SIDE**2, 48, 8, 48, SIDE**2])
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    walkers = torch.rand(200, SIDE**2)
    for step in range(steps):
        batch = train[torch.randint(len(train), (50,))]
        loss = energy(model, batch).mean()
        if contrastive and step >= 500 and step % 2:  # every other step
            chosen = torch.randperm(200)[:50]
            start = walkers[chosen]
            start[:5] = torch.rand(5, SIDE**2)  # a few start anew
            found = walk_down(model, start)
            walkers[chosen] = found
            short_of = torch.relu(margin - energy(model, found))
            loss = loss + weight * short_of.mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model


names = ["as usual", "pushed up"]
models = {
    name: [trained(name == "pushed up", s) for s in range(seeds)]
    for name in names
}

# %% [markdown]
# Now the chains, each of ten thousand small steps. The temperature is low, $\beta = 200$: each of a hundred directions has an energy of about $1/2\beta$, and together they must stay below the .2 or so of a real image.

# %%
beta = 200.0


def drawn(model, seed):
    """Where a chain from grey noise ends."""
    arrays = [p.detach().double().numpy() for p in model.parameters()]

    def log_density(x):  # NumPy: a single image is too small for PyTorch
        if x.min() < 0 or x.max() > 1:
            return -np.inf
        y = x
        for layer in range(4):
            y = arrays[2 * layer] @ y + arrays[2 * layer + 1]
            if layer in (0, 2):
                y = np.maximum(y, 0)
        return -beta * (((1 / (1 + np.exp(-y))) - x) ** 2).sum()

    def propose(x, rng):
        return x + 0.01 * rng.normal(size=x.shape), 0.0

    start = np.random.default_rng(seed).uniform(0.3, 0.7, SIDE**2)
    chain = ebm.metropolis_hastings(
        log_density, start, propose=propose, n_steps=n_steps, seed=seed
    )
    return chain.states[-1]


ends = {
    name: [
        torch.tensor(np.array([drawn(model, k) for k in range(4)])).float()
        for model in models[name]
    ]
    for name in names
}

# %% tags=["hide-input"]
shown = [
    held_out[:4],
    *(
        torch.stack([e[k] for e in ends[n] for k in range(2)])[:4]
        for n in names
    ),
]
figure, axes = plt.subplots(3, 4, figsize=(5.2, 4.1))
for row, images, name in zip(
    axes, shown, ["data", *(f"drawn,\n{n}" for n in names)], strict=True
):
    for ax, picture in zip(row, images, strict=True):
        ax.imshow(picture.reshape(SIDE, SIDE), cmap="gray", vmin=0, vmax=1)
        ax.set(xticks=[], yticks=[])
    row[0].set_ylabel(name, fontsize=10)


def far(images):
    """Squared distance to the nearest training image, mean."""
    apart = ((images[:, None] - train) ** 2).sum(2)
    return float(apart.min(1).values.mean())


with torch.no_grad():
    table = {
        name: np.array(
            [
                [
                    energy(m, held_out).mean(),
                    energy(m, e).mean(),
                    far(e),
                    auc(energy(m, held_out), energy(m, disturbed)),
                ]
                for m, e in zip(models[name], ends[name], strict=True)
            ]
        )
        for name in names
    }
usual, pushed = (table[name].mean(0) for name in names)
plotting.show(
    figure,
    name="fig-drawn-from-energy",
    caption=f"Clusters left out (top), and where Metropolis-Hastings chains of {n_steps:,} steps from grey noise have arrived: under the energy of autoencoders trained as usual (middle; two trainings), and with a contrastive term (bottom).",
    alt=f"Three rows of four images. Top: bright spots on a dark sky. Middle: spots of low contrast on a grey, grainy sky. Bottom: bright spots on a dark sky. Squared distance to the nearest training image: {far(held_out):.2f} for the data, {usual[2]:.2f} in the middle, {pushed[2]:.2f} at the bottom.",
)

# %% tags=["remove-input"]
rows = [
    "| training | E, images left out | E, where its chains end | distance of the ends to the nearest training image | AUC, disturbed or not |",
    "|---|---|---|---|---|",
]
for name in names:
    mean = table[name].mean(0)
    error = table[name].std(0, ddof=1) / np.sqrt(seeds)
    rows.append(
        f"| {name} | "
        + " | ".join(
            f"{m:.3f} ± {s:.3f}" for m, s in zip(mean, error, strict=True)
        )
        + " |"
    )
display(
    Markdown(
        "\n".join(rows)
        + f"\n\nMeans and standard errors over {seeds} trainings; distances are squared, and a real image that was left out has {far(held_out):.2f}. "
        f"Under the usual energy the chains end at {usual[1]:.2f}, near the {usual[0]:.2f} of real images, yet {usual[2] / far(held_out):.1f} times as far from any real one. With the second term it is {pushed[2] / far(held_out):.1f} times. As a detector of disturbed clusters the pushed-up energy has an AUC of {pushed[3]:.3f} where the usual one has {usual[3]:.3f}."
    )
)

# %% [markdown]
# The usual energy likes dim, grey caricatures of a cluster: they are easy to reconstruct, and nobody had objected. The second term objects to whatever short walks find during training, so what is left at low energy looks like data. It does not come for free. The walks take most of the time of the training, real images pay with a little energy, and as a *detector* the energy has not become better: disturbed clusters were never among what the walks found. A better density is not the same as a better detector.
#
# ## A denoiser knows the slope
#
# There is a cleaner way from autoencoders to energies. Add normal noise of standard deviation $\sigma$ to the data and train $D$ to take it away. The best possible $D$ is the mean of what may have been there, and by a formula of Tweedie's {cite}`efron2011`
#
# $$
# D(x) - x = \sigma^2 \, \nabla \log p_\sigma(x) ,
# $$ (eq-score-denoise)
#
# where $p_\sigma$ is the density of noisy data {cite}`vincent2011`. So a denoiser *is* the slope of an energy, $-\sigma^2 \nabla E$ with $E = -\log p_\sigma$, and no normaliser was needed. On a line we can check it.

# %%
sigma = 0.3
centres, weights = np.array([-1.0, 0.8]), np.array([0.35, 0.65])
rng = np.random.default_rng(0)
points = rng.choice(centres, 20_000, p=weights) + 0.2 * rng.normal(size=20_000)
points = torch.tensor(points).float()[:, None]
torch.manual_seed(0)
denoiser = nn.Sequential(
    nn.Linear(1, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 1)
)
optimizer = torch.optim.Adam(denoiser.parameters(), lr=3e-3)
schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 2000)
for _ in range(2000):
    clean = points[torch.randint(len(points), (500,))]
    noisy = clean + sigma * torch.randn_like(clean)
    loss = ((denoiser(noisy) - clean) ** 2).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    schedule.step()
line = np.linspace(-2, 2, 401)
variance = 0.2**2 + sigma**2
bumps = weights * np.exp(-((line[:, None] - centres) ** 2) / (2 * variance))
exact_slope = (
    (bumps * (centres - line[:, None])).sum(1) / bumps.sum(1) / variance
)
with torch.no_grad():
    found = denoiser(torch.tensor(line).float()[:, None])[:, 0].numpy() - line
learned_slope = found / sigma**2
seen = bumps.sum(1) > 0.02 * bumps.sum(1).max()

# %% tags=["hide-input"]
figure, axes = plt.subplots(figsize=(5.2, 3.4))
axes.plot(line, exact_slope, color="black", label="exact")
axes.plot(
    line,
    learned_slope,
    color=COLORS["hybrid"],
    linestyle="--",
    label="from the denoiser",
)
axes.axhline(0, color="0.7", linewidth=1, zorder=0)
axes.fill_between(
    line,
    -12,
    -12 + 5 * bumps.sum(1) / bumps.sum(1).max(),
    color="0.85",
    label="density",
)
axes.set(xlabel="x", ylabel="slope of the log density", ylim=(-12, 12))
axes.legend(fontsize=10)
off = np.abs(learned_slope - exact_slope)[seen]
plotting.show(
    figure,
    name="fig-denoiser",
    caption=r"The slope $\nabla \log p_\sigma$ of a density with two bumps, exactly and from a denoiser that has seen only points.",
    alt=f"Two curves that fall, rise through zero between the bumps, and fall again. Where data are, they differ by {off.mean():.2f} on average, of slopes that reach from {exact_slope[seen].min():.1f} to {exact_slope[seen].max():.1f}.",
)

# %% tags=["hide-cell", "checks", "nbval-check-output"]
print("chains of the usual energy stray:", bool(usual[2] > 1.3 * far(held_out)))
print("pushed up, they stay nearer:", bool(pushed[2] < usual[2]))
print("the denoiser's slope is right:", bool(off.mean() < 0.4))

# %% [markdown]
# ## Cheat sheet
#
# | what | formula |
# |---|---|
# | energy of an autoencoder | $E(x) = \lVert x - D(C(x)) \rVert^2$ |
# | contrastive term | $+\, w \max(0, m - E(\tilde x))$, with $\tilde x$ from walks |
# | denoiser | $D(x) - x = \sigma^2 \nabla \log p_\sigma(x)$ |
#
# ## Summary
#
# - The reconstruction error is an energy that was never pushed up, so a low energy does not make a likely image. Draw from an energy before you believe it.
# - A contrastive term pushes up what chains find, and the energy then looks like the data where its chains go.
# - A denoiser is the slope of an energy, without a normaliser and without chains.
#
# ## Exercises

# %% [markdown]
# (ex-9-3)=

# %% [markdown]
# :::{admonition} Exercise 9.3: a margin
# :class: exercise
# *thinking, medium, 10 minutes*
#
# A toy has two states. All data are in the first one. Their energies are free, but not negative, and the loss is {eq}`eq-margin` with $w = 1$ and a walk that always finds the second state. With $m = 3$, what is the probability of the first state at $\beta = 1$ after training? And with $m = 0$, when training starts with both energies at 1 and only follows the slope?
# :::

# %%
from exercises import answer

probabilities = [..., ...]
answer("9.3", probabilities)

# %% [markdown]
# :::{admonition} Solution to exercise 9.3
# :class: dropdown solution
# Training ends at $E_1 = 0$ and $E_2 = 3$, where nothing is left to gain: $p_1 = 1/(1 + e^{-3}) = 0.953$. Not 1: a margin leaves a finite energy difference. With $m = 0$ the second term vanishes, $E_1$ falls to 0, $E_2$ stays at 1, and $p_1 = 1/(1 + e^{-1}) = 0.731$: the second energy is whatever it happened to be.
# :::

# %% tags=["hide-cell", "solution"]
assert answer("9.3", [1 / (1 + np.exp(-3)), 1 / (1 + np.exp(-1))])

# %% [markdown]
# (ex-9-4)=

# %% [markdown]
# :::{admonition} Exercise 9.4: the best denoiser
# :class: exercise
# *derivation, medium, 15 minutes*
#
# Data are normal with mean 0 and standard deviation 2, the noise has standard deviation 1. The best denoiser is $D(x) = c\,x$. What is $c$, and what is $\nabla \log p_\sigma$ at $x = 1$?
# :::

# %%
slope_and_score = [..., ...]
answer("9.4", slope_and_score)

# %% [markdown]
# :::{admonition} Solution to exercise 9.4
# :class: dropdown solution
# Noisy data are normal with variance $4 + 1 = 5$, so $\nabla \log p_\sigma = -x/5$. By {eq}`eq-score-denoise` $D(x) = x - x/5 = \frac45 x$, which is the textbook's regression coefficient, 4 over 5.
# :::

# %% tags=["hide-cell", "solution"]
clean = 2 * rng.normal(size=200_000)
noisy = clean + rng.normal(size=200_000)
assert abs((clean @ noisy) / (noisy @ noisy) - 0.8) < 0.01
assert answer("9.4", [4 / 5, -1 / 5])

# %% [markdown]
# ## Where next
#
# - {doc}`01b_learning_energies`: the second term, in full.
# - {doc}`10_graphs_and_nbody`: networks that know their neighbours.
#
# ## Further reading
#
# - {cite}`vincent2011` connects denoising and the score; {cite}`efron2011` tells the story of Tweedie's formula.
# - {cite}`lecun2006` has margin losses, and many others, in one table.
