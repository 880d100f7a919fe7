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
    """Any error that popgraph raises on purpose."""


class InvalidArgument(PopgraphError, ValueError):
    """An argument is outside what the function accepts."""


class InvalidCall(InvalidArgument, TypeError):
    """A function has no argument of this name, or lacks one that it needs; the message names the nearest."""


class InvalidDistribution(InvalidArgument):
    """Probabilities or outcomes do not make a finite distribution."""


class InvalidAugmentation(InvalidArgument):
    """An augmentation, or a kernel matrix, is not a Markov kernel on the naturals."""


class InvalidEmbedding(InvalidArgument):
    """An embedding f is not one finite real vector for each view."""


class InvalidFile(InvalidArgument):
    """A file that `popgraph.load` cannot take: truncated, edited, of another format or a later version."""


class ReadOnly(PopgraphError, FrozenInstanceError):
    """An attribute of a value cannot be set; it is also what dataclasses raise, and an AttributeError."""


class TooLarge(PopgraphError, MemoryError):
    """What was asked for would need more memory than is sensible; the message names the alternative."""


class NotConverged(PopgraphError, RuntimeError):
    """An iterative answer could not be certified; the message says what was reached."""


class MissingExtra(PopgraphError, ImportError):
    """An optional dependency is not installed; the message names the requirement to install."""
