"""Ctrl-C at any point: `KeyboardInterrupt` comes out, and what was there before works as if nothing had happened."""

import copy
import importlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from inspect import CO_GENERATOR
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cases import block_diagonal
from extras import need
from test_sharing import arrays

import popgraph as pg
from popgraph import images, zoo
from popgraph.basics import extras
from popgraph.spectrum.solvers import gram

PACKAGE = str(Path(pg.__file__).parent)
POINTS = 24  # interruptions of each operation, spread over its run


@pytest.fixture(autouse=True)
def python_hears_the_signal():
    """Let Ctrl-C raise, also where a shell started the tests in its background and had it ignored, as a child then would."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


class Interrupter:
    """Count the calls and returns of the package's own code, and raise at one of them; without a number, only count."""

    def __init__(self, at: int | None = None) -> None:
        self.at, self.seen = at, 0

    def __call__(self, frame: Any, event: str, argument: Any) -> None:
        if not frame.f_code.co_filename.startswith(PACKAGE) or (
            event == "return" and frame.f_code.co_flags & CO_GENERATOR
        ):
            return  # a generator that is thrown away is closed by Python, which hears no exception there
        if frame.f_code.co_name == "<genexpr>":
            return
        self.seen += 1
        if self.seen == self.at:
            sys.setprofile(None)
            raise KeyboardInterrupt

    def __enter__(self) -> "Interrupter":
        sys.setprofile(self)
        return self

    def __exit__(self, *error: object) -> None:
        sys.setprofile(None)


def bits(value: Any) -> tuple[str, tuple[bytes, ...]]:
    return str(value), tuple(array.tobytes() for array in arrays(value, set()))


def by_callable() -> Callable[[], Any]:
    law = pg.Distribution.uniform(range(12))
    steps = pg.Augmentation(lambda i: {(i + 1) % 12: "1/3", i: "2/3"}, "step")
    return lambda: (pg.build(law, steps.repeat(2)), law, steps.table(range(3)))


def by_batches() -> Callable[[], Any]:
    pictures = [pg.images.Image(np.eye(4, dtype=int)), pg.images.Image(np.tri(4, dtype=int))]
    turns = images.rotate().then(images.flip())
    return lambda: pg.build(pictures, turns)


def by_letters() -> Callable[[], Any]:
    law = pg.Distribution.uniform([(a, b) for a in "xyz" for b in (None, "q")])
    change = pg.independently(pg.apply(lambda letter: "m", "1/4"))
    return lambda: pg.build(law, change)


def of(
    make: Callable[[], pg.PopulationGraph], ask: Callable[[pg.PopulationGraph], Any]
) -> Callable[[], Callable[[], Any]]:
    """An operation on a new graph, that can be asked for again and again."""

    def prepared() -> Callable[[], Any]:
        graph = make()
        return lambda: ask(graph)

    return prepared


def ring() -> pg.PopulationGraph:
    return zoo.ring(40)


def blocks() -> pg.PopulationGraph:
    A = block_diagonal([zoo.hypercube(3).kernel, zoo.ring(5).kernel, [[0.5, 0.5]]])
    return pg.build(np.full(A.shape[0], 1 / A.shape[0]), A)


def cube() -> pg.PopulationGraph:
    return zoo.hypercube(3)


TABLE = np.random.default_rng(0).standard_normal((8, 2))
OPERATIONS: dict[str, Callable[[], Callable[[], Any]]] = {
    "enumerate a callable": by_callable,
    "enumerate batches": by_batches,
    "enumerate letters": by_letters,
    "components": of(blocks, lambda graph: (graph.components, graph.component_count)),
    "dense": of(blocks, lambda graph: graph.spectrum(7)),
    "iterative": of(ring, lambda graph: graph.spectrum(4, solver="iterative")),
    "a class": of(cube, lambda graph: graph.spectrum(2, features=lambda view: [1.0, *view])),
    "train": of(cube, lambda graph: pg.train(graph, 3, rng=0)),
    "train on batches": of(cube, lambda graph: pg.train(graph, 2, rng=0, steps=30, batch_size=8)),
    "verify": of(cube, lambda graph: pg.verify(graph, TABLE)),
    "verify by pairs": of(cube, lambda graph: pg.verify_sampled(graph, TABLE, pairs=200, rng=0)),
    "exact head": of(cube, lambda graph: pg.probe(graph, TABLE, head="exact")),
    "exact graph": of(
        cube, lambda graph: (graph.exact().eigenvalues, graph.exact().verify([[1, 0]] * 4 + [[0, 1]] * 4))
    ),
    "partition": of(cube, lambda graph: pg.sparsest_partition(graph, 3)),
    "clusters": of(blocks, lambda graph: pg.spectral_clusters(graph, 3, rng=0, restarts=2)),
    "text": of(blocks, lambda graph: (str(graph), graph.index(0), graph.explain(0, 0))),
    "sample": of(blocks, lambda graph: graph.sample_pairs(50, rng=0)),
}


