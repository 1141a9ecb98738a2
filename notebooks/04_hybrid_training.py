# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 4. Hybrid training
#
# A pairwise model can be read, but it can only say what pairs say. A neural network can say anything, but it cannot be read.
# This chapter adds the two energies, and trains the sum.
# The training is short to write down and easy to get wrong. So most of the chapter is about what can go wrong, and how one sees it.
#
# **What you will learn**
#
# - what a hybrid energy is, and which data need one;
# - pseudolikelihood for any energy: two evaluations a site, and the trick that makes it cheap;
# - a training loop of a dozen lines, and its check against finite differences;
# - learning curves, overfitting, weight decay, the choice of the epoch, the learning rate, the width: each measured beside an exact score;
# - when the hybrid beats the pairwise model and the network alone, on generated data and on handwritten digits.
#
# **Prerequisites**: {doc}`03_pairwise_models`, in particular its pseudolikelihood and its digits. Symbols are in {doc}`../book/notation`.
#
# **Running time**: less than a minute on one core.

# %%
import math
import warnings
from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import torch
from IPython.display import Markdown, display
from torch.nn.functional import softplus

import ebmtools as ebm
from ebmtools import exact, plotting

plotting.use_style()
COLORS, MARKERS = plotting.COLORS, plotting.MARKERS

# %% [markdown]
# The next cell holds the settings. They are ours, chosen to run fast.

# %% tags=["parameters"]
seed = 1
n_spins = 16
order = 3
gamma = 0.5  # strength of the interactions of three spins
beta = 1.0
few, many = 1000, 4000  # samples
hidden = 64
activation = "gelu"
decays = [0.0, 0.03, 0.1, 0.3, 1.0, 3.0]
rates = [1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0]
widths = [8, 32, 128]
n_repeats = 4  # data sets, starts or instances behind each error
n_splits = 3  # of the digits
n_chains = 400  # chains that sample digits

# %% [markdown]
# ## What pairs cannot say
#
# {doc}`03_pairwise_models` ended with a failure. The best pairwise model of the digits had the right first and second moments, and the wrong third ones.
# The smallest example of such a failure has three spins and one interaction,
#
# $$
# E(s) = -\xi\, s_0 s_1 s_2 .
# $$ (eq-ht-parity)
#
# States whose product is $+1$ are likely, the others are not.
# Any two of the spins are independent fair coins, because the third is free to make the product right. So every mean and every correlation is zero.
# A pairwise model is determined by these. It sees three fair coins, however many data there are.
#
# We give both kinds of model 4000 samples. The hybrid is trained by `ebm.fit`; how that works is the subject of the chapter.

# %%
parity = ebm.ManyBody(3, [(0, 1, 2)], [1.0])
samples = exact.sample(parity, 4000, seed=seed)
blind = ebm.fit_pairwise(samples).energy
seeing = ebm.Pairwise(np.zeros((3, 3))) + ebm.Network(3, hidden=(16,), seed=seed)
ebm.fit(seeing, samples, epochs=40, weight_decay=0, progress=False)
chances = {
    "truth": exact.probabilities(parity),
    "pairwise": exact.probabilities(blind),
    "hybrid": exact.probabilities(seeing),
}

# %% tags=["hide-input"]
figure, axes = plt.subplots()
names = ["".join("+" if s > 0 else "−" for s in state) for state in exact.states(3)]
for k, (name, p) in enumerate(chances.items()):
    color = COLORS["exact" if name == "truth" else name]
    axes.bar(np.arange(8) + 0.27 * (k - 1), p, 0.25, color=color, label=name)
axes.set_xticks(range(8), names)
axes.set(xlabel="state", ylabel="probability", ylim=(0, 0.36))
axes.legend(ncols=3, loc="upper center")
distance = {
    name: np.abs(p - chances["truth"]).max() for name, p in chances.items()
}
plotting.show(
    figure,
    name="fig-hybrid-parity",
    caption="Three spins that interact only as a triple. Probability of each state: exact, in the pairwise fit, and in the hybrid.",
    alt=f"Eight groups of bars. True probabilities are {chances['truth'].max():.3f} for states with an even number of minus signs and {chances['truth'].min():.3f} for the others. The pairwise bars all stand near 0.125; the hybrid's are within {distance['hybrid']:.3f} of the truth.",
)

# %% [markdown]
# ## Adding energies
#
# The **hybrid** is the sum of a pairwise energy and a network,
#
# $$
# E_\text{hybrid}(s) = E_\text{pw}(s) + E_\text{nn}(s) .
# $$ (eq-ht-hybrid)
#
# This is the model of Feinauer and Lucibello {cite}`feinauer2022`. It is a case of *knowledge integration*: what we know about a problem is built into the model, and what we do not know is learned {cite}`vonrueden2023`.
# Here we know that pairs matter. The pairwise part says so, with parameters that mean something. The network takes the rest.
#
# Why a sum? Because a sum of energies is a product of probabilities,
#
# $$
# e^{-(E_1 + E_2)} = e^{-E_1}\, e^{-E_2} .
# $$
#
# A state is likely if *both* parts accept it ({doc}`01_energy_based_models`). No other change is needed: a sum of energies is an energy.
#
# The network is one hidden layer of $H$ units,
#
# $$
# \begin{aligned}
# E_\text{nn}(s) &= \sum_{a=1}^{H} v_a\, \phi(z_a), \\
# z_a &= \sum_j W_{aj} s_j + b_a .
# \end{aligned}
# $$ (eq-ht-network)
#
# With enough units it can be *any* function of the spins, so it can supply interactions of every order ({ref}`exercise 4.1 <ex-4-1>`).
# That is its power. It is also its danger: any function includes the noise of the data.
#
# In the package a sum is written as a sum.

# %%
truth = ebm.random_hamiltonian(n_spins, order, gamma, beta, seed=seed)
spins = exact.sample(truth, many, seed=seed)
pairwise = ebm.fit_pairwise(spins).energy
network = ebm.Network(n_spins, (hidden,), activation, seed=seed)
hybrid = pairwise + network
print(hybrid)

