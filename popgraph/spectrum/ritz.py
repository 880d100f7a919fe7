"""Rayleigh-Ritz: the leading eigenpairs of Ā restricted to the functions f = ΨW of some features Ψ."""

from dataclasses import replace

import numpy as np

from popgraph.basics.arguments import whole_number
from popgraph.basics.arrays import Floats, Sparse, frozen
from popgraph.basics.blas import one_thread
from popgraph.basics.subspace import tolerance
from popgraph.spectrum.assemble import Solution, assemble_spectrum, reproducible, rounded
from popgraph.spectrum.basis import end_of_run
from popgraph.spectrum.certificate import products_with
from popgraph.spectrum.solvers.symmetric import eigenpairs
from popgraph.spectrum.value import SolverUse, Spectrum


@one_thread()
def ritz(factor: Sparse, w_x: Floats, basis: Floats, T: Floats, k: int) -> Spectrum:
    """Return the k leading Ritz pairs θ, V: the eigenpairs of Ā projected on the span of a basis. [H23]; THEORY 7.

    `factor` is M (n, N). `basis` (N, d) has orthonormal columns that span √w_x Ψ, and T (d, d) is such that basis = √w_x Ψ T.
    """
    # The Ritz pairs solve Ψᵀ w Ψ u = θ Ψᵀ D Ψ u. By Courant and Fischer 0 <= θ_i <= γ_i, with equality for all i <= k iff some
    # minimiser F* of the loss is in the span. The residuals that the spectrum reports are ||Āv - θv|| with Ā itself, so each θ is
    # that close to an eigenvalue of Ā; the certificate is about the projected matrix.
    d = basis.shape[1]
    k = whole_number("k", k, d, "the number of features")
    image = factor @ basis
    ascending, U = eigenpairs(image.T @ image)
    theta = rounded(ascending[::-1], d)
    through_copies = end_of_run(theta, k, d)  # a reproducible basis needs all copies of a repeated θ_k
    V = reproducible(theta, basis @ U[:, ::-1][:, :through_copies], k, d)
    coordinates = basis.T @ V
    projected = np.linalg.norm(image.T @ (image @ coordinates) - coordinates * theta[:k], axis=0)
    solution = Solution(
        gamma=theta,
        components=int(np.sum(theta >= 1.0 - tolerance(d))),
        excluded="every Ritz value computed",
        solvers=(SolverUse("Rayleigh-Ritz", 1, (d, d), "a class of functions is solved whole", f"{d} features"),),
        side=d,
        closed_form=False,
    )
    spectrum = assemble_spectrum(solution, V, w_x, products_with(factor), residuals=projected)
    weights = T @ (basis.T @ spectrum.eigenvectors) * np.sqrt(spectrum.gamma)
    return replace(spectrum, weights=frozen(weights))
