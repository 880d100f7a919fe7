"""What a product's spectrum takes from its factors', on hand-made factors: levels, functions, and the numbers beside the pairs."""

from dataclasses import replace
from importlib import import_module

import numpy as np
import pytest
import scipy.sparse as sp
from cases import dense_adjacency, independent, many_components

import popgraph as pg
from popgraph import zoo
from popgraph.basics.subspace import EPS, containment_angles, tolerance
from popgraph.spectrum import decompose, find_components
from popgraph.spectrum.product import solve as factored
from popgraph.spectrum.product.solve import Grid, constant_first, levels_of


def apart(probability, total=1.0):
    """Two components of this probability and the rest: two letters that are mixed, and two that are so less."""
    p = total * np.array([probability / 2, probability / 2, 0.4 * (1 - probability), 0.6 * (1 - probability)])
    A = np.array([[0.8, 0.2, 0, 0], [0.2, 0.8, 0, 0], [0, 0, 0.9, 0.1], [0, 0, 0.1, 0.9]])
    return pg.build(p, A)


def flips(*q):
    """Bits that flip with these probabilities, one after the other, as M, its grid and the factors' spectra."""
    bits = [pg.build([0, 1], [[1 - x, x], [x, 1 - x]]) for x in q]
    return multiplied(bits)


def multiplied(graphs):
    """The factor, the views' probabilities and the grid of a product, and all eigenpairs of its factors."""
    factor, w_x = sp.csr_array([[1.0]]), np.ones(1)
    for graph in graphs:
        factor, w_x = sp.csr_array(sp.kron(factor, graph.factor)), np.kron(w_x, graph.w_x)
    factor.eliminate_zeros()
    positions = np.array(list(np.ndindex(*(graph.N for graph in graphs))))
    grid = Grid(tuple((graph.factor, graph.w_x) for graph in graphs), np.arange(len(graphs)), positions)
    return factor, w_x, grid, [decompose(graph.factor, graph.w_x, graph.N) for graph in graphs]


def solved(product, k):
    factor, w_x, grid, spectra = product
    return factored.from_factors(factor, w_x, k, find_components(factor), grid, spectra)


# --- levels


def test_the_levels_of_a_whole_spectrum_are_its_multiplicities():
    levels = levels_of(zoo.hypercube(3, "1/4").spectrum(8, solver="dense"))
    np.testing.assert_allclose(levels.gamma, [1, 1 / 4, 1 / 16, 1 / 64], rtol=1e-13)
    assert levels.counts == (1, 3, 3, 1)
    assert (levels.gamma[0], levels.error, levels.unlisted) == (1.0, tolerance(8), 0.0)


def partial(gamma_known, floor, k=2):
    """A spectrum of 9 views of which these eigenvalues are known."""
    whole = many_components(1, 9).spectrum(k)
    return replace(whole, gamma_known=np.array(gamma_known), floor=floor)


@pytest.mark.parametrize(
    ("gamma_known", "floor", "counts", "rest"),
    [
        ([1.0, 0.5, 0.5, 0.25], 0.2, (1, 2, 1), 0.2),  # what is not listed is below the floor
        ([1.0, 0.5, 0.5, 0.25], 0.25, (1, 2), 0.25),  # 0.25 may go on beyond what is known, and is not listed itself
        ([1.0, 0.5, 0.5, 0.25], 0.3, (1, 2), 0.3),
        ([1.0, 0.5, 0.5], 0.5, (1,), 0.5),
        ([1.0, 0.5], 0.5 - 2e-14, (1,), 0.5),
        ([1.0], 1.0, (), 1.0),
    ],
)
def test_no_eigenvalue_that_is_not_listed_exceeds_the_rest(gamma_known, floor, counts, rest):
    levels = levels_of(partial(gamma_known, floor))
    assert levels.counts == counts
    assert levels.unlisted == pytest.approx(min(1.0, rest + tolerance(16)), rel=0.0, abs=1e-15)
    assert levels.unlisted >= min(1.0, rest + tolerance(16))
    assert levels.unlisted <= 1.0


# --- functions of one coordinate


