"""How long `explore` takes from a moved slider to new pictures: run `python tests/benchmarks/explorer_redraw.py`."""

import time

import numpy as np

import popgraph as pg

SHOWN = {
    "lightning/cloud": (pg.zoo.lightning_cloud, "probability", (0.0, 1.0)),
    "3-cube": (lambda flip=0.25: pg.zoo.hypercube(3, flip), "flip", (0.0, 0.5)),
    "ring of 12": (lambda stay=0.5: pg.zoo.ring(12, stay), "stay", (0.1, 0.9)),
    "5-cube": (lambda flip=0.25: pg.zoo.hypercube(5, flip), "flip", (0.0, 0.5)),
}


def report(moves: int = 15) -> dict[str, float]:
    """Print and return the median milliseconds of a redraw; the first, which loads fonts, is not counted."""
    medians = {}
    for name, (make, parameter, ends) in SHOWN.items():
        shown = pg.explore(make, **{parameter: ends})
        slider, seconds = shown.sliders[parameter], []
        for value in np.linspace(*ends, moves + 2)[1:-1]:
            start = time.perf_counter()
            slider.value = float(value)
            seconds.append(time.perf_counter() - start)
        medians[name] = 1e3 * float(np.median(seconds))
        print(f"{name:<16}{shown.graph.N:>4} views{medians[name]:>8.0f} ms")
    return medians


if __name__ == "__main__":
    report()
