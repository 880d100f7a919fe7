"""What the notebooks check their exercises with: `exercise` says what is right, `check` answers.

An exercise is a question in prose and three cells of code:

    exercise(1, Fraction(1, 18), hint="multiply three probabilities")  # collapsed, tagged "hide-input" and "check"

    answer_1 = ...  # what the student fills in; the hint and what is right are not in sight
    check(1, answer_1)

    answer_1 = Fraction(1, 2) * Fraction(1, 3) ** 2  # collapsed, tagged "hide-cell" and "solution"
    check(1, answer_1)

A right answer is acknowledged, whether it is written as 1/18, "1/18", Fraction(1, 18) or 0.0556. A wrong one ends on the hint.
`editions.py` writes the copies for a class.
"""

from collections.abc import Callable, Set
from fractions import Fraction
from numbers import Number
from typing import Any, NamedTuple

import numpy as np


class WrongAnswer(AssertionError):
    """An answer that is not right yet. It shows its sentence alone: a traceback would show the cell of the check."""

    def _render_traceback_(self) -> list[str]:
        return [f"Not yet. {self}"]


class Exercise(NamedTuple):
    """What is right, and what to say to whoever is not."""

    right: Any
    hint: str
    within: float


EXERCISES: dict[int, Exercise] = {}


def exercise(number: int, right: Any, *, hint: str, within: float = 1e-3) -> None:
    """Say what is right: a number, True or False, a set, or a function that takes the answer and says True, False or a hint.

    A number may be off by `within` of itself, as a rounded one is; at 0 it must be equal, as a fraction is.
    """
    EXERCISES[number] = Exercise(right, hint, within)


def check(number: int, answer: Any) -> None:
    """Print that the answer is right, or that there is none yet; raise the hint where it is wrong."""
    if answer is ...:
        print(f"Exercise {number}: no answer yet. Replace the three dots.")
        return
    if number not in EXERCISES:
        raise WrongAnswer(f"Exercise {number} is not set up yet: run the cells above this one first.")
    right, hint, within = EXERCISES[number]
    read = plain(answer)
    complaint = judged(right, read, hint) if callable(right) else compared(right, read, within, hint)
    if complaint:
        raise WrongAnswer(complaint)
    print(f"Right: {shown(read)}" if shown(read) else "Right.")


def plain(answer: Any) -> Any:
    """Text that is a number as a fraction, "1/18" and "5.5%" alike, inside of lists too; all else as it is."""
    if isinstance(answer, str):
        text = answer.replace(" ", "").replace("−", "-")
        try:
            return Fraction(text[:-1]) / 100 if text.endswith("%") else Fraction(text)
        except (ValueError, ZeroDivisionError):
            return answer
    if isinstance(answer, list | tuple):
        return type(answer)(map(plain, answer))
    return answer.item() if isinstance(answer, np.ndarray | np.generic) and answer.size == 1 else answer


def judged(right: Callable[[Any], bool | str], answer: Any, hint: str) -> str:
    """What to say of an answer that the function refuses or stumbles over; nothing of one that it takes."""
    try:
        verdict = right(answer)
    except Exception as error:  # whatever an answer of the wrong kind brings about
        return f"That could not be checked ({type(error).__name__}: {error}). Hint: {hint}"
    if isinstance(verdict, str):
        return f"Hint: {verdict}"
    return "" if verdict else f"Hint: {hint}"


def compared(right: Any, answer: Any, within: float, hint: str) -> str:
    """What to say of an answer that is not the value that is right; nothing if it is."""
    if isinstance(right, bool | np.bool_):
        if not isinstance(answer, bool | np.bool_):
            return "Say True or False."
        equal = bool(right) == bool(answer)
    elif isinstance(right, Set):
        if not isinstance(answer, Set | list | tuple | str):
            return "Give a set, such as {1, 2}."
        equal = set(right) == set(answer)
    elif isinstance(answer, bool) or not isinstance(answer, Number):
        return f'{answer!r} cannot be read as a number: write 1/2, "1/2" or 0.5.'
    elif within == 0 and not isinstance(answer, int | Fraction):
        return 'Give it exactly: as a Fraction, or in quotes, such as "1/2".'
    else:
        equal = bool(answer == right if within == 0 else np.isclose(complex(answer), complex(right), within, 1e-9))
    return "" if equal else f"Hint: {hint}"


def shown(answer: Any) -> str:
    """A number, a truth value or a set as one reads it; of all else nothing."""
    if isinstance(answer, bool | np.bool_ | Fraction | int | str):
        return str(answer)
    if isinstance(answer, float):
        return f"{answer:.6g}"
    return "{" + ", ".join(map(str, sorted(answer))) + "}" if isinstance(answer, Set) else ""
