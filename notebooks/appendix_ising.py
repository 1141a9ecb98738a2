# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # The Ising model, chain by chain
#
# {doc}`02b_when_chains_fail` lets you turn the temperature of an Ising lattice. Do the chains behind such a picture give the right numbers? For this model one can know, because it is solved exactly, even for finite lattices.
#
# **What you will learn**
#
# - what states look like below, at and above the transition;
# - how to hold chains against exact results of their own finite lattice;
# - why chains are slow at the transition, and how walls stop them below it.
#
# **Prerequisites**: {doc}`02_metropolis_hastings`, in particular standard errors of a chain, and {doc}`02b_when_chains_fail`.
#
# **Running time**: less than a minute on one core.

# %%
import matplotlib.pyplot as plt
import numpy as np
from IPython.display import Markdown, display
from scipy.special import ellipk

import ebmtools as ebm
from ebmtools import exact, plotting

plotting.use_style()
COLORS = plotting.COLORS

# %% tags=["parameters"]
seed = 1
lattice_sizes = [4, 8, 16]  # sides of the Ising lattices
lattice_sweeps = [4000, 4000, 2000]  # sweeps on each, after the warm-up
snapshot_size = 32  # side of the lattice in the pictures

# %% [markdown]
# ## The model
#
# The energy is that of {eq}`eq-ising`, with a coupling of strength 1 between neighbours on an $L \times L$ lattice whose opposite edges are joined.
#
# The exact curves are Onsager's energy {eq}`eq-onsager` and Yang's magnetisation {eq}`eq-yang`, and the transition lies at $T_c$ {eq}`eq-ising-tc`.


# %%
def square_lattice(side):
    """Ising model, coupling 1 between neighbours, on a periodic lattice."""
    sites = np.arange(side**2).reshape(side, side)
    couplings = np.zeros((side**2, side**2))
    for axis in (0, 1):
        neighbours = np.roll(sites, -1, axis)
        couplings[sites.ravel(), neighbours.ravel()] += 1
    return ebm.Pairwise(couplings + couplings.T)


def autocorrelation(x):
    """rho_k of chains (n_chains, n), by FFT, pooled over chains."""
    n, centred = x.shape[1], x - x.mean()
    power = np.abs(np.fft.rfft(centred, 2 * n)) ** 2
    covariance = np.fft.irfft(power)[:, :n].mean(0) / np.arange(n, 0, -1)
    return covariance / covariance[0]


T_C = 2 / np.log(1 + np.sqrt(2))


def onsager(T):
    """Energy per site of the infinite lattice."""
    b = 2 / np.asarray(T)
    kappa2 = (2 * np.sinh(b) / np.cosh(b) ** 2) ** 2
    kappa2 = np.minimum(kappa2, 1 - 1e-15)  # at T_c rounding may exceed 1
    bracket = 1 + 2 / np.pi * (2 * np.tanh(b) ** 2 - 1) * ellipk(kappa2)
    return -bracket / np.tanh(b)


def yang(T):
    """Spontaneous magnetisation of the infinite lattice."""
    return np.maximum(1 - np.sinh(2 / np.asarray(T)) ** -4.0, 0) ** 0.125


# %% [markdown]
# ## A look at it
#
# {numref}`fig-ising-snapshots` shows states below, at and above $T_c$. The chains below $T_c$ start with all spins up; the others start at random. Why that matters we see in a moment.

# %%
side = snapshot_size
big = square_lattice(side)
pictures, large = [], {}
for T in (2.0, T_C, 3.6):
    rng = np.random.default_rng(seed)
    start = np.ones((32, side**2))
    if T >= T_C:
        start = rng.choice([-1, 1], start.shape)
    draws = ebm.sample(
        big, 32 * 30, warmup=1200, thin=10, beta=1 / T, seed=seed, initial=start
    )
    u, error = draws.mean_and_error(draws.energies / side**2)
    large[T] = u, error, draws.energies.std() / side**2
    last = draws.chains[:, -1]
    by_size = np.abs(last.mean(1, dtype=np.float64)).argsort()
    for rank in (16, 0) if T == T_C else (16,):  # 16: typical, 0: most even
        pictures.append(last[by_size[rank]].reshape(side, side))

# %% tags=["hide-input"]
fig = plt.figure(figsize=(4.4, 4.8))
axes = plotting.plot_images(fig, np.array(pictures), columns=2)
titles = ("T = 2.0", "$T_c$, typical", "$T_c$, most even", "T = 3.6")
for ax, title in zip(axes, titles, strict=True):
    ax.set_title(title)
