"""`Pairs`: what every solver returns for a stack of blocks."""

from dataclasses import dataclass

from popgraph.arrays import Floats


@dataclass(frozen=True, eq=False)
class Pairs:
    """Hold the leading eigenpairs of Ā on each block of a stack, the top pair included.

    Attributes
    ----------
    gamma : (count, m) array
        Each block's leading eigenvalues, largest first; what rounds to 0 is 0.
    vectors : (count, N, v) array
        Orthonormal eigenvectors of the first v <= m of them. Columns whose eigenvalue is 0 mean nothing.
    complete : bool
        Whether all eigenvalues that are not listed are 0.
    method : str
        How the eigenvalues that are not listed were excluded.
    """

    gamma: Floats
    vectors: Floats
    complete: bool
    method: str
