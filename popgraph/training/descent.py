"""Minimise a population loss: L-BFGS down to a critical point, Newton steps at the end, and on from it while it is a saddle.

Nothing here knows an eigenvector of Ā: the judged never sees the judge's answer.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from scipy.linalg.blas import dgemv
from scipy.sparse.linalg import ArpackError, LinearOperator, eigsh, minres

from popgraph.basics.arrays import Floats, Ints, cross, frozen, norm
from popgraph.basics.protocols import Coordinates
from popgraph.errors import load_whole
from popgraph.losses import Loss, SpectralLoss
from popgraph.losses.scaled import ScaledLoss, is_ready_made, scaled_hessian, scaled_loss
from popgraph.populations.class_coordinates import ClassCoordinates
from popgraph.populations.features import FeatureClass

NEAR = (
    1e-3  # gradient norm below which Newton steps are tried: they take over where L-BFGS would need a dozen steps more
)
FLAT = 1e-6  # gradient norm below which a run that can get no further counts as converged
UP = 2e-14  # rise of a loss, relative to its terms, that is no rounding; going back to a saddle of curvature γ costs γ²
BOTTOMLESS = -1e12  # no loss that has a minimum is near this
GROWN = 4.0  # times the usual size of F from which on a run that did not end at a minimum is said to have grown
SADDLES = 20  # that are left before a run is given up
MOST_WHOLE = 1_000  # unknowns up to which a curvature that ARPACK fails on is solved whole
MOST_UNKNOWNS = 20_000  # up to which a loss without a Hessian is checked for saddles, by differences of gradients


class Stopped(Exception):
    """The loss is no number, or falls without end."""


@dataclass
class Objective:
    """A loss as a function of unknowns z, where rare views are scaled like common ones.

    For tables z is F = √w_x f, (N, k); for a class of functions it is G (d, k) with F = Q G, Q the class's orthonormal basis. The
    spectral loss sees of a class only QᵀĀQ, so that its steps cost O(d² k) however large the population is.
    """

    population: Coordinates
    loss: Loss
    features: FeatureClass | None = None
    rows: list[tuple[int, float, float]] = field(default_factory=list)
    last: tuple[float, float] = (np.inf, np.inf)
    path: list[Floats] | None = None  # the embeddings at `rows`, where they are kept

    def __post_init__(self) -> None:
        self.root = np.sqrt(self.population.w_x)[:, np.newaxis]
        self.exact = is_ready_made(self.loss, SpectralLoss)
        self.basis = None if self.features is None else self.features.basis
        self.height = self.population.N if self.features is None else self.features.d
        self.at: Floats = np.zeros(0)  # where the loss was evaluated last

    @cached_property
    def coordinates(self) -> Coordinates:
        """What the loss is evaluated on: the class where the loss needs no more than QᵀĀQ, else the whole population."""
        if self.features is None or not self.exact:
            return self.population
        S = self.features.basis.T @ self.population.gram(self.features.basis)
        return ClassCoordinates((S + S.T) / 2, self.features.T)

    @cached_property
    def _scaled_loss(self) -> ScaledLoss:
        return scaled_loss(self.loss, self.coordinates)

    def embedding(self, z: Floats) -> Floats:
        """Return the f (N, k) of flattened unknowns."""
        table = z.reshape(self.height, -1)
        return np.asarray((table if self.basis is None else self.basis @ table) / self.root)

    def unknowns(self, f: Floats) -> Floats:
        """Return the flattened unknowns of f, or of its projection on the class."""
        F = f * self.root
        return np.asarray((F if self.basis is None else self.basis.T @ F).ravel())

    def evaluate(self, z: Floats) -> tuple[float, Floats]:
        """Return the loss and its gradient, both in flattened unknowns.

        Raises
        ------
        Stopped
            If the loss is no number, or falls without end.
        """
        self.at, table = z, z.reshape(self.height, -1)
        if self.basis is None or self.exact:
            value, gradient = self._scaled_loss(table)
        else:
            value, in_F = self._scaled_loss(self.basis @ table)
            gradient = self.basis.T @ in_F
        if np.isnan(value):
            raise Stopped(f"the loss {self.loss.name} became NaN")
        if value < BOTTOMLESS:
            raise Stopped(f"the loss {self.loss.name} falls without end: it passed {value:.1e}, and has no minimum")
        flat = gradient.ravel()
        self.last = (float(value), norm(flat))
        return self.last[0], flat

    def curvature(self, z: Floats, direction: Floats) -> Floats:
        """Return the Hessian times a direction, both flattened: exactly for the spectral loss, else by central differences."""
        if self.exact:
            shape = (self.height, -1)
            return scaled_hessian(self.coordinates, z.reshape(shape), direction.reshape(shape)).ravel()
        size = norm(direction)
        if size == 0:
            return np.zeros_like(direction)
        step = 1e-5 * (1.0 + norm(z) / np.sqrt(z.size)) / size  # cube root of eps: truncation and rounding balance
        before = self.last, self.at
        ahead, behind = self.evaluate(z + step * direction)[1], self.evaluate(z - step * direction)[1]
        self.last, self.at = before
        return np.asarray((ahead - behind) / (2 * step))

    def history(self) -> tuple[Ints, Floats, Floats]:
        """Return the steps that were written down, and the losses and gradient norms at them, (T,) each."""
        steps, losses, norms = zip(*self.rows, strict=True)
        return frozen(np.array(steps, dtype=np.intp)), frozen(np.array(losses)), frozen(np.array(norms))

    def write(self) -> None:
        """Write down what was evaluated last, as the next step."""
        self.write_at(self.rows[-1][0] + 1 if self.rows else 0)

    def write_at(self, step: int) -> None:
        """Write down what was evaluated last."""
        self.rows.append((step, *self.last))
        if self.path is not None:
            self.path.append(self.embedding(self.at))


def minimise(
    objective: Objective, z: Floats, limit: int, tol: float, tick: Callable[[], Any]
) -> tuple[Floats, bool, str]:
    """Return a minimiser, whether it is one, and why the search stopped.

    Every critical point of the spectral loss that is no minimum is a strict saddle (THEORY 3.4), so this ends at a minimum.
    Other losses are left along a direction of negative curvature too, where the unknowns are few enough to find one.
    """
    best, start = [z], z
    try:
        objective.evaluate(z)
        objective.write()
        for _ in range(SADDLES):
            z = _descend(objective, z, limit, tol, tick, best)
            if (nearer := _nearer(objective, z)) is not None:
                z = nearer
                continue
            if objective.last[1] > FLAT or objective.rows[-1][0] >= limit:
                break
            down = _way_down(objective, z) if objective.exact else _curved_down(objective, z)
            if down is None:
                break
            z = z + down
        else:
            objective.evaluate(z)  # the last step down led away from where it was evaluated
    except Stopped as reason:
        return best[0], False, f"{reason} (after step {objective.rows[-1][0] if objective.rows else 0:,})"
    if objective.last != objective.rows[-1][1:]:
        objective.write()
    size = objective.last[1]
    unchecked = "" if objective.exact or z.size <= MOST_UNKNOWNS else "; that it is no saddle was not checked"
    if size <= tol:
        return z, True, f"gradient norm {size:.1e} is at most {tol:g}{unchecked}"
    far = how_far(objective, start, z)
    if objective.rows[-1][0] >= limit:
        return z, False, f"ran out of steps with gradient norm {size:.1e}{far}"
    return z, size <= FLAT, f"gradient norm {size:.1e} falls no further in float64{unchecked}{far}"


def how_far(objective: Objective, start: Floats, z: Floats) -> str:
    """Return what to say of an f that has grown and did not arrive: "" for one that has not, or of a loss that keeps f small.

    InfoNCE gains by scores of -∞ for views that never meet, and Barlow Twins, but for its ε, does not see the size of f. Where
    such a loss has no minimum, other starts end at other f. The spectral loss grows with ||F||⁴.
    """
    usual = np.sqrt(z.size / objective.height)
    if objective.exact or norm(z) <= max(GROWN * usual, 2.0 * norm(start)):
        return ""
    entry = float(np.abs(objective.embedding(z)).max())
    return f"; f has grown to entries of {entry:.3g}, and may grow without end: this loss need not have a minimum"


def _descend(
    objective: Objective, z: Floats, limit: int, tol: float, tick: Callable[[], Any], best: list[Floats]
) -> Floats:
    """Go down to a critical point by L-BFGS, and by Newton's method once the gradient is small.

    Where Newton's method does not take (minimisers of deficient rank) L-BFGS goes on alone, until the loss, rounded at
    1e-16, no longer tells better from worse.
    """

    def after(intermediate_result: Any) -> None:
        objective.write()
        best[0] = np.array(intermediate_result.x)
        tick()

    for small in (NEAR, tol):
        left = limit - objective.rows[-1][0]
        if left < 1:
            break
        # gtol is of the largest entry; below a step of ftol a line search would only chase noise
        options = {"maxiter": left, "maxfun": 20 * left, "maxcor": 10, "ftol": 4e-16, "gtol": small / np.sqrt(z.size)}
        z = (
            load_whole("scipy.optimize")
            .minimize(objective.evaluate, z, jac=True, method="L-BFGS-B", callback=after, options=options)
            .x
        )
        _, gradient = objective.evaluate(z)
        while tol < objective.last[1] <= NEAR and objective.rows[-1][0] < limit:
            here, better = objective.last[0], z - _newton_direction(objective, z, gradient)
            there, gradient_there = objective.evaluate(better)
            # Beside a saddle Newton's method goes back to it: up, if only by a little
            if norm(gradient_there) > 0.5 * norm(gradient) or there > here + UP * (1.0 + abs(here)):
                break
            z, gradient = better, gradient_there
            objective.write()
            best[0] = z
            tick()
        objective.evaluate(z)
        if objective.last[1] <= tol:
            break
    return z


def _nearer(objective: Objective, z: Floats) -> Floats | None:
    """Return z scaled down where it has run away and the loss does not mind: far out a small gradient means nothing.

    Barlow Twins does not see the scale of f, so its gradient falls with 1/||z||; there is no other end to a slope than that.
    """
    usual = np.sqrt(z.size / objective.height)  # a minimiser F has ||F||² <= k
    if norm(z) <= 10 * usual:
        return None
    here, nearer = objective.evaluate(z)[0], z * (usual / norm(z))
    there = objective.evaluate(nearer)[0]
    if there > here + 1e-12 * (1.0 + abs(here)):
        objective.evaluate(z)
        return None
    return np.asarray(nearer)


def _newton_direction(objective: Objective, z: Floats, gradient: Floats) -> Floats:
    """Return H⁺ gradient by MINRES: H is singular along rotations of F, to which the gradient is orthogonal."""
    H = LinearOperator((z.size, z.size), matvec=lambda e: objective.curvature(z, e), dtype=np.float64)
    direction: Floats = minres(H, gradient, rtol=1e-4, maxiter=500)[0]
    return direction


def _way_down(objective: Objective, z: Floats) -> Floats | None:
    """Return a step down from a critical point of the spectral loss, or None at a minimum.

    The loss curves down along u cᵀ iff uᵀĀu exceeds the least eigenvalue of FᵀF, of eigenvector c, for a unit u orthogonal
    to span F: F leaves out more than it holds.
    """
    table = z.reshape(objective.height, -1)
    held, C = np.linalg.eigh(cross(table, table))
    kept = held > FLAT
    basis = np.asfortranarray(table @ (C[:, kept] / np.sqrt(held[kept])))
    side = len(table)
    if basis.shape[1] == side:
        return None

    coordinates = objective.coordinates
    held_trace = float(np.sum(basis * coordinates.gram(basis))) if basis.shape[1] else 0.0
    if coordinates.trace - held_trace <= 1e-12:  # tr Ā is used up: nothing is left out, and ARPACK needs something
        return None

    def aside(x: Any) -> Any:
        return x - dgemv(1.0, basis, dgemv(1.0, basis, x, trans=1)) if basis.shape[1] else x

    def left_out(x: Any) -> Any:
        return aside(coordinates.gram(aside(x.ravel())))

    extreme = _extreme(left_out, side, "LA", 1e-4)
    if extreme is None:
        raise Stopped("whether this critical point is a saddle could not be told: ARPACK failed")
    most, u = extreme
    if most <= held[0] + FLAT:
        return None
    return np.asarray((np.sqrt(most - held[0]) * np.outer(u, C[:, 0])).ravel())  # the least loss along u cᵀ


def _curved_down(objective: Objective, z: Floats) -> Floats | None:
    """Return a step down along the most negative curvature, or None where there is none or too many unknowns."""
    if not 1 < z.size <= MOST_UNKNOWNS:
        return None
    extreme = _extreme(lambda e: objective.curvature(z, np.asarray(e).ravel()), z.size, "SA", 1e-2)
    if extreme is None or extreme[0] >= -FLAT:  # differences of gradients are no better
        return None
    here, u = objective.evaluate(z)[0], extreme[1]
    steps = [sign * length * u for length in (1.0, 0.1, 0.01) for sign in (1, -1)]
    losses = [objective.evaluate(z + step)[0] for step in steps]
    objective.evaluate(z)
    return steps[int(np.argmin(losses))] if min(losses) < here else None


def _extreme(product: Callable[[Any], Any], side: int, which: str, tol: float) -> tuple[float, Floats] | None:
    """Return the largest ("LA") or smallest ("SA") eigenpair of a symmetric product, roughly, or None where ARPACK finds none.

    A random vector has a part in every eigenspace: where the product sends it to 0 it is 0, which ARPACK cannot start from. A small
    product that ARPACK fails on is solved whole.
    """
    rng = np.random.default_rng(0)
    start: Floats = rng.standard_normal((side,))
    if norm(product(start)) == 0:
        return 0.0, start / norm(start)
    if side > 1:
        operator = LinearOperator((side, side), matvec=product, dtype=np.float64)
        for ncv in (20, 60):
            try:
                values, vectors = eigsh(operator, k=1, which=which, v0=start, ncv=min(side, ncv), tol=tol, rng=rng)
            except ArpackError:  # of no convergence too
                continue
            if np.isfinite(values).all() and np.isfinite(vectors).all():
                return float(values[0]), np.asarray(vectors[:, 0])
    if side > MOST_WHOLE:
        return None
    S = np.stack([np.asarray(product(unit)).ravel() for unit in np.eye(side)], axis=1)
    try:
        ascending, U = np.linalg.eigh((S + S.T) / 2)
    except np.linalg.LinAlgError:
        return None
    at = -1 if which == "LA" else 0
    return float(ascending[at]), np.asarray(U[:, at])
