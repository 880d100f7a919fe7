"""From the factor M to its spectrum: the policy that chooses, one solver a file, and the certificate of what they return."""

from popgraph.spectrum.certificate import Certificate
from popgraph.spectrum.components import Components, find_components
from popgraph.spectrum.policy import choose_solver, decompose, whole_eigenspace
from popgraph.spectrum.product.solve import Grid
from popgraph.spectrum.ritz import ritz
from popgraph.spectrum.value import SolverUse, Spectrum

__all__ = [
    "Certificate",
    "Components",
    "Grid",
    "SolverUse",
    "Spectrum",
    "choose_solver",
    "decompose",
    "find_components",
    "ritz",
    "whole_eigenspace",
]
