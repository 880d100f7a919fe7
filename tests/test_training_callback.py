"""`callback=` of `train` sees every step, on the whole population and on batches, and may end the training."""

from types import SimpleNamespace

import numpy as np
import pytest

import popgraph as pg
from popgraph.errors import InvalidArgument

CLOUD = pg.zoo.lightning_cloud()
LETTERS = pg.build(
    {"a": 0.5, "b": 0.3, "c": 0.2}, {"a": {"x": 0.7, "y": 0.3}, "b": {"y": 1}, "c": {"y": 0.4, "z": 0.6}}
)
MIXED = pg.structure.mixture({"cat": 0.4, "dog": 0.6}, {"cat": [LETTERS, CLOUD], "dog": [CLOUD, LETTERS]})
LOSSES = ["spectral", "vicreg", "infonce", "ordered"]


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("graph", [CLOUD, LETTERS, MIXED], ids=["listed", "components", "mixture"])
def test_it_sees_every_step_that_is_recorded_with_its_f(graph, loss):
    seen = []

    def watch(step):
        seen.append((step.step, step.loss, step.gradient_norm, step.f))

    training = pg.train(graph, 2, loss=loss, rng=0, steps=30, keep_path=True, callback=watch)
    steps, losses, sizes, fs = zip(*seen, strict=True)
    assert list(steps) == training.steps.tolist()
    # the last one is computed anew before it is recorded for good
    np.testing.assert_allclose(losses, training.loss, atol=1e-12)
    np.testing.assert_allclose(sizes, training.gradient_norm, atol=1e-10)
    np.testing.assert_array_equal(np.array(fs), training.path)
    assert not fs[0].flags.writeable
    alone = pg.train(graph, 2, loss=loss, rng=0, steps=30)
    assert alone.f.tobytes() == training.f.tobytes()  # to look on changes nothing


def test_of_a_class_of_functions_f_is_on_the_views():
    Psi, seen = np.random.default_rng(0).standard_normal((4, 2)), []
    training = pg.train(CLOUD, 2, features=Psi, rng=0, callback=lambda step: seen.append(step.f))
    np.testing.assert_allclose(seen[-1], training.f, atol=1e-12)
    assert len(seen) == len(training.steps)


def test_of_a_product_f_is_a_function_as_the_training_returns():
    cube = pg.product([pg.zoo.hypercube(1)] * 50)
    seen = []
    training = pg.train(cube, k=2, features=cube.features(1), rng=0, callback=lambda step: seen.append(step.f))
    assert type(seen[-1]) is type(training.f)
    assert len(seen) == len(training.steps)


def test_a_graph_in_blocks_shows_its_steps_too(client):
    blocks, seen = pg.dask.build(LETTERS.p, LETTERS.kernel, rows=2, client=client), []
    training = pg.train(blocks, 2, rng=0, callback=lambda step: seen.append(step.step))
    assert seen == training.steps.tolist()


def stop_by_true(step):
    return step.step == 3


def stop_by_exception(step):
    if step.step == 3:
        raise StopIteration


@pytest.mark.parametrize("watch", [stop_by_true, stop_by_exception, lambda step: np.bool_(step.step == 3)])
@pytest.mark.parametrize("loss", LOSSES)
def test_it_ends_the_training_where_it_says(watch, loss):
    graph = pg.zoo.clusters()
    training = pg.train(graph, 3, loss=loss, rng=0, callback=watch)
    assert training.steps.tolist() == [0, 1, 2, 3]
    assert not training.converged
    assert training.stopped == f"stopped by the callback with gradient norm {training.gradient_norm[-1]:.1e}"
    value, gradient = pg.losses.reading.READY[loss].value_and_gradient(graph.factor, graph.w_x, training.f)
    assert training.loss[-1] == pytest.approx(value, abs=1e-12)
    size = np.linalg.norm(gradient / np.sqrt(graph.w_x)[:, np.newaxis])
    assert training.gradient_norm[-1] == pytest.approx(size, rel=1e-9)


