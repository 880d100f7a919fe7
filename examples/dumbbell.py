"""A dumbbell: the second eigenvector finds the bottleneck, within Cheeger's bounds.

Run `python examples/dumbbell.py`; it prints what it finds and writes its figure to `figures/dumbbell/`.

Two cliques and a bridge. λ_2/2 <= ρ_2 <= √(2 λ_2), with ρ_2 the conductance of the sparsest cut, found exactly.
"""

from pathlib import Path
from typing import Any

import numpy as np

import popgraph as pg

SIZES = (3, 4, 5, 6)


def report() -> None:
    """Print both of Cheeger's bounds around ρ_2 as the bells grow, and where the second eigenvector cuts."""
    print("bell   λ_2/2     ρ_2       √(2 λ_2)   the eigenvector's cut is the sparsest")
    for size in SIZES:
        graph = pg.zoo.dumbbell(size)
        lambda_2 = 1 - float(graph.spectrum(2).gamma[1])
        best = pg.sparsest_partition(graph, 2)
        side = graph.spectrum(2).eigenvectors[:, 1] > 0
        agree = len(set(zip(side.tolist(), best.labels.tolist(), strict=True))) == 2
        print(
            f"{size:>4}   {lambda_2 / 2:.6f}  {best.rho:.6f}  {np.sqrt(2 * lambda_2):.6f}   {'yes' if agree else 'no'}"
        )
    graph = pg.zoo.dumbbell(SIZES[-1])
    print(f"\n{pg.verify(graph, pg.train(graph, 2, rng=0).f)}")


def visualize() -> Any:
    """Draw the dumbbell and its embedding, each coloured by the sparsest cut."""
    import matplotlib.pyplot as plt

    graph = pg.zoo.dumbbell(SIZES[-1])
    parts = [f"part {label + 1}" for label in pg.sparsest_partition(graph, 2).labels]
    figure, axes = plt.subplots(1, 2, figsize=(10, 4.4), layout="constrained")
    pg.plot.graph(graph, labels=parts, ax=axes[0])
    ax = pg.plot.embedding(graph, graph.spectrum(2), labels=parts, ax=axes[1])
    ax.set_title("F* at k = 2")
    return figure


if __name__ == "__main__":
    report()
    folder = Path("figures") / "dumbbell"
    folder.mkdir(parents=True, exist_ok=True)
    visualize().savefig(folder / "dumbbell.png", dpi=150)
    print(f"wrote {folder / 'dumbbell.png'}")
