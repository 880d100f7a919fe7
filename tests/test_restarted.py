"""Lanczos' method with thick restarts, and the bound beside its spare Ritz vectors: on diagonal matrices of known spectra."""

import numpy as np
import pytest

from popgraph.basics.subspace import tolerance
from popgraph.errors import NotConverged
from popgraph.spectrum.solvers import gaussian, iterative
from popgraph.spectrum.solvers.beside import Complement, bound_beside
from popgraph.spectrum.solvers.iterative import Search
from popgraph.spectrum.solvers.restarted import RestartedLanczos


class Diagonal:
    """Products with diag(gamma), for one vector or many."""

    many_at_once, columns_of_bound, limit, seconds = True, 4, np.inf, 0.0

    def __init__(self, gamma):
        self.gamma, self.side, self.products = np.asarray(gamma, dtype=float), len(gamma), 0

    def vector(self, x):
        self.products += 1
        return self.gamma * x

    def columns(self, X):
        self.products += X.shape[1]
        return self.gamma[:, np.newaxis] * X

    def compressed(self, X):
        return X.T @ self.columns(X)


def run_on(gamma, known, ask, most, seed=0):
    """A run beside the first `known` unit vectors."""
    gamma, rng = np.asarray(gamma, dtype=float), np.random.default_rng(seed)
    beside_known = np.arange(len(gamma)) >= known
    return RestartedLanczos(
        lambda x: beside_known * gamma * x,
        lambda x: beside_known * x,
        lambda: rng.standard_normal(len(gamma)),
        (ask, most, len(gamma) - known),
    )


SPECTRA = {
    "spread": np.r_[1.0, np.linspace(0.9, 0.0, 400)],
    "two clusters": np.r_[1.0, 0.9 - 1e-3 * np.arange(20), np.linspace(0.2, 0.0, 400)],
    "near 1": np.r_[1.0, 1 - 1e-9, 1 - 1e-6, 0.99, np.linspace(0.5, 0.0, 300)],
    "far from 0": np.r_[1.0, np.linspace(0.99, 0.96, 600)],
    "tiny": np.r_[1.0, 1e-9 * np.linspace(1, 0, 300) ** 2],
    "very different sizes": np.r_[1.0, 10.0 ** -np.arange(12), np.zeros(100)],
}


@pytest.mark.parametrize("name", SPECTRA)
@pytest.mark.parametrize("most", [0, 30, 200])
def test_leading_vectors_are_found_with_few_vectors_and_with_many(name, most):
    gamma, ask = SPECTRA[name], 8
    found = run_on(gamma, 1, ask, most or ask + 13).leading(2_000, 3)
    V, truth = found.vectors, np.sort(gamma[1:])[::-1]
    assert np.abs(V.T @ V - np.eye(ask)).max() < 1e-13
    assert np.abs(V[0]).max() < 1e-13  # beside what is known
    quotients = np.einsum("ij,i,ij->j", V, gamma, V)
    rounding = tolerance(len(gamma)) / 8  # N eps, at the size of the product
    np.testing.assert_allclose(quotients, truth[:ask], rtol=0, atol=rounding * truth[0])
    residuals = np.linalg.norm(gamma[:, np.newaxis] * V - V * quotients, axis=0)
    assert residuals.max() <= rounding * truth[0]
    after = found.values_after[np.isfinite(found.values_after)]
    assert (
        after <= truth[ask : ask + len(after)] + 1e-14
    ).all()  # Ritz values are below the eigenvalues they stand for
    assert np.abs(V.T @ found.beside).max() < 1e-13
    assert found.beside.shape[1] <= 3


@pytest.mark.parametrize("distinct", [1, 2, 3])
def test_where_the_space_of_one_start_is_used_up_another_start_finds_more_copies(distinct):
    gamma = np.r_[1.0, np.repeat(np.linspace(0.9, 0.3, distinct), 40)]
    found = run_on(gamma, 1, 30, 60).leading(50)
    V = found.vectors
    assert np.abs(V.T @ V - np.eye(30)).max() < 1e-13
    quotients = np.einsum("ij,i,ij->j", V, gamma, V)
    assert np.linalg.norm(gamma[:, np.newaxis] * V - V * quotients, axis=0).max() <= 1e-14


def test_as_many_as_there_are_is_all_that_is_found():
    found = run_on([1.0, 1.0, 0.5, 0.25, 0.0], 2, 10, 20).leading(5, 4)
    assert found.vectors.shape == (5, 3)
    assert found.beside.shape == (5, 0)
    np.testing.assert_allclose(np.abs(found.vectors), np.eye(5)[:, 2:], atol=1e-14)


def test_restarts_that_do_not_suffice_are_no_answer():
    assert run_on(np.r_[1.0, np.linspace(0.9, 0.0, 400)], 1, 8, 12).leading(1) is None


def test_a_product_that_is_no_number_is_refused():
    run = RestartedLanczos(lambda x: x * np.nan, lambda x: x, lambda: np.ones(9), (2, 5, 9))
    with pytest.raises(NotConverged, match="a product that is not finite"):
        run.leading(3)


# --- the bound beside spare Ritz vectors

SIDE = 3_000


