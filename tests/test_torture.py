"""Numerical torture: 300 orders of magnitude, gaps down to 1e-16, 10,000 repeated eigenvalues, permutations, duplicates.

The oracles are rational arithmetic on the numbers as declared, mpmath's eigenvalues at 50 digits, and closed forms.
"""

from fractions import Fraction

import numpy as np
import pytest
import scipy.sparse as sp
from extras import need
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from layers import examples

import popgraph as pg
from popgraph.basics.subspace import containment_angles, tolerance
from popgraph.errors import InvalidArgument, InvalidEmbedding
from popgraph.verification.match import Status

mpmath = need("mpmath")

SOLVERS = [None, "dense", "iterative", "shift-invert"]
EPS = np.finfo(np.float64).eps
NORMAL = np.finfo(np.float64).tiny  # the least number with all its digits
ROUNDING = tolerance(16)  # of an eigenvalue of these small graphs, 3e-14
seeds = st.integers(0, 2**32 - 1)
mpmath.mp.dps = 50


def rational(p, A):
    """w (N, N) and w_x (N,) of the numbers as declared, in fractions."""
    p, A = np.vectorize(Fraction, otypes=[object])(p), np.vectorize(Fraction, otypes=[object])(A)
    w = (A.T * p) @ A
    return w, w.sum(axis=1)


def oracle(w, w_x):
    """The eigenvalues of Ā (N,), largest first, and its eigenvectors (N, N), at 50 digits."""
    N, root = len(w_x), [mpmath.sqrt(mp(x)) for x in w_x]
    Abar = mpmath.matrix(N, N)
    for i in range(N):
        for j in range(N):
            Abar[i, j] = mp(w[i, j]) / (root[i] * root[j])
    gamma, V = mpmath.eigsy(Abar)
    order = sorted(range(N), key=lambda i: -gamma[i])
    return np.array([gamma[i] for i in order]), np.array([[V[x, i] for i in order] for x in range(N)])


def mp(x: Fraction):
    return mpmath.mpf(x.numerator) / x.denominator


def components_of(A) -> list[int]:
    """Each view's component, by joining the views of every natural: A > 0 alone counts."""
    label = list(range(A.shape[1]))
    for row in A:
        reached = [x for x, a in enumerate(row) if a > 0]
        for x in reached[1:]:
            label = [label[reached[0]] if here == label[x] else here for here in label]
    return [sorted(set(label), key=label.index).index(here) for here in label]


# --- probabilities over 300 orders of magnitude


@st.composite
def magnitudes(draw, count, exact):
    """Positive numbers of sum 1, from 5e-324 to 1; as floats their sum may miss 1 by rounding."""
    digit = st.integers(1, 9)
    exponent = st.sampled_from([-1, -2, -8, -16, -30, -100, -150, -162, -200, -250, -299, -300])
    small = [Fraction(draw(digit), 10) * Fraction(10) ** draw(exponent) for _ in range(count - 1)]
    if not exact and count > 1 and draw(st.integers(0, 4)) == 0:
        small[0] = Fraction(5e-324) * draw(digit)
    total = sum(small)
    if total > Fraction(1, 2):
        small, total = [x / (2 * total) for x in small], Fraction(1, 2)
    values = draw(st.permutations([1 - total, *small]))
    return values if exact else [float(x) for x in values]


@st.composite
def extreme(draw, exact):
    """p and A with zeros, and otherwise over 300 orders of magnitude."""
    n, N = draw(st.integers(1, 4)), draw(st.integers(1, 5))
    zero = Fraction(0) if exact else 0.0
    A = np.full((n, N), zero, dtype=object if exact else float)
    for i in range(n):
        where = draw(st.permutations(range(N)))[: draw(st.integers(1, N))]
        A[i, where] = draw(magnitudes(len(where), exact))
    A = A[:, (A > 0).any(axis=0)]
    return np.array(draw(magnitudes(n, exact)), dtype=object if exact else float), A


