# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Sweeps of training
#
# {doc}`04b_how_training_fails` ends with a recipe. This appendix has the measurements behind it: learning curves of the three models, the worth of a held-out choice, the valley of learning rates, and what width, activation and luck matter.
#
# **What you will learn**
#
# - where the curves of the three models end, and why;
# - what the choice of an epoch by a few held-out samples costs;
# - which failures of training are loud, and which are silent;
# - how to read a table of settings.
#
# **Prerequisites**: {doc}`04_hybrid_training` and {doc}`04b_how_training_fails`, whose truth and whose functions are used here.
#
# **Running time**: less than a minute on one core.

# %%
import warnings

import matplotlib.pyplot as plt
import numpy as np
import torch
from IPython.display import Markdown, display

import ebmtools as ebm
from ebmtools import exact, plotting

plotting.use_style()
COLORS, MARKERS = plotting.COLORS, plotting.MARKERS

# %% tags=["parameters"]
seed = 1
truth_seed = 11
n_spins = 16
order = 3
gamma = 0.5  # strength of the interactions of three spins
beta = 1.0
few, many = 1000, 4000  # samples
hidden = 64
activation = "gelu"
rates = [1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0, 1000.0]
widths = [4, 16, 64]
n_repeats = 4  # data sets behind each error

# %% [markdown]
# ## The instance and the functions
#
# The truth is that of the chapter, and so are the functions: the loop of a dozen lines, the split, the start, and the exact score under the true distribution.

# %%
truth = ebm.random_hamiltonian(
    n_spins, order, gamma=gamma, beta=beta, seed=truth_seed
)
spins = exact.sample(truth, many, seed=seed)

# %% tags=["hide-cell"]
objective = ebm.objectives.pseudolikelihood  # of a batch


def train(hybrid, data, epochs, rate=0.02, decay=0.0, size=50):
    """Train in place; pause after each epoch."""
    pairwise, network = (part.parameters() for part in hybrid.parts)
    trusted = {"params": pairwise, "weight_decay": 0.0}
    decaying = {"params": network, "weight_decay": decay}
    optimizer = torch.optim.AdamW([trusted, decaying], lr=rate)
    random = torch.Generator().manual_seed(seed)
    data = torch.tensor(data)
    for epoch in range(1, epochs + 1):
        order = torch.randperm(len(data), generator=random)
        for rows in order.split(size):
            optimizer.zero_grad()
            objective(hybrid, data[rows]).backward()
            optimizer.step()
        yield epoch


# %% tags=["hide-cell"]
def split(spins, share=0.2, seed=0):
    """Training and held-out samples."""
    rows = np.random.default_rng(seed).permutation(len(spins))
    cut = round(share * len(spins))
    return spins[rows[cut:]], spins[rows[:cut]]


def untrained(data, seed=0, width=hidden, phi=activation):
    """A pairwise fit, plus a network that is still silent."""
    network = ebm.Network(data.shape[1], (width,), phi, seed=seed)
    torch.nn.init.zeros_(network.output)
    return ebm.fit_pairwise(data).energy + network


# %% tags=["hide-cell"]
every_state = exact.states(n_spins)


def true_score(model, truth):
    """As if on infinitely many samples of the truth."""
    p = exact.probabilities(truth)
    with torch.no_grad():
        return objective(model, every_state, p).item()


def mean_and_error(values):
    """Mean and standard error over the last axis."""
    values = np.asarray(values)
    n = values.shape[-1]
    return values.mean(-1), values.std(-1, ddof=1) / np.sqrt(n)


def score(energy, spins):
    with torch.no_grad():
        return objective(energy, spins).item()


lowest = true_score(truth, truth)


def excess(model):
    """Exact nats above the truth."""
    return true_score(model, truth) - lowest


how = {"learning_rate": 0.02, "progress": False}

# %% [markdown]
# ## Learning curves
#
# Three models, the same data. To see the pairwise model *learn*, we start its curve at $h = J = 0$. The hybrid starts where that curve ends ({numref}`fig-hybrid-curves`).

# %%
data, held_out = split(spins)
models = {
    "pairwise": ebm.Pairwise(np.zeros((n_spins, n_spins))),
    "network": ebm.Network(n_spins, (hidden,), activation, seed=seed),
    "hybrid": untrained(data, seed),
}
logs = {
    name: ebm.fit(
        model,
        data,
        validation=held_out,
        epochs=20,
        batch_size=100,
        weight_decay=0.3,
        **how,
    )
    for name, model in models.items()
}
final = {name: excess(model) for name, model in models.items()}
convex = ebm.fit_pairwise(data).energy

