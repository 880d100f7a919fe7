"""`ProductSpectrum`: the leading eigenvalues of a product with exact multiplicities, and eigenfunctions evaluated where asked."""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain, islice
from typing import Any

import numpy as np

from popgraph.basics.arguments import count as read_count
from popgraph.basics.arguments import whole_number
from popgraph.basics.arrays import Floats, Immutable, frozen
from popgraph.basics.html import Bar, headed, html_table
from popgraph.basics.words import count_in_words
from popgraph.errors import NotConverged, TooLarge
from popgraph.populations.structure.factors import Factors
from popgraph.populations.structure.low_degree import LowDegree
from popgraph.spectrum.product.levels import Index, Level, Levels, Product, Short, merge_types
from popgraph.spectrum.product.separable import separable

LISTED_BEST_FIRST = "best-first search: no product of the factors' eigenvalues above the last one listed is left out"
MOST_EIGENVALUES_LISTED = 10**7
MOST_EIGENFUNCTIONS_LISTED = 10**6


@dataclass(frozen=True)
class ProductCertificate(Immutable):
    """Say why the spectrum of a product can be trusted.

    Attributes
    ----------
    factor_residual : float
        The largest residual ||Āv - γv|| of an eigenpair of a factor that was used.
    residual : float
        A bound on that of the product's: those of the factors whose eigenvalue is below 1, added up.
    error : float
        How far rounding may have moved γ_k: the factors' errors, added up in the same way.
    remainder : float
        γ_{k+1}.
    excluded : str
        How it is known that nothing above it was missed.
    angle_bound : float
        Upper bound, in radians, on the angle between the returned and the true leading eigenspace: √k residual / gap
        (Davis-Kahan); pi/2 at a degenerate cut.

    See Also
    --------
    ProductSpectrum : What it certifies.

    Examples
    --------
    >>> import popgraph as pg
    >>> certificate = pg.product([pg.zoo.hypercube(1)] * 1000).spectrum(1001).certificate
    >>> certificate.remainder, certificate.angle_bound < 1e-10
    (0.0625, True)
    """

    factor_residual: float
    residual: float
    error: float
    remainder: float
    excluded: str
    angle_bound: float

    def __str__(self) -> str:
        angle = f"angle to the true space <= {self.angle_bound:.1e} rad"
        if self.angle_bound >= np.pi / 2:
            angle = "a degenerate cut, so the space is not unique"
        return (
            f"residual at most {self.residual:.1e} (of a factor {self.factor_residual:.1e}), γ_k to {self.error:.1e}, next "
            f"eigenvalue {self.remainder:.6g} ({self.excluded}), {angle}"
        )


