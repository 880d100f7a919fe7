"""Every picture beside the one that was looked at.

`pytest tests/test_plot_images.py --mpl-generate-path=tests/baseline` draws them anew. What a picture draws is tested in numbers
elsewhere: this notices what numbers do not, such as a label on top of another.
"""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.testing.compare import compare_images

import popgraph as pg
from popgraph import plot, zoo

TOLERANCE = 6  # root mean square of 255; another picture differs by more, as the last test shows
picture = pytest.mark.mpl_image_compare(
    baseline_dir="baseline", style="default", tolerance=TOLERANCE, savefig_kwargs={"dpi": 60}
)
LC = zoo.lightning_cloud()
CUBE = zoo.hypercube(4)
BLOCKS = zoo.planted_subclasses(3, 2, size=4, within="1/5", across="1/20")


def panels(*draw) -> Figure:
    figure, axes = plt.subplots(1, len(draw), figsize=(5 * len(draw), 4.2), layout="constrained")
    for each, ax in zip(draw, np.ravel(axes), strict=True):
        each(ax)
    return figure


@picture
def test_matrices():
    return panels(
        lambda ax: plot.matrix(LC, "w", ax=ax),
        lambda ax: plot.matrix(zoo.ring(6), ax=ax),
        lambda ax: plot.matrix(BLOCKS, ax=ax),
    )


@picture
def test_before_and_after():
    return plot.before_and_after(LC)[0].figure


@picture
def test_graphs():
    return panels(
        lambda ax: plot.graph(LC, ax=ax),
        lambda ax: plot.graph(BLOCKS, ax=ax),
        lambda ax: plot.graph(zoo.hypercube(8), ax=ax),
    )


@picture
def test_spectra():
    return panels(lambda ax: plot.spectrum(CUBE.spectrum(5), ax=ax), lambda ax: plot.spectrum(CUBE.spectrum(3), ax=ax))


@picture
def test_embeddings():
    return panels(
        lambda ax: plot.embedding(LC, LC.spectrum(2), ax=ax),
        lambda ax: plot.embedding(zoo.ring(12), zoo.ring(12).spectrum(3), dims=(1, 2), ax=ax),
        lambda ax: plot.embedding(BLOCKS, BLOCKS.spectrum(1), ax=ax),
    )


@picture
def test_training():
    return panels(lambda ax: plot.training(pg.train(CUBE, 5, rng=0), CUBE.spectrum(5), ax=ax))


@picture
def test_flows():
    two_bits = pg.build(np.full(4, 0.25), np.kron([[0.875, 0.125], [0.125, 0.875]], [[0.75, 0.25], [0.25, 0.75]]))
    return panels(
        lambda ax: plot.flow(pg.flow(two_bits, 4, 0.01), ax=ax),
        lambda ax: plot.flow(pg.flow(two_bits, 4, 1.0, np.arange(60), rule="byol", weight_decay=0.05), ax=ax),
        lambda ax: plot.flow(pg.flow(zoo.hypercube(4), 11, 1e-6, np.geomspace(0.1, 60, 200)), ax=ax),
    )


@picture
def test_matches():
    return panels(
        lambda ax: plot.match(pg.verify(CUBE, CUBE.spectrum(5)), ax=ax),
        lambda ax: plot.match(pg.verify(CUBE, np.ones((16, 3))), ax=ax),
    )


@picture
def test_spectrum_path():
    def two_bits(q):
        return pg.build(np.full(4, 0.25), np.kron([[1 - q, q], [q, 1 - q]], [[0.75, 0.25], [0.25, 0.75]]))

    return panels(
        lambda ax: plot.spectrum_path(two_bits, np.linspace(0, 1, 20), k=2, ax=ax),
        lambda ax: plot.spectrum_path(lambda q: zoo.hypercube(3, q), np.linspace(0, 1, 20), ax=ax),
    )


@picture
def test_animation():
    start = zoo.lightning_cloud().spectrum(2).embedding @ [[1.0, 0.2], [0.5, 1.0]] + [
        [0.4, 0],
        [0, 0.4],
        [-0.4, 0],
        [0, -0.4],
    ]
    training = pg.train(LC, 2, start=start, keep_path=True)
    moving = plot.animation(training, LC, LC.spectrum(2), frames=4)
    moving._draw_frame(1)
    moving._draw_was_started = True  # else it warns that it was never shown
    return plt.gcf()


def test_another_picture_would_be_noticed(tmp_path):
    for name, k in (("five.png", 5), ("six.png", 6)):
        panels(lambda ax, k=k: plot.spectrum(CUBE.spectrum(k), ax=ax)).savefig(tmp_path / name, dpi=60)
    assert compare_images(tmp_path / "five.png", tmp_path / "six.png", tol=TOLERANCE) is not None
