"""What the statements share: a graph, labels and k, and the quantities that several of them need."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from popgraph.basics.arguments.classes import classes_in_order, is_labelled
from popgraph.basics.arrays import Floats
from popgraph.basics.subspace import column_space, tolerance
from popgraph.downstream import Partition, class_mass, told_apart
from popgraph.losses import population_value, spectral
from popgraph.populations import BipartiteGraph, PopulationGraph, pair_draws
from popgraph.spectrum import Spectrum
from popgraph.theory.assumptions import (
    FACTOR,
    FEW_PAIRS,
    FEW_VIEWS,
    GAP,
    KERNEL,
    LABELS,
    MAX_PAIRS_OF_W,
    MAX_VIEWS_DENSE,
    NO_NEGATIVE,
    VIEWS_OF_NATURALS,
    NotApplicable,
    Vacuous,
)
from popgraph.verification import Comparison


@dataclass
class Setting:
    """Hold a graph with its labels y(x̄) and k, and compute each quantity of it once, when a statement first asks for it.

    The spectrum is not checked, so that statements fail on a wrong one. ŷ is Bayes' labeller where no view labels are given.
    """

    graph: Any  # a PopulationGraph, a PairGraph, or a BipartiteGraph for the statements about two encoders
    labels: Any
    k: int
    spectrum: Spectrum
    given_view_labels: Any = None
    rho_is_asked_for: bool = False  # whether ρ_m is searched for where that takes long
    rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(0))
    # What several statements need and what takes long, once one of them has computed it:
    sampled: Comparison | None = None  # with the graph of sampled naturals
    partitions: dict[int, Partition] = field(default_factory=dict)  # m -> the sparsest m-partition
    least_head_error: tuple[float, str] | None = None  # E(f) of f = F*, and a remark where it is only bounded
    encoders: Any = None  # the pairs as those of two encoders, with S and its singular values

    @property
    def N(self) -> int:
        """The number of views; of two kinds of views, that of the kind with more."""
        return max(self.graph.N_x, self.graph.N_z) if isinstance(self.graph, BipartiteGraph) else int(self.graph.N)

    @property
    def pairs_from_kernel(self) -> bool:
        """Whether a positive pair is two views of one natural: not where w was given directly, or labels join some pairs."""
        return isinstance(self.graph, PopulationGraph) and self.graph.pair_population is None

    def need_kernel(self) -> None:
        """Make a statement not applicable where a positive pair is not always two views of one natural."""
        if not isinstance(self.graph, PopulationGraph):
            raise NotApplicable("it needs a kernel A(x|x̄), and w was given directly", KERNEL)
        if not self.pairs_from_kernel:
            raise NotApplicable(
                "it needs pairs that are two views of one natural, and labels join some of these", KERNEL
            )

    def need_views_of_naturals(self) -> None:
        """Make a statement not applicable where w_x is not the law of a random natural's view, as where labels join pairs."""
        if isinstance(self.graph, PopulationGraph) and not self.pairs_from_kernel:
            raise NotApplicable(
                "it needs w_x to be the law of a random natural's view, and labels have changed w_x", VIEWS_OF_NATURALS
            )

    def need_factor(self) -> None:
        """Make a statement about M not applicable where w was given directly."""
        if not isinstance(self.graph, PopulationGraph):
            raise NotApplicable("it needs a factor M, and w was given directly", FACTOR)

    @cached_property
    def least_gamma(self) -> float:
        """The least eigenvalue of Ā, where w was given directly; 0, which none is below, where Ā = MᵀM."""
        return 0.0 if isinstance(self.graph, PopulationGraph) else float(self.all_eigenpairs.gamma[-1])

    def need_no_negative_eigenvalue(self) -> None:
        """Make a statement not applicable where Ā has an eigenvalue below 0, which no FFᵀ reaches."""
        if self.least_gamma < -self.gamma_rounding:
            raise NotApplicable(
                f"Ā has the eigenvalue {self.least_gamma:.3g}, and this needs all to be at least 0", NO_NEGATIVE
            )

    def energy(self, G: Floats) -> float:
        """Return Σ_i g_iᵀĀg_i of columns G (N, m), or gᵀĀg of one vector (N,)."""
        return float(np.sum(G * self.graph.gram(G)))

    def loss(self, f: Floats, loss: Any = spectral) -> float:
        """Return a loss over the whole population, the spectral one by default."""
        return population_value(loss, self.graph, f)

    @property
    def rounding(self) -> float:
        """How far rounding may move a number of order 1: ten times what it may move an eigenvalue."""
        return 10 * tolerance(self.N if isinstance(self.graph, BipartiteGraph) else max(self.graph.n, self.N))

    @property
    def gamma_rounding(self) -> float:
        """How near eigenvalues count as equal: at a hundred times their error, a bound divided by their gap has two digits left."""
        return 100 * self.spectrum.tolerance

    @property
    def root(self) -> Floats:
        """√w_x, (N,)."""
        return np.asarray(np.sqrt(self.graph.w_x))

    @cached_property
    def gamma(self) -> Floats:
        """γ_1..γ_{k+1}, the last one 0 where there is none."""
        known = self.spectrum.gamma_known
        next_gamma = float(known[self.k]) if len(known) > self.k else self.spectrum.certificate.remainder
        return np.concatenate([self.spectrum.gamma[: self.k], [next_gamma if self.k < self.N else 0.0]])

    @property
    def reached(self) -> Floats:
        """max(γ_i, 0) for γ_1..γ_{k+1}: what FFᵀ, which has no negative eigenvalue, can reach of each."""
        return np.maximum(self.gamma, 0.0)

    @cached_property
    def next_bound(self) -> float:
        """An upper bound on γ_{k+1}. Bounds that divide by λ_{k+1} use it, so that they are true whatever γ_{k+1} is."""
        # Where γ_{k+1} < 0, F has no column of it, and what F leaves out reaches up to 0
        bound = self.spectrum.leading(self.k).certificate.remainder_bound if self.k < self.N else 0.0
        return min(1.0, max(0.0, bound))

    @property
    def lambda_next(self) -> float:
        """A lower bound on λ_{k+1} = 1 - γ_{k+1}, above 0; vacuous where the graph has more than k components."""
        if self.k >= self.graph.component_count and self.next_bound < 1:
            return 1.0 - self.next_bound
        raise Vacuous(f"λ_{self.k + 1} = 0: the graph has {self.graph.component_count} components, k = {self.k}")

    def gap(self) -> float:
        """Return γ_k - γ_{k+1}; not applicable where the cut is degenerate."""
        gap = float(self.gamma[self.k - 1] - self.gamma[self.k])
        if gap <= self.gamma_rounding:
            raise NotApplicable(f"γ_{self.k} = γ_{self.k + 1}: the cut is degenerate", GAP)
        return gap

    def need_few_views(self, what: str) -> None:
        """Make a statement not applicable to a graph of more than 300 views, too many for a table of all pairs."""
        if self.N > MAX_VIEWS_DENSE:
            raise NotApplicable(
                f"{what} is computed up to {MAX_VIEWS_DENSE} views; this graph has {self.N:,}", FEW_VIEWS
            )

    def two_encoders(self) -> BipartiteGraph:
        """Return the pairs as those of two encoders; not applicable above 300 views of a kind."""
        if isinstance(self.graph, BipartiteGraph):
            if max(self.graph.N_x, self.graph.N_z) > MAX_VIEWS_DENSE:
                raise NotApplicable(f"S is computed up to {MAX_VIEWS_DENSE} views of a kind", FEW_VIEWS)
            return self.graph
        self.need_few_views("S")
        return self._two_encoders

    @cached_property
    def _two_encoders(self) -> BipartiteGraph:
        pairs: BipartiteGraph = self.graph.two_encoders()
        return pairs

    @cached_property
    def w(self) -> Any:
        """The positive pairs' probabilities as a csr_array; not applicable above 2,000,000 pairs."""
        if isinstance(self.graph, PopulationGraph):
            most = int((np.diff(pair_draws(self.graph).A.indptr).astype(np.int64) ** 2).sum())
        else:
            most = self.graph.weight_matrix("csr").nnz
        if most > MAX_PAIRS_OF_W:
            raise NotApplicable(
                f"w is computed up to {MAX_PAIRS_OF_W:,} positive pairs; this graph may have {most:,}", FEW_PAIRS
            )
        return self.graph.weight_matrix("csr")

    @cached_property
    def all_eigenpairs(self) -> Spectrum:
        """All N eigenpairs, of a graph of few views."""
        self.need_few_views("every eigenpair")
        every: Spectrum = self.graph.spectrum(self.N)
        return every

    @cached_property
    def span(self) -> Floats:
        """An orthonormal basis of span F, (N, at most k); eigenvectors of γ = 0 do not belong to it."""
        return column_space(self.spectrum.embedding[:, : self.k] * self.root[:, np.newaxis]).basis

    @cached_property
    def y(self) -> tuple[Any, int]:
        """Each natural's class as a number, (n,), and the number of classes; not applicable where a natural has no label."""
        if self.labels is None:
            raise NotApplicable("there are no labels; pass labels=", LABELS)
        unlabelled = self.graph.n - int(is_labelled(self.labels).sum())
        if unlabelled:
            raise NotApplicable(
                f"{unlabelled} of {self.graph.n} naturals have no label, and the statement is about all of them", LABELS
            )
        first, y = classes_in_order(self.labels)
        return y, len(first)

    def need_labels(self) -> None:
        """Make a statement that uses y through ŷ alone not applicable where a natural has no label."""
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
    def inconsistency(self) -> float:
        """φ^ŷ = Σ w_xx' 1[ŷ(x) ≠ ŷ(x')]."""
        return told_apart(self.graph, self.view_labels)

    def random_embedding(self, k: int | None = None) -> Floats:
        """Return Gaussian rows, (N, k)."""
        return self.rng.standard_normal((self.N, self.k if k is None else k))
