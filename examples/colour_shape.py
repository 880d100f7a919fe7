"""Colour and shape: F* sees first what the augmentation leaves alone.

Run `python examples/colour_shape.py`; it prints what it finds and writes its figure to `figures/colour_shape/`.

Things have one of two colours and one of two shapes; the augmentation changes the colour with probability q and the shape with 1/5.
The eigenvalues are (1 - 2q)² for the colour and (1 - 2/5)² for the shape, so at k = 2 a probe knows the shape iff q > 1/5 (and
q < 4/5: changing the colour nearly always tells it as well).
"""

from pathlib import Path
from typing import Any

import numpy as np

import popgraph as pg

RESHAPE = 0.2


def things(recolour: float) -> pg.PopulationGraph:
    """Build the population, labelled by shape."""
    return pg.zoo.colour_shape(("red", "blue"), ("circle", "square"), recolour=recolour, reshape=RESHAPE)


def report() -> None:
    """Print both eigenvalues beside the formula, and the error of a probe for the shape."""
    print("recolour   γ_2     γ_3     colour (1-2q)²   shape    probe error for the shape at k = 2")
    for q in (0.05, 0.1, 0.3, 0.5, 0.7, 0.9):
        graph = things(q)
        gamma, error = graph.spectrum(3).gamma, pg.probe(graph, graph.spectrum(2)).error
        print(
            f"{q:<10} {gamma[1]:.4f}  {gamma[2]:.4f}  {(1 - 2 * q) ** 2:<16.4f} {(1 - 2 * RESHAPE) ** 2:.4f}   {error:.4f}"
        )
    graph = things(0.5)
    print(f"\nAt q = 1/2: {pg.verify(graph, pg.train(graph, 2, rng=0).f)}")


def visualize() -> Any:
    """Draw all eigenvalues as the recolouring slides; the cut at k = 2 is degenerate where colour and shape cross."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(10.5, 4.4), layout="constrained")
    ax = pg.plot.spectrum_path(things, np.linspace(0.0, 1.0, 26), k=2, ax=axes[0])
    ax.set(xlabel="probability of another colour")
    pg.plot.embedding(things(0.5), things(0.5).spectrum(2), ax=axes[1])
    return figure


if __name__ == "__main__":
    report()
    folder = Path("figures") / "colour_shape"
    folder.mkdir(parents=True, exist_ok=True)
    visualize().savefig(folder / "colour_shape.png", dpi=150)
    print(f"wrote {folder / 'colour_shape.png'}")
