"""Entries that nobody writes by hand: the methods of every kind of population, and of what public calls return.

The kind of an argument goes by its name, in `BY_NAME`; where a name means something else to one receiver, that receiver says so.
A public class or method that is nowhere here, and a parameter that no entry spoils, fail `test_fuzz.py`.
"""

import copy
import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from functools import cache, cached_property, partial
from importlib.util import find_spec
from itertools import islice
from typing import Any, NamedTuple, Protocol

import numpy as np
import torch
from clusters import client

import popgraph as pg
import popgraph.torch as pg_torch
from fuzz import given_pairs as given_pairs
from fuzz import kinds_of_declarations as declared
from fuzz import registry, two_kinds
from fuzz import values as v
from fuzz.registry import ENTRIES, Argument, angle, choice, count, entry, f, flag, k, optional_k, real, rng
from fuzz.spoilers import bad, either, odd, same
from popgraph import structure
from popgraph.populations.structure import LowDegree

__all__ = ["ENTRIES"]

SMALL = pg.zoo.hypercube(1)
PAIR = pg.product([SMALL, pg.zoo.ring(3)])
LOW = LowDegree.of(PAIR, [([1, 0], {}), ([0, 1], {0: [1, -1]})])
MIXED = structure.mixture({"a": 0.5, "b": 0.5}, {"a": [SMALL] * 2, "b": [pg.zoo.hypercube(1, 0.375)] * 2})
TURNED = pg.zoo.ring(4).with_symmetry(lambda x: (x + 1) % 4)
GIVEN = pg.from_pairs([("a", "b"), ("b", "a"), ("b", "c"), ("c", "b")])
ROWS = np.array([[0, 0], [1, 2]])
F = registry.F


def positions(*words: str) -> Argument:
    """Views of a product, as rows of positions or as tuples of outcomes."""
    return Argument(ROWS, _positions, ("views", "view", "position", *words))


def _positions(plain: Any) -> list[v.Spoiler]:
    outcomes = PAIR.outcomes(plain)
    return [
        same("int8", lambda: plain.astype(np.int8)),
        same("uint8", lambda: plain.astype(np.uint8)),
        same("big-endian", lambda: plain.astype(">i8")),
        same("Fortran order", lambda: np.asfortranarray(plain)),
        same("outcomes", lambda: list(outcomes)),
        same("tuple of outcomes", lambda: tuple(outcomes)),
        either("generator of outcomes", lambda: (view for view in outcomes)),
        either("list of lists of positions", lambda: plain.tolist()),
        either("list of tuples of positions", lambda: [tuple(row) for row in plain.tolist()]),
        either("tensor", lambda: torch.tensor(plain)),
        bad("a position too large", lambda: plain + 3),
        bad("a negative position", lambda: plain - 1),
        bad("floats", lambda: plain.astype(float)),
        odd("bools", lambda: np.zeros((2, 2), dtype=bool)),
        bad("lengths of time", lambda: plain.astype("m8[ns]")),
        bad("dates", lambda: plain.astype("M8[ns]")),
        bad("masked", lambda: np.ma.masked_array(plain, mask=[[True, False], [False, False]])),
        bad("one view", lambda: plain[0]),
        bad("a column too few", lambda: plain[:, :1]),
        bad("a set", lambda: set(outcomes)),
        bad("unhashable outcomes", lambda: [([], 0)]),
        *v.strange(
            "an empty list",
            "an empty tuple",
            "empty 2-d array",
            "a generator",
            "a set",
            "empty array",
            "an empty dict",
            "dates",
            "an empty word",
            "an empty tensor",
            "an empty Series",
        ),
    ]


def _function(plain: Any) -> list[v.Spoiler]:
    """f on a product."""
    return [
        odd("a callable", lambda: lambda x: np.ones((len(x), 2))),
        bad("a table", lambda: np.ones((6, 2))),
        bad("of another product", lambda: pg.product([SMALL]).features(1)),
        bad("a callable that raises", lambda: v.raises),
        bad("a callable that returns None", lambda: lambda x: None),
        bad("a callable that returns words", lambda: lambda x: np.full((len(x), 2), "a")),
        bad("a callable that returns NaN", lambda: lambda x: np.full((len(x), 2), np.nan)),
        bad("a callable that returns a row too few", lambda: lambda x: np.ones((len(x) + 1, 2))),
        bad("its class", lambda: type(plain)),
        *v.strange("a lambda"),
        bad("a lambda that returns nothing", lambda: lambda *a, **b: None),
    ]