def events(operation: Callable[[], Any]) -> int:
    with Interrupter() as counter:
        operation()
    return counter.seen


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_interruption_anywhere_leaves_everything_usable(name):
    need("flint") if name == "exact graph" else None
    expected = bits(OPERATIONS[name]()())
    total = events(OPERATIONS[name]())
    threads = threading.active_count()
    for at in sorted({int(at) for at in np.linspace(1, total, POINTS)}):
        operation = OPERATIONS[name]()
        with pytest.raises(KeyboardInterrupt), Interrupter(at):
            operation()
        assert bits(operation()) == expected
    assert settled_threads(threads) <= threads


def settled_threads(most):
    """The number of threads, once those that were let go have ended."""
    end = time.monotonic() + 30
    while threading.active_count() > most and time.monotonic() < end:
        time.sleep(0.001)
    return threading.active_count()


def test_an_operation_interrupted_again_and_again_comes_to_its_end():
    """On one and the same graph, each time a little later: nothing half made is kept."""
    expected = bits(OPERATIONS["exact graph"]()())
    operation = OPERATIONS["exact graph"]()
    at, interrupted = 1, 0
    while True:
        try:
            with Interrupter(at):
                answer = operation()
            break
        except KeyboardInterrupt:
            interrupted += 1
            at += 7
    assert interrupted > 5
    assert bits(answer) == expected


@pytest.mark.parametrize("at", [1, 2, 7, 23, 24])
def test_a_signal_within_an_augmentation_comes_out_as_it_is(at):
    calls = [0]

    def step(i: int) -> dict[int, str]:
        calls[0] += 1
        if calls[0] == at:
            signal.raise_signal(signal.SIGINT)
        return {i: "1/2", (i + 1) % 12: "1/2"}

    law = pg.Distribution.uniform(range(12))
    with pytest.raises(KeyboardInterrupt):
        pg.build(law, step)
    assert calls[0] == at  # at once, and not after the rest
    expected = pg.build(law, lambda i: {i: "1/2", (i + 1) % 12: "1/2"})
    assert np.array_equal(pg.build(law, step).w, expected.w)


@pytest.mark.parametrize("at", [1, 2, 3])
def test_a_signal_within_a_product_of_many_threads_leaves_none_behind(at, monkeypatch):
    monkeypatch.setattr(gram, "THREADED_ENTRIES", 10)
    graph = ring()
    expected = bits(graph.spectrum(3, solver="iterative"))
    real, calls = gram.Rows.__call__, [0]

    def interrupted(self: Any, x: Any) -> Any:
        calls[0] += 1
        if calls[0] == 10 * at:
            signal.raise_signal(signal.SIGINT)
        return real(self, x)

    monkeypatch.setattr(gram.Rows, "__call__", interrupted)
    with pytest.raises(KeyboardInterrupt):
        graph.spectrum(3, solver="iterative")
    assert bits(graph.spectrum(3, solver="iterative")) == expected


@pytest.mark.slow
def test_a_network_interrupted_anywhere_is_left_in_its_best_state():
    torch = need("torch")
    graph = cube()

    def operation() -> Any:
        torch.manual_seed(0)
        net = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Dropout(0.1), torch.nn.Linear(4, 2)).train()
        net[1].eval()
        with suppress(KeyboardInterrupt):
            fit = pg.torch.fit(net, graph, encode=lambda view: list(map(float, view)), steps=8, evaluate_every=2, rng=0)
            assert fit.loss.min() == fit.loss[fit.steps.tolist().index(fit.best_step)]
        assert net.training
        assert not net[1].training
        assert all(torch.isfinite(parameter).all() for parameter in net.parameters())

    total = events(operation)
    for at in sorted({int(at) for at in np.linspace(1, total, POINTS)}):
        with Interrupter(at):
            operation()


def test_a_fit_interrupted_while_it_keeps_a_better_state_tells_of_the_state_that_it_is_in(monkeypatch):
    """The loss was written down before its state was kept, so that the best loss was not the network's."""
    torch = need("torch")
    running = importlib.import_module("popgraph.torch.running")
    copies = []

    def interrupted_once(state):
        copies.append(state)
        if len(copies) == 3:  # of the start, at step 0 and at step 2
            raise KeyboardInterrupt
        return copy.deepcopy(state)

    monkeypatch.setattr(running, "deepcopy", interrupted_once)
    torch.manual_seed(0)
    graph, net = cube(), torch.nn.Linear(3, 2)
    fit = pg.torch.fit(net, graph, encode=lambda view: list(map(float, view)), steps=8, evaluate_every=2, rng=0)
    assert fit.interrupted
    assert fit.steps.tolist() == [0, 2]
    assert fit.loss.min() == fit.loss[fit.steps.tolist().index(fit.best_step)]
    assert pg.losses.spectral.value(graph.factor, graph.w_x, fit.f) == pytest.approx(fit.loss.min())


