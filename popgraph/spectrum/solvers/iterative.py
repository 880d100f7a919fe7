"""A few leading pairs of large blocks: ARPACK on a filtered M, bounds on what is left, and second searches.

A Krylov solver started from one vector meets each repeated eigenvalue once; rounding finds some of the other copies, depending
on how many there are, and says nothing. So what was found is deflated and the rest bounded from above (`lanczos.py`); where
the bound does not settle it a longer look is taken (`look.py`), until nothing above the k-th eigenvalue is left. Where
eigenvalues are repeated a block of vectors (`block.py`) finds all copies at once.
"""

from typing import Any

import numpy as np
from scipy.linalg.blas import dgemm, dgemv
from scipy.sparse.linalg import ArpackError, ArpackNoConvergence, LinearOperator, eigsh

from popgraph.basics.arrays import Floats, Sparse, norm
from popgraph.basics.memory import reserve
from popgraph.basics.subspace import tolerance
from popgraph.errors import NotConverged
from popgraph.spectrum.basis import orthonormal
from popgraph.spectrum.components import Stack
from popgraph.spectrum.pairs import Pairs
from popgraph.spectrum.solvers import block
from popgraph.spectrum.solvers.chebyshev import PLAIN, Filter, choose_filter
from popgraph.spectrum.solvers.gram import Gram, Product
from popgraph.spectrum.solvers.lanczos import LEAST, Lanczos, largest_left
from popgraph.spectrum.solvers.look import PAIR_RESIDUAL, second_look
from popgraph.spectrum.solvers.symmetric import eigenpairs

# Measured on two cores; only their ratio matters. Giving up when a dense solve would have been done at worst doubles its time.
DENSE_SECONDS = 9e-11  # of a dense solve, times the cube of the side
ENTRY_SECONDS, CALL_SECONDS = 2e-9, 3e-5  # of a product, for each stored entry and in any case
ROUNDS = 64  # second searches before giving up; each finds at least one missed copy of a repeated eigenvalue
SEARCHED = 4  # eigenvalues asked of a second search once one has found something: mends several misses at once
CROWD = 8  # pairs from which on it is asked whether they repeat: a block finds those better than ARPACK
PEEK = 10  # Lanczos steps that a filter is chosen by
ROOM = 1.4  # Lanczos vectors that ARPACK keeps for each eigenvalue; the filter makes do with fewer than the usual two
SPARE = 13  # Lanczos vectors beyond those asked for, at least: with 5, a ring's repeated eigenvalues never converged
BOUNDED = "a Lanczos bound leaves room for nothing above (it fails with probability below 1e-10)"
MIXED = 0.01  # share of a vector that must be left beside what is deflated
FILTERED_RESTARTS = 300  # of a filtered search, before the filter is given up
SPENT = "the eigenvalues found sum to the trace"
WHOLE = "every eigenvalue computed"
SEARCHED_AGAIN = "a longer look, at a filtered product, finds nothing above (it fails with probability below 1e-10)"


def solve(stack: Stack, k: int, alone: bool = True) -> Pairs:
    """Return the k leading pairs of each block, and a bound on what is left.

    Unless `alone`, it gives up as soon as a dense solve would have been cheaper.

    Raises
    ------
    NotConverged
        If ARPACK does not converge, the second search keeps finding more, or it gives up.
    """
    _, n, n_views = stack.shape
    wanted = min(k, min(n, n_views)) - 1
    solved = [_below_top(M, top, wanted, alone) for M, top in zip(stack.sparse(), stack.top, strict=True)]
    gamma, vectors, rest, bound, methods = zip(*solved, strict=True)
    joined = np.stack(vectors) if len(vectors) > 1 else vectors[0][np.newaxis]
    return Pairs(np.stack(gamma), joined, np.array(rest), np.array(bound), "; ".join(sorted(set(methods))))


