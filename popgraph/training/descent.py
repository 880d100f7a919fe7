"""Minimise a population loss: down to a critical point, and on from it while it is a saddle.

The spectral loss goes down as `spectral_descent` says, any other by L-BFGS, with Newton steps at the end.

No eigenvector of Ā is computed here: what `verify` judges must not have seen its answer.
"""

from typing import Any

import numpy as np
from scipy.sparse.linalg import LinearOperator, minres

from popgraph.basics.arrays import Floats, norm
from popgraph.basics.extras import import_uninterrupted
from popgraph.training.objective import Limits, Objective, Stopped
from popgraph.training.saddles import MAX_UNKNOWNS_CHECKED, step_off_saddle
from popgraph.training.spectral_descent import to_critical_point
from popgraph.training.steps import Halted

# Below this gradient norm Newton steps are tried: one takes over where L-BFGS would need a dozen steps more.
NEWTON_GRADIENT_NORM = 1e-3
# Below this gradient norm a run that can get no further in float64 counts as converged.
FLAT_GRADIENT_NORM = 1e-6
# A rise of a loss by more than this, relative to its terms, is no rounding. A Newton step back to a saddle of curvature γ raises
# the loss by γ², so that saddles are recognised down to γ of about 1e-7.
ROUNDING_OF_LOSS = 2e-14
# An F of more than so many times the usual size, in a run that did not end at a minimum, is said to have grown.
GROWTH_TO_REPORT = 4.0
MAX_SADDLES = 20  # that are left before a run is given up, beside one for each column: each may fill one that was 0


def minimise(objective: Objective, z: Floats, limits: Limits) -> tuple[Floats, bool, str]:
    """Return a minimiser, whether it is one, and why the search stopped.

    Every critical point of the spectral loss that is no minimum is a strict saddle (THEORY 3.4), so this ends at a minimum.
    Other losses are left along a direction of negative curvature too, where the unknowns are few enough to find one.
    """
    start = z  # of the spectral loss these are the unknowns that are moved, and this says only where they are
    last_recorded = [z]
    try:
        if not objective.is_spectral:
            objective.evaluate(z)
            objective.record()
        given_up, saddles = "", MAX_SADDLES + objective.table(z).shape[1]
        for _ in range(saddles):
            if objective.is_spectral:
                z = to_critical_point(objective, z, limits)
            else:
                z = _to_critical_point(objective, z, limits, last_recorded)
                if (smaller := _scaled_back(objective, z)) is not None:
                    z = smaller
                    continue
            size, is_over = objective.latest[1], objective.step >= limits.steps
            flat = max(FLAT_GRADIENT_NORM, limits.tol) if objective.is_spectral else FLAT_GRADIENT_NORM
            if size > flat or (is_over and size > limits.tol):
                break
            step = step_off_saddle(objective, z)
            if step is None:
                break
            if is_over:
                given_up = f"ran out of steps at a saddle, with gradient norm {size:.1e}"
                break
            z = z + step
        else:
            objective.evaluate(z)  # the last step off a saddle led away from where the loss was evaluated
            size = objective.latest[1]
            given_up = f"gave up after leaving {saddles} saddle{'s' * (saddles != 1)}, with gradient norm {size:.1e}"
    except Halted:
        # Whether this is a saddle was not looked at, so that it is not said to have converged however small the gradient is.
        return (
            np.array(objective.latest_z),
            False,
            f"stopped by the callback with gradient norm {objective.latest[1]:.1e}",
        )
    except Stopped as reason:
        if not objective.records:  # the start itself has no loss that is a number
            objective.latest = (np.nan, np.nan)
            objective.record()
            return start, False, f"{reason} (at the start)"
        return last_recorded[0], False, f"{reason} (after step {objective.step:,})"
    if objective.latest != objective.records[-1][1:]:
        objective.record()
    if given_up:
        return z, False, given_up
    return z, *_outcome(objective, start, z, limits)


def _outcome(objective: Objective, start: Floats, z: Floats, limits: Limits) -> tuple[bool, str]:
    """Return whether a run converged, and why it stopped, in words."""
    size = objective.latest[1]
    checked = objective.is_spectral or objective.leaves_by_itself or z.size <= MAX_UNKNOWNS_CHECKED
    unchecked = "" if checked else "; that it is no saddle was not checked"
    if size <= limits.tol:
        return True, f"gradient norm {size:.1e} is at most {limits.tol:g}{unchecked}"
    growth = growth_in_words(objective, start, z)
    if objective.step >= limits.steps:
        return False, f"ran out of steps with gradient norm {size:.1e}{growth}"
    return size <= FLAT_GRADIENT_NORM, f"gradient norm {size:.1e} falls no further in float64{unchecked}{growth}"


