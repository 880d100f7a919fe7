"""Spectra of pairs that are given directly: negative eigenvalues, closed forms, dense solves of random w, and exact arithmetic."""

import copy
import pickle
from fractions import Fraction

import networkx as nx
import numpy as np
import pytest
import scipy.sparse as sp
from extras import need
from hypothesis import given
from hypothesis import strategies as st
from layers import examples

import popgraph as pg
from popgraph.errors import InvalidArgument, InvalidDistribution
from popgraph.populations import pair_graph
from popgraph.spectrum import SignedSpectrum


def counted(graph: nx.Graph) -> pg.PairGraph:
    """The pairs of ends of equally likely edges, exactly."""
    return pg.from_pairs(
        {pair: 1 for a, b in graph.edges for pair in ((a, b), (b, a))}, views=list(graph.nodes), normalize=True
    )


def random_pairs(seed: int, N: int | None = None, density: float | None = None) -> pg.PairGraph:
    """A random w, dense or sparse, mostly indefinite; a view without a pair gets one with itself."""
    rng = np.random.default_rng(seed)
    N = int(rng.integers(1, 30)) if N is None else N
    density = rng.choice([0.05, 0.15, 0.4, 1.0]) if density is None else density
    w = rng.random((N, N)) * (rng.random((N, N)) < density)
    w = w + w.T
    w[np.arange(N), np.arange(N)] *= rng.random(N) < 0.5
    w[np.arange(N), np.arange(N)] += w.sum(axis=1) == 0
    return pair_graph(tuple(range(N)), w / w.sum())


def dense_gamma(graph: pg.PairGraph) -> np.ndarray:
    w = graph.weight_matrix("dense")
    root = np.sqrt(w.sum(axis=1))
    return np.linalg.eigvalsh(w / np.outer(root, root))[::-1]


C5 = (np.sqrt(5) - 1) / 4, -(np.sqrt(5) + 1) / 4
CLOSED_FORMS = {
    "triangle": (nx.complete_graph(3), [1, -0.5, -0.5]),
    "5-cycle": (nx.cycle_graph(5), [1, C5[0], C5[0], C5[1], C5[1]]),
    "K_{2,2}": (nx.complete_bipartite_graph(2, 2), [1, 0, 0, -1]),
    "an edge": (nx.path_graph(2), [1, -1]),
    "path of 4": (nx.path_graph(4), [1, 0.5, -0.5, -1]),
    "star": (nx.star_graph(5), [1, 0, 0, 0, 0, -1]),
    "two triangles": (nx.disjoint_union(nx.complete_graph(3), nx.complete_graph(3)), [1, 1, -0.5, -0.5, -0.5, -0.5]),
    "an edge and a triangle": (nx.disjoint_union(nx.path_graph(2), nx.complete_graph(3)), [1, 1, -0.5, -0.5, -1]),
    "Petersen's": (nx.petersen_graph(), [1] + [1 / 3] * 5 + [-2 / 3] * 4),
    "3-cube": (nx.hypercube_graph(3), [1] + [1 / 3] * 3 + [-1 / 3] * 3 + [-1]),
}


@pytest.mark.parametrize("name", CLOSED_FORMS)
def test_closed_forms(name):
    edges, gamma = CLOSED_FORMS[name]
    graph = counted(edges)
    for k in range(1, graph.N + 1):
        spectrum = graph.spectrum(k)
        np.testing.assert_allclose(spectrum.gamma, gamma[:k], atol=1e-13)
        assert spectrum.one_encoder == pytest.approx(-np.sum(np.maximum(gamma[:k], 0) ** 2), abs=1e-12)
        two = -np.sum(np.sort(np.square(gamma))[::-1][:k])
        assert spectrum.two_encoders == (pytest.approx(two, abs=1e-12) if spectrum.complete else None)
        assert graph.two_encoders().spectrum(k).sigma @ -graph.two_encoders().spectrum(k).sigma == pytest.approx(two)
    assert spectrum.complete
    assert spectrum.rank == np.count_nonzero(gamma)
    assert spectrum.positive == np.sum(np.array(gamma) > 0)
    assert sum(count for _, count in spectrum.multiplicities) == graph.N
    assert graph.component_count == np.sum(np.array(gamma) == 1)
    assert spectrum.semidefinite is False
    clean = [k for k in range(1, graph.N) if gamma[k - 1] > 0 and gamma[k - 1] - gamma[k] > 1e-9]
    assert spectrum.clean_cuts == tuple(clean)


