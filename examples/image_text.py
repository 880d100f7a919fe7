"""Images and captions: two encoders, and zero-shot classification beside a linear probe.

Run `python examples/image_text.py`; it prints what it finds and writes its figure to `figures/image_text/`.

An image is a class in a style, and its caption mentions each with some probability: S has the singular values √(class named) and
√(style named). Two encoders learn first what captions mention more often. A probe sees f alone; zero-shot asks whether g fits it.
"""

from pathlib import Path
from typing import Any

import numpy as np

import popgraph as pg
from popgraph.plot.drawing import COLOURS, INK

graph = pg.zoo.image_text()
PROMPTS = {label: f"a {label}" for label in graph.labels}
STYLE_NAMED = ("1/10", "1/4", "2/5", "3/5", "3/4", "9/10")


def turned(g: Any, degrees: float) -> Any:
    """g with its last two columns turned: its span, and what a probe of it finds, stay the same."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return g @ np.array([[1, 0, 0], [0, c, -s], [0, s, c]])


def accuracies(style_named: str) -> tuple[float, float]:
    """Of two classes in two styles, where captions name the class half of the time: zero-shot, and a probe of f."""
    pets = pg.zoo.image_text(["cat", "dog"], class_named="1/2", style_named=style_named)
    training = pg.train(pets, 2, rng=0, progress=False)
    guessed = pg.zero_shot(pets, training, {"cat": "a cat", "dog": "a dog"})
    return guessed.accuracy or 0.0, pg.probe(pets.of_x, training.f).accuracy


def report() -> None:
    """Print the graph, the verdict on two trained encoders, and what a g that does not fit f costs."""
    print(graph, "\n")
    training = pg.train(graph, 3, rng=0, progress=False)
    print(training, pg.verify(graph, training), sep="\n")
    print(pg.zero_shot(graph, training, PROMPTS), pg.probe(graph.of_x, training.f), sep="\n")
    f, g = graph.spectrum(3).embeddings
    wrong = f, turned(g, 120)
    print("\nThe same f and g, but g is turned by 120 degrees:", pg.verify(graph, wrong), sep="\n")
    print(pg.zero_shot(graph, wrong, PROMPTS), pg.probe(graph.of_z, wrong[1]), sep="\n")


def visualize() -> Any:
    """Draw f and g in one plane, accuracy as g is turned, and accuracy as captions mention the style more often."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 3, figsize=(15.5, 4.8), layout="constrained", width_ratios=(1.5, 1, 1))
    f, g = graph.spectrum(3).embeddings
    pg.plot.embedding(graph, (f, g), dims=(1, 2), ax=axes[0])
    degrees = np.arange(0, 181, 5)
    fits = [pg.zero_shot(graph, (f, turned(g, angle)), PROMPTS).accuracy for angle in degrees]
    axes[1].plot(degrees, [pg.probe(graph.of_x, f).accuracy] * len(degrees), color=INK, label="probe of f, or of g")
    axes[1].plot(degrees, fits, "o-", markersize=4, color=COLOURS[0], label="zero-shot")
    axes[1].set(xlabel="degrees by which g is turned", title="Both spans stay right, the pair does not")
    shares = [int(top) / int(bottom) for top, bottom in (each.split("/") for each in STYLE_NAMED)]
    for values, style, name in zip(
        zip(*map(accuracies, STYLE_NAMED), strict=True), ("o-", "s--"), ("zero-shot", "probe of f"), strict=True
    ):
        axes[2].plot(shares, values, style, color=COLOURS[0] if name == "zero-shot" else INK, label=name)
    axes[2].axvline(0.5, color=COLOURS[3], linestyle=":", label="captions that name the class")
    axes[2].set(xlabel="share of captions that name the style", title="k = 2 learns what is named more often")
    for ax in axes[1:]:
        ax.set(ylim=(-0.05, 1.1), ylabel="accuracy")
        ax.legend(frameon=False, fontsize=9, loc="center right" if ax is axes[1] else "lower left")
        ax.spines[["top", "right"]].set_visible(False)
    return figure


if __name__ == "__main__":
    report()
    folder = Path("figures") / "image_text"
    folder.mkdir(parents=True, exist_ok=True)
    visualize().savefig(folder / "image_text.png", dpi=150)
    print(f"wrote {folder / 'image_text.png'}")
