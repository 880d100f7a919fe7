"""Pictures: each draws the numbers of its value into the Axes it is given, and returns them."""

from dataclasses import replace
from itertools import combinations

import matplotlib.pyplot as plt
import numpy as np
import pytest
from cases import AWKWARD, ZOO
from layers import first_by_default
from matplotlib.offsetbox import AnnotationBbox
from PIL import Image

import popgraph as pg
from popgraph import plot, zoo
from popgraph.errors import InvalidArgument, InvalidEmbedding

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
        "flow": lambda ax: plot.flow(pg.flow(graph, k, 0.01, [0.0, 0.5, 2.0]), ax=ax),
    }


@pytest.mark.parametrize("name", first_by_default(*ZOO, default=2))
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
    assert texts(plot.matrix(LC)).count("√2/3") == 4


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
    assert clean[1] == "share of $v_i$ in span $F$"
    assert degenerate[0].startswith("match: f spans one of the equally good choices of F* at a degenerate cut angles ")
    assert beyond[0].startswith(
        "no match, though f is optimal: k exceeds the rank of every minimiser, so no invertible map exists"
    )
    assert degenerate[1] == beyond[1] == "share of $v_i$ in span $F$\narbitrary where $\\gamma_i = \\gamma_k$"


def test_the_match_shows_q_and_the_verdict():
    match = pg.verify(LC, LC.spectrum(2).embedding)
    ax = plot.match(match)
    np.testing.assert_array_equal(ax.images[0].get_array(), np.abs(match.Q))
    assert ax.get_title().startswith("match: ")
    assert plot.match(pg.verify(LC, np.ones((4, 2)))).get_title().startswith("no match: ")


@pytest.mark.parametrize(("n", "wide"), [(8, 4), (80, 4), (400, 4), (600, 3)])
def test_beside_a_view_that_outweighs_all_others_the_others_are_discs_some_points_wide(n, wide):
    p = np.array([1000.0] + [1.0] * (n - 1))
    graph = pg.build(p / p.sum(), np.eye(n))
    for draw in (lambda ax: plot.embedding(graph, np.eye(n)[:, :2], ax=ax), lambda ax: plot.graph(graph, ax=ax)):
        discs = [size for marks in draw(plt.subplots()[1]).collections for size in np.sqrt(marks.get_sizes())]
        assert len(discs) == n
        assert min(discs) >= wide < max(discs)


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
            lambda: plot.before_and_after(LC, axes=plt.subplots(1, 3)[1]),
            InvalidArgument,
            r"axes is array\(\[.*; w and Ā need two matplotlib Axes",
        ),
    ],
)
def test_what_cannot_be_drawn_is_refused(draw, error, message):
    with pytest.raises(error, match=message):
        draw()


@pytest.mark.slow
def test_of_many_views_a_sample_is_drawn_and_the_title_says_so():
    graph = zoo.clusters(count=3, naturals=400, views=1000)
    said = "(drawn: 2,000 of 3,000 views, sampled)"
    assert said in plot.graph(graph).get_title()
    assert said in plot.embedding(graph, graph.spectrum(2)).get_title()
    for which, full in (("w", graph.w), ("adjacency", graph.adjacency)):
        ax = plot.matrix(graph, which)
        assert said in ax.get_title()
        drawn = ax.images[0].get_array()
        assert drawn.shape == (2000, 2000)
        kept = np.random.default_rng(0).choice(graph.N, 2000, replace=False)
        kept.sort()
        np.testing.assert_allclose(drawn, full[np.ix_(kept, kept)], atol=1e-15)


def test_before_and_after_are_w_and_the_adjacency():
    figure, axes = plt.subplots(1, 2)
    left, right = plot.before_and_after(LC, axes=axes)
    assert [left, right] == list(axes)
    np.testing.assert_array_equal(left.images[0].get_array(), LC.w)
    np.testing.assert_array_equal(right.images[0].get_array(), LC.adjacency)
    plt.close(figure)


def two_bits(q: float) -> pg.PopulationGraph:
    """The square, whose first bit flips with probability q and whose second with 1/4: γ = 1, (1-2q)², 1/4 and their product."""
    first, second = [[1 - q, q], [q, 1 - q]], [[0.75, 0.25], [0.25, 0.75]]
    return pg.build(np.full(4, 0.25), np.kron(first, second))


def test_a_spectrum_path_follows_the_eigenvalues_and_finds_their_crossings():
    values = np.linspace(0.01, 0.45, 14)
    ax = plot.spectrum_path(two_bits, values, k=2)
    drawn = {(round(x, 12), round(y, 12)) for line in ax.lines for x, y in zip(*line.get_data(), strict=True)}
    for q in values:
        for gamma in (1.0, (1 - 2 * q) ** 2, 0.25, 0.25 * (1 - 2 * q) ** 2):
            assert (round(q, 12), round(gamma, 12)) in drawn
    (crossing,) = ax.collections[-2].get_offsets()
    np.testing.assert_allclose(crossing, [0.25, 0.25], atol=1e-6)
    assert ax.get_title().endswith("degenerate at 0 of 14 values and 1 crossing")