def declared(p, A):
    """Build the graph, or return None where it is refused as it must be: a view less likely than 2.2e-308."""
    if min(rational(p, A)[1]) < Fraction(NORMAL):
        with pytest.raises(InvalidArgument, match="is too small for float64"):
            pg.build(dict(enumerate(p.tolist())), A)
        return None
    return pg.build(dict(enumerate(p.tolist())), A)


@pytest.mark.parametrize("solver", SOLVERS)
@settings(max_examples=examples(60))
@given(population=st.booleans().flatmap(extreme), seed=seeds)
def test_300_orders_of_magnitude_agree_with_rational_arithmetic(solver, population, seed):
    p, A = population
    if (graph := declared(p, A)) is None:
        return
    w, w_x = rational(p, A)
    assert graph.components.tolist() == components_of(A)
    assert graph.component_count == len(set(components_of(A)))
    few = 4 * (graph.n + 2) * EPS  # products and sums of n terms, none of them cancelling
    for x, held in zip(w_x, graph.w_x, strict=True):
        assert abs(Fraction(held) - x) <= few * x
    for held in (graph.w, graph.weight_matrix("csr").toarray()):
        for x, y in np.ndindex(w.shape):
            assert abs(Fraction(held[x, y]) - w[x, y]) <= few * w[x, y] + Fraction(1e-322)
    gamma, V = oracle(w, w_x)
    spectrum = graph.spectrum(graph.N, solver=solver)
    np.testing.assert_allclose(spectrum.gamma, gamma.astype(float), rtol=0, atol=ROUNDING)
    root = np.array([float(mpmath.sqrt(mp(x))) for x in w_x])
    np.testing.assert_allclose(graph.adjacency, (V * gamma @ V.T).astype(float), rtol=0, atol=ROUNDING)
    gaps = -np.diff(np.append(gamma, 0)).astype(float)
    assert {int(k) + 1 for k in np.flatnonzero(gaps > 2 * ROUNDING)} <= set(spectrum.clean_cuts)
    for k in np.flatnonzero(gaps > 1e-6) + 1:  # across smaller ones rounding turns F* by more than verify's atol
        turned = V[:, :k].astype(float) @ np.linalg.qr(np.random.default_rng(seed).standard_normal((k, k)))[0]
        assert pg.verify(graph, turned / root[:, np.newaxis], spectrum=spectrum)
        angles = containment_angles(spectrum.eigenvectors[:, :k], np.linalg.qr(V[:, :k].astype(float))[0])
        assert angles.max() <= ROUNDING / gaps[k - 1]


@settings(max_examples=examples(30))
@given(extreme(exact=True))
def test_exact_graphs_hold_300_orders_of_magnitude_without_rounding(population):
    p, A = population
    if (graph := declared(p, A)) is None:
        return
    w, w_x = rational(p, A)
    exact = graph.exact()
    assert (exact.w == w).all()
    assert (exact.w_x == w_x).all()
    assert exact.multiplicity(1) == graph.component_count
    np.testing.assert_allclose(exact.gamma, oracle(w, w_x)[0].astype(float), rtol=0, atol=EPS)
    assert exact.error_bounds(graph.spectrum(graph.N)).max() <= ROUNDING


@settings(max_examples=15)
@given(st.booleans().flatmap(extreme), st.integers(1, 2), seeds)
def test_300_orders_of_magnitude_are_trained_and_probed(population, k, seed):
    """The loss reaches -Σγ², and the head's error is that of the fractions."""
    p, A = population
    if (graph := declared(p, A)) is None:
        return
    k = min(k, graph.N)
    gamma = oracle(*rational(p, A))[0][:k].astype(float)
    training = pg.train(graph, k, rng=seed)
    assert training.loss[-1] == pytest.approx(-np.sum(gamma**2), abs=1e-9)
    y = np.random.default_rng(seed).integers(0, 2, graph.n)
    try:
        found = pg.probe(graph, training, y)
    except InvalidEmbedding:  # f is 1/√w_x in size, and its squares leave float64
        assert graph.w_x.min() < 1e-250
        return
    missed = sum(
        (Fraction(q) for q, one, other in zip(p, y, found.predicted, strict=True) if one != other), Fraction(0)
    )
    assert found.error == pytest.approx(float(missed), rel=1e-12)


