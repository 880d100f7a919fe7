"""A population of 2^1000 views: its exact spectrum, an embedding trained on it, and two verdicts, one of them by sampling.

Run `python examples/astronomical.py`; it prints what it finds and writes its figure to `figures/astronomical/`.

A string of 1,000 bits is drawn uniformly. Augmentation flips each bit independently: three of them, the meaning, with probability
1/10, the other 997, the style, with probability 1/4. Nothing is listed: eigenvalues are products of one factor's each, and f is a
linear function of the bits, whose moments are exact sums.
"""

from pathlib import Path
from typing import Any

import popgraph as pg

D, MEANING = 1000, 3
K = 1 + MEANING
graph = pg.product([pg.zoo.hypercube(1, "1/10")] * MEANING + [pg.zoo.hypercube(1)] * (D - MEANING))


def trained() -> Any:
    """Train f on the constant and all single bits, from a random start, without seeing F*."""
    return pg.train(graph, K, features=graph.features(degree=1), rng=0)


def report() -> None:
    """Print the leading levels, the training, and what exact sums and 50,000 sampled pairs say of it."""
    print(graph)
    spectrum = graph.spectrum(1002)
    print(f"\n{spectrum}")
    pairs = graph.sample_pairs(10_000, rng=1)
    x, x_plus = pairs[:, 0], pairs[:, 1]
    phi = spectrum.leading(K)
    estimates = (phi.evaluate(x) * phi.evaluate(x_plus)).mean(axis=0)
    print("\nE φ_i(x) φ_i(x⁺), which is γ_i, on 10,000 sampled pairs:", *(f"{value:.3f}" for value in estimates))
    training = trained()
    print(f"\n{training}\n{pg.verify(graph, training)}")
    longest = sum(sum(row**2) ** 0.5 for row in training.weights)  # f adds or subtracts a row for each bit
    sampled = pg.verify_sampled(graph, lambda x: training.f(x), pairs=50_000, atol=0.35, longest=longest, rng=2)
    print(f"\n{sampled}")


def visualize() -> Any:
    """Draw the distinct eigenvalues with their multiplicities, and how much of each bit f learned."""
    import matplotlib.pyplot as plt
    import numpy as np

    figure, axes = plt.subplots(1, 2, figsize=(10.5, 4.4), layout="constrained")
    levels = graph.spectrum(10**12).multiplicities
    axes[0].vlines([gamma for gamma, _ in levels], 0.5, [float(count) for _, count in levels], lw=3, color="#0072B2")
    axes[0].set(xscale="log", yscale="log", xlabel="eigenvalue γ", ylabel="multiplicity", ylim=(0.5, None))
    axes[0].set_title(f"the {len(levels)} leading levels of 2^{D} eigenvalues")
    shares = np.sum(graph.features(degree=1).inner(trained().f)[0][1:] ** 2, axis=1)
    bits = np.arange(1, D + 1)
    for part, colour, name in (
        (bits <= MEANING, "#D55E00", "meaning: 1/10"),
        (bits > MEANING, "#0072B2", "style: 1/4"),
    ):
        axes[1].plot(bits[part], shares[part] / shares.max(), ".", color=colour, label=name)
    axes[1].set(xscale="log", yscale="log", xlabel="bit", ylabel="share of it in f", title="what training found")
    axes[1].legend(title="flipped with probability")
    return figure


if __name__ == "__main__":
    report()
    folder = Path("figures") / "astronomical"
    folder.mkdir(parents=True, exist_ok=True)
    visualize().savefig(folder / "astronomical.png", dpi=150)
    print(f"wrote {folder / 'astronomical.png'}")
