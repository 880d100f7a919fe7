"""`verify` of an f with weight decay: each status, at thresholds too, against the closed form and against scipy's optimiser."""

import numpy as np
import pytest
import scipy.optimize
from hypothesis import given
from hypothesis import strategies as st

import popgraph as pg
from popgraph.errors import InvalidArgument
from popgraph.verification.match import Status

SQUARE = pg.structure.product(
    [pg.zoo.hypercube(1, "1/8"), pg.zoo.hypercube(1, "1/4")]
).expand()  # γ = 1, 9/16, 1/4, 9/64
CUBE = pg.zoo.hypercube(3, "1/4")  # γ = 1, 1/4 three times, 1/16 three times, 1/64
RING = pg.from_pairs((np.eye(5, k=1) + np.eye(5, k=4) + np.eye(5, k=-1) + np.eye(5, k=-4)) / 10)  # γ < 0 too
HEADS = pytest.mark.parametrize("head", [None, "linear"], ids=["table", "head"])


def threshold(gamma, head):
    return (2 * gamma / 3) ** 1.5 if head else 2 * gamma


def sizes(gamma, weight_decay, head):
    """s at the minimum of each mode's share of the loss, by comparing the roots of its derivative with 0."""
    best = []
    for each in np.maximum(gamma, 0):
        roots = np.roots([1, 0, -each, weight_decay / 2]) if head else [np.sqrt(max(each - weight_decay / 2, 0))]
        candidates = [0.0, *(float(np.real(root)) for root in roots if abs(np.imag(root)) < 1e-9 and np.real(root) > 0)]
        share = [s**4 - 2 * each * s**2 + weight_decay * (2 * s if head else s**2) for s in candidates]
        best.append(candidates[int(np.argmin(share))])
    return np.array(best)


def table(graph, s, Q=None):
    """f with F = V diag(s) Q, for eigenvectors V of the dense Ā."""
    V = np.linalg.eigh(graph.adjacency)[1][:, ::-1][:, : len(s)]
    return V * s @ (np.eye(len(s)) if Q is None else Q) / np.sqrt(graph.w_x)[:, np.newaxis]


def turn(k, seed=0):
    return np.linalg.qr(np.random.default_rng(seed).standard_normal((k, k)))[0]


def minimiser(graph, k, weight_decay, head=None):
    gamma = np.linalg.eigvalsh(graph.adjacency)[::-1][:k]
    return table(graph, sizes(gamma, weight_decay, head), turn(k))


def objective(graph, k, weight_decay, head):
    """The loss with its penalty on H and W themselves, with its gradient: no nuclear norm and no mode is assumed."""
    A, N = graph.adjacency, graph.N

    def value(x):
        H, W = x[: N * k].reshape(N, k), (x[N * k :].reshape(k, k) if head else np.eye(k))
        F = H @ W.T
        G = 4 * (F @ (F.T @ F) - A @ F)
        penalty = weight_decay * (np.sum(H**2) + (np.sum(W**2) if head else 0))
        gradients = [(G @ W + 2 * weight_decay * H).ravel(), (G.T @ H + 2 * weight_decay * W).ravel()]
        return np.sum((F.T @ F) ** 2) - 2 * np.sum(F * (A @ F)) + penalty, np.concatenate(gradients[: 2 if head else 1])

    return value


def descended(graph, k, weight_decay, head, seeds=3):
    """The best f that L-BFGS reaches from some starts, and its value."""
    value, runs = objective(graph, k, weight_decay, head), []
    for seed in range(seeds):
        x = np.random.default_rng(seed).standard_normal(graph.N * k + (k * k if head else 0))
        runs.append(scipy.optimize.minimize(value, x, jac=True, options={"gtol": 1e-10, "maxiter": 2_000}))
    run = min(runs, key=lambda each: each.fun)
    H = run.x[: graph.N * k].reshape(graph.N, k)
    W = run.x[graph.N * k :].reshape(k, k) if head else np.eye(k)
    return H @ W.T / np.sqrt(graph.w_x)[:, np.newaxis], run.fun


