"""The study behind the page "When to use what": which method reads off the couplings best, for which kind of data.

python studies/when_to_use_what.py --workers 2
"""

import itertools
from dataclasses import dataclass

from engine import Study, main
from methods import METHODS, SETTINGS, Data
from scenarios import SCENARIOS

import ebmtools as ebm

INSTANCES = 5


def methods_for(scenario):
    """The methods that are tried in a scenario."""
    left_out = set() if scenario.lasso else {"L1 on triples"}
    left_out |= {f"pursuit to order {k}" for k in (5, 6) if k != scenario.highest_order}
    left_out |= {"pursuit, l2"} if scenario.n_samples > 1000 else set()  # seven pursuits, for noisy data
    return [name for name in METHODS if name not in left_out]


@dataclass(frozen=True)
class Setting:
    """One method on one data set; `instance` is the seed of the truth, of the samples and of the training."""

    scenario: str
    instance: int
    method: str


def compute(setting):
    """The error of the couplings, the held-out objective, the method's own seconds, and what it chose."""
    data = Data(setting.scenario, setting.instance)
    couplings, held_out, seconds, notes = METHODS[setting.method](data)
    return {
        "eps": round(ebm.reconstruction_error(couplings, data.truth.couplings), 5),
        "held_out": None if held_out is None else round(held_out, 5),
        "seconds": round(seconds, 2),
        "notes": notes,
        "rhat": round(data.rhat, 4),
        "spins": data.n_spins,
        "samples": len(data.spins),
        "settings": SETTINGS | {"epochs": data.scenario.epochs, "weight_decays": data.scenario.weight_decays},
    }


STUDY = Study(
    "when_to_use_what",
    1,
    tuple(
        Setting(name, instance, method)
        for instance, (name, scenario) in itertools.product(range(INSTANCES), SCENARIOS.items())
        for method in methods_for(scenario)
    ),
    compute,
)

if __name__ == "__main__":
    main(STUDY, small=tuple(Setting("few samples", 0, method) for method in ("oracle", "pairwise, l2", "pursuit")))
