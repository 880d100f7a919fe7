"""The vectorised forms of the augmentations' algebra: from batches of states to their `Branches`.

Each returns None, or is None, where there is no vectorised form; the natural is then augmented by itself, with the same outcome.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np

from popgraph.basics.arguments.kernels import read_answer
from popgraph.basics.arguments.probabilities import PRODUCT_LIMIT
from popgraph.basics.memory import DECLARE_FEWER, reserve
from popgraph.basics.pickling import Portable
from popgraph.basics.words import shorten
from popgraph.declare.batch.branches import Batch, Branches, common, follow, integers, merged, mixture, options, scaled
from popgraph.declare.batch.states import Coding, ImageCoding, LetterCoding, NumberCoding, codings_of, unnamed
from popgraph.declare.distribution import Distribution
from popgraph.errors import InvalidAugmentation

Kernel = Callable[[Any], Distribution]


def identity(states: Any, coding: Coding) -> Branches | None:
    """Leave every state as it is."""
    return options([(states, Fraction(1))])


def on_images(views: Callable[[Any], Sequence[Any] | None], probability: Fraction | float) -> Batch:
    """Give each image of a batch, with some probability, one of equally likely views; otherwise it stays as it is.

    `views` takes pixels (b, height, width, ...) to a list of views of that shape, or to None.
    """
    return partial(_views_of_images, views, probability)


def _views_of_images(
    views: Callable[[Any], Sequence[Any] | None], probability: Fraction | float, states: Any, coding: Coding
) -> Branches | None:
    """Be the form that `on_images` returns."""
    if not isinstance(coding, ImageCoding) or (made := views(states)) is None:
        return None
    even = options([(view, Fraction(1, len(made))) for view in made])
    if isinstance(probability, Fraction) and probability == 1:
        return even
    return _blend([(identity(states, coding), 1 - probability), (even, probability)])


def then(first: Batch | None, second: Batch | None) -> Batch | None:
    """Follow one form by another."""
    return None if first is None or second is None else partial(_one_after_the_other, first, second)


def _one_after_the_other(first: Batch, second: Batch, states: Any, coding: Coding) -> Branches | None:
    """Be the form that `then` returns."""
    branches = first(states, coding)
    if branches is None:
        return None
    branches = merged(branches)[0]
    next_branches = second(branches.states, coding)
    return None if next_branches is None else follow(branches, next_branches)


def repeat(form: Batch | None, times: int) -> Batch | None:
    """Apply a form several times over."""
    repeated: Batch | None = identity
    for _ in range(times):
        repeated = form if repeated is identity else then(repeated, form)
    return repeated


def choose(forms: Sequence[tuple[Batch | None, Fraction | float]]) -> Batch | None:
    """Draw one of several forms."""
    return None if any(form is None for form, _ in forms) else partial(_chosen, forms)


def _chosen(forms: Sequence[tuple[Batch | None, Fraction | float]], states: Any, coding: Coding) -> Branches | None:
    """Be the form that `choose` returns."""
    return _blend([(form(states, coding), p) for form, p in forms if form is not None])


def independently(
    kernels_for: Callable[[int], Sequence[Kernel] | None], ask: Callable[[Kernel, Any], Distribution]
) -> Batch:
    """Augment the coordinates of tuples independently, by tables of what becomes of each value of each coordinate.

    `kernels_for` takes the length of the tuples to a kernel for each coordinate, or to None if there are not that many; `ask`
    takes a kernel and a value to the distribution of the value's views.
    """
    return partial(_coordinates_apart, kernels_for, ask)


def _coordinates_apart(kernels_for: Any, ask: Any, states: Any, coding: Coding) -> Branches | None:
    """Be the form that `independently` returns."""
    if not isinstance(coding, NumberCoding | LetterCoding) or (kernels := kernels_for(coding.length)) is None:
        return None
    columns, count = [], np.ones(len(states))
    for j, kernel in enumerate(kernels):
        column = _coordinate(states[:, j], kernel, coding, ask)
        if column is None:
            return None
        count *= np.bincount(column.source)
        if count.max() > PRODUCT_LIMIT:  # before the first of them is listed
            return None
        columns.append(column)
    reserve("the next batch of views", 3.0 * count.sum() * states.itemsize * max(1, len(kernels)), DECLARE_FEWER)
    branches = Branches(np.arange(len(states)), states[:, :0], integers([1] * len(states), 1), 1)
    for column in columns:
        branches = _joined(branches, column)
    return branches


def _coordinate(values: Any, kernel: Kernel, coding: NumberCoding | LetterCoding, ask: Any) -> Branches | None:
    """Return the branches of one coordinate of every state, each a column of one."""
    distinct, at = np.unique(values, return_inverse=True)
    letters = [coding.letters[i] for i in distinct.tolist()] if isinstance(coding, LetterCoding) else distinct.tolist()
    rows = [ask(kernel, letter) for letter in letters]
    views = replace(coding, length=1).encode([(outcome,) for row in rows for outcome in row])  # of the same alphabet
    if views is None:
        return None
    lengths = np.array([len(row) for row in rows])
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    count = lengths[at]
    source = np.repeat(np.arange(len(values)), count)
    entry = np.arange(len(source)) + np.repeat(starts[at] - np.concatenate([[0], np.cumsum(count)[:-1]]), count)
    if not all(row.exact for row in rows):
        return Branches(source, views[entry], np.concatenate([row.probabilities for row in rows])[entry], None)
    denominator = math.lcm(*(row.denominator or 1 for row in rows))
    numerators = [n * (denominator // (row.denominator or 1)) for row in rows for n in row.numerators or ()]
    return Branches(source, views[entry], integers(numerators, denominator)[entry], denominator)


def _joined(left: Branches, right: Branches) -> Branches:
    """Append a coordinate, independent of those before: every pair of branches of a state, the last running fastest."""
    count = np.bincount(right.source, minlength=int(right.source[-1]) + 1)
    start = np.concatenate([[0], np.cumsum(count)[:-1]])
    each = count[left.source]
    of_left = np.repeat(np.arange(len(left.source)), each)
    of_right = np.arange(len(of_left)) + np.repeat(
        start[left.source] - np.concatenate([[0], np.cumsum(each)[:-1]]), each
    )
    column = Branches(of_left, right.states[of_right], right.weights[of_right], right.denominator)
    both = follow(left, column)
    return replace(both, states=np.concatenate([left.states[of_left], column.states], axis=1))


def _blend(parts: Sequence[tuple[Branches | None, Fraction | float]]) -> Branches | None:
    """Mix branches of one batch in these proportions."""
    possible = [scaled(part, p) for part, p in parts if part is not None and p]
    return None if any(part is None for part, _ in parts) else mixture(possible)


def declared(fn: Callable[[Any], Any]) -> Batch:
    """Read a user's form: states (b, ...) -> views (b, m, ...) and probabilities (m,) or (b, m)."""
    return DeclaredForm(fn)


