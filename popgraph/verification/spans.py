"""Common slips of a table that should span F*: what it spans instead. `verify` says so, and `popgraph.classroom` grades by it.

All is dense linear algebra on small graphs: a slip decides no verdict.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from popgraph.basics.arrays import Floats
from popgraph.basics.subspace import tolerance
from popgraph.verification.slips import permuted_rows

MAX_SIDE_SLIPS = 400  # views up to which the eigenvectors of other matrices are computed in search of a slip: a second
MAX_SIDE_SLIPS_IN_PASSING = 200  # the same where a verdict is asked for, and not the slip: 0.1 s
MAX_DECIMALS_COUNTED = 6  # of a table; one with more is not said to be rounded
MAX_WITH_DECIMALS = 1e9  # a float above it has no six decimals
MAX_ROUNDED_ANGLE = 0.2  # radians by which rounded entries may turn a span before nothing can be said of it

F_EXPONENT, SMALL_F_EXPONENT = 0.0, 0.5  # w_x^exponent times the table is to span F*: of F itself, and of f = F/√w_x


class Slip(NamedTuple):
    """Name a common slip in a few fixed words, and say in a sentence what was done and what was asked."""

    name: str
    hint: str


class Cut(NamedTuple):
    """Hold the eigenvectors of γ >= γ_k of a symmetric matrix (N, m), the first `above` of them those of γ > γ_k."""

    vectors: Floats
    above: int


@dataclass(frozen=True, eq=False)
class AskedSpan:
    """Ask for a table (N, k) whose rows, times w_x^exponent, span the k leading eigenvectors of Ā."""

    adjacency: Floats  # (N, N) Ā
    w_x: Floats  # (N,)
    k: int
    exponent: float  # 0 of F, 1/2 of f

    @cached_property
    def cut(self) -> Cut:
        """The leading eigenvectors of Ā; at a degenerate cut those of the whole eigenspace."""
        return leading_cut(self.adjacency, self.k)

    def is_right(self, table: Floats, atol: float) -> bool:
        """Whether the table spans what is asked, to atol radians, whatever its basis."""
        return spans(self._scaled(table, self.exponent), self.cut, self.k, atol)

    def angle_of_rounding(self, table: Floats, half_unit: Floats) -> float:
        """Return by how many radians entries that are off by half_unit (k,) turn the span; pi/2 if by any number."""
        # With F̃ = F + E, (I - P)F̃ = (I - P)E for the projector P on span F, so that sin θ <= ||E|| / σ_min(F̃). Columns are scaled
        # first, which turns nothing.
        size = np.abs(table).max(axis=0)
        if not size.all():
            return np.pi / 2
        scale = self.w_x**self.exponent
        least = np.linalg.svd(scale[:, np.newaxis] * table / size, compute_uv=False)[-1]
        error = float(np.linalg.norm(scale) * np.linalg.norm(half_unit / size))
        return float(np.arcsin(error / least)) if error < least else np.pi / 2

    def slip(self, table: Floats, atol: float) -> Slip | None:
        """Return the slip after which a table (N, k) that is not right would be, or None if it is none of the known ones."""
        return self.other_span(table, atol) or self._permuted(table, atol)

    def other_span(self, table: Floats, atol: float) -> Slip | None:
        """Return the slip that leaves the rows in order: other eigenvectors, another scale of the rows, or too few decimals."""
        for slip, exponent, cut in self._other_spans():
            if spans(self._scaled(table, exponent), cut, self.k, atol):
                return slip
        return self._rounded(table)

    def _scaled(self, table: Floats, exponent: float) -> Floats:
        largest = np.abs(table).max(axis=0)  # no span depends on it, and the norm of what is huge would overflow
        return np.asarray(self.w_x[:, np.newaxis] ** exponent * (table / np.where(largest > 0, largest, 1.0)))

    def _other_spans(self) -> Iterator[tuple[Slip, float, Cut]]:
        """Yield each slip with the exponent and the eigenvectors by which its tables are known."""
        for exponent in (0.0, 0.5, 1.0, -0.5):
            if exponent != self.exponent:
                yield self._other_scale(exponent), exponent, self.cut
        own = self.exponent
        for slip, matrix in self._other_matrices():
            cut = leading_cut(matrix, self.k)
            if cut.vectors.shape[1] == len(self.w_x) and not cut.above:
                continue  # all of the space is one eigenspace, which says nothing
            if slip.name == "missing constant" and cut.above < self.k:
                continue  # with a constant column it would end inside an eigenspace, which no loss picks
            yield slip, own, cut
            yield slip, 0.5 - own, cut  # scaled as f where F was asked, or the other way round

    def _other_scale(self, exponent: float) -> Slip:
        name, spanning = {
            0.0: ("F in place of f", "The table itself spans F*"),
            0.5: ("f in place of F", "The table times √w_x spans F*"),
            1.0: ("divided by w_x", "The table times w_x spans F*"),
            -0.5: ("multiplied by √w_x", "The table divided by √w_x spans F*"),
        }[exponent]
        asked = "F has the span of F* itself" if self.exponent == F_EXPONENT else "f is F*/√w_x, row by row"
        return Slip(name, f"{spanning}, and {asked}.")

    def _other_matrices(self) -> Iterator[tuple[Slip, Floats]]:
        """Yield the matrices whose eigenvectors are taken for those of Ā; each is symmetric."""
        A, root, k = self.adjacency, np.sqrt(self.w_x), self.k
        w = root[:, np.newaxis] * A * root
        yield Slip("eigenvectors of w", "It has eigenvectors of w; F* are those of Ā = w_xx'/√(w_x w_x')."), w
        off = w - np.diag(np.diag(w))
        degrees = off.sum(axis=1)
        inverse = 1 / np.sqrt(np.where(degrees > 0, degrees, np.inf))
        no_self = Slip(
            "missing self-weights",
            "It has eigenvectors of the graph without its self-weights; w_xx counts, in Ā and in w_x.",
        )
        yield no_self, inverse[:, np.newaxis] * off * inverse
        yield no_self, A - np.diag(np.diag(A))
        forgot = Slip(
            "forgot the square root",
            "It has eigenvectors of w_xx'/(w_x w_x'); Ā divides by the square root of w_x w_x'.",
        )
        yield forgot, A / root[:, np.newaxis] / root
        missing = (
            f"With a constant column it would span the {k + 1} leading eigenvectors; F* has the constant among its {k}."
        )
        yield Slip("missing constant", missing), A - 2 * np.outer(root, root)
        smallest = f"It has eigenvectors of the {k} smallest eigenvalues of Ā; F* are those of the largest, which eigh lists last."
        yield Slip("smallest eigenvalues", smallest), -A
        in_size = (
            f"It has eigenvectors of the {k} largest |γ|; F* are those of the largest γ, and negative ones come last."
        )
        yield Slip("largest in size", in_size), A @ A

    def _permuted(self, table: Floats, atol: float) -> Slip | None:
        """Return the slip of rows in another order; not looked for at a degenerate cut."""
        if self.cut.above < self.k:
            return None
        root = self.w_x**self.exponent
        order = permuted_rows(table, self.cut.vectors, root, atol)
        return (
            None if order is None else Slip("permuted rows", "Its rows are those of a right answer in another order.")
        )

    def _rounded(self, table: Floats) -> Slip | None:
        """Return the slip of too few decimals, where these may be all that keeps the table from being right."""
        decimals = decimals_of(table)
        if not decimals:
            return None
        angle = self.angle_of_rounding(table, np.full(self.k, 0.5 * 10.0**-decimals))
        if angle > MAX_ROUNDED_ANGLE or not self.is_right(table, angle):
            return None
        digits = f"{decimals} decimal{'s' * (decimals > 1)}"
        return Slip("rounded", f"It is right as far as {digits} can tell; give more, or fractions and roots.")


def leading_cut(matrix: Floats, k: int) -> Cut:
    """Return the k leading eigenvectors of a symmetric matrix, with all of those that share the eigenvalue γ_k."""
    ascending, vectors = np.linalg.eigh((matrix + matrix.T) / 2)
    gamma, vectors = ascending[::-1], vectors[:, ::-1]
    rounding = tolerance(len(gamma)) * max(1.0, float(np.abs(gamma).max()))
    end = int(np.sum(gamma >= gamma[k - 1] - rounding))
    above = k if end == k else int(np.sum(gamma > gamma[k - 1] + rounding))
    return Cut(vectors[:, :end], above)


def spans(table: Floats, cut: Cut, k: int, atol: float) -> bool:
    """Whether the k columns of a table span k leading eigenvectors: all those above the cut, and nothing below it."""
    size = np.linalg.norm(table, axis=0)
    if table.shape[1] != k or not size.all():
        return False
    Q, R = np.linalg.qr(table / size)
    if np.abs(np.diag(R)).min() <= tolerance(k):
        return False
    V, most = cut.vectors, np.sin(min(atol, np.pi / 2))
    first = V[:, : cut.above]
    outside = np.linalg.norm(Q - V @ (V.T @ Q), 2)
    lacking = np.linalg.norm(first - Q @ (Q.T @ first), 2) if cut.above else 0.0
    return bool(max(outside, lacking) <= most)


def decimals_of(table: Floats) -> int | None:
    """Return the number of decimals that all entries are written with, or None if more than six or too large to have as many."""
    if np.abs(table).max() >= MAX_WITH_DECIMALS:
        return None
    for decimals in range(MAX_DECIMALS_COUNTED + 1):
        if np.abs(table - table.round(decimals)).max() <= 1e-9 * max(1.0, float(np.abs(table).max())):
            return decimals
    return None
