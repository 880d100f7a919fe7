"""A few leading pairs of large blocks, by Lanczos' method on a filtered product; where eigenvalues repeat, by a block of vectors.

What was found is removed and searched beside in the loop of `deflation.py`, which also certifies it.
"""

from typing import Any

import numpy as np
from scipy.linalg.blas import dgemm
from scipy.sparse.linalg import ArpackError, ArpackNoConvergence, LinearOperator, eigsh

from popgraph.basics.arrays import Floats, Sparse, norm
from popgraph.basics.memory import reserve
from popgraph.basics.rows import turned, without_span
from popgraph.basics.subspace import tolerance
from popgraph.errors import NotConverged
from popgraph.spectrum.assemble import rounded
from popgraph.spectrum.basis import orthonormal
from popgraph.spectrum.certificate import Remainder
from popgraph.spectrum.components import Stack
from popgraph.spectrum.pairs import Pairs
from popgraph.spectrum.solvers import block
from popgraph.spectrum.solvers.beside import Complement, bound_beside
from popgraph.spectrum.solvers.chebyshev import PLAIN, Filter, choose_filter, of_least_cost
from popgraph.spectrum.solvers.deflation import Left, bound_left, find_leading
from popgraph.spectrum.solvers.few_values import leading_eigenspaces
from popgraph.spectrum.solvers.gram import Gram, Product, product_seconds
from popgraph.spectrum.solvers.lanczos import LEAST_STEPS, Lanczos, step_seconds
from popgraph.spectrum.solvers.look import PAIR_RESIDUAL
from popgraph.spectrum.solvers.restarted import RestartedLanczos
from popgraph.spectrum.solvers.symmetric import eigenpairs

# Of a dense solve, times the cube of the side, measured on two cores; only its ratio to a product's seconds matters. Giving up when
# a dense solve would have been done at worst doubles its time.
DENSE_SECONDS = 9e-11
CROWD_PAIRS = 8  # pairs from which on it is asked whether they repeat: a block finds those better than ARPACK
PEEK_STEPS = 10  # Lanczos steps that a filter is chosen by
MISSED_PAIRS_ASKED = 4  # of a search after one that missed some: mends several misses at once
VECTORS_PER_PAIR = 1.4  # that are kept at the least; the filter makes do with fewer than the usual two
# While they fit into a cache, more of them save restarts: under heavy tails 1,300 products become 1,000
CACHED_VECTORS_PER_PAIR, CACHED_BYTES = 2.5, 2.0**24
SPARE_VECTORS = (
    13  # that ARPACK keeps beyond the pairs asked for: with 5, a ring's repeated eigenvalues never converged
)
# Side from which on Gaussian columns bound what is left, before Lanczos' method: at 20,000 they take half its time, and below a
# thousand the calls are what takes time
COLUMNS_BOUND_SIDE = 4_000
# Where a product costs much more than orthogonalising its vector (a dense factor of 4,000: 8 ms and 0.2), steps of which none is
# lost in a restart need half the products.
DEAR = 4.0
UNFILTERED_BYTES = 2.0**26  # that the vectors of all steps may take
LEAST_BESIDE = 4  # Ritz vectors that a search hands over beside those asked for, and a quarter of them
FILTERED_RESTARTS = 300  # of ARPACK on a filtered product, before the filter is given up
# Of a filter whose degree was lowered, as searches that are hardly restarted have it: where eigenvalues crowd it needs hundreds,
# as many products as the highest degree, which then takes over (a tree of 192,000 views: 46,000 in place of 24,000)
LOWERED_RESTARTS = 20
ORTHONORMAL_TO = 1e-13  # columns whose inner products are closer to those of orthonormal ones are left as they are
LEAST_SQUARE_LEFT = 0.01  # squared length of a unit vector without its known eigenvectors, to count as a new one


def solve(stack: Stack, k: int, alone: bool = True, most_products: float = np.inf) -> Pairs:
    """Return the k leading pairs of each block, and a bound on the other eigenvalues.

    It gives up after `most_products` on a block, and unless `alone` as soon as a dense solve would have been cheaper. Raises
    NotConverged then, if neither Lanczos' method nor ARPACK converges, or if repeated searches keep finding missed eigenvalues.
    """
    _, n, n_views = stack.shape
    wanted = min(k, min(n, n_views)) - 1
    solved = []
    for M, top in zip(stack.sparse(), stack.top, strict=True):
        most = np.inf if alone else DENSE_SECONDS * float(min(M.shape)) ** 3 / product_seconds(M)
        solved.append(_below_top(M, top, wanted, min(most, most_products)))
    gamma, vectors, remainder, bound, excluded = zip(*solved, strict=True)
    joined = np.stack(vectors) if len(vectors) > 1 else vectors[0][np.newaxis]
    return Pairs(np.stack(gamma), joined, np.array(remainder), np.array(bound), "; ".join(sorted(set(excluded))))


