"""The numbers that a spectrum's trust rests on, each against its formula: certificates, Lanczos bounds, runs, multiplicities."""

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp
from cases import many_components
from scipy.sparse.linalg import ArpackNoConvergence

import popgraph as pg
from popgraph import zoo
from popgraph.basics import products
from popgraph.basics.subspace import EPS, tolerance
from popgraph.errors import NotConverged
from popgraph.spectrum import certificate
from popgraph.spectrum.basis import groups, null_vectors, reproducible_basis
from popgraph.spectrum.certificate import (
    Certificate,
    Remainder,
    angle_bound,
    certify,
    products_with,
    refute,
    residual_norms,
    witness,
)
from popgraph.spectrum.solvers import deflation, iterative
from popgraph.spectrum.solvers.lanczos import Lanczos

ALLOWED = 1e-9


def certified(residual=0.0, turn=0.0, size=16, tops=0, remainder=(0.5, 0.6)):
    """Of two orthonormal vectors, the second of them leaning to the first."""
    V = np.array([[1.0, turn], [0.0, 1.0], [0.0, 0.0]])
    return certify(
        np.array([0.0, residual]), np.array([1.0, 0.75]), V, Remainder(*remainder, "how"), size, unit_count=tops
    )


@pytest.mark.parametrize("fault", ["residual", "turn"])
def test_what_is_beyond_rounding_is_not_certified(fault):
    assert certified(**{fault: 0.99 * ALLOWED})
    with pytest.raises(NotConverged, match=r"at most 1.0e-09 is rounding"):
        certified(**{fault: 1.01 * ALLOWED})


def test_the_pair_that_is_at_fault_is_named():
    with pytest.raises(
        NotConverged, match=r"eigenpair 2 has a residual of 1.0e-08, and the loss of orthogonality is 0.0e"
    ):
        certified(residual=1e-8)


def test_a_huge_block_is_allowed_its_own_rounding():
    """10 x 8 N eps, where that is more than 1e-9."""
    size = 10**6
    assert certified(residual=75 * size * EPS, size=size)
    with pytest.raises(NotConverged):
        certified(residual=85 * size * EPS, size=size)


def test_a_certificate_reports_what_it_was_given():
    found = certified(residual=1e-10, turn=1e-12)
    assert (found.residual, found.orthogonality) == (1e-10, 1e-12)
    assert (found.remainder, found.remainder_bound, found.excluded) == (0.5, 0.6, "how")
    assert found.angle_bound == pytest.approx((1e-10 + 16 * EPS) / (0.75 - 0.6), rel=1e-12)


@pytest.mark.parametrize("tops", [0, 1, 2])
def test_top_vectors_are_checked_for_their_length(tops):
    """Their supports are disjoint, so that is all there is to check; of a vector that is no top, everything is."""
    V = np.diag([1.0, 1 + 1e-8, 1.0])[:, :2]
    with pytest.raises(NotConverged, match="the loss of orthogonality is 2.0e-08"):
        certify(np.zeros(2), np.ones(2), V, Remainder(0.5, 0.5, "how"), 16, unit_count=tops)
    assert certified(tops=2).angle_bound == 16 * EPS  # in closed form, whatever the gap
    assert certified(tops=1).angle_bound == pytest.approx(16 * EPS / 0.15, rel=1e-9, abs=0)


def test_unless_it_is_said_no_vector_is_a_top():
    found = certify(np.array([1e-10]), np.ones(1), np.eye(3)[:, :1], Remainder(0.5, 0.5, "how"), 16)
    assert found.angle_bound == pytest.approx(2e-10, rel=1e-4, abs=0)


def test_the_angle_bound_is_davis_kahan_with_rounding():
    """arcsin((||R||_F + N eps) / gap); a right angle where that is above 1, and at a degenerate cut."""
    residuals, size = np.array([3e-3, 4e-3]), 100
    bound = angle_bound(residuals, 0.01, size, closed_form=False)
    assert bound == pytest.approx(np.arcsin(0.5 + 100 * size * EPS), rel=1e-12)
    assert angle_bound(residuals, 0.004, size, closed_form=False) == np.pi / 2
    for gap in (tolerance(size), tolerance(size) / 2, 0.0, -1.0):
        assert angle_bound(np.zeros(2), gap, size, closed_form=True) == np.pi / 2
    assert angle_bound(residuals, 2 * tolerance(size), size, closed_form=True) == size * EPS
    assert angle_bound(np.zeros(2), 2 * tolerance(size), size, closed_form=False) == pytest.approx(np.arcsin(1 / 16))