def test_a_coupling_too_small_for_float64_joins_all_the_same():
    """M's entry between natural 1 and view 0 is 1e-442, and w's 1e-600: the eigenvalue 1 is simple, its copy only rounds to 1."""
    graph = pg.build(np.array([1 - 2e-16, 1e-300, 1e-16]), [[1, 0], [1e-300, 1], [0, 1]])
    assert graph.component_count == 1
    assert graph.w[0, 1] == 0
    spectrum = graph.spectrum(2)
    np.testing.assert_array_equal(spectrum.gamma, [1, 1])
    assert spectrum.clean_cuts == (2,)
    assert "degenerate cut" in repr(spectrum.leading(1))


def test_a_natural_too_rare_for_its_squares_is_merged_with_no_warning():
    """Its row of M is of size 1e-162, whose square is 0."""
    graph = pg.build(np.array([0.5, 5e-324, 0.5]), [[1, 0], [0.5, 0.5], [0, 1]])
    assert graph.component_count == 1
    np.testing.assert_array_equal(graph.spectrum(2).gamma, [1, 1])


@pytest.mark.parametrize("order", [[0, 1, 2], [1, 0, 2]])
def test_a_rare_natural_is_merged_into_a_common_one_whichever_comes_first(order):
    """Their rows of M differ by a factor of 3e161, whose square overflows."""
    p, A = np.array([5e-324, 0.5, 0.5]), np.array([[0.5, 0.5], [0.5, 0.5], [0, 1]])
    spectrum = pg.build(p[order], A[order]).spectrum(2)
    np.testing.assert_allclose(spectrum.gamma, [1, 1 / 3], rtol=0, atol=1e-15)  # w = [[1, 1], [1, 5]]/8
    assert spectrum.solvers[0].shape == (2, 2)


@pytest.mark.parametrize("rare", [1e-310, 1e-318, 5e-324])
def test_a_view_less_likely_than_the_least_normal_number_is_refused(rare):
    """w_x would have fewer than 16 digits, and so would √w_x, F*'s first column."""
    with pytest.raises(
        InvalidArgument, match=r"w_x of 1, 2 is too small for float64: p times A is below 2.2e-308; leave"
    ):
        pg.build(np.array([1.0, rare]), [[1, 0, 0], [0, 0.25, 0.75]])


@pytest.mark.parametrize("off", [-9e-10, 9e-10, 1e-12])
@pytest.mark.parametrize("solver", SOLVERS)
def test_sums_that_miss_1_are_the_spectrum_of_the_numbers_as_they_are(off, solver):
    p, A = np.array([0.5 + off, 0.5]), np.array([[0.9, 0.1 + off], [0.2 - off, 0.8]])
    gamma, _ = oracle(*rational(p, A))
    np.testing.assert_allclose(pg.build(p, A).spectrum(2, solver=solver).gamma, gamma.astype(float), rtol=0, atol=1e-15)


def test_fractions_of_400_digits():
    q = Fraction(10**399 + 7, 3 * 10**399 + 1)
    graph = pg.build({"a": q, "b": 1 - q}, {"a": {"x": q, "y": 1 - q}, "b": {"x": 1 - q, "y": q}})
    gamma, _ = oracle(*rational([q, 1 - q], [[q, 1 - q], [1 - q, q]]))
    np.testing.assert_allclose(graph.spectrum(2).gamma, gamma.astype(float), rtol=0, atol=1e-15)
    np.testing.assert_allclose(graph.exact().gamma, gamma.astype(float), rtol=0, atol=EPS)


def test_a_zero_beside_a_deflated_vector_is_no_eigenvector_of_both():
    """γ = 1, 0.9899 and 1e-33: ARPACK's third vector was the deflated first, and what was left of it rounding."""
    graph = pg.build(np.array([0.98, 0.01, 0.01]), [[1, 1e-31, 0], [0.01, 0, 0.99], [1, 0, 0]])
    np.testing.assert_allclose(graph.spectrum(3, solver="iterative").gamma, [1, 0.98990001, 0], rtol=0, atol=1e-8)


