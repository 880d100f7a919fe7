"""The classroom: slips that students make are named, right answers in any form are taken, and worksheets hold what they should.

Oracles are numpy's eigenvectors of matrices written out here, and fractions computed by hand.
"""

import json
import os
import shutil
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from extras import need

import popgraph as pg
from popgraph.classroom import printing
from popgraph.classroom.cells import mathml, root_cell
from popgraph.classroom.formulas import read_number
from popgraph.errors import InvalidArgument, MissingExtra, TooLarge

P = {"a": Fraction(1, 3), "b": Fraction(1, 3), "c": Fraction(1, 3)}
A = {
    "a": {"a": Fraction(1, 2), "x": Fraction(1, 4), "b": Fraction(1, 4)},
    "b": {"b": Fraction(2, 3), "y": Fraction(1, 3)},
    "c": {"c": Fraction(1, 2), "y": Fraction(1, 6), "x": Fraction(1, 3)},
}
GRAPH = pg.build(P, A, name="letters")
VIEWS = list(GRAPH.views)
N, K = len(VIEWS), 2
# By the definition, in fractions
W = [[sum(P[z] * A[z].get(x, 0) * A[z].get(y, 0) for z in P) for y in VIEWS] for x in VIEWS]
W_X = [sum(row) for row in W]
w, w_x = np.array(W, dtype=float), np.array(W_X, dtype=float)
ADJACENCY = w / np.sqrt(np.outer(w_x, w_x))
OFF = w - np.diag(np.diag(w))


def top(matrix, k=K):
    return np.linalg.eigh(matrix)[1][:, ::-1][:, :k]


F = top(ADJACENCY)
f = F / np.sqrt(w_x)[:, None]
CLOUD = pg.zoo.lightning_cloud()
CUBE = pg.zoo.hypercube(3, "1/4")


PLANTED = {
    "transposed": {"f": f.T},
    "permuted rows": {"f": f[::-1]},
    "forgot the square root": {"adjacency": w / np.outer(w_x, w_x)},
    "divided by w_x": {"f": F / w_x[:, None]},
    "eigenvectors of w": {"F": top(w)},
    "missing self-weights": {"w": OFF},
    "rounded": {"w": w.round(2)},
    "row-normalised": {"adjacency": w / w_x[:, None]},
    "doubled": {"w": 2 * w},
    "wrong sign": {"adjacency": -ADJACENCY},
}
MORE = {
    "F in place of f": [{"f": F}],
    "f in place of F": [{"F": f}],
    "multiplied by √w_x": [{"f": F * np.sqrt(w_x)[:, None]}, {"F": F * np.sqrt(w_x)[:, None]}],
    "divided by w_x": [{"F": F / w_x[:, None]}],
    "eigenvectors of w": [{"f": top(w)}, {"f": top(w) / np.sqrt(w_x)[:, None]}],
    "forgot the square root": [
        {"F": top(w / np.outer(w_x, w_x))},
        {"gamma": np.linalg.eigvalsh(w / np.outer(w_x, w_x))[:-3:-1]},
    ],
    "missing self-weights": [
        {"w": OFF / OFF.sum()},
        {"w_x": OFF.sum(axis=1)},
        {"adjacency": ADJACENCY - np.diag(np.diag(ADJACENCY))},
        {"adjacency": OFF / np.sqrt(np.outer(OFF.sum(axis=1), OFF.sum(axis=1)))},
        {"F": top(OFF / np.sqrt(np.outer(OFF.sum(axis=1), OFF.sum(axis=1))))},
    ],
    "smallest eigenvalues": [{"F": np.linalg.eigh(ADJACENCY)[1][:, :K]}, {"gamma": [0, 0]}],
    "missing constant": [{"F": top(ADJACENCY, 3)[:, 1:]}],
    "rounded": [{"f": f.round(1)}, {"w_x": w_x.round(2)}],
    "permuted rows": [
        {"w": w[::-1, ::-1]},
        {"w": w[::-1]},
        {"adjacency": ADJACENCY[:, ::-1]},
        {"w_x": w_x[::-1]},
        {"F": F[::-1]},
    ],
    "transposed": [{"F": F.T.tolist()}],
    "dependent columns": [{"f": f[:, [0, 0]]}],
    "w itself": [{"adjacency": w}],
    "Ā in place of w": [{"w": ADJACENCY}],
    "column-normalised": [{"adjacency": w / w_x}],
    "Laplacian": [{"adjacency": np.eye(N) - ADJACENCY}],
    "square root of all": [{"adjacency": np.sqrt(w / np.outer(w_x, w_x))}],
    "independent pairs": [{"w": np.outer(w_x, w_x)}],
    "forgot p": [{"w": 3 * w}, {"w_x": 3 * w_x}],
    "augmented once": [{"w": [[P.get(x, 0) * A.get(x, {}).get(y, 0) for y in VIEWS] for x in VIEWS]}],
    "scaled": [{"w": 100 * w}, {"adjacency": ADJACENCY / 2}],
    "uniform": [{"w_x": np.full(N, 1 / N)}],
    "λ in place of γ": [{"gamma": 1 - np.linalg.eigvalsh(ADJACENCY)[:-3:-1]}],
    "eigenvalues of w": [{"gamma": np.linalg.eigvalsh(w)[:-3:-1]}],
    "another order": [{"gamma": np.linalg.eigvalsh(ADJACENCY)[-2:]}],
}


