"""Fits in other processes, as a user runs many of them: started by spawn, after a fit on two threads."""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import torch
from conftest import random_pairwise

import ebmtools as ebm
from ebmtools import exact


def test_fits_in_spawned_processes_are_those_of_this_one():
    data = [exact.sample(random_pairwise(4, seed=k), 500, seed=k) for k in range(2)]
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        here = [ebm.fit_pairwise(spins) for spins in data]
        with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
            there = list(pool.map(ebm.fit_pairwise, data, timeout=120))
    finally:
        torch.set_num_threads(before)
    for one, other in zip(here, there, strict=True):
        np.testing.assert_allclose(one.couplings, other.couplings, atol=1e-9)
        np.testing.assert_allclose(one.couplings_error, other.couplings_error, rtol=1e-6)
    assert not np.allclose(here[0].couplings, there[1].couplings)
