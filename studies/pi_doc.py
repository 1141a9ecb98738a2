"""The two networks of chapter 11, reduced and in full: errors over seeds, and the full one at 160 x 160 pixels.

python studies/pi_doc.py

Clusters and networks are those that the chapter defines. The full pair takes about an hour of one core.
"""

import base64
import zlib
from dataclasses import dataclass

import numpy as np
import torch
from chapters import definitions
from engine import Study, main

REDUCED = {"widths": (8, 16, 32, 32), "filters": ((8, 5), (16, 5), (32, 3)), "dense": (32, 16)}
SHOWN = (0.1, 0.5, 0.9)
"""Quantiles of total mass of the clusters whose maps are recorded."""


@dataclass(frozen=True)
class Setting:
    """Defaults: the networks as published, and as many maps as an hour allows."""

    seed: int
    size: int = 160
    maps: int = 800
    test: int = 300
    mass_epochs: int = 8
    age_epochs: int = 20
    widths: tuple[int, ...] = (32, 64, 128, 128)
    filters: tuple[tuple[int, int], ...] = ((16, 10), (32, 10), (64, 5), (128, 5))
    dense: tuple[int, ...] = (64, 32, 16)


def trained(chapter, network, epochs, target):
    """The network after steps on squared errors, each batch mirrored or not."""
    for index, mirrored in chapter.batches(epochs, 3e-3, network):
        given, wanted = chapter.x[index][:, None], target[index]
        if mirrored:
            given, wanted = given.flip(-1), wanted.flip(-1) if wanted.dim() == 4 else wanted
        ((network(given) - wanted) ** 2).mean().backward()
    return network


def answers(network, maps):
    """Answers in blocks, so that memory stays small."""
    with torch.no_grad():
        return torch.cat([network(block) for block in torch.split(maps, 50)])


def errors(guess, truth):
    """Errors of maps of log mass: root mean square in decades, of a pixel, of the total."""
    off = guess - truth
    total = (10**guess).sum((1, 2)) / (10**truth).sum((1, 2)) - 1
    per_map = off.pow(2).mean((1, 2))
    rms = per_map.mean().sqrt()
    return {
        "rms": round(float(rms), 4),
        "rms error": round(float(per_map.std() / len(off) ** 0.5 / (2 * rms)), 4),
        "pixel": round(float((10**off - 1).abs().median()), 4),
        "total": round(float(total.abs().median()), 4),
    }


def misses(guess, truth):
    """Mean absolute errors of distance (kpc) and age (Gyr), each with its standard error."""
    miss = (guess - truth).abs()
    mean, error = miss.mean(0), miss.std(0) / len(miss) ** 0.5
    return [[round(float(a), 3), round(float(b), 3)] for a, b in zip(mean, error, strict=True)]


def packed(picture, low, high):
    """A map as bytes, 0 for `low` and 255 for `high`, compressed, as text."""
    levels = ((picture - low) / (high - low) * 255).round().clamp(0, 255).to(torch.uint8)
    return base64.b85encode(zlib.compress(levels.numpy().tobytes(), 9)).decode()


def compute(setting):
    """Both networks trained, their errors on clusters that were left out beside baselines, three of their maps."""
    chapter = definitions("11_pi_doc")
    chapter.size = setting.size
    generator = np.random.default_rng(setting.seed)
    flux, mass, truth = chapter.observe(setting.maps, generator)
    test_flux, test_mass, test_truth = chapter.observe(setting.test, generator)
    chapter.x = (flux - flux.mean()) / flux.std()
    test_x = ((test_flux - flux.mean()) / flux.std())[:, None]
    torch.manual_seed(setting.seed)
    mass_net = chapter.MassNet(setting.widths)
    trained(chapter, mass_net, setting.mass_epochs, ((mass - mass.mean()) / mass.std())[:, None])
    age_net = chapter.AgeNet(setting.filters, setting.dense, setting.size)
    trained(chapter, age_net, setting.age_epochs, (truth - truth.mean(0)) / truth.std(0))
    predicted = answers(mass_net, test_x)[:, 0] * mass.std() + mass.mean()
    scale = torch.vander(chapter.x.flatten().double(), 4)
    cubic = torch.linalg.lstsq(scale, mass.flatten().double()[:, None]).solution
    by_cubic = (torch.vander(test_x.flatten().double(), 4) @ cubic).reshape(test_mass.shape)
    order = torch.argsort((10**test_mass).sum((1, 2)))
    shown = [int(order[int(q * setting.test)]) for q in SHOWN]
    return {
        "numbers": [chapter.counted(mass_net), chapter.counted(age_net)],
        "network": errors(predicted, test_mass),
        "cubic": errors(by_cubic, test_mass),
        "distance, age": misses(answers(age_net, test_x) * truth.std(0) + truth.mean(0), test_truth),
        "median": misses(truth.median(0).values.expand_as(test_truth), test_truth),
        "maps": [
            {
                "distance": round(float(test_truth[k, 0]), 1),
                "age": round(float(test_truth[k, 1]), 1),
                "light": packed(test_flux[k], -7, -2.5),
                "mass": packed(test_mass[k], -2, 2),
                "predicted": packed(predicted[k], -2, 2),
            }
            for k in (shown if setting.size == 160 else ())
        ],
    }


_REDUCED = {"size": 64, "maps": 800, "mass_epochs": 5, "age_epochs": 18, **REDUCED}
STUDY = Study("pi_doc", 1, (*(Setting(seed, **_REDUCED) for seed in range(5)), Setting(0)), compute)

if __name__ == "__main__":
    trial = Setting(0, size=48, maps=100, test=100, mass_epochs=1, age_epochs=1, **REDUCED)
    main(STUDY, small=(trial,))
