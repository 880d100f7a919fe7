"""The examples of all that is public run as they are when pasted: in an empty session, each with its own imports."""

import doctest
import inspect
from types import ModuleType

import pytest
from extras import need
from test_namespaces import PUBLIC, namespace


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


def test_an_example_that_lacks_an_import_is_noticed():
    shown = ">>> 1 / 0\nTraceback (most recent call last):\nZeroDivisionError: division by zero\n"
    assert "NameError" in fails_in_an_empty_session(">>> import math\n>>> np.ones(3)\n", "x")
    assert fails_in_an_empty_session(shown, "x") is None
