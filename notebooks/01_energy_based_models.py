# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Energy-based models
#
# Most models answer a question. An energy-based model *judges* an answer: it gives a low number to what fits, and a high number to what does not.
# This is a weaker promise, and a more flexible one. Two right answers are no problem for it, and two sets of rules are combined by adding two numbers.
# This chapter says what an energy is, how one asks it for answers, how it becomes a probability, and how it is learned from data.
#
# **What you will learn**
#
# - why a network that predicts one answer fails when there are two, or when the answer must be searched for;
# - how to find answers by minimising an energy, on a grid and by gradient descent;
# - what to do with variables that nobody recorded: minimise over them, or average;
# - how energies become probabilities, and why a *sum* of energies means *and*;
# - how an energy is learned: push down on data, push up on what the model believes;
# - what all this costs, and why the rest of the book is about spins.
#
# **Prerequisites**: Python with NumPy, some calculus, and the basic rules of probability. A first contact with PyTorch helps. Symbols are in the table of {doc}`../book/notation`.
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

# %% [markdown]
# The next cell holds every setting of the chapter. Change one, and run the notebook again.

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
# ```{figure} ../book/_static/drawings/card-energy.svg
# :name: fig-draw-landscape
# :alt: A curve with two valleys, and a ball that rolls down into one of them.
#
# An energy as a landscape. Low is good, so a ball that rolls down finds a good answer, though not always the best one.
# ```
#
# ## What an energy is
#
# An {term}`energy` is a function $E(y)$ that gives a number to every configuration $y$. Low means good. That is all.
#
# The name comes from physics. There a system with energy $E$ in surroundings of a fixed temperature is found in the configuration $y$ with probability
#
# $$
# p(y) = \frac{e^{-\beta E(y)}}{Z}, \qquad Z = \int e^{-\beta E(y)}\, dy .
# $$ (eq-ebm-boltzmann)
#
# For a discrete $y$ the integral is a sum. $Z$ is the {term}`partition function`. It makes the probabilities add up to one.
# The {term}`inverse temperature` $\beta$ is one over the temperature, in suitable units: a large $\beta$ is cold. It sets how seriously differences of energy are taken:
#
# $$
# \frac{p(y)}{p(y')} = e^{-\beta\,(E(y) - E(y'))} .
# $$ (eq-ebm-ratio)
#
# Look at what is missing on the right: $Z$. Only energy *differences* matter, and a constant added to $E$ changes nothing.
# {numref}`fig-ebm-energy` shows an energy with two valleys, one a little deeper.


# %%
def two_valleys(y):
    """Valleys near -1 and +1; the left one is deeper."""
    return 2 * (y**2 - 1) ** 2 + 0.3 * y


y = np.linspace(-2.2, 2.2, 1101)
dy = y[1] - y[0]


def density(energy, beta=1.0):
    """exp(-beta E) / Z on the grid y, by the rectangle rule."""
    weight = np.exp(-beta * (energy - energy.min()))
    return weight / (weight.sum() * dy)


# %% tags=["hide-input"]
fig, (top, bottom) = plt.subplots(2, 1, figsize=(5.2, 4.6), sharex=True)
top.plot(y, two_valleys(y), color=COLORS["exact"])
top.set(ylabel="energy $E(y)$", ylim=(-0.7, 6))
left_share = {}
for beta, color, style in (
    (0.3, "pairwise", ":"),
    (1, "hybrid", "-"),
    (5, "model", "--"),
):
    p = density(two_valleys(y), beta)
    left_share[beta] = p[y < 0].sum() * dy
    bottom.plot(
        y, p, color=COLORS[color], linestyle=style, label=rf"$\beta$ = {beta:g}"
    )
bottom.set(xlabel="$y$", ylabel="density $p(y)$", xlim=(-2, 2))
bottom.legend()
plotting.show(
    fig,
    name="fig-ebm-energy",
    caption=r"An energy (top), and the probability densities that it stands for at three inverse temperatures (bottom). A large $\beta$ gathers the probability in the deepest valley.",
    alt="Top: a curve with two valleys near -1 and +1, the left one slightly deeper. Bottom: densities with two peaks. The share of probability on the left is "
    + ", ".join(
        f"{share:.2f} at beta = {beta:g}" for beta, share in left_share.items()
    )
    + ".",
)

