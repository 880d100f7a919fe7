"""`graph.spectrum`: closed forms, repeated eigenvalues, certificates, and what is refused."""

from math import comb

import numpy as np
import pytest
import scipy.sparse as sp
from cases import GRAPHS, many_components, near_tie, populations
from hypothesis import given
from hypothesis import strategies as st

import popgraph as pg
from popgraph import zoo
from popgraph.basics.subspace import containment_angles
from popgraph.errors import InvalidArgument, NotConverged, TooLarge
from popgraph.spectrum import choose_solver, decompose, find_components, policy, whole_eigenspace
from popgraph.spectrum.basis import null_vectors, reproducible_basis, sign
from popgraph.spectrum.certificate import Remainder, certify, products_with, residual_norms
from popgraph.spectrum.components import stacks
from popgraph.spectrum.solvers import deflation, iterative
from popgraph.spectrum.solvers.lanczos import Lanczos, largest_left


def ring(n: int, q: float = 0.25) -> pg.PopulationGraph:
    """n naturals on a ring, each augmented to its neighbours with probability q each."""
    step = np.arange(n)
    rows = np.concatenate([step, step, step])
    columns = np.concatenate([step, (step + 1) % n, (step - 1) % n])
    data = np.repeat([1 - 2 * q, q, q], n)
    return pg.build(np.full(n, 1 / n), sp.csr_array((data, (rows, columns)), shape=(n, n)))


def ring_gamma(n: int, q: float = 0.25) -> np.ndarray:
    """The squared Fourier coefficients (1 - 2q + 2q cos θ)², largest first."""
    return np.sort((1 - 2 * q + 2 * q * np.cos(2 * np.pi * np.arange(n) / n)) ** 2)[::-1]


@pytest.mark.parametrize(("probability", "q"), [("1/3", 1 / 3), ("1/2", 1 / 2), ("2/7", 2 / 7), (0.1, 0.1)])
def test_lightning_and_cloud_have_the_spectrum_of_the_paper(probability, q):
    """THEORY 11: γ = 1, 1, 0, 0 and F* spanned by the blocks' (√(1-q), √q)."""
    spectrum = zoo.lightning_cloud(probability).spectrum(2)
    block = [np.sqrt(1 - q), np.sqrt(q)]
    np.testing.assert_allclose(spectrum.gamma, [1, 1], atol=1e-12)
    np.testing.assert_allclose(
        spectrum.eigenvectors, [[block[0], 0], [block[1], 0], [0, block[0]], [0, block[1]]], atol=1e-12
    )
    np.testing.assert_allclose(zoo.lightning_cloud(probability).spectrum(4).gamma, [1, 1, 0, 0], atol=1e-12)


@pytest.mark.parametrize("solver", [None, "dense", "iterative", "shift-invert"])
def test_200_components_have_64_leading_ones_and_true_eigenvectors(solver):
    """Plain ARPACK finds 29 of the 64."""
    graph = many_components(200, 20)
    assert graph.N == 4000
    spectrum = graph.spectrum(64, solver=solver)
    assert np.abs(spectrum.gamma - 1).max() <= 1e-12
    inside = np.zeros((graph.N, 200))
    inside[np.arange(graph.N), graph.components] = np.sqrt(graph.w_x)
    inside /= np.linalg.norm(inside, axis=0)
    V = spectrum.eigenvectors
    assert np.linalg.norm(V - inside @ (inside.T @ V), axis=0).max() <= 1e-10
    np.testing.assert_allclose(V.T @ V, np.eye(64), atol=1e-12)
    assert [use.solver for use in spectrum.solvers] == ["closed form"]


@pytest.mark.parametrize("solver", ["dense", "iterative"])
def test_beyond_the_ones_the_second_eigenvalues_of_all_components_are_found(solver):
    """All 200 components are alike, so γ_201..γ_400 are 200 copies of one value, the second of a single component."""
    graph = many_components(200, 20)
    single = np.linalg.eigvalsh(many_components(1, 20).adjacency)[-2]
    spectrum = graph.spectrum(260, solver=solver)
    np.testing.assert_allclose(spectrum.gamma, [1.0] * 200 + [single] * 60, atol=1e-12)
    assert spectrum.gap <= spectrum.tolerance


