"""A misspelt name is answered with the one that is meant, and what was not called with how it is called."""

import pickle
from time import perf_counter

import pytest

import popgraph as pg
from popgraph.basics.words import did_you_mean, shorten
from popgraph.errors import InvalidArgument, PopgraphError

ANIMALS = pg.build(["cat", "dog", "bird"], pg.apply(lambda x: x + "!", "1/3"), labels=["pet", "pet", "wild"])


@pytest.mark.parametrize(
    ("view", "meant"),
    [("catt", "'cat'"), ("CAT", "'cat'"), (" cat ", "'cat'"), ("dog!!", "'dog!'"), ("brid", "'bird'")],
)
def test_a_misspelt_view_is_answered_with_the_nearest(view, meant):
    for ask in (ANIMALS.index, lambda x: ANIMALS.explain(x, "cat"), lambda x: ANIMALS.explain("cat", x)):
        with pytest.raises(InvalidArgument, match=f"is no view of this graph: did you mean {meant}?"):
            ask(view)


@pytest.mark.parametrize("view", ["elephant", ["cat"], 5, None, (1, 2), b"cat"])
def test_a_view_like_no_other_is_answered_with_where_they_are(view):
    with pytest.raises(InvalidArgument, match=r"is no view of this graph; its views are graph\.views"):
        ANIMALS.index(view)


def test_a_number_is_near_its_own_text_and_no_other_number():
    graph = pg.build([10, 20, 30], pg.identity())
    with pytest.raises(InvalidArgument, match="'10' is no view of this graph: did you mean 10?"):
        graph.index("10")
    with pytest.raises(InvalidArgument, match="100 is no view of this graph; its"):
        graph.index(100)


def test_a_tuple_has_a_near_one():
    graph = pg.build([("cat", "left"), ("dog", "left")], pg.identity())
    with pytest.raises(InvalidArgument, match=r"did you mean \('cat', 'left'\)\?"):
        graph.index(("cat", "lefT"))


def test_few_of_a_million_views_are_looked_through():
    graph = pg.build([(i, i + 1) for i in range(200_000)], pg.identity())
    start = perf_counter()
    with pytest.raises(InvalidArgument, match="is no view"):
        graph.index(("0", "1"))
    assert perf_counter() - start < 5  # 0.05 s on an idle machine


def test_an_outcome_of_a_distribution():
    law = pg.Distribution({"cat": "1/2", "dog": "1/2"})
    with pytest.raises(KeyError) as caught:
        law["catt"]
    assert str(caught.value) == "'catt' is no outcome of this distribution: did you mean 'cat'?"
    assert isinstance(caught.value, PopgraphError)
    assert caught.value.args[0] == "catt"
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
    assert law.get("catt") is None
    assert law.get("catt", 0) == 0
    assert "catt" not in law
    assert law["cat"] == 0.5
    with pytest.raises(TypeError):
        law[["cat"]]


def test_asking_for_what_is_not_there_is_fast():
    law = pg.Distribution.uniform([f"outcome {i}" for i in range(10_000)])
    start = perf_counter()
    assert all(law.get(f"outcome{i}") is None for i in range(10_000))
    assert perf_counter() - start < 5  # 0.02 s; the near name is looked for when somebody reads the message


WORDS = {
    "plot.matrix": (lambda: pg.plot.matrix(ANIMALS, "adjacncy"), "did you mean 'adjacency'"),
    "w": (lambda: pg.plot.matrix(ANIMALS, "W"), "did you mean 'w'"),
    "weight_matrix": (lambda: ANIMALS.weight_matrix("CSR"), "did you mean 'csr'"),
    "theory.check": (lambda: pg.theory.check(ANIMALS, only="w is symetric"), "did you mean 'w is symmetric'"),
    "labels": (
        lambda: pg.build(["cat", "dog"], pg.identity(), labels={"catt": 0, "dog": 1}),
        "did you mean 'catt'|did you mean 'cat'",
    ),
    "product": (lambda: pg.product([ANIMALS, ANIMALS]).positions([("cat", "dgo")]), "did you mean 'dog'"),
    "head": (lambda: pg.probe(ANIMALS, [[1.0]] * 6, head="least square"), "did you mean 'least squares'"),
}


