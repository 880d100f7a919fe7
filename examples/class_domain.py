"""Class x domain in four cells: when does a probe that was trained in one domain work in the other?

Run `python examples/class_domain.py`; it prints its tables and writes its figure to `figures/class_domain/`.

After Shen et al. 2022 (Connect, not collapse): an augmentation keeps the cell with probability ρ, changes the domain with α, the
class with β, both with γ'. The eigenvectors are the characters of Z2 x Z2. They take these for weights of edges; where instead both
views of a pair are augmented from one natural the eigenvalues are squares, and the toys agree while no eigenvalue is negative.
"""

from pathlib import Path
from typing import Any

import numpy as np

import popgraph as pg
from popgraph.plot.drawing import COLOURS

MOVES = {
    "connected": ("0.6", "0.2", "0.15", "0.05"),
    "class and domain tie": ("0.6", "0.15", "0.15", "0.1"),
    "both change at once": ("0.6", "0.05", "0.15", "0.2"),
    "class mostly changes": ("0.15", "0.05", "0.6", "0.2"),
}
FINDING = """Published: a probe transfers where class and domain connect better than the product does. So at both levels, but
the levels differ in the last row, where the class has μ = 0.2 - 0.8 = -0.6: squared it ranks first after the
constant, as both views of a pair change class and meet again; as an edge weight it ranks last, and F* loses it.\n"""


def measure(graph: pg.PopulationGraph) -> dict[str, float]:
    """Return each character's eigenvalue, and the accuracy in domain 1 of a head fitted to F*, k = 3, in domain 0."""
    signs = 1 - 2 * np.array(graph.views)
    characters = {"class": signs[:, 0], "domain": signs[:, 1], "product": signs.prod(axis=1)}
    found = {name: float(v @ graph.adjacency @ v) / 4 for name, v in characters.items()}
    f, source = graph.spectrum(3).eigenfunctions, signs[:, 1] == 1
    head = np.linalg.lstsq(f[source], signs[source, 0], rcond=1e-9)[0]
    scores = (f @ head * signs[:, 0])[~source].round(9)  # a score of 0 is half right
    return found | {"transfer": float(np.mean((1 + np.sign(scores)) / 2))}


def report() -> dict[str, dict[str, dict[str, float]]]:
    """Print a table for the probabilities of an augmentation and one for those of pairs, and what they say."""
    table: dict[str, dict[str, dict[str, float]]] = {"kernel": {}, "edge": {}}
    for level, rows in table.items():
        print(f"{level + ' level':<24}class   domain  product   transfer at k = 3   predicted")
        for name, moves in MOVES.items():
            row = rows[name] = measure(pg.zoo.class_domain(*moves, level=level))
            predicted = row["product"] < min(row["class"], row["domain"]) - 1e-12
            gammas = "  ".join(f"{row[character]:.4f}" for character in ("class", "domain", "product"))
            print(f"  {name:<22}{gammas}    {row['transfer']:<17.2f}   {'transfers' if predicted else 'does not'}")
            assert (row["transfer"] == 1) == predicted
        print()
    print(FINDING)
    connected, tie, *_ = (pg.zoo.class_domain(*moves) for moves in MOVES.values())
    print(f"At a tie of class and domain and k = 2 equal-loss minimisers differ: {pg.probe_range(tie, k=2)}\n")
    print(pg.verify(connected, pg.train(connected, 3, rng=0).f))
    return table


def visualize(table: dict[str, dict[str, dict[str, float]]]) -> Any:
    """Draw the three eigenvalues of every case, a panel for each level."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(12, 4.4), sharey=True, layout="constrained")
    for ax, (level, rows) in zip(axes, table.items(), strict=True):
        for i, name in enumerate(("class", "domain", "product")):
            heights = [row[name] for row in rows.values()]
            ax.bar(np.arange(4) + 0.27 * (i - 1), heights, 0.25, color=COLOURS[i], label=name)
        ax.set_xticks(range(4), [f"{name}\ntarget accuracy {rows[name]['transfer']:.2f}" for name in rows], fontsize=8)
        ax.set(title=f"{level} level", ylabel="eigenvalue γ")
    axes[0].legend()
    figure.suptitle("A source-trained probe on F*, k = 3, transfers iff class and domain beat product")
    return figure


if __name__ == "__main__":
    target = Path("figures") / "class_domain" / "class_domain.png"
    target.parent.mkdir(parents=True, exist_ok=True)
    visualize(report()).savefig(target, dpi=110)
    print(f"wrote {target}")
