# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # When to use what
#
# You have samples of spins, and you want their couplings. Something else than couplings is in the data too: you do not know what.
# Which method should you take? It depends on what the something is, and on how many samples there are.
# This page is a map. It compares the methods of this book on twelve kinds of data for which the true couplings are known.
#
# Nothing is computed on this page but means and their errors. It reads the file that `make study` has written to the folder `results`, one line for each data set and method.
# {doc}`05_coupling_reconstruction` explains most of the methods and the {term}`reconstruction error` $\varepsilon$.
#
# **Running time**: a few seconds. The study itself takes about half an hour on two free cores.

# %%
import json
from pathlib import Path

import numpy as np
from IPython.display import Markdown, display
from matplotlib import pyplot as plt
from matplotlib.colors import LogNorm

import ebmtools as ebm
from ebmtools import plotting

plotting.use_style()

# %% tags=["parameters"]
results = "../results/when_to_use_what.jsonl"
close = 1.03


# %%
def column(scenario, method, name):
    """One number of each instance; None where the method was not tried."""
    found = [table[scenario, k].get(method) for k in instances[scenario]]
    if not found or any(row is None for row in found):
        return None
    return np.array([np.nan if r[name] is None else r[name] for r in found])


records = map(json.loads, Path(results).read_text().splitlines())
rows = [
    r["setting"] | r["result"] | {"version": r["versions"]["ebmtools"]}
    for r in records
]
table, instances = {}, {}
for row in rows:
    at = (row["scenario"], row["instance"])
    table.setdefault(at, {})[row["method"]] = row
scenarios = ["nothing to find", "triples", "quadruples", "order 5", "order 6"]
scenarios += ["mixed orders", "many weak", "hidden units", "magnetisation"]
scenarios += ["few samples", "many samples", "more spins"]
methods = list(dict.fromkeys(row["method"] for row in rows))
for s in scenarios:  # instances with all their methods
    tried = {r["method"] for r in rows if r["scenario"] == s}
    numbers = sorted({r["instance"] for r in rows if r["scenario"] == s})
    instances[s] = [k for k in numbers if set(table[s, k]) == tried]

# %% tags=["remove-input"]
counts = sorted({len(instances[s]) for s in scenarios})
many = f"{counts[0]}" if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
used = [table[s, k] for s in scenarios for k in instances[s]]
worst_mixing = max(r["rhat"] for at in used for r in at.values())
versions = sorted({r["version"] for at in used for r in at.values()})
settings = rows[0]["settings"]
display(
    Markdown(
        f"Each kind of data has {many} instances, with other couplings and other interactions in each. All methods see the same samples. "
        f"The samples are drawn by Markov chains, with parallel tempering where plain chains do not mix; the worst {{term}}`R-hat` of the energy, the magnetisation and "
        f"all single spins is {worst_mixing:.2f}. Networks have {settings['hidden']} hidden units with the activation "
        f"{settings['activation']}. `ebmtools` {', '.join(versions)}."
    )
)

# %% tags=["hide-input"]
labels = {
    "oracle": "oracle",
    "pairwise": "pairwise",
    "pairwise, l2": "l2",
    "screening": "screening",
    "L1 on triples": "L1 on triples",
    "network": "network",
    "hybrid": "hybrid",
    "pursuit": "pursuit",
    "pursuit, l2": "pursuit, l2",
    "deeper": "deeper pursuit",
    "pursuit, then network": "pursuit + network",
    "distilled": "distilled",
}
deeper = [m for m in methods if m.startswith("pursuit to")]


def column_of(scenario, method, name):
    """As `column`; the deeper pursuits of different orders are one."""
    if method != "deeper":
        return column(scenario, method, name)
    found = [column(scenario, m, name) for m in deeper]
    return next((c for c in found if c is not None), None)


eps = {
    s: {
        m: c
        for m in labels
        if (c := column_of(s, m, "eps")) is not None and len(c)
    }
    for s in scenarios
}
seconds = {
    s: {m: np.median(column_of(s, m, "seconds")) for m in eps[s]}
    for s in scenarios
}
open_to_all = {
    s: {m: e for m, e in eps[s].items() if m not in ("oracle", "screening")}
    for s in scenarios
}
best = {
    s: min(choice, key=lambda m: choice[m].mean())
    for s, choice in open_to_all.items()
}


