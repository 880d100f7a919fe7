"""Graphs in row blocks on a Dask cluster: values, certificate, verdicts and refusals of one machine; and dead workers."""

import copy
import os
import pickle
import re
import signal
from dataclasses import replace
from threading import Timer

import million
import numpy as np
import pytest
import scipy.sparse as sp
from extras import need

import popgraph as pg
from popgraph.basics.subspace import principal_angles
from popgraph.errors import (
    InvalidArgument,
    InvalidAugmentation,
    InvalidDistribution,
    InvalidEmbedding,
    PopgraphError,
    TooLarge,
)
from popgraph.losses.reading import READY

distributed = need("distributed")
need("dask.array")

K = million.CLUSTERS  # where the planted clusters' eigenvalues end


@pytest.fixture(scope="module")
def declared():
    naturals, augmentation = million.planted(1600)
    return pg.Distribution.uniform(naturals), augmentation


@pytest.fixture(scope="module")
def whole(declared):
    return pg.build(*declared)


@pytest.fixture(scope="module")
def blocks(declared, client):
    return pg.dask.build(*declared, rows=450, client=client)


@pytest.fixture(scope="module")
def spectrum(blocks):
    return blocks.spectrum(K, solver="blocks")


def same_graph(blocks, whole):
    assert (blocks.n, blocks.N, blocks.nnz) == (whole.n, whole.N, whole.kernel.nnz)
    assert tuple(blocks.views) == tuple(whole.views)
    np.testing.assert_allclose(blocks.w_x, whole.w_x, rtol=1e-13)  # sums in another order
    np.testing.assert_array_equal(blocks.components, whole.components)
    assert abs(blocks.collected() - whole.factor).max() < 1e-14


def test_blocks_that_the_workers_enumerate_make_the_graph_of_one_machine(blocks, whole):
    assert repr(blocks).endswith("in 4 blocks)")
    same_graph(blocks, whole)


def test_so_do_views_of_any_kind_matrices_functions_and_files(client, tmp_path):
    words = pg.apply(lambda word: word[1:] or "nothing", "1/3")  # no vectorised form; views that blocks share
    naturals = ["three", "hree", "ree", "four", "our", "x"]
    whole = pg.build(naturals, words)
    same_graph(pg.dask.build(naturals, words, rows=2, client=client), whole)
    A = whole.kernel
    same_graph(pg.dask.build(whole.p, A, views=whole.views, rows=4, client=client), whole)
    numbered = pg.build(whole.p, A)
    parts = [slice(0, 1), slice(1, 6)]
    same_graph(pg.dask.from_blocks(lambda i: (whole.p[parts[i]], A[parts[i]]), 2, client=client), numbered)
    paths = [tmp_path / f"{i}.npz" for i in range(2)]
    for path, part in zip(paths, parts, strict=True):
        sp.save_npz(path, sp.csr_array(A[part]))
    same_graph(pg.dask.from_files(paths, client=client), numbered)
    weights = np.array([0.5, 0.1, 0.1, 0.1, 0.1, 0.1])
    same_graph(pg.dask.from_files(paths, [weights[p] for p in parts], client=client), pg.build(weights, A))


def test_the_spectrum_is_that_of_one_machine_with_the_same_certificate(spectrum, whole):
    alone = whole.spectrum(K)
    np.testing.assert_allclose(spectrum.gamma, alone.gamma, atol=1e-12)
    angle = principal_angles(spectrum.eigenvectors, alone.eigenvectors).max()
    assert angle <= spectrum.certificate.angle_bound + alone.certificate.angle_bound
    assert spectrum.certificate.angle_bound < 1e-9
    for certificate in (spectrum.certificate, alone.certificate):
        assert certificate.excluded.endswith("for nothing above (it fails with probability below 1e-10)")
    exact = np.linalg.eigvalsh((whole.factor @ whole.factor.T).toarray())[::-1]
    assert spectrum.certificate.remainder <= exact[K] + 1e-12 <= spectrum.certificate.remainder_bound
    assert spectrum.clean_cuts[-1] == K


def test_the_same_blocks_give_the_same_bits(spectrum, blocks):
    again = blocks.spectrum(K, solver="blocks")
    np.testing.assert_array_equal(again.eigenvectors, spectrum.eigenvectors)


