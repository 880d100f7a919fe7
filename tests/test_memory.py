"""How much memory is left, on every system; and that each public door refuses what cannot fit before it is allocated."""

import ctypes
import os
import subprocess
import sys
import types
from pathlib import Path

import pytest

from popgraph import memory
from popgraph.errors import TooLarge

GIB = 2.0**30
NOWHERE = Path("/no/such/file")


@pytest.fixture
def elsewhere(monkeypatch):
    """A system without /proc, /sys, limits of the address space and psutil."""
    for name in ("MEMINFO", "STATM", "GROUPS", "CGROUP"):
        monkeypatch.setattr(memory, name, NOWHERE)
    monkeypatch.setattr(memory, "resource", None)
    monkeypatch.setitem(sys.modules, "psutil", None)
    return monkeypatch


def sysconf(pages, size=4096):
    def answer(name):
        if pages is None or name not in ("SC_PHYS_PAGES", "SC_PAGE_SIZE"):
            raise ValueError("unrecognized configuration name")
        return pages if name == "SC_PHYS_PAGES" else size

    return answer


def psutil(available, swap):
    found = types.ModuleType("psutil")
    found.virtual_memory = lambda: types.SimpleNamespace(available=available, total=99 * GIB)
    found.swap_memory = lambda: types.SimpleNamespace(free=swap)
    return found


def test_psutil_is_asked_where_there_is_no_proc(elsewhere):
    elsewhere.setitem(sys.modules, "psutil", psutil(3 * GIB, GIB))
    assert memory.available() == 4 * GIB


def test_a_psutil_that_fails_is_not_believed(elsewhere):
    broken = psutil(0, 0)
    broken.virtual_memory = lambda: 1 / 0
    elsewhere.setitem(sys.modules, "psutil", broken)
    elsewhere.setattr(os, "sysconf", sysconf(2**20), raising=False)
    assert memory.available() == 4 * GIB


def test_of_the_whole_memory_what_this_process_has_held_is_gone(elsewhere):
    elsewhere.setattr(os, "sysconf", sysconf(2**20), raising=False)
    assert memory.available() == 4 * GIB  # without `resource` nobody says how much was held
    usage = types.SimpleNamespace(ru_maxrss=2**20)
    fake = types.SimpleNamespace(RUSAGE_SELF=0, RLIMIT_AS=9, RLIM_INFINITY=-1, getrusage=lambda who: usage)
    fake.getrlimit = lambda what: (-1, -1)
    elsewhere.setattr(memory, "resource", fake)
    elsewhere.setattr(sys, "platform", "linux")
    assert memory.available() == 3 * GIB  # kB
    elsewhere.setattr(sys, "platform", "darwin")
    assert memory.available() == 4 * GIB - 2**20  # bytes
    fake.getrlimit = lambda what: (2 * GIB, 2 * GIB)  # of the address space, whose use nobody says either
    elsewhere.setattr(os, "sched_getaffinity", lambda pid: {0}, raising=False)
    assert memory.available() == 2 * GIB - 2**20 - memory.BLASES * memory.BUFFER


def test_a_system_may_limit_other_things_than_the_address_space(elsewhere):
    """OpenBSD's `resource` has no RLIMIT_AS."""
    usage = types.SimpleNamespace(ru_maxrss=0)
    fake = types.SimpleNamespace(RUSAGE_SELF=0, RLIM_INFINITY=-1, getrusage=lambda who: usage)
    elsewhere.setattr(memory, "resource", fake)
    elsewhere.setattr(os, "sysconf", sysconf(2**20), raising=False)
    assert memory.available() == 4 * GIB
    memory.reserve("a table", 1e9, "use a smaller one")


@pytest.mark.parametrize(("succeeds", "left"), [(1, 5 * GIB), (0, memory.UNKNOWN)])
def test_windows_is_asked_in_its_own_way(elsewhere, succeeds, left):
    def fill(reference):
        status = reference._obj
        assert status.length == ctypes.sizeof(status) == 64  # of MEMORYSTATUSEX
        status.available_page_file = int(5 * GIB)
        return succeeds

    kernel = types.SimpleNamespace(GlobalMemoryStatusEx=fill)
    elsewhere.setattr(ctypes, "windll", types.SimpleNamespace(kernel32=kernel), raising=False)
    elsewhere.delattr(os, "sysconf", raising=False)
    assert memory.available() == left


def test_where_nothing_says_four_gib_are_taken_to_be_left_and_the_refusal_says_so(elsewhere):
    elsewhere.delattr(os, "sysconf", raising=False)
    assert memory.available() == memory.UNKNOWN == 4 * GIB
    memory.reserve("a table", 3e9, "use a smaller one")
    with pytest.raises(TooLarge) as refused:
        memory.reserve("a table", 1e13, "use a smaller one")
    assert str(refused.value) == (
        "a table needs 10 TB of memory, and 4.23 GB is taken to be left, as this system does not say (psutil would); "
        "use a smaller one"
    )


def test_no_system_has_no_end(elsewhere):
    for pages in (None, 0, -1, 2**24):
        elsewhere.setattr(os, "sysconf", sysconf(pages), raising=False)
        assert 0 <= memory.available() < float("inf")


