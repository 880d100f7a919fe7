"""Arguments, one reader for each kind."""

from popgraph.arguments.scalars import (
    angle,
    called,
    count,
    flag,
    generator,
    number,
    one_of,
    read_callable,
    whole_number,
    word,
)
from popgraph.arguments.tables import as_array, numbers, real

__all__ = [
    "angle",
    "as_array",
    "called",
    "count",
    "flag",
    "generator",
    "number",
    "numbers",
    "one_of",
    "read_callable",
    "real",
    "whole_number",
    "word",
]