def test_residuals_are_those_of_each_pair():
    graph, rng = zoo.clusters(), np.random.default_rng(0)
    V, gamma = rng.standard_normal((graph.N, 37)), rng.random(37)
    expected = np.linalg.norm(graph.adjacency @ V - V * gamma, axis=0)
    np.testing.assert_allclose(residual_norms(products_with(graph.factor), gamma, V), expected, rtol=1e-12)


@pytest.mark.parametrize("found", [0, 1, 3])
def test_a_witness_is_just_below_the_largest_eigenvalue_beside_what_was_found(found):
    """Twelve steps of the power method shrink what belongs to eigenvalues half as large 4,000-fold."""
    gamma = np.array([1.0, 0.8, 0.6, 0.5, *np.linspace(0.2, 0.0, 36)])
    U = np.linalg.qr(np.random.default_rng(0).standard_normal((40, 40)))[0]
    A = (U * gamma) @ U.T
    assert 0.98 * gamma[found] < witness(lambda x: A @ x, U[:, :found]) <= gamma[found] + 1e-14


def test_a_witness_sees_nothing_where_nothing_is_left():
    """Of vectors that fill the space, and beside an Ā of which the rest is 0: rounding is no witness."""
    U = np.linalg.qr(np.random.default_rng(0).standard_normal((9, 9)))[0]
    assert witness(lambda x: x, U) == 0.0
    assert witness(lambda x: U[:, 0] * (U[:, 0] @ x), U[:, :1]) <= 1e-30


def test_a_start_that_is_all_but_known_is_no_witness():
    """What is left of it by one projection is a tenth rounding, along what was removed."""
    start, other = np.random.default_rng(1).standard_normal((1, 400))[0], np.random.default_rng(2).standard_normal(400)
    other -= start * (start @ other) / (start @ start)
    V = (start / np.linalg.norm(start) + 1e-13 * other)[:, np.newaxis]
    V /= np.linalg.norm(V)
    assert witness(lambda x: V @ (V.T @ x), V) <= 1e-20


@pytest.mark.parametrize("kind", ["sparse", "array"])
@pytest.mark.parametrize("shape", [(30, 50), (50, 30), (1, 40), (40, 1)])
def test_products_that_threads_share_are_those_of_one(monkeypatch, kind, shape):
    rng = np.random.default_rng(0)
    dense = rng.random(shape) * np.logspace(-6, 6, shape[1])
    if kind == "sparse":
        dense[rng.random(shape) < 0.5] = 0.0
    M = sp.csr_array(dense)
    monkeypatch.setattr(certificate, "ARRAY_ENTRIES", 0)
    monkeypatch.setattr(certificate, "SHARED_ENTRIES", 0)
    monkeypatch.setattr(certificate, "ROWS_TOGETHER_ENTRIES", 100)
    monkeypatch.setattr(products, "ENTRIES_A_PART", 20)
    monkeypatch.setattr(products, "THREADED_OPERATIONS", 0)
    for X in (rng.standard_normal(shape[1]), rng.standard_normal((shape[1], 3))):
        images = []
        for cores in (1, 2, 5):
            monkeypatch.setattr(products, "core_count", lambda cores=cores: cores)
            images.append(products_with(M)(X))
        exact = dense.T.astype(np.longdouble) @ (dense.astype(np.longdouble) @ X)
        allowed = 2 * (sum(shape) + 4) * EPS * (dense.T @ (dense @ np.abs(X)))
        assert (np.abs(images[0] - exact) <= allowed).all()
        for image in images[1:]:
            np.testing.assert_array_equal(image, images[0])
        if kind == "sparse":
            np.testing.assert_array_equal(images[0], M.T @ (M @ X))


def test_a_bound_is_refuted_by_what_is_above_it_by_more_than_rounding():
    refute(0.5 + 0.99 * ALLOWED, 0.5, 3, 16)
    refute(ALLOWED, 0.0, 3, 16)
    with pytest.raises(
        NotConverged,
        match=r"an eigenvalue of 0.75 or more beside the 3 found, where the solver says that none is above 0.5",
    ):
        refute(0.75, 0.5, 3, 16)
    for seen in (0.5 + 1.01 * ALLOWED, np.nan):
        with pytest.raises(NotConverged):
            refute(seen, 0.5, 3, 16)
    size = 10**6
    refute(0.5 + 75 * size * EPS, 0.5, 3, size)
    with pytest.raises(NotConverged):
        refute(0.5 + 85 * size * EPS, 0.5, 3, size)


