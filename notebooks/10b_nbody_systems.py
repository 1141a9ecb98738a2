# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Bodies, and a law read off their orbits
#
# Five bodies pull on each other, and somebody films them. **Can the law of the pull be read off the film?** It is chapter 5's question in other clothes: an energy made of pairs, of which one sees only what it does. And it needs what few questions of this book need: a generator of data that one can trust.
#
# **What you will learn**
#
# - how to move bodies so that errors stay small, and how to know that they are small;
# - why a simulation without its masses and its softening is not described at all;
# - how to read the law of a pair energy off accelerations, by least squares and by a network;
# - where finite differences spoil it, and what a learned energy is good for;
# - what a graph network learns instead, and when its messages are forces.
#
# **Prerequisites**: Newton's law; {doc}`10_graphs_and_nbody` only for the idea of nodes that act on each other.
#
# **Running time**: less than a minute on one core.

# %%
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from IPython.display import Markdown, display
from matplotlib import pyplot as plt
from sklearn.decomposition import PCA
from sklearn.linear_model import LinearRegression

from ebmtools import plotting

plotting.use_style()
COLORS = plotting.COLORS

# %% tags=["parameters"]
n_simulations = 200
n_bodies = 5
total_mass = 1.0
softening = 0.1
seed = 0

# %% tags=["hide-cell", "checks"]
assert n_simulations >= 20, (
    f"n_simulations: got {n_simulations}, expected at least 20"
)
assert n_bodies >= 2, f"n_bodies: got {n_bodies}, expected at least 2"
assert softening > 0, f"softening: got {softening}, expected more than 0"

# %% [markdown]
# ## A generator that one can trust
#
# The energy of bodies with masses $m_i$ at positions $x_i$, with $G = 1$, is
#
# $$
# E = \sum_i \tfrac12 m_i v_i^2 - \sum_{i<j} \frac{m_i m_j}{\sqrt{r_{ij}^2 + \epsilon^2}} ,
# $$ (eq-nbody)
#
# where $\epsilon$ is the *softening*: it keeps the pull finite where two bodies meet. The force is minus its gradient.
#
# ```{figure} ../book/_static/drawings/leapfrog.svg
# :name: fig-draw-leapfrog
# :alt: Two lines of points. On the upper line positions at times 0, 1, 2, 3, on the lower one velocities at times one half, one and a half, two and a half; dashed lines join each to the next on the other line.
#
# The leapfrog: velocities live halfway between positions, and the two leap over each other.
# ```
#
# The leapfrog moves velocities by half a step (kick), positions by a whole one (drift), and velocities by the other half (kick). Its errors are of second order: half the step, a quarter of the error. All simulations move together as one array.


# %%
def accelerations(x, masses):
    """Pulls on all bodies, (..., N, 3)."""
    apart = x[..., None, :, :] - x[..., :, None, :]  # from i to j
    r2 = (apart**2).sum(-1) + softening**2
    return (masses[:, None] * apart / r2[..., None] ** 1.5).sum(-2)


def energy(x, v, masses):
    """Kinetic and softened potential energy, (...,)."""
    apart = x[..., None, :, :] - x[..., :, None, :]
    r = np.sqrt((apart**2).sum(-1) + softening**2)
    pairs = np.triu(np.outer(masses, masses), 1)
    return 0.5 * ((v**2).sum(-1) * masses).sum(-1) - (pairs / r).sum((-2, -1))


def simulate(x, v, masses, dt, steps, pull=accelerations):
    """Kick, drift, kick; positions and velocities of all times."""
    xs, vs = [x], [v]
    a = pull(x, masses)
    for _ in range(steps):
        v = v + dt / 2 * a
        x = x + dt * v
        a = pull(x, masses)
        v = v + dt / 2 * a
        xs.append(x)
        vs.append(v)
    return np.stack(xs, 1), np.stack(vs, 1)


