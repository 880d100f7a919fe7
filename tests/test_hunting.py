"""A hunt finds what is known to be broken and proves it, breaks nothing that is proved, and is the same when it is asked again."""

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from extras import need
from hypothesis import given, settings
from hypothesis import strategies as st
from layers import examples

import popgraph as pg
from popgraph import theory
from popgraph.errors import InvalidArgument
from popgraph.theory.assumptions import NotApplicable
from popgraph.theory.candidates import Shape, in_fractions, is_population, smaller
from popgraph.theory.quantities import EnclosedQuantities, Quantities

# Five naturals and four views that break half the constants of the least-squares bound, found by a search along paths.
BREAKS_HALF = pg.build(
    {"a": "175/99999", "b": "67913/99999", "c": "3512/11111", "d": "152/99999", "e": "151/99999"},
    {
        "a": {0: "99927/100000", 1: "73/100000"},
        "b": {1: "99977/100000", 2: "23/100000"},
        "c": {2: 1},
        "d": {2: "77/100000", 3: "99923/100000"},
        "e": {2: "77/100000", 3: "99923/100000"},
    },
    labels=[1, 0, 0, 0, 1],
)


def candidates(seed, naturals=4, views=4):
    rng = np.random.default_rng(seed)
    shape = Shape(naturals, views, 2, None)
    drawn = shape.draw(rng)
    for _ in range(int(rng.integers(0, 5))):
        drawn = shape.change(drawn, rng)
    return drawn


def test_a_false_claim_is_broken_and_the_break_is_proved():
    need("flint")
    found = theory.hunt("Cheeger without its root", naturals=3, views=3, starts=6, steps=100, rng=0)
    assert found.violated
    assert found.ratio > 1
    assert found.proof.startswith("proved in ball arithmetic")
    graph = found.graph
    w, w_x = graph.exact().w, graph.exact().w_x
    sets = [S for size in (1, 2) for S in product([0, 1], repeat=graph.N) if sum(S) == size]
    cut = {S: sum(w[x, z] for x in range(graph.N) for z in range(graph.N) if S[x] > S[z]) for S in sets}
    mass = {S: sum(w_x[x] for x in range(graph.N) if S[x]) for S in sets}
    other = {S: tuple(1 - bit for bit in S) for S in sets}
    rho = min(max(cut[S] / mass[S], cut[other[S]] / mass[other[S]]) for S in sets if other[S] in mass)
    root = np.sqrt(np.array(w_x, dtype=float))
    lambda_2 = 1 - np.linalg.eigvalsh(np.array(w, dtype=float) / np.outer(root, root))[-2]
    assert found.left == pytest.approx(float(rho))
    assert found.right == pytest.approx(lambda_2)
    assert rho > lambda_2


def test_half_the_least_squares_bound_is_broken_from_a_population_that_is_given():
    need("flint")
    found = theory.hunt("half the least-squares bound", start=BREAKS_HALF, k=2, starts=1, steps=20, rng=0)
    assert found.violated
    assert "proved" in found.proof
    assert found.graph.N <= 4
    found = theory.hunt("half the least-squares bound", start=pg.zoo.hypercube(2, "1/8"), starts=1, steps=20, rng=0)
    assert not found.violated


@pytest.mark.parametrize(
    ("claim", "naturals"),
    [("Cheeger from below", 3), ("Cheeger from above", 0), ("probe error, explicit constants", 4), ("Lemma 3.2", 3)],
)
def test_what_is_proved_is_never_broken(claim, naturals):
    found = theory.hunt(claim, naturals=naturals, views=4, starts=2, steps=40, rng=1)
    assert not found.violated
    assert found.tried > 10
    assert found.proof == ""


def test_an_open_claim_is_never_broken_and_comes_near_to_equality():
    found = theory.hunt("half the probe bound", views=3, k=2, starts=3, steps=300, rng=0)
    assert not found.violated
    assert found.ratio > 0.5


def test_the_population_is_in_small_fractions_and_gives_the_ratio():
    found = theory.hunt("Cheeger from above", views=3, starts=2, steps=40, rng=0)
    check = theory.check(found.graph, k=found.k, only="Cheeger from above")[0]
    assert check.left == pytest.approx(found.left)
    assert check.right == pytest.approx(found.right)
    found.graph.exact()  # which only a population of fractions has
    assert str(found).count("p = ") == found.graph.n


@pytest.mark.parametrize("broken", [False, True])
def test_where_the_claim_applies_to_no_fractions_the_floats_are_kept(broken, monkeypatch):
    """A claim that needs an eigenvalue which fractions miss ended in its own NotApplicable."""
    in_fractions_applies = []

    def refused(candidate):
        in_fractions_applies.append(True)
        yield from in_fractions(candidate)
        in_fractions_applies.clear()

    def of_floats_alone(q):
        if in_fractions_applies:
            raise NotApplicable("fractions")
        return (2.0 if broken else 0.5) + 0.1 * q.lambda_(2), 1.0

    monkeypatch.setattr("popgraph.theory.hunting.in_fractions", refused)
    found = theory.hunt(of_floats_alone, views=3, starts=1, steps=10, rng=0)
    assert found.violated == broken
    assert found.proof == ("nothing is proved: no fractions keep the ratio" if broken else "")
    assert not found.graph.population.distribution.exact
    assert str(found).count("p = ") == found.graph.n


