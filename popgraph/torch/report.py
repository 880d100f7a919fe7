"""`verify` for networks: how much of F* is in the span of the encoder's features, and how much in that of the head's output."""

from dataclasses import dataclass
from typing import Any, cast, overload

import numpy as np
import torch

from popgraph.basics.arguments import number
from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.arguments.populations import read_population, satisfies
from popgraph.basics.arrays import Floats, Immutable, frozen
from popgraph.basics.encoding import embed_views, run_module
from popgraph.basics.protocols import PairedPopulation, ViewedPopulation
from popgraph.basics.words import listing, shorten
from popgraph.errors import InvalidArgument
from popgraph.torch.fitting import Fit
from popgraph.torch.two_encoders import PairFit, read_networks
from popgraph.verification import Match, PairMatch, share_in_words
from popgraph.verification import verify as verify_table

RANK_TOLERANCE = 1e-3  # singular values of F up to this share of the largest are left by a collapse, not learnt


@dataclass(frozen=True, eq=False, repr=False)
class Report(Immutable):
    """Hold the matches of a network's output and of its encoder's features. ``bool(report)`` is True iff the output matches.

    Attributes
    ----------
    output : Match
        Of the head's output, or of the encoder's without a head.
    features : Match or None
        Of the encoder's features, where there is a head. They are usually wider than k; it then says whether they contain F*.
    sigma : (min(N, d),) array
        Singular values of the output's F = √w_x f as shares of the largest, largest first.
    rank_tolerance : float
        Directions whose share is at or below it were left out.

    See Also
    --------
    verify : Make one.
    popgraph.Match : What it holds.

    Examples
    --------
    >>> import torch, popgraph as pg
    >>> net = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(81, 2))
    >>> pg.torch.verify(pg.zoo.lightning_cloud(), net).features is None
    True
    """

    output: Match
    features: Match | None
    sigma: Floats
    rank_tolerance: float

    def __bool__(self) -> bool:
        return bool(self.output)

    def __repr__(self) -> str:
        features = "" if self.features is None else f", features={self.features!r}"
        return f"Report({self.output!r}{features})"

    def __str__(self) -> str:
        parts = {"output": self.output}
        if self.features is not None:
            parts = {"encoder's features": self.features, **parts}
        lines = [
            f"The span of the {what} contains of each leading eigenvector "
            f"{listing([share_in_words(s) for s in match.captured])}."
            for what, match in parts.items()
        ]
        small = self.sigma[self.sigma <= self.rank_tolerance]
        if small.size:
            lines.append(
                f"{len(small)} of the output's {len(self.sigma)} singular values are at most {small[0]:.1e} of the largest; "
                f"these directions were left out as collapsed (rank_tolerance = {self.rank_tolerance:g})."
            )
        return "\n".join([*lines, str(self.output)])


@overload
def verify(
    graph: PairedPopulation,
    module: Any,
    k: int | None = None,
    *,
    head: Any = None,
    encode: Any = None,
    atol: float = 0.01,
    rank_tolerance: float = RANK_TOLERANCE,
    spectrum: Any = None,
) -> PairMatch: ...


@overload
def verify(
    graph: ViewedPopulation,
    module: torch.nn.Module | Fit,
    k: int | None = None,
    *,
    head: Any = None,
    encode: Any = None,
    atol: float = 0.01,
    rank_tolerance: float = RANK_TOLERANCE,
    spectrum: Any = None,
) -> Report: ...


