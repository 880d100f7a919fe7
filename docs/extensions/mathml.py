"""Formulas as MathML, which browsers draw themselves: no script and no network."""

import re
from typing import Any

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator

# Browsers know no `mathvariant`: these letters are characters of their own, and some stand where Unicode had them before.
FIRST = {"double-struck": 0x1D538, "script": 0x1D49C, "fraktur": 0x1D504}
BEFORE = {
    "double-struck": dict(zip("CHNPQRZ", "ℂℍℕℙℚℝℤ", strict=True)),
    "script": dict(zip("BEFHILMR", "ℬℰℱℋℐℒℳℛ", strict=True)),
}
VARIANT = re.compile(r'<mi mathvariant="([a-z-]+)">([A-Z])</mi>')
BAR = re.compile(r"<mo([^>]*)>(&#x02016;|&#x0007C;|‖|\|)</mo>")


def letter(found: re.Match[str]) -> str:
    """Return a capital of an alphabet of its own, as a character."""
    kind, capital = found[1], found[2]
    if kind not in FIRST:
        return found[0]
    return f"<mi>{BEFORE.get(kind, {}).get(capital, chr(FIRST[kind] + ord(capital) - ord('A')))}</mi>"


def bar(found: re.Match[str]) -> str:
    """Return a bar that grows only where the formula says so, by `left` and `right`: else one of two may grow alone."""
    return found[0] if "stretchy" in found[1] else f'<mo stretchy="false"{found[1]}>{found[2]}</mo>'


def formula(latex: str, display: str) -> str:
    """Return the MathML of a formula.

    >>> formula(r"\\mathbb R", "inline")
    '<math xmlns="http://www.w3.org/1998/Math/MathML" display="inline"><mrow><mi>ℝ</mi></mrow></math>'
    """
    return BAR.sub(bar, VARIANT.sub(letter, convert(latex.strip(), display=display)))


def visit_inline(translator: HTML5Translator, node: nodes.math) -> None:
    """Write a formula inside a line."""
    translator.body.append(f'<span class="math">{formula(node.astext(), "inline")}</span>')
    raise nodes.SkipNode


def visit_display(translator: HTML5Translator, node: nodes.math_block) -> None:
    """Write a formula on a line of its own; a wide one scrolls by itself, not the page."""
    rows = [row for row in re.split(r"\n\s*\n", node.astext()) if row.strip()]
    drawn = "".join(f"<div>{formula(row, 'block')}</div>" for row in rows)
    translator.body.append(f'<div class="math" tabindex="0">{drawn}</div>')
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, Any]:
    """Offer `html_math_renderer = "mathml"`."""
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_display, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
