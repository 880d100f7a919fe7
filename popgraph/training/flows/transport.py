"""Which of the equivalent F(t) the flow reaches: the frames of `frames.py`, each turned so that none turns within its own span.

X(t) is closed; F = d Q_2 R needs a rotation R(t). Put C = T^-1 R into C' = -½ S^-1 S' C, which F' = 4ĀF - 4FFᵀF is for
F = e^{4tĀ}F_0 C: as S = TᵀT, and QᵀB'T^-1 = ½QᵀΛQ is symmetric, R' = -QᵀQ' R. So Y = QR has YᵀY' = 0: it is the parallel transport
of the frame [I; 0] along the path of the spans of B. From a point of the path to a near one that is the orthogonal factor of
Q_bᵀQ_a, with an error in even powers of the step; Richardson's extrapolation removes the first three. The spans are exact at every
time, so the steps follow the bends of the path, and grow without bound where it comes to rest.
"""

import numpy as np

from popgraph.basics.arrays import Floats
from popgraph.training.flows.frames import Frames

LEVELS = (1, 2, 4, 8)  # numbers of substeps that are extrapolated
STEP_ERROR = 1e-12  # of a step's rotation, as the last two extrapolations differ
LEAST_OVERLAP = 0.8  # cosine of the largest angle between neighbouring spans, below which a turn could be overlooked
SHORTEST_STEP = 1e-9  # beside √t, from which on a step is taken as it is


def _orthogonal(A: Floats) -> tuple[Floats, float]:
    """Return the orthogonal factors of a stack of matrices, and their least singular value."""
    U, s, Vt = np.linalg.svd(A)
    return U @ Vt, float(s.min())


def _turn(Q: Floats) -> tuple[Floats, float, float]:
    """Return the transport from the first to the last of 9 frames, an estimate of its error, and the least overlap."""
    row: list[Floats] = []
    overlap = 1.0
    for level, count in enumerate(LEVELS):
        at = Q[:: LEVELS[-1] // count]
        links, overlap = _orthogonal(np.swapaxes(at[1:], 1, 2) @ at[:-1])
        R = links[0]
        for link in links[1:]:
            R = link @ R
        new = [R]
        for j in range(level):
            new.append(new[j] + (new[j] - row[j]) / (4.0 ** (j + 1) - 1))
        row = new
    return _orthogonal(row[-1])[0], float(np.abs(row[-1] - row[-2]).max()), overlap


def transported(frames: Frames, times: Floats) -> tuple[Floats, Floats]:
    """Return F(t) in the modes at increasing times, (T, m, k), and the error of its rotation, summed over the steps, (T,)."""
    k = frames.start.shape[1]
    # √t is the variable in which the frames are smooth at t = 0: h is 8t there
    roots, u, error = np.sqrt(times), 0.0, 0.0
    Q_here = frames.at(np.zeros(1))[0]
    R = Q_here[:k].T
    F, errors = np.empty((len(times), *frames.start.shape)), np.zeros(len(times))
    step = 0.5
    for i, target in enumerate(roots):
        while u < target:
            whole = target - u <= step * 1.5
            end = target if whole else u + step
            grid = np.linspace(u, end, LEVELS[-1] + 1)
            Q = frames.at(grid[1:] ** 2)
            turn, off, overlap = _turn(np.concatenate([Q_here[None], Q]))
            fits = off <= STEP_ERROR and overlap >= LEAST_OVERLAP
            if not fits and end - u > SHORTEST_STEP * max(u, 1.0):
                step = (end - u) / 2
                continue
            R, u, Q_here, error = turn @ R, end, Q[-1], error + off
            step = max(step, 1.7 * float(grid[-1] - grid[0]))
        F[i] = frames.start if target == 0 else frames.scales(times[i : i + 1])[0][:, None] * (Q_here[k:] @ R)
        errors[i] = error
    return F, errors