# %% tags=["nbval-check-output"]
s = spins[:5]
print(
    "energies add:    ",
    torch.allclose(hybrid(s), pairwise(s) + network(s)),
)
weights = np.exp(-exact.energies(pairwise)) * np.exp(-exact.energies(network))
product = weights / weights.sum()
print(
    "probabilities multiply:",
    np.allclose(exact.probabilities(hybrid), product),
)

# %% [markdown]
# Here `truth` is the generator of {doc}`05_coupling_reconstruction`: random couplings, plus as many random triples as there are spins.
# The number $\gamma$ sets how strong the triples are. With 16 spins every sum over states can be done exactly.
#
# ## Two energies a site
#
# How do we train an energy whose $Z$ we cannot compute? As in chapter 3, by **pseudolikelihood** {cite}`besag1975`: the mean, over a batch of $B$ samples, of
#
# $$
# \mathcal L(\theta) = \frac1B \sum_{b=1}^{B} \sum_{i=1}^{N} \log p_\theta(s_i^b \mid s_{/i}^b) .
# $$ (eq-ht-pl)
#
# Given all other spins, spin $i$ has two values only. So its normaliser has two terms,
#
# $$
# p_\theta(s_i \mid s_{/i}) = \frac{e^{-E(s_i, s_{/i})}}{e^{-E(+1, s_{/i})} + e^{-E(-1, s_{/i})}} ,
# $$ (eq-ht-two)
#
# and $Z$ cancels. That makes **two energy evaluations a site**, $2N$ forward passes a sample. Here they are, written out.


# %%
def with_spin(spins, i, value):
    """A copy of the spins in which spin i has the given value."""
    copy = spins.clone()
    copy[:, i] = value
    return copy


def naive(energy, spins):
    """log p(s_i | rest) for every sample and site: 2 N forward passes."""
    columns = []
    for i in range(spins.shape[1]):
        up, down = energy(with_spin(spins, i, 1)), energy(with_spin(spins, i, -1))
        own = torch.where(spins[:, i] > 0, up, down)
        both = torch.logsumexp(torch.stack([-up, -down]), dim=0)
        columns.append(-own - both)
    return torch.stack(columns, dim=1)


# %% [markdown]
# One of the two states is the sample itself. The other is the sample with spin $i$ flipped.
# Divide {eq}`eq-ht-two` by its numerator, and only their difference is left, the **flip change**
#
# $$
# \Delta_i(s) = E(s \text{ with spin } i \text{ flipped}) - E(s) ,
# $$
#
# $$
# p(s_i \mid s_{/i}) = \frac{1}{1 + e^{-\Delta_i(s)}} .
# $$ (eq-ht-sigmoid)
#
# Check the sign. If the flip costs much energy, $\Delta_i$ is large and positive. The spin is right where it is, and its probability is near one. It is.
# The logarithm is $-\log(1 + e^{-\Delta_i}) = -\operatorname{softplus}(-\Delta_i)$. Do not confuse it with the probability *to flip*, $1/(1 + e^{\Delta_i})$, which a sampler needs.
#
# ### A flip is a small step
#
# For one hidden layer we need not run the network again. Flipping spin $i$ changes $s_i$ by $-2 s_i$, so all pre-activations shift along column $i$ of $W$:
#
# $$
# \begin{aligned}
# z_a &\to z_a - 2 s_i W_{ai} , \\
# \Delta_i(s) &= \sum_a v_a \big[ \phi(z_a - 2 s_i W_{ai}) - \phi(z_a) \big] .
# \end{aligned}
# $$ (eq-ht-shift)
#
# The sums over $j$ in $z$ are done once for all $N$ flips. For the pairwise part, chapter 3 had $\Delta_i = 2 s_i (h_i + \sum_j J_{ij} s_j)$. The flip change of a sum is the sum of the flip changes.


# %%
def shifted(pairwise, network, spins):
    """The flip changes of a hybrid, (samples, N), without another forward pass."""
    s = spins.double()
    layer, v = network.linear_layers[0], network.output.double()
    W, b = layer.weight.double(), layer.bias.double()
    phi = torch.nn.functional.gelu
    z = s @ W.T + b
    moved = z[:, None, :] - 2 * s[:, :, None] * W.T
    change = (phi(moved) - phi(z)[:, None, :]) @ v
    J, h = torch.tensor(pairwise.couplings), torch.tensor(pairwise.fields)
    return change + 2 * s * (h + s @ J)


batch = torch.tensor(spins[:100])
check = pairwise + ebm.Network(n_spins, (hidden,), "gelu", seed=seed).double()
with torch.no_grad():
    by_naive = naive(check, batch)
    by_shift = -softplus(-shifted(*check.parts, batch))
    by_package = -softplus(-check.flip_change(batch))

# %% tags=["nbval-check-output"]
print("naive = shift:  ", torch.allclose(by_naive, by_shift, atol=1e-12))
print("naive = package:", torch.allclose(by_naive, by_package, atol=1e-12))

# %% [markdown]
# ### What it saves
#
# We count operations instead of timing them. The next cell runs the arithmetic on numbers that keep a tally: each addition, each multiplication and each activation is one.


# %%
class Counted:
    """A number that counts what is done with it."""

    tally = 0

    def __init__(self, value):
        self.value = value

    def _done(self, value):
        Counted.tally += 1
        return Counted(value)

    def __add__(self, other):
        return self._done(self.value + other.value)

    def __mul__(self, other):
        return self._done(self.value * other.value)

    def phi(self):
        return self._done(max(self.value, 0.0))


# %%
def pre_activation(row, s, b):
    return sum((w * x for w, x in zip(row, s, strict=True)), start=b)


def network_energy(z, v):
    terms = [weight * x.phi() for weight, x in zip(v, z, strict=True)]
    return sum(terms[1:], start=terms[0])


