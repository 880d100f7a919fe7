"""The chain of bounds on three classes of two sub-graphs each: which bound says something, and at which k.

Run `python examples/chain_of_bounds.py`; it prints its table and writes its figure to `figures/chain_of_bounds/`.

HaoChen et al. 2021 bound the error of a linear probe on F* by α/ρ², ρ the conductance of the sparsest partition into k/2 parts,
with constants hidden; the bounds by φ/λ_{k+1} and α/λ_{k+1} have explicit ones. On a graph this small all of them can be computed,
beside the error that they bound. A bound above 1 says nothing.
"""

from pathlib import Path
from typing import Any

import numpy as np

import popgraph as pg
from popgraph.plot.drawing import COLOURS

BOUNDS = {
    "4φ/λ + 2Δ": "probe error, explicit constants",
    "8α/λ + 2α": "probe error by α",
    "α/ρ² (constant hidden)": "Theorem 3.7",
}
graph = pg.zoo.planted_subclasses(3, 2, size=2, within="1/100", across="1/1000")  # sub-graphs well inside their classes
ks = range(1, graph.N)


def error_and_bounds(k: int) -> list[float]:
    """Return the measured error and the bounds on it; NaN where one does not apply."""
    checks = pg.theory.check(graph, k=k, only=list(BOUNDS.values()))
    bounds = [checks[statement].right for statement in BOUNDS.values()]
    return [pg.probe(graph, graph.spectrum(k)).error, *(np.nan if bound is None else bound for bound in bounds)]


def report() -> np.ndarray:
    """Print the table, with what each bound is worth."""
    print(graph, "\n")
    print(" k   ρ_⌊k/2⌋  λ_{k+1}  E(f)   ", "".join(f"{name:<15}" for name in BOUNDS))
    table = np.array([error_and_bounds(k) for k in ks])
    for k, (error, *bounds) in zip(ks, table, strict=True):
        rho, lambda_next = pg.sparsest_partition(graph, max(1, k // 2)).rho, 1 - graph.spectrum(k + 1).gamma[k]
        words = ["-" if np.isnan(b) else f"{b:.4f}" if b < 1 else f"vacuous {b:.3g}" for b in bounds]
        print(f"{k:>2}   {rho:.4f}   {lambda_next:.4f}   {error:.4f} ", "".join(f"{word:<15}" for word in words))
    print("\n(vacuous: above 1; -: not applicable, for the graph is in fewer pieces than the theorem needs, or k < 2r)")
    print(f"The explicit bounds say something from k = {ks[int(np.argmax(table[:, 2] < 1))]}, where the classes end.\n")
    print(pg.theory.check(graph, k=6)["probe error by α"])
    print(f"At the clean cut k = 6: {pg.verify(graph, pg.train(graph, 6, rng=0).f)}")
    return table


def visualize(table: np.ndarray) -> Any:
    """Draw the error and its bounds over k; above the dashed line a bound is vacuous."""
    import matplotlib.pyplot as plt

    figure, ax = plt.subplots(figsize=(8, 5), layout="constrained")
    for values, name, colour, line in zip(
        table.T, ("E(f), measured", *BOUNDS), ("black", *COLOURS[:3]), ("o-", "s-", "^--", "x-"), strict=True
    ):
        wide = {"markersize": 10, "fillstyle": "none"} if "--" in line else {}  # two of the lines coincide
        ax.plot(ks, np.maximum(values, 1e-3), line, color=colour, label=name, **wide)
    ax.axhline(1.0, color="grey", linestyle="--", linewidth=1)
    ax.annotate("vacuous above", (ks[-1], 1.15), ha="right", fontsize=9)
    ax.annotate("drawn at 0.001: an error of 0", (ks[-1], 1.3e-3), ha="right", fontsize=9)
    ax.set(yscale="log", xlabel="k", ylabel="probe error, and bounds on it", xticks=ks)
    ax.set_title(f"{graph.name}: what each bound says at each k")
    ax.legend()
    return figure


if __name__ == "__main__":
    target = Path("figures") / "chain_of_bounds" / "chain_of_bounds.png"
    target.parent.mkdir(parents=True, exist_ok=True)
    visualize(report()).savefig(target, dpi=110)
    print(f"wrote {target}")
