"""The words of `verify`: what f misses, how large a family of F* is, and what exact arithmetic adds.

Nothing here decides; `judge.py` does.
"""

from importlib.util import find_spec
from typing import Any

import numpy as np

from popgraph.basics.arrays import Floats
from popgraph.basics.subspace import ColumnSpace, principal_angles
from popgraph.spectrum import Spectrum
from popgraph.spectrum.basis import groups

EXACT_SIDE = 64  # naturals or views of a component, the fewer, up to which exact arithmetic takes no second
MISSING = 0.5  # an eigenvector of which the span of F holds less than this share is called missing


def in_exact_arithmetic(graph: Any, k: int, degenerate: bool) -> str:
    """Say what rational arithmetic finds at a cut where floats see no gap, if the population is exact and small enough.

    This is one more line of the answer. The verdict is that of floats, since python-flint may not be installed. `degenerate` is
    what floats say: γ_k repeated, or else γ_k = 0.
    """
    if not getattr(graph, "is_exact", False) or find_spec("flint") is None or graph.exact().largest_side > EXACT_SIDE:
        return ""
    cut = graph.exact().cut(k)
    if cut.zero:
        return f"γ_{k} = 0"
    if cut.clean:
        return f"γ_{k} - γ_{k + 1} = {float(cut.gap[0]):.3g}, and the cut is clean"
    return f"γ_{k} = γ_{k + 1}" if degenerate else f"γ_{k} > 0"


def missing_in_words(space: ColumnSpace, spectrum: Spectrum, shares: Floats, family: Spectrum | None) -> str:
    """Name the eigenvectors that f misses; at a degenerate cut, where they are arbitrary, how many dimensions of which γ."""
    if family is None:
        lacking = [
            f"eigenvector {i + 1} (γ = {spectrum.gamma[i]:.4g}, {100 * share:.0f}% held)"
            for i, share in enumerate(shares)
            if share < max(MISSING, min(shares) + 1e-9)
        ]
    else:
        lacking = []
        for run in groups(family.gamma, family.side):
            many, need = run.stop - run.start, min(run.stop, spectrum.k) - run.start
            inside = principal_angles(family.eigenvectors[:, run], space.basis)
            held = int(np.sum(np.cos(inside) ** 2 >= MISSING))
            gamma, lack = float(family.gamma[run].mean()), need - held
            if many == 1 and need == 1 and lack:
                lacking.append(f"eigenvector {run.start + 1} (γ = {gamma:.4g}, {100 * shares[run.start]:.0f}% held)")
            elif need > 0 and lack > 0:
                of = f"of {need} sought; its multiplicity is {many}"
                lacking.append(f"{lack} dimension{'s' * (lack > 1)} of γ = {gamma:.4g} ({of})")
        if not lacking:  # each eigenvalue's share is there, and yet not all of them at once
            lacking = [f"{spectrum.k - space.rank} of the {spectrum.k} dimensions sought"]
    return f"{', '.join(lacking[:-1])} and {lacking[-1]}" if len(lacking) > 1 else lacking[0]


def family_in_words(above: int, k: int, whole: int) -> str:
    """Say how large the family of equally good F* is."""
    free, room = k - above, whole - above
    fixed = f"the {above} eigenvector{'s' * (above > 1)} above it must be held, and " if above else ""
    return (
        f"γ_{k} = γ_{k + 1} has multiplicity {room}; {fixed}any {free} of its {room} dimensions will do, "
        f"a family of dimension {free * (room - free)}"
    )
