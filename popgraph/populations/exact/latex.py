"""Write w, Ā, γ and F* in LaTeX, with fractions and radicals, for graphs of at most 12 views."""

from fractions import Fraction
from typing import Any

from popgraph.basics.extras import require
from popgraph.basics.words import shorten
from popgraph.errors import InvalidArgument, TooLarge
from popgraph.populations.exact.algebraic import fraction_latex, root_latex
from popgraph.populations.exact.eigenspaces import ExactlySolved

MAX_VIEWS_WRITTEN = 12  # views of a graph whose matrices are written in LaTeX


def write(graph: ExactlySolved, what: str) -> str:
    """Return "w", "adjacency", "gamma" or "F*" in LaTeX."""
    if not isinstance(what, str) or what not in WRITERS:
        raise InvalidArgument(f"what is {shorten(what)}; it must be one of {', '.join(map(repr, WRITERS))}")
    if graph.N > MAX_VIEWS_WRITTEN:
        raise TooLarge(f"{graph.N:,} views are too many to write out; the limit is {MAX_VIEWS_WRITTEN}")
    return WRITERS[what](graph)


def page(graph: ExactlySolved) -> str | None:
    """Return w, Ā, γ and F* as one displayed formula, or None if there are too many views."""
    if graph.N > MAX_VIEWS_WRITTEN:
        return None
    names = {"w": "w", "adjacency": r"\bar A", "gamma": r"\gamma", "F*": "F^*"}
    parts = [f"{names[what]} = {write(graph, what)}" for what in WRITERS]
    return "$$" + r",\qquad ".join(parts) + "$$"


def _matrix(rows: list[list[str]]) -> str:
    body = r" \\ ".join(" & ".join(row) for row in rows)
    return rf"\begin{{pmatrix}}{body}\end{{pmatrix}}"


def _w(graph: ExactlySolved) -> str:
    return _matrix([[fraction_latex(entry) for entry in row] for row in graph.w.tolist()])


def _adjacency(graph: ExactlySolved) -> str:
    w, w_x = graph.w, graph.w_x
    rows = [[root_latex(w[x, y] ** 2 / (w_x[x] * w_x[y])) for y in range(graph.N)] for x in range(graph.N)]
    return _matrix(rows)


def _gamma(graph: ExactlySolved) -> str:
    values = [each.latex for each in graph.eigenvalues for _ in range(each.multiplicity)]
    return r"\left(" + r",\ ".join(values) + r"\right)"


def _leading_eigenvectors(graph: ExactlySolved) -> str:
    """Write orthonormal eigenvectors as columns, for the positive rational eigenvalues above the first irrational one."""
    columns: list[list[str]] = []
    for each in graph.eigenvalues:
        if each.fraction is None or each.fraction <= 0:
            break
        for phi, square in _eigenfunctions(graph, each.fraction):
            columns.append(
                [
                    ("-" if value < 0 else "") + root_latex(w * value**2 / square)
                    for w, value in zip(graph.w_x, phi, strict=True)
                ]
            )
    if not columns:
        return r"\text{(irrational)}"
    dots = [r"\cdots"] if len(columns) < graph.rank else []
    rows = [[*row, *dots] for row in zip(*columns, strict=True)]
    return _matrix(rows)


def _eigenfunctions(graph: ExactlySolved, value: Fraction) -> list[tuple[list[Fraction], Fraction]]:
    """Return an orthogonal basis of the eigenfunctions of P in L²(w_x), and their squared lengths, by the Gram-Schmidt process."""
    flint: Any = require("flint")
    N, P, w_x = graph.N, graph.walk, graph.w_x.tolist()
    entries = [[flint.fmpq(e.numerator, e.denominator) for e in row] for row in P.tolist()]
    for x in range(N):
        entries[x][x] -= flint.fmpq(value.numerator, value.denominator)
    reduced, rank = flint.fmpq_mat(entries).rref()
    pivots = [next(j for j in range(N) if reduced[i, j] != 0) for i in range(rank)]
    basis: list[tuple[list[Fraction], Fraction]] = []
    for free in (j for j in range(N) if j not in pivots):
        phi = [Fraction(0)] * N
        phi[free] = Fraction(1)
        for i, j in enumerate(pivots):
            entry = reduced[i, free]
            phi[j] = -Fraction(int(entry.p), int(entry.q))
        for other, square in basis:
            coefficient = sum((w * a * b for w, a, b in zip(w_x, phi, other, strict=True)), Fraction(0)) / square
            phi = [a - coefficient * b for a, b in zip(phi, other, strict=True)]
        square = sum((w * a * a for w, a in zip(w_x, phi, strict=True)), Fraction(0))
        basis.append((phi, square))
    return basis


WRITERS = {"w": _w, "adjacency": _adjacency, "gamma": _gamma, "F*": _leading_eigenvectors}
