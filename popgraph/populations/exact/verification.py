"""Is a rational f a basis of F*? Decided by ranks over the rationals, with the column that leaves the space for a witness."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from numbers import Rational
from typing import Any

import numpy as np

from popgraph.basics.arguments import as_array, count
from popgraph.basics.arguments.probabilities import read_fraction
from popgraph.basics.arrays import Immutable
from popgraph.basics.extras import require
from popgraph.basics.words import listing, shorten
from popgraph.errors import InvalidEmbedding, TooLarge
from popgraph.populations.exact.eigenspaces import Cut, ExactlySolved

MAX_VIEWS_DECIDED = 300  # P, an (N, N) rational matrix, is multiplied by f again and again


@dataclass(frozen=True)
class ExactMatch(Immutable):
    """Say exactly whether span F is that of k leading eigenvectors. True in a condition iff it is.

    Attributes
    ----------
    matches : bool
    reason : str
        One sentence.
    witness : int or None
        The first column of f that leaves the eigenspaces at and above γ_k, or that depends on those before it.
    rank : int
        Of f.
    k : int

    Examples
    --------
    >>> import popgraph as pg
    >>> match = pg.zoo.hypercube(2).exact().verify([[1, 1], [1, 1], [1, -1], [1, 1]])
    >>> match.matches, match.witness
    (False, 1)
    """

    matches: bool
    reason: str
    witness: int | None
    rank: int
    k: int

    def __bool__(self) -> bool:
        return self.matches

    def __repr__(self) -> str:
        return f"ExactMatch({'yes' if self.matches else 'no'}: {self.reason})"


def verify(graph: ExactlySolved, f: Any, k: int | None) -> ExactMatch:
    """Decide whether f spans k leading eigenvectors; see `ExactGraph.verify`."""
    flint = require("flint")
    rows = _read(graph, f)
    columns = len(rows[0])
    if k is not None and count("k", k) != columns:
        raise InvalidEmbedding(f"f has {columns} columns; to decide about k = {k} give a basis of {k}")
    if graph.N > MAX_VIEWS_DECIDED:
        raise TooLarge(f"{graph.N:,} views are too many to decide exactly; at most {MAX_VIEWS_DECIDED} are")
    if columns > graph.N:
        raise InvalidEmbedding(f"f has {columns} columns, more than the {graph.N} views")
    k, table = columns, _matrix(flint, rows)
    cut, rank = graph.cut(k), table.rank()
    where = f"the eigenspace of γ_1, ..., γ_{k}" if k > 1 else "the eigenspace of γ_1"
    if cut.zero:
        return ExactMatch(
            False, f"γ_{k} = 0: Ā has rank {graph.rank}, so no invertible map to {k} eigenvectors exists", None, rank, k
        )
    if (least := graph.eigenvalue(k)) < 0:
        reason = f"γ_{k} = {least.radicals or least.digits(6) + '...'} < 0: one encoder reaches no negative eigenvalue"
        return ExactMatch(False, f"{reason}, so no invertible map to {k} eigenvectors exists", None, rank, k)
    if rank < k:
        column = _dependent(flint, rows)
        reason = f"column {column} of f depends on those before it: f has rank {rank}, not {k}"
        return ExactMatch(False, reason, column, rank, k)
    walk = _matrix(flint, graph.walk.tolist())
    inside = [factor for factor, _ in graph.charpoly.factors if _least(graph, factor) >= graph.eigenvalue(k)]
    # A rational f has a part at an eigenvalue iff it has one at each conjugate, so it lies in the eigenspaces at or above γ_k iff
    # the product of the minimal polynomials whose roots are all there, taken of P, is 0 on it.
    outside = _apply(walk, inside, table)
    leaves = next((j for j in range(k) if any(outside[x, j] != 0 for x in range(graph.N))), None)
    if leaves is not None:
        which = where if cut.clean else f"the eigenspaces at or above γ_{k}"
        return ExactMatch(False, f"column {leaves} leaves {which}", leaves, rank, k)
    if cut.clean:
        return ExactMatch(True, f"the {k} column{'s' * (k > 1)} of f span{'s' * (k == 1)} {where}", None, rank, k)
    return _at_degenerate_cut(graph, cut, walk, table)


def _at_degenerate_cut(graph: ExactlySolved, cut: Cut, walk: Any, table: Any) -> ExactMatch:
    """Decide about an f of rank k inside the eigenspaces at or above γ_k: does it contain all those above?"""
    here, k = graph.eigenvalue(cut.k), cut.k
    above = [factor for factor, _ in graph.charpoly.factors if _least(graph, factor) > here]
    reached = sum((len(factor) - 1) * exponent for factor, exponent in graph.charpoly.factors if factor in above)
    if reached < cut.above:
        return ExactMatch(
            False,
            f"an eigenvalue above γ_{k} is conjugate to one not above it: no rational f contains its eigenvectors alone",
            None,
            k,
            k,
        )
    # The product of (P - γ) over the γ above the cut leaves of f its part at γ_k, whose rank is k less the dimensions of f above.
    contained = k - _apply(walk, above, table).rank()
    if contained < cut.above:
        reason = f"f contains {contained} of the {cut.above} dimensions above γ_{k} = γ_{k + 1}"
        return ExactMatch(False, reason, None, k, k)
    part = f"{k - cut.above} of the {cut.upto - cut.above} dimensions of γ_{k}"
    return ExactMatch(True, f"f spans one of the equally good choices at a degenerate cut: {part}", None, k, k)


def _least(graph: ExactlySolved, factor: tuple[int, ...]) -> Any:
    """Return the smallest eigenvalue with this minimal polynomial."""
    return min(each for each in graph.eigenvalues if each.coefficients == factor)


def _apply(walk: Any, polynomials: list[tuple[int, ...]], table: Any) -> Any:
    """Return the product of these polynomials of P, applied to f by Horner's rule."""
    for coefficients in polynomials:
        total = table * coefficients[-1]
        for c in coefficients[-2::-1]:
            total = walk * total + table * c
        table = total
    return table


