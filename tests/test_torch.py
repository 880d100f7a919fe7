"""`popgraph.torch`: sampled pairs, training that loses nothing, and reports on encoder and head."""

import re

import numpy as np
import pytest
from cases import populations
from extras import need
from hypothesis import given, settings

import popgraph as pg
from popgraph import losses, zoo
from popgraph.basics import encoding
from popgraph.errors import InvalidArgument, InvalidEmbedding
from popgraph.verification.match import Status

torch = need("torch")
nn = torch.nn
torch.set_num_threads(1)  # on networks so small, two threads on a busy core take twenty times as long


def network(graph, *widths):
    torch.manual_seed(0)
    size = int(np.prod(encoding.encode_views(graph.views[:1]).shape))
    layers = [nn.Flatten()]
    for width in widths[:-1]:
        layers += [nn.Linear(size, width), nn.ReLU()]
        size = width
    return nn.Sequential(*layers, nn.Linear(size, widths[-1]))


class NoNegatives:
    """-2 E f(x)ᵀf(x⁺): the spectral loss without its second term, so that nothing balances the fastest direction."""

    name = "spectral, no negatives"

    def value(self, factor, w_x, f):
        return -2 * float(np.sum((factor @ (f * np.sqrt(w_x)[:, np.newaxis])) ** 2))

    def batch_value(self, f, f_plus):
        return -2 * (f * f_plus).sum() / len(f)


class Attraction:
    """E ||f(x) - f(x⁺)||²: any f that is constant on each component minimises it."""

    name = "attraction"

    def value(self, factor, w_x, f):
        F = f * np.sqrt(w_x)[:, np.newaxis]
        return 2 * float(np.sum(F**2) - np.sum((factor @ F) ** 2))

    def batch_value(self, f, f_plus):
        return ((f - f_plus) ** 2).sum() / len(f)


def frequencies(graph, pairs):
    """How often each pair of views came, (N, N), from batches of one-hot encodings."""
    seen = np.zeros((graph.N, graph.N))
    for x, x_plus in pairs:
        np.add.at(seen, (x.argmax(1).numpy(), x_plus.argmax(1).numpy()), 1)
    return seen / seen.sum()


def one_hot(graph):
    return lambda view: np.eye(graph.N)[graph.index(view)]


@pytest.mark.parametrize("workers", [0, 2])
def test_pairs_come_as_often_as_w_says(workers):
    graph = zoo.lightning_cloud()
    pairs = pg.torch.PositivePairs(graph, 500, encode=one_hot(graph), batches=101, rng=0)
    loader = torch.utils.data.DataLoader(pairs, batch_size=None, num_workers=workers)
    batches = list(loader)
    assert len(batches) == 101
    spread = np.sqrt(graph.w * (1 - graph.w) / (101 * 500))
    assert (np.abs(frequencies(graph, batches) - graph.w) <= 5 * spread).all()
    if workers:  # each draws a stream of its own
        drawn = {x.numpy().tobytes() for x, _ in batches}
        assert len(drawn) == 101


def test_the_same_seed_gives_the_same_pairs_and_every_pass_new_ones():
    graph = zoo.hypercube(3)
    first, second = (pg.torch.PositivePairs(graph, 16, batches=3, rng=5) for _ in range(2))
    one, two, again = list(first), list(second), list(first)
    assert all(
        torch.equal(a, b) for left, right in zip(one, two, strict=True) for a, b in zip(left, right, strict=True)
    )
    assert not all(torch.equal(a[0], b[0]) for a, b in zip(one, again, strict=True))


@pytest.mark.parametrize("persistent", [False, True])
def test_workers_need_no_other_seed_and_every_pass_is_new(persistent):
    def passes(torch_seed):
        torch.manual_seed(torch_seed)
        pairs = pg.torch.PositivePairs(zoo.hypercube(4), 8, batches=5, rng=0)
        loader = torch.utils.data.DataLoader(
            pairs, batch_size=None, num_workers=2, persistent_workers=persistent, multiprocessing_context="fork"
        )
        return [torch.stack([torch.cat(pair) for pair in loader]) for _ in range(3)]

    one, two = passes(1), passes(2)
    assert all(torch.equal(left, right) for left, right in zip(one, two, strict=True))
    assert not torch.equal(one[0], one[1])
    assert not torch.equal(one[1], one[2])


