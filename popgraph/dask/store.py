"""Row blocks of A and of M on disk: each is written once, by a worker, and is mapped into memory for each product.

A block is a few arrays, one a file. A file gets its final name when it is complete, so that a worker killed while it writes leaves
no file that could be mistaken for a block.
"""

import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import cloudpickle
import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from popgraph.basics.arrays import Floats, Ints, Sparse

# The files contain numbers alone; the file's name determines their type. The headers of .npy files are parsed by Python's `ast`,
# which sometimes fails when two threads parse at once (CPython 3.11), and workers may be threads.
DTYPES = {
    **dict.fromkeys(["p", "A", "w_x", "M"], "f8"),
    **dict.fromkeys(["indptr", "numbers", "columns"], "i8"),
    **dict.fromkeys(["raw", "indices"], "i4"),
}
VIEW_BINS = 256  # equal parts of the views; for each block it is recorded in which of them it has entries


@dataclass(frozen=True, eq=False)
class KernelBlock:
    """Describe a block of A: what is needed to unite its views with those of the other blocks."""

    n: int  # naturals
    nnz: int  # stored entries
    columns: Ints  # (m,), those with an entry in this block, ascending
    mass: Floats  # (m,), the block's part of their w_x
    component: Ints  # (m,), the connected component of each within the block
    p: float  # the block's part of Σp


@dataclass(frozen=True, eq=False)
class FactorBlock:
    """Describe a block of M."""

    n: int  # naturals
    square: float  # the sum of its squared entries
    bins: Ints  # which of the `VIEW_BINS` parts of the views have an entry in this block


def write_kernel(directory: str, block: int, p: Floats, A: Sparse) -> KernelBlock:
    """Write a block of A without its empty columns."""
    columns, local = np.unique(np.asarray(A.indices, dtype=np.intp), return_inverse=True)
    row_of = np.repeat(np.arange(len(p)), np.diff(A.indptr))
    sums = np.bincount(row_of, weights=A.data, minlength=len(p))
    mass = np.bincount(local, weights=A.data * (p * sums)[row_of], minlength=len(columns))
    side = len(p) + len(columns)
    joined = sp.coo_array((np.ones(len(local), dtype=np.int8), (row_of, len(p) + local)), shape=(side, side))
    component = connected_components(joined, directed=False)[1][len(p) :]
    for name, array in {"p": p, "indptr": A.indptr, "raw": local, "A": A.data}.items():
        _save(directory, block, name, array)
    return KernelBlock(
        len(p), A.nnz, columns.astype(np.intp), np.asarray(mass, dtype=np.float64), component, float(np.sum(p))
    )


def write_views(directory: str, columns: list[Ints], w_x: Floats) -> None:
    """Write for each block the position of its columns among all views, and write w_x."""
    _save(directory, 0, "w_x", w_x)
    for block, numbers in enumerate(columns):
        _save(directory, block, "numbers", numbers)


def can_read_blocks(directory: str) -> bool:
    """Whether this process can read the blocks that the workers wrote."""
    return _path(directory, 0, "A").is_file()


