"""How many eigenvalues of a sparse symmetric matrix lie below a number: Sylvester's law of inertia, on a checked factorisation.

The count is a fact about the matrix, multiplicities included: no random start is drawn, and none can fail.
"""

import math
from typing import Any

import numpy as np
import scipy.sparse as sp
from scipy.sparse.linalg import splu

from popgraph.basics.arrays import Floats, Sparse
from popgraph.basics.subspace import EPS
from popgraph.errors import NotConverged

# Columns that SuperLU updates together. Its 20 take twice as long where L has a few entries in a row (0.88 in place of 1.44 ms of a
# ring of 5,000, 6 in place of 12 of a random tree of 20,000), and no less where it has 10 to 80.
PANEL_SIZE = 2
LONG_ROW, MOST_LONG_ROWS = (
    64,
    4,
)  # entries of L in a row that is long; and such rows whose rounding is looked at more closely


class ShiftedFactor:
    """The factorisation S - σ = L D Lᵀ of a symmetric csc_array (side, side), in the order of its rows, without exchanges.

    Raises NotConverged if a pivot is 0, or rounding exchanged rows: σ is then too near an eigenvalue of a leading block.
    """

    def __init__(self, S: Sparse, sigma: float) -> None:
        self.sigma = sigma
        columns = np.repeat(np.arange(S.shape[1]), np.diff(S.indptr))
        diagonal = np.flatnonzero(S.indices == columns)
        if len(diagonal) == S.shape[0]:  # as of every I - Ā; in place this takes a tenth of the time
            data = S.data.copy()
            data[diagonal] -= sigma
            self._shifted = sp.csc_array((data, S.indices, S.indptr), shape=S.shape)
        else:
            self._shifted = sp.csc_array(S - sigma * sp.eye_array(S.shape[0], format="csc"))
        try:
            # Threshold 0 takes each pivot from the diagonal, unless that is 0
            self._lu: Any = splu(
                self._shifted,
                permc_spec="NATURAL",
                diag_pivot_thresh=0.0,
                panel_size=PANEL_SIZE,
                options={"SymmetricMode": True},
            )
        except RuntimeError as error:  # "Factor is exactly singular"
            raise NotConverged(f"I - Ā - {sigma:.6g} has no factorisation without exchanges: {error}") from error
        if not (self._lu.perm_r == self._lu.perm_c).all():
            raise NotConverged(f"I - Ā - {sigma:.6g} has no factorisation without exchanges: a pivot is 0")

    def solve(self, X: Floats) -> Floats:
        """Return (S - σ)^-1 X of a vector or of columns."""
        return np.asarray(self._lu.solve(np.asfortranarray(X)))

    def count_below(self) -> tuple[int, float]:
        """Return a count c and an error e: exactly c eigenvalues of S lie below some number within e of σ, e being rigorous.

        Hence at most c lie below σ - e, and at least c below σ + e.
        """
        # Sylvester (Philosophical Magazine 4, 1852): L D Lᵀ with a unit lower triangular L has as many negative eigenvalues as D
        # has negative entries. Weyl: the eigenvalues of S - σ differ from those of L D Lᵀ by at most ||E||_2 <= ||E||_inf, with the
        # symmetric E = S - σ - L D Lᵀ. E is not estimated from the algorithm (pivots taken as they come may be small, and L large)
        # but computed from what it returned, and its rows are bounded with what rounding can have hidden in that.
        L, pivots = sp.csr_array(self._lu.L), self._lu.U.diagonal()
        place, side = np.argsort(self._lu.perm_c), len(pivots)
        shifted = self._shifted if (np.diff(place) == 1).all() else self._shifted[place][:, place]
        rows = residual_rows(L, pivots, shifted)
        error = float(rows.max()) * (1 + side * EPS) + 2 * EPS * (1 + abs(self.sigma))
        if not np.isfinite(error):
            raise NotConverged(f"the factorisation of I - Ā - {self.sigma:.6g} has overflowed")
        return int(np.sum(pivots < 0)), error


def residual_rows(L: Sparse, pivots: Floats, shifted: Sparse) -> Floats:
    """Bound the sum of |E_ij| of each row of the symmetric E = S - σ - L D Lᵀ, rounding included; L is a csr_array."""
    # An entry E_ij is a sum of at most m = min(r_i, r_j) products and one entry more, r_i the entries of row i of L: computed term
    # by term it is off by at most (m + 3) eps (|L||D||Lᵀ|)_ij (Higham, Accuracy and Stability of Numerical Algorithms, section 3.5,
    # with eps = 2u to spare). A row's entries are together off by at most (r_i + 3) eps times its sum in |L||D||Lᵀ|.
    counts, side, size = np.diff(L.indptr), len(pivots), np.abs(L.data)
    scaled = sp.csr_array((L.data * pivots[L.indices], L.indices, L.indptr), shape=L.shape)
    E = sp.csr_array(shifted - scaled @ L.T.tocsr())
    computed = np.bincount(np.repeat(np.arange(side), np.diff(E.indptr)), np.abs(E.data), side)

    def times_size(x: Any) -> Any:  # |L|x; no row of L is empty
        return np.add.reduceat(size * x[L.indices], L.indptr[:-1])

    rounding = (counts + 3) * EPS * times_size(np.abs(pivots) * np.bincount(L.indices, size, side))
    # Where one row is long, as that of a hub, which is eliminated last, m is its length on the diagonal only: there the sum is made
    # of exact partial sums, which leaves the rounding of its products. Hub and ring of 22,000: 6e-7 in place of 2e-4.
    closer: list[int] = []
    while len(closer) < MOST_LONG_ROWS and np.isfinite(rounding).all():
        i = int(rounding.argmax())
        if counts[i] <= LONG_ROW or i in closer:
            break
        closer.append(i)
        of_L, of_E = slice(*L.indptr[i : i + 2]), slice(*E.indptr[i : i + 2])
        diagonal = math.fsum([float(shifted[i, i]), *(-scaled.data[of_L] * L.data[of_L])])
        computed[i] = float(np.abs(E.data[of_E][E.indices[of_E] != i]).sum()) + abs(diagonal)
        terms = np.minimum(counts, counts[i]) + 3.0
        terms[i] = 6.0
        rounding[i] = EPS * float(terms @ times_size(np.bincount(L.indices[of_L], np.abs(scaled.data[of_L]), side)))
    return np.asarray(computed + rounding)