# --- gaps from 1e-1 to 1e-16

GAPS = [10.0**-j for j in range(1, 17)]
ATOL = 1e-6  # verify's own angle


def flip(q):
    """Two naturals that are mixed up with probability q: eigenvalues 1 and (1 - 2q)²."""
    return np.array([[1 - q, q], [q, 1 - q]])


def q_of(gamma):
    return (1 - np.sqrt(gamma)) / 2


def two_components(gap):
    return np.full(4, 0.25), np.block([[flip(q_of(0.25 + gap)), np.zeros((2, 2))], [np.zeros((2, 2)), flip(0.25)]]), 3


def one_component(gap):
    return np.full(4, 0.25), np.kron(flip(q_of(0.25 + gap)), flip(0.25)), 2


def weakly_coupled(gap):
    """γ_2 is some gap below 1: two pairs of views, joined by a small probability."""
    A = np.kron(np.eye(2), flip(0.3))
    A[1] += [0, -gap, gap, 0]
    return np.full(4, 0.25), A, 1


FAMILIES = [two_components, one_component, weakly_coupled]


def turned(V, k, t):
    """The leading k eigenvectors, the last of them turned by t towards the next."""
    F = V[:, :k].copy()
    F[:, -1] = mpmath.cos(t) * V[:, k - 1] + mpmath.sin(t) * V[:, k]
    return F.astype(float)


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("gap", GAPS)
@pytest.mark.parametrize("family", FAMILIES)
def test_a_gap_is_seen_unless_rounding_hides_it(family, gap, solver):
    p, A, k = family(gap)
    gamma, _ = oracle(*rational(p, A))
    true = float(gamma[k - 1] - gamma[k])
    whole = pg.build(p, A).spectrum(4, solver=solver)
    for spectrum in (whole.leading(k), pg.build(p, A).spectrum(k, solver=solver)):
        bound = spectrum.certificate.remainder_bound - spectrum.certificate.remainder
        assert spectrum.gap == pytest.approx(true, abs=ROUNDING + bound)
    if not ROUNDING / 2 < true < 2 * ROUNDING:
        assert (k in whole.clean_cuts) == (true > ROUNDING)


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("gap", GAPS)
@pytest.mark.parametrize("family", FAMILIES)
def test_verify_is_never_wrong_at_a_small_gap(family, gap, solver):
    """What is F* is not called different, and what is turned from it by more than rounding may turn it is no match."""
    p, A, k = family(gap)
    graph = pg.build(p, A)
    w, w_x = rational(p, A)
    gamma, V = oracle(w, w_x)
    true, root = float(gamma[k - 1] - gamma[k]), np.sqrt(graph.w_x)[:, np.newaxis]
    slack = ROUNDING / true  # Davis-Kahan, of F* in float64
    spectrum = graph.spectrum(4, solver=solver)
    for t in (0.0, 1e-4, 0.1, mpmath.pi / 2):
        match = pg.verify(graph, turned(V, k, t) / root, spectrum=spectrum)
        assert match.status in (Status.MATCH, Status.MATCH_DEGENERATE, Status.UNDECIDED, Status.DIFFERENT)
        if match.status is Status.MATCH_DEGENERATE:
            assert true < 2 * ROUNDING
        elif match.status is Status.UNDECIDED:
            assert slack + ATOL >= t / 2
            assert slack >= ATOL / 8
        elif match.status is Status.MATCH:
            assert t <= ATOL + 2 * slack
        else:
            assert t > ATOL / 2


