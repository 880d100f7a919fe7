"""`Evidence`: f beside F*, in orthonormal coordinates, and all that a verdict measures of the two; `judge.py` decides.

The coordinates are the views, scaled by √w_x, or finitely many orthonormal functions of views that cannot be listed.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from popgraph.basics.arrays import Floats
from popgraph.basics.rows import ScaledRows, block_sum, frobenius_norm
from popgraph.basics.subspace import (
    ColumnSpace,
    captured,
    column_space,
    containment_angles,
    linear_map,
    principal_angles,
    tolerance,
)
from popgraph.populations import FeatureClass
from popgraph.spectrum import SignedSpectrum, Spectrum, groups, whole_eigenspace
from popgraph.spectrum.solvers.symmetric import eigenpairs
from popgraph.verification.decay import NO_PENALTY, Penalty
from popgraph.verification.ridge import Ridge

MAX_ENTRIES_MULTIPLIED = 2**24  # of F, up to which ĀF is formed whole; above that, some columns at a time
COLUMNS_MULTIPLIED = 8  # fill a cache line of each row that a product with a sparse factor fetches
LARGEST_MINIMISER_ENTRY = 2.0  # a minimiser F has no entry above 1; the squares of much larger ones overflow
MAX_SIDE_SOLVED_WHOLE = 400  # of Ā, in search of a slip
# Radians: rounding turns a direction of F* by no more, even one so short in f that float64 writes it with a single digit
SHORT_DIRECTION_ANGLE = 0.5
NOT_CENTRED_COSINE = 0.5  # of the angle between the constant and span F; from here on f is not centred


@dataclass(frozen=True, eq=False)
class Evidence:
    """f and the k leading eigenvectors. What is computed from them is computed when it is first needed."""

    coordinates: Any  # whose `gram(X)` is ĀX
    solve: Callable[[int], Spectrum]  # k -> Spectrum: solves for more eigenpairs in these coordinates
    table: Floats  # (N, d) f; F = √w_x f itself if the coordinates are not views
    root: Floats  # (N,) √w_x, the unit vector of the constant function
    spectrum: Spectrum  # the k leading eigenpairs
    atol: float  # the largest angle, in radians, that counts as 0
    features: FeatureClass | None = None  # the class of functions that f was chosen from, if it is known
    on_views: bool = True  # whether the coordinates are the views, so that F = √w_x f
    penalty: Penalty = NO_PENALTY  # what was added to the loss

    @property
    def k(self) -> int:
        """How many eigenvectors f is asked to span."""
        return self.spectrum.k

    @property
    def d(self) -> int:
        """The number of columns of f."""
        return int(self.table.shape[1])

    @property
    def views(self) -> Sequence[Hashable] | None:
        """The views, where they are the coordinates."""
        return getattr(self.coordinates, "views", None)

    @cached_property
    def space(self) -> ColumnSpace:
        """The span of F."""
        # Of a table on views the product with √w_x is formed anew, where need be in extended precision
        return column_space(self.table, self.root if self.on_views else None)

    @cached_property
    def F(self) -> ScaledRows:
        """F = √w_x f, (N, d), of which only the rows or columns that are asked for are formed."""
        return ScaledRows(self.table, self.root if self.on_views else None)

    @property
    def _reached(self) -> Floats:
        """max(γ_i, 0), (k,): FFᵀ is positive semidefinite, and reaches no negative eigenvalue."""
        return np.maximum(self.spectrum.gamma, 0.0)

    @property
    def degenerate(self) -> bool:
        """Whether γ_k = γ_{k+1} > 0, to rounding: F* is then a family of subspaces."""
        return bool(self.spectrum.gap == 0 and self.spectrum.gamma[-1] > 0)

    @cached_property
    def eigenspace(self) -> Spectrum:
        """The k leading eigenpairs; at a degenerate cut all those of γ >= γ_k."""
        return whole_eigenspace(self.spectrum, self.solve) if self.degenerate else self.spectrum

    @cached_property
    def eigenspace_end(self) -> int:
        """The number of eigenvalues >= γ_k of the population; a product's coordinates list only some of them."""
        return int(getattr(self.coordinates, "eigenspace_end", self.eigenspace.k))

    @property
    def clean_cuts(self) -> tuple[int, ...]:
        """The k of the population, as far as known, with γ_k > γ_{k+1}."""
        return tuple(getattr(self.coordinates, "clean_cuts", self.eigenspace.clean_cuts))

    @cached_property
    def above(self) -> int:
        """The number of eigenvalues larger than γ_k at a degenerate cut, whose eigenvectors f must contain; else k."""
        if not self.degenerate:
            return self.k
        gamma = self.spectrum.gamma
        return int(np.sum(gamma > gamma[-1] + self.spectrum.tolerance))

    @cached_property
    def shares(self) -> Floats:
        """The share of each leading eigenvector's squared length that lies in span F, (k,)."""
        return captured(self.spectrum.eigenvectors, self.space.basis)

    @cached_property
    def angles(self) -> Floats:
        """The angles that must vanish for f to match, (k,), in radians."""
        return angles_of_match(self.space, self.eigenspace.eigenvectors, self.above, self.k)

    @cached_property
    def uncertainty(self) -> float:
        """By how many radians rounding may have turned span F and span F*, together."""
        turned = self.space.uncertainty + self.eigenspace.certificate.angle_bound
        if self.degenerate and self.above:  # the eigenvectors above are asked for too, across a gap of their own
            turned += self.spectrum.leading(self.above).certificate.angle_bound
        return turned

    @cached_property
    def least_squares_map(self) -> tuple[Floats, float, float]:
        """Q with F ≈ F* Q, its condition number, and the relative residual."""
        return linear_map(self.F, self.spectrum.eigenvectors)

    @cached_property
    def _moments(self) -> tuple[Floats, float, float]:
        """FᵀF, tr FᵀĀF and ||ĀF - F FᵀF||; where F overflows, they are infinite or NaN."""
        (N, d), attraction, squares = self.F.shape, 0.0, 0.0
        with np.errstate(over="ignore", invalid="ignore"):
            FF = block_sum(lambda rows: self.F[rows].T @ self.F[rows], N, d)
            at_once = d if N * d <= MAX_ENTRIES_MULTIPLIED else min(d, COLUMNS_MULTIPLIED)
            for start in range(0, d, at_once):
                attracted, off = self._multiplied(start, start + at_once, FF)
                attraction, squares = attraction + attracted, squares + off**2
        return FF, attraction, float(np.sqrt(squares))

    def _multiplied(self, start: int, stop: int, FF: Floats) -> tuple[float, float]:
        """Return tr FᵀĀF and ||ĀF - F FᵀF|| of some columns."""
        X = self.F.columns(start, stop)
        image = np.asarray(self.coordinates.gram(X))
        attraction = block_sum(lambda rows: float(np.sum(X[rows] * image[rows])), *self.F.shape)
        return attraction, frobenius_norm(lambda rows: image[rows] - self.F[rows] @ FF[:, start:stop], *self.F.shape)

    @cached_property
    def loss(self) -> float:
        """The spectral contrastive loss L(f) = -2 tr FᵀĀF + ||FᵀF||_F²; infinite where it overflows."""
        FF, attraction, _ = self._moments
        with np.errstate(over="ignore", invalid="ignore"):
            loss = float(np.sum(FF**2) - 2.0 * attraction)
        return loss if np.isfinite(loss) else np.inf

    @cached_property
    def excess_loss(self) -> float | None:
        """L(f) - min L = L(f) + Σ max(γ_i, 0)², i <= k; None where f is wider than k."""
        return max(0.0, self.loss + float(np.sum(self._reached**2))) if self.d == self.k else None

    @cached_property
    def excess_angle_bound(self) -> float | None:
        """The bound on ||sin Θ||_F that the excess loss proves, where it proves one below sqrt(k).

        L(f) - min L >= (γ_k² - γ_{k+1}²) ||sin Θ||_F² [THEORY 3.5]. The loss is a sum of terms as large as Σγ², so rounding hides
        an excess of `tolerance` times that.
        """
        # With negative eigenvalues the same holds of max(γ, 0): for P the projector on span F and Ā₊ the positive part of Ā,
        # ||Ā - FFᵀ||² >= ||Ā||² - ||(PĀP)₊||², as FFᵀ is positive semidefinite, and ||(PĀP)₊||² <= ||PĀ₊P||² <= tr(PĀ₊²), as
        # PĀP <= PĀ₊P has no larger eigenvalues. So L(f) - min L >= Σγ_i² - tr(PĀ₊²) >= (γ_k² - max(γ_{k+1}, 0)²) ||sin Θ||².
        spectrum = self.spectrum
        if self.excess_loss is None or spectrum.gap == 0 or spectrum.gamma[-1] <= 0:
            return None
        hidden = spectrum.tolerance * (1.0 + float(np.sum(spectrum.gamma**2)))
        across = float(spectrum.gamma[-1]) ** 2 - max(0.0, spectrum.certificate.remainder_bound) ** 2
        bound = float(np.sqrt((self.excess_loss + hidden) / across))
        return bound if bound < np.sqrt(self.k) else None

    @cached_property
    def optimal(self) -> bool:
        """Whether ĀF = F FᵀF and FᵀF has the eigenvalues max(γ_i, 0), i <= k: together, that F minimises the loss [THEORY 3.5]."""
        if self.d != self.k or self.F.largest() > LARGEST_MINIMISER_ENTRY:
            return False
        FF, _, stationary = self._moments
        same = np.abs(np.linalg.eigvalsh(FF)[::-1] - self._reached).max()
        return bool(stationary <= self.atol and same <= self.atol)

    @cached_property
    def both_ends(self) -> Spectrum | None:
        """All eigenpairs, where Ā has negative eigenvalues and few enough rows that these cost nothing; else None."""
        N = len(self.root)
        if not isinstance(self.spectrum, SignedSpectrum) or self.spectrum.semidefinite or N > MAX_SIDE_SOLVED_WHOLE:
            return None
        return self.solve(N)

    @cached_property
    def matches_with_constant(self) -> bool:
        """Whether F and the constant function together span the k + 1 leading eigenvectors at a clean cut."""
        # What contains half of the constant, as everything does at k = N, is not centred
        if self.space.rank != self.k or np.linalg.norm(self.space.basis.T @ self.root) > NOT_CENTRED_COSINE:
            return False
        spectrum = self.solve(self.k + 1)
        constant = np.ones(len(self.table)) if self.on_views else self.root
        with_constant = np.column_stack([self.table, constant])
        space = column_space(with_constant, self.root if self.on_views else None)
        clean = spectrum.gap > 0
        return bool(clean and principal_angles(spectrum.eigenvectors, space.basis).max() <= self.atol)

    @cached_property
    def expressible(self) -> Floats | None:
        """The share of each leading eigenvector's squared length that lies in the class of functions, (k,)."""
        return None if self.features is None else captured(self.spectrum.eigenvectors, self.features.basis)

    @cached_property
    def best_in_class(self) -> bool | None:
        """Whether span F is that of the class's k leading Ritz vectors, or one of equally good choices of them [THEORY 7].

        The Ritz vectors are Q u for the eigenvectors u of QᵀĀQ, with Q an orthonormal basis of the class; its eigenvalues θ_i
        are known to the rounding of a d x d matrix, and those closer than that count as one.
        """
        if self.features is None:
            return None
        Q, d, k = self.features.basis, self.features.d, self.k
        if k > d:
            return False
        projected = Q.T @ np.asarray(self.coordinates.gram(Q))
        ascending, U = eigenpairs((projected + projected.T) / 2)
        theta, vectors = ascending[::-1], Q @ U[:, ::-1]
        least, rounding = float(theta[k - 1]), tolerance(d)
        above, end = int(np.sum(theta > least + rounding)), int(np.sum(theta >= least - rounding))
        if least <= rounding:
            return False
        angles = angles_of_match(self.space, vectors[:, :end], k if end == k else above, k)
        return bool(angles.max() <= self.atol)

    @cached_property
    def ridge(self) -> Ridge | None:
        """The class with the decay of its W, where there is one."""
        if self.features is None or self.penalty.weight_decay == 0:
            return None
        F = self.F.columns(0, self.d)
        return Ridge(F, self.features, self.coordinates.gram, self.penalty.weight_decay, self.atol)

    @cached_property
    def inexpressible(self) -> list[tuple[slice, int, int]]:
        """The runs of equal γ >= γ_k that the class of functions cannot express: (run, dimensions needed, dimensions contained)."""
        lacking: list[tuple[slice, int, int]] = []
        if self.features is None:
            return lacking
        for run in groups(self.eigenspace.gamma, self.eigenspace.side):
            needed = min(run.stop, self.k) - run.start
            angles = containment_angles(self.eigenspace.eigenvectors[:, run], self.features.basis)
            contained = int(np.sum(angles <= self.atol))
            if contained < needed:
                lacking.append((run, needed, contained))
        return lacking


def angles_of_match(space: ColumnSpace, V: Floats, above: int, k: int) -> Floats:
    """Return the angles that must vanish for a span to be one of the best k-dimensional ones, (k,).

    V (N, m) holds the eigenvectors of γ >= γ_k, the first `above` of them those of γ > γ_k; at a clean cut above = m = k. The span
    must contain the former and meet the span of all of V in k dimensions.
    """
    smallest = containment_angles(V, space.basis)[:k]
    if above == k:
        return smallest
    contained = containment_angles(V[:, :above], space.basis)
    # The `above` angles of containment and the other smallest ones are k numbers, all 0 iff both conditions hold
    return np.sort(np.concatenate([np.maximum(contained, smallest[:above]), smallest[above:]]))
