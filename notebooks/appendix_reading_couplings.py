# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Reading couplings off an energy
#
# {doc}`05_coupling_reconstruction` reads the couplings of any energy as its {term}`Walsh coefficients <Walsh coefficient>`,
# averages of $-E(s) s_i s_j$ over all $2^N$ states. For more than some twenty spins nobody can visit all states.
# Which other ways are there, how exact are they, and what do they cost?
#
# **What you will learn**
#
# - why plain sampling, as in the paper, is noisy, and what the energy changes of flips gain over it;
# - what a balanced set of states is, and what it gains on top;
# - how a network with one hidden layer is read without any samples.
#
# **Prerequisites**: {ref}`sec-walsh` of {doc}`05_coupling_reconstruction`.
#
# **Running time**: less than a minute on one core.

# %%
import numpy as np
import torch
from IPython.display import Markdown, display
from matplotlib import pyplot as plt

import ebmtools as ebm
from ebmtools import exact, plotting

plotting.use_style()

# %% tags=["parameters"]
repetitions = 8  # of every estimate

# %% [markdown]
# ## A network whose couplings are known
#
# Sixteen spins can be enumerated, so a network of sixteen spins gives a yardstick. Its weights are large, which makes it a hard case.

# %%
network = ebm.Network(16, activation="tanh", seed=2)
with torch.no_grad():
    for parameter in network.parameters():
        parameter.mul_(3.0)  # large weights: a harder task

every_state = exact.states(16)
by_hand = -(
    exact.energies(network)[:, None, None]
    * every_state[:, :, None]
    * every_state[:, None, :]
).mean(axis=0)
np.fill_diagonal(by_hand, 0)
pairs = np.triu_indices(16, 1)

# %% [markdown]
# ## Four ways
#
# **Plain sampling** is what the paper does. Draw $K$ states uniformly and average $-E(s) s_i s_j$.
# Its noise comes from *all other* terms of the energy, fields and three-spin terms included, so it is large.
#
# **Single flips.** Let $\Delta_i(s)$ be the change of energy when spin $i$ flips. Then $J_{ij} = \tfrac12 \langle \Delta_i(s)\, s_i s_j \rangle$, as {eq}`eq-flip` says. Terms without spin $i$ drop out of $\Delta_i$, and their noise with them.
#
# **Single flips on a design.** Random states are unbalanced by chance. An {term}`orthogonal array` is a set of states in which every product of up to three spins averages to exactly zero. Its remaining noise comes from terms of order four and more. This is `ebm.couplings(E, method="sampled")`.
#
# **Quadrature.** A network with one hidden layer is a sum of units $v\,\phi(w \cdot s + b)$. Write $\phi$ as a sum of waves $e^{itx}$ {cite}`huybrechs2010`. The average of a wave over all states factorises into one cosine or sine per spin, so no sampling is left. This is `method="quadrature"`, and `method="auto"` takes it where it can.


# %%
def plain(energy, n_states, seed):
    """As in the paper: the mean of -E(s) s_i s_j."""
    s = np.random.default_rng(seed).choice(
        [-1.0, 1.0], (n_states, energy.n_spins)
    )
    with torch.no_grad():
        e = energy(s).double().numpy()
    return -(s * e[:, None]).T @ s / n_states


def single_flip(energy, n_states, seed):
    """The same by flip changes of either spin of a pair."""
    s = np.random.default_rng(seed).choice(
        [-1.0, 1.0], (n_states, energy.n_spins)
    )
    with torch.no_grad():
        change = energy.flip_change(s).double().numpy()
    product = (change * s).T @ s / n_states
    return (product + product.T) / 4


def designed(energy, n_states, seed):
    return ebm.couplings(
        energy, method="sampled", n_samples=n_states, seed=seed
    ).values


def root_mean_square(method, n_states):
    found = [method(network, n_states, seed) for seed in range(repetitions)]
    errors = [(each - by_hand)[pairs] for each in found]
    return np.sqrt(np.mean(np.square(errors)))


sizes = 2 ** np.array([10, 12, 14, 16])
ways = {
    "plain": plain,
    "single flip": single_flip,
    "single flip, design": designed,
}
noise = {
    name: [root_mean_square(way, size) for size in sizes]
    for name, way in ways.items()
}
quadrature = ebm.couplings(network, method="quadrature")

# %% tags=["hide-input"]
figure, axes = plt.subplots()
for name, color, marker in zip(
    noise, ("#D55E00", "#0072B2", "#009E73"), "osD", strict=True
):
    axes.loglog(sizes, noise[name], marker=marker, color=color, label=name)
