"""`verify`: does an embedding f match F* up to an invertible linear map? It reads the arguments; `judge.py` answers with a `Match`.

Subspaces are compared, because that is what a linear probe sees: CKA and Procrustes report 0.67 and 0.45 for f = F* B exactly.
"""

from dataclasses import replace
from functools import partial
from typing import Any, Protocol, cast, overload, runtime_checkable

import numpy as np
from scipy.sparse.linalg import LinearOperator

from popgraph.basics.arguments import angle, whole_number
from popgraph.basics.arguments.embeddings import read_embedding
from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.arguments.penalties import read_weight_decay
from popgraph.basics.arguments.populations import read_population, satisfies
from popgraph.basics.arrays import Floats
from popgraph.basics.blas import one_thread
from popgraph.basics.memory import in_words, reserve
from popgraph.basics.protocols import HasCoordinates, PairedPopulation, Population, ViewedPopulation
from popgraph.basics.words import shorten
from popgraph.errors import InvalidArgument
from popgraph.populations import read_features
from popgraph.spectrum import Spectrum, decompose_operator
from popgraph.verification.decay import read_penalty
from popgraph.verification.evidence import COLUMNS_MULTIPLIED, MAX_ENTRIES_MULTIPLIED, Evidence
from popgraph.verification.judge import judge
from popgraph.verification.match import Match
from popgraph.verification.pair_match import PairMatch
from popgraph.verification.sampled import SAMPLED_ATOL, verify_sampled
from popgraph.verification.two_encoders import verify_pair

EXACT_ATOL = 1e-6  # radians: rounding turns well separated spans by 1e-12, training by 1e-8
ONLY_PAIRS = "verify_sampled, which draws pairs alone, or its .expand()"


@runtime_checkable
class HasFeatures(Protocol):
    """An embedding that knows the features it is linear in."""

    features: Any

    def __embedding__(self) -> Floats: ...


@overload
def verify(
    graph: PairedPopulation,
    f: Any,
    k: int | None = None,
    *,
    atol: float | None = None,
    spectrum: Any = None,
    features: Any = None,
    weight_decay: float | None = None,
    head: str | int | None = None,
) -> PairMatch: ...


@overload
def verify(
    graph: Population,
    f: Any,
    k: int | None = None,
    *,
    atol: float | None = None,
    spectrum: Any = None,
    features: Any = None,
    weight_decay: float | None = None,
    head: str | int | None = None,
) -> Match: ...


