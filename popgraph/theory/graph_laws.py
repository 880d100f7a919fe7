"""What holds of every population graph: w, Ā, M and the random walk (THEORY 2)."""

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from popgraph.basics.subspace import tolerance
from popgraph.populations import PopulationGraph, pair_draws
from popgraph.theory.assumptions import (
    FACTOR,
    FEW_PAIRS,
    FEW_VIEWS,
    KERNEL,
    LEFT_OUT,
    MAX_VIEWS_DENSE,
    TOLD_FROM_ONE,
    NotApplicable,
)
from popgraph.theory.setting import Setting
from popgraph.theory.statement import Sides, states

SUM_ROUNDING = (
    1e-8  # a declared distribution may miss the sum 1 by 1e-9, its square by 2e-9, and Σ p A A by as much again
)
FEW_NATURALS = "n <= 4 max(N, 100)"
SMALL = "at most 20 views and 20 naturals"
RAREST_LINK = 1e-12  # an entry of Ā: one that is less moves an eigenvalue 1 by no more than its rounding


@states(
    "weights sum to 1",
    "Σ w_xx' = 1",
    r"\sum_{x,x'} w_{xx'} = 1",
    "THEORY 2.1",
    section="2.1",
    assumptions=(FEW_PAIRS,),
    why="Σ_xx' w_xx' = Σ_x̄ p(x̄) (Σ_x A(x|x̄))², and each bracket is 1",
)
def _sum(s: Setting) -> Sides:
    if not isinstance(s.graph, PopulationGraph):
        return Sides(float(s.w.sum()), 1.0, tolerance=SUM_ROUNDING)
    p, A = pair_draws(s.graph)
    return Sides(float(p @ np.asarray(A.sum(axis=1)).ravel() ** 2), 1.0, tolerance=SUM_ROUNDING)


@states(
    "w is symmetric",
    "max |w_xx' - w_x'x| = 0",
    r"\max |w_{xx'} - w_{x'x}| = 0",
    "THEORY 2.1",
    section="2.1",
    assumptions=(FEW_PAIRS,),
    why="both views of a pair are drawn alike, so that swapping them changes nothing",
)
def _symmetric(s: Setting) -> Sides:
    return Sides(float(abs(s.w - s.w.T).max()), 0.0, scale=float(s.w.max()))


@states(
    "w is nonnegative",
    "max(0, -min w_xx') = 0",
    r"\min w_{xx'} \ge 0",
    "THEORY 2.1",
    section="2.1",
    assumptions=(FEW_PAIRS,),
    why="w is a sum of products of probabilities",
)
def _nonnegative(s: Setting) -> Sides:
    return Sides(max(0.0, -float(s.w.data.min())), 0.0, tolerance=0.0)


@states(
    "row sums are the views' probabilities",
    "max |Σ_x' w_xx' - w_x| / w_x = 0",
    r"\sum_{x'} w_{xx'} = w_x",
    "THEORY 2.1",
    section="2.1",
    assumptions=(FEW_PAIRS,),
    why="a positive pair's first view, whatever the second one is, has the law w_x",
)
def _rows(s: Setting) -> Sides:
    if s.N > MAX_VIEWS_DENSE and isinstance(s.graph, PopulationGraph):
        p, A = pair_draws(s.graph)
        rows = A.T @ (p * np.asarray(A.sum(axis=1)).ravel())
    else:
        rows = np.asarray(s.w.sum(axis=1)).ravel()
    return Sides(float(np.abs(rows / s.graph.w_x - 1.0).max()), 0.0)


@states(
    "a view's probability is its mean under A",
    "max |Σ p A - w_x| / w_x = 0",
    r"w_x = \sum p(\bar x) A(x|\bar x)",
    "THEORY 2.1",
    section="2.1",
    assumptions=(KERNEL,),
    why="a view is a natural's, drawn from A(·|x̄) with x̄ from p",
)
def _means(s: Setting) -> Sides:
    s.need_kernel()
    p, A = pair_draws(s.graph)
    return Sides(float(np.abs((A.T @ p) / s.graph.w_x - 1.0).max()), 0.0, tolerance=SUM_ROUNDING)


@states(
    "Ā is MᵀM",
    "max |Ā - MᵀM| = 0",
    r"\bar A = M^\top M",
    "THEORY 1",
    section="1",
    assumptions=(
        FACTOR,
        FEW_VIEWS,
        FEW_PAIRS,
    ),
    why="M = diag(√p) A D^-1/2, so that MᵀM = D^-1/2 Aᵀ diag(p) A D^-1/2",
)
def _factor(s: Setting) -> Sides:
    s.need_few_views("Ā")
    s.need_factor()
    dense = s.w.toarray() / np.outer(s.root, s.root)
    return Sides(float(np.abs(dense - (s.graph.factor.T @ s.graph.factor).toarray()).max()), 0.0)