@pytest.mark.parametrize("slip", PLANTED)
def test_ten_planted_mistakes_are_diagnosed(slip):
    grade = pg.classroom.grade(GRAPH, **PLANTED[slip])
    (answer,) = grade
    assert not grade
    assert answer.slip == slip
    assert answer.score == 0.5
    assert answer.hint.endswith(".")


@pytest.mark.parametrize(("slip", "given"), [(slip, given) for slip, each in MORE.items() for given in each])
def test_other_slips_are_named(slip, given):
    (answer,) = pg.classroom.grade(GRAPH, **given)
    assert answer.slip == slip


def words(table):
    return [[str(each) for each in row] for row in table]


TURN = np.array([[0.6, -0.8], [0.8, 0.6]])
ROOTS = [[f"sqrt({W[i][j] ** 2 / (W_X[i] * W_X[j])})" for j in range(N)] for i in range(N)]
RIGHT = {
    "w as fractions": {"w": W},
    "w as words": {"w": words(W)},
    "w as floats": {"w": w},
    "w to three decimals": {"w": w.round(3)},
    "w as percentages": {"w": [[f"{100 * each:.2f} %" for each in row] for row in w.tolist()]},
    "w as pairs": {"w": {(x, y): W[i][j] for i, x in enumerate(VIEWS) for j, y in enumerate(VIEWS) if W[i][j]}},
    "w as mappings": {"w": {x: dict(zip(VIEWS, W[i], strict=True)) for i, x in enumerate(VIEWS)}},
    "w_x by name": {"w_x": dict(reversed(list(zip(VIEWS, W_X, strict=True))))},
    "w_x in LaTeX": {"w_x": [rf"\frac{{{each.numerator}}}{{{each.denominator}}}" for each in W_X]},
    "Ā as roots": {"adjacency": ROOTS},
    "Ā to three decimals": {"adjacency": ADJACENCY.round(3)},
    "γ to three decimals": {"gamma": [1, 0.626]},
    "F": {"F": F},
    "F with other signs": {"F": F * [-1, 1]},
    "F rotated": {"F": F @ TURN},
    "F to three decimals": {"F": F.round(3)},
    "f": {"f": f},
    "f by an invertible map": {"f": f @ [[2, 1], [0, 3]]},
    "f as a mapping": {"f": dict(reversed(list(zip(VIEWS, f.tolist(), strict=True))))},
    "f as a callable": {"f": lambda x: f[VIEWS.index(x)]},
    "f as words": {"f": [[f"{a:.6f}", f"{b:.6f}"] for a, b in f.tolist()]},
    "all at once": {"w_x": W_X, "w": W, "adjacency": ROOTS, "gamma": [1, 0.6255], "F": F, "f": f, "k": 2},
}


@pytest.mark.parametrize("form", RIGHT)
def test_right_answers_in_other_forms_are_not_refused(form):
    grade = pg.classroom.grade(GRAPH, **RIGHT[form])
    assert grade, grade
    assert grade.score == 1


def test_tables_go_by_their_names():
    pd = need("pandas")
    order = [3, 1, 4, 0, 2]
    names = [VIEWS[i] for i in order]
    table = pd.DataFrame(w[np.ix_(order, order)], index=names, columns=names)
    assert pg.classroom.grade(
        GRAPH, w=table, w_x=pd.Series(w_x[order], names), f=pd.DataFrame(f[order], names), F=pd.DataFrame(F)
    )
    assert not pg.classroom.grade(GRAPH, w=table.to_numpy())
    across = pg.classroom.grade(GRAPH, f=pd.DataFrame(f[order].T, columns=names))
    assert across["f"].slip == "transposed"


