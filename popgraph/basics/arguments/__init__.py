"""What users hand over: one reader for each kind of argument, by which every public function reads it.

| argument | reader | room |
|---|---|---|
| a distribution of naturals | `read_declared` | `distributions.py` |
| weights of outcomes, one probability | `read_weights`, `parse_probability` | `probabilities.py` |
| outcomes: naturals, views, samples, one of them | `list_finite`, `read_distinct`, `read_outcome` | `outcomes.py` |
| a kernel A(x|x̄) | `read_kernel` | `kernels.py` |
| weighted edges of a graph | `read_edges` | `edges.py` |
| weights of pairs, transition matrices | `read_pairs` | `pairs.py`, with `entries.py` |
| labels of naturals or of views | `read_labels` | `labels.py` |
| f, features | `read_embedding` | `embeddings.py` |
| any other table of numbers | `numbers`, `as_array` | `tables.py` |
| k, counts, reals, angles, rng, flags, words | `whole_number`, `count`, `number`, `angle`, `generator` | `scalars.py` |
| a population | `read_population` | `basics/protocols.py` |

Each file begins with the table of what it takes and what it refuses. `containers.py` tells containers apart by what they can do,
never by their class, and holds the one rule of name or position. What is refused raises InvalidArgument, the subclass of it that
the file is about, or the `error` that a reader is given. The message says which argument, which container, the first offending
entry, and what to give.
"""

from popgraph.basics.arguments.scalars import (
    angle,
    by_value,
    called,
    count,
    flag,
    generator,
    is_real,
    is_whole,
    number,
    one_of,
    read_callable,
    whole_number,
    word,
)
from popgraph.basics.arguments.tables import as_array, numbers, real

__all__ = [
    "angle",
    "as_array",
    "by_value",
    "called",
    "count",
    "flag",
    "generator",
    "is_real",
    "is_whole",
    "number",
    "numbers",
    "one_of",
    "read_callable",
    "real",
    "whole_number",
    "word",
]