@states(
    "the spectrum is at least 0",
    "max(0, -γ_N) = 0",
    r"\gamma_N \ge 0",
    "THEORY 2.2",
    section="2.2",
    assumptions=(
        FACTOR,
        FEW_VIEWS,
    ),
    why="uᵀĀu = ||Mu||² >= 0",
)
def _least(s: Setting) -> Sides:
    s.need_few_views("every eigenvalue")
    if not isinstance(s.graph, PopulationGraph):
        raise NotApplicable("it needs a kernel A(x|x̄); a w given directly may have eigenvalues below 0", FACTOR)
    dense = s.w.toarray() / np.outer(s.root, s.root)
    return Sides(max(0.0, -float(np.linalg.eigvalsh(dense)[0])), 0.0)


@states(
    "the spectrum is at most 1",
    "max |γ_i| = 1",
    r"\max_i |\gamma_i| = 1",
    "THEORY 2.2",
    section="2.2",
    assumptions=(
        FEW_VIEWS,
        FEW_PAIRS,
    ),
    why="Ā is similar to D⁻¹w, whose rows are probabilities, and √w_x attains 1",
)
def _most(s: Setting) -> Sides:
    s.need_few_views("every eigenvalue")
    # The spectrum knows γ_1 = 1 without a solver; LAPACK, which does not, is asked as well
    by_lapack = np.linalg.eigvalsh(s.w.toarray() / np.outer(s.root, s.root))
    return Sides(max(float(np.abs(by_lapack).max()), float(s.spectrum.gamma[0])), 1.0)


@states(
    "the top eigenvector is √w_x",
    "||Ā√w_x - √w_x|| = 0",
    r"\bar A \sqrt{w_x} = \sqrt{w_x}",
    "THEORY 2.2",
    section="2.2",
    why="(Ā√w_x)_x = Σ_x' w_xx'/√w_x = √w_x",
)
def _top(s: Setting) -> Sides:
    return Sides(float(np.linalg.norm(s.graph.gram(s.root) - s.root)), 0.0)


@states(
    "components count the ones",
    "#{γ = 1} = components",
    r"\#\{\gamma_i = 1\} = \#\text{components}",
    "THEORY 2.3",
    section="2.3",
    assumptions=(
        FEW_VIEWS,
        FEW_PAIRS,
        TOLD_FROM_ONE,
    ),
    why="uᵀ(I-Ā)u = ½ Σ w_xx' (u_x/√w_x - u_x'/√w_x')² is 0 iff u/√w_x is constant on components",
)
def _ones(s: Setting) -> Sides:
    s.need_few_views("every eigenvalue")
    count, _ = connected_components(s.w, directed=False)
    pairs = s.w.tocoo()
    rarest = float((pairs.data / s.root[pairs.row] / s.root[pairs.col]).min())
    if rarest < RAREST_LINK:
        raise NotApplicable(
            f"a pair is so rare, {rarest:.0e} in Ā, that float64 cannot tell whether it joins its views", TOLD_FROM_ONE
        )
    if (near := np.sum((s.all_eigenpairs.gamma < 1 - 1e-13) & (s.all_eigenpairs.gamma > 1 - 1e-7))) > 0:
        raise NotApplicable(
            f"{near} eigenvalues are so near to 1 that float64 cannot tell whether they are 1", TOLD_FROM_ONE
        )
    return Sides(float(np.sum(s.all_eigenpairs.gamma > 1 - 1e-7)), float(count), tolerance=0.0)


@states(
    "the eigenpairs are eigenpairs",
    "max ||Āv_i - γ_i v_i|| = 0",
    r"\bar A v_i = \gamma_i v_i",
    "THEORY 2.5",
    section="2.5",
    why="the definition; this checks the solver, by one product with Ā",
)
def _pairs(s: Setting) -> Sides:
    V = s.spectrum.eigenvectors[:, : s.k]
    return Sides(float(np.linalg.norm(s.graph.gram(V) - V * s.gamma[: s.k], axis=0).max()), 0.0, tolerance=1e-9)


@states(
    "no larger eigenvalue is left out",
    "max γ outside <= γ_k",
    r"\max_{u \perp V_k} u^\top\bar A u \le \gamma_k",
    "THEORY 3.3",
    "<=",
    section="3.3",
    assumptions=(
        LEFT_OUT,
        FEW_VIEWS,
    ),
    why="the definition of the k leading ones; this checks the solver, by LAPACK on the complement",
)
def _left_out(s: Setting) -> Sides:
    s.need_few_views("every eigenvalue")
    if s.k == s.N:
        raise NotApplicable(f"k = {s.k} leaves no eigenvalue out", LEFT_OUT)
    V = s.spectrum.eigenvectors[:, : s.k]
    complement = np.linalg.svd(V, full_matrices=True)[0][:, s.k :]  # an orthonormal basis of what is orthogonal to V
    outside = complement.T @ s.graph.gram(complement)
    return Sides(float(np.linalg.eigvalsh((outside + outside.T) / 2.0)[-1]), float(s.gamma[s.k - 1]), tolerance=1e-9)


