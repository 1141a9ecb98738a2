# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Learning an energy
#
# {doc}`01_energy_based_models` wrote its energies down. This second half of chapter 1 learns them from data.
# It looks like the easiest thing in the world: make the energy of the data low. **Why does that go wrong?**
#
# **What you will learn**
#
# - how an energy is learned: push down on data, push up on what the model believes;
# - why a *sum* of energies means *and*;
# - what all this costs, and why the rest of the book is about spins.
#
# **Prerequisites**: {doc}`01_energy_based_models`. A first contact with PyTorch helps.
#
# **Running time**: less than a minute on one core.

# %%
import matplotlib.pyplot as plt
import numpy as np
import torch
from IPython.display import Markdown, display
from scipy.special import logsumexp

import ebmtools as ebm
from ebmtools import plotting

plotting.use_style()
COLORS = plotting.COLORS

# %% tags=["parameters"]
seed = 1
n_photos = 1000  # to train on, and as many to test on
noise = 0.05  # standard deviation of the error of a height
regression_steps = 1500
energy_steps = 1500  # training of the learned energy
n_points = 2000  # samples for learning a density
learning_rate = 2.0  # eta in the learning rule
learning_steps = 6000

# %% [markdown]
# The first half of the chapter had an energy with two valleys, and a rocket that is photographed at random times. The next cells have both again, folded.


# %% tags=["hide-cell"]
def two_valleys(y):
    """Valleys near -1 and +1; the left one is deeper."""
    return 2 * (y**2 - 1) ** 2 + 0.3 * y


y = np.linspace(-2.2, 2.2, 1101)
dy = y[1] - y[0]


def density(energy, beta=1.0):
    """exp(-beta E) / Z on the grid y, by the rectangle rule."""
    weight = np.exp(-beta * (energy - energy.min()))
    return weight / (weight.sum() * dy)


# %% tags=["hide-cell"]
def height(y):
    return 27 / 4 * y * (1 - y) ** 2


rng = np.random.default_rng(seed)
# row 0 to train on, row 1 to test
times = rng.uniform(0, 1, (2, n_photos))
heights = height(times) + noise * rng.normal(size=times.shape)


def single(values):
    """A tensor in single precision, as networks like it."""
    return torch.as_tensor(values, dtype=torch.float32)


def column(values):
    return single(values).reshape(-1, 1)


torch.manual_seed(seed)
regression = torch.nn.Sequential(
    torch.nn.Linear(1, 32),
    torch.nn.Tanh(),
    torch.nn.Linear(32, 1),
)
optimiser = torch.optim.Adam(regression.parameters(), lr=0.01)
x_train, y_train = column(heights[0]), column(times[0])
for _ in range(regression_steps):
    optimiser.zero_grad()
    loss = ((regression(x_train) - y_train) ** 2).mean()
    loss.backward()
    optimiser.step()


def predicted_time(x):
    with torch.no_grad():
        return regression(column(x)).numpy()[:, 0].astype(float)


t = np.linspace(0, 1, 1001)  # all times
xx = np.linspace(0, 1.1, 221)  # heights


def F(x, y):
    return 0.5 * (x - height(y)) ** 2


def valleys(values):
    """Where values are lower than at both neighbours."""
    inside = values[1:-1]
    lower = (inside < values[:-2]) & (inside < values[2:])
    return 1 + np.flatnonzero(lower)


answers = t[valleys(F(0.5, t))]
middle = predicted_time([0.5])[0]

# %% [markdown]
# ## Learning
#
# Let $E(y, W)$ be an energy with parameters $W$, and $Y$ an observed configuration. What should we minimise over $W$?
#
# ### Pushing down is not enough
#
# The first idea: make the energy of the data low, so minimise $E(Y, W)$. We try it on data from the two valleys of {numref}`fig-ebm-energy`.
# The model is the square of a small network, so its energy cannot fall below zero. In this section $y$ is confined to the interval of the grid, and every integral is a sum over it. {numref}`fig-ebm-collapse` shows what comes out (left), and what one more term in the loss changes (right); the next section derives that term.
#
# :::{admonition} Predict, then run: push down only
# :class: predict
# The network is trained to make the energy of the data as low as it can, and nothing else is asked of it. What will the energy of all other points be?
# :::

# %%
rng = np.random.default_rng(seed)
truth = density(two_valleys(y))
# exact draws, from the grid
samples = rng.choice(y, n_points, p=truth * dy)


def train(with_partition, steps=800):
    torch.manual_seed(seed)
    net = torch.nn.Sequential(
        torch.nn.Linear(1, 24),
        torch.nn.Tanh(),
        torch.nn.Linear(24, 1),
    )
    optimiser = torch.optim.Adam(net.parameters(), lr=0.01)
    for _ in range(steps):
        optimiser.zero_grad()
        loss = (net(column(samples)) ** 2).mean()
        if with_partition:
            energy = net(column(y)) ** 2
            log_Z = torch.logsumexp(-energy, 0)[0] + np.log(dy)
            loss = loss + log_Z
        loss.backward()
        optimiser.step()
    with torch.no_grad():
        return (net(column(y)) ** 2).numpy()[:, 0].astype(float)