def count(n, h, shift):
    """Operations for all N flip changes of one sample, with or without the shift."""
    number = lambda *_: Counted(1.0)  # noqa: E731
    s, v, b = ([number() for _ in range(k)] for k in (n, h, h))
    W = [[number() for _ in range(n)] for _ in range(h)]
    Counted.tally = 0
    if not shift:
        for _ in range(2 * n):
            network_energy([pre_activation(W[a], s, b[a]) for a in range(h)], v)
        return Counted.tally
    z = [pre_activation(W[a], s, b[a]) for a in range(h)]
    network_energy(z, v)
    for i in range(n):
        step = s[i] * Counted(-2.0)
        network_energy([z[a] + step * W[a][i] for a in range(h)], v)
    return Counted.tally


# %% [markdown]
# By hand: a forward pass has $2NH$ operations in $W s + b$ and $3H - 1$ after it. The naive way takes $2N$ of them. The shift takes one, and then $5H$ for each site:
#
# $$
# \begin{aligned}
# C_\text{naive} &= 2N \big( 2NH + 3H - 1 \big) , \\
# C_\text{shift} &= 2NH + 3H - 1 + 5NH .
# \end{aligned}
# $$ (eq-ht-cost)
#
# The first grows as $N^2 H$, the second as $N H$.


# %%
def cost(n, h):
    forward = 2 * n * h + 3 * h - 1
    return 2 * n * forward, forward + 5 * n * h


sizes = [4, 8, 16]
counted = np.array([[count(n, 8, way) for way in (False, True)] for n in sizes])

# %% tags=["nbval-check-output"]
formula = np.array([cost(n, 8) for n in sizes])
print("formula equals count:", np.array_equal(formula, counted))

# %% tags=["hide-input"]
figure, axes = plt.subplots()
grid = np.array([4, 8, 16, 32, 64, 128, 256])
costs = np.array([cost(n, 128) for n in grid])
axes.loglog(grid, costs[:, 0], "s-", color=COLORS["model"], label="naive, 2N passes")
axes.loglog(grid, costs[:, 1], "o-", color=COLORS["hybrid"], label="shift")
axes.set(xlabel="number of spins N", ylabel="operations a sample")
axes.set_xticks([4, 16, 64, 256], ["4", "16", "64", "256"])
axes.minorticks_off()
axes.legend()
ratio = dict(zip(grid.tolist(), costs[:, 0] / costs[:, 1], strict=True))
plotting.show(
    figure,
    name="fig-hybrid-cost",
    caption="Operations for all flip changes of one sample, by {eq}`eq-ht-cost`, for a network with 128 hidden units.",
    alt=f"Two rising lines on logarithmic axes; the naive one is twice as steep. It needs {ratio[16]:.0f} times as many operations at 16 spins and {ratio[256]:.0f} times as many at 256.",
)

# %% tags=["hide-input"]
display(
    Markdown(
        f"At 64 spins the shift saves a factor of {ratio[64]:.0f}, about $4N/7$ in general. Counting is not timing: on a real machine memory also matters. But no tuning makes up for a factor that grows with $N$."
    )
)

# %% [markdown]
# ## The gradient
#
# We minimise $-\mathcal L$. With $\sigma(x) = 1/(1 + e^{-x})$ the chain rule gives
#
# $$
# -\frac{\partial \mathcal L}{\partial \theta} = -\frac1B \sum_{b,i} \sigma\big(\!-\Delta_i\big)\, \frac{\partial \Delta_i}{\partial \theta} .
# $$ (eq-ht-gradient)
#
# The factor $\sigma(-\Delta_i)$ is the probability that the model gives to the *wrong* value of the spin. Where the model is right already, nothing is learned. Where it is wrong, the flip is made more costly.
# Automatic differentiation does the rest. Trust it, but check: we move single parameters by a small step, and use the naive form.

# %%
loss = ebm.objectives.pseudolikelihood(check, batch)
parameters = dict(check.named_parameters())
gradients = torch.autograd.grad(loss, list(parameters.values()))
step, worst = 1e-5, {}
for (name, parameter), gradient in zip(
    parameters.items(), gradients, strict=True
):
    flat, gaps = parameter.data.view(-1), []
    for k in range(min(5, len(flat))):
        values = []
        for sign in (1, -1):
            flat[k] += sign * step
            values.append(-naive(check, batch).sum(1).mean().item())
            flat[k] -= sign * step
        slope = (values[0] - values[1]) / (2 * step)
        gaps.append(abs(slope - gradient.reshape(-1)[k].item()))
    worst[name] = max(gaps)

# %% tags=["nbval-check-output"]
for name, gap in worst.items():
    print(f"{name}: autograd = finite differences: {gap < 1e-7}")

# %% [markdown]
# ## A training loop
#
# Now the loop itself. It needs three ideas.
#
# - **Batches.** The gradient of a few dozen samples is noisy, but it costs little. Many cheap steps beat few exact ones.
# - **Adam** {cite}`kingma2015`. It divides the running mean of the gradient by the running size of the gradient, parameter by parameter. So the learning rate is about the length of a step, whatever the units of the loss. We let it fall to zero along a cosine.
# - **Weight decay** {cite}`loshchilov2019`. At each step the parameters of the network shrink by the factor $1 - \text{rate} \times \text{decay}$, apart from the gradient. The pairwise parameters do not shrink: they are the part we trust.
#
# Before training, a share of the samples is set aside. These **held-out** samples take no part in any gradient. They are looked at once an epoch, that is, once each pass over the training samples.


# %%
def split(spins, share=0.2, seed=0):
    """Training and held-out samples."""
    order = np.random.default_rng(seed).permutation(len(spins))
    cut = round(share * len(spins))
    return spins[order[cut:]], spins[order[:cut]]


def score(energy, spins):
    with torch.no_grad():
        return ebm.objectives.pseudolikelihood(energy, spins).item()


