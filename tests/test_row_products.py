"""Products of csr arrays divided among threads: scipy's product, the same bits on any number of threads, and clear endings."""

import multiprocessing
import sys
import threading
import time
import weakref
from itertools import pairwise

import numpy as np
import pytest
import scipy.sparse as sp

import popgraph as pg
from popgraph.basics import products
from popgraph.basics.products import Rows, Team, row_blocks, side_by_side, summed


def sparse(rows, columns, entries, seed=0, dtype=np.float64):
    rng = np.random.default_rng(seed)
    where = rng.integers(0, rows, entries), rng.integers(0, columns, entries)
    return sp.csr_array((rng.standard_normal(entries), where), shape=(rows, columns)).astype(dtype)


@pytest.fixture
def small_parts(monkeypatch):
    """Parts and thresholds so small that a test's array is divided."""
    monkeypatch.setattr(products, "ENTRIES_A_PART", 50)
    monkeypatch.setattr(products, "THREADED_OPERATIONS", 0)


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("cores", [1, 2, 5])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_product_is_scipys_bit_by_bit(monkeypatch, cores, dtype):
    monkeypatch.setattr(products, "core_count", lambda: cores)
    matrix, rng = sparse(300, 200, 5_000, dtype=dtype), np.random.default_rng(1)
    rows = Rows(matrix)
    assert len(rows.parts) > 20
    for X in (
        rng.standard_normal(200),
        rng.standard_normal((200, 7)),
        np.asfortranarray(rng.standard_normal((200, 3))),
    ):
        for each in (X, X.astype(np.float32)):
            product = rows(each)
            assert product.dtype == (matrix @ each).dtype
            np.testing.assert_array_equal(product, matrix @ np.ascontiguousarray(each))


@pytest.mark.usefixtures("small_parts")
def test_rows_of_very_different_length_and_empty_ones(monkeypatch):
    monkeypatch.setattr(products, "core_count", lambda: 3)
    lengths = np.array([0, 0, 400, 1, 0, 3, 0, 0, 500, 0])
    indptr = np.concatenate([[0], np.cumsum(lengths)])
    rng = np.random.default_rng(0)
    indices = np.concatenate([np.sort(rng.choice(600, each, replace=False)) for each in lengths])
    matrix = sp.csr_array((rng.standard_normal(indptr[-1]), indices, indptr), shape=(10, 600))
    X = rng.standard_normal((600, 2))
    np.testing.assert_array_equal(Rows(matrix)(X), matrix @ X)
    np.testing.assert_array_equal(Rows(sp.csr_array((4, 600)))(X), np.zeros((4, 2)))


@pytest.mark.usefixtures("small_parts")
def test_a_population_multiplies_by_its_adjacency_on_any_number_of_threads(monkeypatch):
    graph = pg.zoo.clusters(count=3, naturals=40, views=60, degree=8, rng=0)
    X = np.random.default_rng(0).standard_normal((graph.N, 4))
    alone = graph.gram(X)
    np.testing.assert_allclose(alone, graph.adjacency @ X, atol=1e-14)
    monkeypatch.setattr(products, "core_count", lambda: 4)
    assert pg.build(graph.p, graph.kernel).gram(X).tobytes() == alone.tobytes()


def test_an_m_with_too_many_entries_to_turn_is_multiplied_as_it_is(monkeypatch):
    module = sys.modules["popgraph.populations.factored_views"]
    graph = pg.zoo.hypercube(3)
    X = np.random.default_rng(0).standard_normal((8, 2))
    monkeypatch.setattr(module, "MAX_ENTRIES_TRANSPOSED", 0)
    np.testing.assert_allclose(pg.zoo.hypercube(3).gram(X), graph.adjacency @ X, atol=1e-14)


def test_the_failure_of_a_job_is_raised_once_all_threads_have_ended(monkeypatch):
    monkeypatch.setattr(products, "core_count", lambda: 3)
    done = []

    def job(at):
        def run():
            done.append(at)
            time.sleep(0.0001)
            if at == 5:
                raise ZeroDivisionError("mine")
            return at

        return run

    before = threading.active_count()
    with pytest.raises(ZeroDivisionError, match="mine"):
        side_by_side([job(at) for at in range(1_000)])
    assert threading.active_count() <= before
    assert len(done) < 1_000
    assert side_by_side([job(at) for at in range(6, 100)]) == list(range(6, 100))
    assert side_by_side([]) == []


@pytest.fixture
def team_of_three(monkeypatch):
    monkeypatch.setattr(products, "core_count", lambda: 3)
    return Team()


