"""Values that are shared: pickled and copied, used by many threads at once, and sent to other processes."""

import copy
import multiprocessing
import pickle
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from cases import block_diagonal
from extras import need

import popgraph as pg
from popgraph import losses, selftraining, theory, zoo

CUBE = zoo.hypercube(3)
F = np.random.default_rng(0).standard_normal((CUBE.N, 2))
LAW = pg.Distribution({"a": "1/3", "b": "2/3"})


def flip(bit: int) -> dict[int, str]:
    return {bit: "3/4", 1 - bit: "1/4"}


def coordinates(graph: pg.PopulationGraph) -> np.ndarray:
    return np.array([[float(x) for x in view] for view in graph.views])


def fitted() -> Any:
    torch = need("torch")
    torch.manual_seed(0)
    net = torch.nn.Linear(3, 2)
    return pg.torch.fit(net, CUBE, encode=lambda view: list(map(float, view)), steps=3, rng=0)


VALUES: dict[str, Callable[[], Any]] = {
    "distribution": lambda: LAW,
    "float distribution": lambda: pg.Distribution({0: 0.5, 1: 0.5}),
    "augmentation": lambda: pg.Augmentation(flip),
    "kernel table": lambda: pg.Augmentation(flip).table([0, 1]),
    "image": lambda: pg.images.Image([[0, 1], [1, 0]], "corner"),
    "graph": lambda: CUBE,
    "graph of images": zoo.rotations,
    "graph of bags": zoo.masked_tokens,
    "graph of tuples": lambda: pg.build([("a", 1), ("b", 2)], pg.independently(pg.identity())),
    "graph of a matrix": lambda: pg.build(np.array([0.5, 0.5]), [[0.9, 0.1], [0.1, 0.9]]),
    "spectrum": lambda: CUBE.spectrum(4),
    "spectrum of a class": lambda: CUBE.spectrum(2, features=coordinates(CUBE)),
    "training": lambda: pg.train(CUBE, 2, rng=0, steps=20, keep_path=True),
    "training of a class": lambda: pg.train(CUBE, 2, rng=0, steps=20, features=coordinates(CUBE)),
    "critic": lambda: pg.train_critic(CUBE, losses.infonce),
    "match": lambda: pg.verify(CUBE, F),
    "match of a class": lambda: pg.verify(CUBE, F, features=coordinates(CUBE)),
    "sampled match": lambda: pg.verify_sampled(CUBE, F, pairs=500, rng=0),
    "comparison": lambda: pg.compare(CUBE, zoo.hypercube(3, "1/5")),
    "partition": lambda: pg.sparsest_partition(CUBE, 2),
    "partition bounds": lambda: pg.partition_bounds(CUBE, 2),
    "clustering": lambda: pg.spectral_clusters(CUBE, 2, rng=0),
    "probe": lambda: pg.probe(CUBE, coordinates(CUBE)),
    "exact probe": lambda: pg.probe(CUBE, coordinates(CUBE), head="exact"),
    "probe range": lambda: pg.probe_range(CUBE, 2, samples=20),
    "explanation": lambda: CUBE.explain((0, 0, 0), (0, 0, 1)),
    "exact graph": CUBE.exact,
    "eigenvalue": lambda: CUBE.exact().eigenvalues[1],
    "exact cut": lambda: CUBE.exact().cut(1),
    "exact match": lambda: CUBE.exact().verify([[1, 0]] * 4 + [[0, 1]] * 4),
    "audit": lambda: losses.audit(losses.spectral, CUBE, F, batch_size=2),
    "losses": lambda: [getattr(losses, name) for name in losses.__all__ if hasattr(getattr(losses, name), "value")],
    "checks": lambda: theory.check(CUBE, k=4),
    "student": lambda: selftraining.self_train(CUBE, CUBE.labels),
    "contest": lambda: selftraining.which_wins(CUBE, CUBE.labels, k=2),
    "iteration": lambda: selftraining.iterate(CUBE, CUBE.labels),
    "expansion": lambda: selftraining.expansion(zoo.ring(6), a=0.5, labels=["ring"] * 6),
    "inner conductance": lambda: selftraining.inner_conductance(zoo.ring(6), ["ring"] * 6),
    "fit": fitted,
    "report": lambda: pg.torch.verify(CUBE, fitted()),
}
COPIES: dict[str, Callable[[Any], Any]] = {
    "pickle": lambda value: pickle.loads(pickle.dumps(value)),
    "the first pickle protocol": lambda value: pickle.loads(pickle.dumps(value, protocol=2)),
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
}


def arrays(value: Any, seen: set[int]) -> Iterator[np.ndarray]:
    """Every array within a value, in order: through fields, sequences, mappings and sparse matrices."""
    if id(value) in seen or isinstance(value, str | bytes | int | float | range | None):
        return
    seen.add(id(value))
    if isinstance(value, np.ndarray):
        yield value
    elif sp.issparse(value):
        yield from (value.data, value.indices, value.indptr)
    elif is_dataclass(value) and not isinstance(value, type):
        for each in fields(value):
            yield from arrays(getattr(value, each.name), seen)
    elif isinstance(value, list | tuple | dict):
        for each in value.items() if isinstance(value, dict) else value:
            yield from arrays(each, seen)


def made(name: str) -> Any:
    if name in ("fit", "report"):
        need("torch")
    return VALUES[name]()


