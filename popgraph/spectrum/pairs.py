"""`Pairs`: what every solver returns for a stack of blocks."""

from dataclasses import dataclass

from popgraph.basics.arrays import Floats


@dataclass(frozen=True, eq=False)
class Pairs:
    """Hold the leading eigenpairs of Ā on each block of a stack, the top pair included.

    Attributes
    ----------
    gamma : (count, m) array
        Each block's leading eigenvalues, largest first; what rounds to 0 is 0.
    vectors : (count, N, v) array
        Orthonormal eigenvectors of the first v <= m of them. Columns whose eigenvalue is 0 mean nothing.
    rest : (count,) array
        The largest eigenvalue of each block that is not listed, as well as it is known; 0 if all are listed.
    rest_bound : (count,) array
        An upper bound on it.
    method : str
        How it is known that nothing above it was missed.
    """

    gamma: Floats
    vectors: Floats
    rest: Floats
    rest_bound: Floats
    method: str