def test_a_certificate_says_what_is_known_of_the_next_eigenvalue():
    about = Certificate(1e-15, 1e-16, 0.25, 0.5, "a bound", 1e-12)
    assert "next eigenvalue between 0.25 and 0.5 (a bound), angle to the true space <= 1.0e-12 rad" in str(about)
    assert "next eigenvalue 0.25 (a bound)" in str(replace(about, remainder_bound=0.25))
    assert "a degenerate cut, so the space is not unique" in str(replace(about, angle_bound=np.pi / 2))


# --- Lanczos' method


def test_ritz_values_are_those_of_the_krylov_space_and_their_counts_add_up():
    gamma, start = np.linspace(0, 1, 40) ** 2, np.random.default_rng(3).standard_normal(40)
    lanczos = Lanczos(lambda x: gamma * x, np.zeros((40, 0)), np.random.default_rng(3))
    lanczos.advance(6)
    K = np.linalg.qr(np.column_stack([gamma**j * start for j in range(6)]))[0]
    theta, counts = lanczos.ritz()
    np.testing.assert_allclose(theta, np.linalg.eigvalsh(K.T @ (gamma[:, np.newaxis] * K))[::-1], atol=1e-9)
    assert counts.sum() == pytest.approx(40)
    assert not lanczos.finished


@pytest.mark.parametrize("distinct", [1, 2, 5])
def test_a_krylov_space_holds_each_distinct_eigenvalue_once(distinct):
    gamma = np.repeat(np.linspace(0.9, 0.2, distinct), 12)
    lanczos = Lanczos(lambda x: gamma * x, np.zeros((len(gamma), 0)), np.random.default_rng(0))
    lanczos.advance(distinct)
    np.testing.assert_allclose(lanczos.ritz()[0], np.unique(gamma)[::-1], atol=1e-12)


def test_a_krylov_space_that_is_all_there_is_is_finished():
    """Of 7 dimensions 2 are deflated: 5 steps, and the bound is the eigenvalue."""
    gamma = np.array([1.0, 0.95, 0.8, 0.5, 0.3, 0.2, 0.1])
    lanczos = Lanczos(lambda x: gamma * x, np.eye(7)[:, :2], np.random.default_rng(0))
    lanczos.advance(4)
    assert not lanczos.finished
    lanczos.advance(12)
    assert (lanczos.finished, lanczos.steps) == (True, 5)
    np.testing.assert_allclose(lanczos.ritz()[0], gamma[2:], atol=1e-12)
    assert lanczos.bound() == pytest.approx(0.8, abs=1e-11)


@pytest.mark.parametrize(("graph", "k"), [(zoo.hypercube(6), 1), (zoo.hypercube(6), 7), (zoo.clusters(), 4)])
def test_where_a_few_lanczos_steps_settle_it_nothing_is_searched_again(graph, k):
    """The bound lies between the next eigenvalue and the last one found."""
    certificate = graph.spectrum(k, solver="iterative").certificate
    gamma = graph.spectrum(k + 1, solver="dense").gamma
    assert certificate.excluded == deflation.BOUNDED
    assert certificate.remainder <= gamma[k] + 1e-12
    assert gamma[k] <= certificate.remainder_bound < gamma[k - 1]


def test_beside_the_top_vector_alone_the_bound_is_below_1():
    """γ_2 = (1/2 + cos(2π/40)/2)² = 0.9877 of a ring: a bound that only said 1 would prove no angle."""
    A = np.eye(40) / 2 + (np.roll(np.eye(40), 1, axis=1) + np.roll(np.eye(40), -1, axis=1)) / 4
    certificate = pg.build(np.full(40, 1 / 40), A).spectrum(1, solver="iterative").certificate
    assert (0.5 + np.cos(2 * np.pi / 40) / 2) ** 2 - 1e-12 <= certificate.remainder_bound < 1
    assert certificate.angle_bound < 1e-12


@pytest.mark.parametrize("failures", [0, 10**9])
def test_where_a_filtered_search_fails_the_plain_one_is_tried(failures, monkeypatch):
    """And where that fails too, it is said how far it came."""
    honest, calls = iterative.eigsh, []
    monkeypatch.setattr(iterative.RestartedLanczos, "leading", lambda *args: None)

    def fails(*args, **options):
        calls.append(options["maxiter"])
        if len(calls) <= failures:
            raise ArpackNoConvergence("made to fail", np.ones(1), np.ones((200, 1)))
        return honest(*args, **options)

    monkeypatch.setattr(iterative, "eigsh", fails)
    turn = np.roll(np.eye(200), 1, axis=1)
    graph = pg.build(np.full(200, 1 / 200), np.eye(200) / 2 + (turn + turn.T) / 4)
    if failures == 0:
        gamma = (0.5 + np.cos(2 * np.pi * np.array([0, 1, 1, 2, 2]) / 200) / 2) ** 2
        np.testing.assert_allclose(graph.spectrum(5, solver="iterative").gamma, gamma, rtol=0, atol=1e-12)
        assert calls[:1] == [100 * 200]
    else:
        with pytest.raises(
            NotConverged, match=r"ARPACK found 1 of 4 eigenvalues of a block of side 200 in 20,000 restarts"
        ):
            graph.spectrum(5, solver="iterative")
        assert len(calls) == 1


