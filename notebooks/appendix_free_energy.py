# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # From the average to the minimum
#
# Variables that nobody recorded can be minimised away or averaged over: {doc}`01_energy_based_models` has $F_\infty$ and $F_\beta$ for a point on a wheel.
# How fast does the average approach the minimum as $\beta$ grows, and what does it see that the minimum does not?
#
# **What you will learn**
#
# - why $F_\beta$ differs from $F_\infty$ by a logarithm over $\beta$, and when it lies below, when above;
# - how to check an expansion: subtract its terms, and see the power of what is left.
#
# **Prerequisites**: the section on latent variables in {doc}`01_energy_based_models`.
#
# **Running time**: a few seconds.

# %%
import matplotlib.pyplot as plt
import numpy as np
from scipy.special import i0e, logsumexp

from ebmtools import plotting

plotting.use_style()
COLORS = plotting.COLORS

# %% tags=["parameters"]
slope_points = 4  # the largest beta, from which the power is read

# %% [markdown]
# ## The wheel
#
# The energy of the chapter: a point at angle $z$ on the rim of a wheel of radius one is seen at $(x, y)$.


# %%
def valleys(values):
    """Where values are lower than at both neighbours."""
    inside = values[1:-1]
    lower = (inside < values[:-2]) & (inside < values[2:])
    return 1 + np.flatnonzero(lower)


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


# %% [markdown]
# ## The rate
#
# How far apart are $F_\beta$ and $F_\infty$? For large $\beta$ the integral lives on a small neighbourhood of the best $z^*$. There
# $E \approx F_\infty + \frac12 E''\,(z - z^*)^2$, with $E''$ the second derivative by $z$. What remains is a Gaussian integral:
#
# $$
# \begin{aligned}
# \int e^{-\beta E}\, dz &\approx e^{-\beta F_\infty} \sqrt{\frac{2\pi}{\beta E''}} , \\
# F_\beta &= F_\infty + \frac{1}{2\beta} \log\frac{\beta E''}{2\pi} + O\!\left(\frac1{\beta^2}\right) .
# \end{aligned}
# $$ (eq-ebm-laplace)
#
# So $F_\beta \to F_\infty$, at the rate $(\log\beta)/\beta$. This holds for one best $z^*$ with $E'' > 0$.
# The logarithm changes its sign: at small $\beta$ the free energy lies below $F_\infty$, near $\beta = 2\pi/E''$ it passes through, rises a little above, and then comes down to it.
#
# For the wheel we can check it against a closed form. Let $(x, y)$ lie at distance $r > 0$ from the axle, in the direction of the angle $\alpha$. Then $E = r^2 + 1 - 2r\cos(z - \alpha)$, so $F_\infty = (1 - r)^2$, $E'' = 2r$, and
# the integral is the modified Bessel function $I_0$: $F_\beta = r^2 + 1 - \frac1\beta\log\big(2\pi I_0(2\beta r)\big)$. Its known expansion for large arguments gives the next term too: $-1/(16 \beta^2 r)$. {numref}`fig-free-energy` has all of them.

# %%
betas = 2.0 ** np.arange(3, 12)
point = np.array([0.8])  # with x = 0.6 on the rim, r = 1
by_grid = np.array([F_beta(0.6, point, b)[0] for b in betas])
# i0e(k) = exp(-k) I_0(k)
bessel = -np.log(2 * np.pi * i0e(2 * betas)) / betas
gap = by_grid - F_inf(0.6, point)[0]
# beta E'' / (2 pi), with E'' = 2
laplace = np.log(betas / np.pi) / (2 * betas)
remainder = np.abs(bessel - laplace)
tail = plotting.fit_slope(betas[-slope_points:], remainder[-slope_points:])

# %% tags=["hide-input"]
fig, (top, bottom) = plt.subplots(2, 1, figsize=(5.2, 6.2))
for beta, color, style in (
    (1, "pairwise", ":"),
    (2, "hybrid", "-."),
    (64, "model", "--"),
):
    top.plot(
        v,
        F_beta(0.6, v, beta),
        color=COLORS[color],
        linestyle=style,
        label=rf"$F_\beta$, $\beta$ = {beta}",
    )
top.plot(
    v, F_inf(0.6, v), color=COLORS["exact"], label=r"$F_\infty$", linewidth=1.4
)
top.plot([-0.8, 0.8], [0, 0], "o", color=COLORS["exact"], markersize=5)
top.set(
    xlabel="$y$",
    ylabel="energy at $x = 0.6$",
    xlim=(-1.6, 1.6),
    ylim=(-1.25, 0.65),
)
top.legend(ncols=2, fontsize=10, loc="lower center")
bottom.loglog(
    betas,
    gap,
    "o",
    color=COLORS["pairwise"],
    label=r"$F_\beta - F_\infty$, by quadrature",
)
bottom.loglog(
    betas,
    laplace,
    color=COLORS["exact"],
    linewidth=1.2,
    label=r"$\log(\beta E^{\prime\prime}/2\pi)\,/\,2\beta$",
)
bottom.loglog(
    betas,
    remainder,
    "s",
    color=COLORS["model"],
    markersize=4.5,
    label="what that leaves",
)
bottom.loglog(
    betas,
    1 / (16 * betas**2),
    color=COLORS["model"],
    linewidth=1.2,
    linestyle="--",
    label=r"$1\,/\,16\beta^2$",
)
bottom.set(xlabel=r"$\beta$", ylabel="difference of energies", ylim=(1e-9, 30))
bottom.legend(fontsize=10, ncols=2, loc="upper center")
plotting.show(
    fig,
    name="fig-free-energy",
    caption=r"Averaging over the angle, and minimising over it. Top: $F_\beta$ at $x = 0.6$ approaches $F_\infty$, which is zero at $y = \pm0.8$ (dots). Bottom: the difference at $y = 0.8$ falls as {eq}`eq-ebm-laplace` says; after that term is taken off, the size of the rest falls like $\beta^{-2}$.",
    alt="Top: the curves at beta = 1 and 2 lie below the curve of the minimum, that at beta = 64 just above it; at y = 0.8 they have "
    + ", ".join(
        f"{F_beta(0.6, point, b)[0]:.2f} at beta = {b}" for b in (1, 2, 64)
    )
    + f", and the limit is zero. Bottom: on logarithmic axes the difference falls from {gap[0]:.2g} at beta = {betas[0]:.0f} to {gap[-1]:.2g} at beta = {betas[-1]:.0f} along the predicted line; the remainder falls with slope {tail:.2f}.",
)

# %% tags=["hide-cell", "checks", "nbval-check-output"]
print(
    "quadrature equals the Bessel function:",
    np.allclose(by_grid, bessel, atol=1e-9),
)
falls = bool(np.all(np.diff(gap) < 0))
print("difference falls at every step:", falls)
print("exponent of the remainder:", round(tail, 1))
merged = [len(valleys(F_beta(0.6, v, b))) for b in (1, 2, 64)]
print("valleys at beta = 1, 2, 64:", merged)

# %% [markdown]
# At small $\beta$ the average sees more than the best value. It rewards a $y$ that *many* angles explain roughly: at $\beta = 1$ the two valleys have merged into one, in the middle. At large $\beta$ one very good angle is worth more.

# %% [markdown]
# ## Summary
#
# - $F_\beta - F_\infty = \frac{1}{2\beta}\log\frac{\beta E''}{2\pi}$, up to terms of order $\beta^{-2}$.
# - The factor $E''$ counts how many values of the latent variable explain the observation nearly as well as the best.
#
# ## Further reading
#
# - {cite}`lecun2006` introduces both free energies.
