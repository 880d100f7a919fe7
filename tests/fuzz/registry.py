"""The table of what is fuzzed: each public callable with a valid call, and the kind of each of its arguments."""

import inspect
import tempfile
from collections.abc import Callable, Iterator
from functools import cached_property, partial
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib.pyplot as plt
import numpy as np
import scipy.sparse as sp

import popgraph as pg
from fuzz import kinds_of_declarations as declared
from fuzz import values as v
from popgraph import classroom, images, io, losses, plot, selftraining, structure, testing, theory, zoo
from popgraph.populations.exact import ExactGraph

NAMESPACES = {
    "classroom": classroom,
    "images": images,
    "losses": losses,
    "selftraining": selftraining,
    "structure": structure,
    "testing": testing,
    "theory": theory,
    "zoo": zoo,
    "plot": plot,
    "io": io,
}
METHODS_OF = {
    "Distribution": pg.Distribution,
    "Augmentation": pg.Augmentation,
    "PopulationGraph": pg.PopulationGraph,
    "Spectrum": pg.Spectrum,
    "Match": pg.Match,
    "Training": pg.Training,
    "Image": pg.images.Image,
    "ExactGraph": ExactGraph,
    "Check": theory.Check,
    "Grade": classroom.Grade,
    "Checks": theory.Checks,
    "Reference": theory.Reference,
    "Contest": selftraining.Contest,
    "PhaseDiagram": selftraining.PhaseDiagram,
    **{name: getattr(losses, name) for name in losses.__all__ if name[0].isupper() and name not in ("Audit", "Loss")},
}
# Values that only the library makes, whose fields it trusts, and names that take no argument of their own
NOT_CALLED = {
    *("PopulationGraph", "Spectrum", "Match", "Training", "errors"),
    *("Flow", "PairMatch", "PairTraining"),
    *("BipartiteGraph", "SingularSpectrum", "PairGraph"),
    *("losses.Audit", "losses.Loss"),
    *("classroom.Answer", "classroom.Grade", "classroom.Worksheet"),
    *("selftraining.Contest", "selftraining.Expansion", "selftraining.Iteration", "selftraining.Student"),
    *("selftraining.InnerConductance", "selftraining.PhaseDiagram"),
    *("theory.Check", "theory.Checks", "theory.Optimum", "theory.Verdict"),
    *("theory.CONJECTURES", "theory.Conjecture", "theory.Hunt"),
    *("theory.REFERENCES", "theory.Reference", "theory.References", "theory.Erratum", "theory.SharpConstant"),
    *("structure.LowDegree", "structure.MixtureGraph", "structure.ProductCertificate", "structure.ProductGraph"),
    *("structure.ProductSpectrum", "structure.ProductTraining"),
    *("structure.product", "images.Image", "io.load", "io.save"),  # the same as popgraph's own
}
INHERITED = {"Distribution.get", "Distribution.items", "Distribution.keys", "Distribution.values"}  # of Mapping


class Argument(NamedTuple):
    """A good value, how it is spoilt, and the words by which a message may call it."""

    plain: Any
    kind: Callable[[Any], list[v.Spoiler]]
    words: tuple[str, ...] = ()


class Entry(NamedTuple):
    """A public callable, a valid call of it, and how many inputs the campaign gives it."""

    name: str
    call: Callable[..., Any]
    arguments: dict[str, Argument]
    inputs: int
    observe: Callable[[Any], Any]
    nan_through: bool


ENTRIES: dict[str, Entry] = {}


def entry(
    name: str,
    call: Callable[..., Any],
    inputs: int = 150,
    /,
    *,
    observe: Callable[[Any], Any] = lambda value: value,
    nan_through: bool = False,
    **arguments: Argument,
) -> None:
    """Add a callable to the table. Where `nan_through`, an array function answers NaN with NaN, as numpy's do."""
    ENTRIES[name] = Entry(name, call, arguments, inputs, observe, nan_through)


def public_names() -> Iterator[str]:
    """Every public function, class and method, by the name that a user writes after `popgraph.`."""
    for name in pg.__all__:
        if callable(getattr(pg, name)):
            yield name
    for space, module in NAMESPACES.items():
        for name in module.__all__:
            if inspect.isroutine(getattr(module, name)) or inspect.isclass(getattr(module, name)):
                yield f"{space}.{name}"
    for name, cls in METHODS_OF.items():
        for method, function in inspect.getmembers(cls):
            if not method.startswith("_") and inspect.isroutine(function) and not isinstance(function, cached_property):
                yield f"{name}.{method}"


def missing(registered: Any, names: Any) -> set[str]:
    """Return the public names that no entry covers."""
    return set(names) - set(registered) - NOT_CALLED - INHERITED


# The populations on which everything is called: a small exact one with labels, and a cube.
CLOUD = zoo.lightning_cloud()
CUBE = zoo.hypercube(2, "1/4")
SPECTRUM = CLOUD.spectrum(2)
TRAINING = pg.train(CLOUD, 2, rng=0, keep_path=True)
MATCH = pg.verify(CLOUD, TRAINING)
FLOW = pg.flow(CLOUD, 2, 0.01, [0.0, 0.5])
F = np.array([[1.0, 0.5], [1.0, 0.5], [1.0, -0.5], [1.0, -0.5]])
CHECKS = theory.check(CLOUD, only="weights sum to 1")
EXACT = CLOUD.exact()
LAW = pg.Distribution({"a": "1/4", "b": "1/4", "c": "1/2"})
FLOATS = pg.Distribution({"a": 0.25, "b": 0.25, "c": 0.5})
STEP = pg.Augmentation(lambda i: {i: "1/2", (i + 1) % 4: "1/2"}, "step")
PICTURE = pg.images.Image([[1, 0, 0], [0, 0, 1]])
FOLDER = tempfile.TemporaryDirectory()
SAVED = Path(FOLDER.name) / "graph.popgraph"
MATRIX = SAVED.with_name("matrix.npz")
sp.save_npz(MATRIX, sp.csr_array([[0.75, 0.25], [0.25, 0.75]]))
SAVED = pg.save(pg.build(LAW, {x: {x: 1} for x in LAW}), SAVED)


KNOWN = Argument({CLOUD.naturals[0]: 0, CLOUD.naturals[1]: 1}, declared.known, ("known", "label", "natural"))
CLASS_WEIGHTS = Argument({0: 0.5, 1: 0.5}, v.anything("None", "an empty list"), ("class_weights", "class", "weights"))


def graph(plain: Any = CLOUD) -> Argument:
    return Argument(plain, v.graph, ("graph", "PopulationGraph"))


