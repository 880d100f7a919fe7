"""`Decay`: what `verify` says of an f that was trained with weight decay: which modes are on, how long, and how f differs.

`Penalty` is the question: which penalty the spectral loss had. `under_decay.py` measures and decides.
"""

from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np

from popgraph.basics.arguments.penalties import read_head, read_weight_decay
from popgraph.basics.arrays import Floats, Immutable
from popgraph.basics.words import listing
from popgraph.spectrum import ModesUnderDecay

BALANCED = 1e-6  # of ||HᵀH - WᵀW||, up to which the factors of F = HWᵀ count as balanced


@runtime_checkable
class HasPenalty(Protocol):
    """An embedding that knows how it was regularised, as a Training does."""

    weight_decay: float
    head: Any
    below_head: Any
    head_weights: Any
    nonnegative: bool


@dataclass(frozen=True, eq=False)
class Penalty:
    """The weight decay λ of the loss, whether a linear head stood between f and what decayed, and the head's factors if known."""

    weight_decay: float = 0.0
    head: bool = False
    nonnegative: bool = False
    below: Floats | None = None  # (N, m) h, the layer below the head, with f = h Wᵀ
    W: Floats | None = None  # (k, m)


NO_PENALTY = Penalty()


def read_penalty(f: Any, weight_decay: Any, head: Any, k: int) -> Penalty:
    """Return the penalty that is stated, or else the one that f was trained with; InvalidArgument for what is none."""
    own = f if isinstance(f, HasPenalty) and not isinstance(f, type) else None
    if weight_decay is None:
        weight_decay = 0.0 if own is None else own.weight_decay
    weight_decay = read_weight_decay(weight_decay)
    read_head(head, k)
    has_head = head is not None or (own is not None and own.head is not None)
    nonnegative = own is not None and bool(own.nonnegative)
    if own is None or own.below_head is None or own.head_weights is None:
        return Penalty(weight_decay, has_head, nonnegative=nonnegative)
    return Penalty(weight_decay, has_head, nonnegative, own.below_head, own.head_weights)


def written(penalty: Penalty, linear: bool) -> str:
    """Write the penalty as a formula; of a class f = ΨW it is on W."""
    size = "||W||²" if linear else "(||H||² + ||W||²)" if penalty.head else "||F||²"
    return f"λ{size}, λ = {penalty.weight_decay:g}" if penalty.weight_decay else ""


@dataclass(frozen=True, eq=False, repr=False)
class Decay(Immutable):
    """Hold the modes of F = √w_x f that weight decay leaves on, beside those that f has. A mode is an eigenvector of Ā with its γ.

    Attributes
    ----------
    modes : ModesUnderDecay
        Of the k leading eigenvalues, at the minimum: ``on``, ``sizes`` (σ(F), (k,)), and the ``thresholds`` of λ.
    found : (k,) array
        The leading singular values of this F.
    excess : float or None
        By how much the loss with its penalty, λ||F||² or below a linear head 2λ||F||_*, is above its minimum; None of an f wider
        than k.
    below_head : (m,) array or None
        σ(H) of the layer below the head, largest first, where it was given; at the minimum √σ(F).
    imbalance : float or None
        ||HᵀH - WᵀW||_F; at the minimum 0.

    Examples
    --------
    >>> import popgraph as pg
    >>> graph = pg.zoo.hypercube(2, "1/4")
    >>> decay = pg.verify(graph, graph.spectrum(4), weight_decay=0.32).decay
    >>> decay.modes.on.tolist(), decay.modes.sizes, decay.found
    ([True, True, True, False], array([0.9165, 0.3   , 0.3   , 0.    ]), array([1.  , 0.5 , 0.5 , 0.25]))
    """

    modes: ModesUnderDecay
    found: Floats
    excess: float | None
    below_head: Floats | None = None
    imbalance: float | None = None

    def __repr__(self) -> str:
        k, rank = len(self.found), self.modes.rank
        return f"Decay(λ = {self.modes.weight_decay:g}, {rank} of {k} modes on)"

    def __str__(self) -> str:
        modes = self.modes
        kind = "of H and of a linear head" if modes.head else "of F"
        lines = [
            f"Decay λ = {modes.weight_decay:g} {kind} leaves {modes.rank} of {len(self.found)} modes on; the thresholds are "
            f"{in_numbers(modes.thresholds)}.",
            f"The best F has the singular values {in_numbers(modes.sizes)}, this F {in_numbers(self.found)}.",
        ]
        if self.excess is not None:
            lines.append(f"The loss with its penalty is {self.excess:.2e} above its minimum.")
        if self.below_head is not None and self.imbalance is not None:
            lines.append(
                f"The layer below the head has σ(H) = {in_numbers(self.below_head)}, beside √σ(F) = "
                f"{in_numbers(np.sqrt(self.found))}; ||HᵀH - WᵀW|| = {self.imbalance:.1e}."
            )
            on = int(modes.rank)
            # HᵀH = WᵀW = R diag(σ) Rᵀ makes H = U diag(√σ) Rᵀ of the same left singular vectors U as F
            if on and self.imbalance <= BALANCED and self.found[on - 1] > 0:
                spread = float(self.found[0] / self.found[on - 1])
                flatter = f"; its spectrum falls by a factor of {np.sqrt(spread):.3g} where F's falls by {spread:.3g}"
                lines.append(f"So it has the span of F, and a probe sees no more in it{flatter * (on > 1)}.")
        return "\n".join(lines)


def in_numbers(values: Floats) -> str:
    """Write numbers with four digits, and how many more there are."""
    return listing([f"{value:.4g}" for value in values])
