"""The exact flow of the spectral loss beside discrete training: steps of several lengths, and the noise of batches.

Run `python examples/flow_and_training.py`; it prints what it measures and writes its figure to `figures/flow_and_training/`.

Gradient flow has a closed form: modes switch on one by one, at t = ln(γ/x_0 - 1)/(8γ) from the amount x_0 [THEORY 13.1]. Descent
with learning rate h stays within a distance of it that is proportional to h, up to h = 1/(4γ_1), from where on it does not settle.
Batches of B pairs scatter around it, the less the larger B: their mean and spread are over 20 seeds. (Modes one by one: Simon et
al. 2023, arXiv 2303.15438.)
"""

from pathlib import Path
from typing import Any

import numpy as np

import popgraph as pg
from popgraph.plot.drawing import COLOURS

K, SEEDS, TIMES = 2, 20, np.linspace(0, 4, 41)
STEPS, BATCHES = (0.1, 0.05, 0.025, 0.0125), (8, 32, 128)


def population() -> pg.PopulationGraph:
    """Two bits that flip with probabilities 1/8 and 1/4: γ = 1, 0.5625, 0.25, 0.140625."""
    kernel = np.kron([[0.875, 0.125], [0.125, 0.875]], [[0.75, 0.25], [0.25, 0.75]])
    return pg.build(np.full(4, 0.25), kernel, name="square")


def report() -> tuple[pg.Flow, dict[float, float], dict[int, Any]]:
    """Follow the flow, descent, and batches from one start; print how far the steps, and how wide the batches, are."""
    graph = population()
    start = 0.1 * np.random.default_rng(0).standard_normal((graph.N, K))
    flow = pg.flow(graph, K, start, TIMES)
    print(f"{graph}\n\n{flow}\n")
    far = {}
    for step in STEPS:
        far[step] = float(np.abs(pg.flow(graph, K, start, TIMES, step=step).path - flow.path).max())
        print(f"step {step:<6}: at most {far[step]:.4f} from the flow")
    print(f"steps of {flow.largest_stable_step:g} or more do not settle\n")
    runs = {}
    for size in BATCHES:
        noisy = (pg.flow(graph, K, start, TIMES, step=0.05, batch_size=size, rng=seed) for seed in range(SEEDS))
        runs[size] = np.array([flow.amounts for flow in noisy])
        mean, spread = runs[size][:, -1, :K].mean(axis=0), runs[size][:, -1, :K].std(axis=0, ddof=1)
        print(f"batches of {size:>3}: amounts at the end {mean.round(3)} ± {spread.round(3)} over {SEEDS} seeds")
    print(f"\nAt the end of the flow: {pg.verify(graph, pg.flow(graph, K, start, [0, 100]))}")
    return flow, far, runs


def visualize(flow: pg.Flow, far: dict[float, float], runs: dict[int, Any]) -> Any:
    """Draw the distance over the step, and the flow among the batches of two sizes: their mean, and a band of one deviation."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 3, figsize=(14, 3.8), layout="constrained")
    axes[0].loglog(list(far), list(far.values()), "o-", color=COLOURS[0], label="largest distance from the flow")
    axes[0].loglog(
        STEPS, far[STEPS[-1]] * np.array(STEPS) / STEPS[-1], "k--", linewidth=1, label="proportional to the step"
    )
    axes[0].set(xlabel="learning rate h", title="Steps")
    axes[0].set_xticks(STEPS, [str(step) for step in STEPS], minor=False)
    axes[0].set_xticks([], minor=True)
    axes[0].legend()
    for ax, size in zip(axes[1:], (BATCHES[0], BATCHES[-1]), strict=True):
        pg.plot.flow(flow, ax=ax).set_title(f"Batches of {size}: mean and deviation of {SEEDS} runs")
        mean, spread = runs[size].mean(axis=0), runs[size].std(axis=0, ddof=1)
        for i, colour in zip(range(K), COLOURS, strict=False):
            ax.plot(TIMES, mean[:, i], ":", color=colour)
            ax.fill_between(TIMES, (mean - spread)[:, i], (mean + spread)[:, i], color=colour, alpha=0.25, linewidth=0)
    return figure


if __name__ == "__main__":
    target = Path("figures") / "flow_and_training" / "flow_and_training.png"
    target.parent.mkdir(parents=True, exist_ok=True)
    visualize(*report()).savefig(target, dpi=110)
    print(f"wrote {target}")
