"""Rayleigh-Ritz: the leading eigenpairs of Ā as far as a class of functions f = ΨW can see them."""

import numpy as np

from popgraph.basics.arguments import whole_number
from popgraph.basics.arrays import Floats, Sparse, frozen
from popgraph.basics.blas import one_thread
from popgraph.basics.subspace import tolerance
from popgraph.spectrum.basis import groups, reproducible_basis, signed
from popgraph.spectrum.certificate import certify, residual_norms
from popgraph.spectrum.solvers.symmetric import eigenpairs
from popgraph.spectrum.value import SolverUse, Spectrum


@one_thread()
def ritz(factor: Sparse, w_x: Floats, basis: Floats, T: Floats, k: int) -> Spectrum:
    """Return the k leading Ritz pairs θ, V: the eigenpairs of Ā projected on the span of a basis.

    They are those of the generalised problem Ψᵀ w Ψ u = θ Ψᵀ D Ψ u, and 0 <= θ_i <= γ_i, with equality for all i <= k iff the
    class holds an F*. The residuals are ||Āv - θv|| of the whole Ā, so that each θ is that close to an eigenvalue; the
    certificate is of the projected one.

    Parameters
    ----------
    factor : (n, N) csr_array
        M.
    w_x : (N,) array
    basis : (N, d) array
        Orthonormal columns that span √w_x Ψ.
    T : (d, d) array
        √w_x Ψ T = basis.
    k : int
        In 1..d.

    Raises
    ------
    InvalidArgument
        If k is not in 1..d.

    References
    ----------
    THEORY 7; [H23].
    """
    d = basis.shape[1]
    k = whole_number("k", k, d, "the number of features")
    image = factor @ basis
    ascending, U = eigenpairs(image.T @ image)
    theta = np.minimum(ascending[::-1], 1.0)
    theta[theta <= tolerance(d)] = 0.0
    V = np.empty((len(w_x), k))
    for run in groups(theta, d):  # a repeated θ gets a basis that does not depend on rounding
        if run.start < k:
            whole, asked = basis @ U[:, ::-1][:, run], min(k, run.stop) - run.start
            V[:, run.start : run.start + asked] = reproducible_basis(whole, asked)
    V = signed(V)
    U = basis.T @ V
    projected = np.linalg.norm(image.T @ (image @ U) - U * theta[:k], axis=0)
    after = float(theta[k]) if k < d else 0.0
    return Spectrum(
        gamma=frozen(theta[:k].copy()),
        eigenvectors=frozen(V),
        w_x=w_x,
        residuals=frozen(residual_norms(factor, theta[:k], V)),
        gamma_known=frozen(theta),
        floor=0.0,
        components=int(np.sum(theta >= 1.0 - tolerance(d))),
        certificate=certify(projected, theta[:k], V, (after, after), "every Ritz value computed", d),
        solvers=(SolverUse("Rayleigh-Ritz", 1, (d, d), "a class of functions is solved whole", f"{d} features"),),
        side=d,
        weights=frozen(T @ U * np.sqrt(theta[:k])),
    )
