"""Two classes of independent bits: the second eigenvector adds up what all bits say, and tells the classes apart.

Run `python examples/mixture.py`; it prints what it finds and writes its figure to `figures/mixture/`.

Each class draws nine bits, each with the class's bias; an augmentation flips one in five. The graph is known by its products with
vectors alone: neither its naturals nor its pairs are listed until `expand` does so, to train on it.
"""

from pathlib import Path
from typing import Any

import numpy as np

import popgraph as pg

D = 9


def bit(p: float) -> Any:
    """A bit that is 1 with probability p, seen flipped one time in five."""
    return pg.build({0: 1 - p, 1: p}, {0: {0: 0.8, 1: 0.2}, 1: {0: 0.2, 1: 0.8}})


graph = pg.structure.mixture(["cat", "dog"], {"cat": [bit(0.15)] * D, "dog": [bit(0.85)] * D})
spectrum = graph.spectrum(2)
ones = np.array([sum(view) for view in graph.views])


def report() -> None:
    """Print the spectrum, how well the second eigenvector tells the classes apart, and a training's verdict."""
    print(graph)
    print(spectrum)
    second = spectrum.eigenfunctions[:, 1]
    dog = graph.view_labels == "dog"
    apart = max(np.mean((second > 0) == dog), np.mean((second < 0) == dog))
    print(f"\nThe sign of the second eigenfunction is the most probable class for {apart:.1%} of the views.")
    listed = graph.expand()
    print(f"\nListed: {listed}\n{pg.verify(listed, pg.train(listed, 2, rng=0).f)}")


def visualize() -> Any:
    """Draw the second eigenfunction by the number of ones in a view, coloured by the most probable class."""
    import matplotlib.pyplot as plt

    figure, ax = plt.subplots(figsize=(6.4, 4.2), layout="constrained")
    for label, colour, marker in (("cat", "#0072B2", "o"), ("dog", "#D55E00", "s")):
        mine = graph.view_labels == label
        ax.scatter(
            ones[mine], spectrum.eigenfunctions[mine, 1], c=colour, marker=marker, label=f"most probably a {label}"
        )
    ax.axhline(0, color="grey", linewidth=0.8)
    ax.set(
        xlabel="ones among the nine bits of a view", ylabel="second eigenfunction", title="One direction for the class"
    )
    ax.legend(frameon=False)
    return figure


if __name__ == "__main__":
    report()
    folder = Path("figures") / "mixture"
    folder.mkdir(parents=True, exist_ok=True)
    visualize().savefig(folder / "mixture.png", dpi=150)
    print(f"wrote {folder / 'mixture.png'}")
