"""Enumerating a million views of 8x8 images, beside numpy written by hand for them: python tests/benchmarks/enumeration.py.

Each image stays or is shifted by one pixel in 4 directions, and then two pixels are flipped, each with probability 1/4: 20 views.
By hand each image is one 64-bit word, and the views are numbered by np.unique; this yields A and w_x, and no exact fractions, no
checks and no factor M, all of which are part of `popgraph.build`. Both start with the images, have the same views in the same order
and the same A. `--kinds` measures other outcomes, and `--callables` plain functions of `popgraph.images.Image` in place of batches.
"""

import argparse
import itertools
import statistics
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import numpy as np
import scipy.sparse as sp

import popgraph as pg
from popgraph import images

MOVES = [(-1, 0), (1, 0), (0, -1), (0, 1)]
SITES = [(3, 3), (4, 4)]


def random_images(count: int, side: int = 8, shades: int = 2) -> list[images.Image]:
    """Draw distinct images."""
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, shades, (count, side, side)).astype(np.uint8)
    return list(dict.fromkeys(images.Image(each) for each in pixels))


def in_batches() -> pg.Augmentation:
    """The toolkit's own augmentations, which know batches."""
    first, second = (images.flip_pixels(1, "1/4", pixels=[site]) for site in SITES)
    return pg.choose({images.shift(MOVES): "4/5", pg.identity(): "1/5"}).then(first).then(second)


def by_hand(pixels: Any) -> tuple[Any, Any, Any]:
    """Return the views as words, A and w_x of equally likely images, (n, 8, 8) of 0 and 1."""
    n = len(pixels)
    words = np.packbits(pixels.reshape(n, 64), axis=1, bitorder="little").view(np.uint64).ravel()
    left = np.uint64(0x0101010101010101)  # the left column
    right = left << np.uint64(7)
    row, column = np.uint64(8), np.uint64(1)
    moved = [words >> row, words << row, (words & ~left) >> column, (words & ~right) << column, words]
    a, b = (np.uint64(1) << np.uint64(8 * i + j) for i, j in SITES)
    # In the toolkit's order: what is flipped before what is not, and the image itself before all
    views = np.stack([each ^ flips for each in moved for flips in (a ^ b, a, b, np.uint64(0))], axis=1)
    order = np.array([19, *range(19)])
    p = np.tile([1 / 80, 3 / 80, 3 / 80, 9 / 80], 5)[order]
    keys, first, inverse = np.unique(views[:, order].ravel(), return_index=True, return_inverse=True)
    by_appearance = np.argsort(first)
    rank = np.empty_like(by_appearance)
    rank[by_appearance] = np.arange(len(rank))
    A = sp.csr_array((np.tile(p, n), rank[inverse], np.arange(n + 1) * 20), shape=(n, len(keys)))
    A.sum_duplicates()
    return keys[by_appearance], A, A.T @ np.full(n, 1 / n)


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


def seconds(job: Callable[[], Any]) -> tuple[float, float, Any]:
    """Time one call: by the clock, and of the processor."""
    wall, cpu = time.perf_counter(), time.process_time()
    answer = job()
    return time.perf_counter() - wall, time.process_time() - cpu, answer


def beside_by_hand(count: int, rounds: int) -> None:
    """Print the medians of both ways, taken in turns, and whether the graphs are the same."""
    naturals = random_images(count)
    law, augmentation = pg.Distribution.uniform(naturals), in_batches()
    times: dict[str, list[tuple[float, float]]] = {"popgraph.build": [], "by hand": []}
    for _ in range(rounds):
        *taken, graph = seconds(lambda: pg.build(law, augmentation))
        times["popgraph.build"].append(taken)
        *taken, (words, A, w_x) = seconds(lambda: by_hand(np.stack([image.pixels for image in naturals])))
        times["by hand"].append(taken)
    print(f"{graph.n:,} images, {graph.N:,} views, {graph.kernel.nnz:,} entries; medians of {rounds}")
    medians = {way: [statistics.median(each) for each in zip(*taken, strict=True)] for way, taken in times.items()}
    for way, (wall, cpu) in medians.items():
        print(f"{way:16}{1e3 * wall:8.1f} ms, {1e3 * cpu:8.1f} ms of CPU")
    ratios = [ours / theirs for ours, theirs in zip(medians["popgraph.build"], medians["by hand"], strict=True)]
    print(f"{'ratio':16}{ratios[0]:8.2f}     {ratios[1]:8.2f}   (target: at most 2)")
    pixels = np.packbits(graph.views.array.reshape(graph.N, 64), axis=1, bitorder="little").view(np.uint64).ravel()
    print(
        "same views", np.array_equal(pixels, words), "  same columns", np.array_equal(graph.kernel.indices, A.indices)
    )
    print(f"A differs by {np.abs(graph.kernel.data - A.data).max():.1e}, w_x by {np.abs(graph.w_x - w_x).max():.1e}")


