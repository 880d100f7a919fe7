"""`from_chain`: from a transition matrix and its stationary law to the pairs of states that follow one another."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import gcd
from typing import Any

import numpy as np
import scipy.linalg
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from popgraph.basics.arguments import count, flag, word
from popgraph.basics.arguments.containers import refuse_other_names
from popgraph.basics.arguments.entries import Entries, Weights, integers, ordered_views, quotients
from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.arguments.pairs import read_pairs
from popgraph.basics.arguments.probabilities import SUM_TOLERANCE, parse_unit
from popgraph.basics.arguments.scalars import by_value
from popgraph.basics.arrays import Floats, Sparse
from popgraph.basics.blas import one_thread
from popgraph.basics.memory import in_words, reserve
from popgraph.basics.words import listing, shorten, size_in_words
from popgraph.declare import Distribution, read_distribution
from popgraph.errors import InvalidArgument, InvalidDistribution, TooLarge
from popgraph.populations.pairs.graph import PairGraph
from popgraph.populations.pairs.law import SYMMETRY_TOLERANCE, PairLaw, added, floats_of, pair_law, reordered, symmetric
from popgraph.populations.pairs.reading import graph_of
from popgraph.populations.pairs.stationary import check_irreducible, exact_law, float_law
from popgraph.populations.weights import MAX_DENSE_BYTES

MAX_STATES_MULTIPLIED_EXACTLY = 100  # for lag above 1, in whole numbers
MAX_STATES_SOLVED_EXACTLY = 40  # for discount, in whole numbers
LEAST_SOLVED = 1e-3  # of 1 - discount, by which a direct solution loses digits
LOOSEST_SYMMETRY = 1e-9  # of a long path along which the stationary law was found
CHAIN_MENDS = (
    "pass symmetrize=True for the pairs in both directions of time, or give w = diag(p) P to popgraph.from_bipartite, for two "
    "encoders"
)


@dataclass(frozen=True, eq=False)
class Chain:
    """Hold P as floats, and as whole numbers over one denominator where it is exact; and p likewise, whole numbers alone."""

    names: Sequence[Hashable]
    P: Sparse
    steps: Any
    denominator: int | None
    p: Floats
    p_numerators: list[int] | None


@checked_call(normalize="divide each row by its sum before", A="popgraph.build takes an augmentation")
@in_words("the pairs of the chain", "give a chain of fewer states")
def from_chain(
    P: Any,
    lag: int = 1,
    *,
    p: Any = None,
    discount: Any = None,
    views: Any = None,
    labels: Any = None,
    symmetrize: bool = False,
    name: str = "",
) -> PairGraph:
    """Make a population of the states of a Markov chain: its positive pairs are a state and one that follows, w = diag(p) P^lag.

    A transition matrix is no augmentation: ``build(p, P)`` has the pairs of two successors of one state, Pᵀ diag(p) P. Here μ are
    the eigenvalues of P^lag, which may be negative; F* holds proto-value functions, the slowest modes of the chain. The random
    walk on a graph G has the pairs of ``from_pairs(G, normalize=True)``.

    Parameters
    ----------
    P : (n, n) array, scipy sparse, mapping of mappings, (x, x') -> probability, or table with names on both sides
        Row x has the probabilities of the states after x, each row of sum 1; exact if none is a float.
    lag : int
        Steps from the first state of a pair to the second, 1 or more.
    p : distribution, mapping, (n,) array or list, optional
        A stationary law, positive. By default that of the chain, which is then irreducible; exact where P is exact, if the chain
        is reversible or has up to 100 states.
    discount : float, Fraction or str, optional
        b in [0, 1), for discounted successors w = diag(p) (1-b) Σ_j b^j P^(j+1), whose μ are (1-b)μ / (1-bμ). Not with a lag.
    views : sequence of n states, optional
        Their order, or the names of a matrix's rows.
    labels : sequence of n labels, mapping state -> label or Series, optional
        The class of each state, None where unlabelled.
    symmetrize : bool
        Take (w + wᵀ)/2, rather than refuse a chain that is not reversible.
    name : str
        The name by which the graph prints.

    Returns
    -------
    PairGraph
        Of the states, with w_x = p.

    Raises
    ------
    InvalidDistribution
        If a row is no distribution, or a state is in no pair.
    InvalidArgument
        If the chain is reducible and p is not given, which names two states; p is not stationary, which names one; or w is not
        symmetric, which names a pair.
    TooLarge
        If it would not fit in memory: discounted successors are a dense matrix.

    See Also
    --------
    from_pairs : Give the pairs themselves.
    from_trajectories : Count the pairs of observed sequences.
    zoo.grid_world : A walk on a grid with walls.

    Notes
    -----
    w is exact where P and p are, at lag 1; at a larger lag with up to 100 states; discounted with up to 40.

    References
    ----------
    [THEORY 11]; Mahadevan and Maggioni, Proto-value functions, 2007; Levin, Peres and Wilmer, Markov chains and mixing times.

    Examples
    --------
    >>> import popgraph as pg
    >>> walk = [[0, 1, 0], ["1/2", 0, "1/2"], [0, 1, 0]]
    >>> pg.from_chain(walk).spectrum(3).gamma
    array([ 1.,  0., -1.])
    >>> pg.from_chain(walk, discount="1/2").spectrum(3).gamma
    array([ 1.    ,  0.    , -0.3333])
    """
    lag = count("lag", lag)
    flag("symmetrize", symmetrize)
    word("name", name)
    b = None if discount is None else parse_unit(discount, "discount")
    if b == 1:
        raise InvalidArgument(
            "discount is 1; it is 0 or more and below 1, for the weights of all successors sum to 1/(1 - discount)"
        )
    if b is not None and lag != 1:
        raise InvalidArgument(f"lag is {lag} and discount {shorten(discount)}; give one of them")
    chain, rank, order = _read(P, p, views)
    tolerance = min(LOOSEST_SYMMETRY, max(SYMMETRY_TOLERANCE, 4 * np.finfo(float).eps * len(chain.names) * lag))
    law = _of_steps(chain, lag)
    if b is not None:
        if not symmetrize:
            symmetric(law, False, tolerance, CHAIN_MENDS)  # of one step: then so are all
        law, symmetrize = _discounted(chain, b), True
    law = reordered(law, rank, rank, (order, order))
    return graph_of(symmetric(law, symmetrize, tolerance, CHAIN_MENDS), labels, name)


def _read(P: Any, p: Any, views: Any) -> tuple[Chain, Any, Sequence[Hashable]]:
    """Return the chain, and how its states are to be ordered."""
    entries = read_pairs("P", P, square=True, listed=False)
    rank, order = ordered_views(entries.row_names, views, "views=")
    names = order if isinstance(entries.row_names, range) else entries.row_names
    matrix, steps = _transitions(entries, names)
    denominator = entries.weights.denominator if steps is not None else None
    if p is None:
        check_irreducible(matrix, names)
        numerators = None if denominator is None else exact_law(matrix, steps, denominator)
        law = float_law(matrix, names) if numerators is None else quotients(integers(numerators), sum(numerators))
    else:
        law, numerators = _given_law(p, names)
        if denominator is None:
            numerators = None
    chain = Chain(names, matrix, steps, denominator, law, numerators)
    if p is not None:
        _check_stationary(chain)
    return chain, rank, order


def _transitions(entries: Entries, names: Sequence[Hashable]) -> tuple[Sparse, Any]:
    """Return P, and its entries as whole numbers over one denominator, or None for floats; refuse a row whose sum is not 1."""
    N = len(names)
    places, weights = added(entries, N)
    rows, columns = np.divmod(places, N)
    indptr = np.searchsorted(rows, np.arange(N + 1))
    P = Sparse((floats_of(weights), columns, indptr), shape=(N, N))
    with np.errstate(over="ignore"):
        sums = np.asarray(P.sum(axis=1))
    wrong = np.flatnonzero(np.abs(sums - 1) > SUM_TOLERANCE).tolist()
    if wrong:
        shown = listing([f"that of {shorten(names[i])} to {sums[i]:.12g}" for i in wrong])
        raise InvalidDistribution(
            f"{len(wrong)} of {N} rows of P do not sum to 1: {shown}; give probabilities of the next state"
        )
    d = weights.denominator
    if d is None or any(int(weights.values[start:stop].sum()) != d for start, stop in pairwise(indptr)):
        return P, None
    return P, weights.values


def _given_law(p: Any, names: Sequence[Hashable]) -> tuple[Floats, list[int] | None]:
    """Return p in the order of the states, and in whole numbers if it is exact."""
    if isinstance(p, list | tuple):
        if len(p) != len(names):
            raise InvalidDistribution(f"p has {len(p)} probabilities for {len(names)} states; give one for each")
        given = Distribution(list(zip(names, p, strict=True)))
    else:
        given = read_distribution(p, naturals=names)
    refuse_other_names("p", given.outcomes, names, "state", InvalidDistribution)
    position = {by_value(state): i for i, state in enumerate(given.outcomes)}
    at = [position[by_value(state)] for state in names]
    exact = None if given.numerators is None else [given.numerators[i] for i in at]
    return given.probabilities[at], exact


def _check_stationary(chain: Chain) -> None:
    """Refuse a law that a step changes: at all if both are exact, else by a relative 1e-9."""
    after: Any = chain.P.T @ chain.p
    changed = np.abs(after - chain.p) > SUM_TOLERANCE * np.maximum(after, chain.p)
    before = chain.p
    if chain.p_numerators is not None and chain.denominator is not None:
        moved = _after_a_step(chain, chain.p_numerators)
        changed = np.array([a != b * chain.denominator for a, b in zip(moved, chain.p_numerators, strict=True)])
    if changed.any():
        i = int(np.argmax(np.where(changed, np.abs(after - before), -1)))
        raise InvalidArgument(
            f"p is not stationary: a step takes the probability of state {shorten(chain.names[i])} from {before[i]:.6g} to "
            f"{after[i]:.6g}; leave out p= for the chain's own stationary law"
        )


def _after_a_step(chain: Chain, p: list[int]) -> list[int]:
    """Return the law after a step, in units of one over the denominators of p and P."""
    after = [0] * len(p)
    P = chain.P
    for i, (start, stop) in enumerate(zip(P.indptr[:-1].tolist(), P.indptr[1:].tolist(), strict=True)):
        for at in range(start, stop):
            after[int(P.indices[at])] += p[i] * int(chain.steps[at])
    return after


def _law(chain: Chain, matrix: Any, denominator: int | None) -> PairLaw:
    """Return diag(p) times a matrix as a law of pairs: sparse floats, or a dense table of whole numbers over a denominator."""
    if denominator is None:
        csr = sp.csr_array(matrix)
        rows = np.repeat(np.arange(len(chain.p)), np.diff(csr.indptr))
        weights = Weights(chain.p[rows] * csr.data, None)
        return pair_law("w", Entries(rows, csr.indices.astype(np.intp), weights, chain.names, chain.names), False)
    p: Any = np.array(chain.p_numerators, dtype=object)
    rows, columns = np.nonzero(matrix)
    weights = Weights(integers((p[rows] * matrix[rows, columns]).tolist()), int(p.sum()) * denominator)
    return pair_law("w", Entries(rows, columns, weights, chain.names, chain.names), False)


def _of_steps(chain: Chain, lag: int) -> PairLaw:
    """Return diag(p) P^lag, exact where the chain is, and small if the lag is above 1."""
    N, P = chain.P.shape[0], chain.P
    if (
        chain.denominator is not None
        and chain.p_numerators is not None
        and (lag == 1 or N <= MAX_STATES_MULTIPLIED_EXACTLY)
    ):
        if lag > 1:
            bits = lag * chain.denominator.bit_length()
            reserve("the steps of the chain in whole numbers", N**2 * bits / 8.0, "give P in floats, or a smaller lag")
            return _law(chain, np.linalg.matrix_power(_whole(chain), lag), chain.denominator**lag)
        rows = np.repeat(np.arange(N), np.diff(P.indptr))
        p: Any = np.array(chain.p_numerators, dtype=object)
        values = integers((p[rows] * chain.steps).tolist())
        weights = Weights(values, sum(chain.p_numerators) * chain.denominator)
        return pair_law("w", Entries(rows, P.indices.astype(np.intp), weights, chain.names, chain.names), False)
    power = P
    for _ in range(lag - 1):
        entries = float(np.diff(P.indptr)[power.indices].sum())
        reserve(f"P^{lag}", 24.0 * min(entries, float(N) ** 2), "give a smaller lag, or a chain of fewer states")
        power = sp.csr_array(power @ P)
    return _law(chain, power, None)


def _whole(chain: Chain) -> Any:
    """Return P times its denominator, a dense (N, N) array of Python's ints."""
    table = np.zeros(chain.P.shape, dtype=object)
    table[np.repeat(np.arange(len(table)), np.diff(chain.P.indptr)), chain.P.indices] = [int(a) for a in chain.steps]
    return table


@one_thread()
def _discounted(chain: Chain, b: Fraction | float) -> PairLaw:
    """Return diag(p) (1-b) Σ_j b^j P^(j+1) = diag(p) (1-b) (I - bP)^-1 P."""
    N = chain.P.shape[0]
    exact = isinstance(b, Fraction) and chain.p_numerators is not None and N <= MAX_STATES_SOLVED_EXACTLY
    if exact and isinstance(b, Fraction) and chain.denominator is not None:
        # With P = Q/d and b = r/s, (s d I - r Q) X = (s - r) Q, in whole numbers
        Q, s, r = _whole(chain), b.denominator, b.numerator
        A = -r * Q
        A[np.arange(N), np.arange(N)] += s * chain.denominator
        solution, determinant = _solved(A, (s - r) * Q)
        return _law(chain, solution, determinant)
    if 8.0 * N**2 > MAX_DENSE_BYTES:
        raise TooLarge(
            f"the discounted successors of {N:,} states are a dense matrix of {size_in_words(8.0 * N**2)}, more than "
            f"{size_in_words(MAX_DENSE_BYTES)}; F* is that of from_chain(P), without discount"
        )
    reserve(
        f"the discounted successors of {N:,} states", 40.0 * N**2, "leave out discount=, which changes no eigenvector"
    )
    _, part = connected_components(chain.P, directed=True, connection="weak")
    same_part = part[:, np.newaxis] == part
    P = chain.P.toarray()
    if 1 - b < LEAST_SOLVED:
        # I - bP is nearly singular. With Π the limit of P's powers, PΠ = ΠP = Π, so that P^j = Π + (P - Π)^j; what is left is not.
        limit = np.where(same_part, chain.p / np.bincount(part, chain.p)[part], 0.0)
        P -= limit
        X = limit + (1 - float(b)) * scipy.linalg.solve(np.eye(N) - float(b) * P, P)
    else:
        X = (1 - float(b)) * scipy.linalg.solve(np.eye(N) - float(b) * P, P)
    X[(X < 0) | ~same_part] = 0.0  # rounding alone joins what no steps join
    return _law(chain, X, None)


def _solved(A: Any, B: Any) -> tuple[Any, int]:
    """Return X and d with A X = d B for a square A of whole numbers, all of it in whole numbers [Bareiss 1968].

    A is diagonally dominant, so that no pivot is 0.
    """
    N = len(A)
    table = np.concatenate([A, B], axis=1)
    for i in range(N):
        table[i] //= gcd(*table[i])
    previous = 1
    for k in range(N):
        pivot = table[k, k]
        for i in range(N):
            if i != k:
                table[i] = (pivot * table[i] - table[i, k] * table[k]) // previous
        previous = pivot
    return table[:, N:], int(previous)
