# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # One reconstruction, looked at closely
#
# {doc}`05_coupling_reconstruction` sums each model up in one number, the {term}`reconstruction error`. What is behind the number?
# This appendix takes the instance of 16 spins of that chapter, trains the same models on the same samples, and looks at the training, at every coupling, at the triples inside the network, and at the standard errors.
#
# **What you will learn**
#
# - how to see that a training was long enough, and what held-out samples protect from;
# - that predicting well and being right about pairs are two things;
# - why pursuit takes the highest scores first;
# - what a hybrid knows about triples that nobody told it about;
# - what intervals around couplings look like where a fit is biased, and where it is not.
#
# **Prerequisites**: {doc}`05_coupling_reconstruction`.
#
# **Running time**: about half a minute on one core.

# %%
import numpy as np
import torch
from IPython.display import Markdown, display
from matplotlib import pyplot as plt

import ebmtools as ebm
from ebmtools import exact, plotting

plotting.use_style()

# %% tags=["parameters"]
n_samples = 10_000
hidden = 64
activation = "gelu"
epochs = 45
weight_decays = [1.0, 0.3, 0.1]

# %% [markdown]
# ## The models
#
# The next cell is that of the chapter: pairwise model, network and hybrid, trained on the same samples; then pursuit, and the oracle, which is told the places of the triples.


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


# %%
truth = ebm.random_hamiltonian(16, order=3, gamma=0.5, beta=1.0, seed=1)
samples = exact.sample(truth, n_samples, seed=1)
every_state, p = exact.states(16), exact.probabilities(truth)
models, runs = three_models(
    samples, 1, {"network": weight_decays, "hybrid": weight_decays}
)
pairwise, pursuit = ebm.fit_pairwise(samples), ebm.fit_many_body(samples)
told = ebm.Pairwise(np.zeros((16, 16)))
told = told + ebm.ManyBody(16, truth.interactions, np.zeros(16))
models["pursuit"] = pursuit.energy
models["oracle"] = ebm.fit_convex(told, samples).energy
scores = {
    name: ebm.reconstruction_error(ebm.couplings(model), truth.couplings)
    for name, model in models.items()
}

# %% [markdown]
# ## The training, epoch by epoch
#
# A training has been long enough when the held-out curve has turned, or no longer falls.

