"""`compare`: how far another graph is from a population's, on the union of their views, with Weyl's and Davis-Kahan's bounds."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from popgraph.basics.arguments import whole_number
from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.arguments.populations import read_population, satisfies, spectrum_of
from popgraph.basics.arrays import Floats, Immutable, Ints, frozen
from popgraph.basics.blas import one_thread
from popgraph.basics.memory import in_words, reserve
from popgraph.basics.protocols import LabelledPopulation, ViewedPopulation
from popgraph.basics.subspace import principal_angles
from popgraph.basics.words import listing
from popgraph.populations import PopulationGraph
from popgraph.spectrum import Spectrum
from popgraph.verification.difference import compare_adjacencies
from popgraph.verification.matching_views import match_views

COMPARE = "compare(graph, other)"
PREFERRED_CUTS = 8  # the default k is a clean cut up to here
MAX_DEFAULT_K = 64  # or, where there is none, the first one known up to here
SHOWN_EIGENVALUES = 8
MAX_NATURALS_MATCHED = 2**22  # of a population that makes each natural when it is asked for


@dataclass(frozen=True, eq=False, repr=False)
class Comparison(Immutable):
    """Hold how far two population graphs are from each other, on the union of their views. Made by `popgraph.compare`.

    Ā, γ and V are the first graph's, Â, γ̂ and V̂ the other's, with zero rows for the views that one of them lacks.

    Attributes
    ----------
    k : int
        How many eigenpairs are compared.
    norm, norm_lower : float
        An upper bound on ||Â - Ā||_2, which all other bounds use, and a lower one. Both are the norm itself, to rounding, where
        ``method`` says that all eigenvalues were computed.
    method : str
        How the norm was computed, and how certain its upper bound is.
    frobenius : float or None
        ||Â - Ā||_F; None where it would take too long.
    gamma, gamma_other : (k,) array
        The leading eigenvalues of Ā and of Â.
    gap, gap_other : float
        Lower bounds on γ_k - γ_{k+1} and on γ̂_k - γ̂_{k+1}, which allow for rounding and for an upper bound in place of γ_{k+1}.
    angles : (k,) array
        The principal angles between the two F*, in radians, smallest first.
    separation : float
        Such a lower bound on the larger of γ_k - γ̂_{k+1} and γ̂_k - γ_{k+1}, by which Davis and Kahan divide.
    uncertainty : float
        A bound on the angle, in radians, by which rounding has turned the two computed F*.
    degenerate, degenerate_other : bool
        Whether γ_k = γ_{k+1}, to rounding (0 = 0 included), so that this F* is not unique and the angles are those of arbitrary
        choices.
    clean_cuts : tuple of int
        The k at which both F* are known to be unique.
    views, naturals : (int, int)
        How many each graph has.
    shared_views : int
        How many they have in common.
    shared_naturals : int or None
        Likewise; None where one of them lists no naturals, or more than 4 million that it makes on request.

    Examples
    --------
    >>> import popgraph as pg
    >>> from popgraph import compare
    >>> comparison = compare(pg.zoo.hypercube(2, "1/4"), pg.zoo.hypercube(2, "1/5"), k=3)
    >>> comparison.gamma_other
    array([1.  , 0.36, 0.36])
    >>> float(comparison.eigenvalue_errors.max()), comparison.norm  # Weyl's bound is reached
    (0.11, 0.11)
    """

    k: int
    norm: float
    norm_lower: float
    method: str
    frobenius: float | None
    gamma: Floats
    gamma_other: Floats
    gap: float
    gap_other: float
    angles: Floats
    separation: float
    uncertainty: float
    degenerate: bool
    degenerate_other: bool
    clean_cuts: tuple[int, ...]
    views: tuple[int, int]
    shared_views: int
    naturals: tuple[int, int]
    shared_naturals: int | None

    @property
    def eigenvalue_errors(self) -> Floats:
        """γ̂_i - γ_i, (k,). Weyl: none exceeds ``norm`` in size."""
        return frozen(self.gamma_other - self.gamma)

    @property
    def largest_angle(self) -> float:
        """The largest principal angle, in radians."""
        return float(self.angles.max())

    @property
    def angle_bound(self) -> float:
        """Davis and Kahan's bound on the largest angle, in radians: arcsin(norm / separation); pi/2 where it is vacuous."""
        # Of X = V̂_⊥ᵀV: V̂_⊥ᵀΔV = Γ̂_⊥X - XΓ, while ||Γ̂_⊥X|| <= γ̂_{k+1} ||X|| and ||XΓ|| >= γ_k ||X||; so
        # ||Δ|| >= (γ_k - γ̂_{k+1}) ||X||, and ||X|| = sin Θ_max.
        return _arcsin(self.norm, self.separation)

    @property
    def angle_bound_by_gap(self) -> float:
        """Yu, Wang and Samworth's bound, of the first graph's gap alone: arcsin(2 norm / gap), in radians; pi/2 where vacuous."""
        # Where the norm is at least half the gap it says nothing; elsewhere γ̂_{k+1} <= γ_{k+1} + norm by Weyl, so that
        # γ_k - γ̂_{k+1} is over half the gap: the bound follows from `angle_bound`, and is never below it but by rounding.
        return _arcsin(2 * self.norm, self.gap)

    @property
    def frobenius_bound(self) -> float:
        """Their bound on ||sin Θ||_F: 2 min(√k ||Â - Ā||_2, ||Â - Ā||_F) / gap; √k, which proves nothing, if that is less."""
        largest = float(np.sqrt(self.k))
        norm = largest * self.norm if self.frobenius is None else min(largest * self.norm, self.frobenius)
        return 2 * norm / self.gap if 2 * norm < largest * self.gap else largest

    @property
    def vacuous(self) -> bool:
        """Whether norm >= separation, so that Davis and Kahan prove nothing; at a degenerate cut of either graph always so."""
        return self.norm >= self.separation

    def __repr__(self) -> str:
        angle = "degenerate cut" if self.degenerate or self.degenerate_other else f"angle {self.largest_angle:.2g} rad"
        return f"Comparison(k={self.k}, norm {self.norm:.3g}, {angle}, {self.shared_views:,} shared views)"

    def __str__(self) -> str:
        union = sum(self.views) - self.shared_views
        lower, upper = f"{self.norm_lower:.4g}", f"{self.norm:.4g}"
        about = f"= {upper}" if lower == upper else f"between {lower} and {upper}"
        frobenius = "" if self.frobenius is None else f"; ||Â - Ā||_F = {self.frobenius:.4g}"
        shared = "" if self.shared_naturals is None else f", {self.shared_naturals:,} shared"
        lines = [
            repr(self),
            f"  views         {self.views[0]:,} and {self.views[1]:,}, {self.shared_views:,} shared, {union:,} in the union",
            f"  naturals      {self.naturals[0]:,} and {self.naturals[1]:,}{shared}",
            f"  ||Â - Ā||_2   {about} ({self.method}){frobenius}",
            f"  γ             {_numbers(self.gamma)}",
            f"  γ̂             {_numbers(self.gamma_other)}",
            f"  |γ̂_i - γ_i|   at most {np.abs(self.eigenvalue_errors).max():.4g} (Weyl: at most {self.norm:.4g})",
            f"  angles        {self._angles_in_words()}",
        ]
        if not self.shared_views:
            lines.append(
                "  The graphs share no view, so Ā and Â act on different views: the norm is 1, and every angle pi/2."
            )
        return "\n".join(lines)

    def _angles_in_words(self) -> str:
        """Say how large the angles are, and what is proved about them; or why they mean nothing."""
        if self.degenerate or self.degenerate_other:
            symbols = ["γ"] * self.degenerate + ["γ̂"] * self.degenerate_other
            cuts = " and ".join(f"{symbol}_{self.k} = {symbol}_{self.k + 1}" for symbol in symbols)
            mend = f"both F* are unique at k = {listing([str(cut) for cut in self.clean_cuts])}" * bool(self.clean_cuts)
            return f"mean nothing: {cuts}, so F* is a family; {mend or 'no k is known at which both F* are unique'}"
        proved = "proves nothing" if self.vacuous else f"at most {self.angle_bound:.4g}"
        return (
            f"up to {self.largest_angle:.4g} rad (Davis-Kahan: {proved}, as norm / separation = "
            f"{self.norm:.4g} / {self.separation:.4g})"
        )


