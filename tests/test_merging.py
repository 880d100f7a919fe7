"""Merging proportional views and equal naturals: the same positive spectrum on a smaller factor."""

import numpy as np
import pytest
import scipy.sparse as sp
from cases import dense_adjacency
from hypothesis import given
from hypothesis import strategies as st

import popgraph as pg
from popgraph.basics.subspace import EPS, containment_angles
from popgraph.spectrum import merging
from popgraph.spectrum.merging import (
    columns_may_be_proportional,
    merge,
    proportional_rows,
    rows_may_be_proportional,
)


def planted(seed: int) -> pg.PopulationGraph:
    """Few distinct rows and columns, each repeated at random, the columns in random proportions."""
    rng = np.random.default_rng(seed)
    core = rng.random((rng.integers(1, 5), rng.integers(1, 5)))
    core[rng.random(core.shape) < 0.3] = 0
    core[:, 0] += 0.1
    core = core[:, core.any(axis=0)]
    rows = np.concatenate([np.arange(len(core)), rng.integers(0, len(core), rng.integers(0, 6))])
    columns = np.concatenate([np.arange(core.shape[1]), rng.integers(0, core.shape[1], rng.integers(0, 6))])
    rng.shuffle(rows)
    rng.shuffle(columns)
    A = core[np.ix_(rows, columns)] * 10.0 ** rng.uniform(-4, 0, len(columns))
    return pg.build(rng.random(len(A)) + 1e-6, A, normalize=True)


@given(st.integers(0, 2**32 - 1))
def test_the_merged_factor_has_the_same_positive_spectrum_and_eigenvectors(seed):
    graph = planted(seed)
    merged = merge(graph.factor, graph.w_x)
    exact = np.linalg.svd(graph.factor.toarray(), compute_uv=False) ** 2
    sigma, Vt = np.linalg.svd(merged.factor.toarray(), full_matrices=False)[1:]
    np.testing.assert_allclose(sigma**2, exact[: len(sigma)], atol=1e-13)
    np.testing.assert_allclose(exact[len(sigma) :], 0, atol=1e-13)
    positive = sigma**2 > 1e-10
    V = merged.share[:, np.newaxis] * Vt.T[merged.group][:, positive]
    np.testing.assert_allclose(dense_adjacency(graph) @ V, V * sigma[positive] ** 2, atol=1e-12)


@given(st.integers(0, 2**32 - 1), st.sampled_from([None, "dense", "iterative", "shift-invert"]))
def test_graphs_with_proportional_views_are_solved_rightly_at_every_k(seed, solver):
    graph = planted(seed)
    exact, V = np.linalg.eigh(dense_adjacency(graph))
    spectrum = graph.spectrum(graph.N, solver=solver)
    np.testing.assert_allclose(spectrum.gamma, exact[::-1], atol=1e-12)
    np.testing.assert_allclose(spectrum.eigenvectors.T @ spectrum.eigenvectors, np.eye(graph.N), atol=1e-12)
    for k in spectrum.clean_cuts:
        if spectrum.gamma_known[k - 1] - (spectrum.gamma_known[k] if k < graph.N else 0) > 1e-3:
            angles = containment_angles(spectrum.leading(k).eigenvectors, V[:, ::-1][:, :k])
            assert angles.max() < 1e-9


@given(st.integers(0, 2**32 - 1))
def test_rows_are_grouped_as_brute_force_groups_them(seed):
    rng = np.random.default_rng(seed)
    core = rng.integers(0, 3, (3, 4)) + np.eye(3, 4)
    rows = core[rng.integers(0, 3, 9)] * rng.choice([1.0, 2.0, 0.1], 9)[:, np.newaxis]
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    expected = [next(j for j in range(9) if np.allclose(unit[i], unit[j], atol=1e-14)) for i in range(9)]
    group, _ = proportional_rows(sp.csr_array(rows))
    first = np.unique(group, return_index=True)[1]
    assert first[group].tolist() == expected


@pytest.mark.parametrize("off", [1e-12, 1e-9])
def test_nearly_proportional_views_are_not_merged(off):
    A = np.array([[0.5, 0.5], [0.5 + off, 0.5 - off]])
    graph = pg.build(np.array([0.5, 0.5]), A)
    assert merge(graph.factor, graph.w_x).factor.shape == (2, 2)


