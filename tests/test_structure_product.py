"""Products: the same numbers as the expanded graph, as np.kron of dense Ā, and as closed forms where nothing can be expanded."""

import math
import pickle
from pathlib import Path

import numpy as np
import pytest
from cases import GRAPHS, PRODUCTS, dense_adjacency, many_components, populations
from hypothesis import given, settings
from hypothesis import strategies as st

import popgraph as pg
from popgraph import zoo
from popgraph.basics.subspace import containment_angles
from popgraph.basics.words import shorten
from popgraph.errors import InvalidArgument, InvalidEmbedding, TooLarge
from popgraph.populations import class_coordinates
from popgraph.populations.structure import LowDegree, restriction
from popgraph.verification.match import Match
from popgraph.verification.sampled import SampledMatch, SampledStatus

BIT, LC = zoo.hypercube(1), zoo.lightning_cloud("2/7")
WEAK = zoo.hypercube(1, "1/10")

MIXED = {
    "3-cube": [BIT] * 3,
    "6-cube": [BIT] * 6,
    "one factor": [LC],
    "bits that flip differently": [BIT, WEAK, BIT, WEAK],
    "γ of two coordinates equal to that of one": [zoo.hypercube(1, q) for q in (0.25, 0.25, 0.375)],
    "several components": [LC, BIT, zoo.lightning_cloud(0), BIT],
    "repeated eigenvalues": [zoo.hypercube(2), LC, zoo.hypercube(2)],
    "deficient rank": [zoo.hypercube(1, "1/2"), BIT, LC],
    "rank 1": [zoo.hypercube(1, "1/2"), zoo.hypercube(1, "1/2")],
    "sizes of all kinds": [GRAPHS["one natural, many views"], GRAPHS["repeated rows"], BIT],
    "components of one shape": [many_components(3, 2), BIT],
    "one view": [GRAPHS["many naturals, one view"], LC],
    "clusters": [zoo.clusters(count=2, naturals=4, views=3, degree=2), BIT, WEAK],
}


def positions_of(product, expanded):
    """The expanded graph's views as positions."""
    return product.positions(list(expanded.views))


@pytest.fixture(scope="module", params=MIXED)
def pair(request):
    product = pg.product(MIXED[request.param])
    return product, product.expand()


def cuts(graph):
    return sorted({min(k, graph.N) for k in (1, 2, 3, 5, 8, graph.N)})


# --- the same as the expanded graph


def test_sizes_are_those_of_the_expanded_graph(pair):
    product, graph = pair
    assert (product.n, product.N, product.component_count) == (graph.n, graph.N, graph.component_count)
    assert [type(x) for x in (product.n, product.N)] == [int, int]
    assert product.outcomes(positions_of(product, graph)) == list(graph.views)


def test_the_expanded_adjacency_is_the_kronecker_product_of_the_factors(pair):
    product, graph = pair
    joined = np.ones((1, 1))
    for factor in product.factors:
        joined = np.kron(joined, dense_adjacency(factor))
    at = np.ravel_multi_index(positions_of(product, graph).T, [factor.N for factor in product.factors])
    np.testing.assert_allclose(dense_adjacency(graph), joined[np.ix_(at, at)], atol=1e-14)


def test_eigenvalues_multiplicities_and_cuts_are_those_of_a_dense_solve(pair):
    product, graph = pair
    whole = graph.spectrum(graph.N, solver="dense")
    for k in cuts(graph):
        spectrum = product.spectrum(k)
        np.testing.assert_allclose(spectrum.gamma, whole.gamma[:k], atol=1e-12)
        known = spectrum.multiplicities
        np.testing.assert_allclose(known, whole.multiplicities[: len(known)], atol=1e-12)
        np.testing.assert_array_equal([count for _, count in known], [c for _, c in whole.multiplicities[: len(known)]])
        assert spectrum.clean_cuts == whole.clean_cuts[: len(spectrum.clean_cuts)]
        assert spectrum.gap == pytest.approx(whole.leading(k).gap, abs=1e-12)
        assert (spectrum.gap == 0) == (whole.leading(k).gap <= whole.tolerance)
    assert product.spectrum(graph.N).rank == whole.rank
    assert product.spectrum(graph.N).clean_cuts == whole.clean_cuts


