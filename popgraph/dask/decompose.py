"""From the blocks of M to a `Spectrum`: the tops in closed form, a search for what lies below them, and the same certificate."""

import numpy as np

from popgraph.basics.arrays import Floats, Ints, frozen
from popgraph.basics.subspace import tolerance
from popgraph.dask.products import Products
from popgraph.dask.search import Search, top_vectors
from popgraph.spectrum import Spectrum
from popgraph.spectrum.basis import groups, null_vectors, reproducible_basis, signed
from popgraph.spectrum.certificate import certify
from popgraph.spectrum.value import SolverUse


def decompose(products: Products, w_x: Floats, of_view: Ints, n: int, k: int) -> Spectrum:
    """Return the k leading eigenpairs of Ā, with M in blocks.

    Parameters
    ----------
    products : Products
    w_x : (N,) array
    of_view : (N,) array
        The component of each view.
    n : int
        The number of naturals.
    k : int
        In 1..N.

    Raises
    ------
    NotConverged
        If an answer could not be certified.
    TooLarge
        If a worker cannot hold a column.
    """
    N, count = len(w_x), int(of_view.max()) + 1
    side, tops = min(n, N), top_vectors(of_view, w_x)
    wanted = k - count
    gamma, U = np.empty(0), np.empty((N, 0))
    if wanted < 0 or count == N:
        rest = bound = 1.0 if wanted < 0 else 0.0
        excluded, side = f"{count} components have an eigenvalue 1 each", 1
        why = f"{k} of {count} components' top pairs suffice"
        use = SolverUse("closed form", count, (n, N), why, f"{count:,} components")
    else:
        square = sum(block.square for block in products.blocks)
        search = Search(products, tops, square - count, side)
        rest, bound, excluded = search.leading(wanted)
        gamma = np.where(search.gamma > tolerance(side), np.clip(search.gamma, 0.0, 1.0), 0.0)
        positive = gamma > 0
        gamma, U = gamma[positive], search.U[:, positive]
        why = "filtered columns, their QR by dask's tsqr"
        use = SolverUse(
            "blocks", count, (n, N), why, f"{len(products.blocks):,} blocks of {n:,} naturals x {N:,} views"
        )
    listed = np.concatenate([np.ones(count), gamma])
    if bound == 0.0:  # all others are 0
        listed = np.concatenate([listed, np.zeros(max(0, min(N, k + 1) - len(listed)))])
    known = listed if bound == 0.0 else listed[: max(k, int(np.sum(listed > bound)))]
    V = np.zeros((N, k))
    V[:, : min(k, count)] = tops[:, : min(k, count)].toarray()
    V[:, count:] = signed(_below(tops.toarray() if k > count + len(gamma) else None, gamma, U, max(wanted, 0), side))
    residuals = np.linalg.norm(products.gram(V) - V * listed[:k], axis=0)
    after = float(listed[k]) if k < min(len(listed), N) else 0.0
    remainder = (max(after, rest), max(after, bound))
    return Spectrum(
        gamma=frozen(listed[:k].copy()),
        eigenvectors=frozen(V),
        w_x=w_x,
        residuals=frozen(residuals),
        gamma_known=frozen(known),
        floor=bound,
        components=count,
        certificate=certify(residuals, listed[:k], V, remainder, excluded, side, tops=min(k, count)),
        solvers=(use,),
        side=side,
    )


def _below(tops: Floats | None, gamma: Floats, U: Floats, wanted: int, side: int) -> Floats:
    """Return the `wanted` eigenvectors below the tops: a basis that rounding does not choose, then null vectors."""
    V = np.empty((len(U), wanted))
    for run in groups(gamma, side):
        if run.start < wanted:
            basis = U[:, run] if run.stop - run.start == 1 else reproducible_basis(U[:, run])
            V[:, run.start : run.stop] = basis[:, : wanted - run.start]
    if tops is not None:
        V[:, len(gamma) :] = null_vectors(np.column_stack([tops, U]), wanted - len(gamma))
    return V