def beside_callables(count: int) -> None:
    """Print the seconds of batches and of Python functions, and whether the graphs are the same."""
    law = pg.Distribution.uniform(random_images(count))
    fast_seconds, _, fast = seconds(lambda: pg.build(law, in_batches()))
    slow_seconds, _, slow = seconds(lambda: pg.build(law, by_callables()))
    same = (
        list(fast.views) == list(slow.views)
        and fast.kernel.data.tobytes() == slow.kernel.data.tobytes()
        and fast.kernel.indices.tobytes() == slow.kernel.indices.tobytes()
        and np.array_equal(fast.population.exact.numerators, slow.population.exact.numerators)
    )
    print(f"{fast.n:,} images: {fast_seconds:.2f} s in batches, {slow_seconds:.2f} s by callables; same graph: {same}")


def kinds() -> Iterator[tuple[str, Any, pg.Augmentation]]:
    """Yield populations of other outcomes: what they are, naturals and augmentation."""
    rng = np.random.default_rng(0)
    shift = images.shift(MOVES, "4/5")
    neighbours = pg.Augmentation.from_batch(lambda x: (np.stack([x, x - 1, x + 1], axis=1), ["1/2", "1/4", "1/4"]))
    flip = pg.independently(pg.apply(lambda bit: 1 - bit, "1/4"))
    turn = pg.independently(pg.apply(lambda letter: {"a": "b", "b": "c", "c": "a"}[letter], "1/4"))

    def swapped(x):
        views = [x]
        for i in range(x.shape[1] - 1):
            views.append(x.copy())
            views[-1][:, [i, i + 1]] = x[:, [i + 1, i]]
        return np.stack(views, axis=1), ["1/2"] + [f"1/{2 * (len(views) - 1)}"] * (len(views) - 1)

    def scattered(x):
        return np.stack([x, *((x * a + 1) % 1_000_003 for a in (7, 11, 13))], axis=1), [0.25] * 4

    def spread(x):
        return np.stack([x, x + 0.5, x / 2], axis=1), [0.5, 0.25, 0.25]

    yield "binary 8x8, any 2 pixels flipped", random_images(100), images.flip_pixels(2)
    yield "binary 8x8, turned and mirrored", random_images(20_000), images.rotate(1, "1/2").then(images.flip(0, "1/2"))
    yield "binary 16x16, shifted", random_images(20_000, 16), shift
    yield "grey 8x8, shifted", random_images(20_000, 8, 256), shift
    yield "grey 28x28, shifted", random_images(5_000, 28, 256), shift
    yield "bit strings of 10", list(itertools.product((0, 1), repeat=10)), flip
    yield "strings of 7 letters", list(itertools.product("abc", repeat=7)), turn
    yield (
        "200,000 pairs of integers",
        list(map(tuple, rng.integers(0, 10**6, (200_000, 2)).tolist())),
        (pg.Augmentation.from_batch(scattered)),
    )
    yield "a walk of 3 steps on 100,000", [(i,) for i in range(100_000)], neighbours.repeat(3)
    yield "S_7, 3 swaps", list(itertools.permutations(range(7))), pg.Augmentation.from_batch(swapped).repeat(3)
    yield (
        "100,000 points in space",
        list(map(tuple, rng.random((100_000, 3)).tolist())),
        (pg.Augmentation.from_batch(spread)),
    )


def main(arguments: list[str] | None = None) -> None:
    """Read the arguments, and print what they ask for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=50_000, help="images")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--kinds", action="store_true", help="measure other outcomes as well")
    parser.add_argument(
        "--callables", action="store_true", help="measure plain functions as well, of a tenth of the images"
    )
    chosen = parser.parse_args(arguments)
    beside_by_hand(chosen.count, chosen.rounds)
    if chosen.kinds:
        for what, naturals, augmentation in kinds():
            law = pg.Distribution.uniform(naturals)
            runs = [seconds(lambda law=law, a=augmentation: pg.build(law, a)) for _ in range(chosen.rounds)]
            wall, cpu = (statistics.median(times) for times in list(zip(*runs, strict=True))[:2])
            graph = runs[0][2]
            print(
                f"{what:34}{graph.N:10,} views{graph.kernel.nnz:11,} entries{1e3 * wall:8.1f} ms,{1e3 * cpu:8.1f} of CPU"
            )
    if chosen.callables:
        beside_callables(chosen.count // 10)


if __name__ == "__main__":
    main()