def _below_top(M: Sparse, top: Floats, wanted: int, alone: bool) -> tuple[Floats, Floats, float, float, str]:
    """Return the top pair and the `wanted` next ones of MᵀM on the views' side, the rest, its bound, and how it is known."""
    side = min(M.shape)
    gram = Gram(M, np.inf if alone else DENSE_SECONDS * side**3 / (ENTRY_SECONDS * M.nnz + CALL_SECONDS))
    start = M @ top if gram.by_naturals else top  # a unit vector as it is, its eigenvalue being 1
    trace = float(np.sum(M.data**2)) - 1.0  # the sum of all eigenvalues below the top
    search = Search(gram, start[:, np.newaxis], trace)
    rest, bound, method = search.leading(wanted)
    found = min(wanted, len(search.gamma))
    gamma = np.zeros(wanted + 1)
    gamma[1 : found + 1] = search.gamma[:found]
    gamma = np.where(gamma > tolerance(side), np.minimum(gamma, 1.0), 0.0)
    gamma[0] = 1.0
    positive = int(np.sum(gamma > 0))
    V = np.zeros((M.shape[1], wanted + 1), order="F")
    if gram.by_naturals:
        gram.widened(search.Q[:, :positive], V[:, :positive])
        del search
        V /= np.where(gamma > 0, np.sqrt(np.einsum("ij,ij->j", V, V)), 1.0)
        V[:, :positive] = orthonormal(V[:, :positive])
    else:
        V[:, :positive] = search.Q[:, :positive]
    V[:, 0] = top
    return gamma, V, rest, bound, method


