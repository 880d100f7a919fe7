"""Files: what was saved comes back to the bit, a crash leaves the old one, and a hostile one gives one error and runs nothing."""

import json
import os
import zipfile
from datetime import date
from decimal import Decimal
from fractions import Fraction
from io import BytesIO

import numpy as np
import pytest
from cases import AWKWARD, ZOO
from hypothesis import given, settings
from hypothesis import strategies as st
from layers import examples

import popgraph as pg
from popgraph import zoo
from popgraph.errors import InvalidArgument, InvalidFile, TooLarge
from popgraph.io.outcomes import decode, encode

GRAPHS = {**ZOO, **AWKWARD}


def same_graph(a: pg.PopulationGraph, b: pg.PopulationGraph) -> None:
    assert a.naturals == b.naturals
    assert list(a.views) == list(b.views)
    for x, y in ((a.p, b.p), (a.w_x, b.w_x), (a.kernel.toarray(), b.kernel.toarray())):
        assert x.tobytes() == y.tobytes()
    assert a.name == b.name
    assert a.is_exact == b.is_exact
    if a.is_exact:
        assert a.population.distribution.fractions == b.population.distribution.fractions
        assert a.population.exact.denominators == b.population.exact.denominators
        assert list(a.population.exact.numerators) == list(b.population.exact.numerators)
    assert (a.labels is None) == (b.labels is None)
    if a.labels is not None:
        assert a.labels.dtype == b.labels.dtype
        assert a.labels.tolist() == b.labels.tolist()


@pytest.mark.parametrize("name", GRAPHS)
def test_a_graph_comes_back_to_the_bit(name, tmp_path):
    graph = GRAPHS[name]
    path = pg.save(graph, tmp_path / "graph")
    assert path == tmp_path / "graph"
    same_graph(graph, pg.load(path))


def same_record(a: object, b: object) -> None:
    assert type(a) is type(b)
    for name, x in vars(a).items():
        y = vars(b).get(name)
        if isinstance(x, np.ndarray):
            assert x.dtype == y.dtype
            assert x.tobytes() == y.tobytes()
            assert not y.flags.writeable
        elif name not in ("certificate", "solvers"):
            assert x == y or (x is None and y is None)


@pytest.mark.parametrize("name", ["lightning_cloud", "3-cube", "clusters"])
def test_spectra_and_trainings_come_back_to_the_bit(name, tmp_path):
    graph = ZOO[name]
    spectrum = graph.spectrum(2)
    again = pg.load(pg.save(spectrum, tmp_path / "spectrum"))
    same_record(spectrum, again)
    assert (again.certificate, again.solvers, again.gap) == (spectrum.certificate, spectrum.solvers, spectrum.gap)
    for options in ({}, {"keep_path": True}, {"batch_size": 4, "steps": 10}):
        training = pg.train(graph, 2, rng=0, **options)
        same_record(training, pg.load(pg.save(training, tmp_path / "training")))


def test_distributions_keep_their_fractions(tmp_path):
    law = pg.Distribution(
        {("a", 1, None, True, Fraction(1, 7), 0.1): "1/3", pg.images.Image([[1, 0], [0, 2.5]], "corner"): "2/3"}
    )
    again = pg.load(pg.save(law, tmp_path / "law"))
    assert again == law
    assert again.fractions == law.fractions
    assert again.outcomes[1].name == "corner"
    floats = pg.Distribution({"a": 0.1, "b": 0.9})
    assert pg.load(pg.save(floats, tmp_path / "floats")).probabilities.tolist() == [0.1, 0.9]


outcomes = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.fractions(),
    lambda inner: st.lists(inner, max_size=3).map(tuple),
    max_leaves=8,
)


