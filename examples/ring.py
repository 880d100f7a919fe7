"""A ring of twelve naturals: the eigenvectors come in pairs, waves, and two of them draw the circle.

Run `python examples/ring.py`; it prints what it finds and writes its figure to `figures/ring/`.

Each natural is seen as itself or as a neighbour. The eigenvectors of Ā are cosines and sines around the ring, so every cut between
the two of a pair is degenerate, and at k = 3 the embedding knows where on the circle each view stands.
"""

from pathlib import Path
from typing import Any

import numpy as np

import popgraph as pg

N = 12
graph = pg.zoo.ring(N)


def report() -> None:
    """Print the eigenvalues beside the Fourier formula, and the verdicts at a clean and at a degenerate cut."""
    angle = 2 * np.pi * np.arange(N) / N
    fourier = np.sort((0.5 + 0.5 * np.cos(angle)) ** 2)[::-1]  # stay with 1/2, else step to either side
    gamma = graph.spectrum(N).gamma
    print(" i   γ_i       |Fourier coefficient|²")
    for i in range(N):
        print(f"{i + 1:>2}   {gamma[i]:.6f}  {fourier[i]:.6f}")
    print("\nClean cuts:", *graph.spectrum(N).clean_cuts)
    f = graph.spectrum(3).embedding
    radius = np.linalg.norm(f[:, 1:], axis=1)
    print(f"At k = 3 all views lie on one circle: radii from {radius.min():.6f} to {radius.max():.6f}")
    for k in (3, 2):
        print(f"\nk = {k}: {pg.verify(graph, pg.train(graph, k, rng=0).f)}")


def visualize() -> Any:
    """Draw the spectrum, and the embedding by its second and third column."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(10, 4.4), layout="constrained")
    pg.plot.spectrum(graph.spectrum(N).leading(3), ax=axes[0])
    ax = pg.plot.embedding(graph, graph.spectrum(3), dims=(1, 2), ax=axes[1])
    for view, (x, y) in zip(graph.views, graph.spectrum(3).embedding[:, 1:], strict=True):
        ax.annotate(str(view), (x, y), ha="center", va="center", color="white", fontsize=9)
    ax.set(title="F* at k = 3 draws the ring", aspect="equal")
    return figure


if __name__ == "__main__":
    report()
    folder = Path("figures") / "ring"
    folder.mkdir(parents=True, exist_ok=True)
    visualize().savefig(folder / "ring.png", dpi=150)
    print(f"wrote {folder / 'ring.png'}")
