"""Where augmentations never overlap the loss alone says nothing, and the class of functions decides.

Run `python examples/function_classes.py`; it prints what it measures and writes its figure to `figures/function_classes/`.

Sign vectors x̄ in {±1}^6; the augmentation scales the last four coordinates by 1/2 or 1, and the label is the first one's sign.
No two naturals share a view: γ = 1 for every function of x̄, so all of them minimise the spectral loss, parities of the last
coordinates included. Linear functions minimise it too, to the same value, but only those of the first two coordinates do
(Saunshi et al. 2022, Example 1).
"""

from pathlib import Path
from typing import Any

import numpy as np

import popgraph as pg
from popgraph.plot.drawing import COLOURS

K = 2
graph = pg.zoo.scaled_hypercube(6, label_coordinates=K, scales=("1/2", 1))
X = np.array(graph.views, dtype=float)  # a view as a vector: the features of the linear class


def measure(f: np.ndarray) -> tuple[float, float]:
    """Return the loss, and the error of a linear probe for the label."""
    return pg.losses.spectral.value(graph.factor, graph.w_x, f), pg.probe(graph, f).error


def report() -> dict[str, np.ndarray]:
    """Train over the linear class and over tables; print loss and probe error side by side."""
    linear = pg.train(graph, K, features=X, rng=0)
    found = {"linear class": linear.f}
    found |= {f"table, seed {seed}": pg.train(graph, K, rng=seed).f for seed in range(4)}
    signs = np.sign(X)
    found["parities, by hand"] = np.column_stack([signs[:, 2] * signs[:, 3], signs[:, 4] * signs[:, 5]])
    print(graph, "\n")
    print("Ritz values of the linear class:", graph.spectrum(6, features=X).gamma.round(6).tolist())
    print(f"f                     loss L(f)   error E(f) of a linear probe (chance: 0.5; k = {K})")
    for name, f in found.items():
        loss, error = measure(f)
        print(f"  {name:<18} {loss:>10.6f}   {error:.3f}")
    print(f"\nDoes the linear f match F*? {pg.verify(graph, linear)}\n")
    cube = pg.zoo.hypercube(4, "1/4")
    bits = 1 - 2 * np.array(cube.views)
    for what, features in {"signs": bits, "a constant and signs": np.column_stack([np.ones(cube.N), bits])}.items():
        narrow = pg.train(cube, features.shape[1], features=features, rng=0)
        print(f"The 4-cube, f linear in {what}: {pg.verify(cube, narrow)}\n")
    return found


def visualize(found: dict[str, np.ndarray]) -> Any:
    """Draw three embeddings of equal loss, coloured by the label."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 3, figsize=(12, 4.4), layout="constrained")
    jitter = np.random.default_rng(0).normal(scale=0.04, size=(graph.N, 2))
    for ax, name in zip(axes, ("linear class", "table, seed 0", "parities, by hand"), strict=True):
        for label, colour, marker in ((1, COLOURS[0], "o"), (-1, COLOURS[3], "^")):
            mine = graph.view_labels == label
            at = (found[name] + jitter)[mine]
            ax.scatter(*at.T, s=22, color=colour, marker=marker, label=f"label {label:+d}", alpha=0.8, linewidth=0)
        ax.set_title("{}\nloss {:.3f}, probe error {:.3f}".format(name, *measure(found[name])))
        ax.set(xlabel="$f_1$", ylabel="$f_2$", xlim=(-3.5, 3.5), ylim=(-3.5, 3.5), aspect="equal")
    axes[0].legend(loc="lower left")
    return figure


if __name__ == "__main__":
    target = Path("figures") / "function_classes" / "function_classes.png"
    target.parent.mkdir(parents=True, exist_ok=True)
    visualize(report()).savefig(target, dpi=110)
    print(f"wrote {target}")