# %% tags=["remove-input"]
display(
    Markdown(
        f"The valleys differ in depth by about {two_valleys(1.0) - two_valleys(-1.0):.1f}. At $\\beta = 0.3$ this hardly counts, and the left half has {100 * left_share[0.3]:.0f} % of the probability. At $\\beta = 5$ it has {100 * left_share[5]:.0f} %."
    )
)

# %% [markdown]
# ```{figure} ../book/_static/touch/two-valleys.svg
# :name: fig-touch-two-valleys
# :figclass: touch touch-two-valleys
# :alt: Top, an energy with two valleys, near -1 and +1, the left one a little deeper. Bottom, its density at inverse temperature 1, with two peaks; the left one is the higher.
#
# Turn the inverse temperature $\beta$: the energy stays as it is, and the probability moves. At $\beta = 0$ the energy does not count, and the halves are alike; at $\beta = 5$ nearly all of the probability is in the left valley, although that valley is deeper by 0.6 only.
# ```
#
# ## Where prediction fails
#
# The usual network maps an input $x$ to an output in one pass,
#
# $$
# y = G(xW + b) ,
# $$ (eq-ebm-forward)
#
# with weights $W$, biases $b$, and a nonlinear function $G$; deeper networks repeat this. It is fast and easy to train.
# By its form it gives one answer to each question, after a number of steps that is fixed in advance. Both can be wrong.
#
# ### Two right answers
#
# A toy rocket shoots up, opens its parachute, and sinks slowly. Time runs from $y = 0$ to $y = 1$, and the height is
#
# $$
# h(y) = \tfrac{27}{4}\, y\,(1 - y)^2 ,
# $$
#
# which has its top, $h = 1$, at $y = 1/3$. We take photographs at random times. From each we measure the height $x$, with a small error.
# *Given the height, when was the photograph taken?* There are two right answers: once on the way up, once on the way down.


# %%
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


# %% [markdown]
# A small network learns from the first set. Its loss is the squared error. Its optimiser is Adam, a gradient descent that adapts the step of each parameter as it goes {cite}`kingma2015`.
#
# :::{admonition} Predict, then run: one number for two answers
# :class: predict
# At height 0.5 the rocket passes twice. A network that must give one number, and pays for the square of its error, will say what? Decide before the next figure.
# :::

# %%
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


# %% [markdown]
# What should the network have learned? The squared error has a known minimiser: the **conditional mean** of $y$ given $x$.
# (Angle brackets are averages. Set the derivative of $\langle (y - f)^2\rangle$ by $f$ to zero, at each $x$: $f = \langle y\rangle$.)
# Here we know how the data were made, so the conditional mean can be computed by an integral over all times. All times are equally likely beforehand, so by Bayes' rule a time $y$ counts with the Gaussian weight of the error $x - h(y)$. {numref}`fig-ebm-rocket` draws both.

# %%
t = np.linspace(0, 1, 1001)  # all times
x_grid = np.linspace(-0.1, 1.1, 121)
misfit = x_grid[:, None] - height(t)
weight = np.exp(-(misfit**2) / (2 * noise**2))
exact_mean = (weight @ t) / weight.sum(1)

miss = np.abs(height(predicted_time(heights[1])) - heights[1])

# %% tags=["hide-input"]
fig, ax = plt.subplots(figsize=(5.2, 3.8))
ax.plot(
    heights[0],
    times[0],
    ".",
    color="#999999",
    markersize=3,
    label="photographs",
)
ax.plot(x_grid, exact_mean, color=COLORS["exact"], label="exact mean time")
ax.plot(
    x_grid,
    predicted_time(x_grid),
    color=COLORS["model"],
    linestyle="--",
    linewidth=2.4,
    label="trained network",
)
middle = predicted_time([0.5])[0]
roots = t[1:][np.diff(np.sign(height(t) - 0.5)) != 0]
ax.plot(
    0.5,
    middle,
    "X",
    color=COLORS["model"],
    markersize=9,
    label="its answer at 0.5",
)
ax.plot([0.5, 0.5], roots, "o", color=COLORS["pairwise"], label="right answers")
ax.set(xlabel="height $x$", ylabel="time $y$", xlim=(-0.15, 1.45), ylim=(0, 1))
ax.legend(loc="upper right", fontsize=10)
plotting.show(
    fig,
    name="fig-ebm-rocket",
    caption="When was the photograph taken? Grey: training data. For nearly every height there are two right times. The network, trained by squared error, learns their weighted mean, as it must. Where the two are far apart, the rocket is nowhere near the height $x$ at that time.",
    alt=f"Grey points on an arch: a short lower branch on which the rocket rises and a longer upper branch on which it sinks. The network runs between the branches, within {np.abs(predicted_time(x_grid) - exact_mean)[10:-10].max():.2f} of the exact conditional mean. At height 0.5 it says {middle:.2f}; right would be {roots[0]:.2f} or {roots[1]:.2f}.",
)

