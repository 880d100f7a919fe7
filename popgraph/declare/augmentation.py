"""`Augmentation`: a Markov kernel A(x|x̄), from a natural x̄ to a distribution over views, and its algebra.

The algebra (`identity`, `apply`, `choose`, `independently`, `then`, `repeat`) stays exact as long as its parts do. The views of
a whole population are listed in `enumerated.py`.
"""

import html
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MethodType
from typing import Any

import scipy.sparse as sp

from popgraph.basics.arguments import count, flag, read_callable, word
from popgraph.basics.arguments.containers import is_frame, positions_by_name
from popgraph.basics.arguments.kernels import is_mapping, read_kernel
from popgraph.basics.arguments.outcomes import compares_by_identity, read_distinct
from popgraph.basics.arguments.probabilities import read_pairs
from popgraph.basics.arrays import Immutable
from popgraph.basics.pickling import Portable
from popgraph.basics.words import is_public_function, listing, printable, shorten
from popgraph.declare.batch import combinators as vectorised
from popgraph.declare.batch.branches import Batch
from popgraph.declare.distribution import Distribution
from popgraph.declare.kernel_table import KernelTable
from popgraph.errors import InvalidArgument, InvalidAugmentation, InvalidDistribution

# Modules whose public functions return augmentations
FACTORIES = ("popgraph.declare.combinators", "popgraph.declare.images")


