"""`Spectrum` made by hand: what its properties say of the numbers in it."""

from dataclasses import replace

import numpy as np
import pytest

import popgraph as pg
from popgraph.basics.subspace import EPS, tolerance
from popgraph.errors import InvalidArgument
from popgraph.spectrum import Certificate, SolverUse, Spectrum
from popgraph.spectrum.certificate import angle_bound


def made(gamma_known, k, floor=0.0, n_views=6, components=1, remainder=None, weights=None):
    """The k leading of these eigenvalues, with unit vectors, and residuals that grow with the place."""
    known = np.array(gamma_known, dtype=float)
    after = (known[k] if k < len(known) else 0.0) if remainder is None else remainder
    residuals = 1e-12 * np.arange(1.0, k + 1)
    return Spectrum(
        gamma=known[:k],
        eigenvectors=np.eye(n_views)[:, :k],
        w_x=np.arange(1.0, n_views + 1) / (n_views * (n_views + 1) / 2),
        residuals=residuals,
        gamma_known=known,
        floor=floor,
        components=components,
        certificate=Certificate(float(residuals.max()), 1e-16, after, after, "by hand", 1e-10),
        solvers=(SolverUse("dense", components, (n_views, n_views), "by hand"),),
        side=n_views,
        weights=weights,
    )


def test_multiplicities_count_zeros_up_to_the_number_of_views():
    assert made([1, 0.5, 0.5, 0.25], 2).multiplicities == ((1, 1), (0.5, 2), (0.25, 1), (0, 2))
    assert made([1, 0.5, 0.5, 0, 0], 2).multiplicities == ((1, 1), (0.5, 2), (0, 3))
    assert made([1, 0.5, 0.5, 0.25, 0.125], 2).multiplicities == ((1, 1), (0.5, 2), (0.25, 1), (0.125, 1), (0, 1))
    assert made([1, 1, 0.5, 0.5, 0.5, 0.25], 2).multiplicities == ((1, 2), (0.5, 3), (0.25, 1))
    assert made([1, 1, 1, 1, 1, 1], 2).multiplicities == ((1, 6),)


@pytest.mark.parametrize(
    ("known", "rank", "cuts"),
    [
        ([1, 0.5, 0.5, 0.25, 0, 0], 4, (1, 3, 4)),
        ([1, 1, 0.5], 3, (2, 3)),
        ([1, 0, 0, 0, 0, 0], 1, (1,)),
        ([1, 0.9, 0.8, 0.7, 0.6, 0.5], 6, (1, 2, 3, 4, 5, 6)),
    ],
)
def test_the_rank_counts_what_is_positive_and_a_clean_cut_ends_each_run_of_it(known, rank, cuts):
    spectrum = made(known, 1)
    assert (spectrum.complete, spectrum.rank, spectrum.clean_cuts) == (True, rank, cuts)


@pytest.mark.parametrize(
    ("floor", "whole"), [(0.2, True), (0.25 - 2e-14, False), (0.25, False), (0.25 + 1e-14, False), (0.25 - 5e-14, True)]
)
@pytest.mark.parametrize("seen", [1, 2])
def test_a_run_that_may_go_on_below_what_is_known_is_not_counted(floor, whole, seen):
    """Where the floor is within rounding of the last eigenvalue known, or above it."""
    spectrum = made([1, 0.5, 0.5, *[0.25] * seen], 3, floor)
    assert spectrum.multiplicities == ((1, 1), (0.5, 2), (0.25, seen))[: 3 if whole else 2]
    assert (spectrum.complete, spectrum.rank) == (False, None)
    assert spectrum.clean_cuts == ((1, 3, 3 + seen) if whole else (1, 3))


def test_a_gap_is_what_is_above_the_next_eigenvalue_and_never_negative():
    assert made([1, 0.5, 0.25], 2).gap == 0.25
    assert made([1, 0.5, 0.25], 3).gap == 0.25
    assert made([1, 0.5, 0.25], 1).gap == 0.5
    assert made([1, 0.5], 2, floor=0.4, remainder=0.375).gap == 0.125
    assert made([1, 0.5], 2, floor=0.6, remainder=0.5 + 1e-15).gap == 0.0