def test_pairs_without_end_go_on():
    endless = iter(pg.torch.PositivePairs(zoo.hypercube(2), 4, rng=0))
    assert [tuple(next(endless)[0].shape) for _ in range(3000)][-1] == (4, 2)


@settings(max_examples=20)
@given(populations())
def test_only_pairs_that_exist_are_drawn(graph):
    seen = frequencies(graph, pg.torch.PositivePairs(graph, 64, encode=one_hot(graph), batches=2, rng=1))
    assert (graph.w[seen > 0] > 0).all()


def test_views_too_many_to_keep_are_encoded_as_they_come(monkeypatch):
    from popgraph.torch import pairs as room

    graph = zoo.hypercube(3)
    kept = list(pg.torch.PositivePairs(graph, 8, batches=2, rng=0))
    monkeypatch.setattr(room, "MAX_TABLE_BYTES", 10)
    fresh = list(pg.torch.PositivePairs(graph, 8, batches=2, rng=0))
    assert all(
        torch.equal(a, b) for left, right in zip(kept, fresh, strict=True) for a, b in zip(left, right, strict=True)
    )
    one = pg.torch.fit(network(graph, 4), graph, steps=3, rng=0)
    monkeypatch.undo()
    two = pg.torch.fit(network(graph, 4), graph, steps=3, rng=0)
    np.testing.assert_array_equal(one.f, two.f)


def test_views_are_encoded_in_parts_without_a_python_object_each(monkeypatch):
    from popgraph.basics import encoding
    from popgraph.declare.batch import states

    array = np.random.default_rng(0).integers(0, 2, (250, 4, 4)).astype(np.uint8)
    views = states.StateSequence(array, states.ImageCoding((4, 4)))
    monkeypatch.setattr(encoding, "VIEWS_AT_A_TIME", 100)
    named = list(encoding.encoded_parts(tuple(views)))
    monkeypatch.setattr(states, "Image", None)  # making one would fail
    parts = list(encoding.encoded_parts(views))
    assert [len(part) for part in parts] == [100, 100, 50]
    np.testing.assert_array_equal(np.concatenate(parts), array)
    np.testing.assert_array_equal(np.concatenate(named), array)
    with pytest.raises(TypeError):
        list(encoding.encoded_parts(views, encode=lambda view: view.pixels))


def test_a_two_layer_network_matches_on_lightning_and_cloud():
    """From 81 pixels, to 0.01 rad: the loss of batches is unbiased, so what is left is the noise of the last steps."""
    graph = zoo.lightning_cloud()
    trained = pg.torch.fit(network(graph, 64, 2), graph, rng=0)
    assert trained.stopped == "ran its 2,000 steps"
    assert trained.loss.min() == pytest.approx(-2, abs=1e-3)
    report = pg.torch.verify(graph, trained)
    assert report
    assert report.features is None
    assert report.output.largest_angle < 0.01
    assert pg.verify(graph, trained.encoder, atol=0.01)  # a module is an embedding like any other
    assert pg.verify(graph, trained, atol=0.01).largest_angle == pytest.approx(report.output.largest_angle, abs=1e-6)


@pytest.mark.parametrize("loss", [losses.spectral, losses.ordered, losses.infonce], ids=lambda loss: loss.name)
def test_the_whole_population_trains_without_noise(loss):
    graph = zoo.hypercube(3, "1/10")
    trained = pg.torch.fit(network(graph, 64, 4), graph, loss=loss, batch_size=None, steps=1500)
    table = pg.train(graph, 4, loss=loss, rng=0)
    assert trained.loss.min() == pytest.approx(table.loss[-1], abs=1e-4)
    assert trained.batch_loss[-1] == pytest.approx(trained.loss[-1], abs=1e-4)
    if loss is losses.spectral:
        assert pg.torch.verify(graph, trained)


def test_without_negatives_the_same_network_collapses_and_is_told_so():
    graph = zoo.lightning_cloud()
    trained = pg.torch.fit(network(graph, 64, 2), graph, loss=NoNegatives(), rng=0)
    report = pg.torch.verify(graph, trained)
    assert not report
    assert report.output.status is Status.COLLAPSED
    assert "f has collapsed: F has rank 1, not 2; it misses eigenvector" in str(report)