@checked_call()
@in_words("comparing the graphs", "use a smaller k")
@one_thread()
def compare(graph: ViewedPopulation, other: ViewedPopulation, k: int | None = None) -> Comparison:
    """Compare another graph, such as that of some sampled naturals, with a population's.

    Views are matched by equality, in any order; a view that one graph lacks has a zero row and column in its Ā. With V, V̂ any k
    leading eigenvectors of Ā and Â on the union of the views, and Δ = Â - Ā:

    * Weyl: ``|γ̂_i - γ_i| <= ||Δ||_2`` for every i.
    * Davis and Kahan: sin Θ_max <= ||Δ||_2 / (γ_k - γ̂_{k+1}) where that is positive, and the same with the graphs exchanged.
    * Yu, Wang and Samworth: sin Θ_max <= 2 ||Δ||_2 / (γ_k - γ_{k+1}), and
      ||sin Θ||_F <= 2 min(√k ||Δ||_2, ||Δ||_F) / (γ_k - γ_{k+1}).

    Parameters
    ----------
    graph : population with listed views
        The population: Ā, γ, F*.
    other : population with listed views
        The one to compare with it: Â, γ̂.
    k : int, optional
        How many eigenpairs, at most the number of views of either. By default the clean cut of ``graph`` in 2..8 with the widest
        gap, else the first one known up to 64, else 1.

    Returns
    -------
    Comparison
        The eigenvalues' errors, the angles between the two spans, and the three bounds beside them.

    Raises
    ------
    InvalidArgument
        If either is no population with listed views, or k is out of range.
    NotConverged
        If a spectrum could not be certified.

    See Also
    --------
    verify : Check an embedding against F*.
    Distribution.from_samples : The law of sampled naturals.

    References
    ----------
    Davis and Kahan, The rotation of eigenvectors by a perturbation III, SIAM J. Numer. Anal. 7 (1970); Yu, Wang and Samworth,
    A useful variant of the Davis-Kahan theorem for statisticians, Biometrika 102 (2015), Theorem 2. THEORY 9.

    Examples
    --------
    >>> import popgraph as pg
    >>> from popgraph import compare
    >>> cat_dog, augmentation = pg.Distribution({"cat": "1/2", "dog": "1/2"}), pg.apply(str.upper, "1/3")
    >>> graph = pg.build(cat_dog, augmentation)
    >>> seen = pg.Distribution.from_samples(cat_dog.sample(100, rng=0))
    >>> compare(graph, pg.build(seen, augmentation)).norm < 1e-14  # naturals without common views: p cancels
    True
    >>> compare(graph, pg.build(["dog", "fox"], augmentation), k=2)
    Comparison(k=2, norm 1, angle 1.6 rad, 2 shared views)
    """
    graph = read_population(COMPARE, graph, ViewedPopulation, "first")
    other = read_population(COMPARE, other, ViewedPopulation, "second")
    most = min(graph.N, other.N)
    if k is None:
        spectrum: Spectrum = spectrum_of(COMPARE, graph, min(most, PREFERRED_CUTS))
        k = _default_k(spectrum, most)
        spectrum = spectrum.leading(k) if k <= spectrum.k else spectrum_of(COMPARE, graph, k)
    else:
        k = whole_number("k", k, most, "the number of views of the smaller graph")
        spectrum = spectrum_of(COMPARE, graph, k)
    k = spectrum.k
    spectrum_other = spectrum_of(COMPARE, other, k)
    rows = match_views(graph.views, other.views)
    union = max(graph.N, int(rows.max()) + 1)
    norms = compare_adjacencies(graph, other, rows, union)
    V = _on_the_union(spectrum.eigenvectors, np.arange(graph.N), union)
    V_other = _on_the_union(spectrum_other.eigenvectors, rows, union)
    return Comparison(
        k=k,
        norm=norms.upper,
        norm_lower=norms.lower,
        method=norms.method,
        frobenius=norms.frobenius,
        gamma=spectrum.gamma,
        gamma_other=spectrum_other.gamma,
        gap=max(0.0, _separation(spectrum, spectrum)),
        gap_other=max(0.0, _separation(spectrum_other, spectrum_other)),
        angles=frozen(principal_angles(V, V_other)),
        separation=max(_separation(spectrum, spectrum_other), _separation(spectrum_other, spectrum)),
        uncertainty=spectrum.certificate.angle_bound + spectrum_other.certificate.angle_bound,
        degenerate=spectrum.gap == 0,
        degenerate_other=spectrum_other.gap == 0,
        clean_cuts=tuple(cut for cut in spectrum.clean_cuts if cut in spectrum_other.clean_cuts),
        views=(graph.N, other.N),
        shared_views=int(np.sum(rows < graph.N)),
        naturals=(graph.n, other.n),
        shared_naturals=_count_shared_naturals(graph, other),
    )


