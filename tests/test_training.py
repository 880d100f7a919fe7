"""`train`: it reaches the minimum it never sees, reproducibly, and says why it stopped."""

import re
from importlib import import_module

import numpy as np
import pytest
from cases import AWKWARD, ZOO, near_tie, populations
from hypothesis import given, settings
from hypothesis import strategies as st
from layers import examples

import popgraph as pg
from popgraph import zoo
from popgraph.errors import InvalidArgument, InvalidEmbedding, MissingExtra
from popgraph.training import descent


@pytest.mark.parametrize("name", ZOO)
def test_training_reaches_the_known_minimum_and_matches(name):
    graph = ZOO[name]
    for k in {1, min(3, graph.N)}:
        spectrum = graph.spectrum(k)
        training = pg.train(graph, k, rng=0)
        assert training.converged, training
        assert training.loss[-1] == pytest.approx(-np.sum(spectrum.gamma**2), abs=1e-10)
        match = pg.verify(graph, training.f)
        assert match.optimal
        assert bool(match) == bool(spectrum.gamma[-1] > 0)


@settings(max_examples=examples(40))
@given(populations(), st.integers(1, 3), st.integers(0, 2**32 - 1))
def test_training_random_populations_reaches_the_minimum(graph, k, seed):
    spectrum = graph.spectrum(min(k, graph.N))
    training = pg.train(graph, spectrum.k, rng=seed)
    assert training.loss[-1] == pytest.approx(-np.sum(spectrum.gamma**2), abs=1e-7)


def test_lightning_and_cloud_match_below_1e_6_at_k_2_whatever_the_start():
    graph = zoo.lightning_cloud()
    for seed in range(20):
        assert pg.verify(graph, pg.train(graph, 2, rng=seed).f).largest_angle < 1e-6


@pytest.mark.parametrize("size", [1e-1, 1e-3, 1e-6, 0.0])
def test_a_start_at_a_saddle_is_left(size):
    """F = (v_1, v_3) diag(√γ) is critical, and leaves out the larger γ_2: the descent must not stop there."""
    graph = zoo.clusters(count=3)
    whole = graph.spectrum(3)
    noise = np.random.default_rng(0).standard_normal((graph.N, 2))
    training = pg.train(graph, 2, start=whole.embedding[:, [0, 2]] + size * noise)
    assert training.loss[-1] == pytest.approx(-np.sum(whole.gamma[:2] ** 2), abs=1e-10)
    assert training.converged


@pytest.mark.parametrize("name", AWKWARD)
def test_awkward_populations_are_trained(name):
    graph = AWKWARD[name]
    for k in {1, min(2, graph.N), min(3, graph.N)}:
        training = pg.train(graph, k, rng=0)
        assert training.converged, training
        assert training.loss[-1] == pytest.approx(-np.sum(graph.spectrum(k).gamma ** 2), abs=1e-9)


def test_the_zero_embedding_is_a_saddle_and_is_left():
    for graph in (zoo.lightning_cloud(), pg.build(["a"], pg.identity())):
        training = pg.train(graph, 1, start=np.zeros((graph.N, 1)))
        assert training.loss[-1] == pytest.approx(-1, abs=1e-10)


@pytest.mark.parametrize("gamma", [1e-1, 1e-2, 1e-3, 1e-4, 1e-5])
@pytest.mark.parametrize("seed", [0, 1])
def test_a_shallow_saddle_is_left_for_good(gamma, seed):
    """Rank 1 is a saddle of curvature γ_2: a step off it that is too short, and Newton's method goes back up to it."""
    p, a = np.array([0.98, 0.01, 0.01]), 1 - 1.01 * gamma  # Ā's trace is 1 + γ_2
    graph = pg.build(p, [[1, 0], [a, 1 - a], [1, 0]])
    second = graph.spectrum(2).gamma[1]
    assert second == pytest.approx(gamma, rel=0.1)
    training = pg.train(graph, 2, rng=seed)
    assert training.converged
    assert training.loss[-1] == pytest.approx(-1 - second**2, abs=1e-14)
    np.testing.assert_allclose(
        np.linalg.eigvalsh(training.f.T @ (training.f * graph.w_x[:, np.newaxis])), [second, 1], atol=1e-9
    )


