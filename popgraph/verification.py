"""`verify`: does an embedding f match F* up to an invertible linear map? `Match` is the answer, with its reasons.

Compares subspaces, because that is what a linear probe sees: CKA and Procrustes report 0.67 and 0.45 for f = F* B exactly.
How f was trained is no business of this room.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np

from popgraph.arrays import Floats, Immutable, frozen
from popgraph.embedding import read_embedding
from popgraph.errors import InvalidArgument, listing, shorten
from popgraph.graph import PopulationGraph
from popgraph.losses import spectral
from popgraph.spectrum import Spectrum
from popgraph.subspace import ColumnSpace, captured, column_space, containment_angles, linear_map, principal_angles

MISSING = 0.5  # an eigenvector of which the span of F holds less than this share is called missing


class Status(Enum):
    """The outcomes of `verify`; the value is what each one means."""

    MATCH = "f spans the leading eigenvectors F*"
    MATCH_DEGENERATE = "f spans one of the equally good choices of F* at a degenerate cut"
    CONTAINS = "f is wider than k, and its span contains F*"
    CONTAINS_DEGENERATE = "f is wider than k, and its span contains one of the equally good choices of F*"
    DIFFERENT = "f spans another subspace than F*"
    COLLAPSED = "f has collapsed: its columns span fewer dimensions than k"
    RANK_EXCEEDED = "k exceeds the rank of Ā, so no invertible map exists"
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
        Principal angles in radians, smallest first: of span F* and span F; at a degenerate cut the angles that must vanish.
    atol : float
        The largest angle that counts as 0.
    uncertainty : float
        How far, in radians, rounding may have turned span F* and span F.
    rank : int
        The number of linearly independent columns of F = √w_x f.
    Q : (k, d) array
        The least-squares map with F ≈ F* Q.
    condition : float
        cond(Q); inf if Q is singular.
    relative_residual : float
        ||F - F* Q|| / ||F||.
    excess_loss : float or None
        L(f) - min L over embeddings into R^k; None if f is wider than k.
    excess_angle_bound : float or None
        What the excess loss alone proves about ||sin Θ(span F, span F*)||_F: sqrt(excess / (γ_k² - γ_{k+1}²)) [THEORY 3.5];
        None where it proves nothing.
    optimal : bool
        Whether FFᵀ is the best approximation of Ā of rank k: f minimises the loss, a stronger claim than a match.
    gamma : (k,) array
        The leading eigenvalues of Ā.
    gap : float
        γ_k - γ_{k+1}.
    captured : (k,) array
        For each eigenvector, the share of its squared length that lies in span F.
    family : str
        At a degenerate cut, how large the choice is; empty otherwise.
    clean_cuts : tuple of int
        The k at which F* would be unique, as far as known.

    Examples
    --------
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

    def __bool__(self) -> bool:
        return self.matches

    @property
    def largest_angle(self) -> float:
        """The largest of the angles, in radians."""
        return float(self.angles.max())

    @property
    def degenerate(self) -> bool:
        """Whether γ_k = γ_{k+1}, to rounding, so that F* is a family of subspaces."""
        return bool(self.family)

    def __repr__(self) -> str:
        verdict = "yes" if self.matches else "no"
        return f"Match({verdict}, k={self.k}, {self.status.name}, largest angle {self.largest_angle:.1e} rad)"

    def __str__(self) -> str:
        cond = f"{self.condition:.3g}" if np.isfinite(self.condition) else "infinite"
        lines = [
            f"{'Yes' if self.matches else 'No'}: {self.reason}",
            f"The largest principal angle is {self.largest_angle:.2e} rad (at most {self.atol:.0e} counts as 0).",
            f"The best fit F ≈ F* Q has cond(Q) = {cond} and leaves {self.relative_residual:.1e} of F over.",
            f"Of each leading eigenvector, span F holds {listing([_share(share) for share in self.captured])}.",
        ]
        if self.status is Status.RANK_EXCEEDED:
            lines[1:] = ["Eigenvectors of γ = 0 are arbitrary, and so are all angles with them."]
        elif self.family:
            lines[2:] = [
                "Which eigenvectors stand for the repeated γ is arbitrary, so F's share of each tells nothing."
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
            lines.append(f"The cut is degenerate: {self.family}. {mend}")
        if self.excess_loss is not None:
            proof = (
                ""
                if self.excess_angle_bound is None
                else f", which alone proves ||sin Θ|| <= {self.excess_angle_bound:.1e}"
            )
            lines.append(f"The loss is {self.excess_loss:.2e} above its minimum{proof}.")
        fine = " (a match needs the span only)" if self.matches else ""
        best = "a minimiser of the spectral contrastive loss" if self.optimal else f"not a minimiser of the loss{fine}"
        lines.append(f"f is {best}.")
        return "\n".join(lines)


def verify(
    graph: PopulationGraph, f: Any, k: int | None = None, *, atol: float = 1e-6, spectrum: Spectrum | None = None
) -> Match:
    """Check whether an embedding f matches the leading eigenvectors F* up to an invertible linear map.

    Compares the span of F = √w_x f with that of F*. Where the k-th eigenvalue is repeated beyond k (a degenerate cut), F* is
    a family: f must hold every eigenvector above the cut and nothing below it. Where f has more than k columns, it must
    contain F*.

    Parameters
    ----------
    graph : PopulationGraph
        N views.
    f : (N, d) array, mapping view -> vector, callable view -> vector, DataFrame, Training or Spectrum
        Rows in the order of `graph.views`; a DataFrame goes by its index. Of a Spectrum its `embedding` is meant: F* itself
        is √w_x f, not f.
    k : int, optional
        How many eigenvectors; d if not given, and at most d.
    atol : float
        The largest principal angle, in radians, that counts as 0.
    spectrum : Spectrum, optional
        Of this graph with at least k pairs, to save solving it again.

    Returns
    -------
    Match
        The verdict with its reasons; print it for a paragraph.

    Raises
    ------
    InvalidEmbedding
        If f is not one finite real vector for each view.
    InvalidArgument
        If k is not in 1..min(N, d), or atol is not in (0, pi/2).

    References
    ----------
    [H21] Lemma 3.1 and section 3.2.

    Examples
    --------
    >>> import popgraph as pg
    >>> graph = pg.zoo.lightning_cloud()
    >>> bool(pg.verify(graph, [[1, 1], [1, 1], [1, -1], [1, -1]]))
    True
    >>> pg.verify(graph, np.ones((4, 2))).reason
    'f has collapsed: F has rank 1, not 2; it misses eigenvector 1 (γ = 1, 50% held) and eigenvector 2 (γ = 1, 50% held).'
    """
    if not isinstance(graph, PopulationGraph):
        raise InvalidArgument(f"verify(graph, f) takes a PopulationGraph first; got {shorten(graph)}")
    table = read_embedding(graph.views, f)
    k = _read_k(graph, table, k)
    if not isinstance(atol, int | float | np.number) or not 0 < atol < np.pi / 2:
        raise InvalidArgument(f"atol is {atol!r}; it is an angle in radians, between 0 and pi/2")
    if spectrum is None:
        spectrum = graph.spectrum(k)
    elif spectrum.k < k or not np.array_equal(spectrum.w_x, graph.w_x):
        raise InvalidArgument(f"{spectrum!r} does not serve: k = {k} pairs of this graph of {graph.N} views are needed")
    spectrum = spectrum.leading(k)
    F = table * np.sqrt(graph.w_x)[:, np.newaxis]
    space = column_space(F)
    Q, condition, residual = linear_map(F, spectrum.eigenvectors)
    degenerate = spectrum.gap <= spectrum.tolerance and spectrum.gamma[-1] > 0
    whole = _whole_eigenspace(graph, spectrum) if degenerate else spectrum
    above = int(np.sum(spectrum.gamma > spectrum.gamma[-1] + spectrum.tolerance)) if degenerate else k
    shares = captured(spectrum.eigenvectors, space.basis)
    angles = _angles(space, whole, above, k, wide=table.shape[1] > k)
    uncertainty = space.uncertainty + whole.certificate.angle_bound * bool(spectrum.gamma[-1] > 0)
    if degenerate and above:  # the eigenvectors above are asked for too, across a gap of their own
        uncertainty += spectrum.leading(above).certificate.angle_bound
    optimal = table.shape[1] == k and _is_optimal(graph, F, spectrum, atol)
    status, reason = _decide(table, space, spectrum, shares, angles, atol, uncertainty, optimal, degenerate)
    with np.errstate(over="ignore", invalid="ignore"):
        loss = spectral.value(graph.factor, graph.w_x, table)
    loss = loss if np.isfinite(loss) else np.inf  # a difference of overflows: such an f is no minimiser
    excess_loss = max(0.0, loss + float(np.sum(spectrum.gamma**2))) if table.shape[1] == k else None
    return Match(
        matches=status in (Status.MATCH, Status.MATCH_DEGENERATE, Status.CONTAINS, Status.CONTAINS_DEGENERATE),
        status=status,
        reason=reason,
        k=k,
        angles=frozen(angles),
        atol=atol,
        uncertainty=uncertainty,
        rank=space.rank,
        Q=frozen(Q),
        condition=condition,
        relative_residual=residual,
        excess_loss=excess_loss,
        excess_angle_bound=_excess_angle_bound(excess_loss, spectrum),
        optimal=optimal,
        gamma=spectrum.gamma,
        gap=spectrum.gap,
        captured=frozen(shares),
        family=_family(above, k, whole.k) if degenerate else "",
        clean_cuts=whole.clean_cuts,
    )


def _read_k(graph: PopulationGraph, table: Floats, k: int | None) -> int:
    """Return k, the number of columns of f if it is not given."""
    wide = int(table.shape[1])
    if k is None:
        if wide > graph.N:
            raise InvalidArgument(
                f"f has {wide} columns, more than the {graph.N} views; say which k to check: k= in 1..{graph.N}"
            )
        return wide
    if not isinstance(k, int | np.integer) or isinstance(k, bool) or not 1 <= k <= graph.N:
        raise InvalidArgument(f"k is {k!r}; it must be a whole number from 1 to the number of views, {graph.N}")
    if k > wide:
        raise InvalidArgument(
            f"k is {k}, but f has {wide} columns, which cannot span {k} eigenvectors; use k <= {wide}"
        )
    return int(k)


def _whole_eigenspace(graph: PopulationGraph, spectrum: Spectrum) -> Spectrum:
    """Return the spectrum extended to the end of the run of eigenvalues equal to γ_k."""
    k = spectrum.k
    while k < graph.N and spectrum.gap <= spectrum.tolerance:
        known = int(np.sum(spectrum.gamma_known > spectrum.gamma[-1] - spectrum.tolerance))
        if spectrum.gamma[-1] > 1 - spectrum.tolerance:
            known = max(known, spectrum.components)
        k = min(graph.N, max(known, k + 1))
        spectrum = graph.spectrum(k)
    return spectrum


def _angles(space: ColumnSpace, whole: Spectrum, above: int, k: int, *, wide: bool) -> Floats:
    """Return the angles that must vanish for f to match, as many as k.

    At a clean cut `whole` has k pairs, all `above`. At a degenerate one the `above` pairs are those with γ > γ_k, and `whole`
    holds all with γ >= γ_k: span F must contain the former and lie in the latter (a wider f: meet the latter in k dimensions).
    """
    V = whole.eigenvectors
    if above == k:
        return containment_angles(V, space.basis) if wide or space.rank != k else principal_angles(V, space.basis)
    contained = containment_angles(V[:, :above], space.basis) if above else np.zeros(0)
    within = containment_angles(space.basis, V) if not wide else containment_angles(V, space.basis)
    smallest = within[:k] if len(within) >= k else np.concatenate([within, np.full(k - len(within), np.pi / 2)])
    # The `above` angles of containment and the rest of `within` are k numbers, all 0 iff both conditions hold.
    return np.sort(np.concatenate([np.maximum(contained, smallest[:above]), smallest[above:]]))


def _is_optimal(graph: PopulationGraph, F: Floats, spectrum: Spectrum, atol: float) -> bool:
    """Whether ĀF = F FᵀF and FᵀF has the eigenvalues γ_1..γ_k: together they say that F minimises the loss [THEORY 3.5]."""
    if np.abs(F).max() > 2:  # no entry of a minimiser F exceeds 1; much larger ones would overflow below
        return False
    FF = F.T @ F
    stationary = np.linalg.norm(graph.factor.T @ (graph.factor @ F) - F @ FF)
    values = np.linalg.eigvalsh(FF)[::-1]
    return bool(stationary <= atol and np.abs(values - spectrum.gamma).max() <= atol)


def _decide(
    table: Floats,
    space: ColumnSpace,
    spectrum: Spectrum,
    shares: Floats,
    angles: Floats,
    atol: float,
    uncertainty: float,
    optimal: bool,
    degenerate: bool,
) -> tuple[Status, str]:
    """Tell the cases of a match apart, and say in one sentence why."""
    k, angle = spectrum.k, float(angles.max())
    wide = table.shape[1] > k
    if spectrum.gamma[-1] <= 0:
        rank = int(np.sum(spectrum.gamma > 0))
        best = "f is optimal but rank-deficient, as every minimiser is" if optimal else "f is not optimal either"
        return Status.RANK_EXCEEDED, (
            f"γ_{k} = 0: Ā has rank {rank}, below k = {k}, so minimisers have rank {rank} and no invertible map to {k} "
            f"eigenvectors exists; {best}."
        )
    if space.rank < k:
        missing = [
            f"eigenvector {i + 1} (γ = {spectrum.gamma[i]:.4g}, {100 * share:.0f}% held)"
            for i, share in enumerate(shares)
            if share < max(MISSING, min(shares) + 1e-9)
        ]
        named = f"{', '.join(missing[:-1])} and {missing[-1]}" if len(missing) > 1 else missing[0]
        return Status.COLLAPSED, f"f has collapsed: F has rank {space.rank}, not {k}; it misses {named}."
    if angle <= atol:
        status = {
            (False, False): Status.MATCH,
            (False, True): Status.MATCH_DEGENERATE,
            (True, False): Status.CONTAINS,
            (True, True): Status.CONTAINS_DEGENERATE,
        }[wide, degenerate]
        known = f", as far as float64 knows F* (to {uncertainty:.0e} rad)" if uncertainty > atol else ""
        return status, f"{status.value}: no angle exceeds {angle:.1e} rad{known}."
    if angle <= atol + uncertainty:
        return Status.UNDECIDED, (
            f"the angle {angle:.1e} rad is above atol = {atol:.0e}, but rounding may have turned the two spans by "
            f"{uncertainty:.1e} rad, at a gap of {spectrum.gap:.1e}; float64 cannot tell."
        )
    worst = int(np.argmin(shares))
    which = (
        f"it must hold every eigenvector above γ_{k} = {spectrum.gamma[-1]:.4g} and nothing below"
        if degenerate
        else f"of eigenvector {worst + 1} (γ = {spectrum.gamma[worst]:.4g}) it holds {_share(shares[worst])}"
    )
    itself = not degenerate and containment_angles(spectrum.eigenvectors, column_space(table).basis).max() <= atol
    hint = " The table itself spans F*, but F is √w_x f: pass F*/√w_x, as spectrum.embedding does." * bool(itself)
    return Status.DIFFERENT, (
        f"f spans another subspace than F*: the largest angle is {angle:.2g} rad, above atol = {atol:.0e}, and {which}.{hint}"
    )


def _share(share: float) -> str:
    """Write a share so that nothing but all looks like all."""
    return f"all but {1 - share:.1e}" if 0.999 < share < 1 - 1e-15 else f"{100 * share:.4g}%"


def _excess_angle_bound(excess: float | None, spectrum: Spectrum) -> float | None:
    """Return the bound on ||sin Θ||_F that the excess loss proves, where it proves one below sqrt(k)."""
    if excess is None or not np.isfinite(excess) or spectrum.gap <= spectrum.tolerance:
        return None
    # Rounding hides excess losses of this size: the loss is a sum of terms as large as Σγ².
    hidden = spectrum.tolerance * (1.0 + float(np.sum(spectrum.gamma**2)))
    bound = float(
        np.sqrt((excess + hidden) / (float(spectrum.gamma[-1]) ** 2 - spectrum.certificate.remainder_bound**2))
    )
    return bound if bound < np.sqrt(spectrum.k) else None


def _family(above: int, k: int, whole: int) -> str:
    """Say how large the family of equally good F* is."""
    free, room = k - above, whole - above
    fixed = f"the {above} eigenvector{'s' * (above > 1)} above it must be held, and " if above else ""
    return (
        f"γ_{k} = γ_{k + 1} has multiplicity {room}; {fixed}any {free} of its {room} dimensions will do, "
        f"a family of dimension {free * (room - free)}"
    )
