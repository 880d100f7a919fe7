"""Every statement of the theory holds on every graph, and every check can fail."""

import re
from collections import Counter
from dataclasses import replace
from html import unescape
from importlib import import_module
from types import SimpleNamespace

import numpy as np
import pytest
from cases import GRAPHS
from layers import first_by_default
from new_statements import BROKEN_BY, OF_EXAMPLE_1

import popgraph as pg
from popgraph import theory, zoo
from popgraph.basics.arrays import frozen_csr
from popgraph.errors import InvalidArgument
from popgraph.losses import IdealisedVICReg
from popgraph.populations import pair_graph
from popgraph.theory import Verdict
from popgraph.theory.checking import ALL
from popgraph.theory.setting import Setting


def random_graph(seed):
    """Up to 8 naturals and 10 views, with zeros, skew and probabilities over six orders of magnitude; labels and k."""
    rng = np.random.default_rng(seed)
    n, N = rng.integers(1, 9), rng.integers(1, 11)
    A = rng.random((n, N)) ** rng.choice([1, 6]) * (rng.random((n, N)) < rng.choice([0.3, 0.6, 1.0]))
    A[np.arange(n), rng.integers(0, N, n)] += 1e-3
    if rng.random() < 0.3:
        A *= 10.0 ** rng.integers(-6, 1, A.shape)
    p = rng.dirichlet(np.ones(n) * rng.choice([0.1, 1.0, 10.0])) + 1e-9
    graph = pg.build(p / p.sum(), A / A.sum(axis=1, keepdims=True), drop_unreachable=True)
    return graph, rng.integers(0, 3, n), int(rng.integers(1, min(graph.N, 5) + 1))


# Statements that random graphs seldom put to the test, or never -> a graph that does, with labels and k
PUT_TO_THE_TEST_BY = {
    "four cells have squared characters": (zoo.class_domain("0.6", "0.2", "0.15", "0.05"), None, 3),
    "a source-trained probe transfers iff class and domain beat product": (
        zoo.class_domain("0.6", "0.2", "0.15", "0.05"),
        None,
        3,
    ),
    "Theorem 3.7": (zoo.hypercube(4, "1/5"), np.random.default_rng(3).integers(0, 2, 16), 12),
    "Theorem 4.2": (zoo.hypercube(4, "1/5"), np.random.default_rng(3).integers(0, 2, 16), 12),
    "two encoders never do worse than one": (pair_graph(("a", "b", "c"), (np.ones((3, 3)) - np.eye(3)) / 6), None, 2),
} | {name: (zoo.scaled_hypercube(3, 1), None, 2) for name in sorted(OF_EXAMPLE_1)}


@pytest.mark.parametrize("block", first_by_default(*range(10)))
def test_everything_holds_on_a_thousand_random_graphs(block):
    seen = Counter()
    for seed in range(100 * block, 100 * (block + 1)):
        graph, labels, k = random_graph(seed)
        checks = theory.check(graph, labels, k)
        assert checks, (seed, checks.failed)
        seen.update(check.name for check in checks if check.verdict in (Verdict.HOLDS, Verdict.RATIO))
        for check in checks:
            assert check.verdict is not Verdict.NOT_APPLICABLE or check.unmet in check.assumptions, check.name
    never = {name for name in ALL if not seen[name]}
    # Some statements are put to the test by one random graph in hundreds, of which the first block has some
    assert block > 0 or never <= set(PUT_TO_THE_TEST_BY), (
        "trivial, vacuous or not applicable on a hundred random graphs"
    )


@pytest.mark.parametrize("name", PUT_TO_THE_TEST_BY)
def test_every_other_statement_is_put_to_the_test_somewhere(name):
    graph, labels, k = PUT_TO_THE_TEST_BY[name]
    check = theory.check(graph, labels, k, only=name)[0]
    assert check.verdict in (Verdict.HOLDS, Verdict.RATIO), check
    assert check.left != 0


@pytest.mark.parametrize("name", ALL)
def test_a_statement_says_where_it_is_proved_what_it_assumes_and_why_it_is_true(name):
    statement = ALL[name]
    assert re.fullmatch(r"\d+(\.\d+)?", statement.section)
    assert statement.why
    assert not statement.why.endswith(".")
    assert len(set(statement.assumptions)) == len(statement.assumptions)
    assert statement.relation == "<=" or not statement.nonnegative or statement.relation == "<~"