def test_a_run_that_leaves_saddle_after_saddle_does_not_claim_the_last_one(monkeypatch):
    """What is returned is where the last step led, and its gradient is told, not the saddle's."""
    monkeypatch.setattr(descent, "MAX_SADDLES", -1)  # and one for each of the two columns
    graph = zoo.clusters(count=3)
    whole = graph.spectrum(3)
    training = pg.train(graph, 2, start=whole.embedding[:, [0, 2]])
    F = training.f * np.sqrt(graph.w_x)[:, np.newaxis]
    gradient = 4 * (F @ F.T @ F - graph.adjacency @ F)
    assert training.gradient_norm[-1] == pytest.approx(np.linalg.norm(gradient), rel=1e-6, abs=1e-12)
    assert not training.converged
    assert training.stopped.startswith("gave up after leaving 1 saddle, with gradient norm")


@pytest.mark.parametrize("gap", [1e-3, 1e-4])
def test_a_small_gap_is_descended_whatever_the_start(gap):
    """Almost equal eigenvalues make almost flat saddles: a gradient that is small there is not small enough."""
    graph = near_tie(gap)
    for seed in range(20):
        assert pg.verify(graph, pg.train(graph, 3, rng=seed).f), seed


def test_views_of_tiny_probability_are_trained_like_the_others():
    graph = pg.build(np.array([1 - 2e-9, 1e-9, 1e-9]), [[1, 0, 0], [0, 0.5, 0.5], [0, 0.25, 0.75]])
    assert pg.verify(graph, pg.train(graph, 2, rng=0).f)


def test_the_history_starts_at_the_start_and_ends_at_f():
    graph = zoo.clusters()
    training = pg.train(graph, 3, rng=1)
    value, gradient = pg.losses.spectral.value_and_gradient(graph.factor, graph.w_x, training.f)
    assert training.steps[0] == 0
    assert (np.diff(training.steps) > 0).all()
    assert training.loss[-1] == pytest.approx(value, abs=1e-14)
    norm = np.linalg.norm(gradient / np.sqrt(graph.w_x)[:, np.newaxis])
    assert training.gradient_norm[-1] == pytest.approx(norm, abs=1e-13)
    assert (np.diff(training.loss) <= 1e-12).all()


@pytest.mark.parametrize("batch_size", [None, 16])
def test_the_same_seed_gives_the_same_bits(batch_size):
    graph = zoo.clusters()
    first, second = (pg.train(graph, 3, rng=7, batch_size=batch_size, steps=50) for _ in range(2))
    other = pg.train(graph, 3, rng=8, batch_size=batch_size, steps=50)
    assert first.f.tobytes() == second.f.tobytes()
    assert first.f.tobytes() != other.f.tobytes()


@pytest.mark.slow
@pytest.mark.parametrize("batch_size", [4, 64])
def test_sampled_training_comes_near_f_star(batch_size):
    """Stochastic gradients leave an error that shrinks with the steps: a few hundredths of a radian here."""
    graph = zoo.lightning_cloud()
    training = pg.train(graph, 2, rng=0, batch_size=batch_size)
    assert pg.verify(graph, training.f).largest_angle < 0.05
    assert training.loss[-1] == pytest.approx(-2, abs=0.02)
    assert training.stopped.startswith("ran its 5,000 batches")


@pytest.mark.slow
def test_more_sampled_steps_come_nearer():
    graph = zoo.clusters(count=3)
    angles = [
        pg.verify(graph, pg.train(graph, 3, rng=0, batch_size=64, steps=steps).f).largest_angle
        for steps in (300, 10_000)
    ]
    assert angles[1] < angles[0] / 2


def test_running_out_of_steps_is_said():
    training = pg.train(zoo.clusters(), 3, rng=0, steps=3)
    assert not training.converged
    assert training.stopped.startswith("ran out of steps with gradient norm")
    assert training.steps[-1] == 3


