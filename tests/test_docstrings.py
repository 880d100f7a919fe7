"""The examples of all that is public run as they are when pasted: in an empty session, each with its own imports.

Public is also the class of a value that a public function returns, such as `Partition`, although no namespace lists it.
"""

import doctest
import importlib.util
import inspect
import pkgutil
import re
from types import ModuleType
from typing import Any

import pytest
from extras import need
from test_namespaces import PUBLIC, namespace

import popgraph as pg


def documented(space: ModuleType) -> dict[str, object]:
    """What is public in a namespace, the methods of its classes, and itself."""
    found: dict[str, object] = {space.__name__: space}
    for name in space.__all__:
        item = getattr(space, name)
        if inspect.ismodule(item):
            continue
        found[f"{space.__name__}.{name}"] = item
        of = item if inspect.isclass(item) or inspect.isfunction(item) else type(item)  # a loss is a value with methods
        for part, member in vars(of).items():
            if not part.startswith("_") and getattr(member, "__doc__", None):
                found[f"{space.__name__}.{name}.{part}"] = member
    return found


def return_annotation(member: object) -> object:
    """Return what a function, method or property says that it returns; Any where it says nothing, None for no function."""
    function = getattr(member, "fget", None) or getattr(member, "func", None) or getattr(member, "__func__", member)
    return inspect.unwrap(function).__annotations__.get("return", Any) if inspect.isfunction(function) else None


def classes_of_the_package() -> dict[str, type]:
    """All classes that popgraph defines, by name, except where a room needs a library that is not installed."""
    found = {}
    for module in pkgutil.walk_packages(pg.__path__, "popgraph.", onerror=lambda name: None):
        try:
            members = vars(importlib.import_module(module.name))
        except ImportError:
            continue
        found |= {
            name: item
            for name, item in members.items()
            if inspect.isclass(item) and item.__module__.split(".")[0] == "popgraph"
        }
    return found


def annotations_of(item: object) -> list[object]:
    """What annotations say of the values that come out of a function, method or property, or out of a class by its parts."""
    if inspect.isclass(item):
        parts = [member for part, member in vars(item).items() if not part.startswith("_")]
        return [*inspect.get_annotations(item).values(), *map(return_annotation, parts)]
    return [return_annotation(item)]


def returned() -> dict[str, object]:
    """The classes of the values that public functions return, but no namespace lists, with their methods and properties."""
    classes = classes_of_the_package()
    unread: list[object] = []
    found: dict[str, object] = {}
    for name in PUBLIC:
        if name not in ("dask", "torch") or importlib.util.find_spec(name):
            public = documented(namespace(name))
            unread += [annotation for item in public.values() for annotation in annotations_of(item)]
            found |= {item.__name__: item for item in public.values() if inspect.isclass(item)}
    listed = set(found)
    while unread:
        for name in re.findall(r"\w+", str(unread.pop())):
            if name in classes and name not in found:
                found[name] = classes[name]
                unread += annotations_of(classes[name])
    members = {name: classes[name] for name in found.keys() - listed}
    for name in found.keys() - listed:
        members |= {
            f"{name}.{part}": member for part, member in vars(classes[name]).items() if not part.startswith("_")
        }
    return members


def fails_in_an_empty_session(docstring: str, name: str) -> str | None:
    """Say what an example of a docstring raises that it does not show; None if it runs through."""
    session: dict[str, object] = {}
    for example in doctest.DocTestParser().get_examples(docstring):
        try:
            exec(compile(example.source, f"<example of {name}>", "single"), session)
        except Exception as error:
            if example.exc_msg is None:
                return f"{example.source.strip()} raises {type(error).__name__}: {error}"
    return None


@pytest.mark.slow  # that they print what they show is tested where they stand, in the default layer
@pytest.mark.parametrize("name", PUBLIC)
def test_examples_run_as_they_are_pasted(name, capsys):
    if name in ("testing", "popgraph"):
        need("hypothesis")
    failing = {
        where: failure
        for where, item in documented(namespace(name)).items()
        if (failure := fails_in_an_empty_session(inspect.getdoc(item) or "", where))
    }
    assert failing == {}


def test_examples_of_returned_values_run_as_they_are_pasted(capsys):
    need("hypothesis")
    found = returned()
    assert {"Partition", "PartitionBounds", "Probe", "Certificate", "Eigenvalue.enclosure"} <= set(found)
    failing = {
        where: failure
        for where, item in found.items()
        if (failure := fails_in_an_empty_session(inspect.getdoc(item) or "", where))
    }
    assert failing == {}


def test_an_example_that_lacks_an_import_is_noticed():
    shown = ">>> 1 / 0\nTraceback (most recent call last):\nZeroDivisionError: division by zero\n"
    assert "NameError" in fails_in_an_empty_session(">>> import math\n>>> np.ones(3)\n", "x")
    assert fails_in_an_empty_session(shown, "x") is None
