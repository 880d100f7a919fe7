"""Letters in any orientation: each orbit is a circle, and its eigenvalues are Fourier coefficients.

Run `python examples/rotations.py`; it prints what it finds and writes its figure to `figures/rotations/`.

Every picture is seen turned by a random number of quarter turns. An orbit of m different images has the eigenvalues
|Σ_s P(s) e^{2πi js/m}|²: a letter that is symmetric under half a turn has only two.
"""

from pathlib import Path
from typing import Any

import numpy as np

import popgraph as pg

STEPS = {0: 0.5, 1: 0.25, 3: 0.25}
graph = pg.zoo.rotations(turns=STEPS)


def report() -> None:
    """Print each orbit's Fourier coefficients beside the graph's eigenvalues."""
    sizes = {name: int(np.sum(graph.labels == name)) for name in dict.fromkeys(graph.labels.tolist())}
    expected = []
    for name, m in sizes.items():
        coefficients = [abs(sum(P * np.exp(2j * np.pi * j * s / m) for s, P in STEPS.items())) ** 2 for j in range(m)]
        expected += coefficients
        print(f"{name}: {m} orientations, |Fourier|² =", *(f"{c:.4f}" for c in sorted(coefficients, reverse=True)))
    print("together:       ", *(f"{c:.4f}" for c in sorted(expected, reverse=True)))
    print("γ of the graph: ", *(f"{gamma:.4f}" for gamma in graph.spectrum(graph.N).gamma))
    k = graph.component_count
    print(f"\nk = {k}, one dimension for each letter: {pg.verify(graph, pg.train(graph, k, rng=0).f)}")


def visualize() -> Any:
    """Draw Ā, a block for each letter, and the spectrum."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(10.5, 4.6), layout="constrained")
    pg.plot.matrix(graph, ax=axes[0])
    pg.plot.spectrum(graph.spectrum(graph.N).leading(graph.component_count), ax=axes[1])
    return figure


if __name__ == "__main__":
    report()
    folder = Path("figures") / "rotations"
    folder.mkdir(parents=True, exist_ok=True)
    visualize().savefig(folder / "rotations.png", dpi=150)
    print(f"wrote {folder / 'rotations.png'}")
