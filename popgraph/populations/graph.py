"""`PopulationGraph`: a declared population joined to its arrays w, Ā and M; its methods forward to the rooms of the algorithms."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

from popgraph.basics.arguments import generator, one_of
from popgraph.basics.arguments.classes import bayes_labels
from popgraph.basics.arrays import Floats, Ints, Sparse
from popgraph.basics.memory import in_words
from popgraph.declare import EnumeratedPopulation, Seed
from popgraph.errors import InvalidArgument
from popgraph.populations import printing, weights
from popgraph.populations.doors import MAKERS
from popgraph.populations.exact import ExactGraph
from popgraph.populations.explanation import Explanation, explain
from popgraph.populations.factored_views import FactoredViews
from popgraph.populations.features import read_features, refuse_solver
from popgraph.populations.fourier import FourierBlocks
from popgraph.populations.grid import find_grid
from popgraph.populations.labelled import KnownLabels, labelled_pairs, pair_draws
from popgraph.populations.noise import NoiseGraph, with_noise
from popgraph.populations.sampling import PairSampler
from popgraph.populations.symmetry import Symmetry, read_symmetry
from popgraph.spectrum import Grid, Spectrum, decompose, ritz

MAX_SIDE_SOLVED_TO_PRINT = 400  # of M; up to this all eigenvalues are quick to compute


@dataclass(frozen=True, eq=False, repr=False)
class PopulationGraph(FactoredViews):
    """Hold the population graph: all views x, joined by the probability w_xx' of being a positive pair.

    Made by `build`. The factor is the graph: M = diag(√p) A D^-1/2 and Ā = MᵀM; w and Ā are dense views of it, for looking at
    and for teaching. Self-weights count: w_xx > 0, and w_x includes it.

    Attributes
    ----------
    population : EnumeratedPopulation
        The declaration, enumerated: `naturals`, `views`, `p` and `kernel` are read off it.
    w_x : (N,) array
        The views' probabilities, the row sums of w.
    factor : (n, N) csr_array
        M.
    labels : (n,) array or None
        The naturals' classes y(x̄); None in it is an unlabelled natural.
    name : str
        How it prints.
    symmetry : Symmetry or None
        A group that leaves p and A as they are, declared by `with_symmetry`.
    pair_population : EnumeratedPopulation or None
        Of a graph with labels in it (`with_labels`): the population whose double draws are the pairs. None otherwise.
    known : KnownLabels or None
        These labels, their weight η and the classes' weights.

    See Also
    --------
    build : Build one of a distribution and an augmentation.
    PairGraph, BipartiteGraph : Graphs of given pairs, of one and of two kinds of views.

    Examples
    --------
    >>> import popgraph as pg
    >>> graph = pg.build(["a", "b"], {"a": {"x": "1/2", "y": "1/2"}, "b": {"y": 1}})
    >>> graph.views, graph.component_count
    (('x', 'y'), 1)
    """

    population: EnumeratedPopulation
    w_x: Floats
    factor: Sparse
    labels: Any = None
    name: str = ""
    symmetry: Symmetry | None = None
    pair_population: EnumeratedPopulation | None = None
    known: KnownLabels | None = None

    @property
    def naturals(self) -> tuple[Hashable, ...]:
        """The n naturals x̄, in the order declared."""
        return self.population.distribution.outcomes

    @property
    def views(self) -> Sequence[Hashable]:
        """The N views x; row i of every (N, ...) array belongs to views[i]."""
        return self.population.views

    @property
    def p(self) -> Floats:
        """The naturals' probabilities, (n,)."""
        return self.population.distribution.probabilities

    @property
    def kernel(self) -> Sparse:
        """The kernel A(x|x̄), an (n, N) csr_array whose rows sum to 1."""
        return self.population.kernel

    @property
    def is_exact(self) -> bool:
        """Whether p and A, and the weight of labels in the graph, were all declared exactly."""
        return self._drawn.exact is not None and self._drawn.distribution.exact

    def exact(self) -> ExactGraph:
        """Return this graph without rounding: rational w and walk, and the spectrum in algebraic numbers.

        A spectrum needs ``pip install "python-flint>=0.9"``. `.InvalidDistribution` if p or A was declared with floats, which are
        not promoted; the message names the first one and the mend.

        Examples
        --------
        >>> import popgraph as pg
        >>> exact = pg.zoo.hypercube(3, "1/4").exact()
        >>> exact.w_x[0], exact.clean_cuts
        (Fraction(1, 8), (1, 4, 7, 8))
        >>> exact.eigenvalues[1]
        Eigenvalue(1/4, multiplicity 3)
        """
        return self._exact

    @cached_property
    def _exact(self) -> ExactGraph:
        return ExactGraph(self._drawn)

    @property
    def _drawn(self) -> EnumeratedPopulation:
        return self.population if self.pair_population is None else self.pair_population

    @property
    def n(self) -> int:
        """The number of naturals."""
        return len(self.naturals)

    @property
    def N(self) -> int:
        """The number of views."""
        return len(self.views)

    @property
    def w(self) -> Floats:
        """The positive pairs' probabilities ``w_xx' = Σ p(x̄) A(x|x̄) A(x'|x̄)``, a dense (N, N) array; `.TooLarge` above 1 GiB."""
        return weights.dense(*pair_draws(self))

    def weight_matrix(self, form: Literal["dense", "csr"] = "csr") -> Any:
        """Return w as a dense array or a csr_array; `.TooLarge` above 1 GiB dense, 8 GiB sparse; `.InvalidArgument` of another.

        Examples
        --------
        >>> import popgraph as pg
        >>> pg.zoo.lightning_cloud().weight_matrix("csr").nnz
        8
        """
        if one_of("form", form, ("dense", "csr")) == "dense":
            return self.w
        return weights.sparse(*pair_draws(self))

    def expand(self) -> "PopulationGraph":
        """Return this graph: its naturals and views are listed already.

        Examples
        --------
        >>> import popgraph as pg
        >>> pg.zoo.hypercube(2).expand()
        PopulationGraph(2-cube: 4 naturals, 4 views, 1 component)
        """
        return self

    def two_encoders(self) -> Any:
        """Return the same pairs as a `BipartiteGraph`, for an encoder f of the first view and g of the second: S is Ā, and σ = γ.

        Examples
        --------
        >>> import popgraph as pg
        >>> pg.zoo.hypercube(2).two_encoders().spectrum(4).sigma
        array([1.    , 0.25  , 0.25  , 0.0625])
        """
        return MAKERS["two encoders"](self)

    def with_symmetry(self, generators: Any) -> "PopulationGraph":
        """Return this graph with a finite abelian group that leaves it as it is, so that its spectrum takes a fraction of the time.

        ``spectrum(k)`` cuts Ā into a block for each character of the group, and ``spectrum.solvers`` says so; with ``solver=`` it
        solves as without symmetry, as it does where the blocks would take more than 4 GiB. All else is the same. A symmetry
        declared earlier is replaced: give all generators at once. `save` leaves the symmetry out: declare it again after `load`.

        Parameters
        ----------
        generators : list, or a single one
            Each a function of outcomes (it moves naturals and views), a mapping outcome -> outcome (others stay), a pair of
            integer arrays (where naturals 0..n-1 and views 0..N-1 go), or for images "shift down", "shift right", "flip top to
            bottom" or "flip left to right"; shifts are cyclic. They commute, and p(gx̄) = p(x̄), A(gx|gx̄) = A(x|x̄), to rounding.
            `.InvalidArgument` names the one that does not serve; `.TooLarge` if the group has more than 268 million elements.

        Examples
        --------
        >>> import popgraph as pg
        >>> ring = pg.zoo.ring(12).with_symmetry(lambda x: (x + 1) % 12)
        >>> ring.spectrum(3).gamma, ring.spectrum(3).solvers[0].solver
        (array([1.   , 0.871, 0.871]), 'Fourier transform')
        """
        if self.known is not None:
            raise InvalidArgument(
                "a graph with labels in it takes no symmetry, as its labels need not have it; leave it out"
            )
        return replace(self, symmetry=read_symmetry(self.population, generators))

    def with_labels(self, known: Any, weight: Any, class_weights: Any = None) -> "PopulationGraph":
        """Return this population with labels in its pairs: w' = (1 - η) w + η Σ_c q_c A_c A_cᵀ, A_c = E[A(.|x̄) | y(x̄) = c].

        With probability η a pair is two views of two independent naturals of one known class, else two views of one natural: from
        the unsupervised graph at η = 0, which is this one, to supervised contrastive learning at η = 1. The naturals, p, the
        kernel, ``labels`` and what probes count stay those of the population; w, w_x, the factor and the spectrum are of w'.

        Parameters
        ----------
        known : mapping natural -> class, Series, or sequence of n classes with None where unknown
            They need not be ``labels``. Of some of the graph's classes: [y if y in {"cat"} else None for y in graph.labels].
        weight : float, Fraction, Decimal, str or int
            η in [0, 1]; exact with an exact one.
        class_weights : mapping class -> weight, "uniform" or "probability", optional
            q over the known classes, which sums to 1: uniform if not given, or their probabilities.

        Raises
        ------
        InvalidArgument
            If a name is no natural's or class's, nothing is known, or η or a q is no probability; if a view has w'_x = 0, at
            η = 1; or of a graph that has labels in it already.

        Notes
        -----
        A declared symmetry is left out, as the labels need not have it.

        References
        ----------
        THEORY 12; Sun, Shi and Li 2023 (SORL, 2311.03524); Khosla et al. 2020 (SupCon, 2004.11362).

        Examples
        --------
        >>> import popgraph as pg
        >>> graph = pg.zoo.planted_subclasses(2, 2, size=1, within=".1", across=".05")
        >>> graph.with_labels(graph.labels, weight="1/2").spectrum(4).gamma
        array([1.    , 0.81  , 0.2812, 0.2812])
        """
        drawn = labelled_pairs(self.population, known, weight, class_weights)
        if self.known is not None:
            raise InvalidArgument(
                f"this graph has labels in it already, {self.known!r}; give all labels that are known to the graph without them"
            )
        if drawn is None:
            return self
        pairs, labels = drawn
        w_x, factor = weights.arrays(pairs)
        return replace(self, w_x=w_x, factor=factor, symmetry=None, pair_population=pairs, known=labels)

    def with_noise(self, noise: Any) -> NoiseGraph:
        """Return this graph as the spectral loss sees it with negatives from a noise law: D_q^-1/2 w D_q^-1/2 stands for Ā.

        Parameters
        ----------
        noise : float, mapping view -> probability, Series or (N,) array
            q, positive on every view; a number a stands for q ∝ w_x^a.

        Raises
        ------
        InvalidArgument
            If this is no law over the views, or 0 on one of them.

        Examples
        --------
        >>> import popgraph as pg
        >>> graph = pg.zoo.hypercube(2, "1/10")
        >>> q = [0.4, 0.3, 0.2, 0.1]
        >>> f = pg.train(graph, 2, loss=pg.losses.SpectralLoss(noise=q), rng=0).f
        >>> bool(pg.verify(graph, f)), bool(pg.verify(graph.with_noise(q), f))
        (False, True)
        """
        return with_noise(self, noise)

    @cached_property
    def _fourier(self) -> FourierBlocks | None:
        return None if self.symmetry is None else FourierBlocks(self.factor, self.w_x, self.components, self.symmetry)

    @cached_property
    def grid(self) -> Grid | None:
        """The coordinates whose product this graph is, where its outcomes are tuples and it is one; found by looking at p and A."""
        return find_grid(self.population) if self.pair_population is None else None

    @property
    def view_labels(self) -> Any:
        """The most probable class of each view, (N,): Bayes' labeller argmax_c Σ_x̄ p(x̄) A(x|x̄) 1[y(x̄) = c].

        None for a view that no labelled natural reaches; `.InvalidArgument` if the graph has no labels.
        """
        if self.labels is None:
            raise InvalidArgument("this graph has no labels; pass labels= to popgraph.build")
        return bayes_labels(self.labels, self.p, self.kernel)

    @in_words("the spectrum", "use a smaller k")
    def spectrum(self, k: int, *, solver: str | None = None, features: Any = None) -> Spectrum:
        """Return the k leading eigenpairs of Ā: gamma, F*, residuals, the gap, and a certificate [H21, section 3.2].

        With features Ψ, those of Ā projected on the embeddings f = ΨW (Rayleigh-Ritz): gamma are then the Ritz values θ_i <= γ_i,
        ``embedding`` is the exact minimiser of the spectral loss over the class, ``weights`` its W, and -Σθ² the minimum [H23].

        Parameters
        ----------
        k : int
            In 1..N, and at most d for features.
        solver : {"dense", "iterative", "shift-invert"}, optional
            Force a solver; a declared symmetry or the policy chooses by default, and ``spectrum.solvers`` says what and why.
        features : (N, d) array, mapping view -> vector, callable view -> vector or DataFrame, optional
            Ψ, with independent columns.

        Raises
        ------
        InvalidArgument, InvalidEmbedding
            If k is not in 1..N, or the features are not one finite vector for each view, linearly dependent or fewer than k.
        NotConverged, TooLarge
            If an answer could not be certified, or there is not the memory for it.

        Examples
        --------
        >>> import popgraph as pg
        >>> pg.zoo.lightning_cloud().spectrum(k=2).eigenvectors
        array([[0.8165, 0.    ],
               [0.5774, 0.    ],
               [0.    , 0.8165],
               [0.    , 0.5774]])
        >>> cube = pg.zoo.hypercube(3)
        >>> cube.spectrum(3, features=lambda bits: [1 - 2 * bit for bit in bits]).gamma  # no constant function
        array([0.25, 0.25, 0.25])
        """
        if features is None:
            by_symmetry = self._fourier if solver is None else None
            return self._plainly(k, solver) if by_symmetry is None else by_symmetry.spectrum(k, self._plainly)
        refuse_solver(solver)
        feature_class = read_features(self.views, self.w_x, features)
        return ritz(self.factor, self.w_x, feature_class.basis, feature_class.T, k)

    def _plainly(self, k: int, solver: str | None = None) -> Spectrum:
        return decompose(self.factor, self.w_x, k, components=self._split, solver=solver, grid=self.grid)

    def explain(self, x: Any, x_plus: Any) -> Explanation:
        """Show w_xx' as its sum over naturals, in fractions where the population is exact; `.InvalidArgument` if either is no view.

        Examples
        --------
        >>> import popgraph as pg
        >>> graph = pg.build(["lightning", "cloud"], pg.apply(lambda x: x + " rotated", "1/3"))
        >>> print(graph.explain("lightning", "lightning rotated"))
        w('lightning', 'lightning rotated') = 1/9
          = sum over naturals of p · A(x) · A(x'):
          1/2 · 2/3 · 1/3 = 1/9   from 'lightning'
        """
        return explain(self._drawn, self._by_view, self.index(x), self.index(x_plus))

    @cached_property
    def _by_view(self) -> Any:
        return self._drawn.kernel.tocsc()

    def sample_views(self, size: int, *, rng: Seed = None) -> Ints:
        """Draw views from w_x: an array (size,) of positions in `views`.

        Examples
        --------
        >>> import popgraph as pg
        >>> pg.zoo.lightning_cloud().sample_views(5, rng=0).shape
        (5,)
        """
        return self._sampler.views(size, generator(rng))

    def sample_pairs(self, size: int, *, rng: Seed = None) -> Ints:
        """Draw positive pairs (x, x⁺) from w, as two views of one natural: an array (size, 2) of positions in `views`.

        Examples
        --------
        >>> import popgraph as pg
        >>> pg.zoo.lightning_cloud().sample_pairs(3, rng=0).shape
        (3, 2)
        """
        return self._sampler.pairs(size, generator(rng))

    @cached_property
    def _sampler(self) -> PairSampler:
        return PairSampler(*pair_draws(self))

    def __repr__(self) -> str:
        group = "" if self.symmetry is None else f", symmetric under {self.symmetry.group}"
        count = 0 if self.known is None else self.known.count
        known = f", labels of {count:,} natural{'s' * (count != 1)} in the pairs" if count else ""
        return f"PopulationGraph({printing.sizes_in_words(self)}{group}{known})"

    def __str__(self) -> str:
        return printing.graph_text(self, self._shown_spectrum())

    def _repr_html_(self) -> str:
        return printing.graph_html(self, self._shown_spectrum())

    def _shown_spectrum(self) -> Spectrum | None:
        return self.spectrum(min(8, self.N)) if min(self.n, self.N) <= MAX_SIDE_SOLVED_TO_PRINT else None
