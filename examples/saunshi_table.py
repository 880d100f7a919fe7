"""Saunshi et al. 2022, Table 1, on a population that can be listed: equal contrastive losses, very different probes.

Run `pip install -e ".[torch]" && python examples/saunshi_table.py`; it prints its table, and writes its figure to `figures/`.

Sign vectors x̄ in {±1}^8; the augmentation scales the last five coordinates by one random factor; the label is the sign of the
first one. No two naturals share a view, so a representation of the label's coordinates (perfect) and one of the others' signs
(spurious) have the same loss, and nothing but the class of functions and how it is trained tells them apart.
"""

from pathlib import Path
from typing import Any

import numpy as np
import torch

import popgraph as pg
from popgraph.plot.drawing import COLOURS

D, K = 8, 3
PUBLISHED = {  # contrastive loss, accuracy in per cent
    "perfect": "4.939  100.0",
    "spurious": "4.939   50.0",
    "MLP": "5.039   74.1",
    "MLP, weight decay": "5.040   89.5",
    "linear": "5.134   99.5",
}
DIFFERENCES = """
What differs, and why: the loss here is the spectral one, on the whole population. What has no bias at all is a table, near chance
at the least loss. The networks do better than the published ones: eight coordinates and fresh samples without end leave gradient
descent little else to find than what a linear map would take.
"""
graph = pg.zoo.scaled_hypercube(D, label_coordinates=K, scales=("1/4", "1/2", "3/4", 1))  # published: uniform on (0, 1)
X = np.array(graph.views, dtype=float)  # as vectors


def fitted(*layers: torch.nn.Module, decay: float = 0.0) -> np.ndarray:
    """Train a network on batches of 256 pairs, and return f at all views."""
    options = {"batch_size": 256, "steps": 1_500, "learning_rate": 3e-3, "weight_decay": decay, "rng": 0}
    return pg.torch.fit(torch.nn.Sequential(*layers), graph, encode=lambda x: np.array(x, float), **options).f


def report() -> dict[str, np.ndarray]:
    """Evaluate all on the whole population, and print the table."""
    torch.set_num_threads(1)  # on networks this small a second thread costs more than it brings
    torch.manual_seed(0)
    found = {"perfect": X[:, :K], "spurious": np.sign(X[:, K : 2 * K]), "table": pg.train(graph, K, rng=0).f}
    for name, decay in (("MLP", 0.0), ("MLP, weight decay", 0.3)):
        found[name] = fitted(torch.nn.Linear(D, 512), torch.nn.ReLU(), torch.nn.Linear(512, K), decay=decay)
    found["linear"] = fitted(torch.nn.Linear(D, K, bias=False))
    print(graph, "\n\nf                     published: loss, accuracy    here: loss, accuracy")
    for name, f in found.items():
        accuracy = 100 * (1 - pg.probe(graph, f, head="logistic", intercept=True).error)
        value = pg.losses.spectral.value(graph.factor, graph.w_x, f)
        print(f"{name:<20}{PUBLISHED.get(name, '-'):>20}{value:>18.3f}  {accuracy:.1f}")
    cube = pg.zoo.hypercube(3)
    print(f"{DIFFERENCES}\nWhere views overlap, the loss alone decides: {pg.verify(cube, pg.train(cube, 4, rng=0).f)}")
    return found


def visualize(found: dict[str, np.ndarray]) -> Any:
    """Draw the representations, coloured by the label."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, len(found), figsize=(2.7 * len(found), 3.4), layout="constrained")
    for ax, (name, f) in zip(axes, found.items(), strict=True):
        u = f[:, :2] + np.random.default_rng(0).normal(scale=0.04 * f.std(), size=(len(f), 2))
        colours = np.where(graph.view_labels == 1, COLOURS[0], COLOURS[3])
        ax.scatter(*u.T, s=10, c=colours, alpha=0.5, linewidth=0)
        ax.set(title=name, xlabel="$f_1$", ylabel="$f_2$")
    figure.suptitle(f"Two of {K} columns of f, blue where the label is 1: equal losses, unequal probes")
    return figure


if __name__ == "__main__":
    target = Path("figures") / "saunshi_table" / "saunshi_table.png"
    target.parent.mkdir(parents=True, exist_ok=True)
    visualize(report()).savefig(target, dpi=110)
    print(f"wrote {target}")
