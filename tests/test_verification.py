"""`verify`: each of its cases, the numbers it reports, and verdicts on embeddings whose answer is known by construction."""

from fractions import Fraction

import numpy as np
import pytest
import scipy.linalg
from cases import GRAPHS, ZOO, many_components, near_tie, populations
from extras import need
from hypothesis import given
from hypothesis import strategies as st

import popgraph as pg
from popgraph import zoo
from popgraph.errors import InvalidArgument, InvalidEmbedding
from popgraph.verification.match import Status

pd = need("pandas")

seeds = st.integers(0, 2**32 - 1)
LC = zoo.lightning_cloud()
CUBE = zoo.hypercube(3)


def invertible(k: int, seed: int, condition: float = 10.0) -> np.ndarray:
    generator = np.random.default_rng(seed)
    U, V = (np.linalg.qr(generator.standard_normal((k, k)))[0] for _ in range(2))
    return (U * np.geomspace(1, 1 / condition, k)) @ V


# --- the cases on lightning and cloud (THEORY 11)


def test_a_trained_f_matches_at_k_2():
    match = pg.verify(LC, pg.train(LC, 2, rng=0).f)
    assert match
    assert match.status is Status.MATCH
    assert match.largest_angle < 1e-6
    assert match.optimal
    np.testing.assert_allclose(
        match.Q.T @ match.Q, np.eye(2), atol=1e-6
    )  # a minimiser is F* diag(1, 1) times a rotation


def test_k_1_is_a_degenerate_cut():
    match = pg.verify(LC, pg.train(LC, 1, rng=0).f)
    assert match
    assert match.status is Status.MATCH_DEGENERATE
    assert (
        match.family
        == "γ_1 = γ_2 has multiplicity 2: f must contain any 1 of its 2 dimensions, so F* is a family of dimension 1"
    )
    assert "F* would be unique at k = 2" in str(match)
    off = np.array([[1.0], [-1.0], [1.0], [1.0]])  # leaves the eigenspace of 1: not constant on the bolt's component
    assert pg.verify(LC, off).status is Status.DIFFERENT


def test_k_3_exceeds_the_rank():
    match = pg.verify(LC, pg.train(LC, 3, rng=0).f)
    assert not match
    assert match.status is Status.RANK_EXCEEDED
    assert match.optimal
    assert match.reason == (
        "γ_3 = 0: Ā has rank 2, below k = 3, so minimisers have rank 2 and no invertible map to 3 eigenvectors exists; "
        "f is optimal but rank-deficient, as every minimiser is."
    )
    worse = pg.verify(LC, np.eye(4)[:, :3])
    assert not worse.optimal
    assert "f is not optimal either" in worse.reason


def test_a_random_f_does_not_match():
    match = pg.verify(LC, np.random.default_rng(0).standard_normal((4, 2)))
    assert match.status is Status.DIFFERENT
    assert "f spans another subspace than F*: the largest angle is" in match.reason
    assert not match.optimal


@pytest.mark.parametrize("f", [np.ones((4, 2)), np.zeros((4, 2)), [[1, 2], [1, 2], [3, 6], [3, 6]]])
def test_a_collapsed_f_is_called_a_collapse(f):
    match = pg.verify(LC, f)
    assert match.status is Status.COLLAPSED
    assert match.rank == np.linalg.matrix_rank(np.asarray(f))
    assert f"f has collapsed: F has rank {match.rank}, not 2; it misses" in match.reason
    assert not match


def test_a_collapse_names_the_missing_eigenvector():
    only_bolt = np.array([[1.0, 2.0], [1.0, 2.0], [0, 0], [0, 0]])
    match = pg.verify(LC, only_bolt)
    assert "it misses eigenvector 2 (γ = 1, 0% in span F)" in match.reason
    np.testing.assert_allclose(match.captured, [1, 0], atol=1e-15)


def test_a_collapse_names_every_eigenvector_held_by_less_than_half():
    """One column three times over, with the shares 0.8, 0.15 and 0.05."""
    graph = zoo.hypercube(2)
    F = graph.spectrum(3).eigenvectors @ np.sqrt([[0.8], [0.15], [0.05]])
    match = pg.verify(graph, np.repeat(F, 3, axis=1) / np.sqrt(graph.w_x)[:, np.newaxis])
    assert match.reason.endswith(
        "it misses eigenvector 2 (γ = 0.25, 15% in span F) and eigenvector 3 (γ = 0.25, 5% in span F)."
    )


