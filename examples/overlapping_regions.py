"""Overlapping regions: cells that are seen together lie together, and the embedding is a smooth map.

Run `python examples/overlapping_regions.py`; it prints what it finds and writes its figure to `figures/overlapping_regions/`.

A region of neighbouring cells is drawn, then one of its cells (after Johnson et al. 2022). On a circle with a region at every cell
the eigenvalues are (sin(πjw/n) / (w sin(πj/n)))². Wider regions leave fewer large eigenvalues.
"""

from pathlib import Path
from typing import Any

import numpy as np

import popgraph as pg

N = 24
WIDTHS = (3, 6, 12)


def regions(width: int) -> pg.PopulationGraph:
    """Build regions of so many cells around a circle."""
    return pg.zoo.overlapping_regions(N, width, 1, circle=True)


def report() -> None:
    """Print the leading eigenvalues beside the formula for each width."""
    print("width   γ_2       formula   γ_4       formula   eigenvalues above 1/2")
    for width in WIDTHS:
        j = np.arange(1, N // 2 + 1)
        formula = (np.sin(np.pi * j * width / N) / (width * np.sin(np.pi * j / N))) ** 2
        formula = np.sort(formula)[::-1]  # each twice: a cosine and a sine
        gamma = regions(width).spectrum(N).gamma
        print(f"{width:>5}   {gamma[1]:.6f}  {formula[0]:.6f}  {gamma[3]:.6f}  {formula[1]:.6f}  {np.sum(gamma > 0.5)}")
    graph = regions(WIDTHS[1])
    print(f"\nwidth {WIDTHS[1]}, k = 3: {pg.verify(graph, pg.train(graph, 3, rng=0).f)}")


def visualize() -> Any:
    """Draw Ā for a narrow and a wide region, and the embedding of the cells."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 3, figsize=(14, 4.2), layout="constrained")
    for width, ax in zip(WIDTHS[::2], axes[:2], strict=True):
        pg.plot.matrix(regions(width), ax=ax)
        ax.set_title(f"Ā, regions of {width} cells")
    graph = regions(WIDTHS[1])
    pg.plot.embedding(graph, graph.spectrum(3), dims=(1, 2), ax=axes[2])
    return figure


if __name__ == "__main__":
    report()
    folder = Path("figures") / "overlapping_regions"
    folder.mkdir(parents=True, exist_ok=True)
    visualize().savefig(folder / "overlapping_regions.png", dpi=150)
    print(f"wrote {folder / 'overlapping_regions.png'}")