@pytest.mark.parametrize(
    ("graph", "k"),
    [
        (pg.zoo.lightning_cloud(), 1),  # fewer than components
        (pg.zoo.lightning_cloud(), 2),  # as many
        (pg.zoo.lightning_cloud(), 4),  # more than the rank
        (pg.zoo.hypercube(4, "1/10"), 3),  # a degenerate cut
        (pg.zoo.hypercube(4, "1/10"), 5),
        (pg.zoo.hypercube(4, "1/10"), 16),  # all of them
        (
            pg.zoo.planted_subclasses(3, 2, size=5, within="1/10", across=0),
            6,
        ),  # one eigenvalue, shared by three components
    ],
    ids=lambda case: repr(case),
)
def test_small_graphs_of_every_kind_of_cut(graph, k, client):
    alone = graph.spectrum(k)
    found = pg.dask.build(graph.p, graph.kernel, rows=3, client=client).spectrum(k, solver="blocks")
    np.testing.assert_allclose(found.gamma, alone.gamma, atol=1e-12)
    np.testing.assert_allclose(found.eigenvectors.T @ found.eigenvectors, np.eye(k), atol=1e-12)
    assert found.components == alone.components
    (low, high), (least, most) = found.gap_bounds, alone.gap_bounds
    assert max(low, least) <= min(high, most)
    if alone.gap > 1e-9:
        assert principal_angles(found.eigenvectors, alone.eigenvectors).max() < 1e-9


def test_m_multiplies_as_on_one_machine(blocks, whole):
    rng = np.random.default_rng(0)
    X, Z = rng.standard_normal((whole.N, 3)), rng.standard_normal((whole.n, 2))
    np.testing.assert_allclose(blocks.factor @ X, whole.factor @ X, atol=1e-13)
    np.testing.assert_allclose(blocks.factor.T @ Z, whole.factor.T @ Z, atol=1e-13)
    np.testing.assert_allclose(blocks.factor.T @ (blocks.factor @ X[:, 0]), blocks.products.gram(X[:, 0]), atol=1e-13)


def test_verdicts_are_those_of_one_machine(blocks, whole, spectrum, client):
    wrong = spectrum.embedding.copy()
    wrong[:, -1] = np.random.default_rng(0).standard_normal(whole.N)
    for f in (spectrum.embedding, wrong, spectrum.embedding[:, [0] * K]):
        here, there = pg.verify(whole, f), pg.verify(blocks, f, spectrum=spectrum)
        assert here.status is there.status
        np.testing.assert_allclose(here.angles, there.angles, atol=1e-8)
        assert here.optimal == there.optimal
        assert pg.verify(blocks, f, spectrum=spectrum).reason == there.reason  # the same bits
    cube = pg.zoo.hypercube(3)
    halves = pg.dask.build(cube.p, cube.kernel, rows=4, client=client)
    signs = np.array([[1 - 2 * bit for bit in view] for view in cube.views])
    digits = re.compile(r"\d\.\de-1\d")  # what rounding left
    for f, features in ((signs[:, :2], None), (np.column_stack([np.ones(8), signs[:, 0]]), None), (signs, signs)):
        here, there = pg.verify(cube, f, features=features), pg.verify(halves, f, features=features)
        assert (here.status, digits.sub("#", here.reason), here.family) == (
            there.status,
            digits.sub("#", there.reason),
            there.family,
        )


def test_pairs_drawn_from_blocks_judge_a_table_of_all_views(blocks, whole, spectrum):
    f = spectrum.embedding
    sampled = pg.verify_sampled(blocks, f, pairs=2_000, rng=0)
    exact = pg.losses.spectral.value(whole.factor, whole.w_x, f)
    assert sampled.longest_known
    assert sampled.rank == K
    assert sampled.loss.low <= exact <= sampled.loss.high


def test_training_ends_where_it_does_on_one_machine(client):
    graph = pg.zoo.planted_subclasses(2, 2, size=6)
    parts = pg.dask.build(graph.p, graph.kernel, rows=7, client=client)
    here, there = pg.train(graph, 2, rng=0), pg.train(parts, 2, rng=0, tol=1e-5)  # where Newton steps have begun
    assert there.converged
    assert there.loss[0] == pytest.approx(here.loss[0], abs=1e-13)
    assert there.loss[-1] == pytest.approx(
        -np.sum(graph.spectrum(2).gamma ** 2), abs=1e-9
    )  # of second order in the gradient
    assert pg.verify(parts, there, atol=1e-3)


