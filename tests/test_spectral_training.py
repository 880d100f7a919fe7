"""The descent on the spectral loss: exact steps, hard cuts, saddles of every kind, and the same bits on any number of threads."""

import numpy as np
import pytest
import scipy.sparse as sp
from cases import ZOO, block_diagonal, near_tie

import popgraph as pg
from popgraph import zoo
from popgraph.basics import products
from popgraph.errors import TooLarge
from popgraph.training import learning, quartic, spectral_descent
from popgraph.training.conjugate import ConjugateGradients, NewtonSteps
from popgraph.training.quartic import LineMoments, QuarticState, least_of_quartic


def adjacency(seed, N=12, rank=12):
    """A positive semidefinite matrix of norm 1."""
    B = np.random.default_rng(seed).standard_normal((rank, N))
    S = B.T @ B
    return S / np.linalg.norm(S, 2)


def loss(S, F):
    return np.sum((F.T @ F) ** 2) - 2 * np.sum(F * (S @ F))


def check(graph, k, training, atol=1e-10):
    """The least loss, and what `verify` says of it."""
    spectrum = graph.spectrum(k)
    assert training.converged, training
    assert training.loss[-1] == pytest.approx(-np.sum(spectrum.gamma**2), abs=atol)
    match = pg.verify(graph, training.f)
    assert match.optimal, match
    return match


# --- one step


@pytest.mark.parametrize("seed", range(5))
def test_the_loss_along_a_line_is_the_quartic_and_its_least_point_is_found(seed):
    rng = np.random.default_rng(seed)
    S, F, D = adjacency(seed), rng.standard_normal((12, 3)), rng.standard_normal((12, 3))
    state = QuarticState(lambda X: S @ X, F.copy())
    G = 4 * (F @ F.T @ F - S @ F)
    np.testing.assert_allclose(state.G, G, atol=1e-12)
    t = state.along(D, S @ D, LineMoments(F.T @ D, D.T @ D, float(np.sum(G * D))))
    grid = np.linspace(-5, 5, 20_001)
    losses = [loss(S, F + s * D) for s in grid]
    assert loss(S, F + t * D) <= min(losses) + 1e-12
    state.move(t, D, S @ D, LineMoments(F.T @ D, D.T @ D, 0.0))
    assert state.loss == pytest.approx(loss(S, F + t * D), rel=1e-12)
    after = F + t * D
    np.testing.assert_allclose(state.G, 4 * (after @ after.T @ after - S @ after), atol=1e-11)


@pytest.mark.parametrize("scale", [1e-12, 1e-6, 1.0, 1e6])
def test_the_least_point_of_a_quartic_keeps_its_digits_at_any_scale(scale):
    """Against the roots of numpy's companion matrix, and for a root that is tiny beside the others."""
    rng = np.random.default_rng(0)
    for _ in range(200):
        c1, c2, c3 = rng.standard_normal(3) * scale ** np.array([3.0, 2.0, 1.0])
        t = least_of_quartic(c1, c2, c3, 1.0)
        roots = np.roots([4.0, 3 * c3, 2 * c2, c1])
        real = roots[np.abs(roots.imag) < 1e-9 * scale].real
        values = np.polyval([1.0, c3, c2, c1, 0.0], real)
        value = np.polyval([1.0, c3, c2, c1, 0.0], t)
        assert value <= min(values.min(), 0.0) * (1 - 1e-12)
    assert least_of_quartic(-1e-14, 1.0, 0.3, 0.1) == pytest.approx(5e-15, rel=1e-12, abs=0)


def test_a_quartic_without_a_lower_point_is_not_moved_along():
    assert least_of_quartic(0.0, 1.0, 0.0, 1.0) == 0.0
    assert least_of_quartic(0.0, 0.0, 0.0, 0.0) == 0.0
    assert least_of_quartic(-2.0, 1.0, 0.0, 0.0) == 1.0  # no fourth power: a parabola
    assert least_of_quartic(np.nan, 1.0, 0.0, 1.0) == 0.0


def test_steps_only_ever_go_down_and_newton_steps_square_the_gradient():
    S = adjacency(0, 40, 20)
    state = QuarticState(lambda X: S @ X, np.random.default_rng(1).standard_normal((40, 4)))
    descent, losses = ConjugateGradients(state), [state.loss]
    while state.gradient_norm > 1e-4:
        descent.step()
        losses.append(state.loss)
        assert losses[-1] <= losses[-2] + 1e-14
    newton, before = NewtonSteps(state, np.empty_like(state.F)), state.gradient_norm
    newton.step(1e-13)
    assert state.gradient_norm < 100 * before**2


