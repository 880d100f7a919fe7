"""A matrix "container x argument": what each public reader makes of the containers of other libraries. `pytest -s` prints it.

Its cells are of the table in `fuzz/containers.py`, one call each: right (the plain value's answer), refused (by an error that
names the argument), an answer of its own where the container holds something else, or - where there is no such container. Never
silent: an answer where a refusal was due, or another answer than the plain value's.
"""

from collections import Counter

import pytest
from extras import need

need("torch")
need("pandas")

from fuzz import campaign, containers, judge, registry  # noqa: E402 - they import both
from fuzz.derived import ENTRIES  # noqa: E402
from fuzz.spoilers import BAD, EITHER, ODD, SAME  # noqa: E402

COLUMNS = {  # what is read, by a function and its argument
    "probabilities": ("build", "distribution"),
    "kernel": ("build", "augmentation"),
    "outcomes": ("Distribution.uniform", "outcomes"),
    "samples": ("Distribution.from_samples", "samples"),
    "mapping": ("Distribution", "probabilities"),
    "counts": ("Distribution.from_counts", "counts"),
    "labels": ("probe", "labels"),
    "view labels": ("Clustering.agreement", "view_labels"),
    "teacher": ("selftraining.propagate", "teacher"),
    "f": ("verify", "f"),
    "features": ("PopulationGraph.spectrum", "features"),
    "γ": ("verify_sampled", "gamma"),
    "p": ("apply", "probability"),
    "k": ("verify", "k"),
    "number": ("selftraining.propagate", "a"),
}
RIGHT, REFUSED, OTHER, SILENT, ABSENT = "right", "refused", "its own", "SILENT", "-"


def cells_of(entry, argument):
    """What comes of each container in an argument's place, by its label."""
    plain = {name: given.plain for name, given in entry.arguments.items()}
    plain_answer, error = judge.attempt(lambda: entry.observe(entry.call(**plain)))
    assert error is None
    cells = {}
    for label, spoiler in campaign.spoilers_of(entry, argument).items():
        if spoiler.container:
            outcome, _ = campaign.run(entry, campaign.Trial(((argument, label),), 0), plain_answer)
            answered = OTHER if spoiler.verdict == ODD else RIGHT
            cells[label] = {"finding": SILENT, "refusal": REFUSED, "answer": answered}[outcome]
    return cells


@pytest.fixture(scope="module")
def matrix():
    return {column: cells_of(ENTRIES[name], argument) for column, (name, argument) in COLUMNS.items()}


def printed(matrix):
    """The matrix as text, a line for each container."""
    labels = sorted({label for cells in matrix.values() for label in cells})
    width = max(map(len, labels))
    lines = [" " * width + "".join(f"{column:>14}" for column in matrix)]
    lines += [
        f"{label:<{width}}" + "".join(f"{cells.get(label, ABSENT):>14}" for cells in matrix.values())
        for label in labels
    ]
    return "\n".join(lines)


def test_no_container_is_read_silently(matrix):
    print("\n" + printed(matrix))
    silent = {(column, label) for column, cells in matrix.items() for label, cell in cells.items() if cell == SILENT}
    assert silent == set()


def test_every_library_is_there_and_most_arguments_read_it(matrix):
    libraries = {label.split(":")[0] for cells in matrix.values() for label in cells}
    assert {"numpy", "pandas", "torch", "scipy", "networkx", "Python"} <= libraries
    assert {name for name in ("polars", "pyarrow", "xarray") if containers.HAS[name]} <= libraries
    for column in ("probabilities", "kernel", "outcomes", "labels", "f"):
        seen = Counter(matrix[column].values())
        assert seen[RIGHT] >= 20, f"{column}: {seen}"
        assert seen[REFUSED] >= 5, f"{column}: {seen}"


def test_what_each_container_may_come_to_is_said():
    verdicts = {
        spoiler.verdict
        for name, argument in COLUMNS.values()
        for spoiler in campaign.spoilers_of(ENTRIES[name], argument).values()
    }
    assert verdicts == {SAME, BAD, EITHER, ODD}


def test_the_matrix_can_show_a_silent_cell():
    def first_of_anything(f):
        return 0.0

    entry = registry.Entry(
        "sabotaged", first_of_anything, {"f": ENTRIES["verify"].arguments["f"]}, 1, lambda x: x, False
    )
    cells = cells_of(entry, "f")
    assert cells["pandas: named twice"] == cells["numpy: dates"] == SILENT
    assert cells["polars: DataFrame" if containers.HAS["polars"] else "pandas: frame"] == RIGHT
