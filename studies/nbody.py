"""N-body data as a table: `python studies/nbody.py --simulations 1000 --out nbody.csv`.

Bodies of equal mass pull each other with G = 1 and a softened potential; a leapfrog (kick, drift, kick) moves them. One
row a body and time: N_sim, N_star, time_step, x, y, z, vx, vy, vz. The first simulations of a seed are the same however
many there are. At the end the command says by how much energies have changed: data without that figure mean nothing.
"""

import argparse
import csv
import math
import sys
from pathlib import Path

import numpy as np
from tqdm import tqdm

COLUMNS = ("N_sim", "N_star", "time_step", "x", "y", "z", "vx", "vy", "vz")
BLOCK = 1000
"""Simulations that move together and are written together."""


def accelerations(x, masses, softening):
    """Pulls on all bodies, (..., N, 3), for positions (..., N, 3)."""
    apart = x[..., None, :, :] - x[..., :, None, :]
    squared = (apart**2).sum(-1) + softening**2
    return (masses[:, None] * apart / squared[..., None] ** 1.5).sum(-2)


def energy(x, v, masses, softening):
    """Kinetic energy and softened potential, (...,)."""
    apart = x[..., None, :, :] - x[..., :, None, :]
    r = np.sqrt((apart**2).sum(-1) + softening**2)
    pairs = np.triu(np.outer(masses, masses), 1)
    return 0.5 * ((v**2).sum(-1) * masses).sum(-1) - (pairs / r).sum((-2, -1))


def simulate(x, v, masses, softening, dt, steps):
    """Positions and velocities at times 0, dt, ..., (..., steps + 1, N, 3) each."""
    xs, vs, a = [x], [v], accelerations(x, masses, softening)
    for _ in range(steps):
        v = v + dt / 2 * a
        x = x + dt * v
        a = accelerations(x, masses, softening)
        v = v + dt / 2 * a
        xs.append(x)
        vs.append(v)
    return np.stack(xs, -3), np.stack(vs, -3)


def starts(count, n_bodies, seed, block=0):
    """Normal positions and velocities of a block, (count, N, 3), without total momentum."""
    x, v = np.moveaxis(np.random.default_rng([seed, block]).normal(size=(count, 2, n_bodies, 3)), 1, 0)
    return x, v - v.mean(-2, keepdims=True)


def show(xs):
    """The first simulation as it moves, seen from above, in a window of matplotlib."""
    from matplotlib import pyplot as plt  # only here: the table needs no window

    _, axes = plt.subplots()
    axes.set(xlabel="x", ylabel="y", xlim=(-5, 5), ylim=(-5, 5), aspect="equal")
    paths = [axes.plot([], [], marker="o", markevery=[-1])[0] for _ in range(xs.shape[-2])]
    for now in range(1, len(xs) + 1):
        for body, path in enumerate(paths):
            path.set_data(*xs[:now, body, :2].T)
        plt.pause(0.05)


def write(path, given):
    """Write the table, block by block, and return the relative change of each simulation's energy.

    It grows beside its place and is moved there when it is whole: nobody reads half of it.
    """
    masses, steps = np.full(given.bodies, given.mass / given.bodies), round(given.time / given.dt)
    unfinished, changes = path.with_name(path.name + ".part"), []
    with unfinished.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(COLUMNS)
        for block in tqdm(range(math.ceil(given.simulations / BLOCK)), unit="block", disable=given.quiet):
            x, v = starts(BLOCK, given.bodies, given.seed, block)
            here = min(BLOCK, given.simulations - block * BLOCK)
            xs, vs = simulate(x[:here], v[:here], masses, given.softening, given.dt, steps)
            before, after = (energy(xs[:, k], vs[:, k], masses, given.softening) for k in (0, -1))
            changes.append(np.abs(after / before - 1))
            if given.plot and block == 0:
                show(xs[0])
            for simulation, time, body in np.ndindex(xs.shape[:3]):
                at = (*xs[simulation, time, body].tolist(), *vs[simulation, time, body].tolist())
                rows.writerow((block * BLOCK + simulation, body, time, *at))
    unfinished.replace(path)
    return np.concatenate(changes)


def at_least(least, kind):
    """A type for argparse: a number that is finite and not smaller."""

    def convert(text):
        try:
            value = kind(text)
        except ValueError:
            value = math.nan
        if not (math.isfinite(value) and value >= least):
            raise argparse.ArgumentTypeError(f"got {text!r}, expected {kind.__name__} of at least {least:g}")
        return value

    return convert


def arguments(given=None):
    """The command's arguments, checked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--simulations", type=at_least(1, int), default=1000)
    parser.add_argument("--bodies", type=at_least(2, int), default=5)
    parser.add_argument("--mass", type=at_least(1e-9, float), default=1.0, help="of all bodies together")
    parser.add_argument("--softening", type=at_least(1e-9, float), default=0.1)
    parser.add_argument("--dt", type=at_least(1e-9, float), default=0.1, help="step, and distance of the rows in time")
    parser.add_argument("--time", type=at_least(1e-9, float), default=1.0, help="end; a multiple of dt")
    parser.add_argument("--seed", type=at_least(0, int), default=0)
    parser.add_argument("--out", type=Path, default=Path("nbody.csv"))
    parser.add_argument("--plot", action="store_true", help="show the first simulation as it moves")
    parser.add_argument("--quiet", action="store_true", help="no progress")
    found = parser.parse_args(given)
    steps = found.time / found.dt
    if steps < 0.5 or abs(steps - round(steps)) > 1e-6:
        parser.error(f"argument --time: got {found.time:g}, expected a multiple of dt = {found.dt:g}")
    if not found.out.parent.is_dir():
        parser.error(f"argument --out: there is no folder {found.out.parent}")
    return found


def main(given=None):
    """Write the table and say how far the simulations can be trusted."""
    found = arguments(given)
    changes = write(found.out, found)
    middle, high = np.quantile(changes, (0.5, 0.9))
    print(f"{found.out}: {found.simulations} simulations of {found.bodies} bodies, total mass {found.mass:g}")
    print(f"relative change of energy: median {middle:.1e}, 90 % below {high:.1e}")
    if middle > 0.01:
        print("These orbits are not physics: take a smaller dt.", file=sys.stderr)


if __name__ == "__main__":
    main()
