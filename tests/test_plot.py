"""Pictures: each draws the numbers of its value into the Axes it is given, and returns them."""

from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import pytest
from cases import AWKWARD, ZOO

import popgraph as pg
from popgraph import plot, zoo
from popgraph.errors import InvalidArgument, InvalidEmbedding, TooLarge

LC = zoo.lightning_cloud()


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def pictures(graph: pg.PopulationGraph, k: int) -> dict:
    spectrum = graph.spectrum(k)
    training = pg.train(graph, k, rng=0)
    return {
        "w": lambda ax: plot.matrix(graph, "w", ax=ax),
        "adjacency": lambda ax: plot.matrix(graph, ax=ax),
        "graph": lambda ax: plot.graph(graph, ax=ax),
        "spectrum": lambda ax: plot.spectrum(spectrum, ax=ax),
        "embedding": lambda ax: plot.embedding(graph, training, ax=ax),
        "training": lambda ax: plot.training(training, spectrum, ax=ax),
        "match": lambda ax: plot.match(pg.verify(graph, training.f), ax=ax),
    }


@pytest.mark.parametrize("name", ZOO)
def test_every_picture_is_drawn_where_it_is_told(name):
    graph = ZOO[name]
    for k in {1, min(3, graph.N)}:
        for draw in pictures(graph, k).values():
            figure, ax = plt.subplots(layout="constrained")
            assert draw(ax) is ax
            figure.canvas.draw()
            assert ax.get_title()
            plt.close(figure)


def test_without_an_ax_a_new_figure_is_made_and_with_one_none(monkeypatch):
    monkeypatch.setattr(plt, "show", lambda *_: pytest.fail("a picture was shown"))
    for draw in pictures(LC, 2).values():
        assert draw(None).figure.number in plt.get_fignums()
        plt.close("all")
        figure, ax = plt.subplots()
        draw(ax)
        assert plt.get_fignums() == [figure.number]
        plt.close("all")


def texts(ax) -> list[str]:
    return [text.get_text() for text in ax.texts]


def test_the_matrix_shows_w_and_its_fractions():
    ax = plot.matrix(LC, "w")
    np.testing.assert_array_equal(ax.images[0].get_array(), LC.w)
    assert texts(ax).count("2/9") == 2
    assert texts(ax).count("1/9") == 4
    assert texts(ax).count("1/18") == 2
    assert len(ax.artists) == 8  # every view as a thumbnail, on both sides
    assert texts(plot.matrix(LC)).count("0.471") == 4  # √2/3


def test_no_cell_shows_a_positive_weight_as_0():
    graph = AWKWARD["tiny probabilities"]
    shown = [float(text) for text in texts(plot.matrix(graph, "w"))]
    np.testing.assert_allclose(shown, graph.w.ravel(), rtol=5e-3)
    assert texts(plot.matrix(zoo.hypercube(3), "w"))[7] == "0.00659"  # 27/4096 is too long for its cell


def test_cells_hold_numbers_or_a_scale_stands_beside_them():
    assert len(plot.matrix(LC).figure.axes) == 1
    assert len(plot.matrix(LC, annotate=False).figure.axes) == 2
    assert len(plot.matrix(LC, colorbar=True).figure.axes) == 2
    many = plot.matrix(zoo.hypercube(4))
    assert len(many.figure.axes) == 2
    assert texts(many) == []
    assert len(texts(plot.matrix(zoo.hypercube(4), annotate=True))) == 16 * 16


def test_views_that_are_no_images_are_named():
    ax = plot.matrix(zoo.hypercube(2))
    assert [label.get_text() for label in ax.get_yticklabels()] == ["(0, 0)", "(0, 1)", "(1, 0)", "(1, 1)"]


def test_the_graph_draws_each_edge_once_and_no_loops():
    ax = plot.graph(zoo.hypercube(3))
    assert len(ax.collections[0].get_segments()) == 8 * 7 // 2
    assert len(plot.graph(LC).collections[0].get_segments()) == 2
    assert plot.graph(LC).get_title() == "4 views in 2 components"


@pytest.mark.parametrize("k", [1, 2, 3])
def test_no_thumbnail_lies_under_the_legend(k):
    for draw in (lambda ax: plot.graph(LC, ax=ax), lambda ax: plot.embedding(LC, pg.train(LC, k, rng=0), ax=ax)):
        figure, ax = plt.subplots(figsize=(4, 3.5), layout="constrained")
        draw(ax)
        figure.canvas.draw()
        legend = ax.get_legend().get_window_extent()
        assert not any(legend.overlaps(icon.get_window_extent()) for icon in ax.artists)


def test_one_class_has_one_colour_in_every_picture():
    graph = zoo.clusters()
    drawn, embedded = plot.graph(graph), plot.embedding(graph, graph.spectrum(2))
    np.testing.assert_array_equal(drawn.collections[-1].get_facecolor(), embedded.collections[-1].get_facecolor())
    colours = {tuple(colour) for colour in drawn.collections[-1].get_facecolor()}
    assert len(colours) == 4


