"""The assertions for users' own tests: each passes, and fails with the numbers that a person needs."""

from dataclasses import replace

import numpy as np
import pytest
from cases import ZOO

import popgraph as pg
from popgraph import zoo
from popgraph.errors import InvalidArgument, InvalidEmbedding
from popgraph.testing import assert_matches, assert_optimal, assert_same_span, assert_theorem
from popgraph.theory import Verdict

LC, CUBE = zoo.lightning_cloud(), zoo.hypercube(3)


@pytest.mark.parametrize("name", ZOO)
def test_what_is_trained_passes_up_to_the_rank(name):
    graph = ZOO[name]
    for k in range(1, min(4, graph.spectrum(graph.N).rank) + 1):
        f = pg.train(graph, k, rng=0).f
        assert_matches(graph, f)
        assert_optimal(graph, f)
        assert_same_span(graph, f, f @ np.random.default_rng(k).standard_normal((k, k)))


def test_a_mismatch_names_the_eigenvector_the_angle_and_the_gap():
    with pytest.raises(AssertionError) as caught:
        assert_matches(CUBE, np.column_stack([np.ones(8), np.arange(8) == 3, np.arange(8) == 5, np.arange(8) == 6]))
    for words in ("3-cube", "No: ", "eigenvector 2", "largest principal angle", "γ_k - γ_{k+1} = 0.1875 at k = 4"):
        assert words in str(caught.value)


def test_a_mismatch_at_a_degenerate_cut_says_so():
    with pytest.raises(AssertionError, match="The cut is degenerate"):
        assert_matches(CUBE, np.eye(8)[:, :2])


def test_a_wider_embedding_may_contain_the_span():
    wide = np.column_stack([LC.spectrum(2).embedding, np.arange(4)])
    assert_matches(LC, wide, k=2)
    with pytest.raises(AssertionError, match="k exceeds the rank|No: "):
        assert_matches(LC, wide)


def test_the_tolerance_is_the_users():
    f = np.array([[1.0, 0], [1.001, 0], [0, 1], [0, 1]])
    assert_matches(LC, f, atol=1e-2)
    with pytest.raises(AssertionError, match="f does not match"):
        assert_matches(LC, f)


def test_optimal_is_more_than_a_match_and_less():
    assert_optimal(LC, pg.train(LC, 3, rng=0))
    with pytest.raises(AssertionError, match="f does not match"):
        assert_matches(LC, pg.train(LC, 3, rng=0).f)
    with pytest.raises(AssertionError, match="its loss is 18 above the minimum"):  # 2 (1 - 4)² of two eigenvalues 1
        assert_optimal(LC, 2 * LC.spectrum(2).embedding)


def test_spans_of_another_dimension_or_direction_differ():
    with pytest.raises(AssertionError, match=r"f \(rank 2\) and g \(rank 1\) differ in dimension"):
        assert_same_span(LC, LC.spectrum(2), np.ones((4, 1)))
    with pytest.raises(AssertionError, match=r"principal angles 1.57, 1.57 rad, and at most 1e-06 counts as 0"):
        assert_same_span(CUBE, np.eye(8)[:, :2], np.eye(8)[:, 2:4])
    assert_same_span(CUBE, np.zeros((8, 1)), np.zeros((8, 2)))  # both span nothing


def test_theorems_hold_fail_or_are_not_shown():
    checks = pg.theory.check(CUBE, labels=[0, 0, 0, 0, 1, 1, 1, 1], k=4)
    assert_theorem(checks)
    one = checks["φ is at most twice Δ"]
    assert_theorem(one)
    broken = replace(one, left=2.0, verdict=Verdict.FAILS)
    with pytest.raises(AssertionError, match="fails: φ is at most twice Δ"):
        assert_theorem(broken)
    with pytest.raises(AssertionError, match="1 of 2 statements fail on .* at k = 4"):
        assert_theorem(replace(checks, items=(one, broken)))
    hidden = replace(one, verdict=Verdict.RATIO)
    for nothing in (hidden, replace(one, verdict=Verdict.NOT_APPLICABLE)):
        with pytest.raises(AssertionError, match="not shown: φ is at most twice Δ"):
            assert_theorem(nothing)
    with pytest.raises(AssertionError, match="none of these statements applies"):
        assert_theorem(replace(checks, items=(hidden,)))


def test_what_is_no_embedding_or_check_is_an_error_not_a_failure():
    with pytest.raises(InvalidEmbedding, match="f has shape"):
        assert_matches(LC, np.ones((3, 2)))
    with pytest.raises(InvalidArgument, match="assert_theorem takes a Check or Checks"):
        assert_theorem(True)


def test_assertions_are_of_every_population_that_lists_its_views():
    biased = pg.build({0: 0.75, 1: 0.25}, {0: {0: 0.9, 1: 0.1}, 1: {0: 0.1, 1: 0.9}})
    mixed = pg.structure.mixture(
        {"cat": 0.4, "dog": 0.6}, {"cat": [biased] * 2, "dog": [biased, zoo.hypercube(1, 0.4)]}
    )
    f = mixed.expand().spectrum(2).embedding
    assert_matches(mixed, f)
    assert_optimal(mixed, f)
    assert_same_span(mixed, f, f @ [[1, 2], [0, 1]])
    with pytest.raises(AssertionError, match="f does not match F"):
        assert_matches(mixed, np.random.default_rng(0).normal(size=f.shape))
    with pytest.raises(InvalidArgument, match=r"assert_same_span\(graph, f, g\) needs a list of views"):
        assert_same_span(pg.product([biased] * 2), f, f)
