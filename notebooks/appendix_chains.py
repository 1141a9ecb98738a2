# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # What a chain is worth, exactly
#
# {doc}`02_metropolis_hastings` writes down the whole transition matrix of three spins. What else can be read off such a matrix? How far can the estimators of $\tau$ and $\hat R$ be trusted? And which of the two rules, Metropolis or Gibbs, is the better one?
#
# **What you will learn**
#
# - how an estimate of $\tau$ fails where the chain is too short, and what R-hat sees over a hundred repetitions;
# - how $\tau$ and the eigenvalues of a chain come from its matrix;
# - how fast a chain forgets its start;
# - in which sense Metropolis is better than Gibbs, and in which it is not;
# - what the order of the sites is worth, beside the rule.
#
# **Prerequisites**: {doc}`02_metropolis_hastings`.
#
# **Running time**: less than a minute on one core.

# %%
import arviz as az
import matplotlib.pyplot as plt
import numpy as np
from IPython.display import Markdown, display
from scipy.special import expit

import ebmtools as ebm
from ebmtools import exact, plotting

plotting.use_style()
COLORS = plotting.COLORS

# %% tags=["parameters"]
seed = 1

# %% [markdown]
# ## The matrices of the chapter
#
# One proposal at one site is a matrix; sites at random are the mean of these, sites in order their product. The integrated autocorrelation time $\tau$ comes from a series, or for a small system from its matrix, as derived below.


# %%
def metropolis_rule(x):  # x = beta Delta
    return np.minimum(1, np.exp(-x))


def gibbs_rule(x):
    return expit(-x)


def site_matrix(energy, site, rule, beta=1.0):
    """Transition matrix of one proposal at a given site."""
    n = energy.n_spins
    states = exact.states(n)
    flip = rule(beta * energy.flip_change(states)[:, site].detach().numpy())
    here = np.arange(2**n)  # a state's number in binary: its spins, 1 for +
    there = here ^ (1 << (n - 1 - site))  # one bit, one spin, reversed
    P = np.diag(1 - flip)
    P[here, there] = flip
    return P


# %%
def random_site(energy, rule, beta=1.0):
    n = energy.n_spins
    return sum(site_matrix(energy, i, rule, beta) for i in range(n)) / n


def in_order(energy, rule, beta=1.0):
    n = energy.n_spins
    sites = [site_matrix(energy, i, rule, beta) for i in range(n)]
    return np.linalg.multi_dot(sites)  # site 0 first


# %%
three = ebm.Pairwise(
    [[0, 0.8, -0.3], [0.8, 0, 0.5], [-0.3, 0.5, 0]], fields=[0.2, 0.0, -0.1]
)
pi = exact.probabilities(three)
kernels = {
    "Metropolis": random_site(three, metropolis_rule),
    "Gibbs": random_site(three, gibbs_rule),
    "Gibbs in order": in_order(three, gibbs_rule),
}


# %% tags=["hide-input"]
def mean_error(values):
    """Mean and standard error over independent repetitions, along axis 0."""
    values = np.asarray(values)
    return values.mean(0), values.std(0, ddof=1) / np.sqrt(len(values))


def autocorrelation(x):
    """rho_k of chains (n_chains, n), by FFT, pooled over chains."""
    n, centred = x.shape[1], x - x.mean()
    power = np.abs(np.fft.rfft(centred, 2 * n)) ** 2
    covariance = np.fft.irfft(power)[:, :n].mean(0) / np.arange(n, 0, -1)
    return covariance / covariance[0]


def integrated_time(x):
    """1 + 2 sum of rho_k, up to the first lag that is 5 times the sum."""
    tau = 2 * np.cumsum(autocorrelation(x)) - 1
    enough = np.arange(len(tau)) >= 5 * tau
    return tau[np.argmax(enough) if enough.any() else -1]


def exact_tau(P, p, g):
    """Integrated autocorrelation time of g from the whole transition matrix."""
    g = g - p @ g
    solved = np.linalg.solve(np.eye(len(p)) - P + p[None, :], g)
    return 2 * (p * g) @ solved / ((p * g) @ g) - 1