@HEADS
@pytest.mark.parametrize("graph", [SQUARE, CUBE, RING, pg.zoo.lightning_cloud()], ids=lambda graph: graph.name[:12])
def test_without_decay_the_answer_is_todays_to_the_bit(graph, head):
    rng = np.random.default_rng(0)
    for f in (
        graph.spectrum(2).embedding,
        rng.standard_normal((graph.N, 2)),
        np.zeros((graph.N, 2)),
        graph.spectrum(3),
    ):
        today, same = pg.verify(graph, f), pg.verify(graph, f, weight_decay=0, head=head)
        assert (str(same), repr(same), same.optimal, same.decay) == (str(today), repr(today), today.optimal, None)
        for name in ("angles", "Q", "captured", "gamma"):
            assert getattr(same, name).tobytes() == getattr(today, name).tobytes()


@HEADS
@given(seed=st.integers(0, 10**6), k=st.integers(1, 4), share=st.floats(0.02, 1.6))
def test_the_minimiser_is_optimal_and_spans_the_modes_that_are_on(head, seed, k, share):
    rng = np.random.default_rng(seed)
    graph = pg.build(rng.dirichlet(np.ones(5)), rng.dirichlet(np.ones(6), size=5))
    gamma = np.linalg.eigvalsh(graph.adjacency)[::-1][:k]
    weight_decay = share * float(threshold(gamma[min(1, k - 1)], head))
    s = sizes(gamma, weight_decay, head)
    on = int(np.sum(s > 0))
    match = pg.verify(graph, table(graph, s, turn(k, seed)), weight_decay=weight_decay, head=head)
    if np.abs(weight_decay - threshold(gamma, head)).min() < 1e-9:
        return
    assert match.optimal
    assert match.decay.excess == pytest.approx(0, abs=1e-13)
    assert match.decay.modes.on.tolist() == (s > 0).tolist()
    assert match.decay.found == pytest.approx(s, abs=1e-7)
    expected = {0: Status.ALL_OFF, k: Status.MATCH}.get(on, Status.MODES_ON)
    assert match.status is expected or match.uncertainty > 1e-7
    if on > 0:  # any invertible map of it spans the same, and is no minimiser
        moved = table(graph, s, turn(k, seed)) @ (np.triu(rng.random((k, k))) + np.eye(k))
        other = pg.verify(graph, moved, weight_decay=weight_decay, head=head)
        assert other.status is match.status or other.uncertainty > 1e-7
        assert not other.optimal
        assert other.decay.excess > 0


@HEADS
@pytest.mark.parametrize(("graph", "k"), [(SQUARE, 3), (CUBE, 2), (RING, 4)], ids=["square", "cut", "ring"])
@pytest.mark.parametrize("share", [0.4, 0.9])
def test_what_an_optimiser_finds_is_called_optimal(graph, k, head, share):
    gamma = np.linalg.eigvalsh(graph.adjacency)[::-1]
    weight_decay = share * threshold(gamma[1], head)
    f, value = descended(graph, k, weight_decay, head)
    match = pg.verify(graph, f, weight_decay=weight_decay, head=head, atol=1e-4)
    assert match.optimal
    assert match
    assert match.decay.modes.value == pytest.approx(value, abs=1e-9)
    assert match.decay.modes.sizes == pytest.approx(match.decay.found, abs=1e-4)


def test_a_mode_that_descent_has_not_left_beyond_its_threshold_is_a_local_minimum_and_not_optimal():
    weight_decay = 1.02 * threshold(0.25, True)
    f, value = descended(SQUARE, 3, weight_decay, "linear", seeds=1)
    match = pg.verify(SQUARE, f, weight_decay=weight_decay, head="linear", atol=1e-4)
    assert (match.status, match.optimal) == (Status.MORE_THAN_ON, False)
    assert match.decay.excess == pytest.approx(value - match.decay.modes.value, abs=1e-9)
    assert match.decay.found[2] == pytest.approx(np.roots([1, 0, -0.25, weight_decay / 2]).max(), abs=1e-3)


@HEADS
def test_another_critical_point_is_not_optimal_whatever_modes_it_holds(head):
    for chosen in ([1], [0, 2], [1, 2], [0]):
        gamma = np.array([1, 0.5625, 0.25, 0.140625])
        weight_decay = 0.05
        s = np.zeros(4)
        s[chosen] = sizes(gamma[chosen], weight_decay, head)
        V = np.linalg.eigh(SQUARE.adjacency)[1][:, ::-1]
        f = (V * s)[:, sorted(range(4), key=lambda i: -s[i])[:2]] / np.sqrt(SQUARE.w_x)[:, np.newaxis]
        match = pg.verify(SQUARE, f, weight_decay=weight_decay, head=head)
        assert not match.optimal
        assert match.status in (Status.DIFFERENT, Status.COLLAPSED)


