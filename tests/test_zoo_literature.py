"""Zoo: edges, dumbbell, Gaussian mixtures, regions, masked tokens, colour x shape, rotations, against what is known of them."""

from fractions import Fraction
from itertools import combinations, product
from math import comb

import networkx as nx
import numpy as np
import pytest
from cases import brute_w
from hypothesis import given
from hypothesis import strategies as st

import popgraph as pg
from popgraph import theory, zoo
from popgraph.downstream.labelling import alpha
from popgraph.downstream.partition import conductance
from popgraph.errors import InvalidArgument, InvalidDistribution, TooLarge

NEW = {
    "dumbbell": zoo.dumbbell(4),
    "dumbbell with a bridge": zoo.dumbbell(3, 4),
    "triangle": zoo.edges({("a", "b"): 1, ("b", "c"): 1, ("c", "a"): 1}, normalize=True),
    "one Gaussian": zoo.gaussian_mixture([0.0], step=0.5),
    "two Gaussians": zoo.gaussian_mixture((-2.0, 2.0), step=0.5),
    "Gaussians in the plane": zoo.gaussian_mixture([(-2, 0), (2, 0), (0, 3)], spread=0.5, noise=0.5, step=0.5),
    "regions": zoo.overlapping_regions(),
    "regions around a circle": zoo.overlapping_regions(10, 3, 1, circle=True),
    "masked tokens": zoo.masked_tokens(),
    "open world": zoo.open_world(2, 2, 2),
    "colour x shape": zoo.colour_shape(),
    "rotations": zoo.rotations(),
    "class x domain": zoo.class_domain("0.6", "0.2", "0.15", "0.05"),
    "class x domain, edges": zoo.class_domain("0.6", "0.2", "0.15", "0.05", level="edge"),
    "class x domain, negative": zoo.class_domain("0.1", "0.1", "0.7", "0.1", level="edge"),
}


@pytest.mark.parametrize("name", NEW)
def test_every_theorem_holds_on_them(name):
    graph = NEW[name]
    labels = None if graph.labels is not None else np.arange(graph.n) % 2
    for k in {1, 2, min(4, graph.N)}:
        checks = theory.check(graph, labels, k)
        assert checks, checks.failed


# --- edges


@given(st.integers(2, 6), st.data())
def test_edges_make_the_lazy_walk_of_any_graph(n, data):
    """Ā = (I + D^-1/2 W D^-1/2)/2 for a symmetric W, negative eigenvalues and all."""
    pairs = data.draw(st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)), min_size=1, unique=True))
    weights = {pair: data.draw(st.integers(1, 5)) for pair in pairs}
    graph = zoo.edges(weights, normalize=True)
    assert graph.is_exact
    at, W = {x: i for i, x in enumerate(graph.views)}, np.zeros((graph.N, graph.N))
    for (x, y), weight in weights.items():
        W[at[x], at[y]] += weight / 2
        W[at[y], at[x]] += weight / 2
    W /= W.sum()
    root = np.sqrt(W.sum(axis=1))
    expected = (np.eye(graph.N) + W / np.outer(root, root)) / 2
    np.testing.assert_allclose(graph.adjacency, expected, atol=1e-12)
    np.testing.assert_allclose(graph.w_x, root**2, atol=1e-12)


@pytest.mark.parametrize(("size", "bridge"), [(3, 1), (5, 1), (4, 3), (2, 2)])
def test_a_dumbbell_is_networkx_barbell_graph(size, bridge):
    graph, barbell = zoo.dumbbell(size, bridge), nx.barbell_graph(size, bridge - 1)
    assert (graph.n, graph.N) == (barbell.number_of_edges(), barbell.number_of_nodes())
    laplacian = np.sort(nx.normalized_laplacian_spectrum(barbell))
    np.testing.assert_allclose(graph.spectrum(graph.N).gamma, 1 - laplacian / 2, atol=1e-12)
    left = np.array([view[0] == "left" for view in graph.views])
    cut = nx.conductance(barbell, range(size))  # the smaller side's; a bell is at most half
    assert conductance(graph, left) == pytest.approx(cut / 2)


def test_a_dumbbell_is_cut_at_its_bridge_and_labelled_by_bell():
    graph = zoo.dumbbell(5)
    best = pg.sparsest_partition(graph, 2)
    assert best.labels.tolist() == [int(view[0] == "right") for view in graph.views]
    assert best.rho == pytest.approx(1 / 42)  # a bell has 2 * 10 + 1 ends, one of which crosses, half of the time
    assert alpha(graph) == pytest.approx(1 / 42)  # the bridge's right end
    assert set(graph.labels.tolist()) == {"left", "right"}


