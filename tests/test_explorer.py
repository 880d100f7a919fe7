"""Sliders: each makes the graph that it says, and a real browser shows it."""

import html
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from fractions import Fraction
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import popgraph as pg
from popgraph import zoo
from popgraph.errors import InvalidArgument


def panel(shown, name: str) -> str:
    return html.unescape(re.sub(r"<[^>]*>", " ", shown._panels[name].value))


def test_sliders_start_at_the_functions_defaults_and_move_the_graph():
    shown = pg.explore(zoo.lightning_cloud, probability=(0, 1), k=(1, 6))
    assert shown.sliders["probability"].value == pytest.approx(1 / 3)
    assert shown.sliders["k"].value == 2
    before = shown._image.value
    shown.sliders["probability"].value = 0.5
    assert shown.graph.w_x.tolist() == [0.25, 0.25, 0.25, 0.25]
    assert shown._image.value != before
    assert panel(shown, "w").split().count("1/8") == 8
    assert panel(shown, "adjacency").split().count("1/2") == 8
    assert "Yes: f spans the leading eigenvectors" in panel(shown, "match")


def test_all_panels_follow_k():
    shown = pg.explore(zoo.lightning_cloud, probability=(0, 1), k=(1, 6))
    shown.sliders["k"].value = 1
    assert "the cut at k = 1: degenerate" in panel(shown, "spectrum")
    shown.sliders["k"].value = 3
    assert "Ā has rank 2, below k = 3" in panel(shown, "match")
    shown.sliders["k"].value = 6
    assert panel(shown, "message").strip() == "k = 4: there are no more views"
    assert shown.spectrum.k == 4


def test_the_picture_is_a_picture():
    shown = pg.explore(zoo.hypercube, d=(1, 5), flip=(0, 0.5))
    with Image.open(BytesIO(shown._image.value)) as picture:
        assert picture.size == (691, 302)
        assert len(np.unique(np.asarray(picture).reshape(-1, 4), axis=0)) > 50
    shown.sliders["d"].value = 5
    assert "data:image/png;base64," in shown._panels["w"].value


def test_a_picture_does_not_depend_on_those_before_it():
    shown = pg.explore(zoo.hypercube, d=(1, 4), flip=(0, 0.5), k=(1, 5))
    first = shown._image.value
    shown.sliders["k"].value = 1  # of one column, drawn along a line
    shown.sliders["d"].value = 4
    assert shown._image.value != first
    shown.sliders["d"].value, shown.sliders["k"].value = 3, 2
    assert shown._image.value == first


def test_each_kind_of_parameter_has_its_widget():
    def make(d=2, flip=0.25, name="a", odd=False):
        return zoo.hypercube(d + odd, flip)

    shown = pg.explore(make, d=(1, 3), flip=(0.0, 0.5, 0.125), name=["a", "b"], odd=True)
    kinds = {name: type(slider).__name__ for name, slider in shown.sliders.items()}
    assert kinds == {"d": "IntSlider", "flip": "FloatSlider", "name": "Dropdown", "odd": "Checkbox", "k": "IntSlider"}
    assert shown.sliders["flip"].step == 0.125
    assert shown.graph.N == 8


def test_ranges_of_numpy_are_ranges():
    shown = pg.explore(
        zoo.hypercube, d=tuple(np.array([1, 3])), flip=tuple(np.array([0.0, 0.5])), k=tuple(np.array([1, 2]))
    )
    assert (type(shown.sliders["d"]).__name__, shown.sliders["d"].max) == ("IntSlider", 3)
    assert (type(shown.sliders["flip"]).__name__, shown.sliders["flip"].max) == ("FloatSlider", 0.5)
    assert shown.sliders["k"].max == 2


def test_what_cannot_be_built_is_said_and_the_last_graph_stays():
    def make(d=2):
        return zoo.hypercube(d) if d < 3 else pg.build({"a": "1/2"}, pg.identity())

    shown = pg.explore(make, d=(1, 3))
    shown.sliders["d"].value = 3
    assert "probabilities sum to 1/2, not 1" in panel(shown, "message")
    assert shown.graph.N == 4


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"probability": (1, 0)}, r"probability is \(1, 0\); give \(low, high\)"),
        ({"probability": 0.5}, r"probability is 0.5; give"),
        ({"probability": []}, r"probability is \[\]; give"),
        ({"probability": (0, 1), "k": (0, 3)}, r"k is \(0, 3\); give its least and its largest value"),
        ({"q": (0, 1)}, "lightning_cloud takes no q; its parameters are probability"),
    ],
)
def test_what_is_no_range_is_refused(arguments, message):
    with pytest.raises(InvalidArgument, match=message):
        pg.explore(zoo.lightning_cloud, **arguments)


