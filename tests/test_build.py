"""`build`: every form in which a population can be declared reaches the same graph, and what is no population is refused."""

import copy
import itertools
import re
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
import scipy.sparse as sp
from cases import KERNEL, NATURALS, VIEWS, P
from extras import need
from hypothesis import given
from hypothesis import strategies as st

from popgraph import Augmentation, Distribution, apply, build, identity, zoo
from popgraph.errors import InvalidArgument, InvalidAugmentation, InvalidDistribution

pd = need("pandas")

# --- one population, in every form

TABLE = [[KERNEL[natural].get(view, Fraction(0)) for view in VIEWS] for natural in NATURALS]
DENSE = np.array(TABLE, dtype=float)

DISTRIBUTIONS = {
    "Distribution": Distribution(P),
    "fractions": P,
    "strings": {natural: str(p) for natural, p in P.items()},
    "floats": {natural: float(p) for natural, p in P.items()},
    "Series": pd.Series({natural: float(p) for natural, p in P.items()}),
    "Series of fractions": pd.Series(P),
    "with a zero": {"never": 0} | P,
}
AUGMENTATIONS = {
    "Augmentation": Augmentation(KERNEL.__getitem__),
    "of Distributions": Augmentation(lambda natural: Distribution(KERNEL[natural])),
    "callable": KERNEL.__getitem__,
    "mapping of mappings": KERNEL,
    "mapping of Distributions": {natural: Distribution(row) for natural, row in KERNEL.items()},
    "from_matrix": Augmentation.from_matrix(TABLE, NATURALS, VIEWS),
    "then the identity": Augmentation(KERNEL.__getitem__).then(identity()),
    "DataFrame": pd.DataFrame(DENSE, index=NATURALS, columns=VIEWS),
    "DataFrame, rows in another order": pd.DataFrame(DENSE[::-1], index=NATURALS[::-1], columns=VIEWS),
    "DataFrame of fractions": pd.DataFrame(TABLE, index=NATURALS, columns=VIEWS),
}
MATRICES = {
    "array": DENSE,
    "Fortran array": np.asfortranarray(DENSE),
    "float32": DENSE.astype(np.float32),
    "np.matrix": np.asmatrix(DENSE),
    "array of fractions": np.array(TABLE, dtype=object),
    "array of strings": np.array([[str(q) for q in row] for row in TABLE]),
    "nested list": DENSE.tolist(),
    "tuple of tuples": tuple(map(tuple, DENSE.tolist())),
    "list of fractions": TABLE,
    "list of strings": [[str(q) for q in row] for row in TABLE],
    "list of Decimals": [[Decimal(float(q)) for q in row] for row in TABLE],
    "list of all kinds": [["1/2", 0.5, 0], [0, Fraction(1, 4), Decimal("0.75")], [0, 0, 1]],
    **{
        kind.__name__: kind(DENSE)
        for kind in (
            sp.csr_array,
            sp.csc_array,
            sp.coo_array,
            sp.lil_array,
            sp.dok_array,
            sp.dia_array,
            sp.bsr_array,
            sp.csr_matrix,
            sp.csc_matrix,
            sp.coo_matrix,
        )
    },
}


def triple_sum(p: dict, kernel: dict) -> dict:
    """w_xx' = Σ_x̄ p(x̄) A(x|x̄) A(x'|x̄), by plain loops."""
    w: dict = {}
    for natural, weight in p.items():
        for (x, q), (y, r) in itertools.product(kernel[natural].items(), repeat=2):
            w[x, y] = w.get((x, y), 0) + weight * q * r
    return w


