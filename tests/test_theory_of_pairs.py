"""The statements of the theory on pairs that are given directly, on two encoders, and on graphs with labels in them."""

from collections import Counter

import numpy as np
import pytest
from layers import first_by_default

import popgraph as pg
from popgraph import theory
from popgraph.errors import InvalidArgument
from popgraph.populations import pair_graph
from popgraph.theory import Verdict
from popgraph.theory.assumptions import ONE_KIND
from popgraph.theory.checking import ALL

NEED_A_KERNEL = {  # or its factor M: not applicable to a w given directly
    "a view's probability is its mean under A",
    "Ā is MᵀM",
    "the spectrum is at least 0",
    "rank Ā is at most min(n, N)",
    "naturals and views share their spectrum",
    "φ is at most twice Δ",
    "probe error by α",
    "Theorem 3.7",
    "Theorem 4.2",
    "Weyl",
    "Davis and Kahan",
    "labels join views of one class",
    "labels leave naturals and kernel",
    "classes weighted by probability keep w_x",
    "labels keep a share of each eigenvalue",
    "r classes lift r eigenvalues",
    "supervised pairs have a rank of at most r",
}
NEED_VIEWS_OF_NATURALS = {  # not applicable where labels have changed w_x
    "a view's probability is its mean under A",
    "φ is at most twice Δ",
    "probe error, explicit constants",
    "probe error by α",
    "exact least squares against y",
    "least squares against y, bounded",
    "least squares against y, by φ and Δ",
    "least squares against y, for Bayes' ŷ",
    "Theorem 3.7",
    "Theorem 4.2",
    "Weyl",
    "Davis and Kahan",
}


def random_pairs(seed):
    """Up to 9 views, with zeros, skew, self-pairs or none, one component or several; labels and k."""
    rng = np.random.default_rng(seed)
    N = int(rng.integers(1, 10))
    w = rng.random((N, N)) ** rng.choice([1, 6]) * (rng.random((N, N)) < rng.choice([0.2, 0.5, 1.0]))
    w = w + w.T + np.diag(rng.random(N) * rng.integers(0, 2))
    w[w.sum(axis=1) == 0, w.sum(axis=1) == 0] = 0.1
    w += np.diag(np.where(w.sum(axis=1) == 0, 0.1, 0.0))
    graph = pair_graph(tuple(range(N)), w / w.sum())
    return graph, rng.integers(0, 3, N), int(rng.integers(1, min(N, 5) + 1))


def random_kernels(rng):
    """p, A (n, N_x) and B (n, N_z) of up to 6 naturals and views of each kind."""
    n, N_x, N_z = rng.integers(1, 7, 3)
    kernels = []
    for N in (N_x, N_z):
        A = rng.random((n, N)) * (rng.random((n, N)) < rng.choice([0.3, 0.7, 1.0]))
        A[np.arange(n), rng.integers(0, N, n)] += 0.1
        A = A[:, A.sum(axis=0) > 0]
        kernels.append(A / A.sum(axis=1, keepdims=True))
    return rng.dirichlet(np.ones(n)), *kernels


@pytest.mark.parametrize("block", first_by_default(*range(10)))
def test_what_applies_to_pairs_given_directly_holds(block):
    for seed in range(30 * block, 30 * (block + 1)):
        graph, labels, k = random_pairs(seed)
        checks = theory.check(graph, labels, k)
        assert checks, (seed, checks.failed)
        not_applicable = {check.name for check in checks if check.verdict is Verdict.NOT_APPLICABLE}
        assert not_applicable >= NEED_A_KERNEL
        assert all(check.unmet in check.assumptions for check in checks if check.name in not_applicable)