def test_a_newton_step_beside_a_saddle_goes_down():
    """There the Hessian has negative curvature, and the solution of Newton's equations leads back up."""
    S = np.diag([1.0, 0.9, 0.8, 0.1, 0.05])
    for size in (1e-2, 1e-5, 1e-9):
        F = np.zeros((5, 2))
        F[0, 0], F[2, 1] = 1.0, np.sqrt(0.8)
        F += size * np.random.default_rng(0).standard_normal(F.shape)
        state = QuarticState(lambda X: S @ X, F)
        before, newton = loss(S, F), NewtonSteps(state, np.empty_like(F))
        for _ in range(4):
            newton.step(1e-14)
            assert loss(S, state.F) <= before + 1e-15
            before = loss(S, state.F)


# --- cuts


@pytest.mark.parametrize("seed", [0, 1])
def test_a_cut_inside_of_many_alike_clusters_is_reached(seed):
    """Twelve clusters with eigenvalues close together, of which seven are asked for."""
    graph = zoo.clusters(count=12, naturals=100, views=150, degree=12, cross=0.05, rng=seed)
    match = check(graph, 7, pg.train(graph, 7, rng=seed))
    assert match.largest_angle < 1e-8


@pytest.mark.parametrize("gap", [1e-3, 1e-5, 1e-6, 0.0])
def test_a_cut_through_a_near_tie_ends_with_the_least_loss(gap):
    graph = near_tie(gap)
    for seed in range(5):
        training = pg.train(graph, 3, rng=seed, steps=1_000)  # 414 at most; along lines up to 1,836
        assert training.converged
        assert training.loss[-1] == pytest.approx(-np.sum(graph.spectrum(3).gamma ** 2), abs=1e-13)


@pytest.mark.parametrize(
    ("clusters", "k", "most"),
    [
        (6, 6, 34),  # a clean cut: 30 products; 36 without the k x k conditioner
        (
            12,
            7,
            400,
        ),  # inside of alike clusters: 250 to 287; 520 to 766 without Newton steps, 1,119 without conjugate directions
        (3, 6, 200),  # below the clusters: 142 to 159; 258 to 283 without the conditioner
    ],
)
def test_few_products_are_enough(monkeypatch, clusters, k, most):
    """Products with k columns are what training costs; a part of the method that does nothing would show here, and nowhere else."""
    graph = zoo.clusters(count=clusters, naturals=100, views=150, degree=12, cross=0.05, rng=0)
    asked, gram = [], pg.PopulationGraph.gram
    monkeypatch.setattr(
        pg.PopulationGraph,
        "gram",
        lambda self, X: asked.append(X.ndim) or gram(self, X),  # a saddle's check takes vectors
    )
    for seed in range(3):
        asked.clear()
        assert pg.train(graph, k, rng=seed).converged
        assert asked.count(2) <= most


def test_a_cut_inside_of_a_repeated_eigenvalue_is_a_match_of_the_family():
    cube = zoo.hypercube(4)
    for k in (3, 7, 12):  # eigenvalues of multiplicity 4, 6 and 4
        assert check(cube, k, pg.train(cube, k, rng=0))


@pytest.mark.parametrize("k", [1, 3, 5, 9])
def test_more_components_than_columns_and_more_columns_than_components(k):
    rng = np.random.default_rng(0)
    graph = pg.build(np.full(20, 0.05), block_diagonal([rng.dirichlet(np.ones(4), 4) for _ in range(5)]))
    match = check(graph, k, pg.train(graph, k, rng=0))
    assert match


def test_k_above_the_rank_and_k_of_all_views_are_optimal():
    wide = pg.build(
        np.array([0.5, 0.5]), [[0.25, 0.25, 0.25, 0.25, 0, 0], [0, 0, 0.25, 0.25, 0.25, 0.25]]
    )  # rank 2, six views
    for k in (2, 3, 6):
        check(wide, k, pg.train(wide, k, rng=0))
    pair = pg.build(np.array([0.5, 0.5]), [[0.8, 0.2], [0.2, 0.8]])
    for k in (1, 2):
        assert check(pair, k, pg.train(pair, k, rng=0))


def hub_and_ring(n):
    """A ring of n views, and a hub that each of them may become: slow modes of the ring, and rows of very different weight."""
    hub = sp.csr_array(np.full((n, 1), 0.02))
    ring = sp.diags_array([0.18, 0.4, 0.4], offsets=[0, 1, -1], shape=(n, n)).tolil()
    ring[0, n - 1] = ring[n - 1, 0] = 0.4
    A = sp.hstack([ring.tocsr(), hub]).tocsr()
    return pg.build(np.full(n, 1 / n), sp.csr_array(A))