def check_reference(graph, naturals=NATURALS, views=VIEWS):
    """Hold a graph to the reference population, array by array."""
    assert list(graph.naturals) == list(naturals)
    assert list(graph.views) == list(views)
    np.testing.assert_allclose(graph.p, [float(p) for p in P.values()], rtol=1e-15)
    assert graph.kernel.toarray().tolist() == DENSE.tolist()
    w = triple_sum(P, KERNEL)
    expected = [[float(w.get((x, y), 0)) for y in VIEWS] for x in VIEWS]
    np.testing.assert_allclose(graph.w, expected, rtol=1e-15)
    np.testing.assert_allclose(graph.w_x, np.sum(expected, axis=1), rtol=1e-15)
    M = np.sqrt(graph.p)[:, None] * DENSE / np.sqrt(graph.w_x)
    np.testing.assert_allclose(graph.factor.toarray(), M, rtol=1e-14)


@pytest.mark.parametrize("augmentation", AUGMENTATIONS.values(), ids=AUGMENTATIONS)
@pytest.mark.parametrize("distribution", DISTRIBUTIONS.values(), ids=DISTRIBUTIONS)
def test_every_form_with_names_reaches_the_same_graph(distribution, augmentation):
    check_reference(build(distribution, augmentation))


@pytest.mark.parametrize("matrix", MATRICES.values(), ids=MATRICES)
@pytest.mark.parametrize("distribution", DISTRIBUTIONS.values(), ids=DISTRIBUTIONS)
def test_every_matrix_reaches_the_same_graph(distribution, matrix):
    check_reference(build(distribution, matrix, views=VIEWS))


@pytest.mark.parametrize("matrix", MATRICES.values(), ids=MATRICES)
@pytest.mark.parametrize("dtype", [float, object])
def test_a_probability_vector_counts_its_naturals_and_a_matrix_its_views(matrix, dtype):
    check_reference(build(np.array(list(P.values()), dtype=dtype), matrix), range(3), range(3))


def test_a_probability_vector_takes_its_names_from_the_rows_of_a_table():
    for name in ("DataFrame", "DataFrame of fractions"):
        check_reference(build(np.array(list(map(float, P.values()))), AUGMENTATIONS[name]))


@pytest.mark.parametrize(
    "sequence",
    [list, tuple, np.array, iter, dict.fromkeys, pd.Index],
    ids=["list", "tuple", "array of str", "iterator", "keys", "Index"],
)
def test_a_sequence_lists_equally_likely_naturals(sequence):
    names = sequence(["a", "b"])
    graph = build(names.keys() if isinstance(names, dict) else names, identity())
    assert graph.naturals == ("a", "b")
    assert [type(x) for x in graph.naturals] == [str, str]
    assert graph.population.distribution.fractions == {"a": Fraction(1, 2), "b": Fraction(1, 2)}


def test_numbers_in_a_list_are_outcomes_where_they_cannot_be_probabilities():
    assert build([0, 1], identity()).naturals == (0, 1)
    assert build([0.25, 1.5], identity()).naturals == (0.25, 1.5)
    assert build(range(3), identity()).p.tolist() == [1 / 3] * 3


WEIGHTS = {"dict": {"a": 3, "b": 2, "c": 1}, "Series": pd.Series({"a": 3, "b": 2, "c": 1})}
ROWS = {"a": {"x": 1, "y": 1}, "b": {"y": 1, "z": 3}, "c": {"z": 5}}
WEIGHT_TABLE = [[ROWS[natural].get(view, 0) for view in VIEWS] for natural in NATURALS]
WEIGHT_FORMS = {
    "mapping of mappings": ROWS,
    "DataFrame": pd.DataFrame(WEIGHT_TABLE, index=NATURALS, columns=VIEWS),
    **{
        f"{kind} {np.dtype(dtype).name}": (lambda A, kind=kind: A if kind == "array" else sp.csr_array(A))(
            np.array(WEIGHT_TABLE, dtype=dtype)
        )
        for kind in ("array", "csr")
        for dtype in (np.int64, np.int8, np.uint8, np.float64)
    },
    **{
        f"{form} of ints": sp.csr_array(WEIGHT_TABLE).asformat(form)
        for form in ("csc", "coo", "lil", "dok", "dia", "bsr")
    },
}


