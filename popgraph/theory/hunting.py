"""`hunt`: search small populations, labels and k for the largest left/right of a claim, and prove what breaks it."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from popgraph.basics.arguments import count, generator, whole_number
from popgraph.basics.arguments.classes import classes_in_order, is_labelled
from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.arrays import Immutable
from popgraph.basics.blas import one_thread
from popgraph.basics.extras import import_uninterrupted
from popgraph.basics.progress import Progress, track
from popgraph.basics.words import did_you_mean, shorten
from popgraph.declare import Seed
from popgraph.errors import InvalidArgument, MissingExtra, PopgraphError
from popgraph.populations import PairGraph, PopulationGraph, read_graph
from popgraph.theory.assumptions import NotApplicable, Skipped, Vacuous
from popgraph.theory.candidates import (
    Candidate,
    Shape,
    in_fractions,
    is_population,
    logarithms,
    of_graph,
    smaller,
    with_logarithms,
)
from popgraph.theory.checking import ALL
from popgraph.theory.conjectures import CONJECTURES, Conjecture
from popgraph.theory.quantities import EnclosedQuantities, Quantities
from popgraph.theory.setting import Setting
from popgraph.theory.statement import Statement

MAX_VIEWS_HUNTED = 12  # a population above it takes too long for a search of thousands
LEAST_RIGHT = 1e-6  # below it, rounding shows in left/right
BEYOND_ROUNDING = 1e-6  # a ratio above 1 by more is no rounding in populations of so few views
KEPT = 0.999  # of the ratio, where a population is made smaller or written in fractions
WORST = 1e9  # for the simplex method, where the claim does not apply
HEAT = 0.1  # by which, relative to the best, the ratio may fall at the first change of a climb


@dataclass(frozen=True, eq=False, repr=False)
class Hunt(Immutable):
    """Hold the population of the largest left/right that a search found. Made by `hunt`.

    Attributes
    ----------
    claim : str
    left, right, ratio : float
        The two sides, and left/right, on this population.
    graph : PopulationGraph, PairGraph or None
        With its labels, in fractions; None where the claim applied to no population that was tried.
    k : int or None
    violated : bool
        Whether left > right in float64, by more than a millionth.
    proof : str
        What balls of python-flint prove about this population, or why nothing; empty where nothing is violated.
    tried : int
        The number of populations to which the claim applied.

    See Also
    --------
    hunt : Make one.

    Examples
    --------
    >>> import popgraph as pg
    >>> found = pg.theory.hunt("Cheeger from below", views=3, starts=2, steps=20, rng=0)
    >>> found.violated, found.ratio <= 1
    (False, True)
    """

    claim: str
    left: float
    right: float
    ratio: float
    graph: PopulationGraph | PairGraph | None
    k: int | None
    violated: bool
    proof: str
    tried: int

    def __repr__(self) -> str:
        outcome = "broken" if self.violated else "never broken"
        return f"Hunt({self.claim}: {outcome}, largest left/right {self.ratio:.6g} of {self.tried:,} populations)"

    def __str__(self) -> str:
        if self.graph is None:
            return repr(self)
        lines = [repr(self), f"  left {self.left:.10g}, right {self.right:.10g} at k = {self.k}"]
        if isinstance(self.graph, PopulationGraph):
            law = self.graph.population.distribution
            for i, (natural, p) in enumerate((law.fractions if law.exact else dict(law.items())).items()):
                row = self.graph.kernel[[i]].toarray()[0]
                steps = ", ".join(f"{self.graph.views[x]}: {_fraction(row[x])}" for x in np.flatnonzero(row).tolist())
                lines.append(f"  {natural}: p = {p}, class {self.graph.labels[i]}, views {{{steps}}}")
        else:
            w = self.graph.weight_matrix("csr").tocoo()
            pairs = zip(*w.coords, w.data, strict=True)
            lines += [f"  w of {x}, {z}: {_fraction(mass)}" for x, z, mass in pairs if x <= z]
        return "\n".join([*lines, *([f"  {self.proof}"] if self.proof else [])])


def _fraction(number: float) -> str:
    return str(Fraction(float(number)).limit_denominator(10**9))


Claim = Callable[[Quantities], "tuple[Any, Any]"]


@checked_call()
@one_thread()
def hunt(
    claim: str | Claim | Conjecture,
    *,
    naturals: int = 4,
    views: int = 4,
    classes: int = 2,
    k: int | None = None,
    start: PopulationGraph | None = None,
    starts: int = 20,
    steps: int = 300,
    rng: Seed = None,
    progress: Progress = None,
) -> Hunt:
    """Search small populations, labels and k for the largest left/right of a claim left <= right.

    Each start is a random population; each step changes some of its probabilities, a zero, a label or k, and keeps the change if
    left/right rises, or early in the climb if it falls by little; half of the steps go to scipy's simplex method, which moves all
    probabilities above 0 together. The best population is then made smaller, as long as the ratio
    stays within a thousandth, and written in fractions. If the ratio there is above 1, both sides are enclosed in balls of
    python-flint, where that is installed, and left > right is proved or left open.

    Parameters
    ----------
    claim : str, Conjecture or callable
        The name of a statement that `check` knows, or of one of `CONJECTURES`; or a function of ``Quantities`` q that returns
        (left, right), such as ``lambda q: (q.head_error, q.inconsistency / q.lambda_next)``. A statement of equality has as its
        ratio the difference over what counts as rounding.
    naturals : int
        At most so many, 1 or more; 0 lets the pairs be given directly, by a symmetric w.
    views, classes : int
        At most so many: 2 to 12 views.
    k : int, optional
        In 1..views - 1; drawn anew for each start if not given.
    start : PopulationGraph, optional
        With labels, of at most 12 views: every climb starts from it, in place of a random population; ``naturals`` and ``views``
        are then its own.
    starts, steps : int
        Climbs, and changes tried in each.
    rng : None, int or numpy.random.Generator
        Draws the starts and the changes.
    progress : bool, callable or None
        A bar over the starts; None shows one if the output is a terminal or a notebook.

    Returns
    -------
    Hunt
        The population, its two sides, and whether the claim is violated there.

    Raises
    ------
    InvalidArgument
        If the claim is none of these, or a number is out of range.

    See Also
    --------
    check : Check one population.
    CONJECTURES : Claims that are open.
    sharp_constants : Bounds that are nearly attained.

    References
    ----------
    THEORY 5.3, 5.4 and 6.2 say what is open.

    Examples
    --------
    >>> import popgraph as pg
    >>> found = pg.theory.hunt("Cheeger without its root", naturals=0, views=3, starts=3, steps=60, rng=0)
    >>> found.violated, found.ratio > 1
    (True, True)
    """
    name, of_quantities, sides = _read_claim(claim)
    naturals, classes = count("naturals", naturals, 0), count("classes", classes)
    views = count("views", views, 2, MAX_VIEWS_HUNTED, "a population that is hunted for has 2 to 12 views")
    if k is not None:
        k = whole_number("k", k, views - 1, "one less than the number of views")
    first = None if start is None else _read_start(start, k)
    shape = Shape(naturals, views, classes, k) if first is None else Shape(first.n, first.N, classes, k)
    search = _Search(sides, generator(rng), count("steps", steps))
    starts = count("starts", starts)
    for _ in track(range(starts), starts, progress, "hunt"):
        search.climb(shape, first)
    if search.best is None:
        why = f"the claim applied to no population that was tried{search.reason}"
        return Hunt(name, np.nan, np.nan, np.nan, None, None, False, why, 0)
    found = search.rational(search.small(search.best))
    left, right = (float(side) for side in sides(found))
    ratio = search.ratio(found)
    violated = ratio > 1.0 + BEYOND_ROUNDING
    proof = _proof(of_quantities, found) if violated else ""
    return Hunt(name, left, right, ratio, found.graph(), found.k, violated, proof, search.tried)


def _read_start(start: PopulationGraph, k: int | None) -> Candidate:
    """Return the population that climbs start from."""
    read_graph("theory.hunt(start=)", start)
    graph = start
    if not 2 <= graph.N <= MAX_VIEWS_HUNTED:
        raise InvalidArgument(
            f"start has {graph.N:,} views; a population that is hunted for has 2 to {MAX_VIEWS_HUNTED} views"
        )
    if graph.labels is None or not is_labelled(graph.labels).all():
        raise InvalidArgument("start has naturals without a label; declare it with labels=, one for each natural")
    return of_graph(graph, classes_in_order(graph.labels)[1], min(2, graph.N - 1) if k is None else k)


def _proof(of_quantities: Claim | None, candidate: Candidate) -> str:
    """Return in words what balls prove about left > right on a population of fractions."""
    if not candidate.is_exact:
        return "nothing is proved: no fractions keep the ratio"
    if of_quantities is None:
        return "nothing is proved: statements of check are evaluated in float64"
    try:
        left, right = of_quantities(EnclosedQuantities(candidate))
    except (NotApplicable, MissingExtra) as reason:
        return f"nothing is proved: {reason}"
    excess = left - right
    if excess > 0:
        return f"proved in ball arithmetic: left - right is above {float(excess) * (1 - 1e-9):.10g}"
    return "refuted in ball arithmetic: left <= right" if excess <= 0 else "nothing is proved: the balls overlap"


def _read_claim(claim: Any) -> tuple[str, Claim | None, Callable[[Candidate], tuple[Any, Any]]]:
    """Return the name of a claim, the claim as a function of quantities if it is one, and its sides on a candidate in float64."""
    if isinstance(claim, str):
        if claim in ALL:
            return claim, None, _sides_of_statement(ALL[claim])
        if claim not in CONJECTURES:
            raise InvalidArgument(
                f"claim is {shorten(claim)}, which is no statement of theory.statements() and none of theory.CONJECTURES"
                f"{did_you_mean([claim], [*ALL, *CONJECTURES])}"
            )
        claim = CONJECTURES[claim]
    name, sides = (claim.statement, claim.sides) if isinstance(claim, Conjecture) else ("a claim of one's own", claim)
    if not callable(sides) or isinstance(sides, type):
        raise InvalidArgument(
            f"claim is {shorten(claim)}; give a statement's name, or a function of q that returns (left, right)"
        )
    return name, sides, lambda candidate: _two(sides(Quantities(candidate)))


def _two(sides: Any) -> tuple[Any, Any]:
    """Return the two sides that a claim of one's own returned."""
    if not isinstance(sides, tuple | list) or len(sides) != 2:
        raise InvalidArgument(f"claim returned {shorten(sides)}; it must return (left, right)")
    return sides[0], sides[1]


