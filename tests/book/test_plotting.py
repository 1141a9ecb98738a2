"""Figures: what is drawn is what was given, and the words beside a figure come from the data."""

import io

import IPython.display
import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from conftest import random_pairwise
from PIL import Image

import ebmtools as ebm
from ebmtools import plotting

CURVES = {"pairwise": ([0.1, 0.3, 0.52], [0.01, 0.01, 0.02]), "hybrid": ([0.1, 0.09, 0.08], [0.01, 0.01, 0.01])}


def drawn(monkeypatch, name="fig-one", caption="A line.", alt="A line from 0 to 1."):
    """What `show` hands to the notebook."""
    calls = []
    monkeypatch.setattr(IPython.display, "display", lambda data, **options: calls.append((data, options)))
    figure, axes = plt.subplots()
    axes.plot([0, 1])
    plotting.show(figure, name, caption, alt)
    return calls, figure


def test_show_puts_words_beside_the_figure(monkeypatch):
    calls, figure = drawn(monkeypatch)
    ((data, options),) = calls
    assert options["metadata"]["ebmtools"] == {"name": "fig-one", "caption": "A line.", "alt": "A line from 0 to 1."}
    assert options["raw"] is True
    assert data["text/plain"] == "A line from 0 to 1."
    image = Image.open(io.BytesIO(data["image/png"]))
    assert image.size[0] > 100
    assert "Software" not in image.info  # so that a new Matplotlib changes no byte by its name alone
    assert not plt.fignum_exists(figure.number)


def test_same_figure_same_bytes(monkeypatch):
    first, second = (drawn(monkeypatch)[0][0][0]["image/png"] for _ in range(2))
    assert first == second


@pytest.mark.parametrize(("caption", "alt"), [("", "words"), ("words", "  ")])
def test_show_needs_caption_and_alt_text(monkeypatch, caption, alt):
    with pytest.raises(ValueError, match="caption, alt: figure 'fig-one' needs both"):
        drawn(monkeypatch, caption=caption, alt=alt)


def test_style():
    with mpl.rc_context():
        plotting.use_style()
        assert mpl.rcParams["figure.constrained_layout.use"]
        assert not mpl.rcParams["axes.spines.top"]


def test_curves_and_their_alt_text():
    _, axes = plt.subplots()
    x = [0, 0.5, 1]
    plotting.plot_curves(axes, x, CURVES)
    for container, (name, (mean, _)) in zip(axes.containers, CURVES.items(), strict=True):
        assert container.get_label() == name
        line = container.lines[0]
        assert line.get_color() == plotting.COLORS[name]
        np.testing.assert_array_equal(line.get_data(), [x, mean])
    text = plotting.describe_curves(x, CURVES, "gamma")
    assert text == (
        "pairwise goes from 0.1 at gamma = 0 to 0.52 at gamma = 1; "
        "hybrid goes from 0.1 at gamma = 0 to 0.08 at gamma = 1"
    )
    assert "0.9" in plotting.describe_curves(x, {"pairwise": ([0.1, 0.3, 0.9], [0, 0, 0])}, "gamma")


def test_coupling_matrix():
    _, axes = plt.subplots()
    energy = random_pairwise(5)
    image = plotting.plot_couplings(axes, ebm.couplings(energy))
    np.testing.assert_array_equal(image.get_array(), energy.couplings)
    assert image.norm.vmax == -image.norm.vmin == np.abs(energy.couplings).max()
    red, _, blue, _ = image.cmap(image.norm(image.norm.vmax))
    assert red > blue  # positive is red
    assert plotting.plot_couplings(axes, energy.couplings, limit=2.0).norm.vmax == 2.0


def test_coupling_matrix_of_zeros():
    _, axes = plt.subplots()
    plotting.plot_couplings(axes, np.zeros((3, 3)))


def test_reconstruction():
    _, axes = plt.subplots()
    truth, guess = random_pairwise(5).couplings, random_pairwise(5, seed=1).couplings
    plotting.plot_reconstruction(axes, truth, {"hybrid": guess, "mine": truth})
    diagonal, hybrid, mine = axes.lines
    np.testing.assert_array_equal(diagonal.get_xdata(), diagonal.get_ydata())
    upper = np.triu_indices(5, 1)
    np.testing.assert_array_equal(hybrid.get_data(), [truth[upper], guess[upper]])
    np.testing.assert_array_equal(mine.get_xdata(), mine.get_ydata())
    assert hybrid.get_color() == plotting.COLORS["hybrid"]
    assert axes.get_xlabel() == "true coupling"


@pytest.mark.parametrize("limit", [None, 0.5])
def test_images(limit):
    figure = plt.figure()
    pictures = ebm.data.digits().spins[:5].reshape(5, 8, 8)
    axes = plotting.plot_images(figure, pictures, columns=3, limit=limit)
    assert [ax.get_visible() for ax in axes] == [True] * 5 + [False]
    for ax, picture in zip(axes, pictures, strict=False):
        np.testing.assert_array_equal(ax.images[0].get_array(), picture)
        assert ax.images[0].get_clim() == ((-1, 1) if limit is None else (-0.5, 0.5))
    ink = axes[0].images[0].cmap(1.0)[:3]
    assert limit is not None or ink == (0, 0, 0)


def test_slope():
    x = np.array([1.0, 2, 4, 8])
    assert abs(plotting.fit_slope(x, 3 * x**-0.5) + 0.5) < 1e-12