@pytest.mark.parametrize("probability", [0.5, 0.3, 0.9, 1e-9, 1e-15, 1 - 1e-9])
@pytest.mark.parametrize("total", [1.0, 1 + 9e-10])
def test_the_constant_comes_first_and_the_others_are_orthonormal_to_it(probability, total):
    """Of two components, 1 is √P times the one's function plus √(1 - P) times the other's; and P may miss a sum of 1 by 1e-9."""
    graph = apart(probability, total)
    spectrum = graph.spectrum(4, solver="dense")
    before = spectrum.eigenvectors.copy()
    functions = constant_first(spectrum, 2)
    assert (functions[:, 0] == 1.0).all()
    V = functions * np.sqrt(graph.w_x / total)[:, np.newaxis]
    V[:, 1:] *= np.sqrt(total)  # which are orthonormal under w_x itself
    np.testing.assert_allclose(V.T @ V, np.eye(4), atol=1e-14)
    assert containment_angles(V[:, :2], spectrum.eigenvectors[:, :2]).max() < 1e-14
    np.testing.assert_allclose(V[:, 2:], spectrum.eigenvectors[:, 2:], atol=1e-15)
    np.testing.assert_array_equal(spectrum.eigenvectors, before)


@pytest.mark.parametrize("count", [1, 2, 5])
def test_of_several_components_the_constant_comes_first(count):
    graph = many_components(count, 3)
    functions = constant_first(graph.spectrum(graph.N), count)
    V = functions * np.sqrt(graph.w_x)[:, np.newaxis]
    assert (functions[:, 0] == 1.0).all()
    np.testing.assert_allclose(V.T @ V, np.eye(graph.N), atol=1e-14)
    np.testing.assert_allclose(np.ptp(functions[:3, :count], axis=0), 0, atol=1e-13)  # constant on a component


@pytest.mark.parametrize("rare", [1e-3, 1e-9, 1e-15])
def test_a_rare_component_of_a_factor_costs_no_digits(rare):
    laws = [{0: 1 - rare, 1: rare}, {0: 0.5, 1: 0.5}]
    graph = independent(laws, [pg.identity(), lambda x: {x: 0.9, 1 - x: 0.1}])
    spectrum = graph.spectrum(4)
    assert [use.solver for use in spectrum.solvers] == ["product"]
    np.testing.assert_allclose(spectrum.gamma, [1, 1, 0.64, 0.64], atol=1e-14)
    assert spectrum.certificate.orthogonality < 1e-14


# --- the product


@pytest.mark.parametrize("k", range(1, 9))
def test_the_pairs_of_a_product_and_what_is_said_beside_them(k):
    """Flips with 1 - 2q = 0.9, 0.8 and 0.5: γ are the squares of products of these."""
    product = flips(0.05, 0.1, 0.25)
    spectrum = solved(product, k)
    gamma = np.sort([a * b * c for a in (1, 0.81) for b in (1, 0.64) for c in (1, 0.25)])[::-1]
    np.testing.assert_allclose(spectrum.gamma, gamma[:k], atol=1e-15)
    np.testing.assert_allclose(spectrum.gamma_known, gamma, atol=1e-15)
    assert (spectrum.floor, spectrum.complete, spectrum.rank, spectrum.components) == (0.0, True, 8, 1)
    after = gamma[k] if k < 8 else 0.0
    assert (
        spectrum.certificate.remainder
        == spectrum.certificate.remainder_bound
        == pytest.approx(after, rel=1e-14, abs=1e-15)
    )
    assert spectrum.gap == pytest.approx(gamma[k - 1] - after, rel=1e-14, abs=1e-15)
    V, M = spectrum.eigenvectors, product[0].toarray()
    np.testing.assert_allclose(M.T @ (M @ V), V * gamma[:k], atol=1e-15)
    np.testing.assert_allclose(V.T @ V, np.eye(k), atol=1e-14)
    assert (spectrum.residuals < 1e-15).all()


