"""`Match`: the answer of `verify`, with its reasons, and `Status`, the outcomes that it tells apart."""

import html
from dataclasses import dataclass
from enum import Enum

import numpy as np

from popgraph.basics.arrays import Floats, Immutable
from popgraph.basics.html import Bar, bracket, headed, html_table
from popgraph.basics.words import listing
from popgraph.verification.decay import Decay


class Status(Enum):
    """The outcomes of `popgraph.verify`; the value is what each one means."""

    MATCH = "f spans the leading eigenvectors F*"
    MATCH_DEGENERATE = "f spans one of the equally good choices of F* at a degenerate cut"
    CONTAINS = "f is wider than k, and its span contains F*"
    CONTAINS_DEGENERATE = "f is wider than k, and its span contains one of the equally good choices of F*"
    DIFFERENT = "f spans another subspace than F*"
    COLLAPSED = "f has collapsed: its columns span fewer dimensions than k"
    RANK_EXCEEDED = "k exceeds the rank of every minimiser, so no invertible map exists"
    BEST_OF_CLASS = "f spans the best that its class can express, which is not F*"
    MODES_ON = "f spans the modes that weight decay leaves on"
    AT_THRESHOLD = "f spans one of the equally good choices at a threshold of weight decay"
    MORE_THAN_ON = "f spans more than the modes that weight decay leaves on"
    ALL_OFF = "weight decay switches every mode off, so that the best f is 0"
    UNDECIDED = "float64 cannot tell"