@pytest.mark.parametrize("solver", ["dense", "iterative"])
@pytest.mark.parametrize(("d", "flip"), [(6, 0.25), (8, 0.1)])
def test_hypercubes_have_their_binomial_multiplicities(d, flip, solver):
    """γ_S = (1 - 2q)^(2|S|): repeated eigenvalues inside one component, which a single Krylov sequence misses."""
    graph = zoo.hypercube(d, flip)
    k = 1 + d + comb(d, 2) // 2
    expected = np.repeat(
        [(1 - 2 * flip) ** (2 * size) for size in range(d + 1)], [comb(d, size) for size in range(d + 1)]
    )
    spectrum = graph.spectrum(k, solver=solver)
    np.testing.assert_allclose(spectrum.gamma, expected[:k], atol=1e-12)
    assert spectrum.clean_cuts[:2] == (1, 1 + d)


@pytest.mark.parametrize("n", [7, 64, 2000])
def test_rings_have_their_fourier_spectrum(n):
    """Pairs of equal eigenvalues at every frequency; for n = 2000 I - Ā is factored."""
    k = min(n, 12)
    spectrum = ring(n).spectrum(k)
    np.testing.assert_allclose(spectrum.gamma, ring_gamma(n)[:k], atol=1e-12)
    assert spectrum.solvers[0].solver == ("shift-invert" if n > policy.PREFERRED_DENSE_SIDE else "dense")


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("tall", [False, True])
def test_sparse_components_of_one_shape_are_solved_together(count, tall):
    """Rings of 100, so sparse that one alone is multiplied as it is; with more naturals than views, or as many."""
    one = ring(100)
    A = sp.vstack([one.kernel, one.kernel]) if tall else one.kernel
    graph = pg.build(np.full(count * A.shape[0], 1.0), sp.kron(sp.eye_array(count), A, format="csr"), normalize=True)
    gamma = np.repeat(ring_gamma(100), count)
    np.testing.assert_allclose(graph.spectrum(12 * count).gamma, gamma[: 12 * count], atol=1e-12)


def test_a_crowded_ring_is_not_handed_over(monkeypatch):
    """γ_2 to γ_11 come in pairs 1e-6 apart: with 15 Lanczos vectors for these 10 ARPACK stagnated, and a dense solve took 25 s."""
    monkeypatch.setattr(policy, "LEAST_INVERTED_SIDE", 10**9)
    spectrum = ring(5000).spectrum(11)
    assert [use.solver for use in spectrum.solvers] == ["iterative"]
    np.testing.assert_allclose(spectrum.gamma, ring_gamma(5000)[:11], atol=1e-13)


@pytest.mark.parametrize(("q", "k"), [(1e-16, 4), (1e-15, 1)])
def test_a_ring_whose_eigenvalues_all_are_1_to_rounding_is_solved(q, k):
    """What is left beside the top rounds to 1 too, which leaves a filter no room between its edge and what is deflated."""
    spectrum = ring(60, q).spectrum(k, solver="iterative")
    np.testing.assert_allclose(spectrum.gamma, 1.0, rtol=0, atol=1e-14)
    assert spectrum.gap <= spectrum.tolerance


def test_a_near_tie_is_told_apart_and_a_tie_is_not():
    """Second eigenvalues 1/4 and 1/4 + gap, in two components."""
    apart, tied = near_tie(1e-10).spectrum(3), near_tie(0.0).spectrum(3)
    assert apart.gap == pytest.approx(1e-10, rel=1e-4)
    assert 3 in apart.clean_cuts
    assert tied.gap <= tied.tolerance
    assert 3 not in tied.clean_cuts