def test_a_start_can_be_given_and_is_not_changed():
    graph = zoo.lightning_cloud()
    start = np.array([[1.0, 0.1], [1.0, 0.1], [0.1, 1.0], [0.2, 1.0]])
    before = start.copy()
    assert pg.verify(graph, pg.train(graph, 2, start=start).f)
    pg.train(graph, 2, start=start, batch_size=4, steps=5, rng=0)
    np.testing.assert_array_equal(start, before)


def test_progress_takes_a_callable_and_is_quiet_otherwise(capsys):
    seen = []

    def bar(items, total, desc):
        seen.append((desc, total))
        return items

    graph = zoo.lightning_cloud()
    pg.train(graph, 2, rng=0, progress=bar)
    pg.train(graph, 2, rng=0, batch_size=4, steps=5, progress=bar)
    pg.build(["a", "b"], pg.identity(), progress=bar)
    assert seen == [("train", None), ("train", 6), ("enumerate", 2)]
    pg.train(graph, 2, rng=0)
    pg.train(graph, 2, rng=0, progress=False)
    assert capsys.readouterr() == ("", "")


def test_progress_without_tqdm_names_the_extra(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    with pytest.raises(MissingExtra, match=r'tqdm.auto is not installed; run: pip install "tqdm>=4.66"'):
        pg.train(zoo.lightning_cloud(), 2, rng=0, progress=True)
    assert pg.train(zoo.lightning_cloud(), 2, rng=0).converged


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"k": 0}, "k is 0; it must be a whole number from 1 to the number of views, 4"),
        ({"k": 5}, "k is 5"),
        ({"k": 2.0}, "k is 2.0"),
        ({"k": 2, "batch_size": 1}, "batch_size is 1; the batch loss spectral needs a whole number, 2 or more"),
        ({"k": 2, "tol": -1.0}, "tol is -1.0; it must be a positive number"),
        ({"k": 2, "learning_rate": "a"}, "learning_rate is 'a'; it must be a positive number"),
        ({"k": 2, "steps": True}, "steps is True"),
        ({"k": 2, "steps": 0}, "steps is 0; it must be a whole number, 1 or more"),
    ],
)
def test_arguments_out_of_range_are_refused(arguments, message):
    with pytest.raises(InvalidArgument, match=message):
        pg.train(zoo.lightning_cloud(), **arguments)


def test_a_start_of_the_wrong_shape_is_refused():
    with pytest.raises(InvalidEmbedding, match=r"start has shape \(4, 3\); k = 2 needs \(4, 2\)"):
        pg.train(zoo.lightning_cloud(), 2, start=np.ones((4, 3)))
    with pytest.raises(InvalidEmbedding, match="f is NaN or infinite at 4 views"):
        pg.train(zoo.lightning_cloud(), 2, start=np.full((4, 2), np.nan))


@pytest.mark.parametrize("batches", [{}, {"batch_size": 8, "steps": 50}])
def test_the_path_holds_the_embedding_of_each_step(batches):
    graph = zoo.hypercube(3)
    training = pg.train(graph, 2, rng=0, keep_path=True, **batches)
    assert training.path.shape == (len(training.steps), 8, 2)
    for f, loss in zip(training.path, training.loss, strict=True):
        assert pg.losses.spectral.value(graph.factor, graph.w_x, f) == pytest.approx(loss, abs=1e-12)
    np.testing.assert_allclose(training.path[-1], training.f, atol=1e-12)
    assert pg.train(graph, 2, rng=0, **batches).path is None
    np.testing.assert_array_equal(pg.train(graph, 2, rng=0, **batches).f, training.f)


@pytest.mark.parametrize(("delay", "bars"), [(1.0, 0), (-1.0, 1)])
def test_a_bar_appears_only_when_it_takes_a_while(monkeypatch, delay, bars):
    made = []

    class Bar:
        def __init__(self, **options):
            made.append(self)
            self.n, self.open = options["initial"], True

        def update(self):
            self.n += 1

        def close(self):
            self.open = False

    graph = zoo.lightning_cloud()  # which has a bar of its own, where somebody is looking
    monkeypatch.setattr("tqdm.auto.tqdm", Bar)
    monkeypatch.setattr(import_module("popgraph.basics.progress"), "BAR_DELAY_SECONDS", delay)
    pg.train(graph, 2, rng=0, batch_size=4, steps=5, progress=True)
    assert len(made) == bars
    assert all(bar.n == 5 and not bar.open for bar in made)


