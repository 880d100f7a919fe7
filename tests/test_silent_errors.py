"""Answers that were once silently wrong, on routes where nobody looked: each against a closed form, with its neighbours."""

import os
import subprocess
import sys
from contextlib import suppress

import mpmath
import numpy as np
import pytest
import scipy.sparse as sp
from closed_forms import circulant, cube_walk, planted, with_hub
from layers import first_by_default
from scipy.sparse.linalg import ArpackError

import popgraph as pg
from popgraph.basics import blas, subspace
from popgraph.basics.subspace import column_space
from popgraph.declare.batch.states import StateSequence, codings_of
from popgraph.downstream.probing.task import _inverse_factor
from popgraph.errors import NotConverged
from popgraph.populations.structure.tuples import Tuples
from popgraph.spectrum.policy import whole_eigenspace
from popgraph.training import saddles
from popgraph.training.saddles import extreme_eigenpair
from popgraph.verification.comparison import compare
from popgraph.verification.match import Status
from popgraph.verification.rare_views import lengths_on_all_views

# --- bounds on what is left


@pytest.mark.parametrize(("n", "step", "share"), [(1361, 0.125, 0.348), (1250, 0.2, 0.6), (2100, 0.17, 0.35)])
def test_a_comparison_brackets_the_norm_of_a_difference_far_from_0(n, step, share):
    """The identity, and a ring with a hub: (1 - share) γ - 1 on characters, and ±√share on what constant and hub span."""
    ring = with_hub(circulant(n, {0: 1 - step, 1: 0.6 * step, 7: 0.4 * step}), share)
    norm = max(float(np.abs(ring.gamma[1:] - 1).max()), np.sqrt(share))
    comparison = compare(pg.build(np.full(n, 1 / n), sp.csr_array(sp.eye_array(n))), ring.graph(), k=1)
    assert comparison.norm_lower <= norm <= comparison.norm
    assert comparison.norm < 1.02 * comparison.norm_lower


@pytest.mark.parametrize("seed", first_by_default(*range(12), default=3))
def test_a_tie_above_a_crowd_is_no_clean_cut_and_any_member_of_it_matches(seed):
    """γ_2 = γ_3 exactly, 1e-8 to 1e-10 above a crowd of equal eigenvalues: any vector of the tie is as good as another."""
    rng = np.random.default_rng(seed)
    height = 10.0 ** -rng.uniform(8, 10)
    known = planted([(0.6 + height, 2), (0.6 + height / 3, 2), (0.6, 100)], 1500, rng).shuffled(rng)
    graph = known.graph()
    spectrum = graph.spectrum(2, solver="iterative")
    assert spectrum.gap == 0
    assert 2 not in spectrum.clean_cuts
    tie = known.V(3, first=1)
    for turn in (0.3, 1.9):
        F = np.column_stack([known.V(1), np.cos(turn) * tie[:, 0] + np.sin(turn) * tie[:, 1]])
        match = pg.verify(graph, F / np.sqrt(graph.w_x)[:, np.newaxis])
        assert match.status in (Status.MATCH_DEGENERATE, Status.UNDECIDED)


@pytest.mark.parametrize("crowd", [44, 120])
def test_an_eigenvalue_1e_10_above_a_crowd_wider_than_a_block_is_one(crowd):
    """A block that does not hold the crowd mixes the two up: at a residual of 6e-11 three eigenvalues were listed, not two."""
    rng = np.random.default_rng(3)
    known = planted([(0.8, 1), (0.8 - 1.4e-10, crowd)], 1600, rng).shuffled(rng)
    for k in (2, 9, 20):
        spectrum = known.graph().spectrum(k)
        assert np.abs(spectrum.gamma - known.gamma[:k]).max() <= spectrum.tolerance
        assert [count for _, count in spectrum.multiplicities][:2] == [1, 1]
        assert 2 in spectrum.clean_cuts


