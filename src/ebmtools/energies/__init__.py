"""What a state costs: energies, which add up."""

from ebmtools.energies.base import Energy
from ebmtools.energies.many_body import ManyBody
from ebmtools.energies.network import Network
from ebmtools.energies.pairwise import Pairwise
from ebmtools.energies.polynomial import Polynomial
from ebmtools.energies.potts import Potts
from ebmtools.energies.random import random_hamiltonian
from ebmtools.energies.rbm import RBM, BinaryRBM

__all__ = ["RBM", "BinaryRBM", "Energy", "ManyBody", "Network", "Pairwise", "Polynomial", "Potts", "random_hamiltonian"]
