"""Pursuit and hybrids on the handwritten digits, by the pseudolikelihood of images left out: results/digits.json.

Pixels that are ink or paper in fewer than one image in twenty are left out: a spin that hardly ever changes makes a
quadruple out of any triple, and no data tell the two apart.
"""

import json
import time
from pathlib import Path

import numpy as np
import torch

import ebmtools as ebm

RESULT = Path(__file__).resolve().parents[1] / "results" / "digits.json"
PENALTY = 0.01  # on couplings, as held-out images chose it in chapter 3
HELD_OUT = 0.15  # of the images that are trained on, to choose weight decay and epoch


def nats(energy, images):
    """Negative log pseudolikelihood of each image, (M,)."""
    with torch.no_grad():
        flips = energy.flip_change(images)
    return torch.nn.functional.softplus(-flips).sum(1).double().numpy()


def with_network(start, train, seed):
    """A start plus a network: `start` makes an energy of images.

    Held-out images choose weight decay and epoch, so the start must not have seen them: it is made of the others, and
    stays as it is while the network learns. Then its parameters are fitted once more, to all images, beside the
    network.
    """
    order = np.random.default_rng(seed).permutation(len(train))
    held_out, kept = np.split(train[order], [round(HELD_OUT * len(train))])
    first, network = start(kept).requires_grad_(False), ebm.Network(train.shape[1], (64,), "tanh", seed=seed)
    settings = {"batch_size": 50, "epochs": 60, "weight_decay": (0.3, 1.0, 3.0), "validation": held_out}
    fit = ebm.fit(first + network, kept, seed=seed, progress=False, **settings)
    model = first.requires_grad_(True) + network.requires_grad_(False)
    return ebm.fit_convex(model, train, l2=PENALTY).energy, fit.weight_decay


def main():
    torch.set_num_threads(1)
    every = ebm.data.digits().spins
    inked = (every == 1).mean(0)
    used = np.flatnonzero(np.minimum(inked, 1 - inked) >= 0.05)
    digits = every[:, used]
    fold = np.random.default_rng(0).permutation(len(digits)) % 4
    record = {"pixels": used.tolist(), "images": len(digits), "mean": digits.mean(0).tolist(), "folds": []}
    for left_out in range(4):
        train, test = digits[fold != left_out], digits[fold == left_out]
        start = time.process_time()
        pairwise = ebm.fit_pairwise(train, l2=PENALTY).energy
        pursuit = ebm.fit_many_body(train, l2=PENALTY)
        seconds = time.process_time() - start
        hybrid, decay = with_network(lambda x: ebm.fit_pairwise(x, l2=PENALTY).energy, train, left_out)
        after, decay_after = with_network(lambda x: ebm.fit_many_body(x, l2=PENALTY).energy, train, left_out)
        models = {"pairwise": pairwise, "pursuit": pursuit.energy, "hybrid": hybrid, "hybrid after pursuit": after}
        record["folds"].append(
            {
                "nats": {name: nats(model, test).tolist() for name, model in models.items()},
                "interactions": pursuit.interactions,
                "coefficients": pursuit.coefficients.tolist(),
                "errors": pursuit.coefficients_error.tolist(),
                "ambiguous": len(pursuit.ambiguous),
                "decays": [decay, decay_after],
                "seconds": seconds,
            }
        )
        scores = {name: round(float(nats(model, test).mean()), 3) for name, model in models.items()}
        print(left_out, scores, len(pursuit.interactions), f"{seconds:.1f} s", decay, decay_after, flush=True)
    RESULT.write_text(json.dumps(record) + "\n")


if __name__ == "__main__":
    main()