def test_any_choice_is_right_at_a_degenerate_cut():
    bits = np.array(CUBE.views)
    signs = 1 - 2 * bits
    ones = np.ones((8, 1))
    rng = np.random.default_rng(0)
    for k in (2, 3):  # γ = 1, 1/4, 1/4, 1/4, ...: any functions of one bit beside the constant
        any_of_them = signs @ np.linalg.qr(rng.standard_normal((3, 3)))[0][:, : k - 1]
        assert pg.classroom.grade(CUBE, f=np.hstack([ones, any_of_them]), k=k)
    parity = signs[:, [0]] * signs[:, [1]]  # of γ = 1/16
    answer = pg.classroom.grade(CUBE, f=np.hstack([ones, parity]))["f"]
    assert not answer.right
    assert "γ_2 = γ_3" in answer.hint


@pytest.mark.parametrize("seed", range(10))
def test_what_is_no_slip_is_not_said_to_be_one(seed):
    rng = np.random.default_rng(seed)
    symmetric = rng.random((N, N))
    symmetric = (symmetric + symmetric.T) / symmetric.sum() / 2
    grade = pg.classroom.grade(
        GRAPH, w=symmetric, adjacency=symmetric, F=rng.standard_normal((N, K)), f=rng.random((N, K))
    )
    assert [answer.slip for answer in grade] == [""] * 4
    assert grade.score == 0
    assert all(answer.hint for answer in grade)


def test_rounding_is_judged_by_the_digits_that_were_asked_for():
    assert pg.classroom.grade(
        CLOUD, w=[["2/9", 0.1111, 0, 0], [0.111, 0.056, 0, 0], [0, 0, 0.222, 0.111], [0, 0, 0.111, 0.056]]
    )
    off = CLOUD.w.round(3)
    assert pg.classroom.grade(CLOUD, w=off, digits=4)["w"].slip == "rounded"
    assert pg.classroom.grade(CLOUD, w=off.round(2), digits=2)


def test_a_grade_is_a_score_and_json():
    grade = pg.classroom.grade(GRAPH, w=W, adjacency=w, f=np.random.default_rng(0).random((N, K)), partial=0.25)
    assert grade.score == pytest.approx(1.25 / 3)
    assert grade.points(6) == 2.5
    assert type(grade.points(6)) is float  # whose repr is a number, as nbgrader reads it
    read = json.loads(grade.to_json())
    assert [(test["name"], test["score"], test["max_score"], test["status"]) for test in read["tests"]] == [
        ("w", 1, 1, "passed"),
        ("adjacency", 0.25, 1, "failed"),
        ("f", 0, 1, "failed"),
    ]
    assert read["score"] == 1.25
    assert read["extra_data"]["slips"] == {"adjacency": "w itself"}
    assert "w: right" in str(grade)
    assert "w itself" in grade._repr_html_()
    with pytest.raises(InvalidArgument, match="no answer 'adjacncy' was graded: did you mean 'adjacency'"):
        grade["adjacncy"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "grade was given no answer"),
        ({"w": np.eye(3)}, r"w has shape \(3, 3\); this graph of 5 views needs a table \(5, 5\)"),
        ({"w": {("a", "z"): 1}}, "w names 'z', which is no view of this graph"),
        ({"w": np.where(np.eye(N) > 0, np.nan, w)}, r"w\['a', 'a'\] is .*nan.*; give a finite number"),
        ({"w": [*words(W)[:-1], ["1/18", "one", "0", "0", "0"]]}, r"w\['c', 'x'\] is .*'one'.*, which is no number"),
        ({"w": [*words(W)[:-1], ["", "0", "0", "0", "0"]]}, r"w\['c', 'a'\] is .*, which is no number"),
        ({"w_x": [1, 2]}, r"w_x has shape \(2,\); give one number for each of 5 views"),
        ({"w_x": {"a": 1}}, "w_x lacks 4 of 5 views"),
        ({"gamma": [1], "k": 2}, "gamma has 1 eigenvalues; k = 2 needs 2"),
        ({"F": F, "k": 3}, "F has 2 columns; k = 3 needs 3"),
        ({"f": f[:4]}, r"f has shape \(4, 2\); this graph of 5 views needs \(5, k\)"),
        ({"f": {"a": [1, 2]}}, "f lacks 4 of 5 views"),
        ({"f": f, "k": 4}, "k is 4; it must be a whole number from 1 to the rank of Ā, 3"),
        ({"w": W, "digits": 0}, "digits is 0"),
        ({"w": W, "partial": 2}, "partial is 2"),
    ],
    ids=str,
)
def test_bad_answers_are_refused_in_a_sentence(given, message):
    with pytest.raises(InvalidArgument, match=message) as refused:
        pg.classroom.grade(GRAPH, **given)
    assert "\n" not in str(refused.value)


