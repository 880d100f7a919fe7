"""`phase_diagram`: who wins where, over a grid of two parameters, in parallel, and resumable after a crash."""

import pickle
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import partial
from itertools import product
from multiprocessing import get_context
from os import PathLike
from typing import Any, NamedTuple

import numpy as np

from popgraph.basics.arguments import count, flag, is_real, numbers, read_callable
from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.arrays import Floats, frozen
from popgraph.basics.progress import Progress, check_progress, track
from popgraph.basics.words import shorten
from popgraph.downstream.selftraining.contest import compete, read_given_widths, read_tried
from popgraph.downstream.selftraining.journal import Cell, Journal, read_cells
from popgraph.downstream.selftraining.phases_value import FAILED, Failure, PhaseDiagram, lay_out
from popgraph.errors import InvalidArgument
from popgraph.populations import PopulationGraph

MAX_CELLS_OF_DIAGRAM = 10**6


class Asked(NamedTuple):
    """What is computed at each cell; it is sent to other processes."""

    make_graph: Callable[[Any, Any], Any]
    teacher: Any
    k: Any
    weight: Any
    samples: int


@checked_call()
def phase_diagram(
    make_graph: Callable[[Any, Any], Any],
    rows: Iterable[Any],
    columns: Iterable[Any],
    *,
    teacher: Any = None,
    k: int | Sequence[int] | None = None,
    weight: float | Sequence[float] | None = None,
    samples: int = 50,
    boundaries: Mapping[str, Callable[[Any, Any], float]] | None = None,
    names: tuple[str, str] = ("row", "column"),
    workers: int = 1,
    path: str | PathLike[str] | None = None,
    keep_going: bool = False,
    progress: Progress = None,
) -> PhaseDiagram:
    """Set self-training against contrastive learning, each at its best, at every pair of two parameters: who wins where?

    Each cell is `which_wins` of one graph and one teacher. The answer is the same for any number of workers.

    Parameters
    ----------
    make_graph : callable, (row, column) -> PopulationGraph, or -> (PopulationGraph, teacher)
        The labelled population of one cell, with its teacher if ``teacher`` is not given.
    rows, columns : sequences of numbers, or of words
        The values of the two parameters, each once; Fractions and words such as "1/10" keep a graph exact.
    teacher : as of `self_train`, or a callable graph -> teacher, optional
        The teacher of all cells.
    k, weight, samples : optional
        As of `which_wins`; all of them by default. Random minimisers are drawn alike in each cell.
    boundaries : mapping name -> callable (row, column) -> float, optional
        Predictions: `popgraph.plot.phase_diagram` draws where each changes its sign.
    names : (str, str)
        What rows and columns are called.
    workers : int
        How many processes; above 1, ``make_graph`` and ``teacher`` must be functions of a module or of a script whose work stands
        under ``if __name__ == "__main__":``, as other processes import them.
    path : str or path, optional
        A file to which each cell is appended as it is done. If it exists, the cells in it are not computed again; the first of
        them is, and must come out the same. A file of other rows, columns, k, weight or samples is refused.
    keep_going : bool
        Whether to record what a cell raises, in ``failures``, and to go on; False raises it.
    progress : bool or callable, optional
        Whether to show a bar.

    Returns
    -------
    PhaseDiagram
        The winner, the margin and the errors of each cell.

    Raises
    ------
    InvalidArgument
        If rows or columns are empty or repeat a value, ``make_graph`` returns something else, workers is below 1, or ``make_graph``
        cannot be sent to another process. What a cell raises says which cell it was.
    InvalidFile
        If the file is of another diagram, or no such file.

    See Also
    --------
    which_wins : One cell.
    popgraph.plot.phase_diagram : Draw it.

    References
    ----------
    THEORY 15.

    Examples
    --------
    >>> import popgraph as pg
    >>> def blocks(mistakes, across):
    ...     graph = pg.zoo.planted_subclasses(2, 1, size=4, within=0, across=across)
    ...     return graph, [1] * mistakes + [0] * (4 - mistakes) + [1] * 4
    >>> diagram = pg.selftraining.phase_diagram(blocks, [0, 1, 2], ["1/10", "2/5"], names=("mistakes", "across"))
    >>> diagram
    PhaseDiagram(3 mistakes x 2 across: contrastive wins 1, self-training 2, neither 3)
    """
    read_callable("make_graph", make_graph)
    axes = _read_values("rows", rows), _read_values("columns", columns)
    if len(axes[0]) * len(axes[1]) > MAX_CELLS_OF_DIAGRAM:
        raise InvalidArgument(
            f"rows x columns are {len(axes[0]) * len(axes[1]):,} cells; {MAX_CELLS_OF_DIAGRAM:,} are the most"
        )
    workers = count("workers", workers, most=1024)
    flag("keep_going", keep_going)
    check_progress(progress)
    widths, weights = read_given_widths(k), read_tried(None, weight, samples, 0).weights
    names = _read_names(names)
    predicted = _predicted(boundaries, axes)
    asked = Asked(make_graph, teacher, widths, weights, int(samples))
    cells = list(product(range(len(axes[0])), range(len(axes[1]))))
    journal, known = None, dict[tuple[int, int], Cell]()
    if path is not None:
        journal = Journal(
            path, {"rows": axes[0], "columns": axes[1], "k": widths, "weight": weights, "samples": int(samples)}
        )
        known = read_cells(journal, set(cells), partial(_cell, asked, axes))
    missing = [cell for cell in cells if cell not in known]
    done, failures = dict(known), []
    outcomes = _computed(asked, axes, missing, workers)
    for at, outcome in track(outcomes, len(missing), progress, "phase diagram"):
        if isinstance(outcome, Cell):
            done[at] = outcome
            if journal is not None:
                journal.append(at, outcome)
        elif keep_going:
            failures.append(Failure(axes[0][at[0]], axes[1][at[1]], f"{type(outcome).__name__}: {outcome}"))
            done[at] = FAILED
        else:
            raise _placed(outcome, _at_in_words(names, axes, at))
    failures.sort(key=lambda each: (axes[0].index(each.row), axes[1].index(each.column)))
    return lay_out(axes, names, done, tuple(failures), predicted)


