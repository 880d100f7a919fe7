"""The words, numbers and HTML tables that values print themselves with. No colour of their own, for light and dark themes."""

import html
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

from popgraph.basics.words import printable, shorten

MAX_CELL_CHARACTERS = 2000  # a longer string is cut


def number(value: Fraction | float) -> str:
    """Write a fraction as it is, a float with six digits."""
    return str(value) if isinstance(value, Fraction) else f"{value:.6g}"


def bracket(low: float, high: float) -> str:
    """Write the bounds of a number as one number of four digits, or as a bracket if they differ in these."""
    least, most = f"{low:.4g}", f"{high:.4g}"
    return least if least == most else f"between {least} and {most}"


def short(outcome: object) -> str:
    """Write an outcome in at most 40 characters."""
    return shorten(outcome, 40)


def listed(items: Sequence[Any], most: int = 3) -> str:
    """Write the first few items."""
    return ", ".join(shorten(item, 24) for item in items[:most]) + (", ..." if len(items) > most else "")


def html_table(rows: Iterable[Sequence[Any]], head: Sequence[Any] = (), *, left: bool = False) -> str:
    """Write an HTML table: strings escaped, values with a `_repr_html_` drawn by it; `left` aligns all cells."""
    style = " style='text-align:left'" if left else ""
    top = "".join(f"<th{style}>{_cell(cell)}</th>" for cell in head)
    body = "".join(f"<tr>{''.join(f'<td{style}>{_cell(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table>{f'<tr>{top}</tr>' if top else ''}{body}</table>"


def _cell(cell: Any) -> str:
    """Write one cell of a table."""
    if hasattr(cell, "_repr_html_"):
        return str(cell._repr_html_())
    return html.escape(printable(cell, MAX_CELL_CHARACTERS) if isinstance(cell, str) else shorten(cell, 24))


class Link:
    """Draw a text that leads to an address."""

    def __init__(self, text: str, url: str) -> None:
        self.text, self.url = text, url

    def _repr_html_(self) -> str:
        return f"<a href='{html.escape(self.url)}'>{html.escape(self.text)}</a>"


class Bar:
    """Draw a share, from -1 to 1, as a bar in the colour of the text, beside what is written of it; one below 0 is hollow."""

    def __init__(self, share: float, text: str) -> None:
        self.share, self.text = min(max(share, -1.0), 1.0), text

    def _repr_html_(self) -> str:
        size = f"width:{6 * abs(self.share):.3f}em;height:0.7em"
        look = "background:currentColor" if self.share >= 0 else "outline:1px dashed currentColor"
        fill = f"{size};{look};opacity:0.5"
        bar = f"<span style='display:inline-block;{fill}'></span>"
        return f"<span style='display:inline-block;width:6.5em'>{bar}</span>{html.escape(self.text)}"


def headed(title: str, *parts: str) -> str:
    """Write a title, plain text, over parts that are HTML."""
    return f"<div><strong>{html.escape(printable(title))}</strong>{''.join(parts)}</div>"