@pytest.mark.parametrize(
    ("graph", "k", "solver", "end", "sought"),
    [
        (zoo.hypercube(4), 1, None, 1, []),  # clean
        (zoo.hypercube(4), 5, None, 5, []),
        (zoo.hypercube(4), 2, None, 5, [5]),  # all are known, so it is known where the run ends
        (zoo.hypercube(4), 4, None, 5, [5]),
        (zoo.hypercube(4), 12, None, 15, [15]),
        (zoo.hypercube(6), 2, "iterative", 7, [4, 8]),  # it is not: twice as many each time
        (zoo.hypercube(6), 6, "iterative", 7, [12]),
        (many_components(7, 5), 2, None, 7, [7]),  # the eigenvalue 1 is known by the components
        (many_components(7, 5), 9, None, 14, [14]),
        (zoo.clusters(count=3, naturals=8, views=6, degree=3, cross=0), 1, "iterative", 3, [3]),
        (GRAPHS["nearly apart"], 1, None, 1, []),  # γ_2 = 1 - 4e-13 is another number
        (zoo.hypercube(1, 1e-15), 1, None, 2, [2]),  # one component, and γ_2 = 1 - 4e-15 is 1 to rounding
        (zoo.hypercube(2, "1/2"), 4, None, 4, []),  # zeros up to the end
    ],
)
def test_a_run_of_equal_eigenvalues_is_followed_to_its_end(graph, k, solver, end, sought):
    asked = []

    def solve(wanted):
        asked.append(wanted)
        return graph.spectrum(wanted, solver=solver)

    first = graph.spectrum(k, solver=solver)
    whole = whole_eigenspace(first, solve)
    assert (whole.k, asked) == (end, sought)
    np.testing.assert_allclose(whole.gamma[k - 1 :], first.gamma[-1], rtol=0, atol=whole.tolerance)
    assert whole.k == graph.N or whole.gap > whole.tolerance


@given(populations(), st.integers(1, 8))
def test_the_certificate_bounds_the_angle_to_the_true_space(graph, k):
    spectrum = graph.spectrum(min(k, graph.N))
    if spectrum.gap < 1e-6:
        return
    exact = np.linalg.eigh(graph.adjacency)[1][:, ::-1][:, : spectrum.k]
    angle = containment_angles(spectrum.eigenvectors, exact).max()
    assert angle <= spectrum.certificate.angle_bound + 64 * np.finfo(float).eps * graph.N / spectrum.gap


@pytest.mark.parametrize("name", GRAPHS)
def test_one_decomposition_gives_the_same_bits_twice(name):
    first, second = GRAPHS[name].spectrum(1), GRAPHS[name].spectrum(1)
    assert first.gamma.tobytes() == second.gamma.tobytes()
    assert first.eigenvectors.tobytes() == second.eigenvectors.tobytes()


def test_the_iterative_solver_gives_the_same_bits_twice():
    graph = zoo.clusters(count=5, naturals=200, views=200, rng=1)
    first, second = graph.spectrum(7, solver="iterative"), graph.spectrum(7, solver="iterative")
    assert first.eigenvectors.tobytes() == second.eigenvectors.tobytes()


def forget_copies(monkeypatch):
    """Let every search return only its first eigenvector: one copy of each eigenvalue at most."""
    honest, asked = iterative.Search._lanczos, []

    def forgetful(self, ask, polynomial):
        asked.append(ask)
        return honest(self, ask, polynomial)[:, :1]

    monkeypatch.setattr(iterative.Search, "_lanczos", forgetful)
    return asked


def test_second_searches_mend_a_search_that_missed_copies(monkeypatch):
    asked = forget_copies(monkeypatch)
    np.testing.assert_allclose(zoo.hypercube(6).spectrum(7, solver="iterative").gamma, [1] + [0.25] * 6, atol=1e-12)
    assert len(asked) >= 6


def test_searches_that_never_end_raise(monkeypatch):
    forget_copies(monkeypatch)
    monkeypatch.setattr(deflation, "MOST_ROUNDS", 3)
    with pytest.raises(NotConverged, match=r"after 3 searches only 3 of 6 eigenvalues below 1 are found"):
        zoo.hypercube(6).spectrum(7, solver="iterative")


def test_a_missed_larger_eigenvalue_is_found_by_the_second_search_or_raises(monkeypatch):
    """The first search is made to return a parity of two bits, γ = 1/16, before those of one, γ = 1/4."""
    graph, honest, calls = zoo.hypercube(6), iterative.Search._lanczos, []

    def blind(self, ask, polynomial):
        calls.append(ask)
        parity = np.array([(-1.0) ** (x[0] + x[1]) for x in graph.views])[:, np.newaxis] / 8
        return parity if len(calls) <= 2 else honest(self, ask, polynomial)

    monkeypatch.setattr(iterative.Search, "_lanczos", blind)
    np.testing.assert_allclose(graph.spectrum(2, solver="iterative").gamma, [1, 0.25], atol=1e-12)
    calls.clear()
    monkeypatch.setattr(deflation, "MOST_ROUNDS", 2)
    with pytest.raises(
        NotConverged, match=r"after 2 searches there is still an eigenvalue 0.25 above the 2-th found, 0.0625"
    ):
        graph.spectrum(2, solver="iterative")


