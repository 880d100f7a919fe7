"""Two-layer networks on pixels: trained on sampled positive pairs, do they match F*? And without negatives?

Run `pip install -e ".[torch,examples]" && python examples/networks.py`; it prints what it measures and writes its figure to
`figures/networks/`.

A network never sees F*, and neither does its loss: pairs are sampled, and pixels go in. What it learns is compared with F*
afterwards, at the output and at the features below the projection head.
"""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.datasets import load_digits

import popgraph as pg

K = 2
ATOL = 0.02  # radians
INK = 10  # of 16 grey levels: darker is ink
COLOURS = ("#0072B2", "#D55E00")


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
    pixels, classes = load_digits(return_X_y=True)
    images = [pg.images.Image(image.reshape(8, 8) > INK) for image in pixels[classes < 2]]
    noise = pg.images.shift(probability="1/2").then(pg.images.mask(6))
    labels = dict(zip(images, classes[classes < 2].tolist(), strict=True))
    return pg.build(pg.Distribution.from_samples(images), noise, labels=labels, name="zeros and ones")


def network(graph: pg.PopulationGraph, width: int, k: int) -> torch.nn.Module:
    """Return a network of two layers on the pixels of the graph's views."""
    torch.manual_seed(0)
    size = graph.views[0].pixels.size
    return torch.nn.Sequential(
        torch.nn.Flatten(), torch.nn.Linear(size, width), torch.nn.ReLU(), torch.nn.Linear(width, k)
    )


def trained(graph: pg.PopulationGraph, width: int, what: str, **options: Any) -> tuple[pg.torch.Fit, pg.torch.Report]:
    """Fit a network at k = 2, verify it, and print what came out."""
    fit = pg.torch.fit(network(graph, width, K), graph, rng=0, **options)
    report = pg.torch.verify(graph, fit, atol=ATOL)
    print(f"{graph.name}, {what}\n  {fit}\n  {report.output.reason}")
    return fit, report


def report() -> list[tuple[str, pg.PopulationGraph, pg.torch.Fit]]:
    """Train with and without negatives, on four views and on two thousand, and with a projection head."""
    torch.set_num_threads(1)  # on networks this small a second thread costs more than it brings
    toy, digits = pg.zoo.lightning_cloud(), zeros_and_ones()
    print(digits, "\n")
    runs = [
        ("with negatives", toy, trained(toy, 64, "batches of 256 pairs")[0]),
        ("without", toy, trained(toy, 64, "the same without negatives", loss=NoNegatives())[0]),
    ]
    trained(digits, 512, "batches of 512 pairs: what is left is mostly their noise", batch_size=512)
    whole = {"batch_size": None, "steps": 3_000, "learning_rate": 5e-3}
    runs += [
        ("with negatives", digits, trained(digits, 512, "every step on the whole population", **whole)[0]),
        ("without", digits, trained(digits, 512, "the same without negatives", loss=NoNegatives(), **whole)[0]),
    ]
    encoder, head = network(digits, 512, 16), torch.nn.Sequential(torch.nn.ReLU(), torch.nn.Linear(16, K))
    both = pg.torch.fit(encoder, digits, head=head, rng=0, batch_size=512, learning_rate=1e-2)
    print(f"\nAn encoder of 16 features under a projection head to {K}, batches of 512:")
    print(pg.torch.verify(digits, both, atol=ATOL))
    print("\nAnd a table, one free vector for each view, trained on the whole population:")
    print(pg.verify(digits, pg.train(digits, K, rng=0).f))
    return runs


def visualize(runs: list[tuple[str, pg.PopulationGraph, pg.torch.Fit]]) -> Any:
    """Draw each embedding, coloured by the views' classes."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, len(runs), figsize=(4 * len(runs), 4.4), layout="constrained")
    for ax, (what, graph, fit) in zip(axes, runs, strict=True):
        f = fit.f / np.abs(fit.f).max()
        ax.axhline(0, color="#BBBBBB", linewidth=0.8)
        ax.axvline(0, color="#BBBBBB", linewidth=0.8)
        for label, colour, marker in zip(sorted(set(graph.view_labels.tolist())), COLOURS, "o^", strict=True):
            mine = graph.view_labels == label
            sizes = 10 + 200 * np.sqrt(graph.w_x[mine])
            ax.scatter(*f[mine].T, s=sizes, color=colour, marker=marker, alpha=0.6, linewidth=0, label=str(label))
        angle = pg.torch.verify(graph, fit).output.largest_angle
        ax.set(title=f"{graph.name}, {what}\nlargest angle to F*: {angle:.2g} rad", xlabel="$f_1$", ylabel="$f_2$")
        ax.set(xlim=(-1.1, 1.1), ylim=(-1.1, 1.1))
        ax.legend(loc="best", fontsize=8)
    figure.suptitle("f, over its largest entry: without negatives every f(x) lies on one line through 0")
    return figure


if __name__ == "__main__":
    target = Path("figures") / "networks" / "networks.png"
    target.parent.mkdir(parents=True, exist_ok=True)
    visualize(report()).savefig(target, dpi=110)
    print(f"wrote {target}")
