"""Masked words: sentences of a topic share words, so their bags of words join first.

Run `python examples/masked_tokens.py`; it prints what it finds and writes its figure to `figures/masked_tokens/`.

Each word is masked with probability q. Sentences without a common word meet only where everything is masked, and then each of the n
non-trivial eigenvalues is 1 - q^m for sentences of m words; shared words set a topic's own sentences closer.
"""

from pathlib import Path
from typing import Any

import popgraph as pg

graph = pg.zoo.masked_tokens()


def report() -> None:
    """Print the spectrum for unrelated sentences beside its formula, then what F* groups when words are shared."""
    print("q      γ_2 of two unrelated sentences of 3 words   1 - q³")
    for q in ("1/4", "1/2", "3/4"):
        apart = pg.zoo.masked_tokens(["stars shine bright", "we eat bread"], q)
        print(f"{q}    {apart.spectrum(2).gamma[1]:<43.6f} {1 - (int(q[0]) / int(q[2])) ** 3:.6f}")
    print(f"\n{graph}")
    errors = {k: pg.probe(graph, graph.spectrum(k)).error for k in (1, 2, 3)}
    print("Error of a probe for the topic:", ", ".join(f"{error:.3f} at k = {k}" for k, error in errors.items()))
    print(f"\n{pg.verify(graph, pg.train(graph, 3, rng=0).f)}")


def visualize() -> Any:
    """Draw the spectrum, and the views by the second and third eigenfunction."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(10.5, 4.4), layout="constrained")
    pg.plot.spectrum(graph.spectrum(12).leading(3), ax=axes[0])
    pg.plot.embedding(graph, graph.spectrum(3), dims=(1, 2), ax=axes[1])
    return figure


if __name__ == "__main__":
    report()
    folder = Path("figures") / "masked_tokens"
    folder.mkdir(parents=True, exist_ok=True)
    visualize().savefig(folder / "masked_tokens.png", dpi=150)
    print(f"wrote {folder / 'masked_tokens.png'}")
