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

ROWS = {
    "explicit φ": "probe error, explicit constants",
    "explicit α": "probe error by α",
}


def population() -> pg.PopulationGraph:
    """Three classes of two sub-graphs of two views, well inside their classes."""
    return pg.zoo.planted_subclasses(3, 2, size=2, within="1/100", across="1/1000")


def table(graph: pg.PopulationGraph) -> dict[int, dict[str, float]]:
    """Return, for each k, ρ_⌊k/2⌋, λ_{k+1}, the measured errors and the bounds on them; NaN where one does not apply."""
    rows = {}
    for k in range(1, graph.N):
        checks = pg.theory.check(graph, k=k)
        row = {"rho": pg.sparsest_partition(graph, max(1, k // 2)).rho}
        row["lambda"] = 1 - float(graph.spectrum(k + 1).gamma[-1])
        f = graph.spectrum(k)
        row["E"] = pg.probe(graph, f).error
        for name, statement in ROWS.items():
            row[name] = checks[statement].right or np.nan
        theorem = checks["Theorem 3.7"]
        row["theorem 3.7"] = np.nan if theorem.right is None else theorem.right
        rows[k] = row
    return rows


def report() -> tuple[pg.PopulationGraph, dict[int, dict[str, float]]]:
    """Print the table, with what each bound is worth."""
    graph = population()
    rows = table(graph)
    print(graph, "\n")
    print(" k   ρ_⌊k/2⌋   λ_{k+1}   E(f)    4φ/λ + 2Δ     8α/λ + 2α     α/ρ² (constant hidden)")
    for k, row in rows.items():
        words = [_word(row[name]) for name in (*ROWS, "theorem 3.7")]
        print(
            f"{k:>2}   {row['rho']:<9.4f} {row['lambda']:<9.4f} {row['E']:<7.4f} {words[0]:<13} {words[1]:<13} {words[2]}"
        )
    print(
        "\n(vacuous: above 1; -: not applicable, for the graph is in fewer pieces than the theorem needs, or k < 2r)\n"
    )
    print(pg.theory.check(graph, k=6)["probe error by α"])
    print(f"At the clean cut k = 6: {pg.verify(graph, pg.train(graph, 6, rng=0).f)}")
    return graph, rows


def _word(bound: float) -> str:
    """Write a bound, or what it is worth."""
    return "-" if np.isnan(bound) else f"{bound:.4f}" if bound < 1 else f"vacuous {bound:.3g}"


def visualize(graph: pg.PopulationGraph, rows: dict[int, dict[str, float]]) -> Any:
    """Draw the error and its bounds over k; above the dashed line a bound is vacuous."""
    import matplotlib.pyplot as plt

    figure, ax = plt.subplots(figsize=(8, 5), layout="constrained")
    drawn = {
        "E": ("E(f), measured", "#000000", "o"),
        "explicit φ": ("4φ/λ + 2Δ", "#0072B2", "s"),
        "explicit α": ("8α/λ + 2α", "#009E73", "^"),
        "theorem 3.7": ("α/ρ² (constant hidden)", "#D55E00", "x"),
    }
    ks = list(rows)
    for name, (label, colour, marker) in drawn.items():
        values = np.array([rows[k][name] for k in ks])
        apart = {"markersize": 10, "fillstyle": "none"} if name == "explicit α" else {}  # two of the lines coincide
        style = "--" if apart else "-"
        ax.plot(ks, np.maximum(values, 1e-3), style, marker=marker, color=colour, label=label, **apart)
    ax.axhline(1.0, color="#888888", linestyle="--", linewidth=1)
    ax.annotate("vacuous above", (ks[-1], 1.15), ha="right", fontsize=9, color="#555555")
    ax.annotate("drawn at 0.001: an error of 0", (ks[-1], 1.3e-3), ha="right", fontsize=9, color="#555555")
    ax.set(yscale="log", xlabel="k", ylabel="probe error, and bounds on it", xticks=ks)
    ax.set_title(f"{graph.name}: what each bound says at each k")
    ax.legend()
    return figure


if __name__ == "__main__":
    found = report()
    target = Path("figures") / "chain_of_bounds" / "chain_of_bounds.png"
    target.parent.mkdir(parents=True, exist_ok=True)
    visualize(*found).savefig(target, dpi=110)
    print(f"wrote {target}")
