"""What a claim is written in: φ, Δ, λ_m, the errors of heads and ρ_m of one small population, in floats or in ball arithmetic.

`Quantities` computes them densely in float64, as a search over thousands of populations needs it; `EnclosedQuantities` encloses the
same numbers in balls of python-flint, whose comparisons are proofs. A claim takes either of them.
"""

from fractions import Fraction
from functools import cached_property
from itertools import combinations
from typing import Any

import numpy as np

from popgraph.basics.arrays import Ints
from popgraph.basics.extras import require
from popgraph.downstream import probe, sparsest_partition
from popgraph.theory.assumptions import NotApplicable
from popgraph.theory.candidates import Candidate

LEAST_GAP = 1e-7  # between γ_k and γ_{k+1}, or two scores: below it, what hangs on which is larger is not asked
BITS = 256  # of the middle of a ball


class Quantities:
    """Compute the numbers of one population with labels and k in float64, each when a claim asks for it.

    Where a number hangs on a choice of F*, or needs a kernel and there is none, it raises NotApplicable, which a hunt passes over.
    """

    def __init__(self, candidate: Candidate) -> None:
        self.candidate = candidate.in_floats()
        self.k = candidate.k
        self.N = candidate.N

    @cached_property
    def graph(self) -> Any:
        """The population itself."""
        return self.candidate.graph()

    @cached_property
    def w(self) -> Any:
        """The positive pairs' probabilities, (N, N)."""
        return self.candidate.weights()

    @cached_property
    def root(self) -> Any:
        """√w_x, (N,)."""
        return np.sqrt(self.w.sum(axis=1))

    @cached_property
    def class_mass(self) -> Any:
        """Σ_x̄ p(x̄) A(x|x̄) 1[y(x̄) = i], (N, r)."""
        self._need_kernel()
        return self.candidate.class_mass()

    def _need_kernel(self) -> None:
        if self.candidate.p is None:
            raise NotApplicable("it needs a kernel, and the pairs are given directly")

    @cached_property
    def _eigenpairs(self) -> tuple[Any, Any]:
        gamma, V = np.linalg.eigh(self.w / np.outer(self.root, self.root))
        return gamma[::-1], V[:, ::-1]

    def lambda_(self, m: int) -> Any:
        """Return λ_m = 1 - γ_m, for m from 1."""
        if m > self.N:
            raise NotApplicable(f"λ_{m} is beyond the {self.N} views")
        return 1 - self._eigenpairs[0][m - 1]

    @property
    def lambda_next(self) -> Any:
        """λ_{k+1}, above 0; 1 at k = N, where F* leaves nothing out."""
        if self.k == self.N:
            return 1.0
        value = self.lambda_(self.k + 1)
        if not value > LEAST_GAP:
            raise NotApplicable(f"λ_{self.k + 1} = 0")
        return value

    @cached_property
    def basis(self) -> Any:
        """The k leading eigenvectors of Ā, (N, k)."""
        gamma, V = self._eigenpairs
        if self.k < self.N and not gamma[self.k - 1] - gamma[self.k] > LEAST_GAP:
            raise NotApplicable(f"γ_{self.k} = γ_{self.k + 1}: the cut is degenerate")
        return V[:, : self.k]

    @cached_property
    def view_labels(self) -> Ints:
        """ŷ of Bayes, (N,)."""
        self._need_kernel()
        return np.asarray(np.argmax(self.candidate.class_mass(), axis=1))

    @property
    def disagreement(self) -> Any:
        """Δ(ŷ), which is α, as ŷ is that of Bayes."""
        return 1 - sum(self.class_mass[x, c] for x, c in enumerate(self.view_labels.tolist()))

    @property
    def inconsistency(self) -> Any:
        """φ^ŷ = Σ w_xx' 1[ŷ(x) ≠ ŷ(x')]."""
        y = self.view_labels.tolist()
        return 2 * sum(self.w[i, j] for i, j in combinations(range(self.N), 2) if y[i] != y[j])

    @cached_property
    def scores(self) -> Any:
        """√w_x times the scores of the least-squares head against ŷ, (N, r)."""
        V = self.basis
        U = np.stack([self.root * (self.view_labels == c).astype(int) for c in range(self.class_mass.shape[1])], axis=1)
        return V @ (V.T @ U)

    def _winners(self) -> list[int]:
        """Return the class of the largest score of each view; not applicable where two are too near to tell."""
        winners = []
        for row in self.scores.tolist():
            beaten = [sum(bool(score - other > LEAST_GAP) for other in row) for score in row]
            if max(beaten) < len(row) - 1:
                raise NotApplicable("two scores of a view tie")
            winners.append(beaten.index(max(beaten)))
        return winners

    @property
    def head_error(self) -> Any:
        """Pr_x̄[ḡ_B(x̄) ≠ y(x̄)] of the least-squares head against ŷ; E(f) is at most this."""
        self._need_kernel()
        winners = np.array(self._winners())
        wrong: Any = 0
        for p, row, label in zip(self.candidate.p, self.candidate.A, self.candidate.labels.tolist(), strict=True):
            shares = [row[winners == c].sum() for c in range(self.class_mass.shape[1])]
            wrong = wrong + p * (shares.index(max(shares)) != label)
        return wrong

    @property
    def error(self) -> Any:
        """E(f), the least error by votes of any head on F*, by linear programs."""
        error, f = self.head_error, self.basis / self.root[:, np.newaxis]
        return probe(self.graph, f, head="exact").error if error > 0 else error

    @property
    def least_squares(self) -> Any:
        """min_B E||y⃗(x̄) - Bᵀf(x)||² = 1 - ||ΠT||², with T_i(x) = √w_x Pr[y = i|x] and Π onto span F*."""
        T = self.class_mass / self.root[:, np.newaxis]
        return 1 - _squares(self.basis.T @ T)

    @cached_property
    def _parts_of_least_squares(self) -> tuple[Any, Any, Any]:
        """a = (I-Π)U and δ = U - T, with U one-hot of ŷ and T of Pr[y|x], rows times √w_x; and ||Πδ||²."""
        T = self.class_mass / self.root[:, np.newaxis]
        onehot = np.equal.outer(self.view_labels, np.arange(T.shape[1])).astype(int)
        U = self.root[:, np.newaxis] * onehot
        V, delta = self.basis, U - T
        return U - V @ (V.T @ U), delta, _squares(V.T @ delta)

    @property
    def overshoot(self) -> Any:
        """-2 <a, δ>: by what the least-squares loss against y exceeds ||a||² + 2Δ - ||Πδ||²."""
        a, delta, _ = self._parts_of_least_squares
        return -2 * sum((a * delta).ravel())

    @property
    def room(self) -> Any:
        """φ^ŷ/λ_{k+1} - ||a||² + ||Πδ||²: the overshoot that leaves the loss at most φ^ŷ/λ_{k+1} + 2Δ."""
        a, _, inside = self._parts_of_least_squares
        return self.inconsistency / self.lambda_next - _squares(a) + inside

    def rho(self, m: int) -> Any:
        """Return ρ_m, the least over partitions into m parts of their largest conductance."""
        return sparsest_partition(self.graph, m).rho

    @property
    def rho_half(self) -> Any:
        """ρ_⌊k/2⌋, above 0."""
        value = self.rho(self.k // 2) if self.k >= 2 else 0
        if not value > LEAST_GAP:
            raise NotApplicable("ρ_⌊k/2⌋ = 0")
        return value

    @property
    def log_k(self) -> Any:
        """The natural logarithm of k."""
        return np.log(self.k)


def _squares(table: Any) -> Any:
    """Return the sum of squares; by products, as a ball around 0 has no power."""
    return sum((table * table).ravel())


class EnclosedQuantities(Quantities):
    """Enclose the same numbers of a population of fractions in balls of python-flint.

    A comparison of balls is true only if it is so of all their points, so what they leave open is not applicable.
    """

    def __init__(self, candidate: Candidate) -> None:
        super().__init__(candidate)
        self.candidate = candidate
        self.flint: Any = require("flint")
        self.flint.ctx.prec = BITS

    def _balls(self, fractions: Any) -> Any:
        """Return an array of Fractions as one of balls."""
        balls = np.empty(fractions.shape, dtype=object)
        balls.ravel()[:] = [self.ball(number) for number in fractions.ravel()]
        return balls

    def ball(self, number: Fraction) -> Any:
        """Return a fraction as a ball."""
        return self.flint.arb(self.flint.fmpq(number.numerator, number.denominator))

    @cached_property
    def w(self) -> Any:
        """The positive pairs' probabilities, (N, N)."""
        return self._balls(self.candidate.weights())

    @cached_property
    def class_mass(self) -> Any:
        """Σ_x̄ p(x̄) A(x|x̄) 1[y(x̄) = i], (N, r)."""
        self._need_kernel()
        return self._balls(self.candidate.class_mass())

    @cached_property
    def _eigenpairs(self) -> tuple[Any, Any]:
        adjacency = self.w / np.outer(self.root, self.root)
        try:
            values, vectors = self.flint.acb_mat(adjacency.tolist()).eig(right=True)
        except ValueError:
            raise NotApplicable("balls do not tell some eigenvalues apart") from None
        order = sorted(range(self.N), key=lambda i: -float(values[i].real.mid()))
        gamma = [values[i].real for i in order]  # Ā is symmetric, and its eigenvalues simple where they are told apart
        columns = []
        for i in order:
            v = [vectors[x, i] for x in range(self.N)]
            largest = max(range(self.N), key=lambda x: float(abs(v[x]).mid()))
            real = [(entry / v[largest]).real for entry in v]
            length = sum(entry * entry for entry in real).sqrt()
            columns.append([entry / length for entry in real])
        V = np.empty((self.N, self.N), dtype=object)
        V[:] = np.array(columns, dtype=object).T
        return gamma, V

    @property
    def head_error(self) -> Any:
        """Pr_x̄[ḡ_B(x̄) ≠ y(x̄)] of the least-squares head against ŷ, a fraction."""
        return self.ball(Fraction(super().head_error))

    @property
    def error(self) -> Any:
        """E(f) is not enclosed: linear programs in float64 prove nothing."""
        raise NotApplicable("E(f) is found by linear programs in float64")

    def rho(self, m: int) -> Any:
        """Return ρ_m by trying all partitions, a fraction."""
        w = self.candidate.weights()
        conductance = {}
        for mask in range(1, 1 << self.N):
            inside = [x for x in range(self.N) if mask >> x & 1]
            mass, kept = w[inside].sum(), w[np.ix_(inside, inside)].sum()
            conductance[mask] = 1 - kept / mass
        least = dict(conductance)  # of each set into one part
        for _ in range(m - 1):
            least = {
                mask: value for mask in conductance if (value := _best_split(mask, conductance, least)) is not None
            }
        return self.ball(least[(1 << self.N) - 1])

    @property
    def log_k(self) -> Any:
        """The natural logarithm of k."""
        return self.flint.arb(self.k).log()


def _best_split(mask: int, conductance: dict[int, Any], least: dict[int, Any]) -> Any:
    """Return the least over proper subsets of the larger of the subset's conductance and of the best split of the others."""
    best, first = None, mask & -mask
    part = (mask - 1) & mask
    while part:
        if part & first and (mask ^ part) in least:  # the part with the first view, as parts have no order
            worst = max(conductance[part], least[mask ^ part])
            best = worst if best is None or worst < best else best
        part = (part - 1) & mask
    return best
