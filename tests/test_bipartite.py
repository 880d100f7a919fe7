"""Two kinds of views: the joint law against sums and fractions, singular values against dense ones, sides, and keeping them."""

import copy
import math
import pickle
from collections.abc import Iterator
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

import popgraph as pg
from popgraph.basics.subspace import principal_angles
from popgraph.errors import InvalidArgument, InvalidAugmentation, InvalidDistribution, TooLarge
from popgraph.populations import bipartite_graph

P = (0.5, 0.3, 0.2)
A = ((0.8, 0.2, 0.0), (0.1, 0.8, 0.1), (0.0, 0.3, 0.7))
B = ((0.9, 0.1), (0.5, 0.5), (0.1, 0.9))
SIGMA_2 = 0.5221004599  # of THEORY 11


def fractions(rows: Any) -> list[list[Fraction]]:
    return [[Fraction(str(each)) for each in row] for row in rows]


def exact_graph() -> pg.BipartiteGraph:
    law = {f"n{i}": Fraction(str(p)) for i, p in enumerate(P)}
    return pg.build(law, fractions(A), second=fractions(B), labels=["p", "q", "q"], name="exact")


# The numbers of THEORY 11


def test_the_example_has_the_singular_values_the_minimum_and_the_information_of_section_11() -> None:
    graph = pg.build(np.array(P), A, second=B)
    spectrum = graph.spectrum(2)
    assert spectrum.sigma == pytest.approx([1.0, SIGMA_2], abs=1e-9)
    assert spectrum.minimum == pytest.approx(-1.2725888903, abs=1e-9)
    assert pg.theory.mutual_information(graph) == pytest.approx(0.1460005577, abs=1e-9)


def test_the_example_in_fractions_has_rational_pairs_and_the_squares_of_its_singular_values() -> None:
    graph = exact_graph()
    p, a, b = fractions([P])[0], fractions(A), fractions(B)
    for (i, x), (j, z) in product(enumerate(graph.views_x), enumerate(graph.views_z)):
        assert graph.explain(x, z).value == sum(p[n] * a[n][i] * b[n][j] for n in range(3))
    exact = graph.exact_weights
    assert exact is not None
    assert sum(map(int, exact.numerators)) == exact.denominator
    assert [Fraction(int(n), exact.denominator) for n in exact.numerators] == [
        graph.explain(x, z).value for x, z in product(graph.views_x, graph.views_z)
    ]
    squared = Fraction(586828, 2152795)  # σ² of the example, which is rational as S has rank 2
    assert float(squared) == pytest.approx(SIGMA_2**2, abs=1e-9)
    assert [repr(each) for each in graph.side_x.exact().eigenvalues] == [
        f"Eigenvalue({each})" for each in (1, squared, 0)
    ]
    assert [repr(each) for each in graph.side_z.exact().eigenvalues] == [f"Eigenvalue({each})" for each in (1, squared)]


# Singular values, against a dense solve


