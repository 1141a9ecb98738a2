# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Hybrid training
#
# A {term}`pairwise model` can be read, but it can only say what pairs say. A neural network can say anything, but it cannot be read.
# This chapter adds the two energies and trains the sum, because a sum may have the virtues of both.
# The question is whether it does: **who wins, the pairs, the network, or the two together?**
#
# **What you will learn**
#
# - what a hybrid energy is, and which data need one;
# - how pseudolikelihood trains any energy, and the trick that makes it cheap;
# - a training loop of a dozen lines, and what a good one does besides;
# - when the hybrid beats the pairwise model and the network alone, on generated data and on handwritten digits;
# - what a better score is worth, if the model is to draw.
#
# **Prerequisites**: pseudolikelihood from {doc}`03_pairwise_models`, and the digits of {doc}`03b_handwritten_digits`. Symbols are in {doc}`../book/notation`.
#
# **Running time**: less than a minute on one core.

# %%
import matplotlib.pyplot as plt
import numpy as np
import torch
from IPython.display import Markdown, display
from torch.nn.functional import softplus

import ebmtools as ebm
from ebmtools import exact, plotting

plotting.use_style()
COLORS, MARKERS = plotting.COLORS, plotting.MARKERS

# %% tags=["parameters"]
seed = 1
truth_seed = 11  # the recipe was searched on another
n_spins = 16
order = 3
gamma = 0.5  # strength of the interactions of three spins
beta = 1.0
few, many = 1000, 4000  # samples
hidden = 64
image_units = 128
activation = "gelu"
n_repeats = 4  # data sets or instances behind each error
n_folds = 2  # of the images

# %% [markdown]
# ```{figure} ../book/_static/drawings/card-hybrid.svg
# :name: fig-draw-hybrid
# :alt: A box with four circles joined by lines, a plus, and a box with a small neural network.
#
# The hybrid: an energy of pairs, which one can read, plus a network, which takes up the rest. Energies add.
# ```

# %% [markdown]
# ## What pairs cannot say
#
# {doc}`03b_handwritten_digits` ended with a failure: the best pairwise model of the digits had the right first and second moments, and wrong third ones.
# The smallest example of such a failure has three {term}`spins <spin>` and one {term}`interaction`,
#
# $$
# E(s) = -\xi\, s_0 s_1 s_2 .
# $$ (eq-ht-parity)
#
# States whose product is $+1$ are likely, the others are not. Yet any two of the spins are independent fair coins, because each of their four states leaves the third spin one likely and one unlikely value. So every mean and every correlation is zero.
# A pairwise fit sees the data through these alone, and therefore it finds three fair coins, however many data there are.
#
# We give 4,000 samples to both kinds of model. The hybrid is trained by `ebm.fit`, which the rest of the chapter explains.

# %%
parity = ebm.ManyBody(3, [(0, 1, 2)], [1.0])
samples = exact.sample(parity, 4000, seed=seed)
blind = ebm.fit_pairwise(samples).energy
seeing = ebm.Pairwise(np.zeros((3, 3)))
seeing = seeing + ebm.Network(3, hidden=(16,), seed=seed)
ebm.fit(seeing, samples, epochs=40, weight_decay=0, progress=False)
chances = {
    "truth": exact.probabilities(parity),
    "pairwise": exact.probabilities(blind),
    "hybrid": exact.probabilities(seeing),
}

# %% tags=["hide-input"]
figure, axes = plt.subplots(figsize=(5.2, 3.2))
names = [
    "".join("+" if s > 0 else "−" for s in state) for state in exact.states(3)
]
for k, (name, p) in enumerate(chances.items()):
    color = COLORS["exact" if name == "truth" else name]
    axes.bar(np.arange(8) + 0.27 * (k - 1), p, 0.25, color=color, label=name)
axes.set_xticks(range(8), names)
axes.set(xlabel="state", ylabel="probability", ylim=(0, 0.36))
axes.legend(ncols=3, loc="upper center")
distance = {
    name: np.abs(p - chances["truth"]).max() for name, p in chances.items()
}
plotting.show(
    figure,
    name="fig-hybrid-parity",
    caption="Three spins that interact only as a triple. Probability of each state: exact, in the pairwise fit, and in the hybrid.",
    alt=f"Eight groups of bars. True probabilities are {chances['truth'].max():.3f} for states with an even number of minus signs and {chances['truth'].min():.3f} for the others. The pairwise bars all stand near 0.125; the hybrid's are within {distance['hybrid']:.3f} of the truth.",
)