def test_a_graph_too_large_to_grade_says_the_limit():
    with pytest.raises(TooLarge, match="at most 400 views"):
        pg.classroom.grade(pg.zoo.ring(401), w_x=[1])


@pytest.mark.parametrize(
    "text",
    ["__import__('os')", "9**9**9", "sqrt(2, 3)", "sqrt()", "1/0", "x", "(" * 150, "1 2 3 a", "sqrt(-1)"],
)
def test_a_formula_is_numbers_and_nothing_else(text):
    with pytest.raises(InvalidArgument, match="which is no number"):
        read_number("w", text)


def test_verify_names_the_same_slips():
    # "F in place of f", rows in another order and a missing constant have had their sentences in tests of their own
    for table, said in [
        (F / w_x[:, None], "The table times w_x spans F*"),
        (F * np.sqrt(w_x)[:, None], "The table divided by √w_x spans F*"),
        (top(w), "It has eigenvectors of w;"),
        (top(w / np.outer(w_x, w_x)), "It has eigenvectors of w_xx'/(w_x w_x')"),
        (top(OFF / np.sqrt(np.outer(OFF.sum(axis=1), OFF.sum(axis=1)))), "without its self-weights"),
        (np.linalg.eigh(ADJACENCY)[1][:, :K], "smallest eigenvalues"),
        (f.round(2), "right as far as 2 decimals can tell"),
    ]:
        assert said in pg.verify(GRAPH, table).reason
    plain = np.random.default_rng(0).standard_normal((N, K))
    assert pg.verify(GRAPH, plain).reason.endswith("(γ = 1).")


# Worksheets


def test_a_handout_has_blanks_and_its_key_the_fractions(tmp_path):
    sheet = pg.classroom.worksheet(GRAPH, tmp_path / "letters.html", k=2)
    handout, key = (path.read_text(encoding="utf-8") for path in (sheet.handout, sheet.key))
    assert sheet.key.name == "letters_key.html"
    off = W[VIEWS.index("x")][VIEWS.index("x")]  # 25/432, which the declaration does not hold
    written = f"<mfrac><mrow><mn>{off.numerator}</mn></mrow><mrow><mn>{off.denominator}</mn></mrow></mfrac>"
    assert written in key
    assert written not in handout
    assert handout.count("<td></td>") == N + 2 * N * N + 3 + 2 * 2 * N
    assert key.count("<td></td>") == 0
    assert "http" not in handout.replace("http-equiv", "")  # nothing comes from elsewhere
    assert "The cut at k = 2 is clean" in key


def test_what_the_key_says_is_graded_as_right(tmp_path):
    need("flint")
    sheet = pg.classroom.worksheet(CLOUD, tmp_path / "cloud.tex", questions=["f", "w"])
    assert sheet.questions == ("w", "f")
    rows = [line for line in sheet.key.read_text(encoding="utf-8").splitlines() if line.startswith("$x_{")]
    cells = [[cell.strip("$ \\hline") for cell in row.split("&")[1:]] for row in rows]
    cells = [[cell.replace("\\\\", "").strip("$ ") for cell in row] for row in cells]
    given_w = [["\\" + cell if cell.startswith(("tfrac", "sqrt")) else cell for cell in row] for row in cells[:4]]
    given_f = [["\\" + cell if cell.startswith(("tfrac", "sqrt")) else cell for cell in row] for row in cells[4:8]]
    assert pg.classroom.grade(CLOUD, w=given_w, f=given_f, k=2)


FLOATS = pg.build({"a & b": 0.3, "c_%": 0.7}, {"a & b": {"a & b": 0.5, "$x$": 0.5}, "c_%": {"$x$": 0.25, "c_%": 0.75}})


@pytest.mark.parametrize(
    "graph",
    [
        FLOATS,
        pg.from_pairs([("a", "b"), ("b", "a"), ("b", "c"), ("c", "b")]),
        CUBE,
    ],
    ids=["floats and signs", "given pairs", "a degenerate cut"],
)
def test_all_kinds_of_graphs_make_a_worksheet(graph, tmp_path):
    for ending in (".html", ".tex"):
        sheet = pg.classroom.worksheet(graph, tmp_path / f"sheet{ending}")
        key = sheet.key.read_text(encoding="utf-8")
        assert ("w" in sheet.questions) == (type(graph) is pg.PopulationGraph)
        if ending == ".tex":
            assert key.count("{") == key.count("}")
            assert "a & b" not in key or graph is not FLOATS


