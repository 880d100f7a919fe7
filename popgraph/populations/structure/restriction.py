"""`restricted`: the Ā of a product restricted to a class of low-degree functions, by the exact moments of these functions."""

from typing import Any

import numpy as np
from scipy.linalg import solve_triangular
from scipy.linalg.lapack import dpstrf

from popgraph.basics.subspace import tolerance
from popgraph.basics.words import shorten
from popgraph.errors import InvalidArgument
from popgraph.populations.class_coordinates import ClassCoordinates
from popgraph.populations.structure.factors import Factors
from popgraph.populations.structure.low_degree import LowDegree


def restricted(factors: Factors, features: Any) -> ClassCoordinates:
    """Return Ā restricted to the span of features, in orthonormal coordinates.

    Raises InvalidArgument if the features are no LowDegree of this product, or are linearly dependent.
    """
    # With G = E ψψᵀ = RᵀR, by Cholesky's factorisation with pivots, the functions R^-T ψ are orthonormal
    if not isinstance(features, LowDegree) or not features.factors.same(factors):
        raise InvalidArgument(
            f"features is {shorten(features)}; a product has no table f, so give functions of it, such as "
            "features=product.features(degree=1), or list the views by its .expand()"
        )
    G, P = features.inner(features)
    scale = np.sqrt(np.diagonal(G)).copy()
    scale[scale == 0] = 1.0
    R, pivots, rank, _ = dpstrf(G / np.outer(scale, scale), tol=tolerance(len(G)))
    order = np.asarray(pivots, dtype=np.intp) - 1
    if rank < features.k:
        raise InvalidArgument(
            f"features has {features.k} columns but rank {rank}: column {int(order[rank])} (from 0) can be written by the others; "
            "drop it"
        )
    T = np.zeros_like(R)
    T[order] = solve_triangular(np.triu(R), np.eye(rank))
    T /= scale[:, np.newaxis]
    S = T.T @ P @ T
    return ClassCoordinates((S + S.T) / 2, T)