# %% tags=["remove-input"]
display(
    Markdown(
        f"The network follows the exact mean to within {np.abs(predicted_time(x_grid) - exact_mean)[10:-10].max():.2f} for heights between 0 and 1. At height 0.5 it answers $y = {middle:.2f}$. At that time the rocket is at height {height(middle):.2f}. The right answers are {roots[0]:.2f} and {roots[1]:.2f}. "
        f"Over the test photographs, the height at the predicted time is off by {miss.mean():.3f} ± {miss.std() / np.sqrt(n_photos):.3f} on average (standard error over photographs); the error of a measurement has a standard deviation of only {noise}."
    )
)

# %% [markdown]
# More data or a larger network would bring it nearer to the mean, and no nearer to a right answer. The network already does what it was asked to do. The *form* of the answer is wrong.
#
# ### An answer that must be searched for
#
# The second failure has to do with work. Some answers are easy to judge and hard to find: the shortest tour, the best schedule, the fold of a protein. Two proposals are quickly compared, because each costs one evaluation of an energy.
# To find the best of all, or only to be sure that one has it, there is in the worst case, as far as anyone knows, nothing much better than a search whose cost grows exponentially with the size of the problem.
# A network that answers in one pass does the same small amount of work for every question, so it cannot search. {doc}`appendix_search` lets such a network and a blind search work on the same problem.
#
# ## An energy as an implicit function
#
# Instead of a function $x \mapsto y$ we now use a function of both, $F(x, y)$. It says whether $x$ and $y$ are **compatible** {cite}`lecun2006`.
# A point on the graph is not computed but recognised. To answer a question is to search for what fits best:
#
# $$
# y^* = \operatorname*{argmin}_y F(x, y) .
# $$ (eq-ebm-inference)
#
# This is **inference**. For the rocket, the height at time $y$ should equal the height $x$ in the photograph:
#
# $$
# F(x, y) = \tfrac12 \big( x - h(y) \big)^2 .
# $$ (eq-ebm-physics)
#
# We did not have to invert $h$. That is why energies are a good home for physical knowledge: the laws are often easy in one direction only.
#
# With one unknown, a grid is enough to search. Every local minimum is a candidate, and its energy says how good it is. Here an answer is right if its energy is zero.


# %%
def F(x, y):
    return 0.5 * (x - height(y)) ** 2


def valleys(values):
    """Where values are lower than at both neighbours."""
    inside = values[1:-1]
    lower = (inside < values[:-2]) & (inside < values[2:])
    return 1 + np.flatnonzero(lower)


answers = t[valleys(F(0.5, t))]
print("answers on the grid for x = 0.5:", answers.round(3))

# %% [markdown]
# A grid of 1000 points in one dimension becomes $1000^d$ points in $d$ dimensions. Where $F$ can be differentiated there is another way: walk downhill in $y$, with a small step size $\eta$,
#
# $$
# y \leftarrow y - \eta\, \frac{\partial F(x, y)}{\partial y} .
# $$ (eq-ebm-descent)
#
# Automatic differentiation gives the derivative, as in training. But here the parameters are fixed, and it is the *answer* that moves.
# Different starts find different answers, as {numref}`fig-ebm-implicit` shows.