@pytest.mark.parametrize("weights", WEIGHTS.values(), ids=WEIGHTS)
@pytest.mark.parametrize("form", WEIGHT_FORMS)
def test_weights_are_normalised_when_asked_and_whole_ones_exactly(weights, form):
    named = form in ("mapping of mappings", "DataFrame")
    graph = build(weights, WEIGHT_FORMS[form], normalize=True, views=None if named else VIEWS)
    check_reference(graph)
    assert graph.is_exact == ("float" not in form)
    if graph.is_exact:
        assert graph.explain("y", "z").value == triple_sum(P, KERNEL)["y", "z"]


def test_weights_are_refused_when_not_asked():
    with pytest.raises(InvalidDistribution, match="sum to 6, not 1 .*normalize=True"):
        build(WEIGHTS["dict"], KERNEL)
    with pytest.raises(InvalidAugmentation, match="of 'a' is no distribution: .* sum to 2, not 1 .*normalize=True"):
        build(P, ROWS)
    with pytest.raises(
        InvalidAugmentation,
        match="3 of 3 kernel rows do not sum to 1: the row of 'a' to 2, the row of 'b' to 4, the row of 'c' to 5; pass n",
    ):
        build(P, WEIGHT_TABLE)


EXACT_FORMS = ["array of fractions", "array of strings", "list of fractions", "list of strings", "list of Decimals"]


@pytest.mark.parametrize("form", MATRICES)
def test_only_what_was_declared_exactly_is_exact(form):
    assert build(P, MATRICES[form], views=VIEWS).is_exact == (form in EXACT_FORMS)
    assert not build(DISTRIBUTIONS["floats"], MATRICES[form]).is_exact


@pytest.mark.parametrize("form", AUGMENTATIONS)
def test_fractions_stay_fractions_in_every_form(form):
    exact = form not in ("DataFrame", "DataFrame, rows in another order")
    graph = build(P, AUGMENTATIONS[form])
    assert graph.is_exact == exact
    value = graph.explain("y", "y").value
    assert isinstance(value, Fraction if exact else float)
    assert value == pytest.approx(float(triple_sum(P, KERNEL)["y", "y"]), rel=1e-15)


# --- any population, in several forms

weight_rows = st.integers(1, 4).flatmap(
    lambda width: st.lists(
        st.lists(st.integers(0, 3), min_size=width, max_size=width).filter(any), min_size=1, max_size=4
    )
)


@given(weight_rows, st.data())
def test_random_populations_have_the_w_of_the_triple_sum_in_every_form(rows, data):
    """w is the triple sum exactly; its total is 1; all forms agree to the bit on p and A."""
    weights = data.draw(st.lists(st.integers(1, 5), min_size=len(rows), max_size=len(rows)))
    law = Distribution(dict(enumerate(weights)), normalize=True)
    kernel = {i: Distribution({f"v{j}": q for j, q in enumerate(row)}, normalize=True) for i, row in enumerate(rows)}
    w = triple_sum(law.fractions, {i: row.fractions for i, row in kernel.items()})
    assert sum(w.values()) == 1
    names = [f"v{j}" for j in range(len(rows[0]))]
    matrix = np.array([[kernel[i].get(name, 0.0) for name in names] for i in range(len(rows))])
    settings = {"views": names, "drop_unreachable": True}
    graphs = [
        build(law, kernel),
        build(law, lambda i: kernel[i]),
        build(law, matrix, **settings),
        build(law, sp.coo_array(matrix), **settings),
        build(np.array(weights), np.array(rows), normalize=True, **settings),
        build(np.array(weights), sp.csc_array(np.array(rows)), normalize=True, **settings),
    ]
    for graph in graphs:
        assert set(graph.views) == {x for x, _ in w}
        for x, y in itertools.product(graph.views, repeat=2):
            assert graph.w[graph.index(x), graph.index(y)] == pytest.approx(float(w.get((x, y), 0)), rel=1e-14)
        A = {(i, view): graph.kernel[i, j] for i in range(graph.n) for j, view in enumerate(graph.views)}
        assert {key: q for key, q in A.items() if q} == {(i, x): q for i in kernel for x, q in kernel[i].items()}
        assert graph.p.tolist() == law.probabilities.tolist()


