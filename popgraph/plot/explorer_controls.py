"""The controls of `explore`: a slider, choice or tick box for each parameter, stand-ins for them, and their state as code."""

import ast
import inspect
import sys
from collections.abc import Callable, Mapping
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import numpy as np

from popgraph.basics.arguments import is_real, is_whole
from popgraph.basics.words import printable, shorten
from popgraph.errors import InvalidArgument

SLIDER_STEPS = 60  # of an interval: its halves, thirds, quarters and fifths are among them
SLIDER_ROUNDING = 1e-9  # of a step: a slider this near to one stands on it


class PlainControl:
    """Hold a value where ipywidgets is not installed; a new one is told to whoever observes, as a moved slider tells it."""

    def __init__(self, value: Any = None, **settings: Any) -> None:
        self.min: Any = settings.get("min")
        self.max: Any = settings.get("max")
        self.step: Any = settings.get("step")
        self.options: Any = settings.get("options")
        self.description = settings.get("description", "")
        self._observers: list[Callable[[Any], Any]] = []
        self._value = self.options[0][1] if self.options and value is None else value

    @property
    def value(self) -> Any:
        """What is chosen."""
        return self._value

    @value.setter
    def value(self, new: Any) -> None:
        if self.options and not any(_same(new, each) for _, each in self.options):
            choices = ", ".join(shorten(each) for _, each in self.options)
            raise InvalidArgument(f"{self.description} is {shorten(new)}; choose one of {choices}")
        if self.min is not None:
            if not is_real(new):
                raise InvalidArgument(
                    f"{self.description} is {shorten(new)}; give a number from {self.min} to {self.max}"
                )
            new = between(new, self.min, self.max)
        self._value = new
        for tell in self._observers:
            tell(new)

    def observe(self, tell: Callable[[Any], Any], names: str = "value") -> None:
        """Call a function with each new value."""
        self._observers.append(tell)


STILL = SimpleNamespace(IntSlider=PlainControl, FloatSlider=PlainControl, Dropdown=PlainControl, Checkbox=PlainControl)


class Parameter:
    """One parameter of `make_graph`: its control, and the value that stands for the control's.

    A slider knows floats alone. Where its ends are whole numbers, Fractions or strings, and the function's default is a fraction
    or a string, a slider at its i-th step stands for the Fraction low + i step, and the graph is exact.
    """

    def __init__(self, widgets: Any, name: str, given: Any, default: Any, style: Mapping[str, Any]) -> None:
        self.name, self.exact = name, False
        self.low, self.step = Fraction(0), Fraction(1)
        self.control = self._made(widgets, given, default, dict(style))

    @property
    def value(self) -> Any:
        """What `make_graph` is given."""
        chosen = self.control.value
        if not self.exact:
            return chosen
        steps = (float(chosen) - float(self.low)) / float(self.step)
        return self.low + round(steps) * self.step if abs(steps - round(steps)) <= SLIDER_ROUNDING else chosen

    def _made(self, widgets: Any, given: Any, default: Any, style: dict[str, Any]) -> Any:
        """Return the widget, starting at the function's default where that is within reach."""
        if isinstance(given, bool):
            return widgets.Checkbox(value=given, description=self.name)
        if isinstance(given, list) and given:
            options = [(printable(str(each)), each) for each in given]
            return widgets.Dropdown(options=options, description=self.name, equals=_same)
        ends = _ends(given)
        if not ends:
            raise InvalidArgument(
                f"{self.name} is {shorten(given)}; give (low, high), (low, high, step) with low < high, a list of choices, or "
                "a bool"
            )
        whole = all(map(is_whole, given)) and (tuple(given[:2]) != (0, 1) or type(default) is int)
        self.exact = not whole and isinstance(default, Fraction | str) and all(type(end) is Fraction for end in ends)
        low, high, *steps = ends
        step = steps[0] if steps else 1 if whole else (high - low) / SLIDER_STEPS
        start = _parsed(default, float(low) + (float(high) - float(low)) / 2)
        value = between(start, float(low), float(high))
        value = float(low) + round((value - float(low)) / float(step)) * float(
            step
        )  # a browser would move it to a step
        if self.exact:
            self.low, self.step = Fraction(low), Fraction(step)
        kind, number = (widgets.IntSlider, int) if whole else (widgets.FloatSlider, float)
        settings = {"min": number(low), "max": number(high), "step": number(step), "description": self.name}
        return kind(value=number(value), **settings, **style)