def test_each_status_is_reached_and_says_why():
    more = pg.verify(SQUARE, SQUARE.spectrum(3), weight_decay=0.3, head="linear")
    assert more.status is Status.MORE_THAN_ON
    assert not more
    assert "eigenvectors 2 to 3 (0.2296, 0.06804), which are off" in more.reason
    on = pg.verify(SQUARE, minimiser(SQUARE, 3, 0.3, "linear"), weight_decay=0.3, head="linear")
    assert (on.status, bool(on), on.optimal) == (Status.MODES_ON, True, True)
    assert on.angles.shape == (1,)
    off = pg.verify(SQUARE, np.zeros((4, 3)), weight_decay=0.6, head="linear")
    assert (off.status, bool(off), off.optimal) == (Status.ALL_OFF, False, True)
    assert "the best f is 0" in off.reason
    assert "this F has the singular value 1" in pg.verify(SQUARE, SQUARE.spectrum(1), weight_decay=2.5).reason
    collapsed = pg.verify(SQUARE, table(SQUARE, [1, 0, 0]), weight_decay=0.6)
    assert collapsed.status is Status.COLLAPSED
    assert "decay leaves 2 modes on" in collapsed.reason
    different = pg.verify(SQUARE, np.random.default_rng(0).standard_normal((4, 3)), weight_decay=0.6)
    assert different.status is Status.MORE_THAN_ON or different.status is Status.DIFFERENT
    turned = pg.verify(SQUARE, table(SQUARE, [1, 0, 0.5])[:, [0, 2, 1]], weight_decay=0.6)
    assert turned.status is Status.DIFFERENT
    assert "0% of eigenvector 2" in turned.reason
    wide = pg.verify(SQUARE, SQUARE.spectrum(4), 3, weight_decay=0.6)
    assert (wide.status, bool(wide), wide.decay.excess) == (Status.CONTAINS, True, None)
    assert "λ = 0.6 is above the threshold of eigenvector 3 (0.5), which is off" in wide.reason
    nearly = table(SQUARE, [1, 1e-16, 0]) @ turn(3)
    assert pg.verify(SQUARE, nearly, weight_decay=0.6).status in (Status.COLLAPSED, Status.UNDECIDED)


def test_what_descent_leaves_of_a_mode_that_is_off_counts_as_nothing_up_to_atol():
    for left, status in ((1e-9, Status.MODES_ON), (1e-4, Status.MORE_THAN_ON)):
        match = pg.verify(SQUARE, table(SQUARE, [0.8367, 0.5123, left], turn(3)), weight_decay=0.6)
        assert match.status is status
    assert pg.verify(SQUARE, table(SQUARE, [0.8367, 0.5123, 1e-4]), weight_decay=0.6, atol=1e-3)


@pytest.mark.parametrize("relative", [-1e-9, -1e-16, 0.0, 1e-16, 1e-9])
@pytest.mark.parametrize("on", [False, True])
def test_below_a_head_both_choices_match_at_the_threshold_and_one_beside_it(relative, on):
    weight_decay = threshold(0.25, True) * (1 + relative)
    jump = np.sqrt(2 * 0.25 / 3)
    s = sizes(np.array([1, 0.5625]), weight_decay, True).tolist()
    match = pg.verify(SQUARE, table(SQUARE, [*s, jump * on], turn(3)), weight_decay=weight_decay, head="linear")
    if abs(relative) < 1e-12:
        assert (match.status, match.optimal, bool(match)) == (Status.AT_THRESHOLD, True, True)
        assert "equally good singular values" in match.reason
    else:
        assert bool(match) is (on == (relative < 0))
        assert (
            match.status
            is {
                (True, True): Status.MATCH,
                (True, False): Status.COLLAPSED,
                (False, True): Status.MORE_THAN_ON,
                (False, False): Status.MODES_ON,
            }[relative < 0, on]
        )


