"""A 2 x 2 grid of four clusters: the linear class sees two of the four leading eigenfunctions, the axis-aligned ones.

Run `python examples/grid_of_clusters.py`; it prints what it measures and writes its figure to `figures/grid_of_clusters/`.

After HaoChen and Ma 2023, Figure 3: four clusters at the corners of a square, noise inside each. The leading eigenfunctions are
the constant, the two coordinates' signs and their product. Linear functions without a constant hold the second and third alone,
so a linear class of dimension 2 has a perfect loss of its own where tables need k = 4: it ignores the product, and that is what
lets few dimensions do for labels that follow the axes.
"""

from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

import popgraph as pg

SIDE = 4  # points along an edge of a cluster
LABELLINGS = {"left or right": 0, "up or down": 1, "the diagonal pairs": 2}


def population() -> pg.PopulationGraph:
    """Four squares of SIDE x SIDE points at (±1, ±1); noise moves a point anywhere in its own square, or rarely to another."""
    offsets = (np.arange(SIDE) - (SIDE - 1) / 2) * 0.2
    corners = list(product((-1.0, 1.0), repeat=2))
    points = [(x + dx, y + dy) for x, y in corners for dx in offsets for dy in offsets]
    views = [(round(float(x), 6), round(float(y), 6)) for x, y in points]
    corner = np.repeat(np.arange(4), SIDE**2)
    flips = np.array([[np.sum(np.sign(a) != np.sign(b)) for b in np.array(corners)] for a in np.array(corners)])
    mix = 0.9 ** (2 - flips) * 0.1**flips  # a coordinate keeps its sign with probability 0.9
    A = mix[corner][:, corner] / SIDE**2
    return pg.build(np.full(len(views), 1 / len(views)), A, views=views, normalize=True, name="grid of four clusters")


def labels(view: tuple[float, float], which: int) -> bool:
    """Return the class of a point: by x, by y, or by the sign of their product."""
    return (view[0] > 0, view[1] > 0, view[0] * view[1] > 0)[which]


def report() -> tuple[pg.PopulationGraph, pg.Spectrum, pg.Spectrum]:
    """Compare tables and the linear class, by γ and θ and by what a linear probe can do on each."""
    graph = population()
    spectrum, linear = graph.spectrum(4), graph.spectrum(2, features=list)
    print(graph, "\n")
    print(
        "γ of Ā:                  ", spectrum.gamma.round(6).tolist(), " (0.8² for a coordinate, 0.8⁴ for the product)"
    )
    print("Ritz values, linear:     ", linear.gamma.round(6).tolist(), " (0.64 less what points inside a cluster vary)")
    match = pg.verify(graph, linear, features=list)
    print(f"Does the linear class hold F* at k = 2? {match.reason}\n")
    print("error of a linear probe with an intercept, least squares:")
    print(f"  {'labels':<20}{'linear, k = 2':>15}{'table, k = 3':>15}{'table, k = 4':>15}")
    tables = {k: pg.train(graph, k, rng=0) for k in (3, 4)}
    for name, which in LABELLINGS.items():
        y = [labels(view, which) for view in graph.views]
        errors = [pg.probe(graph, f, labels=y, intercept=True).error for f in (linear, tables[3], tables[4])]
        print(f"  {name:<20}" + "".join(f"{error:>15.3f}" for error in errors))
    print(
        "\nPublished: a linear class finds the clusterings along the axes in fewer dimensions than there are clusters. So here;"
    )
    print("the diagonal labels, which the fourth eigenfunction alone tells, are out of its reach.\n")
    print(pg.verify(graph, tables[4].f))
    return graph, spectrum, linear


def visualize(graph: pg.PopulationGraph, spectrum: pg.Spectrum, linear: pg.Spectrum) -> Any:
    """Draw the four leading eigenfunctions and the two Ritz functions over the plane."""
    import matplotlib.pyplot as plt

    points = np.array(list(graph.views))
    signs = np.sign(points)
    known = np.column_stack([np.ones(len(points)), signs[:, 0], signs[:, 1], signs[:, 0] * signs[:, 1]])
    panels = [(f"φ_{i + 1}, γ = {gamma:.3g}", known[:, i]) for i, gamma in enumerate(spectrum.gamma)]
    panels += [(f"linear, θ = {theta:.3g}", linear.eigenfunctions[:, i]) for i, theta in enumerate(linear.gamma)]
    figure, axes = plt.subplots(1, len(panels), figsize=(3 * len(panels), 3.4), layout="constrained")
    for ax, (name, values) in zip(axes, panels, strict=True):
        ax.scatter(*points.T, c=values, cmap="PuOr", vmin=-1.5, vmax=1.5, s=24, edgecolor="#888888", linewidth=0.3)
        ax.set(title=name, aspect="equal", xlabel="x", ylabel="y")
    return figure


if __name__ == "__main__":
    found = report()
    target = Path("figures") / "grid_of_clusters" / "grid_of_clusters.png"
    target.parent.mkdir(parents=True, exist_ok=True)
    visualize(*found).savefig(target, dpi=110)
    print(f"wrote {target}")