def test_f_star_with_one_column_replaced_does_not_match():
    spectrum = LC.spectrum(3)
    f = spectrum.eigenfunctions[:, [0, 2]]  # the third eigenvector, γ = 0, in place of the second
    match = pg.verify(LC, f)
    assert match.status is Status.DIFFERENT
    assert match.largest_angle == pytest.approx(np.pi / 2)
    assert "of eigenvector 2 (γ = 1)." in match.reason


# --- f* under linear maps, on every graph


@pytest.mark.parametrize("condition", [1.0, 1e3, 1e8])
@pytest.mark.parametrize("name", GRAPHS)
def test_f_star_times_an_invertible_matrix_matches(name, condition):
    graph = GRAPHS[name]
    for k in {1, min(3, graph.N), graph.N}:
        spectrum = graph.spectrum(k)
        if spectrum.gamma[-1] > 0:
            match = pg.verify(graph, spectrum.eigenfunctions @ invertible(k, 0, condition))
            assert match, match
            if spectrum.gap > 1e-6 and k > 1:
                assert match.condition == pytest.approx(condition, rel=1e-3)


@given(populations(), st.integers(1, 5), seeds)
def test_what_matches_and_what_does_not(graph, k, seed):
    """F* B matches; moving it out of span F* by an angle t is seen as the angle t."""
    spectrum = graph.spectrum(min(k, graph.N))
    k = spectrum.k
    root = np.sqrt(graph.w_x)[:, np.newaxis]
    if spectrum.gap < 1e-4:
        return
    B = invertible(k, seed)
    assert pg.verify(graph, spectrum.eigenfunctions @ B)
    if k == graph.N:
        return
    out = graph.spectrum(k + 1).eigenvectors[:, k]
    for t in (1e-4, 0.1, 1.5):
        V = spectrum.eigenvectors.copy()
        V[:, -1] = np.cos(t) * V[:, -1] + np.sin(t) * out
        match = pg.verify(graph, (V @ B) / root)
        assert match.status is Status.DIFFERENT
        assert match.largest_angle == pytest.approx(t, rel=1e-6)


@given(populations(), st.integers(1, 5), seeds)
def test_angles_and_residuals_are_those_of_scipy(graph, k, seed):
    k = min(k, graph.N)
    spectrum = graph.spectrum(k)
    if spectrum.gap < 1e-6:
        return
    f = np.random.default_rng(seed).standard_normal((graph.N, k))
    F = f * np.sqrt(graph.w_x)[:, np.newaxis]
    match = pg.verify(graph, f)
    angles = scipy.linalg.subspace_angles(spectrum.eigenvectors, F)[::-1]
    np.testing.assert_allclose(match.angles, angles, atol=1e-6)
    Q, *_ = np.linalg.lstsq(spectrum.eigenvectors, F, rcond=None)
    np.testing.assert_allclose(match.Q, Q, atol=1e-10)
    assert match.relative_residual == pytest.approx(np.linalg.norm(F - spectrum.eigenvectors @ Q) / np.linalg.norm(F))


@given(populations(), st.integers(1, 5), seeds)
def test_the_excess_loss_is_above_the_minimum_and_its_bound_holds(graph, k, seed):
    spectrum = graph.spectrum(min(k, graph.N))
    f = spectrum.embedding + 0.01 * np.random.default_rng(seed).standard_normal((graph.N, spectrum.k))
    match = pg.verify(graph, f)
    assert match.excess_loss >= 0
    if match.excess_angle_bound is not None and match.rank == spectrum.k:
        assert np.linalg.norm(np.sin(match.angles)) <= match.excess_angle_bound + 1e-9


