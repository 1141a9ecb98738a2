# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Graphs
#
# On a picture a small template can slide: look at a pixel and its neighbours to the left, right, above and below, and do the same everywhere. Molecules, road maps and meshes on a sphere have no left and no above. **What can slide over a graph, and how many numbers must one learn for it?**
# The answer is a matrix that every graph has, its Laplacian. And since its quadratic form is an energy, the question of chapter 5 comes back: can the graph be found again from samples?
#
# **What you will learn**
#
# - why a graph has no template, and what takes its place;
# - three Laplacians that are often taken for one another;
# - waves on a graph, the graph Fourier transform, and a convolution theorem;
# - why a free spectral filter is a bad idea, and smooth kernels a good one;
# - how to find a graph again from states of an Ising model on it.
#
# **Prerequisites**: matrices and eigenvectors; the last section needs {doc}`03_pairwise_models`.
#
# **Running time**: less than a minute on one core.

# %%
import time

import numpy as np
import torch
from IPython.display import Markdown, display
from matplotlib import pyplot as plt
from scipy import sparse
from scipy.interpolate import BSpline
from scipy.linalg import expm
from scipy.signal import convolve2d
from scipy.spatial import cKDTree

import ebmtools as ebm
from ebmtools import plotting

plotting.use_style()
COLORS = plotting.COLORS

# %% tags=["parameters"]
n_nodes = 600  # points on the sphere
n_kernels = 6

# %% [markdown]
# ## No template
#
# ```{figure} ../book/_static/drawings/templates.svg
# :name: fig-draw-templates
# :alt: Left, a grid of points; one of them and its four neighbours are marked. Right, a graph of eight nodes; one of them and its six neighbours are marked.
#
# On a grid every point has the same neighbours in the same places. On a graph a node has neighbours, as many as it happens to have, in no order.
# ```
#
# A template on a line is a list of weights, one for each step to the left or right: $(w * h)_i = \sum_k w_k h_{i-k}$. It needs few weights, since they are the same everywhere, and it is local. On a grid there are steps to the left, right, up and down, and the template is a small picture.
# On a graph "one step to the left" means nothing. What does mean something, without names for directions, is *being neighbours*, and the one thing that all neighbours can do alike is to be averaged.

# %%
signal = np.array([0.0, 0, 1, 3, 1, 0, 0, 0])
template = [0.25, 0.5, 0.25]
print("on a line:", np.convolve(signal, template, mode="same"))

picture = np.zeros((4, 6))
picture[1, 1:4] = 1.0, 3.0, 1.0
cross = np.array([[0, 1, 0], [1, 4, 1], [0, 1, 0]]) / 8
print("on a grid:", convolve2d(picture, cross, mode="same"), sep="\n")

# %% [markdown]
# ## The Laplacian
#
# ```{figure} ../book/_static/drawings/four-nodes.svg
# :name: fig-draw-four-nodes
# :alt: Four numbered nodes. Node 2 is joined to 1, 3 and 4, and node 1 to node 4.
#
# A graph of four nodes.
# ```
#
# A graph is given by its **adjacency matrix** $A$, with $a_{ij} = 1$ where $i$ and $j$ are joined. The **degree** $d_i = \sum_j a_{ij}$ counts the neighbours, $D$ is the diagonal matrix of degrees, and
#
# $$
# L = D - A , \qquad (L h)_i = \sum_j a_{ij} (h_i - h_j) ,
# $$ (eq-laplacian)
#
# is the **Laplacian**: by how much a node exceeds its neighbours, summed. It is zero where a signal is flat.

# %%
A = np.array([[0, 1, 0, 1], [1, 0, 1, 1], [0, 1, 0, 0], [1, 1, 0, 0]])
d = A.sum(axis=1)
L = np.diag(d) - A
print(L)

# %% [markdown]
# Two normalised forms are in use, and they are often written as if they were one:
#
# $$
# L_{\text{sym}} = I - D^{-1/2} A D^{-1/2} , \qquad L_{\text{rw}} = I - D^{-1} A .
# $$ (eq-normalised)
#
# The second is "a node minus the mean of its neighbours", $(L_{\text{rw}} h)_i = h_i - \frac{1}{d_i} \sum_j a_{ij} h_j$. The first is symmetric. They are not equal, but similar, $L_{\text{rw}} = D^{-1/2} L_{\text{sym}} D^{1/2}$, so they share their eigenvalues, and not their eigenvectors.

