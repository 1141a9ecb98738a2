# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # How much is learned, and how fast
#
# {doc}`01_energy_based_models` learns a density from samples by {eq}`eq-ebm-gradient`: data term minus model term.
# How near does it come to the truth, with how many samples and steps? And which of its parameters has it learned?
#
# **What you will learn**
#
# - that each fitted parameter costs $1/2M$ nats, whatever it does;
# - why early steps learn some directions and leave others;
# - how to predict a learning curve's end without running it.
#
# **Prerequisites**: the section on learning in {doc}`01_energy_based_models`.
#
# **Running time**: less than a minute on one core.

# %%
import matplotlib.pyplot as plt
import numpy as np
from IPython.display import Markdown, display

from ebmtools import plotting

plotting.use_style()
COLORS = plotting.COLORS

# %% tags=["parameters"]
seed = 1
learning_rate = 2.0  # eta in the learning rule
learning_steps = 6000
repeats = 20  # data sets of each size

# %% [markdown]
# ## The same density, the same bumps


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


centres = np.linspace(-2.2, 2.2, 15)


def bumps(y):
    distance = np.asarray(y)[:, None] - centres
    return np.exp(-(distance**2) / (2 * 0.3**2))


phi, truth = bumps(y), density(two_valleys(y))
rng = np.random.default_rng(seed)

# %% [markdown]
# ## Learning from data sets of three sizes
#
# How near does it come? The distance to the truth is the **Kullback-Leibler divergence** $\int p_\text{true} \log(p_\text{true}/p)\, dy$, in **nats**, the unit that goes with the natural logarithm. It is zero only if the two densities agree.
# One data set is an anecdote. We learn from 20 data sets of each of three sizes, and once from infinitely many samples: there the data term is the exact mean of the bumps. All of them run side by side, a row for each. {numref}`fig-learning-speed` shows the result.

# %%
sizes = [500, 2000, 8000]
cells = truth * dy / (truth * dy).sum()
counts = [rng.multinomial(M, cells, repeats) / M for M in sizes]
# 20 + 20 + 20 + 1 rows
data_means = np.concatenate([*counts, cells[None]]) @ phi
recorded = np.geomspace(1, learning_steps, 60).astype(int)
recorded = np.unique(recorded)
W, divergence = np.zeros_like(data_means), []
for k in range(learning_steps + 1):
    p = np.exp(-W @ phi.T)
    p /= p.sum(1, keepdims=True) * dy
    if k in recorded:
        log_ratio = np.log(truth / p)
        divergence.append((truth * log_ratio).sum(1) * dy)
    W = W - learning_rate * (data_means - p @ phi * dy)

divergence = np.array(divergence)
last = divergence[-1, : 3 * repeats].reshape(3, repeats)
reached = last.mean(1)
reached_error = last.std(1, ddof=1) / np.sqrt(repeats)

# %% [markdown]
# What should we expect? Differentiate {eq}`eq-ebm-gradient` once more, and the second derivative of $L$ at $\beta = 1$ is the covariance matrix $C$ of the bumps under the model. Take it at the truth, and look along one of its eigenvectors, with eigenvalue $\lambda$.
# If $W$ is off by $\delta$ in this direction, the divergence is $\lambda\delta^2/2$, to second order. The data term is a mean over $M$ samples, so its noise has the variance $\lambda/M$. Learning comes to rest where $\lambda\delta$ equals that noise: $\delta^2$ is then $1/\lambda M$ on average, and the divergence $1/2M$, whatever $\lambda$. *Each fitted parameter costs $1/2M$ nats.*
#
# But not all directions are learned at the same speed. Each step multiplies what is missing by $1 - \eta\lambda$.
# After $k$ steps the share $1 - (1 - \eta\lambda)^k$ of the way is done, and of the noise as well. The divergence has the square of it. So
#
# $$
# K_\text{eff} = \sum_\lambda \big( 1 - (1 - \eta\lambda)^k \big)^2
# $$ (eq-ebm-keff)
#
# counts the parameters that have been learned, and the expected divergence is $K_\text{eff}/2M$, plus what even infinitely many samples still lack.

# %%
centred = phi - cells @ phi
covariance = centred.T @ (cells[:, None] * centred)
eigenvalues = np.linalg.eigvalsh(covariance)
missing = (1 - learning_rate * eigenvalues) ** learning_steps
K_eff = np.sum((1 - missing) ** 2)
expected = K_eff / (2 * np.array(sizes)) + divergence[-1, -1]
in_errors = (reached - expected) / reached_error

# %% tags=["hide-input"]
fig, bottom = plt.subplots(figsize=(5.2, 3.8))
for row, M, color, style in zip(
    range(3),
    sizes,
    ("other", "model", "network"),
    ("-.", "--", "-"),
    strict=True,
):
    curves = divergence[:, row * repeats : (row + 1) * repeats]
    bottom.loglog(
        recorded,
        curves.mean(1),
        color=COLORS[color],
        linestyle=style,
        label=f"$M$ = {M}",
    )
    bottom.axhline(
        expected[row], color=COLORS[color], linewidth=0.9, linestyle=":"
    )
bottom.loglog(
    recorded, divergence[:, -1], color=COLORS["exact"], label="$M$ infinite"
)
bottom.set(xlabel="step", ylabel="divergence from the truth (nats)")
bottom.legend(fontsize=10)
plotting.show(
    fig,
    name="fig-learning-speed",
    caption=f"Divergence from the truth while a density is learned, mean over {repeats} data sets of each size. Dotted: what theory expects after the last step.",
    alt="Four curves that fall together; the smaller M, the sooner a curve bends away from that of infinite M. They end at "
    + ", ".join(
        f"{value:.4f} nats for M = {M}"
        for value, M in zip(reached, sizes, strict=True)
    )
    + f", each near its dotted line, and at {divergence[-1, -1]:.4f} for infinite M, still falling.",
)

# %% tags=["remove-input"]
rows = ["| M | divergence reached | expected |", "|---|---|---|"]
for M, value, error, theory in zip(
    sizes, reached, reached_error, expected, strict=True
):
    rows.append(f"| {M} | {value:.4f} ± {error:.4f} | {theory:.4f} |")
rows.append(f"| infinite | {divergence[-1, -1]:.4f} | |")
display(
    Markdown(
        "\n".join(rows)
        + f"\n\nOf the {len(centres)} parameters, $K_\\text{{eff}} = {K_eff:.1f}$ have been learned. The rest belong to bumps, or mixtures of bumps, of which the data say next to nothing."
    )
)

# %% [markdown]
# With the exact data term the model approaches the true density: the rule works, and the divergence is still falling at the last step.
# With $M$ samples it approaches the *data*, noise included. The smaller $M$, the sooner the curve leaves that of infinite $M$. For the smallest $M$ more steps have long ceased to help; for the largest they still help a little. More data help much more, as the table shows.

# %% tags=["hide-cell", "checks", "nbval-check-output"]
best_of_all = bool(np.all(divergence[-1, -1] < reached))
print("infinite M is the best:", best_of_all)
better = bool(np.all(np.diff(reached) < 0))
print("more data are better:", better)
close = bool(np.all(np.abs(in_errors) < 4))
print("within 4 errors of the theory:", close)

# %% [markdown]
# ## Summary
#
# - With $M$ samples the divergence ends near $K_\text{eff}/2M$, the number of learned parameters over twice the number of samples.
# - Directions along which the model hardly changes are learned last, and cost nothing until then.
#
# ## Further reading
#
# - {cite}`ackley1985` has the learning rule for Boltzmann machines.
