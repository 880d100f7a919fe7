"""Assertions about embeddings and theorems, as numpy.testing has them about arrays."""

from typing import Any

import numpy as np

from popgraph.basics.arguments import angle
from popgraph.basics.arguments.embeddings import read_embedding
from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.arguments.populations import read_population
from popgraph.basics.protocols import Population, ViewedPopulation
from popgraph.basics.subspace import column_space, principal_angles
from popgraph.basics.words import shorten
from popgraph.errors import InvalidArgument
from popgraph.theory import Check, Checks, Verdict
from popgraph.verification import verify


@checked_call()
def assert_matches(
    graph: Population,
    f: Any,
    k: int | None = None,
    *,
    atol: float = 1e-6,
    weight_decay: float | None = None,
    head: str | int | None = None,
) -> None:
    """Fail unless the span of F = √w_x f is that of F*, or with weight decay of those eigenvectors that it leaves on.

    Parameters
    ----------
    graph, f, k, atol, weight_decay, head : population, embedding and options
        As of `popgraph.verify`: at a degenerate cut any F* of the family matches, and with k= a wider f may contain F*.

    Raises
    ------
    AssertionError
        If it is not; the message is `popgraph.verify`'s, with the eigenvectors that f misses, the angle and the gap.

    See Also
    --------
    popgraph.verify : The same question, answered by a value.
    assert_optimal : Whether f is a minimiser.
    assert_same_span : Whether two embeddings agree.

    Examples
    --------
    >>> import popgraph as pg
    >>> cloud = pg.zoo.lightning_cloud()
    >>> pg.testing.assert_matches(cloud, pg.train(cloud, 2, rng=0).f)
    >>> pg.testing.assert_matches(cloud, [[1, 0], [0, 1], [1, 0], [0, 1]])  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    AssertionError: f does not match F* of PopulationGraph(lightning/cloud: 2 naturals, 4 views, 2 components)
    No: f spans another subspace ...
    """
    __tracebackhide__ = True
    match = verify(graph, f, k, atol=atol, weight_decay=weight_decay, head=head)
    if not match:
        raise AssertionError(
            f"f does not match F* of {graph!r}\n{match}\nγ_k - γ_{{k+1}} {match.gap_in_words} at k = {match.k}"
        )


@checked_call()
def assert_optimal(
    graph: Population,
    f: Any,
    *,
    atol: float = 1e-6,
    weight_decay: float | None = None,
    head: str | int | None = None,
) -> None:
    """Fail unless f minimises the spectral contrastive loss, with its penalty if it had one.

    Without one FFᵀ is then the best approximation of Ā of its rank.

    Parameters
    ----------
    graph, f, atol, weight_decay, head : population, embedding and options
        As of `popgraph.verify`.

    Raises
    ------
    AssertionError
        If it does not; the message says by how much the loss exceeds its minimum, and whether the span is that of F*.

    See Also
    --------
    assert_matches : Whether f spans F*.
    popgraph.theory.minimum : The least loss.

    Examples
    --------
    >>> import popgraph as pg
    >>> cloud = pg.zoo.lightning_cloud()
    >>> pg.testing.assert_optimal(cloud, pg.train(cloud, 3, rng=0).f)  # k above the rank: optimal, though no match
    >>> pg.testing.assert_optimal(cloud, 2 * cloud.spectrum(2).embedding)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    AssertionError: f is no minimiser on PopulationGraph(...): its loss is 18 above the minimum
    Yes: f spans ...
    """
    __tracebackhide__ = True
    match = verify(graph, f, atol=atol, weight_decay=weight_decay, head=head)
    if not match.optimal:
        decay = getattr(match, "decay", None)  # which a verdict on two encoders lacks
        excess = match.excess_loss if decay is None else decay.excess
        above = "not known to be above" if excess is None else f"{excess:.6g} above"
        raise AssertionError(f"f is no minimiser on {graph!r}: its loss is {above} the minimum\n{match}")


@checked_call()
def assert_same_span(graph: ViewedPopulation, f: Any, g: Any, *, atol: float = 1e-6) -> None:
    """Fail unless f and g have the same span, as two trainings have where the cut is clean.

    Parameters
    ----------
    graph : PopulationGraph, or another population that lists its views
        N views.
    f, g : embeddings in any form that `popgraph.verify` takes
        (N, d) and (N, d').
    atol : float
        In radians: the largest principal angle that counts as 0.

    Raises
    ------
    AssertionError
        If they have not; the message gives both ranks and the largest angles.

    See Also
    --------
    assert_matches : Whether f spans F*.
    popgraph.verify : Compare one embedding with F*.

    Examples
    --------
    >>> import popgraph as pg
    >>> cube = pg.zoo.hypercube(3)
    >>> pg.testing.assert_same_span(cube, pg.train(cube, 4, rng=0), pg.train(cube, 4, rng=1))
    >>> pg.testing.assert_same_span(cube, pg.train(cube, 2, rng=0), pg.train(cube, 2, rng=1))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    AssertionError: the spans of f (rank 2) and g (rank 2) differ: ...
    """
    __tracebackhide__ = True
    graph = read_population("assert_same_span(graph, f, g)", graph, ViewedPopulation)
    atol = angle("atol", atol)
    root = np.sqrt(graph.w_x)[:, np.newaxis]
    first, second = (column_space(root * read_embedding(graph.views, each)).basis for each in (f, g))
    ranks = f"f (rank {first.shape[1]}) and g (rank {second.shape[1]})"
    if first.shape[1] != second.shape[1]:
        raise AssertionError(f"the spans of {ranks} differ in dimension")
    angles = principal_angles(first, second)
    if angles.size and not angles.max() <= atol:
        shown = ", ".join(f"{angle:.3g}" for angle in np.sort(angles)[::-1][:8])
        raise AssertionError(
            f"the spans of {ranks} differ: principal angles {shown} rad, and at most {atol:g} counts as 0"
        )


@checked_call()
def assert_theorem(check: Check | Checks) -> None:
    """Fail unless a statement holds, or all statements of a table that apply; the message has both sides and the source.

    A statement that does not apply, or whose source hides a constant, fails too, as nothing was shown. One that is trivial here or
    vacuous is true, and passes: ask ``check.verdict`` where it must say more.

    Parameters
    ----------
    check : Check or Checks
        Of `popgraph.theory.check`.

    Raises
    ------
    AssertionError
        If it does not hold.
    InvalidArgument
        If it is no Check or Checks.

    See Also
    --------
    popgraph.theory.check : Make a table of statements.

    Examples
    --------
    >>> import popgraph as pg
    >>> checks = pg.theory.check(pg.zoo.hypercube(3), k=4)
    >>> pg.testing.assert_theorem(checks)
    >>> pg.testing.assert_theorem(checks["weights sum to 1"])
    >>> pg.testing.assert_theorem(checks["Louis and Makarychev"])  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    AssertionError: not shown: ...
    """
    __tracebackhide__ = True
    if isinstance(check, Checks):
        if check.failed:
            lines = "\n".join(f"  {item.name}: {item}" for item in check.failed)
            raise AssertionError(
                f"{len(check.failed)} of {len(check)} statements fail on {check.graph} at k = {check.k}:\n{lines}"
            )
        if not any(item.is_true for item in check):
            raise AssertionError("not shown: none of these statements applies")
        return
    if not isinstance(check, Check):
        raise InvalidArgument(f"assert_theorem takes a Check or Checks of popgraph.theory.check; got {shorten(check)}")
    if not check.is_true:
        word = "fails" if check.verdict is Verdict.FAILS else "not shown"
        raise AssertionError(f"{word}: {check.name}\n{check}")
