"""Declared symmetry against dense solves of the plain graph, and against the characters' closed forms."""

import copy
import pickle
from itertools import combinations, product

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

import popgraph as pg
from popgraph.errors import InvalidArgument, TooLarge
from popgraph.populations import fourier, symmetry


def circulant(n, steps):
    """A ring of n cells with these steps, as a sparse kernel."""
    rows = np.arange(n)
    return sp.csr_array(
        sum(sp.csr_array((np.full(n, p), (rows, (rows + s) % n)), shape=(n, n)) for s, p in steps.items())
    )


def random_symmetric(seed, orders, orbits=(2, 3)):
    """Symmetrise a random population: members are (orbit, coset) of random subgroups, so that orbits need not be free.

    A subgroup is Π d_i Z_mi with d_i dividing m_i: its cosets are the residues modulo d_i.
    """
    rng = np.random.default_rng(seed)

    def members(count):
        listed = []
        for orbit in range(count):
            periods = [int(rng.choice([d for d in range(1, m + 1) if m % d == 0])) for m in orders]
            listed += [(orbit, tuple(periods), residue) for residue in product(*(range(d) for d in periods))]
        return listed

    def moved(member, i, by=1):
        orbit, periods, residue = member
        after = list(residue)
        after[i] = (after[i] + by) % periods[i]
        return orbit, periods, tuple(after)

    naturals, views = members(orbits[0]), members(orbits[1])
    number = {view: j for j, view in enumerate(views)}
    weight = np.zeros((len(naturals), len(views)))
    start = rng.random(weight.shape) * (rng.random(weight.shape) < 0.4)
    start[np.arange(len(naturals)), rng.integers(0, len(views), len(naturals))] += 0.2
    for g in product(*(range(m) for m in orders)):
        rows, columns = [], []
        for listed, out in ((naturals, rows), (views, columns)):
            for member in listed:
                for i, by in enumerate(g):
                    member = moved(member, i, by)
                out.append(listed.index(member))
        weight += start[np.ix_(rows, columns)]
    reached = weight.any(axis=0)
    weight = weight[:, reached]
    views = [view for view in views if reached[number[view]]]
    mass = dict(enumerate(rng.random(orbits[0]) + 0.1))
    p = np.array([mass[orbit] for orbit, _, _ in naturals])
    law = pg.Distribution(list(zip(naturals, (p / p.sum()).tolist(), strict=True)))
    graph = pg.build(law, weight, views=views, normalize=True)
    return graph, [lambda member, i=i: moved(member, i) for i in range(len(orders))]


def check(graph, declared, k, atol=1e-12):
    """Law of every spectrum: γ and F* of a dense solve, to rounding."""
    exact = np.linalg.eigvalsh(graph.adjacency)[::-1]
    spectrum = declared.spectrum(k)
    np.testing.assert_allclose(spectrum.gamma, exact[:k], atol=atol)
    np.testing.assert_allclose(spectrum.gamma_known, exact[: len(spectrum.gamma_known)], atol=atol)
    np.testing.assert_allclose(exact[len(spectrum.gamma_known) :], 0, atol=atol)
    V = spectrum.eigenvectors
    np.testing.assert_allclose(V.T @ V, np.eye(k), atol=1e-11)
    np.testing.assert_allclose(graph.adjacency @ V, V * spectrum.gamma, atol=1e-11)
    assert spectrum.components == graph.component_count
    plain = graph.spectrum(k)
    assert set(plain.clean_cuts) <= set(spectrum.clean_cuts)
    if spectrum.gap > 1e-6:
        np.testing.assert_allclose(V @ V.T, plain.eigenvectors @ plain.eigenvectors.T, atol=1e-9)
        assert pg.verify(graph, plain.embedding, spectrum=spectrum)
    assert declared.spectrum(k).eigenvectors.tobytes() == V.tobytes()
    return spectrum


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from([(1,), (2,), (3,), (4,), (6,), (2, 2), (2, 3), (4, 2), (2, 2, 3)]),
    st.tuples(st.integers(1, 3), st.integers(1, 3)),
)
def test_any_group_any_stabilisers(seed, orders, orbits):
    graph, generators = random_symmetric(seed, orders, orbits)
    k = int(np.random.default_rng(seed).integers(1, graph.N + 1))
    check(graph, graph.with_symmetry(generators), k)


