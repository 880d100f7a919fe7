"""Row blocks of A and of M on disk: each is written once, by a worker, and is mapped into memory for each product.

A block is a few arrays, each in a file of its own. An array is written under another name and renamed when it is complete, so a
worker that is killed while writing leaves no partial file that could be read as a block.
"""

import errno
import os
import shutil
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
from popgraph.basics.words import size_in_words
from popgraph.errors import TooLarge

# The files hold numbers without a header, and the array's name determines its dtype. The .npy format is not used: numpy parses
# its headers by Python's `ast`, which sometimes fails if two threads parse at once (CPython 3.11), and workers may be threads.
# Of a block's columns, "raw" and "indices" are positions among those that the block reaches, "numbers" and "columns" among all N.
DTYPES = {
    **dict.fromkeys(["p", "A", "w_x", "M"], "f8"),
    **dict.fromkeys(["indptr", "numbers", "columns"], "i8"),
    **dict.fromkeys(["raw", "indices"], "i4"),
}
# What the system says where a file can grow no further: the disk, the user's quota or the limit on a file's size
DISK_IS_FULL = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}
VIEW_BINS = 256  # into which the views 0..N-1 are divided; a `FactorBlock` says in which of them its block has entries


@dataclass(frozen=True, eq=False)
class KernelBlock:
    """Describe a written block of A: what is needed to combine its views with those of the other blocks.

    Attributes
    ----------
    n, nnz : int
        The number of its naturals, and of its stored entries.
    columns : (m,) array
        The columns in which it has entries, ascending.
    mass : (m,) array
        What its naturals contribute to w_x of these columns.
    component : (m,) array
        The connected component of each column within the block.
    p : float
        The sum of its naturals' p.
    """

    n: int
    nnz: int
    columns: Ints
    mass: Floats
    component: Ints
    p: float


@dataclass(frozen=True, eq=False)
class FactorBlock:
    """Describe a written block of M: its naturals, its entries, the sum of their squares, and the `VIEW_BINS` that it reaches."""

    n: int
    nnz: int
    square: float
    bins: Ints


def write_kernel(directory: str, block: int, p: Floats, A: Sparse) -> KernelBlock:
    """Write a block of A, its columns numbered within the block: 0 is the first column in which the block has entries."""
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
    """Write what is known once all blocks are: the number of each block's columns among all views, and w_x."""
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
    return FactorBlock(len(p), len(M), float(np.sum(M**2)), np.unique(columns * VIEW_BINS // n_views))


def factor(directory: str, block: int) -> tuple[Sparse, Ints]:
    """Return the block's rows of M, restricted to the columns in which it has entries, and these columns; memory-mapped."""
    indptr, indices, M, columns = (_load(directory, block, name) for name in ("indptr", "indices", "M", "columns"))
    return sp.csr_array((M, indices, indptr), shape=(len(indptr) - 1, len(columns))), columns


def complete_factor(directory: str, blocks: int, n_views: int) -> Sparse:
    """Return all rows of M as one matrix in memory; the caller checks that it fits."""
    parts = []
    for block in range(blocks):
        M, columns = factor(directory, block)
        at = columns.astype(np.int32 if n_views < 2**31 else np.int64)[M.indices]
        parts.append(sp.csr_array((M.data, at, M.indptr), shape=(M.shape[0], n_views)))
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
    """Write X (N, width) to a file that the workers read rows of, and return its path."""
    path = Path(directory) / f"columns-{uuid4().hex}"
    write_array(path, X, "f8")
    return str(path)


def read_columns(path: str, width: int, start: int, stop: int) -> Floats:
    """Return the rows start..stop-1 of an X that `write_columns` wrote."""
    rows = np.fromfile(path, dtype=np.float64, count=(stop - start) * width, offset=8 * start * width)
    return rows.reshape(stop - start, width)


def write_source(directory: str, source: Any) -> str:
    """Write the function that enumerates blocks, which may contain large tables, to a file, and return its path."""
    path = Path(directory) / "source"
    path.write_bytes(cloudpickle.dumps(source))
    return str(path)


@lru_cache(maxsize=1)
def read_source(path: str) -> Any:
    """Return the function that enumerates blocks. The cache makes each worker read the file only once."""
    return cloudpickle.loads(Path(path).read_bytes())


def _save(directory: str, block: int, name: str, array: Any) -> None:
    """Write one array of a block; the file gets its name when it is complete."""
    write_array(_path(directory, block, name), array, DTYPES[name])


def write_array(path: Path, array: Any, dtype: str) -> None:
    """Write an array's numbers, row after row, to a file that gets its name when it is complete; TooLarge if the disk is full."""
    numbers = np.ascontiguousarray(array, dtype=dtype)
    part = path.with_name(f"{path.name}.{uuid4().hex}")
    try:
        with part.open("wb", buffering=0) as file:
            # Not by numpy's tofile, whose OSError does not say that the disk is full
            left = numbers.reshape(-1).view(np.uint8).data
            while left:
                left = left[file.write(left) :]
        os.replace(part, path)
    except OSError as error:
        part.unlink(missing_ok=True)
        if error.errno not in DISK_IS_FULL:
            raise
        raise TooLarge(_full(path.parent, numbers.nbytes, error)) from error
    except BaseException:
        part.unlink(missing_ok=True)  # interrupted
        raise


def new_folder(directory: str, name: str) -> Path:
    """Make a folder beside the blocks, for the files of one step."""
    folder = Path(directory) / f"{name}-{uuid4().hex}"
    try:
        folder.mkdir()
    except OSError as error:
        if error.errno not in DISK_IS_FULL:
            raise
        raise TooLarge(_full(folder.parent, 0, error)) from error
    return folder


def _full(folder: Path, size: int, error: OSError) -> str:
    """Say which disk is full, what was to be written, and what helps."""
    try:
        left = f"{size_in_words(shutil.disk_usage(folder).free)} are left"
    except OSError:
        left = "it does not say what is left"
    return (
        f"the disk of {folder} is full ({error.strerror}): {size_in_words(size)} were to be written, and {left}; make room "
        "there, or build the graph with store= a directory on a larger disk"
    )


def _load(directory: str, block: int, name: str) -> Any:
    """Return one array of a block, memory-mapped."""
    return np.memmap(_path(directory, block, name), dtype=DTYPES[name], mode="r")