def test_it_may_end_the_training_at_the_start():
    start = np.ones((4, 1))
    training = pg.train(CLOUD, 1, start=start, callback=lambda step: True)
    np.testing.assert_allclose(training.f, start, rtol=1e-15)
    assert training.steps.tolist() == [0]


@pytest.mark.parametrize("features", [None, np.random.default_rng(0).standard_normal((4, 3))])
def test_it_sees_every_batch_and_ends_the_run(features):
    seen = []

    def watch(step):
        seen.append((step.step, step.loss, step.gradient_norm, step.f))
        return step.step == 7

    options = {"batch_size": 8, "rng": 0, "features": features}
    training = pg.train(CLOUD, 2, steps=20, callback=watch, **options)
    assert [number for number, *_ in seen] == list(range(1, 8))
    assert all(np.isfinite(loss) and size > 0 for _, loss, size, _ in seen)
    np.testing.assert_allclose(seen[-1][3], training.f, atol=1e-14)
    assert training.stopped == "stopped by the callback after batch 7"
    assert training.steps[-1] == 7
    assert training.loss[-1] == pytest.approx(pg.losses.spectral.value(CLOUD.factor, CLOUD.w_x, training.f), abs=1e-12)
    watched = pg.train(CLOUD, 2, steps=20, callback=lambda step: None, **options)
    assert watched.f.tobytes() == pg.train(CLOUD, 2, steps=20, **options).f.tobytes()


def test_f_is_computed_only_when_it_is_asked_for_and_not_later():
    kept = []
    pg.train(CLOUD, 2, rng=0, callback=kept.append)
    with pytest.raises(InvalidArgument, match=r"f of step 1 is gone, .*; ask for step.f before the callback returns"):
        kept[1].f  # noqa: B018
    asked = []

    def watch(step):
        step.f  # noqa: B018
        asked.append(step)

    pg.train(CLOUD, 2, rng=0, callback=watch)
    before = asked[0].f.copy()
    np.testing.assert_array_equal(asked[0].f, before)
    assert asked[0].f is asked[0].f


@pytest.mark.parametrize("batch_size", [None, 4])
@pytest.mark.parametrize("loss", ["spectral", "vicreg"])
@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_any_other_exception_passes_through_and_a_later_training_is_as_ever(batch_size, loss, error):
    def watch(step):
        if step.step == 2:
            raise error("mine")

    options = {"rng": 0, "steps": 5, "batch_size": batch_size, "loss": loss}
    before = pg.train(CLOUD, 2, **options)
    with pytest.raises(error, match="mine"):
        pg.train(CLOUD, 2, callback=watch, **options)
    assert pg.train(CLOUD, 2, **options).f.tobytes() == before.f.tobytes()


@pytest.mark.parametrize("batch_size", [None, 4])
def test_an_answer_that_is_no_bool_is_refused(batch_size):
    with pytest.raises(InvalidArgument, match="callback returned 3; it must return None, or True to end the training"):
        pg.train(CLOUD, 2, rng=0, batch_size=batch_size, steps=5, callback=lambda step: 3)


def test_what_is_no_function_is_refused():
    with pytest.raises(InvalidArgument, match="callback is 3; it must be a function of one step, or None"):
        pg.train(CLOUD, 2, callback=3)
    with pytest.raises(InvalidArgument, match="callback is"):
        pg.train(pg.product([CLOUD, CLOUD]), 2, features=None, callback="x")


def test_a_loss_that_is_nan_later_is_shown_until_then():
    class Breaks:
        name = "breaks"

        def __init__(self):
            self.calls = 0

        def value_and_gradient(self, factor, w_x, f, *, transposed=None):
            self.calls += 1
            value, gradient = pg.losses.spectral.value_and_gradient(factor, w_x, f)
            return (np.nan if self.calls > 4 else value), gradient

    seen = []
    training = pg.train(CLOUD, 2, loss=Breaks(), rng=0, callback=lambda step: seen.append(step.loss))
    assert "became NaN" in training.stopped
    assert np.isfinite(seen).all()
    assert SimpleNamespace(last=seen[-1]).last == training.loss[-1]