def _known_function(plain: Any) -> list[v.Spoiler]:
    """f on a product, where a callable is answered without being called: nothing is known of it."""
    return [
        each._replace(verdict="odd") if "callable" in each.label or "lambda" in each.label else each
        for each in _function(plain)
    ]


def _terms(plain: Any) -> list[v.Spoiler]:
    return [
        same("tuple", lambda: tuple(plain)),
        same("generator", lambda: (term for term in plain)),
        same("arrays", lambda: [(np.array(weight), parts) for weight, parts in plain]),
        same("tensors", lambda: [(torch.tensor(weight), parts) for weight, parts in plain]),
        bad("a NaN", lambda: [([np.nan, 0], {})]),
        bad("words", lambda: [("ab", {})]),
        bad("no coordinate", lambda: [([1, 0], {9: [1, -1]})]),
        bad("a length of time for a coordinate", lambda: [([1, 0], {np.timedelta64(0, "ns"): [1, -1]})]),
        bad("a bool for a coordinate", lambda: [([1, 0], {False: [1, -1]})]),
        bad("too short a function", lambda: [([1, 0], {0: [1]})]),
        bad("a function of words", lambda: [([1, 0], {0: "ab"})]),
        bad("a function of dates", lambda: [([1, 0], {0: np.zeros(2, dtype="M8[D]")})]),
        bad("a function that raises", lambda: [([1, 0], {0: v.raises})]),
        bad("weights of two lengths", lambda: [([1, 0], {}), (1, {})]),
        bad("a weight that is masked", lambda: [(np.ma.masked, {})]),
        bad("bare numbers", lambda: [1, 2]),
        bad("triples", lambda: [(1, {}, 3)]),
        *v.strange(),
    ]


def _value(plain: Any) -> list[v.Spoiler]:
    return [bad("another value", lambda: SMALL), bad("its class", lambda: type(plain)), *v.strange()]


def _product(plain: Any) -> list[v.Spoiler]:
    return [bad("a factor", lambda: SMALL), bad("its class", lambda: type(plain)), *v.strange()]


BY_NAME = {
    "k": k(1),
    "size": count(3, 0),
    "count": count(2, 0),
    "degree": count(1, 0),
    "rng": rng(),
    "atol": angle(),
    "confidence": real(0.75),
    "pairs": count(100, 100),
    "longest": Argument(1024.0, v.optional(v.real), ("longest",)),
    "progress": Argument(False, v.optional(declared.progress)),
    "solver": Argument("dense", v.optional(v.choice), ("solver",)),
    "views": positions(),
    "positions": positions(),
    "name": Argument("toy", v.word),
    "view_labels": registry.view_labels(),
    "X": registry.columns(),
}


class Receiver(NamedTuple):
    """A value whose methods are called, and its own arguments."""

    value: Any
    own: dict[str, Argument]
    observe: Any = None


def summary(answer: Any) -> Any:
    """Look at a graph by its arrays."""
    return [answer.w_x, list(answer.views)] if hasattr(answer, "w_x") and hasattr(answer, "views") else answer


