"""`FeatureClass`: the embeddings f(x) = Wᵀψ(x) that are linear in given features ψ, and an orthonormal basis of them."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.linalg import qr, solve_triangular

from popgraph.basics.arguments.embeddings import check_scale, read_embedding
from popgraph.basics.arrays import Floats, frozen
from popgraph.basics.subspace import tolerance
from popgraph.basics.words import listing, shorten
from popgraph.errors import InvalidArgument


@dataclass(frozen=True, eq=False)
class FeatureClass:
    """Hold features Ψ (N, d), an orthonormal basis (N, d) of the span of √w_x Ψ, and T (d, d) with √w_x Ψ T = basis."""

    features: Floats
    basis: Floats
    T: Floats

    @property
    def d(self) -> int:
        """The dimension of the class."""
        return int(self.features.shape[1])


def read_features(views: Sequence[Hashable], w_x: Floats, features: Any) -> FeatureClass:
    """Return the class of embeddings that are linear in these features.

    Raises InvalidEmbedding if they are not one finite real vector for each view, and InvalidArgument if their columns are linearly
    dependent, since W would not be unique.
    """
    if isinstance(features, FeatureClass):
        return features
    table = read_embedding(views, features, "features")
    check_scale("features", table)
    scaled = table * np.sqrt(w_x)[:, np.newaxis]
    length = np.linalg.norm(scaled, axis=0)
    Q, R, order = qr(scaled / np.where(length > 0, length, 1.0), mode="economic", pivoting=True)
    sizes = np.abs(np.diag(R))
    rank = int(np.sum(sizes > tolerance(max(table.shape)) * max(1.0, sizes[0] if len(sizes) else 0.0)))
    if rank < table.shape[1]:
        dependent = sorted(order[rank:].tolist())
        columns = f"column{'s' * (len(dependent) > 1)} {listing([str(column) for column in dependent])}"
        raise InvalidArgument(
            f"features has {table.shape[1]} columns but rank {rank}: {columns} (from 0) can be written by the others; drop them"
        )
    T = np.zeros_like(R)
    T[order] = solve_triangular(R, np.eye(rank))
    return FeatureClass(frozen(table), frozen(np.ascontiguousarray(Q)), frozen(T / length[:, np.newaxis]))


def check_dimension(k: int, features: FeatureClass) -> None:
    """Raise InvalidArgument if k is above the number of features d."""
    if k > features.d:
        raise InvalidArgument(
            f"k is {k}, but features of {features.d} columns make embeddings of {features.d} independent dimensions at most; "
            f"use k <= {features.d}, or more features"
        )


def refuse_solver(solver: Any) -> None:
    """Raise InvalidArgument if a solver is asked for where features are given."""
    if solver is not None:
        raise InvalidArgument(f"solver is {shorten(solver)}; with features a dense solver always runs: leave it out")
