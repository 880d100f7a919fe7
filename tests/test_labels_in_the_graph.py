"""`graph.with_labels`: pairs change, and naturals, labels and probes stay. Oracles: THEORY 12, dense sums, exact fractions."""

import pickle
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import popgraph as pg
from popgraph.downstream import alpha, disagreement, inconsistency
from popgraph.errors import InvalidArgument, InvalidDistribution


def planted():
    return pg.zoo.planted_subclasses(2, 2, size=1, within="1/10", across="1/20")


def random_graph(seed, n=9, N=7, exact=False):
    rng = np.random.default_rng(seed)
    counts = rng.integers(0, 5, (n, N))
    counts[np.arange(n), rng.integers(0, N, n)] += 1
    counts[rng.integers(0, n, N), np.arange(N)] += 1
    p = rng.integers(1, 6, n)
    labels = [None if y == 3 else "abc"[y] for y in rng.integers(0, 4, n)]
    labels[0], labels[1] = "a", "b"
    if exact:
        law = pg.Distribution({f"n{i}": int(c) for i, c in enumerate(p)}, normalize=True)
        return pg.build(law, counts, normalize=True, labels=labels)
    return pg.build(p / p.sum(), counts / counts.sum(axis=1, keepdims=True), labels=labels)


def dense_w(graph, known, eta, q):
    """w' by the definition, pair by pair."""
    p, A = graph.p, graph.kernel.toarray()
    w = (1 - eta) * A.T @ np.diag(p) @ A
    for c, share in q.items():
        members = [i for i, y in enumerate(known) if y == c]
        A_c = p[members] @ A[members] / p[members].sum()
        w = w + eta * share * np.outer(A_c, A_c)
    return w


# ------------------------------------------------------------------ numbers of THEORY 12


def test_the_numbers_of_the_theory():
    graph = planted()
    both = graph.with_labels(graph.labels, weight=0.5)
    assert both.spectrum(4).gamma == pytest.approx([1, 0.81, 0.28125, 0.28125], abs=1e-12)
    first = graph.with_labels([y if y == 0 else None for y in graph.labels], weight=0.5)
    assert first.spectrum(4).gamma == pytest.approx([1, 0.76175549, 0.51136364, 0.19396552], abs=1e-8)
    supcon = graph.with_labels(graph.labels, weight=1)
    assert supcon.spectrum(4).gamma == pytest.approx([1, 0.81, 0, 0], abs=1e-12)


def test_the_numbers_of_the_theory_exactly():
    pytest.importorskip("flint")
    graph = planted()
    both = graph.with_labels(graph.labels, weight="1/2").exact()
    assert [(float(e), e.multiplicity) for e in both.eigenvalues] == [(1, 1), (0.81, 1), (0.28125, 2)]
    assert both.multiplicity("9/32") == 2
    supcon = graph.with_labels(graph.labels, weight=Fraction(1)).exact()
    assert (supcon.multiplicity(1), supcon.multiplicity("81/100"), supcon.multiplicity(0)) == (1, 1, 2)
    first = graph.with_labels({x: 0 for x in graph.naturals if x[0] == 0}, weight="1/2")
    assert first.exact().gamma == pytest.approx(first.spectrum(4).gamma, abs=1e-14)
    assert first.exact().multiplicity("45/88") == 1  # 0.51136363...


# ------------------------------------------------------------------ w by its definition