def mean_and_error(values):
    values = np.asarray(values)
    return values.mean(), values.std(ddof=1) / np.sqrt(len(values))


good = {}
for s in scenarios:
    limit = close * open_to_all[s][best[s]].mean()
    near = [m for m, e in open_to_all[s].items() if e.mean() <= limit]
    good[s] = min(near, key=lambda m: seconds[s][m])
    gain, error = mean_and_error(eps[s]["pairwise"] - eps[s][best[s]])
    if gain < 2 * error:
        good[s] = "pairwise"
# %% [markdown]
# ## What to do
#
# For each kind of data the next table names the quickest method among those within 3 % of the best.
# Where not even the best is better than the pairwise fit by two standard errors, it names the pairwise fit.

# %% tags=["remove-input"]
because = {
    "nothing to find": "nothing else is there to learn",
    "triples": "few strong terms: tests find them",
    "quadruples": "few strong terms: tests find them",
    "order 5": "it finds stand-ins, see below",
    "order 6": "noise outweighs bias, see below",
    "mixed orders": "tests find them, if they look deep enough",
    "many weak": "most of them still pass their tests",
    "hidden units": "no short list of terms: a network takes the whole",
    "magnetisation": "no method sees it, see below",
    "few samples": "noise outweighs bias: shrink",
    "many samples": "tests find all, and only bias is left to lose",
    "more spins": "few strong terms: tests find them",
}
lines = [
    "| kind of data | use | because | error, against pairwise | time |",
    "|---|---|---|---|---|",
]
for s in scenarios:
    m = good[s]
    gain, error = mean_and_error(100 * (eps[s][m] / eps[s]["pairwise"] - 1))
    change = "0" if m == "pairwise" else f"{gain:+.0f} ± {error:.0f} %"
    lines.append(
        f"| {s} | {labels[m]} | {because[s]} | {change} | {seconds[s][m]:.2g} s |"
    )
display(
    Markdown(
        "\n".join(lines)
        + "\n\nTimes are medians of the processor time, on one core."
    )
)

# %% [markdown]
# ## Which objective
#
# `fit_pairwise` and `fit` minimise one of several objectives, and the choice matters as much as that of the model.
#
# | you have | use | because |
# |---|---|---|
# | data whose couplings you want to read | `objective="pseudolikelihood"`, the default | it is as good as the likelihood for couplings, exact to the optimum, and takes milliseconds at 64 spins |
# | a model whose samples must look like the data | `objective="likelihood"` | it makes magnetisations and correlations of the model those of the data, which pseudolikelihood promises only where the model is right |
# | sparse data: neurons that are silent most of the time | `objective="likelihood"` | {doc}`appendix_sparse_data` shows a pseudolikelihood fit whose own samples are nothing like its data |
# | a sparse graph, and you want its edges | `symmetric=False, l1=...` | each site selects its own neighbours {cite}`ravikumar2010`; let held-out samples choose the penalty |
# | strong couplings on a sparse graph | `objective="interaction-screening"`, with `l1` | it needs fewer samples there {cite}`vuffray2016`; on the data of this page it changes nothing |
# | fewer than about ten samples for each parameter of a site | `l2=...`, chosen by held-out samples | noise outweighs bias; and an untuned penalty makes whatever is compared with the fit look better than it is |
#
# Whatever you take, `predictive_check` says whether the model's own samples look like the data.

