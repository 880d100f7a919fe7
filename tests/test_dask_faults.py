"""What goes wrong on a cluster: a disk that fills, a worker that dies, nobody to work, an interrupt. Nothing written is lost."""

import errno
import os
import signal
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from extras import need

import popgraph as pg
from popgraph.dask import actions, store
from popgraph.dask import cluster as dask_cluster
from popgraph.errors import InvalidArgument, TooLarge

distributed = need("distributed")
need("dask.array")

HERE = {"processes": False, "threads_per_worker": 1, "dashboard_address": ":0"}
FLIPS = pg.independently(pg.apply(lambda bit: 1 - bit, "1/10"))
CUBE = [tuple(int(bit) for bit in f"{i:06b}") for i in range(64)]
WAYS = {
    "panels": 0.0,
    "blocks": 8.0 * 64 * 12,
}  # memory: 0 is no limit; of the other, a quarter is no six columns, but one


@pytest.fixture(params=WAYS)
def graph(request, client, tmp_path):
    graph = pg.dask.build(CUBE, FLIPS, rows=20, client=client, store=tmp_path / "blocks")
    products = replace(graph.products, memory=WAYS[request.param])
    assert (products.panels is None) == (request.param == "blocks")
    return replace(graph, products=products)


def files(graph):
    return {path.name: path.read_bytes() for path in Path(graph.products.directory).rglob("*") if path.is_file()}


def full_disk(monkeypatch, which):
    """Let the files that `which` names be written to /dev/full, where the system says that no space is left."""
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    opened = Path.open

    def somewhere(self, mode="r", buffering=-1, **options):
        target = Path("/dev/full") if mode == "wb" and which(self.name) else self
        return opened(target, mode, buffering, **options)

    monkeypatch.setattr(Path, "open", somewhere)


@pytest.mark.parametrize("which", ["given", "panel", "columns"])
def test_a_disk_that_fills_during_a_product_is_named_and_nothing_is_lost(graph, which, monkeypatch):
    f = np.random.default_rng(0).standard_normal((graph.N, 3))
    before, product = files(graph), graph.gram(f)
    with monkeypatch.context() as full:
        full_disk(full, lambda name: name.startswith(which))
        if (which == "columns") == (graph.products.panels is None):
            with pytest.raises(TooLarge) as error:
                graph.gram(f)
            assert f"the disk of {graph.products.directory}" in str(error.value)
            assert "is full (No space left on device)" in str(error.value)
            assert "bytes were to be written, and" in str(error.value) or "kB were to be written" in str(error.value)
            assert "build the graph with store= a directory on a larger disk" in str(error.value)
    assert files(graph) == before
    np.testing.assert_array_equal(graph.gram(f), product)


@pytest.mark.parametrize("which", ["raw", "numbers", "M", "w_x", "A"])
def test_a_disk_that_fills_during_a_build_leaves_the_directory_ready_for_another_try(
    client, tmp_path, which, monkeypatch
):
    def build():
        return pg.dask.build(CUBE, FLIPS, rows=20, client=client, store=tmp_path)

    with monkeypatch.context() as full:
        full_disk(full, lambda name: f".{which}." in name)
        with pytest.raises(TooLarge, match="the disk of .* is full"):
            build()
    assert list(tmp_path.iterdir()) == []
    assert build().N == 64


def test_a_limit_on_the_size_of_files_counts_as_a_full_disk_and_other_errors_do_not(tmp_path, monkeypatch):
    for number in (errno.ENOSPC, errno.EFBIG, errno.EACCES):

        def refuse(*at, number=number):
            raise OSError(number, os.strerror(number))

        with monkeypatch.context() as faulty:
            faulty.setattr(store.os, "replace", refuse)
            with pytest.raises(OSError if number == errno.EACCES else TooLarge):
                store.write_array(tmp_path / "x", np.ones(3), "f8")
        assert list(tmp_path.iterdir()) == []


def test_an_interrupt_cancels_what_runs_and_clears_what_was_sent(graph, monkeypatch):
    f = np.random.default_rng(0).standard_normal((graph.N, 3))
    before, product = files(graph), graph.gram(f)
    started, go_on = threading.Event(), threading.Event()
    inner = store.factor

    def slow(*at):
        started.set()
        go_on.wait(30)
        return inner(*at)

    def interrupt():
        started.wait(30)
        os.kill(os.getpid(), signal.SIGINT)

    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with monkeypatch.context() as slowed:
            for module in (store, pg.dask.graph.store, actions.store):
                slowed.setattr(module, "factor", slow)
            slowed.setattr("popgraph.dask.products.factor", slow)
            slowed.setattr("popgraph.dask.factor._Held.files", None)  # so that M is read again
            slowed.setattr(
                store, "complete_factor", lambda *at, read=store.complete_factor: slow(at[0], 0) and read(*at)
            )
            threading.Thread(target=interrupt).start()
            with pytest.raises(KeyboardInterrupt):
                graph.gram(f)
            go_on.set()
    finally:
        go_on.set()
        signal.signal(signal.SIGINT, handler)
    np.testing.assert_array_equal(graph.gram(f), product)  # after which the workers are idle again
    assert files(graph) == before


def test_where_no_worker_is_left_that_is_said_and_work_goes_on_when_one_comes(monkeypatch):
    monkeypatch.setattr(dask_cluster, "WORKER_TIMEOUT", 0.5)
    monkeypatch.setattr(dask_cluster, "SECONDS_BETWEEN_LOOKS", 0.1)
    with distributed.Client(**HERE, n_workers=1, set_as_default=False) as own:
        graph = pg.dask.build(CUBE, FLIPS, rows=20, client=own)
        f = np.ones((graph.N, 2))
        product = graph.gram(f)
        own.cluster.scale(0)
        while own.nthreads():
            pass
        for call in (lambda: graph.gram(f), lambda: pg.dask.build([0, 1], pg.identity(), client=own)):
            with pytest.raises(
                InvalidArgument, match=r"has had no worker for 0.5 seconds; start workers, and call again"
            ):
                call()
        own.cluster.scale(1)
        own.wait_for_workers(1, timeout=30)
        np.testing.assert_array_equal(graph.gram(f), product)


def test_workers_are_counted_while_the_client_looks_for_itself(client, monkeypatch):
    """The client looks at the scheduler every two seconds for no worker, and may do so between a question and its answer."""
    asked = distributed.Client._update_scheduler_info

    async def overtaken(self, n_workers=0):
        await asked(self, n_workers)
        await asked(self)

    monkeypatch.setattr(distributed.Client, "_update_scheduler_info", overtaken)
    assert client.scheduler_info(n_workers=-1)["workers"] == {}
    cluster = dask_cluster.Cluster(client)
    assert set(cluster.workers()) == set(client.nthreads())
    assert cluster.tasks == sum(client.nthreads().values())
    assert cluster.memory_a_task > 0


def test_the_only_worker_that_dies_while_it_is_asked_about_is_waited_for(client, monkeypatch):
    cluster = dask_cluster.Cluster(client)
    answers = iter([{}, cluster._known_workers()])
    monkeypatch.setattr(dask_cluster.Cluster, "_known_workers", lambda self: next(answers))
    assert cluster.tasks == 2
