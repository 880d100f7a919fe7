"""The width of the layer below a linear head, as `train`, `verify` and `theory` take it.

| given | returned |
|---|---|
| head= None | None |
| head= "linear" | k |
| head= a whole number of k or more | it |
| a head narrower than k, another word | refused |
"""

from typing import Any

from popgraph.basics.arguments.scalars import is_whole
from popgraph.basics.words import shorten
from popgraph.errors import InvalidArgument


def read_head(head: Any, k: int) -> int | None:
    """Return the width of the layer below a linear head, or None for no head."""
    if head is None:
        return None
    if isinstance(head, str) and head == "linear":
        return k
    if is_whole(head) and int(head) >= k:
        return int(head)
    if is_whole(head):
        raise InvalidArgument(
            f"head is {shorten(head)}, a layer narrower than k = {k}, above which f has no {k} independent columns; "
            f'give head="linear" or a width of {k} or more, or use a smaller k'
        )
    raise InvalidArgument(
        f'head is {shorten(head)}; it must be "linear", the width of the layer below the head ({k} or more), or None'
    )
