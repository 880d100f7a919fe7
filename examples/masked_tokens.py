"""Masked words: sentences group by the words that they share, articles as well as topics.

Run `python examples/masked_tokens.py`; it prints what it finds and writes its figure to `figures/masked_tokens/`.

Each word is masked with probability q. Of n sentences of m words without a common word, all n - 1 non-trivial eigenvalues are
1 - q^m. Here words are shared, and the article (the, a) ties with the topic: at k = 2 F* may be either, at k = 3 it holds both.
"""

from pathlib import Path
from typing import Any

import numpy as np

import popgraph as pg
from popgraph.plot.drawing import COLOURS

graph = pg.zoo.masked_tokens()
GROUPINGS = {
    "topic": np.where(graph.labels == "animals", 1.0, -1.0),
    "article": np.array([1.0 if sentence.startswith("the ") else -1.0 for sentence in graph.naturals]),
}


def report() -> None:
    """Print the spectrum of unrelated sentences beside its formula, then which grouping F* holds when words are shared."""
    print("q      γ_2 of two unrelated sentences of 3 words   1 - q³")
    for q in ("1/4", "1/2", "3/4"):
        apart = pg.zoo.masked_tokens(["stars shine bright", "we eat bread"], q)
        print(f"{q}    {apart.spectrum(2).gamma[1]:<43.6f} {1 - (int(q[0]) / int(q[2])) ** 3:.6f}")
    print(f"\n{graph}")
    M, spectrum = graph.factor, graph.spectrum(3)
    print("\ngrouping   eigenvalue uᵀMMᵀu   |MMᵀu - γu|   share of Mᵀu in span F* at k = 3")
    for name, signs in GROUPINGS.items():
        u = signs / np.linalg.norm(signs)
        v = M.T @ u
        gamma, share = float(v @ v), float(np.sum((spectrum.eigenvectors.T @ v) ** 2) / (v @ v))
        print(f"{name:<10} {gamma:<19.6f} {np.linalg.norm(M @ v - gamma * u):<13.1e} {share:.6f}")
    print(f"γ of the graph: {spectrum.gamma.round(6).tolist()}; k = 2 parts the two, so its minimisers differ:")
    print(pg.probe_range(graph, k=2))
    print(f"Error of a probe for the topic at k = 3: {pg.probe(graph, spectrum).error:.3f}\n")
    print(pg.verify(graph, pg.train(graph, 3, rng=0).f))


def visualize() -> Any:
    """Draw the spectrum, and the sentences at the mean of their views, coloured by topic and marked by article."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(10.5, 4.6), layout="constrained")
    spectrum = graph.spectrum(3)
    pg.plot.spectrum(graph.spectrum(12).leading(3), ax=axes[0])
    means = (graph.factor @ spectrum.eigenvectors)[:, 1:] * np.sqrt(len(graph.naturals))
    for at in np.unique(means.round(6) + 0.0, axis=0):
        here = np.flatnonzero(np.abs(means - at).max(axis=1) < 1e-5)
        topic, article = (GROUPINGS[name][here[0]] > 0 for name in GROUPINGS)
        named = f"{'animals' if topic else 'money'}, {'the' if article else 'a'}"
        axes[1].scatter(*at, s=90, color=COLOURS[0 if topic else 1], marker="o" if article else "s", label=named)
        text = "\n".join(graph.naturals[i] for i in here)
        axes[1].annotate(text, at, (0, 9), textcoords="offset points", ha="center", fontsize=9)
    axes[1].set(xlabel="f_2", ylabel="f_3", title="Sentences by F* at k = 3: topic and article")
    axes[1].margins(0.35)
    axes[1].legend(frameon=False, fontsize=9, loc="center")
    axes[1].spines[["top", "right"]].set_visible(False)
    return figure


if __name__ == "__main__":
    report()
    folder = Path("figures") / "masked_tokens"
    folder.mkdir(parents=True, exist_ok=True)
    visualize().savefig(folder / "masked_tokens.png", dpi=150)
    print(f"wrote {folder / 'masked_tokens.png'}")
