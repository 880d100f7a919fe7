"""Entries of what makes graphs of given pairs, of chains and of trajectories."""

from collections.abc import Iterator
from fractions import Fraction
from functools import partial
from typing import Any

import networkx as nx
import numpy as np

import popgraph as pg
from fuzz import kinds_of_declarations as declared
from fuzz import values as v
from fuzz.registry import Argument, count, entry, flag, shape_of
from fuzz.spoilers import bad, either, odd, same
from fuzz.values import NAN, strange
from popgraph import zoo

__all__ = ["W"]

W = [[0.375, 0.125], [0.125, 0.375]]
NAMED = {(x, y): Fraction(W[i][j]) for i, x in enumerate("xy") for j, y in enumerate("xy")}
WORDS = (
    "w",
    "C",
    "P",
    "pair",
    "probabilit",
    "weights",
    "row",
    "view",
    "column",
    "state",
    "natural",
    "chain",
    "the edges",
)


def matrix(plain: Any) -> list[v.Spoiler]:
    """A matrix of pairs, (2, 2), with the views "x" and "y"."""
    forms = declared.matrix(plain, naturals="xy")
    own = {
        "torch: quantised",
        "rows that sum to 2",
        "pandas: other rows",
        "pandas: other columns",
        "networkx: graph",
        "no entry",
    }
    return [each for each in forms if each.label not in own]


def _other_matrices(plain: Any) -> Iterator[v.Spoiler]:
    x = np.asarray(plain)
    yield bad("a sum above 1", lambda: x * 2)
    yield bad("a sum of 0", lambda: x * 0)
    yield bad("negative zero and 1", lambda: [[0.0, 0.0], [0.0, -1.0]])
    yield bad("three columns", lambda: np.ones((3, 2, 1)) / 6)
    yield bad("a word alone", lambda: "xy")


def symmetric_matrix(plain: Any) -> list[v.Spoiler]:
    return [
        *matrix(plain),
        *_other_matrices(plain),
        bad("not symmetric", lambda: [[0.5, 0.25], [0.125, 0.125]]),
        bad("not symmetric by a millionth", lambda: [[0.5, 0.25], [0.25 * (1 + 1e-9), 0.25]]),
        bad("a view without a pair", lambda: [[1.0, 0.0], [0.0, 0.0]]),
        bad("not square", lambda: np.ones((2, 3)) / 6),
        bad("whole numbers", lambda: np.array([[0, 1], [1, 0]])),
        odd("observed pairs", lambda: [("x", "y"), ("y", "x")]),
    ]


def rectangular_matrix(plain: Any) -> list[v.Spoiler]:
    return [*matrix(plain), *_other_matrices(plain), odd("not square", lambda: np.ones((2, 3)) / 6)]


def pairs(plain: Any) -> list[v.Spoiler]:
    """A mapping of pairs."""
    but = {"sum below 1", "sum above 1", "all 0", "pairs", "generator of pairs", "twice", "triples", "unhashable"}
    own = [each for each in declared.weights(plain) if each.label not in but and not each.container]
    listed = [(*pair, q) for pair, q in plain.items()]
    observed = [pair for pair, q in plain.items() for _ in range(int(8 * q))]
    return [
        *own,
        same("rows", lambda: {x: {y: plain[x, y] for y in "xy"} for x in "xy"}),
        same("triples", lambda: listed),
        same("generator of triples", lambda: (each for each in listed)),
        same("observed pairs", lambda: observed),
        same("array of observed pairs", lambda: np.array(observed)),
        same("lists of names", lambda: [list(pair) for pair in observed]),
        either("directed graph", lambda: nx.DiGraph([(x, y, {"weight": q}) for x, y, q in listed])),
        bad("sum below 1", lambda: {("x", "x"): 0.5}),
        bad("sum above 1", lambda: dict.fromkeys(plain, 1)),
        bad("all 0", lambda: dict.fromkeys(plain, 0)),
        bad("a key of one", lambda: {("x",): 1}),
        bad("a key that is no pair", lambda: {"xy": 1}),
        bad("a key of three", lambda: {("x", "y", "z"): 1}),
        bad("NaN in a pair", lambda: [(NAN, "x"), ("x", NAN)]),
        bad("pairs and triples", lambda: [("x", "y"), ("x", "y", 1)]),
        bad("unhashable", lambda: [([], "x")]),
        *strange("a DataFrame", "a generator", "sparse"),
    ]


def observed(graph: Any) -> Any:
    return [graph.w, list(graph.views), graph.labels]


def of_two(graph: Any) -> Any:
    return [graph.w, list(graph.views_x), list(graph.views_z), graph.labels_x, graph.labels_z]


def label(keys: Any) -> Argument:
    return Argument(["s", "t"], v.optional(partial(v.labels, keys=keys)), ("labels", "label"))


def views() -> Argument:
    return Argument(["x", "y"], v.optional(declared.outcomes), ("view", "outcome"))


entry(
    "from_pairs",
    pg.from_pairs,
    500,
    observe=observed,
    w=Argument(W, symmetric_matrix, WORDS),
    views=views(),
    labels=label("xy"),
    normalize=flag(),
    symmetrize=flag(),
    name=Argument("toy", v.word),
)
entry("from_pairs of mappings", pg.from_pairs, 200, observe=lambda g: g.w, w=Argument(NAMED, pairs, WORDS))
entry(
    "from_bipartite",
    pg.from_bipartite,
    500,
    observe=of_two,
    C=Argument(W, rectangular_matrix, WORDS),
    views_x=views(),
    views_z=views(),
    labels_x=label("xy"),
    labels_z=label("xy"),
    normalize=flag(),
    name=Argument("toy", v.word),
)
entry("from_bipartite of mappings", pg.from_bipartite, 200, observe=lambda g: g.w, C=Argument(NAMED, pairs, WORDS))