def square_lattice(side):
    """Ising model, coupling 1 between neighbours, on a periodic lattice."""
    sites = np.arange(side**2).reshape(side, side)
    couplings = np.zeros((side**2, side**2))
    for axis in (0, 1):
        neighbours = np.roll(sites, -1, axis)
        couplings[sites.ravel(), neighbours.ravel()] += 1
    return ebm.Pairwise(couplings + couplings.T)


# %% [markdown]
# ## A chain whose answer is known
#
# Never trust an estimator of errors that has not been tested. The autoregressive process
#
# $$
# x_{t+1} = \varphi\, x_t + \sqrt{1 - \varphi^2}\;\varepsilon_t
# $$ (eq-mh-ar1)
#
# with standard normal $\varepsilon_t$ has $\rho_k = \varphi^k$. The geometric series gives $\tau = (1 + \varphi)/(1 - \varphi)$. For $\varphi = 0.9$ this is 19.


# %%
def autoregressive(phi, n_chains, n, rng):
    x = np.empty((n_chains, n))
    x[:, 0] = rng.normal(size=n_chains)
    for t in range(1, n):
        noise = rng.normal(size=n_chains)
        x[:, t] = phi * x[:, t - 1] + np.sqrt(1 - phi**2) * noise
    return x


# %%
phi = 0.9
true_tau = (1 + phi) / (1 - phi)
series = autoregressive(phi, 64, 10_000, np.random.default_rng(seed))
lengths = [100, 300, 1000, 3000, 10_000]
tau_ours = [[integrated_time(x[None, :n]) for x in series] for n in lengths]
tau_arviz = [
    [n / az.ess(x[None, :n], method="mean") for x in series] for n in lengths
]
acf, acf_error = mean_error([autocorrelation(x[None, :])[:60] for x in series])
(ours, ours_error), (theirs, theirs_error) = (
    mean_error(np.transpose(t)) for t in (tau_ours, tau_arviz)
)

# %% tags=["hide-input"]
fig, (top, bottom) = plt.subplots(2, 1, figsize=(5.2, 5.6))
lags = np.arange(60)
top.plot(lags, phi**lags, color=COLORS["exact"], label=r"exact: $\varphi^k$")
top.errorbar(
    lags[::3],
    acf[::3],
    2 * acf_error[::3],
    color=COLORS["model"],
    marker="o",
    markersize=4,
    linestyle="",
    capsize=2,
    label="estimated (2 standard errors)",
)
top.set(xlabel="lag k", ylabel="autocorrelation")
top.legend()
bottom.axhline(true_tau, color=COLORS["exact"], label=f"exact: {true_tau:.0f}")
bottom.errorbar(
    np.array(lengths) * 0.96,
    ours,
    2 * ours_error,
    color=COLORS["pairwise"],
    marker="s",
    capsize=3,
    linestyle="--",
    label="ours",
)
bottom.errorbar(
    np.array(lengths) * 1.04,
    theirs,
    2 * theirs_error,
    color=COLORS["hybrid"],
    marker="o",
    capsize=3,
    linestyle=":",
    label="ArviZ",
)
bottom.set(
    xscale="log", xlabel="length of the chain", ylabel=r"estimate of $\tau$"
)
bottom.set_ylim(0, 29)
bottom.legend(loc="lower right")
plotting.show(
    fig,
    name="fig-mh-ar1",
    caption=r"The estimators on a chain with known answer, $\varphi = 0.9$. Top: autocorrelation from chains of 10,000 steps. Bottom: the mean estimate of $\tau$ from chains of several lengths, with two standard errors over 64 chains.",
    alt=f"Top: points on the curve 0.9 to the power k. Bottom: at lengths {', '.join(map(str, lengths))} our mean estimate is {', '.join(f'{t:.1f}' for t in ours)}; that of ArviZ is {', '.join(f'{t:.1f}' for t in theirs)}, with wider error bars where chains are short. The exact line is at {true_tau:.0f}.",
)