def write_factor(directory: str, block: int) -> FactorBlock:
    """Write the block's rows of M = diag(√p) A D^-1/2. `write_views` must have run."""
    p, indptr, raw, A, columns = (_load(directory, block, name) for name in ("p", "indptr", "raw", "A", "numbers"))
    all_w_x = _load(directory, 0, "w_x")
    w_x, n_views = all_w_x[columns], len(all_w_x)
    order = np.argsort(columns)
    place = np.empty(len(order), dtype=np.int32)
    place[order] = np.arange(len(order))
    M = np.repeat(np.sqrt(p), np.diff(indptr)) * A / np.sqrt(w_x)[raw]
    _save(directory, block, "columns", columns[order])
    _save(directory, block, "indices", place[raw])
    _save(directory, block, "M", M)
    return FactorBlock(len(p), float(np.sum(M**2)), np.unique(columns * VIEW_BINS // n_views))


def factor(directory: str, block: int) -> tuple[Sparse, Ints]:
    """Return the block's rows of M, restricted to the columns in which it has entries, and these columns; memory-mapped."""
    indptr, indices, M, columns = (_load(directory, block, name) for name in ("indptr", "indices", "M", "columns"))
    return sp.csr_array((M, indices, indptr), shape=(len(indptr) - 1, len(columns))), columns


def complete_factor(directory: str, blocks: int, n_views: int) -> Sparse:
    """Return all rows of M as one matrix in memory; the caller checks that it fits."""
    parts = []
    for block in range(blocks):
        M, columns = factor(directory, block)
        parts.append(sp.csr_array((M.data, columns[M.indices], M.indptr), shape=(M.shape[0], n_views)))
    stacked: Sparse = sp.vstack(parts, format="csr")
    return stacked


def kernel(directory: str, block: int) -> tuple[Floats, Sparse, Ints]:
    """Return the block's p, its rows of A, restricted to the columns in which it has entries, and these columns; memory-mapped."""
    p, indptr, raw, A, columns = (_load(directory, block, name) for name in ("p", "indptr", "raw", "A", "numbers"))
    return p, sp.csr_array((A, raw, indptr), shape=(len(p), len(columns))), columns


def probabilities(directory: str, blocks: int) -> Floats:
    """Return the p of all naturals."""
    return np.concatenate([_load(directory, block, "p") for block in range(blocks)])


def complete_kernel(directory: str, blocks: int, n_views: int) -> Sparse:
    """Return all rows of A as one matrix in memory; the caller checks that it fits."""
    parts = []
    for block in range(blocks):
        _, A, columns = kernel(directory, block)
        parts.append(sp.csr_array((A.data, columns[A.indices], A.indptr), shape=(A.shape[0], n_views)))
    stacked: Sparse = sp.vstack(parts, format="csr")
    return stacked


def _path(directory: str, block: int, name: str) -> Path:
    """Return the path of one array of a block."""
    return Path(directory) / f"{block:06d}.{name}"


def write_columns(directory: str, X: Floats) -> str:
    """Write tall columns for the workers, and return the file's path."""
    path = Path(directory) / f"columns-{uuid4().hex}"
    np.ascontiguousarray(X, dtype=np.float64).tofile(path)
    return str(path)


def read_columns(path: str, width: int, start: int, stop: int) -> Floats:
    """Return the rows start..stop-1 of an X that `write_columns` wrote."""
    rows = np.fromfile(path, dtype=np.float64, count=(stop - start) * width, offset=8 * start * width)
    return rows.reshape(stop - start, width)


def clear_columns(directory: str) -> None:
    """Delete all files of `write_columns`."""
    for path in Path(directory).glob("columns-*"):
        path.unlink()


def write_source(directory: str, source: Any) -> str:
    """Write the function that enumerates blocks, which may contain large tables, and return the file's path."""
    path = Path(directory) / "source"
    path.write_bytes(cloudpickle.dumps(source))
    return str(path)


@lru_cache(maxsize=1)
def read_source(path: str) -> Any:
    """Return the function that enumerates blocks. The cache makes each worker read the file only once."""
    return cloudpickle.loads(Path(path).read_bytes())


def _save(directory: str, block: int, name: str, array: Any) -> None:
    """Write one array of a block under another name, and rename the file when it is complete."""
    path = _path(directory, block, name)
    part = path.with_name(f"{path.name}.{uuid4().hex}")
    np.ascontiguousarray(array, dtype=DTYPES[name]).tofile(part)
    os.replace(part, path)


def _load(directory: str, block: int, name: str) -> Any:
    """Return one array of a block, memory-mapped."""
    return np.memmap(_path(directory, block, name), dtype=DTYPES[name], mode="r")
