"""Enumerating 100,000 random 8x8 images in batches and through Python callables: python tests/benchmarks/enumeration.py.

Each image stays or is shifted by one pixel in 4 directions, and then two pixels are flipped, each with probability 1/4: 20
views. The callables say the same in plain functions of `popgraph.images.Image`. Flipping any 2 of the 64 pixels gives 10,080 views
an image instead, a billion entries for 100,000 images: that is measured on fewer.
"""

import argparse
import statistics
import time
from fractions import Fraction

import numpy as np

import popgraph as pg
from popgraph import images

MOVES = [(-1, 0), (1, 0), (0, -1), (0, 1)]
SITES = [(3, 3), (4, 4)]


def random_images(count: int, side: int = 8) -> list[images.Image]:
    """Draw distinct binary images."""
    rng = np.random.default_rng(0)
    return list(dict.fromkeys(images.Image(pixels) for pixels in rng.integers(0, 2, (count, side, side))))


def in_batches() -> pg.Augmentation:
    """The toolkit's own augmentations, which know batches."""
    first, second = (images.flip_pixels(1, "1/4", pixels=[site]) for site in SITES)
    return pg.choose({images.shift(MOVES): "4/5", pg.identity(): "1/5"}).then(first).then(second)


def by_callables() -> pg.Augmentation:
    """The same in plain Python functions."""

    def moved(image):
        views = {}
        for down, right in MOVES:
            pixels = np.roll(image.pixels, (down, right), axis=(0, 1))
            if down:
                pixels[0 if down > 0 else -1] = 0
            else:
                pixels[:, 0 if right > 0 else -1] = 0
            view = images.Image(pixels)
            views[view] = views.get(view, 0) + Fraction(1, 5)
        views[image] = views.get(image, 0) + Fraction(1, 5)
        return views

    def flip(site):
        def flipped(image):
            pixels = image.pixels.copy()
            pixels[site] ^= 1
            return {images.Image(pixels): Fraction(1, 4), image: Fraction(3, 4)}

        return flipped

    first, second = (pg.Augmentation(flip(site)) for site in SITES)
    return pg.Augmentation(moved).then(first).then(second)


def seconds(job) -> tuple[float, object]:
    """Time one call."""
    start = time.perf_counter()
    answer = job()
    return time.perf_counter() - start, answer


def main(count: int, rounds: int) -> None:
    """Print the seconds of both ways, their ratio, and whether the graphs are the same."""
    naturals = pg.Distribution.uniform(random_images(count))
    fast = [seconds(lambda: pg.build(naturals, in_batches())) for _ in range(rounds)]
    slow_seconds, slow = seconds(lambda: pg.build(naturals, by_callables()))
    graph = fast[0][1]
    same = (
        list(graph.views) == list(slow.views)
        and graph.kernel.data.tobytes() == slow.kernel.data.tobytes()
        and graph.kernel.indices.tobytes() == slow.kernel.indices.tobytes()
        and np.array_equal(graph.population.exact.numerators, slow.population.exact.numerators)
    )
    median = statistics.median(t for t, _ in fast)
    print(f"{graph.n:,} images, {graph.N:,} views, {graph.kernel.nnz:,} entries")
    print(f"in batches     {median:8.2f} s (median of {rounds})")
    print(f"by callables   {slow_seconds:8.2f} s (once)")
    print(f"ratio          {slow_seconds / median:8.1f}   (target: at least 20)")
    print(f"same graph     {same}")

    few = pg.Distribution.uniform(random_images(count // 500))
    any_two = pg.choose({images.shift(MOVES): "4/5", pg.identity(): "1/5"}).then(images.flip_pixels(2))
    elapsed, graph = seconds(lambda: pg.build(few, any_two))
    print(f"any 2 of 64 pixels, {graph.n:,} images: {graph.kernel.nnz:,} entries in {elapsed:.2f} s")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    main(arguments.count, arguments.rounds)
