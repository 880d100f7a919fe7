"""How much memory is left, and the one way in which what would not fit is refused: `TooLarge`, before anything is allocated.

Asked at the doors where arrays of N x k, of N x N or of all a kernel's entries are about to be made.
"""

import ctypes
import functools
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar

from popgraph.errors import TooLarge, size_in_words

try:
    import resource
except ImportError:  # on Windows, where no such limit exists
    resource = None  # type: ignore[assignment]

P = ParamSpec("P")
R = TypeVar("R")
SMALL = 2**24  # bytes for which nobody is asked, unless the address space is limited
SPARE = 2**26  # bytes that are left alone, for what Python and the system take for themselves
BUFFER = 2**25  # bytes of address space that OpenBLAS takes for each thread; if it cannot, it ends the process
BLASES = 2  # numpy and scipy each bring one
FEWER = "declare fewer naturals, or an augmentation with fewer views"  # what to do where a population does not fit
ASSUMED = (
    4.0 * 2**30
)  # bytes where nothing tells: less than what computers have by now, so refused too early rather than too late
TOTAL_SHARE = 0.5  # of a machine's memory, where only its total is known: the rest is taken to be in use by others
CGROUP, GROUPS = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")
MEMINFO, STATM = Path("/proc/meminfo"), Path("/proc/self/statm")


def reserve(what: str, needed: float, instead: str) -> None:
    """Refuse what needs more bytes than this process can still have.

    Parameters
    ----------
    what : str
        What is about to be made, for the message.
    needed : float
        Bytes, at the peak.
    instead : str
        What to do about it.

    Raises
    ------
    TooLarge
        If they are not there: by the limit of the address space, of the control group, or of the machine.

    Examples
    --------
    >>> reserve("a table of 1,000 x 64", 8 * 1000 * 64, "use fewer columns")
    """
    if needed <= SMALL and _address_limit() == float("inf"):
        return
    left = available() - SPARE
    if needed > left:
        size = f"{size_in_words(needed)} of memory" if needed else "memory"
        raise TooLarge(f"{what} needs {size}, and {size_in_words(left) if left > 0 else 'none'} is left; {instead}")


def in_words(what: str, instead: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Decorate a function so that memory which runs out under way, whatever asked for it, is reported by `TooLarge`.

    Examples
    --------
    >>> @in_words("the sum", "give fewer")
    ... def add():
    ...     raise MemoryError
    >>> add()
    Traceback (most recent call last):
    popgraph.errors.TooLarge: memory ran out in the sum; give fewer
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(function)
        def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
            reserve(what, 0.0, instead)
            try:
                return function(*args, **kwargs)
            except TooLarge:
                raise
            except MemoryError as error:
                detail = f" ({error})" if str(error) else ""
                raise TooLarge(f"memory ran out in {what}{detail}; {instead}") from error

        return wrapped

    return decorate


def available() -> float:
    """Return the bytes that this process can still have; always a finite number.

    The least of what three limits leave: that of the address space, that of the control group, and the machine's memory. The
    last is asked of /proc/meminfo (Linux), else of psutil where it is installed, else of Windows. What only the *total* is known
    of (`os.sysconf`: macOS, BSD) counts half, and less what this process has taken; if nothing tells, it is taken to be 4 GiB.

    Examples
    --------
    >>> available() > 0
    True
    """
    return min(_in_address_space(), _in_control_group(), _on_machine())


def _in_address_space() -> float:
    """Return what the limit of the address space leaves beside what is mapped, threads' stacks and buffers included."""
    if (limit := _address_limit()) == float("inf"):
        return limit
    try:
        mapped = int(STATM.read_text(encoding="ascii").split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, AttributeError):  # at least what was resident at the peak is mapped
        mapped = _peak()
    threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return limit - mapped - BLASES * BUFFER * threads


def _address_limit() -> float:
    """Return the limit of the address space, in bytes; infinite if there is none."""
    if resource is None or not hasattr(resource, "RLIMIT_AS"):  # not every BSD has one
        return float("inf")
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    return float("inf") if limit == resource.RLIM_INFINITY else float(limit)


def _in_control_group() -> float:
    """Return what the control group leaves; the cache of files can be taken back, and does not count as used."""
    try:
        groups = [line.split(":", 2) for line in GROUPS.read_text(encoding="utf-8").splitlines()]
    except OSError:
        return float("inf")
    left = float("inf")
    for _, controllers, path in groups:
        if "memory" in controllers.split(","):
            folder, limit, used = CGROUP / "memory", "memory.limit_in_bytes", "memory.usage_in_bytes"
        elif not controllers:
            folder, limit, used = CGROUP, "memory.max", "memory.current"
        else:
            continue
        for group in (folder / path.lstrip("/"), folder):  # inside a container the path may be the host's
            try:
                most = float((group / limit).read_text("ascii").replace("max", "inf"))
                now = float((group / used).read_text("ascii"))
                lines = (line.split() for line in (group / "memory.stat").read_text("ascii").splitlines())
                cached = sum(float(size) for name, size in lines if name in ("inactive_file", "active_file"))
            except (OSError, ValueError):
                continue
            left = min(left, most - now + cached)
            break
    return left


def _on_machine() -> float:
    """Return what the first source that knows says of the machine's memory, and a cautious constant if none does."""
    for source in (_in_meminfo, _by_psutil, _on_windows, _of_total):
        if (left := source()) is not None:
            return left
    return ASSUMED


def _in_meminfo() -> float | None:
    """Return what Linux says could be had without swapping anything out, and the free swap."""
    try:
        lines = MEMINFO.read_text(encoding="ascii").splitlines()
        sizes = {name: float(rest.split()[0]) * 1024 for name, rest in (line.split(":") for line in lines)}
        return sizes["MemAvailable"] + sizes.get("SwapFree", 0.0)
    except (OSError, ValueError, KeyError, IndexError):
        return None


def _by_psutil() -> float | None:
    """Return what psutil, which nothing here requires, says is available."""
    try:
        import psutil  # type: ignore[import-untyped, unused-ignore]

        return float(psutil.virtual_memory().available)
    except Exception:  # a broken installation, or one that may not ask: any other source is as good
        return None


class _MemoryStatus(ctypes.Structure):
    """MEMORYSTATUSEX of Windows' sysinfoapi.h."""

    _fields_ = (
        ("length", ctypes.c_uint32),
        ("load", ctypes.c_uint32),
        ("total", ctypes.c_uint64),
        ("available", ctypes.c_uint64),
        ("total_with_page_file", ctypes.c_uint64),
        ("available_with_page_file", ctypes.c_uint64),
        ("total_virtual", ctypes.c_uint64),
        ("available_virtual", ctypes.c_uint64),
        ("available_extended", ctypes.c_uint64),
    )


def _on_windows() -> float | None:
    """Return the free physical memory, or what may still be committed if that is less: Windows promises no more than it has."""
    if (windll := getattr(ctypes, "windll", None)) is None:
        return None
    status = _MemoryStatus(length=ctypes.sizeof(_MemoryStatus))
    if not windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status)):
        return None
    return float(min(status.available, status.available_with_page_file))


def _of_total() -> float | None:
    """Return a part of the machine's memory, less what this process took at its peak: no system call tells what is free."""
    try:
        pages, size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # no such function, no such name, no answer
        return None
    if pages <= 0 or size <= 0:
        return None
    return TOTAL_SHARE * pages * size - _peak()


def _peak() -> int:
    """Return the most bytes that this process had in memory; 0 where the system does not say."""
    if resource is None:
        return 0
    return int(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) * (
        1 if sys.platform == "darwin" else 1024
    )  # bytes, or KiB
