"""The docstrings of all that is public keep to numpydoc, and each name in single backticks is one that a page describes.

What numpydoc's validator reports is a fault, except where one of the rules of `EXCEPTIONS` says why not.
"""

import enum
import functools
import inspect
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest
from extras import need
from test_docstrings import returned
from test_namespaces import PUBLIC, namespace

EXTRAS = {"dask": "dask", "torch": "torch", "testing": "hypothesis"}  # what a namespace needs
REFERENCE = re.compile(r"(?<![`\w:])`([^`\n]+)`(?!`)")
SYMBOL = re.compile(r"[^\W\d_]{1,2}(?![^\W\d_])|\w*[^\x00-\x7f]|\w+_")  # k, f(x), x̄, γ_1, D_x^-1/2
MOST_ARGUMENTS = 4  # of a method that one sentence can name, besides rng


class Item(NamedTuple):
    """Something public: its full name, its namespace, what it is, and the class that it is a part of."""

    name: str
    space: str
    value: object
    owner: type | None

    @property
    def text(self) -> str:
        """Its docstring."""
        return inspect.getdoc(self.value) or ""

    @property
    def is_property(self) -> bool:
        """Whether it is read like a field."""
        return isinstance(self.value, property | functools.cached_property)


def parts_of(cls: type) -> Iterator[tuple[str, object]]:
    """Yield the public methods and properties of a class that this package defines, those of its bases included."""
    for part in dir(cls):
        home = next((base for base in cls.__mro__ if part in vars(base)), object)
        if part.startswith("_") or home.__module__.partition(".")[0] != "popgraph":
            continue
        member = vars(home)[part]
        if isinstance(member, classmethod | staticmethod):
            yield part, member.__func__
        elif inspect.isfunction(member) or isinstance(member, property | functools.cached_property):
            yield part, member


def path_of(space: str) -> str:
    """Return the public name of a namespace, which may be defined elsewhere."""
    return "popgraph" if space == "popgraph" else f"popgraph.{space}"


@functools.cache
def public_of(space: str) -> tuple[Item, ...]:
    """Return a namespace and what is public in it: functions, classes, and the methods and properties of these."""
    if space in EXTRAS:
        need(EXTRAS[space])
    module, path = namespace(space), path_of(space)
    found = [Item(path, path, module, None)]
    for name in module.__all__:
        value = getattr(module, name)
        if inspect.isclass(value) or inspect.isfunction(value):
            found.append(Item(f"{path}.{name}", path, value, None))
        if inspect.isclass(value):
            found += [Item(f"{path}.{name}.{part}", path, member, value) for part, member in parts_of(value)]
    return tuple({id(item.value): item for item in reversed(found)}.values())


def public() -> Iterator[Item]:
    """Yield all that is public."""
    for space in PUBLIC:
        yield from public_of(space)


def lists_its_fields(item: Item, message: str) -> bool:
    """Whether this is the class of a value that the library makes, and its Attributes have the fields that are missing."""
    if not inspect.isclass(item.value) or "\nParameters\n---" in item.text:
        return False
    if issubclass(item.value, enum.Enum):  # whose members are all that there is
        return True
    attributes = re.search(r"\nAttributes\n-+\n((?:.+\n?)+)", item.text)
    listed = re.findall(r"\w+", " ".join(re.findall(r"^\S.*", attributes[1], flags=re.MULTILINE))) if attributes else []
    return set(re.findall(r"'(\w+)'", message)) <= set(listed)


def is_a_sentence(item: Item, message: str) -> bool:
    """Whether this is a method without a table of arguments, and with few enough of them for its sentence to name."""
    if item.owner is None or not inspect.isfunction(item.value) or "\nParameters\n---" in item.text:
        return False
    return len(set(inspect.signature(item.value).parameters) - {"self", "cls", "rng"}) <= MOST_ARGUMENTS


def names_a_loss(item: Item, message: str) -> bool:
    """Whether only the name and the bias of a loss are missing, which are for losses that are made of it."""
    return set(re.findall(r"'(\w+)'", message)) <= {"name", "bias"}