# %%
root = np.diag(d**-0.5)
L_sym = np.eye(4) - root @ A @ root
L_rw = np.eye(4) - A / d[:, None]
values = [np.sort(np.linalg.eigvals(m).real) for m in (L, L_sym, L_rw)]
for name, v in zip(("L", "symmetric", "random walk"), values, strict=True):
    print(f"{name:12}", v.round(4))
print("random-walk form on (1, 0, 0, 0):", (L_rw @ [1, 0, 0, 0]).round(3))

# %% tags=["hide-cell", "checks", "nbval-check-output"]
print("symmetric = random walk:", np.allclose(L_sym, L_rw))
similar = np.diag(d**-0.5) @ L_sym @ np.diag(d**0.5)
print("similar:", np.allclose(similar, L_rw))
print("same eigenvalues:", np.allclose(values[1], values[2]))
h = np.arange(4.0)
i, j = np.nonzero(np.triu(A))
print(
    "h L h = sum over edges:", np.isclose(h @ L @ h, ((h[i] - h[j]) ** 2).sum())
)

# %% [markdown]
# ## Waves
#
# The quadratic form of $L$ is a sum over edges,
#
# $$
# h^\top L h = \sum_{(i,j)} (h_i - h_j)^2 .
# $$ (eq-rough)
#
# It measures how rough a signal is. So the eigenvectors $\phi_k$ of $L$, in the order of their eigenvalues $\lambda_k$, go from flat to rough: they are the graph's waves, and $\lambda_k$ is a squared frequency.

# %% tags=["hide-input"]
n_ring = 24
ring = np.roll(np.eye(n_ring), 1, 0) + np.roll(np.eye(n_ring), -1, 0)
four_values, four_waves = np.linalg.eigh(L)
lam, phi = np.linalg.eigh(2 * np.eye(n_ring) - ring)
four_waves = four_waves * np.sign(four_waves[0])
phi[:, 0] = np.abs(phi[:, 0])
places = np.array([[0, 1], [1, 0.5], [2, 1], [0, 0]])
figure, axes = plt.subplots(2, 4, figsize=(5.2, 2.9))
for k, ax in enumerate(axes[0]):
    for i, j in zip(*np.nonzero(np.triu(A)), strict=True):
        ax.plot(*places[[i, j]].T, color="0.6", linewidth=1, zorder=1)
    ax.scatter(
        *places.T,
        c=four_waves[:, k],
        cmap="RdBu_r",
        vmin=-0.9,
        vmax=0.9,
        s=230,
        edgecolor="black",
        zorder=2,
    )
    for place, value in zip(places, four_waves[:, k], strict=True):
        sign = "0" if abs(value) < 1e-9 else "+" if value > 0 else "-"
        color = "white" if abs(value) > 0.6 else "black"
        ax.text(*place, sign, ha="center", va="center", color=color)
    ax.set(xlim=(-0.5, 2.5), ylim=(-0.5, 1.5))
    ax.set_title(rf"$\lambda = {abs(four_values[k]):.0f}$", fontsize=11)
    ax.set_axis_off()
for k, ax in zip((0, 1, 3, 5), axes[1], strict=True):
    ax.axhline(0, color="0.6", linewidth=1)
    ax.plot(phi[:, k], ".-", color=COLORS["pairwise"], linewidth=1)
    ax.set(ylim=(-0.35, 0.35), xticks=[], yticks=[])
    ax.set_title(rf"$\lambda = {abs(lam[k]):.2f}$", fontsize=11)
plotting.show(
    figure,
    name="fig-small-waves",
    caption=f"Top: the four waves of {{numref}}`fig-draw-four-nodes`, with the sign at each node. Bottom: four waves of a ring of {n_ring} nodes, cut open and laid straight.",
    alt="Top, four copies of the graph: all nodes plus, then patterns with more and more changes of sign between neighbours; in the last one the node with three neighbours differs from all of them. Bottom: a flat line, and sine waves with one, two and three periods.",
)