# %%
starts = np.array([0.02, 0.2, 0.3, 0.36, 0.5, 0.9])
moving = torch.tensor(starts, requires_grad=True)
path = [starts]
for _ in range(200):
    (slope,) = torch.autograd.grad(F(0.5, moving).sum(), moving)
    moving = moving - 0.02 * slope  # eta = 0.02
    moving = moving.detach().requires_grad_()
    path.append(moving.detach().numpy().copy())
path = np.array(path)
print("starts: ", starts)
print("answers:", path[-1].round(3))

# %% tags=["hide-input"]
fig, (top, bottom) = plt.subplots(
    2, 1, figsize=(5.2, 6.2), height_ratios=[5, 4]
)
xx = np.linspace(0, 1.1, 221)
image = top.pcolormesh(
    xx,
    t[::5],
    np.sqrt(2 * F(xx[None, :], t[::5, None])),
    cmap="cividis",
    rasterized=True,
    shading="nearest",
)
fig.colorbar(image, ax=top, label=r"$\sqrt{2F}$ = misfit")
top.plot(heights[1][::4], times[1][::4], ".", color="white", markersize=2)
top.axvline(0.5, color="white", linestyle="--", linewidth=1.2)
top.set(xlabel="height $x$", ylabel="time $y$", xlim=(0, 1.1), ylim=(0, 1))
bottom.plot(t, F(0.5, t), color=COLORS["exact"])
for k in range(len(starts)):
    color = COLORS["pairwise"] if path[-1, k] < 1 / 3 else COLORS["model"]
    bottom.plot(
        path[:, k],
        F(0.5, path[:, k]),
        marker=".",
        color=color,
        markersize=5,
        linewidth=0.8,
    )
    bottom.plot(
        path[0, k],
        F(0.5, path[0, k]),
        "o",
        color=color,
        markerfacecolor="white",
    )
bottom.axvline(middle, color=COLORS["oracle"], linestyle=":")
bottom.text(middle + 0.012, 0.135, "regression", color="#555555")
bottom.set(
    xlabel="time $y$", ylabel="$F(0.5, y)$", ylim=(-0.006, 0.15), xlim=(0, 1)
)
plotting.show(
    fig,
    name="fig-ebm-implicit",
    caption="Top: the energy of height and time, with test photographs in white. The dark valley has two branches. Bottom: the cut at height 0.5 (dashed above), and gradient descent in $y$ from "
    + f"{len(starts)} starts (open circles): {int((path[-1] < 1 / 3).sum())} end on the way up, {int((path[-1] > 1 / 3).sum())} on the way down.",
    alt=f"Top: a map with a dark valley in the shape of an arch, covered by data points. Bottom: a curve with two minima at {answers[0]:.2f} and {answers[1]:.2f} and a hump between; the regression answer {middle:.2f} lies on the flank of the hump. Paths from {len(starts)} starts run downhill, each into the valley on its own side of the hump.",
)

# %% tags=["hide-cell", "checks", "nbval-check-output"]
miss_of_path = np.abs(path[-1][:, None] - answers).min(1)
print(
    "descent ends in the answers of the grid:",
    bool(np.all(miss_of_path < 2e-3)),
)
different = np.unique(path[-1].round(2))
print("number of different answers:", len(different))
print(
    "regression sits higher than both:",
    bool(F(0.5, middle) > 100 * F(0.5, answers).max()),
)

# %% [markdown]
# Keep one sentence for the rest of the chapter: **the energy is minimised in inference, not in learning.**
# In inference $F$ is given, and we look for a low point of it. Learning *shapes* $F$, so that its low points are where they should be. We come to it below.

# %% [markdown]
# ## Variables that nobody recorded
#
# A lamp sits on the rim of a wheel of radius one, at the angle $z$. A camera gives its horizontal position $x$. We want the vertical position $y$. The angle is never recorded: it is a **latent variable**.
# The energy of all three is easy to write:
#
# $$
# E(x, y, z) = (x - \cos z)^2 + (y - \sin z)^2 .
# $$ (eq-ebm-wheel)
#
# What is the energy of $x$ and $y$ alone? One choice is to look for the best value of $z$ along with that of $y$,
#
# $$
# \begin{aligned}
# (y^*, z^*) &= \operatorname*{argmin}_{y,\,z} E(x, y, z), \\
# F_\infty(x, y) &= \min_z E(x, y, z) .
# \end{aligned}
# $$ (eq-ebm-finf)
#
# The other is to let all values of $z$ count, the better ones more. This is the **free energy**,
#
# $$
# F_\beta(x, y) = -\frac1\beta \log \int e^{-\beta E(x, y, z)}\, dz .
# $$ (eq-ebm-fbeta)
#
# We compute both on a grid of angles.