@given(st.lists(st.lists(st.integers(0, 6), min_size=1, max_size=4, unique=True), min_size=1, max_size=6))
def test_views_are_ordered_natural_by_natural_the_natural_itself_first(rows):
    """As the naturals, where they are these; else x̄ first, if it is a view of its own, then as declared, first seen first kept."""
    seen: list = []
    for natural, row in enumerate(rows):
        own_first = [x for x in row if x == natural] + [x for x in row if x != natural]
        seen += [x for x in own_first if x not in seen]
    if set(seen) == set(range(len(rows))):
        seen = list(range(len(rows)))
    graph = build(range(len(rows)), lambda natural: Distribution.uniform(rows[natural]))
    assert list(graph.views) == seen
    for i, row in enumerate(rows):
        assert {graph.views[j] for j in graph.kernel[[i]].indices} == set(row)


def test_the_originals_of_lightning_and_cloud_stand_in_rows_0_and_2():
    for graph in (zoo.lightning_cloud(), build(["l", "c"], apply(lambda x: x + "r", "1/3"))):
        assert graph.views[0] == graph.naturals[0]
        assert graph.views[2] == graph.naturals[1]
        assert graph.kernel.toarray().tolist() == [[2 / 3, 1 / 3, 0, 0], [0, 0, 2 / 3, 1 / 3]]


def test_the_columns_of_a_matrix_keep_their_order():
    graph = build(["a", "b"], [[0, 1, 0], ["1/2", 0, "1/2"]], views=["z", "a", "b"])
    assert graph.views == ("z", "a", "b")
    assert graph.kernel.toarray().tolist() == [[0, 1, 0], [0.5, 0, 0.5]]


# --- nothing is renormalised, nothing of the user's is touched


def test_floats_that_miss_one_are_kept_to_the_bit():
    p, row = np.array([0.1 + 1e-10, 0.2, 0.7]), [0.3, 0.7 - 1e-10]
    for kernel in (np.array([row] * 3), sp.csr_array(np.array([row] * 3)), lambda _: dict(enumerate(row))):
        graph = build(p, kernel)
        assert graph.p.tobytes() == p.tobytes()
        assert graph.kernel.data.tobytes() == np.array(row * 3).tobytes()
        np.testing.assert_allclose(graph.adjacency @ np.sqrt(graph.w_x), np.sqrt(graph.w_x), rtol=1e-15)
        np.testing.assert_allclose(graph.w.sum(axis=1), graph.w_x, rtol=1e-15)


@pytest.mark.parametrize("miss", [2e-9, -2e-9, 3e-8])
def test_floats_that_miss_one_by_more_are_refused_with_a_sum_that_is_not_1(miss):
    """The sum in the message must show by how much: "sums to 1, not 1" helps nobody."""
    with pytest.raises(InvalidAugmentation, match="of 'a' to (1.000|0.999).*normalize=True"):
        build(["a"], [[0.25, 0.75 + miss]])
    with pytest.raises(InvalidAugmentation, match="sum to (1.000|0.999).*, not 1.*normalize=True"):
        build(["a"], {"a": {"x": 0.25, "y": 0.75 + miss}})


def untidy(dtype=np.float64, form="csr"):
    """A sparse matrix with unsorted columns, duplicates, a stored zero and 64-bit indices."""
    rows, columns = np.array([0, 0, 0, 1, 1], dtype=np.int64), np.array([1, 0, 0, 1, 0], dtype=np.int64)
    data = np.array([2, 1, 1, 4, 0], dtype=dtype) if np.dtype(dtype).kind in "iu" else np.array([0.5, 0.25, 0.25, 1, 0])
    if form == "coo":
        return sp.coo_array((data.astype(dtype), (rows, columns)), shape=(2, 2))
    if form == "csc":  # the transpose of a csr_array is a csc_array
        return untidy(dtype).T
    return sp.csr_array((data.astype(dtype), columns, np.array([0, 3, 5], dtype=np.int64)), shape=(2, 2))