# %% tags=["remove-input"]
spread = np.std(tau_arviz[0], ddof=1)
display(
    Markdown(
        f"With 10,000 steps our estimate averages {ours[-1]:.2f} ± {ours_error[-1]:.2f} and that of ArviZ {theirs[-1]:.2f} ± {theirs_error[-1]:.2f}; exact is {true_tau:.0f}. "
        f"With 100 steps, five times $\\tau$, ours says {ours[0]:.1f}. **A chain that is too short believes that it is long enough.** "
        f"ArviZ cuts the chain in two and compares the halves, so on average it is warned: {theirs[0]:.1f} ± {theirs_error[0]:.1f}. But a single one of its estimates scatters by {spread:.0f}, and half of them are below {np.median(tau_arviz[0]):.0f}. "
        f"With 1000 steps, about 50 times $\\tau$, ours is off by {100 * (ours[2] / true_tau - 1):+.0f} % ± {100 * ours_error[2] / true_tau:.0f} %."
    )
)

# %% tags=["hide-cell", "checks", "nbval-check-output"]
print("ours within 10 % of 19: ", abs(ours[-1] / true_tau - 1) < 0.1)
print("ArviZ within 10 % of 19:", abs(theirs[-1] / true_tau - 1) < 0.1)
print("ours says less than 15 at 100 steps:", ours[0] < 15)

# %% [markdown]
# ## From the matrix to $\tau$
#
# Take the transition matrix $P$ of a chain, exact for a few spins, or on a fine grid for a number. Its entry in row $x$ and column $y$ is $P(y|x)$, so $(Pg)(x)$ is the mean of $g$ one step after $x$, and $(P^k g)(x)$ that after $k$ steps. Let $g$ be centred, $\langle g \rangle = 0$, and write $\langle a, b\rangle = \sum_x p(x)\,a(x)\,b(x)$. Then $\rho_k = \langle g, P^k g\rangle / \langle g, g\rangle$, and $\tau = 2\sum_{k\ge0}\rho_k - 1$.
# The sum $G = \sum_{k\ge0} P^k g$ obeys $(I - P)\,G = g$. This fixes $G$ up to a constant, and the constant by $\langle G \rangle = 0$. Let $\Pi$ be the matrix whose rows are all $p$; then $\Pi G = 0$, and both conditions are in $(I - P + \Pi)\,G = g$. So
#
# $$
# \tau = \frac{2\,\langle g, (I - P + \Pi)^{-1} g\rangle}{\langle g, g\rangle} - 1 .
# $$ (eq-mh-exact-tau)
#
# This is `exact_tau` above.
#
# ## The acceptance on the normal
#
# On the standard normal, with proposal $y = x + \sigma\varepsilon$, the acceptance is known as well. By {term}`detailed balance` the accepted moves towards zero are as many as those away from it, and those towards zero are always accepted. So the acceptance is twice the probability that $|x + \sigma\varepsilon| < |x|$.
# In the plane of $x$ and $\varepsilon$ this region is a double wedge, each half with the angle $\arctan\frac2\sigma$. Because the density in the plane is the same in all directions, the acceptance is $\frac{2}{\pi}\arctan\frac{2}{\sigma}$.
#
# ```{figure} ../book/_static/drawings/wedge.svg
# :name: fig-draw-wedge
# :alt: A plane with the axes x and epsilon. A falling line passes through the origin. The regions between the line and the x axis, upper left and lower right, are shaded and called downhill.
#
# The double wedge: for these steps the candidate is nearer to zero than the state, so it is always accepted. The line is $\varepsilon = -2x/\sigma$.
# ```

# %% [markdown]
# ## The sampler's own matrix
#
# `ebm.sample(method="gibbs")` goes through the sites in order. We *measure* its matrix: from each of the eight states many chains make one sweep.

# %%
n_each = 4000
start = np.repeat(exact.states(3), n_each, axis=0)
after = ebm.sample(
    three, len(start), warmup=0, thin=1, seed=seed, initial=start
)  # method="gibbs" is the default
arrived = ((after.spins > 0) @ [4, 2, 1]).reshape(8, n_each)
measured = np.array([np.bincount(row, minlength=8) for row in arrived]) / n_each
P = kernels["Gibbs in order"]
z_kernel = (measured - P) / np.sqrt(P * (1 - P) / n_each)

