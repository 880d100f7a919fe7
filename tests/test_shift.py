"""Losses of an f with a large mean: what the rounding of f itself allows, in both precisions, by hand and by autograd.

The oracle computes the definitions in extended precision, on the numbers that f has after its mean was added.
"""

import numpy as np
import pytest
from cases import ZOO, populations
from extras import need
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import popgraph as pg
from popgraph import losses

LONG = np.longdouble
INVARIANT = {
    "centred": losses.centred,
    "VICReg": losses.vicreg,
    "VICReg, no hinge": losses.VICReg(invariance=3.0, variance=0.0, covariance=2.0),
    "Barlow Twins": losses.BarlowTwins(weight=0.3),
    "Barlow Twins, no ε": losses.BarlowTwins(epsilon=0.0),
}
each_invariant = pytest.mark.parametrize("name", INVARIANT)
extended = pytest.mark.skipif(np.finfo(LONG).eps > 1e-18, reason="no extended precision here")


def of_covariances(loss, C, Cross):
    """A loss that does not see the mean, from the covariance of f and that of f(x) and f(x⁺)."""
    k, off = len(C), ~np.eye(len(C), dtype=bool)
    if isinstance(loss, losses.CentredLoss):
        return -np.trace(Cross) + np.sum(C**2) / 2
    if isinstance(loss, losses.VICReg):
        hinge = sum(max(LONG(0), 1 - np.sqrt(C[i, i] + LONG(loss.epsilon))) for i in range(k))
        apart = 2 * (np.trace(C) - np.trace(Cross))
        between = np.sum(C[off] ** 2)
        return (LONG(loss.invariance) * apart + 2 * loss.variance * hinge + 2 * LONG(loss.covariance) * between) / k
    sd = np.sqrt(np.diag(C) + LONG(loss.epsilon))
    R = Cross / np.outer(sd, sd)
    return np.sum((1 - np.diag(R)) ** 2) + LONG(loss.weight) * np.sum(R[off] ** 2)


def population_oracle(loss, graph, f):
    """The loss by sums over naturals in extended precision: E g(x) g(x⁺)ᵀ is the mean over naturals of E[g|x̄] E[g|x̄]ᵀ."""
    p, A = LONG(graph.p), LONG(graph.kernel.toarray())
    p, A = p / p.sum(), A / A.sum(axis=1, keepdims=True)
    w_x = p @ A
    g = LONG(f) - w_x @ LONG(f)
    at = A @ g
    return of_covariances(loss, g.T @ (w_x[:, None] * g), at.T @ (p[:, None] * at))


def batch_oracle(loss, f, f_plus):
    f, f_plus = LONG(f), LONG(f_plus)
    mean, n = (f.sum(0) + f_plus.sum(0)) / (2 * len(f)), 2 * len(f)
    f, f_plus = f - mean, f_plus - mean
    return of_covariances(loss, (f.T @ f + f_plus.T @ f_plus) / n, (f.T @ f_plus + f_plus.T @ f) / n)


@extended
@each_invariant
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@settings(max_examples=30)
@given(
    graph=populations(4, 5), k=st.integers(1, 3), seed=st.integers(0, 2**32 - 1), size=st.sampled_from([0, 1, 1e3, 1e5])
)
def test_the_population_value_is_that_of_f_as_it_is_rounded(name, dtype, graph, k, seed, size):
    """In float64 the mean is up to 1e8, in float32 up to 1e5."""
    rng = np.random.default_rng(seed)
    mean = size * (1e3 if dtype is np.float64 else 1.0) * rng.choice([-1, 1], k)
    f = (rng.standard_normal((graph.N, k)) + mean).astype(dtype)
    spread = graph.w_x @ (np.float64(f) - graph.w_x @ np.float64(f)) ** 2
    if name.startswith("Barlow"):
        assume(spread.min() > 1e-2)  # the correlation of a column that is constant is 0/0
    value = INVARIANT[name].value(graph.factor, graph.w_x, f)
    # The mean is known to a rounding of w_x times the largest entry of f less its mean, whatever the mean is
    assert float(abs(value - population_oracle(INVARIANT[name], graph, f))) <= 1e-9 * (1 + abs(value))