def f(plain: Any = F, views: Any = CLOUD.views) -> Argument:
    return Argument(plain, partial(v.embedding, views=views), ("f", "embedding", "embeddings"))


def table(plain: Any = F, *words: str) -> Argument:
    return Argument(plain, v.array, words)


def k(plain: int = 2) -> Argument:
    return Argument(plain, v.whole)


def optional_k(plain: int = 2) -> Argument:
    return Argument(plain, v.optional(v.whole))


def real(plain: float) -> Argument:
    return Argument(plain, v.real)


def angle(plain: float = 2**-10) -> Argument:
    """An angle that may be left to the function."""
    return Argument(plain, v.optional(v.real))


def count(plain: int, least: int = 1) -> Argument:
    return Argument(plain, partial(v.at_least, least=least))


def probability(plain: Any = "1/4") -> Argument:
    return Argument(plain, v.probability, ("probability", "probabilities", "w_x"))


def labels(of: Any = CLOUD) -> Argument:
    return Argument(of.labels.tolist(), v.optional(partial(v.labels, keys=of.naturals)), ("labels", "label"))


def view_labels(of: Any = CLOUD, *words: str) -> Argument:
    return Argument([0, 0, 1, 1], partial(v.labels, keys=of.views), ("view_labels", "labels", "label", *words))


def columns() -> Argument:
    """X of a population of four views; NaN and infinity go through it as through every product with a matrix of float64."""
    floats = ("nan", "inf", "huge")

    def spoilers(plain: Any) -> list[v.Spoiler]:
        return [each for each in v.array(plain) if not any(word in each.label.lower() for word in floats)]

    return Argument(F, spoilers, ("X",))


def rng() -> Argument:
    return Argument(0, v.rng)


def spectrum() -> Argument:
    return Argument(SPECTRUM, v.optional(declared.value_of_the_library), ("spectrum",))


def loss() -> Argument:
    return Argument(losses.spectral, declared.loss)


def flag(plain: bool = False) -> Argument:
    return Argument(plain, v.flag)


def choice(plain: str) -> Argument:
    return Argument(plain, v.choice)


def head(plain: str = "linear") -> Argument:
    """A linear head, by its word; a number is the width of the layer below it."""
    return Argument(plain, v.optional(lambda word: [each for each in v.choice(word) if each.label != "a number"]))


def drawn(axes: Any) -> Any:
    """What there is to see on some axes."""
    seen = [
        (type(artist).__name__) for ax in np.atleast_1d(np.asarray(axes, dtype=object)) for artist in ax.get_children()
    ]
    plt.close("all")
    return seen


# ---------------------------------------------------------------- declare
OUTCOMES = Argument(
    {"a": "1/4", "b": "1/4", "c": "1/2"}, declared.weights, ("probabilit", "outcome", "distribution", "weights", "pair")
)
entry("Distribution", pg.Distribution, 300, observe=dict, probabilities=OUTCOMES, normalize=flag())
entry("Distribution.uniform", pg.Distribution.uniform, outcomes=Argument(["a", "b"], declared.outcomes, ("outcome",)))
entry(
    "Distribution.from_counts",
    pg.Distribution.from_counts,
    counts=Argument({"a": 3, "b": 1}, declared.counts, ("count", "pair", "outcome", "weights", "probability")),
)
entry(
    "Distribution.from_samples",
    pg.Distribution.from_samples,
    samples=Argument(["a", "b", "a"], declared.samples, ("sample", "outcome")),
)
entry("Distribution.map", LAW.map, fn=Argument(str.upper, v.callables, ("fn", "function", "image")))
entry("Distribution.rationalize", FLOATS.rationalize, max_denominator=count(100))
entry("Distribution.sample", LAW.sample, size=count(3, 0), rng=rng())
entry(
    "Distribution.through",
    LAW.through,
    kernel=Argument(lambda x: pg.Distribution({x: "1/2", "z": "1/2"}), v.callables, ("kernel",)),
)


KERNEL = Argument(lambda i: {i: "1/2", "z": "1/2"}, declared.kernels, ("augmentation", "kernel", "distribution"))
entry(
    "Augmentation",
    pg.Augmentation,
    observe=lambda a: dict(a(0)),
    kernel=KERNEL,
    name=Argument("step", v.word),
    trusted=flag(),
    batch=Argument(None, v.anything("None", "a type", "a lambda")),
)
entry(
    "Augmentation.from_matrix",
    lambda **a: pg.Augmentation.from_matrix(**a)("a"),
    400,
    observe=dict,
    matrix=Argument(
        [[0.75, 0.25], [0.25, 0.75]], partial(declared.matrix, naturals="ab"), ("matrix", "row", "probabilit", "kernel")
    ),
    naturals=Argument(["a", "b"], declared.outcomes, ("natural", "outcome")),
    views=Argument(["x", "y"], v.optional(declared.outcomes), ("view", "outcome")),
    normalize=flag(),
)
entry(
    "Augmentation.from_batch",
    lambda **a: pg.Augmentation.from_batch(**a)((0, 1)),
    observe=dict,
    fn=Argument(lambda x: (np.stack([x - 1, x + 1], axis=1), ["1/2", "1/2"]), v.callables, ("vectorised", "fn")),
    name=Argument("step", v.word),
    trusted=flag(),
)
entry("Augmentation.repeat", lambda times: STEP.repeat(times)(0), observe=dict, times=count(2, 0))
entry("Augmentation.then", lambda other: STEP.then(other)(0), observe=dict, other=KERNEL)
entry(
    "Augmentation.table",
    STEP.table,
    observe=str,
    naturals=Argument([0, 1], declared.outcomes, ("natural", "outcome", "table")),
)
entry(
    "apply",
    lambda fn, probability: pg.apply(fn, probability)("cat"),
    observe=dict,
    fn=Argument(str.upper, v.callables, ("fn", "function", "apply")),
    probability=probability(),
)
entry(
    "choose",
    lambda options, normalize: pg.choose(options, normalize=normalize)("cat"),
    observe=dict,
    options=Argument(
        {pg.identity(): "1/4", pg.apply(str.upper): "3/4"},
        declared.options,
        ("option", "probabilit", "augmentation", "outcome", "pair", "distribution", "weights"),
    ),
    normalize=flag(),
)
entry("identity", pg.identity, 1)
entry(
    "independently",
    lambda augmentation: pg.independently(augmentation)((0, 1)),
    observe=dict,
    augmentation=Argument(STEP, declared.kernels, ("augmentation", "distribution", "kernel", "independently")),
)
entry(
    "Image",
    pg.images.Image,
    300,
    pixels=Argument([[1, 0], [0, 1]], declared.pixels, ("pixel", "Image")),
    name=Argument("corner", v.word),
)
entry(
    "images.rotate",
    lambda **a: images.rotate(**a)(PICTURE),
    observe=dict,
    quarter_turns=Argument(1, v.any_integer),
    probability=probability(),
)
entry(
    "images.flip",
    lambda **a: images.flip(**a)(PICTURE),
    observe=dict,
    axis=Argument(1, v.natural_number),
    probability=probability(),
)
entry(
    "images.shift",
    lambda **a: images.shift(**a)(PICTURE),
    observe=dict,
    steps=Argument([(0, 1), (1, 0)], declared.steps, ("step",)),
    probability=probability(),
    wrap=flag(),
)
entry(
    "images.flip_pixels",
    lambda **a: images.flip_pixels(**a)(PICTURE),
    observe=dict,
    count=count(1, 0),
    probability=probability(),
    pixels=Argument([(0, 0), (1, 2)], v.optional(declared.steps), ("pixel",)),
)
entry(
    "images.mask",
    lambda **a: images.mask(**a)(PICTURE),
    observe=dict,
    size=Argument((1, 2), declared.size),
    probability=probability(),
    fill=Argument(0, declared.fill),
)

