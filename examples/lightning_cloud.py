"""The whole way on four views: declare, build, decompose, learn, verify and see the lightning/cloud population.

Run `python examples/lightning_cloud.py`; it prints what it finds and writes its figures to `figures/`.
"""

from pathlib import Path
from typing import Any

import numpy as np

import popgraph as pg

# Two images, each rotated by a quarter turn with probability 1/3.
graph = pg.zoo.lightning_cloud(probability="1/3")
spectrum = graph.spectrum(k=2)
training = pg.train(graph, k=2, rng=0)
match = pg.verify(graph, training.f)


def report() -> None:
    """Print the arrays, then the verdicts at k = 2, at the degenerate cut k = 1, and beyond the rank at k = 3."""
    for natural in graph.naturals:
        print(f"{natural!r}\n{natural}\n")
    print(graph, "\n")
    print("w, the probability of each positive pair:")
    for x in graph.views:
        print("  ", "  ".join(f"{graph.explain(x, y).value!s:>5}" for y in graph.views), f"  {x!r}")
    print(graph.explain(*graph.views[:2]), "\n")
    with np.printoptions(precision=4, suppress=True):
        print("w_x, the views' probabilities:", graph.w_x, "\n")
        print("Ā, the normalised adjacency:", graph.adjacency, sep="\n", end="\n\n")
        print("γ, its eigenvalues:", graph.spectrum(graph.N).gamma, "\n")
        print("F*, the 2 leading eigenvectors:", spectrum.eigenvectors, sep="\n", end="\n\n")
        print(training)
        print("f, which never saw F*:", training.f, sep="\n", end="\n\n")
    print(f"Does f match F*, up to an invertible linear map?\n{match}\n")
    for k in (1, 3):
        print(f"And at k = {k}?\n{pg.verify(graph, pg.train(graph, k, rng=0).f)}\n")


def visualize() -> dict[str, Any]:
    """Draw the population before and after normalisation, the graph, its spectrum, the training and the match."""
    import matplotlib.pyplot as plt

    matrices, axes = plt.subplots(1, 2, figsize=(10, 4.6), layout="constrained")
    pg.plot.matrix(graph, "w", ax=axes[0])
    pg.plot.matrix(graph, "adjacency", ax=axes[1])
    story, axes = plt.subplots(2, 3, figsize=(13, 8), layout="constrained")
    pg.plot.graph(graph, ax=axes[0, 0])
    pg.plot.spectrum(graph.spectrum(4).leading(2), ax=axes[0, 1])
    pg.plot.embedding(graph, spectrum, ax=axes[0, 2])
    pg.plot.training(training, spectrum, ax=axes[1, 0])
    pg.plot.embedding(graph, training, ax=axes[1, 1])
    pg.plot.match(match, ax=axes[1, 2])
    axes[0, 2].set_title("F*/√w_x, the exact embedding")
    axes[1, 1].set_title("f, as trained")
    return {"matrices": matrices, "story": story}


if __name__ == "__main__":
    report()
    folder = Path("figures") / "lightning_cloud"
    folder.mkdir(parents=True, exist_ok=True)
    for name, figure in visualize().items():
        figure.savefig(folder / f"{name}.png", dpi=150)
        print(f"wrote {folder / name}.png")
