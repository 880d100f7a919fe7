"""Strands of DNA whose bases mutate independently: the hypercube over four letters."""

from itertools import product
from typing import Any

from popgraph.basics.arguments import count
from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.arguments.probabilities import parse_unit
from popgraph.declare import Augmentation, Distribution
from popgraph.errors import InvalidDistribution, TooLarge
from popgraph.populations import PopulationGraph, build

BASES = "ACGT"
MAX_BASES = 5  # of which the kernel has a million entries, each a probability of a strand of letters


@checked_call()
def dna(length: int = 2, mutation: Any = "1/4") -> PopulationGraph:
    """Mutate each base of a strand of DNA independently, to any of the other three bases.

    The naturals are the 4^length strands "AA...A" to "TT...T", equally likely, and views are strands. The label is the first base.
    With ε = ``mutation`` Ā has the eigenvalues (1 - 4ε/3)^(2j), j = 0..length, each 3^j binom(length, j) times.

    Proof: on functions of one base, A(y|x) is 1 - ε for y = x and ε/3 otherwise, so A = (1 - 4ε/3) I + (ε/3) J with J all ones:
    1 on constants, 1 - 4ε/3 on the three dimensions of functions with sum 0. Bases mutate independently, so the eigenvectors are
    products of j functions with sum 0 and length - j constants, and eigenvalues multiply. Both views of a pair are augmented,
    hence the square. So k = 1 + 3 length is a clean cut, where F* holds every base by itself [THEORY 10].

    Parameters
    ----------
    length : int
        Bases of a strand, from 1 to 5.
    mutation : float, Fraction, Decimal, str or int
        The probability ε that one base mutates: in the model of Jukes and Cantor, each of the others equally likely.

    Returns
    -------
    PopulationGraph
        A view for each word of letters.

    Raises
    ------
    InvalidArgument
        If the length is no whole number of 1 or more.
    InvalidDistribution
        If the probability is not in [0, 1].
    TooLarge
        If the length is above 5: the kernel has 16^length entries.

    See Also
    --------
    typos : Words with slips of the keyboard.
    hypercube : The same with two letters.

    References
    ----------
    Jukes and Cantor, Evolution of protein molecules, 1969.

    Examples
    --------
    >>> import popgraph as pg
    >>> graph = pg.zoo.dna(2, "3/8")
    >>> graph
    PopulationGraph(DNA of 2 bases: 16 naturals, 16 views, 1 component)
    >>> graph.spectrum(8).gamma  # 1, (1/2)² six times, and (1/2)⁴ of pairs of bases
    array([1.   , 0.25 , 0.25 , 0.25 , 0.25 , 0.25 , 0.25 , 0.062])
    """
    length = count("length", length, why="a strand has a whole number of bases")
    if length > MAX_BASES:
        raise TooLarge(f"length is {length}; the kernel of 4^{length} strands is too large, give length <= {MAX_BASES}")
    epsilon = parse_unit(mutation, "mutation")
    strands = ["".join(bases) for bases in product(BASES, repeat=length)]
    # A(x|x̄) depends only on how many bases differ.
    chance = [(1 - epsilon) ** (length - j) * (epsilon / 3) ** j for j in range(length + 1)]
    if 0 < epsilon < 1 and not all(chance):
        raise InvalidDistribution(
            "mutation is so near to 0 or 1 that a strand has a probability too small for float64; give it as a fraction"
        )

    def mutated(strand: str) -> Distribution:
        differing = (sum(a != b for a, b in zip(strand, other, strict=True)) for other in strands)
        return Distribution({other: chance[j] for other, j in zip(strands, differing, strict=True) if chance[j]})

    return build(
        Distribution.uniform(strands),
        Augmentation(mutated, "mutate", trusted=True),
        labels=[strand[0] for strand in strands],
        name=f"DNA of {length} base{'s' * (length > 1)}",
    )
