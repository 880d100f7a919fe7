"""Handwritten digits as a finite population: binarised 8x8 images, shifted by a pixel and blanked out in part.

Run `pip install -e ".[examples]" && python examples/digits.py`; it prints what it measures and writes `figures/digits/digits.png`.

The noise must make views of different digits coincide, or the graph falls apart: flipping single pixels leaves 4 in 10 of
these digits without a neighbour. Blanking a 5x5 patch out, after a shift by one pixel in half of the cases, joins all of them.
"""

from pathlib import Path
from typing import Any

import numpy as np
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

import popgraph as pg

K = 16  # a clean cut: γ_16 - γ_17 is larger than the gaps around it
INK = 10  # of 16 grey levels: darker is ink
LABELLED = (50, 200, 800)


def population() -> pg.PopulationGraph:
    """Build the graph of the 1,797 digits; equal images are one natural, labelled by its first copy."""
    pixels, classes = load_digits(return_X_y=True)
    digits = [pg.images.Image(digit.reshape(8, 8) > INK) for digit in pixels]
    labels = dict(zip(reversed(digits), reversed(classes.tolist()), strict=True))
    noise = pg.images.shift(probability="1/2").then(pg.images.mask(5))
    return pg.build(pg.Distribution.from_samples(digits), noise, labels=labels, name="digits")


def held_out(features: np.ndarray, labels: np.ndarray, labelled: int) -> float:
    """Fit logistic regression on some naturals, and return its accuracy on the half that is never fitted."""
    order, scaled = np.random.default_rng(0).permutation(len(labels)), features / features.std()
    fitted, unseen = order[:labelled], order[len(order) // 2 :]
    head = LogisticRegression(C=10.0, max_iter=5000).fit(scaled[fitted], labels[fitted])
    return float(head.score(scaled[unseen], labels[unseen]))


def report() -> tuple[pg.Spectrum, np.ndarray, dict[str, list[float]]]:
    """Build, decompose, train, verify and probe; return γ and F*, each eigenvector's largest share on a digit, accuracies."""
    graph = population()
    print(graph, "\n")
    whole = graph.spectrum(64)
    spectrum, training = whole.leading(K), pg.train(graph, K, rng=0)
    print(pg.verify(graph, training.f, spectrum=spectrum), "\n")
    on_naturals = graph.factor @ spectrum.eigenvectors / np.sqrt(spectrum.gamma)  # squares of M v_i / √γ_i sum to 1
    shares = (on_naturals**2).max(axis=0)
    print(f"{np.sum(shares > 0.5)} of the {K} leading eigenvectors lie mostly on a single digit, and tell no class.\n")
    f_of_views = {f"trained f, k = {K}": training.f, f"F*, k = {K}": spectrum.embedding, "F*, k = 64": whole.embedding}
    features = {"raw pixels": np.array([digit.pixels.ravel() for digit in graph.naturals], dtype=float)}
    features |= {name: graph.kernel @ f for name, f in f_of_views.items()}  # the mean over a digit's views
    accuracies = {name: [held_out(x, graph.labels, m) for m in LABELLED] for name, x in features.items()}
    print(f"Held-out accuracy of a linear probe, with {LABELLED} labels:")
    for name, row in accuracies.items():
        print(f"  {name:<18}", "  ".join(f"{accuracy:.3f}" for accuracy in row))
    return whole, shares, accuracies


def visualize(whole: pg.Spectrum, shares: np.ndarray, accuracies: dict[str, list[float]]) -> Any:
    """Draw the spectrum, how far each eigenvector lies on one digit, and what the probes make of it."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 3, figsize=(14, 4.2), layout="constrained")
    pg.plot.spectrum(whole.leading(K), ax=axes[0])
    axes[1].bar(np.arange(1, K + 1), shares)
    axes[1].set(xlabel="i", title="share of eigenvector i that lies on one digit")
    for (name, row), style in zip(accuracies.items(), ("k^-", "o-", "s--", "D-"), strict=True):
        axes[2].plot([str(m) for m in LABELLED], row, style, label=name)
    axes[2].set(xlabel="labels", title="held-out accuracy of a linear probe")
    axes[2].legend()
    return figure


if __name__ == "__main__":
    target = Path("figures") / "digits" / "digits.png"
    target.parent.mkdir(parents=True, exist_ok=True)
    visualize(*report()).savefig(target, dpi=110)
    print(f"wrote {target}")