# %% [markdown]
# :::{admonition} Predict, then run: waves on a sphere
# :class: predict
# Spread points over a sphere, and join each to its six nearest ones. The smallest eigenvalue of the symmetric form is zero, and its wave is constant (but for the degrees, which are six or seven). How many waves come next, nearly at the same frequency? And after these?
# :::


# %%
def sphere(n):
    """Fibonacci points on the unit sphere."""
    k = np.arange(n) + 0.5
    z, angle = 1 - 2 * k / n, np.pi * (1 + np.sqrt(5)) * k
    r = np.sqrt(1 - z**2)
    return np.column_stack([r * np.cos(angle), r * np.sin(angle), z])


def nearest(points, neighbours=6):
    """Adjacency matrix, sparse: each point and its nearest ones."""
    _, found = cKDTree(points).query(points, neighbours + 1)
    rows = np.repeat(np.arange(len(points)), neighbours)
    ones = np.ones(len(rows))
    shape = (len(points), len(points))
    one_way = sparse.csr_array((ones, (rows, found[:, 1:].ravel())), shape)
    return one_way.maximum(one_way.T)


def laplacian(adjacency):
    """I - D^-1/2 A D^-1/2, sparse: the symmetric form."""
    root = sparse.diags_array(adjacency.sum(axis=1) ** -0.5)
    return sparse.eye_array(len(root.diagonal())) - root @ adjacency @ root


points = sphere(n_nodes)
L_sphere = laplacian(nearest(points)).toarray()
frequencies, waves = np.linalg.eigh(L_sphere)