# %% [markdown]
# ## Twelve kinds of data
#
# All have random couplings, $J_{ij} \sim \mathcal N(0, 1/N)$ times 0.5, and 32 spins and 10,000 samples unless the list says otherwise.
# $\gamma$ is the strength of the other terms relative to the couplings, as in {doc}`05_coupling_reconstruction`.
#
# - **nothing to find**: couplings only.
# - **triples**, **quadruples**: 32 {term}`interactions <interaction>` of three or of four spins, $\gamma = 1$.
# - **order 5**, **order 6**: 32 interactions of five or of six spins, $\gamma = 2$.
# - **mixed orders**: eight interactions each of three, four, five and six spins, $\gamma = 1$.
# - **many weak**: 640 triples that share the strength of the 32.
# - **hidden units**: eight unseen spins act on all spins and are summed out. The true couplings are the {term}`Walsh coefficients <Walsh coefficient>` of the whole energy, those of the hidden units included.
# - **magnetisation**: a smooth function of the sum of all spins, $E = (4/N^3) \big(\sum_i s_i\big)^4$. It contributes $-(4/N^3)(8 + 12 (N-2))$ to each coupling.
# - **few samples**: triples, 1,000 samples.
# - **many samples**: triples, 100,000 samples.
# - **more spins**: triples, 96 of them among 96 spins.
#
# ## The methods
#
# - **pairwise**: `fit_pairwise`, maximum {term}`pseudolikelihood`. **l2**: the same with a quadratic penalty, its size chosen on held-out samples.
# - **screening**: `fit_pairwise` with the interaction screening objective.
# - **L1 on triples**: the pairwise model with all triples and a penalty on the sum of their absolute values. The triples that survive are refitted without the penalty, whose size held-out samples choose. It is told that the terms are triples, so it is tried only where this is so, and where there is nothing to find.
# - **network**: a network alone. **hybrid**: the pairwise fit plus a network, then a refit of the couplings with the network held fixed. Held-out samples choose weight decay and epoch.
# - **pursuit**: `fit_many_body`, which searches all interactions of three and four spins. **deeper pursuit**: it searches up to the highest order in the data, five or six. **pursuit, l2**: with a quadratic penalty on the couplings, its size chosen on held-out samples; tried with few samples only.
# - **pursuit + network**: a hybrid that starts from what pursuit found.
# - **distilled**: `distil`, which tests only the interactions that the hybrid proposes.
# - **oracle**: told which interactions there are; for hidden units and the magnetisation it is told that whole term. Nobody has it. It is no lower bound, as we shall see.

# %% [markdown]
# ## The map

# %% tags=["hide-input"]
shown = [m for m in labels if m not in ("screening", "oracle")]
shown += ["oracle"]
ratio = np.full((len(scenarios), len(shown)), np.nan)
for i, s in enumerate(scenarios):
    for j, m in enumerate(shown):
        if m in eps[s]:
            ratio[i, j] = eps[s][m].mean() / eps[s][best[s]].mean()
figure, axes = plt.subplots(figsize=(5.4, 5.6))
axes.imshow(ratio, cmap="cividis_r", norm=LogNorm(1, 2.5), aspect="auto")
for i, j in np.argwhere(np.isfinite(ratio)):
    chosen = shown[j] == best[scenarios[i]]
    axes.text(
        j,
        i,
        f"{ratio[i, j]:.2f}",
        ha="center",
        va="center",
        fontsize=10,
        color="white" if ratio[i, j] > 1.5 else "black",
        fontweight="bold" if chosen else None,
    )
axes.set_xticks(range(len(shown)), [labels[m] for m in shown], rotation=90)
axes.xaxis.tick_top()
axes.set_yticks(range(len(scenarios)), scenarios)
axes.axvline(len(shown) - 1.5, color="white", linewidth=3)
axes.tick_params(length=0)
axes.spines[:].set_visible(False)
plotting.show(
    figure,
    name="fig-when-map",
    caption="Mean error of the couplings, as a multiple of that of the best method in the row (bold, the oracle left out). Brighter is better. Empty: not tried.",
    alt="A table of twelve kinds of data and ten methods, coloured by the error relative to the best method of the row. "
    + " ".join(
        f"{s}: "
        + ", ".join(
            f"{labels[m]} {ratio[i, j]:.2f}"
            for j, m in enumerate(shown)
            if np.isfinite(ratio[i, j])
        )
        + "."
        for i, s in enumerate(scenarios)
    ),
)


# %% tags=["remove-input"]
lines = [
    "| data | ε, pairwise | ε, best | best minus pairwise |",
    "|---|---|---|---|",
]
for s in scenarios:
    plain, top = (eps[s][m] for m in ("pairwise", best[s]))
    cells = ["{:.3f} ± {:.3f}".format(*mean_and_error(e)) for e in (plain, top)]
    cells.append("{:+.3f} ± {:.3f}".format(*mean_and_error(top - plain)))
    lines.append(f"| {s} | {' | '.join(cells)} |")
