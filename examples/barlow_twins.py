"""What the original Barlow Twins loss finds: leading eigenfunctions at weight 1, and at the published weight a collapse.

Run `python examples/barlow_twins.py`; it prints what it measures and writes its figure to `figures/barlow_twins/`.

Barlow Twins asks the cross-correlation of the two views' features to be the identity: its diagonal with weight 1, the rest with
a small weight (0.005 in Zbontar et al. 2021). At weight 1 the best features span the leading eigenfunctions after the constant,
with a water-filled spectrum. As the weight falls, a later eigenfunction is worth less than a copy of the first, for its
diagonal entry is nearer to 1: one after the other is given up, and at last all features are φ_2. Where the features have
lost a dimension they span it no more, and a match with F* is out of the question.
"""

from pathlib import Path
from typing import Any

import numpy as np

import popgraph as pg

K = 3
WEIGHTS = (1.0, 0.5, 0.3, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005)
PUBLISHED = 0.005
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#000000")


def population() -> pg.PopulationGraph:
    """Six naturals on eleven views, at random, with well separated eigenvalues."""
    rng = np.random.default_rng(5)
    A = rng.random((6, 11)) * (rng.random((6, 11)) < 0.6) + 1e-3
    return pg.build(rng.dirichlet(np.ones(6)), A / A.sum(axis=1, keepdims=True), name="random")


def report() -> dict[float, np.ndarray]:
    """Train at each weight from four starts; print the loss and how the features' variance is shared out."""
    graph = population()
    spectrum = graph.spectrum(graph.N)
    print(graph, "\n")
    print(f"γ = {spectrum.gamma[:5].round(4).tolist()}, ...; {K} features")
    print("weight   loss       known minimum   share of the variance on φ_2, φ_3, φ_4 and the rest")
    shares = {}
    for weight in WEIGHTS:
        loss = pg.losses.BarlowTwins(weight=weight, epsilon=0.0)
        best = min((pg.train(graph, K, loss=loss, rng=seed) for seed in range(4)), key=lambda run: run.loss[-1])
        centred = best.f - graph.w_x @ best.f
        F = centred / np.sqrt(graph.w_x @ centred**2) * np.sqrt(graph.w_x)[:, np.newaxis]
        along = np.sum((spectrum.eigenvectors[:, 1:].T @ F) ** 2, axis=1) / K
        shares[weight] = np.array([*along[:3], max(0.0, 1 - along[:3].sum())])
        known = f"{pg.theory.minimum(loss, graph, K):.6f}" if weight == 1.0 else "none"
        print(
            f"{weight:<8g} {best.loss[-1]:.6f}   {known:<13}   {'  '.join(f'{share:.3f}' for share in shares[weight])}"
        )
    match = pg.verify(graph, pg.train(graph, K + 1, rng=0).f)
    print(f"\nThe spectral loss on the same graph, at k = {K + 1}: {match}")
    return shares


def visualize(shares: dict[float, np.ndarray]) -> Any:
    """Draw how the variance is shared out, over the weight."""
    import matplotlib.pyplot as plt

    figure, ax = plt.subplots(figsize=(7.5, 4.5), layout="constrained")
    labels = ("φ_2", "φ_3", "φ_4", "the rest")
    for label, colour, marker, values in zip(labels, COLOURS, "os^x", np.array(list(shares.values())).T, strict=True):
        ax.plot(list(shares), values, marker + "-", color=colour, label=label)
    ax.axvline(PUBLISHED, color="#888888", linestyle="--", linewidth=1)
    ax.annotate("published weight", (PUBLISHED * 1.08, 0.5), fontsize=9)
    ax.set(xscale="log", xlabel="weight of the entries off the diagonal", ylabel="share of the features' variance")
    ax.set_title(f"Barlow Twins with {K} features: what its optimum is made of")
    ax.legend(loc="center")
    return figure


if __name__ == "__main__":
    found = report()
    target = Path("figures") / "barlow_twins" / "barlow_twins.png"
    target.parent.mkdir(parents=True, exist_ok=True)
    visualize(found).savefig(target, dpi=110)
    print(f"wrote {target}")