# %%
def E(x, y, z):
    return (x - np.cos(z)) ** 2 + (y - np.sin(z)) ** 2


z = np.linspace(-np.pi, np.pi, 2000, endpoint=False)
dz = z[1] - z[0]
v = np.linspace(-2.4, 2.4, 961)  # vertical positions


def F_inf(x, y):
    return E(x, y[..., None], z).min(-1)


def F_beta(x, y, beta):
    exponent = -beta * E(x, y[..., None], z)
    return -(logsumexp(exponent, axis=-1) + np.log(dz)) / beta


# %%
for half in (v[v > 0], v[v < 0]):
    values = E(0.6, half[:, None], z)
    i, j = np.unravel_index(values.argmin(), values.shape)
    print(f"x = 0.6: y* = {half[i]:+.2f}, z* = {z[j]:+.2f}")
    print(f"         E = {values[i, j]:.0e}")

# %% [markdown]
# Again there are two answers, above the axle and below it. Their energy is zero; the small rest that is printed comes from the spacing of the grid.
#
# How far apart are the two? For large $\beta$ the integral lives on a small neighbourhood of the best $z^*$, so $F_\beta \to F_\infty$. At small $\beta$ the average sees more than the best value: it rewards a $y$ that *many* angles explain roughly. {numref}`fig-ebm-latent` shows both, and {doc}`appendix_free_energy` derives the rate at which the two meet, $(\log\beta)/\beta$.

# %% tags=["hide-input"]
point = np.array([0.8])  # with x = 0.6 on the rim of the wheel
fig, ax = plt.subplots(figsize=(5.2, 3.6))
for beta, color, style in (
    (1, "pairwise", ":"),
    (2, "hybrid", "-."),
    (64, "model", "--"),
):
    ax.plot(
        v,
        F_beta(0.6, v, beta),
        color=COLORS[color],
        linestyle=style,
        label=rf"$F_\beta$, $\beta$ = {beta}",
    )
ax.plot(
    v, F_inf(0.6, v), color=COLORS["exact"], label=r"$F_\infty$", linewidth=1.4
)
ax.plot([-0.8, 0.8], [0, 0], "o", color=COLORS["exact"], markersize=5)
ax.set(
    xlabel="$y$",
    ylabel="energy at $x = 0.6$",
    xlim=(-1.6, 1.6),
    ylim=(-1.25, 0.65),
)
ax.legend(ncols=2, fontsize=10, loc="lower center")
plotting.show(
    fig,
    name="fig-ebm-latent",
    caption=r"Averaging over the angle, and minimising over it: $F_\beta$ at $x = 0.6$ approaches $F_\infty$, which is zero at $y = \pm0.8$ (dots). At $\beta = 1$ the two valleys have merged into one, in the middle.",
    alt="The curves at beta = 1 and 2 lie below the curve of the minimum, that at beta = 64 just above it; at y = 0.8 they have "
    + ", ".join(
        f"{F_beta(0.6, point, b)[0]:.2f} at beta = {b}" for b in (1, 2, 64)
    )
    + ", and the limit is zero. The curve at beta = 1 has one valley, those at 64 and in the limit have two.",
)

# %% [markdown]
# ## Probabilities from energies
#
# An energy ranks answers. Often we also want to know how sure to be. Give the pair $(y, z)$ the Boltzmann probability {eq}`eq-ebm-boltzmann`, with $x$ held fixed:
#
# $$
# P(y, z \mid x) = \frac{e^{-\beta E(x, y, z)}}{\iint e^{-\beta E(x, y', z')}\, dy'\, dz'} .
# $$ (eq-ebm-joint)
#
# Sum over what nobody recorded. By {eq}`eq-ebm-fbeta`, $\int e^{-\beta E} dz = e^{-\beta F_\beta}$, so
#
# $$
# P(y \mid x) = \int P(y, z \mid x)\, dz = \frac{e^{-\beta F_\beta(x, y)}}{\int e^{-\beta F_\beta(x, y')}\, dy'} .
# $$ (eq-ebm-conditional)
#
# This is why the free energy is the right summary. Minimising over $z$ gives, in general, another distribution.
# {numref}`fig-ebm-joint` checks it on the wheel: the same numbers come out, up to rounding.

