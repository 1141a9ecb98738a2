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

from ebmtools import data, plotting
from ebmtools.energies.base import Energy
from ebmtools.energies.network import Network
from ebmtools.energies.polynomial import ManyBody, Pairwise
from ebmtools.energies.random import random_hamiltonian
from ebmtools.extraction.coefficients import Couplings, Interactions, couplings, interactions, reconstruction_error
from ebmtools.fitting import objectives
from ebmtools.fitting.adam import Fit, fit
from ebmtools.fitting.convex import ConvexFit, fit_convex
from ebmtools.fitting.pairwise import PairwiseFit, fit_pairwise
from ebmtools.pursuit.distillation import distil
from ebmtools.pursuit.result import ManyBodyFit
from ebmtools.pursuit.search import fit_many_body
from ebmtools.sampling import exact
from ebmtools.sampling.chains import sample
from ebmtools.sampling.draws import Draws
from ebmtools.sampling.metropolis import Chain, metropolis_hastings
from ebmtools.sampling.tempering import Tempering, parallel_tempering

__version__ = "0.1.0"

__all__ = [
    "Chain",
    "ConvexFit",
    "Couplings",
    "Draws",
    "Energy",
    "Fit",
    "Interactions",
    "ManyBody",
    "ManyBodyFit",
    "Network",
    "Pairwise",
    "PairwiseFit",
    "Tempering",
    "couplings",
    "data",
    "distil",
    "exact",
    "fit",
    "fit_convex",
    "fit_many_body",
    "fit_pairwise",
    "interactions",
    "metropolis_hastings",
    "objectives",
    "parallel_tempering",
    "plotting",
    "random_hamiltonian",
    "reconstruction_error",
    "sample",
]
