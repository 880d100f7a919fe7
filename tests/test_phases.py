"""Phase diagrams: each cell is `which_wins` of its graph, whatever the workers, and a file resumes what a crash left."""

import json
import pickle
from fractions import Fraction

import matplotlib.pyplot as plt
import numpy as np
import pytest

import popgraph as pg
from popgraph.downstream.selftraining import journal
from popgraph.errors import InvalidArgument, InvalidFile
from popgraph.plot import contest as draw_contest
from popgraph.plot import phase_diagram as draw
from popgraph.plot.drawing import COLOURS

diagram_of = pg.selftraining.phase_diagram
ROWS, COLUMNS = [0, 1, 2], ["1/10", "2/5"]


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def blocks(mistakes, across):
    """Two blocks of four views, and a teacher with mistakes in the first."""
    graph = pg.zoo.planted_subclasses(2, 1, size=4, within=0, across=across)
    return graph, [1] * mistakes + [0] * (4 - mistakes) + [1] * 4


def two_blocks(mistaken, across):
    """As above, lumped: a right and a mistaken view of each block, of any probabilities."""
    shares = [1 - mistaken, mistaken]
    shown = np.kron([[1 - across, across], [across, 1 - across]], [shares, shares])
    return pg.build(np.tile(shares, 2) / 2, shown, labels=[0, 0, 1, 1]), [0, 1, 1, 0]


@pytest.fixture(scope="module")
def found():
    return diagram_of(blocks, ROWS, COLUMNS, names=("mistakes", "across"), boundaries={"two": lambda row, _: row - 1.5})


def test_each_cell_is_the_contest_of_its_graph(found):
    for i, row in enumerate(ROWS):
        for j, column in enumerate(COLUMNS):
            graph, teacher = blocks(row, column)
            contest = pg.selftraining.which_wins(graph, teacher, samples=50)
            assert found.winner[i, j] == contest.winner
            assert found.margin[i, j] == contest.margin
            assert tuple(found.contrastive[i, j]) == contest.contrastive_range
            assert tuple(found.self_training[i, j]) == contest.self_training_range
            assert found.teacher[i, j] == contest.teacher
            assert found.k[i, j] == contest.k
            assert tuple(found.weights[i, j]) == contest.best_weights
    assert {"contrastive", "self-training", "neither"} == set(found.winner.ravel().tolist())
    assert found.boundaries["two"].tolist() == [[-1.5] * 2, [-0.5] * 2, [0.5] * 2]


def test_it_prints_pickles_and_is_a_table(found):
    assert repr(found) == "PhaseDiagram(3 mistakes x 2 across: contrastive wins 1, self-training 2, neither 3)"
    assert "widest for contrastive   0.025, at mistakes = 1, across = 2/5" in str(found)
    assert json.loads(json.dumps(found.to_dict()))["columns"] == COLUMNS
    rows = found.to_dicts()
    assert [(row["mistakes"], row["across"]) for row in rows] == [(i, j) for i in ROWS for j in COLUMNS]
    assert rows[3]["winner"] == "contrastive"
    assert rows[3]["margin"] == rows[3]["self-training"] - rows[3]["contrastive"]
    again = pickle.loads(pickle.dumps(found))
    assert again.to_dict() == found.to_dict()
    with pytest.raises(ValueError, match="read-only"):
        again.margin[0, 0] = 1


@pytest.mark.slow
def test_two_processes_give_the_same_to_the_bit_and_write_what_one_does(found, tmp_path):
    path = tmp_path / "cells"
    both = diagram_of(blocks, ROWS, COLUMNS, names=("mistakes", "across"), workers=2, path=path)
    assert both.to_dict() == {**found.to_dict(), "boundaries": {}}
    one = diagram_of(blocks, ROWS, COLUMNS, path=tmp_path / "one")
    assert one.to_dict()["winner"] == found.to_dict()["winner"]
    files = [sorted(file.read_text(encoding="utf-8").splitlines()) for file in (path, tmp_path / "one")]
    assert files[0] == files[1]


class Crash(BaseException):
    """As an interruption: nothing that a cell may raise."""