# %%
beta, dv = 4.0, v[1] - v[0]
joint = np.exp(-beta * E(0.6, v[:, None], z))
joint /= joint.sum() * dv * dz
marginal = joint.sum(1) * dz  # the joint, summed over z


def normalised(energy):
    weight = np.exp(-beta * (energy - energy.min()))
    return weight / (weight.sum() * dv)


from_free_energy = normalised(F_beta(0.6, v, beta))
from_minimum = normalised(F_inf(0.6, v))
difference = 0.5 * np.abs(from_minimum - marginal).sum() * dv

# %% tags=["hide-input"]
fig, (left, right) = plt.subplots(
    1, 2, figsize=(5.4, 3.9), width_ratios=[1, 1], sharey=True
)
left.pcolormesh(
    z[::10],
    v[::4],
    joint[::4, ::10],
    cmap="Blues",
    rasterized=True,
    shading="nearest",
)
left.plot(
    [np.arccos(0.6), -np.arccos(0.6)],
    [0.8, -0.8],
    "+",
    color=COLORS["model"],
    markersize=10,
)
left.set(
    xlabel="angle $z$", ylabel="$y$", title=r"$P(y, z\,|\,x)$", ylim=(-1.9, 1.9)
)
right.plot(
    marginal, v, color=COLORS["exact"], linewidth=1.2, label="joint, summed"
)
right.plot(
    from_free_energy[::40],
    v[::40],
    "o",
    color=COLORS["pairwise"],
    markersize=4.5,
    label=r"from $F_\beta$",
)
right.plot(
    from_minimum,
    v,
    color=COLORS["model"],
    linestyle="--",
    label=r"from $F_\infty$",
)
right.set(xlabel="density", title=r"$P(y\,|\,x)$", xlim=(0, None))
fig.legend(
    *right.get_legend_handles_labels(), loc="outside lower center", ncols=3
)
plotting.show(
    fig,
    name="fig-ebm-joint",
    caption=r"The lamp on the wheel at $x = 0.6$ and $\beta = 4$. Left: the joint probability of position and angle; crosses mark $(y^*, z^*)$. Right: the joint summed over the angle (line) and the Boltzmann density of the free energy (points) agree. The energy $F_\infty$ gives another density (dashed).",
    alt=f"Left: a slanted blue band, darkest at two spots near y = 0.8 and y = -0.8. Right: a density with two peaks; the points lie on the line; the dashed curve is lower between the peaks, at a total variation distance of {difference:.3f}.",
)

# %% tags=["hide-cell", "checks", "nbval-check-output"]
print(
    "joint summed over z = from F_beta:",
    np.allclose(marginal, from_free_energy),
)
print(
    "conditional integrates to one:",
    bool(np.isclose(from_free_energy.sum() * dv, 1)),
)
another = bool(difference > 0.01)
print("from F_inf it is another density:", another)