# --- runs and multiplicities


def test_runs_end_where_eigenvalues_part_by_more_than_rounding():
    t = tolerance(16)
    gamma = np.array([1.0, 1 - 0.9 * t, 1 - 2.1 * t, 0.5, 0.5, 0.0])
    assert groups(gamma, 16) == [slice(0, 2), slice(2, 3), slice(3, 5), slice(5, 6)]
    assert groups(gamma, 32) == [slice(0, 3), slice(3, 5), slice(5, 6)]
    assert groups(np.array([]), 16) == []


@pytest.mark.parametrize("count", [0, 1, 3, 5])
def test_the_first_vectors_of_a_reproducible_basis_are_those_of_the_whole(count):
    U = np.linalg.qr(np.random.default_rng(0).standard_normal((12, 5)))[0]
    np.testing.assert_allclose(reproducible_basis(U, count), reproducible_basis(U)[:, :count], atol=1e-12)


def test_the_view_of_which_the_space_holds_most_comes_first():
    """Its projection is the first vector, and of null vectors too; the first view of a tie counts."""
    U = np.linalg.qr([[3.0, 0.1], [0.0, 2.0], [1.0, 0.5], [0.2, 0.3]])[0]
    held = np.sum(U**2, axis=1)
    first = U @ U[int(held.argmax())]
    np.testing.assert_allclose(reproducible_basis(U)[:, 0], first / np.linalg.norm(first), atol=1e-12)
    left = np.eye(4) - U @ U.T
    least = left[:, int(held.argmin())]
    np.testing.assert_allclose(null_vectors(U, 2)[:, 0], least / np.linalg.norm(least), atol=1e-12)
    np.testing.assert_array_equal(reproducible_basis(np.eye(3)), np.eye(3))


def test_multiplicities_are_whole_or_not_listed():
    graph = many_components(3, 4)
    known = graph.spectrum(4)
    assert known.multiplicities[0] == (1.0, 3)
    assert sum(count for _, count in known.multiplicities) == graph.N
    assert graph.spectrum(2).multiplicities == ()  # 1, 1: that there are three is not what was solved
    assert graph.spectrum(2).rank is None
    assert (known.rank, known.complete) == (6, True)
    assert replace(known, gamma_known=known.gamma_known[:5], floor=0.0, w_x=known.w_x[:5]).multiplicities[-1][1] == 2


def test_leading_pairs_carry_a_certificate_of_their_own():
    whole = zoo.hypercube(3).spectrum(8, solver="dense")
    part = whole.leading(4)
    assert part.certificate.remainder == part.certificate.remainder_bound == whole.gamma[4]
    assert part.gap == whole.gamma[3] - whole.gamma[4]
    assert part.certificate.residual == whole.residuals[:4].max()
    norm = np.linalg.norm(whole.residuals[:4])
    assert part.certificate.angle_bound == pytest.approx((norm + 16 * EPS) / part.gap)
    assert whole.leading(1).certificate.angle_bound == 16 * EPS
    assert whole.leading(8) is whole
    one = pg.build(["a"], pg.identity()).spectrum(1)
    assert (one.gap, one.rank, one.clean_cuts) == (1.0, 1, (1,))


def test_one_pair_is_certified_by_its_gap_and_not_as_a_top_vector():
    found = certify(np.array([1e-10]), np.array([0.5]), np.eye(4)[:, :1], Remainder(0.4, 0.4, "tried"), 4)
    assert found.angle_bound == pytest.approx(1e-10 / 0.1, rel=1e-3)


@pytest.mark.parametrize("unit_count", [0, 1])
def test_orthogonality_of_millions_of_views_is_not_that_of_a_long_sum(unit_count):
    """One sum of 3,000,001 equal squares in order is off by 5e-12, and says so of a vector of length 1."""
    count = 3_000_001
    v = np.full((count, 1), 1 / np.sqrt(count))
    found = certify(np.zeros(1), np.ones(1), v, Remainder(0.5, 0.5, "how"), 16, unit_count=unit_count)
    assert found.orthogonality < 1e-13
