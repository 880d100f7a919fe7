"""`ExactGraph`: w, the random walk on views and the spectrum without rounding, of a population with exact probabilities."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from math import inf, nextafter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from popgraph.basics.arguments import numbers, whole_number
from popgraph.basics.arguments.probabilities import read_fraction
from popgraph.basics.arrays import Floats, Immutable, frozen
from popgraph.basics.words import shorten
from popgraph.declare import EnumeratedPopulation
from popgraph.errors import InvalidArgument
from popgraph.populations.exact import latex
from popgraph.populations.exact.algebraic import Eigenvalue, real_roots
from popgraph.populations.exact.charpoly import characteristic, factors
from popgraph.populations.exact.eigenspaces import Cut, Factored
from popgraph.populations.exact.integers import Block, blocks, check_exact, weights
from popgraph.populations.exact.verification import ExactMatch, verify

FIRST_BITS = 64  # bits of precision of the first attempt to isolate the roots; each further one doubles them


@dataclass(frozen=True, eq=False, repr=False)
class ExactGraph(Immutable):
    """Hold a population graph in rational and algebraic numbers. Made by `.PopulationGraph.exact`.

    No floating-point result is used, so it can serve as a test of the other solvers. Each component's characteristic
    polynomial is computed and factored over the rationals, and its roots are isolated by ball arithmetic, all by python-flint.

    Examples
    --------
    >>> import popgraph as pg
    >>> exact = pg.zoo.lightning_cloud().exact()
    >>> exact
    ExactGraph(4 views, rank 2: 1 twice, 0 twice)
    >>> exact.w[0, 1], exact.w_x[0]
    (Fraction(1, 9), Fraction(1, 3))
    >>> print(exact.charpoly)
    x^2 (x - 1)^2
    """

    population: EnumeratedPopulation

    def __post_init__(self) -> None:
        check_exact(self.population)

    @property
    def views(self) -> Sequence[Hashable]:
        """The N views; row i of every (N, ...) array belongs to views[i]."""
        return self.population.views

    @property
    def N(self) -> int:
        """The number of views."""
        return len(self.population.views)

    @cached_property
    def _weights(self) -> tuple[Any, Any]:
        return weights(self.population)

    @property
    def w(self) -> NDArray[np.object_]:
        """``w_xx' = Σ p(x̄) A(x|x̄) A(x'|x̄)``, an (N, N) array of Fractions."""
        return frozen(self._weights[0])

    @property
    def w_x(self) -> NDArray[np.object_]:
        """The views' probabilities, an (N,) array of Fractions."""
        return frozen(self._weights[1])

    @property
    def walk(self) -> NDArray[np.object_]:
        """P = D^-1 w, an (N, N) array of Fractions; being similar to Ā, it has the same eigenvalues."""
        w, w_x = self._weights
        return frozen(w / w_x[:, np.newaxis])

    @property
    def twin(self) -> NDArray[np.object_]:
        """The naturals' walk A D^-1 Aᵀ diag(p), an (n, n) array of Fractions, with the nonzero eigenvalues of P.

        Entry (i, j) is Σ_x A(x|i) A(x|j) p_j / w_x, the probability that a view drawn from natural i came from natural j.
        """
        law, A, exact = self.population.distribution, self.population.kernel, self.population.exact
        if exact is None or law.numerators is None or law.denominator is None:
            raise AssertionError("check_exact refuses populations without exact probabilities")
        n, w_x = A.shape[0], self._weights[1]
        table = np.full((n, self.N), Fraction(0), dtype=object)
        for i in range(n):
            for j in range(int(A.indptr[i]), int(A.indptr[i + 1])):
                table[i, int(A.indices[j])] = exact.entry(j, i)
        p = np.array([Fraction(c, law.denominator) for c in law.numerators], dtype=object)
        return frozen((table / w_x) @ (table.T * p))

    @cached_property
    def _blocks(self) -> tuple[Block, ...]:
        return tuple(blocks(self.population))

    @property
    def largest_side(self) -> int:
        """The side of the largest matrix whose characteristic polynomial is computed: min(naturals, views) of a component."""
        return max(block.side for block in self._blocks)

    @cached_property
    def charpoly(self) -> Factored:
        """The characteristic polynomial of Ā, factored over the rationals."""
        exponents: dict[tuple[int, ...], int] = {}
        for block in self._blocks:
            for factor, exponent in factors(characteristic(block)).items():
                exponents[factor] = exponents.get(factor, 0) + exponent
        degree = sum((len(factor) - 1) * exponent for factor, exponent in exponents.items())
        if degree < self.N:  # components with fewer naturals than views are solved by `twin`, which lacks some zeros
            exponents[0, 1] = exponents.get((0, 1), 0) + self.N - degree
        order = sorted(exponents, key=lambda factor: (len(factor), tuple(map(abs, factor)), factor))
        return Factored(tuple((factor, exponents[factor]) for factor in order))

    @cached_property
    def eigenvalues(self) -> tuple[Eigenvalue, ...]:
        """The distinct eigenvalues of Ā, largest first, with their multiplicities and disjoint isolating intervals."""
        bits = FIRST_BITS
        while True:
            listed = [
                Eigenvalue(factor, index, low, high, count)
                for factor, count in self.charpoly.factors
                for index, (low, high) in enumerate(real_roots(factor, bits))
            ]
            listed.sort(key=lambda each: each.low, reverse=True)
            if all(b.high < a.low for a, b in pairwise(listed)):
                return tuple(listed)
            bits *= 2  # ends, since different irreducible polynomials have no common root

    @cached_property
    def gamma(self) -> Floats:
        """All N eigenvalues with multiplicity as floats, each correctly rounded, largest first."""
        return frozen(
            np.repeat([float(each) for each in self.eigenvalues], [each.multiplicity for each in self.eigenvalues])
        )

    def multiplicity(self, value: Any) -> int:
        """Return the multiplicity of a rational number as an eigenvalue, or 0; that of 1 is the number of components.

        Examples
        --------
        >>> import popgraph as pg
        >>> pg.zoo.hypercube(4).exact().multiplicity("1/4")
        4
        """
        try:
            wanted = value if isinstance(value, Eigenvalue) else _rational(value)
        except (TypeError, ValueError, ZeroDivisionError, OverflowError):
            raise InvalidArgument(
                f"value is {shorten(value)}; give an int, a Fraction or a string like '1/4'"
            ) from None
        return next((each.multiplicity for each in self.eigenvalues if each == wanted), 0)

    @property
    def rank(self) -> int:
        """The rank of Ā."""
        return self.N - self.multiplicity(0)

    @property
    def clean_cuts(self) -> tuple[int, ...]:
        """The k with γ_k > γ_{k+1} and γ_k > 0, decided exactly. For these the span of F* is unique."""
        ends = np.cumsum([each.multiplicity for each in self.eigenvalues if each > 0])
        return tuple(int(end) for end in ends)

    def eigenvalue(self, i: int) -> Eigenvalue:
        """Return γ_i, i in 1..N.

        Examples
        --------
        >>> import popgraph as pg
        >>> pg.zoo.hypercube(3).exact().eigenvalue(5)
        Eigenvalue(1/16, multiplicity 3)
        """
        i = whole_number("i", i, self.N)
        for each in self.eigenvalues:
            i -= each.multiplicity
            if i <= 0:
                return each
        raise AssertionError("multiplicities sum to N")

    def cut(self, k: int) -> Cut:
        """Return the gap between γ_k and γ_{k+1}, k in 1..N, and where the eigenspace of γ_k begins and ends.

        Examples
        --------
        >>> import popgraph as pg
        >>> pg.zoo.hypercube(3).exact().cut(4).clean
        True
        """
        k = whole_number("k", k, self.N)
        gamma_k = self.eigenvalue(k)
        upto = 0
        for each in self.eigenvalues:
            upto += each.multiplicity
            if each == gamma_k:
                break
        clean = k == upto and gamma_k > 0  # else Ā has fewer than k eigenvectors of positive eigenvalue
        gap = (Fraction(0), Fraction(0))
        if clean and k < self.N:
            gap = _gap(gamma_k, self.eigenvalue(k + 1))
        elif clean:
            gap = gamma_k.enclosure()
        return Cut(k, clean, gamma_k == 0, upto - gamma_k.multiplicity, upto, gap)

    def error_bounds(self, gamma: Any) -> Floats:
        """Return proven bounds on ``|γ̂_i - γ_i|`` of float eigenvalues, largest first, such as ``graph.spectrum(k).gamma``.

        Parameters
        ----------
        gamma : (k,) array of floats, or Spectrum
            k in 1..N.

        Returns
        -------
        (k,) array
            Rounded upwards.

        Raises
        ------
        InvalidArgument
            If these are not at most N finite numbers.

        Examples
        --------
        >>> import popgraph as pg
        >>> cube = pg.zoo.hypercube(3)
        >>> bool(cube.exact().error_bounds(cube.spectrum(8)).max() < 1e-15)
        True
        """
        need = f"give at most {self.N} finite eigenvalues, largest first"
        floats = numbers("gamma", getattr(gamma, "gamma", gamma), need)
        if floats.ndim != 1 or len(floats) > self.N:
            raise InvalidArgument(f"gamma has shape {floats.shape}; {need}")
        # γ_i lies in [low, high], so |value - γ_i| is at most the distance to the farther end of the interval. That distance is a
        # Fraction; if the nearest float lies below it, the bound is the next larger float.
        bounds, i = [], 0
        for each in self.eigenvalues:
            low, high = each.enclosure(30)
            for value in floats[i : i + each.multiplicity].tolist():
                farthest = max(abs(Fraction(value) - low), abs(Fraction(value) - high))
                rounded = float(farthest)
                bounds.append(rounded if Fraction(rounded) >= farthest else nextafter(rounded, inf))
            i += each.multiplicity
        return frozen(np.array(bounds))

    def verify(self, f: Any, k: int | None = None) -> ExactMatch:
        """Decide exactly whether a rational f matches F* up to an invertible linear map; see `ExactMatch`.

        The columns of D^½ f span k leading eigenvectors of Ā iff those of f span k leading eigenvectors of the rational walk P.
        Ranks of rational matrices decide that, without a tolerance. At a degenerate cut span f must contain all eigenvectors
        of eigenvalues above γ_k, and lie in the span of those of eigenvalues at least γ_k.

        Parameters
        ----------
        f : (N, k) nested sequence or array of int, Fraction, Decimal or str, or mapping view -> such a vector
            Rows in the order of the views.
        k : int, optional
            The number of columns, if given.

        Raises
        ------
        InvalidEmbedding
            If f is not one rational vector for each view; floats are refused.
        TooLarge
            If there are more than 300 views.

        Examples
        --------
        >>> import popgraph as pg
        >>> exact = pg.zoo.lightning_cloud().exact()
        >>> exact.verify([[1, 0], [1, 0], [0, 1], [0, 1]])
        ExactMatch(yes: the 2 columns of f span the eigenspace of γ_1, ..., γ_2)
        >>> exact.verify([[1, 0], [1, 0], [0, 1], [0, 2]])
        ExactMatch(no: column 1 leaves the eigenspace of γ_1, ..., γ_2)
        """
        return verify(self, f, k)

    def latex(self, what: str = "w") -> str:
        r"""Return a matrix in LaTeX: "w", "adjacency", "gamma" or "F*", with fractions and radicals, for at most 12 views.

        Examples
        --------
        >>> import popgraph as pg
        >>> print(pg.build(["x"], {"x": {"a": "1/3", "b": "2/3"}}).exact().latex("adjacency"))
        \begin{pmatrix}\tfrac{1}{3} & \tfrac{\sqrt{2}}{3} \\ \tfrac{\sqrt{2}}{3} & \tfrac{2}{3}\end{pmatrix}
        """
        return latex.write(self, what)

    def _repr_latex_(self) -> str | None:
        """Write w, Ā, γ and F* for a notebook; nothing if there are more than 12 views."""
        return latex.page(self)

    def __repr__(self) -> str:
        counts = {1: "", 2: " twice"}
        listed = [
            f"{each.radicals or each.digits(6) + '...'}{counts.get(each.multiplicity, f' {each.multiplicity} times')}"
            for each in self.eigenvalues[:6]
        ]
        more = ", ..." * (len(self.eigenvalues) > 6)
        return f"{type(self).__name__}({self.N:,} views, rank {self.rank:,}: {', '.join(listed)}{more})"


def _rational(value: Any) -> Fraction:
    """Return a number given as int, Fraction, Decimal or str as a Fraction."""
    if isinstance(value, str | Decimal):
        return Fraction(read_fraction(value))
    return Fraction(int(value) if isinstance(value, np.integer) else value)


def _gap(a: Eigenvalue, b: Eigenvalue) -> tuple[Fraction, Fraction]:
    """Return a lower and an upper bound on a - b > 0 that differ by at most 0.1 %."""
    digits = 20
    while True:
        (a_low, a_high), (b_low, b_high) = a.enclosure(digits), b.enclosure(digits)
        if a_low - b_high > 0 and (a_high - b_low) * 1000 <= (a_low - b_high) * 1001:
            return a_low - b_high, a_high - b_low
        digits *= 2
