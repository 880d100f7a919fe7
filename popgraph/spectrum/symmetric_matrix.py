"""`dense_spectrum`: the leading eigenpairs of a dense symmetric matrix that is no normalised adjacency: with a noise law."""

from dataclasses import fields
from math import ceil

import numpy as np

from popgraph.basics.arrays import Floats
from popgraph.basics.blas import one_thread
from popgraph.basics.subspace import tolerance
from popgraph.spectrum.assemble import Solution, assemble_spectrum, reproducible
from popgraph.spectrum.basis import end_of_run
from popgraph.spectrum.signed import SignedSpectrum
from popgraph.spectrum.solvers.symmetric import eigenpairs
from popgraph.spectrum.value import SolverUse, Spectrum


@one_thread()
def dense_spectrum(matrix: Floats, w_x: Floats, k: int, components: int) -> Spectrum:
    """Return the k algebraically largest eigenpairs of a symmetric matrix (N, N); a SignedSpectrum where some are negative.

    `w_x` scales functions of views. No eigenvector is known in closed form, and no eigenvalue need be below 1.
    """
    ascending, U = eigenpairs(matrix)
    gamma = ascending[::-1].copy()
    # Rounding errors are as large as the largest eigenvalue, by which the side that tolerances are derived from is multiplied
    side = ceil(len(matrix) * max(1.0, float(np.abs(gamma).max())))
    gamma[np.abs(gamma) <= tolerance(side)] = 0.0
    through_copies = end_of_run(gamma, k, side)
    V = reproducible(gamma, U[:, ::-1][:, :through_copies], k, side)
    use = SolverUse("dense", 1, matrix.shape, "with a noise law the matrix is solved whole", f"{len(matrix):,} views")
    solution = Solution(gamma, components, "every eigenvalue computed", (use,), side, closed_form=False)
    spectrum = assemble_spectrum(solution, V, w_x, lambda X: np.asarray(matrix @ X))
    if gamma[-1] >= 0:
        return spectrum
    values = {each.name: getattr(spectrum, each.name) for each in fields(spectrum)}
    return SignedSpectrum(**values | {"gamma_known": gamma, "floor": -np.inf})