def test_a_size_that_is_too_large_is_an_assumption_that_is_not_met():
    ring, wide = zoo.ring(301), pg.build(["a"], [np.full(1500, 1 / 1500)])
    for graph in (ring, wide, pg.build(["a"], [np.full(1500, 1 / 1500)], second=[np.full(2, 0.5)])):
        for check in theory.check(graph, k=1):
            assert check.verdict is not Verdict.NOT_APPLICABLE or check.unmet in check.assumptions, check


@pytest.mark.parametrize("name", first_by_default(*GRAPHS, default=12))
def test_everything_holds_on_every_shared_graph(name):
    graph = GRAPHS[name]
    labels = None if graph.labels is not None else np.arange(graph.n) % 2
    for k in {None, 1, min(3, graph.N), graph.N if graph.N <= 40 else 2}:
        checks = theory.check(graph, labels, k)
        assert checks, checks.failed


BASES = {
    "cube": (zoo.hypercube(3, "1/5"), 4),
    "square": (zoo.hypercube(2, "1/5"), 4),
    "few naturals": (
        pg.build(["a", "b"], {"a": {1: "1/2", 2: "1/4", 3: "1/4"}, "b": {3: "1/2", 4: "1/2"}}, labels=["a", "b"]),
        1,
    ),
    "cells": (zoo.class_domain("0.6", "0.2", "0.15", "0.05"), 3),
}


class NegativeScale:
    """A generator that draws s(x) < 0, against which Lemma 3.1 says nothing."""

    def __init__(self):
        self.real = np.random.default_rng(0)

    def standard_normal(self, *shape):
        return self.real.standard_normal(*shape)

    def uniform(self, low, high, shape):
        return -self.real.uniform(low, high, shape) if np.ndim(shape) else self.real.uniform(low, high, shape)


def broken(how, base="cube"):
    """A setting in which one thing is wrong."""
    graph, k = BASES[base]
    N, rng, spectrum = graph.N, np.random.default_rng(0), graph.spectrum(min(BASES[base][1] + 1, graph.N))
    cached = {}
    match how:
        case "w_x":
            graph = replace(graph, w_x=graph.w_x * rng.uniform(0.8, 1.2, N))
        case "factor":
            graph = replace(graph, factor=frozen_csr(graph.factor * 1.1))
        case "small factor":
            graph = replace(graph, factor=frozen_csr(graph.factor * 0.8))
        case "kernel":
            graph = replace(graph, population=replace(graph.population, kernel=frozen_csr(graph.kernel * 1.05)))
        case "gamma up":
            spectrum = replace(spectrum, gamma=spectrum.gamma * 1.1, gamma_known=spectrum.gamma_known * 1.1)
        case "gamma down":
            spectrum = replace(spectrum, gamma=spectrum.gamma * 0.9, gamma_known=spectrum.gamma_known * 0.9)
        case "vectors":
            spectrum = replace(spectrum, eigenvectors=np.linalg.qr(rng.standard_normal((N, spectrum.k)))[0])
        case "top":
            rolled = np.roll(spectrum.eigenvectors, -1, axis=1)
            spectrum = replace(spectrum, eigenvectors=rolled, gamma=np.roll(spectrum.gamma, -1))
        case "w":
            cached["w"] = frozen_csr(graph.w * rng.uniform(0.5, 1.5, (N, N)))
        case "negative w":
            cached["w"] = frozen_csr(graph.w - 2 * graph.w.max() * np.eye(N))
        case "whole":
            whole = graph.spectrum(N)
            turned = np.linalg.qr(rng.standard_normal((N, N)))[0]
            cached["all_eigenpairs"] = replace(whole, gamma=whole.gamma * 0.9, eigenvectors=turned)
        case "rank":
            cached["all_eigenpairs"] = replace(graph.spectrum(N), gamma=np.ones(N))
        case "large cut":
            cached["inconsistency"] = 9.0
        case "small cut":
            cached["inconsistency"] = -1.0
        case "alpha":
            cached |= {"inconsistency": 0.0, "disagreement": -1.0, "alpha": -1.0}
        case "mass":
            cached["class_mass"] = rng.random((N, 2))
        case "gap":
            cached["next_bound"] = -9.0
    setting = Setting(graph, graph.labels, k, spectrum, None)
    setting.__dict__.update(cached)
    return setting