def test_a_gap_is_a_bracket_that_holds_and_is_0_where_the_cut_is_degenerate():
    known = with_hub(circulant(1291, {0: 0.859, 1: 0.0846, 7: 0.0564}), 0.36)
    spectrum = known.graph().spectrum(1)  # a few products bound what is left; a factor would tell the gap sharply
    assert spectrum.solvers[0].solver == "iterative"
    low, high = spectrum.gap_bounds
    assert low <= 1 - known.gamma[1] <= high
    assert low <= spectrum.gap <= 1 - known.gamma[1]
    assert f"gap between {spectrum.gap:.4g} and" in repr(spectrum)
    match = pg.verify(known.graph(), spectrum, spectrum=spectrum)
    assert (match.gap, match.gap_bounds) == (spectrum.gap, spectrum.gap_bounds)
    assert match.gap_in_words.startswith("is between")
    sharp = known.graph().spectrum(1, solver="shift-invert")
    assert low <= sharp.gap_bounds[0] <= 1 - known.gamma[1] <= sharp.gap_bounds[1] <= high
    cut = cube_walk([0.1] * 3).graph().spectrum(2)
    assert cut.gap == 0
    assert cut.gap_bounds[0] == 0
    assert "degenerate cut" in repr(cut)


@pytest.mark.slow
def test_a_chain_of_eigenvalues_is_not_walked_one_by_one():
    """On a ring of weak augmentations each eigenvalue is closer to the next than rounding, and all within a hundred roundings."""
    known = circulant(1200, {0: 1 - 1e-10, 1: 5e-11, 1199: 5e-11})
    graph, asked = known.graph(), []

    def solve(k):
        asked.append(k)
        return graph.spectrum(k)

    whole = whole_eigenspace(graph.spectrum(3), solve)
    assert len(asked) <= 10
    assert whole.gamma[-1] >= known.at(3) - 2 * whole.tolerance
    assert pg.verify(graph, graph.spectrum(3)).status in (Status.MATCH_DEGENERATE, Status.UNDECIDED)


# --- spans of ill-conditioned columns


def exact_angle(F, basis):
    """The largest angle between the span of these very floats and span basis, to 60 digits; F has few distinct rows."""
    with mpmath.workdps(60):
        A, B = (mpmath.matrix(X.tolist()) for X in (F, basis))
        Q = mpmath.qr(A, mode="skinny")[0]
        P = mpmath.qr(B, mode="skinny")[0]
        left = Q - P * (P.T * Q)
        return float(mpmath.sqrt(max(mpmath.eigsy(left.T * left, eigvals_only=True))))


@pytest.mark.parametrize("condition", [1e3, 1e8, 1e10, 1e12])
@pytest.mark.parametrize("d", [2, 4])
@pytest.mark.parametrize("seed", first_by_default(*range(6), default=2))
def test_the_stated_uncertainty_covers_what_the_basis_is_off(condition, d, seed):
    """Rows over six orders of magnitude, against 60 digits of these floats."""
    rng = np.random.default_rng(seed)
    Q, R = (np.linalg.qr(rng.standard_normal((d, d)))[0] for _ in range(2))
    rows = rng.standard_normal((60, d)) * 10.0 ** rng.uniform(-6, 0, (60, 1))
    F = rows @ ((Q * np.geomspace(1, 1 / condition, d)) @ R)
    space = column_space(F)
    assert space.rank == d
    off = exact_angle(F, space.basis)
    assert off <= space.uncertainty
    if np.finfo(np.longdouble).eps < np.finfo(np.float64).eps:
        assert off <= 1e-6  # what verify counts as 0