@pytest.mark.parametrize("digits", [3, 8, 12, 15, 16, 20, 40])
def test_exact_arithmetic_decides_what_floats_leave_open(digits):
    """γ_2 = (1/2 + 10^-digits)² and γ_3 = 1/4, as fractions: the cut is clean; where floats see a tie, verify says both."""
    q = [Fraction(1, 4) - Fraction(1, 2 * 10**digits), Fraction(1, 4)]
    rows = [[[1 - x, x], [x, 1 - x]] for x in q]
    A = np.kron(*[np.array(row, dtype=object) for row in rows])
    graph = pg.build([0, 1, 2, 3], A)
    bits = np.array([[1, 1], [1, -1]])
    first, second = np.kron(bits, [[1], [1]]), np.column_stack([np.ones(4, dtype=int), [1, -1, 1, -1]])
    assert graph.exact().cut(2).clean
    assert graph.exact().verify(first)
    assert not graph.exact().verify(second)
    yes, no = pg.verify(graph, first), pg.verify(graph, second)
    tie = {Status.MATCH_DEGENERATE} if digits >= 13 else set()
    assert yes.status in {Status.MATCH, Status.UNDECIDED} | tie
    assert no.status in {Status.DIFFERENT, Status.UNDECIDED} | tie
    if digits <= 8:
        assert yes
        assert no.status is Status.DIFFERENT
    if digits >= 15:
        assert yes.exactly == no.exactly
        assert "and the cut is clean" in yes.exactly


# --- 10,000 repeated eigenvalues

MANY = 10_000


def simplex(m, c=0.25, copies=1):
    """m naturals with a view each, and one of probability c that reaches all views: 1, and 1 - c repeated m - 1 times."""
    A = sp.vstack([sp.csr_array(np.full((1, m), 1 / m)), sp.eye_array(m)], format="csr")
    p = np.append(c, np.full(m, (1 - c) / m))
    return pg.build(np.tile(p, copies) / copies, sp.kron(sp.eye_array(copies), A, format="csr"))


@pytest.mark.parametrize("solver", SOLVERS)
def test_10_000_equal_components(solver):
    A = sp.kron(sp.eye_array(MANY), flip(0.1), format="csr")
    graph = pg.build(np.full(2 * MANY, 0.5 / MANY), A)
    assert graph.component_count == MANY
    spectrum = graph.spectrum(3, solver=solver)
    np.testing.assert_array_equal(spectrum.gamma, 1)
    assert spectrum.gap == 0


@pytest.mark.slow
def test_verify_counts_10_000_equal_components():
    """γ = 1 and 0.64, 10,000 times each; any f that is constant on components is as good as any other."""
    graph = pg.build(np.full(2 * MANY, 0.5 / MANY), sp.kron(sp.eye_array(MANY), flip(0.1), format="csr"))
    match = pg.verify(graph, np.repeat(np.random.default_rng(0).standard_normal((MANY, 2)), 2, axis=0))
    assert match.status is Status.MATCH_DEGENERATE
    assert "has multiplicity 10000" in match.family
    assert match.clean_cuts == (MANY, 2 * MANY)


@pytest.mark.parametrize(("k", "solver"), [(1, None), (1, "iterative"), (2, None), (2, "iterative"), (4, None)])
def test_an_eigenvalue_repeated_10_000_times_in_one_component(k, solver):
    """A dense solve of this side takes minutes; of 401 it is below."""
    spectrum = simplex(MANY + 1).spectrum(k, solver=solver)
    np.testing.assert_allclose(spectrum.gamma, [1.0, 0.75, 0.75, 0.75][:k], rtol=0, atol=1e-12)
    assert spectrum.multiplicities[:1] == ((1.0, 1),)
    assert 1 in spectrum.clean_cuts
    assert (spectrum.gap > spectrum.tolerance) == (k == 1)
    assert spectrum.certificate.remainder_bound >= 0.75 - 1e-12


@pytest.mark.parametrize("solver", SOLVERS)
def test_a_repeated_eigenvalue_is_counted_where_all_are_known(solver):
    """400 of 0.75 in one component, for every solver; and 25 such components."""
    spectrum = simplex(401).spectrum(401, solver=solver)
    assert [count for _, count in spectrum.multiplicities] == [1, 400]
    assert spectrum.clean_cuts == (1, 401)
    np.testing.assert_allclose(spectrum.gamma[1:], 0.75, rtol=0, atol=1e-12)
    many = simplex(41, copies=25)
    spectrum = many.spectrum(60, solver=solver)
    np.testing.assert_allclose(spectrum.gamma, np.repeat([1.0, 0.75], [25, 35]), rtol=0, atol=1e-12)
    assert pg.verify(many, spectrum).family.startswith("γ_60 = γ_61 has multiplicity 1000")


