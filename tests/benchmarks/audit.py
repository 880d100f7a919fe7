"""Audit the statements of the theory: run `python tests/benchmarks/audit.py`, or with `--markdown` for a table to paste.

Prints for every statement its source, its section of docs/theory.md and what it assumes; on how many populations of the zoo, and of
random graphs, at several k, it holds, is trivial, is vacuous, does not apply or was skipped; and the largest ratio left/right of a
bound where it holds. Equalities have no ratio: `off` is how far their sides were apart at most, in units of their tolerance. With
`--hunt` each bound is also hunted on populations of up to four naturals and four views, and `hunted` is the largest ratio there.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))

import popgraph as pg
from popgraph.theory import Check, Verdict
from popgraph.theory.checking import ALL

SHORT = {
    Verdict.HOLDS: "holds",
    Verdict.TRIVIAL: "trivial",
    Verdict.VACUOUS: "vacuous",
    Verdict.RATIO: "ratio",
    Verdict.NOT_APPLICABLE: "n/a",
    Verdict.SKIPPED: "skipped",
    Verdict.FAILS: "FAILS",
}


@dataclass
class Row:
    """Hold what became of one statement on all graphs."""

    check: Check
    counts: Counter[Verdict] = field(default_factory=Counter)
    ratio: float = -np.inf  # the largest left/right of a bound with a right side above 0
    off: float = 0.0  # the largest |left - right| / tolerance of an equality
    equal: int = 0  # how often both sides of a bound that holds are one number
    hunted: float = np.nan  # the largest left/right that `theory.hunt` found

    def add(self, check: Check) -> None:
        """Count one check."""
        self.counts[check.verdict] += 1
        if check.left is None or check.right is None or check.verdict in (Verdict.TRIVIAL, Verdict.VACUOUS):
            return
        if check.relation == "=":
            if check.tolerance:
                self.off = max(self.off, abs(check.left - check.right) / check.tolerance)
            return
        self.equal += bool(np.isclose(check.left, check.right, rtol=1e-9, atol=1e-12))
        if check.right > 0:
            self.ratio = max(self.ratio, check.left / check.right)
        elif check.right < 0:
            self.ratio = max(self.ratio, check.right / check.left)  # -3 <= -2: how near the sides are, as 2/3


def zoo_cases() -> Iterable[tuple[Any, Any, int]]:
    """Yield the graphs that the tests share, with labels, each at a few k."""
    from cases import GRAPHS

    for graph in GRAPHS.values():
        labels = None if graph.labels is not None else np.arange(graph.n) % 2
        for k in sorted({1, min(2, graph.N), min(4, graph.N), min(10, graph.N)}):
            yield graph, labels, k
    for moves in (("0.6", "0.2", "0.15", "0.05"), ("0.6", "0.05", "0.15", "0.2")):
        yield pg.zoo.class_domain(*moves), None, 3
    yield pg.zoo.hypercube(4, "1/5"), np.random.default_rng(3).integers(0, 2, 16), 12  # Theorem 4.2, with errors


def random_cases(count: int) -> Iterable[tuple[Any, Any, int]]:
    """Yield random graphs of up to 10 views, with random labels and k."""
    from test_theory import random_graph

    for seed in range(count):
        yield random_graph(seed)


def pair_cases(count: int) -> Iterable[tuple[Any, Any, int]]:
    """Yield graphs whose pairs are given directly, some with eigenvalues below 0, and pairs of two encoders."""
    from test_theory_of_pairs import random_kernels, random_pairs

    for seed in range(count):
        yield random_pairs(seed)
        p, A, B = random_kernels(np.random.default_rng(seed))
        graph = pg.build(p, A, second=B)
        yield graph, None, min(2, graph.N_x, graph.N_z)


def audit(cases: Iterable[tuple[Any, Any, int]]) -> list[Row]:
    """Return a row for each statement, in the order of the theory."""
    rows: dict[str, Row] = {}
    for graph, labels, k in cases:
        for check in pg.theory.check(graph, labels, k):
            rows.setdefault(check.name, Row(check)).add(check)
    return list(rows.values())


def hunt(rows: list[Row], steps: int) -> None:
    """Note the largest left/right of each bound about one encoder that a hunt with so many steps finds."""
    for row in rows:
        if row.check.relation != "=" and ALL[row.check.name].about_two_encoders is False:
            row.hunted = pg.theory.hunt(row.check.name, starts=2, steps=steps, rng=0, progress=False).ratio


def table(rows: list[Row], markdown: bool = False) -> str:
    """Write the rows, of all columns as Markdown, of the numbers alone as text."""
    heads = [
        "statement",
        "source",
        "section",
        "assumes",
        *SHORT.values(),
        "equal",
        "largest left/right",
        "hunted",
        "off",
    ]
    lines = [heads]
    for row in rows:
        counts = [str(row.counts[verdict] or "") for verdict in SHORT]
        ratio = "" if np.isneginf(row.ratio) else f"{row.ratio:.4g}"
        off = f"{row.off:.1g}" if row.check.relation == "=" else ""
        check = row.check
        assumes = "; ".join(check.assumptions)
        hunted = "" if np.isnan(row.hunted) else f"{row.hunted:.4g}"
        lines.append(
            [check.name, check.source, check.section, assumes, *counts, str(row.equal or ""), ratio, hunted, off]
        )
    if markdown:
        return "\n".join("| " + " | ".join(line) + " |" for line in [lines[0], ["---"] * len(heads), *lines[1:]])
    shown = [line[:1] + line[2:3] + line[4:] for line in lines]
    widths = [max(len(line[i]) for line in shown) for i in range(len(shown[0]))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in shown)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--random", type=int, default=40, help="how many random graphs, of each kind")
    parser.add_argument("--markdown", action="store_true", help="all columns, as Markdown")
    parser.add_argument(
        "--hunt", type=int, default=0, metavar="STEPS", help="hunt each bound with so many steps, twice"
    )
    options = parser.parse_args()
    cases = [*zoo_cases(), *random_cases(options.random), *pair_cases(options.random)]
    rows = audit(cases)
    if options.hunt:
        hunt(rows, options.hunt)
    print(f"{len(rows)} statements on {len(cases)} graphs\n\n{table(rows, options.markdown)}")
    never = [row.check.name for row in rows if not row.counts[Verdict.HOLDS] + row.counts[Verdict.RATIO]]
    print(f"\nnever other than trivial or vacuous: {', '.join(never) or 'none'}")


if __name__ == "__main__":
    main()
