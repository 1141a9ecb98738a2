# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Associative memory and its capacity
#
# {doc}`03_pairwise_models` finds Hebb's rule as the first step of learning. Here the rule is put to work: three letters are stored in the couplings of 64 spins, and recalled from damaged copies. How many patterns can such a memory hold, and what happens when it is full?
#
# **What you will learn**
#
# - how couplings store patterns, and repair damaged ones;
# - how stored patterns disturb each other, and why only the load counts;
# - where the memory breaks down, by theory and by experiment.
#
# **Prerequisites**: Hebb's rule, from {doc}`03_pairwise_models`.
#
# **Running time**: less than a minute on one core.

# %%
import matplotlib.pyplot as plt
import numpy as np
from IPython.display import Markdown, display
from scipy.special import erf

from ebmtools import plotting

plotting.use_style()
COLORS = plotting.COLORS

# %% tags=["parameters"]
seed = 1
memory_sizes = [250, 1000]  # spins of the Hopfield networks
memory_instances = 4

# %% [markdown]
# ## The memory
#
# Take $P$ patterns $\xi^1,\dots,\xi^P$, states of $N$ spins each, as the data. (Elsewhere in the book $\xi$ is the strength of an interaction; here it is a pattern.) Leave the fields out, and let
#
# $$
# J_{ij} = \frac1N\sum_{\mu=1}^P \xi_i^\mu \xi_j^\mu \quad (i \ne j), \qquad h_i = 0 .
# $$ (eq-hebb)
#
# Now let each spin follow its neighbours, $s_i \leftarrow \operatorname{sign}\sum_j J_{ij} s_j$, one after the other. By {eq}`eq-delta` this flips exactly those spins whose flip lowers the energy, so the state ends in a local minimum.
# If the patterns are such minima, a start close enough to a pattern ends in it. Other minima exist too: the negative of each pattern, and mixtures of several.


# %%
def settle(spins, couplings, rng, max_sweeps=30):
    """Each spin in turn obeys its local field, until all do."""
    s = spins.copy()
    for _ in range(max_sweeps):
        before = s.copy()
        for i in rng.permutation(s.shape[1]):
            s[:, i] = np.where(s @ couplings[i] >= 0, 1, -1)
        if (s == before).all():
            break
    return s


def without_diagonal(matrix):
    return matrix - np.diag(np.diag(matrix))


def hebb(patterns):
    return without_diagonal(patterns.T @ patterns / patterns.shape[1])


# %%
LETTERS = {
    "J": "1E0C0C0CCCCC7800",
    "H": "C6C6C6FEC6C6C600",
    "S": "78CCE0701CCC7800",
}  # one byte a row

bits = [
    np.unpackbits(np.frombuffer(bytes.fromhex(code), np.uint8))
    for code in LETTERS.values()
]
patterns = 2.0 * np.array(bits) - 1

# %% [markdown]
# We store three letters of $8\times8$ spins, flip 12 of the 64 spins of each at random, and let the network settle.
#
# :::{admonition} Predict, then run: how damaged?
# :class: predict
# Twelve of 64 spins are wrong. How many will still be wrong after the network has settled?
# :::

# %%
rng = np.random.default_rng(seed)
corrupted = patterns.copy()
for row in corrupted:
    row[rng.choice(64, 12, replace=False)] *= -1
restored = settle(corrupted, hebb(patterns), rng)

# %% tags=["hide-input"]
overlap_before, overlap_after = (
    (corrupted * patterns).mean(1),
    (restored * patterns).mean(1),
)
fig = plt.figure(figsize=(5.0, 5.2))
panels = np.stack([patterns, corrupted, restored], axis=1).reshape(-1, 8, 8)
axes = plotting.plot_images(fig, panels, columns=3)
for ax, title in zip(axes, ["stored", "corrupted", "restored"], strict=False):
    ax.set_title(title)
plotting.show(
    fig,
    name="fig-recall",
    caption="Three letters stored by Hebb's rule. Left: the patterns. Middle: the same with 12 of 64 spins flipped. Right: what the network settles to.",
    alt=f"Three rows of letters J, H and S: clean, then speckled, then restored. The overlap with the stored letter rises from {overlap_before.mean():.2f} on average to {', '.join(f'{m:.2f}' for m in overlap_after)}.",
)

# %% [markdown]
# {numref}`fig-recall` shows it at work. The {term}`overlap` $m = \frac1N\sum_i s_i\xi_i$ measures success: $1$ for the pattern itself, about $0$ for an unrelated state.

# %% tags=["remove-input"]
display(
    Markdown(
        f"In {{}} of the 3 letters every spin was restored; the overlap rose from {overlap_before.mean():.2f} to {overlap_after.mean():.2f} on average.".replace(
            "{}", str(int((overlap_after == 1).sum()))
        )
    )
)