@pytest.mark.parametrize("solver", SOLVERS)
def test_10_000_zeros(solver):
    """Two naturals and 10,000 views in different proportions: γ = 1, one more, and 9,998 zeros."""
    shape = np.linspace(0, 1, MANY)
    A = np.vstack([1 + shape, 2 - shape**2])
    A /= A.sum(axis=1, keepdims=True)
    graph = pg.build(np.array([0.5, 0.5]), A)
    M = A * np.sqrt(0.5) / np.sqrt(A.mean(axis=0))
    second = float(np.trace(M @ M.T) - 1)
    spectrum = graph.spectrum(12, solver=solver)
    np.testing.assert_allclose(spectrum.gamma, [1, second, *[0] * 10], rtol=0, atol=1e-13)
    assert [count for _, count in spectrum.multiplicities] == [1, 1, MANY - 2]
    assert spectrum.clean_cuts == (1, 2)
    assert spectrum.rank == 2
    assert pg.verify(graph, spectrum).status is Status.RANK_EXCEEDED


# --- permuted naturals, permuted views, relabelled outcomes: every answer follows


@st.composite
def weighted(draw):
    """A small exact population, its kernel and p in fractions, with repeated rows, zeros and several components."""
    n, N = draw(st.integers(1, 5)), draw(st.integers(1, 6))
    weight = st.sampled_from([0, 0, 0, 1, 1, 2, 3, 10**6])
    A = np.array(draw(st.lists(st.lists(weight, min_size=N, max_size=N), min_size=n, max_size=n)), dtype=object)
    for i in range(n):
        if not A[i].any():
            A[i, draw(st.integers(0, N - 1))] = 1
    A = A[:, (A > 0).any(axis=0)]
    p = np.array([Fraction(x) for x in draw(st.lists(st.integers(1, 4), min_size=n, max_size=n))], dtype=object)
    rows = np.array([[Fraction(int(x), int(sum(row))) for x in row] for row in A], dtype=object)
    return p / sum(p), rows


def named(p, A, naturals, views):
    """Declare a population by the names of its outcomes."""
    return pg.build(
        dict(zip(naturals, p, strict=True)),
        {natural: {views[x]: q for x, q in enumerate(row) if q} for natural, row in zip(naturals, A, strict=True)},
    )


def settled(spectrum):
    """Whether the gap is none or so large that rounding turns F* by less than 1e-7."""
    return spectrum.gap <= spectrum.tolerance or spectrum.gap > 1e-6


