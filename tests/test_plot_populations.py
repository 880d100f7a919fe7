"""Pictures of every kind of population: what is drawn of one is what is drawn of its expanded graph, or it is refused in words."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

import popgraph as pg
from popgraph import plot, structure, zoo
from popgraph.basics.arguments.populations import satisfies
from popgraph.basics.protocols import ViewedPopulation
from popgraph.errors import InvalidArgument
from popgraph.plot import reading

LC = zoo.lightning_cloud()
PRODUCT = pg.product([zoo.hypercube(1), zoo.hypercube(1, 0.4)])


def biased(p, shown="ab"):
    first, second = shown
    return pg.build({0: 1 - p, 1: p}, {0: {first: 0.9, second: 0.1}, 1: {first: 0.1, second: 0.9}})


class Own:
    """A population of the user's own: the names of `ViewedPopulation`, and nothing else."""

    def __init__(self, graph, noise=0.0):
        self.name, self.n, self.N, self.views = "own", graph.n, graph.N, graph.views
        self.w_x, self.components, self.component_count = graph.w_x, graph.components, graph.component_count
        self.view_labels = None if graph.labels is None else graph.view_labels
        self.trace, self._graph, self._noise = graph.trace, graph, noise

    def gram(self, X):
        rounding = self._noise * np.random.default_rng(0).standard_normal(X.shape)
        return self._graph.adjacency @ X + rounding

    def spectrum(self, k):
        return self._graph.spectrum(k)

    def sample_pairs(self, size, *, rng=None):
        return self._graph.sample_pairs(size, rng=rng)

    def expand(self):
        return self._graph


MIXTURES = {
    "mixture": structure.mixture(["cat", "dog"], {"cat": [biased(0.25)] * 3, "dog": [biased(0.75)] * 3}),
    "mixture of two components": structure.mixture(
        ["cat", "dog"], {"cat": [biased(0.25)] * 2, "dog": [biased(0.5, "cd"), biased(0.25)]}
    ),
}
KINDS = {
    **MIXTURES,
    "own": Own(zoo.hypercube(3)),
    "own, of images": Own(LC),
    "own, without labels": Own(pg.build(["a", "b"], lambda x: {x: "1/2", x + "'": "1/2"})),
}


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def names(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


@pytest.mark.parametrize("which", ["w", "adjacency"])
@pytest.mark.parametrize("kind", KINDS)
def test_the_matrix_is_that_of_the_expanded_graph(kind, which):
    population = KINDS[kind]
    expanded = population.expand()
    ax, expected = plot.matrix(population, which), plot.matrix(expanded, which)
    matrix = expanded.w if which == "w" else expanded.adjacency
    np.testing.assert_allclose(ax.images[0].get_array(), matrix, atol=1e-15)
    assert ax.get_title() == expected.get_title()
    sides = [[label.get_text() for label in each.get_yticklabels()] for each in (ax, expected)]
    assert sides[0] == sides[1]
    assert len(ax.artists) == len(expected.artists)
    assert len(ax.texts) == len(expected.texts) == population.N**2


@pytest.mark.parametrize("kind", KINDS)
def test_the_graph_has_the_nodes_edges_and_classes_of_the_expanded_graph(kind):
    population = KINDS[kind]
    ax, expected = plot.graph(population), plot.graph(population.expand())
    assert ax.get_title() == expected.get_title()
    assert len(ax.collections[0].get_segments()) == len(expected.collections[0].get_segments())
    widths = [np.sort(each.collections[0].get_linewidths()) for each in (ax, expected)]
    np.testing.assert_allclose(widths[0], widths[1], rtol=1e-12)
    np.testing.assert_array_equal(ax.collections[-1].get_facecolor(), expected.collections[-1].get_facecolor())
    assert (ax.get_legend() is None) == (expected.get_legend() is None)
    assert ax.get_legend() is None or names(ax) == names(expected)


@pytest.mark.parametrize("kind", KINDS)
def test_the_embedding_is_that_of_the_expanded_graph(kind):
    population = KINDS[kind]
    f = population.expand().spectrum(2)
    ax, expected = plot.embedding(population, f), plot.embedding(population.expand(), f)
    np.testing.assert_array_equal(ax.collections[0].get_offsets(), expected.collections[0].get_offsets())
    np.testing.assert_array_equal(ax.collections[0].get_facecolor(), expected.collections[0].get_facecolor())
    assert ax.get_title() == expected.get_title()


@pytest.mark.parametrize("kind", MIXTURES)
def test_both_matrices_stand_side_by_side(kind):
    left, right = plot.before_and_after(KINDS[kind])
    np.testing.assert_allclose(left.images[0].get_array(), KINDS[kind].expand().w, atol=1e-15)
    np.testing.assert_allclose(right.images[0].get_array(), KINDS[kind].expand().adjacency, atol=1e-15)


def test_a_path_leads_through_mixtures_and_products():
    def mixed(q):
        return structure.mixture([0, 1], {0: [biased(q)] * 2, 1: [biased(0.5)] * 2})

    def multiplied(q):
        return pg.product([zoo.hypercube(1, q)] * 2)

    for make in (mixed, multiplied):
        ax, expected = (
            plot.spectrum_path(function, [0.2, 0.3, 0.4], k=2, most=4)
            for function in (make, lambda q, make=make: make(q).expand())
        )
        assert ax.get_title() == expected.get_title()
        for line, other in zip(ax.lines, expected.lines, strict=True):
            np.testing.assert_allclose(line.get_ydata(), other.get_ydata(), atol=1e-12)


def test_the_spectrum_of_a_product_is_drawn():
    ax, expected = plot.spectrum(PRODUCT.spectrum(2)), plot.spectrum(PRODUCT.expand().spectrum(2))
    np.testing.assert_allclose(ax.collections[0].get_offsets(), expected.collections[0].get_offsets(), atol=1e-12)
    assert ax.get_title() == expected.get_title()
    assert "a degenerate cut at k = 1" in plot.spectrum(pg.product([LC, LC]).spectrum(1)).get_title()


def test_the_training_of_a_product_is_drawn_beside_its_minimum():
    cube = pg.product([zoo.hypercube(1)] * 40)
    training = pg.train(cube, 2, features=cube.features(1), rng=0)
    ax = plot.training(training, cube.spectrum(2))
    np.testing.assert_array_equal(ax.lines[0].get_ydata(), training.loss)
    assert ax.lines[1].get_ydata()[0] == pytest.approx(-1.0625)  # -Σγ² of 1 and 1/4
    with pytest.raises(InvalidArgument, match="the minimum for k = 2 needs 2 eigenvalues; this spectrum has 1"):
        plot.training(training, cube.spectrum(1))


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["mixture", "own"])
def test_training_moves_over_any_population(kind):
    population = KINDS[kind]
    expanded = population.expand()
    training = pg.train(expanded, 2, rng=0, keep_path=True)
    plot.animation(training, population, expanded.spectrum(2), frames=2).to_jshtml()
    ax = plt.gcf().axes[0]
    np.testing.assert_array_equal(ax.collections[1].get_offsets(), training.path[-1])