def starts(count, generator):
    """Normal positions and velocities, without total momentum."""
    x, v = generator.normal(size=(2, count, n_bodies, 3))
    return x, v - v.mean(1, keepdims=True)


masses = np.full(n_bodies, total_mass / n_bodies)
rng = np.random.default_rng(seed)
x0, v0 = starts(n_simulations, rng)

# %% [markdown]
# How good is it? Energy cannot change, so its change is an error that one can always measure.
#
# :::{admonition} Predict, then run: twenty times the mass
# :class: predict
# With total mass 1 and a step of 0.1 the median error of the energy is about $2 \cdot 10^{-4}$ after unit time. And with total mass 20?
# :::

# %%
steps = [0.1, 0.05, 0.025, 0.0125]
drift = {}
for mass in (1.0, 20.0):
    weights = np.full(n_bodies, mass / n_bodies)
    for dt in steps:
        xs, vs = simulate(x0, v0, weights, dt, round(1 / dt))
        before, after = (energy(xs[:, k], vs[:, k], weights) for k in (0, -1))
        drift[mass, dt] = np.abs(after / before - 1)

# %% tags=["hide-input"]
figure, axes = plt.subplots(figsize=(5.2, 3.6))
for mass, color, marker in ((1.0, "pairwise", "s"), (20.0, "model", "^")):
    middle = [np.median(drift[mass, dt]) for dt in steps]
    low, high = (
        [np.quantile(drift[mass, dt], q) for dt in steps] for q in (0.25, 0.75)
    )
    axes.fill_between(steps, low, high, color=COLORS[color], alpha=0.2)
    axes.loglog(
        steps,
        middle,
        color=COLORS[color],
        marker=marker,
        label=f"total mass {mass:g}",
    )
guide = np.median(drift[1.0, 0.1]) * (np.array(steps) / 0.1) ** 2
axes.loglog(steps, guide, color="black", linewidth=1, label=r"$dt^2$")
axes.set(
    xlabel="time step $dt$",
    ylabel="relative change of energy",
    ylim=(1e-8, None),
)
axes.set_xticks(steps, [f"{s:g}" for s in steps])
axes.minorticks_off()
axes.legend(fontsize=10)
ratio = np.median(drift[1.0, 0.1]) / np.median(drift[1.0, 0.05])
plotting.show(
    figure,
    name="fig-energy-error",
    caption=f"Change of the energy after unit time, over {n_simulations} simulations of {n_bodies} bodies: medians and quartiles.",
    alt=f"Two rising lines on logarithmic axes. Total mass 1: from {np.median(drift[1.0, steps[-1]]):.1e} at the smallest step to {np.median(drift[1.0, 0.1]):.1e} at 0.1, parallel to dt squared. Total mass 20: from {np.median(drift[20.0, steps[-1]]):.1e} to {np.median(drift[20.0, 0.1]):.1e}.",
)

# %% tags=["remove-input"]
display(
    Markdown(
        f"Half the step divides the error by {ratio:.1f}. With total mass 20 the median error at $dt = 0.1$ is {np.median(drift[20.0, 0.1]):.0%}: such a film shows no physics. "
        f"Momentum, which the scheme keeps by construction, changes by {np.abs((masses[:, None] * vs[:, -1]).sum(1) - 0).max():.1e} at most."
    )
)

# %% [markdown]
# ```{figure} ../book/_static/touch/orbits.svg
# :name: fig-touch-orbits
# :figclass: touch touch-orbits
# :alt: Five coloured paths that bend around each other, with a dot at the end of each. Below, the error of the energy against time: it jumps where two bodies come close.
#
# Five bodies, moved by the leapfrog. Make the step longer, or the bodies heavier: the error jumps where two of them meet.
# ```
#
# So a description of N-body data that leaves out the total mass leaves out whether the data mean anything. Here it is 1, with softening 0.1, and a film of the first three units of time:

# %% tags=["hide-input"]
xs, vs = simulate(x0, v0, masses, 0.01, 300)
figure, axes = plt.subplots(2, 2, figsize=(5.2, 5.2))
for ax, one in zip(axes.ravel(), range(4), strict=True):
    for body, color in enumerate(
        ("pairwise", "network", "hybrid", "model", "pursuit")
    ):
        ax.plot(*xs[one, :, body, :2].T, color=COLORS[color], linewidth=1.2)
        ax.plot(*xs[one, -1, body, :2], "o", color=COLORS[color])
    ax.set_aspect("equal", adjustable="datalim")
    ax.set(xticks=[], yticks=[])
plotting.show(
    figure,
    name="fig-orbits",
    caption="Four of the simulations, seen from above, three units of time; dots are the ends.",
    alt="Four panels with five coloured paths each. Most paths bend gently; some bend sharply where two bodies come close.",
)

# %% [markdown]
# ### As a table
#
# Others will want the data as a file: one row for each body and time. The file is written beside its place and moved there when it is whole, so that nobody ever reads half of it.
# For many simulations there is a command, `python studies/nbody.py --simulations 100000 --seed 1 --out nbody.csv`. It makes the same columns, block by block, and says at the end by how much the energies have changed.


# %%
def write_csv(path, xs, vs):
    """N_sim, N_star, time_step, x, y, z, vx, vy, vz; returns the frame."""
    n_sims, times, bodies, _ = xs.shape
    index = np.indices((n_sims, times, bodies)).reshape(3, -1)
    frame = pd.DataFrame(
        np.concatenate([xs, vs], axis=-1).reshape(-1, 6),
        columns=["x", "y", "z", "vx", "vy", "vz"],
    )
    for place, name in enumerate(["N_sim", "N_star", "time_step"]):
        frame.insert(place, name, index[[0, 2, 1][place]])
    unfinished = path.with_suffix(".part")
    frame.to_csv(unfinished, index=False)
    unfinished.replace(path)
    return frame


film_x, film_v = simulate(x0, v0, masses, 0.1, 10)
with tempfile.TemporaryDirectory() as folder:
    written = write_csv(Path(folder) / "nbody.csv", film_x[:20], film_v[:20])
    read_back = pd.read_csv(Path(folder) / "nbody.csv")
print(read_back.head(3).round(2).to_string(index=False))

# %% tags=["hide-cell", "checks", "nbval-check-output"]
print("columns:", ",".join(read_back.columns))
print("rows:", len(read_back) == 20 * 11 * n_bodies)
print("read back as written:", np.allclose(read_back, written, atol=1e-12))
print("second order:", 3.3 < ratio < 4.7)
numeric = np.zeros(3)
for axis in range(3):
    shift = np.zeros_like(x0[0])
    shift[0, axis] = 1e-5
    up, down = (energy(x0[0] + s * shift, 0 * v0[0], masses) for s in (1, -1))
    numeric[axis] = -(up - down) / 2e-5 / masses[0]
print(
    "pull = minus the gradient:",
    np.allclose(numeric, accelerations(x0[0], masses)[0], atol=1e-7),
)

# %% [markdown]
# ## Reading the law
#
# Suppose we know that bodies act in pairs, along the line between them, and not how: $a_i = \sum_j m_j f(r_{ij})\, \hat r_{ij}$. The unknown is one function, $f(r)$. Write it as a sum of hat functions, each one at a knot and zero at the next: then the accelerations are *linear* in the heights, and least squares finds them.
#
# Accelerations are not on the film. Velocities are, at steps of 0.1, and $(v(t + dt) - v(t - dt)) / 2\,dt$ is nearly the acceleration. We try both, the exact accelerations and these.
#
# :::{admonition} Predict, then run: where does it fail?
# :class: predict
# At which distances will the law from finite differences be wrong: small, middle, large?
# :::


# %%
def true_law(r):
    return r / (r**2 + softening**2) ** 1.5


knots = np.geomspace(0.05, 6, 24)