# ---------------------------------------------------------------- build and decompose
P = Argument(np.array([0.25, 0.75]), declared.vector, ("distribution", "probabilit", "natural", "outcome", "weights"))
A = Argument(
    [[0.75, 0.25], [0.25, 0.75]],
    declared.matrix,
    ("augmentation", "kernel", "row", "view", "natural", "probabilit", "column"),
)
entry(
    "build",
    pg.build,
    900,
    observe=lambda g: [g.w, g.labels, g.naturals, list(g.views)],
    distribution=P,
    augmentation=A,
    labels=Argument(["s", "t"], v.optional(partial(v.labels, keys=[0, 1])), ("labels", "label")),
    views=Argument(["x", "y"], v.optional(declared.outcomes), ("view", "outcome")),
    normalize=flag(),
    drop_unreachable=flag(),
    name=Argument("toy", v.word),
    progress=Argument(False, v.optional(declared.progress)),
)
TINY = {"a": {"a": "1/2", "b": "1/2"}, "b": {"b": 1}}
entry(
    "build of mappings",
    pg.build,
    300,
    observe=lambda g: [g.w, g.naturals, list(g.views)],
    distribution=Argument({"a": "1/4", "b": "3/4"}, declared.law, P.words),
    augmentation=Argument(TINY, declared.tables, A.words),
    normalize=flag(),
)
entry("PopulationGraph.exact", CLOUD.exact, 1)
entry(
    "PopulationGraph.explain",
    CLOUD.explain,
    observe=str,
    x=Argument(CLOUD.views[0], v.anything("an image"), ("view",)),
    x_plus=Argument(CLOUD.views[1], v.anything("an image"), ("view",)),
)
entry("PopulationGraph.index", CLOUD.index, view=Argument(CLOUD.views[0], v.anything("an image"), ("view",)))
entry("PopulationGraph.expand", CLOUD.expand, 1)
entry("PopulationGraph.gram", CLOUD.gram, X=columns())
entry("PopulationGraph.operator", CLOUD.operator, 1)
entry("PopulationGraph.sample_pairs", CLOUD.sample_pairs, size=count(3, 0), rng=rng())
entry("PopulationGraph.sample_views", CLOUD.sample_views, size=count(3, 0), rng=rng())
entry(
    "PopulationGraph.spectrum",
    CLOUD.spectrum,
    400,
    k=k(1),
    features=Argument(F, v.optional(partial(v.embedding, views=CLOUD.views)), ("features", "columns", "f")),
)
entry(
    "PopulationGraph.spectrum of a solver",
    CUBE.spectrum,
    k=k(),
    solver=Argument("dense", v.optional(v.choice), ("solver",)),
)
entry("PopulationGraph.to_networkx", CLOUD.to_networkx, 1)
entry("PopulationGraph.to_pandas", CLOUD.to_pandas, 1)
entry("PopulationGraph.weight_matrix", CLOUD.weight_matrix, form=choice("csr"))
entry("Spectrum.leading", SPECTRUM.leading, k=k(1))

# ---------------------------------------------------------------- learn and verify
entry(
    "train",
    pg.train,
    500,
    graph=graph(),
    k=k(),
    loss=loss(),
    rng=rng(),
    steps=Argument(3, v.optional(v.at_least)),
    tol=real(1e-6),
    learning_rate=real(0.25),
    keep_path=flag(),
    callback=Argument(lambda step: None, v.optional(v.callables), ("callback",)),
    progress=Argument(False, v.optional(declared.progress)),
    start=Argument(F, v.optional(partial(v.embedding, views=CLOUD.views)), ("start", "f")),
)


def moved(flow: pg.Flow) -> Any:
    """What of a flow is never NaN: a mode that holds nothing at last has no time at which it switches on."""
    return [flow.path, flow.held, flow.loss, flow.fixed_points]


TIMES = Argument([0.0, 0.25, 2.0], v.optional(declared.increasing), ("times", "time"))
entry(
    "flow",
    pg.flow,
    observe=moved,
    graph=graph(),
    k=k(),
    start=Argument(F, v.optional(partial(declared.start, views=CLOUD.views)), ("start", "f")),
    times=TIMES,
    rule=choice("spectral"),
    weight_decay=real(0.25),
    step=Argument(0.125, v.optional(v.real), ("step",)),
    rng=rng(),
)
entry(
    "flow in batches",
    pg.flow,
    60,
    observe=moved,
    graph=graph(),
    k=k(),
    times=TIMES,
    step=real(0.125),
    batch_size=count(8, 2),
    rng=rng(),
)
entry(
    "flow of byol",
    pg.flow,
    60,
    observe=moved,
    graph=graph(),
    k=k(),
    start=Argument(0.5, v.optional(v.real)),
    times=TIMES,
    rule=choice("byol"),
    weight_decay=real(0.0625),
    stop_gradient=flag(True),
    averaging_time=Argument(2.0, v.optional(v.real), ("averaging_time",)),
    predictor=Argument(np.eye(2), v.optional(v.array), ("predictor",)),
)
entry(
    "train with a penalty",
    pg.train,
    200,
    graph=graph(),
    k=k(),
    rng=rng(),
    steps=Argument(3, v.optional(v.at_least)),
    weight_decay=real(0.25),
    head=head(),
    nonnegative=flag(),
)
entry(
    "train on features",
    pg.train,
    200,
    graph=graph(),
    k=k(),
    features=Argument(F, v.optional(partial(v.embedding, views=CLOUD.views)), ("features", "f")),
    rng=rng(),
    steps=Argument(3, v.optional(v.at_least)),
)
entry(
    "train on batches",
    pg.train,
    200,
    graph=graph(),
    k=k(),
    loss=loss(),
    rng=rng(),
    batch_size=Argument(4, v.optional(partial(v.at_least, least=2))),
    steps=Argument(2, v.optional(v.at_least)),
    learning_rate=real(0.25),
)
entry(
    "train_critic",
    pg.train_critic,
    graph=graph(),
    loss=Argument(losses.infonce, declared.loss),
    steps=count(3),
    tol=real(1e-6),
)
entry(
    "verify",
    pg.verify,
    900,
    graph=graph(),
    f=f(),
    k=optional_k(),
    atol=angle(),
    spectrum=spectrum(),
    features=Argument(F, v.optional(partial(v.embedding, views=CLOUD.views)), ("features",)),
    weight_decay=Argument(0.25, v.optional(v.real), ("weight_decay",)),
)