def test_the_top_vectors_are_those_of_the_components_and_the_others_have_their_largest_entry_positive():
    """The first one of a tie."""
    factor, w_x, grid, spectra = multiplied([apart(0.3), many_components(2, 3), zoo.hypercube(2)])
    spectrum, parts = solved((factor, w_x, grid, spectra), 60), find_components(factor)
    V = spectrum.eigenvectors
    tops = np.sqrt(w_x)[:, np.newaxis] * (parts.of_column[:, np.newaxis] == np.arange(4))
    np.testing.assert_allclose(V[:, :4], tops / np.linalg.norm(tops, axis=0), rtol=1e-13)
    assert spectrum.components == parts.count == 4
    leading = np.argmax(np.abs(V) >= np.abs(V).max(axis=0) * (1 - 1e-6), axis=0)
    assert (V[leading, np.arange(60)] > 0).all()


@pytest.mark.parametrize(
    "sides", [[(2, 2)] * 4, [(1, 2)] * 3, [(17, 18), (1, 2)], [(18, 17), (2, 1)], [(5, 4)] * 2], ids=str
)
def test_the_tolerance_of_a_product_is_what_its_factors_may_be_off(sides):
    """Each factor's own rounding, one after the other, or that of a matrix of the product's side."""
    rng = np.random.default_rng(0)
    graphs = [pg.build(np.ones(n), rng.random((n, m)) + 0.1, normalize=True) for n, m in sides]
    spectrum = solved(multiplied(graphs), 2)
    of_factors = sum(tolerance(min(side)) for side in sides)
    of_product = tolerance(int(np.prod([min(side) for side in sides])))
    assert spectrum.tolerance == pytest.approx(max(of_factors, of_product), rel=1e-12, abs=0.0)


def test_products_that_round_to_nothing_are_0(monkeypatch):
    """(1 - 2q)² = 1e-8 of three bits: a product of two of them is below rounding, whether all products are listed or not."""
    product = flips(0.49995, 0.49995, 0.49995)
    for whole, k in ((8, 4), (0, 4), (0, 3)):
        monkeypatch.setattr(factored, "ALL_LISTED_VIEWS", whole)
        spectrum = solved(product, k)
        np.testing.assert_allclose(spectrum.gamma_known[:4], [1, 1e-8, 1e-8, 1e-8], rtol=1e-6)
        assert not spectrum.gamma_known[4:].any()
        assert (spectrum.floor, spectrum.rank) == (0.0, 4)


def test_what_is_too_much_to_list_is_bounded_from_above(monkeypatch):
    monkeypatch.setattr(factored, "ALL_LISTED_VIEWS", 7)
    spectrum = solved(flips(0.05, 0.1, 0.25), 3)
    np.testing.assert_allclose(spectrum.gamma_known, [1, 0.81, 0.64, 0.81 * 0.64], atol=1e-15)
    assert 0.25 <= spectrum.floor <= 0.25 + spectrum.tolerance
    assert spectrum.rank is None
    monkeypatch.setattr(factored, "ALL_LISTED_VIEWS", 8)
    assert len(solved(flips(0.05, 0.1, 0.25), 3).gamma_known) == 8


def test_where_1_is_not_told_from_the_next_eigenvalue_nothing_is_said():
    """q = 1e-16 of one bit: γ_2 = 1 - 4e-16 counts as 1, but there is one component."""
    assert solved(flips(1e-16, 0.25), 2) is None
    assert solved(flips(1e-3, 0.25), 2) is not None
    graph = independent([{0: "1/2", 1: "1/2"}] * 2, [lambda x, q=q: {x: 1 - q, 1 - x: q} for q in (1e-16, 0.25)])
    spectrum = graph.spectrum(4)
    assert spectrum.solvers[0].solver == "dense"
    np.testing.assert_allclose(spectrum.gamma, np.linalg.eigvalsh(dense_adjacency(graph))[::-1], atol=64 * EPS)


def test_where_the_products_are_too_many_nothing_is_said(monkeypatch):
    monkeypatch.setattr(import_module("popgraph.spectrum.product.levels"), "MOST_KEYS", 3)
    assert solved(flips(0.05, 0.1, 0.25), 2) is None