def _sides_of_statement(statement: Statement) -> Callable[[Candidate], tuple[float, float]]:
    """Return the sides of a statement of `check`; of an equality, the difference beside what counts as rounding."""

    def sides(candidate: Candidate) -> tuple[float, float]:
        graph = candidate.graph()
        k = min(candidate.k, graph.N)
        labels = candidate.labels if candidate.n else None
        setting = Setting(graph, labels, k, graph.spectrum(k), None, True, rng=np.random.default_rng(0))
        found = statement.sides(setting)
        if statement.relation != "=":
            return found.left, found.right
        allowed = setting.rounding * found.scale if found.tolerance is None else found.tolerance
        difference = abs(found.left - found.right)
        return (difference / allowed if allowed else (np.inf if difference else 0.0)), 1.0

    return sides


class _Search:
    """Climb from random populations, and keep the one of the largest left/right."""

    def __init__(self, sides: Any, rng: np.random.Generator, steps: int) -> None:
        self.sides, self.rng, self.steps = sides, rng, steps
        self.best: Candidate | None = None
        self.best_ratio = -np.inf
        self.tried = 0
        self.reason = ""

    def ratio(self, candidate: Candidate) -> float:
        """Return left/right, or -inf where the claim does not apply, or its right side is rounding."""
        if not is_population(candidate):
            return -np.inf
        try:
            left, right = (float(side) for side in self.sides(candidate))
        except InvalidArgument:  # of the claim itself
            raise
        except (NotApplicable, Skipped, Vacuous, PopgraphError) as error:
            self.reason = f": {error}"
            return -np.inf
        self.tried += 1
        if not right > LEAST_RIGHT:
            return np.inf if left > LEAST_RIGHT else -np.inf
        return left / right

    def climb(self, shape: Shape, first: Candidate | None = None) -> None:
        """Change the first population, or a random one, step by step towards a larger ratio."""
        candidate = shape.draw(self.rng) if first is None else first
        ratio = self.ratio(candidate)
        self._keep(candidate, ratio)
        steps = self.steps // 2
        for step in range(steps):
            changed = shape.change(candidate, self.rng)
            new = self.ratio(changed)
            heat = HEAT * (1.0 - 2.0 * step / steps) * self.rng.random()
            if new >= ratio - max(0.0, heat) * abs(ratio) or ratio == -np.inf:
                candidate, ratio = changed, new
                self._keep(candidate, ratio)
        if np.isfinite(ratio):
            self._polish(candidate, self.steps - steps)

    def _polish(self, candidate: Candidate, steps: int) -> None:
        """Change all probabilities above 0 together, by the simplex method."""

        def lost(z: Any) -> float:
            changed = with_logarithms(candidate, z)
            ratio = self.ratio(changed)
            self._keep(changed, ratio)
            return -ratio if np.isfinite(ratio) else WORST

        optimize = import_uninterrupted("scipy.optimize")
        options = {"maxfev": steps, "adaptive": True}
        optimize.minimize(lost, logarithms(candidate), method="Nelder-Mead", options=options)

    def _keep(self, candidate: Candidate, ratio: float) -> None:
        if ratio > self.best_ratio:
            self.best, self.best_ratio = candidate, ratio

    def small(self, candidate: Candidate) -> Candidate:
        """Return the candidate with as few naturals, views and steps of the kernel as the ratio allows."""
        least = self._least(self.best_ratio)
        while True:
            for tried in smaller(candidate):
                if self.ratio(tried) >= least:
                    candidate = tried
                    break
            else:
                return candidate

    def rational(self, candidate: Candidate) -> Candidate:
        """Return the candidate in the smallest fractions that keep the ratio."""
        best, best_ratio = candidate, -np.inf  # the floats stay where the claim applies to no fractions
        for tried in in_fractions(candidate):
            ratio = self.ratio(tried)
            if ratio > best_ratio:
                best, best_ratio = tried, ratio
            if ratio >= self._least(self.best_ratio):
                break
        return best

    def _least(self, ratio: float) -> float:
        """Return how far a ratio may fall; one above 1 stays there."""
        return max(KEPT * ratio, 1.0 + 2 * BEYOND_ROUNDING) if ratio > 1.0 + 2 * BEYOND_ROUNDING else KEPT * ratio