@pytest.mark.slow
def test_attraction_alone_collapses_where_the_graph_is_connected_and_only_there():
    """Lightning and cloud never share a view: two constants are as good as one, and their span is F*."""
    for graph, k, collapses in ((zoo.hypercube(3, "1/4"), 4, True), (zoo.lightning_cloud(), 2, False)):
        trained = pg.torch.fit(network(graph, 64, k), graph, loss=Attraction(), rng=0, learning_rate=1e-2)
        report = pg.torch.verify(graph, trained)
        assert (report.output.status is Status.COLLAPSED) == collapses
        assert bool(report) != collapses


class Lookup(nn.Module):
    """A table f as a module on one-hot views."""

    def __init__(self, f):
        super().__init__()
        self.f = nn.Parameter(torch.tensor(np.array(f)))

    def forward(self, x):
        return x @ self.f


def test_what_is_left_out_is_said_and_can_be_kept():
    """F* diag(1, 1e-4) is a match by the definition; to a network's default it is what a collapse leaves over."""
    graph = zoo.lightning_cloud()
    net = Lookup(graph.spectrum(2).embedding * [1, 1e-4])
    report = pg.torch.verify(graph, net, encode=one_hot(graph))
    assert report.output.status is Status.COLLAPSED
    assert "1 of the output's 2 singular values are at most 1.0e-04 of the largest; these" in str(report)
    np.testing.assert_allclose(report.sigma, [1, 1e-4])
    kept = pg.torch.verify(graph, net, encode=one_hot(graph), rank_tolerance=1e-6)
    assert kept
    assert "left out" not in str(kept)


@pytest.mark.slow
def test_encoder_and_head_are_reported_apart():
    """A head onto one dimension loses what the encoder holds."""
    graph = zoo.lightning_cloud()
    encoder, head = network(graph, 64, 16), nn.Linear(16, 2)
    trained = pg.torch.fit(encoder, graph, head=head, rng=0)
    assert trained.features.shape == (4, 16)
    report = pg.torch.verify(graph, trained)
    assert report.output
    assert report.features.status in (Status.CONTAINS, Status.CONTAINS_DEGENERATE)
    assert "The span of the encoder's features contains of each leading eigenvector" in str(report)
    assert "The span of the output contains of each leading eigenvector" in str(report)
    apart = pg.torch.verify(graph, encoder, head=head)
    np.testing.assert_allclose(apart.output.captured, report.output.captured, atol=1e-6)
    narrow = pg.torch.verify(graph, encoder, head=nn.Sequential(head, nn.Linear(2, 1), nn.Linear(1, 2, bias=False)))
    assert not narrow.output
    assert narrow.output.status is Status.COLLAPSED
    assert narrow.features


def test_the_same_seed_gives_the_same_bits():
    graph = zoo.hypercube(3)
    one, two = (pg.torch.fit(network(graph, 8, 3), graph, steps=40, rng=3, device="cpu") for _ in range(2))
    np.testing.assert_array_equal(one.f, two.f)
    np.testing.assert_array_equal(one.batch_loss, two.batch_loss)


def test_other_losses_train_networks_too():
    graph = zoo.hypercube(3, "1/10")
    for loss in (losses.ordered, losses.simclr, losses.nt_logistic, losses.vicreg, losses.barlow_twins):
        trained = pg.torch.fit(network(graph, 16, 3), graph, loss=loss, steps=60, batch_size=64, rng=0)
        assert trained.loss[-1] < trained.loss[0]
        assert trained.loss_name == loss.name


class FailsAt:
    """The spectral loss until a step, and NaN from there on."""

    name = "fails"

    def __init__(self, step):
        self.step, self.calls = step, 0

    def value(self, factor, w_x, f):
        return losses.spectral.value(factor, w_x, f)

    def batch_value(self, f, f_plus):
        self.calls += 1
        value = losses.spectral.batch_value(f, f_plus)
        return value * float("nan") if self.calls > self.step else value


def test_an_infinitely_good_population_loss_is_no_best_state():
    class Diverges(FailsAt):
        def value(self, factor, w_x, f):
            return -np.inf if self.calls else 1.0

    graph = zoo.lightning_cloud()
    trained = pg.torch.fit(network(graph, 8, 2), graph, loss=Diverges(99), steps=40, rng=0)
    assert trained.stopped == "stopped: the population's loss at step 2 is -inf"
    assert (trained.best_step, trained.loss.tolist()) == (0, [1.0])