def test_a_hunt_is_the_same_whenever_it_is_asked_again():
    first, second = (theory.hunt("Cheeger from above", views=3, starts=2, steps=30, rng=5) for _ in range(2))
    assert str(first) == str(second)
    assert first.tried == second.tried


def test_pairs_given_directly_may_have_negative_eigenvalues():
    found = theory.hunt(lambda q: (q.lambda_(q.N), 1.0), naturals=0, views=3, starts=3, steps=60, rng=0)
    assert found.violated
    assert found.left > 1.2
    assert isinstance(found.graph, pg.PairGraph)


def test_a_claim_about_a_kernel_applies_to_no_pairs_given_directly():
    found = theory.hunt("half the probe bound", naturals=0, views=3, starts=1, steps=4, rng=0)
    assert found.graph is None
    assert found.tried == 0
    assert np.isnan(found.ratio)
    assert "needs a kernel" in found.proof
    assert "never broken" in str(found)


@given(seed=st.integers(0, 2**32 - 1), k=st.integers(1, 4))
@settings(max_examples=examples(15), deadline=None)
def test_quantities_are_those_of_the_graph(seed, k):
    candidate = candidates(seed)
    if not is_population(candidate):
        return
    candidate = type(candidate)(candidate.p, candidate.A, candidate.labels, k)
    graph, q = candidate.graph(), Quantities(candidate)
    y, spectrum = candidate.labels, graph.spectrum(graph.N)
    assert q.lambda_(1) == pytest.approx(0, abs=1e-12)
    assert q.lambda_(min(2, q.N)) == pytest.approx(1 - spectrum.gamma[min(2, q.N) - 1], abs=1e-10)
    assert q.rho(2) == pytest.approx(pg.sparsest_partition(graph, 2).rho)
    alpha = 1 - sum(max(sum(candidate.p[y == c] * candidate.A[y == c, x]) for c in range(2)) for x in range(q.N))
    assert q.disagreement == pytest.approx(alpha, abs=1e-12)
    try:
        loss = q.least_squares
    except NotApplicable:
        return
    f = spectrum.embedding[:, :k]
    if spectrum.gamma[k - 1] > 1e-6:
        assert loss == pytest.approx(pg.probe(graph, f, y, head="least squares").loss, abs=1e-8)
    assert q.overshoot - q.room == pytest.approx(
        loss - 2 * q.disagreement - q.inconsistency / q.lambda_next if k < q.N else q.overshoot - q.room, abs=1e-8
    )


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=examples(10), deadline=None)
def test_balls_enclose_the_floats(seed):
    need("flint")
    candidate = candidates(seed)
    if not is_population(candidate):
        return
    for exact in in_fractions(candidate):
        assert all(row.sum() == 1 for row in exact.A)
        assert exact.p.sum() == 1
        assert exact.p.dtype == object
        if not is_population(exact):
            continue
        balls, floats = EnclosedQuantities(exact), Quantities(exact)
        assert float(balls.rho(2)) == pytest.approx(floats.rho(2), abs=1e-12)
        for name in ("inconsistency", "disagreement", "head_error", "least_squares", "overshoot", "room"):
            try:
                enclosed, number = getattr(balls, name), getattr(floats, name)
            except NotApplicable:
                continue
            assert float(enclosed) == pytest.approx(number, abs=1e-7), name


@pytest.mark.parametrize("seed", range(4))
def test_smaller_populations_lack_one_natural_view_or_step(seed):
    candidate = candidates(seed)
    size = candidate.n + candidate.N + np.count_nonzero(candidate.A)
    for less in smaller(candidate):
        assert less.n + less.N + np.count_nonzero(less.A) < size
        if is_population(less):
            assert less.A.sum(axis=1) == pytest.approx(1)
            assert less.p.sum() == pytest.approx(1)


def test_fractions_of_pairs_are_symmetric_and_sum_to_1():
    drawn = Shape(0, 4, 2, 2).draw(np.random.default_rng(0))
    for exact in in_fractions(drawn):
        assert (exact.A == exact.A.T).all()
        assert exact.A.sum() == Fraction(1)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"claim": "Cheeger from bel0w"}, "did you mean 'Cheeger from below'"),
        ({"claim": 3}, "claim is 3; give a statement's name"),
        ({"claim": lambda q: 1.0}, r"claim returned 1.0; it must return \(left, right\)"),
        ({"views": 1}, "views"),
        ({"views": 13}, "2 to 12 views"),
        ({"naturals": -1}, "naturals"),
        ({"k": 4}, "k is 4"),
        ({"starts": 0}, "starts"),
        ({"start": pg.zoo.hypercube(4)}, "start has 16 views"),
        ({"start": pg.build(["a", "b"], pg.identity())}, "without a label"),
        ({"start": "graph"}, "graph"),
    ],
)
def test_bad_arguments_are_refused(arguments, words):
    with pytest.raises(InvalidArgument, match=words):
        theory.hunt(**{"claim": "Cheeger from below", "steps": 2, "starts": 1} | arguments)