@dataclass(frozen=True, eq=False, repr=False)
class ProductSpectrum(Immutable):
    """Hold the k leading eigenpairs of a product. Made by `.ProductGraph.spectrum`.

    An eigenfunction is a product of one eigenfunction of each factor, of which all but a few are the constant 1. Those of a
    repeated eigenvalue are listed in this order: fewer coordinates that are not constant first; then one way to reach the
    eigenvalue after the other; then by the first of these coordinates and the number of its factor's eigenfunction, then by the
    second, and so on. Of a factor of several components, which has several eigenfunctions at γ = 1, the constant is the first.

    Attributes
    ----------
    factors : Factors
        Of the product.
    k : int
        The number of eigenpairs, any int up to N.
    levels : tuple of Level
        The distinct eigenvalues down to γ_{k+1}, with multiplicities and the ways to reach them.
    floor : float
        No eigenvalue above this is missing from the levels.
    certificate : ProductCertificate
        What is known of the errors.
    search : Product
        Lists the eigenfunctions of each level.

    See Also
    --------
    ProductGraph.spectrum : Make one.
    popgraph.Spectrum : That of a listed graph.

    Examples
    --------
    >>> import popgraph as pg
    >>> spectrum = pg.product([pg.zoo.hypercube(1)] * 1000).spectrum(1001)
    >>> spectrum
    ProductSpectrum(k=1,001, gamma=[1, 0.25 (x1,000)], gap 0.1875)
    >>> spectrum.multiplicities
    ((1.0, 1), (0.25, 1000), (0.0625, 499500))
    """

    factors: Factors
    k: int
    levels: tuple[Level, ...]
    floor: float
    certificate: ProductCertificate
    search: Product

    @property
    def gamma(self) -> Floats:
        """The leading eigenvalues, (k,), largest first.

        Raises
        ------
        TooLarge
            If there are more than 10,000,000; the `multiplicities` list them all.
        """
        if self.k > MOST_EIGENVALUES_LISTED:
            raise TooLarge(f"{count_in_words(self.k)} eigenvalues are too many to list; use spectrum.multiplicities")
        counts = [count for _, count in self._leading_levels]
        return frozen(np.repeat([level.gamma for level, _ in self._leading_levels], counts))

    @cached_property
    def _leading_levels(self) -> list[tuple[Level, int]]:
        """Each level with how many of its eigenvalues are among the k."""
        leading, missing = [], self.k
        for level in self.levels:
            if missing > 0:
                leading.append((level, min(missing, level.multiplicity)))
            missing -= level.multiplicity
        return leading

    @property
    def multiplicities(self) -> tuple[tuple[float, int], ...]:
        """Pairs (eigenvalue, multiplicity), largest first, down to γ_{k+1}; exact ints."""
        return tuple((level.gamma, level.multiplicity) for level in self.levels)

    @property
    def clean_cuts(self) -> tuple[int, ...]:
        """The k, as far as known, with γ_k > γ_{k+1}: there F* spans one subspace, not a family."""
        cuts, counted = [], 0
        for level in self.levels:
            counted += level.multiplicity
            cuts += [counted] * bool(level.keys)
        return tuple(cuts)

    @property
    def complete(self) -> bool:
        """Whether all eigenvalues are listed."""
        return self.floor == 0.0

    @property
    def rank(self) -> int | None:
        """The rank of Ā, or None where not all eigenvalues are listed."""
        return sum(level.multiplicity for level in self.levels if level.keys) if self.complete else None

    @property
    def last(self) -> float:
        """γ_k."""
        return self._leading_levels[-1][0].gamma

    @property
    def gap(self) -> float:
        """γ_k - γ_{k+1}, with γ_{N+1} = 0; exactly 0 at a degenerate cut."""
        return max(0.0, self.last - self.certificate.remainder)

    @property
    def gap_bounds(self) -> tuple[float, float]:
        """Two numbers between which the gap lies: each of its two eigenvalues is known to the factors' errors."""
        known_to = 2 * self.certificate.error
        return max(0.0, self.gap - known_to), self.gap + known_to

    def members(self, count: int) -> list[Index]:
        """Return the first eigenfunctions, each as pairs (coordinate, number of the factor's eigenfunction) where it is not 1.

        Raises
        ------
        InvalidArgument
            If the count is not a whole number, 0 or more.

        Examples
        --------
        >>> import popgraph as pg
        >>> pg.product([pg.zoo.hypercube(1)] * 3).spectrum(8).members(6)
        [(), ((0, 1),), ((1, 1),), ((2, 1),), ((0, 1), (1, 1)), ((0, 1), (2, 1))]
        """
        return list(islice(self._every(), read_count("count", count, 0)))

    def _every(self) -> Iterator[Index]:
        return chain.from_iterable(self.search.members(level) for level in self.levels)

    @cached_property
    def eigenfunctions(self) -> LowDegree:
        """φ_1..φ_k, orthonormal in L²(w_x), as functions of the views.

        Raises
        ------
        TooLarge
            If there are more than a million.
        """
        if self.k > MOST_EIGENFUNCTIONS_LISTED:
            raise TooLarge(f"{count_in_words(self.k)} eigenfunctions are too many to list; use a smaller k")
        listed = self.members(self.k)
        most = [1] * len(self.factors.kinds)
        kinds = self.factors.kind_of.tolist()
        for j, number in chain.from_iterable(listed):
            most[kinds[j]] = max(most[kinds[j]], number + 1)
        tables = [self.factors.functions(kind, count) for kind, count in enumerate(most)]
        terms = separable(tables, self.factors.kind_of, listed)
        return LowDegree(self.factors, terms, frozen(np.eye(self.k)))

    @property
    def embedding(self) -> LowDegree:
        """An embedding f that minimises the spectral contrastive loss: φ_i √γ_i."""
        return self.eigenfunctions @ np.diag(np.sqrt(self.gamma))

    def evaluate(self, views: Any) -> Floats:
        """Return φ_i(x), (m, k), of m views.

        Parameters
        ----------
        views : (m, d) array of int, or sequence of m tuples
            An array gives positions in the factors' ``views``, tuples give outcomes.

        Raises
        ------
        InvalidArgument
            If these are no views of the product.
        TooLarge
            If k is above a million.

        Examples
        --------
        >>> import numpy as np
        >>> import popgraph as pg
        >>> pg.product([pg.zoo.hypercube(1)] * 1000).spectrum(3).evaluate(np.zeros((1, 1000), dtype=int))
        array([[1., 1., 1.]])
        """
        return self.eigenfunctions.terms.evaluate(self.factors.positions(views))

    def __low_degree__(self) -> LowDegree:
        return self.embedding

    def __evaluate__(self, views: Sequence[Hashable], name: str) -> Floats:
        return self.embedding.__evaluate__(views, name)

    def leading(self, k: int) -> "ProductSpectrum":
        """Return the k leading pairs of these.

        Raises
        ------
        InvalidArgument
            If k is not in 1..self.k.

        Examples
        --------
        >>> import popgraph as pg
        >>> pg.product([pg.zoo.hypercube(1)] * 1000).spectrum(1001).leading(1)
        ProductSpectrum(k=1, gamma=[1], gap 0.75)
        """
        k = whole_number("k", k, self.k, "the number of pairs of this spectrum")
        certificate = _certify(self.factors, self.search, self.levels, k, self.certificate.excluded)
        return replace(self, k=k, certificate=certificate)

    def __repr__(self) -> str:
        cut = f"gap {self.gap:.4g}" if self.gap > 0 else "degenerate cut"
        values = [
            f"{level.gamma:.4g}" + (f" (x{count_in_words(count)})" if count > 1 else "")
            for level, count in self._leading_levels
        ]
        shown = ", ".join(values[:4]) + (", ..." if len(values) > 4 else "")
        return f"ProductSpectrum(k={count_in_words(self.k)}, gamma=[{shown}], {cut})"

    def __str__(self) -> str:
        return "\n".join([repr(self), *(f"  {what:<13} {value}" for what, value in self._rows())])

    def _rows(self) -> list[tuple[str, str]]:
        """List what there is to say, as (what, value)."""
        levels = [f"{gamma:.6g} (x{count_in_words(count)})" for gamma, count in self.multiplicities[:8]]
        cuts = ", ".join(count_in_words(k) for k in self.clean_cuts[:8]) + (", ..." if len(self.clean_cuts) > 8 else "")
        return [
            ("eigenvalues", ", ".join(levels) + (", ..." if len(self.levels) > 8 or not self.complete else "")),
            ("clean cuts", f"k = {cuts}"),
            ("certificate", str(self.certificate)),
            ("solved by", f"product of {count_in_words(self.factors.d)} factors of {len(self.factors.kinds)} kinds"),
        ]

    def _repr_html_(self) -> str:
        rows = [[f"{gamma:.6g}", Bar(gamma, f"x{count_in_words(count)}")] for gamma, count in self.multiplicities[:20]]
        return headed(
            repr(self), html_table(rows, ["γ", "multiplicity"], left=True), html_table(self._rows(), left=True)
        )


