"""Restricted Boltzmann machines on photographs of globular clusters: how likely clusters are that were left out.

STELLARIUM=/path/to/nebulae/default python studies/star_clusters.py

The photographs come with the planetarium Stellarium (on Debian the package stellarium-data) and are not ours to pass
on: without the variable they are looked for at their usual place, /usr/share/stellarium/nebulae/default. They belong
to their photographers; recorded are numbers, and images that the machine has drawn.
"""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from engine import Study, main
from PIL import Image

import ebmtools as ebm

PLACE = "/usr/share/stellarium/nebulae/default"
NAMES = (
    "ic4499-dss m2 m3 m4 m5 m9 m10 m12 m13 m14 m15-vasey m19 m22 m28 m30 m53 m54 m55 m56 m62 m68 m69 m70 "
    "m71 m72 m75 m79 m80 m92 m107 n104 n288 n362 n1261-dss n1851-dss n2298-dss n2419-sdss n2808 n3201-dss "
    "n4147-sdss n4372-dss n4833-dss n5053 n5139 n5286 n5466 n5634-dss n5694-dss n5824-dss n5897 n5927-dss "
    "n5986-dss n6101-dss n6139-dss n6229-sdss n6235-dss n6284-dss n6287-dss n6293 n6304 n6316 n6352-dss "
    "n6356-dss n6362 n6366-dss n6388 n6397 n6401 n6441-2mass n6496 n6539 n6541-dss n6544 n6553 n6569 "
    "n6584 n6624-dss n6652 n6712-2mass n6752 n6760-dss n6934-dss n7006-sdss n7492-dss "
)
"""Images of Stellarium whose centre lies at a globular cluster of the Milky Way (161 in the list of galpy 1.12)."""
SIDE, BRIGHT = 32, 0.25


@dataclass(frozen=True)
class Setting:
    """A quarter of the clusters is left out: those whose number leaves the remainder `fold`."""

    fold: int
    images: str = "stellarium"
    hidden: int = 64
    epochs: int = 150
    l2: float = 0.001


def photographs():
    """Grey images (84, 32, 32), 0 to 1: halved from 64 pixels, relative to the brightest half per cent."""
    folder = Path(os.environ.get("STELLARIUM", PLACE))
    if not folder.is_dir():
        raise FileNotFoundError(f"no folder {folder}: set STELLARIUM to Stellarium's folder nebulae/default")
    grey = []
    for name in NAMES.split():
        with Image.open(folder / f"{name}.png") as image:
            small = np.asarray(image.convert("L").resize((2 * SIDE, 2 * SIDE), Image.Resampling.BOX), float)
        grey.append(small.reshape(SIDE, 2, SIDE, 2).mean(axis=(1, 3)) / max(np.percentile(small, 99.5), 1))
    return np.array(grey)


def synthetic(count=24):
    """Discs of many sizes, to prove that the study runs where there are no photographs."""
    rng = np.random.default_rng(0)
    x = np.linspace(-1, 1, SIDE)
    squares = (x[:, None] ** 2 + x**2) / rng.uniform(0.05, 0.5, (count, 1, 1)) ** 2
    return np.exp(-squares) * rng.uniform(0.5, 1.5, squares.shape)


def turned(images):
    """All eight symmetries of the square of each image, as rows."""
    quarter = [np.rot90(images, k, axes=(1, 2)) for k in range(4)]
    return np.concatenate([*quarter, *(image[:, :, ::-1] for image in quarter)]).reshape(-1, SIDE * SIDE)


def compute(setting):
    """Nats of each cluster left out, under the machine and under independent pixels; eight images drawn from noise."""
    grey = photographs() if setting.images == "stellarium" else synthetic()
    spins = np.where(grey > BRIGHT, 1, -1).astype(np.int8)
    left_out = np.arange(len(spins)) % 4 == setting.fold
    train, test = turned(spins[~left_out]), spins[left_out].reshape(-1, SIDE * SIDE)
    share = ((train == 1).sum(0) + 1) / (len(train) + 2)
    alone = np.log(np.where(test == 1, share, 1 - share))
    varies = (train != train[0]).any(0)  # the others are left to independent pixels, in both models
    given = {"epochs": setting.epochs, "learning_rate": 0.01, "l2": setting.l2, "seed": setting.fold}
    machine = ebm.fit_rbm(train[:, varies], setting.hidden, progress=False, **given).energy
    z = ebm.log_partition(machine, n_chains=200, n_steps=2000, seed=setting.fold)
    drawn = np.tile(train[:1], (8, 1))
    chains = {"n_chains": 8, "warmup": 2000, "thin": 1, "method": "block", "seed": setting.fold}
    drawn[:, varies] = ebm.sample(machine, 8, **chains).spins
    with torch.no_grad():
        test_nats, train_nats = (-machine(x[:, varies]).double().numpy() - z.value for x in (test, train))
    return {
        "bright": round(float((spins == 1).mean()), 4),
        "rbm": np.round(test_nats + alone[:, ~varies].sum(1), 3).tolist(),
        "independent": np.round(alone.sum(1), 3).tolist(),
        "pixels that vary": int(varies.sum()),
        "train, of these": round(float(train_nats.mean()), 3),
        "log Z error": round(z.error, 4),
        "drawn": [np.packbits(image == 1).tobytes().hex() for image in drawn],
    }


STUDY = Study("star_clusters", 1, tuple(Setting(fold) for fold in range(4)), compute)

if __name__ == "__main__":
    main(STUDY, small=(Setting(0, images="synthetic", hidden=4, epochs=2),))
