"""The hypercube: parities of bits are the eigenvectors, and their degree decides what F* sees first.

Run `python examples/hypercube.py`; it prints what it finds and writes its figure to `figures/hypercube/`.

Each of d bits is flipped with probability 1/4. A parity of j bits has the eigenvalue (1 - 2/4)^(2j), and there are binom(d, j) of
them: cuts are clean only where a degree is complete.
"""

from pathlib import Path
from typing import Any

import numpy as np

import popgraph as pg

D = 4
graph = pg.zoo.hypercube(D)


def parity(bits: tuple[int, ...], which: tuple[int, ...]) -> float:
    """Return the parity of some bits as a sign."""
    return float((-1) ** sum(bits[i] for i in which))


def report() -> None:
    """Print multiplicities beside binomials, and which parities an embedding at the first clean cut can express."""
    from itertools import combinations
    from math import comb

    spectrum = graph.spectrum(graph.N)
    print("degree   γ         times   binom(d, j)")
    for j, (gamma, count) in enumerate(spectrum.multiplicities):
        print(f"{j:>6}   {gamma:.6f}  {count:>5}   {comb(D, j):>5}    (1 - 2/4)^{2 * j} = {0.5 ** (2 * j):.6f}")
    print("\nClean cuts:", *spectrum.clean_cuts)
    F = graph.spectrum(1 + D).eigenvectors
    root = np.sqrt(graph.w_x)
    for j in (1, 2):
        which = next(combinations(range(D), j))
        target = root * [parity(bits, which) for bits in graph.views]
        print(f"share of a parity of {j} in span F* at k = {1 + D}: {np.sum((F.T @ target) ** 2):.6f}")
    for k in (1 + D, D):
        print(f"\nk = {k}: {pg.verify(graph, pg.train(graph, k, rng=0).f)}")


def visualize() -> Any:
    """Draw the spectrum with its steps, and all eigenvalues as the flip probability slides."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(10.5, 4.4), layout="constrained")
    pg.plot.spectrum(graph.spectrum(graph.N).leading(1 + D), ax=axes[0])
    values = np.linspace(0.02, 0.5, 25)
    ax = pg.plot.spectrum_path(lambda flip: pg.zoo.hypercube(D, flip), values, most=graph.N, ax=axes[1])
    ax.set(xlabel="probability of a flip", title="one line for each degree")
    return figure


if __name__ == "__main__":
    report()
    folder = Path("figures") / "hypercube"
    folder.mkdir(parents=True, exist_ok=True)
    visualize().savefig(folder / "hypercube.png", dpi=150)
    print(f"wrote {folder / 'hypercube.png'}")