def solve(factors: Factors, k: int) -> ProductSpectrum:
    """Find the levels down to the (k + 1)-th eigenvalue, with as much of the factors' spectra as that takes."""
    times = [1] * len(factors.kinds)
    while True:
        of_kinds = [factors.levels(kind, pairs) for kind, pairs in enumerate(times)]
        search = merge_types(of_kinds, factors.kind_of.tolist())
        try:
            levels, floor = search.leading(k)
            break
        except Short as short:
            of_type: Levels = search.types[short.type]
            short_kinds = [kind for kind, spectrum in enumerate(of_kinds) if spectrum == of_type]
            if all(times[kind] > factors.kinds[kind].N for kind in short_kinds):
                raise NotConverged(
                    f"the eigenvalues of {factors.kinds[short_kinds[0]]!r} are not all known, and the {count_in_words(k)} leading "
                    "pairs of the product need them"
                ) from None
            for kind in short_kinds:
                times[kind] *= 2
    certificate = _certify(factors, search, tuple(levels), k, LISTED_BEST_FIRST)
    return ProductSpectrum(factors, k, tuple(levels), floor, certificate, search)


def _certify(factors: Factors, search: Product, levels: tuple[Level, ...], k: int, excluded: str) -> ProductCertificate:
    """Add up the factors' errors over the levels that hold the k leading eigenvalues."""
    # For v = v_1 ⊗ ... ⊗ v_d and γ = γ_1 ... γ_d, Āv - γv is a sum of d terms. In the j-th, factor j contributes its residual and
    # each other factor a vector of length at most 1. The residual of √w_x is 0; where a factor has several components, another of
    # its unit eigenvectors may stand in its place.
    counted, last, remainder, moved = 0, levels[0], 0.0, 0
    deepest = [0] * len(search.types)
    for level in levels:
        if counted < k:
            last = level
            moved = max([moved, *(sum(count for _, _, count in key) for key in level.keys)])
            for t, at, _ in chain.from_iterable(level.keys):
                deepest[t] = max(deepest[t], at)
        counted += level.multiplicity
        if counted > k:
            remainder = level.gamma
            break
    of_several_components = sum(search.types[t].counts[0] > 1 for t in search.type_of)
    of_factor = 0.0
    for kind, j in enumerate(np.unique(factors.kind_of, return_index=True)[1].tolist()):
        t = search.type_of[j]
        of_factor = max(of_factor, factors.residual(kind, search.types[t].start(deepest[t] + 1)))
    residual = (moved + of_several_components) * of_factor
    gap = last.gamma - remainder
    angle = np.pi / 2
    if gap > 0:
        spread = float(np.sqrt(float(k))) if k < 10**300 else np.inf
        angle = float(np.arcsin(min(1.0, (spread * residual + last.error) / gap)))
    return ProductCertificate(of_factor, residual, last.error, remainder, excluded, angle)
