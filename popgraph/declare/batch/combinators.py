"""The vectorised forms of the augmentations' algebra: from batches of states to their `Branches`.

Each returns None, or is None, where there is no vectorised form; the natural is then augmented by itself, with the same outcome.
"""

import math
from collections.abc import Callable, Sequence
from contextlib import closing
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
from popgraph.declare.batch.bits import Masks, views_of_words
from popgraph.declare.batch.branches import Batch, Branches, common, follow, integers, merged, mixture, options, scaled
from popgraph.declare.batch.numbering import distinct
from popgraph.declare.batch.rows import starts_of
from popgraph.declare.batch.states import (
    BitCoding,
    Coding,
    ImageCoding,
    LetterCoding,
    NumberCoding,
    codings_of,
    unnamed,
)
from popgraph.declare.distribution import Distribution
from popgraph.errors import InvalidAugmentation

Kernel = Callable[[Any], Distribution]


def identity(states: Any, coding: Coding) -> Branches | None:
    """Leave every state as it is."""
    return options([(states, Fraction(1))])


def on_images(
    views: Callable[[Any], Sequence[Any] | None], probability: Fraction | float, masks: Masks | None = None
) -> Batch:
    """Give each image of a batch, with some probability, one of equally likely views; otherwise it stays as it is.

    `views` takes pixels (b, height, width, ...) to a list of views of that shape, or to None. Where all pixels are 0 or 1 it must
    move each, set it to 0 or 1, or invert it, whatever the others are: `bits.py` then works out what it does to packed images.
    Where it only inverts pixels, `masks` may name them for each view: it takes a shape to words (m,), or to None.
    """
    return partial(_views_of_images, views, probability, masks)


def _views_of_images(
    views: Callable[[Any], Sequence[Any] | None],
    probability: Fraction | float,
    masks: Masks | None,
    states: Any,
    coding: Coding,
) -> Branches | None:
    """Be the form that `on_images` returns."""
    even: Branches | None = None
    if isinstance(coding, ImageCoding) and (made := views(states)) is not None:
        even = options([(view, Fraction(1, len(made))) for view in made])
    elif isinstance(coding, BitCoding):
        words = views_of_words(states, coding.shape, views, masks)
        if words is not None:
            m = words.shape[1]
            even = Branches(m, words.ravel(), integers([1] * m, m), m)
    if even is None:
        return None
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
        count *= column.each
        if count.max() > PRODUCT_LIMIT:  # before the first of them is listed
            return None
        columns.append(column)
    reserve("the next batch of views", 3.0 * count.sum() * states.itemsize * max(1, len(kernels)), DECLARE_FEWER)
    branches = Branches(1, states[:, :0], integers([1], 1), 1)
    for column in columns:
        branches = _joined(branches, column)
    return branches


