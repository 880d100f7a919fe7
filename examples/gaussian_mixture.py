"""A mixture of three Gaussians on a line: one eigenvalue near 1 for each class, until noise joins them.

Run `python examples/gaussian_mixture.py`; it prints what it finds and writes its figure to `figures/gaussian_mixture/`.

Within one class the eigenvalues fall off as ρ^j, ρ = spread²/(spread² + noise²) (Mehler). While the classes lie apart, the cliff
stands at their number.
"""

from pathlib import Path
from typing import Any

import numpy as np

import popgraph as pg

MEANS = (-6.0, 0.0, 6.0)


def mixture(noise: float) -> pg.PopulationGraph:
    """Build the grid of the mixture."""
    return pg.zoo.gaussian_mixture(MEANS, spread=1.0, noise=noise, step=0.5)


def report() -> None:
    """Print the eigenvalues around the cliff beside Mehler's ρ, and the error of a probe, as noise grows."""
    print("noise   γ_2     γ_3     γ_4     Mehler's ρ   probe error at k = 3")
    for noise in (0.5, 1.0, 2.0, 3.0, 4.0):
        graph = mixture(noise)
        gamma = graph.spectrum(4).gamma
        error = pg.probe(graph, graph.spectrum(3)).error
        print(f"{noise:<7} {gamma[1]:.4f}  {gamma[2]:.4f}  {gamma[3]:.4f}  {1 / (1 + noise**2):.4f}       {error:.4f}")
    print("While the classes lie apart γ_4 is Mehler's ρ; as noise joins them, γ_2 and γ_3 fall towards it.\n")
    graph = mixture(1.0)
    print(pg.verify(graph, pg.train(graph, 3, rng=0).f))


def visualize() -> Any:
    """Draw the eigenvalues over the noise, and the embedding where the classes are apart."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(10.5, 4.4), layout="constrained")
    ax = pg.plot.spectrum_path(mixture, np.linspace(0.4, 4, 13), k=3, most=6, ax=axes[0])
    ax.set(xlabel="noise", title="three classes, three eigenvalues, then a cliff")
    graph = mixture(1.0)
    pg.plot.embedding(graph, graph.spectrum(3), dims=(1, 2), ax=axes[1])
    return figure


if __name__ == "__main__":
    report()
    folder = Path("figures") / "gaussian_mixture"
    folder.mkdir(parents=True, exist_ok=True)
    visualize().savefig(folder / "gaussian_mixture.png", dpi=150)
    print(f"wrote {folder / 'gaussian_mixture.png'}")