ON_PRODUCT = Argument(LOW, _function, ("f", "second", "batch", "column"))
RECEIVERS = {
    "ProductGraph": Receiver(
        PAIR,
        {
            "f": Argument(LOW, _known_function, ON_PRODUCT.words),
            "in_coordinates.k": optional_k(),
            "restricted_to.features": Argument(PAIR.features(1), _value, ("features",)),
            "spectrum": Argument(PAIR.spectrum(2), v.optional(_value), ("spectrum",)),
        },
    ),
    "ProductSpectrum": Receiver(PAIR.spectrum(3), {}),
    "ProductTraining": Receiver(pg.train(PAIR, 2, features=PAIR.features(1), rng=0, steps=3), {}),
    "LowDegree": Receiver(
        LOW,
        {
            "product": Argument(PAIR, _product, ("product",)),
            "terms": Argument([([1, 0], {}), ([0, 1], {0: [1, -1]})], _terms, ("term", "weight")),
            "other": Argument(LOW, _value, ("other",)),
        },
    ),
    "MixtureGraph": Receiver(MIXED, {}, summary),
    "Optimum": Receiver(pg.theory.optimum(PAIR.expand(), 2, weight_decay=0.3, head="linear"), {}),
    "SymmetricPopulationGraph": Receiver(
        TURNED,
        {
            "generators": Argument(lambda x: x, v.anything("a type"), ("generator", "generators")),  # int moves no int
            "view": Argument(0, v.anything("an int"), ("view",)),
            "x": Argument(0, v.anything("an int"), ("view",)),
            "x_plus": Argument(1, v.anything("an int"), ("view",)),
            "form": choice("csr"),
            "features": Argument(None, v.anything("None"), ("features", "solver")),  # which do not go together
            "noise": registry.NOISE._replace(plain=[0.25] * 4),
            "known": Argument({0: "even", 1: "odd"}, declared.known, ("known", "label", "natural")),
            "weight": Argument("1/4", v.probability, ("weight", "known", "probability")),
            "class_weights": Argument(
                {"even": 0.5, "odd": 0.5}, v.anything("None"), ("class_weights", "class", "weights")
            ),
        },
        summary,
    ),
    "BipartiteGraph": Receiver(
        two_kinds.CAPTIONS,
        {
            "x": Argument(two_kinds.CAPTIONS.views_x[0], v.anything(), ("view",)),
            "z": Argument(two_kinds.CAPTIONS.views_z[0], v.anything("a word"), ("view",)),
            "index_x.view": Argument(two_kinds.CAPTIONS.views_x[0], v.anything(), ("view",)),
            "index_z.view": Argument(two_kinds.CAPTIONS.views_z[0], v.anything("a word"), ("view",)),
            "form": choice("csr"),
        },
        lambda answer: answer.w if isinstance(answer, pg.BipartiteGraph) else answer,
    ),
    "SingularSpectrum": Receiver(two_kinds.CAPTIONS.spectrum(2), {}),
    "PairGraph": Receiver(
        GIVEN,
        {
            "view": Argument("a", v.anything("a word"), ("view",)),
            "x": Argument("a", v.anything("a word"), ("view",)),
            "x_plus": Argument("b", v.anything("a word"), ("view",)),
            "form": choice("csr"),
            "noise": registry.NOISE._replace(plain=[0.25, 0.5, 0.25]),
            "X": registry.columns()._replace(plain=np.eye(3)[:, :2]),
            "features": Argument(None, v.anything("None"), ("features", "solver")),
        },
        summary,
    ),
    "SignedSpectrum": Receiver(GIVEN.spectrum(3), {}),
    "NoiseGraph": Receiver(registry.CLOUD.with_noise(0.75), {}, summary),
    "Clustering": Receiver(pg.spectral_clusters(registry.CLOUD, 2, rng=0), {}),
}

