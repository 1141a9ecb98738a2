"""Draw the three graphs of the front page: what correlates, what a pairwise fit says, what is true.

Seven spins with five couplings and two interactions of three spins, all by enumeration, as if data never ended. Written
to book/_static/drawings/hero-*.svg; a test draws them again.
"""

import itertools
import math
from pathlib import Path

import numpy as np

import ebmtools as ebm

FOLDER = Path(__file__).resolve().parent.parent / "book" / "_static" / "drawings"
N_SPINS = 7
COUPLINGS = {(0, 1): 0.7, (1, 2): 0.6, (2, 3): -0.6, (4, 5): 0.6, (5, 6): 0.55}
TRIPLES = {(0, 3, 5): 0.7, (1, 4, 6): 0.6}
FIELDS = (0.1, -0.1, 0.2, 0.45, 0.4, 0.1, 0.4)
DRAWN = 0.1
"""A line for every pair whose number is at least this."""
BLUE, ORANGE, GREEN, PURPLE, INK = (
    "var(--drawing-blue, #0072b2)",
    "var(--drawing-orange, #b84f00)",
    "var(--drawing-green, #00734f)",
    "var(--drawing-purple, #a8497f)",
    "var(--drawing-ink, #222)",
)


def matrices() -> dict[str, np.ndarray]:
    """Correlations, couplings of the pairwise fit, and the true couplings, each (7, 7)."""
    true = np.zeros((N_SPINS, N_SPINS))
    for (i, j), value in COUPLINGS.items():
        true[i, j] = true[j, i] = value
    energy = ebm.Pairwise(true, FIELDS) + ebm.ManyBody(N_SPINS, list(TRIPLES), list(TRIPLES.values()))
    mean, second = ebm.exact.moments(energy)
    spread = np.sqrt(1 - mean**2)
    fit = ebm.fit_pairwise(ebm.exact.states(N_SPINS), weights=ebm.exact.probabilities(energy))
    return {
        "correlations": (second - np.outer(mean, mean)) / np.outer(spread, spread),
        "fit": fit.couplings,
        "truth": true,
    }


def place(spin: int) -> tuple[float, float]:
    """Where a spin stands, on a circle, the first at the top."""
    angle = 2 * math.pi * spin / N_SPINS
    return round(120 + 88 * math.sin(angle), 1), round(112 - 88 * math.cos(angle), 1)


def drawing(matrix: np.ndarray, ghosts: bool, triples: bool) -> str:
    """One graph: a line for each pair, as thick as its number; ghosts are dashed."""
    lines = []
    for triple in TRIPLES if triples else ():
        corners = " ".join(f"{x},{y}" for x, y in map(place, triple))
        lines.append(
            f'<polygon points="{corners}" fill="{GREEN}" fill-opacity="0.22" stroke="{GREEN}" stroke-width="1.5" '
            'stroke-linejoin="round"/>'
        )
    for i, j in itertools.combinations(range(N_SPINS), 2):
        value = float(matrix[i, j])
        if abs(value) < DRAWN:
            continue
        (x1, y1), (x2, y2) = place(i), place(j)
        ghost = ghosts and (i, j) not in COUPLINGS
        colour = PURPLE if ghost else BLUE if value > 0 else ORANGE
        dash = ' stroke-dasharray="7 6"' if ghost else ""
        ends = f'x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}"'
        lines.append(f'<line {ends} stroke="{colour}" stroke-width="{9 * abs(value):.1f}"{dash}/>')
    for spin in range(N_SPINS):
        x, y = place(spin)
        lines.append(
            f'<circle cx="{x}" cy="{y}" r="10" stroke="{INK}" stroke-width="2" '
            'style="fill: var(--pst-color-background, #fff)"/>'
        )
    body = "\n  ".join(lines)
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 240 216" '
        f'style="background: var(--drawing-ground, #fff)">\n  {body}\n</svg>\n'
    )


def drawings() -> dict[str, str]:
    """The files, by name."""
    return {
        f"hero-{name}.svg": drawing(matrix, ghosts=name == "fit", triples=name == "truth")
        for name, matrix in matrices().items()
    }


if __name__ == "__main__":
    for name, text in drawings().items():
        (FOLDER / name).write_text(text)
        print(f"book/_static/drawings/{name}")
