"""`verify` at the edges of its cases: where one condition alone decides, and what each number in a match is."""

from dataclasses import replace
from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest
from cases import block_diagonal
from extras import need

import popgraph as pg
from popgraph import zoo
from popgraph.basics.arrays import frozen
from popgraph.basics.subspace import column_space
from popgraph.errors import InvalidArgument
from popgraph.populations.exact import ExactGraph
from popgraph.verification import reasons
from popgraph.verification.evidence import Evidence
from popgraph.verification.judge import judge
from popgraph.verification.match import Status

LC = zoo.lightning_cloud()
CUBE = zoo.hypercube(3)  # γ = 1, 1/4 (3 times), 1/16 (3 times), 1/64
ONE, BITS = np.ones((8, 1)), 1 - 2.0 * np.array(CUBE.views)


def turned(graph, k, t):
    """F*, the last column of which is turned by t towards the next eigenvector, as an f."""
    V = graph.spectrum(k + 1).eigenvectors
    F = np.column_stack([V[:, : k - 1], np.cos(t) * V[:, k - 1] + np.sin(t) * V[:, k]])
    return F / np.sqrt(graph.w_x)[:, np.newaxis]


def blocks(*gammas):
    """A component for each γ, of two views that are mixed up with probability (1 - √γ)/2: eigenvalues 1 and γ."""
    flips = [[[1 + np.sqrt(gamma), 1 - np.sqrt(gamma)], [1 - np.sqrt(gamma), 1 + np.sqrt(gamma)]] for gamma in gammas]
    return pg.build(np.full(2 * len(gammas), 0.5 / len(gammas)), block_diagonal(flips) / 2)


# --- how much is known


@pytest.mark.parametrize("k", [1, 4, 7])
def test_at_a_clean_cut_the_uncertainty_is_that_of_f_and_that_of_the_spectrum(k):
    spectrum = CUBE.spectrum(k)
    match = pg.verify(CUBE, spectrum)
    of_f = column_space(spectrum.minimiser).uncertainty
    assert match.uncertainty == pytest.approx(of_f + spectrum.certificate.angle_bound, rel=1e-12)
    assert spectrum.certificate.angle_bound > 0


def test_at_a_degenerate_cut_the_gap_above_it_makes_an_uncertainty_too():
    """γ = 1/4 + 1e-10, 1/4, 1/4: which vector is above the cut within them is known to some 1e-5 rad."""
    graph = blocks(0.25 + 1e-10, 0.25, 0.25)
    V = graph.spectrum(6).eigenvectors
    for t, status in [(0.0, Status.MATCH_DEGENERATE), (5e-6, Status.UNDECIDED), (1e-2, Status.DIFFERENT)]:
        F = np.column_stack([V[:, :3], np.cos(t) * V[:, 3] + np.sin(t) * V[:, 4], V[:, 5]])
        match = pg.verify(graph, F / np.sqrt(graph.w_x)[:, np.newaxis])
        assert match.status is status
        assert match.largest_angle == pytest.approx(t, abs=1e-6)


def test_only_what_is_known_less_well_than_asked_for_says_how_well():
    assert "as far as float64 knows" not in pg.verify(CUBE, CUBE.spectrum(4)).reason


def test_where_k_exceeds_the_rank_f_star_is_arbitrary_and_no_family():
    match = pg.verify(LC, np.eye(4)[:, :3])
    assert match.status is Status.RANK_EXCEEDED
    assert match.uncertainty >= np.pi / 2
    assert match.family == ""
    assert not match.degenerate


# --- the degenerate cut


def test_just_below_the_first_eigenvector_it_alone_must_be_held():
    """k = 2 on the cube: the constant, and any one of three parities."""
    match = pg.verify(CUBE, np.hstack([ONE, BITS[:, [1]]]))
    assert match.status is Status.MATCH_DEGENERATE
    assert match.family.startswith(
        "γ_2 = γ_3 has multiplicity 3: f must contain the 1 eigenvector with a larger eigenvalue, and any 1"
    )
    assert pg.verify(CUBE, BITS[:, :2]).status is Status.DIFFERENT


