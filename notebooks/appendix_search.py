# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # An answer that must be searched for
#
# {doc}`01_energy_based_models` says that a network which answers in one pass cannot search, because it does the same work for every question.
# Here such a network, trained on thousands of solved problems, competes with a search that knows nothing but the energy.
#
# **What you will learn**
#
# - how a problem that is easy to judge and hard to solve is written as an energy;
# - that a few blind descents beat a trained network, and that the network is a good place to start one;
# - how the effort of the search grows.
#
# **Prerequisites**: {doc}`01_energy_based_models`.
#
# **Running time**: less than a minute on one core.

# %%
import matplotlib.pyplot as plt
import numpy as np
import torch
from IPython.display import Markdown, display

import ebmtools as ebm
from ebmtools import plotting

plotting.use_style()
COLORS = plotting.COLORS

# %% tags=["parameters"]
seed = 1
search_spins = 12  # spins of the search problem
n_solved = 4000  # solved searches to learn from
n_unsolved = 500  # new ones to test on
n_problems = 40  # of each size, for the effort
n_starts = 1000  # of each of these


# %%
def single(values):
    """A tensor in single precision, as networks like it."""
    return torch.as_tensor(values, dtype=torch.float32)


# %% [markdown]
# ## Energies of spins
#
# A **spin** $s_i$ is a variable with the two values $\pm1$. Take $N$ of them. A **coupling** $J_{ij}$ says how strongly two spins want to be equal (or opposite, if it is negative); here the couplings are random and fixed. A **field** $x_i$ says how strongly spin $i$ wants to be $+1$; the fields are the input of the network. (Other chapters write $h_i$ for a field.) The answer is the state of lowest energy,
#
# $$
# s^* = \operatorname*{argmin}_s \Big( -\sum_{i<j} J_{ij} s_i s_j - \sum_i x_i s_i \Big) .
# $$ (eq-ebm-ground)
#
# The energy of a proposed answer costs one sum, and so two answers are quickly compared. To find the lowest of all, or only to be sure that one has it, there is in the worst case, as far as anyone knows, nothing much better than a search whose cost grows exponentially with $N$.
# We train a network to jump to the answer, on thousands of solved examples. It gives a number $u_i$ for each spin, and the sign of $u_i$ is its answer. The loss is the logistic one, $\log(1 + e^{-s^*_i u_i})$, small where $u_i$ has the sign of the right spin. The rival of the network is a blind search: start anywhere, flip a spin as long as this lowers the energy, and keep the best of several starts. Both work on the same couplings and the same new fields. {numref}`fig-ebm-search` compares them.

# %%
rng = np.random.default_rng(seed)
n = search_spins
J = np.triu(rng.normal(0, 1.5 / np.sqrt(n), (n, n)), 1)
J = J + J.T
inputs = rng.normal(0, 0.5, (n_solved + n_unsolved, n))
every = ebm.exact.states(n).astype(float)
# the half, since J holds every pair twice
of_couplings = -0.5 * ((every @ J) * every).sum(1)
rows = [np.argmin(of_couplings - every @ x) for x in inputs]
best = every[rows]

torch.manual_seed(seed)
jump = torch.nn.Sequential(
    torch.nn.Linear(n, 128),
    torch.nn.ReLU(),
    torch.nn.Linear(128, n),
)
optimiser = torch.optim.Adam(jump.parameters(), lr=0.003)
x_train = single(inputs[:n_solved])
s_train = single(best[:n_solved])
softplus = torch.nn.functional.softplus  # log(1 + exp(.))
for _ in range(400):
    optimiser.zero_grad()
    loss = softplus(-s_train * jump(x_train)).mean()
    loss.backward()
    optimiser.step()


# %%
def descend(x, s):
    """Flip, in each row, the best spin while this helps."""
    s = s.copy()
    rows = np.arange(len(s))
    while True:
        change = 2 * s * (s @ J + x)  # of E, for each flip
        chosen = change.argmin(1)
        falls = change[rows, chosen] < -1e-12
        if not falls.any():
            return s
        s[rows[falls], chosen[falls]] *= -1


def cost(x, s):
    return -0.5 * ((s @ J) * s).sum(1) - (x * s).sum(1)


# %%
x_test, s_test = inputs[n_solved:], best[n_solved:]
with torch.no_grad():
    jumped = np.sign(jump(single(x_test)).numpy())
lowest = cost(x_test, s_test)
found = [np.full(n_unsolved, np.inf)]
for _ in range(32):
    start = rng.choice([-1.0, 1.0], x_test.shape)
    reached = cost(x_test, descend(x_test, start))
    found.append(np.minimum(found[-1], reached))
solved = np.mean(np.array(found[1:]) < lowest + 1e-9, axis=1)
by_network = np.mean(cost(x_test, jumped) < lowest + 1e-9)
after = cost(x_test, descend(x_test, jumped))
repaired = np.mean(after < lowest + 1e-9)

# %% tags=["hide-input"]
shown = np.array([1, 2, 4, 8, 16, 32])


def share_error(share):
    return np.sqrt(share * (1 - share) / n_unsolved)