@given(st.integers(0, 10**6), st.sampled_from([0.25, 0.5, 0.9, 1.0]))
def test_w_is_the_mixture(seed, eta):
    graph = random_graph(seed)
    known = list(graph.labels)
    classes = list(dict.fromkeys(y for y in known if y is not None))
    reached = (graph.kernel.toarray()[[y is not None for y in known]] > 0).any(axis=0).all()
    if eta == 1.0 and not reached:
        with pytest.raises(InvalidArgument, match="reaches the view"):
            graph.with_labels(known, weight=eta)
        return
    rng = np.random.default_rng(seed)
    weights = dict(zip(classes, rng.dirichlet(np.ones(len(classes))).tolist(), strict=True))
    mass = {c: sum(p for p, y in zip(graph.p, known, strict=True) if y == c) for c in classes}
    for given_weights, q in [
        (None, dict.fromkeys(classes, 1 / len(classes))),
        ("uniform", dict.fromkeys(classes, 1 / len(classes))),
        ("probability", {c: m / sum(mass.values()) for c, m in mass.items()}),
        (weights, weights),
    ]:
        labelled = graph.with_labels(known, eta, given_weights)
        w = dense_w(graph, known, eta, q)
        assert labelled.w == pytest.approx(w, abs=1e-14)
        assert labelled.weight_matrix("csr").toarray() == pytest.approx(w, abs=1e-14)
        w_x = w.sum(axis=1)
        assert labelled.w_x == pytest.approx(w_x, abs=1e-14)
        adjacency = w / np.sqrt(np.outer(w_x, w_x))
        assert labelled.adjacency == pytest.approx(adjacency, abs=1e-13)
        X = rng.standard_normal((graph.N, 3))
        assert labelled.gram(X) == pytest.approx(adjacency @ X, abs=1e-12)
        assert labelled.trace == pytest.approx(np.trace(adjacency), abs=1e-12)
        assert labelled.spectrum(graph.N).gamma == pytest.approx(np.linalg.eigvalsh(adjacency)[::-1].clip(0), abs=1e-12)
        x, y = labelled.views[0], labelled.views[-1]
        assert float(labelled.explain(x, y).value) == pytest.approx(w[0, -1], abs=1e-14)


@given(st.integers(0, 10**6))
def test_w_is_exact_where_all_is_declared_so(seed):
    graph = random_graph(seed, n=5, N=4, exact=True)
    labelled = graph.with_labels(graph.labels, "2/7", dict(zip_classes(graph)))
    assert labelled.is_exact
    p = graph.population.distribution.fractions
    A, exact = graph.kernel, graph.population.exact
    rows = np.full(A.shape, Fraction(0), dtype=object)
    for i in range(graph.n):
        for place in range(A.indptr[i], A.indptr[i + 1]):
            rows[i, A.indices[place]] = exact.entry(place, i)
    p = np.array(list(p.values()), dtype=object)
    w = (rows.T * p) @ rows * Fraction(5, 7)
    for c, share in zip_classes(graph):
        members = [i for i, y in enumerate(graph.labels) if y == c]
        A_c = p[members] @ rows[members] / p[members].sum()
        w = w + Fraction(2, 7) * share * np.outer(A_c, A_c)
    assert (labelled.exact().w == w).all()
    assert labelled.explain(graph.views[0], graph.views[1]).value == w[0, 1]
    assert labelled.w == pytest.approx(w.astype(float), abs=1e-15)


def zip_classes(graph):
    classes = list(dict.fromkeys(y for y in graph.labels if y is not None))
    total = len(classes) * (len(classes) + 1) // 2
    return [(c, Fraction(i + 1, total)) for i, c in enumerate(classes)]


def test_floats_are_not_promoted():
    graph = planted()
    labelled = graph.with_labels(graph.labels, weight=0.3)
    assert not labelled.is_exact
    with pytest.raises(InvalidDistribution, match=r"is the float 0\.\d+"):
        labelled.exact()
    assert not graph.with_labels(graph.labels, "1/2", {0: 0.5, 1: 0.5}).is_exact
    assert graph.with_labels(graph.labels, "1/2", {0: "1/2", 1: "1/2"}).is_exact
    assert graph.with_labels(graph.labels, "1/2", "probability").is_exact
    assert graph.with_labels(graph.labels, "1/2", pg.Distribution({0: "1/3", 1: "2/3"})).is_exact


def test_large_denominators_are_exact():
    law = pg.Distribution({"a": Fraction(1, 2**70), "b": 1 - Fraction(1, 2**70)})
    graph = pg.build(law, {"a": {"x": Fraction(1, 3**50), "y": 1 - Fraction(1, 3**50)}, "b": {"x": "1/2", "y": "1/2"}})
    w = graph.with_labels({"a": 0, "b": 0}, "1/2").exact().w
    assert w.sum() == 1
    A_x = Fraction(1, 2**70) * Fraction(1, 3**50) + (1 - Fraction(1, 2**70)) / 2
    assert w[0, 0] == (Fraction(1, 2**70) / 3**100 + (1 - Fraction(1, 2**70)) / 4 + A_x**2) / 2


# ------------------------------------------------------------------ what stays, and what does not


def test_no_weight_is_the_graph_itself():
    graph = planted()
    assert graph.with_labels(graph.labels, weight=0) is graph
    assert graph.with_labels(graph.labels, weight="0") is graph


