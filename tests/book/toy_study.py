"""A study of a second or two: what the engine does with good settings, failures, and deaths of workers."""

import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "studies"))
from engine import Study, main

import ebmtools as ebm


@dataclass(frozen=True)
class Setting:
    spins: int
    seed: int
    what: str = "good"
    pause: float = 0.0


def compute(setting):
    time.sleep(setting.pause)
    if setting.what == "fails":
        raise ValueError("as it was told to")
    if setting.what == "dies":
        os._exit(1)
    energy = ebm.random_hamiltonian(setting.spins, gamma=1.0, beta=0.5, seed=setting.seed)
    fit = ebm.fit_pairwise(ebm.exact.sample(energy, 500, seed=setting.seed))
    return {"eps": ebm.reconstruction_error(fit.couplings, energy.couplings), "objective": fit.objective}


PAUSE = float(os.environ.get("TOY_PAUSE", "0"))
GOOD = tuple(Setting(6, seed, pause=PAUSE) for seed in range(int(os.environ.get("TOY_SETTINGS", "12"))))
BAD = (Setting(6, 0, "fails"), Setting(6, 0, "dies"))

if __name__ == "__main__":
    main(Study("toy", 1, GOOD, compute), small=(*GOOD[:3], *BAD))