@given(outcomes)
def test_an_outcome_comes_back_equal_and_of_its_type(outcome):
    again = decode(json.loads(json.dumps(encode(outcome, "it"))))
    assert again == outcome
    assert type(again) is type(outcome)
    assert hash(again) == hash(outcome)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (pg.Distribution.uniform([date(2020, 1, 1)]), "outcome 0 is datetime.date"),
        (pg.Distribution.uniform([frozenset("ab")]), "outcome 0 is frozenset"),
        (pg.build(["a"], lambda x: {1j: 1}), "view 0 is 1j, a complex, which a file does not hold"),
        (pg.build(["a"], pg.identity(), labels=[1j]), "label 0 is 1j"),
        (np.eye(2), "save takes a Distribution, PopulationGraph, .*, PairTraining; got"),
        (pg.product([zoo.hypercube(1)] * 2), r"got ProductGraph.*, a ProductGraph; save its .expand\(\)"),
        (
            pg.product([zoo.hypercube(1)] * 2).spectrum(2),
            r"a ProductSpectrum; pickle.dumps keeps it, or for an embedding or spectrum of a product, save what product.expand\(\)",
        ),
        (pg.verify(zoo.ring(4), zoo.ring(4).spectrum(1)), "a Match; pickle.dumps keeps it$"),
    ],
)
def test_what_a_file_does_not_hold_is_refused_by_name_and_nothing_is_written(value, message, tmp_path):
    with pytest.raises(InvalidArgument, match=message):
        pg.save(value, tmp_path / "file")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("fault", ["fsync", "replace"])
def test_a_crash_while_writing_leaves_the_old_file(fault, tmp_path, monkeypatch):
    path = pg.save(zoo.lightning_cloud(), tmp_path / "graph")
    old = path.read_bytes()

    def crash(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, fault, crash)
    with pytest.raises(KeyboardInterrupt):
        pg.save(zoo.hypercube(3), path)
    assert path.read_bytes() == old
    assert list(tmp_path.iterdir()) == [path]


def saved(value: object, tmp_path) -> bytes:
    return pg.save(value, tmp_path / "file").read_bytes()


@pytest.mark.parametrize("what", ["graph", "spectrum"])
def test_a_truncated_file_is_one_error(what, tmp_path):
    whole = saved(ZOO["lightning_cloud"] if what == "graph" else ZOO["lightning_cloud"].spectrum(2), tmp_path)
    for length in range(0, len(whole), 37):
        (tmp_path / "cut").write_bytes(whole[:length])
        with pytest.raises(InvalidFile):
            pg.load(tmp_path / "cut")


@settings(deadline=None, max_examples=examples(300))
@given(st.data())
def test_a_changed_byte_is_one_error_or_changes_nothing(tmp_path_factory, data):
    folder = tmp_path_factory.getbasetemp()
    graph = zoo.lightning_cloud()
    whole = bytearray(saved(graph, folder))
    at = data.draw(st.integers(0, len(whole) - 1))
    whole[at] ^= data.draw(st.integers(1, 255))
    (folder / "changed").write_bytes(whole)
    try:
        again = pg.load(folder / "changed")
    except InvalidFile:
        return
    same_graph(graph, again)


def test_every_changed_byte_of_the_directory_is_one_error_or_changes_nothing(tmp_path):
    """Some send zipfile to places before the file's beginning, where the system has an error of its own."""
    graph = zoo.lightning_cloud()
    whole = saved(graph, tmp_path)
    for at in range(whole.rindex(b"PK\x01\x02") - 200, len(whole)):
        for flip in (1, 128, 255):
            (tmp_path / "changed").write_bytes(whole[:at] + bytes([whole[at] ^ flip]) + whole[at + 1 :])
            try:
                again = pg.load(tmp_path / "changed")
            except InvalidFile:
                continue
            same_graph(graph, again)