@checked_call()
def verify(
    graph: ViewedPopulation | PairedPopulation,
    module: Any,
    k: int | None = None,
    *,
    head: Any = None,
    encode: Any = None,
    atol: float = 0.01,
    rank_tolerance: float = RANK_TOLERANCE,
    spectrum: Any = None,
) -> Report | PairMatch:
    """Check whether a network matches F* up to an invertible linear map, in its features and in its output.

    A network computes in float32, and where it collapses, its output only comes near to a lower rank. So directions of F = √w_x f
    whose singular value is at most ``rank_tolerance`` of the largest are left out of its span, and the report names them. A
    minimiser of the spectral loss has none of them, unless γ_k is at most rank_tolerance² γ_1. `popgraph.verify` leaves nothing
    out.

    Parameters
    ----------
    graph : PopulationGraph, or another population that lists its views
        Of a BipartiteGraph the answer is a `.PairMatch` of two networks' outputs; ``head`` and ``encode`` may be pairs too.
    module : torch.nn.Module or Fit
        The encoder: encoded views (b, ...) -> (b, d). A Fit brings its head and its embeddings. Of a BipartiteGraph a pair of
        modules, one for both, or a PairFit.
    k : int, optional
        The number of eigenvectors; the output's dimension if not given.
    head : torch.nn.Module, optional
        Of the encoder's output: (b, d) -> (b, k).
    encode : callable view -> array or tensor, optional
        As of `fit`.
    atol : float
        The largest principal angle, in radians, that counts as 0; training on samples leaves larger ones than rounding.
    rank_tolerance : float
        In [0, 1): singular values of F up to this share of the largest count as 0.
    spectrum : Spectrum, optional
        Of this graph with at least k pairs.

    Returns
    -------
    Report or PairMatch
        The matches of the output and of the encoder's features; of a BipartiteGraph a PairMatch.

    Raises
    ------
    InvalidEmbedding
        If a view cannot be encoded, or an output is not one finite vector for each view.
    InvalidArgument
        If k, atol or rank_tolerance is out of range, or the module is no torch module.

    See Also
    --------
    fit : Train a network.
    popgraph.verify : Check a table f.
    popgraph.verify_sampled : Check f where views are too many to list.

    References
    ----------
    [H21] Lemma 3.1: a linear probe depends on the span of f alone. The head is Chen et al. 2020's.

    Examples
    --------
    >>> import torch, popgraph as pg
    >>> constant = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(81, 2))
    >>> _ = torch.nn.init.zeros_(constant[1].weight)
    >>> pg.torch.verify(pg.zoo.lightning_cloud(), constant).output.status.name
    'COLLAPSED'
    """
    wanted = "it is a share of the largest singular value, in [0, 1)"
    rank_tolerance = number("rank_tolerance", rank_tolerance, wanted, below=1 - 2**-53, ends=True)
    if satisfies(graph, PairedPopulation):
        pair = cast(PairedPopulation, graph)
        f, g = (
            module.__embeddings__()
            if isinstance(module, PairFit)
            else read_networks(module, head, encode).outputs(pair)
        )
        laws = zip((f, g), (pair.w_x, pair.w_z), strict=True)
        cleaned_pair = tuple(_cleaned(law, table, rank_tolerance)[0] for table, law in laws)
        return verify_table(pair, cleaned_pair, k, atol=atol, spectrum=spectrum)
    population: ViewedPopulation = read_population("verify(graph, module)", graph, ViewedPopulation)
    if head is not None and not isinstance(head, torch.nn.Module):
        raise InvalidArgument(f"head is {shorten(head)}; it must be a torch.nn.Module")
    if isinstance(module, Fit):
        features, f = module.features, module.f
        head = module.head
    elif isinstance(module, torch.nn.Module):
        features = embed_views(module, population.views, encode)
        f = features if head is None else run_module(head, features)
    else:
        raise InvalidArgument(f"verify(graph, module) takes a torch.nn.Module or a Fit; got {shorten(module)}")
    f, sigma = _cleaned(population.w_x, f, rank_tolerance)
    output = verify_table(population, f, k, atol=atol, spectrum=spectrum)
    features_match = None
    if head is not None:
        cleaned, _ = _cleaned(population.w_x, features, rank_tolerance)
        features_match = verify_table(
            population, cleaned, min(output.k, features.shape[1]), atol=atol, spectrum=spectrum
        )
    return Report(output, features_match, frozen(sigma), rank_tolerance)


def _cleaned(w_x: Floats, f: Floats, rank_tolerance: float) -> tuple[Floats, Floats]:
    """Return f without the directions of F = √w_x f of small singular values, and all singular values as shares of the largest."""
    root = np.sqrt(w_x)[:, np.newaxis]
    if not np.isfinite(f).all():
        return f, np.zeros(0)  # verify refuses it, and names the entry
    U, sigma, Vt = np.linalg.svd(f * root, full_matrices=False)
    large = sigma > rank_tolerance * sigma[0]
    cleaned = f if large.all() else (U[:, large] * sigma[large]) @ Vt[large] / root
    return cleaned, sigma / sigma[0] if sigma[0] > 0 else sigma