@pytest.mark.parametrize("stretch", [1.0, 1.01, 1.1])
def test_the_bound_of_the_excess_loss_is_its_formula(stretch):
    """sqrt((excess + rounding) / (γ_k² - γ_{k+1}²)) [THEORY 3.5]; stretched by s an optimal f is Σγ²(s² - 1)² above the minimum.

    The loss is a sum of terms as large as 1 + Σγ², and what rounding makes of these may hide as much of the excess.
    """
    graph = zoo.hypercube(2, "1/10")  # γ = 1, 0.64 twice, 0.4096
    spectrum = graph.spectrum(3)
    match = pg.verify(graph, stretch * spectrum.embedding)
    squares, gap = 1 + 2 * 0.64**2, 0.64**2 - 0.4096**2
    excess = squares * (stretch**2 - 1) ** 2
    assert match.excess_loss == pytest.approx(excess, abs=1e-14)
    if stretch == 1.1:
        assert np.sqrt(excess / gap) < np.sqrt(3)
    hidden = spectrum.tolerance * (1 + squares)
    assert match.excess_angle_bound == pytest.approx(np.sqrt((match.excess_loss + hidden) / gap), rel=1e-9)


def test_an_excess_loss_that_proves_nothing_gives_no_bound():
    graph = zoo.hypercube(2, "1/10")
    assert pg.verify(graph, 3 * graph.spectrum(3).embedding).excess_angle_bound is None


@pytest.mark.parametrize("name", ZOO)
def test_optimal_means_the_best_approximation_and_is_stronger_than_a_match(name):
    graph = ZOO[name]
    spectrum = graph.spectrum(1)
    assert pg.verify(graph, -spectrum.embedding).optimal
    longer = pg.verify(graph, 2 * spectrum.embedding)
    assert longer
    assert not longer.optimal


# --- degenerate cuts


def test_a_degenerate_cut_takes_any_subspace_of_the_eigenspace_and_no_other():
    """4-cube, k = 3: the constant and any 2 of the 4 single-bit parities."""
    graph = zoo.hypercube(4)
    bits = np.array(graph.views)
    parities = 1 - 2.0 * bits
    one = np.ones((graph.N, 1))
    good = [
        np.column_stack([one, parities[:, :2]]),
        np.column_stack([one, parities[:, [3]] + one, parities[:, [0]] - 2 * parities[:, [2]]]),
    ]
    for f in good:
        match = pg.verify(graph, f)
        assert match.status is Status.MATCH_DEGENERATE, match
        assert match.degenerate
        assert match.family.startswith(
            "γ_3 = γ_4 has multiplicity 4: f must contain the 1 eigenvector with a larger eigenvalue, and any 2 of its 4"
        )
        assert "a family of dimension 4" in match.family
        assert "k = 1 or 5" in str(match)
    without_the_constant = parities[:, :3]
    with_a_product = np.column_stack([one, parities[:, 0], parities[:, 0] * parities[:, 1]])
    for f in (without_the_constant, with_a_product):
        match = pg.verify(graph, f)
        assert match.status is Status.DIFFERENT
        assert match.largest_angle == pytest.approx(np.pi / 2)


@given(seeds, st.integers(2, 14))
def test_degenerate_verdicts_on_the_hypercube(seed, k):
    """Any k-space between the eigenspaces above γ_k and those at or above it matches; one that leaves them does not."""
    graph = zoo.hypercube(4)
    generator = np.random.default_rng(seed)
    ends = [0, 1, 5, 11, 15, 16]
    above, end = max(e for e in ends if e < k), min(e for e in ends if e >= k)
    whole = graph.spectrum(16).eigenfunctions
    mix = np.linalg.qr(generator.standard_normal((end - above, end - above)))[0][:, : k - above]
    f = np.column_stack([whole[:, :above], whole[:, above:end] @ mix]) @ invertible(k, seed)
    assert pg.verify(graph, f)
    if end < 16:
        assert not pg.verify(graph, f + 1e-3 * np.outer(whole[:, end], generator.standard_normal(k)))
    swapped = f.copy() @ np.eye(k)
    swapped[:, 0] += 1e-3 * whole[:, 15] if end < 16 else 0
    assert bool(pg.verify(graph, swapped)) == (end == 16)


def test_the_cut_inside_200_equal_eigenvalues():
    graph = many_components(200, 20)
    indicator = np.zeros((graph.N, 200))
    indicator[np.arange(graph.N), graph.components] = 1.0
    assert pg.verify(graph, indicator[:, 100:164]).status is Status.MATCH_DEGENERATE
    assert pg.verify(graph, indicator[:, :64] @ invertible(64, 1)).status is Status.MATCH_DEGENERATE
    spoilt = indicator[:, :64].copy()
    spoilt[5, 0] += 0.5
    assert pg.verify(graph, spoilt).status is Status.DIFFERENT


