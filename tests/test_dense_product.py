"""Products with a dense array in blocks, against the same products in higher precision."""

import numpy as np
import pytest
import scipy.sparse as sp

from popgraph.basics import products
from popgraph.spectrum import certificate
from popgraph.spectrum.certificate import products_with
from popgraph.spectrum.solvers import dense_product as room
from popgraph.spectrum.solvers.dense_product import DenseProduct
from popgraph.spectrum.solvers.shift_invert import products_to_form


@pytest.mark.parametrize("shape", [(1, 1), (1, 50), (7, 7), (30, 101), (101, 350)])
@pytest.mark.parametrize("entries", [1, 64, 2**18])
@pytest.mark.parametrize("count", [None, 1, 4, 5, 20, 50])
def test_blocks_add_up_to_the_whole_product(monkeypatch, shape, entries, count):
    monkeypatch.setattr(room, "VECTOR_ENTRIES", entries)
    monkeypatch.setattr(room, "COLUMNS_ENTRIES", entries)
    rng = np.random.default_rng(0)
    B = np.asfortranarray(rng.standard_normal(shape) * np.logspace(-6, 6, shape[1]))
    X = rng.standard_normal(shape[0] if count is None else (shape[0], count))
    kept = X.copy()
    image = DenseProduct(B)(X)
    exact = B.astype(np.longdouble) @ (B.T.astype(np.longdouble) @ X)
    # Each of the two sums of products is off by at most its length times eps of the sum of absolute values
    allowed = 2 * (sum(shape) + 4) * np.finfo(float).eps * (np.abs(B) @ (np.abs(B).T @ np.abs(X)))
    assert image.shape == X.shape
    assert (np.abs(image - exact) <= allowed).all()
    assert (kept == X).all()


@pytest.mark.parametrize("count", [None, 3, 5, 12, 60])
def test_threads_change_no_bit(monkeypatch, count):
    monkeypatch.setattr(room, "COLUMNS_ENTRIES", 200)
    rng = np.random.default_rng(2)
    B, X = np.asfortranarray(rng.random((30, 101))), rng.random(30 if count is None else (30, count))
    alone = DenseProduct(B)(X)
    monkeypatch.setattr(room, "SHARED_ENTRIES", 0)
    for cores in (1, 2, 5):
        monkeypatch.setattr(products, "core_count", lambda cores=cores: cores)
        np.testing.assert_array_equal(DenseProduct(B)(X), alone)


@pytest.mark.parametrize("count", [2, 9])
def test_the_order_of_the_columns_in_memory_does_not_matter(count):
    rng = np.random.default_rng(1)
    B, X = np.asfortranarray(rng.random((40, 60))), rng.random((40, count))
    np.testing.assert_allclose(DenseProduct(B)(X), DenseProduct(B)(np.asfortranarray(X)), rtol=1e-14)


@pytest.mark.parametrize("kind", ["full", "a zero left out", "unsorted", "stored twice"])
def test_a_factor_without_zeros_is_multiplied_as_an_array_and_no_other_is(monkeypatch, kind):
    monkeypatch.setattr(certificate, "ARRAY_ENTRIES", 0)
    dense = np.random.default_rng(2).random((5, 8))
    M = sp.csr_array(dense)
    if kind == "a zero left out":
        dense[2, 3] = 0.0
        M = sp.csr_array(dense)
    elif kind == "unsorted":
        M = sp.csr_array((dense[:, ::-1].ravel(), np.tile(np.arange(8)[::-1], 5), np.arange(0, 41, 8)), shape=(5, 8))
    elif kind == "stored twice":  # as many entries as there are cells, and one cell without any
        M.indices[1] = 0
        dense[0, :2] = dense[0, 0] + dense[0, 1], 0.0
        M = sp.csr_array((M.data, M.indices, M.indptr), shape=(5, 8))
    for X in (np.arange(8.0), np.random.default_rng(3).standard_normal((8, 3))):
        np.testing.assert_allclose(products_with(M)(X), dense.T @ (dense @ X), rtol=1e-12)


@pytest.mark.parametrize("shape", [(3, 5), (5, 3), (4, 4)])
def test_a_factor_without_zeros_needs_no_counting_to_price_its_product(shape):
    n, n_views = shape
    by_naturals, by_views = n_views * n**2, n * n_views**2
    assert products_to_form(sp.csr_array(np.ones(shape))) == (min(by_naturals, by_views), by_naturals < by_views)
