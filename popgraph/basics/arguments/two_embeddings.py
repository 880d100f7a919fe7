"""Embeddings (f, g) of two kinds of views, read into arrays (N_x, k) and (N_z, k), in the order of the views x and z.

| taken | read |
|---|---|
| a tuple or list (f, g) | each as `read_embedding` reads one |
| PairTraining, SingularSpectrum and whatever has `__embeddings__` | its own two tables |

| refused | because |
|---|---|
| one table, mapping, callable or Training | it is f without g |
| g before f | the message says that they are swapped |
| f and g of different numbers of columns | f(x)ᵀg(z) needs as many |
"""

from collections.abc import Hashable, Sequence
from typing import Any

from popgraph.basics.arguments.embeddings import read_embedding
from popgraph.basics.arrays import Floats
from popgraph.basics.words import shorten
from popgraph.errors import InvalidArgument, InvalidEmbedding


def is_pair(pair: Any) -> bool:
    """Whether this is two embeddings rather than one table."""
    if hasattr(pair, "__embeddings__") and not isinstance(pair, type):
        return True
    return isinstance(pair, tuple | list) and len(pair) == 2


def read_embeddings(
    views_x: Sequence[Hashable], views_z: Sequence[Hashable], pair: Any, names: tuple[str, str] = ("f", "g")
) -> tuple[Floats, Floats]:
    """Return f (N_x, k) and g (N_z, k), finite, in the order of the views; raise InvalidEmbedding of what is no such pair."""
    f, g = halves(pair, names)
    try:
        tables = read_embedding(views_x, f, names[0]), read_embedding(views_z, g, names[1])
    except InvalidEmbedding:
        if _swapped(views_x, views_z, f, g):
            raise InvalidEmbedding(
                f"{names[0]} and {names[1]} are swapped: {names[0]} has a vector for each of the {len(views_z):,} views z, and "
                f"{names[1]} for each of the {len(views_x):,} views x; give ({names[1]}, {names[0]})"
            ) from None
        raise
    if tables[0].shape[1] != tables[1].shape[1]:
        raise InvalidEmbedding(
            f"{names[0]} has {tables[0].shape[1]} columns and {names[1]} has {tables[1].shape[1]}; the critic f(x)ᵀg(z) needs as "
            "many of both"
        )
    return tables


def read_sides(features: Any) -> tuple[Any, Any]:
    """Return the features of the views x and those of the views z, None for a side that is a table of free vectors."""
    if isinstance(features, tuple | list) and len(features) == 2:
        return features[0], features[1]
    if is_pair(features):
        return halves(features)
    raise InvalidArgument(
        f"features is {shorten(features)}; of two encoders give (features of the views x, features of the views z), None for a "
        "side that is a table"
    )


def halves(pair: Any, names: tuple[str, str] = ("f", "g")) -> tuple[Any, Any]:
    """Return what was given for the views x and for the views z."""
    if not is_pair(pair):
        wanted = f"({names[0]}, {names[1]}), one for the views x and one for the views z"
        raise InvalidEmbedding(
            f"{names[0]} without {names[1]}: this graph has two kinds of views; give {wanted}; got {shorten(pair)}"
        )
    f, g = pair.__embeddings__() if hasattr(pair, "__embeddings__") else pair
    for name, each in zip(names, (f, g), strict=True):
        if each is None:
            raise InvalidEmbedding(
                f"{name} is None; give ({names[0]}, {names[1]}), one for the views x and one for the views z"
            )
    return f, g


def _swapped(views_x: Sequence[Hashable], views_z: Sequence[Hashable], f: Any, g: Any) -> bool:
    """Whether each serves for the other's views; a callable is not called on views that are none of its own."""
    if any(callable(each) and not hasattr(each, "__array__") for each in (f, g)):
        return False
    try:
        read_embedding(views_z, f), read_embedding(views_x, g)
    except InvalidEmbedding:
        return False
    return True
