"""`Step`: what the `callback=` of a training sees after each step, and how it stops the training."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from popgraph.basics.arrays import Immutable
from popgraph.basics.words import shorten
from popgraph.errors import InvalidArgument

Callback = Callable[["Step"], Any]


class Halted(Exception):
    """The callback asked for the end of the training."""


@dataclass(frozen=True, eq=False, repr=False)
class Step(Immutable):
    """Hold one step of a training, as its callback is shown it.

    Attributes
    ----------
    step : int
        Its number; 0 is the start.
    loss : float
        The population's loss there; with batches, the loss of this batch.
    gradient_norm : float
        ||dL/dF||_F there, as in `Training`; with batches, the norm of the batch's gradient in f.

    Examples
    --------
    >>> import popgraph as pg
    >>> def watch(step):
    ...     print(step)
    ...     return step.step == 1  # True ends the training
    >>> training = pg.train(pg.zoo.lightning_cloud(), k=2, rng=0, callback=watch)
    Step(0, loss -0.132, gradient norm 1.2)
    Step(1, loss -1.1, gradient norm 0.92)
    >>> training.stopped
    'stopped by the callback with gradient norm 9.2e-01'
    """

    step: int
    loss: float
    gradient_norm: float
    _embed: list[Callable[[], Any]] = field(default_factory=list)

    @cached_property
    def f(self) -> Any:
        """The embedding at this step, as `Training.f` is; computed when it is asked for, before the callback returns.

        Raises InvalidArgument if it is asked for the first time later, when training has moved on.
        """
        if not self._embed:
            raise InvalidArgument(
                f"f of step {self.step:,} is gone, as training has moved on; ask for step.f before the callback returns"
            )
        return self._embed[0]()

    def __repr__(self) -> str:
        return f"Step({self.step:,}, loss {self.loss:.3g}, gradient norm {self.gradient_norm:.2g})"


def tell(callback: Callback, number: int, loss: float, gradient_norm: float, embed: Callable[[], Any]) -> None:
    """Show a step to a callback, and raise Halted if it returns True or raises StopIteration.

    Any other exception passes through.
    """
    step = Step(number, loss, gradient_norm, [embed])
    try:
        answer = callback(step)
    except StopIteration:
        raise Halted from None
    finally:
        step._embed.clear()
    if answer is None:
        return
    if not isinstance(answer, bool | np.bool_):
        raise InvalidArgument(f"callback returned {shorten(answer)}; it must return None, or True to end the training")
    if answer:
        raise Halted


def read_callback(callback: Any) -> Callback | None:
    """Return a callback, or None for none."""
    if callback is not None and not callable(callback):
        raise InvalidArgument(f"callback is {shorten(callback)}; it must be a function of one step, or None")
    return callback  # type: ignore[no-any-return]
