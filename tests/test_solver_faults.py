"""Solvers made to fail, each in its own way: what they return is repaired or refused, and never a wrong spectrum."""

from typing import Any

import numpy as np
import pytest
from cases import many_components
from scipy.sparse.linalg import ArpackError, ArpackNoConvergence

import popgraph as pg
from popgraph import zoo
from popgraph.errors import NotConverged
from popgraph.spectrum import policy
from popgraph.spectrum.solvers import deflation, iterative, lanczos, symmetric
from popgraph.spectrum.solvers.restarted import Leading, RestartedLanczos

EIGH, EIGSH, LEADING = np.linalg.eigh, iterative.eigsh, RestartedLanczos.leading


def clustered() -> pg.PopulationGraph:
    """One component of 120 naturals and 90 views."""
    return zoo.clusters(count=6, naturals=20, views=15, cross=0.05)


GRAPHS = {
    "a cube": zoo.hypercube(6),
    "a ring": zoo.ring(60),
    "clusters": clustered(),
    "components": many_components(5, 8),
}
TRUTH = {name: EIGH(graph.adjacency)[0][::-1] for name, graph in GRAPHS.items()}


def outcome(name: str, k: int, solver: str | None) -> str:
    """What became of a spectrum: refused, or right to 1e-9 in its eigenvalues, its residuals and its gap."""
    graph = GRAPHS[name]
    try:
        spectrum = graph.spectrum(k, solver=solver)
    except NotConverged:
        return "refused"
    truth = TRUTH[name]
    V, gamma = spectrum.eigenvectors, spectrum.gamma
    assert np.abs(gamma - truth[:k]).max() <= 1e-9
    assert np.abs(spectrum.gamma_known - truth[: len(spectrum.gamma_known)]).max() <= 1e-9
    assert np.linalg.norm(graph.adjacency @ V - V * gamma) <= 1e-8
    assert np.abs(V.T @ V - np.eye(k)).max() <= 1e-8
    assert spectrum.certificate.remainder_bound >= truth[k] - 1e-9
    assert spectrum.gap <= gamma[-1] - truth[k] + 1e-9
    return "right"


def called(real: Any, fault: Any, at: int) -> Any:
    """A function that is faulty in its at-th call, or from -at on for a negative at."""
    calls = [0]

    def faulty(*args: Any, **kwargs: Any) -> Any:
        calls[0] += 1
        if calls[0] == at or (at < 0 and calls[0] >= -at):
            return fault(real, *args, **kwargs)
        return real(*args, **kwargs)

    return faulty


def raising(error: Exception) -> Any:
    def fault(real: Any, *args: Any, **kwargs: Any) -> Any:
        raise error

    return fault


def garbage(real: Any, *args: Any, **kwargs: Any) -> Any:
    values, vectors = real(*args, **kwargs)
    return values, np.random.default_rng(1).standard_normal(vectors.shape)


def not_numbers(real: Any, *args: Any, **kwargs: Any) -> Any:
    values, vectors = real(*args, **kwargs)
    return values * np.nan, vectors * np.nan


def wrong_values(real: Any, *args: Any, **kwargs: Any) -> Any:
    values, vectors = real(*args, **kwargs)
    return values * 0.9 + 0.01, vectors


def slightly_off(real: Any, *args: Any, **kwargs: Any) -> Any:
    values, vectors = real(*args, **kwargs)
    return values, vectors + 1e-6 * np.random.default_rng(1).standard_normal(vectors.shape)


def value_slightly_off(real: Any, *args: Any, **kwargs: Any) -> Any:
    values, vectors = real(*args, **kwargs)
    values = values.copy()
    values[..., -2:-1] += 1e-7
    return values, vectors


def one_lost(real: Any, *args: Any, **kwargs: Any) -> Any:
    """Miss the largest pair, and list the next ones in its place."""
    values, vectors = real(*args, **kwargs)
    values, vectors = np.roll(values, 1, axis=-1), np.roll(vectors, 1, axis=-1)
    values[..., 0] = 0.0
    return values, vectors


def one_lost_of_more(real: Any, operator: Any, k: int, ncv: int, **kwargs: Any) -> Any:
    """Miss the largest pair, and give the k next ones: a spectrum without a flaw of its own."""
    values, vectors = real(operator, k=k + 1, ncv=min(ncv + 1, operator.shape[0]), **kwargs)
    return values[:-1], vectors[:, :-1]


def one_twice(real: Any, *args: Any, **kwargs: Any) -> Any:
    """Give a pair a second time, where another belongs."""
    values, vectors = real(*args, **kwargs)
    if vectors.shape[-1] < 2:
        return values, vectors
    values, vectors = values.copy(), vectors.copy()
    values[..., -2], vectors[..., -2] = values[..., -1], vectors[..., -1]
    return values, vectors


def zeros(real: Any, *args: Any, **kwargs: Any) -> Any:
    values, vectors = real(*args, **kwargs)
    return values * 0, vectors * 0


NO_CONVERGENCE = ArpackNoConvergence("no convergence", np.empty(0), np.empty((0, 0)))
FAULTS = {
    "garbage": garbage,
    "not numbers": not_numbers,
    "wrong values": wrong_values,
    "vectors slightly off": slightly_off,
    "one lost": one_lost,
    "one twice": one_twice,
    "zeros": zeros,
}
OF_ARPACK = FAULTS | {"no convergence": raising(NO_CONVERGENCE), "an error": raising(ArpackError(-9))}
OF_LANCZOS = FAULTS | {"no convergence": lambda *args, **kwargs: None}
OF_LAPACK = FAULTS | {
    "an error": raising(np.linalg.LinAlgError("no convergence")),
    "a value slightly off": value_slightly_off,
}