def arrays_of(matrix) -> list[np.ndarray]:
    return [matrix.data, *(matrix.coords if matrix.format == "coo" else (matrix.indices, matrix.indptr))]


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int64, np.int8, np.uint8])
@pytest.mark.parametrize("form", ["csr", "csc", "coo"])
def test_the_user_s_sparse_matrix_is_neither_tidied_nor_frozen(form, dtype):
    """scipy adds duplicates up in place in many of its methods, `sum` among them."""
    matrix, before = untidy(dtype, form), untidy(dtype, form)
    graph = build(np.array([0.5, 0.5]), matrix, normalize=True)
    for now, then in zip(arrays_of(matrix), arrays_of(before), strict=True):
        assert now.dtype == then.dtype
        assert now.tolist() == then.tolist()
        assert now.flags.writeable
    expected = [[0.5, 0.5], [0, 1]] if form != "csc" else [[1, 0], [1 / 3, 2 / 3]]
    np.testing.assert_allclose(graph.kernel.toarray(), expected, rtol=1e-15)
    assert graph.kernel.nnz == 3


@pytest.mark.parametrize("form", ["csr", "dense"])
def test_later_changes_of_the_user_s_arrays_change_nothing(form):
    p, dense, labels = np.array([0.5, 0.5]), np.array([[0.5, 0.5], [0.25, 0.75]]), np.array([0, 1])
    matrix = sp.csr_array(dense) if form == "csr" else dense
    graph = build(p, matrix, labels=labels)
    before = copy.deepcopy((graph.p, graph.kernel.toarray(), graph.labels))
    p[:], labels[:] = 9, 9
    (matrix.data if form == "csr" else matrix)[:] = 9
    for now, then in zip((graph.p, graph.kernel.toarray(), graph.labels), before, strict=True):
        assert now.tolist() == then.tolist()


@pytest.mark.parametrize(
    "matrix", [untidy(), untidy(form="coo"), untidy().tocsc(), untidy().toarray(), untidy().tolil()]
)
def test_results_have_32_bit_indices_whatever_came_in(matrix):
    graph = build(np.array([0.5, 0.5]), matrix)
    for matrix in (graph.kernel, graph.factor, graph.weight_matrix("csr")):
        assert matrix.format == "csr"
        assert (matrix.indices.dtype, matrix.indptr.dtype) == (np.int32, np.int32)
        assert matrix.has_canonical_format


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.int16, np.int64])
def test_duplicated_entries_of_a_sparse_matrix_are_added_without_overflow(dtype):
    """Each entry fits into the matrix's own type, and their sum does not."""
    entries = np.full(3, np.iinfo(dtype).max if dtype is not np.int64 else 2**62, dtype=dtype)
    matrix = sp.coo_array((entries, ([0, 0, 0], [0, 0, 1])), shape=(1, 2))
    graph = build(["a"], matrix, normalize=True)
    assert graph.kernel.toarray().tolist() == [[2 / 3, 1 / 3]]
    assert graph.explain(0, 1).value == Fraction(2, 9)


def test_drop_unreachable_leaves_out_columns_and_keeps_the_exact_entries():
    rows = [[0, "1/3", 0, "2/3"], [0, 0, 0, 1]]
    graph = build(["a", "b"], rows, views=list("pqrs"), drop_unreachable=True)
    assert graph.views == ("q", "s")
    assert graph.explain("q", "s").value == Fraction(1, 2) * Fraction(1, 3) * Fraction(2, 3)
    assert build(["a", "b"], rows, drop_unreachable=True).views == (1, 3)
    assert build(["a", "b"], sp.csr_array([[0, 1], [0, 1]]), drop_unreachable=True).is_exact


def test_a_natural_of_probability_zero_is_never_augmented():
    graph = build({"a": 1, "b": 0}, lambda natural: {"a": {"x": 1}}[natural])
    assert (graph.naturals, graph.views) == (("a",), ("x",))