def groups(energy, decay):
    """The network decays, the rest does not."""
    nets = [e for _, e in energy.terms() if isinstance(e, ebm.Network)]
    rest = [e for _, e in energy.terms() if not isinstance(e, ebm.Network)]
    return [
        {
            "params": [p for e in part for p in e.parameters()],
            "weight_decay": strength,
        }
        for part, strength in ((nets, decay), (rest, 0.0))
        if part
    ]


# %%
def epochs_of(energy, data, epochs, rate, decay, size=50, seed=0, l2=0.0):
    """Train in place; after each epoch hand back its mean training objective."""
    random = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.AdamW(groups(energy, decay), lr=rate)
    steps = epochs * math.ceil(len(data) / size)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    data = torch.tensor(data)
    for _ in range(epochs):
        total = 0.0
        for rows in torch.randperm(len(data), generator=random).split(size):
            loss = ebm.objectives.pseudolikelihood(energy, data[rows])
            total += loss.item() * len(rows)
            if l2:  # the penalty of chapter 3, for the digits
                loss = loss + l2 * energy.parts[0].upper.square().sum()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
        yield total / len(data)


# %% [markdown]
# Around it goes the bookkeeping: keep the history, and keep the parameters of the epoch with the best held-out score.


# %%
def train(
    energy, data, held_out, epochs=30, rate=0.02, decay=0.3, watch=None, **more
):
    """Train in place, leave the epoch that is best on held-out samples; the history."""
    log = SimpleNamespace(
        train=[score(energy, data)], held_out=[score(energy, held_out)], watch=[]
    )
    best = {key: value.clone() for key, value in energy.state_dict().items()}
    log.watch += [watch(energy)] if watch else []
    for value in epochs_of(energy, data, epochs, rate, decay, **more):
        log.train.append(value)
        log.held_out.append(score(energy, held_out))
        if log.held_out[-1] <= min(log.held_out):
            best = {key: p.clone() for key, p in energy.state_dict().items()}
        if watch and (len(log.train) - 1) % 4 == 0:
            log.watch.append(watch(energy))
    log.last = energy.state_dict()
    log.last = {key: value.clone() for key, value in log.last.items()}
    log.best = int(np.argmin(log.held_out))
    energy.load_state_dict(best)
    return log


# %% [markdown]
# The hybrid starts from the convex pairwise fit, and the network's output weights $v$ start at zero. So at epoch zero the hybrid *is* the pairwise model, and whatever training adds must earn its place.
#
# One trap hides here. The pairwise fit must see the *training* samples only. If it has seen the held-out ones, epoch zero looks too good, and the choice of the epoch is biased. {ref}`Exercise 4.5 <ex-4-5>` measures by how much.


# %%
def make(kind, data, seed=0, width=hidden, phi=activation, l2=0.0):
    """A model before its training: "pairwise", "network" or "hybrid"."""
    network = ebm.Network(data.shape[1], (width,), phi, seed=seed)
    if kind == "network":
        return network
    pairwise = ebm.fit_pairwise(data, l2=l2).energy
    if kind == "pairwise":
        return pairwise
    torch.nn.init.zeros_(network.output)
    return pairwise + network


# %% [markdown]
# ### The exact score
#
# Held-out scores carry the noise of few samples. Generated data allow better. With 16 spins we know the probability of each state, so we can score a model under the *true distribution*, as if on infinitely many held-out samples.
# The truth itself has the lowest score that any model can have. What a model has above it is its **excess**,
#
# $$
# \begin{aligned}
# \text{excess} &= \sum_s p(s) \sum_i \log \frac{p(s_i \mid s_{/i})}{q(s_i \mid s_{/i})} ,
# \end{aligned}
# $$ (eq-ht-excess)
#
# where $p$ is the truth and $q$ the model. It is a sum of Kullback-Leibler divergences, so it is never negative, and zero only for perfect conditionals.


# %%
class Judge:
    """The exact score of any model of one truth."""

    def __init__(self, truth):
        self.states = torch.from_numpy(exact.states(truth.n_spins))
        self.p = exact.probabilities(truth)
        self.floor = self.nats(truth)

    def nats(self, energy):
        with torch.no_grad():
            objective = ebm.objectives.pseudolikelihood
            return objective(energy, self.states, self.p).item()

    def excess(self, energy):
        return self.nats(energy) - self.floor


judge = Judge(truth)

# %% [markdown]
# ## Learning curves
#
# Three models, the same data. To see the pairwise model *learn*, we start its curve at $h = J = 0$. The hybrid starts where that curve ends.

# %%
data, held_out = split(spins)
models = {
    "pairwise": ebm.Pairwise(np.zeros((n_spins, n_spins))),
    "network": make("network", data, seed),
    "hybrid": make("hybrid", data, seed),
}
logs = {
    name: train(model, data, held_out, epochs=20, size=100)
    for name, model in models.items()
}
final = {name: judge.excess(model) for name, model in models.items()}
convex = make("pairwise", data)

# %% tags=["hide-input"]
figure, axes = plt.subplots(figsize=(5.2, 4.0))
for name, log in logs.items():
    axes.plot(log.held_out, color=COLORS[name], label=f"{name}, held out")
    axes.plot(log.train, color=COLORS[name], linestyle=":", label="training")
    axes.plot(log.best, log.held_out[log.best], MARKERS[name], color=COLORS[name])
floor = score(truth, held_out)
axes.axhline(floor, color="black", linewidth=1, label="the truth, held out")
axes.set(
    xlabel="epoch",
    ylabel="−log pseudolikelihood (nats)",
    ylim=(floor - 0.5, floor + 4.0),
)
axes.legend(ncols=2, fontsize=10, loc="upper right")
ends = {name: log.held_out[log.best] for name, log in logs.items()}
plotting.show(
    figure,
    name="fig-hybrid-curves",
    caption="Learning curves on the same data. Solid: held-out samples; dotted: training samples; marks: the epoch that is kept. The black line is what the true energy scores on the held-out samples.",
    alt=f"Three pairs of falling curves above a black line at {floor:.2f} nats. Best held-out values: "
    + ", ".join(f"{name} {value:.2f}" for name, value in ends.items())
    + ". The pairwise curve is flat after a few epochs; the hybrid starts there and falls further.",
)