def test_naturals_labels_and_view_labels_stay():
    graph = random_graph(3)
    labelled = graph.with_labels({0: "z", 1: "b", 4: "z"}, weight=0.7)
    assert labelled.naturals == graph.naturals
    assert labelled.n == graph.n
    assert (labelled.p == graph.p).all()
    assert labelled.kernel is graph.kernel
    assert labelled.labels is graph.labels
    assert labelled.view_labels.tolist() == graph.view_labels.tolist()
    assert labelled.name == graph.name
    assert labelled.factor.shape == (graph.n + 2, graph.N)
    assert repr(labelled).endswith("labels of 3 naturals in the pairs)")
    assert "3 of 9 naturals in 2 classes, weight 0.7" in str(labelled)
    assert "3 of 9 naturals" in labelled._repr_html_()


def test_a_graph_without_labels_of_its_own_takes_known_ones():
    graph = pg.build([0, 1, 2], {0: {0: 1}, 1: {1: 1}, 2: {2: 1}})
    labelled = graph.with_labels({0: "one", 1: "one"}, "1/3")
    assert labelled.labels is None
    assert labelled.component_count == 2  # the known pair is joined
    assert labelled.components.tolist() == [0, 0, 1]


def test_sampled_pairs_have_the_law_of_w():
    graph = random_graph(5)
    labelled = graph.with_labels({0: "a", 1: "b", 2: "a"}, weight=0.6)
    drawn = labelled.sample_pairs(200_000, rng=0)
    counts = np.zeros((graph.N, graph.N))
    np.add.at(counts, (drawn[:, 0], drawn[:, 1]), 1 / len(drawn))
    assert np.abs(counts - labelled.w).max() < 5 * np.sqrt(0.25 / len(drawn))
    views = np.bincount(labelled.sample_views(200_000, rng=0), minlength=graph.N) / 200_000
    assert np.abs(views - labelled.w_x).max() < 5 * np.sqrt(0.25 / 200_000)


def test_the_probe_is_of_the_data():
    """The heads of a fixed f do not see the pairs: they are the same on both graphs."""
    graph = random_graph(11)
    labelled = graph.with_labels({0: "a", 1: "b"}, weight=0.8)
    f = np.random.default_rng(0).standard_normal((graph.N, 2))
    whole = ["ab"[i % 2] for i in range(graph.n)]
    for labels in (None, whole):
        for head in ("least squares", "logistic", "exact"):
            plain, with_known = pg.probe(graph, f, labels, head=head), pg.probe(labelled, f, labels, head=head)
            assert with_known.error == plain.error
            assert with_known.labelled == plain.labelled
            if plain.loss is not None:
                assert with_known.loss == pytest.approx(plain.loss, abs=1e-9)
            assert with_known.view_predictions.tolist() == plain.view_predictions.tolist()


def test_least_squares_against_a_dense_oracle():
    graph = random_graph(12)
    labelled = graph.with_labels({0: "a", 1: "b"}, weight=0.8)
    f = labelled.spectrum(3).embedding
    y = np.array([i % 2 for i in range(graph.n)])
    mass = graph.p[:, None] * graph.kernel.toarray()
    rows = [(mass[i, x], f[x], y[i]) for i in range(graph.n) for x in range(graph.N) if mass[i, x]]
    root = np.sqrt([m for m, _, _ in rows])[:, None]
    X, Y = root * np.array([v for _, v, _ in rows]), root * np.eye(2)[[c for _, _, c in rows]]
    B = np.linalg.lstsq(X, Y, rcond=None)[0]
    assert pg.probe(labelled, f, y.tolist()).loss == pytest.approx(np.sum((Y - X @ B) ** 2), abs=1e-12)


def test_alpha_and_disagreement_are_of_the_data_and_inconsistency_of_the_pairs():
    graph = random_graph(13)
    whole = ["ab"[i % 2] for i in range(graph.n)]
    labelled = graph.with_labels(whole, weight=0.5)
    assert alpha(labelled, whole) == alpha(graph, whole)
    views = ["ab"[x % 2] for x in range(graph.N)]
    assert disagreement(labelled, views, whole) == disagreement(graph, views, whole)
    apart = np.not_equal.outer(np.array(views), np.array(views))
    assert inconsistency(labelled, views) == pytest.approx(np.sum(labelled.w * apart), abs=1e-14)