def test_whole_numbers_too_large_for_64_bits_stay_exact():
    tiny = Fraction(1, 10**30)
    graph = build(["a"], {"a": {"x": tiny, "y": 1 - tiny}})
    assert graph.explain("x", "y").value == tiny * (1 - tiny)
    weights = [[2**62, 2**62, 1]]
    assert build(["a"], weights, normalize=True).explain(0, 2).value == Fraction(2**62, (2**63 + 1) ** 2)


def test_progress_may_be_a_callable_like_tqdm_s():
    seen = []

    def bar(items, total, desc):
        for item in items:
            seen.append((item, total))
            yield item

    assert build(["a", "b"], identity(), progress=bar).n == 2
    assert seen == [("a", 2), ("b", 2)]


@pytest.mark.parametrize("progress", [True, False, None])
def test_progress_changes_nothing_but_the_screen(progress, capsys):
    assert build(["a", "b"], identity(), progress=progress).n == 2
    assert capsys.readouterr().out == ""


# --- labels


def test_labels_may_be_a_sequence_or_a_mapping():
    for labels in (["m", "n", "m"], np.array(["m", "n", "m"]), {"c": "m", "b": "n", "a": "m"}):
        assert build(P, KERNEL, labels=labels).labels.tolist() == ["m", "n", "m"]
    assert build(P, KERNEL).labels is None


def test_a_series_of_labels_goes_by_its_index_like_one_of_probabilities():
    labels = pd.Series({"c": "z", "b": "y", "a": "x"})
    assert build(pd.Series(P), KERNEL, labels=labels).labels.tolist() == ["x", "y", "z"]


LABELS = [
    ([0, 1], "labels has shape (2,); 3 naturals need one label each, shape (3,)"),
    ([0, 1, 2, 3], "labels has shape (4,); 3 naturals need one label each, shape (3,)"),
    ([[0], [1], [2]], "labels has shape (3, 1); 3 naturals need one label each"),
    ("m", "3 naturals need one label each"),
    ({"a": 0, "c": 1}, "labels lacks 1 of 3 naturals ('b'); name each natural once, with None for one without a label"),
    ({}, "labels lacks 3 of 3 naturals ('a', 'b', 'c'); name each natural once"),
    ({"a": 0, "b": 1, "c": 2, "cc": 3}, "labels names 1 that is no natural ('cc')"),
]


@pytest.mark.parametrize(("labels", "message"), LABELS, ids=[message[:44] for _, message in LABELS])
def test_there_is_one_label_for_each_natural(labels, message):
    with pytest.raises(InvalidArgument, match=re.escape(message)):
        build(P, KERNEL, labels=labels)


def test_ragged_labels_are_refused_in_a_sentence():
    with pytest.raises(InvalidArgument, match="one label"):
        build(P, KERNEL, labels=[[0], [1, 2], [3]])


def test_labels_of_several_kinds_keep_their_kind():
    """numpy would write 1 as "1"."""
    assert build(P, KERNEL, labels=[1, "a", 1]).labels.tolist() == [1, "a", 1]


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", [float, int, bool, np.float32])
@pytest.mark.parametrize("zeros", [False, True])
def test_a_dense_kernel_without_zeros_is_read_as_one_with_zeros(order, dtype, zeros):
    A = np.random.default_rng(0).integers(1, 5, (3, 4)).astype(dtype)
    A[0, 1] = 0 if zeros else A[0, 1]
    graph = build(np.array([0.2, 0.3, 0.5]), np.asarray(A, order=order), normalize=True)
    np.testing.assert_array_equal(graph.kernel.toarray(), A / A.sum(axis=1, keepdims=True, dtype=float))
    assert graph.kernel.indices.dtype == graph.kernel.indptr.dtype == np.int32
    assert graph.kernel.nnz == np.count_nonzero(A)
    A[:] = 7  # the graph holds a copy
    assert graph.kernel.toarray().max() <= 1
