"""Couplings and interactions from any energy."""

from ebmtools.extraction.coefficients import Couplings, Interactions, couplings, interactions
from ebmtools.extraction.contacts import contact_scores
from ebmtools.extraction.reconstruction import reconstruction_error

__all__ = ["Couplings", "Interactions", "contact_scores", "couplings", "interactions", "reconstruction_error"]