# Memory of a worker, in bytes -> whether it keeps M, whether it takes all of M, and at most how many columns at a time. M takes
# 0.8 MB there, and one column of six copies 0.15 MB.
WAYS = {0.0: (True, True, 64), 5e6: (True, True, 8), 2e6: (False, True, 3), 4e5: (False, False, 0)}


@pytest.mark.parametrize(
    "memory", [pytest.param(memory, marks=pytest.mark.slow if memory == 4e5 else ()) for memory in WAYS]
)
def test_whatever_a_worker_can_hold_the_products_and_the_spectrum_are_the_same(memory, blocks, whole, spectrum):
    held, whole_factor, widest = WAYS[memory]
    products = replace(blocks.products, memory=memory)
    assert (products.panels is not None) == whole_factor
    if products.panels is not None:
        assert (products.panels.files.held, products.panels.widest) == (held, widest)
        assert products.by_naturals == held
    graph = replace(blocks, products=products)
    rng = np.random.default_rng(0)
    X, Z = rng.standard_normal((whole.N, 9)), rng.standard_normal((whole.n, 2))
    np.testing.assert_allclose(graph.gram(X), whole.gram(X), atol=1e-13)
    np.testing.assert_allclose(graph.factor @ X, whole.factor @ X, atol=1e-13)
    np.testing.assert_allclose(graph.factor.T @ Z, whole.factor.T @ Z, atol=1e-13)
    found = graph.spectrum(K, solver="blocks")
    np.testing.assert_allclose(found.gamma, spectrum.gamma, atol=1e-12)
    angle = principal_angles(found.eigenvectors, spectrum.eigenvectors).max()
    assert angle <= found.certificate.angle_bound + spectrum.certificate.angle_bound
    assert found.certificate.remainder_bound < 0.5


def test_the_bits_do_not_depend_on_how_many_workers_take_the_columns(blocks, spectrum):
    for workers in (1, 3, 7):
        graph = replace(blocks, products=replace(blocks.products, workers=workers))
        np.testing.assert_array_equal(graph.spectrum(K, solver="blocks").eigenvectors, spectrum.eigenvectors)


def test_an_m_with_far_more_entries_than_the_columns_is_shared_by_the_workers(blocks):
    dense = [replace(block, nnz=block.n * 3000) for block in blocks.products.blocks]
    assert replace(blocks.products, blocks=tuple(dense), memory=1e9).panels is not None  # it fits
    assert replace(blocks.products, blocks=tuple(dense), memory=1e7).panels is None


@pytest.mark.parametrize(
    ("gamma", "k"),
    [
        ([0.9] * 5 + [0.4] * 3, 6),  # repeated on both sides of the cut
        ([0.9] * 5 + [0.4] * 3, 8),  # a cut inside the repeated eigenvalue 0.4
        ([1 - 1e-9, 0.9, 1e-4, 1e-6], 4),  # beside the eigenvalue 1, and far below
        ([0.5 - 1e-10 * i for i in range(12)], 6),  # a cut in a crowd
    ],
    ids=str,
)
@pytest.mark.parametrize(
    "memory", [0.0, 3e7, pytest.param(6e4, marks=pytest.mark.slow)], ids=["kept", "mapped", "shared"]
)
def test_spectra_that_are_hard_to_tell_apart(gamma, k, memory, client, monkeypatch):
    """A kernel with these eigenvalues after 1: A = 1/m + V diag(√γ) Vᵀ on m views of equal weight, far from negative."""
    monkeypatch.setattr("popgraph.dask.products.MOST_ENTRIES_A_NUMBER", 1e9)  # whatever a dense M costs to read
    m = 512
    frequency = np.arange(1, len(gamma) + 1)
    waves = np.sqrt(2 / m) * np.cos(np.pi * np.outer(np.arange(m) + 0.5, frequency) / m)
    A = 1 / m + waves * (np.sqrt(gamma) / len(gamma)) @ waves.T
    graph = pg.dask.build(np.full(m, 1 / m), sp.csr_array(A), rows=200, client=client)
    products = replace(graph.products, memory=memory)
    assert [products.panels is not None, products.panels is not None and products.panels.files.held] == [
        memory != 6e4,
        memory == 0.0,
    ]
    found = replace(graph, products=products).spectrum(k, solver="blocks")
    exact = np.concatenate([[1.0], np.sort(np.array(gamma) / len(gamma) ** 2)[::-1], [0.0]])
    np.testing.assert_allclose(found.gamma, exact[:k], atol=1e-12)
    assert found.certificate.remainder <= exact[k] + 1e-12
    assert found.certificate.remainder_bound >= exact[k] - 1e-12


