"""States from an energy: by enumeration, by Markov chains, by chains at several temperatures."""

from ebmtools.sampling import exact
from ebmtools.sampling.chains import sample
from ebmtools.sampling.draws import Draws
from ebmtools.sampling.metropolis import Chain, metropolis_hastings
from ebmtools.sampling.tempering import Tempering, parallel_tempering

__all__ = ["Chain", "Draws", "Tempering", "exact", "metropolis_hastings", "parallel_tempering", "sample"]