@dataclass(frozen=True, eq=False, repr=False)
class Match(Immutable):
    """Say whether f matches F* up to an invertible linear map, and why. True in a condition iff it does.

    Attributes
    ----------
    matches : bool
        The verdict.
    status : Status
        Which of the cases holds.
    reason : str
        One sentence.
    k : int
        The number of eigenvectors asked for.
    angles : (k,) array
        Principal angles in radians, smallest first: of span F* and span F; at a degenerate cut the angles that must vanish. Where
        weight decay switches modes off, as many as it leaves on: the angles with the span of those.
    atol : float
        The largest angle that counts as 0.
    uncertainty : float
        How far, in radians, rounding may have turned span F* and span F; pi/2 or more where γ_k = 0, and F* is arbitrary.
    rank : int
        The number of linearly independent columns of F = √w_x f; where decay switches modes off, without what counts as nothing.
    Q : (k, d) array
        The least-squares map with F ≈ F* Q.
    condition : float
        cond(Q); inf if Q is singular.
    relative_residual : float
        ||F - F* Q|| / ||F||.
    excess_loss : float or None
        L(f) - min L over embeddings into R^k, without any penalty; None if f is wider than k.
    excess_angle_bound : float or None
        What the excess loss alone proves about ||sin Θ(span F, span F*)||_F: sqrt(excess / (γ_k² - γ_{k+1}²)) [THEORY 3.5],
        where a negative γ counts as 0;
        None where it proves nothing.
    optimal : bool
        Whether FFᵀ is the best approximation of Ā of rank k: f minimises the loss, a stronger claim than a match. With weight decay
        whether f minimises the loss with its penalty.
    gamma : (k,) array
        The leading eigenvalues of Ā.
    gap : float
        γ_k - γ_{k+1}, from below; 0 at a degenerate cut.
    captured : (k,) array
        For each eigenvector, the share of its squared length that lies in span F.
    family : str
        At a degenerate cut, how large the choice is; empty otherwise.
    clean_cuts : tuple of int
        The k at which F* would be unique, as far as known.
    expressible : (k,) array or None
        For each eigenvector, the share of its squared length that the class of functions ΨW contains, where one was given.
    best_in_class : bool or None
        Whether f spans the leading Ritz vectors, which minimise the loss over the class; with a decay of W whether f minimises the
        loss with its penalty over the class.
    exactly : str
        What rational arithmetic says of the cut, where floats see no gap; empty where it was not asked. No verdict depends on it.
    gap_bounds : (float, float)
        Two numbers between which γ_k - γ_{k+1} lies.
    penalty : str
        What was added to the loss, such as "λ||F||², λ = 0.3"; empty for nothing.
    decay : Decay or None
        With weight decay on f or below a linear head: which modes it leaves on, and how long they are in f.
    nonnegative : bool
        Whether f was trained to be non-negative. The least loss over such f has no closed form: ``optimal`` is True where f reaches
        that over all f, and False says nothing of non-negative ones.

    See Also
    --------
    verify : Make one.
    PairMatch : The same of two encoders.
    plot.match : Draw it.

    Examples
    --------
    >>> import numpy as np
    >>> import popgraph as pg
    >>> match = pg.verify(pg.zoo.hypercube(2), np.ones((4, 1)))
    >>> match.matches, match.status.name, match.rank, match.optimal
    (True, 'MATCH', 1, True)
    """

    matches: bool
    status: Status
    reason: str
    k: int
    angles: Floats
    atol: float
    uncertainty: float
    rank: int
    Q: Floats
    condition: float
    relative_residual: float
    excess_loss: float | None
    excess_angle_bound: float | None
    optimal: bool
    gamma: Floats
    gap: float
    captured: Floats
    family: str
    clean_cuts: tuple[int, ...]
    expressible: Floats | None = None
    best_in_class: bool | None = None
    exactly: str = ""
    gap_bounds: tuple[float, float] = (0.0, 1.0)
    penalty: str = ""
    decay: Decay | None = None
    nonnegative: bool = False

    def __bool__(self) -> bool:
        return self.matches

    @property
    def largest_angle(self) -> float:
        """The largest of the angles, in radians."""
        return float(self.angles.max(initial=0.0))

    @property
    def degenerate(self) -> bool:
        """Whether γ_k = γ_{k+1}, to rounding, so that F* is a family of subspaces."""
        return bool(self.family)

    @property
    def gap_in_words(self) -> str:
        """What is known of γ_k - γ_{k+1}: a number, a bracket, or that it is 0 to rounding."""
        if self.gap == 0:
            return "= 0 to rounding"
        known = bracket(self.gap, self.gap_bounds[1])
        return f"is {known}" if known.startswith("between") else f"= {known}"

    def _best_in_words(self) -> str:
        """Say whether f minimises the loss, or what is not known of that."""
        within = " over its class" if self.penalty and self.expressible is not None else ""
        plus = f" plus {self.penalty}{within}" if self.penalty else ""
        if self.optimal:
            return f"f is a minimiser of the spectral contrastive loss{plus}."
        if self.nonnegative:
            above = self.excess_loss if self.decay is None else self.decay.excess
            value = f"loss{plus}," if self.penalty else "loss"
            by = "" if above is None else f": its {value} is {above:.2e} above the least over all f, which is a bound"
            return f"Whether f is the best of all non-negative f is not known{by}."
        return f"f is not a minimiser of the loss{plus}{' (a match needs the span only)' if self.matches else ''}."

    def _repr_html_(self) -> str:
        shown = min(self.k, 20)
        rows = [
            [f"v_{i + 1}", f"{self.gamma[i]:.4g}", Bar(self.captured[i], f"{100 * self.captured[i]:.4g}%")]
            for i in range(shown)
        ]
        more = [[f"and {self.k - shown:,} more", "", ""]] if self.k > shown else []
        words = "".join(f"<br>{html.escape(line)}" for line in str(self).splitlines()[1:])
        verdict = f"{'Yes' if self.matches else 'No'}: {self.reason}"
        return headed(verdict, words, html_table([*rows, *more], ["eigenvector", "γ", "share in span F"], left=True))

    def __repr__(self) -> str:
        verdict = "yes" if self.matches else "no"
        return f"Match({verdict}, k={self.k}, {self.status.name}, largest angle {self.largest_angle:.1e} rad)"

    def __str__(self) -> str:
        cond = f"{self.condition:.3g}" if np.isfinite(self.condition) else "infinite"
        lines = [
            f"{'Yes' if self.matches else 'No'}: {self.reason}",
            f"The largest principal angle is {self.largest_angle:.2e} rad (at most {self.atol:.0e} counts as 0).",
            f"The best fit F ≈ F* Q has cond(Q) = {cond} and a relative residual of {self.relative_residual:.1e}.",
            f"Of each leading eigenvector, span F contains {listing([share_in_words(share) for share in self.captured])}.",
        ]
        if self.status is Status.RANK_EXCEEDED:
            lines[1:] = [
                "Eigenvectors of γ = 0 are arbitrary, and so are all angles with them."
                if self.gamma[-1] == 0
                else "Eigenvectors of γ < 0 are in no minimiser, so angles with them tell nothing."
            ]
        elif self.family:
            lines[2:] = [
                "The eigenvectors of a repeated γ are an arbitrary choice, so how much of each span F contains tells nothing."
            ]
        if self.family:
            cuts = [cut for cut in self.clean_cuts if cut < self.k][-1:] + [
                cut for cut in self.clean_cuts if cut > self.k
            ][:1]
            mend = (
                f"F* would be unique at k = {' or '.join(map(str, cuts))}."
                if cuts
                else "No k near it is known to be better."
            )
            lines.append(f"The cut is degenerate, as {self.family}. {mend}")
        if self.exactly:
            decides = "; floats cannot tell, and graph.exact().verify(f) decides about a rational f" * (
                "clean" in self.exactly
            )
            lines.append(f"In exact arithmetic {self.exactly}{decides}.")
        if self.excess_loss is not None:
            proof = (
                ""
                if self.excess_angle_bound is None
                else f", which alone proves ||sin Θ|| <= {self.excess_angle_bound:.1e}"
            )
            without = "Without its penalty the" if self.penalty else "The"
            lines.append(f"{without} loss is {self.excess_loss:.2e} above its minimum{proof}.")
        lines += [] if self.decay is None else [str(self.decay)]
        lines.append(self._best_in_words())
        if self.expressible is not None:
            shares = listing([share_in_words(share) for share in self.expressible])
            can = "" if self.family else f"Of each leading eigenvector, the class can express {shares}. "
            spans = "is" if self.penalty and self.best_in_class else "is not" if self.penalty else ""
            spans = spans or ("spans" if self.best_in_class else "does not span")
            lines.append(f"{can}f {spans} the best of its class.")
        return "\n".join(lines)


def share_in_words(share: float) -> str:
    """Write a share so that nothing but all looks like all, and rounding like nothing."""
    if 0.999 < share < 1 - 1e-15:
        return f"all but {1 - share:.1e}"
    return "0%" if share < 1e-15 else f"{100 * share:.4g}%"
