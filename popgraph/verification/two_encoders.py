"""`verify` of two encoders: do f and g span the leading singular vectors of S, and is f(x)ᵀg(z) the best critic of its rank?

A probe sees one side alone, up to any invertible map. The critic sees both at once: the two maps must undo each other.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse as sp

from popgraph.basics.arguments import angle, whole_number
from popgraph.basics.arguments.two_embeddings import read_embeddings, read_sides
from popgraph.basics.arrays import Floats, frozen
from popgraph.basics.memory import reserve
from popgraph.basics.protocols import PairedPopulation
from popgraph.basics.words import shorten
from popgraph.errors import InvalidArgument
from popgraph.populations import read_features
from popgraph.spectrum import Certificate, SingularSpectrum, Spectrum, decompose_bipartite, find_components
from popgraph.verification.critic import CriticEvidence
from popgraph.verification.evidence import Evidence
from popgraph.verification.judge import judge
from popgraph.verification.match import Match, Status
from popgraph.verification.pair_match import PairMatch, PairStatus
from popgraph.verification.reasons import family_in_words

PAIR_ATOL = 1e-6  # radians, as of one encoder


@dataclass(frozen=True, eq=False, repr=False)
class SideSpectrum(Spectrum):
    """The eigenpairs of one side, read off the singular triplets: γ = σ² is then known better than as an eigenvalue."""

    rounding: float = 0.0  # how far rounding can move γ_k

    @property
    def tolerance(self) -> float:
        """How far rounding can move γ_k; eigenvalues closer than this count as equal."""
        return self.rounding


@dataclass(frozen=True, eq=False)
class Side:
    """One kind of view, as `Evidence` asks for it: SSᵀ of the views x, or SᵀS of the views z."""

    graph: Any
    letter: str

    @property
    def views(self) -> Any:
        """The views of this side."""
        return self.graph.views_x if self.letter == "x" else self.graph.views_z

    @property
    def w_x(self) -> Floats:
        """Their probabilities."""
        return np.asarray(self.graph.w_x if self.letter == "x" else self.graph.w_z)

    @property
    def N(self) -> int:
        """Their number."""
        return len(self.w_x)

    def gram(self, X: Floats) -> Floats:
        """Return SSᵀX, or SᵀSX."""
        S = self.graph.factor
        return np.asarray(S @ (S.T @ X) if self.letter == "x" else S.T @ (S @ X))

    @property
    def is_exact(self) -> bool:
        """Whether the pairs are known in fractions."""
        return bool(getattr(self.graph, "is_exact", False) and hasattr(self.graph, "side_x"))

    def exact(self) -> Any:
        """Return the graph of this side in fractions."""
        return (self.graph.side_x if self.letter == "x" else self.graph.side_z).exact()

    def spectrum(self, singular: SingularSpectrum) -> Spectrum:
        """Return the eigenpairs of this side that the singular triplets are: γ = σ², of U or of V."""
        certificate = singular.certificate
        # With Sv = σu + a and Sᵀu = σv + b, SSᵀu = σ²u + σa + Sb, so that its residual is at most |a| + |b| <= √2 √(|a|² + |b|²).
        residuals, most = np.sqrt(2.0) * singular.residuals, min(self.graph.factor.shape)
        return SideSpectrum(
            gamma=frozen(singular.sigma**2),
            eigenvectors=singular.left if self.letter == "x" else singular.right,
            w_x=self.w_x,
            residuals=frozen(residuals),
            gamma_known=frozen(singular.sigma_known[:most] ** 2),
            floor=singular.floor**2,
            components=singular.components,
            certificate=Certificate(
                residual=float(residuals.max()),
                orthogonality=certificate.orthogonality,
                remainder=certificate.remainder**2,
                remainder_bound=certificate.remainder_bound**2,
                excluded=certificate.excluded,
                angle_bound=certificate.angle_bound,
            ),
            solvers=singular.solvers,
            side=singular.side,
            rounding=2.0 * float(singular.sigma[-1]) * singular.tolerance,
        )


def verify_pair(graph: PairedPopulation, pair: Any, k: Any, atol: Any, spectrum: Any, features: Any) -> PairMatch:
    """Judge f on the views x, g on the views z, and the critic f(x)ᵀg(z)."""
    atol = angle("atol", PAIR_ATOL if atol is None else atol)
    if features is None and hasattr(pair, "weights"):  # a PairTraining knows the classes that it was trained over
        features = pair.features
    f, g = read_embeddings(graph.views_x, graph.views_z, pair)
    k = _read_k(graph, int(f.shape[1]), k)
    entries = f.size + g.size
    reserve(f"verifying f and g, {len(f):,} + {len(g):,} x {f.shape[1]:,}", 8.0 * 8 * entries, "use a smaller k")
    singular = _read_spectrum(graph, k, spectrum)
    evidence = _PairEvidence(graph, f, g, singular, atol)
    return _judged(evidence, _best_in_class(evidence, features))


@dataclass(frozen=True, eq=False)
class _PairEvidence:
    """f, g, the k leading singular triplets, and what follows from them."""

    graph: Any
    f: Floats
    g: Floats
    singular: SingularSpectrum
    atol: float

    @property
    def k(self) -> int:
        return self.singular.k

    @cached_property
    def sides(self) -> tuple[Match, Match]:
        """The verdicts on f among the views x, and on g among the views z."""
        return self._side("x", self.f), self._side("z", self.g)

    def _side(self, letter: str, table: Floats) -> Match:
        side = Side(self.graph, letter)
        most = min(self.graph.factor.shape)
        return judge(
            Evidence(
                coordinates=side,
                solve=lambda m: side.spectrum(_solve(self.graph, min(m, most))),
                table=table,
                root=np.sqrt(side.w_x),
                spectrum=side.spectrum(self.singular),
                atol=self.atol,
            )
        )

    @property
    def degenerate(self) -> bool:
        """Whether σ_k = σ_{k+1} > 0, to rounding."""
        return bool(self.singular.gap == 0 and self.singular.sigma[-1] > 0)

    @cached_property
    def eigenspace(self) -> SingularSpectrum:
        """The k leading triplets; at a degenerate cut all those of σ >= σ_k."""
        singular, most = self.singular, min(self.graph.factor.shape)
        least = float(singular.sigma[-1]) - singular.tolerance
        while self.degenerate and singular.k < most:
            known = int(np.sum(singular.sigma_known >= least))
            ended = singular.complete or known < len(singular.sigma_known)
            if ended and known <= singular.k:
                break
            singular = _solve(self.graph, min(most, known if ended else 2 * known))
            singular = singular.leading(max(self.k, int(np.sum(singular.sigma >= least))))
        return singular

    @cached_property
    def above(self) -> int:
        """The number of singular values larger than σ_k at a degenerate cut; else k."""
        sigma = self.singular.sigma
        return int(np.sum(sigma > sigma[-1] + self.singular.tolerance)) if self.degenerate else self.k

    @cached_property
    def critic(self) -> CriticEvidence:
        """f(x)ᵀg(z) beside S."""
        eigenspace = self.eigenspace
        roots = np.sqrt(np.asarray(self.graph.w_x)), np.sqrt(np.asarray(self.graph.w_z))
        return CriticEvidence(
            self.graph.factor,
            (self.f * roots[0][:, np.newaxis], self.g * roots[1][:, np.newaxis]),
            (eigenspace.left, eigenspace.sigma, eigenspace.right),
            self.k,
            self.above,
        )


def _judged(evidence: _PairEvidence, best_in_class: bool | None) -> PairMatch:
    """Put the three verdicts together, and say in one sentence which case holds."""
    (x, z), critic, singular, k = evidence.sides, evidence.critic, evidence.singular, evidence.k
    positive = bool(singular.sigma[-1] > 0)
    # The best critic on two spans that are turned by θ and θ' from U and V is P S P'. On v_i it is off by the sum of (1 - P)Sv_i
    # and P S(1 - P')v_i. Of (1 - P')v_i at most θ' lies outside of span V, and at most θ'² inside. So it is off by a share of σ_i
    # of at most θ + θ' + θ'²/σ_k: that much is explained by angles that were let pass, and by what rounding did to U and V.
    least = max(float(singular.sigma[-1]), float(np.finfo(np.float64).tiny))
    angles = x.largest_angle, z.largest_angle
    turns = [min(each.uncertainty, np.pi / 2) for each in (x, z)]
    allowed = evidence.atol + (sum(angles) + max(angles) ** 2 / least if x and z else 0.0)
    turned = sum(turns) + max(turns) ** 2 / least
    holds = positive and critic.residual <= allowed
    unsure = (
        positive
        and not holds
        and np.isfinite(critic.residual)
        and critic.residual <= allowed + turned + critic.rounding
    )
    status, reason = _decide(evidence, holds, unsure)
    mend = critic.mend(allowed + turned + critic.rounding) if status is PairStatus.CRITIC_DIFFERENT else None
    if status is PairStatus.CRITIC_DIFFERENT:
        reason += (
            " It becomes the best one if g alone is mapped: give g @ match.mend."
            if mend is not None
            else " No map of g mends it: at this degenerate cut f and g chose dimensions that do not belong together."
        )
    elif status in (PairStatus.ONLY_X, PairStatus.ONLY_Z, PairStatus.DIFFERENT) and _match_swapped(evidence):
        reason += " Swapped, the two match: give (g, f)."
    family = family_in_words(evidence.above, k, evidence.eigenspace.k).replace("γ", "σ").replace("F*", "the minimiser")
    excess = critic.excess_loss if evidence.f.shape[1] == k else None
    return PairMatch(
        matches=status in (PairStatus.MATCH, PairStatus.MATCH_DEGENERATE, PairStatus.CONTAINS),
        status=status,
        reason=reason,
        k=k,
        x=x,
        z=z,
        critic=bool(holds),
        critic_residual=critic.residual if positive else 0.0,
        weights=frozen(critic.weights),
        mend=None if mend is None else frozen(mend),
        atol=evidence.atol,
        uncertainty=max(x.uncertainty, z.uncertainty),
        excess_loss=excess,
        excess_angle_bound=critic.angle_bound(singular, excess),
        optimal=bool(evidence.f.shape[1] == k and critic.optimal(evidence.atol)),
        sigma=singular.sigma,
        gap=singular.gap,
        gap_bounds=singular.gap_bounds,
        family=family.replace("f must", "each side must") if evidence.degenerate else "",
        clean_cuts=tuple(evidence.eigenspace.clean_cuts),
        best_in_class=best_in_class,
    )


def _decide(evidence: _PairEvidence, holds: bool, unsure: bool) -> tuple[PairStatus, str]:
    """Tell the cases apart, and say in one sentence why."""
    (x, z), k, sigma = evidence.sides, evidence.k, evidence.singular.sigma
    if not sigma[-1] > 0:
        rank = int(np.sum(sigma > 0))
        best = (
            "they are optimal but rank-deficient, as all minimisers are"
            if evidence.critic.optimal(evidence.atol)
            else "they are not optimal either"
        )
        return PairStatus.RANK_EXCEEDED, (
            f"σ_{k} = 0: S has rank {rank}, below k = {k}, so no invertible maps to {k} singular vectors exist; of f and g, {best}."
        )
    if not (x or x.status is Status.UNDECIDED) or not (z or z.status is Status.UNDECIDED):
        said = [f"{name}: {_in_other_words(match.reason, name)}" for name, match in (("f", x), ("g", z)) if not match]
        status = {(True, False): PairStatus.ONLY_X, (False, True): PairStatus.ONLY_Z}.get(
            (bool(x), bool(z)), PairStatus.DIFFERENT
        )
        advice = ""
        if status is PairStatus.ONLY_X:
            advice = " With f as it is, the best g is E[f(x) | z] (E f fᵀ)^-1."
        elif status is PairStatus.ONLY_Z:
            advice = " With g as it is, the best f is E[g(z) | x] (E g gᵀ)^-1."
        return status, f"{status.value}. {' '.join(said)}{advice}"
    if Status.UNDECIDED in (x.status, z.status):
        said = [f"{name}: {_in_other_words(match.reason, name)}" for name, match in (("f", x), ("g", z)) if not match]
        return PairStatus.UNDECIDED, f"{PairStatus.UNDECIDED.value}. {' '.join(said)}"
    residual = evidence.critic.residual
    if unsure:
        return PairStatus.UNDECIDED, (
            f"both sides span their singular vectors, but the critic f(x)ᵀg(z) is off by {residual:.1e}, and rounding of f and g, "
            f"of lengths {evidence.critic.sizes[0]:.1e} and {evidence.critic.sizes[1]:.1e}, may be all of it; float64 cannot tell."
        )
    if not holds:
        return PairStatus.CRITIC_DIFFERENT, f"{PairStatus.CRITIC_DIFFERENT.value}: {evidence.critic.worst_in_words}."
    status = (
        PairStatus.CONTAINS
        if evidence.f.shape[1] > k
        else PairStatus.MATCH_DEGENERATE
        if evidence.degenerate
        else PairStatus.MATCH
    )
    largest = max(x.largest_angle, z.largest_angle)
    return status, f"{status.value}: no angle exceeds {largest:.1e} rad, and the critic is right to {residual:.1e}."


def _in_other_words(reason: str, name: str) -> str:
    """Return the reason of one side, which calls its table f and its eigenvectors F*, in the words of two."""
    if name == "f":
        return reason
    return (
        reason.replace("f spans", "g spans")
        .replace("f has", "g has")
        .replace(" F has", " G has")
        .replace("span F", "span G")
        .replace("F*", "G*")
    )


def _match_swapped(evidence: _PairEvidence) -> bool:
    """Whether g and f would match in each other's place."""
    if len(evidence.f) != len(evidence.g):
        return False
    other = _PairEvidence(evidence.graph, evidence.g, evidence.f, evidence.singular, evidence.atol)
    if not (other.sides[0] and other.sides[1]):
        return False
    return bool(other.critic.residual <= evidence.atol / float(evidence.singular.sigma[-1]))