def laws(seed: int, count: int) -> Iterator[Any]:
    """Random joint laws: tall, wide, sparse, of low rank, in parts, and with repeated singular values."""
    rng = np.random.default_rng(seed)
    for trial in range(count):
        n, m = (int(each) for each in rng.integers(1, 26, 2))
        C = rng.random((n, m))
        match trial % 6:
            case 1:
                C *= rng.random((n, m)) < 0.15
            case 2:
                C = rng.random((n, 2)) @ rng.random((2, m))
            case 3:
                C = np.kron(np.eye(3), rng.random((n // 3 + 1, m // 3 + 1)))
            case 4:
                C = np.kron(np.ones((2, 3)), np.kron(np.eye(2), C[:5, :5]))
            case 5:  # rows and columns of very different probability
                C *= np.outer(10.0 ** rng.uniform(-9, 0, n), 10.0 ** rng.uniform(-9, 0, m))
        C = C[C.sum(axis=1) > 0][:, C.sum(axis=0) > 0]
        if C.size:
            yield C / C.sum()


def normalised(C: Any) -> Any:
    return C / np.sqrt(C.sum(axis=1))[:, np.newaxis] / np.sqrt(C.sum(axis=0))


def graph_of(C: Any) -> pg.BipartiteGraph:
    return bipartite_graph(range(C.shape[0]), range(C.shape[1]), C)


def check_triplets(graph: pg.BipartiteGraph, S: Any, k: int, **options: Any) -> None:
    """Every law of a spectrum: true singular values, triplets, multiplicities, cuts, bounds, and the sides'."""
    true = np.concatenate([np.linalg.svd(S, compute_uv=False), [0.0]])
    spectrum = graph.spectrum(k, **options)
    assert np.abs(spectrum.sigma - true[:k]).max() < 1e-12
    U, V, sigma = spectrum.left, spectrum.right, spectrum.sigma
    assert np.abs(S @ V - U * sigma).max() < 1e-12
    assert np.abs(S.T @ U - V * sigma).max() < 1e-12
    assert max(np.abs(X.T @ X - np.eye(k)).max() for X in (U, V)) < 1e-12
    low, high = spectrum.gap_bounds
    assert low <= true[k - 1] - true[k] + 1e-14
    assert true[k - 1] - true[k] <= high
    assert spectrum.certificate.remainder_bound >= true[k] - 1e-12
    assert spectrum.components == graph.component_count
    assert all(true[c - 1] - true[c] > 0 for c in spectrum.clean_cuts)
    if k == min(S.shape):
        assert sum(count for _, count in spectrum.multiplicities) == k
        assert spectrum.rank == int(np.sum(true > spectrum.tolerance))
    f, g = spectrum.embeddings
    F, G = f * np.sqrt(graph.w_x)[:, np.newaxis], g * np.sqrt(graph.w_z)[:, np.newaxis]
    loss = np.linalg.norm(S - F @ G.T) ** 2 - np.linalg.norm(S) ** 2
    assert loss == pytest.approx(-np.sum(true[:k] ** 2), abs=1e-12)
    assert spectrum.minimum == pytest.approx(loss, abs=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_spectra_of_random_laws_are_those_of_a_dense_solve(seed: int) -> None:
    rng = np.random.default_rng(seed)
    for C in laws(seed, 100):
        graph, S = graph_of(C), normalised(C)
        for k in {1, min(C.shape), int(rng.integers(1, min(C.shape) + 1))}:
            check_triplets(graph, S, k)
        assert np.abs(graph.adjacency - S).max() < 1e-14
        assert np.abs(graph.w - C).max() == 0
        assert graph.w_x == pytest.approx(C.sum(axis=1), rel=1e-14)
        assert graph.w_z == pytest.approx(C.sum(axis=0), rel=1e-14)


def test_the_components_are_those_of_a_search_and_have_a_singular_value_1_each() -> None:
    for C in laws(5, 60):
        graph = graph_of(C)
        joined = sp.block_array([[None, sp.csr_array(C)], [sp.csr_array(C).T, None]])
        count, part = sp.csgraph.connected_components(joined, directed=False)
        assert graph.component_count == count
        ours = np.concatenate([graph.components_x, graph.components_z])
        assert len({*zip(ours.tolist(), part.tolist(), strict=True)}) == count
        if count <= min(C.shape):
            assert (graph.spectrum(count).sigma == 1.0).all()


def sparse_law(shape: tuple[int, int], seed: int, low_rank: int = 0) -> Any:
    rng = np.random.default_rng(seed)
    n, m = shape
    C = sp.random_array(shape, density=0.01, rng=rng, format="lil")
    C[np.arange(n), rng.integers(0, m, n)] = 0.05
    C[rng.integers(0, n, m), np.arange(m)] = 0.05
    C = C.tocsr()
    return sp.csr_array(C / C.sum())


@pytest.mark.parametrize(("shape", "solver"), [((1200, 900), None), ((850, 1100), None), ((300, 200), "iterative")])
def test_large_spectra_by_products_with_the_factor_are_those_of_a_dense_solve(
    shape: tuple[int, int], solver: Any
) -> None:
    C = sparse_law(shape, 0)
    graph = graph_of(C)
    S = normalised(C.toarray())
    for k in (1, 7):
        check_triplets(graph, S, k, solver=solver)
    assert graph.spectrum(7, solver=solver).solvers[0].solver == "iterative"
    assert graph.spectrum(7, solver=solver).certificate.angle_bound < 1e-6


def test_the_two_routes_agree_where_a_singular_value_is_repeated_and_where_it_is_zero() -> None:
    rng = np.random.default_rng(1)
    block = rng.random((20, 15))
    C = np.kron(np.eye(30), block) + 0.001  # 29 copies of each singular value but the first
    C /= C.sum()
    graph = graph_of(C)
    whole, searched = graph.spectrum(30, solver="dense"), graph.spectrum(30, solver="iterative")
    assert np.abs(whole.sigma - searched.sigma).max() < 1e-12
    assert principal_angles(whole.left, searched.left).max() < 1e-7
    assert principal_angles(whole.right, searched.right).max() < 1e-7
    thin = graph_of((u := rng.random((900, 1)) @ rng.random((1, 850))) / u.sum())
    spectrum = thin.spectrum(3)
    assert spectrum.sigma.tolist() == [1.0, 0.0, 0.0]
    assert spectrum.rank == 1
    assert spectrum.clean_cuts == (1,)


def test_small_singular_values_keep_their_digits_where_squares_would_lose_them() -> None:
    rng = np.random.default_rng(2)
    U, V = (np.linalg.qr(rng.standard_normal((6, 6)))[0] for _ in range(2))
    flat = np.full(6, 1 / math.sqrt(6))
    U, V = (np.linalg.qr(np.column_stack([flat, X[:, 1:]]))[0] for X in (U, V))
    U, V = U * np.sign(U[0, 0]), V * np.sign(V[0, 0])
    sigma = np.array([1.0, 1e-2, 1e-6, 1e-9, 3e-12, 0.0])
    graph = graph_of((U * sigma) @ V.T / 6)
    assert np.abs(graph.spectrum(6).sigma - sigma).max() < 2e-15


# Equal kernels


@pytest.mark.parametrize("name", ["lightning_cloud", "planted_subclasses", "colour_shape", "clusters", "masked_tokens"])
def test_equal_kernels_give_the_answers_of_one_encoder(name: str) -> None:
    maker = getattr(pg.zoo, name)
    one = maker(2, 2) if name == "planted_subclasses" else maker()
    law = dict(zip(one.naturals, one.p.tolist(), strict=True))
    rebuilt = pg.build(law, one.kernel, views=one.views, second=one.kernel, second_views=one.views)
    k = min(6, one.N)
    for two in (one.two_encoders(), rebuilt):
        spectrum, expected = two.spectrum(k), one.spectrum(k)
        assert np.abs(two.w - one.w).max() < 1e-15
        assert np.abs(spectrum.sigma - expected.gamma).max() < 1e-12
        assert spectrum.clean_cuts[:3] == expected.clean_cuts[:3]
        for cut in (c for c in expected.clean_cuts if c <= k):
            for vectors in (spectrum.left, spectrum.right):
                assert (
                    principal_angles(vectors[:, :cut], expected.eigenvectors[:, :cut]).max()
                    < 1e-12 / expected.leading(cut).gap
                )
        assert (
            np.abs(spectrum.embedding_x @ spectrum.embedding_z.T - spectrum.embedding_x @ spectrum.embedding_x.T).max()
            < 1e-8
        )
        assert pg.theory.mutual_information(two) == pytest.approx(pg.theory.mutual_information(one), abs=1e-12)


# Sides


def test_each_side_is_a_population_graph_whose_eigenvalues_are_the_squares() -> None:
    for C in laws(7, 40):
        graph, S = graph_of(C), normalised(C)
        k = min(C.shape)
        for side, gram, vectors in (
            (graph.side_x, S @ S.T, graph.spectrum(k).left),
            (graph.side_z, S.T @ S, graph.spectrum(k).right),
        ):
            assert np.abs(side.adjacency - gram).max() < 1e-13
            spectrum = side.spectrum(k)
            assert np.abs(spectrum.gamma - graph.spectrum(k).sigma ** 2).max() < 1e-12
            assert bool(pg.verify(side, vectors / np.sqrt(side.w_x)[:, np.newaxis], k)) or spectrum.gamma[-1] <= 0


def test_a_side_draws_two_views_independently_for_one_view_of_the_other() -> None:
    graph = exact_graph()
    joint = [[graph.explain(x, z).value for z in graph.views_z] for x in graph.views_x]
    total = [sum(column) for column in zip(*joint, strict=True)]
    for (i, x), (j, y) in product(enumerate(graph.views_x), repeat=2):
        expected = sum(joint[i][c] * joint[j][c] / total[c] for c in range(2))
        assert graph.side_x.explain(x, y).value == expected
    assert graph.side_x.naturals == tuple(graph.views_z)
    assert graph.side_x.is_exact
    assert graph.side_z.is_exact
    assert graph.of_x.labels.tolist() == ["p", "q", "q"]
    assert graph.of_z.naturals == ("n0", "n1", "n2")


def test_swapping_exchanges_the_sides_to_the_bit() -> None:
    graph = exact_graph()
    turned = graph.swapped()
    assert turned.views_x == graph.views_z
    assert np.array_equal(turned.w, graph.w.T)
    assert turned.explain(0, 2).value == graph.explain(2, 0).value
    assert np.array_equal(turned.side_x.w, graph.side_z.w)
    again = turned.swapped()
    assert np.array_equal(again.w, graph.w)
    assert again.spectrum(2).sigma.tolist() == graph.spectrum(2).sigma.tolist()
    spectrum = graph.spectrum(2).swapped()
    assert np.abs(turned.factor @ spectrum.right - spectrum.left * spectrum.sigma).max() < 1e-14
    given = pg.from_bipartite([["1/2", 0], ["1/4", "1/8"], [0, "1/8"]]).swapped()
    assert given.explain(1, 2).value == Fraction(1, 8)
    assert given.explain(0, 0).value == Fraction(1, 2)


# Declaring the second kernel


def forms() -> dict[str, Any]:
    pandas = pytest.importorskip("pandas")
    return {
        "nested lists": B,
        "array": np.array(B),
        "sparse": sp.csr_matrix(np.array(B)),
        "DataFrame": pandas.DataFrame(B, columns=["u", "v"]),
        "mapping": {i: dict(zip("uv", row, strict=True)) for i, row in enumerate(B)},
        "callable": lambda i: dict(zip("uv", B[i], strict=True)),
        "Augmentation": pg.Augmentation(lambda i: dict(zip("uv", B[i], strict=True)), "caption"),
    }


@pytest.mark.parametrize(
    "form", ["nested lists", "array", "sparse", "DataFrame", "mapping", "callable", "Augmentation"]
)
def test_a_second_kernel_has_any_form_that_a_first_may_have(form: str) -> None:
    second = forms()[form]
    law = dict(enumerate(P))
    graph = pg.build(law, A, second=second)
    expected = np.array(A).T @ np.diag(P) @ np.array(B)
    assert np.abs(graph.w - expected).max() < 1e-15
    assert list(graph.views_z) == ([0, 1] if form in ("nested lists", "array", "sparse") else ["u", "v"])
    named = pg.build(law, A, second=second, second_views=["v", "u"] if list(graph.views_z) == ["u", "v"] else [10, 11])
    assert np.abs(named.w - (expected[:, ::-1] if named.views_z[0] == "v" else expected)).max() < 1e-15


def test_a_table_names_naturals_by_its_index_and_rows_are_put_in_their_order() -> None:
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame(B, index=["a", "b", "c"], columns=["u", "v"]).loc[["c", "a", "b"]]
    graph = pg.build(dict(zip("abc", P, strict=True)), A, second=table)
    assert np.abs(graph.w - np.array(A).T @ np.diag(P) @ np.array(B)).max() < 1e-15


def test_what_is_wrong_with_the_second_kernel_is_said_of_the_second() -> None:
    law = dict(enumerate(P))
    with pytest.raises(InvalidAugmentation, match=r"second: 1 of 3 kernel rows do not sum to 1: the row of 0 to 1\.1"):
        pg.build(law, A, second=[[0.9, 0.2], [0.5, 0.5], [0.1, 0.9]])
    with pytest.raises(InvalidAugmentation, match="second: .*shape"):
        pg.build(law, A, second=[[0.9, 0.1], [0.5, 0.5]])
    with pytest.raises(InvalidArgument, match="second_views names the views of second, which is not given"):
        pg.build(law, A, second_views=["u", "v"])
    with pytest.raises(InvalidDistribution, match="sum to"):
        pg.build({0: 0.5, 1: 0.4}, [[1], [1]], second=[[1], [1]])
    assert pg.build(law, A, second=[[9, 1], [1, 1], [1, 9]], normalize=True).spectrum(2).sigma[1] == pytest.approx(
        SIGMA_2, abs=1e-9
    )
    with pytest.raises(InvalidAugmentation, match=r"second: 1 of 3 columns are reached from no natural"):
        pg.build(law, A, second=[[0.9, 0.1, 0], [0.5, 0.5, 0], [0.1, 0.9, 0]])
    dropped = pg.build(law, A, second=[[0.9, 0.1, 0], [0.5, 0.5, 0], [0.1, 0.9, 0]], drop_unreachable=True)
    assert dropped.N_z == 2


def test_pairs_that_would_not_fit_are_refused_before_they_are_made() -> None:
    wide = sp.csr_array(np.full((1, 60_000), 1 / 60_000))
    with pytest.raises(TooLarge, match=r"the pairs of 60,000 and 60,000 views .* more than 8.59 GB"):
        pg.build(["only"], wide, second=wide)


# Exactness


@given(st.integers(0, 2**32 - 1))
def test_exact_pairs_are_sums_of_fractions(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n, N_x, N_z = (int(each) for each in rng.integers(1, 5, 3))
    scale = 10 ** int(rng.integers(0, 12))  # from numbers that 64 bits hold to such as they do not
    p, a, b = (
        [Distribution_of(rng.integers(0 if width > 1 else 1, scale + 2, width), rng) for _ in range(rows)]
        for rows, width in ((1, n), (n, N_x), (n, N_z))
    )
    law = {i: p[0][i] for i in range(n)}
    if not all(law.values()):
        return
    graph = pg.build(law, a, second=b, drop_unreachable=True)
    exact = graph.exact_weights
    assert graph.is_exact
    assert exact is not None
    for i, j in zip(*graph.pairs.tocoo().coords, strict=True):
        x, z = graph.views_x[i], graph.views_z[j]
        expected = sum(law[m] * a[m][x] * b[m][z] for m in range(n))
        assert graph.explain(x, z).value == expected
        assert graph.side_z.population.distribution.fractions[x] == sum(law[m] * a[m][x] for m in range(n))
    assert [Fraction(int(each), exact.denominator) for each in exact.numerators] == [
        graph.explain(graph.views_x[i], graph.views_z[j]).value
        for i, j in zip(*graph.pairs.tocoo().coords, strict=True)
    ]


def Distribution_of(weights: Any, rng: Any) -> list[Fraction]:
    weights = [int(each) for each in weights]
    weights[int(rng.integers(len(weights)))] += 1
    return [Fraction(each, sum(weights)) for each in weights]


def test_floats_anywhere_make_the_pairs_floats() -> None:
    for p, a, b in (
        ({0: 0.5, 1: 0.5}, [[1, 0], [0, 1]], [[1], [1]]),
        ({0: "1/2", 1: "1/2"}, [[0.5, 0.5], [0, 1]], [[1], [1]]),
        ({0: "1/2", 1: "1/2"}, [[1, 0], [0, 1]], [[0.5, 0.5], [0, 1]]),
    ):
        graph = pg.build(p, a, second=b)
        assert not graph.is_exact
        assert graph.exact_weights is None
        assert isinstance(graph.explain(0, 0).value, float)
        assert not graph.side_x.is_exact
        assert not graph.side_z.is_exact


# Pairs drawn


def test_pairs_are_drawn_as_often_as_their_probability_says() -> None:
    graph = pg.build(np.array(P), A, second=B)
    pairs = graph.sample_pairs(40_000, rng=0)
    assert pairs.shape == (40_000, 2)
    assert np.array_equal(pairs, graph.sample_pairs(40_000, rng=0))
    share = np.bincount(pairs[:, 0] * 2 + pairs[:, 1], minlength=6).reshape(3, 2) / 40_000
    assert (np.abs(share - graph.w) < 5 * np.sqrt(graph.w / 40_000)).all()
    assert graph.sample_pairs(0, rng=0).shape == (0, 2)
    alone = pg.from_bipartite([[1]])
    assert alone.sample_pairs(3, rng=1).tolist() == [[0, 0]] * 3
    assert alone.spectrum(1).sigma.tolist() == [1.0]


# Names


def test_views_are_found_by_name_and_a_view_of_the_other_side_is_said_to_be_one() -> None:
    graph = pg.build(["cat", "dog"], pg.identity(), second=lambda x: {f"a {x}": 1})
    assert graph.index_x("dog") == 1
    assert graph.index_z("a dog") == 1
    with pytest.raises(InvalidArgument, match=r"'a cat' is no view x of this graph, but a view z; a pair is \(x, z\)"):
        graph.explain("a cat", "cat")
    with pytest.raises(InvalidArgument, match="'a dgo' is no view z of this graph: did you mean 'a dog'"):
        graph.index_z("a dgo")
    with pytest.raises(InvalidArgument, match=r"\[1\] is no view x of this graph; they are graph\.views_x"):
        graph.index_x([1])
    with pytest.raises(InvalidArgument, match="k is 3; .* from 1 to the smaller of 2 and 2 views, 2"):
        graph.spectrum(3)
    with pytest.raises(InvalidArgument, match="solver is 'fast'"):
        graph.spectrum(1, solver="fast")


def test_classes_of_views_are_the_most_probable_of_their_naturals_or_those_given() -> None:
    graph = exact_graph()
    assert graph.view_labels_x.tolist() == ["p", "q", "q"]
    assert graph.view_labels_z.tolist() == ["p", "q"]
    given = pg.from_bipartite([[1, 1], [0, 2]], labels_x=["a", None], normalize=True)
    assert given.view_labels_x.tolist() == ["a", None]
    with pytest.raises(InvalidArgument, match="no labels"):
        given.view_labels_z  # noqa: B018


# Printing, copies and files


def test_a_graph_prints_its_sizes_and_what_its_pairs_are() -> None:
    graph = exact_graph()
    assert repr(graph) == "BipartiteGraph(exact: 3 naturals, 3 x 2 views, 6 pairs, 1 component)"
    text = str(graph)
    assert "singular values      1, 0.5221" in text
    assert "a view of each of two kernels, for one natural" in text
    html = graph._repr_html_()
    assert "<td>3/8</td>" in html.replace(" style='text-align:left'", "") or "3/8" in html
    assert "given directly" in str(pg.from_bipartite([[0.5, 0.5]]))


def graphs() -> dict[str, pg.BipartiteGraph]:
    return {
        "of kernels, exact": exact_graph(),
        "of kernels, floats": pg.build(np.array(P), A, second=B),
        "given, exact": pg.from_bipartite(
            [["1/2", "1/4"], [0, "1/4"]], views_x=["a", "b"], labels_x=["p", None], name="g"
        ),
        "given, floats": pg.from_bipartite([[0.5, 0.25, 0.0], [0.0, 0.0, 0.25]], views_z=[(1, 2), "z", None]),
        "of one kernel": pg.zoo.hypercube(3, "1/4").two_encoders(),
        "large fractions": pg.from_bipartite([[Fraction(1, 3**50), 1 - Fraction(1, 3**50)]]),
    }


@pytest.mark.parametrize("name", list(graphs()))
def test_copies_and_files_are_equal_to_the_bit(name: str, tmp_path: Any) -> None:
    graph = graphs()[name]
    copies = [pickle.loads(pickle.dumps(graph)), copy.deepcopy(graph), pg.load(pg.save(graph, tmp_path / "graph"))]
    for other in copies:
        assert repr(other) == repr(graph)
        assert str(other) == str(graph)
        assert (other.pairs.data == graph.pairs.data).all()
        assert np.array_equal(other.w, graph.w)
        assert list(other.views_x) == list(graph.views_x)
        assert list(other.views_z) == list(graph.views_z)
        assert other.is_exact == graph.is_exact
        assert other.explain(graph.views_x[0], graph.views_z[0]) == graph.explain(graph.views_x[0], graph.views_z[0])
        for labels in ("labels", "labels_x", "labels_z"):
            ours, theirs = getattr(graph, labels), getattr(other, labels)
            assert (ours is None and theirs is None) or ours.tolist() == theirs.tolist()
        assert not other.pairs.data.flags.writeable
        assert not other.w_x.flags.writeable


def test_spectra_and_trainings_of_two_encoders_are_kept_to_the_bit(tmp_path: Any) -> None:
    graph = exact_graph()
    spectrum = graph.spectrum(2)
    back = pg.load(pg.save(spectrum, tmp_path / "spectrum"))
    assert isinstance(back, pg.SingularSpectrum)
    assert str(back) == str(spectrum)
    for name in ("sigma", "left", "right", "w_x", "w_z", "residuals", "sigma_known"):
        assert np.array_equal(getattr(back, name), getattr(spectrum, name))
    training = pg.train(graph, 2, rng=0, progress=False)
    again = pg.load(pg.save(training, tmp_path / "training"))
    assert repr(again) == repr(training)
    assert np.array_equal(again.f, training.f)
    assert np.array_equal(again.g, training.g)
    linear = pg.train(graph, 1, rng=0, progress=False, features=(np.eye(3)[:, :2], None))
    again = pg.load(pg.save(linear, tmp_path / "linear"))
    assert np.array_equal(again.features[0], linear.features[0])
    assert again.weights[1] is None


def test_a_file_whose_pairs_were_edited_is_refused(tmp_path: Any) -> None:
    import zipfile

    path = pg.save(pg.from_bipartite([["1/2", "1/4"], [0, "1/4"]]), tmp_path / "graph")
    with zipfile.ZipFile(path) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    for old, new in ((b'"denominator": "4"', b'"denominator": "8"'), (b'"views_x": [0, 1]', b'"views_x": [0, 1, 2]')):
        with zipfile.ZipFile(tmp_path / "edited", "w") as archive:
            for name, data in content.items():
                archive.writestr(name, data.replace(old, new))
        with pytest.raises(pg.errors.InvalidFile):
            pg.load(tmp_path / "edited")


# Leading, as of other spectra


def test_leading_triplets_are_those_of_a_smaller_question() -> None:
    graph = pg.zoo.image_text(["a", "b", "c"], ["p", "q"])
    spectrum = graph.spectrum(6)
    for k in range(1, 7):
        part, asked = spectrum.leading(k), graph.spectrum(k)
        assert np.abs(part.sigma - asked.sigma).max() < 1e-14
        assert part.gap == pytest.approx(asked.gap, abs=1e-13)
        assert principal_angles(part.left, asked.left).max() < 1e-7 or part.gap == 0
        assert part.clean_cuts == asked.clean_cuts
    assert spectrum.leading(6) is spectrum
    with pytest.raises(InvalidArgument, match="k is 7; .* from 1 to the number of triplets of this spectrum, 6"):
        spectrum.leading(7)


# Refusals of verbs that take one kind of view

VERBS: dict[str, Any] = {
    "verify_sampled": lambda g: pg.verify_sampled(g, np.eye(3), 2),
    "audit": lambda g: pg.losses.audit("spectral", g, np.eye(3), 2),
    "compare": lambda g: pg.compare(g, g, 2),
    "spectral_clusters": lambda g: pg.spectral_clusters(g, 2),
    "probe": lambda g: pg.probe(g, np.eye(3)),
    "probe_range": lambda g: pg.probe_range(g, 2),
    "partition_bounds": lambda g: pg.partition_bounds(g, 2),
    "sparsest_partition": lambda g: pg.sparsest_partition(g, 2),
    "expansion": lambda g: pg.selftraining.expansion(g, 0.5, ["p", "q", "q"]),
    "inner_conductance": lambda g: pg.selftraining.inner_conductance(g, ["p", "q", "q"]),
    "self_train": lambda g: pg.selftraining.self_train(g, ["p", "q", "q"], weight=1.0),
    "pseudo_labels": lambda g: pg.selftraining.pseudo_labels(g, {"n0": "p"}),
    "product": lambda g: pg.product([g]),
    "mixture": lambda g: pg.structure.mixture({"a": 0.5, "b": 0.5}, {"a": [g], "b": [g]}),
    "as_python": pg.testing.as_python,
    "testing.embeddings": lambda g: pg.testing.embeddings(g, 2),
}


@pytest.mark.parametrize("verb", list(VERBS))
def test_a_verb_for_one_kind_of_view_names_the_graphs_of_one_kind(verb: str) -> None:
    graph = exact_graph()
    with pytest.raises(InvalidArgument, match=r"\.side_x or \.side_z") as caught:
        VERBS[verb](graph)
    assert "\n" not in str(caught.value)
