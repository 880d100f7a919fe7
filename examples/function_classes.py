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

K = 2
graph = pg.zoo.scaled_hypercube(6, label_coordinates=K, scales=("1/2", 1))


def coordinates(view: tuple[Any, ...]) -> list[float]:
    """Return a view as a vector: the features of the linear class."""
    return [float(x) for x in view]


def parities(view: tuple[Any, ...]) -> list[float]:
    """Return two functions of x̄ that know nothing of the label: products of signs of the scaled coordinates."""
    signs = np.sign(coordinates(view))
    return [signs[2] * signs[3], signs[4] * signs[5]]


def signs(bits: tuple[int, ...]) -> list[int]:
    """Return a bit string as a sign vector."""
    return [1 - 2 * bit for bit in bits]


def report() -> dict[str, np.ndarray]:
    """Train over the linear class and over tables; print loss and probe error side by side."""
    linear = pg.train(graph, K, features=coordinates, rng=0)
    tables = {f"table, seed {seed}": pg.train(graph, K, rng=seed).f for seed in range(4)}
    spurious = np.array([parities(view) for view in graph.views])
    found = {"linear class": linear.f, **tables, "parities, by hand": spurious}
    print(graph, "\n")
    print("Ritz values of the linear class:", graph.spectrum(6, features=coordinates).gamma.round(6).tolist())
    print(
        f"f                     loss L(f)   error E(f) of a linear probe, least squares / logistic   (chance: 0.5; k = {K})"
    )
    for name, f in found.items():
        loss = pg.losses.spectral.value(graph.factor, graph.w_x, f)
        errors = [pg.probe(graph, f, head=head).error for head in ("least squares", "logistic")]
        print(f"  {name:<18} {loss:>10.6f}   {errors[0]:.3f} / {errors[1]:.3f}")
    print(f"\nDoes the linear f match F*? {pg.verify(graph, linear)}\n")
    cube = pg.zoo.hypercube(4, "1/4")
    for what, features in {"signs": signs, "a constant and signs": lambda bits: [1, *signs(bits)]}.items():
        narrow = pg.train(cube, len(features(cube.views[0])), features=features, rng=0)
        print(f"The 4-cube, f linear in {what}: {pg.verify(cube, narrow)}\n")
    return found


def visualize(found: dict[str, np.ndarray]) -> Any:
    """Draw three embeddings of equal loss, coloured by the label."""
    import matplotlib.pyplot as plt

    shown = ["linear class", "table, seed 0", "parities, by hand"]
    figure, axes = plt.subplots(1, 3, figsize=(12, 4.4), layout="constrained")
    jitter = np.random.default_rng(0).normal(scale=0.04, size=(graph.N, 2))
    for ax, name in zip(axes, shown, strict=True):
        f = found[name] + jitter
        for label, colour, marker in ((1, "#0072B2", "o"), (-1, "#D55E00", "^")):
            mine = graph.view_labels == label
            ax.scatter(*f[mine].T, s=22, color=colour, marker=marker, label=f"label {label:+d}", alpha=0.8, linewidth=0)
        error = pg.probe(graph, found[name]).error
        loss = pg.losses.spectral.value(graph.factor, graph.w_x, found[name])
        ax.set(title=f"{name}\nloss {loss:.3f}, probe error {error:.3f}", xlabel="$f_1$", ylabel="$f_2$")
        ax.set(xlim=(-3.5, 3.5), ylim=(-3.5, 3.5), aspect="equal")
    axes[0].legend(loc="lower left")
    return figure


if __name__ == "__main__":
    embeddings = report()
    target = Path("figures") / "function_classes" / "function_classes.png"
    target.parent.mkdir(parents=True, exist_ok=True)
    visualize(embeddings).savefig(target, dpi=110)
    print(f"wrote {target}")
