"""Warnings: each cause has a class of its own, and each names the user's line."""

import inspect
import warnings

import numpy as np
import pytest
import torch

import ebmtools as ebm
from ebmtools import exact
from ebmtools.warnings import EbmWarning, warn

SPINS = exact.sample(ebm.random_hamiltonian(5, seed=1), 400, seed=1)
FEW = exact.sample(ebm.random_hamiltonian(12, seed=1), 150, seed=1)
COPIES = np.column_stack([SPINS, SPINS[:, 0]])


def fit_pairwise():
    ebm.fit_pairwise(COPIES)


def fit_pairwise_by_autograd():
    ebm.fit_pairwise(COPIES, objective="likelihood")


def fit_pairwise_by_site():
    ebm.fit_pairwise(COPIES, symmetric=False)


def fit_convex():
    ebm.fit_convex(ebm.Pairwise(np.zeros((6, 6))), COPIES)


def fit_convex_by_autograd():
    ebm.fit_convex(2.0 * ebm.Pairwise(np.zeros((6, 6))), COPIES)


def fit_many_body():
    ebm.fit_many_body(COPIES)


def fit_many_body_on_few_samples():
    ebm.fit_many_body(SPINS[:11], l2=0.1)


def distil():
    ebm.distil(ebm.ManyBody(6, [(1, 2, 3)], [1.0]), COPIES, orders=[3])


def fit():
    ebm.fit(ebm.Network(5, (4,)), SPINS, learning_rate=1e4, epochs=5, progress=False)


def fit_a_start_that_has_seen_the_samples():
    ebm.fit(ebm.fit_pairwise(FEW, l2=1e-3).energy, FEW, epochs=2, progress=False)


def log_partition():
    ebm.log_partition(ebm.Pairwise(0.1 * (np.ones((30, 30)) - np.eye(30))), n_chains=16, n_steps=1)


def likelihood_of_a_magnet():
    ebm.fit_pairwise(MAGNET, objective="likelihood", l2=1e-3)


MAGNET = np.where(np.random.default_rng(0).random((4_000, 22)) < 0.02, -1, 1) * np.array([[1], [-1]] * 2_000)
CASES = [
    (fit_pairwise, "InfiniteOptimumWarning"),
    (fit_pairwise_by_autograd, "ConvergenceWarning|InfiniteOptimumWarning"),
    (fit_pairwise_by_site, "InfiniteOptimumWarning"),
    (fit_convex, "InfiniteOptimumWarning"),
    (fit_convex_by_autograd, "ConvergenceWarning|InfiniteOptimumWarning"),
    (fit_many_body, "AmbiguityWarning|InfiniteOptimumWarning"),
    (fit_many_body_on_few_samples, "TooFewSamplesWarning"),
    (distil, "AmbiguityWarning|InfiniteOptimumWarning"),
    (fit, "DivergenceWarning"),
    (fit_a_start_that_has_seen_the_samples, "StartKeptWarning"),
    (log_partition, "PartitionWarning"),
    (likelihood_of_a_magnet, "MixingWarning|PartitionWarning|ConvergenceWarning"),
]


def caught_from(call) -> list[warnings.WarningMessage]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call()
    return caught


@pytest.mark.parametrize(("call", "classes"), CASES, ids=[call.__name__ for call, _ in CASES])
def test_a_warning_names_the_users_line_and_its_cause(call, classes):
    caught = caught_from(call)
    assert caught
    line = inspect.getsourcelines(call)[1] + 1
    assert {(one.filename, one.lineno) for one in caught} == {(__file__, line)}
    assert {one.category.__name__ for one in caught} <= set(classes.split("|"))
    assert all(issubclass(one.category, EbmWarning) for one in caught)


def test_a_start_that_has_not_seen_the_held_out_samples_may_be_kept():
    held_out, kept = FEW[:30], FEW[30:]
    start = ebm.fit_pairwise(kept, l2=0.1).energy

    def train():
        return ebm.fit(start, kept, validation=held_out, epochs=2, progress=False).best_epoch

    assert caught_from(train) == []
    assert train() == 0


def test_a_class_can_be_filtered():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", ebm.warnings.InfiniteOptimumWarning)
        fit_pairwise()
        warnings.simplefilter("error", ebm.warnings.InfiniteOptimumWarning)
        with pytest.raises(ebm.warnings.InfiniteOptimumWarning):
            fit_pairwise()


def test_every_class_is_raised_somewhere_and_documented():
    raised = {name for _, names in CASES for name in names.split("|")}
    assert {"EbmWarning", *raised} == set(ebm.warnings.__all__)
    assert all(getattr(ebm.warnings, name).__doc__ for name in ebm.warnings.__all__)


def test_frames_of_torch_and_of_the_package_are_passed_over():
    @torch.no_grad()
    def wrapped():
        warn("here", EbmWarning)

    inside: dict[str, object] = {"__name__": "ebmtools.fitting.some", "wrapped": wrapped}
    exec("def deep():\n    wrapped()", inside)
    (one,) = caught_from(lambda: warn("there", EbmWarning))
    assert one.filename == __file__
    (one,) = caught_from(inside["deep"])
    assert one.filename == __file__
