"""Hypothesis strategies: random populations that shrink to a handful of views, labellings of them, and embeddings of them.

A graph with a given number of components, a clean cut or a repeated eigenvalue is constructed, and not found by rejection.
Needs `pip install "hypothesis>=6.130"`.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
from hypothesis import assume, note
from hypothesis import strategies as st

from popgraph.basics.arguments import count, flag, whole_number
from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.arguments.outcomes import read_distinct
from popgraph.basics.arguments.populations import read_population
from popgraph.basics.arrays import Floats, Ints
from popgraph.basics.protocols import ViewedPopulation
from popgraph.declare import Augmentation, Distribution, as_augmentation
from popgraph.errors import InvalidArgument
from popgraph.populations import PopulationGraph, read_graph
from popgraph.testing.declaration import as_python
from popgraph.testing.kernels import (
    Draw,
    component,
    gamma_of,
    letters,
    list_of,
    repeated,
    row,
    sizes_of,
    united,
    weights,
    with_multiplicity,
)

MIN_GAP = 1e-6  # of a clean cut, and between a repeated eigenvalue and the others
WRONG_ANGLES = (np.pi / 2, 1.0, 0.5, 0.1)  # in radians, by which an embedding that must not match is turned
MAX_VIEWS = 64  # so that a dense solve of a drawn graph takes less than a millisecond


@checked_call()
def distributions(
    outcomes: Iterable[Any] | None = None, *, max_outcomes: int = 5, exact: bool | None = None
) -> st.SearchStrategy[Distribution]:
    """Draw distributions of naturals, shrinking to one outcome and to equal weights.

    Parameters
    ----------
    outcomes : iterable, optional
        Exactly these, all with positive probability; if not given, one or more of a, b, c, ...
    max_outcomes : int
        The largest number of letters a, b, c, ... drawn, in 1..26.
    exact : bool, optional
        Fractions (True), floats (False), or either.

    Returns
    -------
    hypothesis.strategies.SearchStrategy of Distribution
        For ``hypothesis.given``.

    Raises
    ------
    InvalidArgument
        If there are no outcomes, or max_outcomes is not in 1..26.

    See Also
    --------
    augmentations : Draw augmentations.
    graphs : Draw both, and build.

    Examples
    --------
    >>> from hypothesis import given, settings
    >>> from popgraph.testing import distributions
    >>> @settings(database=None)
    ... @given(distributions(exact=True))
    ... def test_they_sum_to_one(law):
    ...     assert sum(law.fractions.values()) == 1
    >>> test_they_sum_to_one()
    """
    if exact is not None:
        flag("exact", exact)
    names = None if outcomes is None else read_distinct(outcomes, "outcome", "name each once")
    if names == []:
        raise InvalidArgument("outcomes is empty; a distribution has at least one")
    most = whole_number("max_outcomes", max_outcomes, 26, "the letters of the alphabet")

    @st.composite
    def law(draw: Draw) -> Distribution:
        chosen = letters(draw(st.integers(1, most))) if names is None else names
        is_exact = draw(st.sampled_from((True, False))) if exact is None else exact
        drawn = draw(list_of(weights(is_exact), len(chosen)))
        return Distribution(dict(zip(chosen, row(drawn, is_exact), strict=True)))

    return law()


@checked_call()
def augmentations(
    naturals: Iterable[Any], views: Iterable[Any] | None = None, *, max_views: int = 5, exact: bool | None = None
) -> st.SearchStrategy[Augmentation]:
    """Draw augmentations of these naturals, shrinking to one that sends every natural to the first view.

    Parameters
    ----------
    naturals : iterable or Distribution
        The outcomes that are augmented.
    views : iterable, optional
        The outcomes that they become; 1, 2, ..., max_views if not given. With the naturals as views, it can be repeated.
    max_views : int
        At most 64.
    exact : bool, optional
        As of `distributions`.

    Returns
    -------
    hypothesis.strategies.SearchStrategy of Augmentation
        For ``hypothesis.given``.

    Raises
    ------
    InvalidArgument
        If there are no naturals or no views, or max_views is not in 1..64.

    See Also
    --------
    distributions : Draw distributions.
    graphs : Draw both, and build.

    Examples
    --------
    >>> import popgraph as pg
    >>> from hypothesis import given, settings
    >>> from popgraph.testing import augmentations
    >>> @settings(database=None)
    ... @given(augmentations(["a", "b"], ["a", "b"]))
    ... def test_twice_is_a_kernel(aug):
    ...     assert pg.build(["a", "b"], aug.then(aug)).w_x.sum().round(12) == 1
    >>> test_twice_is_a_kernel()
    """
    whole_number("max_views", max_views, MAX_VIEWS, "what a strategy draws")
    if exact is not None:
        flag("exact", exact)
    rows = read_distinct(_outcomes(naturals), "natural", "name each once")
    names = read_distinct(range(1, max_views + 1) if views is None else _outcomes(views), "view", "name each once")
    if not rows or not names:
        raise InvalidArgument(f"there are {len(rows)} naturals and {len(names)} views; each has at least one")

    @st.composite
    def augmentation(draw: Draw) -> Augmentation:
        is_exact = draw(st.sampled_from((True, False))) if exact is None else exact
        table = {}
        for natural in rows:
            reached = draw(st.lists(st.sampled_from(range(len(names))), min_size=1, max_size=len(names), unique=True))
            drawn = draw(list_of(weights(is_exact), len(reached)))
            table[natural] = dict(zip((names[i] for i in reached), row(drawn, is_exact), strict=True))
        return as_augmentation(table)

    return augmentation()


@checked_call()
def graphs(
    min_views: int = 1,
    max_views: int = 8,
    *,
    components: int | None = None,
    clean_cut: int | None = None,
    multiplicity: int | None = None,
    exact: bool | None = None,
    classes: int | None = None,
) -> st.SearchStrategy[PopulationGraph]:
    """Draw population graphs of naturals a, b, ... and views 1, 2, ...; a failing test notes the declaration, ready to paste.

    Parameters
    ----------
    min_views, max_views : int
        Bounds of N, at most 64.
    components : int, optional
        The exact number of connected components.
    clean_cut : int, optional
        k with γ_k - γ_{k+1} >= 1e-6, so that the span of k columns of F* is unique.
    multiplicity : int, optional
        That some eigenvalue strictly between 0 and 1 has, 2 or more.
    exact : bool, optional
        Declared by fractions (True), by floats from 1e-6 to 1 (False), or either.
    classes : int, optional
        The largest number of classes 0, 1, ... that the naturals are labelled by; no labels if not given.

    Returns
    -------
    hypothesis.strategies.SearchStrategy of PopulationGraph
        For ``hypothesis.given``.

    Raises
    ------
    InvalidArgument
        If no graph of at most max_views views has these properties.

    See Also
    --------
    embeddings, labellings : Draw embeddings of a graph, and labels of its views.

    Examples
    --------
    >>> from hypothesis import given, settings
    >>> from popgraph.testing import graphs
    >>> @settings(database=None)
    ... @given(graphs(components=2))
    ... def test_the_eigenvalue_1_counts_components(graph):
    ...     assert (graph.spectrum(graph.N).gamma > 1 - 1e-9).sum() == graph.component_count == 2
    >>> test_the_eigenvalue_1_counts_components()
    """
    most = whole_number("max_views", max_views, MAX_VIEWS, "what a strategy draws")
    least = whole_number("min_views", min_views, most, "max_views")
    if exact is not None:
        flag("exact", exact)
    if classes is not None:
        count("classes", classes)
    parts = None if components is None else whole_number("components", components, most, "max_views")
    cut = None if clean_cut is None else whole_number("clean_cut", clean_cut, most, "max_views")
    if cut is not None and parts is not None and cut < parts:
        raise InvalidArgument(f"clean_cut is {cut}; γ_{cut} = γ_{cut + 1} = 1 with {parts} components")
    if multiplicity is not None:
        count("multiplicity", multiplicity, 2, most, "a repeated eigenvalue occurs a whole number of times")
        if multiplicity + (parts or 1) > most:
            raise InvalidArgument(
                f"max_views is {most}; an eigenvalue repeated {multiplicity} times in {parts or 1} component"
                f"{'s' * ((parts or 1) > 1)} takes {multiplicity + (parts or 1)} views"
            )

    @st.composite
    def graph(draw: Draw) -> PopulationGraph:
        is_exact = draw(st.sampled_from((True, False))) if exact is None else exact
        blocks = [] if multiplicity is None else with_multiplicity(draw, multiplicity, most, parts, is_exact)
        views = sum(len(A[0]) for _, A in blocks)
        missing_parts = 0 if parts is None else parts - len(blocks)
        if parts is None and views < most:
            missing_parts = draw(st.integers(0 if blocks else 1, min(3, most - views)))
        lower = max(missing_parts, least - views) if missing_parts else 0
        if cut is not None and missing_parts:
            lower = max(lower, cut - views)
        for size in sizes_of(draw, missing_parts, min(lower, most - views), most - views):
            n = draw(st.integers(size if cut is not None else 1, size + 1))
            blocks.append(component(draw, n, size, is_exact, full=cut is not None))
        masses = [draw(weights(is_exact)) if multiplicity is None else 1 for _ in blocks]
        drawn = united(blocks, masses, is_exact, draw(_classes(classes, sum(len(p) for p, _ in blocks))))
        gamma = gamma_of(drawn)
        assume(least <= drawn.N)
        assume(cut is None or (cut <= drawn.N and gamma[cut - 1] - gamma[cut] > MIN_GAP))
        assume(multiplicity is None or repeated(gamma[:-1], multiplicity, MIN_GAP))
        note(f"graph = {as_python(drawn)}")
        return drawn

    return graph()


@checked_call()
def labellings(graph: ViewedPopulation, classes: int = 3) -> st.SearchStrategy[Ints]:
    """Draw labels of all views, an (N,) array of integers in 0..classes-1, shrinking to one class.

    `.InvalidArgument` if the graph lists no views, or classes is not in 1..N.

    Parameters
    ----------
    graph : PopulationGraph, or another population that lists its views
        N views.
    classes : int
        The largest number of classes, in 1..N.

    Returns
    -------
    hypothesis.strategies.SearchStrategy of (N,) array
        For ``hypothesis.given``.

    See Also
    --------
    graphs : Draw graphs, with labels of naturals by classes=.

    Examples
    --------
    >>> import popgraph as pg
    >>> from hypothesis import given, settings
    >>> from popgraph.testing import labellings
    >>> from popgraph.downstream import labelling
    >>> cloud = pg.zoo.lightning_cloud()
    >>> @settings(database=None)
    ... @given(labellings(cloud, classes=2))
    ... def test_inconsistency_is_a_probability(labels):
    ...     assert 0 <= labelling.inconsistency(cloud, labels) <= 1
    >>> test_inconsistency_is_a_probability()
    """
    graph = read_population("labellings(graph)", graph, ViewedPopulation)
    most = whole_number("classes", classes, graph.N)
    return list_of(st.integers(0, most - 1), graph.N).map(np.array)


@checked_call()
def embeddings(graph: PopulationGraph, k: int, *, matching: bool | None = None) -> st.SearchStrategy[Floats]:
    """Draw embeddings f, (N, k) arrays, that match F* up to an invertible map, or do not, by construction.

    A matching f is F* Q with Q invertible; where the cut is degenerate, F* is drawn from its family. One that does not match has
    a lower rank, or a direction of F* is turned by 0.1 to π/2 rad out of its span.

    Parameters
    ----------
    graph : PopulationGraph
        N views.
    k : int
        The number of columns.
    matching : bool, optional
        Whether they match; either if not given.

    Returns
    -------
    hypothesis.strategies.SearchStrategy of (N, k) array
        For ``hypothesis.given``.

    Raises
    ------
    InvalidArgument
        If k is not in 1..rank Ā, the number of its positive eigenvalues: above it nothing matches.

    See Also
    --------
    graphs : Draw graphs.
    assert_matches : What a test may claim of them.

    Examples
    --------
    >>> import popgraph as pg
    >>> from hypothesis import given, settings
    >>> from popgraph.testing import assert_matches, embeddings
    >>> cloud = pg.zoo.lightning_cloud()
    >>> @settings(database=None)
    ... @given(embeddings(cloud, 2, matching=True))
    ... def test_all_match(f):
    ...     assert_matches(cloud, f)
    >>> test_all_match()
    """
    read_graph("embeddings(graph, k)", graph, pairs=True)
    if matching is not None:
        flag("matching", matching)
    spectrum = graph.spectrum(graph.N)
    most = "the number of positive eigenvalues of Ā" if spectrum.gamma[-1] < 0 else "the rank of Ā"
    k = whole_number("k", k, int(np.sum(spectrum.gamma > 0)), most)
    gamma, V = spectrum.gamma, spectrum.eigenvectors
    above = int(np.sum(gamma > gamma[k - 1] + spectrum.tolerance))
    end = int(np.sum(gamma >= gamma[k - 1] - spectrum.tolerance))

    @st.composite
    def embedding(draw: Draw) -> Floats:
        mix = np.array(draw(list_of(list_of(st.integers(-2, 2), k - above), end - k))).reshape(end - k, k - above)
        family = np.linalg.qr(np.vstack([np.eye(k - above), mix]))[0]  # (end - above, k - above), of full rank
        F = np.column_stack([V[:, :above], V[:, above:end] @ family])
        Q = _invertible(draw, k)
        if draw(st.booleans()) if matching is None else not matching:
            F, Q = _spoilt(draw, F, Q, V, above, end)
        return (F @ Q) / np.sqrt(graph.w_x)[:, np.newaxis]

    return embedding()


def _outcomes(names: Any) -> Any:
    """Return the outcomes of a Distribution, or the iterable that was given."""
    return names.outcomes if isinstance(names, Distribution) else names


def _spoilt(draw: Draw, F: Floats, Q: Floats, V: Floats, above: int, end: int) -> tuple[Floats, Floats]:
    """Turn one of F's orthonormal columns out of the span that it must have, or lower the rank of Q."""
    k, N = F.shape[1], len(V)
    ways = ["collapsed"] + ["turned"] * (end < N) + ["lost"] * (0 < above < k < end)
    way = draw(st.sampled_from(ways))
    column = draw(st.integers(0, (above if way == "lost" else k) - 1))
    if way == "collapsed":
        Q = Q.copy()
        Q[:, column] = Q[:, column - 1] if k > 1 else 0
        return F, Q
    F, angle = F.copy(), draw(st.sampled_from(WRONG_ANGLES))
    if way == "turned":  # to an eigenvector below the cut
        away = V[:, draw(st.integers(end, N - 1))]
    else:  # to a direction of the family that is orthogonal to F
        outside = V[:, above:end] - F @ (F.T @ V[:, above:end])
        away = np.linalg.svd(outside, full_matrices=False)[0][:, 0]
    F[:, column] = np.cos(angle) * F[:, column] + np.sin(angle) * away
    return F, Q


def _invertible(draw: Draw, k: int) -> Floats:
    """Draw an invertible (k, k) matrix of small whole numbers, shrinking to the identity."""
    entries = np.array(draw(list_of(list_of(st.integers(-1, 1), k), k)), dtype=float).reshape(k, k)
    scale = np.array(draw(list_of(st.sampled_from((1.0, 2.0, -1.0, 0.5)), k)))
    Q: Floats = (np.eye(k) + np.tril(entries, -1)) @ (np.eye(k) + np.triu(entries, 1)) * scale
    return Q


def _classes(classes: int | None, n: int) -> Any:
    return st.none() if classes is None else list_of(st.integers(0, classes - 1), n)