def test_a_near_tie_is_a_clean_cut():
    """Second eigenvalues 1e-10 apart in two components: float64 tells them apart, and so does the verdict."""
    graph = near_tie(1e-10)
    assert pg.verify(graph, graph.spectrum(3).eigenfunctions)
    other = graph.spectrum(4).eigenfunctions[:, [0, 1, 3]]
    assert pg.verify(graph, other, atol=1e-3).status is Status.DIFFERENT


def test_what_float64_cannot_tell_is_said_to_be_undecided():
    """At a gap of 1e-10 rounding turns F* by some 1e-5 rad: an f that far off may or may not be F*."""
    graph = near_tie(1e-10)
    V = graph.spectrum(4).eigenvectors
    for t, status in [(0.0, Status.MATCH), (5e-6, Status.UNDECIDED), (1e-2, Status.DIFFERENT)]:
        turned = np.column_stack([V[:, :2], np.cos(t) * V[:, 2] + np.sin(t) * V[:, 3]])
        match = pg.verify(graph, turned / np.sqrt(graph.w_x)[:, np.newaxis])
        assert match.status is status
        assert 5e-6 < match.uncertainty < 1e-3
    assert "as far as float64 knows F*" in pg.verify(graph, graph.spectrum(3).embedding).reason


def test_an_ill_conditioned_f_is_not_called_different_when_rounding_made_it_so():
    """F* B with cond(B) = 1e13, rounded to float64: where there is extended precision, its floats are seen to span F*."""
    match = pg.verify(LC, LC.spectrum(2).eigenfunctions @ invertible(2, 3, 1e13))
    extended = np.finfo(np.longdouble).eps < np.finfo(np.float64).eps
    assert match.status is (Status.MATCH if extended else Status.UNDECIDED)
    assert match.largest_angle <= match.uncertainty


# --- wider than k


def test_a_wider_f_is_asked_whether_it_contains_f_star():
    graph = zoo.clusters()
    spectrum = graph.spectrum(6)
    wide = spectrum.eigenfunctions @ invertible(6, 0)
    assert pg.verify(graph, wide, k=4).status is Status.CONTAINS
    assert pg.verify(graph, wide, k=4).excess_loss is None
    lacking = spectrum.eigenfunctions[:, [0, 1, 2, 4, 5]]
    match = pg.verify(graph, lacking, k=4)
    assert match.status is Status.DIFFERENT
    np.testing.assert_allclose(match.captured, [1, 1, 1, 0], atol=1e-12)
    assert pg.verify(graph, lacking, k=3)


def test_a_wider_f_at_a_degenerate_cut_needs_enough_of_the_eigenspace():
    graph = zoo.hypercube(3)
    whole = graph.spectrum(8).eigenfunctions
    assert pg.verify(graph, whole[:, [0, 1, 2, 7]], k=3).status is Status.CONTAINS_DEGENERATE
    assert pg.verify(graph, whole[:, [0, 1, 6, 7]], k=3).status is Status.DIFFERENT
    assert pg.verify(graph, whole[:, [1, 2, 3, 7]], k=3).status is Status.DIFFERENT


def test_every_f_of_full_rank_matches_at_k_n():
    """At k = N = rank Ā every invertible table spans everything."""
    graph = zoo.hypercube(2)
    assert pg.verify(graph, np.random.default_rng(1).standard_normal((4, 4)))


# --- what is said besides

BITS = 1 - 2.0 * np.array(zoo.hypercube(3).views)


def test_a_centred_f_lacks_the_constant_alone():
    assert "With a constant column added f spans the 4 leading eigenvectors" in pg.verify(CUBE, BITS).reason


@pytest.mark.parametrize(
    "f",
    [
        np.random.default_rng(0).standard_normal((8, 3)),
        np.column_stack([BITS[:, :2], BITS[:, 0] * BITS[:, 1]]),  # centred, but not of the leading ones
        np.column_stack([BITS[:, :2], BITS[:, 0] * BITS[:, 1], BITS[:, 2]]),
        BITS[:, :2],  # with the constant a cut inside the eigenspace of 1/4
        BITS[:, [0]],
        BITS[:, [0]] * BITS[:, [1]],
    ],
)
def test_no_other_f_is_said_to_lack_the_constant(f):
    match = pg.verify(CUBE, f)
    assert match.status is Status.DIFFERENT
    assert "constant" not in match.reason


