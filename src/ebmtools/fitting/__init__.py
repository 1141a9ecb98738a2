"""An energy from states: objectives, and fits that minimise them."""

from ebmtools.fitting import objectives
from ebmtools.fitting.adam import Fit
from ebmtools.fitting.convex import ConvexFit, fit_convex
from ebmtools.fitting.pairwise import fit_pairwise
from ebmtools.fitting.penalty import PenaltyChoice, choose_penalty
from ebmtools.fitting.potts import PottsFit, fit_potts
from ebmtools.fitting.rbm import RBMFit, fit_rbm
from ebmtools.fitting.results import Estimate, PairwiseFit
from ebmtools.fitting.stochastic import fit

__all__ = [
    "ConvexFit",
    "Estimate",
    "Fit",
    "PairwiseFit",
    "PenaltyChoice",
    "PottsFit",
    "RBMFit",
    "choose_penalty",
    "fit",
    "fit_convex",
    "fit_pairwise",
    "fit_potts",
    "fit_rbm",
    "objectives",
]