def test_eigenfunctions_are_orthonormal_and_satisfy_the_definition(pair):
    product, graph = pair
    spectrum = product.spectrum(graph.N)
    V = np.sqrt(graph.w_x)[:, np.newaxis] * spectrum.evaluate(list(graph.views))
    np.testing.assert_allclose(V.T @ V, np.eye(graph.N), atol=1e-12)
    np.testing.assert_allclose(dense_adjacency(graph) @ V, V * spectrum.gamma, atol=1e-12)
    whole = graph.spectrum(graph.N, solver="dense")
    for cut in whole.clean_cuts:
        assert containment_angles(V[:, :cut], whole.eigenvectors[:, :cut]).max() < 1e-12


def test_slicing_is_solving(pair):
    product, graph = pair
    whole = product.spectrum(graph.N)
    for k in cuts(graph):
        sliced, solved = whole.leading(k), product.spectrum(k)
        np.testing.assert_array_equal(sliced.gamma, solved.gamma)
        assert sliced.gap == solved.gap
        assert sliced.members(k) == solved.members(k)
        np.testing.assert_array_equal(sliced.evaluate(list(graph.views)), solved.evaluate(list(graph.views)))


def test_losses_and_moments_are_exact(pair):
    product, graph = pair
    rng = np.random.default_rng(0)
    f = product.features(min(2, product.d)) @ rng.standard_normal((product.features(min(2, product.d)).k, 2))
    table = f(positions_of(product, graph))
    F = np.sqrt(graph.w_x)[:, np.newaxis] * table
    np.testing.assert_allclose(f.second_moment(), F.T @ F, rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(f.cross_moment(), (graph.factor @ F).T @ (graph.factor @ F), rtol=1e-12, atol=1e-13)
    loss = pg.losses.spectral.value(graph.factor, graph.w_x, table)
    assert f.loss() == pytest.approx(loss, rel=1e-12)


def test_verdicts_are_those_of_the_expanded_graph(pair):
    """F*, F* turned, F* with noise, a random f and a collapsed one, at clean and degenerate cuts, and wider than k."""
    product, graph = pair
    rng = np.random.default_rng(1)
    features = product.features(product.d)
    for k in cuts(graph):
        star = product.spectrum(k).embedding
        noise = features @ rng.standard_normal((features.k, k))
        one = LowDegree.of(product, [(np.ones(k), {})])
        candidates = [star, star @ rng.standard_normal((k, k)), star + noise * 1e-3, noise, one]
        asked_for = [*((f, k) for f in candidates), (noise, 1), (star, max(1, k - 1))]
        if k > 1:  # what a centred loss finds: all but the constant
            asked_for.append((star @ np.eye(k)[:, 1:], k - 1))
        for f, asked in asked_for:
            mine = pg.verify(product, f, asked)
            theirs = pg.verify(graph, f(positions_of(product, graph)), asked)
            assert isinstance(mine, Match)
            assert (mine.status, mine.optimal, mine.rank) == (theirs.status, theirs.optimal, theirs.rank), (k, asked)
            assert mine.family == theirs.family
            assert ("With a constant" in mine.reason) == ("With a constant" in theirs.reason)
            if theirs.gamma[-1] > 0:  # else all angles are arbitrary
                np.testing.assert_allclose(mine.angles, theirs.angles, atol=1e-7)
            if theirs.excess_loss is not None:
                assert mine.excess_loss == pytest.approx(theirs.excess_loss, rel=1e-9, abs=1e-11)


def test_the_expanded_graph_is_that_of_the_declaration():
    """Views in the order of popgraph's own enumeration, exact where the factors are."""
    expanded, declared = pg.product([BIT] * 3).expand(), zoo.hypercube(3)
    assert expanded.is_exact
    assert [tuple(bit for (bit,) in view) for view in expanded.views] == list(declared.views)
    np.testing.assert_array_equal(expanded.w, declared.w)
    assert pg.product([LC, zoo.clusters(count=2, naturals=4, views=3, degree=2)]).expand().is_exact is False


@settings(deadline=None)
@given(st.lists(populations(max_naturals=3, max_views=3), min_size=1, max_size=3), st.integers(0, 10**6))
def test_random_factors_have_the_spectrum_of_the_kronecker_product(graphs, seed):
    product = pg.product(graphs)
    joined = np.ones((1, 1))
    for graph in graphs:
        joined = np.kron(joined, dense_adjacency(graph))
    exact = np.linalg.eigvalsh(joined)[::-1]
    spectrum = product.spectrum(product.N)
    np.testing.assert_allclose(spectrum.gamma, exact, atol=1e-12)
    assert sum(count for _, count in spectrum.multiplicities) == product.N
    views = np.array(list(np.ndindex(*(graph.N for graph in graphs))))
    root = np.ones(1)
    for graph in graphs:
        root = np.kron(root, np.sqrt(graph.w_x))
    V = root[:, np.newaxis] * spectrum.evaluate(views)
    np.testing.assert_allclose(V.T @ V, np.eye(product.N), atol=1e-10)
    np.testing.assert_allclose(joined @ V, V * spectrum.gamma, atol=1e-10)


def test_large_factors_are_solved_as_far_as_it_takes():
    """A factor of 900 views beside bits: its iterative solver knows a few pairs, and more are asked for."""
    ring = zoo.ring(900)
    product = pg.product([ring, BIT])
    k = 60
    exact = np.sort(np.outer(ring.spectrum(ring.N, solver="dense").gamma, [1, 0.25]).ravel())[::-1]
    np.testing.assert_allclose(product.spectrum(k).gamma, exact[:k], atol=1e-12)


# --- larger than any list


def test_the_1000_cube_is_binomial():
    cube = pg.product([BIT] * 1000)
    assert cube.N == 2**1000
    spectrum = cube.spectrum(1002)
    assert spectrum.multiplicities == ((1.0, 1), (0.25, 1000), (0.0625, math.comb(1000, 2)))
    assert spectrum.clean_cuts == (1, 1001, 500501)
    assert [count for _, count in cube.spectrum(2**1000).multiplicities] == [math.comb(1000, j) for j in range(1001)]
    assert cube.spectrum(2**1000).rank == 2**1000
    views = cube.sample_views(50, rng=0)
    np.testing.assert_allclose(
        spectrum.evaluate(views)[:, :1001], np.column_stack([np.ones(50), 1 - 2 * views]), atol=1e-12
    )
    np.testing.assert_allclose(
        spectrum.evaluate(views)[:, 1001], (1 - 2 * views[:, 0]) * (1 - 2 * views[:, 1]), atol=1e-12
    )


def test_equal_graphs_count_as_one_however_they_were_made():
    apart = pg.product([zoo.hypercube(1) for _ in range(50)])
    assert len(apart.factor_kinds.kinds) == 1
    other = pg.product([zoo.hypercube(1), zoo.lightning_cloud(), zoo.hypercube(1)])
    assert [type(factor.views[0]).__name__ for factor in other.factors] == ["tuple", "Image", "tuple"]
    assert other.factor_kinds.kind_of.tolist() == [0, 1, 0]


def test_pairs_have_the_moments_of_the_population():
    """E φ(x) φ(x⁺) = γ and E φ² = 1, within five standard errors of 20,000 pairs; w_x of single coordinates too."""
    for graphs in ([WEAK, LC, zoo.clusters(count=2, naturals=4, views=6, degree=3)], [BIT] * 40):
        product = pg.product(graphs)
        phi = product.spectrum(4)
        x, x_plus = np.moveaxis(product.sample_pairs(20_000, rng=3), 1, 0)
        a, b = phi.evaluate(x), phi.evaluate(x_plus)
        for values, exact in ((a * b, phi.gamma), (a**2, 1.0), (b**2, 1.0), (a[:, 1:], 0.0)):
            error = values.std(axis=0) / np.sqrt(len(values)) + 1e-12
            assert (np.abs(values.mean(axis=0) - exact) < 5 * error).all()
        views = product.sample_views(20_000, rng=4)
        for j, factor in enumerate(product.factors):
            seen = np.bincount(views[:, j], minlength=factor.N) / len(views)
            assert (np.abs(seen - factor.w_x) < 5 * np.sqrt(factor.w_x / len(views))).all()
        np.testing.assert_array_equal(product.sample_pairs(9, rng=1), product.sample_pairs(9, rng=1))


STRONG = pg.product([WEAK] * 3 + [BIT] * 97)


def test_a_trained_f_spans_f_star_and_its_loss_is_minimal():
    """Features of degree 1 of 100 bits: F* is 1 and the three parities that flip least."""
    training = pg.train(STRONG, 4, features=STRONG.features(1), rng=0)
    match = pg.verify(STRONG, training)
    assert match
    assert match.optimal
    assert training.converged
    assert training.loss[-1] == pytest.approx(-1 - 3 * 0.64**2, abs=1e-12)
    assert training.f.loss() == pytest.approx(training.loss[-1], abs=1e-12)
    np.testing.assert_array_equal(training.weights, pg.train(STRONG, 4, features=STRONG.features(1), rng=0).weights)
    longest = np.linalg.norm(training.weights, axis=1).sum()  # bits are ±1
    sampled = pg.verify_sampled(STRONG, lambda x: training.f(x), pairs=20_000, atol=0.6, longest=longest, rng=1)
    assert isinstance(sampled, SampledMatch)
    assert sampled


def test_training_a_product_is_training_the_expanded_graph_on_the_same_features():
    product = pg.product([WEAK, BIT, LC])
    graph, features = product.expand(), product.features(2)
    mine = pg.train(product, 3, features=features, rng=0)
    theirs = pg.train(graph, 3, features=features(positions_of(product, graph)), rng=1)
    assert mine.loss[-1] == pytest.approx(theirs.loss[-1], abs=1e-12)


def test_a_class_without_f_star_does_not_match():
    """The least noisy parity is kept from the class."""
    features = LowDegree.of(STRONG, [(row, {j: [1, -1]}) for row, j in zip(np.eye(20), range(1, 21), strict=True)])
    match = pg.verify(STRONG, pg.train(STRONG, 2, features=features, rng=0))
    assert not match
    assert match.captured.min() < 1e-12


def test_a_cut_inside_the_level_is_a_family_of_the_true_size():
    """Any 2 of the 97 bits' 97 + binom... dimensions: γ_9 = 0.25 has multiplicity 97, however few f is made of."""
    k = 10  # 1, three at 0.64, three at 0.4096, one at 0.262, and two of the 97 at 0.25
    assert [count for _, count in STRONG.spectrum(k).multiplicities[:5]] == [1, 3, 3, 1, 97]
    match = pg.verify(STRONG, STRONG.spectrum(k))
    assert match
    assert match.degenerate
    assert "has multiplicity 97" in match.family
    assert "a family of dimension 190" in match.family  # 2 (97 - 2)
    parity = LowDegree.of(STRONG, [(1, {50: [1, -1], 51: [1, -1]})])
    turned = STRONG.spectrum(k).embedding + parity @ (1e-3 * np.eye(1, k, 9))
    assert not pg.verify(STRONG, turned)


@pytest.mark.slow
@pytest.mark.parametrize(("confidence", "pairs"), [(0.95, 500), (0.6, 20_000)])
def test_intervals_cover_the_exact_loss_as_often_as_they_say(confidence, pairs):
    """f is sampled as a callable; its loss is known as an exact sum. 100 runs: 5 standard deviations of a binomial.

    Of 500 pairs those that all were missed could do more than the noise does, and an interval that allows for them always holds.
    """
    few = pg.product([WEAK] * 3 + [BIT] * 5)
    f = few.features(1) @ np.random.default_rng(0).standard_normal((9, 2)) * 0.5
    held = 0
    for seed in range(100):
        estimate = pg.verify_sampled(few, lambda x: f(x), pairs=pairs, confidence=confidence, rng=seed).loss
        held += estimate.low <= f.loss() <= estimate.high
    assert held >= 100 * confidence - 5 * np.sqrt(100 * confidence * (1 - confidence))
    if confidence < 0.9:  # and intervals that always hold would be none
        assert held < 95


def test_sampled_verdicts_know_the_eigenvalues():
    star = STRONG.spectrum(4).embedding
    longest = np.sqrt(1 + 3 * 0.64)  # |F*|² is Σγ, as parities are ±1
    sampled = pg.verify_sampled(STRONG, lambda x: star(x), pairs=20_000, atol=0.5, longest=longest, rng=0)
    np.testing.assert_allclose(sampled.gamma, [1, 0.64, 0.64, 0.64, 0.4096], atol=1e-12)
    assert sampled.status is SampledStatus.CERTIFIED
    assert sampled.minimiser is SampledStatus.CERTIFIED
    other = LowDegree.of(STRONG, [(1, {40: [1, -1]})])

    def lacking(x):
        return np.column_stack([star(x)[:, :3], other(x)])

    wrong = pg.verify_sampled(STRONG, lacking, longest=np.sqrt(1 + 2 * 0.64 + 1))
    assert wrong.status is SampledStatus.REFUTED
    assert wrong.atol == 0.1
    unknown = pg.verify(STRONG, lacking)
    assert unknown.status is SampledStatus.CONSISTENT
    assert "if f is nowhere longer than 1.811, the longest drawn; give longest=" in unknown.reason


# --- the algebra of low-degree functions


def test_low_degree_functions_add_and_multiply_like_their_tables():
    product = pg.product([WEAK, LC, BIT])
    views = product.sample_views(20, rng=0)
    one = lambda view: view[0] - 0.25  # noqa: E731
    f = LowDegree.of(product, [([1, 2], {0: one, 1: [3, 1, 4, 1]}), ([0.5, 0], {})])
    g = LowDegree.of(product, [([1, -1], {2: {(0,): 2.0, (1,): 5.0}})])
    first, third = views[:, 0] - 0.25, np.array([2.0, 5.0])[views[:, 2]]
    table = (first * np.array([3, 1, 4, 1])[views[:, 1]])[:, np.newaxis] * [1, 2] + [0.5, 0]
    other = third[:, np.newaxis] * [1, -1]
    Q = np.array([[1.0, 2.0, 0.0], [0.0, 1.0, 1.0]])
    np.testing.assert_allclose(f(views), table, atol=1e-14)
    np.testing.assert_allclose((f + g)(views), table + other, atol=1e-14)
    np.testing.assert_allclose((2 * f @ Q)(views), 2 * table @ Q, atol=1e-14)
    np.testing.assert_allclose(f(product.outcomes(views)), table, atol=1e-14)
    np.testing.assert_allclose((f + g)(views[:1]), (table + other)[:1], atol=1e-14)
    assert (f.degree, g.degree, (f + g).degree) == (2, 1, 2)


def test_a_product_of_all_coordinates_has_exact_moments():
    """Π cos(a x_j): E of a product is the product of the coordinates' means, in closed form on bits."""
    cube = pg.product([BIT] * 60)
    f = LowDegree.of(cube, [(1, {j: [1.0, 0.5] for j in range(60)})])
    second, cross = (1 + 0.25) / 2, (3 / 4 * (1 + 0.25) / 2) + 1 / 4 * 0.5
    assert f.second_moment()[0, 0] == pytest.approx(second**60, rel=1e-12)
    assert f.cross_moment()[0, 0] == pytest.approx(cross**60, rel=1e-12)
    assert cube.in_coordinates(f) is None  # 2^60 eigenfunctions are too many
    assert isinstance(pg.verify(cube, f), SampledMatch)


def test_features_span_all_functions_of_their_degree_and_are_independent():
    product = pg.product([WEAK, LC, BIT])
    graph = product.expand()
    for degree, dimension in ((0, 1), (1, 6), (2, 13), (3, 16)):
        features = product.features(degree)
        assert features.k == dimension
        assert np.linalg.matrix_rank(features(positions_of(product, graph))) == dimension
        assert np.linalg.cond(features.second_moment()) < 1e3


# --- values, and what is refused


def test_values_print_on_a_screen_and_pickle():
    cube = pg.product([BIT] * 1000)
    spectrum = cube.spectrum(1002)
    for value in (cube, spectrum):
        assert len(repr(value)) < 132
        assert "\n" not in repr(value)
        assert str(value).startswith(repr(value))
        assert str(value).count("\n") < 20
        assert "<table>" in value._repr_html_()
    assert "degenerate cut" in repr(spectrum)
    again = pickle.loads(pickle.dumps(spectrum))
    views = cube.sample_views(3, rng=0)
    np.testing.assert_array_equal(again.evaluate(views), spectrum.evaluate(views))
    assert pg.verify(pg.product([zoo.hypercube(1)] * 1000), again.leading(1))
    with pytest.raises(ValueError, match="read-only"):
        spectrum.gamma[0] = 2
    assert "angle to the true space" in str(cube.spectrum(1001).certificate)
    assert cube.spectrum(1001).certificate.angle_bound < 1e-10


CUBE = pg.product([BIT] * 1000)
F = CUBE.features(1)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: pg.product([]), InvalidArgument, "needs at least one factor; got an empty list"),
        (
            lambda: pg.product(BIT),
            InvalidArgument,
            "takes a list of PopulationGraphs, one a coordinate; got PopulationGraph",
        ),
        (lambda: pg.product([BIT, 3]), InvalidArgument, "factor 1 is 3, not a PopulationGraph"),
        (
            lambda: CUBE.spectrum(0),
            InvalidArgument,
            "k is 0; it must be a whole number from 1 to the number of views, about",
        ),
        (lambda: CUBE.spectrum(2**1000 + 1), InvalidArgument, "the number of views, about 1.07e301"),
        (lambda: CUBE.spectrum(True), InvalidArgument, "k is True"),
        (lambda: CUBE.spectrum(10**9).gamma, TooLarge, "1,000,000,000 eigenvalues are too many to list"),
        (
            lambda: CUBE.spectrum(10**7).evaluate(np.zeros((1, 1000), int)),
            TooLarge,
            "eigenfunctions are too many to list",
        ),
        (lambda: CUBE.spectrum(5).leading(6), InvalidArgument, "from 1 to the number of pairs of this spectrum, 5"),
        (lambda: CUBE.expand(), TooLarge, "spectrum, verify, train and sample_pairs need no list of views"),
        (
            lambda: pg.product([BIT] * 16).expand(),
            TooLarge,
            "a graph of 65,536 views with 4,294,967,296 entries of A needs 206 GB",
        ),
        (lambda: CUBE.sample_views(-1), InvalidArgument, "size is -1"),
        (lambda: CUBE.positions(np.zeros((2, 3), int)), InvalidArgument, "positions are whole numbers (m, 1000)"),
        (
            lambda: CUBE.positions(np.full((2, 1000), 2)),
            InvalidArgument,
            "first view 0 in coordinate 0: 2 is not in 0..1",
        ),
        (
            lambda: CUBE.positions([(0,)]),
            InvalidArgument,
            "view 0 is (0,); a view of the product is a tuple of 1000 outcomes",
        ),
        (
            lambda: CUBE.positions([((0,),) * 999 + (7,)]),
            InvalidArgument,
            "no views of their factors: 7 in coordinate 999",
        ),
        (
            lambda: CUBE.positions([((0,),) * 999 + ([],)]),
            InvalidArgument,
            "no views of their factors: [] in coordinate 999",
        ),
        (
            lambda: CUBE.features(2),
            TooLarge,
            "functions of degree 2 of 1,000 coordinates have more than 10,000 dimensions",
        ),
        (lambda: CUBE.features(-1), InvalidArgument, "degree is -1"),
        (lambda: pg.verify(CUBE, np.ones((4, 1))), InvalidEmbedding, "a product has no table f: give a LowDegree"),
        (
            lambda: pg.verify(CUBE, F, 2000),
            InvalidArgument,
            "k is 2000; it must be a whole number from 1 to the number of f's",
        ),
        (
            lambda: pg.verify(CUBE, lambda x: x[:, 0]),
            InvalidEmbedding,
            "f of a batch of 1 view has shape (1,); it must be (1, k)",
        ),
        (
            lambda: pg.verify(CUBE, pg.product([BIT] * 9).features(1)),
            InvalidEmbedding,
            "is a function of another product",
        ),
        (
            lambda: pg.verify_sampled(CUBE, pg.product([BIT] * 9).features(1)),
            InvalidEmbedding,
            "is a function of another product",
        ),
        (lambda: pg.verify(CUBE, F, spectrum=CUBE.spectrum(2)), InvalidArgument, "does not serve: k = 1001 pairs"),
        (lambda: pg.verify(CUBE, F, atol=2), InvalidArgument, "atol is 2; it is an angle in radians"),
        (lambda: pg.verify(CUBE, F, features=F), InvalidArgument, "features= does not apply to a product"),
        (lambda: pg.train(CUBE, 2), InvalidArgument, "features=product.features(degree=1)"),
        (
            lambda: pg.train(CUBE, 2, features=F, batch_size=9),
            InvalidArgument,
            "batch_size= does not apply to a product",
        ),
        (
            lambda: pg.train(CUBE, 2, features=F, loss=pg.losses.infonce),
            InvalidArgument,
            "the spectral contrastive loss only",
        ),
        (
            lambda: pg.train(CUBE, 2000, features=F),
            InvalidArgument,
            "k is 2000; it must be a whole number from 1 to the number",
        ),
        (lambda: pg.train(CUBE, 2, features=F, steps=0), InvalidArgument, "steps is 0"),
        (
            lambda: pg.train(CUBE, 1, features=F @ np.ones((1001, 2))),
            InvalidArgument,
            "features has 2 columns but rank 1",
        ),
        (lambda: LowDegree.of(CUBE, []), InvalidArgument, "needs at least one term"),
        (
            lambda: LowDegree.of(CUBE, [(1, {1000: [1, 2]})]),
            InvalidArgument,
            "a coordinate of term 0 is 1000; it must be a whole number from 0 to the last coordinate, 999",
        ),
        (lambda: LowDegree.of(CUBE, [(1, [1, 2])]), InvalidArgument, "give a mapping coordinate -> function"),
        (
            lambda: LowDegree.of(CUBE, [(1, {0: [1, 2, 3]})]),
            InvalidEmbedding,
            "term 0, coordinate 0: f has shape (3, 1)",
        ),
        (lambda: LowDegree.of(CUBE, [(1, {0: np.ones((2, 2))})]), InvalidEmbedding, "one value for each view, not 2"),
        (lambda: LowDegree.of(CUBE, [(1, {}), ([1, 2], {})]), InvalidEmbedding, "the weight of term 1 has 2 entries"),
        (lambda: LowDegree.of(CUBE, [(np.nan, {})]), InvalidEmbedding, "the weight of term 0 holds nan"),
        (lambda: F + 3, InvalidArgument, "3 cannot be added to LowDegree"),
        (lambda: F @ np.ones(3), InvalidArgument, "f has 1001 columns, and Q shape (3,)"),
    ],
)
def test_what_does_not_serve_is_refused_with_a_reason(call, error, words):
    with pytest.raises(error) as caught:
        call()
    assert words in str(caught.value)


