"""The operands of a loss of two encoders: C (N_x, N_z), the probabilities of pairs (x, z), and tables f (N_x, k) and g (N_z, k).

A loss of one encoder that has a form for two scores a pair by f(x)ᵀg(z), with negatives from the marginal laws d_1 = C1 and
d_2 = Cᵀ1 [THEORY 11]. With C = w and f = g it is the loss of one encoder. Losses that regulate one encoder alone have no such form.
"""

from abc import ABC, abstractmethod
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp

from popgraph.basics.arrays import Floats
from popgraph.basics.words import shorten
from popgraph.errors import InvalidArgument, TooLarge
from popgraph.losses.operands import alike, check_operand, in_full_precision, plain, refuse_tensors

MAX_PAIRS_SCORED = 2**26  # entries of a table of all pairs (x, z), 0.5 GB: as many as of the 8,192 views of one encoder


class PairOperands(NamedTuple):
    """Hold C (N_x, N_z), its marginal laws d_1 (N_x,) and d_2 (N_z,), and f and g, of one library and precision."""

    C: Any
    d_1: Any
    d_2: Any
    f: Any
    g: Any


def read_pairs(C: Any, f: Any, g: Any) -> PairOperands:
    """Return operands that fit together; the refusal names the one that does not."""
    if sp.issparse(C):
        if len(C.shape) != 2 or C.dtype.kind not in "biuf":
            raise InvalidArgument(
                f"C is {shorten(C)}; it must hold real numbers, the probabilities of pairs (N_x, N_z)"
            )
    elif not _is_sparse_tensor(C):
        check_operand("C", C, (None, None))
    N_x, N_z = C.shape
    check_operand("f", f, (N_x, None), f" beside C of shape {N_x} x {N_z}")
    check_operand(
        "g", g, (N_z, int(f.shape[1])), f" beside C of shape {N_x} x {N_z} and f of {int(f.shape[1])} columns"
    )
    read = alike({"f": f, "g": g, "C": C})
    return PairOperands(read["C"], *marginals(read["C"]), read["f"], read["g"])


def read_pair_arrays(C: Any, f: Any, g: Any) -> PairOperands:
    """Return what `read_pairs` does, of numpy's arrays alone."""
    operands = read_pairs(C, f, g)
    refuse_tensors({"f": operands.f, "g": operands.g, "C": operands.C}, "pair_value(C, f, g)")
    return operands


def marginals(C: Any) -> tuple[Any, Any]:
    """Return the sums of the rows and of the columns of C, (N_x,) and (N_z,)."""
    if _is_sparse_tensor(C):
        coalesced = C.coalesce()
        rows, columns = coalesced.indices()
        values = coalesced.values()
        return (
            values.new_zeros(C.shape[0]).index_add(0, rows, values),
            values.new_zeros(C.shape[1]).index_add(0, columns, values),
        )
    d_1, d_2 = C.sum(1), C.sum(0)
    return (
        (np.asarray(d_1).ravel(), np.asarray(d_2).ravel())
        if isinstance(C, np.ndarray) or sp.issparse(C)
        else (d_1, d_2)
    )


def dense_pairs(C: Any) -> Any:
    """Return C as a dense table, for a loss that scores every pair; refuse more than 67 million of them."""
    N_x, N_z = C.shape
    if N_x * N_z > MAX_PAIRS_SCORED:
        raise TooLarge(
            f"this loss is computed from all {N_x:,} x {N_z:,} pairs; use at most {MAX_PAIRS_SCORED:,}, batches "
            "(batch_size=), or losses.spectral, which needs no such table"
        )
    if sp.issparse(C):
        return C.toarray()
    return C.to_dense() if _is_sparse_tensor(C) else C


class PairLoss(ABC):
    """A loss with a form for two encoders: its value and gradients over all pairs (x, z), from C and the tables f and g."""

    @in_full_precision
    def pair_value(self, C: Any, f: Any, g: Any) -> Any:
        """Return the loss of two encoders, f of one kind of view and g of the other, over all pairs (x, z) [THEORY 11].

        A batch of pairs is ``batch_value(f, g)``: there the two tables may be of two encoders as well.

        Parameters
        ----------
        C : (N_x, N_z) array, csr_array or torch tensor
            The probabilities of pairs.
        f, g : (N_x, k) and (N_z, k) arrays or tensors
            The embeddings of the views x and z.

        Raises
        ------
        InvalidArgument
            If the operands do not fit together.
        TooLarge
            If the loss is one of a critic, and there are more than 67 million pairs.

        Examples
        --------
        >>> import numpy as np
        >>> import popgraph as pg
        >>> C = np.array([[0.5, 0.0], [0.0, 0.5]])
        >>> pg.losses.spectral.pair_value(C, np.ones((2, 1)), np.ones((2, 1)))
        -1.0
        >>> pg.losses.infonce.pair_value(C, np.zeros((2, 1)), np.ones((2, 1)))  # all scores are equal
        0.0
        """
        return plain(self._pair_value(read_pairs(C, f, g)))

    def pair_value_and_gradient(self, C: Any, f: Floats, g: Floats) -> tuple[float, Floats, Floats]:
        """Return the loss of two encoders over all pairs, and its gradients in f, (N_x, k), and in g, (N_z, k).

        Raises
        ------
        InvalidArgument, TooLarge
            As of `pair_value`, and if an operand is a tensor.

        Examples
        --------
        >>> import numpy as np
        >>> import popgraph as pg
        >>> C = np.array([[0.5, 0.0], [0.0, 0.5]])
        >>> pg.losses.spectral.pair_value_and_gradient(C, np.ones((2, 1)), np.ones((2, 1)))[1].ravel()
        array([0., 0.])
        """
        return self._pair_gradient(read_pair_arrays(C, f, g))

    @abstractmethod
    def _pair_value(self, pairs: PairOperands) -> Any:
        """Return the loss of two encoders."""

    @abstractmethod
    def _pair_gradient(self, pairs: PairOperands) -> tuple[float, Floats, Floats]:
        """Return the loss of two encoders, and its gradients in f and g."""


def _is_sparse_tensor(value: Any) -> bool:
    return hasattr(value, "layout") and "sparse" in str(value.layout)