@pytest.mark.parametrize("value", [3.0, "the rows'", "detached"])
def test_a_batch_loss_that_is_no_number_to_differentiate_is_refused(value):
    class Odd(FailsAt):
        def batch_value(self, f, f_plus):
            return {3.0: 3.0, "the rows'": (f * f_plus).sum(1), "detached": f.detach().sum()}[value]

    graph = zoo.lightning_cloud()
    with pytest.raises(InvalidArgument, match="the loss gives .*; it must give one number that torch differentiates"):
        pg.torch.fit(network(graph, 2), graph, loss=Odd(9), steps=2)


def test_a_loss_of_pairs_of_too_many_views_is_judged_by_recent_batches():
    class TooMany(FailsAt):
        def value(self, factor, w_x, f):
            raise pg.errors.TooLarge("N² pairs")

    graph = zoo.lightning_cloud()
    trained = pg.torch.fit(network(graph, 16, 2), graph, loss=TooMany(999), steps=200, rng=0, evaluate_every=50)
    assert trained.steps.tolist() == [50, 100, 150, 200]
    assert trained.loss[-1] == pytest.approx(trained.batch_loss[-64:].mean())


def test_an_interruption_right_after_an_evaluation_is_not_counted_twice():
    class Stops(FailsAt):
        def batch_value(self, f, f_plus):
            if self.calls == 10:
                raise KeyboardInterrupt
            return super().batch_value(f, f_plus)

    graph = zoo.lightning_cloud()
    trained = pg.torch.fit(network(graph, 8, 2), graph, loss=Stops(99), steps=50, rng=0, evaluate_every=5)
    assert trained.steps.tolist() == [0, 5, 10]
    assert trained.stopped == "interrupted after 10 of 50 steps"


@pytest.mark.parametrize("at", [0, 37, 100])
def test_a_loss_that_becomes_nan_stops_and_keeps_the_last_good_state(at):
    graph = zoo.lightning_cloud()
    trained = pg.torch.fit(network(graph, 16, 2), graph, loss=FailsAt(at), steps=200, rng=0, evaluate_every=10)
    assert trained.interrupted
    assert trained.stopped == f"stopped: the loss of the batch at step {at} is nan"
    assert np.isfinite(trained.f).all()
    assert trained.best_step <= at
    assert all(torch.isfinite(p).all() for p in trained.encoder.parameters())
    value = losses.spectral.value(graph.factor, graph.w_x, trained.f)
    assert value == pytest.approx(trained.loss.min(), abs=1e-6)


def test_an_interruption_loses_nothing(tmp_path):
    graph = zoo.lightning_cloud()

    def bar(items, total, desc):
        assert (total, desc) == (500, "fit")
        for step in items:
            if step == 321:
                raise KeyboardInterrupt
            yield step

    trained = pg.torch.fit(
        network(graph, 16, 2), graph, steps=500, rng=0, progress=bar, checkpoint=tmp_path / "deep" / "best.pt"
    )
    assert trained.interrupted
    assert trained.stopped == "interrupted after 321 of 500 steps"
    assert trained.steps[-1] == 321
    assert trained.loss.min() < trained.loss[0]
    saved = torch.load(tmp_path / "deep" / "best.pt")
    assert saved["loss"] == pytest.approx(trained.loss.min())
    assert saved["step"] == trained.best_step
    fresh = network(graph, 16, 2)
    fresh.load_state_dict(saved["encoder"])
    np.testing.assert_allclose(
        pg.torch.verify(graph, fresh).output.captured, pg.torch.verify(graph, trained).output.captured
    )
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["best.pt"]  # nothing half-written stays


def test_the_best_state_is_the_one_that_is_kept():
    """A step size far too large: the end is worse than the best."""
    graph = zoo.lightning_cloud()
    trained = pg.torch.fit(network(graph, 16, 2), graph, steps=60, learning_rate=0.5, rng=0, evaluate_every=1)
    value = losses.spectral.value(graph.factor, graph.w_x, trained.f)
    assert value == pytest.approx(trained.loss.min(), abs=1e-6)
    assert trained.steps[np.argmin(trained.loss)] == trained.best_step


def test_modes_and_the_global_seed_are_left_as_they_were():
    graph = zoo.hypercube(2)
    net = nn.Sequential(nn.Linear(2, 8), nn.BatchNorm1d(8), nn.Dropout(0.1), nn.Linear(8, 2))
    net[1].eval()
    before = torch.get_rng_state()
    pg.torch.PositivePairs(graph, 4, rng=0)
    pg.verify(graph, net)
    assert torch.equal(torch.get_rng_state(), before)
    assert [part.training for part in net] == [True, False, True, True]
    pg.torch.fit(net, graph, steps=3, rng=0)
    assert [part.training for part in net] == [True, False, True, True]