def test_the_judged_never_sees_the_judge():
    """Neither the descent nor the coordinates that it runs in come near an eigenvector."""
    package = Path(pg.__file__).parent
    files = [*(package / "training").glob("*.py"), Path(restriction.__file__), Path(class_coordinates.__file__)]
    lines = [line for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    rooms = [line.split()[1] for line in lines if line.startswith(("from popgraph", "import popgraph"))]
    assert {"popgraph.populations.structure.low_degree", "popgraph.training.descent"} <= set(rooms)
    assert not [room for room in rooms if any(word in room for word in ("spectrum", "checking", "verification"))]


def test_detected_products_and_declared_ones_agree():
    for graph in PRODUCTS.values():
        whole = graph.spectrum(graph.N)
        assert sum(count for _, count in whole.multiplicities) == graph.N


def test_a_large_factor_is_judged_by_pairs_and_an_f_of_its_own_attribute_by_its_values():
    """Of a factor above 800 views no whole eigenbasis is made; and a callable with an attribute f is still the callable."""
    product = pg.product([zoo.ring(900), BIT])
    around = np.cos(2 * np.pi * np.arange(900) / 900)
    f = LowDegree.of(product, [([1, 0], {}), ([0, 1], {0: around})])
    assert product.in_coordinates(f) is None
    assert isinstance(pg.verify(product, f), SampledMatch)
    of_bits = LowDegree.of(product, [(1, {})])
    assert isinstance(pg.verify(product, of_bits), Match)

    class Network:
        f = "not the embedding"

        def __call__(self, x):
            return np.ones((len(x), 1))

    assert isinstance(pg.verify_sampled(STRONG, Network(), pairs=1_000, rng=0), SampledMatch)


@pytest.mark.parametrize("scale", [1e100, 1e200, 1e300])
def test_the_loss_of_a_scale_beyond_float64_is_infinite_without_a_warning(scale):
    graph = pg.product([pg.zoo.hypercube(1), pg.zoo.ring(5)])
    f = graph.spectrum(2).embedding * scale
    with np.errstate(all="raise", under="ignore"):
        assert f.loss() == np.inf
        assert pg.verify(graph, f).excess_loss == np.inf


def test_a_name_prints_and_goes_to_the_expanded_graph():
    named = pg.product([BIT] * 2, name="two bits")
    assert repr(named) == "ProductGraph(two bits: 2 factors: 4 naturals, 4 views, 1 component)"
    assert named.expand().name == "two bits"
    assert pg.product([BIT] * 2).expand().name == "product of 2 factors"
    with pytest.raises(InvalidArgument, match="name is 3; it must be a string"):
        pg.product([BIT], name=3)


def test_functions_of_a_product_are_read_on_its_views_listed_anywhere():
    product = pg.product([WEAK, BIT, LC])
    training = pg.train(product, 2, features=product.features(1), rng=0)
    mixed = pg.structure.mixture(["a"], {"a": [WEAK, BIT, LC]})
    for f in (training, training.f, product.spectrum(2)):
        for listed in (product.expand(), mixed):
            table = (f.f if f is training else getattr(f, "embedding", f))(product.positions(list(listed.views)))
            assert pg.verify(listed, f).reason == pg.verify(listed, table).reason
        words = (
            "f is a function of a product of populations, and this graph's views are none of that product's: view 0 is "
        )
        with pytest.raises(InvalidEmbedding, match=words):
            pg.verify(zoo.ring(8), f)


@pytest.mark.parametrize(
    ("factor", "mend"),
    [
        (lambda: pg.product([BIT, LC]), "list its factors, which are product.factors, in its place"),
        (lambda: pg.structure.mixture(["a"], {"a": [BIT]}), "use its .expand()"),
    ],
)
def test_a_population_that_is_no_graph_is_no_factor(factor, mend):
    factor = factor()
    with pytest.raises(InvalidArgument) as refusal:
        pg.product([BIT, factor])
    assert str(refusal.value) == f"factor 1 is {shorten(factor)}, not a PopulationGraph; {mend}"
    with pytest.raises(InvalidArgument) as refusal:
        pg.structure.mixture(["a"], {"a": [BIT, factor]})
    assert str(refusal.value) == f"coordinate 1 of class 'a' is {shorten(factor)}, not a PopulationGraph; {mend}"
