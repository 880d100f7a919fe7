"""The laws of THEORY.md sections 2 and 3, each a property of random populations. The law is the docstring."""

from itertools import combinations, product

import numpy as np
import pytest
from cases import AWKWARD, dense_adjacency, populations
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import check_grad
from scipy.sparse.csgraph import connected_components

import popgraph as pg
from popgraph.losses import matrix_factorisation, spectral

seeds = st.integers(0, 2**32 - 1)


def embedding(graph: pg.PopulationGraph, k: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((graph.N, k))


def loss(graph: pg.PopulationGraph, f: np.ndarray) -> float:
    return spectral.value(graph.factor, graph.w_x, f)


@given(populations())
def test_2_1_w_is_symmetric_nonnegative_and_sums_to_one(graph):
    """w = wᵀ >= 0, Σ w = 1, Σ_x' w_xx' = w_x = Σ p A."""
    assert (graph.w == graph.w.T).all()
    assert (graph.w >= 0).all()
    assert graph.w.sum() == pytest.approx(1, abs=1e-14)
    np.testing.assert_allclose(graph.w.sum(axis=1), graph.w_x, rtol=1e-13)
    np.testing.assert_allclose(graph.p @ graph.kernel.toarray(), graph.w_x, rtol=1e-13)


@given(populations())
def test_2_2_the_spectrum_lies_in_0_1_with_root_w_x_on_top(graph):
    """spec Ā is in [0, 1]; Ā √w_x = √w_x; and it is the spectrum that LAPACK finds for Ā from its definition."""
    spectrum = graph.spectrum(graph.N)
    exact = np.linalg.eigvalsh(dense_adjacency(graph))[::-1]
    np.testing.assert_allclose(spectrum.gamma, exact, atol=1e-13)
    root = np.sqrt(graph.w_x)
    np.testing.assert_allclose(dense_adjacency(graph) @ root, root, atol=1e-14)


@given(populations())
def test_2_3_one_eigenvalue_1_for_each_component(graph):
    """mult(1) = number of connected components of the graph w."""
    count, labels = connected_components(graph.w > 0)
    assert graph.component_count == graph.spectrum(1).components == count
    assert {tuple(graph.components == c) for c in range(count)} == {tuple(labels == c) for c in range(count)}


@given(populations())
def test_2_4_both_sides_share_their_nonzero_spectrum(graph):
    """rank Ā <= min(n, N), and MMᵀ has the nonzero eigenvalues of Ā = MᵀM."""
    M = graph.factor.toarray()
    naturals = np.linalg.eigvalsh(M @ M.T)[::-1]
    shared = min(graph.n, graph.N)
    np.testing.assert_allclose(graph.spectrum(graph.N).gamma[:shared], naturals[:shared], atol=1e-13)
    assert (graph.spectrum(graph.N).gamma[shared:] == 0).all()
    assert graph.spectrum(graph.N).rank <= shared


@given(populations())
def test_2_5_the_random_walk_is_reversible_with_law_w_x(graph):
    """P = D^-1 w: rows sum to 1, w_x P = w_x, and Pφ_i = γ_i φ_i for eigenfunctions orthonormal in L²(w_x)."""
    P = graph.w / graph.w_x[:, np.newaxis]
    spectrum = graph.spectrum(graph.N)
    phi = spectrum.eigenfunctions
    np.testing.assert_allclose(P.sum(axis=1), 1, rtol=1e-13)
    np.testing.assert_allclose(graph.w_x @ P, graph.w_x, rtol=1e-12)
    np.testing.assert_allclose(phi.T @ (graph.w_x[:, np.newaxis] * phi), np.eye(graph.N), atol=1e-12)
    root = np.sqrt(graph.w_x)[:, np.newaxis]
    np.testing.assert_allclose(root * (P @ phi), root * phi * spectrum.gamma, atol=1e-12)


@given(populations())
def test_2_6_the_positive_pair_kernel_expands_in_eigenfunctions(graph):
    """K(x,x') = w_xx' / (w_x w_x') = Σ γ_i φ_i(x) φ_i(x'), compared after scaling by √(w_x w_x')."""
    spectrum = graph.spectrum(graph.N)
    expansion = (spectrum.eigenvectors * spectrum.gamma) @ spectrum.eigenvectors.T
    np.testing.assert_allclose(expansion, graph.w / np.sqrt(np.outer(graph.w_x, graph.w_x)), atol=1e-13)


@given(populations(), seeds)
def test_2_7_view_smoothness_is_diagonal(graph, seed):
    """E (g(x) - g(x⁺))² = Σ 2(1 - γ_i) c_i² for g = Σ c_i φ_i."""
    spectrum = graph.spectrum(graph.N)
    c = np.random.default_rng(seed).standard_normal(graph.N)
    root = np.sqrt(graph.w_x)
    G = spectrum.eigenvectors @ c  # √w_x g
    energy = sum(graph.w[i, j] * (G[i] / root[i] - G[j] / root[j]) ** 2 for i, j in product(range(graph.N), repeat=2))
    assert energy == pytest.approx(np.sum(2 * (1 - spectrum.gamma) * c**2), abs=1e-10)


@given(populations(), st.integers(1, 4), seeds)
def test_2_7_no_orthonormal_functions_are_smoother_than_the_leading_ones(graph, k, seed):
    """tr Uᵀ(I - Ā)U >= Σ_{i<=k} (1 - γ_i) for orthonormal U."""
    k = min(k, graph.N)
    U = np.linalg.qr(embedding(graph, k, seed))[0]
    assert np.trace(U.T @ dense_adjacency(graph) @ U) <= graph.spectrum(k).gamma.sum() + 1e-12


@given(populations(), st.integers(1, 4), seeds)
def test_3_1_the_loss_is_matrix_factorisation_up_to_a_constant(graph, k, seed):
    """||Ā - FFᵀ||² = L(f) + ||Ā||² [H21, Lemma 3.2], both sides from their definitions."""
    f = embedding(graph, k, seed)
    gram = f @ f.T
    by_definition = -2 * np.sum(graph.w * gram) + np.sum(np.outer(graph.w_x, graph.w_x) * gram**2)
    F = f * np.sqrt(graph.w_x)[:, np.newaxis]
    Abar = dense_adjacency(graph)
    assert loss(graph, f) == pytest.approx(by_definition, rel=1e-11, abs=1e-11)
    assert matrix_factorisation(graph.factor, F) == pytest.approx(np.sum((Abar - F @ F.T) ** 2), rel=1e-11, abs=1e-11)
    assert matrix_factorisation(graph.factor, F) == pytest.approx(by_definition + np.sum(Abar**2), rel=1e-11, abs=1e-11)


@given(populations(), st.integers(1, 3), seeds)
def test_3_2_the_gradient_is_the_derivative(graph, k, seed):
    """dL/df against scipy's finite differences, and dL/dF = -4 ĀF + 4 F FᵀF from the dense Ā."""
    f = embedding(graph, k, seed)
    _, gradient = spectral.value_and_gradient(graph.factor, graph.w_x, f)
    F = f * np.sqrt(graph.w_x)[:, np.newaxis]
    in_F = -4 * dense_adjacency(graph) @ F + 4 * F @ F.T @ F
    np.testing.assert_allclose(gradient, np.sqrt(graph.w_x)[:, np.newaxis] * in_F, rtol=1e-10, atol=1e-12)
    error = check_grad(
        lambda flat: loss(graph, flat.reshape(f.shape)),
        lambda flat: spectral.value_and_gradient(graph.factor, graph.w_x, flat.reshape(f.shape))[1].ravel(),
        f.ravel(),
    )
    assert error <= 1e-5 * (1 + np.abs(gradient).max()) * f.size


@given(populations(), st.integers(1, 3), seeds)
def test_3_2_the_hessian_product_is_the_derivative_of_the_gradient(graph, k, seed):
    """d/dt dL/df (f + t e) at t = 0: the gradient is cubic in t, so four evaluations give its derivative exactly."""
    f, e = embedding(graph, k, seed), embedding(graph, k, seed + 1)
    at = {t: spectral.value_and_gradient(graph.factor, graph.w_x, f + t * e)[1] for t in (-2, -1, 1, 2)}
    derivative = (8 * (at[1] - at[-1]) - (at[2] - at[-2])) / 12
    product = spectral.hessian_product(graph.factor, graph.w_x, f, e)
    np.testing.assert_allclose(product, derivative, rtol=1e-9, atol=1e-10 * (1 + np.abs(derivative).max()))


@given(populations(), st.integers(1, 4), seeds)
def test_3_3_the_minimum_is_minus_the_squared_eigenvalues(graph, k, seed):
    """min L = -Σ_{i<=k} γ_i² (Eckart-Young-Mirsky): attained by F* diag(√γ), and by nothing below it."""
    spectrum = graph.spectrum(min(k, graph.N))
    minimum = -np.sum(spectrum.gamma**2)
    assert loss(graph, spectrum.embedding) == pytest.approx(minimum, abs=1e-12)
    assert loss(graph, embedding(graph, spectrum.k, seed)) >= minimum - 1e-12
    near = spectrum.embedding + 1e-3 * embedding(graph, spectrum.k, seed)
    assert loss(graph, near) >= minimum - 1e-12


@given(populations(), seeds)
def test_3_4_any_other_choice_of_eigenvectors_is_a_saddle(graph, seed):
    """F = V_S diag(√γ_S) is critical; leaving out a larger γ, it has a direction of negative curvature."""
    whole = graph.spectrum(graph.N)
    root = np.sqrt(graph.w_x)[:, np.newaxis]
    for chosen in combinations(range(graph.N), 1):
        i = chosen[0]
        F = whole.minimiser[:, [i]]
        _, gradient = spectral.value_and_gradient(graph.factor, graph.w_x, F / root)
        np.testing.assert_allclose(gradient, 0, atol=1e-12)
        if whole.gamma[0] - whole.gamma[i] > 1e-3:
            aside = F + 1e-3 * whole.eigenvectors[:, [0]]
            assert loss(graph, aside / root) < loss(graph, F / root)


@given(populations(), st.integers(1, 4), seeds, st.sampled_from([1e-4, 1e-2, 1.0]))
def test_3_5_the_excess_loss_bounds_the_angle(graph, k, seed, size):
    """||sin Θ||_F² <= (L(f) - min L) / (γ_k² - γ_{k+1}²) at a clean cut."""
    spectrum = graph.spectrum(min(k, graph.N))
    if spectrum.gap < 1e-3:
        return
    f = spectrum.embedding + size * embedding(graph, spectrum.k, seed) / np.sqrt(graph.N)
    basis = np.linalg.qr(f * np.sqrt(graph.w_x)[:, np.newaxis])[0]
    sin_squared = spectrum.k - np.sum((spectrum.eigenvectors.T @ basis) ** 2)
    excess = loss(graph, f) + np.sum(spectrum.gamma**2)
    next_gamma = spectrum.gamma[-1] - spectrum.gap
    assert sin_squared <= excess / (spectrum.gamma[-1] ** 2 - next_gamma**2) + 1e-10


@pytest.mark.parametrize("batch_size", [2, 3])
def test_3_6_the_batch_loss_is_unbiased(batch_size):
    """The mean over all batches of naturals and their views, each with its probability, is L(f)."""
    graph = pg.build(["a", "b"], {"a": {"u": "1/3", "v": "2/3"}, "b": {"v": "1/4", "w": "3/4"}})
    f = embedding(graph, 2, 0)
    draws = [(i, j, graph.w[i, j]) for i, j in product(range(graph.N), repeat=2) if graph.w[i, j] > 0]
    mean = 0.0
    for batch in product(draws, repeat=batch_size):
        i, j, probability = zip(*batch, strict=True)
        mean += np.prod(probability) * spectral.batch_value(f[list(i)], f[list(j)])
    assert mean == pytest.approx(loss(graph, f), abs=1e-13)


def test_3_6_on_a_fixed_sample_the_unbiased_loss_is_unbounded_below():
    """With all mass on one of two naturals of disjoint views, no negative pair (i != j) pays: the loss falls for ever."""
    f, f_plus = np.zeros((2, 1)), np.zeros((2, 1))
    losses = []
    for size in (1.0, 10.0, 100.0):
        f[0] = f_plus[0] = size
        losses.append(spectral.batch_value(f, f_plus))
    assert losses == [-1.0, -100.0, -10_000.0]


def test_3_the_loss_without_the_square_is_unbounded_below():
    """E f(x)ᵀf(x') = ||E f||² vanishes for mean-zero f, so -2 E f(x)ᵀf(x⁺) + E f(x)ᵀf(x') falls for ever along them."""
    graph = pg.zoo.hypercube(2)
    mean_zero = graph.spectrum(3).eigenfunctions[:, [1]]
    unsquared = [
        -2 * np.sum(graph.w * (f @ f.T)) + np.sum((graph.w_x @ f) ** 2)
        for f in (mean_zero, 10 * mean_zero, 100 * mean_zero)
    ]
    np.testing.assert_allclose(unsquared, [-0.5, -50, -5000], rtol=1e-12)
    assert loss(graph, 100 * mean_zero) > 0


@given(populations(), seeds)
def test_3_7_an_invertible_map_and_a_positive_scale_change_no_linear_probe(graph, seed):
    """Lemma 3.1: argmax Bᵀf(x) = argmax (Q^-1 B)ᵀ s(x) Qᵀf(x)."""
    generator = np.random.default_rng(seed)
    f, B = embedding(graph, 3, seed), generator.standard_normal((3, 4))
    Q, s = generator.standard_normal((3, 3)) + 3 * np.eye(3), generator.uniform(0.5, 2, (graph.N, 1))
    mapped = s * (f @ Q)
    scores, mapped_scores = f @ B, mapped @ np.linalg.solve(Q, B)
    np.testing.assert_allclose(mapped_scores, s * scores, atol=1e-8)


@pytest.mark.parametrize("name", AWKWARD)
def test_the_awkward_cases_have_the_spectrum_of_their_definition(name):
    graph = AWKWARD[name]
    exact = np.linalg.eigvalsh(dense_adjacency(graph))[::-1]
    np.testing.assert_allclose(graph.spectrum(graph.N).gamma, exact, atol=1e-13)
