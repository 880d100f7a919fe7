"""A winding corridor: the eigenfunctions of a random walk know the way, before any reward is seen.

Run `python examples/grid_world.py`; it prints what it finds and writes its figure to `figures/grid_world/`.

A positive pair is a cell and the next one of a random walk, so that F* holds the slowest functions of the grid: proto-value
functions (Mahadevan and Maggioni, 2007). The second one grows along the corridor, through the doors. So does the value of a
far-sighted walk: a few eigenfunctions approximate it better than as many polynomials of row and column, which see through walls.
A short-sighted value is a peak at the goal: for it, polynomials are better from k = 10 on.
"""

from pathlib import Path
from typing import Any

import numpy as np

import popgraph as pg

ROWS, COLUMNS, GOAL, SIZES = 9, 15, (8, 14), range(1, 21)
DOORS = {3: 0, 7: 8, 11: 0}  # column of a wall -> row of its door
WALLS = [(row, column) for column, door in DOORS.items() for row in range(ROWS) if row != door]
graph = pg.zoo.grid_world(ROWS, COLUMNS, WALLS)


def value(discount: float) -> np.ndarray:
    """Return the expected sum of discounted rewards from each cell, 1 for each visit of the goal."""
    walk = graph.w / graph.w_x[:, np.newaxis]
    return np.linalg.solve(np.eye(graph.N) - discount * walk, [cell == GOAL for cell in graph.views])


def variance_left(features: np.ndarray, target: np.ndarray) -> float:
    """Return the share of a function's variance that a fit by least squares leaves."""
    return float(np.var(target - features @ np.linalg.lstsq(features, target, rcond=None)[0]) / np.var(target))


def polynomials(k: int) -> np.ndarray:
    """Return the first k monomials of row and column, those of the lowest degrees."""
    r, c = (np.array(graph.views, dtype=float) / [ROWS, COLUMNS]).T
    powers = [(degree - b, b) for degree in range(k) for b in range(degree + 1)][:k]
    return np.column_stack([r**a * c**b for a, b in powers])


bases = {"eigenfunctions": lambda k: graph.spectrum(k).eigenfunctions, "polynomials": polynomials}
left = {(name, b): [variance_left(bases[name](k), value(b)) for k in SIZES] for name in bases for b in (0.99, 0.95)}


def report() -> None:
    """Print what both bases leave of a far-sighted and a short-sighted value, and the verdict on a trained embedding."""
    for (name, discount), shares in left.items():
        shown = "  ".join(f"k = {k}: {shares[k - 1]:.3f}" for k in (2, 4, 8, 16))
        print(f"share of the variance that {name:<14} leave of the value, discount {discount}: {shown}")
    print(f"\n{pg.verify(graph, pg.train(graph, 4, rng=0))}")


def visualize() -> Any:
    """Draw two eigenfunctions and the value on the grid, and what each basis leaves of it."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(2, 2, figsize=(11, 7), layout="constrained")
    _, second, third = graph.spectrum(3).eigenfunctions.T
    shown = {"2nd eigenfunction": second, "3rd eigenfunction": third, "value, discount 0.99": value(0.99)}
    for ax, (title, of_cell) in zip(axes.flat, shown.items(), strict=False):
        picture = np.full((ROWS, COLUMNS), np.nan)
        picture[tuple(np.transpose(graph.views))] = of_cell
        figure.colorbar(ax.imshow(picture, cmap="cividis"), ax=ax, shrink=0.8)
        ax.set(title=title, xticks=[], yticks=[])
    for (name, discount), shares in left.items():
        style = ("C0" if name == "eigenfunctions" else "C1") + ("-" if discount == 0.99 else ":")
        axes[1, 1].plot(SIZES, shares, style, label=f"{name}, {discount}")
    axes[1, 1].set(xlabel="k functions", ylabel="share of variance left", title="fits of the value")
    axes[1, 1].legend()
    return figure


if __name__ == "__main__":
    report()
    target = Path("figures") / "grid_world" / "grid_world.png"
    target.parent.mkdir(parents=True, exist_ok=True)
    visualize().savefig(target, dpi=110)
    print(f"wrote {target}")