def test_numbers_of_the_literature():
    """Uniform pairs on the triangle and the 5-cycle, K_{2,2}: one encoder and two."""
    one = {
        name: [counted(CLOSED_FORMS[name][0]).spectrum(k).one_encoder for k in (1, 2, 3)]
        for name in ("triangle", "5-cycle")
    }
    two = {
        name: [counted(CLOSED_FORMS[name][0]).spectrum(k).two_encoders for k in (2, 3)]
        for name in ("triangle", "5-cycle", "K_{2,2}")
    }
    np.testing.assert_allclose(one["triangle"], [-1, -1, -1], atol=1e-12)
    np.testing.assert_allclose(one["5-cycle"], [-1, -1.0954915028, -1.1909830056], atol=1e-9)
    np.testing.assert_allclose(two["triangle"], [-1.25, -1.5], atol=1e-12)
    assert two["5-cycle"][0] == pytest.approx(-1.6545084972, abs=1e-9)
    np.testing.assert_allclose(two["K_{2,2}"], [-2, -2], atol=1e-12)


@pytest.mark.parametrize("block", range(10))
def test_random_spectra_are_those_of_a_dense_solve(block):
    for seed in range(30 * block, 30 * block + 30):
        graph = random_pairs(seed)
        gamma, N = dense_gamma(graph), graph.N
        k = 1 + seed % N
        for spectrum in (graph.spectrum(k), graph.spectrum(N)):
            V = spectrum.eigenvectors
            np.testing.assert_allclose(spectrum.gamma, gamma[: spectrum.k], atol=1e-12)
            np.testing.assert_allclose(graph.adjacency @ V, V * spectrum.gamma, atol=1e-12)
            np.testing.assert_allclose(V.T @ V, np.eye(spectrum.k), atol=1e-12)
            assert spectrum.certificate.residual < 1e-12
            if spectrum.k < N:
                assert spectrum.certificate.remainder == pytest.approx(gamma[spectrum.k], abs=1e-12)
        assert spectrum.complete
        assert len(spectrum.gamma_known) == N
        np.testing.assert_allclose(spectrum.leading(k).gamma, gamma[:k], atol=1e-12)
        F = spectrum.minimiser
        best = np.linalg.norm(graph.adjacency - F @ F.T) ** 2 - np.linalg.norm(graph.adjacency) ** 2
        assert best == pytest.approx(spectrum.one_encoder, abs=1e-11)
        X = np.random.default_rng(seed).standard_normal((N, 2))
        np.testing.assert_allclose(graph.gram(X), graph.adjacency @ X, atol=1e-14)
        np.testing.assert_allclose(graph.operator() @ X, graph.adjacency @ X, atol=1e-14)
        assert graph.trace == pytest.approx(float(np.trace(graph.adjacency)), abs=1e-13)