def test_functions_are_eigenvectors_by_the_formulas():
    """φ = D^-1/2 v, F* √γ, and D^-1/2 F* √γ."""
    spectrum = made([1, 0.25, 0.0625, 0], 4)
    root, gamma = np.sqrt(spectrum.w_x), np.array([1, 0.5, 0.25, 0])
    np.testing.assert_allclose(spectrum.eigenfunctions, np.eye(6)[:, :4] / root[:, np.newaxis], rtol=1e-15)
    np.testing.assert_allclose(spectrum.minimiser, np.eye(6)[:, :4] * gamma, rtol=1e-15)
    np.testing.assert_allclose(spectrum.embedding, np.eye(6)[:, :4] * gamma / root[:, np.newaxis], rtol=1e-15)
    assert np.array_equal(spectrum.__embedding__(), spectrum.embedding)
    assert (spectrum.k, spectrum.tolerance) == (4, tolerance(6))


@pytest.mark.parametrize("k", [0, -1, 5, 2.0, True, False, "2", None])
def test_a_k_that_is_no_number_of_its_pairs_is_refused(k):
    with pytest.raises(InvalidArgument, match=r"k is .*; it must be a whole number from 1 to the number of pairs"):
        made([1, 0.5, 0.25, 0.125], 4).leading(k)


@pytest.mark.parametrize("components", [1, 2, 3])
@pytest.mark.parametrize("k", [1, 2, 3, np.int64(2)])
def test_leading_pairs_are_bounded_by_what_comes_after_them(k, components):
    """The components' top vectors are exact; the others turn by Davis and Kahan."""
    known = [1.0] * components + [0.5, 0.375, 0.25, 0.125][: 5 - components]
    whole = made(known, 4, floor=0.1, components=components)
    part = whole.leading(k)
    assert part.k == k
    assert part.gamma.tolist() == known[:k]
    assert np.array_equal(part.eigenvectors, np.eye(6)[:, :k])
    assert part.residuals.tolist() == whole.residuals[:k].tolist()
    assert part.gamma_known is whole.gamma_known
    certificate, gap = part.certificate, known[k - 1] - known[k]
    assert part.gap == gap
    assert certificate.residual == whole.residuals[k - 1]
    assert certificate.remainder == certificate.remainder_bound == known[k]
    expected = angle_bound(whole.residuals[:k], gap, 6, closed_form=k <= components)
    assert certificate.angle_bound == expected
    if gap == 0:
        assert expected == np.pi / 2
    elif k <= components:
        assert expected == 16 * EPS
    else:
        assert expected == pytest.approx(np.linalg.norm(1e-12 * np.arange(1, k + 1)) / gap, rel=1e-2)


@pytest.mark.parametrize("k", [1, 2, 3])
def test_leading_pairs_of_a_class_are_bounded_within_it(k):
    """Its residuals are of the whole Ā; of the projected one the largest is known, and no vector is in closed form."""
    known = [1.0, 1.0, 0.5, 0.25]
    whole = made(known, 4, components=2, weights=np.arange(20.0).reshape(5, 4))
    whole = replace(whole, residuals=np.full(4, 0.3))
    part = whole.leading(k)
    assert np.array_equal(part.weights, whole.weights[:, :k])
    assert (part.residuals.tolist(), part.certificate.residual) == ([0.3] * k, 4e-12)
    expected = (4e-12 * np.sqrt(k) + 16 * EPS) / part.gap if part.gap > 0 else np.pi / 2
    assert part.certificate.angle_bound == pytest.approx(expected, rel=1e-9, abs=0)


def test_all_the_pairs_are_the_spectrum_itself_and_its_weights_may_be_none():
    whole = made([1, 0.5, 0.25, 0.125], 3)
    assert whole.leading(3) is whole
    assert whole.leading(2).weights is None
    assert replace(whole, weights=np.eye(3)).leading(2).weights.tolist() == [[1, 0], [0, 1], [0, 0]]


def test_the_arrays_of_leading_pairs_are_their_own_and_frozen():
    """A view would keep the whole in memory."""
    whole = pg.zoo.hypercube(3).spectrum(8)
    part = whole.leading(4)
    for mine, theirs in ((part.gamma, whole.gamma), (part.eigenvectors, whole.eigenvectors)):
        assert not np.shares_memory(mine, theirs)
        assert not mine.flags.writeable
