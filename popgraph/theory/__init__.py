"""The theorems as computations: every statement checked on any declared graph, and the losses' known minima."""

from typing import TYPE_CHECKING

from popgraph.basics.namespaces import missing, only
from popgraph.theory.checking import check, statements
from popgraph.theory.minima import critic_minimum, minimum, mutual_information
from popgraph.theory.value import Check, Checks, Verdict

__all__ = ["Check", "Checks", "Verdict", "check", "critic_minimum", "minimum", "mutual_information", "statements"]
__dir__ = only(__all__)
if not TYPE_CHECKING:  # or a name that there is not would be no error to a type checker
    __getattr__ = missing(__name__, __all__)