class Zeros:
    """A projection that cannot tell anything apart, so that only the comparison of entries is left."""

    def standard_normal(self, size):
        return np.zeros(size)


def test_rows_of_one_projection_are_told_apart_entry_by_entry(monkeypatch):
    monkeypatch.setattr(np.random, "default_rng", lambda seed: Zeros())
    rows = sp.csr_array(np.array([[1.0, 2.0, 0.0], [0.0, 1.0, 2.0], [2.0, 4.0, 0.0], [1.0, 0.0, 2.0]]))
    assert proportional_rows(rows)[0].tolist() == [0, 1, 0, 2]


@pytest.mark.parametrize("off", [1e-14, 1e-10, 1e-2, 0.3])
def test_entries_that_differ_by_more_than_rounding_are_told_apart(monkeypatch, off):
    monkeypatch.setattr(np.random, "default_rng", lambda seed: Zeros())
    rows = np.array(
        [[3.0, 4.0, 1e-6], [3.0, 4.0, 1e-6 * (1 + off)], [6.0 * (1 - EPS), 8.0, 2e-6], [3.0, 4.0 - 8 * off, 1e-6]]
    )
    assert proportional_rows(sp.csr_array(rows))[0].tolist() == [0, 1, 0, 2]


def test_a_row_that_lacks_an_entry_is_another_one():
    """However small the entry: the rest of the row is the same, and so is the projection to 1e-13."""
    rows = sp.csr_array(np.array([[1.0, 2.0, 1e-13], [1.0, 2.0, 0.0], [2.0, 4.0, 1e-13]]))
    for order in ([0, 1, 2], [1, 2, 0], [2, 0, 1]):
        assert proportional_rows(rows[order])[0].tolist() == [0, 1, 2]


@pytest.mark.parametrize("scale", [1e-200, 1.0, 1e200])
@pytest.mark.parametrize("size", [3, 10_000])
def test_multiples_of_one_row_are_found_and_lengths_are_theirs(scale, size):
    """Of any size, their squares beyond the floats; and the lengths of rows that are no multiples."""
    rng = np.random.default_rng(size)
    row, times = rng.random(size) + 0.1, scale * 10.0 ** rng.uniform(-3, 3, 7)
    group, length = proportional_rows(sp.csr_array(times[:, np.newaxis] * row))
    assert group.tolist() == [0] * 7
    np.testing.assert_allclose(length, times * np.linalg.norm(row), rtol=1e-13)
    others = rng.random((4, size)) + 0.1
    group, length = proportional_rows(sp.csr_array(scale * others))
    assert group.tolist() == [0, 1, 2, 3]
    np.testing.assert_allclose(length, scale * np.linalg.norm(others, axis=1), rtol=1e-13)


def test_where_nothing_is_proportional_nothing_is_copied():
    rng = np.random.default_rng(0)
    factor, w_x = sp.csr_array(rng.random((4, 6))), rng.random(6)
    merged = merge(factor, w_x)
    assert merged.factor is factor
    assert merged.w_x is w_x
    assert merged.group.tolist() == list(range(6))
    assert merged.share.tolist() == [1.0] * 6


@pytest.mark.parametrize(("axis", "shape"), [(0, (4, 5)), (1, (5, 4))])
def test_a_single_pair_is_merged(axis, shape):
    rng = np.random.default_rng(0)
    joint = rng.random((5, 5))
    joint[(slice(None),) * axis + (3,)] = 0.3 * joint[(slice(None),) * axis + (1,)]
    joint /= joint.sum()
    w_x = joint.sum(axis=0)
    M = joint / np.sqrt(np.outer(joint.sum(axis=1), w_x))
    merged = merge(sp.csr_array(M), w_x)
    assert merged.factor.shape == shape
    assert merged.w_x.sum() == pytest.approx(1)
    exact = np.linalg.svd(M, compute_uv=False)
    np.testing.assert_allclose(np.linalg.svd(merged.factor.toarray(), compute_uv=False), exact[:4], atol=1e-14)


