"""Six populations in a sentence each: words with typing errors, cards, DNA, notes, a die, and glyphs with a pixel of noise.

Run `python examples/populations_in_a_sentence.py`; it checks each population's eigenvalues against their closed form,
trains f, prints a match with F*, and writes its figure to `figures/populations_in_a_sentence/`: each graph, and below it F*
without its constant column.
"""

from pathlib import Path
from typing import Any

import numpy as np

import popgraph as pg

TOYS = {
    "typing errors": pg.zoo.typos(["cat", "car"]),
    "cards": pg.zoo.cards(4),
    "DNA": pg.zoo.dna(2, "3/8"),
    "notes": pg.zoo.notes(),
    "a tipped die": pg.zoo.dice("1/4", 0),
    "glyphs": pg.zoo.glyphs(),
}
CLOSED_FORM = {
    "typing errors": [1, 1 - (2 * 2 * (1 / 2 * 1 / 24) / (1 / 2 + 1 / 24) + 1 / 24)],
    "cards": [1, (7 / 8) ** 2, (11 / 16) ** 2, (11 / 16) ** 2],
    "DNA": [1] + [(1 - 4 / 3 * 3 / 8) ** 2] * 6,
    "notes": [1] + [(1 / 2 + np.cos(np.pi / 6) / 2) ** 2] * 2,
    "a tipped die": [1] + [(3 / 4) ** 2] * 3,
    "glyphs": [1, 1 - 1 / 18, 1 - 3 / 18],
}


def report() -> None:
    """Print the eigenvalues of each, to its first clean cut of interest, with those that its docstring proves."""
    for name, expected in CLOSED_FORM.items():
        gamma = TOYS[name].spectrum(len(expected)).gamma
        assert np.allclose(gamma, expected, atol=1e-12)
        print(f"{name:<14} {TOYS[name]!r}\n{'':<14} γ = {gamma.round(4).tolist()}, as the closed form has it")
        match = pg.verify(TOYS[name], pg.train(TOYS[name], len(expected), rng=0).f)
        print(f"{'':<14} {str(match).splitlines()[0]}\n")


def visualize() -> Any:
    """Draw each graph, and the embedding of its views by two columns of F*."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(4, 3, figsize=(18, 23), layout="constrained")
    for (name, graph), (above, below) in zip(TOYS.items(), np.hstack([axes[:2], axes[2:]]).T, strict=True):
        pg.plot.graph(graph, ax=above)
        above.set_title(f"{name}\n{above.get_title()}", fontsize=11)
        pg.plot.embedding(graph, graph.spectrum(len(CLOSED_FORM[name])), ax=below)
    return figure


if __name__ == "__main__":
    report()
    target = Path("figures") / "populations_in_a_sentence" / "populations_in_a_sentence.png"
    target.parent.mkdir(parents=True, exist_ok=True)
    visualize().savefig(target, dpi=65)
    print(f"wrote {target}")
