"""The leading eigenpairs of large blocks, by ARPACK on M from a fixed start, and a second search for what it missed.

A Krylov method started from one vector sees one direction of each eigenspace; where eigenvalues are repeated it returns fewer
copies than there are, and says nothing. So what was found is deflated and the rest searched again, until nothing above
the k-th eigenvalue is left.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.sparse.linalg import ArpackError, ArpackNoConvergence, LinearOperator, eigsh

from popgraph.arrays import Floats, Sparse
from popgraph.errors import NotConverged
from popgraph.spectrum.components import Stack
from popgraph.spectrum.pairs import Pairs
from popgraph.subspace import tolerance

ROUNDS = 64  # second searches before giving up; each finds at least one missed copy of a repeated eigenvalue
SEARCHED = 4  # eigenvalues asked of a second search: enough to mend several misses at once, cheap when there are none


def solve(stack: Stack, k: int) -> Pairs:
    """Return the k leading pairs of each block.

    Raises
    ------
    NotConverged
        If ARPACK does not converge, or the second search keeps finding more.
    """
    _, n, n_views = stack.shape
    side = min(n, n_views)
    wanted = min(k - 1, side - 1)
    solved = [_below_top(M, top, wanted) for M, top in zip(stack.sparse(), stack.top, strict=True)]
    gamma = np.stack([np.concatenate([[1.0], values]) for values, _ in solved])
    vectors = np.stack([np.column_stack([top, V]) for (_, V), top in zip(solved, stack.top, strict=True)])
    complete = wanted == side - 1 or bool((gamma[:, -1] == 0).all())
    return Pairs(gamma, vectors, complete, "a deflated second search found nothing above")


def _below_top(M: Sparse, top: Floats, wanted: int) -> tuple[Floats, Floats]:
    """Return the `wanted` leading eigenvalues below 1 of MᵀM, and their vectors on the views' side."""
    n, n_views = M.shape
    if n < n_views:
        start, product = M @ top, lambda x: M @ (M.T @ x)
    else:
        start, product = top, lambda x: M.T @ (M @ x)
    trace = float(np.sum(M.data**2)) - 1.0  # the sum of all eigenvalues below the top
    gamma, U = _search(product, start / np.linalg.norm(start), wanted, trace)
    gamma = np.where(gamma > tolerance(len(start)), np.clip(gamma, 0.0, 1.0), 0.0)
    V = U if n >= n_views else M.T @ (U * (gamma > 0))
    norm = np.linalg.norm(V, axis=0)
    V = V / np.where(norm > 0, norm, 1.0)
    V, _ = np.linalg.qr(np.column_stack([top, V]))
    return gamma, V[:, 1:]


def _search(product: Callable[[Any], Any], top: Floats, wanted: int, trace: float) -> tuple[Floats, Floats]:
    """Return the leading `wanted` pairs of a PSD product orthogonal to `top`, having looked twice.

    `trace` is the sum of all eigenvalues there. Once the found ones use it up, all others are 0 and the search ends.
    """
    side = len(top)
    rng = np.random.default_rng(0)
    Q = top[:, np.newaxis]
    gamma: Floats = np.empty(0)
    ask = wanted
    for _ in range(ROUNDS):
        left = trace - gamma.sum()
        if left <= tolerance(side) or Q.shape[1] == side:
            break
        theta, found = _arpack(product, Q, min(ask, side - Q.shape[1]), rng)
        floor = float(gamma[wanted - 1]) if len(gamma) >= wanted else -1.0
        Q, gamma = _rayleigh_ritz(product, Q, found)
        if theta.max() <= floor + tolerance(side):
            break
        ask = min(SEARCHED, wanted)
    else:
        raise NotConverged(
            f"after {ROUNDS} second searches there is still an eigenvalue {theta.max():.6g} above the {wanted + 1}-th found, "
            f'{floor:.6g}; use solver="dense", or a smaller k'
        )
    missing = max(0, wanted - len(gamma))
    gamma = np.concatenate([gamma, np.zeros(missing)])[:wanted]
    U = np.column_stack([Q[:, 1:], np.zeros((side, missing))])[:, :wanted]
    return gamma, U


def _arpack(product: Callable[[Any], Any], Q: Floats, ask: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Return eigenpairs of the product on the complement of the orthonormal columns of Q."""
    side = Q.shape[0]

    def deflated(x: Any) -> Any:
        x = x.ravel()
        x = x - Q @ (Q.T @ x)
        y = product(x)
        return y - Q @ (Q.T @ y)

    v0: Floats = rng.standard_normal((side,))
    v0 -= Q @ (Q.T @ v0)
    operator = LinearOperator((side, side), matvec=deflated, dtype=np.float64)
    ncv = min(side, max(2 * ask + 1, 32))
    try:
        # rng= besides v0=: ARPACK restarts from random vectors of its own on breakdown
        theta, U = eigsh(operator, k=min(ask, side - 1), which="LA", v0=v0, ncv=ncv, tol=0, maxiter=100 * side, rng=rng)
    except ArpackNoConvergence as error:
        raise NotConverged(
            f"ARPACK found {len(error.eigenvalues)} of {ask} eigenvalues of a block of side {side:,} in {100 * side:,} "
            'restarts; use solver="dense", or a k at a clean cut'
        ) from error
    except ArpackError as error:
        raise NotConverged(f"ARPACK failed on a block of side {side:,}: {error}") from error
    U = U - Q @ (Q.T @ U)
    return theta[::-1], U[:, ::-1]


def _rayleigh_ritz(product: Callable[[Any], Any], Q: Floats, found: Floats) -> tuple[Floats, Floats]:
    """Join new vectors to the basis Q (whose first column is the top), and diagonalise the product on their span."""
    basis, _ = np.linalg.qr(np.column_stack([Q, found]))
    inner = basis[:, 1:]
    ascending, R = np.linalg.eigh(inner.T @ product(inner))
    return np.column_stack([Q[:, :1], inner @ R[:, ::-1]]), ascending[::-1]