def hats(r):
    """Values of the hat functions in log r, (..., 24)."""
    place = np.interp(np.log(r), np.log(knots), np.arange(len(knots)))
    return np.clip(1 - np.abs(place[..., None] - np.arange(len(knots))), 0, 1)


def law_from(x, a):
    """Heights at the knots, by least squares on accelerations."""
    apart = x[:, None, :, :] - x[:, :, None, :]
    r = np.sqrt((apart**2).sum(-1) + 1e-12)
    columns = hats(r) * (1 - np.eye(n_bodies))[..., None]
    direction = apart / r[..., None]
    design = np.einsum("sijk,sijc->sick", columns * masses[:, None], direction)
    return np.linalg.lstsq(design.reshape(-1, len(knots)), a.ravel())[0]


fine_x, fine_v = simulate(x0, v0, masses, 0.005, 200)
film_x, film_v = fine_x[:, ::20], fine_v[:, ::20]  # every 0.1
middle = film_x[:, 1:-1].reshape(-1, n_bodies, 3)
targets = {
    "exact accelerations": accelerations(middle, masses),
    "finite differences": (
        (film_v[:, 2:] - film_v[:, :-2]).reshape(middle.shape) / 0.2
    ),
}
laws = {name: law_from(middle, a) for name, a in targets.items()}

# %% tags=["hide-input"]
r = np.geomspace(0.08, 5, 300)
figure, (top, bottom) = plt.subplots(2, 1, figsize=(5.2, 5.2), sharex=True)
top.plot(r, true_law(r), color="black", label="true law")
looks = [("pairwise", "-"), ("model", "--")]
for (name, heights), (color, style) in zip(laws.items(), looks, strict=True):
    fitted = hats(r) @ heights
    top.plot(r, fitted, color=COLORS[color], linestyle=style, label=name)
    bottom.loglog(
        r,
        np.abs(fitted / true_law(r) - 1),
        color=COLORS[color],
        linestyle=style,
        label=name,
    )
top.set(ylabel="pull $f(r)$", xscale="log", ylim=(-1, 45))
top.legend(fontsize=10)
bottom.set(xlabel="distance $r$", ylabel="relative error")
bottom.legend(fontsize=10)
between = (r > 0.1) & (r < 3)
error_of = {
    name: np.median(np.abs(hats(r[between]) @ h / true_law(r[between]) - 1))
    for name, h in laws.items()
}
plotting.show(
    figure,
    name="fig-law",
    caption="The law of the pull, from the film by least squares on 24 hat functions, and its relative error.",
    alt="Top: three falling curves that lie on each other except below 0.3, where that from finite differences stays far too low. Bottom: the error from exact accelerations is small everywhere, that from finite differences grows below 0.3. Medians between 0.1 and 3: "
    + ", ".join(f"{v:.1%} ({k})" for k, v in error_of.items())
    + ".",
)

# %% tags=["remove-input"]
distance = np.sqrt(((middle[:, None] - middle[:, :, None]) ** 2).sum(-1))[
    :, ~np.eye(n_bodies, dtype=bool)
]
display(
    Markdown(
        "The median error between $r = 0.1$ and 3 is "
        + ", ".join(f"{v:.2%} ({k})" for k, v in error_of.items())
        + f". Only {np.mean(distance < 0.3):.1%} of the pairs on the film are closer than 0.3, and these are the ones that turn sharply within one step."
    )
)

# %% [markdown]
# ## Learning the energy itself
#
# A list of heights gives a force. An *energy* gives more: it says what is conserved. So let a small network be the pair energy, $u(\log r)$, and train it so that minus its gradient is the pull. Nothing else changes: $E_{\text{pot}} = \sum_{i<j} m_i m_j\, u(r_{ij})$ is an energy of pairs, learned from what it does. The network is small and the accelerations hold no noise, so a hundred steps of L-BFGS on all of them go further than thousands on batches.