collapsed = train(with_partition=False)
shaped = train(with_partition=True)

# %% tags=["hide-input"]
fig, axes = plt.subplots(
    2, 2, figsize=(5.4, 4.6), sharex=True, sharey="row", height_ratios=[1, 1]
)
for k, (energy, title) in enumerate(
    ((collapsed, "data term only"), (shaped, "with log-partition"))
):
    axes[0, k].plot(y, energy, color=COLORS["model"])
    axes[0, k].set(title=title, ylim=(-0.4, 8))
    axes[1, k].plot(
        y, truth, color=COLORS["exact"], linewidth=1.2, label="exact"
    )
    axes[1, k].plot(
        y,
        density(energy),
        color=COLORS["model"],
        linestyle="--",
        label="learned",
    )
    axes[1, k].set(xlabel="$y$", ylim=(0, 1.05))
axes[0, 0].set(ylabel="energy")
axes[1, 0].set(ylabel="density")
axes[1, 0].legend(fontsize=10, ncols=1, loc="upper right")
overlap = {
    name: 1 - 0.5 * np.abs(density(e) - truth).sum() * dy
    for name, e in (("collapsed", collapsed), ("shaped", shaped))
}
plotting.show(
    fig,
    name="fig-ebm-collapse",
    caption="The same network trained in two ways on the same data. Left: the energies of the data are pushed down, and the whole energy collapses to zero: every $y$ is as good as any other. Right: with the log-partition term the valleys are where the data are.",
    alt=f"Left: an energy that is flat, at most {collapsed.max():.2g} anywhere, and a flat density that shares {100 * overlap['collapsed']:.0f} percent with the exact one. Right: an energy with two valleys and a density that shares {100 * overlap['shaped']:.0f} percent with the exact one.",
)

# %% tags=["remove-input"]
display(
    Markdown(
        f"On the left the training was a full success: the mean energy of the data fell to {np.interp(samples, y, collapsed).mean():.0e}. But so did the energy of everything else. The learned density overlaps with the exact one by {100 * overlap['collapsed']:.0f} %; a uniform one would overlap by {100 * np.minimum(truth, 1 / (len(y) * dy)).sum() * dy:.0f} %. On the right the overlap is {100 * overlap['shaped']:.0f} %."
    )
)

# %% [markdown]
# This is the **collapse**. Nothing in the loss asked for a *high* energy anywhere. Learning must not minimise the energy, it must minimise a loss that shapes the energy.
#
# ### The loss and its gradient
#
# ```{figure} ../book/_static/drawings/push.svg
# :name: fig-draw-push
# :alt: An energy curve with two valleys. Points of data lie in the left valley, and an arrow pushes the curve down there. Open points, samples of the model, lie in the right one, and an arrow pushes it up.
#
# Learning: push the energy down on the data, and up on what the model believes. In the end both are the same, and the pushes cancel.
# ```
#
# A loss that does this is the negative log-probability of the data, divided by $\beta$. From {eq}`eq-ebm-boltzmann`,
#
# $$
# \begin{aligned}
# L(Y, W) &= -\frac1\beta \log p(Y) \\
# &= E(Y, W) + \frac1\beta \log \int e^{-\beta E(y, W)}\, dy .
# \end{aligned}
# $$ (eq-ebm-loss)
#
# The second term is minus the free energy of the whole model. It grows when *any* $y$ gets a low energy. Now take the derivative. The first term is plain. For the second,
#
# $$
# \begin{aligned}
# \frac{\partial}{\partial W} \frac1\beta \log Z
# &= \frac{1}{\beta Z} \int \! -\beta\, \frac{\partial E(y, W)}{\partial W}\, e^{-\beta E(y, W)}\, dy \\
# &= -\int p(y)\, \frac{\partial E(y, W)}{\partial W}\, dy .
# \end{aligned}
# $$
#
# Averaged over the data, the two terms together are
#
# $$
# \frac{\partial L}{\partial W} = \Big\langle \frac{\partial E}{\partial W} \Big\rangle_\text{data} - \Big\langle \frac{\partial E}{\partial W} \Big\rangle_\text{model} .
# $$ (eq-ebm-gradient)
#
# **Data term minus model expectation.** A step $W \leftarrow W - \eta\, \partial L/\partial W$, with a step size $\eta$ that is called the **learning rate**, pushes the energy down at the data, and up wherever the model now believes data to be. It comes to rest when the averages of $\partial E/\partial W$ are the same under the data and under the model.
# At $\beta = 1$ and with a normalised probability $p(y) = e^{-E(y, W)}/Z$, the same equation with both signs turned is the gradient of the log-likelihood,
#
# $$
# \frac{\partial}{\partial W} \big\langle \log p \big\rangle_\text{data} = -\Big\langle \frac{\partial E}{\partial W} \Big\rangle_\text{data} + \Big\langle \frac{\partial E}{\partial W} \Big\rangle_\text{model} .
# $$ (eq-ebm-loglikelihood)
#
# ### Learning, step by step
#
# We take the simplest family: a sum of bumps $\varphi_k(y)$ with heights $W_k$,
#
# $$
# E(y, W) = \sum_k W_k\, \varphi_k(y), \qquad \frac{\partial E}{\partial W_k} = \varphi_k(y) .
# $$ (eq-ebm-bumps)
#
# Then {eq}`eq-ebm-gradient` compares the mean of each bump under data and under the model. The integral is done by {term}`quadrature`, a sum over the grid.


