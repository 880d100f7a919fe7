"""Flows: against the definition integrated by scipy, closed forms of single modes, and the formula of THEORY 13 in many digits."""

import pickle

import mpmath
import numpy as np
import pytest
from layers import first_by_default
from scipy.integrate import solve_ivp

import popgraph as pg
from popgraph.errors import InvalidArgument, InvalidCall, InvalidEmbedding, NotConverged, ReadOnly, TooLarge
from popgraph.training.flows import integrated as integration
from popgraph.training.flows.modes import modes_of


def flip(q):
    return np.array([[1 - q, q], [q, 1 - q]])


# Bits flipped with probability 1/8 and 1/4: γ = 1, .5625, .25, .140625
SQUARE = pg.build(np.full(4, 0.25), np.kron(flip(1 / 8), flip(1 / 4)), name="square")
GAMMA = np.array([1, 0.5625, 0.25, 0.140625])


def aligned(graph, amounts):
    """f of an aligned start: √x_i of the i-th eigenvector in the i-th column."""
    vectors = graph.spectrum(len(amounts)).eigenvectors
    return vectors * np.sqrt(amounts) / np.sqrt(graph.w_x)[:, None]


def table_of(graph, f):
    return np.asarray(f) * np.sqrt(graph.w_x)[:, None]


def spectral_velocity(A, F):
    return 4 * A @ F - 4 * F @ (F.T @ F)


def barlow_velocity(A, F):
    return 4 * A @ F @ (np.eye(F.shape[1]) - F.T @ A @ F)


def integrated(velocity, F, times):
    """F at each time by scipy, from the definition, in the coordinates of the views."""
    found = solve_ivp(
        lambda t, z: velocity(z.reshape(F.shape)).ravel(),
        (0, times[-1]),
        F.ravel(),
        "DOP853",
        t_eval=times,
        rtol=1e-12,
        atol=1e-14,
    )
    return found.y.T.reshape(-1, *F.shape)


