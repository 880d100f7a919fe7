"""The strategies: what is asked for is there, by an oracle of numpy's own; all that is drawn is valid; and failures shrink."""

import subprocess
import sys
from collections import Counter

import numpy as np
import pytest
from cases import dense_adjacency
from hypothesis import HealthCheck, find, given, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample
from layers import examples
from scipy.sparse.csgraph import connected_components

import popgraph
import popgraph as pg
from popgraph.errors import InvalidArgument, TooLarge
from popgraph.testing import (
    as_python,
    assert_matches,
    augmentations,
    distributions,
    embeddings,
    graphs,
    labellings,
)
from popgraph.verification.match import Status

CALM = settings(max_examples=examples(60))


def gammas(graph):
    return np.linalg.eigvalsh(dense_adjacency(graph))[::-1]


def runs(gamma):
    """Sizes of the runs of equal eigenvalues, with their value."""
    groups = np.split(gamma, np.flatnonzero(-np.diff(gamma) > 1e-9) + 1)
    return [(float(group.mean()), len(group)) for group in groups]


# Graphs


@pytest.mark.parametrize("components", [1, 2, 3, 6])
@pytest.mark.parametrize("exact", [True, False, None])
def test_a_graph_has_the_components_and_views_that_were_asked_for(components, exact):
    seen = set()

    @settings(max_examples=100)  # of which the ends of the range are drawn by every version of hypothesis
    @given(graphs(3, 9, components=components, exact=exact))
    def check(graph):
        assert connected_components(graph.factor.T @ graph.factor)[0] == components
        assert max(3, components) <= graph.N <= 9
        assert exact is None or graph.is_exact == exact
        seen.add((graph.N, graph.is_exact))

    check()
    assert {9, max(3, components)} <= {N for N, _ in seen}
    assert {flag for _, flag in seen} == ({True, False} if exact is None else {exact})


@pytest.mark.parametrize("k", [1, 2, 4, 7])
@pytest.mark.parametrize("components", [None, 1, 2])
def test_a_clean_cut_is_one(k, components):
    if k < (components or 1):
        with pytest.raises(InvalidArgument, match="clean_cut is 1; γ_1 = γ_2 = 1 with 2 components"):
            graphs(clean_cut=k, components=components)
        return

    @CALM
    @given(graphs(max_views=8, clean_cut=k, components=components))
    def check(graph):
        gamma = np.append(gammas(graph), 0.0)
        assert gamma[k - 1] - gamma[k] > 0.99e-6
        assert k in graph.spectrum(graph.N).clean_cuts

    check()


@pytest.mark.parametrize("multiplicity", [2, 3, 4])
@pytest.mark.parametrize("components", [None, 1, 2, 4])
def test_an_eigenvalue_is_repeated_exactly_so_often(multiplicity, components):
    values = set()

    @CALM
    @given(graphs(max_views=10, multiplicity=multiplicity, components=components))
    def check(graph):
        found = [value for value, times in runs(gammas(graph)) if times == multiplicity and 1e-9 < value < 1 - 1e-9]
        assert found
        values.add(round(found[0], 3))

    check()
    assert len(values) > 2


def test_all_at_once():
    @CALM
    @given(graphs(6, 10, components=2, multiplicity=2, clean_cut=3, exact=True))
    def check(graph):
        gamma = gammas(graph)
        assert graph.is_exact
        assert graph.component_count == 2
        assert gamma[2] - gamma[3] > 0.99e-6
        assert 2 in [times for value, times in runs(gamma) if 1e-9 < value < 1 - 1e-9]

    check()


@CALM
@given(graphs(classes=2))
def test_classes_label_the_naturals_and_the_text_declares_the_graph(graph):
    assert set(np.unique(graph.labels)) <= {0, 1}
    again = eval(as_python(graph), {"popgraph": popgraph})
    assert again.naturals == graph.naturals
    assert list(again.views) == list(graph.views)
    assert list(again.labels) == list(graph.labels)
    assert again.is_exact == graph.is_exact
    if graph.is_exact:
        assert again.population.distribution.fractions == graph.population.distribution.fractions
        assert np.array_equal(again.exact().w, graph.exact().w)
    else:
        np.testing.assert_allclose(again.w, graph.w, rtol=1e-15, atol=0)