# %%
torch.manual_seed(seed)
potential = torch.nn.Sequential(
    torch.nn.Linear(1, 32),
    torch.nn.Tanh(),
    torch.nn.Linear(32, 32),
    torch.nn.Tanh(),
    torch.nn.Linear(32, 1),
).double()
m_torch = torch.tensor(masses)
upper = np.triu_indices(n_bodies, 1)
pair_mass = m_torch[upper[0]] * m_torch[upper[1]]


def learned_pull(x, create_graph=False):
    """Minus the gradient of the learned energy, over the masses."""
    x = x.requires_grad_(True)
    apart = x[..., upper[0], :] - x[..., upper[1], :]
    log_r = apart.square().sum(-1).clamp_min(1e-12).log() / 2
    total = (pair_mass * potential(log_r[..., None])[..., 0]).sum()
    (slope,) = torch.autograd.grad(total, x, create_graph=create_graph)
    return -slope / m_torch[:, None]


x_all = torch.tensor(middle)
a_all = torch.tensor(targets["exact accelerations"])
optimizer = torch.optim.LBFGS(
    potential.parameters(),
    max_iter=100,
    history_size=50,
    line_search_fn="strong_wolfe",
    tolerance_change=1e-12,
)


def loss():
    optimizer.zero_grad()
    miss = learned_pull(x_all, create_graph=True) - a_all
    mean_square = (miss**2).mean()
    mean_square.backward()
    return mean_square.detach()


optimizer.step(loss)


def learned_law(r):
    log_r = torch.tensor(np.log(r))[:, None].requires_grad_(True)
    (slope,) = torch.autograd.grad(potential(log_r).sum(), log_r)
    return slope[:, 0].numpy() / r


error_of["learned energy"] = np.median(
    np.abs(learned_law(r[between]) / true_law(r[between]) - 1)
)

# %% [markdown]
# The proof of an energy is a film that it has not seen. Twenty new systems move under the learned pull; do they keep the learned energy, and the true one?


# %%
def learned_accelerations(x, _):
    return learned_pull(torch.tensor(x)).detach().numpy()


def learned_energy(x, v):
    apart = x[..., upper[0], :] - x[..., upper[1], :]
    log_r = torch.tensor(np.log((apart**2).sum(-1)) / 2)
    with torch.no_grad():
        u = potential(log_r[..., None])[..., 0].numpy()
    kinetic = 0.5 * ((v**2).sum(-1) * masses).sum(-1)
    return kinetic + (pair_mass.numpy() * u).sum(-1)


new_x, new_v = starts(20, np.random.default_rng(seed + 1))
films = {
    "true": simulate(new_x, new_v, masses, 0.01, 300),
    "learned": simulate(new_x, new_v, masses, 0.01, 300, learned_accelerations),
}
kept = {
    "learned energy": learned_energy(*films["learned"]),
    "true energy": energy(*films["learned"], masses),
}
change = {k: np.abs(e - e[:, :1]) for k, e in kept.items()}
scale = np.abs(energy(new_x, new_v, masses)).mean()
apart = np.linalg.norm(films["true"][0] - films["learned"][0], axis=-1)

# %% tags=["hide-input"]
figure, axes = plt.subplots(figsize=(5.2, 3.6))
clock = 0.01 * np.arange(301)
for (name, values), color in zip(
    change.items(), ("hybrid", "model"), strict=True
):
    axes.semilogy(
        clock[1:],
        np.median(values, 0)[1:] / scale,
        color=COLORS[color],
        label=f"change of the {name}",
    )
axes.semilogy(
    clock[1:],
    np.median(apart, (0, 2))[1:],
    color=COLORS["pairwise"],
    linestyle="--",
    label="distance to the true orbit",
)
axes.set(xlabel="time", ylabel="median over 20 systems")
axes.legend(fontsize=10)
plotting.show(
    figure,
    name="fig-learned-energy",
    caption="New systems that move under the learned energy: how much their energies change, relative to the mean size of the energy, and how far they get from the true orbits.",
    alt=f"Three rising curves on a logarithmic axis. After three units of time the learned energy has changed by {np.median(change['learned energy'][:, -1]) / scale:.1e}, the true one by {np.median(change['true energy'][:, -1]) / scale:.1e}, and bodies are {np.median(apart[:, -1]):.1e} from their true places.",
)

