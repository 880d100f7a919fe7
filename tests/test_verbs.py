"""Every verb on every kind of population: right, or refused by a sentence that names a call which helps. There is no third thing.

`pytest -s tests/test_verbs.py` prints the table, and so does `python tests/verbs.py`.
"""

import inspect
from types import SimpleNamespace

import clusters
import kinds
import numpy as np
import pytest
import verbs
from extras import need

import popgraph as pg
from popgraph.errors import InvalidArgument

CELLS = [
    pytest.param(verb, kind, id=f"{verb}-{kind}", marks=[pytest.mark.slow] * kinds.KINDS[kind].slow)
    for kind in kinds.KINDS
    for verb in verbs.VERBS
]
ASKED: set[tuple[str, str]] = set()


@pytest.fixture(scope="module", autouse=True)
def print_the_table():
    yield
    asked_kinds = [kind for kind in kinds.KINDS if all((verb, kind) in ASKED for verb in verbs.VERBS)]
    if asked_kinds:
        print("\n" + verbs.table(asked_kinds))
    clusters.close()


@pytest.mark.parametrize(("verb", "kind"), CELLS)
def test_it_is_right_or_refused_with_advice_that_works(verb, kind):
    for extra in (kinds.KINDS[kind].needs, verbs.VERBS[verb].needs):
        if extra:
            need(extra)
    outcome = verbs.cell(verb, kind)
    ASKED.add((verb, kind))
    assert outcome.fine, outcome.words


def test_every_public_function_of_a_population_is_asked():
    asked = {verb.partition(",")[0].rpartition(".")[2] for verb in verbs.VERBS} | {"check"}
    spaces = [pg, pg.losses, pg.selftraining, pg.plot, pg.testing, pg.theory, pg.classroom]
    functions = {name: getattr(space, name) for space in spaces for name in space.__all__}
    ask = {
        name
        for name, function in functions.items()
        if inspect.isfunction(function)
        and {"graph", "population", "sampler"} & set(inspect.signature(function).parameters)
    }
    assert len(ask) > 30
    assert ask <= asked | {"animation", "zero_shot"}  # the last of two kinds of views


@pytest.mark.parametrize("kind", ["listed", "with a symmetry", "mixture", "product"])
def test_views_are_drawn_by_their_probabilities(kind):
    a = verbs.asked_of(kind)
    drawn = a.population.sample_views(10_000, rng=0)
    if drawn.ndim == 2:
        place = {tuple(row): i for i, row in enumerate(verbs.positions_of(a.population, a.listed).tolist())}
        drawn = np.array([place[tuple(row)] for row in drawn.tolist()])
    shares, w_x = np.bincount(drawn, minlength=a.listed.N) / len(drawn), a.listed.w_x
    assert (np.abs(shares - w_x) <= 5 * np.sqrt(w_x / len(drawn))).all()


class PlainPairs(kinds.Labelled):
    """Returns eigenpairs of the user's own: no `Spectrum`, and no more names than `Eigenpairs` has."""

    def spectrum(self, k):
        pairs = self.expand().spectrum(k)
        names = ("k", "gamma", "gap", "multiplicities", "clean_cuts", "certificate")
        return SimpleNamespace(**{name: getattr(pairs, name) for name in names})


@pytest.mark.parametrize(
    ("verb", "cell"),
    [
        ("verify, a table", "right"),
        ("train, spectral", "right"),
        ("theory.minimum", "right"),
        ("plot.embedding", "right"),
        ("compare", ".expand()"),
        ("spectral_clusters", ".expand()"),
        ("probe_range", ".expand()"),
        ("partition_bounds", ".expand()"),
        ("explore", ".expand()"),
        ("play", ".expand()"),
    ],
)
def test_eigenpairs_of_ones_own_serve_what_reads_no_eigenvectors(verb, cell):
    population = PlainPairs(kinds.listed())
    assert verbs.outcome(verbs.VERBS[verb], verbs.Asked(population, kinds.listed())).cell == cell


# The proof that a cell can fail


class WrongGram(kinds.Labelled):
    """Multiplies by something that is nearly Ā."""

    def gram(self, X):
        return 0.99 * super().gram(X)


class WrongPairs(kinds.Labelled):
    """Draws pairs that are no positive pairs: two views that know nothing of each other."""

    def sample_pairs(self, size, *, rng=None):
        return np.random.default_rng(rng).choice(self.N, (size, 2), p=self.w_x)


@pytest.mark.parametrize(
    ("population", "verb"),
    [
        (WrongGram, "train, spectral"),
        (WrongGram, "verify, a table"),
        (WrongPairs, "sample_pairs"),
        (WrongPairs, "verify_sampled"),
    ],
)
def test_a_population_that_answers_wrongly_is_noticed(population, verb):
    listed = kinds.listed()
    assert not verbs.outcome(verbs.VERBS[verb], verbs.Asked(population(listed), listed)).fine


def saying(error):
    """A verb that works on listed graphs and refuses, or fails, elsewhere."""

    def ask(a):
        if isinstance(a.population, pg.PopulationGraph):
            return 1.0
        raise error

    return verbs.Verb(ask)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (InvalidArgument("f(graph) needs a list of views; use its .expand()"), "refused"),
        (InvalidArgument("f(graph) takes a PopulationGraph first"), "NO HELP"),
        (InvalidArgument("f(graph) needs a list. Use its .expand()"), "NO HELP"),
        (AttributeError("no views"), "EXCEPTION"),
    ],
)
def test_what_a_cell_says_of_refusals_and_exceptions(error, kind):
    assert verbs.outcome(saying(error), verbs.asked_of("product")).kind == kind


def test_advice_that_does_not_work_and_answers_that_differ_are_noticed():
    product = verbs.asked_of("product")

    def useless(a):
        if a.population is a.listed:
            return 1.0
        raise InvalidArgument("f(graph) needs a list of views; use its .expand()")

    assert verbs.outcome(verbs.Verb(useless), product).kind == "NO HELP"
    assert verbs.outcome(verbs.Verb(lambda a: float(a.population is a.listed)), product).kind == "WRONG"