black = [f"{100 * (picture > 0).mean():.0f} % black" for picture in pictures]
plotting.show(
    fig,
    name="fig-ising-snapshots",
    caption=f"The Ising model on a {side} by {side} lattice: ordered below the transition, a fine mixture above, and at $T_c$ islands of all sizes. Black is +1. Each picture is the last state of one of 32 chains. Typical is the median of $|m|$, the size of the mean spin; so it is for T = 2.0 and 3.6. Most even is the smallest.",
    alt=f"Four lattices. T = 2.0: one colour with small specks of the other, {black[0]}. At the critical temperature: a typical state, {black[1]}, and the most even of 32, {black[2]}, both with islands from single sites to a good part of the lattice. T = 3.6: a fine mixture, {black[3]}.",
)

# %% [markdown]
# ## Energy
#
# Our lattices are finite, and Onsager's is not. Two exact results bridge the gap.
# A $4 \times 4$ lattice has $2^{16}$ states, which we enumerate. And B. Kaufman found in 1949 the partition function of the periodic lattice of *any* size {cite}`kaufman1949`. We quote it, and check it against enumeration:
#
# $$
# \begin{aligned}
# Z &= \tfrac12 (2\sinh 2\beta)^{L^2/2}\, (C_1 + S_1 + C_0 + S_0), \\
# C_k &= \prod_{r=0}^{L-1} 2\cosh\tfrac{L\gamma_{2r+k}}{2}, \\
# S_k &= \prod_{r=0}^{L-1} 2\sinh\tfrac{L\gamma_{2r+k}}{2}, \\
# \cosh\gamma_l &= \cosh 2\beta \coth 2\beta - \cos\tfrac{\pi l}{L},
# \end{aligned}
# $$ (eq-kaufman)
#
# with $\gamma_l > 0$ for $l \ge 1$ and $\gamma_0 = 2\beta + \ln\tanh\beta$. The energy is $u = -L^{-2}\, d\log Z/d\beta$.


# %%
def kaufman_log_z(b, L):
    coth = np.cosh(2 * b) / np.tanh(2 * b)
    g = np.arccosh(coth - np.cos(np.pi * np.arange(1, 2 * L) / L))
    g = L / 2 * np.concatenate([[2 * b + np.log(np.tanh(b))], g])
    terms, signs = [], []
    for part in (g[1::2], g[0::2]):
        for sign in (1, -1):  # 2 cosh, then 2 sinh
            factor = 1 + sign * np.exp(-2 * np.abs(part))
            terms.append(np.sum(np.abs(part) + np.log(factor)))
            signs.append(np.prod(np.sign(part)) if sign < 0 else 1)
    top = max(terms)
    total = np.sum(np.array(signs) * np.exp(np.array(terms) - top))
    return L**2 / 2 * np.log(2 * np.sinh(2 * b)) + top + np.log(total / 2)


def kaufman(T, L):
    """Energy per site of the periodic lattice, by a central difference."""
    b, h = 1 / T, 1e-5
    rise = kaufman_log_z(b + h, L) - kaufman_log_z(b - h, L)
    return -rise / (2 * h) / L**2


# %% tags=["hide-cell", "checks", "nbval-check-output"]
four = square_lattice(4)
energies, states = exact.energies(four), exact.states(4**2)
enumerated = {
    T: exact.probabilities(four, 1 / T) @ energies / 16 for T in (1.8, 3)
}
print(
    "Kaufman's formula equals enumeration at L = 4:",
    all(np.isclose(kaufman(T, 4), u, atol=1e-7) for T, u in enumerated.items()),
)
print(
    "and nears Onsager's as L grows:               ",
    np.isclose(kaufman(2.0, 64), onsager(2.0), atol=1e-6),
)
print(f"critical temperature: {T_C:.3f}")

# %% [markdown]
# Now the chains. Each runs at its own temperature, 64 of them side by side, all from the ordered state.

