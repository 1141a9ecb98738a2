"""L1 on all triples: the pairwise model with every triple of spins in it, and a penalty that keeps few of them.

What one would do without score tests. It knows that the terms are triples, which `ebm.fit_many_body` is not told.
"""

import numpy as np
import torch

import ebmtools as ebm

SHARES = (0.7, 0.5, 0.35, 0.25, 0.18, 0.12)
"""The penalties tried, as shares of the smallest one that leaves no triple in the model."""
STEPS = 60
"""Steps of accelerated proximal gradient at each penalty, from the solution at the one before."""


def fit(training, held_out):
    """Return the sets I of the best refitted model: the penalty is chosen by held-out pseudolikelihood.

    Minimises pseudolikelihood + l1 sum |xi_I| over h, J and all xi_I of order 3, by FISTA (Beck & Teboulle 2009), takes
    the triples that are not zero, and refits them without the penalty. Smaller penalties are tried until two in a row
    do not improve.
    """
    s = torch.tensor(training, dtype=torch.float32)
    n = s.shape[1]
    rows, columns = np.triu_indices(n, 1)
    products = s[:, rows] * s[:, columns]  # s_j s_k of all pairs: the field of a triple on i is xi s_j s_k
    pair = np.zeros((n, n), int)
    pair[rows, columns] = np.arange(len(rows))
    sets = np.array([(i, j, k) for i in range(n) for j in range(i + 1, n) for k in range(j + 1, n)])
    i, j, k = sets.T
    # the three places of each triple in a (pairs, spins) table of fields
    places = torch.tensor(np.stack([pair[j, k] * n + i, pair[i, k] * n + j, pair[i, j] * n + k]))
    upper = torch.tensor(np.stack([rows * n + columns, columns * n + rows]))

    def gradient(x):
        """Of the pseudolikelihood, -2/M sum_mu sum_i p(flip of i) s_i dfield_i, in (h, J, xi)."""
        h, couplings, xi = torch.split(x, [n, len(rows), len(sets)])
        table = torch.zeros(len(rows) * n).index_put((places,), xi.expand(3, -1)).reshape(len(rows), n)
        matrix = torch.zeros(n * n).index_put((upper,), couplings.expand(2, -1)).reshape(n, n)
        pull = s * torch.sigmoid(-2 * s * (h + s @ matrix + products @ table))
        on_pairs, on_triples = (s.T @ pull).ravel(), (products.T @ pull).ravel()
        return -2 / len(s) * torch.cat([pull.sum(0), on_pairs[upper].sum(0), on_triples[places].sum(0)])

    start = ebm.fit_pairwise(training)
    x = torch.cat([torch.tensor(start.fields), torch.tensor(start.couplings[rows, columns]), torch.zeros(len(sets))])
    x = x.float()
    penalised = torch.arange(len(x)) >= n + len(rows)
    most = float(gradient(x)[penalised].abs().max())
    size = 1 / largest_curvature(gradient, len(x))
    best, lowest = [], refit([], training, held_out)
    worse = 0
    for share in SHARES:
        at, momentum = x, 1.0
        for _ in range(STEPS):
            step = at - size * gradient(at)
            shrunk = torch.sign(step) * torch.relu(step.abs() - size * share * most)
            new = torch.where(penalised, shrunk, step)
            following = (1 + (1 + 4 * momentum**2) ** 0.5) / 2
            at, x, momentum = new + (momentum - 1) / following * (new - x), new, following
        kept = [tuple(one) for one in sets[np.flatnonzero(x[penalised].numpy())].tolist()]
        score = refit(kept, training, held_out)
        if score < lowest:
            best, lowest, worse = kept, score, 0
        elif (worse := worse + 1) == 2:
            break
    return best, lowest


def refit(sets, training, held_out):
    """Held-out pseudolikelihood of the pairwise model with these sets, fitted to the training samples."""
    energy = ebm.Pairwise(np.zeros((training.shape[1],) * 2)) + ebm.ManyBody(
        training.shape[1], sets, np.zeros(len(sets))
    )
    ebm.fit_convex(energy, training)
    with torch.no_grad():
        return float(ebm.objectives.pseudolikelihood(energy, held_out))


def largest_curvature(gradient, length):
    """The largest eigenvalue of the Hessian at zero, where all its terms are largest: a bound for every x."""
    origin = gradient(torch.zeros(length))
    vector = torch.ones(length)
    for _ in range(30):
        vector = vector / vector.norm()
        image = (gradient(0.01 * vector) - origin) / 0.01
        value, vector = float(vector @ image), image
    return 1.1 * value