def _word_or_width(plain: Any) -> list[v.Spoiler]:
    """A word; a whole number is the width of the layer below the head."""
    return [each for each in v.choice(plain) if each.label not in ("a number", "a huge int")]


entry(
    "verify below a head",
    pg.verify,
    200,
    graph=graph(),
    f=f(),
    k=optional_k(),
    weight_decay=Argument(0.25, v.optional(v.real), ("weight_decay",)),
    head=Argument("linear", v.optional(_word_or_width), ("head",)),
)
entry(
    "verify_sampled",
    pg.verify_sampled,
    400,
    sampler=Argument(CLOUD, declared.sampler),
    f=f(),
    k=optional_k(),
    pairs=count(100, 100),
    gamma=Argument([1.0, 1.0, 0.0], v.optional(declared.eigenvalues), ("gamma",)),
    confidence=real(0.75),
    atol=real(0.25),
    longest=Argument(1024.0, v.optional(v.real), ("longest",)),
    rng=rng(),
    progress=Argument(False, v.optional(declared.progress)),
)
entry(
    "product",
    pg.product,
    observe=repr,
    graphs=Argument([CLOUD, CUBE], v.anything(), ("graph", "graphs", "factor")),
    name=Argument("toy", v.word),
)
entry(
    "structure.mixture",
    structure.mixture,
    observe=repr,
    law=Argument(
        {"a": 0.5, "b": 0.5},
        declared.law,
        ("law", "distribution", "outcome", "outcomes", "probability", "probabilities", "class", "weights"),
    ),
    populations=Argument({"a": [CLOUD], "b": [CUBE]}, v.anything(), ("populations", "class")),
    name=Argument("toy", v.anything("a word", "an empty word"), ("name",)),
)
entry(
    "PopulationGraph.with_symmetry",
    CLOUD.with_symmetry,
    observe=repr,
    generators=Argument(lambda x: x, v.anything(), ("generator", "generators")),
)
entry(
    "PopulationGraph.with_labels",
    CLOUD.with_labels,
    300,
    observe=lambda graph: [graph.w_x, graph.known],
    known=KNOWN,
    weight=Argument("1/4", v.probability, ("weight", "known", "probability")),
    class_weights=CLASS_WEIGHTS,
)
entry("compare", pg.compare, graph=graph(), other=Argument(CUBE, v.graph, ("other", "graph")), k=optional_k(1))
entry("partition_bounds", pg.partition_bounds, graph=graph(), m=k())
entry("sparsest_partition", pg.sparsest_partition, graph=graph(), m=k())
entry(
    "spectral_clusters",
    pg.spectral_clusters,
    300,
    graph=graph(),
    count=k(),
    embedding=Argument(F, v.optional(partial(v.embedding, views=CLOUD.views)), ("embedding", "f")),
    labels=labels(),
    restarts=count(2),
    rng=rng(),
)
entry(
    "probe",
    pg.probe,
    500,
    graph=graph(),
    f=f(),
    labels=labels(),
    head=choice("least squares"),
    intercept=flag(),
    test_labels=Argument(None, v.anything("None"), ("test_labels", "label")),
)
entry("probe, exact head", pg.probe, 200, graph=graph(), f=f(), head=choice("exact"))
entry("probe, logistic head", pg.probe, 60, graph=graph(), f=f(), head=choice("logistic"))
entry(
    "probe_range",
    pg.probe_range,
    200,
    graph=graph(),
    k=k(),
    labels=labels(),
    head=choice("least squares"),
    intercept=flag(),
    samples=count(2, 0),
    rng=rng(),
    test_labels=Argument(None, v.anything("None"), ("test_labels", "label")),
)

# ---------------------------------------------------------------- save and load
entry(
    "save",
    lambda value, path: pg.save(value, path).name,
    value=Argument(CLOUD, declared.savable, ("value", "save", "outcome")),
    path=Argument(SAVED.with_name("other.popgraph"), declared.path, ("path", "file", "folder")),
)
entry("load", pg.load, path=Argument(SAVED, declared.path, ("path", "file", "folder")), most_bytes=count(10**6))

