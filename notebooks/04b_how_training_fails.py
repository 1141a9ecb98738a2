# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # How training fails
#
# A hybrid that is trained well beats both of its parts ({doc}`04_hybrid_training`). Trained badly it is worse than the pairwise fit from which it starts, and its training score looks splendid all the while. **How would you know?**
#
# **What you will learn**
#
# - what overfitting looks like, beside an exact score;
# - what weight decay does, and how to choose it;
# - what such training costs, and a recipe.
#
# **Prerequisites**: {doc}`04_hybrid_training`.
#
# **Running time**: less than a minute on one core.

# %%
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
truth_seed = 11  # the recipe was searched on another
n_spins = 16
order = 3
gamma = 0.5  # strength of the interactions of three spins
beta = 1.0
few = 1000  # samples
hidden = 64
activation = "gelu"
decays = [0.0, 0.1, 0.3, 1.0, 3.0]
n_repeats = 8  # data sets behind each error

# %% [markdown]
# ```{figure} ../book/_static/drawings/two-curves.svg
# :name: fig-draw-two-curves
# :alt: Two curves against the epoch. The one of the training samples falls all the way, below a line that is called the truth. The one of held-out samples falls, turns at a dashed line called stop here, and rises.
#
# The shape to know: the training score falls for ever, and says nothing. Held-out samples see the point at which learning turns into memorising.
# ```

# %% [markdown]
# The truth and the functions are those of the first half of the chapter; the next cells hold them, folded.

# %% tags=["hide-cell"]
truth = ebm.random_hamiltonian(
    n_spins, order, gamma=gamma, beta=beta, seed=truth_seed
)
spins = exact.sample(truth, 4000, seed=seed)

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


def untrained(data, seed=0, width=hidden):
    """A pairwise fit, plus a network that is still silent."""
    network = ebm.Network(data.shape[1], (width,), activation, seed=seed)
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


how = {"learning_rate": 0.02, "weight_decay": [0.3, 1.0], "epochs": 15}
how["progress"] = False

# %% [markdown]
# ## Overfitting
#
# Take few samples, no {term}`weight decay`, and train for longer, as a naive user would, with the loop of a dozen lines ({numref}`fig-hybrid-overfit`).
#
# :::{admonition} Predict, then run: two curves
# :class: predict
# The score on the training samples will fall from epoch to epoch. What will the score on held-out samples do?
# :::

# %%
sets = [
    split(exact.sample(truth, few, seed=seed + k))
    for k in range(1, n_repeats + 1)
]


data, held_out = sets[0]
greedy = untrained(data, seed)


def look():
    """On the training and held-out samples, and exactly."""
    return (
        score(greedy, data),
        score(greedy, held_out),
        true_score(greedy, truth),
    )


curves = [look(), *(look() for _ in train(greedy, data, epochs=30))]
lowest = true_score(truth, truth)
on_training, on_held_out, exactly = np.array(curves).T
exactly -= lowest

# %% tags=["hide-input"]
floor = score(truth, data)
fair = score(truth, held_out)
chosen = int(on_held_out.argmin())
figure, axes = plt.subplots(figsize=(5.2, 3.8))
axes.plot(on_training - floor, ":", color=COLORS["hybrid"], label="training")
axes.plot(on_held_out - fair, color=COLORS["hybrid"], label="held out")
axes.plot(exactly, "o", color="black", markersize=4, label="exact")
axes.axhline(0, color="black", linewidth=1, label="the truth")
axes.axvline(chosen, color=COLORS["oracle"], linestyle="--", linewidth=1.2)
axes.set(xlabel="epoch", ylabel="nats above the truth")
axes.legend(ncols=2, fontsize=10, loc="lower center", bbox_to_anchor=(0.5, 1))
plotting.show(
    figure,
    name="fig-hybrid-overfit",
    caption=f"Overfitting: a hybrid without weight decay on {few:,} samples. Each curve is what the model has above the truth, on the training samples, on the held-out ones, and exactly. The dashed line marks the epoch that the held-out samples choose.",
    alt=f"The training curve falls from {on_training[0] - floor:.2f} to {on_training[-1] - floor:.2f} nats, below the line of the truth. The exact excess falls from {exactly[0]:.2f} to {exactly.min():.2f} at epoch {int(exactly.argmin())} and rises to {exactly[-1]:.2f}; the held-out curve has the same shape.",
)