# Public classes of inner rooms, which no public call returns; the user meets none of them.
INTERNAL = {
    "downstream.selftraining.cuts.Cut",
    "downstream.selftraining.journal.Journal",
    "downstream.selftraining.weights.Costs",
    "downstream.selftraining.weights.Line",
    "theory.candidates.Candidate",
    "theory.candidates.Shape",
    "theory.encoders.Encoders",
    "theory.inductive_bias.FunctionClass",
    "theory.inside_classes.Classes",
    "theory.quantities.EnclosedQuantities",
    "theory.quantities.Quantities",
    "training.flows.frames.Frames",
    "training.flows.rules.Rule",
    "training.flows.rules.State",
    "basics.arguments.populations.CheckedPopulation",
    "basics.rows.ScaledRows",
    "basics.rows.TallQR",
    "dask.actions.Columns",
    "dask.actions.GaussianColumns",
    "dask.actions.Known",
    "dask.actions.VectorsOnWorker",
    "dask.cluster.Cluster",
    "dask.factor.HeldFactor",
    "dask.factor.MappedFactor",
    "dask.panels.Eigenvectors",
    "dask.panels.Panels",
    "dask.products.Products",
    "dask.search.Search",
    "dask.uniting.ComponentUnion",
    "dask.workplace.Workplace",
    "declare.batch.branches.Branches",
    "declare.batch.states.BitCoding",
    "declare.batch.states.Coding",
    "declare.batch.states.ImageCoding",
    "declare.batch.states.LazySequence",
    "declare.batch.states.LetterCoding",
    "declare.batch.states.NumberCoding",
    "declare.batch.states.StateSequence",
    "declare.enumerated.ExactKernel",
    "downstream.probing.exact.Node",
    "downstream.probing.task.Task",
    "downstream.selftraining.cuts.Network",
    "downstream.selftraining.teacher.Teacher",
    "io.values.Reader",
    "io.values.Writer",
    "losses.Loss",
    "losses.critics.CriticLoss",
    "losses.moments.MomentLoss",
    "losses.moments.PlugInLoss",
    "losses.ready.ReadyLoss",
    "losses.spectral_family.UnbiasedSpectral",
    "losses.two_encoders.PairLoss",
    "plot.explorer.Explorer",
    "plot.explorer_controls.Parameter",
    "plot.explorer_controls.PlainControl",
    "plot.guessing.Guessing",
    "plot.placing.Placer",
    "plot.playing.Play",
    "populations.pairs.law.PairLaw",
    "populations.class_coordinates.ClassCoordinates",
    "populations.exact.algebraic.Eigenvalue",  # its methods print
    "populations.factored_views.FactoredViews",
    "populations.fourier.FourierBlocks",
    "populations.listed_views.ListedViews",
    "populations.sampling.PairSampler",
    "populations.structure.coordinates.EigenfunctionCoordinates",
    "populations.structure.factors.Factors",
    "populations.structure.summed.SummedProducts",
    "populations.structure.tuples.ClassedTuples",
    "populations.structure.tuples.Tuples",
    "spectrum.assemble.Solution",
    "spectrum.certificate.Remainder",
    "spectrum.component_solutions.ComponentSolutions",
    "spectrum.components.Components",
    "spectrum.components.Stack",
    "spectrum.product.levels.Levels",
    "spectrum.product.levels.Product",
    "spectrum.product.separable.Separable",
    "spectrum.solvers.beside.Complement",
    "spectrum.solvers.block.Columns",
    "spectrum.solvers.chebyshev.Filter",
    "spectrum.solvers.deflation.Deflated",
    "spectrum.solvers.gram.Gram",
    "spectrum.solvers.gram.OperatorProduct",
    "spectrum.solvers.gram.Product",
    "spectrum.solvers.inertia.ShiftedFactor",
    "spectrum.solvers.iterative.Search",
    "spectrum.solvers.lanczos.Lanczos",
    "spectrum.solvers.restarted.RestartedLanczos",
    "theory.setting.Setting",
    "torch.pairs.EncodedViews",
    "torch.running.Run",
    "torch.two_encoders.Networks",
    "training.batches.Adam",
    "training.batches.Batches",
    "training.conjugate.ConjugateGradients",
    "training.conjugate.NewtonSteps",
    "training.learning.Descent",
    "training.heads.HeadObjective",
    "training.nonnegative.NonnegativeObjective",
    "training.objective.Objective",
    "training.quartic.QuarticState",
    "training.saddles.Outside",
    "training.pair_objective.PairObjective",
    "training.penalties.Decayed",
    "training.penalties.GivenPenalties",
    "training.pair_objective.PairsAsOnePopulation",
    "training.stacked.StackedPair",
    "verification.critic.CriticEvidence",
    "verification.moments.PairMoments",
    "verification.rare_views.Lengths",
    "verification.sampled_verdicts.DrawnViews",
    "verification.sampled_verdicts.GammaBounds",
    "verification.spans.AskedSpan",
    "verification.two_encoders.Side",
    "verification.under_decay.UnderDecay",
    "verification.two_encoders.SideSpectrum",
    "losses.noise_batches.DrawsNegatives",
    "basics.arguments.noise.Noise",
    "basics.products.Team",
    "populations.exact.pairs.ExactPairGraph",  # the methods are those of ExactGraph
    "populations.exact.pairs.ExactPairs",
    "populations.pairs.exact_weights.ExactWeights",
    "spectrum.signed.LazyWalk",
}


