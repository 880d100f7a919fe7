"""`PairMatch`: the answer of `verify` about two encoders, with its reasons, and `PairStatus`, the outcomes that it tells apart."""

import html
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np

from popgraph.basics.arrays import Floats, Immutable
from popgraph.basics.html import Bar, bracket, headed, html_table
from popgraph.basics.words import listing
from popgraph.verification.match import Match, share_in_words


class PairStatus(Enum):
    """The outcomes of `popgraph.verify` of two encoders; the value is what each one means."""

    MATCH = "f and g span the leading singular vectors, and f(x)ᵀg(z) is the best critic of its rank"
    MATCH_DEGENERATE = "f and g span one of the equally good choices at a degenerate cut, the same on both sides"
    CONTAINS = "f and g are wider than k, and hold the best critic of rank k"
    CRITIC_DIFFERENT = (
        "each side spans its leading singular vectors, so that probes work, but f(x)ᵀg(z) is not the best critic"
    )
    ONLY_X = "f spans the leading singular vectors of its side, but g does not"
    ONLY_Z = "g spans the leading singular vectors of its side, but f does not"
    DIFFERENT = "neither side spans its leading singular vectors"
    RANK_EXCEEDED = "k exceeds the rank of S, so no invertible maps exist"
    UNDECIDED = "float64 cannot tell"


