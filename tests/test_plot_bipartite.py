"""Pictures of two kinds of views show the numbers that they claim to."""

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.colors import to_hex

import popgraph as pg
from popgraph.errors import InvalidArgument, InvalidEmbedding


@pytest.fixture(autouse=True)
def closed() -> Any:
    yield
    plt.close("all")


def small() -> pg.BipartiteGraph:
    return pg.from_bipartite([["1/2", "1/4", 0], [0, 0, "1/4"]], views_x=["a$", "_b"], views_z=["u", "v", "w"])


def test_matrices_show_c_and_s_with_names_on_both_sides() -> None:
    graph = small()
    ax = pg.plot.matrix(graph, "w")
    assert np.allclose(ax.images[0].get_array(), graph.w)
    assert [text.get_text() for text in ax.get_yticklabels()] == ["a$", "_b"]
    assert [text.get_text() for text in ax.get_xticklabels()] == ["u", "v", "w"]
    assert [text.get_text() for text in ax.texts] == ["1/2", "1/4", "0", "0", "0", "1/4"]
    left, right = pg.plot.before_and_after(graph)
    assert np.allclose(right.images[0].get_array(), graph.adjacency)
    assert left.get_title() == "C: probability of a positive pair (x, z)"
    with pytest.raises(InvalidArgument, match="annotate=True is for 40 views or fewer; this graph has 41"):
        pg.plot.matrix(pg.from_bipartite(np.full((1, 41), 1 / 41)), annotate=True)


def test_of_many_views_a_sample_is_drawn_and_the_title_says_so() -> None:
    graph = pg.from_bipartite(np.full((2500, 3), 1 / 7500))
    ax = pg.plot.matrix(graph)
    assert ax.images[0].get_array().shape == (2000, 3)
    assert "drawn: 2,000 x 3 of 2,500 x 3 views, sampled" in ax.get_title()
    ax = pg.plot.graph(graph)
    assert "drawn: the heaviest 5,000 of 6,000 pairs" in ax.get_title()
    assert len(next(each for each in ax.collections if isinstance(each, LineCollection)).get_segments()) == 5000
    assert "2,000 of 2,500 views x, sampled" in pg.plot.embedding(graph, graph.spectrum(2)).get_title()


def test_a_graph_of_two_kinds_stands_in_two_columns_joined_by_its_pairs() -> None:
    graph = small()
    ax = pg.plot.graph(graph)
    lines = next(each for each in ax.collections if isinstance(each, LineCollection))
    assert len(lines.get_segments()) == graph.pairs.nnz
    points = [each.get_offsets() for each in ax.collections if isinstance(each, PathCollection)]
    assert [each[:, 0].tolist() for each in points] == [[0.0, 0.0], [1.0, 1.0, 1.0]]
    widths = dict(zip(zip(*graph.pairs.tocoo().coords, strict=True), lines.get_linewidths(), strict=True))
    assert widths[0, 0] > widths[0, 1] == widths[1, 2]
    ends = {tuple(np.round(end, 9)) for segment in lines.get_segments() for end in segment}
    assert ends == {tuple(np.round(place, 9)) for each in points for place in each}
    assert {text.get_text() for text in ax.texts} == {"a$", "_b", "u", "v", "w"}
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["x", "z", "component 1", "component 2"]


def test_embeddings_of_both_kinds_lie_in_one_plane() -> None:
    graph = pg.zoo.image_text()
    f, g = graph.spectrum(4).embeddings
    ax = pg.plot.embedding(graph, (f, g), dims=(1, 2))
    points = [np.asarray(each.get_offsets()) for each in ax.collections if isinstance(each, PathCollection)]
    assert np.allclose(points[0], f[:, 1:3])
    assert np.allclose(points[1], g[:, 1:3])
    assert ax.get_xlabel() == "$f_2$, $g_2$"
    assert [text.get_text() for text in ax.get_legend().get_texts()] == [
        *("x", "z", "cat", "dog", "fox"),
        "no class, or none likelier",  # of "a photo", "a sketch" and "a picture"
    ]
    grey = [to_hex(each) for each in ax.collections[1].get_facecolors()]
    assert [z for z, colour in zip(graph.views_z, grey, strict=True) if colour == "#a8a8a8"] == [
        "a photo",
        "a picture",
        "a sketch",
    ]
    line = pg.plot.embedding(graph, graph.spectrum(1))
    assert [text.get_text() for text in line.get_yticklabels()] == ["x", "z"]
    labelled = pg.plot.embedding(graph, (f, g), labels=(["p"] * 6, None))
    assert [text.get_text() for text in labelled.get_legend().get_texts()] == ["x", "z", "no class, or none likelier"]
    with pytest.raises(InvalidArgument, match="give a pair: the labels of the views x, and of the views z"):
        pg.plot.embedding(graph, (f, g), labels=["p"] * 6)
    with pytest.raises(InvalidEmbedding, match="f without g"):
        pg.plot.embedding(graph, f)
    with pytest.raises(InvalidEmbedding, match=r"give one of them: \.f or \.g of a PairTraining"):
        pg.plot.embedding(graph.side_x, graph.spectrum(2))


def test_a_spectrum_of_singular_values_says_sigma() -> None:
    spectrum = pg.zoo.image_text().spectrum(3)
    ax = pg.plot.spectrum(spectrum)
    assert ax.get_title() == "σ, the singular values of S: gap 0.366 after k = 3"
    assert np.allclose(ax.collections[0].get_offsets()[:, 1], spectrum.sigma)
    degenerate = pg.plot.spectrum(pg.zoo.image_text().spectrum(2))
    assert r"$\sigma_2$ = $\sigma_3$: a degenerate cut at k = 2" in degenerate.get_title()