@checked_call(
    pairs="f is judged exactly here, where it can be; verify_sampled takes pairs=",
    confidence="verify_sampled takes confidence=",
    longest="verify_sampled takes longest=",
    rng="nothing is drawn here; verify_sampled takes rng=",
)
@in_words("verifying f", "use a smaller k, or verify_sampled, which looks at pairs of views only")
@one_thread()
def verify(
    graph: Population | PairedPopulation,
    f: Any,
    k: int | None = None,
    *,
    atol: float | None = None,
    spectrum: Any = None,
    features: Any = None,
    weight_decay: float | None = None,
    head: str | int | None = None,
) -> Match | PairMatch:
    """Check whether an embedding f matches the leading eigenvectors F* up to an invertible linear map.

    Compares the span of F = √w_x f with that of F*. Where the k-th eigenvalue is repeated beyond k (a degenerate cut), F* is
    a family: f must contain every eigenvector of a larger eigenvalue and nothing of those of a smaller one. Where f has more than
    k columns, its span must contain F*.

    Parameters
    ----------
    graph : population
        Of any kind: listed, a product, a mixture, on a cluster, or of a class of your own.
    f : (N, d) array, mapping view -> vector, callable view -> vector, DataFrame, Training or Spectrum
        Rows in the order of ``graph.views``; a DataFrame goes by its index. Of a Spectrum its ``embedding`` is meant: F* itself
        is √w_x f, not f. Of a product a LowDegree, ProductTraining or ProductSpectrum, which is judged exactly, or a callable on
        arrays of positions (m, d), which `verify_sampled` judges by 100,000 pairs: the answer is then its `.SampledMatch`. Of a
        BipartiteGraph a pair (f, g), of the views x and of the views z, or a PairTraining; the answer is then a `PairMatch`.
    k : int, optional
        How many eigenvectors; d if not given, and at most d.
    atol : float, optional
        The largest principal angle, in radians, that counts as 0: 1e-6 if not given, or 0.1 of an f that is only sampled.
    spectrum : Spectrum or ProductSpectrum, optional
        The spectrum of this graph with at least k eigenpairs, so that it is not computed again.
    features : (N, d) array, mapping, callable or DataFrame, optional
        Ψ, if f was chosen among the functions ΨW: if f does not match, the reason then says which eigenvectors no such function
        contains, and whether f is the best of them. A Training has its own.
    weight_decay : float, optional
        λ, if the loss had the penalty λ||F||², F = √w_x f, of its features' W λ||W||². A Training has its own. The question is
        then whether f spans those of the k leading eigenvectors that decay leaves on, and whether it minimises the loss with its
        penalty; what F holds of the others counts as nothing up to atol times its smallest singular value on them.
    head : "linear" or int, optional
        If the penalty was λ(||H||² + ||W||²) of a linear head, F = HWᵀ. A Training has its own.

    Returns
    -------
    Match
        The verdict with its reasons; ``print`` shows it as a paragraph.
    PairMatch
        The same of two encoders.

    Raises
    ------
    InvalidEmbedding
        If f is not one finite real vector for each view.
    InvalidArgument
        If the first is no population, or one that neither lists its views nor has other coordinates; if k is not in 1..min(N, d),
        or atol is not in (0, pi/2); if weight_decay is negative, or with head= the features of a class are given.
    TooLarge
        If it would not fit in memory.

    See Also
    --------
    verify_sampled : Check f by sampled pairs, where views are too many to list.
    train : Find an f.
    Spectrum.embedding : An f that matches.
    testing.assert_matches : The same question as an assertion.
    popgraph.torch.verify : Check a network.

    References
    ----------
    [H21] Lemma 3.1 and section 3.2; THEORY 14 for weight decay.

    Examples
    --------
    >>> import popgraph as pg
    >>> graph = pg.zoo.lightning_cloud()
    >>> bool(pg.verify(graph, [[1, 1], [1, 1], [1, -1], [1, -1]]))
    True
    >>> pg.verify(graph, [[1, 1]] * 4).reason
    'f has collapsed: F has rank 1, not 2; it misses eigenvector 1 (γ = 1, 50% in span F) and eigenvector 2 (γ = 1, 50% in span F).'
    >>> training = pg.train(graph, k=1, features=[[1], [1], [1], [0]], rng=0)
    >>> pg.verify(graph, training).status.value
    'f spans the best that its class can express, which is not F*'
    >>> square = pg.zoo.hypercube(2)
    >>> pg.verify(square, square.spectrum(3), weight_decay=0.3, head="linear").status.value
    'f spans more than the modes that weight decay leaves on'
    """
    if satisfies(graph, PairedPopulation):
        _refuse_penalties(weight_decay, head, "f and g of two encoders")
        return verify_pair(cast(PairedPopulation, graph), f, k, atol, spectrum, features)
    graph = read_population("verify(graph, f)", graph)
    _refuse_two_tables(f)
    if satisfies(graph, ViewedPopulation):
        evidence = _on_views(cast(ViewedPopulation, graph), f, k, atol, spectrum, features)
        penalty = read_penalty(f, weight_decay, head, evidence.k)
        if evidence.features is not None and penalty.head:
            raise InvalidArgument("head= does not apply to f = ΨW of given features; leave it out, or features=")
        return judge(replace(evidence, penalty=penalty))
    if not satisfies(graph, HasCoordinates):
        graph = read_population("verify(graph, f)", graph, ViewedPopulation, instead=ONLY_PAIRS)
    if features is not None:
        raise InvalidArgument(
            "features= does not apply to a product, or another population whose views are not listed; leave it out, or "
            "list the views by its .expand()"
        )
    unlisted = cast(HasCoordinates, graph)
    coordinates = unlisted.in_coordinates(f, k) if spectrum is None else unlisted.in_coordinates(f, k, spectrum)
    if coordinates is None:
        _refuse_penalties(weight_decay, head, "an f that is judged by sampled pairs")
        gamma = None if spectrum is None else np.append(spectrum.gamma, spectrum.certificate.remainder)
        sampled_atol = SAMPLED_ATOL if atol is None else atol
        return cast(Match, verify_sampled(unlisted, f, k, gamma=gamma, atol=sampled_atol))
    F = coordinates.F
    solved = coordinates.spectrum(coordinates.k)
    atol = _read_angle(atol)
    penalty = read_penalty(f, weight_decay, head, coordinates.k)
    return judge(Evidence(coordinates, coordinates.spectrum, F, coordinates.root, solved, atol, None, False, penalty))


def _refuse_penalties(weight_decay: Any, head: Any, what: str) -> None:
    """Refuse a penalty where it is not known which singular vectors it leaves on."""
    for name, given in {"weight_decay": weight_decay, "head": head}.items():
        if given is not None and not (name == "weight_decay" and read_weight_decay(given) == 0):
            raise InvalidArgument(f"{name} is {shorten(given)}, which does not apply to {what}; leave it out")


