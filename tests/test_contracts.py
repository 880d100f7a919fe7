"""Every solver x every graph x every law: a new solver, graph or law is one line."""

import numpy as np
import pytest
from cases import GRAPHS, dense_adjacency

import popgraph as pg
from popgraph.basics.subspace import containment_angles
from popgraph.spectrum.solvers import deflation

SOLVERS = [None, "dense", "iterative", "shift-invert"]
CUTS = [1, 2, 5, 10**9]  # clipped to N: "k = N" is always one of them


def residuals_vanish(graph, spectrum, Abar, exact):
    np.testing.assert_allclose(Abar @ spectrum.eigenvectors, spectrum.eigenvectors * spectrum.gamma, atol=1e-12)


def eigenvectors_are_orthonormal(graph, spectrum, Abar, exact):
    V = spectrum.eigenvectors
    np.testing.assert_allclose(V.T @ V, np.eye(spectrum.k), atol=1e-12)


def eigenvalues_are_those_of_the_definition(graph, spectrum, Abar, exact):
    np.testing.assert_allclose(spectrum.gamma, exact[: spectrum.k], atol=1e-12)


def known_eigenvalues_are_those_of_the_definition(graph, spectrum, Abar, exact):
    known = spectrum.gamma_known
    np.testing.assert_allclose(known, exact[: len(known)], atol=1e-12)
    if spectrum.complete:
        np.testing.assert_allclose(exact[len(known) :], 0, atol=1e-12)


def the_gap_is_to_the_next_eigenvalue(graph, spectrum, Abar, exact):
    next_gamma = exact[spectrum.k] if spectrum.k < graph.N else 0.0
    certificate = spectrum.certificate
    assert certificate.remainder - 1e-12 <= next_gamma <= certificate.remainder_bound + 1e-12
    if certificate.excluded != deflation.BOUNDED:
        assert spectrum.gap == pytest.approx(max(0.0, exact[spectrum.k - 1] - next_gamma), abs=1e-12)


def clean_cuts_are_where_the_eigenvalues_part(graph, spectrum, Abar, exact):
    padded = np.append(exact, 0.0)
    # Apart by more than rounding, or together within it; the near tie of the cases, 1e-10, is apart.
    expected = [k for k in range(1, graph.N + 1) if padded[k - 1] - padded[k] > 2e-13 and padded[k - 1] > 2e-13]
    ends = len(spectrum.gamma_known) - (spectrum.gamma_known[-1] <= spectrum.floor + spectrum.tolerance)
    assert list(spectrum.clean_cuts) == [k for k in expected if spectrum.complete or k <= ends]


def every_choice_is_reproducible(graph, spectrum, Abar, exact):
    again = graph.spectrum(spectrum.k)
    if again.gap > again.tolerance:  # a cut through an eigenspace may be another one for another solver
        assert containment_angles(spectrum.eigenvectors, again.eigenvectors).max() < 1e-3
    largest = np.abs(spectrum.eigenvectors).max(axis=0)
    first = np.argmax(np.abs(spectrum.eigenvectors) >= largest * (1 - 1e-6), axis=0)
    assert (spectrum.eigenvectors[first, np.arange(spectrum.k)] > 0).all()


def slicing_equals_solving(graph, spectrum, Abar, exact):
    for k in {1, (spectrum.k + 1) // 2}:
        sliced = spectrum.leading(k)
        solved = graph.spectrum(k)
        np.testing.assert_allclose(sliced.gamma, solved.gamma, atol=1e-12)
        known_to = sum(each.certificate.remainder_bound - each.certificate.remainder for each in (sliced, solved))
        assert sliced.gap == pytest.approx(solved.gap, abs=known_to + 1e-12)
        if solved.gap > 1e-6:
            assert pg.verify(graph, sliced.embedding, spectrum=solved)


def its_embedding_matches(graph, spectrum, Abar, exact):
    match = pg.verify(graph, spectrum.embedding)
    assert match.optimal
    assert match.matches == bool(spectrum.gamma[-1] > 0)


def every_solver_says_why(graph, spectrum, Abar, exact):
    assert sum(use.components for use in spectrum.solvers) == graph.component_count
    assert all(
        use.solver in ("closed form", "dense", "iterative", "shift-invert", "product") and use.reason
        for use in spectrum.solvers
    )
    assert spectrum.certificate.residual == spectrum.residuals.max()


LAWS = [
    residuals_vanish,
    eigenvectors_are_orthonormal,
    eigenvalues_are_those_of_the_definition,
    known_eigenvalues_are_those_of_the_definition,
    the_gap_is_to_the_next_eigenvalue,
    clean_cuts_are_where_the_eigenvalues_part,
    every_choice_is_reproducible,
    slicing_equals_solving,
    its_embedding_matches,
    every_solver_says_why,
]


@pytest.fixture(scope="module", params=GRAPHS)
def graph(request):
    return GRAPHS[request.param]


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_contract(graph, solver, law):
    Abar = dense_adjacency(graph)
    exact = np.linalg.eigvalsh(Abar)[::-1]
    for k in sorted({min(k, graph.N) for k in CUTS}):
        law(graph, graph.spectrum(k, solver=solver), Abar, exact)
