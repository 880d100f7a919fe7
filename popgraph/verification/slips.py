"""Common slips: an f that is no match as it stands, and would be one after a simple change. It decides no verdict."""

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np

from popgraph.basics.arrays import Floats, Ints
from popgraph.basics.subspace import column_space, containment_angles
from popgraph.basics.words import listing, shorten
from popgraph.spectrum import Spectrum

MAX_VIEWS_PERMUTED = 600  # up to which an order of the rows is looked for: the search compares N x N products
MAX_TRIES_PER_VIEW = 20  # places tried in all, for each view, before the search gives up
ROWS_PER_COLUMN = 4  # each row is compared with so many placed rows for each column; k independent ones fix it already


def permuted_rows(table: Floats, V: Floats, root: Floats, atol: float) -> Ints | None:
    """Return the order of f's rows in which √w_x f spans the columns of V, to atol radians, or None if none is found.

    `table` is f (N, k) of rank k, V (N, k) is F*, `root` is √w_x.
    """
    # Orthonormal bases of span f and of span D^-1/2 V differ by an orthogonal map where the rows are in order, so that inner
    # products of rows agree. Rows are placed one by one where their products with those placed before agree; in the end the
    # angle decides.
    N, k = V.shape
    if N > MAX_VIEWS_PERMUTED or table.shape[1] != k:
        return None
    basis_f, basis_star = (column_space(columns).basis for columns in (table, V / root[:, np.newaxis]))
    tol = 4 * atol + 1e-9  # a projector's entries move by at most twice the sine of the angle, and two are compared
    if basis_f.shape != basis_star.shape:
        return None
    size = [np.einsum("ij,ij->i", Q, Q) for Q in (basis_f, basis_star)]
    if np.abs(np.sort(size[0]) - np.sort(size[1])).max() > tol:
        return None
    order = _placed(basis_f @ basis_f.T, basis_star @ basis_star.T, k, tol)
    if order is None or containment_angles(V, column_space(root[:, np.newaxis] * table[order]).basis).max() > atol:
        return None
    return order


def _placed(G: Floats, H: Floats, k: int, tol: float) -> Ints | None:
    """Return an order with G[order][:, order] = H, looked for by placing row after row and going back where none fits."""
    N = len(G)
    candidates: list[list[int]] = []  # of each view: the rows that may still be tried for it, the one in use last
    order = np.full(N, -1)
    used = np.zeros(N, dtype=bool)
    for _ in range(MAX_TRIES_PER_VIEW * N):
        view = len(candidates)
        if view == N:
            return order
        placed = (
            np.arange(max(0, view - ROWS_PER_COLUMN * k), view) if view > 2 * ROWS_PER_COLUMN * k else np.arange(view)
        )
        difference = np.abs(np.diag(G) - H[view, view])
        if len(placed):
            difference = np.maximum(difference, np.abs(G[:, order[placed]] - H[view, placed]).max(axis=1))
        difference[used] = np.inf
        fits = np.flatnonzero(difference <= tol)
        candidates.append(fits[np.argsort(-difference[fits], kind="stable")].tolist())
        while candidates and not candidates[-1]:  # no row fits here: the one before must stand elsewhere
            candidates.pop()
            if not candidates:
                return None
            used[order[len(candidates) - 1]] = False
            candidates[-1].pop()
        row = candidates[-1][-1]
        order[len(candidates) - 1], used[row] = row, True
    return None


def order_between(G: Floats, H: Floats, tol: float) -> Ints | None:
    """Return an order with G[order][:, order] = H, both (N, N), to tol in each entry; None if none is found or N is above 600."""
    return None if len(G) > MAX_VIEWS_PERMUTED else _placed(G, H, len(G), tol)


def permuted_in_words(order: Ints, views: Sequence[Hashable]) -> str:
    """Say that f would match with its rows in another order, and how to give f so that each row has a name."""
    moved = np.flatnonzero(order != np.arange(len(order))).tolist()
    named = listing(
        [f"row {order[i]} for {'the view ' if i == moved[0] else ''}{shorten(views[i], 30)}" for i in moved]
    )
    return f" Rows permuted? With {named} it would match: give f as a mapping or a table that names its rows."


def largest_in_size_in_words(whole: Spectrum, k: int, basis: Floats, atol: float) -> str:
    """Say that f spans the eigenvectors of the k largest |γ|, which one encoder does not reach; nothing if it does not."""
    size = np.abs(whole.gamma)
    order = np.argsort(-size, kind="stable")
    chosen = order[:k]
    apart = k == len(size) or size[order[k - 1]] - size[order[k]] > whole.tolerance
    negative = int(np.sum(whole.gamma[chosen] < 0))
    if not (apart and negative) or containment_angles(whole.eigenvectors[:, chosen], basis).max() > atol:
        return ""
    return (
        f" It spans the eigenvectors of the {k} largest |γ|, {negative} of them of a negative γ, as two encoders do: one encoder "
        "needs those of the largest γ."
    )


def slip_in_words(views: Any, table: Floats, V: Floats, root: Floats, atol: float) -> str:
    """Name the slip after which f would match; nothing if none is found."""
    order = permuted_rows(table, V, root, atol)
    return "" if order is None else permuted_in_words(order, views)