# %% [markdown]
# Every probability can be written with an energy, $E = -\log P$ with $\beta = 1$, and then $Z = 1$.
# Probabilistic models are thus a special case of energy-based ones: those that come normalised.
# And where only the best answer matters, $Z$ is never needed. Inference by {eq}`eq-ebm-inference` does not know about it.

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
# Then {eq}`eq-ebm-gradient` compares the mean of each bump under data and under the model. The integral is done by quadrature, a sum over the grid.


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
    "beats the regression by over 5 errors:",
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
# With spins, `+` does the same. The first energy, $-0.8\,(s_0 s_1 + s_0 s_2 + s_1 s_2)$, wants each of three spins to agree with the two others. The second, $-s_0 s_1 s_2$, knows about all three at once, and wants their product to be $+1$. (`ManyBody` takes a list of sets of spins, and a coefficient for each.)

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
# - **hard to sample**: drawing from $p$ needs a Markov chain, and the chain may be slow;
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
# - *They can be read.* Every energy of spins is, in one way only, a sum of a constant, fields on single spins, and couplings of pairs, triples, and so on. For a network of a million weights this still holds. {doc}`05_coupling_reconstruction` makes use of it.
# - *One number does everything.* The energy change of a single flip is all that sampling, training and reading need in this book.

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
# | probability of an energy | $p(y) = e^{-\beta E(y)}/Z$ | only differences of $E$ count |
# | inference | $y^* = \operatorname{argmin}_y F(x, y)$ | by search or by gradient descent in $y$ |
# | latent variable, best | $F_\infty = \min_z E$ | the limit of the next line |
# | latent variable, averaged | $F_\beta = -\frac1\beta \log \int e^{-\beta E} dz$ | counts how many $z$ are good |
# | learning | $\partial L = \langle \partial E \rangle_\text{data} - \langle \partial E \rangle_\text{model}$ | push down on data, up on the model |
# | and | $E_1 + E_2$ | a new $Z$ |
#
# ## Summary
#
# - An energy gives a low number to what fits. Only differences count.
# - A network that predicts by squared error gives a weighted mean of the right answers, which may be a wrong one. An energy $F(x, y)$ keeps them all.
# - Inference minimises the energy over the answer. Learning does not: it shapes the energy. Pushing down alone ends in collapse.
# - Latent variables are minimised away, $F_\infty$, or averaged, $F_\beta$. The two meet as $\beta \to \infty$, at the rate $(\log\beta)/\beta$.
# - $P(y \mid x) \propto e^{-\beta F_\beta}$ is the joint probability summed over the latent variable.
# - The gradient of the loss is a data term minus a model expectation.
# - The sum of two energies means *and*. The partition function of the sum is new.
# - $Z$ has $2^N$ terms. Ratios of probabilities do without it.

# %% [markdown]
# ## Exercises
#
# Try each before you open its solution. The solutions end with checks that you can apply to your own answer.

# %% [markdown]
# :::{admonition} Exercise 1.1: what may be changed
# :class: exercise
# *thinking, then a check; easy, 10 minutes*
#
# Take an energy $F(x, y)$ and change it to (a) $F + c(x)$, (b) $3F$, (c) $F + c(y)$, (d) $e^{F}$.
# Which changes leave the answer $y^*$ as it is? Which leave $P(y \mid x)$ at $\beta = 1$ as it is?
#
# Give the letters of the changes that keep each, in alphabetical order.
# :::

# %%
from exercises import answer

keeps_the_answer = ...  # such as "bc"
keeps_the_probability = ...
display(answer("1.1a", keeps_the_answer), answer("1.1b", keeps_the_probability))

# %% [markdown]
# :::{admonition} Solution to exercise 1.1
# :class: dropdown solution
# (a) changes neither: $e^{-c(x)}$ stands in the numerator and in $Z(x)$. (b) and (d) keep the order of the energies, and so $y^*$, but not the differences, and so not $P$. (c) in general changes both: it is a second energy, added.
# :::

# %% tags=["hide-cell", "solution"]
base = F(0.5, t) / 0.1**2
changed = {
    "a": base + 7,
    "b": 3 * base,
    "c": base + 5 * t,
    "d": np.exp(base),
}
same_answer = {
    k: int(e.argmin()) == int(base.argmin()) for k, e in changed.items()
}
same_P = {
    k: np.allclose(conditional(e), conditional(base))
    for k, e in changed.items()
}
print("same answer:", same_answer)
print("same P:     ", same_P)
assert list(same_answer.values()) == [True, True, False, True]
assert list(same_P.values()) == [True, False, False, False]
assert answer("1.1a", "".join(k for k in "abcd" if same_answer[k]))
assert answer("1.1b", "".join(k for k in "abcd" if same_P[k]))

# %% [markdown]
# :::{admonition} Exercise 1.2: the absolute error
# :class: exercise
# *thinking, then a computation; medium, 15 minutes*
#
# Train the rocket's network with the absolute error $|y - f(x)|$ instead of the square.
# What does it learn? Compute the exact answer on a grid of heights between 0.1 and 0.9, without training: the weights of all times are as for the mean. Is it a right answer: how far is the height at that time from $x$? Are both answers kept?
#
# Give the mean of $|h(\text{median}) - x|$ over the 81 heights of `np.linspace(0.1, 0.9, 81)`, with the times `t` of the chapter.
# :::

