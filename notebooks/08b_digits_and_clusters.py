# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Digits and star clusters from hidden spins
#
# {doc}`08_restricted_boltzmann_machines` built a machine with a second layer of spins, and taught it to learn. Here it meets images. **How good is it, in nats? What does it draw? And has it found anything that one can read?**
#
# **What you will learn**
#
# - how good such a machine is on digits, beside pairs and the hybrid;
# - how it completes half an image, and draws star clusters, synthetic and real;
# - how to read couplings and triples off a trained machine.
#
# **Prerequisites**: {doc}`08_restricted_boltzmann_machines`; the last section needs the Walsh coefficients of {doc}`05_coupling_reconstruction`.
#
# **Running time**: about a minute on one core.

# %%
import json
from pathlib import Path

import numpy as np
from IPython.display import Markdown, display
from matplotlib import pyplot as plt
from scipy.ndimage import gaussian_filter

import ebmtools as ebm
from ebmtools import exact, plotting

plotting.use_style()
COLORS = plotting.COLORS
rng = np.random.default_rng(0)

# %% tags=["parameters"]
digit_epochs = [30, 600]
n_clusters = 1000
cluster_epochs = 60
results = "../results"

# %% [markdown]
# ```{figure} ../book/_static/drawings/card-hidden.svg
# :name: fig-draw-hidden
# :width: 60%
# :alt: A row of four and a row of five circles, with lines between the rows only.
#
# Visible spins below, hidden ones above. Drawing an image is going up and down between them.
# ```

# %% [markdown]
# ## Digits
#
# Now the 8 by 8 digits of chapter 3, with 64 hidden spins. Pixels that never change are left out. How good is the machine? Its likelihood needs $Z$, and `ebm.log_partition` has it by annealing {cite}`neal2001`, with an error. We compare with independent pixels and with the pairwise model of largest likelihood, on images that none of them has seen.

# %%
digits = ebm.data.digits()
up = (digits.spins == 1).mean(0)
pixels = np.flatnonzero(np.minimum(up, 1 - up) >= 0.05)
order = np.random.default_rng(0).permutation(len(digits.spins))
test, train = np.split(digits.spins[order][:, pixels], [450])
train.shape


# %%
def nats_alone(train_images, images):
    """Log likelihood of each image under independent pixels, no error."""
    share = np.clip((train_images == 1).mean(0), 1e-3, 1 - 1e-3)
    return np.log(np.where(images == 1, share, 1 - share)).sum(1), 0.0


def nats(energy, images, z=None):
    """Log likelihood of each image, and the error of log Z."""
    z = z or ebm.log_partition(energy, n_chains=200, n_steps=1000)
    return -energy(images).detach().double().numpy() - z.value, z.error


def summary(scores, less=None):
    """Mean with its error; with `less`, of the difference of two models."""
    values, error = scores
    if less is not None:
        values, error = values - less[0], np.hypot(error, less[1])
    spread = values.std(ddof=1) / np.sqrt(len(values))
    return values.mean(), np.hypot(spread, error)


machines = {
    f"RBM, {epochs} epochs": ebm.fit_rbm(
        train,
        64,
        epochs=epochs,
        learning_rate=0.01,
        seed=1,
        progress=False,
    ).energy
    for epochs in digit_epochs
}
models = {
    "pairwise": ebm.fit_pairwise(train, l2=0.01, objective="likelihood").energy,
    **machines,
}
digit_scores = {"independent pixels": nats_alone(train, test)}
digit_scores |= {name: nats(model, test) for name, model in models.items()}

# %% tags=["remove-input"]
rows = [
    "| model | log likelihood, nats an image | minus pairwise |",
    "|---|---|---|",
]
for name, scores in digit_scores.items():
    mean, error = summary(scores)
    gain, gain_error = summary(scores, digit_scores["pairwise"])
    beside = "" if name == "pairwise" else f"{gain:+.2f} ± {gain_error:.2f}"
    rows.append(f"| {name} | {mean:.2f} ± {error:.2f} | {beside} |")
names = list(machines)
display(
    Markdown(
        "\n".join(rows)
        + f"\n\nOver {len(test)} images left out, of {len(pixels)} pixels. In the last column the differences were taken image by image."
    )
)