def _below_top(M: Sparse, top: Floats, wanted: int, most_products: float) -> tuple[Floats, Floats, float, float, str]:
    """Return the top pair and the `wanted` next ones of MᵀM on the views' side, and what is left beside them."""
    side = min(M.shape)
    gram = Gram(M, most_products)
    start = M @ top if gram.by_naturals else top  # a unit vector as it is, its eigenvalue being 1
    trace = float(np.sum(M.data**2)) - 1.0  # the sum of all eigenvalues below the top
    search = Search(gram, start[:, np.newaxis], trace)
    left = search.leading(wanted)
    known = min(wanted, len(search.gamma))
    gamma = np.zeros(wanted + 1)
    gamma[0] = 1.0
    gamma[1 : known + 1] = rounded(search.gamma[:known], side)
    positive = int(np.sum(gamma > 0))
    V = np.zeros((M.shape[1], wanted + 1), order="F")
    if gram.by_naturals:
        gram.widened(search.basis[:, :positive], V[:, :positive])
        del search
        V /= np.where(gamma > 0, np.sqrt(np.einsum("ij,ij->j", V, V)), 1.0)
        V[:, :positive] = orthonormal(V[:, :positive])
    else:
        V[:, :positive] = search.basis[:, :positive]
    V[:, 0] = top
    return gamma, V, *left


