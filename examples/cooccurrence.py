"""The Zen of Python as a graph of words: what one encoder finds in co-occurrences, and what needs two.

Run `python examples/cooccurrence.py`; it prints what it finds and writes its figure to `figures/cooccurrence/`.

A positive pair is two words that stand at most two apart in one line of the text that `import this` prints. No augmentation has
such pairs: a word is seldom next to itself, and Ā has negative eigenvalues. One encoder fits Ā by FFᵀ, which has none: it gains
Σ max(μ, 0)² over the k largest. A word encoder and a context encoder, as word2vec has, gain Σ μ² over the k of largest size.
"Readability counts" is a component of its own, two words that only follow each other: μ = 1 and -1.
"""

from pathlib import Path
from typing import Any

import numpy as np

import popgraph as pg

graph = pg.zoo.cooccurrence()
spectrum = graph.spectrum(graph.N)
mu = spectrum.gamma
sizes = np.arange(1, 41)
one = np.cumsum(np.maximum(mu, 0) ** 2)[sizes - 1]
two = np.cumsum(np.sort(mu**2)[::-1])[sizes - 1]


def nearest(word: str) -> str:
    """Name the words whose rows of F* at k = 20 have the largest cosines with that of a word."""
    f = graph.spectrum(20).embedding
    f = f / np.linalg.norm(f, axis=1, keepdims=True)
    return ", ".join(graph.views[i] for i in np.argsort(-(f @ f[graph.index(word)]))[1:5])


def report() -> None:
    """Print a pair of words, a few words with their neighbours, what encoders reach, and a verdict."""
    print(graph.explain("better", "than"), "\n")
    for word in ("explain", "never", "rules"):
        print(f"near {word!r} in F* at k = 20: {nearest(word)}")
    print(f"\nAt k = 16 one encoder reaches {one[15]:.3f}, two reach {two[15]:.3f} of ||Ā||² = {np.sum(mu**2):.3f}\n")
    print(pg.verify(graph, pg.train(graph, 7, rng=0)))


def visualize() -> Any:
    """Draw the signed spectrum, what one and two encoders gain, and the largest component by two eigenfunctions."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 3, figsize=(16, 5), layout="constrained", width_ratios=[1, 1, 1.6])
    axes[0].bar(np.arange(1, graph.N + 1), mu, color=np.where(mu > 0, "C0", "C1"))
    axes[0].set(xlabel="i", ylabel="μ_i", title="eigenvalues of Ā: orange needs two encoders")
    axes[1].plot(sizes, two, color="C1", label="two encoders")
    axes[1].plot(sizes, one, color="C0", label="one encoder")
    axes[1].set(xlabel="k", ylabel="- min L", title="what k dimensions reach")
    axes[1].legend()
    f = spectrum.eigenfunctions[:, 2:4]
    axes[2].scatter(*f.T, s=12, color="C0")
    for word, at in zip(graph.views, f, strict=True):
        if word in ("better", "never", "rules", "hard", "explain", "dutch", "errors"):
            axes[2].annotate(word, at, (4, 4), textcoords="offset points")
    axes[2].set(xlabel="3rd eigenfunction", ylabel="4th eigenfunction", title="words")
    return figure


if __name__ == "__main__":
    report()
    target = Path("figures") / "cooccurrence" / "cooccurrence.png"
    target.parent.mkdir(parents=True, exist_ok=True)
    visualize().savefig(target, dpi=110)
    print(f"wrote {target}")
