# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Reconstructing couplings
#
# Somebody hands you configurations of spins, and you want to know which spins interact, and how strongly.
# A pairwise model answers if the world is pairwise. Here it is not, because the data also contain interactions of three spins, and then the pairwise answer is wrong however much data there are.
# This chapter tries two cures. The first is the paper's: add a neural network to the pairwise model, train both together, and read the couplings off the sum {cite}`feinauer2022`.
# The second uses no network: test every set of three and four spins, and refit with those that the data ask for. On the data of this chapter the first removes more than half of the error, and the second halves what is left, within seconds.
# Why then train a network at all? That question runs through the chapter, and the last section answers it.
#
# **What you will learn**
#
# - what "the couplings" of *any* energy are, even of one that has no coupling matrix;
# - why a pairwise model is biased by interactions that it does not have, even with infinite data;
# - how pairwise model, network, hybrid and {term}`interaction pursuit` compare on the same instances, with standard errors;
# - why the coupling matrix inside a hybrid means nothing on its own.
#
# **Prerequisites**: {doc}`03_pairwise_models`, in particular pseudolikelihood, and {doc}`04_hybrid_training` for how a network is trained: epochs, held-out samples, weight decay. Symbols are in the table of {doc}`../book/notation`.
#
# **Running time**: about a minute on one core of a recent AMD processor, up to two on an Intel one.

# %%

import numpy as np
import torch
from IPython.display import Markdown, display
from matplotlib import pyplot as plt

import ebmtools as ebm
from ebmtools import exact, plotting

plotting.use_style()
COLORS = plotting.COLORS

# %% [markdown]
# The next cell holds the settings. `n_spins`, `beta` and what follows belong to the experiment in {ref}`sec-experiment`; the sections before it use one instance of 16 spins, where enumeration gives exact answers.
# With `n_spins = 64` and `beta = 0.5` the same notebook runs the experiment at the paper's size, in some minutes.

# %% tags=["parameters"]
n_spins = 16
order = 3
gammas = [0.0, 0.25, 0.5]
beta = 1.0
n_samples = 10_000
n_instances = 4
hidden = 64
activation = "gelu"
epochs = 45
weight_decays = [1.0, 0.3, 0.1]

# %% tags=["hide-cell", "checks"]
assert n_instances >= 2, f"n_instances: got {n_instances}, expected at least 2"
assert n_samples >= 1000, f"n_samples: got {n_samples}, expected at least 1000"
assert 3 <= order <= n_spins, f"order: got {order}, expected 3 to {n_spins}"

# %% [markdown]
# ```{figure} ../book/_static/drawings/card-couplings.svg
# :name: fig-draw-ghost
# :alt: A shaded triangle over three circles whose lower side is a dashed line, and a fourth circle joined by a solid line.
#
# Three spins that act together (shaded) make a pairwise fit report a coupling that is not there (dashed), beside one that is (solid).
# ```
#
# ## The hidden truth
#
# The data come from the energy
#
# $$
# \begin{aligned}
# E_G(s) = &-\sum_{i<j} J^G_{ij} s_i s_j \\
# &- \sqrt{\gamma} \sum_{I \in \mathcal I_G} \xi^G_I \prod_{i \in I} s_i .
# \end{aligned}
# $$ (eq-generator)
#
# The first sum holds the {term}`couplings <coupling>` that we want back. The second holds $N$ {term}`interactions <interaction>` of three {term}`spins <spin>`, or of another order, drawn at random, and the number $\gamma$ sets how strong they are. At $\gamma = 0$ the world is pairwise.
# We draw $J^G_{ij}$ from a normal distribution of variance $1/N$ and $\xi^G_I$ from one of variance 1, and multiply both sums by an overall $\beta$, so that the data follow $p(s) \propto e^{-E_G(s)}$.

# %%
truth = ebm.random_hamiltonian(16, order=3, gamma=0.5, beta=1.0, seed=1)
samples = exact.sample(truth, n_samples, seed=1)

# %% tags=["hide-input"]
angle = 2 * np.pi * np.arange(16) / 16
place = np.column_stack([np.sin(angle), np.cos(angle)])
strong = np.argsort(-np.abs(truth.coefficients))[:5]
shades = ["hybrid", "network", "pursuit", "pairwise", "model"]
figure, axes = plt.subplots(figsize=(4.6, 4.6))
for shade, k in zip(shades, strong, strict=True):
    corners = place[list(truth.interactions[k])]
    axes.fill(*corners.T, color=COLORS[shade], alpha=0.25, linewidth=0)
for i, j in zip(*np.triu_indices(16, 1), strict=True):
    strength = truth.couplings[i, j]
    if abs(strength) > 0.3:
        axes.plot(
            *place[[i, j]].T,
            color="black",
            linestyle="-" if strength > 0 else (0, (4, 2)),
            linewidth=4 * abs(strength) - 0.6,
        )
