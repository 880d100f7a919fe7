"""Tall tables in blocks of rows: the same sums, spans and verdicts as of one block, on every kind of bad column."""

import numpy as np
import pytest
import scipy.linalg
from hypothesis import given
from hypothesis import strategies as st

import popgraph as pg
from popgraph.basics import products, rows
from popgraph.basics.rows import (
    ScaledRows,
    TallQR,
    block_sum,
    frobenius_norm,
    tall_blocks,
    turned,
    with_same_singular_values,
    without_span,
)
from popgraph.basics.subspace import captured, column_space, containment_angles, linear_map, principal_angles
from popgraph.verification import evidence

EPS = np.finfo(float).eps


@pytest.fixture
def small_blocks(monkeypatch):
    monkeypatch.setattr(rows, "ROWS_AT_A_TIME", 7)
    monkeypatch.setattr(rows, "LEAST_ROWS_PER_COLUMN", 2)


@given(st.integers(0, 100_000), st.integers(1, 900))
def test_blocks_cover_all_rows_once_and_are_tall(count, columns):
    blocks = tall_blocks(count, columns)
    assert [row for block in blocks for row in (block.start, block.stop)][1:-1] == [
        row for block in blocks[1:] for row in (block.start, block.start)
    ]
    assert (blocks[0].start, blocks[-1].stop) == (0, count)
    least = max(rows.ROWS_AT_A_TIME, rows.LEAST_ROWS_PER_COLUMN * columns)
    assert len(blocks) == 1 or min(block.stop - block.start for block in blocks) >= least


@pytest.mark.parametrize("shape", [(5, 3), (40, 3), (41, 6), (200, 1), (97, 12)])
def test_q_and_r_of_blocks_are_those_of_the_whole(shape, small_blocks):
    X = np.random.default_rng(0).standard_normal(shape)
    QR = TallQR(X.copy())
    Q = QR.times(np.eye(shape[1]))
    np.testing.assert_allclose(Q @ QR.R, X, atol=20 * EPS)
    np.testing.assert_allclose(Q.T @ Q, np.eye(shape[1]), atol=20 * EPS)
    np.testing.assert_allclose(np.abs(QR.R), np.abs(np.linalg.qr(X)[1]), atol=50 * EPS)
    part = with_same_singular_values(lambda block: X[block], *shape)
    np.testing.assert_allclose(np.linalg.svd(part)[1], np.linalg.svd(X)[1], rtol=50 * EPS)
    turn = np.random.default_rng(1).standard_normal((shape[1], 1))
    np.testing.assert_allclose(TallQR(X.copy()).times(turn), Q @ turn, atol=50 * EPS)


def test_sums_and_norms_are_those_of_the_whole(small_blocks):
    X = np.random.default_rng(0).standard_normal((50, 3))
    np.testing.assert_allclose(block_sum(lambda block: X[block].T @ X[block], *X.shape), X.T @ X, atol=1e-13)
    assert frobenius_norm(lambda block: X[block], *X.shape) == pytest.approx(np.linalg.norm(X), rel=1e-14)


@pytest.mark.parametrize("cores", [1, 2, 5])
def test_threads_that_share_blocks_change_no_bit(monkeypatch, small_blocks, cores):
    X = np.random.default_rng(0).standard_normal((1_000, 3)) * np.logspace(-8, 8, 3)

    def answers():
        QR = TallQR(X.copy())
        part = with_same_singular_values(lambda block: X[block], *X.shape)
        total = block_sum(lambda block: X[block].T @ X[block], *X.shape)
        return QR.R, QR.times(np.eye(3)), part, total, frobenius_norm(lambda block: X[block], *X.shape)

    alone = answers()
    monkeypatch.setattr(rows, "SHARED_NUMBERS", 0)
    monkeypatch.setattr(products, "core_count", lambda: cores)
    for shared, expected in zip(answers(), alone, strict=True):
        np.testing.assert_array_equal(shared, expected)


