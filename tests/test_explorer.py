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
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import popgraph as pg
from popgraph import zoo
from popgraph.errors import InvalidArgument, MissingExtra


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
    assert "0.125" in panel(shown, "w")
    assert "0.5" in panel(shown, "adjacency")
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


def test_without_ipywidgets_one_error_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    with pytest.raises(MissingExtra, match=r'pip install "ipywidgets>=8.1"'):
        pg.explore(zoo.lightning_cloud, probability=(0, 1))


CHROMIUM = shutil.which("chromium")


@pytest.fixture
def lab(tmp_path):
    """JupyterLab on a free port, with a notebook that explores: its address."""
    import nbformat

    cells = [
        nbformat.v4.new_code_cell(
            "import popgraph as pg\npg.explore(pg.zoo.lightning_cloud, probability=(0, 1), k=(1, 4))"
        )
    ]
    kernel = {"kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), tmp_path / "explore.ipynb")
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
        yield f"http://127.0.0.1:{port}/lab/tree/explore.ipynb"
    finally:
        server.terminate()
        server.wait(30)


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None and not os.environ.get("CI"), reason="Debian's chromium is not installed")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_in_a_browser_the_slider_moves_the_picture(lab, tmp_path):
    from playwright.sync_api import sync_playwright

    screenshots = Path(os.environ.get("POPGRAPH_SCREENSHOTS", tmp_path))
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1366, "height": 900})
        page.goto(lab)
        cell = page.locator(".jp-Notebook .cm-content").first
        cell.click(timeout=90_000)
        for _ in range(30):  # the cell is there before JupyterLab listens to its keys
            cell.press("Control+Enter")
            page.wait_for_timeout(1000)
            if page.locator(".jp-InputPrompt").first.inner_text().strip() != "[ ]:":  # [*]: or [1]:
                break
        image = page.locator(".popgraph-explorer img").last
        image.wait_for(timeout=90_000)
        page.wait_for_timeout(500)
        before, text = image.screenshot(), page.locator(".popgraph-explorer").inner_text()
        assert "0.2222" in text
        assert "Yes: f spans the leading eigenvectors" in text
        page.screenshot(path=screenshots / "before.png")
        handle = page.locator(".popgraph-explorer .noUi-handle").first
        handle.focus()
        for _ in range(10):  # ten steps of 1/60 from 1/3 on
            handle.press("ArrowRight")
        page.wait_for_timeout(2000)
        moved = page.locator(".popgraph-explorer").inner_text()
        page.screenshot(path=screenshots / "after.png")
        assert moved != text
        assert "0.2222" not in moved
        assert image.screenshot() != before
        browser.close()
