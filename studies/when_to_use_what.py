"""The study behind the page "When to use what": which method reads off the couplings best, for which kind of data.

python studies/when_to_use_what.py --workers 2

One row (a line of JSON) for each scenario, instance and method goes to results/when_to_use_what.jsonl. Rows that are
there already are not computed again: remove a row, or the file, to have it made anew.
"""

import argparse
import itertools
import json
import multiprocessing
import warnings
from pathlib import Path

import torch
from methods import METHODS, SETTINGS, Data
from scenarios import SCENARIOS

import ebmtools as ebm

ROWS = Path(__file__).resolve().parent.parent / "results" / "when_to_use_what.jsonl"
INSTANCES = 5


def methods_for(scenario):
    """The methods that are tried in a scenario."""
    left_out = set() if scenario.lasso else {"L1 on triples"}
    left_out |= {f"pursuit to order {k}" for k in (5, 6) if k != scenario.highest_order}
    left_out |= {"pursuit, l2"} if scenario.n_samples > 1000 else set()  # seven pursuits, for noisy data
    return [name for name in METHODS if name not in left_out]


def missing():
    """(scenario, instance) -> methods without a row."""
    lines = ROWS.read_text().splitlines() if ROWS.exists() else []
    done = {(row["scenario"], row["instance"], row["method"]) for row in map(json.loads, lines)}
    jobs = {}
    for instance, (name, scenario) in itertools.product(range(INSTANCES), SCENARIOS.items()):
        todo = [method for method in methods_for(scenario) if (name, instance, method) not in done]
        if todo:
            jobs[name, instance] = todo
    return jobs


def run(job):
    """Compute the rows of one instance, and append each as soon as it is there."""
    (name, instance), methods = job
    torch.set_num_threads(1)
    warnings.simplefilter("ignore", RuntimeWarning)  # fits that do not converge or find nothing: their eps shows it
    data = Data(name, instance)
    for method in methods:
        couplings, held_out, seconds, notes = METHODS[method](data)
        row = {
            "scenario": name,
            "instance": instance,
            "method": method,
            "eps": round(ebm.reconstruction_error(couplings, data.truth.couplings), 5),
            "held_out": None if held_out is None else round(held_out, 5),
            "seconds": round(seconds, 2),
            "notes": notes,
            "rhat": round(data.rhat, 4),
            "spins": data.n_spins,
            "samples": len(data.spins),
            "settings": SETTINGS | {"epochs": data.scenario.epochs, "weight_decays": data.scenario.weight_decays},
            "seed": instance,
            "version": ebm.__version__,
        }
        with open(ROWS, "a") as file:
            file.write(json.dumps(row) + "\n")
        print(f"{name}, {instance}, {method}: eps {row['eps']:.3f}, {seconds:.1f} s", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workers", type=int, default=2, help="processes side by side, one core each")
    parser.add_argument("--only", nargs="*", default=list(SCENARIOS), help="scenarios, such as 'order 5'")
    parser.add_argument("--instances", type=int, default=INSTANCES)
    options = parser.parse_args()
    ROWS.parent.mkdir(exist_ok=True)
    jobs = [j for j in missing().items() if j[0][0] in options.only and j[0][1] < options.instances]
    with multiprocessing.get_context("spawn").Pool(options.workers) as pool:
        for _ in pool.imap_unordered(run, jobs, chunksize=1):
            pass


if __name__ == "__main__":
    main()
