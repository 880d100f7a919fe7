"""What `train` is asked for, of one encoder as of two: the size of batches, and a bar."""

import itertools
from collections.abc import Callable
from typing import Any

from popgraph.basics.arguments import count
from popgraph.basics.progress import Progress, track
from popgraph.errors import InvalidArgument

MAX_PAIRS_A_BATCH = 2**31


def ticks(progress: Progress) -> Callable[[], Any]:
    """Return a function that moves the bar of a descent, whose number of steps is not known beforehand, one step further."""
    bar = track(itertools.count(1), None, progress, "train")
    next(bar)
    return lambda: next(bar)


def read_batch_size(batch_size: Any, loss: Any) -> int | None:
    """Return the number of pairs in a batch, if there are to be batches, and the loss has a value for one of that size."""
    if batch_size is None:
        return None
    if not hasattr(loss, "batch_value_and_gradient"):
        raise InvalidArgument(f"loss {loss.name} has no batch_value_and_gradient, so it cannot be trained on batches")
    why = f"the batch loss {loss.name} needs a whole number"
    return count("batch_size", batch_size, getattr(loss, "least_batch", 2), MAX_PAIRS_A_BATCH, why)