@dataclass(frozen=True, eq=False)
class DeclaredForm(Portable):
    """Be a form for batches that a user declared by a function."""

    fn: Callable[[Any], Any]

    def __call__(self, states: Any, coding: Coding) -> Branches | None:
        """Return the branches of a batch."""
        if isinstance(coding, LetterCoding):
            return None
        given = np.array(states)
        views, probabilities = read_answer(self.fn(given), given)
        b, m = views.shape[:2]
        views = _as_numbers(views, coding) if isinstance(coding, NumberCoding) else _as_pixels(views)
        if isinstance(probabilities, np.ndarray):
            weights, denominator = probabilities.ravel(), None
        else:
            row, denominator = common(probabilities)
            weights = np.tile(row, b)
        used = weights > 0
        flat = views.reshape(b * m, *views.shape[2:])
        return Branches(np.repeat(np.arange(b), m)[used], flat[used], weights[used], denominator)


def distribution_of(batch: Batch, natural: Any) -> Distribution:
    """Return the distribution of one natural's views under a form for batches."""
    written = next(codings_of([unnamed(natural)]), None)
    branches = None if written is None else batch(written[1], written[0])
    if written is None or branches is None:
        raise InvalidAugmentation(
            f"a vectorised form augments images and tuples of numbers; {shorten(natural)} is neither: "
            "use popgraph.Augmentation for other naturals"
        )
    branches = merged(branches)[0]
    views = [written[0].decode(state) for state in branches.states]
    if branches.denominator is None:
        return Distribution(list(zip(views, branches.weights.tolist(), strict=True)))
    return Distribution(
        list(zip(views, [Fraction(int(n), branches.denominator) for n in branches.weights], strict=True))
    )


def _as_numbers(views: Any, coding: NumberCoding) -> Any:
    """Return views as the tuples' own kind of number."""
    if coding.number is float:
        return views.astype(np.float64) + 0.0
    if views.dtype.kind == "f" and not (views == np.rint(views)).all():
        raise InvalidAugmentation(
            "the vectorised form gave fractions as views of tuples of ints; declare the naturals as floats"
        )
    return views.astype(np.int64)


def _as_pixels(views: Any) -> Any:
    """Return views as pixels that Image would keep: uint8 where all are whole numbers in 0..255."""
    if views.dtype == np.uint8:
        return views
    views = views.astype(np.float64) + 0.0
    fits = (views >= 0) & (views <= 255) & (views == np.rint(views))
    return views.astype(np.uint8) if fits.all() else views