def test_a_gap_of_just_the_tolerance_is_a_degenerate_cut():
    """As `Spectrum.gap` says: at or below the tolerance, which is 2^-45 on the cube."""
    need("flint")
    spectrum = CUBE.spectrum(2)
    after = 0.25 - spectrum.tolerance
    certificate = replace(spectrum.certificate, remainder=after, remainder_bound=after)
    spectrum = replace(spectrum, gamma=frozen(np.array([1, 0.25])), certificate=certificate)
    assert spectrum.gap == 0
    assert spectrum.gap_bounds == (0, 2 * spectrum.tolerance)
    match = pg.verify(CUBE, np.hstack([ONE, BITS[:, [0]]]), spectrum=spectrum)
    assert match.status is Status.MATCH_DEGENERATE
    assert match.exactly == "γ_2 = γ_3"


def test_an_f_below_all_of_the_repeated_eigenvalue_is_as_far_from_it_as_can_be():
    """k = 1 where γ_1 = γ_2: no eigenvector is above, and f must lie in the two dimensions."""
    match = pg.verify(LC, LC.spectrum(4).eigenfunctions[:, [3]])
    assert match.status is Status.DIFFERENT
    assert match.angles == pytest.approx([np.pi / 2])
    assert "f spans another subspace" in match.reason
    assert "it must contain every eigenvector of γ > γ_1 = 1, and nothing of those of γ < γ_1" in match.reason


# --- optimal, and the excess loss (Eckart and Young: the k largest eigenpairs, and FFᵀ = Σ γ v vᵀ)


def scaled(graph, columns, gamma):
    whole = graph.spectrum(graph.N)
    return whole.eigenfunctions[:, columns] * np.sqrt(gamma)


def test_optimal_asks_for_eigenvectors_and_for_their_eigenvalues():
    assert pg.verify(CUBE, scaled(CUBE, [0, 2], [1, 1 / 4])).optimal
    assert not pg.verify(CUBE, scaled(CUBE, [0, 7], [1, 1 / 4])).optimal  # the lengths of F*, another direction
    assert not pg.verify(CUBE, scaled(CUBE, [0, 7], [1, 1 / 64])).optimal  # a stationary point
    assert not pg.verify(CUBE, scaled(CUBE, [0, 2], [1, 1 / 5])).optimal


def test_a_wider_f_is_no_minimiser_over_k_columns():
    for f in (CUBE.spectrum(8).embedding, np.hstack([CUBE.spectrum(4).embedding, np.zeros((8, 1))])):
        match = pg.verify(CUBE, f, 4)
        assert match
        assert not match.optimal
        assert match.excess_loss is None


def test_optimal_is_judged_to_atol_where_entries_reach_1():
    """One natural, one view: F = f, which is 1 at the minimum, and just above it is as good."""
    graph = pg.build(["a"], pg.identity())
    for off, optimal in [(0, True), (1e-7, True), (-1e-7, True), (1e-5, False), (-1e-5, False)]:
        assert pg.verify(graph, [[1 + off]]).optimal is optimal


@pytest.mark.parametrize("stretch", [1.3, 2.0, 3.0])
def test_the_excess_loss_is_its_closed_form_on_both_sides_of_0(stretch):
    """L = Σγ²(s⁴ - 2s²), which is Σγ²(s² - 1)² above the minimum, and positive beyond s = √2."""
    gamma = np.array([1, 1 / 4, 1 / 4, 1 / 4])
    match = pg.verify(CUBE, stretch * CUBE.spectrum(4).embedding)
    assert match.excess_loss == pytest.approx(np.sum(gamma**2) * (stretch**2 - 1) ** 2, rel=1e-12)


def evidence_with(gram):
    """The minimiser at k = 1 of 4 views of probability 1/4, all numbers exact, beside products that are not those of its Ā."""
    square = zoo.hypercube(2)
    spectrum = replace(square.spectrum(1), eigenvectors=np.full((4, 1), 0.5))
    coordinates = SimpleNamespace(gram=gram, views=square.views)
    return Evidence(coordinates, square.spectrum, np.ones((4, 1)), np.full(4, 0.5), spectrum, 1e-6)


@pytest.mark.parametrize(("cross", "excess"), [(1 + 1e-15, 0.0), (1.0, 0.0), (0.875, 0.25)])
def test_no_excess_loss_is_negative(cross, excess):
    """L = 1 - 2 FᵀĀF, and the minimum at k = 1 is -γ_1² = -1, which rounding may undercut."""
    assert judge(evidence_with(lambda X: cross * X)).excess_loss == excess


@pytest.mark.parametrize("cross", [np.nan, -np.inf])
def test_a_loss_that_overflows_is_infinite(cross):
    """inf - inf is NaN."""
    assert judge(evidence_with(lambda X: cross * X)).excess_loss == np.inf


