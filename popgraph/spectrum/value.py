"""`Spectrum`: the leading eigenpairs of Ā, with their certificate and how they were found."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from popgraph.basics.arguments import whole_number
from popgraph.basics.arrays import Floats, Immutable, frozen
from popgraph.basics.html import Bar, bracket, headed, html_table
from popgraph.basics.subspace import tolerance
from popgraph.spectrum.basis import groups
from popgraph.spectrum.certificate import Certificate, angle_bound

DEGENERATE = "degenerate cut"  # what is said where γ_k = γ_{k+1}


@dataclass(frozen=True)
class SolverUse(Immutable):
    """Say which solver ran on how many components, of what shape (naturals, views), and why."""

    solver: str
    components: int
    shape: tuple[int, int]
    reason: str
    what: str = ""  # in words, if it is not components

    def __str__(self) -> str:
        if self.what:
            return f"{self.solver} on {self.what}: {self.reason}"
        n, n_views = self.shape
        where = f"{self.components:,} components of" if self.components > 1 else "a component of"
        size = f"{n:,} natural{'s' * (n != 1)} x {n_views:,} view{'s' * (n_views != 1)}"
        return f"{self.solver} on {where} {size}: {self.reason}"


@dataclass(frozen=True, eq=False, repr=False)
class Spectrum(Immutable):
    """Hold the k leading eigenpairs of the normalised adjacency Ā.

    Made by `.PopulationGraph.spectrum`. Eigenvalues of Ā are called gamma, largest first (those of I - Ā would be
    lambda). Where an eigenvalue is repeated its eigenvectors are a reproducible choice, not a fact.

    Attributes
    ----------
    gamma : (k,) array
        The leading eigenvalues, in [0, 1]; what rounds to 0 is 0.
    eigenvectors : (N, k) array
        F*: orthonormal columns v_i, each with its largest entry positive.
    w_x : (N,) array
        The views' probabilities.
    residuals : (k,) array
        ||Āv_i - γ_i v_i||.
    gamma_known : (K,) array
        The leading eigenvalues that are known, K >= k; more than k come as a by-product.
    floor : float
        No eigenvalue above this is missing from gamma_known.
    components : int
        The number of connected components, which is the exact multiplicity of γ = 1.
    certificate : Certificate
        What was checked.
    solvers : tuple of SolverUse
        Which solver ran on which components, and why.
    side : int
        The side of the largest matrix solved, which sets the rounding to be expected.
    weights : (d, k) array or None
        Of a class of functions f = ΨW: the W with `embedding` = ΨW. Then gamma are the Ritz values θ, ``eigenvectors`` the Ritz
        vectors, and all other attributes are those of Ā projected on the class.

    See Also
    --------
    PopulationGraph.spectrum : Make one.
    SingularSpectrum : The same of two kinds of views.
    plot.spectrum : Draw it.

    Examples
    --------
    >>> import popgraph as pg
    >>> spectrum = pg.zoo.hypercube(3).spectrum(4)
    >>> spectrum
    Spectrum(k=4, gamma=[1, 0.25, 0.25, 0.25], gap 0.1875)
    >>> spectrum.clean_cuts
    (1, 4, 7, 8)
    """

    gamma: Floats
    eigenvectors: Floats
    w_x: Floats
    residuals: Floats
    gamma_known: Floats
    floor: float
    components: int
    certificate: Certificate
    solvers: tuple[SolverUse, ...]
    side: int
    weights: Floats | None = None

    @property
    def k(self) -> int:
        """The number of eigenpairs."""
        return len(self.gamma)

    @property
    def complete(self) -> bool:
        """Whether all eigenvalues beyond gamma_known are 0."""
        return self.floor == 0.0

    @property
    def gap(self) -> float:
        """γ_k minus the upper bound on γ_{k+1} (γ_{N+1} = 0), so that the true gap is no smaller; 0 at a degenerate cut."""
        least = float(self.gamma[-1]) - self.certificate.remainder_bound
        return least if least > self.tolerance else 0.0

    @property
    def gap_bounds(self) -> tuple[float, float]:
        """Two numbers between which γ_k - γ_{k+1} lies: γ_k is known to rounding, γ_{k+1} as well as the certificate says."""
        gamma, certificate = float(self.gamma[-1]), self.certificate
        least, most = gamma - certificate.remainder_bound, gamma - certificate.remainder
        return max(0.0, least - self.tolerance), max(0.0, most) + self.tolerance

    @property
    def gap_in_words(self) -> str:
        """The gap with the digits that are known of it: a number, a bracket, or that the cut is degenerate."""
        if self.gap == 0.0:
            return DEGENERATE
        return f"gap {bracket(self.gap, float(self.gamma[-1]) - self.certificate.remainder)}"

    @property
    def tolerance(self) -> float:
        """How far rounding can move an eigenvalue; eigenvalues closer than this count as equal."""
        return tolerance(self.side)

    @property
    def rank(self) -> int | None:
        """The rank of Ā (to `tolerance`), or None where not all eigenvalues are known."""
        return int(np.sum(self.gamma_known > 0)) if self.complete else None

    @cached_property
    def multiplicities(self) -> tuple[tuple[float, int], ...]:
        """Pairs (eigenvalue, multiplicity), largest first, of the eigenvalues whose multiplicity is known."""
        runs = groups(self.gamma_known, self.side)
        known = [(float(self.gamma_known[run].mean()), run.stop - run.start) for run in runs]
        if not self.complete:
            # The last run may go on among the eigenvalues that are not known
            ended = self.gamma_known[-1] > self.floor + self.tolerance
            return tuple(known if ended else known[:-1])
        positive = [(gamma, count) for gamma, count in known if gamma > 0]
        zeros = len(self.w_x) - sum(count for _, count in positive)
        return tuple(positive + [(0.0, zeros)] * (zeros > 0))

    @property
    def clean_cuts(self) -> tuple[int, ...]:
        """The k, as far as known, with γ_k > γ_{k+1}: there F* spans one subspace, not a family."""
        cuts = np.cumsum([count for gamma, count in self.multiplicities if gamma > 0])
        return tuple(int(k) for k in cuts)

    @property
    def eigenfunctions(self) -> Floats:
        """φ_i = D^-1/2 v_i, (N, k): orthonormal in L²(w_x), the eigenfunctions of the random walk D^-1 w."""
        return frozen(self.eigenvectors / np.sqrt(self.w_x)[:, np.newaxis])

    @property
    def minimiser(self) -> Floats:
        """F* diag(√γ), (N, k): a minimiser F of ||Ā - FFᵀ||²; all others are this times an orthogonal matrix at a clean cut."""
        return frozen(self.eigenvectors * np.sqrt(self.gamma))

    @property
    def embedding(self) -> Floats:
        """D^-1/2 F* diag(√γ), (N, k): an embedding f that minimises the spectral contrastive loss."""
        table = self.eigenvectors * np.sqrt(self.gamma)
        table /= np.sqrt(self.w_x)[:, np.newaxis]  # in place: such tables may be the largest in memory
        return frozen(table)

    def __embedding__(self) -> Floats:
        return self.embedding

    def leading(self, k: int) -> "Spectrum":
        """Return the k leading pairs of these, without solving again.

        Raises
        ------
        InvalidArgument
            If k is not in 1..self.k.

        Examples
        --------
        >>> import popgraph as pg
        >>> pg.zoo.hypercube(3).spectrum(4).leading(1)
        Spectrum(k=1, gamma=[1], gap 0.75)
        """
        k = whole_number("k", k, self.k, "the number of pairs of this spectrum")
        if k == self.k:
            return self
        remainder = float(self.gamma_known[k])
        gap, closed_form = float(self.gamma[k - 1]) - remainder, k <= self.components
        residuals = self.residuals[:k]
        if self.weights is not None:  # those of the projected Ā, of which the largest is known; none is in closed form
            residuals, closed_form = np.full(k, self.certificate.residual), False
        certificate = replace(
            self.certificate,
            residual=float(residuals.max()),
            remainder=remainder,
            remainder_bound=remainder,
            angle_bound=angle_bound(residuals, gap, self.side, closed_form=closed_form),
        )
        return replace(
            self,
            gamma=frozen(self.gamma[:k].copy()),
            eigenvectors=frozen(self.eigenvectors[:, :k].copy()),
            residuals=frozen(self.residuals[:k].copy()),
            certificate=certificate,
            weights=None if self.weights is None else frozen(self.weights[:, :k].copy()),
        )

    def __repr__(self) -> str:
        shown = ", ".join(_short(gamma, 4) for gamma in self.gamma[:6]) + (", ..." if self.k > 6 else "")
        return f"{type(self).__name__}(k={self.k}, gamma=[{shown}], {self.gap_in_words})"

    def __str__(self) -> str:
        listed = ", ".join(f"{_short(gamma, 6)} (x{count})" for gamma, count in self.multiplicities[:8])
        known = listed or f"1 (x{self.components}), and others not sought"
        lines = [
            repr(self),
            f"  eigenvalues   {known}",
            f"  clean cuts    {self._cuts_in_words}",
            *self._further_lines,
            f"  certificate   {self.certificate}",
            *(f"  solved by     {use}" for use in self.solvers[:5]),
            *([f"                and {len(self.solvers) - 5} more shapes"] if len(self.solvers) > 5 else []),
        ]
        return "\n".join(lines)

    @property
    def _further_lines(self) -> list[str]:
        """What else a spectrum of another kind has to say."""
        return []

    @property
    def _cuts_in_words(self) -> str:
        """The first clean cuts, or that none is known."""
        cuts = [str(k) for k in self.clean_cuts[:12]] + ["..."] * (len(self.clean_cuts) > 12)
        return f"k = {', '.join(cuts)}" if cuts else "none known among the eigenvalues sought"

    def _repr_html_(self) -> str:
        shown = min(self.k, 20)
        rows = [[f"γ_{i + 1}", Bar(self.gamma[i], _short(self.gamma[i], 6))] for i in range(shown)]
        more = [[f"and {self.k - shown:,} more", ""]] if self.k > shown else []
        facts = [
            [
                "cut after k",
                self.gap_in_words if self.gap_in_words != DEGENERATE else f"γ_k = γ_{{k+1}}: a {DEGENERATE}",
            ],
            ["clean cuts", self._cuts_in_words],
            ["certificate", str(self.certificate)],
            *(["solved by", str(use)] for use in self.solvers[:2]),
        ]
        return headed(repr(self), html_table([*rows, *more], left=True), html_table(facts, left=True))


def _short(gamma: float, digits: int) -> str:
    """Write an eigenvalue so that nothing but 1 looks like 1."""
    text = f"{gamma:.{digits}g}"
    return f"1-{1 - gamma:.1e}" if text == "1" and gamma < 1 else text