def bulk(top, left, seed=0):
    """A few eigenvalues, and a continuum below `left` whose density rises from 0 there, as that of random graphs does."""
    edge = left * (1 - np.linspace(0, 1, SIDE - len(top)) ** (2 / 3))
    return np.random.default_rng(seed).permutation(np.r_[top, edge])


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("wanted", [3, 10, 24])
def test_in_the_midst_of_close_eigenvalues_spare_vectors_bound_the_next_one(monkeypatch, seed, wanted):
    monkeypatch.setattr(iterative, "COLUMNS_BOUND_SIDE", 0)
    gamma = np.r_[1.0, bulk([0.9, 0.8], 0.25, seed)]
    search = Search(Diagonal(gamma), np.eye(SIDE + 1)[:, :1])
    remainder = search.leading(wanted)
    truth = np.sort(gamma[1:])[::-1]
    np.testing.assert_allclose(search.gamma[:wanted], truth[:wanted], rtol=0, atol=1e-13)
    assert truth[wanted] - tolerance(SIDE) <= remainder.bound < truth[wanted - 1]
    assert remainder.largest <= truth[wanted] + tolerance(SIDE)
    assert "Gaussian columns" in remainder.excluded or wanted > 3  # the spare vectors may be too rough


def bounded(gamma, known, vectors, values, seed=0):
    """A bound on diag(gamma) beside the unit vectors `known`, from unconverged `vectors` of the next ones."""
    gamma, identity = np.asarray(gamma), np.eye(len(gamma))
    complement = Complement(Diagonal(gamma), np.asfortranarray(identity[:, known]))
    floor = float(gamma[known].min())
    return bound_beside(complement, vectors, np.asarray(values), floor, np.random.default_rng(seed))


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("error", [0.0, 1e-9, 1e-5, 1e-3, 0.1])
def test_the_bound_holds_however_rough_the_vectors_set_aside_are(seed, error):
    gamma = np.r_[1.0, 0.5, 0.49, 0.48, 0.4 * np.linspace(1, 0, 400)]
    rng = np.random.default_rng(seed)
    rough = np.eye(len(gamma))[:, 2:4] + error * rng.standard_normal((len(gamma), 2)) / 20
    left = bounded(gamma, [0, 1], rough, [0.49, 0.48, 0.4], seed)
    if left is not None:
        assert 0.49 <= left.bound < 0.5
        assert left.largest <= 0.49 + 1e-14
    assert left is not None or error >= 1e-3


@pytest.mark.parametrize("missed", [0.5, 0.52, 0.9, 1 - 1e-9])
@pytest.mark.parametrize("estimate", [0.3, 0.4, 0.4999])
@pytest.mark.parametrize("seed", range(5))
def test_what_a_search_has_missed_is_never_bounded_away(missed, estimate, seed):
    """The missed eigenvalue is no smaller than the least one found, whatever the search believes of what is left."""
    gamma = np.r_[1.0, 0.5, missed, 0.48, 0.4 * np.linspace(1, 0, 400)]
    for vectors, values in ((np.eye(404)[:, 3:4], [0.48, estimate]), (np.empty((404, 0)), [estimate])):
        assert bounded(gamma, [0, 1], vectors, values, seed) is None


def test_a_cut_inside_a_repeated_eigenvalue_is_left_to_lanczos(monkeypatch):
    monkeypatch.setattr(iterative, "COLUMNS_BOUND_SIDE", 0)
    gamma = np.r_[1.0, np.full(6, 0.5), 0.3 * np.linspace(1, 0, 600)]
    search = Search(Diagonal(gamma), np.eye(607)[:, :1])
    remainder = search.leading(3)
    np.testing.assert_allclose(search.gamma[:3], 0.5, rtol=0, atol=1e-14)
    assert remainder.bound == pytest.approx(0.5, abs=1e-10)
    assert remainder.bound >= 0.5 - 1e-15


def test_the_bound_fails_no_more_often_than_stated(monkeypatch):
    """With a probability of 0.05 in place of 1e-10, what is missed is bounded away no more often; 4 standard errors are allowed."""
    monkeypatch.setattr(gaussian, "FAILURE_PROBABILITY", 0.05)
    gamma = np.r_[1.0, 0.5, 0.6, 0.3 * np.linspace(1, 0, 300)]
    failed = sum(bounded(gamma, [0, 1], np.empty((303, 0)), [0.3], seed) is not None for seed in range(400))
    assert failed / 400 <= 0.05 + 4 * np.sqrt(0.05 * 0.95 / 400)


@pytest.mark.parametrize("many", [True, False])
def test_products_one_by_one_are_bounded_by_lanczos(monkeypatch, many):
    """Of an operator four columns take four products."""
    monkeypatch.setattr(iterative, "COLUMNS_BOUND_SIDE", 0)
    product = Diagonal(np.r_[1.0, 0.9, 0.8, 0.3 * np.linspace(1, 0, 400)])
    product.many_at_once = many
    remainder = Search(product, np.eye(403)[:, :1]).leading(2)
    assert ("Gaussian columns" in remainder.excluded) == many
    assert 0.3 <= remainder.bound < 0.8


@pytest.mark.parametrize("name", ["two clusters", "far from 0", "spread"])
def test_where_products_are_dear_fewer_are_made(name):
    """The eigenvalues are those of the way with a filter."""
    gamma, products = np.r_[SPECTRA[name], np.zeros(400)], []
    for seconds in (0.0, 1.0):
        product = Diagonal(gamma)
        product.seconds = seconds
        search = Search(product, np.eye(len(gamma))[:, :1])
        search.keep(*search.find(7))
        np.testing.assert_allclose(
            search.gamma[:7], np.sort(gamma[1:])[::-1][:7], rtol=0, atol=tolerance(len(gamma)) / 8
        )
        products.append(product.products)
    assert products[1] <= products[0]
