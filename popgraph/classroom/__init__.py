"""Teach a class: write sheets of questions with their keys, and grade what students hand in.

`worksheet` writes a handout with blanks and its key, as HTML, LaTeX or PDF. `grade` compares a student's w_x, w, Ā, γ, F and f with
the population's, names the slip in a wrong one, such as a forgotten square root or missing self-weights, and says what to think
over. Any basis of F* is right, as `popgraph.verify` has it. A `Grade` is a score, and the JSON that Gradescope and otter-grader
take; in nbgrader, let a test cell end with ``grade.points(3)``.

>>> import popgraph as pg
>>> cloud = pg.zoo.lightning_cloud()
>>> thirds = [["2/9", "1/9", 0, 0], ["1/9", "1/18", 0, 0], [0, 0, "2/9", "1/9"], [0, 0, "1/9", "1/18"]]
>>> pg.classroom.grade(cloud, w=thirds, adjacency=thirds)
Grade(1.5 of 2: w right, adjacency w itself)
"""

from typing import TYPE_CHECKING

from popgraph.basics.namespaces import missing, only
from popgraph.classroom.answers import Answer, Grade
from popgraph.classroom.grading import grade
from popgraph.classroom.worksheets import Worksheet, worksheet

__all__ = ["Answer", "Grade", "Worksheet", "grade", "worksheet"]
__dir__ = only(__all__)
if not TYPE_CHECKING:  # or a name that there is not would be no error to a type checker
    __getattr__ = missing(__name__, __all__)