# %% tags=["hide-input"]
rows = ["| model | held out | excess, exact |", "|---|---:|---:|"]
for name in models:
    gap = ends[name] - floor
    rows.append(f"| {name} | {gap:.2f} | {final[name]:.3f} |")
display(
    Markdown(
        "Nats above the truth, on the held-out samples and exactly:\n\n" + "\n".join(rows)
    )
)
display(
    Markdown(
        f"The pairwise loop ends at an excess of {final['pairwise']:.3f}; the convex fit has {judge.excess(convex):.3f}. The loop finds the same optimum, up to small steps. The distance to the floor is not a failure to train. It is the *bias* of a model that has no triples. "
        f"The network has no such bias, but it has to learn pairs and triples from nothing. The hybrid removes {100 * (1 - final['hybrid'] / final['pairwise']):.0f} % of the pairwise excess."
    )
)

# %% [markdown]
# The package has the loop, with a warm-up and a compiled kernel: `ebm.fit`. It makes its own held-out split.

# %%
packaged = make("hybrid", data, seed)
fit = ebm.fit(
    packaged,
    data,
    weight_decay=0.3,
    epochs=20,
    batch_size=100,
    learning_rate=0.02,
    progress=False,

)
ours, theirs = judge.excess(models["hybrid"]), judge.excess(packaged)

# %% tags=["nbval-check-output"]
print("both at most half of the pairwise excess:", end=" ")
print(max(ours, theirs) < 0.5 * final["pairwise"])
print("diverged:", fit.diverged)

# %% [markdown]
# ## Overfitting
#
# Now take fewer samples, no weight decay, and train for longer. This is how a naive user would start.

# %%
small = exact.sample(truth, few, seed=seed + 1)
data, held_out = split(small)
greedy = make("hybrid", data, seed)
log = train(greedy, data, held_out, epochs=40, decay=0.0, watch=judge.excess)

# %% tags=["hide-input"]
watched = np.arange(0, len(log.train), 4)[: len(log.watch)]
exact_best = int(watched[np.argmin(log.watch)])
figure, axes = plt.subplots(figsize=(5.2, 3.8))
axes.plot(log.train, ":", color=COLORS["hybrid"], label="training")
axes.plot(log.held_out, color=COLORS["hybrid"], label="held out")
axes.plot(
    watched,
    np.array(log.watch) + judge.floor,
    "o",
    color="black",
    label="exact",
)
axes.axhline(judge.floor, color="black", linewidth=1, label="the truth, exact")
axes.axvline(log.best, color=COLORS["oracle"], linestyle="--", linewidth=1.2)
axes.set(xlabel="epoch", ylabel="−log pseudolikelihood (nats)")
axes.legend(fontsize=10, loc="lower left")
plotting.show(
    figure,
    name="fig-hybrid-overfit",
    caption=f"Overfitting: a hybrid without weight decay on {few} samples. Black points: the exact score under the true distribution. The dashed line marks the epoch that the held-out samples choose.",
    alt=f"The training curve falls from {log.train[0]:.2f} to {log.train[-1]:.2f} nats, below the truth's {judge.floor:.2f}. The exact score falls from {log.watch[0] + judge.floor:.2f} to {min(log.watch) + judge.floor:.2f} near epoch {exact_best} and rises to {log.watch[-1] + judge.floor:.2f}; the held-out curve has the same shape.",
)

# %% tags=["hide-input"]
display(
    Markdown(
        f"Training falls to {log.train[-1]:.2f} nats, *below* the {judge.floor:.2f} of the true energy. Nothing can be better than the truth except by learning noise. "
        f"The exact excess shows it: {log.watch[0]:.2f} at the start, {min(log.watch):.2f} at its best, {log.watch[-1]:.2f} at the end. The pairwise model that we started from had {log.watch[0]:.2f}."
    )
)

# %% tags=["nbval-check-output"]
print("training ends below the truth:", log.train[-1] < judge.floor)
print("the exact score rises again:  ", log.watch[-1] > 1.3 * min(log.watch))
print("held out rises again:         ", log.held_out[-1] > log.held_out[log.best])

# %% [markdown]
# The training score alone would have told us that all is well. The held-out score warned us in time. So there are two cures: stop early, or make the network stiffer.
#
# ## Weight decay
#
# A network whose weights are small is a gentle function: its energy cannot jump between states. Too much decay, and it cannot learn the triples either. Between the two there must be an optimum.
# We train to the end for each strength, on several data sets of the same truth.

# %%
sets = [
    split(exact.sample(truth, few, seed=seed + k)) for k in range(1, n_repeats + 1)
]
sweep = np.empty((3, len(decays), n_repeats))  # held out, kept, last epoch
for column, decay in enumerate(decays):
    for k, (data, held_out) in enumerate(sets):
        model = make("hybrid", data, seed + k)
        log = train(model, data, held_out, decay=decay)
        kept = judge.excess(model)
        model.load_state_dict(log.last)
        sweep[:, column, k] = (
            min(log.held_out) - score(truth, held_out),
            kept,
            judge.excess(model),
        )
base = np.array([judge.excess(make("pairwise", data)) for data, _ in sets])


def mean_and_error(values):
    """Mean and standard error over the last axis."""
    values = np.asarray(values)
    n = values.shape[-1]
    return values.mean(-1), values.std(-1, ddof=1) / np.sqrt(n)


