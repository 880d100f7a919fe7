"""Adversarial populations against a dense solve: planted multiplicities, near-ties, extreme probabilities, odd shapes.

The oracle is not the package: M = diag(√p) A diag(1/√w_x) is formed here, and numpy's SVD, or a closed form, taken of it.
"""

from dataclasses import dataclass, field, replace
from functools import reduce

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from layers import examples
from scipy.linalg import block_diag
from scipy.sparse.csgraph import connected_components

import popgraph as pg
from popgraph.errors import NotConverged
from popgraph.spectrum import policy
from popgraph.verification.match import Status

EXACT = 1e-10  # what is allowed of eigenvalues, residuals and orthogonality
CLEAN = 1e-11  # a gap of the oracle above this is one: over 100 times its rounding, and a tenth of the near-ties
TIE = 1e-14  # and one below this is none
ATOL = 1e-6  # verify's own angle
ANGLE = 8  # N eps times this, over the gap, is the angle by which two stable solvers may differ; 3 was seen
SEEDS = st.integers(0, 2**32 - 1)


@dataclass(frozen=True, eq=False)
class Truth:
    """All eigenvalues (N,) of Ā, largest first, their eigenvectors (N, N), w_x and Ā."""

    gamma: np.ndarray
    V: np.ndarray
    w_x: np.ndarray
    Abar: np.ndarray
    components: int
    size: int

    @property
    def gaps(self) -> np.ndarray:
        """γ_k - γ_{k+1} at place k - 1, with γ_{N+1} = 0."""
        return -np.diff(self.gamma, append=0.0)

    @property
    def clean(self) -> np.ndarray:
        return np.flatnonzero(self.gaps > CLEAN) + 1

    def around(self, k: int) -> tuple[int, int]:
        """The last clean cut at or before k, and the first at or after it: both are k if k is clean."""
        return max(self.clean[self.clean <= k], default=0), min(self.clean[self.clean >= k], default=len(self.gamma))

    def slack(self, k: int) -> float:
        """The honest angle of rounding at a clean cut, N eps / gap; nothing turns the empty or the whole space."""
        gap = self.gaps[k - 1] if 0 < k < len(self.gamma) else 1.0
        return ANGLE * self.size * np.finfo(float).eps / gap

    def near_rounding(self, k: int) -> bool:
        """Whether the eigenspace around k has a gap that is neither clean nor none."""
        lo, hi = self.around(k)
        return bool((self.gaps[lo : hi - 1] > TIE).any())


@dataclass(frozen=True, eq=False)
class Population:
    """p (n,) and A (n, N), both up to scale, and how to draw them again."""

    p: np.ndarray = field(repr=False)
    A: np.ndarray = field(repr=False)
    name: str = ""

    def graph(self) -> pg.PopulationGraph:
        form = sp.csr_array if self.A.size % 2 else np.asarray
        return pg.build(self.p, form(self.A), normalize=True, drop_unreachable=True)

    def truth(self, gamma=None, V=None) -> Truth:
        """Solve M by its definition, unless all eigenpairs are given."""
        p, A = self.p / self.p.sum(), self.A[:, self.A.any(axis=0)]
        A = A / A.sum(axis=1, keepdims=True)
        w_x = p @ A
        M = np.sqrt(p)[:, np.newaxis] * A / np.sqrt(w_x)
        if V is None:
            _, sigma, Vt = np.linalg.svd(M)
            gamma, V = np.append(sigma**2, np.zeros(len(w_x)))[: len(w_x)], Vt.T
        order, Abar = np.argsort(-gamma, kind="stable"), M.T @ M
        components = connected_components(sp.csr_array(Abar > 0), directed=False)[0]
        return Truth(gamma[order], V[:, order], w_x, Abar, components, max(16, *M.shape))

    def permuted(self, rows, columns) -> "Population":
        return Population(self.p[rows], self.A[rows][:, columns])


def complete(m, gamma):
    """s I + (1 - s)/m 11ᵀ with s² = gamma: eigenvalues 1 and m - 1 times gamma."""
    return Population(np.ones(m), np.sqrt(gamma) * np.eye(m) + (1 - np.sqrt(gamma)) / m)


def ring(m, q):
    """Each of m naturals goes to either neighbour with probability q: eigenvalues (1 - 2q + 2q cos θ)², most in pairs."""
    turn = np.roll(np.eye(m), 1, axis=1)
    return Population(np.ones(m), (1 - 2 * q) * np.eye(m) + q * (turn + turn.T))