@extended
@each_invariant
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@given(seed=st.integers(0, 2**32 - 1), B=st.integers(3, 9), k=st.integers(1, 3), size=st.sampled_from([0, 1, 1e3, 1e5]))
def test_the_batch_value_is_that_of_f_as_it_is_rounded(name, dtype, seed, B, k, size):
    rng = np.random.default_rng(seed)
    mean = size * (1e3 if dtype is np.float64 else 1.0)
    f, f_plus = (rng.standard_normal((2, B, k)) + mean).astype(dtype)
    assume(np.var(np.concatenate([f, f_plus]).astype(float), axis=0).min() > 1e-2)
    loss = INVARIANT[name]
    expected = float(batch_oracle(loss, f, f_plus))
    assert loss.batch_value(f, f_plus) == pytest.approx(expected, rel=1e-9, abs=1e-9)
    assert loss.batch_value_and_gradient(f, f_plus)[0] == pytest.approx(expected, rel=1e-9, abs=1e-9)


@each_invariant
@pytest.mark.parametrize("mean", [1.0, 1e4, 1e8])
def test_gradients_do_not_see_the_mean(name, mean):
    """f and f + mean are multiples of 2^-20: nothing is rounded, and the gradients are equal but for their own rounding."""
    graph, loss = ZOO["clusters_apart"], INVARIANT[name]
    f = np.round(np.random.default_rng(0).standard_normal((graph.N, 3)) * 2**20) / 2**20
    value, gradient = loss.value_and_gradient(graph.factor, graph.w_x, f)
    shifted, there = loss.value_and_gradient(graph.factor, graph.w_x, f + mean)
    assert shifted == pytest.approx(value, rel=1e-12)
    np.testing.assert_allclose(there, gradient, atol=1e-11 * np.abs(gradient).max())
    assert np.abs(there.sum(axis=0)).max() < 1e-11 * np.abs(gradient).sum()  # along a shift the loss is flat
    half, rest = f[::2], f[1::2]
    value, *gradients = loss.batch_value_and_gradient(half, rest)
    shifted, *there = loss.batch_value_and_gradient(half + mean, rest + mean)
    assert shifted == pytest.approx(value, rel=1e-12)
    for ours, other in zip(there, gradients, strict=True):
        np.testing.assert_allclose(ours, other, atol=1e-11 * np.abs(other).max())


@each_invariant
@pytest.mark.parametrize(("dtype", "mean"), [("float64", 1e8), ("float32", 1e3), ("float32", 1e5)])
def test_autograd_of_a_large_mean_is_the_gradient_of_f_as_it_is_rounded(name, dtype, mean):
    torch = need("torch")
    graph, loss, eps = ZOO["3-cube"], INVARIANT[name], float(np.finfo(dtype).eps)
    kind = getattr(torch, dtype)
    f = torch.tensor(np.random.default_rng(0).standard_normal((graph.N, 3)) + mean, dtype=kind, requires_grad=True)
    M, w_x = torch.tensor(graph.factor.toarray(), dtype=kind), torch.tensor(graph.w_x.copy(), dtype=kind)
    population = loss.value(M, w_x, f)
    population.backward()
    value, gradient = loss.value_and_gradient(graph.factor, graph.w_x, f.detach().numpy())
    assert population.item() == pytest.approx(value, rel=1e3 * eps, abs=1e3 * eps)
    np.testing.assert_allclose(f.grad.numpy(), gradient, atol=1e3 * eps * np.abs(gradient).max())

    pair = [f[:4].detach().clone().requires_grad_(), f[4:].detach().clone().requires_grad_()]
    batch = loss.batch_value(*pair)
    batch.backward()
    value, *gradients = loss.batch_value_and_gradient(*(side.detach().numpy() for side in pair))
    assert batch.item() == pytest.approx(value, rel=1e3 * eps, abs=1e3 * eps)
    for side, exact in zip(pair, gradients, strict=True):
        np.testing.assert_allclose(side.grad.numpy(), exact, atol=1e3 * eps * np.abs(exact).max())


@pytest.mark.parametrize("mean", [1e3, 1e6, 1e8])
def test_idealised_vicreg_sees_how_far_the_two_views_are_apart_beside_a_large_mean(mean):
    """At a tiny λ only E||f(x) - f(x⁺)||² is left, which does not see the mean."""
    graph = ZOO["3-cube"]
    f = np.round(np.random.default_rng(0).standard_normal((graph.N, 2)) * 2**20) / 2**20
    loss = losses.IdealisedVICReg(weight=1e-60)
    assert loss.value(graph.factor, graph.w_x, f + mean) == pytest.approx(
        loss.value(graph.factor, graph.w_x, f), rel=1e-12
    )
    here, there = (loss.value_and_gradient(graph.factor, graph.w_x, f + c)[1] for c in (0.0, mean))
    np.testing.assert_allclose(there, here, atol=1e-12 * np.abs(here).max())
    pairs = f[:4], f[4:]
    expected = np.sum((pairs[0] - pairs[1]) ** 2) / 4
    assert loss.batch_value(*(side + mean for side in pairs)) == pytest.approx(expected, rel=1e-12)