# ---------------------------------------------------------------- losses
NOISE = Argument(None, v.anything("None", "a float", "a dict", "a distribution"), ("noise",))  # of views not yet known
M = Argument(CLOUD.factor, declared.factor, ("factor",))
W_X = Argument(np.asarray(CLOUD.w_x), declared.positive_vector, ("w_x",))
TABLE = Argument(F, declared.low_table, ("f", "batch"))
FREE = Argument(F, declared.free_table, ("f",))
BATCH = Argument(np.array([[1.0, 0.5], [0.5, -1.0], [-0.5, 0.25]]), declared.low_batch, ("f", "f_plus", "batch"))
for loss_name, of in {
    "BarlowTwins": losses.barlow_twins,
    "CentredLoss": losses.centred,
    "IdealisedVICReg": losses.idealised_vicreg,
    "InfoNCE": losses.infonce,
    "NTLogistic": losses.nt_logistic,
    "OrderedLoss": losses.ordered,
    "SpectralLoss": losses.spectral,
    "UnsquaredLoss": losses.unsquared,
    "VICReg": losses.vicreg,
}.items():
    low = {"nan_through": True}
    entry(f"{loss_name}.value", of.value, 90, factor=M, w_x=W_X, f=TABLE, **low)
    entry(f"{loss_name}.value_and_gradient", of.value_and_gradient, 90, factor=M, w_x=W_X, f=TABLE, **low)
    entry(f"{loss_name}.batch_value", of.batch_value, 90, f=BATCH, f_plus=BATCH, **low)
    entry(f"{loss_name}.batch_value_and_gradient", of.batch_value_and_gradient, 90, f=BATCH, f_plus=BATCH, **low)
    if hasattr(of, "noise_batch_value"):
        three = {"f": BATCH, "f_plus": BATCH, "f_noise": BATCH._replace(words=("f_noise", "f", "batch"))}
        entry(f"{loss_name}.noise_batch_value", of.noise_batch_value, 90, **three, **low)
        entry(f"{loss_name}.noise_batch_value_and_gradient", of.noise_batch_value_and_gradient, 90, **three, **low)
    if hasattr(of, "pair_value"):
        C = Argument(np.asarray(CLOUD.w), declared.low_square, ("C", "f"))
        G = TABLE._replace(words=("g", "C", "f"))
        entry(f"{loss_name}.pair_value", of.pair_value, 90, C=C, f=TABLE, g=G, **low)
        entry(f"{loss_name}.pair_value_and_gradient", of.pair_value_and_gradient, 90, C=C, f=TABLE, g=G, **low)
    if hasattr(of, "scores"):
        W = Argument(np.asarray(CLOUD.w), declared.low_square, ("w",))
        S = Argument(np.zeros((4, 4)), declared.low_square, ("s",))
        entry(f"{loss_name}.scores", of.scores, 90, f=FREE, g=FREE._replace(words=("g",)), **low)
        entry(f"{loss_name}.critic_value", of.critic_value, 90, w=W, w_x=W_X, s=S, **low)
        entry(f"{loss_name}.critic_gradient", of.critic_gradient, 90, w=W, w_x=W_X, s=S, **low)
entry(
    "SpectralLoss.hessian_product",
    losses.spectral.hessian_product,
    90,
    nan_through=True,
    factor=M,
    w_x=W_X,
    f=TABLE,
    direction=TABLE._replace(words=("direction",)),
)
entry("losses.matrix_factorisation", losses.matrix_factorisation, 90, nan_through=True, factor=M, F=TABLE)
entry(
    "losses.BarlowTwins",
    losses.BarlowTwins,
    weight=real(0.5),
    epsilon=real(0.25),
    bias=Argument("unbiased", v.word),
    name=Argument("B", v.word),
)
entry("losses.CentredLoss", losses.CentredLoss, 30, bias=Argument("unbiased", v.word), name=Argument("C", v.word))
entry(
    "losses.IdealisedVICReg",
    losses.IdealisedVICReg,
    weight=real(0.5),
    bias=Argument("unbiased", v.word),
    name=Argument("V", v.word),
)
entry(
    "losses.InfoNCE",
    losses.InfoNCE,
    negatives=Argument(3, v.optional(v.at_least)),
    temperature=real(0.5),
    cosine=flag(),
    symmetric=flag(),
    noise=NOISE,
    name=Argument("I", v.word),
)
entry(
    "losses.NTLogistic",
    losses.NTLogistic,
    negatives=real(2.0),
    temperature=real(0.5),
    cosine=flag(),
    bias=Argument("unbiased", v.word),
    name=Argument("N", v.word),
    noise=NOISE,
)
entry("losses.OrderedLoss", losses.OrderedLoss, 30, bias=Argument("unbiased", v.word), name=Argument("O", v.word))
entry(
    "losses.SpectralLoss",
    losses.SpectralLoss,
    30,
    bias=Argument("unbiased", v.word),
    name=Argument("S", v.word),
    noise=NOISE,
)
entry("losses.UnsquaredLoss", losses.UnsquaredLoss, 30, bias=Argument("unbiased", v.word), name=Argument("U", v.word))
entry(
    "losses.VICReg",
    losses.VICReg,
    invariance=real(2.0),
    variance=real(2.0),
    covariance=real(0.5),
    epsilon=real(0.25),
    bias=Argument("unbiased", v.word),
    name=Argument("V", v.word),
)
entry("losses.noise_law", losses.noise_law, 200, graph=graph(), noise=NOISE._replace(plain=[0.25] * 4))
entry("losses.debiased_negatives", losses.debiased_negatives, graph=graph(), share=real(0.25))
entry("losses.hard_negatives", losses.hard_negatives, graph=graph(), f=f(), beta=real(0.5))
entry(
    "PopulationGraph.with_noise", CLOUD.with_noise, 200, observe=lambda g: g.w_x, noise=NOISE._replace(plain=[0.25] * 4)
)
entry("losses.audit", losses.audit, 200, loss=loss(), graph=graph(), f=table(F, "f"), batch_size=Argument(2, v.whole))

# ---------------------------------------------------------------- self-training
TEACHER = Argument([0, 0, 1, 1], partial(v.labels, keys=CLOUD.views, partly=True), ("teacher", "labels", "label"))
entry("selftraining.expansion", selftraining.expansion, graph=graph(), a=Argument(0.5, v.real), labels=labels())
entry(
    "selftraining.inner_conductance",
    selftraining.inner_conductance,
    graph=graph(),
    view_labels=Argument(
        [0, 0, 1, 1], v.optional(partial(v.labels, keys=CLOUD.views)), ("view_labels", "labels", "label")
    ),
)
entry("selftraining.iterate", selftraining.iterate, graph=graph(), teacher=TEACHER, steps=count(5, 0))
entry("selftraining.propagate", selftraining.propagate, graph=graph(), teacher=TEACHER, a=real(0.5))
entry(
    "selftraining.phase_diagram",
    selftraining.phase_diagram,
    make_graph=Argument(lambda row, column: zoo.hypercube(2, row * column), v.callables, ("make_graph", "row")),
    rows=Argument([0.5], declared.values_of_a_parameter, ("rows", "row")),
    columns=Argument([0.5], declared.values_of_a_parameter, ("columns", "column", "row")),
    teacher=Argument(
        [0, 0, 1, 1], v.anything("a list of lists", "a dict", "a type", "a lambda"), ("teacher", "labels", "label")
    ),
    k=Argument(2, v.one_or_several(v.whole)),
    weight=Argument(0.5, v.one_or_several(v.real)),
    samples=count(3, 0),
    boundaries=Argument(
        {"level": lambda row, column: row - column}, v.anything("a dict", "an empty dict", "None"), ("boundaries",)
    ),
    names=Argument(("bits", "flip"), v.anything(), ("names",)),
    workers=count(1),
    path=Argument(SAVED.with_name("phases"), v.optional(declared.path), ("path", "file", "folder")),
    keep_going=flag(),
    progress=Argument(False, v.optional(declared.progress)),
)
entry(
    "selftraining.pseudo_labels",
    selftraining.pseudo_labels,
    graph=graph(),
    known=Argument({CLOUD.naturals[0]: 0}, declared.known, ("known", "label")),
)
entry(
    "selftraining.self_train",
    selftraining.self_train,
    graph=graph(),
    teacher=TEACHER,
    weight=real(0.5),
    labels=labels(),
)
entry(
    "selftraining.which_wins",
    selftraining.which_wins,
    graph=graph(),
    teacher=TEACHER,
    k=Argument(2, v.one_or_several(v.whole)),
    weight=Argument(0.5, v.one_or_several(v.real)),
    labels=labels(),
    samples=count(3, 0),
    rng=rng(),
)


