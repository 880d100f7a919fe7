"""`LowDegree`: embeddings of a product that are sums of products of functions of a few coordinates, and their exact moments."""

from collections.abc import Hashable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import combinations, product
from math import comb
from typing import Any

import numpy as np

from popgraph.basics.arguments import count, is_real, numbers, whole_number
from popgraph.basics.arguments.embeddings import read_embedding
from popgraph.basics.arguments.outcomes import list_finite
from popgraph.basics.arrays import Floats, Immutable, frozen
from popgraph.basics.words import shorten
from popgraph.errors import InvalidArgument, InvalidEmbedding, TooLarge
from popgraph.populations.structure.factors import Factors
from popgraph.spectrum.product.separable import Separable, separable

MAX_FEATURES = 10_000  # whose moments take 1.6 GB


@dataclass(frozen=True, eq=False, repr=False)
class LowDegree(Immutable):
    """Hold f(x) = Σ_S W_S Π_{j in S} g_Sj(x_j): sums of products of functions of single coordinates, with values in R^k.

    Made by `LowDegree.of` or ``product.features``. Sums, multiples and linear maps ``f @ Q`` are such functions too. Moments are
    exact sums over single coordinates, however many views there are.

    Attributes
    ----------
    factors : Factors
        Of the product.
    terms : Separable
        The m products.
    weights : (m, k) array
        W.

    See Also
    --------
    ProductGraph.features : Functions of a few coordinates.
    popgraph.train : Train over them.
    popgraph.verify : Check one exactly.

    Examples
    --------
    >>> import popgraph as pg
    >>> from popgraph import structure
    >>> cube = pg.product([pg.zoo.hypercube(1)] * 100)
    >>> sign = lambda bit: 1 - 2 * bit[0]
    >>> f = structure.LowDegree.of(cube, [(1, {0: sign}), (2, {3: sign, 7: sign})])
    >>> f
    LowDegree(2 terms of degree 2 at most, k=1)
    >>> f.second_moment(), f.cross_moment()
    (array([[5.]]), array([[0.5]]))
    """

    factors: Factors
    terms: Separable
    weights: Floats

    @classmethod
    def of(cls, product: Any, terms: Iterable[tuple[Any, Mapping[int, Any]]]) -> "LowDegree":
        """Make a function from its terms.

        Parameters
        ----------
        product : ProductGraph
            Of d coordinates.
        terms : iterable of (weight, {coordinate: function})
            A weight is a number, or the vector (k,) that multiplies the term. A function of one coordinate is a callable view ->
            number, a mapping, or an array of its N values in the order of the factor's views. No coordinate: a constant.

        Raises
        ------
        InvalidEmbedding
            If a function is not one finite number for each view of its factor, or the weights differ in length.
        InvalidArgument
            If a coordinate is not in 0..d-1, or there is no term.

        Examples
        --------
        >>> import popgraph as pg
        >>> from popgraph import structure
        >>> import numpy as np
        >>> pair = pg.product([pg.zoo.lightning_cloud(), pg.zoo.hypercube(1)])
        >>> structure.LowDegree.of(pair, [([1, 0], {}), ([0, 1], {1: [1, -1]})])(np.array([[3, 1]]))
        array([[ 1., -1.]])
        """
        factors = getattr(product, "factor_kinds", None)
        if not isinstance(factors, Factors) or isinstance(product, type):
            raise InvalidArgument(f"product is {shorten(product)}; give a ProductGraph, of popgraph.product")
        columns: list[list[Floats]] = [[np.ones(graph.N)] for graph in factors.kinds]
        functions: list[list[tuple[int, int]]] = []
        weights: list[Floats] = []
        for weight, parts in _listed(terms):
            if not isinstance(parts, Mapping):
                raise InvalidArgument(
                    f"term {len(weights)} has {shorten(parts)}; give a mapping coordinate -> function"
                )
            written = []
            for j, function in parts.items():
                j = whole_number(f"a coordinate of term {len(weights)}", j, factors.d - 1, "the last coordinate", 0)
                kind = int(factors.kind_of[j])
                written.append((j, len(columns[kind])))
                columns[kind].append(_table(factors, kind, function, f"term {len(weights)}, coordinate {j}"))
            functions.append(sorted(written))
            weights.append(_weight(weight, len(weights)))
        if not weights:
            raise InvalidArgument("a function needs at least one term; for 0 give the term (0, {})")
        if len({len(weight) for weight in weights}) > 1:
            i = next(i for i, weight in enumerate(weights) if len(weight) != len(weights[0]))
            raise InvalidEmbedding(
                f"the weight of term {i} has {len(weights[i])} entries, that of term 0 {len(weights[0])}"
            )
        tables = [np.column_stack(table) for table in columns]
        return cls(factors, separable(tables, factors.kind_of, functions), frozen(np.array(weights)))

    @property
    def k(self) -> int:
        """The dimension of f."""
        return int(self.weights.shape[1])

    @property
    def degree(self) -> int:
        """The largest number of coordinates of a term."""
        return int(np.count_nonzero(self.terms.column, axis=1).max(initial=0))

    def __call__(self, views: Any) -> Floats:
        """Return f of views, (m, k), given as positions (m, d) or a sequence of tuples."""
        return np.asarray(self.terms.evaluate(self.factors.positions(views)) @ self.weights)

    def __evaluate__(self, views: Sequence[Hashable], name: str) -> Floats:
        try:
            return self(list(views))
        except InvalidArgument as error:
            raise InvalidEmbedding(
                f"{name} is a function of a product of populations, and this graph's views are none of that product's: {error}"
            ) from None

    def __add__(self, other: "LowDegree") -> "LowDegree":
        if not isinstance(other, LowDegree) or not other.factors.same(self.factors) or other.k != self.k:
            raise InvalidArgument(
                f"{shorten(other)} cannot be added to {self!r}; it must be a LowDegree of this product and k"
            )
        tables = tuple(
            np.concatenate([a, b[:, 1:]], axis=1) for a, b in zip(self.terms.tables, other.terms.tables, strict=True)
        )
        shift = np.array([table.shape[1] - 1 for table in self.terms.tables])
        width = max(self.terms.column.shape[1], other.terms.column.shape[1])
        moved = np.where(
            other.terms.column > 0, other.terms.column + shift[self.factors.kind_of[other.terms.coordinate]], 0
        )
        coordinate, column = (
            np.concatenate([np.pad(part, ((0, 0), (0, width - part.shape[1]))) for part in parts])
            for parts in ((self.terms.coordinate, other.terms.coordinate), (self.terms.column, moved))
        )
        joined = Separable(tables, self.factors.kind_of, coordinate, column)
        return LowDegree(self.factors, joined, frozen(np.concatenate([self.weights, other.weights])))

    def __mul__(self, number: float) -> "LowDegree":
        if not is_real(number):
            return NotImplemented
        if not np.isfinite(float(number)):
            raise InvalidArgument(f"{self!r} cannot be multiplied by {number}; give a finite number")
        return LowDegree(self.factors, self.terms, frozen(self.weights * float(number)))

    __rmul__ = __mul__

    def __matmul__(self, Q: Any) -> "LowDegree":
        matrix = numbers("Q", Q, f"it must be a finite ({self.k}, l) array")
        if matrix.ndim != 2 or matrix.shape[0] != self.k:
            raise InvalidArgument(
                f"f has {self.k} columns, and Q shape {matrix.shape}; it must be a finite ({self.k}, l) array"
            )
        return LowDegree(self.factors, self.terms, frozen(self.weights @ matrix))

    def inner(self, other: "LowDegree") -> tuple[Floats, Floats]:
        """Return E f(x) g(x)ᵀ and E f(x) g(x⁺)ᵀ, (k, l) arrays, as exact sums.

        Examples
        --------
        >>> import popgraph as pg
        >>> from popgraph import structure
        >>> cube = pg.product([pg.zoo.hypercube(1)] * 100)
        >>> a, b = (structure.LowDegree.of(cube, [(1, {j: [1, -1]})]) for j in (5, 6))
        >>> a.inner(a)[1], a.inner(b)[1]
        (array([[0.25]]), array([[0.]]))
        """
        if not isinstance(other, LowDegree) or not other.factors.same(self.factors):
            raise InvalidArgument(f"other is {shorten(other)}; it must be a LowDegree of this product")
        pairs = [
            self.factors.gram(kind, a, b)
            for kind, (a, b) in enumerate(zip(self.terms.tables, other.terms.tables, strict=True))
        ]
        both = (self.terms.gram(other.terms, grams) for grams in zip(*pairs, strict=True))
        G, P = (self.weights.T @ gram @ other.weights for gram in both)
        return G, P

    def second_moment(self) -> Floats:
        """Return G = E f(x) f(x)ᵀ, (k, k).

        Examples
        --------
        >>> import popgraph as pg
        >>> pg.product([pg.zoo.hypercube(1)] * 9).features(0).second_moment()
        array([[1.]])
        """
        return self.inner(self)[0]

    def cross_moment(self) -> Floats:
        """Return P = E f(x) f(x⁺)ᵀ, (k, k).

        Examples
        --------
        >>> import popgraph as pg
        >>> pg.product([pg.zoo.hypercube(1)] * 9).spectrum(2).embedding.cross_moment().diagonal()
        array([1.    , 0.0625])
        """
        return self.inner(self)[1]

    def loss(self) -> float:
        """Return the spectral contrastive loss -2 tr P + ||G||_F², an exact sum.

        Examples
        --------
        >>> import popgraph as pg
        >>> pg.product([pg.zoo.hypercube(1)] * 1000).spectrum(1).embedding.loss()
        -1.0
        """
        with np.errstate(over="ignore", invalid="ignore"):  # too large a scale of f has an infinite loss
            G, P = self.inner(self)
            loss = float(np.sum(G**2) - 2 * np.trace(P))
        return np.inf if np.isnan(loss) else loss

    def __repr__(self) -> str:
        m = len(self.weights)
        return f"LowDegree({m:,} term{'s' * (m != 1)} of degree {self.degree} at most, k={self.k})"