# --- what is said besides

OWN = " The table itself spans F*"
ADDED = "With a constant column added"


@pytest.mark.parametrize(
    "f",
    [
        pytest.param(np.hstack([ONE + BITS[:, [0]], BITS[:, 1:]]), id="holds a half of the constant"),
        pytest.param(np.hstack([BITS, BITS[:, [0]] * BITS[:, [1]]]), id="wider than k"),
        pytest.param(CUBE.spectrum(3).eigenfunctions[:, 1:], id="a degenerate cut, the vectors that the solver chose"),
        pytest.param(BITS[:, [0]] * BITS[:, 1:], id="centred, and no eigenvectors that follow"),
    ],
)
def test_only_a_centred_f_of_rank_k_is_said_to_lack_the_constant(f):
    match = pg.verify(CUBE, f, min(3, f.shape[1]))
    assert match.status is Status.DIFFERENT
    assert ADDED not in match.reason


def test_only_a_table_that_spans_f_star_is_said_to_be_f_star():
    graph = zoo.lightning_cloud("1/5")  # unequal w_x
    assert OWN in pg.verify(graph, graph.spectrum(2).eigenvectors).reason
    assert OWN not in pg.verify(graph, np.random.default_rng(0).standard_normal((4, 2))).reason
    assert OWN in pg.verify(graph, graph.spectrum(2).eigenvectors[:, [0]]).reason  # a degenerate cut
    assert OWN not in pg.verify(graph, graph.spectrum(4).eigenvectors[:, [2]]).reason  # of γ = 0


def test_a_collapse_onto_halves_names_each_of_the_least_held():
    """One column that holds 0.6 of the first, 0.4 of the second; one that holds a half of each; two over three."""
    V = CUBE.spectrum(8).eigenvectors
    root = np.sqrt(CUBE.w_x)[:, np.newaxis]

    def missed(*shares):
        F = V[:, : len(shares)] @ np.sqrt(np.array(shares)[:, np.newaxis])
        return pg.verify(CUBE, np.repeat(F, len(shares), axis=1) / root).reason.partition("misses ")[2]

    one = "1 dimension of γ = 0.25 (of {} sought; its multiplicity is 3)."
    assert missed(0.6, 0.4) == one.format(1)  # at the degenerate cut k = 2 eigenvectors 2 to 4 are arbitrary
    assert missed(0.4, 0.6) == "eigenvector 1 (γ = 1, 40% in span F)."
    assert missed(0.2, 0.3, 0.4, 0.1) == (
        "eigenvector 1 (γ = 1, 20% in span F), eigenvector 2 (γ = 0.25, 30% in span F), "
        "eigenvector 3 (γ = 0.25, 40% in span F) and eigenvector 4 (γ = 0.25, 10% in span F)."
    )
    two = V[:, [0]], (V[:, [1]] + np.sqrt(0.5) * V[:, [2]]) / np.sqrt(1.5)
    F = np.hstack([*two, two[1]])
    assert f"it misses {one.format(2)}" in pg.verify(CUBE, F / root).reason
    F = np.hstack([V[:, [0]] + V[:, [1]] / np.sqrt(2), V[:, [2]] + V[:, [1]] / np.sqrt(2), V[:, [2]] - V[:, [0]]])
    reason = pg.verify(CUBE, F / root).reason  # the normal vector is (1, -√2, 1) / 2: of v_2 and v_3 it holds 1 and 1/4
    assert reason.endswith(f"it misses {one.format(2)}")


# --- exact arithmetic, asked where floats see no gap

CUTS = {"clean": (zoo.hypercube(2), 3), "repeated": (zoo.hypercube(2), 2), "zero": (LC, 3)}  # an exact graph and its k


@pytest.mark.parametrize(
    ("cut", "degenerate", "exactly"),
    [
        ("clean", True, "γ_3 - γ_4 = 0.188, and the cut is clean"),  # 1/4 - 1/16
        ("clean", False, "γ_3 - γ_4 = 0.188, and the cut is clean"),
        ("repeated", True, "γ_2 = γ_3"),
        ("repeated", False, "γ_2 > 0"),
        ("zero", True, "γ_3 = 0"),
        ("zero", False, "γ_3 = 0"),
    ],
)
def test_exact_arithmetic_adds_what_it_finds_about_a_cut(cut, degenerate, exactly):
    """`degenerate` is what floats say: γ_k repeated, or else γ_k = 0."""
    need("flint")
    assert reasons.in_exact_arithmetic(*CUTS[cut], degenerate) == exactly