@pytest.mark.parametrize("solver", [None, "dense", "iterative", "shift-invert"])
@pytest.mark.parametrize(
    ("name", "N"), [("ring", 1_200), ("ladder", 1_200), ("random", 900), ("two components", 1_000)]
)
def test_large_graphs_by_every_solver(name, N, solver):
    if name == "ring":
        graph = pair_graph(range(N), nx.to_scipy_sparse_array(nx.cycle_graph(N)) / (2.0 * N))
        gamma = np.sort(np.cos(2 * np.pi * np.arange(N) / N))[::-1]
    elif name == "ladder":
        graph = pair_graph(range(N), nx.to_scipy_sparse_array(nx.circular_ladder_graph(N // 2)) / (3.0 * N))
        ring = 2 * np.cos(2 * np.pi * np.arange(N // 2) / (N // 2))
        gamma = np.sort(np.concatenate([(ring + 1) / 3, (ring - 1) / 3]))[::-1]
    else:
        sizes = [N] if name == "random" else [N - 60, 60]
        w = sp.csr_array(sp.block_diag([random_pairs(i, n, 12 / N).pairs for i, n in enumerate(sizes)]))
        graph = pair_graph(range(N), w / w.sum())
        gamma = dense_gamma(graph)
    k = 7
    spectrum = graph.spectrum(k, solver=solver)
    np.testing.assert_allclose(spectrum.gamma, gamma[:k], atol=1e-11)
    np.testing.assert_allclose(graph.gram(spectrum.eigenvectors), spectrum.eigenvectors * spectrum.gamma, atol=1e-9)
    certificate = spectrum.certificate
    assert certificate.remainder <= gamma[k] + 1e-10
    assert certificate.remainder_bound >= gamma[k] - 1e-10
    if solver is not None:
        assert {use.solver for use in spectrum.solvers} <= {solver, "closed form"}


def test_the_policy_takes_the_solver_that_costs_least():
    ring = pair_graph(range(3_000), nx.to_scipy_sparse_array(nx.cycle_graph(3_000)) / 6_000.0)
    spread = random_pairs(3, 2_500, 12 / 2_500)
    assert ring.spectrum(4).solvers[0].solver == "shift-invert"
    assert spread.spectrum(4).solvers[0].solver == "iterative"
    assert "(I + Ā)/2 of" in str(spread.spectrum(4).solvers[0])
    assert counted(nx.cycle_graph(5)).spectrum(2).solvers[0].solver == "dense"
    assert "5 edges and 5 views" in str(counted(nx.cycle_graph(5)).spectrum(2).solvers[0])


def test_a_view_that_pairs_with_itself_alone():
    graph = pg.from_pairs({(0, 0): "1/2", (1, 2): "1/4", (2, 1): "1/4"})
    assert graph.component_count == 2
    assert graph.components.tolist() == [0, 1, 1]
    np.testing.assert_allclose(graph.spectrum(3).gamma, [1, 1, -1], atol=1e-15)
    one = pg.from_pairs({("x", "x"): 1})
    assert (one.N, one.spectrum(1).gamma.tolist(), one.spectrum(1).clean_cuts) == (1, [1.0], (1,))


def test_equal_kernels_have_the_spectrum_of_the_augmentation():
    for graph in (pg.zoo.hypercube(4), pg.zoo.clusters(), pg.zoo.lightning_cloud(), pg.zoo.ring(12)):
        given = pair_graph(graph.views, graph.weight_matrix("csr"))
        spectrum, true = given.spectrum(graph.N), graph.spectrum(graph.N)
        np.testing.assert_allclose(spectrum.gamma, true.gamma, atol=1e-12)
        assert spectrum.semidefinite
        assert spectrum.clean_cuts == true.clean_cuts
        assert spectrum.rank == true.rank
        assert spectrum.one_encoder == spectrum.two_encoders
        assert "positive semidefinite" in str(given)
        assert spectrum.multiplicities[-1][1] == true.multiplicities[-1][1]


def test_features_see_the_ritz_values_of_an_indefinite_w():
    for seed in range(20):
        graph = random_pairs(seed, N=9)
        psi = np.random.default_rng(seed).standard_normal((9, 4))
        Q = np.linalg.qr(np.sqrt(graph.w_x)[:, None] * psi)[0]
        theta = np.linalg.eigvalsh(Q.T @ graph.adjacency @ Q)[::-1]
        spectrum = graph.spectrum(4, features=psi)
        np.testing.assert_allclose(spectrum.gamma, theta, atol=1e-12)
        np.testing.assert_allclose(psi @ spectrum.weights, spectrum.embedding, atol=1e-12)
        F = np.sqrt(graph.w_x)[:, None] * spectrum.embedding
        loss = np.linalg.norm(graph.adjacency - F @ F.T) ** 2 - np.linalg.norm(graph.adjacency) ** 2
        assert loss == pytest.approx(spectrum.one_encoder, abs=1e-11)
        assert spectrum.complete
        assert len(spectrum.multiplicities) == 4


def test_more_is_claimed_of_no_eigenvalue_than_is_known():
    graph = random_pairs(0, 1_500, 10 / 1_500)
    spectrum = graph.spectrum(3)
    assert not spectrum.complete
    assert spectrum.rank is None
    assert spectrum.two_encoders is None
    assert spectrum.semidefinite is None
    assert spectrum.positive is None
    assert sum(count for _, count in spectrum.multiplicities) <= len(spectrum.gamma_known)
    assert "graph.two_encoders().spectrum(3)" in str(spectrum)
    assert graph.two_encoders().spectrum(3).sigma[1] >= spectrum.gamma[1] - 1e-12


def test_how_it_prints():
    graph = counted(nx.cycle_graph(5))
    text = str(graph.spectrum(4))
    assert repr(graph.spectrum(4)) == (
        "SignedSpectrum(k=4, gamma=[1, 0.309, 0.309, -0.809], γ_4 <= 0: one encoder cannot reach it)"
    )
    assert "1 (x1), 0.309017 (x2), -0.809017 (x2)" in text
    assert "one reaches Σ max(γ, 0)² = 1.19098, two 2.40451" in text
    assert repr(graph.spectrum(2)).endswith("degenerate cut)")
    assert "-0.809" in graph.spectrum(4)._repr_html_()
    assert "1, 0.309017 (x2), -0.809017 (x2)" in str(graph)
    assert "1/10" in graph._repr_html_()
    assert repr(graph) == "PairGraph(5 views, 5 pairs, 1 component)"


def test_copies_are_equal_to_the_bit():
    graph = counted(nx.cycle_graph(5))
    for value in (graph, graph.spectrum(3)):
        for copied in (pickle.loads(pickle.dumps(value)), copy.deepcopy(value), copy.copy(value)):
            assert repr(copied) == repr(value)
            assert np.array_equal(copied.w_x, value.w_x)
    assert isinstance(copied, SignedSpectrum)


# Exact arithmetic


@pytest.mark.parametrize("name", CLOSED_FORMS)
def test_exact_eigenvalues_are_the_closed_forms(name):
    need("flint")
    edges, gamma = CLOSED_FORMS[name]
    exact = counted(edges).exact()
    np.testing.assert_allclose(exact.gamma, gamma, atol=1e-15)
    assert exact.clean_cuts == counted(edges).spectrum(len(gamma)).clean_cuts
    assert exact.rank == np.count_nonzero(gamma)
    assert exact.multiplicity(1) == np.sum(np.array(gamma) == 1)
    assert exact.error_bounds(counted(edges).spectrum(len(gamma))).max() < 1e-14
    assert all(exact.cut(k).clean == (k in exact.clean_cuts) for k in range(1, len(gamma) + 1))


def test_exact_numbers():
    need("flint")
    five = counted(nx.cycle_graph(5)).exact()
    assert [each.radicals for each in five.eigenvalues] == ["1", "(-1 + √5)/4", "(-1 - √5)/4"]
    assert five.eigenvalues[2].digits(12) == "-0.809016994375"
    assert str(five.charpoly) == "(x - 1) (4x^2 + 2x - 1)^2"
    assert five.w[0, 1] == Fraction(1, 10)
    assert five.w_x[0] == Fraction(1, 5)
    assert five.walk[0, 1] == Fraction(1, 2)
    assert five.cut(4).above == 3
    assert not five.cut(4).zero
    assert not five.cut(4).clean
    assert r"\tfrac{-1 - \sqrt{5}}{4}" in five.latex("gamma")
    assert "$$" in five._repr_latex_()
    assert repr(counted(nx.complete_graph(3)).exact()) == "ExactPairGraph(3 views, rank 3: 1, -1/2 twice)"
    with pytest.raises(InvalidArgument, match="no naturals to walk among"):
        _ = five.twin


def test_exact_verdicts():
    need("flint")
    cycle = counted(nx.cycle_graph(4)).exact()  # γ = 1, 0, 0, -1
    assert cycle.verify([[1], [1], [1], [1]])
    assert "γ_2 = 0" in cycle.verify([[1, 0], [1, 1], [1, 0], [1, -1]]).reason
    triangle = counted(nx.complete_graph(3)).exact()
    assert "γ_2 = -1/2 < 0" in triangle.verify([[1, 0], [1, 1], [1, 2]]).reason
    cube = counted(nx.hypercube_graph(3))
    parities = [[1, *(1 - 2 * bit for bit in x)] for x in cube.views]
    assert cube.exact().verify(parities)
    assert pg.verify(cube, parities)
    assert not cube.exact().verify([[*row[:3], row[1] * row[2]] for row in parities])
    degenerate = cube.exact().verify([row[:3] for row in parities])
    assert degenerate
    assert "degenerate" in degenerate.reason
    match = pg.verify(counted(nx.cycle_graph(4)), np.ones((4, 2)))
    assert match.exactly == "γ_2 = 0"
    assert pg.verify(counted(nx.complete_graph(3)), np.ones((3, 2))).exactly in ("", "γ_2 < 0")


def test_floats_are_not_promoted():
    graph = pg.from_pairs(np.array([[0.1, 0.2], [0.2, 0.5]]))
    with pytest.raises(InvalidDistribution, match=r"w\(0, 0\) is the float 0.1"):
        graph.exact()
    assert not graph.is_exact


@given(st.integers(0, 2**32 - 1))
def test_exact_spectra_bound_the_floats(seed):
    need("flint")
    rng = np.random.default_rng(seed)
    N = int(rng.integers(1, 7))
    counts = rng.integers(0, 4, (N, N))
    counts = counts + counts.T
    counts[np.arange(N), np.arange(N)] += counts.sum(axis=1) == 0
    graph = pg.from_pairs(counts.astype(object), normalize=True)
    exact = graph.exact()
    spectrum = graph.spectrum(N)
    assert (exact.error_bounds(spectrum) <= spectrum.tolerance).all()
    assert exact.clean_cuts == spectrum.clean_cuts
    assert exact.rank == spectrum.rank
    assert [count for _, count in spectrum.multiplicities] == [each.multiplicity for each in exact.eigenvalues]
    assert (exact.w == np.array(counts, dtype=object) * Fraction(1, int(counts.sum()))).all()


@pytest.mark.parametrize("rounds", [examples(5)])
def test_sampled_pairs_come_as_often_as_w_says(rounds):
    for seed in range(rounds):
        graph, size = random_pairs(seed, N=6, density=0.4), 40_000
        drawn = graph.sample_pairs(size, rng=seed)
        counts = np.bincount(drawn[:, 0] * graph.N + drawn[:, 1], minlength=graph.N**2).reshape(graph.N, graph.N) / size
        assert (np.abs(counts - graph.w) <= 5 * np.sqrt(graph.w * (1 - graph.w) / size) + 2 / size).all()
        assert np.array_equal(drawn, graph.sample_pairs(size, rng=seed))
        views = np.bincount(graph.sample_views(size, rng=seed), minlength=graph.N) / size
        np.testing.assert_allclose(views, graph.w_x, atol=0.02)