class Search:
    """Find leading eigenpairs of `gram` on the complement of `unit`: a `Deflated` in memory.

    `gram` is positive semidefinite of norm 1. `unit` (side, c) has orthonormal columns, all eigenvectors of eigenvalue 1 that are
    known in closed form. `trace` is the sum of all other eigenvalues, if it is known.
    """

    advice = 'use solver="dense", or a smaller k'

    def __init__(self, gram: Product, unit: Floats, trace: float | None = None) -> None:
        self.gram, self.trace, self.side = gram, trace, gram.side
        self.rng = np.random.default_rng(0)
        self.unit_count = unit.shape[1]
        self.basis = np.asfortranarray(unit)  # all eigenvectors known, those of eigenvalue 1 first
        self.gamma = np.empty(0)  # of the others
        self.highest = PLAIN  # the filter of the highest degree that serves the search at hand
        self.peek: Lanczos | None = None  # the run that it was chosen by
        self._forget_beside()

    @property
    def eigenvectors(self) -> Floats:
        """Those found, (side, m)."""
        return self.basis[:, self.unit_count :]

    def leading(self, wanted: int) -> Remainder:
        """Find the leading `wanted` pairs; say what is left beside them."""
        remainder = find_leading(self, wanted)
        self._forget_beside()  # a tenth of what is held, where memory is most needed next
        return remainder.with_spare(self.gamma[wanted:], tolerance(self.side))

    def keep(self, gamma: Floats, U: Floats) -> None:
        """Join new pairs to those found, largest first."""
        joined = np.concatenate([self.gamma, gamma])
        order = np.argsort(-joined, kind="stable")
        basis = np.empty((self.side, len(joined) + self.unit_count), order="F")
        basis[:, : self.basis.shape[1]], basis[:, self.basis.shape[1] :] = self.basis, U
        basis = orthonormal(basis)
        if (np.diff(order) != 1).any():
            basis = np.asfortranarray(basis[:, np.concatenate([np.arange(self.unit_count), order + self.unit_count])])
        self.gamma, self.basis = joined[order], basis

    def find(self, count: int) -> tuple[Floats, Floats]:
        """Find `count` more pairs, or those of them that lie above the filter's edge; values largest first."""
        self._forget_beside()
        self.peek = lanczos = Lanczos(self.vector, self.basis, self.rng)
        lanczos.advance(LEAST_STEPS if count >= CROWD_PAIRS else PEEK_STEPS)
        if count >= CROWD_PAIRS and (pairs := leading_eigenspaces(self, lanczos, count)) is not None:
            return pairs[0], np.asfortranarray(pairs[1])
        if count >= CROWD_PAIRS and (edge := lanczos.crowd(count)) is not None:
            return self._block(count, edge)
        self.highest = PLAIN if lanczos.nearly_found(count) else choose_filter(*lanczos.ritz(), count)
        step = step_seconds(self.side, (count + vectors_kept(count, self.side)) / 2)
        chosen = of_least_cost(self.highest, self.gram.seconds, step)
        for polynomial in dict.fromkeys([chosen, PLAIN]):
            U = self._lanczos(count, polynomial)
            if U.shape[1] == 0:
                continue
            # Below the filter's edge T_d is not monotone: its leading values there may be those of any eigenvalue
            gamma, above = self._unspent(*self._ritz_pairs(_made_orthonormal(U), polynomial.edge))
            if gamma.size:
                break
        if U.shape[1] == 0:
            raise NotConverged(
                f"ARPACK found no eigenvector beside those that are known, on a block of side {self.side:,}"
            )
        return gamma, above

    def _unfiltered_vectors(self, count: int) -> int:
        """Return about how many Lanczos steps `count` pairs take without a filter, where none is lost in a restart."""
        return 4 * count + 40

    def _products_are_dear(self, count: int) -> bool:
        """Whether a product costs much more than keeping its vector orthogonal to those of all steps before."""
        vectors = self._unfiltered_vectors(count)  # half of them on average
        dear = self.gram.seconds > DEAR * step_seconds(self.side, vectors / 2)
        return dear and 8.0 * self.side * vectors <= UNFILTERED_BYTES

    def _unspent(self, gamma: Floats, U: Floats) -> tuple[Floats, Floats]:
        """Leave out the pairs after those that use up the trace: they are zeros and rounding."""
        if self.trace is None:
            return gamma, U
        spent = self.trace - self.gamma.sum() - np.cumsum(gamma) <= tolerance(self.side)
        count = int(np.argmax(spent)) + 1 if spent.any() else len(gamma)
        return gamma[:count], U[:, :count]

    def find_missed(self, run: Lanczos | None, floor: float, attempt: int) -> tuple[Floats, Floats]:
        """Return what a longer look has found above `floor`; else what a block finds, twice as wide at each attempt."""
        self._forget_beside()
        if run is not None:
            gamma, U = self._converged_above(run, floor)
            if gamma.size:
                return gamma, U
        return self._block(MISSED_PAIRS_ASKED << attempt)

    def bound_left(self, floor: float) -> Left:
        """Bound the eigenvalues beside those found: by a few Gaussian columns, or else by Lanczos' method."""
        if self.values_after[-1] > 0 and self.gram.many_at_once and self.side >= COLUMNS_BOUND_SIDE:
            known = Complement(self.gram, self.basis)
            if left := bound_beside(known, self.beside, self.values_after, floor, self.rng):
                return left
        return bound_left(self, floor, self.gram.seconds)

    def _forget_beside(self) -> None:
        """Forget what the search before had to spare: it may be found now."""
        # Ritz vectors, (side, b), and estimates of their eigenvalues and of the next one, (b + 1,)
        self.beside, self.values_after = self.basis[:, :0], np.zeros(1)

    def _converged_above(self, lanczos: Lanczos, floor: float) -> tuple[Floats, Floats]:
        """Return the pairs above `floor` among the leading Ritz pairs of a filtered product, as far as they are converged."""
        columns: list[Floats] = []
        for i in range(lanczos.steps):
            x = lanczos.vector(i)
            image = self.deflated_vector(self.vector(x))
            if x @ image <= floor or norm(image - (x @ image) * x) > PAIR_RESIDUAL:
                break
            columns.append(x)
        if not columns:
            return np.empty(0), self.basis[:, :0]
        return self._ritz_pairs(np.asfortranarray(np.column_stack(columns)))

    def _ritz_pairs(self, U: Floats, edge: float = -np.inf) -> tuple[Floats, Floats]:
        """Return the eigenpairs above `edge` of the product projected on the span of orthonormal columns, largest first."""
        S = self.gram.compressed(U)
        ascending, R = eigenpairs((S + S.T) / 2)  # beside a small S, rounding is no small part of it
        above = ascending[::-1] > edge
        return ascending[::-1][above], turned(U, R[:, ::-1][:, above])

    def _block(self, ask: int, edge: float = np.inf) -> tuple[Floats, Floats]:
        """Find `ask` more pairs by a block of vectors, which holds every copy of a repeated eigenvalue."""
        while True:
            ask = min(ask, self.room())
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
        return int(self.side - self.basis.shape[1])

    def start(self, width: int) -> Floats:
        """Return random columns."""
        return np.asfortranarray(self.rng.standard_normal((width, self.side)).T)

    def product(self, X: Floats) -> Floats:
        """Return the product with columns."""
        return self.gram.columns(X)

    def filtered(self, X: Floats, polynomial: Filter) -> Floats:
        """Return the filtered product with columns."""
        return np.asarray(polynomial(self.gram.columns, self.deflated, X))

    def deflated(self, X: Floats) -> Floats:
        """Remove the known eigenvectors from columns; twice, which is enough."""
        for _ in range(2):
            X = self._remove_known(np.asfortranarray(X))
        return X

    def projected(self, X: Floats) -> tuple[Floats, Floats]:
        """Return orthonormal columns Q that span X, and the product with them on the complement of what is known."""
        Q = orthonormal(self.deflated(orthonormal(X)))
        return Q, self.deflated(self.gram.columns(Q))

    def vector(self, x: Any) -> Any:
        """Return the product with a vector."""
        return self.gram.vector(x)

    def deflated_vector(self, x: Any) -> Any:
        """Remove the known eigenvectors from a vector."""
        return without_span(self.basis, x)[0]

    def _lanczos(self, ask: int, polynomial: Filter) -> Floats:
        """Return leading eigenvectors (side, ask) of the filtered product beside what is known; fewer where those are 0."""
        self._forget_beside()

        def product(x: Any) -> Any:
            return self.deflated_vector(polynomial(self.vector, self.deflated_vector, x))

        def draw() -> Floats:
            return self.rng.standard_normal((self.side,))

        ask = min(ask, self.room())
        most = vectors_kept(ask, self.side)
        if polynomial is PLAIN and self._products_are_dear(ask):
            most = max(most, self._unfiltered_vectors(ask))
        run = RestartedLanczos(product, self.deflated_vector, draw, (ask, most, self.room()))
        if self.peek is not None and (steps := self.peek.with_filter(polynomial, run.most)):
            run.begin_with(steps)
            self.peek = None
        restarts = FILTERED_RESTARTS if polynomial == self.highest else LOWERED_RESTARTS
        leading = run.leading(restarts, ask // 4 + LEAST_BESIDE)
        if leading is None:
            return self._arpack(ask, PLAIN) if polynomial == self.highest else self._lanczos(ask, self.highest)
        self.beside, self.values_after = leading.beside, np.array([polynomial.inverse(x) for x in leading.values_after])
        return self._beside_known(leading.vectors)

    def _arpack(self, ask: int, polynomial: Filter, start: Floats | None = None, least_ncv: int = 0) -> Floats:
        """Return eigenvectors (side, ask) of the filtered product on the complement of what is known; fewer where those are 0."""

        def deflated(x: Any) -> Any:
            return self.deflated_vector(polynomial(self.vector, self.deflated_vector, self.deflated_vector(x.ravel())))

        operator = LinearOperator((self.side, self.side), matvec=deflated, dtype=np.float64)
        ask = min(ask, self.room())
        ncv = min(self.side, max(_least_vectors(ask), least_ncv))
        restarts = 100 * self.side if polynomial is PLAIN else FILTERED_RESTARTS
        v0 = self.deflated_vector(self.rng.standard_normal((self.side,)) if start is None else start)
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
            raise NotConverged(f"ARPACK returned vectors that are not finite, on a block of side {self.side:,}")
        return self._beside_known(U)

    def _beside_known(self, U: Floats) -> Floats:
        """Remove the known eigenvectors from orthonormal columns, and the columns that were little else."""
        # Known eigenvectors have the eigenvalue 0 on the complement; where a search reaches other eigenvalues of about 0, their
        # eigenvectors may come mixed with known ones: what is left of the mixture is short, and no longer orthonormal.
        U = self._remove_known(np.asfortranarray(U))
        squares, Z = eigenpairs(dgemm(1.0, U, U, trans_a=1))
        if squares[0] > LEAST_SQUARE_LEFT:
            return U
        long = squares > LEAST_SQUARE_LEFT
        if not long.any():
            return U[:, :0]
        return self._remove_known(np.asfortranarray(U @ (Z[:, long] / np.sqrt(squares[long]))))

    def _remove_known(self, U: Floats) -> Floats:
        """Remove the known eigenvectors from columns, in place."""
        return np.asarray(dgemm(-1.0, self.basis, dgemm(1.0, self.basis, U, trans_a=1), 1.0, U, overwrite_c=1))


def vectors_kept(ask: int, side: int) -> int:
    """Return how many vectors a search for so many pairs keeps before it restarts."""
    cached = min(int(CACHED_VECTORS_PER_PAIR * ask), int(CACHED_BYTES // (8 * side)))
    return max(_least_vectors(ask), cached)


def _least_vectors(ask: int) -> int:
    """Return how many vectors are kept where memory, or reading them, is dear."""
    return max(int(VECTORS_PER_PAIR * ask) + 1, ask + SPARE_VECTORS)


def _made_orthonormal(U: Floats) -> Floats:
    """Return orthonormal columns with the same span: as they are, if they are orthonormal, as Lanczos' method leaves them."""
    inner = dgemm(1.0, U, U, trans_a=1)
    inner[np.diag_indices_from(inner)] -= 1.0
    return U if np.abs(inner).max(initial=0.0) <= ORTHONORMAL_TO else orthonormal(U)  # NaN fails every comparison