def test_a_loss_of_cosines_leaves_rows_of_length_1_so_that_its_span_means_something():
    graph = zoo.clusters(3, 8, 8, degree=4, cross=0.1)
    runs = [pg.train(graph, 2, loss=pg.losses.simclr, rng=seed) for seed in (0, 2, 3)]
    for run in runs:
        np.testing.assert_allclose(np.linalg.norm(run.f, axis=1), 1, atol=1e-12)
        assert pg.losses.simclr.value(graph.factor, graph.w_x, run.f) == pytest.approx(run.loss[-1], abs=1e-9)
    with_constant = [np.column_stack([np.ones(graph.N), run.f]) for run in runs]
    angles = [pg.verify(graph, f).largest_angle for f in with_constant]
    assert angles == pytest.approx([angles[0]] * 3, abs=1e-3)  # at one loss; lengths left anywhere gave 0.48 to 0.53


# --- threads of BLAS, of which many small problems side by side must have one


def threads_inside(call):
    """The numbers of threads that a callable f is called under."""
    from popgraph.basics.blas import controls

    met: list[int] = []

    def f(view):
        met.extend(get() for _, get in controls())
        return [float(bit) for bit in view]

    call(f)
    return set(met)


@pytest.mark.parametrize(
    "call",
    [
        lambda g, f: pg.verify_sampled(g, f, 1, pairs=100, rng=0),
        lambda g, f: pg.verify(g, f, 1),
        lambda g, f: pg.probe(g, f, labels=list(range(8))),
        lambda g, f: pg.train(g, 1, features=f, rng=0, steps=3),
    ],
    ids=["verify_sampled", "verify", "probe", "train"],
)
def test_small_problems_are_solved_by_one_thread(call):
    """Three processes that each drew 100,000 pairs on two cores took 28 s with BLAS' own threads, and half a second with one."""
    graph = zoo.hypercube(3)
    before = threads_inside(lambda f: f((0, 1, 0)))
    assert threads_inside(lambda f: call(graph, f)) <= {1}
    assert threads_inside(lambda f: f((0, 1, 0))) == before


# --- losses without a minimum


@pytest.fixture(scope="module")
def karate():
    import networkx as nx

    return zoo.edges({(u, v): d["weight"] for u, v, d in nx.karate_club_graph().edges(data=True)}, normalize=True)


def test_a_training_that_did_not_arrive_says_how_far_f_has_grown(karate):
    training = pg.train(karate, 4, loss="infonce", rng=0, steps=1_500)
    assert not training.converged
    assert np.abs(training.f).max() > 10
    assert re.search(
        r"f has grown to entries of \d+\.?\d*, and may grow without end: this loss need not have", training.stopped
    )


@pytest.mark.parametrize("loss", ["spectral", "vicreg", "nt_logistic", "ordered", "centred"])
def test_an_f_that_stays_small_is_not_said_to_have_grown(karate, loss):
    for steps in (20, 2_000):
        assert "grow" not in pg.train(karate, 4, loss=loss, rng=0, steps=steps).stopped


def test_a_large_start_is_no_growth(karate):
    start = 100 * np.random.default_rng(0).standard_normal((karate.N, 4))
    for loss in ("spectral", "infonce"):
        assert "grow" not in pg.train(karate, 4, loss=loss, start=start, steps=2).stopped


def test_batches_say_it_too():
    graph = zoo.lightning_cloud()
    ended = pg.train(graph, 2, loss="unsquared", batch_size=8, steps=200, learning_rate=0.5, rng=0).stopped
    assert ended.startswith("ran its 200 batches of 8")
    assert "f has grown to entries of" in ended