def test_a_block_that_fails_says_so(monkeypatch, small_blocks):
    monkeypatch.setattr(rows, "SHARED_NUMBERS", 0)

    def term(block):
        if block.start <= 500 < block.stop:
            raise ZeroDivisionError("in a block")
        return 1.0

    with pytest.raises(ZeroDivisionError, match="in a block"):
        block_sum(term, 1_000, 3)


@pytest.mark.parametrize("columns", [None, 1, 4])
@pytest.mark.parametrize("q", [1, 6])
@pytest.mark.parametrize("order", ["C", "F"])
def test_what_is_left_beside_a_span_is_that_of_higher_precision(monkeypatch, q, columns, order):
    """In one piece, and in blocks of rows on any number of threads; what is given stays as it was."""
    rng = np.random.default_rng(0)
    Q = np.asfortranarray(np.linalg.qr(rng.standard_normal((400, q)))[0])
    Y = np.asarray(rng.standard_normal(400 if columns is None else (400, columns)), order=order)
    Y[:3] *= 1e6
    kept, long_Q = Y.copy(), Q.astype(np.longdouble)
    exact = long_Q.T @ Y
    size = np.abs(Q) @ (np.abs(Q).T @ np.abs(Y)) + np.abs(Y)
    whole = without_span(Q, Y)
    monkeypatch.setattr(rows, "SHARED_NUMBERS", 0)
    monkeypatch.setattr(rows, "SWEPT_ROWS", 30)
    answers = [whole]
    for cores in (1, 2, 5):
        monkeypatch.setattr(products, "core_count", lambda cores=cores: cores)
        answers.append(without_span(Q, Y))
    for rest, along in answers:
        assert (rest.shape, along.shape) == (Y.shape, exact.shape)
        assert (np.abs(rest - (Y - long_Q @ exact)) <= 500 * EPS * size).all()
        assert (np.abs(along - exact) <= 500 * EPS * (np.abs(Q).T @ np.abs(Y))).all()
    for rest, along in answers[2:]:
        np.testing.assert_array_equal(rest, answers[1][0])
        np.testing.assert_array_equal(along, answers[1][1])
    np.testing.assert_array_equal(Y, kept)


@pytest.mark.parametrize("cores", [1, 2, 5])
def test_turned_columns_are_those_of_higher_precision(monkeypatch, cores):
    rng = np.random.default_rng(0)
    Q, turn = np.asfortranarray(rng.standard_normal((400, 6))), rng.standard_normal((6, 4))
    exact, size = Q.astype(np.longdouble) @ turn, np.abs(Q) @ np.abs(turn)
    monkeypatch.setattr(products, "core_count", lambda: cores)
    for shared in (rows.SHARED_NUMBERS, 0):
        monkeypatch.setattr(rows, "SHARED_NUMBERS", shared)
        monkeypatch.setattr(rows, "SWEPT_ROWS", 30)
        columns = turned(Q, turn[:, ::-1])
        assert columns.flags.f_contiguous
        assert (np.abs(columns - exact[:, ::-1]) <= 10 * EPS * size[:, ::-1]).all()


def test_scaled_rows_are_formed_when_they_are_asked_for():
    table, scale = np.arange(6.0).reshape(3, 2), np.array([1.0, 2.0, -3.0])
    F = ScaledRows(table, scale)
    whole = scale[:, np.newaxis] * table
    assert (len(F), F.shape, F.largest()) == (3, (3, 2), 15.0)
    np.testing.assert_array_equal(F[0:2], whole[:2])
    np.testing.assert_array_equal(F.columns(1, 2), whole[:, 1:])
    np.testing.assert_array_equal(ScaledRows(table).columns(0, 1), table[:, :1])


def orthonormal(count, columns, seed=0):
    return np.linalg.qr(np.random.default_rng(seed).standard_normal((count, columns)))[0]