# --- a mixture of Gaussians


@pytest.mark.parametrize(("spread", "noise"), [(1.0, 1.0), (1.0, 0.5), (0.7, 1.1)])
def test_one_gaussian_has_mehlers_spectrum(spread, noise):
    rho = spread**2 / (spread**2 + noise**2)
    line = zoo.gaussian_mixture([1.0], spread=spread, noise=noise, step=0.2)
    np.testing.assert_allclose(line.spectrum(5).gamma, rho ** np.arange(5), atol=1e-4)
    f = line.spectrum(2).eigenfunctions[:, 1]
    x = np.array([view[0] for view in line.views])
    linear = (x - 1.0) / np.sqrt(spread**2 + noise**2)  # the first Hermite polynomial
    assert abs(np.sum(line.w_x * f * linear)) == pytest.approx(1, abs=1e-4)


def test_in_the_plane_the_eigenvalues_multiply():
    plane = zoo.gaussian_mixture([(0.0, 0.0)], spread=1.0, noise=1.0, step=1.0)
    line = zoo.gaussian_mixture([0.0], spread=1.0, noise=1.0, step=1.0).spectrum(4).gamma
    expected = np.sort(np.outer(line, line).ravel())[::-1][:8]
    np.testing.assert_allclose(plane.spectrum(8).gamma, expected, atol=1e-9)
    np.testing.assert_allclose(line, 0.5 ** np.arange(4), atol=1e-3)  # a grid as coarse as the noise


def test_a_mixture_is_its_definition_and_its_classes_part_as_they_move_apart():
    graph = zoo.gaussian_mixture((-1.0, 1.5), spread=0.5, noise=0.5, step=0.5)
    at = {view[0]: i for i, view in enumerate(graph.views)}

    def bell(steps):
        weights = np.exp(-0.5 * (steps * 1.0) ** 2)
        return weights / weights.sum()

    law = bell(np.arange(-6, 7))
    joint = np.zeros((2, graph.N))
    for c, centre in enumerate((-1.0, 1.5)):
        for i, move in product(range(13), range(13)):
            joint[c, at[centre + 0.5 * (i - 6) + 0.5 * (move - 6)]] += law[i] * law[move] / 2
    np.testing.assert_allclose(graph.w_x, joint.sum(axis=0), atol=1e-12)
    assert alpha(graph) == pytest.approx(1 - joint.max(axis=0).sum(), abs=1e-12)
    gammas = [zoo.gaussian_mixture((-m, m), step=0.5).spectrum(2).gamma[1] for m in (1.0, 2.0, 3.0, 4.0)]
    assert (np.diff(gammas) > 0).all()
    assert gammas[-1] > 0.999


# --- overlapping regions


@given(st.integers(2, 12), st.data())
def test_regions_around_a_circle_have_the_dirichlet_kernel(cells, data):
    width = data.draw(st.integers(1, cells))
    gamma = zoo.overlapping_regions(cells, width, 1, circle=True).spectrum(cells).gamma
    j = np.arange(1, cells)
    kernel = (np.sin(np.pi * j * width / cells) / (width * np.sin(np.pi * j / cells))) ** 2
    np.testing.assert_allclose(gamma, np.sort(np.append(kernel, 1.0))[::-1], atol=1e-12)


def test_two_cells_pair_as_often_as_regions_hold_both():
    graph = zoo.overlapping_regions(9, 4, 2)
    regions = [set(range(start, start + 4)) for start in (0, 2, 4)]
    for (i, x), (j, y) in product(enumerate(graph.views), repeat=2):
        shared = sum(x in region and y in region for region in regions)
        assert graph.w[i, j] == pytest.approx(shared / 3 / 16)
    assert graph.views == (0, 1, 2, 3, 4, 5, 6, 7)  # cell 8 is in no region
    assert graph.labels.tolist() == [0, 0, 1]
    assert zoo.overlapping_regions(6, 2, 1, circle=True).labels.tolist() == [0, 0, 0, 1, 1, 1]


# --- masked tokens