# %%
temperatures = np.array([1.6, 1.9, 2.1, T_C, 2.4, 2.6, 3.0, 3.6])
results, successive = {}, {}
for L, n_sweeps in zip(lattice_sizes, lattice_sweeps, strict=True):
    model = square_lattice(L)
    for T in temperatures:
        draws = ebm.sample(
            model,
            64 * (n_sweeps // 10),
            warmup=n_sweeps // 2,
            thin=10,
            beta=1 / T,
            seed=seed,
            initial=np.ones((64, L * L)),
        )
        size = np.abs(draws.chains.mean(-1, dtype=np.float64))
        results[L, T] = (
            *draws.mean_and_error(draws.energies / L**2),
            *draws.mean_and_error(size),
        )
        successive[L, T] = autocorrelation(draws.energies)[1]
rows = {
    L: np.array([results[L, T] for T in temperatures]) for L in lattice_sizes
}

# %% tags=["hide-input"]
fine_T = np.linspace(1.5, 3.7, 221)
looks = list(
    zip(
        lattice_sizes,
        ("hybrid", "pairwise", "model"),
        ("^", "s", "o"),
        (":", "--", "-"),
        strict=False,
    )
)
fig, (top, bottom) = plt.subplots(
    2, 1, figsize=(5.2, 5.8), sharex=True, height_ratios=[3, 2]
)
top.plot(
    fine_T,
    onsager(fine_T),
    color=COLORS["exact"],
    label="Onsager, infinite lattice",
)
bottom.axhspan(-2, 2, color="#dddddd")
z_energy = {}
for L, color, marker, line_style in looks:
    top.plot(
        fine_T,
        [kaufman(T, L) for T in fine_T],
        color=COLORS[color],
        linestyle=line_style,
        linewidth=1.2,
    )
    u, u_error = rows[L][:, 0], rows[L][:, 1]
    top.errorbar(
        temperatures,
        u,
        2 * u_error,
        marker=marker,
        color=COLORS[color],
        linestyle="",
        capsize=2,
        label=f"{L} x {L}",
    )
    z_energy[L] = (u - [kaufman(T, L) for T in temperatures]) / u_error
    bottom.plot(
        temperatures,
        z_energy[L],
        marker=marker,
        color=COLORS[color],
        linestyle="",
    )
for ax in (top, bottom):
    ax.axvline(T_C, color=COLORS["oracle"], linestyle="--", linewidth=1)
top.set(ylabel="energy per site")
top.legend()
bottom.set(
    xlabel="temperature T", ylabel="sampled - exact\n(errors)", ylim=(-4.5, 4.5)
)
plotting.show(
    fig,
    name="fig-ising-energy",
    caption="Energy per site of the Ising model. Black: Onsager. Coloured lines: Kaufman's exact result for each finite lattice. Points: chains, with two standard errors. Bottom: deviation of the points from the finite-lattice result. Dashed: $T_c$.",
    alt="Rising S-shaped curves, steepest at 2.27; smaller lattices lie lower there. "
    + "; ".join(
        f"{L} by {L}: from {rows[L][0, 0]:.2f} at T = {temperatures[0]} to {rows[L][-1, 0]:.2f} at T = {temperatures[-1]}, deviations of {np.sqrt(np.mean(z_energy[L] ** 2)):.1f} standard errors rms"
        for L in lattice_sizes
    )
    + ".",
)

# %% tags=["remove-input"]
L = lattice_sizes[-1]
at_c = int(np.argmin(np.abs(temperatures - T_C)))
display(
    Markdown(
        f"All {sum(map(len, z_energy.values()))} sampled energies agree with the exact ones of their own lattice: root mean square {np.sqrt(np.mean(np.concatenate(list(z_energy.values())) ** 2)):.2f} standard errors, largest {np.abs(np.concatenate(list(z_energy.values()))).max():.1f}. "
        f"Against Onsager a finite lattice is off near $T_c$. At $T_c$ Onsager has $-\\sqrt2 = {-np.sqrt(2):.4f}$, the {L} by {L} lattice {kaufman(T_C, L):.4f} exactly, and the chains {rows[L][at_c, 0]:.4f} ± {rows[L][at_c, 1]:.4f}. "
        f"At T = {temperatures[0]} and T = {temperatures[-1]} the exact finite lattice and Onsager differ by {abs(kaufman(temperatures[0], L) - onsager(temperatures[0])):.0e} and {abs(kaufman(temperatures[-1], L) - onsager(temperatures[-1])):.0e} only."
    )
)

# %% tags=["remove-input"]
worth = {T: (spread / e) ** 2 for T, (_, e, spread) in large.items()}
share = np.sqrt(2 / 31)  # relative error of a variance from 32 chains
n_here = 64 * (lattice_sweeps[-1] // 10)  # draws on the largest lattice above
again, again_error = successive[L, 3.6], 1 / np.sqrt(n_here)
display(
    Markdown(
        f"The chains of the pictures, 32 on the {side} by {side} lattice, give:\n\n| T | sampled | exact, finite | Onsager |\n|---:|---:|---:|---:|\n"
        + "\n".join(
            f"| {T:.3f} | {u:.4f} ± {e:.4f} | {kaufman(T, side):.4f} | {onsager(T):.4f} |"
            for T, (u, e, _) in large.items()
        )
        + f"\n\nThe error at $T_c$ is {large[T_C][1] / large[3.6][1]:.0f} times that at T = 3.6, from as many draws. A part of this is the larger spread of the energy itself, {large[T_C][2]:.3f} against {large[3.6][2]:.3f} per site. The rest is the chain: by $n_\\text{{eff}} = (\\text{{spread}}/\\text{{error}})^2$ the {32 * 30} draws are worth {worth[T_C]:.0f} ± {share * worth[T_C]:.0f} independent ones at $T_c$, and {worth[3.6]:.0f} ± {share * worth[3.6]:.0f} at T = 3.6. Islands as large as the lattice take long to come and go. This is **critical slowing down**.\n\n"
        f"Can they be worth more than the {32 * 30} that there are? Only if successive draws were anticorrelated. They are not: on the {L} by {L} lattice at T = 3.6, with {n_here:,} draws as far apart, their autocorrelation is {again:+.3f} ± {again_error:.3f}. "
        f"So at T = 3.6 $n_\\text{{eff}}$ is at most {32 * 30}, and close to it. If the estimate is above, this is its noise, which is large: 32 chains fix the variance of their mean to {100 * share:.0f} % only."
    )
)

# %% tags=["hide-cell", "checks", "nbval-check-output"]
print("draws at T = 3.6 not anticorrelated:", again > -3 * again_error)
print(
    "no energy off by 4.5 errors:",
    max(np.abs(z).max() for z in z_energy.values()) < 4.5,
)
print(
    "Onsager's energy at T = 1.6 to 0.01:",
    abs(rows[L][0, 0] - onsager(temperatures[0])) < 0.01,
)

# %% [markdown]
# ## Magnetisation
#
# A finite lattice has no spontaneous magnetisation. Given time, it flips as a whole, and $\langle m \rangle = 0$ at any temperature, by symmetry.
# What can be compared with {eq}`eq-yang` is $\langle |m| \rangle$, the mean of the absolute magnetisation per site.
# It is not zero above $T_c$ either: $L^2$ spins that were independent would have $\langle|m|\rangle \approx \sqrt{2/\pi}/L$.
# So the sharp corner of the infinite lattice is *rounded*. The rounding sets in where the islands of {numref}`fig-ising-snapshots` become as large as the lattice. Larger lattices follow the corner more closely; see {numref}`fig-ising-magnetisation`.

# %%
size_four = np.abs(states.mean(1, dtype=np.float64))


def enumerated_size(T):
    """Exact mean of |m| on the 4 x 4 lattice."""
    return exact.probabilities(four, 1 / T) @ size_four


exact_four = np.array([enumerated_size(T) for T in temperatures])
curve_T = np.linspace(1.5, 3.7, 23)
curve_four = [enumerated_size(T) for T in curve_T]

# %% tags=["hide-input"]
fig, ax = plt.subplots(figsize=(5.2, 4.4))
ax.plot(
    fine_T, yang(fine_T), color=COLORS["exact"], label="Yang, infinite lattice"
)
ax.plot(
    curve_T,
    curve_four,
    color=COLORS["hybrid"],
    linestyle=":",
    label="4 x 4, enumeration",
)
for L, color, marker, _ in looks:
    ax.errorbar(
        temperatures,
        rows[L][:, 2],
        2 * rows[L][:, 3],
        marker=marker,
        color=COLORS[color],
        linestyle="",
        capsize=2,
        label=f"{L} x {L}",
    )
ax.axvline(T_C, color=COLORS["oracle"], linestyle="--", linewidth=1)
ax.set(xlabel="temperature T", ylabel=r"$\langle|m|\rangle$", ylim=(0, 1.05))
fig.legend(loc="outside upper center", ncols=2)
plotting.show(
    fig,
    name="fig-ising-magnetisation",
    caption="Absolute magnetisation per site. Black: Yang's result, which drops to zero at $T_c$ (dashed). Dotted: enumeration of the 4 by 4 lattice. Points: chains, with two standard errors.",
    alt="The black curve stays near one and drops to zero at 2.27. The points are rounded off: at the critical temperature "
    + ", ".join(f"{rows[L][at_c, 2]:.2f} for {L} by {L}" for L in lattice_sizes)
    + f"; at T = {temperatures[-1]} "
    + ", ".join(f"{rows[L][-1, 2]:.2f}" for L in lattice_sizes)
    + ".",
)

# %% tags=["remove-input"]
z_four = (
    (rows[4][:, 2] - exact_four) / rows[4][:, 3] if 4 in rows else np.zeros(1)
)
L = lattice_sizes[-1]
display(
    Markdown(
        f"On the 4 by 4 lattice the chains agree with enumeration: {np.sqrt(np.mean(z_four**2)):.1f} standard errors rms. "
        f"Well below $T_c$ the {L} by {L} lattice is already close to the infinite one: at T = {temperatures[0]} it gives {rows[L][0, 2]:.4f} ± {rows[L][0, 3]:.4f}, Yang has {yang(temperatures[0]):.4f}. "
        f"At $T_c$, where Yang has zero, it still gives {rows[L][at_c, 2]:.3f} ± {rows[L][at_c, 3]:.3f}."
    )
)

# %% tags=["hide-cell", "checks", "nbval-check-output"]
print("4 x 4: no magnetisation off by 4.5 errors:", np.abs(z_four).max() < 4.5)
print(
    "Yang's magnetisation at T = 1.6 to 0.005:  ",
    abs(rows[L][0, 2] - yang(temperatures[0])) < 0.005,
)
falling = [rows[size][at_c, 2] for size in lattice_sizes]
print(
    "at T_c it falls with L:                   ",
    sorted(falling)[::-1] == falling,
)

# %% [markdown]
# ## Walls
#
# On a larger lattice something else happens. Two domains meet in straight walls around the whole lattice. A straight wall costs energy, but no single flip can lower it. It can only wander. It goes when it meets the other wall by chance.

# %%
walled = ebm.sample(
    big, 32 * 10, n_chains=32, warmup=450, thin=5, beta=1 / 1.6, seed=seed
)
tail = walled.energies.mean(1) / side**2
expected_u = kaufman(1.6, side)
excess = (tail - expected_u) * side**2
wall = int(np.argmax(tail))
stuck = int((excess > 2 * side).sum())

longer = ebm.sample(
    big, 32 * 10, n_chains=32, warmup=1500, thin=5, beta=1 / 1.6, seed=seed
)
patient = int(
    ((longer.energies.mean(1) - expected_u * side**2) > 2 * side).sum()
)

# %% tags=["hide-input"]
fig, (left, right) = plt.subplots(
    1, 2, figsize=(5.2, 2.9), width_ratios=[1, 1.3]
)
left.imshow(
    walled.chains[wall, -1].reshape(side, side), cmap="gray_r", vmin=-1, vmax=1
)
left.set(xticks=[], yticks=[], title="the worst chain")
left.spines[:].set_visible(True)
right.plot(np.sort(tail), "o", color=COLORS["pairwise"], label="chains")
right.axhline(expected_u, color=COLORS["exact"], label="exact")
right.set(xlabel="chain, sorted", ylabel="energy per site")
right.legend(loc="upper left")
plotting.show(
    fig,
    name="fig-mh-walls",
    caption=f"Random starts on the {side} by {side} lattice at $T = 1.6$, after 450 sweeps. Left: the chain of highest energy. Right: mean energy of each chain over the next 50 sweeps, and the exact mean.",
    alt=f"Left: a lattice split into one black and one white region with long walls between them. Right: most of 32 points lie on the exact line at {expected_u:.3f}, {stuck} lie clearly above, the highest at {tail.max():.3f}.",
)

# %% tags=["remove-input"]
display(
    Markdown(
        f"Two straight walls across the lattice break {2 * side} bonds, and cost an energy of {4 * side}. In {{numref}}`fig-mh-walls` {stuck} of 32 chains have an excess of more than half of that. This time the energy does tell: its R-hat is {walled.rhat:.2f}. "
        f"After 1500 sweeps the number still stuck is {patient}: more warm-up helps, at a price. A start in order has no walls to lose; that is why the chains of {{numref}}`fig-ising-energy` started so. It is a choice that rests on knowing the answer."
    )
)

# %% [markdown]
# ## Summary
#
# - Chains agree with the exact energies of their own finite lattice. Against the infinite lattice a finite one is off near $T_c$, and nowhere else.
# - At $T_c$ islands of all sizes come and go slowly, so draws are worth less there: critical slowing down.
# - Below $T_c$ straight walls may stop a chain for long. The energy shows it.
#
# ## Further reading
#
# - {cite}`onsager1944` solved the infinite lattice, {cite}`kaufman1949` the finite ones, and {cite}`yang1952` found the magnetisation.