def _read_values(name: str, values: Any) -> tuple[Any, ...]:
    """Return the values of one parameter: numbers and words of a list as they are, those of an array as Python's numbers."""
    need = "give the values of a parameter, a sequence of numbers or of words"
    if isinstance(values, list | tuple | range) and all(isinstance(value, str) or is_real(value) for value in values):
        listed = tuple(value.item() if isinstance(value, np.generic) else value for value in values)
    else:
        array = values if isinstance(values, np.ndarray) and values.dtype.kind in "iu" else numbers(name, values, need)
        if array.ndim != 1:
            raise InvalidArgument(f"{name} is {shorten(values)}; {need}")
        listed = tuple(array.tolist())
    if not listed:
        raise InvalidArgument(f"{name} is empty; give one value of the parameter or more")
    for i, value in enumerate(listed):
        if value != value or value in listed[:i]:
            raise InvalidArgument(f"{name}[{i}] is {shorten(value)}; give numbers or words, each of them once")
    return listed


def _read_names(names: Any) -> tuple[str, str]:
    """Return two names."""
    if (
        not isinstance(names, tuple | list)
        or len(names) != 2
        or not all(isinstance(name, str) and name for name in names)
    ):
        raise InvalidArgument(f"names is {shorten(names)}; give two words, for the rows and for the columns")
    return (names[0], names[1])


def _predicted(boundaries: Any, axes: tuple[tuple[Any, ...], tuple[Any, ...]]) -> dict[str, Floats]:
    """Return each prediction at each cell, (R, C)."""
    if boundaries is None:
        return {}
    if not isinstance(boundaries, Mapping) or not all(isinstance(name, str) for name in boundaries):
        raise InvalidArgument(
            f"boundaries is {shorten(boundaries)}; give a mapping name -> function of a row and a column"
        )
    tables = {}
    for name, predict in boundaries.items():
        read_callable(f"boundaries[{name!r}]", predict)
        table = np.empty((len(axes[0]), len(axes[1])))
        for (i, row), (j, column) in product(enumerate(axes[0]), enumerate(axes[1])):
            value = predict(row, column)
            try:
                table[i, j] = float(value)
            except (TypeError, ValueError):
                raise InvalidArgument(
                    f"boundaries[{name!r}]({row!r}, {column!r}) is {shorten(value)}; it must be a number"
                ) from None
        tables[name] = frozen(table)
    return tables


