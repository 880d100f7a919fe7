"""Whatever a user holds can be pickled: to another process and back, and it answers as before."""

import copy
import pickle
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import is_dataclass
from multiprocessing import get_context

import numpy as np
import pytest

import popgraph as pg
from popgraph.basics.pickling import SentCode
from popgraph.errors import InvalidAugmentation


def swapped(pair):
    """Swap the two coordinates."""
    return pair[::-1]


def other_bit(bit):
    """Return the other one of 0 and 1."""
    return 1 - bit


def a_bit_more(bit):
    """Return a distribution."""
    return {bit: "1/2", bit + 1: "1/2"}


def neighbours(states):
    """Return both neighbours of each state."""
    return np.stack([states - 1, states + 1], axis=1), ["1/2", "1/2"]


class Mirror:
    """A function that is an object."""

    def __call__(self, pair):
        """Swap the two coordinates."""
        return pair[::-1]


IMAGE = pg.images.Image([[1, 0, 0], [0, 1, 1]])
SQUARE = pg.images.Image([[1, 0], [0, 1]])
ON_IMAGES = {
    "rotate": pg.images.rotate(1, "1/3"),
    "flip": pg.images.flip(0, "1/3"),
    "shift": pg.images.shift(probability="1/2"),
    "shift, wrapped": pg.images.shift([(0, 1), (0, 1), (1, 0)], wrap=True),
    "flip_pixels": pg.images.flip_pixels(2, "1/5"),
    "flip_pixels, some": pg.images.flip_pixels(1, pixels=[(0, 0), (1, 1)]),
    "mask": pg.images.mask((1, 2), 0.25, fill=1),
    "identity": pg.identity(),
    "then": pg.images.rotate(2, "1/3").then(pg.images.flip()),
    "repeat": pg.images.flip(1, "1/4").repeat(3),
    "choose": pg.choose({pg.images.rotate(2): "1/4", pg.images.flip(): "1/2", pg.identity(): "1/4"}),
    "choose, nested": pg.choose({pg.images.flip().then(pg.images.flip_pixels(1)): 0.5, pg.images.mask(): 0.5}),
}
PAIRS = [(0, 0), (0, 1), (1, 1)]
ON_PAIRS = {
    "apply": pg.apply(swapped, "1/3"),
    "apply, an object": pg.apply(Mirror(), "1/3"),
    "apply, a builtin": pg.apply(tuple, "1/3"),
    "a function": pg.Augmentation(lambda pair: {pair: 1}).then(pg.apply(swapped, 0.5)),
    "independently": pg.independently(pg.apply(other_bit, "1/4")),
    "independently, each": pg.independently([pg.apply(other_bit, "1/4"), pg.identity()]).repeat(2),
    "from_matrix": pg.independently(pg.Augmentation.from_matrix([[0.75, 0.25], [0.25, 0.75]], [0, 1])),
    "from_batch": pg.Augmentation.from_batch(neighbours, "step").repeat(2),
    "an Augmentation": pg.independently(pg.Augmentation(a_bit_more)),
}
AUGMENTATIONS = [
    (f"{kind}: {name}", a, naturals)
    for kind, table, naturals in (
        ("images", ON_IMAGES, [IMAGE, pg.images.Image(IMAGE.pixels[:, ::-1])]),
        ("pairs", ON_PAIRS, PAIRS),
    )
    for name, a in table.items()
]
TRIPS = {
    "pickle": lambda value: pickle.loads(pickle.dumps(value)),
    "pickle, the oldest": lambda value: pickle.loads(pickle.dumps(value, protocol=2)),
    "deepcopy": copy.deepcopy,
    "copy": copy.copy,
}


@pytest.mark.parametrize("trip", TRIPS)
@pytest.mark.parametrize(
    ("augmentation", "naturals"), [each[1:] for each in AUGMENTATIONS], ids=[each[0] for each in AUGMENTATIONS]
)
def test_an_augmentation_answers_as_before_and_is_as_fast(trip, augmentation, naturals):
    if "a function" in str(augmentation.name):
        pytest.importorskip("cloudpickle")
    again = TRIPS[trip](augmentation)
    assert [again(x) for x in naturals] == [augmentation(x) for x in naturals]
    assert (repr(again), again.trusted) == (repr(augmentation), augmentation.trusted)
    assert (again.batch is None) == (augmentation.batch is None)
    before, after = (pg.build(naturals, each) for each in (augmentation, again))
    assert list(after.views) == list(before.views)
    assert type(after.views) is type(before.views)
    assert np.array_equal(after.kernel.toarray(), before.kernel.toarray())


