"""`verify` and `verify_sampled` on every kind of population, a user's own among them: the expanded graph is the oracle."""

from types import SimpleNamespace

import numpy as np
import pytest

import popgraph as pg
from popgraph import structure, zoo
from popgraph.basics.arguments.populations import satisfies
from popgraph.basics.protocols import Population, ViewedPopulation
from popgraph.errors import InvalidArgument, InvalidEmbedding
from popgraph.verification.match import Status
from popgraph.verification.sampled import SampledMatch
from popgraph.verification.sampled_verdicts import SampledStatus


class Sampled:
    """A population that can be drawn from, and knows its eigenvalues: the names of `Population`, and no more."""

    def __init__(self, graph):
        self._graph = graph
        self.name, self.n, self.N, self.component_count = "own", graph.n, graph.N, graph.component_count

    def spectrum(self, k):
        """Return numbers alone: no eigenvectors."""
        solved = self._graph.spectrum(k)
        names = ("k", "gamma", "gap", "multiplicities", "clean_cuts", "certificate")
        return SimpleNamespace(**{name: getattr(solved, name) for name in names})

    def sample_pairs(self, size, *, rng=None):
        return self._graph.sample_pairs(size, rng=rng)[:, :, np.newaxis]

    def expand(self):
        return self._graph


class Viewed(Sampled):
    """The names of `ViewedPopulation`: there is no factor, no w and no eigenvector."""

    def __init__(self, graph):
        super().__init__(graph)
        self.views, self.w_x, self.components = graph.views, graph.w_x, graph.components
        self.view_labels = None
        self._adjacency = graph.adjacency
        self.trace = float(np.trace(self._adjacency))

    def gram(self, X):
        return self._adjacency @ X

    def sample_pairs(self, size, *, rng=None):
        return self._graph.sample_pairs(size, rng=rng)


class InWaves(Sampled):
    """A population that writes an f of signs of bits in coordinates of its own: the eigenvectors of its graph."""

    def __init__(self, graph, finite=True):
        super().__init__(graph)
        self._finite = finite

    def in_coordinates(self, f, k, spectrum=None):
        if not self._finite:
            return None
        graph = self._graph
        whole = graph.spectrum(graph.N)
        V, root = whole.eigenvectors, np.sqrt(graph.w_x)
        table = f(np.arange(graph.N)[:, np.newaxis])
        return SimpleNamespace(
            N=graph.N,
            w_x=np.ones(graph.N),
            trace=float(whole.gamma.sum()),
            gram=lambda X: (whole.gamma * X.T).T,
            F=V.T @ (root[:, np.newaxis] * table),
            root=V.T @ root,
            k=k or table.shape[1],
            spectrum=lambda k: replaced(whole.leading(k), np.eye(graph.N, k)),
        )

    def restricted_to(self, features):
        raise AssertionError("verify does not train")


def replaced(spectrum, V):
    return pg.Spectrum(**{**vars(spectrum), "eigenvectors": V, "w_x": np.ones(len(V))})


def kinds():
    """Name -> a population of each kind that lists its views, beside the oracle, the expanded graph."""
    bit, weak = zoo.hypercube(1), zoo.hypercube(1, "1/10")
    mixed = structure.mixture(["a", "b"], {"a": [bit, weak, bit], "b": [weak, bit, zoo.hypercube(1, 0.3)]})
    clusters = zoo.planted_subclasses(2, 2, size=4)
    return {
        "mixture": (mixed, mixed.expand()),
        "a ring with its shifts": (zoo.ring(12).with_symmetry(lambda x: (x + 1) % 12), zoo.ring(12)),
        "own class": (Viewed(clusters), clusters),
        "own class, degenerate cuts": (Viewed(zoo.hypercube(3)), zoo.hypercube(3)),
        "own class, two components": (Viewed(zoo.lightning_cloud()), zoo.lightning_cloud()),
    }


KINDS = kinds()


def answers(match):
    return match.status, match.rank, match.optimal, bool(match.family), match.clean_cuts, match.best_in_class


@pytest.mark.parametrize("kind", KINDS)
def test_the_verdict_is_that_of_the_expanded_graph(kind):
    population, graph = KINDS[kind]
    assert satisfies(population, ViewedPopulation)
    rng = np.random.default_rng(0)
    for k in range(1, min(6, graph.N)):
        star = graph.spectrum(k).embedding
        features = rng.standard_normal((graph.N, min(k + 1, graph.N)))
        best = graph.spectrum(k, features=features).embedding
        turned = star @ rng.standard_normal((k, k))
        one = np.ones((graph.N, k))
        for f, Psi in [(star, None), (turned, None), (one, None), (features[:, :k], None), (best, features)]:
            here, there = pg.verify(population, f, k, features=Psi), pg.verify(graph, f, k, features=Psi)
            assert answers(here) == answers(there), k
            assert here.excess_loss == pytest.approx(there.excess_loss, abs=1e-9)
            if there.gamma[-1] > 0:
                np.testing.assert_allclose(here.angles, there.angles, atol=1e-7)