@pytest.mark.parametrize(("N", "condition"), [(1024, 1e11), (10_000, 1e12), (200_000, 3e9)])
def test_a_tall_f_of_independent_columns_has_not_collapsed(N, condition):
    """Two distinct rows of non-zero determinant: their span is that of the two indicators, however close to each other they are."""
    rng = np.random.default_rng(0)
    Q, R = (np.linalg.qr(rng.standard_normal((2, 2)))[0] for _ in range(2))
    S = np.repeat(np.eye(2), N // 2, axis=0)
    f = (S.astype(np.longdouble) @ ((Q * [1, 1 / condition]) @ R)).astype(float)
    space = column_space(f, np.full(N, N**-0.5))
    assert space.rank == 2
    if np.finfo(np.longdouble).eps < np.finfo(np.float64).eps:
        left = S / np.sqrt(N / 2) - space.basis @ (space.basis.T @ (S / np.sqrt(N / 2)))
        assert np.linalg.norm(left, 2) < 1e-6


@pytest.mark.parametrize(
    ("condition", "statuses"), [(1e13, "MATCH UNDECIDED"), (1e14, "UNDECIDED"), (1e17, "COLLAPSED")]
)
def test_between_a_span_and_a_collapse_lies_what_float64_cannot_tell(condition, statuses):
    """Two components, and two distinct rows: independent by less and less, until rounding alone could have made them so."""
    graph = pg.build(np.full(100, 0.01), np.kron(np.eye(2), np.full((50, 40), 1 / 40)))
    rng = np.random.default_rng(0)
    Q, R = (np.linalg.qr(rng.standard_normal((2, 2)))[0] for _ in range(2))
    S = np.repeat(np.eye(2), 40, axis=0)
    f = (S.astype(np.longdouble) @ ((Q * [1, 1 / condition]) @ R)).astype(float)
    match = pg.verify(graph, f)
    assert match.status.name in statuses
    assert ("rank 1 or 2" in match.reason) == (condition == 1e14)


def test_no_rank_depends_on_the_number_of_views():
    """Of 400,000 views a condition of 3e9 was rounding to `verify`, to a probe, and to `verify_sampled`."""
    f = np.repeat([[1.0, 1.0], [1.0, 1.0 + 1e-9]], 200_000, axis=0)
    w_x = np.full(len(f), 1 / len(f))
    assert column_space(f, np.sqrt(w_x)).rank == 2
    assert _inverse_factor(f * np.sqrt(w_x)[:, np.newaxis])[0].shape == (2, 2)
    assert lengths_on_all_views(f, w_x, f[:1]).rank == 2
    assert lengths_on_all_views(f[:, :1] * [1.0, 3.3], w_x, f[:1]).rank == 1


def test_a_column_that_is_rounding_of_another_is_none():
    x = np.random.default_rng(0).standard_normal(100_000)
    assert column_space(np.column_stack([x, 3.3 * x])).rank == 1


# --- threads


DENSE = """
import hashlib, numpy as np, popgraph as pg, scipy.sparse as sp
rng = np.random.default_rng(0)
for n, N in ((150, 170), (400, 300)):
    A = rng.random((n, N))
    graph = pg.build(np.full(n, 1 / n), A / A.sum(axis=1, keepdims=True))
    spectrum = graph.spectrum(5)
    for array in (spectrum.gamma, spectrum.eigenvectors, spectrum.residuals, pg.verify(graph, spectrum).angles):
        print(hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest())
i = np.arange(3000)
rows, columns = np.repeat(i, 3), np.column_stack([i, (i + 1) % 3000, (i + 77) % 3000]).ravel()
ring = pg.build(np.full(3000, 1 / 3000), sp.csr_array((np.tile([0.5, 0.2, 0.3], 3000), (rows, columns))))
for training in (pg.train(ring, 4, rng=0), pg.train(graph, 3, loss=pg.losses.VICReg(), rng=0)):
    print(hashlib.sha256(np.ascontiguousarray(training.f).tobytes()).hexdigest())
"""


@pytest.mark.slow
def test_bits_do_not_depend_on_the_number_of_threads():
    said = []
    for threads in ("1", "2"):
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": threads, "MKL_NUM_THREADS": threads}
        command = [sys.executable, "-c", DENSE]
        said.append(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout)
    assert said[0] == said[1]
    assert len(said[0].split()) == 10


def test_threads_are_given_back_also_after_an_error_and_from_inside():
    before = [get() for _, get in blas.controls()]

    @blas.one_thread()
    def fails():
        with blas.one_thread():
            pass
        assert {get() for _, get in blas.controls()} <= {1}
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert [get() for _, get in blas.controls()] == before


# --- ARPACK's failures, and positions


@pytest.mark.parametrize("side", [1, 2, 6, 300, 1500])
@pytest.mark.parametrize("which", ["LA", "SA"])
def test_the_extreme_eigenvalue_of_nothing_is_0(side, which):
    value, vector = extreme_eigenpair(lambda x: 0 * x, side, which, 1e-4)
    assert value == 0
    assert np.linalg.norm(vector) == pytest.approx(1)


@pytest.mark.parametrize("which", ["LA", "SA"])
def test_an_extreme_eigenvalue_that_arpack_fails_on_is_found_all_the_same(monkeypatch, which):
    def fails(*args, **options):
        raise ArpackError(3)

    monkeypatch.setattr(saddles, "eigsh", fails)
    gamma = np.linspace(-1, 2, 40)
    assert extreme_eigenpair(lambda x: gamma * x, 40, which, 1e-4)[0] == pytest.approx(2 if which == "LA" else -1)
    assert extreme_eigenpair(lambda x: np.resize(gamma, 2000) * x, 2000, which, 1e-4) is None


@pytest.mark.parametrize("loss", [pg.losses.BarlowTwins(weight=1.0, epsilon=0.0), pg.losses.SpectralLoss()], ids=str)
def test_training_on_views_without_common_naturals_lets_no_error_of_arpack_through(loss):
    p = np.array([0.93, 0.064, 5.6e-4, 6.7e-10, 2.4e-3, 6.9e-5])
    for seed in range(12):
        with suppress(pg.errors.PopgraphError):
            pg.train(pg.build(p / p.sum(), np.eye(6)), 1, loss=loss, rng=seed)


OUTCOMES = [(0, 1), (1, 0), (1, 1), (0, 0)]


@pytest.mark.parametrize(
    "views",
    [
        StateSequence(*next(codings_of(OUTCOMES))[::-1]),
        Tuples(((0, 1), (0, 1)), np.array([0, 1, 2, 3])),
        Tuples(((0, 1), (0, 1)), None),
    ],
    ids=["states", "chosen tuples", "tuples"],
)
def test_positions_count_from_the_end_as_those_of_a_tuple_do(views):
    listed = tuple(views)
    for start in range(-6, 7):
        for stop in (None, *range(-6, 7)):
            bounds = (start,) if stop is None else (start, stop)
            for outcome in listed:
                try:
                    expected = listed.index(outcome, *bounds)
                except ValueError:
                    with pytest.raises(ValueError, match="is not in this sequence"):
                        views.index(outcome, *bounds)
                else:
                    assert views.index(outcome, *bounds) == expected


# --- LAPACK's failures


@pytest.mark.parametrize("both", [False, True])
def test_a_singular_value_decomposition_that_fails_is_tried_otherwise_and_then_refused(monkeypatch, both):
    def fails(*args, **options):
        raise np.linalg.LinAlgError("SVD did not converge")

    monkeypatch.setattr(subspace.np.linalg, "svd", fails)
    F = np.array([[1.0, 1.0], [1.0, -1.0], [0.0, 0.0]])
    if not both:
        assert column_space(F).rank == 2
        return
    monkeypatch.setattr(subspace.scipy.linalg, "svd", fails)
    with pytest.raises(NotConverged, match="LAPACK returns no singular values of a matrix of 2 x 2, by two algorithms"):
        column_space(F)
