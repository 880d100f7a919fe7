"""Self-training on the population graph: a student that follows a teacher's pseudo-labels and keeps positive pairs together.

`teacher.py` reads pseudo-labels; `student.py` minimises disagreement plus inconsistency, by `cuts.py` for two classes and
`multiway.py` for more; `dynamics.py` iterates and propagates; `expansion.py` measures what the guarantees assume; `contest.py`
sets self-training against contrastive learning with a linear probe.
"""

from typing import TYPE_CHECKING

from popgraph.basics.namespaces import missing, only
from popgraph.downstream.selftraining.contest import Contest, which_wins
from popgraph.downstream.selftraining.dynamics import Iteration, iterate, propagate
from popgraph.downstream.selftraining.expansion import Expansion, expansion
from popgraph.downstream.selftraining.student import Student, self_train
from popgraph.downstream.selftraining.teacher import pseudo_labels

__all__ = [
    "Contest",
    "Expansion",
    "Iteration",
    "Student",
    "expansion",
    "iterate",
    "propagate",
    "pseudo_labels",
    "self_train",
    "which_wins",
]
__dir__ = only(__all__)
if not TYPE_CHECKING:  # or a name that there is not would be no error to a type checker
    __getattr__ = missing(__name__, __all__)