ratios = [(eps[s]["screening"] / eps[s]["pairwise"]).mean() for s in scenarios]
display(
    Markdown(
        "**The errors behind the map**, means over the instances; the difference is taken instance by instance.\n\n"
        + "\n".join(lines)
        + f"\n\nInteraction screening is not drawn: its error is {min(ratios):.2f} to {max(ratios):.2f} times that of the pairwise fit, everywhere."
    )
)

# %% [markdown]
# ## If you do not know your data
#
# You never see $\varepsilon$. You can follow a rule. The next table compares rules: always the same method, or the one that is best on held-out samples.
# A method's *price* is its $\varepsilon$ over the smallest of all methods on the same samples, minus one.
#
# Held-out pseudolikelihood asks another question than $\varepsilon$ does: how well does the model predict each spin from the others?
# Of what a network, L1 or `distil` claims for held-out samples a little is flattery, because these samples chose something in them.


# %% tags=["hide-input"]
def prices(choose):
    """For each kind of data: eps / smallest eps - 1 of the chosen method, one entry an instance."""
    found = {}
    for s in scenarios:
        errors = np.array(list(open_to_all[s].values()))
        names = list(open_to_all[s])
        picked = [names.index(name) for name in choose(s)]
        mine = errors[picked, np.arange(errors.shape[1])]
        found[s] = mine / errors.min(0) - 1
    return found


def always(method):
    return lambda s: [method] * len(instances[s])


def held_out_among(candidates):
    def choose(s):
        names = [m for m in candidates if m in open_to_all[s]]
        scores = [column_of(s, m, "held_out") for m in names]
        return [names[k] for k in np.argmin(scores, axis=0)]

    return choose


def advice(s):
    """Pursuit; if the hybrid predicts better, search deeper; if it still predicts better, the hybrid."""
    first = "pursuit, l2" if "pursuit, l2" in open_to_all[s] else "pursuit"
    deep = "deeper" if "deeper" in open_to_all[s] else first
    scores = {
        m: column_of(s, m, "held_out") for m in {"hybrid", "pursuit", deep}
    }
    found = []
    for k in range(len(instances[s])):
        if scores["pursuit"][k] <= scores["hybrid"][k]:
            found.append(first)
        else:
            better = scores[deep][k] < scores["hybrid"][k]
            found.append(deep if better else "hybrid")
    return found


everything = [m for m in labels if m not in ("oracle", "screening")]
three = ["pairwise, l2", "hybrid", "pursuit"]
rules = {
    f"always {labels[m]}": always(m)
    for m in ("pairwise", "pairwise, l2", "network", "hybrid", "pursuit")
}
rules["always pursuit + network"] = always("pursuit, then network")
rules["always distilled"] = always("distilled")
rules["held-out choice among l2, hybrid, pursuit"] = held_out_among(three)
rules["held-out choice among all"] = held_out_among(everything)
rules["the advice in the summary"] = advice
paid = {name: prices(choose) for name, choose in rules.items()}
lines = ["| rule | mean price | worst kind of data |", "|---|---|---|"]
for name, price in paid.items():
    means = {s: p.mean() for s, p in price.items()}
    worst = max(means, key=means.get)
    lines.append(
        f"| {name} | {np.mean(list(means.values())):.0%} | {worst}, {means[worst]:.0%} |"
    )
display(Markdown("\n".join(lines)))

# %% tags=["hide-input"]
choice = paid["held-out choice among all"]
flat = np.concatenate(list(choice.values()))
dear = {s: p.mean() for s, p in choice.items() if p.mean() > close - 1}
dear_text = ", ".join(f"{s} ({p:.0%})" for s, p in dear.items())
averages = {
    name: np.mean([p.mean() for p in price.values()])
    for name, price in paid.items()
}
cheapest = min(averages, key=averages.get)
fixed = min((n for n in averages if "always" in n), key=averages.get)
display(
    Markdown(
        f'The rule with the lowest mean price is "{cheapest}"; among those that always take the same method it is "{fixed}". '
        "The advice in the summary was written with these data in hand, so its price is flattered. "
        '"All" includes the deeper pursuit and pursuit with l2, where they were tried; nobody tells you the highest order.\n\n'
        f"Choosing among all methods by held-out pseudolikelihood would have been right, to {close - 1:.0%}, in {np.sum(flat <= close - 1)} of {len(flat)} data sets. "
        f"On average it costs {flat.mean():.0%}, at worst {flat.max():.0%}. It costs more than {close - 1:.0%} on average for these kinds of data: {dear_text or 'none'}."
    )
)