# %% tags=["remove-input"]
display(
    Markdown(
        f"On the training samples the model ends {floor - on_training[-1]:.2f} nats *below* the truth. Nothing beats the truth by more than chance, except by learning noise. "
        f"The exact excess shows it: {exactly.min():.2f} at its best, but {exactly[-1]:.2f} at the end, where the pairwise model from which we started had {exactly[0]:.2f}."
    )
)

# %% tags=["hide-cell", "checks", "nbval-check-output"]
print("training ends below the truth:", on_training[-1] < floor)
print("the exact score rises again:  ", exactly[-1] > 1.2 * exactly.min())
print("held out rises again:         ", on_held_out[-1] > on_held_out.min())

# %% [markdown]
# The training score alone would have told us that all is well, whereas the held-out score warned us in time. So there are two cures: stop early, or make the network stiffer.
#
# ## Weight decay
#
# A network whose weights are small is a gentle function: its energy cannot jump between states. With too much decay it cannot learn the triples either, so between the two we expect an optimum ({numref}`fig-hybrid-decay`).
#
# :::{admonition} Predict, then run: too much of a good thing
# :class: predict
# Which loses more: ten times too little decay, or ten times too much?
# :::

# %%
sweep = np.empty((len(decays), n_repeats))  # exact excess
seen = np.empty_like(sweep)  # what the held-out samples say
for row, decay in enumerate(decays):
    for k, (data, held_out) in enumerate(sets):
        model = untrained(data, seed + k)
        fit = ebm.fit(
            model,
            data,
            validation=held_out,
            batch_size=50,
            **how | {"weight_decay": decay, "epochs": 20},
        )
        sweep[row, k] = true_score(model, truth) - lowest
        seen[row, k] = fit.objective
start = [true_score(untrained(data), truth) - lowest for data, _ in sets]

# %% tags=["hide-input"]
figure, axes = plt.subplots(figsize=(5.2, 3.4))
place = np.arange(len(decays))
axes.errorbar(
    place,
    *mean_and_error(sweep),
    color=COLORS["hybrid"],
    marker=MARKERS["hybrid"],
    label="hybrid, held-out choice of the epoch",
    capsize=3,
)
base = np.mean(start)
axes.axhline(
    base,
    color=COLORS["pairwise"],
    linestyle="--",
    linewidth=1.2,
    label="pairwise",
)
axes.set_xticks(place, [f"{d:g}" for d in decays])
axes.set(xlabel="weight decay", ylabel="exact excess (nats)", ylim=(0, None))
axes.legend(fontsize=10)
m_kept = sweep.mean(-1)
best = int(m_kept.argmin())
plotting.show(
    figure,
    name="fig-hybrid-decay",
    caption=f"Exact excess against weight decay, {few:,} samples: mean and standard error over {n_repeats} data sets. The dashed line is the pairwise fit.",
    alt=f"A valley: {m_kept[0]:.2f} without decay, {m_kept.min():.2f} at decay {decays[best]:g}, {m_kept[-1]:.2f} at {decays[-1]:g}. Pairwise: {base:.2f}.",
)

# %% tags=["remove-input"]
stiff = mean_and_error(sweep[0] - sweep[best])
chosen = sweep[seen.argmin(0), np.arange(n_repeats)]
regret = mean_and_error(chosen - sweep.min(0))
display(
    Markdown(
        f"Decay {decays[best]:g}, the best in hindsight, gains {stiff[0]:.2f} ± {stiff[1]:.2f} nats over none, where the epoch is already chosen on held-out samples. "
        f"If each data set chooses its decay by its own held-out samples, it loses {regret[0]:.3f} ± {regret[1]:.3f} against the best choice. "
        f"At {decays[-1]:g} the excess is {m_kept[-1]:.2f}, and the pairwise fit has {base:.2f}: a decay that strong holds the network at nothing."
    )
)

# %% tags=["hide-cell", "checks", "nbval-check-output"]
print(
    "the best decay is neither the first nor the last:",
    0 < best < len(decays) - 1,
)
print("the strongest decay is far too strong:", m_kept[-1] > 1.3 * m_kept.min())

