"""Zachary's karate club as a population: who met whom foretells, without a label, how the club will split.

Run `python examples/karate_club.py`; it prints what it finds and writes its figure to `figures/karate_club/`.

Any weighted graph is a population: an edge is a natural, and a view is one of its two ends, so that half of the positive pairs are
two members who met. At k = 2 F* is the constant and one more eigenvector, whose sign cuts the club in two. Zachary (1977) watched
the club until it split between its instructor, Mr. Hi, and its officers; he too foretold all members but one, the same one.
"""

from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np

import popgraph as pg

club = nx.karate_club_graph()
met = {(a, b): times for a, b, times in club.edges(data="weight")}
graph = pg.zoo.edges(met, normalize=True, name="karate club")
truth = np.array([club.nodes[member]["club"] for member in graph.views])


def foretell(f: np.ndarray) -> np.ndarray:
    """Cut the members in two where f's second column, less its mean, changes sign; Mr. Hi is member 0."""
    centred = f[:, 1] - graph.w_x @ f[:, 1]
    return np.where(centred * centred[graph.views.index(0)] > 0, "Mr. Hi", "Officer")


def report() -> None:
    """Print how well the second eigenvector foretells the split, and how sparse its cut is."""
    print(graph, "\n")
    side = foretell(graph.spectrum(2).eigenfunctions)
    wrong = [member for member, right in zip(graph.views, side == truth, strict=True) if not right]
    print(f"The second eigenvector foretells {graph.N - len(wrong)} of {graph.N} members; it errs about {wrong}.")
    leaks = [graph.w[np.ix_(side == name, side != name)].sum() / graph.w_x[side == name].sum() for name in set(truth)]
    print(f"Its cut has conductance {max(leaks):.4f}; of any cut, {pg.partition_bounds(graph, 2)}.\n")
    print(pg.verify(graph, pg.train(graph, 2, rng=0).f))


def visualize() -> Any:
    """Draw the club and F*, coloured by the side that each member went to."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(12, 5), layout="constrained")
    pg.plot.graph(graph, labels=truth, ax=axes[0]).set_title("who met whom, and the side that each went to")
    f = graph.spectrum(3).eigenfunctions
    pg.plot.embedding(graph, f, labels=truth, dims=(1, 2), ax=axes[1]).set_title("F*: the cut is where f_2 = 0")
    for member, name in {0: "Mr. Hi", 33: "the president", 8: "member 8"}.items():
        at = f[graph.views.index(member), 1:]
        axes[1].annotate(
            name, at, (12, 24), textcoords="offset points", arrowprops={"arrowstyle": "-", "color": "grey"}
        )
    return figure


if __name__ == "__main__":
    report()
    target = Path("figures") / "karate_club" / "karate_club.png"
    target.parent.mkdir(parents=True, exist_ok=True)
    visualize().savefig(target, dpi=110)
    print(f"wrote {target}")