# %% [markdown]
# ## Adding energies
#
# The {term}`hybrid <hybrid model>` is the sum of a pairwise energy and a network,
#
# $$
# E_\text{hybrid}(s) = E_\text{pw}(s) + E_\text{nn}(s) ,
# $$ (eq-ht-hybrid)
#
# where $E_\text{nn}$ is a neural network whose output is read as an energy. This is the model of Feinauer and Lucibello {cite}`feinauer2022`, and a case of *knowledge integration*: what we know about a problem is built into the model, and what we do not know is learned {cite}`vonrueden2023`.
# Here we know that pairs matter. The pairwise part says so, with parameters that mean something, and the network takes the rest.
#
# Why a sum? Because a sum of energies is a product of probabilities, $e^{-(E_1 + E_2)} = e^{-E_1}\, e^{-E_2}$, so that a state is likely if *both* parts accept it ({doc}`01_energy_based_models`). No other change is needed: a sum of energies is an energy.
#
# The network has one hidden layer of $H$ units,
#
# $$
# \begin{aligned}
# E_\text{nn}(s) &= \sum_{a=1}^{H} v_a\, \phi(z_a), \\
# z_a &= \sum_j W_{aj} s_j + b_a .
# \end{aligned}
# $$ (eq-ht-network)
#
# With enough units it can be *any* function of the spins ({ref}`exercise 4.1 <ex-4-1>`), so it can supply interactions of every order.
# That is its power and its danger, because any function includes the noise of the data.
#
# In the package a sum is written as a sum. The truth is the generator that {doc}`05_coupling_reconstruction` will use: random {term}`couplings <coupling>`, and as many random triples as there are spins, of a strength set by $\gamma$. With 16 spins every sum over states can be done exactly.

# %%
truth = ebm.random_hamiltonian(
    n_spins, order, gamma=gamma, beta=beta, seed=truth_seed
)
spins = exact.sample(truth, many, seed=seed)
pairwise = ebm.fit_pairwise(spins).energy
network = ebm.Network(n_spins, (hidden,), activation, seed=seed)
hybrid = pairwise + network
print(hybrid)

# %% tags=["hide-cell", "checks", "nbval-check-output"]
s = spins[:5]
print(
    "energies add:          ",
    torch.allclose(hybrid(s), pairwise(s) + network(s)),
)
product = np.exp(-exact.energies(pairwise))
product *= np.exp(-exact.energies(network))
product /= product.sum()
print(
    "probabilities multiply:",
    np.allclose(exact.probabilities(hybrid), product),
)

# %% [markdown]
# ## What a flip costs
#
# How do we train an energy whose $Z$ we cannot compute? As in chapter 3, by **{term}`pseudolikelihood`** {cite}`besag1975`: we maximise the mean, over a batch of $B$ samples, of
#
# $$
# \mathcal L(\theta) = \frac1B \sum_{b=1}^{B} \sum_{i=1}^{N} \log p_\theta(s_i^b \mid s_{/i}^b) .
# $$ (eq-ht-pl)
#
# Given all other spins, spin $i$ has two values only, so its normaliser has two terms and $Z$ cancels,
#
# $$
# p_\theta(s_i \mid s_{/i}) = \frac{e^{-E(s_i, s_{/i})}}{e^{-E(+1, s_{/i})} + e^{-E(-1, s_{/i})}} .
# $$ (eq-ht-two)
#
# That makes **two energy evaluations per site**. One of the two states is the sample itself, the other is the sample with spin $i$ flipped. Divide by the numerator, and only their difference is left, the {term}`flip change`:
#
# $$
# \begin{aligned}
# \Delta_i(s) &= E(s \text{ with spin } i \text{ flipped}) - E(s) , \\
# p(s_i \mid s_{/i}) &= \frac{1}{1 + e^{-\Delta_i(s)}} .
# \end{aligned}
# $$ (eq-ht-sigmoid)
#
# Check the sign: a flip that would cost much energy has a large positive $\Delta_i$, so the formula gives a probability near one, as it should for a spin that already sits right. Its logarithm is $-\operatorname{softplus}(-\Delta_i)$, with $\operatorname{softplus}(x) = \log(1 + e^x)$.
#
# For one hidden layer we need not even run the network again. Flipping spin $i$ changes $s_i$ by $-2 s_i$, so every pre-activation takes a step along column $i$ of $W$ ({numref}`fig-draw-flip`),
#
# $$
# \begin{aligned}
# z_a &\to z_a - 2 s_i W_{ai} , \\
# \Delta_i(s) &= \sum_a v_a \big[ \phi(z_a - 2 s_i W_{ai}) - \phi(z_a) \big] .
# \end{aligned}
# $$ (eq-ht-shift)
#
# ```{figure} ../book/_static/drawings/flip.svg
# :name: fig-draw-flip
# :alt: Three spins at the left, joined to three hidden units. The middle spin is flipped; at the right, the pre-activation of each unit moves along its own axis, by steps of different length and direction. The other spins stay.
#
# A flip moves every pre-activation by a known step, so nothing has to be summed again. The step of unit $a$ is $-2 s_i W_{ai}$.
# ```
#
# The naive way needs $2N$ forward passes per sample, with $2NH$ operations in $Ws + b$ and $3H - 1$ after it. The shift needs one pass, and $5H$ operations for each site: $2H$ to move the pre-activations, $3H - 1$ to sum over units again, and one for $-2 s_i$. So
#
# $$
# \begin{aligned}
# C_\text{naive} &= 2N \big( 2NH + 3H - 1 \big) , \\
# C_\text{shift} &= 2NH + 3H - 1 + 5NH ,
# \end{aligned}
# $$ (eq-ht-cost)
#
# a factor of about $4N/7$. Here are both ways, in plain PyTorch; `energy.flip_change` is the package's.


