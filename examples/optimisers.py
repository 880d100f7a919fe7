"""The optimiser chooses where the loss does not: the same loss, and other probe errors, from 100 starts each.

Run `python examples/optimisers.py`; it prints mean and spread over the starts, and writes its figure to `figures/optimisers/`.

Three bits; the class is the first. Where they flip equally often, every direction w of f(x) = w·(±1, ±1, ±1) has the same loss.
Descent keeps the direction of its small start, and batches let it drift; Adam makes all entries grow alike, so that f is a vote;
descent on u and v, w = u v entry by entry, ends at the bit that led. (Saunshi et al. 2022, 2202.14037: the loss does not tell.)
"""

from pathlib import Path
from typing import Any

import numpy as np

import popgraph as pg

RUNS, BATCH, STEPS = 100, 16, 1_000
BITS = 1.0 - 2.0 * np.array(list(np.ndindex(2, 2, 2)))  # of the 8 views
FLIPS = {"a degenerate cut: equal bits": (0.1, 0.1, 0.1), "a clean cut: unequal bits": (0.05, 0.15, 0.25)}


def slope(graph: pg.PopulationGraph, w: Any, rng: Any = None) -> Any:
    """Return the gradient of each run's loss, a row each: on the whole population, or on a batch [THEORY 3.6] of its own."""
    if rng is None:
        return 4 * w * np.sum(w**2, axis=1, keepdims=True) - 4 * w @ (BITS.T @ graph.w @ BITS)
    x, y = np.moveaxis(BITS[graph.sample_pairs(len(w) * BATCH, rng=rng)].reshape(len(w), BATCH, 2, 3), 2, 0)
    f, g = x @ w[:, :, np.newaxis], y @ w[:, :, np.newaxis]
    of_f, of_g = ((np.sum(h**2, axis=1, keepdims=True) - h**2) / (BATCH - 1) for h in (f, g))  # of the batch's others
    return 2 / BATCH * np.sum(x * (f * of_g - g) + y * (g * of_f - f), axis=1)


def run(how: str, graph: pg.PopulationGraph, w: Any, rng: Any) -> Any:
    """Return where the runs end; the last steps are plain descent, or the noise of batches would hide how equal the losses are."""
    v, mean, square = 0.1 * rng.standard_normal(w.shape), 0.0, 0.0
    for step, rate in enumerate(0.05 / (1 + np.arange(STEPS) / 200), start=1):
        if how == "descent on u v":
            w, v = w - 0.05 * slope(graph, w * v) * v, v - 0.05 * slope(graph, w * v) * w
        elif how == "Adam":
            mean, square = 0.9 * mean + 0.1 * slope(graph, w), 0.999 * square + 0.001 * slope(graph, w) ** 2
            w = w - rate / 5 * mean / (1 - 0.9**step) / (np.sqrt(square / (1 - 0.999**step)) + 1e-8)
        else:
            w = w - rate * slope(graph, w, rng if how == "batches" else None)
    return w if how == "descent" else run("descent", graph, w * v if how == "descent on u v" else w, rng)


def report() -> dict[str, dict[str, Any]]:
    """Run all on both populations; print the largest excess loss, and mean and standard deviation of the probe errors."""
    errors: dict[str, dict[str, Any]] = {what: {} for what in FLIPS}
    for what, flips in FLIPS.items():
        kernel = np.where(BITS[:, np.newaxis] == BITS, 1 - np.array(flips), flips).prod(axis=2)
        graph = pg.build(np.full(8, 1 / 8), kernel, labels=BITS[:, 0].tolist())
        print(f"{what}. Of all functions: {pg.verify(graph, pg.train(graph, 4, rng=0))}\n")
        for how in ("descent", "batches", "Adam", "descent on u v"):
            rng = np.random.default_rng(0)
            tables = [BITS @ w[:, np.newaxis] for w in run(how, graph, 0.1 * rng.standard_normal((RUNS, 3)), rng)]
            worst = max(pg.losses.spectral.value(graph.factor, graph.w_x, f) for f in tables) + (1 - 2 * flips[0]) ** 4
            error = errors[what][how] = np.array([pg.probe(graph, f).error for f in tables])
            print(f"{how:>15}: at most {worst:.0e} too high, probe error {error.mean():.3f} ± {error.std(ddof=1):.3f}")
    return errors


def visualize(errors: dict[str, Any]) -> Any:
    """Draw in how many runs the probe errs how often, for each optimiser."""
    import matplotlib.pyplot as plt

    figure, ax = plt.subplots(figsize=(8, 2.8), layout="constrained")
    for value, colour, less in ((0, "#0072B2", -1), (0.25, "#E69F00", 0), (0.5, "#999999", 0.25)):
        left, right = (np.array([sum(error <= most) for error in errors.values()]) for most in (less, value))
        ax.barh(list(errors), right - left, left=left, color=colour, label=f"probe error {value}")
    ax.set(title="One loss, to 15 digits: how often a probe errs", xlabel=f"of {RUNS} runs")
    figure.legend(loc="outside right center")
    return figure


if __name__ == "__main__":
    target = Path("figures") / "optimisers" / "optimisers.png"
    target.parent.mkdir(parents=True, exist_ok=True)
    visualize(report()["a degenerate cut: equal bits"]).savefig(target, dpi=110)
    print(f"wrote {target}")
