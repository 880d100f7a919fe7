"""The leading eigenpairs of large blocks, by ARPACK on M from a fixed start, and a second search for what it missed.

A Krylov method started from one vector sees one direction of each eigenspace; where eigenvalues are repeated it returns fewer
copies than there are, and says nothing. So what was found is deflated and the rest bounded from above (`lanczos.py`); where
the bound does not settle it the rest is searched again, until nothing above the k-th eigenvalue is left.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.linalg.blas import dgemv
from scipy.sparse.linalg import ArpackError, ArpackNoConvergence, LinearOperator, eigsh

from popgraph.arrays import Floats, Sparse
from popgraph.errors import NotConverged
from popgraph.spectrum.components import Stack
from popgraph.spectrum.lanczos import largest_left
from popgraph.spectrum.pairs import Pairs
from popgraph.subspace import tolerance

ROUNDS = 64  # second searches before giving up; each finds at least one missed copy of a repeated eigenvalue
SEARCHED = 4  # eigenvalues asked of a second search once one has found something: mends several misses at once
BOUNDED = "a Lanczos bound leaves room for nothing above (it fails with probability below 1e-10)"
SEARCHED_AGAIN = "a deflated second search found nothing above"


def solve(stack: Stack, k: int) -> Pairs:
    """Return the k leading pairs of each block, and a bound on what is left.

    Raises
    ------
    NotConverged
        If ARPACK does not converge, or the second search keeps finding more.
    """
    _, n, n_views = stack.shape
    wanted = min(k, min(n, n_views)) - 1
    solved = [_below_top(M, top, wanted) for M, top in zip(stack.sparse(), stack.top, strict=True)]
    gamma, vectors, rest, bound, methods = zip(*solved, strict=True)
    return Pairs(np.stack(gamma), np.stack(vectors), np.array(rest), np.array(bound), "; ".join(sorted(set(methods))))


def _below_top(M: Sparse, top: Floats, wanted: int) -> tuple[Floats, Floats, float, float, str]:
    """Return the top pair and the `wanted` next ones of MᵀM on the views' side, the rest, its bound, and how it is known."""
    n, n_views = M.shape
    transposed = M.T.tocsr()  # gathering products take half the time of scattering ones
    if n < n_views:
        start, product = M @ top, lambda x: M @ (transposed @ x)
    else:
        start, product = top, lambda x: transposed @ (M @ x)
    trace = float(np.sum(M.data**2)) - 1.0  # the sum of all eigenvalues below the top
    gamma, U, rest, bound, method = _search(product, start / np.linalg.norm(start), wanted, trace)
    gamma = np.where(gamma > tolerance(len(start)), np.clip(gamma, 0.0, 1.0), 0.0)
    V = U if n >= n_views else transposed @ (U * (gamma > 0))
    norm = np.linalg.norm(V, axis=0)
    V, _ = np.linalg.qr(np.column_stack([top, V / np.where(norm > 0, norm, 1.0)]))
    V[:, 0] = top
    return np.concatenate([[1.0], gamma]), V, rest, bound, method


def _search(
    product: Callable[[Any], Any], top: Floats, wanted: int, trace: float
) -> tuple[Floats, Floats, float, float, str]:
    """Return the leading `wanted` pairs of a PSD product orthogonal to `top`, and what is known of the rest.

    `trace` is the sum of all eigenvalues there. Once the found ones use it up, all others are 0.
    """
    side = len(top)
    rng = np.random.default_rng(0)
    Q, gamma = top[:, np.newaxis], np.empty(0)
    if wanted and trace > tolerance(side):
        Q, gamma = _rayleigh_ritz(product, Q, _arpack(product, Q, wanted, rng)[1])
    ask = 1
    for _ in range(ROUNDS):
        if trace - gamma.sum() <= tolerance(side) or Q.shape[1] == side:
            rest, bound, method = 0.0, 0.0, "the eigenvalues found sum to the trace"
            break
        floor = (float(gamma[wanted - 1]) if len(gamma) >= wanted else -1.0) if wanted else 1.0
        rest, bound = largest_left(product, Q, rng, floor - tolerance(side))
        method = BOUNDED
        if bound < floor - tolerance(side):
            break
        theta, found = _arpack(product, Q, min(ask, side - Q.shape[1]), rng)
        rest, bound, method = float(theta.max()), float(theta.max()) + tolerance(side), SEARCHED_AGAIN
        if rest <= floor + tolerance(side):
            break
        Q, gamma = _rayleigh_ritz(product, Q, found)
        ask = SEARCHED
    else:
        raise NotConverged(
            f"after {ROUNDS} second searches there is still an eigenvalue {rest:.6g} above the {wanted + 1}-th found, "
            f'{floor:.6g}; use solver="dense", or a smaller k'
        )
    if len(gamma) > wanted:  # found by a second search, and not asked for
        rest, bound = max(rest, float(gamma[wanted])), max(bound, float(gamma[wanted]) + tolerance(side))
    missing = max(0, wanted - len(gamma))
    gamma = np.concatenate([gamma, np.zeros(missing)])[:wanted]
    U = np.column_stack([Q[:, 1:], np.zeros((side, missing))])[:, :wanted]
    return gamma, U, rest, bound, method


def _arpack(product: Callable[[Any], Any], Q: Floats, ask: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Return eigenpairs of the product on the complement of the orthonormal columns of Q."""
    side = Q.shape[0]
    basis = np.asfortranarray(Q)

    def remove(x: Any) -> Any:
        # scipy's BLAS, which is ARPACK's: numpy's has threads of its own, and the two pools waiting for each other cost
        # six times the whole solve on two cores.
        return x - dgemv(1.0, basis, dgemv(1.0, basis, x, trans=1))

    def deflated(x: Any) -> Any:
        return remove(product(remove(x.ravel())))

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