@pytest.mark.parametrize("block", first_by_default(*range(10)))
def test_what_applies_to_two_encoders_holds(block):
    seen = Counter()
    for seed in range(30 * block, 30 * (block + 1)):
        p, A, B = random_kernels(np.random.default_rng(seed))
        checks = theory.check(pg.build(p, A, second=B))
        assert checks, (seed, checks.failed)
        seen.update(check.name for check in checks if check.verdict is Verdict.HOLDS)
        assert all(check.unmet == ONE_KIND for check in checks if not ALL[check.name].about_two_encoders)
    assert set(seen) == {name for name in ALL if ALL[name].about_two_encoders}


@pytest.mark.parametrize("block", first_by_default(*range(10)))
def test_what_applies_to_labels_in_the_graph_holds(block):
    for seed in range(30 * block, 30 * (block + 1)):
        rng = np.random.default_rng(seed)
        p, A, _ = random_kernels(rng)
        y = rng.integers(0, 3, len(p))
        known = [int(c) if i == 0 or rng.random() < 0.6 else None for i, c in enumerate(y)]
        graph = pg.build(p, A, labels=y).with_labels(known, weight=rng.uniform(0.01, 0.99))
        checks = theory.check(graph, k=int(rng.integers(1, graph.N + 1)))
        assert checks, (seed, checks.failed)
        not_applicable = {check.name for check in checks if check.verdict is Verdict.NOT_APPLICABLE}
        assert not_applicable >= NEED_VIEWS_OF_NATURALS


def test_reasons_say_what_a_statement_needs():
    triangle = pair_graph(("a", "b", "c"), (np.ones((3, 3)) - np.eye(3)) / 6)
    checks = theory.check(triangle, k=2)
    assert checks["φ is at most twice Δ"].reason == "there are no labels; pass labels="
    labelled = theory.check(triangle, ["a", "a", "b"], k=2)
    assert labelled["φ is at most twice Δ"].reason == "it needs a kernel A(x|x̄), and w was given directly"
    assert "-0.5" in checks["spectral optimum at full rank"].reason
    assert (checks["the minimum is reached"].left, checks["the minimum is reached"].right) == pytest.approx((-1, -1))
    assert checks["two encoders reach their minimum"].left == pytest.approx(-1.25, abs=1e-12)
    assert checks["two encoders never do worse than one"].right == pytest.approx(-1.0, abs=1e-12)


def test_two_encoders_of_the_worked_example():
    """THEORY 11: L = -1.2725888903 at k = 2, I = 0.1460005577."""
    A, B = [[0.8, 0.2, 0], [0.1, 0.8, 0.1], [0, 0.3, 0.7]], [[0.9, 0.1], [0.5, 0.5], [0.1, 0.9]]
    graph = pg.build(np.array([0.5, 0.3, 0.2]), A, second=B)
    checks = theory.check(graph, k=2)
    assert checks["two encoders reach their minimum"].left == pytest.approx(-1.2725888903, abs=1e-9)
    assert checks["InfoNCE's minimum over critics of two encoders"].left == pytest.approx(-0.1460005577, abs=1e-9)
    assert "theory.check(graph.side_x) is about f" in checks["Lemma 3.2"].reason
    assert theory.check(graph.side_x, k=2)
    with pytest.raises(InvalidArgument, match="no statement about two encoders uses"):
        theory.check(graph, labels=[0, 1, 0])
    with pytest.raises(
        InvalidArgument, match="k is 3; it must be a whole number from 1 to the smaller number of views, 2"
    ):
        theory.check(graph, k=3)


def test_equal_kernels_are_two_encoders_of_one_spectrum():
    cube = pg.zoo.hypercube(3, "1/4")
    sigma = pg.build(cube.p, cube.kernel, second=cube.kernel).spectrum(8).sigma
    assert sigma == pytest.approx(cube.spectrum(8).gamma, abs=1e-12)
    assert theory.check(cube, k=4)["of one kind of view σ is |γ|"].verdict is Verdict.HOLDS


def test_more_than_300_views_of_a_kind_are_said():
    ring = pg.zoo.ring(301)
    assert "S is computed up to 300 views" in theory.check(ring, k=3, only="its two marginals")[0].reason
