"""What the statements share: a graph, labels and k, the quantities that several of them need, and how a statement is declared."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from popgraph.basics.arguments.classes import classes_in_order, is_labelled
from popgraph.basics.arrays import Floats
from popgraph.basics.subspace import column_space, tolerance
from popgraph.downstream.labelling import class_mass, pairs_told_apart
from popgraph.downstream.partition import Partition
from popgraph.populations.graph import PopulationGraph
from popgraph.spectrum import Spectrum
from popgraph.theory.value import Check, Verdict
from popgraph.verification.comparison import Comparison

SMALL = 300  # views up to which N x N tables and all eigenpairs are looked at
PAIRS = 2_000_000  # positive pairs up to which w is written down


class NotApplicable(Exception):
    """The statement says nothing about this graph; the message says why."""


@dataclass
class Setting:
    """Hold a graph with its labels and k, and compute what is asked for once.

    Parameters
    ----------
    graph : PopulationGraph
    labels : (n,) array or None
        y(x̄).
    k : int
        In 1..N.
    spectrum : Spectrum, optional
        Believed as it is, so that a wrong one can be found out.
    view_labels : (N,) array, optional
        ŷ; Bayes' labeller by default.
    """

    graph: PopulationGraph
    labels: Any
    k: int
    spectrum: Spectrum
    given_view_labels: Any = None
    rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(0))
    sampled: Comparison | None = None  # with the graph of sampled naturals, once one was made
    partitions: dict[int, Partition] = field(default_factory=dict)  # the sparsest ones that were searched

    @property
    def N(self) -> int:
        """The number of views."""
        return self.graph.N

    @property
    def rounding(self) -> float:
        """How far rounding moves a number of order 1 here."""
        return 10 * tolerance(max(self.graph.n, self.N))

    @property
    def root(self) -> Floats:
        """√w_x, (N,)."""
        return np.sqrt(self.graph.w_x)

    @cached_property
    def gamma(self) -> Floats:
        """γ_1..γ_{k+1}, the last one 0 where there is none."""
        listed = self.spectrum.gamma_known
        after = float(listed[self.k]) if len(listed) > self.k else self.spectrum.certificate.remainder
        return np.concatenate([self.spectrum.gamma[: self.k], [after if self.k < self.N else 0.0]])

    @cached_property
    def next_bound(self) -> float:
        """An upper bound on γ_{k+1}: what a bound with λ_{k+1} must use to be rigorous."""
        return min(1.0, self.spectrum.leading(self.k).certificate.remainder_bound) if self.k < self.N else 0.0

    @property
    def lambda_next(self) -> float:
        """λ_{k+1} = 1 - γ_{k+1}, from below.

        Raises
        ------
        NotApplicable
            If it is 0: the graph has more than k components.
        """
        if self.k >= self.graph.component_count and self.next_bound < 1:
            return 1.0 - self.next_bound
        raise NotApplicable(f"λ_{self.k + 1} = 0: the graph has {self.graph.component_count} components, k = {self.k}")

    def gap(self) -> float:
        """Return γ_k - γ_{k+1}.

        Raises
        ------
        NotApplicable
            If the cut is degenerate.
        """
        gap = float(self.gamma[self.k - 1] - self.gamma[self.k])
        if gap <= 100 * self.spectrum.tolerance:
            raise NotApplicable(f"γ_{self.k} = γ_{self.k + 1}: the cut is degenerate")
        return gap

    def small(self, what: str) -> None:
        """Refuse a graph too large to look at all pairs of views.

        Raises
        ------
        NotApplicable
            Above 300 views.
        """
        if self.N > SMALL:
            raise NotApplicable(f"{what} is looked at up to {SMALL} views; this graph has {self.N:,}")

    @cached_property
    def w(self) -> Any:
        """The positive pairs' probabilities as a csr_array.

        Raises
        ------
        NotApplicable
            If there are more than 2,000,000 of them.
        """
        most = int((np.diff(self.graph.kernel.indptr).astype(np.int64) ** 2).sum())
        if most > PAIRS:
            raise NotApplicable(f"w is written down up to {PAIRS:,} positive pairs; here there may be {most:,}")
        return self.graph.weight_matrix("csr")

    @cached_property
    def whole(self) -> Spectrum:
        """Every eigenpair, of a small graph."""
        self.small("every eigenpair")
        return self.graph.spectrum(self.N)

    @cached_property
    def span(self) -> Floats:
        """An orthonormal basis of span F, which the eigenvectors of γ = 0 are no part of, (N, at most k)."""
        return column_space(self.spectrum.embedding[:, : self.k] * self.root[:, np.newaxis]).basis

    @cached_property
    def y(self) -> tuple[Any, int]:
        """Each natural's class as a number, (n,), and how many classes there are.

        Raises
        ------
        NotApplicable
            Without labels, or where a natural is unlabelled.
        """
        if self.labels is None:
            raise NotApplicable("there are no labels; pass labels=")
        unlabelled = self.graph.n - int(is_labelled(self.labels).sum())
        if unlabelled:
            raise NotApplicable(f"{unlabelled} of {self.graph.n} naturals have no label, and it is about all of them")
        first, y = classes_in_order(self.labels)
        return y, len(first)

    def need_labels(self) -> None:
        """Refuse a graph without labels, for statements that see them through ŷ alone.

        Raises
        ------
        NotApplicable
            If there are none.
        """
        _ = self.y

    @cached_property
    def class_mass(self) -> Floats:
        """Σ_x̄ p(x̄) A(x|x̄) 1[y(x̄) = i], (N, r)."""
        return class_mass(self.graph.p, self.graph.kernel, *self.y)

    @cached_property
    def view_labels(self) -> Any:
        """ŷ, (N,), as class numbers: the given ones, or Bayes'."""
        if self.given_view_labels is not None:
            return np.asarray(self.given_view_labels)
        return self.class_mass.argmax(axis=1)

    @cached_property
    def disagreement(self) -> float:
        """Δ(ŷ) = Pr[ŷ(x) ≠ y(x̄)]."""
        return max(0.0, 1.0 - float(self.class_mass[np.arange(self.N), self.view_labels].sum()))

    @cached_property
    def alpha(self) -> float:
        """α, the least Δ(ŷ) of any labeller."""
        return max(0.0, 1.0 - float(self.class_mass.max(axis=1).sum()))

    @cached_property
    def cut(self) -> float:
        """φ^ŷ = Σ w_xx' 1[ŷ(x) ≠ ŷ(x')]."""
        return pairs_told_apart(self.graph.p, self.graph.kernel, self.view_labels)

    def random_embedding(self, k: int | None = None) -> Floats:
        """Return Gaussian rows, (N, k)."""
        return self.rng.standard_normal((self.N, self.k if k is None else k))