# %%
centres = np.linspace(-2.2, 2.2, 15)


def bumps(y):
    distance = np.asarray(y)[:, None] - centres
    return np.exp(-(distance**2) / (2 * 0.3**2))


phi, data_mean = bumps(y), bumps(samples).mean(0)

# %% tags=["hide-cell", "checks", "nbval-check-output"]
W_now, beta = np.random.default_rng(seed).normal(size=15), 2.0
W = torch.tensor(W_now, requires_grad=True)
formula = data_mean - density(phi @ W_now, beta) @ phi * dy
exponent = -beta * torch.tensor(phi) @ W
log_Z = torch.logsumexp(exponent, 0) + np.log(dy)
value = torch.tensor(data_mean) @ W + log_Z / beta
(autograd,) = torch.autograd.grad(value, W)
print(
    "formula = autograd, at beta = 2:",
    np.allclose(formula, autograd, atol=1e-10),
)

# %% [markdown]
# Now we let the rule run: $W \leftarrow W - \eta\, \partial L/\partial W$, from $W = 0$, at $\beta = 1$.

# %%
W, kept = np.zeros(len(centres)), {}
for k in range(learning_steps + 1):
    p = density(phi @ W)
    if k in (0, 30, learning_steps):
        kept[k] = p
    # data term minus model term
    W = W - learning_rate * (data_mean - p @ phi * dy)

# %% tags=["hide-input"]
fig, ax = plt.subplots(figsize=(5.2, 3.6))
ax.hist(samples, bins=44, range=(-2.2, 2.2), density=True, color="#cccccc")
for (k, p), color, style in zip(
    kept.items(),
    ("pairwise", "hybrid", "model"),
    (":", "-.", "--"),
    strict=True,
):
    ax.plot(y, p, color=COLORS[color], linestyle=style, label=f"step {k}")
ax.plot(y, truth, color=COLORS["exact"], linewidth=1.2, label="exact")
ax.set(xlabel="$y$", ylabel="density", xlim=(-2.2, 2.2), ylim=(0, 1.1))
ax.legend(ncols=2, fontsize=10)
near = 1 - 0.5 * np.abs(kept[learning_steps] - truth).sum() * dy
plotting.show(
    fig,
    name="fig-ebm-learning",
    caption=f"Learning a density: histogram of {n_points} samples, the exact density, and the model before, during and after learning.",
    alt=f"The model begins flat, has two peaks after 30 steps, and at the end lies near the exact density, over the histogram; the two share {100 * near:.0f} percent.",
)

# %% [markdown]
# With {eq}`eq-ebm-gradient` in three lines the model finds both peaks and their sizes. With finitely many samples it approaches the *data*, noise included, so more steps do not help for ever and more data do. {doc}`appendix_learning_speed` measures by how much, and finds how many of the parameters have been learned.

# %% [markdown]
# ### Back to the rocket
#
# The same loss trains an energy $F_W(x, y)$ of input and output; then $Z$ depends on $x$. We forget the physics, take the loss {eq}`eq-ebm-loss` at $\beta = 1$ for each photograph, and train a network on the photographs alone. The integral over $y$ is a sum over 60 times.

# %%
coarse = (torch.arange(60) + 0.5) / 60  # middles of intervals
torch.manual_seed(seed)
learned = torch.nn.Sequential(
    torch.nn.Linear(2, 48),
    torch.nn.Tanh(),
    torch.nn.Linear(48, 48),
    torch.nn.Tanh(),
    torch.nn.Linear(48, 1),
)


# %%
def F_learned(x, y):
    """The network on all pairs; the tensors broadcast."""
    pairs = torch.stack(torch.broadcast_tensors(x, y), -1)
    return learned(pairs)[..., 0]


def negative_log(x, y):
    """-log P(y | x), for each pair."""
    everywhere = F_learned(x[:, None], coarse)
    log_Z = torch.logsumexp(-everywhere, 1) - np.log(60)
    return F_learned(x, y) + log_Z