# %% tags=["hide-input"]
figure, axes = plt.subplots(figsize=(5.2, 4.6))
for name, log in logs.items():
    axes.plot(log.held_out, color=COLORS[name], label=f"{name}, held out")
    axes.plot(log.train, color=COLORS[name], linestyle=":", label="training")
    axes.plot(log.best_epoch, log.objective, MARKERS[name], color=COLORS[name])
floor = score(truth, held_out)
axes.axhline(floor, color="black", linewidth=1, label="the truth, held out")
axes.set(
    xlabel="epoch",
    ylabel="−log pseudolikelihood (nats)",
    ylim=(floor - 0.5, logs["hybrid"].held_out[0] + 1.0),
    xticks=range(0, 21, 5),
)
axes.legend(ncols=2, fontsize=10, loc="lower center", bbox_to_anchor=(0.5, 1))
ends = {name: log.objective for name, log in logs.items()}
plotting.show(
    figure,
    name="fig-hybrid-curves",
    caption="Learning curves on the same data. Solid: held-out samples; dotted: training samples; marks: the epoch that is kept. The black line is what the true energy scores on the held-out samples.",
    alt=f"Three pairs of falling curves above a black line at {floor:.2f} nats. Best held-out values: "
    + ", ".join(f"{name} {value:.2f}" for name, value in ends.items())
    + ". The pairwise curve is flat after a few epochs; the hybrid starts there and falls further.",
)

# %% tags=["remove-input"]
rows = ["| model | held out | excess, exact |", "|---|---:|---:|"]
for name in models:
    gap = ends[name] - floor
    rows.append(f"| {name} | {gap:.2f} | {final[name]:.3f} |")
display(
    Markdown(
        "Nats above the truth, on the held-out samples and exactly:\n\n"
        + "\n".join(rows)
    )
)
display(
    Markdown(
        f"The pairwise loop ends at an excess of {final['pairwise']:.3f}; the convex fit has {excess(convex):.3f}. The loop finds the same optimum, up to small steps. The distance to the floor is not a failure to train. It is the *bias* of a model that has no triples. "
        f"The network has hardly any such bias, but it has to learn pairs and triples from nothing. The hybrid removes {100 * (1 - final['hybrid'] / final['pairwise']):.0f} % of the pairwise excess."
    )
)

# %% [markdown]
# ## How good is the held-out choice?
#
# Held-out samples are few, so their choice of the epoch is noisy. How much does it cost? We train without decay, where the choice matters most, and follow the exact score, too ({numref}`fig-hybrid-epoch`).

# %%
sets = [
    split(exact.sample(truth, few, seed=seed + k))
    for k in range(1, n_repeats + 1)
]
choices = []
for k, (data, held_out) in enumerate(sets):
    model = untrained(data, seed + k)
    curve = [(score(model, held_out), excess(model))]
    for _ in train(model, data, epochs=20):
        curve.append((score(model, held_out), excess(model)))
    seen, exactly = np.array(curve).T
    chosen = int(seen.argmin())
    choices.append(
        [chosen, exactly[chosen], exactly.min(), exactly[-1], exactly[0]]
    )
choices = np.array(choices)

# %% tags=["hide-input"]
figure, axes = plt.subplots(figsize=(5.2, 3.2))
for k, (_, kept, best, last, _) in enumerate(choices):
    axes.plot([best, last], [k, k], color="#bbbbbb", linewidth=1, zorder=0)
    for value, color, marker, label in (
        (last, "model", "^", "last epoch"),
        (kept, "hybrid", "o", "held-out choice"),
        (best, "exact", "D", "exact best"),
    ):
        axes.plot(
            value,
            k,
            marker,
            color=COLORS[color],
            markersize=8 if marker == "o" else 5,
            label=label if k == 0 else None,
        )
axes.set(
    xlabel="exact excess (nats)",
    ylabel="data set",
    ylim=(-0.6, len(choices) + 0.4),
)
axes.set_yticks(range(len(choices)), [str(k + 1) for k in range(len(choices))])
axes.legend(ncols=2, fontsize=10, loc="upper center")
lost, possible = (
    mean_and_error(choices[:, 1] - choices[:, 2]),
    mean_and_error(choices[:, 3] - choices[:, 2]),
)
plotting.show(
    figure,
    name="fig-hybrid-epoch",
    caption="Training without decay on several data sets, one row each: the exact excess at the last epoch, at the epoch that the held-out samples chose, and the best of those looked at.",
    alt=f"{len(choices)} rows. The held-out choice lies near the exact best, the last epoch to the right of it. Mean distance to the best {lost[0]:.3f} nats; of the last epoch {possible[0]:.2f}.",
)

