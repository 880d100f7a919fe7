"""`PairGraph`: a population that is declared by its positive pairs, w itself, in place of naturals and an augmentation."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import scipy.sparse as sp
from scipy.sparse.linalg import aslinearoperator

from popgraph.basics.arguments import generator, one_of
from popgraph.basics.arrays import Floats, Ints, Sparse, frozen, frozen_csr
from popgraph.basics.memory import in_words, reserve
from popgraph.basics.products import Rows
from popgraph.declare import Seed
from popgraph.errors import InvalidArgument
from popgraph.populations.columns import read_columns
from popgraph.populations.exact import ExactPairGraph, ExactPairs, refuse_floats
from popgraph.populations.explanation import Probability
from popgraph.populations.features import read_features, refuse_solver
from popgraph.populations.listed_views import ListedViews
from popgraph.populations.noise import NoiseGraph, with_noise
from popgraph.populations.pairs import joint, printing
from popgraph.populations.pairs.exact_weights import ExactWeights
from popgraph.populations.pairs.explanation import PairExplanation
from popgraph.populations.sampling import read_draws
from popgraph.spectrum import Components, LazyWalk, SignedSpectrum, find_components, lazy_factor, of_lazy_walk, ritz

if TYPE_CHECKING:
    from popgraph.populations.pairs.bipartite import BipartiteGraph

MAX_SIDE_SOLVED_TO_PRINT = 400  # up to this all eigenvalues are quick to compute


@dataclass(frozen=True, eq=False, repr=False)
class PairGraph(ListedViews):
    """Hold a population graph that is given by its positive pairs: views x, joined by a symmetric w_xx'.

    Made by `from_pairs` and its kin. There are no naturals behind the views: they stand for them, so that labels, probes and cuts
    count views (`naturals` = views, p = w_x, the kernel is the identity). Ā may have negative eigenvalues, which one encoder cannot
    reach [THEORY 11], and there is no factor M.

    Attributes
    ----------
    views : sequence of N outcomes
    w_x : (N,) array
        The views' probabilities, the row sums of w.
    pairs : (N, N) csr_array
        w, symmetric, whose entries sum to 1.
    exact_weights : ExactWeights or None
        The entries of w as fractions, where they were declared exactly.
    labels : (N,) array or None
        The views' classes; None in it is an unlabelled view.
    name : str
        How it prints.

    See Also
    --------
    from_pairs : Make one of a symmetric w.
    from_chain : Make one of a Markov chain.
    from_trajectories : Make one of observed sequences.
    PopulationGraph : The graph of naturals and an augmentation.

    Examples
    --------
    >>> import networkx as nx
    >>> import popgraph as pg
    >>> triangle = pg.from_pairs(nx.complete_graph(3), normalize=True, name="triangle")
    >>> triangle
    PairGraph(triangle: 3 views, 3 pairs, 1 component)
    >>> triangle.spectrum(3).gamma
    array([ 1. , -0.5, -0.5])
    """

    views: Sequence[Hashable]
    w_x: Floats
    pairs: Sparse
    exact_weights: ExactWeights | None = None
    labels: Any = None
    name: str = ""

    @property
    def naturals(self) -> Sequence[Hashable]:
        """The views, which stand for themselves."""
        return self.views

    @property
    def p(self) -> Floats:
        """The views' probabilities w_x, (N,)."""
        return self.w_x

    @cached_property
    def kernel(self) -> Sparse:
        """The identity, (N, N): each view shows itself. Pairs are not two draws from it, but those of `w`."""
        return frozen_csr(sp.eye_array(self.N, format="csr"))

    @property
    def n(self) -> int:
        """The number of views, which are their own naturals."""
        return len(self.views)

    @property
    def N(self) -> int:
        """The number of views."""
        return len(self.views)

    @property
    def is_exact(self) -> bool:
        """Whether the weights were declared exactly."""
        return self.exact_weights is not None

    def exact(self) -> ExactPairGraph:
        """Return this graph without rounding: rational w and walk, and the spectrum in algebraic numbers.

        A spectrum needs ``pip install "python-flint>=0.9"``. `.InvalidDistribution` if the weights were given as floats, which are
        not promoted; the message names the first one and the mend.

        Examples
        --------
        >>> import popgraph as pg
        >>> path = pg.from_pairs([("a", "b"), ("b", "a"), ("b", "c"), ("c", "b")])
        >>> path.exact().eigenvalues
        (Eigenvalue(1), Eigenvalue(0), Eigenvalue(-1))
        """
        return self._exact

    @cached_property
    def _exact(self) -> ExactPairGraph:
        exact = self.exact_weights
        if exact is None:
            refuse_floats(self.views, self.pairs)
        return ExactPairGraph(ExactPairs(self.views, self.pairs, exact.numerators, exact.denominator))

    @property
    def w(self) -> Floats:
        """The positive pairs' probabilities, a dense (N, N) array; `.TooLarge` above 1 GiB."""
        joint.check_dense("w", self.N, self.N)
        return frozen(self.pairs.toarray())

    @property
    def adjacency(self) -> Floats:
        """The normalised adjacency Ā = D^-1/2 w D^-1/2, a dense (N, N) array; `.TooLarge` above 1 GiB."""
        joint.check_dense("Ā", self.N, self.N)
        return frozen(self._normalised.toarray())

    def weight_matrix(self, form: Literal["dense", "csr"] = "csr") -> Any:
        """Return w as a dense array or a csr_array; `.TooLarge` above 1 GiB dense, `.InvalidArgument` of another form.

        Examples
        --------
        >>> import popgraph as pg
        >>> path = pg.from_pairs([("a", "b"), ("b", "a"), ("b", "c"), ("c", "b")])
        >>> path.weight_matrix("csr").nnz
        4
        """
        return self.w if one_of("form", form, ("dense", "csr")) == "dense" else self.pairs

    @cached_property
    def _normalised(self) -> Sparse:
        """Ā as a csr_array."""
        w, root = self.pairs, np.sqrt(self.w_x)
        reserve("Ā", 12.0 * w.nnz, "give fewer pairs")
        data = w.data / np.repeat(root, np.diff(w.indptr)) / root[w.indices]
        matrix = Sparse((data, w.indices, w.indptr), shape=w.shape)
        matrix.has_canonical_format = True
        return matrix

    @cached_property
    def _lazy_factor(self) -> Sparse:
        """M with (I + Ā)/2 = MᵀM."""
        return lazy_factor(self.pairs, self.w_x)

    @cached_property
    def _product(self) -> Rows:
        return Rows(self._normalised)

    def operator(self) -> Any:
        """Return Ā as a scipy LinearOperator (N, N).

        Examples
        --------
        >>> import popgraph as pg
        >>> path = pg.from_pairs([("a", "b"), ("b", "a"), ("b", "c"), ("c", "b")])
        >>> path.operator() @ path.w_x**0.5
        array([0.5   , 0.7071, 0.5   ])
        """
        return aslinearoperator(self._normalised)

    def gram(self, X: Floats) -> Floats:
        """Return ĀX of a vector (N,) or of columns (N, k); `.InvalidArgument` if X is none of these.

        Examples
        --------
        >>> import popgraph as pg
        >>> path = pg.from_pairs([("a", "b"), ("b", "a"), ("b", "c"), ("c", "b")])
        >>> path.gram(path.w_x**0.5)
        array([0.5   , 0.7071, 0.5   ])
        """
        return np.asarray(self._product(read_columns(X, self.N)))

    @property
    def trace(self) -> float:
        """The trace of Ā: Σ_x w_xx / w_x."""
        return float(np.sum(self.pairs.diagonal() / self.w_x))

    def expand(self) -> "PairGraph":
        """Return this graph: its views are listed already.

        Examples
        --------
        >>> import popgraph as pg
        >>> path = pg.from_pairs([("a", "b"), ("b", "a"), ("b", "c"), ("c", "b")])
        >>> path.expand() is path
        True
        """
        return self

    def with_noise(self, noise: Any) -> NoiseGraph:
        """Return this graph as the spectral loss sees it with negatives from a noise law; see `PopulationGraph.with_noise`.

        Examples
        --------
        >>> import popgraph as pg
        >>> path = pg.from_pairs([("a", "b"), ("b", "a"), ("b", "c"), ("c", "b")])
        >>> path.with_noise(0).spectrum(1).gamma  # uniform negatives
        array([1.0607])
        """
        return with_noise(self, noise)

    def two_encoders(self) -> "BipartiteGraph":
        """Return the same pairs as those of two encoders, f of the first and g of the second view.

        Examples
        --------
        >>> import popgraph as pg
        >>> path = pg.from_pairs([("a", "b"), ("b", "a"), ("b", "c"), ("c", "b")])
        >>> path.two_encoders().spectrum(2).sigma
        array([1., 1.])
        """
        from popgraph.populations.pairs.bipartite import bipartite_graph

        return bipartite_graph(
            self.views,
            self.views,
            self.pairs,
            exact=self.exact_weights,
            labels_x=self.labels,
            labels_z=self.labels,
            name=self.name,
        )

    @cached_property
    def _lazy_walk(self) -> LazyWalk:
        return LazyWalk(self._lazy_factor, self._normalised, self.w_x, self._split)

    @cached_property
    def _split(self) -> Components:
        return find_components(self._lazy_factor)

    @property
    def components(self) -> Ints:
        """The component of each view, (N,), numbered by first view: 0, 1, ..."""
        return self._split.of_column

    @property
    def component_count(self) -> int:
        """The number of connected components: the multiplicity of the eigenvalue 1 [THEORY 2.3]."""
        return self._split.count

    @property
    def view_labels(self) -> Any:
        """The class of each view, (N,), None where unlabelled; `.InvalidArgument` if the graph has no labels."""
        if self.labels is None:
            raise InvalidArgument("this graph has no labels; pass labels= where it is made")
        return self.labels

    @in_words("the spectrum", "use a smaller k")
    def spectrum(self, k: int, *, solver: str | None = None, features: Any = None) -> SignedSpectrum:
        """Return the k algebraically largest eigenpairs of Ā, with a certificate; eigenvalues may be negative.

        Parameters
        ----------
        k : int
            In 1..N, and at most d for features.
        solver : {"dense", "iterative", "shift-invert"}, optional
            Force a solver; the policy chooses by default, and ``spectrum.solvers`` says what and why.
        features : (N, d) array, mapping view -> vector, callable view -> vector or DataFrame, optional
            Ψ, with independent columns: the eigenpairs are those of Ā projected on the embeddings f = ΨW.

        Raises
        ------
        InvalidArgument, InvalidEmbedding
            If k is not in 1..N, or the features are not one finite vector for each view, linearly dependent or fewer than k.
        NotConverged, TooLarge
            If an answer could not be certified, or there is not the memory for it.

        Examples
        --------
        >>> import popgraph as pg
        >>> path = pg.from_pairs([("a", "b"), ("b", "a"), ("b", "c"), ("c", "b")])
        >>> path.spectrum(3).gamma
        array([ 1.,  0., -1.])
        """
        if features is None:
            return self._lazy_walk.spectrum(k, solver)
        refuse_solver(solver)
        feature_class = read_features(self.views, self.w_x, features)
        return of_lazy_walk(ritz(self._lazy_factor, self.w_x, feature_class.basis, feature_class.T, k))

    def explain(self, x: Any, x_plus: Any) -> PairExplanation:
        """Show w_xx' beside w_x and w_x', in fractions where they are exact; `.InvalidArgument` if either is no view.

        Examples
        --------
        >>> import popgraph as pg
        >>> path = pg.from_pairs([("a", "b"), ("b", "a"), ("b", "c"), ("c", "b")])
        >>> print(path.explain("a", "b"))
        w('a', 'b') = 1/4, a weight that was given
          independent views: 1/4 · 1/2 = 1/8, so that K('a', 'b') = 2
        """
        i, j = self.index(x), self.index(x_plus)
        return PairExplanation(
            self.views[i],
            self.views[j],
            joint.entry(self.pairs, self.exact_weights, i, j),
            self._marginal(i),
            self._marginal(j),
        )

    def _marginal(self, i: int) -> Probability:
        if self.exact_weights is None:
            return float(self.w_x[i])
        start, stop = (int(each) for each in self.pairs.indptr[i : i + 2])
        total = sum(int(each) for each in self.exact_weights.numerators[start:stop])
        return Fraction(total, self.exact_weights.denominator)

    @cached_property
    def _pairs_below(self) -> Floats:
        running = np.cumsum(self.pairs.data)
        return np.asarray(running / running[-1])

    def sample_views(self, size: int, *, rng: Seed = None) -> Ints:
        """Draw views from w_x: an array (size,) of positions in ``views``.

        Examples
        --------
        >>> import popgraph as pg
        >>> path = pg.from_pairs([("a", "b"), ("b", "a"), ("b", "c"), ("c", "b")])
        >>> path.sample_views(5, rng=0).shape
        (5,)
        """
        return self.sample_pairs(size, rng=rng)[:, 0]

    def sample_pairs(self, size: int, *, rng: Seed = None) -> Ints:
        """Draw positive pairs (x, x⁺) from w: an array (size, 2) of positions in ``views``.

        Examples
        --------
        >>> import popgraph as pg
        >>> path = pg.from_pairs([("a", "b"), ("b", "a"), ("b", "c"), ("c", "b")])
        >>> path.sample_pairs(3, rng=0).shape
        (3, 2)
        """
        return joint.drawn_pairs(self.pairs, self._pairs_below, generator(rng).random(read_draws(size)))

    def __repr__(self) -> str:
        return f"PairGraph({printing.sizes_in_words(self)})"

    def __str__(self) -> str:
        return printing.graph_text(self, self._shown_spectrum())

    def _repr_html_(self) -> str:
        return printing.graph_html(self, self._shown_spectrum())

    def _shown_spectrum(self) -> SignedSpectrum | None:
        return self.spectrum(self.N) if self.N <= MAX_SIDE_SOLVED_TO_PRINT else None


def pair_graph(
    views: Sequence[Hashable], w: Any, *, exact: ExactWeights | None = None, labels: Any = None, name: str = ""
) -> PairGraph:
    """Make a PairGraph of a w that is known to be one: (N, N), symmetric, without negative entries, of sum 1.

    `exact` has a numerator for each stored entry of w, which is then a csr_array in canonical form. `labels` (N,) is an array.
    """
    pairs = frozen_csr(w)
    return PairGraph(
        views=views,
        w_x=frozen(np.asarray(pairs.sum(axis=1))),
        pairs=pairs,
        exact_weights=exact,
        labels=labels,
        name=name,
    )