def test_cuts_are_of_the_pairs():
    graph = random_graph(14)
    labelled = graph.with_labels({0: "a", 1: "b", 2: "a", 3: "b"}, weight=0.9)
    w = labelled.w

    def worst(parts):
        return max(w[np.ix_(parts == c, parts != c)].sum() / w[parts == c].sum() for c in range(2))

    masks = [np.array([m >> x & 1 for x in range(graph.N)]) for m in range(1, 2**graph.N - 1)]
    least = min(worst(parts) for parts in masks)
    found = pg.sparsest_partition(labelled, 2)
    assert found.rho == pytest.approx(least, abs=1e-12)
    clusters = pg.spectral_clusters(labelled, 2, rng=0)
    parts = clusters.parts
    expected = [w[np.ix_(parts == c, parts != c)].sum() / w[parts == c].sum() for c in range(2)]
    assert clusters.conductance == pytest.approx(expected, abs=1e-12)
    low, high = pg.partition_bounds(labelled, 2).lower, pg.partition_bounds(labelled, 2).upper
    assert low <= least + 1e-12
    assert least <= high + 1e-12


def test_self_training_is_on_the_pairs():
    graph = random_graph(15)
    labelled = graph.with_labels({0: "a", 1: "b", 2: "a", 3: "b"}, weight=0.5)
    teacher = [0, 1, None, 0, 1, 1, 0]
    w, w_x = labelled.w, labelled.w_x
    known = np.array([t is not None for t in teacher])

    def objective(g):
        wrong = known & (g != np.array([-1 if t is None else t for t in teacher]))
        return w_x[wrong].sum() + 1.5 * np.sum(w * np.not_equal.outer(g, g))

    least = min(objective(np.array([m >> x & 1 for x in range(graph.N)])) for m in range(2**graph.N))
    student = pg.selftraining.self_train(labelled, teacher, weight=1.5)
    assert student.objective == pytest.approx(least, abs=1e-12)
    g = np.array(student.labels.tolist())
    assert student.inconsistency == pytest.approx(np.sum(w * np.not_equal.outer(g, g)), abs=1e-12)
    after = pg.selftraining.iterate(labelled, [0, 1, 1, 0, 1, 1, 0], steps=1)
    votes = w @ np.eye(2)[[0, 1, 1, 0, 1, 1, 0]]
    assert after.labels.tolist() == votes.argmax(axis=1).tolist()
    scores, _ = pg.selftraining.propagate(labelled, teacher, a=0.5)
    Y = np.array([[t == c for c in range(2)] for t in teacher], dtype=float)
    assert scores == pytest.approx(0.5 * np.linalg.solve(np.eye(graph.N) - 0.5 * labelled.adjacency, Y), abs=1e-10)


def test_training_and_verifying_are_of_the_pairs():
    graph = planted()
    labelled = graph.with_labels(graph.labels, weight=0.5)
    training = pg.train(labelled, 2, rng=0)
    assert training.loss[-1] == pytest.approx(-1 - 0.81**2, abs=1e-9)
    assert pg.verify(labelled, training)
    assert pg.theory.minimum(pg.losses.spectral, labelled, 4) == pytest.approx(-1 - 0.81**2 - 2 * 0.28125**2)
    first = graph.with_labels([y if y == 0 else None for y in graph.labels], weight=0.5)
    assert pg.verify(first, first.spectrum(2).embedding)
    other = random_graph(18)
    known = other.with_labels({0: "a", 1: "b"}, weight=0.5)
    assert pg.verify(known, known.spectrum(2).embedding)
    assert not pg.verify(other, known.spectrum(2).embedding)
    stochastic = pg.train(labelled, 2, rng=0, batch_size=64, steps=400)
    assert stochastic.loss[-1] < -1.5
    w = labelled.w
    assert pg.losses.infonce.value(labelled.factor, labelled.w_x, training.f) == pytest.approx(
        pg.losses.infonce.critic_value(w, labelled.w_x, training.f @ training.f.T), abs=1e-12
    )


@pytest.mark.parametrize("eta", ["1/4", 0.5, 1])
def test_no_statement_of_the_theory_fails(eta):
    for graph in (planted(), random_graph(16)):
        labels = ["ab"[i % 2] for i in range(graph.n)]
        checks = pg.theory.check(graph.with_labels(labels, eta), labels=labels)
        assert not checks.failed