@dataclass(frozen=True, eq=False, repr=False)
class PairMatch(Immutable):
    """Say whether two encoders match S up to two invertible maps that undo each other, and why. True in a condition iff they do.

    Attributes
    ----------
    matches : bool
        The verdict: of f, of g, and of the critic.
    status : PairStatus
        Which of the cases holds.
    reason : str
        In words.
    k : int
        The number of singular vectors asked for.
    x : Match
        Of f on the views x, as ``verify(graph.side_x, f)`` answers: what a probe on f is good for.
    z : Match
        Of g on the views z.
    critic : bool
        Whether f(x)ᵀg(z) agrees with S on the leading singular vectors: then FGᵀ = UΣVᵀ, if F = D_1^½ f and G = D_2^½ g have k
        columns.
    critic_residual : float
        By how much it differs from S on them, as a share of σ.
    weights : (k, k) array
        UᵀFGᵀV: what the critic makes of each pair of leading singular vectors. At a match at a clean cut it is diag(σ).
    mend : (d, d) array or None
        Where both sides span their singular vectors, and the critic is wrong: T, with which f and gT match.
    atol : float
        The largest angle that counts as 0.
    uncertainty : float
        How far, in radians, rounding may have turned the spans of a side, at most.
    excess_loss : float or None
        L(f, g) - min L over embeddings into R^k; None if f and g are wider than k.
    excess_angle_bound : float or None
        What the excess loss alone proves about ||sin Θ||_F of either side: sqrt(excess / (σ_k² - σ_{k+1}²)); None for nothing.
    optimal : bool
        Whether FGᵀ is a best approximation of S of rank k: f and g minimise the spectral loss. Above the rank of S they may, though
        nothing matches.
    sigma : (k,) array
        The leading singular values of S.
    gap : float
        σ_k - σ_{k+1}, from below; 0 at a degenerate cut.
    gap_bounds : (float, float)
        Two numbers between which it lies.
    family : str
        At a degenerate cut, how large the choice is; empty otherwise.
    clean_cuts : tuple of int
        The k at which the spans would be unique, as far as known.
    best_in_class : bool or None
        Whether f(x)ᵀg(z) is the best critic of two classes of functions, where they are known.

    See Also
    --------
    verify : Make one, of a BipartiteGraph.
    Match : The same of one encoder.
    plot.match : Draw it.

    Examples
    --------
    >>> import popgraph as pg
    >>> graph = pg.from_bipartite([[0.4, 0.1], [0.1, 0.4]])
    >>> f, g = graph.spectrum(2).embeddings
    >>> match = pg.verify(graph, (f, 2 * g))
    >>> match.matches, bool(match.x), bool(match.z), match.critic, match.status.name
    (False, True, True, False, 'CRITIC_DIFFERENT')
    >>> bool(pg.verify(graph, (f, 2 * g @ match.mend)))
    True
    """

    matches: bool
    status: PairStatus
    reason: str
    k: int
    x: Match
    z: Match
    critic: bool
    critic_residual: float
    weights: Floats
    mend: Floats | None
    atol: float
    uncertainty: float
    excess_loss: float | None
    excess_angle_bound: float | None
    optimal: bool
    sigma: Floats
    gap: float
    gap_bounds: tuple[float, float]
    family: str
    clean_cuts: tuple[int, ...]
    best_in_class: bool | None = None

    def __bool__(self) -> bool:
        return self.matches

    @property
    def largest_angle(self) -> float:
        """The largest angle of either side, in radians."""
        return max(self.x.largest_angle, self.z.largest_angle)

    @property
    def degenerate(self) -> bool:
        """Whether σ_k = σ_{k+1}, to rounding."""
        return bool(self.family)

    @property
    def gap_in_words(self) -> str:
        """What is known of σ_k - σ_{k+1}: a number, a bracket, or that it is 0 to rounding."""
        if self.gap == 0:
            return "= 0 to rounding"
        known = bracket(self.gap, self.gap_bounds[1])
        return f"is {known}" if known.startswith("between") else f"= {known}"

    def __repr__(self) -> str:
        verdict = "yes" if self.matches else "no"
        sides = f"x {'yes' if self.x else 'no'}, z {'yes' if self.z else 'no'}, critic {'yes' if self.critic else 'no'}"
        return (
            f"PairMatch({verdict}, k={self.k}, {self.status.name}: {sides}, largest angle {self.largest_angle:.1e} rad)"
        )

    def __str__(self) -> str:
        lines = [f"{'Yes' if self.matches else 'No'}: {self.reason}"]
        if self.status is not PairStatus.RANK_EXCEEDED:
            lines += [self._side_in_words("f", "F", self.x), self._side_in_words("g", "G", self.z)]
            off = (
                f"differs from S by {self.critic_residual:.1e}"
                if np.isfinite(self.critic_residual)
                else "has no finite scores"
            )
            lines.append(f"On the leading singular vectors the critic f(x)ᵀg(z) {off}, as a share of σ.")
        if self.family:
            cuts = [cut for cut in self.clean_cuts if cut < self.k][-1:] + [
                cut for cut in self.clean_cuts if cut > self.k
            ][:1]
            unique = (
                f"They would be unique at k = {' or '.join(map(str, cuts))}."
                if cuts
                else "No k near it is known to be better."
            )
            lines.append(f"The cut is degenerate, as {self.family}. {unique}")
        if self.excess_loss is not None:
            bound = self.excess_angle_bound
            proof = "" if bound is None else f", which alone proves ||sin Θ|| <= {bound:.1e} on both sides"
            lines.append(f"The loss is {self.excess_loss:.2e} above its minimum{proof}.")
        best = (
            "minimise the spectral contrastive loss"
            if self.optimal
            else "are no minimisers of the spectral contrastive loss"
        )
        lines.append(f"f and g {best}.")
        if self.best_in_class is not None:
            lines.append(
                f"f(x)ᵀg(z) is {'' if self.best_in_class else 'not '}the best critic of their classes of functions."
            )
        return "\n".join(lines)

    def _side_in_words(self, name: str, table: str, match: Match) -> str:
        shares = (
            ""
            if self.family
            else f"; of each singular vector it contains {listing([share_in_words(share) for share in match.captured])}"
        )
        angle = f"{match.largest_angle:.2e} rad (at most {self.atol:.0e} counts as 0)"
        return f"{name}: the largest angle of span {table} is {angle}{shares}."

    def _repr_html_(self) -> str:
        shown = min(self.k, 20)
        rows: list[list[Any]] = [
            [
                f"{i + 1}",
                f"{self.sigma[i]:.4g}",
                *(Bar(m.captured[i], f"{100 * m.captured[i]:.4g}%") for m in (self.x, self.z)),
            ]
            for i in range(shown)
        ]
        more = [[f"and {self.k - shown:,} more", "", "", ""]] if self.k > shown else []
        words = "".join(f"<br>{html.escape(line)}" for line in str(self).splitlines()[1:])
        verdict = f"{'Yes' if self.matches else 'No'}: {self.reason}"
        titles = ["singular vectors", "σ", "share of u in span F", "share of v in span G"]
        return headed(verdict, words, html_table([*rows, *more], titles, left=True))