def test_what_makes_no_graph_is_said():
    assert "returned 0.5; it must return a population" in panel(NoGraph().shown, "message")


class NoGraph:
    """A function that makes graphs at first."""

    def __init__(self) -> None:
        self.shown = pg.explore(self.make, q=(0.1, 0.9))
        self.shown.sliders["q"].value = 0.5

    def make(self, q=0.2):
        return zoo.lightning_cloud(q) if q != 0.5 else q


def test_without_ipywidgets_the_panels_stand_still_and_say_why(monkeypatch):
    with_widgets = pg.explore(zoo.lightning_cloud, probability=(0, 1), k=(1, 4))
    with_widgets.sliders["probability"].value = 0.25
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    shown = pg.explore(zoo.lightning_cloud, probability=(0, 1), k=(1, 4))
    assert shown.widget is None
    shown.sliders["probability"].value = 0.25
    page = shown._repr_html_()
    assert 'ipywidgets is not installed; run: pip install "ipywidgets&gt;=8.1"' in page.replace("&quot;", '"')
    assert "probability = 1/4, k = 2" in page
    without_sentence = page.replace(f"<p>{html.escape(shown._without)}</p>", "")
    assert without_sentence == with_widgets._repr_html_()
    with pytest.raises(InvalidArgument, match="probability is 'half'; give a number from 0.0 to 1.0"):
        shown.sliders["probability"].value = "half"
    shown.sliders["k"].value = 9
    assert shown.spectrum.k == 4


def test_choices_without_ipywidgets_are_the_listed_ones(monkeypatch):
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    shown = pg.explore(zoo.lightning_cloud, probability=["1/3", "1/2"])
    assert shown.graph.w_x[0] == pytest.approx(1 / 3)
    shown.sliders["probability"].value = "1/2"
    assert shown.graph.w_x[0] == pytest.approx(1 / 4)
    with pytest.raises(InvalidArgument, match="probability is '1/5'; choose one of '1/3', '1/2'"):
        shown.sliders["probability"].value = "1/5"


@pytest.mark.parametrize(
    ("given", "at", "exact"),
    [
        ((0, 1), 0.25, True),
        (("0", "1/2", "1/12"), 1 / 12, True),
        ((Fraction(0), Fraction(1)), 0.25, True),
        ((0, 1), 0.123, False),  # between two steps
        ((0.0, 1.0), 0.25, False),  # floats are not promoted
        (["1/3", "1/4"], "1/4", True),
    ],
)
def test_a_slider_of_fractions_makes_an_exact_graph(given, at, exact):
    shown = pg.explore(zoo.lightning_cloud, probability=given)
    shown.sliders["probability"].value = at
    assert shown.graph.is_exact == exact
    q = Fraction(at).limit_denominator(12) if exact else at
    assert (shown.graph.exact().w[0, 1] if exact else shown.graph.w[0, 1]) == pytest.approx(q * (1 - q) / 2)
    assert ("/" in panel(shown, "w")) == exact


def test_the_adjacency_is_written_in_fractions_where_these_are_rational():
    shown = pg.explore(zoo.lightning_cloud, probability=["1/3", "1/5"])
    # Ā's blocks are the products of (√(1-q), √q), at q = 1/3: 2/3, √2/3 = 0.4714 and 1/3; at q = 1/5: 4/5, 2/5 and 1/5
    assert panel(shown, "adjacency").split()[-4:] == ["0", "0", "0.4714", "1/3"]
    shown.sliders["probability"].value = "1/5"
    assert panel(shown, "adjacency").split()[-4:] == ["0", "0", "2/5", "1/5"]


def test_eigenvectors_labels_and_the_loss_are_those_of_the_graph():
    shown = pg.explore(zoo.hypercube, d=[2], flip=["1/5"], k=(1, 3))
    shown.sliders["k"].value = 1
    assert panel(shown, "eigenvectors").split()[-8:] == ["1)", "0.5", "(1,", "0)", "0.5", "(1,", "1)", "0.5"]
    assert "α = 1/5" in panel(shown, "labels")  # the class is the first bit, which flips with probability 1/5
    assert "one of many" not in panel(shown, "eigenvectors")
    assert "minimum -Σγ² = -1" in panel(shown, "loss")
    curve = re.search("<polyline points='([^']*)'", shown._panels["loss"].value)[1]
    assert len(curve.split()) == len(shown.training.loss)
    shown.sliders["k"].value = 2
    assert "one of many: the cut is degenerate" in panel(shown, "eigenvectors")