def function_of_views(factors: Factors, f: Any) -> Any:
    """Return f if it is a LowDegree of this product or a callable; else raise InvalidEmbedding."""
    f = f.__low_degree__() if hasattr(f, "__low_degree__") and not isinstance(f, type) else f
    if isinstance(f, LowDegree) and not f.factors.same(factors):
        raise InvalidEmbedding(
            f"{f!r} is a function of another product; make it with this one's features or LowDegree.of"
        )
    if not callable(f) or isinstance(f, type):
        raise InvalidEmbedding(
            f"f is {shorten(f)}; a product has no table f: give a LowDegree, a ProductTraining, or a callable that takes an (m, d) "
            "array of positions and returns (m, k), or list the views by its .expand()"
        )
    return f


def _listed(terms: Any) -> list[tuple[Any, Any]]:
    """List the terms of a function, pairs in a container that has an order."""
    listed = None if isinstance(terms, str | bytes | Mapping | Set) else list_finite(terms)
    for i, term in enumerate(listed or ()):
        if not isinstance(term, tuple | list) or len(term) != 2:
            raise InvalidArgument(f"term {i} is {shorten(term)}; give pairs (weight, {{coordinate: function}})")
    if listed is None:
        raise InvalidArgument(f"terms is {shorten(terms)}; give a list of pairs (weight, {{coordinate: function}})")
    return listed