# %% [markdown]
# Decay trades noise for bias. The noise falls with the number of samples and the bias does not, so the best decay falls as $M$ grows. The package's default is $10^4/M$, at most 3. It is a start, not an answer: give `ebm.fit` several values.
#
# How good is a held-out choice of the {term}`epoch`, how wide is the valley of learning rates, what do width and activation matter, and how much is luck? {doc}`appendix_sweeps` has a section on each.
#
# ## What it costs
#
# Three things are said of such training: it is expensive, it is sensitive to its settings, and it overfits {cite}`feinauer2022`. Here are our own measurements.

# %% tags=["remove-input"]
n = 41  # pixels of MNIST in the chapter
units = 128
forward = 2 * n * units + 3 * units - 1
pairs = 2 * n**2
lines = [
    "| statement | measured here |",
    "|---|---|",
    f"| expensive | the flip changes of MNIST's network take {(forward + 5 * n * units) / pairs:.0f} times the operations of the pairwise ones; in the naive way {2 * n * forward / pairs:.0f} times |",
    f"| sensitive | over the weight decays the excess goes from {m_kept.min():.2f} to {m_kept.max():.2f} nats |",
    f"| overfits | with {few:,} samples, unguarded: training ends {floor - on_training[-1]:.2f} nats below the truth, and the exact excess at {exactly[-1]:.2f} instead of {exactly.min():.2f} |",
]
display(Markdown("\n".join(lines)))

# %% [markdown]
# All three are true here. The pairwise fit has none of these troubles, because it is convex, with one optimum, and no setting but a penalty.
#
# :::{admonition} A standard recipe
# :class: tip
#
# 1. **Split first.** Training, held-out, and test samples. Everything that is fitted sees the training part only, the pairwise start too.
# 2. **Fit the pairwise model**, convex, with a penalty if the data are few. It is the score to beat.
# 3. **Start the hybrid there**: the fitted pairwise part, plus one hidden layer with output weights zero.
# 4. **Learning rate** next, over decades. Choose by held-out score; let it fall to zero during training.
# 5. **Weight decay** on the network only, over half-decades. Choose by held-out pseudolikelihood.
# 6. **Epochs**: train until the held-out curve turns, keep its minimum. If it never turns, train for longer or decay less.
# 7. **Width and activation** last. They matter less.
# 8. **Repeat** with other seeds and splits. Report test scores, as paired differences to the pairwise fit, with errors.
# 9. If the hybrid does not win, keep the pairwise model. That is a result.
# :::

# %% [markdown]
# ## Cheat sheet
#
# | what | how | code |
# |---|---|---|
# | a start that may win | fitted without the held-out samples | `ebm.fit_pairwise(training)` |
# | the epoch | lowest on held-out samples | `fit.best_epoch` |
# | several decays, the best kept | held-out objective | `ebm.fit(..., weight_decay=[1, 0.3, 0.1])` |
# | did it diverge? | a warning, and a flag | `fit.diverged` |
#
# ## Summary
#
# - The training score falls in any case. Only samples that took no part in it can tell learning from memorising.
# - Weight decay has an optimum, and held-out samples find it nearly as well as the exact score would.
# - Compare with the pairwise fit, always: where there is nothing to win, a good recipe loses little, and a bad one much.
#
# What the hybrid says about the *couplings* is a question of its own: {doc}`05_coupling_reconstruction`.

# %% [markdown]
# ## Exercises

# %% [markdown]
# :::{admonition} Exercise 4.4: zeros that learn and zeros that do not
# :class: exercise
# *thinking, then a check; medium, 10 minutes*
#
# The hybrid's network starts with $v = 0$. Which of its gradients vanish at the first step? Why does it learn all the same? And what if $W$ and $b$ also start at zero?
#
# Name the parameter that moves at the first step: "W", "b" or "v".
# :::

# %%
from exercises import answer

moves_first = ...
answer("4.4", moves_first)

# %% [markdown]
# :::{admonition} Solution to exercise 4.4
# :class: dropdown solution
# $\Delta_i$ is linear in $v$. So at $v = 0$ its derivatives by $W$ and $b$, which carry a factor $v$, vanish. That by $v$ does not: the first step moves $v$, and from the second on all parameters move.
# If $W = 0$ as well, a flip shifts no pre-activation, so the derivative by $v$ vanishes too. Then nothing in the network ever moves; only the pairwise part can learn. The random $W$ avoids this, and it breaks the symmetry between units.
# :::

