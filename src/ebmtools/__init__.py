"""Energy-based models of binary spins: energies, samplers, pseudolikelihood fits, and the couplings of any energy.

    >>> import ebmtools as ebm
    >>> truth = ebm.random_hamiltonian(16, order=3, gamma=0.25, beta=1.0, seed=1)
    >>> spins = ebm.exact.sample(truth, 5_000, seed=1)
    >>> model = ebm.fit_pairwise(spins).energy + ebm.Network(16, seed=1)
    >>> fit = ebm.fit(model, spins, epochs=5, progress=False)
    >>> ebm.reconstruction_error(ebm.couplings(model), truth.couplings) < 0.5
    True

Conventions: an energy returns E; p(s) ~ exp(-beta E(s)), where beta belongs to the sampler and is 1 by default; spins
are -1/+1; pairs are counted once; J is symmetric with a zero diagonal.
"""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import TYPE_CHECKING

from ebmtools import alignments, data, warnings
from ebmtools.checks import as_spins
from ebmtools.energies import RBM, Energy, ManyBody, Network, Pairwise, Potts, random_hamiltonian
from ebmtools.extraction import Couplings, Interactions, contact_scores, couplings, interactions, reconstruction_error
from ebmtools.fitting import (
    ConvexFit,
    Estimate,
    Fit,
    PairwiseFit,
    PenaltyChoice,
    PottsFit,
    RBMFit,
    choose_penalty,
    fit,
    fit_convex,
    fit_pairwise,
    fit_potts,
    fit_rbm,
    objectives,
)
from ebmtools.pursuit import ManyBodyFit, distil, fit_many_body
from ebmtools.sampling import (
    Chain,
    Draws,
    LogPartition,
    PredictiveCheck,
    Tempering,
    exact,
    log_partition,
    metropolis_hastings,
    parallel_tempering,
    predictive_check,
    sample,
)

if TYPE_CHECKING:
    from ebmtools import plotting

__version__ = "0.1.0"

__all__ = [
    "RBM",
    "Chain",
    "ConvexFit",
    "Couplings",
    "Draws",
    "Energy",
    "Estimate",
    "Fit",
    "Interactions",
    "LogPartition",
    "ManyBody",
    "ManyBodyFit",
    "Network",
    "Pairwise",
    "PairwiseFit",
    "PenaltyChoice",
    "Potts",
    "PottsFit",
    "PredictiveCheck",
    "RBMFit",
    "Tempering",
    "alignments",
    "as_spins",
    "choose_penalty",
    "contact_scores",
    "couplings",
    "data",
    "distil",
    "exact",
    "fit",
    "fit_convex",
    "fit_many_body",
    "fit_pairwise",
    "fit_potts",
    "fit_rbm",
    "interactions",
    "log_partition",
    "metropolis_hastings",
    "objectives",
    "parallel_tempering",
    "plotting",
    "predictive_check",
    "random_hamiltonian",
    "reconstruction_error",
    "sample",
    "warnings",
]


def __getattr__(name: str) -> ModuleType:
    if name == "plotting":  # loaded at its first use: it brings pyplot
        return importlib.import_module("ebmtools.plotting")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
