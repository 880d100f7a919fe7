"""The words of `verify`: what f misses, how large a family of F* is, and what exact arithmetic adds.

Nothing here decides; `judge.py` does.
"""

from importlib.util import find_spec
from typing import Any

import numpy as np

from popgraph.basics.arrays import Floats
from popgraph.basics.subspace import ColumnSpace, principal_angles
from popgraph.spectrum import SignedSpectrum, Spectrum, groups

MAX_EXACT_SIDE = 64  # naturals or views of a component, the fewer, up to which exact arithmetic takes no second
MISSING_SHARE = 0.5  # an eigenvector of which the span of F holds less than this share is called missing


def in_exact_arithmetic(graph: Any, k: int, degenerate: bool) -> str:
    """Say what rational arithmetic finds at a cut where floats see no gap, if the population is exact and small enough.

    This is one more line of the answer. The verdict is that of floats, since python-flint may not be installed. `degenerate` is
    what floats say: γ_k repeated, or else γ_k = 0.
    """
    if (
        not getattr(graph, "is_exact", False)
        or find_spec("flint") is None
        or graph.exact().largest_side > MAX_EXACT_SIDE
    ):
        return ""
    cut = graph.exact().cut(k)
    if cut.zero:
        return f"γ_{k} = 0"
    if graph.exact().eigenvalue(k) < 0:
        return f"γ_{k} < 0"
    if cut.clean:
        return f"γ_{k} - γ_{k + 1} = {float(cut.gap[0]):.3g}, and the cut is clean"
    return f"γ_{k} = γ_{k + 1}" if degenerate else f"γ_{k} > 0"


def rank_exceeded_in_words(spectrum: Spectrum, optimal: bool) -> str:
    """Say of a γ_k that is not positive what one encoder can reach, and what two can."""
    k, rank = spectrum.k, int(np.sum(spectrum.gamma > 0))
    best = "f is optimal but rank-deficient, as every minimiser is" if optimal else "f is not optimal either"
    so = f"so minimisers have rank {rank} and no invertible map to {k} eigenvectors exists"
    if not isinstance(spectrum, SignedSpectrum) or spectrum.semidefinite:
        return f"γ_{k} = 0: Ā has rank {rank}, below k = {k}, {so}; {best}."
    positive = f"Ā has {rank} positive eigenvalue{'s' * (rank != 1)}, fewer than k = {k}"
    reached = f"FFᵀ reaches Σ max(γ, 0)² = {-spectrum.one_encoder:.4g} at most"
    both = "" if spectrum.two_encoders is None else f" {-spectrum.two_encoders:.4g}"
    two = f"two encoders reach{both or ' negative eigenvalues too'}: graph.two_encoders()"
    return f"γ_{k} = {spectrum.gamma[-1]:.4g}: {positive}, and {reached} ({two}), {so}; {best}."


def missing_in_words(space: ColumnSpace, spectrum: Spectrum, shares: Floats, family: Spectrum | None) -> str:
    """Name the eigenvectors that f misses; at a degenerate cut, where they are arbitrary, how many dimensions of which γ."""
    if family is None:
        lacking = [
            f"eigenvector {i + 1} (γ = {spectrum.gamma[i]:.4g}, {100 * share:.0f}% in span F)"
            for i, share in enumerate(shares)
            if share < max(MISSING_SHARE, min(shares) + 1e-9)
        ]
    else:
        lacking = []
        for run in groups(family.gamma, family.side):
            multiplicity, needed = run.stop - run.start, min(run.stop, spectrum.k) - run.start
            angles = principal_angles(family.eigenvectors[:, run], space.basis)
            missing = needed - int(np.sum(np.cos(angles) ** 2 >= MISSING_SHARE))
            gamma = float(family.gamma[run].mean())
            if multiplicity == 1 and needed == 1 and missing:
                lacking.append(
                    f"eigenvector {run.start + 1} (γ = {gamma:.4g}, {100 * shares[run.start]:.0f}% in span F)"
                )
            elif needed > 0 and missing > 0:
                sought = f"of {needed} sought; its multiplicity is {multiplicity}"
                lacking.append(f"{missing} dimension{'s' * (missing > 1)} of γ = {gamma:.4g} ({sought})")
        if not lacking:  # each eigenvalue's share is there, and yet not all of them at once
            lacking = [f"{spectrum.k - space.rank} of the {spectrum.k} dimensions sought"]
    return f"{', '.join(lacking[:-1])} and {lacking[-1]}" if len(lacking) > 1 else lacking[0]


def family_in_words(above: int, k: int, end: int) -> str:
    """Say how large the family of equally good F* is, where γ_{above+1} = ... = γ_end, above < k < end."""
    free, multiplicity = k - above, end - above
    fixed = f"the {above} eigenvector{'s' * (above > 1)} with a larger eigenvalue, and " if above else ""
    return (
        f"γ_{k} = γ_{k + 1} has multiplicity {multiplicity}: f must contain {fixed}any {free} of its {multiplicity} dimensions, "
        f"so F* is a family of dimension {free * (multiplicity - free)}"
    )
