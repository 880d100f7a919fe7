"""No wrong verdict on pairs whose answer is known; and the judges of verdicts find wrong ones, where there are any."""

from dataclasses import replace
from fractions import Fraction

import large_verdicts
import numpy as np
import pytest
import verdicts
from extras import need
from hypothesis import given
from hypothesis import strategies as st
from layers import first_by_default

import popgraph as pg
from popgraph.verification.match import Status


@pytest.mark.parametrize(
    "draw", dict.fromkeys(draw for draw, _ in verdicts.KINDS.values()), ids=lambda draw: draw.__name__
)
@given(seed=st.integers(0, 2**32 - 1))
def test_the_known_eigenpairs_are_those_of_the_definition(draw, seed):
    """Ā = D^-1/2 Aᵀ diag(p) A D^-1/2, written out; V orthogonal and ĀV = V diag(γ)."""
    known = draw(np.random.default_rng(seed))
    w_x = known.p @ known.A
    adjacency = known.A.T @ np.diag(known.p) @ known.A / np.sqrt(np.outer(w_x, w_x))
    np.testing.assert_allclose(known.V.T @ known.V, np.eye(known.N), atol=1e-13)
    np.testing.assert_allclose(adjacency @ known.V, known.V * known.gamma, atol=1e-13)
    assert (np.diff(known.gamma) <= 1e-13).all()
    if known.exact:
        np.testing.assert_allclose(known.graph().adjacency, adjacency, atol=1e-15)
        assert known.graph().is_exact


def test_no_verdict_of_hundreds_is_wrong():
    tally = verdicts.campaign(400, seed=3)
    assert tally.pairs == 400
    assert tally.wrong_pairs == 0, next(wrong[0] for wrong in tally.wrong.values() if wrong)


@pytest.mark.slow
def test_no_verdict_is_wrong_and_all_are_given():
    tally = verdicts.campaign(2000, seed=1)
    assert tally.pairs == 2000
    assert tally.wrong_pairs == 0, next(wrong[0] for wrong in tally.wrong.values() if wrong)
    given = set().union(*tally.counts.values())
    with_decay = {Status.MODES_ON, Status.AT_THRESHOLD, Status.MORE_THAN_ON, Status.ALL_OFF}
    assert given == {status.name for status in set(Status) - with_decay}


def sabotaged(**changes):
    """`verify` whose answers are changed, each by a function of the answer."""

    def verify(graph, f, k, features):
        match = pg.verify(graph, f, k, features=features)
        return replace(match, **{name: change(match) for name, change in changes.items()})

    return verify


SABOTAGE = {
    "atol too large": (
        lambda graph, f, k, features: pg.verify(graph, f, k, features=features, atol=1.5e-6),
        "turned by",
    ),
    "atol too small": (lambda graph, f, k, features: pg.verify(graph, f, k, features=features, atol=5e-7), "turned by"),
    "features not looked at": (lambda graph, f, k, features: pg.verify(graph, f, k), "best of a class"),
    "never undecided": (
        sabotaged(status=lambda m: Status.MATCH if m.status is Status.UNDECIDED else m.status),
        "cond(Q) to 1e14",
    ),
    "always undecided": (sabotaged(status=lambda m: Status.UNDECIDED), "collapsed"),
    "verdict turned round": (sabotaged(matches=lambda m: not m.matches), "clean cut"),
    "all optimal": (sabotaged(optimal=lambda m: True), "minimisers"),
    "none optimal": (sabotaged(optimal=lambda m: False), "k above the rank"),
}


@pytest.mark.parametrize("name", first_by_default(*SABOTAGE, default=2))
def test_a_verify_that_errs_is_caught(name):
    need("flint")
    verify, kind = SABOTAGE[name]
    kinds = [each for each in verdicts.KINDS if kind in each]
    assert verdicts.campaign(150, seed=2, kinds=kinds).wrong_pairs == 0
    assert verdicts.campaign(150, seed=2, kinds=kinds, verify=verify).wrong_pairs > 0