def crashes_at(cell):
    def make(mistakes, across):
        if (mistakes, across) == cell:
            raise Crash
        return blocks(mistakes, across)

    return make


def counting(asked):
    def make(mistakes, across):
        asked.append((mistakes, across))
        return blocks(mistakes, across)

    return make


def test_after_a_crash_only_what_is_missing_is_computed(found, tmp_path):
    path = tmp_path / "cells"
    with pytest.raises(Crash):
        diagram_of(crashes_at((1, "2/5")), ROWS, COLUMNS, path=path)
    whole = path.read_text(encoding="utf-8")
    assert whole.count("\n") == 4  # the settings, and three cells
    path.write_text(whole + '[1, 1, "contr', encoding="utf-8")  # and a line that was being written
    asked = []
    resumed = diagram_of(counting(asked), ROWS, COLUMNS, path=path, names=found.names)
    assert asked == [(0, "1/10"), (1, "2/5"), (2, "1/10"), (2, "2/5")]  # the first of the file is checked
    assert resumed.to_dict() == {**found.to_dict(), "boundaries": {}}
    asked.clear()
    assert diagram_of(counting(asked), ROWS, COLUMNS, path=path, names=found.names).to_dict() == resumed.to_dict()
    assert asked == [(0, "1/10")]
    path.write_text(whole[:20], encoding="utf-8")  # it may also crash while the settings are written
    assert diagram_of(blocks, ROWS, COLUMNS, path=path, names=found.names).to_dict() == resumed.to_dict()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda path: diagram_of(blocks, [0, 1], COLUMNS, path=path),
            r"of another phase diagram: its rows is \[0, 1, 2\]",
        ),
        (lambda path: diagram_of(blocks, ROWS, COLUMNS, k=2, path=path), r"its k is None, not \[2\]"),
        (lambda path: diagram_of(blocks, ROWS, COLUMNS, weight=[1, 2], path=path), "its weight is None, not"),
        (
            lambda path: diagram_of(lambda m, a: blocks(m + 1, a), ROWS, COLUMNS, path=path),
            "line 2 is not what make_graph and its teacher give now",
        ),
        (lambda path: diagram_of(blocks, ROWS, COLUMNS, path=path.parent), "is a folder; give the name of a file"),
        (lambda path: diagram_of(blocks, ROWS, COLUMNS, path=path / "a" / "b"), "there is no folder"),
    ],
    ids=["rows", "k", "weight", "another graph", "folder", "nowhere"],
)
def test_a_file_of_another_diagram_is_refused_and_kept(call, message, tmp_path):
    path = tmp_path / "cells"
    with pytest.raises(Crash):
        diagram_of(crashes_at((0, "2/5")), ROWS, COLUMNS, path=path)
    before = path.read_text(encoding="utf-8")
    with pytest.raises(InvalidFile, match=message):
        call(path)
    assert path.read_text(encoding="utf-8") == before


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a letter\n", "is no file of a phase diagram"),
        ("no line", "is no file of a phase diagram"),
        ("[1, 2]\n", "is no file of a phase diagram"),
        ("{header}\n[0, 0]\n", "line 2 of .* is no cell of this diagram"),
        ('{header}\n[7, 0, "neither", 0, [0, 0], [0, 0], 0, 1, [0, 1]]\n', "line 2 of .* is no cell of this diagram"),
    ],
)
def test_what_is_no_such_file_is_refused_and_kept(text, message, tmp_path):
    path = tmp_path / "letter"
    settings = {"rows": ROWS, "columns": COLUMNS, "k": None, "weight": None, "samples": 50}
    text = text.replace("{header}", json.dumps(journal.Journal(path, settings).header))
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidFile, match=message):
        diagram_of(blocks, ROWS, COLUMNS, path=path)
    assert path.read_text(encoding="utf-8") == text


def fails_at_two(mistakes, across):
    if mistakes == 2:
        raise RuntimeError("no such population")
    return blocks(mistakes, across)


