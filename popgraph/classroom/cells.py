r"""Numbers of a worksheet in LaTeX, exact where they can be, such as \tfrac{\sqrt{2}}{3}; and the same as MathML for a page."""

import math
import re
from fractions import Fraction

SMALL_PRIMES = tuple(p for p in range(2, 1000) if all(p % q for q in range(2, math.isqrt(p) + 1)))
DECIMALS_WRITTEN = 4  # of what is not exact


def number_cell(value: Fraction | float) -> str:
    """Write a fraction as it is, a float with four decimals."""
    if not isinstance(value, Fraction):
        written = f"{value:.{DECIMALS_WRITTEN}f}".rstrip("0").rstrip(".")
        return "0" if written in ("-0", "") else written
    sign, size = "-" * (value < 0), abs(value)
    if size.denominator == 1:
        return f"{sign}{size.numerator}"
    return rf"{sign}\tfrac{{{size.numerator}}}{{{size.denominator}}}"


def root_cell(square: Fraction, negative: bool = False) -> str:
    """Write the root of a fraction, with the squares of small primes taken out of it."""
    # √(a/b) = √(ab)/b, and ab = outside² · inside
    inside, outside = square.numerator * square.denominator, 1
    for prime in SMALL_PRIMES:
        while inside and inside % prime**2 == 0:
            inside, outside = inside // prime**2, outside * prime
    if inside and math.isqrt(inside) ** 2 == inside:
        inside, outside = 1, outside * math.isqrt(inside)
    factor = Fraction(outside, square.denominator)
    if inside <= 1:
        return number_cell(-factor * inside if negative else factor * inside)
    top = ("" if factor.numerator == 1 else str(factor.numerator)) + rf"\sqrt{{{inside}}}"
    written = top if factor.denominator == 1 else rf"\tfrac{{{top}}}{{{factor.denominator}}}"
    return f"-{written}" if negative else written


def matrix_cells(written: str) -> list[list[str]]:
    """Return the entries of a matrix that `ExactGraph.latex` wrote."""
    body = written.removeprefix(r"\begin{pmatrix}").removesuffix(r"\end{pmatrix}")
    return [row.split(" & ") for row in body.split(r" \\ ")]


def mathml(cell: str) -> str:
    """Return a cell as MathML, which browsers draw without a script or a network."""
    return f"<math>{_row(cell)}</math>"


def _row(cell: str) -> str:
    """Translate numbers, signs, roots and fractions, one after the other."""
    parts, rest = [], cell.strip()
    while rest:
        if fraction := re.match(r"\\[td]?frac(?=\{)", rest):
            over, rest = _group(rest[fraction.end() :])
            under, rest = _group(rest)
            parts.append(f"<mfrac>{_row(over)}{_row(under)}</mfrac>")
        elif root := re.match(r"\\sqrt(?=\{)", rest):
            inside, rest = _group(rest[root.end() :])
            parts.append(f"<msqrt>{_row(inside)}</msqrt>")
        elif number := re.match(r"\d+(?:\.\d+)?", rest):
            parts.append(f"<mn>{number[0]}</mn>")
            rest = rest[number.end() :]
        else:
            word = r"\ldots" if rest.startswith(r"\ldots") else rest[0]
            parts.append({"-": "<mo>−</mo>", r"\ldots": "<mo>…</mo>", " ": ""}.get(word, f"<mo>{word}</mo>"))
            rest = rest[len(word) :]
    return f"<mrow>{''.join(parts)}</mrow>"


def _group(text: str) -> tuple[str, str]:
    """Return what stands in the braces with which a text begins, and what follows them."""
    depth = 0
    for i, character in enumerate(text):
        depth += (character == "{") - (character == "}")
        if depth == 0:
            return text[1:i], text[i + 1 :]
    raise AssertionError(f"{text} has a brace that is not closed")