@dataclass(frozen=True)
class Augmentation(Portable, Immutable):
    """Send each natural x̄ to the distribution A(x|x̄) of its views.

    Parameters
    ----------
    kernel : callable
        x̄ -> mapping view -> probability, or a Distribution. It must give the same answer whenever it is asked about
        the same natural: an augmentation *returns* its distribution, it does not draw from it.
    name : str
        How it prints.
    trusted : bool
        Whether the kernel is known to answer alike every time. `build` asks an untrusted kernel twice.
    batch : callable, optional
        The vectorised form of the same kernel; `from_batch` makes an augmentation of one.

    Raises
    ------
    InvalidAugmentation
        On a call, if the kernel does not return a distribution for that natural; the message names the natural.

    See Also
    --------
    apply : Replace a natural by a function of it, with some probability.
    choose : Draw one of several augmentations.
    identity : Leave every natural as it is.
    independently : Augment the coordinates of a tuple.
    images : Augmentations of small pictures.

    Examples
    --------
    >>> from popgraph import Augmentation
    >>> step = Augmentation(lambda i: {i - 1: "1/2", i + 1: "1/2"}, name="step")
    >>> step(0)
    Distribution({-1: 1/2, 1: 1/2})
    >>> step.then(step)(0)
    Distribution({-2: 1/4, 0: 1/2, 2: 1/4})
    """

    kernel: Callable[[Any], Any]
    name: str = ""
    trusted: bool = False
    batch: Batch | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", word("name", self.name))
        flag("trusted", self.trusted)
        if self.batch is not None:
            read_callable("batch", self.batch)
        if not callable(self.kernel):
            raise InvalidAugmentation(
                f"an augmentation is a callable natural -> distribution; got {shorten(self.kernel)}, "
                f"a {type(self.kernel).__name__}"
            )
        if makes_augmentations(self.kernel):
            name = self.kernel.__name__
            raise InvalidAugmentation(f"{name} makes an augmentation, and is none itself; call it: {name}()")
        if not self.name:
            object.__setattr__(self, "name", getattr(self.kernel, "__name__", type(self.kernel).__name__))

    def __call__(self, natural: Any) -> Distribution:
        """Return the distribution of the views of one natural."""
        try:
            views = self.kernel(natural)
            if isinstance(views, Distribution):
                return views
            if is_mapping(views) or is_frame(views):  # a table is refused there, with its columns
                return Distribution(views)
        except InvalidDistribution as error:
            raise InvalidAugmentation(f"the augmentation of {shorten(natural)} is no distribution: {error}") from error
        except InvalidArgument:
            raise
        except Exception as error:
            error.add_note(f"raised by the augmentation {self.name!r} on the natural {shorten(natural)}")
            raise
        raise InvalidAugmentation(
            f"the augmentation of {shorten(natural)} is {shorten(views)}, a {type(views).__name__}, not a distribution; "
            "return a mapping view -> probability, or use popgraph.apply(fn, probability) for a plain function"
        )

    def then(self, other: "Augmentation | Callable[[Any], Any] | Mapping[Any, Any]") -> "Augmentation":
        """Follow this augmentation by another, independently of how the first one fell.

        Examples
        --------
        >>> from popgraph import apply
        >>> half = apply(str.lower, "1/2")
        >>> half.then(apply(str.strip, 1))(" A ")
        Distribution({'A': 1/2, 'a': 1/2})
        """
        second = as_augmentation(other)
        name = f"{self.name}.then({second.name})"
        both = vectorised.then(self.batch, second.batch)
        return Augmentation(partial(_one_after_the_other, self, second), name, self.trusted and second.trusted, both)

    def repeat(self, times: int) -> "Augmentation":
        """Apply this augmentation several times over; 0 times is the identity.

        Raises
        ------
        InvalidArgument
            If times is not a whole number >= 0.

        Examples
        --------
        >>> from popgraph import apply
        >>> apply(lambda bit: 1 - bit, "1/4").repeat(2)(0)
        Distribution({0: 5/8, 1: 3/8})
        """
        times = count("times", times, 0, 10**6, "an augmentation is repeated a whole number of times")
        batch = vectorised.repeat(self.batch, int(times))
        return Augmentation(partial(_repeated, self, times), f"{self.name}.repeat({times})", self.trusted, batch)

    @classmethod
    def from_matrix(
        cls, matrix: Any, naturals: Iterable[Any], views: Iterable[Any] | None = None, *, normalize: bool = False
    ) -> "Augmentation":
        """Read A(x|x̄) off the rows of a matrix, so that it can be combined with other augmentations.

        To build a graph from a matrix as it stands, hand the matrix to `popgraph.build`, which keeps it sparse.

        Parameters
        ----------
        matrix : (n, N) array or scipy sparse
            A row for each natural, a column for each view, each row summing to 1.
        naturals, views : iterables of n and N outcomes
            What the rows and columns stand for; the views are the naturals if not given.
        normalize : bool
            Divide every row by its sum.

        Raises
        ------
        InvalidAugmentation
            If the shape does not fit, or a row is no distribution.

        Examples
        --------
        >>> from popgraph import Augmentation
        >>> flip = Augmentation.from_matrix([[0.75, 0.25], [0.25, 0.75]], ["heads", "tails"])
        >>> flip.repeat(2)("heads")
        Distribution({'heads': 0.625, 'tails': 0.375})
        """
        rows = read_distinct(naturals, "natural", "give each natural one row")
        flag("normalize", normalize)
        given = read_kernel(matrix, views)
        columns = rows if given.columns is None else given.columns
        dense = given.values.toarray() if sp.issparse(given.values) else given.values
        if dense.shape != (len(rows), len(columns)):
            raise InvalidAugmentation(
                f"the kernel matrix has shape {dense.shape}; {len(rows)} naturals and {len(columns)} views need "
                f"({len(rows)}, {len(columns)})"
            )
        order = positions_by_name("the kernel table", given.rows, rows, "natural", InvalidAugmentation)
        dense = dense if order is None else dense[order]
        table: dict[Hashable, Distribution] = {}
        for natural, row in zip(rows, dense, strict=True):
            try:
                table[natural] = Distribution(
                    [(view, p) for view, p in zip(columns, row.tolist(), strict=True)], normalize=normalize
                )
            except InvalidDistribution as error:
                raise InvalidAugmentation(f"the row of {shorten(natural)} is no distribution: {error}") from error
        return from_table(table, name="from_matrix")

    @classmethod
    def from_batch(cls, fn: Callable[[Any], Any], name: str = "", *, trusted: bool = False) -> "Augmentation":
        """Declare an augmentation of images, or of tuples of numbers, by what it makes of a whole batch at once.

        It combines with the toolkit's own like any other, and no Python object is made for a view until one is looked at.

        Parameters
        ----------
        fn : callable
            States (b, ...) -> (views (b, m, ...), probabilities (m,) or (b, m)). States are the pixels of images of one shape,
            (b, height, width), or the numbers of tuples of one length, (b, length). Probabilities (m,) may be exact, as for
            `Distribution`; an array (b, m) is one of floats. Views may repeat.
        name, trusted : str, bool
            As for `Augmentation`; `build` asks twice about every batch unless trusted.

        Raises
        ------
        InvalidAugmentation
            On use, if fn does not give views and probabilities of these shapes, or the probabilities of a state do not sum
            to 1.

        Examples
        --------
        >>> from popgraph import Augmentation
        >>> import numpy as np
        >>> neighbours = lambda x: (np.stack([x - 1, x + 1], axis=1), ["1/2", "1/2"])
        >>> Augmentation.from_batch(neighbours, "step")((0,))
        Distribution({(-1,): 1/2, (1,): 1/2})
        """
        if not callable(fn):
            raise InvalidAugmentation(
                f"a vectorised form is a callable states -> (views, probabilities); got {shorten(fn)}"
            )
        batch = vectorised.declared(fn)
        name = word("name", name) or getattr(fn, "__name__", type(fn).__name__)
        return cls(partial(vectorised.distribution_of, batch), name, trusted, batch)

    def table(self, naturals: Iterable[Any]) -> KernelTable:
        """Tabulate A(x|x̄) for some naturals, a row each, to be printed or shown in a notebook.

        Parameters
        ----------
        naturals : iterable
            Hashable naturals, all different; or a Distribution of them.

        Raises
        ------
        InvalidDistribution
            If naturals are repeated or none are given.
        InvalidAugmentation
            If the augmentation gives no distribution for one of them.

        Examples
        --------
        >>> from popgraph import apply
        >>> print(apply(str.lower, "1/3").table(["Cat", "dog"]))
             Cat  cat  dog
        Cat  2/3  1/3    0
        dog    0    0    1
        """
        given = list(naturals) if isinstance(naturals, Distribution) else naturals
        rows = read_distinct(given, "natural", "give each natural once")
        if not rows:
            raise InvalidDistribution("a table needs at least one natural; got none")
        return KernelTable(self.name, tuple(rows), tuple(self(natural) for natural in rows))

    def __repr__(self) -> str:
        return f"Augmentation({printable(self.name)})"

    def _repr_html_(self) -> str:
        hint = "its table of A(x|x̄): .table(naturals)"
        return f"<div><strong>{html.escape(repr(self))}</strong><br>{hint}</div>"