# %% tags=["hide-input"]
figure, axes = plt.subplots(figsize=(5.2, 3.9))
place = np.arange(len(decays))
labels = ["held out, best epoch", "exact, best epoch", "exact, last epoch"]
looks = [(COLORS["oracle"], "D", "--"), (COLORS["hybrid"], "o", "-"), (COLORS["model"], "s", ":")]
for values, label, (color, marker, line), shift in zip(
    sweep, labels, looks, (-0.06, 0, 0.06), strict=True
):
    axes.errorbar(
        place + shift, *mean_and_error(values), color=color, marker=marker, linestyle=line, label=label, capsize=3
    )
axes.axhline(base.mean(), color=COLORS["pairwise"], linewidth=1.2, label="pairwise, exact")
axes.set_xticks(place, [f"{d:g}" for d in decays])
axes.set(xlabel="weight decay", ylabel="excess over the truth (nats)", ylim=(0, None))
axes.legend(fontsize=10)
m_kept, m_last = sweep[1].mean(-1), sweep[2].mean(-1)
best_column = int(m_kept.argmin())
chosen_columns = sweep[0].argmin(0)
plotting.show(
    figure,
    name="fig-hybrid-decay",
    caption=f"Excess against weight decay, {few} samples: mean and standard error over {n_repeats} data sets. Held-out values are above what the truth scores on the same samples. The blue line is the pairwise fit.",
    alt=f"U-shaped curves. Exact excess of the kept epoch: {m_kept[0]:.2f} without decay, {m_kept.min():.2f} at decay {decays[best_column]:g}, {m_kept[-1]:.2f} at {decays[-1]:g}. Of the last epoch: {m_last[0]:.2f}, {m_last.min():.2f} and {m_last[-1]:.2f}. Pairwise: {base.mean():.2f}.",
)

# %% tags=["hide-input"]
by_choice = sweep[1][chosen_columns, np.arange(n_repeats)]
gain_stop = mean_and_error(sweep[2][0] - sweep[1][0])
gain_decay = mean_and_error(sweep[1][0] - sweep[1][best_column])
regret = mean_and_error(by_choice - sweep[1].min(0))
display(
    Markdown(
        f"Without decay, stopping early gains {gain_stop[0]:.2f} ± {gain_stop[1]:.2f} nats over the last epoch (paired over data sets). "
        f"Decay {decays[best_column]:g} gains another {gain_decay[0]:.2f} ± {gain_decay[1]:.2f}. "
        f"If each data set chooses its decay by its own held-out samples, it loses {regret[0]:.3f} ± {regret[1]:.3f} against the choice that an oracle would make."
    )
)

# %% tags=["nbval-check-output"]
print("without decay the last epoch is worse than the kept:", gain_stop[0] > 0.1)
print("the best decay lies inside the range:", 0 < best_column < len(decays) - 1)

# %% [markdown]
# The optimum has a reason. Decay trades bias for noise, and noise falls with the number of samples. So the best decay falls as $M$ grows; the package's default is $10^4/M$, meant for its own steps and batches. It is a start, not an answer: the best value also depends on how many steps are taken, on the width and on the activation.
#
# ## How good is the held-out choice?
#
# Held-out samples are few, so their choice of the epoch is noisy. How much does it cost? We follow the exact score during training without decay, where the choice matters most.

# %%
choices = []
for k, (data, held_out) in enumerate(sets):
    model = make("hybrid", data, seed + k)
    log = train(
        model, data, held_out, epochs=24, decay=0.0, watch=judge.excess
    )
    choices.append(
        [log.best, judge.excess(model), min(log.watch), log.watch[-1], log.watch[0]]
    )
choices = np.array(choices)

# %% tags=["hide-input"]
figure, axes = plt.subplots(figsize=(5.2, 3.2))
for k, (_, kept, best, last, first) in enumerate(choices):
    axes.plot([best, max(last, first)], [k, k], color="#bbbbbb", linewidth=1, zorder=0)
    for value, color, marker, label in (
        (first, "pairwise", "s", "start: pairwise"),
        (last, "model", "^", "last epoch"),
        (kept, "hybrid", "o", "held-out choice"),
        (best, "exact", "D", "exact best"),
    ):
        axes.plot(
            value, k, marker, color=COLORS[color], markersize=8 if marker == "o" else 5,
            label=label if k == 0 else None,
        )
axes.set(xlabel="exact excess (nats)", ylabel="data set", ylim=(-0.6, len(choices) + 0.4))
axes.set_yticks(range(len(choices)), [str(k + 1) for k in range(len(choices))])
axes.legend(ncols=2, fontsize=10, loc="upper center")
lost, possible = mean_and_error(choices[:, 1] - choices[:, 2]), mean_and_error(choices[:, 3] - choices[:, 2])
plotting.show(
    figure,
    name="fig-hybrid-epoch",
    caption="Training without decay on several data sets, one row each: the exact excess at the start, at the last epoch, at the epoch that the held-out samples chose, and the best of those looked at.",
    alt=f"In each of {len(choices)} rows the held-out choice lies close to the exact best and far left of the last epoch and of the start. Mean distance to the best {lost[0]:.3f} nats; of the last epoch {possible[0]:.2f}.",
)

# %% tags=["hide-input"]
display(
    Markdown(
        f"The held-out choice is {lost[0]:.3f} ± {lost[1]:.3f} nats worse than the exact best, out of the {possible[0]:.2f} ± {possible[1]:.2f} that the last epoch loses. "
        f"(The exact score was taken every fourth epoch, so the difference can be slightly negative.) It chose epochs {', '.join(f'{e:.0f}' for e in choices[:, 0])}."
    )
)

# %% [markdown]
# A few hundred held-out samples are enough to choose an epoch. They are *not* enough to report how good it is: the smallest of many noisy numbers is too small. Report a score on samples that chose nothing.
#
# ## The learning rate
#
# Adam's steps have about the length of the learning rate. Too short, and training does not arrive. Too long, and it jumps around, or explodes.
# For this sweep we use `ebm.fit`, which watches for divergence and says so. A step shrinks the weights by rate × decay, so we keep that product fixed: only the length of the steps changes.