@pytest.mark.parametrize("normalize", [False, True])
def test_a_table_is_an_augmentation_that_travels(normalize):
    from collections import defaultdict
    from types import MappingProxyType

    rows = {"a": {"x": 1, "y": 1} if normalize else {"x": "1/2", "y": "1/2"}}
    for table in (rows, MappingProxyType(rows), defaultdict(lambda: {"x": 1}, rows)):
        step = pg.identity().then(table) if not normalize else pg.identity().then(rows)
        if not normalize:
            assert pickle.loads(pickle.dumps(step))("a") == pg.Distribution({"x": "1/2", "y": "1/2"})
        graph = pickle.loads(pickle.dumps(pg.build(["a"], table, normalize=normalize)))
        assert list(graph.views) == ["x", "y"]


def test_a_lambda_travels_where_cloudpickle_is():
    pytest.importorskip("cloudpickle")
    step = pg.apply(lambda bit: 1 - bit, "1/4").then(pg.Augmentation.from_matrix([[1, 0], [0.5, 0.5]], [0, 1]))
    assert pickle.loads(pickle.dumps(step))(0) == step(0)
    form = pg.Augmentation.from_batch(lambda x: (np.stack([x, x + 1], axis=1), [0.5, 0.5]))
    again = pickle.loads(pickle.dumps(form))
    assert again((0,)) == form((0,))
    assert again.batch is not None


def test_cloudpickle_takes_a_lambda_by_itself():
    cloudpickle = pytest.importorskip("cloudpickle")
    step = pg.apply(lambda bit: 1 - bit, "1/4").repeat(2)
    assert pickle.loads(cloudpickle.dumps(step))(0) == step(0)


def test_a_lambda_is_refused_by_name_where_cloudpickle_is_not(monkeypatch):
    for module in ("cloudpickle", "joblib.externals.cloudpickle"):
        monkeypatch.setitem(sys.modules, module, None)
    step = pg.apply(lambda bit: 1 - bit, "1/4").repeat(2)
    with pytest.raises(
        InvalidAugmentation, match="lambda.*cannot be pickled; define it with def at the top of a module"
    ):
        pickle.dumps(step)
    assert pickle.loads(pickle.dumps(pg.apply(swapped)))((0, 1)) == pg.apply(swapped)((0, 1))
    assert copy.deepcopy(step)(0) == step(0)


def test_what_a_lambda_holds_may_be_what_cannot_travel():
    pytest.importorskip("cloudpickle")
    from threading import Lock

    lock = Lock()
    with pytest.raises(InvalidAugmentation, match="nor what it refers to"):
        pickle.dumps(pg.apply(lambda bit: (lock, 1 - bit)[1]))


def test_a_deep_composition_is_pickled_in_a_moment():
    step = pg.apply(swapped, "1/2")
    for _ in range(60):
        step = step.then(pg.identity())
    assert len(pickle.dumps(step)) < 100_000  # of which the names, each in the next, are the most


def views_of(declared):
    """Build in another process, and send the graph back."""
    return pg.build(*declared)


@pytest.mark.slow
def test_a_process_pool_can_build():
    declared = [([IMAGE], ON_IMAGES["then"]), (PAIRS, ON_PAIRS["independently"]), (["a"], {"a": {"x": 1}})]
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        graphs = list(pool.map(views_of, declared))
    for graph, each in zip(graphs, declared, strict=True):
        here = pg.build(*each)
        assert list(graph.views) == list(here.views)
        assert np.array_equal(graph.kernel.toarray(), here.kernel.toarray())


@pytest.mark.slow
def test_joblib_can_build_with_a_lambda():
    joblib = pytest.importorskip("joblib")
    step = pg.apply(lambda bit: 1 - bit, "1/4")
    graphs = joblib.Parallel(n_jobs=2)(joblib.delayed(pg.build)([0, 1], step) for _ in range(2))
    assert all(np.array_equal(graph.kernel.toarray(), [[0.75, 0.25], [0.25, 0.75]]) for graph in graphs)