axes.plot(*place.T, "o", color="white", markeredgecolor="black", markersize=19)
for spin, (x, y) in enumerate(place):
    axes.text(x, y, str(spin), ha="center", va="center", fontsize=12)
axes.set_axis_off()
axes.set_aspect("equal")
shown = int((np.abs(truth.couplings[np.triu_indices(16, 1)]) > 0.3).sum())
plotting.show(
    figure,
    name="fig-truth",
    caption=f"What we want to recover: one instance of 16 spins, with the {shown} of its 120 couplings whose size is above 0.3. Solid lines are positive, dashed ones negative, and their width is the strength. The shaded triangles are the five strongest of the 16 triples, which act as well, and for which a pairwise model has no words.",
    alt=f"Sixteen numbered circles on a ring. {shown} lines, thin and thick, solid and dashed, join some of them; five shaded triangles of different colours lie across the ring. All couplings reach from {truth.couplings.min():.2f} to {truth.couplings.max():.2f}.",
)

# %% [markdown]
# With 16 spins the samples are drawn from the enumerated probabilities, so nobody need ask whether a {term}`Markov chain` has forgotten its start. Larger systems need chains, and those of strong interactions at a low temperature do not mix: {doc}`02b_when_chains_fail` shows what to look at.
#
# (sec-walsh)=
# ## The couplings of any energy
#
# Ask a neural network for its coupling between spins 3 and 7. It has none: only weights.
# Yet every function of $N$ spins can be written in one way, and only one, as a sum over all sets $I$ of spins,
#
# $$
# E(s) = c - \sum_{I \neq \emptyset} \xi_I \prod_{i \in I} s_i ,
# $$ (eq-walsh)
#
# because there are $2^N$ sets and $2^N$ states, as many unknowns as equations, and because the products $\chi_I(s) = \prod_{i \in I} s_i$ are orthogonal: averaged over all states, $\chi_I \chi_{I'}$ is one if $I = I'$ and zero otherwise, since any spin that stands alone averages to zero.
# So multiply {eq}`eq-walsh` by $\chi_I$ and average. One term survives:
#
# $$
# \begin{aligned}
# \xi_I &= -\frac{1}{2^N} \sum_s E(s) \prod_{i \in I} s_i, \\
# J_{ij} &= -\frac{1}{2^N} \sum_s E(s)\, s_i s_j .
# \end{aligned}
# $$ (eq-coupling)
#
# These are the {term}`Walsh coefficients <Walsh coefficient>` of the energy {cite}`odonnell2014`. They do not ask what the energy is made of: for a {term}`pairwise model` they return its couplings, and for a network they return the only couplings that deserve the name.
#
# :::{admonition} Predict, then run: which average?
# :class: predict
# The sum in {eq}`eq-coupling` runs over *all* states with equal weight. What would go wrong if you averaged over the data instead? Decide before you read on.
# :::

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
print("by enumeration:  ", f"{by_hand[3, 7]:.6f}")
print("by the package:  ", f"{ebm.couplings(network).values[3, 7]:.6f}")

# %% [markdown]
# Averaged over data, the products would no longer be orthogonal, because spins that interact are correlated in the data, and each coefficient would take in a share of all the others.
#
# Enumeration stops near 24 spins. The paper goes on by *sampling*: draw states uniformly, and average $-E(s) s_i s_j$ over them. Its noise comes from all other terms of the energy, so it is large. `ebm.couplings` does better in two ways.
# Where a network has one hidden layer it needs no samples at all, because the average of each unit over all states can be done in closed form, wave by wave. Elsewhere it samples the energy changes of flips, in which the terms without spin $i$ drop out,
#
# $$
# J_{ij} = \tfrac12 \, \big\langle \Delta_i(s)\, s_i s_j \big\rangle_{\text{uniform}} ,
# $$ (eq-flip)
#
# with $\Delta_i(s)$ the change of energy when spin $i$ flips. {doc}`appendix_reading_couplings` compares them, with their costs.

# %% tags=["hide-cell", "checks", "nbval-check-output"]
for energy in (truth, truth + network):
    print(ebm.couplings(energy).method)
print(
    "truth returned exactly:",
    np.array_equal(ebm.couplings(truth).values, truth.couplings),
)
print(
    "quadrature equals enumeration to 1e-10:",
    np.abs(ebm.couplings(network).values - by_hand).max() < 1e-10,
)