# ---------------------------------------------------------------- classroom
def answer(name: str, plain: Any, *, several: bool = False) -> Argument:
    """A student's table by position; words are numbers here, and of eigenvalues one more or less may serve."""

    def spoilers(plain: Any) -> list[v.Spoiler]:
        odd = {"an axis more", "a DataFrame"} if np.ndim(plain) == 1 else set()
        odd |= {"a row too many", "a row too few"} if several else set()
        listed = v.optional(v.array)(plain)
        return [
            each._replace(verdict=v.ODD) if each.label in odd or each.label.endswith("words") else each
            for each in listed
        ]

    return Argument(plain, spoilers, (name, "entries", "entry"))


def read_as_another(name: str, plain: Any) -> Argument:
    """An answer whose reader another argument of the same call has, with all forms of a table."""
    return Argument(plain, v.optional(lambda _: v.strange()), (name, "entries", "entry"))


GRADE = classroom.grade(CLOUD, w=CLOUD.w, f=F)
entry(
    "classroom.grade",
    classroom.grade,
    100,
    observe=lambda grade: grade.to_dict()["tests"],
    graph=graph(),
    w_x=answer("w_x", [0.25, 0.125, 0.375, 0.25]),
    w=answer("w", np.eye(4) / 4),
    adjacency=read_as_another("adjacency", np.eye(4) / 2),
    gamma=answer("gamma", [1.0, 0.5], several=True),
    F=read_as_another("F", F),
    f=answer("f", F),
    k=optional_k(),
    digits=count(3),
    partial=real(0.5),
)
entry(
    "classroom.worksheet",
    classroom.worksheet,
    40,
    observe=lambda sheet: sheet.questions,
    graph=graph(),
    path=Argument(SAVED.with_name("sheet.html"), declared.path, ("path", "folder", "sheet", "name")),
    k=optional_k(),
    questions=Argument(["w", "f"], v.anything("a set", "a dict"), ("questions",)),
    title=Argument("Sheet", v.optional(v.word), ("title",)),
)
entry("Grade.points", GRADE.points, most=real(2.0))
entry("Grade.to_dict", GRADE.to_dict, 1)
entry("Grade.to_json", GRADE.to_json, 1)

# ---------------------------------------------------------------- testing and theory
entry("testing.as_python", testing.as_python, 40, graph=graph())
DECAY = Argument(0.5, v.optional(v.real), ("weight_decay",))
BELOW = Argument("linear", v.optional(_word_or_width), ("head",))
entry(
    "testing.assert_matches",
    testing.assert_matches,
    graph=graph(),
    f=f(),
    k=optional_k(),
    atol=angle(),
    weight_decay=DECAY,
    head=BELOW,
)
# s = 7/8 is the root of s³ - γs + λ/2 at γ = 1, and all numbers are exact in few bits
entry(
    "testing.assert_optimal",
    testing.assert_optimal,
    graph=graph(),
    f=f(0.875 * np.array([[1, 1], [1, 1], [1, -1], [1, -1]])),
    atol=angle(),
    weight_decay=Argument(105 / 256, v.optional(v.real), ("weight_decay",)),
    head=BELOW,
)
entry(
    "testing.assert_same_span",
    testing.assert_same_span,
    graph=graph(),
    f=f(),
    g=f()._replace(words=("g", "f")),
    atol=real(2**-10),
)
entry(
    "testing.assert_theorem",
    testing.assert_theorem,
    40,
    check=Argument(CHECKS, declared.value_of_the_library, ("Check",)),
)
entry(
    "testing.augmentations",
    lambda **a: testing.augmentations(**a).validate(),
    naturals=Argument(["a", "b"], declared.outcomes, ("natural", "outcome")),
    views=Argument(["x", "y"], v.optional(declared.outcomes), ("view", "outcome")),
    max_views=count(3),
    exact=Argument(True, v.optional(v.flag)),
)
entry(
    "testing.distributions",
    lambda **a: testing.distributions(**a).validate(),
    outcomes=Argument(["a", "b"], v.optional(declared.outcomes), ("outcome",)),
    max_outcomes=count(3),
    exact=Argument(True, v.optional(v.flag)),
)
entry(
    "testing.embeddings",
    lambda **a: testing.embeddings(**a).validate(),
    graph=graph(),
    k=k(),
    matching=Argument(True, v.optional(v.flag)),
)
entry(
    "testing.graphs",
    lambda **a: testing.graphs(**a).validate(),
    min_views=count(2),
    max_views=count(6),
    components=Argument(1, v.optional(v.at_least)),
    exact=Argument(True, v.optional(v.flag)),
    classes=Argument(2, v.optional(v.at_least)),
    clean_cut=Argument(None, v.optional(v.anything("None"))),
    multiplicity=Argument(None, v.optional(v.anything("None"))),
)
entry("testing.labellings", lambda **a: testing.labellings(**a).validate(), graph=graph(), classes=count(2))
entry(
    "theory.check",
    theory.check,
    150,
    graph=graph(),
    labels=labels(),
    k=optional_k(),
    only=Argument("weights sum to 1", v.optional(declared.statement_names), ("statement", "only")),
    spectrum=spectrum(),
    view_labels=Argument([0, 0, 1, 1], v.optional(declared.class_numbers), ("view_labels",)),
    rho=flag(),
)
entry("theory.critic_minimum", theory.critic_minimum, loss=Argument(losses.infonce, declared.loss), graph=graph())
entry(
    "theory.hunt",
    theory.hunt,
    60,
    claim=Argument("Cheeger from below", v.choice, ("claim",)),
    naturals=count(2, 0),
    views=count(2, 2),
    classes=count(2),
    k=optional_k(1),
    start=Argument(CLOUD, v.optional(v.graph), ("start", "graph", "PopulationGraph")),
    starts=count(1),
    steps=count(1),
    rng=rng(),
    progress=flag(),
)
entry("theory.minimum", theory.minimum, loss=loss(), graph=graph(), k=k(), nonnegative=flag())
entry(
    "theory.minimum with a penalty",
    theory.minimum,
    80,
    loss=Argument("spectral", v.choice),
    graph=graph(),
    k=k(),
    weight_decay=real(0.25),
    head=head(),
)
entry("theory.optimum", theory.optimum, 120, graph=graph(), k=k(), weight_decay=real(0.25), head=head())
entry(
    "theory.optimum over features",
    theory.optimum,
    120,
    graph=graph(),
    k=k(),
    weight_decay=real(0.25),
    features=Argument(F, v.optional(partial(v.embedding, views=CLOUD.views)), ("features", "f")),
)
entry("theory.mutual_information", theory.mutual_information, 40, graph=graph())
entry("theory.statements", theory.statements, 1)
entry("theory.errata", theory.errata, 1)
entry("theory.sharp_constants", theory.sharp_constants, 60, e=Argument(1e-3, v.real))
entry("Check.numbers", CHECKS[0].numbers, 1)
entry("Check.to_dict", CHECKS[0].to_dict, 1)
entry("Checks.by_paper", CHECKS.by_paper, 1)
entry("Checks.counts", CHECKS.counts, 1)
entry("Reference.text", theory.REFERENCES["H21"].text, 1)
entry("Reference.to_dict", theory.REFERENCES["H21"].to_dict, 1)
entry("Checks.to_dicts", CHECKS.to_dicts, 1)