@pytest.mark.parametrize(
    "f", [np.eye(4)[:, :2], np.array([[1, 1], [1, 1], [1, -1], [1, -1]]), np.ones((4, 2))], ids=str
)
def test_no_verdict_depends_on_an_installed_extra(monkeypatch, f):
    """γ_2 - γ_3 = 1e-17, as fractions: to floats it is a tie, with python-flint and without it."""
    q = [Fraction(1, 4) - Fraction(1, 10**17), Fraction(1, 4)]
    A = np.kron(*[np.array([[1 - x, x], [x, 1 - x]], dtype=object) for x in q])
    graph = pg.build([0, 1, 2, 3], A)
    asked = pg.verify(graph, f)
    monkeypatch.setattr(reasons, "find_spec", lambda name: None)
    alone = pg.verify(graph, f)
    assert alone.exactly == ""
    assert (asked.status, asked.reason, asked.matches) == (alone.status, alone.reason, alone.matches)


def test_exact_arithmetic_is_asked_only_where_it_is_quick(monkeypatch):
    need("flint")

    def ring(n):
        """One component of side n, with γ_2 = γ_3."""
        return pg.build(range(n), lambda i: {i: "1/2", (i + 1) % n: "1/2"})

    asked = []
    cut = ExactGraph.cut
    monkeypatch.setattr(reasons, "MAX_EXACT_SIDE", 8)
    monkeypatch.setattr(ExactGraph, "cut", lambda self, k: asked.append(self.N) or cut(self, k))
    for n in (7, 8, 9, 12):
        assert bool(pg.verify(ring(n), np.ones((n, 2)), 2).exactly) == (n <= 8)
    assert asked == [7, 8]


def test_exact_arithmetic_is_not_asked_where_floats_see_a_gap(monkeypatch):
    monkeypatch.setattr(ExactGraph, "cut", None)
    assert pg.verify(CUBE, CUBE.spectrum(4)).exactly == ""


# --- classes of functions


def signs(*sets):
    """The parities of these sets of bits."""
    return np.column_stack([BITS[:, list(bits)].prod(axis=1) for bits in sets])


def test_a_class_of_fewer_features_than_k_has_no_best_of_k():
    match = pg.verify(CUBE, BITS, features=BITS[:, :2])
    assert match.best_in_class is False


def test_ritz_values_of_0_have_no_best():
    """A class that holds v_1 and a null vector: its minimisers have rank 1, so no f of rank 2 is one of them."""
    whole = LC.spectrum(4).eigenfunctions
    match = pg.verify(LC, whole[:, [0, 2]], features=whole[:, [0, 2]])
    assert match.status is Status.DIFFERENT
    assert match.best_in_class is False
    np.testing.assert_allclose(match.expressible, [1, 0], atol=1e-15)


def test_more_of_an_eigenvalue_than_needed_is_nothing_lacking():
    """k = 2: of the three parities one is needed, all are there, and the constant alone lacks."""
    match = pg.verify(CUBE, BITS[:, :2], features=BITS)
    assert match.reason.endswith(
        "the class of these 3 features cannot express eigenvector 1 (γ = 1, 0% of it at most)."
    )


def test_features_that_are_given_go_before_those_of_a_training():
    training = pg.train(CUBE, 3, features=BITS, rng=0)
    np.testing.assert_allclose(pg.verify(CUBE, training).expressible[0], 0, atol=1e-15)
    other = pg.verify(CUBE, training, features=np.hstack([ONE, BITS]))
    np.testing.assert_allclose(other.expressible, 1, atol=1e-12)


# --- a spectrum at hand


def test_a_spectrum_of_k_pairs_serves_and_one_of_fewer_does_not():
    assert pg.verify(CUBE, CUBE.spectrum(4), spectrum=CUBE.spectrum(4))
    for poor in (CUBE.spectrum(1), zoo.hypercube(3, "1/10").spectrum(3), "F*", CUBE.spectrum(4).eigenvectors):
        with pytest.raises(InvalidArgument, match="which does not serve: k = 4 pairs of this graph of 8 views"):
            pg.verify(CUBE, np.hstack([ONE, BITS]), spectrum=poor)
    with pytest.raises(InvalidArgument, match="which does not serve"):
        pg.verify(LC, np.ones((4, 2)), spectrum=zoo.hypercube(2).spectrum(2))