class Search:
    """Find leading eigenpairs of a PSD product orthogonal to the pairs of eigenvalue 1, which are known.

    Parameters
    ----------
    gram : Product
        Of norm 1; a sparse factor's `Gram`, or an `OperatorProduct`.
    tops : (side, c) array
        Orthonormal columns: all eigenvectors of eigenvalue 1 that have a closed form.
    trace : float, optional
        The sum of all other eigenvalues, if it is known. Once the found ones use it up, all that are left are 0.
    """

    def __init__(self, gram: Product, tops: Floats, trace: float | None = None) -> None:
        self.gram, self.trace, self.side = gram, trace, gram.side
        self.rng = np.random.default_rng(0)
        self.tops = tops.shape[1]
        self.Q = np.asfortranarray(tops)  # what is found, the tops first
        self.gamma = np.empty(0)  # without the tops'

    def leading(self, wanted: int) -> tuple[float, float, str]:
        """Find the leading `wanted` pairs; return the largest eigenvalue left, a bound on it, and how it is known."""
        rounding, searches = tolerance(self.side), 0
        for _ in range(ROUNDS):
            spent = self.trace is not None and self.trace - self.gamma.sum() <= rounding
            if spent or self.Q.shape[1] == self.side:
                rest, bound, method = 0.0, 0.0, SPENT if spent else WHOLE
                break
            missing = wanted - len(self.gamma)
            if missing > 0:
                self._keep(*self._search(missing))
                continue
            lanczos = Lanczos(self.gram.vector, self.Q, self.rng)
            floor = float(self.gamma[wanted - 1]) if wanted else 1.0
            rest, bound = largest_left(lanczos, floor - rounding)
            method = BOUNDED
            if bound < floor - rounding:
                break
            rest, bound, run = second_look(self.gram.vector, self._removed, lanczos, self.rng, floor)
            method = SEARCHED_AGAIN
            if bound <= floor + 2 * rounding:
                break
            searches += 1
            above, U = (np.empty(0), self.Q[:, :0]) if run is None else self._above(run, floor + rounding)
            self._keep(*((above, U) if above.size else self._block(SEARCHED << searches)))
        else:
            if missing > 0:
                found = f"only {len(self.gamma)} of {wanted} eigenvalues below 1 are found"
            else:
                found = f"there is still an eigenvalue {rest:.6g} above the {wanted + self.tops}-th found, {floor:.6g}"
            raise NotConverged(f'after {ROUNDS} searches {found}; use solver="dense", or a smaller k')
        if len(self.gamma) > wanted:  # found by a second search, and not asked for
            rest = max(rest, float(self.gamma[wanted]))
            bound = max(bound, float(self.gamma[wanted]))
        return rest, bound + rounding * (bound > 0), method

    def _keep(self, gamma: Floats, U: Floats) -> None:
        """Join new pairs to those found, largest first."""
        joined = np.concatenate([self.gamma, gamma])
        order = np.argsort(-joined, kind="stable")
        Q = np.empty((self.side, len(joined) + self.tops), order="F")
        Q[:, : self.Q.shape[1]], Q[:, self.Q.shape[1] :] = self.Q, U
        Q = orthonormal(Q)
        if (np.diff(order) != 1).any():
            Q = np.asfortranarray(Q[:, np.concatenate([np.arange(self.tops), order + self.tops])])
        self.gamma, self.Q = joined[order], Q

    def _above(self, lanczos: Lanczos, floor: float) -> tuple[Floats, Floats]:
        """Return the pairs above `floor` among the leading Ritz pairs of a filtered product, as far as they are converged."""
        U = np.empty((self.side, 0))
        for i in range(lanczos.steps):
            x = lanczos.vector(i)
            image = self._removed(self.gram.vector(x))
            if x @ image <= floor or norm(image - (x @ image) * x) > PAIR_RESIDUAL:
                break
            U = np.column_stack([U, x])
        if U.shape[1] == 0:
            return np.empty(0), U
        U = np.asfortranarray(U)
        S = self.gram.compressed(U)
        ascending, R = eigenpairs((S + S.T) / 2)
        return ascending[::-1], np.asfortranarray(U @ R[:, ::-1])

    def _block(self, ask: int, edge: float = np.inf) -> tuple[Floats, Floats]:
        """Find `ask` more pairs by a block of vectors, which holds every copy of a repeated eigenvalue."""
        while True:
            ask = min(ask, self.side - self.Q.shape[1])
            reserve(f"{8 * ask:,} vectors of a block", 64.0 * ask * self.side, "use a smaller k")
            try:
                # Two equal eigenvalues, each off by a quarter of the tolerance, still count as equal
                gamma, U, _ = block.search(self, ask, PAIR_RESIDUAL, tolerance(self.side) / 4, edge)
                return gamma, np.asfortranarray(U)
            except NotConverged:
                if 4 * ask > self.room() or self.gram.products > self.gram.limit:
                    raise
                ask, edge = 2 * ask, np.inf  # a crowd that the block did not hold

    # --- what a block search asks for

    def room(self) -> int:
        """Return how many dimensions are left."""
        return int(self.side - self.Q.shape[1])

    def start(self, width: int) -> Floats:
        """Return random columns."""
        return np.asfortranarray(self.rng.standard_normal((width, self.side)).T)

    def filtered(self, X: Floats, polynomial: Filter) -> Floats:
        """Return the filtered product with columns."""
        return np.asarray(polynomial(self.gram.columns, self.removed, X))

    def removed(self, X: Floats) -> Floats:
        """Remove what is found from columns, twice, which is enough."""
        for _ in range(2):
            X = self._apart(np.asfortranarray(X))
        return X

    def projected(self, X: Floats) -> tuple[Floats, Floats]:
        """Return orthonormal columns Q that span X, and the product with them on the complement of what is found."""
        Q = orthonormal(self.removed(orthonormal(X)))
        return Q, self.removed(self.gram.columns(Q))

    def _search(self, ask: int) -> tuple[Floats, Floats]:
        """Find `ask` more pairs, or those of them that lie above the filter's edge; values largest first."""
        lanczos = Lanczos(self.gram.vector, self.Q, self.rng)
        lanczos.advance(LEAST if ask >= CROWD else PEEK)
        if ask >= CROWD and (edge := lanczos.crowd(ask)) is not None:
            return self._block(ask, edge)
        chosen = choose_filter(*lanczos.ritz(), ask)
        for polynomial in dict.fromkeys([chosen, PLAIN]):
            U = self._arpack(ask, polynomial)
            if U.shape[1] == 0:
                continue
            U = orthonormal(U)
            S = self.gram.compressed(U)
            ascending, R = eigenpairs((S + S.T) / 2)  # beside a small S, rounding is no small part of it
            found = ascending[::-1] > polynomial.edge  # below it T_d is not monotone, and these are anyone's
            if found.any():
                break
        if U.shape[1] == 0:
            raise NotConverged(f"ARPACK found nothing beside what is held, on a block of side {self.side:,}")
        return ascending[::-1][found], dgemm(1.0, U, R[:, ::-1][:, found])

    def _removed(self, x: Any) -> Any:
        """Remove what is found from a vector."""
        # scipy's BLAS, which is ARPACK's: numpy's has threads of its own, and the two pools waiting for each other cost
        # six times the whole solve on two cores.
        return x - dgemv(1.0, self.Q, dgemv(1.0, self.Q, x, trans=1))

    def _arpack(self, ask: int, polynomial: Filter, start: Floats | None = None, least_ncv: int = 0) -> Floats:
        """Return eigenvectors (side, ask) of the filtered product on the complement of what is found; fewer where those are 0."""

        def deflated(x: Any) -> Any:
            return self._removed(polynomial(self.gram.vector, self._removed, self._removed(x.ravel())))

        operator = LinearOperator((self.side, self.side), matvec=deflated, dtype=np.float64)
        ask = min(ask, self.side - self.Q.shape[1])
        ncv = min(self.side, max(int(ROOM * ask) + 1, ask + SPARE, least_ncv))
        restarts = 100 * self.side if polynomial is PLAIN else FILTERED_RESTARTS
        v0 = self._removed(self.rng.standard_normal((self.side,)) if start is None else start)
        try:
            # rng= besides v0=: ARPACK restarts from random vectors of its own on breakdown
            U = eigsh(operator, k=ask, which="LA", v0=v0, ncv=ncv, maxiter=restarts, rng=self.rng)[1]
        except ArpackNoConvergence as error:
            if polynomial is not PLAIN:
                return self._arpack(ask, PLAIN, start)
            raise NotConverged(
                f"ARPACK found {len(error.eigenvalues)} of {ask} eigenvalues of a block of side {self.side:,} in {restarts:,} "
                'restarts; use solver="dense", or a k at a clean cut'
            ) from error
        except ArpackError as error:
            if ncv < self.side:  # no shift was left, where eigenvalues repeat; ARPACK itself asks for more vectors
                reserve(f"{2 * ncv:,} vectors of ARPACK's", 16.0 * ncv * self.side, "use a smaller k")
                return self._arpack(ask, polynomial, v0, 2 * ncv)
            raise NotConverged(f"ARPACK failed on a block of side {self.side:,}: {error}") from error
        if not np.isfinite(U).all():
            raise NotConverged(f"ARPACK returned vectors that are no numbers, on a block of side {self.side:,}")
        U = self._apart(np.asfortranarray(U))
        held, Z = eigenpairs(dgemm(1.0, U, U, trans_a=1))
        if held[0] > MIXED:
            return U
        # The deflated vectors have the eigenvalue 0 here, and what is 0 beside them may come mixed up with them
        kept = held > MIXED
        if not kept.any():
            return U[:, :0]
        return self._apart(np.asfortranarray(U @ (Z[:, kept] / np.sqrt(held[kept]))))

    def _apart(self, U: Floats) -> Floats:
        """Remove what is found from columns, in place."""
        return np.asarray(dgemm(-1.0, self.Q, dgemm(1.0, self.Q, U, trans_a=1), 1.0, U, overwrite_c=1))