# %%
def naive(energy, spins):
    """All flip changes, by two energies per site."""
    columns = []
    for i in range(spins.shape[1]):
        flipped = spins.clone()
        flipped[:, i] *= -1
        columns.append(energy(flipped) - energy(spins))
    return torch.stack(columns, dim=1)


def shifted(network, spins):
    """The same for one hidden layer, by its steps."""
    (layer,), v = network.linear_layers, network.output
    z = layer(spins)[:, None, :]
    step = 2 * spins[:, :, None] * layer.weight.T
    phi = torch.nn.functional.gelu
    return (phi(z - step) - phi(z)) @ v


batch = torch.tensor(spins[:100]).double()
smooth = ebm.Network(n_spins, (hidden,), "gelu", seed=seed).double()
with torch.no_grad():
    ways = naive(smooth, batch), shifted(smooth, batch)
    package = smooth.flip_change(batch)

# %% tags=["hide-cell", "checks", "nbval-check-output"]
for name, way in zip(("naive", "shift"), ways, strict=True):
    print(f"{name} = package: {torch.allclose(way, package, atol=1e-12)}")

# %% [markdown]
# ## A training loop of a dozen lines
#
# We minimise $-\mathcal L$, the mean of $\sum_i \operatorname{softplus}(-\Delta_i)$. With $\sigma(x) = 1/(1 + e^{-x})$ its gradient is
#
# $$
# -\frac{\partial \mathcal L}{\partial \theta} = -\frac1B \sum_{b,i} \sigma\big(\!-\Delta_i\big)\, \frac{\partial \Delta_i}{\partial \theta} .
# $$ (eq-ht-gradient)
#
# The factor $\sigma(-\Delta_i)$ is the probability that the model gives to the *wrong* value of the spin. Where the model is right already, nothing is learned; where it is wrong, the flip is made more costly. Automatic differentiation does the rest.
#
# The loop uses three ideas.
#
# - **Batches.** The gradient of a few dozen samples is noisy but cheap, and many cheap steps lead further than few exact ones.
# - **Adam** {cite}`kingma2015` divides the running mean of the gradient by its running size, parameter by parameter. So the learning rate is about the length of a step, whatever the units of the loss.
# - **{term}`Weight decay <weight decay>`** {cite}`loshchilov2019` shrinks the network's parameters at each step by the factor $1 - \text{rate} \times \text{decay}$. The pairwise parameters do not shrink, because they are the part that we trust.


# %%
objective = ebm.objectives.pseudolikelihood  # of a batch


def train(hybrid, data, epochs, rate=0.02, decay=0.0, size=50):
    """Train in place; pause after each epoch."""
    pairwise, network = (part.parameters() for part in hybrid.parts)
    trusted = {"params": pairwise, "weight_decay": 0.0}
    decaying = {"params": network, "weight_decay": decay}
    optimizer = torch.optim.AdamW([trusted, decaying], lr=rate)
    random = torch.Generator().manual_seed(seed)
    data = torch.tensor(data)
    for epoch in range(1, epochs + 1):
        order = torch.randperm(len(data), generator=random)
        for rows in order.split(size):
            optimizer.zero_grad()
            objective(hybrid, data[rows]).backward()
            optimizer.step()
        yield epoch


# %% tags=["hide-cell", "checks", "nbval-check-output"]
test = ebm.fit_pairwise(spins).energy.double() + smooth
parameters = tuple(test.parameters())
same = torch.autograd.gradcheck(
    lambda *_: softplus(-naive(test, batch)).sum(1).mean(),
    parameters,
    fast_mode=True,
)
slopes = torch.autograd.grad(objective(test, batch), parameters)
by_hand = torch.autograd.grad(
    softplus(-naive(test, batch)).sum(1).mean(), parameters
)
print("naive: autograd = finite differences:", same)
close = [torch.allclose(*pair) for pair in zip(slopes, by_hand, strict=True)]
print("the package's gradient is the same:  ", all(close))

# %% [markdown]
# Where should it start? At the convex pairwise fit, with the network's output weights $v$ at zero. Then the hybrid *is* the pairwise model at {term}`epoch` zero, and whatever training adds must earn its place.
#
# Before anything is fitted, a share of the samples is set aside. These **held-out** samples take no part in any gradient, but they choose the epoch that is kept.
# One trap hides here: the pairwise fit, too, must see the training samples only. If it has seen the held-out ones, epoch zero looks better than it is, and training looks useless ({ref}`exercise 4.5 <ex-4-5>` measures by how much). {doc}`04b_how_training_fails` has the other traps, and a recipe.