BAD = [
    (
        lambda graph: nn.Flatten(0),
        InvalidEmbedding,
        r"the module gives shape \(324,\) for 4 views; it must give a tensor of shape",
    ),
    (lambda graph: nn.Identity(), InvalidEmbedding, r"the module gives shape \(4, 9, 9\) for 4 views"),
    (lambda graph: nn.LSTM(9, 2, batch_first=True), InvalidEmbedding, "the module gives a tuple for 4 views"),
]


@pytest.mark.parametrize(("make", "error", "message"), BAD)
def test_a_module_of_the_wrong_shape_is_refused(make, error, message):
    graph = zoo.lightning_cloud()
    for refused in (
        lambda net: pg.torch.fit(net, graph, steps=2),
        lambda net: pg.torch.verify(graph, net),
        lambda net: pg.verify(graph, net),
    ):
        net = nn.Sequential(nn.Linear(9, 9), make(graph))  # something to train
        with pytest.raises(error, match=message):
            refused(net)


def test_a_module_that_fails_says_on_what():
    graph = zoo.lightning_cloud()
    for call in (
        lambda net: pg.torch.fit(net, graph),
        lambda net: pg.torch.verify(graph, net),
        lambda net: pg.verify(graph, net),
    ):
        with pytest.raises(RuntimeError, match="shapes cannot be multiplied") as caught:
            call(nn.Linear(81, 2))
        assert caught.value.__notes__ == ["raised by the module on encoded views of shape (4, 9, 9)"]


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), 1e300])
def test_an_encode_that_gives_no_number_names_the_view(bad):
    graph = zoo.hypercube(2)
    encodings = {view: [1.0, bad if view == (1, 0) else 0.0] for view in graph.views}
    with pytest.raises(
        InvalidEmbedding, match=r"encode gives NaN or infinity at 1 views: \(1, 0\); it must give numbers"
    ):
        pg.torch.fit(network(graph, 2), graph, encode=encodings.get)
    with pytest.raises(InvalidEmbedding, match=r"encode fails at the view \(0, 0\): TypeError: complex numbers"):
        pg.torch.PositivePairs(graph, 2, encode=lambda view: [1j, 0])


def test_an_encode_that_fails_names_the_view():
    graph = zoo.hypercube(2)

    def encode(view):
        return [1.0, 2.0] if view != (1, 0) else [1.0 / (1 - view[0]), 2.0]

    with pytest.raises(
        InvalidEmbedding, match=r"encode fails at the view \(1, 0\): ZeroDivisionError: float division by zero"
    ):
        pg.torch.fit(network(graph, 2), graph, encode=encode)
    ragged = {(0, 0): [1.0], (0, 1): [1.0], (1, 0): [1.0, 2.0], (1, 1): [1.0]}
    with pytest.raises(
        InvalidEmbedding, match=r"encode gives shape \(2,\) at the view \(1, 0\), and \(1,\) at \(0, 0\)"
    ):
        pg.torch.PositivePairs(graph, 4, encode=ragged.__getitem__)
    with pytest.raises(InvalidEmbedding, match="the view 'a' is no image, number or tuple of numbers; pass encode="):
        pg.torch.PositivePairs(pg.build(["a"], pg.identity()), 4)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda g, n: pg.torch.fit(n, g, batch_size=1), "batch_size is 1; it must be a whole number, 2 or more"),
        (
            lambda g, n: pg.torch.fit(n, g, loss=losses.InfoNCE(negatives=9), batch_size=9),
            "batch_size is 9; .* 10 or more",
        ),
        (lambda g, n: pg.torch.fit(n, g, steps=0), "steps is 0"),
        (lambda g, n: pg.torch.fit(n, g, evaluate_every=0), "evaluate_every is 0"),
        (lambda g, n: pg.torch.fit(n, g, learning_rate=-1), "learning_rate is -1; it must be a positive number"),
        (lambda g, n: pg.torch.fit(n, g, weight_decay=-1), "weight_decay is -1; it must be a nonnegative number"),
        (lambda g, n: pg.torch.fit(n, g, loss=nn.MSELoss()), r"loss is MSELoss\(\); give one of popgraph.losses"),
        (lambda g, n: pg.torch.fit(g, n), r"fit\(module, graph\) takes a population second"),
        (lambda g, n: pg.torch.fit(nn.Flatten(), g), r"module is Flatten\(.*, which has no weights to train"),
        (lambda g, n: pg.torch.fit(lambda x: x, g), "module is <function .*; it must be a torch.nn.Module"),
        (lambda g, n: pg.torch.verify(g, np.ones((4, 2))), r"verify\(graph, module\) takes a torch.nn.Module or a Fit"),
        (lambda g, n: pg.torch.verify(g, n, rank_tolerance=1), r"rank_tolerance is 1; .* in \[0, 1\)"),
        (lambda g, n: pg.torch.PositivePairs(g, 0), "batch_size is 0"),
        (
            lambda g, n: pg.torch.PositivePairs(n, 4),
            r"PositivePairs\(graph, batch_size\) takes a population first",
        ),
    ],
)
def test_bad_arguments_are_refused(call, message):
    graph = zoo.lightning_cloud()
    with pytest.raises(InvalidArgument, match=message):
        call(graph, network(graph, 2))