def test_without_labels_the_components_are_coloured():
    graph = pg.build(["a", "b"], lambda x: {x: "1/2", x + "'": "1/2"})
    legend = plot.graph(graph).get_legend()
    assert [text.get_text() for text in legend.get_texts()] == ["component 1", "component 2"]


def test_the_spectrum_marks_its_cut():
    ax = plot.spectrum(LC.spectrum(2))
    assert ax.lines[0].get_xdata()[0] == 2.5
    drawn = np.concatenate([dots.get_offsets() for dots in ax.collections])
    np.testing.assert_allclose(drawn, [[1, 1], [2, 1], [3, 0]])
    single = plot.spectrum(LC.spectrum(1))
    assert "a degenerate cut at k = 1" in single.get_title()
    assert all(tick == round(tick) for tick in single.get_xticks())


def test_training_shows_the_known_minimum():
    ax = plot.training(pg.train(LC, 2, rng=0), LC.spectrum(3))
    assert ax.lines[1].get_ydata()[0] == pytest.approx(-2)
    assert len(plot.training(pg.train(LC, 2, rng=0)).lines) == 1


def test_the_gradient_is_drawn_beside_the_loss_and_under_its_legend():
    training = pg.train(LC, 2, rng=0)
    ended = replace(training, gradient_norm=np.append(training.gradient_norm[:-1], 0.0))
    ax = plot.training(ended)
    beside = ax.figure.axes[1]
    np.testing.assert_array_equal(beside.lines[0].get_ydata()[:-1], training.gradient_norm[:-1])
    assert beside.get_ylim()[0] > 1e-19  # a gradient of 0 does not stretch the axis to the least float
    assert ax.get_zorder() > beside.get_zorder()


def test_the_match_says_what_is_arbitrary_and_why_there_is_none():
    def words(k):
        ax = plot.match(pg.verify(LC, pg.train(LC, k, rng=0).f))
        return " ".join(ax.get_title().split()), ax.child_axes[0].get_ylabel()

    clean, degenerate, beyond = words(2), words(1), words(3)
    assert clean[0].startswith("match: f spans the leading eigenvectors F* angles ")
    assert clean[1] == "share of v_i in span F"
    assert degenerate[0].startswith("match: f spans one of the equally good choices of F* at a degenerate cut angles ")
    assert beyond[0].startswith("no match, though f is optimal: k exceeds the rank of Ā, so no invertible map exists")
    assert degenerate[1] == beyond[1] == "share of v_i in span F\narbitrary where γ_i = γ_k"


def test_the_match_shows_q_and_the_verdict():
    match = pg.verify(LC, LC.spectrum(2).embedding)
    ax = plot.match(match)
    np.testing.assert_array_equal(ax.images[0].get_array(), np.abs(match.Q))
    assert ax.get_title().startswith("match: ")
    assert plot.match(pg.verify(LC, np.ones((4, 2)))).get_title().startswith("no match: ")


def test_the_embedding_takes_whatever_carries_one():
    spectrum = LC.spectrum(2)
    forms = [spectrum, spectrum.embedding, dict(zip(LC.views, spectrum.embedding, strict=True))]
    points = [plot.embedding(LC, form).collections[0].get_offsets().tolist() for form in forms]
    assert points[0] == points[1] == points[2] == spectrum.embedding.tolist()


@pytest.mark.parametrize(
    ("draw", "error", "message"),
    [
        (lambda: plot.matrix(LC, "W"), InvalidArgument, "which is 'W'; it must be"),
        (
            lambda: plot.graph(LC, labels=[0, 1]),
            InvalidArgument,
            r"labels has shape \(2,\); 4 views need one label each",
        ),
        (lambda: plot.embedding(LC, np.ones((3, 2))), InvalidEmbedding, r"f has shape \(3, 2\)"),
        (
            lambda: plot.embedding(LC, np.ones((4, 2)), dims=(0, 2)),
            InvalidArgument,
            r"dims is \(0, 2\); it must be two of the columns 0..1 of f",
        ),
        (lambda: plot.embedding(LC, np.ones((4, 2)), dims=(0,)), InvalidArgument, r"dims is \(0,\); it must be two"),
        (lambda: plot.embedding(LC, np.ones((4, 2)), dims=(0, 0.5)), InvalidArgument, r"dims is \(0, 0.5\)"),
        (lambda: plot.embedding(LC, np.ones((4, 1)), dims=0), InvalidArgument, "dims is 0; it must be two"),
        (
            lambda: plot.matrix(zoo.hypercube(6), annotate=True),
            InvalidArgument,
            "annotate=True is for 40 views or fewer; this graph has 64",
        ),
        (
            lambda: plot.training(pg.train(LC, 2, rng=0), LC.spectrum(1)),
            InvalidArgument,
            "needs 2 eigenvalues",
        ),
        (
            lambda: plot.matrix(zoo.clusters(count=3, naturals=400, views=1000)),
            TooLarge,
            "3,000 x 3,000 weights has cells below",
        ),
        (
            lambda: plot.graph(zoo.clusters(count=3, naturals=400, views=1000)),
            TooLarge,
            "a drawing of 3,000 nodes shows nothing",
        ),
    ],
)
def test_what_cannot_be_drawn_is_refused(draw, error, message):
    with pytest.raises(error, match=message):
        draw()
