"""`Answer` and `Grade`: what became of each answer, as a score, a hint and JSON."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from popgraph.basics.arguments import number
from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.arrays import Immutable
from popgraph.basics.html import headed, html_table
from popgraph.basics.words import did_you_mean, shorten
from popgraph.errors import InvalidArgument


@dataclass(frozen=True, repr=False)
class Answer(Immutable):
    """Hold what became of one answer.

    Attributes
    ----------
    name : str
        The argument of `popgraph.classroom.grade`: "w_x", "w", "adjacency", "gamma", "F" or "f".
    right : bool
        Whether it is right, to the digits that were asked for.
    slip : str
        The slip that was made, in a few fixed words; "" of a right answer, or where none is known.
    hint : str
        A sentence for the student, which does not give the answer away.
    score : float
        1 if it is right, the partial credit after a slip, else 0.

    See Also
    --------
    Grade : All answers of one student.

    Examples
    --------
    >>> import popgraph as pg
    >>> cloud = pg.zoo.lightning_cloud()
    >>> answer = pg.classroom.grade(cloud, w=2 * cloud.w)["w"]
    >>> answer.slip, answer.score
    ('doubled', 0.5)
    """

    name: str
    right: bool
    slip: str
    hint: str
    score: float

    @property
    def status(self) -> str:
        """What became of it, in a few words: "right", the slip, or "wrong"."""
        return "right" if self.right else self.slip or "wrong"

    def __repr__(self) -> str:
        return f"Answer({self.name} {self.status}, score {self.score:g})"

    def __str__(self) -> str:
        return f"{self.name}: {self.status}" + (f". {self.hint}" if self.hint else "")


@dataclass(frozen=True, repr=False)
class Grade(Immutable):
    """Hold what became of the answers of one student. True in a condition if all are right; made by `popgraph.classroom.grade`.

    Attributes
    ----------
    answers : tuple of Answer
        In the order w_x, w, adjacency, gamma, F, f, those that were given.
    graph : str
        The population, in words.
    digits : int
        To how many digits answers were compared.

    See Also
    --------
    grade : Make one.
    Answer : One of its answers.

    Examples
    --------
    >>> import popgraph as pg
    >>> cloud = pg.zoo.lightning_cloud()
    >>> print(pg.classroom.grade(cloud, w=cloud.w, f=cloud.spectrum(2).eigenvectors))
    1.5 of 2 on PopulationGraph(lightning/cloud: 2 naturals, 4 views, 2 components), to 3 digits
      w: right
      f: F in place of f. The table itself spans F*, and f is F*/√w_x, row by row.
    """

    answers: tuple[Answer, ...]
    graph: str
    digits: int

    @property
    def score(self) -> float:
        """The mean score of the answers, in [0, 1]."""
        return sum(answer.score for answer in self.answers) / len(self.answers)

    @property
    def right(self) -> bool:
        """Whether all answers are right."""
        return all(answer.right for answer in self.answers)

    def __bool__(self) -> bool:
        return self.right

    def __iter__(self) -> Iterator[Answer]:
        return iter(self.answers)

    def __len__(self) -> int:
        return len(self.answers)

    def __getitem__(self, name: str) -> Answer:
        names = [answer.name for answer in self.answers]
        if name not in names:
            meant = did_you_mean([name], names) or f"; graded were {', '.join(names)}"
            raise InvalidArgument(f"no answer {shorten(name)} was graded{meant}")
        return self.answers[names.index(name)]

    @checked_call()
    def points(self, most: float = 1.0) -> float:
        """Return the score as points out of ``most``.

        A test cell of nbgrader that ends with ``grade.points(3)``, and is worth 3 points, gives these points.

        Parameters
        ----------
        most : float
            The points of a grade with all answers right, positive.

        Returns
        -------
        float
            From 0 to ``most``.

        Raises
        ------
        InvalidArgument
            If ``most`` is no positive number.

        Examples
        --------
        >>> import popgraph as pg
        >>> cloud = pg.zoo.lightning_cloud()
        >>> pg.classroom.grade(cloud, w=cloud.w, gamma=[0, 0]).points(3)
        1.5
        """
        most = number("most", most)
        return round(self.score * most, 6)

    def to_dict(self) -> dict[str, Any]:
        """Return plain Python in the form of Gradescope's results.json, which otter-grader writes too.

        Returns
        -------
        dict
            ``score``, and ``tests`` with ``name``, ``score``, ``max_score``, ``status`` and ``output`` each. In ``extra_data`` are
            the names of the slips.

        Examples
        --------
        >>> import popgraph as pg
        >>> cloud = pg.zoo.lightning_cloud()
        >>> pg.classroom.grade(cloud, w=cloud.w).to_dict()["tests"]
        [{'name': 'w', 'score': 1.0, 'max_score': 1.0, 'status': 'passed', 'output': 'w: right'}]
        """
        tests = [
            {
                "name": answer.name,
                "score": float(answer.score),
                "max_score": 1.0,
                "status": "passed" if answer.right else "failed",
                "output": str(answer),
            }
            for answer in self.answers
        ]
        return {
            "score": float(sum(answer.score for answer in self.answers)),
            "tests": tests,
            "extra_data": {
                "population": self.graph,
                "digits": self.digits,
                "slips": {answer.name: answer.slip for answer in self.answers if answer.slip},
            },
        }

    def to_json(self) -> str:
        """Return `to_dict` as JSON, to be written to results.json.

        Returns
        -------
        str
            The text of the file.

        Examples
        --------
        >>> import json, popgraph as pg
        >>> cloud = pg.zoo.lightning_cloud()
        >>> json.loads(pg.classroom.grade(cloud, w=-cloud.w).to_json())["extra_data"]["slips"]
        {'w': 'wrong sign'}
        """
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=2)

    @property
    def _of_all(self) -> str:
        return f"{sum(answer.score for answer in self.answers):g} of {len(self.answers)}"

    def __repr__(self) -> str:
        return f"Grade({self._of_all}: {', '.join(f'{answer.name} {answer.status}' for answer in self.answers)})"

    def __str__(self) -> str:
        lines = [f"  {answer}" for answer in self.answers]
        return "\n".join([f"{self._of_all} on {self.graph}, to {self.digits} digits", *lines])

    def _repr_html_(self) -> str:
        rows = [[answer.name, answer.status, f"{answer.score:g}", answer.hint] for answer in self.answers]
        return headed(f"{self._of_all} on {self.graph}", html_table(rows, ("answer", "", "score", "hint"), left=True))
