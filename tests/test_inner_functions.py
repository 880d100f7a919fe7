"""Inner functions by their answers: what readers of arguments, words of messages and products along modes return or refuse."""

from fractions import Fraction

import numpy as np
import pytest

from popgraph.basics.arguments.classes import label_in_words, list_labels
from popgraph.basics.arguments.containers import positions_by_name
from popgraph.basics.arguments.edges import read_edges
from popgraph.basics.arguments.labels import read_labels
from popgraph.basics.arguments.outcomes import check_equality, plain_scalar
from popgraph.basics.arguments.scalars import by_value
from popgraph.basics.html import bracket
from popgraph.basics.namespaces import missing
from popgraph.basics.words import count_in_words, did_you_mean, printable, size_in_words
from popgraph.errors import InvalidArgument, InvalidDistribution
from popgraph.populations.exact.algebraic import root_latex
from popgraph.populations.structure.modes import along_modes, outer
from popgraph.verification.matching_views import match_views
from popgraph.verification.rare_views import Lengths, lengths_as_stated, lengths_on_all_views, widened


def test_dates_of_numpy_stay_dates():
    assert list_labels(np.array(["2020-01-01"], dtype="datetime64[ns]")) == [np.datetime64("2020-01-01", "ns")]
    assert label_in_words(np.datetime64("2020-01-01")) == "2020-01-01"
    assert plain_scalar(np.datetime64(1, "ns")) == np.datetime64(1, "ns")
    assert type(plain_scalar(np.float32(0.5))) is float
    assert hash(by_value(np.datetime64("2020-01-01"))) == hash(by_value(np.datetime64("2020-01-01").item()))


def test_rows_go_by_name_or_by_position_or_are_refused():
    assert positions_by_name("labels", ["b", "a"], ["a", "b"], "natural") == [1, 0]
    assert positions_by_name("labels", [0, 1], ["a", "b"], "natural") is None
    with pytest.raises(
        InvalidArgument, match=r"labels lacks 1 of 2 naturals \('b'\) and names 1 that is no natural \('c'\)"
    ):
        positions_by_name("labels", ["a", "c"], ["a", "b"], "natural")
    with pytest.raises(InvalidArgument, match=r"2 naturals need one label each, shape \(2,\): give labels\[:, 0\]"):
        read_labels([[0], [1]], ["a", "b"])


def test_a_self_loop_of_networkx_counts_once_and_an_edge_twice():
    nx = pytest.importorskip("networkx")
    weights = {("a", "b"): Fraction(1), ("b", "b"): Fraction(1, 2)}
    assert read_edges(nx.Graph([("a", "b"), ("b", "b")])) == (weights, ["a", "b"])


def test_objects_that_print_alike_and_compare_by_identity_are_refused():
    class Molecule:
        def __repr__(self):
            return "water"

    with pytest.raises(InvalidDistribution, match="Molecule has no __eq__; give it __eq__ and __hash__"):
        check_equality([Molecule(), Molecule()], "outcome")


def test_words_of_messages():
    assert did_you_mean(["catt"], ["cat", "dog"]) == did_you_mean(["Cat"], ["dog", "cat"]) == ": did you mean 'cat'?"
    assert did_you_mean([1], ["1"]) == ": did you mean '1'?"
    assert did_you_mean([2], [1, 3]) == ""
    assert (printable("a\nb"), printable("caf\udce9.png")) == ("a\\nb", "caf\\udce9.png")
    assert (size_in_words(8 * 10**10), count_in_words(4096), count_in_words(2**1000)) == (
        "80 GB",
        "4,096",
        "about 1.07e301",
    )
    assert (bracket(0.1875, 0.1875), bracket(0.18, 0.19)) == ("0.1875", "between 0.18 and 0.19")
    assert root_latex(Fraction(2, 9)) == r"\tfrac{\sqrt{2}}{3}"
    assert root_latex(Fraction(2, 3)) == r"\sqrt{\tfrac{2}{3}}"
    with pytest.raises(AttributeError, match="no attribute 'hypercub'; did you mean 'hypercube'"):
        missing("popgraph.zoo", ["ring", "hypercube"])("hypercub")


def test_products_along_modes_are_those_of_the_kronecker_product():
    rng = np.random.default_rng(0)
    A, B, x = rng.normal(size=(2, 2)), rng.normal(size=(3, 3)), rng.normal(size=6)
    np.testing.assert_allclose(along_modes([A, B], x), np.kron(A, B) @ x, atol=1e-14)
    assert outer([np.array([1, 2]), np.array([10, 20])]).tolist() == [10, 20, 20, 40]


def test_views_of_another_graph_are_numbered_as_the_equal_ones_and_new_ones_after_them():
    assert match_views(["a", "b", "c"], ["d", "c", "a"]).tolist() == [3, 2, 0]


def test_lengths_of_f_and_intervals_for_rare_pairs():
    listed = lengths_on_all_views(np.array([[3.0, 4.0], [0.0, 1.0]]), np.array([0.001, 0.999]), np.zeros((1, 2)))
    assert (listed.longest, listed.rank, listed.known) == (5.0, 2, True)
    drawn = Lengths(5.0, np.array([3.0, 4.0]), False, np.array([[3.0, 4.0]]))
    assert (lengths_as_stated(None, drawn).known, lengths_as_stated(6.0, drawn).known) == (False, True)
    assert widened(0.0, 1.0, 1_000, 1.96, 0.05) == pytest.approx(-np.log(0.05) / 1_000)  # no error was seen
    assert widened(0.1, 1.0, 1_000, 1.96, 0.05) == pytest.approx(0.196 - np.log(0.05) / 1_000)