def rough(rng, n, n_views):
    """A connected kernel with no structure."""
    return Population(rng.uniform(0.1, 1, n), rng.uniform(0, 1, (n, n_views)) ** 3 + 0.01)


def product(*pieces):
    """The population of tuples: M is the Kronecker product of the pieces' M, and its eigenvalues all products of theirs."""
    return Population(reduce(np.kron, [x.p for x in pieces]), reduce(np.kron, [x.A for x in pieces]))


def beside(pieces, mass):
    """One component for each piece, with these probabilities."""
    p = [share * x.p / x.p.sum() for x, share in zip(pieces, mass, strict=True)]
    return Population(np.concatenate(p), block_diag(*(x.A / x.A.sum(axis=1, keepdims=True) for x in pieces)))


def planted_multiplicities(rng):
    """One component: a complete kernel or a ring, times another or one with no structure, times a small one."""
    symmetric = [complete(m, gamma) for m in (3, 4) for gamma in (0.01, 0.25, 0.64)]
    symmetric += [ring(m, q) for m in (3, 4, 5) for q in (0.1, 0.25, 0.3)]
    first, second = (symmetric[i] for i in rng.integers(0, len(symmetric), 2))
    second = [second, rough(rng, 2, 3), rough(rng, 3, 2)][rng.integers(3)]
    return product(first, second, rough(rng, *rng.integers(1, 3, 2)))


def near_ties(rng):
    """Eigenvalues 1e-10 apart: in one component, in two, or below the eigenvalue 1."""
    m, base = rng.integers(2, 4, 2), rng.choice([0.04, 0.25, 0.81])
    pair = [complete(m[0], base), complete(m[1], base + 1e-10)]
    apart = beside([*pair, rough(rng, 3, 4)], rng.uniform(0.1, 1, 3))
    below_one = product(complete(m[0], 1 - 1e-10), rough(rng, *rng.integers(2, 5, 2)))
    return [product(*pair), apart, below_one][rng.integers(3)]


def probabilities_over_12_orders(rng):
    """p and A log-uniform on 1e-12..1, both ends taken, with zeros in A."""
    n, n_views = rng.integers(2, 13, 2)
    p, A = 10 ** rng.uniform(-12, 0, n), 10 ** rng.uniform(-12, 0, (n, n_views))
    A *= rng.random(A.shape) < rng.choice([0.3, 0.6, 1.0])
    A[np.arange(n), rng.integers(0, n_views, n)] = 1.0
    p[:2] = A[0, :2] = [1.0, 1e-12]
    return Population(p, A)


def duplicated_and_proportional_columns(rng):
    """Copies of columns, at the same size and at others, and of rows: the rank is far below N."""
    x = rough(rng, *rng.integers(1, 7, 2))
    A = x.A * (rng.random(x.A.shape) < 0.7)
    A[np.arange(len(A)), rng.integers(0, A.shape[1], len(A))] += 0.5
    A = np.hstack([A, A[:, rng.integers(0, A.shape[1], 6)] * rng.choice([1.0, 1.0, 3.0, 1e-6, 1e3], 6)])
    rows = np.append(np.arange(len(A)), rng.integers(0, len(A), rng.integers(0, 4)))
    return Population(x.p[rows], A[rows])


def isolated_naturals(rng):
    """Naturals whose views, one or several, nobody shares, beside a component or none."""
    pieces = [rough(rng, 1, rng.integers(1, 5)) for _ in range(rng.integers(1, 7))]
    pieces += [rough(rng, *rng.integers(2, 6, 2)) for _ in range(rng.integers(2))]
    return beside(pieces, 10 ** rng.uniform(-6, 0, len(pieces)))


def one_giant_and_many_tiny(rng):
    """A component that outnumbers the others, and outweighs them or is outweighed; many tiny ones are alike."""
    gamma = rng.choice([0.04, 0.25, 1 - 1e-10])
    kinds = [complete(2, gamma), complete(1, 1.0), rough(rng, 1, 3), rough(rng, 3, 1), rough(rng, 2, 3)]
    tiny = [kinds[i] for i in rng.integers(0, len(kinds), rng.integers(5, 15))]
    giant = rough(rng, *rng.integers(8, 16, 2)) if rng.random() < 0.5 else product(ring(4, 0.25), complete(3, 0.25))
    return beside([giant, *tiny], np.append(10 ** rng.uniform(-8, 8), rng.uniform(0.5, 1, len(tiny))))


