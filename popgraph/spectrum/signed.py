"""`SignedSpectrum`: leading eigenpairs of an Ā that may have negative eigenvalues, solved through the lazy walk (I + Ā)/2.

Pairs that are given directly need not come from two independent views of one natural, and Ā is then any symmetric matrix with
eigenvalues in [-1, 1]. (I + Ā)/2 is positive semidefinite, has the same eigenvectors in the same order, and the factor M that its
edges give; each eigenvalue γ' of it is (1 + γ)/2. So all solvers and certificates for MᵀM serve.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.sparse as sp
from scipy.sparse.linalg import LinearOperator

from popgraph.basics.arguments import whole_number
from popgraph.basics.arrays import Floats, Sparse, frozen, frozen_csr
from popgraph.basics.memory import reserve
from popgraph.basics.products import Rows
from popgraph.basics.subspace import tolerance
from popgraph.spectrum.basis import groups
from popgraph.spectrum.components import Components
from popgraph.spectrum.policy import check_solver, decompose, searches_one_component
from popgraph.spectrum.solvers.operator import decompose_operator
from popgraph.spectrum.value import SolverUse, Spectrum


@dataclass(frozen=True, eq=False, repr=False)
class SignedSpectrum(Spectrum):
    """Hold the k algebraically largest eigenpairs of a symmetric Ā whose eigenvalues lie in [-1, 1].

    Made by `.PairGraph.spectrum`. All is as in `.Spectrum`, save that ``gamma`` may be negative. One encoder f reaches positive
    eigenvalues only: FFᵀ is positive semidefinite, so that the least loss is -Σ max(γ_i, 0)² and columns of `embedding` that
    belong to γ_i <= 0 are 0. Two encoders f and g reach the k eigenvalues of largest γ² [THEORY 11].

    Examples
    --------
    >>> import numpy as np
    >>> from popgraph.populations.pairs import pair_graph
    >>> triangle = pair_graph(("a", "b", "c"), (np.ones((3, 3)) - np.eye(3)) / 6)
    >>> spectrum = triangle.spectrum(3)
    >>> spectrum.gamma, spectrum.one_encoder, spectrum.two_encoders
    (array([ 1. , -0.5, -0.5]), -1.0, -1.5)
    """

    @property
    def complete(self) -> bool:
        """Whether all eigenvalues are in gamma_known."""
        return self.floor <= -1.0

    @property
    def rank(self) -> int | None:
        """The rank of Ā (to ``tolerance``), negative eigenvalues counted too, or None where not all eigenvalues are known."""
        return int(np.sum(self.gamma_known != 0)) if self.complete else None

    @property
    def positive(self) -> int | None:
        """How many eigenvalues are positive: the rank that one encoder reaches; None where it is not known."""
        known = int(np.sum(self.gamma_known > 0))
        return known if known < len(self.gamma_known) or self.complete else None

    @property
    def semidefinite(self) -> bool | None:
        """Whether no eigenvalue is negative, to rounding; None where it is not known."""
        if self.gamma_known[-1] < 0:
            return False
        return True if self.complete else None

    @property
    def multiplicities(self) -> tuple[tuple[float, int], ...]:
        """Pairs (eigenvalue, multiplicity), largest first, of the eigenvalues whose multiplicity is known."""
        runs = groups(self.gamma_known, self.side)
        known = [(float(self.gamma_known[run].mean()), run.stop - run.start) for run in runs]
        # Where not all are known, the last run may go on among those that are not
        ended = self.complete or self.gamma_known[-1] > self.floor + self.tolerance
        return tuple(known if ended else known[:-1])

    @property
    def gap_in_words(self) -> str:
        """The gap with the digits that are known of it, or that the cut is degenerate or beyond what one encoder reaches."""
        return f"γ_{self.k} <= 0: one encoder cannot reach it" if self.gamma[-1] <= 0 else super().gap_in_words

    @property
    def one_encoder(self) -> float:
        """The least spectral contrastive loss of one encoder f into R^k, -Σ max(γ_i, 0)²."""
        return 0.0 - float(np.sum(np.maximum(self.gamma, 0.0) ** 2))  # 0, and not -0, where none is positive

    @property
    def two_encoders(self) -> float | None:
        """The least loss of two encoders f and g into R^k, minus the sum of the k largest γ²; None where not all γ are known."""
        return -float(np.sum(np.sort(self.gamma_known**2)[::-1][: self.k])) if self.complete else None

    @property
    def minimiser(self) -> Floats:
        """F* diag(√max(γ, 0)), (N, k): a minimiser F of ||Ā - FFᵀ||²."""
        return frozen(self.eigenvectors * np.sqrt(np.maximum(self.gamma, 0.0)))

    @property
    def embedding(self) -> Floats:
        """D^-1/2 F* diag(√max(γ, 0)), (N, k): an embedding f that minimises the spectral contrastive loss."""
        table = self.eigenvectors * np.sqrt(np.maximum(self.gamma, 0.0))
        table /= np.sqrt(self.w_x)[:, np.newaxis]
        return frozen(table)

    @property
    def _further_lines(self) -> list[str]:
        if self.semidefinite:
            return ["  encoders      one reaches what two do: Ā is positive semidefinite"]
        two = self.two_encoders
        both = f"two {-two:.6g}" if two is not None else f"what two reach says graph.two_encoders().spectrum({self.k})"
        return [f"  encoders      at k = {self.k} one reaches Σ max(γ, 0)² = {-self.one_encoder:.6g}, {both}"]


def lazy_factor(w: Sparse, w_x: Floats) -> Sparse:
    """Return M (E, N) with (I + Ā)/2 = MᵀM: a row for each edge x - x' with w_xx' > 0, x <= x', which its two ends share."""
    # The pairs (D + w)/2 arise where an edge is drawn with probability 2 w_xx' (w_xx of a loop), and then two of its ends, each
    # independently: w_xx'/2 for either order of the two, and w_xx'/2 for each end twice. So the entries of a row are
    # √(w_xx'/2) / √w_x at both ends, and √(w_xx / w_xx) at the only end of a loop.
    reserve("the edges", 60.0 * w.nnz, "give fewer pairs")
    upper = sp.coo_array(sp.triu(w, format="coo"))
    i, j = upper.coords
    loop = i == j
    size = np.sqrt(np.where(loop, upper.data, upper.data / 2))
    root, edge = np.sqrt(w_x), np.arange(len(i))
    rows, columns = np.concatenate([edge, edge[~loop]]), np.concatenate([i, j[~loop]])
    values = np.concatenate([size / root[i], (size / root[j])[~loop]])
    return frozen_csr(sp.coo_array((values, (rows, columns)), shape=(len(i), len(w_x))))