def makes_augmentations(fn: Any) -> bool:
    """Whether this is a function of popgraph's that returns an augmentation, and no kernel: it was not called."""
    if isinstance(fn, MethodType):
        whose = fn.__self__
        return (isinstance(whose, Augmentation) and fn.__name__ != "__call__") or whose is Augmentation
    return fn is Augmentation or (is_public_function(fn) and fn.__module__ in FACTORIES)


def as_augmentation(declared: Any) -> Augmentation:
    """Read an Augmentation off a callable, or off a mapping natural -> (mapping view -> probability)."""
    if isinstance(declared, Augmentation):
        return declared
    if is_mapping(declared):
        return from_table(declared if isinstance(declared, Mapping) else dict(read_pairs(declared)))
    return Augmentation(declared)


def from_table(table: Mapping[Any, Any], name: str = "table") -> Augmentation:
    """Look each natural's distribution up in a mapping."""
    return Augmentation(TableRow(table), name, trusted=True)


@dataclass(frozen=True, eq=False)
class TableRow(Portable):
    """Be the kernel that looks each natural up in a table."""

    table: Mapping[Any, Any]

    def __call__(self, natural: Any) -> Any:
        """Return the row of a natural."""
        if natural not in self.table:
            raise InvalidAugmentation(
                f"the augmentation has no row for the natural {shorten(natural)}; "
                f"it has {listing([shorten(x) for x in self.table])}"
            )
        return self.table[natural]

    def __getstate__(self) -> dict[str, Any]:
        """Return the rows as a dict: not every mapping can be pickled."""
        return {"table": dict(self.table)}


def _one_after_the_other(first: Augmentation, second: Augmentation, natural: Any) -> Distribution:
    """Return the views of the views of a natural."""
    return first(natural).through(second)


def _repeated(augmentation: Augmentation, times: int, natural: Any) -> Distribution:
    """Return the views of a natural after so many rounds."""
    law = Distribution({natural: 1})
    for _ in range(times):
        law = law.through(augmentation)
    return law


def ask(augmentation: Any, natural: Any) -> Distribution:
    """Apply an augmentation to a natural: twice, unless it is trusted, to refuse one that draws a view at random."""
    first: Distribution = augmentation(natural)
    if not augmentation.trusted and (second := augmentation(natural)) != first:
        if repr(second) == repr(first) and (
            kinds := {type(view) for view in first if compares_by_identity(type(view))}
        ):
            raise InvalidAugmentation(
                f"the augmentation gave views of {shorten(natural)} that print alike and differ when it was asked again: "
                f"{kinds.pop().__name__} has no __eq__, so that each is equal only to itself; give it __eq__ and __hash__"
            )
        raise InvalidAugmentation(
            f"the augmentation gave two answers for the natural {shorten(natural)}: {first!r}, then {second!r}; "
            "it must return the whole distribution of views, not draw from it"
        )
    return first
