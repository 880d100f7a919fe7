"""`Cluster`: the dask client on which steps run, popgraph's own or the user's. A step survives the death of a worker."""

import weakref
from collections.abc import Callable
from typing import Any, TypeVar

import distributed

from popgraph.basics.words import shorten, size_in_words
from popgraph.errors import InvalidArgument, TooLarge

T = TypeVar("T")
WORKER_TIMEOUT = 60.0  # seconds to wait for the first worker


class Cluster:
    """Run steps on this client, by default the current one, or else a new `LocalCluster` with a worker for each core.

    A step is a function that takes and returns arrays of this process. It reads its input from disk, so that dask can repeat
    the work of a worker that dies.
    """

    def __init__(self, client: Any = None) -> None:
        self._stop_own_workers: Any = None
        if client is None:
            try:
                client = distributed.get_client()
            except ValueError:
                client = _start_workers()
                self._stop_own_workers = weakref.finalize(self, _stop_workers, client)
        if not isinstance(client, distributed.Client):
            raise InvalidArgument(f"client is {shorten(client)}; give a dask.distributed.Client, or nothing")
        self.client = client

    def close(self) -> None:
        """Stop the workers, if popgraph started them."""
        if self._stop_own_workers is not None:
            self._stop_own_workers()

    def workers(self) -> dict[str, Any]:
        """Wait for the first worker, and return what the scheduler knows of each."""
        self._check_open()
        self.client.wait_for_workers(1, timeout=WORKER_TIMEOUT)
        workers: dict[str, Any] = self.client.scheduler_info(n_workers=-1)["workers"]
        return workers

    def _check_open(self) -> None:
        """Refuse to work on a client that was closed."""
        if self.client.status in ("closing", "closed"):
            raise InvalidArgument(
                "the dask cluster of this graph is closed; build the graph again on an open one, or use its .expand()"
            )

    @property
    def memory(self) -> float:
        """The least memory limit of a worker, in bytes; 0 means that there is none."""
        return min(float(worker["memory_limit"]) for worker in self.workers().values())

    def step(self, job: Callable[[], T], what: str) -> T:
        """Run a step; refuse, with TooLarge, one with a task that kills every worker that runs it."""
        self._check_open()
        try:
            return job()
        except distributed.scheduler.KilledWorker as error:
            limit = size_in_words(self.memory) if self.memory else "unlimited"
            raise TooLarge(
                f"{what} killed every worker that ran it, most likely for lack of memory (a worker's limit is {limit}); use "
                "fewer rows in a block, or give the workers more memory"
            ) from error


def _start_workers() -> Any:
    """Start a local cluster that does not become the current one."""
    cluster = distributed.LocalCluster(threads_per_worker=1, dashboard_address=":0")
    return distributed.Client(cluster, set_as_default=False)


def _stop_workers(client: Any) -> None:
    client.close()
    client.cluster.close()
