"""The components of a factor, and the stacks of equal blocks that are cut out of it, against the blocks it was made of."""

import numpy as np
import pytest
import scipy.sparse as sp
from cases import block_diagonal

from popgraph.spectrum import components as room
from popgraph.spectrum import find_components
from popgraph.spectrum.components import Stack, stacks

SHAPES = [(2, 3), (1, 4), (2, 3), (3, 1), (2, 3), (2, 4), (2, 3)]


def scattered(shapes=SHAPES, seed=0):
    """A factor of positive blocks of these shapes, rows and columns in random order, a weight of each view, and the blocks."""
    rng = np.random.default_rng(seed)
    blocks = [rng.random(shape) + 0.1 for shape in shapes]
    whole = block_diagonal(blocks)
    rows, columns = (rng.permutation(size) for size in whole.shape)
    of_row, of_column = (np.repeat(np.arange(len(shapes)), sizes) for sizes in zip(*shapes, strict=True))
    return sp.csr_array(whole[rows][:, columns]), rng.random(len(columns)) + 0.1, of_row[rows], of_column[columns]


def test_components_are_the_blocks_in_the_order_of_their_first_views():
    factor, _, of_row, of_column = scattered()
    parts = find_components(factor)
    first_seen = list(dict.fromkeys(of_column.tolist()))
    assert parts.count == len(SHAPES)
    assert parts.of_row.tolist() == [first_seen.index(block) for block in of_row]
    assert parts.of_column.tolist() == [first_seen.index(block) for block in of_column]
    assert parts.shapes.tolist() == [list(SHAPES[block]) for block in first_seen]
    for c, block in enumerate(first_seen):
        assert parts.columns_of(c).tolist() == np.flatnonzero(of_column == block).tolist()
        mine = parts.rows[parts.row_start[c] : parts.row_start[c + 1]]
        assert mine.tolist() == np.flatnonzero(of_row == block).tolist()


@pytest.mark.parametrize("numbers", [range(len(SHAPES)), [5, 1, 3], [4]])
@pytest.mark.parametrize("fit", [0.5, 1, 1.5, 2, 3, 100])
def test_stacks_hold_each_chosen_block_once_and_as_many_as_fit(monkeypatch, numbers, fit):
    """As many as fit of the blocks of six entries, and at least one."""
    limit = int(fit * 8 * 6)
    monkeypatch.setattr(room, "STACK_BYTES", limit)
    factor, root, *_ = scattered()
    parts, dense = find_components(factor), factor.toarray()
    seen = {}
    for members, stack in stacks(factor, root, parts, np.array(numbers)):
        assert stack.shape[0] == len(members) <= max(1, limit // (8 * stack.shape[1] * stack.shape[2]))
        seen.setdefault(stack.shape[1:], []).append(len(members))
        assert stack.blocks.shape == (len(members) * stack.shape[1], stack.shape[2])
        for c, block, sparse, top in zip(members, stack.dense(), stack.sparse(), stack.top, strict=True):
            views, naturals = parts.columns_of(c), np.flatnonzero(parts.of_row == c)
            np.testing.assert_array_equal(block, dense[np.ix_(naturals, views)])
            np.testing.assert_array_equal(sparse.toarray(), block)
            np.testing.assert_allclose(top, root[views] / np.linalg.norm(root[views]), rtol=1e-15)
    chosen = [tuple(shape) for shape in parts.shapes[list(numbers)].tolist()]
    assert {shape: sum(sizes) for shape, sizes in seen.items()} == {shape: chosen.count(shape) for shape in chosen}
    for (n, n_views), sizes in seen.items():
        most = max(1, limit // (8 * n * n_views))
        assert sizes[:-1] == [most] * (len(sizes) - 1)


@pytest.mark.parametrize("fit", [7, 8, 9, 10])
def test_the_bytes_of_a_stack_are_those_of_its_floats(monkeypatch, fit):
    """Of twenty blocks of 2 x 3 exactly as many are stacked as take STACK_BYTES as a dense array."""
    factor, root, *_ = scattered([(2, 3)] * 20)
    monkeypatch.setattr(room, "STACK_BYTES", fit * np.zeros((2, 3)).nbytes)
    stacked = [stack.dense().nbytes for _, stack in stacks(factor, root, find_components(factor), np.arange(20))]
    assert max(stacked) == room.STACK_BYTES
    assert sum(stacked) == 20 * np.zeros((2, 3)).nbytes


def test_of_one_component_no_copy_is_made():
    factor, root, *_ = scattered([(4, 6)])
    ((members, stack),) = stacks(factor, root, find_components(factor), np.array([0]))
    assert members.tolist() == [0]
    assert stack.blocks is factor
    np.testing.assert_allclose(stack.top, [root / np.linalg.norm(root)], rtol=1e-15)


def test_sparse_blocks_are_those_of_the_dense_array():
    blocks = np.arange(24.0).reshape(4, 2, 3)
    stack = Stack(sp.csr_array(blocks.reshape(8, 3)), np.ones((4, 3)))
    assert stack.shape == (4, 2, 3)
    np.testing.assert_array_equal(stack.dense(), blocks)
    np.testing.assert_array_equal([block.toarray() for block in stack.sparse()], blocks)


def chain(length: int) -> sp.csr_array:
    """Naturals that share a view with the next one each: a walk from end to end takes as many steps."""
    return sp.csr_array(np.eye(length, length + 1) + np.eye(length, length + 1, k=1))


@pytest.mark.parametrize(
    "factor",
    [
        sp.csr_array([[1.0]]),
        sp.csr_array([[5e-324, 1.0], [0.0, 5e-324]]),  # joined by the least numbers there are
        sp.csr_array(np.random.default_rng(1).random((30, 40)) * (np.random.default_rng(2).random((30, 40)) < 0.3)),
        chain(room.FLOOD_STEPS - 1),
        chain(room.FLOOD_STEPS + 1),
        chain(50),
        scattered([(9, 20), (1, 1)])[0],
        scattered([(1, 1), (9, 20)])[0],
    ],
    ids=["one", "tiny", "random", "short chain", "longer chain", "long chain", "large and small", "small and large"],
)
def test_a_walk_that_reaches_all_finds_what_a_search_finds(factor, monkeypatch):
    parts = find_components(factor)
    monkeypatch.setattr(room, "FLOOD_STEPS", 0)
    searched = find_components(factor)
    for part in ("of_row", "of_column", "rows", "columns", "row_start", "column_start"):
        found, expected = getattr(parts, part), getattr(searched, part)
        assert found.tolist() == expected.tolist()
        assert found.dtype == expected.dtype
        assert not found.flags.writeable