# %%
mean_miss = ...
answer("1.2", mean_miss)

# %% [markdown]
# :::{admonition} Solution to exercise 1.2
# :class: dropdown solution
# The absolute error is least at the conditional *median*: the time that has half of the probability on either side. The rocket spends more time sinking than rising, so the later branch has more than half, and the median lies on that branch, near its early side.
# It is nearly a right answer: the height is off much less than at the mean. This comes at the cost of the other one, which is lost. If both branches had equal probability, the median could be anywhere between them.
# :::

# %% tags=["hide-cell", "solution"]
inner = np.linspace(0.1, 0.9, 81)
P = np.exp(-((inner[:, None] - height(t)) ** 2) / (2 * noise**2))
P /= P.sum(1, keepdims=True)
mean, median = P @ t, t[(P.cumsum(1) < 0.5).sum(1)]
weight_late = P[:, t > 1 / 3].sum(1)
off_mean = np.abs(height(mean) - inner)
off_median = np.abs(height(median) - inner)
print(
    f"height off by: mean {off_mean.mean():.3f}, median {off_median.mean():.3f}"
)
print(
    f"weight of the later branch: {weight_late.min():.2f} to {weight_late.max():.2f}"
)
assert np.all(median > 1 / 3)
assert weight_late.min() > 0.5
assert off_median.mean() < off_mean.mean() / 2
assert answer("1.2", off_median.mean())

# %% [markdown]
# :::{admonition} Exercise 1.3: a latent variable that can be integrated
# :class: exercise
# *derivation with a check; medium, 15 minutes*
#
# Let $E(y, z) = y^2 + \frac a2 (z - y)^2$ with $z$ any real number.
# Find $F_\infty$ and $F_\beta$. For which $\beta$ are they equal? Does the choice between them change $P(y)$ here? Why did it for the wheel?
#
# Give the $\beta$ at which they are equal for $a = 3$.
# :::

# %%
beta_where_equal = ...
answer("1.3", beta_where_equal)

# %% [markdown]
# :::{admonition} Solution to exercise 1.3
# :class: dropdown solution
# The best $z$ is $y$, so $F_\infty = y^2$. The Gaussian integral gives $F_\beta = y^2 + \frac1{2\beta}\log\frac{\beta a}{2\pi}$, exactly. They are equal at $\beta = 2\pi/a$; below it $F_\beta$ is the lower one.
# The difference does not depend on $y$, so $P(y)$ is the same. On the wheel $E'' = 2r$ depends on $y$: where the energy is flat in $z$, more angles count.
# :::

# %% tags=["hide-cell", "solution"]
a, line = 3.0, np.linspace(-30, 30, 60_001)
for beta in (0.5, 2 * np.pi / a, 10.0):
    for point in (0.0, 0.7):
        energy = point**2 + a / 2 * (line - point) ** 2
        value = -(logsumexp(-beta * energy) + np.log(line[1] - line[0])) / beta
        expected = point**2 + np.log(beta * a / (2 * np.pi)) / (2 * beta)
        assert np.isclose(value, expected, atol=1e-10)
    print(f"beta = {beta:5.2f}: F_beta - F_inf = {value - point**2:+.4f}")
assert answer("1.3", 2 * np.pi / a)

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
# - {doc}`appendix_free_energy`, {doc}`appendix_learning_speed` and {doc}`appendix_search` go deeper into three places of this chapter.
#
# ## Further reading
#
# - {cite}`lecun2006` is the tutorial on energy-based learning: inference by minimisation, latent variables, and which losses avoid collapse.
# - {cite}`ackley1985` has the learning rule, data term minus model term, for Boltzmann machines.
# - {cite}`hinton2002` reads sums of energies as products of experts.
# - {cite}`larochelle2011`, {cite}`kingma2014vae` and {cite}`goodfellow2014` started the other families of generative models.
# - {cite}`vonrueden2023` orders the ways to bring knowledge into learning; {cite}`feinauer2022` is the way that this book follows.
# - {cite}`kingma2015` describes Adam, the optimiser of all networks here.