# %% tags=["hide-cell", "solution"]
quiet = ebm.Network(n_spins, (8,), "gelu", seed=0)
torch.nn.init.zeros_(quiet.output)
for dead in (False, True):
    if dead:
        torch.nn.init.zeros_(quiet.linear_layers[0].weight)
        torch.nn.init.zeros_(quiet.linear_layers[0].bias)
    loss = ebm.objectives.pseudolikelihood(quiet, spins[:500])
    names, values = zip(*quiet.named_parameters(), strict=True)
    slopes = torch.autograd.grad(loss, values)
    moving = {
        name: bool(slope.abs().max() > 0)
        for name, slope in zip(names, slopes, strict=True)
    }
    print("W = 0:" if dead else "v = 0:", moving)
    assert moving["output"] is not dead
    assert not moving["layers.0.weight"]
    assert not moving["layers.0.bias"]
quiet = ebm.Network(n_spins, (8,), "gelu", seed=0)
torch.nn.init.zeros_(quiet.output)
ebm.objectives.pseudolikelihood(quiet, spins[:500]).backward()
assert answer("4.4", "v" if quiet.output.grad.abs().max() > 0 else "W")

# %% [markdown]
# (ex-4-5)=

# %% [markdown]
# :::{admonition} Exercise 4.5: the leak
# :class: exercise
# *experiment; hard, 30 minutes*
#
# Fit the pairwise start once to the training part, as above, and once to *all* samples, the held-out ones included. By how much does the held-out score of epoch zero differ? Is the second start better under the true distribution by the same amount? Train a hybrid from each start. What does the difference do to the gain that the held-out samples report for the training?
#
# Does the leak make the gain that held-out samples report for the training "larger" or "smaller"?
# :::

# %%
reported_gain_becomes = ...
answer("4.5", reported_gain_becomes)

# %% [markdown]
# :::{admonition} Solution to exercise 4.5
# :class: dropdown solution
# The leaking start looks better on the held-out samples than it is. Part of the gain is real, because it saw more samples; the exact score shows how much. The rest is a lie, of the order of the number of parameters over the number of samples.
# Training begins too low on the held-out curve, and then forgets the held-out samples. So the reported gain of the training is too small by about the part of the lie that is forgotten. Where the true gain is smaller than the lie, epoch zero wins, and the network looks useless.
# :::

# %% tags=["hide-cell", "solution"]
looks, real = [], []
for data, held_out in sets:
    clean = ebm.fit_pairwise(data).energy
    leaking = ebm.fit_pairwise(np.concatenate([data, held_out])).energy
    looks.append(score(clean, held_out) - score(leaking, held_out))
    real.append(true_score(clean, truth) - true_score(leaking, truth))
lie, lie_error = mean_and_error(np.array(looks) - real)
print(
    f"looks better by {np.mean(looks):.3f} nats, is better by {np.mean(real):.3f}"
)
print(f"the lie: {lie:.3f} ± {lie_error:.3f} nats")
assert min(looks) > 0
assert lie > 2 * lie_error

reported = np.empty((2, len(sets)))
for k, (data, held_out) in enumerate(sets):
    for row, known in enumerate((data, np.concatenate([data, held_out]))):
        model = untrained(known, k)
        fit = ebm.fit(model, data, validation=held_out, batch_size=50, **how)
        reported[row, k] = fit.held_out[0] - fit.objective
less, less_error = mean_and_error(reported[0] - reported[1])
print(f"reported gain of training: {reported[0].mean():.3f} nats,")
print(f"after the leak {less:.3f} ± {less_error:.3f} less")
assert less > 0
assert answer("4.5", "smaller" if less > 0 else "larger")

# %% [markdown]
# ## Where next
#
# - {doc}`appendix_sweeps` has the learning rate, the width, the activation and luck.
# - {doc}`05_coupling_reconstruction` asks what the hybrid says about the couplings.
#
# ## Further reading
#
# - {cite}`kingma2015` is Adam; {cite}`loshchilov2019` takes weight decay out of the gradient, as here.
# - {cite}`feinauer2022` says what is hard about training hybrids.