@dataclass(frozen=True)
class Sides:
    """Hold the two sides of a statement, how far rounding may part them, and a word on what they are."""

    left: float
    right: float
    scale: float = 1.0
    note: str = ""
    tolerance: float | None = None


@dataclass(frozen=True)
class Statement:
    """One statement: what it says, where from, and how its sides are computed."""

    name: str
    statement: str
    latex: str
    source: str
    relation: str
    sides: Callable[[Setting], Sides]

    def __call__(self, setting: Setting) -> Check:
        """Return the check of this statement."""
        said = (self.name, self.statement, self.latex, self.source, self.relation)
        try:
            sides = self.sides(setting)
        except NotApplicable as reason:
            return Check(*said, None, None, None, Verdict.NOT_APPLICABLE, str(reason))
        if self.relation == "<~":
            return Check(*said, sides.left, sides.right, None, Verdict.RATIO, sides.note)
        allowed = setting.rounding * sides.scale if sides.tolerance is None else sides.tolerance
        difference = abs(sides.left - sides.right) if self.relation == "=" else sides.left - sides.right
        verdict = Verdict.HOLDS if difference <= allowed else Verdict.FAILS  # a NaN fails
        return Check(*said, sides.left, sides.right, allowed, verdict, sides.note)


STATEMENTS: list[Statement] = []


def states(name: str, statement: str, latex: str, source: str, relation: str = "=") -> Callable[..., Any]:
    """Declare a statement: the function below it returns its sides, and it joins the table."""

    def declare(sides: Callable[[Setting], Sides]) -> Callable[[Setting], Sides]:
        STATEMENTS.append(Statement(name, statement, latex, source, relation, sides))
        return sides

    return declare