BREAKS = {
    "a decay shrinks every eigenvalue": "gamma up",
    "the optimum below a linear head": "gamma down",
    "the optimum below a head is critical": "gamma up",
    "a head switches a mode by a jump": "gamma up",
    "non-negative features of rank 2 cost nothing": "gamma down",
    "the kernel itself is non-negative and optimal": "whole",
    "weights sum to 1": "kernel",
    "w is symmetric": "w",
    "w is nonnegative": "negative w",
    "row sums are the views' probabilities": "w_x",
    "a view's probability is its mean under A": "w_x",
    "Ā is MᵀM": "factor",
    "the spectrum is at least 0": "negative w",
    "the spectrum is at most 1": "gamma up",
    "the top eigenvector is √w_x": "w_x",
    "components count the ones": "whole",
    "the eigenpairs are eigenpairs": "gamma down",
    "no larger eigenvalue is left out": "top",
    "rank Ā is at most min(n, N)": ("rank", "few naturals"),
    "naturals and views share their spectrum": "whole",
    "the walk keeps w_x": "w",
    "eigenfunctions of the walk": "gamma up",
    "eigenfunctions are orthonormal": "w_x",
    "eigenvalues of a product are products": "w",
    "Lemma 3.2": "factor",
    "the minimum is reached": "gamma down",
    "nothing is below the minimum": "gamma down",
    "minimisers are stationary": "gamma up",
    "the minimiser holds γ": "w_x",
    "other critical points are strict saddles": "whole",
    "the excess loss bounds the angle": "gamma down",
    "the batch loss is unbiased": "kernel",
    "φ is at most twice Δ": "large cut",
    "Bayes' labeller attains α": "mass",
    "least squares against ŷ": "small cut",
    "that head errs seldom against ŷ": "small cut",
    "probe error, explicit constants": "small cut",
    "probe error by α": "alpha",
    "exact least squares against y": "mass",
    "least squares against y, bounded": "vectors",
    "least squares against y, by φ and Δ": "small cut",
    "least squares against y, for Bayes' ŷ": "small cut",
    "the positive-pair kernel": "w",
    "smoothness of a function": "gamma up",
    "F* is smoothest": "gamma down",
    "approximation of smooth targets": "gap",
    "the worst smooth target": "gamma up",
    "InfoNCE's minimum over critics": "w",
    "no critic is below it": "w",
    "m negatives have the same critic": "w_x",
    "NT-logistic's critic": "negative w",
    "NT-logistic's minimum": "negative w",
    "spectral optimum at full rank": ("gamma up", "square"),
    "idealised VICReg's optimum": "vectors",
    "Laplacian eigenmaps": "whole",
    "the centred loss's optimum": "whole",
    "the ordered loss's optimum": "gamma up",
    "order matters to it": "vectors",
    "Ritz values interlace": "gamma down",
    "a class that holds F* loses nothing": "gamma down",
    "soft propagation filters the spectrum": "whole",
    "four cells have squared characters": ("whole", "cells"),
    "the lazy walk halves the way to 1": "whole",
    "a transition matrix is no augmentation": "whole",
    "discounted successors": "whole",
}
# Statements about two encoders -> what of `Encoders` is made wrong, and how
DISTORTED = {
    "pairs of two encoders sum to 1": ("C", lambda C: 1.1 * C),
    "its two marginals": ("C", lambda C: np.roll(C, 1, axis=0) * [1.1, *[1.0] * (len(C) - 1)]),
    "the top singular pair is (√w_x, √w_z)": ("S", lambda S: 1.1 * S),
    "components count the singular ones": ("all_sigma", lambda sigma: 0.9 * sigma),
    "the singular triples are the leading ones": ("all_sigma", lambda sigma: 0.9 * sigma),
    "the loss of two encoders factorises S": ("S", lambda S: 1.1 * S),
    "two encoders reach their minimum": ("all_sigma", lambda sigma: 0.9 * sigma),
    "no two encoders are below it": ("all_sigma", lambda sigma: 0.9 * sigma),
    "a map of f and the inverse map of g cancel": ("loss", lambda _: lambda f, g: float(f.sum())),
    "minimisers of two encoders are stationary": ("S", lambda S: 1.1 * S),
    "the excess loss bounds both angles": ("all_sigma", lambda sigma: 0.9 * sigma),
    "each side is a graph of its own": ("all_sigma", lambda sigma: 0.9 * sigma),
    "InfoNCE's minimum over critics of two encoders": ("C", lambda C: 1.1 * C),
    "of one kind of view σ is |γ|": ("all_sigma", lambda sigma: 0.9 * sigma),
    "two encoders never do worse than one": ("loss", lambda _: lambda f, g: 99.0),
}
# Statements about labels in the graph -> a graph that is none of these labels
MISLABELLED = {
    "labels join views of one class": lambda graph: replace(
        graph, pair_population=replace(graph.pair_population, kernel=frozen_csr(graph.pair_population.kernel * 1.1))
    ),
    "labels leave naturals and kernel": lambda graph: replace(
        graph, population=replace(graph.population, kernel=frozen_csr(graph.kernel * 1.1))
    ),
    "classes weighted by probability keep w_x": lambda graph: replace(graph, w_x=graph.w_x * 1.1),
    "labels keep a share of each eigenvalue": lambda graph: with_gamma(np.zeros(graph.N)),
    "r classes lift r eigenvalues": lambda graph: with_gamma(np.ones(graph.N)),
    "supervised pairs have a rank of at most r": lambda graph: with_gamma(np.ones(graph.N)),
}