optimiser = torch.optim.Adam(learned.parameters(), lr=0.01)
schedule = torch.optim.lr_scheduler.LinearLR(
    optimiser, 1.0, 0.05, energy_steps
)  # the steps shrink to 5 %
photos = single(np.stack([heights[0], times[0]]))
for _ in range(energy_steps):
    # the gradient from 100 photographs, drawn anew each time
    batch = photos[:, torch.randint(n_photos, (100,))]
    optimiser.zero_grad()
    negative_log(*batch).mean().backward()
    optimiser.step()
    schedule.step()

# %% [markdown]
# We compare three ways to say how probable a time is, on the test photographs. *Exact*: the physics {eq}`eq-ebm-physics` with $\beta = 1/\sigma^2$, where $\sigma$ is the error of a height; noise is a temperature.
# *Learned*: the network. *Regression*: the prediction $f(x)$ read as an energy $(y - f(x))^2 / 2 \tau^2$, with $\tau$ from the training residuals. That energy has a single valley, whatever it was trained on.
# Each is judged by two numbers: the *test loss* $-\log P(y \mid x)$ at the true time $y$, and how far the height at its best time $y^*$ is off. (A probability density can be above one, so a loss below zero is nothing strange.) See {numref}`fig-ebm-learned`.


# %% tags=["hide-input"]
def test_loss(energy):
    """-log P(y | x) of each test photograph.

    The energy has a row for each photograph, on the times t.
    """
    log_Z = logsumexp(-energy, axis=1) + np.log(t[1] - t[0])
    at = np.rint(times[1] * 1000).astype(int)  # nearest in t
    return energy[np.arange(n_photos), at] + log_Z


with torch.no_grad():
    from_net = F_learned(column(heights[1]), single(t)).numpy()
spread = np.std(times[0] - predicted_time(heights[0]))
of_regression = (t - predicted_time(heights[1])[:, None]) ** 2
energies = {
    "exact": F(heights[1][:, None], t) / noise**2,
    "learned": from_net.astype(float),
    "regression": of_regression / (2 * spread**2),
}
nats = {name: test_loss(e) for name, e in energies.items()}
off = {
    name: np.abs(height(t[energy.argmin(1)]) - heights[1])
    for name, energy in energies.items()
}

# %% tags=["hide-input"]
fig, (top, bottom) = plt.subplots(
    2, 1, figsize=(5.2, 6.2), height_ratios=[5, 4]
)
with torch.no_grad():
    picture = F_learned(
        torch.as_tensor(xx, dtype=torch.float32)[None, :],
        torch.as_tensor(t[::5], dtype=torch.float32)[:, None],
    ).numpy()
picture = picture - picture.min(0)
image = top.pcolormesh(
    xx,
    t[::5],
    np.sqrt(picture),
    cmap="cividis",
    rasterized=True,
    shading="nearest",
    vmax=4,
)
fig.colorbar(image, ax=top, label=r"$\sqrt{F_W - \min_y F_W}$", extend="max")
top.axvline(0.5, color="white", linestyle="--", linewidth=1.2)
top.set(xlabel="height $x$", ylabel="time $y$", xlim=(0, 1.1), ylim=(0, 1))


def conditional(energy):
    weight = np.exp(-(energy - energy.min()))
    return weight / (weight.sum() * (t[1] - t[0]))


with torch.no_grad():
    cut = F_learned(
        torch.tensor(0.5), torch.as_tensor(t, dtype=torch.float32)
    ).numpy()
learned_cut = conditional(cut.astype(float))
exact_cut = conditional(F(0.5, t) / noise**2)
bottom.plot(t, exact_cut, color=COLORS["exact"], label="exact")
bottom.plot(
    t,
    learned_cut,
    color=COLORS["network"],
    linestyle="--",
    label="learned energy",
)
bottom.plot(
    t,
    conditional((t - middle) ** 2 / (2 * spread**2)),
    color=COLORS["model"],
    linestyle=":",
    label="regression",
)
bottom.set(xlabel="time $y$", ylabel="$P(y\\,|\\,x = 0.5)$", xlim=(0, 1))
bottom.legend(fontsize=10, loc=(0.17, 0.6))
late = {
    name: c[t > 1 / 3].sum() / c.sum()
    for name, c in (("exact", exact_cut), ("learned", learned_cut))
}
plotting.show(
    fig,
    name="fig-ebm-learned",
    caption="An energy learned from photographs alone. Top: the learned energy above its lowest value at each height; compare {numref}`fig-ebm-implicit`. Bottom: the cut at height 0.5 as a probability, beside the exact one and the single hump of the regression.",
    alt=f"Top: a map with a dark valley in the shape of an arch, as in the exact energy. Bottom: two peaks near {answers[0]:.2f} and {answers[1]:.2f} in both the exact and the learned density; the later peak holds {late['exact']:.2f} of the exact and {late['learned']:.2f} of the learned probability. The regression is one broad hump between them.",
)