def test_an_f_with_the_constant_in_it_does_not_lack_it():
    match = pg.verify(CUBE, np.column_stack([np.ones(8) + BITS[:, 0] * BITS[:, 1], BITS[:, :2]]))
    assert match.status is Status.DIFFERENT
    assert "constant" not in match.reason


def products(*pairs):
    return np.column_stack([BITS[:, list(pair)].prod(axis=1) for pair in pairs])


@pytest.mark.parametrize(
    ("features", "f", "best"),
    [
        (BITS, BITS[:, :2], True),  # θ = 1/4 three times: any two
        (BITS, BITS[:, :2] + BITS[:, [2]], True),
        (np.hstack([BITS, products((0, 1))]), BITS[:, 1:], True),
        (np.hstack([BITS, products((0, 1))]), np.hstack([BITS[:, [0]], products((0, 1))]), False),
        (products((0,), (0, 1), (1, 2), (0, 2)), products((0,), (0, 1)) + products((0, 1), (1, 2)) * [0, 1], True),
        (products((0,), (0, 1), (1, 2), (0, 2)), products((1, 2), (0, 1)), False),  # lacks θ = 1/4
        (products((0,), (0, 1), (1, 2)), products((0,), (0, 1), (1, 2)), True),
        (products((0,), (0, 1), (0, 1, 2)), products((0,), (0, 1)), True),  # a clean cut of the class
        (products((0,), (0, 1), (0, 1, 2)), products((0,), (0, 1, 2)), False),
    ],
)
def test_the_best_of_a_class_is_any_of_its_equally_good_leading_ritz_vectors(features, f, best):
    match = pg.verify(CUBE, f, features=features)
    assert match.best_in_class is best
    assert match.status is (Status.BEST_OF_CLASS if best else Status.DIFFERENT)


def test_a_wider_f_may_hold_the_best_of_its_class():
    assert pg.verify(CUBE, BITS, k=2, features=BITS).best_in_class
    assert not pg.verify(
        CUBE, products((0, 1), (1, 2), (0, 2)), k=2, features=np.hstack([BITS, products((0, 1), (1, 2), (0, 2))])
    ).best_in_class


# --- forms of f, and what is refused


def test_tables_mappings_and_callables_are_one():
    f = LC.spectrum(2).embedding @ invertible(2, 5)
    table = {view: f[i] for i, view in enumerate(LC.views)}
    shuffled = dict(reversed(table.items()))
    verdicts = [pg.verify(LC, form) for form in (f, f.tolist(), table, shuffled, table.__getitem__)]
    assert len({verdict.largest_angle for verdict in verdicts}) == 1
    one_number = pg.verify(LC, lambda view: 1.0, k=1)
    assert one_number.status is Status.MATCH_DEGENERATE
    fractions = [[Fraction(1), 0], [1, 0], [0, Fraction(1, 3)], [0, Fraction(1, 3)]]
    assert pg.verify(LC, fractions)


def test_a_spectrum_that_is_at_hand_is_not_solved_again(monkeypatch):
    spectrum = LC.spectrum(4)
    monkeypatch.setattr(pg.PopulationGraph, "spectrum", None)
    assert pg.verify(LC, spectrum.leading(2).embedding, spectrum=spectrum)


BAD = {
    "nan": (np.array([[1.0], [np.nan], [1], [1]]), r"f is NaN or infinite at 1 views: Image\(lightning rotated, 9x9\)"),
    "infinite": (np.full((4, 2), np.inf), "f is NaN or infinite at 4 views"),
    "rows": (np.ones((3, 2)), r"f has shape \(3, 2\); this graph of 4 views needs \(4, k\)"),
    "vector": (np.ones(4), r"f has shape \(4,\); this graph of 4 views needs"),
    "no columns": (np.ones((4, 0)), r"f has shape \(4, 0\)"),
    "complex": (np.ones((4, 2)) * 1j, r"f is complex \(complex128\); embeddings are real"),
    "text": ([["a"]] * 4, "f has dtype .*; embeddings are real numbers"),
    "ragged": ([[1, 2], [1], [1, 2], [1, 2]], "not a table of numbers; give one vector of one length for each view"),
    "none": (None, "not a table of numbers|has shape"),
}