def with_gamma(gamma):
    return SimpleNamespace(spectrum=lambda k: SimpleNamespace(gamma=gamma))


def run(name, setting):
    setting.rng = np.random.default_rng(sum(map(ord, name)))
    with np.errstate(invalid="ignore", divide="ignore"):
        return ALL[name](setting)


@pytest.mark.parametrize("name", BREAKS)
def test_a_check_can_fail(name):
    how, base = BREAKS[name] if isinstance(BREAKS[name], tuple) else (BREAKS[name], "cube")
    assert run(name, broken("nothing", base)).is_true
    check = run(name, broken(how, base))
    assert check.verdict is Verdict.FAILS, check
    assert check.slack is not None
    assert not check.slack >= -check.tolerance


def patched(monkeypatch, name):
    """Break what no setting can: a loss, a minimum, a comparison or a generator."""
    setting = broken("nothing")
    room = ALL[name].sides.__module__
    if name in DISTORTED:
        attribute, change = DISTORTED[name]
        encoders = import_module(room).encoders_of(setting)
        encoders.__dict__[attribute] = change(getattr(encoders, attribute))
        monkeypatch.setattr(f"{room}.encoders_of", lambda _: encoders)
    if name in MISLABELLED:
        labelled = import_module(room)._labelled
        monkeypatch.setattr(f"{room}._labelled", lambda *a, **options: MISLABELLED[name](labelled(*a, **options)))
    match name:
        case "the gradient":
            monkeypatch.setattr(f"{room}._scaled_gradient", lambda s, f: 0.0 * f)
        case "no critic of two encoders is below it":
            monkeypatch.setattr(f"{room}._infonce", lambda *_: -99.0)
        case "Lemma 3.1":
            setting.rng = NegativeScale()
            return ALL[name](setting)
        case "idealised VICReg at λ = 1":
            monkeypatch.setattr(f"{room}.idealised_vicreg", IdealisedVICReg(weight=2.0))
        case "idealised VICReg's minimum" | "the centred loss's minimum":
            monkeypatch.setattr(f"{room}.minimum_of", lambda *_: 99.0)
        case "the minimum over a class":
            ritz = setting.graph.spectrum(2, features=np.eye(8)[:, :3])
            monkeypatch.setattr(f"{room}._ritz", lambda _: replace(ritz, gamma=ritz.gamma * 0.9))
        case "ρ grows with m":
            monkeypatch.setattr(f"{room}._exact", lambda s, m: pg.sparsest_partition(s.graph, s.N + 1 - m))
        case "ρ counts the components":
            monkeypatch.setattr(f"{room}._exact", lambda s, m: pg.sparsest_partition(s.graph, 1))
        case "ρ_N":
            monkeypatch.setattr(f"{room}.sparsest_partition", lambda graph, m: pg.sparsest_partition(graph, 2))
        case "Cheeger from below" | "Cheeger of higher order":
            monkeypatch.setattr(f"{room}._exact", lambda s, m: pg.sparsest_partition(s.graph, 1))
        case "Cheeger from above":
            monkeypatch.setattr(f"{room}._lambda", lambda s, m: 0.01)
        case "the student is the minimiser":
            monkeypatch.setattr(f"{room}.self_train", lambda *_: SimpleNamespace(objective=0.99))
        case "the student's objective is its parts":
            monkeypatch.setattr(f"{room}._objective", lambda *_: -1.0)
        case "hard iteration never parts more pairs":
            monkeypatch.setattr(f"{room}.iterate", lambda *_, **__: SimpleNamespace(inconsistency=np.array([0.1, 0.2])))
        case "a source-trained probe transfers iff class and domain beat product":
            setting = broken("nothing", "cells")
            whole = setting.all_eigenpairs  # with the constant last, so that F* holds class, domain and product
            setting.__dict__["all_eigenpairs"] = replace(whole, eigenvectors=np.roll(whole.eigenvectors, -1, axis=1))
        case "Weyl" | "Davis and Kahan":
            far = pg.compare(zoo.hypercube(3, "1/5"), zoo.hypercube(3, "2/5"), k=1)
            far = replace(far, norm=-1e-6, angles=np.array([1.0]))
            monkeypatch.setattr(f"{room}._sampled", lambda _: far)
    return run(name, setting)