# %% [markdown]
# ## Why the pairwise model fails
#
# A reconstruction $\hat J$ is judged by its relative error over all pairs, the {term}`reconstruction error`
#
# $$
# \varepsilon = \sqrt{ \frac{\sum_{i<j} (J^G_{ij} - \hat J_{ij})^2}{\sum_{i<j} (J^G_{ij})^2} } .
# $$ (eq-eps)
#
# Zero is perfect, and one is what you get for answering "no couplings" ({ref}`exercise 5.1 <ex-5-1>`).
# Now fit the pairwise model to ever more data. Either $\varepsilon$ falls like $1/\sqrt{M}$, which is noise, or it stops falling, which is *bias*.
# With 16 spins we can even fit to infinitely many samples: give every state the weight that the truth gives it.
# Beside it stands the {term}`oracle`, which knows which triples interact and only fits their strengths. It has no bias, so it serves as our yardstick.
#
# :::{admonition} Predict, then run: more data
# :class: predict
# From 1,000 to 30,000 samples the oracle's error falls by a factor of $\sqrt{30} \approx 5.5$. By how much does the pairwise model's fall?
# :::


# %%
def oracle(spins, hamiltonian):
    """Couplings and the true triples, fitted to the optimum."""
    n, triples = hamiltonian.n_spins, hamiltonian.interactions
    blank = ebm.Pairwise(np.zeros((n, n)))
    blank = blank + ebm.ManyBody(n, triples, np.zeros(len(triples)))
    return ebm.fit_convex(blank, spins).energy


def eps(energy, hamiltonian):
    return ebm.reconstruction_error(
        ebm.couplings(energy), hamiltonian.couplings
    )


sample_sizes = [1_000, 3_000, 10_000, 30_000]
pool = exact.sample(truth, max(sample_sizes), seed=3)
errors = {"pairwise": [], "oracle": []}
for m in sample_sizes:
    pairwise = ebm.fit_pairwise(pool[:m]).energy
    errors["pairwise"].append(eps(pairwise, truth))
    errors["oracle"].append(eps(oracle(pool[:m], truth), truth))
p = exact.probabilities(truth)
infinite = ebm.fit_pairwise(every_state, weights=p)
bias = eps(infinite.energy, truth)

# %% tags=["hide-input"]
figure, axes = plt.subplots(figsize=(5.2, 3.6))
for name, values in errors.items():
    style = {"color": COLORS[name], "marker": plotting.MARKERS[name]}
    axes.loglog(sample_sizes, values, label=name, **style)
axes.axhline(
    bias,
    color=COLORS["pairwise"],
    linestyle="--",
    label="pairwise, infinite data (exact)",
)
guide = errors["oracle"][0] * np.sqrt(sample_sizes[0] / np.array(sample_sizes))
axes.loglog(
    sample_sizes, guide, color="black", linewidth=1, label=r"$1/\sqrt{M}$"
)
axes.set(xlabel="number of samples $M$", ylabel=r"error $\varepsilon$")
axes.set_ylim(top=2.2)
axes.legend(fontsize=10)
slope = plotting.fit_slope(sample_sizes, errors["oracle"])
plotting.show(
    figure,
    name="fig-bias",
    caption="Error of the couplings against the number of samples, for the instance of {numref}`fig-truth`. The dashed line is the pairwise fit to the exact distribution: its bias.",
    alt=f"The pairwise error falls from {errors['pairwise'][0]:.2f} to {errors['pairwise'][-1]:.2f} and levels off on a dashed line at {bias:.2f}. The "
    f"oracle falls from {errors['oracle'][0]:.2f} to {errors['oracle'][-1]:.3f}, parallel to one over root M.",
)

# %% tags=["remove-input"]
display(
    Markdown(
        f"The oracle's error falls with the power {slope:.2f} of $M$; pure noise gives −0.5. The pairwise fit ends at "
        f"{errors['pairwise'][-1]:.3f}, and its limit is {bias:.3f}, so more data will not help it."
    )
)

# %% [markdown]
# Where does the bias come from? Take three spins with the interaction $-\xi\, s_0 s_1 s_2$, and let $s_2$ be up more often than down.
# Then $s_0 s_1$ is more often $+1$ than $-1$. To a pairwise model this looks like a coupling between spins 0 and 1, so it reports one, though there is none. {ref}`Exercise 5.2 <ex-5-2>` computes it.
# Our generator has no {term}`fields <field>`, and needs none: where spins 0 and 1 are coupled, a weak triple acts on $s_2$ like a field $\xi \tanh J_{01}$, and two triples that share two spins correlate the two others directly.
#
# ```{figure} ../book/_static/touch/ghost.svg
# :name: fig-touch-ghost
# :figclass: touch touch-ghost
# :alt: Three spins. A shaded triangle, the triple, joins all three; an arrow, the field, acts on spin 2; a dashed line, the ghost coupling, joins spins 0 and 1.
#
# Three spins with one triple $\xi$, a field $h$ on spin 2, and no coupling at all. The dashed line is the coupling that a pairwise fit reports all the same. With either slider at zero it disappears.
# ```
#
# ## First cure: a network beside it
#
# Add a term that can express what the pairwise model cannot, here a network with one hidden layer,
#
# $$
# E_{\text{hybrid}}(s) = E_{\text{pw}}(s) + E_{\text{nn}}(s) ,
# $$ (eq-hybrid)
#
# and read the couplings of the *sum* by {eq}`eq-coupling`. Three models are trained by {term}`pseudolikelihood` on the same samples: the **pairwise** model, which is convex and fitted to its optimum; the **network** alone; and the **hybrid**.
#
# The recipe is that of {doc}`04_hybrid_training`. One sample in ten is held out and chooses the {term}`epoch` and the {term}`weight decay`, which acts on networks only.
# The hybrid starts from a pairwise fit that has not seen the held-out samples, with a network whose output weights are zero, so at epoch zero it *is* a pairwise model.
# At the end its fields and couplings are fitted once more, to all samples, beside the finished network, which is a convex problem.