@pytest.mark.parametrize("at", [1, 2, 3, -1])
@pytest.mark.parametrize("fault", OF_ARPACK)
@pytest.mark.parametrize("name", GRAPHS)
def test_arpack_at_fault_is_repaired_or_refused(name, fault, at, monkeypatch):
    monkeypatch.setattr(policy, "PREFERRED_DENSE_SIDE", 10)
    for solver, k in (("iterative", 4), (None, 4), ("iterative", 7)):
        monkeypatch.setattr(RestartedLanczos, "leading", lambda *args: None)
        monkeypatch.setattr(iterative, "eigsh", called(EIGSH, OF_ARPACK[fault], at))
        assert outcome(name, k, solver) == "right" or solver == "iterative"  # unless forbidden, dense takes over


def leading_by(fault: Any) -> Any:
    """`RestartedLanczos.leading` with a fault in what it returns, as if LAPACK had solved for its vectors."""

    def leading(real: Any, run: RestartedLanczos, *sizes: int) -> Any:
        found = real(run, *sizes)
        if found is None:  # beside "eigenvectors" that are none it need not converge
            return None

        def pairs() -> Any:
            return np.ones(found.vectors.shape[1]), found.vectors

        changed = fault(pairs)
        return None if changed is None else Leading(changed[1], run.basis[:, :0], np.zeros(1))

    return leading


@pytest.mark.parametrize("at", [1, 2, 3, -1])
@pytest.mark.parametrize("fault", OF_LANCZOS)
@pytest.mark.parametrize("name", GRAPHS)
def test_lanczos_at_fault_is_repaired_or_refused(name, fault, at, monkeypatch):
    monkeypatch.setattr(policy, "PREFERRED_DENSE_SIDE", 10)
    for solver, k in (("iterative", 4), (None, 4), ("iterative", 7)):
        faulty = called(LEADING, leading_by(OF_LANCZOS[fault]), at)
        monkeypatch.setattr(RestartedLanczos, "leading", lambda *args, faulty=faulty: faulty(*args))
        assert outcome(name, k, solver) == "right" or solver == "iterative"  # unless forbidden, dense takes over


@pytest.mark.parametrize("at", [1, 2, 3, -1])
@pytest.mark.parametrize("fault", OF_LAPACK)
@pytest.mark.parametrize("name", GRAPHS)
def test_lapack_at_fault_is_repaired_or_refused(name, fault, at, monkeypatch):
    for solver, k in ((None, 4), ("iterative", 4), (None, 7)):
        monkeypatch.setattr(np.linalg, "eigh", called(EIGH, OF_LAPACK[fault], at))
        assert outcome(name, k, solver) == "right"  # scipy's other algorithm takes over


def test_where_both_algorithms_fail_there_is_a_sentence(monkeypatch):
    monkeypatch.setattr(np.linalg, "eigh", called(EIGH, garbage, -1))
    monkeypatch.setattr(symmetric.scipy.linalg, "eigh", called(symmetric.scipy.linalg.eigh, garbage, -1))
    for features in (None, np.eye(64)[:, :5]):
        with pytest.raises(NotConverged, match="LAPACK returns no eigenpairs"):
            GRAPHS["a cube"].spectrum(3, features=features)


LIES = {
    "the bound": ("largest_left", lambda real, *args: (0.0, 0.0)),
    "the bound, after a search": ("largest_left", lambda real, *args: (real(*args)[0], 0.0)),
    "no number": ("largest_left", lambda real, *args: (np.nan, np.nan)),
}


@pytest.mark.parametrize("lost", [1, 2, None])
@pytest.mark.parametrize("lie", LIES)
@pytest.mark.parametrize("name", GRAPHS)
def test_a_bound_that_lies_is_found_out(name, lie, lost, monkeypatch):
    monkeypatch.setattr(policy, "PREFERRED_DENSE_SIDE", 10)
    what, fault = LIES[lie]
    for solver, k in (("iterative", 2), ("iterative", 4), (None, 4), (None, 7)):
        monkeypatch.setattr(RestartedLanczos, "leading", lambda *args: None)
        monkeypatch.setattr(iterative, "eigsh", called(EIGSH, one_lost_of_more, lost) if lost else EIGSH)
        monkeypatch.setattr(deflation, what, called(getattr(lanczos, what), fault, -1))
        outcome(name, k, solver)


@pytest.mark.parametrize("name", GRAPHS)
def test_ritz_values_that_lie_are_found_out(name, monkeypatch):
    real = symmetric.scipy.linalg.eigh_tridiagonal
    monkeypatch.setattr(policy, "PREFERRED_DENSE_SIDE", 10)
    for fault in (not_numbers, zeros, wrong_values):
        monkeypatch.setattr(symmetric.scipy.linalg, "eigh_tridiagonal", called(real, fault, -1))
        for lost in (1, None):
            monkeypatch.setattr(RestartedLanczos, "leading", lambda *args: None)
            monkeypatch.setattr(iterative, "eigsh", called(EIGSH, one_lost_of_more, lost) if lost else EIGSH)
            outcome(name, 4, None)
            outcome(name, 4, "iterative")
