"""Claims that nobody has proved, and claims that are false, as functions of `Quantities`: what `hunt` is for."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from popgraph.basics.arrays import Immutable


@dataclass(frozen=True, repr=False)
class Conjecture(Immutable):
    """Hold a claim left <= right about every population, labels and k.

    What both sides share is taken off both: a ratio of 1 is then reached where the claim says something, and not where φ = 0.

    Attributes
    ----------
    name, statement : str
    sides : callable
        From ``Quantities`` to (left, right), by +, -, * and / alone, so that balls can follow.
    status : str
        What is known of it.

    See Also
    --------
    CONJECTURES : Those that are known.
    hunt : Search for a counterexample.

    Examples
    --------
    >>> import popgraph as pg
    >>> pg.theory.CONJECTURES["Cheeger without its root"]
    Conjecture(ρ_2 <= λ_2)
    """

    name: str
    statement: str
    sides: Callable[[Any], tuple[Any, Any]]
    status: str

    def __repr__(self) -> str:
        return f"Conjecture({self.statement})"


_LISTED = (
    Conjecture(
        "half the probe bound",
        "Pr[ḡ_B ≠ y] - Δ <= 2 φ/λ_{k+1}, B the least-squares head against Bayes' ŷ",
        lambda q: (q.head_error - q.disagreement, 2 * q.inconsistency / q.lambda_next),
        "open; 4 φ/λ_{k+1} + 2 Δ is proved [THEORY 5.3]",
    ),
    Conjecture(
        "half the probe bound, best head",
        "E(f) - Δ <= 2 φ/λ_{k+1} for Bayes' ŷ",
        lambda q: (q.error - q.disagreement, 2 * q.inconsistency / q.lambda_next),
        "open; follows from the one for the least-squares head",
    ),
    Conjecture(
        "half the least-squares bound",
        "min_B E||y - Bᵀf||² <= φ/λ_{k+1} + 2 Δ for Bayes' ŷ",
        # Its left side is ||a||² + 2Δ - 2<a, δ> - ||Πδ||², as 1 - ||T||² = 2Δ - ||δ||², and (I-Π)T = a - (I-Π)δ
        lambda q: (q.overshoot, q.room),
        "false; 2 φ/λ_{k+1} + 3 Δ is proved [THEORY 5.4]",
    ),
    Conjecture(
        "Louis and Makarychev, constant 1",
        "ρ_⌊k/2⌋² <= λ_{k+1} log k",
        lambda q: (q.rho_half * q.rho_half, q.lambda_next * q.log_k),
        "the constant is hidden in the source [THEORY 6.2]; the largest ratio found is a lower bound on the least one",
    ),
    Conjecture(
        "Cheeger without its root",
        "ρ_2 <= λ_2",
        lambda q: (q.rho(2), q.lambda_(2)),
        "false; ρ_2 <= √(2 λ_2) is Cheeger's inequality [THEORY 6.2]",
    ),
)
CONJECTURES = {each.name: each for each in _LISTED}