# %% tags=["remove-input"]
display(
    Markdown(
        f"The held-out choice is {lost[0]:.3f} ± {lost[1]:.3f} nats worse than the exact best, out of the {possible[0]:.2f} ± {possible[1]:.2f} that the last epoch loses. The pairwise fits, where training began, have {choices[:, 4].mean():.2f}. "
        f"The choices are epochs {', '.join(f'{e:.0f}' for e in choices[:, 0])}."
    )
)

# %% [markdown]
# Here a few hundred held-out samples are enough to choose an epoch. They should *not* report how good it is: the smallest of many noisy numbers is too small. Report a score on samples that chose nothing.

# %% [markdown]
# ## The learning rate
#
# Adam's steps have about the length of the learning rate. Too short, and training does not arrive. Too long, and it jumps around, or explodes.
# For this sweep we use `ebm.fit`, which watches for divergence and says so. There is no weight decay and no choice of the epoch here, so that nothing covers up for a bad rate; the data are the larger set.

# %%
data, held_out = split(spins)
outcome, messages = [], []
for rate in rates:
    model = untrained(data, seed)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fit = ebm.fit(
            model,
            data,
            weight_decay=0,
            epochs=10,
            batch_size=100,
            learning_rate=rate,
            validation=0,
            progress=False,
        )
    outcome.append((excess(model), fit.diverged, fit.train[-1]))
    messages += [str(w.message) for w in caught]
at_start = excess(convex)

# %% tags=["remove-input"]
display(
    Markdown(
        f"Of the {len(rates)} rates {sum(d for _, d, _ in outcome)} diverged, and each time a warning said so. The first: *{messages[0]}*"
    )
)

# %% tags=["hide-input"]
excesses = np.array([e for e, _, _ in outcome])
bad = np.array([d for _, d, _ in outcome])
top = 3 * max(excesses[~bad].max(), at_start)
figure, axes = plt.subplots()
axes.loglog(
    np.array(rates)[~bad],
    excesses[~bad],
    "o-",
    color=COLORS["hybrid"],
    label="last epoch, exact",
)
axes.semilogx(
    np.array(rates)[bad],
    np.full(bad.sum(), top),
    "X",
    color=COLORS["model"],
    markersize=9,
    label="diverged",
)
axes.axhline(
    at_start,
    color=COLORS["pairwise"],
    linewidth=1.2,
    label="pairwise: the start",
)
axes.set(xlabel="learning rate", ylabel="excess (nats)")
ticks = [0.1, 0.3, 1, 3, 10, 30, 100]
axes.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
axes.set_ylim(0.6 * excesses[~bad].min(), 1.6 * top)
axes.minorticks_off()
axes.legend(fontsize=10, loc="upper left")
plotting.show(
    figure,
    name="fig-hybrid-rate",
    caption="Exact excess after training against the learning rate, everything else the same, last epoch. Both axes are logarithmic. A cross at the top: diverged.",
    alt="A valley. Excess by learning rate: "
    + ", ".join(
        f"{r:g}: {'diverged' if b else f'{e:.2f}'}"
        for r, (e, b, _) in zip(rates, outcome, strict=True)
    )
    + f". The start has {at_start:.2f}.",
)

# %% tags=["remove-input"]
quiet_failures = [
    f"at a rate of {rate:g} training went from {score(convex, data):.2f} to {end:.2f} nats, with an excess of {e:.2f}"
    for rate, (e, warned, end) in zip(rates, outcome, strict=True)
    if not warned and e > at_start + 1
]
if quiet_failures:
    coins = n_spins * np.log(2)
    display(
        Markdown(
            f"Not every failure is announced: {'; '.join(quiet_failures)}, and no warning. `ebm.fit` speaks up only if training ends worse than it began *and* worse than fair coins ({coins:.2f} nats). Always compare with the start."
        )
    )

# %% tags=["hide-cell", "checks", "nbval-check-output"]
short = excesses[0] > 0.8 * at_start
halved = excesses[1:4].min() < 0.6 * at_start
print("the smallest rate has not arrived:     ", bool(short))
print("a rate in the middle halves the excess:", halved)
print("the largest rate diverged:             ", bool(bad[-1]))

