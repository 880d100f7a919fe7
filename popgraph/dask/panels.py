"""Products of columns on a cluster where each worker takes some of the columns and all of M: one round trip for a whole filter."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from distributed import progress as dask_bar

from popgraph.basics.arrays import Floats, Sparse
from popgraph.dask import actions
from popgraph.dask.actions import Action, Columns, GaussianColumns, Known
from popgraph.dask.cluster import Cluster
from popgraph.dask.factor import FactorFiles

T = TypeVar("T")
# Copies of a panel that a worker holds at once: the columns, three of a filter's recurrence and its products
COPIES_IN_A_TASK = 6


@dataclass(frozen=True, eq=False)
class Eigenvectors:
    """Hold the known eigenvectors: `unit` (side, components), sparse, and `basis` (side, m)."""

    unit: Sparse
    basis: Floats

    def written(self, folder: Path) -> Known:
        """Write them for the workers."""
        return Known(self.unit, Columns.written(folder / "known", self.basis), self.basis.shape[1])


@dataclass(frozen=True, eq=False)
class Panels:
    """Do something with columns on `tasks` workers at a time, each of which takes at most `widest` of them."""

    cluster: Cluster
    files: FactorFiles
    tasks: int
    widest: int
    progress: bool = False

    def cuts(self, width: int) -> list[tuple[int, int]]:
        """Return the panels: one for each worker, or more, narrower ones."""
        count = max(min(self.tasks, width), -(-width // self.widest))
        return [(int(a), int(b)) for a, b in pairwise(np.linspace(0, width, count + 1).astype(int))]

    def columns(self, action: Action, X: Floats | GaussianColumns, rows: int, *given: Any, what: str) -> Floats:
        """Return what an action makes of columns X: (rows, width), one column after another in memory.

        An `Eigenvectors` that the action is given reaches the workers by a file.
        """

        def work(folder: Path) -> Floats:
            sent = tuple(item.written(folder) if isinstance(item, Eigenvectors) else item for item in given)
            source = X if isinstance(X, GaussianColumns) else Columns.written(folder / "given", X)
            cuts = self.cuts(X.shape[1])
            answers = [Columns(str(folder / f"panel-{i}"), rows) for i in range(len(cuts))]
            calls = [(self.files, action, sent, source, cut, answer) for cut, answer in zip(cuts, answers, strict=True)]
            self._on_workers(actions.on_panel, calls)
            joined = np.empty((rows, X.shape[1]), order="F")
            for (start, stop), answer in zip(cuts, answers, strict=True):
                answer.read_into(joined.T[start:stop])
            return joined

        joined: Floats = self.cluster.step_with_folder(work, self.files.directory, what)
        return joined

    def run(self, function: Callable[..., T], known: "Eigenvectors", *given: Any, what: str) -> T:
        """Return what a function makes, on one worker, of M and the known eigenvectors: a run of many vectors in one round trip."""

        def work(folder: Path) -> T:
            return self._on_workers(function, [(self.files, known.written(folder), *given)])[0]

        return self.cluster.step_with_folder(work, self.files.directory, what)

    def holds(self, vectors: int) -> bool:
        """Whether a worker can hold so many vectors in what it has for columns."""
        return vectors <= self.widest * COPIES_IN_A_TASK

    def _on_workers(self, function: Callable[..., T], calls: Sequence[tuple[Any, ...]]) -> list[T]:
        """Call a function on the workers."""
        return self.cluster.gathered(function, calls, dask_bar if self.progress else None)
