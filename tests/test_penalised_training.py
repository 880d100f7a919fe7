"""Training with a weight decay, below a linear head and with ridge: it reaches closed forms, which it does not see."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from layers import examples, first_by_default
from scipy.linalg import eigh
from scipy.optimize import minimize

import popgraph as pg
from popgraph import theory, zoo
from popgraph.errors import InvalidArgument, InvalidEmbedding
from popgraph.training import learning

SQUARE = pg.product([zoo.hypercube(1, flip="1/8"), zoo.hypercube(1, flip="1/4")]).expand()
GAMMA = np.array([1.0, 0.5625, 0.25, 0.140625])
NORM = float(np.sum(GAMMA**2))
TRIANGLE = pg.from_pairs(np.where(np.eye(3), 0.0, 1 / 6))  # γ = 1, -1/2, -1/2


def random_graph(seed):
    rng = np.random.default_rng(seed)
    n, N = rng.integers(2, 8), rng.integers(2, 9)
    A = rng.random((n, N)) * (rng.random((n, N)) < rng.choice([0.3, 0.6, 1.0]))
    A[np.arange(n), rng.integers(0, N, n)] += 0.1
    return pg.build(rng.dirichlet(np.ones(n)), A / A.sum(axis=1, keepdims=True), drop_unreachable=True)


def in_scipy(graph, k, decay, head, seed):
    """The least loss that scipy finds from several starts, on M alone."""
    rng, M = np.random.default_rng(seed), np.asarray(graph.factor.toarray())
    gram, N = M.T @ M, graph.N

    def table(z):
        F = z.reshape(N, k)
        FF = F.T @ F
        return np.sum(FF**2) - 2 * np.vdot(F, gram @ F) + decay * np.vdot(F, F), 4 * (F @ FF - gram @ F) + 2 * decay * F

    def factors(z):
        H, W = z[: N * k].reshape(N, k), z[N * k :].reshape(k, k)
        F = H @ W.T
        FF = F.T @ F
        G = 4 * (F @ FF - gram @ F)
        value = np.sum(FF**2) - 2 * np.vdot(F, gram @ F) + decay * np.vdot(z, z)
        return value, np.concatenate([(G @ W).ravel(), (G.T @ H).ravel()]) + 2 * decay * z

    fun, size = (factors, (N + k) * k) if head else (lambda z: (table(z)[0], table(z)[1].ravel()), N * k)
    starts = (scale * rng.standard_normal(size) for scale in (0.3, 0.6, 1.0) for _ in range(4))
    return min(minimize(fun, z, jac=True, method="BFGS", options={"gtol": 1e-9}).fun for z in starts)


@pytest.mark.parametrize(
    ("options", "known"),
    [
        ({"weight_decay": 0.3}, 0.4960253906),
        ({"weight_decay": 0.3, "head": "linear"}, 0.9741758510),
        ({"weight_decay": 0.3, "head": 7}, 0.9741758510),
        ({"weight_decay": 0.3, "nonnegative": True}, 0.4960253906),
        ({"nonnegative": True}, 0.0215134076),
        ({}, 0.0197753906),
    ],
)
def test_the_numbers_of_the_square(options, known):
    training = pg.train(SQUARE, 3, rng=0, **options)
    assert training.converged
    assert NORM + training.loss[-1] == pytest.approx(known, abs=1e-10)
    assert training.weight_decay == options.get("weight_decay", 0.0)
    assert training.nonnegative is options.get("nonnegative", False)


@pytest.mark.parametrize("head", [None, "linear"])
@pytest.mark.parametrize("seed", first_by_default(*range(12), default=5))
def test_the_closed_form_is_reached(head, seed):
    graph, rng = random_graph(seed), np.random.default_rng(seed)
    k = int(rng.integers(1, graph.N + 1))
    thresholds = theory.optimum(graph, k, head=head).thresholds
    for decay in (float(rng.uniform(0.01, 0.6)), float(thresholds[-1] * 1.2), float(thresholds[k // 2] * 0.99)):
        training = pg.train(graph, k, rng=seed, weight_decay=decay, head=head)
        assert training.converged, training
        assert training.loss[-1] == pytest.approx(
            theory.minimum("spectral", graph, k, weight_decay=decay, head=head), abs=1e-9
        )


@pytest.mark.parametrize("head", [False, True])
@pytest.mark.parametrize("seed", first_by_default(*range(3)))
def test_scipy_finds_nothing_below_and_the_same(head, seed):
    graph = random_graph(seed + 100)
    k, decay = min(3, graph.N), 0.1
    known = theory.minimum("spectral", graph, k, weight_decay=decay, head="linear" if head else None)
    assert in_scipy(graph, k, decay, head, seed) == pytest.approx(known, abs=1e-7)


@pytest.mark.parametrize("start", ["zeros", "tiny", "huge", "a wrong mode", "all modes"])
def test_a_head_leaves_every_local_minimum(start):
    """At λ = 0.1 modes 1 and 2 of 4 belong on; 0, one mode alone and three modes (λ < 0.77 γ^1.5) are local minima."""
    V = SQUARE.spectrum(4).eigenvectors / np.sqrt(SQUARE.w_x)[:, np.newaxis]
    f = {
        "zeros": np.zeros((4, 4)),
        "tiny": 1e-6 * V,
        "huge": 1e6 * V,
        "a wrong mode": V * [0, 0, 0.4, 0],
        "all modes": V * np.sqrt(GAMMA),
    }[start]
    training = pg.train(SQUARE, 4, start=f, weight_decay=0.09, head="linear")
    optimum = theory.optimum(SQUARE, 4, weight_decay=0.09, head="linear")
    assert optimum.on.tolist() == [True, True, False, False]
    assert training.loss[-1] == pytest.approx(optimum.value, abs=1e-12)
    assert (np.diff(training.loss) <= 1e-12).all()


@pytest.mark.parametrize("width", ["linear", 6])
def test_the_layer_below_the_head_has_the_roots_of_the_singular_values(width):
    training = pg.train(SQUARE, 3, rng=1, weight_decay=0.02, head=width)
    H, W = np.sqrt(SQUARE.w_x)[:, np.newaxis] * training.below_head, training.head_weights
    assert training.head == "linear"
    assert H.shape[1] == W.shape[1] == (3 if width == "linear" else 6)
    assert training.below_head @ W.T == pytest.approx(training.f, abs=1e-14)
    assert np.abs(H.T @ H - W.T @ W).max() < 1e-12
    optimum = theory.optimum(SQUARE, 3, weight_decay=0.02, head=width)
    sizes = np.linalg.svd(np.sqrt(SQUARE.w_x)[:, np.newaxis] * training.f)[1]
    assert sizes == pytest.approx(optimum.sizes, abs=1e-10)
    assert np.linalg.svd(H)[1][:3] == pytest.approx(np.sqrt(sizes), abs=1e-10)
    assert np.linalg.svd(H)[1][:3] == pytest.approx(optimum.below_head, abs=1e-10)
    # What is trained: the spectral loss plus the decay of both factors
    penalty = 0.02 * (np.sum(H**2) + np.sum(W**2))
    assert training.loss[-1] == pytest.approx(pg.losses.spectral.value(SQUARE.factor, SQUARE.w_x, training.f) + penalty)


def test_a_head_without_decay_is_the_balanced_factors_of_the_table():
    plain, head = pg.train(SQUARE, 3, rng=0), pg.train(SQUARE, 3, rng=0, head="linear")
    assert (plain.f == head.f).all()
    assert np.sum((np.sqrt(SQUARE.w_x)[:, np.newaxis] * head.below_head) ** 2, axis=0) == pytest.approx(
        np.sqrt(GAMMA[:3])
    )


@pytest.mark.parametrize("head", [None, "linear"])
def test_a_decay_that_switches_every_mode_off_is_said(head):
    for decay in (1.0 if head else 2.0, 3.0, 1e80):
        training = pg.train(SQUARE, 2, rng=0, weight_decay=decay, head=head)
        assert training.converged
        assert f"weight decay {decay:g} switches every mode off, and f is 0" in training.stopped
        assert not training.f.any()
        optimum = theory.optimum(SQUARE, 2, weight_decay=decay, head=head)
        assert (optimum.rank, optimum.value) == (0, 0.0)
    assert "switches every mode off: the optimum is f = 0" in str(optimum)


def test_negative_eigenvalues_are_never_on():
    for options in ({"weight_decay": 0.1}, {"weight_decay": 0.1, "head": "linear"}):
        training = pg.train(TRIANGLE, 3, rng=0, **options)
        optimum = theory.optimum(TRIANGLE, 3, **options)
        assert optimum.on.tolist() == [True, False, False]
        assert training.loss[-1] == pytest.approx(optimum.value, abs=1e-12)


def test_a_noise_law_takes_the_place_of_w_x():
    loss = pg.losses.SpectralLoss(noise=0.75)
    training = pg.train(random_graph(3), 2, rng=0, loss=loss, weight_decay=0.2)
    assert training.loss[-1] == pytest.approx(theory.minimum(loss, random_graph(3), 2, weight_decay=0.2), abs=1e-10)


@given(st.integers(0, 10**6), st.floats(1e-3, 1.0), st.floats(0.1, 10.0))
@settings(max_examples=examples(100, 8))
def test_ridge_reaches_its_generalised_eigenvalues(seed, decay, scale):
    graph, rng = random_graph(seed % 200), np.random.default_rng(seed)
    d = int(rng.integers(1, graph.N + 1))
    Psi, k = scale * rng.standard_normal((graph.N, d)), int(rng.integers(1, d + 1))
    training = pg.train(graph, k, features=Psi, rng=0, weight_decay=decay)
    w = graph.w
    theta = eigh(Psi.T @ w @ Psi - decay / 2 * np.eye(d), Psi.T @ np.diag(graph.w_x) @ Psi, eigvals_only=True)[::-1][:k]
    assert training.loss[-1] == pytest.approx(-np.sum(np.maximum(theta, 0.0) ** 2), abs=1e-8)
    value = pg.losses.spectral.value(graph.factor, graph.w_x, training.f) + decay * np.sum(training.weights**2)
    assert training.loss[-1] == pytest.approx(value, abs=1e-9)
    optimum = theory.optimum(graph, k, features=Psi, weight_decay=decay)
    assert optimum.value == pytest.approx(-np.sum(np.maximum(theta, 0.0) ** 2), abs=1e-9)
    assert optimum.thresholds == pytest.approx(2 * np.linalg.eigvalsh(Psi.T @ w @ Psi)[::-1][:k], abs=1e-9)
    assert (optimum.on == (decay < optimum.thresholds)).all()


def test_ridge_on_features_of_length_one_is_the_decay_of_a_table():
    """With Ψ = D^-1/2 the weights are F itself."""
    Psi = np.diag(1 / np.sqrt(SQUARE.w_x))
    ridge, table = (pg.train(SQUARE, 3, rng=0, weight_decay=0.3, features=each) for each in (Psi, None))
    assert ridge.loss[-1] == pytest.approx(table.loss[-1], abs=1e-12)
    optimum = theory.optimum(SQUARE, 3, weight_decay=0.3, features=Psi)
    assert optimum.sizes == pytest.approx(theory.optimum(SQUARE, 3, weight_decay=0.3).sizes)
    assert optimum.thresholds == pytest.approx(2 * GAMMA[:3])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"weight_decay": -0.1}, r"weight_decay is -0.1; it must be a number of 0 or more"),
        ({"weight_decay": float("nan")}, r"weight_decay is nan; it must be"),
        ({"weight_decay": float("inf")}, r"weight_decay is inf; it must be"),
        (
            {"weight_decay": 1e200},
            r"weight_decay is 1e\+200, above 1e\+100; of a table 2 switches every mode off already",
        ),
        ({"head": 1}, r'head is 1, a layer narrower than k = 2.*give head="linear" or a width of 2 or more'),
        (
            {"head": "mlp"},
            r'head is \'mlp\'; it must be "linear", the width of the layer below the head \(2 or more\), or None',
        ),
        ({"head": True}, r"head is True; it must be"),
        ({"nonnegative": 1}, r"nonnegative is 1; it must be True or False"),
        ({"nonnegative": True, "head": "linear"}, "nonnegative is True with a head"),
        (
            {"weight_decay": 0.1, "batch_size": 8},
            "weight_decay is 0.1, which does not apply to sampled batches; leave batch_size= out",
        ),
        ({"head": "linear", "loss": "infonce"}, "head is 'linear', which does not apply to the loss InfoNCE"),
        (
            {"nonnegative": True, "features": np.eye(4)},
            "nonnegative is True, which does not apply to f = ΨW of given features",
        ),
        (
            {"head": "linear", "features": np.eye(4)},
            "head is 'linear', which does not apply to f = ΨW of given features",
        ),
    ],
)
def test_what_does_not_fit_is_refused(options, message):
    with pytest.raises(InvalidArgument, match=message):
        pg.train(SQUARE, 2, **options)


def test_populations_of_which_no_penalty_is_known_refuse_it():
    product = pg.product([zoo.hypercube(1)] * 2)
    with pytest.raises(InvalidArgument, match=r"does not apply to a product.*\.expand\(\)"):
        pg.train(product, 2, features=product.features(1), weight_decay=0.1)
    with pytest.raises(InvalidArgument, match="head is 'linear', which does not apply to two encoders"):
        pg.train(zoo.image_text(), 2, head="linear")
    with pytest.raises(InvalidArgument, match="weight_decay is 0.1, with which no minimum is known of two encoders"):
        theory.minimum("spectral", zoo.image_text(), 2, weight_decay=0.1)
    with pytest.raises(InvalidArgument, match="nonnegative is True, with which no minimum is known of"):
        theory.minimum("ordered", SQUARE, 2, nonnegative=True)
    with pytest.raises(InvalidArgument, match="head is 'linear', and no closed form is known above features"):
        theory.optimum(SQUARE, 2, head="linear", features=np.eye(4))
    with pytest.raises(InvalidEmbedding, match=r"start has the entry -1 in row 0, column 1; with nonnegative=True"):
        pg.train(SQUARE, 2, start=[[1, -1]] * 4, nonnegative=True)


def test_a_callback_sees_the_penalised_loss_and_may_stop():
    seen = []

    def watch(step):
        seen.append((step.loss, step.f.shape))
        return len(seen) == 3

    for options in ({"weight_decay": 0.1}, {"weight_decay": 0.1, "head": 5}, {"nonnegative": True}):
        seen.clear()
        training = pg.train(SQUARE, 3, rng=0, callback=watch, keep_path=True, **options)
        assert training.stopped.startswith("stopped by the callback")
        assert len(seen) == 3
        assert {shape for _, shape in seen} == {(4, 3)}
        assert training.loss[:3] == pytest.approx([loss for loss, _ in seen][: len(training.loss)])
        assert training.path.shape[1:] == (4, 3)


def test_a_degenerate_cut_and_a_tie_are_named():
    cube = zoo.hypercube(2)
    note = theory.optimum(cube, 2, weight_decay=0.1).note
    assert note == "γ_2 = γ_3: the cut is degenerate, and which of their eigenvectors are on is free"
    assert theory.optimum(cube, 2, weight_decay=0.5).note.endswith(
        "is at the threshold of mode 2, which is about to be switched off"
    )
    tie = theory.optimum(SQUARE, 3, weight_decay=(2 * 0.25 / 3) ** 1.5, head="linear")
    assert tie.note.endswith(
        "is at the threshold of mode 3, which is as good on as off, so that the optimum is not unique"
    )
    assert theory.optimum(SQUARE, 3, weight_decay=0.3).note == ""


def test_an_optimum_prints_and_becomes_a_dict():
    optimum = theory.optimum(zoo.hypercube(4), 16, weight_decay=0.3)
    assert "and 6 more, of which 0 are on" in str(optimum)
    assert repr(optimum) == "Optimum(4-cube, k=16, weight decay 0.3: 5 of 16 modes on, least loss -0.7625)"
    assert set(optimum.to_dict()) >= {"gamma", "sizes", "thresholds", "on", "value", "rank", "note"}
    assert "linear head on 3 columns, weight decay 0.3" in repr(
        pg.train(SQUARE, 3, rng=0, weight_decay=0.3, head="linear")
    )


def test_tables_are_counted_before_they_are_made(monkeypatch):
    asked = []
    monkeypatch.setattr(learning, "reserve", lambda what, size, instead: asked.append((size, instead)))
    for options in ({"weight_decay": 0.1}, {"weight_decay": 0.1, "head": 6}, {"nonnegative": True}, {"head": 6}):
        pg.train(SQUARE, 2, rng=0, steps=2, **options)
    sizes, instead = zip(*asked, strict=True)
    tables = (6 * 4 + 4, 44 * (4 + 2) + 4 * 4 + 4 * 4 * 3, 44 * 4 + 4 * 4, 6 * 4 + 4 + 4 * 4 * 3)
    assert sizes == tuple(8 * 2 * each for each in tables)
    assert set(instead) == {"use a smaller k"}  # sampled batches know no penalty