@pytest.mark.parametrize(("count", "length", "q"), [(2, 3, "1/2"), (4, 2, "1/3"), (3, 1, "2/7"), (5, 2, 0)])
def test_sentences_without_common_words_meet_where_all_is_masked(count, length, q):
    sentences = [" ".join(f"word{i}{j}" for j in range(length)) for i in range(count)]
    graph = zoo.masked_tokens(sentences, q)
    empty = float(Fraction(q)) ** length
    expected = [1.0, *[1.0 - empty] * (count - 1)]
    np.testing.assert_allclose(graph.spectrum(count).gamma, expected, atol=1e-12)
    assert (count if q == 0 else count * (2**length - 1) + 1) == graph.N


def test_each_bag_has_its_binomial_probability():
    graph = zoo.masked_tokens({"b a a": "x"}, "1/3")
    law = dict(zip(graph.views, graph.w_x, strict=True))
    brute = {}
    words = ["b", "a", "a"]
    for size in range(4):
        for kept in combinations(range(3), size):
            bag = tuple(sorted(words[i] for i in kept))
            brute[bag] = brute.get(bag, 0) + (2 / 3) ** size * (1 / 3) ** (3 - size)
    assert law == pytest.approx(brute)
    assert law["a",] == pytest.approx(comb(2, 1) * 2 / 3 * 1 / 3 * 1 / 3)


def test_topics_part_where_words_are_shared_inside_them():
    graph = zoo.masked_tokens(probability="1/4")
    probed = pg.probe(graph, graph.spectrum(2), head="logistic")
    assert probed.error <= pg.probe(graph, graph.spectrum(1), head="logistic").error == 0.5
    assert pg.probe(graph, graph.spectrum(4), head="logistic").error == 0


# --- colour x shape


@given(
    st.integers(1, 4), st.integers(1, 3), st.fractions(0, 1, max_denominator=9), st.fractions(0, 1, max_denominator=9)
)
def test_attributes_multiply(c, s, recolour, reshape):
    names = list("abcd"[:c]), list("xyz"[:s])
    graph = zoo.colour_shape(*names, recolour=recolour, reshape=reshape)
    colour = [1.0, *[float(1 - recolour * Fraction(c, c - 1)) ** 2] * (c - 1)] if c > 1 else [1.0]
    shape = [1.0, *[float(1 - reshape * Fraction(s, s - 1)) ** 2] * (s - 1)] if s > 1 else [1.0]
    expected = np.sort(np.outer(colour, shape).ravel())[::-1]
    np.testing.assert_allclose(graph.spectrum(graph.N).gamma, expected, atol=1e-12)


def test_the_attribute_that_changes_less_is_seen_first():
    colours, shapes = ["red", "blue"], ["circle", "square"]
    by_shape = zoo.colour_shape(colours, shapes, recolour="4/10", reshape="1/10")
    by_colour = zoo.colour_shape(colours, shapes, recolour="1/10", reshape="4/10")
    assert pg.probe(by_shape, by_shape.spectrum(2)).error == 0
    assert pg.probe(by_colour, by_colour.spectrum(2)).error == 0.5


# --- rotations


@given(st.lists(st.integers(0, 5), min_size=4, max_size=4).filter(any))
def test_orbits_have_the_squared_fourier_coefficients_of_the_turns(weights):
    law = [Fraction(weight, sum(weights)) for weight in weights]
    graph = zoo.rotations(turns=dict(enumerate(law)))
    expected = []
    for m in (4, 4, 2, 1):  # F and L have four turns, S two, X one
        folded = np.zeros(m)
        for s, chance in enumerate(law):
            folded[s % m] += float(chance)
        expected += (np.abs(np.fft.fft(folded)) ** 2).tolist()
    np.testing.assert_allclose(graph.spectrum(graph.N).gamma, np.sort(expected)[::-1], atol=1e-12)
    assert graph.is_exact


def test_rotations_list_each_orbit_once():
    graph = zoo.rotations()
    assert graph.labels.tolist() == ["F"] * 4 + ["L"] * 4 + ["S"] * 2 + ["X"]
    assert graph.component_count == 4
    np.testing.assert_allclose(graph.p, [1 / 16] * 8 + [1 / 8] * 2 + [1 / 4])


# --- class x domain, both levels