def _coordinate(values: Any, kernel: Kernel, coding: NumberCoding | LetterCoding, ask: Any) -> Branches | None:
    """Return the branches of one coordinate of every state, each a column of one."""
    at, first = distinct(values[:, np.newaxis])
    letters = (
        [coding.letters[i] for i in values[first].tolist()]
        if isinstance(coding, LetterCoding)
        else values[first].tolist()
    )
    rows = [ask(kernel, letter) for letter in letters]
    views = replace(coding, length=1).encode([(outcome,) for row in rows for outcome in row])  # of the same alphabet
    if views is None:
        return None
    denominator: int | None = None
    if all(row.exact for row in rows):
        denominator = math.lcm(*(row.denominator or 1 for row in rows))
        numerators = [n * (denominator // (row.denominator or 1)) for row in rows for n in row.numerators or ()]
        weights = integers(numerators, denominator)
    else:
        weights = np.concatenate([row.probabilities for row in rows])
    lengths = np.array([len(row) for row in rows])
    if (lengths == lengths[0]).all():
        each = len(rows[0])
        table = weights.reshape(-1, each)
        shared = (table == table[0]).all()
        spread = table[0] if shared else table[at].ravel()
        return Branches(each, views.reshape(-1, each)[at].reshape(-1, 1), spread, denominator)
    count = lengths[at]
    entry = np.arange(count.sum()) + np.repeat(starts_of(lengths)[at] - starts_of(count), count)
    return Branches(count, views[entry], weights[entry], denominator)


def _joined(left: Branches, right: Branches) -> Branches:
    """Append a coordinate, independent of those before: every pair of branches of a state, the last running fastest."""
    if isinstance(left.each, int) and isinstance(right.each, int):
        ours, theirs, width = left.each, right.each, left.states.shape[1]
        count = len(left.states) // ours
        states = np.empty((count, ours, theirs, width + 1), dtype=right.states.dtype)
        states[..., :width] = left.states.reshape(count, ours, 1, width)
        states[..., width] = right.states.reshape(count, 1, theirs)
        if left.shared and right.shared:
            weights = right.weights
        else:
            weights = np.broadcast_to(right.spread().reshape(count, 1, theirs), states.shape[:3]).ravel()
        return follow(left, Branches(theirs, states.reshape(-1, width + 1), weights, right.denominator))
    of_state, lengths = left.source, right.lengths
    each = lengths[of_state]
    of_left = np.repeat(np.arange(len(of_state)), each)
    of_right = np.arange(len(of_left)) + np.repeat(starts_of(lengths)[of_state] - starts_of(each), each)
    states = np.concatenate([left.states[of_left], right.states[of_right]], axis=1)
    return follow(left, Branches(each, states, right.spread()[of_right], right.denominator))


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
        if isinstance(coding, LetterCoding | BitCoding):
            return None
        given = np.array(states)
        views, probabilities = read_answer(self.fn(given), given)
        b, m = views.shape[:2]
        views = _as_numbers(views, coding) if isinstance(coding, NumberCoding) else _as_pixels(views)
        if not isinstance(probabilities, np.ndarray):
            weights, denominator = common(probabilities)
            used = np.flatnonzero(weights > 0)
            views = views if len(used) == m else views[:, used]
            return Branches(len(used), views.reshape(b * len(used), *views.shape[2:]), weights[used], denominator)
        flat = views.reshape(b * m, *views.shape[2:])
        positive = probabilities > 0
        if positive.all():
            return Branches(m, flat, probabilities.ravel(), None)
        return Branches(np.count_nonzero(positive, axis=1), flat[positive.ravel()], probabilities[positive], None)


def distribution_of(batch: Batch, natural: Any) -> Distribution:
    """Return the distribution of one natural's views under a form for batches."""
    branches = None
    with closing(codings_of([unnamed(natural)])) as codings:
        for coding, states in codings:
            branches = batch(states, coding)
            if branches is not None:
                break
    if branches is None:
        raise InvalidAugmentation(
            f"a vectorised form augments images and tuples of numbers; {shorten(natural)} is neither: "
            "use popgraph.Augmentation for other naturals"
        )
    branches = merged(branches)[0]
    views = [coding.decode(state) for state in branches.states]
    if branches.denominator is None:
        return Distribution(list(zip(views, branches.weights.tolist(), strict=True)))
    return Distribution(
        list(zip(views, [Fraction(int(n), branches.denominator) for n in branches.weights], strict=True))
    )


def _as_numbers(views: Any, coding: NumberCoding) -> Any:
    """Return views as the tuples' own kind of number."""
    if coding.number is float:
        return views.astype(np.float64, copy=False) + 0.0
    if views.dtype.kind == "f" and not (views == np.rint(views)).all():
        raise InvalidAugmentation(
            "the vectorised form gave fractions as views of tuples of ints; declare the naturals as floats"
        )
    return views.astype(np.int64, copy=False)


def _as_pixels(views: Any) -> Any:
    """Return views as pixels that Image would keep: uint8 where all are whole numbers in 0..255."""
    if views.dtype == np.uint8:
        return views
    views = views.astype(np.float64) + 0.0
    fits = (views >= 0) & (views <= 255) & (views == np.rint(views))
    return views.astype(np.uint8) if fits.all() else views
