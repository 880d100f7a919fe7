"""Self-training or contrastive learning: a search over small graphs finds instances on which each beats the other.

Run `python examples/self_training.py`; it prints what it finds and writes its figure to `figures/self_training/`.

Both get the same pseudo-labels, some of them wrong, and the same graph. The student gives each view a label so as to disagree
seldom with the teacher and to tell few positive pairs apart (Wei et al. 2021), exactly, by a minimum cut. The probe fits a
linear head to F* in as many dimensions as there are sub-graphs (HaoChen et al. 2021). Neither is shown the true labels.
"""

from pathlib import Path
from typing import Any

import numpy as np

import popgraph as pg
from popgraph.selftraining import Contest, which_wins

TRIED = 600
COLOURS = {0: "#0072B2", 1: "#E69F00"}


def instance(seed: int) -> tuple[pg.PopulationGraph, list[int], int, float]:
    """Draw two classes of one or two sub-graphs, unequally noisy views, a teacher who errs, and the student's weight."""
    rng = np.random.default_rng(seed)
    subgraphs, size = int(rng.integers(1, 3)), int(rng.integers(2, 4))
    part = np.repeat(np.arange(2 * subgraphs), size)
    y = part // subgraphs
    closeness = np.where(
        part[:, None] == part, 1.0, np.where(y[:, None] == y, rng.uniform(0, 0.3), rng.uniform(0, 0.2))
    )
    A = closeness * rng.uniform(0.2, 1.0, closeness.shape)
    graph = pg.build(np.full(len(y), 1 / len(y)), A, labels=y, normalize=True, name=f"graph {seed}")
    teacher = np.where(rng.random(len(y)) < 0.25, 1 - y, y)
    return graph, teacher.tolist(), 2 * subgraphs, float(rng.choice([0.5, 1.0]))


def search() -> dict[str, tuple[Contest, int]]:
    """Return, for each winner, the contest with the widest margin among those where neither way is a constant."""
    best: dict[str, tuple[Contest, int]] = {}
    for seed in range(TRIED):
        graph, teacher, k, weight = instance(seed)
        if len(set(teacher)) < 2:
            continue
        found = which_wins(graph, teacher, k, weight=weight)
        varied = min(len(set(found.student.labels.tolist())), len(set(found.probe_labels.tolist()))) == 2
        if (
            varied
            and found.gap > 0
            and (found.winner not in best or found.margin > best[found.winner][0].margin + 1e-9)
        ):
            best[found.winner] = (found, seed)
    return best


def report() -> dict[str, tuple[Contest, int]]:
    """Print an instance for each winner, view by view."""
    best = search()
    for winner in ("contrastive", "self-training"):
        found, seed = best[winner]
        graph, teacher, k, weight = instance(seed)
        print(f"{graph!r}: {winner} wins by {found.margin:.3f} (k = {k}, weight {weight:g})")
        print(f"  {'':<16}error   what it says of views 0, 1, ...")
        rows = {
            "truth": (0.0, graph.view_labels.tolist()),
            "teacher": (found.teacher, teacher),
            "probe on F*": (found.contrastive, found.probe_labels.tolist()),
            "self-training": (found.self_training, found.student.labels.tolist()),
        }
        rows["truth"] = (pg.labelling.alpha(graph), graph.view_labels.tolist())
        for name, (error, said) in rows.items():
            print(f"  {name:<16}{error:<8.3f}{' '.join(map(str, said))}")
        print(f"  the student's objective is {found.student.objective:.4f}, a minimum of all labellings\n")
    print(
        "Why: the student pays for every pair that it parts, so it keeps a wrong label where changing it parts more; the probe"
    )
    print(
        "pays nothing for that, but has k dimensions only, and one wrong label in a small sub-graph is half of its evidence.\n"
    )
    graph, _, k, _ = instance(best["contrastive"][1])
    print(pg.verify(graph, pg.train(graph, k, rng=0).f))
    return best


def visualize(best: dict[str, tuple[Contest, int]]) -> Any:
    """Draw w of both instances, with what each way says of the views along the side."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(12, 5.4), layout="constrained")
    for ax, winner in zip(axes, ("contrastive", "self-training"), strict=True):
        found, seed = best[winner]
        graph, teacher, _, _ = instance(seed)
        ax.imshow(graph.w, cmap="Greys")
        told = {"truth": graph.view_labels.tolist(), "teacher": teacher}
        told |= {"probe on F*": found.probe_labels.tolist(), "self-training": found.student.labels.tolist()}
        for column, (name, said) in enumerate(told.items()):
            where = graph.N + 0.5 + column
            for x, label in enumerate(said):
                wrong = label != told["truth"][x]
                ax.text(where, x, "x" if wrong else "", ha="center", va="center", fontsize=9, zorder=3)
                ax.add_patch(plt.Rectangle((where - 0.4, x - 0.4), 0.8, 0.8, color=COLOURS[label]))
            ax.text(where, graph.N - 0.3, name, rotation=60, ha="right", va="top", fontsize=9)
        ax.set(xlim=(-0.5, graph.N + 4), xticks=[], yticks=range(graph.N), ylabel="view")
        ax.spines[:].set_visible(False)
        ax.set_title(
            f"{winner} wins: error {min(found.contrastive, found.self_training):.3f} against "
            f"{max(found.contrastive, found.self_training):.3f}"
        )
    figure.suptitle("w, and beside it the labels that each way gives to the views (x: not the most probable class)")
    return figure


if __name__ == "__main__":
    found = report()
    target = Path("figures") / "self_training" / "self_training.png"
    target.parent.mkdir(parents=True, exist_ok=True)
    visualize(found).savefig(target, dpi=110)
    print(f"wrote {target}")
