"""`decompose_operator`: an Ā known by its products alone, against LAPACK on the same matrix, at every cut and by both solvers."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.sparse.linalg import aslinearoperator

from popgraph.basics.subspace import tolerance
from popgraph.errors import InvalidArgument, NotConverged, TooLarge
from popgraph.spectrum import policy
from popgraph.spectrum.assemble import rounded
from popgraph.spectrum.basis import null_vectors, reproducible_basis, sign
from popgraph.spectrum.solvers import deflation, operator
from popgraph.spectrum.solvers.operator import decompose_operator


def block(rng, gamma):
    """Q diag(γ) Qᵀ with orthonormal columns of which the first is constant: γ_1 = 1 is that of views of equal probability."""
    side = len(gamma)
    X = rng.standard_normal((side, side))
    X[:, 0] = 1.0
    Q = np.linalg.qr(X)[0]
    return (Q * gamma) @ Q.T


def joined(rng, spectra):
    """Ā of several components, their views in random order; w_x and the component of each view."""
    side = sum(map(len, spectra))
    whole, component, start = np.zeros((side, side)), np.zeros(side, dtype=np.intp), 0
    for c, gamma in enumerate(spectra):
        part = slice(start, start + len(gamma))
        whole[part, part], component[part] = block(rng, np.array(gamma)), c
        start += len(gamma)
    order = rng.permutation(side)
    first = list(dict.fromkeys(component[order].tolist()))  # components are numbered by their first view
    renamed = np.array([first.index(c) for c in component[order].tolist()])
    weight = rng.dirichlet(np.ones(len(spectra)))[component[order]]
    w_x = weight / weight.sum()
    return whole[np.ix_(order, order)], w_x, renamed


RNG = np.random.default_rng(0)
SMALL = {
    "one component": [[1, *RNG.random(29) * 0.9]],
    "three components": [[1, *RNG.random(9) * 0.9] for _ in range(3)],
    "repeated eigenvalues": [[1, 0.5, 0.5, 0.25, *[0.125] * 6, *RNG.random(20) * 0.1]],
    "repeated in both components": [[1, 0.5, 0.25, 0.25, *RNG.random(11) * 0.1], [1, 0.5, 0.5, *RNG.random(12) * 0.1]],
    "deficient rank": [[1, 0.7, 0.5, 0.3, *[0] * 16], [1, 0.6, *[0] * 8]],
    "rank one": [[1, *[0] * 11]],
    "as many components as views": [[1]] * 5,
}


@pytest.fixture(params=SMALL)
def case(request):
    adjacency, w_x, component = joined(np.random.default_rng(1), SMALL[request.param])
    exact = np.sort(np.concatenate(SMALL[request.param]))[::-1]
    return adjacency, w_x, component, exact


def cuts(N):
    return sorted({min(k, N) for k in (1, 2, 3, 4, 5, 7, 10, N - 1, N)} - {0})


@pytest.mark.parametrize("solver", ["dense", "iterative"])
def test_every_cut_has_the_pairs_of_lapack(case, solver):
    adjacency, w_x, component, exact = case
    N, count = len(w_x), int(component.max()) + 1
    for k in cuts(N):
        spectrum = decompose_operator(
            aslinearoperator(adjacency), w_x, component, k, trace=float(np.trace(adjacency)), solver=solver
        )
        V, after = spectrum.eigenvectors, exact[k] if k < N else 0.0
        np.testing.assert_allclose(spectrum.gamma, exact[:k], atol=1e-12)
        np.testing.assert_array_equal(spectrum.gamma == 0, exact[:k] == 0)
        np.testing.assert_array_equal(spectrum.gamma[:count], np.ones(count)[:k])
        np.testing.assert_allclose(V.T @ V, np.eye(k), atol=1e-11)
        np.testing.assert_allclose(adjacency @ V, V * spectrum.gamma, atol=1e-11)
        np.testing.assert_allclose(
            spectrum.residuals, np.linalg.norm(adjacency @ V - V * spectrum.gamma, axis=0), atol=1e-14
        )
        assert (np.abs(V).max(axis=0) <= V.max(axis=0) * (1 + 1e-5)).all()  # each with its largest entry positive
        known = spectrum.gamma_known
        assert len(known) >= min(N, k + 1) if spectrum.complete else len(known) == k
        assert len(known) <= N
        np.testing.assert_allclose(known, exact[: len(known)], atol=1e-12)
        assert spectrum.certificate.remainder <= after + 1e-12
        assert spectrum.certificate.remainder_bound >= after - 1e-12
        assert spectrum.components == count
        if spectrum.complete:
            np.testing.assert_allclose(spectrum.certificate.remainder, after, atol=1e-12)
            assert spectrum.rank == np.sum(exact > 0)
        else:
            assert spectrum.floor == spectrum.certificate.remainder_bound
        assert spectrum.solvers[0].solver == ("closed form" if k < count or count == N else solver)


class Counted:
    """Multiply by a matrix, and count."""

    def __init__(self, matrix):
        self.matrix, self.shape, self.products = matrix, matrix.shape, 0

    def matvec(self, x):
        self.products += 1
        return self.matrix @ x


@pytest.mark.parametrize("name", ["three components", "as many components as views"])
def test_below_the_number_of_components_nothing_is_solved(name):
    adjacency, w_x, component = joined(np.random.default_rng(1), SMALL[name])
    count = component.max() + 1
    for k in range(1, count):
        counted = Counted(adjacency)
        spectrum = decompose_operator(counted, w_x, component, k)
        assert counted.products == k  # the residuals
        certificate = spectrum.certificate
        assert (certificate.remainder, certificate.remainder_bound, spectrum.floor) == (1.0, 1.0, 1.0)
        np.testing.assert_array_equal(spectrum.gamma_known, np.ones(k))
        tops = np.where(component[:, np.newaxis] == range(k), np.sqrt(w_x)[:, np.newaxis], 0.0)
        np.testing.assert_allclose(spectrum.eigenvectors, tops / np.linalg.norm(tops, axis=0), atol=1e-15)


def eigenspaces(adjacency, exact):
    """The distinct eigenvalues from the largest, where each one's stand, and an orthonormal basis of LAPACK's."""
    Q = np.linalg.eigh(adjacency)[1][:, ::-1]
    edges = [0, *(np.flatnonzero(-np.diff(exact) > 1e-9) + 1).tolist(), len(exact)]
    return [(exact[start], start, stop, Q[:, start:stop]) for start, stop in pairwise(edges)]


@pytest.mark.parametrize("solver", ["dense", "iterative"])
def test_the_vectors_of_a_repeated_eigenvalue_are_those_of_its_space(case, solver):
    """Whichever solver found it, at a clean cut; null vectors are those of what is above them."""
    adjacency, w_x, component, exact = case
    for gamma, start, stop, Q in eigenspaces(adjacency, exact)[1:]:
        spectrum = decompose_operator(
            aslinearoperator(adjacency), w_x, component, stop, trace=float(np.trace(adjacency)), solver=solver
        )
        V = spectrum.eigenvectors
        chosen = reproducible_basis(Q) if gamma > 0 else null_vectors(V[:, :start], stop - start)
        sign(chosen)
        np.testing.assert_allclose(V[:, start:stop], chosen, atol=1e-9)


def test_a_cut_through_a_repeated_eigenvalue_takes_the_first_vectors_of_the_whole_space():
    adjacency, w_x, component = joined(np.random.default_rng(1), SMALL["repeated eigenvalues"])
    exact = np.sort(SMALL["repeated eigenvalues"][0])[::-1]
    for gamma, start, stop, Q in eigenspaces(adjacency, exact):
        for k in range(start + 1, stop) if gamma < 1 else []:
            V = decompose_operator(aslinearoperator(adjacency), w_x, component, k, solver="dense").eigenvectors
            chosen = reproducible_basis(Q)[:, : k - start]
            sign(chosen)
            np.testing.assert_allclose(V[:, start:], chosen, atol=1e-9)


@pytest.mark.parametrize("trace", [None, "given"])
def test_where_the_eigenvalues_found_sum_to_the_trace_all_others_are_0(trace):
    adjacency, w_x, component = joined(np.random.default_rng(1), SMALL["deficient rank"])
    spectrum = decompose_operator(
        aslinearoperator(adjacency),
        w_x,
        component,
        6,
        trace=trace and float(np.trace(adjacency)),
        solver="iterative",
    )
    np.testing.assert_allclose(spectrum.gamma, [1, 1, 0.7, 0.6, 0.5, 0.3], atol=1e-12)
    assert (spectrum.certificate.excluded == deflation.SPENT) == (trace is not None)
    assert spectrum.complete == (trace is not None)


def test_what_rounds_to_0_is_0_and_nothing_exceeds_1():
    side = 20
    gamma = np.array([1 + 4e-16, 0.5, 2 * tolerance(side), tolerance(side) / 2, 0.0, -1e-16])
    np.testing.assert_array_equal(rounded(gamma, side), [1.0, 0.5, 2 * tolerance(side), 0.0, 0.0, 0.0])


# --- solvers that fail, and what does not fit


def failing(*_):
    raise NotConverged("it was made to")


LARGE = joined(np.random.default_rng(2), [[1, 0.8, 0.7, *np.linspace(0.1, 0, 37)]])


def test_dense_takes_over_from_an_iteration_that_gave_up_unless_forbidden_or_too_large(monkeypatch):
    adjacency, w_x, component = LARGE
    whole = aslinearoperator(adjacency)
    monkeypatch.setattr(operator, "choose_solver", lambda n, n_views, k, forced: ("iterative", forced or "chosen"))
    monkeypatch.setattr(operator, "DENSE_SOLVE_SIDE_LIMIT", 40)
    assert decompose_operator(whole, w_x, component, 3).solvers[0].solver == "iterative"
    monkeypatch.setattr(operator, "_iterative", failing)
    for limit in (40, 41):
        monkeypatch.setattr(operator, "DENSE_SOLVE_SIDE_LIMIT", limit)
        spectrum = decompose_operator(whole, w_x, component, 3)
        (use,) = spectrum.solvers
        assert (use.solver, use.reason) == ("dense", "the iterative solver gave up (it was made to)")
        np.testing.assert_allclose(spectrum.gamma, [1, 0.8, 0.7], atol=1e-12)
    with pytest.raises(NotConverged, match="it was made to"):
        decompose_operator(whole, w_x, component, 3, solver="iterative")
    monkeypatch.setattr(operator, "DENSE_SOLVE_SIDE_LIMIT", 39)
    with pytest.raises(NotConverged, match="it was made to"):
        decompose_operator(whole, w_x, component, 3)


def test_a_dense_solve_is_refused_above_the_limit_and_an_iteration_is_not(monkeypatch):
    adjacency, w_x, component = LARGE
    monkeypatch.setattr(policy, "DENSE_SOLVE_SIDE_LIMIT", 40)
    assert decompose_operator(aslinearoperator(adjacency), w_x, component, 3, solver="dense").k == 3
    monkeypatch.setattr(policy, "DENSE_SOLVE_SIDE_LIMIT", 39)
    with pytest.raises(TooLarge, match="a dense solve of side 40 needs 38.4 kB; use a k well below 5, for which"):
        decompose_operator(aslinearoperator(adjacency), w_x, component, 3, solver="dense")
    assert decompose_operator(aslinearoperator(adjacency), w_x, component, 3, solver="iterative").k == 3
    with pytest.raises(InvalidArgument, match="k is 41"):
        decompose_operator(aslinearoperator(adjacency), w_x, component, 41)


def test_a_bound_below_what_is_seen_is_refuted_and_a_poor_estimate_above_one_is_not(monkeypatch):
    """0.7 is left beside two pairs; to know of it no more than that it is 0 or more is no fault."""
    adjacency, w_x, component = LARGE
    whole, real = aslinearoperator(adjacency), deflation.largest_left
    monkeypatch.setattr(deflation, "largest_left", lambda *at: (0.0, real(*at)[1]))
    assert decompose_operator(whole, w_x, component, 2, solver="iterative").certificate.remainder_bound >= 0.7
    monkeypatch.setattr(deflation, "largest_left", lambda *at: (0.0, 0.3))
    with pytest.raises(
        NotConverged,
        match="there is an eigenvalue of 0.7 or more beside the 2 found, where the solver says that none is above 0.3",
    ):
        decompose_operator(whole, w_x, component, 2, solver="iterative")
    assert decompose_operator(whole, w_x, component, 2, solver="dense").certificate.remainder == pytest.approx(0.7)