def bad_tables():
    """Tall tables, by name, with the span that is meant and the row scales."""
    rng, V = np.random.default_rng(3), orthonormal(90, 4)
    light = 10.0 ** rng.uniform(-150, 0, 90)
    yield "plain", V @ rng.standard_normal((4, 4)), None, V
    yield "long and short columns", V * [1, 1e-20, 1e-300, 1e200], None, V
    yield "light rows", V / np.sqrt(light)[:, np.newaxis], np.sqrt(light), V
    yield "nearly dependent", V @ np.array([[1, 1, 0, 0], [0, 1e-8, 0, 0], [0, 0, 1, 1], [0, 0, 0, 1e-8]]), None, V
    yield "dependent", np.column_stack([V[:, :3], V[:, :3].sum(axis=1)]), None, V[:, :3]
    yield "a column of zeros", np.column_stack([V[:, :2], np.zeros(90), V[:, 2]]), None, V[:, :3]
    yield (
        "first block of zeros",
        np.vstack([np.zeros((40, 4)), V[:50]]),
        None,
        orthonormal_of(np.vstack([np.zeros((40, 4)), V[:50]])),
    )


def orthonormal_of(X):
    return scipy.linalg.orth(X)


@pytest.mark.parametrize(
    ("name", "F", "scale", "span"), list(bad_tables()), ids=lambda value: value if isinstance(value, str) else ""
)
def test_the_span_of_a_tall_table_is_found_in_blocks(name, F, scale, span, monkeypatch):
    whole = column_space(F, scale)
    monkeypatch.setattr(rows, "ROWS_AT_A_TIME", 7)
    monkeypatch.setattr(rows, "LEAST_ROWS_PER_COLUMN", 2)
    assert len(tall_blocks(*F.shape)) > 5
    space = column_space(F, scale)
    assert space.rank == span.shape[1] == whole.rank
    assert space.possible_rank == whole.possible_rank
    np.testing.assert_allclose(space.basis.T @ space.basis, np.eye(space.rank), atol=40 * EPS)
    angle = principal_angles(span, space.basis).max()
    assert angle <= space.uncertainty + 40 * EPS
    assert space.uncertainty <= 10 * whole.uncertainty + 1e-13


@pytest.mark.parametrize("angle", [0.0, 1e-12, 1e-9, 1e-4, 0.5, np.pi / 2 - 1e-9, np.pi / 2])
def test_angles_of_every_size_are_accurate_in_blocks(angle, small_blocks):
    V = orthonormal(80, 4)
    turned = V[:, :2].copy()
    turned[:, 1] = np.cos(angle) * V[:, 1] + np.sin(angle) * V[:, 2]
    np.testing.assert_allclose(principal_angles(V[:, :2], turned), [0, angle], atol=2e-14)
    np.testing.assert_allclose(containment_angles(V[:, :3], turned)[[0, 2]], [0, np.pi / 2], atol=2e-14)


def test_a_long_sum_of_one_sign_does_not_lose_digits():
    """Of N equal rows, the sum in blocks is off by 1e-14, and one sum in order by 5e-12."""
    v = np.full((3_000_001, 1), 1 / np.sqrt(3_000_001))
    assert abs(captured(v, v)[0] - 1) < 5e-14
    assert principal_angles(v, v)[0] < 5e-14


def test_the_linear_map_is_recovered_in_blocks(small_blocks):
    V, B = orthonormal(60, 2), np.array([[3.0, 1.0], [0.0, 2.0]])
    root = np.random.default_rng(1).uniform(0.1, 2, 60)
    Q, condition, residual = linear_map(ScaledRows(V @ B / root[:, np.newaxis], root), V)
    np.testing.assert_allclose(Q, B, atol=1e-13)
    assert condition == pytest.approx(np.linalg.cond(B))
    assert residual < 1e-14
    assert linear_map(1e200 * V @ B, V)[2] < 1e-14


