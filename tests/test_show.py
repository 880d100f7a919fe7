"""Values in notebooks: plain HTML tables, escaped, without a colour of their own."""

import re
from html.parser import HTMLParser

import numpy as np
import pytest

import popgraph as pg
from popgraph import zoo
from popgraph.basics.html import html_table

VOID = {"br"}


class Checker(HTMLParser):
    """Collect tags and text, and see that what is opened is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag, attrs):
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, text):
        self.words.append(text)


def read(html: str) -> str:
    checker = Checker()
    checker.feed(html)
    assert checker.open == []
    return " ".join(checker.words)


CUBE = zoo.hypercube(3)
LC = zoo.lightning_cloud()
SHOWN = {
    "distribution": (pg.Distribution({"a": "1/3", "b": "2/3"}), ["a", "1/3", "2/3"]),
    "augmentation": (pg.apply(str.upper, "1/3"), ["Augmentation(apply(upper, 1/3))", ".table(naturals)"]),
    "table": (pg.apply(str.upper, "1/4").table("ab"), ["A", "B", "3/4", "1/4"]),
    "graph": (LC, ["lightning/cloud", "2/9", "1/18", "components"]),
    "spectrum": (CUBE.spectrum(4), ["γ_1", "γ_4", "0.25", "k = 1, 4, 7, 8", "gap 0.1875"]),
    "degenerate": (CUBE.spectrum(2), ["a degenerate cut"]),
    "match": (pg.verify(LC, LC.spectrum(2)), ["Yes:", "100%", "v_2"]),
    "no match": (pg.verify(LC, np.ones((4, 2))), ["No: f has collapsed", "50%"]),
    "checks": (pg.theory.check(LC, k=2), ["holds", "THEORY"]),
    "image": (LC.views[0], []),
}


@pytest.mark.parametrize("name", SHOWN)
def test_a_value_draws_itself_for_a_notebook(name):
    value, words = SHOWN[name]
    text = read(value._repr_html_())
    for word in words:
        assert word in text


@pytest.mark.parametrize("name", SHOWN)
def test_light_and_dark_themes_both_show_it(name):
    html = SHOWN[name][0]._repr_html_()
    assert not re.search(r"(?<!current)color|#[0-9a-f]{3}|black|white", html.replace("background:currentColor", ""))


def test_what_users_name_is_escaped():
    graph = pg.build({"<b>": "1/2", "&": "1/2"}, {"<b>": {"<i>": 1}, "&": {"&": 1}}, name="<script>")
    html = (
        graph._repr_html_()
        + graph.population.distribution._repr_html_()
        + pg.apply(str.upper, 1).table(["<b>"])._repr_html_()
    )
    assert "<script>" not in html
    assert "<b>" not in html
    assert "<i>" not in html
    read(html)


def test_long_tables_end_with_how_many_more():
    assert "and 12 more" in read(pg.zoo.hypercube(5).spectrum(32)._repr_html_())
    assert "and 80 more" in read(pg.Distribution.uniform(range(100))._repr_html_())


def test_a_table_of_many_views_names_each_rows_own():
    many = pg.Augmentation(lambda x: {(x, i): "1/20" for i in range(20)}).table([0, 1])
    assert repr(many) == "KernelTable(<lambda>: 2 naturals, 40 views)"
    assert str(many).splitlines()[1] == "1: Distribution of 20 outcomes"
    assert read(many._repr_html_()).count("1/20") == 40


def test_a_table_holds_the_kernel():
    rotate = pg.apply(lambda x: x + "'", 0.25)
    lines = [line.split() for line in str(rotate.table(["a", "bb"])).splitlines()]
    assert lines[0] == ["a", "a'", "bb", "bb'"]
    assert lines[1:] == [["a", "0.75", "0.25", "0", "0"], ["bb", "0", "0", "0.75", "0.25"]]


@pytest.mark.parametrize(
    ("naturals", "message"), [([], "at least one natural"), (["a", "a"], "naturals are duplicated: 'a'")]
)
def test_a_table_of_no_naturals_is_refused(naturals, message):
    with pytest.raises(pg.errors.InvalidDistribution, match=message):
        pg.identity().table(naturals)


def test_a_table_without_a_head_has_none():
    assert html_table([["a"]]) == "<table><tr><td>a</td></tr></table>"
