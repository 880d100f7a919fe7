"""The sources of the site, without Sphinx: what must be on a page is on one, and what pages show is there."""

import importlib.util
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *(DOCS / name for name in ("index.md", "book.md")), *sorted((DOCS / "guide").glob("*.md"))]
MADE = ("book/", "gallery/", "reference/")  # folders of pages that are made when the site is built


def load(folder, name):
    spec = importlib.util.spec_from_file_location(name, folder / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def leads_nowhere(page: Path, text: str) -> list[str]:
    """The relative links and pictures of a page that name no file, nor a page that is made of one."""
    lost = []
    for link in re.findall(r"\]\((?!https?:|#)([^)#\s]+)", text):
        target = (page.parent / link).resolve()
        made = target.relative_to(DOCS).as_posix() if target.is_relative_to(DOCS) else ""
        sources = {"book/": ROOT / "notebooks" / target.name, "gallery/": ROOT / "examples" / f"{target.stem}.py"}
        found = next((source for folder, source in sources.items() if made.startswith(folder)), target)
        if not found.exists() and made not in ("gallery/index.rst", "reference/index.rst"):
            lost.append(link)
    return lost


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_of_a_page_leads_somewhere(page):
    assert leads_nowhere(page, page.read_text(encoding="utf-8")) == []


def test_a_link_that_leads_nowhere_is_noticed():
    text = "[a](words.md) [b](no_such.md) ![c](../pictures/no.png) [d](../book/no.ipynb) [e](../gallery/ring.rst)"
    assert leads_nowhere(DOCS / "guide" / "index.md", text) == ["no_such.md", "../pictures/no.png", "../book/no.ipynb"]


def test_every_page_of_the_guide_is_in_its_tree():
    listed = re.search(
        r"```\{toctree\}\n:hidden:\n\n(.*?)```", (DOCS / "guide" / "index.md").read_text(encoding="utf-8"), re.S
    )[1].split()
    assert {path.stem for path in (DOCS / "guide").glob("*.md")} - {"index"} == set(listed) - {"../audit"}


def test_the_readme_is_a_front_page():
    assert (ROOT / "README.md").read_text(encoding="utf-8").count("\n") <= 150
    assert (DOCS / "pictures" / "training.gif").stat().st_size < 10**6


def test_links_of_notebooks_lead_to_pages():
    book = load(DOCS / "extensions", "book")
    found = book.redirected(
        "[a](../README.md) [b](../docs/theory.md#section-5) [c](../examples/ring.py) [d](02_x.ipynb#e)"
    )
    assert found == "[a](../index.md) [b](#section-5) [c](../gallery/ring.rst) [d](02_x.ipynb#e)"


@pytest.mark.parametrize("path", sorted((ROOT / "examples").glob("*.py")), ids=lambda path: path.stem)
def test_an_example_becomes_a_page_that_still_is_a_script(path):
    gallery = load(DOCS / "extensions", "gallery")
    page = gallery.page(path.read_text(encoding="utf-8"), path.stem, None)
    compile(page, path.name, "exec")
    title, line = page.removeprefix('r"""').splitlines()[:2]
    assert line == "=" * len(title)
    executed = re.match(gallery.EXECUTED, path.name) is not None
    assert executed == ("figure = visualize(" in page and "savefig" not in page)
    stored = (DOCS / "pictures" / "gallery" / f"{path.stem}.png").exists()
    assert executed + stored + (path.stem in gallery.NO_PICTURE) == 1


SITE = {
    "index.html": '<a href="b.html#here">b</a><a href="b.html#gone">b</a><a href="c.html">c</a><a href="https://a.example">a</a>',
    "b.html": '<h1 id="here">b</h1><img src="https://a.example/x.png"><script src="s.js"></script>',
    "s.js": "",
    "s.css": "@font-face { src: url('//fonts.example/f.woff') }",
}


def test_the_check_of_a_site_notices_dead_links_anchors_and_requests_to_others(tmp_path):
    for name, text in SITE.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    faults, count = load(ROOT / ".ci", "check_site").check_links(tmp_path)
    assert faults == [
        "b.html: loads https://a.example/x.png of another host",
        "index.html: b.html#gone names no anchor of its page",
        "index.html: c.html leads to no file",
        "s.css: loads //fonts.example/f.woff of another host",
    ]
    assert count == 4


def test_every_public_name_has_a_page():
    pytest.importorskip("sphinx")
    sys.modules.pop("reference", None)
    reference = load(DOCS / "extensions", "reference")
    assert {path.count(".") for path in reference.pages()} == {1, 2}
    assert reference.pages().keys() <= {name.removesuffix(".rst") for name in reference.texts()}
    assert [
        name
        for name in reference.VALUES
        if name not in {path.rpartition(".")[2] for path in reference.classes().values()}
    ] == []
