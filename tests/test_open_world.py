"""Open-world classes: the spectrum with labels in the graph, and from which weight related classes come before colour; exactly."""

from fractions import Fraction

import numpy as np
import pytest

import popgraph as pg
from popgraph.errors import InvalidArgument, InvalidDistribution, TooLarge


def known_shapes(graph):
    return {x: y for x, y in zip(graph.naturals, graph.labels, strict=True) if y.startswith("known")}


def closed_form(kappa, related, unrelated, colours, s, t, eta):
    """The eigenvalues of one and of two dimensions: rational ones with multiplicities, and 2 x 2 blocks as (trace, determinant)."""
    sigma, nu, n_1, r = (1 - s) ** 2, (1 - t) ** 2, kappa + related, kappa + related + unrelated
    d = (1 - eta) / r + eta * s / n_1
    d_known = d + eta * (1 - s) / kappa
    rational = [(Fraction(1), 1)]
    if unrelated:
        rational += [
            (Fraction(1), 1),
            (nu, colours - 1),
            (sigma, unrelated - 1),
            (nu * sigma, (unrelated - 1) * (colours - 1)),
        ]
    novel = (1 - eta) * sigma / (r * d)
    rational += [(novel, related - 1), (nu * novel, (related - 1) * (colours - 1))]
    known = (1 - eta) * sigma / (r * d_known)
    rational += [(known + eta * sigma / (kappa * d_known), kappa - 1), (nu * known, (kappa - 1) * (colours - 1))]

    # Known and related shapes as two cells: w of the cells, (1 - η)(σI + (1 - σ)J/n_1)/r of the population and the labels' A_c
    def cell(size, other=None):
        own = sigma if other is None else 0
        return size * (own + (1 - sigma) * (size if other is None else other) / n_1) / r

    w = np.array([[cell(kappa), cell(kappa, related)], [cell(related, kappa), cell(related)]], dtype=object)
    A = np.array([(1 - s) + s * Fraction(kappa, n_1), s * Fraction(related, n_1)], dtype=object)
    D = np.array([kappa * d_known, related * d], dtype=object)
    whole = (1 - eta) * w + eta * np.outer(A, A)
    trace, determinant = (
        sum(whole.diagonal() / D),
        (whole[0, 0] * whole[1, 1] - whole[0, 1] * whole[1, 0]) / (D[0] * D[1]),
    )
    assert trace - 1 == determinant  # one of the two is 1
    rational.append((determinant, 1))
    of_colour = (1 - eta) * nu * w
    block = sum(of_colour.diagonal() / D), (of_colour[0, 0] * of_colour[1, 1] - of_colour[0, 1] ** 2) / (D[0] * D[1])
    return rational, block, colours - 1


def first_weight(kappa, related, unrelated, s, t):
    """The weight from which related shapes come before colour, as the docstring says; None if there is none below 1."""
    sigma, nu, n_1, r = (1 - s) ** 2, (1 - t) ** 2, kappa + related, kappa + related + unrelated
    theta = Fraction(kappa, n_1)
    left = sigma / (nu * (1 - sigma)) - (1 - theta) / (1 - nu)
    if left <= 0:
        return None
    delta = nu + theta / left
    slope = (1 - s) / kappa + (delta - 1) * (Fraction(1, r) - s / n_1)
    eta = (delta - 1) / r / slope
    return eta if 0 < eta < 1 else None


CASES = [
    (4, 2, 2, 2, "1/5", "1/10"),
    (3, 1, 0, 2, "1/5", "1/10"),
    (2, 3, 2, 3, "1/4", "1/7"),
    (1, 1, 1, 1, "1/2", 0),
    (5, 2, 1, 2, "1/3", "1/5"),
]


@pytest.mark.parametrize("eta", ["1/10", "1/2", "9/10"])
@pytest.mark.parametrize("case", CASES)
def test_the_spectrum_has_its_closed_form(case, eta):
    kappa, related, unrelated, colours, s, t = case
    s, t, weight = Fraction(s), Fraction(t), Fraction(eta)
    graph = pg.zoo.open_world(kappa, related, unrelated, colours=colours, reshape=s, recolour=t)
    gamma = graph.with_labels(known_shapes(graph), weight).spectrum(graph.N).gamma
    rational, (trace, determinant), times = closed_form(kappa, related, unrelated, colours, s, t, weight)
    expected = [float(value) for value, count in rational for _ in range(count)]
    root = np.sqrt(max(0.0, float(trace) ** 2 - 4 * float(determinant)))
    expected += [(float(trace) + root) / 2] * times + [(float(trace) - root) / 2] * times
    np.testing.assert_allclose(gamma, np.sort(expected)[::-1], atol=1e-12)


