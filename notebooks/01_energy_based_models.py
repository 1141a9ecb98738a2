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
# This chapter says what an energy is, how one asks it for answers, and how it becomes a probability. How it is learned from data is told in the second half, {doc}`01b_learning_energies`.
#
# **What you will learn**
#
# - why a network that predicts one answer fails when there are two, or when the answer must be searched for;
# - how to find answers by minimising an energy, on a grid and by gradient descent;
# - what to do with variables that nobody recorded: minimise over them, or average;
# - how energies become probabilities.
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
# with weights $W$, biases $b$, and a nonlinear function $G$; deeper networks repeat this. Such a network is fast and easy to train, but its form fixes two things beforehand: that each question has one answer, and that each answer takes the same amount of work. Both can be wrong.
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
# In inference $F$ is given, and we look for a low point of it. Learning *shapes* $F$, so that its low points are where they should be, which is the subject of {doc}`01b_learning_energies`.

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
# ## Cheat sheet
#
# | what | formula | note |
# |---|---|---|
# | probability of an energy | $p(y) = e^{-\beta E(y)}/Z$ | only differences of $E$ count |
# | inference | $y^* = \operatorname{argmin}_y F(x, y)$ | by search or by gradient descent in $y$ |
# | latent variable, best | $F_\infty = \min_z E$ | the limit of the next line |
# | latent variable, averaged | $F_\beta = -\frac1\beta \log \int e^{-\beta E} dz$ | counts how many $z$ are good |
#
# ## Summary
#
# - An energy gives a low number to what fits. Only differences count.
# - A network that predicts by squared error gives a weighted mean of the right answers, which may be a wrong one. An energy $F(x, y)$ keeps them all.
# - Inference minimises the energy over the answer, on a grid or by walking downhill.
# - Latent variables are minimised away, $F_\infty$, or averaged, $F_\beta$. The two meet as $\beta \to \infty$, at the rate $(\log\beta)/\beta$.
# - $P(y \mid x) \propto e^{-\beta F_\beta}$ is the joint probability summed over the latent variable.

# %% [markdown]
# ## Exercises
#
# Try each before you open its solution: `answer` says whether you are right.

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
def conditional(energy):
    weight = np.exp(-(energy - energy.min()))
    return weight / (weight.sum() * (t[1] - t[0]))


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
# ## Where next
#
# - {doc}`01b_learning_energies` continues the chapter: how an energy is learned, and what energies cost.
# - {doc}`appendix_free_energy` and {doc}`appendix_search` go deeper into two places of this chapter.
#
# ## Further reading
#
# - {cite}`lecun2006` is the tutorial on energy-based learning: inference by minimisation, latent variables, and which losses avoid collapse.
# - {cite}`kingma2015` describes Adam, the optimiser of all networks here.