@given(st.integers(0, 2**32 - 1), st.integers(1, 60), st.integers(0, 5))
def test_the_lanczos_bound_is_above_what_is_left(seed, side, found):
    """On random PSD matrices, with and without repeated eigenvalues; the Ritz value never exceeds the truth."""
    generator = np.random.default_rng(seed)
    gamma = np.sort(generator.choice(generator.random(7), size=side))[::-1]
    V = np.linalg.qr(generator.standard_normal((side, side)))[0]
    found = min(found, side - 1)
    A = (V * gamma) @ V.T
    theta, bound = largest_left(Lanczos(lambda x: A @ x, V[:, :found], np.random.default_rng(seed)), enough=0.0)
    assert theta - 1e-9 <= gamma[found] <= bound + 1e-12


@pytest.mark.parametrize("size", [1.0, 1e-4, 1e-8])
def test_the_lanczos_bound_sees_small_eigenvalues_beside_what_was_deflated(size):
    """Eigenvalues of size 1e-8 left beside a deflated 1: a next Lanczos vector that is short is not yet nothing."""
    for seed in range(50):
        generator = np.random.default_rng(seed)
        gamma = np.concatenate([[1.0, 0.5], size * np.sort(generator.random(20))[::-1] ** 6])
        V = np.linalg.qr(generator.standard_normal((22, 22)))[0]
        A = (V * gamma) @ V.T
        theta, bound = largest_left(Lanczos(lambda x, A=A: A @ x, V[:, :2], generator), enough=0.0)
        assert theta - 1e-14 <= gamma[2] <= bound + 1e-14


def test_the_lanczos_bound_stops_as_soon_as_it_is_enough():
    gamma = np.concatenate([np.linspace(0.2, 0.0, 5000)])
    calls = []

    def product(x):
        calls.append(1)
        return gamma * x

    theta, bound = largest_left(Lanczos(product, np.zeros((5000, 0)), np.random.default_rng(0)), enough=0.9)
    assert theta <= 0.2 < bound < 0.9
    assert len(calls) <= 40


def test_where_iteration_fails_dense_takes_over_and_says_so(monkeypatch):
    def fails(stack, k, alone):
        raise NotConverged("made to fail")

    monkeypatch.setitem(policy.SOLVERS, "iterative", fails)
    monkeypatch.setattr(policy, "LEAST_INVERTED_SIDE", 10**9)
    graph = ring(900)
    spectrum = graph.spectrum(5)
    np.testing.assert_allclose(spectrum.gamma, ring_gamma(900)[:5], atol=1e-12)
    assert spectrum.solvers[0].solver == "dense"
    assert "made to fail" in spectrum.solvers[0].reason
    with pytest.raises(NotConverged, match="made to fail"):
        graph.spectrum(5, solver="iterative")


def test_wrong_eigenpairs_are_not_certified():
    graph = zoo.clusters()
    spectrum = graph.spectrum(3)
    V = spectrum.eigenvectors.copy()
    V[:, 2] = np.roll(V[:, 2], 1)
    residuals = residual_norms(products_with(graph.factor), spectrum.gamma, V)
    with pytest.raises(NotConverged, match=r"eigenpair 3 has a residual"):
        certify(residuals, spectrum.gamma, V, Remainder(0.0, 0.0, "nothing"), graph.N)


@pytest.mark.parametrize("k", [0, -1, 5, 1.5, True, "2", None])
def test_a_k_that_is_no_number_of_views_is_refused(k):
    with pytest.raises(InvalidArgument, match=r"k is .*; it must be a whole number from 1 to the number of views, 4"):
        zoo.lightning_cloud().spectrum(k)


def test_an_unknown_solver_is_refused():
    with pytest.raises(InvalidArgument, match=r"solver is 'lobpcg'; it must be"):
        zoo.lightning_cloud().spectrum(2, solver="lobpcg")


