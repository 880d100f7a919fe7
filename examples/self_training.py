"""Self-training or contrastive learning: a search over small graphs finds instances on which each beats the other.

Run `python examples/self_training.py`; it prints what it finds and writes its figure to `figures/self_training/`.

Both get the same graph and pseudo-labels, some of them wrong. The student seldom disagrees with the teacher and tells few positive
pairs apart (Wei et al. 2021), exactly, by a minimum cut; the probe is linear on F*, a dimension a sub-graph (HaoChen et al. 2021).
"""

from pathlib import Path
from typing import Any

import numpy as np

import popgraph as pg
from popgraph.downstream import alpha

WHY = """Why: the student pays for every pair that it parts, so it keeps a wrong label where changing it parts more; the probe
pays nothing for that, but has k dimensions only, and one wrong label in a small sub-graph is half of its evidence.
"""


def instance(seed: int) -> tuple[pg.PopulationGraph, list[int], int, float]:
    """Draw two classes of one or two sub-graphs, unequally noisy views, a teacher who errs, k and the student's weight."""
    rng = np.random.default_rng(seed)
    subgraphs, size = int(rng.integers(1, 3)), int(rng.integers(2, 4))
    part = np.repeat(np.arange(2 * subgraphs), size)
    y = part // subgraphs
    far = np.where(y[:, None] == y, rng.uniform(0, 0.3), rng.uniform(0, 0.2))
    A = np.where(part[:, None] == part, 1.0, far) * rng.uniform(0.2, 1.0, far.shape)
    graph = pg.build(np.full(len(y), 1 / len(y)), A, labels=y, normalize=True, name=f"graph {seed}")
    teacher = np.where(rng.random(len(y)) < 0.25, 1 - y, y)
    return graph, teacher.tolist(), 2 * subgraphs, float(rng.choice([0.5, 1.0]))


def search(tried: int = 600) -> dict[str, tuple[int, pg.selftraining.Contest]]:
    """Return, for each winner, the seed and the contest of widest margin among those where nobody gives all one label."""
    contests = {}
    for seed in range(tried):
        graph, teacher, k, weight = instance(seed)
        found = pg.selftraining.which_wins(graph, teacher, k, weight=weight)
        if found.gap > 0 and min(map(np.ptp, (teacher, found.student.labels, found.probe_labels))) > 0:
            contests[seed] = found
    widest = sorted(contests.items(), key=lambda pair: round(pair[1].margin, 9), reverse=True)
    return {who: next(pair for pair in widest if pair[1].winner == who) for who in ("contrastive", "self-training")}


def report() -> dict[str, Any]:
    """Print an instance for each winner; return its graph, and each way's error and labels."""
    told = {}
    for winner, (seed, found) in search().items():
        graph, teacher, k, weight = instance(seed)
        ways = {"truth": (alpha(graph), graph.view_labels.tolist()), "teacher": (found.teacher, teacher)}
        ways["probe on F*"] = found.contrastive, found.probe_labels.tolist()
        ways["self-training"] = found.self_training, found.student.labels.tolist()
        told[winner] = graph, ways
        print(f"{graph!r}: {winner} wins by {found.margin:.3f} (k = {k}, weight {weight:g}): errors and labels")
        for name, (error, said) in ways.items():
            print(f"  {name:<16}{error:<8.3f}{' '.join(map(str, said))}")
        print(WHY if winner == "self-training" else f"{pg.verify(graph, pg.train(graph, k, rng=0).f)}\n")
    return told


def visualize(told: dict[str, Any]) -> Any:
    """Draw both graphs, coloured by the labels that each way gives to the views."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(2, 4, figsize=(13, 6), layout="constrained")
    for row, (winner, (graph, ways)) in zip(axes, told.items(), strict=True):
        for ax, (name, (error, said)) in zip(row, ways.items(), strict=True):
            pg.plot.graph(graph, labels=said, ax=ax).set_title(f"{name}: error {error:.3f}")
        row[0].text(-0.05, 0.5, f"{winner} wins", rotation=90, va="center", transform=row[0].transAxes)
    return figure


if __name__ == "__main__":
    target = Path("figures") / "self_training" / "self_training.png"
    target.parent.mkdir(parents=True, exist_ok=True)
    visualize(report()).savefig(target, dpi=110)
    print(f"wrote {target}")
