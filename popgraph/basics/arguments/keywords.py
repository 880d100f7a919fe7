"""`checked_call`: a call that does not fit a function's signature, in a sentence with what the function calls its arguments."""

import functools
import inspect
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import ParamSpec, TypeVar

from popgraph.errors import InvalidCall

P = ParamSpec("P")
R = TypeVar("R")

# What other libraries call an argument -> what it is called here, where a function has it
CALLED_HERE: Mapping[str, tuple[str, ...]] = {
    "criterion": ("loss",),
    "dim": ("k",),
    "embedding": ("f",),
    "epochs": ("steps",),
    "file": ("path",),
    "filename": ("path",),
    "init": ("start",),
    "iterations": ("steps",),
    "k": ("m",),
    "lr": ("learning_rate",),
    "max_iter": ("steps",),
    "maxiter": ("steps",),
    "model": ("module",),
    "n_clusters": ("m", "k"),
    "n_components": ("k",),
    "n_iter": ("steps",),
    "n_samples": ("pairs",),
    "num_steps": ("steps",),
    "optimiser": ("optimizer",),
    "p": ("probability",),
    "random_state": ("rng",),
    "seed": ("rng",),
    "targets": ("labels",),
    "tol": ("atol",),
    "tolerance": ("tol", "atol"),
    "verbose": ("progress",),
    "y": ("labels",),
}


def checked_call(**advice: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Decorate a public function so that a call which does not fit its signature raises `InvalidCall`, which is a TypeError too.

    `advice` says what to write instead of an argument that the function does not have, but that a user may expect.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        signature = inspect.signature(function)

        @functools.wraps(function)
        def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
            __tracebackhide__ = True  # pytest shows the caller's line, and not this one
            try:
                signature.bind(*args, **kwargs)
            except TypeError as reason:
                words = _unfitting(function.__name__, list(signature.parameters), list(kwargs), advice, str(reason))
                raise InvalidCall(words) from None
            return function(*args, **kwargs)

        return wrapped

    return decorate


def _unfitting(name: str, own: list[str], given: list[str], advice: Mapping[str, str], reason: str) -> str:
    """Return what of a call does not fit, and what the function takes."""
    takes = f"It takes {', '.join(own)}" if own else "It takes no arguments"
    unknown = [word for word in given if word not in own]
    if not unknown:
        return f"{name}: {reason}. {takes}"
    word = unknown[0]
    others = CALLED_HERE.get(word, ())
    here = [other for other in others if other in own]
    said = [advice[each] for each in (word, *others) if each in advice]
    near = get_close_matches(word, own, n=1, cutoff=0.7)
    hint = f"; {said[0]}." if said else f"; use {here[0]}=." if here else f"; did you mean {near[0]}=?" if near else "."
    return f"{name} has no argument {word}={hint} {takes}"