LAW, OTHER = pg.Distribution({"a": "1/3", "b": "2/3"}), zoo.hypercube(4)


# Between open() and with, Python itself leaves a file to the garbage collector, which closes it and says so
@pytest.mark.filterwarnings("ignore:Exception ignored in. <_io:pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("old", [LAW, None])
def test_a_file_interrupted_anywhere_is_the_old_one_or_the_new_one(old, tmp_path):
    path = tmp_path / "value"

    def fresh() -> None:
        path.unlink(missing_ok=True)
        if old is not None:
            pg.save(old, path)

    fresh()
    total = min(events(lambda: pg.save(OTHER, path)) for _ in range(3))  # the first fills caches, and so takes more
    for at in sorted({int(at) for at in np.linspace(1, total, POINTS)} | set(range(total - 40, total + 1))):
        fresh()
        with pytest.raises(KeyboardInterrupt), Interrupter(at):
            pg.save(OTHER, path)
        left = [each.name for each in tmp_path.iterdir()]
        assert left == ["value"] or (old is None and left == [])
        if left:
            found = pg.load(path)
            assert found == old or (isinstance(found, pg.PopulationGraph) and np.array_equal(found.w, OTHER.w))


def test_a_library_whose_import_is_interrupted_is_there_all_the_same(monkeypatch):
    """scipy.optimize raised "initialization failed" where Ctrl-C came while its compiled parts were loaded."""
    real = extras.importlib.import_module

    def interrupted(name):
        signal.raise_signal(signal.SIGINT)
        return real(name)

    monkeypatch.delitem(sys.modules, "xmlrpc.client", raising=False)
    monkeypatch.setattr(extras.importlib, "import_module", interrupted)
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        extras.import_uninterrupted("xmlrpc.client")
    assert "xmlrpc.client" in sys.modules
    assert signal.getsignal(signal.SIGINT) is before


TIMES = 4  # that each operation is interrupted
CHILD = """
import sys
sys.path.insert(0, {tests!r})
from test_interrupts import LONG, TIMES, bits, zoo
for make, ask in LONG.values():
    graph = make()
    expected, pairs = bits(zoo.hypercube(4).spectrum(5)), bits(graph.sample_pairs(9, rng=0))
    for _ in range(TIMES):
        try:
            print("running", flush=True)
            while True:
                ask(graph)
        except KeyboardInterrupt:
            pass
        same = bits(zoo.hypercube(4).spectrum(5)) == expected and bits(graph.sample_pairs(9, rng=0)) == pairs
        print("as before" if same else "otherwise", flush=True)
"""
LONG: dict[str, tuple[Callable[[], pg.PopulationGraph], Callable[[pg.PopulationGraph], Any]]] = {
    "enumerate": (cube, lambda graph: pg.build(range(3000), lambda i: {i: "1/2", i + 1: "1/2"})),
    "enumerate batches": (cube, lambda graph: zoo.hypercube(8)),
    "dense": (lambda: zoo.clusters(count=20, naturals=30, views=20), lambda graph: graph.spectrum(30)),
    "iterative": (lambda: zoo.ring(2000), lambda graph: graph.spectrum(6)),
    "train": (lambda: zoo.clusters(count=4), lambda graph: pg.train(graph, 4, rng=0)),
    "train on batches": (cube, lambda graph: pg.train(graph, 2, rng=0, batch_size=16)),
    "partition": (lambda: zoo.hypercube(4), lambda graph: pg.sparsest_partition(graph, 3)),
    "exact head": (cube, lambda graph: pg.probe(graph, np.random.default_rng(1).standard_normal((8, 3)), head="exact")),
}


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="sends a signal")
def test_a_real_signal_is_heard_and_all_goes_on():
    code = CHILD.format(tests=str(Path(__file__).parent))
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        hanging = threading.Timer(300, child.kill)  # so that a hang fails, instead of lasting
        hanging.start()
        try:
            for name in LONG:
                for pause in np.linspace(0.0, 0.1, TIMES):
                    assert child.stdout.readline() == "running\n", name
                    threading.Event().wait(pause)
                    child.send_signal(signal.SIGINT)
                    assert child.stdout.readline() == "as before\n", name
        finally:
            hanging.cancel()
            child.kill()