def test_a_degenerate_cut_is_said_to_be_one(tmp_path):
    sheet = pg.classroom.worksheet(CUBE, tmp_path / "cube.html", k=2)
    assert "The cut at k = 2 is degenerate" in sheet.key.read_text(encoding="utf-8")


def test_too_large_for_paper_says_the_limit_and_writes_nothing(tmp_path):
    with pytest.raises(TooLarge, match="too large for paper: a worksheet holds at most 12 views"):
        pg.classroom.worksheet(pg.zoo.hypercube(4), tmp_path / "cube.html")
    assert list(tmp_path.iterdir()) == []


def test_both_files_are_written_or_none(tmp_path, monkeypatch):
    path = tmp_path / "cloud.html"
    path.write_text("old", encoding="utf-8")
    replace, calls = os.replace, []

    def second_fails(source, target):
        calls.append(target)
        if len(calls) == 2:
            raise OSError("the disk is full")
        replace(source, target)

    monkeypatch.setattr(os, "replace", second_fails)
    with pytest.raises(OSError, match="the disk is full"):
        pg.classroom.worksheet(CLOUD, path)
    assert [each.name for each in tmp_path.iterdir()] == ["cloud.html"]
    assert path.read_text(encoding="utf-8") == "old"


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"path": "sheet.docx"}, InvalidArgument, "path is 'sheet.docx'; let it end in .html, .tex or .pdf"),
        ({"path": b"sheet.html"}, InvalidArgument, "path is b'sheet.html'"),
        ({"path": Path("no") / "such" / "sheet.html"}, FileNotFoundError, "no such folder"),
        ({"k": 3}, InvalidArgument, "k is 3; it must be a whole number from 1 to the rank of Ā, 2"),
        ({"questions": ["W"]}, InvalidArgument, "questions is 'W'"),
        ({"questions": []}, InvalidArgument, "questions is empty"),
        ({"form": "pdf"}, InvalidArgument, "whose ending is the form"),
    ],
    ids=str,
)
def test_bad_worksheets_are_refused_in_a_sentence(arguments, error, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error, match=message):
        pg.classroom.worksheet(CLOUD, **arguments)
    assert list(tmp_path.iterdir()) == []


def test_without_tex_and_browser_a_pdf_is_refused_with_what_can_be_had(tmp_path, monkeypatch):
    monkeypatch.setattr(printing.shutil, "which", lambda program: None)
    with pytest.raises(MissingExtra, match=r"needs a TeX .* or Chromium, and there is none here; .* \.html"):
        pg.classroom.worksheet(CLOUD, tmp_path / "cloud.pdf")
    assert list(tmp_path.iterdir()) == []


def test_a_program_that_prints_nothing_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(printing.shutil, "which", lambda program: "/bin/false" if program == "chromium" else None)
    with pytest.raises(MissingExtra, match="chromium printed none"):
        pg.classroom.worksheet(CLOUD, tmp_path / "cloud.pdf")


@pytest.mark.slow
@pytest.mark.parametrize("programs", [printing.TEX, printing.BROWSERS], ids=["TeX", "browser"])
def test_a_pdf_is_printed(programs, tmp_path, monkeypatch):
    which = shutil.which
    if not any(map(which, programs)):
        pytest.skip(f"none of {', '.join(programs)} is installed")
    monkeypatch.setattr(printing.shutil, "which", lambda program: which(program) if program in programs else None)
    sheet = pg.classroom.worksheet(CLOUD, tmp_path / "cloud.pdf", questions=["w"])
    assert sheet.handout.read_bytes().startswith(b"%PDF")
    assert sheet.key.read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize(
    ("square", "written"),
    [
        ("4/9", r"\tfrac{2}{3}"),
        ("2/9", r"\tfrac{\sqrt{2}}{3}"),
        ("2/3", r"\tfrac{\sqrt{6}}{3}"),
        ("8", r"2\sqrt{2}"),
        ("0", "0"),
        ("1", "1"),
        ("25/1", "5"),
        ("1022117/1", "1011"),  # 1011², of a prime factor above those tried first
    ],
)
def test_roots_are_written_in_lowest_terms(square, written):
    square = Fraction(1011**2) if square.startswith("1022117") else Fraction(square)
    assert root_cell(square) == written
    assert read_number("it", root_cell(square, negative=True)) == pytest.approx(-(float(square) ** 0.5))


def test_cells_become_mathml():
    assert mathml(r"-\tfrac{2\sqrt{2}}{3}") == (
        "<math><mrow><mo>−</mo><mfrac><mrow><mn>2</mn><msqrt><mrow><mn>2</mn></mrow></msqrt></mrow>"
        "<mrow><mn>3</mn></mrow></mfrac></mrow></math>"
    )