def _cell(asked: Asked, axes: tuple[tuple[Any, ...], tuple[Any, ...]], at: tuple[int, int]) -> Cell:
    """Return the contest at one cell, as numbers."""
    made = asked.make_graph(axes[0][at[0]], axes[1][at[1]])
    graph, teacher = made if isinstance(made, tuple) and len(made) == 2 else (made, None)
    if not isinstance(graph, PopulationGraph):
        raise InvalidArgument(
            f"make_graph returned {shorten(made)}; it must return a PopulationGraph, or one with its teacher as a pair"
        )
    if asked.teacher is not None:
        teacher = asked.teacher(graph) if callable(asked.teacher) else asked.teacher
    if teacher is None:
        raise InvalidArgument("there is no teacher; return (graph, teacher) from make_graph, or pass teacher=")
    tried = read_tried(asked.k, asked.weight, asked.samples, 0)
    contest = compete(graph, teacher, None, tried, bounded=False)
    return Cell(
        contest.winner,
        contest.margin,
        contest.contrastive_range,
        contest.self_training_range,
        contest.teacher,
        contest.k,
        contest.best_weights,
    )


def _outcome(asked: Asked, axes: Any, at: tuple[int, int]) -> tuple[tuple[int, int], Cell | Exception]:
    """Return a cell and what came of it: its contest, or what it raised."""
    try:
        return at, _cell(asked, axes, at)
    except Exception as error:  # whatever make_graph raises is recorded, or raised again with its cell
        return at, error


def _computed(
    asked: Asked, axes: Any, cells: list[tuple[int, int]], workers: int
) -> Iterator[tuple[tuple[int, int], Cell | Exception]]:
    """Yield what came of each cell: in order with one worker, else as they are done."""
    if workers == 1 or len(cells) <= 1:
        yield from (_outcome(asked, axes, at) for at in cells)
        return
    _check_sendable(asked)
    # Processes are started anew, not forked: a fork copies the locks of a BLAS's threads as they happen to be.
    pool = ProcessPoolExecutor(min(workers, len(cells)), mp_context=get_context("spawn"))
    try:
        for future in as_completed([pool.submit(_outcome, asked, axes, at) for at in cells]):
            yield future.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _check_sendable(asked: Asked) -> None:
    """Refuse functions that no other process can import."""
    for name, value in (("make_graph", asked.make_graph), ("teacher", asked.teacher)):
        try:
            pickle.dumps(value)
        except Exception:  # pickle raises what the object's own code raises
            raise InvalidArgument(
                f"{name} is {shorten(value)}, which cannot be sent to other processes; write it with def at the top of a module, "
                "or use workers=1"
            ) from None
        main = sys.modules.get("__main__")
        if getattr(value, "__module__", None) == "__main__" and getattr(main, "__file__", None) is None:
            raise InvalidArgument(
                f"{name} was defined in a notebook or at a prompt, which other processes cannot import; write it in a module, or "
                "use workers=1"
            )


def _at_in_words(names: tuple[str, str], axes: Any, at: tuple[int, int]) -> str:
    """Return which cell it is."""
    return f"{names[0]} = {shorten(axes[0][at[0]])}, {names[1]} = {shorten(axes[1][at[1]])}"


def _placed(error: Exception, where: str) -> Exception:
    """Return the exception with its cell: in its sentence where it is one of this package that takes a sentence, else as a note."""
    if isinstance(error, InvalidArgument):
        return InvalidArgument(f"at {where}: {error}")
    error.add_note(f"raised in phase_diagram at {where}")
    return error
