"""Which interactions of higher order the data call for."""

from ebmtools.pursuit.distillation import distil
from ebmtools.pursuit.result import ManyBodyFit
from ebmtools.pursuit.search import fit_many_body

__all__ = ["ManyBodyFit", "distil", "fit_many_body"]
