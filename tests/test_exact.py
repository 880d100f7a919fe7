"""Exact graphs against closed forms, 200-digit arithmetic, brute force over fractions, and each other."""

from decimal import Decimal
from fractions import Fraction
from itertools import product
from math import comb

import numpy as np
import pytest
from extras import need
from hypothesis import given, settings
from hypothesis import strategies as st
from layers import examples

import popgraph as pg
from popgraph import zoo
from popgraph.errors import InvalidArgument, InvalidDistribution, InvalidEmbedding, MissingExtra, TooLarge
from popgraph.populations.exact.algebraic import root_latex
from popgraph.verification.match import Status

mpmath = need("mpmath")


def random_population(seed, most=5, weights=9):
    """Naturals and views with one-digit weights, some of them 0; built from fractions."""
    rng = np.random.default_rng(seed)
    n, N = int(rng.integers(1, most + 1)), int(rng.integers(1, most + 1))
    A = rng.integers(1, weights + 1, (n, N)) * (rng.random((n, N)) < rng.choice([0.4, 0.7, 1.0]))
    A[np.arange(n), rng.integers(0, N, n)] += 1
    A = A[:, A.any(axis=0)]
    p = rng.integers(1, weights + 1, n)
    kernel = {i: {x: Fraction(int(a), int(row.sum())) for x, a in enumerate(row) if a} for i, row in enumerate(A)}
    return pg.build({i: Fraction(int(q), int(p.sum())) for i, q in enumerate(p)}, kernel)


def by_definition(graph):
    """w over fractions, natural by natural and pair by pair."""
    law, views = graph.population.distribution.fractions, list(graph.views)
    w = [[Fraction(0)] * len(views) for _ in views]
    A = graph.kernel
    for i, p in enumerate(law.values()):
        row = {}
        for j in range(A.indptr[i], A.indptr[i + 1]):
            row[int(A.indices[j])] = graph.population.exact.entry(j, i)
        assert sum(row.values()) == 1
        for x, y in product(row, repeat=2):
            w[x][y] += p * row[x] * row[y]
    return w


@pytest.mark.parametrize("block", range(8))
def test_two_hundred_random_graphs_against_two_hundred_digits(block):
    """w, P and its twin by definition; every eigenvalue by mpmath's symmetric solver on Ā at 200 digits."""
    mpmath.mp.dps = 210
    for seed in range(25 * block, 25 * (block + 1)):
        graph = random_population(seed)
        exact, w = graph.exact(), by_definition(graph)
        assert exact.w.tolist() == w
        w_x = [sum(row) for row in w]
        assert exact.w_x.tolist() == w_x
        assert exact.walk.tolist() == [[entry / total for entry in row] for row, total in zip(w, w_x, strict=True)]
        root = [mpmath.sqrt(mpmath.mpf(q.numerator) / q.denominator) for q in w_x]
        adjacency = mpmath.matrix(
            [
                [mpmath.mpf(entry.numerator) / entry.denominator / root[x] / root[y] for y, entry in enumerate(row)]
                for x, row in enumerate(w)
            ]
        )
        found = sorted(mpmath.eigsy(adjacency, eigvals_only=True), reverse=True)
        listed = [each for each in exact.eigenvalues for _ in range(each.multiplicity)]
        assert len(listed) == graph.N
        for value, each in zip(found, listed, strict=True):
            low, high = (mpmath.mpf(end.numerator) / end.denominator for end in each.enclosure(200))
            assert low - mpmath.mpf(10) ** -195 <= value <= high + mpmath.mpf(10) ** -195
            assert abs(mpmath.mpf(each.digits(150)) - value) <= mpmath.mpf(10) ** -150
            assert float(each) == (0.0 if abs(value) < mpmath.mpf(10) ** -190 else float(value))
        trace = sum(exact.twin[i][i] for i in range(graph.n))
        assert trace == sum(exact.walk[x][x] for x in range(graph.N))  # both have the nonzero eigenvalues
        assert exact.charpoly.degree == graph.N