def test_a_hub_with_a_ring_and_views_of_very_different_weight():
    for graph, k in ((hub_and_ring(60), 3), (zoo.clusters(count=3, naturals=20, views=20, degree=4), 3)):
        check(graph, k, pg.train(graph, k, rng=0))
    p = np.array([1 - 3e-8, 1e-8, 1e-8, 1e-8])
    graph = pg.build(p, [[1, 0, 0, 0], [0, 0.6, 0.2, 0.2], [0, 0.1, 0.8, 0.1], [0, 0.3, 0.3, 0.4]])
    for k in (1, 2, 3, 4):
        check(graph, k, pg.train(graph, k, rng=0))


# --- saddles


def saddles(graph):
    """Critical points of rank 0, 1 and 2 of three columns, by the eigenvectors that they contain."""
    embedding = graph.spectrum(6).embedding
    zero = np.zeros(graph.N)
    yield "none", np.zeros((graph.N, 3))
    for name, chosen in (("1 4 6", (0, 3, 5)), ("4 5 6", (3, 4, 5)), ("2 3 4", (1, 2, 3))):
        yield name, embedding[:, chosen]
    yield "1 and zeros", np.column_stack([embedding[:, 0], zero, zero])
    yield "6 and zeros", np.column_stack([embedding[:, 5], zero, zero])
    yield "4 thrice, of rank 1", np.column_stack([embedding[:, 3]] * 3) / np.sqrt(3)
    yield (
        "1 4 and zero, turned",
        np.column_stack([embedding[:, [0, 3]], zero]) @ np.linalg.qr(np.ones((3, 3)) + np.eye(3))[0],
    )


@pytest.mark.parametrize("size", [0.0, 1e-12, 1e-8, 1e-4])
def test_every_saddle_is_left(size):
    graph = zoo.clusters(count=4, naturals=10, views=12, degree=4, cross=0.2, rng=3)
    noise = np.random.default_rng(0).standard_normal((graph.N, 3))
    for name, start in saddles(graph):
        training = pg.train(graph, 3, start=start + size * noise)
        assert training.converged, name
        match = check(graph, 3, training)
        assert match.largest_angle < 1e-8, name


def test_a_start_outside_of_a_component_reaches_it():
    """A gradient never leaves the components where F is: without a step off the saddle they would be never seen."""
    rng = np.random.default_rng(0)
    graph = pg.build(np.full(12, 1 / 12), block_diagonal([rng.dirichlet(np.ones(4), 4) for _ in range(3)]))
    start = np.zeros((12, 3))
    start[:4] = rng.standard_normal((4, 3))
    assert check(graph, 3, pg.train(graph, 3, start=start))


@pytest.mark.parametrize("count", [2, 3, 4, 6])
@pytest.mark.parametrize("first", ["zeros", "one component"])
def test_saddles_inside_of_a_repeated_eigenvalue_are_left_one_after_another(count, first):
    """Each step off a saddle takes the part of its random direction in the eigenspace; the next look must have a direction anew."""
    graph = pg.build(np.full(3 * count, 1 / (3 * count)), block_diagonal([np.full((3, 3), 1 / 3)] * count))
    for k in range(2, count + 1):
        start = np.zeros((3 * count, k))
        start[:3, 0] = np.sqrt(count) if first == "one component" else 0.0
        training = pg.train(graph, k, start=start)
        assert training.converged
        assert training.loss[-1] == pytest.approx(-k, abs=1e-12)
    cube = zoo.hypercube(4)
    for k in (3, 5, 8):
        assert check(cube, k, pg.train(cube, k, start=np.zeros((16, k))))


@pytest.mark.parametrize("tol", [1e-2, 1e-4, 1e-8])
def test_a_saddle_is_no_minimum_at_any_tol(tol):
    graph = zoo.clusters(count=3)
    whole = graph.spectrum(3)
    start = whole.embedding[:, [0, 2]] + 1e-3 * tol * np.random.default_rng(0).standard_normal((graph.N, 2))
    training = pg.train(graph, 2, start=start, tol=tol)
    assert training.converged
    assert training.loss[-1] == pytest.approx(-np.sum(whole.gamma[:2] ** 2), abs=10 * tol)


def test_no_run_that_ends_at_a_saddle_is_said_to_have_converged():
    graph = zoo.clusters(count=3)
    start = graph.spectrum(3).embedding[:, [0, 2]]
    stopped = pg.train(graph, 2, start=start, callback=lambda step: True)
    assert not stopped.converged
    assert stopped.stopped.startswith("stopped by the callback with gradient norm")
    loose = zoo.clusters(count=3)
    out = pg.train(loose, 2, start=start * 1.001, steps=1, tol=1e-1)  # near enough to a saddle, and no step left
    assert not out.converged or out.loss[-1] < -np.sum(graph.spectrum(2).gamma ** 2) + 0.1