@pytest.mark.parametrize("kind", ["mixture of two components", "own, without labels"])
@pytest.mark.parametrize("entries", [1, 20, 4_000_000])
def test_of_a_sample_the_matrix_is_a_block_of_the_whole(kind, entries, monkeypatch):
    monkeypatch.setattr(reading, "MAX_VIEWS_DRAWN", 3)
    monkeypatch.setattr(reading, "BLOCK_ENTRIES", entries)
    population = KINDS[kind]
    shown, note = reading.chosen_views(population)
    assert len(shown) == 3
    assert f"drawn: 3 of {population.N} views" in note
    expanded = population.expand()
    for which, matrix in (("w", expanded.w), ("adjacency", expanded.adjacency)):
        block = reading.weights_among(population, which, shown)
        np.testing.assert_allclose(block, matrix[np.ix_(shown, shown)], atol=1e-15)


def test_what_rounding_leaves_between_components_is_no_edge():
    assert len(plot.graph(Own(LC, noise=1e-17)).collections[0].get_segments()) == 2
    assert reading.adjacency_among(Own(LC, noise=1e-17), np.arange(4)).min() >= 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("call", "draw"),
    {
        "plot.matrix(graph)": plot.matrix,
        "plot.graph(graph)": plot.graph,
        "plot.before_and_after(graph)": plot.before_and_after,
        "plot.embedding(graph, f)": lambda graph: plot.embedding(graph, np.ones((4, 2))),
        "plot.animation(training, graph, spectrum)": lambda graph: plot.animation(
            pg.train(LC, 2, rng=0, keep_path=True), graph, LC.spectrum(2)
        ).to_jshtml(),
    }.items(),
)
def test_a_product_is_drawn_after_expand_and_what_is_no_population_never(call, draw):
    with pytest.raises(InvalidArgument) as refused:
        draw(PRODUCT)
    assert str(refused.value).startswith(f"{call} needs a list of views, which ProductGraph(")
    assert str(refused.value).endswith("; use its .expand()")
    draw(PRODUCT.expand())
    with pytest.raises(InvalidArgument) as refused:
        draw(3)
    assert str(refused.value) == f"{call} takes a population first; got 3"


def test_the_spectrum_of_an_animation_lists_its_eigenvectors():
    training = pg.train(LC, 2, rng=0, keep_path=True)
    with pytest.raises(InvalidArgument, match="spectrum is ProductSpectrum.*; it must be a Spectrum"):
        plot.animation(training, LC, PRODUCT.spectrum(2))
    with pytest.raises(InvalidArgument, match="spectrum is 3; it must be a Spectrum"):
        plot.spectrum(3)
    with pytest.raises(InvalidArgument, match="training is 3; it must be a Training"):
        plot.training(3)


def test_the_stand_in_has_the_names_of_the_protocol_alone():
    assert satisfies(KINDS["own"], ViewedPopulation)
    assert not hasattr(KINDS["own"], "factor")
    assert not hasattr(KINDS["own"], "labels")


def test_sliders_move_mixtures_and_say_what_a_product_needs():
    def make(p=0.25, multiply=False):
        factors = [biased(p)] * 3
        return pg.product(factors) if multiply else structure.mixture([0, 1], {0: factors, 1: [biased(0.75)] * 3})

    shown = pg.explore(make, p=(0.1, 0.4), multiply=False, k=(2, 3))
    expanded = make().expand()
    np.testing.assert_allclose(shown.spectrum.gamma, expanded.spectrum(2).gamma, atol=1e-12)
    assert shown.match
    assert f">{expanded.w[0, 0]:.4g}<" in shown._panels["w"].value
    shown.sliders["multiply"].value = True
    said = shown._panels["message"].value
    assert said.startswith("<strong>explore(make_graph) needs a list of views, which ProductGraph(")
    assert said.endswith("; use its .expand()</strong>")
    assert shown.graph.name == make().name