@pytest.mark.parametrize("name", BAD)
def test_an_f_that_is_no_embedding_is_refused(name):
    f, message = BAD[name]
    with pytest.raises(InvalidEmbedding, match=message):
        pg.verify(LC, f)


def test_a_mapping_that_lacks_or_adds_views_is_refused():
    table = {view: [1.0] for view in LC.views}
    table["sun"] = [1.0]
    del table[LC.views[3]]
    with pytest.raises(
        InvalidEmbedding, match=r"f lacks 1 of 4 views \(Image\(cloud rotated.*\) and names 1 that is no view \('sun'\)"
    ):
        pg.verify(LC, table)


def test_a_callable_that_fails_names_the_view():
    def f(view):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError) as caught:
        pg.verify(LC, f)
    assert caught.value.__notes__ == ["raised by f on the view Image(lightning, 9x9)"]


@pytest.mark.parametrize(
    ("k", "message"),
    [
        (0, "k is 0; it must be a whole number from 1 to the number of views, 4"),
        (5, "k is 5; it must be"),
        (3, "k is 3, but f has 2 columns, which cannot span 3 eigenvectors; use k <= 2"),
    ],
)
def test_a_k_that_cannot_be_asked_is_refused(k, message):
    with pytest.raises(InvalidArgument, match=message):
        pg.verify(LC, np.ones((4, 2)), k)


def test_more_columns_than_views_need_a_k():
    with pytest.raises(InvalidArgument, match="f has 6 columns, more than the 4 views; say which k to check"):
        pg.verify(LC, np.ones((4, 6)))


@pytest.mark.parametrize("atol", [1e-300, 1.5, np.float32(1e-3)])
def test_any_angle_below_a_right_one_is_an_atol(atol):
    assert pg.verify(LC, np.ones((4, 1)), atol=atol).atol == atol


@pytest.mark.parametrize("atol", [0.0, -1.0, 1.58, np.nan])
def test_an_atol_that_is_no_angle_is_refused(atol):
    with pytest.raises(InvalidArgument, match="it is an angle in radians"):
        pg.verify(LC, np.ones((4, 2)), atol=atol)


def test_a_spectrum_of_another_graph_is_refused():
    with pytest.raises(InvalidArgument, match="does not serve: k = 2 pairs of this graph of 4 views are needed"):
        pg.verify(LC, np.ones((4, 2)), spectrum=zoo.hypercube(3).spectrum(2))


def test_what_carries_an_embedding_is_taken_and_f_star_itself_is_recognised():
    spectrum = LC.spectrum(2)
    assert pg.verify(LC, spectrum)
    assert pg.verify(LC, pg.train(LC, 2, rng=0))
    mistaken = pg.verify(LC, spectrum.eigenvectors)
    assert not mistaken
    assert "The table itself spans F*, but F is √w_x f: pass F*/√w_x" in mistaken.reason


def test_a_data_frame_goes_by_its_index():
    graph = zoo.hypercube(2)
    frame = pd.DataFrame(graph.spectrum(3).embedding, index=pd.Index(graph.views, tupleize_cols=False))
    assert pg.verify(graph, frame)
    assert pg.verify(graph, frame.iloc[::-1])
    assert pg.verify(graph, frame.reset_index(drop=True))
    with pytest.raises(InvalidEmbedding, match="lacks 4 of 4 views"):
        pg.verify(graph, frame.set_axis(list("abcd")))


@pytest.mark.parametrize("size", [1e80, 1e160, 1e200])
def test_an_f_whose_loss_overflows_gets_a_verdict_and_no_certificate(size):
    graph = zoo.hypercube(3)
    match = pg.verify(graph, graph.spectrum(4).embedding * size)
    assert match.status is Status.MATCH
    assert not match.optimal
    assert match.excess_loss > 1e300
    assert match.excess_angle_bound is None


def test_a_graph_comes_first():
    with pytest.raises(InvalidArgument, match="takes a population first; got"):
        pg.verify(np.ones((4, 2)), LC)


def test_a_match_prints_a_paragraph():
    match = pg.verify(LC, LC.spectrum(2).embedding)
    assert str(match).startswith("Yes: f spans the leading eigenvectors F*: no angle exceeds")
    assert "f is a minimiser of the spectral contrastive loss." in str(match)
    assert repr(match).startswith("Match(yes, k=2, MATCH, largest angle")