def test_saved_pickled_and_written_out(tmp_path):
    graph = random_graph(17, exact=True)
    for eta, q in [("1/3", None), (0.3, "probability"), ("1/2", {"a": 0.5, "b": 0.25, "c": 0.25})]:
        if isinstance(q, dict) and "c" not in graph.labels.tolist():
            q = {"a": 0.5, "b": 0.5}
        labelled = graph.with_labels(graph.labels, eta, q)
        back = pg.load(pg.save(labelled, tmp_path / f"{str(eta).replace('/', '-')}.popgraph"))
        again = pickle.loads(pickle.dumps(labelled))
        written = eval(pg.testing.as_python(labelled), {"popgraph": pg})
        assert (back.w == labelled.w).all()
        assert (again.w == labelled.w).all()
        for other in (back, again, written):
            order = [other.index(view) for view in labelled.views]
            assert np.abs(other.w[np.ix_(order, order)] - labelled.w).max() < 1e-16
            assert np.abs(other.w_x[order] - labelled.w_x).max() < 1e-16
            assert repr(other.known) == repr(labelled.known)
            assert other.is_exact == labelled.is_exact
            assert other.labels.tolist() == graph.labels.tolist()
            assert other.naturals == graph.naturals


def test_no_symmetry_no_grid_and_no_factor_of_a_product():
    cube = pg.zoo.hypercube(2)
    turned = cube.with_symmetry(lambda bits: (1 - bits[0], bits[1]))
    labelled = turned.with_labels(cube.labels, 0.5)
    assert labelled.symmetry is None
    assert labelled.grid is None
    assert labelled.spectrum(2).gamma == pytest.approx(cube.with_labels(cube.labels, 0.5).spectrum(2).gamma, abs=1e-15)
    with pytest.raises(InvalidArgument, match="takes no symmetry"):
        labelled.with_symmetry(lambda bits: (1 - bits[0], bits[1]))
    with pytest.raises(InvalidArgument, match="labels in it"):
        pg.product([cube, labelled])
    with pytest.raises(InvalidArgument, match="labels in it"):
        pg.structure.mixture([0, 1], {0: [labelled], 1: [cube]})


# ------------------------------------------------------------------ how labels may be given


def test_the_same_labels_in_every_container():
    graph = planted()
    plain = graph.with_labels({x: x[0] for x in graph.naturals[:3]}, 0.5).w
    listed = [0, 0, 1, None]
    index = pd.Index(list(graph.naturals), tupleize_cols=False)
    forms = [
        listed,
        tuple(listed),
        np.array(listed, dtype=object),
        [0, 0, 1, float("nan")],
        pd.Series(listed, index=index, dtype=object),
        pd.Series([0.0, 0.0, 1.0, np.nan], index=index),
        pd.Series(listed[:3], index=index[:3]),
        pd.Series([1, 0, 0], index=index[[2, 1, 0]]),
        iter(listed),
    ]
    for form in forms:
        assert (graph.with_labels(form, 0.5).w == plain).all()


@pytest.mark.parametrize(
    ("known", "weight", "class_weights", "words"),
    [
        ({"no": 0}, 0.5, None, "no naturals: 'no'"),
        ([0, 1], 0.5, None, "4 naturals need one label each"),
        ([None] * 4, 0.5, None, "gives none of the 4 naturals a class"),
        ([float("nan")] * 4, 0.5, None, "gives none of the 4 naturals a class"),
        (None, 0.5, None, "known is None"),
        ({0, 1}, 0.5, None, "a set, which has no order"),
        ("cat", 0.5, None, "one str"),
        ([0, 0, 1, 1], 1.5, None, "weight is 1.5; it is the share"),
        ([0, 0, 1, 1], -0.1, None, "weight is -0.1; it is the share"),
        ([0, 0, 1, 1], float("nan"), None, "weight is nan; it is the share"),
        ([0, 0, 1, 1], True, None, "weight is True; it is the share"),
        ([0, 0, 1, 1], None, None, "weight is None; it is the share"),
        ([0, 0, 1, 1], 0.5, {0: 1}, "no weight for the known class 1"),
        ([0, 0, 1, 1], 0.5, {0: 0.5, 2: 0.5}, "names 2, no class of a known natural"),
        (["cat", "cat", "dog", "dog"], 0.5, {"cat": 0.5, "dgo": 0.5}, "did you mean 'dog'"),
        ([0, 0, 1, 1], 0.5, {0: 0.5, 1: 0.4}, "sum to 0.9, not 1"),
        ([0, 0, 1, 1], 0.5, {0: -0.5, 1: 1.5}, "must not be negative"),
        ([0, 0, 1, 1], 0.5, {0: float("nan"), 1: 1}, "must be finite"),
        ([0, 0, 1, 1], 0.5, "unifrm", "did you mean 'uniform'"),
        ([0, 0, 1, 1], 0.5, [0.5, 0.5], "class_weights is"),
        ([0, 0, 1, 1], 0.5, 3, "class_weights is 3"),
    ],
)
def test_refusals(known, weight, class_weights, words):
    with pytest.raises(InvalidArgument) as refusal:
        planted().with_labels(known, weight, class_weights)
    assert words in str(refusal.value)


