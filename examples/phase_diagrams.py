"""Where self-training beats contrastive learning, each at its best, on four families; with `40 2`, 40 x 40 on two cores."""

import sys
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import popgraph as pg
from popgraph.downstream import disagreement as error


def two_blocks(mistaken: float, across: float) -> Any:
    """Two classes; a view shows the other one at times, and the teacher is mistaken about a share of the views of each."""
    shares = [1 - mistaken, mistaken]
    shown = np.kron([[1 - across, across], [across, 1 - across]], [shares, shares])
    return pg.build(np.tile(shares, 2) / 2, shown, labels=[0, 0, 1, 1], name="two blocks"), [0, 1, 1, 0]


def subclasses(within: float, across: float) -> Any:
    """Two classes of two sub-graphs of three views; one view of the twelve is mislabelled."""
    graph = pg.zoo.planted_subclasses(2, 2, size=3, within=within, across=across)
    return graph, [0, 0, 1, 0, 0, 0, 1, 1, 1, 1, 1, 1]


def stray(near: float, far: float) -> Any:
    """A sub-graph with a single label, a wrong one, is linked to the rest of its class, and that to the other class."""
    links = np.kron([[1 - near, near, 0], [near, 1 - near - far, far], [0, far, 1 - far]], np.full((3, 3), 1 / 3))
    graph = pg.build(np.full(9, 1 / 9), links, labels=[0] * 6 + [1] * 3, name="a stray label")
    return graph, [1, None, None, 0, 0, 0, 1, 1, 1]


def domains(domain: float, other: float) -> Any:
    """Four cells (class, domain), of which one domain is labelled; a view changes domain, class, or (0.05) both."""
    return pg.zoo.class_domain(0.95 - domain - other, domain, other, 0.05), [0, None, 1, None]


def room(make: Any, row: float, column: float) -> float:
    """Return how much room for t truth leaves between the teacher, the constants, and truth with one sub-graph turned."""
    graph, teacher = make(row, column)
    y, known = graph.view_labels.astype(int), np.array([label is not None for label in teacher])
    said = np.array([label if label is not None else y[x] for x, label in enumerate(teacher)])
    part = np.arange(graph.N) // (3 if graph.N > 4 else 1)
    rivals = [y, said, 0 * y, 0 * y + 1, *(np.where(part == turned, 1 - y, y) for turned in set(part))]
    d, phi = np.array([(graph.w_x @ (known & (g != said)), graph.w[g[:, None] != g].sum()) for g in rivals]).T
    more, fewer = phi > phi[0] + 1e-12, phi < phi[0] - 1e-12  # truth costs less than a rival iff d + tφ < d' + tφ'
    low = np.max((d[0] - d[more]) / (phi[more] - phi[0]), initial=0.0)
    return float(np.min((d[fewer] - d[0]) / (phi[0] - phi[fewer]), initial=99.0) - low)


FAMILIES = {two_blocks: (0.48, 0.45), subclasses: (0.5, 0.45), stray: (0.33, 0.33), domains: (0.46, 0.46)}
LINES: dict[Any, Any] = {make: {"student, predicted": partial(room, make)} for make in FAMILIES}
LINES[stray]["probe, predicted"] = lambda near, far: near - far
LINES[domains]["probe, predicted"] = lambda domain, other: (0.95 - domain - 2 * other) * (domain - 0.05)


def diagram_of(make: Any, side: int = 8, workers: int = 1) -> pg.selftraining.PhaseDiagram:
    """Return the diagram of a family, and print how many of its cells break the prediction about the student."""
    rows, columns = (np.linspace(0.01, end, side) for end in FAMILIES[make])
    how: dict[str, Any] = {"boundaries": LINES[make], "names": make.__code__.co_varnames[:2], "workers": workers}
    found = pg.selftraining.phase_diagram(make, rows, columns, **how)
    least = np.array([[error(make(row, column)[0]) for column in columns] for row in rows])
    broken = (found.self_training[:, :, 1] <= least + 1e-9) != (found.boundaries["student, predicted"] > 0)
    print(f"{make.__name__}: {found!r}; {broken.sum()} of {broken.size} cells break the prediction")
    return found


if __name__ == "__main__":
    import matplotlib.pyplot as plt

    side, workers = (int(word) for word in (sys.argv[1:] if len(sys.argv) == 3 else "81"))
    figure, axes = plt.subplots(2, 2, figsize=(11, 10), layout="constrained")
    for make, ax in zip(FAMILIES, axes.flat, strict=True):
        pg.plot.phase_diagram(diagram_of(make, side, workers), ax=ax)
    print(pg.verify(two_blocks(0.1, 0.1)[0], pg.train(two_blocks(0.1, 0.1)[0], 2, rng=0).f))
    (target := Path("figures/phase_diagrams/phase_diagrams.png")).parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(target, dpi=110)
    print(f"wrote {target}")
