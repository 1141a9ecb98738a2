"""An energy from states: objectives, and fits that minimise them."""

from ebmtools.fitting import objectives
from ebmtools.fitting.adam import fit
from ebmtools.fitting.convex import ConvexFit, fit_convex
from ebmtools.fitting.pairwise import PairwiseFit, fit_pairwise
from ebmtools.fitting.training import Fit

__all__ = ["ConvexFit", "Fit", "PairwiseFit", "fit", "fit_convex", "fit_pairwise", "objectives"]
