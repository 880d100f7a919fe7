"""Products with a dense array in blocks, against the same products in higher precision."""

import numpy as np
import pytest

from popgraph.spectrum.solvers import dense_product as room
from popgraph.spectrum.solvers.dense_product import DenseProduct


@pytest.mark.parametrize("shape", [(1, 1), (1, 50), (7, 7), (30, 101), (101, 350)])
@pytest.mark.parametrize("entries", [1, 64, 2**18])
@pytest.mark.parametrize("count", [None, 1, 4, 5, 20])
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


@pytest.mark.parametrize("count", [2, 9])
def test_the_order_of_the_columns_in_memory_does_not_matter(count):
    rng = np.random.default_rng(1)
    B, X = np.asfortranarray(rng.random((40, 60))), rng.random((40, count))
    np.testing.assert_allclose(DenseProduct(B)(X), DenseProduct(B)(np.asfortranarray(X)), rtol=1e-14)
