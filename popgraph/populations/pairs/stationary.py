"""The stationary law of a chain: exact where its steps are, and in floats to the rounding of each entry where that can be had.

| chain | law |
|---|---|
| reversible, of any size | along a tree of steps, by detailed balance π_i P_ij = π_j P_ji: exact, or to the rounding of a path |
| else, exact of up to 100 states, or floats of up to 1,000 | elimination of states [Grassmann, Taksar, Heyman 1985] |
| else | a sparse LU of I - Pᵀ, refined |
"""

from collections.abc import Callable, Hashable, Sequence
from fractions import Fraction
from math import frexp, gcd, lcm, ldexp
from typing import Any

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import breadth_first_order, connected_components
from scipy.sparse.linalg import splu

from popgraph.basics.arrays import Floats, Sparse
from popgraph.basics.words import listing, shorten
from popgraph.errors import InvalidArgument, InvalidDistribution, NotConverged
from popgraph.populations.weights import MIN_VIEW_PROBABILITY

MAX_STATES_ELIMINATED = 1_000
MAX_STATES_ELIMINATED_EXACTLY = 100
MAX_BITS_ALONG_TREE = 2**14  # of one fraction: of a chain that is not reversible they grow with each step
STATIONARY_TOLERANCE = 1e-12  # of what a step changes in a probability, relative to it


def check_irreducible(P: Sparse, names: Sequence[Hashable]) -> None:
    """Refuse a chain in which one state does not lead to another: it has no or several stationary laws."""
    count, part = connected_components(P, directed=True, connection="strong")
    if count == 1:
        return
    reached = breadth_first_order(P, 0, directed=True, return_predecessors=False)
    beyond = np.setdiff1d(np.arange(P.shape[0]), reached)
    # Where state 0 leads to all, those of other strong components lead not back to it
    source, target = (0, int(beyond[0])) if len(beyond) else (int(np.flatnonzero(part != part[0])[0]), 0)
    raise InvalidArgument(
        f"the chain is reducible: no steps lead from state {shorten(names[source])} to {shorten(names[target])}; give p=, "
        "positive and stationary, where there is one, or leave states out"
    )


def exact_law(P: Sparse, numerators: Any, denominator: int) -> list[int] | None:
    """Return whole numbers in proportion to the stationary law of an irreducible chain, or None if it is not soon found.

    The entries of P are the numerators over the denominator.
    """
    N = P.shape[0]
    steps = [Fraction(int(a), denominator) for a in numerators]
    along = _tree_law(P, steps)
    if along is not None and _keeps(P, along, steps):
        return _in_whole_numbers(along)
    if N > MAX_STATES_ELIMINATED_EXACTLY:
        return None
    table = np.full((N, N), Fraction(0), dtype=object)
    table[_rows(P), P.indices] = steps
    return _in_whole_numbers(_eliminated(table).tolist())


def float_law(P: Sparse, names: Sequence[Hashable]) -> Floats:
    """Return the stationary law of an irreducible chain; `NotConverged` if float64 does not find it."""
    N = P.shape[0]
    P = Sparse(
        (P.data / np.asarray(P.sum(axis=1))[_rows(P)], P.indices, P.indptr), shape=P.shape
    )  # sums may miss 1 by 1e-9
    along = _tree_law(P, P.data.tolist())
    candidates: list[Callable[[], Any]] = [] if along is None else [lambda: np.array(along)]
    candidates += [lambda: _eliminated(P.toarray())] if N <= MAX_STATES_ELIMINATED else [lambda: _factorised(P)]
    for candidate in candidates:
        p = candidate()
        p = p / p.sum()
        if (p >= 0).all() and (np.abs(P.T @ p - p) <= STATIONARY_TOLERANCE * p + MIN_VIEW_PROBABILITY).all():
            if (p < MIN_VIEW_PROBABILITY).any():
                small = [shorten(names[i]) for i in np.flatnonzero(p < MIN_VIEW_PROBABILITY).tolist()]
                raise InvalidDistribution(
                    f"the stationary probability of {len(small)} states is too small for float64, below "
                    f"{MIN_VIEW_PROBABILITY:.2g}: {listing(small)}; leave them out"
                )
            return np.asarray(p)
    raise NotConverged(
        f"the stationary law of this chain of {N:,} states was not found to a relative {STATIONARY_TOLERANCE:g}; give p="
    )


def _rows(P: Sparse) -> Any:
    return np.repeat(np.arange(P.shape[0]), np.diff(P.indptr))


def _tree_law(P: Sparse, steps: list[Any]) -> list[Any] | None:
    """Return π along a tree of steps from state 0, π_j = π_i P_ij / P_ji, or None if a step has no way back.

    `steps` are P's entries, fractions or floats; π of floats is kept with an exponent of its own, as it may leave their range.
    """
    N = P.shape[0]
    order, parents = breadth_first_order(P, 0, directed=True, return_predecessors=True)
    forth = {(i, j): steps[at] for at, (i, j) in enumerate(zip(_rows(P).tolist(), P.indices.tolist(), strict=True))}
    if any((j, i) not in forth for i, j in forth):
        return None
    exact = isinstance(steps[0], Fraction)
    law: list[Any] = [None] * N
    exponents = [0] * N
    law[0] = Fraction(1) if exact else 1.0
    for j in order[1:].tolist():
        i = int(parents[j])
        law[j] = law[i] * forth[i, j] / forth[j, i]
        if exact and max(law[j].numerator, law[j].denominator).bit_length() > MAX_BITS_ALONG_TREE:
            return None
        if not exact:
            law[j], shift = frexp(law[j])
            exponents[j] = exponents[i] + shift
    if exact:
        return law
    highest = max(exponents)
    return [ldexp(x, exponent - highest) for x, exponent in zip(law, exponents, strict=True)]


def _keeps(P: Sparse, law: list[Fraction], steps: list[Fraction]) -> bool:
    """Whether a step keeps a law, exactly."""
    after = [Fraction(0)] * len(law)
    for step, i, j in zip(steps, _rows(P).tolist(), P.indices.tolist(), strict=True):
        after[j] += law[i] * step
    return after == law


def _eliminated(table: Any) -> Any:
    """Return π of a dense matrix of fractions or floats: states are left out one by one, the last first.

    What is left is the chain watched while it is in the states that are left; its probability of leaving a state is summed from
    the steps to others, never 1 minus that of staying, so that each entry is right to a relative error of about N eps.
    """
    N = len(table)
    table = table.copy()
    for last in range(N - 1, 0, -1):
        table[:last, last] /= table[last, :last].sum()
        table[:last, :last] += np.outer(table[:last, last], table[last, :last])
    law = np.zeros(N, dtype=table.dtype)
    law[0] = 1 if table.dtype != object else Fraction(1)
    for state in range(1, N):
        law[state] = (law[:state] * table[:state, state]).sum()
    return law


def _factorised(P: Sparse) -> Floats:
    """Return π by a sparse LU: π of the last state is set, and the equations of the others are solved."""
    A = sp.csc_array(sp.eye_array(P.shape[0]) - P.T)
    inner, border = sp.csc_array(A[:-1, :-1]), -A[:-1, [-1]].toarray()[:, 0]
    lu = splu(inner)
    x = lu.solve(border)
    x += lu.solve(border - inner @ x)
    return np.append(x, 1.0)


def _in_whole_numbers(law: list[Fraction]) -> list[int]:
    common = lcm(*(each.denominator for each in law))
    whole = [each.numerator * (common // each.denominator) for each in law]
    shared = gcd(*whole)
    return [each // shared for each in whole]
