"""One style for all figures, the plots that chapters share, and `show`, which adds caption and alt text."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.colors import TwoSlopeNorm
from matplotlib.figure import Figure
from PIL import Image

from ebmtools.checks import ArrayLike, Floats

COLORS = {
    "exact": "#000000",
    "pairwise": "#0072B2",
    "network": "#E69F00",
    "hybrid": "#009E73",
    "oracle": "#777777",
    "data": "#000000",
    "model": "#D55E00",
    "other": "#CC79A7",
    "pursuit": "#CC79A7",
}
"""One colour a role, from the palette of Okabe & Ito, which readers with colour-blindness can tell apart."""
MARKERS = {
    "exact": "",
    "pairwise": "s",
    "network": "^",
    "hybrid": "o",
    "oracle": "D",
    "data": "o",
    "model": "s",
    "pursuit": "v",
}


def use_style() -> None:
    """Set the style of the book for this session: text that a phone can show, no decoration."""
    plt.rcParams.update(mpl.rcParamsDefault)
    plt.rcParams.update(
        {
            "figure.figsize": (5.2, 3.4),
            "figure.facecolor": "white",
            "figure.constrained_layout.use": True,
            "savefig.dpi": 150,
            "font.size": 11,
            "axes.titlesize": 11,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.prop_cycle": cycler(color=["#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9"]),
            "lines.linewidth": 1.8,
            "lines.markersize": 5.5,
            "legend.frameon": False,
            "image.interpolation": "nearest",
        }
    )


def show(figure: Figure, name: str, caption: str, alt: str) -> None:
    """Display a figure in a notebook with its label, caption and alt text, and close it.

    Parameters
    ----------
    figure : Figure
    name : str
        Label for references from the text, such as "fig-couplings".
    caption : str
        Printed below the figure in the book; Markdown with mathematics.
    alt : str
        What is seen, in words, for readers who cannot see it; make its numbers from the data.

    Raises
    ------
    ValueError
        If the caption or the alt text is empty.
    """
    from IPython.display import display

    if not caption.strip() or not alt.strip():
        raise ValueError(f"caption, alt: figure {name!r} needs both.")
    full, buffer = io.BytesIO(), io.BytesIO()
    figure.savefig(full, format="png", metadata={"Software": None})
    # 256 colours: a third of the bytes, and no difference that one can see.
    picture = Image.open(full).convert("RGB").quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    picture.save(buffer, format="png", optimize=True)
    plt.close(figure)
    words = {"name": name, "caption": caption, "alt": alt}
    data = {"image/png": buffer.getvalue(), "text/plain": alt}
    display(data, raw=True, metadata={"ebmtools": words})  # type: ignore[no-untyped-call]


def plot_curves(axes: Axes, x: npt.ArrayLike, curves: Mapping[str, tuple[npt.ArrayLike, npt.ArrayLike]]) -> None:
    """Draw named curves with error bars: `curves` maps a name to (mean, standard error), both (len(x),)."""
    for name, (mean, error) in curves.items():
        style = {"color": COLORS.get(name), "marker": MARKERS.get(name, "o"), "label": name, "capsize": 3}
        axes.errorbar(np.asarray(x), np.asarray(mean), yerr=np.asarray(error), **style)  # type: ignore[arg-type]


def describe_curves(x: npt.ArrayLike, curves: Mapping[str, tuple[npt.ArrayLike, npt.ArrayLike]], axis: str) -> str:
    """Return alt text for `plot_curves`: where each curve starts and ends, its errors left out.

    >>> describe_curves([0, 1], {"pairwise": ([0.1, 0.5], [0, 0])}, "gamma")
    'pairwise goes from 0.1 at gamma = 0 to 0.5 at gamma = 1'
    """
    first, last = np.asarray(x)[[0, -1]]
    phrases = []
    for name, (mean, _) in curves.items():
        start, stop = np.asarray(mean)[[0, -1]]
        phrases.append(f"{name} goes from {start:.2g} at {axis} = {first:g} to {stop:.2g} at {axis} = {last:g}")
    return "; ".join(phrases)


def plot_couplings(axes: Axes, couplings: ArrayLike, limit: float | None = None) -> Any:
    """Draw a coupling matrix (N, N), red positive, blue negative, white at zero; return the image for a colour bar.

    A fit may be given for its couplings. Where its data were a frame, the axes carry the names of the spins.
    """
    matrix = np.asarray(getattr(couplings, "couplings", couplings))
    top = (float(np.abs(matrix).max()) or 1.0) if limit is None else limit
    axes.spines[:].set_visible(True)
    names = getattr(couplings, "names", None)
    if names is not None:
        axes.set_xticks(range(len(names)), names, rotation=90)
        axes.set_yticks(range(len(names)), names)
    return axes.imshow(matrix, cmap="RdBu_r", norm=TwoSlopeNorm(0, -top, top))


def plot_reconstruction(axes: Axes, truth: ArrayLike, estimates: Mapping[str, ArrayLike]) -> None:
    """Draw estimated against true couplings, one point a pair, with the diagonal on which a perfect estimate lies."""
    true = np.asarray(truth)
    upper = np.triu_indices(len(true), 1)
    reach = 1.05 * float(np.abs(true[upper]).max())
    axes.plot([-reach, reach], [-reach, reach], color=COLORS["exact"], linewidth=1, zorder=0)
    for name, estimate in estimates.items():
        axes.plot(
            true[upper],
            np.asarray(estimate)[upper],
            linestyle="",
            marker=MARKERS.get(name, "o"),
            markersize=3.5,
            alpha=0.7,
            color=COLORS.get(name),
            label=name,
        )
    axes.set_xlabel("true coupling")
    axes.set_ylabel("reconstructed coupling")


def plot_images(figure: Figure, images: npt.ArrayLike, columns: int, limit: float | None = None) -> list[Axes]:
    """Draw images (K, height, width) in a grid: spins in black and white, or with `limit` in red and blue."""
    pictures = np.asarray(images)
    rows = -(-len(pictures) // columns)
    axes = list(np.atleast_1d(figure.subplots(rows, columns)).ravel())
    for ax, picture in zip(axes, pictures, strict=False):
        if limit is None:
            ax.imshow(picture, cmap="gray_r", vmin=-1, vmax=1)
        else:
            ax.imshow(picture, cmap="RdBu_r", vmin=-limit, vmax=limit)
    for ax in axes:
        ax.set(xticks=[], yticks=[])
        ax.spines[:].set_visible(True)
    for ax in axes[len(pictures) :]:
        ax.set_visible(False)
    return axes


def fit_slope(x: npt.ArrayLike, y: npt.ArrayLike) -> float:
    """Return the least-squares slope of log y against log x: the exponent of a power law.

    >>> round(fit_slope([1, 10, 100], [3, 0.3, 0.03]), 6)
    -1.0
    """
    slope: Floats = np.polyfit(np.log(np.asarray(x)), np.log(np.asarray(y)), 1)
    return float(slope[0])