@pytest.mark.slow
def test_a_graph_shrinks_to_a_handful_of_views():
    def shrunk(condition, strategy):
        return find(strategy, condition, settings=settings(max_examples=2000, database=None))

    assert as_python(shrunk(lambda graph: True, graphs())) == "popgraph.build({'a': 1}, {'a': {1: 1}})"
    two = shrunk(lambda graph: graph.component_count == 2, graphs())
    assert as_python(two) == "popgraph.build({'a': '1/2', 'b': '1/2'}, {'a': {1: 1}, 'b': {2: 1}})"
    low = shrunk(lambda graph: graph.component_count == 1 and graph.spectrum(graph.N).rank == 3, graphs())
    assert low.N == low.n == 3


@pytest.mark.slow
def test_a_failing_test_prints_the_graph_as_python(tmp_path):
    # What counts here is the printed graph; how fast a loaded machine draws its first examples is no matter of this test.
    (tmp_path / "fails.py").write_text(
        "from hypothesis import HealthCheck, given, settings\nfrom popgraph.testing import graphs\n\n"
        "@settings(database=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])\n"
        "@given(graphs())\ndef check(graph):\n    assert graph.N < 3\n\ncheck()\n",
        encoding="utf-8",
    )
    done = subprocess.run([sys.executable, "fails.py"], cwd=tmp_path, capture_output=True, encoding="utf-8")
    assert "graph=PopulationGraph(" in done.stderr
    assert "Distribution(outcomes" not in done.stderr  # a repr, and no list of the fields
    noted = [line for line in done.stderr.splitlines() if "graph = popgraph.build(" in line]
    assert noted
    assert eval(noted[-1].split(" = ", 1)[1], {"popgraph": popgraph}).N == 3


@pytest.mark.parametrize(
    ("least", "asked"),
    [
        (0.7, {"components": 2}),
        (0.7, {"clean_cut": 4}),
        (0.7, {"multiplicity": 3}),
        (0.3, {"components": 2, "multiplicity": 3, "clean_cut": 4}),
    ],
)
def test_no_draw_is_mostly_filtered_away(least, asked):
    """Structure is built, not waited for: hypothesis' own health check is left on, and most draws are kept."""
    outcome = Counter()

    @settings(max_examples=100)
    @given(st.data())
    def check(data):
        outcome["tried"] += 1
        data.draw(graphs(max_views=10, **asked))
        outcome["kept"] += 1

    check()
    assert outcome["kept"] > least * outcome["tried"]


# Distributions, augmentations, labels


@CALM
@given(st.data())
def test_distributions_and_augmentations_build(data):
    law = data.draw(distributions())
    aug = data.draw(augmentations(law, list("uvw")))
    graph = pg.build(law, aug)
    assert set(graph.views) <= set("uvw")
    np.testing.assert_allclose(graph.kernel.sum(axis=1), 1, rtol=1e-12)
    assert 1 <= graph.n <= 5
    onto = pg.build(law, data.draw(augmentations(law, law)).repeat(2))
    assert set(onto.views) <= set(law)


@given(st.data())
def test_exactness_is_as_asked(data):
    for exact in (True, False):
        law = data.draw(distributions("abc", exact=exact))
        assert law.exact == exact
        assert list(law) == ["a", "b", "c"]
        assert data.draw(augmentations("a", exact=exact))("a").exact == exact


def test_distributions_shrink_to_one_and_to_equal_weights():
    calm = settings(max_examples=examples(500), database=None)
    assert find(distributions(), lambda law: True, settings=calm) == pg.Distribution({"a": 1})
    assert find(distributions(), lambda law: len(law) == 3, settings=calm) == pg.Distribution.uniform("abc")


@given(st.data())
def test_labellings_are_labels(data):
    graph = pg.zoo.hypercube(3)
    labels = data.draw(labellings(graph, classes=3))
    assert labels.shape == (8,)
    assert set(labels.tolist()) <= {0, 1, 2}


# Embeddings

EMBEDDED = {
    "lightning/cloud": pg.zoo.lightning_cloud(),
    "3-cube": pg.zoo.hypercube(3),
    "ring": pg.zoo.ring(6),
    "dumbbell": pg.zoo.dumbbell(4),
}