@pytest.mark.parametrize("columns", [slice(0, 4), slice(1, 3), [0, 1, 1], [0]])
def test_sampled_verdicts_are_the_same_in_blocks(columns, monkeypatch):
    """Of f on all views the rank and the longest vector are computed."""
    f = CLUSTERS.spectrum(4).embedding[:, columns]
    whole = pg.verify_sampled(CLUSTERS, f, pairs=500, rng=0)
    monkeypatch.setattr(rows, "ROWS_AT_A_TIME", 5)
    monkeypatch.setattr(rows, "LEAST_ROWS_PER_COLUMN", 1)
    blocks = pg.verify_sampled(CLUSTERS, f, pairs=500, rng=0)
    assert (blocks.status, blocks.minimiser, blocks.rank) == (whole.status, whole.minimiser, whole.rank)
    np.testing.assert_allclose(blocks.theta_interval, whole.theta_interval, atol=1e-9)
    assert blocks.heaviest == pytest.approx(whole.heaviest, rel=1e-9)


CLUSTERS = pg.zoo.clusters(count=4, naturals=30, views=40, degree=4, cross=0.1)
CUBE = pg.zoo.hypercube(6)
APART = pg.zoo.clusters(count=5, naturals=20, views=25, degree=3, cross=0)


def embeddings():
    """A graph, f and k for every verdict."""
    rng = np.random.default_rng(0)
    right = CLUSTERS.spectrum(4).embedding
    yield "match", CLUSTERS, right @ rng.standard_normal((4, 4)), None
    yield "minimiser", CLUSTERS, right, None
    yield "nearly", CLUSTERS, right + 1e-4 * rng.standard_normal(right.shape), None
    yield "contains", CLUSTERS, np.column_stack([right, rng.standard_normal(CLUSTERS.N)]), 4
    yield "different", CLUSTERS, rng.standard_normal((CLUSTERS.N, 3)), None
    yield "collapsed", CLUSTERS, np.column_stack([right[:, :2], right[:, 0] - right[:, 1]]), None
    yield "zeros", CLUSTERS, np.zeros((CLUSTERS.N, 3)), None
    yield "centred", CLUSTERS, CLUSTERS.spectrum(4).embedding[:, 1:], None
    yield "the table itself", CLUSTERS, CLUSTERS.spectrum(4).eigenvectors, None
    yield "degenerate", CUBE, CUBE.spectrum(4).embedding, None
    yield "above the rank", pg.zoo.lightning_cloud(), np.eye(4)[:, :3], None
    yield "components", APART, APART.spectrum(5).embedding @ orthonormal(5, 5), None
    yield "huge", CLUSTERS, 1e200 * right, None


@pytest.mark.parametrize(
    ("name", "graph", "f", "k"), list(embeddings()), ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_verdict_is_the_same_in_blocks_of_rows_and_of_columns(name, graph, f, k, monkeypatch):
    whole = pg.verify(graph, f, k)
    monkeypatch.setattr(rows, "ROWS_AT_A_TIME", 5)
    monkeypatch.setattr(rows, "LEAST_ROWS_PER_COLUMN", 1)
    monkeypatch.setattr(evidence, "MAX_ENTRIES_MULTIPLIED", 0)
    monkeypatch.setattr(evidence, "COLUMNS_MULTIPLIED", 3)
    blocks = pg.verify(graph, f, k)
    for attribute in ("matches", "status", "rank", "optimal", "degenerate", "family", "clean_cuts"):
        assert getattr(blocks, attribute) == getattr(whole, attribute), attribute
    np.testing.assert_allclose(blocks.angles, whole.angles, atol=1e-12)
    np.testing.assert_allclose(blocks.captured, whole.captured, atol=1e-12)
    assert ("table itself" in blocks.reason) == ("table itself" in whole.reason)
    assert ("constant column" in blocks.reason) == ("constant column" in whole.reason) == (name == "centred")
    if whole.excess_loss is not None:
        assert blocks.excess_loss == pytest.approx(whole.excess_loss, rel=1e-12, abs=1e-13)
