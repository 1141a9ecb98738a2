# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Letters in threes
#
# On a real protein nobody knows the true couplings. So before one adds a network to a Potts model, as the paper's outlook does, one should know what it is good for. **If letters also act in threes, what becomes of the pairs, and does a hybrid repair them?** This page is chapter 5 once more, with four letters in place of two spins, on data whose truth is known.
#
# **What you will learn**
#
# - how interactions of three letters bend the couplings of a Potts model;
# - a network whose substitutions all cost as little as one;
# - how to read couplings off any energy of letters.
#
# **Prerequisites**: {doc}`07_proteins` for the Potts model and its gauge, {doc}`05_coupling_reconstruction` for the experiment with spins.
#
# **Running time**: about a minute on one core.

# %%
import itertools

import numpy as np
import torch
from IPython.display import Markdown, display
from matplotlib import pyplot as plt
from torch import nn

import ebmtools as ebm
from ebmtools import plotting

plotting.use_style()
COLORS = plotting.COLORS

# %% tags=["parameters"]
n_sites, n_letters = 8, 4
n_samples = 5000
strengths = [0.0, 0.5, 1.0]
instances = 3
epochs = 12

# %% tags=["hide-cell", "checks"]
assert n_letters**n_sites <= 2**18, "n_letters ** n_sites: at most 262,144"
assert n_sites >= 4, f"n_sites: got {n_sites}, expected at least 4"
assert instances >= 2, f"instances: got {instances}, expected at least 2"
assert n_samples >= 1000, f"n_samples: got {n_samples}, expected 1,000 or more"

# %% [markdown]
# ## A truth with threes
#
# ```{figure} ../book/_static/drawings/table-cube.svg
# :name: fig-draw-cube
# :alt: Left, a square table of four by four cells between two circles marked i and j. Right, a cube of four by four by four cells between three circles marked i, j and k.
#
# A pair of letters has a table of couplings, three have a cube of interactions.
# ```
#
# We give the energy cubes of random numbers, $\xi_{ijk}(a, b, c)$, for eight triples of sites:
#
# $$
# E(s) = -\sum_i h_i(s_i) - \sum_{i<j} J_{ij}(s_i, s_j) - \gamma \sum_{(i,j,k)} \xi_{ijk}(s_i, s_j, s_k) .
# $$ (eq-potts-triples)
#
# In each cube every line sums to zero. Then it has nothing of pairs in it, as a table in the zero-sum gauge has nothing of fields, so $J$ *is* the truth about pairs, whatever $\gamma$ is. With 8 sites of 4 letters all 65,536 sequences can be listed, so data are drawn exactly.


# %%
def centred(table):
    """Every line along every axis sums to zero."""
    for axis in range(table.ndim):
        table = table - table.mean(axis, keepdims=True)
    return table


every = np.indices((n_letters,) * n_sites).reshape(n_sites, -1).T
pairs = list(itertools.combinations(range(n_sites), 2))
triples = list(itertools.combinations(range(n_sites), 3))


def truth(gamma, seed):
    """Couplings (N, N, q, q), and the energy of every sequence."""
    rng = np.random.default_rng(seed)
    J = np.zeros((n_sites, n_sites, n_letters, n_letters))
    for i, j in pairs:
        J[i, j] = centred(rng.normal(0, 0.4, (n_letters, n_letters)))
        J[j, i] = J[i, j].T
    h = rng.normal(0, 0.3, (n_sites, n_letters))
    energy = ebm.Potts(J, h)(every).detach().numpy()
    for triple in rng.permutation(triples)[:n_sites]:
        cube = centred(rng.normal(size=(n_letters,) * 3))
        energy -= gamma * cube[tuple(every[:, triple].T)]
    return J, energy


def probabilities(energy):
    p = np.exp(energy.min() - energy)
    return p / p.sum()


# %% [markdown]
# To read couplings off *any* energy of letters we take means over all sequences alike, {eq}`eq-potts-walsh`. With a list of all energies that is a mean over the other axes:


# %%
def couplings(energy):
    """-(<E | a, b> - <E | a> - <E | b> + <E>) of all pairs, (N, N, q, q)."""
    grid = energy.reshape((n_letters,) * n_sites)
    J = np.zeros((n_sites, n_sites, n_letters, n_letters))
    for i, j in pairs:
        others = tuple(k for k in range(n_sites) if k not in (i, j))
        J[i, j] = -centred(grid.mean(others))
        J[j, i] = J[i, j].T
    return J


def error(estimate, J):
    """Reconstruction error, relative to the size of the truth."""
    return np.linalg.norm(estimate - J) / np.linalg.norm(J)


# %% [markdown]
# :::{admonition} Predict, then run: nothing of pairs in it
# :class: predict
# The cubes have no part that a pair could see: every line sums to zero. We fit a Potts model to data *without noise*, the exact probabilities. Will its couplings be right?
# :::

# %%
bias = {
    gamma: error(
        ebm.fit_potts(
            every,
            n_letters,
            probabilities(truth(gamma, 0)[1]),
            l2=1e-5,
            l2_fields=1e-5,
            tolerance=1e-6,
        )
        .energy.zero_sum()
        .couplings,
        truth(gamma, 0)[0],
    )
    for gamma in strengths
}
for gamma, value in bias.items():
    print(f"gamma = {gamma}: error without noise {value:.3f}")

# %% [markdown]
# They are not, once $\gamma$ is not zero. The lines sum to zero over all letters *alike*; but the model has favourite letters, and over these they do not. A third site that mostly has one letter turns a cube into a table, and the fit sees a pair that is none: the ghost of exercise 5.2.
#
# ## A network of letters
#
# The hybrid adds a network with one hidden layer, $f(s) = \sum_u v_u\, g(b_u + \sum_i W_{i, s_i, u})$. Its pseudolikelihood needs the energies of all substitutions, $N (q - 1)$ for each sequence. But one substitution changes one term of the sum: take $W_{i, s_i}$ off, put $W_{i, a}$ in its place.


# %%
class LetterNetwork(nn.Module):
    """One hidden layer over letters."""

    def __init__(self, hidden=32):
        super().__init__()
        shape = (n_sites, n_letters, hidden)
        self.weight = nn.Parameter(0.3 * torch.randn(shape))
        self.bias = nn.Parameter(torch.zeros(hidden))
        self.out = nn.Parameter(torch.zeros(hidden))

    def _put(self, states):
        return self.weight[torch.arange(n_sites), states]  # (M, N, H)

    def forward(self, states):
        """Energies (M,)."""
        z = self._put(states).sum(1) + self.bias
        return nn.functional.gelu(z) @ self.out

    def substituted(self, states):
        """Energies of all substitutions, (M, N, q)."""
        put = self._put(states)
        z = put.sum(1) + self.bias
        z = z[:, None, None] - put[:, :, None] + self.weight
        return nn.functional.gelu(z) @ self.out