@given(st.lists(st.integers(0, 20), min_size=4, max_size=4).filter(any))
def test_at_the_level_of_edges_the_characters_keep_their_signs(weights):
    rho, a, b, g = (Fraction(weight, sum(weights)) for weight in weights)
    graph = zoo.class_domain(rho, a, b, g, level="edge")
    cells = np.array(graph.views)
    by_class, by_domain = 1.0 - 2 * cells[:, 0], 1.0 - 2 * cells[:, 1]
    for character, mu in [
        (np.ones(4), 1),
        (by_class, rho + a - b - g),
        (by_domain, rho + b - a - g),
        (by_class * by_domain, rho + g - a - b),
    ]:
        np.testing.assert_allclose(graph.adjacency @ character, float(1 + mu) / 2 * character, atol=1e-12)
    np.testing.assert_allclose(brute_w(graph).sum(), 1)
    assert graph.labels.tolist() == [first[0] for first, _ in graph.naturals]


def test_the_two_levels_rank_a_negative_eigenvalue_at_opposite_ends():
    """μ of the class is -0.6: its square comes second, itself last."""
    kernel, edge = (zoo.class_domain("0.1", "0.1", "0.7", "0.1", level=level) for level in ("kernel", "edge"))
    np.testing.assert_allclose(kernel.spectrum(4).gamma, [1, 0.36, 0.36, 0.36], atol=1e-12)
    np.testing.assert_allclose(edge.spectrum(4).gamma, [1, 0.8, 0.2, 0.2], atol=1e-12)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: zoo.edges({"ab": 1}), InvalidArgument, "weights has the key 'ab'; an edge is a pair"),
        (lambda: zoo.edges({("a", "b"): 1}, labels={"b": 0}), InvalidArgument, "labels has no label for 'a'"),
        (lambda: zoo.edges({("a", "b"): 2}), InvalidDistribution, "probabilities sum to 2"),
        (lambda: zoo.dumbbell(1), InvalidArgument, "size is 1; it must be a whole number, 2 or more"),
        (lambda: zoo.dumbbell(3, 0), InvalidArgument, "bridge is 0; it must be a whole number, 1 or more"),
        (lambda: zoo.dumbbell(401), TooLarge, "a dumbbell of size 401 and bridge 1 is too large"),
        (lambda: zoo.gaussian_mixture([]), InvalidArgument, r"means is \[\]; give one or more numbers"),
        (lambda: zoo.gaussian_mixture(["a"]), InvalidArgument, "give one or more numbers, or pairs"),
        (lambda: zoo.gaussian_mixture([(1, 2, 3)]), InvalidArgument, "give one or more numbers, or pairs"),
        (lambda: zoo.gaussian_mixture([0], noise=0), InvalidArgument, "noise is 0; it must be a positive number"),
        (lambda: zoo.gaussian_mixture([(0, 0)], step=0.01), TooLarge, "use a larger step"),
        (lambda: zoo.overlapping_regions(3, 4), InvalidArgument, "width is 4, but there are 3 cells"),
        (lambda: zoo.overlapping_regions(3, 2, 0), InvalidArgument, "stride is 0; it must be a whole number"),
        (lambda: zoo.overlapping_regions(4000, 2000, 1), TooLarge, "are more than 1,048,576 entries"),
        (lambda: zoo.masked_tokens([]), InvalidArgument, "sentences is empty"),
        (lambda: zoo.masked_tokens([3]), InvalidArgument, "sentences has 3, which is no string"),
        (lambda: zoo.masked_tokens(["a b"], 2), InvalidDistribution, "probability is 2; it must be between 0 and 1"),
        (lambda: zoo.masked_tokens([" ".join(map(str, range(17)))]), TooLarge, "has more than 65,536 bags"),
        (lambda: zoo.colour_shape([]), InvalidArgument, "colours is empty; give one or more names, all different"),
        (
            lambda: zoo.colour_shape(shapes=["a", "a"]),
            InvalidArgument,
            r"of the shapes, names are duplicated: 'a' \(2 times\); name each once",
        ),
        (lambda: zoo.rotations({}), InvalidArgument, "pictures is empty"),
        (lambda: zoo.rotations({"a": 1}), InvalidArgument, r"pictures\['a'\] is 1; it must be a square Image"),
        (
            lambda: zoo.rotations({"a": pg.images.Image([[1, 0], [0, 0]]), "b": pg.images.Image([[0, 0], [0, 1]])}),
            InvalidArgument,
            "'b' is a turn of 'a'; give one picture of each orbit",
        ),
        (lambda: zoo.class_domain(1, 0, 0, 0, level="node"), InvalidArgument, "level is 'node'; it must be"),
    ],
)
def test_bad_parameters_are_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()
