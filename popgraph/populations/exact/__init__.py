"""Exact to the last digit: rational graphs and algebraic spectra, for populations with exact probabilities (extra `exact`).

`integers.py` puts a population into whole numbers, `charpoly.py` computes characteristic polynomials, `algebraic.py` holds their
roots, `value.py` joins them to the graph; `verification.py` decides about a rational f, `latex.py` writes it all down.
"""

from popgraph.populations.exact.algebraic import Eigenvalue
from popgraph.populations.exact.eigenspaces import Cut, Factored
from popgraph.populations.exact.pairs import ExactPairGraph, ExactPairs, refuse_floats
from popgraph.populations.exact.value import ExactGraph
from popgraph.populations.exact.verification import ExactMatch

__all__ = ["Cut", "Eigenvalue", "ExactGraph", "ExactMatch", "ExactPairGraph", "ExactPairs", "Factored", "refuse_floats"]
