"""Entries of what makes graphs of two kinds of views, and of what classifies one kind by the other."""

from functools import partial
from typing import Any

import numpy as np

import popgraph as pg
from fuzz import kinds_of_declarations as declared
from fuzz import values as v
from fuzz.registry import CLOUD, A, Argument, entry
from fuzz.spoilers import bad, same
from popgraph import zoo

__all__ = ["CAPTIONS", "ENCODERS"]

CAPTIONS = zoo.image_text(["cat", "dog"], ["photo"], style_named=0)  # two images, and three captions
ENCODERS = np.array([[1.0, 0.5], [1.0, -0.5]]), np.array([[1.0, 0.5], [1.0, -0.5], [1.0, 0.0]])
P = {0: "1/2", 1: "1/2"}


def encoders(plain: Any) -> list[v.Spoiler]:
    f, g = plain
    return [
        same("list", lambda: [f, g]),
        same("mappings", lambda: tuple(
            dict(zip(views, table, strict=True)) for views, table in zip((CAPTIONS.views_x, CAPTIONS.views_z), plain, strict=True)
        )),
        bad("f alone", lambda: f),
        bad("swapped", lambda: (g, f)),
        bad("f twice", lambda: (f, f)),
        bad("three", lambda: (f, g, g)),
        bad("None for g", lambda: (f, None)),
        bad("a column too few", lambda: (f, g[:, :1])),
        bad("a NaN", lambda: (f, g * np.nan)),
        bad("infinite", lambda: (f * np.inf, g)),
        bad("words", lambda: ("ab", "abc")),
        bad("a class", lambda: pg.SingularSpectrum),
        *v.strange(),
    ]  # fmt: skip


def prompts(plain: Any) -> list[v.Spoiler]:
    return [
        same("lists", lambda: {c: [z] for c, z in plain.items()}),
        same("tuples", lambda: {c: (z,) for c, z in plain.items()}),
        same("arrays", lambda: {c: np.array([z]) for c, z in plain.items()}),
        bad("no view", lambda: {"cat": "a caat"}),
        bad("no prompt", lambda: {"cat": []}),
        bad("None for a class", lambda: {None: "a cat"}),
        bad("a set", lambda: {"cat": {"a cat"}}),
        bad("a number", lambda: {"cat": 7}),
        bad("no class of the labels", lambda: {"bird": "a cat"}),
        bad("a list", lambda: list(plain)),
        *v.strange(),
    ]


entry("PopulationGraph.two_encoders", CLOUD.two_encoders, 1, observe=lambda g: g.w)
GRAPH = Argument(CAPTIONS, v.anything(), ("graph", "BipartiteGraph"))
SECOND = Argument([[0.5, 0.5], [0.25, 0.75]], declared.matrix, ("second", *A.words))
entry(
    "build with a second kernel",
    partial(pg.build, P, [[0.75, 0.25], [0.25, 0.75]]),
    300,
    observe=lambda g: [g.w, list(g.views_z)],
    second=SECOND,
    second_views=Argument(["x", "y"], v.optional(declared.outcomes), ("view", "outcome")),
)
entry(
    "zero_shot",
    pg.zero_shot,
    200,
    observe=lambda found: [found.error, found.scores],
    graph=GRAPH,
    encoders=Argument(ENCODERS, encoders, ("f", "g", "embedding", "encoders")),
    prompts=Argument({"cat": "a cat", "dog": "a dog"}, prompts, ("prompt", "class")),
    labels=Argument(["cat", "dog"], v.optional(partial(v.labels, keys=CAPTIONS.naturals)), ("labels", "label")),
)
NAMES = Argument(["red", "green"], declared.names, ("classes", "styles", "name", "word"))
entry(
    "zoo.image_text",
    partial(zoo.image_text, styles=["photo", "sketch"]),
    150,
    observe=lambda g: [g.w, g.labels],
    classes=NAMES,
    class_named=Argument("1/2", v.probability, ("class_named", "probability", "w_x")),
    style_named=Argument("1/4", v.probability, ("style_named", "probability", "w_x")),
    restyle=Argument("1/4", v.probability, ("restyle", "probability", "w_x")),
)
entry("zoo.image_text of styles", partial(zoo.image_text, ["cat"]), observe=lambda g: [g.w, g.labels], styles=NAMES)
entry(
    "zoo.masked_autoencoder",
    zoo.masked_autoencoder,
    150,
    observe=lambda g: [g.w, g.labels],
    bits=Argument(3, partial(v.at_least, least=2), ("bits", "masked")),
    masked=Argument(1, v.at_least, ("masked", "bits")),
    flip=Argument("1/4", v.probability, ("flip", "probability", "w_x")),
)