def test_a_dense_solve_that_cannot_fit_is_refused(monkeypatch):
    monkeypatch.setattr(policy, "DENSE_SOLVE_SIDE_LIMIT", 100)
    with pytest.raises(TooLarge, match=r"a dense solve of side 200 needs 960 kB; use a k well below 25"):
        ring(200).spectrum(3, solver="dense")


def test_the_policy_says_what_it_chose_and_why():
    assert choose_solver(1, 300, 5)[0] == "closed form"
    assert choose_solver(20, 10**6, 5)[0] == "dense"
    assert choose_solver(10**5, 10**6, 5)[0] == "iterative"
    assert choose_solver(2000, 2000, 1000)[0] == "dense"
    assert choose_solver(20, 20, 5, "iterative") == ("iterative", "asked for")


def test_the_multiplicities_that_are_listed_are_whole():
    assert zoo.hypercube(3).spectrum(2).multiplicities == (
        (1.0, 1), (pytest.approx(1 / 4), 3), (pytest.approx(1 / 16), 3), (pytest.approx(1 / 64), 1),
    )  # fmt: skip
    partial = ring(2000).spectrum(
        4, solver="iterative"
    )  # 1, then pairs: the last pair is cut and its multiplicity not known
    assert [count for _, count in partial.multiplicities] == [1, 2]
    assert partial.rank is None
    assert zoo.lightning_cloud().spectrum(2).rank == 2


def test_components_are_numbered_by_their_first_view_and_stacked_by_shape():
    A = np.zeros((3, 5))
    A[0, [1, 4]] = A[2, [0, 3]] = 0.5
    A[1, 2] = 1
    graph = pg.build(np.full(3, 1 / 3), A)
    parts = find_components(graph.factor)
    assert graph.components.tolist() == [0, 1, 2, 0, 1]
    assert parts.of_row.tolist() == [1, 2, 0]
    shapes = [
        (members.tolist(), stack.shape)
        for members, stack in stacks(graph.factor, np.sqrt(graph.w_x), parts, np.arange(3))
    ]
    assert shapes == [([2], (1, 1, 1)), ([0, 1], (2, 1, 2))]


def test_decompose_takes_arrays_and_knows_no_outcomes():
    graph = zoo.clusters()
    assert decompose(graph.factor, graph.w_x, 3).gamma.tobytes() == graph.spectrum(3).gamma.tobytes()


def test_signs_do_not_depend_on_rounding_between_ties():
    v = np.array([[-0.5, 0.5], [0.5 + 1e-15, -0.5 - 1e-15], [0.1, 0.0]])
    sign(v)
    assert (v[0] > 0).all()


@given(st.integers(0, 2**32 - 1))
def test_the_basis_of_an_eigenspace_depends_on_the_space_alone(seed):
    generator = np.random.default_rng(seed)
    U = np.linalg.qr(generator.standard_normal((9, 4)))[0]
    R = np.linalg.qr(generator.standard_normal((4, 4)))[0]
    basis = reproducible_basis(U)
    np.testing.assert_allclose(basis, reproducible_basis(U @ R), atol=1e-9)
    np.testing.assert_allclose(basis @ basis.T, U @ U.T, atol=1e-12)


@given(st.integers(0, 2**32 - 1), st.integers(0, 5), st.integers(0, 4))
def test_null_vectors_complete_a_basis(seed, rank, count):
    V = np.linalg.qr(np.random.default_rng(seed).standard_normal((9, 5)))[0][:, :rank]
    both = np.column_stack([V, null_vectors(V, count)])
    np.testing.assert_allclose(both.T @ both, np.eye(rank + count), atol=1e-12)


def test_slices_outside_the_spectrum_are_refused():
    with pytest.raises(InvalidArgument, match=r"k is 3; it must be a whole number from 1 to the number of pairs"):
        zoo.lightning_cloud().spectrum(2).leading(3)


def test_a_spectrum_prints_what_it_knows():
    text = str(zoo.hypercube(3).spectrum(4))
    assert repr(zoo.hypercube(3).spectrum(4)) in text
    assert "0.25 (x3)" in text
    assert "clean cuts    k = 1, 4, 7, 8" in text
    assert "product on a component of 8 naturals x 8 views" in text
    assert "dense on a component of 8 naturals x 8 views" in str(zoo.hypercube(3).spectrum(4, solver="dense"))
    assert "degenerate cut" in repr(zoo.hypercube(3).spectrum(2))