@pytest.mark.parametrize("n", [3, 7, 12])
def test_a_ring_has_its_fourier_coefficients(n):
    graph = pg.zoo.ring(n)
    declared = graph.with_symmetry(lambda x: (x + 1) % n)
    fourier = np.sort((0.5 + 0.5 * np.cos(2 * np.pi * np.arange(n) / n)) ** 2)[::-1]
    np.testing.assert_allclose(declared.spectrum(n).gamma, fourier, atol=1e-14)
    for k in range(1, n + 1):
        check(graph, declared, k)


def test_a_large_ring_of_uneven_steps_in_closed_form():
    """20,011 cells, γ_j = |Σ_s P(s) e^{2πi js/n}|²; every cut inside a pair of conjugate characters is degenerate."""
    n, steps = 20_011, {0: 0.5, 1: 0.3, -2: 0.15, 7: 0.05}
    graph = pg.build(np.full(n, 1 / n), circulant(n, steps))
    angle = 2 * np.pi * np.arange(n) / n
    fourier = np.sort(np.abs(sum(p * np.exp(1j * s * angle) for s, p in steps.items())) ** 2)[::-1]
    spectrum = graph.with_symmetry(lambda x: (x + 1) % n).spectrum(9)
    np.testing.assert_allclose(spectrum.gamma, fourier[:9], atol=1e-13)
    np.testing.assert_allclose(spectrum.gamma_known, fourier, atol=1e-13)
    assert spectrum.certificate.residual < 1e-12
    assert spectrum.certificate.remainder == pytest.approx(fourier[9], abs=1e-13)


def test_a_hypercube_has_its_characters():
    """γ_S = (1 - 2q)^{2|S|} under Z_2^d, which acts freely and leaves one orbit; F* at the clean cut are the parities."""
    d, q = 6, 0.2
    graph = pg.zoo.hypercube(d, q)
    flips = [lambda x, i=i: (*x[:i], 1 - x[i], *x[i + 1 :]) for i in range(d)]
    declared = graph.with_symmetry(flips)
    assert declared.symmetry.orders == (2,) * d
    assert len(declared.symmetry.view_orbits.first) == 1
    known = np.sort([(1 - 2 * q) ** (2 * len(S)) for r in range(d + 1) for S in combinations(range(d), r)])[::-1]
    np.testing.assert_allclose(declared.spectrum(2**d).gamma, known, atol=1e-13)
    parities = np.array([[(-1) ** bit for bit in view] for view in graph.views]) / 2 ** (d / 2)
    V = declared.spectrum(d + 1).eigenvectors[:, 1:]
    np.testing.assert_allclose(V @ V.T, parities @ parities.T, atol=1e-12)
    check(graph, graph.with_symmetry(flips[:2]), 10)  # part of the symmetry serves too


def images(rows, columns, patterns):
    """All cyclic shifts of some patterns."""
    found = {}
    for pattern in patterns:
        for down, right in product(range(rows), range(columns)):
            found[pg.images.Image(np.roll(pattern, (down, right), (0, 1)))] = None
    return list(found)


def test_images_on_a_torus_by_name():
    """Shifts in both directions of patterns of which one is a stripe, fixed by every shift along it, and one is blank."""
    stripe, dot, blank = np.zeros((3, 3, 4), dtype=int)
    stripe[1], dot[0, 0] = 1, 1
    graph = pg.build(images(3, 4, [stripe, dot, blank]), pg.images.flip_pixels(1, "1/8"))
    declared = graph.with_symmetry(["shift down", "shift right"])
    assert declared.symmetry.orders == (3, 4)
    assert sorted(declared.symmetry.natural_orbits.sizes.tolist()) == [1, 3, 12]
    for k in (1, 5, 12, 16):
        check(graph, declared, k)


@pytest.mark.parametrize("name", ["flip top to bottom", "flip left to right"])
def test_flips_are_groups_of_two(name):
    dot = np.zeros((2, 3), dtype=int)
    dot[0, 0] = 1
    graph = pg.build(images(2, 3, [dot]), pg.images.flip_pixels(1, "1/8"))
    check(graph, graph.with_symmetry(name), 4)


def test_components_that_the_group_permutes():
    """Three copies of a ring of four, moved around: γ = 1 three times, whichever characters hold it."""
    ring = circulant(4, {0: 0.6, 1: 0.4}).toarray()
    graph = pg.build(np.full(12, 1 / 12), np.kron(np.eye(3), ring))
    around = np.arange(12).reshape(3, 4)
    turn, swap = np.roll(around, -1, axis=1).ravel(), np.roll(around, -1, axis=0).ravel()
    for generators in ([(turn, turn)], [(swap, swap)], [(turn, turn), (swap, swap)]):
        for k in (2, 3, 4, 12):
            spectrum = check(graph, graph.with_symmetry(generators), k)
            np.testing.assert_array_equal(spectrum.gamma[:3], np.ones(3)[:k])


