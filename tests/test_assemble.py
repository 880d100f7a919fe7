"""`assemble_spectrum`: the one place where eigenpairs become a `Spectrum`; and a guard that it stays the one."""

import ast
from pathlib import Path

import numpy as np
import pytest

import popgraph
from popgraph.basics.subspace import tolerance
from popgraph.errors import NotConverged
from popgraph.spectrum import Solution, SolverUse, assemble_spectrum, nothing_to_solve, unit_eigenvectors
from popgraph.spectrum.assemble import leading_eigenvectors, reproducible

PACKAGE = Path(popgraph.__file__).parent
USE = (SolverUse("dense", 1, (4, 4), "a test"),)
GAMMA = np.array([1.0, 0.5, 0.5, 0.25])


def solved(k, *, gamma=GAMMA, use=USE, **known):
    """Assemble the k leading pairs of diag(GAMMA), whose eigenvectors are unit vectors, here with the wrong sign."""
    solution = Solution(gamma, 1, "a test", use, 4, **known)
    return assemble_spectrum(solution, -np.eye(4, k), np.full(4, 0.25), lambda X: (GAMMA * X.T).T)


# --- the guard


def calls_of(name: str, source: str) -> int:
    """Count the calls of a name, or of an attribute of that name, in a source."""
    called = [node.func for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    return sum(getattr(each, "id", getattr(each, "attr", None)) == name for each in called)


def test_spectra_are_made_in_one_place():
    makers = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if calls_of("Spectrum", path.read_text(encoding="utf-8"))
    }
    assert makers == {"spectrum/assemble.py"}


def test_a_second_place_would_be_noticed():
    assert calls_of("Spectrum", "from popgraph.spectrum import Spectrum\nmade = Spectrum(gamma=[1.0])") == 1
    assert calls_of("Spectrum", "from popgraph import spectrum\nmade = spectrum.value.Spectrum(gamma=[1.0])") == 1
    assert calls_of("Spectrum", "def f(s: Spectrum) -> Spectrum:\n    return ProductSpectrum(s)") == 0


# --- what it does


def test_signs_are_chosen_and_unit_eigenvectors_stay_as_they_are():
    np.testing.assert_array_equal(solved(3).eigenvectors, np.eye(4, 3) * [-1, 1, 1])
    free = solved(3, closed_form=False)
    np.testing.assert_array_equal(free.eigenvectors, np.eye(4, 3))


def test_what_is_not_listed_is_0_where_the_bound_says_so_and_unknown_elsewhere():
    whole = solved(4)
    assert whole.complete
    assert whole.multiplicities == ((1.0, 1), (0.5, 2), (0.25, 1))
    few = solved(1, gamma=GAMMA[:1], remainder=0.4, remainder_bound=0.6)
    assert not few.complete
    np.testing.assert_array_equal(few.gamma_known, [1.0])
    assert (few.certificate.remainder, few.certificate.remainder_bound, few.floor) == (0.4, 0.6, 0.6)
    known = solved(1, remainder=0.25, remainder_bound=0.3)  # the last one listed is not known to be the fourth largest
    np.testing.assert_array_equal(known.gamma_known, [1.0, 0.5, 0.5])
    assert known.certificate.remainder_bound == 0.5


def test_a_residual_that_the_pairs_bring_along_is_added_to_the_one_measured():
    spectrum = solved(3, closed_form=False, residual=1e-12)
    np.testing.assert_allclose(spectrum.residuals, np.full(3, 1e-12), rtol=1e-6)
    assert spectrum.certificate.residual == pytest.approx(1e-12, rel=1e-6)
    expected = np.arcsin((np.sqrt(3) * 1e-12 + tolerance(4) / 8) / 0.25)
    assert spectrum.certificate.angle_bound == pytest.approx(expected, rel=1e-6)


def test_a_wrong_pair_is_refused_and_so_is_a_missed_one_after_an_iteration():
    with pytest.raises(NotConverged, match="residual"):
        solved(3, gamma=np.array([1.0, 0.5, 0.4]), remainder=0.25, remainder_bound=0.25)
    iterated = (SolverUse("iterative", 1, (4, 4), "a test"),)
    with pytest.raises(NotConverged, match=r"an eigenvalue of 0\.5 or more beside the 1 found"):
        solved(1, gamma=GAMMA[:1], use=iterated, remainder=0.25, remainder_bound=0.25)
    assert solved(3, gamma=GAMMA[:3], use=iterated, remainder=0.25, remainder_bound=0.25).k == 3


def test_nothing_is_solved_where_the_components_suffice():
    assert nothing_to_solve(2, 2, (5, 4)) is None  # the third eigenvalue tells the gap
    few, every = nothing_to_solve(1, 2, (5, 4)), nothing_to_solve(4, 4, (5, 4))
    assert (few.remainder, few.remainder_bound) == (1.0, 1.0)
    assert (every.remainder, every.remainder_bound) == (0.0, 0.0)
    np.testing.assert_array_equal(every.gamma, np.ones(4))


def test_unit_eigenvectors_are_roots_of_probabilities_on_each_component():
    w_x, component = np.array([0.1, 0.2, 0.3, 0.4]), np.array([0, 1, 0, 2])
    expected = np.sqrt([[0.25, 0, 0], [0, 1, 0], [0.75, 0, 0], [0, 0, 1]])
    for count in (1, 2, 3):
        np.testing.assert_allclose(unit_eigenvectors(component, w_x, count).toarray(), expected[:, :count], atol=1e-15)


def test_a_million_views_have_a_unit_eigenvector_of_length_1_to_the_last_digits():
    w_x = np.random.default_rng(0).uniform(0.5, 1.5, 10**6)
    unit = unit_eigenvectors(np.zeros(10**6, dtype=np.intp), w_x / w_x.sum(), 1)
    assert abs(np.linalg.norm(unit.data) - 1.0) < 1e-15


def test_leading_eigenvectors_are_the_unit_ones_then_those_below_then_null_vectors():
    unit = unit_eigenvectors(np.zeros(4, dtype=np.intp), np.array([1.0, 0, 0, 0]), 1)
    turned = np.eye(4)[:, 1:3] @ np.array([[0.6, -0.8], [0.8, 0.6]])
    for k in (1, 2, 3, 4):
        V = leading_eigenvectors(unit, np.array([0.5, 0.5]), turned, k, 4)
        np.testing.assert_allclose(np.abs(V), np.eye(4, k), atol=1e-15)


def test_a_repeated_eigenvalue_has_one_basis_whatever_the_solver_returned():
    rng = np.random.default_rng(0)
    U = np.linalg.qr(rng.standard_normal((30, 5)))[0]
    turn = np.linalg.qr(rng.standard_normal((3, 3)))[0]
    other = np.column_stack([U[:, 0], U[:, 1:4] @ turn, U[:, 4]])
    gamma = np.array([0.9, 0.5, 0.5, 0.5, 0.1])
    for count in range(6):
        one, two = reproducible(gamma, U, count, 30), reproducible(gamma, other, count, 30)
        assert one.shape == (30, count)
        np.testing.assert_allclose(one, two, atol=1e-12)
        np.testing.assert_array_equal(one[:, [j for j in (0, 4) if j < count]], U[:, [j for j in (0, 4) if j < count]])