def test_a_spectrum_path_draws_repeated_eigenvalues_once_and_continues_vanishing_views():
    ax = plot.spectrum_path(lambda q: zoo.hypercube(3, q), [0.1, 0.2, 0.3])
    assert sorted(text.get_text() for text in ax.texts) == ["x3", "x3"]
    assert (
        len(plot.spectrum_path(zoo.lightning_cloud, [0, 0.5, 1]).lines) == 2 * 2
    )  # two views at either end, four between


@pytest.mark.parametrize(
    ("values", "extra", "message"),
    [
        ([0.5], {}, "values is \\[0.5\\]; it must be two or more increasing numbers"),
        ([0.5, 0.4], {}, "it must be two or more increasing numbers"),
        ([0.5, np.nan], {}, "values holds nan; give two or more increasing numbers"),
        ([0.1, 0.4], {"k": 12}, "k is 12; the cut after it needs most > k, and most is 12"),
        ([0.1, 0.4], {"most": 0}, "most is 0"),
    ],
)
def test_a_path_along_no_values_is_refused(values, extra, message):
    with pytest.raises(InvalidArgument, match=message):
        plot.spectrum_path(two_bits, values, **extra)


def test_a_path_needs_graphs():
    with pytest.raises(InvalidArgument, match=r"make_graph\(0.1\) returned 0.1; it must return a population"):
        plot.spectrum_path(float, [0.1, 0.2])


@pytest.mark.slow
def test_the_animation_shows_every_view_reach_the_span(tmp_path):
    training, spectrum = pg.train(LC, 2, rng=0, keep_path=True), LC.spectrum(2)
    moving = plot.animation(training, LC, spectrum, frames=4)
    moving.save(tmp_path / "training.gif", writer="pillow")
    with Image.open(tmp_path / "training.gif") as written:
        assert written.n_frames == 4
    left, right = plt.gcf().axes  # drawn last: the last step
    rings, views = (dots.get_offsets() for dots in left.collections[:2])
    np.testing.assert_allclose(views, training.f, atol=1e-12)
    np.testing.assert_allclose(rings, training.f, atol=1e-7)
    assert right.lines[0].get_ydata()[0] > 0.1
    assert right.lines[0].get_ydata()[-1] < 1e-7


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((pg.train(LC, 2, rng=0), LC, LC.spectrum(2)), "this training kept no path; train with keep_path=True"),
        (
            (pg.train(LC, 2, rng=0, keep_path=True), zoo.hypercube(3), LC.spectrum(2)),
            "the path has 4 views, the graph 8",
        ),
        (
            (pg.train(LC, 1, rng=0, keep_path=True), LC, LC.spectrum(2)),
            r"f has 1 column, and dims is \(0, 1\); an animation is drawn in two",
        ),
    ],
)
def test_an_animation_needs_a_path_of_its_graph(arguments, message):
    with pytest.raises(InvalidArgument, match=message):
        plot.animation(*arguments)


def test_no_thumbnail_hides_another_of_its_place():
    figure, ax = plt.subplots()
    plot.embedding(LC, np.full((4, 2), 0.5), ax=ax)
    figure.canvas.draw()
    boxes = [each.get_window_extent() for each in ax.artists if isinstance(each, AnnotationBbox)]
    assert len(boxes) == 4
    assert not any(first.overlaps(second) for first, second in combinations(boxes, 2))


def test_numbered_classes_have_their_colours_by_number_in_every_graph():
    for graph in (zoo.ring(12), zoo.overlapping_regions(24, 6, 1, circle=True)):
        legend = plot.graph(graph).get_legend()
        assert [text.get_text() for text in legend.get_texts()] == ["0", "1"]


@pytest.mark.parametrize("count", [17, 21, 30])  # with the crossing among the values, and between them
def test_groups_of_equal_eigenvalues_cross_where_they_do(count):
    """Of 3 classes x 2 sub-graphs the class has γ = 0.970225 twice, the sub-graphs (1 - 2 within - across)² three times."""
    ax = plot.spectrum_path(
        lambda within: zoo.planted_subclasses(3, 2, size=2, within=within, across=0.01),
        np.linspace(0, 0.02, count),
        most=7,
    )
    assert ax.get_title() == "γ over the parameter: 1 crossing"
    np.testing.assert_allclose(ax.collections[-1].get_offsets(), [[0.0025, 0.985**2]], atol=2e-6)


def dense_graph(blocks, scale=1.0, seed=0):
    """Return a graph of dense blocks, of which none is joined to another."""
    rng = np.random.default_rng(seed)
    A = np.zeros((sum(blocks), sum(blocks)))
    start = 0
    for size in blocks:
        A[start : start + size, start : start + size] = rng.random((size, size)) ** scale
        start += size
    return pg.build(np.full(len(A), 1 / len(A)), A, normalize=True)