def test_a_graph_without_labels_has_no_alpha():
    shown = pg.explore(lambda: pg.build(["a", "b"], pg.identity()))
    assert "no labels of naturals, and so no α" in panel(shown, "labels")
    shown = pg.explore(lambda: pg.build(["a", "b"], pg.identity(), labels=["x", None]))
    assert "no α: " in panel(shown, "labels")
    assert "unlabelled" in panel(shown, "labels")


def cube(bits: int = 2, flip: float = 0.25, name: str = "a", odd: bool = False):
    return zoo.hypercube(bits + odd, flip)


@pytest.mark.parametrize(
    ("make", "ranges", "moves", "first"),
    [
        (zoo.lightning_cloud, {"probability": (0, 1)}, {"probability": 0.25}, "from fractions import Fraction"),
        (zoo.hypercube, {"d": (1, 4), "flip": (0.0, 0.5)}, {"d": 3, "k": 4}, "import popgraph as pg"),
        (
            cube,
            {"bits": (1, 3), "odd": False, "name": ["a", "it's"]},
            {"odd": True, "name": "it's"},
            f"from {__name__} import",
        ),
        (lambda bits=2: zoo.hypercube(bits), {"bits": (1, 3)}, {"bits": 3, "k": 6}, "import popgraph as pg"),
    ],
)
def test_the_code_of_a_state_makes_it_again(make, ranges, moves, first):
    shown = pg.explore(make, **ranges)
    for name, value in moves.items():
        shown.sliders[name].value = value
    code = shown.code()
    assert first in code
    made = {"make_graph": make} if "make_graph(" in code else {}
    exec(compile(code, "state", "exec"), made)
    assert list(made["graph"].views) == list(shown.graph.views)
    np.testing.assert_array_equal(made["graph"].w, shown.graph.w)
    np.testing.assert_array_equal(made["spectrum"].eigenvectors, shown.spectrum.eigenvectors)
    np.testing.assert_array_equal(made["training"].f, shown.training.f)
    assert str(made["match"]) == str(shown.match)
    assert html.escape(code) in shown._panels["code"].value


def test_the_code_says_what_no_code_can_make():
    choices = [np.array([0.25, 0.75]), np.array([0.5, 0.5])]
    shown = pg.explore(lambda p: pg.build({"a": p[0], "b": p[1]}, pg.identity()), p=choices)
    assert "# make_graph is the function that explore was given\n# p is the choice that prints as array" in shown.code()
    assert "graph = make_graph(p=p)" in shown.code()


def test_what_the_function_raises_is_raised_at_first_and_said_later():
    def make(d=2):
        if d == 3:
            raise ValueError("no such cube")
        return zoo.hypercube(d)

    shown = pg.explore(make, d=(1, 3))
    shown.sliders["d"].value = 3
    assert panel(shown, "message").strip() == "make(d=3) raised ValueError: no such cube"
    assert shown.code().splitlines()[-4:-3] == ["graph = make_graph(d=2)"]
    with pytest.raises(ValueError, match="no such cube") as error:
        pg.explore(make, d=[3])
    assert error.value.__notes__ == ["raised by make(d=3)"]


def test_before_any_graph_there_is_no_code():
    shown = pg.explore(lambda: 3)
    with pytest.raises(InvalidArgument, match="no graph is shown yet"):
        shown.code()
    assert "returned 3; it must return a population" in html.unescape(shown._repr_html_())


