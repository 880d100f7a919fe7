"""The benchmark scripts at small sizes: their oracles are right, their verdicts can fail, and they run."""

import re
from dataclasses import replace

import enumeration
import hunt
import interval_coverage
import known_spectra
import million
import numpy as np
import peers
import products
import pytest
import spectra
import structure
import ten_million

import popgraph as pg
from popgraph.downstream import labelling

SMALL = {
    "components": known_spectra.components(k=7, count=9),
    "clusters": known_spectra.clusters(400, 12, count=10, degree=5),
    "hypercube": known_spectra.hypercube(5, 9),
    "ring": known_spectra.ring(40, 5),
    "dense": known_spectra.dense(30, 4),
    "wide": known_spectra.wide(12, 300, 5),
    "small": known_spectra.small(),
}


@pytest.fixture(params=SMALL)
def case(request):
    return SMALL[request.param]


def test_the_known_eigenvalues_are_those_of_the_definition(case):
    """Ā = D^-1/2 w D^-1/2, w = Aᵀ diag(p) A, all dense."""
    A = case.A.toarray()
    np.testing.assert_allclose(A.sum(axis=1), 1, atol=1e-12)
    w = A.T @ np.diag(case.p) @ A
    root = np.sqrt(w.sum(axis=1))
    exact = np.linalg.eigvalsh(w / np.outer(root, root))[::-1]
    count = min(len(case.gamma), len(exact))
    np.testing.assert_allclose(case.gamma[:count], exact[:count], atol=1e-12)
    if case is not SMALL["components"]:  # of which only the ones are listed
        np.testing.assert_allclose(exact[count:], 0, atol=1e-12)


def test_a_right_answer_is_called_right_and_a_wrong_one_wrong(case):
    gamma, V = peers.numpy_eigh(case.p, case.A, case.k, 0)
    assert peers.verdict(case, gamma, V) == "right"
    assert peers.verdict(case, None, V) == "right"
    assert peers.verdict(case, gamma, V @ np.diag([1.0] * (case.k - 1) + [0.0])).startswith("wrong: rank")
    assert peers.verdict(case, gamma, V[:, 1:]) == f"wrong: {case.k - 1} vectors"
    assert peers.verdict(case, gamma - 1e-9, V).startswith("wrong: γ off by 1e-09")
    below = np.linalg.svd(peers.factor(case.p, case.A).toarray())[2][-1]
    missed = np.column_stack([V[:, :-1], below])
    assert peers.verdict(case, None, missed).startswith("wrong")


def test_popgraph_is_right(case):
    assert peers.verdict(case, *peers.popgraph(case.p, case.A, case.k, 0)) == "right"


def test_the_scripts_run(capsys):
    enumeration.main(["--count", "500", "--rounds", "1", "--callables"])
    printed = capsys.readouterr().out
    assert "same views True   same columns True" in printed
    assert re.search(r"A differs by \d\.\de(\+00|-1[6-9]), w_x by \d\.\de(\+00|-1[6-9]|-2\d)\n", printed)
    assert "same graph: True" in printed
    products.main(12, 2, (3, 4))
    printed = capsys.readouterr().out
    assert printed.count("multiplicities are binomials: True") + printed.count("multiplicities as binomials: True") == 2
    assert printed.count("Match(yes") == 1
    million.main(3200)
    assert re.search(r"[1-9]\d* products with M and its transpose", capsys.readouterr().out)
    for by_augmentation in (False, True):
        assert ten_million.main(1600, by_augmentation=by_augmentation)
        stages = re.findall(r"^(\w+) +\d+\.\d +\d+\.\d +\d+\.\d\d +\d+\.\d\d", capsys.readouterr().out, re.MULTILINE)
        assert stages == ["draw", "build", "components", "spectrum", "train", "verify"]
    structure.main(d=5, n=30, side=3, patterns=2, k=3)
    assert (
        len(re.findall(r"eigenvalues differ by \d\.\de-1\d|eigenvalues differ by 0.0e\+00", capsys.readouterr().out))
        == 2
    )


