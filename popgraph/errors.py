"""The exceptions of popgraph.

Each is also the built-in that a user would expect to catch: a ValueError, TypeError, AttributeError, RuntimeError, MemoryError or
ImportError.
"""

from dataclasses import FrozenInstanceError

__all__ = [
    "InvalidArgument",
    "InvalidAugmentation",
    "InvalidCall",
    "InvalidDistribution",
    "InvalidEmbedding",
    "InvalidFile",
    "MissingExtra",
    "NotConverged",
    "PopgraphError",
    "ReadOnly",
    "TooLarge",
]


def __dir__() -> list[str]:
    """List what is public."""
    return sorted(__all__)


class PopgraphError(Exception):
    """Any error that popgraph raises on purpose.

    See Also
    --------
    InvalidArgument : An argument is outside what the function accepts.
    TooLarge : It would need too much memory.
    NotConverged : An iterative answer could not be certified.

    Examples
    --------
    >>> import popgraph as pg
    >>> issubclass(pg.errors.TooLarge, pg.errors.PopgraphError)
    True
    """


class InvalidArgument(PopgraphError, ValueError):
    """An argument is outside what the function accepts.

    See Also
    --------
    InvalidCall : No argument has this name.
    InvalidDistribution : Probabilities or outcomes are none.
    InvalidAugmentation : A kernel is none.
    InvalidEmbedding : An f is none.

    Examples
    --------
    >>> import popgraph as pg
    >>> pg.zoo.ring(2)
    Traceback (most recent call last):
    popgraph.errors.InvalidArgument: n is 2; a ring has a whole number of naturals, 3 or more
    """


class InvalidCall(InvalidArgument, TypeError):
    """A function has no argument of this name, or lacks one that it needs; the message names the nearest.

    See Also
    --------
    InvalidArgument : The value of an argument is wrong, not its name.

    Examples
    --------
    >>> import popgraph as pg
    >>> pg.zoo.ring(size=5)
    Traceback (most recent call last):
    popgraph.errors.InvalidCall: ring has no argument size=. It takes n, stay
    """


class InvalidDistribution(InvalidArgument):
    """Probabilities or outcomes do not make a finite distribution.

    See Also
    --------
    popgraph.Distribution : What is declared.
    InvalidAugmentation : The same of a kernel.

    Examples
    --------
    >>> import popgraph as pg
    >>> pg.Distribution({"cat": 0.5, "dog": 0.4}, normalize=True)["dog"]
    0.4444
    >>> pg.Distribution({"cat": -1, "dog": 2}, normalize=True)
    Traceback (most recent call last):
    popgraph.errors.InvalidDistribution: the probability of 'cat' is -1; probabilities must not be negative
    """


class InvalidAugmentation(InvalidArgument):
    """An augmentation, or a kernel matrix, is not a Markov kernel on the naturals.

    See Also
    --------
    popgraph.Augmentation : What is declared.
    InvalidDistribution : The same of naturals.

    Examples
    --------
    >>> import popgraph as pg
    >>> pg.images.flip()("cat")
    Traceback (most recent call last):
    popgraph.errors.InvalidAugmentation: flip() augments images; the natural 'cat' is a str: wrap it in popgraph.images.Image
    """


class InvalidEmbedding(InvalidArgument):
    """An embedding f is not one finite real vector for each view.

    See Also
    --------
    popgraph.verify : Checks an f.
    popgraph.probe : Fits a head to an f.

    Examples
    --------
    >>> import popgraph as pg
    >>> pg.verify(pg.zoo.ring(4), [[1], [2]])
    Traceback (most recent call last):
    popgraph.errors.InvalidEmbedding: f has shape (2, 1); this graph of 4 views needs (4, k)
    """


class InvalidFile(InvalidArgument):
    """A file that `popgraph.load` cannot take: truncated, edited, of another format or a later version.

    See Also
    --------
    popgraph.load : Reads files.
    popgraph.save : Writes them.

    Examples
    --------
    >>> import popgraph as pg
    >>> issubclass(pg.errors.InvalidFile, ValueError)
    True
    """


class ReadOnly(PopgraphError, FrozenInstanceError):
    """An attribute of a value cannot be set; it is also what dataclasses raise, and an AttributeError.

    See Also
    --------
    popgraph.build : Make another value instead.

    Examples
    --------
    >>> import popgraph as pg
    >>> graph = pg.zoo.ring(4)
    >>> try:
    ...     graph.name = "circle"
    ... except AttributeError as error:
    ...     print(type(error).__name__)
    ReadOnly
    """


class TooLarge(PopgraphError, MemoryError):
    """What was asked for would need more memory than is sensible; the message names the alternative.

    See Also
    --------
    popgraph.product : Populations that are never listed.
    popgraph.verify_sampled : Check f by sampled pairs.
    popgraph.dask.build : Build on a cluster.

    Examples
    --------
    >>> import popgraph as pg
    >>> pg.zoo.hypercube(40)
    Traceback (most recent call last):
    popgraph.errors.TooLarge: the 40-cube's kernel has 4^40 entries; give d <= 13
    """


class NotConverged(PopgraphError, RuntimeError):
    """An iterative answer could not be certified; the message says what was reached.

    See Also
    --------
    popgraph.PopulationGraph.spectrum : Certifies eigenpairs.
    popgraph.probe : Certifies a logistic head.

    Examples
    --------
    >>> import popgraph as pg
    >>> issubclass(pg.errors.NotConverged, RuntimeError)
    True
    """


class MissingExtra(PopgraphError, ImportError):
    """An optional dependency is not installed; the message names the requirement to install.

    See Also
    --------
    popgraph.torch : Needs the extra ``torch``.
    popgraph.dask : Needs the extra ``dask``.

    Examples
    --------
    >>> import popgraph as pg
    >>> issubclass(pg.errors.MissingExtra, ImportError)
    True
    """