@dataclass(frozen=True, eq=False)
class LazyWalk:
    """Hold (I + Ā)/2 in two forms: the factor M (E, N), and Ā (N, N) itself, by which a product takes a third of the time."""

    factor: Sparse
    adjacency: Sparse
    w_x: Floats
    components: Components

    def spectrum(self, k: int, solver: str | None = None) -> SignedSpectrum:
        """Return the k algebraically largest eigenpairs of Ā; `solver` as of `decompose`."""
        # A Krylov search needs products alone, and one with Ā has half the entries of M and no edges in between: on 50,000 views
        # and 1.1 million pairs 32 eigenpairs took 16 s in place of 45. All else needs M.
        check_solver(solver)
        if searches_one_component(self.factor, self.w_x, self.components, whole_number("k", k, len(self.w_x)), solver):
            return of_lazy_walk(self._by_products(k, solver))
        return of_lazy_walk(decompose(self.factor, self.w_x, k, components=self.components, solver=solver))

    def _by_products(self, k: int, solver: str | None) -> Spectrum:
        rows = Rows(self.adjacency)

        def product(X: Floats) -> Floats:
            image = np.asarray(rows(X))
            image += X
            image *= 0.5
            return image

        side = len(self.w_x)
        operator = LinearOperator((side, side), matvec=product, matmat=product, dtype=np.float64)
        trace = 0.5 * (side + float(self.adjacency.trace()))
        spectrum = decompose_operator(operator, self.w_x, self.components.of_column, k, trace=trace, solver=solver)
        uses = (replace(use, what=f"(I + Ā)/2 of {side:,} views") for use in spectrum.solvers)
        return replace(spectrum, solvers=tuple(uses))


def _of_edges(use: SolverUse) -> SolverUse:
    """Say of a solver of M that its rows are edges."""
    if use.what:
        return use
    edges, n_views = use.shape
    where = f"{use.components:,} components of" if use.components > 1 else "a component of"
    size = f"{edges:,} edge{'s' * (edges != 1)} and {n_views:,} view{'s' * (n_views != 1)}"
    return replace(use, what=f"(I + Ā)/2 of {where} {size}")


def of_lazy_walk(lazy: Spectrum) -> SignedSpectrum:
    """Return the eigenpairs of Ā from those of (I + Ā)/2, where γ = 2γ' - 1; residuals and bounds are twice as large."""
    n_views, k, side = len(lazy.w_x), lazy.k, 2 * lazy.side

    def signed(gamma: Any) -> Any:
        doubled = 2.0 * gamma - 1.0
        return np.where(np.abs(doubled) <= tolerance(side), 0.0, doubled)

    known = frozen(signed(lazy.gamma_known))
    if lazy.complete and lazy.weights is None:
        known = frozen(np.concatenate([known, np.full(n_views - len(known), -1.0)]))
    certificate = lazy.certificate
    remainder, bound = (float(signed(each)) for each in (certificate.remainder, certificate.remainder_bound))
    angle = certificate.angle_bound
    if k == n_views:  # no eigenvalue is left, which counts as 0, and the space is everything
        remainder, bound, angle = 0.0, 0.0, tolerance(lazy.side) / 8
    gamma = frozen(signed(lazy.gamma))
    spectrum = SignedSpectrum(
        gamma=gamma,
        eigenvectors=lazy.eigenvectors,
        w_x=lazy.w_x,
        residuals=frozen(2.0 * lazy.residuals),
        gamma_known=known,
        floor=2.0 * lazy.floor - 1.0,
        components=lazy.components,
        certificate=replace(
            certificate,
            residual=2.0 * certificate.residual,
            remainder=remainder,
            remainder_bound=bound,
            angle_bound=angle,
        ),
        solvers=tuple(_of_edges(use) for use in lazy.solvers),
        side=side,
    )
    if lazy.weights is None:
        return spectrum
    root_lazy = np.sqrt(np.where(lazy.gamma > 0, lazy.gamma, 1.0))
    return replace(spectrum, weights=frozen(lazy.weights / root_lazy * np.sqrt(np.maximum(gamma, 0.0))))