# ---------------------------------------------------------------- exact
entry("ExactGraph.cut", EXACT.cut, k=k())
entry("ExactGraph.eigenvalue", EXACT.eigenvalue, i=k())
entry("ExactGraph.error_bounds", EXACT.error_bounds, gamma=Argument([1.0, 1.0, 0.0], declared.low_vector, ("gamma",)))
entry("ExactGraph.latex", EXACT.latex, what=choice("w"))
entry("ExactGraph.multiplicity", EXACT.multiplicity, value=Argument(1, declared.rational, ("value",)))
entry(
    "ExactGraph.verify",
    EXACT.verify,
    200,
    f=Argument([[1, 0], [1, 0], [0, 1], [0, 1]], declared.rational_table, ("f",)),
    k=optional_k(),
)


# ---------------------------------------------------------------- zoo
def shape_of(graph: Any) -> Any:
    """What exactness does not change of a graph."""
    return [graph.w, graph.labels]


entry(
    "zoo.class_domain",
    zoo.class_domain,
    150,
    observe=shape_of,
    rho=Argument("1/4", v.probability, ("rho",)),
    alpha=Argument("1/4", v.probability, ("alpha",)),
    beta=Argument("1/4", v.probability, ("beta",)),
    gamma=Argument("1/4", v.probability, ("gamma",)),
    level=choice("kernel"),
)
entry(
    "zoo.clusters",
    zoo.clusters,
    150,
    observe=shape_of,
    count=count(2),
    naturals=count(4),
    views=count(4),
    degree=count(2),
    cross=Argument(0.25, declared.share),
    rng=rng(),
)
NAMES = Argument(["red", "green"], declared.names, ("names", "name", "colours", "shapes", "colour"))
entry(
    "zoo.colour_shape",
    zoo.colour_shape,
    150,
    observe=shape_of,
    colours=NAMES,
    shapes=NAMES,
    recolour=Argument("1/4", v.probability, ("recolour", "probability")),
    reshape=Argument("1/4", v.probability, ("reshape", "probability")),
)
entry(
    "zoo.cyclic",
    zoo.cyclic,
    150,
    observe=shape_of,
    n=count(4),
    steps=Argument({0: "1/2", 1: "1/2"}, declared.turns, ("step", "probabilit", "outcome", "pair", "weights")),
)
entry("zoo.dumbbell", zoo.dumbbell, 150, observe=shape_of, size=count(3), bridge=count(1))
entry(
    "zoo.edges",
    zoo.edges,
    150,
    observe=shape_of,
    weights=Argument(
        {("a", "b"): "1/2", ("b", "c"): "1/2"}, declared.weights, ("edge", "weights", "probabilit", "outcome", "pair")
    ),
    labels=Argument({"a": 0, "b": 1, "c": 1}, v.optional(v.anything("None")), ("labels", "label")),
    normalize=flag(),
    name=Argument("toy", v.word),
)
entry(
    "zoo.gaussian_mixture",
    zoo.gaussian_mixture,
    200,
    observe=shape_of,
    means=Argument([-1.0, 1.0], declared.points, ("means", "mean")),
    spread=real(1.0),
    noise=real(0.5),
    step=real(0.5),
)
entry(
    "zoo.hypercube",
    zoo.hypercube,
    150,
    observe=shape_of,
    d=count(2),
    flip=Argument("1/4", v.probability, ("flip", "probability")),
)
entry("zoo.lightning_cloud", zoo.lightning_cloud, 150, observe=shape_of, probability=probability())
entry(
    "zoo.masked_tokens",
    zoo.masked_tokens,
    150,
    observe=shape_of,
    sentences=Argument(["the cat", "a cat"], declared.sentences, ("sentence",)),
    probability=probability("1/2"),
)
entry(
    "zoo.overlapping_regions",
    zoo.overlapping_regions,
    150,
    observe=shape_of,
    cells=count(8),
    width=count(4),
    stride=count(2),
    circle=flag(),
)
entry(
    "zoo.open_world",
    zoo.open_world,
    150,
    observe=shape_of,
    known=count(2),
    related=count(2),
    unrelated=count(2, 0),
    colours=count(2),
    reshape=Argument("1/8", v.probability, ("reshape", "probability")),
    recolour=Argument("1/16", v.probability, ("recolour", "probability")),
)
entry(
    "zoo.planted_subclasses",
    zoo.planted_subclasses,
    150,
    observe=shape_of,
    classes=count(2),
    subgraphs=count(2),
    size=count(2),
    within=Argument("1/8", v.probability, ("within", "probability")),
    across=Argument("1/16", v.probability, ("across", "probability")),
)
entry(
    "zoo.ring",
    zoo.ring,
    150,
    observe=shape_of,
    n=count(4, 3),
    stay=Argument("1/4", v.probability, ("stay", "probability")),
)
entry(
    "zoo.rotations",
    zoo.rotations,
    150,
    observe=shape_of,
    pictures=Argument({"corner": pg.images.Image([[1, 0], [0, 0]])}, v.optional(v.anything("None")), ("picture",)),
    turns=Argument(
        {0: "1/2", 1: "1/2"}, v.optional(declared.turns), ("turn", "probabilit", "outcome", "pair", "weights")
    ),
)
entry(
    "zoo.scaled_hypercube",
    zoo.scaled_hypercube,
    150,
    observe=shape_of,
    d=count(3),
    label_coordinates=count(2),
    scales=Argument(["1/2", 1], declared.scales, ("scale",)),
)
entry(
    "zoo.typos",
    zoo.typos,
    150,
    observe=shape_of,
    words=Argument(["at", "ar"], declared.sentences, ("word",)),
    rate=Argument("1/4", v.probability, ("rate", "probability")),
    keyboard=choice("qwerty"),
)
entry(
    "zoo.cards",
    zoo.cards,
    150,
    observe=shape_of,
    ranks=count(2),
    colour=Argument("1/8", v.probability, ("colour", "probability")),
    suit=Argument("1/4", v.probability, ("suit", "probability")),
    rank=Argument("1/4", v.probability, ("rank", "probability")),
)
entry(
    "zoo.dna",
    zoo.dna,
    150,
    observe=shape_of,
    length=count(1),
    mutation=Argument("3/8", v.probability, ("mutation", "probability")),
)
entry(
    "zoo.notes",
    zoo.notes,
    150,
    observe=shape_of,
    steps=Argument(
        {0: "1/2", 1: "1/2"}, v.optional(declared.turns), ("step", "probabilit", "outcome", "pair", "weights")
    ),
)
entry(
    "zoo.dice",
    zoo.dice,
    150,
    observe=shape_of,
    tip=Argument("1/4", v.probability, ("tip", "probability")),
    miscount=Argument("1/4", v.probability, ("miscount", "probability")),
)
entry(
    "zoo.glyphs",
    zoo.glyphs,
    150,
    observe=shape_of,
    pictures=Argument({"corner": pg.images.Image([[1, 0], [0, 0]])}, v.optional(v.anything("None")), ("picture",)),
    flip=Argument("1/4", v.probability, ("flip", "probability")),
)

