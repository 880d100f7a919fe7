"""Explain: the theorems as computations. Every statement is checked on any declared graph, with its source and its slack.

`check` computes both sides of each statement that applies to a graph, its labels and k, and says for each whether it holds, by
how much, or why it does not apply. `statements` lists them. `minimum` knows the least value of a loss in closed form where
there is one, `optimum` which eigenvectors a weight decay leaves on, `critic_minimum` the least value over all critics, and
`mutual_information` the bound on it. `errata` lists claims of the literature that are false as they are written, and
`sharp_constants` graphs on which a bound is attained.

Sources are given as "THEORY 5.3", which is item 3 of section 5 of docs/theory.md, where each statement stands with its proof, and
as codes of papers, such as [H21], which `REFERENCES` spells out.

>>> import popgraph as pg
>>> from popgraph import theory
>>> checks = theory.check(pg.zoo.lightning_cloud(), k=2)
>>> all(check.verdict is not theory.Verdict.FAILS for check in checks)
True
>>> theory.minimum(pg.losses.spectral, pg.zoo.lightning_cloud(), 2)
-2.0
"""

from typing import TYPE_CHECKING

from popgraph.basics.namespaces import missing, only
from popgraph.theory.checking import check, statements
from popgraph.theory.conjectures import CONJECTURES, Conjecture
from popgraph.theory.errata import Erratum, errata
from popgraph.theory.hunting import Hunt, hunt
from popgraph.theory.minima import critic_minimum, minimum, mutual_information
from popgraph.theory.optima import Optimum, optimum
from popgraph.theory.references import REFERENCES, Reference, References
from popgraph.theory.sharpness import SharpConstant, sharp_constants
from popgraph.theory.value import Check, Checks, Verdict

__all__ = [
    "CONJECTURES",
    "REFERENCES",
    "Check",
    "Checks",
    "Conjecture",
    "Erratum",
    "Hunt",
    "Optimum",
    "Reference",
    "References",
    "SharpConstant",
    "Verdict",
    "check",
    "critic_minimum",
    "errata",
    "hunt",
    "minimum",
    "mutual_information",
    "optimum",
    "sharp_constants",
    "statements",
]
__dir__ = only(__all__)
if not TYPE_CHECKING:  # or a name that there is not would be no error to a type checker
    __getattr__ = missing(__name__, __all__)
