"""How many eigenvalues of a sparse symmetric matrix lie below a number: Sylvester's law of inertia, on a checked factorisation.

The count is a fact about the matrix, multiplicities included: no random start is drawn, and none can fail.
"""

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
        # but computed from what it returned; each entry of the computed product is a sum of at most m terms, whose rounding is at
        # most (m + 3) eps |L||D||Lᵀ| (Higham, Accuracy and Stability of Numerical Algorithms, section 3.5, with eps = 2u to spare).
        L, pivots = sp.csr_array(self._lu.L), self._lu.U.diagonal()
        place = np.argsort(self._lu.perm_c)
        transposed = sp.csr_array(L.T)
        scaled = sp.csr_array((L.data * pivots[L.indices], L.indices, L.indptr), shape=L.shape)
        E = self._shifted[place][:, place] - scaled @ transposed
        ones = np.ones(len(pivots))
        size = abs(scaled) @ (abs(transposed) @ ones)
        terms = int(np.diff(L.indptr).max()) + 3
        measured = float((abs(E) @ ones).max())
        error = (measured + terms * EPS * float(size.max())) * (1 + len(ones) * EPS) + 2 * EPS * (1 + abs(self.sigma))
        if not np.isfinite(error):
            raise NotConverged(f"the factorisation of I - Ā - {self.sigma:.6g} has overflowed")
        return int(np.sum(pivots < 0)), error
