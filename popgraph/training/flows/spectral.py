"""The spectral flow by its closed form [THEORY 13.1]: F at any time, its limit, and when each mode switches on."""

import numpy as np

from popgraph.basics.arrays import Floats
from popgraph.training.flows.frames import Frames
from popgraph.training.flows.modes import Modes
from popgraph.training.flows.solution import Solution, amounts_of
from popgraph.training.flows.transport import transported

# e^{-8 gap t} is then e^{-800}, which is 0 beside any entry
TIMES_GAP_AT_REST = 100.0
TIMES_LOOKED_AT = 400  # in search of the first time at which a mode is half on
HALVINGS = 60  # of an interval that holds it
RESTS_AT_ZERO = 1e-12  # beside the largest eigenvalue: what a mode holds at last, where rounding leaves so much


def time_at_rest(mu: Floats) -> float:
    """Return a time at which modes of different rates are apart beyond all rounding; 1 where none grows."""
    rates = np.unique(np.append(mu[mu > 0], 0.0))
    return TIMES_GAP_AT_REST / float(np.diff(rates).min()) if len(rates) > 1 else 1.0


def solve(modes: Modes, weight_decay: float, times: Floats | None) -> tuple[Floats, Solution]:
    """Return the times, chosen here where none are given, and the flow at these.

    The decay λ||F||² adds -2λF to the velocity, which is that of the eigenvalues γ - λ/2.
    """
    frames = Frames(modes.gamma - weight_decay / 2, modes.start)
    rest = time_at_rest(frames.mu)
    growing = np.sqrt(np.maximum(frames.mu, 0.0))[:, None]
    Q = frames.at(np.array([rest]))[0]
    final = amounts_of(growing * Q[modes.k :])
    final[final <= RESTS_AT_ZERO * max(1.0, float(final.max(initial=0.0)))] = 0.0
    switch_on = first_halves(frames, final, rest)
    if times is None:
        times = default_times(switch_on, frames.mu)
    # The limit is one more time on the way, so that its rotation is that of this flow
    beyond = max(rest, 2.0 * float(times[-1]))
    F, errors = transported(frames, np.append(times, beyond))
    with np.errstate(divide="ignore", invalid="ignore"):
        back = np.where(frames.mu > 0, growing[:, 0] / frames.scales(np.array([beyond]))[0], 0.0)
    limit = back[:, None] * F[-1]
    # The error of a rotation moves F by so much times its length
    error = float(errors[len(times) - 1]) * max(1.0, float(np.linalg.norm(F, axis=(1, 2)).max()))
    how = "X = FFᵀ by its closed form; the rotation of F by parallel transport"
    return times, Solution(F[:-1], limit, final, switch_on, error, True, how)


def default_times(switch_on: Floats, mu: Floats) -> Floats:
    """Return 101 times, to twice the last switch-on; where no mode switches on, to where the fastest has moved by e^4."""
    on = switch_on[switch_on > 0]
    fastest = float(np.abs(mu).max(initial=0.0))
    end = 2.0 * float(on.max()) if len(on) else 0.5 / fastest if fastest > 0 else 1.0
    return np.linspace(0.0, end, 101)


def first_halves(frames: Frames, final: Floats, rest: float) -> Floats:
    """Return when each mode first holds half of its final amount, (m,); for a mode alone ln(γ/x_0 - 1)/(8γ)."""
    switch_on = np.full(len(final), np.nan)
    modes = np.flatnonzero(final > 0)
    if not len(modes):
        return switch_on
    fastest = float(np.abs(frames.mu).max())
    times = np.concatenate([[0.0], np.geomspace(1e-6 / fastest, rest, TIMES_LOOKED_AT)])
    above = frames.amounts(times)[:, modes] >= final[modes] / 2
    first = above.argmax(axis=0)
    low, high = times[np.maximum(first - 1, 0)], times[first]
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        reached = frames.amounts(middle)[np.arange(len(modes)), modes] >= final[modes] / 2
        low, high = np.where(reached, low, middle), np.where(reached, middle, high)
    switch_on[modes] = np.where(first == 0, 0.0, high)
    return switch_on
