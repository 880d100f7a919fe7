"""A 2 x 2 grid of four clusters: the linear class sees two of the four leading eigenfunctions, the axis-aligned ones.

Run `python examples/grid_of_clusters.py`; it prints what it measures and writes its figure to `figures/grid_of_clusters/`.

After HaoChen and Ma 2023, Figure 3: four clusters at the corners of a square, noise inside each. The leading eigenfunctions are
the constant, the two coordinates' signs and their product. Linear functions without a constant hold the second and third alone:
two dimensions that do for labels along the axes, where tables need four.
"""

from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

import popgraph as pg

VALUES = (-1.3, -1.1, -0.9, -0.7, 0.7, 0.9, 1.1, 1.3)  # of a coordinate: two clusters along each axis
LABELLINGS = {
    "left or right": lambda x, y: x > 0,
    "up or down": lambda x, y: y > 0,
    "the diagonal pairs": lambda x, y: x * y > 0,
}


def population() -> pg.PopulationGraph:
    """Let noise move each coordinate to any value of its own sign, evenly, or with probability 1/10 to one of the other sign."""
    noise = pg.Augmentation(lambda x: {v: "9/40" if v * x > 0 else "1/40" for v in VALUES})
    points = list(product(VALUES, repeat=2))
    return pg.build(points, pg.independently(noise), name="grid of four clusters")


def report() -> tuple[pg.PopulationGraph, pg.Spectrum, pg.Spectrum]:
    """Compare tables and the linear class, by γ and θ and by what a linear probe can do on each."""
    graph = population()
    spectrum, linear = graph.spectrum(4), graph.spectrum(2, features=list)
    print(graph, "\n")
    print("γ of Ā:             ", spectrum.gamma.round(6).tolist(), " (0.8² for a coordinate, 0.8⁴ for the product)")
    print("Ritz values, linear:", linear.gamma.round(6).tolist(), " (0.64 less what points inside a cluster vary)")
    print(f"Does the linear class hold F* at k = 2? {pg.verify(graph, linear, features=list).reason}\n")
    print("error of a linear probe with an intercept   linear, k = 2   table, k = 3   table, k = 4")
    tables = [pg.train(graph, k, rng=0) for k in (3, 4)]
    for name, label in LABELLINGS.items():
        y = [label(*view) for view in graph.views]
        errors = [pg.probe(graph, f, labels=y, intercept=True).error for f in (linear, *tables)]
        print(f"  {name:<42}" + "           ".join(f"{error:.3f}" for error in errors))
    print(
        "\nPublished: a linear class finds the clusterings along the axes in fewer dimensions than there are clusters."
    )
    print("So here; the diagonal labels, which the fourth eigenfunction alone tells, are out of its reach.\n")
    print(pg.verify(graph, tables[1].f))
    return graph, spectrum, linear


def visualize(graph: pg.PopulationGraph, spectrum: pg.Spectrum, linear: pg.Spectrum) -> Any:
    """Draw the four leading eigenfunctions and the two Ritz functions over the plane."""
    import matplotlib.pyplot as plt

    points = np.array(list(graph.views))
    x, y = np.sign(points).T
    known = np.column_stack([np.ones(len(points)), x, y, x * y])
    panels = [(f"φ_{i + 1}, γ = {gamma:.3g}", known[:, i]) for i, gamma in enumerate(spectrum.gamma)]
    panels += [(f"linear, θ = {theta:.3g}", points[:, i]) for i, theta in enumerate(linear.gamma)]  # up to a rotation
    figure, axes = plt.subplots(1, len(panels), figsize=(3 * len(panels), 3.4), layout="constrained")
    for ax, (name, values) in zip(axes, panels, strict=True):
        ax.scatter(*points.T, c=values, cmap="PuOr", vmin=-1.5, vmax=1.5, s=24, edgecolor="#888888", linewidth=0.3)
        ax.set(title=name, aspect="equal", xlabel="x", ylabel="y")
    return figure


if __name__ == "__main__":
    target = Path("figures") / "grid_of_clusters" / "grid_of_clusters.png"
    target.parent.mkdir(parents=True, exist_ok=True)
    visualize(*report()).savefig(target, dpi=110)
    print(f"wrote {target}")
