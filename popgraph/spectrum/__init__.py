"""From the factor M to its spectrum: a policy that chooses, one solver a file, one place that assembles and certifies the result.

`decompose(M, w_x, k)` splits M into connected components, whose pairs of eigenvalue 1 are known in closed form; solves each shape
of component by the method that `choose_solver` names; and hands eigenvalues, eigenvectors and a bound on what was not computed to
`assemble_spectrum`, which checks every pair on Ā itself and returns a `Spectrum` with its `Certificate`. Whatever finds eigenpairs
in another way (a product, a symmetry, a cluster) hands a `Solution` and eigenvectors to the same function.

Examples
--------
>>> import popgraph as pg
>>> graph = pg.zoo.hypercube(3)
>>> decompose(graph.factor, graph.w_x, 4)
Spectrum(k=4, gamma=[1, 0.25, 0.25, 0.25], gap 0.1875)
"""

from popgraph.spectrum.assemble import (
    Solution,
    assemble_spectrum,
    leading_eigenvectors,
    nothing_to_solve,
    rounded,
    unit_eigenvectors,
)
from popgraph.spectrum.certificate import Certificate, products_with
from popgraph.spectrum.components import Components, find_components
from popgraph.spectrum.policy import choose_solver, decompose, whole_eigenspace
from popgraph.spectrum.product.solve import Grid
from popgraph.spectrum.ritz import ritz
from popgraph.spectrum.value import SolverUse, Spectrum

__all__ = [
    "Certificate",
    "Components",
    "Grid",
    "Solution",
    "SolverUse",
    "Spectrum",
    "assemble_spectrum",
    "choose_solver",
    "decompose",
    "find_components",
    "leading_eigenvectors",
    "nothing_to_solve",
    "products_with",
    "ritz",
    "rounded",
    "unit_eigenvectors",
    "whole_eigenspace",
]