def test_a_wrong_verdict_is_printed_as_a_population_to_paste():
    wrong = verdicts.campaign(160, seed=2, verify=SABOTAGE["always undecided"][0]).wrong[
        "clean cut, turned by 0 to π/2"
    ]
    there = {"popgraph": pg}
    exec(wrong[0], there)
    assert set(there["f"]) == set(there["graph"].views)
    assert "UNDECIDED is not" in wrong[0]
    assert pg.verify(there["graph"], there["f"], there["k"]).status is not Status.UNDECIDED


def test_the_script_says_what_it_found(capsys, monkeypatch):
    assert verdicts.main(32, 0) == 0
    assert "32 pairs, wrong 0" in capsys.readouterr().out
    monkeypatch.setattr(verdicts, "judge", lambda graph, pair, verify: (Status.MATCH, "wrong"))
    assert verdicts.main(32, 0) == 1


# --- large populations, on every route


SLOW = {"dask", *large_verdicts.LARGE}


@pytest.mark.parametrize(
    "route",
    [
        pytest.param(route, marks=[pytest.mark.slow] * (route in SLOW))
        for route in large_verdicts.ROUTES | large_verdicts.LARGE
    ],
)
def test_no_verdict_of_a_large_population_is_wrong_on_any_route(route):
    if route in large_verdicts.NEEDS:
        need(large_verdicts.NEEDS[route])
    draw, _ = (large_verdicts.ROUTES | large_verdicts.LARGE)[route]
    tally = large_verdicts.campaign(10, seed=1, routes={route: (draw, 1.0)})
    assert tally.pairs == 10
    assert [large_verdicts.words(fault) for fault in tally.faults] == []


def cube(q=(0.05, 0.11, 0.07, 0.02, 0.13)):
    """32 views, 11 eigenvalues of which are 0.5 at least, none repeated."""
    return large_verdicts.listed(large_verdicts.forms.cube_walk(q))


def judged(place, pair, answer=pg.verify):
    tally = large_verdicts.Tally()
    truth = large_verdicts.truth_of(place, pair)
    large_verdicts.judge(tally, "small", replace(place, ask=answer), pair, truth, hand=False)
    return tally, truth


def turned_by(place, by, k=3, condition=1.0):
    F = np.array(place.vectors[:, :k])
    F[:, -1] = np.cos(by) * F[:, -1] + np.sin(by) * place.vectors[:, k]
    rng = np.random.default_rng(0)
    B = (large_verdicts.orthogonal(rng, k) * np.geomspace(1, 1 / condition, k)) @ large_verdicts.orthogonal(rng, k)
    return large_verdicts.Pair(large_verdicts.embedding(place, F, B), k, k, "turned")


@pytest.mark.parametrize("condition", [1.0, 1e5, 1e12])
def test_what_is_right_is_known_at_any_condition(condition):
    """The angle that was built in, and the rounding of f that a map of this condition magnifies."""
    place = cube()
    for by in (0.0, 0.3e-6, 0.99e-6, 1.01e-6, 3e-6, 0.1):
        truth = judged(place, turned_by(place, by, condition=condition))[1]
        assert truth.angle == pytest.approx(by, rel=1e-9, abs=1e-15 * condition)
        right = Status.DIFFERENT if truth.angle > 1e-6 else Status.MATCH
        assert truth.right == {right, Status.UNDECIDED}
        assert truth.easy == (condition < 1e6 and by in (0.0, 0.3e-6, 3e-6, 0.1))


def answering(**changes):
    def verify(*args, **more):
        return replace(pg.verify(*args, **more), **changes)

    return verify


def raising(*_, **__):
    raise ZeroDivisionError("leaked")


