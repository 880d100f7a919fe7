"""`Probe`: a linear head on an embedding, what it predicts, and how often it errs."""

from dataclasses import dataclass
from typing import Any

from popgraph.basics.arguments.classes import label_in_words, list_labels
from popgraph.basics.arrays import Floats, Immutable
from popgraph.basics.words import listing


@dataclass(frozen=True, eq=False, repr=False)
class Probe(Immutable):
    """Hold a linear head B on an embedding f, and its error on the population. Made by `popgraph.probe`.

    The classes g_B of a view and ḡ_B of a natural are those of `popgraph.probe`.

    Attributes
    ----------
    error : float
        Pr_x̄[ḡ_B(x̄) ≠ y(x̄)], computed from ``B`` as it stands; where some naturals are unlabelled, given that x̄ is labelled.
    head : str
        How B was chosen.
    B : (d, r) array
        A column for each class.
    intercept : (r,) array or None
        Added to Bᵀf(x), where asked for.
    classes : (r,) array
        The labels that B's columns stand for, in the order in which they first appear among the labelled naturals.
    predicted : (n,) array
        The label that wins each natural's vote, of the unlabelled ones too.
    view_predictions : (N,) array
        The label of each view.
    loss : float or None
        What the head minimised: E||y⃗(x̄) - Bᵀf(x)||² for "least squares", the cross-entropy in nats for "logistic".
    optimal : bool
        Whether it is proven that no B has a smaller error. Of a large population whose kernel is not listed, only where it is 0.
    labelled : int
        How many naturals B was fitted to: those with a label.
    test_error : float or None
        Pr[ḡ_B(x̄) ≠ test label of x̄ | x̄ is in the test]; None without test labels.
    test_count : int
        How many naturals are in the test: those with a test label that B was not fitted to.

    Examples
    --------
    >>> import popgraph as pg
    >>> from popgraph import probe
    >>> graph = pg.zoo.lightning_cloud()
    >>> probed = probe(graph, graph.spectrum(2))
    >>> probed
    Probe(least squares: error 0, optimal; 2 classes, f in 2 dimensions)
    >>> probed.predicted.tolist()
    ['lightning', 'cloud']
    """

    error: float
    head: str
    B: Floats
    intercept: Floats | None
    classes: Any
    predicted: Any
    view_predictions: Any
    loss: float | None
    optimal: bool
    labelled: int
    test_error: float | None
    test_count: int

    @property
    def accuracy(self) -> float:
        """1 - error, on the labelled naturals."""
        return 1.0 - self.error

    def __repr__(self) -> str:
        d, r = self.B.shape
        n, proven = len(self.predicted), ", optimal" if self.optimal else ""
        among = "" if self.labelled == n else f" on {self.labelled:,} labelled natural{'s' * (self.labelled != 1)}"
        test = "" if self.test_error is None else f", test error {self.test_error:.4g} on {self.test_count:,}"
        return (
            f"Probe({self.head}: error {self.error:.4g}{among}{proven}{test}; {r} class{'es' * (r != 1)}, "
            f"f in {d} dimension{'s' * (d != 1)})"
        )

    def __str__(self) -> str:
        where = f"{len(self.predicted):,} naturals by vote of {len(self.view_predictions):,} views"
        proof = "No linear head errs less." if self.optimal else "Whether another B errs less is not proven."
        if self.labelled < len(self.predicted) or self.test_error is not None:
            others = f"; test on {self.test_count:,} other{'s' * (self.test_count != 1)}" * (
                self.test_error is not None
            )
            where += f"\n  fitted to  {self.labelled:,} labelled of {len(self.predicted):,} naturals{others}"
        lines = [
            repr(self),
            f"  classes    {listing([label_in_words(label) for label in list_labels(self.classes)])}",
            f"  predicted  {where}",
            f"  {proof}",
        ]
        if self.loss is not None:
            unit = " nats" if self.head == "logistic" else ""
            lines.insert(3, f"  loss       {self.loss:.6g}{unit}")
        return "\n".join(lines)