def drawn(seed):
    """A random graph, k, and a start: of full rank or less, with columns of 0, small or large; F_0 = Z W of full rank Z."""
    source = np.random.default_rng(seed)
    kind = ("listed", "deficient naturals", "negative eigenvalues", "two components", "repeated eigenvalues")[seed % 5]
    N = int(source.integers(2, 9))
    if kind == "negative eigenvalues":
        w = source.random((N, N)) ** 3
        graph = pg.from_pairs((w + w.T) / (2 * w.sum()))
    elif kind == "repeated eigenvalues":
        graph = pg.zoo.hypercube(3, "1/4") if seed % 2 else pg.zoo.ring(6)
    else:
        n = max(1, N // 3) if kind == "deficient naturals" else N
        A = source.random((n, N)) ** 4
        if kind == "two components" and N > 3:
            A[: n // 2, N // 2 :] = A[n // 2 :, : N // 2] = 0
        graph = pg.build(source.dirichlet(np.ones(n)), A / A.sum(axis=1, keepdims=True))
    k = int(source.integers(1, graph.N + 1))
    rank = int(source.integers(1, k + 1)) if seed % 3 else k
    Z = source.standard_normal((graph.N, rank)) * source.choice([1e-3, 0.2, 1.5]) / np.sqrt(graph.N)
    W = np.eye(k)[:rank] if seed % 2 else source.standard_normal((rank, k))
    return graph, k, Z, W


@pytest.mark.parametrize("seed", first_by_default(*range(100), default=6))
def test_the_spectral_flow_is_that_of_scipy_on_random_graphs_and_starts_of_any_rank(seed):
    graph, k, Z, W = drawn(seed)
    times = np.array([0.0, 0.02, 0.3, 1.1, 4.0, 12.0])
    flow = pg.flow(graph, k, Z @ W / np.sqrt(graph.w_x)[:, None], times)
    A = graph.gram(np.eye(graph.N))
    # F = Z(t) W where Z' = 4AZ - 4Z WWᵀ ZᵀZ has full rank, so that scipy's rounding makes no further dimension
    expected = integrated(lambda Y: 4 * A @ Y - 4 * Y @ (W @ W.T) @ (Y.T @ Y), Z, times) @ W
    F = np.array([table_of(graph, f) for f in flow.path])
    np.testing.assert_allclose(F, expected, atol=1e-9)
    assert flow.exact
    assert flow.error < 1e-9
    X = F @ F.transpose(0, 2, 1)
    np.testing.assert_allclose(flow.held, np.linalg.eigvalsh(X)[:, ::-1][:, :k], atol=1e-9)
    np.testing.assert_allclose(flow.amounts, np.einsum("xm,txy,ym->tm", flow.vectors, X, flow.vectors), atol=1e-12)
    loss = [np.sum(x * x) - 2 * np.sum(A * x) for x in X]
    np.testing.assert_allclose(flow.loss, loss, atol=1e-9)
    assert (np.diff(flow.loss) <= 1e-12).all()
    # at the end a critical point, of no more rank than the start
    limit = table_of(graph, flow.limit)
    np.testing.assert_allclose(A @ limit, limit @ (limit.T @ limit), atol=1e-9)
    assert np.linalg.matrix_rank(limit, 1e-6) <= len(Z.T)


def test_the_numbers_of_single_modes():
    flow = pg.flow(SQUARE, 2, 0.01)
    np.testing.assert_allclose(flow.switch_on, [0.5743899813, 0.8915262979], atol=1e-8)
    np.testing.assert_allclose(flow.switch_on, np.log(GAMMA[:2] / 0.01 - 1) / (8 * GAMMA[:2]), rtol=1e-12)
    x = pg.flow(SQUARE, 4, 0.01, [0.0, 0.5, 2.0]).amounts[2]
    grown = np.exp(16 * GAMMA)
    np.testing.assert_allclose(x, 0.01 * GAMMA * grown / (GAMMA + 0.01 * (grown - 1)), rtol=1e-10)
    barlow = pg.flow(SQUARE, 2, 0.01, [1.0], rule="barlow")
    np.testing.assert_allclose(np.sqrt(barlow.amounts[0]), [0.9837970850, 0.7744841812], atol=1e-8)
    byol = pg.flow(SQUARE, 4, 0.5, rule="byol", weight_decay=0.05)
    np.testing.assert_allclose(np.sqrt(byol.final_amounts), [0.9472135955, 0.4518418008, 0, 0], atol=1e-8)
    np.testing.assert_allclose(byol.fixed_points, byol.final_amounts, atol=1e-8)
    undivided = pg.flow(SQUARE, 4, 0.5, rule="byol", weight_decay=0.05, stop_gradient=False)
    np.testing.assert_array_equal(undivided.final_amounts, 0)


def test_the_formula_of_the_theory_in_a_hundred_digits_where_float64_overflows():
    source = np.random.default_rng(5)
    f = source.standard_normal((4, 3)) * 0.05
    times = [0.5, 20.0, 400.0]
    flow = pg.flow(SQUARE, 3, f, times)
    with mpmath.workdps(3000):
        V = mpmath.matrix(np.kron([[1, 1], [1, -1]], [[1, 1], [1, -1]]).tolist()) / 2
        gamma = [mpmath.mpf(g) for g in (1.0, 0.25, 0.5625, 0.140625)]
        F_0 = mpmath.matrix((f / 2).tolist())
        for t, path in zip(times, flow.path, strict=True):
            grown = V * mpmath.diag([mpmath.exp(4 * t * g) for g in gamma]) * V.T * F_0
            h = V * mpmath.diag([(mpmath.exp(8 * t * g) - 1) / g for g in gamma]) * V.T
            X = grown * (mpmath.eye(3) + F_0.T * h * F_0) ** -1 * grown.T
            expected = np.array(X.tolist(), dtype=float)
            F = table_of(SQUARE, path)
            np.testing.assert_allclose(F @ F.T, expected, atol=1e-12)


def test_a_late_time_gives_the_limit_and_a_mode_that_is_not_in_the_start_never_comes():
    start = np.random.default_rng(1).standard_normal((4, 3))
    flow = pg.flow(SQUARE, 3, start, [0, 1e6])
    np.testing.assert_allclose(flow.f, flow.limit, atol=1e-12)
    np.testing.assert_allclose(flow.loss[-1], -np.sum(GAMMA[:3] ** 2), atol=1e-12)
    assert pg.verify(SQUARE, flow).matches
    assert pg.flow(SQUARE, 4, start[:, :1] * np.ones(4), [0, 1e12]).held[1, 0] == pytest.approx(1)
    saddle = pg.flow(SQUARE, 1, aligned(SQUARE, [1, 1e-3])[:, 1:], [0, 1e6])
    np.testing.assert_allclose(saddle.held[-1], [0.5625], atol=1e-12)
    nothing = pg.flow(SQUARE, 2, np.zeros((4, 2)), [0, 5])
    assert not nothing.path.any()
    assert nothing.amounts.shape == (2, 0)


def test_the_kernel_decays_as_one_over_t_and_negative_modes_exponentially():
    cloud = pg.zoo.lightning_cloud()  # γ = 1, 1, 0, 0
    flow = pg.flow(cloud, 4, 0.25, [0, 3, 1e4])
    np.testing.assert_allclose(flow.amounts[1], [*flow.amounts[1][:2], 0.25 / 7, 0.25 / 7], rtol=1e-12)
    np.testing.assert_allclose(flow.amounts[2], [1, 1, *[0.25 / 20001] * 2], rtol=1e-12)
    np.testing.assert_array_equal(flow.final_amounts > 0, [True, True, False, False])
    triangle = pg.from_pairs((1 - np.eye(3)) / 6)  # μ = 1, -½, -½
    x = pg.flow(triangle, 3, 0.1, [0, 2.0]).amounts[1]
    np.testing.assert_allclose(x[1:], 0.05 * np.exp(-8) / (0.5 + 0.1 * (1 - np.exp(-8))), rtol=1e-10)


def test_weight_decay_moves_every_eigenvalue_down_by_half_of_it():
    flow = pg.flow(SQUARE, 3, np.random.default_rng(0).standard_normal((4, 3)), [0, 0.7, 1e4], weight_decay=0.6)
    A = SQUARE.adjacency - 0.3 * np.eye(4)
    F = integrated(lambda Y: spectral_velocity(A, Y), table_of(SQUARE, flow.path[0]), [0, 0.7])[1]
    np.testing.assert_allclose(table_of(SQUARE, flow.path[1]), F, atol=1e-9)
    np.testing.assert_allclose(flow.held[-1], [0.7, 0.2625, 0], atol=1e-4)
    np.testing.assert_allclose(flow.fixed_points, [0.7, 0.2625, 0, 0])
    trained = pg.flow(SQUARE, 2, 0.2, [0, 50], weight_decay=5)
    assert trained.held[-1].max() < 1e-100  # decay above 2γ switches every mode off
    assert not trained.fixed_points.any()


@pytest.mark.parametrize("seed", first_by_default(*range(8), default=2))
def test_linear_barlow_twins_is_that_of_scipy_and_ends_with_whitened_features(seed):
    graph, k, *_ = drawn(5 * seed)
    k = min(k, 3)
    f = np.random.default_rng(seed).standard_normal((graph.N, k)) / np.sqrt(graph.N * graph.w_x)[:, None]
    times = np.array([0.0, 0.2, 1.5])
    flow = pg.flow(graph, k, f, times, rule="barlow")
    A = graph.gram(np.eye(graph.N))
    expected = integrated(lambda Y: barlow_velocity(A, Y), table_of(graph, f), times)
    np.testing.assert_allclose([table_of(graph, each) for each in flow.path], expected, atol=1e-9)
    losses = [np.sum((F.T @ A @ F - np.eye(k)) ** 2) for F in expected]
    np.testing.assert_allclose(flow.loss, losses, atol=1e-8)
    if flow.limit is not None and np.linalg.matrix_rank(A, 1e-3) >= k:
        limit = table_of(graph, flow.limit)
        np.testing.assert_allclose(limit.T @ A @ limit, np.eye(k), atol=1e-8)


def test_linear_barlow_twins_aligned_and_under_decay():
    start = aligned(SQUARE, [0.01, 0.3, 1e-4])
    flow = pg.flow(SQUARE, 3, start, [0, 1.3], rule="barlow", weight_decay=0.1)
    assert flow.exact
    F = integrated(
        lambda Y: barlow_velocity(SQUARE.adjacency, Y) - 0.2 * Y, table_of(SQUARE, start), np.array([0, 1.3])
    )[1]
    np.testing.assert_allclose(table_of(SQUARE, flow.f), F, atol=1e-9)
    half = np.sum(np.square(pg.flow(SQUARE, 3, start, [flow.switch_on[2]], rule="barlow", weight_decay=0.1).held[0]))
    assert np.isfinite(half)
    again = pg.flow(SQUARE, 3, start, [flow.switch_on[2]], rule="barlow", weight_decay=0.1)
    np.testing.assert_allclose(again.amounts[0, 2], flow.final_amounts[2] / 2, rtol=1e-9)
    np.testing.assert_allclose(flow.final_amounts, (1 - 0.05 / GAMMA[:3]) / GAMMA[:3])


def byol_by_definition(A, F, P, times, decay, stop_gradient, averaging):
    """W' = Pᵀ(TĀ - PW) - ηW, P' = (TĀ - PW)Wᵀ - ηP for the table W = Fᵀ, with the target T = W or its average, by scipy."""
    k, N = F.T.shape

    def velocity(t, z):
        W, P, T = z[: k * N].reshape(k, N), z[k * N : k * N + k * k].reshape(k, k), z[k * N + k * k :].reshape(k, N)
        target = T if averaging else W
        dW = P.T @ (target @ A - P @ W) - decay * W
        if not stop_gradient:  # the derivative of ½E||t(x⁺) - Pf(x)||² through the target too
            dW = P.T @ W @ A + P @ W @ A - P.T @ P @ W - W - decay * W
        dP = (target @ A - P @ W) @ W.T - decay * P
        dT = (W - T) / averaging if averaging else 0 * T
        return np.concatenate([dW.ravel(), dP.ravel(), dT.ravel()])

    z = np.concatenate([F.T.ravel(), P.ravel(), F.T.ravel()])
    found = solve_ivp(velocity, (0, times[-1]), z, "DOP853", t_eval=times, rtol=1e-12, atol=1e-14).y.T
    return found[:, : k * N].reshape(-1, k, N).transpose(0, 2, 1), found[:, k * N : k * N + k * k].reshape(-1, k, k)


@pytest.mark.parametrize("options", [{}, {"stop_gradient": False}, {"averaging_time": 3.0}], ids=str)
def test_byol_is_that_of_scipy_from_any_start_and_predictor(options):
    source = np.random.default_rng(3)
    f, P, times = source.standard_normal((4, 3)), source.standard_normal((3, 3)), np.array([0, 0.4, 2.0, 7.0])
    flow = pg.flow(SQUARE, 3, f, times, rule="byol", weight_decay=0.03, predictor=P, **options)
    F, predictors = byol_by_definition(
        SQUARE.adjacency,
        table_of(SQUARE, f),
        P,
        times,
        0.03,
        options.get("stop_gradient", True),
        options.get("averaging_time"),
    )
    np.testing.assert_allclose([table_of(SQUARE, each) for each in flow.path], F, atol=1e-9)
    np.testing.assert_allclose(flow.predictors, predictors, atol=1e-9)
    assert not flow.exact
    apart = sum(w * np.sum((P @ f[x] - f[y]) ** 2) for (x, y), w in np.ndenumerate(SQUARE.w))
    penalty = 0.03 * (np.sum(table_of(SQUARE, f) ** 2) + np.sum(P**2))
    np.testing.assert_allclose(flow.loss[0], apart + penalty, rtol=1e-12)


@pytest.mark.parametrize("seed", first_by_default(*range(6), default=2))
def test_byol_learns_exactly_the_modes_above_twice_the_root_of_the_decay(seed):
    source = np.random.default_rng(seed)
    d = int(source.integers(2, 4))
    kernel = np.ones((1, 1))
    for q in source.uniform(0.02, 0.3, d):
        kernel = np.kron(kernel, flip(q))
    graph = pg.build(np.full(2**d, 0.5**d), kernel)
    gamma = graph.spectrum(graph.N).gamma
    decay = float(np.mean(np.sort(gamma)[[-3, -2]]) / 2) ** 2  # between two modes
    flow = pg.flow(graph, 4, 1.0, [0, 1], rule="byol", weight_decay=decay)
    on = gamma[:4] > 2 * np.sqrt(decay)
    expected = np.where(on, ((gamma[:4] + np.sqrt(np.maximum(gamma[:4] ** 2 - 4 * decay, 0))) / 2) ** 2, 0)
    np.testing.assert_allclose(flow.final_amounts, expected, atol=1e-8)
    none = pg.flow(graph, 4, 1.0, [0, 1], rule="byol", weight_decay=decay, stop_gradient=False)
    assert not none.final_amounts.any()


def test_a_momentum_target_slows_the_approach_to_the_same_fixed_points():
    times, options = [0, 4.0], {"rule": "byol", "weight_decay": 0.05}
    plain = pg.flow(SQUARE, 2, 0.5, times, **options)
    slow = pg.flow(SQUARE, 2, 0.5, times, averaging_time=20.0, **options)
    np.testing.assert_allclose(slow.final_amounts, plain.final_amounts, atol=1e-8)
    assert (np.abs(slow.amounts[1] - slow.final_amounts) > np.abs(plain.amounts[1] - plain.final_amounts)).all()
    simsiam = pg.flow(SQUARE, 2, 0.5, times, rule="simsiam", weight_decay=0.05)
    np.testing.assert_array_equal(simsiam.path, plain.path)


def test_descent_follows_the_flow_with_an_error_of_the_order_of_its_step():
    f = np.random.default_rng(2).standard_normal((4, 2)) * 0.3
    flow = pg.flow(SQUARE, 2, f, [0.2, 1.0])
    errors = [np.abs(pg.flow(SQUARE, 2, f, [0.2, 1.0], step=h).path - flow.path).max() for h in (0.02, 0.01, 0.005)]
    np.testing.assert_allclose(np.divide(errors[:-1], errors[1:]), 2, atol=0.2)
    F = table_of(SQUARE, f)
    for _ in range(100):
        F = F + 0.002 * spectral_velocity(SQUARE.adjacency, F)
    found = pg.flow(SQUARE, 2, f, [0.2], step=0.002)
    np.testing.assert_allclose(table_of(SQUARE, found.f), F, atol=1e-13)
    assert found.step == 0.002
    assert found.limit is None


@pytest.mark.parametrize(
    ("rule", "options"),
    [("spectral", {}), ("spectral", {"weight_decay": 0.3}), ("barlow", {}), ("byol", {"weight_decay": 0.05}),
     ("byol", {"weight_decay": 0.05, "averaging_time": 2.0})],
)  # fmt: skip
def test_below_the_largest_stable_step_descent_rests_and_above_it_is_refused(rule, options):
    start = pg.flow(SQUARE, 2, 0.5, [0, 1], rule=rule, **options)
    bound = start.largest_stable_step
    near = start.limit * 1.001 + 0.001 * np.random.default_rng(0).standard_normal((4, 2))
    given = dict(options, rule=rule)
    if start.predictors is not None:
        rest = pg.flow(SQUARE, 2, start.limit, [0, 200], **given)
        given["predictor"] = rest.predictors[-1] * 1.001
    below = pg.flow(SQUARE, 2, near, [0, 400 * bound], step=0.97 * bound, **given)
    assert np.isfinite(below.loss).all()
    rests_at = np.sort(pg.flow(SQUARE, 2, near, [0, 1], **given).final_amounts)[:-3:-1]
    np.testing.assert_allclose(below.held[-1], rests_at, atol=0.02)
    with pytest.raises(InvalidArgument, match=r"step is .*; descent by rule .* is stable below .* the mode γ = 1 sets"):
        pg.flow(SQUARE, 2, near, [0, 1], step=1.01 * bound, **given)
    if rule == "spectral":
        assert bound == pytest.approx(1 / (4 * (1 - options.get("weight_decay", 0) / 2)))
        F = table_of(SQUARE, near)
        A = SQUARE.adjacency - options.get("weight_decay", 0) / 2 * np.eye(4)
        for _ in range(400):
            F = F + 1.05 * bound * spectral_velocity(A, F)
        assert np.linalg.norm(spectral_velocity(A, F)) > 0.05  # it does not rest


def test_descent_from_a_start_that_is_too_large_is_refused_in_words():
    with pytest.raises(InvalidArgument, match=r"from this start f grows without bound .* give a shorter step"):
        pg.flow(SQUARE, 2, 100.0, [0, 10], step=0.2)


def test_sampled_steps_have_the_velocity_of_the_flow_on_average():
    f = np.random.default_rng(2).standard_normal((4, 2)) * 0.3
    one = [pg.flow(SQUARE, 2, f, [0.01], step=0.01, batch_size=2000, rng=seed).f for seed in range(40)]
    moved = (np.mean(one, axis=0) - f) / 0.01
    velocity = spectral_velocity(SQUARE.adjacency, table_of(SQUARE, f)) / np.sqrt(SQUARE.w_x)[:, None]
    spread = np.std(one, axis=0, ddof=1) / 0.01 / np.sqrt(40)
    assert (np.abs(moved - velocity) < 5 * spread).all()
    noisy = pg.flow(SQUARE, 2, f, np.linspace(0, 5, 11), step=0.01, batch_size=64, rng=0)
    assert noisy.amounts.shape == (11, 4)
    np.testing.assert_allclose(noisy.held[-1], GAMMA[:2], atol=0.3)
    again = pg.flow(SQUARE, 2, f, np.linspace(0, 5, 11), step=0.01, batch_size=64, rng=0)
    np.testing.assert_array_equal(again.path, noisy.path)


def test_switch_on_times_are_when_half_of_the_final_amount_is_held_also_where_modes_are_coupled():
    f = np.random.default_rng(7).standard_normal((4, 3)) * 0.02
    for rule in ("spectral", "barlow"):
        flow = pg.flow(SQUARE, 3, f, rule=rule)
        on = np.flatnonzero(flow.final_amounts > 1e-3)
        assert len(on) >= 3
        for mode in on.tolist():
            if flow.switch_on[mode] > 0:
                x = pg.flow(SQUARE, 3, f, [flow.switch_on[mode]], rule=rule).amounts[0, mode]
                np.testing.assert_allclose(x, flow.final_amounts[mode] / 2, rtol=1e-7)


def test_modes_of_a_repeated_eigenvalue_have_the_axes_of_the_start():
    source = np.random.default_rng(0)
    vectors = np.linalg.qr(source.standard_normal((6, 6)))[0]
    F = source.standard_normal((6, 2))
    modes = modes_of(np.array([1.0, 0.5, 0.5, 0.5, 0.5, 0.0]), vectors, F)
    np.testing.assert_array_equal(modes.gamma, [1, 0.5, 0.5, 0])
    np.testing.assert_allclose(modes.vectors @ modes.start, F, atol=1e-12)
    assert abs(modes.start[1] @ modes.start[2]) < 1e-12
    cube = pg.zoo.hypercube(4)
    turned = pg.flow(cube, 2, rng=0, times=[0, 2.0])
    assert len(turned.gamma) == 1 + 2 + 2 + 2 + 1
    np.testing.assert_array_equal(np.unique(np.round(turned.gamma, 12)), np.sort(0.25 ** np.arange(5)))


def test_a_flow_is_a_value():
    flow = pg.flow(SQUARE, 2, 0.01)
    assert repr(flow) == "Flow(4 views, k=2, spectral, 101 times to 1.78305; at last on: 2 of 2 modes)"
    assert "0.57439" in str(flow)
    again = pickle.loads(pickle.dumps(flow))
    np.testing.assert_array_equal(again.path, flow.path)
    with pytest.raises(ValueError, match="read-only"):
        again.path[0] = 0
    with pytest.raises(ReadOnly):
        flow.rule = "barlow"
    half = pg.flow(SQUARE, 2, np.float32(flow.path[0]), flow.times)
    np.testing.assert_allclose(half.amounts, flow.amounts, atol=1e-5)


BAD = {
    "negative time": ({"times": [-1.0, 2]}, r"times\[0\] is -1; a time must be 0 or more"),
    "NaN time": ({"times": [0, np.nan]}, r"times holds nan; give increasing numbers, 0 or more"),
    "unsorted": ({"times": [0, 2, 1]}, r"times\[2\] is 1, after 2; times must increase: sort them"),
    "twice": ({"times": [1, 1]}, r"times\[1\] is 1, after 1"),
    "a number": ({"times": 3.0}, r"times has shape \(\); give one or more increasing numbers"),
    "none": ({"times": []}, r"times has shape \(0,\)"),
    "too late": ({"times": [1e13]}, r"at most 1e\+12: \.limit is f as t"),
    "k = 0": ({"k": 0}, "k is 0; it must be a whole number from 1 to the number of views, 4"),
    "k = 5": ({"k": 5}, "k is 5; it must be a whole number from 1 to the number of views, 4"),
    "shape": ({"start": np.ones((4, 3))}, r"start has shape \(4, 3\); k = 2 needs \(4, 2\)"),
    "NaN": ({"start": np.full((4, 2), np.nan)}, "start is NaN or infinite"),
    "zero": ({"start": 0}, "start is 0; as a number it is the amount of each leading mode"),
    "rule": ({"rule": "spectrl"}, "rule is 'spectrl'; it must be \"spectral\", .*: did you mean 'spectral'"),
    "step": ({"step": 0.0}, "step is 0.0; it must be a positive number"),
    "too many steps": ({"times": [1e9], "step": 0.1}, "which is 10,000,000,000 steps of 0.1"),
    "batch": ({"batch_size": 8}, "batch_size is 8, without step="),
    "batch of one": ({"batch_size": 1, "step": 0.1}, "batch_size is 1; the batch loss spectral needs"),
    "batch of byol": ({"batch_size": 8, "step": 0.1, "rule": "byol"}, 'batch_size= samples pairs for rule="spectral"'),
    "foreign": ({"averaging_time": 1.0}, 'averaging_time= belongs to rule="byol", and rule is "spectral"'),
    "foreign flag": ({"stop_gradient": False, "rule": "barlow"}, 'stop_gradient= belongs to rule="byol"'),
    "no target": ({"rule": "byol", "stop_gradient": False, "averaging_time": 1.0}, "an averaged target is not differ"),
    "simsiam": ({"rule": "simsiam", "averaging_time": 1.0}, "has the target f itself"),
    "predictor": ({"rule": "byol", "predictor": np.eye(3)}, r"predictor has shape \(3, 3\); k = 2 needs \(2, 2\)"),
    "predictor NaN": ({"rule": "byol", "predictor": np.full((2, 2), np.nan)}, "predictor holds nan; give a"),
    "decay": ({"weight_decay": -0.1}, "weight_decay is -0.1; it must be a number from 0 to 1,000,000"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_does_not_fit_is_refused_in_a_sentence(name):
    given, words = BAD[name]
    with pytest.raises((InvalidArgument, InvalidEmbedding), match=words):
        pg.flow(SQUARE, **{"k": 2, "start": 0.1, **given})


def test_other_names_and_other_populations_are_refused_with_what_to_use():
    with pytest.raises(InvalidCall, match=r"momentum=; averaging_time= is the time"):
        pg.flow(SQUARE, 2, momentum=0.9)
    with pytest.raises(InvalidArgument, match=r"needs a list of views, .* use its .expand\(\)"):
        pg.flow(pg.product([SQUARE, SQUARE]), 2)
    with pytest.raises(InvalidArgument, match=r"\.side_x or \.side_z"):
        pg.flow(SQUARE.two_encoders(), 2)
    noisy = SQUARE.with_noise([0.4, 0.3, 0.2, 0.1])
    with pytest.raises(InvalidArgument, match="not for negatives from a noise law"):
        pg.flow(noisy, 2, step=0.01, batch_size=8)
    A = noisy.adjacency
    f = np.random.default_rng(0).standard_normal((4, 2))
    flow = pg.flow(noisy, 2, f, [0, 0.8])
    np.testing.assert_allclose(
        table_of(noisy, flow.f),
        integrated(lambda Y: spectral_velocity(A, Y), table_of(noisy, f), [0, 0.8])[1],
        atol=1e-9,
    )
    with pytest.raises(TooLarge, match="a flow needs all eigenpairs, of 4,096 views or naturals at most"):
        pg.flow(pg.zoo.ring(5000), 2)


def test_more_views_than_naturals_are_decomposed_on_the_side_of_the_naturals():
    source = np.random.default_rng(0)
    graph = pg.build(source.dirichlet(np.ones(3)), source.dirichlet(np.ones(5000), 3))
    f, times = source.standard_normal((5000, 2)), np.array([0, 0.4, 3.0])
    flow = pg.flow(graph, 2, f, times)
    F, M = table_of(graph, f), graph.factor.toarray()
    # Off the span of the rows of M, where Ā is 0, the start has k dimensions: 3 + 2 coordinates hold all
    basis = np.linalg.qr(np.column_stack([M.T, F]))[0]
    small = basis.T @ (M.T @ (M @ basis))
    expected = basis @ integrated(lambda Y: spectral_velocity(small, Y), basis.T @ F, times)
    np.testing.assert_allclose([table_of(graph, each) for each in flow.path], expected, atol=1e-9)
    assert len(flow.gamma) == 5
    with pytest.raises(TooLarge, match="batch_size= needs all eigenvectors"):
        pg.flow(graph, 2, f, times, step=0.01, batch_size=10)
    with pytest.raises(TooLarge, match="k above the number of positive eigenvalues, 3, needs"):
        pg.flow(graph, 4, 0.1, times)


def test_an_integration_that_takes_too_long_says_how_far_it_came(monkeypatch):
    monkeypatch.setattr(integration, "MAX_ODE_STEPS", 30)
    with pytest.raises(
        NotConverged, match=r"times reach 1000; 30 steps of .* rule byol led to .*: give times up to there"
    ):
        pg.flow(SQUARE, 2, 0.5, [0, 1000], rule="byol")
    early = pg.flow(SQUARE, 2, 0.5, [0, 0.1], rule="byol")
    assert early.limit is None
    assert np.isnan(early.final_amounts).all()
    assert "does not yet rest" in early.how
    assert "at last on: unknown" in repr(early)


@pytest.mark.parametrize("columns", [[1, 1e-4, 1e-8], [1e-6, 1e-6, 1e-6], [30, 1, 1]], ids=str)
def test_columns_and_modes_of_very_different_sizes_keep_their_accuracy(columns):
    source = np.random.default_rng(4)
    f = source.standard_normal((4, 3)) * columns
    flow = pg.flow(SQUARE, 3, f, [0.01, 1.0, 6.0])
    expected = integrated(lambda Y: spectral_velocity(SQUARE.adjacency, Y), table_of(SQUARE, f), [0.01, 1.0, 6.0])
    np.testing.assert_allclose([table_of(SQUARE, each) for each in flow.path], expected, atol=1e-9, rtol=1e-6)


@pytest.mark.parametrize("seed", range(4))
def test_a_start_of_lower_rank_keeps_its_rank_for_ever(seed):
    source = np.random.default_rng(seed)
    f = source.standard_normal((4, 2)) @ source.standard_normal((2, 3))
    held = pg.flow(SQUARE, 3, f, [0, 10.0, 1e3, 1e9]).held
    np.testing.assert_allclose(held[1:, 2], 0, atol=1e-12)
    np.testing.assert_allclose(held[2:, :2], [GAMMA[:2]] * 2, atol=1e-12)