@pytest.mark.parametrize("way", COPIES)
@pytest.mark.parametrize("name", VALUES)
def test_a_copy_is_equal_to_the_bit_and_read_only(name, way):
    value = made(name)
    twin = COPIES[way](value)
    assert type(twin) is type(value)
    assert repr(twin) == repr(value)
    assert str(twin) == str(value)
    mine, others = list(arrays(value, set())), list(arrays(twin, set()))
    assert len(mine) == len(others)
    for array, other in zip(mine, others, strict=True):
        assert array.dtype == other.dtype
        assert array.tolist() == other.tolist() or np.array_equal(array, other, equal_nan=True)
        assert not other.flags.writeable


@pytest.mark.parametrize(
    "name", ["graph", "graph of a matrix", "graph of images", "exact graph", "distribution", "probe"]
)
def test_what_was_worked_out_and_kept_is_not_pickled(name):
    value = VALUES[name]() if name != "graph" else zoo.hypercube(3)
    fresh = pickle.dumps(value)
    if isinstance(value, pg.PopulationGraph):
        value.sample_pairs(3, rng=0), value.index(value.views[0]), value.spectrum(2), str(value)
        value.explain(value.views[0], value.views[0])
        if value.is_exact:
            assert value.exact().eigenvalues
    elif name == "exact graph":
        assert value.eigenvalues
        assert value.charpoly
    else:
        str(value), hash(str(value)), value == value
        list(value.items()) if name == "distribution" else None
    assert len(pickle.dumps(value)) == len(fresh)


def test_a_question_about_a_view_that_is_none_changes_nothing():
    graph = pg.build([("a", 1), ("b", 2)], pg.independently(pg.identity()))
    before = pickle.dumps(graph)
    for outsider in (("z", 1), ("a", 99), ("a",), "a", ("a", []), ("a", 2)):
        with pytest.raises(pg.errors.InvalidArgument):
            graph.index(outsider)
    assert pickle.dumps(graph) == before


def test_a_copied_graph_works_as_the_first_does():
    for make in COPIES.values():
        twin = make(CUBE)
        assert np.array_equal(twin.spectrum(4).eigenvectors, CUBE.spectrum(4).eigenvectors)
        assert np.array_equal(twin.sample_pairs(50, rng=1), CUBE.sample_pairs(50, rng=1))
        assert twin.index((0, 1, 0)) == CUBE.index((0, 1, 0))
        assert bool(pg.verify(twin, CUBE.spectrum(4), spectrum=CUBE.spectrum(4)))


def large() -> pg.PopulationGraph:
    """A graph of several components, one of them solved by ARPACK, made anew: nothing has been asked of it."""
    ring, rest = zoo.ring(900), np.eye(3)
    A = block_diagonal([ring.kernel, rest])
    return pg.build(np.full(903, 1 / 903), A)


QUESTIONS: dict[str, Callable[[pg.PopulationGraph], Any]] = {
    "w": lambda graph: graph.w,
    "views": lambda graph: [*graph.views[:50], graph.index(graph.views[-1])],
    "components": lambda graph: graph.components,
    "spectrum": lambda graph: graph.spectrum(6),
    "iterative": lambda graph: graph.spectrum(5, solver="iterative"),
    "train": lambda graph: pg.train(graph, 3, rng=5, steps=15),
    "train on batches": lambda graph: pg.train(graph, 3, rng=5, steps=15, batch_size=20),
    "verify": lambda graph: pg.verify(graph, np.random.default_rng(3).standard_normal((graph.N, 2))),
    "pairs": lambda graph: graph.sample_pairs(200, rng=9),
    "single views": lambda graph: graph.sample_views(200, rng=9),
}


def bits(name: str, graph: pg.PopulationGraph) -> tuple[str, tuple[bytes, ...]]:
    """The answer to a question, to the bit."""
    answer = QUESTIONS[name](graph)
    return str(answer), tuple(array.tobytes() for array in arrays(answer, set()))


def all_bits(graph: pg.PopulationGraph) -> dict[str, Any]:
    return {name: bits(name, graph) for name in QUESTIONS}


SHARED = {"components": large, "tuples": lambda: zoo.hypercube(6)}


@pytest.mark.parametrize("make", SHARED.values(), ids=SHARED)
def test_threads_that_share_a_graph_get_what_one_gets(make):
    expected = all_bits(make())
    graph = make()
    names = list(QUESTIONS) * 2
    with ThreadPoolExecutor(6) as threads:
        answers = threads.map(lambda name: (name, bits(name, graph)), names)
        assert all(expected[name] == answer for name, answer in answers)


@pytest.mark.parametrize("first", ["_split", "_index", "_by_view", "_sampler", "_exact"])
def test_many_threads_race_for_the_first_answer(first):
    alone = bits("pairs", zoo.hypercube(5)), bits("spectrum", zoo.hypercube(5))
    for _ in range(5):
        graph = zoo.hypercube(5)
        barrier, met = threading.Barrier(8), []

        def race(graph=graph, barrier=barrier, met=met):
            barrier.wait()
            kept = getattr(graph, first)
            met.append((bits("pairs", graph), bits("spectrum", graph), kept is not None))

        threads = [threading.Thread(target=race) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert met == [(*alone, True)] * 8


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded, use of fork:DeprecationWarning")
@pytest.mark.parametrize("method", ["spawn", "fork"])
def test_processes_that_share_a_graph_get_what_one_gets(method):
    if method not in multiprocessing.get_all_start_methods():
        pytest.skip(f"{method} is not to be had on this system")
    graph = large()
    expected = all_bits(large())
    bits("spectrum", graph)  # something is kept already
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context(method)) as processes:
        for answer in processes.map(all_bits, [graph, graph]):
            assert answer == expected
