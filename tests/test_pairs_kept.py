"""Graphs of given pairs in files, as Python source, and beside networks: to the bit, exact fractions as fractions."""

import copy
import pickle

import numpy as np
import pytest

import popgraph as pg
from popgraph.errors import InvalidFile
from popgraph.io.container import read, write

GRAPHS = {
    "exact": pg.from_pairs(
        {("a", "b"): "1/3", ("b", "a"): "1/3", ("a", "a"): "1/3"}, labels={"a": "A", "b": None}, name="hi"
    ),
    "floats": pg.from_pairs(np.array([[0.1, 0.2, 0], [0.2, 0.1, 0.15], [0, 0.15, 0.1]])),
    "large": pg.from_pairs([[10**30, 1], [1, 0]], normalize=True),
}


@pytest.mark.parametrize("name", GRAPHS)
def test_it_comes_back_to_the_bit(name, tmp_path):
    graph = GRAPHS[name]
    written = eval(pg.testing.as_python(graph), {"popgraph": pg})
    for back in (
        pg.load(pg.save(graph, tmp_path / "x")),
        pickle.loads(pickle.dumps(graph)),
        copy.deepcopy(graph),
        written,
    ):
        assert np.array_equal(back.w, graph.w)
        assert np.array_equal(back.w_x, graph.w_x)
        assert tuple(back.views) == tuple(graph.views)
        assert back.is_exact == graph.is_exact
        if graph.is_exact:
            assert (back.exact().w == graph.exact().w).all()
        assert (back.labels is None) == (graph.labels is None)
    assert pg.load(pg.save(graph, tmp_path / "x")).name == graph.name


@pytest.mark.parametrize("name", GRAPHS)
def test_a_spectrum_comes_back_to_the_bit(name, tmp_path):
    for k in (1, GRAPHS[name].N):
        spectrum = GRAPHS[name].spectrum(k)
        back = pg.load(pg.save(spectrum, tmp_path / "spectrum"))
        assert type(back) is type(spectrum)
        assert str(back) == str(spectrum)
        assert np.array_equal(back.gamma_known, spectrum.gamma_known)


def test_an_edited_file_is_refused(tmp_path):
    path = pg.save(GRAPHS["exact"], tmp_path / "x")
    manifest, arrays = read(path, 2**20)
    data = manifest["value"]["data"]["array"]
    for values, words in (
        ([0.5, 0.25, 0.25], "fractions"),
        ([0.4, 0.4, 0.4], "no law"),
        ([0.4, 0.35, 0.25], "symmetric"),
    ):
        write(path, manifest, {**arrays, data: np.array(values)})
        with pytest.raises(InvalidFile, match=words):
            pg.load(path)


def test_embeddings_that_match_are_drawn_up_to_the_positive_eigenvalues():
    pytest.importorskip("hypothesis")
    with pytest.raises(pg.errors.InvalidArgument, match="the number of positive eigenvalues of Ā, 1"):
        pg.testing.embeddings(GRAPHS["exact"], 2)