def test_the_likeliest_view_stands_for_a_group():
    """Of a probability of 1e-323 the float has one digit: 3 x 2/3 of the least float are 3 of it here, and not 2."""
    least = 5e-324
    A = np.array([[2 * least, 1.0]] * 3)
    w_x = (A / 3).sum(axis=0)
    assert w_x[0] == 3 * least
    merged = merge(sp.csr_array(np.sqrt(1 / 3) * A / np.sqrt(w_x)), w_x)
    np.testing.assert_allclose(merged.factor.toarray(), [[1.0]], rtol=1e-14)


@pytest.mark.slow
def test_a_large_graph_of_few_directions_is_solved_densely():
    """2,000 naturals and 3,000 views, all multiples of 6 rows and 5 columns."""
    rng = np.random.default_rng(0)
    core = rng.random((6, 5))
    A = core[np.ix_(rng.integers(0, 6, 2000), rng.integers(0, 5, 3000))]
    graph = pg.build(np.full(2000, 1.0), A, normalize=True)
    spectrum = graph.spectrum(4)
    assert spectrum.solvers[0].shape == (6, 5)
    assert spectrum.solvers[0].solver == "dense"
    np.testing.assert_allclose(spectrum.gamma, np.linalg.eigvalsh(graph.adjacency)[::-1][:4], atol=1e-12)


@given(st.integers(0, 2**32 - 1), st.sampled_from([1, 7, 2**22]))
def test_what_may_be_proportional_is_never_overlooked(seed, entries_at_once):
    """Rows, and columns, that are multiples of each other are told from those whose ends alone are, however the matrix is cut."""
    rng = np.random.default_rng(seed)
    dense = rng.choice([1.0, 2.0, 3.0], (5, 6)) * (rng.random((5, 6)) < (0.6 if seed % 3 else 1.0))
    dense[:, 0] += 0.1  # no row is empty
    dense[0] += 0.1  # no column is
    if seed % 4 > 1:
        dense[3], dense[:, 4] = 2.0 * dense[1], 3.0 * dense[:, 2]
    if seed % 5 > 3:
        dense[3] *= rng.uniform(1 - 1e-15, 1 + 1e-15, 6)
    dense *= 10.0 ** rng.integers(-2, 3, (5, 1)) if seed % 2 else 1.0
    matrix = sp.csr_array(dense)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(merging, "SUPPORT_ENTRIES_AT_ONCE", entries_at_once)
        rows, columns = rows_may_be_proportional(matrix), columns_may_be_proportional(matrix)
    assert rows == proportional(dense)
    assert columns == proportional(dense.T)


def proportional(dense) -> bool:
    """Whether two rows have positive entries in the same columns, in one ratio, found pair by pair."""
    return any(
        np.array_equal(x > 0, y > 0) and np.ptp(x[x > 0] / y[x > 0]) < 1e-13 * (x[x > 0] / y[x > 0]).max()
        for i, x in enumerate(dense)
        for y in dense[:i]
    )


@given(st.integers(0, 2**32 - 1))
def test_a_look_at_supports_and_ratios_changes_nothing(seed):
    graph = planted(seed)
    quick = merge(graph.factor, graph.w_x)
    with pytest.MonkeyPatch.context() as patch:
        for name in ("rows_may_be_proportional", "columns_may_be_proportional"):
            patch.setattr(merging, name, lambda factor: True)
        slow = merge(graph.factor, graph.w_x)
    assert quick.group.tolist() == slow.group.tolist()
    assert quick.share.tolist() == slow.share.tolist()
    assert quick.factor.toarray().tolist() == slow.factor.toarray().tolist()


@pytest.mark.parametrize("ends", [(1e-300, 1e300), (1e300, 1e-300), (1e-5, 1e5), (2.0, 2.0)])
def test_ratios_beyond_the_floats_rule_nothing_out(ends):
    """The last entry over the first is infinite, or 0: such rows are compared entry by entry, as before."""
    rows = sp.csr_array(np.outer([1.0, 0.5], ends))
    assert rows_may_be_proportional(rows)
    assert columns_may_be_proportional(sp.csr_array(rows.T))
