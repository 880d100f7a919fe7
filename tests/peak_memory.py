"""The most memory that a call takes, as the kernel counts it: LAPACK's own copies included, which tracemalloc sees or does not.

Up to numpy 2.4 its linear algebra takes its buffers from malloc, which tracemalloc does not see; from 2.5 on from Python's
allocator, which it does. scipy 1.18 went the other way with `qr` and `svd`. The pages of the process tell the same everywhere.
"""

import ctypes
import gc
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")
PAGES = 2**20  # bytes by which two readings of the resident pages may differ
M_MMAP_THRESHOLD, OWN_MAPPING = (
    -3,
    2**16,
)  # above so many bytes each array has a mapping of its own, given back when it is freed


def peak_memory(call: Callable[[], object]) -> int:
    """Return by how many bytes the resident pages rise at most during a call; what it loads and keeps is loaded before."""
    if sys.platform != "linux":
        pytest.skip("the peak of the resident pages is asked of Linux' /proc")
    libc = ctypes.CDLL(None)
    if not hasattr(libc, "mallopt") or not hasattr(libc, "malloc_trim"):
        pytest.skip("the C library's allocator, which is not glibc's, may keep what was freed")
    libc.mallopt(M_MMAP_THRESHOLD, OWN_MAPPING)
    call()
    gc.collect()
    libc.malloc_trim(0)
    CLEAR.write_text("5", encoding="ascii")  # the peak so far is forgotten
    before = _pages("VmRSS")
    kept = call()
    most = _pages("VmHWM") - before
    del kept
    return most


def _pages(name: str) -> int:
    """Return one of the sizes in /proc/self/status, in bytes."""
    line = next(line for line in STATUS.read_text(encoding="utf-8").splitlines() if line.startswith(name))
    return int(line.split()[1]) * 1024