# %% tags=["hide-cell", "checks", "nbval-check-output"]
print(
    "64 measured entries, none off by 5 standard errors:",
    np.abs(z_kernel).max() < 5,
)
print(
    "their deviations have the right size:     ",
    0.7 < np.sqrt(np.mean(z_kernel**2)) < 1.3,
)

# %% [markdown]
# ## A hundred R-hats
#
# The chapter shows four chains on two wells, once. Here that experiment is repeated, always from the same four starts, with a small step and with a good one.


# %% tags=["hide-input"]
def walkers(log_f, start, sigma, n_steps, rng):
    """Many chains at once: states (n_chains, n_steps), and acceptance."""
    x, states, accepted = start.copy(), [], np.zeros(len(start))
    for _ in range(n_steps):
        y = x + sigma * rng.normal(size=len(x))
        take = np.log(rng.random(len(x))) < log_f(y) - log_f(x)
        x, accepted = np.where(take, y, x), accepted + take
        states.append(x)
    return np.transpose(states), accepted / n_steps


def log_f(x):
    left = 0.6 / 0.6 * np.exp(-0.5 * ((x + 1.5) / 0.6) ** 2)
    right = 0.4 / 0.8 * np.exp(-0.5 * ((x - 1.5) / 0.8) ** 2)
    return np.log(left + right)


