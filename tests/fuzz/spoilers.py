"""A spoiler: a value that is put in an argument's place, and what may come of it."""

from collections.abc import Callable
from random import Random
from typing import Any, NamedTuple

SAME, BAD, EITHER, ODD = "same", "bad", "either", "odd"
VERDICTS = {
    SAME: "the plain value's answer, and no refusal",
    BAD: "a refusal, and no answer",
    EITHER: "the plain value's answer, or a refusal",
    ODD: "an answer of its own, or a refusal",
}


class Spoiler(NamedTuple):
    """A value to put in an argument's place: how it is called, what may come of it, how it is made, and which library it is of."""

    label: str
    verdict: str
    make: Callable[[Random], Any]
    container: str = ""


def same(label: str, make: Callable[[], Any]) -> Spoiler:
    return Spoiler(label, SAME, lambda _: make())


def bad(label: str, make: Callable[[], Any]) -> Spoiler:
    return Spoiler(label, BAD, lambda _: make())


def either(label: str, make: Callable[[], Any]) -> Spoiler:
    return Spoiler(label, EITHER, lambda _: make())


def odd(label: str, make: Callable[[], Any]) -> Spoiler:
    return Spoiler(label, ODD, lambda _: make())
