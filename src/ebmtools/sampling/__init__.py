"""States from an energy: by enumeration, by Markov chains, by chains at several temperatures."""

from ebmtools.sampling import exact
from ebmtools.sampling.chains import sample
from ebmtools.sampling.draws import Draws
from ebmtools.sampling.metropolis import Chain, metropolis_hastings
from ebmtools.sampling.partition import LogPartition, log_partition
from ebmtools.sampling.predictive import PredictiveCheck, predictive_check
from ebmtools.sampling.tempering import Tempering, parallel_tempering

__all__ = [
    "Chain",
    "Draws",
    "LogPartition",
    "PredictiveCheck",
    "Tempering",
    "exact",
    "log_partition",
    "metropolis_hastings",
    "parallel_tempering",
    "predictive_check",
    "sample",
]