def _on_the_union(V: Floats, rows: Ints, union: int) -> Floats:
    """Return V (N, k) with its rows put where the union has these views; V itself where they stand there already."""
    if union == len(V) and np.array_equal(rows, np.arange(union)):
        return V
    reserve(f"F* on a union of {union:,} views", 8.0 * union * V.shape[1], "use a smaller k")
    spread = np.zeros((union, V.shape[1]))
    spread[rows] = V
    return spread


def _count_shared_naturals(graph: Any, other: Any) -> int | None:
    """Return how many naturals both have, or None where one of them lists none, or would have to make too many."""
    for population in (graph, other):
        made_on_request = not isinstance(population, PopulationGraph)
        if not satisfies(population, LabelledPopulation) or (made_on_request and population.n > MAX_NATURALS_MATCHED):
            return None
    naturals = set(graph.naturals)
    return sum(natural in naturals for natural in other.naturals)


def _default_k(spectrum: Spectrum, most: int) -> int:
    """Return the clean cut in 2..8 with the widest gap, else the first one known, else 1; where the components end is a cut too."""
    gamma = np.append(spectrum.gamma_known, 0.0 if spectrum.complete else spectrum.floor)
    cuts = [cut for cut in sorted({*spectrum.clean_cuts, spectrum.components}) if 2 <= cut <= min(most, MAX_DEFAULT_K)]
    preferred = [cut for cut in cuts if cut <= PREFERRED_CUTS and cut < len(gamma)]
    return max(preferred or cuts[:1] or [1], key=lambda cut: float(gamma[cut - 1] - gamma[cut]) if preferred else 0.0)


def _separation(spectrum: Spectrum, other: Spectrum) -> float:
    """Return a lower bound on γ_k - γ̂_{k+1}: the certificate bounds γ̂_{k+1} from above, and both γ are rounded."""
    return float(spectrum.gamma[-1]) - other.certificate.remainder_bound - spectrum.tolerance - other.tolerance


def _arcsin(norm: float, gap: float) -> float:
    """Return arcsin(norm / gap), or pi/2 where that proves nothing."""
    return float(np.arcsin(norm / gap)) if norm < gap else np.pi / 2


def _numbers(gamma: Floats) -> str:
    """Write the leading eigenvalues."""
    return ", ".join(f"{value:.4g}" for value in gamma[:SHOWN_EIGENVALUES]) + (
        ", ..." if len(gamma) > SHOWN_EIGENVALUES else ""
    )