@pytest.mark.parametrize("where", WORDS)
def test_a_misspelt_word_is_answered_with_the_nearest(where):
    call, message = WORDS[where]
    with pytest.raises(InvalidArgument, match=message):
        call()


NAMESPACES = {
    "classroom": ("grad", "grade"),
    "zoo": ("hypercub", "hypercube"),
    "images": ("rotat", "rotate"),
    "losses": ("spectra", "spectral"),
    "plot": ("matrx", "matrix"),
    "selftraining": ("pseudo_label", "pseudo_labels"),
    "structure": ("mixtures", "mixture"),
    "testing": ("asert_matches", "assert_matches"),
    "theory": ("statemints", "statements"),
}


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_a_misspelt_name_of_a_namespace(namespace):
    misspelt, meant = NAMESPACES[namespace]
    with pytest.raises(AttributeError, match=f"has no attribute '{misspelt}'; did you mean '{meant}'?"):
        getattr(getattr(pg, namespace), misspelt)
    assert not hasattr(getattr(pg, namespace), "nothing_like_it")


NOT_CALLED = {
    "identity": lambda: pg.build(["a"], pg.identity),
    "rotate": lambda: pg.build(["a"], pg.images.rotate),
    "flip": lambda: pg.choose({pg.images.flip: "1/2", pg.identity(): "1/2"}),
    "mask": lambda: pg.independently(pg.images.mask),
    "shift": lambda: pg.independently([pg.identity(), pg.images.shift]),
    "choose": lambda: pg.identity().then(pg.choose),
    "apply": lambda: pg.build(["a"], pg.apply),
    "independently": lambda: pg.Augmentation(pg.independently),
    "Augmentation": lambda: pg.build(["a"], pg.Augmentation),
    "from_matrix": lambda: pg.build(["a"], pg.Augmentation.from_matrix),
    "then": lambda: pg.build(["a"], pg.identity().then),
    "repeat": lambda: pg.build(["a"], pg.identity().repeat),
    "flip_pixels": lambda: pg.apply(pg.images.flip_pixels),
}


@pytest.mark.parametrize("name", NOT_CALLED)
def test_a_function_that_makes_augmentations_is_none(name):
    with pytest.raises(InvalidArgument, match=rf"^{name} makes an augmentation, and .*{name}\(\)"):
        NOT_CALLED[name]()


def test_what_is_called_as_it_is_still_serves():
    assert pg.build([(0, 1)], pg.Distribution.uniform).N == 2
    assert pg.build(["a"], pg.identity().__call__).N == 1


VERBS = {
    "train": lambda graph: pg.train(graph, 2),
    "verify": lambda graph: pg.verify(graph, [[1]]),
    "probe": lambda graph: pg.probe(graph, [[1]]),
    "compare": lambda graph: pg.compare(graph, ANIMALS),
    "plot.graph": lambda graph: pg.plot.graph(graph),
    "product": lambda graph: pg.product([graph]),
    "save": lambda graph: pg.save(graph, "nowhere"),
    "theory.check": lambda graph: pg.theory.check(graph),
    "spectral_clusters": lambda graph: pg.spectral_clusters(graph, 2),
    "partition_bounds": lambda graph: pg.partition_bounds(graph, 2),
    "expansion": lambda graph: pg.selftraining.expansion(graph, 0.5),
    "inner_conductance": lambda graph: pg.selftraining.inner_conductance(graph),
    "audit": lambda graph: pg.losses.audit(pg.losses.spectral, graph, [[1]], 2),
}


@pytest.mark.parametrize("verb", VERBS)
def test_a_graph_of_the_zoo_that_was_not_called_is_named_so(verb):
    with pytest.raises(InvalidArgument, match=r"the function ring, which was not called: ring\(\.\.\.\)"):
        VERBS[verb](pg.zoo.ring)


def test_a_value_whose_repr_raises_can_be_named():
    class Sulky:
        def __repr__(self):
            raise RuntimeError

    assert shorten(Sulky()) == "<Sulky>"
    assert shorten(10**5000) == "<int of 16,610 bits>"


def test_nothing_given_means_nothing():
    assert did_you_mean([], ["cat"]) == ""
    assert did_you_mean(["cat"], []) == ""
