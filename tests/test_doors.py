"""Absurd sizes at the public doors: each is refused in words before anything is allocated, whatever tells what is left."""

from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp

import popgraph as pg
from popgraph import losses, zoo
from popgraph.basics import memory
from popgraph.errors import InvalidArgument, InvalidDistribution, TooLarge

N = 20_000
LC = zoo.lightning_cloud()
COIN = pg.Distribution({"heads": 0.5, "tails": 0.5})
STEP = np.arange(N)
RING = pg.build(
    np.full(N, 1 / N),
    sp.csr_array(
        (np.full(2 * N, 0.5), (np.repeat(STEP, 2), np.column_stack([STEP, (STEP + 1) % N]).ravel())), shape=(N, N)
    ),
)
BIT, NOISY = zoo.hypercube(1), zoo.hypercube(1, 0.4)
CUBES = pg.product([BIT] * 60)
MIXED = pg.structure.mixture([0, 1], {0: [BIT] * 18, 1: [NOISY] * 18})
ENDLESS = np.broadcast_to(1, (10**13,))  # draws of one outcome
WIDE = np.broadcast_to(np.float64(1), (N, 10**9))  # 8 bytes that pass for 160 TB

DOORS = {
    "sample_pairs, beyond any index": (lambda: LC.sample_pairs(10**13), InvalidArgument, "size is 10000000000000"),
    "sample_pairs": (lambda: LC.sample_pairs(2**31), TooLarge, "draw fewer at a time"),
    "Distribution.sample": (lambda: COIN.sample(2**31), TooLarge, "draw fewer at a time"),
    "Distribution.from_samples": (
        lambda: pg.Distribution.from_samples(ENDLESS),
        InvalidDistribution,
        "finitely many outcomes",
    ),
    "Distribution.uniform": (lambda: pg.Distribution.uniform(ENDLESS), InvalidDistribution, "finitely many outcomes"),
    "w": (lambda: RING.w, TooLarge, "use graph.factor"),
    "adjacency": (lambda: RING.adjacency, TooLarge, "use graph.factor"),
    "to_pandas": (lambda: RING.to_pandas(), TooLarge, "use graph.factor"),
    "spectrum": (lambda: RING.spectrum(N), TooLarge, "use a (smaller k|k below)"),
    "spectral_clusters": (lambda: pg.spectral_clusters(RING, N - 1), TooLarge, "use a (smaller k|k below)"),
    "train": (lambda: pg.train(RING, N), TooLarge, "use a smaller k"),
    "verify": (lambda: pg.verify(RING, WIDE, 2), TooLarge, "give f fewer columns"),
    "verify_sampled": (lambda: pg.verify_sampled(RING, WIDE, 2), TooLarge, "give f fewer columns"),
    "probe": (lambda: pg.probe(RING, WIDE, STEP % 2), TooLarge, "give f fewer columns"),
    "spectral loss": (lambda: losses.spectral.value(RING.factor, RING.w_x, WIDE), TooLarge, "use a smaller k"),
    "its gradient": (
        lambda: losses.spectral.value_and_gradient(RING.factor, RING.w_x, WIDE),
        TooLarge,
        "use a smaller k",
    ),
    "train_critic": (lambda: pg.train_critic(RING, losses.infonce), TooLarge, "use"),
    "compare": (lambda: pg.compare(RING, RING, N), TooLarge, "use a (smaller k|k below)"),
    "theory.check": (lambda: pg.theory.check(RING, k=N), TooLarge, "use a (smaller k|k below)"),
    "audit": (lambda: losses.audit(losses.spectral, LC, np.ones((4, 1)), batch_size=40), TooLarge, "smaller batch"),
    "product.expand": (lambda: CUBES.expand(), TooLarge, "sample_pairs"),
    "product.sample_pairs": (lambda: CUBES.sample_pairs(10**9), TooLarge, "draw fewer at a time"),
    "product.sample_views": (lambda: CUBES.sample_views(10**9), TooLarge, "draw fewer at a time"),
    "product.spectrum": (lambda: CUBES.spectrum(10**9).evaluate([[0] * 60]), TooLarge, "use a smaller k"),
    "mixture": (lambda: pg.structure.mixture([0], {0: [BIT] * 40}), TooLarge, "use fewer coordinates"),
    "mixture.expand": (
        lambda: MIXED.expand(),
        TooLarge,
        "spectrum, verify, train and sample_pairs need no list of them",
    ),
    "mixture.spectrum": (lambda: MIXED.spectrum(2000), TooLarge, "use a smaller k"),
    "mixture.sample_pairs": (lambda: MIXED.sample_pairs(2 * 10**9), TooLarge, "draw fewer at a time"),
    "partition_bounds": (lambda: pg.partition_bounds(RING, N - 1), TooLarge, "use a smaller m"),
    "sparsest_partition": (lambda: pg.sparsest_partition(RING, 3), TooLarge, "at most 16 views"),
    "clusters": (lambda: zoo.clusters(count=10**9), TooLarge, "plant fewer"),
    "ring": (lambda: zoo.ring(10**10), TooLarge, "a circle is listed up to"),
    "hypercube": (lambda: zoo.hypercube(60), TooLarge, "give d <= 13"),
    "scaled_hypercube": (lambda: zoo.scaled_hypercube(40), TooLarge, "or fewer"),
    "gaussian_mixture": (lambda: zoo.gaussian_mixture(step=1e-9), TooLarge, "use a larger step"),
    "dumbbell": (lambda: zoo.dumbbell(10**6), TooLarge, "give at most"),
    "grid_world": (lambda: zoo.grid_world(10**6, 10**6), TooLarge, "give at most"),
    "overlapping_regions": (lambda: zoo.overlapping_regions(cells=10**10), TooLarge, "use fewer cells"),
    "open_world": (lambda: zoo.open_world(10**10), TooLarge, "ask for fewer"),
    "dna": (lambda: zoo.dna(10**10), TooLarge, "give length <= 5"),
    "typos": (lambda: zoo.typos(["s" * 10**6]), TooLarge, "give fewer or shorter words"),
    "planted_subclasses": (lambda: zoo.planted_subclasses(10**6, 10**6), TooLarge, "use zoo.clusters"),
}


@pytest.mark.parametrize("nothing_tells", [False, True], ids=["by this system", "where nothing tells"])
@pytest.mark.parametrize("door", DOORS)
def test_an_absurd_size_is_refused_in_words(door, nothing_tells, monkeypatch):
    if nothing_tells:
        for name in ("CGROUP_FOLDER", "CGROUP_FILE", "MEMINFO_FILE", "STATM_FILE"):
            monkeypatch.setattr(memory, name, Path("nowhere"))
        for name in ("_by_psutil", "_by_windows", "_by_sysconf"):
            monkeypatch.setattr(memory, name, lambda: None)
    else:
        monkeypatch.setattr(memory, "_on_machine", lambda: 2.0**30)  # on a large machine 3.2 GB would be right
    call, error, sentence = DOORS[door]
    with pytest.raises(error, match=sentence) as refused:
        call()
    assert "memory ran out" not in str(refused.value)  # that is said once numpy has tried