def _best_in_class(evidence: _PairEvidence, features: Any) -> bool | None:
    """Whether f(x)ᵀg(z) is the best critic of two classes of functions, where they are given: one of them may be all functions."""
    if features is None:
        return None
    features = read_sides(features)
    if all(each is None for each in features):
        return None
    sides = [Side(evidence.graph, letter) for letter in "xz"]
    bases = [
        None if each is None else read_features(side.views, side.w_x, each).basis
        for side, each in zip(sides, features, strict=True)
    ]
    S = evidence.graph.factor if bases[1] is None else np.asarray(evidence.graph.factor @ bases[1])
    S = np.asarray(S.toarray() if hasattr(S, "toarray") else S) if bases[0] is None else np.asarray((S.T @ bases[0]).T)
    tables = [table if Q is None else Q.T @ table for table, Q in zip(evidence.critic.tables, bases, strict=True)]
    U, theta, Vt = np.linalg.svd(S, full_matrices=False)
    k = evidence.k
    if evidence.f.shape[1] != k or k > len(theta):
        return False
    critic = CriticEvidence(S, (tables[0], tables[1]), (U[:, :k], theta[:k], Vt[:k].T), k, k)
    return bool(critic.optimal(evidence.atol))


def _read_spectrum(graph: Any, k: int, spectrum: Any) -> SingularSpectrum:
    """Return the k leading singular triplets, solved for if they are not given."""
    if spectrum is None:
        return _solve(graph, k)
    if (
        not isinstance(spectrum, SingularSpectrum)
        or spectrum.k < k
        or not (np.array_equal(spectrum.w_x, graph.w_x) and np.array_equal(spectrum.w_z, graph.w_z))
    ):
        sizes = f"{len(graph.views_x):,} x {len(graph.views_z):,} views"
        raise InvalidArgument(
            f"spectrum is {shorten(spectrum)}, which does not serve: k = {k} singular triplets of this graph of {sizes} are needed"
        )
    return spectrum.leading(k)


def _solve(graph: Any, k: int) -> SingularSpectrum:
    """Return the k leading singular triplets, of a class of the user's own by its factor."""
    if hasattr(graph, "spectrum") and isinstance(singular := graph.spectrum(k), SingularSpectrum):
        return singular
    S = sp.csr_array(graph.factor)
    return decompose_bipartite(S, graph.w_x, graph.w_z, k, components=find_components(S))


def _read_k(graph: PairedPopulation, columns: int, k: Any) -> int:
    """Return k, the number of columns of f and g if it is not given."""
    most = min(len(graph.views_x), len(graph.views_z))
    if k is None:
        if columns > most:
            raise InvalidArgument(
                f"f and g have {columns} columns, more than the {most} views of the side with fewer; say which k to "
                f"check: k= in 1..{most}"
            )
        return columns
    k = whole_number("k", k, most)
    if k > columns:
        raise InvalidArgument(
            f"k is {k}, but f and g have {columns} columns, which cannot span {k} singular vectors; use k <= {columns}"
        )
    return int(k)
