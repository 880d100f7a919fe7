"""What phase diagrams of the four families of `examples/phase_diagrams.py` cost: run `python tests/benchmarks/phases.py 40 2`.

Prints seconds, and seconds of all processors, of each side x side diagram (target: three of 40 x 40 in 10 minutes on two cores),
and how many cells break what is predicted about the student.
"""

import resource
import sys
import time
from pathlib import Path

EXAMPLE = Path(__file__).parents[2] / "examples" / "phase_diagrams.py"


def processor_seconds() -> float:
    """Return what this process and its finished children have used."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def report(side: int = 40, workers: int = 2) -> None:
    """Print a line for each family."""
    sys.path.insert(0, str(EXAMPLE.parent))  # other processes import the families by name
    import phase_diagrams

    for make in phase_diagrams.FAMILIES:
        start, used = time.perf_counter(), processor_seconds()
        phase_diagrams.diagram_of(make, side, workers)
        print(
            f"  {time.perf_counter() - start:.1f} s, {processor_seconds() - used:.1f} s of all processors", flush=True
        )


if __name__ == "__main__":
    report(*map(int, sys.argv[1:]))
