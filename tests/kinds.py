"""Populations of each kind, small enough to be listed, beside the same population listed: one entry of KINDS each."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import scipy.sparse as sp
from clusters import client

import popgraph as pg


class Unlisted:
    """A class of the user's own with the names of `Population` and no others, around its p and A."""

    name = "one's own"

    def __init__(self, listed: pg.PopulationGraph) -> None:
        self._listed = listed
        self._p, self._A = np.array(listed.p), listed.kernel.toarray()

    @property
    def n(self) -> int:
        return self._A.shape[0]

    @property
    def N(self) -> int:
        return self._A.shape[1]

    @property
    def component_count(self) -> int:
        return int(sp.csgraph.connected_components(self._w())[0])

    def _w(self) -> Any:
        return self._A.T @ (self._p[:, np.newaxis] * self._A)

    def spectrum(self, k: int) -> Any:
        return self.expand().spectrum(k)

    def sample_pairs(self, size: int, *, rng: Any = None) -> Any:
        drawn = np.random.default_rng(rng).choice(self.N**2, size, p=self._w().ravel())
        return np.stack(np.divmod(drawn, self.N), axis=1)

    def expand(self) -> pg.PopulationGraph:
        names, views = list(self._listed.naturals), list(self._listed.views)
        law = {name: float(p) for name, p in zip(names, self._p, strict=True)}
        return pg.build(law, self._A, views=views, labels=list(self._listed.labels))


class Viewed(Unlisted):
    """One with the names of `ViewedPopulation`."""

    @property
    def views(self) -> Any:
        return tuple(self._listed.views)

    @property
    def w_x(self) -> Any:
        return self._w().sum(axis=1)

    @property
    def components(self) -> Any:
        return sp.csgraph.connected_components(self._w())[1]

    @property
    def view_labels(self) -> Any:
        votes = [self._A.T @ (self._p * (self._listed.labels == c)) for c in dict.fromkeys(self._listed.labels)]
        return np.array(list(dict.fromkeys(self._listed.labels)), dtype=object)[np.argmax(votes, axis=0)]

    @property
    def trace(self) -> float:
        return float(np.trace(self._adjacency()))

    def _adjacency(self) -> Any:
        root = np.sqrt(self.w_x)
        return self._w() / np.outer(root, root)

    def gram(self, X: Any) -> Any:
        return self._adjacency() @ X


class Labelled(Viewed):
    """One with the names of `LabelledPopulation`."""

    @property
    def naturals(self) -> Any:
        return tuple(self._listed.naturals)

    @property
    def p(self) -> Any:
        return self._p

    @property
    def labels(self) -> Any:
        return np.array(self._listed.labels, dtype=object)

    @property
    def kernel(self) -> Any:
        return self._A


def coin(heads: float, flip: float) -> pg.PopulationGraph:
    return pg.build({0: 1 - heads, 1: heads}, {0: {0: 1 - flip, 1: flip}, 1: {0: flip, 1: 1 - flip}})


def die() -> pg.PopulationGraph:
    """Three views, whose eigenvalues and those of the coins below have no common products."""
    return pg.build({0: 0.5, 1: 0.3, 2: 0.2}, {0: {0: 0.9, 1: 0.1}, 1: {0: 0.2, 1: 0.7, 2: 0.1}, 2: {1: 0.3, 2: 0.7}})


def product() -> Any:
    return pg.product([die(), coin(0.4, 0.05), coin(0.5, 0.3)])


def labelled(graph: pg.PopulationGraph) -> pg.PopulationGraph:
    """The same graph with labels: 0 and 1 by the parity of the natural's first coordinate."""
    law = {x: float(p) for x, p in zip(graph.naturals, graph.p, strict=True)}
    labels = [str(int(x[0]) % 2) for x in graph.naturals]
    return pg.build(law, graph.kernel, views=list(graph.views), labels=labels, name="listed")


@cache
def listed() -> pg.PopulationGraph:
    return labelled(product().expand())


def mixture() -> Any:
    """Two classes of two coordinates, of different naturals."""
    parts = {"cat": [die(), coin(0.2, 0.1)], "dog": [die(), coin(0.8, 0.05)]}
    return pg.structure.mixture({"cat": 0.4, "dog": 0.6}, parts)


def turned() -> Any:
    """The listed graph, with the symmetry of its fair coin; clusters and cuts stay unique, which a circle's are not."""
    return listed().with_symmetry(lambda x: (*x[:2], 1 - x[2]))


def with_labels() -> pg.PopulationGraph:
    """The listed graph with each natural known as a class of its own, as probable as it is: its pairs are the same."""
    graph = listed()
    return graph.with_labels({x: x for x in graph.naturals}, 0.5, "probability")


def with_noise() -> Any:
    """The listed graph with negatives from w_x, the law that there is without noise."""
    return listed().with_noise(1)


def blocks(graph: pg.PopulationGraph) -> Any:
    law = {x: float(p) for x, p in zip(graph.naturals, graph.p, strict=True)}
    options = {"labels": list(graph.labels)}
    return pg.dask.build(law, graph.kernel, views=list(graph.views), rows=5, client=client(), **options)


def never_collected(graph: pg.PopulationGraph) -> Any:
    """A graph in row blocks that solves by its blocks, as one does whose M is not brought here."""
    population = blocks(graph)
    object.__setattr__(population, "spectrum", lambda k: type(population).spectrum(population, k, solver="blocks"))
    return population


def given_pairs() -> pg.PairGraph:
    """The pairs of the listed graph, without naturals behind them."""
    graph = listed()
    w = (graph.w + graph.w.T) / 2
    return pg.from_pairs(w, views=list(graph.views), labels=list(graph.labels), name="pairs")


@dataclass(frozen=True)
class Kind:
    """How a population of one kind is made, and the same one listed; a slow one is asked with all else that is slow."""

    make: Callable[[], Any]
    listed: Callable[[], pg.PopulationGraph]
    needs: str = ""
    slow: bool = False
    views_are_data: bool = False  # whether labels are of views, and what counts them counts views


KINDS: dict[str, Kind] = {
    "listed": Kind(listed, listed),
    "with a symmetry": Kind(turned, listed),
    "with labels": Kind(with_labels, listed),
    "with noise": Kind(with_noise, listed),
    "mixture": Kind(mixture, lambda: mixture().expand()),
    "product": Kind(product, listed),
    "Dask, small": Kind(lambda: blocks(listed()), listed, needs="distributed", slow=True),
    "Dask, in blocks": Kind(lambda: never_collected(listed()), listed, needs="distributed"),
    "pairs": Kind(given_pairs, listed, views_are_data=True),
    "own, labelled": Kind(lambda: Labelled(listed()), listed),
    "own, viewed": Kind(lambda: Viewed(listed()), listed),
    "own, unlisted": Kind(lambda: Unlisted(listed()), listed),
}
