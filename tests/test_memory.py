"""How much memory is left, on every system."""

import ctypes
import os
import sys
import types
from pathlib import Path

import pytest

from popgraph.basics import memory
from popgraph.errors import TooLarge

GIB = 2.0**30
NOWHERE = Path("/no/such/file")


@pytest.fixture
def elsewhere(monkeypatch):
    """A system without /proc, /sys, limits of the address space and psutil."""
    for name in ("MEMINFO_FILE", "STATM_FILE", "CGROUP_FILE", "CGROUP_FOLDER"):
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
    assert memory.available() == 2 * GIB - 2**20 - memory.BLAS_COUNT * memory.BLAS_BUFFER_BYTES


def test_a_system_may_limit_other_things_than_the_address_space(elsewhere):
    """OpenBSD's `resource` has no RLIMIT_AS."""
    usage = types.SimpleNamespace(ru_maxrss=0)
    fake = types.SimpleNamespace(RUSAGE_SELF=0, RLIM_INFINITY=-1, getrusage=lambda who: usage)
    elsewhere.setattr(memory, "resource", fake)
    elsewhere.setattr(os, "sysconf", sysconf(2**20), raising=False)
    assert memory.available() == 4 * GIB
    memory.reserve("a table", 1e9, "use a smaller one")


@pytest.mark.parametrize(("succeeds", "left"), [(1, 5 * GIB), (0, memory.UNKNOWN_BYTES)])
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
    assert memory.available() == memory.UNKNOWN_BYTES == 4 * GIB
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