def growth_in_words(objective: Objective, start: Floats, z: Floats) -> str:
    """Return what to say of an f that has grown and did not arrive, or "".

    InfoNCE gains by scores of -∞ for views that never meet, and Barlow Twins, but for its ε, does not depend on the size of f.
    Where such a loss has no minimum, other starts end at other f. The spectral loss grows with ||F||⁴, and keeps f small.
    """
    usual = np.sqrt(z.size / objective.row_count)
    if objective.is_spectral or norm(z) <= max(GROWTH_TO_REPORT * usual, 2.0 * norm(start)):
        return ""
    entry = float(np.abs(objective.embedding(z)).max())
    return f"; f has grown to entries of {entry:.3g}, and may grow without end: this loss need not have a minimum"


def _to_critical_point(objective: Objective, z: Floats, limits: Limits, last_recorded: list[Floats]) -> Floats:
    """Go down to a critical point by L-BFGS, and by Newton's method once the gradient is small.

    Where Newton's method makes no progress (minimisers of deficient rank) L-BFGS goes on alone, until the loss, which is rounded
    at 1e-16, no longer tells better from worse. `last_recorded` holds the unknowns of the last recorded step.
    """

    def after_step(intermediate_result: Any) -> None:
        objective.record()
        last_recorded[0] = np.array(intermediate_result.x)
        limits.tick()

    for target in (NEWTON_GRADIENT_NORM, limits.tol):
        steps_left = limits.steps - objective.step
        if steps_left < 1:
            break
        # gtol bounds the largest entry of the gradient, of which the norm is at most √size times that. With a decrease of the
        # loss below ftol, 2 eps, a line search would only follow rounding.
        options = {
            "maxiter": steps_left,
            "maxfun": 20 * steps_left,
            "maxcor": 10,
            "ftol": 4e-16,
            "gtol": target / np.sqrt(z.size),
        }
        search = import_uninterrupted("scipy.optimize").minimize
        z = search(objective.evaluate, z, jac=True, method="L-BFGS-B", callback=after_step, options=options).x
        _, gradient = objective.evaluate(z)
        while limits.tol < objective.latest[1] <= NEWTON_GRADIENT_NORM and objective.step < limits.steps:
            loss, next_z = objective.latest[0], z - _newton_direction(objective, z, gradient)
            next_loss, next_gradient = objective.evaluate(next_z)
            # Beside a saddle Newton's method goes back to the saddle: up, if only by a little.
            rises = next_loss > loss + ROUNDING_OF_LOSS * (1.0 + abs(loss))
            if rises or norm(next_gradient) > 0.5 * norm(gradient):
                break
            z, gradient = next_z, next_gradient
            objective.record()
            last_recorded[0] = z
            limits.tick()
        objective.evaluate(z)
        if objective.latest[1] <= limits.tol:
            break
    return z


def _scaled_back(objective: Objective, z: Floats) -> Floats | None:
    """Return z at the usual size where it has grown far beyond that and the loss is no larger there, else None.

    Barlow Twins does not depend on the scale of f, so its gradient falls like 1/||z||: far out, a small gradient proves nothing.
    """
    usual = np.sqrt(z.size / objective.row_count)  # a minimiser F has ||F||² <= k
    if norm(z) <= 10 * usual:
        return None
    loss, smaller = objective.evaluate(z)[0], z * (usual / norm(z))
    if objective.evaluate(smaller)[0] > loss + 1e-12 * (1.0 + abs(loss)):
        objective.evaluate(z)
        return None
    return np.asarray(smaller)


def _newton_direction(objective: Objective, z: Floats, gradient: Floats) -> Floats:
    """Return H⁺ gradient by MINRES: H is singular along rotations of F, to which the gradient is orthogonal."""
    H = LinearOperator((z.size, z.size), matvec=lambda e: objective.curvature(z, e), dtype=np.float64)
    direction: Floats = minres(H, gradient, rtol=1e-4, maxiter=500)[0]
    return direction
