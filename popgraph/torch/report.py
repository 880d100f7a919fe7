"""`verify` for networks: how much of F* the encoder's features hold, and how much the head's output."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from popgraph.arrays import Floats
from popgraph.encoding import encode_views, run_module
from popgraph.errors import InvalidArgument, listing, shorten
from popgraph.graph import PopulationGraph
from popgraph.match import Match, share_in_words
from popgraph.spectrum import Spectrum
from popgraph.torch.fitting import Fit
from popgraph.verification import verify as verify_table

RANK = 1e-3  # singular values of F below this share of the largest are a collapsed direction, not a learnt one


@dataclass(frozen=True, eq=False, repr=False)
class Report:
    """Hold the match of a network's output, and of its encoder's features. True in a condition iff the output matches.

    Attributes
    ----------
    output : Match
        Of the head's output, or of the encoder's without a head.
    features : Match or None
        Of the encoder's features, where there is a head: usually wider than k, so it asks whether they contain F*.

    Examples
    --------
    >>> import popgraph as pg
    >>> net = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(81, 2))
    >>> verify(pg.zoo.lightning_cloud(), net).features is None
    True
    """

    output: Match
    features: Match | None

    def __bool__(self) -> bool:
        return bool(self.output)

    def __repr__(self) -> str:
        held = "" if self.features is None else f", features={self.features!r}"
        return f"Report({self.output!r}{held})"

    def __str__(self) -> str:
        parts = {"output": self.output} if self.features is None else {"features": self.features, "output": self.output}
        held = [
            f"The {what} holds of each leading eigenvector {listing([share_in_words(s) for s in match.captured])}.".replace(
                "The features holds", "The encoder's features hold"
            )
            for what, match in parts.items()
        ]
        return "\n".join([*held, str(self.output)])


def verify(
    graph: PopulationGraph,
    module: torch.nn.Module | Fit,
    k: int | None = None,
    *,
    head: torch.nn.Module | None = None,
    encode: Callable[[Any], Any] | None = None,
    atol: float = 0.01,
    spectrum: Spectrum | None = None,
) -> Report:
    """Check whether a network matches F* up to an invertible linear map, at its features and at its output.

    A network works in float32, and one that collapses only comes near to a constant: directions of F = √w_x f with less than a
    thousandth of its largest singular value are left out before the span is judged, so that a collapse is called one. Of a
    clean match none is that small, unless γ_k is below 1e-6.

    Parameters
    ----------
    graph : PopulationGraph
        N views.
    module : torch.nn.Module or Fit
        The encoder: encoded views (b, ...) -> (b, d). A Fit brings its head and its embeddings.
    k : int, optional
        How many eigenvectors; the output's dimension if not given.
    head : torch.nn.Module, optional
        Of the encoder's output: (b, d) -> (b, k).
    encode : callable view -> array or tensor, optional
        As of `fit`.
    atol : float
        The largest principal angle, in radians, that counts as 0; training by samples leaves more than rounding does.
    spectrum : Spectrum, optional
        Of this graph with at least k pairs.

    Raises
    ------
    InvalidEmbedding
        If a view cannot be encoded, or an output is not one finite vector for each view.
    InvalidArgument
        If k or atol is out of range, or the module is none.

    References
    ----------
    [H21] Lemma 3.1: what a linear probe sees of f is its span. The head is Chen et al. 2020's.

    Examples
    --------
    >>> import popgraph as pg
    >>> constant = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(81, 2))
    >>> _ = torch.nn.init.zeros_(constant[1].weight)
    >>> verify(pg.zoo.lightning_cloud(), constant).output.status.name
    'COLLAPSED'
    """
    if isinstance(module, Fit):
        features, f = module.features, module.f
        head = module.head
    elif isinstance(module, torch.nn.Module):
        features = run_module(module, encode_views(graph.views, encode))
        f = features if head is None else run_module(head, features)
    else:
        raise InvalidArgument(f"verify(graph, module) takes a torch.nn.Module or a Fit; got {shorten(module)}")
    output = verify_table(graph, _cleaned(graph, f), k, atol=atol, spectrum=spectrum)
    if head is None:
        return Report(output, None)
    asked = min(output.k, features.shape[1])
    return Report(output, verify_table(graph, _cleaned(graph, features), asked, atol=atol, spectrum=spectrum))


def _cleaned(graph: PopulationGraph, f: Floats) -> Floats:
    """Return f without the directions of F = √w_x f whose singular value is a rounding or a remainder of a collapse."""
    root = np.sqrt(graph.w_x)[:, np.newaxis]
    if not np.isfinite(f).all():
        return f  # which the verdict refuses by name
    U, sigma, Vt = np.linalg.svd(f * root, full_matrices=False)
    kept = sigma > RANK * sigma[0]
    return f if kept.all() else (U[:, kept] * sigma[kept]) @ Vt[kept] / root