RATIOS = [name for name in ALL if ALL[name].relation == "<~"]


def test_hidden_constants_give_a_ratio_and_no_verdict():
    """Of the 3-cube at k = 4 = 2r both sides are known: ρ_2 is that of two opposite faces, 2q(1 - q)."""
    checks = theory.check(zoo.hypercube(3, "1/5"), k=4)
    rho = 2 * 0.2 * 0.8
    theorem, louis = checks["Theorem 3.7"], checks["Louis and Makarychev"]
    assert louis.verdict is Verdict.RATIO
    assert theorem.verdict is Verdict.TRIVIAL  # no error, whatever the constant is
    assert theorem.reason == "the left side is 0, the least that it can be"
    assert theorem.right == pytest.approx(0.2 / rho**2)
    assert louis.left == pytest.approx(rho**2 / np.log(4))
    assert louis.right == pytest.approx(1 - 0.6**4)
    assert theorem.slack is None
    assert "(ratio " in str(louis)
    assert "the theorem needs k >= 2r = 4; k = 3" in theory.check(zoo.hypercube(3), k=3)["Theorem 3.7"].reason
    apart = zoo.clusters(count=3, naturals=4, views=4, degree=3, cross=0)
    assert "⌊k/2⌋ = 3 is at most the number of components, 3" in theory.check(apart, k=6)["Theorem 3.7"].reason
    assert sorted(RATIOS) == ["Louis and Makarychev", "Theorem 3.7", "Theorem 4.1", "Theorem 4.2"]


SEARCHED = [
    *(
        "ρ grows with m",
        "ρ counts the components",
        "Cheeger from below",
        "Cheeger from above",
        "Cheeger of higher order",
    ),
    *("Louis and Makarychev", "Theorem 3.7", "Theorem 4.2"),
]


def sixteen_views(components=1):
    rng = np.random.default_rng(0)
    A = np.zeros((16, 16))
    for part in np.array_split(np.arange(16), components):
        A[np.ix_(part, part)] = rng.dirichlet(np.ones(len(part)), len(part))
    return pg.build(np.ones(16) / 16, A, labels=np.arange(16) % 2)


def test_a_long_search_is_made_on_request_and_its_absence_is_said():
    graph = sixteen_views()
    quick, whole = theory.check(graph, k=12), theory.check(graph, k=12, rho=True)
    skipped = [check.name for check in quick if check.verdict is Verdict.SKIPPED]
    assert skipped == [
        "ρ grows with m",
        "Cheeger of higher order",
        "Louis and Makarychev",
        "Theorem 3.7",
        "Theorem 4.2",
    ]
    assert [check.name for check in quick] == [check.name for check in whole] == list(theory.statements())
    for with_search, without in zip(whole, quick, strict=True):
        assert with_search.verdict is not Verdict.SKIPPED
        if without.name in skipped:
            assert re.fullmatch(
                r"ρ_[56] of 16 views takes a search of \d{3},\d{3},\d{3} steps, made on request: theory.check\(..., rho=True\)",
                without.reason,
            )
            assert without.left is without.right is without.slack is without.tolerance is None
        else:
            assert with_search == without
    assert quick
    assert "5 skipped" in repr(quick)
    assert "skipped         ρ grows with m" in str(quick)


