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
# {doc}`03_pairwise_models` stores three letters in the couplings of 64 spins, and recalls them from damaged copies. How many patterns can such a memory hold, and what happens when it is full?
#
# **What you will learn**
#
# - how stored patterns disturb each other, and why only the load counts;
# - where the memory breaks down, by theory and by experiment.
#
# **Prerequisites**: the section on Hebb's rule in {doc}`03_pairwise_models`.
#
# **Running time**: less than a minute on one core.

# %%
import matplotlib.pyplot as plt
import numpy as np
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
# The same two functions as in the chapter: Hebb's rule {eq}`eq-hebb`, and spins that obey their local fields until all do.


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