# %% tags=["remove-input"]
display(
    Markdown(
        f"The learned law is off by {error_of['learned energy']:.2%} in the median (least squares: {error_of['exact accelerations']:.2%}). In the new systems the learned energy changes by {np.median(change['learned energy'][:, -1]) / scale:.1e} of its size in the median, which is the leapfrog's own error, and the true energy by {np.median(change['true energy'][:, -1]) / scale:.1e}. "
        f"After three units of time the bodies are {np.median(apart[:, -1]):.4f} from where they should be, in the median."
    )
)

# %% tags=["hide-cell", "checks", "nbval-check-output"]
print("law within 2 %:", error_of["exact accelerations"] < 0.02)
print("learned law within 0.2 %:", error_of["learned energy"] < 0.002)
print(
    "learned energy conserved to 1e-3:",
    np.median(change["learned energy"][:, -1]) / scale < 1e-3,
)
momentum = (masses[:, None] * films["learned"][1]).sum(2)
print("momentum conserved:", np.abs(momentum).max() < 1e-9)

# %% [markdown]
# Momentum is conserved to all digits, though nothing was trained for it: an energy of *distances* cannot push the whole. What is built in need not be learned.
#
# ## The same task for a graph network
#
# The convolutions of {doc}`10_graphs_and_nbody` add up what neighbours have. A *graph network* lets a small network decide what each neighbour says: body $j$ sends body $i$ a *message* of some numbers, made from $x_j - x_i$; the messages that arrive are added; a second function makes the acceleration of their sum. Nobody says that pulls act along the line between two bodies, nor that there is an energy.
#
# Can the law be read off it? Cranmer and others looked into its messages, and found forces there when they kept the messages as short as a force, three numbers {cite}`cranmer2020`.
#
# :::{admonition} Predict, then run: short or long messages
# :class: predict
# One network has messages of eight numbers and a network on their sum. Another has messages of three, and only a linear map on their sum. Both learn the same accelerations. In which do the messages look like forces, and which predicts better?
# :::


# %%
class GraphNetwork(torch.nn.Module):
    """Accelerations (M, N, 3) from positions, by messages between bodies."""

    def __init__(self, width, linear, hidden=32):
        super().__init__()
        layer, rectifier = torch.nn.Linear, torch.nn.SiLU
        self.message = torch.nn.Sequential(
            layer(3, hidden),
            rectifier(),
            layer(hidden, hidden),
            rectifier(),
            layer(hidden, width),
        )
        self.update = layer(width, 3)
        if not linear:
            self.update = torch.nn.Sequential(
                layer(width, hidden), rectifier(), layer(hidden, 3)
            )

    def messages(self, x):
        apart = x[..., None, :, :] - x[..., :, None, :]
        others = 1 - torch.eye(x.shape[-2])
        return self.message(apart) * others[..., None]

    def forward(self, x):
        return self.update(self.messages(x).sum(-2))


x_seen, a_seen = x_all.detach().float(), a_all.float()
unit = a_seen.std()


