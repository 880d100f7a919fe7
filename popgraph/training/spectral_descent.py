"""Go down on the spectral contrastive loss to a critical point: conjugate gradients, and Newton steps at the end.

No eigenvector of Ā is computed here: what `verify` judges must not have seen its answer.
"""

import numpy as np

from popgraph.basics.arrays import Floats
from popgraph.training.conjugate import MAX_PRODUCTS_A_NEWTON_STEP, ConjugateGradients, NewtonSteps
from popgraph.training.objective import Limits, Objective, Stopped
from popgraph.training.quartic import QuarticState

# Below this gradient norm Newton steps are tried. Measured at 10,000 views, k = 10, to a gradient of 1e-12: at a clean cut 30
# products whether from 1e-1 or from 1e-4; at a cut inside of 20 clusters 1,390, 983, 527, 546 and 712 products from 1e-1, 1e-2,
# 1e-3, 1e-4 and 1e-6, and 1,194 without Newton steps.
NEWTON_GRADIENT_NORM = 1e-3
# Each Newton step's equations are solved to this share of the gradient's norm, or to the square root of the norm where that is
# less. To shares as small as the norm itself it took 475 products where these took 303: the loss is no parabola so far away.
NEWTON_SHARE = 0.1
NEWTON_RETRY = 0.1  # of the gradient norm at which a Newton step failed to halve it, where one is tried again
# Where in so many steps neither the gradient fell by a tenth nor the loss by more than is rounded, the gradient is taken to fall
# no further. At a relative gap of 1e-6 conjugate gradients take about 100 steps for that tenth. Near the rounding error of the
# gradient it is noise, and fewer steps show it.
PATIENCE_SHARE, PATIENCE_STEPS, PATIENCE_STEPS_IN_NOISE = 0.9, 500, 20
LOSS_NOISE = 1e-12  # relative to 1 + |loss|
NOISE = 30.0  # times the rounding error of the gradient
# At a minimum the columns of F have squared lengths of at most 1. From a mean beyond this, or below its inverse, the first step
# scales F: steps along gradients shrink or grow it by a factor each, and leave in ĀF the rounding errors of what it was.
USUAL_SIZE = 1e3
REFRESH_STEPS = 50  # after which ĀF is computed anew


def to_critical_point(objective: Objective, z: Floats, limits: Limits) -> Floats:
    """Move unknowns, in place, to where the gradient is at most tol or falls no further, or the steps have run out."""
    descent = _Descent(objective, z, limits)
    descent.run()
    return z


class _Descent:
    """One way down from a start or from a saddle."""

    def __init__(self, objective: Objective, z: Floats, limits: Limits) -> None:
        self.objective, self.z, self.limits = objective, z, limits
        self.state = QuarticState(objective.coordinates.gram, objective.table(z))
        self.newton_below = NEWTON_GRADIENT_NORM
        self.slowness = int(getattr(objective.coordinates, "slowness", 1))
        self._tell()
        if not objective.records:
            objective.record()
        self.least, self.loss_then, self.steps_since_least = np.inf, self.state.loss, 0
        self.fresh = True  # whether ĀF was computed from F, with no step since

    def run(self) -> None:
        """Alternate conjugate gradients and Newton steps; the last gradient is computed anew."""
        conjugate: ConjugateGradients | None = None
        size = np.trace(self.state.FF) / len(self.state.FF)
        repelled = bool(self.objective.weight_decay) and self.state.attraction < 0
        if not self._ended() and (size > USUAL_SIZE or size * USUAL_SIZE < 1.0 or repelled):
            self.state.scale()
            self._count_step()
        while not self._ended():
            if self.state.gradient_norm <= self.newton_below:
                D = np.empty_like(self.state.F) if conjugate is None else conjugate.D
                conjugate = None  # which gives ĀD back
                self._newton(D)
            elif conjugate is None:
                conjugate = ConjugateGradients(self.state)
            else:
                conjugate.step()
                self._count_step()
                if self.objective.step % REFRESH_STEPS == 0:
                    self._refresh()

    def _newton(self, D: Floats) -> None:
        """Take Newton steps while each halves the gradient at least, or goes down a way that curves down."""
        steps, before = NewtonSteps(self.state, D, self.slowness * MAX_PRODUCTS_A_NEWTON_STEP), np.inf
        while not self._ended():
            before = self.state.gradient_norm
            curved = steps.step(max(self.limits.tol / 3.0, before * min(NEWTON_SHARE, before**0.5)))
            self._count_step()
            if self.state.gradient_norm > 0.5 * before and not curved:
                self.newton_below = NEWTON_RETRY * min(before, self.state.gradient_norm)
                return

    def _ended(self) -> bool:
        """Whether the run is over; where the gradient is small, that is decided with one computed anew."""
        if self.objective.step >= self.limits.steps or self._small_enough():
            if not self.fresh:
                self._refresh()
            return self.objective.step >= self.limits.steps or self._small_enough()
        return False

    def _small_enough(self) -> bool:
        """Whether the gradient is at most tol, or falls no further."""
        size, noise = self.state.gradient_norm, self.state.rounding
        patience = PATIENCE_STEPS if size > NOISE * noise else PATIENCE_STEPS_IN_NOISE
        return size <= max(self.limits.tol, noise) or self.steps_since_least >= self.slowness * patience

    def _count_step(self) -> None:
        """Record a step."""
        self.fresh = False
        self._tell()
        size, loss = self.state.gradient_norm, self.state.loss
        if size <= PATIENCE_SHARE * self.least or loss < self.loss_then - LOSS_NOISE * (1.0 + abs(loss)):
            self.least, self.loss_then, self.steps_since_least = min(size, self.least), loss, 0
        else:
            self.steps_since_least += 1
        self.objective.record()
        self.limits.tick()

    def _refresh(self) -> None:
        """Compute ĀF and the gradient anew, and correct what the latest step recorded."""
        self.state.refresh()
        self.fresh = True
        self._tell()
        self.objective.amend()

    def _tell(self) -> None:
        """Tell the objective where the descent is; stop where that is no number."""
        loss, size = self.state.loss, self.state.gradient_norm
        if not (np.isfinite(loss) and np.isfinite(size)):
            raise Stopped(f"the loss {self.objective.loss.name} became NaN")
        self.objective.reach(loss, size, self.z)