@pytest.mark.parametrize("components", [1, 2, 4, 16])
def test_what_needs_no_search_is_checked_unasked(components):
    """ρ_m for m up to the number of components is 0, ρ_N is known, and ρ_2 is the least of one table."""
    graph = sixteen_views(components)
    checks, whole = theory.check(graph, k=4), theory.check(graph, k=4, rho=True)
    for name in ("Cheeger from below", "Cheeger from above", "ρ_N"):
        assert checks[name] == whole[name]
        assert checks[name].is_true
    assert (checks["ρ counts the components"].verdict is Verdict.SKIPPED) == (components in (2, 4))
    assert whole["ρ counts the components"].verdict is not Verdict.SKIPPED


@pytest.mark.parametrize("name", first_by_default(*SEARCHED, default=2))
def test_a_statement_that_is_named_is_searched_for(name):
    graph = sixteen_views()
    assert theory.check(graph, k=12, only=name)[0] == theory.check(graph, k=12, rho=True)[name]


def test_few_views_are_searched_unasked():
    rng = np.random.default_rng(1)
    graph = pg.build(np.ones(12) / 12, rng.dirichlet(np.ones(12), 12), labels=np.arange(12) % 2)
    assert theory.check(graph, k=12).items == theory.check(graph, k=12, rho=True).items


def test_an_imperfect_f_has_its_ratio_too():
    """The label of the 4-cube's first bit: α = q, ρ_5 is that of the search, γ_7 - γ_10 = (1-2q)^4 - (1-2q)^4 = 0 there."""
    cube = zoo.hypercube(4, "1/5")
    assert "γ_7 = γ_10: the bound is infinite" in theory.check(cube, k=10, only="Theorem 4.2")[0].reason
    found = theory.check(cube, k=12, only="Theorem 4.2")[0]
    rho = pg.sparsest_partition(cube, 6).rho
    excess = float(found.reason.rpartition("ε = ")[2])
    assert 0 < excess < 0.6**12 / 2
    expected = 0.2 / rho**2 * np.log(12) + 12 * excess / (0.6**4 - 0.6**6) ** 2
    assert found.right == pytest.approx(expected, rel=1e-3)
    assert found.verdict is Verdict.TRIVIAL  # no error of this label
    assert "needs k >= 4r + 2 = 10; k = 4" in theory.check(cube, k=4, only="Theorem 4.2")[0].reason


def test_four_cells_transfer_where_class_and_domain_beat_the_product():
    for level in ("kernel", "edge"):
        for moves, beats in [(("0.6", "0.2", "0.15", "0.05"), True), (("0.6", "0.05", "0.15", "0.2"), False)]:
            found = theory.check(zoo.class_domain(*moves, level=level), k=3)
            check = found["a source-trained probe transfers iff class and domain beat product"]
            assert (check.left, check.right, check.verdict) == (beats, beats, Verdict.HOLDS)
    assert found["four cells have squared characters"].reason == "the naturals are not the four cells (class, domain)"
    kernel = theory.check(zoo.class_domain("0.6", "0.2", "0.1", "0.1"), k=3)
    assert "γ_3 = γ_4" in kernel["a source-trained probe transfers iff class and domain beat product"].reason


@pytest.mark.parametrize("name", [name for name in ALL if name not in (*BREAKS, *RATIOS, *BROKEN_BY)])
def test_a_check_can_fail_where_only_a_wrong_library_would_break_it(name, monkeypatch):
    intact = run(name, broken("nothing"))
    assert intact.is_true or intact.verdict is Verdict.NOT_APPLICABLE
    check = patched(monkeypatch, name)
    assert check.verdict is Verdict.FAILS, check