HOLDS = {  # each family, and what makes it one: of a population x and its truth t
    planted_multiplicities: lambda x, t: t.components == 1 and (t.gaps[t.gamma > 1e-6] < TIE).any(),
    near_ties: lambda x, t: ((t.gaps > 0.99e-10) & (t.gaps < 1.01e-10)).any(),
    probabilities_over_12_orders: lambda x, t: min(x.p.max() / x.p.min(), x.A.max() / x.A[x.A > 0].min()) >= 1e12,
    duplicated_and_proportional_columns: lambda x, t: t.gamma[-6:].max() < TIE,
    isolated_naturals: lambda x, t: ((x.A > 0) @ (x.A > 0).T * 1).sum(axis=1).min() == 1,
    one_giant_and_many_tiny: lambda x, t: t.components >= 6 and min(x.A.shape) >= 8 + t.components - 1,
}


def drawn(family, seed) -> Population:
    rng = np.random.default_rng(seed)
    x = family(rng)
    return replace(x.permuted(*map(rng.permutation, x.A.shape)), name=f"{family.__name__}, seed {seed}")


FAMILIES = {family.__name__: st.builds(drawn, st.just(family), SEEDS) for family in HOLDS}


def eigenvalues_are_the_oracles(truth, graph, spectrum, rng):
    np.testing.assert_allclose(spectrum.gamma, truth.gamma[: spectrum.k], rtol=0, atol=EXACT)
    np.testing.assert_allclose(spectrum.gamma_known, truth.gamma[: len(spectrum.gamma_known)], rtol=0, atol=EXACT)


def the_remainder_is_bracketed(truth, graph, spectrum, rng):
    remainder = np.append(truth.gamma, 0.0)[spectrum.k]
    assert spectrum.certificate.remainder - EXACT <= remainder <= spectrum.certificate.remainder_bound + EXACT


def eigenvectors_are_orthonormal(truth, graph, spectrum, rng):
    np.testing.assert_allclose(spectrum.eigenvectors.T @ spectrum.eigenvectors, np.eye(spectrum.k), rtol=0, atol=EXACT)


def residuals_with_the_oracle_vanish(truth, graph, spectrum, rng):
    V = spectrum.eigenvectors
    assert np.linalg.norm(truth.Abar @ V - V * spectrum.gamma, axis=0).max() <= EXACT


def the_span_is_the_oracles(truth, graph, spectrum, rng):
    """It holds all above the cut's eigenspace, and lies in what ends with that; at a clean cut the two are one space."""
    V, (lo, hi) = spectrum.eigenvectors, truth.around(spectrum.k)
    above, whole = truth.V[:, :lo], truth.V[:, :hi]
    assert lo == 0 or np.linalg.norm(above - V @ (V.T @ above), 2) <= truth.slack(lo)
    assert np.linalg.norm(V - whole @ (whole.T @ V), 2) <= truth.slack(hi)


def _mixed(F, truth, rng):
    """f with F = √w_x f, its columns mixed by a random invertible matrix of condition at most 4."""
    U, W = (np.linalg.qr(rng.standard_normal((F.shape[1], F.shape[1])))[0] for _ in range(2))
    return F / np.sqrt(truth.w_x)[:, np.newaxis] @ (U * rng.uniform(0.5, 2, F.shape[1])) @ W


def verify_says_yes_to_the_spectrum(truth, graph, spectrum, rng):
    """UNDECIDED is right only near rounding: where N eps / gap may exceed verify's atol, or a gap is not clean and no tie."""
    match = pg.verify(graph, _mixed(spectrum.minimiser, truth, rng), atol=ATOL)
    gamma, turned = truth.gamma[spectrum.k - 1], max(map(truth.slack, truth.around(spectrum.k)))
    if match.gamma[-1] <= 0:
        assert (match.status, gamma <= CLEAN) == (Status.RANK_EXCEEDED, True)
    else:
        undecidable = gamma <= CLEAN or turned > ATOL or truth.near_rounding(spectrum.k)
        assert match or (undecidable and match.status is Status.UNDECIDED)


def verify_says_yes_to_the_oracle(truth, graph, spectrum, rng):
    """To its span at a clean cut; inside an eigenspace, to all above it and a random part of it. UNDECIDED is no yes."""
    lo, hi = truth.around(spectrum.k)
    if truth.near_rounding(spectrum.k) or truth.gamma[spectrum.k - 1] <= CLEAN:
        return  # it is not said which subspaces are as good
    turn = np.linalg.qr(rng.standard_normal((hi - lo, hi - lo)))[0]
    F = np.hstack([truth.V[:, :lo], truth.V[:, lo:hi] @ turn[:, : spectrum.k - lo]])
    atol = max(ATOL, truth.slack(lo) + truth.slack(hi))  # the oracle's span is no better than rounding over the gap
    assert pg.verify(graph, _mixed(F, truth, rng), atol=atol)


