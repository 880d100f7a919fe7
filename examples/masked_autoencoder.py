"""A masked autoencoder on bit strings: which mask teaches the hidden bit, and what comes before it.

Run `python examples/masked_autoencoder.py`; it prints what it finds and writes its figure to `figures/masked_autoencoder/`.

All bits of a string are noisy copies of one hidden bit. One encoder sees the visible part, the other the masked part. Both see
which positions are masked, so that comes first; then the hidden bit, with σ = ρ(visible) ρ(masked), most at half of the bits.
"""

from math import comb, sqrt
from pathlib import Path
from typing import Any

import numpy as np

import popgraph as pg
from popgraph.plot.drawing import COLOURS, INK

BITS, FLIPS = 6, (0.1, 0.2, 0.3)
graph = pg.zoo.masked_autoencoder(4, 2)


def correlation(copies: int, flip: float) -> float:
    """ρ(m) of the hidden bit with m of its copies, by the formula."""
    a = np.array([flip**j * (1 - flip) ** (copies - j) for j in range(copies + 1)])
    times = np.array([comb(copies, j) for j in range(copies + 1)])
    return sqrt(float(np.sum(times * (a - a[::-1]) ** 2 / (2 * (a + a[::-1])))))


def of_hidden_bit(masked: int, flip: float) -> tuple[float, float]:
    """The singular value of the hidden bit, the last of twice as many as there are masks, and its formula."""
    sigma = pg.zoo.masked_autoencoder(BITS, masked, flip=flip).spectrum(2 * comb(BITS, masked)).sigma
    return float(sigma[-1]), correlation(BITS - masked, flip) * correlation(masked, flip)


def probe_errors(ks: range) -> list[float]:
    """Of a probe for the hidden bit, on the visible part."""
    spectrum = graph.spectrum(max(ks))
    return [round(pg.probe(graph.of_x, spectrum.leading(k).embedding_x).error, 9) for k in ks]


def report() -> None:
    """Print the graph, σ of each mask beside its formula, and what a probe finds on both sides of the clean cut."""
    print(graph, "\n\nmasked   σ of the hidden bit   ρ(visible) ρ(masked)", sep="")
    for masked in range(1, BITS):
        print(f"{masked} of {BITS}  ", *(f"{number:.9f}          " for number in of_hidden_bit(masked, 0.2)))
    print(f"\n{graph.spectrum(6)}\nerror of a probe at k = 6 and 12: {probe_errors(range(6, 13, 6))}")
    print(pg.verify(graph, pg.train(graph, 12, rng=0, progress=False)))


def visualize() -> Any:
    """Draw S, the singular values with the probe's error, and σ of the hidden bit over the share that is masked."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 3, figsize=(15.5, 4.8), layout="constrained", width_ratios=(1.2, 1, 1))
    pg.plot.matrix(graph, ax=axes[0])
    ks = range(1, 16)
    axes[1].plot(ks, graph.spectrum(15).sigma, "o", color=COLOURS[0], label="σ_k")
    axes[1].plot(ks, probe_errors(ks), "s-", color=COLOURS[3], label="error of a probe (6 < k < 12: of one f)")
    axes[1].set(xlabel="k", title="Six masks first, then the hidden bit", ylim=(-0.05, 1.08))
    masked = range(1, BITS)
    for flip, colour in zip(FLIPS, COLOURS, strict=False):
        sigma, formula = zip(*(of_hidden_bit(m, flip) for m in masked), strict=True)
        axes[2].plot(masked, sigma, "o", color=colour, label=f"flip {flip}")
        axes[2].plot(masked, formula, color=INK, linewidth=0.8)
    axes[2].set(xlabel=f"bits masked, of {BITS}", ylabel="σ of the hidden bit", ylim=(0, 1), xticks=masked)
    for ax in axes[1:]:
        ax.legend(frameon=False, fontsize=9)
        ax.spines[["top", "right"]].set_visible(False)
    return figure


if __name__ == "__main__":
    report()
    folder = Path("figures") / "masked_autoencoder"
    folder.mkdir(parents=True, exist_ok=True)
    visualize().savefig(folder / "masked_autoencoder.png", dpi=150)
    print(f"wrote {folder / 'masked_autoencoder.png'}")