@states(
    "rank Ā is at most min(n, N)",
    "rank Ā <= min(n, N)",
    r"\mathrm{rank}\,\bar A \le \min(n, N)",
    "THEORY 2.4",
    "<=",
    section="2.4",
    assumptions=(
        FACTOR,
        FEW_VIEWS,
        FEW_PAIRS,
    ),
    why="Ā = MᵀM, and M is n x N",
)
def _rank(s: Setting) -> Sides:
    s.need_few_views("every eigenvalue")
    s.need_factor()
    naturals, views = s.graph.factor.shape
    by_lapack = np.linalg.eigvalsh(
        s.w.toarray() / np.outer(s.root, s.root)
    )  # the solvers know of the rank, LAPACK does not
    rank = max(int(np.sum(s.all_eigenpairs.gamma > 0)), int(np.sum(by_lapack > s.rounding)))
    trivial = f"Ā has {views} columns and there are {naturals} naturals" if views <= naturals else ""
    return Sides(float(rank), float(min(naturals, views)), tolerance=0.0, trivial=trivial)


@states(
    "naturals and views share their spectrum",
    "max |γ_i(MᵀM) - γ_i(MMᵀ)| = 0",
    r"\gamma_i(M^\top M) = \gamma_i(M M^\top)",
    "THEORY 2.4",
    section="2.4",
    assumptions=(
        FACTOR,
        FEW_VIEWS,
        FEW_NATURALS,
    ),
    why="MᵀM and MMᵀ have the same nonzero eigenvalues, the squared singular values of M",
)
def _sides(s: Setting) -> Sides:
    s.need_few_views("every eigenvalue")
    s.need_factor()
    n = s.graph.factor.shape[0]
    if n > 4 * max(s.N, 100):
        raise NotApplicable(f"MMᵀ is computed up to 4 naturals a view; this graph has {n:,} naturals", FEW_NATURALS)
    naturals = np.linalg.eigvalsh((s.graph.factor @ s.graph.factor.T).toarray())[::-1]
    common = min(s.N, n)
    return Sides(float(np.abs(naturals[:common] - s.all_eigenpairs.gamma[:common]).max()), 0.0)


@states(
    "the walk keeps w_x",
    "max |w_xᵀP - w_x| / w_x = 0",
    r"w_x^\top P = w_x^\top,\ P = D^{-1}w",
    "THEORY 2.5",
    section="2.5",
    assumptions=(FEW_PAIRS,),
    why="w_xᵀP sums w over its first view, which gives w_x again",
)
def _stationary(s: Setting) -> Sides:
    P = sp.csr_array(s.w.multiply(1.0 / s.graph.w_x[:, np.newaxis]))
    return Sides(float(np.abs((P.T @ s.graph.w_x) / s.graph.w_x - 1.0).max()), 0.0)


@states(
    "eigenfunctions of the walk",
    "max ||Pφ_i - γ_i φ_i||_w = 0",
    r"P\varphi_i = \gamma_i\varphi_i",
    "THEORY 2.5",
    section="2.5",
    assumptions=(FEW_PAIRS,),
    why="P = D^-1/2 Ā D^1/2, so that φ_i = D^-1/2 v_i are its eigenvectors",
)
def _walk(s: Setting) -> Sides:
    phi = s.spectrum.eigenfunctions[:, : s.k]
    step = (s.w @ phi) / s.graph.w_x[:, np.newaxis]
    off = (step - phi * s.gamma[: s.k]) * s.root[:, np.newaxis]
    return Sides(float(np.linalg.norm(off, axis=0).max()), 0.0, tolerance=1e-9)


@states(
    "eigenfunctions are orthonormal",
    "max |E φ_i φ_j - 1[i=j]| = 0",
    r"\mathbb E\,\varphi_i\varphi_j = \delta_{ij}",
    "THEORY 2.5",
    section="2.5",
    why="E φ_i φ_j = v_iᵀ D^-1/2 D D^-1/2 v_j = v_iᵀv_j",
)
def _orthonormal(s: Setting) -> Sides:
    phi = s.spectrum.eigenfunctions[:, : s.k]
    return Sides(float(np.abs(phi.T @ (s.graph.w_x[:, np.newaxis] * phi) - np.eye(s.k)).max()), 0.0, tolerance=1e-9)


@states(
    "eigenvalues of a product are products",
    "max |γ(G×G) - γ_i γ_j| = 0",
    r"\gamma(G \times G) = \{\gamma_i\gamma_j\}",
    "THEORY 10",
    section="10",
    assumptions=(SMALL,),
    why="w and D of a product are Kronecker products, and so are its eigenvectors",
)
def _product(s: Setting) -> Sides:
    if max(s.N, s.graph.n) > 20:
        raise NotApplicable(
            f"the product with itself is computed up to 20 views and 20 naturals; this graph has {max(s.N, s.graph.n):,}",
            SMALL,
        )
    w = s.w.toarray()
    joint, root = np.kron(w, w), np.kron(s.root, s.root)
    gamma = np.linalg.eigvalsh(joint / np.outer(root, root))[::-1]
    products = np.sort(np.outer(s.all_eigenpairs.gamma, s.all_eigenpairs.gamma).ravel())[::-1]
    return Sides(float(np.abs(gamma - products).max()), 0.0, scale=tolerance(s.N**2) / tolerance(s.N))
