"""Handwritten digits as a finite population: binarised 8x8 images, shifted by a pixel and blanked out in part.

Run `pip install -e ".[examples]" && python examples/digits.py`; it prints what it measures and writes its figures to `figures/`.

The noise must make views of different digits coincide, or the graph falls apart: flipping single pixels leaves 4 in 10 of
these digits without a neighbour. Blanking a 5x5 patch out, after a shift by one pixel in half of the cases, joins all of them.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

import popgraph as pg

K = 16  # a clean cut: γ_16 - γ_17 is larger than the gaps around it
INK = 10  # of 16 grey levels: darker is ink


def timed(what: str, job: Callable[[], Any]) -> Any:
    """Run a job, and print how long it took."""
    start = time.perf_counter()
    value = job()
    print(f"[{time.perf_counter() - start:5.1f} s] {what}")
    return value


def population() -> pg.PopulationGraph:
    """Build the graph of the 1,797 digits; equal images are one natural, labelled by its first copy."""
    pixels, classes = load_digits(return_X_y=True)
    digits = [pg.images.Image(digit.reshape(8, 8) > INK) for digit in pixels]
    labels: dict[pg.images.Image, int] = {}
    for digit, label in zip(digits, classes.tolist(), strict=True):
        labels.setdefault(digit, label)
    noise = pg.images.shift(probability="1/2").then(pg.images.mask(5))
    return pg.build(pg.Distribution.from_samples(digits), noise, labels=labels, name="digits")


def probe(graph: pg.PopulationGraph, f: np.ndarray, labelled: int) -> float:
    """Return the held-out accuracy of a linear probe on the mean embedding of each digit's views."""
    return held_out(graph.kernel @ f, graph.labels, labelled)


def held_out(features: np.ndarray, labels: np.ndarray, labelled: int) -> float:
    """Fit logistic regression on some naturals, and return its accuracy on the half that is never fitted."""
    order = np.random.default_rng(0).permutation(len(labels))
    fitted, unseen = order[:labelled], order[len(order) // 2 :]
    scaled = features / features.std()
    head = LogisticRegression(C=10.0, max_iter=5000).fit(scaled[fitted], labels[fitted])
    return float(head.score(scaled[unseen], labels[unseen]))


def heaviest(graph: pg.PopulationGraph, spectrum: pg.Spectrum) -> np.ndarray:
    """Return, for each eigenvector, the largest share of it that lies on one digit (squares of M v_i / √γ_i sum to 1)."""
    on_naturals = graph.factor @ spectrum.eigenvectors / np.sqrt(spectrum.gamma)
    return (on_naturals**2).max(axis=0)


def report() -> tuple[pg.PopulationGraph, pg.Spectrum, pg.Training, pg.Match]:
    """Build, decompose, train, verify and probe; print what is found."""
    graph = timed("build the graph", population)
    print(graph, "\n")
    whole = timed("decompose it", lambda: graph.spectrum(64))
    spectrum = whole.leading(K)
    print(spectrum, "\n")
    training = timed(f"train f, k = {K}", lambda: pg.train(graph, K, rng=0))
    print(training, "\n")
    match = pg.verify(graph, training.f, spectrum=spectrum)
    print(match, "\n")
    alone = int(np.sum(heaviest(graph, spectrum) > 0.5))
    print(
        f"{alone} of the {K} leading eigenvectors lie mostly on a single digit: they tell it from all others, not a class.\n"
    )
    raw = np.stack([digit.pixels.ravel() for digit in graph.naturals]).astype(float)
    print("Held-out accuracy of a linear probe, with 50, 200 and 800 labels:")
    rows = {
        "raw pixels": lambda labelled: held_out(raw, graph.labels, labelled),
        f"trained f, k = {K}": lambda labelled: probe(graph, training.f, labelled),
        f"F*, k = {K}": lambda labelled: probe(graph, spectrum.embedding, labelled),
        "F*, k = 64": lambda labelled: probe(graph, whole.embedding, labelled),
    }
    for name, accuracy in rows.items():
        print(f"  {name:<18}", "  ".join(f"{accuracy(labelled):.3f}" for labelled in (50, 200, 800)))
    return graph, whole, training, match


def visualize(graph: pg.PopulationGraph, whole: pg.Spectrum, training: pg.Training, match: pg.Match) -> dict[str, Any]:
    """Draw digits with their views, the spectrum, the training and the match."""
    import matplotlib.pyplot as plt

    story, axes = plt.subplots(2, 2, figsize=(12, 9), layout="constrained")
    pg.plot.spectrum(whole.leading(K), ax=axes[0, 0]).set_xlim(0.5, 64.5)
    index = np.arange(1, K + 1)
    axes[0, 1].bar(index, heaviest(graph, whole.leading(K)), color="#0072B2")
    axes[0, 1].set(xlabel="i", ylim=(0, 1), title="share of eigenvector i that lies on one digit")
    pg.plot.training(training, whole, ax=axes[1, 0])
    pg.plot.match(match, ax=axes[1, 1])
    views, axes = plt.subplots(5, 9, figsize=(9, 5.4), layout="constrained")
    for row, digit in zip(axes, range(5), strict=True):
        start, stop = graph.kernel.indptr[digit : digit + 2]
        some = graph.kernel.indices[start:stop][:: (stop - start) // 8][:8]
        pictures = [graph.naturals[digit], *(graph.views[i] for i in some)]
        for ax, picture in zip(row, pictures, strict=True):
            ax.imshow(picture.pixels, cmap="gray_r")
            ax.set_xticks([])
            ax.set_yticks([])
        row[0].set_ylabel(f"a {graph.labels[digit]}", rotation=0, ha="right", va="center")
    views.suptitle("five digits (left), each with eight of its views")
    return {"story": story, "views": views}


if __name__ == "__main__":
    found = report()
    folder = Path("figures") / "digits"
    folder.mkdir(parents=True, exist_ok=True)
    for name, figure in visualize(*found).items():
        figure.savefig(folder / f"{name}.png", dpi=110)
        print(f"wrote {folder / name}.png")
