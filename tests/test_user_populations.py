"""Populations of a user's own class: odd forms of right answers are read, and wrong answers are refused with what is wrong."""

import kinds
import numpy as np
import pytest

import popgraph as pg
from popgraph.errors import InvalidArgument

LISTED = kinds.listed()
F = LISTED.spectrum(3).embedding


def own(**changed):
    """A population of one's own with other answers: functions of the population, and of what the right answer was."""
    parts = {}
    for name, change in changed.items():
        right = vars(kinds.Labelled).get(name) or next(vars(c)[name] for c in kinds.Labelled.__mro__ if name in vars(c))
        if isinstance(right, property):
            parts[name] = property(lambda self, get=right.fget, change=change: change(get(self)))
        else:
            parts[name] = lambda self, *args, call=right, change=change, **kwargs: change(call(self, *args, **kwargs))
    return type("Own", (kinds.Labelled,), parts)(LISTED)


class ColumnsOnly(kinds.Labelled):
    def gram(self, X):
        assert np.ndim(X) == 2
        return super().gram(X)


class Forwarding:
    """A wrapper that has each name by forwarding alone."""

    def __init__(self, inner):
        self.inner = inner

    def __getattr__(self, name):
        if name == "inner":
            raise AttributeError(name)
        return getattr(self.inner, name)


FORMS = {
    "gram returns a numpy matrix": own(gram=np.asmatrix),
    "gram returns a list": own(gram=lambda image: image.tolist()),
    "gram takes columns alone": ColumnsOnly(LISTED),
    "w_x is a list": own(w_x=lambda w_x: w_x.tolist()),
    "p and components are lists": own(p=lambda p: p.tolist(), components=lambda parts: parts.tolist()),
    "N and n are numpy's": own(N=np.int64, n=np.int64),
    "spectrum returns more pairs": own(spectrum=lambda spectrum: LISTED.spectrum(LISTED.N)),
    "sample_pairs returns a list": own(sample_pairs=lambda pairs: pairs.tolist()),
    "each name is forwarded": Forwarding(kinds.Labelled(LISTED)),
}


@pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")
@pytest.mark.parametrize("form", FORMS)
def test_odd_forms_of_right_answers_are_read(form):
    population = FORMS[form]
    assert pg.verify(population, F)
    assert pg.verify_sampled(population, F, 3, pairs=2000, rng=0).rank == 3
    assert np.isclose(pg.theory.mutual_information(population), pg.theory.mutual_information(LISTED))
    assert np.isclose(pg.train(population, 2, rng=0).loss[-1], pg.train(LISTED, 2, rng=0).loss[-1])
    assert np.isclose(pg.train(population, 2, loss="infonce", steps=20, rng=0).loss[0],
                      pg.train(LISTED, 2, loss="infonce", steps=20, rng=0).loss[0])  # fmt: skip
    assert pg.train(population, 2, batch_size=8, steps=5, rng=0).f.shape == (LISTED.N, 2)
    parts = [pg.spectral_clusters(each, 3, rng=0).parts.tolist() for each in (population, LISTED)]
    assert parts[0] == parts[1]
    assert pg.compare(population, LISTED, 3).k == 3
    assert np.isclose(pg.probe(population, F).error, pg.probe(LISTED, F).error)
    assert pg.sparsest_partition(population, 2).rho == pytest.approx(pg.sparsest_partition(LISTED, 2).rho)
    pg.plot.matrix(population)


WRONG = {
    "gram of another shape": (own(gram=lambda image: image[:5]), r"gram\(X\) has shape \(5, \d+\) for X of shape \(12, \d+\)"),
    "gram of NaN": (own(gram=lambda image: image * np.nan), r"gram\(X\) .*nan"),
    "fewer pairs": (own(spectrum=lambda spectrum: spectrum.leading(1)), r"spectrum\(3\) returned 1 pairs"),
    "no pairs": (own(spectrum=lambda spectrum: [1, 2]), r"spectrum\(3\) returned \[1, 2\]"),
    "components of another length": (own(components=lambda parts: parts[1:]), r"components has shape \(11,\)"),
    "N below 1": (own(N=lambda N: 0), "N is 0"),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_wrong_answers_are_refused_with_what_is_wrong(what):
    population, message = WRONG[what]
    with pytest.raises(InvalidArgument, match=message):
        pg.compare(population, LISTED, 3) if "component" not in what else pg.sparsest_partition(population, 1)


PAIRS = {
    "the tuple (x, x_plus)": (lambda pairs: (pairs[:, 0], pairs[:, 1]), "returned a tuple"),
    "the wrong way round": (lambda pairs: pairs.T, r"of shape \(2, "),
    "names": (lambda pairs: pairs.astype(str), "must be whole numbers of shape"),
    "floats": (lambda pairs: pairs.astype(float), "must be whole numbers of shape"),
    "a position below 0": (lambda pairs: pairs - 1, "the position -1"),
    "a position beyond the views": (lambda pairs: pairs + LISTED.N, r"in 0\.\.11"),
}


@pytest.mark.parametrize("what", PAIRS)
def test_wrong_pairs_are_refused(what):
    change, message = PAIRS[what]
    for verb in (
        lambda graph: pg.verify_sampled(graph, F, 3, pairs=2000, rng=0),
        lambda graph: pg.train(graph, 2, batch_size=8, steps=5, rng=0),
    ):
        with pytest.raises(InvalidArgument, match=message):
            verb(own(sample_pairs=change))


@pytest.mark.parametrize("name", ["gram", "trace", "w_x", "components", "view_labels"])
def test_a_name_that_a_population_with_views_lacks_is_told(name):
    lacking = Lacking(kinds.Labelled(LISTED), name)
    with pytest.raises(
        InvalidArgument, match=rf"verify\(graph, f\) needs {name}, which .* has not; use .*\.expand\(\)"
    ):
        pg.verify(lacking, F)


@pytest.mark.parametrize("name", ["sample_pairs", "expand", "component_count"])
def test_a_name_that_each_population_has_is_told(name):
    with pytest.raises(InvalidArgument, match=f"which lacks {name}"):
        pg.train(Lacking(kinds.Labelled(LISTED), name), 2)


class Lacking(Forwarding):
    def __init__(self, inner, name):
        super().__init__(inner)
        self.lacking = name

    def __getattr__(self, name):
        if name in ("inner", "lacking") or name == self.lacking:
            raise AttributeError(name)
        return getattr(self.inner, name)


def test_listing_is_no_advice_where_it_cannot_be_followed():
    with pytest.raises(
        InvalidArgument, match="use spectrum, verify, verify_sampled or train, which need no list of its views"
    ):
        pg.probe(pg.product([kinds.coin(0.5, 0.1)] * 200), np.eye(3), [0, 1])