def test_an_eigenvalue_within_rounding_of_one_stays_apart_from_the_tops():
    """Two halves joined by 1e-13 are one component, with a second eigenvalue of 1 - 4e-13."""
    eps = 1e-13
    graph = pg.build(np.array([0.5, 0.5]), np.array([[1 - eps, eps], [eps, 1 - eps]]))
    spectrum = graph.with_symmetry((np.array([1, 0]), np.array([1, 0]))).spectrum(2)
    assert spectrum.components == 1
    assert spectrum.gamma[0] == 1.0
    assert spectrum.gamma[1] == pytest.approx((1 - 2 * eps) ** 2, abs=1e-15)
    np.testing.assert_array_equal(spectrum.eigenvectors[:, 0], np.full(2, np.sqrt(0.5)))


def test_mappings_move_what_they_name_and_leave_the_rest():
    graph = pg.build(["a", "b", "c"], {"a": {"x": 1}, "b": {"y": 1}, "c": {"x": "1/2", "y": "1/2"}})
    declared = graph.with_symmetry({"a": "b", "b": "a", "x": "y", "y": "x"})
    check(graph, declared, 2)
    assert repr(declared.symmetry) == "Symmetry(Z_2 on 3 naturals in 2 orbits and 2 views in 1 orbit)"
    assert repr(declared) == "PopulationGraph(3 naturals, 2 views, 1 component, symmetric under Z_2)"


RING = pg.zoo.ring(6)
CIRCLE = pg.build(np.full(6, 1 / 6), circulant(6, {0: 0.5, 1: 0.5}))
SKEW = pg.build({0: "1/2", 1: "1/4", 2: "1/4"}, {x: {x: 1} for x in range(3)})
UNEVEN = pg.build([0, 1], {0: {0: "2/3", 1: "1/3"}, 1: {0: "1/4", 1: "3/4"}})
turn = np.array([1, 2, 3, 4, 5, 0])


@pytest.mark.parametrize(
    ("graph", "generators", "message"),
    [
        (RING, [], "there are no generators; give at least one"),
        (RING, [3], "generator 0 is 3; give a function of outcomes, a mapping"),
        (RING, "turn", "'turn' is no generator's name; images know 'shift down'"),
        (RING, "shift down", r"generator 0 \(shift down\) moves images; 0 is of type int"),
        (RING, lambda x: x + 1, "generator 0 takes the natural 5 to 6, which is no natural of this graph"),
        (RING, lambda x: [x], r"takes the natural 0 to \[0\], which is no natural"),
        (RING, lambda x: 0, "generator 0 takes the naturals 0 and 1 to the same one, 0; a generator permutes"),
        (RING, "shift rihgt", "'shift rihgt' is no generator's name: did you mean 'shift right'"),
        (RING, turn, r"one array; positions come as a pair of arrays: \(positions of naturals, positions of views\)"),
        (RING, [turn], r"generator 0 is one array; positions come as a pair of arrays"),
        (RING, (turn,), r"is a tuple of 1; give \(positions of naturals, positions of views\)"),
        (RING, (turn, turn[:5]), r"has positions of shape \(5,\); they must be 6 whole numbers in 0\.\.5"),
        (RING, (turn, turn * 0), "takes the positions 0 and 1 to the same one, 0"),
        (SKEW, lambda x: (x + 1) % 3, "takes the natural 0 of probability 0.5 to 1 of probability 0.25; p must be inv"),
        (UNEVEN, lambda x: 1 - x, r"does not respect A at the natural \d and the view \d: A\(x\|x̄\) is 0\.\d+, A\(gx"),
        (
            RING,
            [lambda x: (x + 1) % 6, lambda x: -x % 6],
            "generator 0 and generator 1 do not commute on the natural 0; the group must be abelian",
        ),
    ],
)
def test_bad_declarations_are_refused_with_a_sentence(graph, generators, message):
    with pytest.raises(InvalidArgument, match=message):
        graph.with_symmetry(generators)


