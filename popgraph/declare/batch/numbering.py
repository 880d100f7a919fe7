"""Numbering the rows of an array: equal rows get one number, in the order in which they first appear.

Rows become 64-bit keys, exact ones wherever their values allow it; what numbers the keys (a table, or one sort) does not look at
the rows again, but for neighbours of one hash.
"""

from math import prod
from typing import Any

import numpy as np

from popgraph.basics.arrays import Ints

HASH_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)  # odd, so that one word alone never collides
# A table of all keys takes 3 random reads a row, a sort about 20 passes: 17 million rows of 10 million possible keys are numbered
# in 0.5 s by a table and in 1.2 s by a sort, 2 million rows of a tenth of a table in 9 ms and 45 ms. A table of more than four
# places a row costs more to fill than it saves.
TABLE_PLACES_A_ROW = 4
MOST_COLUMNS_IN_ONE_KEY = 64  # of more columns, each with two values, no 64 bits hold all


def distinct(states: Any) -> tuple[Ints, Ints]:
    """Number the rows of an array (m, ...) exactly: equal rows alike, and in the order in which they first appear.

    Returned are each row's number (m,), and the first row of each number.
    """
    words, span = _words(states)
    if words.shape[1] == 1 and span <= TABLE_PLACES_A_ROW * len(words):
        return by_table(words[:, 0].view(np.int64), span)
    return _by_sort(words, span)


def by_table(key: Any, span: int) -> tuple[Ints, Ints]:
    """Number whole keys (m,) below a span by a table of all of them."""
    count = len(key)
    kind = np.int32 if count <= np.iinfo(np.int32).max else np.int64
    positions = np.arange(count, dtype=kind)
    table = np.empty(span, dtype=kind)
    table[key[::-1]] = positions[::-1]  # of repeated places numpy keeps the last, which is the first row with this key
    first = np.flatnonzero(table[key] == positions)
    table[key[first]] = np.arange(len(first), dtype=kind)
    return table[key].astype(np.intp, copy=False), first


def row_keys(states: Any, spare_bits: int) -> tuple[Any, bool]:
    """Return a key of 64 less the spare bits for each row, (m,), equal for equal rows, and whether others always differ."""
    words, span = _words(states)
    if words.shape[1] == 1 and span << spare_bits <= 2**64:
        return words[:, 0], True
    return _hashed(words) >> np.uint64(spare_bits), False


def _by_sort(words: Any, span: int) -> tuple[Ints, Ints]:
    """Number rows of words by sorting keys that carry the rows' positions in their low bits.

    So no sort moves an index beside a key, and none need be stable: 4 to 14 times as fast as a stable argsort of the keys.
    """
    count = len(words)
    bits = max(1, (count - 1).bit_length())
    if words.shape[1] == 1 and span << bits <= 2**64:  # nothing of the key need be dropped
        key, exact = words[:, 0] << np.uint64(bits), True
    else:
        key, exact = _hashed(words) >> np.uint64(bits) << np.uint64(bits), False
    key |= np.arange(count, dtype=np.uint64)
    key.sort()
    order = (key & np.uint64((1 << bits) - 1)).view(np.int64)
    key >>= np.uint64(bits)
    starts = np.empty(count, dtype=bool)
    starts[0] = True
    np.not_equal(key[1:], key[:-1], out=starts[1:])
    if not exact:
        _separate(words, order, starts)
    first = order[starts]  # the runs' positions ascend, so each run begins with its first row
    appears = np.zeros(count, dtype=bool)
    appears[first] = True
    rank = np.cumsum(appears)
    number = np.empty(count, dtype=np.intp)
    number[order] = np.repeat(rank[first] - 1, np.diff(np.flatnonzero(starts), append=count))
    return number, np.flatnonzero(appears)


def _separate(words: Any, order: Ints, starts: Any) -> None:
    """Sort the runs of rows that share a hash and are not equal, in place, and let each of their rows' values start a run."""
    follows = np.flatnonzero(~starts)
    differ = follows[(words[order[follows]] != words[order[follows - 1]]).any(axis=1)]
    if not differ.size:
        return
    run = np.cumsum(starts)
    at = np.flatnonzero(np.isin(run, run[differ]))
    rows = order[at]
    rows = rows[np.lexsort((*words[rows].T[::-1], run[at]))]  # which is stable: equal rows stay in their order
    order[at] = rows
    # A run's rows are next to each other in `at`, too
    new = (words[rows[1:]] != words[rows[:-1]]).any(axis=1)
    starts[at[1:]] |= new


def _hashed(words: Any) -> Any:
    """Return 64 bits for each row of words, mixed so that the high ones depend on all."""
    key = np.zeros(len(words), dtype=np.uint64)
    for j in range(words.shape[1]):
        key ^= words[:, j]
        key *= HASH_MULTIPLIER
        key ^= key >> np.uint64(29)
    return key


def _words(states: Any) -> tuple[Any, int]:
    """Return the rows as few 64-bit words as their values allow, (m, words), and a bound on a word where it is the only one."""
    flat = np.ascontiguousarray(states).reshape(len(states), -1)
    width = flat.shape[1]
    if width == 0:
        return np.zeros((len(flat), 1), dtype=np.uint64), 1
    if flat.dtype == np.uint64 and width == 1:
        return flat, 2**64
    if flat.dtype.kind in "iu":
        low, high = int(flat.min()), int(flat.max())
        if low >= 0 and high <= 1:
            packed = np.packbits(flat.astype(np.uint8, copy=False), axis=1, bitorder="little")
            return _padded(packed), 2 ** min(width, 64)
        if width <= MOST_COLUMNS_IN_ONE_KEY and (one := _in_one_word(flat)) is not None:
            return one
        if low >= 0 and high < 256:
            flat = flat.astype(np.uint8, copy=False)
    return _padded(flat.view(np.uint8).reshape(len(flat), -1)), 2**64


def _in_one_word(flat: Any) -> tuple[Any, int] | None:
    """Write each row of whole numbers in one word, in mixed radix by the ranges of the columns; None where no word is so wide."""
    low = [int(flat[:, j].min()) for j in range(flat.shape[1])]
    sizes = [int(flat[:, j].max()) - low[j] + 1 for j in range(flat.shape[1])]
    span = prod(sizes)
    if span > 2**64:
        return None
    key = np.zeros(len(flat), dtype=np.uint64)
    for j in np.flatnonzero(np.array(sizes, dtype=object) > 1).tolist():
        key *= np.uint64(
            sizes[j] % 2**64
        )  # a size of 2^64 is that of the only column that varies, where key is still 0
        key += flat[:, j].astype(np.uint64) - np.uint64(low[j] % 2**64)  # modulo 2^64, so right of negative numbers too
    return key[:, np.newaxis], span


def _padded(rows: Any) -> Any:
    """Return rows of bytes as words, with zeros at the end; the first byte is the lowest."""
    width = rows.shape[1]
    if width % 8:
        padded = np.zeros((len(rows), -(-width // 8) * 8), dtype=np.uint8)
        padded[:, :width] = rows
        rows = padded
    return np.ascontiguousarray(rows).view("<u8").astype(np.uint64, copy=False)