@pytest.mark.parametrize("case", CASES[:3])
def test_the_closed_form_is_exact(case):
    pytest.importorskip("flint")
    kappa, related, unrelated, colours, s, t = case
    graph = pg.zoo.open_world(kappa, related, unrelated, colours=colours, reshape=s, recolour=t)
    exact = graph.with_labels(known_shapes(graph), "1/2").exact()
    s, t = Fraction(s), Fraction(t)
    rational, (trace, determinant), times = closed_form(kappa, related, unrelated, colours, s, t, Fraction(1, 2))
    counts = {}
    for value, count in rational:
        counts[value] = counts.get(value, 0) + count
    for value, count in counts.items():
        if count:
            assert exact.multiplicity(value) == count
    quadratic = [determinant, -trace, Fraction(1)]
    scale = np.lcm.reduce([each.denominator for each in quadratic])
    integral = [int(each * int(scale)) for each in quadratic]
    divisor = np.gcd.reduce(integral)
    assert (tuple(each // int(divisor) for each in integral), times) in [
        (tuple(abs(1) * each for each in factor), count) for factor, count in exact.charpoly.factors
    ]


def test_the_weight_from_which_related_shapes_are_discovered():
    pytest.importorskip("flint")
    eta = first_weight(4, 2, 2, Fraction(1, 5), Fraction(1, 10))
    assert eta == Fraction(4845, 9409)
    graph = pg.zoo.open_world()
    known = known_shapes(graph)

    def related_shape_and_colour(weight):
        rational, (trace, determinant), _ = closed_form(4, 2, 2, 2, Fraction(1, 5), Fraction(1, 10), weight)
        related = rational[5][0]
        return related, related**2 - trace * related + determinant, 2 * related - trace

    related, at_crossing, _ = related_shape_and_colour(eta)
    assert at_crossing == 0  # related is a root of colour's quadratic: the two are equal at this weight
    assert graph.with_labels(known, eta).exact().multiplicity(related) == 2
    for weight, comes_first in [(eta - Fraction(1, 1000), False), (eta + Fraction(1, 1000), True)]:
        _, polynomial, slope = related_shape_and_colour(weight)
        assert (polynomial > 0 and slope > 0) is comes_first  # above both roots


def test_few_known_shapes_discover_nothing():
    assert first_weight(2, 4, 2, Fraction(1, 5), Fraction(1, 10)) is None
    graph = pg.zoo.open_world(2, 4, 2)
    for eta in (0.5, 0.9, 0.999):
        _, (trace, determinant), _ = closed_form(2, 4, 2, 2, Fraction(1, 5), Fraction(1, 10), Fraction(eta))
        rational, _, _ = closed_form(2, 4, 2, 2, Fraction(1, 5), Fraction(1, 10), Fraction(eta))
        related = rational[5][0]
        assert related**2 - trace * related + determinant < 0
    assert graph.n == 16


def test_a_probe_on_related_shapes_feels_it():
    """Of known and related shapes alone, at k = 6: the six shapes, once colour has fallen behind them."""
    graph = pg.zoo.open_world(4, 2, 0)
    eta = first_weight(4, 2, 0, Fraction(1, 5), Fraction(1, 10))
    known = known_shapes(graph)
    before, after = (graph.with_labels(known, float(eta) + step) for step in (-0.05, 0.05))
    assert pg.probe(before, before.spectrum(6)).error > 0.1
    assert pg.probe(after, after.spectrum(6)).error == 0.0


def test_refusals():
    with pytest.raises(InvalidArgument, match="known is 0"):
        pg.zoo.open_world(0)
    with pytest.raises(InvalidArgument, match="unrelated is -1"):
        pg.zoo.open_world(unrelated=-1)
    with pytest.raises(InvalidDistribution, match="reshape"):
        pg.zoo.open_world(reshape=1.5)
    with pytest.raises(TooLarge, match="4,096"):
        pg.zoo.open_world(5000)
