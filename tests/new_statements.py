"""What each statement of classes, of what holds inside classes, and of transfer is broken by; `test_new_statements` breaks it."""

from typing import Any

import numpy as np

import popgraph as pg
from popgraph import zoo
from popgraph.theory import inside_classes, saunshi2022
from popgraph.theory.inductive_bias import FunctionClass
from popgraph.theory.saunshi2022 import ScaledSigns
from popgraph.theory.setting import Setting

OF_EXAMPLE_1 = {
    "Example 1's linear Ritz values",
    "a spurious f has the least loss",
    "a spurious f has a probe at chance",
    "Corollary 4.2 of S22",
    "the excess loss of a linear f bounds its probe",
}
CUBE, EXAMPLE = zoo.hypercube(3, "1/5"), zoo.scaled_hypercube(3, 1)
SKEW = pg.build(
    ["a", "b", "c"],
    {
        "a": {0: "4/10", 1: "3/10", 2: "3/10"},
        "b": {2: "2/10", 3: "3/10", 4: "5/10"},
        "c": {0: "1/10", 5: "3/10", 6: "6/10"},
    },
    labels=[0, 1, 0],
)
OTHERWISE = {  # on the cube one has two sides of 0, and of the other no student errs on at most half of each class
    "a class fits other targets as far as it holds them": (SKEW, 1),
    "the error of self-training": (zoo.planted_subclasses(2, 1, size=4, within=0, across="1/10"), 2),
}


def setting_of(name: str) -> Setting:
    """A graph on which the statement holds."""
    graph, k = (EXAMPLE, 2) if name in OF_EXAMPLE_1 else OTHERWISE.get(name, (CUBE, 4))
    return Setting(graph, graph.labels, k, graph.spectrum(k + 1), None)


def of_the_setting(**wrong: Any) -> Any:
    """Break a quantity of the setting itself."""
    return lambda setting, patch: setting.__dict__.update(wrong)


def losing(by: float) -> Any:
    """Break the loss, so that it is this much."""
    return lambda setting, patch: patch.setattr(Setting, "loss", lambda *_: by)


def in_room(room: Any, name: str, wrong: Any) -> Any:
    """Break a function of the room."""
    return lambda setting, patch: patch.setattr(room, name, wrong)


def ritz_values(change: Any) -> Any:
    """Break the Ritz values of the class."""
    return lambda setting, patch: patch.setattr(FunctionClass, "theta", property(lambda self: change(self._pairs[0])))


def spurious_that_knows_the_label(s: Setting, example: ScaledSigns) -> Any:
    return np.sign(example.points[:, :2])


def no_paths(*_: Any, **__: Any) -> Any:
    return np.zeros((CUBE.N, CUBE.N))


BROKEN_BY: dict[str, Any] = {
    "the energy of a class": ritz_values(lambda theta: theta - 9.0),
    "a class fits the clusters that it holds": of_the_setting(inconsistency=-1.0),
    "a class fits other targets as far as it holds them": ritz_values(lambda theta: theta - 99.0),
    "idealised VICReg learns the same functions of a class": ritz_values(lambda theta: 0.9 * theta),
    "weight decay on W shifts a class's eigenvalues": losing(1.0),
    "Example 1's linear Ritz values": lambda setting, patch: patch.setattr(
        ScaledSigns, "expected", property(lambda self: np.ones(3))
    ),
    "a spurious f has the least loss": losing(1.0),
    "a spurious f has a probe at chance": in_room(saunshi2022, "_spurious", spurious_that_knows_the_label),
    "Corollary 4.2 of S22": losing(-9.0),
    "the excess loss of a linear f bounds its probe": losing(-9.0),
    "the error of self-training": in_room(inside_classes, "student_error_bound", lambda *_: -1.0),
    "the error of any labelling no worse than ŷ": in_room(inside_classes, "student_error_bound", lambda *_: 0.0),
    "Cheeger within the classes, from below": in_room(inside_classes, "_second", lambda *_: 9.0),
    "Cheeger within the classes, from above": in_room(inside_classes, "_second", lambda *_: 0.0),
    "overlap makes aligned features gather by class": in_room(inside_classes, "_second", lambda *_: 99.0),
    "alignment reaches through a class": lambda setting, patch: patch.setattr(
        inside_classes.sp.csgraph, "shortest_path", no_paths
    ),
    "the nearest class mean": in_room(inside_classes, "_pair_distances", lambda *_: (-np.ones(2), np.ones(2))),
    "a head from the source on all views": of_the_setting(inconsistency=-1.0),
    "the errors of a head from the source": of_the_setting(inconsistency=-1.0),
    "averaged features of a source class count walks into it": of_the_setting(next_bound=0.0),
}