# %% tags=["remove-input"]
rows = ["| energy | test loss (nats) | height off by |", "|---|---|---|"]
for name in energies:
    rows.append(
        f"| {name} | {nats[name].mean():+.3f} ± {nats[name].std() / np.sqrt(n_photos):.3f} | {off[name].mean():.4f} ± {off[name].std() / np.sqrt(n_photos):.4f} |"
    )
paired = {
    name: (
        (nats[name] - nats["learned"]).mean(),
        (nats[name] - nats["learned"]).std() / np.sqrt(n_photos),
    )
    for name in ("exact", "regression")
}
display(
    Markdown(
        "\n".join(rows)
        + f"\n\nThe errors are standard errors over the test photographs, for one training. The exact energy is off by a little because noise puts some heights below 0 or above 1, where no time fits. Photograph by photograph, the learned energy is better than the regression by {paired['regression'][0]:.2f} ± {paired['regression'][1]:.2f} nats, and worse than the exact one by {-paired['exact'][0]:.3f} ± {paired['exact'][1]:.3f}."
    )
)

# %% tags=["hide-cell", "checks", "nbval-check-output"]
deep = learned_cut[valleys(cut)] > 1
two = int(deep.sum()) == 2
print("learned energy has two deep valleys at x = 0.5:", two)
print(
    "beats the regression by over 5 standard errors:",
    bool(paired["regression"][0] > 5 * paired["regression"][1]),
)
near_exact = bool(-paired["exact"][0] < 0.2)
print("within 0.2 nats of the exact one:", near_exact)

# %% [markdown]
# ## Adding energies
#
# Multiply two Boltzmann factors, and the energies add:
#
# $$
# e^{-\beta(E_1 + E_2)} = e^{-\beta E_1}\, e^{-\beta E_2} .
# $$ (eq-ebm-sum)
#
# A product is large only where *both* factors are. So $E_1 + E_2$ is the **conjunction** of two sets of constraints: low where the first is satisfied *and* the second is. Products of models are also called products of experts {cite}`hinton2002`.
#
# Let $E_1$ be low on a ring: that is $(1-r)^2$, the wheel with its angle minimised away, times 25 to make it narrow. Let $E_2$ be low on a line. {numref}`fig-ebm-compose` shows them and their sum.
#
# :::{admonition} Predict, then run: ring and line
# :class: predict
# The ring alone allows a circle of points, the line alone a straight row. Where is the sum of the two low?
# :::

# %%
side = np.linspace(-1.7, 1.7, 341)
X1, X2 = np.meshgrid(side, side)
on_ring = 25 * (np.hypot(X1, X2) - 1) ** 2
on_line = 25 * (X2 - 0.5 * X1) ** 2


def normal(energy):
    """exp(-E) as probabilities of the grid cells."""
    return np.exp(-energy) / np.exp(-energy).sum()


both = normal(on_ring + on_line)
product = normal(on_ring) * normal(on_line)
# ring and line meet here, and opposite
crossing = np.array([2, 1]) / np.sqrt(5)
near = np.minimum(
    np.hypot(X1 - crossing[0], X2 - crossing[1]),
    np.hypot(X1 + crossing[0], X2 + crossing[1]),
)

# %% tags=["hide-input"]
fig, axes = plt.subplots(1, 3, figsize=(5.4, 2.3), sharey=True)
titles = ("$E_1$: ring", "$E_2$: line", "$E_1 + E_2$: both")
for ax, energy, title in zip(
    axes, (on_ring, on_line, on_ring + on_line), titles, strict=True
):
    ax.imshow(
        np.exp(-energy),
        origin="lower",
        extent=(-1.7, 1.7, -1.7, 1.7),
        cmap="Blues",
        vmin=0,
        vmax=1,
    )
    ax.set(title=title, xticks=[-1, 0, 1], yticks=[-1, 0, 1])
    ax.spines[:].set_visible(True)
axes[2].plot(
    [crossing[0], -crossing[0]],
    [crossing[1], -crossing[1]],
    "+",
    color=COLORS["model"],
    markersize=10,
)
share = {
    name: normal(e)[near < 0.4].sum()
    for name, e in (
        ("ring", on_ring),
        ("line", on_line),
        ("both", on_ring + on_line),
    )
}
plotting.show(
    fig,
    name="fig-ebm-compose",
    caption="Boltzmann factors $e^{-E}$ of an energy that is low on a ring, one that is low on a line, and their sum. What is left lies around the two points (crosses) that are on the ring and on the line.",
    alt="Three panels: a blue ring; a blue oblique line; two blue spots where ring and line cross. The share of probability within 0.4 of the crossings is "
    + ", ".join(f"{value:.2f} for {name}" for name, value in share.items())
    + ".",
)