# %% [markdown]
# Search the rate over decades, on a log scale. In {numref}`fig-hybrid-rate` the valley is wide, but outside it all is lost. A divergence is loud. A rate that is too small is silent: the curve falls smoothly, and looks as if it were done.

# %% [markdown]
# ## Width, activation, and luck
#
# The same for the network's size and its activation $\phi$. We also ask how much the result depends on chance: the network's random start, and the data set.

# %%
settings = {"epochs": 20, "batch_size": 50, "weight_decay": 0.3} | how
activations = ["relu", "tanh", "gelu"]
table = np.empty((len(activations), len(widths)))
data, held_out = sets[0]
for row, phi in enumerate(activations):
    for column, width in enumerate(widths):
        model = untrained(data, seed, width, phi)
        ebm.fit(model, data, validation=held_out, **settings)
        table[row, column] = excess(model)

# %%
by_start, by_data = [], []
for k in range(5):
    model = untrained(data, seed + 10 + k)
    ebm.fit(model, data, validation=held_out, seed=k, **settings)
    by_start.append(excess(model))
for k, (other, unseen) in enumerate(sets):
    model = untrained(other, seed + k)
    ebm.fit(model, other, validation=unseen, **settings)
    by_data.append(excess(model))
by_start, by_data = np.array(by_start), np.array(by_data)

# %% tags=["remove-input"]
rows = [
    "| φ | " + " | ".join(f"H = {w}" for w in widths) + " |",
    "|---|" + "---:|" * len(widths),
]
for phi, line in zip(activations, table, strict=True):
    rows.append(f"| {phi} | " + " | ".join(f"{x:.2f}" for x in line) + " |")
display(
    Markdown(
        f"Exact excess of hybrids with {few} samples, one run each; the pairwise fit has {excess(ebm.fit_pairwise(data).energy):.2f}:\n\n"
        + "\n".join(rows)
    )
)
m, e = by_start.mean(), by_start.std(ddof=1)
e_err = e / np.sqrt(2 * (len(by_start) - 1))
d, d_err = (
    by_data.std(ddof=1),
    by_data.std(ddof=1) / np.sqrt(2 * (len(by_data) - 1)),
)
display(
    Markdown(
        f"Same data, {len(by_start)} random starts: excess {m:.3f}, with a scatter of {e:.3f} ± {e_err:.3f}. Different data sets of the same truth: scatter {d:.3f} ± {d_err:.3f}. Each number of the table carries at least the first of the two."
    )
)

# %% [markdown]
# So read a table like this with care. Differences smaller than the scatter say nothing, and one run for each setting cannot tell luck from merit. Averages over rows or columns are safer.

# %% tags=["hide-input"]
by_width, by_phi = table.mean(0), table.mean(1)
spans = {
    "learning rate\n(up to 1)": np.ptp(excesses[np.array(rates) <= 1]),
    "width": np.ptp(by_width),
    "activation": np.ptp(by_phi),
    "data set": np.ptp(by_data),
    "random start": np.ptp(by_start),
}
figure, axes = plt.subplots(figsize=(5.2, 2.8))
axes.barh(list(spans), list(spans.values()), color=COLORS["hybrid"])
axes.invert_yaxis()
axes.set(xlabel="excess, worst minus best (nats)")
axes.grid(False, axis="y")
plotting.show(
    figure,
    name="fig-hybrid-spans",
    caption="How far the exact excess goes, from the best to the worst value of each setting, and of each source of chance.",
    alt="Five bars. "
    + ", ".join(
        name.replace("\n", " ") + f" {value:.2f}"
        for name, value in spans.items()
    )
    + " nats.",
)

# %% [markdown]
# Very few units are too few for as many triples as there are spins. That is a limit of the model, not of the data.

# %% [markdown]
# ## Summary
#
# - A curve that is flat has arrived, or its steps are too small. Only a longer run, or a larger rate, tells which.
# - A few hundred held-out samples choose an epoch nearly as well as the exact score would. Report scores on samples that chose nothing.
# - The learning rate matters most; width and activation matter less; and differences below the scatter of starts and data sets say nothing.
#
# ## References
#
# Adam: {cite}`kingma2015`. Weight decay apart from the gradient: {cite}`loshchilov2019`. The hybrid, and its sensitivity to settings: {cite}`feinauer2022`.
