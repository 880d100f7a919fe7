"""What a worker does with a panel of columns, from a file to a file: a product with M, or a whole filter; or a run of vectors.

Columns go through files beside the blocks, column after column: a worker reads its own without reading the others, no copy of them
passes the scheduler, and what is written is there still when a worker dies.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp

from popgraph.basics.arrays import Floats, Sparse
from popgraph.basics.blas import one_thread
from popgraph.dask import store
from popgraph.dask.factor import FactorFiles, HeldFactor, MappedFactor, whole_factor
from popgraph.spectrum.solvers.chebyshev import PLAIN, Filter
from popgraph.spectrum.solvers.deflation import Left, bound_left
from popgraph.spectrum.solvers.lanczos import Lanczos

Factor = HeldFactor | MappedFactor
Action = Callable[..., Floats]  # M, columns and what else it is given -> columns


@dataclass(frozen=True)
class Columns:
    """Say where columns are: a file with `rows` numbers for each, one column after another; or where they are to be written."""

    path: str
    rows: int

    @classmethod
    def written(cls, path: Path, X: Floats) -> "Columns":
        """Write columns X to a file, and say where they are."""
        columns = cls(str(path), len(X))
        columns.write(X)
        return columns

    def read(self, start: int, stop: int) -> Floats:
        """Return the columns start..stop-1, (rows, stop - start), row after row in memory, as sparse products need them."""
        count, offset = (stop - start) * self.rows, 8 * start * self.rows
        columns = np.fromfile(self.path, dtype=np.float64, count=count, offset=offset)
        return np.ascontiguousarray(columns.reshape(stop - start, self.rows).T)

    def read_as_columns(self, count: int) -> Floats:
        """Return the first columns, (rows, count), one after another in memory, as BLAS likes them."""
        return np.fromfile(self.path, dtype=np.float64, count=count * self.rows).reshape(count, self.rows).T

    def read_into(self, rows: Floats) -> None:
        """Read all columns into the rows of a contiguous array, (columns, rows)."""
        left = rows.reshape(-1).view(np.uint8).data
        with Path(self.path).open("rb", buffering=0) as file:
            while left:
                left = left[file.readinto(left) :]  # one call reads at most 2 GiB

    def write(self, X: Floats) -> None:
        """Write columns; the file gets its name when it is complete."""
        store.write_array(Path(self.path), X.T, "f8")


@dataclass(frozen=True)
class GaussianColumns:
    """Stand for columns of independent standard normal numbers, (rows, width), that each worker draws by itself."""

    seed: int
    shape: tuple[int, int]

    def read(self, start: int, stop: int) -> Floats:
        """Draw the columns start..stop-1: the same whoever draws them."""
        drawn = [np.random.default_rng((self.seed, j)).standard_normal(self.shape[0]) for j in range(start, stop)]
        return np.ascontiguousarray(np.array(drawn).reshape(stop - start, self.shape[0]).T)


def times(factor: Factor, X: Floats) -> Floats:
    """Return MX."""
    return factor.times(X)


def transposed_times(factor: Factor, Z: Floats) -> Floats:
    """Return MᵀZ."""
    return factor.transposed_times(Z)


def gram(factor: Factor, X: Floats) -> Floats:
    """Return ĀX."""
    return factor.gram(X)


def searched(factor: Factor, X: Floats) -> Floats:
    """Return the product of which eigenvectors are searched for."""
    return factor.searched(X)


@dataclass(frozen=True)
class Known:
    """Hold the eigenvectors of the components' eigenvalue 1, (side, components), and say which file has the others found."""

    unit: Sparse
    basis: Columns
    count: int

    def on_worker(self) -> "Remover":
        """Read them."""
        return Remover(self.unit, self.basis.read_as_columns(self.count))


class Remover:
    """Remove known eigenvectors: the sparse `unit`, and the columns of `basis`."""

    def __init__(self, unit: Sparse, basis: Floats) -> None:
        self.unit, self.basis, self.unit_transposed = unit, basis, sp.csr_array(unit.T)

    def __call__(self, X: Floats) -> Floats:
        """Project columns, or a vector, onto the complement; a second pass removes what rounding left in the first."""
        unit, transposed, basis = (
            part.astype(X.dtype, copy=False) for part in (self.unit, self.unit_transposed, self.basis)
        )
        for _ in range(2):
            X = X - unit @ (transposed @ X)
            if basis.shape[1]:
                X = X - basis @ (basis.T @ X)
        return X


def filtered(factor: Factor, X: Floats, polynomial: Filter) -> Floats:
    """Return a polynomial of that product, which removes nothing on the way."""
    return np.asarray(polynomial(factor.searched, lambda x: x, X))


def filtered_beside(factor: Factor, X: Floats, polynomial: Filter, known: Known) -> Floats:
    """Return a polynomial of the columns without what is known, which removes that on the way as often as it asks for."""
    remove = known.on_worker()
    return np.asarray(polynomial(factor.searched, remove, remove(X)))


def started(factor: Factor, X: Floats, rough: Filter, fine: Filter, known: Known) -> Floats:
    """Return columns without what is known, filtered in float32, where only their directions matter, and then in float64."""
    remove = known.on_worker()
    X = np.asarray(rough(factor.searched, remove, remove(X).astype(np.float32)), dtype=np.float64)
    length = np.linalg.norm(X, axis=0)
    X = remove(X / np.where(length > 0, length, 1.0))
    return X if fine == PLAIN else np.asarray(fine(factor.searched, remove, X))


class VectorsOnWorker:
    """Multiply vectors on one worker, without the known eigenvectors: what a bound of `deflation.py` asks for."""

    def __init__(self, files: FactorFiles, known: Known, rng: np.random.Generator) -> None:
        self.factor, self.deflated_vector, self.rng = whole_factor(files), known.on_worker(), rng
        self.side = files.side

    @property
    def basis(self) -> Floats:
        """The eigenvectors found."""
        return self.deflated_vector.basis

    def vector(self, x: Floats) -> Floats:
        """Return the product without the eigenvectors of eigenvalue 1."""
        remover = self.deflated_vector
        return np.asarray(self.factor.searched(x) - remover.unit @ (remover.unit_transposed @ x))


@one_thread()
def bounded(files: FactorFiles, known: Known, rng: np.random.Generator, floor: float) -> Left:
    """Bound what is left, by Lanczos' method; without the run's vectors."""
    return bound_left(VectorsOnWorker(files, known, rng), floor)._replace(run=None)


@one_thread()
def looked_at(files: FactorFiles, known: Known, rng: np.random.Generator, steps: int) -> tuple[Floats, Floats]:
    """Return the Ritz values after so many steps of Lanczos' method, and for how many eigenvalues each stands."""
    vectors = VectorsOnWorker(files, known, rng)
    lanczos = Lanczos(vectors.vector, vectors.basis, rng, steps)
    lanczos.advance(steps)
    return lanczos.ritz()


@one_thread()
def on_panel(
    files: FactorFiles,
    action: Action,
    given: tuple[Any, ...],
    source: Columns | GaussianColumns,
    cut: tuple[int, int],
    answer: Columns,
) -> None:
    """Do something with the columns of a source at a cut, and write what comes of them."""
    answer.write(action(whole_factor(files), source.read(*cut), *given))