# %% [markdown]
# With {term}`spins <spin>`, `+` does the same. The first energy, $-0.8\,(s_0 s_1 + s_0 s_2 + s_1 s_2)$, wants each of three spins to agree with the two others. The second, $-s_0 s_1 s_2$, knows about all three at once, and wants their product to be $+1$. (`ManyBody` takes a list of sets of spins, and a coefficient for each.)

# %%
agree = ebm.Pairwise(0.8 * (1 - np.eye(3)))
positive = ebm.ManyBody(3, [(0, 1, 2)], [1.0])
combined = agree + positive
three = (agree, positive, combined)
exact_p = [ebm.exact.probabilities(each) for each in three]
p_agree, p_positive, p_both = exact_p
renormalised = p_agree * p_positive
renormalised /= renormalised.sum()

# %% tags=["hide-cell", "checks", "nbval-check-output"]
print(
    "p of the sum = product, renormalised:",
    np.allclose(p_both, renormalised),
)
print(
    "grid: the same for ring and line:",
    np.allclose(both, product / product.sum()),
)
log_Z = [ebm.exact.log_partition(each) for each in three]
print(
    "log Z of the sum = sum of the log Z:",
    bool(np.isclose(sum(log_Z[:2]), log_Z[2])),
)

# %% [markdown]
# The first energy has two best states, all up and all down; the second has four. Together they favour one state, all up.
# Mind that *energies* add, whereas partition functions do not: the new $Z$ must be found anew.
#
# When a sum is *trained*, both parts share the work, and neither part is then the model that it would be alone. {doc}`04_hybrid_training` and {doc}`05_coupling_reconstruction` live with this.

# %% [markdown]
# ## What it costs
#
# In favour of energy-based models:
#
# - **simple**: one function, with one number as its value, and hardly a condition on it;
# - **flexible**: several answers, latent variables, inputs and outputs that change places;
# - **compositional**: knowledge is added by adding.
#
# Against:
#
# - **hard to train**: each step of {eq}`eq-ebm-gradient` needs an average under the model;
# - **hard to sample**: drawing from $p$ needs a {term}`Markov chain`, and the chain may be slow;
# - **likelihood only up to $Z$**: two models cannot be compared by their energies.
#
# All three are the same trouble: $Z$ has too many terms. In this chapter $y$ was one number, and an integral was a sum over a grid. For $N$ binary variables there are $2^N$ terms, and {numref}`fig-ebm-cost` says what that means.

# %% tags=["hide-input"]
rate = 1e9  # energies per second, for a fast computer
year = 3.156e7  # seconds
universe = 13.8e9 * year
sizes = np.arange(1, 121)
seconds = 2.0**sizes / rate
spans = {"second": 1, "year": year, "universe": universe}
limit = {
    # the largest N with 2^N / rate below the span
    name: int(np.log2(rate * span))
    for name, span in spans.items()
}

fig, ax = plt.subplots(figsize=(5.2, 3.4))
ax.semilogy(sizes, seconds, color=COLORS["model"])
for span, text in (
    (1, "a second"),
    (year, "a year"),
    (universe, "age of the universe"),
):
    ax.axhline(span, color=COLORS["oracle"], linewidth=0.8)
    ax.text(2, span * 3, text, ha="left")
for size, text in (
    (24, "24: limit of ebm.exact"),
    (64, "64: digits of chapter 3"),
):
    ax.plot(size, 2.0**size / rate, "o", color=COLORS["pairwise"])
    ax.annotate(
        text,
        (size, 2.0**size / rate),
        xytext=(7, -3),
        textcoords="offset points",
        ha="left",
        va="top",
    )
ax.set(
    xlabel="number of spins $N$",
    ylabel="seconds to sum $2^N$ terms",
    xlim=(0, 120),
    ylim=(1e-10, 1e28),
)
plotting.show(
    fig,
    name="fig-ebm-cost",
    caption="Time to compute $Z$ by enumeration, at a thousand million energies per second. Points: the largest system that `ebm.exact` accepts, and the digits of chapter 3.",
    alt=f"A straight rising line on a logarithmic axis. It passes one second between {limit['second']} and {limit['second'] + 1} spins, one year between {limit['year']} and {limit['year'] + 1}, and the age of the universe between {limit['universe']} and {limit['universe'] + 1}. Two points mark 24 spins, under a second, and 64 spins, over a year.",
)

# %% tags=["remove-input"]
display(
    Markdown(
        f"A fast computer that evaluates $10^9$ energies per second sums {limit['second']} spins within a second. A year buys {limit['year']} spins, and the age of the universe {limit['universe']}. The digits of {{doc}}`03_pairwise_models` have 64; for them it would take {2.0**64 / rate / year:.0f} years. Enumeration is a yardstick for small systems, not a method."
    )
)