@pytest.mark.parametrize("kind", KINDS)
def test_a_table_of_all_views_is_judged_by_pairs_as_on_the_expanded_graph(kind):
    """Lengths of f on rare views are known wherever views are listed, so the intervals need no condition."""
    population, graph = KINDS[kind]
    f = graph.spectrum(2).embedding
    sampled = pg.verify_sampled(population, f, gamma=graph.spectrum(3).gamma, pairs=5_000, atol=1.0, rng=0)
    assert sampled.longest_known
    assert sampled.rank == 2
    assert sampled.longest == pytest.approx(np.linalg.norm(f, axis=1).max(), rel=1e-12)
    exact = pg.losses.spectral.value(graph.factor, graph.w_x, f)
    assert sampled.loss.low <= exact <= sampled.loss.high
    np.testing.assert_allclose(sampled.theta, graph.spectrum(2).gamma, atol=0.1)


def test_a_population_without_eigenvectors_is_solved_by_products():
    graph = zoo.planted_subclasses(2, 2, size=4)
    match = pg.verify(Viewed(graph), graph.spectrum(2).embedding)
    assert match.status is Status.MATCH
    assert match.uncertainty < 1e-9


CUBE = zoo.hypercube(4, "1/8")
BITS = 1 - 2.0 * np.array(CUBE.views)


def bits(x):
    """Return 1 and the signs of the bits, of positions (m, 1)."""
    return np.column_stack([np.ones(len(x)), BITS[x[:, 0]]])


def test_coordinates_of_a_users_own_are_judged_as_the_views_are():
    population = InWaves(CUBE)
    for f in (bits, lambda x: bits(x)[:, :3], lambda x: bits(x)[:, 1:], lambda x: bits(x) ** 2):
        here, there = pg.verify(population, f), pg.verify(CUBE, f(np.arange(16)[:, np.newaxis]))
        assert (here.status, here.rank, here.optimal) == (there.status, there.rank, there.optimal)
        assert ("With a constant" in here.reason) == ("With a constant" in there.reason)
        np.testing.assert_allclose(here.angles, there.angles, atol=1e-7)
    with pytest.raises(InvalidArgument, match="features= does not apply to a product"):
        pg.verify(population, bits, features=bits)


def test_an_f_that_no_coordinates_hold_is_judged_by_pairs():
    sampled = pg.verify(InWaves(CUBE, finite=False), bits)
    assert isinstance(sampled, SampledMatch)
    assert sampled.atol == 0.1
    np.testing.assert_allclose(sampled.gamma, CUBE.spectrum(6).gamma, atol=1e-12)


def test_a_population_that_only_draws_is_refused_by_verify_and_the_advice_serves():
    population = Sampled(CUBE)
    assert satisfies(population, Population)
    with pytest.raises(InvalidArgument, match=r"needs a list of views.* use verify_sampled.* or its \.expand\(\)"):
        pg.verify(population, bits)
    sampled = pg.verify_sampled(population, bits, atol=0.5, longest=5**0.5, rng=0)
    assert sampled.status is SampledStatus.CERTIFIED
    np.testing.assert_array_equal(sampled.gamma, CUBE.spectrum(6).gamma[:6])
    assert pg.verify(population.expand(), bits(np.arange(16)[:, np.newaxis]))


def test_a_product_knows_its_eigenvalues_where_none_are_given():
    pair = pg.product([zoo.hypercube(1, "1/10"), zoo.hypercube(1, "1/5"), zoo.lightning_cloud()])
    star = pair.spectrum(2)
    sampled = pg.verify_sampled(pair, star, pairs=5_000, rng=0)
    np.testing.assert_allclose(sampled.gamma, pair.expand().spectrum(3).gamma, atol=1e-12)
    with pytest.raises(InvalidEmbedding, match="a product has no table f"):
        pg.verify_sampled(pair, np.ones((16, 1)))
    given = pg.verify_sampled(pair, star, gamma=[1, 1, 1], pairs=5_000, rng=0)
    np.testing.assert_array_equal(given.gamma, [1, 1, 1])


@pytest.mark.parametrize("option", ["pairs", "confidence", "longest", "rng"])
def test_what_only_pairs_need_is_sent_to_verify_sampled(option):
    with pytest.raises(TypeError, match=f"verify has no argument {option}=; .*verify_sampled takes {option}="):
        pg.verify(CUBE, BITS, **{option: 1})
