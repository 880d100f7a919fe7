"""How much memory is left, and the one way in which what would not fit is refused: `TooLarge`, before anything is allocated.

It is asked where arrays of N x k, of N x N or of all a kernel's entries are about to be made. psutil, where it is installed,
answers for systems without /proc; it is no requirement of popgraph, and knows no limit of a control group, so that /proc and the
group's files are read here.
"""

import ctypes
import functools
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar

from popgraph.basics.words import size_in_words
from popgraph.errors import TooLarge

try:
    import resource
except ImportError:  # on Windows, where no such limit exists
    resource = None  # type: ignore[assignment]

P = ParamSpec("P")
R = TypeVar("R")
UNASKED_BYTES = 2**24  # so little is not worth a question, unless the address space is limited
SPARE_BYTES = 2**26  # left alone, for what Python and the system take for themselves
# OpenBLAS takes a buffer of address space for each thread, and ends the process where it cannot; numpy and scipy each bring one
BLAS_BUFFER_BYTES, BLAS_COUNT = 2**25, 2
# What is taken to be left where nothing says: a refusal can be read, the end of the process cannot
UNKNOWN_BYTES = 2.0**32
DECLARE_FEWER = (
    "declare fewer naturals, or an augmentation with fewer views"  # the advice where a population does not fit
)
CGROUP_FOLDER, CGROUP_FILE = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")
MEMINFO_FILE, STATM_FILE = Path("/proc/meminfo"), Path("/proc/self/statm")


def reserve(what: str, needed: float, instead: str) -> None:
    """Raise `TooLarge` if `what` needs more bytes at its peak than this process can still get.

    The message says how many are left, under which limit (address space, control group or machine), and what to do `instead`.
    """
    if needed <= UNASKED_BYTES and _address_limit() == float("inf"):
        return
    bytes_left = available() - SPARE_BYTES
    if needed > bytes_left:
        size = f"{size_in_words(needed)} of memory" if needed else "memory"
        source = (
            "is left"
            if _on_machine() is not None
            else "is taken to be left, as this system does not say (psutil would)"
        )
        raise TooLarge(
            f"{what} needs {size}, and {size_in_words(bytes_left) if bytes_left > 0 else 'none'} {source}; {instead}"
        )


def in_words(what: str, instead: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Decorate a function so that a MemoryError in it becomes `TooLarge` with what ran out of memory and what to do instead."""

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
    """Return the bytes that this process can still get: the least that address space, control group and machine have left."""
    # What the machine has left is read from /proc/meminfo (Linux), else from psutil, if it is installed, else from Windows. Else it
    # is the machine's memory less this process's peak (macOS and other Unixes), which counts the memory of other programs as free.
    # If nothing of this can be read, it is taken to be 4 GiB.
    machine = _on_machine()
    return min(_in_address_space(), _in_control_group(), UNKNOWN_BYTES if machine is None else machine)


def _in_address_space() -> float:
    """Return what the limit of the address space leaves beside what is mapped, threads' stacks and buffers included."""
    if (limit := _address_limit()) == float("inf"):
        return limit
    try:
        mapped = float(STATM_FILE.read_text(encoding="ascii").split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, AttributeError, IndexError):
        mapped = _peak_of_this_process()
    threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return limit - mapped - BLAS_COUNT * BLAS_BUFFER_BYTES * threads


def _address_limit() -> float:
    """Return the limit of the address space, in bytes; infinite if there is none."""
    which = getattr(resource, "RLIMIT_AS", None)  # OpenBSD has the module, and no such limit
    if resource is None or which is None:
        return float("inf")
    limit = resource.getrlimit(which)[0]
    return float("inf") if limit == resource.RLIM_INFINITY else float(limit)


def _in_control_group() -> float:
    """Return the least that the control group and those around it leave.

    The cache of files can be taken back, and does not count as used. Inside a container the path may be the host's: folders that
    are not there are passed over, and the root is asked at any rate.
    """
    try:
        groups = [line.split(":", 2) for line in CGROUP_FILE.read_text(encoding="utf-8").splitlines()]
    except OSError:
        return float("inf")
    left = float("inf")
    for _, controllers, path in groups:
        if "memory" in controllers.split(","):
            folder, limit, used = CGROUP_FOLDER / "memory", "memory.limit_in_bytes", "memory.usage_in_bytes"
        elif not controllers:
            folder, limit, used = CGROUP_FOLDER, "memory.max", "memory.current"
        else:
            continue
        group = folder / path.lstrip("/")
        for around in (group, *group.parents[: len(group.parts) - len(folder.parts)]):
            try:
                limit_bytes = float((around / limit).read_text(encoding="ascii").replace("max", "inf"))
                used_bytes = float((around / used).read_text(encoding="ascii"))
                lines = (line.split() for line in (around / "memory.stat").read_text(encoding="ascii").splitlines())
                cached = sum(float(size) for name, size in lines if name in ("inactive_file", "active_file"))
            except (OSError, ValueError):
                continue
            left = min(left, limit_bytes - used_bytes + cached)
    return left


def _peak_of_this_process() -> float:
    """Return the most bytes of memory that this process has held at once, as far as the standard library can tell."""
    if resource is None:
        return 0.0
    unit = 1 if sys.platform == "darwin" else 1024  # of getrusage: bytes on macOS, kB elsewhere
    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit)


def _on_machine() -> float | None:
    """Return what the first source that answers says is left on the machine, or None if none does."""
    for source in (_by_meminfo, _by_psutil, _by_windows, _by_sysconf):
        bytes_left = source()
        if bytes_left is not None:
            return bytes_left
    return None


def _by_meminfo() -> float | None:
    """Return what Linux says could be had without swapping anything out, and the free swap."""
    try:
        lines = MEMINFO_FILE.read_text(encoding="ascii").splitlines()
        sizes = {name: float(rest.split()[0]) * 1024 for name, rest in (line.split(":") for line in lines)}
        return sizes["MemAvailable"] + sizes.get("SwapFree", 0.0)
    except (OSError, ValueError, KeyError, IndexError):
        return None


def _by_psutil() -> float | None:
    """Return the same of psutil, which asks each system in its own way; None where it is not installed."""
    try:
        import psutil  # not an extra: Dask brings it, and where it is missing the next source is asked

        return float(psutil.virtual_memory().available + psutil.swap_memory().free)
    except Exception:  # whatever goes wrong in it, another source is asked
        return None


class _MemoryStatus(ctypes.Structure):
    """Windows' MEMORYSTATUSEX."""

    _fields_ = (
        ("length", ctypes.c_uint32),
        ("load", ctypes.c_uint32),
        *[(name, ctypes.c_uint64) for name in ("total", "available", "total_page_file", "available_page_file")],
        *[(name, ctypes.c_uint64) for name in ("total_virtual", "available_virtual", "available_extended")],
    )


def _by_windows() -> float | None:
    """Return what Windows says this process can still commit."""
    libraries = getattr(ctypes, "windll", None)
    if libraries is None:
        return None
    status = _MemoryStatus(length=ctypes.sizeof(_MemoryStatus))
    if not libraries.kernel32.GlobalMemoryStatusEx(ctypes.byref(status)):
        return None
    return float(status.available_page_file)


def _by_sysconf() -> float | None:
    """Return the machine's whole memory less what this process has held at most."""
    try:
        total = float(os.sysconf("SC_PHYS_PAGES")) * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError, AttributeError):
        return None
    return max(0.0, total - _peak_of_this_process()) if total > 0 else None
