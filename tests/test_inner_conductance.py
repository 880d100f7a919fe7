"""ρ_in by enumeration in exact fractions, and the error of self-training that it bounds."""

import sys
from fractions import Fraction
from itertools import chain, combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from layers import examples

import popgraph as pg
from popgraph import zoo
from popgraph.downstream.selftraining import inner_conductance, student_error_bound
from popgraph.errors import InvalidArgument, TooLarge


def by_every_set(w, labels):
    """ρ_in by its definition: every set of each class that has at most half of the class's probability."""
    w_x = [sum(row) for row in w]
    least = np.inf
    for label in set(labels):
        views = [x for x, other in enumerate(labels) if other == label]
        for S in chain.from_iterable(combinations(views, size) for size in range(1, len(views))):
            mass = sum(w_x[x] for x in S)
            if 2 * mass <= sum(w_x[x] for x in views):
                least = min(least, sum(w[x][z] for x in S for z in set(views) - set(S)) / mass)
    return least


@settings(max_examples=examples(200))
@given(st.data())
def test_it_is_that_of_every_set_in_exact_fractions(data):
    N = data.draw(st.integers(1, 6))
    counts = [[data.draw(st.integers(0, 4)) for _ in range(N)] for _ in range(data.draw(st.integers(1, 4)))]
    counts = [row if sum(row) else [1] * N for row in counts]
    counts[0] = [max(1, a) for a in counts[0]]  # so that every view is reached
    labels = data.draw(st.lists(st.sampled_from("abc"), min_size=N, max_size=N))
    A = [[Fraction(a, sum(row)) for a in row] for row in counts]
    n = len(A)
    w = [[sum(A[i][x] * A[i][z] for i in range(n)) / n for z in range(N)] for x in range(N)]
    graph = pg.build(np.ones(n) / n, np.array(A, dtype=float))
    found = inner_conductance(graph, labels)
    assert found.rho == pytest.approx(float(by_every_set(w, labels)), rel=1e-12)
    if found.worst:  # the set has the conductance and the class that are said of it
        S = [graph.views.index(x) for x in found.worst]
        rest = [x for x, label in enumerate(labels) if label == found.label and x not in S]
        assert {labels[x] for x in S} == {found.label}
        assert graph.w[np.ix_(S, rest)].sum() / graph.w_x[S].sum() == pytest.approx(found.rho, rel=1e-12)
        assert graph.w_x[S].sum() <= graph.w_x[rest].sum() + 1e-15


def test_pairs_given_directly_have_one_too():
    w = np.array([[0, 3, 1, 0], [3, 0, 0, 1], [1, 0, 0, 3], [0, 1, 3, 0]]) / 16
    graph = pg.from_pairs(w)
    assert inner_conductance(graph, [0, 0, 1, 1]).rho == 0.75
    assert inner_conductance(graph, [0, 0, 0, 0]) == pg.selftraining.InnerConductance(0.25, (0, 1), 0)
    assert inner_conductance(graph, [0, 1, 1, 0]).rho == 0.0


def test_a_class_that_falls_apart_has_exactly_zero_and_single_views_have_none():
    apart = zoo.clusters(count=2, naturals=4, views=4, degree=3, cross=0)
    assert inner_conductance(apart, [0] * 8).rho == 0.0
    assert set(inner_conductance(apart, [0] * 8).worst) in [set(apart.views[:4]), set(apart.views[4:])]
    assert inner_conductance(zoo.lightning_cloud(), list("abcd")) == pg.selftraining.InnerConductance(np.inf, (), None)


@pytest.mark.parametrize("bridge", [1e-14, 1e-200])
def test_a_tiny_cut_keeps_its_digits(bridge):
    """Two pairs of views that almost no natural joins: by subtraction of the weights inside nothing would be left of the cut."""
    A = np.array([[0.5, 0.5, 0.0, 0.0], [0.0, 0.0, 0.5, 0.5], [0.25, 0.25, 0.25, 0.25]])
    graph = pg.build(np.array([0.5, 0.5 - bridge, bridge]), A)
    assert inner_conductance(graph, [0] * 4).rho == pytest.approx(bridge / 4 / 0.5, rel=1e-6)


def test_bad_input_is_refused():
    for call, message in [
        (lambda: inner_conductance("graph"), r"inner_conductance\(graph\) takes a PopulationGraph first; got 'graph'"),
        (lambda: inner_conductance(pg.build(["a"], pg.identity())), "the graph has no labels: pass view_labels="),
        (lambda: inner_conductance(zoo.hypercube(2), [0, 1]), "4 views need one label each"),
        (lambda: inner_conductance(zoo.hypercube(2), [0, 1, 1, None]), "1 of 4 views is unlabelled, and ρ_in"),
    ]:
        with pytest.raises(InvalidArgument, match=message):
            call()
    with pytest.raises(TooLarge, match="class 'one' has 23 views; the sets of 22 at most are enumerated"):
        inner_conductance(zoo.ring(23), ["one"] * 23)


def test_where_the_weight_is_too_small_there_is_no_bound():
    assert student_error_bound(0.5, 0.1, 1.0) == student_error_bound(0.5, 0.1, 0.0) == np.inf
    assert student_error_bound(0.5, 0.1, 2.0) == pytest.approx(0.2)
    assert student_error_bound(np.inf, 0.1, 1.0) == 0.0