def test_what_does_not_fit_is_refused(monkeypatch):
    monkeypatch.setattr(symmetry, "MAX_GROUP_ELEMENTS", 5)
    with pytest.raises(TooLarge, match=r"the group has 6 elements \(orders 6\), more than 5; declare fewer generators"):
        CIRCLE.with_symmetry((turn, turn))
    monkeypatch.undo()
    with pytest.raises(InvalidArgument, match="k is 7; it must be a whole number from 1 to the number of views, 6"):
        CIRCLE.with_symmetry((turn, turn)).spectrum(7)


def test_a_large_eigenspace_is_cut_without_forming_it(monkeypatch):
    """Only the basis within the repeated eigenvalue changes, never the values or what is above the cut."""
    flips = [lambda x, i=i: (*x[:i], 1 - x[i], *x[i + 1 :]) for i in range(4)]
    graph = pg.zoo.hypercube(4)
    declared = graph.with_symmetry(flips)
    whole = declared.spectrum(3)
    monkeypatch.setattr(fourier, "MAX_EIGENVECTOR_BYTES", 0)
    cut = check(graph, declared, 3)
    np.testing.assert_array_equal(cut.gamma, whole.gamma)


def test_all_else_is_that_of_the_graph(tmp_path):
    graph = pg.build(np.full(6, 1 / 6), circulant(6, {0: 0.7, 1: 0.3}), labels=[0, 0, 0, 1, 1, 1], name="circle")
    declared = graph.with_symmetry((turn, turn))
    assert isinstance(declared, pg.PopulationGraph)
    assert graph.symmetry is None
    assert (declared.views, declared.name, list(declared.view_labels)) == (
        graph.views,
        "circle",
        list(graph.view_labels),
    )
    f = pg.train(declared, 3, rng=0).f
    np.testing.assert_array_equal(f, pg.train(graph, 3, rng=0).f)
    assert pg.verify(declared, f, atol=1e-5).status is pg.verify(graph, f, atol=1e-5).status
    assert pg.probe(declared, f).error == pg.probe(graph, f).error
    np.testing.assert_array_equal(declared.sample_pairs(9, rng=0), graph.sample_pairs(9, rng=0))
    for twin in (pickle.loads(pickle.dumps(declared)), copy.deepcopy(declared)):
        assert repr(twin) == repr(declared)
        assert twin.spectrum(3).solvers == declared.spectrum(3).solvers
        assert twin.spectrum(3).eigenvectors.tobytes() == declared.spectrum(3).eigenvectors.tobytes()
    pg.save(declared, tmp_path / "circle.npz")
    assert pg.load(tmp_path / "circle.npz").symmetry is None


def test_a_solver_that_is_named_solves_without_the_symmetry(monkeypatch):
    declared = CIRCLE.with_symmetry((turn, turn))
    monkeypatch.setattr(fourier, "MAX_BLOCK_BYTES", 100)
    plain = declared.spectrum(2, solver="dense")
    assert [use.solver for use in plain.solvers] == ["dense"]
    assert plain.eigenvectors.tobytes() == CIRCLE.spectrum(2, solver="dense").eigenvectors.tobytes()


@pytest.mark.parametrize("k", [1, 2, 4, 6])
def test_where_the_blocks_do_not_fit_the_graph_is_solved_without_them(monkeypatch, k):
    monkeypatch.setattr(fourier, "MAX_BLOCK_BYTES", 100)
    declared, plain = CIRCLE.with_symmetry((turn, turn)), CIRCLE.spectrum(k)
    spectrum = declared.spectrum(k)
    assert spectrum.eigenvectors.tobytes() == plain.eigenvectors.tobytes()
    why = "the symmetry's blocks would take 144 bytes, more than 100 bytes; solved without it"
    assert [use.reason for use in spectrum.solvers] == [f"{use.reason}; {why}" for use in plain.solvers]
    match = pg.verify(declared, spectrum)
    assert match.status is pg.verify(CIRCLE, plain).status
    assert pg.train(declared, 2, rng=0).converged


def test_where_the_blocks_do_not_fit_fewer_pairs_than_components_are_not_solved_for(monkeypatch):
    monkeypatch.setattr(fourier, "MAX_BLOCK_BYTES", 0)
    identity = pg.build([0, 1, 2], pg.identity()).with_symmetry(lambda x: (x + 1) % 3)
    assert [use.solver for use in identity.spectrum(2).solvers] == ["closed form"]


def test_one_block_is_counted_as_one():
    same = pg.build([0], {0: {0: 1}}).with_symmetry(lambda x: x)
    assert str(same.spectrum(1).solvers[0]).startswith("Fourier transform on 1 block of 1 x 1 orbit: ")