# %%
starts = np.array([-6.0, -2.0, 2.0, 6.0])
n_repeats = 100  # the four chains, again and again
runs = {
    sigma: walkers(
        log_f,
        np.tile(starts, n_repeats),
        sigma,
        5000,
        np.random.default_rng(seed),
    )[0].reshape(n_repeats, len(starts), -1)
    for sigma in (0.15, 2.0)
}
checkpoints = [100, 300, 1000, 3000, 5000]
rhats = {
    sigma: np.array(
        [[az.rhat(four[:, n // 2 : n]) for n in checkpoints] for four in x]
    )
    for sigma, x in runs.items()
}

# %% tags=["remove-input"]
low, median, high = (
    {s: np.quantile(r, q, axis=0) for s, r in rhats.items()}
    for q in (0.1, 0.5, 0.9)
)
rising = (np.diff(rhats[0.15], axis=1) > 0).any(1).mean()
passed = {s: (r < 1.01).mean(0) for s, r in rhats.items()}
display(
    Markdown(
        f"R-hat of the second half of the chains, against their length: the median of {n_repeats} repetitions, and the range of the middle 80 %.\n\n| steps | step 0.15 | step 2 |\n|---:|---:|---:|\n"
        + "\n".join(
            f"| {n} | {median[0.15][k]:.2f} ({low[0.15][k]:.2f} to {high[0.15][k]:.2f}) | {median[2.0][k]:.2f} ({low[2.0][k]:.2f} to {high[2.0][k]:.2f}) |"
            for k, n in enumerate(checkpoints)
        )
        + f"\n\nWith the small step R-hat is below 1.01 after {checkpoints[-1]} steps in {100 * passed[0.15][-1]:.0f} % of the repetitions, with the good step in {100 * passed[2.0][-1]:.0f} %. So it warns rightly. "
        f"But in a single repetition it is no steady measure of progress: with the small step it rises from one row of the table to the next at least once in {100 * rising:.0f} % of them."
    )
)

# %% tags=["hide-cell", "checks", "nbval-check-output"]
print("small step: R-hat above 1.01 in > 90 %:", passed[0.15][-1] < 0.1)
print("good step: R-hat below 1.01 in > 90 %: ", passed[2.0][-1] > 0.9)

# %% [markdown]
# ## How fast a chain forgets
#
# Start in one state. After $n$ steps the distribution is a row of $P^n$. Write it with the eigenvalues $1 = \lambda_1 > |\lambda_2| \ge |\lambda_3| \dots$ of $P$:
# the first belongs to $\pi$, all others die out, the slowest as $|\lambda_2|^n$. So
#
# $$
# |P^n_{ab} - \pi_b| \le C\, |\lambda_2|^n .
# $$ (eq-mh-gap)
#
# For a chain with detailed balance this always holds, and all $\lambda$ are real. Gibbs in order has no such guarantee; there we look.
# The number $1 - |\lambda_2|$ is the **spectral gap**. Its inverse is the **relaxation time**: for slow chains, $|\lambda_2|^n \approx e^{-n\,\text{gap}}$.
# {numref}`fig-mh-converge` shows the distance to $\pi$, as $\max_a \frac12\sum_b |P^n_{ab} - \pi_b|$, the *total variation* from the worst start.


# %%
def second(P):
    """The second largest modulus of an eigenvalue."""
    return np.sort(np.abs(np.linalg.eigvals(P)))[-2]


def distance(P, p, steps):
    powers = (np.linalg.matrix_power(P, n) for n in steps)
    return np.array([0.5 * np.abs(Pn - p).sum(1).max() for Pn in powers])


steps = np.arange(0, 61, 3)
sweep = {
    "Metropolis": np.linalg.matrix_power(kernels["Metropolis"], 3),
    "Gibbs": np.linalg.matrix_power(kernels["Gibbs"], 3),
    "Gibbs in order": kernels["Gibbs in order"],
}
distances = {name: distance(P, pi, steps // 3) for name, P in sweep.items()}

# %% tags=["hide-input"]
fig, ax = plt.subplots(figsize=(5.2, 4.0))
styles = {
    "Metropolis": ("model", "s"),
    "Gibbs": ("pairwise", "o"),
    "Gibbs in order": ("hybrid", "^"),
}
for name, d in distances.items():
    color, marker = styles[name]
    ax.semilogy(
        steps,
        d,
        marker=marker,
        color=COLORS[color],
        linestyle="",
        label=f"{name}",
    )
    rate = second(sweep[name])
    ax.semilogy(
        steps,
        d[10] * rate ** ((steps - steps[10]) / 3),
        color=COLORS[color],
        linewidth=1,
    )
ax.set(xlabel="proposals", ylabel="distance to the target", ylim=(1e-6, 2))
ax.legend()
per_sweep = {name: second(P) for name, P in sweep.items()}
plotting.show(
    fig,
    name="fig-mh-converge",
    caption=r"Distance of $P^n$ to the target, from the worst start, for three chains of three spins (exact). Lines: $|\lambda_2|^n$, from the eigenvalues of $P$, fixed at 30 proposals. Metropolis and Gibbs take sites at random. All are shown once a sweep of three proposals.",
    alt="Three straight falling lines on a logarithmic axis; but for the first few, the points lie on them. After 30 proposals the distances are "
    + "; ".join(f"{name} {d[10]:.1e}" for name, d in distances.items())
    + ".",
)

# %% tags=["remove-input"]
display(
    Markdown(
        "| chain | factor per sweep | relaxation time (sweeps) |\n|---|---:|---:|\n"
        + "\n".join(
            f"| {name} | {rate:.3f} | {1 / (1 - rate):.2f} |"
            for name, rate in per_sweep.items()
        )
    )
)

# %% tags=["hide-cell", "checks", "nbval-check-output"]
slope = np.log(
    distances["Gibbs"][20] / distances["Gibbs"][10]
)  # over 30 proposals, 10 sweeps
print(
    "distance falls as the eigenvalue says:",
    np.isclose(slope, 10 * np.log(per_sweep["Gibbs"]), rtol=0.02),
)

# %% [markdown]
# ## Gibbs beside Metropolis
#
# For every $\Delta$ Metropolis flips more readily than Gibbs; see the top of {numref}`fig-mh-rules`. At $\Delta = 0$ it always flips, where Gibbs tosses a coin.
# Is it therefore better? Peskun proved in 1973 that it is, in one sense {cite}`peskun1973`: with sites at random, larger entries off the diagonal give a smaller or equal $\tau$ for *every* observable.
#
# By how much, at most? Let $u = f(y)/f(x)$. Metropolis accepts with $\min(u, 1)$, and Gibbs with $u/(1+u)$, which for symmetric proposals of any kind is Barker's rule {cite}`barker1965`. Since $\max(u,1) \le 1 + u \le 2\max(u,1)$, Metropolis accepts more readily by a factor of at most 2.
# So Gibbs moves at least as readily as a *lazy* Metropolis chain, which does nothing with probability one half and has the matrix $\frac12(I + P)$. In {eq}`eq-mh-exact-tau` laziness turns $(I - P)G = g$ into $\frac12(I - P)G = g$, so $G$ doubles, and with it $\tau + 1$. Hence
#
# $$
# \tau_\text{Metropolis} \le \tau_\text{Gibbs} \le 2\,\tau_\text{Metropolis} + 1 .
# $$
#
# But relaxation is another matter. It is governed by $|\lambda_2|$, and an eigenvalue near $-1$ is as slow as one near $+1$.
# For $\tau$ the sign counts. If $g$ is an eigenvector, then $\rho_k = \lambda^k$ and $\tau = (1+\lambda)/(1-\lambda)$, as for the AR(1) chain: large near $+1$, but near *zero* at $-1$, where errors alternate and cancel.
# At high temperature $\Delta$ is small. Then Metropolis flips at nearly every proposal: an even number of flips after an even number of proposals. It alternates for a long time between two halves of the states.
# The bottom of {numref}`fig-mh-rules` shows both ends for a ring of six spins: when hot, Metropolis relaxes more slowly than Gibbs; when cold, faster.

# %%
betas = np.geomspace(0.002, 2.5, 50)
ring_matrix = np.roll(np.eye(6), 1, axis=1) + np.roll(np.eye(6), -1, axis=1)
ring = ebm.Pairwise(ring_matrix)
relaxation = {"Metropolis": [], "Gibbs": [], "Gibbs in order": []}
for b in betas:
    rates_now = {
        "Metropolis": second(random_site(ring, metropolis_rule, b)) ** 6,
        "Gibbs": second(random_site(ring, gibbs_rule, b)) ** 6,
        "Gibbs in order": second(in_order(ring, gibbs_rule, b)),
    }
    for name, rate in rates_now.items():
        relaxation[name].append(1 / (1 - rate))

# %% tags=["hide-input"]
fig, (top, bottom) = plt.subplots(
    2, 1, figsize=(5.2, 6.0), height_ratios=[2, 3]
)
x = np.linspace(-4, 4, 201)
top.plot(x, metropolis_rule(x), color=COLORS["model"], label="Metropolis")
top.plot(
    x, gibbs_rule(x), color=COLORS["pairwise"], label="Gibbs", linestyle="--"
)
top.set(xlabel=r"$\beta\Delta$", ylabel="probability\nof a flip")
top.legend()
for name, line_style in (
    ("Metropolis", "-"),
    ("Gibbs", "--"),
    ("Gibbs in order", "-."),
):
    bottom.loglog(
        betas,
        relaxation[name],
        color=COLORS[styles[name][0]],
        linestyle=line_style,
        label=name,
    )
bottom.set(
    xlabel=r"inverse temperature $\beta$", ylabel="relaxation time\n(sweeps)"
)
bottom.legend()
crossing = betas[
    np.argmax(
        np.array(relaxation["Metropolis"]) < np.array(relaxation["Gibbs"])
    )
]
plotting.show(
    fig,
    name="fig-mh-rules",
    caption="Top: the two rules. Bottom: relaxation time of a ring of six spins, from the spectral gap of the whole 64 by 64 matrix, in sweeps of six proposals. Metropolis and Gibbs take sites at random.",
    alt=f"Top: Metropolis is one up to zero and then falls; Gibbs is a falling S-curve below it. Bottom: the Metropolis curve is U-shaped, {relaxation['Metropolis'][0]:.0f} sweeps at beta = {betas[0]:.3f}, and crosses below random-site Gibbs at beta = {crossing:.2f}; both Gibbs curves rise steadily, Gibbs in order to {relaxation['Gibbs in order'][-1]:.0f} sweeps at beta = {betas[-1]:.1f}, Metropolis to {relaxation['Metropolis'][-1]:.0f}.",
)

# %% tags=["hide-cell", "checks", "nbval-check-output"]
ordered, bounded = [], []
for b in (0.1, 0.5, 1.0, 2.0):
    p = exact.probabilities(ring, b)
    g = exact.energies(ring)
    tau_m = exact_tau(random_site(ring, metropolis_rule, b), p, g)
    tau_g = exact_tau(random_site(ring, gibbs_rule, b), p, g)
    ordered.append(tau_m < tau_g)
    bounded.append(tau_g <= (2 * tau_m + 1) * (1 + 1e-9))
print("Peskun's order holds for the energy:", all(ordered))
print("and so does the bound from above:   ", all(bounded))
print(
    "Metropolis relaxes slower when hot: ",
    relaxation["Metropolis"][0] > 10 * relaxation["Gibbs"][0],
)
print(
    "and faster than Gibbs when cold:    ",
    relaxation["Metropolis"][-1] < relaxation["Gibbs"][-1],
)

# %% [markdown]
# Now a system that is too large for its matrix: an $8 \times 8$ lattice of spins with coupling 1 between neighbours. We measure $\tau$ of the energy, recorded once a sweep. So a $\tau$ near 1 says only that one sweep is enough for a fresh draw.
# The package's Metropolis takes sites at random; its Gibbs sampler takes them in order. To tell the rule from the order, we add Gibbs with sites at random, written for many chains at once.


# %%
def gibbs_random_site(side, n_chains, n_sweeps, T, rng):
    """Energies (n_chains, n_sweeps) of the square lattice, once a sweep."""
    n, chains = side**2, np.arange(n_chains)
    sites = np.arange(n).reshape(side, side)
    shifts = [
        np.roll(sites, k, axis).ravel() for k in (-1, 1) for axis in (0, 1)
    ]
    neighbours = np.transpose(shifts)
    s = rng.choice([-1, 1], (n_chains, n))
    energy, energies = -(s * (s[:, shifts[0]] + s[:, shifts[1]])).sum(1), []
    for _ in range(n_sweeps):
        picks = rng.integers(n, size=(n, n_chains))
        for site, u in zip(picks, rng.random((n, n_chains)), strict=True):
            field = s[chains[:, None], neighbours[site]].sum(1)
            new = np.where(u < 1 / (1 + np.exp(-2 * field / T)), 1, -1)
            energy = energy - (new - s[chains, site]) * field
            s[chains, site] = new
        energies.append(energy)
    return np.transpose(energies)


def tau_and_error(x):
    """Integrated time, with an error from 8 groups of chains."""
    return mean_error([integrated_time(part) for part in np.array_split(x, 8)])


# %%
eight = square_lattice(8)
times = {}
for T in (2.0, 2.5, 3.5, 10.0):
    for method in ("metropolis", "gibbs"):
        draws = ebm.sample(
            eight,
            64 * 1500,
            n_chains=64,
            warmup=300,
            thin=1,
            method=method,
            beta=1 / T,
            seed=seed,
        )
        times[T, method] = tau_and_error(draws.energies)
    walk = gibbs_random_site(8, 128, 600, T, np.random.default_rng(seed))
    times[T, "random"] = tau_and_error(walk[:, 100:])

# %% tags=["remove-input"]
lattice_temperatures = sorted({T for T, _ in times})
table = [
    "| T | Metropolis | Gibbs | Gibbs in order |",
    "|---:|---:|---:|---:|",
]
for T in lattice_temperatures:
    cells = [times[T, method] for method in ("metropolis", "random", "gibbs")]
    table.append(
        f"| {T:g} | "
        + " | ".join(f"{m:.2f} ± {e:.2f}" for m, e in cells)
        + " |"
    )


def ratio_and_error(T, one, other):
    (a, a_error), (b, b_error) = times[T, one], times[T, other]
    return a / b, a / b * np.hypot(a_error / a, b_error / b)


rule = {
    T: ratio_and_error(T, "random", "metropolis") for T in lattice_temperatures
}
order = {T: ratio_and_error(T, "random", "gibbs") for T in lattice_temperatures}
first = {
    T: ratio_and_error(T, "metropolis", "gibbs") for T in lattice_temperatures
}
display(
    Markdown(
        "$\\tau$ of the energy in sweeps, on the $8\\times8$ lattice:\n\n"
        + "\n".join(table)
        + f"\n\nBoth with sites at random: Gibbs needs {rule[3.5][0]:.2f} ± {rule[3.5][1]:.2f} times as long as Metropolis at T = 3.5, and {rule[10.0][0]:.2f} ± {rule[10.0][1]:.2f} times at T = 10. For the energy Metropolis is the better rule here, in line with Peskun's theorem (which speaks of chains recorded at every proposal). "
        f"Going through the sites in order speeds Gibbs up by {order[3.5][0]:.2f} ± {order[3.5][1]:.2f} at T = 3.5 and {order[10.0][0]:.2f} ± {order[10.0][1]:.2f} at T = 10. "
        f"On this lattice the order gains more than the rule: Gibbs in order beats Metropolis at random by {first[3.5][0]:.2f} ± {first[3.5][1]:.2f} and {first[10.0][0]:.2f} ± {first[10.0][1]:.2f}. In the cold the errors are larger: the same chains hold fewer independent draws."
    )
)

# %% [markdown]
# So there are two questions, the rule and the order, and a third: what is being averaged. On a new system, measure $\tau$ of what you want to know.
#
# ## Both against enumeration
#
# Ten spins with random couplings and fields: $2^{10}$ states, so all correlations are known exactly. Both methods must reproduce them, within errors.
# The errors are from the spread between independent chains, `Draws.mean_and_error`. {numref}`fig-mh-enumeration` has the comparison.

# %%
rng = np.random.default_rng(seed)
J = np.triu(rng.normal(0, 1 / np.sqrt(10), (10, 10)), k=1)
ten = ebm.Pairwise(J + J.T, fields=rng.normal(0, 0.3, 10))
pairs = np.triu_indices(10, 1)
truth = exact.moments(ten).correlations[pairs]
sampled = {}
for method in ("gibbs", "metropolis"):
    draws = ebm.sample(
        ten, 40_000, warmup=100, thin=5, method=method, seed=seed
    )
    s = draws.chains.astype(float)
    mean, error = draws.mean_and_error(s[..., :, None] * s[..., None, :])
    sampled[method] = mean[pairs], error[pairs]
z_pairs = {
    name: (mean - truth) / error for name, (mean, error) in sampled.items()
}

# %% tags=["hide-input"]
fig, (top, bottom) = plt.subplots(2, 1, figsize=(5.2, 5.2), sharex=True)
top.plot([-1, 1], [-1, 1], color=COLORS["exact"], linewidth=1, label="exact")
bottom.axhspan(-2, 2, color="#dddddd")
for (name, (mean, error)), color, marker in zip(
    sampled.items(), ("pairwise", "model"), "os", strict=True
):
    label = name.capitalize()
    top.errorbar(
        truth,
        mean,
        error,
        marker=marker,
        markersize=4,
        linestyle="",
        color=COLORS[color],
        label=label,
    )
    bottom.plot(
        truth,
        z_pairs[name],
        marker=marker,
        markersize=4,
        linestyle="",
        color=COLORS[color],
    )
reach = 1.1 * np.abs(truth).max()
top.set(ylabel="sampled", xlim=(-reach, reach), ylim=(-reach, reach))
top.legend()
bottom.set(
    xlabel=r"exact $\langle s_i s_j\rangle$", ylabel="deviation (errors)"
)
plotting.show(
    fig,
    name="fig-mh-enumeration",
    caption="Correlations of the 45 pairs of ten spins, sampled in two ways, against enumeration. Top: with one standard error, mostly smaller than the markers. Bottom: the deviations in standard errors; about 95 % should lie in the grey band.",
    alt="Top: points of both methods on the diagonal. Bottom: deviations scattered around zero, with a root mean square of "
    + " and ".join(
        f"{np.sqrt(np.mean(z**2)):.2f} standard errors for {name.capitalize()}"
        for name, z in z_pairs.items()
    )
    + ".",
)

# %% tags=["hide-cell", "checks", "nbval-check-output"]
for name, z in z_pairs.items():
    print(name, "- no pair off by 5 standard errors:", np.abs(z).max() < 5)

# %% [markdown]
# ## Summary
#
# - A chain forgets its start at the rate of its second eigenvalue. An eigenvalue near $-1$ is as slow as one near $+1$.
# - With sites at random Metropolis has the smaller $\tau$ for every observable. It may still forget its start more slowly.
# - Taking the sites in order often gains more than the rule.
#
# ## Further reading
#
# - {cite}`peskun1973` has the theorem; {cite}`geman1984` is the Gibbs sampler.