# %% [markdown]
# ## How much does it hold?
#
# Each stored pattern disturbs the others. Split the local field of spin $i$ in pattern 1 into its own part and the rest:
#
# $$
# \xi_i^1 \sum_j J_{ij}\xi_j^1 \approx 1 + \underbrace{\frac1N\sum_{\mu>1}\sum_{j\ne i}\xi_i^1\xi_i^\mu\xi_j^\mu\xi_j^1}_{\text{crosstalk}} .
# $$
#
# For random patterns the crosstalk is a sum of about $NP$ random signs over $N$. It has mean zero and variance $\alpha = P/N$, the **load**.
# So it is the load that counts. Amit, Gutfreund and Sompolinsky solved the model for $N\to\infty$ {cite}`amit1985`.
# Each spin obeys its local field without fail here; physicists say *at zero temperature*. Then, with one simplification called replica symmetry, which we take over, the overlap $m$ of the retrieval state and the load are tied by one parameter $y$:
#
# $$
# m = \operatorname{erf} y, \qquad
# \sqrt{2\alpha} = \frac{\operatorname{erf} y}{y} - \frac{2}{\sqrt\pi}e^{-y^2} .
# $$ (eq-ags)
#
# The right-hand side has a largest value. Beyond it there is no retrieval state at all: the memory does not fade, it breaks down.

# %%
y = np.linspace(1.0, 5, 4000)
root = erf(y) / y - 2 / np.sqrt(np.pi) * np.exp(-(y**2))
load_of_y = 0.5 * root**2
capacity = load_of_y.max()
stable = y >= y[load_of_y.argmax()]  # the stable branch

# %% tags=["nbval-check-output"]
print(f"critical load: {capacity:.3f}")

# %% [markdown]
# Now the experiment. We store random patterns, start at one of them, and see how far the state drifts away.

# %%
loads = [0.03, 0.06, 0.09, 0.11, 0.13, 0.145, 0.16, 0.18, 0.21]
loads = np.array(loads)


def retrieval(n, load, seed, probes=16):
    """Mean overlap with a pattern after settling from it."""
    rng = np.random.default_rng(seed)
    shape = round(load * n), n
    patterns = rng.choice(np.float32([-1, 1]), size=shape)
    start = patterns[:probes]
    return (settle(start, hebb(patterns), rng) * start).mean()


recall = {}
for n in memory_sizes:
    seeds = seed + np.arange(memory_instances)
    m = np.array([[retrieval(n, a, k) for k in seeds] for a in loads])
    error = m.std(1, ddof=1) / np.sqrt(memory_instances)
    recall[n] = m.mean(1), error

# %% tags=["hide-input"]
fig, ax = plt.subplots(figsize=(5.2, 3.7))
ax.plot(
    load_of_y[stable],
    erf(y[stable]),
    color=COLORS["exact"],
    label="theory, infinite N",
)
ax.axvline(capacity, color=COLORS["exact"], linestyle="--", linewidth=1.2)
ax.text(capacity + 0.003, 0.05, f"critical load {capacity:.3f}")
for (n, (m, e)), marker, color in zip(
    recall.items(),
    "so^D",
    ["pairwise", "model", "hybrid", "network"],
    strict=False,
):
    ax.errorbar(
        loads,
        m,
        e,
        marker=marker,
        color=COLORS[color],
        capsize=3,
        label=f"N = {n}",
    )
ax.set(xlabel="load P / N", ylabel="overlap after settling", ylim=(0, 1.05))
ax.legend(loc="lower left")
below, beyond = int(np.flatnonzero(loads < capacity)[-1]), len(loads) - 1
plotting.show(
    fig,
    name="fig-capacity",
    caption=r"Retrieval against load $\alpha = P/N$. Points: overlap with the pattern from which the network started, with standard errors over instances. Line: the theory {eq}`eq-ags` for infinite $N$, which ends at the dashed line.",
    alt="; ".join(
        f"N = {n}: overlap {m[0]:.2f} at load {loads[0]}, {m[below]:.2f} at {loads[below]}, {m[beyond]:.2f} at {loads[beyond]}"
        for n, (m, _) in recall.items()
    )
    + f"; the theory line ends at load {capacity:.3f} with overlap {erf(y[stable][0]):.2f}.",
)

# %% [markdown]
# Below the critical load the points follow the theory in {numref}`fig-capacity`. Beyond it the overlap falls, and the larger network falls faster.
# What is left beyond the limit is a finite-size effect and a remnant: the state is stuck near its start but is no longer the pattern.
#
# ## Summary
#
# - The crosstalk of the other patterns is noise of variance $\alpha = P/N$ on a signal of one.
# - Up to $\alpha \approx 0.138$ there is a state near each pattern; beyond, there is none.
#
# ## Further reading
#
# - {cite}`hopfield1982` introduced the memory; {cite}`amit1985` solved it.
