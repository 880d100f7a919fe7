"""The benchmark scripts at small sizes: their oracles are right, their verdicts can fail, and they run."""

import itertools
import os
import re
import time
from dataclasses import replace
from pathlib import Path

import enumeration
import hunt
import interval_coverage
import known_spectra
import million
import numpy as np
import oracles
import pairs
import peers
import products
import pytest
import scipy.sparse as sp
import spectra
import structure
import ten_million
import training
import ways

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
    "random clusters": known_spectra.random_clusters(200, 12, count=10, degree=5),
    "random clusters, shuffled": known_spectra.random_clusters(200, 12, count=10, degree=5, shuffled=True),
    "hidden hypercube": known_spectra.hidden_hypercube(5, 9),
    "chain": known_spectra.chain(40, 5),
    "tree": known_spectra.tree(60, 7),
    "heavy tails": known_spectra.heavy_tails(200, 300, 7),
    "permutations": known_spectra.permutations(4, 11),
    "hub": known_spectra.hub(50, 3),
    "mixture": known_spectra.mixture(12, 60, 5),
    "images": known_spectra.images(2, 5, side=4),
}
LEADING_ONLY = (
    "components",
    "random clusters",
    "random clusters, shuffled",
    "tree",
    "heavy tails",
)  # not all γ are listed


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
    if all(case is not SMALL[name] for name in LEADING_ONLY):
        np.testing.assert_allclose(exact[count:], 0, atol=1e-12)


def test_a_right_answer_is_called_right_and_a_wrong_one_wrong(case):
    gamma, V = ways.numpy_eigh(case.p, case.A, case.k, 0)
    assert peers.verdict(case, gamma, V) == "right"
    assert peers.verdict(case, None, V) == "right"
    assert peers.verdict(case, gamma, V @ np.diag([1.0] * (case.k - 1) + [0.0])).startswith("wrong: rank")
    assert peers.verdict(case, gamma, V[:, 1:]) == f"wrong: {case.k - 1} vectors"
    assert peers.verdict(case, gamma - 1e-9, V).startswith("wrong: γ off by 1e-09")
    below = np.linalg.svd(ways.factor(case.p, case.A).toarray())[2][-1]
    missed = np.column_stack([V[:, :-1], below])
    assert peers.verdict(case, None, missed).startswith("wrong")


def test_where_no_eigenvalue_is_known_a_search_finds_what_an_answer_missed(case):
    """A clean cut, and the answer without its second vector, are told apart by products alone."""
    unknown = replace(case, gamma=np.empty(0))
    gamma, V = np.linalg.eigh(oracle_gram(case))
    gamma, V = gamma[::-1], V[:, ::-1]
    assert peers.verdict(replace(unknown, k=1), gamma[:1], V[:, :1]) == "right" or gamma[1] > 1 - 1e-9
    missed = np.delete(V[:, : case.k + 1], 1, axis=1)
    if gamma[1] > gamma[case.k] + 1e-6:
        assert peers.verdict(unknown, None, missed).startswith("wrong: missed a γ")


def oracle_gram(case):
    """Ā of a small case as a dense array."""
    M = ways.factor(case.p, case.A).toarray()
    return M.T @ M


@pytest.mark.parametrize("dense", [True, False])
@pytest.mark.parametrize("shape", [(300, 350), (350, 300)])
def test_the_oracle_finds_what_numpy_finds(shape, dense, monkeypatch):
    """By a dense solve and by its search; the vectors are right singular vectors of M."""
    monkeypatch.setattr(oracles, "DENSE_SIDE", 1000 if dense else 10)
    rng = np.random.default_rng(0)
    M = sp.random_array(shape, density=0.02, rng=rng, format="csr") + 1e-3 * sp.eye_array(*shape, format="csr")
    M = sp.csr_array(M / np.linalg.norm(M.toarray(), 2))
    exact = np.linalg.svd(M.toarray(), compute_uv=False) ** 2
    gamma, V = oracles.by_search(M, 6)
    np.testing.assert_allclose(gamma, exact[:6], atol=1e-13)
    np.testing.assert_allclose(V.T @ V, np.eye(6), atol=1e-12)
    np.testing.assert_allclose(M.T @ (M @ V), V * gamma, atol=1e-12)
    assert oracles.largest_left(M, V) == pytest.approx(exact[6], abs=1e-6)
    assert oracles.largest_left(M, np.delete(V, 2, axis=1)) == pytest.approx(gamma[2], abs=1e-6)


def test_a_random_tree_is_one_and_all_of_them_are_as_likely():
    """Cayley: n^(n-2) trees, and every Prüfer word makes another one."""

    class Word:
        def __init__(self, word):
            self.word = word

        def integers(self, *_):
            return np.array(self.word)

    trees = {
        frozenset(map(frozenset, oracles.random_tree(5, Word(w)).tolist()))
        for w in itertools.product(range(5), repeat=3)
    }
    assert len(trees) == 125
    assert all(len({node for edge in tree for node in edge}) == 5 for tree in trees)