axes.loglog(
    sizes,
    noise["plain"][0] * np.sqrt(sizes[0] / sizes),
    color="black",
    linewidth=1,
    label=r"$1/\sqrt{K}$",
)
axes.set(xlabel="number of states $K$", ylabel="error of a coupling (rms)")
axes.set_ylim(top=8 * max(noise["plain"]))
axes.legend(ncols=2, fontsize=10)
gain = (noise["plain"][-1] / noise["single flip, design"][-1]) ** 2
plotting.show(
    figure,
    name="fig-estimators",
    caption="Error of a coupling read off a network of 16 spins, against enumeration, for three ways to choose the states. "
    "The quadrature needs no states; its error lies far below the frame.",
    alt=f"Three falling lines on logarithmic axes. At {sizes[-1]} states the error is {noise['plain'][-1]:.1e} for plain "
    f"sampling, {noise['single flip'][-1]:.1e} for single flips and {noise['single flip, design'][-1]:.1e} for single "
    "flips on a design. Plain sampling follows the line one over root K.",
)

# %% tags=["remove-input"]
display(
    Markdown(
        f"At the same number of states the design has an error {np.sqrt(gain):.0f} times smaller than plain sampling. To get "
        f"there plain sampling would need about {gain:,.0f} times as many states. The quadrature is off by "
        f"less than $10^{{{np.ceil(np.log10(np.abs(quadrature.values - by_hand).max())):.0f}}}$, which is rounding."
    )
)

# %% tags=["hide-cell", "checks", "nbval-check-output"]
agreement = np.abs(quadrature.values - by_hand).max()
print(
    "quadrature equals enumeration to 1e-10:",
    agreement < 1e-10 and agreement <= quadrature.errors.max(),
)
sampled = ebm.couplings(network, method="sampled", seed=1)
print(
    "sampling within 5 of its standard errors:",
    np.all(np.abs(sampled.values - by_hand) <= 5 * sampled.errors),
)
print("design beats plain sampling tenfold:", np.sqrt(gain) > 10)

# %% [markdown]
# The noise of plain sampling needs no experiment. One state gives $x = -E s_i s_j$ with $\langle x \rangle = J_{ij}$ and $x^2 = E^2$, because $(s_i s_j)^2 = 1$. So the mean of $K$ independent states has the variance
#
# $$
# \frac{\langle x^2 \rangle - \langle x \rangle^2}{K} = \frac{\langle E^2 \rangle - J_{ij}^2}{K} .
# $$
#
# All of the energy's spread is noise, and only one coefficient of it is the signal. Subtracting the mean energy first turns $\langle E^2 \rangle$ into the variance of $E$, which helps where the mean is large.

# %% tags=["hide-cell", "checks", "nbval-check-output"]
energies = exact.energies(network)
variance = (np.mean(energies**2) - by_hand[3, 7] ** 2) / 1000
rows = np.random.default_rng(1).integers(0, 2**16, (400, 1000))
terms = -energies * every_state[:, 3] * every_state[:, 7]
measured = terms[rows].mean(axis=1).var(ddof=1)
print(
    "400 repetitions with 1000 states have this variance:",
    abs(measured / variance - 1) < 4 * np.sqrt(2 / 399),
)

# %% [markdown]
# What do these cost? A state costs one energy, $O(NH)$ operations, and all its $N$ flips cost about as much again.
# The quadrature with $T$ waves costs $O(T N^2 H)$ for all pairs together, as much as about $TN$ states.

# %% tags=["remove-input"]
needed = sizes[-1] * (noise["plain"][-1] / 1e-6) ** 2
display(
    Markdown(
        f"With at most 512 waves that is the work of at most {512 * 16:,} states, for an error of rounding size. Enumeration takes "
        f"{2**16:,} states. Plain sampling would take about $10^{{{np.log10(needed):.0f}}}$ states for an error of a millionth."
    )
)


# %% [markdown]
# ## Summary
#
# - Read couplings exactly where you can: in closed form, by enumeration, or by quadrature.
# - Where you must sample, sample flips on a balanced design.
# - The coefficients are linear in the energy, so a sum of energies is read part by part, each in the way that suits it.
#
# ## Further reading
#
# - {cite}`feinauer2022` extracts couplings by uniform sampling.
# - {cite}`huybrechs2010` describes the Fourier extensions on which the quadrature rests.