def rho_in(w, w_x, y):
    """ρ_in of two classes, from tables of all sets of views of each."""
    least = np.inf
    for C in (np.flatnonzero(y == 0), np.flatnonzero(y == 1)):
        S = np.array(list(product((0.0, 1.0), repeat=len(C))))[1:-1].reshape(-1, len(C))
        size, cut = S @ w_x[C], np.sum((S @ w[np.ix_(C, C)]) * (1 - S), axis=1)
        fits = size <= w_x[C].sum() / 2
        least = min(least, np.min(cut[fits] / size[fits], initial=np.inf))
    return least


def misled(rng, with_package=False):
    """Draw graphs of four to seven views, ŷ, a teacher and a weight that allows for a bound, until the student errs.

    The student is the least of all 2^N labellings, and must err on at most half of each class. Returned are its error, the bound,
    and the largest error of any labelling on at most half of each class whose objective is not above that of ŷ, of which the
    proof holds as well.
    """
    while True:
        n, N = int(rng.integers(2, 9)), int(rng.integers(4, 8))
        A = rng.random((n, N)) ** rng.choice([1, 3, 6]) * (rng.random((n, N)) < rng.choice([0.4, 0.7, 1.0]))
        A[np.arange(n), rng.integers(0, N, n)] += 1e-3
        A[rng.integers(0, n, N), np.arange(N)] += 1e-3
        A /= A.sum(axis=1, keepdims=True)
        p = rng.dirichlet(np.ones(n) * rng.choice([0.3, 1.0, 10.0]))
        w, w_x, every = A.T @ (p[:, np.newaxis] * A), p @ A, np.array(list(product((0, 1), repeat=N)))
        phi = 2.0 * np.sum((every @ w) * (1 - every), axis=1)
        for which in rng.integers(1, 2**N - 1, 20):
            y, rho = every[which], rho_in(w, w_x, every[which])
            if not 1e-9 < rho < np.inf:
                continue
            wrong, weight = every != y, np.exp(rng.uniform(0.001, 1.0)) / (2 * rho)
            error = wrong @ w_x
            half = np.all([(wrong & (y == c)) @ w_x <= w_x[y == c].sum() / 2 for c in (0, 1)], axis=0)
            gain = error / weight + phi[which] - phi
            if not (misleading := half & (error > 0) & (gain >= 0)).any():
                continue
            teacher = every[np.flatnonzero(misleading)[gain[misleading].argmax()]]
            objective = (every != teacher) @ w_x + weight * phi
            g = int(objective.argmin())
            if half[g] and error[g] > 0:
                bound = student_error_bound(rho, phi[which], weight)
                if with_package:
                    graph = pg.build(p, A, normalize=True)
                    student = pg.selftraining.self_train(graph, teacher.tolist(), weight=weight)
                    assert student.objective == pytest.approx(objective[g], abs=1e-12)
                    assert inner_conductance(graph, y.tolist()).rho == pytest.approx(rho, rel=1e-9)
                return error[g], bound, error[half & (objective <= objective[which])].max()


@pytest.mark.parametrize("graphs", [range(5), pytest.param(range(5, 300), marks=pytest.mark.slow)])
def test_the_error_of_a_misled_student_is_bounded(graphs):
    error, bound, worst = np.array([misled(np.random.default_rng(seed), with_package=seed < 20) for seed in graphs]).T
    assert (error > 0).all()
    assert (worst >= error).all()
    assert (worst <= bound * (1 + 1e-9)).all()


def test_the_bound_is_attained():
    """Three views, ŷ = (0, 0, 1) and g = (0, 1, 1), by whom the middle one is told apart from the first and not from the last.

    With itself as the teacher g is a minimiser, as ŷ is, and errs with exactly the probability that the bound allows.
    """
    sharp = pg.theory.sharp_constants()[1]
    w = [[Fraction(each) for each in row] for row in sharp.graph.w.tolist()]
    w_x, t, y, g = [sum(row) for row in w], 2, (0, 0, 1), (0, 1, 1)

    def inconsistency(labels):
        return sum(w[x][z] for x, z in product(range(3), repeat=2) if labels[x] != labels[z])

    objective = {
        labels: sum(w_x[x] for x in range(3) if labels[x] != g[x]) + t * inconsistency(labels)
        for labels in product((0, 1), repeat=3)
    }
    assert objective[g] == objective[y] == min(objective.values())
    rho, error = by_every_set(w, list(y)), w_x[1]
    assert error == inconsistency(y) / (2 * rho - Fraction(1, t))
    assert (sharp.left, sharp.right, sharp.reached) == (float(error), float(error), 1.0)


if __name__ == "__main__":  # PYTHONPATH=tests python tests/test_inner_conductance.py 5000
    total = int(sys.argv[1])
    error, bound, worst = np.array([misled(np.random.default_rng(seed)) for seed in range(total)]).T
    print(f"{total:,} graphs whose student errs: {(error > bound * (1 + 1e-9)).sum()} violations")
    print(
        f"largest Pr[g ≠ ŷ] over the bound: {(error / bound).max():.4f}; of any labelling no worse: {(worst / bound).max():.4f}"
    )
    print(f"the bound is below 1/2 in {(bound < 0.5).mean():.0%}, median ratio {np.median(error / bound):.4f}")