def methods(cls: type) -> list[str]:
    """Return the public methods that a class has of its own or from the package."""
    return [
        name
        for name, function in inspect.getmembers(cls)
        if not name.startswith("_")
        and inspect.isroutine(function)
        and not isinstance(function, cached_property)
        and (getattr(function, "__module__", None) or "").startswith("popgraph")
    ]


def public_classes() -> Iterator[tuple[str, type]]:
    """Yield every public class of the package that has public methods, by the name of its room."""
    for room in pkgutil.walk_packages(pg.__path__, "popgraph."):
        if find_spec("distributed") is None and room.name.startswith("popgraph.dask"):
            continue
        module = importlib.import_module(room.name)
        for name, cls in vars(module).items():
            own = inspect.isclass(cls) and cls.__module__ == room.name and not name.startswith("_")
            if own and Protocol not in cls.__bases__ and not issubclass(cls, BaseException) and methods(cls):
                yield f"{room.name.removeprefix('popgraph.')}.{name}", cls


def unfuzzed_classes() -> set[str]:
    """Return the public classes whose methods nobody calls."""
    known = {*registry.METHODS_OF, *RECEIVERS}
    return {name for name, cls in public_classes() if cls.__name__ not in known} - INTERNAL


def derive() -> set[str]:
    """Add an entry for each method that has none yet; return the parameters that no table knows."""
    unknown = set()
    for name, receiver in RECEIVERS.items():
        for method in methods(type(receiver.value)):
            if f"{name}.{method}" in ENTRIES:
                continue
            call, arguments = getattr(receiver.value, method), {}
            for parameter in inspect.signature(call).parameters:
                argument = receiver.own.get(
                    f"{method}.{parameter}", receiver.own.get(parameter, BY_NAME.get(parameter))
                )
                if argument is None:
                    unknown.add(f"{name}.{method}({parameter})")
                else:
                    arguments[parameter] = argument
            entry(
                f"{name}.{method}",
                call,
                80 if arguments else 1,
                observe=receiver.observe or (lambda value: value),
                **arguments,
            )
    return unknown


# ---------------------------------------------------------------- public functions on every kind of population
entry(
    "train on a product",
    partial(pg.train, PAIR),
    k=k(2),
    features=Argument(PAIR.features(1), _value, ("features",)),
    loss=Argument(pg.losses.spectral, declared.loss),
    rng=rng(),
    steps=Argument(3, v.optional(v.at_least)),
    tol=real(1e-6),
)
entry("verify on a product", partial(pg.verify, PAIR), f=ON_PRODUCT, k=optional_k(), atol=angle())
entry(
    "verify_sampled on a product",
    partial(pg.verify_sampled, PAIR),
    f=ON_PRODUCT,
    k=optional_k(),
    pairs=count(100, 100),
    rng=rng(),
)
entry("verify on a mixture", partial(pg.verify, MIXED), f=f(F, MIXED.views), k=optional_k(), atol=angle())
entry(
    "train on a mixture",
    partial(pg.train, MIXED),
    k=k(2),
    loss=registry.loss(),
    rng=rng(),
    steps=Argument(3, v.optional(v.at_least)),
    tol=real(1e-6),
    start=Argument(F, v.optional(f(F, MIXED.views).kind), ("start", "f")),
)
# ---------------------------------------------------------------- torch
torch.manual_seed(0)


def network(out: int = 2) -> Any:
    """Return an encoder of the pictures of the cloud."""
    return torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(81, out))


NETWORK = network()
MODULE = Argument(
    NETWORK,
    lambda plain: [
        bad("its class", lambda: type(plain)),
        bad("of another width", lambda: torch.nn.Linear(3, 2)),
        *v.strange(),
    ],
    ("module", "network", "encoder", "view"),
)
HEAD = Argument(None, lambda plain: [bad("its class", lambda: torch.nn.Linear), *v.strange("None")], ("head",))
ENCODE = Argument(
    lambda view: np.asarray(view.pixels, dtype=np.float32),
    lambda plain: [
        odd("None", lambda: None),
        bad("raises", lambda: v.raises),
        bad("words", lambda: lambda view: "x"),
        bad("sets", lambda: lambda view: {1, 2}),
        bad("ragged", lambda: lambda view: [[1], [1, 2]]),
        *(each for each in v.strange("a lambda", "a type", "None")),
    ],
    ("encode", "view"),
)