# %% [markdown]
# The way out was in {eq}`eq-ebm-ratio` all along: *ratios* of probabilities do not contain $Z$. Two methods rest on this.
#
# - A Markov chain decides each step by a ratio. It draws from $p$ without ever knowing $Z$: {doc}`02_metropolis_hastings`.
# - A spin, given all the others, has only two states. Its probability is a ratio, and models can be trained on such ratios: {doc}`03_pairwise_models`.
#
# :::{admonition} Beside the energies: other models that generate
# :class: dropdown
# Let there be no input, only data $\mathcal D = \{y^1, \dots, y^M\}$. The task of **generative modelling** is to draw new samples that could have come from the same source.
# Four families are in common use. They make different things easy.
#
# | Family | How it samples | Likelihood | What is hard |
# |---|---|---|---|
# | autoregressive {cite}`larochelle2011` | one variable at a time | exact, cheap | slow to sample; needs an order |
# | variational autoencoder (VAE) {cite}`kingma2014vae` | one pass from a latent code | a lower bound | the bound may be loose; samples may blur |
# | adversarial network (GAN) {cite}`goodfellow2014` | one pass from noise | none | training is a game; may miss parts of the data |
# | energy-based (EBM) | many small random steps (a Markov chain) | up to $Z$ | sampling, and so training |
#
# The EBM puts the fewest conditions on the model: any function that can be evaluated, and whose $Z$ is finite, will do {cite}`lecun2006`. It pays with the two things that the others are built to make easy.
#
# There is a second reason to choose energies. Often we know something before the first sample comes in: a law of physics, a symmetry, which parts touch each other.
# Bringing such knowledge into learning has many forms, and has been given a taxonomy {cite}`vonrueden2023`: knowledge may enter through the training data, the form of the model, the learning algorithm, or a check of the result.
# **Hybrid models** use the form: a part that states what we know, plus a learned black box for the rest.
# With energies the plus is meant literally, $E = E_\text{known} + E_\text{learned}$. This is the idea of the work that this book follows {cite}`feinauer2022`. What is known there is a *form*: an energy of pairs of variables. Its numbers are learned, together with the black box.
# :::
#
# ## Why spins
#
# From here on the variables are spins, $s_i = \pm1$. Why give up so much generality?
#
# - *They are enough for a lot.* Neurons that fire or not, pixels, votes, and, with more than two states, the letters of a protein.
# - *They can be checked.* For a few spins every sum is short enough to be done, so each approximation can meet the exact answer, as it did in this chapter.
# - *They can be read.* Every energy of spins is, in one way only, a sum of a constant, {term}`fields <field>` on single spins, and {term}`couplings <coupling>` of pairs, triples, and so on. For a network of a million weights this still holds. {doc}`05_coupling_reconstruction` makes use of it.
# - *One number does everything.* The energy change of a single flip is all that sampling, training and reading need in this book.
#
# One system of 16 spins goes with us from here on, with random couplings of pairs and of triples: chapter 2 counts its states, and chapter 5 gets its couplings back from samples. The other companions are small images of handwritten digits, in chapters 3 and 4.

# %% [markdown]
# :::{admonition} History: learning by two averages
# :class: note
# The rule "data term minus model term" was found for networks of spins by David Ackley, Geoffrey Hinton and Terrence Sejnowski, who called their network a Boltzmann machine because its states follow Boltzmann's distribution {cite}`ackley1985`. That one need not sum over all states to learn, if one is content with *energies* in place of probabilities, is the theme of the tutorial by Yann LeCun and his colleagues {cite}`lecun2006`.
# :::
#
# ## Cheat sheet
#
# | what | formula | note |
# |---|---|---|
# | learning | $\partial L = \langle \partial E \rangle_\text{data} - \langle \partial E \rangle_\text{model}$ | push down on data, up on the model |
# | and | $E_1 + E_2$ | a new $Z$ |
# | the price | $Z = \sum_s e^{-E(s)}$ has $2^N$ terms | ratios do without it |
#
# ## Summary
#
# - Learning does not minimise the energy, it shapes it. Pushing down alone ends in collapse.
# - The gradient of the loss is a data term minus a model expectation.
# - The sum of two energies means *and*. The partition function of the sum is new.
# - $Z$ has $2^N$ terms. Ratios of probabilities do without it.

# %% [markdown]
# ## Exercises

# %% [markdown]
# :::{admonition} Exercise 1.4: another collapse
# :class: exercise
# *derivation and coding; medium, 15 minutes*
#
# Use the bumps {eq}`eq-ebm-bumps` at $\beta = 1$. Their energy can go below zero. Start from $W = 0$, and push down only: $W \leftarrow W - \eta \langle\varphi\rangle_\text{data}$, with `samples` as the data. Find $W$ after $n$ steps.
# Where does the density go as $n$ grows? Try it for 100 steps with $\eta = 2$. What share of the probability lies near the peak?
#
# By which factor has the energy of the peak grown between step 10 and step 100?
# :::