@pytest.mark.parametrize("seed", range(60))
def test_the_factors_are_those_of_sympy(seed):
    import sympy

    graph = random_population(seed, most=6)
    exact = graph.exact()
    x = sympy.symbols("x")
    walk = sympy.Matrix([[sympy.Rational(e.numerator, e.denominator) for e in row] for row in exact.walk.tolist()])
    _, listed = sympy.factor_list(walk.charpoly(x).as_expr(), x)
    expected = {}
    for factor, exponent in listed:
        primitive = sympy.Poly(factor, x).primitive()[1]
        coefficients = [int(c) for c in primitive.all_coeffs()][::-1]
        sign = 1 if coefficients[-1] > 0 else -1
        expected[tuple(sign * c for c in coefficients)] = exponent
    assert dict(exact.charpoly.factors) == expected
    assert exact.rank == walk.rank()
    assert exact.multiplicity(1) == graph.component_count
    if graph.n <= graph.N:
        twin = sympy.Matrix([[sympy.Rational(e.numerator, e.denominator) for e in row] for row in exact.twin.tolist()])
        assert sympy.expand(twin.charpoly(x).as_expr() * x ** (graph.N - graph.n) - walk.charpoly(x).as_expr()) == 0


# --- closed forms


@pytest.mark.parametrize("q", ["1/3", "1/2", 0, 1, "2/7"])
def test_lightning_and_cloud(q):
    """Two blocks of rank 1 whatever q: 1 twice, and 0 for every other view; F* is (√(1-q), √q) in each."""
    graph = zoo.lightning_cloud(q)
    exact, q = graph.exact(), Fraction(q)
    both = 0 < q < 1
    assert exact.multiplicity(1) == 2
    assert exact.rank == 2
    assert exact.multiplicity(0) == (2 if both else 0)
    assert exact.clean_cuts == (2,)
    kept = [1 - q, q] if both else [Fraction(1)]
    assert exact.w[: len(kept), : len(kept)].tolist() == [[a * b / 2 for b in kept] for a in kept]
    size = len(kept)
    assert exact.verify([[1, 0]] * size + [[0, 1]] * size)
    cut = exact.cut(1)
    assert (cut.clean, cut.zero, cut.above, cut.upto) == (False, False, 0, 2)
    assert exact.verify([[3]] * size + [[5]] * size)  # degenerate: any of the two dimensions
    if both:
        assert exact.cut(3).zero
        assert "γ_3 = 0" in exact.verify([[1, 0, 1], [1, 0, 2], [0, 1, 3], [0, 1, 5]]).reason


def test_the_blackboard_numbers():
    exact = zoo.lightning_cloud().exact()
    assert exact.latex("w").startswith(
        r"\begin{pmatrix}\tfrac{2}{9} & \tfrac{1}{9} & 0 & 0 \\ \tfrac{1}{9} & \tfrac{1}{18}"
    )
    assert exact.latex("adjacency").startswith(r"\begin{pmatrix}\tfrac{2}{3} & \tfrac{\sqrt{2}}{3} & 0 & 0")
    assert exact.latex("gamma") == r"\left(1,\ 1,\ 0,\ 0\right)"
    two_thirds, third = r"\sqrt{\tfrac{2}{3}}", r"\sqrt{\tfrac{1}{3}}"
    assert exact.latex("F*") == (
        rf"\begin{{pmatrix}}{two_thirds} & 0 \\ {third} & 0 \\ 0 & {two_thirds} \\ 0 & {third}\end{{pmatrix}}"
    )
    page = exact._repr_latex_()
    assert page.startswith(r"$$w = \begin{pmatrix}")
    assert r"F^* = " in page
    assert zoo.hypercube(4).exact()._repr_latex_() is None


@pytest.mark.parametrize("d", range(1, 7))
@pytest.mark.parametrize("q", ["1/4", "1/3"])
def test_hypercubes_have_binomial_multiplicities(d, q):
    exact, rho = zoo.hypercube(d, q).exact(), (1 - 2 * Fraction(q)) ** 2
    assert [(each.fraction, each.multiplicity) for each in exact.eigenvalues] == [
        (rho**size, comb(d, size)) for size in range(d + 1)
    ]
    assert exact.clean_cuts == tuple(np.cumsum([comb(d, size) for size in range(d + 1)]).tolist())


