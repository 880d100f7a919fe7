"""Run as a program: ask for large things under limits of the address space, each in a process of its own.

A line for each case and limit: the case, the megabytes that were left to it, and `right`, `TooLarge` with its sentence, or else.
"""

import hashlib
import os
import pickle
import resource
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import scipy.sparse as sp

import popgraph as pg
from popgraph import zoo
from popgraph.errors import TooLarge

matplotlib.use("Agg")

MEGABYTES = (4, 220, 700)  # beside what is mapped before


def sparse(N: int, each: int = 6, labels: Any = None) -> pg.PopulationGraph:
    columns = (np.arange(N)[:, np.newaxis] * 7 + np.arange(each) ** 2) % N
    A = sp.csr_array((np.full(N * each, 1 / each), (np.repeat(np.arange(N), each), columns.ravel())), shape=(N, N))
    return pg.build(np.full(N, 1 / N), A, labels=labels)


def claims_much(folder: Path) -> Path:
    """A file of a few kilobytes that unpacks to 150 MB."""
    path = folder / "claims"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("popgraph.json", "w") as entry:
        for _ in range(150):
            entry.write(b" " * 2**20)
    return path


def cases() -> dict[str, Callable[[], Any]]:
    small, middle, large = sparse(300), sparse(3_000), sparse(40_000, labels=[i % 2 for i in range(40_000)])
    table = np.random.default_rng(0).standard_normal((large.N, 2))
    columns = np.arange(200_000)
    kernel = sp.csr_array((np.ones(200_000), (columns, columns)), shape=(200_000, 200_000))
    square = np.eye(2_000)
    pg.plot.matrix(small)  # loads what drawing needs
    folder = Path(tempfile.mkdtemp())
    saved = pg.save(large, folder / "saved")
    claimed = claims_much(folder)
    return {
        "w": lambda: middle.w,
        "adjacency": lambda: middle.adjacency,
        "csr": lambda: large.weight_matrix("csr"),
        "dense": lambda: sparse(1_200).spectrum(2, solver="dense").gamma,
        "iterative": lambda: sparse(2_000).spectrum(3, solver="iterative").gamma,
        "many pairs": lambda: large.spectrum(30_000),
        "a matrix": lambda: pg.build(np.full(200_000, 5e-6), kernel).w_x,
        "a dense matrix": lambda: pg.build(np.full(2_000, 1 / 2_000), square).w_x,
        "a callable": lambda: pg.build(range(3_000), lambda i: {(i + j) % 3_000: "1/10" for j in range(10)}).w_x,
        "tuples": lambda: zoo.hypercube(9).w_x,
        "20-cube": lambda: zoo.hypercube(20),
        "30 coordinates": lambda: pg.build([(0,) * 30], pg.independently(lambda bit: {bit: "3/4", 1 - bit: "1/4"})),
        "repeat": lambda: pg.build(range(300), pg.apply(lambda i: 2 * i, "1/2").repeat(8)).w_x,
        "train": lambda: pg.train(large, 4, rng=0, steps=2).f,
        "train on batches": lambda: pg.train(large, 4, rng=0, steps=2, batch_size=100).f,
        "verify": lambda: pg.verify(middle, table[: middle.N]).angles,
        "verify a tall f": lambda: pg.verify(large, table).angles,
        "verify by pairs": lambda: pg.verify_sampled(large, table, pairs=1000, rng=0).theta,
        "compare larger ones": lambda: pg.compare(middle, sparse(2_900), 2).angles,
        "probe": lambda: pg.probe(large, table).error,
        "fractions": lambda: zoo.hypercube(5).exact().w,
        "exact": lambda: zoo.hypercube(5).exact().eigenvalues,
        "plot": lambda: pg.plot.matrix(middle).get_title(),
        "sample": lambda: large.sample_pairs(2_000_000, rng=0),
        "outcomes": lambda: pg.Distribution({0: "1/2", 1: "1/2"}).sample(2_000_000, rng=0),
        "networkx": lambda: len(middle.to_networkx()),
        "pandas": lambda: middle.to_pandas().shape,
        "compare": lambda: pg.compare(small, small, 2).angles,
        "clusters": lambda: pg.spectral_clusters(small, 3, rng=0, restarts=2).labels,
        "load": lambda: pg.load(saved).w_x,
        "a file that claims much": lambda: pg.load(claimed),
    }


def digest(value: Any) -> str:
    if sp.issparse(value):
        value = (value.data, value.indices, value.indptr)
    return hashlib.sha256(pickle.dumps(value)).hexdigest()


def limited(ask: Callable[[], Any], megabytes: int | None) -> str:
    """Fork, limit, ask, and return the digest of the answer or what was raised; a process that died says nothing."""
    ours, theirs = os.pipe()
    sys.stdout.flush()
    if (child := os.fork()) == 0:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        if megabytes is not None:
            mapped = int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[0]) * resource.getpagesize()
            resource.setrlimit(resource.RLIMIT_AS, (mapped + megabytes * 2**20, resource.RLIM_INFINITY))
        try:
            answer = digest(ask())
        except TooLarge as error:
            answer = f"TooLarge: {error}"
        except pg.errors.InvalidFile:
            answer = "InvalidFile"
        except BaseException as error:
            answer = f"{type(error).__name__}: {error}"
        resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        os.write(theirs, answer.encode()[:4000])
        os._exit(0)
    os.close(theirs)
    with os.fdopen(ours, "rb") as pipe:
        answer = pipe.read().decode()
    status = os.waitpid(child, 0)[1]
    return answer if status == 0 and answer else f"died with status {status}"


if __name__ == "__main__":
    for name, ask in cases().items():
        right = limited(ask, None)
        for megabytes in MEGABYTES:
            answer = limited(ask, megabytes)
            print(name, megabytes, "right" if answer == right else answer, sep="\t", flush=True)