# %% tags=["remove-input"]
def recorded(name):
    """The results of a study, from their file."""
    lines = (Path(results) / f"{name}.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


(hybrid,) = (
    row["result"]
    for row in recorded("real_data")
    if row["setting"]["source"] == "digits" and row["setting"]["fold"] == 0
)
by_pseudo, by_likelihood = (
    f"{-row[0]:+.2f} ± {row[1]:.2f}"
    for row in (
        hybrid["pseudolikelihood minus pairwise"]["hybrid"],
        hybrid["likelihood minus pairwise"]["hybrid"],
    )
)
display(
    Markdown(
        f"And the hybrid of {{doc}}`04_hybrid_training`? The study of real data ({{doc}}`when_to_use_what`) has trained one by pseudolikelihood, on another quarter of these images. There it gains {by_pseudo} nats on the pairwise model, but by *likelihood* the gain is {by_likelihood}. A machine of hidden spins has learned what its own chains do; a hybrid has only learned to guess one pixel from all others."
    )
)

# %% [markdown]
# A machine that has had too little training is *worse* than pairs alone, since it has to build pairs out of hidden spins. Long training is not a luxury here.
#
# What does it draw? A chain that starts from noise:

# %% tags=["hide-input"]
digit_machine = machines[names[-1]]
background = np.full(64, -1.0)
steps = [0, 1, 3, 10, 30, 100, 1000]
noise = rng.choice([-1, 1], (6, len(pixels))).astype(np.int8)
frames, at, done = [], noise, 0
for k in steps:
    if k > done:
        at = ebm.sample(
            digit_machine,
            6,
            initial=at,
            warmup=k - done - 1,
            thin=1,
            method="block",
            seed=k,
        ).spins
        done = k
    shown = np.tile(background, (6, 1))
    shown[:, pixels] = (
        digit_machine.visible_means(digit_machine.hidden_means(at)).detach()
        if k
        else at
    )
    frames.append(shown.reshape(6, 8, 8))
figure = plt.figure(figsize=(5.2, 4.7))
axes = plotting.plot_images(
    figure, np.stack(frames, 1).reshape(-1, 8, 8), columns=len(steps)
)
for ax, k in zip(axes, steps, strict=False):
    ax.set_title(f"{k}", fontsize=10)
plotting.show(
    figure,
    name="fig-digits-from-noise",
    caption="Six chains of the machine, from noise, after so many sweeps of both layers. From the second column on the grey level is the mean of each pixel given the hidden spins.",
    alt=f"Six rows of seven images of 8 by 8 pixels. The first column is noise; after about ten sweeps strokes appear, and in the last columns most images look like digits. On average {np.mean(frames[-1][:, pixels // 8, pixels % 8] > 0):.0%} of the pixels are ink at the end, {up[pixels].mean():.0%} in the data.",
)

# %% [markdown]
# ### Half an image
#
# The machine is an associative memory too: hold the pixels that are known, and let the others walk.


# %%
def complete(machine, images, known, sweeps=300, seed=0):
    """Means of all pixels while the known ones are held."""
    generator = np.random.default_rng(seed)
    state = np.where(known, images, generator.choice([-1, 1], images.shape))
    total = np.zeros(images.shape)
    for sweep in range(sweeps):
        hidden_means = machine.hidden_means(state).detach().numpy()
        uniform = generator.random(hidden_means.shape)
        drawn = np.where(uniform < (1 + hidden_means) / 2, 1, -1)
        means = machine.visible_means(drawn).detach().numpy()
        uniform = generator.random(means.shape)
        drawn = np.where(uniform < (1 + means) / 2, 1, -1)
        state = np.where(known, images, drawn)
        if sweep >= sweeps // 3:
            total += np.where(known, images, means)
    return total / (sweeps - sweeps // 3)


left = pixels % 8 < 4
completed = complete(digit_machine, test, left)
right_pixels = ~left
wrong = np.mean(np.sign(completed[:, right_pixels]) != test[:, right_pixels])
majority = np.where(train[:, right_pixels].mean(0) > 0, 1, -1)
guess = np.mean(majority != test[:, right_pixels])

# %% tags=["hide-input"]
shown = np.full((3, 8, 64), -1.0)
eight = test[:8]
shown[0][:, pixels] = eight
shown[1][:, pixels] = np.where(left, eight, 0)
shown[2][:, pixels] = completed[:8]
figure = plt.figure(figsize=(5.2, 2.1))
plotting.plot_images(figure, shown.reshape(-1, 8, 8), columns=8)
plotting.show(
    figure,
    name="fig-completed",
    caption="Eight images left out (top), what the machine is shown of them (middle; grey is unknown), and its mean completion (bottom).",
    alt=f"Three rows of eight digits. In the middle row the right half is grey. In the bottom row it is filled in, mostly like the original: over all images left out {wrong:.0%} of the covered pixels are wrong, where always taking the more frequent value gets {guess:.0%} wrong.",
)

# %% tags=["remove-input"]
display(
    Markdown(
        f"Of the covered pixels {wrong:.1%} are wrong, over all {len(test)} images left out; the more frequent value of each pixel would get {guess:.1%} wrong."
    )
)

# %% [markdown]
# ## Clusters of stars
#
# The lecture that this chapter follows trained such a machine on some ninety images of globular clusters, and drew new ones. Real images cannot be shipped with this book, so we first make our own, and call them what they are: **synthetic**. A cluster has stars whose distances from the centre follow Plummer's law {cite}`plummer1911`, a size, a number of stars, a spread of brightness, and some stars that only happen to stand there.


# %% tags=["hide-input"]
def clusters(n_images, size=20, seed=0):
    """Synthetic globular clusters: bright pixels are +1."""
    generator = np.random.default_rng(seed)
    images = np.empty((n_images, size, size), np.int8)
    for image in images:
        n_stars = int(10 ** generator.uniform(2.7, 3.7))
        core = generator.uniform(0.08, 0.22)
        radius = core / np.sqrt(generator.random(n_stars) ** (-2 / 3) - 1)
        direction = generator.normal(size=(n_stars, 3))
        direction /= np.linalg.norm(direction, axis=1)[:, None]
        place = radius[:, None] * direction[:, :2]  # seen from the front
        field = generator.uniform(-1, 1, (20, 2))
        light = generator.pareto(1.3, n_stars + 20) + 0.1
        edges = np.linspace(-1, 1, 3 * size + 1)
        sky, *_ = np.histogram2d(
            *np.concatenate([place, field]).T, bins=edges, weights=light
        )
        sky = gaussian_filter(sky, 1.5)
        sky = sky.reshape(size, 3, size, 3).mean(axis=(1, 3))
        level = np.log10(sky + 1e-3)
        level = (level + 3) / (level.max() + 3)
        image[:] = np.where(level > 0.62, 1, -1)
    return images.reshape(n_images, -1)


# %%
stars = clusters(n_clusters + 300)
varying = (stars[:n_clusters] != stars[0]).any(0)
star_train, star_test = np.split(stars[:, varying], [n_clusters])
star_machine = ebm.fit_rbm(
    star_train,
    64,
    epochs=cluster_epochs,
    learning_rate=0.01,
    l2=1e-4,
    seed=1,
    progress=False,
).energy
star_z = ebm.log_partition(star_machine, n_chains=200, n_steps=1000)
star_scores = {
    "independent pixels": nats_alone(star_train, star_test),
    "RBM": nats(star_machine, star_test, star_z),
}

# %% tags=["remove-input"]
mine, mine_error = summary(star_scores["RBM"])
base, base_error = summary(star_scores["independent pixels"])
gain, gain_error = summary(
    star_scores["RBM"], star_scores["independent pixels"]
)
seen, seen_error = summary(nats(star_machine, star_train, star_z))
display(
    Markdown(
        f"{n_clusters:,} synthetic clusters of 20 by 20 pixels, and 300 more that are left out; {(stars == 1).mean():.0%} of the pixels are bright. "
        f"The machine gives the images left out {mine:.1f} ± {mine_error:.1f} nats, independent pixels {base:.1f} ± {base_error:.1f}, which is {gain:.1f} ± {gain_error:.1f} nats an image less; on the images that it was trained on it has {seen:.1f} ± {seen_error:.1f}. "
        "The errors include those of annealing."
    )
)

# %% tags=["hide-input"]
from_noise = ebm.sample(
    star_machine, 8, n_chains=8, warmup=2000, thin=1, method="block", seed=3
).spins
chance = (star_train == 1).mean(0)
free = np.where(rng.random((8, len(chance))) < chance, 1, -1)
shown = np.tile(stars[0].astype(float), (24, 1))  # pixels that never vary
shown[:8] = stars[-8:]
shown[8:16, varying] = from_noise
shown[16:, varying] = free
figure = plt.figure(figsize=(5.2, 2.1))
plotting.plot_images(figure, -shown.reshape(-1, 20, 20), columns=8)
bright = [(row == 1).mean(1) for row in (stars[-300:], from_noise, free)]
plotting.show(
    figure,
    name="fig-clusters",
    caption="Synthetic clusters (top), new ones that the machine drew from noise (middle), and what independent pixels draw (bottom). White is bright.",
    alt=f"Three rows of eight images. Top and middle: round white discs with ragged edges, small and large. Bottom: grainy discs all of one size. The number of bright pixels varies by {bright[0].std() / bright[0].mean():.0%} in the data, {bright[1].std() / bright[1].mean():.0%} among the machine's, {bright[2].std() / bright[2].mean():.0%} among those of independent pixels.",
)

# %% [markdown]
# Independent pixels know where light is likely, and nothing else: all their clusters have one size. The machine knows that the pixels of an edge are bright together or dark together.
#
# ### Real ones
#
# The planetarium [Stellarium](https://stellarium.org) has photographs of 84 globular clusters. They are their photographers', so this page shows only what machines made of them. `studies/star_clusters.py` turns them into spins of 32 by 32 pixels, leaves out a quarter of the *clusters* at a time, and only then adds the eight symmetries of the square, because a turned copy of a cluster that is left out would give it away.

# %% tags=["hide-input"]
real = [row["result"] for row in recorded("star_clusters")]
real_rbm, real_alone = (
    np.concatenate([row[name] for row in real])
    for name in ("rbm", "independent")
)
annealing = np.mean([row["log Z error"] for row in real])
real_drawn = np.array(
    [
        np.unpackbits(np.frombuffer(bytes.fromhex(text), np.uint8))
        for row in real
        for text in row["drawn"][:4]
    ]
)
figure = plt.figure(figsize=(5.2, 1.6))
plotting.plot_images(
    figure, 1 - 2.0 * real_drawn.reshape(-1, 32, 32), columns=8
)
spread = real_drawn.mean(1).std() / real_drawn.mean()
plotting.show(
    figure,
    name="fig-real-clusters",
    caption="Drawn from noise by four machines that were trained on photographs of globular clusters, four images each. White is bright.",
    alt=f"Sixteen images in two rows: white discs with ragged edges and loose pixels around them, small and large. The number of bright pixels varies by {spread:.0%}.",
)

# %% tags=["remove-input"]
real_gain = real_rbm - real_alone
per_root = np.sqrt(len(real_gain))
display(
    Markdown(
        f"Each of the {len(real_gain)} clusters was left out once. The machines give them {real_rbm.mean():.0f} ± {real_rbm.std(ddof=1) / per_root:.0f} nats, independent pixels {real_alone.mean():.0f} ± {real_alone.std(ddof=1) / per_root:.0f}; cluster by cluster the gain is {real_gain.mean():.1f} ± {np.hypot(real_gain.std(ddof=1) / per_root, annealing):.1f}. With 63 clusters to learn from, that is the shape that all of them share, and not much else."
    )
)

# %% [markdown]
# ### New clusters from one
#
# A chain can also start at an image. For a while it draws relatives of it, and then it forgets.
#
# :::{admonition} Predict, then run: how long?
# :class: predict
# After how many sweeps is a chain from the largest cluster as unlike it as a chain from noise: one, ten, a hundred, more?
# :::

# %%
original = star_test[np.argmax((star_test == 1).sum(1))]  # the largest
n_walkers, times = 200, [0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512]
at, done, overlaps, keep = np.tile(original, (n_walkers, 1)), 0, [], {}
for k in times:
    if k > done:
        at = ebm.sample(
            star_machine,
            n_walkers,
            initial=at,
            warmup=k - done - 1,
            thin=1,
            method="block",
            seed=k,
        ).spins
        done = k
    overlaps.append((at == original).mean(1))
    keep[k] = at[0]
strangers = ebm.sample(
    star_machine, 400, n_chains=400, warmup=2000, thin=1, method="block", seed=9
).spins
floor = (strangers == original).mean(1)

# %% tags=["hide-input"]
figure, (top, bottom) = plt.subplots(
    2, 1, figsize=(5.2, 4.4), height_ratios=[1, 2.4]
)
show_at = [0, 1, 4, 16, 64, 512]
strip = np.tile(stars[0].astype(float), (len(show_at), 1))
strip[:, varying] = [keep[k] for k in show_at]
padded = np.full((20, 22 * len(show_at)), 1.0)
for j, picture in enumerate(strip.reshape(-1, 20, 20)):
    padded[:, 22 * j + 1 : 22 * j + 21] = -picture
top.imshow(padded, cmap="gray_r", vmin=-1, vmax=1)
top.set_xticks(
    [22 * j + 11 for j in range(len(show_at))], [str(k) for k in show_at]
)
top.set_yticks([])
top.spines[:].set_visible(False)
top.tick_params(length=0)
mean = np.array([o.mean() for o in overlaps])
spread = np.array([o.std() for o in overlaps])
bottom.errorbar(
    np.array(times) + 0.5,
    mean,
    spread,
    color=COLORS["hybrid"],
    marker="o",
    capsize=3,
    label="chains from it",
)
bottom.axhline(
    floor.mean(), color="black", linestyle="--", label="chains from noise"
)
bottom.set(
    xscale="log", xlabel="sweeps + 0.5", ylabel="pixels as in the original"
)
bottom.legend()
plotting.show(
    figure,
    name="fig-memory-of-one",
    caption=f"How long a chain remembers the image that it started from. Top: one chain after so many sweeps. Bottom: share of the pixels that agree with the original; means over {n_walkers} chains, bars their standard deviations.",
    alt=f"A strip of six images in which a large disc changes slowly. Below, the share of equal pixels falls from 1 through {mean[4]:.2f} after {times[4]} sweeps to {mean[-1]:.2f} after {times[-1]}; chains from noise agree in {floor.mean():.2f} of the pixels.",
)

# %% [markdown]
# ## The couplings of a machine
#
# A trained machine looks like a box with a matrix $W$ in it that means nothing by itself: swap two hidden spins, or flip one with its weights, and nothing changes. Yet it is an energy, so it has couplings, and triples, and they do mean something ({ref}`sec-walsh`). For one hidden layer they can be computed exactly at any size, unit by unit, as for the networks of chapter 5.
# A published formula does it approximately {cite}`decelle2024`: where many spins act on a hidden one, the sum over all but two of them is nearly normal, $X_j \sim \mathcal N\big(b_j, \sum_{k \ne i, i'} W_{kj}^2\big)$, and
#
# $$
# J_{ii'} \approx \frac14 \sum_j \sum_{\sigma, \sigma' = \pm 1} \sigma \sigma' \,
# \big\langle \log\cosh( X_j + \sigma W_{ij} + \sigma' W_{i'j} ) \big\rangle_{X_j} .
# $$ (eq-decelle)


# %% tags=["hide-input"]
def couplings_if_normal(machine, nodes=40):
    """The large-N formula, by Gauss-Hermite quadrature."""
    w, b = machine.weights, machine.hidden_fields
    x, weight = np.polynomial.hermite_e.hermegauss(nodes)
    weight = weight / weight.sum()
    n = len(w)
    found = np.zeros((n, n))
    total = (w**2).sum(0)
    for i in range(n):
        spread = np.sqrt(np.maximum(total - w[i] ** 2 - w**2, 0))  # (N, H)
        for sign in (1, -1):
            for other in (1, -1):
                shift = sign * w[i] + other * w
                at = (b + shift)[..., None] + spread[..., None] * x
                value = (np.logaddexp(at, -at) @ weight).sum(1)
                found[i] += sign * other * value / 4
    np.fill_diagonal(found, 0)
    return found


# %%
exactly = ebm.couplings(digit_machine).values
approximately = couplings_if_normal(digit_machine)
upper = np.triu_indices(len(exactly), 1)
relative = np.linalg.norm((approximately - exactly)[upper])
relative /= np.linalg.norm(exactly[upper])

# %% tags=["remove-input"]
pairwise_j = models["pairwise"].couplings[upper]
slope = (exactly[upper] @ pairwise_j) / (pairwise_j @ pairwise_j)
triples = ebm.interactions(digit_machine, 3).coefficients
share = (triples**2).sum() / (exactly[upper] ** 2).sum()
display(
    Markdown(
        f"On the machine of the digits the approximate couplings are {relative:.1%} off, in the norm over pairs. "
        f"The exact ones have a correlation of {np.corrcoef(exactly[upper], pairwise_j)[0, 1]:.2f} with those of the pairwise model, and {slope:.2f} times their size. "
        f"But other orders share the work: its triples have {share:.1%} of the couplings' sum of squares."
    )
)

# %% tags=["hide-cell", "checks", "nbval-check-output"]
tiny = ebm.RBM.of(rng.normal(0, 0.3, (10, 3)), np.zeros(10), np.zeros(3))
states = exact.states(10).astype(float)
walsh = -(
    exact.energies(tiny)[:, None, None]
    * states[:, :, None]
    * states[:, None, :]
).mean(0)
np.fill_diagonal(walsh, 0)
print(
    "quadrature = enumeration:",
    np.allclose(ebm.couplings(tiny).values, walsh, atol=1e-9),
)
print(
    "the formula is close:",
    np.abs(couplings_if_normal(tiny) - walsh).max() < 0.05,
)

# %% [markdown]
# ### Does it find the truth?
#
# So a machine can take part in chapter 5's contest. The data are again those of 16 spins with 16 triples.

# %%
hidden_truth = ebm.random_hamiltonian(16, order=3, gamma=0.5, beta=1.0, seed=1)
known_samples = exact.sample(hidden_truth, 10_000, seed=1)
contest = {"pairwise": ebm.fit_pairwise(known_samples).energy}
contest["RBM"] = ebm.fit_rbm(
    known_samples,
    64,
    epochs=150,
    batch_size=100,
    learning_rate=0.03,
    seed=1,
    progress=False,
).energy
kept, held_out = known_samples[1000:], known_samples[:1000]
network = ebm.Network(16, (64,), "gelu", seed=1)
contest["hybrid"] = ebm.fit_pairwise(kept).energy + network
ebm.fit(
    contest["hybrid"],
    kept,
    validation=held_out,
    epochs=45,
    weight_decay=1.0,
    seed=1,
    progress=False,
)
contest["pursuit"] = ebm.fit_many_body(known_samples).energy
errors = {
    name: ebm.reconstruction_error(
        ebm.couplings(energy), hidden_truth.couplings
    )
    for name, energy in contest.items()
}
named = ebm.interactions(contest["RBM"], 3, top=16).indices.tolist()
right = {tuple(i) for i in named} & set(hidden_truth.interactions)

# %% tags=["remove-input"]
display(
    Markdown(
        "The errors $\\varepsilon$ are "
        + ", ".join(f"{value:.3f} ({name})" for name, value in errors.items())
        + f". Of the sixteen strongest triples of the machine, {len(right)} are among the sixteen true ones."
    )
)

# %% tags=["hide-cell", "checks", "nbval-check-output"]
print("the machine beats the pairwise fit:", errors["RBM"] < errors["pairwise"])
print("pursuit beats the machine:", errors["pursuit"] < errors["RBM"])

# %% [markdown]
# ## Cheat sheet
#
# | what | how | code |
# |---|---|---|
# | likelihood | annealing, with its error | `ebm.log_partition(machine)` |
# | new images | chains from noise | `ebm.sample(machine, n, method="block")` |
# | mean image | the last layer's means | `machine.visible_means(hidden)` |
# | couplings | quadrature, unit by unit | `ebm.couplings(machine)` |
# | triples | the same | `ebm.interactions(machine, 3)` |
#
# ## Summary
#
# - Train long. A machine that is trained too little is worse than pairs; trained well it beats them by likelihood, where a hybrid by pseudolikelihood does not.
# - It learns what belongs together: strokes, and the edge of a cluster.
# - A machine's weights mean nothing by themselves; its couplings and triples do.
#
# ## Exercises

# %% [markdown]
# (ex-8-4)=

# %% [markdown]
# :::{admonition} Exercise 8.4: a triple from a hidden spin
# :class: exercise
# *coding, easy, 10 minutes*
#
# Three visible spins hang on one hidden spin with weights 1, and the hidden spin has the field $b = 0.5$. Its energy holds a term $-J_{012}\, s_0 s_1 s_2$. Is $J_{012}$ positive or negative, in your guess? Read it off with `ebm.interactions`.
# :::

# %%
from exercises import answer

triple = ...
answer("8.4", triple)

# %% [markdown]
# :::{admonition} Solution to exercise 8.4
# :class: dropdown solution
# Without a field the hidden spin treats $s$ and $-s$ alike, so there is no triple. With $b > 0$ the machine likes $s$ up; but it likes the third spin up less if two are up already, because $\log\cosh$ grows no faster than a straight line. So $J_{012}$ is negative.
# :::

# %% tags=["hide-cell", "solution"]
three = ebm.RBM.of([[1.0], [1.0], [1.0]], [0.0, 0.0, 0.0], [0.5])
assert answer("8.4", ebm.interactions(three, 3).coefficients[0])

# %% [markdown]
# ## Where next
#
# - {doc}`09_autoencoders`: images without a likelihood.
# - {doc}`05_coupling_reconstruction`: couplings of any energy.
#
# ## Further reading
#
# - {cite}`decelle2024` reads couplings and triples off machines, in the limit of many spins.
