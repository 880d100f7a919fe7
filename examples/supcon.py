"""SupCon beside the spectral loss: labels in the pairs keep the classes, and let what is inside a class collapse.

Run `python examples/supcon.py`; it prints what it finds and writes its figure to `figures/supcon/`.

Two classes of two sub-graphs each. With both classes known, at weight η in the pairs, the class keeps its eigenvalue 0.81, and each
sub-graph's falls as (1 - η) 0.5625. At η = 1, supervised contrastive learning, it is 0: every class is one point.
"""

from pathlib import Path
from typing import Any

import numpy as np

import popgraph as pg
from popgraph.plot.drawing import COLOURS

graph = pg.zoo.planted_subclasses(2, 2, size=5, within="1/10", across="1/20")
SUBGRAPHS = [natural[:2] for natural in graph.naturals]
WEIGHTS = (0, 0.5, 0.9, 1)


def with_classes(eta: Any) -> pg.PopulationGraph:
    """Return the graph with all of its labels in the pairs."""
    return graph.with_labels(graph.labels, eta)


def spread_within_classes(f: np.ndarray, g: pg.PopulationGraph) -> float:
    """Return the share of the variance of f that is inside the classes."""
    centred = f - g.w_x @ f
    classes = np.array([graph.labels[i] for i in range(graph.n)])  # views are naturals
    means = np.array([centred[classes == c].mean(axis=0) for c in (0, 1)])
    return float(np.sum((centred - means[classes]) ** 2) / np.sum(centred**2))


def report() -> None:
    """Print eigenvalues, the spread inside classes of a trained f, and what probes make of its span."""
    print("η      γ_2      γ_3      spread within classes   error for classes   for sub-graphs, k = 4")
    for eta in WEIGHTS:
        g = with_classes(eta)
        gamma, f = g.spectrum(4).gamma, pg.train(g, 4, rng=0).f
        errors = pg.probe(g, f).error, pg.probe(g, g.spectrum(4), SUBGRAPHS).error
        print(
            f"{eta:<6} {gamma[1]:.4f}   {gamma[2]:.4f}   {spread_within_classes(f, g):<23.4f} {errors[0]:<19.4f} {errors[1]:.4f}"
        )
    g = with_classes(1)
    print(f"\nSupCon at k = 2: {pg.verify(g, pg.train(g, 2, rng=0).f)}")


def visualize() -> Any:
    """Draw the eigenvalues over η, and the sub-graphs at three weights: two coordinates of F*."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 4, figsize=(14, 3.7), layout="constrained", width_ratios=(1.6, 1, 1, 1))
    pg.plot.spectrum_path(lambda eta: with_classes(float(eta)), np.linspace(0, 1, 11), k=4, most=6, ax=axes[0])
    axes[0].set(xlabel="weight η of the labels in the pairs")
    direction = np.array([1.0 if t else -1.0 for _, t in SUBGRAPHS])  # tells the sub-graphs of both classes apart
    for ax, eta in zip(axes[1:], (0, 0.9, 1), strict=True):
        f = with_classes(eta).spectrum(4).embedding
        inside = f[:, 2:] @ (f[:, 2:].T @ direction)
        inside /= max(1.0, np.linalg.norm(f[:, 2:].T @ direction))
        for c, colour in enumerate(COLOURS[:2]):
            here = [label == c for label in graph.labels]
            ax.plot(f[here, 1], inside[here], "o", color=colour, label=f"class {c}", markersize=8, alpha=0.6)
        ax.set(title=f"η = {eta:g}", xlabel="class", xlim=(-1.5, 1.5), ylim=(-2, 2))
    axes[1].set_ylabel("sub-graph")
    axes[1].legend(frameon=False)
    return figure


if __name__ == "__main__":
    report()
    folder = Path("figures") / "supcon"
    folder.mkdir(parents=True, exist_ok=True)
    visualize().savefig(folder / "supcon.png", dpi=150)
    print(f"wrote {folder / 'supcon.png'}")