def test_a_team_does_all_jobs_side_by_side_again_and_again(team_of_three):
    barrier, done = threading.Barrier(3, timeout=30), []

    def meet():
        barrier.wait()  # which nobody passes alone
        done.append(threading.current_thread())

    for _ in range(20):
        team_of_three.run([meet] * 3)
    assert len(set(done)) == 3
    team_of_three.run([lambda: done.clear()])
    assert done == []


@pytest.mark.parametrize("at", [0, 1, 2])
def test_the_failure_of_one_of_a_team_is_raised_once_all_have_ended(team_of_three, at):
    done = []

    def job(place):
        def run():
            if place == at:
                raise KeyboardInterrupt("mine") if at == 0 else ZeroDivisionError("mine")
            time.sleep(0.01)
            done.append(place)

        return run

    with pytest.raises((KeyboardInterrupt, ZeroDivisionError), match="mine"):
        team_of_three.run([job(place) for place in range(3)])
    assert sorted(done) == sorted({0, 1, 2} - {at})
    matrix, x = sparse(30, 20, 300), np.ones(20)
    np.testing.assert_array_equal(Rows(matrix, team_of_three)(x), matrix @ x)  # nothing is left of it


def test_the_threads_of_a_team_end_with_it_and_keep_no_array(monkeypatch):
    monkeypatch.setattr(products, "core_count", lambda: 3)
    matrix = sparse(300, 200, 5_000)
    rows = Rows(matrix, Team())
    threads = list(rows.team.threads)
    assert [thread.is_alive() for thread in threads] == [True, True]
    x = np.ones(200)
    np.testing.assert_array_equal(rows(x), matrix @ x)
    kept = weakref.ref(x)
    del x
    end = time.monotonic() + 30
    while kept() is not None and time.monotonic() < end:
        time.sleep(0.001)
    assert kept() is None
    del rows
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()


def multiplied_in_child(rows, x, pipe):
    pipe.send(rows(x))


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="there is no fork on this system")
def test_a_team_that_a_forked_process_inherits_leaves_the_jobs_to_it(team_of_three):
    matrix, x = sparse(300, 200, 5_000), np.ones(200)
    rows = Rows(matrix, team_of_three)
    here = rows(x)
    context = multiprocessing.get_context("fork")
    receive, send = context.Pipe(duplex=False)
    child = context.Process(target=multiplied_in_child, args=(rows, x, send))
    child.start()
    assert receive.poll(60)
    np.testing.assert_array_equal(receive.recv(), here)
    child.join(60)
    assert child.exitcode == 0


def test_an_interrupt_waits_for_the_others_and_passes_through(monkeypatch):
    monkeypatch.setattr(products, "core_count", lambda: 2)
    main = threading.current_thread()

    def job():
        time.sleep(0.001)
        if threading.current_thread() is main:
            raise KeyboardInterrupt

    before = threading.active_count()
    with pytest.raises(KeyboardInterrupt):
        side_by_side([job] * 50)
    assert threading.active_count() <= before  # less where threads of an earlier team have ended meanwhile


def test_sums_are_added_up_in_the_order_of_the_blocks(monkeypatch):
    X = np.random.default_rng(0).standard_normal((70_000, 3)) * 10.0 ** np.arange(3)
    blocks = row_blocks(*X.shape)
    assert len(blocks) > 3
    assert blocks[0].start == 0
    assert blocks[-1].stop == len(X)
    assert all(one.stop == other.start for one, other in pairwise(blocks))
    results = []
    for cores in (1, 2, 4):
        monkeypatch.setattr(products, "core_count", lambda cores=cores: cores)
        results.append(summed(blocks, lambda rows: (X[rows].T @ X[rows], float(X[rows].sum()))))
    np.testing.assert_allclose(results[0][0], X.T @ X, rtol=1e-12)
    for result in results[1:]:
        assert result[0].tobytes() == results[0][0].tobytes()
        assert result[1] == results[0][1]


def product_in_child(graph, X, pipe):
    """In a forked process, where threads of the parent are gone."""
    pipe.send(graph.gram(X))


@pytest.mark.usefixtures("small_parts")
@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="there is no fork on this system")
def test_a_forked_process_multiplies_too(monkeypatch):
    monkeypatch.setattr(products, "core_count", lambda: 2)
    graph = pg.zoo.clusters(count=3, naturals=40, views=60, degree=8, rng=0)
    X = np.random.default_rng(0).standard_normal((graph.N, 4))
    here = graph.gram(X)
    context = multiprocessing.get_context("fork")
    receive, send = context.Pipe(duplex=False)
    child = context.Process(target=product_in_child, args=(graph, X, send))
    child.start()
    assert receive.poll(60)
    np.testing.assert_array_equal(receive.recv(), here)
    child.join(60)
    assert child.exitcode == 0