def trained_graph_network(width, linear, seed):
    torch.manual_seed(seed)
    network = GraphNetwork(width, linear)
    optimizer = torch.optim.Adam(network.parameters(), 1e-2, fused=True)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 1000)
    for _ in range(1000):
        batch = torch.randint(len(x_seen), (64,))
        loss = ((network(x_seen[batch]) - a_seen[batch] / unit) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return network


kinds = {"eight numbers": (8, False), "three numbers": (3, True)}
graph_networks = {
    kind: [trained_graph_network(*shape, s) for s in range(3)]
    for kind, shape in kinds.items()
}

# %% [markdown]
# To ask whether messages are forces we take their three leading principal components, and fit the true pull of $j$ on $i$ by a linear map of them, on the twenty new films. $R^2$ is the share of its variance that the map explains.

# %%
new_films = films["true"][0][:, ::10].reshape(-1, n_bodies, 3)
new_films = torch.tensor(new_films).float()
new_pulls = torch.tensor(accelerations(new_films.numpy(), masses)).float()
off_diagonal = ~np.eye(n_bodies, dtype=bool)
lines = (new_films[:, None] - new_films[:, :, None]).numpy()[:, off_diagonal]
lines = lines.reshape(-1, 3)
lengths = np.linalg.norm(lines, axis=1, keepdims=True)
true_pull = masses[0] * true_law(lengths) * lines / lengths


def as_forces(network):
    """Best linear map of the messages to the pulls, and its R squared."""
    with torch.no_grad():
        messages = network.messages(new_films).numpy()[:, off_diagonal]
    messages = messages.reshape(len(lines), -1)
    leading = PCA(3).fit_transform(messages)
    model = LinearRegression().fit(leading, true_pull)
    return model.predict(leading), model.score(leading, true_pull)


def moved(network):
    """New systems under a network's pull: changes of energy and momentum."""

    def pull(x, _):
        with torch.no_grad():
            return unit.item() * network(torch.tensor(x).float()).numpy()

    xs, vs = simulate(new_x, new_v, masses, 0.01, 300, pull)
    e, momentum = energy(xs, vs, masses), (masses[:, None] * vs).sum(2)
    change = np.abs(e[:, -1] - e[:, 0]) / scale
    return np.median(change), np.abs(momentum[:, -1]).max()


judged = {}
for kind, networks in graph_networks.items():
    judged[kind] = []
    for network in networks:
        with torch.no_grad():
            miss = unit * network(new_films) - new_pulls
        rms = float((miss.square().mean() / new_pulls.square().mean()).sqrt())
        judged[kind].append((rms, as_forces(network)[1], *moved(network)))

learned_miss = learned_pull(new_films.double()).detach() - new_pulls
learned_rms = float(
    (learned_miss.square().mean() / new_pulls.square().mean()).sqrt()
)

# %% tags=["hide-input"]
figure, axes = plt.subplots(1, 2, figsize=(5.2, 3.0), sharex=True, sharey=True)
some = np.random.default_rng(0).choice(len(true_pull), 2000, replace=False)
for ax, (kind, color) in zip(
    axes,
    (("eight numbers", "network"), ("three numbers", "hybrid")),
    strict=True,
):
    read, _ = as_forces(graph_networks[kind][0])
    ax.axline((0, 0), slope=1, color="black", linewidth=1)
    ax.plot(true_pull[some, 0], read[some, 0], ".", ms=4, color=COLORS[color])
    ax.set(title=kind, xlim=(-0.3, 0.3), ylim=(-0.3, 0.3), xlabel="true pull")
axes[0].set_ylabel("read off a message")
fit_of = {kind: np.mean([j[1] for j in rows]) for kind, rows in judged.items()}
plotting.show(
    figure,
    name="fig-messages",
    caption="One component of the pull of one body on another, on new films, against what a linear map reads off the message; on the line the message is the force. Stronger pulls lie outside.",
    alt=f"Two clouds of points. For messages of eight numbers the cloud is flat and wide, with R squared {fit_of['eight numbers']:.2f}. For messages of three numbers it lies along the line, with R squared {fit_of['three numbers']:.2f}.",
)

# %% tags=["remove-input"]
shown = [(".1%", 0), (".3f", 1), (".1%", 2), (".2f", 3)]
rows = [
    "| messages | miss of accelerations | explained, $R^2$ | change of energy | momentum gained |",
    "|---|---|---|---|---|",
]
for kind, values in judged.items():
    values = np.array(values)
    mean, error = values.mean(0), values.std(0, ddof=1) / np.sqrt(len(values))
    cells = (f"{mean[k]:{form}} ± {error[k]:{form}}" for form, k in shown)
    rows.append(f"| {kind} | {' | '.join(cells)} |")
learned_change = np.median(change["true energy"][:, -1]) / scale
rows.append(
    f"| learned energy | {learned_rms:.1%} | 1 by design | {learned_change:.1e} | 0 |"
)
display(
    Markdown(
        "\n".join(rows)
        + "\n\nThe first column is the root mean square error, relative to the accelerations themselves; energy and momentum are those of the new systems after three units of time. Errors are over three seeds."
    )
)

# %% tags=["hide-cell", "checks", "nbval-check-output"]
print("short messages are nearly forces:", fit_of["three numbers"] > 0.8)
print("long ones are not:", fit_of["eight numbers"] < 0.6)
miss_of = {kind: np.mean([j[0] for j in rows]) for kind, rows in judged.items()}
print("the energy misses less:", 5 * learned_rms < min(miss_of.values()))

# %% [markdown]
# Short messages are nearly forces, because the sum of three numbers that gives three accelerations leaves no room for a code; long ones hide the same knowledge in a mixture. And neither keeps momentum, because nothing makes the message from $j$ to $i$ the opposite of that from $i$ to $j$. So a law can be read off a graph network, if one builds it so that there is little else to read.
#
# ## Cheat sheet
#
# | what | formula |
# |---|---|
# | softened pair energy | $-m_i m_j / \sqrt{r^2 + \epsilon^2}$ |
# | leapfrog | kick $dt/2$, drift $dt$, kick $dt/2$; error $\propto dt^2$ |
# | law by least squares | $a_i = \sum_j m_j \sum_k c_k B_k(r_{ij})\, \hat r_{ij}$, linear in $c$ |
# | learned energy | minus the gradient of $\sum m_i m_j u(r_{ij})$ is the force |
# | graph network | $a_i = U\bigl(\sum_j M(x_j - x_i)\bigr)$ |
#
# ## Summary
#
# - A simulation is data only with its masses, its softening, its step, and a measured energy error.
# - A pair law is linear in its heights, so least squares reads it off; close encounters are few, and finite differences blur them.
# - A learned *energy* conserves what an energy conserves.
# - The messages of a graph network are forces only if they are kept as short as forces.
#
# ## Exercises

# %% [markdown]
# (ex-10-3)=

# %% [markdown]
# :::{admonition} Exercise 10.3: one step
# :class: exercise
# *coding, medium, 15 minutes*
#
# Two bodies of mass $\frac12$ rest at distance 1, with softening 0.1. They move by *one* leapfrog step. By which factor is the energy error larger for $dt = 0.2$ than for $dt = 0.1$?
# :::

# %%
from exercises import answer

factor = ...
answer("10.3", factor)

# %% [markdown]
# :::{admonition} Solution to exercise 10.3
# :class: dropdown solution
# About 16: from rest, the error of one step starts with $dt^4$. In general it starts with $dt^3$, and over a fixed time, with $1/dt$ steps, $dt^2$ is left.
# :::

# %% tags=["hide-cell", "solution"]
pair_mass_half = np.array([0.5, 0.5])
at_rest = np.array([[[0.0, 0, 0], [1, 0, 0]]])


def one_step_error(dt):
    x, v = simulate(at_rest, 0 * at_rest, pair_mass_half, dt, 1)
    both = [energy(x[:, k], v[:, k], pair_mass_half)[0] for k in (0, 1)]
    return both[1] - both[0]


assert answer("10.3", one_step_error(0.2) / one_step_error(0.1))

# %% [markdown]
# ## Where next
#
# - {doc}`01b_learning_energies`: learning an energy where no forces are seen, only samples.
# - {doc}`05_coupling_reconstruction`: the same question for spins.
#
# ## Further reading
#
# - {cite}`cranmer2020` reads laws off the messages of graph networks.