def test_a_training_that_falls_short_is_called_wrong():
    """The judge of spans measures the sine of the angle to the case's F*, and an invertible map changes nothing."""
    case = known_spectra.trained(3, 60, 3)
    assert peers.span_verdict(case, None, case.span @ np.diag([1.0, 2.0, 5.0])).startswith("right")
    tilted = case.span.copy()
    tilted[:, 2] += 1e-5 * np.linalg.svd(ways.factor(case.p, case.A).toarray())[2][4]
    assert peers.span_verdict(case, None, tilted) == "wrong: 1e-05 rad from F*"
    gamma, F = ways.popgraph_train(case.p, case.A, case.k, 0)
    assert gamma is None
    assert peers.span_verdict(case, None, F).startswith("right")


def test_every_row_has_its_reason_and_a_name():
    assert {peers.letters(row) for row in known_spectra.CASES} == set(peers.WHY)
    assert peers.rows_named(["b", "d2", "b1"]) == ["b1", "b2", "b3", "b4", "d2"]
    assert peers.rows_named([]) == list(known_spectra.CASES)
    with pytest.raises(SystemExit, match="no row is called x, y; --list"):
        peers.rows_named(["x", "a", "y"])


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="peak memory is read where Linux shows it")
def test_a_table_of_peers_is_printed_and_a_slow_wrong_or_absent_peer_is_no_winner(capsys, monkeypatch):
    """Each way runs in a process of its own; one that sleeps is stopped, and one that errs loses."""
    monkeypatch.setattr(peers, "LEAST_LIMIT", 2.0)
    monkeypatch.setattr(peers, "HOPELESS", 0.0)
    case = known_spectra.chain(30, 4)

    def sleeps(p, A, k, seed):
        if len(p) == 30:
            time.sleep(60)

    def errs(p, A, k, seed):
        gamma, V = ways.numpy_eigh(p, A, k, seed)
        return gamma - 1e-6, V

    def absent(p, A, k, seed):
        import no_such_library  # noqa: F401

    def breaks(p, A, k, seed):
        raise ValueError(f"no graphs of {len(p)} naturals")

    def dies(p, A, k, seed):
        if len(p) == 30:
            os._exit(1)

    table = {
        "popgraph": ways.popgraph,
        "sleeps": sleeps,
        "errs": errs,
        "absent": absent,
        "breaks": breaks,
        "dies": dies,
        "numpy": ways.numpy_eigh,
    }
    outcomes, counted = peers.measure(case, table, 2, seconds=30)
    line = peers.report("d3", case, outcomes, counted)
    printed = capsys.readouterr().out
    assert outcomes["popgraph"].is_right
    assert outcomes["numpy"].is_right
    assert [way for way, outcome in outcomes.items() if not outcome.is_right] == [
        "sleeps",
        "errs",
        "absent",
        "breaks",
        "dies",
    ]
    assert outcomes["sleeps"].failure == "more than 2.0 s"
    assert outcomes["errs"].answer.startswith("wrong: γ off by 1e-06")
    assert outcomes["absent"].failure == "not installed: no_such_library"
    assert outcomes["breaks"].failure == "ValueError: no graphs of 30 naturals"
    assert outcomes["dies"].failure.startswith("killed")
    assert "fastest right peer: numpy" in line
    assert re.search(r"why: .*shift-invert wins", printed)


def test_popgraph_is_right(case):
    assert peers.verdict(case, *ways.popgraph(case.p, case.A, case.k, 0)) == "right"


@pytest.mark.slow
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
    million.main(3200, train=True)
    printed = capsys.readouterr().out
    assert re.search(r"[1-9]\d* products with M and its transpose", printed)
    assert re.search(r"train .* times decomposing, peak \d", printed)
    assert "Match(yes" in printed
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


@pytest.mark.slow
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


def test_training_is_measured_beside_the_sparse_svd(capsys):
    training.main(["clean"], 1, n=500)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4
    assert [float(line.split("|")[-2]) < 1e-6 for line in lines[2:]] == [True, True]


def test_all_ways_to_the_spectrum_of_a_million_pairs_find_one(capsys):
    first, second = pairs.observations(2_000, 200, 6)
    found = {}
    for way, measure in pairs.WAYS.items():
        measure(first, second, 200)
        printed = capsys.readouterr().out
        found[way] = [line.strip() for line in printed.splitlines() if "largest" in line]
        assert way in ("svds", "eigsh") or "PairGraph(" in printed
    assert found["matrix"] == [*found["eigsh"], *found["svds"]]
