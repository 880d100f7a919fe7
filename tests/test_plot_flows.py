"""`plot.flow`: each mode a line through its amounts, its limit dashed, a ring where it switches on; and what it says of them."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

import popgraph as pg
from popgraph import plot, zoo
from popgraph.errors import InvalidArgument
from popgraph.plot.drawing import COLOURS

SQUARE = pg.build(np.full(4, 0.25), np.kron([[7 / 8, 1 / 8], [1 / 8, 7 / 8]], [[3 / 4, 1 / 4], [1 / 4, 3 / 4]]))
GAMMA = np.array([1, 0.5625, 0.25, 0.140625])


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def modes(ax):
    """The lines through the amounts of modes, by their names."""
    return {line.get_label(): line for line in ax.lines if line.get_label().lstrip("_").startswith("γ")}


def rings(ax):
    return [(line.get_xdata()[0], line.get_ydata()[0]) for line in ax.lines if line.get_marker() == "o"]


def limits(ax):
    return [line.get_ydata()[0] for line in ax.lines if line.get_linestyle() == "--"]


def test_modes_are_logistic_curves_with_limits_and_switch_on_times_of_the_closed_form():
    times = np.linspace(0, 4, 33)
    ax = plot.flow(pg.flow(SQUARE, 4, 0.01, times))
    for gamma, (name, line), colour in zip(GAMMA, modes(ax).items(), COLOURS, strict=False):
        assert name == f"γ = {gamma:.4g}"
        assert line.get_color() == colour
        np.testing.assert_array_equal(line.get_xdata(), times)
        np.testing.assert_allclose(
            line.get_ydata(), gamma / (1 + (gamma / 0.01 - 1) * np.exp(-8 * gamma * times)), atol=1e-9
        )
    np.testing.assert_allclose(limits(ax), GAMMA, atol=1e-9)
    np.testing.assert_allclose(
        rings(ax), np.stack([np.log(GAMMA / 0.01 - 1) / (8 * GAMMA), GAMMA / 2], axis=1), rtol=1e-8
    )
    assert ax.get_title() == "4 of 4 modes are on in the end"
    assert ax.get_xscale() == "linear"


def test_modes_that_fade_are_dotted_and_have_no_limit():
    flow = pg.flow(SQUARE, 4, 1.0, [0, 5, 100], rule="byol", weight_decay=0.05)  # on iff γ > 2√0.05 = 0.447
    ax = plot.flow(flow)
    assert [line.get_linestyle() for line in modes(ax).values()] == ["-", "-", ":", ":"]
    size = (GAMMA[:2] + np.sqrt(GAMMA[:2] ** 2 - 4 * 0.05)) / 2
    np.testing.assert_allclose(limits(ax), size**2, atol=1e-8)
    assert rings(ax) == []  # what starts above its limit was never switched on
    assert ax.get_title() == "2 of 4 modes are on in the end"
    alone = plot.flow(pg.flow(SQUARE, 4, 1.0, [0, 5], rule="byol", weight_decay=0.05, stop_gradient=False))
    assert alone.get_title() == "0 of 4 modes are on in the end"


def test_time_is_a_logarithm_where_one_mode_is_much_later_and_0_has_none():
    ax = plot.flow(pg.flow(zoo.hypercube(4), 12, 1e-6, [0, 0.5, 1, 5, 50]))  # γ from 1 to 1/64
    assert ax.get_xscale() == "log"
    assert all(line.get_xdata()[0] == 0.5 for line in modes(ax).values())
    assert "(grey: all but 8)" in ax.get_title()
    shown = [text.get_text() for text in ax.get_legend().get_texts()]
    assert shown == ["γ = 1", *["γ = 0.25"] * 4, *["γ = 0.0625"] * 3]


def test_no_more_modes_than_k_are_on_though_batches_excite_all():
    flow = pg.flow(SQUARE, 2, 0.1, np.linspace(0, 6, 20), step=0.05, batch_size=8, rng=0)
    assert (flow.amounts[-1] > 1e-9).sum() >= 2
    ax = plot.flow(flow)
    assert ax.get_title().startswith("2 of ")
    assert ax.get_xlabel() == "time $t$, in steps of 0.05"


@pytest.mark.parametrize("times", [[0], [3]])
def test_one_time_is_a_dot_and_no_line(times):
    assert {line.get_marker() for line in modes(plot.flow(pg.flow(SQUARE, 2, 0.01, times))).values()} == {"."}


def test_a_start_of_zeros_is_drawn_flat():
    ax = plot.flow(pg.flow(SQUARE, 2, np.zeros((4, 2)), [0, 1]))
    assert ax.get_title() == "0 of 0 modes are on in the end"
    ax.figure.canvas.draw()


def test_what_is_no_flow_is_refused_before_a_figure_opens():
    with pytest.raises(InvalidArgument, match="flow is .*; it must be a Flow"):
        plot.flow(pg.train(SQUARE, 2, rng=0))
    assert plt.get_fignums() == []