def test_a_graph_is_solved_here_where_its_m_is_small_and_few_workers_would_help(blocks, whole):
    def solver(**products):
        graph = replace(blocks, products=replace(blocks.products, **products))
        return graph.spectrum(K).solvers[0].solver

    assert solver() == whole.spectrum(K).solvers[0].solver
    assert solver(workers=5) == "blocks"
    columns = 8 * blocks.N * (K + 64)
    here = {nnz: replace(blocks, nnz=nnz)._fits_here(K) for nnz in (columns // 12, columns // 12 + 1)}
    assert list(here.values()) == [True, False]  # M takes as much as the columns, or more


@pytest.mark.parametrize("given", [{}, {"features": 5}, {"batch_size": 8}], ids=["table", "features", "batches"])
@pytest.mark.parametrize("loss", [*READY, pg.losses.InfoNCE(negatives=2)], ids=str)
def test_every_loss_is_trained_as_on_one_machine(loss, given, client):
    graph = pg.zoo.planted_subclasses(2, 2, size=3)
    parts = pg.dask.build(graph.p, graph.kernel, rows=5, client=client, labels=list(graph.labels))
    if "features" in given:
        given = {"features": np.random.default_rng(1).standard_normal((graph.N, given["features"]))}
    here, there = (pg.train(each, 2, loss=loss, rng=0, steps=3, **given) for each in (graph, parts))
    np.testing.assert_allclose(here.loss, there.loss, rtol=1e-8)
    np.testing.assert_allclose(here.f, there.f, atol=1e-6)
    assert pg.probe(parts, there).error == pytest.approx(pg.probe(graph, there).error)


def test_columns_go_in_panels_where_a_worker_cannot_take_them_at_once(blocks):
    X = np.random.default_rng(0).standard_normal((blocks.N, 7))
    few = replace(blocks.products, memory=8 * blocks.N * 4 * 2.0)
    assert few.panel(7) == 2
    np.testing.assert_allclose(few.gram(X), blocks.products.gram(X), atol=1e-13)
    with pytest.raises(TooLarge, match=r"one column of 3,200 views takes 25.6 kB, and a worker's limit is 10 kB"):
        replace(blocks.products, memory=1e4).gram(X)


def test_what_is_collected_must_be_small(blocks):
    with pytest.raises(TooLarge, match=r"M takes 1.2 GB, more than 268 MB; leave it in blocks"):
        replace(blocks, nnz=10**8).collected()


def one(*answers):
    return lambda i: answers[i]


REFUSED = {
    "negative": (one(([0.5], [[1.0, 0.0]]), ([0.5], [[1.5, -0.5]])), "block 1: the kernel matrix has negative entries"),
    "not finite": (one(([1.0], [[np.nan, 1.0]])), "block 0: the kernel matrix has entries that are not finite"),
    "no kernel": (one(([1.0], [[0.5, 0.4]])), "block 0: 1 of 1 kernel rows do not sum to 1: the row of 0 to 0.9"),
    "p": (one(([0.5], [[1.0]]), ([0.4], [[1.0]])), "the p of 2 blocks sum to 0.9, not 1"),
    "p of a natural": (
        one(([1.0, 0.0], [[1.0], [1.0]])),
        "1 naturals have a p that is not positive and finite: 0.0 of row 1",
    ),
    "shape": (one(([1.0], [[1.0], [1.0]])), "block 0: the kernel matrix has shape (2, 1), p (1,)"),
    "widths": (one(([0.5], [[1.0]]), ([0.5], [[0.5, 0.5]])), "block 0 has 1 columns, and block 1 2"),
    "unreachable": (one(([1.0], [[1.0, 0.0]])), "1 of 2 columns are reached from no natural, so they are no views: 1"),
    "views": (one(([0.5], [[1.0]], ["a"]), ([0.5], [[1.0]])), "block 1 names no views, and others do"),
    "too few views": (one(([1.0], [[0.5, 0.5]], ["a"])), "block 0: the kernel matrix has 2 columns; 1 views name them"),
    "repeated views": (one(([1.0], [[0.5, 0.5]], ["a", "a"])), "block 0: views are duplicated: 'a' (2 times)"),
    "no block": (one([1.0]), "block 0: a block is (p, A) or (p, A, views)"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_block_that_is_none_is_refused_by_number(case, client):
    source, message = REFUSED[case]
    count = len(source.__closure__[0].cell_contents)
    with pytest.raises(PopgraphError) as error:
        pg.dask.from_blocks(source, count, client=client)
    assert message in str(error.value)
    assert isinstance(error.value, InvalidArgument)


def test_declarations_are_refused_as_on_one_machine(client):
    bad = {"a": {"x": 1.0}, "b": {"x": 0.5}}
    with pytest.raises(InvalidAugmentation) as here:
        pg.build(["a", "b"], bad)
    with pytest.raises(InvalidAugmentation) as there:
        pg.dask.build(["a", "b"], bad, rows=1, client=client)
    assert str(there.value) == f"block 1: {here.value}"
    with pytest.raises(InvalidAugmentation, match=r"has shape \(1, 2\); 2 naturals need 2 rows"):
        pg.dask.build(["a", "b"], np.array([[0.5, 0.5]]), client=client)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda g, c, t: pg.dask.build([0], pg.identity(), rows=0, client=c), "rows is 0"),
        (
            lambda g, c, t: pg.dask.build([0], pg.identity(), client="me"),
            "client is 'me'; give a dask.distributed.Client",
        ),
        (lambda g, c, t: pg.dask.build([0], pg.identity(), client=c, store=t), "is not empty; give a new directory"),
        (lambda g, c, t: pg.dask.build([0], pg.identity(), client=c, views=["a"]), "views= lacks 1 of 1 views"),
        (lambda g, c, t: pg.dask.build([0], [[1.0]], client=c, views=["a", "b"]), "has 1 columns; views= names 2"),
        (lambda g, c, t: pg.dask.from_blocks(lambda i: i, 0, client=c), "count is 0"),
        (lambda g, c, t: pg.dask.from_blocks("source", 1, client=c), "source is 'source'"),
        (lambda g, c, t: pg.dask.from_files([t / "no.npz"], client=c), "1 of 1 files are not there"),
        (lambda g, c, t: pg.dask.from_files([], client=c), "there are no files"),
        (lambda g, c, t: g.spectrum(0), "k is 0"),
        (
            lambda g, c, t: g.spectrum(1, solver="dense"),
            'solver is \'dense\'; it must be "blocks" or "collected"',
        ),
        (lambda g, c, t: pg.train(g, 1, steps=0), "steps is 0"),
        (lambda g, c, t: pg.train(g, 1, tol=0), "tol is 0"),
        (lambda g, c, t: pg.train(g, 1, start=np.ones((g.N, 2))), "start has shape (3200, 2)"),
    ],
)
def test_wrong_arguments_are_refused(call, message, blocks, client, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(InvalidArgument) as error:
        call(blocks, client, tmp_path)
    assert message in str(error.value)
    of_views = any(word in message for word in ("columns", "views="))
    assert of_views or not isinstance(error.value, InvalidDistribution | InvalidAugmentation)
    assert not isinstance(error.value, InvalidEmbedding) or "start" in message


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows has no signal that kills")
def test_a_worker_killed_in_the_middle_loses_nothing(declared, blocks, spectrum, monkeypatch):
    """On a LocalCluster of its own, of two processes: the bits of the result are those of the undisturbed run."""
    with pg.dask.build(*declared, rows=450) as graph:
        cluster = graph.products.cluster
        before = cluster.client.run(os.getpid)
        assert os.getpid() not in before.values()
        steps, inner = [], type(cluster).step

        def step(self, job, what):
            steps.append(what)
            if steps.count("a filter of Ā") == 2 and what == "a filter of Ā":  # 50 ms after it began
                Timer(0.05, os.kill, (next(iter(before.values())), signal.SIGKILL)).start()
            return inner(self, job, what)

        monkeypatch.setattr(type(cluster), "step", step)
        # as many workers as the other cluster has: the chunks are the same
        object.__setattr__(graph, "products", replace(graph.products, workers=blocks.products.workers))
        killed = graph.spectrum(K, solver="blocks")
        cluster.client.wait_for_workers(len(before), timeout=60)
        after = cluster.client.run(os.getpid)
    assert steps.count("a filter of Ā") > 1
    assert steps[-1] != "a filter of Ā"
    assert set(after.values()) != set(before.values())
    np.testing.assert_array_equal(killed.gamma, spectrum.gamma)
    np.testing.assert_array_equal(killed.eigenvectors, spectrum.eigenvectors)


# ---------------------------------------------------------------- the order of views
NOTES = ["C", "C#", "D", "D#", "E", "F"]
CELLS = [(1, 0), (0, 0), (1, 1), (0, 1)]


def third_up(note):
    return NOTES[(NOTES.index(note) + 2) % 6]


ORDERED = {
    "words": (NOTES, pg.apply(third_up, "1/4")),
    "tuples": (CELLS, pg.independently(pg.apply(lambda b: 1 - b, "1/4"))),
    "a block that is its own naturals": ("abc", {"a": {"a": 0.5, "c": 0.5}, "b": {"b": 1}, "c": {"c": 0.5, "d": 0.5}}),
}


@pytest.mark.parametrize("rows", [1, 2, 3, 10])
@pytest.mark.parametrize("declared_in_order", ORDERED.values(), ids=ORDERED)
def test_views_stand_in_the_order_of_the_graph_in_memory_however_many_blocks(client, declared_in_order, rows):
    naturals, augmentation = list(declared_in_order[0]), declared_in_order[1]
    graph = pg.dask.build(naturals, augmentation, rows=rows, client=client)
    memory = pg.build(naturals, augmentation)
    assert list(graph.views) == list(memory.views)
    assert graph.w_x == pytest.approx(memory.w_x)
    order = list(reversed(memory.views))
    asked = pg.dask.build(naturals, augmentation, rows=rows, client=client, views=order)
    assert list(asked.views) == order
    assert asked.w_x == pytest.approx(memory.w_x[::-1])
    assert np.abs(asked.spectrum(2).gamma - memory.spectrum(2).gamma).max() < 1e-9
    with pytest.raises(InvalidAugmentation, match="views= names 1 that is no view"):
        pg.dask.build(naturals, augmentation, rows=rows, client=client, views=[*order, "no"])


def test_a_graph_whose_cluster_is_closed_says_so_and_can_be_expanded():
    here = {"processes": False, "n_workers": 1, "threads_per_worker": 1, "dashboard_address": ":0"}
    with distributed.Client(**here, set_as_default=False) as own:
        flips = pg.independently(pg.apply(lambda bit: 1 - bit, "1/4"))
        graph = pg.dask.build([(0, 0), (0, 1), (1, 0), (1, 1)], flips, client=own)
        V = graph.spectrum(2).eigenvectors
    calls = [
        lambda: graph.gram(V),
        lambda: graph.kernel @ V,
        lambda: graph.spectrum(2, solver="blocks"),
        lambda: pg.train(graph, 2, rng=0),
        lambda: pg.dask.build([0, 1], pg.identity(), client=own),
    ]
    for call in calls:
        with pytest.raises(InvalidArgument, match="^the dask cluster of this graph is closed; build the graph again"):
            call()
    np.testing.assert_allclose(graph.expand().gram(V), V * graph.spectrum(2).gamma, atol=1e-12)


def test_a_graph_in_blocks_is_not_pickled(blocks):
    for send in (pickle.dumps, copy.deepcopy):
        with pytest.raises(InvalidArgument, match=r"cannot be pickled or deeply copied; use its .expand\(\), or save"):
            send(blocks)
    assert copy.copy(blocks) is blocks


def test_columns_that_this_process_cannot_hold_are_refused_before_they_are_made(blocks, monkeypatch):
    monkeypatch.setattr("popgraph.basics.memory.available", lambda: 7e7)
    monkeypatch.setattr("popgraph.basics.memory.UNASKED_BYTES", 0)
    with pytest.raises(
        TooLarge, match=r"the columns of a search among 3,200 views for 32 pairs needs .*; use a smaller k"
    ):
        blocks.spectrum(K, solver="blocks")