def trained(module: Any, **arguments: Any) -> Any:
    """Train a copy of the network, so that every call starts from the same weights."""
    return pg_torch.fit(copy.deepcopy(module) if module is NETWORK else module, **arguments).f.shape


def _paths(plain: Any) -> list[v.Spoiler]:
    """No checkpoint, or a path."""
    made = (
        "no folder",
        "a surrogate",
        "None",
        "below a file",
    )  # the folders are made, when there is something to write
    return [each for each in declared.path(registry.SAVED) if each.verdict == "bad" and each.label not in made]


entry(
    "torch.fit",
    trained,
    200,
    module=MODULE,
    graph=registry.graph(),
    head=HEAD,
    loss=registry.loss(),
    encode=ENCODE,
    batch_size=Argument(4, v.optional(partial(v.at_least, least=2))),
    steps=count(2),
    learning_rate=real(0.25),
    weight_decay=Argument(0.25, v.real),
    evaluate_every=Argument(1, v.optional(v.at_least)),
    checkpoint=Argument(None, _paths, ("checkpoint",)),
    rng=rng(),
    device=Argument("cpu", v.optional(v.choice), ("device",)),
    progress=Argument(False, v.optional(declared.progress)),
)
entry(
    "torch.verify",
    lambda **a: pg_torch.verify(**a).rank_tolerance,
    150,
    graph=registry.graph(),
    module=MODULE,
    k=optional_k(1),
    head=HEAD,
    encode=ENCODE,
    atol=angle(),
    rank_tolerance=real(0.25),
    spectrum=registry.spectrum(),
)
entry(
    "torch.PositivePairs",
    lambda **a: [[each.shape for each in batch] for batch in islice(pg_torch.PositivePairs(**a), 2)],
    150,
    graph=registry.graph(),
    batch_size=count(4),
    encode=ENCODE,
    batches=Argument(2, v.optional(v.at_least)),
    rng=rng(),
    device=choice("cpu"),
)


# ---------------------------------------------------------------- dask
@cache
def blocks() -> Any:
    """Return the cube in two blocks."""
    return pg.dask.build(registry.CUBE.naturals, _flips(), rows=2, client=client())


def _flips() -> Any:
    return pg.independently(pg.apply(lambda bit: 1 - bit, "1/4"))


def on_blocks(method: str) -> Any:
    """Return a call of a method of a graph in blocks, which is made when it is asked for."""
    return lambda **arguments: getattr(blocks(), method)(**arguments)


def in_blocks(maker: str) -> Any:
    """Return a call that makes a graph in blocks."""
    return lambda **arguments: getattr(pg.dask, maker)(client=client(), **arguments)