fig, ax = plt.subplots(figsize=(5.2, 3.5))
ax.errorbar(
    shown,
    solved[shown - 1],
    share_error(solved[shown - 1]),
    color=COLORS["pairwise"],
    marker="s",
    capsize=3,
    label="search: best of several starts",
)
for share, color, style, label in (
    (by_network, "model", "--", "network, one pass"),
    (repaired, "hybrid", "-.", "network, then descent"),
):
    ax.axhspan(
        share - share_error(share),
        share + share_error(share),
        color=COLORS[color],
        alpha=0.2,
        linewidth=0,
    )
    ax.axhline(share, color=COLORS[color], linestyle=style, label=label)
ax.axhline(
    1, color=COLORS["exact"], linewidth=1, label="enumeration of all states"
)
ax.set_xscale("log", base=2)
ax.set(
    xlabel="number of starts",
    ylabel="share solved exactly",
    xticks=shown,
    xticklabels=shown,
    ylim=(0, 1.05),
)
ax.legend(loc="lower right")
plotting.show(
    fig,
    name="fig-ebm-search",
    caption=f"Finding the state of lowest energy of {n} spins for {n_unsolved} new inputs, with standard errors over the inputs (one set of couplings, one training). The network has learned from {n_solved} solved examples. Search uses nothing but the energy.",
    alt=f"The share solved by search rises from {solved[0]:.2f} with one start to {solved[-1]:.2f} with {len(solved)}. The network alone solves {by_network:.2f}, the network followed by descent {repaired:.2f}.",
)

# %% tags=["remove-input"]
n_found = round(solved[-1] * n_unsolved)
display(
    Markdown(
        f"One pass of the network is exactly right in {100 * by_network:.0f} % ± {100 * share_error(by_network):.0f} % of the cases. Where it is wrong, it cannot tell. The energy can at least compare any two answers, and improve one. "
        f"Descent from the network's answer brings {100 * repaired:.0f} % ± {100 * share_error(repaired):.0f} %, and the best of {len(solved)} blind starts solves {n_found} of {n_unsolved}."
        + f" (When none of {n_unsolved} fails, the standard error is zero, but a share of failures up to $3/{n_unsolved}$ = {300 / n_unsolved:.1f} % is still possible, at 95 % confidence: $(1 - 3/{n_unsolved})^{{{n_unsolved}}} \\approx 0.05$.)"
        * (n_found == n_unsolved)
    )
)

# %% [markdown]
# The numbers depend on the network and on the problem. The point is another one.
# A network does the same amount of work for every input. A search can go on until the energy is low enough.
#

# %% [markdown]
# ## The effort grows
#
# Twelve spins are an easy problem: a handful of starts finds the minimum. How does the effort grow? For each $N$ the next cell draws problems, finds the lowest state by enumeration, and counts which share $a$ of blind descents arrives there. On average $1/a$ starts are then needed, and each start costs more flips as $N$ grows.

# %%
spin_numbers = np.arange(6, 19, 2)
effort = np.empty((len(spin_numbers), n_problems))
for row, n in enumerate(spin_numbers):
    every = ebm.exact.states(int(n)).astype(float)
    for k in range(n_problems):
        J = np.triu(rng.normal(0, 1.5 / np.sqrt(n), (n, n)), 1)
        J = J + J.T
        x = rng.normal(0, 0.5, n)
        lowest = (-0.5 * ((every @ J) * every).sum(1) - every @ x).min()
        starts = rng.choice([-1.0, 1.0], (n_starts, n))
        reached = cost(x[None], descend(x[None], starts))
        effort[row, k] = 1 / np.mean(reached < lowest + 1e-9)

# %% tags=["hide-input"]
fig, ax = plt.subplots(figsize=(5.2, 3.5))
mean = effort.mean(1)
error = effort.std(1, ddof=1) / np.sqrt(n_problems)
ax.errorbar(
    spin_numbers,
    mean,
    error,
    color=COLORS["pairwise"],
    marker="s",
    capsize=3,
    label="mean over problems",
)
ax.plot(
    spin_numbers,
    effort.max(1),
    "^",
    color=COLORS["model"],
    label="hardest problem",
)
ax.set(xlabel="number of spins $N$", ylabel="starts needed", yscale="log")
ax.set_yticks(
    [1, 2, 5, 10, 20, 50, 100], ["1", "2", "5", "10", "20", "50", "100"]
)
ax.minorticks_off()
ax.legend()
plotting.show(
    fig,
    name="fig-search-effort",
    caption=f"Blind descents that are needed to reach the state of lowest energy, on average over {n_problems} problems of each size with standard errors, and for the hardest of them. The scale is logarithmic.",
    alt=f"Two rising rows of points on a logarithmic scale. The mean goes from {mean[0]:.1f} starts for {spin_numbers[0]} spins to {mean[-1]:.1f} for {spin_numbers[-1]}; the hardest problem from {effort[0].max():.1f} to {effort[-1].max():.1f}.",
)

# %% [markdown]
# Over this range the mean effort grows slowly, while the hardest problems pull away from it. The largest systems here are small, because the minimum must be known to count who finds it. What is known of larger ones is that for general couplings no method is known that is sure to find the lowest state in less than exponential time {cite}`barahona1982`.

# %% [markdown]
# ## Summary
#
# - An energy that is cheap to evaluate may be expensive to minimise.
# - A network that answers in one pass has learned where to look. A descent from its answer repairs most of its errors.
# - Blind descents find the minimum of small problems within a few starts, and of the hardest ones later and later as they grow.
#
# ## Further reading
#
# - {cite}`barahona1982` shows that the lowest state of a spin glass is hard to find, in the sense of complexity theory.
# - {cite}`lecun2006` discusses inference as minimisation.