GRAPH = pg.zoo.class_domain("1/2", "1/4", "1/8", "1/8")
SPECTRUM = GRAPH.spectrum(3)
F = pg.train(GRAPH, 3, rng=0).f
PRODUCT = pg.product([pg.zoo.ring(5), pg.zoo.ring(4)])
KNOWN = pg.selftraining.pseudo_labels(GRAPH, {GRAPH.naturals[0]: GRAPH.labels[0], GRAPH.naturals[-1]: GRAPH.labels[-1]})
MIXTURE = pg.structure.mixture(["c", "d"], {"c": [pg.zoo.ring(5)] * 2, "d": [pg.zoo.ring(4)] * 2})
SWAP = pg.build([0, 1], {0: {0: "3/4", 1: "1/4"}, 1: {1: "3/4", 0: "1/4"}})
KEPT = {
    "Distribution": lambda: pg.Distribution({"a": "1/3", "b": "2/3"}),
    "PopulationGraph": lambda: GRAPH,
    "Spectrum": lambda: SPECTRUM,
    "Match": lambda: pg.verify(GRAPH, F, 3),
    "SampledMatch": lambda: pg.verify_sampled(GRAPH, F[:, :2], 2, pairs=1000, rng=0),
    "Training": lambda: pg.train(GRAPH, 2, rng=0),
    "Flow": lambda: pg.flow(GRAPH, 2, rng=0),
    "Critic": lambda: pg.train_critic(pg.zoo.ring(4), pg.losses.infonce),
    "PairTraining": lambda: pg.train(GRAPH.two_encoders(), 2, rng=0),
    "PairMatch": lambda: pg.verify(GRAPH.two_encoders(), (F, F), 3),
    "Comparison": lambda: pg.compare(pg.zoo.ring(4), pg.zoo.ring(4)),
    "KernelTable": lambda: pg.apply(str.lower, "1/3").table(["Cat", "dog"]),
    "Image": lambda: IMAGE,
    "Explanation": lambda: GRAPH.explain(GRAPH.views[0], GRAPH.views[1]),
    "ProductGraph": lambda: PRODUCT,
    "ProductSpectrum": lambda: PRODUCT.spectrum(3),
    "ProductTraining": lambda: pg.train(PRODUCT, 2, features=PRODUCT.features(degree=1), rng=0),
    "MixtureGraph": lambda: MIXTURE,
    "views of a MixtureGraph": lambda: MIXTURE.views,
    "Symmetry": lambda: SWAP.with_symmetry(lambda bit: 1 - bit).symmetry,
    "Clustering": lambda: pg.spectral_clusters(GRAPH, 2, rng=0),
    "Partition": lambda: pg.sparsest_partition(pg.zoo.ring(4), 2),
    "PartitionBounds": lambda: pg.partition_bounds(pg.zoo.ring(4), 2),
    "Probe": lambda: pg.probe(GRAPH, F),
    "ProbeRange": lambda: pg.probe_range(GRAPH, 2, samples=3),
    "Erratum": lambda: pg.theory.errata()[0],
    "SharpConstant": lambda: pg.theory.sharp_constants()[0],
    "Checks": lambda: pg.theory.check(pg.zoo.ring(4)),
    "Audit": lambda: pg.losses.audit(pg.losses.spectral, pg.zoo.ring(4), np.ones((4, 1)), 2),
    "Expansion": lambda: pg.selftraining.expansion(pg.zoo.lightning_cloud(), 0.5),
    "InnerConductance": lambda: pg.selftraining.inner_conductance(pg.zoo.lightning_cloud()),
    "Iteration": lambda: pg.selftraining.iterate(GRAPH, KNOWN),
    "Student": lambda: pg.selftraining.self_train(GRAPH, KNOWN),
    "Contest": lambda: pg.selftraining.which_wins(GRAPH, KNOWN, 2),
    "exact": lambda: pg.zoo.ring(4).exact(),
    "ExactMatch": lambda: pg.zoo.ring(4).exact().verify([[1]] * 4, 1),
    "views of a build": lambda: pg.build(PAIRS, ON_PAIRS["independently"]).views,
}
LOSSES = {
    name: getattr(pg.losses, name)
    for name in dir(pg.losses)
    if name.islower() and name not in ("audit", "matrix_factorisation")
}


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_is_pickled_and_is_the_same_loss(name):
    loss = LOSSES[name]
    again = pickle.loads(pickle.dumps(loss))
    assert again == loss
    assert repr(again) == repr(loss)


@pytest.mark.parametrize("kind", KEPT)
def test_what_a_user_holds_is_pickled(kind):
    value = KEPT[kind]()
    again = pickle.loads(pickle.dumps(value))
    assert type(again) is type(value)
    assert repr(again) == repr(value)
    assert repr(copy.deepcopy(value)) == repr(value)
    same_arrays(value, again)


def same_arrays(value, again):
    """Compare the arrays of two records, which are read-only, there and here."""
    if not is_dataclass(value):
        return
    for name, array in vars(value).items():
        if isinstance(array, np.ndarray) and array.dtype != object and name in vars(again):
            assert np.array_equal(array, vars(again)[name], equal_nan=array.dtype.kind == "f")
            assert not array.flags.writeable
            assert not vars(again)[name].flags.writeable


def test_sent_code_is_bytes():
    pytest.importorskip("cloudpickle")
    state = pg.Augmentation(lambda x: {x: 1}).__getstate__()
    assert isinstance(state["kernel"], SentCode)


def test_an_augmentation_cannot_be_changed_and_says_so():
    from popgraph.errors import ReadOnly

    for value in (pg.identity(), pickle.loads(pickle.dumps(pg.identity()))):
        with pytest.raises(ReadOnly, match="name of a Augmentation cannot be set"):
            value.name = "other"