@pytest.mark.parametrize("blocks", [[150], [140, 30], [120, 1, 2, 40]])
def test_of_many_edges_the_heaviest_are_drawn_and_hold_each_component_together(blocks, monkeypatch):
    import networkx as nx

    from popgraph.plot import graphs

    monkeypatch.setattr(graphs, "MAX_EDGES_DRAWN", 500)
    graph = dense_graph(blocks)
    ax = pg.plot.graph(graph)
    edges = sum(size * (size - 1) // 2 for size in blocks)
    (lines,) = ax.collections[:1]
    assert len(lines.get_segments()) == 500
    assert f"(drawn: the heaviest 500 of {edges:,} edges)" in ax.get_title()
    i, j = np.nonzero(np.triu(graph.w, 1))
    weight = graph.w[i, j]
    kept = graphs._heaviest(graph.N, i, j, weight)
    drawn = nx.Graph()
    drawn.add_nodes_from(range(graph.N))
    drawn.add_weighted_edges_from(zip(i[kept].tolist(), j[kept].tolist(), weight[kept].tolist(), strict=True))
    assert nx.number_connected_components(drawn) == len(blocks) == graph.component_count
    whole = nx.Graph()
    whole.add_weighted_edges_from(zip(i.tolist(), j.tolist(), weight.tolist(), strict=True))
    heaviest = nx.maximum_spanning_tree(whole).size(weight="weight")
    assert nx.maximum_spanning_tree(drawn).size(weight="weight") == pytest.approx(heaviest, rel=1e-12)
    left_out = np.setdiff1d(np.arange(len(weight)), kept)
    tree = {frozenset(edge) for edge in nx.maximum_spanning_tree(drawn).edges}
    others = [e for e in kept if frozenset((int(i[e]), int(j[e]))) not in tree]
    assert weight[left_out].max() <= weight[others].min()


def test_weights_of_any_range_leave_components_whole():
    from popgraph.plot import graphs

    N = 150
    i, j = np.triu_indices(N, 1)
    weight = np.exp(np.linspace(-700, 0, len(i)))
    kept = graphs._heaviest(N, i, j, weight)
    import scipy.sparse as sp
    from scipy.sparse.csgraph import connected_components

    assert len(kept) == graphs.MAX_EDGES_DRAWN
    assert connected_components(sp.csr_array((np.ones(len(kept)), (i[kept], j[kept])), shape=(N, N)))[0] == 1


def test_a_graph_of_few_edges_is_drawn_whole_and_says_nothing():
    ax = pg.plot.graph(pg.zoo.hypercube(3))
    assert "heaviest" not in ax.get_title()
    assert len(ax.collections[0].get_segments()) == 28


def test_products_by_dense_blocks_are_the_sparse_ones(monkeypatch):
    from popgraph.plot import reading

    graph = dense_graph([30, 20])
    sparse = reading.column_products(graph.factor).toarray()
    monkeypatch.setattr(reading, "DENSE_PRODUCT_MIN_TERMS", 0)
    monkeypatch.setattr(reading, "BLOCK_ENTRIES", 350)
    assert np.abs(reading.column_products(graph.factor).toarray() - sparse).max() < 1e-14


def test_a_dense_graph_is_drawn_in_seconds():
    from time import perf_counter

    graph = dense_graph([700])
    start = perf_counter()
    pg.plot.graph(graph).figure.canvas.draw()
    assert perf_counter() - start < 20  # it takes 1 s on an idle machine, and took 11 s with all edges


HARD_NAMES = {
    "caf\udce9": r"caf\udce9",
    "a\0b": r"a\x00b",
    "a\nb": r"a\nb",
    "\u202eb": r"\u202eb",
    "$x$": "$x$",
    "$\\frac": "$\\frac",
    "a $ b": "a $ b",
    "50%": "50%",
    "{}": "{}",
    "_a": "_a",
    "__": "__",
    "<b>x</b>": "<b>x</b>",
    "^": "^",
}


@pytest.mark.parametrize("name", first_by_default(*HARD_NAMES, default=4), ids=ascii)
def test_a_hard_name_is_drawn_as_it_stands_or_in_backslashes(name):
    graph = pg.build([name, "b"], pg.identity(), labels=[name, "c"], name=name)
    for ax in pg.plot.before_and_after(graph):
        ax.figure.canvas.draw()
        assert [label.get_text() for label in ax.get_yticklabels()] == [HARD_NAMES[name], "b"]
        assert [label.get_text() for label in ax.get_xticklabels()] == [HARD_NAMES[name], "b"]
    training = pg.train(graph, 2, rng=0)
    for ax in (plot.graph(graph), plot.embedding(graph, training), plot.graph(graph, labels=[name, "c"])):
        ax.figure.canvas.draw()
        assert [text.get_text() for text in ax.get_legend().get_texts()] == [HARD_NAMES[name], "c"]
    for draw in pictures(graph, 2).values():
        draw(None).figure.canvas.draw()


def test_long_names_are_cut():
    graph = pg.build(["x" * 10_000, "b"], pg.identity(), labels=["y" * 10_000, "c"])
    ax = plot.graph(graph)
    assert len(ax.get_legend().get_texts()[0].get_text()) == 39
    assert len(plot.matrix(graph).get_yticklabels()[0].get_text()) == 18
    ax.figure.canvas.draw()
