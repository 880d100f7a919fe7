"""Two-layer networks on pixels: do they match F*? And what if they are trained without negatives?

Run `pip install -e ".[torch,examples]" && python examples/networks.py`; its figure goes to `figures/networks/`.

A network never sees F*, and neither does its loss: pixels go in, of all positive pairs by their weights or of sampled ones. What
it learns is compared with F* afterwards, at the output and at the features below a projection head.
"""

from pathlib import Path
from typing import Any

import torch
from sklearn.datasets import load_digits

import popgraph as pg

K, WIDTH, ATOL = 2, 256, 0.1  # columns of f, hidden units, radians that count as a match


class NoNegatives:
    """-2 E f(x)ᵀf(x⁺), the spectral loss without its second term: nothing holds back the direction that grows fastest."""

    name = "spectral, no negatives"

    def value(self, factor: Any, w_x: Any, f: Any) -> Any:
        """Return it over the whole population, of arrays or of tensors."""
        return -2 * ((factor @ (f * (w_x**0.5)[:, None])) ** 2).sum()

    def batch_value(self, f: Any, f_plus: Any) -> Any:
        """Return it over a batch of positive pairs."""
        return -2 * (f * f_plus).sum() / len(f)


def zeros_and_ones() -> pg.PopulationGraph:
    """Handwritten zeros and ones, 8x8 and binary, shifted by a pixel in half of the cases and blanked out but for a border."""
    pixels, classes = load_digits(n_class=2, return_X_y=True)
    images = [pg.images.Image(image.reshape(8, 8) > 10) for image in pixels]  # of 16 grey levels
    noise = pg.images.shift(probability="1/2").then(pg.images.mask(6))
    labels = dict(zip(images, classes.tolist(), strict=True))
    return pg.build(pg.Distribution.from_samples(images), noise, labels=labels, name="zeros and ones")


def fit(graph: pg.PopulationGraph, what: str, k: int = K, **options: Any) -> pg.torch.Fit:
    """Train a network of two layers on the pixels of the graph's views, and print what it holds of F*."""
    torch.manual_seed(0)
    layers = torch.nn.Linear(graph.views[0].pixels.size, WIDTH), torch.nn.ReLU(), torch.nn.Linear(WIDTH, k)
    found = pg.torch.fit(torch.nn.Sequential(torch.nn.Flatten(), *layers), graph, rng=0, **options)
    print(f"{what}:\n{pg.torch.verify(graph, found, atol=ATOL)}\n")
    return found


def report() -> tuple[pg.PopulationGraph, dict[str, pg.torch.Fit]]:
    """Train with and without negatives on the whole population, and with a projection head on sampled pairs."""
    torch.set_num_threads(1)  # on networks this small a second thread costs more than it brings
    graph = zeros_and_ones()
    print(graph, "\n")
    whole = {"batch_size": None, "learning_rate": 2e-2}
    runs = {"with negatives": fit(graph, "With negatives", steps=2_000, **whole)}
    runs["without: on one line through 0"] = fit(graph, "Without negatives", loss=NoNegatives(), steps=500, **whole)
    head = torch.nn.Linear(16, K)
    fit(graph, "A head on 16 features, by batches", 16, head=head, batch_size=512, steps=1_000, learning_rate=1e-2)
    return graph, runs


def visualize(graph: pg.PopulationGraph, runs: dict[str, pg.torch.Fit]) -> Any:
    """Draw both embeddings over their largest entry, coloured by the views' classes."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(10, 4.6), layout="constrained")
    for ax, (what, found) in zip(axes, runs.items(), strict=True):
        pg.plot.embedding(graph, found.f / abs(found.f).max(), ax=ax).set_title(what)
    return figure


if __name__ == "__main__":
    target = Path("figures") / "networks" / "networks.png"
    target.parent.mkdir(parents=True, exist_ok=True)
    visualize(*report()).savefig(target, dpi=110)
    print(f"wrote {target}")