def hybrid(samples, seed):
    """Energies of every sequence under Potts + network, at its best epoch."""
    torch.manual_seed(seed)
    held_out, kept = np.split(samples, [len(samples) // 10])
    potts = ebm.fit_potts(kept, n_letters, l2=1e-4, l2_fields=1e-4).energy
    potts, network = potts.float(), LetterNetwork()
    optimizer = torch.optim.AdamW(
        [
            {"params": network.parameters(), "weight_decay": 0.1},
            {"params": potts.parameters(), "weight_decay": 0.0},
        ],
        lr=0.02,
    )
    steps = epochs * -(-len(kept) // 100)
    falling = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)

    def loss(states):
        change = potts.substitution_change(states) + network.substituted(states)
        log_p = torch.log_softmax(-change, 2)
        return -log_p.gather(2, states[..., None]).sum((1, 2)).mean()

    kept, held_out = torch.tensor(kept), torch.tensor(held_out)
    best, energy = np.inf, None
    for _ in range(epochs):
        for batch in torch.split(kept[torch.randperm(len(kept))], 100):
            value = loss(batch)
            optimizer.zero_grad()
            value.backward()
            optimizer.step()
            falling.step()
        with torch.no_grad():
            if (now := loss(held_out).item()) < best:
                total = potts(every) + network(torch.tensor(every))
                best, energy = now, total.double().numpy()
    return energy


# %% [markdown]
# :::{admonition} Predict, then run: who wins where?
# :class: predict
# Three strengths of the threes, none among them. Where is the hybrid better than the Potts model, and where worse?
# :::

# %%
errors = {"Potts": {}, "hybrid": {}}
for gamma in strengths:
    for kind in errors.values():
        kind[gamma] = []
    for seed in range(instances):
        J, energy = truth(gamma, seed)
        rng = np.random.default_rng(100 + seed)
        drawn = rng.choice(len(every), n_samples, p=probabilities(energy))
        samples = every[drawn]
        fit = ebm.fit_potts(samples, n_letters, l2=1e-4, l2_fields=1e-4)
        estimate = fit.energy.zero_sum().couplings
        errors["Potts"][gamma].append(error(estimate, J))
        estimate = couplings(hybrid(samples, seed))
        errors["hybrid"][gamma].append(error(estimate, J))

# %% tags=["hide-input"]
figure, ax = plt.subplots(figsize=(5.2, 3.4))
means = {}
for name, color, marker in (
    ("Potts", "pairwise", "s"),
    ("hybrid", "hybrid", "o"),
):
    values = np.array([errors[name][gamma] for gamma in strengths])
    means[name] = values.mean(1)
    ax.errorbar(
        strengths,
        means[name],
        values.std(1, ddof=1) / np.sqrt(instances),
        color=COLORS[color],
        marker=marker,
        capsize=3,
        label=name,
    )
ax.plot(
    strengths,
    bias.values(),
    "--",
    color="black",
    label="Potts, no noise, one instance",
)
ax.set(
    xlabel=r"strength of the threes, $\gamma$",
    ylabel=r"error of the couplings, $\varepsilon$",
    ylim=(0, None),
)
ax.legend(fontsize=10)
plotting.show(
    figure,
    name="fig-letters-gamma",
    caption=f"Error of the couplings from {n_samples:,} sequences, against the strength of interactions of three letters: means over {instances} instances with standard errors.",
    alt="Two rising curves with error bars, and a dashed one from zero. "
    + "; ".join(
        f"{name}: "
        + ", ".join(
            f"{value:.2f} at {gamma:g}"
            for gamma, value in zip(strengths, line, strict=True)
        )
        for name, line in means.items()
    )
    + ".",
)

# %% tags=["remove-input"]
gain = (
    np.array(errors["hybrid"][strengths[-1]]) - errors["Potts"][strengths[-1]]
)
none = np.array(errors["hybrid"][strengths[0]]) - errors["Potts"][strengths[0]]
display(
    Markdown(
        f"At $\\gamma = {strengths[-1]:g}$ the hybrid's error is smaller by {-gain.mean():.2f} ± {gain.std(ddof=1) / np.sqrt(instances):.2f} (on the same data, over {instances} instances), which is {-gain.mean() / means['Potts'][-1]:.0%} of the Potts model's. "
        f"At $\\gamma = {strengths[0]:g}$ the difference is {none.mean():+.3f} ± {none.std(ddof=1) / np.sqrt(instances):.3f}. So it is with letters as with spins: where there is more than pairs the network takes it, and the pairs come out better."
    )
)

# %% [markdown]
# A real family has 135 columns of 21 letters and a few thousand sequences, where a network has little to learn from. What a hybrid gains on pairs there nobody can check against a truth; what it gains in likelihood one can.

# %% tags=["hide-cell", "checks", "nbval-check-output"]
J, energy = truth(1.0, 0)
print("the truth reads itself:", np.allclose(couplings(energy), J, atol=1e-10))
net = LetterNetwork(5)
nn.init.normal_(net.out)
states = torch.tensor(every[[7, 4000, 65000 % len(every)]])
slow = torch.stack(
    [
        torch.stack(
            [
                net(torch.where(torch.arange(n_sites) == i, a, states))
                for a in range(n_letters)
            ],
            1,
        )
        for i in range(n_sites)
    ],
    1,
)
print(
    "all substitutions:",
    torch.allclose(net.substituted(states), slow, atol=1e-5),
)
print("no bias without threes:", bias[0.0] < 0.02 if 0.0 in bias else True)
print("a bias with them:", bias[strengths[-1]] > 0.2)
print("the hybrid repairs some of it:", bool(gain.mean() < 0))

# %% [markdown]
# ## Cheat sheet
#
# | what | formula |
# |---|---|
# | couplings of any energy | $-(\langle E \mid a, b \rangle - \langle E \mid a \rangle - \langle E \mid b \rangle + \langle E \rangle)$ |
# | a cube without pairs | every line sums to zero |
# | substitutions of a layer | $z - W_{i, s_i} + W_{i, a}$ |
#
# ## Summary
#
# - Interactions of three letters bend the couplings of a Potts model, even where they have no part of a pair.
# - A hybrid takes them into its network and brings the pairs nearer to the truth.
# - Its couplings are read off the sum, by means over sequences.
#
# ## Exercises

# %% [markdown]
# (ex-7-4)=

# %% [markdown]
# :::{admonition} Exercise 7.4: the ghost
# :class: exercise
# *derivation, medium, 15 minutes*
#
# Three sites of two letters have the cube $\xi(a, b, c) = x\,(-1)^{a+b+c}$ and nothing else, but for the third site, which has letter 0 with probability $p$, whatever the others do. Averaged over the third letter, which table does the pair $(0, 1)$ see? Give its entry $(0, 0)$ for $x = 1$ and $p = 0.9$.
# :::

# %%
from exercises import answer

entry = ...
answer("7.4", entry)

# %% [markdown]
# :::{admonition} Solution to exercise 7.4
# :class: dropdown solution
# $\langle (-1)^c \rangle = p - (1 - p) = 2p - 1$, so the table is $x (2p - 1) (-1)^{a + b}$. With $p = 0.9$ its entry $(0, 0)$ is $0.8$. With $p = \frac12$ it would be zero: all letters alike.
# :::

# %% tags=["hide-cell", "solution"]
assert answer("7.4", 0.9 - 0.1)

# %% [markdown]
# (ex-7-5)=

# %% [markdown]
# :::{admonition} Exercise 7.5: how many substitutions?
# :class: exercise
# *thinking, easy, 5 minutes*
#
# For the family of {doc}`07_proteins`, 135 columns of 21 letters: how many energies does a pseudolikelihood need for one sequence, its own included?
# :::

# %%
energies = ...
answer("7.5", energies)

# %% [markdown]
# :::{admonition} Solution to exercise 7.5
# :class: dropdown solution
# At each of 135 sites 20 other letters can stand, and the sequence itself is common to all: $135 \cdot 20 + 1 = 2701$. That is why one wants their differences in closed form.
# :::

# %% tags=["hide-cell", "solution"]
assert answer("7.5", 135 * 20 + 1)

# %% [markdown]
# ## Where next
#
# - {doc}`05_coupling_reconstruction`: the same for spins, with pursuit, which does better still.
# - {doc}`07c_a_small_family`: a real family, its mutations, and what a network adds there.
# - {doc}`08_restricted_boltzmann_machines`: hidden spins instead of a network.
#
# ## Further reading
#
# - {cite}`feinauer2022` has the idea for spins and the outlook on proteins; {cite}`cocco2018` reviews models of sequences.
