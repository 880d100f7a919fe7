"""What a training may be penalised or restricted by, as `train` and `theory` take it: a weight decay, and a linear head.

| given | returned |
|---|---|
| weight_decay= a number of 0 or more | it, as a float |
| head= None | None |
| head= "linear" | k, the width of the layer below the head |
| head= a whole number of k or more | it |
| a negative or infinite decay, NaN, a head narrower than k, another word | refused |
"""

from typing import Any

import numpy as np

from popgraph.basics.arguments.scalars import is_whole, number
from popgraph.basics.words import shorten
from popgraph.errors import InvalidArgument

WIDEST = 1_000_000  # columns of the layer below a head
LARGEST_DECAY = 1e100  # its square, and products with entries of f, are still far from overflow


def read_weight_decay(weight_decay: Any) -> float:
    """Return a weight decay, 0 or more."""
    what = "it must be a number of 0 or more, the factor of the squared weights in the loss"
    decay = number("weight_decay", weight_decay, what, above=0.0, below=np.inf, ends=True)
    if decay > LARGEST_DECAY:
        raise InvalidArgument(
            f"weight_decay is {shorten(weight_decay)}, above {LARGEST_DECAY:g}; of a table 2 switches every mode off already"
        )
    return decay


def read_head(head: Any, k: int) -> int | None:
    """Return the width of the layer below a linear head, or None for no head."""
    if head is None:
        return None
    if isinstance(head, str) and head == "linear":
        return k
    if is_whole(head) and k <= int(head) <= WIDEST:
        return int(head)
    if is_whole(head) and int(head) > WIDEST:
        raise InvalidArgument(
            f"head is {shorten(head)}, a layer of more than {WIDEST:,} columns; no more than k = {k} of them are ever used: give "
            'head="linear"'
        )
    if is_whole(head):
        raise InvalidArgument(
            f"head is {shorten(head)}, a layer narrower than k = {k}, above which f has no {k} independent columns; "
            f'give head="linear" or a width of {k} or more, or use a smaller k'
        )
    raise InvalidArgument(
        f'head is {shorten(head)}; it must be "linear", the width of the layer below the head ({k} or more), or None'
    )