if find_spec("distributed") is not None:
    fine = ("no folder", "a surrogate", "None")  # a store is made, with the folders that it is in
    STORE = Argument(
        None,
        lambda plain: [
            each for each in declared.path(registry.SAVED) if each.verdict == "bad" and each.label not in fine
        ],
        ("store", "directory"),
    )
    MADE = {"name": Argument("toy", v.word), "progress": flag(), "store": STORE}
    CUBE_F = f(F, registry.CUBE.views)
    OF_TWO = Argument(["s", "t"], v.optional(partial(v.labels, keys=[0, 1])), ("labels", "label"))
    entry(
        "dask.build",
        in_blocks("build"),
        60,
        observe=summary,
        distribution=registry.P,
        augmentation=registry.A,
        views=Argument(["x", "y"], v.optional(declared.outcomes), ("view", "outcome")),
        labels=OF_TWO,
        rows=count(2),
        **MADE,
    )
    entry(
        "dask.from_blocks",
        in_blocks("from_blocks"),
        80,
        observe=summary,
        count=count(2),
        **MADE,
        labels=OF_TWO,
        source=Argument(lambda i: ([0.5], [[0.75, 0.25]]), v.callables, ("source", "block", "(p, A)")),
    )
    entry(
        "dask.from_files",
        in_blocks("from_files"),
        80,
        observe=summary,
        p=Argument(None, lambda plain: v.strange("None")),
        labels=OF_TWO,
        paths=Argument(
            [registry.MATRIX],
            lambda plain: [
                same("tuple", lambda: tuple(plain)),
                same("words", lambda: [str(p) for p in plain]),
                bad("a path", lambda: plain[0]),
                bad("no file", lambda: ["no/such"]),
                bad("numbers", lambda: [3]),
                *v.strange("a generator"),
            ],
            ("file", "paths"),
        ),
        **MADE,
    )
    entry(
        "train on a graph in blocks",
        lambda **arguments: pg.train(blocks(), **arguments),
        30,
        k=k(),
        rng=rng(),
        steps=count(3),
        tol=real(1e-6),
        loss=registry.loss(),
        start=Argument(F, v.optional(CUBE_F.kind), ("start", "f")),
        progress=BY_NAME["progress"],
    )
    entry(
        "verify on a graph in blocks",
        lambda **arguments: pg.verify(blocks(), **arguments),
        30,
        f=CUBE_F,
        k=optional_k(),
        atol=angle(),
        spectrum=Argument(registry.CUBE.spectrum(2), v.optional(_value), ("spectrum", "serve")),
        features=Argument(F, v.optional(partial(v.embedding, views=registry.CUBE.views)), ("features",)),
    )
    entry(
        "BlockGraph.spectrum",
        on_blocks("spectrum"),
        80,
        k=k(1),
        progress=flag(),
        solver=Argument("collected", v.optional(v.choice), ("solver",)),
    )
    entry("BlockGraph.collected", on_blocks("collected"), 1)
    entry("BlockGraph.expand", on_blocks("expand"), 1, observe=summary)
    entry("BlockGraph.gram", on_blocks("gram"), 60, X=registry.columns())
    for draw in ("sample_pairs", "sample_views"):
        entry(f"BlockGraph.{draw}", on_blocks(draw), 80, size=count(3, 0), rng=rng())
    registry.NOT_CALLED.update({"BlockGraph.close", "dask.BlockGraph"})
    registry.METHODS_OF["BlockGraph"] = pg.dask.BlockGraph
    registry.NAMESPACES["dask"] = pg.dask

registry.NOT_CALLED.update({"torch.Fit", "torch.PairFit", "torch.Report"})
registry.NAMESPACES["torch"] = pg_torch
UNKNOWN = derive()
for receiver_name, made in RECEIVERS.items():
    registry.METHODS_OF[receiver_name] = type(made.value)


# ---------------------------------------------------------------- is every parameter spoilt?
NOT_SPOILT = {
    "explore(parameters)": "each parameter of make_graph; `probability` stands for them",
    **{f"{name}(transposed)": "M.T, made once by whoever calls often; it is `factor` that is read" for name in ENTRIES},
    "dask.build(client)": "a client of dask; another value is refused by `Cluster`, which test_dask.py shows",
    "dask.from_blocks(client)": "as of dask.build",
    "dask.from_files(client)": "as of dask.build",
}


def unspoilt() -> set[str]:
    """Return the parameters of public functions and methods that no entry spoils."""
    spoilt: dict[str, set[str]] = {}
    for name, each in ENTRIES.items():
        spoilt.setdefault(name.partition(" ")[0].rstrip(","), set()).update(each.arguments)
    missing = set()
    for name in registry.public_names():
        if name in registry.NOT_CALLED | registry.INHERITED:
            continue
        for parameter in parameters(_found(name)):
            if parameter not in spoilt.get(name, set()):
                missing.add(f"{name}({parameter})")
    return missing - set(NOT_SPOILT)


def parameters(call: Any) -> list[str]:
    """Return the names of what a callable takes, without what a method is called on."""
    return [name for name in inspect.signature(call).parameters if name not in ("self", "cls")]


def _found(name: str) -> Any:
    """Return a public function, class or method by its name."""
    head, _, tail = name.partition(".")
    if head in registry.NAMESPACES:
        return getattr(registry.NAMESPACES[head], tail)
    return getattr(registry.METHODS_OF[head], tail) if tail else getattr(pg, head)