def _refuse_two_tables(f: Any) -> None:
    """Refuse two tables, of two encoders, for a population with one kind of view."""
    two = hasattr(f, "__embeddings__") and not isinstance(f, type)
    two = two or (isinstance(f, tuple) and len(f) == 2 and all(_is_table(each) for each in f))
    if two:
        raise InvalidArgument(
            "f is two embeddings, and this graph has one kind of view; give one of them, or verify both on graph.two_encoders()"
        )


def _is_table(value: Any) -> bool:
    """Whether this has rows and columns, or is a function of views."""
    return len(getattr(value, "shape", ())) == 2 or (callable(value) and not hasattr(value, "__array__"))


def _on_views(
    graph: ViewedPopulation, f: Any, k: int | None, atol: float | None, spectrum: Any, features: Any
) -> Evidence:
    """Read the arguments of `verify` on a population with a list of views."""
    atol = _read_angle(atol)
    _refuse_other_noise(graph, f)
    features = f.features if features is None and isinstance(f, HasFeatures) else features
    feature_class = None if features is None else read_features(graph.views, graph.w_x, features)
    table = read_embedding(graph.views, f)
    k = _read_k(graph, table, k)
    d = table.shape[1]
    # A basis of span F; beside it one more with the constant or of the table itself, where a slip is looked for, or the columns of
    # F and of ĀF that are multiplied together. Small tables are multiplied whole.
    multiplied = d if graph.N * d <= MAX_ENTRIES_MULTIPLIED else min(d, COLUMNS_MULTIPLIED)
    needed = 8.0 * (graph.N * (d + max(2 * (d + 1), 4 * multiplied)) + 6 * (d + 1) ** 2)
    reserve(f"verifying f, {graph.N:,} x {d:,}", needed, "use a smaller k")
    if spectrum is None:
        spectrum = _solve(graph, k)
    elif not isinstance(spectrum, Spectrum) or spectrum.k < k or not np.array_equal(spectrum.w_x, graph.w_x):
        raise InvalidArgument(
            f"spectrum is {shorten(spectrum)}, which does not serve: k = {k} pairs of this graph of {graph.N} views are needed"
        )
    root = np.sqrt(graph.w_x)
    return Evidence(graph, partial(_solve, graph), table, root, spectrum.leading(k), atol, feature_class)


def _refuse_other_noise(graph: ViewedPopulation, f: Any) -> None:
    """Refuse a training whose negatives came from a noise law, where the graph is not seen with that law."""
    noise = getattr(f, "noise", None)
    if isinstance(noise, np.ndarray) and not (
        noise.shape == graph.w_x.shape and np.allclose(noise, graph.w_x, 1e-9, 0)
    ):
        own = hasattr(graph, "with_noise")
        seen = "graph.with_noise(training.noise)" if own else "popgraph.populations.with_noise(graph, training.noise)"
        raise InvalidArgument(
            "this f was trained with negatives from a noise law, so that it spans eigenvectors of D_q^-1/2 w D_q^-1/2, not of Ā: "
            f"verify({seen}, training); give training.f to compare it with those of Ā all the same"
        )


def _solve(graph: ViewedPopulation, k: int) -> Spectrum:
    """Return the k leading eigenpairs, by products with Ā where a class of the user's own has a spectrum of another form."""
    spectrum = graph.spectrum(k)
    if isinstance(spectrum, Spectrum):
        return spectrum
    adjacency = LinearOperator((graph.N, graph.N), matvec=graph.gram, matmat=graph.gram, dtype=np.float64)
    return decompose_operator(adjacency, graph.w_x, graph.components, k, trace=graph.trace)


def _read_angle(atol: Any) -> float:
    """Return the largest angle that counts as 0, if it is one."""
    return angle("atol", EXACT_ATOL if atol is None else atol)


def _read_k(graph: ViewedPopulation, table: Floats, k: int | None) -> int:
    """Return k, the number of columns of f if it is not given."""
    columns = int(table.shape[1])
    if k is None:
        if columns > graph.N:
            raise InvalidArgument(
                f"f has {columns} columns, more than the {graph.N} views; say which k to check: k= in 1..{graph.N}"
            )
        return columns
    k = whole_number("k", k, graph.N)
    if k > columns:
        raise InvalidArgument(
            f"k is {k}, but f has {columns} columns, which cannot span {k} eigenvectors; use k <= {columns}"
        )
    return int(k)