@pytest.mark.parametrize("seed", [12, 30, 33, 60])
def test_columns_of_zeros_are_filled_together(seed):
    """One by one they went down to a critical point of each rank, 3,000 to 6,000 steps where γ is almost equal below k."""
    ring = 0.5 * np.eye(29) + 0.25 * np.roll(np.eye(29), 1, 0) + 0.25 * np.roll(np.eye(29), -1, 0)
    p = np.random.default_rng(seed).dirichlet(np.full(29, 0.1)) + 1e-9
    graph = pg.build(p / p.sum(), ring)
    training = pg.train(graph, 8, start=np.zeros((29, 8)))
    check(graph, 8, training)
    assert training.steps[-1] < 200


def test_more_saddles_than_twenty_are_left_one_for_each_column():
    rng = np.random.default_rng(0)
    graph = pg.build(np.full(30, 1 / 30), rng.dirichlet(np.full(30, 0.3), 30))
    for k in (21, 24, 30):
        training = pg.train(graph, k, start=np.zeros((30, k)))
        check(graph, k, training)


@pytest.mark.parametrize("scale", [1e-49, 1e-20, 1e20, 1e49])
def test_many_starts_of_unusual_size_on_many_components_arrive(scale):
    """Scaling back leaves a start of one direction that is no better than another: saddles follow one another."""
    for count in (3, 4):
        graph = pg.build(np.full(3 * count, 1 / (3 * count)), block_diagonal([np.full((3, 3), 1 / 3)] * count))
        for seed in range(20):
            start = scale * np.random.default_rng(seed).standard_normal((3 * count, count))
            training = pg.train(graph, count, start=start)
            assert training.converged
            assert training.loss[-1] == pytest.approx(-count, abs=1e-10), seed


@pytest.mark.parametrize("scale", [1e-49, 1e-20, 1e-6, 1e6, 1e20, 1e49])
def test_a_start_of_any_size_arrives(scale):
    graph = zoo.hypercube(3)
    start = scale * np.random.default_rng(0).standard_normal((8, 4))
    assert check(graph, 4, pg.train(graph, 4, start=start))


def test_columns_of_very_different_size_arrive():
    graph = zoo.hypercube(3)
    start = np.random.default_rng(0).standard_normal((8, 4)) * 10.0 ** np.array([40, 0, -20, -40])
    assert check(graph, 4, pg.train(graph, 4, start=start))


def test_a_start_drawn_as_a_saddle_check_draws_is_judged_like_any_other():
    """On the graph of the identity F keeps its directions: a check that drew the start's numbers would see nothing outside."""
    graph = pg.build(["a", "b"], pg.identity())
    for seed in range(3):
        training = pg.train(graph, 1, start=np.random.default_rng(seed).standard_normal((2, 1)))
        assert training.converged
        assert training.loss[-1] == pytest.approx(-1)


def test_the_complement_is_decided_by_few_products_and_never_wrongly(monkeypatch):
    """What Lanczos steps leave open goes to ARPACK; both see an eigenvalue that is left out."""
    from popgraph.training import saddles as module

    S = np.diag([1.0, 0.9, 0.5, 0.499, 0.1, 0.0, 0.0])
    coordinates = pg.populations.ClassCoordinates(S, np.eye(7))
    asked = []
    extreme = module.extreme_eigenpair
    monkeypatch.setattr(module, "extreme_eigenpair", lambda *given: asked.append(1) or extreme(*given))
    for columns, least in (((0, 1), True), ((0, 2), False), ((0, 1, 3), False), ((0, 1, 2), True), ((2, 3), False)):
        F = np.zeros((7, len(columns)))
        for at, column in enumerate(columns):
            F[column, at] = np.sqrt(S[column, column])
        objective = learning.Objective(coordinates, pg.losses.spectral, latest=(0.0, 0.0))
        step = module.step_off_saddle(objective, F.ravel())
        assert (step is None) == least, columns
        if step is not None:
            assert loss(S, F + step.reshape(F.shape)) < loss(S, F) - 1e-7
    assert len(asked) >= 3


# --- classes of functions