@extended
@pytest.mark.parametrize("mean", [0.0, 1e4, 1e8])
@pytest.mark.parametrize("temperature", [1.0, 1e-3])
def test_infonce_of_a_large_mean_loses_no_more_than_one_power_of_it(mean, temperature):
    """Scores are f(x)ᵀf(x'), as large as the square of the mean; what is alike for all x' cancels before it is rounded."""
    graph = ZOO["3-cube"]
    f = np.random.default_rng(0).standard_normal((graph.N, 2)) + mean
    wide, w_x, w = LONG(f), LONG(graph.w_x), LONG(graph.w)
    s = wide @ (wide - w_x @ wide).T / LONG(temperature)
    top = s.max(axis=1)
    expected = float((w_x * (np.log(np.exp(s - top[:, None]) @ w_x) + top)).sum() - (w * s).sum())
    loss = losses.InfoNCE(temperature=temperature)
    bound = 1e-13 * (1 + mean) / temperature
    assert loss.value(graph.factor, graph.w_x, f) == pytest.approx(expected, abs=bound)
    assert loss.value_and_gradient(graph.factor, graph.w_x, f)[0] == pytest.approx(expected, abs=bound)
    S = wide[:4] @ (wide[4:] - wide[4:].mean(axis=0)).T / LONG(temperature)
    tops = S.max(axis=1)
    expected = float(np.mean(np.log(np.exp(S - tops[:, None]).mean(axis=1)) + tops - np.diag(S)))
    assert loss.batch_value(f[:4], f[4:]) == pytest.approx(expected, abs=bound)


@pytest.mark.parametrize(
    "loss", [getattr(losses, name) for name in losses.__all__ if hasattr(getattr(losses, name), "bias")]
)
def test_no_loss_is_nan_beside_a_large_mean(loss):
    if isinstance(loss, type):
        return
    graph = ZOO["3-cube"]
    for dtype in (np.float64, np.float32):
        for mean in (0.0, 1e3, 1e5, 1e8):
            f = (np.random.default_rng(0).standard_normal((graph.N, 2)) + mean).astype(dtype)
            assert np.isfinite(loss.value(graph.factor, graph.w_x, f))
            assert np.isfinite(loss.value_and_gradient(graph.factor, graph.w_x, f)[1]).all()
            assert np.isfinite(loss.batch_value(f[:4], f[4:]))
            assert all(np.isfinite(part).all() for part in loss.batch_value_and_gradient(f[:4], f[4:]))


@pytest.mark.parametrize("dtype", ["uint8", "int8", "int64", "float16", "bool"])
def test_small_types_do_not_overflow(dtype):
    """f.T @ f of uint8 was taken modulo 256, silently."""
    f = np.array([[200, 3], [7, 90], [100, 100], [0, 250]], dtype=np.int64).astype(dtype)
    for loss in (losses.spectral, losses.vicreg, losses.unsquared, losses.nt_logistic, losses.infonce):
        expected = loss.batch_value(np.float64(f[:2]), np.float64(f[2:]))
        assert loss.batch_value(f[:2], f[2:]) == expected
        assert loss.batch_value_and_gradient(f[:2], f[2:])[0] == expected
        graph = pg.zoo.lightning_cloud()
        assert loss.value(graph.factor, graph.w_x, f) == loss.value(graph.factor, graph.w_x, np.float64(f))


@pytest.mark.parametrize("loss", [losses.spectral, losses.vicreg, losses.unsquared, losses.infonce])
def test_a_matrix_is_a_table(loss):
    """The product of two of numpy's matrices is another one than that of two arrays."""
    graph, f = pg.zoo.lightning_cloud(), np.random.default_rng(0).standard_normal((4, 2))
    with pytest.warns(PendingDeprecationWarning):
        matrix = np.matrix(f)
    assert loss.value(graph.factor, graph.w_x, matrix) == loss.value(graph.factor, graph.w_x, f)
    np.testing.assert_array_equal(
        loss.value_and_gradient(graph.factor, graph.w_x, matrix)[1],
        loss.value_and_gradient(graph.factor, graph.w_x, f)[1],
    )
    assert loss.batch_value(matrix, matrix) == loss.batch_value(f, f)