def _dependent(flint: Any, rows: list[list[Fraction]]) -> int:
    """Return the first column that depends on those before it."""
    return next(j for j in range(len(rows[0])) if _matrix(flint, [row[: j + 1] for row in rows]).rank() <= j)


def _matrix(flint: Any, rows: Any) -> Any:
    """Return a rational matrix of python-flint."""
    return flint.fmpq_mat([[flint.fmpq(entry.numerator, entry.denominator) for entry in row] for row in rows])


def _read(graph: ExactlySolved, f: Any) -> list[list[Fraction]]:
    """Read one vector of rational numbers for each view."""
    views = graph.views
    if isinstance(f, Mapping):
        missing = [shorten(view) for view in views if view not in f]
        if missing:
            raise InvalidEmbedding(f"f has no vector for {len(missing)} of {len(views)} views: {listing(missing)}")
        f = [f[view] for view in views]
    if isinstance(f, np.ndarray):
        as_array("f", f, InvalidEmbedding)
    try:
        listed = [list(row) for row in (f.tolist() if isinstance(f, np.ndarray) else f)]
    except TypeError:
        raise InvalidEmbedding(f"f is {shorten(f)}; give {graph.N} rows of rational numbers") from None
    if len(listed) != graph.N or len({len(row) for row in listed}) != 1 or not listed[0]:
        raise InvalidEmbedding(f"f has {len(listed)} rows; {graph.N} views need a vector each, of one length")
    return [[_rational(entry, x, j) for j, entry in enumerate(row)] for x, row in enumerate(listed)]


def _rational(entry: Any, x: int, j: int) -> Fraction:
    """Read one entry of f."""
    if isinstance(entry, Rational | Decimal | str) and not isinstance(entry, bool):
        try:
            return Fraction(read_fraction(entry) if isinstance(entry, str | Decimal) else entry)
        except (ValueError, ZeroDivisionError, OverflowError):
            pass
    kind = "the float " if isinstance(entry, float | np.floating) else ""
    raise InvalidEmbedding(f'f[{x}][{j}] is {kind}{shorten(entry)}; give an int, a Fraction or a string like "1/3"')
