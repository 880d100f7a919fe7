"""`errata`: claims of the literature that are false as they are written, each with a small counterexample in exact fractions."""

from dataclasses import dataclass
from fractions import Fraction

from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.arrays import Immutable


@dataclass(frozen=True)
class Erratum(Immutable):
    """Hold a claim, what holds instead, and the smallest case in which the two differ. Made by `errata`.

    Attributes
    ----------
    name : str
    source : str
        Where the claim stands.
    claim, correct : str
        What is written, and what holds.
    counterexample : str
        The smallest case, in words.
    claimed, exact : Fraction
        The number that the claim gives there, and the true one; of a claim that is an inequality, its two sides.
    section : str
        The section of docs/theory.md that derives it.

    See Also
    --------
    errata : List them.
    Check : A statement that holds.

    Examples
    --------
    >>> import popgraph as pg
    >>> print(pg.theory.errata()[0])
    ρ_N is 1 [H21 at Definition 3.4, NeurIPS text]
      claimed         a set of one view has conductance 1, so that ρ_N = 1
      holds           ρ_N = max_x (1 - w_xx/w_x), as w_x counts the pairs of a view with itself
      counterexample  one natural with two equally likely views: w = [[1/4, 1/4], [1/4, 1/4]], ρ_2 = 1/2: 1 against 1/2
    """

    name: str
    source: str
    claim: str
    correct: str
    counterexample: str
    claimed: Fraction
    exact: Fraction
    section: str

    def __repr__(self) -> str:
        return f"Erratum({self.name!r}: {self.claimed} against {self.exact}, {self.source})"

    def __str__(self) -> str:
        rows = [
            ("claimed", self.claim),
            ("holds", self.correct),
            ("counterexample", f"{self.counterexample}: {_short(self.claimed)} against {_short(self.exact)}"),
        ]
        return "\n".join([f"{self.name} [{self.source}]", *(f"  {word:<16}{text}" for word, text in rows)])


def _short(number: Fraction) -> str:
    """Write a fraction, or where it is long a decimal."""
    return str(number) if number.denominator < 1_000 else f"{float(number):.5f}"


@checked_call()
def errata() -> tuple[Erratum, ...]:
    """List claims of the literature that are false as they are written, each with its smallest counterexample.

    Returns
    -------
    tuple of Erratum
        The numbers of each are computed in exact fractions from the case that it names.

    See Also
    --------
    check : Statements that hold.
    sharp_constants : Constants that cannot be lowered.

    References
    ----------
    THEORY 16.

    Examples
    --------
    >>> import popgraph as pg
    >>> for erratum in pg.theory.errata():
    ...     print(repr(erratum))
    Erratum('ρ_N is 1': 1 against 1/2, H21 at Definition 3.4, NeurIPS text)
    Erratum('the loss without its square': -1 against -8, expositions of H21 section 3.2)
    Erratum('difficult examples raise the bound': 97/338 against 9/31, Z26)
    """
    return (_conductance_of_one_view(), _dropped_square(), _difficult_examples())


def _conductance_of_one_view() -> Erratum:
    """[H21]: with N = 1 view ρ_1 = 0 anyhow, so that two views are the fewest that differ."""
    half = Fraction(1, 2)
    A = ((half, half),)  # one natural
    w = [[A[0][x] * A[0][z] for z in range(2)] for x in range(2)]
    rho = max(1 - w[x][x] / sum(w[x]) for x in range(2))
    return Erratum(
        name="ρ_N is 1",
        source="H21 at Definition 3.4, NeurIPS text",
        claim="a set of one view has conductance 1, so that ρ_N = 1",
        correct="ρ_N = max_x (1 - w_xx/w_x), as w_x counts the pairs of a view with itself",
        counterexample="one natural with two equally likely views: w = [[1/4, 1/4], [1/4, 1/4]], ρ_2 = 1/2",
        claimed=Fraction(1),
        exact=rho,
        section="6.1",
    )


def unsquared_loss(w: list[list[Fraction]], f: list[Fraction]) -> Fraction:
    """Return -2 E f(x)f(x⁺) + E f(x)f(x'), the spectral loss of one column with the square of its second term dropped."""
    w_x = [sum(row, Fraction(0)) for row in w]
    together = sum((w[x][z] * f[x] * f[z] for x in range(len(f)) for z in range(len(f))), Fraction(0))
    return -2 * together + sum((w_x[x] * f[x] for x in range(len(f))), Fraction(0)) ** 2


def _dropped_square() -> Erratum:
    """Along a column of mean 0 the second term (E f)² is 0, and the loss is -2 γ ||F||² for any eigenvector but the first."""
    half, zero = Fraction(1, 2), Fraction(0)
    w = [[half, zero], [zero, half]]  # two naturals, each its own only view: γ = 1, 1
    longest = [Fraction(2), Fraction(-2)]
    return Erratum(
        name="the loss without its square",
        source="expositions of H21 section 3.2",
        claim="expanding ||Ā - FFᵀ||² gives -2 E f(x)ᵀf(x⁺) + E f(x)ᵀf(x'), at least -Σ γ_i²",
        correct="the second term is E (f(x)ᵀf(x'))²; without the square it is ||E f||², and the loss has no lower bound",
        counterexample="two naturals, each its only view, k = 1: f = (t, -t) has -2t², here at t = 2, below min L = -1",
        claimed=Fraction(-1),
        exact=unsquared_loss(w, longest),
        section="3",
    )


def _difficult_examples() -> Erratum:
    """[Z26]: similarities 1, α in a class, β between classes and γ between difficult examples of two classes; r + 1 classes.

    An easy example has the degree c_2 = (1-α) + nα + nrβ, a difficult one c_1 = c_2 + n_d r(γ-β): its n_d difficult counterparts in
    each of the r other classes are as similar as γ. Over the common denominator c_1 c_2 the claim is c_2 > (1-α) n_d.
    """
    r, n, n_d = 1, 20, 4
    alpha, beta, gamma = Fraction(1, 10), Fraction(1, 100), Fraction(8, 100)
    left, right = difficult_sides(r, n, n_d, alpha, beta, gamma)
    return Erratum(
        name="difficult examples raise the bound",
        source="Z26",
        claim="[(1-α) + r(γ-β)]/c_1 > (1-α)/c_2 for all parameters",
        correct="it holds iff c_2 = (1-α) + nα + nrβ > (1-α) n_d: iff the difficult examples of a class are few",
        counterexample="r + 1 = 2 classes of n = 20 with n_d = 4 difficult examples, α = .1, β = .01, γ = .08",
        claimed=left,
        exact=right,
        section="16",
    )


def difficult_sides(
    r: int, n: int, n_d: int, alpha: Fraction, beta: Fraction, gamma: Fraction
) -> tuple[Fraction, Fraction]:
    """Return both sides of the inequality of [Z26]."""
    c_2 = (1 - alpha) + n * alpha + n * r * beta
    c_1 = c_2 + n_d * r * (gamma - beta)
    return ((1 - alpha) + r * (gamma - beta)) / c_1, (1 - alpha) / c_2
