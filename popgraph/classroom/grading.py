"""`grade`: compare a student's answers with the population's, and name the slip in a wrong one."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from popgraph.basics.arguments import count, number, whole_number
from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.arguments.populations import read_population
from popgraph.basics.arrays import Floats
from popgraph.basics.protocols import ViewedPopulation
from popgraph.basics.subspace import column_space, containment_angles, tolerance
from popgraph.basics.words import listing, shorten
from popgraph.classroom.answers import Answer, Grade
from popgraph.classroom.reading import read_columns_of, read_square, read_vector
from popgraph.classroom.tables import (
    Facts,
    Wrong,
    half_unit,
    is_same,
    read_facts,
    table_slip,
    wrong_adjacencies,
    wrong_eigenvalues,
    wrong_probabilities,
    wrong_weights,
)
from popgraph.errors import InvalidArgument, TooLarge
from popgraph.verification import F_EXPONENT, MAX_SIDE_SLIPS, SMALL_F_EXPONENT, AskedSpan, Slip

MAX_DIGITS = 12
LEAST_ANGLE, MOST_ANGLE = 1e-6, 0.05  # radians that count as 0 in a span, whatever the digits


@checked_call(y="w")
def grade(
    graph: ViewedPopulation,
    *,
    w_x: Any = None,
    w: Any = None,
    adjacency: Any = None,
    gamma: Any = None,
    F: Any = None,
    f: Any = None,
    k: int | None = None,
    digits: int = 3,
    partial: float = 0.5,
) -> Grade:
    """Grade a student's answers: right, or wrong with the slip that was made, a hint and a score.

    A number is right if it is within half a unit of the true one, in the third digit (``digits``) of the table's largest entry:
    where that is 2/9, "1/18", 0.0556 and 0.056 are right and 0.06 is not. F and f are right if they span k leading eigenvectors,
    whatever the basis, the signs and the scale: at a degenerate cut any choice will do. Their tolerance is the angle by which
    rounding to as many digits turns them, and at most 0.05 rad. An answer that only a slip keeps from being right has partial
    credit.

    Parameters
    ----------
    graph : population with a list of views
        At most 400.
    w_x : (N,) numbers, or mapping view -> number, optional
        The views' probabilities. Here and below numbers may be ints, floats, Fractions and words: "1/18", "√2/3", "sqrt(2)/3".
    w : (N, N) numbers, DataFrame with names, or mapping (x, x') -> number, optional
        The positive pairs' probabilities.
    adjacency : as w, optional
        Ā.
    gamma : at most N numbers, optional
        Eigenvalues of Ā, largest first.
    F : (N, k) numbers, DataFrame, or mapping view -> vector, optional
        F*, or what has its span.
    f : as F, or all that `popgraph.verify` takes, optional
        F*/√w_x, or f = F*/√w_x B for an invertible B.
    k : int, optional
        In 1..rank Ā: the columns that F and f must have, and the least number of eigenvalues; by default as many as were given.
    digits : int
        In 1..12.
    partial : float
        The score of a known slip, in [0, 1].

    Returns
    -------
    Grade
        ``print`` shows a line for each answer; `Grade.to_json` is what Gradescope and otter-grader take, `Grade.points` what
        nbgrader takes.

    Raises
    ------
    InvalidArgument
        If there is no answer; if one has another shape, names no view, or an entry is no finite number; if k, digits or partial is
        out of range.
    TooLarge
        If the graph has more than 400 views.

    See Also
    --------
    worksheet : Write the handout whose blanks these are.
    popgraph.verify : Reach the same verdict on f, with its certificate.

    Examples
    --------
    >>> import popgraph as pg
    >>> cloud = pg.zoo.lightning_cloud()
    >>> print(pg.classroom.grade(cloud, w_x=["1/3", "1/6", "1/3", "1/6"], adjacency=cloud.w))
    1.5 of 2 on PopulationGraph(lightning/cloud: 2 naturals, 4 views, 2 components), to 3 digits
      w_x: right
      adjacency: w itself. This is w; Ā divides each entry by √(w_x w_x').
    >>> bool(pg.classroom.grade(cloud, f=[[1, 1], [1, 1], [1, -1], [1, -1]]))
    True
    """
    graph = read_population("grade(graph, ...)", graph, ViewedPopulation)
    if graph.N > MAX_SIDE_SLIPS:
        raise TooLarge(
            f"grade compares tables of at most {MAX_SIDE_SLIPS} views, and {shorten(graph)} has {graph.N:,}; "
            "popgraph.verify judges f at any size"
        )
    digits = count("digits", digits, most=MAX_DIGITS)
    partial = number("partial", partial, "it must be a number in [0, 1]", below=1.0, ends=True)
    facts = read_facts(graph)
    k = None if k is None else whole_number("k", k, _rank(facts), "the rank of Ā")
    named: dict[str, Callable[[], tuple[bool, Slip]]] = {}
    if w_x is not None:
        probabilities = read_vector("w_x", w_x, graph.views, graph.N)
        named["w_x"] = lambda: _of_table(probabilities, facts.w_x, wrong_probabilities(facts), digits, graph)
    if w is not None:
        weights = read_square("w", w, graph.views)
        named["w"] = lambda: _of_table(weights, facts.w, wrong_weights(facts), digits, graph)
    if adjacency is not None:
        normalised = read_square("adjacency", adjacency, graph.views)
        named["adjacency"] = lambda: _of_table(normalised, facts.adjacency, wrong_adjacencies(facts), digits, graph)
    if gamma is not None:
        eigenvalues = read_vector("gamma", gamma, None, graph.N)
        if len(eigenvalues) < (k or 1):
            raise InvalidArgument(f"gamma has {len(eigenvalues)} eigenvalues; k = {k} needs {k}, largest first")
        true, wrong = facts.gamma[: len(eigenvalues)], wrong_eigenvalues(facts, len(eigenvalues))
        named["gamma"] = lambda: _of_table(eigenvalues, true, wrong, digits, graph)
    for name, given, exponent in (("F", F, F_EXPONENT), ("f", f, SMALL_F_EXPONENT)):
        if given is not None:
            named[name] = _of_columns(name, given, exponent, k, digits, (graph, facts))
    if not named:
        raise InvalidArgument("grade was given no answer; give w_x=, w=, adjacency=, gamma=, F= or f=")
    answers = []
    for name, judged in named.items():
        right, slip = judged()
        score = 1.0 if right else partial if slip.name else 0.0
        answers.append(Answer(name, right, slip.name, slip.hint, score))
    return Grade(tuple(answers), repr(graph), digits)


RIGHT = (True, Slip("", ""))


def _rank(facts: Facts) -> int:
    """Return the number of positive eigenvalues of Ā."""
    return int(np.sum(facts.gamma > tolerance(len(facts.gamma))))


def _of_table(
    given: Floats, true: Floats, wrong: Iterator[Wrong], digits: int, graph: ViewedPopulation
) -> tuple[bool, Slip]:
    """Judge numbers one by one."""
    if is_same(given, true, digits):
        return RIGHT
    slip = table_slip(given, true, wrong, digits)
    return False, Slip("", _difference(given, true, digits, graph)) if slip is None else slip


def _difference(given: Floats, true: Floats, digits: int, graph: ViewedPopulation) -> str:
    """Say how many entries are wrong and where, without the right ones."""
    off = np.argwhere(np.abs(given - true) > half_unit(true, digits) * (1 + 1e-9) + 1e-12)
    by_view = len(true) == graph.N and (true.ndim == 2 or np.isclose(true.sum(), 1))
    places = [
        ", ".join(shorten(graph.views[i], 30) if by_view else f"number {i + 1}" for i in place)
        for place in off.tolist()
    ]
    places = [f"({place})" if true.ndim == 2 else place for place in places]
    said = f"{len(off)} of {given.size} entries {'is' if len(off) == 1 else 'are'} wrong: {listing(places)}."
    if true.ndim == 2 and np.abs(given - given.T).max() > 2 * half_unit(true, digits):
        said += " A pair is as probable in either order, so that the table is symmetric."
    if abs(float(true.sum()) - 1) < 1e-9 and abs(float(given.sum()) - 1) > given.size * half_unit(true, digits):
        said += f" It sums to {given.sum():.4g}, and not to 1."
    return said


def _of_columns(
    name: str, given: Any, exponent: float, k: int | None, digits: int, of: tuple[ViewedPopulation, Facts]
) -> Callable[[], tuple[bool, Slip]]:
    """Read an answer that should span F*, and return what judges it."""
    graph, facts = of
    table, transposed = read_columns_of(name, given, graph.views)
    columns = table.shape[1]
    if (k is not None and columns != k) or columns > graph.N:
        needed = f"k = {k}" if k is not None else f"this graph of {graph.N} views"
        most = k if k is not None else f"at most {graph.N}"
        raise InvalidArgument(f"{name} has {columns} columns; {needed} needs {most}")
    asked = AskedSpan(facts.adjacency, facts.w_x, columns, exponent)

    def judged() -> tuple[bool, Slip]:
        if columns > _rank(facts):
            hint = f"Ā has only {_rank(facts)} positive eigenvalues, so that no f reaches {columns} eigenvectors."
            return False, Slip("too many columns", hint)
        if _is_right(asked, table, digits):
            hint = "It has a column for each view; the views are the rows, and the k functions the columns."
            return (False, Slip("transposed", hint)) if transposed else RIGHT
        rank = column_space(table).rank
        if rank < columns:
            hint = f"Its {columns} columns are linearly dependent: they span {rank} dimension{'s' * (rank != 1)}."
            return False, Slip("dependent columns", hint)
        slip = asked.slip(table, _tolerance(asked, table, digits))
        return False, Slip("", _angle_in_words(asked, table)) if slip is None else slip

    return judged


def _is_right(asked: AskedSpan, table: Floats, digits: int) -> bool:
    return asked.is_right(table, _tolerance(asked, table, digits))


def _tolerance(asked: AskedSpan, table: Floats, digits: int) -> float:
    """Return the angle by which writing a table with so many digits of each column's largest entry may turn its span."""
    half_units = np.array([half_unit(column, digits) for column in table.T])
    return float(np.clip(asked.angle_of_rounding(table, half_units), LEAST_ANGLE, MOST_ANGLE))


def _angle_in_words(asked: AskedSpan, table: Floats) -> str:
    """Say by how much a span is another one, and of a degenerate cut what would be right."""
    k, (vectors, above) = asked.k, asked.cut
    space = column_space(table * asked.w_x[:, np.newaxis] ** asked.exponent)
    angle = float(containment_angles(space.basis, vectors).max())
    if above:
        angle = max(angle, float(containment_angles(vectors[:, :above], space.basis).max()))
    what = "F" if asked.exponent == F_EXPONENT else "√w_x f"
    said = f"The span of {what} is {angle:.2g} rad away from k = {k} leading eigenvectors of Ā."
    if above < k:
        said += f" γ_{k} = γ_{k + 1}: it needs all eigenvectors of larger eigenvalues, and any {k - above} of that one."
    return said