def test_a_misspelt_natural_is_answered_with_the_nearest():
    graph = pg.build(["kitten", "puppy"], {"kitten": {"kitten": 1}, "puppy": {"puppy": 1}})
    with pytest.raises(InvalidArgument, match="did you mean 'kitten'"):
        graph.with_labels({"kiten": "cat"}, 0.5)


def test_a_view_that_nothing_known_reaches_is_named():
    graph = pg.zoo.lightning_cloud()
    with pytest.raises(InvalidArgument, match="with weight=1 only the known classes make pairs"):
        graph.with_labels({graph.naturals[0]: "bolt"}, 1)


def test_labels_are_put_in_once():
    graph = planted()
    with pytest.raises(InvalidArgument, match="labels in it already"):
        graph.with_labels(graph.labels, 0.5).with_labels(graph.labels, 0.5)


def test_a_class_of_weight_0_makes_no_pairs():
    graph = planted()
    one = graph.with_labels({x: 0 for x in graph.naturals if x[0] == 0}, "1/2")
    other = graph.with_labels(graph.labels, "1/2", {0: 1, 1: 0})
    assert (one.exact().w == other.exact().w).all()


# ------------------------------------------------------------------ η as a slider


def test_the_spectrum_path_over_the_weight():
    graph = planted()
    etas = np.linspace(0, 1, 5)
    gammas = np.array([graph.with_labels(graph.labels, eta).spectrum(4).gamma for eta in etas])
    # All classes known: w' = (1 - η) w + η Σ A_c A_cᵀ / 2 has the characters of w for eigenvectors, and only the sub-graphs' fall
    assert gammas[:, 1] == pytest.approx(np.full(5, 0.81), abs=1e-12)
    assert gammas[:, 2] == pytest.approx((1 - etas) * 0.5625, abs=1e-12)
    axes = pg.plot.spectrum_path(lambda eta: graph.with_labels(graph.labels, float(eta)), etas, k=2)
    assert axes.lines


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("subgraphs", [1, 2, 3])
def test_supervised_contrastive_learning_keeps_the_classes_alone(classes, subgraphs):
    within = "1/10" if subgraphs > 1 else 0
    graph = pg.zoo.planted_subclasses(classes, subgraphs, size=2, within=within, across="1/20")
    gamma = graph.with_labels(graph.labels, 1).spectrum(graph.N).gamma
    leading = (1 - 0.05 * classes / (classes - 1)) ** 2
    assert gamma == pytest.approx([1] + [leading] * (classes - 1) + [0] * (graph.N - classes), abs=1e-12)


# ------------------------------------------------------------------ verdicts of known truth


@pytest.mark.parametrize("count", [40, pytest.param(6000, marks=pytest.mark.slow)])
def test_no_verdict_is_wrong(count):
    judged = 0
    for seed in range(count):
        rng = np.random.default_rng(seed)
        graph = random_graph(seed)
        graph = graph.with_labels(graph.labels, rng.uniform(0.05, 0.95))
        if seed % 2:
            graph = graph.with_noise(rng.dirichlet(np.full(graph.N, 3.0)))
            if (graph.w_x < 1e-3).any():
                continue
        k = int(rng.integers(1, 4))
        adjacency = graph.adjacency
        gamma, V = np.linalg.eigh(adjacency)
        gamma, V = gamma[::-1], V[:, ::-1]
        if gamma[k - 1] < 1e-3 or gamma[k - 1] - gamma[k] < 1e-3:
            continue
        root, Q = np.sqrt(graph.w_x)[:, None], rng.standard_normal((k, k)) + 3 * np.eye(k)
        assert pg.verify(graph, V[:, :k] @ Q / root)
        assert not pg.verify(graph, V[:, [*range(k - 1), k]] @ Q / root)
        judged += 1
    assert judged > count / 2