def test_a_network_of_nans_is_refused_by_view():
    graph = zoo.lightning_cloud()
    net = network(graph, 2)
    nn.init.constant_(net[1].weight, float("nan"))
    with pytest.raises(InvalidEmbedding, match="f is NaN or infinite at 4 views"):
        pg.torch.verify(graph, net)
    trained = pg.torch.fit(net, graph, steps=5, rng=0)
    assert trained.stopped == "stopped: the population's loss at step 0 is nan"


def test_without_torch_the_extra_is_named(monkeypatch):
    import importlib
    import sys

    from popgraph.errors import MissingExtra

    for name in [name for name in sys.modules if name == "popgraph.torch" or name.startswith("popgraph.torch.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtra, match=re.escape('torch is not installed; run: pip install "torch>=2.4"')):
        importlib.import_module("popgraph.torch")


def test_the_benchmark_runs_both_loops():
    import torch_loop

    hand, ours, ratio = torch_loop.compare(zoo.lightning_cloud(), 8, 2, batch_size=16, steps=20, rounds=1)
    assert hand > 0
    assert ours > 0
    assert ratio == pytest.approx(hand / ours)


BIASED = pg.build({0: 0.75, 1: 0.25}, {0: {0: 0.9, 1: 0.1}, 1: {0: 0.1, 1: 0.9}})
MIXED = pg.structure.mixture({"cat": 0.4, "dog": 0.6}, {"cat": [BIASED] * 2, "dog": [BIASED, zoo.hypercube(1, 0.4)]})


def numbers(view):
    """A view of a product, a tuple of tuples and numbers, as a vector."""
    return np.array([part[0] if isinstance(part, tuple) else part for part in view], dtype=float)


@pytest.mark.parametrize("loss", ["spectral", "infonce"])
def test_a_mixture_is_fitted_and_judged_as_its_list(loss):
    pairs = pg.torch.PositivePairs(MIXED, 8, encode=numbers, batches=2, rng=0)
    assert [tuple(x.shape) for x, _ in pairs] == [(8, 2), (8, 2)]
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 2)).double()
    fitted = pg.torch.fit(net, MIXED, loss=loss, encode=numbers, batch_size=64, steps=50, rng=0)
    listed, ready = MIXED.expand(), getattr(losses, loss)
    assert fitted.loss.min() == pytest.approx(ready.value(listed.factor, listed.w_x, fitted.f), rel=1e-9)
    one, other = (pg.torch.verify(graph, fitted, atol=0.5) for graph in (MIXED, listed))
    np.testing.assert_allclose(one.output.angles, other.output.angles, atol=1e-9)


def test_what_needs_arrays_of_a_listed_graph_names_expand():
    net = nn.Linear(2, 2)
    with pytest.raises(InvalidArgument, match=r"fit\(module, graph, batch_size=None\) .* use its .expand\(\)"):
        pg.torch.fit(net, MIXED, encode=numbers, batch_size=None)
    product = pg.product([BIASED] * 3)
    for call in (
        lambda: pg.torch.fit(net, product),
        lambda: pg.torch.verify(product, net),
        lambda: pg.torch.PositivePairs(product, 8),
    ):
        with pytest.raises(InvalidArgument, match=r"needs a list of views, which ProductGraph.* use its .expand\(\)"):
            call()