TRANSITIONS_OF_THEIR_OWN = {"pandas: other rows", "sparse", "torch: quantised"}


def transitions(plain: Any) -> list[v.Spoiler]:
    return [
        *(each for each in declared.matrix(plain, naturals="xy") if each.label not in TRANSITIONS_OF_THEIR_OWN),
        bad("a reducible chain", lambda: np.eye(2)),
        bad("not square", lambda: np.ones((2, 3)) / 3),
        bad("pairs", lambda: [("x", "y"), ("y", "x")]),
    ]


def law(plain: Any) -> list[v.Spoiler]:
    """A stationary law of the states "x" and "y"."""
    return [
        same("list", lambda: plain.tolist()),
        same("tuple", lambda: tuple(plain.tolist())),
        same("mapping", lambda: dict(zip("xy", plain.tolist(), strict=True))),
        same("exact", lambda: ["1/2", "1/2"]),
        same("distribution", lambda: pg.Distribution.uniform("xy")),
        same("float32", lambda: plain.astype(np.float32)),
        bad("not stationary", lambda: [0.25, 0.75]),
        bad("other states", lambda: {"x": 0.5, "z": 0.5}),
        bad("a state too many", lambda: [0.25, 0.25, 0.5]),
        bad("a zero", lambda: [1.0, 0.0]),
        bad("NaN", lambda: [NAN, 0.5]),
        bad("negative", lambda: [1.5, -0.5]),
        *strange("None", "a DataFrame", "a generator"),
    ]


CHAIN = [[0.75, 0.25], [0.25, 0.75]]
entry(
    "from_chain",
    pg.from_chain,
    400,
    observe=observed,
    P=Argument(CHAIN, transitions, WORDS),
    lag=count(1),
    views=views(),
    labels=label("xy"),
    symmetrize=flag(),
    name=Argument("toy", v.word),
)
entry(
    "from_chain with a law",
    partial(pg.from_chain, CHAIN, views="xy"),
    200,
    observe=observed,
    p=Argument(np.array([0.5, 0.5]), law, ("p", "probabilit", "distribution", "outcome", "natural")),
    discount=Argument(0.5, v.optional(v.probability), ("discount", "probability")),
)


def sequence(plain: Any) -> list[v.Spoiler]:
    """A sequence of states."""
    but = {"twice", "keys", "a list inside", "an array inside"}
    return [
        *(each for each in declared.samples(plain) if each.label not in but and not each.container),
        same("one of several", lambda: [list(plain)]),
        same("by name", lambda: {"first": list(plain)}),
        bad("too short", lambda: plain[:1]),
        bad("not symmetric", lambda: ["a", "b", "c"]),
        bad("a number among lists", lambda: [list(plain), 3]),
        bad("a DataFrame", lambda: __import__("pandas").DataFrame({"state": plain})),
    ]


entry(
    "from_trajectories",
    pg.from_trajectories,
    observe=observed,
    sequences=Argument(["a", "b", "a"], sequence, ("sequence", "state", "outcome", "w")),
    lag=count(1),
    symmetrize=flag(),
    name=Argument("toy", v.word),
)
entry(
    "from_trajectories of views",
    partial(pg.from_trajectories, "aba"),
    observe=observed,
    views=Argument(["a", "b"], v.optional(declared.outcomes), ("view", "outcome")),
    labels=label("ab"),
)


def text(plain: Any) -> list[v.Spoiler]:
    return [
        same("lines", lambda: plain.splitlines()),
        same("capitals", lambda: plain.upper()),
        same("commas", lambda: plain.replace(" ", ", ")),
        bad("one word", lambda: "tea"),
        bad("numbers", lambda: [1, 2]),
        *strange("None", "a word", "an empty word"),
    ]


entry(
    "zoo.cooccurrence",
    zoo.cooccurrence,
    observe=observed,
    text=Argument("tea with milk\nmilk with tea", text, ("text", "line", "outcome")),
    window=count(2),
)


def walls(plain: Any) -> list[v.Spoiler]:
    return [
        same("tuple", lambda: tuple(plain)),
        same("array", lambda: np.array(plain)),
        same("set", lambda: set(plain)),
        same("truth values", lambda: np.array([[False, True], [False, False]])),
        same("lists", lambda: [list(cell) for cell in plain]),
        odd("none", list),
        bad("outside", lambda: [(2, 0)]),
        bad("negative", lambda: [(-1, 0)]),
        bad("fractions", lambda: [(0.5, 0)]),
        bad("truth values as a cell", lambda: [(True, False)]),
        bad("one number", lambda: [3]),
        bad("everywhere", lambda: [(0, 0), (0, 1), (1, 0), (1, 1)]),
        *strange("an empty list", "an empty tuple", "an empty dict", "a generator", "empty array", "empty 2-d array",
                 "an empty Series", "an empty tensor", "a distribution"),
    ]  # fmt: skip


entry(
    "zoo.grid_world",
    zoo.grid_world,
    observe=shape_of,
    rows=count(2),
    columns=count(2),
    walls=Argument([(0, 1)], walls, ("wall",)),
    labels=Argument(None, v.optional(v.anything("None")), ("labels", "label")),
)