# %% tags=["hide-input"]
held_out, training = np.split(samples, [len(samples) // 10])
optimum = ebm.objectives.pseudolikelihood(truth, held_out).item()
start = runs["hybrid"].held_out[0]
figure, axes = plt.subplots()
for name, run in runs.items():
    color = plotting.COLORS[name]
    axes.plot(run.held_out, color=color, label=f"{name}, held out")
    axes.plot(run.train, color=color, linestyle=":", label=f"{name}, training")
    axes.plot(
        run.best_epoch, run.objective, marker="o", markersize=8, color=color
    )
axes.axhline(
    start,
    color=plotting.COLORS["pairwise"],
    linestyle="--",
    label="pairwise fit",
)
axes.axhline(optimum, color="black", linewidth=1, label="the truth")
axes.set(
    xlabel="epoch",
    ylabel="$-\\log$ pseudolikelihood (nats)",
    ylim=(optimum - 0.4, start + 1.2),
)
axes.legend(ncols=2, fontsize=10, loc="upper right")
plotting.show(
    figure,
    name="fig-learning",
    caption="Learning curves. Dots mark the epochs that are kept. The horizontal lines are the pairwise fit and "
    "the true energy, on the same held-out samples. Training values are means *during* an epoch, so early ones lag behind.",
    alt=f"The hybrid starts on the dashed line of the pairwise fit, {start:.2f} nats, and its held-out curve reaches "
    f"{runs['hybrid'].objective:.2f} at epoch {runs['hybrid'].best_epoch}; the network starts far above and reaches "
    f"{runs['network'].objective:.2f}. The truth is at {optimum:.2f}. Training curves end below the held-out ones.",
)

# %% [markdown]
# The hybrid starts at the pairwise fit and turns early: from then on it learns the noise of its samples. The network needs longer, because it must find the couplings too.
#
# ## Predicting well, and being right
#
# Held-out numbers carry noise. With 16 spins there is an exact answer beside them: the pseudolikelihood under the true distribution. No model can be better there than the truth, so the *excess* over it is a fair score.


# %%
def expected(energy):
    """Negative log pseudolikelihood over all states, by p."""
    objective = ebm.objectives.pseudolikelihood
    with torch.no_grad():
        return objective(energy, every_state, p).item()


def excess(energy):
    """How far that lies above the truth, in nats a sample."""
    return expected(energy) - expected(truth)


# %% tags=["remove-input"]
rows = [
    f"| {name} | {excess(model):.3f} | {scores[name]:.3f} |"
    for name, model in models.items()
]
head = ["| model | excess (nats per sample) | error ε |", "|---|---|---|"]
display(Markdown("\n".join(head + rows)))

# %% [markdown]
# Compare the columns: a gain in one is not the same gain in the other, because a network may predict by interactions of higher orders that it has nearly right, while the pairs among them are off.

# %% tags=["hide-input"]
figure, panels = plt.subplots(
    2, 2, figsize=(5.4, 5.4), sharex=True, sharey=True
)
shown = ("pairwise", "network", "hybrid", "pursuit")
for axes, name in zip(panels.flat, shown, strict=True):
    plotting.plot_reconstruction(
        axes, truth.couplings, {name: ebm.couplings(models[name])}
    )
    axes.legend(loc="upper left")
    axes.set(xlabel="", ylabel="")
figure.supxlabel("true coupling")
figure.supylabel("reconstructed coupling")
plotting.show(
    figure,
    name="fig-scatter",
    caption="Reconstructed against true couplings, one point per pair of spins. The lines are a perfect reconstruction.",
    alt="Four panels with 120 points each around the diagonal. The scatter is widest for the pairwise model and narrowest for pursuit; the errors are "
    + ", ".join(f"{scores[name]:.2f} for {name}" for name in shown)
    + ".",
)

# %% [markdown]
# ## The matrix inside the hybrid
#
# The chapter warns against reading couplings from the matrix $J$ inside a hybrid, because the network can express couplings too. Here is what becomes of the warning in practice: each point of {numref}`fig-gauge` is one pair of spins.

# %% tags=["hide-input"]
explicit, inside = map(ebm.couplings, models["hybrid"].parts)
pairs = np.triu_indices(16, 1)
deviation = (explicit.values - truth.couplings)[pairs]
slope = np.polyfit(deviation, inside.values[pairs], 1)[0]
correlation = np.corrcoef(deviation, inside.values[pairs])[0, 1]
figure, axes = plt.subplots(figsize=(4.6, 3.4))
axes.axline((0, 0), slope=-1, color="black", linewidth=1, label="they cancel")
axes.plot(
    deviation,
    inside.values[pairs],
    linestyle="",
    marker="o",
    markersize=3.5,
    color=plotting.COLORS["hybrid"],
)
axes.set(
    xlabel="explicit $J_{ij}$ minus true coupling",
    ylabel="coupling inside the network",
)
axes.legend()
plotting.show(
    figure,
    name="fig-gauge",
    caption="What the explicit matrix gets wrong, the network partly makes up for: the two parts of a trained hybrid, one point per pair of spins.",
    alt=f"120 points around a falling line: the larger the explicit coupling is than the truth, the more negative is the coupling inside "
    f"the network. The fitted slope is {slope:.2f}, where -1 would cancel, and the correlation {correlation:.2f}.",
)

# %% [markdown]
# ## Scores before and after
#
# Pursuit judges a triple by its score {eq}`eq-score`, in standard errors. {numref}`fig-scores` shows the scores of all triples beside the pairwise fit, where pursuit starts, and beside the fit at which it ends.


# %% tags=["hide-cell"]
real = set(truth.interactions)


def triple_scores(energy):
    """z of all triples beside an energy, and whether each is real."""
    triples = np.array([*np.ndindex(16, 16, 16)])
    triples = triples[(np.diff(triples, axis=1) > 0).all(1)]
    with torch.no_grad():
        flips = energy.flip_change(samples).numpy()  # 2 s_i f_i
    slack, s = 1 - np.tanh(flips / 2), np.asarray(samples, float)
    terms = s[:, triples].prod(2) * slack[:, triples].sum(2)
    z = terms.mean(0) / (terms.std(0) / np.sqrt(len(terms)))
    return z, np.array([tuple(one) in real for one in triples.tolist()])


# %% tags=["hide-input"]
rng = np.random.default_rng(0)
figure, axes = plt.subplots(figsize=(5.2, 3.8))
spread = {}
beside = {"pairwise fit": pairwise.energy, "pursuit's fit": pursuit.energy}
for row, (name, energy) in enumerate(beside.items()):
    z, is_real = triple_scores(energy)
    spread[name] = z[~is_real].std(), int((np.abs(z[~is_real]) > 4).sum())
    for which, marker, color, at in (
        (~is_real, ".", plotting.COLORS["oracle"], 2.2 * row),
        (is_real, "D", plotting.COLORS["pursuit"], 2.2 * row + 0.9),
    ):
        height = at + rng.uniform(-0.3, 0.3, which.sum())
        axes.plot(np.abs(z[which]), height, marker, color=color, markersize=5)
    axes.text(
        0.15,
        2.2 * row + 1.38,
        f"beside the {name}".replace("the pursuit", "pursuit"),
    )
axes.axvline(4, color="black", linewidth=1, linestyle="--")
axes.set_xscale("symlog", linthresh=4, linscale=2)
axes.set_xticks([0, 1, 2, 3, 4, 10, 30], ["0", "1", "2", "3", "4", "10", "30"])
axes.set_yticks([0, 0.9, 2.2, 3.1], ["absent", "real", "absent", "real"])
axes.set(xlabel="size of the score, $|z_I|$", xlim=(0, 60), ylim=(-0.5, 3.9))
axes.minorticks_off()
plotting.show(
    figure,
    name="fig-scores",
    caption="Scores of all 560 triples in standard errors, real ones as diamonds, beside the pairwise fit (below) and beside pursuit's (above). Beyond 4, dashed, chance alone would put hardly one in ten thousand. The axis is logarithmic there.",
    alt=f"Four rows of points. Beside the pairwise fit most real triples lie far beyond 4, and so do {spread['pairwise fit'][1]} absent ones. Beside pursuit's fit all triples lie below 4 or near it, and the absent ones have a standard deviation of {spread[chr(112) + 'ursuit' + chr(39) + 's fit'][0]:.2f}.",
)

# %% tags=["remove-input"]
display(
    Markdown(
        f"Beside the pairwise fit {spread['pairwise fit'][1]} absent triples score beyond four standard errors, where chance alone would put {6.3e-5 * (560 - len(real)):.2f}. They are echoes: most share two spins with a real triple, so they explain a part of what that one would explain. In the end the echoes are gone."
    )
)

# %% [markdown]
# ## What the network knows about triples
#
# The Walsh coefficients have every order. Ask the hybrid for its three-spin interactions.

# %%
found = ebm.interactions(models["hybrid"], order=3)
real_ones = zip(truth.interactions, truth.coefficients, strict=True)
true_strength = dict(real_ones)
triples = [tuple(triple) for triple in found.indices.tolist()]
strength = np.array([true_strength.get(t, 0.0) for t in triples])
real = strength != 0
n_real = int(real.sum())
hits = int(real[:n_real].sum())
ratio = np.polyfit(strength[real], found.coefficients[real], 1)[0]

# %% tags=["hide-input"]
figure, axes = plt.subplots(figsize=(4.6, 4.0))
axes.axline((0, 0), slope=1, color="black", linewidth=1, label="perfect")
learned = found.coefficients
axes.plot(
    strength[real],
    learned[real],
    linestyle="",
    marker="D",
    color=plotting.COLORS["hybrid"],
    label="real triples",
)
absent = learned[~real]
aside = np.random.default_rng(0).uniform(-0.06, 0.06, len(absent))
axes.plot(
    aside,
    absent,
    ".",
    color=plotting.COLORS["oracle"],
    markersize=3,
    label="absent triples",
)
axes.legend()
axes.set(xlabel=r"true $\xi_I$", ylabel=r"learned $\xi_I$")
plotting.show(
    figure,
    name="fig-triples",
    caption="Three-spin interactions in the trained hybrid against the true ones: real triples, and absent ones, which are spread sideways a little to be seen.",
    alt=f"{n_real} real triples follow a line of slope {ratio:.2f}, flatter than the diagonal; the weakest are near zero. "
    f"{int((~real).sum())} absent triples pile up at true strength zero within {np.abs(learned[~real]).max():.2f} of zero.",
)

# %% tags=["remove-input"]
chance = n_real**2 / len(strength)
display(
    Markdown(
        f"Nobody told the network about triples. There are {len(strength)}, of which {n_real} are real. Of the {n_real} strongest "
        f"that it learned, {hits} are real; chance would hit {chance:.1f}. Strong triples come out at about {ratio:.2f} times "
        "their strength, weak ones not at all. So the network is not only a filter that cleans the couplings. "
        "It names the strong triples, and {ref}`exercise 5.4 <ex-5-4>` refits with those."
    )
)

# %% [markdown]
# ## What held-out samples protect from
#
# At $\gamma = 0$ the pairwise model is right, and a hybrid can only lose. What guards it is the choice of the epoch. Here the last epoch is kept instead.

# %%
losses = []
for instance in range(4):
    harmless = ebm.random_hamiltonian(16, gamma=0.0, beta=1.0, seed=instance)
    spins = exact.sample(harmless, n_samples, seed=instance)
    start = ebm.fit_pairwise(spins).energy
    before = ebm.reconstruction_error(start.couplings, harmless.couplings)
    rest = ebm.Network(16, (hidden,), activation, seed=instance)
    torch.nn.init.zeros_(rest.output)
    options = {"weight_decay": weight_decays[-1], "epochs": epochs}
    ebm.fit(start + rest, spins, validation=0, progress=False, **options)
    after = ebm.reconstruction_error(
        ebm.couplings(start + rest), harmless.couplings
    )
    losses.append(after - before)

# %% tags=["remove-input"]
error = np.std(losses, ddof=1) / 2
display(
    Markdown(
        f"Hybrid minus pairwise fit at $\\gamma = 0$, last of {epochs} epochs kept: {np.mean(losses):+.3f} ± {error:.3f} in $\\varepsilon$, over four instances."
    )
)

# %% [markdown]
# (sec-sandwich)=
# ## Intervals
#
# The pseudolikelihood is not a likelihood, so the inverse of its Hessian is not the variance of the fit. The {term}`sandwich <sandwich estimator>` holds {cite}`godambe1960`: with the score vector $u_b$ of sample $b$ and the Hessian $A$ of the objective,
#
# $$
# \mathrm{Var}(\hat\theta) \approx \frac 1 M\, A^{-1}\, \langle u_b u_b^\top \rangle\, A^{-1} .
# $$ (eq-sandwich)

# %% tags=["hide-input"]
upper = np.triu_indices(16, 1)
figure, panels = plt.subplots(
    2, 1, figsize=(4.8, 6.0), sharex=True, sharey=True
)
inside = {}
for axes, (name, fit) in zip(
    panels, {"pairwise": pairwise, "pursuit": pursuit}.items(), strict=True
):
    estimate, bar = fit.couplings[upper], fit.couplings_error[upper]
    true = truth.couplings[upper]
    inside[name] = int((np.abs(estimate - true) < 1.96 * bar).sum())
    axes.axhline(0, color="black", linewidth=1)
    axes.errorbar(
        true,
        estimate - true,
        yerr=1.96 * bar,
        linestyle="",
        marker=plotting.MARKERS[name],
        markersize=3.5,
        elinewidth=1,
        color=plotting.COLORS[name],
        label=name,
    )
    axes.set(ylabel="estimate - truth")
    axes.legend(loc="upper left")
panels[-1].set_xlabel("true coupling")
plotting.show(
    figure,
    name="fig-intervals",
    caption="Estimated minus true coupling for every pair, with 95 % intervals. Above the pairwise fit, below pursuit.",
    alt=f"Two panels of 120 points with error bars around a line at zero. In the upper one, the pairwise fit, the points scatter far wider than their bars: "
    f"{inside['pairwise']} of 120 bars reach the line. In the lower one, pursuit, {inside['pursuit']} of 120 do.",
)

# %% tags=["remove-input"]
display(
    Markdown(
        f"Of 120 intervals of 95 %, {inside['pursuit']} of the pursuit's hold the true coupling; 114 are expected, give or take 2 to 3. "
        f"Of the pairwise fit's only {inside['pairwise']} do. Its errors are right about chance. They know nothing of bias: they tell how far the fit is from what it "
        "would find in endless data, and that is not the truth here."
    )
)

# %% [markdown]
# The coefficients of the interactions have errors, too, and one trap more. An interaction is in the model because its estimate is large, and chance helps some estimates to be large. So those just above the threshold are too large on average. The intervals of `coefficients_interval` allow for this.
#
# ## Summary
#
# - Held-out curves say when a training is long enough, and when it has gone on for too long.
# - Predicting well and reconstructing well are related, and not the same.
# - A hybrid names the strong triples, at less than their strength.
# - The sandwich gives intervals that cover where the model is right. Where it is biased they are right about chance alone.
#
# ## Further reading
#
# - {cite}`godambe1960` has the sandwich; {cite}`rao1948` has the score test on which pursuit rests.
# - {cite}`feinauer2022` has the experiment.
