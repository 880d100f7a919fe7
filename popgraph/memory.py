"""How much memory is left, and the one way in which what would not fit is refused: `TooLarge`, before anything is allocated.

Asked at the doors where arrays of N x k, of N x N or of all a kernel's entries are about to be made.
"""

import functools
import os
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
CGROUP, GROUPS = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")


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
    """Return the bytes that this process can still have; infinite where the system does not say.

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
        mapped = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, AttributeError):
        return float("inf")
    threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return limit - mapped - BLASES * BUFFER * threads


def _address_limit() -> float:
    """Return the limit of the address space, in bytes; infinite if there is none."""
    if resource is None:
        return float("inf")
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    return float("inf") if limit == resource.RLIM_INFINITY else float(limit)


def _in_control_group() -> float:
    """Return what the control group leaves; the cache of files can be taken back, and does not count as used."""
    try:
        groups = [line.split(":", 2) for line in GROUPS.read_text().splitlines()]
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
                most = float((group / limit).read_text().replace("max", "inf"))
                now = float((group / used).read_text())
                lines = (line.split() for line in (group / "memory.stat").read_text().splitlines())
                cached = sum(float(size) for name, size in lines if name in ("inactive_file", "active_file"))
            except (OSError, ValueError):
                continue
            left = min(left, most - now + cached)
            break
    return left


def _on_machine() -> float:
    """Return what the kernel says could be had without swapping anything out, and the free swap."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        sizes = {name: float(rest.split()[0]) * 1024 for name, rest in (line.split(":") for line in lines)}
        return sizes["MemAvailable"] + sizes.get("SwapFree", 0.0)
    except (OSError, ValueError, KeyError, IndexError):
        return float("inf")
