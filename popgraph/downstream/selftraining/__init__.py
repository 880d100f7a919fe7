"""Self-training: a student that agrees with a teacher's pseudo-labels and gives the views of a positive pair one label.

`pseudo_labels` labels views by a few labelled naturals. `self_train` finds the student: the labelling of least disagreement with
the teacher plus inconsistency over positive pairs. `iterate` and `propagate` spread labels step by step instead, `expansion`
and `inner_conductance` measure what the guarantees assume of a graph, and `which_wins` compares the student with a linear probe
on F*, each at its best.
`phase_diagram` asks that over a grid of two parameters.

Which, when, why? Both find a class that few positive pairs leave. The student weighs these pairs against labels: it keeps a class
if the labels that it would overrule cost more, so it loses where labels are wrong, or pairs cross, too often for any weight to
suit. The probe weighs them against probability: F* sorts sub-graphs by how few pairs leave them, whoever is labelled, so it loses
where a sub-graph comes before the class and has bad labels. ``examples/phase_diagrams.py`` draws four families.

>>> import popgraph as pg
>>> graph = pg.zoo.planted_subclasses(2, 1, size=4, within=0, across="1/10")
>>> teacher = pg.selftraining.pseudo_labels(graph, {graph.naturals[0]: "first", graph.naturals[4]: "second"})
>>> pg.selftraining.self_train(graph, teacher).labels.tolist() == ["first"] * 4 + ["second"] * 4
True
"""

from typing import TYPE_CHECKING

from popgraph.basics.namespaces import missing, only
from popgraph.downstream.selftraining.contest import which_wins
from popgraph.downstream.selftraining.contest_value import Contest
from popgraph.downstream.selftraining.dynamics import Iteration, iterate, propagate
from popgraph.downstream.selftraining.expansion import Expansion, expansion
from popgraph.downstream.selftraining.inner_conductance import InnerConductance, inner_conductance
from popgraph.downstream.selftraining.inner_conductance import student_error_bound as student_error_bound  # for theory
from popgraph.downstream.selftraining.phases import phase_diagram
from popgraph.downstream.selftraining.phases_value import PhaseDiagram
from popgraph.downstream.selftraining.student import Student, self_train
from popgraph.downstream.selftraining.teacher import pseudo_labels

__all__ = [
    "Contest",
    "Expansion",
    "InnerConductance",
    "Iteration",
    "PhaseDiagram",
    "Student",
    "expansion",
    "inner_conductance",
    "iterate",
    "phase_diagram",
    "propagate",
    "pseudo_labels",
    "self_train",
    "which_wins",
]
__dir__ = only(__all__)
if not TYPE_CHECKING:  # or a name that there is not would be no error to a type checker
    __getattr__ = missing("popgraph.selftraining", __all__)
