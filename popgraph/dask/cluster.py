"""`Cluster`: the dask client on which steps run, popgraph's own or the user's. A step survives the death of a worker."""

import weakref
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from shutil import rmtree
from time import monotonic
from typing import Any, TypeVar

import distributed

from popgraph.basics.words import shorten, size_in_words
from popgraph.dask.store import new_folder
from popgraph.errors import InvalidArgument, PopgraphError, TooLarge

T = TypeVar("T")
WORKER_TIMEOUT = 60.0  # seconds to wait for a worker where there is none
SECONDS_BETWEEN_LOOKS = 5.0  # at the workers, while their work is waited for


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

    @property
    def tasks(self) -> int:
        """The number of tasks that the workers run at a time: their threads together."""
        return sum(int(worker["nthreads"]) for worker in self.workers().values())

    def workers(self) -> dict[str, Any]:
        """Wait for the first worker, and return what the scheduler knows of each."""
        self._check_open()
        while True:
            try:
                self.client.wait_for_workers(1, timeout=WORKER_TIMEOUT)
            except TimeoutError:
                raise _no_worker() from None
            if workers := self._known_workers():  # or the only one has died meanwhile
                return workers

    def _known_workers(self) -> dict[str, Any]:
        """Return what the scheduler knows of each worker; none, if there is none at this moment."""
        # Not by `client.scheduler_info(n_workers=-1)`: it returns what the client's own look every two seconds, which asks for no
        # worker at all, may have put in the place of the answer.
        workers: dict[str, Any] = self.client.sync(self.client.scheduler.identity, n_workers=-1)["workers"]
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

    @property
    def memory_a_task(self) -> float:
        """The least memory limit of a worker for each of its threads, in bytes; 0 means that there is none."""
        return min(float(worker["memory_limit"]) / int(worker["nthreads"]) for worker in self.workers().values())

    def gathered(
        self, function: Callable[..., Any], calls: Iterable[tuple[Any, ...]], bar: Callable[[Any], Any] | None = None
    ) -> list[Any]:
        """Call a function on the workers once for each tuple of arguments; raise the first refusal of one of them."""
        futures = [self.client.submit(_refusal_or_answer, function, *call, pure=False) for call in calls]
        answers = self.gathered_futures(futures, bar)
        for answer in answers:
            if isinstance(answer, PopgraphError):
                raise answer
        return answers

    def gathered_futures(self, futures: list[Any], bar: Callable[[Any], Any] | None = None) -> list[Any]:
        """Wait for futures, and return their results; cancel what is not done if this is interrupted."""
        try:
            if bar is not None:
                bar(futures)
            self._wait(futures)
            return list(self.client.gather(futures))
        except BaseException:
            with suppress(Exception):  # the client may have gone meanwhile, and then there is nothing to cancel
                self.client.cancel(futures, force=True)
            raise

    def _wait(self, futures: list[Any]) -> None:
        """Wait until all are done; refuse to wait for ever for a worker that does not come."""
        last_seen = monotonic()
        while True:
            try:
                with self.client.as_current():
                    distributed.wait(futures, timeout=SECONDS_BETWEEN_LOOKS)
                return
            except TimeoutError:
                self._check_open()
                if self._known_workers():
                    last_seen = monotonic()
                if monotonic() - last_seen > WORKER_TIMEOUT:
                    raise _no_worker() from None

    def step_with_folder(self, job: Callable[[Path], T], directory: str, what: str) -> T:
        """Run a step with a folder of its own in a directory, which is deleted whatever happens."""

        def work() -> T:
            folder = new_folder(directory, "step")
            try:
                return job(folder)
            finally:
                rmtree(folder, ignore_errors=True)

        return self.step(work, what)

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


def _refusal_or_answer(function: Callable[..., Any], *given: Any) -> Any:
    """Return what a function returns, or the refusal that it raises: dask would log that, and run the task again."""
    try:
        return function(*given)
    except PopgraphError as refusal:
        return refusal


def _no_worker() -> InvalidArgument:
    """Say that there is nobody to work, and that nothing is lost."""
    return InvalidArgument(
        f"the dask cluster has had no worker for {WORKER_TIMEOUT:g} seconds; start workers, and call again: what was written is "
        "kept"
    )


def _start_workers() -> Any:
    """Start a local cluster that does not become the current one."""
    cluster = distributed.LocalCluster(threads_per_worker=1, dashboard_address=":0")
    return distributed.Client(cluster, set_as_default=False)


def _stop_workers(client: Any) -> None:
    client.close()
    client.cluster.close()