def _table(factors: Factors, kind: int, function: Any, what: str) -> Floats:
    """Read a function of one coordinate as its values (N,)."""
    given = np.asarray(function) if isinstance(function, list | tuple) else function
    given = given[:, np.newaxis] if isinstance(given, np.ndarray) and given.ndim == 1 else given
    given = {view: np.atleast_1d(value) for view, value in given.items()} if isinstance(given, Mapping) else given
    try:
        table = read_embedding(factors.kinds[kind].views, given)
    except InvalidEmbedding as error:
        raise InvalidEmbedding(f"{what}: {error}") from None
    if table.shape[1] != 1:
        raise InvalidEmbedding(
            f"{what}: a function of one coordinate has one value for each view, not {table.shape[1]}"
        )
    return table[:, 0]


def _weight(weight: Any, i: int) -> Floats:
    """Read the weight of a term as a vector."""
    need = "it must be a finite number or vector"
    vector: Floats = np.atleast_1d(numbers(f"the weight of term {i}", weight, need, InvalidEmbedding))
    if vector.ndim != 1 or not len(vector):
        raise InvalidEmbedding(f"the weight of term {i} is {shorten(weight)}; it must be a finite number or vector")
    return vector


def features(factors: Factors, degree: int) -> LowDegree:
    """Return independent functions that span all functions of degree up to this: 1, and products of 1[x_j = v] - P(x_j = v)."""
    degree = count(
        "degree", degree, 0, factors.d, f"it must be a whole number up to the number of coordinates, {factors.d:,}"
    )
    free = [graph.N - 1 for graph in factors.kinds]
    most = max(free)
    bound = sum(comb(factors.d, size) * most**size for size in range(degree + 1))
    if bound > MAX_FEATURES and _count(factors, free, degree) > MAX_FEATURES:
        raise TooLarge(
            f"functions of degree {degree} of {factors.d:,} coordinates have more than {MAX_FEATURES:,} dimensions; use a lower "
            "degree, or LowDegree.of with the terms that matter"
        )
    tables = []
    for graph in factors.kinds:
        w = graph.w_x / graph.w_x.sum()
        tables.append(
            np.column_stack([np.ones(graph.N), (np.eye(graph.N) - w)[:, 1:]]) if graph.N > 1 else np.ones((1, 1))
        )
    kinds = factors.kind_of.tolist()
    functions = [
        list(zip(chosen, columns, strict=True))
        for size in range(degree + 1)
        for chosen in combinations([j for j in range(factors.d) if free[kinds[j]]], size)
        for columns in product(*(range(1, free[kinds[j]] + 1) for j in chosen))
    ]
    terms = separable(tables, factors.kind_of, functions)
    return LowDegree(factors, terms, frozen(np.eye(len(functions))))


def _count(factors: Factors, free: list[int], degree: int) -> int:
    """Return the dimension of the functions up to a degree: the coefficients of Π (1 + free_j t), added up."""
    coefficients = [1] + [0] * degree
    for kind in factors.kind_of.tolist():
        for size in range(degree, 0, -1):
            coefficients[size] += free[kind] * coefficients[size - 1]
    return sum(coefficients)
