"""How long `import popgraph` takes, beside the parts of numpy and scipy that it needs: the median of 15 fresh interpreters each.

Run it as a script. The two are measured in turn, so that a change of the machine's load meets both.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

STATEMENTS = ("import popgraph", "import numpy, scipy.sparse, scipy.sparse.linalg, scipy.linalg", "pass")
RUNS = 15


def seconds(statement: str) -> float:
    """Return the wall-clock seconds of a fresh interpreter that runs one statement and ends."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", statement], check=True)
    return time.perf_counter() - start


def measure(runs: int = RUNS) -> dict[str, list[float]]:
    """Return each statement's seconds, run by run; a first run, which fills the disk's cache, is left out."""
    rounds = [[seconds(statement) for statement in STATEMENTS] for _ in range(runs + 1)][1:]
    return {statement: list(times) for statement, times in zip(STATEMENTS, zip(*rounds, strict=True), strict=True)}


if __name__ == "__main__":
    for statement, times in measure().items():
        low, middle, high = (1e3 * value for value in (min(times), statistics.median(times), max(times)))
        print(f"{middle:6.0f} ms  ({low:.0f} to {high:.0f})  {statement}")
