"""What students hand in for w_x, w, Ā and γ in place of them: each common slip as the table that it makes."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from popgraph.basics.arrays import Floats
from popgraph.populations import PopulationGraph
from popgraph.verification import Slip, decimals_of, order_between

Wrong = tuple[Slip, Floats]

NO_SELF = Slip(
    "missing self-weights", "The self-weights w_xx are missing: the two views of a pair may be the same view."
)
SIGN = Slip("wrong sign", "Its sign is turned.")


@dataclass(frozen=True, eq=False)
class Facts:
    """Hold what an answer is compared with: w_x (N,), Ā (N, N), and p (n,) and A (n, N) where views are drawn by a kernel."""

    w_x: Floats
    adjacency: Floats
    p: Floats | None
    kernel: Floats | None
    natural_rows: tuple[int, ...] | None  # the view that each natural is, where all naturals are views

    @cached_property
    def root(self) -> Floats:
        """√w_x."""
        return np.sqrt(self.w_x)

    @cached_property
    def w(self) -> Floats:
        """w = D^½ Ā D^½."""
        return np.asarray(self.root[:, np.newaxis] * self.adjacency * self.root)

    @cached_property
    def off_diagonal(self) -> Floats:
        """w without its self-weights."""
        return self.w - np.diag(np.diag(self.w))

    @cached_property
    def gamma(self) -> Floats:
        """All eigenvalues of Ā, largest first; what rounds to 0 is 0."""
        return _eigenvalues(self.adjacency)

    @cached_property
    def without_self_weights(self) -> Floats:
        """Ā of the graph without self-weights, with its own degrees."""
        return _normalised(self.off_diagonal, 0.5)


def read_facts(graph: Any) -> Facts:
    """Return the arrays of a population that lists its views."""
    adjacency = np.asarray(graph.gram(np.eye(graph.N)))
    w_x = np.asarray(graph.w_x)
    if not isinstance(graph, PopulationGraph) or graph.known is not None:
        return Facts(w_x, adjacency, None, None, None)
    position = {view: i for i, view in enumerate(graph.views)}
    are_views = all(natural in position for natural in graph.naturals)
    rows = tuple(position[natural] for natural in graph.naturals) if are_views else None
    return Facts(w_x, adjacency, graph.p, graph.kernel.toarray(), rows)


def wrong_probabilities(facts: Facts) -> Iterator[Wrong]:
    """Yield what stands in place of w_x."""
    w_x, N = facts.w_x, len(facts.w_x)
    off = facts.off_diagonal.sum(axis=1)
    yield NO_SELF, off
    yield NO_SELF, off / off.sum() if off.any() else off
    twice = Slip("self-weights counted twice", "The self-weights w_xx are in it twice, as in networkx' degree.")
    yield twice, w_x + np.diag(facts.w)
    yield Slip("square root taken", "These are the square roots √w_x."), facts.root
    if facts.kernel is not None and facts.p is not None:
        forgot = Slip("forgot p", "The naturals' probabilities are missing: w_x is Σ p(x̄) A(x|x̄).")
        yield forgot, facts.kernel.sum(axis=0)
        yield forgot, facts.kernel.mean(axis=0)
        if facts.natural_rows is not None:
            of_naturals = np.zeros(N)
            of_naturals[list(facts.natural_rows)] = facts.p
            yield (
                Slip("p in place of w_x", "These are the naturals' probabilities p, before augmentation."),
                of_naturals,
            )
    yield Slip("uniform", "Views are not all equally probable: w_x is a row sum of w."), np.full(N, 1 / N)


def wrong_weights(facts: Facts) -> Iterator[Wrong]:
    """Yield what stands in place of w."""
    w, off, w_x = facts.w, facts.off_diagonal, facts.w_x
    yield NO_SELF, off
    yield NO_SELF, off / off.sum() if off.any() else off
    doubled = Slip(
        "doubled", "Pairs are counted twice: w_xx' is the probability of (x, x') in this order; w sums to 1."
    )
    yield doubled, 2 * w
    yield doubled, w + off
    yield doubled, (w + off) / (w + off).sum()
    if facts.kernel is not None and facts.p is not None:
        yield (
            Slip("forgot p", "The naturals' probabilities are missing: w_xx' is Σ p(x̄) A(x|x̄) A(x'|x̄)."),
            facts.kernel.T @ facts.kernel,
        )
    rows = Slip(
        "row-normalised", "Each row is divided by its sum: that is the random walk; all of w together sums to 1."
    )
    yield rows, _normalised(w, 1.0)
    yield (
        Slip("column-normalised", "Each column is divided by its sum; all of w together sums to 1."),
        _normalised(w, 1.0).T,
    )
    yield Slip("Ā in place of w", "This is Ā; w is not divided by anything."), facts.adjacency
    negatives = Slip(
        "independent pairs", "These are pairs of independent views; the two of a positive pair have one natural."
    )
    yield negatives, np.outer(w_x, w_x)
    if facts.natural_rows is not None and facts.kernel is not None and facts.p is not None:
        joint = np.zeros_like(w)
        joint[list(facts.natural_rows)] = facts.p[:, np.newaxis] * facts.kernel
        once = Slip("augmented once", "Only one view of each pair is augmented; both are, independently.")
        yield once, joint
        yield once, joint.T
        yield once, (joint + joint.T) / 2
        kernel = np.zeros_like(w)
        kernel[list(facts.natural_rows)] = facts.kernel
        yield Slip("A in place of w", "This is the augmentation A(x|x̄), no probability of pairs."), kernel


def wrong_adjacencies(facts: Facts) -> Iterator[Wrong]:
    """Yield what stands in place of Ā."""
    A, w, root = facts.adjacency, facts.w, facts.root
    yield Slip("w itself", "This is w; Ā divides each entry by √(w_x w_x')."), w
    forgot = Slip("forgot the square root", "The square root is missing: Ā is w_xx'/√(w_x w_x').")
    yield forgot, A / root[:, np.newaxis] / root
    rows = Slip("row-normalised", "Each row is divided by w_x: that is the random walk; Ā divides by √(w_x w_x').")
    yield rows, _normalised(w, 1.0)
    columns = Slip("column-normalised", "Each column is divided by w_x'; Ā divides by √(w_x w_x'), and is symmetric.")
    yield columns, _normalised(w, 1.0).T
    yield NO_SELF, A - np.diag(np.diag(A))
    yield NO_SELF, facts.without_self_weights
    yield NO_SELF, _normalised(facts.off_diagonal, 1.0)
    yield Slip("Laplacian", "This is the Laplacian I - Ā."), np.eye(len(A)) - A
    yield (
        Slip("square root of all", "The square root is of w_x w_x' alone, not of w_xx'."),
        np.sqrt(np.abs(_halved(w, root))),
    )
    yield Slip("multiplied by √w_x", "Ā divides w_xx' by √(w_x w_x'), and does not multiply."), w * np.outer(root, root)
    yield Slip("doubled", "All entries are twice those of Ā."), 2 * A


def wrong_eigenvalues(facts: Facts, count: int) -> Iterator[Wrong]:
    """Yield what stands in place of the `count` largest eigenvalues of Ā."""
    gamma = facts.gamma[:count]
    yield Slip("λ in place of γ", "These are eigenvalues of I - Ā, λ = 1 - γ."), 1 - gamma
    yield Slip("eigenvalues of w", "These are eigenvalues of w; γ are those of Ā."), _eigenvalues(facts.w)[:count]
    yield NO_SELF, _eigenvalues(facts.without_self_weights)[:count]
    yield NO_SELF, _eigenvalues(facts.adjacency - np.diag(np.diag(facts.adjacency)))[:count]
    forgot = Slip("forgot the square root", "These are eigenvalues of w_xx'/(w_x w_x'); Ā divides by the square root.")
    yield forgot, _eigenvalues(_halved(facts.w, facts.root))[:count]
    smallest = Slip(
        "smallest eigenvalues", "These are the smallest eigenvalues of Ā; γ are the largest, largest first."
    )
    yield smallest, facts.gamma[::-1][:count]
    yield smallest, facts.gamma[-count:]
    singular = Slip("singular values of M", "These are singular values of M, √γ; Ā = MᵀM has their squares.")
    yield singular, np.sqrt(np.maximum(gamma, 0))
    yield Slip("squared", "These are the squares γ²."), gamma**2
    yield Slip("another order", "Largest first, please."), gamma[::-1]


def table_slip(given: Floats, true: Floats, wrong: Iterator[Wrong], digits: int) -> Slip | None:
    """Return the slip that makes the table that was given, or None if it is none of the known ones."""
    for slip, table in ((SIGN, -true), *wrong):
        if table.any() and is_same(given, table, digits):
            return slip
    return _reordered(given, true, digits) or _rounded(given, true) or _scaled(given, true, digits)


def half_unit(true: Floats, digits: int) -> float:
    """Return half a unit of the last digit of the largest entry, if it is written with so many digits and 1 counts as 0.99."""
    peak = float(np.abs(true).max())
    return 0.5 * 10.0 ** (np.ceil(np.log10(peak) - 1e-9) - digits) if peak > 0 else 0.5 * 10.0**-digits


def is_same(given: Floats, true: Floats, digits: int) -> bool:
    """Whether all entries agree to `digits` digits of the largest."""
    return bool(np.abs(given - true).max() <= half_unit(true, digits) * (1 + 1e-9) + 1e-12)


def _reordered(given: Floats, true: Floats, digits: int) -> Slip | None:
    """Return the slip of rows, or of rows and columns, in another order."""
    tol = half_unit(true, digits)
    name = "permuted rows"
    if given.ndim == 1:
        same = np.abs(np.sort(given) - np.sort(true)).max() <= tol
        return (
            Slip(name, "These are the right numbers in another order; views stand in the order of the graph.")
            if same
            else None
        )
    if order_between(given, true, tol) is not None:
        return Slip(name, "This is right for another order of the views; rows and columns follow graph.views.")
    if _rows_matched(given, true, tol) or _rows_matched(given.T, true.T, tol):
        return Slip(name, "Only its rows, or only its columns, stand in another order than graph.views.")
    return None


def _rows_matched(given: Floats, true: Floats, tol: float) -> bool:
    """Whether each row of the truth is one of the rows that were given, each used once."""
    free = np.ones(len(given), dtype=bool)
    for row in true:
        fits = np.flatnonzero(free & (np.abs(given - row).max(axis=1) <= tol))
        if not len(fits):
            return False
        free[fits[0]] = False
    return True


def _scaled(given: Floats, true: Floats, digits: int) -> Slip | None:
    """Return the slip of a common factor."""
    factor = float(np.vdot(true, given) / np.vdot(true, true))
    if factor == 0 or not is_same(given, factor * true, digits):
        return None
    return Slip("scaled", f"All entries are {factor:.3g} times what they should be.")


def _rounded(given: Floats, true: Floats) -> Slip | None:
    """Return the slip of too few decimals: each entry is the nearest one, though not near enough."""
    decimals = decimals_of(given)
    if not decimals or not given.any() or np.abs(given - true).max() > 0.5 * 10.0**-decimals * (1 + 1e-9):
        return None
    return Slip("rounded", f"It is right to {decimals} decimal{'s' * (decimals > 1)}; give more, or fractions.")


def _halved(w: Floats, root: Floats) -> Floats:
    """Return w_xx'/(w_x w_x')."""
    return np.asarray(w / np.outer(root**2, root**2))


def _normalised(w: Floats, power: float) -> Floats:
    """Divide a symmetric table by its row sums, on the left for power 1, by their roots on both sides for power 1/2."""
    sums = w.sum(axis=1)
    inverse = np.where(sums > 0, np.where(sums > 0, sums, 1.0) ** -power, 0.0)
    return np.asarray(inverse[:, np.newaxis] * w * (inverse if power < 1 else 1.0))


def _eigenvalues(matrix: Floats) -> Floats:
    """Return all eigenvalues of a symmetric matrix, largest first."""
    return np.asarray(np.linalg.eigvalsh((matrix + matrix.T) / 2)[::-1], dtype=np.float64)