# %%
data, held_out = sets[0]
outcome, messages = [], []
for rate in rates:
    model = make("hybrid", data, seed)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fit = ebm.fit(
            model,
            data,
            weight_decay=0.006 / rate,
            epochs=30,
            batch_size=50,
            learning_rate=rate,
            validation=0,
            progress=False,
        )
    outcome.append((judge.excess(model), fit.diverged, fit.train[-1]))
    messages += [str(w.message) for w in caught]

# %% tags=["hide-input"]
if messages:
    print("RuntimeWarning:", messages[0].split(": from")[0])
print(f"{len(messages)} of {len(rates)} rates diverged")

# %% tags=["hide-input"]
excesses = np.array([e for e, _, _ in outcome])
bad = np.array([d for _, d, _ in outcome])
top = 3 * base[0]
figure, axes = plt.subplots()
fine = ~bad & (excesses < top)
axes.semilogx(np.array(rates)[~bad], np.minimum(excesses, top)[~bad], "o-", color=COLORS["hybrid"], label="last epoch, exact")
axes.semilogx(
    np.array(rates)[bad],
    np.full(bad.sum(), top),
    "X",
    color=COLORS["model"],
    markersize=9,
    label="diverged",
)
axes.axhline(base[0], color=COLORS["pairwise"], linewidth=1.2, label="pairwise: the start")
axes.set(xlabel="learning rate", ylabel="excess (nats)", ylim=(0, 1.1 * top))
axes.legend(fontsize=10, loc="upper left")
plotting.show(
    figure,
    name="fig-hybrid-rate",
    caption="Exact excess after training against the learning rate, everything else the same, last epoch. Crosses: diverged; values above the frame are drawn at its top.",
    alt="A valley. Excess by learning rate: "
    + ", ".join(f"{r:g}: {'diverged' if b else f'{e:.2f}'}" for r, (e, b, _) in zip(rates, outcome, strict=True))
    + f". The start has {base[0]:.2f}.",
)

# %% tags=["nbval-check-output"]
print("the smallest rate has not arrived: ", excesses[0] > 0.8 * base[0])
print("a rate in the middle halves the excess:", excesses[1:4].min() < 0.6 * base[0])
print("the largest rate diverged:         ", bool(bad[-1]))

# %% [markdown]
# Search the rate over decades, on a log scale: a factor of two hardly matters, a factor of ten does. A divergence is loud. A rate that is ten times too small is silent: the curve falls smoothly, and looks as if it were done.
#
# ## Width, activation, and luck
#
# The same for the network's size and its activation $\phi$. We also ask how much the result depends on chance: the network's random start, and the data set.

# %%
activations = ["relu", "tanh", "gelu"]
table = np.empty((len(activations), len(widths), 2))
for row, phi in enumerate(activations):
    for column, width in enumerate(widths):
        for k, (data, held_out) in enumerate(sets[:2]):
            model = make("hybrid", data, seed + k, width, phi)
            train(model, data, held_out)
            table[row, column, k] = judge.excess(model)

# %%
data, held_out = sets[0]
starts = []
for k in range(2 * n_repeats):
    model = make("hybrid", data, seed + 10 + k)
    train(model, data, held_out, seed=k)
    starts.append(judge.excess(model))
by_start = np.array(starts)
by_data = sweep[1][decays.index(0.3)]

# %% tags=["hide-input"]
rows = ["| φ | " + " | ".join(f"H = {w}" for w in widths) + " |", "|---|" + "---:|" * len(widths)]
for phi, line in zip(activations, table, strict=True):
    rows.append(f"| {phi} | " + " | ".join(f"{pair.mean():.2f} ± {np.ptp(pair) / 2:.2f}" for pair in line) + " |")
display(Markdown(f"Exact excess of hybrids, mean over two data sets (± standard error); the pairwise fits have {base[:2].mean():.2f}:\n\n" + "\n".join(rows)))
m, e = by_start.mean(), by_start.std(ddof=1)
e_err = e / np.sqrt(2 * (len(by_start) - 1))
d, d_err = by_data.std(ddof=1), by_data.std(ddof=1) / np.sqrt(2 * (len(by_data) - 1))
display(
    Markdown(
        f"Same data, {len(by_start)} random starts: excess {m:.3f}, with a scatter of {e:.3f} ± {e_err:.3f}. Different data sets of the same truth: scatter {d:.3f} ± {d_err:.3f}. The start of the pairwise fit, for comparison: {base.mean():.2f}."
    )
)

# %% [markdown]
# So read a table like this with care. Differences smaller than the scatter say nothing, and one run for each setting cannot tell luck from merit.
# A width of a few units is too small: it cannot hold sixteen triples. Beyond that the width matters less than the decay and the rate.
#
# ## Who wins? Generated data
#
# One truth proves little. We draw several, at $\gamma = 0$, where the pairwise model is right, and at $\gamma > 0$, where it is not. Each is given to all three models, with few samples and with many.
# The score is taken on fresh samples that chose nothing, and exactly. Models are compared *on the same instance*, so that what instances have in common drops out.

# %%
kinds = ["pairwise", "network", "hybrid"]
gammas, sizes = [0.0, gamma], [few, many]
scores = np.empty((2, 2, 3, n_repeats, 2))  # gamma, size, kind, instance, score
for k, g, m in np.ndindex(n_repeats, 2, 2):
    instance = ebm.random_hamiltonian(n_spins, order, gammas[g], beta, seed=100 + k)
    judged = Judge(instance)
    data, held_out = split(exact.sample(instance, sizes[m], seed=k))
    fresh = exact.sample(instance, 2000, seed=1000 + k)
    for kind in range(3):
        model = make(kinds[kind], data, seed=k)
        if kind:
            few_or_many = {"epochs": 25} if m == 0 else {"epochs": 12, "size": 100}
            train(model, data, held_out, **few_or_many)
        gap = score(model, fresh) - score(instance, fresh)
        scores[g, m, kind, k] = gap, judged.excess(model)

