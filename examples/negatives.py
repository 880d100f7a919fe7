"""How many negatives? The spectral loss has one optimum for every batch size; the optimum of InfoNCE moves with it.

Run `python examples/negatives.py`; it prints what it measures and writes its figure to `figures/negatives/`.

The spectral loss of a batch is an unbiased sample of the population's, so batches of 2 and of 512 lead to the same span, F*, and
only the noise on the way differs. A batch of B pairs samples InfoNCE with B - 1 negatives, another function for every B, whose
optima are computed here without noise, on the whole population (with a constant column, which InfoNCE does not feel).
"""

from pathlib import Path
from typing import Any

import numpy as np

import popgraph as pg
from popgraph.basics.subspace import principal_angles
from popgraph.plot.drawing import COLOURS

K = 3
BATCHES = (2, 8, 64, 512)
STEPS = (500, 2_000, 8_000)
graph = pg.zoo.clusters(count=3, naturals=10, views=10, degree=4, cross=0.1)


def optimum(loss: Any) -> np.ndarray:
    """Return the lowest of four minima with K - 1 columns, and a constant: at this rank InfoNCE has several."""
    runs = [pg.train(graph, K - 1, loss=loss, rng=seed) for seed in range(4)]
    return np.column_stack([np.ones(graph.N), min(runs, key=lambda run: run.loss[-1]).f])


def angle(f: np.ndarray, g: np.ndarray) -> float:
    """Return the largest angle between the spans of F = √w_x f and G = √w_x g, in radians."""
    F, G = (np.linalg.qr(np.sqrt(graph.w_x)[:, np.newaxis] * h)[0] for h in (f, g))
    return float(principal_angles(F, G)[-1])


def report() -> tuple[dict[int, list[float]], dict[int, float]]:
    """Train by batches, and at the population's InfoNCE; print how far from the optimum each ends."""
    print(graph, "\n")
    print(f"The whole population's spectral loss: {pg.verify(graph, pg.train(graph, K, rng=0).f)}\n")
    print("Spectral loss, from batches: largest angle to F* in radians, after this many steps")
    print("  batch size", *(f"{steps:>9,}" for steps in STEPS))
    sampled = {}
    for size in BATCHES:
        runs = (pg.train(graph, K, batch_size=size, steps=steps, rng=0) for steps in STEPS)
        sampled[size] = [pg.verify(graph, run.f).largest_angle for run in runs]
        print(f"  {size:>10}", *(f"{radians:>9.4f}" for radians in sampled[size]))
    limit = optimum(pg.losses.infonce)
    shifted = {size: angle(optimum(pg.losses.InfoNCE(negatives=size - 1)), limit) for size in BATCHES}
    print(
        "\nInfoNCE over the population with B - 1 negatives: largest angle from its optimum to that with infinitely many"
    )
    for size in BATCHES:
        print(f"  {size:>10} {shifted[size]:>9.4f}")
    print(f"\nNor is that limit F*: f {pg.verify(graph, limit).reason.removeprefix('f ')}")
    return sampled, shifted


def visualize(sampled: dict[int, list[float]], shifted: dict[int, float]) -> Any:
    """Draw both: curves that fall with the steps, and lines that stay where they are."""
    import matplotlib.pyplot as plt

    figure, ax = plt.subplots(figsize=(8, 6), layout="constrained")
    for size, colour in zip(BATCHES, COLOURS, strict=False):
        ax.plot(STEPS, sampled[size], "o-", color=colour, label=f"spectral, B = {size}: to F*")
        ax.axhline(
            shifted[size], color=colour, linestyle="--", label=f"InfoNCE, B = {size}: its optimum to that of B = ∞"
        )
    ax.set(xscale="log", yscale="log", xlabel="batches", ylabel="largest angle (rad)")
    ax.set_title("Batches of any size lead the spectral loss to one span; InfoNCE's optimum moves", fontsize=11)
    figure.legend(ncols=2, fontsize=9, loc="outside lower center")
    return figure


if __name__ == "__main__":
    target = Path("figures") / "negatives" / "negatives.png"
    target.parent.mkdir(parents=True, exist_ok=True)
    visualize(*report()).savefig(target, dpi=110)
    print(f"wrote {target}")