DOORS = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (8 * 2**30,) * 2)  # what is not refused ends in numpy's MemoryError, and harms nobody
import numpy as np
import scipy.sparse as sp
import popgraph as pg
from popgraph import memory
from popgraph.errors import InvalidArgument, TooLarge

if "elsewhere" in sys.argv:
    from pathlib import Path
    memory.MEMINFO = memory.STATM = memory.GROUPS = memory.CGROUP = Path("/no/such/file")
    sys.modules["psutil"] = None
    memory._address_limit = lambda: float("inf")

N, HUGE = 300_000, 10**13
many = pg.build(np.full(N, 1 / N), sp.eye_array(N, format="csr"))
cube = pg.zoo.hypercube(6)
bit, noisy = pg.zoo.hypercube(1), pg.zoo.hypercube(1, 0.4)
tuples = pg.product([bit] * 60)
mixed = pg.structure.mixture([0, 1], {0: [bit] * 24, 1: [noisy] * 24})
wide = np.broadcast_to(1.0, (N, 200_000))
doors = {
    "graph.sample_pairs": lambda: cube.sample_pairs(2 * 10**9),
    "Distribution.sample": lambda: pg.Distribution.uniform(range(4)).sample(2 * 10**9),
    "Distribution.from_samples": lambda: pg.Distribution.from_samples(np.broadcast_to(1, (HUGE,))),
    "Distribution.uniform": lambda: pg.Distribution.uniform(np.broadcast_to(1, (HUGE,))),
    "w": lambda: many.w,
    "adjacency": lambda: many.adjacency,
    "to_pandas": lambda: many.to_pandas(),
    "spectrum": lambda: many.spectrum(N),
    "train": lambda: pg.train(many, 200_000),
    "train_critic": lambda: pg.train_critic(many, pg.losses.infonce),
    "verify": lambda: pg.verify(many, wide),
    "probe": lambda: pg.probe(many, wide, labels=np.arange(N) % 2),
    "spectral_clusters": lambda: pg.spectral_clusters(many, 200_000),
    "compare": lambda: pg.compare(many, many, 200_000),
    "partition_bounds": lambda: pg.partition_bounds(many, 100_000),
    "theory.check": lambda: pg.theory.check(many, k=200_000),
    "audit": lambda: pg.losses.audit(pg.losses.spectral, cube, np.ones((64, 2)), batch_size=20),
    "product.expand": lambda: tuples.expand(),
    "product.sample_pairs": lambda: tuples.sample_pairs(10**9),
    "product.sample_views": lambda: tuples.sample_views(10**9),
    "product.spectrum": lambda: tuples.spectrum(10**9).evaluate(tuples.sample_views(3, rng=0)),
    "mixture": lambda: pg.structure.mixture([0], {0: [bit] * 40}),
    "mixture.expand": lambda: mixed.expand(),
    "mixture.spectrum": lambda: mixed.spectrum(400),
    "mixture.sample_pairs": lambda: mixed.sample_pairs(2 * 10**9),
    "zoo.hypercube": lambda: pg.zoo.hypercube(40),
    "zoo.ring": lambda: pg.zoo.ring(10**12),
    "zoo.clusters": lambda: pg.zoo.clusters(count=10**6, naturals=10**6, views=10),
    "zoo.planted_subclasses": lambda: pg.zoo.planted_subclasses(10**5, 10**5),
    "zoo.dumbbell": lambda: pg.zoo.dumbbell(10**6),
    "zoo.scaled_hypercube": lambda: pg.zoo.scaled_hypercube(60),
    "zoo.overlapping_regions": lambda: pg.zoo.overlapping_regions(10**9),
    "zoo.gaussian_mixture": lambda: pg.zoo.gaussian_mixture([[0], [1]], step=1e-9),
}
for name, door in doors.items():
    try:
        answer = f"answered {door()!r}"
    except TooLarge as error:
        answer = f"TooLarge {error}"
    except InvalidArgument as error:
        answer = f"InvalidArgument {error}"
    except MemoryError as error:
        answer = f"MemoryError {error}"
    print(name, answer, sep="|", flush=True)
"""


@pytest.mark.skipif(os.name != "posix", reason="the address space can be limited on POSIX systems only")
@pytest.mark.parametrize("system", ["linux", "elsewhere"])
def test_every_door_refuses_what_cannot_fit_and_says_what_to_do(system):
    done = subprocess.run([sys.executable, "-c", DOORS, system], capture_output=True, encoding="utf-8", timeout=300)
    assert done.returncode == 0, done.stderr
    answers = dict(line.split("|", 1) for line in done.stdout.splitlines())
    assert len(answers) == DOORS.count(": lambda: ")
    by_limit = {"Distribution.from_samples", "Distribution.uniform"}  # of outcomes, whatever the memory
    for name, answer in answers.items():
        assert answer.startswith("InvalidArgument more than" if name in by_limit else "TooLarge "), (name, answer)
        assert ";" in answer or ":" in answer, (name, answer)  # the mend
