"""`BipartiteGraph`: two kinds of views, x and z, and the joint law C of their pairs: two encoders, f of x and g of z."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np

from popgraph.basics.arguments import by_value, generator, one_of
from popgraph.basics.arrays import Floats, Immutable, Ints, Sparse, frozen, frozen_csr
from popgraph.basics.memory import in_words, reserve
from popgraph.declare import EnumeratedPopulation, Seed
from popgraph.populations import weights
from popgraph.populations.graph import PopulationGraph
from popgraph.populations.pairs import bipartite_printing as printing
from popgraph.populations.pairs import joint
from popgraph.populations.pairs.exact_weights import ExactWeights
from popgraph.populations.pairs.explanation import PairExplanation
from popgraph.populations.pairs.sides import columns_given_rows, of_kernel, of_views
from popgraph.populations.sampling import read_draws
from popgraph.spectrum import Components, SingularSpectrum, decompose_bipartite, find_components

MAX_SIDE_SOLVED_TO_PRINT = 400  # the smaller number of views: up to this all singular values are quick to compute


@dataclass(frozen=True, eq=False, repr=False)
class BipartiteGraph(Immutable):
    """Hold two kinds of views, joined by the probability C_xz of being a positive pair: images and texts, or two augmentations.

    Made by ``build(p, A, second=B)``, where C = Aᵀ diag(p) B, by ``from_bipartite(C)``, and by ``two_encoders()`` of other graphs.
    An encoder f embeds the views x, and another, g, the views z. What one of them is to find is the business of `side_x` and
    `side_z`, which are graphs of one kind of view; what a class of naturals has to do with it, that of `of_x` and `of_z`.

    Attributes
    ----------
    views_x, views_z : sequences of N_x and of N_z outcomes
    pairs : (N_x, N_z) csr_array
        C, whose entries sum to 1.
    w_x, w_z : (N_x,), (N_z,) arrays
        The views' probabilities: the row and the column sums of C.
    labels : (n,) array or None
        The naturals' classes, where there are naturals.
    labels_x, labels_z : (N_x,), (N_z,) arrays or None
        The views' own classes, where they were given.
    first, second : EnumeratedPopulation or None
        The kernels A and B on one p that the pairs are two draws of; None where C was given directly.
    given_weights : ExactWeights or None
        The entries of C as fractions, where C was given so.
    name : str
        How it prints.

    See Also
    --------
    from_bipartite : Make one of given pairs.
    build : Make one of two augmentations of the same naturals.
    SingularSpectrum : Its leading singular triplets.
    zero_shot : Classify its views x by prompts z.

    References
    ----------
    THEORY 11; Zhang et al. 2023, arXiv 2306.04272.

    Examples
    --------
    >>> import popgraph as pg
    >>> captions = {"cat.jpg": {"a cat": "3/4", "an animal": "1/4"}, "dog.jpg": {"a dog": "3/4", "an animal": "1/4"}}
    >>> graph = pg.build(list(captions), pg.identity(), second=captions)
    >>> graph
    BipartiteGraph(2 naturals, 2 x 3 views, 4 pairs, 1 component)
    >>> graph.spectrum(2).sigma
    array([1.   , 0.866])
    """

    views_x: Sequence[Hashable]
    views_z: Sequence[Hashable]
    pairs: Sparse
    w_x: Floats
    w_z: Floats
    labels: Any = None
    labels_x: Any = None
    labels_z: Any = None
    first: EnumeratedPopulation | None = None
    second: EnumeratedPopulation | None = None
    given_weights: ExactWeights | None = None
    name: str = ""

    @property
    def N_x(self) -> int:
        """The number of views x."""
        return len(self.views_x)

    @property
    def N_z(self) -> int:
        """The number of views z."""
        return len(self.views_z)

    @property
    def naturals(self) -> Sequence[Hashable] | None:
        """The n naturals whose draws the pairs are; None where the pairs were given directly."""
        return None if self.first is None else self.first.distribution.outcomes

    @property
    def p(self) -> Floats | None:
        """The naturals' probabilities, (n,); None where there are none."""
        return None if self.first is None else self.first.distribution.probabilities

    @property
    def kernel_x(self) -> Sparse | None:
        """A(x|x̄), an (n, N_x) csr_array; None where the pairs were given directly."""
        return None if self.first is None else self.first.kernel

    @property
    def kernel_z(self) -> Sparse | None:
        """B(z|x̄), an (n, N_z) csr_array; None where the pairs were given directly."""
        return None if self.second is None else self.second.kernel

    @property
    def w(self) -> Floats:
        """The pairs' probabilities C, a dense (N_x, N_z) array; `.TooLarge` above 1 GiB."""
        joint.check_dense("C", self.N_x, self.N_z)
        return frozen(self.pairs.toarray())

    @property
    def adjacency(self) -> Floats:
        """S = D_x^-1/2 C D_z^-1/2, a dense (N_x, N_z) array; `.TooLarge` above 1 GiB."""
        joint.check_dense("S", self.N_x, self.N_z)
        return frozen(self.factor.toarray())

    def weight_matrix(self, form: Literal["dense", "csr"] = "csr") -> Any:
        """Return C as a dense array or a csr_array; `.TooLarge` above 1 GiB dense, `.InvalidArgument` of another form.

        Examples
        --------
        >>> import popgraph as pg
        >>> pg.from_bipartite([[1, 1], [0, 2]], normalize=True).weight_matrix("csr").nnz
        3
        """
        return self.w if one_of("form", form, ("dense", "csr")) == "dense" else self.pairs

    @cached_property
    def factor(self) -> Sparse:
        """S = D_x^-1/2 C D_z^-1/2, an (N_x, N_z) csr_array: SSᵀ and SᵀS are the normalised adjacencies of the two sides."""
        C, reserved = self.pairs, 20.0 * self.pairs.nnz
        reserve("S", reserved, "give fewer pairs")
        data = C.data / np.repeat(np.sqrt(self.w_x), np.diff(C.indptr)) / np.sqrt(self.w_z)[C.indices]
        S = Sparse((np.maximum(data, weights.SMALLEST_POSITIVE_FLOAT), C.indices, C.indptr), shape=C.shape)
        S.has_canonical_format = True
        return frozen_csr(S)

    @property
    def is_exact(self) -> bool:
        """Whether C is known in fractions: p, A and B were declared exactly, or C was."""
        if self.first is None or self.second is None:
            return self.given_weights is not None
        return self.first.distribution.exact and self.first.exact is not None and self.second.exact is not None

    @cached_property
    def exact_weights(self) -> ExactWeights | None:
        """The entries of C as fractions, in the order in which ``pairs`` stores them; None where they are floats."""
        if not self.is_exact or self.first is None or self.second is None:
            return self.given_weights
        return joint.exact_joint_law(self.first, self.second, self.pairs)

    @cached_property
    def _split(self) -> Components:
        return find_components(self.factor)

    @property
    def components_x(self) -> Ints:
        """The component of each view x, (N_x,); components are numbered by their first view z."""
        return self._split.of_row

    @property
    def components_z(self) -> Ints:
        """The component of each view z, (N_z,), numbered by first view: 0, 1, ..."""
        return self._split.of_column

    @property
    def component_count(self) -> int:
        """The number of connected components: the multiplicity of the singular value 1 [THEORY 11]."""
        return self._split.count

    @in_words("the spectrum", "use a smaller k")
    def spectrum(self, k: int, *, solver: str | None = None) -> SingularSpectrum:
        """Return the k leading singular triplets of S: sigma, U, V, residuals, the gap, and a certificate [THEORY 11].

        Parameters
        ----------
        k : int
            In 1..min(N_x, N_z).
        solver : {"dense", "iterative", "shift-invert"}, optional
            Force a solver; the policy chooses by default, and ``spectrum.solvers`` says what and why.

        Raises
        ------
        InvalidArgument
            If k is out of range.
        NotConverged, TooLarge
            If an answer could not be certified, or there is not the memory for it.

        Examples
        --------
        >>> import popgraph as pg
        >>> pg.from_bipartite([[2, 1], [1, 2], [1, 1]], normalize=True).spectrum(2).sigma
        array([1.    , 0.2887])
        """
        return decompose_bipartite(self.factor, self.w_x, self.w_z, k, components=self._split, solver=solver)

    @cached_property
    def side_x(self) -> PopulationGraph:
        """The views x alone: two of them are a positive pair if they are drawn independently for one z.

        A `PopulationGraph` whose naturals are the views z, with p = w_z and the kernel C(x, z)/w_z; its Ā is SSᵀ, γ = σ²
        and F* = U. So f spans the leading left singular vectors iff it matches this graph.
        """
        C, exact = joint.transposed(self.pairs, self.exact_weights)
        population = columns_given_rows(C, exact, self.views_z, self.views_x)
        factor = frozen_csr(self.factor.T)
        return PopulationGraph(population, self.w_x, factor, labels=self.labels_z, name=self._side("x"))

    @cached_property
    def side_z(self) -> PopulationGraph:
        """The views z alone: two of them are a positive pair if they are drawn independently for one x; Ā is SᵀS, and F* is V."""
        population = columns_given_rows(self.pairs, self.exact_weights, self.views_x, self.views_z)
        return PopulationGraph(population, self.w_z, self.factor, labels=self.labels_x, name=self._side("z"))

    def _side(self, which: str) -> str:
        return f"{self.name}, {which}" if self.name else ""

    @cached_property
    def of_x(self) -> PopulationGraph:
        """The naturals and the views x, without z: what ``probe(graph.of_x, f)`` counts on.

        The graph of (p, A) with the naturals' labels; where C was given directly, each view x is its own natural, with
        ``labels_x``. Its pairs are two draws from A, and not those of this graph: verify f on `side_x`.
        """
        if self.first is None:
            return of_views(self.views_x, self.w_x, self.labels_x, self._side("x"))
        return of_kernel(self.first, self.labels, self._side("x"))

    @cached_property
    def of_z(self) -> PopulationGraph:
        """The naturals and the views z, without x: what ``probe(graph.of_z, g)`` counts on; as `of_x`."""
        if self.second is None:
            return of_views(self.views_z, self.w_z, self.labels_z, self._side("z"))
        return of_kernel(self.second, self.labels, self._side("z"))

    @property
    def view_labels_x(self) -> Any:
        """The class of each view x, (N_x,): ``labels_x``, or the most probable class of its naturals, or `.InvalidArgument`."""
        return self.of_x.view_labels if self.labels_x is None else self.labels_x

    @property
    def view_labels_z(self) -> Any:
        """The class of each view z, (N_z,): ``labels_z``, or the most probable class of its naturals, or `.InvalidArgument`."""
        return self.of_z.view_labels if self.labels_z is None else self.labels_z

    @cached_property
    def _indices(self) -> tuple[dict[Hashable, int], dict[Hashable, int]]:
        return tuple({by_value(view): i for i, view in enumerate(views)} for views in (self.views_x, self.views_z))  # type: ignore[return-value]

    def index_x(self, view: Any) -> int:
        """Return the row of a view x; `.InvalidArgument` if it is none of this graph.

        Examples
        --------
        >>> import popgraph as pg
        >>> pg.from_bipartite([[1, 1], [0, 2]], views_x=["a", "b"], normalize=True).index_x("b")
        1
        """
        return joint.position_of(view, self._indices, 0)

    def index_z(self, view: Any) -> int:
        """Return the column of a view z; `.InvalidArgument` if it is none of this graph.

        Examples
        --------
        >>> import popgraph as pg
        >>> pg.from_bipartite([[1, 1], [0, 2]], views_z=["a", "b"], normalize=True).index_z("b")
        1
        """
        return joint.position_of(view, self._indices, 1)

    def explain(self, x: Any, z: Any) -> joint.CrossExplanation | PairExplanation:
        """Show the probability of the pair (x, z): its sum over naturals, or beside what independent views would have.

        In fractions where the population is exact; `.InvalidArgument` if either is no view of its side.

        Examples
        --------
        >>> import popgraph as pg
        >>> graph = pg.build(["cat", "dog"], pg.identity(), second=pg.apply(lambda x: "a " + x, "1/3"))
        >>> print(graph.explain("cat", "a cat"))
        C('cat', 'a cat') = 1/6
          = sum over naturals of p · A(x) · B(z):
          1/2 · 1 · 1/3 = 1/6   from 'cat'
        """
        i, j = self.index_x(x), self.index_z(z)
        x, z = self.views_x[i], self.views_z[j]
        if self.first is not None and self.second is not None:
            return joint.CrossExplanation(x, z, tuple(joint.terms_of(self.first, self.second, i, j)))
        exact, value = self.exact_weights, joint.entry(self.pairs, self.exact_weights, i, j)
        if exact is None:
            return PairExplanation(x, z, value, float(self.w_x[i]), float(self.w_z[j]))
        sides = self.side_z.population.distribution.fractions, self.side_x.population.distribution.fractions
        return PairExplanation(x, z, value, sides[0][x], sides[1][z])

    @cached_property
    def _pairs_below(self) -> Floats:
        running = np.cumsum(self.pairs.data)
        return np.asarray(running / running[-1])

    def sample_pairs(self, size: int, *, rng: Seed = None) -> Ints:
        """Draw positive pairs (x, z) from C: an array (size, 2) of positions in ``views_x`` and in ``views_z``.

        Examples
        --------
        >>> import popgraph as pg
        >>> pg.from_bipartite([[1, 1], [0, 2]], normalize=True).sample_pairs(3, rng=0).shape
        (3, 2)
        """
        return joint.drawn_pairs(self.pairs, self._pairs_below, generator(rng).random(read_draws(size)))

    def swapped(self) -> "BipartiteGraph":
        """Return this graph with its two kinds of views exchanged: x in the place of z.

        Examples
        --------
        >>> import popgraph as pg
        >>> pg.from_bipartite([[1, 1, 0], [0, 0, 2]], normalize=True).swapped().N_x
        3
        """
        turned, exact = joint.transposed(self.pairs, self.given_weights)
        return replace(
            self,
            views_x=self.views_z,
            views_z=self.views_x,
            pairs=turned,
            w_x=self.w_z,
            w_z=self.w_x,
            labels_x=self.labels_z,
            labels_z=self.labels_x,
            first=self.second,
            second=self.first,
            given_weights=exact,
        )

    def __repr__(self) -> str:
        return f"BipartiteGraph({printing.sizes_in_words(self)})"

    def __str__(self) -> str:
        return printing.graph_text(self, self._shown_spectrum())

    def _repr_html_(self) -> str:
        return printing.graph_html(self, self._shown_spectrum())

    def _shown_spectrum(self) -> SingularSpectrum | None:
        smaller = min(self.N_x, self.N_z)
        return self.spectrum(min(8, smaller)) if smaller <= MAX_SIDE_SOLVED_TO_PRINT else None


def bipartite_graph(
    views_x: Sequence[Hashable],
    views_z: Sequence[Hashable],
    C: Any,
    *,
    exact: ExactWeights | None = None,
    labels: Any = None,
    labels_x: Any = None,
    labels_z: Any = None,
    first: EnumeratedPopulation | None = None,
    second: EnumeratedPopulation | None = None,
    name: str = "",
) -> BipartiteGraph:
    """Make a BipartiteGraph of a joint law C (N_x, N_z) that is known to be one: no negative entry, sum 1, no empty row or column.

    `exact` has a numerator for each stored entry of C, which is then a csr_array in canonical form. Labels are arrays.
    """
    pairs = frozen_csr(C)
    sums = [np.asarray(pairs.sum(axis=axis)) for axis in (1, 0)]
    for views, probabilities in zip((views_x, views_z), sums, strict=True):
        weights.check_view_probabilities(probabilities, views)
    return BipartiteGraph(
        views_x=views_x,
        views_z=views_z,
        pairs=pairs,
        w_x=frozen(sums[0]),
        w_z=frozen(sums[1]),
        labels=labels,
        labels_x=labels_x,
        labels_z=labels_z,
        first=first,
        second=second,
        given_weights=exact,
        name=name,
    )