@pytest.mark.parametrize("relative", [-1e-16, 0.0, 1e-16])
def test_at_the_threshold_of_a_table_what_f_holds_of_the_mode_decides(relative):
    weight_decay = 0.5 * (1 + relative)
    s = np.sqrt(np.array([1, 0.5625]) - weight_decay / 2).tolist()
    without = pg.verify(SQUARE, table(SQUARE, [*s, 0], turn(3)), weight_decay=weight_decay)
    assert (without.status, without.optimal) == (Status.MODES_ON, True)
    assert "λ is at the threshold of eigenvector 3" in without.reason
    with_it = pg.verify(SQUARE, table(SQUARE, [*s, 0.1], turn(3)), weight_decay=weight_decay)
    assert (with_it.status, with_it.optimal, bool(with_it)) == (Status.UNDECIDED, False, False)


@pytest.mark.parametrize("held", [0, 1, 2, 3])
def test_a_repeated_eigenvalue_at_the_threshold_is_a_family_of_every_rank(held):
    weight_decay, k = threshold(0.25, True), 4
    V = np.linalg.eigh(CUBE.adjacency)[1][:, ::-1]
    V[:, 1:4] = V[:, 1:4] @ turn(3, 1)
    s = np.zeros(k)
    s[0], s[1 : 1 + held] = sizes(np.ones(1), weight_decay, True).item(), np.sqrt(0.5 / 3)
    f = V[:, :k] * s @ turn(k) / np.sqrt(CUBE.w_x)[:, np.newaxis]
    match = pg.verify(CUBE, f, weight_decay=weight_decay, head="linear")
    assert (match.status, match.optimal) == (Status.AT_THRESHOLD, True)
    # at k = 2 the cut goes through the family
    if held == 1:
        cut = pg.verify(
            CUBE, (V[:, [0, 3]] * s[:2]) / np.sqrt(CUBE.w_x)[:, np.newaxis], weight_decay=weight_decay, head="linear"
        )
        assert (cut.status, cut.optimal) == (Status.AT_THRESHOLD, True)
        wrong = (V[:, [0, 5]] * s[:2]) / np.sqrt(CUBE.w_x)[:, np.newaxis]
        assert not pg.verify(CUBE, wrong, weight_decay=weight_decay, head="linear")


def test_where_every_mode_is_at_its_threshold_or_off_0_is_as_good_as_the_jump():
    weight_decay = threshold(1.0, True)
    nothing = pg.verify(CUBE, np.zeros((8, 1)), weight_decay=weight_decay, head="linear")
    jumped = pg.verify(CUBE, np.full((8, 1), np.sqrt(2 / 3)), weight_decay=weight_decay, head="linear")
    assert (nothing.status, nothing.optimal, bool(nothing)) == (Status.ALL_OFF, True, False)
    assert (jumped.status, jumped.optimal, bool(jumped)) == (Status.AT_THRESHOLD, True, True)


def test_a_cut_among_modes_that_are_off_is_not_called_degenerate():
    assert pg.verify(CUBE, CUBE.spectrum(2)).degenerate
    among_on = pg.verify(CUBE, minimiser(CUBE, 2, 0.1), weight_decay=0.1)
    assert (among_on.status, among_on.optimal) == (Status.MATCH_DEGENERATE, True)
    among_off = pg.verify(CUBE, minimiser(CUBE, 2, 0.6), weight_decay=0.6)
    assert (among_off.status, among_off.degenerate, among_off.optimal) == (Status.MODES_ON, False, True)


def test_negative_and_zero_eigenvalues_are_off_at_any_decay():
    for graph, k, on in ((RING, 4, 3), (pg.zoo.lightning_cloud(), 3, 2)):
        match = pg.verify(graph, minimiser(graph, k, 1e-3), weight_decay=1e-3)
        assert (match.status, match.optimal, match.decay.modes.rank) == (Status.MODES_ON, True, on)
        assert pg.verify(graph, minimiser(graph, k, 0.0)).status is Status.RANK_EXCEEDED


def test_views_that_are_not_listed_have_the_same_verdict():
    product = pg.structure.product([pg.zoo.hypercube(1, "1/8"), pg.zoo.hypercube(1, "1/4")])
    for weight_decay, status in ((0.3, "MATCH"), (0.6, "MORE_THAN_ON"), (3.0, "ALL_OFF")):
        match = pg.verify(product, product.spectrum(3), weight_decay=weight_decay)
        listed = pg.verify(SQUARE, SQUARE.spectrum(3), weight_decay=weight_decay)
        assert match.status.name == listed.status.name == status
        assert match.decay.excess == pytest.approx(listed.decay.excess, abs=1e-12)


