"""What a class of functions learns (after HaoChen and Ma 2023): its energy φ, its gap ε, and the targets that it then fits.

A class is all f(x) = Wᵀψ(x) of d features ψ. In √w_x ψ, orthonormalised, Ā becomes a d x d matrix of which θ_1 >= .. >= θ_d are the
eigenvalues (Ritz values): 1 - θ_i is the energy ½E(g(x) - g(x⁺))² of the i-th smoothest function g of the class with E g² = 1.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from popgraph.basics.arrays import Floats
from popgraph.basics.subspace import column_space
from popgraph.losses import idealised_vicreg
from popgraph.theory.assumptions import LABELS, NotApplicable, Vacuous
from popgraph.theory.setting import Setting
from popgraph.theory.statement import Sides, states

MORE_FUNCTIONS = "the class has more than k functions"
ENOUGH_FUNCTIONS = "the class has k functions or more"
INDEPENDENT = "the features are linearly independent"


@dataclass(frozen=True)
class FunctionClass:
    """Hold features ψ (N, d') as columns √w_x ψ of unit norm, and all of the Ritz pairs of their span, d of them."""

    setting: Setting
    columns: Floats

    @cached_property
    def basis(self) -> Floats:
        """An orthonormal basis of the columns' span, (N, d)."""
        return column_space(self.columns).basis

    @cached_property
    def theta(self) -> Floats:
        """The Ritz values, (d,), in falling order."""
        return self._pairs[0]

    @cached_property
    def vectors(self) -> Floats:
        """The Ritz vectors √w_x g_i, (N, d), orthonormal."""
        return self.basis @ self._pairs[1]

    @cached_property
    def _pairs(self) -> tuple[Floats, Floats]:
        theta, rotation = np.linalg.eigh(self.basis.T @ self.setting.graph.gram(self.basis))
        return theta[::-1], rotation[:, ::-1]

    @property
    def gap(self) -> float:
        """ε = 1 - θ_{k+1}: each function of the class that is orthogonal to the k smoothest has at least this energy."""
        k = self.setting.k
        if k >= len(self.theta):
            raise NotApplicable(
                f"the class has {len(self.theta)} functions, and all are among the k = {k} smoothest", MORE_FUNCTIONS
            )
        epsilon = 1.0 - max(0.0, float(self.theta[k]))  # a function with θ < 0 is left out of f as one with θ = 0 is
        if epsilon <= self.setting.gamma_rounding:
            raise Vacuous(f"the gap ε of the class is 0, as it has {k + 1} functions that no pair tells apart")
        return epsilon

    def learned(self) -> Floats:
        """Return an orthonormal basis of the span of √w_x f, f the minimiser of the loss in the class, by the library."""
        s = self.setting
        features = self.basis / s.root[:, np.newaxis]
        f = s.graph.spectrum(min(s.k, features.shape[1]), features=features).embedding
        return column_space(f * s.root[:, np.newaxis]).basis


def _drawn(s: Setting, count: int, *others: Floats) -> FunctionClass:
    """Return the class of so many random functions, and of the columns √w_x g given besides."""
    random = s.rng.standard_normal((s.N, count))
    columns = np.column_stack([random, *others])
    return FunctionClass(s, columns / np.linalg.norm(columns, axis=0))


def _indicators(s: Setting) -> Floats:
    """Return √w_x 1[ŷ(x) = i], (N, number of classes), without the classes that no view has."""
    s.need_labels()
    _, classes = np.unique(s.view_labels, return_inverse=True)
    return s.root[:, np.newaxis] * np.eye(int(classes.max()) + 1)[classes]


def _outside(columns: Floats, basis: Floats) -> float:
    """Return the squared norm of the part of the columns outside the span of an orthonormal basis."""
    return float(np.sum((columns - basis @ (basis.T @ columns)) ** 2))


@states(
    "a class fits the clusters that it holds",
    "Σ_i min_b E(1[ŷ=i] - bᵀf)² <= φ^ŷ/ε, f the class's minimiser, the clusters in the class",
    r"\sum_i \min_b \mathbb E(1[\hat y=i] - b^\top f_\Psi)^2 \le \phi^{\hat y}/(1-\theta_{k+1})",
    "THEORY 7.2, after H23",
    "<=",
    section="7.2",
    nonnegative=True,
    assumptions=(LABELS, "ŷ's classes are functions of the class", MORE_FUNCTIONS, "θ_{k+1} < 1"),
    why="what f leaves of a function of the class is orthogonal to the k smoothest, and so has an energy of ε times its square",
)
def _clusters(s: Setting) -> Sides:
    # With U the indicators √w_x 1[ŷ=i], which lie in the class, and R their part outside the k leading Ritz vectors: Ritz vectors
    # are orthogonal under I and under Ā, so that energy(U) = energy(U - R) + energy(R) >= energy(R) >= (1 - θ_{k+1}) ||R||², and
    # energy(U) = Σ_i u_iᵀ(I-Ā)u_i = φ^ŷ. This is the bound φ/λ_{k+1} of section 5.2 with the class's gap in place of the graph's,
    # which is larger or equal, and above 0 even where the graph has more than k components.
    U = _indicators(s)
    functions = _drawn(s, s.k + 1, U)
    return Sides(_outside(U, functions.learned()), s.inconsistency / functions.gap, scale=1.0 / functions.gap)


@states(
    "a class fits other targets as far as it holds them",
    "Σ_i min_b E(1[ŷ=i] - bᵀf)² <= a + e/ε, of which the class itself leaves a; e the energy of the rest",
    r"\sum_i \min_b \mathbb E(1[\hat y=i] - b^\top f_\Psi)^2 \le a + e/(1-\theta_{k+1})",
    "THEORY 7.3, after H23",
    "<=",
    section="7.3",
    nonnegative=True,
    assumptions=(LABELS, MORE_FUNCTIONS, "θ_{k+1} < 1"),
    why="Pythagoras: what the class leaves is orthogonal to all of it, and the rest is a target that it holds",
)
def _targets(s: Setting) -> Sides:
    U = _indicators(s)
    functions = _drawn(s, 2 * s.k + 2)
    held = functions.basis @ (functions.basis.T @ U)
    energy = float(np.sum(held**2)) - s.energy(held)
    bound = _outside(U, functions.basis) + energy / functions.gap
    return Sides(_outside(U, functions.learned()), bound, scale=1.0 / functions.gap)


@states(
    "the energy of a class",
    "Σ_{i<=k} (1 - θ_i) <= ½E||g(x) - g(x⁺)||², g any k orthonormal functions of the class",
    r"\sum_{i\le k}(1-\theta_i) \le \tfrac12\mathbb E\|g(x)-g(x^+)\|^2",
    "THEORY 7.1, after H23",
    "<=",
    section="7.1",
    assumptions=(MORE_FUNCTIONS,),
    why="the sum of the k largest eigenvalues bounds the trace over any k orthonormal vectors (Ky Fan)",
)
def _energy(s: Setting) -> Sides:
    functions = _drawn(s, 2 * s.k + 2)
    d = functions.basis.shape[1]
    if d <= s.k:
        raise NotApplicable(f"the class has {d} functions: no k = {s.k} of them but all", MORE_FUNCTIONS)
    G = functions.basis @ np.linalg.qr(s.rng.standard_normal((d, s.k)))[0]
    return Sides(float(np.sum(1.0 - functions.theta[: s.k])), s.k - s.energy(G))


@states(
    "idealised VICReg learns the same functions of a class",
    "L_λ(f) = Σ_{i<=k} [2 s_i(1-θ_i) + λ(1-s_i)²], s_i = (1-(1-θ_i)/λ)₊, λ = 2, f = Σ √s_i g_i",
    r"\min_W L_\lambda(W^\top\psi) = \sum_{i\le k} 2 s_i(1-\theta_i) + \lambda(1-s_i)^2",
    "THEORY 7.4, after H23",
    section="7.4",
    assumptions=(ENOUGH_FUNCTIONS,),
    why="a loss of one variance per Ritz vector, convex in each",
)
def _vicreg(s: Setting) -> Sides:
    # Of F = Q B in the class, E||f - f⁺||² = 2 tr BᵀB - 2 tr BᵀTB with T = QᵀĀQ, and of a covariance BᵀB with eigenvalues s_i the
    # trace tr BᵀTB is Σ s_i θ_i at most (von Neumann). The derivative 2(1-θ) - 2λ(1-s) in s is 0 at s = 1 - (1-θ)/λ.
    functions, weight = _drawn(s, s.k + 1), 2.0
    if len(functions.theta) < s.k:
        raise NotApplicable(f"the class has {len(functions.theta)} functions, and k = {s.k}", ENOUGH_FUNCTIONS)
    variance = np.maximum(0.0, 1.0 - (1.0 - functions.theta[: s.k]) / weight)
    f = functions.vectors[:, : s.k] * np.sqrt(variance) / s.root[:, np.newaxis]
    least = np.sum(2.0 * variance * (1.0 - functions.theta[: s.k]) + weight * (1.0 - variance) ** 2)
    return Sides(s.loss(f, type(idealised_vicreg)(weight=weight)), float(least), tolerance=1e-8 * s.k)


@states(
    "weight decay on W shifts a class's eigenvalues",
    "L(Wᵀψ) + λ||W||² = -Σ_{i<=k} (θ_i(λ))₊², (ΨᵀwΨ - λ/2)u = θ ΨᵀDΨu, λ = 0.1",
    r"\min_W L(W^\top\psi) + \lambda\|W\|^2 = -\sum_{i\le k}\theta_i(\lambda)_+^2",
    "THEORY 7.5",
    section="7.5",
    assumptions=(INDEPENDENT,),
    why="the penalty is linear in WWᵀ, so that it adds to -2w, and Eckart-Young does the rest",
)
def _ridge(s: Setting) -> Sides:
    # With X = D^1/2 Ψ = Q S Rᵀ and N = S RᵀWWᵀR S, F = XW: L + λ||W||² = ||N||² - 2 tr N (QᵀĀQ - (λ/2) S⁻²), whose minimum over
    # N >= 0 of rank k is minus the sum of the k largest squares of positive eigenvalues of the matrix in brackets.
    columns, decay = _drawn(s, min(s.N, s.k + 1)).columns, 0.1
    Q, S, Rt = np.linalg.svd(columns, full_matrices=False)
    if S[-1] < 1e-6:
        raise NotApplicable("the features are nearly dependent", INDEPENDENT)
    shifted = Q.T @ s.graph.gram(Q) - np.diag(decay / 2.0 / S**2)
    theta, rotation = np.linalg.eigh(shifted)
    amounts = np.maximum(theta[::-1][: s.k], 0.0)
    B = rotation[:, ::-1][:, : s.k] * np.sqrt(amounts)
    W = Rt.T @ (B / S[:, np.newaxis])
    value = s.loss((columns @ W) / s.root[:, np.newaxis]) + decay * float(np.sum(W**2))
    return Sides(value, -float(np.sum(amounts**2)), tolerance=1e-8 * s.k)