# %% [markdown]
# ## The right model and the wrong couplings
#
# Look at the orders five and six. The deeper pursuit finds the right interactions there, and its couplings are as good as the oracle's.
# The plain pursuit cannot find them, since it does not look at these orders.

# %% tags=["hide-input"]
silent = eps["nothing to find"]["oracle"].mean()
text = []
for s in ("order 5", "order 6"):
    deep, plain = eps[s]["deeper"], eps[s]["pursuit"]
    scores = [column_of(s, m, "held_out") for m in ("deeper", "pursuit")]
    right, wrong = (score.mean() for score in scores)
    notes = [table[s, k]["pursuit"]["notes"] for k in instances[s]]
    found = np.mean([n["found"] for n in notes])
    true = np.mean([n["true"] for n in notes])
    difference = mean_and_error(deep - plain)
    text.append(
        f"**{s.capitalize()}.** The plain pursuit takes in {found:.0f} interactions of three and four spins, of which {true:.0f} are real. On held-out samples "
        f"it is far behind: {wrong:.1f} nats, against {right:.1f} for the deeper pursuit. Yet its $\\varepsilon$ is {plain.mean():.3f}, against {deep.mean():.3f} "
        f"for the deeper pursuit and {eps[s]['oracle'].mean():.3f} for the oracle. Deeper minus plain, instance by instance: "
        + "{:+.3f} ± {:.3f}.".format(*difference)
    )
few, much = (
    {m: eps[s][m].mean() for m in ("oracle", "pairwise")}
    for s in ("triples", "many samples")
)
display(
    Markdown(
        "\n\n".join(text)
        + f"\n\nThe oracle has the right model. Its error comes from the finite number of samples alone. With nothing to find this error is {silent:.3f}. "
        "With strong interactions it is larger: they all but fix a spin, and a spin that is fixed tells little about its couplings. "
        "A wrong model does not see this. It has more bias and less noise.\n\n"
        f"Noise falls with the number of samples, bias does not. For triples, 10,000 samples give the oracle {few['oracle']:.3f} and the pairwise fit {few['pairwise']:.3f}; "
        f"100,000 samples give {much['oracle']:.3f} and {much['pairwise']:.3f}.\n\n"
        "Two warnings follow. A model that predicts much better need not have better couplings. And interactions that pursuit reports may be stand-ins "
        "for terms of an order that it did not search: search deeper before you believe in them, and see whether the held-out score falls."
    )
)

# %% [markdown]
# ## Where a network is still the better tool
#
# Hidden units couple all spins at all orders, each term weak. There is no short list to find.

# %% tags=["hide-input"]
units = eps["hidden units"]
pairs = (("hybrid", "pairwise"), ("hybrid", "pursuit"), ("hybrid", "network"))
text = [
    f"hybrid minus {labels[b]} "
    + "{:+.3f} ± {:.3f}".format(*mean_and_error(units[a] - units[b]))
    for a, b in pairs
]
after = {
    s: mean_and_error(eps[s]["pursuit, then network"] - eps[s]["pursuit"])
    for s in scenarios
}
scale = {s: 0.01 * eps[s]["pursuit"].mean() for s in scenarios}
helped = [s for s, (m, e) in after.items() if m < -max(2 * e, scale[s])]
harmed = [s for s, (m, e) in after.items() if m > max(2 * e, scale[s])]
display(
    Markdown(
        f"For them: {'; '.join(text)}. All differences are of $\\varepsilon$, taken instance by instance.\n\n"
        "Does a network help on top of pursuit? By more than two standard errors and more than 1 % it does for "
        f"{', '.join(helped) or 'no kind of data'}, and it does harm for {', '.join(harmed) or 'none'}. It costs little but time: "
        "where it learns nothing, held-out samples keep it at its start.\n\n"
        "Two cases for a network are outside this study. Where there are too many spins, or too high orders, to test all sets, `distil` lets the network propose them. "
        "And a network describes data of which nobody wants a list of terms."
    )
)