@pytest.mark.parametrize("workers", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_what_a_cell_raises_names_it_or_is_recorded_with_it(workers, tmp_path):
    with pytest.raises(RuntimeError, match="no such population") as raised:
        diagram_of(fails_at_two, ROWS, COLUMNS[:1], names=("mistakes", "across"), workers=workers)
    assert raised.value.__notes__ == ["raised in phase_diagram at mistakes = 2, across = '1/10'"]
    path = tmp_path / "cells"
    found = diagram_of(fails_at_two, ROWS, COLUMNS[:1], keep_going=True, workers=workers, path=path)
    assert found.failures == ((2, "1/10", "RuntimeError: no such population"),)
    assert found.winner[:, 0].tolist() == ["neither", "neither", "failed"]
    assert np.isnan(found.margin[2, 0])
    assert "failed 1" in repr(found)
    assert "failed at 2, 1/10: RuntimeError" in str(found)
    json.dumps(found.to_dict(), allow_nan=False)
    draw(found)
    mended = diagram_of(blocks, ROWS, COLUMNS[:1], path=path)  # a failure is tried again
    assert mended.failures == ()


def test_a_teacher_may_be_one_for_all_or_made_of_each_graph():
    one = diagram_of(pg.zoo.hypercube, [2], [0.1, 0.2], teacher=[0, 1, 1, 1])
    assert one.teacher == pytest.approx(np.array([[0.3, 0.35]]))
    own = diagram_of(pg.zoo.hypercube, [1, 2], [Fraction(1, 10)], teacher=lambda cube: cube.view_labels)
    assert own.teacher == pytest.approx(np.full((2, 1), 0.1))
    assert own.to_dict()["columns"] == ["1/10"]
    unsorted = diagram_of(
        pg.zoo.hypercube, np.array([2, 1]), np.array([0.2, 0.1]), teacher=lambda cube: cube.view_labels
    )
    assert unsorted.rows == (2, 1)
    assert draw(unsorted).get_ylim() == draw(own).get_ylim()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: diagram_of(blocks, [], COLUMNS), "rows is empty; give one value of the parameter or more"),
        (lambda: diagram_of(blocks, ROWS, "1/10"), "columns has dtype <U4; give the values of a parameter"),
        (lambda: diagram_of(blocks, [1, 2, 1], COLUMNS), r"rows\[2\] is 1; give numbers or words, each of them once"),
        (lambda: diagram_of(blocks, [1, np.nan], COLUMNS), r"rows\[1\] is nan; give numbers"),
        (lambda: diagram_of(blocks, np.eye(2), COLUMNS), "rows is array.*; give the values of a parameter"),
        (lambda: diagram_of(blocks, range(1001), range(1001)), "are 1,002,001 cells; 1,000,000 are the most"),
        (lambda: diagram_of(blocks, ROWS, COLUMNS, workers=0), "workers is 0"),
        (
            lambda: diagram_of(lambda r, c: blocks(r, c), ROWS, COLUMNS, workers=2),
            "cannot be sent to other processes; write it",
        ),
        (
            lambda: diagram_of(lambda r, c: 5, ROWS, COLUMNS),
            "at row = 0, column = '1/10': make_graph returned 5; it must",
        ),
        (lambda: diagram_of(pg.zoo.hypercube, [2], [0.1]), "at row = 2, column = 0.1: there is no teacher"),
        (lambda: diagram_of(pg.zoo.hypercube, [2], [0.1], teacher=[1]), "at row = 2, column = 0.1: teacher has shape"),
        (lambda: diagram_of(blocks, ROWS, COLUMNS, names="ab"), "names is 'ab'; give two words"),
        (lambda: diagram_of(blocks, ROWS, COLUMNS, boundaries=[1]), r"boundaries is \[1\]; give a mapping"),
        (
            lambda: diagram_of(blocks, ROWS, COLUMNS, boundaries={"b": lambda r, c: "x"}),
            r"boundaries\['b'\]\(0, '1/10'\) is 'x'",
        ),
        (lambda: diagram_of(blocks, ROWS, COLUMNS, path=5), "path is 5; give the name of a file"),
        (lambda: draw(5), "diagram is 5; it must be a PhaseDiagram"),
        (lambda: draw_contest(5), "contest is 5; it must be a Contest"),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(InvalidArgument, match=message):
        call()