def verify_says_no_to_a_column_from_below(truth, graph, spectrum, rng):
    hi = truth.around(spectrum.k)[1]
    if hi < graph.N:
        F = spectrum.eigenvectors.copy()
        F[:, rng.integers(spectrum.k)] = truth.V[:, hi]
        match = pg.verify(graph, _mixed(F, truth, rng), atol=ATOL)
        assert match.status is (Status.DIFFERENT if match.gamma[-1] > 0 else Status.RANK_EXCEEDED)
        assert not match


def clean_cuts_are_where_the_oracle_has_gaps(truth, graph, spectrum, rng):
    """Every clear gap up to k is listed (all of them, if the spectrum is complete), and no tie ever."""
    known = graph.N if spectrum.complete else spectrum.k
    clear = np.flatnonzero(truth.gaps[:known] > 10 * spectrum.tolerance) + 1
    assert set(clear.tolist()) <= set(spectrum.clean_cuts)
    assert (truth.gaps[np.array(spectrum.clean_cuts, dtype=int) - 1] >= spectrum.tolerance / 4).all()


def rotated(s, t):
    return replace(s, eigenvectors=s.eigenvectors + 1e-5 * np.outer(t.V[:, 3], [0, 1, 0]))


FORGED = {  # laws, and how a spectrum with k = 3 of a graph with N = 15 breaks each
    eigenvalues_are_the_oracles: lambda s, t: replace(s, gamma=s.gamma - [0, 0, 1e-9]),
    the_remainder_is_bracketed: lambda s, t: replace(s, certificate=replace(s.certificate, remainder_bound=0.0)),
    eigenvectors_are_orthonormal: lambda s, t: replace(s, eigenvectors=s.eigenvectors[:, [0, 1, 1]]),
    residuals_with_the_oracle_vanish: rotated,
    the_span_is_the_oracles: rotated,
    verify_says_yes_to_the_spectrum: rotated,
    clean_cuts_are_where_the_oracle_has_gaps: lambda s, t: replace(s, gamma_known=s.gamma_known + np.eye(15)[1] / 1e12),
}
LAWS = [*FORGED, verify_says_yes_to_the_oracle, verify_says_no_to_a_column_from_below]


def cuts(truth, rng) -> set[int]:
    """Any k, the component count, N, one cut inside an eigenspace and one at a near-tie, if there are any."""
    N, gaps = len(truth.gamma), truth.gaps
    inside = rng.permutation(np.flatnonzero((gaps < TIE) & (truth.gamma > CLEAN)) + 1)[:1]
    near = rng.permutation(truth.clean[gaps[truth.clean - 1] < 1e-8])[:1]
    return {int(rng.integers(1, N + 1)), truth.components, N, *inside.tolist(), *near.tolist()}


def hold(population, truth, solver, ks, rng) -> None:
    """Check every law at every cut."""
    graph = population.graph()
    assert (graph.N, graph.component_count) == (len(truth.gamma), truth.components)
    for k in sorted(ks):
        spectrum = graph.spectrum(k, solver=solver)
        for law in LAWS:
            law(truth, graph, spectrum, rng)


@pytest.mark.parametrize("solver", [None, "dense", "iterative", "shift-invert"])
@pytest.mark.parametrize("family", FAMILIES)
@settings(max_examples=examples(40, 5))
@given(data=st.data())
def test_every_law_holds_in_every_family(family, solver, data):
    population, rng = data.draw(FAMILIES[family]), np.random.default_rng(data.draw(SEEDS))
    truth = population.truth()
    hold(population, truth, solver, cuts(truth, rng), rng)


@pytest.mark.parametrize("family", HOLDS)
def test_every_family_is_what_it_is_called(family):
    for seed in range(30):
        x = family(np.random.default_rng(seed))
        assert HOLDS[family](x, x.truth())


def solved_product(*pieces):
    """A product with its eigenpairs, put together from those of the pieces."""
    truths = [x.truth() for x in pieces]
    return product(*pieces), reduce(np.kron, [t.gamma for t in truths]), reduce(np.kron, [t.V for t in truths])


def solved_giant():
    """48 components of 1 to 4 views, and one of 819 with a 481st of the probability."""
    giant, gamma, V = solved_product(ring(21, 0.25), ring(13, 0.25), complete(3, 0.25))
    tiny = [complete(2, 0.25), complete(1, 1.0), complete(4, 0.64), rough(np.random.default_rng(0), 1, 3)] * 12
    gamma, V = np.concatenate([gamma, *(x.truth().gamma for x in tiny)]), block_diag(V, *(x.truth().V for x in tiny))
    return beside([giant, *tiny], np.append(0.1, np.ones(48))), gamma, V