CHROMIUM = shutil.which("chromium")
NOTEBOOKS = {
    "explore": "import popgraph as pg\npg.explore(pg.zoo.lightning_cloud, probability=(0, 1), k=(1, 4))",
    "play": "import popgraph as pg\ntable = pg.play(pg.zoo.lightning_cloud(), rng=0)\ntable",
}


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """JupyterLab on a free port, with a notebook that explores and one that plays: its address."""
    import nbformat

    tmp_path = tmp_path_factory.mktemp("lab")
    kernel = {"kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}}
    for name, source in NOTEBOOKS.items():
        cells = [nbformat.v4.new_code_cell(source)]
        nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), tmp_path / f"{name}.ipynb")
    settings = tmp_path / "settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True)
    (settings / "notification.jupyterlab-settings").write_text('{"fetchNews": "false"}', encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--port={port}", "--ip=127.0.0.1"]
    command += [
        "--IdentityProvider.token=",
        "--ServerApp.password=",
        "--LabApp.news_url=",
        "--LabApp.check_for_updates_class=",
    ]
    command += [f"--ServerApp.root_dir={tmp_path}"]
    environment = os.environ | {"JUPYTERLAB_SETTINGS_DIR": str(tmp_path / "settings"), "HOME": str(tmp_path)}
    with (tmp_path / "lab.log").open("w") as log:
        server = subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=log, stderr=subprocess.STDOUT)
    try:
        for _ in range(120):
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/api") as answer:
                    assert json.load(answer)["version"]
                    break
            except OSError:
                time.sleep(0.5)
        else:
            pytest.fail((tmp_path / "lab.log").read_text(encoding="utf-8"))
        yield f"http://127.0.0.1:{port}/lab"
    finally:
        server.terminate()
        server.wait(30)


@contextmanager
def run_in_a_browser(lab: str, name: str):
    """A page with a notebook whose only cell was run, and what its widget shows."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1500, "height": 1500})
        page.goto(f"{lab}/workspaces/{name}/tree/{name}.ipynb")  # in a workspace of its own: the other stays out
        cell = page.locator(".jp-Notebook .cm-content").first
        cell.click(timeout=90_000)
        for _ in range(30):  # the cell is there before JupyterLab listens to its keys
            cell.press("Control+Enter")
            page.wait_for_timeout(1000)
            if page.locator(".jp-InputPrompt").first.inner_text().strip() != "[ ]:":  # [*]: or [1]:
                break
        widget = page.locator(f".popgraph-{'explorer' if name == 'explore' else name}")
        widget.wait_for(timeout=90_000)
        page.wait_for_timeout(1000)
        yield page, widget
        browser.close()


def in_a_browser(test):
    test = pytest.mark.filterwarnings("ignore::DeprecationWarning")(test)
    no_chromium = CHROMIUM is None and not os.environ.get("CI")
    return pytest.mark.slow(pytest.mark.skipif(no_chromium, reason="Debian's chromium is not installed")(test))


@pytest.fixture
def screenshots(tmp_path):
    return Path(os.environ.get("POPGRAPH_SCREENSHOTS", tmp_path))


@in_a_browser
def test_in_a_browser_the_slider_moves_the_picture(lab, screenshots):
    with run_in_a_browser(lab, "explore") as (page, widget):
        image = page.locator(".popgraph-explorer img").last
        before, text = image.screenshot(), widget.inner_text()
        assert "2/9" in text
        assert "Yes: f spans the leading eigenvectors" in text
        assert "Fraction(1, 3)" not in text
        page.screenshot(path=screenshots / "explore_before.png")
        widget.screenshot(path=screenshots / "explorer.png")
        handle = page.locator(".popgraph-explorer .noUi-handle").first
        handle.focus()
        for _ in range(10):  # ten steps of 1/60 from 1/3 on
            handle.press("ArrowRight")
        page.get_by_text("show as code").click()
        page.get_by_text("probability=Fraction(1, 2)").wait_for(timeout=30_000)
        moved = widget.inner_text()
        page.screenshot(path=screenshots / "explore_after.png")
        assert "2/9" not in moved
        assert "1/8" in moved
        assert image.screenshot() != before


@in_a_browser
def test_in_a_browser_the_game_is_played(lab, screenshots):
    with run_in_a_browser(lab, "play") as (page, widget):
        page.screenshot(path=screenshots / "play_before.png")
        assert "0 of 0" in widget.inner_text()
        cards = page.locator(".popgraph-play svg").first
        assert cards.bounding_box()["width"] > 80
        for said in ("the same image", "not the same", "the same image"):
            page.get_by_role("button", name=said, exact=True).click()
        page.get_by_role("button", name="let f play 100 rounds").click()
        page.get_by_role("button", name="watch 1,000 positive pairs").click()
        page.get_by_text(re.compile("w as seen in 1,0")).wait_for(timeout=30_000)
        shown = widget.inner_text()
        page.screenshot(path=screenshots / "play_after.png")
        widget.screenshot(path=screenshots / "play.png")
        assert "of 103" in shown
        assert re.search(r"the best there can be\s+\d+ of 103\s+[\d.]+%\s+3/4 = 75.0%", shown)
        assert re.search(r"you\s+[0-3] of 3", shown)