def test_an_answer_that_errs_is_counted_as_what_it_is():
    place = cube()
    right, other = turned_by(place, 0.0), turned_by(place, 0.1)
    assert judged(place, right)[0].faults == judged(place, other)[0].faults == []
    wrong = {
        "no": (right, answering(status=Status.DIFFERENT, matches=False)),
        "collapsed": (right, answering(status=Status.COLLAPSED, matches=False)),
        "yes": (other, answering(status=Status.MATCH, matches=True)),
        "a yes of another kind": (right, answering(status=Status.MATCH_DEGENERATE)),
        "a yes that is none": (right, answering(matches=False)),
        "raises": (right, raising),
    }
    for name, (pair, answer) in wrong.items():
        tally, _ = judged(place, pair, answer)
        assert (tally.wrong, tally.needless) == (1, 0), name
        assert len(tally.faults) == 1
    tally, _ = judged(place, right, answering(status=Status.UNDECIDED, matches=False))
    assert (tally.wrong, tally.needless) == (0, 1)
    assert "needlessly" in large_verdicts.words(tally.faults[0])
    hard = turned_by(place, 0.3e-6, condition=1e9)
    assert judged(place, hard, answering(status=Status.UNDECIDED, matches=False))[0].needless == 0


def test_equal_eigenvalues_may_be_shared_out_and_others_not():
    """γ_3 = γ_4: any one of them will do; 1e-13 apart only as the documented tolerance calls them equal."""
    tied, near = cube((0.02, 0.1, 0.1, 0.3)), cube((0.02, 0.1, 0.1 + 1e-15, 0.3))
    assert tied.known.run(3) == (2, 4)
    swap = large_verdicts.Pair(large_verdicts.embedding(tied, tied.vectors[:, [0, 1, 3]], np.eye(3)), 3, 3, "swapped")
    truth = large_verdicts.truth_of(tied, swap)
    assert truth.right == {Status.MATCH_DEGENERATE, Status.UNDECIDED}
    assert not truth.tie
    assert near.known.run(3) == (2, 3)
    swap = large_verdicts.Pair(large_verdicts.embedding(near, near.vectors[:, [0, 1, 3]], np.eye(3)), 3, 3, "swapped")
    truth = large_verdicts.truth_of(near, swap)
    assert truth.right == {Status.DIFFERENT, Status.MATCH_DEGENERATE, Status.UNDECIDED}
    assert truth.tie
    apart = cube((0.02, 0.1, 0.1001, 0.3))
    swap = large_verdicts.Pair(large_verdicts.embedding(apart, apart.vectors[:, [0, 1, 3]], np.eye(3)), 3, 3, "swapped")
    assert large_verdicts.truth_of(apart, swap).right == {Status.DIFFERENT, Status.UNDECIDED}


def test_the_rank_of_fractions():
    third = Fraction(1, 3)
    assert large_verdicts.rank_of([[third, 1], [1, 3]]) == 1
    assert large_verdicts.rank_of([[third, 1], [1, 3 + Fraction(1, 10**40)]]) == 2
    assert large_verdicts.rank_of([[Fraction(0), third], [third, Fraction(0)], [third, third]]) == 2
    assert large_verdicts.rank_of([]) == 0


def test_one_command_judges_all_and_keeps_what_is_wrong(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr(large_verdicts, "ROUTES", {"mixture": (large_verdicts.ROUTES["mixture"][0], 1.0)})
    monkeypatch.setattr(large_verdicts, "LARGE", {})
    assert verdicts.main(16, 0, large=5, huge=1, folder=str(tmp_path)) == 0
    printed = capsys.readouterr().out
    assert "16 pairs, wrong 0" in printed
    assert "5 pairs, wrong 0, needlessly undecided 0" in printed
    asked = large_verdicts.asked(lambda rng: replace(cube(), ask=raising), 5)
    monkeypatch.setattr(large_verdicts, "ROUTES", {"dense": (asked, 1.0)})
    assert verdicts.main(16, 0, large=5, folder=str(tmp_path)) == 1
    assert "5 pairs, wrong 5" in (printed := capsys.readouterr().out)
    assert "ZeroDivisionError: leaked" in printed
    kept = np.load(next(tmp_path.glob("dense_*.npz")))
    assert kept["f"].shape[0] == 32
    assert {"p", "data", "indices", "indptr", "k"} <= set(kept)
