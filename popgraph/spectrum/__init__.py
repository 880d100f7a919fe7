"""Decompose: from the factor M, with Ā = MᵀM, to its k leading eigenpairs, with a certificate. Knows no outcome.

`decompose` splits M into connected components, whose top eigenvectors are known in closed form, and gives each to the solver
that suits it (`policy.py`; one solver a file in `solvers/`, coordinates taken apart in `product/`). It returns a `Spectrum`:
gamma, F*, residuals, gap, which solver ran and why, and a certificate that nothing above γ_k was missed. `ritz` does so within
a class of functions. What finds eigenpairs in another way (a symmetry, a cluster) hands a `Solution` to `assemble_spectrum`.

>>> import popgraph as pg
>>> from popgraph.spectrum import decompose
>>> cube = pg.zoo.hypercube(4)
>>> spectrum = decompose(cube.factor, cube.w_x, 5)
>>> spectrum
Spectrum(k=5, gamma=[1, 0.25, 0.25, 0.25, 0.25], gap 0.1875)
>>> spectrum.clean_cuts
(1, 5, 11, 15, 16)
"""

from typing import TYPE_CHECKING

from popgraph.basics.namespaces import missing, only
from popgraph.spectrum.assemble import (
    Solution,
    assemble_spectrum,
    leading_eigenvectors,
    nothing_to_solve,
    rounded,
    unit_eigenvectors,
)
from popgraph.spectrum.basis import groups, orthonormal
from popgraph.spectrum.bipartite import decompose_bipartite
from popgraph.spectrum.certificate import Certificate, Remainder, products_with
from popgraph.spectrum.components import Components, find_components
from popgraph.spectrum.decay import ModesUnderDecay, modes_under_decay
from popgraph.spectrum.policy import PREFERRED_DENSE_SIDE, choose_solver, decompose, whole_eigenspace
from popgraph.spectrum.product.solve import Grid
from popgraph.spectrum.ritz import ritz
from popgraph.spectrum.signed import LazyWalk, SignedSpectrum, lazy_factor, of_lazy_walk
from popgraph.spectrum.singular import SingularCertificate, SingularSpectrum
from popgraph.spectrum.solvers.operator import decompose_operator
from popgraph.spectrum.symmetric_matrix import dense_spectrum
from popgraph.spectrum.value import SolverUse, Spectrum

__all__ = [
    "PREFERRED_DENSE_SIDE",
    "Certificate",
    "Components",
    "Grid",
    "LazyWalk",
    "ModesUnderDecay",
    "Remainder",
    "SignedSpectrum",
    "SingularCertificate",
    "SingularSpectrum",
    "Solution",
    "SolverUse",
    "Spectrum",
    "assemble_spectrum",
    "choose_solver",
    "decompose",
    "decompose_bipartite",
    "decompose_operator",
    "dense_spectrum",
    "find_components",
    "groups",
    "lazy_factor",
    "leading_eigenvectors",
    "modes_under_decay",
    "nothing_to_solve",
    "of_lazy_walk",
    "orthonormal",
    "products_with",
    "ritz",
    "rounded",
    "unit_eigenvectors",
    "whole_eigenspace",
]
__dir__ = only(__all__)
if not TYPE_CHECKING:  # or a name that there is not would be no error to a type checker
    __getattr__ = missing(__name__, __all__)