# %%
from exercises import answer

factor = ...
answer("1.4", factor)

# %% [markdown]
# :::{admonition} Solution to exercise 1.4
# :class: dropdown solution
# The data term never changes, so $W = -n\eta\langle\varphi\rangle_\text{data}$, and $E(y) = -n\eta \sum_k \varphi_k(y) \langle\varphi_k\rangle_\text{data}$. The energy falls without end, in proportion to a smoothed histogram of the data. This acts like a temperature that goes to zero: all probability gathers at the highest point of the smoothed histogram. The right valley is lost, although more than a third of the data were in it.
# The mean energy of the data fell at every step. Without the model term nothing tells it to stop.
# :::

# %% tags=["hide-cell", "solution"]
W_pushed = -100 * learning_rate * data_mean
pushed = density(phi @ W_pushed)
peak = y[(phi @ data_mean).argmax()]
inside = pushed[np.abs(y - peak) < 0.3].sum() * dy
print(f"peak of the smoothed histogram: {peak:.2f}")
print(f"probability within 0.3 of it: {inside:.2f} (exact density: ", end="")
print(f"{truth[np.abs(y - peak) < 0.3].sum() * dy:.2f})")
assert peak < 0
assert inside > 0.9
assert (samples > 0).mean() > 1 / 3
assert answer("1.4", (phi @ W_pushed).min() / (phi @ (W_pushed / 10)).min())

# %% [markdown]
# :::{admonition} Exercise 1.5: and, or
# :class: exercise
# *derivation with a check; medium, 20 minutes*
#
# Two instruments measure the same $y$ with Gaussian errors: $E_1 = (y - a_1)^2 / 2\sigma_1^2$ and $E_2 = (y - a_2)^2 / 2\sigma_2^2$.
# Which distribution belongs to $E_1 + E_2$? Which energy says that *one of the two* instruments is right, and nobody knows which? (Hint: "which" is a latent variable.) How much probability does each have within 0.3 of $y = 0$, for $a_1 = -1$, $a_2 = 1$, $\sigma_1 = \sigma_2 = 0.4$ on the grid `y`?
#
# Give the two shares, first for *and*, then for *or*.
# :::

# %%
shares = [..., ...]
answer("1.5", shares)

# %% [markdown]
# :::{admonition} Solution to exercise 1.5
# :class: dropdown solution
# A sum of two parabolas is a parabola. The sum is a Gaussian with the precision $1/\sigma^2 = 1/\sigma_1^2 + 1/\sigma_2^2$ and the mean $\sigma^2 (a_1/\sigma_1^2 + a_2/\sigma_2^2)$: the usual weighted mean, with a smaller error than either.
# *Or* is a sum of probabilities. For equal errors $E = -\log(e^{-E_1} + e^{-E_2})$; for unequal ones each term is first divided by its $\sigma_i$, so that both instruments have the same weight. It has two valleys if the readings are far apart, compared with the errors. (This is {eq}`eq-ebm-fbeta` at $\beta = 1$ with a latent variable of two values: which instrument is right.)
# For the numbers given, *and* puts its peak at 0, where *or* has very little.
# :::

# %% tags=["hide-cell", "solution"]
E_1, E_2 = ((y - a) ** 2 / (2 * 0.4**2) for a in (-1, 1))
p_and, p_or = density(E_1 + E_2), density(-np.logaddexp(-E_1, -E_2))
mean = np.sum(p_and * y) * dy
assert np.isclose(mean, 0, atol=1e-9)
assert np.isclose(np.sum(p_and * y**2) * dy, 0.4**2 / 2, rtol=1e-3)
assert y[p_and.argmax()] == y[np.abs(y).argmin()]
assert len(valleys(-p_or)) == 2
middle_share = {
    name: p[np.abs(y) < 0.3].sum() * dy
    for name, p in (("and", p_and), ("or", p_or))
}
print({name: round(float(share), 3) for name, share in middle_share.items()})
assert answer("1.5", [middle_share["and"], middle_share["or"]])

# %% [markdown]
# ## Where next
#
# - {doc}`02_metropolis_hastings` draws from $p$ without knowing $Z$.
# - {doc}`03_pairwise_models` has the simplest energies of spins, and learns them.
# - {doc}`appendix_learning_speed` measures how much is learned from how many samples.
#
# ## Further reading
#
# - {cite}`lecun2006` says which losses avoid collapse.
# - {cite}`ackley1985` has the learning rule, data term minus model term, for Boltzmann machines.
# - {cite}`hinton2002` reads sums of energies as products of experts.
# - {cite}`larochelle2011`, {cite}`kingma2014vae` and {cite}`goodfellow2014` started the other families of generative models.
# - {cite}`vonrueden2023` orders the ways to bring knowledge into learning; {cite}`feinauer2022` is the way that this book follows.