# %%
def split(spins, share=0.2, seed=0):
    """Training and held-out samples."""
    rows = np.random.default_rng(seed).permutation(len(spins))
    cut = round(share * len(spins))
    return spins[rows[cut:]], spins[rows[:cut]]


def untrained(data, seed=0, width=hidden, *, l2=0.0):
    """A pairwise fit, plus a network that is still silent."""
    network = ebm.Network(data.shape[1], (width,), activation, seed=seed)
    torch.nn.init.zeros_(network.output)
    return ebm.fit_pairwise(data, l2=l2).energy + network


# %% [markdown]
# The package's loop is `ebm.fit`. It does the same with a compiled gradient, lets the rate fall to zero along a cosine, keeps the epoch that is best on the held-out samples, and of several weight decays the best.
#
# ## Who wins? Generated data
#
# Generated data allow a score that real data do not. With 16 spins we know the probability $p(s)$ of each state, so that a model $q$ can be scored as if on infinitely many samples. The truth itself has the lowest score that any model can have. What a model has above it is its **excess**,
#
# $$
# \text{excess} = \sum_s p(s) \sum_i \log \frac{p(s_i \mid s_{/i})}{q(s_i \mid s_{/i})} .
# $$ (eq-ht-excess)
#
# It is a sum of Kullback-Leibler divergences, so it is never negative, and zero only for perfect conditionals.


# %%
every_state = exact.states(n_spins)


def true_score(model, truth):
    """As if on infinitely many samples of the truth."""
    p = exact.probabilities(truth)
    with torch.no_grad():
        return objective(model, every_state, p).item()


# %% [markdown]
# One truth proves little, so we draw several: at $\gamma = 0$, where the pairwise model is right, and at $\gamma > 0$, where it is not. Each is given to all three models, the latter with few samples and with many. The models are compared *on the same instance*, so that the differences between instances drop out ({numref}`fig-hybrid-compare`).
# The settings are ours, chosen to run fast; they were found on *another* truth, so what is shown is not what was searched.
#
# :::{admonition} Predict, then run: few samples
# :class: predict
# With few samples, will the hybrid still beat the pairwise fit where there are triples? And what will it lose where there are none?
# :::