# %% tags=["nbval-check-output"]
for kind in ("triples", "quadruples", "many weak", "many samples"):
    better = eps[kind]["pursuit"] < eps[kind]["hybrid"]
    print(f"{kind}: pursuit beats the hybrid always:", bool(better.all()))
better = eps["hidden units"]["hybrid"] < eps["hidden units"]["pursuit"]
print("hidden units: the hybrid beats pursuit always:", bool(better.all()))

# %% [markdown]
# ## When nothing helps

# %% tags=["hide-input"]
smooth = eps["magnetisation"]
ranks = {m: (e / smooth["pairwise"]).mean() for m, e in smooth.items()}
least = min((m for m in open_to_all["magnetisation"]), key=ranks.get)
display(
    Markdown(
        f"A smooth function of the magnetisation is spread over all sets of four spins, each with a tiny coefficient. Pursuit finds "
        f"{np.mean([table['magnetisation', k]['pursuit']['notes']['found'] for k in instances['magnetisation']]):.0f} interactions. "
        f"No method gets below {ranks[least]:.2f} times the error of the pairwise fit.\n\n"
        f"Whoever is told the function has $\\varepsilon$ = {smooth['oracle'].mean():.3f} instead of {smooth['pairwise'].mean():.3f}. So if you can guess the form, "
        "write it: any energy with a `forward` can be added to a pairwise model and trained by `fit`."
    )
)

# %% [markdown]
# ## Real data
#
# Nobody knows the true couplings of handwritten digits, of votes, or of genes. What can be had is the probability of samples that no fit has seen.
# The study `studies/real_data.py` takes public sets of binary data, and leaves out a quarter of the samples, each quarter in turn. The l2 penalty of the couplings is tuned on a part of the others, and so are epoch and weight decay of the networks; no start of a network has seen the samples that choose these.
# Spins that are $+1$ in fewer than 5 % of the samples, or in more than 95 %, are left out: a spin that hardly ever changes makes a quadruple out of any triple, and data cannot tell the two apart.
#
# Two scores are given, in nats a sample; less is better. The pseudolikelihood is what all models were trained for. The likelihood asks more: a model must give *no* probability to samples that do not occur, anywhere, and not only to the neighbours of those that do.

# %% tags=["hide-input"]
WORDS = {
    "mnist": "MNIST, 8 × 8",
    "digits": "digits, 8 × 8",
    "senate": "votes, US Senate",
    "mood": "words for moods",
    "personality": "personality items",
    "ability": "ability items",
    "splice": "splice junctions",
    "genes": "genes, on or off",
    "stocks": "stocks, up or down",
}
file = Path(results).parent / "real_data.jsonl"
real = {}
for line in file.read_text().splitlines():
    record = json.loads(line)
    if "result" in record:
        source = record["setting"]["source"]
        real.setdefault(source, []).append(record["result"])
real = {source: real[source] for source in WORDS if source in real}


def over_folds(found, score, name):
    """Mean over the folds that were left out, and its standard error."""
    mean, error = np.array([fold[score][name] for fold in found]).T
    return mean.mean(), np.sqrt((error**2).sum()) / len(found)


def table_of(score):
    names = ["pursuit", "hybrid", "hybrid after pursuit"]
    lines = [
        "| data | samples × spins | pairwise | pursuit − pairwise | hybrid − pairwise | hybrid after pursuit − pairwise | found |",
        "|---|---|---:|---:|---:|---:|---:|",
    ]
    for source, found in real.items():
        cells = [f"{over_folds(found, score, 'pairwise')[0]:.2f}"]
        for name in names:
            mean, error = over_folds(found, f"{score} minus pairwise", name)
            text = f"{mean:+.2f} ± {error:.2f}"
            cells.append(f"**{text}**" if mean < -3 * error else text)
        size = round(np.mean([4 * fold["samples"] for fold in found]))
        counts = [len(fold["notes"]["interactions"]) for fold in found]
        listed = sorted({min(counts), max(counts)})
        cells.append("–".join(str(count) for count in listed))
        lines.append(
            f"| {WORDS[source]} | {size:,} × {found[0]['spins']} | "
            + " | ".join(cells)
            + " |"
        )
    return "\n".join(lines)


