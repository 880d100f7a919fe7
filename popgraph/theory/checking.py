"""`check`: test every statement of the theory on a graph, and list the results in one table."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from popgraph.basics.arguments import flag, whole_number
from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.arguments.labels import read_labels
from popgraph.basics.words import did_you_mean, shorten
from popgraph.errors import InvalidArgument
from popgraph.populations import BipartiteGraph, PairGraph, PopulationGraph, read_graph
from popgraph.spectrum import Spectrum
from popgraph.theory import (
    classes_and_samples,
    decay_and_heads,
    finite_samples,
    graph_laws,
    haochen2021,
    inductive_bias,
    inside_classes,
    johnson2022,
    labels_in_graph,
    linear_probes,
    one_kind,
    other_losses,
    partitions,
    saunshi2022,
    selftraining_and_transfer,
    transfer,
    two_encoders,
)
from popgraph.theory.setting import Setting
from popgraph.theory.statement import STATEMENTS
from popgraph.theory.value import Checks

ORDER = (
    graph_laws,
    haochen2021,
    linear_probes,
    johnson2022,
    other_losses,
    partitions,
    classes_and_samples,
    inductive_bias,
    saunshi2022,
    finite_samples,
    selftraining_and_transfer,
    inside_classes,
    transfer,
    two_encoders,
    one_kind,
    labels_in_graph,
    decay_and_heads,
)
ALL = {
    statement.name: statement
    for room in ORDER
    for statement in STATEMENTS
    if statement.sides.__module__ == room.__name__
}


@checked_call()
def check(
    graph: PopulationGraph | PairGraph | BipartiteGraph,
    labels: Any = None,
    k: int | None = None,
    *,
    only: str | Iterable[str] | None = None,
    spectrum: Spectrum | None = None,
    view_labels: Any = None,
    rho: bool = False,
) -> Checks:
    """Check every statement of the theory on a graph: both sides of each, and whether it holds.

    A statement that needs what the graph lacks (labels, a gap, few enough views) is "not applicable", with the reason. A statement
    with an unspecified constant, as in O(1/k), gives the ratio of its sides and no verdict. One that takes a long search for the
    sparsest partitions is "skipped", unless they are asked for.

    Parameters
    ----------
    graph : PopulationGraph, PairGraph or BipartiteGraph
        Where w was given directly, or labels join some pairs, statements that need a kernel are not applicable; of a BipartiteGraph
        those about two encoders are checked, and its ``side_x`` and ``side_z`` are graphs of one encoder each.
    labels : sequence of n labels, or mapping natural -> label, optional
        The class of each natural; ``graph.labels`` if not given. Where a natural is unlabelled, the statements that need labels are
        not applicable.
    k : int, optional
        The number of eigenvectors; by default the k <= 8 (or the number of components, if that is larger, up to 64) with the
        widest gap γ_k - γ_{k+1}, or 1 if no gap is clear of rounding.
    only : str or iterable of str, optional
        The names of the statements to check.
    spectrum : Spectrum, optional
        The spectrum of this graph, with k eigenpairs or more. It is not checked: if it is wrong, statements fail.
    view_labels : (N,) array of int, or mapping view -> int, optional
        ŷ: for each view the number of its predicted class, where classes are numbered as they first appear in ``labels``; by
        default the most likely class of each view (Bayes).
    rho : bool, optional
        Whether to search for the sparsest partitions, of conductance ρ_m, where that takes more than 5 million steps, as it may
        at 13 to 16 views; at more it is not possible. A statement that ``only`` names is asked for anyway.

    Returns
    -------
    Checks
        It prints as a table, ``to_dicts()`` gives a list of dicts, and ``bool`` of it is True iff no statement fails.

    Raises
    ------
    InvalidArgument
        If k is not in 1..N, a name is unknown, rho is no bool, or a natural or view has no label or two labels.

    See Also
    --------
    statements : The names that it knows.
    minimum : The least value of a loss.
    hunt : Search for a population that breaks a claim.
    popgraph.testing.assert_theorem : Fail a test unless it holds.

    Examples
    --------
    >>> import popgraph as pg
    >>> checks = pg.theory.check(pg.zoo.hypercube(3), k=4)
    >>> bool(checks)
    True
    >>> print(checks["Lemma 3.1"].statement)
    E(sQᵀf, Q⁻¹B) = E(f, B), s > 0
    >>> checks["the batch loss is unbiased"].verdict.value
    'holds'
    >>> cube = pg.zoo.hypercube(4)
    >>> pg.theory.check(cube)["ρ grows with m"].numbers()
    'ρ_5 of 16 views takes a search of 129,140,163 steps, made on request: theory.check(..., rho=True)'
    >>> pg.theory.check(cube, rho=True)["ρ grows with m"].verdict.value
    'holds'
    """
    if not isinstance(graph, PairGraph | BipartiteGraph):
        read_graph("theory.check(graph)", graph)
    which = "the smaller number of views" if isinstance(graph, BipartiteGraph) else "the number of views"
    k = whole_number("k", _default_k(graph) if k is None else k, _most_pairs(graph), which)
    y = None
    if isinstance(graph, BipartiteGraph):
        _refuse_what_is_of_one_encoder(labels=labels, view_labels=view_labels, spectrum=spectrum)
    else:
        y = graph.labels if labels is None else read_labels(labels, graph.naturals)
        view_labels = None if view_labels is None else _read_view_labels(graph, view_labels)
    if spectrum is not None and (not isinstance(spectrum, Spectrum) or spectrum.k < k):
        raise InvalidArgument(f"spectrum is {shorten(spectrum)}; it must be a Spectrum of {k} eigenpairs or more")
    if only is not None and (
        not isinstance(only, Iterable)
        or (getattr(only, "ndim", 1) != 1 and not isinstance(only, str))
        or not (isinstance(only, str) or len(only := list(only)))
    ):
        raise InvalidArgument(f"only is {shorten(only)}; give the name of a statement, or several names")
    names = list(ALL) if only is None else [only] if isinstance(only, str) else list(only)
    for name in names:
        if not isinstance(name, str) or name not in ALL:
            raise InvalidArgument(
                f"only names {shorten(name)}, which is not a statement; popgraph.theory.statements() lists them"
                f"{did_you_mean([name], ALL)}"
            )
    rho_is_asked_for = flag("rho", rho) or only is not None
    found: Any = graph.spectrum(k) if spectrum is None else spectrum
    setting = Setting(graph, y, k, found, view_labels, rho_is_asked_for)
    checks = []
    for (
        name
    ) in names:  # each statement gets a seed of its own, so that its result does not depend on which others are checked
        setting.rng = np.random.default_rng(sum(map(ord, name)))
        checks.append(ALL[name](setting))
    return Checks(graph.name or "graph", k, tuple(checks))


@checked_call()
def statements() -> tuple[str, ...]:
    """Return the names of all statements, in the order in which `check` lists them.

    Returns
    -------
    tuple of str
        What `check` takes as ``only``.

    See Also
    --------
    check : Check them on a graph.

    Examples
    --------
    >>> import popgraph as pg
    >>> pg.theory.statements()[:2]
    ('weights sum to 1', 'w is symmetric')
    """
    return tuple(ALL)


def _read_view_labels(graph: PopulationGraph | PairGraph, given: Any) -> Any:
    """Return a class number for each view."""
    view_labels = read_labels(given, graph.views, noun="view", name="view_labels")
    wrong = [c for c in view_labels.tolist() if type(c) is not int or c < 0]
    if wrong:
        raise InvalidArgument(
            f"view_labels contains {shorten(wrong[0])}; {graph.N} views need a class number each, 0 or more"
        )
    return view_labels


def _most_pairs(graph: PopulationGraph | PairGraph | BipartiteGraph) -> int:
    """Return the largest k: the number of views, of two kinds the smaller one."""
    return min(graph.N_x, graph.N_z) if isinstance(graph, BipartiteGraph) else graph.N


def _refuse_what_is_of_one_encoder(**given: Any) -> None:
    """Raise InvalidArgument if an argument was given that no statement about two encoders uses."""
    for name, value in given.items():
        if value is not None:
            raise InvalidArgument(
                f"{name} is {shorten(value)}, which no statement about two encoders uses; leave it out, or check one side: "
                f"theory.check(graph.side_x, ..., {name}=)"
            )


def _default_k(graph: PopulationGraph | PairGraph | BipartiteGraph) -> int:
    """Return the k with the widest gap among the first eight, or among one for each component up to 64; 1 if there is no gap."""
    largest = min(_most_pairs(graph), max(8, min(graph.component_count, 64)))
    spectrum = graph.spectrum(largest)
    gaps = {cut: spectrum.leading(cut).gap for cut in spectrum.clean_cuts if 1 <= cut <= largest}
    return max(gaps, key=lambda cut: (gaps[cut], -cut)) if gaps else 1