def test_a_class_of_functions_is_trained_to_its_ritz_values():
    graph = zoo.clusters(count=3, naturals=30, views=40, degree=6, rng=0)
    Psi = np.random.default_rng(0).standard_normal((graph.N, 8))
    Q = np.linalg.qr(Psi * np.sqrt(graph.w_x)[:, np.newaxis])[0]
    theta = np.sort(np.linalg.eigvalsh(Q.T @ graph.adjacency @ Q))[::-1]
    for k in (1, 3, 8):
        training = pg.train(graph, k, features=Psi, rng=0)
        assert training.converged
        assert training.loss[-1] == pytest.approx(-np.sum(np.maximum(theta[:k], 0) ** 2), abs=1e-10)
    left_out = pg.train(graph, 2, features=Psi, start=np.zeros((graph.N, 2)))
    assert left_out.loss[-1] == pytest.approx(-np.sum(theta[:2] ** 2), abs=1e-10)


# --- bits, memory


def test_the_bits_are_the_same_on_any_number_of_threads(monkeypatch):
    graph = zoo.clusters(count=5, naturals=300, views=400, degree=10, rng=0)
    alone = pg.train(graph, 5, rng=0, steps=12)
    monkeypatch.setattr(products, "THREADED_OPERATIONS", 0)
    monkeypatch.setattr(products, "ENTRIES_A_PART", 2**15)
    monkeypatch.setattr(quartic, "THREADED_NUMBERS", 0)
    for cores in (1, 2, 3):
        monkeypatch.setattr(products, "core_count", lambda cores=cores: cores)
        assert pg.train(graph, 5, rng=0, steps=12).f.tobytes() == alone.f.tobytes()


def test_tables_are_counted_before_they_are_made(monkeypatch):
    asked = []
    monkeypatch.setattr(learning, "reserve", lambda what, size, instead: asked.append((what, size, instead)))
    graph = zoo.hypercube(3)
    pg.train(graph, 2, rng=0)
    pg.train(graph, 2, rng=0, loss="vicreg", steps=2)
    (what, spectral, instead), (_, others, _) = asked
    assert what == "training f over 8 views with k = 2"
    assert spectral == 8 * 2 * (6 * 8 + 8)
    assert others == 8 * 2 * 48 * 8
    assert instead == "use a smaller k, or batch_size="

    def refuse(what, size, instead):
        raise TooLarge(f"{what} needs {size}; {instead}")

    monkeypatch.setattr(learning, "reserve", refuse)
    with pytest.raises(TooLarge, match=r"training f over 8 views with k = 2 needs .*; use a smaller k, or batch_size="):
        pg.train(graph, 2, rng=0)


def test_the_descent_makes_no_more_tables_than_are_counted():
    """Measured by tracemalloc, which counts numpy's arrays."""
    import tracemalloc

    graph = zoo.clusters(count=10, naturals=200, views=800, degree=4, rng=0)
    k = 20
    graph.gram(np.ones((graph.N, 1)))  # Mᵀ is made once
    table = 8 * graph.N * k
    tracemalloc.start()
    pg.train(graph, k, rng=0, steps=16)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    room = table * (learning.TABLES_IN_SPECTRAL_DESCENT + graph.n / graph.N)
    assert peak < room + 4 * products.BYTES_A_BLOCK + 2**19


def test_a_product_that_is_read_only_or_the_table_itself_is_not_written_into():
    """A population of a user's own may return anything that is an array; of the identity, what it was given."""
    graph = pg.build(["a", "b", "c"], pg.identity())

    class Own:
        name, n, N, component_count, trace = "own", 3, 3, 3, 3.0
        views, w_x, components, view_labels = graph.views, graph.w_x, graph.components, None
        spectrum = sample_pairs = expand = None

        def gram(self, X):
            return X

    training = pg.train(Own(), 2, rng=0)
    assert training.converged
    assert training.loss[-1] == pytest.approx(-2)


def test_a_gradient_that_falls_no_further_ends_the_run_and_is_told(monkeypatch):
    training = pg.train(zoo.hypercube(4), 3, rng=0, tol=1e-300)
    assert training.converged
    assert "falls no further in float64" in training.stopped
    N, k = training.f.shape
    # The entries of 4(ĀF - FFᵀF) are sums of N + 2k terms below 1
    rounding = 4 * (N + 2 * k) * np.sqrt(N * k) * np.finfo(float).eps
    assert training.gradient_norm[-1] < rounding
    monkeypatch.setattr(spectral_descent, "PATIENCE_STEPS", 3)
    monkeypatch.setattr(spectral_descent, "PATIENCE_SHARE", 1e-30)
    monkeypatch.setattr(spectral_descent, "LOSS_NOISE", 10.0)  # so that nothing counts as a fall
    assert pg.train(ZOO["5-cube"], 3, rng=0).steps[-1] == 4  # the first step is the least so far
