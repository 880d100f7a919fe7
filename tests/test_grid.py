"""Products found in arrays: graphs of independent coordinates are, and what differs from one by more than rounding is not."""

import numpy as np
import pytest
from cases import PRODUCTS, ZOO, dense_adjacency
from hypothesis import given
from hypothesis import strategies as st

import popgraph as pg
from popgraph import zoo
from popgraph.basics.subspace import containment_angles


def declared(p, A, shape):
    """A population whose naturals and views are the tuples of a grid of this shape, with any p (n,) and A (n, n)."""
    tuples = list(np.ndindex(shape))
    law = dict(zip(tuples, p.tolist(), strict=True))
    rows = {x: dict(zip(tuples, row, strict=True)) for x, row in zip(tuples, A.tolist(), strict=True)}
    form = pg.Augmentation.from_batch(
        lambda states: (
            np.tile(np.array(tuples), (len(states), 1, 1)),
            np.array([[rows[tuple(state)][y] for y in tuples] for state in states.tolist()]),
        )
    )
    return pg.build(pg.Distribution(law), form)


def random_factors(rng, shape):
    laws = [rng.dirichlet(np.ones(size)) for size in shape]
    kernels = [rng.dirichlet(np.ones(size), size) for size in shape]
    return laws, kernels


def kron(arrays):
    joined = arrays[0]
    for array in arrays[1:]:
        joined = np.kron(joined, array)
    return joined


@given(st.integers(0, 10**6), st.lists(st.integers(2, 3), min_size=2, max_size=3))
def test_a_product_of_arrays_is_found_with_the_spectrum_of_the_definition(seed, shape):
    laws, kernels = random_factors(np.random.default_rng(seed), tuple(shape))
    graph = declared(kron(laws), kron(kernels), tuple(shape))
    assert graph.grid is not None
    assert len(graph.grid.kind_of) == len(shape)
    spectrum = graph.spectrum(graph.N)
    assert {use.solver for use in spectrum.solvers} == {"product"}
    np.testing.assert_allclose(spectrum.gamma, np.linalg.eigvalsh(dense_adjacency(graph))[::-1], atol=1e-12)


@pytest.mark.parametrize("size", [1e-12, 1e-6, 0.1])
def test_what_is_nearly_a_product_is_none(size):
    """One entry of p, or one row of A, away from the product by more than rounding."""
    laws, kernels = random_factors(np.random.default_rng(0), (2, 3, 2))
    p, A = kron(laws), kron(kernels)
    assert declared(p, A, (2, 3, 2)).grid is not None
    moved = p + size * p[0] * (np.eye(12)[3] - np.eye(12)[7])
    assert declared(moved, A, (2, 3, 2)).grid is None
    moved = A.copy()
    moved[5] += size * A[5].min() * (np.eye(12)[3] - np.eye(12)[7])
    assert declared(p, moved, (2, 3, 2)).grid is None


def test_a_correlated_augmentation_of_independent_coordinates_is_no_product():
    """Both bits flip together: every marginal is that of independent flips."""
    both = pg.apply(lambda bits: tuple(1 - bit for bit in bits), "1/4")
    graph = pg.build(list(np.ndindex(2, 2)), both)
    assert graph.grid is None
    assert graph.spectrum(4).multiplicities == graph.spectrum(4, solver="dense").multiplicities


def test_independent_flips_of_correlated_bits_are_no_product():
    flip = pg.independently(pg.apply(lambda bit: 1 - bit, "1/4"))
    correlated = {(0, 0): "3/8", (1, 1): "3/8", (0, 1): "1/8", (1, 0): "1/8"}
    assert pg.build(correlated, flip).grid is None
    assert pg.build([(0, 0), (1, 1)], flip).grid is None


@pytest.mark.parametrize("name", [name for name in ZOO if "cube" not in name])
def test_other_graphs_have_no_grid(name):
    assert ZOO[name].grid is None


def test_the_structure_is_said():
    cube = zoo.hypercube(4)
    assert "structure         a product of 4 factors (4 of 2 x 2)" in str(cube)
    assert "a product of 4 factors" in cube._repr_html_()
    assert [use.reason for use in cube.spectrum(3).solvers] == ["it is a product of 4 factors (4 of 2 x 2)"]
    assert [use.solver for use in cube.spectrum(3, solver="dense").solvers] == ["dense"]
    assert cube.spectrum(3).certificate.excluded == "every product of the factors' eigenvalues down to it is listed"


@pytest.mark.parametrize("name", PRODUCTS)
def test_the_product_and_the_dense_solver_find_the_same_eigenspaces(name):
    graph = PRODUCTS[name]
    whole = graph.spectrum(graph.N, solver="dense")
    for cut in whole.clean_cuts:
        mine = graph.spectrum(cut)
        np.testing.assert_allclose(mine.multiplicities, whole.multiplicities, atol=1e-12)
        assert containment_angles(mine.eigenvectors, whole.eigenvectors[:, :cut]).max() < 1e-12


def test_a_large_cube_is_solved_in_closed_form():
    """(1 - 2/4)^(2j) and binom(10, j), and residuals on the real M."""
    spectrum = zoo.hypercube(10).spectrum(12)
    assert spectrum.multiplicities[:3] == ((1.0, 1), (0.25, 10), (0.0625, 45))
    assert spectrum.residuals.max() < 1e-14