def closed_form(mistaken, across):
    """THEORY 15: how much room the student has for t, between ε/(φ_T - φ_c) and (½ - ε)/φ_c."""
    right = 2 * across * (1 - across)
    q = (1 - across) * (1 - mistaken) + across * mistaken
    return (0.5 - mistaken) / right - mistaken / (2 * q * (1 - q) - right)


def test_two_blocks_have_the_phases_of_the_closed_form():
    """The probe is right everywhere; the student where the prediction says, but for few cells."""
    rows, columns = np.linspace(0.03, 0.45, 6), np.linspace(0.03, 0.42, 6)
    found = diagram_of(two_blocks, rows, columns, boundaries={"student": closed_form})
    assert found.contrastive[:, :, 1] == pytest.approx(np.tile(columns, (6, 1)))
    exact = found.self_training[:, :, 1] <= columns + 1e-9
    assert np.sum(exact != (found.boundaries["student"] > 0)) <= 1
    assert (found.winner == np.where(exact, "neither", "contrastive")).all()


def shades(ax):
    return ax.collections[0].get_facecolor().reshape(-1, 4)


def test_the_picture_of_a_diagram_has_its_colours_key_and_boundary(found):
    ax = draw(found)
    ax.figure.canvas.draw()
    colours = shades(ax)
    blue, orange = (np.array(plt.matplotlib.colors.to_rgb(COLOURS[i])) for i in (0, 1))
    assert colours[4, :3] == pytest.approx(orange)  # (2, "1/10"): the widest margin
    assert (colours[3, :3] > blue - 1e-9).all()  # (1, "2/5"): a faint blue
    assert colours[3, 2] == pytest.approx(max(colours[3, :3]))
    assert [text.get_text() for text in ax.get_legend().get_texts()] == [
        "contrastive wins, by 0.025 at most",
        "self-training wins, by 0.2 at most",
        "a tie",
        "two",
    ]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("across", "mistakes")
    boundary = ax.collections[-1].get_paths()[0].vertices
    assert boundary[:, 1] == pytest.approx(np.full(len(boundary), 1.5))


def test_values_in_words_are_drawn_as_words():
    bits = {"one": 1, "two": 2}
    found = diagram_of(
        lambda n, q: pg.zoo.hypercube(bits[n], q), ["two", "one"], [0.1, 0.2], teacher=lambda g: g.view_labels
    )
    ax = draw(found)
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["two", "one"]


@pytest.mark.slow
def test_the_picture_of_a_contest_has_both_curves_bands_and_bounds():
    graph = pg.zoo.planted_subclasses(2, 2, size=3, within="1/100", across="1/100")
    contest = pg.selftraining.which_wins(graph, [0, 0, 1, 0, 0, 0, 1, 1, 1, 1, 1, 1])
    ax = draw_contest(contest)
    ax.figure.canvas.draw()
    probe, student = ax.child_axes
    assert probe.lines[0].get_xydata().tolist() == [
        [k, high] for k, (_, high) in zip(contest.ks, contest.probe_errors, strict=True)
    ]
    steps = student.patches[0].get_data()
    assert steps.values.tolist() == contest.student_errors[:, 1].tolist()
    assert steps.edges[1:-1].tolist() == contest.weights[1:, 0].tolist()
    drawn = [text.get_text() for half in (probe, student) for text in half.get_legend().get_texts()]
    assert drawn.count("teacher") == 2
    assert "probe" in drawn
    assert "student" in drawn
    wide = contest.probe_errors[:, 1] > contest.probe_errors[:, 0]
    assert ("degenerate cut" in drawn) == wide.any()
    listed = pg.selftraining.which_wins(pg.zoo.hypercube(2), [0, 0, 1, 1], 2, weight=[0.1, 1, 3])
    probe, student = draw_contest(listed).child_axes
    assert student.lines[0].get_xdata().tolist() == [0.1, 1, 3]
    assert "degenerate cut" in [text.get_text() for text in probe.get_legend().get_texts()]