def test_single_precision_and_large_and_tiny_f_are_judged_by_their_span():
    f = minimiser(SQUARE, 3, 0.6)
    assert pg.verify(SQUARE, f.astype(np.float32), weight_decay=0.6, atol=1e-5).optimal
    for scale in (1e-140, 1e140):
        match = pg.verify(SQUARE, f * scale, weight_decay=0.6)
        assert (match.status, match.optimal) == (Status.MODES_ON, False)


RNG = np.random.default_rng(4)
FEATURES = RNG.standard_normal((8, 5))


def best_with_ridge(graph, features, k, weight_decay):
    """f = ΨW from L-BFGS on W itself."""
    R = features * np.sqrt(graph.w_x)[:, np.newaxis]
    value = objective(graph, k, 0.0, None)

    def of_weights(x):
        W = x.reshape(-1, k)
        loss, G = value((R @ W).ravel())
        return loss + weight_decay * np.sum(W**2), (R.T @ G.reshape(-1, k) + 2 * weight_decay * W).ravel()

    starts = (np.random.default_rng(seed).standard_normal(features.shape[1] * k) for seed in range(4))
    runs = [scipy.optimize.minimize(of_weights, x, jac=True, options={"gtol": 1e-12}) for x in starts]
    return features @ min(runs, key=lambda run: run.fun).x.reshape(-1, k)


@pytest.mark.parametrize("weight_decay", [0.01, 0.2])
def test_with_a_decay_of_w_the_best_of_a_class_is_told_from_others(weight_decay):
    f = best_with_ridge(CUBE, FEATURES, 2, weight_decay)
    match = pg.verify(CUBE, f, features=FEATURES, weight_decay=weight_decay, atol=1e-5)
    assert (match.status, match.optimal, match.best_in_class) == (Status.BEST_OF_CLASS, True, True)
    assert "λ||W||²" in match.penalty
    other = pg.verify(CUBE, f, features=FEATURES, weight_decay=2 * weight_decay, atol=1e-5)
    assert (other.status, other.optimal, other.best_in_class) == (Status.DIFFERENT, False, False)
    assert "above its least value over the class" in other.reason
    assert "not in its class" in pg.verify(CUBE, np.eye(8, 2), features=FEATURES, weight_decay=weight_decay).reason


def test_a_decay_of_w_that_switches_all_off_leaves_0():
    match = pg.verify(CUBE, np.zeros((8, 2)), features=FEATURES, weight_decay=1e3)
    assert (match.status, match.optimal) == (Status.BEST_OF_CLASS, True)
    assert "leaves 0 of 2 directions on" in match.reason


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"weight_decay": -0.1}, "weight_decay is -0.1"),
        ({"weight_decay": np.nan}, "weight_decay is nan"),
        ({"weight_decay": "much"}, "weight_decay is 'much'"),
        ({"head": "mlp"}, "head is 'mlp'"),
        ({"head": "linear", "features": FEATURES[:4, :2]}, "head= does not apply"),
    ],
)
def test_what_is_no_penalty_is_refused(given, words):
    with pytest.raises(InvalidArgument, match=words):
        pg.verify(SQUARE, SQUARE.spectrum(2), **given)


def test_two_encoders_and_sampled_embeddings_take_no_penalty():
    pairs = pg.from_bipartite([[0.4, 0.1], [0.1, 0.4]])
    with pytest.raises(InvalidArgument, match="does not apply to f and g of two encoders"):
        pg.verify(pairs, pairs.spectrum(2).embeddings, weight_decay=0.1)
    assert pg.verify(pairs, pairs.spectrum(2).embeddings, weight_decay=0)
    product = pg.structure.product([pg.zoo.hypercube(1)] * 3)
    with pytest.raises(InvalidArgument, match="does not apply to an f that is judged by sampled pairs"):
        pg.verify(product, lambda positions: np.ones((len(positions), 1)), head="linear")