# ---------------------------------------------------------------- plot and explore
AX = Argument(None, v.anything("None"), ("ax", "axes"))
DIMS = Argument((0, 1), declared.dims)
entry(
    "plot.animation",
    plot.animation,
    40,
    observe=lambda a: plt.close("all"),
    training=Argument(TRAINING, declared.value_of_the_library),
    graph=graph(),
    spectrum=spectrum(),
    labels=Argument([0, 0, 1, 1], v.optional(partial(v.labels, keys=CLOUD.views)), ("labels", "label")),
    dims=DIMS,
    frames=count(2),
)
entry(
    "plot.before_and_after",
    plot.before_and_after,
    40,
    observe=drawn,
    graph=graph(),
    axes=Argument(None, v.anything("None"), ("axes",)),
    annotate=Argument(True, v.optional(v.flag)),
)
entry(
    "plot.embedding",
    plot.embedding,
    120,
    observe=drawn,
    graph=graph(),
    f=f(),
    labels=Argument([0, 0, 1, 1], v.optional(partial(v.labels, keys=CLOUD.views)), ("labels", "label")),
    dims=Argument((0, 1), v.optional(declared.dims)),
    names=Argument(False, v.flag),
    ax=AX,
)
entry(
    "plot.graph",
    plot.graph,
    80,
    observe=drawn,
    graph=graph(),
    labels=Argument([0, 0, 1, 1], v.optional(partial(v.labels, keys=CLOUD.views)), ("labels", "label")),
    names=Argument(False, v.flag),
    ax=AX,
    rng=Argument(0, v.seed),
)
entry("plot.flow", plot.flow, 40, observe=drawn, flow=Argument(FLOW, declared.value_of_the_library), ax=AX)
entry("plot.match", plot.match, 40, observe=drawn, match=Argument(MATCH, declared.value_of_the_library), ax=AX)
entry(
    "plot.matrix",
    plot.matrix,
    80,
    observe=drawn,
    graph=graph(),
    which=choice("w"),
    ax=AX,
    annotate=Argument(True, v.optional(v.flag)),
    colorbar=Argument(False, v.optional(v.flag)),
)
entry(
    "plot.spectrum", plot.spectrum, 40, observe=drawn, spectrum=Argument(SPECTRUM, declared.value_of_the_library), ax=AX
)
CONTEST = selftraining.which_wins(CUBE, [0, 0, 1, 1], 2, weight=[0.5, 1])
PHASES = selftraining.phase_diagram(zoo.hypercube, [1, 2], [0.25], teacher=lambda cube: cube.view_labels)
entry("Contest.to_dict", CONTEST.to_dict, 1)
entry("PhaseDiagram.to_dict", PHASES.to_dict, 1)
entry("PhaseDiagram.to_dicts", PHASES.to_dicts, 1)
entry(
    "plot.contest",
    plot.contest,
    60,
    observe=drawn,
    contest=Argument(CONTEST, declared.value_of_the_library),
    ax=AX,
)
entry(
    "plot.phase_diagram",
    plot.phase_diagram,
    60,
    observe=drawn,
    diagram=Argument(PHASES, declared.value_of_the_library),
    ax=AX,
)
entry(
    "plot.spectrum_path",
    plot.spectrum_path,
    60,
    observe=drawn,
    make_graph=Argument(zoo.lightning_cloud, v.callables),
    values=Argument([0.25, 0.5], declared.values_of_a_parameter, ("values", "value", "probability")),
    k=Argument(2, v.optional(v.whole)),
    most=count(12),
    ax=AX,
)
entry(
    "plot.training",
    plot.training,
    60,
    observe=drawn,
    training=Argument(TRAINING, declared.value_of_the_library),
    spectrum=spectrum(),
    ax=AX,
)
entry(
    "explore",
    lambda make_graph, k, rng, probability: pg.explore(make_graph, k=k, rng=rng, probability=probability),
    20,
    observe=lambda e: (plt.close("all"), repr(getattr(e, "graph", None))),
    make_graph=Argument(zoo.lightning_cloud, v.callables, ("make_graph", "parameters")),
    k=Argument((1, 3), declared.ends),
    rng=Argument(0, v.seed),
    probability=Argument((0.0, 1.0), v.anything("a list of lists"), ("probability",)),
)
entry(
    "play",
    pg.play,
    60,
    observe=lambda table: (plt.close("all"), repr(getattr(table, "game", None))),
    graph=graph(),
    f=Argument(F, v.optional(partial(v.embedding, views=CLOUD.views)), ("f",)),
    k=optional_k(),
    rng=rng(),
)
