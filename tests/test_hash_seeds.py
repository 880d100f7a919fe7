"""The same answers in every process: under any seed of Python's hashes, and with every optional library absent or present.

One script declares, builds, decomposes, trains, probes, saves, draws and checks theory, and prints what it found; the whole text is
compared. A set that is iterated anywhere on the way would show in the order of views, classes, columns or lines.
"""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path

import layers
import pytest

ROOT = Path(__file__).parent.parent
OPTIONAL = (
    "pandas", "polars", "pyarrow", "narwhals", "xarray", "torch", "dask", "distributed", "flint", "hypothesis", "sympy", "sklearn",
    "tqdm", "IPython", "ipywidgets", "dit", "mpmath", "psutil",
)  # fmt: skip
STORY = '''
import sys
import tempfile
from pathlib import Path

ABSENT = set(sys.argv[1].split(",")) - {""}

class Without:
    """Find what a finder of modules finds, but not these libraries, as where they are not installed."""
    def __init__(self, finder):
        self.finder = finder
    def __getattr__(self, name):
        return getattr(self.finder, name)
    def find_spec(self, name, path=None, target=None):
        return None if name.partition(".")[0] in ABSENT else self.finder.find_spec(name, path, target)

sys.meta_path[:] = [Without(finder) for finder in sys.meta_path]

import matplotlib
matplotlib.use("Agg")
import numpy as np
import popgraph as pg
from popgraph import plot, selftraining, structure, theory, zoo

def show(what, *values):
    print(what, *(value.tolist() if hasattr(value, "tolist") else value for value in values))

# declare: words, whose hashes change with the seed, in mappings, tables, samples and frozensets
law = pg.Distribution.from_samples(["cat", "dog", "owl", "eel", "cat", "elk"])
show("samples", law)
step = pg.choose({pg.identity(): "1/2", pg.apply(str.upper): "1/4", pg.apply(lambda word: word[::-1]): "1/4"})
show("rows", *(dict(step(word)) for word in law))
words = ["cat", "dog", "owl", "eel", "elk"]
table = {word: {word: "1/2", other: "1/2"} for word, other in zip(words, words[1:] + words[:1])}
classes = {"cat": "fur", "dog": "fur", "elk": "fur", "owl": "wings", "eel": "fins"}
graph = pg.build(law, table, labels=classes)  # not uniform, so that no eigenvalue is repeated: flint adds a word on ties
other = pg.build({frozenset(word): 0.2 for word in words}, pg.identity())
show("graph", graph, list(graph.views), graph.w, graph.labels, graph.view_labels, other.w_x, [sorted(view) for view in other.views])
show("zoo", zoo.masked_tokens(), list(zoo.masked_tokens().views)[:9], zoo.colour_shape().views)
show("edges", list(zoo.edges({("a", "b"): 1, ("b", "c"): 2, ("x", "y"): 1}, normalize=True).views))

# decompose, train, verify, probe
spectrum = graph.spectrum(3)
show("spectrum", spectrum, spectrum.gamma, spectrum.embedding, spectrum.multiplicities)
training = pg.train(graph, 2, rng=0, steps=20)
show("training", training, training.f)
show("batches", pg.train(graph, 2, rng=0, steps=20, batch_size=8).f)
match = pg.verify(graph, spectrum.leading(2))
show("match", match, pg.verify(graph, {view: [1.0, len(view)] for view in graph.views}))
show("sampled", pg.verify_sampled(graph, spectrum.leading(2), pairs=500, rng=0))
show("probe", pg.probe(graph, training))
show("exact probe", pg.probe(graph, spectrum.leading(2), head="exact"))
show("range", pg.probe_range(graph, 2, samples=5, rng=0))
show("clusters", pg.spectral_clusters(graph, 3, rng=0))
show("partition", pg.sparsest_partition(graph, 2))
show("compare", pg.compare(graph, pg.build(words, table), 2))
show("draws", graph.sample_pairs(5, rng=0), law.sample(9, rng=0))
show("teacher", selftraining.propagate(graph, {"cat": "fur", "owl": "wings"}, a=0.5))
show("student", selftraining.self_train(graph, ["fur", "fur", "wings", "fins", "fur"]))
show("critic", pg.train_critic(graph, pg.losses.infonce, steps=5))

# structure
pair = pg.product([graph, zoo.ring(3)])
show("product", pair, pair.spectrum(4), pair.spectrum(4).members(4), pair.sample_views(3, rng=0))
mixed = structure.mixture({"day": 0.5, "night": 0.5}, {"day": [graph], "night": [graph]})
show("mixture", mixed, list(mixed.views), mixed.spectrum(2).gamma)

# theory, explanations, pictures' data, files
show("theory", theory.check(graph))
show("explain", graph.explain(words[0], words[1]))
show("networkx", list(graph.to_networkx().edges(data=True)))
show("picture", [type(artist).__name__ for artist in plot.graph(graph).get_children()])
show("points", [collection.get_offsets() for collection in plot.embedding(graph, training).collections])
show("matrix", [[label.get_text() for label in plot.matrix(graph).get_xticklabels()]])
with tempfile.TemporaryDirectory() as folder:
    path = pg.save(graph, Path(folder) / "graph.popgraph")
    show("file", path.stat().st_size, pg.load(path), list(pg.load(path).views))

# refusals list what is missing or unknown, in an order
for call in (
    lambda: pg.build(words, {word: table[word] for word in words[:2]}),
    lambda: pg.build(words, table, labels={"cat": 0, "ox": 1, "ass": 1, "hen": 2}),
    lambda: pg.verify(graph, {"cat": [1.0], "ox": [1.0], "hen": [0.5]}),
    lambda: pg.build({"cat", "dog"}, pg.identity()),
    lambda: pg.build({frozenset(word): 0.2 for word in words[1:]}, pg.identity()),
    lambda: theory.check(graph, only="no such statement"),
):
    try:
        call()
    except pg.errors.PopgraphError as error:
        show("refused", error)
'''