# %%
def three_models(spins, seed, decays):
    """Train all three on the same samples."""
    held_out, training = np.split(spins, [len(spins) // 10])
    size = (spins.shape[1], (hidden,), activation)
    network, rest = (ebm.Network(*size, seed=seed) for _ in range(2))
    torch.nn.init.zeros_(rest.output)
    hybrid = ebm.fit_pairwise(training).energy + rest
    trained, runs = {"network": network, "hybrid": hybrid}, {}
    for name, energy in trained.items():
        runs[name] = ebm.fit(
            energy,
            training,
            validation=held_out,
            epochs=epochs,
            weight_decay=decays[name],
            seed=seed,
            progress=False,
        )
    rest.requires_grad_(False)
    ebm.fit_convex(hybrid, spins)
    trained["pairwise"] = ebm.fit_pairwise(spins).energy
    return trained, runs


all_decays = {"network": weight_decays, "hybrid": weight_decays}
models, runs = three_models(samples, 1, all_decays)
models["oracle"] = oracle(samples, truth)
scores = {name: eps(energy, truth) for name, energy in models.items()}

# %% tags=["remove-input"]
display(
    Markdown(
        f"Held-out samples give the network a decay of {runs['network'].weight_decay:g} and keep epoch {runs['network'].best_epoch} of {epochs}; "
        f"they give the hybrid {runs['hybrid'].weight_decay:g} and epoch {runs['hybrid'].best_epoch}. The errors $\\varepsilon$ are "
        + ", ".join(
            f"{scores[name]:.3f} ({name})"
            for name in ("pairwise", "network", "hybrid")
        )
        + f", and the oracle's is {scores['oracle']:.3f}."
    )
)

# %% [markdown]
# (sec-pursuit)=
# ## Second cure: asking the data
#
# The network has to find out which triples interact, among other things that it could learn. One can also ask the data directly: is there anything left that *this* triple would explain?
#
# Add one interaction $\xi_I \prod_{j \in I} s_j$ to the fitted pairwise model, with $\xi_I$ near zero.
# It adds $\xi_I \prod_{j \in I, j \neq i} s_j$ to the local field $f_i$ of each of its spins $i$, and the pseudolikelihood objective is $\langle \sum_i \log(1 + e^{-2 s_i f_i}) \rangle$. So at $\xi_I = 0$ the objective falls with the slope
#
# $$
# U_I = \Big\langle \prod_{j \in I} s_j \sum_{i \in I} t_i \Big\rangle , \qquad t_i = 1 - s_i \tanh f_i ,
# $$ (eq-score)
#
# the **score** of $I$ {cite}`rao1948`. Why does it test the model? Given the other spins, $s_i$ has the mean $\tanh f_i$ if the model is right. Then $s_i t_i = s_i - \tanh f_i$ has mean zero, whatever the other spins are, and so has $U_I$.
# Divided by its standard error it is a number $z_I$ that follows a standard normal, roughly and for many samples, where there is nothing to find. (Because the couplings were fitted to the same samples they have taken up a part of each score, so this $z_I$ is a little too small: the test is careful.)
#
# ```{figure} ../book/_static/drawings/pursuit.svg
# :name: fig-draw-pursuit
# :alt: A flow chart of five boxes. Fit fields and couplings; score all sets of three and four spins; take those that pass; refit it all and drop the weak; did anything change? If yes, back to the scores; if no, done.
#
# Interaction pursuit.
# ```
#
# **Interaction pursuit** takes the sets whose scores pass, refits everything, which is convex and fast, drops each interaction whose *coefficient* is now too few standard errors from zero, and repeats this until nothing changes.
# How high must a score be? There are many sets, and chance makes some of them high. The threshold for the $K$-th one is the $|z|$ that chance passes with the probability $q K / C$, for $C$ sets tested {cite}`benjamini1995`, so that on average a share of at most about $q$ of the findings is false.
# Here $q = 0.01$, and all sets of three *and* four spins are tested: the method is told neither the order nor the number of interactions.

# %%
pursuit = ebm.fit_many_body(samples, orders=(3, 4), false_discovery=0.01)
print(pursuit)

# %% tags=["remove-input"]
real = dict(zip(truth.interactions, truth.coefficients, strict=True))
picked = set(pursuit.interactions)
missed = sorted(abs(real[one]) for one in set(real) - picked)
models["pursuit"] = pursuit.energy
scores["pursuit"] = eps(pursuit.energy, truth)
display(
    Markdown(
        f"It finds {len(picked)} interactions, and {len(picked & set(real))} of them are among the {len(real)} real ones. "
        + (
            f"It misses {len(missed)}, the weak ones: the strongest of them has $|\\xi|$ = {missed[-1]:.3f}. "
            if missed
            else "It misses none. "
        )
        + f"Its couplings have $\\varepsilon$ = {scores['pursuit']:.3f}, beside {scores['oracle']:.3f} for the oracle, which was told the places."
    )
)

# %% [markdown]
# Why in rounds? Beside the pairwise fit many *absent* triples score high too. They are echoes: most share two spins with a real triple, so they explain a part of what that one would explain.
# Taking all high scores at once would take the echoes too, which is why pursuit takes the highest, removes its share from the others, and asks again. {doc}`appendix_one_reconstruction` draws the scores of all triples before the first round and after the last.

# %% [markdown]
# (sec-experiment)=
# ## Who wins? Experiment I, in small
#
# One instance proves little, because instances differ. So each instance is given to all models, for each $\gamma$, and models are compared *instance by instance*.
# The same seed gives the same couplings and triples at every $\gamma$; only the strength changes.
# The decays are those that held-out samples choose on the first instance at the largest $\gamma$, at the size of the experiment. The truth has no say in this.
#
# :::{admonition} Predict, then run: the winner at zero
# :class: predict
# At $\gamma = 0$ the pairwise model is the truth. Which of the others can match it there, and which must pay for what they could express?
# :::


# %% tags=["hide-input"]
def draw(hamiltonian, seed):
    """Exact samples if N <= 20, else chains that have mixed."""
    if hamiltonian.n_spins <= 20:
        return exact.sample(hamiltonian, n_samples, seed=seed)
    settings = {"n_chains": 500, "thin": 20, "seed": seed}
    chain = ebm.sample(hamiltonian, n_samples, **settings)
    assert chain.rhat < 1.1, f"not mixed: R-hat {chain.rhat:.2f}"
    return np.random.default_rng(seed).permutation(chain.spins)


def mean_and_error(values):
    """Mean and standard error over instances, the last axis."""
    error = values.std(axis=-1, ddof=1) / np.sqrt(values.shape[-1])
    return values.mean(axis=-1), error


# %%
names = ["pairwise", "network", "hybrid", "pursuit", "oracle"]
result = np.empty((len(names), len(gammas), n_instances))
decays = all_decays
for column in reversed(range(len(gammas))):
    for instance in range(n_instances):
        hamiltonian = ebm.random_hamiltonian(
            n_spins, order, gamma=gammas[column], beta=beta, seed=instance
        )
        spins = draw(hamiltonian, seed=instance)
        trained, run = three_models(spins, instance, decays)
        decays = {name: run[name].weight_decay for name in run}
        trained["pursuit"] = ebm.fit_many_body(spins).energy
        trained["oracle"] = oracle(spins, hamiltonian)
        result[:, column, instance] = [
            eps(trained[name], hamiltonian) for name in names
        ]

# %% tags=["hide-input"]
curves = {name: mean_and_error(result[row]) for row, name in enumerate(names)}
interacting = np.array(gammas) > 0
ahead = {
    name: bool(
        np.all(curves["hybrid"][0][interacting] < curves[name][0][interacting])
    )
    for name in ("pairwise", "network")
}
figure, axes = plt.subplots(figsize=(5.2, 3.9))
plotting.plot_curves(axes, gammas, curves)
axes.set(
    xlabel=r"strength of the higher-order interactions $\gamma$",
    ylabel=r"error $\varepsilon$",
    ylim=(0, 1.25 * max(mean.max() for mean, _ in curves.values())),
)
axes.legend(ncols=2, loc="upper left")
plotting.show(
    figure,
    name="fig-experiment",
    caption="Error of the reconstructed couplings against the strength of the three-spin interactions: mean and standard error over instances. Pursuit is told neither the order nor the number of interactions; the oracle knows which triples interact.",
    alt="Five curves with error bars: "
    + plotting.describe_curves(gammas, curves, "gamma")
    + ". For every gamma above zero the hybrid lies "
    + " and ".join(
        f"{'below' if yes else 'not below'} the {name}"
        for name, yes in ahead.items()
    )
    + ", and pursuit lies close to the oracle.",
)

# %% tags=["remove-input"]
against = {
    name: mean_and_error(result[2] - result[names.index(name)])
    for name in ("network",)
}
lines = [
    "| γ | " + " | ".join(names) + " | hybrid − network |",
    "|---" * (len(names) + 2) + "|",
]
for column, gamma in enumerate(gammas):
    cells = [
        f"{curves[name][0][column]:.3f} ± {curves[name][1][column]:.3f}"
        for name in names
    ]
    m, e = (part[column] for part in against["network"])
    lines.append(
        f"| {gamma:g} | " + " | ".join(cells) + f" | {m:+.3f} ± {e:.3f} |"
    )
display(
    Markdown(
        f"**Mean error ε over {n_instances} instances**, with standard errors; the last column compares instance by instance\n\n"
        + "\n".join(lines)
    )
)
zero = ""
if 0.0 in gammas:
    gaps = result[2, gammas.index(0.0)] - result[0, gammas.index(0.0)]
    same = int((np.abs(gaps) < 1e-4).sum())
    zero = f" At $\\gamma = 0$ the hybrid has nothing to gain. Held-out samples keep its start in {same} of {n_instances} instances, and a start that is kept *is* the pairwise fit. The network alone pays in full for what it could express."
last = {name: curves[name][0][-1] for name in names}
display(
    Markdown(
        f"At $\\gamma$ = {gammas[-1]:g} the hybrid brings the error of the pairwise model from {last['pairwise']:.3f} to {last['hybrid']:.3f}, and pursuit to {last['pursuit']:.3f}, where the oracle has {last['oracle']:.3f}."
        + zero
        + " Comparing models on the same instance removes what makes that instance easy or hard. With so few instances two standard errors are not yet 95 %: for four, Student's distribution asks for 3.2."
    )
)

# %% tags=["hide-cell", "checks", "nbval-check-output"]
print("at every gamma > 0 the hybrid's error is")
print("below that of the pairwise model:", ahead["pairwise"])
print("below that of the network:       ", ahead["network"])
print(
    "and pursuit's is below the hybrid's:",
    bool(
        np.all(
            curves["pursuit"][0][interacting] < curves["hybrid"][0][interacting]
        )
    ),
)
print(
    "pursuit's error is within 15 % of the oracle's:",
    scores["pursuit"] < 1.15 * scores["oracle"],
)

# %% [markdown]
# So the paper's claim holds in this small setting: with higher-order interactions present, the hybrid reconstructs the couplings better than the pairwise model and better than the network, if by little. By how much depends on the settings, in particular on the activation: {ref}`exercise 5.3 <ex-5-3>` makes a network for triples.
#
# ## The matrix inside the hybrid
#
# The hybrid contains a matrix $J$, with the right shape and the right name. It is tempting to report it.
# Do not. The network can express couplings too, so any matrix $A$ can be moved from one part to the other,
#
# $$
# \begin{aligned}
# E_{\text{pw}} + E_{\text{nn}} = &\Big(E_{\text{pw}} - \sum_{i<j} A_{ij} s_i s_j\Big) \\
# {}+{} &\Big(E_{\text{nn}} + \sum_{i<j} A_{ij} s_i s_j\Big) ,
# \end{aligned}
# $$
#
# without changing the energy of any state. The data cannot tell the splits apart, so where training ends depends on the start, the weight decay and the moment of stopping. Only the sum means something. {doc}`appendix_one_reconstruction` draws how the network makes up for what the matrix gets wrong.

# %% tags=["remove-input"]
explicit, inside = map(ebm.couplings, models["hybrid"].parts)
split = {
    "explicit matrix J alone": explicit.values,
    "the network's own couplings": inside.values,
    "both together": explicit.values + inside.values,
}
rows = ["| couplings read from | error ε |", "|---|---|"]
for name, matrix in split.items():
    error = ebm.reconstruction_error(matrix, truth.couplings)
    rows.append(f"| {name} | {error:.3f} |")
display(Markdown("\n".join(rows)))

# %% tags=["hide-cell", "checks", "nbval-check-output"]
alone = ebm.reconstruction_error(explicit, truth.couplings)
print("the sum beats the explicit matrix:", scores["hybrid"] < alone)

# %% [markdown]
# ## Is the network useless then?
#
# No. Pursuit tests the sets that one lists. Interactions of high order are too many to list, and some things are no sum of a few sets at all: a {term}`hidden unit`, or a smooth function of the magnetisation. There a network takes in what no list has. {doc}`when_to_use_what` maps out which tool is best for which data, {doc}`pursuit` asks how often pursuit is wrong, and {doc}`04_hybrid_training` has images on which the hybrid earns its place.
#
# :::{admonition} History: a test older than its computers
# :class: note
# C. R. Rao published the score test in 1948 {cite}`rao1948`: ask for the slope of the likelihood at the simpler model, and never fit the larger one. With 560 triples that saves 560 fits, which is why an idea from before the computer is the fast half of pursuit. The other half, how many findings may be false, came in 1995 {cite}`benjamini1995`.
# :::
#
# ## Cheat sheet
#
# | what | formula | code |
# |---|---|---|
# | couplings of any energy | $J_{ij} = -2^{-N} \sum_s E(s) s_i s_j$ | `ebm.couplings(energy)` |
# | interactions of three spins | $\xi_I = -2^{-N} \sum_s E(s) \prod_{i \in I} s_i$ | `ebm.interactions(energy, order=3)` |
# | reconstruction error | $\varepsilon = \lVert J - \hat J \rVert / \lVert J \rVert$ over pairs | `ebm.reconstruction_error(estimate, truth)` |
# | hybrid | $E_{\text{pw}} + E_{\text{nn}}$ | `ebm.fit(pairwise + network, spins)` |
# | pursuit | score, take, refit, drop, repeat | `ebm.fit_many_body(spins)` |
#
# ## Summary
#
# - Any energy has couplings: its Walsh coefficients. For a pairwise model they are its $J$.
# - A pairwise model fitted to data with higher-order interactions is biased, however many data there are.
# - Adding a network removes much of the bias, given enough data. At $\gamma = 0$ it has nothing to remove, and held-out samples keep it quiet.
# - Where the interactions are of few spins, testing every set by its score finds them, and a convex refit is then nearly the oracle's.
# - In a hybrid only the sum has couplings. The matrix inside it is arbitrary.
#
# ## Exercises
#
# (ex-5-1)=

# %% [markdown]
# :::{admonition} Exercise 5.1: wrong answers and their errors
# :class: exercise
# *thinking, easy, 5 minutes*
#
# What is $\varepsilon$ for (a) $\hat J = 0$, (b) $\hat J = \frac12 J^G$, (c) the answer of somebody who forgot the minus sign in {eq}`eq-coupling`?
# :::

# %%
from exercises import answer

errors_of_wrong_answers = [..., ..., ...]  # (a), (b), (c)
answer("5.1", errors_of_wrong_answers)

# %% [markdown]
# :::{admonition} Solution to exercise 5.1
# :class: dropdown solution
# For $\hat J = c J^G$ every difference is $(1-c) J^G_{ij}$, so $\varepsilon = |1 - c|$. That is 1 for $c = 0$, a half for $c = \frac12$, and 2 for $c = -1$, the forgotten sign. An error near two is a sign error until proved otherwise.
# :::

# %% tags=["hide-cell", "solution"]
found = [
    ebm.reconstruction_error(c * truth.couplings, truth.couplings)
    for c in (0.0, 0.5, -1.0)
]
assert answer("5.1", found)

# %% [markdown]
# (ex-5-2)=

# %% [markdown]
# :::{admonition} Exercise 5.2: a ghost coupling
# :class: exercise
# *derivation, then code; medium, 20 minutes*
#
# Three spins have $E(s) = -\xi\, s_0 s_1 s_2 - h\, s_2$: one triple and one field, no couplings. Fit a pairwise model to the *exact* distribution by likelihood. Which coupling appears?
# Give it for $\xi = 0.5$ and $h = 1$. Start from $\langle s_0 s_1 \rangle$ with $s_2$ held fixed, then check by a fit to `exact.states(3)` with the exact probabilities as weights.
# :::

# %%
ghost = ...  # J_01 for xi = 0.5, h = 1
answer("5.2", ghost)

# %% [markdown]
# :::{admonition} Solution to exercise 5.2
# :class: dropdown solution
# Given $s_2$ the pair has $\langle s_0 s_1 \rangle = \tanh(\xi s_2) = s_2 \tanh \xi$, and summing over the pair leaves $s_2$ with $\langle s_2 \rangle = \tanh h$. So $\langle s_0 s_1 \rangle = \tanh\xi \tanh h$.
# The pairs $(0,2)$ and $(1,2)$ are uncorrelated, so the likelihood fit puts all into one coupling with $\tanh J_{01} = \tanh\xi \tanh h$: a ghost, because no such coupling exists in the energy. The pseudolikelihood gives the same, since the fitted model is exact for the pair and independent of $s_2$.
# :::

# %% tags=["hide-cell", "solution"]
no_couplings = ebm.Pairwise(np.zeros((3, 3)), fields=[0, 0, 1.0])
three = ebm.ManyBody(3, [(0, 1, 2)], [0.5]) + no_couplings
weights = exact.probabilities(three)
fitted = {
    objective: ebm.fit_pairwise(exact.states(3), weights, objective=objective)
    for objective in ("likelihood", "pseudolikelihood")
}
assert answer("5.2", fitted["likelihood"].couplings[0, 1])
assert answer("5.2", np.arctanh(np.tanh(0.5) * np.tanh(1.0)))
assert answer("5.2", fitted["pseudolikelihood"].couplings[0, 1])

# %% [markdown]
# (ex-5-3)=

# %% [markdown]
# :::{admonition} Exercise 5.3: a network made for triples
# :class: exercise
# *thinking and coding; medium, 15 minutes*
#
# Train `ebm.Network(16, hidden=(hidden,), activation="cube", seed=1)` *alone* on `samples`, with `weight_decay=0.1` and 30 epochs. Why does it do well here? And for interactions of which order, the smallest one, would it be biased like the pairwise model?
# :::

# %%
smallest_order = ...
answer("5.3", smallest_order)

# %% [markdown]
# :::{admonition} Solution to exercise 5.3
# :class: dropdown solution
# $(w \cdot s + b)^3$ expands into products of up to three spins. A sum of such units is a model of exactly the right order, with few parameters wasted. For order four it cannot express the interactions at all, and would be biased like the pairwise model.
# The hyperbolic tangent is lucky here in another way: it is odd, so a network of such units without biases has interactions of odd orders only. That fits triples; for quadruples the biases must do the work, and so they must for the couplings themselves, which are of order two. Whoever reports "network only" should say which network.
# :::

# %% tags=["hide-cell", "solution"]
cube = ebm.Network(16, hidden=(hidden,), activation="cube", seed=1)
ebm.fit(cube, samples, epochs=30, weight_decay=0.1, progress=False)
print(
    f"cube network alone {eps(cube, truth):.3f}, {activation} network alone {scores['network']:.3f}"
)
assert eps(cube, truth) < 0.6 * scores["pairwise"]
beyond = ebm.interactions(cube, order=4).coefficients
assert np.abs(beyond).max() < 1e-5  # single precision
assert answer("5.3", 4)

# %% [markdown]
# (ex-5-4)=

# %% [markdown]
# :::{admonition} Exercise 5.4: refit with the names
# :class: exercise
# *coding, medium, 15 minutes*
#
# Equation {eq}`eq-coupling` reads any order. Ask the hybrid, `models["hybrid"]`, for its three-spin interactions with `ebm.interactions`, take the 16 strongest, and fit the pairwise model plus these triples to `samples` with `ebm.fit_convex`. What is $\varepsilon$ of the refit?
# :::

# %%
refit_error = ...
answer("5.4", refit_error)

# %% [markdown]
# :::{admonition} Solution to exercise 5.4
# :class: dropdown solution
# Nobody told the network about triples, and yet it names nearly all the strong ones. The refit is convex and has no weight decay, so it does not shrink. Where the names are right it *is* the oracle, so its error comes close to the oracle's.
# :::

# %% tags=["hide-cell", "solution"]
strongest = ebm.interactions(models["hybrid"], order=3, top=16)
named = [tuple(triple) for triple in strongest.indices.tolist()]
refit = ebm.Pairwise(np.zeros((16, 16))) + ebm.ManyBody(16, named, np.zeros(16))
ebm.fit_convex(refit, samples)
print(
    f"{len(set(named) & set(real))} of 16 names are right; hybrid {scores['hybrid']:.3f}, refit {eps(refit, truth):.3f}, oracle {scores['oracle']:.3f}"
)
assert eps(refit, truth) < scores["hybrid"]
assert answer("5.4", eps(refit, truth))

# %% [markdown]
# ## Where next
#
# - {doc}`05b_few_samples` continues the chapter: what changes with few samples, and which errors one can trust.
# - {doc}`pursuit`: how close to the oracle over many instances, how many false interactions, how honest the standard errors, at what cost.
# - {doc}`when_to_use_what`: which method for which data, with your own data in mind.
# - {doc}`appendix_reading_couplings` and {doc}`appendix_one_reconstruction`: this chapter's methods and this chapter's instance, looked at closely.
#
# ## Further reading
#
# - {cite}`feinauer2022` is the paper: the hybrid, the experiment, and the extraction of couplings by uniform sampling, at larger sizes.
# - {cite}`nguyen2017` reviews the inverse problem: how couplings are inferred from data, by which objectives, and how well.
# - {cite}`besag1975` introduced the pseudolikelihood, for plants on a field, long before it was used for couplings.
# - {cite}`odonnell2014` is the textbook on functions of spins; its first chapter is all one needs of Walsh coefficients.
# - {cite}`rao1948` has the score test, and {cite}`benjamini1995` the control of false discoveries.
