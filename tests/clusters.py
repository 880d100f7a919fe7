"""The cluster that tests work on: in this process, made when it is first asked for, and closed after the module that asked."""

from functools import cache
from typing import Any


@cache
def client() -> Any:
    """One worker of one thread."""
    from distributed import Client

    return Client(processes=False, n_workers=1, threads_per_worker=1, dashboard_address=":0", set_as_default=False)


def close() -> None:
    """Close the cluster, if there is one."""
    if client.cache_info().currsize:
        client().close()
        client.cache_clear()