# %% tags=["remove-input"]
folds = sorted({len(found) for found in real.values()})
display(
    Markdown(
        "**Negative log pseudolikelihood.** Bold: better than pairs by more than three standard errors. *Found*: interactions that pursuit took.\n\n"
        + table_of("pseudolikelihood")
        + f"\n\nOver {' to '.join(map(str, folds))} quarters left out, errors over samples."
    )
)

# %% tags=["remove-input"]
display(
    Markdown(
        "**Negative log likelihood**, with $\\log Z$ by annealing.\n\n"
        + table_of("likelihood")
    )
)

# %% [markdown]
# For images the structure of many pixels pays: a list of interactions or a network predicts a pixel from the others far better than pairs do. For votes and test items pursuit finds next to nothing, and says so; by pseudolikelihood a network then gains little or loses.
# And a model can win by one score and lose by the other, as the hybrid does on MNIST. A network that was trained by pseudolikelihood alone is free in all the places where no sample lies, so it may give probability to images that are no digits at all. Pursuit, whose terms are few, has less room for that. Who wants to *draw* from a hybrid should train it by likelihood, as {doc}`appendix_sparse_data` does.

# %% tags=["hide-input"]
every = ebm.data.digits().spins
up = (every == 1).mean(0)
pixels = np.flatnonzero(np.minimum(up, 1 - up) >= 0.05)
notes = real["digits"][-1]["notes"]
sets, coefficients = notes["interactions"], np.array(notes["coefficients"])
z = np.abs(coefficients / np.array(notes["errors"]))
background = np.full(64, -0.35)
background[pixels] = 0.35 * (2 * up[pixels] - 1)
clearest = np.argsort(-z, kind="stable")[:8]
pictures, titles = [], []
for k in clearest:
    picture = background.copy()
    picture[pixels[sets[k]]] = np.sign(coefficients[k])
    pictures.append(picture.reshape(8, 8))
    titles.append(f"{coefficients[k]:+.2f} ± {notes['errors'][k]:.2f}")
figure = plt.figure(figsize=(5.2, 3.0))
axes = plotting.plot_images(figure, np.array(pictures), columns=4, limit=1.0)
for ax, title in zip(axes, titles, strict=True):
    ax.set_title(title, fontsize=10)
reach = [np.ptp(np.divmod(pixels[i], 8), axis=1).max() for i in sets]
near = np.mean(np.array(reach) < 4)
plotting.show(
    figure,
    name="fig-digit-interactions",
    caption="The eight clearest interactions among the digits' pixels, with coefficient and standard error, on a faint mean image. Red: the product of the marked spins tends to +1; blue: to −1.",
    alt=f"Eight grids of 8 by 8 pixels, each with {min(len(sets[k]) for k in clearest)} or {max(len(sets[k]) for k in clearest)} marked pixels. "
    f"{sum(coefficients[k] < 0 for k in clearest)} of the eight are blue. Of all interactions {near:.0%} fit into a window of four by four pixels.",
)

# %% [markdown]
# ## Limits of this map
#
# - The couplings are of one family: all pairs, Gaussian, weak. Sparse or strong couplings may rank the methods in another way.
# - 32 spins, and 96 once. A pursuit grows with the number of sets, which for order four is the fourth power of the number of spins.
# - The strengths were chosen so that the effect shows and the chains still mix.
# - There are few instances. Differences of a few percent between two columns of the map mean little; the paired errors tell which are real.
# - The networks had one size, one activation and few weight decays to choose from. A larger search would help them somewhat.
# - The oracle's list, and what deeper pursuit knows of the highest order, are not for sale.
#
# ## Summary
#
# - Run pursuit first. It takes seconds, and where it finds nothing it returns the pairwise fit.
# - With few samples, give it a penalty.
# - If the hybrid predicts held-out samples better than pursuit does, search deeper. If it still does, there is something that is no short list of terms: take the hybrid.
# - A better held-out score is no promise of better couplings.
# - If you know the form of what else is in the data, write it down as an energy. No method here makes up for that.
#
# ## References
#
# The hybrid and the reconstruction error: {cite}`feinauer2022`. Pseudolikelihood: {cite}`besag1975`. Interaction screening: {cite}`vuffray2016`.
