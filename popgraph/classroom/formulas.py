"""Numbers as students write them: floats, fractions, and words such as "1/18", "√2/3", "sqrt(2)/3", "\\frac{1}{18}" or "25 %"."""

import ast
import math
import re
from typing import Any

import numpy as np

from popgraph.basics.arguments.probabilities import read_fraction
from popgraph.basics.words import shorten
from popgraph.errors import InvalidArgument

MAX_FORMULA_CHARACTERS = 200
LARGEST_NUMBER = 1e100  # of an answer, so that its squares and quotients stay in float64
MAX_POWER = 20  # an exponent beyond it is a typing error

BRACED_ROOT, BRACED_FRACTION = r"\\sqrt\{([^{}]*)\}", r"\\[td]?frac\{([^{}]*)\}\{([^{}]*)\}"
REWRITTEN = (  # what a formula holds, and what Python writes for it
    (r"\s|\$|\\left|\\right|\\,", ""),
    (r"[−–]", "-"),
    (r"[·×⋅]|\\cdot|\\times", "*"),
    (r"\^", "**"),
    (r"√\(", "sqrt("),
    (r"√(\d+(?:\.\d+)?)", r"sqrt(\1)"),
    (r"\\sqrt(\d)", r"sqrt(\1)"),
    (r"\\[td]?frac(\d)(\d)", r"(\1/\2)"),
    (r"[{]", "("),
    (r"[}]", ")"),
    (r"(?<=[\d)])(?=sqrt|\()", "*"),
    (r"^(-?\d*),(\d+)$", r"\1.\2"),
    (r"%$", "/100"),
)


def read_number(where: str, entry: Any) -> float:
    """Return one finite number of an answer; `where` is what a message calls it."""
    try:
        if isinstance(entry, str):
            number = _of_words(entry.strip())
        elif isinstance(
            entry, bool | np.bool_ | complex | np.complexfloating | np.datetime64 | np.timedelta64 | bytes | bytearray
        ):
            raise TypeError
        else:
            with np.errstate(over="ignore"):  # what is beyond float64 becomes inf, and is refused
                number = float(entry)
    except (TypeError, ValueError, ZeroDivisionError, OverflowError, SyntaxError, RecursionError, MemoryError):
        raise InvalidArgument(
            f'{where} is {shorten(entry)}, which is no number; give an int, a float, a Fraction or words like "1/18" or "√2/3"'
        ) from None
    if not abs(number) <= LARGEST_NUMBER:
        raise InvalidArgument(f"{where} is {shorten(entry)}; give a finite number of ordinary size, and leave no blank")
    return number


def _of_words(text: str) -> float:
    """Return the number that a word spells; nothing of it is run."""
    if len(text) > MAX_FORMULA_CHARACTERS:
        raise ValueError("too long")
    try:
        return float(read_fraction(text))
    except ValueError:
        pass
    while (inside := re.sub(BRACED_ROOT, r"sqrt(\1)", re.sub(BRACED_FRACTION, r"((\1)/(\2))", text))) != text:
        text = inside  # from the innermost braces outwards
    for pattern, written in REWRITTEN:
        text = re.sub(pattern, written, text)
    if not re.fullmatch(
        r"[\d.eE+\-*/()sqrt]+", text
    ):  # so that Python's own words, of which its parser warns, are none
        raise ValueError("no formula of numbers")
    return _value(ast.parse(text, mode="eval").body)


def _value(node: ast.expr) -> float:
    """Return the value of a formula of numbers, + - * / ** and sqrt; ValueError if it holds anything else."""
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        return float(node.value)  # type: ignore[arg-type]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        return -_value(node.operand) if isinstance(node.op, ast.USub) else _value(node.operand)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "sqrt":
        (under,) = node.args  # ValueError if it is not one
        return math.sqrt(_value(under))
    if isinstance(node, ast.BinOp):
        left, right = _value(node.left), _value(node.right)
        match node.op:
            case ast.Add():
                return left + right
            case ast.Sub():
                return left - right
            case ast.Mult():
                return left * right
            case ast.Div():
                return left / right
            case ast.Pow() if abs(right) <= MAX_POWER and (left >= 0 or right.is_integer()):
                return float(left**right)
    raise ValueError("no formula of numbers")