def begins_with_a_symbol(item: Item, message: str) -> bool:
    """Whether the description that the message is about begins with a symbol of mathematics."""
    parameter = re.search(r'Parameter "(.+?)"', message)
    head = rf"^(?:\w+, )*{parameter[1]}\b[^\n]* : .*" if parameter else r"^Returns\n-+\n.*"
    described = re.search(rf"{head}\n +(.*)", item.text, flags=re.MULTILINE)
    return described is not None and SYMBOL.match(described[1]) is not None


EXCEPTIONS: dict[str, tuple[str, Callable[[Item, str], bool]]] = {
    "ES01": ("a summary that says all needs no second paragraph", lambda item, message: True),
    "EX01": ("a property is shown in the example of its class", lambda item, message: item.is_property),
    "SA01": ("what stands beside a method is on the page of its class", lambda item, message: item.owner is not None),
    "SS02": ("a formula, and popgraph's own name, keep their letters", lambda item, message: True),
    "SS03": ("a summary may be a question", lambda item, message: item.text.partition("\n")[0].endswith("?")),
    "PR01": (
        "a value's fields are in its Attributes, a short method's sentence names its arguments, and a loss may be renamed",
        lambda item, message: any(rule(item, message) for rule in (lists_its_fields, is_a_sentence, names_a_loss)),
    ),
    "PR08": ("a description may begin with a symbol", begins_with_a_symbol),
    "RT01": ("the sentence of a method says what it returns", lambda item, message: item.owner is not None),
    "RT04": ("a description may begin with a symbol", begins_with_a_symbol),
}


def faults(item: Item) -> list[str]:
    """Return what numpydoc's validator reports of an item, but for the exceptions."""
    validate = need("numpydoc.validate")
    parsed = need("numpydoc.docscrape").get_doc_object(item.value)

    class Given(validate.Validator):
        """A validator of an object that is at hand, in place of one that is imported by its name."""

        source_file_name = source_file_def_line = None  # no comment in a file makes an exception

        def __init__(self, obj_name: str) -> None:
            super().__init__(parsed)

    reported = validate.validate(item.name, Given)["errors"]
    return [
        f"{code} {item.name}: {message}"
        for code, message in reported
        if code not in EXCEPTIONS or not EXCEPTIONS[code][1](item, message)
    ]


@functools.cache
def described() -> frozenset[str]:
    """The full names of all that has a page or stands on one; a value that verbs return goes by its class alone."""
    names = {f"{path_of(space)}.{name}" for space in PUBLIC for name in PUBLIC[space].split()}
    parts = {
        f"{item.name}.{part}" for item in public() if inspect.isclass(item.value) for part, _ in parts_of(item.value)
    }
    return frozenset(names | parts | {item.name for item in public()} | {f"values.{name}" for name in returned()})


def resolves(reference: str, item: Item) -> bool:
    """Whether Sphinx finds a name: in full, in the item's namespace or class, or, after a dot, by its end, which is one alone."""
    if reference.startswith("."):
        return sum(name.endswith(reference) for name in described()) == 1
    name = reference.removeprefix("~")
    places = ["", f"{item.space}.", *([f"{item.name.rpartition('.')[0]}."] if item.owner else [f"{item.name}."])]
    return any(place + name in described() for place in places)


@pytest.mark.parametrize("space", PUBLIC)
def test_the_docstrings_keep_to_numpydoc(space):
    assert [fault for item in public_of(space) for fault in faults(item)] == []


def test_each_name_in_single_backticks_is_described():
    astray = {
        f"{item.name}: {reference}"
        for item in public()
        for reference in REFERENCE.findall(item.text)
        if not resolves(reference, item)
    }
    assert astray == set()


def test_what_a_rule_does_not_excuse_is_noticed():
    def double(number: int) -> int:
        """doubles

        `nowhere.to_be_found`

        Parameters
        ----------
        n : integer
            what to double
        """
        return 2 * number

    item = Item("popgraph.double", "popgraph", double, None)
    found = {fault.partition(" ")[0] for fault in faults(item)}
    assert {"SS03", "SS05", "PR01", "PR02", "PR06", "PR08", "PR09", "RT01", "SA01", "EX01"} <= found
    assert not resolves("nowhere.to_be_found", item)
    assert not resolves(".no_such_end", item)
    assert resolves("verify", item)
    assert resolves(".TooLarge", item)