def test_what_does_not_apply_says_why():
    cube, apart = zoo.hypercube(3), zoo.clusters(count=3, naturals=8, views=6, degree=3, cross=0)
    assert (
        theory.check(pg.build(["a", "b"], pg.identity()), k=1)["probe error by α"].reason
        == "there are no labels; pass labels="
    )
    assert "λ_3 = 0: the graph has 3 components, k = 2" in theory.check(apart, k=2)["probe error by α"].reason
    assert "γ_2 = γ_3: the cut is degenerate" in theory.check(cube, k=2)["the excess loss bounds the angle"].reason
    big = zoo.clusters(count=2, naturals=200, views=200)
    assert "is computed up to 300 views; this graph has 400" in theory.check(big)["the positive-pair kernel"].reason
    assert theory.check(big)


def test_bad_arguments_are_refused():
    cube = zoo.hypercube(3)
    for call, message in [
        (lambda: theory.check("graph"), r"theory.check\(graph\) takes a PopulationGraph first; got 'graph'"),
        (lambda: theory.check(pg.product([zoo.hypercube(1)] * 2)), r"theory.check\(graph\) .* use its .expand\(\)"),
        (lambda: theory.check(cube, k=9), "k is 9; it must be a whole number from 1 to the number of views, 8"),
        (lambda: theory.check(cube, [0, 1]), "labels has shape"),
        (
            lambda: theory.check(cube, only="Theorem 9"),
            "only names 'Theorem 9', which is not a statement; popgraph.theory.statements",
        ),
        (lambda: theory.check(cube, view_labels=[0, 1]), "8 views need one label each"),
        (lambda: theory.check(cube, view_labels=[-1] * 8), "view_labels contains -1; 8 views need a class number each"),
        (lambda: theory.check(cube, k=4, spectrum=cube.spectrum(2)), "it must be a Spectrum of 4 eigenpairs or more"),
        (lambda: theory.check(cube, rho="all"), "rho is 'all'; it must be True or False"),
        (lambda: theory.check(cube)["no such"], "'no such' names none of these checks"),
    ]:
        with pytest.raises(InvalidArgument, match=message):
            call()


def test_a_wrong_spectrum_is_found_out():
    cube = zoo.hypercube(3)
    wrong = replace(cube.spectrum(5), eigenvectors=np.roll(cube.spectrum(5).eigenvectors, -1, axis=1))
    checks = theory.check(cube, k=4, spectrum=wrong)
    assert not checks
    assert "the eigenpairs are eigenpairs" in [check.name for check in checks.failed]


def test_a_labeller_of_ones_own_is_judged():
    cube = zoo.hypercube(3)
    good, bad = theory.check(cube, k=4), theory.check(cube, k=4, view_labels=np.zeros(8, dtype=int))
    assert good
    assert bad["Bayes' labeller attains α"].verdict is Verdict.FAILS
    assert bad["probe error, explicit constants"].is_true  # the bound holds for every labeller


def test_the_table_prints_in_every_form():
    checks = theory.check(zoo.lightning_cloud(), k=2)
    assert repr(checks).startswith("Checks(lightning/cloud, k=2: ")
    text = str(checks)
    assert "holds           weights sum to 1" in text
    assert "not applicable" in text
    html = unescape(checks._repr_html_())
    assert html.count("<tr>") == len(checks) + len(checks.by_paper())
    assert r"$\sum_{x,x'} w_{xx'} = 1$" in html
    rows = checks.to_dicts()
    assert [row["name"] for row in rows] == list(theory.statements())
    assert rows[0] == {
        "name": "weights sum to 1",
        "statement": "Σ w_xx' = 1",
        "latex": r"\sum_{x,x'} w_{xx'} = 1",
        "source": "THEORY 2.1",
        "relation": "=",
        "left": 1.0,
        "right": 1.0,
        "slack": 0.0,
        "ratio": 1.0,
        "tolerance": 1e-8,
        "verdict": "holds",
        "reason": "",
        "section": "2.1",
        "assumptions": ["at most 2,000,000 positive pairs"],
        "why": ALL["weights sum to 1"].why,
        "unmet": "",
        "url": "https://github.com/popgraph/popgraph/blob/main/docs/theory.md#section-2-1",
    }


def test_an_answer_does_not_depend_on_what_else_is_asked():
    cube = zoo.hypercube(3)
    assert theory.check(cube, k=4)["Lemma 3.2"] == theory.check(cube, k=4, only="Lemma 3.2")[0]
