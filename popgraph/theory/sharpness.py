"""`sharp_constants`: graphs on which a bound is attained, or nearly, so that its constant cannot be lowered."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from popgraph.basics.arguments import number
from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.arrays import Immutable, frozen
from popgraph.downstream import inner_conductance, student_error_bound
from popgraph.populations import PairGraph, PopulationGraph, build, from_pairs
from popgraph.theory.linear_probes import _head
from popgraph.theory.setting import Setting


@dataclass(frozen=True, eq=False, repr=False)
class SharpConstant(Immutable):
    """Hold a bound and a graph on which its two sides are nearly equal. Made by `sharp_constants`.

    Attributes
    ----------
    bound : str
        The bound, in plain text.
    section : str
        The section of docs/theory.md that derives it.
    constant : float
        The constant that cannot be lowered.
    graph : PopulationGraph or PairGraph
    view_labels : (N,) array of int
        ŷ.
    left, right : float
        The two sides of the bound on this graph.
    how : str
        What reaches it.

    See Also
    --------
    sharp_constants : List them.

    Examples
    --------
    >>> import popgraph as pg
    >>> pg.theory.sharp_constants()[0]
    SharpConstant(Pr[g_B ≠ ŷ] <= 2 φ^ŷ/λ_{k+1}: 0.999997 of it is reached, by 3 views)
    """

    bound: str
    section: str
    constant: float
    graph: Any
    view_labels: Any
    left: float
    right: float
    how: str

    @property
    def reached(self) -> float:
        """left / right."""
        return self.left / self.right

    def __repr__(self) -> str:
        return f"SharpConstant({self.bound}: {self.reached:.6f} of it is reached, by {self.graph.N} views)"


@checked_call()
def sharp_constants(e: float = 1e-4) -> tuple[SharpConstant, ...]:
    """Return graphs that show of two bounds that their constants cannot be lowered.

    Parameters
    ----------
    e : float
        In [1e-6, 0.1]: how rare the first graph's second natural is; 1 - O(e) of the first bound is reached.

    Returns
    -------
    tuple of SharpConstant
        The 2 in the bound on a least-squares head's errors against ŷ, and the 1 in the bound on a student's.

    Raises
    ------
    InvalidArgument
        If e is outside [1e-6, 0.1].

    See Also
    --------
    errata : Claims that are false as they are written.
    check : Check the bounds on one graph.

    References
    ----------
    THEORY 5.4 and 15.1.

    Examples
    --------
    >>> import popgraph as pg
    >>> [f"{sharp.reached:.4f}" for sharp in pg.theory.sharp_constants(e=1e-2)]
    ['0.9997', '1.0000']
    """
    e = number("e", e, "it must be a number from 1e-6 to 0.1", above=1e-6, below=0.1, ends=True)
    return (_of_the_head(float(e)), _of_the_student())


def _of_the_head(e: float) -> SharpConstant:
    """Build the witness: p = (1-e, e), rows (½-τ, ½+τ, 0) and (h, 0, 1-h), h = 0.01, τ = 0.4 e h, ŷ = (1, 0, 0), k = 2."""
    # Of the two views of the first natural one is ŷ's class by itself. F* nearly is the span of the two naturals' indicators, in
    # which that view is predicted at ½ ± O(eh): τ tips its argmax to the wrong class, at a squared error of only ½ · ½ a view.
    h = 0.01
    tau = 0.4 * e * h
    graph: PopulationGraph = build(np.array([1.0 - e, e]), [[0.5 - tau, 0.5 + tau, 0.0], [h, 0.0, 1.0 - h]])
    view_labels = np.array([1, 0, 0])
    sides = _head(Setting(graph, np.array([0, 1]), 2, graph.spectrum(2), view_labels))
    return SharpConstant(
        bound="Pr[g_B ≠ ŷ] <= 2 φ^ŷ/λ_{k+1}",
        section="5.4",
        constant=2.0,
        graph=graph,
        view_labels=frozen(view_labels),
        left=sides.left,
        right=sides.right,
        how=f"the least-squares head at k = 2 errs on the first view, of probability {sides.left:.4g}",
    )


def _of_the_student() -> SharpConstant:
    """Build three views, ŷ = (0, 0, 1), of which the middle one pairs with both others, and g = (0, 1, 1)."""
    # With a = w_01 = 1/16, b = w_12 = 1/32 and w_x = (3/8, 1/8, 1/2): Err = 1/8, φ^ŷ = 2b, φ^g = 2a, ρ_in = a/Err = 1/2. With g
    # itself as the teacher and t = Err/(2a - 2b) = 2, J(g) = tφ^g = 1/4 is equal to J(ŷ) = Err + tφ^ŷ and below all others (3/8 and
    # more), and the bound is 2b/(2ρ_in - 1/t) = 1/8 = Err.
    a, b, weight = 1 / 16, 1 / 32, 2.0
    graph: PairGraph = from_pairs(np.array([[3 / 8 - a, a, 0], [a, 1 / 8 - a - b, b], [0, b, 1 / 2 - b]]))
    view_labels, student = np.array([0, 0, 1]), np.array([0, 1, 1])
    bound = student_error_bound(inner_conductance(graph, view_labels.tolist()).rho, 2 * b, weight)
    return SharpConstant(
        bound="Pr[g ≠ ŷ] <= φ^ŷ/(2ρ_in - 1/t)",
        section="15.1",
        constant=1.0,
        graph=graph,
        view_labels=frozen(view_labels),
        left=float(graph.w_x @ (student != view_labels)),
        right=bound,
        how="g = (0, 1, 1) is a minimiser, as ŷ = (0, 0, 1) is, where g itself is the teacher and t = 2",
    )
