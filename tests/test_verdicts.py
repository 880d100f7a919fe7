"""No wrong verdict on pairs whose answer is known; and the judge of verdicts finds wrong ones, where there are any."""

from dataclasses import replace

import numpy as np
import pytest
import verdicts
from extras import need
from hypothesis import given
from hypothesis import strategies as st

import popgraph as pg
from popgraph.match import Status


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


def test_no_verdict_is_wrong_and_all_are_given():
    need("flint")  # which decides the near-ties among them
    tally = verdicts.campaign(2000, seed=1)
    assert tally.pairs == 2000
    assert tally.wrong_pairs == 0, next(wrong[0] for wrong in tally.wrong.values() if wrong)
    given = set().union(*tally.counts.values())
    assert given == {status.name for status in Status}


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
        "near tie of fractions",
    ),
    "always undecided": (sabotaged(status=lambda m: Status.UNDECIDED), "collapsed"),
    "verdict turned round": (sabotaged(matches=lambda m: not m.matches), "clean cut"),
    "all optimal": (sabotaged(optimal=lambda m: True), "minimisers"),
    "none optimal": (sabotaged(optimal=lambda m: False), "k above the rank"),
}


@pytest.mark.parametrize("name", SABOTAGE)
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