def told(seed, absent=()):
    """What the script prints in a process of its own."""
    environment = os.environ | {
        "PYTHONHASHSEED": str(seed),
        "PYTHONPATH": str(ROOT),
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
    }
    done = subprocess.run(
        [sys.executable, "-c", STORY, ",".join(absent)], capture_output=True, text=True, env=environment, timeout=300
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def first_difference(texts):
    """The lines in which texts differ first."""
    return next(
        (lines for lines in zip(*(text.splitlines() for text in texts), strict=False) if len(set(lines)) > 1), None
    )


def told_under(seeds):
    """What the script prints under several seeds, two processes at a time."""
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(told, seeds))


@pytest.fixture(scope="module")
def plain():
    return told(0)


@pytest.mark.slow
def test_answers_are_the_same_under_other_seeds_of_the_hashes(plain):
    seeds = range(1, 20) if layers.EVERYTHING else (1, 2, 3)
    assert first_difference([plain, *told_under(seeds)]) is None
    assert len(plain) > 10_000


def test_answers_are_the_same_without_any_optional_library(plain):
    assert first_difference([plain, told(0, OPTIONAL)]) is None


@pytest.mark.slow
@pytest.mark.parametrize("name", OPTIONAL)
def test_answers_are_the_same_without_one_optional_library(name, plain):
    if find_spec(name) is None:
        pytest.skip(f"{name} is not installed, so its absence is what runs anyway")
    assert first_difference([plain, told(0, [name])]) is None


def test_a_message_writes_a_set_in_an_order_of_its_own():
    from popgraph.basics.words import shorten

    assert shorten({"b", "a", "c"}) == "{'a', 'b', 'c'}"
    assert shorten((frozenset("ba"), 1)) == "(frozenset({'a', 'b'}), 1)"
    assert [shorten(value) for value in (set(), frozenset(), ({1},), {2**70})] == [
        "set()", "frozenset()", "({1},)", "{1180591620717411303424}"
    ]  # fmt: skip


def test_a_set_that_is_iterated_is_noticed(monkeypatch):
    monkeypatch.setitem(globals(), "STORY", "print(list({'cat', 'dog', 'owl', 'eel', 'elk', 'ox', 'ass'}))")
    assert first_difference(told_under(range(4))) is not None


def test_a_library_that_is_needed_is_noticed(monkeypatch):
    needs = STORY.partition("import matplotlib")[0] + "import numpy"
    monkeypatch.setitem(globals(), "STORY", needs)
    with pytest.raises(AssertionError, match="No module named 'numpy'"):
        told(0, ["numpy"])
