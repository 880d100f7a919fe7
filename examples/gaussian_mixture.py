"""A mixture of three Gaussians on a line: the cliff in the spectrum counts the classes, until noise joins them.

Run `python examples/gaussian_mixture.py`; it prints what it finds and writes its figure to `figures/gaussian_mixture/`.

One Gaussian alone has the eigenvalues ρ^j, ρ = spread²/(spread² + noise²) (Mehler). With little noise each class adds one near
1, and γ_4 is near ρ. As noise grows the classes become one wide cloud, of which γ_2 is at least V/(V + noise²), V the variance
of a natural: that is the squared correlation between a natural and its view.
"""

from pathlib import Path
from typing import Any

import numpy as np

import popgraph as pg

MEANS = (-6.0, 0.0, 6.0)
K = len(MEANS)
NOISES = (0.5, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0)


def mixture(noise: float) -> pg.PopulationGraph:
    """Build the grid of the mixture."""
    return pg.zoo.gaussian_mixture(MEANS, spread=1.0, noise=noise, step=0.5)


def report() -> None:
    """Print the eigenvalues beside Mehler's ρ and the linear bound, where the largest drop is, and a probe's error."""
    variance = 1.0 + float(np.var(MEANS))
    print(f"noise   γ_2     V/(V+noise²)   γ_3     γ_4     Mehler's ρ   largest drop after   probe error at k = {K}")
    cliffs = {}
    for noise in NOISES:
        graph = mixture(noise)
        gamma = graph.spectrum(K + 2).gamma
        cliffs[noise] = 1 + int(np.argmax(gamma[:-1] - gamma[1:]))
        error = pg.probe(graph, graph.spectrum(K)).error
        print(
            f"{noise:<7} {gamma[1]:.4f}  {variance / (variance + noise**2):<12.4f}   {gamma[2]:.4f}  {gamma[3]:.4f}  "
            f"{1 / (1 + noise**2):<10.4f}   {cliffs[noise]:<18}   {error:.4f}"
        )
    counted = [noise for noise in NOISES if cliffs[noise] == K]
    print(
        f"\nThe largest drop counts the {K} classes for noise {counted[0]} to {counted[-1]} of those tried, then fewer.\n"
    )
    graph = mixture(1.0)
    print(pg.verify(graph, pg.train(graph, K, rng=0).f))


def visualize() -> Any:
    """Draw the eigenvalues over the noise, and the embedding where the classes are apart."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(10.5, 4.4), layout="constrained")
    ax = pg.plot.spectrum_path(mixture, np.linspace(0.4, 8, 20), k=K, most=6, ax=axes[0])
    ax.set(xlabel="noise", title="three eigenvalues near 1, while the noise is small")
    graph = mixture(1.0)
    names = [f"around {MEANS[label]:g}" for label in graph.view_labels]
    ax = pg.plot.embedding(graph, graph.spectrum(K), labels=names, dims=(1, 2), ax=axes[1])
    ax.set_title("F* at noise 1: three classes")
    return figure


if __name__ == "__main__":
    report()
    folder = Path("figures") / "gaussian_mixture"
    folder.mkdir(parents=True, exist_ok=True)
    visualize().savefig(folder / "gaussian_mixture.png", dpi=150)
    print(f"wrote {folder / 'gaussian_mixture.png'}")