@settings(max_examples=examples(60))
@given(weighted(), seeds, st.sampled_from(SOLVERS))
def test_every_answer_follows_a_permutation(population, seed, solver):
    """Naturals and views in another order, and under other names."""
    p, A = population
    rng = np.random.default_rng(seed)
    rows, columns = rng.permutation(len(p)), rng.permutation(A.shape[1])
    graph = named(p, A, [f"natural {i}" for i in range(len(p))], [f"view {x}" for x in range(A.shape[1])])
    names, places = [(7 * i, "n") for i in range(len(p))], [(x, None) for x in range(A.shape[1])]
    other = named(p[rows], A[rows][:, columns], [names[i] for i in rows], [places[x] for x in columns])
    at = np.array(
        [other.index((int(view.split()[1]), None)) for view in graph.views]
    )  # a view's place in the other graph
    which = [other.naturals.index((7 * int(natural.split()[1]), "n")) for natural in graph.naturals]
    np.testing.assert_allclose(other.w_x[at], graph.w_x, rtol=1e-14)
    np.testing.assert_allclose(other.w[np.ix_(at, at)], graph.w, rtol=1e-14)
    assert other.component_count == graph.component_count
    assert (np.equal.outer(*[graph.components] * 2) == np.equal.outer(*[other.components[at]] * 2)).all()
    assert other.exact().eigenvalues == graph.exact().eigenvalues
    assert (other.exact().w[np.ix_(at, at)] == graph.exact().w).all()
    f = rng.standard_normal((graph.N, 3))
    y = rng.integers(0, 2, graph.n)
    theirs, labels = np.empty_like(f), np.empty_like(y)
    theirs[at], labels[which] = f, y
    for k in range(1, graph.N + 1):
        mine, permuted = graph.spectrum(k, solver=solver), other.spectrum(k, solver=solver)
        np.testing.assert_allclose(permuted.gamma, mine.gamma, rtol=0, atol=ROUNDING)
        assert permuted.clean_cuts == mine.clean_cuts
        assert permuted.multiplicities == tuple((pytest.approx(g, abs=ROUNDING), m) for g, m in mine.multiplicities)
        if mine.gap > 1e-6:
            angles = containment_angles(mine.eigenvectors, permuted.eigenvectors[at])
            assert angles.max() <= 2 * ROUNDING / mine.gap
        if settled(mine) and mine.gamma[-1] > 0:
            embedding = np.empty((graph.N, k))
            embedding[at] = mine.embedding
            assert pg.verify(other, embedding)
        if settled(mine) and k <= 3:
            one, two = pg.verify(graph, f, k), pg.verify(other, theirs, k)
            assert (one.status, one.family, one.rank, one.optimal) == (two.status, two.family, two.rank, two.optimal)
            if mine.gamma[-1] > 0:
                np.testing.assert_allclose(two.angles, one.angles, rtol=0, atol=1e-7)
    k = min(2, graph.N)
    one, two = pg.train(graph, k, start=f[:, :k]), pg.train(other, k, start=theirs[:, :k])
    assert two.loss[0] == pytest.approx(one.loss[0], rel=1e-12, abs=1e-12)
    assert two.loss[-1] == pytest.approx(one.loss[-1], abs=1e-9)
    mine, permuted = pg.probe(graph, f, y), pg.probe(other, theirs, labels)
    assert permuted.loss == pytest.approx(mine.loss, abs=1e-10)
    m = min(2, graph.N)
    assert pg.sparsest_partition(other, m).rho == pytest.approx(pg.sparsest_partition(graph, m).rho, abs=1e-12)
    assert pg.partition_bounds(other, m).lower == pytest.approx(pg.partition_bounds(graph, m).lower, abs=1e-12)


@settings(max_examples=examples(40))
@given(weighted(), seeds)
def test_a_probe_errs_on_the_same_naturals_after_a_permutation_of_views(population, seed):
    p, A = population
    rng = np.random.default_rng(seed)
    columns = rng.permutation(A.shape[1])
    graph, other = pg.build(dict(enumerate(p)), A), pg.build(dict(enumerate(p)), A[:, columns])
    f, y = rng.standard_normal((graph.N, 2)), rng.integers(0, 2, graph.n)
    for head in ("least squares", "exact"):
        mine, permuted = pg.probe(graph, f, y, head=head), pg.probe(other, f[columns], y, head=head)
        assert permuted.error == mine.error
        if head == "least squares":
            assert permuted.predicted.tolist() == mine.predicted.tolist()
            assert permuted.view_predictions.tolist() == mine.view_predictions[columns].tolist()


# --- duplicates: naturals with one row, views with proportional columns


def positive(spectrum):
    return tuple((gamma, count) for gamma, count in spectrum.multiplicities if gamma > 0)


def split(rng, population, copies):
    """Share one natural's p, and one view's column, out among copies at random; and where each view came from."""
    p, A = population
    i, x = rng.integers(len(p)), rng.integers(A.shape[1])
    shares = [weights / weights.sum() for weights in (rng.uniform(0.1, 1, copies), rng.uniform(0.1, 1, copies))]
    rows, columns = (
        np.append(np.arange(len(p)), np.full(copies - 1, i)),
        np.append(np.arange(A.shape[1]), np.full(copies - 1, x)),
    )
    q, B = p[rows].astype(float), A[rows].astype(float)
    q[np.flatnonzero(rows == i)] *= shares[0]
    B = B[:, columns]
    B[:, np.flatnonzero(columns == x)] *= shares[1]
    return q, B, columns


