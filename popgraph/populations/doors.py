"""How a listed graph becomes one of another class that holds listed graphs itself: the other class leaves its maker here.

So neither of the two files imports the other. `popgraph.populations` imports both, so that the makers are here when they are asked.
"""

from collections.abc import Callable
from typing import Any

MAKERS: dict[str, Callable[[Any], Any]] = {}  # what is made -> the function that makes it of a graph