def tied_torus():
    """γ_2 = γ_3 and γ_4 = γ_5 are the two rings' own second eigenvalues, 1e-10 apart."""
    second = (0.5 + 0.5 * np.cos(2 * np.pi / 29)) ** 2 - 1e-10
    return solved_product(ring(29, 0.25), ring(31, (1 - np.sqrt(second)) / (2 - 2 * np.cos(2 * np.pi / 31))))


LARGE = {
    "torus": lambda: solved_product(ring(29, 0.25), ring(30, 0.1)),
    "tied torus": tied_torus,
    "more views": lambda: solved_product(rough(np.random.default_rng(1), 2, 3), ring(11, 0.25), ring(41, 0.1)),
    "copies": lambda: solved_product(complete(5, 0.75), ring(17, 0.3), ring(11, 0.3)),
    "giant and tiny": solved_giant,
}


@pytest.mark.parametrize("name", LARGE)
def test_every_law_holds_where_the_policy_iterates(name):
    (whole, gamma, V), rng = LARGE[name](), np.random.default_rng(0)
    rows, columns = map(rng.permutation, whole.A.shape)
    truth = (population := whole.permuted(rows, columns)).truth(gamma, V[columns])
    least, few = truth.components, truth.clean[truth.clean < truth.components + 24]
    near = few[truth.gaps[few - 1] < 1e-8][:1]
    assert "iterative" in {use.solver for use in population.graph().spectrum(least + 4).solvers}
    hold(population, truth, None, {least, least + 4, int(few[-1]), *near.tolist()}, rng)


@pytest.mark.parametrize("k", [4, 5])
def test_a_near_tie_above_a_degenerate_cut_is_no_difference(k):
    """γ = 1, 1 - 1e-10 twice, 0.1, and 0.1 - 1e-11 twice: the cut at 5 is a tie, and the gap above that tie is 1e-11."""
    graph = product(complete(3, 1 - 1e-10), complete(2, 0.1)).graph()
    basis = [np.linalg.qr(np.column_stack([np.ones(m), np.eye(m)[:, 1:]]))[0] for m in (3, 2)]
    match = pg.verify(graph, np.kron(*basis)[:, [0, 2, 4, 1, 3, 5][:k]])
    assert match or match.status is Status.UNDECIDED


PLAIN = product(ring(5, 0.25), complete(3, 0.25))  # clean at k = 3 and 5, a tie at 2 and 4


def test_the_oracle_finds_the_closed_form():
    turns = 0.5 + 0.5 * np.cos(2 * np.pi * np.arange(5) / 5)
    expected = np.outer(turns**2, [1, 0.25, 0.25])
    np.testing.assert_allclose(PLAIN.truth().gamma[::-1], np.sort(expected, axis=None), rtol=0, atol=TIE)


@pytest.mark.parametrize("law", LAWS)
def test_every_law_can_fail(law, monkeypatch):
    """On a forged spectrum, or with a verify that gives one answer to all."""
    truth, graph, spectrum = PLAIN.truth(), PLAIN.graph(), PLAIN.graph().spectrum(3)
    law(truth, graph, spectrum, np.random.default_rng(0))  # holds
    if law in FORGED:
        spectrum = FORGED[law](spectrum, truth)
    else:
        answer = pg.verify(graph, spectrum if law is verify_says_no_to_a_column_from_below else np.eye(15)[:, :3])
        monkeypatch.setattr(pg, "verify", lambda *_, **__: answer)
    with pytest.raises(AssertionError):
        law(truth, graph, spectrum, np.random.default_rng(0))


@pytest.mark.parametrize("solver", ["dense", "iterative"])
@pytest.mark.parametrize("k", [2, 3, 5])
def test_the_laws_fail_on_a_solver_that_drops_a_copy(solver, k, monkeypatch):
    honest = policy.SOLVERS[solver]

    def forgetful(stack, each, *options):
        pairs = honest(stack, each + 1, *options)
        return replace(pairs, gamma=np.delete(pairs.gamma, 1, axis=1), vectors=np.delete(pairs.vectors, 1, axis=2))

    monkeypatch.setitem(policy.SOLVERS, solver, forgetful)
    with pytest.raises((AssertionError, NotConverged)):  # by a law, or by the certificate before it
        hold(PLAIN, PLAIN.truth(), solver, {k}, np.random.default_rng(0))
