"""Products, mixtures and graphs in blocks read their arguments as an ordinary graph does, and refuse in the same words."""

import numpy as np
import pandas as pd
import pytest

import popgraph as pg
from popgraph.errors import InvalidArgument
from popgraph.populations.structure import LowDegree, mixture

CUBE = pg.product([pg.zoo.hypercube(1)] * 3)
MIXED = mixture(["a", "b"], {"a": [pg.zoo.hypercube(1)], "b": [pg.zoo.hypercube(1, 0.4)]})
SECOND = np.timedelta64(1, "ns")  # numpy registers a length of time as a whole number


@pytest.mark.parametrize("graph", [pg.zoo.lightning_cloud(), CUBE, MIXED], ids=["ordinary", "product", "mixture"])
@pytest.mark.parametrize("draw", ["sample_views", "sample_pairs"])
@pytest.mark.parametrize(
    ("size", "rng", "message"),
    [(2, "x", "rng is 'x'"), (2, True, "rng is True"), (SECOND, 0, "size is"), (-1, 0, "size is -1")],
)
def test_draws_refuse_alike(graph, draw, size, rng, message):
    with pytest.raises(InvalidArgument, match=message):
        getattr(graph, draw)(size, rng=rng)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: CUBE.spectrum(SECOND), "k is"),
        (lambda: CUBE.spectrum(2).leading(SECOND), "k is"),
        (lambda: CUBE.spectrum(2).members("2"), "count is '2'"),
        (lambda: CUBE.features(True), "degree is True"),
        (lambda: pg.verify_sampled(CUBE, CUBE.features(1), pairs="many"), "pairs is 'many'"),
        (lambda: pg.verify_sampled(CUBE, CUBE.features(1), rng="x"), "rng is 'x'"),
        (lambda: CUBE.positions({((0,), (0,), (0,))}), "a set"),
        (lambda: CUBE.positions(3), "not outcomes"),
        (lambda: CUBE.features(1).inner(None), "other is None"),
        (lambda: LowDegree.of("cube", []), "product is 'cube'"),
        (lambda: LowDegree.of(CUBE, {1: {}}), "terms is"),
        (lambda: pg.train(CUBE, 1, features=CUBE.features(1), rng="x"), "rng is 'x'"),
        (lambda: pg.zoo.ring(SECOND), "n is"),
        (lambda: pg.apply(str.upper, SECOND), "not a probability"),
        (lambda: pg.zoo.class_domain(10**400, "1/4", "1/4", 1.5), "rho is"),
        (lambda: pg.build(np.ones(2) / 2, pd.DataFrame(np.eye(2)), views=pd.Series([np.ones(1), np.ones(2)])), "view 0 is"),
    ],
)  # fmt: skip
def test_what_is_no_argument_is_named(call, message):
    with pytest.raises(InvalidArgument, match=message):
        call()


def test_positions_may_be_of_any_array_library():
    rows = [[0, 1, 0], [1, 1, 0]]
    assert CUBE.positions(np.array(rows)).tolist() == CUBE.positions(pd.DataFrame(rows)).tolist() == rows