def rewritten(tmp_path, value: object, change=None, arrays=None, extra=None):
    """The file of a value with its manifest and arrays changed, and valid check sums."""
    with zipfile.ZipFile(pg.save(value, tmp_path / "file")) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(content["popgraph.json"])
    if change is not None:
        manifest = change(manifest) or manifest
    content["popgraph.json"] = manifest if isinstance(manifest, bytes) else json.dumps(manifest).encode()
    for name, array in (arrays or {}).items():
        if not isinstance(array, bytes):
            file = BytesIO()
            np.save(file, array)
            array = file.getvalue()
        content[name] = array
    with zipfile.ZipFile(tmp_path / "changed", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, raw in {**content, **(extra or {})}.items():
            archive.writestr(name, raw)
    return tmp_path / "changed"


def header(shape: str, descr: str = "'<f8'") -> bytes:
    text = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode()


class Bomb:
    def __reduce__(self):
        return (os.system, ("touch popgraph-was-here",))


GRAPH = zoo.lightning_cloud()
EDITS = {
    "another format": {"change": lambda m: m.update(format="other")},
    "a later version": {"change": lambda m: m.update(version=2)},
    "another kind": {"change": lambda m: m.update(kind="Match")},
    "a kind that is no string": {"change": lambda m: m.update(kind=["Spectrum"])},
    "no value": {"change": lambda m: m.update(value=None)},
    "a list": {"change": lambda m: b"[1, 2]"},
    "no JSON": {"change": lambda m: b"{"},
    "deep JSON": {"change": lambda m: b"[" * 100_000},
    "no UTF-8": {"change": lambda m: b"\xff\xfe"},
    "probabilities above 1": {"change": lambda m: m["value"]["distribution"].update(exact=["1/2", "2/3"])},
    "a negative probability": {"change": lambda m: m["value"]["distribution"].update(exact=["3/2", "-1/2"])},
    "a probability 1/0": {"change": lambda m: m["value"]["distribution"].update(exact=["1/0", "1/2"])},
    "views twice": {"change": lambda m: m["value"].update(views=["a", "a", "b", "c"])},
    "a view too few": {"change": lambda m: m["value"].update(views=m["value"]["views"][:3])},
    "a view too many": {"change": lambda m: m["value"].update(views=[*m["value"]["views"], "x"])},
    "views without end": {"change": lambda m: m["value"].update(views=10**18)},
    "a label too few": {"change": lambda m: m["value"].update(labels=["a"])},
    "no array": {"change": lambda m: m["value"].update(data={"array": "missing"})},
    "a kernel row above 1": {"arrays": {"array_0.npy": np.array([0.9, 0.9, 0.5, 0.5])}},
    "a kernel that is not a number": {"arrays": {"array_0.npy": np.array([np.nan, 0.5, 0.5, 0.5])}},
    "another exact kernel": {"arrays": {"array_3.npy": np.array([1, 2, 2, 1])}},
    "columns out of range": {"arrays": {"array_1.npy": np.array([0, 1, 2, 9])}},
    "rows out of range": {"arrays": {"array_2.npy": np.array([0, 9, 4])}},
    "an array of another kind": {"arrays": {"array_0.npy": np.array([1, 2, 3, 4])}},
    "an array of another type": {"arrays": {"array_0.npy": np.array([1j])}},
    "an array of the shape of a planet": {"arrays": {"array_0.npy": header("(1000000000000,)")}},
    "an array of a pickle": {"arrays": {"array_0.npy": np.array([Bomb()], dtype=object)}},
    "a header that is code": {"arrays": {"array_0.npy": header("__import__('os').system('touch popgraph-was-here')")}},
    "a header that is no dict": {"arrays": {"array_0.npy": b"\x93NUMPY\x01\x00\x04\x00[1]\n"}},
    "no header": {"arrays": {"array_0.npy": b""}},
    "an entry that is no array": {"extra": {"../../evil.py": "print(1)"}},
}


@pytest.mark.parametrize("name", EDITS)
def test_an_edited_file_is_one_error_and_runs_nothing(name, tmp_path):
    path = rewritten(tmp_path, GRAPH, **EDITS[name])
    with pytest.raises(InvalidFile) as caught:
        pg.load(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not os.path.exists("popgraph-was-here")


@pytest.mark.parametrize(
    "change",
    [
        lambda m: m["value"].pop("gamma"),
        lambda m: m["value"].update(extra=1),
        lambda m: m["value"].update(gamma=m["value"]["w_x"]),
        lambda m: m["value"].update(side=[1]),
        lambda m: m["value"]["certificate"].pop("residual"),
        lambda m: m["value"].update(eigenvectors=None),
    ],
)
def test_an_edited_spectrum_is_one_error(change, tmp_path):
    def changed(manifest):
        change(manifest)

    with pytest.raises(InvalidFile):
        pg.load(rewritten(tmp_path, GRAPH.spectrum(2), change=changed))


def test_eigenvectors_that_are_none_are_noticed(tmp_path):
    spectrum = GRAPH.spectrum(2)
    names = json.loads(zipfile.ZipFile(pg.save(spectrum, tmp_path / "it")).read("popgraph.json"))["value"]
    path = rewritten(tmp_path, spectrum, arrays={f"{names['eigenvectors']['array']}.npy": np.full((4, 2), 0.5)})
    with pytest.raises(InvalidFile, match="the eigenvectors are not orthonormal"):
        pg.load(path)


def test_an_oversized_file_is_refused_before_it_is_read(tmp_path):
    path = pg.save(zoo.hypercube(6), tmp_path / "cube")
    with pytest.raises(TooLarge, match=r"unpacks to [\d,]+ bytes, more than most_bytes = 20,000"):
        pg.load(path, most_bytes=20_000)
    with pytest.raises(TooLarge, match=r"has [\d,]+ bytes, more than most_bytes = 10"):
        pg.load(path, most_bytes=10)


def test_a_bomb_is_refused_by_its_unpacked_size(tmp_path):
    path = rewritten(tmp_path, GRAPH, extra={"zeros.npy": bytes(10_000_000)})
    assert path.stat().st_size < 100_000
    with pytest.raises(TooLarge, match="unpacks to"):
        pg.load(path, most_bytes=1_000_000)


def test_a_missing_file_is_the_usual_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        pg.load(tmp_path / "nowhere")
    with pytest.raises(FileNotFoundError):
        pg.save(GRAPH, tmp_path / "no folder" / "file")


HARD_NAMES = [
    "caf\udce9.png",
    "\ud83d\ude00",  # two lone surrogates, which JSON's escapes would join to one character
    "\ude00\ud83d",
    "a\0b",
    "a\nb",
    "\u202eright to left",
    "$x$",
    "$",
    "50%",
    "<b>x</b>",
    "{}",
    "_a",
    "",
    "x" * 10_000,
    "\x7f\x1b[31m",
    "a\\udce9",
]


@pytest.mark.parametrize("name", HARD_NAMES, ids=lambda name: ascii(name)[:20])
def test_a_hard_name_is_kept_as_view_natural_label_and_name(name, tmp_path):
    image = pg.images.Image([[1, 0]], name=name)
    graph = pg.build([name, "b", image], pg.apply(lambda x: (x, name), "1/3"), labels=[name, None, "c"], name=name)
    again = pg.load(pg.save(graph, tmp_path / "g"))
    assert list(again.views) == list(graph.views)
    assert list(again.naturals) == [name, "b", image]
    assert again.naturals[2].name == name
    assert list(again.labels) == list(graph.labels)
    assert again.name == name
    with zipfile.ZipFile(tmp_path / "g") as archive:
        archive.read("popgraph.json").decode("utf-8", "strict")


@pytest.mark.parametrize("name", HARD_NAMES, ids=lambda name: ascii(name)[:20])
def test_whatever_prints_a_hard_name_can_be_encoded(name):
    graph = pg.build([name, "b"], pg.apply(lambda x: x + "!", "1/3"), labels=[name, "b"], name=name)
    texts = [
        repr(graph),
        str(graph),
        graph._repr_html_(),
        repr(pg.Augmentation(dict, name=name)),
        str(graph.explain(name, name)),
    ]
    texts += [repr(pg.images.Image([[1]], name=name))]
    table = pg.Augmentation({name: {name: 1}}.__getitem__, name=name).table([name])
    texts += [repr(table), str(table), table._repr_html_()]
    texts += [str(pg.probe(graph, np.ones((4, 1)))), repr(pg.verify(graph, np.ones((4, 1)), 1))]
    clusters = pg.spectral_clusters(graph, 2, rng=0)
    checks = pg.theory.check(graph, only="weights sum to 1")
    texts += [repr(clusters), str(clusters), graph.exact().latex("w"), str(checks), repr(checks), checks._repr_html_()]
    law = graph.population.distribution
    texts += [
        repr(law),
        str(law),
        law._repr_html_(),
        str(pg.product([graph, graph])),
        pg.product([graph, graph])._repr_html_(),
    ]
    texts += [str(pg.compare(graph, graph))]
    for text in texts:
        text.encode("utf-8")
        assert "\x1b" not in text
        assert "<b>x" not in text or "html" not in text
        assert len(text) < 20_000
    assert "<b>x" not in graph._repr_html_()


KEPT_OUTCOMES = [
    np.datetime64("2020-01-01T00:00:00.000000001", "ns"),
    np.datetime64("2020-01-01", "D"),
    np.datetime64(5, "25s"),
    np.timedelta64(3, "ns"),
    np.timedelta64(-7, "D"),
    b"\xff\0",
    np.bytes_(b"x"),
    np.str_("x"),
    np.float32(0.1),
    np.int8(-3),
    np.bool_(True),
    Fraction(1, 3),
    None,
    -0.5,
    10**300,
    (np.datetime64("2020-01-01", "ns"), ("a", b"b")),
]


@pytest.mark.parametrize("outcome", KEPT_OUTCOMES, ids=repr)
def test_an_outcome_is_kept_or_refused_and_never_another(outcome, tmp_path):
    law = pg.load(pg.save(pg.Distribution({outcome: "1/2", "other": "1/2"}), tmp_path / "law"))
    again = law.outcomes[0]
    assert again == outcome
    assert hash(again) == hash(outcome)
    assert law == pg.Distribution({outcome: "1/2", "other": "1/2"})
    if isinstance(outcome, np.datetime64 | np.timedelta64):
        assert again.dtype == outcome.dtype


@pytest.mark.parametrize(
    "outcome",
    [
        1j,
        np.longdouble(1) / 3,
        Decimal("0.1"),
        frozenset({1}),
        date(2020, 1, 1),
        type("T", (tuple,), {})((1, 2)),
        10**5000,
        Fraction(1, 10**5000),
    ],
    ids=lambda outcome: type(outcome).__name__,
)
def test_what_a_file_does_not_hold_is_refused_with_the_mend(outcome, tmp_path):
    law = pg.Distribution({outcome: 0.5, "other": 0.5})
    with pytest.raises(InvalidArgument, match="which a file does not hold; use strings, bytes"):
        pg.save(law, tmp_path / "law")


def test_labels_that_are_dates_keep_their_unit(tmp_path):
    days = np.array(["2020-01-01", "2020-01-02"], dtype="datetime64[ns]")
    graph = pg.build(["a", "b"], pg.identity(), labels=days)
    again = pg.load(pg.save(graph, tmp_path / "g"))
    assert list(again.labels) == list(graph.labels) == list(days)
    assert [type(label) for label in again.labels] == [type(label) for label in graph.labels]


def test_probabilities_of_more_digits_than_python_writes_are_kept(tmp_path):
    small = Fraction(1, 10**5000 + 1)
    rows = {"a": {"a": Fraction(1, 2) + small, "b": Fraction(1, 2) - small}, "b": {"b": 1}}
    graph = pg.build({"a": Fraction(1, 3) + small, "b": Fraction(2, 3) - small}, rows)
    again = pg.load(pg.save(graph, tmp_path / "g"))
    assert again.population.distribution.fractions == graph.population.distribution.fractions
    assert again.population.exact.denominators == graph.population.exact.denominators
    assert [int(n) for n in again.population.exact.numerators] == [int(n) for n in graph.population.exact.numerators]
