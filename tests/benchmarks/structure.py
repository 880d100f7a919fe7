"""What structure saves: python tests/benchmarks/structure.py [--d 20] [--ring 3000].

A mixture of 4 products of d coins, never listed: time, peak memory, and the bytes that its sparse factor would take. Then graphs
with a declared symmetry, a ring and images under all cyclic shifts, beside the graph's own spectrum.
"""

import argparse
import resource
import time

import numpy as np
import scipy.sparse as sp

import popgraph as pg
from popgraph.populations.structure import mixture


def coins(d: int):
    """Four products of d biased coins, seen with a fifth of the bits flipped."""
    rng = np.random.default_rng(0)
    flip = np.array([[0.8, 0.2], [0.2, 0.8]])
    return mixture(range(4), {c: [(np.array([1 - p, p]), flip) for p in rng.uniform(0.15, 0.85, d)] for c in range(4)})


def ring(n: int):
    """A ring that steps to either side or stays, and its turn."""
    here = np.arange(n)
    kernel = sum(
        sp.csr_array((np.full(n, p), (here, (here + s) % n)), shape=(n, n)) for s, p in ((0, 0.5), (1, 0.3), (-1, 0.2))
    )
    turn = (here + 1) % n
    return pg.build(np.full(n, 1 / n), kernel), [(turn, turn)]


def shifted(side: int, patterns: int):
    """All cyclic shifts of binary images that differ by a pixel from one to the next, seen moved by a pixel and one flipped."""
    rng = np.random.default_rng(0)
    pattern, found = rng.integers(0, 2, (side, side)), {}
    for _ in range(patterns):
        pattern[tuple(rng.integers(0, side, 2))] ^= 1
        for down in range(side):
            for right in range(side):
                found[pg.images.Image(np.roll(pattern, (down, right), (0, 1)))] = None
    move = pg.images.shift(probability="1/2", wrap=True)
    return pg.build(list(found), move.then(pg.images.flip_pixels(1, "1/2"))), ["shift down", "shift right"]


def timed(job):
    """Return the CPU seconds of a job, and the eigenvalues that it found, or why it found none."""
    start = time.process_time()
    try:
        gamma = job().gamma
    except pg.errors.NotConverged as error:
        gamma = str(error)
    return time.process_time() - start, gamma


def main(d: int, n: int, side: int, patterns: int, k: int) -> None:
    """Run, and print."""
    start, cpu = time.perf_counter(), time.process_time()
    graph = coins(d)
    spectrum = graph.spectrum(k)
    print(repr(graph))
    print(spectrum)
    print(f"{'wall, CPU':24}{time.perf_counter() - start:8.2f} s, {time.process_time() - cpu:.2f} s")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    listed = 12 * graph.entries
    print(f"{'peak memory':24}{peak / 2**30:8.3f} GiB, of the whole process")
    print(f"{'the sparse factor':24}{listed / 2**30:8.3f} GiB: {listed / peak:,.1f} times that")
    for name, (plain, generators) in (("ring", ring(n)), ("shifted images", shifted(side, patterns))):
        fast, mine = timed(lambda plain=plain, generators=generators: plain.with_symmetry(generators).spectrum(k))
        slow, theirs = timed(lambda plain=plain: plain.spectrum(k))
        apart = theirs if isinstance(theirs, str) else f"eigenvalues differ by {np.abs(mine - theirs).max():.1e}"
        print(
            f"{name}: {plain!r}\n  declared {fast:.3f} s CPU, graph.spectrum {slow:.3f} s, {slow / fast:,.0f} times; {apart}"
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, value in (("d", 20), ("ring", 3_000), ("side", 8), ("patterns", 24), ("k", 16)):
        parser.add_argument(f"--{name}", type=int, default=value)
    given = parser.parse_args()
    main(given.d, given.ring, given.side, given.patterns, given.k)
