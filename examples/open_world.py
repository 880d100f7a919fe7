"""Open-world classes: known classes help to discover those that share views with them, and no others.

Run `python examples/open_world.py`; it prints what it finds and writes its figure to `figures/open_world/`.

Shapes come in colours. The augmentation mixes some known shapes with two related ones, and two unrelated ones with each other; it
changes the colour less often than the shape, so that colour comes first everywhere. With four known shapes in the pairs at weight η
colour falls behind the related shapes from η = 4845/9409 on, but stays before the unrelated ones for every η.
"""

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

import popgraph as pg
from popgraph.plot.drawing import COLOURS

RELATED_FIRST = Fraction(4845, 9409)


def world(eta: Any, known: int = 4, unrelated: int = 2) -> pg.PopulationGraph:
    """Return the population with its known shapes in the pairs."""
    graph = pg.zoo.open_world(known, 2, unrelated, reshape="1/5", recolour="1/10")
    return graph.with_labels([y if y.startswith("known") else None for y in graph.labels], eta)


def shape_and_colour(graph: pg.PopulationGraph, kind: str) -> tuple[float, float]:
    """Return the eigenvalue that tells shapes of a kind apart, and the largest one of colour among them and those they mix with."""
    spectrum = graph.spectrum(graph.N)
    group = np.array([shape.startswith("un") == (kind == "unrelated") for shape, _ in graph.views])
    of_shape = np.array([(shape == f"{kind} 0") - float(shape == f"{kind} 1") for shape, _ in graph.views])
    of_colour = np.array([1.0 - 2.0 * hue for _, hue in graph.views]) * group
    parts = [spectrum.eigenvectors.T @ (np.sqrt(graph.w_x) * function) for function in (of_shape, of_colour)]
    shape, colour = (float(spectrum.gamma[np.abs(part) > 1e-9].max()) for part in parts)
    return shape, colour


def report() -> None:
    """Print the eigenvalues of shape and colour in both groups, and the error of a probe of known and related shapes alone."""
    print("η      related shapes, their colour   unrelated shapes, their colour   probe without these at k = 6")
    for eta in (0, 0.25, 0.5, 0.6, 0.8):
        values = [*shape_and_colour(world(eta), "related"), *shape_and_colour(world(eta), "unrelated")]
        error = pg.probe(world(eta, unrelated=0), world(eta, unrelated=0).spectrum(6)).error
        print(f"{eta:<7}{values[0]:>14.4f}{values[1]:>15.4f}{values[2]:>19.4f}{values[3]:>15.4f}{error:>20.4f}")
    related, colour = shape_and_colour(world(RELATED_FIRST), "related")
    print(f"\nAt η = {RELATED_FIRST} related shapes and their colour are equal: {related:.12f}, {colour:.12f}")
    print(pg.verify(world("3/5"), pg.train(world("3/5"), 10, rng=0).f))


def visualize() -> Any:
    """Draw by how much shape is before colour, over η: above 1 the shapes are discovered first."""
    import matplotlib.pyplot as plt

    figure, ax = plt.subplots(figsize=(7.5, 4.6), layout="constrained")
    etas = np.linspace(0, 0.98, 50)
    for known, colour in zip((2, 4, 8, 16), COLOURS, strict=False):
        pairs = [shape_and_colour(world(eta, known), "related") for eta in etas]
        ax.plot(etas, [shape / hue for shape, hue in pairs], color=colour, label=f"2 related to {known} known ones")
    pairs = [shape_and_colour(world(eta), "unrelated") for eta in etas]
    ax.plot(etas, [shape / hue for shape, hue in pairs], color="0.4", linestyle="--", label="2 unrelated ones")
    ax.axhline(1, color="0.7", linewidth=0.8)
    ax.annotate("shape before colour", (0.01, 1.01), color="0.4")
    ax.set(xlabel="weight η of the known shapes in the pairs", ylabel="γ of shape / γ of colour")
    ax.legend(frameon=False)
    return figure


if __name__ == "__main__":
    report()
    folder = Path("figures") / "open_world"
    folder.mkdir(parents=True, exist_ok=True)
    visualize().savefig(folder / "open_world.png", dpi=150)
    print(f"wrote {folder / 'open_world.png'}")