@pytest.mark.parametrize("n", [3, 5, 7, 8, 12, 15])
def test_rings_have_their_cosines(n):
    """γ_j = ((1 + cos(2πj/n))/2)², each but the first and the middle one twice; 100 digits by mpmath."""
    mpmath.mp.dps = 120
    expected = sorted(((1 + mpmath.cos(2 * mpmath.pi * j / n)) / 2) ** 2 for j in range(n))[::-1]
    listed = [each for each in zoo.ring(n).exact().eigenvalues for _ in range(each.multiplicity)]
    for value, each in zip(expected, listed, strict=True):
        assert abs(mpmath.mpf(each.digits(100)) - value) < mpmath.mpf(10) ** -99
    counts = [each.multiplicity for each in zoo.ring(n).exact().eigenvalues]
    assert counts == [1] + [2] * ((n - 1) // 2) + [1] * (n % 2 == 0)


def test_rings_have_radicals_where_the_cosine_is_quadratic():
    """cos 45° = √2/2 and cos 72° = (√5 - 1)/4."""
    eight, five = zoo.ring(8).exact().eigenvalues, zoo.ring(5).exact().eigenvalues
    assert [each.radicals for each in eight] == ["1", "(3 + 2√2)/8", "1/4", "(3 - 2√2)/8", "0"]
    assert [each.radicals for each in five] == ["1", "(7 + 3√5)/32", "(7 - 3√5)/32"]
    assert five[1].latex == r"\tfrac{7 + 3\sqrt{5}}{32}"
    assert five[1].surd() == (7, 3, 5, 32)
    seven = zoo.ring(7).exact().eigenvalues[1]
    assert (seven.degree, seven.radicals) == (3, None)
    assert seven.latex == rf"{((1 + np.cos(2 * np.pi / 7)) / 2) ** 2:.6f}\ldots"


# --- numbers


@given(st.integers(3, 9), st.integers(1, 60))
def test_digits_round_right_and_enclosures_hold(n, count):
    for each in zoo.ring(n).exact().eigenvalues:
        low, high = each.enclosure(count)
        assert high - low <= Fraction(1, 10**count)
        below, above = each.enclosure(count + 30)
        assert low <= above
        assert below <= high
        assert abs(Fraction(each.digits(count)) - below) <= Fraction(1, 2 * 10**count) + (above - below)
        value = sum(c * Fraction(float(each)) ** power for power, c in enumerate(each.coefficients))
        assert abs(float(value)) < 1e-8


def test_eigenvalues_compare_exactly():
    eight, four = zoo.ring(8).exact().eigenvalues, zoo.ring(4).exact().eigenvalues
    assert eight[0] == four[0] == 1
    assert eight[2] == four[1] == Fraction(1, 4)
    assert hash(eight[2]) == hash(Fraction(1, 4))
    assert eight[1] > eight[3] > 0
    assert eight[1] < Fraction(3, 4)
    assert sorted(eight) == list(eight)[::-1]
    assert eight[1] != eight[3]
    assert eight[1] != "(3 + 2√2)/8"
    with pytest.raises(TypeError):
        _ = eight[1] < "1"


def test_error_bounds_hold_and_see_a_wrong_digit():
    for seed in range(30):
        graph = random_population(seed)
        exact, spectrum = graph.exact(), graph.spectrum(graph.N)
        bounds = exact.error_bounds(spectrum)
        assert (bounds <= 1e-14).all()
        listed = [each for each in exact.eigenvalues for _ in range(each.multiplicity)]
        for bound, value, each in zip(bounds, spectrum.gamma.tolist(), listed, strict=True):
            assert all(abs(Fraction(value) - end) <= Fraction(bound) for end in each.enclosure(60))
    assert exact.error_bounds([0.75])[0] == 0.25
    np.testing.assert_array_equal(zoo.hypercube(3).exact().gamma, [1] + [0.25] * 3 + [0.0625] * 3 + [0.015625])


def test_eigenvalues_of_a_large_graph_bracket_those_of_the_solver():
    rng = np.random.default_rng(0)
    A = np.zeros((30, 60), dtype=int)
    for row, views in zip(A, rng.permuted(np.tile(np.arange(60), (30, 1)), axis=1), strict=True):
        row[views[:4]] = rng.integers(1, 10, 4)
    graph = pg.build(rng.integers(1, 10, 30), A, normalize=True, drop_unreachable=True)
    assert graph.is_exact
    exact = graph.exact()
    assert exact.error_bounds(graph.spectrum(graph.N)).max() < 1e-14
    assert exact.multiplicity(1) == graph.component_count


# --- what floats cannot tell


def two_coins(extra):
    """Two components [[1-q, q], [q, 1-q]] with γ = (1-2q)²: 1/4, and a little less."""
    return pg.build(
        range(4),
        {
            0: {0: "3/4", 1: "1/4"},
            1: {0: "1/4", 1: "3/4"},
            2: {2: Fraction(3, 4) - extra, 3: Fraction(1, 4) + extra},
            3: {2: Fraction(1, 4) + extra, 3: Fraction(3, 4) - extra},
        },
    )


def test_a_gap_below_1e_18_is_seen_exactly_and_verify_says_so():
    equal, apart = two_coins(Fraction(0)), two_coins(Fraction(1, 4 * 10**19))
    assert equal.spectrum(4).gamma.tolist() == apart.spectrum(4).gamma.tolist()  # to floats they are one graph
    assert equal.exact().clean_cuts == (2, 4)
    assert apart.exact().clean_cuts == (2, 3, 4)
    low, high = apart.exact().cut(3).gap
    assert 0 < low <= high < Fraction(1, 10**18)
    assert low <= Fraction(1, 4) - (Fraction(1, 2) - Fraction(1, 2 * 10**19)) ** 2 <= high
    f = np.array([[1, 0, 1], [1, 0, -1], [0, 1, 0], [0, 1, 0]])
    degenerate, clean = pg.verify(equal, f), pg.verify(apart, f)
    assert (degenerate.status, degenerate.exactly) == (Status.MATCH_DEGENERATE, "γ_3 = γ_4")
    assert clean.status is Status.MATCH_DEGENERATE  # as floats see it: no verdict depends on python-flint
    assert clean.exactly == "γ_3 - γ_4 = 5e-20, and the cut is clean"
    assert "floats cannot tell, and graph.exact().verify(f) decides" in str(clean)
    assert "In exact arithmetic γ_3 = γ_4." in str(degenerate)
    assert apart.exact().verify(f)  # the first pair has the larger γ
    other = np.array([[1, 0, 0], [1, 0, 0], [0, 1, 1], [0, 1, -1]])
    assert not apart.exact().verify(other)
    assert apart.exact().verify(other).witness == 2
    assert equal.exact().verify(other)


def test_a_tiny_eigenvalue_is_no_zero():
    """γ_2 = (1-2q)² = 1e-40: a float rank of 1, an exact one of 2."""
    q = Fraction(1, 2) - Fraction(1, 2 * 10**20)
    graph = pg.build(range(2), {0: {0: 1 - q, 1: q}, 1: {0: q, 1: 1 - q}})
    assert graph.exact().rank == 2
    assert graph.exact().eigenvalues[1] == Fraction(1, 10**40)
    match = pg.verify(graph, np.eye(2))
    assert match.status is Status.RANK_EXCEEDED
    assert "γ_2 - γ_3 = 1e-40" in match.exactly
    assert graph.exact().verify([[1, 0], [0, 1]])
    flat = pg.build(range(2), {0: {0: "1/2", 1: "1/2"}, 1: {0: "1/2", 1: "1/2"}})
    assert pg.verify(flat, np.eye(2)).status is Status.RANK_EXCEEDED
    assert pg.verify(flat, np.eye(2)).exactly == "γ_2 = 0"


# --- exact verification


@pytest.mark.slow
@settings(max_examples=examples(60))
@given(st.integers(1, 4), st.data())
def test_bases_of_cube_eigenspaces_match_and_anything_moved_out_does_not(d, data):
    """The parities of up to s bits are a basis; mixed by an invertible rational matrix they still are."""
    cube = zoo.hypercube(d, "1/5")
    exact, views = cube.exact(), np.array(cube.views)
    subsets = sorted(product((0, 1), repeat=d), key=sum)
    k = data.draw(st.sampled_from(exact.clean_cuts))
    parities = np.array([[(-1) ** int(view @ subset) for subset in subsets[:k]] for view in views])
    drawn = data.draw(st.lists(st.integers(-3, 3), min_size=k * k, max_size=k * k))
    mix = np.tril(np.array(drawn).reshape(k, k), -1) + np.eye(k, dtype=int)
    f = parities @ mix
    assert exact.verify(f.tolist())
    if k < 2**d:
        j = data.draw(st.integers(0, k - 1))
        moved = f.copy()
        moved[:, j] += [(-1) ** int(view @ subsets[-1]) for view in views]
        found = exact.verify(moved.tolist())
        assert (found.matches, found.witness) == (False, j)


def test_degenerate_cuts_ask_for_all_above_and_nothing_below():
    cube = zoo.hypercube(3)
    exact, bits = cube.exact(), 1 - 2 * np.array(cube.views)
    one = np.ones((8, 1), dtype=int)
    assert exact.verify(np.hstack([one, bits[:, :1]]))
    assert "1 of the 3 dimensions of γ_2" in exact.verify(np.hstack([one, bits[:, :1] + bits[:, 1:2]])).reason
    without = exact.verify(bits[:, :2])
    assert (without.matches, without.reason) == (False, "f contains 0 of the 1 dimensions above γ_2 = γ_3")
    below = exact.verify(np.hstack([one, bits[:, :1] * bits[:, 1:2]]))
    assert (below.matches, below.witness) == (False, 1)
    assert pg.verify(cube, np.hstack([one, bits[:, :1]])).exactly == "γ_2 = γ_3"


def test_irrational_eigenspaces_have_no_rational_basis_but_conjugate_ones_have():
    """On the ring of five γ_2 = γ_3 and γ_4 = γ_5 are conjugate: all five together are rational, three are not."""
    exact = zoo.ring(5).exact()
    assert exact.verify(np.eye(5, dtype=int).tolist())
    for j in range(2):
        f = np.eye(5, dtype=int)[:, : 2 + j].tolist()
        assert not exact.verify([[1, *row] for row in f])


@pytest.mark.parametrize("seed", range(40))
def test_exact_and_float_verdicts_agree_where_floats_can_tell(seed):
    graph = random_population(seed)
    exact, rng = graph.exact(), np.random.default_rng(seed)
    for k in range(1, graph.N + 1):
        f = rng.integers(-2, 3, (graph.N, k))
        f[:, 0] = 1
        floats = pg.verify(graph, f.astype(float))
        if floats.status is not Status.UNDECIDED:
            assert bool(exact.verify(f)) == bool(floats), (seed, k)
    indicators = np.eye(graph.component_count, dtype=int)[graph.components]  # the eigenspace of 1
    assert exact.verify(indicators)
    assert pg.verify(graph, indicators)
    if exact.rank == graph.N:
        assert exact.verify(np.eye(graph.N, dtype=int))


def test_dependent_columns_are_named():
    found = zoo.lightning_cloud().exact().verify([[1, 2], [1, 2], [1, 2], [1, 2]])
    assert (found.matches, found.witness, found.rank) == (False, 1, 1)
    assert found.reason == "column 1 of f depends on those before it: f has rank 1, not 2"


# --- what is refused


def test_floats_are_refused_by_name_with_the_mend():
    law = pg.Distribution({"a": 0.1, "b": 0.9})
    with pytest.raises(InvalidDistribution, match=r"p\('a'\) is the float 0.1, .* declare it as Fraction\(1, 10\)"):
        pg.build(law, pg.identity()).exact()
    mended = pg.build(law.rationalize(10), pg.identity())
    assert mended.exact().w_x.tolist() == [Fraction(1, 10), Fraction(9, 10)]
    kernel = {"a": {"a": 0.5, "b": 0.5}, "b": {"a": 0.1, "b": 0.9}}
    with pytest.raises(InvalidDistribution, match=r"A\('a'\|'b'\) is the float 0.1, and floats are not promoted"):
        pg.build(["a", "b"], kernel).exact()


def test_rationalize():
    thirds = pg.Distribution({"a": 1 / 3, "b": 2 / 3}).rationalize()
    assert thirds.fractions == {"a": Fraction(1, 3), "b": Fraction(2, 3)}
    exact = pg.Distribution({"a": "1/7", "b": "6/7"})
    assert exact.rationalize(2) is exact
    with pytest.raises(InvalidDistribution, match="denominators up to 2 sum to 3/2, or round to 0"):
        pg.Distribution({"a": 0.4, "b": 0.3, "c": 0.3}).rationalize(2)
    with pytest.raises(InvalidArgument, match="max_denominator is 0; it must be a whole number"):
        pg.Distribution({"a": 0.5, "b": 0.5}).rationalize(0)


EXACT = zoo.hypercube(2).exact()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: EXACT.verify([[1], [1], [1], [0.5]]), InvalidEmbedding, r"f\[3\]\[0\] is the float 0.5; give an int"),
        (lambda: EXACT.verify([[1], [1], [1], ["x"]]), InvalidEmbedding, r"f\[3\]\[0\] is 'x'"),
        (lambda: EXACT.verify([[1], [1]]), InvalidEmbedding, "f has 2 rows; 4 views need a vector each"),
        (lambda: EXACT.verify(3), InvalidEmbedding, "f is 3; give 4 rows of rational numbers"),
        (lambda: EXACT.verify({(0, 0): [1]}), InvalidEmbedding, r"f has no vector for 3 of 4 views: \(0, 1\)"),
        (lambda: EXACT.verify([[1] * 5] * 4), InvalidEmbedding, "f has 5 columns, more than the 4 views"),
        (lambda: EXACT.verify([[1]] * 4, k=2), InvalidEmbedding, "f has 1 columns; to decide about k = 2"),
        (lambda: EXACT.cut(0), InvalidArgument, "k is 0; it must be a whole number from 1"),
        (lambda: EXACT.eigenvalue(5), InvalidArgument, "i is 5"),
        (lambda: EXACT.multiplicity("x"), InvalidArgument, "value is 'x'; give an int, a Fraction"),
        (
            lambda: EXACT.eigenvalues[0].digits(0),
            InvalidArgument,
            "digits is 0; it must be a whole number from 1 to the limit, 100000",
        ),
        (lambda: EXACT.eigenvalues[0].surd(), InvalidArgument, "has degree 1; a surd has degree 2"),
        (lambda: EXACT.error_bounds(np.ones(5)), InvalidArgument, r"gamma has shape \(5,\); give at most 4"),
        (lambda: EXACT.latex("M"), InvalidArgument, "what is 'M'; it must be one of 'w', 'adjacency', 'gamma', 'F"),
        (lambda: zoo.hypercube(4).exact().latex("w"), TooLarge, "16 views are too many to write out; the limit is 12"),
        (lambda: zoo.hypercube(9).exact().eigenvalues, TooLarge, "exact spectra are computed up to 300 of the fewer"),
        (lambda: zoo.ring(301).exact().verify([[1]] * 301), TooLarge, "301 views are too many to decide exactly"),
        (lambda: zoo.ring(2001).exact().w, TooLarge, "a table of 2,001 x 2,001 fractions is too large"),
    ],
)
def test_bad_input_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_without_the_extra_there_is_one_clear_error(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "flint", None)
    graph = pg.build(["a", "b"], {"a": {1: "1/2", 2: "1/2"}, "b": {2: "5/6", 3: "1/6"}})
    assert graph.exact().w_x.tolist() == [Fraction(1, 4), Fraction(2, 3), Fraction(1, 12)]  # needs no extra
    with pytest.raises(MissingExtra, match=r'flint is not installed; run: pip install "python-flint>=0.9"'):
        _ = graph.exact().eigenvalues


def test_f_may_be_written_in_any_exact_form():
    exact = zoo.lightning_cloud().exact()
    views = list(exact.population.views)
    rows = [["1/3", 0], [Fraction(1, 3), 0], [Decimal(0), "2"], [0, 2]]
    assert exact.verify(rows)
    assert exact.verify(np.array(rows, dtype=object))
    assert exact.verify(dict(zip(views, rows, strict=True)))
    assert exact.verify(np.array([[1, 0], [1, 0], [0, 1], [0, 1]], dtype=np.int64))


def test_roots_are_written_without_squares():
    assert root_latex(Fraction(0)) == "0"
    assert root_latex(Fraction(4, 9)) == r"\tfrac{2}{3}"
    assert root_latex(Fraction(8)) == r"2\sqrt{2}"
    assert root_latex(Fraction(4, 3)) == r"2\sqrt{\tfrac{1}{3}}"


def test_the_exact_graph_survives_pickling():
    import pickle

    exact = zoo.ring(5).exact()
    again = pickle.loads(pickle.dumps(exact))
    assert again.eigenvalues == exact.eigenvalues
    assert repr(exact) == "ExactGraph(5 views, rank 5: 1, (7 + 3√5)/32 twice, (7 - 3√5)/32 twice)"