def _same(one: Any, other: Any) -> bool:
    """Whether two choices are the same, also where == is no answer, as of arrays."""
    try:
        return one is other or bool(one == other)
    except Exception:  # a choice may be anything, whose == raises anything
        return False


def _ends(given: Any) -> tuple[Any, ...]:
    """Return low, high and perhaps a step, as Fractions where they are exact and else as floats; empty if they are no range."""
    if not isinstance(given, tuple) or len(given) not in (2, 3):
        return ()
    try:
        read = [Fraction(end) if isinstance(end, str) else end for end in given]
    except (ValueError, ZeroDivisionError):
        return ()
    if not all(is_real(end) and np.isfinite(float(end)) for end in read) or not read[0] < read[1]:
        return ()
    if len(read) == 3 and not read[2] > 0:
        return ()
    exact = all(is_whole(end) or isinstance(end, Fraction) for end in read)
    return tuple(Fraction(int(end) if is_whole(end) else end) if exact else float(end) for end in read)


def between(value: float, low: float, high: float) -> Any:
    """Return a value, or the nearer end of the range."""
    return min(max(value, low), high)


def _parsed(default: Any, otherwise: float) -> float:
    """Return what a default such as "1/3" stands for, or another number where it is none."""
    try:
        return float(Fraction(default))
    except (TypeError, ValueError, ZeroDivisionError):
        return otherwise


def default_of(function: Callable[..., Any], name: str) -> Any:
    """Return the default of a function's parameter, or None."""
    found = inspect.signature(function).parameters.get(name)
    return None if found is None or found.default is found.empty else found.default


def name_of(function: Callable[..., Any]) -> str:
    """Return what to call a function in a message."""
    return getattr(function, "__name__", type(function).__name__)


def state_as_code(make_graph: Callable[..., Any], values: Mapping[str, Any], k: int, seed: int) -> str:
    """Write the calls that make what `explore` shows: the graph, its spectrum, f and the match."""
    imports, called, comments = _called(make_graph)
    written = {name: _written(name, value, comments) for name, value in values.items()}
    if any(text.startswith("Fraction(") for text in written.values()):
        imports.append("from fractions import Fraction")
    arguments = ", ".join(f"{name}={text}" for name, text in written.items())
    lines = [
        *sorted(imports),
        *(f"# {comment}" for comment in comments),
        f"graph = {called}({arguments})",
        f"spectrum = graph.spectrum({k})",
        f"training = pg.train(graph, {k}, rng={seed})",
        "match = pg.verify(graph, training.f)",
    ]
    return "\n".join(lines) + "\n"


def _called(function: Callable[..., Any]) -> tuple[list[str], str, list[str]]:
    """Return the imports, the name by which to call a function, and what a reader must supply where no import finds it."""
    imports = ["import popgraph as pg"]
    module, name = getattr(function, "__module__", None) or "", getattr(function, "__qualname__", "")
    if not name.isidentifier() or getattr(sys.modules.get(module), name, None) is not function:
        return imports, "make_graph", ["make_graph is the function that explore was given"]
    if module == "__main__":
        return imports, name, [f"{name} is the function that explore was given"]
    if module.startswith("popgraph.zoo."):
        return imports, f"pg.zoo.{name}", []
    return [*imports, f"from {module} import {name}"], name, []


def _written(name: str, value: Any, comments: list[str]) -> str:
    """Write a value as code; of one that no literal makes, say so in a comment, and write the parameter's name."""
    if type(value) is Fraction:
        return f"Fraction({value.numerator}, {value.denominator})"
    try:
        text = repr(value)
        if bool(ast.literal_eval(text) == value):
            return text
    except Exception:  # a choice may be anything, whose repr and == raise anything
        pass
    comments.append(f"{name} is the choice that prints as {shorten(value)}")
    return name