def test_the_table_of_coverage_is_printed(capsys):
    interval_coverage.main(["--repetitions", "3", "--pairs", "200", "--only", "hypercube"])
    printed = capsys.readouterr().out
    assert len(printed.splitlines()) == 2 + sum("hypercube" in name for name in interval_coverage.make_cases())
    assert re.search(r"the least coverage is [01]\.\d+", printed)


def test_coverage_and_wrong_verdicts_are_counted():
    """An interval holds its own estimate and not one a little above it; a verdict is wrong about an f that is no F*."""
    case = interval_coverage.make_cases()["hypercube(3), random f"]
    sampled = case.verify(500, 0)
    assert interval_coverage.holds(sampled.loss, sampled.loss.value)
    assert not interval_coverage.holds(sampled.loss, sampled.loss.high + 1e-3)
    assert interval_coverage.holds(sampled.theta_interval, np.array([0.0, 2.0])).tolist() == [False, False]
    assert interval_coverage.holds(None, 0.0) == False  # noqa: E712
    row = interval_coverage.measure(case, 500, 5)
    assert set(interval_coverage.INTERVALS) <= set(row)
    assert case.truth["angle"] > interval_coverage.ATOL


def sides(graph, k):
    """Left, φ/λ_{k+1} + 2Δ, by popgraph's own probe and labellings."""
    after = 1 - graph.spectrum(k + 1).gamma[k]
    left = pg.probe(graph, graph.spectrum(k).eigenfunctions).loss
    return left, labelling.inconsistency(graph) / after + 2 * labelling.disagreement(graph)


def test_the_hunt_measures_what_it_says():
    """Its quotient is that of popgraph's probe, and the gain exceeds 1 on one side of it."""
    rng = np.random.default_rng(0)
    for _ in range(20):
        p, A, y = hunt.path(rng.standard_normal(9), 5)
        gain, ratio = hunt.gain(p, A, y, 2)
        left, right = sides(pg.build(p, A, labels=y, normalize=True), 2)
        assert ratio == pytest.approx(left / right, rel=1e-9)
        assert (gain > 1) == (ratio > 1)


def test_the_hunt_finds_a_graph_that_breaks_half_the_constants(capsys):
    hunt.main(4, 2, starts=6, seed=0)
    found = re.search(r"largest left/right is (.*), on\n(.*)", capsys.readouterr().out)
    graph = eval(found[2], {"popgraph": pg})
    left, right = sides(graph, 2)
    assert graph.is_exact
    assert left / right > 1.001
    assert float(found[1]) == pytest.approx(left / right, abs=1e-3)
    with pytest.raises(SystemExit, match="none of 0 starts"):
        hunt.main(4, 2, starts=0, seed=0)


def test_spectra_counts_what_is_false(capsys, monkeypatch):
    """Of the constructions that take no seconds; a certificate whose bounds are false makes it fail."""
    quick = {draw: spectra.DRAWS[draw] for draw in (spectra.of_tree, spectra.reversed_tree)}
    monkeypatch.setattr(spectra, "DRAWS", quick)
    assert spectra.main(4, 0, 0.0) == 0
    assert "0 of 4 say something false" in capsys.readouterr().out
    assert spectra.main(2, 0, 1.1) == 1  # too few came by the iterative solver
    capsys.readouterr()
    broken = lambda draw, seed: [  # noqa: E731
        replace(answer, spectrum=replace(answer.spectrum, gamma=answer.spectrum.gamma * 0.99))
        for answer in spectra_answers(draw, seed)
    ]
    spectra_answers = spectra.answers_to
    monkeypatch.setattr(spectra, "answers_to", broken)
    assert spectra.main(4, 0, 0.0) == 4
    assert "FALSE" in capsys.readouterr().out