# %% tags=["hide-input"]
figure, axes = plt.subplots(figsize=(5.2, 4.0))
cases = [(g, m) for g in range(2) for m in range(2)]
for kind, name in enumerate(kinds):
    mean, error = mean_and_error(np.array([scores[g, m, kind, :, 1] for g, m in cases]))
    axes.errorbar(np.arange(4) + 0.15 * (kind - 1), mean, error, linestyle="", marker=MARKERS[name], color=COLORS[name], label=name, capsize=3)
    for k in range(n_repeats):
        axes.plot(np.arange(4) + 0.15 * (kind - 1) + 0.04, [scores[g, m, kind, k, 1] for g, m in cases], ".", color=COLORS[name], markersize=3.5)
axes.set_xticks(range(4), [f"γ = {gammas[g]:g}\nM = {sizes[m]}" for g, m in cases])
axes.axvline(1.5, color="#bbbbbb", linewidth=1)
axes.set(ylabel="exact excess (nats)", ylim=(0.02, None), yscale="log")
axes.set_yticks([0.03, 0.1, 0.3, 1, 3], ["0.03", "0.1", "0.3", "1", "3"])
axes.minorticks_off()
axes.legend(ncols=3, loc="upper center", bbox_to_anchor=(0.5, 1.15))
means = scores[..., 1].mean(-1)
plotting.show(
    figure,
    name="fig-hybrid-compare",
    caption=f"Exact excess over the truth for {n_repeats} instances: means with standard errors, and each instance as a dot. The axis is logarithmic.",
    alt="; ".join(f"gamma {gammas[g]:g}, {sizes[m]} samples: " + ", ".join(f"{name} {means[g, m, kind]:.2f}" for kind, name in enumerate(kinds)) for g, m in cases) + ".",
)

# %% tags=["hide-input"]
rows = ["| γ, M | hybrid − pairwise, fresh | the same, exact | hybrid − network, exact |", "|---|---:|---:|---:|"]
paired = {}
for g, m in cases:
    cells = []
    for other, which in ((0, 0), (0, 1), (1, 1)):
        mean, error = mean_and_error(scores[g, m, 2, :, which] - scores[g, m, other, :, which])
        paired[g, m, other, which] = mean, error
        cells.append(f"{mean:+.3f} ± {error:.3f}")
    rows.append(f"| {gammas[g]:g}, {sizes[m]} | " + " | ".join(cells) + " |")
display(Markdown("Paired differences in nats a sample, mean and standard error over instances (negative: the hybrid is better):\n\n" + "\n".join(rows)))

# %% tags=["nbval-check-output"]
for m in range(2):
    mean, error = paired[1, m, 0, 1]
    print(f"gamma > 0, M = {sizes[m]}: hybrid ahead of pairwise by 3 errors: {mean < -3 * error}")
for m in range(2):
    mean, error = paired[0, m, 0, 1]
    print(f"gamma = 0, M = {sizes[m]}: hybrid ahead of pairwise by 3 errors: {mean < -3 * error}")

# %% [markdown]
# With triples in the world, the hybrid wins against the pairwise model, and against the network alone, which has to spend its data on learning the pairs.
# Without triples there is nothing to win. The hybrid can only lose, and what it loses is small because the held-out samples may choose epoch zero.
#
# ## Who wins? The digits
#
# Now data whose truth nobody knows. We prepare the digits as in {doc}`03_pairwise_models`: the pixels that are ink and paper in at least five images, and the penalty $\lambda = 0.01$ on the couplings that held-out images chose there. The hybrid keeps that penalty on its pairwise part.
#
# Each split has three parts: training images, images that choose the epoch, and test images that choose nothing.

# %%
every = ebm.data.digits().spins
inked = (every == 1).sum(0)
digits = every[:, np.minimum(inked, len(every) - inked) >= 5]
n_pixels, l2 = digits.shape[1], 0.01


def nats(energy, spins):
    """Negative log pseudolikelihood of each image."""
    with torch.no_grad():
        return softplus(-energy.flip_change(spins)).sum(-1).double().numpy()


test_scores, digit_logs, digit_models, parts = [], [], [], []
for k in range(n_splits):
    rest, test = split(digits, share=0.22, seed=k)
    data, held_out = split(rest, share=0.15, seed=k)
    trained = {kind: make(kind, data, k, 64, "gelu", l2=l2) for kind in kinds[1:]}
    trained["pairwise"] = ebm.Pairwise(*(getattr(trained["hybrid"].parts[0], a) for a in ("couplings", "fields")))
    run = {"epochs": 25, "rate": 0.01, "decay": 1.0, "size": 50, "seed": k}
    digit_logs.append([train(trained[kind], data, held_out, l2=l2 * (kind == "hybrid"), **run) for kind in kinds[1:]])
    test_scores.append([nats(trained[kind], test) for kind in kinds])
    digit_models.append(trained)
    parts.append((rest, test))

# %% tags=["hide-input"]
rows = ["| split | pairwise | network | hybrid | hybrid − pairwise |", "|---|---:|---:|---:|---:|"]
differences, over_network = [], []
for k, lines in enumerate(test_scores):
    gap = lines[2] - lines[0]
    differences.append(gap.mean())
    over_network.append((lines[2] - lines[1]).mean())
    rows.append(f"| {k + 1} | " + " | ".join(f"{x.mean():.2f}" for x in lines) + f" | {gap.mean():+.2f} ± {gap.std(ddof=1) / np.sqrt(len(gap)):.2f} |")
display(Markdown("Nats an image on test images:\n\n" + "\n".join(rows)))
print(np.round(over_network,3), [l.best for p in digit_logs for l in p], [round(l.train[-1],2) for p in digit_logs for l in p], len(data), len(held_out), len(test), n_pixels)
