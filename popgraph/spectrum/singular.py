"""`SingularSpectrum`: the leading singular triplets of S = D_x^-1/2 C D_z^-1/2, the pairs of two kinds of views."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from popgraph.basics.arguments import whole_number
from popgraph.basics.arrays import Floats, Immutable, frozen
from popgraph.basics.html import Bar, bracket, headed, html_table
from popgraph.basics.subspace import tolerance
from popgraph.spectrum.basis import groups
from popgraph.spectrum.value import SolverUse, _short


@dataclass(frozen=True)
class SingularCertificate(Immutable):
    """Say why a spectrum of singular values can be trusted.

    Attributes
    ----------
    residual : float
        The largest of ||Sv - σu|| and ||Sᵀu - σv|| over the returned triplets. Every σ is within this of a true singular value.
    orthogonality : float
        The largest entry of ``|UᵀU - I|`` and ``|VᵀV - I|``.
    remainder : float
        σ_{k+1}: the largest singular value of S outside the returned spaces, as well as it is known.
    remainder_bound : float
        An upper bound on it, below σ_k at a clean cut.
    excluded : str
        How it is known that nothing above it was missed.
    angle_bound : float
        Upper bound, in radians, on the angle between span U, or span V, and the true one, rounding included; pi/2 at a degenerate
        cut, where the spaces are not unique.
    """

    residual: float
    orthogonality: float
    remainder: float
    remainder_bound: float
    excluded: str
    angle_bound: float

    def __str__(self) -> str:
        bracketed = self.remainder_bound > self.remainder * (1 + 1e-6) + 1e-6
        known = f"between {self.remainder:.4g} and {self.remainder_bound:.4g}" if bracketed else f"{self.remainder:.6g}"
        angle = f"angle to the true spaces <= {self.angle_bound:.1e} rad"
        if self.angle_bound >= np.pi / 2:
            angle = "a degenerate cut, so the spaces are not unique"
        return (
            f"residual {self.residual:.1e}, orthogonality {self.orthogonality:.1e}, next singular value {known} "
            f"({self.excluded}), {angle}"
        )


def angle_bound_of_pair(residual: float, gap: float, rounding: float) -> float:
    """Bound the angle, in radians, between computed and true leading singular subspaces; pi/2 at a degenerate cut."""
    # Wedin, Perturbation bounds in connection with singular value decomposition, BIT 12 (1972): with R = SV - U diag(σ) and
    # R' = SᵀU - V diag(σ), and each σ_i at least `gap` above every singular value of the rest, and above 0,
    # ||sin Θ_x||_F² + ||sin Θ_z||_F² <= (||R||_F² + ||R'||_F²) / gap². `residual` is the root of that sum.
    if gap <= rounding:
        return np.pi / 2
    return float(np.arcsin(min(1.0, (residual + rounding / 8) / gap)))


def rounding_of(sigma: Floats, side: int, *, squared: bool) -> float:
    """Return how far rounding can move the last of these singular values; `squared` says that σ² was read off SᵀS."""
    # An eigenvalue σ² of SᵀS is known to tolerance(side), so σ to that over 2σ, and to its root where σ is smaller still
    rounding = tolerance(side)
    return rounding / max(float(sigma[-1]), np.sqrt(rounding)) if squared else rounding


def runs_of_equal(sigma: Floats, side: int, *, squared: bool) -> list[slice]:
    """Cut descending singular values into runs of equal ones, up to rounding."""
    return groups(sigma**2 if squared else sigma, side)


@dataclass(frozen=True, eq=False, repr=False)
class SingularSpectrum(Immutable):
    """Hold the k leading singular values and vectors of S = D_x^-1/2 C D_z^-1/2, the normalised pair law of two kinds of views.

    Made by `.BipartiteGraph.spectrum`. σ_1 = 1, once for each component. Where a singular value is repeated its vectors are a
    reproducible choice, not a fact; u_i and v_i are chosen together.

    Attributes
    ----------
    sigma : (k,) array
        The leading singular values, in [0, 1]; what rounds to 0 is 0.
    left : (N_x, k) array
        U: orthonormal columns u_i, each with its largest entry positive.
    right : (N_z, k) array
        V: orthonormal columns v_i, with Sv_i = σ_i u_i.
    w_x, w_z : (N_x,), (N_z,) arrays
        The views' probabilities.
    residuals : (k,) array
        The root of ||Sv_i - σ_i u_i||² + ||Sᵀu_i - σ_i v_i||².
    sigma_known : (K,) array
        The leading singular values that are known, K >= k; more than k come as a by-product.
    floor : float
        No singular value above this is missing from sigma_known.
    components : int
        The number of connected components, which is the exact multiplicity of σ = 1.
    certificate : SingularCertificate
        What was checked.
    solvers : tuple of SolverUse
        Which solver ran on which components, and why.
    side : int
        The side of the largest matrix solved, which sets the rounding to be expected.
    squared : bool
        Whether σ² was read off SᵀS, as it is where S is large: then a small σ has fewer digits, as `tolerance` says.

    See Also
    --------
    BipartiteGraph.spectrum : Make one.
    Spectrum : The same of one kind of view.
    plot.spectrum : Draw it.

    References
    ----------
    THEORY 11; Zhang et al. 2023, arXiv 2306.04272, for images and texts.

    Examples
    --------
    >>> import popgraph as pg
    >>> A, B = [[0.8, 0.2, 0], [0.1, 0.8, 0.1], [0, 0.3, 0.7]], [[0.9, 0.1], [0.5, 0.5], [0.1, 0.9]]
    >>> spectrum = pg.build({"a": 0.5, "b": 0.3, "c": 0.2}, A, second=B).spectrum(2)
    >>> spectrum
    SingularSpectrum(k=2, sigma=[1, 0.5221], gap 0.5221)
    >>> spectrum.left.shape, spectrum.right.shape
    ((3, 2), (2, 2))
    """

    sigma: Floats
    left: Floats
    right: Floats
    w_x: Floats
    w_z: Floats
    residuals: Floats
    sigma_known: Floats
    floor: float
    components: int
    certificate: SingularCertificate
    solvers: tuple[SolverUse, ...]
    side: int
    squared: bool = False

    @property
    def k(self) -> int:
        """The number of singular triplets."""
        return len(self.sigma)

    @property
    def complete(self) -> bool:
        """Whether all singular values beyond sigma_known are 0."""
        return self.floor == 0.0

    @property
    def tolerance(self) -> float:
        """How far rounding can move σ_k; a next singular value closer than this counts as equal."""
        return rounding_of(self.sigma, self.side, squared=self.squared)

    @property
    def gap(self) -> float:
        """σ_k minus the upper bound on σ_{k+1}, so that the true gap is no smaller; 0 at a degenerate cut."""
        least = float(self.sigma[-1]) - self.certificate.remainder_bound
        return least if least > self.tolerance else 0.0

    @property
    def gap_bounds(self) -> tuple[float, float]:
        """Two numbers between which σ_k - σ_{k+1} lies: σ_k is known to rounding, σ_{k+1} as well as the certificate says."""
        sigma, certificate = float(self.sigma[-1]), self.certificate
        least, most = sigma - certificate.remainder_bound, sigma - certificate.remainder
        return max(0.0, least - self.tolerance), max(0.0, most) + self.tolerance

    @property
    def gap_in_words(self) -> str:
        """The gap with the digits that are known of it: a number, a bracket, or that the cut is degenerate."""
        if self.gap == 0.0:
            return "degenerate cut"
        return f"gap {bracket(self.gap, float(self.sigma[-1]) - self.certificate.remainder)}"

    @property
    def rank(self) -> int | None:
        """The rank of S (to `tolerance`), or None where not all singular values are known."""
        return int(np.sum(self.sigma_known > 0)) if self.complete else None

    @cached_property
    def multiplicities(self) -> tuple[tuple[float, int], ...]:
        """Pairs (singular value, multiplicity), largest first, of those whose multiplicity is known; S has min(N_x, N_z) in all."""
        runs = runs_of_equal(self.sigma_known, self.side, squared=self.squared)
        known = [(float(self.sigma_known[run].mean()), run.stop - run.start) for run in runs]
        if not self.complete:
            # The last run may go on among the singular values that are not known
            ended = self.sigma_known[-1] > self.floor + self.tolerance
            return tuple(known if ended else known[:-1])
        positive = [(sigma, count) for sigma, count in known if sigma > 0]
        zeros = min(len(self.w_x), len(self.w_z)) - sum(count for _, count in positive)
        return tuple(positive + [(0.0, zeros)] * (zeros > 0))

    @property
    def clean_cuts(self) -> tuple[int, ...]:
        """The k, as far as known, with σ_k > σ_{k+1}: there span U and span V are one subspace each, not a family."""
        cuts = np.cumsum([count for sigma, count in self.multiplicities if sigma > 0])
        return tuple(int(k) for k in cuts)

    @property
    def minimum(self) -> float:
        """-Σσ_i² over the k leading ones: the least spectral contrastive loss of two encoders with k columns [THEORY 11]."""
        return -float(self.sigma @ self.sigma)

    @property
    def embedding_x(self) -> Floats:
        """f = D_x^-1/2 U diag(√σ), (N_x, k): with `embedding_z` a minimiser of the spectral contrastive loss of two encoders."""
        return _embedding(self.left, self.sigma, self.w_x)

    @property
    def embedding_z(self) -> Floats:
        """g = D_z^-1/2 V diag(√σ), (N_z, k): with `embedding_x` a minimiser of the spectral contrastive loss of two encoders."""
        return _embedding(self.right, self.sigma, self.w_z)

    @property
    def embeddings(self) -> tuple[Floats, Floats]:
        """The pair (f, g) of `embedding_x` and `embedding_z`; others are (f Q, g Q^-ᵀ) at a clean cut, for any invertible Q."""
        return self.embedding_x, self.embedding_z

    def __embeddings__(self) -> tuple[Floats, Floats]:
        return self.embeddings

    @property
    def minimisers(self) -> tuple[Floats, Floats]:
        """F = U diag(√σ) and G = V diag(√σ): FGᵀ is a best approximation of S of rank k."""
        root = np.sqrt(self.sigma)
        return frozen(self.left * root), frozen(self.right * root)

    def swapped(self) -> "SingularSpectrum":
        """Return the singular triplets of Sᵀ: the two sides exchanged.

        Examples
        --------
        >>> import popgraph as pg
        >>> spectrum = pg.from_bipartite([[1, 1, 0], [0, 0, 2]], normalize=True).spectrum(2)
        >>> spectrum.swapped().left.shape
        (3, 2)
        """
        return replace(self, left=self.right, right=self.left, w_x=self.w_z, w_z=self.w_x)

    def leading(self, k: int) -> "SingularSpectrum":
        """Return the k leading triplets of these, without solving again; `.InvalidArgument` if k is not in 1..self.k.

        Examples
        --------
        >>> import popgraph as pg
        >>> pg.from_bipartite([[1, 1, 0], [0, 0, 2]], normalize=True).spectrum(2).leading(1)
        SingularSpectrum(k=1, sigma=[1], degenerate cut)
        """
        k = whole_number("k", k, self.k, "the number of triplets of this spectrum")
        if k == self.k:
            return self
        remainder = float(self.sigma_known[k])
        residuals = self.residuals[:k]
        gap = float(self.sigma[k - 1]) - remainder
        certificate = replace(
            self.certificate,
            residual=float(residuals.max()),
            remainder=remainder,
            remainder_bound=remainder,
            angle_bound=angle_bound_of_pair(float(np.linalg.norm(residuals)), gap, self.tolerance),
        )
        return replace(
            self,
            sigma=frozen(self.sigma[:k].copy()),
            left=frozen(self.left[:, :k].copy()),
            right=frozen(self.right[:, :k].copy()),
            residuals=frozen(residuals.copy()),
            certificate=certificate,
        )

    def __repr__(self) -> str:
        shown = ", ".join(_short(sigma, 4) for sigma in self.sigma[:6]) + (", ..." if self.k > 6 else "")
        return f"SingularSpectrum(k={self.k}, sigma=[{shown}], {self.gap_in_words})"

    def __str__(self) -> str:
        listed = ", ".join(f"{_short(sigma, 6)} (x{count})" for sigma, count in self.multiplicities[:8])
        known = listed or f"1 (x{self.components}), and others not sought"
        lines = [
            repr(self),
            f"  singular values  {known}",
            f"  clean cuts       {self._cuts_in_words}",
            f"  certificate      {self.certificate}",
            *(f"  solved by        {use}" for use in self.solvers[:5]),
            *([f"                   and {len(self.solvers) - 5} more shapes"] if len(self.solvers) > 5 else []),
        ]
        return "\n".join(lines)

    @property
    def _cuts_in_words(self) -> str:
        """The first clean cuts, or that none is known."""
        cuts = [str(k) for k in self.clean_cuts[:12]] + ["..."] * (len(self.clean_cuts) > 12)
        return f"k = {', '.join(cuts)}" if cuts else "none known among the singular values sought"

    def _repr_html_(self) -> str:
        shown = min(self.k, 20)
        rows = [[f"σ_{i + 1}", Bar(self.sigma[i], _short(self.sigma[i], 6))] for i in range(shown)]
        more = [[f"and {self.k - shown:,} more", ""]] if self.k > shown else []
        facts = [
            ["cut after k", self.gap_in_words if self.gap else "σ_k = σ_{k+1}: a degenerate cut"],
            ["clean cuts", self._cuts_in_words],
            ["certificate", str(self.certificate)],
            *(["solved by", str(use)] for use in self.solvers[:2]),
        ]
        return headed(repr(self), html_table([*rows, *more], left=True), html_table(facts, left=True))


def _embedding(vectors: Floats, sigma: Floats, probabilities: Floats) -> Floats:
    """Return D^-1/2 U diag(√σ)."""
    table = vectors * np.sqrt(sigma)
    table /= np.sqrt(probabilities)[:, np.newaxis]  # in place: such tables may be the largest in memory
    return frozen(table)