def test_the_answer_prints_the_modes_on_one_screen():
    match = pg.verify(SQUARE, minimiser(SQUARE, 3, 0.3, "linear"), weight_decay=0.3, head="linear")
    assert str(match.decay) in str(match)
    assert str(match).count("\n") < 14
    assert "leaves 1 of 3 modes on; the thresholds are 0.5443, 0.2296, 0.06804" in str(match)
    assert repr(match.decay) == "Decay(λ = 0.3, 1 of 3 modes on)"
    assert "f is a minimiser of the spectral contrastive loss plus λ(||H||² + ||W||²), λ = 0.3" in str(match)
    assert "0.2296" in match._repr_html_()


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ({"weight_decay": 0.3}, "MATCH"),
        ({"weight_decay": 0.6}, "MODES_ON"),
        ({"weight_decay": 2.5}, "ALL_OFF"),
        ({"weight_decay": 0.05, "head": "linear"}, "MATCH"),
        ({"weight_decay": 0.3, "head": 5}, "MODES_ON"),
    ],
)
def test_a_training_brings_its_penalty_and_is_optimal(options, status):
    training = pg.train(SQUARE, 3, rng=0, **options)
    match = pg.verify(SQUARE, training)
    assert (match.status.name, match.optimal) == (status, True)
    assert match.decay.modes.value == pytest.approx(training.loss[-1], abs=1e-12)
    pg.testing.assert_optimal(SQUARE, training)
    head = options.get("head")
    pg.testing.assert_optimal(SQUARE, training.f, weight_decay=options["weight_decay"], head=head and "linear")
    with pytest.raises(AssertionError, match="its loss is"):
        pg.testing.assert_optimal(SQUARE, training, weight_decay=0)
    if status != "ALL_OFF":
        pg.testing.assert_matches(SQUARE, training)
        assert match.captured == pytest.approx(match.decay.modes.on.astype(float), abs=1e-9)
        assert match.rank == match.decay.modes.rank


def test_the_layer_below_the_head_has_the_roots_of_the_singular_values_and_the_same_span():
    training = pg.train(SQUARE, 3, weight_decay=0.05, head=5, rng=1)
    match = pg.verify(SQUARE, training)
    s = sizes(np.array([1, 0.5625, 0.25]), 0.05, True)
    assert match.decay.below_head[:3] == pytest.approx(np.sqrt(s), abs=1e-9)
    assert match.decay.below_head[3:] == pytest.approx(0, abs=1e-7)
    assert match.decay.imbalance == pytest.approx(0, abs=1e-9)
    assert "a probe sees no more in it" in str(match)
    below = pg.verify(SQUARE, training.below_head, 3)
    assert (below.status, below.rank) == (Status.CONTAINS, 3)
    H = training.below_head * np.sqrt(SQUARE.w_x)[:, np.newaxis]
    other = pg.train(SQUARE, 3, weight_decay=0.05, rng=1)
    assert pg.verify(SQUARE, other).decay.below_head is None
    assert np.linalg.svd(H, compute_uv=False)[:3] == pytest.approx(match.decay.below_head[:3])


def test_a_non_negative_f_is_optimal_only_where_it_reaches_the_bound_of_all_f():
    reached = pg.verify(SQUARE, pg.train(SQUARE, 2, nonnegative=True, rng=0), atol=1e-5)
    assert (reached.optimal, reached.nonnegative, bool(reached)) == (True, True, True)
    above = pg.verify(SQUARE, pg.train(SQUARE, 3, nonnegative=True, rng=0))
    assert (above.optimal, bool(above)) == (False, False)
    assert above.excess_loss == pytest.approx(0.0215134076 - 0.0197753906, abs=1e-8)
    assert "Whether f is the best of all non-negative f is not known: its loss is 1.74e-03 above the least" in str(
        above
    )
    with_decay = pg.verify(SQUARE, pg.train(SQUARE, 3, nonnegative=True, weight_decay=0.05, rng=0))
    assert "its loss plus λ||F||², λ = 0.05, is" in str(with_decay)
    assert f"{with_decay.decay.excess:.2e} above the least over all f" in str(with_decay)


def test_ridge_is_judged_with_the_training_s_own_features():
    training = pg.train(CUBE, 2, features=FEATURES, weight_decay=0.05, rng=0)
    match = pg.verify(CUBE, training)
    assert (match.status, match.optimal, match.best_in_class) == (Status.BEST_OF_CLASS, True, True)
    assert not pg.verify(CUBE, training, weight_decay=0).best_in_class
