"""`Workplace`: the cluster that enumerates blocks, and the directory that they are written to."""

import shutil
import tempfile
import weakref
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from distributed import progress as dask_bar

from popgraph.basics.words import shorten
from popgraph.dask.cluster import Cluster
from popgraph.errors import InvalidArgument


class Temporary:
    """A directory that is deleted when nothing refers to this value any more."""

    def __init__(self) -> None:
        self.path = tempfile.mkdtemp(prefix="popgraph-")
        weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)


@dataclass(frozen=True, eq=False)
class Workplace:
    """Hold a cluster and the directory of its blocks; `temporary` deletes the directory in the end, if popgraph made it."""

    cluster: Cluster
    directory: str
    temporary: Temporary | None
    progress: bool

    def __enter__(self) -> "Workplace":
        return self

    def __exit__(self, kind: type[BaseException] | None, *error: object) -> None:
        """Empty the directory if a build failed or was interrupted: nothing of its blocks is of use, and it can be given again."""
        if kind is not None and self.temporary is None:
            for path in Path(self.directory).iterdir():
                with suppress(OSError):
                    path.unlink()

    def on_workers(self, function: Callable[..., Any], calls: list[tuple[Any, ...]], what: str) -> list[Any]:
        """Call a function on the workers, once for each block."""
        bar = dask_bar if self.progress else None
        return self.cluster.step(lambda: self.cluster.gathered(function, calls, bar), what)


def open_workplace(client: Any, store: Any, progress: bool) -> Workplace:
    """Return a workplace on this client, or a cluster of its own, in this new or empty directory, or a temporary one."""
    cluster = Cluster(client)
    if store is None:
        temporary = Temporary()
        return Workplace(cluster, temporary.path, temporary, progress)
    if not isinstance(store, str | Path):
        raise InvalidArgument(f"store is {shorten(store)}; it must be the path of a new directory")
    path = Path(store)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        raise InvalidArgument(
            f"the store {shorten(str(path))} cannot be made: {getattr(error, 'strerror', None) or error}"
        ) from None
    if any(path.iterdir()):
        raise InvalidArgument(f"the store {shorten(str(path))} is not empty; give a new directory")
    return Workplace(cluster, str(path.resolve()), None, progress)
