"""`Cluster`: a dask client, ours or the user's, and what is done when its workers die."""

import weakref
from collections.abc import Callable
from typing import Any, TypeVar

import distributed

from popgraph.basics.words import shorten, size_in_words
from popgraph.errors import InvalidArgument, TooLarge

T = TypeVar("T")
WORKER_TIMEOUT = 60.0  # seconds until the first worker must be there


class Cluster:
    """Run steps on a dask client.

    A step is a function from arrays of this process to arrays of this process. All that it needs is on disk, so when a worker
    dies dask computes again what was lost.

    Parameters
    ----------
    client : distributed.Client or None
        None takes the current client, or starts a `LocalCluster` with one single-threaded worker for each core.

    Raises
    ------
    InvalidArgument
        If it is no client.
    """

    def __init__(self, client: Any = None) -> None:
        self._stop: Any = None
        if client is None:
            try:
                client = distributed.get_client()
            except ValueError:
                client = _own()
                self._stop = weakref.finalize(self, _shut, client)
        if not isinstance(client, distributed.Client):
            raise InvalidArgument(f"client is {shorten(client)}; give a dask.distributed.Client, or nothing")
        self.client = client

    def close(self) -> None:
        """Stop the workers, if they are our own."""
        if self._stop is not None:
            self._stop()

    def workers(self) -> dict[str, Any]:
        """Return what the scheduler knows of each worker, and wait for the first."""
        self.client.wait_for_workers(1, timeout=WORKER_TIMEOUT)
        known: dict[str, Any] = self.client.scheduler_info(n_workers=-1)["workers"]
        return known

    @property
    def memory(self) -> float:
        """The bytes that the smallest worker may take; 0 stands for no limit."""
        return min(float(worker["memory_limit"]) for worker in self.workers().values())

    def step(self, job: Callable[[], T], what: str) -> T:
        """Run a step; dask goes on with it when a worker dies.

        Raises
        ------
        TooLarge
            If a task kills every worker that takes it.
        """
        try:
            return job()
        except distributed.scheduler.KilledWorker as error:
            limit = size_in_words(self.memory) if self.memory else "unlimited"
            raise TooLarge(
                f"{what} killed every worker that tried, most likely for want of memory (a worker's limit is {limit}); give "
                "fewer rows to a block, or the workers more memory"
            ) from error


def _own() -> Any:
    """Start a local cluster that does not become the current one."""
    cluster = distributed.LocalCluster(threads_per_worker=1, dashboard_address=":0")
    return distributed.Client(cluster, set_as_default=False)


def _shut(client: Any) -> None:
    client.close()
    client.cluster.close()