def span_is_leading(graph, f):
    """By the definition: S holds every eigenvector above γ_k and lies in those not below it, and has dimension k."""
    F = np.asarray(f) * np.sqrt(graph.w_x)[:, None]
    gamma, V = np.linalg.eigh(dense_adjacency(graph))
    gamma, V, k = gamma[::-1], V[:, ::-1], F.shape[1]
    U, s, _ = np.linalg.svd(F, full_matrices=False)
    if s[-1] <= 1e-10 * s[0]:
        return False
    P = U @ U.T
    high, low = V[:, gamma > gamma[k - 1] + 1e-9], V[:, gamma < gamma[k - 1] - 1e-9]
    return np.linalg.norm(P @ high - high) < 1e-7 and np.linalg.norm(P @ low) < 1e-7


@pytest.mark.parametrize("name", EMBEDDED)
def test_embeddings_match_or_not_by_construction(name):
    graph = EMBEDDED[name]
    seen = Counter()

    @CALM
    @given(st.data())
    def check(data):
        k = data.draw(st.integers(1, min(6, graph.spectrum(graph.N).rank)))
        good, bad = (data.draw(embeddings(graph, k, matching=matching)) for matching in (True, False))
        assert good.shape == bad.shape == (graph.N, k)
        assert span_is_leading(graph, good)
        assert not span_is_leading(graph, bad)
        assert_matches(graph, good)
        seen[pg.verify(graph, bad).status] += 1

    check()
    assert set(seen) == {Status.COLLAPSED, Status.DIFFERENT}


@settings(max_examples=examples(200), suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_embeddings_of_drawn_graphs_too(data):
    graph = data.draw(graphs(max_views=7, exact=True))
    k = data.draw(st.integers(1, graph.spectrum(graph.N).rank))
    matching = data.draw(st.booleans())
    assert span_is_leading(graph, data.draw(embeddings(graph, k, matching=matching))) == matching


def test_an_embedding_shrinks_to_F_star_itself():
    graph = pg.zoo.lightning_cloud()
    f = find(embeddings(graph, 2, matching=True), lambda f: True, settings=settings(max_examples=100, database=None))
    np.testing.assert_allclose(f, graph.spectrum(2).eigenvectors / np.sqrt(graph.w_x)[:, None])


# Bad input


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: distributions([]), "outcomes is empty"),
        (lambda: distributions(max_outcomes=27), "max_outcomes is 27; it must be a whole number from 1"),
        (lambda: augmentations([]), "there are 0 naturals and 5 views"),
        (lambda: augmentations("a", max_views=0), "max_views is 0"),
        (lambda: graphs(max_views=65), "max_views is 65"),
        (lambda: graphs(5, 4), "min_views is 5; it must be a whole number from 1 to max_views, 4"),
        (lambda: graphs(components=9), "components is 9; it must be a whole number from 1 to max_views, 8"),
        (lambda: graphs(clean_cut=0), "clean_cut is 0"),
        (lambda: graphs(multiplicity=1), "multiplicity is 1; a repeated eigenvalue occurs .*, 2 or more"),
        (lambda: graphs(multiplicity=7, components=2), "max_views is 8; .* repeated 7 times in 2 components takes 9 views"),
        (lambda: labellings(pg.zoo.lightning_cloud(), 0), "classes is 0"),
        (lambda: embeddings(pg.zoo.lightning_cloud(), 3), "k is 3; it must be a whole number from 1 to the rank of Ā, 2"),
    ],
)  # fmt: skip
def test_what_cannot_be_drawn_is_said_at_once(call, words):
    with pytest.raises(InvalidArgument, match=words):
        call()


def test_a_large_graph_is_no_reading_matter():
    with pytest.raises(TooLarge, match="the kernel has 65,536 entries; up to 10,000 are written"):
        as_python(pg.zoo.hypercube(8))


def test_what_never_matches_is_not_found():
    graph = pg.zoo.hypercube(2)
    with pytest.raises(NoSuchExample):
        find(embeddings(graph, 2, matching=False), lambda f: pg.verify(graph, f).matches, settings=CALM)
