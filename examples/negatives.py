"""How many negatives? The spectral loss has one optimum for every batch size; the optimum of InfoNCE moves with it.

Run `python examples/negatives.py`; it prints what it measures and writes its figure to `figures/negatives/`.

The spectral loss of a batch is an unbiased sample of the population's, so batches of 2 and of 512 lead to the same span, F*, and
only the noise on the way differs. A batch of B pairs samples InfoNCE with B - 1 negatives, and that is another function for
every B. Its optima are computed here on the whole population, so what is left between them is no noise.
"""

from pathlib import Path
from typing import Any

import numpy as np

import popgraph as pg
from popgraph.subspace import column_space, principal_angles

K = 3
BATCHES = (2, 8, 64, 512)
STEPS = (500, 2_000, 8_000, 32_000)
COLOURS = dict(zip(BATCHES, ("#D55E00", "#009E73", "#0072B2", "#000000"), strict=True))


def population() -> pg.PopulationGraph:
    """Three clusters of ten naturals, with some views in common."""
    return pg.zoo.clusters(count=3, naturals=10, views=10, degree=4, cross=0.1)


def span(graph: pg.PopulationGraph, f: np.ndarray) -> np.ndarray:
    """Return an orthonormal basis of the span of F = √w_x f."""
    return column_space(f * np.sqrt(graph.w_x)[:, np.newaxis]).basis


def best(graph: pg.PopulationGraph, loss: Any) -> pg.Training:
    """Return the lowest of four minima: at rank K InfoNCE has several."""
    return min((pg.train(graph, K, loss=loss, rng=seed) for seed in range(4)), key=lambda run: run.loss[-1])


def report() -> tuple[dict[int, list[float]], dict[int, float]]:
    """Train by batches, and at the population's InfoNCE; print how far from the optimum each ends."""
    graph = population()
    print(graph, "\n")
    match = pg.verify(graph, pg.train(graph, K, rng=0).f)
    print(f"The whole population's spectral loss: {match}\n")
    sampled = {}
    print("Spectral loss, from batches: largest angle to F* in radians, after this many steps")
    print("  batch size", *(f"{steps:>9,}" for steps in STEPS))
    for size in BATCHES:
        runs = (pg.train(graph, K, batch_size=size, steps=steps, rng=0) for steps in STEPS)
        sampled[size] = [pg.verify(graph, run.f).largest_angle for run in runs]
        print(f"  {size:>10}", *(f"{angle:>9.4f}" for angle in sampled[size]))
    limit = best(graph, pg.losses.infonce)
    shifted = {}
    print(
        "\nInfoNCE, exact optimum over the population with B - 1 negatives: largest angle to its optimum with infinitely many"
    )
    for size in BATCHES:
        optimum = best(graph, pg.losses.InfoNCE(negatives=size - 1))
        shifted[size] = float(principal_angles(span(graph, optimum.f), span(graph, limit.f))[-1])
        print(f"  {size:>10} {shifted[size]:>9.4f}   loss {optimum.loss[-1]:.6f}")
    held = pg.verify(graph, limit.f)
    print(f"\nNor is that limit F*: it {held.reason.removeprefix('f ')}")
    print(f"Minus the mutual information, which no InfoNCE value is below: {-pg.theory.mutual_information(graph):.6f}")
    return sampled, shifted


def visualize(sampled: dict[int, list[float]], shifted: dict[int, float]) -> Any:
    """Draw both: curves that fall with the steps, and lines that stay where they are."""
    import matplotlib.pyplot as plt

    figure, ax = plt.subplots(figsize=(8, 6), layout="constrained")
    for size in BATCHES:
        ax.plot(STEPS, sampled[size], "o-", color=COLOURS[size], label=f"spectral, B = {size}")
    for size in BATCHES:
        ax.axhline(shifted[size], color=COLOURS[size], linestyle="--", label=f"InfoNCE, B = {size}: optimum")
    ax.set(
        xscale="log",
        yscale="log",
        xlabel="batches",
        ylabel="largest angle to the loss's own population optimum (rad)",
        title="Batches of any size lead the spectral loss to one span;\nthe optimum of InfoNCE moves with the negatives",
    )
    figure.legend(ncols=2, fontsize=9, loc="outside lower center")
    return figure


if __name__ == "__main__":
    found = report()
    target = Path("figures") / "negatives" / "negatives.png"
    target.parent.mkdir(parents=True, exist_ok=True)
    visualize(*found).savefig(target, dpi=110)
    print(f"wrote {target}")