# %% tags=["hide-input"]
figure = plt.figure(figsize=(5.2, 4.6))
grid = figure.add_gridspec(3, 4, height_ratios=[1, 1, 1.5])
for cell, k in enumerate([0, 1, 2, 3, 4, 6, 8, 15]):
    ax = figure.add_subplot(grid[cell // 4, cell % 4])
    front = points[:, 0] > 0
    top = np.abs(waves[:, k]).max()
    ax.scatter(
        points[front, 1],
        points[front, 2],
        c=waves[front, k],
        cmap="RdBu_r",
        vmin=-top,
        vmax=top,
        s=7,
    )
    ax.set_title(f"wave {k}", fontsize=10)
    ax.set_axis_off()
    ax.set_aspect("equal")
ax = figure.add_subplot(grid[2, :])
ax.plot(frequencies[:26], "o", color=COLORS["pairwise"])
for start, width in ((1, 3), (4, 5), (9, 7)):
    ax.axvspan(start - 0.4, start + width - 0.6, color="0.9", zorder=0)
ax.set(xlabel="number of the wave", ylabel=r"eigenvalue $\lambda$")
gaps = np.diff(frequencies[:17])
plotting.show(
    figure,
    name="fig-sphere",
    caption=f"Waves on a sphere of {n_nodes} points, one half seen from the side, and the smallest eigenvalues. Grey: groups of 3, 5 and 7.",
    alt=f"Eight small spheres: wave 0 is of one colour, waves 1 to 3 have two halves of opposite colour, the others finer patterns. Below, eigenvalues in steps: one at zero, three near {frequencies[1:4].mean():.4f}, five near {frequencies[4:9].mean():.3f}, seven near {frequencies[9:16].mean():.3f}.",
)

# %% [markdown]
# Groups of 1, 3, 5, 7: these are the spherical harmonics, which physicists know from the hydrogen atom. Nobody told the graph that it lies on a sphere.
#
# ### Fourier transform and convolution
#
# Write a signal as a sum of waves, $h = \sum_k \hat h_k \phi_k$. With the waves as columns of $\Phi$,
#
# $$
# \hat h = \Phi^\top h , \qquad h = \Phi \hat h , \qquad L = \Phi \Lambda \Phi^\top ,
# $$ (eq-gft)
#
# which is the **graph Fourier transform**. (Some texts have the waves as rows, and then all $\Phi$ are transposed. One must not mix the two.)
#
# On a ring of $n$ nodes the waves are sines and cosines, two of them for each frequency, or $e^{i \theta x}$ with $\theta = 2\pi k / n$ if one takes them together. Let a template slide over such a wave: since $e^{i\theta(x - y)} = e^{-i\theta y} e^{i\theta x}$,
#
# $$
# (w * e^{i\theta \cdot})_x = \sum_y w_y\, e^{i \theta (x - y)} = \Big( \sum_y w_y\, e^{-i\theta y} \Big)\, e^{i\theta x} = \hat w(\theta)\, e^{i\theta x} .
# $$ (eq-convolution)
#
# The wave comes out as it went in, times a number that does not depend on $x$. Any signal is a sum of waves, so to convolve is to multiply each $\hat h_k$ by a number: that is the convolution theorem. A graph has no template, so it has no left side of {eq}`eq-convolution`, but it has waves. We *define* its convolution by the right side,
#
# $$
# w(L)\, h = \Phi\, w(\Lambda)\, \Phi^\top h .
# $$ (eq-spectral)

# %% tags=["hide-cell", "checks", "nbval-check-output"]
kernel = np.zeros(n_ring)
kernel[[0, 1, -1]] = 0.5, 0.25, 0.25
bump = np.random.default_rng(1).normal(size=n_ring)
circular = np.fft.ifft(np.fft.fft(kernel) * np.fft.fft(bump)).real
by_graph = phi @ ((1 - lam / 4) * (phi.T @ bump))
print("on a ring: template = spectral filter:", np.allclose(circular, by_graph))
print("three waves, then five:", gaps[0] > 5 * gaps[1], gaps[3] > 3 * gaps[4])

# %% [markdown]
# ## Learning a filter
#
# Suppose a signal $h$ goes in, $y = w(L) h$ plus noise comes out, and we want $w$. How many numbers must be learned?
#
# | model | numbers | what it knows |
# |---|---|---|
# | any matrix $W$ | $n^2$ | nothing of the graph |
# | spectral, $\Phi\, \text{diag}(w)\, \Phi^\top$ | $n$ | one weight for each frequency |
# | kernels, $\text{diag}(B w)$ | $K$ | weights that are smooth in $\lambda$ |
#
# In the last row the columns of $B$ are $K$ smooth functions of the frequency. B-splines are one choice, Chebyshev polynomials another. These have a merit that splines lack: $T_k(L) h$ needs no eigenvectors, only $k$ products with the sparse $L$.
#
# :::{admonition} Predict, then run: five examples
# :class: predict
# The graph has 600 nodes, the noise is as strong as the signal, and there are five examples. Guess the relative error of each of the three on new signals.
# :::

# %%
top_frequency = frequencies[-1]
scaled = 2 * frequencies / top_frequency - 1
kernels = {
    "Chebyshev": np.polynomial.chebyshev.chebvander(scaled, n_kernels - 1),
    "B-splines": BSpline.design_matrix(
        frequencies.clip(0, top_frequency * (1 - 1e-9)),
        np.concatenate(
            [
                [0] * 3,
                np.linspace(0, top_frequency, n_kernels - 2),
                [top_frequency] * 3,
            ]
        ),
        3,
    ).toarray(),
}
teacher = np.exp(-4 * frequencies)  # heat, after some time: no polynomial
rng = np.random.default_rng(0)


def learned(h_hat, y_hat, model):
    """Weights of all frequencies, by least squares; rows are examples."""
    if model == "spectral":
        return (h_hat * y_hat).sum(0) / (h_hat**2).sum(0)
    basis = kernels[model]
    design = (h_hat[:, :, None] * basis).reshape(-1, basis.shape[1])
    return basis @ np.linalg.lstsq(design, y_hat.ravel())[0]


sizes = [1, 2, 5, 20, 100]
names = ["any matrix", "spectral", "Chebyshev", "B-splines"]
errors = {name: np.empty((len(sizes), 5)) for name in names}
for row, m in enumerate(sizes):
    for column in range(5):
        h = rng.normal(size=(m, n_nodes)) @ waves
        clean = h * teacher
        noise = rng.normal(size=clean.shape) * clean.std()
        fresh = rng.normal(size=(20, n_nodes))
        wanted = fresh * teacher
        for name in names:
            if name == "any matrix":  # the smallest of those that fit best
                W = np.linalg.lstsq(h, clean + noise)[0]
                answer_ = fresh @ W
            else:
                answer_ = fresh * learned(h, clean + noise, name)
            miss = np.linalg.norm(answer_ - wanted) / np.linalg.norm(wanted)
            errors[name][row, column] = miss

# %% tags=["hide-input"]
figure, axes = plt.subplots(figsize=(5.2, 3.7))
looks = [("network", "^"), ("model", "s"), ("pairwise", "o"), ("hybrid", "D")]
for name, (color, marker) in zip(names, looks, strict=True):
    mean = errors[name].mean(1)
    spread = errors[name].std(1, ddof=1) / np.sqrt(5)
    axes.errorbar(
        sizes,
        mean,
        spread,
        color=COLORS[color],
        marker=marker,
        label=name,
        capsize=2,
    )
axes.set(
    xscale="log",
    yscale="log",
    xlabel="examples",
    ylabel="relative error on new signals",
)
axes.set_xticks(sizes, [str(s) for s in sizes])
axes.minorticks_off()
figure.legend(loc="outside lower center", ncols=2)
plotting.show(
    figure,
    name="fig-filter",
    caption=f"Learning a heat filter on the sphere of {n_nodes} nodes, noise as strong as the signal: means over five repetitions with standard errors.",
    alt="; ".join(
        f"{name}: from {errors[name][0].mean():.2g} with one example to {errors[name][-1].mean():.2g} with {sizes[-1]}"
        for name in names
    )
    + ".",
)

# %% tags=["remove-input"]
five = {name: errors[name][sizes.index(5)].mean() for name in names}
display(
    Markdown(
        "With five examples the errors are "
        + ", ".join(f"{value:.2g} ({name})" for name, value in five.items())
        + ". An error of one is what the answer zero would have. "
        f"The matrix has {n_nodes**2:,} numbers to learn, the spectral filter {n_nodes}, the kernels {n_kernels}."
    )
)

# %% [markdown]
# ### What is local?
#
# A polynomial of degree $K - 1$ in $L$ reaches $K - 1$ hops and not one further. A free spectral filter reaches everywhere: in {eq}`eq-spectral` each weight moves a wave that covers the whole graph, and unless the weights are smooth in $\lambda$ nothing makes the sum small far away.

# %%
hops = np.full(n_nodes, -1)
reached = np.zeros(n_nodes)
reached[0] = 1.0
for hop in range(n_nodes):
    hops[(hops < 0) & (reached > 0)] = hop
    reached = reached + (L_sphere != 0) @ reached
    if (hops >= 0).all():
        break
h = rng.normal(size=(5, n_nodes)) @ waves
y = h * teacher
y = y + rng.normal(size=y.shape) * y.std()
answers_of = {"the true filter": teacher}
answers_of |= {name: learned(h, y, name) for name in names[1:]}
within = {}
for name, weights in answers_of.items():
    impulse = np.abs(waves @ (weights * waves[0]))
    within[name] = [impulse[hops <= k].sum() / impulse.sum() for k in range(6)]

# %% tags=["remove-input"]
rows = [
    "| filter | at the node | 1 hop | "
    + " | ".join(f"{k} hops" for k in range(2, 6))
    + " |"
]
rows.append("|---" * 7 + "|")
rows += [
    f"| {name} | " + " | ".join(f"{v:.2f}" for v in values) + " |"
    for name, values in within.items()
]
display(
    Markdown(
        "Share of the answer to an impulse, in absolute value, within so many hops of it; filters learned from five examples:\n\n"
        + "\n".join(rows)
    )
)

# %% [markdown]
# ### A hundred thousand nodes
#
# The eigenvectors of $10^5$ nodes would fill 80 gigabytes. Chebyshev's recursion, $T_{k+1}(x) = 2 x\, T_k(x) - T_{k-1}(x)$, needs sparse products alone. (The eigenvalues of the symmetric form never exceed 2.)


# %%
def chebyshev_filter(L, h, weights, top):
    """sum_k weights_k T_k of the scaled Laplacian, on h."""

    def scaled_product(x):
        return 2 / top * (L @ x) - x

    before, now = h, scaled_product(h)
    total = weights[0] * before + weights[1] * now
    for weight in weights[2:]:
        before, now = now, 2 * scaled_product(now) - before
        total = total + weight * now
    return total


many = {}
for n in (1_000, 10_000, 100_000):
    L_many = laplacian(nearest(sphere(n))).tocsr()
    h_many = rng.normal(size=n)
    took = []
    for _ in range(3):
        start = time.perf_counter()
        chebyshev_filter(L_many, h_many, np.ones(n_kernels), 2.0)
        took.append(time.perf_counter() - start)
    many[n] = min(took)

# %% tags=["remove-input"]
display(
    Markdown(
        "A filter of six kernels takes "
        + ", ".join(f"{1e3 * s:.2g} ms at {n:,} nodes" for n, s in many.items())
        + "."
    )
)

# %% tags=["hide-cell", "checks", "nbval-check-output"]
some = np.array([0.3, -0.2, 0.1, 0.4, 0.0, 0.2])
direct = waves @ ((kernels["Chebyshev"] @ some) * (waves.T @ h[0]))
by_recursion = chebyshev_filter(L_sphere, h[0], some, top_frequency)
print("recursion = eigenvectors:", np.allclose(direct, by_recursion))
far = hops > n_kernels - 1
impulse = np.eye(n_nodes)[0]
touched = chebyshev_filter(L_sphere, impulse, some, top_frequency)
print("nothing beyond five hops:", np.abs(touched[far]).max() < 1e-12)
heat = expm(-4 * L_sphere)
print("teacher is heat:", np.allclose((waves * teacher) @ waves.T, heat))

# %% [markdown]
# ## A small graph network
#
# Put a nonlinear function between two such filters and you have a graph network: each node mixes what it and its neighbours have, $K$ kernels at a time, with the same weights everywhere. Does the graph help? The task: recover a smooth pattern with sharp edges, two continents on the sphere, from noise. The same network without the graph sees each node alone.

# %%
cheb = [np.eye(n_nodes), 2 * L_sphere / top_frequency - np.eye(n_nodes)]
for _ in range(2, n_kernels):
    cheb.append(2 * cheb[1] @ cheb[-1] - cheb[-2])
with_graph = torch.tensor(np.stack(cheb), dtype=torch.float32)
without_graph = torch.eye(n_nodes).repeat(n_kernels, 1, 1)


def worlds(count, generator):
    """Patterns of -1 and +1 on the sphere, and the same with noise."""
    centre = generator.normal(size=(count, 2, 3))
    centre /= np.linalg.norm(centre, axis=2, keepdims=True)
    land = (centre @ points.T > generator.uniform(0.3, 0.8, (count, 2, 1))).any(
        1
    )
    clean = np.where(land, 1.0, -1.0)
    noisy = clean + 1.5 * generator.normal(size=clean.shape)
    return torch.tensor(clean).float(), torch.tensor(noisy).float()


def graph_network(mixers, seed, steps=150, width=8):
    """Two layers of kernels; returns the share of wrong nodes."""
    torch.manual_seed(seed)
    generator = np.random.default_rng(seed)
    first = torch.nn.Parameter(0.3 * torch.randn(n_kernels, width))
    bias = torch.nn.Parameter(torch.zeros(width))
    second = torch.nn.Parameter(0.3 * torch.randn(n_kernels, width))
    optimizer = torch.optim.Adam([first, bias, second], lr=0.02)

    def output(x):
        mixed = torch.einsum("kij,mj->mik", mixers, x)
        hidden = torch.tanh(mixed @ first + bias)  # (m, n, width)
        summed = torch.einsum("miw,kw->mik", hidden, second)
        return torch.einsum("kij,mjk->mi", mixers, summed)

    for _ in range(steps):
        clean, noisy = worlds(8, generator)
        loss = torch.nn.functional.softplus(-clean * output(noisy)).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    clean, noisy = worlds(100, np.random.default_rng(99))
    with torch.no_grad():
        return float((output(noisy) * clean <= 0).float().mean())


wrong = {
    "with the graph": [graph_network(with_graph, seed) for seed in range(3)],
    "without": [graph_network(without_graph, seed) for seed in range(3)],
}

# %% tags=["remove-input"]
display(
    Markdown(
        "Wrong nodes on 100 new worlds: "
        + ", ".join(
            f"{np.mean(v):.2%} ± {np.std(v, ddof=1) / np.sqrt(3):.2%} {k}"
            for k, v in wrong.items()
        )
        + f". Both networks have {2 * n_kernels * 8 + 8} weights; means over three seeds with standard errors."
    )
)

# %% [markdown]
# ## The graph as an energy
#
# Equation {eq}`eq-rough` is an energy. For spins, $s_i = \pm 1$, it is the Ising model on the graph, because $(s_i - s_j)^2 = 2 - 2 s_i s_j$:
#
# $$
# E(s) = -J \sum_{(i,j)} s_i s_j = \frac{J}{2}\, s^\top L s + \text{const} .
# $$ (eq-graph-ising)
#
# It is a pairwise model whose couplings *are* the adjacency matrix, times $J$. So a graph can be found from states of the model on it, by the pairwise fit of chapter 3: neighbours first, and then its Laplacian and waves.

# %%
small_points = sphere(64)
A_true = nearest(small_points).toarray()
ising = ebm.Pairwise(0.12 * A_true)
draws = ebm.sample(ising, 20_000, n_chains=2000, warmup=1000, thin=20, seed=0)
found_graphs = {}
upper = np.triu_indices(64, 1)
edges = A_true[upper] > 0
for m in (300, 1000, 3000, 20_000):
    fit = ebm.fit_pairwise(draws.spins[:m])
    strength = fit.couplings[upper]
    threshold = np.sort(strength)[-edges.sum()]
    found_graphs[m] = fit.couplings, strength >= threshold

# %% tags=["hide-input"]
figure, (left, right) = plt.subplots(2, 1, figsize=(5.2, 5.6))
couplings, _ = found_graphs[3000]
bins = np.linspace(-0.15, 0.3, 46)
left.hist(couplings[upper][~edges], bins, color="0.7", label="no edge")
left.hist(
    couplings[upper][edges],
    bins,
    color=COLORS["pairwise"],
    alpha=0.8,
    label="edge",
)
left.axvline(0.12, color="black", linestyle="--", label="true J")
left.set(xlabel="fitted coupling, 3,000 samples", ylabel="pairs", yscale="log")
left.legend(fontsize=10)
L_true = np.diag(A_true.sum(0)) - A_true
right.plot(np.linalg.eigvalsh(L_true), color="black", label="true graph")
looks = {300: ("network", ":"), 1000: ("model", "--"), 20_000: ("hybrid", "-.")}
for m, (color, style) in looks.items():
    chosen = np.zeros((64, 64))
    chosen[upper] = found_graphs[m][1]
    chosen += chosen.T
    right.plot(
        np.linalg.eigvalsh(np.diag(chosen.sum(0)) - chosen),
        color=COLORS[color],
        linestyle=style,
        label=f"from {m:,} samples",
    )
right.set(xlabel="number of the wave", ylabel=r"eigenvalue $\lambda$")
right.legend(fontsize=10)
share = {
    m: (chosen & edges).sum() / edges.sum()
    for m, (_, chosen) in found_graphs.items()
}
plotting.show(
    figure,
    name="fig-graph-found",
    caption="Finding a graph of 64 nodes from states of the Ising model on it. Top: fitted couplings of pairs with and without an edge. Bottom: the Laplacian's eigenvalues for the graph of the strongest couplings, as many as there are edges.",
    alt=f"Top: two histograms; pairs without an edge around zero, pairs with one around {couplings[upper][edges].mean():.2f}, hardly overlapping. Bottom: rising curves; that from 20,000 samples lies on the true one, that from 300 samples differs. Share of edges found: "
    + ", ".join(f"{v:.0%} from {m:,} samples" for m, v in share.items())
    + ".",
)

# %% tags=["remove-input"]
display(
    Markdown(
        "Edges found: "
        + ", ".join(f"{v:.0%} from {m:,} samples" for m, v in share.items())
        + f". The chains mixed: R-hat {draws.rhat:.3f}. (The number of edges was taken as known; where it is not, the standard errors of the couplings say which are not zero.)"
    )
)

# %% tags=["hide-cell", "checks", "nbval-check-output"]
energy = ising(draws.spins[:5]).detach().numpy()
form = np.einsum("mi,ij,mj->m", draws.spins[:5], L_true, draws.spins[:5])
constant = energy - 0.12 / 2 * form
print("Ising energy = quadratic form:", np.allclose(constant, constant[0]))
print("all edges from 20,000 samples:", bool(share[20_000] == 1))
print(
    "the graph helps:",
    np.mean(wrong["with the graph"]) < 0.5 * np.mean(wrong["without"]),
)

# %% [markdown]
# :::{admonition} History: counting trees, hearing drums
# :class: note
# Gustav Kirchhoff wrote down the Laplacian of a network of wires in 1847, to compute currents {cite}`kirchhoff1847`. Fiedler saw in 1973 that its second eigenvector cuts a graph in two at its thinnest place {cite}`fiedler1973`. Neural networks came to it in 2014 through free spectral filters {cite}`bruna2014`, and two years later through Chebyshev's polynomials {cite}`defferrard2016`, for the reasons of {numref}`fig-filter`.
# :::
#
# ## Cheat sheet
#
# | what | formula |
# |---|---|
# | Laplacian | $L = D - A$ |
# | normalised, symmetric | $I - D^{-1/2} A D^{-1/2}$ |
# | normalised, random walk | $I - D^{-1} A$ |
# | roughness | $h^\top L h = \sum_{(i,j)} (h_i - h_j)^2$ |
# | Fourier transform | $\hat h = \Phi^\top h$ |
# | filter | $\Phi\, w(\Lambda)\, \Phi^\top h$ |
# | kernels | $w(\Lambda) = \text{diag}(B w)$, $K$ numbers |
#
# ## Summary
#
# - A graph has no directions; what all neighbours can do alike is to be averaged, and the Laplacian does that.
# - Its eigenvectors are waves. Convolution is defined by multiplying them.
# - Free spectral filters have too many weights and reach everywhere; smooth kernels have few and are local.
# - The Laplacian's quadratic form is an Ising energy, so a graph can be found again by a pairwise fit.
#
# ## Exercises

# %% [markdown]
# (ex-10-1)=

# %% [markdown]
# :::{admonition} Exercise 10.1: roughness by hand
# :class: exercise
# *thinking, easy, 5 minutes*
#
# On the graph of {numref}`fig-draw-four-nodes` the signal is $h = (1, 2, 3, 4)$. What is $h^\top L h$?
# :::

# %%
from exercises import answer

roughness = ...
answer("10.1", roughness)

# %% [markdown]
# :::{admonition} Solution to exercise 10.1
# :class: dropdown solution
# Four edges: $(1-2)^2 + (1-4)^2 + (2-3)^2 + (2-4)^2 = 1 + 9 + 1 + 4 = 15$.
# :::

# %% tags=["hide-cell", "solution"]
h = np.arange(1.0, 5.0)
assert answer("10.1", h @ L @ h)

# %% [markdown]
# (ex-10-2)=

# %% [markdown]
# :::{admonition} Exercise 10.2: how far?
# :class: exercise
# *thinking, easy, 5 minutes*
#
# On a ring of 100 nodes a filter is a polynomial in $L$, of degree 3 in one case and of degree 5 in another. How many nodes can answer to an impulse at one node?
# :::

# %%
nodes = [..., ...]  # degree 3, degree 5
answer("10.2", nodes)

# %% [markdown]
# :::{admonition} Solution to exercise 10.2
# :class: dropdown solution
# $L$ joins neighbours, so $L^k$ reaches $k$ hops, to both sides, and the node itself answers too: $2 \cdot 3 + 1 = 7$ and $2 \cdot 5 + 1 = 11$.
# :::

# %% tags=["hide-cell", "solution"]
assert answer("10.2", [2 * 3 + 1, 2 * 5 + 1])

# %% [markdown]
# ## Where next
#
# - {doc}`10b_nbody_systems`: bodies that pull on each other, and their law read off their orbits.
# - {doc}`03_pairwise_models`: the pairwise fit that found the graph.
#
# ## Further reading
#
# - {cite}`defferrard2016` has Chebyshev filters on graphs; {cite}`bruna2014` the free spectral ones.