# %%
kinds = ["pairwise", "network", "hybrid"]
cases = [(0.0, few), (gamma, few), (gamma, many)]
rates = {"learning_rate": 0.02, "weight_decay": [0.3, 1.0]}
how = rates | {"epochs": 15, "progress": False}
scores = np.empty((len(cases), len(kinds), n_repeats))
for k in range(n_repeats):
    for c, (strength, size) in enumerate(cases):
        instance = ebm.random_hamiltonian(
            n_spins, order, gamma=strength, beta=beta, seed=100 + k
        )
        data, held_out = split(exact.sample(instance, size, seed=k))
        hybrid = untrained(data, seed=k)
        network = ebm.Network(n_spins, (hidden,), activation, seed=k)
        steps = {"validation": held_out, "batch_size": len(data) // 16}
        ebm.fit(network, data, **steps, **how)
        ebm.fit(hybrid, data, **steps, **how)
        pairwise = ebm.fit_pairwise(data).energy
        floor = true_score(instance, instance)
        for m, model in enumerate((pairwise, network, hybrid)):
            scores[c, m, k] = true_score(model, instance) - floor


# %% tags=["hide-input"]
def mean_and_error(values):
    """Mean and standard error over the last axis."""
    values = np.asarray(values)
    n = values.shape[-1]
    return values.mean(-1), values.std(-1, ddof=1) / np.sqrt(n)


figure, axes = plt.subplots(figsize=(5.2, 4.0))
for m, name in enumerate(kinds):
    places = np.arange(len(cases)) + 0.2 * (m - 1)
    mean, error = mean_and_error(scores[:, m])
    axes.errorbar(
        places,
        mean,
        error,
        linestyle="",
        marker=MARKERS[name],
        color=COLORS[name],
        label=name,
        capsize=3,
    )
    for k in range(n_repeats):
        axes.plot(
            places + 0.06,
            scores[:, m, k],
            ".",
            color=COLORS[name],
            markersize=3.5,
        )
axes.set_xticks(range(len(cases)), [f"γ = {g:g}\nM = {m}" for g, m in cases])
axes.axvline(0.5, color="#bbbbbb", linewidth=1)
axes.set(ylabel="exact excess (nats)", ylim=(0.02, None), yscale="log")
axes.set_yticks([0.03, 0.1, 0.3, 1, 3], ["0.03", "0.1", "0.3", "1", "3"])
axes.minorticks_off()
axes.legend(ncols=3, loc="upper center", bbox_to_anchor=(0.5, 1.15))
means = scores.mean(-1)
plotting.show(
    figure,
    name="fig-hybrid-compare",
    caption=f"Exact excess over the truth for {n_repeats} instances: means with standard errors, and each instance as a dot. The axis is logarithmic.",
    alt="; ".join(
        f"gamma {g:g}, {size} samples: "
        + ", ".join(
            f"{name} {value:.2f}"
            for name, value in zip(kinds, line, strict=True)
        )
        for (g, size), line in zip(cases, means, strict=True)
    )
    + ".",
)

# %% tags=["remove-input"]
rows = [
    "| γ, samples | hybrid − pairwise | hybrid − network |",
    "|---|---:|---:|",
]
over = {}
for m, name in ((0, "pairwise"), (1, "network")):
    over[name] = mean_and_error(scores[:, 2] - scores[:, m])
for c, (g, size) in enumerate(cases):
    cells = [f"{m[c]:+.3f} ± {e[c]:.3f}" for m, e in over.values()]
    rows.append(f"| {g:g}, {size:,} | " + " | ".join(cells) + " |")
display(
    Markdown(
        "Excess of the hybrid minus that of another model on the same instance, in nats per sample, with standard errors (negative: the hybrid is better):\n\n"
        + "\n".join(rows)
    )
)

# %% tags=["hide-cell", "checks", "nbval-check-output"]
print("hybrid ahead of pairwise by three standard errors:")
for (g, size), m, e in zip(cases, *over["pairwise"], strict=True):
    print(f"  gamma = {g:g}, M = {size}: {bool(m < -3 * e)}")

# %% tags=["remove-input"]
share = {
    name: np.mean(scores[1:, kinds.index(name)] < scores[1:, 0])
    for name in ("network", "hybrid")
}
lost, lost_error = mean_and_error(scores[0, 2] - scores[0, 0])
display(
    Markdown(
        f"With triples in the world the hybrid beats the pairwise fit in {share['hybrid']:.0%} of the runs, and the network alone in {share['network']:.0%}. "
        "The network has to spend its data on learning the pairs, whereas the hybrid begins with them. "
        f"Where there are no triples there is nothing to win, and the hybrid loses {lost:.3f} ± {lost_error:.3f} nats: weight decay and the held-out samples keep its network nearly silent."
    )
)

# %% [markdown]
# ## Who wins? Handwritten digits
#
# Now data whose truth nobody knows: the small digits of {doc}`03b_handwritten_digits`, and 5,000 images of MNIST {cite}`lecun1998`, reduced to 8 × 8 pixels. Pixels that hardly ever change are left out.
#
# Each fold has three parts: training images, held-out images that choose epoch and decay, and test images that choose nothing. The pairwise fit has a penalty $\lambda = 0.01$ on its couplings, which is the best or near it for both sets. The recipe of the networks is the same for both; it was found in about ten trials, judged on the small digits, so their gain may be a little flattered.


# %%
def changing(spins, least):
    """The pixels with both values in at least so many images."""
    inked = (spins == 1).sum(0)
    return spins[:, np.minimum(inked, len(spins) - inked) >= least]


images = {
    "digits": changing(ebm.data.digits().spins, 5),
    "MNIST": changing(ebm.data.mnist().spins, 250),
}


def nats(energy, spins):
    """Negative log pseudolikelihood of each image."""
    with torch.no_grad():
        return softplus(-energy.flip_change(spins)).sum(-1).numpy()


tested, models, logs = {}, {}, {}
for name, pixels in images.items():
    fold = np.random.default_rng(seed).permutation(len(pixels)) % 4
    each = {kind: [] for kind in kinds}
    for k in range(n_folds):
        test = pixels[fold == k]
        data, held_out = split(pixels[fold != k], 0.15, seed=k)
        trained = {
            "pairwise": ebm.fit_pairwise(data, l2=0.01).energy,
            "network": ebm.Network(
                data.shape[1], (image_units,), activation, seed=k
            ),
            "hybrid": untrained(data, k, image_units, l2=0.01),
        }
        for kind, rate, decay in (
            ("network", 0.03, 0.3),
            ("hybrid", 0.01, [0.3, 1.0]),
        ):
            logs[name, kind, k] = ebm.fit(
                trained[kind],
                data,
                validation=held_out,
                epochs=30,
                batch_size=len(data) // 25,
                learning_rate=rate,
                weight_decay=decay,
                seed=k,
                progress=False,
            )
        for kind, model in trained.items():
            each[kind].append(nats(model, test))
        models[name, k] = trained, data, test
    tested[name] = {kind: np.concatenate(v) for kind, v in each.items()}

# %% tags=["remove-input"]
rows = [
    "| images | pixels | pairwise | network | hybrid | hybrid − pairwise | hybrid − network |",
    "|---|---:|---:|---:|---:|---:|---:|",
]
lead = {}
for name, nat in tested.items():
    cells = [f"{nat[kind].mean():.2f}" for kind in kinds]
    for other in ("pairwise", "network"):
        mean, error = mean_and_error(nat["hybrid"] - nat[other])
        lead[name, other] = mean, error
        cells.append(f"{mean:+.2f} ± {error:.2f}")
    pixels = images[name].shape[1]
    rows.append(f"| {name} | {pixels} | " + " | ".join(cells) + " |")
display(
    Markdown(
        f"Nats per image on the test images of {n_folds} folds; differences on the same images, with standard errors:\n\n"
        + "\n".join(rows)
    )
)

# %% tags=["hide-cell", "checks", "nbval-check-output"]
for name in images:
    mean, error = lead[name, "pairwise"]
    print(
        f"{name}: hybrid ahead of pairwise by 10 standard errors:",
        bool(mean < -10 * error),
    )
    mean, error = lead[name, "network"]
    print(
        f"{name}: and of the network by 5:                       ",
        bool(mean < -5 * error),
    )

# %% tags=["hide-input"]
figure, panels = plt.subplots(2, 1, figsize=(5.2, 6.4))
told = []
for axes, name in zip(panels, images, strict=True):
    for kind in ("network", "hybrid"):
        log = logs[name, kind, 0]
        color = COLORS[kind]
        axes.plot(log.held_out, color=color, label=f"{kind}, held out")
        axes.plot(log.train, ":", color=color, label="training")
        axes.plot(
            log.best_epoch, log.objective, MARKERS[kind], color=color, zorder=3
        )
    level = logs[name, "hybrid", 0].held_out[0]
    axes.axhline(
        level,
        color=COLORS["pairwise"],
        linestyle="--",
        label="pairwise, held out",
    )
    axes.set(ylim=(0.55 * level, 1.6 * level), title=name)
    told.append(
        f"{name}: pairwise {level:.1f}, hybrid {logs[name, 'hybrid', 0].objective:.1f}, network {logs[name, 'network', 0].objective:.1f} nats on held-out images"
    )
panels[0].legend(ncols=2, fontsize=10, loc="upper right")
panels[1].set(xlabel="epoch")
figure.supylabel("−log pseudolikelihood (nats)", fontsize=12)
plotting.show(
    figure,
    name="fig-hybrid-digits",
    caption="Learning curves on the images, first fold. The dashed line is the convex pairwise fit, from which the hybrid starts. Marks: the epoch that is kept.",
    alt="Two panels of falling curves. "
    + "; ".join(told)
    + ". The hybrid's curves start at the dashed line and fall; its training curve ends below its held-out curve.",
)

# %% [markdown]
# On real images, too, the hybrid finds much that pairs cannot say ({numref}`fig-hybrid-digits`). How far it can go depends on how many images there are: the gap between its training and its held-out curve is wider for the small digits, of which there are fewer.
# The network alone is the telling case. With few images it does not reach the pairwise fit, because it has to learn a thousand pairs from nothing. With more it passes it.

# %% [markdown]
# ## Does the hybrid draw better digits?
#
# A better score does not mean better samples. So we let the models of the first fold of MNIST draw, and put their drawings to the check of {doc}`03b_handwritten_digits`, against the test images.
#
# :::{admonition} Predict, then run: whose digits?
# :class: predict
# The hybrid predicts a pixel from all others much better. Are its means and correlations nearer to those of the images, too?
# :::

# %%
trained, data, test = models["MNIST", 0]
checks = {
    name: ebm.predictive_check(trained[name], test, warmup=300, seed=seed)
    for name in ("pairwise", "hybrid")
}

# %% tags=["hide-input"]
raw = ebm.data.mnist().spins
inked = (raw == 1).sum(0)
shown = np.minimum(inked, len(raw) - inked) >= 250
rest = np.where(inked > len(raw) / 2, 1, -1).astype(np.int8)


def pictures(spins):
    """8 x 8 images; the pixels that were left out have their usual value."""
    full = np.tile(rest, (len(spins), 1))
    full[:, shown] = spins
    return full.reshape(-1, 8, 8)


sources = {"images": test[:: len(test) // 8][:8]}
for name, check in checks.items():
    sources[name] = check.draws.spins[-8:]
figure, panels = plt.subplots(3, 8, figsize=(6.0, 2.5))
for line, (name, some) in zip(panels, sources.items(), strict=True):
    for axes, picture in zip(line, pictures(some), strict=True):
        axes.imshow(picture, cmap="binary", vmin=-1, vmax=1)
        axes.set(xticks=[], yticks=[])
        axes.grid(False)
    line[0].set_ylabel(
        name, fontsize=11, rotation=0, ha="right", va="center", labelpad=8
    )
plotting.show(
    figure,
    name="fig-hybrid-drawn",
    caption="MNIST at 8 × 8: test images, and images that chains of the two models have drawn, not selected.",
    alt="Three rows of eight small black and white images. The test images are digits. In the two rows of drawn images there are strokes and loops, some like digits and some not.",
)

# %% tags=["remove-input"]
statistics = [row.statistic for row in checks["pairwise"].table]
rows = [
    "| model | " + " | ".join(statistics) + " |",
    "|---|" + "---:|" * len(statistics),
]
off = {}
for name, check in checks.items():
    off[name] = {row.statistic: row.rms for row in check.table}
    values = " | ".join(f"{value:.1f}" for value in off[name].values())
    rows.append(f"| {name} | {values} |")
display(
    Markdown(
        "Root mean square differences from the test images, in standard errors; a perfect model would have about 1:\n\n"
        + "\n".join(rows)
    )
)

# %% tags=["hide-cell", "checks", "nbval-check-output"]
print("neither passes:", not any(check.passed for check in checks.values()))
print(
    "the hybrid's means are much nearer:",
    off["hybrid"]["magnetisations"] < 0.7 * off["pairwise"]["magnetisations"],
)

# %% [markdown]
# Neither passes, and the hybrid's means and correlations are no nearer, which {numref}`fig-hybrid-drawn` would not tell. Why? Pseudolikelihood looks at one pixel at a time, given all others as they are *in the images*. Nothing in it holds the image together, so small errors of the conditionals add up along a chain, and a model with more freedom can have more of them.
#
# So the two objectives serve two purposes. Pseudolikelihood is cheap and exact, and it is the one for reading couplings, which is what the next chapter wants. A model that should *generate* is trained by its likelihood, at the price of chains: {doc}`appendix_drawing` trains these very models on, and then the hybrid draws better than any pairwise model can.

# %% [markdown]
# ## Cheat sheet
#
# | what | formula | code |
# |---|---|---|
# | hybrid | $E_\text{pw} + E_\text{nn}$ | `pairwise + ebm.Network(n)` |
# | score of one spin | $\operatorname{softplus}(-\Delta_i)$ | `energy.flip_change(s)` |
# | training | Adam on batches, held-out samples choose the epoch | `ebm.fit(energy, s, validation=held_out)` |
# | a start that may win | fitted without the held-out samples | `ebm.fit_pairwise(training)` |
#
# :::{admonition} History: an old objective
# :class: note
# Julian Besag proposed in 1975 to multiply the conditional probabilities of all sites as if they were independent {cite}`besag1975`. He had plants in mind, on a field where each depends on its neighbours, and no computer that could sum over all fields. The idea waited for models with a $Z$ that nobody can compute.
# :::

# %% [markdown]
# ## Summary
#
# - Adding energies multiplies probabilities. A hybrid is a pairwise energy plus a network, for what pairs cannot say.
# - Pseudolikelihood needs two energies per site. In terms of flip changes it is a sum of softplus, and one hidden layer gives all $N$ of them for about the price of a few forward passes.
# - Where there are triples, the hybrid beats both of its parts. Where there are none, it gains nothing and loses little.
# - On handwritten digits the hybrid predicts pixels clearly better than the pairwise fit. It does not draw better ones, unless it is trained on by its likelihood.
#
# Training is the part that can go wrong: {doc}`04b_how_training_fails`. What the hybrid says about the *couplings* is a question of its own: {doc}`05_coupling_reconstruction`.

# %% [markdown]
# ## Exercises
#
# (ex-4-1)=

# %% [markdown]
# :::{admonition} Exercise 4.1: any function of the spins
# :class: exercise
# *construction; medium, 15 minutes*
#
# (a) Build a network with relu units that equals any given function $f$ of $N$ spins. *Hint:* make a unit that is one in a single state and zero in all others. (b) Find a network with three relu units that equals $s_0 s_1 s_2$, up to a constant. *Hint:* on which single number does the product depend?
#
# For (b), give the output weights of $\operatorname{relu}(m + 3)$, $\operatorname{relu}(m + 1)$ and $\operatorname{relu}(m - 1)$, with $m = s_0 + s_1 + s_2$, that make the product *plus* a constant.
# :::

# %%
from exercises import answer

output_weights = [..., ..., ...]
answer("4.1", output_weights)

# %% [markdown]
# :::{admonition} Solution to exercise 4.1
# :class: dropdown solution
# (a) For the state $t$ take $z = t \cdot s - (N - 1)$. It is $1$ if $s = t$. One wrong spin lowers it by two, so it is at most $-1$ elsewhere, and relu makes that zero. With one such unit for each state and $v_t = f(t)$ the network is $f$, with all its Walsh coefficients. It needs $2^N$ units: possible is not the same as learnable.
#
# (b) The product depends on the sum $m = s_0 + s_1 + s_2$ only, with values $-1, 1, -1, 1$ at $m = -3, -1, 1, 3$. Three units will do: $\operatorname{relu}(m + 3) - 2 \operatorname{relu}(m + 1) + 2 \operatorname{relu}(m - 1)$ is the product plus one.
# :::


# %% tags=["hide-cell", "solution"]
def by_hand(weight, bias, output):
    """A relu network with the given parameters."""
    weight = torch.as_tensor(weight, dtype=torch.float64)
    net = ebm.Network(weight.shape[1], (len(weight),), "relu").double()
    with torch.no_grad():
        net.linear_layers[0].weight.copy_(weight)
        net.linear_layers[0].bias.copy_(torch.as_tensor(bias))
        net.output.copy_(torch.as_tensor(output))
    return net


states = exact.states(5)
wanted = np.random.default_rng(0).normal(size=len(states))
universal = by_hand(states.astype(float), np.full(len(states), -4.0), wanted)
assert np.allclose(exact.energies(universal), wanted)

triple = by_hand(np.ones((3, 3)), [3.0, 1.0, -1.0], [1.0, -2.0, 2.0])
assert np.allclose(exact.energies(triple), exact.states(3).prod(1) + 1)
print(f"{len(states)} units make any function of 5 spins; 3 make a triple")
assert answer("4.1", triple.output.tolist())

# %% [markdown]
# :::{admonition} Exercise 4.2: a network in disguise
# :class: exercise
# *thinking, then a check; easy, 5 minutes*
#
# Use the activation $\phi(z) = z^2$. Which interactions can such a network have, however wide it is? What would a hybrid with it gain?
#
# Give the highest order of interaction that it can have.
# :::

# %%
highest_order = ...
answer("4.2", highest_order)

# %% [markdown]
# :::{admonition} Solution to exercise 4.2
# :class: dropdown solution
# $(w \cdot s + b)^2 = \sum_{ij} w_i w_j s_i s_j + 2 b\, w \cdot s + b^2$. There are pairs, fields, and a constant, because $s_i^2 = 1$. It *is* a pairwise model, with more parameters than it needs. A hybrid with it gains nothing.
# :::

# %% tags=["hide-cell", "solution"]
squared = ebm.Network(6, (50,), "square", seed=1).double()
orders = np.array([bin(k).count("1") for k in range(2**6)])
coefficients = exact.walsh_transform(exact.energies(squared))
assert np.abs(coefficients[orders > 2]).max() < 1e-12
assert np.abs(coefficients[orders == 2]).max() > 0.01
print("no interactions beyond pairs")
assert answer("4.2", orders[np.abs(coefficients) > 1e-12].max())

# %% [markdown]
# :::{admonition} Exercise 4.3: tanh without tanh
# :class: exercise
# *derivation; medium, 15 minutes*
#
# For $\phi = \tanh$ the shift {eq}`eq-ht-shift` needs $NH$ new hyperbolic tangents per sample. Show that $H$ of them are enough, if $\tanh(2 W_{ai})$ is kept in a table. *Hint:* $\tanh(x - y)$ has an addition theorem.
#
# Give $\tanh(z_a - 2 s_i W_{ai})$ as a function of $T = \tanh z_a$, $t = \tanh(2 W_{ai})$ and the spin $s$.
# :::


# %%
def shifted(T, t, s):
    return ...


answer("4.3", shifted)

# %% [markdown]
# :::{admonition} Solution to exercise 4.3
# :class: dropdown solution
# The addition theorem, with $T = \tanh z_a$ and $t = \tanh(2 W_{ai})$, where $\tanh(2 s_i W_{ai}) = s_i t$ because $\tanh$ is odd:
# $\tanh(z_a - 2 s_i W_{ai}) = (T - s_i t)/(1 - s_i T t)$. The table has $NH$ entries, but it serves all samples of a batch.
# :::

# %% tags=["hide-cell", "solution"]
smooth = ebm.Network(6, (10,), "tanh", seed=2).double()
s = torch.tensor(exact.states(6)).double()
with torch.no_grad():
    layer = smooth.linear_layers[0]
    T = torch.tanh(layer(s))[:, None, :]
    st = s[:, :, None] * torch.tanh(2 * layer.weight.T)
    change = ((T - st) / (1 - st * T) - T) @ smooth.output
    assert torch.allclose(change, smooth.flip_change(s), atol=1e-12)
print("the table gives the same flip changes")
assert answer("4.3", lambda T, t, s: (T - s * t) / (1 - s * T * t))

# %% [markdown]
# ## Where next
#
# - {doc}`04b_how_training_fails` continues the chapter: overfitting, weight decay, the price, a recipe.
# - {doc}`appendix_drawing` lets the models draw, by either objective.
# - {doc}`05_coupling_reconstruction` asks what the hybrid says about the couplings.
# - {doc}`when_to_use_what` tells for which data a network is worth its training.

# %% [markdown]
# ## Further reading
#
# - {cite}`feinauer2022` introduced the hybrid of this chapter, and trains it by pseudolikelihood.
# - {cite}`vonrueden2023` gives the wider picture: knowledge and learning in one model.
# - {cite}`alpaydin1998` and {cite}`lecun1998` are the images.