@pytest.mark.parametrize("solver", SOLVERS)
@settings(max_examples=25)
@given(weighted(), seeds, st.sampled_from([1, 2, 3, 30]))
def test_copies_change_nothing_but_zeros(solver, population, seed, copies):
    rng = np.random.default_rng(seed)
    q, B, origin = split(rng, population, copies)
    graph, more = pg.build(dict(enumerate(population[0])), population[1]), pg.build(q, B)
    np.testing.assert_allclose(np.bincount(origin, weights=more.w_x), graph.w_x, rtol=1e-12)
    assert more.component_count == graph.component_count
    gamma, padded = graph.spectrum(graph.N).gamma, more.spectrum(more.N, solver=solver).gamma
    assume(not ((gamma > 0) & (gamma <= 2 * ROUNDING)).any())  # which of two solvers may count as 0, and the other not
    np.testing.assert_allclose(padded[: graph.N], gamma, rtol=0, atol=ROUNDING)
    assert (padded[graph.N :] == 0).all()
    f = rng.standard_normal((graph.N, 2))
    for k in range(1, graph.N + 1):
        mine, theirs = graph.spectrum(k), more.spectrum(k, solver=solver)
        if settled(mine) and mine.gamma[-1] > 0:
            known = positive(theirs)
            expected = positive(mine) if theirs.complete else positive(mine)[: len(known)]
            assert known == tuple((pytest.approx(g, abs=ROUNDING), m) for g, m in expected)
            assert pg.verify(more, mine.embedding[origin], spectrum=theirs)
            lifted = mine.eigenvectors[origin] * np.sqrt(more.w_x / graph.w_x[origin])[:, np.newaxis]
            if mine.gap > 1e-6:
                assert containment_angles(theirs.eigenvectors, lifted).max() <= 4 * ROUNDING / mine.gap
        if settled(mine) and k <= 2:
            one, two = pg.verify(graph, f, k), pg.verify(more, f[origin], k, spectrum=theirs)
            assert (one.status, one.family, one.rank) == (two.status, two.family, two.rank)
            if one.excess_loss is not None:
                assert two.excess_loss == pytest.approx(one.excess_loss, rel=1e-9, abs=1e-9)
    k = min(2, graph.N)
    one, two = pg.train(graph, k, start=f[:, :k]), pg.train(more, k, start=f[origin][:, :k])
    assert two.loss[0] == pytest.approx(one.loss[0], rel=1e-12, abs=1e-12)
    assert two.loss[-1] == pytest.approx(one.loss[-1], abs=1e-9)


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("copied", ["natural", "view"])
def test_10_000_copies(copied, solver):
    """A 3-cube of which one natural or one view comes in 10,000 copies: γ = 1, 1/4 x 3, 1/16 x 3, 1/64, and zeros."""
    cube, share = pg.zoo.hypercube(3), np.random.default_rng(0).dirichlet(np.ones(MANY))
    origin = np.append(np.arange(7), np.full(MANY, 7))
    A, shares = cube.kernel.toarray(), np.append(np.ones(7), share)
    if copied == "natural":
        graph, origin = pg.build(shares / 8, A[origin]), np.arange(8)
    else:
        graph = pg.build(np.full(8, 1 / 8), A[:, origin] * shares)
    spectrum = graph.spectrum(8, solver=solver)
    np.testing.assert_allclose(spectrum.gamma, [1, *[1 / 4] * 3, *[1 / 16] * 3, 1 / 64], rtol=0, atol=1e-13)
    assert spectrum.clean_cuts == (1, 4, 7, 8)
    assert sum(count for _, count in spectrum.multiplicities) == graph.N
    bits = np.array(cube.views)[origin]
    assert pg.verify(graph, np.column_stack([np.ones(graph.N), bits]), spectrum=spectrum).status is Status.MATCH
    assert pg.verify(graph, bits, spectrum=spectrum).status is Status.DIFFERENT
